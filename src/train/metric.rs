//! How well a net does.

use super::Loss;
use crate::data::Dataset;
use crate::layer::Layer;
use crate::net::{chunk_rows, map_chunks};
use crate::scalar::Scalar;
use ndarray::Axis;
use serde::{Deserialize, Serialize};
use std::ops::AddAssign;

/// Sums over rows; [`mean_loss`](Self::mean_loss) and [`accuracy`](Self::accuracy) divide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The sum of the losses.
    pub loss: f64,
    /// How many rows have their largest output at their class; none where targets are values.
    pub correct: Option<usize>,
    /// How many rows there are.
    pub rows: usize,
}

impl Score {
    /// The loss of a row on average.
    pub fn mean_loss(&self) -> f64 {
        self.loss / self.rows as f64
    }

    /// The part of rows that are right, 0 to 1.
    pub fn accuracy(&self) -> Option<f64> {
        self.correct.map(|correct| correct as f64 / self.rows as f64)
    }
}

impl AddAssign for Score {
    fn add_assign(&mut self, other: Self) {
        self.loss += other.loss;
        self.rows += other.rows;
        self.correct = match (self.correct, other.correct) {
            (Some(a), Some(b)) => Some(a + b),
            (a, b) => a.or(b),
        };
    }
}

/// The score of `net` on all of `data`.
///
/// # Panics
/// If the data do not fit the net, or targets are values and the loss is cross-entropy.
pub fn evaluate<T: Scalar>(net: &dyn Layer<T>, loss: Loss, data: &Dataset<T>) -> Score {
    let parts = map_chunks(data.len(), chunk_rows(net), |range| {
        let rows: Vec<usize> = range.collect();
        let y = net.forward(data.inputs().select(Axis(0), &rows));
        loss.at(y, data.targets(), &rows).0
    });
    let mut score = Score::default();
    parts.into_iter().for_each(|part| score += part);
    score
}
