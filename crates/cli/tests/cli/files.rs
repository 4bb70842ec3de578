//! What is written where: nothing but files, by one run at a time.

use crate::place::{PROGRAM, Place};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

const TINY: &str = "train --net mlp --hidden 4 --epochs 1";
const HISTORY: &str = "the history of --out: expected a file of its own, found n.csv";

#[test]
fn a_checkpoint_and_its_history_are_two_files() {
    let place = Place::new();
    for out in ["n.csv", "n.CSV"] {
        place.fails(&format!("{TINY} --out {out}"), &[HISTORY]);
        assert!(!place.path(out).exists());
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("n.csv", place.path("n.safetensors")).unwrap();
        for there in [false, true] {
            place.fails(&format!("{TINY} --out n.safetensors"), &[HISTORY]);
            assert_eq!(place.path("n.csv").exists(), there);
            place.write("n.csv", "");
        }
    }
}

/// The history of `n.safetensors` is `n.csv`, and a report has a `results.csv`.
#[test]
fn data_are_not_written_over() {
    let place = Place::new();
    let text: String = (0..20).map(|i| format!("{i},{},{}\n", i % 3, i % 2)).collect();
    place.write("n.csv", &text);
    std::fs::create_dir(place.path("out")).unwrap();
    place.write("out/results.csv", &text);
    for (arguments, said) in [
        ("train --data n.csv --out n.safetensors", HISTORY),
        ("train --data digits --out n.csv", HISTORY),
        (
            "train --data out/results.csv --test-data n.csv --out ./n.safetensors",
            "the history of --out",
        ),
        (
            "compare --data out/results.csv --epochs 1 --seeds 1",
            "--out: expected a file of its own, found out/results.csv",
        ),
    ] {
        place.fails(arguments, &[said]);
    }
    assert!(place.read("n.csv") == text && place.read("out/results.csv") == text);
    assert_eq!(std::fs::read_dir(place.path("out")).unwrap().count(), 1);
}

/// Told before the training.
#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_trained_into() {
    use std::os::unix::fs::{FileTypeExt, symlink};
    let place = Place::new();
    let socket = place.path("socket");
    let _bound = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    symlink("socket", place.path("n.csv")).unwrap();
    for out in ["socket", "n.safetensors"] {
        let outcome = place.run(&format!("{TINY} --out {out}"));
        assert_eq!((outcome.code, outcome.out.as_str()), (Some(1), ""), "{}", outcome.err);
        assert!(outcome.err.contains("expected a file to write, found a device, a pipe"));
        assert!(socket.symlink_metadata().unwrap().file_type().is_socket());
    }
    std::fs::create_dir(place.path("deep")).unwrap();
    symlink("deep/net", place.path("link")).unwrap();
    place.succeeds(&format!("{TINY} --out link"));
    assert!(place.path("link").is_symlink() && place.path("deep/net").is_file());
    place.succeeds("summary link");
}

/// A run that goes on until it is killed; it has begun.
fn endless(place: &Place, arguments: &str) -> Child {
    let mut child = Command::new(PROGRAM)
        .current_dir(place.folder.path())
        .args(arguments.split_whitespace())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("training"), "{line}");
    child
}

#[test]
fn two_runs_to_one_place_notice_each_other() {
    let place = Place::new();
    place.write(
        "spirals.toml",
        "name = 'Spirals'\nseeds = [4]\ndata = { source = 'spirals', points = 40 }\n\
         training = { epochs = 1 }\n[[nets]]\nname = 'mlp'\n\
         architecture = { net = 'mlp', hidden = [2] }\n",
    );
    for (command, out) in [
        ("train --net mlp --hidden 4 --out out/net.safetensors", "out/net.safetensors"),
        ("compare spirals.toml --out all", "all/report.html"),
    ] {
        let mut first = endless(&place, &format!("{command} --epochs 100000000"));
        let second = format!("{command} --epochs 1");
        place.fails(&second, &["--out: ", out, "expected a file of this run alone, found one"]);
        first.kill().unwrap();
        first.wait().unwrap();
        // What it left is no obstacle, and gone after the next run.
        let part = place.path(out).with_file_name(".switchnet-1-0.part");
        std::fs::write(&part, "").unwrap();
        place.succeeds(&second);
        let folder = place.path(out).parent().unwrap().to_owned();
        for entry in std::fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(!name.starts_with('.'), "{name}");
        }
    }
}
