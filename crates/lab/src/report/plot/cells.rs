//! Numbers as colored cells on a sheet: the same places and colors as in a picture of pixels.

use super::canvas::{Canvas, Drawn, px};
use crate::report::colors::Colors;
use crate::report::picture::colored;
use crate::report::raster::Pixel;
use plotters::style::RGBAColor;

/// Cells of `size` pixels, the first at `corner`.
pub(super) struct Cells {
    pub corner: (f64, f64),
    pub size: (f64, f64),
    /// What is left open right of a cell and below it.
    pub gap: f64,
}

impl Cells {
    /// Paints `values`; where one is not finite, nothing.
    pub(super) fn draw(
        &self,
        canvas: &Canvas,
        (values, shape): (&[f64], &[usize]),
        colors: Colors,
    ) -> Drawn {
        let ((left, top), (wide, high)) = (self.corner, self.size);
        for ((column, row), color) in colored(values, shape, colors) {
            let (x, y) = (left + wide * column as f64, top + high * row as f64);
            let (right, below) = (x + wide - self.gap, y + high - self.gap);
            let corners = [(x, y), (right, y), (right, below), (x, below)];
            canvas.polygon(corners.map(|(x, y)| (px(x), px(y))).to_vec(), opaque(color))?;
        }
        Ok(())
    }
}

/// The color of a pixel that is not transparent.
pub(super) fn opaque([r, g, b, _]: Pixel) -> RGBAColor {
    RGBAColor(r, g, b, 1.0)
}
