//! Rows of small pictures, each row with a caption.

use super::canvas::{TEXT, WIDTH, px, svg};
use crate::error::{Error, Result};
use crate::report::picture::{Colours, Layout, cells};
use plotters::style::RGBAColor;
use plotters::style::text_anchor::HPos;

const GAP: i32 = 10;
const CAPTION: i32 = TEXT + 10;
/// No cell is larger, in pixels.
const CELL: f64 = 12.0;

/// A row of pictures of one shape: [`strips`].
#[derive(Clone, Debug, PartialEq)]
pub struct Strip {
    /// What stands above it.
    pub caption: String,
    /// The shape of each picture, `[height, width]` or what [`heat_map`](crate::report::heat_map) takes.
    pub shape: Vec<usize>,
    /// The numbers of each picture.
    pub pictures: Vec<Vec<f64>>,
    /// How numbers become colours.
    pub colours: Colours,
}

/// Rows of pictures as the text of an SVG file; `title` is read to those who do not see it. The cells of a row
/// are as large as the width allows, and at most 12 pixels.
///
/// # Errors
/// If a picture does not have as many numbers as its shape says.
pub fn strips(title: &str, strips: &[Strip]) -> Result<String> {
    let mut top = GAP;
    let mut rows = Vec::with_capacity(strips.len());
    for strip in strips {
        let expected: usize = strip.shape.iter().product();
        if let Some(found) = strip.pictures.iter().map(Vec::len).find(|&n| n != expected) {
            let what = format!("numbers of a picture in '{}'", strip.caption);
            return Err(Error::new(what, expected, found));
        }
        let (wide, high) = cells(&strip.shape);
        let count = strip.pictures.len().max(1) as i32;
        let room = f64::from(WIDTH - GAP * (count + 1)) / f64::from(count);
        let cell = (room / wide.max(1) as f64).clamp(0.5, CELL);
        rows.push((strip, top, cell, wide));
        top += CAPTION + (cell * high as f64).ceil() as i32 + GAP;
    }
    Ok(svg(title, top, |canvas| {
        for &(strip, top, cell, wide) in &rows {
            let at = (px(f64::from(GAP)), px(f64::from(top) + 0.5 * f64::from(TEXT)));
            canvas.text(&strip.caption, at, HPos::Left)?;
            for (k, picture) in strip.pictures.iter().enumerate() {
                let left = f64::from(GAP) + k as f64 * (cell * wide as f64 + f64::from(GAP));
                let top = f64::from(top + CAPTION);
                let layout = Layout::new(&strip.shape);
                for (index, &value) in picture.iter().enumerate().filter(|(_, v)| v.is_finite()) {
                    let (column, row) = layout.place(index);
                    let corner = |dx: f64, dy: f64| {
                        let x = left + cell * (column as f64 + dx);
                        (px(x), px(top + cell * (row as f64 + dy)))
                    };
                    let corners = vec![
                        corner(0.0, 0.0),
                        corner(1.0, 0.0),
                        corner(1.0, 1.0),
                        corner(0.0, 1.0),
                    ];
                    let [r, g, b, _] = strip.colours.of(value).0;
                    canvas.polygon(corners, RGBAColor(r, g, b, 1.0))?;
                }
                // A thin frame shows where a picture ends whose border is white.
                let (wide, high) = cells(&strip.shape);
                let (right, low) = (left + cell * wide as f64, top + cell * high as f64);
                let frame = [(left, top), (right, top), (right, low), (left, low), (left, top)];
                let frame = frame.iter().map(|&(x, y)| (px(x), px(y))).collect();
                canvas.line(frame, RGBAColor(150, 155, 165, 1.0), 0.6)?;
            }
        }
        Ok(())
    }))
}
