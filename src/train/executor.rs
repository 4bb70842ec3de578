//! Who computes the passes of a training.

use super::reduce::{Contribution, Reduce, Threads};
use super::weights::weighted;
use super::{Loss, Metrics, Objective};
use crate::aligned;
use crate::data::{Batches, Targets};
use crate::error::Result;
use crate::layer::{Layer, Noise, parameters};
use crate::net::{chunk_rows, map_chunks};
use crate::scalar::{Matrix, Scalar};

/// What passes are made of: a net with its present parameters, rows, and a loss.
#[derive(Clone, Copy)]
pub struct Pass<'a, T> {
    /// The net.
    pub net: &'a dyn Layer<T>,
    /// Where rows come from.
    pub data: &'a dyn Batches<T>,
    pub(super) objective: &'a dyn Objective<T>,
    /// How much each row of the data counts.
    pub(super) weights: Option<&'a [f64]>,
}

impl<T> std::fmt::Debug for Pass<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pass").field("weights", &self.weights).finish_non_exhaustive()
    }
}

impl<'a, T: Scalar> Pass<'a, T> {
    /// Passes in which every row counts 1.
    pub fn new(
        net: &'a dyn Layer<T>,
        data: &'a dyn Batches<T>,
        objective: &'a dyn Objective<T>,
    ) -> Self {
        Self { net, data, objective, weights: None }
    }

    /// Which of the usual losses it is, if it is one and rows count alike.
    pub fn usual_loss(&self) -> Option<Loss> {
        self.objective.usual().filter(|_| self.weights.is_none())
    }

    /// The metrics of outputs `y` of these rows of the data, which have these targets, and the gradient of the sum of their
    /// losses with respect to `y`. Rows count as much as they weigh.
    pub fn loss(&self, y: Matrix<T>, targets: &Targets<T>, rows: &[usize]) -> (Metrics, Matrix<T>) {
        weighted(self.objective, y, targets, rows, self.weights)
    }
}

/// Who computes the passes of a training: the processors of this machine or of several ([`Chunks`]), or a device.
///
/// Everything else, from the order of the rows to the optimizer and the checkpoints, is the training's own, whoever
/// computes.
///
/// ```
/// use switchnet::data::{Scope, digits};
/// use switchnet::layer::{Layer, parameters};
/// use switchnet::net::zoo;
/// use switchnet::train::{Executor, Metrics, Pass, Run, Training, evaluate, resume};
/// use switchnet::{Result, Scalar};
///
/// /// All rows at once, on one thread.
/// struct Whole;
///
/// impl<T: Scalar> Executor<T> for Whole {
///     fn gradient(&mut self, pass: Pass<'_, T>, rows: &[usize], _: Option<u64>) -> Result<(Metrics, Vec<T>)> {
///         let (x, targets) = pass.data.batch(rows)?;
///         let (y, map) = pass.net.linearize(x);
///         let (metrics, dy) = pass.loss(y, &targets, rows);
///         let mut gradient = vec![T::zero(); parameters::count(pass.net)];
///         map.vjp(dy / T::of(rows.len() as f64), &mut gradient, false);
///         Ok((metrics, gradient))
///     }
///
///     fn score(&mut self, pass: Pass<'_, T>, rows: &[usize], metrics: &mut Metrics) -> Result<()> {
///         let (x, targets) = pass.data.batch(rows)?;
///         *metrics += pass.loss(pass.net.forward(x), &targets, rows).0;
///         Ok(())
///     }
/// }
///
/// let (split, _) = digits::<f32>().standardize(Scope::Global)?;
/// let mut net = zoo::switch_net(&[64], 10, 1).build::<f32>()?;
/// let training = Training { epochs: 2, ..Training::default() };
/// let run = Run::new(&net, &training)?.with_executor(Whole);
/// resume(&mut net, &split.train, &training, run, &mut ())?;
/// assert!(evaluate(&net, training.loss, &split.test).accuracy() > Some(0.5));
/// # Ok::<(), switchnet::Error>(())
/// ```
pub trait Executor<T: Scalar>: Send {
    /// The metrics of some rows, and the gradient of the mean of their losses with respect to every parameter of the net, in
    /// [`Layer::visit`]'s order. Noise, if there is any, comes from this seed.
    ///
    /// # Errors
    /// If the rows cannot be read, or whoever computes fails.
    fn gradient(
        &mut self,
        pass: Pass<'_, T>,
        rows: &[usize],
        noise: Option<u64>,
    ) -> Result<(Metrics, Vec<T>)>;

    /// Adds the metrics of some rows to `metrics`.
    ///
    /// # Errors
    /// As [`gradient`](Self::gradient).
    fn score(&mut self, pass: Pass<'_, T>, rows: &[usize], metrics: &mut Metrics) -> Result<()>;
}

impl<T: Scalar> Executor<T> for Box<dyn Executor<T>> {
    fn gradient(
        &mut self,
        pass: Pass<'_, T>,
        rows: &[usize],
        noise: Option<u64>,
    ) -> Result<(Metrics, Vec<T>)> {
        (**self).gradient(pass, rows, noise)
    }

    fn score(&mut self, pass: Pass<'_, T>, rows: &[usize], metrics: &mut Metrics) -> Result<()> {
        (**self).score(pass, rows, metrics)
    }
}

/// What one of several trainings asks for: [`Executor::gradient`].
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a, T> {
    /// Which one, by its number among all.
    pub which: usize,
    /// Its net and its data.
    pub pass: Pass<'a, T>,
    /// The rows of its step.
    pub rows: &'a [usize],
    /// Where noise comes from, if there is any.
    pub noise: Option<u64>,
}

/// Who computes the passes of several trainings at once, each of which keeps its number.
///
/// A vector of executors is one, for as many trainings: each computes for that of its number, one after another.
pub trait Together<T: Scalar> {
    /// Of each what it asks for, in their order. Those that are over do not ask any more.
    ///
    /// # Errors
    /// If rows cannot be read, or whoever computes fails: then all trainings end.
    fn gradients(&mut self, asked: &[Asked<'_, T>]) -> Result<Vec<(Metrics, Vec<T>)>>;

    /// What [`Executor::score`] does, for training `which`.
    ///
    /// # Errors
    /// As there; it is the end of this training alone.
    fn score(
        &mut self,
        which: usize,
        pass: Pass<'_, T>,
        rows: &[usize],
        metrics: &mut Metrics,
    ) -> Result<()>;
}

impl<T: Scalar, E: Executor<T>> Together<T> for Vec<E> {
    fn gradients(&mut self, asked: &[Asked<'_, T>]) -> Result<Vec<(Metrics, Vec<T>)>> {
        let one =
            |asked: &Asked<'_, T>| self[asked.which].gradient(asked.pass, asked.rows, asked.noise);
        asked.iter().map(one).collect()
    }

    fn score(
        &mut self,
        which: usize,
        pass: Pass<'_, T>,
        rows: &[usize],
        metrics: &mut Metrics,
    ) -> Result<()> {
        self[which].score(pass, rows, metrics)
    }
}

/// Processors: `Chunks(Threads)` are those of this process, as a training has them if nothing is said. Each chunk of
/// [`chunk_rows`] rows goes through the whole net and has its own gradient; these are summed by the [`Reduce`] in it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Chunks<R = Threads>(pub R);

impl<T: Scalar, R: Reduce<T>> Executor<T> for Chunks<R> {
    fn gradient(
        &mut self,
        pass: Pass<'_, T>,
        rows: &[usize],
        noise: Option<u64>,
    ) -> Result<(Metrics, Vec<T>)> {
        let Pass { net, data, .. } = pass;
        let count = parameters::count(net);
        let share = T::of(1.0 / rows.len() as f64);
        let chunk = chunk_rows(net);
        let of = |number: usize| {
            let first_row = number * chunk;
            let rows = &rows[first_row..rows.len().min(first_row + chunk)];
            let (x, targets) = data.batch(rows)?;
            let (y, map) = match noise {
                Some(seed) => net.linearize_with(x, Noise { seed, first_row }),
                None => net.linearize(x),
            };
            let (metrics, mut dy) = pass.loss(y, &targets, rows);
            dy.mapv_inplace(|v| v * share);
            let mut gradient = aligned::shared_zeros(count);
            map.vjp(dy, &mut gradient, false);
            Ok(Contribution { metrics, gradient })
        };
        let Contribution { metrics, gradient } = self.0.sum(rows.len().div_ceil(chunk), &of)?;
        Ok((metrics, gradient))
    }

    fn score(&mut self, pass: Pass<'_, T>, rows: &[usize], metrics: &mut Metrics) -> Result<()> {
        let parts = metrics_of(pass, rows)?;
        parts.into_iter().for_each(|part| *metrics += part);
        Ok(())
    }
}

/// The metrics of some rows, chunk by chunk.
pub(super) fn metrics_of<T: Scalar>(pass: Pass<'_, T>, rows: &[usize]) -> Result<Vec<Metrics>> {
    let parts = map_chunks(rows.len(), chunk_rows(pass.net), |range| {
        let rows = &rows[range];
        let (x, targets) = pass.data.batch(rows)?;
        Ok(pass.loss(pass.net.forward(x), &targets, rows).0)
    });
    parts.into_iter().collect()
}
