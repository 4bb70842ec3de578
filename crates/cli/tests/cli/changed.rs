//! Files that are no longer what a net was trained with.

use crate::place::{Outcome, Place};
use switchnet::net::checkpoint::{self, Checkpoint};

/// Rows of two classes, of which each `odd` one is called the other.
fn table(rows: usize, odd: usize) -> String {
    let line = |row: usize| {
        let class = (row + usize::from(row % odd == odd - 1)) % 2;
        format!("{}.5,{}.5,{}\n", row * 7 % 13, row * 5 % 11, ["ash", "elm"][class])
    };
    "width,height,kind\n".to_owned() + &(0..rows).map(line).collect::<String>()
}

fn reversed(text: &str) -> String {
    let (head, rows) = text.split_once('\n').unwrap();
    format!("{head}\n{}\n", rows.lines().rev().collect::<Vec<_>>().join("\n"))
}

/// Refused in a line behind what is said of the file.
#[track_caller]
fn refused(outcome: &Outcome, parts: &[&str]) {
    let last = outcome.err.lines().last().unwrap_or_default();
    assert!(outcome.code == Some(1) && last.starts_with("error: "), "{}", outcome.err);
    assert!(parts.iter().all(|part| last.contains(part)), "{parts:?}: {last}");
}

/// Takes from a checkpoint what older ones do not say.
fn age(place: &Place) {
    let path = place.path("out/net.safetensors");
    let Checkpoint { net, mut metadata, tensors } = checkpoint::load::<f32>(&path).unwrap();
    assert!(metadata.remove("rows").is_some());
    checkpoint::save(&path, net.spec(), &net, &metadata, &tensors).unwrap();
}

#[test]
fn a_training_goes_on_with_its_own_rows_alone() {
    const BEGAN: &str = "net.safetensors: rows to train with: expected those that the training \
                         began with (48 rows, CRC-32 ";
    for scope in ["none", "feature"] {
        let place = Place::new();
        place.write("t.csv", table(60, 50));
        let train =
            format!("train --data t.csv --net mlp --hidden 4 --epochs 2 --standardize {scope}");
        place.succeeds(&train);
        place.succeeds(&format!("{train} --resume"));
        for (text, found) in [
            (table(60, 3), "found others (48 rows"), // other labels alone
            (table(63, 50), "found others (50 rows"),
            (reversed(&table(60, 50)), "found others (48 rows"),
        ] {
            place.write("t.csv", &text);
            refused(&place.run(&format!("{train} --resume")), &[BEGAN, found]);
        }
        // What is called by another name is another thing.
        refused(&place.run(&format!("{train} --label kind --resume")), &["metadata.data.options"]);
        // Nobody knows what an older one began with.
        place.write("t.csv", table(60, 3));
        age(&place);
        if scope == "none" {
            place.succeeds(&format!("{train} --resume"));
        }
    }
}

/// What is tested on has no part in a training; how much rows count and what keeps them together has.
#[test]
fn weights_and_groups_are_of_the_rows_of_a_training() {
    let place = Place::new();
    let with = |last: &dyn Fn(usize) -> usize| -> String {
        let rows = table(40, 50);
        let line = |(i, line): (usize, &str)| match i {
            0 => format!("{line},extra\n"),
            _ => format!("{line},{}\n", last(i)),
        };
        rows.lines().enumerate().map(line).collect()
    };
    for (flag, one, other) in [("--weight", 2, 3), ("--group", 8, 10)] {
        place.write("t.csv", with(&|i| 1 + i % one));
        place.write("test.csv", table(20, 50));
        let train = format!(
            "train --data t.csv --test-data test.csv --label kind {flag} extra --net mlp --hidden 4 --epochs 1"
        );
        place.succeeds(&train);
        place.write("test.csv", table(22, 3));
        place.succeeds(&format!("{train} --resume"));
        place.write("t.csv", with(&|i| 1 + i % other));
        let found = "found other weights or groups of them";
        refused(&place.run(&format!("{train} --resume")), &["rows to train with", found]);
        // They are the same rows.
        let outcome = place.run("evaluate out/net.safetensors");
        assert_eq!((outcome.code, outcome.err.as_str()), (Some(0), ""));
    }
}

#[test]
fn a_comparison_goes_on_with_its_own_rows_alone() {
    let place = Place::new();
    place.write(
        "e.toml",
        "name = 'Plants'\nseeds = [4, 5]\ndata = { source = 'csv', train = 't.csv' }\nstandardize = 'none'\n\
         training = { epochs = 1 }\n[[nets]]\nname = 'mlp'\narchitecture = { net = 'mlp', hidden = [3] }\n",
    );
    for (more, count) in [("", 48), (" --cross-validate", 30)] {
        place.write("t.csv", table(60, 50));
        let compare = format!("compare e.toml{more}");
        place.succeeds(&compare);
        place.succeeds(&format!("{compare} --resume"));
        let checkpoint = "out/checkpoints/net1-learning-rate1-seed4.safetensors";
        place.succeeds(&format!("evaluate {checkpoint}"));
        place.write("t.csv", table(60, 3));
        let began = format!("the training began with ({count} rows");
        refused(&place.run(&format!("{compare} --resume")), &["rows to train with", &began]);
        place.fails(&format!("evaluate {checkpoint}"), &["t.csv: expected the rows that the net"]);
    }
}

/// Rows that were trained with would be among those that are held out anew.
#[test]
fn rows_are_not_held_out_of_other_ones() {
    let place = Place::new();
    let net = "out/net.safetensors";
    place.write("t.csv", table(60, 50));
    place.succeeds("train --data t.csv --net mlp --hidden 4 --epochs 1 --keep-every 1");
    let looks = [
        format!("evaluate {net}"),
        format!("inspect {net} --index 0"),
        format!("trajectory out/net-epoch0000.safetensors {net}"),
    ];
    for text in [table(63, 50), reversed(&table(60, 50)), table(60, 3)] {
        place.write("t.csv", text);
        for look in &looks {
            place.fails(
                look,
                &[
                    "t.csv: expected the rows that the net was trained with (48 rows, CRC-32 ",
                    "found others (",
                    "--data FILE reads a whole file",
                ],
            );
        }
    }
    let out = place.succeeds(&format!("evaluate {net} --data t.csv"));
    assert!(out.contains("all: 60 rows"), "{out}");
    for look in &looks[1..] {
        place.succeeds(&format!("{look} --data t.csv"));
    }
    age(&place);
    assert!(place.succeeds(&looks[0]).contains("test: 12 rows"));
}

/// The same of arrays: a file with one part is split, a file of its own to test on is not.
#[test]
fn images_are_not_held_out_of_other_ones() {
    let place = Place::new();
    let write = |name: &str, rows: u8, from: u8| {
        let images = (0..rows * 4).map(|i| i.wrapping_mul(37).wrapping_add(from));
        let bytes = [0, 0, 8, 3, 0, 0, 0, rows, 0, 0, 0, 2, 0, 0, 0, 2].into_iter().chain(images);
        place.write(&format!("{name}-images-idx3-ubyte"), bytes.collect::<Vec<u8>>());
        let bytes = [0, 0, 8, 1, 0, 0, 0, rows].into_iter().chain((0..rows).map(|i| i % 2));
        place.write(&format!("{name}-labels-idx1-ubyte"), bytes.collect::<Vec<u8>>());
    };
    write("a", 40, 0);
    write("b", 20, 1);
    let train = "train --data a-images-idx3-ubyte --net mlp --hidden 4 --epochs 1";
    place.succeeds(train);
    let evaluate = "evaluate out/net.safetensors";
    place.succeeds(evaluate);
    write("a", 40, 3);
    place.fails(evaluate, &["expected the rows that the net was trained with (32 rows"]);
    place.succeeds(&format!("{train} --test-data b-images-idx3-ubyte"));
    write("a", 40, 0);
    let outcome = place.run(evaluate);
    assert!(outcome.code == Some(0) && outcome.out.contains("test: 20 rows"), "{}", outcome.err);
    assert!(outcome.err.contains("was trained with (40 rows"), "{}", outcome.err);
}

/// None of its rows was trained with.
#[test]
fn a_file_to_test_on_may_change_and_it_is_said() {
    let place = Place::new();
    place.write("t.csv", table(60, 50));
    place.write("test.csv", table(20, 50));
    place.succeeds("train --data t.csv --test-data test.csv --net mlp --hidden 4 --epochs 1");
    let evaluate = || place.run("evaluate out/net.safetensors");
    assert_eq!(evaluate().err, "");
    for (file, said) in [
        ("test.csv", "test.csv: expected the rows that the net was tested on (20 rows, CRC-32 "),
        ("t.csv", "t.csv: expected the rows that the net was trained with (60 rows, CRC-32 "),
    ] {
        place.write(file, table(25, 3));
        let outcome = evaluate();
        assert_eq!(outcome.code, Some(0), "{}", outcome.err);
        assert!(
            outcome.err.starts_with(said) && outcome.err.lines().count() == 1,
            "{}",
            outcome.err
        );
        assert!(outcome.err.contains("found others (25 rows"), "{}", outcome.err);
        assert!(outcome.out.contains("test: 25 rows"), "{}", outcome.out);
    }
}

#[test]
fn files_that_are_gone_are_those_of_the_checkpoint() {
    let place = Place::new();
    place.write("t.csv", table(30, 50));
    place.succeeds("train --data t.csv --net mlp --hidden 3 --epochs 1 --batch 8");
    std::fs::remove_file(place.path("t.csv")).unwrap();
    let said = "data of the checkpoint (--data takes others): t.csv";
    place.fails("evaluate out/net.safetensors", &[said]);
    place.fails("inspect out/net.safetensors --index 0", &[said]);
}
