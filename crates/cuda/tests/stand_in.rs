//! The kernels without a GPU: on a stand-in for the driver and the compiler of kernels, which runs each thread of a block
//! as a fiber of the CPU (`stand_in/kernel.h`). It tells wrong numbers, missing barriers, reads and writes beyond a buffer
//! and loads that are not aligned; it does not tell how fast a GPU is, nor what its own compiler makes of the kernels.

#[path = "stand_in/build.rs"]
mod build;
#[allow(dead_code)] // Its `main`
#[path = "../examples/check/main.rs"]
mod check;

use std::path::Path;
use std::process::{Command, ExitCode, Output};
use switchnet::data::Targets;
use switchnet::ndarray::Array2;
use switchnet::net::{Net, Spec};
use switchnet::train::{Loss, OptimizerKind, Schedule};
use switchnet_cuda::{Device, Nets, Order, Rows};

/// The folder with the stand-in, if there is a compiler for it.
fn stand_in() -> Option<&'static Path> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stand_in");
    build::stand_in(&sources, "stand-in")
}

/// One of the tests that are ignored, in a process of its own that finds the stand-in.
fn on(stand_in: &Path, test: &str, settings: &[(&str, &str)]) -> Output {
    Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", test])
        .env("LD_LIBRARY_PATH", stand_in)
        .env("STAND_IN_FOLDER", stand_in)
        .envs(settings.iter().copied())
        .output()
        .unwrap()
}

fn on_the_stand_in() -> bool {
    std::env::var_os("STAND_IN_FOLDER").is_some()
}

#[test]
fn every_order_of_blocks_and_warps_gives_the_right_numbers_and_the_same_bits() {
    let Some(folder) = stand_in() else { return };
    let lines = |order: &str| -> Vec<String> {
        let output = on(folder, "the_check", &[("STAND_IN_ORDER", order), ("CHECK", "quick")]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{order}: {text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        // Each line but for its seconds.
        text.lines()
            .filter(|line| line.contains("bits"))
            .map(|line| line.rsplit_once("  [").expect("seconds").0.to_owned())
            .collect()
    };
    let first = lines("first"); // which compiles the kernels
    assert_eq!(first.len(), 22, "{first:?}");
    std::thread::scope(|scope| {
        for order in ["last", "any"] {
            let (lines, first) = (&lines, &first);
            scope.spawn(move || assert_eq!(&lines(order), first, "{order}"));
        }
    });
}

#[test]
fn transforms_of_a_million_numbers_go_in_three_passes() {
    let Some(folder) = stand_in() else { return };
    let output = on(folder, "the_check", &[("CHECK", "quick;steps, longer")]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(text.matches("ok   steps, longer").count(), 2, "{text}");
}

#[test]
#[ignore = "run by others, on the stand-in"]
fn the_check() {
    if on_the_stand_in() {
        let arguments = std::env::var("CHECK").unwrap();
        let arguments = arguments.split(';').map(str::to_owned).collect();
        assert_eq!(check::run(arguments), ExitCode::SUCCESS);
    }
}

#[test]
#[ignore = "takes minutes"]
fn without_any_one_barrier_it_shows() {
    let Some(folder) = stand_in() else { return };
    let shows = |without: usize, line: &str, order: &str| {
        let (number, lines) = (without.to_string(), format!("quick;{line}"));
        let settings =
            [("STAND_IN_WITHOUT", &*number), ("STAND_IN_ORDER", order), ("CHECK", &lines)];
        !on(folder, "the_check", &settings).status.success()
    };
    for (kernels, lines) in [
        (include_str!("../src/kernels/fused.cu"), &["depth 4", "nets, 5 rows", "Adam, 1"][..]),
        (include_str!("../src/kernels/steps.cu"), &["steps, long, f32", "steps, blocks, f64"]),
    ] {
        let barriers =
            kernels.matches("__syncthreads();").count() + kernels.matches("__syncwarp();").count();
        let seen = |without| {
            lines
                .iter()
                .any(|line| ["first", "last"].iter().any(|order| shows(without, line, order)))
        };
        let unseen: Vec<usize> = (0..barriers).filter(|&without| !seen(without)).collect();
        assert!(
            barriers > 1 && unseen.is_empty(),
            "of {barriers} barriers these are not needed, or nothing tells: {unseen:?}"
        );
    }
}

#[test]
fn what_a_driver_refuses_is_one_line() {
    let Some(folder) = stand_in() else { return };
    for (setting, value, expected) in [
        (
            "STAND_IN_VERSION",
            "12040",
            "CUDA driver: expected one for CUDA 12.8 or newer, found 12.4",
        ),
        (
            "STAND_IN_DEVICES",
            "0",
            "GPU: expected success, found no CUDA-capable device is detected",
        ),
        (
            "STAND_IN_SHARED",
            "101376",
            "shared memory of a net on a GPU: expected at most 101376 bytes, found 186368",
        ),
        (
            "STAND_IN_MEMORY",
            "65536",
            "102448 bytes of memory of the GPU: expected success, found out of memory",
        ),
    ] {
        let output = on(folder, "the_check", &[(setting, value), ("CHECK", "kernels")]);
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(!output.status.success() && text.contains(expected), "{setting}: {text}");
    }
}

#[test]
fn bad_input_is_one_line() {
    let Some(folder) = stand_in() else { return };
    let output = on(folder, "bad_input_on_this_device", &[]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
}

fn net(switch: &str) -> Net<f32> {
    let text = format!(
        r#"
        input = [784]
        seed = 1
        layers = [{{ kind = "pad", width = 1024 }}, {{ kind = "mix", transform = "hadamard" }},
            {{ kind = "{switch}" }}, {{ kind = "dense", outputs = 3 }}]
        "#
    );
    toml::from_str::<Spec>(&text).unwrap().build().unwrap()
}

#[test]
#[ignore = "run by others, on the stand-in"]
fn bad_input_on_this_device() {
    if !on_the_stand_in() {
        return;
    }
    let refused = |result: switchnet::Result<()>, expected: &str| {
        assert_eq!(result.unwrap_err().to_string(), expected);
    };
    let device = Device::open().unwrap();
    let x = |rows, inputs| Array2::<f32>::zeros((rows, inputs));
    let classes = |labels: Vec<usize>| Targets::Classes { labels, classes: 3 };
    let on_device = |x: Array2<f32>, targets| Rows::new(&device, x.view(), &targets);
    let data = "of data on a GPU: expected";
    let none = on_device(x(0, 784), classes(vec![])).map(drop);
    refused(none, &format!("rows {data} 1 to 2^29, found 0"));
    let few = on_device(x(2, 784), classes(vec![1])).map(drop);
    refused(few, &format!("targets {data} 2, one for each row, found 1"));
    let wrong = on_device(x(2, 784), classes(vec![1, 3])).map(drop);
    refused(wrong, &format!("class {data} below 3, found 3"));

    let (two, relu) = (net("two-slope"), net("relu"));
    let new = |nets: &[&Net<f32>]| Nets::new(&device, nets, Loss::CrossEntropy);
    refused(new(&[]).map(drop), "nets on a GPU: expected 1 to 65535, found 0");
    refused(
        new(&[&two, &relu]).map(drop),
        "net 1 on a GPU: expected the layers of the first, found others",
    );
    let mut nets = new(&[&two]).unwrap();
    let rows = on_device(x(2, 784), classes(vec![1, 2])).unwrap();
    let narrow = on_device(x(2, 10), classes(vec![1, 2])).unwrap();
    let what = "data of nets on a GPU: expected";
    refused(
        nets.forward(&narrow).map(drop),
        &format!("{what} rows of 784 inputs and 3 outputs, found 10 and 3"),
    );
    let other = Device::open().unwrap();
    let elsewhere = Rows::new(&other, x(2, 784).view(), &classes(vec![1, 2])).unwrap();
    refused(
        nets.maps(&elsewhere).map(drop),
        &format!("{what} rows on the device of the nets, found another device"),
    );
    let values = on_device(x(2, 784), Targets::Values(x(2, 3))).unwrap();
    assert_eq!(nets.forward(&values).unwrap()[0].dim(), (2, 3));
    refused(
        nets.gradient(&values).map(drop),
        "targets of cross-entropy on a GPU: expected classes, found values",
    );

    refused(
        nets.start_step(&rows, None),
        "training on a GPU: expected one that has begun, found none",
    );
    let begin = |nets: &mut Nets, optimizer, rates: &[f64], steps| {
        nets.begin(optimizer, &Default::default(), Schedule::default(), rates, steps)
    };
    let adam = OptimizerKind::default();
    refused(
        begin(&mut nets, adam, &[0.1, 0.1], 1),
        "learning rates on a GPU: expected 1, one for each net, found 2",
    );
    refused(
        begin(&mut nets, adam, &[0.1], 0),
        "steps of a training on a GPU: expected 1 to 2^31 - 2, found 0",
    );
    begin(&mut nets, adam, &[0.1], 2).unwrap();
    refused(
        nets.record(&rows, None, 3).unwrap().run(),
        "steps of a training on a GPU: expected at most 2, found 3",
    );
    nets.start_step(&rows, None).unwrap();
    nets.start_step(&rows, None).unwrap();
    refused(
        nets.start_step(&rows, None),
        "steps of a training on a GPU: expected at most 2, found 3",
    );
    let order = |batch, all: &[Vec<usize>]| Order::new(&rows, batch, all);
    let what = "order of rows on a GPU: expected";
    refused(
        order(2, &[vec![0]]).map(drop),
        &format!("{what} whole batches of 2, at least 1 of each, found 1 rows"),
    );
    refused(
        order(1, &[vec![0, 1], vec![0]]).map(drop),
        &format!("{what} 2 rows for each net, found 1"),
    );
    refused(order(1, &[vec![2]]).map(drop), &format!("{what} numbers below 2, found 2"));
    let two_nets = order(1, &[vec![0], vec![1]]).unwrap();
    refused(
        nets.start_step(&rows, Some(&two_nets)),
        &format!("{what} one for each of 1 nets, found 2"),
    );
    refused(
        nets.set_parameters(&[vec![0.0]]),
        "parameters of nets on a GPU: expected 5123 of each, found 1",
    );
    // Numbers that are none come out as such.
    let bad = on_device(Array2::from_elem((1, 784), f32::NAN), classes(vec![1])).unwrap();
    assert!(nets.forward(&bad).unwrap()[0].iter().all(|y| y.is_nan()));
    let gradient = nets.gradient(&bad).unwrap().remove(0);
    assert!(gradient.score.loss.is_nan() && gradient.values.iter().any(|value| value.is_nan()));
    let given = vec![vec![0.5; 5123]];
    nets.set_parameters(&given).unwrap();
    assert_eq!(nets.parameters().unwrap(), given);
}
