//! Nets evaluated by the processes of a job, each of which looks at some of the rows; and what one process does.

use super::{end, errors, job};
use crate::place::Place;
use crate::streamed::write as rows_in_files;

#[test]
fn any_number_of_ranks_says_what_one_process_says() {
    let place = Place::new();
    place.succeeds("train --width 64 --epochs 1 --out net.safetensors");
    rows_in_files(&place, "a", 300);
    rows_in_files(&place, "b", 100);
    let files =
        "--data a.npy --labels a-labels.npy --test-data b.npy --test-labels b-labels.npy --stream";
    let train = format!("train --net mlp --hidden 8 --epochs 1 {files}");
    place.succeeds(&format!("{train} --out files.safetensors"));
    for (net, lines) in [("net", 3), ("files", 2)] {
        let arguments = format!("evaluate {net}.safetensors");
        let alone = place.succeeds(&arguments);
        assert_eq!(alone.lines().count(), lines, "{alone}");
        // The data to test on are fewer chunks than the last number.
        for ranks in [1, 2, 3, 12] {
            let output = job(&place, ranks, &arguments).output().unwrap();
            assert_eq!(end(&output), (true, String::new()), "{net}, {ranks} ranks");
            assert_eq!(String::from_utf8(output.stdout).unwrap(), alone, "{net}, {ranks} ranks");
        }
    }
}

#[test]
fn what_cannot_be_shared_is_refused_in_a_line() {
    let place = Place::new();
    place.succeeds("train --width 64 --epochs 1 --out net.safetensors");
    place.succeeds("train --width 64 --epochs 1 --seed 2 --out other.safetensors");
    for (arguments, said) in [
        ("evaluate none.safetensors", "none.safetensors"),
        ("predict net.safetensors", "processes: expected one for this command, found 3"),
        ("summary", "processes: expected one for this command, found 3"),
        ("selfcheck", "processes: expected one for this command, found 3"),
    ] {
        let (succeeded, err) = end(&job(&place, 3, arguments).output().unwrap());
        let lines = errors(&err);
        assert!(!succeeded && lines.len() == 1 && lines[0].contains(said), "{arguments}: {err}");
    }
    let mut different = job(&place, 1, "evaluate net.safetensors");
    different.args([":", "-n", "1", env!("CARGO_BIN_EXE_switchnet")]);
    different.args(["evaluate", "other.safetensors"]);
    let (succeeded, err) = end(&different.output().unwrap());
    let lines = errors(&err);
    assert!(!succeeded && lines.len() == 1, "{err}");
    assert!(lines[0].starts_with("error: rank 1: job.net: expected "), "{err}");
}
