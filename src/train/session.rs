//! A training between its steps: one alone, or several side by side.

use super::executor::{Asked, Pass, Together};
use super::rows::Rows;
use super::run::Best;
use super::{Metrics, Observer, Run, StopReason, Training, fits};
use crate::aligned;
use crate::clock::Clock;
use crate::data::Batches;
use crate::error::{Error, Result};
use crate::layer::{Layer, parameters};
use crate::scalar::Scalar;
use rayon::prelude::*;
use std::iter;

/// Adds the metrics of some rows, as [`Executor::score`](super::Executor::score) does.
type Score<'s, T> = dyn FnMut(Pass<'_, T>, &[usize], &mut Metrics) -> Result<()> + 's;

/// A training that goes on, but for who looks on.
struct Session<'a, T: Scalar> {
    net: &'a mut dyn Layer<T>,
    data: &'a dyn Batches<T>,
    training: &'a Training,
    rows: &'a Rows,
    run: Run<T>,
    /// The steps of an epoch.
    steps: usize,
    /// The rows that are to come in this epoch, and those of the next step.
    order: Box<dyn Iterator<Item = usize> + Send + 'a>,
    batch: Vec<usize>,
    /// When the steps of this epoch began, if they are this training's alone.
    begun: Option<Clock>,
}

impl<'a, T: Scalar> Session<'a, T> {
    fn begin(
        net: &'a mut dyn Layer<T>,
        data: &'a dyn Batches<T>,
        training: &'a Training,
        mut run: Run<T>,
        rows: &'a Rows,
        observer: &mut dyn Observer<T>,
    ) -> Self {
        let steps = rows.trained().div_ceil(training.batch);
        run.begin(net, training.epochs.saturating_mul(steps));
        let batch = Vec::with_capacity(training.batch.min(rows.trained()));
        let order = Box::new(iter::empty());
        observer.start(net, &run);
        let mut session = Self { net, data, training, rows, run, steps, order, batch, begun: None };
        session.open_epoch();
        session
    }

    /// Whatever is left of the epoch that the next step is in.
    fn open_epoch(&mut self) {
        if self.run.ended.is_none() {
            let done = self.run.step % self.steps * self.training.batch;
            self.order = Box::new(self.rows.epoch(self.run.step / self.steps).skip(done));
            self.begun = self.begun.map(|_| Clock::start());
        }
    }

    /// What the steps of this epoch took, if it is measured here.
    fn measure(&mut self) {
        self.run.seconds += self.begun.map_or(0.0, Clock::seconds);
    }

    /// Looks up the rows of the next step, if there is one.
    fn goes_on(&mut self) -> bool {
        self.batch.clear();
        if self.run.ended.is_some() {
            return false;
        }
        self.batch.extend(self.order.by_ref().take(self.training.batch));
        true
    }

    fn pass(&self) -> Pass<'_, T> {
        let (objective, weights) = (self.run.objective.as_ref(), self.rows.weights.as_deref());
        Pass { net: &*self.net, data: self.data, objective, weights }
    }

    /// Where the noise of the next step comes from.
    fn noise(&self) -> Option<u64> {
        Some(self.training.seed ^ ((self.run.step as u64) << 20))
    }

    fn learning_rate(&self, step: usize) -> f64 {
        self.training.learning_rate * self.training.schedule.factor(step, self.run.total)
    }

    /// The epoch of the last step, from 0.
    fn epoch(&self) -> usize {
        (self.run.step - 1) / self.steps
    }

    /// Takes the step.
    fn step(&mut self, (metrics, mut grad): (Metrics, Vec<T>)) -> Result<()> {
        let step = self.run.step;
        if !metrics.loss.is_finite() {
            let what = format!("training loss in epoch {} at step {step}", step / self.steps + 1);
            return Err(diverged(what, metrics.loss));
        }
        self.run.tally += metrics;
        if let Some(clip) = self.training.clip {
            clip_norm(&mut grad, clip);
        }
        let rate = self.learning_rate(step);
        self.run.optimizer.step(step, rate, &self.run.segments, &mut self.run.theta, &grad);
        aligned::give_back(grad);
        parameters::write(self.net, &self.run.theta);
        self.run.step += 1;
        Ok(())
    }

    /// What follows a step: someone looks at it, and an epoch may be over.
    fn after(&mut self, observer: &mut dyn Observer<T>, score: &mut Score<'_, T>) -> Result<()> {
        // The last step of an epoch is seen by `epoch`, after validation.
        if self.run.step.is_multiple_of(self.steps) {
            self.measure();
            self.close_epoch(observer, score)?;
            self.open_epoch();
        } else if observer.step(&self.run)?.is_break() {
            self.measure();
            finite(&self.run, self.epoch(), None)?;
            self.run.ended = Some(StopReason::Stopped);
        }
        Ok(())
    }

    fn close_epoch(
        &mut self,
        observer: &mut dyn Observer<T>,
        score: &mut Score<'_, T>,
    ) -> Result<()> {
        let epoch = self.epoch();
        let mut metrics = None;
        for rows in self.rows.held_out() {
            score(self.pass(), &rows, metrics.get_or_insert_default())?;
        }
        finite(&self.run, epoch, metrics)?;
        let rate = self.learning_rate(self.run.step - 1);
        let run = &mut self.run;
        run.record(epoch + 1, rate, metrics);
        let waited = run.best.as_ref().map_or(0, |best| epoch + 1 - best.epoch);
        run.ended = if self.training.patience.is_some_and(|patience| waited >= patience) {
            Some(StopReason::NoProgress)
        } else if run.step == run.total {
            Some(StopReason::Finished)
        } else {
            None
        };
        if observer.epoch(self.net, run)?.is_break() && run.ended.is_none() {
            run.ended = Some(StopReason::Stopped);
        }
        Ok(())
    }

    fn finish(self, observer: &mut dyn Observer<T>) -> Result<Run<T>> {
        let Self { net, run, .. } = self;
        // A stopped run keeps its last parameters, to be resumed from; a finished one has its best.
        if let (Some(Best { theta, .. }), false) =
            (&run.best, run.ended == Some(StopReason::Stopped))
        {
            parameters::write(net, theta);
        }
        observer.finish(net, &run)?;
        Ok(run)
    }
}

/// Goes on with a run that an observer stopped. The net must have the parameters it had then. Gives
/// the bits that the run would have given without the interruption.
///
/// # Errors
/// As [`fit`](super::fit).
pub fn resume<T: Scalar>(
    net: &mut dyn Layer<T>,
    data: &dyn Batches<T>,
    training: &Training,
    mut run: Run<T>,
    observer: &mut dyn Observer<T>,
) -> Result<Run<T>> {
    let rows = checked(net, data, training, &run)?;
    let mut executor = run.take_executor();
    let mut session = Session::begin(net, data, training, run, &rows, observer);
    session.begun = Some(Clock::start());
    while session.goes_on() {
        let found = executor.gradient(session.pass(), &session.batch, session.noise())?;
        session.step(found)?;
        session.after(observer, &mut |pass, rows, metrics| executor.score(pass, rows, metrics))?;
    }
    let mut run = session.finish(observer)?;
    run.executor = executor;
    Ok(run)
}

/// The rows of a training that makes sense.
fn checked<T: Scalar>(
    net: &dyn Layer<T>,
    data: &dyn Batches<T>,
    training: &Training,
    run: &Run<T>,
) -> Result<Rows> {
    training.check()?;
    run.same(training)?;
    fits(net, data, run.objective.as_ref())?;
    Rows::new(data, training)
}

/// One of several trainings that go on together.
pub struct Member<'a, T: Scalar> {
    /// The net.
    pub net: &'a mut dyn Layer<T>,
    /// How it is trained.
    pub training: &'a Training,
    /// Where it is; whoever computes for it alone is not asked.
    pub run: Run<T>,
    /// Who looks on.
    pub observer: &'a mut dyn Observer<T>,
}

impl<T: Scalar> std::fmt::Debug for Member<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Member").field("run", &self.run).finish_non_exhaustive()
    }
}

/// Goes on with several runs, step by step all together: what [`resume`] does with each, but that the gradients of a step
/// are computed at once. One that is over, stopped or has failed is left out from then on. What came of each is in their order.
/// The seconds of a step are shared by those that took it.
///
/// ```
/// use switchnet::data::{Scope, digits};
/// use switchnet::layer::Layer;
/// use switchnet::net::zoo;
/// use switchnet::train::{Chunks, Member, Run, Threads, Training, resume_together};
///
/// let (split, _) = digits::<f32>().standardize(Scope::Global)?;
/// let mut nets = [1, 2].map(|seed| zoo::switch_net(&[64], 10, seed).build::<f32>().unwrap());
/// let trainings = [0.01, 0.03].map(|learning_rate| Training { epochs: 2, learning_rate, ..Training::default() });
/// let mut members = Vec::new();
/// let mut observers = [(), ()];
/// for ((net, training), observer) in nets.iter_mut().zip(&trainings).zip(&mut observers) {
///     let run = Run::new(net, training)?;
///     members.push(Member { net, training, run, observer });
/// }
/// let mut executors = vec![Chunks(Threads); 2];
/// for run in resume_together(members, &split.train, &mut executors)? {
///     assert_eq!(run?.history.len(), 2);
/// }
/// # Ok::<(), switchnet::Error>(())
/// ```
///
/// # Errors
/// If the executor has no gradients. What else may happen to a training is its own.
///
/// # Panics
/// If the executor is of fewer trainings.
pub fn resume_together<T: Scalar>(
    members: Vec<Member<'_, T>>,
    data: &dyn Batches<T>,
    executor: &mut dyn Together<T>,
) -> Result<Vec<Result<Run<T>>>> {
    let mut results: Vec<Option<Result<Run<T>>>> = Vec::with_capacity(members.len());
    let mut rows = Vec::with_capacity(members.len());
    for Member { net, training, run, .. } in &members {
        let of = checked(&**net, data, training, run);
        let (found, failed) = match of {
            Ok(rows) => (Some(rows), None),
            Err(error) => (None, Some(Err(error))),
        };
        rows.push(found);
        results.push(failed);
    }
    let mut going = Vec::with_capacity(members.len());
    for (Member { net, training, run, observer }, rows) in members.into_iter().zip(&rows) {
        going.push(
            rows.as_ref()
                .map(|rows| (Session::begin(net, data, training, run, rows, observer), observer)),
        );
    }
    loop {
        // Those that have come to their end leave.
        for (one, result) in going.iter_mut().zip(&mut results) {
            if one.as_mut().is_some_and(|(session, _)| !session.goes_on()) {
                *result = one.take().map(|(session, observer)| session.finish(observer));
            }
        }
        let there = going.iter().enumerate().filter_map(|(i, one)| Some((i, &one.as_ref()?.0)));
        let asked: Vec<_> = there
            .map(|(which, session)| {
                let (pass, rows, noise) = (session.pass(), &*session.batch, session.noise());
                Asked { which, pass, rows, noise }
            })
            .collect();
        if asked.is_empty() {
            return Ok(results.into_iter().map(|result| result.expect("all have left")).collect());
        }
        let begun = Clock::start();
        let found = executor.gradients(&asked)?;
        assert_eq!(found.len(), asked.len(), "a gradient for each that was asked");
        // Optimizers work side by side; whoever looks on is told one after another.
        let there = going.iter_mut().filter_map(|one| Some(&mut one.as_mut()?.0));
        let there: Vec<_> = there.zip(found).collect();
        let stepped: Vec<Result<()>> =
            there.into_par_iter().map(|(session, found)| session.step(found)).collect();
        // Each has its share of the seconds.
        let seconds = begun.seconds() / stepped.len() as f64;
        let there = going.iter_mut().enumerate().filter(|(_, one)| one.is_some());
        for ((which, one), stepped) in there.zip(stepped) {
            let (session, observer) = one.as_mut().expect("it is there");
            session.run.seconds += seconds;
            let mut score = |pass: Pass<'_, T>, rows: &[usize], metrics: &mut Metrics| {
                executor.score(which, pass, rows, metrics)
            };
            if let Err(error) = stepped.and_then(|()| session.after(*observer, &mut score)) {
                *one = None;
                results[which] = Some(Err(error));
            }
        }
    }
}

/// Refuses parameters and a held-out loss that are not finite: where a run ends or a checkpoint is written, no later
/// training loss is left to tell that a step overflowed.
fn finite<T: Scalar>(run: &Run<T>, epoch: usize, held_out: Option<Metrics>) -> Result<()> {
    let overflow = run.theta.iter().map(|p| p.double()).find(|p| !p.is_finite());
    let loss = held_out.map(|metrics| metrics.loss).filter(|loss| !loss.is_finite());
    match overflow.or(loss) {
        None => Ok(()),
        Some(value) => {
            let what = format!("parameters or held-out loss in epoch {}", epoch + 1);
            Err(diverged(what, value))
        }
    }
}

fn diverged(what: String, found: f64) -> Error {
    let expected = "a finite number (a smaller learning rate or a clip may help)";
    Error::Diverged { what: Error::new(what, expected, found).to_string() }
}

/// Scales `grad` down to norm `clip` if its own is larger.
fn clip_norm<T: Scalar>(grad: &mut [T], clip: f64) {
    let norm = grad.iter().map(|g| g.double() * g.double()).sum::<f64>().sqrt();
    if norm > clip {
        let factor = T::of(clip / norm);
        grad.iter_mut().for_each(|g| *g *= factor);
    }
}
