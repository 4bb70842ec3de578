//! Numbers as colors.

use super::number::short;
use super::raster::Pixel;

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
    /// From white at `low` to blue at `high`; white where the two are equal.
    Shades {
        /// The number that is white.
        low: f64,
        /// The number that has the full color.
        high: f64,
    },
}

/// The ends of the diverging colors, which people with any kind of color vision tell apart.
pub(super) const RED: [u8; 3] = [178, 24, 43];
pub(super) const BLUE: [u8; 3] = [33, 102, 172];

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
    pub fn range(self) -> String {
        match self {
            Self::Gray { low, high } | Self::Shades { low, high } => {
                format!("{} to {}", short(low), short(high))
            }
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
                toward(if part < 0.0 { BLUE } else { RED }, part.abs())
            }
            Self::Shades { low, high } => {
                let part = if high > low { (value - low) / (high - low) } else { 0.0 };
                toward(BLUE, part.clamp(0.0, 1.0))
            }
        }
    }
}

/// From white at 0 to `end` at 1.
fn toward(end: [u8; 3], part: f64) -> Pixel {
    let [r, g, b] = end.map(|end| (255.0 + (f64::from(end) - 255.0) * part).round() as u8);
    [r, g, b, 255]
}
