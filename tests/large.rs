//! What a process of its own held at most: where a file is much larger than the memory that a training takes, and where a layer
//! is as wide as 2^26 numbers.
//!
//! The file is made here, of the embedded digits, magnified to 28×28, moved about and with noise. A third of a GiB is the
//! usual size; `SWITCHNET_LARGE=20` makes it 20 GiB, in the folder of temporary files (`TMPDIR`):
//!
//! ```text
//! SWITCHNET_LARGE=20 cargo test --release -p switchnet-tests --test large -- --ignored a_file --nocapture
//! ```
#![cfg(target_os = "linux")] // which says how much a process held at most
#![allow(missing_docs)]

use rand::RngExt;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;
use std::time::Instant;
use switchnet::Matrix;
use switchnet::data::{Batches, Scope, Streamed, Targets, digits, from_fn};
use switchnet::layer::Layer;
use switchnet::net::zoo::SwitchNet;
use switchnet::net::{Net, Spec};
use switchnet::random::generator;
use switchnet::train::{Loss, Selection, Training, evaluate_batches, fit};

/// The side of an image, and of what a digit is magnified to.
const SIDE: usize = 28;
const LARGE: usize = 24;
const PIXELS: usize = SIDE * SIDE;

/// How many bytes of images a third of a GiB is.
const USUAL: usize = (1 << 30) / 3;

fn gibibytes() -> Option<usize> {
    std::env::var("SWITCHNET_LARGE")
        .ok()
        .map(|text| text.parse().expect("SWITCHNET_LARGE is a number"))
}

/// Writes so many images and their labels as IDX files.
fn write(images: &Path, labels: &Path, rows: usize) {
    let split = digits::<f32>();
    let (inputs, classes) = (split.train.inputs(), split.train.labels().unwrap());
    let mut rng = generator(1, 0);
    let create = |path: &Path, sizes: &[usize]| {
        let mut file = BufWriter::new(File::create(path).unwrap());
        file.write_all(&[0, 0, 8, sizes.len() as u8]).unwrap();
        for &size in sizes {
            file.write_all(&u32::try_from(size).unwrap().to_be_bytes()).unwrap();
        }
        file
    };
    let (mut x, mut y) = (create(images, &[rows, SIDE, SIDE]), create(labels, &[rows]));
    let mut image = [0_u8; PIXELS];
    for _ in 0..rows {
        let digit = rng.random_range(0..inputs.nrows());
        let (down, right) =
            (rng.random_range(0..=SIDE - LARGE), rng.random_range(0..=SIDE - LARGE));
        let noise: u64 = rng.random();
        image.iter_mut().enumerate().for_each(|(k, pixel)| *pixel = (noise >> (k % 60)) as u8 & 15);
        for i in 0..LARGE {
            for j in 0..LARGE {
                let pixel = inputs[[digit, i / 3 * 8 + j / 3]] as u8 * 15;
                image[(i + down) * SIDE + j + right] |= pixel;
            }
        }
        x.write_all(&image).unwrap();
        y.write_all(&[classes[digit] as u8]).unwrap();
    }
    x.flush().unwrap();
    y.flush().unwrap();
}

/// The most memory that this process held, in MiB.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() >> 10
}

#[test]
#[ignore = "long: writes a file, and asks for an optimized program"]
fn a_file_larger_than_the_memory_trains_a_net() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = gibibytes().map_or(USUAL, |gibibytes| gibibytes << 30);
    let [images, labels] =
        ["x-images-idx3-ubyte", "x-labels-idx1-ubyte"].map(|n| folder.path().join(n));
    let begun = Instant::now();
    write(&images, &labels, bytes.div_ceil(PIXELS));
    println!("{bytes} bytes written in {:.0?}", begun.elapsed());
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "in_a_process_of_its_own", "--ignored", "--nocapture"])
        .env("SWITCHNET_LARGE_FILES", folder.path())
        .output()
        .unwrap();
    let out = String::from_utf8(child.stdout).unwrap();
    assert!(child.status.success(), "{out}{}", String::from_utf8(child.stderr).unwrap());
    print!("{out}");
    let said = |what: &str| -> f64 {
        let (_, rest) = out.split_once(&format!("{what}: ")).expect(what);
        rest.split_whitespace().next().unwrap().parse().unwrap()
    };
    // Blocks take 80 MiB; beside them there are the program, the orders of their rows and the net.
    let limit = if gibibytes().is_some() { 512.0 } else { 200.0 };
    assert!(said("peak MiB") < limit, "{out}");
    assert!(limit < (bytes >> 20) as f64);
    assert!(said("accuracy") > 0.5, "{out}");
}

/// What the test above has another process do.
#[test]
#[ignore = "a part of the other one"]
fn in_a_process_of_its_own() {
    let folder = std::env::var_os("SWITCHNET_LARGE_FILES").expect("the other test says where");
    let folder = Path::new(&folder);
    let begun = Instant::now();
    let images = folder.join("x-images-idx3-ubyte");
    let data = Streamed::<f32>::open(&images, &folder.join("x-labels-idx1-ubyte")).unwrap();
    let preparation = data.statistics(Some(Scope::Global)).unwrap();
    let data = data.prepared(&preparation).unwrap();
    println!("seconds of one pass: {:.1}", begun.elapsed().as_secs_f64());
    let rows = data.rows();
    let net = SwitchNet { width: Some(1024), depth: 1, ..SwitchNet::default() };
    let mut net = net.spec(data.shape(), data.widths().1, 1).build::<f32>().unwrap();
    let training = Training { epochs: 1, batch: 1024, validation: 0.01, ..Training::default() };
    let begun = Instant::now();
    let run = fit(&mut net, &data, &training, &mut ()).unwrap();
    println!("seconds of an epoch: {:.1}", begun.elapsed().as_secs_f64());
    println!("rows: {rows}");
    println!("accuracy: {}", run.history[0].validation_accuracy.unwrap());
    let begun = Instant::now();
    let score = evaluate_batches(&net, training.loss, &data).unwrap();
    println!("seconds of a look at all: {:.1}", begun.elapsed().as_secs_f64());
    assert!(score.accuracy() > Some(0.5));
    println!("peak MiB: {}", peak());
}

/// The width of a layer that no cache holds: a vector of `f32` takes 256 MiB.
const WIDE: usize = 1 << 26;

/// Scale, bias, a switch with two slopes, and a Walsh–Hadamard transform: four parameters for each number of a row.
fn wide() -> Net<f32> {
    let layers = r#"[
        { "kind": "diagonal", "scale": { "normal": 1.0 }, "bias": true },
        { "kind": "two-slope" },
        { "kind": "mix", "transform": "hadamard" }
    ]"#;
    let spec = format!(r#"{{ "input": [{WIDE}], "seed": 1, "layers": {layers} }}"#);
    serde_json::from_str::<Spec>(&spec).unwrap().build().unwrap()
}

fn row() -> Matrix<f32> {
    Matrix::from_shape_fn((1, WIDE), |(_, i)| (i % 17) as f32 - 8.0)
}

/// What a process of its own holds that answers one row, or takes two steps with it, beside the numbers that it is about.
#[test]
#[ignore = "takes 6 GiB of memory, and asks for an optimized program"]
fn a_layer_wider_than_any_cache_takes_little_more_than_its_numbers() {
    // Vectors as wide as the layer. Answering: its parameters, and the row, which becomes the output. Training: parameters,
    // gradient, two means of Adam for each; the row, its target, the output; and its copy of the parameters is more. One vector
    // is left for all else.
    for (work, vectors, more) in [("answering", 4 + 1, 1), ("training", 4 * 4 + 3, 4 + 1)] {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "a_wide_layer_in_a_process_of_its_own", "--ignored", "--nocapture"])
            .env("SWITCHNET_WIDE", work)
            .output()
            .unwrap();
        let out = String::from_utf8(child.stdout).unwrap();
        assert!(child.status.success(), "{out}{}", String::from_utf8(child.stderr).unwrap());
        let (_, peak) = out.split_once("peak MiB: ").unwrap();
        let peak: usize = peak.split_whitespace().next().unwrap().parse().unwrap();
        let [own, most] = [vectors, vectors + more].map(|n| (n * WIDE * size_of::<f32>()) >> 20);
        println!("{work}: {peak} MiB held at most, {own} MiB of numbers");
        assert!(own <= peak && peak <= most, "{work}: {peak} MiB, of {own} MiB of numbers");
    }
}

/// What the test above has another process do.
#[test]
#[ignore = "a part of the other one"]
fn a_wide_layer_in_a_process_of_its_own() {
    let work = std::env::var("SWITCHNET_WIDE").expect("the other test says what");
    let begun = Instant::now();
    let mut net = wide();
    println!("seconds of building: {:.1}", begun.elapsed().as_secs_f64());
    println!("peak MiB of building: {}", peak());
    let begun = Instant::now();
    if work == "answering" {
        let y = net.forward(row());
        assert!(y.iter().all(|v| v.is_finite()));
    } else {
        let data = from_fn("one row", 1, (WIDE, WIDE), |_| Ok((row(), Targets::Values(row()))));
        let training = Training {
            loss: Loss::SquaredError,
            epochs: 2,
            batch: 1,
            validation: 0.0,
            keep: Selection::Last,
            ..Training::default()
        };
        let run = fit(&mut net, &data, &training, &mut ()).unwrap();
        let losses: Vec<f64> = run.history.iter().map(|epoch| epoch.train_loss).collect();
        assert!(losses[1] < losses[0], "{losses:?}");
    }
    println!("seconds of {work}: {:.1}", begun.elapsed().as_secs_f64());
    println!("peak MiB: {}", peak());
}
