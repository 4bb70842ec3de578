//! Convolutions and pools.

use super::graph::Value;
use super::layer::Part;
use super::message::{integer, integers};
use super::moves::{first, image, last};
use switchnet::Result;
use switchnet::layer::{AveragePoolConfig, ConvConfig, MaxPoolConfig, Sides};

pub(super) fn conv(part: &mut Part<'_, '_>) -> Result<Value> {
    let ConvConfig { filters, kernel, padding, stride, dilation, groups, .. } = part.config()?;
    let [channels, height, width] = image(part.shape)?;
    let (Sides([tall, wide]), Sides(pads)) = (kernel, padding);
    let weight = part.parameter("weight", &[filters, channels / groups, tall, wide])?;
    let bias = part.parameter("bias", &[filters])?;
    let count = |length: usize, i: usize| {
        (pads[i] + length + pads[i + 2] - 1 - dilation.0[i] * (kernel.0[i] - 1)) / stride.0[i] + 1
    };
    let sides = [filters, count(height, 0), count(width, 1)];
    let attributes = [
        integers("kernel_shape", &kernel.0),
        integers("pads", &pads),
        integers("strides", &stride.0),
        integers("dilations", &dilation.0),
        integer("group", groups),
    ];
    let x = part.x(part.shape);
    Ok(part.graph().node("Conv", [&x.name, &weight, &bias], attributes, &sides))
}

/// The windows of a pool along one side.
struct Line {
    size: usize,
    stride: usize,
    before: usize,
    length: usize,
    /// What is inside of the padded image ends here, counted from where its padding begins.
    end: usize,
    count: usize,
}

impl Line {
    /// How much padding behind makes just these windows: that of a last one that goes out of the padded image too. So there
    /// is nothing to be rounded up, on which programs do not agree.
    fn after(&self) -> usize {
        let reach = (self.count - 1) * self.stride + self.size;
        reach.saturating_sub(self.before + self.length)
    }

    /// How many places each window has in the padded image.
    fn shares(&self) -> impl Iterator<Item = usize> {
        (0..self.count).map(|i| self.size.min(self.end - i * self.stride))
    }
}

/// The windows down and across, for an image of these sides.
fn lines(
    [height, width]: [usize; 2],
    size: Sides<2>,
    stride: Option<Sides<2>>,
    padding: Sides<4>,
    ceil: bool,
) -> [Line; 2] {
    let (Sides(size), Sides(stride), Sides(pads)) = (size, stride.unwrap_or(size), padding);
    let line = |length: usize, i: usize| {
        let (size, stride, before, end) =
            (size[i], stride[i], pads[i], pads[i] + length + pads[i + 2]);
        let rest = end - size;
        let count = rest / stride + 1;
        let more = ceil && !rest.is_multiple_of(stride) && count * stride < before + length;
        Line { size, stride, before, length, end, count: count + usize::from(more) }
    };
    [line(height, 0), line(width, 1)]
}

/// The attributes that all pools have.
fn attributes([down, across]: &[Line; 2]) -> [super::Message; 3] {
    [
        integers("kernel_shape", &[down.size, across.size]),
        integers("strides", &[down.stride, across.stride]),
        integers("pads", &[down.before, across.before, down.after(), across.after()]),
    ]
}

pub(super) fn max_pool(part: &mut Part<'_, '_>) -> Result<Value> {
    let MaxPoolConfig { size, stride, padding, ceil, .. } = part.config()?;
    let [channels, height, width] = image(part.shape)?;
    let lines = lines([height, width], size, stride, padding, ceil);
    let sides = [channels, lines[0].count, lines[1].count];
    let x = part.x(part.shape);
    Ok(part.graph().node("MaxPool", [&x.name], attributes(&lines), &sides))
}

pub(super) fn average_pool(part: &mut Part<'_, '_>) -> Result<Value> {
    let config: AveragePoolConfig = part.config()?;
    let shape = part.shape;
    let mut x = part.x(shape);
    if config.channels_last {
        x = first(part, &x);
    }
    let [channels, height, width] = image(&x.sides)?;
    let size = config.size.unwrap_or(Sides([height, width]));
    let lines = lines([height, width], size, config.stride, config.padding, config.ceil);
    let sides = [channels, lines[0].count, lines[1].count];
    let [kernel, strides, pads] = attributes(&lines);
    let all = [kernel, strides, pads, integer("count_include_pad", config.count_padding.into())];
    let mut y = part.graph().node("AveragePool", [&x.name], all, &sides);
    // What a last window has beyond the padded image is not counted.
    let shares: Vec<f64> = lines[0]
        .shares()
        .flat_map(|down| lines[1].shares().map(move |across| (down * across) as f64))
        .collect();
    let whole = (lines[0].size * lines[1].size) as f64;
    if config.count_padding && shares.iter().any(|&share| share < whole) {
        let factors: Vec<f64> = shares.iter().map(|share| whole / share).collect();
        let factors = part.own("shares", &sides[1..], &factors);
        y = part.graph().node("Mul", [&y.name, &factors], [], &sides);
    }
    Ok(if config.channels_last { last(part, &y) } else { y })
}
