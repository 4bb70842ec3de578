//! Pooling of images: the largest or the mean of each window.

use super::rows::{broadcasts, checked, values, values_mut};
use super::{
    Built, DecisionKind, Decisions, Dims, Layer, LayerConfig, LinearMap, Regularity, See, Shape,
    Signature,
};
use crate::aligned::{self, Recycled};
use crate::error::{Error, Result};
use crate::random::Generator;
use crate::scalar::{Matrix, Scalar};
use serde::{Deserialize, Serialize};
use std::hint::select_unpredictable;

/// Windows of `size × size` that do not overlap, on each channel of an image.
#[derive(Clone, Copy, Debug)]
struct Windows {
    shape: [usize; 3],
    size: usize,
}

impl Windows {
    fn new(shape: [usize; 3], size: usize) -> Result<Self> {
        let [_, height, width] = shape;
        if size == 0 || !height.is_multiple_of(size) || !width.is_multiple_of(size) {
            let expected = format!("a divisor of the height {height} and the width {width}");
            return Err(Error::new("size of a pooling window", expected, size));
        }
        Ok(Self { shape, size })
    }

    fn output_shape(&self) -> [usize; 3] {
        let [channels, height, width] = self.shape;
        [channels, height / self.size, width / self.size]
    }

    fn inputs(&self) -> usize {
        self.shape.iter().product()
    }

    fn outputs(&self) -> usize {
        self.output_shape().iter().product()
    }

    /// The weight of each input in the mean of its window.
    fn weight<T: Scalar>(&self) -> T {
        T::of(1.0 / (self.size * self.size) as f64)
    }

    /// The first input of each window, in order.
    fn corners(&self) -> impl Iterator<Item = usize> + use<> {
        let Self { shape: [channels, height, width], size } = *self;
        // Lines of windows are counted through all channels, because the height is a multiple of the window.
        let lines = (0..channels * height).step_by(size);
        lines
            .flat_map(move |line| (0..width).step_by(size).map(move |column| line * width + column))
    }

    /// The inputs of a window in reading order, counted from its first.
    fn offsets(&self) -> Vec<usize> {
        let (width, size) = (self.shape[2], self.size);
        (0..size * size).map(|i| i / size * width + i % size).collect()
    }
}

/// The largest number of each window; the first of equal ones.
///
/// A max-pool decides too: of each window one input is connected. Its [decisions](LinearMap::jvp) are
/// [choices](DecisionKind::Choice), a group for each window, with the inputs of the window in reading order.
///
/// # Shapes
/// `(rows, channels·height·width) → (rows, channels·height·width / size²)`. No parameters, only
/// comparisons.
#[derive(Clone, Debug)]
pub struct MaxPool {
    windows: Windows,
}

impl MaxPool {
    /// Pooling of images of `shape` (channels, height, width) with windows of `size × size`.
    ///
    /// # Errors
    /// If the size does not divide height and width.
    pub fn new(shape: [usize; 3], size: usize) -> Result<Self> {
        Ok(Self { windows: Windows::new(shape, size)? })
    }

    /// (channels, height, width) of an output row.
    pub fn output_shape(&self) -> [usize; 3] {
        self.windows.output_shape()
    }
}

impl<T: Scalar> Layer<T> for MaxPool {
    fn signature(&self) -> Signature {
        let (inputs, outputs) = (self.windows.inputs(), self.windows.outputs());
        let name = format!("max-pool {0}×{0}", self.windows.size);
        Signature::new(name, inputs, outputs, Regularity::PiecewiseLinear)
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        let input = Recycled::from(checked("max-pool", x, self.windows.inputs()));
        let outputs = self.windows.outputs();
        let Windows { shape: [_, _, width], size } = self.windows;
        let mut y = aligned::zeros(input.nrows(), outputs);
        let mut chosen = Vec::with_capacity(y.len());
        let rows = values(&input).chunks_exact(self.windows.inputs());
        for (x, y) in rows.zip(values_mut(&mut y).chunks_exact_mut(outputs)) {
            for (line, y) in y.chunks_exact_mut(width / size).enumerate() {
                for (column, y) in y.iter_mut().enumerate() {
                    let corner = (line * width + column) * size;
                    let mut best = corner;
                    for start in (corner..).step_by(width).take(size) {
                        for i in start..start + size {
                            // A NaN is kept once met: it must not be lost among comparisons.
                            let better = (x[i] > x[best]) | (x[i].is_nan() & !x[best].is_nan());
                            best = select_unpredictable(better, i, best);
                        }
                    }
                    *y = x[best];
                    chosen.push(best);
                }
            }
        }
        (y, Box::new(Chosen { pool: self, input, chosen }))
    }
}

/// Which input each output is connected to.
struct Chosen<'a, T: Scalar> {
    pool: &'a MaxPool,
    input: Recycled<T>,
    chosen: Vec<usize>,
}

impl<T: Scalar> Chosen<'_, T> {
    /// For each of `rows` rows the choices that belong to it.
    fn choices(&self, rows: usize) -> impl Iterator<Item = &[usize]> {
        let one = broadcasts("max-pool", self.input.nrows(), rows, false);
        let outputs = self.pool.windows.outputs();
        (0..rows).map(move |row| {
            let row = if one { 0 } else { row };
            &self.chosen[row * outputs..][..outputs]
        })
    }
}

impl<T: Scalar> LinearMap<T> for Chosen<'_, T> {
    fn dims(&self) -> Dims {
        let windows = self.pool.windows;
        let (inputs, outputs) = (windows.inputs(), windows.outputs());
        Dims { rows: Some(self.input.nrows()), inputs, outputs }
    }

    fn jvp(&self, dx: Matrix<T>, see: See<'_, T>) -> Matrix<T> {
        let (inputs, outputs) = (self.pool.windows.inputs(), self.pool.windows.outputs());
        let dx = Recycled::from(checked("max-pool", dx, inputs));
        if let Some(see) = see {
            self.show(&dx, see);
        }
        let mut dy = aligned::zeros(dx.nrows(), outputs);
        let rows = values(&dx).chunks_exact(inputs).zip(self.choices(dx.nrows()));
        for (dy, (dx, chosen)) in values_mut(&mut dy).chunks_exact_mut(outputs).zip(rows) {
            for (dy, &i) in dy.iter_mut().zip(chosen) {
                *dy = dx[i];
            }
        }
        dy
    }

    fn vjp(&self, dy: Matrix<T>, _grad: &mut [T], want_dx: bool) -> Option<Matrix<T>> {
        if !want_dx {
            return None;
        }
        let (inputs, outputs) = (self.pool.windows.inputs(), self.pool.windows.outputs());
        let dy = Recycled::from(checked("max-pool", dy, outputs));
        let mut dx = aligned::zeros(dy.nrows(), inputs);
        let rows = values(&dy).chunks_exact(outputs).zip(self.choices(dy.nrows()));
        for (dx, (dy, chosen)) in values_mut(&mut dx).chunks_exact_mut(inputs).zip(rows) {
            for (&dy, &i) in dy.iter().zip(chosen) {
                dx[i] = dy; // windows do not overlap, so nothing was there
            }
        }
        Some(dx)
    }
}

impl<T: Scalar> Chosen<'_, T> {
    /// Shows the choices to `see`, with their rates along `dx`.
    fn show(&self, dx: &Matrix<T>, see: &mut dyn FnMut(Decisions<'_, T>)) {
        let (windows, offsets) = (self.pool.windows, self.pool.windows.offsets());
        let candidates = vec![offsets.len(); windows.outputs()];
        let rows = self.chosen.chunks_exact(windows.outputs());
        let winners: Vec<usize> = rows
            .flat_map(|chosen| windows.corners().zip(chosen))
            .map(|(corner, &chosen)| {
                let place = offsets.iter().position(|offset| corner + offset == chosen);
                place.expect("the winner is in its window")
            })
            .collect();
        let values = self.leads(&self.input, self.choices(self.input.nrows()));
        let rates = self.leads(dx, self.choices(dx.nrows()));
        let kind = DecisionKind::Choice { candidates: &candidates, winners: &winners };
        see(Decisions { kind, values: &values, rates: &rates });
    }

    /// By how much the number of the winner exceeds those of its rivals, for each row of `numbers`.
    fn leads<'a>(
        &self,
        numbers: &Matrix<T>,
        choices: impl Iterator<Item = &'a [usize]>,
    ) -> Recycled<T> {
        let (windows, offsets) = (self.pool.windows, self.pool.windows.offsets());
        let columns = windows.outputs() * (offsets.len() - 1);
        let rows = values(numbers).chunks_exact(windows.inputs()).zip(choices);
        let leads = aligned::matrix((numbers.nrows(), columns), |leads| {
            for (x, chosen) in rows {
                for (corner, &first) in windows.corners().zip(chosen) {
                    let window = offsets.iter().map(|offset| corner + offset);
                    leads.extend(window.filter(|&i| i != first).map(|i| x[first] - x[i]));
                }
            }
        });
        leads.into()
    }
}

/// The mean of each window.
///
/// # Shapes
/// `(rows, channels·height·width) → (rows, channels·height·width / size²)`. No parameters; one
/// multiply-add for each input.
#[derive(Clone, Debug)]
pub struct AveragePool {
    windows: Windows,
}

impl AveragePool {
    /// Pooling of images of `shape` (channels, height, width) with windows of `size × size`.
    ///
    /// # Errors
    /// If the size does not divide height and width.
    pub fn new(shape: [usize; 3], size: usize) -> Result<Self> {
        Ok(Self { windows: Windows::new(shape, size)? })
    }

    /// (channels, height, width) of an output row.
    pub fn output_shape(&self) -> [usize; 3] {
        self.windows.output_shape()
    }

    fn push<T: Scalar>(&self, x: Matrix<T>) -> Matrix<T> {
        let windows = self.windows;
        let x = checked("average-pool", x, windows.inputs());
        let weight: T = windows.weight();
        let mut y = Matrix::zeros((x.nrows(), windows.outputs()));
        let rows = values(&x).chunks_exact(windows.inputs());
        let offsets = windows.offsets();
        for (x, y) in rows.zip(values_mut(&mut y).chunks_exact_mut(windows.outputs())) {
            for (corner, y) in windows.corners().zip(y) {
                let sum: T = offsets.iter().map(|offset| x[corner + offset]).sum();
                *y = sum * weight;
            }
        }
        y
    }
}

impl<T: Scalar> Layer<T> for AveragePool {
    fn signature(&self) -> Signature {
        Signature::new(
            format!("average-pool {0}×{0}", self.windows.size),
            self.windows.inputs(),
            self.windows.outputs(),
            Regularity::Linear,
        )
        .costs(self.windows.inputs())
    }

    fn forward(&self, x: Matrix<T>) -> Matrix<T> {
        self.push(x)
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        (self.push(x), Box::new(Averaged { pool: self }))
    }
}

/// The layer is linear, so its Jacobian is the layer, at every row.
struct Averaged<'a> {
    pool: &'a AveragePool,
}

impl<T: Scalar> LinearMap<T> for Averaged<'_> {
    fn dims(&self) -> Dims {
        let windows = self.pool.windows;
        Dims { rows: None, inputs: windows.inputs(), outputs: windows.outputs() }
    }

    fn jvp(&self, dx: Matrix<T>, _see: See<'_, T>) -> Matrix<T> {
        self.pool.push(dx)
    }

    fn vjp(&self, dy: Matrix<T>, _grad: &mut [T], want_dx: bool) -> Option<Matrix<T>> {
        if !want_dx {
            return None;
        }
        let windows = self.pool.windows;
        let dy = checked("average-pool", dy, windows.outputs());
        let weight: T = windows.weight();
        let mut dx = Matrix::zeros((dy.nrows(), windows.inputs()));
        let rows = values(&dy).chunks_exact(windows.outputs());
        let offsets = windows.offsets();
        for (dy, dx) in rows.zip(values_mut(&mut dx).chunks_exact_mut(windows.inputs())) {
            for (corner, &dy) in windows.corners().zip(dy) {
                for offset in &offsets {
                    dx[corner + offset] = dy * weight;
                }
            }
        }
        Some(dx)
    }
}

/// The configuration of a [`MaxPool`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaxPoolConfig {
    /// The side of a window.
    pub size: usize,
}

impl Default for MaxPoolConfig {
    /// Windows of 2 × 2.
    fn default() -> Self {
        Self { size: 2 }
    }
}

impl LayerConfig for MaxPoolConfig {
    const KIND: &'static str = "max-pool";

    fn build<T: Scalar>(&self, input: Shape<'_>, _rng: &mut Generator) -> Result<Built<T>> {
        let layer = MaxPool::new(input.image()?, self.size)?;
        let shape = layer.output_shape();
        Ok(Built::new(layer, shape))
    }
}

/// The configuration of an [`AveragePool`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AveragePoolConfig {
    /// The side of a window.
    pub size: usize,
}

impl Default for AveragePoolConfig {
    /// Windows of 2 × 2.
    fn default() -> Self {
        Self { size: 2 }
    }
}

impl LayerConfig for AveragePoolConfig {
    const KIND: &'static str = "average-pool";

    fn build<T: Scalar>(&self, input: Shape<'_>, _rng: &mut Generator) -> Result<Built<T>> {
        let layer = AveragePool::new(input.image()?, self.size)?;
        let shape = layer.output_shape();
        Ok(Built::new(layer, shape))
    }
}
