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
        let frame = |output: usize| match output {
            _ if output == example.predicted => CHOSEN,
            _ if output == example.label => MISSED,
            _ => PAPER,
        };
        let frames = (0..example.rows.len()).map(frame).collect();
        let pictures = pictures.map_err(|e| e.at(format_args!("example {}", example.index)))?;
        Ok(Line { pictures, frames })
    };
    let lines: Vec<Line> = net.examples.iter().map(line).collect::<Result<_>>()?;
    sheet(&lines).map_err(|e| e.at(format_args!("net {}", net.name)))
}

/// One input `x` and the effective weights it selects, `rows`, as one row of a
/// [`contact_sheet`]. `shape` is that of the input.
///
/// # Errors
/// If the numbers do not fit the `shape`.
pub fn map_picture(shape: &[usize], x: &[f64], rows: &[Vec<f64>]) -> Result<Vec<u8>> {
    let pictures = row(x, rows, shape, pixel(shape))?;
    sheet(&[Line { pictures, frames: vec![PAPER; rows.len()] }])
}

/// The picture of an input, those of its weights, and what frames the latter have.
struct Line {
    pictures: Vec<Raster>,
    frames: Vec<Pixel>,
}

fn sheet(lines: &[Line]) -> Result<Vec<u8>> {
    let Some(first) = lines.first().map(|line| &line.pictures[0]) else {
        return Err(Error::new("examples of a contact sheet", "at least 1", 0));
    };
    let (width, height) = (first.width(), first.height());
    let across = lines.iter().map(|line| line.pictures.len()).max().unwrap_or(0);
    // The input stands a little apart.
    let left = |column: usize| GAP + column * (width + GAP) + if column > 0 { GAP } else { 0 };
    let top = |row: usize| GAP + row * (height + GAP);
    let mut sheet = Raster::new(left(across), top(lines.len()), PAPER);
    for (line, y) in lines.iter().zip((0..).map(top)) {
        let frames = std::iter::once(&PAPER).chain(&line.frames);
        for ((picture, &frame), x) in line.pictures.iter().zip(frames).zip((0..).map(left)) {
            // From the outside to the inside: frame, white, picture.
            for (rim, color) in [(2 * FRAME, frame), (FRAME, PAPER)] {
                sheet.fill((x - rim, y - rim), (width + 2 * rim, height + 2 * rim), color);
            }
            sheet.lay(picture, (x, y));
        }
    }
    sheet.png()
}

/// How many pixels wide a number is on a sheet.
fn pixel(shape: &[usize]) -> usize {
    let (wide, high) = cells(shape);
    (SIDE / high.max(1)).min(4 * SIDE / wide.max(1)).max(1)
}

/// The picture of the input, then those of the weights on one scale.
pub(super) fn row(
    x: &[f64],
    rows: &[Vec<f64>],
    shape: &[usize],
    pixel: usize,
) -> Result<Vec<Raster>> {
    let input = paint(x, shape, pixel, Colors::gray(x));
    let colors = Colors::diverging(rows.iter().flatten());
    let weights = rows.iter().map(|a| paint(a, shape, pixel, colors));
    std::iter::once(input).chain(weights).collect()
}
