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
