//! Convolutions and pools.

use super::graph::Value;
use super::layer::Part;
use super::message::{integer, integers};
use super::moves::{first, image, last};
use crate::window::Line;
use switchnet::Result;
use switchnet::layer::{AveragePoolConfig, ConvConfig, MaxPoolConfig, Sides};

pub(super) fn conv(part: &mut Part<'_, '_>) -> Result<Value> {
    let ConvConfig { filters, kernel, padding, stride, dilation, groups, .. } = part.config()?;
    let [channels, height, width] = image(part.shape)?;
    let (Sides([tall, wide]), Sides(pads)) = (kernel, padding);
    let weight = part.parameter("weight", &[filters, channels / groups, tall, wide])?;
    let bias = part.parameter("bias", &[filters])?;
    let lines = lines([height, width], kernel, stride, dilation, padding);
    let [down, across] = counts(&lines, false);
    let sides = [filters, down, across];
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

/// The windows down and across, for an image of these sides.
fn lines(
    lengths: [usize; 2],
    Sides(size): Sides<2>,
    Sides(stride): Sides<2>,
    Sides(dilation): Sides<2>,
    Sides(pads): Sides<4>,
) -> [Line; 2] {
    [0, 1].map(|k| Line {
        length: lengths[k],
        size: size[k],
        stride: stride[k],
        dilation: dilation[k],
        padding: [pads[k], pads[k + 2]],
    })
}

/// How many there are.
fn counts(lines: &[Line; 2], ceil: bool) -> [usize; 2] {
    lines.map(|line| line.count(ceil).expect("a window, as there is the layer"))
}

/// The attributes that all pools have. Padding behind makes just these windows, so there is nothing to be rounded up, on
/// which programs do not agree.
fn attributes([a, b]: &[Line; 2], [down, across]: [usize; 2]) -> [super::Message; 3] {
    [
        integers("kernel_shape", &[a.size, b.size]),
        integers("strides", &[a.stride, b.stride]),
        integers("pads", &[a.padding[0], b.padding[0], a.behind(down), b.behind(across)]),
    ]
}

pub(super) fn max_pool(part: &mut Part<'_, '_>) -> Result<Value> {
    let MaxPoolConfig { size, stride, padding, ceil, .. } = part.config()?;
    let [channels, height, width] = image(part.shape)?;
    let lines = lines([height, width], size, stride.unwrap_or(size), 1.into(), padding);
    let [down, across] = counts(&lines, ceil);
    let (x, attributes) = (part.x(part.shape), attributes(&lines, [down, across]));
    Ok(part.graph().node("MaxPool", [&x.name], attributes, &[channels, down, across]))
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
    let stride = config.stride.unwrap_or(size);
    let lines = lines([height, width], size, stride, 1.into(), config.padding);
    let [down, across] = counts(&lines, config.ceil);
    let sides = [channels, down, across];
    let [kernel, strides, pads] = attributes(&lines, [down, across]);
    let all = [kernel, strides, pads, integer("count_include_pad", config.count_padding.into())];
    let mut y = part.graph().node("AveragePool", [&x.name], all, &sides);
    // What a last window has beyond the padded image is not counted.
    let seen = |k: usize| lines[k].seen(sides[1 + k], &(0..lines[k].padded()));
    let (down, across) = (seen(0), seen(1));
    let shares: Vec<f64> =
        down.iter().flat_map(|d| across.iter().map(move |a| (d * a) as f64)).collect();
    let whole = (lines[0].size * lines[1].size) as f64;
    if config.count_padding && shares.iter().any(|&share| share < whole) {
        let factors: Vec<f64> = shares.iter().map(|share| whole / share).collect();
        let factors = part.own("shares", &sides[1..], &factors);
        y = part.graph().node("Mul", [&y.name, &factors], [], &sides);
    }
    Ok(if config.channels_last { last(part, &y) } else { y })
}
