//! An experiment that is watched, stopped and resumed.

use ndarray::{Axis, concatenate};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow::{self, Break, Continue};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use switchnet::data::{
    CsvOptions, Dataset, Dealing, Missing, Preparation, Scope, Source, Split, Targets,
};
use switchnet::layer::DenseConfig;
use switchnet::net::Spec;
use switchnet::net::zoo::{Architecture, Mlp};
use switchnet::train::{OptimizerKind, evaluate};
use switchnet_lab::experiment::{Experiment, Fold, Progress, Results, Trained};

fn spirals() -> Experiment {
    toml::from_str(
        r#"
        name = "Spirals"
        seeds = [1]
        data = { source = "spirals", points = 30 }
        training = { epochs = 2 }
        geometry = 2
        [[nets]]
        name = "switch net"
        architecture = { net = "switch", width = 8, depth = 2 }
        [[nets]]
        name = "MLP"
        architecture = { net = "mlp", hidden = [8] }
        "#,
    )
    .unwrap()
}

/// All but the numbers of the clock and the files of checkpoints.
pub fn numbers(results: &Results) -> Value {
    fn without_seconds(value: &mut Value) {
        match value {
            Value::Object(map) => {
                map.remove("seconds");
                map.remove("checkpoint");
                map.remove("microseconds");
                map.values_mut().for_each(without_seconds);
            }
            Value::Array(values) => values.iter_mut().for_each(without_seconds),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(results).unwrap();
    without_seconds(&mut value);
    value
}

#[test]
fn whoever_watches_is_told_of_every_epoch_and_net() {
    let told = Mutex::new((Vec::new(), Vec::new()));
    let watch = |progress: Progress<'_>| {
        let mut told = told.lock().unwrap();
        match progress {
            Progress::Begins { epochs } => told.0.push(("all".to_owned(), epochs)),
            Progress::Trains { name, epochs, .. } => told.0.push((name.to_owned(), epochs)),
            Progress::Measures { name, seed } => told.1.push((name.to_owned(), seed)),
            _ => {}
        }
        Continue(())
    };
    spirals().run(None, false, &watch).unwrap().expect("nobody stops it");
    let (epochs, mut measured) = told.into_inner().unwrap();
    assert_eq!(epochs[0], ("all".to_owned(), 4));
    for net in ["switch net", "MLP"] {
        let of_net = epochs.iter().filter(|(name, _)| name == net);
        assert_eq!(of_net.map(|(_, epochs)| epochs).sum::<usize>(), 2, "{net}");
    }
    measured.dedup();
    assert_eq!(measured, [("switch net".to_owned(), 1), ("MLP".to_owned(), 1)]);
}

/// At whichever question the answer is `Break`: what was trained is in checkpoints, and with them the results are
/// those of an experiment that nobody stopped.
#[test]
fn an_experiment_that_is_stopped_anywhere_goes_on_to_the_same_results() {
    let experiment = spirals();
    let asked = AtomicUsize::new(0);
    let count = |_: Progress<'_>| {
        asked.fetch_add(1, Ordering::Relaxed);
        Continue(())
    };
    let whole = numbers(&experiment.run(None, false, &count).unwrap().expect("nobody stops it"));
    let asked = asked.into_inner();
    assert!(asked > 30, "{asked}");
    for last in 0..asked {
        let folder = tempfile::tempdir().unwrap();
        let answered = AtomicUsize::new(0);
        let stop = |_: Progress<'_>| match answered.fetch_add(1, Ordering::Relaxed) {
            answered if answered < last => Continue(()),
            _ => Break(()),
        };
        let stopped = experiment.run(Some(folder.path()), false, &stop).unwrap();
        assert!(stopped.is_none(), "question {last}");
        if last == 0 {
            assert_eq!(folder.path().read_dir().unwrap().count(), 0, "nothing was begun");
        }
        let resumed = experiment.run(Some(folder.path()), true, &|_| Continue(())).unwrap();
        assert_eq!(numbers(&resumed.expect("nobody stops it")), whole, "question {last}");
    }
}

/// The first seeds choose the learning rate, the others are trained with that one alone, and what the seeds give does
/// not depend on who chose.
#[test]
fn some_seeds_choose_for_all() {
    let mut experiment = spirals();
    experiment.seeds = vec![1, 2, 3];
    experiment.learning_rates = vec![1e-5, 0.01];
    experiment.geometry = 0;
    let run = |experiment: &Experiment| {
        let epochs = AtomicUsize::new(0);
        let announced = AtomicUsize::new(0);
        let watch = |progress: Progress<'_>| {
            match progress {
                Progress::Begins { epochs } => announced.store(epochs, Ordering::Relaxed),
                Progress::Trains { epochs: more, .. } => {
                    epochs.fetch_add(more, Ordering::Relaxed);
                }
                _ => {}
            }
            Continue(())
        };
        let results = experiment.run(None, false, &watch).unwrap().expect("nobody stops it");
        assert_eq!(epochs.into_inner(), announced.into_inner());
        results
    };
    experiment.choosing_seeds = Some(1);
    let chosen = run(&experiment);
    for (i, net) in chosen.nets.iter().enumerate() {
        assert_eq!((net.runs.len(), net.learning_rates.len()), (3, 2));
        let mut alone = experiment.clone();
        alone.learning_rates = vec![net.learning_rate];
        let alone = &run(&alone).nets[i];
        for (one, other) in net.runs.iter().zip(&alone.runs) {
            assert_eq!(one.test_loss.to_bits(), other.test_loss.to_bits());
        }
    }
    // A net of fewer seeds: the first ones, with the same results.
    experiment.nets[1].most_seeds = Some(2);
    let fewer = run(&experiment);
    assert_eq!(fewer.nets.iter().map(|net| net.runs.len()).collect::<Vec<_>>(), [3, 2]);
    for (one, other) in fewer.nets[1].runs.iter().zip(&chosen.nets[1].runs) {
        assert_eq!((one.seed, one.test_loss.to_bits()), (other.seed, other.test_loss.to_bits()));
    }
    experiment.nets[1].most_seeds = Some(0);
    let error = experiment.run(None, false, &|_| Continue(())).unwrap_err().to_string();
    let expected = "expected at least 1, as many as choose the learning rate, found 0";
    assert_eq!(error, format!("{}: most seeds: {expected}", experiment.nets[1].name));
    experiment.nets[1].most_seeds = None;
    experiment.choosing_seeds = Some(4);
    let error = experiment.run(None, false, &|_| Continue(())).unwrap_err().to_string();
    assert_eq!(error, "choosing seeds: expected 1 to the 3 seeds, found 4");
    experiment.choosing_seeds = None;
    experiment.nets[0].against = Some("CNN".into());
    let error = experiment.run(None, false, &|_| Continue(())).unwrap_err().to_string();
    let expected = "the name of another net of the experiment";
    assert_eq!(error, format!("switch net: against: expected {expected}, found CNN"));
}

/// What is wrong with the last net is told before the first is trained.
#[test]
fn mistakes_are_told_before_anything_is_trained() {
    let untrained = |experiment: &Experiment| {
        let never = |_: Progress<'_>| -> ControlFlow<()> { panic!("something has begun") };
        experiment.run(None, false, &never).expect_err("a mistake").to_string()
    };
    let mut wide = spirals();
    let last = wide.nets.last_mut().unwrap();
    last.architecture = Architecture::Mlp(Mlp { hidden: vec![0], dropout: 0.0 });
    assert!(untrained(&wide).contains("size of a dense weight"), "{}", untrained(&wide));
    let mut fast = spirals();
    let momentum = f64::NEG_INFINITY;
    fast.nets.last_mut().unwrap().optimizer =
        Some(OptimizerKind::Sgd { momentum, nesterov: false });
    assert!(untrained(&fast).contains("momentum"), "{}", untrained(&fast));
}

/// Each seed is tested on a part of its own, of all rows, and on no row that it was trained with.
#[test]
fn cross_validated_seeds_are_tested_on_a_part_each() {
    let mut experiment = spirals();
    (experiment.seeds, experiment.cross_validate) = (vec![3, 1, 7], true);
    let folder = tempfile::tempdir().unwrap();
    let results = experiment.run(Some(folder.path()), false, &|_| Continue(())).unwrap().unwrap();
    let Split { train, test } = experiment.data.load::<f32>().unwrap();
    assert_eq!((results.data.folds, results.data.train, results.data.test), (Some(3), 120, 60));
    let inputs = concatenate![Axis(0), *train.inputs(), *test.inputs()];
    let labels = [train.labels().unwrap(), test.labels().unwrap()].concat();
    let all =
        Dataset::new("all", vec![2], inputs, Targets::Classes { labels, classes: 3 }).unwrap();
    let folds = all.folds(3, 0).unwrap();
    for (run, fold) in results.nets[0].runs.iter().zip(&folds) {
        let file = format!("net1-learning-rate1-seed{}.safetensors", run.seed);
        let Trained { net, preparation, training, fold: part, .. } =
            Trained::load(&folder.path().join(file)).unwrap();
        let rest: Vec<usize> = (0..180).filter(|row| !fold.contains(row)).collect();
        // The checkpoint knows what it is tested on.
        let own = part.expect("a part").split(&experiment.data.load::<f32>().unwrap()).unwrap();
        assert_eq!(own.test.inputs(), all.select(fold).inputs());
        assert_eq!(own.train.inputs(), all.select(&rest).inputs());
        let split = Split { train: all.select(&rest), test: all.select(fold) };
        let (split, fitted) = Preparation::fit(split, Some(Scope::Global)).unwrap();
        assert_eq!(preparation, fitted);
        let score = evaluate(&net, training.loss, &split.test);
        assert_eq!(run.test_accuracy, score.accuracy().unwrap());
        // The rows of each class, and on the diagonal those that are right.
        let labels = split.test.labels().unwrap();
        for (k, row) in run.confusion.iter().enumerate() {
            assert_eq!(row.len(), run.confusion.len());
            assert_eq!(
                row.iter().sum::<usize>(),
                labels.iter().filter(|&&label| label == k).count()
            );
        }
        let right: usize = (0..run.confusion.len()).map(|k| run.confusion[k][k]).sum();
        assert_eq!(right as f64 / labels.len() as f64, run.test_accuracy);
        let file = run.checkpoint.as_ref().unwrap();
        assert!(folder.path().join(file).exists(), "{file}");
    }
    // Groups stay together.
    let csv = folder.path().join("groups.csv");
    let line = |i: usize| format!("{},p{},{}\n", i * 7 % 11, i % 6, ["a", "b"][i / 6 % 2]);
    std::fs::write(&csv, "x,patient,k\n".to_owned() + &(0..36).map(line).collect::<String>())
        .unwrap();
    let options = CsvOptions { group: Some("patient".into()), ..CsvOptions::default() };
    let data = Source::Csv { train: csv, validation: None, test: None, options };
    let raw = data.load::<f32>().unwrap();
    let groups = |set: &Dataset<f32>| match set.dealing() {
        Dealing::Groups(groups) => groups.iter().copied().collect::<BTreeSet<usize>>(),
        other => panic!("{other:?}"),
    };
    for number in 0..3 {
        let part = Fold { number, count: 3 }.split(&raw).unwrap();
        assert!(groups(&part.train).is_disjoint(&groups(&part.test)));
        assert_eq!((part.train.len(), part.test.len()), (24, 12));
    }
    assert!(Fold { number: 3, count: 3 }.split(&raw).is_err());
    // A mean over all rows would tell what those to test on are.
    let csv = folder.path().join("t.csv");
    std::fs::write(&csv, "x,k\n1,a\n2,b\n,a\n4,b\n5,a\n6,b\n7,a\n8,b\n9,a\n9,b\n").unwrap();
    let options = CsvOptions { missing: Missing::Mean, ..CsvOptions::default() };
    experiment.data = Source::Csv { train: csv, validation: None, test: None, options };
    let error = experiment.run(None, false, &|_| Continue(())).unwrap_err().to_string();
    assert!(
        error.starts_with("missing, with cross-validation: expected refuse or drop"),
        "{error}"
    );
}

/// Equal trainings have no deviation, and it would be shown.
#[test]
fn nothing_is_trained_twice() {
    let refused = |experiment: Experiment, said: &str| {
        let error = experiment.run(None, false, &|_| Continue(())).expect_err("refused");
        assert_eq!(error.to_string(), said);
    };
    let seeds = Experiment { seeds: vec![3, 1, 2, 1], ..spirals() };
    refused(seeds, "seeds: expected different ones, found 1 twice");
    let rates = Experiment { learning_rates: vec![0.01, 0.02, 1e-2], ..spirals() };
    refused(rates, "switch net: learning rates: expected different ones, found 0.01 twice");
    let mut own = spirals();
    own.nets[1].learning_rates = Some(vec![0.5, 0.5]);
    refused(own, "MLP: learning rates: expected different ones, found 0.5 twice");
}

/// What a file says of a net must be of that net.
#[test]
fn texts_of_another_net_are_refused() {
    let spec = Spec { input: vec![2], seed: 1, layers: vec![DenseConfig::new(3).into()] };
    let of = |name: &str, text: &str| {
        let metadata = BTreeMap::from([(name.to_owned(), text.to_owned())]);
        Trained::of(spec.build().unwrap(), &metadata)
    };
    let column = |name: &str| format!(r#"{{ "column": "{name}" }}"#);
    let [a, b] = ["a", "b"].map(column);
    let schema = |classes: &str, features: &str| {
        format!(r#"{{ "classes": [{classes}], "features": [{features}] }}"#)
    };
    let numbers = |list: &str| format!(r#"{{ "mean": [{list}], "scale": [{list}] }}"#);
    for (name, fits, text, line) in [
        (
            "standardize",
            numbers("1, 2"),
            numbers("1"),
            "inputs of standardize: expected 2, found 1",
        ),
        (
            "standardize-targets",
            numbers("1, 2, 3"),
            numbers("1"),
            "columns of standardize-targets: expected 3, found 1",
        ),
        (
            "schema",
            schema(r#""u", "v", "w""#, ""),
            schema(r#""u", "v""#, ""),
            "classes of the schema: expected 3, found 2",
        ),
        (
            "schema",
            schema("", &format!("{a}, {b}")),
            schema("", &a),
            "features of the schema: expected 2, found 1",
        ),
    ] {
        assert!(of(name, &fits).is_ok(), "{:?}", of(name, &fits).err());
        assert_eq!(of(name, &text).err().unwrap().to_string(), line);
    }
    for name in ["standardize", "standardize-targets", "schema", "training", "data", "fold", "rows"]
    {
        let message = of(name, "{").err().unwrap().to_string();
        assert!(
            message.starts_with(&format!("{name} of the metadata: expected its JSON")),
            "{message}"
        );
    }
}
