//! Training: gradients of chunks summed by a fixed tree, an optimizer on one flat vector, and
//! observers who look on. The loop is in `session.rs`.
//!
//! Same data, settings and seed give the same bits on any number of threads, and so does a run that
//! was stopped and resumed.
//!
//! Where there are several threads, one that is not of rayon's pool hands each step to those that are, and waits: some 50 µs a
//! step as measured on Zen 4 (docs/benchmarks.md), of which small nets have thousands a second. `ThreadPoolBuilder::use_current_thread` and `ThreadPool::install` make it one of them.

mod evolve;
mod executor;
mod gradient;
mod loss;
mod metric;
mod observer;
mod optimizer;
mod reduce;
mod rows;
mod run;
mod schedule;
mod session;
mod weights;

pub use evolve::{Evolution, evolve};
pub use executor::{Asked, Chunks, Executor, Pass, Together};
pub use gradient::gradient;
pub use loss::{Loss, Objective};
pub use metric::{Metrics, evaluate, evaluate_batches, evaluate_chunks, evaluate_on};
#[cfg(feature = "csv")]
#[cfg_attr(docsrs, doc(cfg(feature = "csv")))]
pub use observer::CsvHistory;
pub use observer::{CheckpointFile, CheckpointSeries, Observer};
pub use optimizer::{Optimizer, OptimizerKind, RoleSettings, Segment, segments};
pub use reduce::{Contribution, Reduce, Threads, tree};
pub use run::{EpochRecord, Run, StopReason};
pub use schedule::Schedule;
pub use session::{Member, resume, resume_together};
pub use weights::ClassWeights;

use crate::data::Batches;
use crate::error::{Error, Result};
use crate::layer::{Layer, Role};
use crate::scalar::Scalar;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which epoch of a training is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Selection {
    /// The one with the highest accuracy on the held-out part, of equal ones the lowest loss; for
    /// values, the lowest loss.
    #[default]
    Best,
    /// The last. With a schedule that ends at a small learning rate this is often better than a best that a
    /// few lucky held-out rows made.
    Last,
}

/// How to train. The defaults suit small classification tasks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Training {
    /// Passes over the training data.
    pub epochs: usize,
    /// Rows a step.
    pub batch: usize,
    /// The loss to minimize.
    pub loss: Loss,
    /// How a gradient becomes a step.
    pub optimizer: OptimizerKind,
    /// The learning rate, at the highest point of the schedule.
    #[serde(alias = "rate")] // its name in the first checkpoints
    pub learning_rate: f64,
    /// How the learning rate changes from the first step to the last.
    pub schedule: Schedule,
    /// The largest Euclidean norm of a gradient; a larger one is scaled down to it.
    pub clip: Option<f64>,
    /// The part of the data held out, a new draw for each seed. With 0 there is none, and the last
    /// epoch is kept.
    pub validation: f64,
    /// Which epoch's parameters the net has in the end.
    pub keep: Selection,
    /// Stop after so many epochs without a better one.
    pub patience: Option<usize>,
    /// Where the order of the rows, the held-out part and dropout come from.
    pub seed: u64,
    /// How much the rows of each class count; alike if nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class_weights: Option<ClassWeights>,
    /// What is different for parameters of some [roles](Role).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub roles: BTreeMap<Role, RoleSettings>,
}

impl Default for Training {
    fn default() -> Self {
        Self {
            epochs: 30,
            batch: 32,
            loss: Loss::CrossEntropy,
            optimizer: OptimizerKind::default(),
            learning_rate: 0.01,
            schedule: Schedule::default(),
            clip: None,
            validation: 0.1,
            keep: Selection::Best,
            patience: None,
            seed: 1,
            class_weights: None,
            roles: BTreeMap::new(),
        }
    }
}

impl Training {
    /// Refuses settings that make no sense.
    fn check(&self) -> Result<()> {
        let positive = |what: &str, value: f64| {
            let fine = value > 0.0 && value.is_finite();
            if fine { Ok(()) } else { Err(Error::new(what, "a positive number", value)) }
        };
        let counted = |what: &str, value: usize| {
            if value > 0 { Ok(()) } else { Err(Error::new(what, "at least 1", value)) }
        };
        counted("epochs", self.epochs)?;
        counted("batch", self.batch)?;
        positive("learning rate", self.learning_rate)?;
        self.clip.map_or(Ok(()), |clip| positive("clip", clip))?;
        self.patience.map_or(Ok(()), |patience| counted("patience", patience))?;
        if !(0.0..1.0).contains(&self.validation) {
            let expected = "at least 0 and less than 1";
            return Err(Error::new("validation", expected, self.validation));
        }
        if self.patience.is_some() && self.validation == 0.0 {
            return Err(Error::new("patience", "a validation part to watch", "validation = 0"));
        }
        if self.patience.is_some() && self.keep == Selection::Last {
            return Err(Error::new("patience", "keep = \"best\"", "keep = \"last\""));
        }
        for (role, RoleSettings { learning_rate_factor, decay }) in &self.roles {
            for (what, value) in
                [("learning rate factor", Some(*learning_rate_factor)), ("decay", *decay)]
            {
                let fine = value.is_none_or(|value| value >= 0.0 && value.is_finite());
                if let (Some(value), false) = (value, fine) {
                    let what = format!("{what} of role {role:?}");
                    return Err(Error::new(what, "a number not below 0", value));
                }
            }
        }
        self.class_weights.as_ref().map_or(Ok(()), ClassWeights::check)?;
        self.optimizer.check()?;
        self.schedule.check()
    }
}

/// Trains `net` on `data` from its present parameters. Afterwards the net has the parameters that
/// [`Training::keep`] names.
///
/// ```
/// use switchnet::{data::digits, net::zoo, train::{Training, evaluate, fit}};
/// let (split, _) = digits::<f32>().standardize(switchnet::data::Scope::Global)?;
/// let mut net = zoo::switch_net(&[64], 10, 1).build::<f32>()?;
/// let training = Training { epochs: 2, ..Training::default() };
/// fit(&mut net, &split.train, &training, &mut ())?;
/// assert!(evaluate(&net, training.loss, &split.test).accuracy().unwrap() > 0.5);
/// # Ok::<(), switchnet::Error>(())
/// ```
///
/// # Errors
/// If the settings make no sense, the data do not fit the net, the loss stops being a finite
/// number, or an observer fails.
pub fn fit<T: Scalar>(
    net: &mut dyn Layer<T>,
    data: &dyn Batches<T>,
    training: &Training,
    observer: &mut dyn Observer<T>,
) -> Result<Run<T>> {
    let run = Run::new(net, training)?;
    resume(net, data, training, run, observer)
}

/// Whether the net takes the data's inputs and gives what the loss wants for its targets.
fn fits<T: Scalar>(
    net: &dyn Layer<T>,
    data: &dyn Batches<T>,
    objective: &dyn Objective<T>,
) -> Result<()> {
    let (inputs, outputs) = data.widths();
    let pairs = [
        ("features of the data", net.inputs(), inputs),
        ("width of the targets", net.outputs(), outputs),
    ];
    for (what, expected, found) in pairs {
        if expected != found {
            let expected = format!("{expected}, as the net has");
            return Err(Error::new(what, expected, found).at(data.name()));
        }
    }
    if objective.needs_classes() && !data.has_classes() {
        return Err(Error::new("targets for cross-entropy", "classes", "values").at(data.name()));
    }
    Ok(())
}
