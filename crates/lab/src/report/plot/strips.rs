//! Rows of small pictures, each row with a caption.

use super::canvas::{Canvas, Drawn, LETTER, TEXT, WIDTH, px, svg};
use super::cells::Cells;
use crate::report::colors::Colors;
use crate::report::picture::cells;
use plotters::style::RGBAColor;
use plotters::style::text_anchor::HPos;
use switchnet::{Error, Result};

const GAP: f64 = 10.0;
const CAPTION: f64 = TEXT as f64 + 8.0;
/// No cell is larger, in pixels.
const CELL: f64 = 12.0;

/// A row of pictures of one shape: [`strips`].
#[derive(Clone, Debug, PartialEq)]
pub struct Strip {
    /// What stands above it, on one line; the range of its colors is added.
    pub caption: String,
    /// The shape of each picture, `[height, width]` or what [`heat_map`](crate::report::heat_map) takes.
    pub shape: Vec<usize>,
    /// The numbers of each picture.
    pub pictures: Vec<Vec<f64>>,
    /// How numbers become colors.
    pub colors: Colors,
}

/// Where a strip is, in pixels from the corner of the sheet, and how large its cells are.
struct Place {
    left: f64,
    top: f64,
    cell: f64,
}

/// Rows of pictures as the text of an SVG file; `title` is read to those who do not see it. Strips stand one
/// under the other, or side by side where there is room. The cells of a strip are as large as the width
/// allows, and at most 12 pixels.
///
/// # Errors
/// If a picture does not have as many numbers as its shape says.
pub fn strips(title: &str, strips: &[Strip]) -> Result<String> {
    for strip in strips {
        let expected: usize = strip.shape.iter().product();
        if let Some(found) = strip.pictures.iter().map(Vec::len).find(|&n| n != expected) {
            let what = format!("numbers of a picture in '{}'", strip.caption);
            return Err(Error::new(what, expected, found));
        }
    }
    let (places, height) = layout(strips);
    Ok(svg(title, height.ceil() as i32, |canvas| {
        for (strip, place) in strips.iter().zip(&places) {
            let at = (px(place.left), px(place.top + 0.5 * f64::from(TEXT)));
            canvas.text(&caption(strip), at, HPos::Left)?;
            let (wide, _) = cells(&strip.shape);
            let step = place.cell * wide as f64 + GAP;
            for (k, picture) in strip.pictures.iter().enumerate() {
                let corner = (place.left + k as f64 * step, place.top + CAPTION);
                draw(canvas, strip, picture, corner, place.cell)?;
            }
        }
        Ok(())
    }))
}

/// What stands above a strip: its caption, and the numbers that the ends of its colors are.
fn caption(strip: &Strip) -> String {
    format!("{} ({})", strip.caption, strip.colors.range())
}

/// The place of each strip, and the height of them all.
fn layout(strips: &[Strip]) -> (Vec<Place>, f64) {
    let sheet = f64::from(WIDTH);
    let (mut left, mut top, mut bottom) = (GAP, GAP, GAP);
    let mut places = Vec::with_capacity(strips.len());
    for strip in strips {
        let (wide, high) = cells(&strip.shape);
        let count = strip.pictures.len().max(1) as f64;
        let room = (sheet - GAP * (count + 1.0)) / count;
        let cell = (room / wide.max(1) as f64).clamp(0.5, CELL);
        let letters = LETTER * caption(strip).chars().count() as f64;
        let width = letters.max(count * (cell * wide as f64 + GAP) - GAP);
        if left > GAP && left + width + GAP > sheet {
            (left, top) = (GAP, bottom);
        }
        places.push(Place { left, top, cell });
        left += width + 2.0 * GAP;
        bottom = f64::max(bottom, top + CAPTION + cell * high as f64 + 1.5 * GAP);
    }
    (places, bottom)
}

/// One picture with a thin frame, which shows where it ends if its border is white.
fn draw(
    canvas: &Canvas,
    strip: &Strip,
    picture: &[f64],
    (left, top): (f64, f64),
    cell: f64,
) -> Drawn {
    let place = Cells { corner: (left, top), size: (cell, cell), gap: 0.0 };
    place.draw(canvas, (picture, &strip.shape), strip.colors)?;
    let at = |column: f64, row: f64| (px(left + cell * column), px(top + cell * row));
    let (wide, high) = cells(&strip.shape);
    let (wide, high) = (wide as f64, high as f64);
    let frame = vec![at(0.0, 0.0), at(wide, 0.0), at(wide, high), at(0.0, high), at(0.0, 0.0)];
    canvas.line(frame, RGBAColor(150, 155, 165, 1.0), 0.6)
}
