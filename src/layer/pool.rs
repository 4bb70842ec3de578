//! Pooling of images: the windows, and the largest number of each.

use super::rows::{broadcasts, checked, values, values_mut};
use super::window::{Side, Windows};
use super::{
    Built, DecisionKind, Decisions, Dims, Layer, LayerConfig, LinearMap, Regularity, See, Shape,
    Sides, Signature,
};
use crate::aligned::{self, Recycled};
use crate::error::{Error, Result};
use crate::random::Generator;
use crate::scalar::{Matrix, Scalar};
use serde::{Deserialize, Serialize};
use std::hint::select_unpredictable;
use std::sync::OnceLock;

/// The windows of a pool, on each channel of an image.
#[derive(Clone, Debug)]
pub(super) struct Pooling {
    pub name: String,
    shape: [usize; 3],
    sides: [Side; 2],
    /// How many numbers all windows together see.
    pub seen: usize,
    /// The windows of one channel, for those who go through them again and again; found when the first of them does.
    windows: OnceLock<Vec<Window>>,
}

impl Pooling {
    /// `windows` on images of `shape`; `layer` is the name in summaries.
    pub(super) fn new(layer: &str, shape: [usize; 3], windows: Windows) -> Result<Self> {
        let sides = windows.on(shape, "size", "pool")?;
        for side in sides {
            // Else a window could see nothing of the image.
            if let Some(zeros) = side.zeros.into_iter().find(|&zeros| zeros >= side.window) {
                let expected = format!("less than the size {} of a window", side.window);
                return Err(Error::new("padding of a pool", expected, zeros));
            }
        }
        let seen = |side: Side| (0..side.count).map(|i| side.seen(i).1).sum::<usize>();
        let seen = sides.into_iter().map(seen).fold(shape[0], |product, sum| product * sum);
        let name = windows.name(layer, windows.size);
        Ok(Self { name, shape, sides, seen, windows: OnceLock::new() })
    }

    /// (channels, height, width) of an output row.
    pub(super) fn output_shape(&self) -> [usize; 3] {
        let [down, across] = self.sides;
        [self.shape[0], down.count, across.count]
    }

    /// The width of the image.
    pub(super) fn width(&self) -> usize {
        self.shape[2]
    }

    pub(super) fn inputs(&self) -> usize {
        self.shape.iter().product()
    }

    pub(super) fn outputs(&self) -> usize {
        self.output_shape().iter().product()
    }

    /// The inputs and the windows of one channel.
    pub(super) fn channel(&self) -> [usize; 2] {
        let ([_, height, width], [_, down, across]) = (self.shape, self.output_shape());
        [height * width, down * across]
    }

    /// The windows of one channel, in order.
    pub(super) fn windows(&self) -> impl Iterator<Item = Window> + use<> {
        let ([down, across], pitch) = (self.sides, self.shape[2]);
        (0..down.count).flat_map(move |i| {
            let (row, rows, tall) = down.seen(i);
            (0..across.count).map(move |j| {
                let (column, columns, wide) = across.seen(j);
                let (first, padded) = (row * pitch + column, tall * wide);
                Window { first, rows, columns, pitch, padded }
            })
        })
    }

    /// The sides, if every window is whole: none reaches over the border.
    pub(super) fn whole(&self) -> Option<[Side; 2]> {
        let [down, across] = self.sides;
        let whole = |side: Side| (0..side.count).all(|i| side.seen(i) == (i * side.stride, side.window, side.window));
        (whole(down) && whole(across)).then_some([down, across])
    }

    /// The same, kept.
    fn kept_windows(&self) -> &[Window] {
        self.windows.get_or_init(|| self.windows().collect())
    }
}

impl Side {
    /// The first number of the image that window `i` of a pool sees, how many it sees, and how many there are with
    /// those of the padding.
    #[inline(always)]
    fn seen(&self, i: usize) -> (usize, usize, usize) {
        let (start, [before, after]) = (i * self.stride, self.zeros);
        let (first, end) = (start.saturating_sub(before), start + self.window);
        let seen = (end - before).min(self.length) - first;
        (first, seen, end.min(before + self.length + after) - start)
    }
}

/// The inputs that a window sees, counted from the first of their channel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    first: usize,
    rows: usize,
    columns: usize,
    pitch: usize,
    /// How many there are with those of the padding.
    pub padded: usize,
}

impl Window {
    /// How many there are: at least one.
    pub(super) fn len(&self) -> usize {
        self.rows * self.columns
    }

    /// All of them, in reading order.
    #[inline(always)]
    pub(super) fn inputs(self) -> impl Iterator<Item = usize> {
        let starts = (self.first..).step_by(self.pitch).take(self.rows);
        starts.flat_map(move |start| start..start + self.columns)
    }

    /// The place of an input in reading order.
    fn place(&self, input: usize) -> usize {
        let behind = input - self.first;
        let row = behind / self.pitch;
        behind - row * (self.pitch - self.columns)
    }
}

/// The largest number of each window; the first of equal ones.
///
/// Windows may overlap, leave numbers out, and reach over the border of the image: what is outside never wins.
///
/// A max-pool decides too: of each window one input is connected. Its [decisions](LinearMap::jvp) are
/// [choices](DecisionKind::Choice), a group for each window, with the inputs of the window in reading order. A window
/// that the border cuts has fewer.
///
/// # Shapes
/// `(rows, channels·height·width) → (rows, channels·height′·width′)` with
/// `height′ = ⌊(height + top + bottom − size) / stride⌋ + 1` and `width′` alike. With `ceil` it is `⌈…⌉`, and a last
/// window that would see no more than the padding behind the image is left out. No parameters, only comparisons.
///
/// ```
/// use switchnet::layer::{Layer, MaxPool, MaxPoolConfig};
/// let x = ndarray::array![[1.0, 5.0, 2.0, 4.0, 3.0]];
/// let config = MaxPoolConfig { stride: Some(2.into()), ..MaxPoolConfig::new([1, 3]) };
/// let pool = MaxPool::with([1, 1, 5], &config)?;
/// assert_eq!(pool.forward(x), ndarray::array![[5.0, 4.0]]);
/// # Ok::<(), switchnet::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct MaxPool {
    pooling: Pooling,
}

impl MaxPool {
    /// Pooling of images of `shape` (channels, height, width) with windows of `size × size`, side by side.
    ///
    /// # Errors
    /// As [`with`](Self::with).
    pub fn new(shape: [usize; 3], size: usize) -> Result<Self> {
        Self::with(shape, &MaxPoolConfig::new(size))
    }

    /// The pooling of a configuration.
    ///
    /// # Errors
    /// If a window is empty or larger than the padded image, a stride is zero, or the padding as wide as a window;
    /// or if the padded image has more than 2^30 numbers.
    pub fn with(shape: [usize; 3], config: &MaxPoolConfig) -> Result<Self> {
        let MaxPoolConfig { size, stride, padding, ceil } = *config;
        let (stride, dilation) = (stride.unwrap_or(size), Sides::one());
        let windows = Windows { size, stride, dilation, padding, ceil };
        Ok(Self { pooling: Pooling::new("max-pool", shape, windows)? })
    }

    /// (channels, height, width) of an output row.
    pub fn output_shape(&self) -> [usize; 3] {
        self.pooling.output_shape()
    }
}

impl<T: Scalar> Layer<T> for MaxPool {
    fn signature(&self) -> Signature {
        let (inputs, outputs) = (self.pooling.inputs(), self.pooling.outputs());
        Signature::new(self.pooling.name.clone(), inputs, outputs, Regularity::PiecewiseLinear)
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        let input = Recycled::from(checked("max-pool", x, self.pooling.inputs()));
        let [inputs, outputs] = self.pooling.channel();
        let mut y = aligned::zeros(input.nrows(), self.pooling.outputs());
        let mut chosen = Vec::with_capacity(y.len());
        let windows = self.pooling.kept_windows();
        let channels = values(&input).chunks_exact(inputs);
        for (x, y) in channels.zip(values_mut(&mut y).chunks_exact_mut(outputs)) {
            for (window, y) in windows.iter().zip(y) {
                let mut best = window.first;
                for start in (window.first..).step_by(window.pitch).take(window.rows) {
                    for i in start..start + window.columns {
                        // A NaN is kept once met: it must not be lost among comparisons.
                        let better = (x[i] > x[best]) | (x[i].is_nan() & !x[best].is_nan());
                        best = select_unpredictable(better, i, best);
                    }
                }
                *y = x[best];
                chosen.push(best);
            }
        }
        (y, Box::new(Chosen { pool: &self.pooling, windows, input, chosen, shown: OnceLock::new() }))
    }
}

/// Which input each output is connected to.
struct Chosen<'a, T: Scalar> {
    pool: &'a Pooling,
    /// Of one channel.
    windows: &'a [Window],
    input: Recycled<T>,
    /// Counted from the first input of the channel.
    chosen: Vec<usize>,
    /// What is shown of the decisions, found when somebody looks for the first time.
    shown: OnceLock<Shown<T>>,
}

/// The decisions but for their rates.
struct Shown<T: Scalar> {
    candidates: Vec<usize>,
    winners: Vec<usize>,
    values: Recycled<T>,
}

impl<T: Scalar> Chosen<'_, T> {
    /// For each channel of each of `rows` rows, the choices that belong to it.
    fn choices(&self, rows: usize) -> impl Iterator<Item = &[usize]> {
        let one = broadcasts("max-pool", self.input.nrows(), rows, false);
        let outputs = self.pool.outputs();
        (0..rows).flat_map(move |row| {
            let row = if one { 0 } else { row };
            self.chosen[row * outputs..][..outputs].chunks_exact(self.pool.channel()[1])
        })
    }

    /// Shows the choices to `see`, with their rates along `dx`.
    fn show(&self, dx: &Matrix<T>, see: &mut dyn FnMut(Decisions<'_, T>)) {
        let Shown { candidates, winners, values } = self.shown.get_or_init(|| self.shown());
        let rates = self.leads(dx, values.ncols());
        see(Decisions { kind: DecisionKind::Choice { candidates, winners }, values, rates: &rates });
    }

    fn shown(&self) -> Shown<T> {
        let candidates: Vec<_> = self.windows.iter().map(Window::len).collect();
        let candidates = candidates.repeat(self.pool.shape[0]);
        let winners = self.chosen.chunks_exact(self.windows.len());
        let winners = winners.flat_map(|chosen| self.windows.iter().zip(chosen));
        let winners = winners.map(|(window, &winner)| window.place(winner)).collect();
        let columns = candidates.iter().map(|count| count - 1).sum();
        Shown { candidates, winners, values: self.leads(&self.input, columns) }
    }

    /// By how much the number of each winner exceeds those of its rivals, for each row of `numbers`.
    fn leads(&self, numbers: &Matrix<T>, columns: usize) -> Recycled<T> {
        let rows = numbers.nrows();
        let channels = values(numbers).chunks_exact(self.pool.channel()[0]);
        let mut leads = aligned::zeros(rows, columns);
        let all = values_mut(&mut leads);
        let mut at = 0;
        for (x, chosen) in channels.zip(self.choices(rows)) {
            for (window, &winner) in self.windows.iter().zip(chosen) {
                for start in (window.first..).step_by(window.pitch).take(window.rows) {
                    for i in start..start + window.columns {
                        // That of the winner over itself is written over by the next. Which it is nobody could guess.
                        if let Some(lead) = all.get_mut(at) {
                            *lead = x[winner] - x[i];
                        }
                        at += usize::from(i != winner);
                    }
                }
            }
        }
        leads.into()
    }
}

impl<T: Scalar> LinearMap<T> for Chosen<'_, T> {
    fn dims(&self) -> Dims {
        let (inputs, outputs) = (self.pool.inputs(), self.pool.outputs());
        Dims { rows: Some(self.input.nrows()), inputs, outputs }
    }

    fn jvp(&self, dx: Matrix<T>, see: See<'_, T>) -> Matrix<T> {
        let dx = Recycled::from(checked("max-pool", dx, self.pool.inputs()));
        if let Some(see) = see {
            self.show(&dx, see);
        }
        let mut dy = aligned::zeros(dx.nrows(), self.pool.outputs());
        let [inputs, outputs] = self.pool.channel();
        let channels = values(&dx).chunks_exact(inputs).zip(self.choices(dx.nrows()));
        for (dy, (dx, chosen)) in values_mut(&mut dy).chunks_exact_mut(outputs).zip(channels) {
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
        let dy = Recycled::from(checked("max-pool", dy, self.pool.outputs()));
        let mut dx = aligned::zeros(dy.nrows(), self.pool.inputs());
        let [inputs, outputs] = self.pool.channel();
        let channels = values(&dy).chunks_exact(outputs).zip(self.choices(dy.nrows()));
        for (dx, (dy, chosen)) in values_mut(&mut dx).chunks_exact_mut(inputs).zip(channels) {
            for (&dy, &i) in dy.iter().zip(chosen) {
                dx[i] += dy; // an input may win in several windows
            }
        }
        Some(dx)
    }
}

/// The configuration of a [`MaxPool`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaxPoolConfig {
    /// The height and the width of a window.
    pub size: Sides<2>,
    /// From one window to the next, down and across; if it is not said they stand side by side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stride: Option<Sides<2>>,
    /// How far windows may reach over the border above, on the left, below and on the right.
    #[serde(default = "Sides::zero", skip_serializing_if = "Sides::is_zero")]
    pub padding: Sides<4>,
    /// Whether what is left over below and on the right has windows as well, which reach beyond the padding.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ceil: bool,
}

impl Default for MaxPoolConfig {
    /// Windows of 2 × 2.
    fn default() -> Self {
        Self::new(2)
    }
}

impl MaxPoolConfig {
    /// Windows of this size, side by side.
    pub fn new(size: impl Into<Sides<2>>) -> Self {
        Self { size: size.into(), stride: None, padding: 0.into(), ceil: false }
    }
}

impl LayerConfig for MaxPoolConfig {
    const KIND: &'static str = "max-pool";

    fn build<T: Scalar>(&self, input: Shape<'_>, _rng: &mut Generator) -> Result<Built<T>> {
        let layer = MaxPool::with(input.image()?, self)?;
        let shape = layer.output_shape();
        Ok(Built::new(layer, shape))
    }
}
