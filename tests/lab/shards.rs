//! An experiment cut into shards: what each does, and what comes of all of them.

use crate::experiment::numbers;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow::{Break, Continue};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use switchnet::data::{CsvOptions, Source};
use switchnet_lab::experiment::{Experiment, Progress, Results, Shard, Share, merge, shard_of};
use switchnet_lab::report;

/// A net that is dealt as a whole, one whose rates are chosen with all its seeds, and one of a single rate.
fn mixed() -> Experiment {
    toml::from_str(
        r#"
        name = "Mixed"
        seeds = [1, 2, 3]
        choosing-seeds = 2
        data = { source = "spirals", points = 30 }
        training = { epochs = 2, validation = 0.2 }
        geometry = 2
        [[nets]]
        name = "whole"
        architecture = { net = "switch", width = 8, depth = 2 }
        learning-rates = [0.001, 0.01]
        [[nets]]
        name = "all choose"
        architecture = { net = "mlp", hidden = [8] }
        learning-rates = [0.001, 0.01]
        most-seeds = 2
        [[nets]]
        name = "one rate"
        against = "whole"
        architecture = { net = "mlp", hidden = [4] }
        "#,
    )
    .unwrap()
}

fn shard(text: &str) -> Shard {
    text.parse().unwrap()
}

fn run(experiment: &Experiment, text: &str, folder: &Path) -> Share {
    let done = experiment.run_shard(shard(text), folder, true, &|_| Continue(()));
    done.unwrap().expect("nobody stops it")
}

/// All shards of `count` in folders of their own.
fn run_all(experiment: &Experiment, count: usize, folder: &Path) -> Vec<PathBuf> {
    let one = |number: usize| {
        let folder = folder.join(format!("part{number}"));
        run(experiment, &format!("{number}/{count}"), &folder);
        folder
    };
    (1..=count).map(one).collect()
}

fn merged(parts: &[PathBuf], folder: &Path) -> Results {
    merge(parts, folder, &|_| Continue(())).unwrap().expect("nobody stops it")
}

fn refused(parts: &[PathBuf], folder: &Path) -> String {
    let found = merge(parts, folder, &|_| Continue(())).map(|_| ());
    found.expect_err("no merge").to_string()
}

/// The checkpoints of a shard, without what they all end with.
fn trainings(folder: &Path) -> BTreeSet<String> {
    let Ok(files) = folder.join("checkpoints").read_dir() else { return BTreeSet::new() };
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names.map(|name| name.strip_suffix(".safetensors").unwrap().to_owned()).collect()
}

/// The report on these results with zeros in the place of all times, and no date.
fn report_of(mut results: Results, folder: &Path) -> BTreeMap<String, Vec<u8>> {
    results.seconds = 0.0;
    for net in &mut results.nets {
        (net.microseconds, net.seconds.mean, net.seconds.deviation) = (0.0, 0.0, 0.0);
        for run in &mut net.runs {
            run.seconds = 0.0;
            run.history.iter_mut().for_each(|record| record.seconds = 0.0);
        }
    }
    let files = report::write(&results, folder, None).unwrap();
    let read = |path: PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let mut bytes = std::fs::read(&path).unwrap();
        if name == "record.json" {
            let lines = String::from_utf8(bytes).unwrap();
            let undated = lines.lines().filter(|line| !line.starts_with("  \"date\": "));
            bytes = undated.collect::<Vec<_>>().join("\n").into_bytes();
        }
        (name, bytes)
    };
    files.into_iter().map(read).collect()
}

/// To the byte but for times, and every checkpoint with the same numbers: with few shards, and with more than there is
/// work for.
#[test]
fn shards_put_together_are_a_single_run() {
    let mut cross = mixed();
    (cross.cross_validate, cross.choosing_seeds, cross.geometry) = (true, None, 0);
    cross.nets.iter_mut().for_each(|net| net.most_seeds = None);
    for (experiment, all) in [(mixed(), 12), (cross, 15)] {
        let place = tempfile::tempdir().unwrap();
        let single = place.path().join("single/checkpoints");
        let whole = experiment.run(Some(&single), false, &|_| Continue(())).unwrap().unwrap();
        let whole_numbers = numbers(&whole);
        let report = report_of(whole, &place.path().join("single"));
        assert!(report.len() > 12, "{:?}", report.keys());
        for count in [1, 2, 3, 5, 40] {
            let folder = place.path().join(count.to_string());
            let parts = run_all(&experiment, count, &folder);
            let out = folder.join("out");
            let results = merged(&parts, &out.join("checkpoints"));
            assert_eq!(numbers(&results), whole_numbers, "{count} shards");
            let found = report_of(results, &out);
            assert!(found.keys().eq(report.keys()), "{count} shards");
            for (name, bytes) in &report {
                assert!(found[name] == *bytes, "{count} shards: {name}");
            }
            assert_eq!(trainings(&out), trainings(&place.path().join("single")), "{count} shards");
            assert_eq!(trainings(&out).len(), all);
        }
    }
}

/// The rule is a promise: shards of one experiment may be done years and machines apart.
#[test]
fn trainings_are_dealt_by_their_weight() {
    let place = tempfile::tempdir().unwrap();
    let parts = run_all(&mixed(), 3, place.path());
    let dealt: Vec<BTreeSet<String>> = parts.iter().map(|part| trainings(part)).collect();
    // The switch net has 2·8 + 2·8·3 + 8·2 multiply-adds and five trainings, in one hand; the net of eight hidden units
    // 32 and four; that of four 16 and three.
    let starts = |set: &BTreeSet<String>, net: &str| set.iter().all(|name| name.starts_with(net));
    assert!(dealt[0].len() == 5 && starts(&dealt[0], "net1-"), "{dealt:?}");
    let expected = [
        ["net2-learning-rate1-seed1", "net2-learning-rate2-seed1", "net3-learning-rate1-seed1"],
        ["net2-learning-rate1-seed2", "net2-learning-rate2-seed2", "net3-learning-rate1-seed2"],
    ];
    let third = "net3-learning-rate1-seed3".to_owned();
    let mut expected = expected.map(|names| BTreeSet::from(names.map(str::to_owned)));
    expected[0].insert(third);
    assert_eq!(dealt[1..], expected);
}

/// No shard has more than an even share and one thing that cannot be cut.
#[test]
fn shards_are_balanced() {
    let place = tempfile::tempdir().unwrap();
    let mut experiment = mixed();
    (experiment.seeds, experiment.geometry) = ((1..=9).collect(), 0);
    experiment.choosing_seeds = None;
    experiment.nets.truncate(1);
    experiment.nets[0].learning_rates = Some(vec![0.01]);
    let shares: Vec<usize> = (1..=4)
        .map(|number| {
            let folder = place.path().join(number.to_string());
            let share = run(&experiment, &format!("{number}/4"), &folder);
            assert_eq!((share.of, share.trainings), (9, trainings(&folder).len()));
            share.trainings
        })
        .collect();
    assert_eq!(shares, [3, 2, 2, 2]);
}

/// Stopped at whichever question, a shard goes on to the same numbers.
#[test]
fn a_shard_that_is_stopped_anywhere_goes_on() {
    let place = tempfile::tempdir().unwrap();
    let mut experiment = mixed();
    (experiment.geometry, experiment.maps) = (0, 1);
    experiment.nets.remove(1);
    let parts = run_all(&experiment, 2, place.path());
    let whole = numbers(&merged(&parts, &place.path().join("out")));
    let asked = AtomicUsize::new(0);
    let count = |_: Progress<'_>| {
        asked.fetch_add(1, Ordering::Relaxed);
        Continue(())
    };
    experiment.run_shard(shard("1/2"), &place.path().join("counted"), false, &count).unwrap();
    let asked = asked.into_inner();
    assert!(asked > 10, "{asked}");
    for last in 0..asked {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("part");
        let answered = AtomicUsize::new(0);
        let stop = |_: Progress<'_>| match answered.fetch_add(1, Ordering::Relaxed) {
            answered if answered < last => Continue(()),
            _ => Break(()),
        };
        let stopped = experiment.run_shard(shard("1/2"), &folder, true, &stop).unwrap();
        let both = [folder.clone(), parts[1].clone()];
        if stopped.is_some() {
            // It was asked after the last epoch of every training that there still was.
            let all = trainings(&parts[0]);
            assert!(last + all.len() >= asked && trainings(&folder) == all, "question {last}");
            continue;
        }
        let error = refused(&both, &place.path().join("out"));
        assert!(error.contains("found not done 1 (1: net1-"), "question {last}: {error}");
        assert!(!place.path().join("out").exists(), "question {last}");
        run(&experiment, "1/2", &folder);
        assert_eq!(numbers(&merged(&both, &place.path().join("out"))), whole, "question {last}");
    }
}

/// What is not done is named: shards as for a job array, and each training.
#[test]
fn what_is_missing_is_named() {
    let place = tempfile::tempdir().unwrap();
    let experiment = mixed();
    let parts = run_all(&experiment, 5, place.path());
    let out = place.path().join("out");
    let error = refused(&[parts[0].clone(), parts[4].clone()], &out);
    let expected = "shards: expected all 5 with every training done, found not done 2-4 \
                    (2: no folder; 3: no folder; 4: no folder)";
    assert_eq!(error, expected);
    // Of the whole net one training with a seed that chooses, of another its only one.
    let gone = [(0, "net1-learning-rate2-seed2"), (1, "net2-learning-rate1-seed1")];
    for (part, name) in gone {
        let name = format!("{name}.safetensors");
        std::fs::remove_file(parts[part].join("checkpoints").join(name)).unwrap();
    }
    let error = refused(&parts, &out);
    let expected = "shards: expected all 5 with every training done, found not done 1-2 \
                    (1: net1-learning-rate2-seed2 (not begun), net1-seed3; \
                    2: net2-learning-rate1-seed1 (not begun))";
    assert_eq!(error, expected);
    assert!(!out.exists());
    // And it is what is done when they go on.
    run(&experiment, "1/5", &parts[0]);
    run(&experiment, "2/5", &parts[1]);
    merged(&parts, &out);
}

/// A shard that is there twice is no harm if both came to the same.
#[test]
fn duplicates_are_the_same_or_refused() {
    let place = tempfile::tempdir().unwrap();
    let experiment = mixed();
    let mut parts = run_all(&experiment, 2, place.path());
    let again = place.path().join("again");
    run(&experiment, "2/2", &again);
    parts.push(again.clone());
    let out = place.path().join("out");
    let both = numbers(&merged(&parts, &out));
    // One of them may be further than the other.
    let name = trainings(&again).first().unwrap().clone();
    let file = |folder: &Path| folder.join(format!("checkpoints/{name}.safetensors"));
    std::fs::remove_file(file(&again)).unwrap();
    assert_eq!(numbers(&merged(&parts, &out)), both);
    // The same training with other numbers.
    let mut stored = switchnet::net::checkpoint::load::<f32>(&file(&parts[1])).unwrap();
    let mut theta = switchnet::layer::parameters::read(&stored.net);
    theta[0] += 0.5;
    switchnet::layer::parameters::write(&mut stored.net, &theta);
    let spec = stored.net.spec().clone();
    let stored = (&stored.net, &stored.metadata, &stored.tensors);
    switchnet::net::checkpoint::save(&file(&again), &spec, stored.0, stored.1, stored.2).unwrap();
    let error = refused(&parts, &out);
    assert!(
        error.contains("again/checkpoints/") && error.contains("found another result"),
        "{error}"
    );
}

#[test]
fn shards_that_do_not_belong_together_are_refused() {
    let place = tempfile::tempdir().unwrap();
    let experiment = mixed();
    let parts = run_all(&experiment, 2, place.path());
    let out = place.path().join("out");
    let other = place.path().join("other");
    let beside = format!("{} beside {}: ", other.display(), parts[0].display());
    let against = |experiment: &Experiment, text: &str, expected: &str| {
        run(experiment, text, &other);
        let error = refused(&[parts[0].clone(), other.clone()], &out);
        assert_eq!(error, format!("{beside}{expected}"));
        std::fs::remove_dir_all(&other).unwrap();
    };
    let mut changed = experiment.clone();
    changed.nets[1].learning_rates = Some(vec![0.001, 0.02]);
    let expected = "experiment.nets[1].learning-rates[1]: expected 0.01, found 0.02";
    against(&changed, "2/2", expected);
    against(&experiment, "3/3", "shards: expected 2, found 3");
    // Another program, or this one on another processor.
    let path = parts[1].join("shard.json");
    let kept = std::fs::read_to_string(&path).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&kept).unwrap();
    for part in ["version", "instruction_set", "program"] {
        let mut changed = manifest.clone();
        changed["build"][part] = match part {
            "program" => (manifest["build"][part].as_u64().unwrap() ^ 1).into(),
            _ => "another".into(),
        };
        std::fs::write(&path, changed.to_string()).unwrap();
        let error = refused(&parts, &out);
        assert!(error.contains(&format!("build.{part}: expected ")), "{error}");
        let error = refused(&parts[1..], &out);
        let expected = format!("this program beside the shards: build.{part}: expected ");
        assert!(error.starts_with(&expected), "{error}");
        let error = experiment.run_shard(shard("2/2"), &parts[1], true, &|_| Continue(()));
        let error = error.unwrap_err().to_string();
        assert!(error.contains(&format!("part2: build.{part}: expected ")), "{error}");
    }
    let mut changed = manifest.clone();
    changed["shard"] = "2/0".into();
    std::fs::write(&path, changed.to_string()).unwrap();
    assert!(refused(&parts, &out).contains("shard: expected K/N, such as 3/16"));
    std::fs::write(&path, "{").unwrap();
    assert!(refused(&parts, &out).contains("shard.json: expected what a shard is of, as JSON"));
    std::fs::remove_file(&path).unwrap();
    let error = refused(&parts, &out);
    assert!(
        error.ends_with("part2: expected the folder of a shard, found no shard.json"),
        "{error}"
    );
    assert!(refused(&[], &out).starts_with("shards: expected at least one"));
    assert!(!out.exists());
}

/// A shard begins in a folder where nothing is that could be taken for its own, and goes on in its own alone.
#[test]
fn a_shard_has_a_folder_of_its_own() {
    let place = tempfile::tempdir().unwrap();
    let experiment = mixed();
    let folder = place.path().join("part");
    run(&experiment, "1/2", &folder);
    let error = |text: &str, folder: &Path, resume| {
        let found = experiment.run_shard(shard(text), folder, resume, &|_| Continue(()));
        found.unwrap_err().to_string()
    };
    let found = error("1/2", &folder, false);
    assert!(found.ends_with("expected a new folder, or to resume what is there, found shard 1/2"));
    let found = error("2/2", &folder, true);
    assert!(found.ends_with("part: expected shard 2/2, found shard 1/2"), "{found}");
    std::fs::remove_file(folder.join("shard.json")).unwrap();
    let found = error("1/2", &folder, true);
    assert!(found.ends_with("part/checkpoints: expected a new folder, found files of no shard"));
    assert_eq!(shard_of(&folder).unwrap(), None);
}

/// Rows of files are known by their sum: other rows under the same name are not the data of the shards.
#[test]
fn shards_are_of_the_same_rows() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("t.csv");
    let rows = |shift: usize| {
        let rows =
            (0..24).map(|i| format!("{}.5,{},{}\n", i + shift, i % 5, ["ash", "elm"][i % 2]));
        std::fs::write(&file, format!("width,height,kind\n{}", rows.collect::<String>())).unwrap();
    };
    let mut experiment = mixed();
    experiment.geometry = 0;
    experiment.data = Source::Csv {
        train: file.clone(),
        test: None,
        validation: None,
        options: CsvOptions::default(),
    };
    rows(0);
    let parts = run_all(&experiment, 2, &place.path().join("a"));
    let out = place.path().join("out");
    merged(&parts, &out);
    rows(1);
    let error = refused(&parts, &out);
    assert!(error.starts_with("this program beside the shards: rows[0].test.crc32: "), "{error}");
    let other = run_all(&experiment, 2, &place.path().join("b"));
    let error = refused(&[parts[0].clone(), other[1].clone()], &out);
    assert!(error.contains("/b/part2 beside ") && error.contains("rows[0]."), "{error}");
}

/// What a shard was begun with is read back as it was.
#[test]
fn every_published_experiment_is_kept_as_it_is() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/cli/experiments");
    let mut count = 0;
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        let experiment: Experiment =
            toml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let kept = serde_json::to_string(&experiment).unwrap();
        let read: Experiment = serde_json::from_str(&kept).unwrap();
        assert!(read == experiment, "{}", path.display());
        count += 1;
    }
    assert!(count > 10, "{count}");
}

#[test]
fn a_shard_is_one_of_some() {
    for text in ["1/1", "3/16", "16/16", "1/1000000"] {
        let Shard { number, count } = shard(text);
        assert_eq!(
            (text, shard(text).to_string()),
            (&*format!("{number}/{count}"), text.to_owned())
        );
    }
    for text in ["", "3", "/", "0/3", "4/3", "-1/3", "1/0", "1/2/3", "a/b", "1/1000001", " 1/2"] {
        let error = text.parse::<Shard>().expect_err(text).to_string();
        assert!(error.starts_with("shard: expected K/N, such as 3/16"), "{error}");
    }
}
