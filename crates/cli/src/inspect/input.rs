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
        let picture = read_png(&bytes, (height, width))?;
        picture.planes(channels).into_iter().map(|v| v * white).collect()
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

/// The picture of this height and width in a PNG file of any kind. A header alone takes no memory.
fn read_png(bytes: &[u8], (height, width): (usize, usize)) -> Result<Picture> {
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::EXPAND); // palettes become colors, bits bytes
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let found = decoder.read_header_info()?.size();
    if found != (u32::try_from(width)?, u32::try_from(height)?) {
        let (w, h) = found;
        bail!("size of the picture: expected {height}×{width}, found {h}×{w}");
    }
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
    Ok(Picture { samples: frame.color_type.samples(), numbers })
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
        read_png(&file, (1, 2)).unwrap()
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

    /// A file of two pixels with this header and palette.
    fn built(width: u32, palette: &[u8]) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, width, 1);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_palette(palette.to_vec());
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&vec![0; width as usize]).unwrap();
        drop(writer);
        file
    }

    #[test]
    fn a_palette_of_parts_of_colors_is_refused() {
        assert!(read_png(&built(2, &[1, 2, 3]), (1, 2)).is_ok());
        for length in [4, 5] {
            let error = read_png(&built(2, &vec![0; length]), (1, 2)).err().unwrap().to_string();
            assert!(error.contains("palette"), "{length}: {error}");
        }
    }

    /// Before anything is taken for its pixels.
    #[test]
    fn a_picture_of_another_size_is_refused_by_its_header() {
        let mut file = built(2, &[1, 2, 3]);
        file[16..24].copy_from_slice(&[0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF]);
        let sum = (12..29).fold(!0u32, |sum, i| {
            let sum = sum ^ u32::from(file[i]);
            (0..8).fold(sum, |sum, _| sum >> 1 ^ if sum & 1 == 1 { 0xEDB8_8320 } else { 0 })
        });
        file[29..33].copy_from_slice(&(!sum).to_be_bytes());
        let error = read_png(&file, (1, 2)).err().unwrap().to_string();
        assert_eq!(error, "size of the picture: expected 1×2, found 2147483647×2147483647");
    }
}
