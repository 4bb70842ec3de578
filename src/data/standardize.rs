//! Shifting and scaling inputs to mean 0 and deviation 1.

use super::dataset::{Dataset, Split};
use crate::error::{Error, Result};
use crate::kernel::{Loop, run};
use crate::scalar::{Matrix, Scalar};
use ndarray::{CowArray, Ix2};
use serde::{Deserialize, Serialize};

/// What one mean and one deviation are taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Scope {
    /// Each column by itself: for features of different units.
    Feature,
    /// All numbers together: for images, where a pixel that is nearly always blank would
    /// otherwise be blown up.
    Global,
}

/// `y = (x − mean) / scale`, column by column.
///
/// The scale is the population deviation (the mean square, divided by `n`), computed in double
/// precision. Where that is exactly 0, as for a constant column, the scale is 1, so such a column
/// becomes 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub struct Standardize {
    mean: Vec<f64>,
    scale: Vec<f64>,
}

impl Standardize {
    /// The means and deviations of `inputs`.
    ///
    /// # Errors
    /// If `inputs` is empty, or a mean or a deviation is not finite.
    pub fn fit<T: Scalar>(inputs: &Matrix<T>, scope: Scope) -> Result<Self> {
        let (rows, columns) = inputs.dim();
        if rows == 0 || columns == 0 {
            let found = format!("{rows} rows of {columns}");
            return Err(Error::new("statistics", "at least one number", found));
        }
        let (mean, variance) = moments(inputs);
        Self::of_moments(mean, variance, scope)
    }

    /// That of columns with these means and variances, all of as many numbers.
    fn of_moments(mut mean: Vec<f64>, mut variance: Vec<f64>, scope: Scope) -> Result<Self> {
        let columns = mean.len();
        if scope == Scope::Global {
            // Columns are equally long, so their means average to the mean of all, and the
            // variance is that inside the columns plus that of the means (law of total variance).
            let (center, between) = pooled(&mean);
            let within = variance.iter().sum::<f64>() / columns as f64;
            mean.fill(center);
            variance.fill(within + between);
        }
        let scale = variance.iter().map(|v| if *v == 0.0 { 1.0 } else { v.sqrt() }).collect();
        Self::try_from(Stored { mean, scale }).map_err(|error| error.at("statistics"))
    }

    /// The number of columns.
    pub fn inputs(&self) -> usize {
        self.mean.len()
    }

    /// What is subtracted from each column.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// What each column is then divided by.
    pub fn scale(&self) -> &[f64] {
        &self.scale
    }

    /// `(x − mean) / scale`.
    ///
    /// # Panics
    /// If `x` does not have [`inputs`](Self::inputs) columns.
    #[track_caller]
    #[must_use]
    pub fn apply<T: Scalar>(&self, x: Matrix<T>) -> Matrix<T> {
        self.map(x, |row, mean, scale| run(Apply { row, mean, scale }))
    }

    /// The same of one row.
    pub(super) fn apply_row<T: Scalar>(&self, row: &mut [T]) {
        run(Apply { row, mean: &self.mean, scale: &self.scale });
    }

    /// `x · scale + mean`, which undoes [`apply`](Self::apply) to rounding.
    ///
    /// # Panics
    /// If `x` does not have [`inputs`](Self::inputs) columns.
    #[track_caller]
    #[must_use]
    pub fn undo<T: Scalar>(&self, x: Matrix<T>) -> Matrix<T> {
        self.map(x, |row, mean, scale| {
            for (x, (mean, scale)) in row.iter_mut().zip(mean.iter().zip(scale)) {
                *x = T::of(x.double() * scale + mean);
            }
        })
    }

    #[track_caller]
    fn map<T: Scalar>(&self, x: Matrix<T>, map: impl Fn(&mut [T], &[f64], &[f64])) -> Matrix<T> {
        let (expected, found) = (self.inputs(), x.ncols());
        assert!(found == expected, "standardize: expected {expected} columns, found {found}");
        let mut x = if x.is_standard_layout() { x } else { x.as_standard_layout().into_owned() };
        for mut row in x.rows_mut() {
            map(row.as_slice_mut().expect("the standard layout"), &self.mean, &self.scale);
        }
        x
    }

    /// What each byte becomes, if all columns have one mean and one scale.
    pub(super) fn of_bytes<T: Scalar>(&self) -> Option<Vec<T>> {
        let same = |all: &[f64]| all.iter().all(|value| *value == all[0]);
        let one = Self { mean: vec![self.mean[0]], scale: vec![self.scale[0]] };
        let bytes = Matrix::from_shape_fn((256, 1), |(byte, _)| T::of(byte as f64));
        let uniform = same(&self.mean) && same(&self.scale);
        uniform.then(|| one.apply(bytes).iter().copied().collect())
    }
}

impl<T: Scalar> Split<T> {
    /// Both parts shifted and scaled by the statistics of the training part alone; the test part
    /// has no say.
    ///
    /// # Errors
    /// If the parts do not have the same number of columns, or a number leaves the range of `T`, as one far from a
    /// column that is nearly constant in the training part does; the error names its row and column.
    pub fn standardize(self, scope: Scope) -> Result<(Self, Standardize)> {
        let standardize = Standardize::fit(self.train.inputs(), scope)?;
        Ok((self.standardized(&standardize)?, standardize))
    }

    /// Both parts shifted and scaled by statistics that are known already, such as those that a
    /// checkpoint was trained with.
    ///
    /// # Errors
    /// If a part has another number of columns, or a number leaves the range of `T`; the error names its row and
    /// column.
    pub fn standardized(self, standardize: &Standardize) -> Result<Self> {
        let part = |name: &str, data: Dataset<T>| {
            let (expected, found) = (standardize.inputs(), data.inputs().ncols());
            if found != expected {
                return Err(Error::new("columns to standardize", expected, found).at(data.name()));
            }
            data.map_inputs(|x| standardize.apply(x))
                .map_err(|error| error.at(format_args!("standardized {name} set")))
        };
        Ok(Self { train: part("training", self.train)?, test: part("test", self.test)? })
    }
}

/// What one pass over rows, some at a time, says of their columns.
#[derive(Clone, Debug)]
pub(super) struct Statistics<T> {
    rows: f64,
    mean: Vec<f64>,
    /// The sums of the squared differences from the means.
    squares: Vec<f64>,
    least: Vec<T>,
    most: Vec<T>,
}

impl<T> Default for Statistics<T> {
    fn default() -> Self {
        let (mean, squares, least, most) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { rows: 0.0, mean, squares, least, most }
    }
}

impl<T: Scalar> Statistics<T> {
    /// Takes these rows in: their own means and squares, joined to those of the rows before (Chan, Golub, LeVeque 1979).
    pub fn add(&mut self, inputs: &Matrix<T>) {
        let (mean, variance) = moments(inputs);
        let more = inputs.nrows() as f64;
        if self.rows == 0.0 {
            self.least = inputs.row(0).to_vec();
            self.most = self.least.clone();
            (self.mean, self.squares) = (mean.clone(), vec![0.0; mean.len()]);
        }
        let share = more / (self.rows + more);
        for (column, (mean, variance)) in mean.into_iter().zip(variance).enumerate() {
            let apart = mean - self.mean[column];
            self.mean[column] += apart * share;
            self.squares[column] += variance * more + apart * apart * self.rows * share;
        }
        let rows = inputs.as_standard_layout();
        run(Bounds { rows: contiguous(&rows), least: &mut self.least, most: &mut self.most });
        self.rows += more;
    }

    /// How the rows are standardized.
    pub fn standardize(&self, scope: Scope) -> Result<Standardize> {
        let variance = self.squares.iter().map(|squares| squares / self.rows).collect();
        Standardize::of_moments(self.mean.clone(), variance, scope)
    }

    /// Refuses what has another number of columns or takes a number of the rows out of the range of `T`.
    pub fn fits(&self, standardize: &Standardize) -> Result<()> {
        let (expected, found) = (standardize.inputs(), self.mean.len());
        if found != expected {
            return Err(Error::new("columns to standardize", expected, found));
        }
        for bounds in [&self.least, &self.most] {
            let row = Matrix::from_shape_vec((1, found), bounds.clone()).expect("one row");
            let row = standardize.apply(row);
            if let Some((column, x)) = row.iter().enumerate().find(|(_, x)| !x.is_finite()) {
                let what = format!("column {column}, standardized");
                return Err(Error::new(what, format!("finite numbers of {}", T::NAME), x));
            }
        }
        Ok(())
    }
}

/// [`Standardize`] as files have it, not yet checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    mean: Vec<f64>,
    scale: Vec<f64>,
}

impl TryFrom<Stored> for Standardize {
    type Error = Error;

    fn try_from(Stored { mean, scale }: Stored) -> Result<Self> {
        if mean.is_empty() || mean.len() != scale.len() {
            let found = format!("{} and {}", mean.len(), scale.len());
            return Err(Error::new("numbers of means and scales", "equal and at least 1", found));
        }
        for (column, (mean, scale)) in mean.iter().zip(&scale).enumerate() {
            if !mean.is_finite() {
                return Err(Error::new(
                    format!("mean of column {column}"),
                    "a finite number",
                    mean,
                ));
            }
            if !(scale.is_finite() && *scale > 0.0) {
                let what = format!("scale of column {column}");
                return Err(Error::new(what, "a positive finite number", scale));
            }
        }
        Ok(Self { mean, scale })
    }
}

/// The mean and the variance of each column.
///
/// Sums are of differences from the first row: the rounding is then relative to the spread and
/// not to the size of the numbers, and a constant column has exactly its value and exactly 0.
fn moments<T: Scalar>(inputs: &Matrix<T>) -> (Vec<f64>, Vec<f64>) {
    let rows = inputs.nrows() as f64;
    let all = inputs.as_standard_layout();
    let mut mean: Vec<f64> = inputs.row(0).iter().map(|&x| x.double()).collect();
    let mut shift = vec![0.0; mean.len()];
    run(Differences { rows: contiguous(&all), from: &mean, power: 1, sums: &mut shift });
    for (mean, shift) in mean.iter_mut().zip(&shift) {
        *mean += shift / rows;
    }
    let mut variance = vec![0.0; mean.len()];
    run(Differences { rows: contiguous(&all), from: &mean, power: 2, sums: &mut variance });
    variance.iter_mut().for_each(|variance| *variance /= rows);
    (mean, variance)
}

fn contiguous<'a, T: Scalar>(rows: &'a CowArray<'_, T, Ix2>) -> &'a [T] {
    rows.as_slice().expect("the standard layout")
}

/// `(x − mean) / scale` in double precision: a division for each number, several at once.
struct Apply<'a, T> {
    row: &'a mut [T],
    mean: &'a [f64],
    scale: &'a [f64],
}

impl<T: Scalar> Loop for Apply<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (x, (mean, scale)) in self.row.iter_mut().zip(self.mean.iter().zip(self.scale)) {
            *x = T::of((x.double() - mean) / scale);
        }
    }
}

/// Of each column the sum of its differences from a number, or of their squares.
struct Differences<'a, T> {
    rows: &'a [T],
    from: &'a [f64],
    power: i32,
    sums: &'a mut [f64],
}

impl<T: Scalar> Loop for Differences<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { rows, from, power, sums } = self;
        for row in rows.chunks_exact(from.len().max(1)) {
            let each = sums.iter_mut().zip(row.iter().zip(from));
            match power {
                1 => each.for_each(|(sum, (x, from))| *sum += x.double() - from),
                _ => each.for_each(|(sum, (x, from))| {
                    let difference = x.double() - from;
                    *sum += difference * difference;
                }),
            }
        }
    }
}

/// The least and the most of each column.
struct Bounds<'a, T> {
    rows: &'a [T],
    least: &'a mut [T],
    most: &'a mut [T],
}

impl<T: Scalar> Loop for Bounds<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { rows, least, most } = self;
        for row in rows.chunks_exact(least.len().max(1)) {
            for (&x, (least, most)) in row.iter().zip(least.iter_mut().zip(&mut *most)) {
                *least = if x < *least { x } else { *least };
                *most = if x > *most { x } else { *most };
            }
        }
    }
}

/// The mean and the variance of `values`, summed as in [`moments`].
fn pooled(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values[0] + values.iter().map(|x| x - values[0]).sum::<f64>() / count;
    (mean, values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count)
}
