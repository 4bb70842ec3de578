//! An input from a file.

use anyhow::{Context, Result, bail};
use ndarray::Array1;
use std::io::Cursor;
use std::path::Path;
use switchnet_lab::numpy;

/// One raw input from a NumPy file or a picture, whose white counts as `white`.
pub(super) fn read_input(path: &Path, shape: &[usize], white: f64) -> Result<Array1<f64>> {
    let wanted: usize = shape.iter().product();
    let bytes = std::fs::read(path)?;
    let numbers: Vec<f64> = if bytes.starts_with(b"\x93NUMPY") {
        numpy::read(&bytes)?.into_iter().collect()
    } else if bytes.starts_with(b"\x89PNG") {
        let &[channels @ (1 | 3), height, width] = shape else {
            bail!(
                "expected a net on pictures with 1 or 3 channels, found inputs of shape {shape:?}"
            );
        };
        let (h, w) = size_of_png(&bytes)?;
        if (h, w) != (height, width) {
            bail!("size of the picture: expected {height}×{width}, found {h}×{w}");
        }
        read_png(&bytes)?.planes(channels).into_iter().map(|v| v * white).collect()
    } else {
        bail!("expected a NumPy file (.npy) or a picture (.png), found neither");
    };
    if numbers.len() != wanted {
        bail!("expected {wanted} numbers, of shape {shape:?}, found {}", numbers.len());
    }
    if let Some((i, v)) = numbers.iter().enumerate().find(|(_, v)| !v.is_finite()) {
        bail!("number {i}: expected a finite number, found {v}");
    }
    Ok(Array1::from(numbers))
}

/// A picture: how many numbers a pixel has, and these, from 0 to 1.
struct Picture {
    samples: usize,
    numbers: Vec<f64>,
}

/// The height and width that a PNG file says it has, before anything is unpacked.
fn size_of_png(bytes: &[u8]) -> Result<(usize, usize)> {
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    let header = decoder.read_header_info()?;
    Ok((header.height as usize, header.width as usize))
}

/// The picture in a PNG file of any kind.
fn read_png(bytes: &[u8]) -> Result<Picture> {
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::EXPAND); // palettes become colors, bits bytes
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let mut reader = decoder.read_info()?;
    // The decoder panics at a part of a color.
    let palette = reader.info().palette.as_ref().map_or(0, |palette| palette.len());
    if palette % 3 != 0 {
        bail!("palette of the picture: expected 3 bytes for each color, found {palette} bytes");
    }
    let size = reader.output_buffer_size().context("size of the picture: too large")?;
    let mut bytes = vec![0; size];
    let frame = reader.next_frame(&mut bytes)?;
    let bytes = &bytes[..frame.buffer_size()];
    let numbers = match frame.bit_depth {
        png::BitDepth::Sixteen => {
            let parts = bytes.as_chunks().0.iter();
            parts.map(|&b| f64::from(u16::from_be_bytes(b)) / 65535.0).collect()
        }
        _ => bytes.iter().map(|&b| f64::from(b) / 255.0).collect(),
    };
    let samples = frame.color_type.samples();
    Ok(Picture { samples, numbers })
}

impl Picture {
    /// A plane for each of 1 or 3 channels: grays, or red, green and blue. How opaque a pixel is does not
    /// count.
    fn planes(&self, channels: usize) -> Vec<f64> {
        let pixels = || self.numbers.chunks_exact(self.samples);
        let colored = self.samples >= 3;
        let plane = |c: usize| pixels().map(move |p| if colored { p[c] } else { p[0] });
        match channels {
            // How bright the colors are to the eye (ITU-R BT.709).
            1 if colored => {
                pixels().map(|p| 0.2126 * p[0] + 0.7152 * p[1] + 0.0722 * p[2]).collect()
            }
            _ => (0..channels).flat_map(plane).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(color: png::ColorType, depth: png::BitDepth, bytes: &[u8]) -> Picture {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, 2, 1);
        encoder.set_color(color);
        encoder.set_depth(depth);
        encoder.set_palette(vec![255, 0, 0, 0, 0, 255]);
        encoder.write_header().unwrap().write_image_data(bytes).unwrap();
        assert_eq!(size_of_png(&file).unwrap(), (1, 2));
        read_png(&file).unwrap()
    }

    /// A header is all that is looked at: this file has no pixels.
    #[test]
    fn the_size_is_told_by_the_header_alone() {
        let mut file = Vec::new();
        let encoder = png::Encoder::new(&mut file, 20_000, 30_000);
        drop(encoder.write_header().unwrap());
        let start = &file[..33];
        assert_eq!(size_of_png(start).unwrap(), (30_000, 20_000));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large.png");
        std::fs::write(&path, start).unwrap();
        let message = read_input(&path, &[1, 8, 8], 1.0).unwrap_err().to_string();
        assert!(message.ends_with("expected 8×8, found 30000×20000"), "{message}");
    }

    /// Two pixels of every kind: grays of one bit and of sixteen, colors, colors by number, and with how
    /// opaque they are.
    #[test]
    fn pictures_of_every_kind_become_planes() {
        use png::{BitDepth::*, ColorType::*};
        let picture = written(Grayscale, One, &[0b0100_0000]);
        assert_eq!(picture.planes(1), [0.0, 1.0]);
        assert_eq!(picture.planes(3), [0.0, 1.0].repeat(3));
        let picture = written(Grayscale, Sixteen, &[0x33, 0x33, 0, 1]);
        assert_eq!(picture.planes(1), [0.2, 1.0 / 65535.0]);
        let picture = written(Rgb, Eight, &[255, 0, 51, 102, 102, 102]);
        assert_eq!(picture.planes(3), [1.0, 0.4, 0.0, 0.4, 0.2, 0.4]);
        let grays = picture.planes(1);
        let expected = [0.2126 + 0.2 * 0.0722, 0.4]; // to a rounding
        assert!(grays.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-15), "{grays:?}");
        let picture = written(Indexed, One, &[0b0100_0000]);
        assert_eq!(picture.planes(3), [1.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
        let picture = written(GrayscaleAlpha, Eight, &[51, 0, 255, 128]);
        assert_eq!(picture.planes(1), [0.2, 1.0]);
    }

    #[test]
    fn a_palette_of_parts_of_colors_is_refused() {
        let read = |length| {
            let mut file = Vec::new();
            let mut encoder = png::Encoder::new(&mut file, 2, 1);
            encoder.set_color(png::ColorType::Indexed);
            encoder.set_palette(vec![0; length]);
            encoder.write_header().unwrap().write_image_data(&[0, 0]).unwrap();
            read_png(&file)
        };
        assert!(read(3).is_ok());
        for length in [4, 5] {
            let error = read(length).err().unwrap().to_string();
            assert!(error.contains("palette"), "{length}: {error}");
        }
    }
}
