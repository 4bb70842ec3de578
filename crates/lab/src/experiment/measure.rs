//! What is measured on a trained net.

use super::halt::Halt;
use super::parts::Parts;
use super::results::{LearningRateTried, MeanStd, NetResults, SeedRun, Spoiled};
use super::{Entry, Geometry, GeometryBudget, Progress, Trial, Watch};
use ndarray::s;
use std::time::{Duration, Instant};
use switchnet::analysis::{EffectiveMap, Provenance, effective_map, neurons, switch_statistics};
use switchnet::data::Dataset;
use switchnet::layer::Layer;
use switchnet::net::{Net, Summary, argmax, chunk_rows, map_chunks, predict};
use switchnet::train::{Run, evaluate};
use switchnet::{Error, Result};

/// What came of a training.
pub(super) enum Outcome {
    Done(Box<Done>),
    /// It got to numbers that are not finite.
    Diverged {
        learning_rate: f64,
        error: Error,
    },
}

impl Outcome {
    fn done(&self) -> Option<&Done> {
        match self {
            Self::Done(done) => Some(done),
            Self::Diverged { .. } => None,
        }
    }

    /// What was done; it is an error if it diverged.
    pub fn finished(self) -> Result<Done> {
        match self {
            Self::Done(done) => Ok(*done),
            Self::Diverged { error, .. } => Err(error),
        }
    }

    fn learning_rate(&self) -> f64 {
        match self {
            Self::Done(done) => done.trial.training.learning_rate,
            Self::Diverged { learning_rate, .. } => *learning_rate,
        }
    }
}

/// A training that was done.
pub(super) struct Done {
    pub trial: Trial,
    pub net: Net<f32>,
    pub run: Run<f32>,
}

/// A net with its results and what the choice of examples needs.
pub(super) struct Measured {
    pub results: NetResults,
    /// The first seed's net, in double precision.
    pub net: Net<f64>,
    /// Whether it is right at each test input.
    pub right: Vec<bool>,
}

/// What a net was trained with, and the best of it.
pub(super) struct Choice {
    pub learning_rates: Vec<LearningRateTried>,
    /// The number of the best learning rate.
    pub best: usize,
    /// The trainings with that one.
    pub trained: Vec<Done>,
}

/// The best of the learning rates that a net was trained with, each with `seeds` seeds. One at which a training diverged
/// is none.
///
/// # Errors
/// If a training diverged at each of them.
pub(super) fn choose(mut trained: Vec<Outcome>, seeds: usize) -> Result<Choice> {
    let learning_rates: Vec<LearningRateTried> = trained.chunks(seeds).map(tried).collect();
    let accuracy =
        |tried: &LearningRateTried| tried.validation_accuracy.map_or(0.0, |accuracy| accuracy.mean);
    let converged = |i: &usize| trained[i * seeds..][..seeds].iter().all(|o| o.done().is_some());
    let mut best = (0..learning_rates.len()).find(converged).unwrap_or(0); // then the error is its
    for (i, learning_rate) in learning_rates.iter().enumerate() {
        if accuracy(learning_rate) > accuracy(&learning_rates[best]) {
            best = i;
        }
    }
    let trained = trained.drain(best * seeds..(best + 1) * seeds);
    let trained = trained.map(Outcome::finished).collect::<Result<_>>()?;
    Ok(Choice { learning_rates, best, trained })
}

/// The results of a net at its best learning rate. The `inputs` of the `budget` are also how many have their switches
/// looked at and their effective maps extracted.
pub(super) fn net(
    entry: &Entry,
    choice: Choice,
    spoiled: Vec<Vec<Spoiled>>,
    parts: &Parts,
    budget: GeometryBudget,
    watch: &Watch<'_>,
) -> Result<Measured, Halt> {
    let Choice { learning_rates, best, trained: chosen } = choice;
    let runs = chosen.iter().zip(spoiled).map(|(done, spoiled)| {
        let test = &parts.of(done.trial.training.seed).0.test;
        Ok(SeedRun { spoiled, ..seed_run(done, test, budget, watch)? })
    });
    let runs: Vec<SeedRun> = runs.collect::<Result<_, Halt>>()?;
    let net = chosen.into_iter().next().expect("there is at least one seed").net;
    let test = &parts.all[0].0.test; // that of the first seed
    let double = net.cast::<f64>();
    let predicted = predict(&net, test.inputs().view());
    let labels = test.labels().expect("an experiment is on classes");
    let over = |f: fn(&SeedRun) -> f64| MeanStd::of(&runs.iter().map(f).collect::<Vec<_>>());
    let results = NetResults {
        name: entry.name.clone(),
        spec: net.spec().clone(),
        summary: Summary::of(&net),
        learning_rate: learning_rates[best].learning_rate,
        learning_rates,
        test_accuracy: over(|run| run.test_accuracy),
        seconds: over(|run| run.seconds),
        microseconds: microseconds(&net, test),
        against: entry.against.clone(),
        runs,
        provenance: Provenance::of(&double),
        switches: switch_statistics(&net, test.inputs().slice(s![..budget.inputs, ..]))?,
        examples: Vec::new(),
    };
    let right = predicted.iter().zip(labels).map(|(p, l)| p == l).collect();
    Ok(Measured { results, net: double, right })
}

/// What one row takes forward on one thread, in microseconds: the least of some rounds of a chunk of rows.
fn microseconds(net: &Net<f32>, test: &Dataset<f32>) -> f64 {
    let rows = chunk_rows(net).min(test.len());
    let x = test.inputs().slice(s![..rows, ..]);
    let begun = Instant::now();
    let mut least = f64::INFINITY;
    for round in 0.. {
        let x = x.to_owned();
        let start = Instant::now();
        std::hint::black_box(net.forward(x));
        least = least.min(start.elapsed().as_secs_f64());
        if round >= 10 && begun.elapsed() > Duration::from_millis(20) {
            break;
        }
    }
    1e6 * least / rows as f64
}

/// How well one learning rate did on the held-out part.
fn tried(trained: &[Outcome]) -> LearningRateTried {
    let accuracy = |outcome: &Outcome| {
        let Done { run, .. } = outcome.done()?;
        let record = run.best_epoch().map(|epoch| &run.history[epoch - 1]);
        record.and_then(|record| record.validation_accuracy)
    };
    let accuracies: Option<Vec<f64>> = trained.iter().map(accuracy).collect();
    LearningRateTried {
        learning_rate: trained[0].learning_rate(),
        validation_accuracy: accuracies.map(|accuracies| MeanStd::of(&accuracies)),
    }
}

fn seed_run(
    Done { trial, net, run }: &Done,
    test: &Dataset<f32>,
    budget: GeometryBudget,
    watch: &Watch<'_>,
) -> Result<SeedRun, Halt> {
    let go_on = || watch(Progress::Measures { name: &trial.name, seed: trial.training.seed });
    Halt::on(go_on())?;
    let score = evaluate(net, trial.training.loss, test).checked("test")?;
    let switches = switch_statistics(net, test.inputs().slice(s![..budget.inputs, ..]))?;
    let double = net.cast::<f64>();
    let inputs = test.inputs().slice(s![..budget.inputs, ..]).mapv(f64::from);
    let chosen = map_chunks(inputs.nrows(), 1, |rows| {
        Halt::on(go_on())?;
        let map = effective_map(&double, inputs.row(rows.start));
        let neuron = neurons(&map)[predicted(&map)];
        Ok((neuron.angle(), neuron.norm, map.residual.checked()?.relative))
    });
    let chosen: Vec<(f64, f64, f64)> = chosen.into_iter().collect::<Result<_, Halt>>()?;
    let count = chosen.len() as f64;
    // Nets that are not piecewise linear have no regions to speak of.
    let asked = budget.first > 0 && double.signature().regularity.is_piecewise_linear();
    let geometry = || Geometry::measured(&double, test, budget, &go_on);
    let geometry = asked.then(geometry).transpose()?;
    Ok(SeedRun {
        seed: trial.training.seed,
        history: run.history.clone(),
        best_epoch: run.best_epoch(),
        seconds: run.seconds,
        test_accuracy: score.accuracy().expect("an experiment is on classes"),
        test_loss: score.mean_loss(),
        confusion: confusion(net, test),
        checkpoint: trial
            .checkpoint
            .as_ref()
            .and_then(|path| Some(path.file_name()?.to_str()?.to_owned())),
        never_open: switches.never_open(),
        switches: switches.switches(),
        maps: chosen.len(),
        mean_angle: chosen.iter().map(|c| c.0).sum::<f64>() / count,
        mean_norm: chosen.iter().map(|c| c.1).sum::<f64>() / count,
        worst_residual: chosen.iter().fold(0.0, |worst, c| c.2.max(worst)),
        spoiled: Vec::new(),
        geometry,
    })
}

/// How many rows of each class the net takes for each.
fn confusion(net: &Net<f32>, test: &Dataset<f32>) -> Vec<Vec<usize>> {
    let mut table = vec![vec![0; net.outputs()]; net.outputs()];
    let labels = test.labels().expect("an experiment is on classes");
    for (&label, said) in labels.iter().zip(predict(net, test.inputs().view())) {
        table[label][said] += 1;
    }
    table
}

/// The class that the net gives the input of the map.
pub(super) fn predicted(map: &EffectiveMap<f64>) -> usize {
    argmax(map.y.view().insert_axis(ndarray::Axis(0)))[0]
}
