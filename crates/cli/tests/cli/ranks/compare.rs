//! Comparisons on the processes of a job: each does its part of the trainings, and the first one measures.

use super::{end, errors, job, left, process, until};
use crate::place::Place;
use crate::shards::{experiment, same_reports};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::collections::BTreeMap;

/// Six trainings of so many epochs, dealt one by one, and three short ones.
fn long(place: &Place, epochs: usize) {
    place.write(
        "long.toml",
        format!(
            "name = 'Spirals'\nseeds = [4, 5, 6]\ndata = {{ source = 'spirals', points = 40 }}\n\
             training = {{ epochs = 4, validation = 0.2 }}\ngeometry = 2\nmaps = 5\n[[nets]]\nname = 'switch'\n\
             architecture = {{ net = 'switch', width = 16, depth = 2 }}\nlearning-rates = [0.003, 0.01]\n\
             epochs = {epochs}\n[[nets]]\nname = 'mlp'\narchitecture = {{ net = 'mlp', hidden = [8] }}\n"
        ),
    );
}

/// The checkpoints in a folder, and of each that is of a finished training what it says of that: its seconds, too, which are
/// others whenever it is done again.
fn trainings(place: &Place, folder: &str) -> BTreeMap<String, Option<String>> {
    let entries = place.path(folder).join("checkpoints").read_dir();
    let names = entries.into_iter().flatten().flatten().map(|entry| entry.path());
    let whole = names.filter(|path| path.extension().is_some_and(|e| e == "safetensors"));
    let read = |path: std::path::PathBuf| {
        let said = switchnet::net::checkpoint::load::<f32>(&path).unwrap().metadata["run"].clone();
        let run: serde_json::Value = serde_json::from_str(&said).unwrap();
        let over = !matches!(run["ended"].as_str(), None | Some("stopped"));
        (path.file_name().unwrap().to_string_lossy().into_owned(), over.then_some(said))
    };
    whole.map(read).collect()
}

/// One whose nets are dealt as a whole, too, and more processes than there is work for.
#[test]
fn any_number_of_ranks_compares_as_one_process() {
    let place = Place::new();
    experiment(&place);
    let single = place.succeeds("compare e.toml --threads 1 --out single");
    let table = |out: &str| -> Vec<String> {
        let rows = out.lines().filter(|line| line.starts_with("switch") || line.starts_with("mlp"));
        rows.map(|row| row.split_whitespace().take(3).collect::<Vec<_>>().join(" ")).collect()
    };
    for ranks in [1, 2, 3, 6] {
        let out = ranks.to_string();
        let arguments = format!("compare e.toml --out {out}");
        let output = job(&place, ranks, &arguments).output().unwrap();
        assert_eq!(end(&output), (true, String::new()), "{ranks} ranks");
        same_reports(&place, "single", &out);
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(said.matches("Wrote").count(), 1, "{said}");
        assert!(!table(&said).is_empty() && table(&said) == table(&single), "{said}\n{single}");
    }
}

/// However it ends, any other number of processes goes on, and what is done is not done again.
#[test]
fn a_comparison_that_was_ended_goes_on_with_other_ranks() {
    let place = Place::new();
    long(&place, 60);
    place.succeeds("compare long.toml --threads 1 --out single");
    let one = |rank| move |launcher| process(launcher, rank);
    type Who = Box<dyn Fn(u32) -> Option<Pid>>;
    let launcher = |launcher| Some(Pid::from_raw(launcher as i32));
    // Who is sent what once there are so many checkpoints, begun or done, and how many processes go on.
    let ends: [(Who, Signal, usize, usize); 4] = [
        (Box::new(one(0)), Signal::SIGKILL, 2, 2),
        (Box::new(one(2)), Signal::SIGKILL, 4, 1),
        (Box::new(one(1)), Signal::SIGTERM, 5, 4),
        (Box::new(launcher), Signal::SIGINT, 6, 2),
    ];
    let mut kept = 0;
    for (number, (who, signal, files, ranks)) in ends.iter().enumerate() {
        let arguments = format!("compare long.toml --out {number} --resume");
        let folder = number.to_string();
        let begin = || job(&place, 3, &arguments).spawn().unwrap();
        // One that came too late is sent again, to another job.
        let ended = (0..20).any(|_| {
            let _ = std::fs::remove_dir_all(place.path(&folder));
            let all = until(|| trainings(&place, &folder).len() >= *files, begin());
            let signaled = who(all.id()).is_some_and(|who| kill(who, *signal).is_ok());
            let succeeded = left(all).status.success();
            // Where it had done all by then, the report is there.
            signaled && !succeeded && !place.path(&folder).join("report.html").exists()
        });
        assert!(ended, "twenty comparisons had done all before {signal} was heard");
        let before = trainings(&place, &folder);
        let output = job(&place, *ranks, &arguments).output().unwrap();
        assert_eq!(end(&output), (true, String::new()), "{signal}, {ranks} ranks");
        same_reports(&place, "single", &folder);
        let after = trainings(&place, &folder);
        for (name, said) in before.iter().filter(|(_, said)| said.is_some()) {
            assert!(after[name] == *said, "{signal}: {name} was trained again");
            kept += 1;
        }
    }
    assert!(kept > 0);
}

#[test]
fn a_comparison_says_once_why_it_fails() {
    let place = Place::new();
    experiment(&place);
    // One has a training that fails at once, and the others hours that they do not end first.
    place.write(
        "diverging.toml",
        "name = 'Spirals'\nseeds = [4]\ndata = { source = 'spirals', points = 40 }\ntraining = { epochs = 1000000000 }\n\
         [[nets]]\nname = 'one'\narchitecture = { net = 'mlp', hidden = [8] }\n\
         [[nets]]\nname = 'bad'\narchitecture = { net = 'mlp', hidden = [4] }\nlearning-rates = [1e30]\n\
         [[nets]]\nname = 'other'\narchitecture = { net = 'mlp', hidden = [8] }\n",
    );
    for (arguments, said) in [
        ("compare nothing.toml", "nothing.toml"),
        ("compare e.toml --data nothing.csv", "nothing.csv"),
        ("compare e.toml --shard 1/2", "--shard: expected one process, found 3"),
        ("compare diverging.toml", "rank 2: bad: training loss in epoch"),
    ] {
        let (succeeded, err) = end(&job(&place, 3, arguments).output().unwrap());
        let lines = errors(&err);
        assert!(!succeeded && lines.len() == 1 && lines[0].contains(said), "{arguments}: {err}");
    }
    // Processes that were started as different comparisons.
    let mut different = job(&place, 1, "compare e.toml");
    different.args([":", "-n", "1", env!("CARGO_BIN_EXE_switchnet")]);
    different.args(["compare", "e.toml", "--epochs", "2"]);
    let (succeeded, err) = end(&different.output().unwrap());
    let line = "error: rank 1: job.comparison.experiment.training.epochs: expected 4, found 2";
    assert!(!succeeded && errors(&err) == [line], "{err}");
}
