//! Trainings that diverge: their learning rate is none to choose, and they are not trained again.

use crate::experiment::numbers;
use std::ops::ControlFlow::Continue;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use switchnet::Result;
use switchnet_lab::experiment::{Experiment, Progress, Results, merge};

/// At the first learning rate the second step has numbers beyond all bounds.
fn experiment() -> Experiment {
    toml::from_str(
        r#"
        name = "Too far"
        seeds = [1, 2, 3]
        choosing-seeds = 2
        data = { source = "spirals", points = 30 }
        training = { epochs = 2, validation = 0.2, optimizer = { kind = "sgd" }, schedule = { kind = "constant" } }
        [[nets]]
        name = "MLP"
        architecture = { net = "mlp", hidden = [8] }
        learning-rates = [1e30, 0.01]
        "#,
    )
    .unwrap()
}

fn run(experiment: &Experiment, folder: &Path, resume: bool) -> Result<(Results, usize)> {
    let epochs = AtomicUsize::new(0);
    let watch = |progress: Progress<'_>| {
        if let Progress::Trains { epochs: more, .. } = progress {
            epochs.fetch_add(more, Ordering::Relaxed);
        }
        Continue(())
    };
    let results = experiment.run(Some(folder), resume, &watch)?.expect("nobody stops it");
    Ok((results, epochs.into_inner()))
}

#[test]
fn a_rate_at_which_a_training_diverges_is_not_chosen() {
    let (place, alone_in) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (results, epochs) = run(&experiment(), place.path(), false).unwrap();
    assert_eq!(epochs, 3 * 2, "three seeds at the other rate");
    let net = &results.nets[0];
    assert_eq!((net.learning_rate, net.runs.len()), (0.01, 3));
    assert!(net.learning_rates[0].validation_accuracy.is_none());
    assert!(net.learning_rates[1].validation_accuracy.is_some());
    let mut alone = experiment();
    alone.nets[0].learning_rates = Some(vec![0.01]);
    let (alone, _) = run(&alone, alone_in.path(), false).unwrap();
    for (one, other) in net.runs.iter().zip(&alone.nets[0].runs) {
        assert_eq!(one.test_loss.to_bits(), other.test_loss.to_bits());
    }
    // What diverged is known.
    let mark = place.path().join("net1-learning-rate1-seed1.diverged");
    let text = std::fs::read_to_string(&mark).unwrap();
    let (again, _) = run(&experiment(), place.path(), true).unwrap();
    assert!(numbers(&again) == numbers(&results));
    // Of another training it says nothing.
    std::fs::write(&mark, text.replace("1e30", "2e30").replace("1e+30", "2e+30")).unwrap();
    let error = run(&experiment(), place.path(), true).unwrap_err().to_string();
    assert!(error.contains("seed1.diverged: training.metadata.training: expected"), "{error}");
    // Without `resume` all begins anew.
    std::fs::write(&mark, "no JSON").unwrap();
    let (anew, _) = run(&experiment(), place.path(), false).unwrap();
    assert!(numbers(&anew) == numbers(&results));
    assert_eq!(std::fs::read_to_string(&mark).unwrap(), text);
}

#[test]
fn where_every_rate_diverges_the_line_says_so() {
    let place = tempfile::tempdir().unwrap();
    for rates in [vec![1e30], vec![1e30, 1e31]] {
        let mut all = experiment();
        all.nets[0].learning_rates = Some(rates);
        for resume in [false, true] {
            let error = run(&all, place.path(), resume).unwrap_err();
            assert!(error.is_divergence());
            let error = error.to_string();
            assert!(error.starts_with("MLP: training loss in epoch 1 at step 1: "), "{error}");
            let expected = "expected a finite number (a smaller learning rate or a clip may help)";
            assert!(error.contains(expected), "{error}");
        }
    }
    // It is read and not found out again.
    for rate in [1, 2] {
        let mark = place.path().join(format!("net1-learning-rate{rate}-seed1.diverged"));
        let text = std::fs::read_to_string(&mark).unwrap();
        std::fs::write(&mark, text.replace("in epoch 1", "in epoch 7")).unwrap();
    }
    let mut all = experiment();
    all.nets[0].learning_rates = Some(vec![1e30, 1e31]);
    let error = run(&all, place.path(), true).unwrap_err().to_string();
    assert!(error.starts_with("MLP: training loss in epoch 7 at step 1: "), "{error}");
}

/// One that diverges with a seed that chose nothing has no other rate to take.
#[test]
fn a_later_seed_that_diverges_ends_the_experiment() {
    let mut later = experiment();
    later.nets[0].learning_rates = Some(vec![1e30]);
    later.choosing_seeds = Some(1);
    let place = tempfile::tempdir().unwrap();
    assert!(run(&later, place.path(), false).unwrap_err().is_divergence());
}

#[test]
fn shards_put_what_diverged_together() {
    let place = tempfile::tempdir().unwrap();
    let mut experiment = experiment();
    experiment.choosing_seeds = None; // each training is dealt alone
    let (whole, _) = run(&experiment, &place.path().join("whole"), false).unwrap();
    let parts: Vec<_> = (1..=3)
        .map(|number| {
            let folder = place.path().join(format!("part{number}"));
            let shard = format!("{number}/3").parse().unwrap();
            for _ in 0..2 {
                experiment.run_shard(shard, &folder, true, &|_| Continue(())).unwrap();
            }
            folder
        })
        .collect();
    // Processes that share a folder.
    let shared = place.path().join("shared");
    for number in 1..=2 {
        let part = format!("{number}/2").parse().unwrap();
        let dealt = experiment.dealt(part, &shared, &|_| Continue(())).unwrap();
        dealt.train(false, &|_| Continue(())).unwrap().expect("nobody stops it");
    }
    let first = experiment.dealt("1/2".parse().unwrap(), &shared, &|_| Continue(())).unwrap();
    let results = first.results(&|_| Continue(())).unwrap().expect("nobody stops it");
    assert!(numbers(&results) == numbers(&whole));
    let out = place.path().join("out");
    let merged = merge(&parts, &out, &|_| Continue(())).unwrap().expect("nobody stops it");
    assert!(numbers(&merged) == numbers(&whole));
    for seed in 1..=3 {
        assert!(out.join(format!("net1-learning-rate1-seed{seed}.diverged")).exists());
    }
}
