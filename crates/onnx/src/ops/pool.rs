//! The largest number and the mean of windows.

use super::conv::Windows;
use super::one;
use crate::index::Moves;
use crate::layers::Flow;
use crate::op::{Op, Value};
use switchnet::layer::{AveragePoolConfig, ConvConfig, MaxPoolConfig};
use switchnet::{Error, Result};

/// The attributes that both pools have besides their windows.
fn windows(op: &mut Op<'_, '_>, flow: &Flow) -> Result<(Windows, bool)> {
    let ceil = op.flag("ceil_mode")?;
    Ok((Windows::read(op, &flow.shape, None)?, ceil))
}

pub(super) fn max(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    if op.outputs > 1 {
        return Err(Error::new(
            "outputs that are read",
            "1: the places of the largest are not",
            op.outputs,
        ));
    }
    op.ignore(&["storage_order"])?; // of these places
    let flow = op.flow(0)?;
    let (windows, ceil) = windows(op, &flow)?;
    let shape = windows.shape(windows.channels, ceil)?;
    op.layers.room.fits(&shape)?;
    if windows.dilated() {
        return one(Value::Flow(dilated(op, &flow, &windows, &shape)?));
    }
    let config = MaxPoolConfig {
        stride: Some(windows.stride.into()),
        padding: windows.zeros(),
        ceil,
        ..MaxPoolConfig::new(windows.size)
    };
    one(Value::Flow(op.layers.image_layer(&flow, windows.planes(), config, Vec::new(), &shape)?))
}

/// Windows with holes, whose numbers are put side by side first.
fn dilated(op: &mut Op<'_, '_>, flow: &Flow, windows: &Windows, shape: &[usize]) -> Result<Flow> {
    let counts = windows.counts(false)?;
    let inside = shape.iter().product::<usize>() == windows.planes()[0] * counts[0] * counts[1];
    if windows.padding != [[0, 0]; 2] || !inside {
        let found = format_args!("{:?} and dilations {:?}", windows.padding, windows.dilation);
        return Err(Error::new(
            "attribute pads",
            "zeros, and whole windows, where there are dilations",
            found,
        ));
    }
    let ([planes, height, width], [tall, wide]) = (windows.planes(), windows.size);
    op.layers.room.take(&[planes, counts[0], counts[1], tall, wide])?;
    let mut from = Vec::new();
    for plane in 0..planes {
        for (i, j) in (0..counts[0]).flat_map(|i| (0..counts[1]).map(move |j| (i, j))) {
            let (row, column) = (i * windows.stride[0], j * windows.stride[1]);
            from.extend((0..tall).flat_map(|u| (0..wide).map(move |v| (u, v))).map(|(u, v)| {
                let (row, column) =
                    (row + u * windows.dilation[0], column + v * windows.dilation[1]);
                Some((plane * height + row) * width + column)
            }));
        }
    }
    let (count, seen) = (planes * counts[0] * counts[1], tall * wide);
    let patches = op.layers.moved(flow, &Moves { shape: vec![count, seen], from })?;
    largest(op, &patches, count, seen, shape)
}

/// The largest of each `seen` numbers side by side.
pub(super) fn largest(
    op: &mut Op<'_, '_>,
    flow: &Flow,
    count: usize,
    seen: usize,
    shape: &[usize],
) -> Result<Flow> {
    op.layers.image_layer(flow, [1, count, seen], MaxPoolConfig::new([1, seen]), Vec::new(), shape)
}

pub(super) fn average(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let count_padding = op.flag("count_include_pad")?;
    let flow = op.flow(0)?;
    let (windows, ceil) = windows(op, &flow)?;
    let shape = windows.shape(windows.channels, ceil)?;
    op.layers.room.fits(&shape)?;
    if windows.dilated() {
        return one(Value::Flow(with_holes(op, &flow, &windows, [ceil, count_padding], &shape)?));
    }
    let config = AveragePoolConfig {
        stride: Some(windows.stride.into()),
        padding: windows.zeros(),
        ceil,
        count_padding,
        ..AveragePoolConfig::new(windows.size)
    };
    one(Value::Flow(op.layers.image_layer(&flow, windows.planes(), config, Vec::new(), &shape)?))
}

/// Means over windows with holes: sums, as a convolution of each channel with ones, then divided.
fn with_holes(
    op: &mut Op<'_, '_>,
    flow: &Flow,
    windows: &Windows,
    [ceil, count_padding]: [bool; 2],
    shape: &[usize],
) -> Result<Flow> {
    let [planes, ..] = windows.planes();
    let counts = windows.counts(ceil)?;
    let mut wider = windows.clone();
    let [down, across] = [0, 1].map(|k| {
        let line = windows.line(k);
        // The last window may reach beyond the padding.
        wider.padding[k][1] = line.behind(counts[k]).max(line.padding[1]);
        line.seen(counts[k], &if count_padding { 0..line.padded() } else { line.image() })
    });
    let [tall, wide] = windows.size;
    op.layers.room.take(&[planes, tall, wide])?;
    let config = ConvConfig {
        padding: wider.zeros(),
        stride: windows.stride.into(),
        dilation: windows.dilation.into(),
        groups: planes,
        ..ConvConfig::new(planes, windows.size)
    };
    let parameters = vec![
        ("weight", vec![planes, 1, tall, wide], vec![1.0; planes * tall * wide]),
        ("bias", vec![planes], vec![0.0; planes]),
    ];
    let sums = op.layers.image_layer(flow, windows.planes(), config, parameters, shape)?;
    op.layers.room.take(shape)?;
    let plane = down.iter().flat_map(|d| across.iter().map(move |a| 1.0 / (d * a) as f64));
    let shares = plane.collect::<Vec<_>>().repeat(planes);
    op.layers.diagonal(&sums, Some(shares), None)
}

/// The whole image of each channel, and its shape afterwards.
fn whole(op: &mut Op<'_, '_>) -> Result<(Flow, [usize; 2], Vec<usize>)> {
    let flow = op.flow(0)?;
    let &[batch, channels, ref image @ ..] = &flow.shape[..] else {
        let found = format_args!("{:?}", flow.shape);
        return Err(Error::new("shape of the input", "[batch, channels, …]", found));
    };
    let sizes = [batch * channels, image.iter().product()];
    let shape = [&[batch, channels], &vec![1; image.len()][..]].concat();
    Ok((flow, sizes, shape))
}

pub(super) fn global_average(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let (flow, [count, seen], shape) = whole(op)?;
    one(Value::Flow(means(op, &flow, count, seen, &shape)?))
}

pub(super) fn global_max(op: &mut Op<'_, '_>) -> Result<Vec<Value>> {
    let (flow, [count, seen], shape) = whole(op)?;
    one(Value::Flow(largest(op, &flow, count, seen, &shape)?))
}

/// The mean of each `seen` numbers side by side.
pub(super) fn means(
    op: &mut Op<'_, '_>,
    flow: &Flow,
    count: usize,
    seen: usize,
    shape: &[usize],
) -> Result<Flow> {
    let config = AveragePoolConfig::new([1, seen]);
    op.layers.image_layer(flow, [1, count, seen], config, Vec::new(), shape)
}
