//! Numbers put elsewhere: what images and sequences are rearranged by.

use super::block_diagonal::{is_one, one};
use super::fixed_transform::divides;
use super::rows::{checked, values};
use super::window::{Side, Windows};
use super::{
    Built, Dims, Layer, LayerConfig, LinearMap, Regularity, See, Shape, Sides, Signature, Size,
    bounded,
};
use crate::aligned::{self, Recycled};
use crate::error::{Error, Result};
use crate::kernel;
use crate::random::Generator;
use crate::scalar::{Matrix, Scalar};
use serde::{Deserialize, Serialize};

/// `y_i = x_{s(i)}`, or 0 where `s` names no input: a fixed choice of inputs for the outputs.
///
/// Layers that share their parameters over the positions of an image take it *channels last*, as (height, width,
/// channels): all channels of a position side by side, so that positions are rows. A sequence is an image of
/// height 1. Both orders are three sides, and no layer can tell which it was given: between `channels-last` and
/// `channels-first` stand only layers that say they take channels last.
///
/// | gather | from | to |
/// |---|---|---|
/// | [`channels_last`](Self::channels_last) | (channels, height, width) | (height, width, channels) |
/// | [`channels_first`](Self::channels_first) | (height, width, channels) | (channels, height, width) |
/// | [`patches`](Self::patches) | (height, width, channels) | (height′, width′, all numbers of a window) |
/// | [`shift`](Self::shift) | (height, width, channels) | the same |
/// | [`z_order`](Self::z_order) | (channels, height, width) | plain features |
/// | [`stride`](Self::stride) | plain features | the same |
/// | [`bit_reversal`](Self::bit_reversal) | plain features | the same |
///
/// # Shapes
/// `(rows, inputs) → (rows, outputs)`. No parameters and no arithmetic.
///
/// ```
/// use switchnet::layer::{Gather, Layer};
/// let reversed = Gather::new("reversed", 3, vec![Some(2), Some(1), Some(0), None])?;
/// assert_eq!(reversed.forward(ndarray::array![[1.0, 2.0, 3.0]]), ndarray::array![[3.0, 2.0, 1.0, 0.0]]);
/// # Ok::<(), switchnet::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Gather {
    name: String,
    table: kernel::Gather,
}

impl Gather {
    /// Output `i` is input `from[i]`, or zero. `name` is what summaries say.
    ///
    /// # Errors
    /// If there are no inputs or no outputs, more than 2^30 of them, or one is from an input that is not there.
    pub fn new(
        name: impl Into<String>,
        inputs: usize,
        from: Vec<Option<usize>>,
    ) -> Result<Self> {
        bounded("inputs of a gather", &[inputs])?;
        bounded("outputs of a gather", &[from.len()])?;
        if let Some(missing) = from.iter().flatten().find(|&&input| input >= inputs) {
            let expected = format_args!("less than {inputs}");
            return Err(Error::new("input of a gather", expected, missing));
        }
        let table = kernel::Gather::new(inputs, &from).expect("inputs that are there");
        Ok(Self { name: name.into(), table })
    }

    /// From images of `shape` (channels, height, width) to (height, width, channels).
    ///
    /// # Errors
    /// If a side is zero or the image has more than 2^30 numbers.
    pub fn channels_last([channels, height, width]: [usize; 3]) -> Result<Self> {
        let positions = bounded_image([channels, height, width])? / channels;
        let from = (0..positions).flat_map(|p| (0..channels).map(move |c| Some(c * positions + p)));
        Self::new("channels-last", positions * channels, from.collect())
    }

    /// From images of `shape` (height, width, channels) to (channels, height, width): undoes
    /// [`channels_last`](Self::channels_last).
    ///
    /// # Errors
    /// If a side is zero or the image has more than 2^30 numbers.
    pub fn channels_first([height, width, channels]: [usize; 3]) -> Result<Self> {
        let positions = bounded_image([channels, height, width])? / channels;
        let from = (0..channels).flat_map(|c| (0..positions).map(move |p| Some(p * channels + c)));
        Self::new("channels-first", positions * channels, from.collect())
    }

    /// The numbers that windows see of images of `shape` (height, width, channels), window by window: of each, row
    /// by row, all channels of a position side by side. What is outside of the image is zero.
    ///
    /// # Errors
    /// If a window is empty or larger than the padded image, a stride is zero, or the padded image or all patches
    /// together have more than 2^30 numbers.
    pub fn patches(shape: [usize; 3], config: &PatchesConfig) -> Result<Self> {
        let ([height, width, channels], windows) = (shape, config.windows());
        let [down, across] = config.sides(shape)?;
        let mut from = Vec::new();
        for (i, j) in pairs(down.count, across.count) {
            for (a, b) in pairs(down.window, across.window) {
                let row = (i * down.stride + a).checked_sub(down.zeros[0]).filter(|&r| r < height);
                let column =
                    (j * across.stride + b).checked_sub(across.zeros[0]).filter(|&c| c < width);
                let position = row.zip(column).map(|(row, column)| row * width + column);
                from.extend((0..channels).map(|c| position.map(|p| p * channels + c)));
            }
        }
        Self::new(windows.name("patches", config.size), height * width * channels, from)
    }

    /// Images of `shape` (height, width, channels) whose channels are moved, one group of them for each offset of a
    /// window. What moves out of the image comes in on the other side, so the map is orthonormal.
    ///
    /// # Errors
    /// If the window is empty, has more numbers than there are channels, or is larger than the image; if a side of the
    /// image is zero or it has more than 2^30 numbers.
    pub fn shift(shape: [usize; 3], config: &ShiftConfig) -> Result<Self> {
        let [height, width, channels] = shape;
        let Sides([tall, wide]) = config.checked(shape)?;
        let groups = groups(channels, tall * wide);
        let toward = |position: usize, step: usize, window: usize, side: usize| {
            // Even windows reach one further ahead; reversed ones, one further back.
            let back = if config.reverse { window / 2 } else { (window - 1) / 2 };
            (position + side + step - back) % side
        };
        let mut from = Vec::with_capacity(height * width * channels);
        for (i, j) in pairs(height, width) {
            for (group, (a, b)) in groups.iter().zip(pairs(tall, wide)) {
                let position = toward(i, a, tall, height) * width + toward(j, b, wide, width);
                from.extend(group.clone().map(|c| Some(position * channels + c)));
            }
        }
        Self::new(format!("shift {tall}×{wide}"), height * width * channels, from)
    }

    /// Images of `shape` (channels, height, width) in Z-order: position by position with the bits of row and column
    /// interleaved. Where both sides are multiples of `2^k`, every `4^k` positions in a row, from the first on, are a
    /// square of side `2^k`. All channels of a position stand side by side. With a `size`, zeros are put
    /// around the image first, to that height and width.
    ///
    /// Source: G. M. Morton, *A computer oriented geodetic data base* (IBM, 1966).
    ///
    /// # Errors
    /// If a side is zero, or the size smaller than the image or more than 2^30 numbers.
    pub fn z_order(shape: [usize; 3], size: Option<Sides<2>>) -> Result<Self> {
        let [channels, height, width] = shape;
        let Sides([tall, wide]) = Self::sides_in_z_order(shape, size)?;
        let (top, left) = ((tall - height) / 2, (wide - width) / 2);
        let mut positions: Vec<_> = pairs(tall, wide).collect();
        positions.sort_by_key(|&(i, j)| spread(i) << 1 | spread(j));
        let from = positions.into_iter().flat_map(|(i, j)| {
            let row = i.checked_sub(top).filter(|&row| row < height);
            let column = j.checked_sub(left).filter(|&column| column < width);
            let position = row.zip(column).map(|(row, column)| row * width + column);
            (0..channels).map(move |c| position.map(|p| c * height * width + p))
        });
        Self::new("z-order", height * width * channels, from.collect())
    }

    /// The stride permutation `L(block, stride)` of every `block` numbers of a row of `n`: those a `stride` apart come to
    /// stand side by side, as in a matrix of `block/stride × stride` that is transposed. Number `i·m + j`, `m = block/stride`,
    /// is number `j·stride + i` of the block. A stride of `m` undoes it; strides of 2 and of half a block are the perfect
    /// shuffles. With a *run* `r` the numbers are runs of `r` that stay together: `L(block/r, stride) ⊗ I_r`.
    ///
    /// Source: C. Van Loan, *Computational Frameworks for the Fast Fourier Transform* (SIAM, 1992).
    ///
    /// # Errors
    /// If the stride does not divide the runs of a block, or a run not the block, or the block not the row, or one is zero or `n`
    /// beyond 2^30.
    pub fn stride(n: usize, block: usize, stride: usize, run: usize) -> Result<Self> {
        strides(n, block, stride, run)?;
        let runs = block / run;
        let columns = runs / stride;
        let place = |p: usize| p / runs * runs + p % columns * stride + p % runs / columns;
        let name = match run {
            1 => format!("stride {stride} of {block}"),
            _ => format!("stride {stride} of {runs}×{run}"),
        };
        Self::new(name, n, (0..n).map(|p| Some(place(p / run) * run + p % run)).collect())
    }

    /// The numbers in the order of their places read backwards in binary; it undoes itself.
    ///
    /// # Errors
    /// If `n` is no power of two, or beyond 2^30.
    pub fn bit_reversal(n: usize) -> Result<Self> {
        power_of_two(n)?;
        let reversed = |p: usize| match n.trailing_zeros() {
            0 => p,
            bits => p.reverse_bits() >> (usize::BITS - bits),
        };
        Self::new("bit-reversal", n, (0..n).map(|p| Some(reversed(p))).collect())
    }

    /// The sides with the zeros around the image.
    fn sides_in_z_order(shape: [usize; 3], size: Option<Sides<2>>) -> Result<Sides<2>> {
        let [channels, height, width] = shape;
        bounded_image(shape)?;
        let sides = size.unwrap_or([height, width].into());
        let Sides([tall, wide]) = sides;
        if tall < height || wide < width {
            let expected = format!("at least {height}×{width}, as the image has");
            return Err(Error::new("size of a Z-order", expected, format!("{tall}×{wide}")));
        }
        bounded_image([channels, tall, wide])?;
        Ok(sides)
    }

    fn push<T: Scalar>(&self, x: Matrix<T>) -> Matrix<T> {
        let x = Recycled::from(checked(&self.name, x, self.table.inputs()));
        aligned::matrix((x.nrows(), self.table.outputs()), |y| self.table.push(values(&x), y))
    }

    fn pull<T: Scalar>(&self, dy: Matrix<T>) -> Matrix<T> {
        let dy = Recycled::from(checked(&self.name, dy, self.table.outputs()));
        aligned::matrix((dy.nrows(), self.table.inputs()), |dx| self.table.pull(values(&dy), dx))
    }
}

/// Whether a stride divides the blocks of a row.
fn strides(n: usize, block: usize, stride: usize, run: usize) -> Result<()> {
    bounded("row to rearrange", &[n])?;
    divides(block, Shape(&[n]))?;
    if run == 0 || !block.is_multiple_of(run) {
        let expected = format_args!("a divisor of the {block} numbers that are rearranged");
        return Err(Error::new("run", expected, run));
    }
    let runs = block / run;
    if stride == 0 || !runs.is_multiple_of(stride) {
        let what = if run == 1 { "numbers" } else { "runs" };
        let expected = format_args!("a divisor of the {runs} {what} that are rearranged");
        return Err(Error::new("stride", expected, stride));
    }
    Ok(())
}

/// Whether a row has a length that bits can be reversed of.
fn power_of_two(n: usize) -> Result<()> {
    bounded("row to rearrange", &[n])?;
    match n.is_power_of_two() {
        true => Ok(()),
        false => Err(Error::new("length of a bit reversal", "a power of two", n)),
    }
}

/// `0..outer × 0..inner`, row by row.
fn pairs(outer: usize, inner: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..outer).flat_map(move |i| (0..inner).map(move |j| (i, j)))
}

/// The bits of `i` with a zero before each.
fn spread(i: usize) -> u64 {
    (0..31).fold(0, |all, bit| all | ((i as u64 >> bit & 1) << (2 * bit)))
}

/// The size of a gather with outputs of this shape, each of which has its place in a table.
fn tabled(shape: impl Into<Vec<usize>>) -> Size {
    let size = Size::new(shape);
    Size { row: size.row.saturating_mul(4), ..size }
}

/// The number of numbers of an image.
fn bounded_image(shape: [usize; 3]) -> Result<usize> {
    bounded("image to rearrange", &shape)?;
    Ok(shape.iter().product())
}

/// `channels` in `count` groups of nearly one size. Where they are many, groups end at multiples of a power of two,
/// so that they are moved by registers.
fn groups(channels: usize, count: usize) -> Vec<std::ops::Range<usize>> {
    let largest = 1 << channels.trailing_zeros();
    let unit = (0..).map(|bit| 1 << bit).take_while(|&u| u <= largest && u * count <= channels);
    let unit = unit.last().unwrap_or(1);
    let units = channels / unit;
    let end = |group: usize| (group * units + count / 2) / count * unit;
    (0..count).map(|group| end(group)..end(group + 1)).collect()
}

impl<T: Scalar> Layer<T> for Gather {
    fn signature(&self) -> Signature {
        let (inputs, outputs) = (self.table.inputs(), self.table.outputs());
        Signature::new(self.name.clone(), inputs, outputs, Regularity::Linear)
    }

    fn forward(&self, x: Matrix<T>) -> Matrix<T> {
        self.push(x)
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        (self.push(x), Box::new(Gathered { gather: self }))
    }
}

/// The layer is linear, so its Jacobian is the layer, at every row.
struct Gathered<'a> {
    gather: &'a Gather,
}

impl<T: Scalar> LinearMap<T> for Gathered<'_> {
    fn dims(&self) -> Dims {
        let table = &self.gather.table;
        Dims { rows: None, inputs: table.inputs(), outputs: table.outputs() }
    }

    fn jvp(&self, dx: Matrix<T>, _see: See<'_, T>) -> Matrix<T> {
        self.gather.push(dx)
    }

    fn vjp(&self, dy: Matrix<T>, _grad: &mut [T], want_dx: bool) -> Option<Matrix<T>> {
        want_dx.then(|| self.gather.pull(dy))
    }
}

/// The configuration of [`Gather::channels_last`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelsLastConfig {}

impl LayerConfig for ChannelsLastConfig {
    const KIND: &'static str = "channels-last";

    fn build<T: Scalar>(&self, input: Shape<'_>, _rng: &mut Generator) -> Result<Built<T>> {
        let [channels, height, width] = input.image()?;
        let gather = Gather::channels_last([channels, height, width])?;
        Ok(Built::new(gather, [height, width, channels]))
    }

    fn size(&self, input: Shape<'_>) -> Result<Size> {
        let [channels, height, width] = input.image()?;
        Ok(tabled([height, width, channels]))
    }
}

/// The configuration of [`Gather::channels_first`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelsFirstConfig {}

impl LayerConfig for ChannelsFirstConfig {
    const KIND: &'static str = "channels-first";

    fn build<T: Scalar>(&self, input: Shape<'_>, _rng: &mut Generator) -> Result<Built<T>> {
        let [height, width, channels] = input.positions()?;
        let gather = Gather::channels_first([height, width, channels])?;
        Ok(Built::new(gather, [channels, height, width]))
    }

    fn size(&self, input: Shape<'_>) -> Result<Size> {
        let [height, width, channels] = input.positions()?;
        Ok(tabled([channels, height, width]))
    }
}

/// The configuration of [`Gather::patches`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PatchesConfig {
    /// The height and the width of a patch.
    pub size: Sides<2>,
    /// From one patch to the next, down and across; if it is not said they stand side by side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stride: Option<Sides<2>>,
    /// How far patches may reach over the border above, on the left, below and on the right.
    #[serde(default = "Sides::zero", skip_serializing_if = "Sides::is_zero")]
    pub padding: Sides<4>,
}

impl Default for PatchesConfig {
    /// Patches of 2 × 2.
    fn default() -> Self {
        Self::new(2)
    }
}

impl PatchesConfig {
    /// Patches of this size, side by side.
    pub fn new(size: impl Into<Sides<2>>) -> Self {
        Self { size: size.into(), stride: None, padding: 0.into() }
    }

    fn windows(&self) -> Windows {
        let stride = self.stride.unwrap_or(self.size);
        let (dilation, padding) = (Sides::one(), self.padding);
        Windows { size: self.size, stride, dilation, padding, ceil: false }
    }

    /// The windows down and across an image of this shape, if all patches together are not too large.
    fn sides(&self, [height, width, channels]: [usize; 3]) -> Result<[Side; 2]> {
        let sides = self.windows().on([channels, height, width], "size", "patch")?;
        let [down, across] = sides;
        bounded("patches", &[down.count, across.count, down.window, across.window, channels])?;
        Ok(sides)
    }

    /// The shape of all patches of an image of this shape.
    fn shape(&self, shape: [usize; 3]) -> Result<[usize; 3]> {
        let [down, across] = self.sides(shape)?.map(|side| side.count);
        Ok([down, across, shape[2] * self.size.0[0] * self.size.0[1]])
    }
}

impl LayerConfig for PatchesConfig {
    const KIND: &'static str = "patches";

    fn build<T: Scalar>(&self, input: Shape<'_>, _rng: &mut Generator) -> Result<Built<T>> {
        let [height, width, channels] = input.positions()?;
        let gather = Gather::patches([height, width, channels], self)?;
        Ok(Built::new(gather, self.shape([height, width, channels])?))
    }

    fn size(&self, input: Shape<'_>) -> Result<Size> {
        Ok(tabled(self.shape(input.positions()?)?))
    }
}

/// The configuration of [`Gather::shift`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShiftConfig {
    /// The height and the width of the window whose offsets the groups of channels get.
    pub window: Sides<2>,
    /// Whether a window with an even side reaches one further back instead of ahead.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reverse: bool,
}

impl Default for ShiftConfig {
    /// A window of 3 × 3.
    fn default() -> Self {
        Self { window: 3.into(), reverse: false }
    }
}

impl ShiftConfig {
    /// The window, if an image of this shape has room and channels for it.
    fn checked(&self, shape: [usize; 3]) -> Result<Sides<2>> {
        let [height, width, channels] = shape;
        let Sides([tall, wide]) = self.window;
        bounded_image(shape)?;
        let inside = (1..=height).contains(&tall) && (1..=width).contains(&wide);
        if !inside || tall * wide > channels {
            let expected = format!(
                "1 to {height} × 1 to {width}, with an offset for at least one of {channels} channels"
            );
            return Err(Error::new("window of a shift", expected, self.window));
        }
        Ok(self.window)
    }
}

impl LayerConfig for ShiftConfig {
    const KIND: &'static str = "shift";

    fn build<T: Scalar>(&self, input: Shape<'_>, _rng: &mut Generator) -> Result<Built<T>> {
        Ok(Built::keeping(input, Gather::shift(input.positions()?, self)?))
    }

    fn size(&self, input: Shape<'_>) -> Result<Size> {
        self.checked(input.positions()?)?;
        Ok(tabled(input.0))
    }
}

/// The configuration of [`Gather::z_order`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZOrderConfig {
    /// The height and the width with zeros around the image; those of the image if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<Sides<2>>,
}

impl LayerConfig for ZOrderConfig {
    const KIND: &'static str = "z-order";

    fn build<T: Scalar>(&self, input: Shape<'_>, _rng: &mut Generator) -> Result<Built<T>> {
        let gather = Gather::z_order(input.image()?, self.size)?;
        let outputs = gather.table.outputs();
        Ok(Built::new(gather, [outputs]))
    }

    fn size(&self, input: Shape<'_>) -> Result<Size> {
        let image = input.image()?;
        let Sides([tall, wide]) = Gather::sides_in_z_order(image, self.size)?;
        Ok(tabled([image[0] * tall * wide]))
    }
}

/// The configuration of [`Gather::stride`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StrideConfig {
    /// How far apart numbers are that come to stand side by side.
    pub stride: usize,
    /// How many numbers are rearranged together; all if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<usize>,
    /// How many numbers stay together.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub run: usize,
}

impl Default for StrideConfig {
    /// A stride of 2.
    fn default() -> Self {
        Self { stride: 2, block: None, run: 1 }
    }
}

impl LayerConfig for StrideConfig {
    const KIND: &'static str = "stride";

    fn build<T: Scalar>(&self, input: Shape<'_>, _rng: &mut Generator) -> Result<Built<T>> {
        let n = input.len();
        Ok(Built::new(Gather::stride(n, self.block.unwrap_or(n), self.stride, self.run)?, [n]))
    }

    fn size(&self, input: Shape<'_>) -> Result<Size> {
        let n = input.len();
        strides(n, self.block.unwrap_or(n), self.stride, self.run)?;
        Ok(tabled([input.len()]))
    }
}

/// The configuration of [`Gather::bit_reversal`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BitReversalConfig {}

impl LayerConfig for BitReversalConfig {
    const KIND: &'static str = "bit-reversal";

    fn build<T: Scalar>(&self, input: Shape<'_>, _rng: &mut Generator) -> Result<Built<T>> {
        let n = input.len();
        Ok(Built::new(Gather::bit_reversal(n)?, [n]))
    }

    fn size(&self, input: Shape<'_>) -> Result<Size> {
        power_of_two(input.len())?;
        Ok(tabled([input.len()]))
    }
}

/// The configuration of [`Gather::new`]: any choice of inputs, written out.
///
/// ```
/// let spec: switchnet::net::Spec = toml::from_str(r#"
///     input = [3]
///     seed = 1
///     layers = [{ kind = "gather", indices = [2, 0, -1] }]
/// "#)?;
/// use switchnet::layer::Layer;
/// let y = spec.build::<f64>()?.forward(ndarray::array![[5.0, 6.0, 7.0]]);
/// assert_eq!(y, ndarray::array![[7.0, 5.0, 0.0]]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatherConfig {
    /// Of each output the place of its input, counted from 0, or −1 for a zero.
    pub indices: Vec<i64>,
}

impl GatherConfig {
    /// The outputs that [`Gather::new`] takes `from` inputs.
    pub fn new(from: &[Option<usize>]) -> Self {
        Self { indices: from.iter().map(|from| from.map_or(-1, |input| input as i64)).collect() }
    }
}

impl LayerConfig for GatherConfig {
    const KIND: &'static str = "gather";

    fn build<T: Scalar>(&self, input: Shape<'_>, _rng: &mut Generator) -> Result<Built<T>> {
        let from = self.indices.iter().map(|&index| match index {
            -1 => Ok(None),
            index => usize::try_from(index).map(Some).map_err(|_| {
                Error::new("input of a gather", "a place, or −1 for a zero", index)
            }),
        });
        let from = from.collect::<Result<Vec<_>>>()?;
        let outputs = from.len();
        Ok(Built::new(Gather::new("gather", input.len(), from)?, [outputs]))
    }

    fn size(&self, input: Shape<'_>) -> Result<Size> {
        bounded("outputs of a gather", &[self.indices.len()])?;
        // The layer has a table of its inputs too.
        let size = tabled([self.indices.len()]);
        Ok(Size { row: size.row.saturating_add(input.len()), ..size })
    }
}
