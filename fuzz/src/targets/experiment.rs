//! Settings in TOML: of experiments and of trainings.

use super::{MIB, Target, Verdict, comes_back, may_be_large, text, toml};
use crate::mutate::Form;
use std::ops::ControlFlow;
use std::sync::LazyLock;
use switchnet::Result;
use switchnet::data::{Dataset, Source, spirals};
use switchnet::layer::parameters;
use switchnet::net::zoo;
use switchnet::train::{Observer, Run, Training, fit};
use switchnet_lab::experiment::Experiment;

const WORDS: &[&str] = &[
    "name",
    "seeds",
    "data",
    "source",
    "digits",
    "spirals",
    "csv",
    "mnist",
    "points",
    "classes",
    "noise",
    "standardize",
    "global",
    "feature",
    "training",
    "epochs",
    "batch",
    "loss",
    "cross-entropy",
    "squared-error",
    "optimizer",
    "sgd",
    "adam",
    "adamw",
    "momentum",
    "nesterov",
    "beta1",
    "beta2",
    "epsilon",
    "decay",
    "vectors",
    "learning-rate",
    "learning-rates",
    "schedule",
    "constant",
    "cosine",
    "one-cycle",
    "step",
    "every",
    "factor",
    "warmup",
    "clip",
    "validation",
    "keep",
    "best",
    "last",
    "patience",
    "seed",
    "roles",
    "weight",
    "bias",
    "scale",
    "slope",
    "choosing_seeds",
    "choosing-seeds",
    "examples",
    "maps",
    "geometry",
    "walks",
    "corruptions",
    "noise",
    "rotate",
    "nets",
    "architecture",
    "net",
    "switch",
    "mlp",
    "thin-mlp",
    "cnn",
    "cosine-bank",
    "multi-scale-bank",
    "sliding-bank",
    "width",
    "depth",
    "hidden",
    "dropout",
    "pool",
    "filters",
    "against",
    "most-seeds",
    "kind",
];

pub(super) fn all() -> Vec<Target> {
    let target = |name, run, memory| Target { name, form: Form::Toml, words: WORDS, run, memory };
    vec![
        target("training-toml", training, |length| 4 * MIB + 64 * length),
        // The digits are read, and every net is a spec for every seed and learning rate.
        target("experiment-toml", experiment, |length| 64 * MIB + 4096 * length),
    ]
}

/// Ends a training at its first step.
struct Stop;

impl Observer<f32> for Stop {
    fn step(&mut self, _run: &Run<f32>) -> Result<ControlFlow<()>> {
        Ok(ControlFlow::Break(()))
    }
}

/// Settings, and one step of a training with them.
fn training(bytes: &[u8]) -> Verdict {
    static DATA: LazyLock<Dataset<f32>> =
        LazyLock::new(|| spirals(10, 2, 0.1, 1).expect("a small set"));
    let settings: Training = toml(bytes)?;
    let mut net = zoo::mlp(&[2], &[2], 2, 1).build::<f32>().expect("a small net");
    // One step of an epoch, since the last step of each is the epoch's.
    let settings = Training { batch: settings.batch.min(8), ..settings };
    fit(&mut net, &*DATA, &settings, &mut Stop).map_err(text)?;
    comes_back(&settings);
    assert!(parameters::read(&net).iter().all(|p| p.is_finite()), "a parameter that is not finite");
    Ok(())
}

/// An experiment, up to where its trainings begin.
fn experiment(bytes: &[u8]) -> Verdict {
    let experiment: Experiment = toml(bytes)?;
    for net in &experiment.nets {
        may_be_large(&net.architecture)?;
    }
    match experiment.data {
        Source::Spirals { points, classes, .. } if points.saturating_mul(classes) > 1 << 16 => {
            return Err("data that may be many: not made here".to_owned());
        }
        _ => {}
    }
    let begun = experiment.run(None, false, &|_| ControlFlow::Break(())).map_err(text)?;
    assert!(begun.is_none(), "an experiment that was stopped has no results");
    comes_back(&experiment);
    Ok(())
}
