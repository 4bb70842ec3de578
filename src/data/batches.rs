//! What training takes its rows from.

use super::deal::Dealing;
use super::{Dataset, Targets};
use crate::aligned;
use crate::error::Result;
use crate::scalar::{Matrix, Scalar};
use std::fmt::Debug;

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

    /// How much each row counts in training, if not all count alike: a number for each, not below 0.
    fn weights(&self) -> Option<&[f64]> {
        None
    }

    /// How many rows that follow each other are best read together, if it is not all the same which rows a batch has.
    /// Then rows are held out and shuffled as [`Blocks`](super::Blocks) says, in place of
    /// [`hold_out_rows`](Self::hold_out_rows) and a shuffle of all, and cannot have weights.
    fn block(&self) -> Option<usize> {
        None
    }

    /// The rows to train on and those held out, a `fraction` of them, drawn under `seed`: any rows, unless the source
    /// has a better way.
    ///
    /// # Errors
    /// If one part would be empty.
    fn hold_out_rows(&self, fraction: f64, seed: u64) -> Result<(Vec<usize>, Vec<usize>)> {
        Dealing::ByClass.hold_out(self.rows(), None, fraction, seed).map_err(|e| e.at(self.name()))
    }
}

/// Rows that `batch` makes or reads when they are asked for; `widths` is what [`Batches::widths`] says.
///
/// ```
/// use switchnet::data::{Targets, from_fn};
/// // A row is its own number, and to be doubled.
/// let doubled = from_fn("doubled", 100, (1, 1), |rows| {
///     let x = ndarray::Array2::from_shape_fn((rows.len(), 1), |(i, _)| rows[i] as f64);
///     let twice = 2.0 * &x;
///     Ok((x, Targets::Values(twice)))
/// });
/// # let _: &dyn switchnet::data::Batches<f64> = &doubled;
/// ```
pub fn from_fn<T, F>(name: &str, rows: usize, widths: (usize, usize), batch: F) -> FromFn<F>
where
    T: Scalar,
    F: Fn(&[usize]) -> Result<(Matrix<T>, Targets<T>)> + Sync,
{
    FromFn { name: name.to_owned(), rows, widths, batch }
}

/// What [`from_fn`] makes.
#[derive(Clone)]
pub struct FromFn<F> {
    name: String,
    rows: usize,
    widths: (usize, usize),
    batch: F,
}

impl<F> Debug for FromFn<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FromFn").field("name", &self.name).field("rows", &self.rows).finish()
    }
}

impl<T, F> Batches<T> for FromFn<F>
where
    T: Scalar,
    F: Fn(&[usize]) -> Result<(Matrix<T>, Targets<T>)> + Sync,
{
    fn name(&self) -> &str {
        &self.name
    }

    fn rows(&self) -> usize {
        self.rows
    }

    fn widths(&self) -> (usize, usize) {
        self.widths
    }

    fn batch(&self, rows: &[usize]) -> Result<(Matrix<T>, Targets<T>)> {
        (self.batch)(rows)
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

    fn weights(&self) -> Option<&[f64]> {
        Dataset::weights(self)
    }

    fn hold_out_rows(&self, fraction: f64, seed: u64) -> Result<(Vec<usize>, Vec<usize>)> {
        Dataset::hold_out_rows(self, fraction, seed)
    }
}
