//! How well a net does.

use super::Objective;
use super::weights::weighted;
use crate::data::{Batches, Dataset};
use crate::error::{Error, Result};
use crate::layer::Layer;
use crate::net::{chunk_rows, map_chunks};
use crate::scalar::Scalar;
use serde::{Deserialize, Serialize};
use std::ops::AddAssign;

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
    let at_a_time = chunk_rows(net) * AT_A_TIME;
    let mut metrics = Metrics::default();
    for first in (0..data.rows()).step_by(at_a_time) {
        let rows: Vec<usize> = (first..data.rows().min(first + at_a_time)).collect();
        add_rows(&mut metrics, net, &objective, data, &rows, None)?;
    }
    Ok(metrics)
}

/// Adds the metrics of some rows, which count as much as `weights` says of all.
pub(super) fn add_rows<T: Scalar>(
    metrics: &mut Metrics,
    net: &dyn Layer<T>,
    objective: &dyn Objective<T>,
    data: &dyn Batches<T>,
    rows: &[usize],
    weights: Option<&[f64]>,
) -> Result<()> {
    let parts = map_chunks(rows.len(), chunk_rows(net), |range| {
        let rows = &rows[range];
        let (x, targets) = data.batch(rows)?;
        Ok(weighted(objective, net.forward(x), &targets, rows, weights).0)
    });
    for part in parts {
        *metrics += part?;
    }
    Ok(())
}
