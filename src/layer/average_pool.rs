//! Average-pooling of images.

use super::pool::{Pooling, Window};
use super::rows::{checked, values, values_mut};
use super::window::{Side, Windows};
use super::{Built, Dims, Layer, LayerConfig, LinearMap, Regularity, See, Shape, Sides, Signature};
use crate::aligned::{self, Recycled};
use crate::error::Result;
use crate::kernel::{Loop, run};
use crate::random::Generator;
use crate::scalar::{Matrix, Scalar};
use serde::{Deserialize, Serialize};

/// The mean of each window.
///
/// What a window sees of the padding does not count: `y = (1/n) Σ x` over the `n` numbers inside the image. If
/// padding is counted, its zeros are numbers too, but what `ceil` adds beyond it is not.
///
/// # Shapes
/// As [`MaxPool`](super::MaxPool). No parameters; a multiply-add for each number of the image that a window sees,
/// which is one for each input where windows tile the image.
///
/// ```
/// use switchnet::layer::{AveragePool, AveragePoolConfig, Layer};
/// let x = ndarray::array![[3.0, 9.0]];
/// let config = AveragePoolConfig {
///     stride: Some(1.into()),
///     padding: [0, 1, 0, 0].into(),
///     ..AveragePoolConfig::new([1, 2])
/// };
/// assert_eq!(AveragePool::with([1, 1, 2], &config)?.forward(x.clone()), ndarray::array![[3.0, 6.0]]);
/// let config = AveragePoolConfig { count_padding: true, ..config };
/// assert_eq!(AveragePool::with([1, 1, 2], &config)?.forward(x), ndarray::array![[1.5, 6.0]]);
/// # Ok::<(), switchnet::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct AveragePool {
    pooling: Pooling,
    /// The sides, if every window is whole.
    whole: Option<[Side; 2]>,
    count_padding: bool,
    channels_last: bool,
}

impl AveragePool {
    /// Pooling of images of `shape` (channels, height, width) with windows of `size × size`, side by side.
    ///
    /// # Errors
    /// As [`with`](Self::with).
    pub fn new(shape: [usize; 3], size: usize) -> Result<Self> {
        Self::with(shape, &AveragePoolConfig::new(size))
    }

    /// The pooling of a configuration, of images of `shape`: (height, width, channels) if it says channels last.
    ///
    /// # Errors
    /// As [`MaxPool::with`](super::MaxPool::with).
    pub fn with(shape: [usize; 3], config: &AveragePoolConfig) -> Result<Self> {
        let AveragePoolConfig { size, stride, padding, ceil, count_padding, channels_last } = *config;
        let [height, width, channels] = shape;
        let shape = if channels_last { [channels, height, width] } else { shape };
        let size = size.unwrap_or([shape[1], shape[2]].into());
        let (stride, dilation) = (stride.unwrap_or(size), Sides::one());
        let windows = Windows { size, stride, dilation, padding, ceil };
        let pooling = Pooling::new("average-pool", shape, windows)?;
        let whole = pooling.whole();
        Ok(Self { pooling, whole, count_padding, channels_last })
    }

    /// The shape of an output row, in the order of that of the input.
    pub fn output_shape(&self) -> [usize; 3] {
        let [channels, height, width] = self.pooling.output_shape();
        if self.channels_last { [height, width, channels] } else { [channels, height, width] }
    }

    /// The weight of each number in the mean of its window.
    fn weight<T: Scalar>(&self, window: Window) -> T {
        let count = if self.count_padding { window.padded } else { window.len() };
        T::of(1.0 / count as f64)
    }

    fn push<T: Scalar>(&self, x: Matrix<T>) -> Matrix<T> {
        let (inputs, outputs) = (self.pooling.inputs(), self.pooling.outputs());
        let x = Recycled::from(checked("average-pool", x, inputs));
        let mut y = aligned::zeros(x.nrows(), outputs);
        let rows = values(&x).chunks_exact(inputs);
        for (x, y) in rows.zip(values_mut(&mut y).chunks_exact_mut(outputs)) {
            run(Push { pool: self, x, y });
        }
        y
    }

    fn pull<T: Scalar>(&self, dy: Matrix<T>) -> Matrix<T> {
        let (inputs, outputs) = (self.pooling.inputs(), self.pooling.outputs());
        let dy = Recycled::from(checked("average-pool", dy, outputs));
        let mut dx = aligned::zeros(dy.nrows(), inputs);
        let rows = values(&dy).chunks_exact(outputs);
        for (dy, dx) in rows.zip(values_mut(&mut dx).chunks_exact_mut(inputs)) {
            run(Pull { pool: self, dy, dx });
        }
        dx
    }
}

/// The means of one row.
struct Push<'a, T> {
    pool: &'a AveragePool,
    x: &'a [T],
    y: &'a mut [T],
}

impl<T: Scalar> Loop for Push<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { pool, x, y } = self;
        let pooling = &pool.pooling;
        if pool.channels_last {
            let channels = pooling.output_shape()[0];
            for (window, y) in pooling.windows().zip(y.chunks_exact_mut(channels)) {
                for i in window.inputs() {
                    y.iter_mut().zip(&x[i * channels..]).for_each(|(y, &x)| *y += x);
                }
                let weight = pool.weight::<T>(window);
                y.iter_mut().for_each(|y| *y *= weight);
            }
            return;
        }
        let [inputs, outputs] = pooling.channel();
        let channels = x.chunks_exact(inputs).zip(y.chunks_exact_mut(outputs));
        match pool.whole {
            Some(sides) => channels.for_each(|(x, y)| means(x, y, pooling.width(), sides)),
            None => {
                for (x, y) in channels {
                    for (window, y) in pooling.windows().zip(y) {
                        let sum: T = window.inputs().map(|i| x[i]).sum();
                        *y = sum * pool.weight::<T>(window);
                    }
                }
            }
        }
    }
}

/// The means of the windows of one channel, all of them whole. The windows beside each other are added up together, each in
/// reading order as it would be alone.
#[inline(always)]
fn means<T: Scalar>(x: &[T], y: &mut [T], width: usize, [down, across]: [Side; 2]) {
    let weight = T::of(1.0 / (down.window * across.window) as f64);
    for (i, y) in y.chunks_exact_mut(across.count).enumerate() {
        y.fill(-T::zero()); // what a sum of floats begins with
        for row in i * down.stride..i * down.stride + down.window {
            for column in 0..across.window {
                add_each(y, &x[row * width + column..], across.stride);
            }
        }
        y.iter_mut().for_each(|y| *y *= weight);
    }
}

/// `y_j += x_{j·stride}`.
#[inline(always)]
fn add_each<T: Scalar>(y: &mut [T], x: &[T], stride: usize) {
    if stride == 2 {
        // Of whole pairs the compiler takes several at once.
        let pairs = x.as_chunks::<2>().0;
        y.iter_mut().zip(pairs).for_each(|(y, pair)| *y += pair[0]);
        let rest = pairs.len().min(y.len());
        y[rest..].iter_mut().for_each(|y| *y += x[2 * rest]); // the last number of the image
    } else {
        y.iter_mut().zip(x.iter().step_by(stride)).for_each(|(y, &x)| *y += x);
    }
}

/// What one row of outputs gives back to its inputs.
struct Pull<'a, T> {
    pool: &'a AveragePool,
    dy: &'a [T],
    dx: &'a mut [T],
}

impl<T: Scalar> Loop for Pull<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { pool, dy, dx } = self;
        let pooling = &pool.pooling;
        if pool.channels_last {
            let channels = pooling.output_shape()[0];
            for (window, dy) in pooling.windows().zip(dy.chunks_exact(channels)) {
                let weight = pool.weight::<T>(window);
                for i in window.inputs() {
                    let dx = &mut dx[i * channels..];
                    dx.iter_mut().zip(dy).for_each(|(dx, &dy)| *dx += dy * weight);
                }
            }
            return;
        }
        let [inputs, outputs] = pooling.channel();
        for (dy, dx) in dy.chunks_exact(outputs).zip(dx.chunks_exact_mut(inputs)) {
            for (window, &dy) in pooling.windows().zip(dy) {
                let share = dy * pool.weight::<T>(window);
                window.inputs().for_each(|i| dx[i] += share);
            }
        }
    }
}

impl<T: Scalar> Layer<T> for AveragePool {
    fn signature(&self) -> Signature {
        let (inputs, outputs) = (self.pooling.inputs(), self.pooling.outputs());
        Signature::new(self.pooling.name.clone(), inputs, outputs, Regularity::Linear)
            .costs(self.pooling.seen)
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
        let (inputs, outputs) = (self.pool.pooling.inputs(), self.pool.pooling.outputs());
        Dims { rows: None, inputs, outputs }
    }

    fn jvp(&self, dx: Matrix<T>, _see: See<'_, T>) -> Matrix<T> {
        self.pool.push(dx)
    }

    fn vjp(&self, dy: Matrix<T>, _grad: &mut [T], want_dx: bool) -> Option<Matrix<T>> {
        want_dx.then(|| self.pool.pull(dy))
    }
}

/// The configuration of an [`AveragePool`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AveragePoolConfig {
    /// The height and the width of a window; those of the image if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<Sides<2>>,
    /// From one window to the next, down and across; if it is not said they stand side by side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stride: Option<Sides<2>>,
    /// How far windows may reach over the border above, on the left, below and on the right.
    #[serde(default = "Sides::zero", skip_serializing_if = "Sides::is_zero")]
    pub padding: Sides<4>,
    /// Whether what is left over below and on the right has windows as well, which reach beyond the padding.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ceil: bool,
    /// Whether the zeros of the padding count in the mean.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub count_padding: bool,
    /// Whether images are (height, width, channels), as behind a
    /// [`channels-last`](super::Gather::channels_last).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub channels_last: bool,
}

impl Default for AveragePoolConfig {
    /// Windows of 2 × 2.
    fn default() -> Self {
        Self::new(2)
    }
}

impl AveragePoolConfig {
    /// Windows of this size, side by side.
    pub fn new(size: impl Into<Sides<2>>) -> Self {
        let (size, padding) = (Some(size.into()), 0.into());
        Self { size, stride: None, padding, ceil: false, count_padding: false, channels_last: false }
    }
}

impl LayerConfig for AveragePoolConfig {
    const KIND: &'static str = "average-pool";

    fn build<T: Scalar>(&self, input: Shape<'_>, _rng: &mut Generator) -> Result<Built<T>> {
        let layer = AveragePool::with(input.image()?, self)?;
        let shape = layer.output_shape();
        Ok(Built::new(layer, shape))
    }
}
