//! The 2-D convolution.

use super::planes::{Layout, Planes, Sums, Tap};
use super::config::product;
use super::rows::{checked, values};
use super::window::{Side, Windows};
use super::{
    Built, Dims, Layer, LayerConfig, LinearMap, Parameter, ParameterMut, Regularity, Role, See,
    Shape, Sides, Signature, Size, bounded,
};
use crate::aligned::{self, Recycled};
use crate::error::{Error, Result};
use crate::kernel::{BLOCK, STEP};
use crate::random::{Generator, normal};
use crate::scalar::{Matrix, Scalar};
use ndarray::{Array1, Array4, ArrayView1, Axis};
use serde::{Deserialize, Serialize};

/// `y[o, i, j] = b[o] + Σ_{c, u, v} W[o, c, u, v] · x[c, i + u − p, j + v − p]`, zero outside the image:
/// a cross-correlation with `p` zeros of padding on every side, as deep-learning libraries call convolution.
///
/// In general, with a stride `s`, a dilation `d`, `t` rows of zeros above the image and `l` columns left of it,
/// `x[c, s·i + d·u − t, s·j + d·v − l]`. With `g` groups the channels and the filters are cut into `g` equal parts,
/// and a filter sees only the channels of its part, over which the sum goes. With as many groups as channels the
/// convolution is called depthwise.
///
/// Computed directly, as a sum of shifted images times weights: no patches are copied, each number
/// is used for several filters while it is in a register, and nothing is computed that a stride leaves out.
///
/// # Shapes
/// `(rows, channels·height·width) → (rows, filters·height′·width′)` with
/// `height′ = ⌊(height + top + bottom − d·(kernel − 1) − 1) / s⌋ + 1` and `width′` alike, channel by channel, row by
/// row. Parameters `weight` (filters × channels/groups × kernel × kernel) and `bias` (filters);
/// `filters·(channels/groups·kernel² + 1)` multiply-adds for each output position. Kernels may be rectangular, and
/// `s` and `d` may differ between rows and columns.
///
/// ```
/// use switchnet::layer::{Conv2d, ConvConfig, Layer};
/// let sum = ndarray::Array4::ones((1, 1, 2, 2));
/// let layer = Conv2d::new([1, 2, 2], sum.clone(), ndarray::arr1(&[0.0]), 0)?;
/// let x = ndarray::array![[1.0, 2.0, 3.0, 4.0]];
/// assert_eq!(layer.forward(x.clone()), ndarray::array![[10.0]]);
///
/// // Every second position, with zeros above and on the left.
/// let padding = [1, 1, 0, 0].into();
/// let config = ConvConfig { padding, stride: 2.into(), ..ConvConfig::new(1, 2) };
/// let layer = Conv2d::with([1, 2, 2], &config, sum, ndarray::arr1(&[0.0]))?;
/// assert_eq!(layer.forward(x), ndarray::array![[1.0]]);
/// # Ok::<(), switchnet::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Conv2d<T> {
    weight: Array4<T>,
    bias: Array1<T>,
    geometry: Geometry,
}

/// The geometry, which has nothing to do with the weights.
#[derive(Clone, Debug)]
struct Geometry {
    name: String,
    groups: usize,
    /// Windows down and across.
    sides: [Side; 2],
    inputs: Layout,
    outputs: Layout,
}

/// What of a geometry is known before the images are laid out.
struct Sized {
    windows: Windows,
    sides: [Side; 2],
    outputs: [usize; 3],
    /// Filters that are not there, but counted in.
    spare: usize,
    /// Numbers that a row takes: planes of the inputs and of the outputs, sums, phases.
    row: usize,
}

impl Sized {
    fn new(shape: [usize; 3], config: &ConvConfig) -> Result<Self> {
        let ConvConfig { filters, kernel, padding, stride, dilation, groups } = *config;
        let channels = shape[0];
        let divides = |n: usize| groups > 0 && n.is_multiple_of(groups);
        if !divides(channels) || !divides(filters) {
            let expected = format!("a divisor of {channels} channels and {filters} filters");
            return Err(Error::new("groups of a convolution", expected, groups));
        }
        let (depth, own, Sides([tall, wide])) = (channels / groups, filters / groups, kernel);
        bounded("size of a convolution's weight", &[filters, depth, tall, wide])?;
        let windows = Windows { size: kernel, stride, dilation, padding, ceil: false };
        let sides = windows.on(shape, "kernel", "convolution")?;
        let [height, width] = sides.map(|side| side.count);
        bounded("size of a convolution's output", &[filters, height, width])?;
        // What it works on must fit as well: parts of sums, and planes.
        let blocks = own.next_multiple_of(BLOCK);
        let sums = [groups, blocks, depth, tall, wide, STEP];
        bounded("sums of a convolution", &sums)?;
        let (phases, spare) = (sides.map(|side| side.phases()), blocks - own);
        let seen = channels * phases[0] * phases[1];
        let [down, across] = sides.map(|side| side.apart());
        bounded("planes of a convolution", &[seen.max(filters + spare), down, across])?;
        let planes = product(&[seen + filters + spare, down, across]);
        let row = product(&sums).saturating_add(planes).saturating_add(8 * (phases[0] + phases[1]));
        Ok(Self { windows, sides, outputs: [filters, height, width], spare, row })
    }
}

impl Geometry {
    fn new(shape: [usize; 3], config: &ConvConfig) -> Result<Self> {
        let Sized { windows, sides, outputs, spare, .. } = Sized::new(shape, config)?;
        let groups = config.groups;
        let inputs = Layout::inputs(shape, sides);
        let outputs = Layout::outputs(outputs, sides, spare);
        let mut name = windows.name("conv", 1.into());
        if groups > 1 {
            name += &format!(", {groups} groups");
        }
        Ok(Self { name, groups, sides, inputs, outputs })
    }
}

impl<T: Scalar> Conv2d<T> {
    /// The convolution of images of `shape` (channels, height, width) with these parameters and
    /// `padding` zeros on every side.
    ///
    /// # Errors
    /// If the weight has another number of channels than the images or another number of filters than the
    /// bias, or if the kernel is larger than the padded image.
    pub fn new(
        shape: [usize; 3],
        weight: Array4<T>,
        bias: Array1<T>,
        padding: usize,
    ) -> Result<Self> {
        let (filters, _, height, width) = weight.dim();
        let config =
            ConvConfig { padding: padding.into(), ..ConvConfig::new(filters, [height, width]) };
        Self::with(shape, &config, weight, bias)
    }

    /// The convolution of a configuration with these parameters, whose shapes are filters × channels/groups ×
    /// kernel and filters.
    ///
    /// # Errors
    /// If they have others; if the groups do not divide channels and filters, a stride or a dilation is zero,
    /// or the kernel larger than the padded image; or if anything is larger than 2^30 numbers.
    pub fn with(
        shape: [usize; 3],
        config: &ConvConfig,
        weight: Array4<T>,
        bias: Array1<T>,
    ) -> Result<Self> {
        let geometry = Geometry::new(shape, config)?;
        let (filters, expected) = (config.filters, config.weight(shape[0]));
        if weight.dim() != expected || bias.len() != filters {
            let (a, b, c, d) = expected;
            let expected = format!("{a}×{b}×{c}×{d} and {filters} biases");
            let (a, b, c, d) = weight.dim();
            let found = format!("{a}×{b}×{c}×{d} and {} biases", bias.len());
            return Err(Error::new("shape of a convolution's weight", expected, found));
        }
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
        let config = ConvConfig { padding: padding.into(), ..ConvConfig::new(filters, kernel) };
        Self::random_with(shape, &config, rng)
    }

    /// The same for any configuration; with groups, a filter sees channels/groups of the channels.
    ///
    /// # Errors
    /// As [`with`](Self::with).
    pub fn random_with(
        shape: [usize; 3],
        config: &ConvConfig,
        rng: &mut Generator,
    ) -> Result<Self> {
        let geometry = Geometry::new(shape, config)?;
        let size = config.weight(shape[0]);
        let deviation = (2.0 / (size.1 * size.2 * size.3) as f64).sqrt();
        let weight = Array4::from_shape_simple_fn(size, || normal(rng, deviation));
        Ok(Self { weight, bias: Array1::zeros(config.filters), geometry })
    }

    /// (filters, height, width) of an output row.
    pub fn output_shape(&self) -> [usize; 3] {
        self.geometry.outputs.shape
    }

    fn inputs(&self) -> usize {
        self.geometry.inputs.shape.iter().product()
    }

    fn outputs(&self) -> usize {
        self.output_shape().iter().product()
    }

    /// The weights of a filter.
    fn size(&self) -> usize {
        self.weight.len() / self.bias.len()
    }

    /// `W x`, plus the bias if `bias`.
    fn apply(&self, x: &Matrix<T>, bias: bool) -> Matrix<T> {
        let (sums, layout) = (self.sums(bias), &self.geometry.inputs);
        let mut images = Planes::new(layout, layout.group().min(x.nrows()));
        aligned::matrix((x.nrows(), self.outputs()), |y| {
            for group in values(x).chunks(layout.group() * self.inputs()) {
                images.put(group);
                images.convolve(&sums, self.output_shape(), y);
            }
        })
    }

    /// The sums of each group.
    fn sums(&self, bias: bool) -> Vec<Sums<T>> {
        let (Geometry { groups, sides, .. }, size) = (&self.geometry, self.size());
        let filters = self.bias.len() / groups;
        let sums = |group: usize| {
            let first = group * filters;
            let own = &self.weights()[first * size..];
            let starts = self.bias.iter().skip(first).take(filters);
            Sums {
                taps: self.taps(group),
                weights: in_blocks(filters, size, |f, k| own[f * size + k]),
                start: starts.map(|&b| if bias { b } else { T::zero() }).collect(),
                channel: first,
                phases: sides.map(|side| side.outputs()),
            }
        };
        (0..*groups).map(sums).collect()
    }

    /// What each weight of a filter of this group is multiplied with.
    fn taps(&self, group: usize) -> Vec<Tap> {
        let ((_, depth, height, width), [down, across]) = (self.weight.dim(), self.geometry.sides);
        let (rows, columns) = (down.phases(), across.phases());
        let mut taps = Vec::with_capacity(self.size());
        for channel in group * depth..(group + 1) * depth {
            for u in 0..height {
                let plane = (channel * rows + u % rows) * columns;
                let tap = |v| Tap {
                    plane: plane + v % columns,
                    down: down.shift(u),
                    across: across.shift(v),
                };
                taps.extend((0..width).map(tap));
            }
        }
        taps
    }

    /// The sums that take gradients back: channels and filters change places, the kernel is turned by half a turn,
    /// and each phase of the inputs has those of the weights that see it.
    fn sums_back(&self) -> Vec<Sums<T>> {
        let ((all, depth, height, width), Geometry { groups, sides, inputs, .. }) =
            (self.weight.dim(), &self.geometry);
        let [down, across] = sides;
        let (filters, weights) = (all / groups, self.weights());
        let [rows, columns] = &inputs.phases;
        let mut sums = Vec::new();
        for group in 0..*groups {
            for (i, &row) in rows.iter().enumerate() {
                for (j, &column) in columns.iter().enumerate() {
                    if row.count * column.count == 0 {
                        continue; // of padding only
                    }
                    let (mut taps, mut places) = (Vec::new(), Vec::new());
                    for filter in group * filters..(group + 1) * filters {
                        for u in (i..height).step_by(rows.len()).rev() {
                            for v in (j..width).step_by(columns.len()).rev() {
                                taps.push(Tap {
                                    plane: filter,
                                    down: row.place + down.outputs().place - down.shift(u),
                                    across: column.place + across.outputs().place - across.shift(v),
                                });
                                places.push((filter * depth * height + u) * width + v);
                            }
                        }
                    }
                    let weight = |c: usize, k: usize| weights[places[k] + c * height * width];
                    sums.push(Sums {
                        weights: in_blocks(depth, taps.len(), weight),
                        taps,
                        start: vec![T::zero(); depth],
                        channel: group * depth,
                        phases: [row, column],
                    });
                }
            }
        }
        sums
    }

    fn weights(&self) -> &[T] {
        self.weight.as_slice().expect("a weight in standard layout")
    }
}

/// The numbers `at(f, k)` for blocks of sums `f`, zero where the last block has no more of them.
fn in_blocks<T: Scalar>(sums: usize, size: usize, at: impl Fn(usize, usize) -> T) -> Vec<T> {
    let mut blocks = Vec::with_capacity(sums.next_multiple_of(BLOCK) * size);
    for first in (0..sums).step_by(BLOCK) {
        for k in 0..size {
            let sum = |f| if f < sums { at(f, k) } else { T::zero() };
            blocks.extend((first..first + BLOCK).map(sum));
        }
    }
    blocks
}

impl<T: Scalar> Layer<T> for Conv2d<T> {
    fn signature(&self) -> Signature {
        let (inputs, outputs) = (self.inputs(), self.outputs());
        Signature::new(self.geometry.name.clone(), inputs, outputs, Regularity::Linear)
            .costs(outputs * (self.size() + 1))
    }

    fn forward(&self, x: Matrix<T>) -> Matrix<T> {
        self.apply(&Recycled::from(checked("convolution", x, self.inputs())), true)
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        let input = Recycled::from(checked("convolution", x, self.inputs()));
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
        Dims { rows: None, inputs: self.layer.inputs(), outputs: self.layer.outputs() }
    }

    fn jvp(&self, dx: Matrix<T>, _see: See<'_, T>) -> Matrix<T> {
        self.layer.apply(&checked("convolution", dx, self.layer.inputs()), false)
    }

    fn vjp(&self, dy: Matrix<T>, grad: &mut [T], want_dx: bool) -> Option<Matrix<T>> {
        let dy = Recycled::from(checked("convolution", dy, self.layer.outputs()));
        if !want_dx {
            self.backward(&dy, grad, None);
            return None;
        }
        let shape = (dy.nrows(), self.layer.inputs());
        Some(aligned::matrix(shape, |dx| self.backward(&dy, grad, Some(dx))))
    }

    fn constant(&self) -> Option<Matrix<T>> {
        let [_, height, width] = self.layer.output_shape();
        let each = |&b| std::iter::repeat_n(b, height * width);
        Some(Array1::from_iter(self.layer.bias.iter().flat_map(each)).insert_axis(Axis(0)))
    }
}

impl<T: Scalar> Convolved<'_, T> {
    /// Adds `∂W`, the sums of `dy` times the inputs it saw, and `∂b = Σ dy` if there is a gradient;
    /// appends `dx`, itself convolutions of `dy`, if it is wanted.
    fn backward(&self, dy: &Matrix<T>, grad: &mut [T], mut dx: Option<&mut Vec<T>>) {
        let Conv2d { weight, bias, geometry } = self.layer;
        let Geometry { groups, inputs, outputs, .. } = geometry;
        let (group, size) = (inputs.group(), self.layer.size());
        let filters = bias.len() / groups;
        let parts = filters.next_multiple_of(BLOCK) * size;
        let mut xs = values(&self.input).chunks(group * self.layer.inputs());
        let mut seen = (!grad.is_empty()).then(|| {
            let recorded = self.input.nrows();
            assert_eq!(recorded, dy.nrows(), "convolution: the gradient takes the recorded rows");
            let taps: Vec<_> = (0..*groups).map(|group| self.layer.taps(group)).collect();
            let sums = vec![T::zero(); groups * parts * STEP];
            (Planes::new(inputs, group.min(recorded)), taps, sums)
        });
        let back = dx.is_some().then(|| self.layer.sums_back());
        let mut planes = Planes::new(outputs, group.min(dy.nrows()));
        for dy in values(dy).chunks(group * self.layer.outputs()) {
            planes.put(dy);
            if let Some((seen, taps, sums)) = &mut seen {
                seen.put(xs.next().expect("as many rows as recorded"));
                let each = taps.iter().zip(sums.chunks_exact_mut(parts * STEP));
                for (group, (taps, sums)) in each.enumerate() {
                    seen.correlate(taps, &planes, group * filters, sums);
                }
            }
            if let (Some(dx), Some(back)) = (&mut dx, &back) {
                planes.convolve(back, inputs.shape, dx);
            }
        }
        if let Some((.., sums)) = seen {
            let (grad, bias) = grad.split_at_mut(weight.len());
            let sums = sums.as_chunks().0.chunks_exact(parts);
            for (grad, sums) in grad.chunks_exact_mut(filters * size).zip(sums) {
                for (i, parts) in sums.iter().enumerate() {
                    let (block, k, f) = (i / (size * BLOCK), i / BLOCK % size, i % BLOCK);
                    if let Some(g) = grad.get_mut((block * BLOCK + f) * size + k) {
                        *g += added(*parts);
                    }
                }
            }
            let [_, height, width] = outputs.shape;
            for row in values(dy).chunks_exact(self.layer.outputs()) {
                for (g, plane) in bias.iter_mut().zip(row.chunks_exact(height * width)) {
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
    /// The height and the width of the kernel.
    pub kernel: Sides<2>,
    /// Zeros above, on the left, below and on the right.
    #[serde(default = "Sides::zero")]
    pub padding: Sides<4>,
    /// By how much the kernel moves from output to output, down and across.
    #[serde(default = "Sides::one", skip_serializing_if = "Sides::is_one")]
    pub stride: Sides<2>,
    /// How far apart the inputs are that the kernel sees, down and across.
    #[serde(default = "Sides::one", skip_serializing_if = "Sides::is_one")]
    pub dilation: Sides<2>,
    /// Into how many parts channels and filters are cut.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub groups: usize,
}

fn one() -> usize {
    1
}

fn is_one(number: &usize) -> bool {
    *number == 1
}

impl Default for ConvConfig {
    /// One filter of 3 × 3.
    fn default() -> Self {
        Self::new(1, 3)
    }
}

impl ConvConfig {
    /// So many filters, without padding, stride 1, dilation 1, one group.
    pub fn new(filters: usize, kernel: impl Into<Sides<2>>) -> Self {
        Self {
            filters,
            kernel: kernel.into(),
            padding: 0.into(),
            stride: 1.into(),
            dilation: 1.into(),
            groups: 1,
        }
    }

    /// The shape of the weight for images of so many channels, which the groups divide.
    fn weight(&self, channels: usize) -> (usize, usize, usize, usize) {
        let Sides([height, width]) = self.kernel;
        (self.filters, channels / self.groups, height, width)
    }
}

impl LayerConfig for ConvConfig {
    const KIND: &'static str = "conv";

    fn build<T: Scalar>(&self, input: Shape<'_>, rng: &mut Generator) -> Result<Built<T>> {
        let layer = Conv2d::random_with(input.image()?, self, rng)?;
        let shape = layer.output_shape();
        Ok(Built::new(layer, shape))
    }

    fn size(&self, input: Shape<'_>) -> Result<Size> {
        let shape = input.image()?;
        let Sized { outputs, row, .. } = Sized::new(shape, self)?;
        let (filters, depth, height, width) = self.weight(shape[0]);
        let parameters = product(&[filters, depth * height * width + 1]);
        let multiply_adds = product(&[parameters, outputs[1], outputs[2]]);
        Ok(Size { parameters, multiply_adds, row, ..Size::new(outputs) })
    }
}
