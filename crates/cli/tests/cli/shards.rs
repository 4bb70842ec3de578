//! A comparison done in shards, each by a process of its own, killed at any moment and put together.

use crate::place::{PROGRAM, Place, documented, json};
use serde_json::Value;
use std::process::{Command, Stdio};
use std::time::Duration;

/// A net that is dealt as a whole and one that is not, with every part of a report.
pub fn experiment(place: &Place) {
    place.write(
        "e.toml",
        "name = 'Spirals'\nseeds = [4, 5, 6]\nchoosing-seeds = 2\ndata = { source = 'spirals', points = 40 }\n\
         training = { epochs = 4, validation = 0.2 }\ngeometry = 2\nmaps = 5\n[[nets]]\nname = 'switch'\n\
         architecture = { net = 'switch', width = 16, depth = 2 }\nlearning-rates = [0.003, 0.01]\n\
         [[nets]]\nname = 'mlp'\narchitecture = { net = 'mlp', hidden = [8] }\n",
    );
}

/// Zeros in the place of times.
fn untimed(mut value: Value) -> Value {
    match &mut value {
        Value::Object(all) => {
            for (name, value) in all {
                *value = match name.as_str() {
                    "seconds" | "microseconds" | "date" => 0.into(),
                    _ => untimed(value.take()),
                };
            }
        }
        Value::Array(all) => all.iter_mut().for_each(|value| *value = untimed(value.take())),
        _ => {}
    }
    value
}

/// The files of two reports are the same but for times.
#[track_caller]
pub fn same_reports(place: &Place, one: &str, other: &str) {
    let names = |folder: &str| -> Vec<String> {
        let files = place.path(folder).read_dir().unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
        names.sort();
        names
    };
    assert_eq!(names(one), names(other));
    assert_eq!(names(&format!("{one}/checkpoints")), names(&format!("{other}/checkpoints")));
    let mut bytes = 0;
    for name in names(one) {
        let [a, b] = [one, other].map(|folder| place.path(folder).join(&name));
        match name.rsplit_once('.').map(|(_, ending)| ending) {
            Some("json") => assert_eq!(untimed(json(&a)), untimed(json(&b)), "{name}"),
            Some("svg" | "png" | "npz") => {
                assert!(std::fs::read(a).unwrap() == std::fs::read(b).unwrap(), "{name}");
                bytes += 1;
            }
            // Tables with columns of times in them; tests of the lab compare them with zeros in these.
            _ => {}
        }
    }
    assert!(bytes > 6, "{bytes}");
}

/// Kills a process once it has so many checkpoints, finished or begun; whether it had ended before.
fn killed(place: &Place, arguments: &str, folder: &str, files: usize) -> bool {
    let mut child = Command::new(PROGRAM)
        .current_dir(place.folder.path())
        .args(arguments.split_whitespace())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let count = || {
        let entries = place.path(folder).join("checkpoints").read_dir();
        let names = entries.into_iter().flatten().flatten().map(|entry| entry.file_name());
        names.filter(|name| !name.to_string_lossy().starts_with('.')).count()
    };
    let mut ended = false;
    while !ended && count() < files {
        std::thread::sleep(Duration::from_millis(1)); // until the next look
        ended = child.try_wait().unwrap().is_some();
    }
    let _ = child.kill(); // it may have ended by now
    let code = child.wait().unwrap().code();
    assert!(matches!(code, None | Some(0)), "{code:?}");
    code == Some(0)
}

/// Killed after every file, shards go on to a report that is the one of a single run.
#[test]
fn killed_shards_go_on_to_the_report_of_a_single_run() {
    let place = Place::new();
    experiment(&place);
    let single = place.succeeds("compare e.toml --out single");
    let mut kills = 0;
    for number in 1..=2 {
        let folder = format!("part{number}");
        let arguments = format!("compare e.toml --shard {number}/2 --resume --out {folder}");
        for files in 0..6 {
            kills += usize::from(!killed(&place, &arguments, &folder, files));
        }
        let out = place.succeeds(&arguments);
        assert!(out.contains(&format!("shard {number}/2: ")), "{out}");
        let manifest = json(&place.path(&folder).join("shard.json"));
        assert_eq!(manifest["shard"], format!("{number}/2"));
        documented(&place.path(&folder));
    }
    assert!(kills >= 4, "{kills}");
    let merged = place.succeeds("merge part2 part1 --out merged");
    same_reports(&place, "single", "merged");
    let table = |out: &str| -> Vec<String> {
        let rows = out.lines().filter(|line| line.starts_with("switch") || line.starts_with("mlp"));
        rows.map(|row| row.split_whitespace().next().unwrap().to_owned()).collect()
    };
    assert!(table(&single).len() >= 2 && table(&single) == table(&merged), "{merged}");
    // A merge that was killed is done again.
    for files in 0..7 {
        let _ = std::fs::remove_dir_all(place.path("again"));
        killed(&place, "merge part1 part2 --out again", "again", files);
        place.succeeds("merge part1 part2 --out again");
        same_reports(&place, "single", "again");
    }
}

/// What is set on the command line belongs to the experiment; three shards of five that have work are enough.
#[test]
fn shards_take_what_a_comparison_takes() {
    let place = Place::new();
    experiment(&place);
    let more = "--seeds 7,8 --epochs 2 --name Other --draw table";
    place.succeeds(&format!("compare e.toml {more} --out single"));
    let parts: Vec<String> = (1..=9).map(|number| format!("part{number}")).collect();
    for (number, part) in (1..).zip(&parts) {
        let shard = format!("compare e.toml {more} --shard {number}/9 --out {part}");
        let out = place.succeeds(&shard);
        assert!(out.contains(if number <= 6 { "1 of 6" } else { "0 of 6" }), "{number}: {out}");
    }
    place.succeeds(&format!("merge {} --out merged", parts[..6].join(" ")));
    same_reports(&place, "single", "merged");
}

#[test]
fn what_is_no_shard_is_refused_in_a_line() {
    let place = Place::new();
    experiment(&place);
    let refused = place.run("compare e.toml --shard 4/3 --out a");
    refused.is_refused(2, "--shard 4/3");
    assert!(
        refused.err.contains("--shard") && refused.err.contains("expected K/N"),
        "{}",
        refused.err
    );
    place.succeeds("compare e.toml --shard 1/2 --out a");
    place.fails(
        "compare e.toml --shard 1/2 --out a",
        &["a: expected a new folder, or to resume what is there, found shard 1/2"],
    );
    place.fails("compare e.toml --resume --out a", &["--out: expected --shard for a, found none"]);
    place.fails(
        "merge a --out m",
        &["shards: expected all 2 with every training done, found not done 2"],
    );
    assert!(!place.path("m").exists());
    place.fails(
        "merge a none --out m",
        &["none: expected the folder of a shard, found no shard.json"],
    );
    place.succeeds("compare e.toml --shard 2/2 --out b --epochs 3");
    place.fails(
        "merge a b --out m",
        &["b beside a: experiment.training.epochs: expected 4, found 3"],
    );
    place.fails("merge a b --out b", &["--out: expected a file of its own, found b/shard.json"]);
    let nothing = place.run("merge --out m");
    nothing.is_refused(2, "merge");
}
