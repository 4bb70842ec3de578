//! PNG and JPEG files as numbers.

use anyhow::{Context, Result, anyhow, bail};
use std::io::Cursor;
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

const PNG: &[u8] = b"\x89PNG\r\n\x1A\n";
const JPEG: &[u8] = b"\xFF\xD8\xFF";

/// The bytes that tell a picture from other files.
pub(crate) const BEGINNING: usize = 8;

/// A picture: its height and width, how many numbers a pixel has (gray, or red, green and blue; and how opaque it is, if
/// there are 2 or 4), and these, from 0 to 1.
pub(super) struct Picture {
    pub size: [usize; 2],
    pub samples: usize,
    pub numbers: Vec<f64>,
    /// Whether the file says to turn or mirror it before it is shown, as cameras do. Here that is not done.
    pub turned: bool,
}

/// Whether a file that begins so is a picture.
pub(crate) fn is_picture(bytes: &[u8]) -> bool {
    bytes.starts_with(PNG) || bytes.starts_with(JPEG)
}

/// The picture in a file, if `size_fits` says nothing against its height and width, which are asked about before anything
/// is unpacked.
pub(super) fn decode(
    bytes: &[u8],
    size_fits: impl Fn([usize; 2]) -> Result<()>,
) -> Result<Picture> {
    match bytes.starts_with(JPEG) {
        true => jpeg(bytes, size_fits),
        false => png(bytes, size_fits),
    }
}

/// A PNG file of any kind.
fn png(bytes: &[u8], size_fits: impl Fn([usize; 2]) -> Result<()>) -> Result<Picture> {
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::EXPAND); // palettes become colors, bits bytes
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let header = decoder.read_header_info()?;
    size_fits([header.height as usize, header.width as usize])?;
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
    let size = [frame.height as usize, frame.width as usize];
    Ok(Picture { size, samples: frame.color_type.samples(), numbers, turned: false })
}

/// A JPEG file of grays or colors.
fn jpeg(bytes: &[u8], size_fits: impl Fn([usize; 2]) -> Result<()>) -> Result<Picture> {
    // A file that is cut off is an error and not half a picture: behind its last data there is an end.
    let last = |mark: u8| bytes.windows(2).rposition(|two| two == [0xFF, mark]);
    if last(0xD9) < last(0xDA) {
        bail!("JPEG: expected a whole file, found one that is cut off");
    }
    let options = DecoderOptions::default().set_strict_mode(true);
    let wrong = |error: DecodeErrors| {
        let lines = error.to_string(); // some end in a line break
        anyhow!("JPEG: {}", lines.lines().map(str::trim).collect::<Vec<_>>().join(" "))
    };
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(wrong)?;
    let (width, height) = decoder.dimensions().context("JPEG: no size")?;
    size_fits([height, width])?;
    let (samples, space) = match decoder.input_colorspace() {
        Some(ColorSpace::Luma) => (1, ColorSpace::Luma),
        _ => (3, ColorSpace::RGB),
    };
    decoder.set_options(options.jpeg_set_out_colorspace(space));
    let bytes = decoder.decode().map_err(wrong)?;
    if bytes.len() != height * width * samples {
        bail!("JPEG: expected {samples} numbers for each pixel, found {} in all", bytes.len());
    }
    let numbers = bytes.iter().map(|&b| f64::from(b) / 255.0).collect();
    let turned = decoder.exif().and_then(|exif| orientation(exif)).is_some_and(|o| o != 1);
    Ok(Picture { size: [height, width], samples, numbers, turned })
}

/// How the camera was held, by what it noted (tag 0x0112 of the first directory): 1 is upright.
fn orientation(exif: &[u8]) -> Option<u16> {
    let large_first = exif.starts_with(b"MM");
    let number = |at: usize, width: usize| -> Option<usize> {
        let add = |number: usize, byte: &u8| number << 8 | usize::from(*byte);
        let bytes = exif.get(at..at.checked_add(width)?)?;
        Some(if large_first { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) })
    };
    let directory = number(4, 4)?;
    let entries = (0..number(directory, 2)?).map(|i| directory + 2 + 12 * i);
    let entry =
        entries.take_while(|&at| at < exif.len()).find(|&at| number(at, 2) == Some(0x0112))?;
    number(entry + 8, 2)?.try_into().ok()
}

impl Picture {
    /// Whether something behind it would show.
    pub fn is_transparent(&self) -> bool {
        let alpha = |pixel: &[f64]| pixel[self.samples - 1];
        self.samples.is_multiple_of(2)
            && self.numbers.chunks_exact(self.samples).any(|pixel| alpha(pixel) < 1.0)
    }

    /// The picture over a ground of one gray.
    pub fn over(&self, background: f64) -> Self {
        if !self.samples.is_multiple_of(2) {
            return Self { numbers: self.numbers.clone(), ..*self };
        }
        let colors = self.samples - 1;
        let over = |pixel: &[f64]| -> Vec<f64> {
            let alpha = pixel[colors];
            pixel[..colors].iter().map(|v| alpha * v + (1.0 - alpha) * background).collect()
        };
        let numbers = self.numbers.chunks_exact(self.samples).flat_map(over).collect();
        Self { numbers, samples: colors, ..*self }
    }

    /// A plane for each of 1 or 3 channels: grays, or red, green and blue.
    pub fn planes(&self, channels: usize) -> Vec<f64> {
        let pixels = || self.numbers.chunks_exact(self.samples);
        let colored = self.samples == 3;
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
        assert!(is_picture(&file));
        let picture = decode(&file, |_| Ok(())).unwrap();
        assert_eq!(picture.size, [1, 2]);
        assert!(decode(&file, |size| bail!("{size:?}")).is_err());
        picture
    }

    /// Two pixels of every kind: grays of one bit and of sixteen, colors, colors by number, and with how
    /// opaque they are.
    #[test]
    fn pictures_of_every_kind_become_planes() {
        use png::{BitDepth::*, ColorType::*};
        let planes = |picture: &Picture, channels| picture.over(0.0).planes(channels);
        let picture = written(Grayscale, One, &[0b0100_0000]);
        assert_eq!((picture.size, planes(&picture, 1)), ([1, 2], vec![0.0, 1.0]));
        assert_eq!(planes(&picture, 3), [0.0, 1.0].repeat(3));
        let picture = written(Grayscale, Sixteen, &[0x33, 0x33, 0, 1]);
        assert_eq!(planes(&picture, 1), [0.2, 1.0 / 65535.0]);
        let picture = written(Rgb, Eight, &[255, 0, 51, 102, 102, 102]);
        assert_eq!(planes(&picture, 3), [1.0, 0.4, 0.0, 0.4, 0.2, 0.4]);
        let grays = planes(&picture, 1);
        let expected = [0.2126 + 0.2 * 0.0722, 0.4]; // to a rounding
        assert!(grays.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-15), "{grays:?}");
        let picture = written(Indexed, One, &[0b0100_0000]);
        assert_eq!(planes(&picture, 3), [1.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
        assert!(!picture.is_transparent());
    }

    /// What lies behind shows as much as a pixel is not opaque.
    #[test]
    fn a_transparent_picture_is_read_over_its_background() {
        use png::{BitDepth::*, ColorType::*};
        let picture = written(GrayscaleAlpha, Eight, &[51, 255, 255, 51]);
        assert!(picture.is_transparent());
        assert_eq!(picture.over(0.0).planes(1), [0.2, 0.2]);
        assert_eq!(picture.over(1.0).planes(1), [0.2, 1.0]);
        assert_eq!(picture.over(1.0).planes(3), [0.2, 1.0].repeat(3));
        let picture = written(Rgba, Eight, &[0, 0, 0, 255, 0, 0, 0, 0]);
        assert_eq!(picture.over(1.0).planes(3), [0.0, 1.0].repeat(3));
        assert!(!written(GrayscaleAlpha, Eight, &[51, 255, 7, 255]).is_transparent());
    }
    /// A header is all that is looked at: this file has no pixels.
    #[test]
    fn the_size_is_told_by_the_header_alone() {
        let mut file = Vec::new();
        let encoder = png::Encoder::new(&mut file, 20_000, 30_000);
        drop(encoder.write_header().unwrap());
        let answer = decode(&file[..33], |size| bail!("{size:?}"));
        assert_eq!(answer.err().unwrap().to_string(), "[30000, 20000]");
    }

    #[test]
    fn a_palette_of_parts_of_colors_is_refused() {
        let read = |length| {
            let mut file = Vec::new();
            let mut encoder = png::Encoder::new(&mut file, 2, 1);
            encoder.set_color(png::ColorType::Indexed);
            encoder.set_palette(vec![0; length]);
            encoder.write_header().unwrap().write_image_data(&[0, 0]).unwrap();
            decode(&file, |_| Ok(()))
        };
        assert!(read(3).is_ok());
        for length in [4, 5] {
            let error = read(length).err().unwrap().to_string();
            assert!(error.contains("palette"), "{length}: {error}");
        }
    }
}
