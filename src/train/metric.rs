//! How well a net does.

use super::executor::metrics_of;
use super::{Chunks, Executor, Objective, Pass, Threads};
use crate::data::{Batches, Dataset};
use crate::error::{Error, Result};
use crate::layer::Layer;
use crate::net::chunk_rows;
use crate::scalar::Scalar;
use serde::{Deserialize, Serialize};
use std::ops::{AddAssign, Range};

/// Rows are listed for so many chunks at a time.
const AT_A_TIME: usize = 1024;

/// Sums over rows; [`mean_loss`](Self::mean_loss) and [`accuracy`](Self::accuracy) divide. Where rows have weights, each
/// counts as much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// The sum of the losses.
    pub loss: f64,
    /// How many rows have their largest output at their class; none where targets are values.
    pub correct: Option<f64>,
    /// How many rows there are.
    pub rows: f64,
}

impl Metrics {
    /// The loss of a row on average.
    pub fn mean_loss(&self) -> f64 {
        self.loss / self.rows
    }

    /// The same metrics, if the loss is a number: where outputs overflow, nothing else is known either.
    ///
    /// # Errors
    /// If the loss is not finite; `data` names the rows in the message.
    pub fn checked(self, data: &str) -> Result<Self> {
        let loss = self.mean_loss();
        if loss.is_finite() {
            return Ok(self);
        }
        Err(Error::new(format_args!("loss on the {data} set"), "a finite number", loss))
    }

    /// The same as numbers, to be sent: the loss, whether there is a number of right ones, that number, the rows.
    pub fn numbers(self) -> [f64; 4] {
        let Self { loss, correct, rows } = self;
        [loss, f64::from(u8::from(correct.is_some())), correct.unwrap_or(0.0), rows]
    }

    /// The metrics with these [`numbers`](Self::numbers).
    pub fn of_numbers([loss, there, correct, rows]: [f64; 4]) -> Self {
        Self { loss, correct: (there > 0.0).then_some(correct), rows }
    }

    /// The same of rows of this weight.
    pub(super) fn times(self, weight: f64) -> Self {
        let Self { loss, correct, rows } = self;
        let correct = correct.map(|correct| weight * correct);
        Self { loss: weight * loss, correct, rows: weight * rows }
    }

    /// The part of rows that are right, 0 to 1.
    pub fn accuracy(&self) -> Option<f64> {
        self.correct.map(|correct| correct / self.rows)
    }
}

impl AddAssign for Metrics {
    fn add_assign(&mut self, other: Self) {
        self.loss += other.loss;
        self.rows += other.rows;
        self.correct = match (self.correct, other.correct) {
            (Some(a), Some(b)) => Some(a + b),
            (a, b) => a.or(b),
        };
    }
}

/// The metrics of `net` on all of `data`, of which every row counts 1, whatever its weight in training.
///
/// # Panics
/// If the data do not fit the net, or the objective does not take the targets.
pub fn evaluate<T: Scalar>(
    net: &dyn Layer<T>,
    objective: impl Objective<T>,
    data: &Dataset<T>,
) -> Metrics {
    evaluate_batches(net, objective, data).expect("rows in memory can be read")
}

/// The same of rows from anywhere, which are read some at a time.
///
/// # Errors
/// If rows cannot be read.
///
/// # Panics
/// As [`evaluate`].
pub fn evaluate_batches<T: Scalar>(
    net: &dyn Layer<T>,
    objective: impl Objective<T>,
    data: &dyn Batches<T>,
) -> Result<Metrics> {
    evaluate_on(&mut Chunks(Threads), net, objective, data)
}

/// The same, computed by an [`Executor`].
///
/// ```
/// use switchnet::{data::digits, net::zoo, train::{Chunks, Loss, Threads, evaluate, evaluate_on}};
/// let (net, data) = (zoo::mlp(&[64], &[16], 10, 1).build::<f32>()?, digits::<f32>().test);
/// let metrics = evaluate_on(&mut Chunks(Threads), &net, Loss::CrossEntropy, &data)?;
/// assert_eq!(metrics, evaluate(&net, Loss::CrossEntropy, &data));
/// # Ok::<(), switchnet::Error>(())
/// ```
///
/// # Errors
/// If rows cannot be read, or the executor fails.
///
/// # Panics
/// As [`evaluate`].
pub fn evaluate_on<T: Scalar>(
    executor: &mut dyn Executor<T>,
    net: &dyn Layer<T>,
    objective: impl Objective<T>,
    data: &dyn Batches<T>,
) -> Result<Metrics> {
    let at_a_time = chunk_rows(net) * AT_A_TIME;
    let mut metrics = Metrics::default();
    for first in (0..data.rows()).step_by(at_a_time) {
        let rows: Vec<usize> = (first..data.rows().min(first + at_a_time)).collect();
        executor.score(Pass::new(net, data, &objective), &rows, &mut metrics)?;
    }
    Ok(metrics)
}

/// The metrics of some chunks of [`chunk_rows`] rows, one by one. Whoever adds up those of all of them in their order, wherever
/// they come from, has the bits of [`evaluate_batches`].
///
/// ```
/// use switchnet::{data::digits, net::{chunk_rows, zoo}};
/// use switchnet::train::{Loss, Metrics, evaluate, evaluate_chunks};
/// let (net, data) = (zoo::mlp(&[64], &[16], 10, 1).build::<f32>()?, digits::<f32>().test);
/// let chunks = data.len().div_ceil(chunk_rows(&net));
/// let mut sum = Metrics::default();
/// for part in [0..2, 2..chunks] {
///     for metrics in evaluate_chunks(&net, Loss::CrossEntropy, &data, part)? {
///         sum += metrics;
///     }
/// }
/// assert_eq!(sum, evaluate(&net, Loss::CrossEntropy, &data));
/// # Ok::<(), switchnet::Error>(())
/// ```
///
/// # Errors
/// As [`evaluate_batches`].
///
/// # Panics
/// As [`evaluate`], and if there are no such chunks.
pub fn evaluate_chunks<T: Scalar>(
    net: &dyn Layer<T>,
    objective: impl Objective<T>,
    data: &dyn Batches<T>,
    chunks: Range<usize>,
) -> Result<Vec<Metrics>> {
    let rows = chunk_rows(net);
    let (first, end) = (chunks.start * rows, data.rows().min(chunks.end * rows));
    assert!(
        chunks.start <= chunks.end && chunks.end <= data.rows().div_ceil(rows),
        "chunks: expected some of {}, found {chunks:?}",
        data.rows().div_ceil(rows)
    );
    metrics_of(Pass::new(net, data, &objective), &(first..end).collect::<Vec<_>>())
}
