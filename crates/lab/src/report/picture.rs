//! Numbers as small pictures.

use super::number::short;
use super::raster::{Pixel, Raster};
use switchnet::{Error, Result};

/// How a number becomes a color.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Colors {
    /// From black at `low` to white at `high`; mid-gray where the two are equal.
    Gray {
        /// The number that is black.
        low: f64,
        /// The number that is white.
        high: f64,
    },
    /// White at zero, to red at `largest` and to blue at `−largest`.
    Diverging {
        /// The size that has the full color.
        largest: f64,
    },
}

/// The ends of the diverging colors, which people with any kind of color vision tell apart.
const RED: [u8; 3] = [178, 24, 43];
const BLUE: [u8; 3] = [33, 102, 172];

impl Colors {
    /// Grays from the least to the largest of `values`.
    pub fn gray(values: &[f64]) -> Self {
        let finite = || values.iter().copied().filter(|v| v.is_finite());
        let low = finite().reduce(f64::min).unwrap_or(0.0);
        Self::Gray { low, high: finite().reduce(f64::max).unwrap_or(low) }
    }

    /// Diverging colors up to the largest size among `values`.
    pub fn diverging<'a>(values: impl IntoIterator<Item = &'a f64>) -> Self {
        let sizes = values.into_iter().map(|v| v.abs()).filter(|v| v.is_finite());
        Self::Diverging { largest: sizes.fold(0.0, f64::max) }
    }

    /// The numbers of the two ends, for captions: `0 to 16`, `±2.1`.
    pub(super) fn range(self) -> String {
        match self {
            Self::Gray { low, high } => format!("{} to {}", short(low), short(high)),
            Self::Diverging { largest } => format!("±{}", short(largest)),
        }
    }

    /// The color of `value`; nothing, which is transparent, where it is not a finite number.
    pub(super) fn of(self, value: f64) -> Pixel {
        if !value.is_finite() {
            return [0; 4];
        }
        match self {
            Self::Gray { low, high } => {
                let part = if high > low { (value - low) / (high - low) } else { 0.5 };
                let gray = (255.0 * part.clamp(0.0, 1.0)).round() as u8;
                [gray, gray, gray, 255]
            }
            Self::Diverging { largest } => {
                let part = if largest > 0.0 { (value / largest).clamp(-1.0, 1.0) } else { 0.0 };
                let end = if part < 0.0 { BLUE } else { RED };
                let mix = |end: u8| (255.0 + (f64::from(end) - 255.0) * part.abs()).round() as u8;
                [mix(end[0]), mix(end[1]), mix(end[2]), 255]
            }
        }
    }
}

/// Width and height of the picture of a shape, in cells, and where its cells are.
pub(super) struct Layout {
    width: usize,
    height: usize,
    /// The side and the channel of images; none for features.
    channel: Option<(usize, usize)>,
}

impl Layout {
    pub(super) fn new(shape: &[usize]) -> Self {
        match *shape {
            [height, width] => Self { width, height, channel: Some((height, width)) },
            [channels, height, width] => {
                // A column between channels is left open.
                let all = (channels * (width + 1)).saturating_sub(1);
                Self { width: all, height, channel: Some((height, width)) }
            }
            _ => {
                let n: usize = shape.iter().product();
                let width = (1..=n).find(|w| w * w >= n).unwrap_or(0);
                Self {
                    width,
                    height: n.checked_div(width).map_or(0, |_| n.div_ceil(width)),
                    channel: None,
                }
            }
        }
    }

    /// Column and row of the number with this index.
    pub(super) fn place(&self, index: usize) -> (usize, usize) {
        match self.channel {
            Some((height, width)) => {
                let (channel, rest) = (index / (height * width), index % (height * width));
                (channel * (width + 1) + rest % width, rest / width)
            }
            None => (index % self.width, index / self.width),
        }
    }
}

/// `values` painted, `pixel` × `pixel` pixels for each.
pub(super) fn paint(
    values: &[f64],
    shape: &[usize],
    pixel: usize,
    colors: Colors,
) -> Result<Raster> {
    let layout = Layout::new(shape);
    let expected: usize = shape.iter().product();
    if expected != values.len() || values.is_empty() {
        let what = format!("numbers of a picture of shape {shape:?}");
        return Err(Error::new(what, expected.max(1), values.len()));
    }
    let side = |cells: usize| {
        let pixels = cells.checked_mul(pixel);
        pixels.filter(|n| (1..=1 << 15).contains(n)).ok_or_else(|| {
            let what = "side of a picture in pixels";
            Error::new(what, "1 to 32768", format_args!("{cells} × {pixel}"))
        })
    };
    let mut picture = Raster::new(side(layout.width)?, side(layout.height)?, [0; 4]);
    for (index, &value) in values.iter().enumerate() {
        let (column, row) = layout.place(index);
        picture.fill((column * pixel, row * pixel), (pixel, pixel), colors.of(value));
    }
    Ok(picture)
}

/// Columns and rows of the picture of `shape`, in cells.
pub(super) fn cells(shape: &[usize]) -> (usize, usize) {
    let layout = Layout::new(shape);
    (layout.width, layout.height)
}

/// `values` as a PNG file: each number a square of `pixel` × `pixel` pixels, sharp at any size.
///
/// A `shape` of `[height, width]` is an image, of `[channels, height, width]` one for each channel
/// side by side, a cell apart. Any other shape is no image: its numbers fill a grid that is as near
/// to square as can be, row by row. What holds no number, and numbers that are not finite, are
/// transparent.
///
/// ```
/// use switchnet_lab::report::{Colors, heat_map};
/// let weights = [-1.0, 0.0, 0.5, 1.0];
/// let png = heat_map(&weights, &[2, 2], 8, Colors::diverging(&weights))?;
/// assert_eq!(&png[1..4], b"PNG");
/// # Ok::<(), switchnet::Error>(())
/// ```
///
/// # Errors
/// If there are not as many numbers as the shape says, none, or more than a picture can hold.
pub fn heat_map(values: &[f64], shape: &[usize], pixel: usize, colors: Colors) -> Result<Vec<u8>> {
    paint(values, shape, pixel, colors)?.png()
}
