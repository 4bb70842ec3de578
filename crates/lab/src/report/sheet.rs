//! Inputs beside the effective weights they select, as one picture.

use super::colors::Colors;
use super::gallery;
use super::picture::{cells, paint};
use super::plot::stacked;
use super::raster::{Pixel, Raster};
use crate::experiment::{DataSummary, Example, Form, NetResults};
use switchnet::{Error, Result};

/// A picture on a sheet is about so many pixels high.
const SIDE: usize = 80;
/// Between pictures, and around them.
const GAP: usize = 14;
/// The width of a frame, and of the white between it and the picture.
const FRAME: usize = 3;
/// The weights of one input go on in a further line where a line would be wider.
const WIDEST: usize = 1200;
const PAPER: Pixel = [255; 4];
const CHOSEN: Pixel = [0, 0, 0, 255];
const MISSED: Pixel = [230, 159, 0, 255];

/// The examples of a net in one picture, drawn as what the data are: the ending of the file and its bytes. Of images it is
/// a [`contact_sheet`] (`png`); of tables and series the bars or lines of each example, one under another (`svg`).
///
/// # Errors
/// If the net has no examples, or the numbers of one do not fit the shape of the data.
pub fn maps_sheet(net: &NetResults, data: &DataSummary) -> Result<(&'static str, Vec<u8>)> {
    if data.form() == Form::Image {
        return Ok(("png", contact_sheet(net, &data.shape)?));
    }
    let part = |example| gallery::rows(example, &net.name, data).svg();
    let parts: Vec<String> = net.examples.iter().map(part).collect::<Result<_>>()?;
    if parts.is_empty() {
        return Err(Error::new("examples of a contact sheet", "at least 1", 0));
    }
    let title = format!("Test inputs and their effective weights in the net {}", net.name);
    Ok(("svg", stacked(&title, &parts).into_bytes()))
}

/// The examples of a net as a PNG file: a row for each, first the input in gray, then the effective
/// weights of every output in order, red where they are positive and blue where they are negative.
/// The weights of a row share one scale.
///
/// The output that the net chose has a black frame; the right one has an orange frame where that is
/// another.
///
/// # Errors
/// If the net has no examples, or the numbers of one do not fit the `shape` of the data.
pub fn contact_sheet(net: &NetResults, shape: &[usize]) -> Result<Vec<u8>> {
    let line = |example: &Example| {
        let pictures = row(&example.x, &example.rows, shape, pixel(shape));
        let (input, weights) =
            pictures.map_err(|e| e.at(format_args!("example {}", example.index)))?;
        let frame = |output: usize| match output {
            _ if output == example.predicted => CHOSEN,
            _ if output == example.label => MISSED,
            _ => PAPER,
        };
        let weights = weights.into_iter().enumerate().map(|(k, weights)| (weights, frame(k)));
        Ok(Line { input: Some(input), weights: weights.collect() })
    };
    let lines: Vec<Line> = net.examples.iter().map(line).collect::<Result<_>>()?;
    sheet(&lines).map_err(|e| e.at(format_args!("net {}", net.name)))
}

/// One input `x` and the effective weights it selects, `rows`, as one row of a
/// [`contact_sheet`]; wide or many ones in several lines. `shape` is that of the input.
///
/// # Errors
/// If the numbers do not fit the `shape`.
pub fn map_picture(shape: &[usize], x: &[f64], rows: &[Vec<f64>]) -> Result<Vec<u8>> {
    let (input, mut weights) = row(x, rows, shape, pixel(shape))?;
    let across = (WIDEST - GAP).saturating_sub(left(1, &input)) / (input.width() + GAP);
    let mut lines = Vec::new();
    let mut first = Some(input);
    while first.is_some() || !weights.is_empty() {
        let rest = weights.split_off(weights.len().min(across.max(1)));
        let weights = std::mem::replace(&mut weights, rest).into_iter().map(|w| (w, PAPER));
        lines.push(Line { input: first.take(), weights: weights.collect() });
    }
    sheet(&lines)
}

/// The picture of an input, and those of its weights with the color of the frame that each has.
struct Line {
    input: Option<Raster>,
    weights: Vec<(Raster, Pixel)>,
}

/// Where a column begins, if its pictures are as wide as this one. The input stands a little apart.
fn left(column: usize, like: &Raster) -> usize {
    GAP + column * (like.width() + GAP) + if column > 0 { GAP } else { 0 }
}

fn sheet(lines: &[Line]) -> Result<Vec<u8>> {
    let Some(like) = lines.first().and_then(|line| line.input.as_ref()) else {
        return Err(Error::new("examples of a contact sheet", "at least 1", 0));
    };
    let (width, height) = (like.width(), like.height());
    let across = lines.iter().map(|line| 1 + line.weights.len()).max().unwrap_or(0);
    let top = |row: usize| GAP + row * (height + GAP);
    let mut sheet = Raster::new(left(across, like), top(lines.len()), PAPER);
    for (line, y) in lines.iter().zip((0..).map(top)) {
        if let Some(input) = &line.input {
            sheet.lay(input, (left(0, like), y));
        }
        for (column, (weights, frame)) in (1..).zip(&line.weights) {
            let x = left(column, like);
            // From the outside to the inside: frame, white, picture.
            for (rim, color) in [(2 * FRAME, *frame), (FRAME, PAPER)] {
                sheet.fill((x - rim, y - rim), (width + 2 * rim, height + 2 * rim), color);
            }
            sheet.lay(weights, (x, y));
        }
    }
    sheet.png()
}

/// How many pixels wide a number is on a sheet.
fn pixel(shape: &[usize]) -> usize {
    let (wide, high) = cells(shape);
    (SIDE / high.max(1)).min(4 * SIDE / wide.max(1)).max(1)
}

/// The picture of the input, and those of the weights on one scale.
pub(super) fn row(
    x: &[f64],
    rows: &[Vec<f64>],
    shape: &[usize],
    pixel: usize,
) -> Result<(Raster, Vec<Raster>)> {
    let input = paint(x, shape, pixel, Colors::gray(x))?;
    let colors = Colors::diverging(rows.iter().flatten());
    let weights = rows.iter().map(|a| paint(a, shape, pixel, colors));
    Ok((input, weights.collect::<Result<_>>()?))
}
