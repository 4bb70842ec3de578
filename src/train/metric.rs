//! How well a net does.

use super::Objective;
use crate::data::{Batches, Dataset};
use crate::error::{Error, Result};
use crate::layer::Layer;
use crate::net::{chunk_rows, map_chunks};
use crate::scalar::Scalar;
use serde::{Deserialize, Serialize};
use std::ops::AddAssign;

/// Sums over rows; [`mean_loss`](Self::mean_loss) and [`accuracy`](Self::accuracy) divide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// The sum of the losses.
    pub loss: f64,
    /// How many rows have their largest output at their class; none where targets are values.
    pub correct: Option<usize>,
    /// How many rows there are.
    pub rows: usize,
}

impl Metrics {
    /// The loss of a row on average.
    pub fn mean_loss(&self) -> f64 {
        self.loss / self.rows as f64
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

    /// The part of rows that are right, 0 to 1.
    pub fn accuracy(&self) -> Option<f64> {
        self.correct.map(|correct| correct as f64 / self.rows as f64)
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

/// The metrics of `net` on all of `data`.
///
/// # Panics
/// If the data do not fit the net, or the objective does not take the targets.
pub fn evaluate<T: Scalar>(
    net: &dyn Layer<T>,
    objective: impl Objective<T>,
    data: &Dataset<T>,
) -> Metrics {
    let rows: Vec<usize> = (0..data.len()).collect();
    evaluate_rows(net, &objective, data, &rows).expect("rows in memory can be read")
}

/// The same on some rows.
pub(super) fn evaluate_rows<T: Scalar>(
    net: &dyn Layer<T>,
    objective: &dyn Objective<T>,
    data: &dyn Batches<T>,
    rows: &[usize],
) -> Result<Metrics> {
    let parts = map_chunks(rows.len(), chunk_rows(net), |range| {
        let (x, targets) = data.batch(&rows[range])?;
        Ok(objective.at(net.forward(x), &targets).0)
    });
    let mut metrics = Metrics::default();
    for part in parts {
        metrics += part?;
    }
    Ok(metrics)
}
