//! What is trained: nets, data, threads, instruction sets.

use crate::place::{PROGRAM, Place, QUICK};
use std::process::Command;

#[test]
fn no_result_depends_on_the_number_of_threads() {
    let place = Place::new();
    for threads in [1, 2, 3] {
        place.succeeds(&format!(
            "train {QUICK} --batch 128 --net switch --width 128 --threads {threads} --out t{threads}.safetensors"
        ));
    }
    let weights = |threads: usize| {
        let file = std::fs::read(place.path(&format!("t{threads}.safetensors"))).unwrap();
        let (header, metadata) = safetensors::SafeTensors::read_metadata(&file).unwrap();
        assert!(metadata.tensors().len() > 4);
        file[header + 8..].to_vec() // the numbers; the text before them has the seconds in it
    };
    assert_eq!(weights(1), weights(2));
    assert_eq!(weights(1), weights(3));
}

#[test]
fn csv_files_are_trained_on() {
    let place = Place::new();
    let mut csv = String::from("a,b,kind,target\n");
    for i in 0..60 {
        let (a, b) = ((i * 7 % 13) as f64, (i * 5 % 11) as f64);
        csv += &format!("{a},{b},{},{}\n", if a > b { "x" } else { "y" }, a - 2.0 * b);
    }
    place.write("table.csv", &csv);
    place.fails("train --data table.csv --epochs 2", &["table.csv", "expected", "found"]);
    let csv: String = csv
        .lines()
        .map(|line| {
            let cells: Vec<_> = line.split(',').collect();
            format!("{},{},{}\n", cells[0], cells[1], cells[3])
        })
        .collect();
    place.write("table.csv", &csv);
    let out = place.succeeds(
        "train --data table.csv --values --standardize feature --epochs 60 --batch 8 --net mlp --hidden 16",
    );
    assert!(!out.contains("accuracy"), "{out}");
    let line = out.lines().find(|line| line.trim_start().starts_with("test:")).unwrap();
    let error = line.split("RMSE ").nth(1).unwrap().split(' ').next().unwrap();
    // The root mean square of a − 2b over the table is above 8; a linear target is learned well below it.
    assert!(error.parse::<f64>().unwrap() < 4.0, "{out}");
    place.succeeds("evaluate out/net.safetensors");
    place.succeeds("inspect out/net.safetensors --index 3");
}

#[test]
fn a_width_is_a_power_of_two_unless_another_is_asked_for() {
    let place = Place::new();
    for (width, found) in [("", " 64 "), ("--width 80", " 80 "), ("--width 784", " 784 ")] {
        let out = place.succeeds(&format!("summary --depth 1 {width}"));
        let line = out.lines().find(|line| line.contains("hadamard")).expect("a transform");
        assert!(line.contains(found), "{out}");
    }
}

#[test]
fn mutation_trains_without_gradients() {
    let place = Place::new();
    let out = place.succeeds("train --evolve 60 --width 64 --depth 1");
    assert!(out.contains("Wrote"), "{out}");
    place.succeeds("evaluate out/net.safetensors");
}

#[test]
fn the_instruction_set_can_be_forced() {
    let place = Place::new();
    let run = |kernel: &str| {
        let mut command = Command::new(PROGRAM);
        command.current_dir(place.folder.path()).env("SWITCHNET_KERNEL", kernel);
        command
            .args(["train", "--net", "switch", "--epochs", "1", "--out", kernel])
            .output()
            .unwrap()
    };
    let output = run("portable");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let output = run("abacus");
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.starts_with("error: SWITCHNET_KERNEL: expected portable"), "{error}");
    assert!(error.contains("abacus") && error.lines().count() == 1, "{error}");
}

#[test]
fn what_keeps_a_training_from_going_on_is_named() {
    let place = Place::new();
    let train = "train --net mlp --hidden 4 --epochs 2";
    place.succeeds(train);
    for (other, said) in [
        ("train --net mlp --hidden 4 --epochs 3", "training.epochs: expected 3, found 2"),
        ("train --net mlp --hidden 5 --epochs 2", "net.layers[1].outputs: expected 5, found 4"),
        (&format!("{train} --batch 7"), "training.batch: expected 7, found 32"),
        (&format!("{train} --optimizer adamw"), r#"training.optimizer."#),
        (
            &format!("{train} --standardize none"),
            "metadata.standardize: expected none, found a table",
        ),
    ] {
        let all = format!("error: mlp: out/net.safetensors: {said}");
        place.fails(&format!("{other} --resume"), &[&all]);
    }
    place.succeeds(&format!("{train} --resume"));
}

/// What `summary` prints of a net is read again, and is the same net, whatever the seed of a training.
#[test]
fn a_printed_net_is_read_again() {
    let place = Place::new();
    for net in
        ["switch --dropout 0.1", "mlp", "cnn", "cosine-bank", "sliding-bank", "multi-scale-bank"]
    {
        let spec = place.succeeds(&format!("summary --net {net} --spec"));
        place.write("net.toml", &spec);
        assert_eq!(place.succeeds("summary --net net.toml --spec"), spec, "{net}");
        assert!(spec.starts_with("net = \"layers\"\n") && spec.contains("seed = 1\n"), "{spec}");
    }
    place.succeeds("train --net net.toml --epochs 1 --seed 7");
    place.write("net.toml", place.succeeds("summary out/net.safetensors --spec"));
    assert!(place.succeeds("summary out/net.safetensors --spec").contains("seed = 1\n"));
    place.fails(
        "summary --net net.toml --data spirals",
        &["input shape of the data: expected [1, 8, 8], found [2]"],
    );
    for command in ["train", "compare"] {
        assert!(place.succeeds(&format!("{command} --help")).contains("docs/files.md"));
    }
}

/// A fault of a file is said once.
#[test]
fn a_fault_in_a_file_of_a_net_has_one_place() {
    let place = Place::new();
    place.write("broken.toml", "net = 'switch'\nwidht = 3\n");
    let outcome = place.run("summary --net broken.toml");
    assert!(outcome.err.starts_with("error: --net: broken.toml: "), "{}", outcome.err);
    assert_eq!(outcome.err.matches("broken.toml").count(), 1, "{}", outcome.err);
}

#[test]
fn one_class_is_nothing_to_learn() {
    let place = Place::new();
    place.write("one.csv", "x,label\n1,a\n2,a\n3,a\n4,a\n5,a\n6,a\n");
    let outcome = place.run("train --data one.csv --net mlp --epochs 1");
    assert_eq!(outcome.code, Some(1));
    let said = outcome.err.lines().last().unwrap();
    assert_eq!(
        said,
        "error: target: expected at least two classes, found only a (--values for values)"
    );
    assert!(!place.path("out").exists());
}

#[test]
#[cfg(not(feature = "cuda"))]
fn a_gpu_is_a_feature() {
    let place = Place::new();
    let said =
        "--device cuda: expected a program that was built with the feature cuda, found one without";
    for command in ["train", "compare", "evaluate out/net.safetensors"] {
        if command.starts_with("evaluate") {
            place.succeeds(&format!("train {QUICK}"));
        }
        place.fails(&format!("{command} --device cuda"), &[said]);
    }
}
