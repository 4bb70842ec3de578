//! Numbers as small pictures.

use super::colors::Colors;
use super::raster::{Pixel, Raster};
use switchnet::{Error, Result};

/// Width and height of the picture of a shape, in cells, and where its cells are.
struct Layout {
    width: usize,
    height: usize,
    /// The side and the channel of images; none for features.
    channel: Option<(usize, usize)>,
}

impl Layout {
    fn new(shape: &[usize]) -> Self {
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
    fn place(&self, index: usize) -> (usize, usize) {
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
    for ((column, row), color) in colored(values, shape, colors) {
        picture.fill((column * pixel, row * pixel), (pixel, pixel), color);
    }
    Ok(picture)
}

/// Column, row and color of each number that is finite.
pub(super) fn colored(
    values: &[f64],
    shape: &[usize],
    colors: Colors,
) -> impl Iterator<Item = ((usize, usize), Pixel)> {
    let layout = Layout::new(shape);
    let finite = values.iter().enumerate().filter(|(_, value)| value.is_finite());
    finite.map(move |(index, &value)| (layout.place(index), colors.of(value)))
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
