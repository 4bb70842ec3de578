//! What can be known of the kernels without a GPU.

use switchnet::net::{Net, Spec};
use switchnet::train::Loss;
use switchnet::transform::{Hadamard, Transform};
use switchnet_cuda::{Device, Program, Steps, compiled, place, source, steps_source};

fn net(layers: &str) -> Net<f32> {
    let text = format!("input = [784]\nseed = 3\nlayers = [{layers}]");
    toml::from_str::<Spec>(&text).unwrap().build().unwrap()
}

const MIX: &str = r#"{ kind = "mix", transform = "hadamard" }"#;
const SIGNS: &str = r#"{ kind = "mix", transform = "signs" }"#;

/// Nets of each form that the kernels distinguish.
fn nets() -> Vec<(&'static str, Net<f32>)> {
    let tile = r#"{ kind = "tile", width = 1024 }"#;
    let two = r#"{ kind = "diagonal", bias = true }, { kind = "two-slope" }"#;
    let relu =
        r#"{ kind = "diagonal", scale = { constant = 1.4 }, bias = true }, { kind = "relu" }"#;
    let permuted = r#"{ kind = "mix", transform = "permutation" }"#;
    let dense = |outputs: usize| format!(r#"{{ kind = "dense", outputs = {outputs} }}"#);
    let deep = vec![format!("{MIX}, {two}"); 5].join(", ");
    vec![
        ("two slopes, five deep", net(&format!("{tile}, {SIGNS}, {deep}, {}", dense(10)))),
        (
            "padded, one output",
            net(&format!(r#"{{ kind = "pad", width = 1024 }}, {MIX}, {two}, {}"#, dense(1))),
        ),
        (
            "relu, signs between",
            net(&format!("{tile}, {MIX}, {relu}, {SIGNS}, {MIX}, {relu}, {}", dense(17))),
        ),
        (
            "permuted, leaky",
            net(&format!(
                r#"{tile}, {permuted}, {MIX}, {{ kind = "leaky", slope = 0.1 }}, {}"#,
                dense(3)
            )),
        ),
    ]
}

#[test]
fn a_warp_transforms_rows_as_the_library_does() {
    // As the kernels do it: [lane][number].
    let butterflies = |row: &mut [f64]| {
        for h in [1, 2, 4, 8, 16] {
            for i in (0..32).filter(|i| i & h == 0) {
                (row[i], row[i + h]) = (row[i] + row[i + h], row[i] - row[i + h]);
            }
        }
    };
    let x: Vec<f64> = (0..1024).map(|e| ((e * 37 + 11) % 101) as f64 - 50.0).collect();
    let mut lanes: Vec<Vec<f64>> =
        (0..32).map(|lane| (0..32).map(|i| x[32 * i + lane]).collect()).collect();
    let mut right = x;
    for sweep in 0..3 {
        lanes.iter_mut().for_each(|lane| butterflies(lane));
        lanes = (0..32).map(|lane| (0..32).map(|i| lanes[i][lane]).collect()).collect();
        lanes.iter_mut().for_each(|lane| butterflies(lane));
        lanes.iter_mut().flatten().for_each(|value| *value /= 32.0);
        Hadamard::new(1024).unwrap().apply(&mut right);
        for position in 0..1024 {
            let (lane, i) = (position / 4 % 32, position / 128 * 4 + position % 4);
            let (found, right) = (lanes[lane][i], right[place(sweep, position)]);
            assert!(
                (found - right).abs() < 1e-12 * 1024.0,
                "sweep {sweep}, position {position}: {found}, {right}"
            );
        }
    }
}

#[test]
fn every_position_belongs_to_one_number() {
    for sweep in [0, 1] {
        let mut all: Vec<usize> = (0..1024).map(|position| place(sweep, position)).collect();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..1024));
    }
}

#[test]
fn a_program_has_the_net_in_one_form() {
    let (_, net) = nets().swap_remove(2);
    let program = Program::new(&net).unwrap();
    assert_eq!((program.inputs, program.width(), program.sweeps.len()), (784, 1024, 2));
    assert_eq!(program.from[1000], Some(216));
    assert!(program.sweeps[0].signs.contains(&true) && !program.sweeps[1].signs.contains(&true));
    assert!(!program.signs.contains(&true));
    assert_eq!(program.readout.weight, 4 * 1024);
    assert_eq!(program.readout.bias, Some(4 * 1024 + 17 * 1024));
    assert_eq!(program.parameters, 4 * 1024 + 17 * 1025);
}

#[test]
fn what_one_kernel_does_not_hold_is_refused_by_one_line_that_names_it() {
    let dense = r#"{ kind = "dense", outputs = 10 }"#;
    let tile = r#"{ kind = "tile", width = 1024 }"#;
    let cases = [
        (
            format!("{dense}, {{ kind = \"relu\" }}"),
            "layer 1 (relu): net on a GPU: expected a dense readout at the end, found a layer behind it",
        ),
        (format!("{tile}, {MIX}, {{ kind = \"tanh\" }}, {dense}"), "layer 2 (tanh)"),
        (
            format!("{tile}, {{ kind = \"relu\" }}, {MIX}, {dense}"),
            "layer 1 (relu): net on a GPU: expected a Walsh–Hadamard transform before it, found none",
        ),
        (
            format!("{tile}, {MIX}, {{ kind = \"relu\" }}, {{ kind = \"relu\" }}, {dense}"),
            "layer 3 (relu): sweep on a GPU",
        ),
        (
            format!("{tile}, {MIX}, {{ kind = \"mix\", transform = \"permutation\" }}, {dense}"),
            "layer 2 (mix): net on a GPU: expected numbers moved before the first transform only",
        ),
        (
            format!("{tile}, {{ kind = \"mix\", transform = \"hartley\" }}, {dense}"),
            "layer 1 (mix): transform on a GPU",
        ),
        (
            format!("{tile}, {MIX}"),
            "last layer of a net on a GPU: expected a dense readout, found another one",
        ),
        (
            format!("{{ kind = \"tile\", width = 2048 }}, {MIX}, {dense}"),
            "width of a net on a GPU: expected 1024, found 2048",
        ),
        (
            format!("{tile}, {{ kind = \"mix\", transform = \"hadamard\", block = 32 }}, {dense}"),
            "block of a transform of a net on a GPU: expected 1024, found 32",
        ),
        (
            format!("{tile}, {MIX}, {{ kind = \"dense\", outputs = 33 }}"),
            "outputs of a net on a GPU: expected at most 32, found 33",
        ),
        (
            format!(
                "{tile}, {}, {dense}",
                vec![format!("{MIX}, {{ kind = \"relu\" }}"); 9].join(", ")
            ),
            "shared memory of a net on a GPU: expected at most 232448 bytes, found 243712",
        ),
        (dense.to_owned(), "width of a net on a GPU: expected 1024, found 784"),
    ];
    for (layers, expected) in cases {
        let error = Program::new(&net(&layers))
            .and_then(|program| source(&program, Loss::CrossEntropy))
            .unwrap_err()
            .to_string();
        assert!(error.starts_with(expected) && !error.contains('\n'), "{layers}: {error}");
    }
}

#[test]
fn what_has_no_step_is_refused_by_one_line_that_names_it() {
    for (layers, expected) in [
        // A matrix of 28 numbers is another one than that of powers of two.
        (
            r#"{ kind = "reshape", shape = [1, 28, 28] }, { kind = "mix", transform = "hadamard", separable = true }"#,
            "layer 1 (mix): transform on a GPU: expected hadamard of powers of two",
        ),
        (
            r#"{ kind = "take", width = 768 }, { kind = "mix", transform = "hadamard" }"#,
            "layer 1 (mix): transform on a GPU",
        ),
        (
            r#"{ kind = "take", width = 512 }, { kind = "mix", transform = "hadamard-sequency" }"#,
            "layer 1 (mix): transform on a GPU",
        ),
        (
            r#"{ kind = "dense", outputs = 3 }, { kind = "softmax" }"#,
            "layer 1 (softmax): layers on a GPU",
        ),
        (r#"{ kind = "dropout", probability = 0.5 }"#, "layer 0 (dropout): layers on a GPU"),
    ] {
        let error = Steps::new(&net(layers)).unwrap_err().to_string();
        assert!(error.starts_with(expected) && !error.contains('\n'), "{layers}: {error}");
    }
}

#[test]
fn kernels_of_every_form_are_compiled_where_there_is_a_compiler() {
    let mut texts: Vec<(String, String)> = vec![
        ("steps, f32".to_owned(), steps_source::<f32>()),
        ("steps, f64".to_owned(), steps_source::<f64>()),
    ];
    for (name, net) in nets() {
        for loss in [Loss::CrossEntropy, Loss::SquaredError] {
            let text = source(&Program::new(&net).unwrap(), loss).unwrap();
            texts.push((format!("{name}, {loss:?}"), text));
        }
    }
    for (name, text) in texts {
        match compiled(&text, (9, 0)) {
            Ok(ptx) => {
                let kernels = text.matches("__global__").count();
                assert_eq!(ptx.to_src().matches(".entry").count(), kernels, "{name}");
            }
            Err(error) if error.to_string().starts_with("NVRTC: expected") => {
                println!("left out: {error}");
                return;
            }
            Err(error) => panic!("{name}: {error}"),
        }
    }
}

#[test]
fn without_a_driver_a_device_is_refused_by_one_line() {
    match Device::open() {
        Ok(device) => println!("left out: there is a {}", device.gpu().name()),
        Err(error) => {
            let error = error.to_string();
            assert!(!error.contains('\n') && error.contains("expected"), "{error}");
        }
    }
}
