//! What training takes its rows from.

use super::dataset::hold_out;
use super::{Dataset, Targets};
use crate::aligned;
use crate::error::Result;
use crate::scalar::{Matrix, Scalar};

/// Rows with targets that can be had a few at a time, by number: a data set in memory, a file that is larger than
/// memory, the share of one of several machines.
///
/// Several threads ask at once, each for rows of its own.
pub trait Batches<T: Scalar>: Sync {
    /// What the set is called in messages.
    fn name(&self) -> &str;

    /// The number of rows.
    fn rows(&self) -> usize;

    /// The number of inputs of a row, and the width of its target: of classes, how many there are.
    fn widths(&self) -> (usize, usize);

    /// Whether targets are classes, as is usual.
    fn has_classes(&self) -> bool {
        true
    }

    /// These rows, in this order: inputs and targets.
    ///
    /// # Errors
    /// If they cannot be read.
    fn batch(&self, rows: &[usize]) -> Result<(Matrix<T>, Targets<T>)>;

    /// The rows to train on and those held out, a `fraction` of them, drawn under `seed`: any rows, unless the source
    /// has a better way.
    ///
    /// # Errors
    /// If one part would be empty.
    fn hold_out_rows(&self, fraction: f64, seed: u64) -> Result<(Vec<usize>, Vec<usize>)> {
        hold_out(self.rows(), None, fraction, seed).map_err(|e| e.at(self.name()))
    }
}

impl<T: Scalar> Batches<T> for Dataset<T> {
    fn name(&self) -> &str {
        Dataset::name(self)
    }

    fn rows(&self) -> usize {
        self.len()
    }

    fn widths(&self) -> (usize, usize) {
        (self.inputs().ncols(), self.targets().width())
    }

    fn has_classes(&self) -> bool {
        self.labels().is_some()
    }

    fn batch(&self, rows: &[usize]) -> Result<(Matrix<T>, Targets<T>)> {
        let inputs = aligned::rows(self.inputs().view(), rows.iter().copied());
        Ok((inputs, self.targets().select(rows)))
    }

    fn hold_out_rows(&self, fraction: f64, seed: u64) -> Result<(Vec<usize>, Vec<usize>)> {
        Dataset::hold_out_rows(self, fraction, seed)
    }
}
