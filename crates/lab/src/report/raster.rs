//! Pixels, and the PNG file of them.

use png::{BitDepth, ColorType, Encoder};
use switchnet::{Error, Result};

/// Red, green, blue and how opaque: 255, or 0 where nothing is.
pub(super) type Pixel = [u8; 4];

/// Rows of pixels.
pub(super) struct Raster {
    width: usize,
    pixels: Vec<Pixel>,
}

impl Raster {
    /// `width` × `height` pixels of one color.
    pub(super) fn new(width: usize, height: usize, color: Pixel) -> Self {
        Self { width, pixels: vec![color; width * height] }
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn height(&self) -> usize {
        self.pixels.len().checked_div(self.width).unwrap_or(0)
    }

    /// Fills a rectangle whose first column and row are `x` and `y`.
    pub(super) fn fill(&mut self, (x, y): (usize, usize), (w, h): (usize, usize), color: Pixel) {
        for row in y..y + h {
            self.pixels[row * self.width + x..][..w].fill(color);
        }
    }

    /// Lays `other` on this one, its first pixel at `x` and `y`. Where nothing is, this one is seen.
    pub(super) fn lay(&mut self, other: &Self, (x, y): (usize, usize)) {
        for (row, pixels) in other.pixels.chunks_exact(other.width).enumerate() {
            let there = &mut self.pixels[(y + row) * self.width + x..];
            for (to, from) in there.iter_mut().zip(pixels).filter(|(_, from)| from[3] > 0) {
                *to = *from;
            }
        }
    }

    /// The bytes of a PNG file.
    pub(super) fn png(&self) -> Result<Vec<u8>> {
        let wrong = |error| Error::new("picture", "one that PNG can hold", error);
        let side = |pixels| u32::try_from(pixels).unwrap_or(u32::MAX);
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, side(self.width), side(self.height()));
        encoder.set_color(ColorType::Rgba);
        encoder.set_depth(BitDepth::Eight);
        let mut writer = encoder.write_header().map_err(wrong)?;
        writer.write_image_data(self.pixels.as_flattened()).map_err(wrong)?;
        writer.finish().map_err(wrong)?;
        Ok(bytes)
    }
}
