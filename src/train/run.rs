//! The state of a training run: what is needed to look at it, and to go on with it.

use super::optimizer::{Segment, segments};
use super::{Chunks, Executor, Metrics, Objective, Optimizer, Selection, Threads, Training};
use crate::error::{Error, Result};
use crate::layer::{Layer, parameters};
use crate::net::checkpoint::Checkpoint;
use crate::scalar::Scalar;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Why a run came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum StopReason {
    /// Every epoch was done.
    Finished,
    /// No better epoch within the patience.
    NoProgress,
    /// An observer asked for it; the run can be resumed.
    Stopped,
}

/// One epoch. Losses and accuracies count each row as much as it weighs in training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct EpochRecord {
    /// Counted from 1.
    pub epoch: usize,
    /// The learning rate of its last step.
    #[serde(alias = "rate")] // its name in the first checkpoints
    pub learning_rate: f64,
    /// The mean loss of its steps, each before its update.
    pub train_loss: f64,
    /// The accuracy of its steps, each before its update.
    pub train_accuracy: Option<f64>,
    /// The mean loss on the held-out part after the epoch.
    pub validation_loss: Option<f64>,
    /// The accuracy on the held-out part after the epoch.
    pub validation_accuracy: Option<f64>,
    /// Seconds spent on steps since the beginning of the run, without validation and observers.
    pub seconds: f64,
}

/// A run of [`fit`](super::fit).
///
/// The optimizer, the loss and who computes are those of the settings, unless others are put in:
///
/// ```
/// use switchnet::data::{Scope, Targets, digits};
/// use switchnet::train::{Run, Training, resume};
/// use switchnet::{Matrix, net::zoo};
///
/// // The squared error against 1 for the class and −1 for the others.
/// let signs = |mut y: Matrix<f32>, targets: &Targets<f32>| {
///     y += 1.0;
///     let classes = targets.labels().expect("classes");
///     y.rows_mut().into_iter().zip(classes).for_each(|(mut y, &class)| y[class] -= 2.0);
///     (y.iter().map(|v| 0.5 * f64::from(v * v)).sum(), y)
/// };
///
/// let (split, _) = digits::<f32>().standardize(Scope::Global)?;
/// let mut net = zoo::switch_net(&[64], 10, 1).build::<f32>()?;
/// let training = Training { epochs: 2, ..Training::default() };
/// let run = Run::new(&net, &training)?.with_objective(signs);
/// let run = resume(&mut net, &split.train, &training, run, &mut ())?;
/// assert!(run.history[1].train_loss < run.history[0].train_loss);
/// # Ok::<(), switchnet::Error>(())
/// ```
pub struct Run<T> {
    /// Steps done.
    pub step: usize,
    /// Steps planned.
    pub total: usize,
    /// The epochs done.
    pub history: Vec<EpochRecord>,
    /// Why the run is over, if it is.
    pub ended: Option<StopReason>,
    /// Seconds spent on steps.
    pub seconds: f64,
    training: Training,
    pub(super) theta: Vec<T>,
    pub(super) segments: Vec<Segment>,
    pub(super) optimizer: Box<dyn Optimizer<T>>,
    pub(super) objective: Box<dyn Objective<T>>,
    pub(super) executor: Box<dyn Executor<T>>,
    pub(super) best: Option<Best<T>>,
    /// The score of the steps of the epoch that has begun.
    pub(super) tally: Metrics,
}

impl<T> std::fmt::Debug for Run<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Run")
            .field("step", &self.step)
            .field("total", &self.total)
            .field("history", &self.history)
            .field("ended", &self.ended)
            .field("seconds", &self.seconds)
            .field("training", &self.training)
            .finish_non_exhaustive()
    }
}

/// The best epoch on the held-out part.
pub(super) struct Best<T> {
    pub epoch: usize,
    pub accuracy: f64,
    pub loss: f64,
    pub theta: Vec<T>,
}

/// The part of a [`Run`] that is text in a checkpoint.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    training: Training,
    step: usize,
    history: Vec<EpochRecord>,
    ended: Option<StopReason>,
    seconds: f64,
    tally: Metrics,
    best: Option<(usize, f64, f64)>,
}

impl<T: Scalar> Run<T> {
    /// A run that has not begun.
    ///
    /// # Errors
    /// If the settings make no sense.
    pub fn new(net: &dyn Layer<T>, training: &Training) -> Result<Self> {
        training.check()?;
        Ok(Self {
            step: 0,
            total: 0,
            history: Vec::new(),
            ended: None,
            seconds: 0.0,
            training: training.clone(),
            theta: Vec::new(),
            segments: segments(net, training.optimizer, &training.roles),
            optimizer: training.optimizer.build(parameters::count(net)),
            objective: Box::new(training.loss),
            executor: Box::new(Chunks(Threads)),
            best: None,
            tally: Metrics::default(),
        })
    }

    /// The same with another optimizer than the settings say.
    #[must_use]
    pub fn with_optimizer(self, optimizer: impl Optimizer<T> + 'static) -> Self {
        Self { optimizer: Box::new(optimizer), ..self }
    }

    /// The same with another loss than the settings say.
    #[must_use]
    pub fn with_objective(self, objective: impl Objective<T> + 'static) -> Self {
        Self { objective: Box::new(objective), ..self }
    }

    /// The same with its passes computed by others than the threads of this process.
    #[must_use]
    pub fn with_executor(self, executor: impl Executor<T> + 'static) -> Self {
        Self { executor: Box::new(executor), ..self }
    }

    /// Who computes, in whose place are the processors then.
    pub(super) fn take_executor(&mut self) -> Box<dyn Executor<T>> {
        std::mem::replace(&mut self.executor, Box::new(Chunks(Threads)))
    }

    /// Starts or restarts from the net's present parameters.
    pub(super) fn begin(&mut self, net: &dyn Layer<T>, total: usize) {
        self.theta = parameters::read(net);
        self.total = total;
        if self.can_go_on() {
            self.ended = (self.step >= total).then_some(StopReason::Finished);
        }
    }

    /// Refuses other settings than those of the run: its steps would mean something else.
    pub(super) fn same(&self, training: &Training) -> Result<()> {
        let [own, other] = [&self.training, training]
            .map(|training| serde_json::to_value(training).expect("plain data"));
        Error::difference("training", &own, &other).map_or(Ok(()), Err)
    }

    /// Whether there is anything left to do, now or after a [`resume`](super::resume).
    fn can_go_on(&self) -> bool {
        matches!(self.ended, None | Some(StopReason::Stopped))
    }

    /// Closes an epoch.
    pub(super) fn record(&mut self, epoch: usize, learning_rate: f64, validation: Option<Metrics>) {
        let tally = std::mem::take(&mut self.tally);
        self.history.push(EpochRecord {
            epoch,
            learning_rate,
            train_loss: tally.mean_loss(),
            train_accuracy: tally.accuracy(),
            validation_loss: validation.map(|score| score.mean_loss()),
            validation_accuracy: validation.and_then(|score| score.accuracy()),
            seconds: self.seconds,
        });
        let Some(score) = validation else { return };
        let (accuracy, loss) = (score.accuracy().unwrap_or(0.0), score.mean_loss());
        let better = |best: &Best<T>| {
            self.training.keep == Selection::Last
                || accuracy > best.accuracy
                || (accuracy == best.accuracy && loss < best.loss)
        };
        if self.best.as_ref().is_none_or(better) {
            self.best = Some(Best { epoch, accuracy, loss, theta: self.theta.clone() });
        }
    }

    /// The epoch whose parameters the net has in the end, counted from 1, if there is a held-out part.
    pub fn best_epoch(&self) -> Option<usize> {
        self.best.as_ref().map(|best| best.epoch)
    }

    /// What [`load`](Self::load) needs beside the net: a text, and numbers by name. There are no
    /// numbers once the run is over.
    pub fn save(&self) -> (String, BTreeMap<String, Vec<T>>) {
        let saved = Saved {
            training: self.training.clone(),
            step: self.step,
            history: self.history.clone(),
            ended: self.ended,
            seconds: self.seconds,
            tally: self.tally,
            best: self.best.as_ref().map(|best| (best.epoch, best.accuracy, best.loss)),
        };
        let mut tensors = BTreeMap::new();
        if self.can_go_on() {
            for (name, values) in self.optimizer.memory() {
                tensors.insert(format!("optimizer.{name}"), values.to_vec());
            }
            if let Some(best) = &self.best {
                tensors.insert("best".to_owned(), best.theta.clone());
            }
        }
        (serde_json::to_string(&saved).expect("a run is plain data"), tensors)
    }

    /// A run as [`save`](Self::save) wrote it, for the net and the settings it was of.
    ///
    /// # Errors
    /// If the text is not of a run or of one with other settings, or the numbers are not those of this
    /// net and optimizer.
    pub fn load(
        net: &dyn Layer<T>,
        training: &Training,
        text: &str,
        tensors: BTreeMap<String, Vec<T>>,
    ) -> Result<Self> {
        Self::new(net, training)?.restore(net, text, tensors)
    }

    /// This run, which has not begun, where the [`CheckpointFile`](super::CheckpointFile) was that wrote `checkpoint`.
    ///
    /// # Errors
    /// If the checkpoint is not of a training, or as [`load`](Self::load).
    pub fn resumed_from(self, checkpoint: &Checkpoint<T>) -> Result<Self> {
        let text = checkpoint.metadata.get("run");
        let missing = || Error::new("checkpoint", "one of a training", "no run");
        self.restore(&checkpoint.net, text.ok_or_else(missing)?, checkpoint.tensors.clone())
    }

    /// This run, which has not begun, where [`save`](Self::save) left it: [`load`](Self::load) for a run with an
    /// optimizer or a loss of its own.
    ///
    /// # Errors
    /// As there.
    pub fn restore(
        self,
        net: &dyn Layer<T>,
        text: &str,
        mut tensors: BTreeMap<String, Vec<T>>,
    ) -> Result<Self> {
        let saved: Saved = serde_json::from_str(text)
            .map_err(|e| Error::new("state of the training run", "the JSON of a run", e))?;
        let mut run = self;
        run.same(&saved.training)?;
        run.step = saved.step;
        run.history = saved.history;
        run.ended = saved.ended;
        run.seconds = saved.seconds;
        run.tally = saved.tally;
        let over = !run.can_go_on();
        let count = parameters::count(net);
        let mut take = |name: String| match tensors.remove(&name) {
            Some(values) if values.len() == count => Ok(values),
            found => {
                let found = found.map_or("none".to_owned(), |values| values.len().to_string());
                Err(Error::new(format_args!("numbers of {name}"), count, found))
            }
        };
        if !over {
            for (name, values) in run.optimizer.memory_mut() {
                let saved = take(format!("optimizer.{name}"))?;
                if values.len() != saved.len() {
                    let what = format!("numbers of the optimizer's {name}");
                    return Err(Error::new(what, saved.len(), values.len()));
                }
                values.copy_from_slice(&saved);
            }
        }
        if let Some((epoch, accuracy, loss)) = saved.best {
            // When the run is over, the net has the best parameters itself.
            let theta = if over { parameters::read(net) } else { take("best".to_owned())? };
            run.best = Some(Best { epoch, accuracy, loss, theta });
        }
        Ok(run)
    }
}
