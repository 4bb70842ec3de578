//! Trainings that go on together are those that go on alone.

use std::ops::ControlFlow::{self, Break, Continue};
use switchnet::data::{Dataset, spirals};
use switchnet::layer::parameters;
use switchnet::net::{Net, zoo};
use switchnet::train::*;
use switchnet::{Error, Matrix, Result, Scalar};

fn points<T: Scalar>() -> Dataset<T> {
    spirals(100, 2, 0.1, 1).unwrap()
}

fn net<T: Scalar>(seed: u64) -> Net<T> {
    zoo::mlp(&[2], &[8], 2, seed).build().unwrap()
}

fn training(seed: u64) -> Training {
    Training {
        epochs: 4,
        batch: 48,
        seed,
        learning_rate: 0.01 * seed as f64,
        ..Training::default()
    }
}

/// Counts what it is told, and stops after so many steps.
struct Counter {
    steps: usize,
    epochs: usize,
    stop: usize,
}

impl<T: Scalar> Observer<T> for Counter {
    fn step(&mut self, run: &Run<T>) -> Result<ControlFlow<()>> {
        self.steps += 1;
        Ok(if run.step == self.stop { Break(()) } else { Continue(()) })
    }

    fn epoch(&mut self, _: &dyn switchnet::layer::Layer<T>, _: &Run<T>) -> Result<ControlFlow<()>> {
        self.epochs += 1;
        Ok(Continue(()))
    }
}

/// What came of a training: its parameters and its history without seconds, or how it failed.
type Came<T> = Result<(Vec<T>, Vec<EpochRecord>, Option<StopReason>), String>;

fn came<T: Scalar>(net: &Net<T>, run: Result<Run<T>>) -> Came<T> {
    let run = run.map_err(|error: Error| error.to_string())?;
    let history = run.history.into_iter().map(|record| EpochRecord { seconds: 0.0, ..record });
    Ok((parameters::read(net), history.collect(), run.ended))
}

/// One that ends early, one that is stopped, one that diverges, one whose settings make no sense, and three that do nothing
/// special, one of which began before.
fn each_has_the_bits_that_it_has_alone<T: Scalar>() {
    let data = points::<T>();
    let mut trainings: Vec<Training> = (1..=7).map(training).collect();
    trainings[0].patience = Some(1);
    trainings[2].learning_rate = 1e300;
    trainings[2].optimizer = OptimizerKind::Sgd { momentum: 0.0, nesterov: false };
    trainings[3].class_weights = Some(ClassWeights::Given(vec![1.0, 3.0]));
    trainings[4].class_weights = Some(ClassWeights::Given(vec![1.0])); // for two classes
    trainings[5].clip = Some(0.1);
    let stops = [0, 3, 0, 0, 0, 0, 0];
    let begin = || -> Vec<(Net<T>, Run<T>)> {
        let begun = |(i, training): (usize, &Training)| {
            let mut net = net::<T>(i as u64);
            let mut run = Run::new(&net, training).unwrap();
            if i == 6 {
                let mut stop = Counter { steps: 0, epochs: 0, stop: 2 };
                run = resume(&mut net, &data, training, run, &mut stop).unwrap();
                let (text, tensors) = run.save();
                run = Run::load(&net, training, &text, tensors).unwrap();
            }
            (net, run)
        };
        trainings.iter().enumerate().map(begun).collect()
    };
    let counters = || stops.map(|stop| Counter { steps: 0, epochs: 0, stop });

    let mut looking = counters();
    let alone: Vec<Came<T>> = begin()
        .into_iter()
        .zip(&trainings)
        .zip(&mut looking)
        .map(|(((mut net, run), training), looking)| {
            let run = resume(&mut net, &data, training, run, looking);
            came(&net, run)
        })
        .collect();

    let mut looked = counters();
    let (mut nets, runs): (Vec<_>, Vec<_>) = begin().into_iter().unzip();
    let each = nets.iter_mut().zip(runs).zip(&trainings).zip(&mut looked);
    let members =
        each.map(|(((net, run), training), observer)| Member { net, training, run, observer });
    let mut executors = vec![Chunks(Threads); 7];
    let found = resume_together(members.collect(), &data, &mut executors).unwrap();
    let together: Vec<Came<T>> = nets.iter().zip(found).map(|(net, run)| came(net, run)).collect();

    for (i, (together, alone)) in together.iter().zip(&alone).enumerate() {
        assert_eq!(together, alone, "training {i}");
        assert_eq!(
            (looked[i].steps, looked[i].epochs),
            (looking[i].steps, looking[i].epochs),
            "training {i}"
        );
    }
    // What they were made for came to be.
    let ended = |i: usize| alone[i].as_ref().unwrap().2;
    assert_eq!(ended(1), Some(StopReason::Stopped));
    assert_eq!(ended(6), Some(StopReason::Finished));
    assert!(alone[2].as_ref().unwrap_err().contains("a smaller learning rate"));
    assert!(alone[4].as_ref().unwrap_err().contains("class weights"));
}

/// Refuses every gradient.
struct Broken;

impl<T: Scalar> Executor<T> for Broken {
    fn gradient(
        &mut self,
        _: Pass<'_, T>,
        _: &[usize],
        _: Option<u64>,
    ) -> Result<(Metrics, Vec<T>)> {
        Err(Error::new("device", "one that works", "none"))
    }

    fn score(&mut self, _: Pass<'_, T>, _: &[usize], _: &mut Metrics) -> Result<()> {
        Ok(())
    }
}

/// An executor that fails ends all, alone or together; and one of one's own that scores differently is asked.
fn who_computes_is_asked<T: Scalar>() {
    let (data, training) = (points::<T>(), training(1));
    let mut one = net::<T>(1);
    let run = Run::new(&one, &training).unwrap().with_executor(Broken);
    let error = resume(&mut one, &data, &training, run, &mut ()).unwrap_err();
    assert_eq!(error.to_string(), "device: expected one that works, found none");
    let run = Run::new(&one, &training).unwrap();
    let observer = &mut ();
    let members = vec![Member { net: &mut one, training: &training, run, observer }];
    let error = resume_together(members, &data, &mut vec![Broken]).unwrap_err();
    assert_eq!(error.to_string(), "device: expected one that works, found none");
    // Weights are in the loss of a pass, so whoever computes need not know of them.
    let metrics = evaluate_on(&mut Chunks(Threads), &one, Loss::CrossEntropy, &data).unwrap();
    assert_eq!(metrics, evaluate(&one, Loss::CrossEntropy, &data));
    let pass = Pass::new(&one, &data, &Loss::SquaredError);
    assert_eq!(pass.usual_loss(), Some(Loss::SquaredError));
    let own = |y: Matrix<T>, _: &switchnet::data::Targets<T>| (0.0, y);
    assert_eq!(Pass::new(&one, &data, &own).usual_loss(), None);
}

in_both_precisions!(each_has_the_bits_that_it_has_alone, who_computes_is_asked);
