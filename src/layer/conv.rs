//! The 2-D convolution of the CNN baseline.

use super::planes::{Layout, Planes};
use super::rows::{checked, values};
use super::{
    Built, Dims, Layer, LayerConfig, LinearMap, Parameter, ParameterMut, Regularity, Role, See,
    Shape, Signature, bounded,
};
use crate::aligned::{self, Recycled};
use crate::error::{Error, Result};
use crate::kernel::{BLOCK, STEP};
use crate::random::{Generator, normal};
use crate::scalar::{Matrix, Scalar};
use ndarray::{Array1, Array4, ArrayView1, Axis};
use serde::{Deserialize, Serialize};

/// `y[o, i, j] = b[o] + Σ_{c, u, v} W[o, c, u, v] · x[c, i + u − p, j + v − p]`, zero outside the image:
/// a cross-correlation with stride 1 and `p` zeros of padding on every side, as deep-learning
/// libraries call convolution.
///
/// Computed directly, as a sum of shifted images times weights: no patches are copied, and each number
/// is used for several filters while it is in a register.
///
/// # Shapes
/// `(rows, channels·height·width) → (rows, filters·height′·width′)` with
/// `height′ = height + 2p − kernel + 1`, channel by channel, row by row. Parameters `weight`
/// (filters × channels × kernel × kernel) and `bias` (filters); `filters·(channels·kernel² + 1)`
/// multiply-adds for each output position.
///
/// ```
/// use switchnet::layer::{Conv2d, Layer};
/// let sum = ndarray::Array4::ones((1, 1, 2, 2));
/// let layer = Conv2d::new([1, 2, 2], sum, ndarray::arr1(&[0.0]), 0)?;
/// assert_eq!(layer.forward(ndarray::array![[1.0, 2.0, 3.0, 4.0]]), ndarray::array![[10.0]]);
/// # Ok::<(), switchnet::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Conv2d<T> {
    weight: Array4<T>,
    bias: Array1<T>,
    geometry: Geometry,
}

/// The geometry, which has nothing to do with the weights.
#[derive(Clone, Copy, Debug)]
struct Geometry {
    channels: usize,
    height: usize,
    width: usize,
    kernel: usize,
    padding: usize,
}

impl Geometry {
    fn out(&self) -> (usize, usize) {
        let out = |side: usize| side + 2 * self.padding + 1 - self.kernel;
        (out(self.height), out(self.width))
    }

    fn positions(&self) -> usize {
        let (height, width) = self.out();
        height * width
    }

    /// The numbers that one output is made of.
    fn size(&self) -> usize {
        self.channels * self.kernel * self.kernel
    }

    fn inputs(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// How the inputs lie and how the outputs lie. Rows and images of both are equally far apart, far
    /// enough for the numbers and for the zeros between them.
    fn layouts(&self, filters: usize) -> [Layout; 2] {
        let (height, width) = self.out();
        let apart = |input: usize, output: usize| output.max(input + self.padding);
        let pitch = apart(self.width, width);
        let image = apart(self.height, height) * pitch;
        let layout = |shape, padding| Layout { shape, padding, pitch, image };
        let (kernel, padding) = (self.kernel as isize, self.padding as isize);
        [
            layout([self.channels, self.height, self.width], padding),
            layout([filters, height, width], kernel - 1 - padding),
        ]
    }
}

impl<T: Scalar> Conv2d<T> {
    /// The convolution of images of `shape` (channels, height, width) with these parameters and
    /// `padding` zeros on every side.
    ///
    /// # Errors
    /// If the weight is not square, has another number of channels than the images or another
    /// number of filters than the bias, or if the kernel is larger than the padded image.
    pub fn new(
        shape: [usize; 3],
        weight: Array4<T>,
        bias: Array1<T>,
        padding: usize,
    ) -> Result<Self> {
        let [channels, height, width] = shape;
        let (filters, depth, kernel, across) = weight.dim();
        if depth != channels || kernel != across || bias.len() != filters {
            let expected = format!("filters × {channels} × k × k and as many biases as filters");
            let found = format!("{:?} and {} biases", weight.dim(), bias.len());
            return Err(Error::new("shape of a convolution's weight", expected, found));
        }
        let largest = height.min(width) + 2 * padding;
        if kernel == 0 || kernel > largest || filters == 0 {
            let expected = format!("1 to {largest} on {height}×{width} with padding {padding}");
            return Err(Error::new("kernel of a convolution", expected, kernel));
        }
        let geometry = Geometry { channels, height, width, kernel, padding };
        Ok(Self { weight: weight.as_standard_layout().into_owned(), bias, geometry })
    }

    /// Weights from N(0, 2/(channels·kernel²)), which keeps the second moment through a ReLU (He et
    /// al., arXiv 1502.01852), and a bias of zeros.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn random(
        shape: [usize; 3],
        filters: usize,
        kernel: usize,
        padding: usize,
        rng: &mut Generator,
    ) -> Result<Self> {
        let size = (filters, shape[0], kernel, kernel);
        let deviation = (2.0 / (shape[0] * kernel * kernel) as f64).sqrt();
        let weight = Array4::from_shape_simple_fn(size, || normal(rng, deviation));
        Self::new(shape, weight, Array1::zeros(filters), padding)
    }

    /// (filters, height, width) of an output row.
    pub fn output_shape(&self) -> [usize; 3] {
        let (height, width) = self.geometry.out();
        [self.bias.len(), height, width]
    }

    fn outputs(&self) -> usize {
        self.bias.len() * self.geometry.positions()
    }

    /// `W x`, plus the bias if `bias`.
    fn apply(&self, x: &Matrix<T>, bias: bool) -> Matrix<T> {
        let (filters, size) = (self.bias.len(), self.geometry.size());
        let weights = self.weights();
        let weights = in_blocks(filters, size, |f, k| weights[f * size + k]);
        let bias = if bias { self.bias.to_vec() } else { vec![T::zero(); filters] };
        let [layout, _] = self.geometry.layouts(filters);
        let group = layout.group().min(x.nrows());
        let mut images = Planes::new(layout, self.geometry.kernel, group);
        aligned::matrix((x.nrows(), self.outputs()), |y| {
            for group in values(x).chunks(layout.group() * self.geometry.inputs()) {
                images.put(group);
                images.convolve(&weights, &bias, self.output_shape(), y);
            }
        })
    }

    /// The weights of the convolution that takes gradients back: channels and filters change places,
    /// and the kernel is turned by half a turn.
    fn weights_back(&self) -> Vec<T> {
        let Geometry { channels, kernel, .. } = self.geometry;
        let (area, weights) = (kernel * kernel, self.weights());
        in_blocks(channels, self.bias.len() * area, |channel, k| {
            let (filter, place) = (k / area, k % area);
            weights[(filter * channels + channel) * area + area - 1 - place]
        })
    }

    fn weights(&self) -> &[T] {
        self.weight.as_slice().expect("a weight in standard layout")
    }
}

/// The numbers `at(f, k)` for blocks of filters `f`, zero where the last block has no more of them.
fn in_blocks<T: Scalar>(filters: usize, size: usize, at: impl Fn(usize, usize) -> T) -> Vec<T> {
    let mut blocks = Vec::with_capacity(filters.next_multiple_of(BLOCK) * size);
    for first in (0..filters).step_by(BLOCK) {
        for k in 0..size {
            let filter = |f| if f < filters { at(f, k) } else { T::zero() };
            blocks.extend((first..first + BLOCK).map(filter));
        }
    }
    blocks
}

impl<T: Scalar> Layer<T> for Conv2d<T> {
    fn signature(&self) -> Signature {
        let (inputs, outputs) = (self.geometry.inputs(), self.outputs());
        Signature::new(
            format!("conv {0}×{0}", self.geometry.kernel),
            inputs,
            outputs,
            Regularity::Linear,
        )
        .costs(outputs * (self.geometry.size() + 1))
    }

    fn forward(&self, x: Matrix<T>) -> Matrix<T> {
        self.apply(&Recycled::from(checked("convolution", x, self.geometry.inputs())), true)
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        let input = Recycled::from(checked("convolution", x, self.geometry.inputs()));
        (self.apply(&input, true), Box::new(Convolved { layer: self, input }))
    }

    fn visit(&self, f: &mut dyn FnMut(Parameter<'_, T>)) {
        f(Parameter { name: "weight", role: Role::Weight, values: self.weight.view().into_dyn() });
        f(Parameter { name: "bias", role: Role::Bias, values: self.bias.view().into_dyn() });
    }

    fn visit_mut(&mut self, f: &mut dyn FnMut(ParameterMut<'_, T>)) {
        let values = self.weight.view_mut().into_dyn();
        f(ParameterMut { name: "weight", role: Role::Weight, values });
        let values = self.bias.view_mut().into_dyn();
        f(ParameterMut { name: "bias", role: Role::Bias, values });
    }
}

/// The same matrix at every row; the input is kept for the gradient of the weights.
struct Convolved<'a, T: Scalar> {
    layer: &'a Conv2d<T>,
    input: Recycled<T>,
}

impl<T: Scalar> LinearMap<T> for Convolved<'_, T> {
    fn dims(&self) -> Dims {
        Dims { rows: None, inputs: self.layer.geometry.inputs(), outputs: self.layer.outputs() }
    }

    fn jvp(&self, dx: Matrix<T>, _see: See<'_, T>) -> Matrix<T> {
        self.layer.apply(&checked("convolution", dx, self.layer.geometry.inputs()), false)
    }

    fn vjp(&self, dy: Matrix<T>, grad: &mut [T], want_dx: bool) -> Option<Matrix<T>> {
        let dy = Recycled::from(checked("convolution", dy, self.layer.outputs()));
        if !want_dx {
            self.backward(&dy, grad, None);
            return None;
        }
        let shape = (dy.nrows(), self.layer.geometry.inputs());
        Some(aligned::matrix(shape, |dx| self.backward(&dy, grad, Some(dx))))
    }

    fn constant(&self) -> Option<Matrix<T>> {
        let positions = self.layer.geometry.positions();
        let bias = self.layer.bias.iter().flat_map(|&b| std::iter::repeat_n(b, positions));
        Some(Array1::from_iter(bias).insert_axis(Axis(0)))
    }
}

impl<T: Scalar> Convolved<'_, T> {
    /// Adds `∂W`, the sums of `dy` times the inputs it saw, and `∂b = Σ dy` if there is a gradient;
    /// appends `dx`, itself a convolution of `dy`, if it is wanted.
    fn backward(&self, dy: &Matrix<T>, grad: &mut [T], mut dx: Option<&mut Vec<T>>) {
        let Conv2d { weight, bias, geometry } = self.layer;
        let Geometry { channels, height, width, kernel, .. } = *geometry;
        let (filters, size) = (bias.len(), geometry.size());
        let [input, output] = geometry.layouts(filters);
        let group = input.group();
        let mut xs = values(&self.input).chunks(group * geometry.inputs());
        let mut seen = (!grad.is_empty()).then(|| {
            let recorded = self.input.nrows();
            assert_eq!(recorded, dy.nrows(), "convolution: the gradient takes the recorded rows");
            let sums = vec![T::zero(); filters.next_multiple_of(BLOCK) * size * STEP];
            (Planes::new(input, kernel, group.min(recorded)), sums)
        });
        let weights = dx.is_some().then(|| self.layer.weights_back());
        let none = vec![T::zero(); channels];
        let mut planes = Planes::new(output, kernel, group.min(dy.nrows()));
        for dy in values(dy).chunks(group * self.layer.outputs()) {
            planes.put(dy);
            if let Some((seen, sums)) = &mut seen {
                seen.put(xs.next().expect("as many rows as recorded"));
                seen.correlate(&planes, sums);
            }
            if let (Some(dx), Some(weights)) = (&mut dx, &weights) {
                planes.convolve(weights, &none, [channels, height, width], dx);
            }
        }
        if let Some((_, sums)) = seen {
            let (grad, bias) = grad.split_at_mut(weight.len());
            for (i, parts) in sums.as_chunks().0.iter().enumerate() {
                let (block, k, f) = (i / (size * BLOCK), i / BLOCK % size, i % BLOCK);
                if let Some(g) = grad.get_mut((block * BLOCK + f) * size + k) {
                    *g += added(*parts);
                }
            }
            for row in values(dy).chunks_exact(self.layer.outputs()) {
                for (g, plane) in bias.iter_mut().zip(row.chunks_exact(geometry.positions())) {
                    *g += ArrayView1::from(plane).sum();
                }
            }
        }
    }
}

/// The sum, added in halves: many short sums, none of which waits for itself.
fn added<T: Scalar>(mut parts: [T; STEP]) -> T {
    let mut half = STEP / 2;
    while half > 0 {
        for i in 0..half {
            parts[i] += parts[i + half];
        }
        half /= 2;
    }
    parts[0]
}

/// The configuration of a [`Conv2d`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConvConfig {
    /// The number of filters, which are the channels of the output.
    pub filters: usize,
    /// The side of the kernel.
    pub kernel: usize,
    /// Zeros on every side.
    #[serde(default)]
    pub padding: usize,
}

impl LayerConfig for ConvConfig {
    const KIND: &'static str = "conv";

    fn build<T: Scalar>(&self, input: Shape<'_>, rng: &mut Generator) -> Result<Built<T>> {
        let Self { filters, kernel, padding } = *self;
        let [channels, height, width] = input.image()?;
        bounded("size of a convolution's weight", &[filters, channels, kernel, kernel])?;
        let side = |side: usize| side.saturating_add(padding.saturating_mul(2));
        bounded("size of a convolution's output", &[filters, side(height), side(width)])?;
        let layer = Conv2d::random([channels, height, width], filters, kernel, padding, rng)?;
        let shape = layer.output_shape();
        Ok(Built::new(layer, shape))
    }
}
