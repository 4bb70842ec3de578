//! Windows that go over images: how many there are on a side, and where they stand.

use super::bounded;
use crate::error::{Error, Result};
use serde::de::{Error as _, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt::{self, Display, Formatter};

/// A number for each side, or one for all: `Sides<2>` is down and across, `Sides<4>` top, left, bottom and right.
///
/// In files it is a number where all sides have the same, else a list.
///
/// ```
/// use switchnet::layer::Sides;
/// assert_eq!(Sides::from(3), Sides([3, 3]));
/// let padding: Sides<4> = serde_json::from_str("[0, 1, 0, 1]")?;
/// assert_eq!(padding, Sides([0, 1, 0, 1]));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sides<const N: usize>(pub [usize; N]);

impl<const N: usize> Sides<N> {
    /// No padding.
    pub(super) fn zero() -> Self {
        Self([0; N])
    }

    pub(super) fn is_zero(&self) -> bool {
        *self == Self::zero()
    }

    /// No stride or dilation to speak of.
    pub(super) fn one() -> Self {
        Self([1; N])
    }

    pub(super) fn is_one(&self) -> bool {
        *self == Self::one()
    }

    /// The number of all sides, if it is the same.
    fn common(&self) -> Option<usize> {
        let first = *self.0.first()?;
        self.0.iter().all(|&number| number == first).then_some(first)
    }
}

impl<const N: usize> From<usize> for Sides<N> {
    fn from(all: usize) -> Self {
        Self([all; N])
    }
}

impl<const N: usize> From<[usize; N]> for Sides<N> {
    fn from(each: [usize; N]) -> Self {
        Self(each)
    }
}

impl<const N: usize> Display for Sides<N> {
    /// `2`, or `2×3` where they differ.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.common() {
            Some(all) => all.fmt(f),
            None => f.write_str(&self.0.map(|number| number.to_string()).join("×")),
        }
    }
}

impl<const N: usize> Serialize for Sides<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.common() {
            Some(all) => all.serialize(serializer),
            None => self.0.as_slice().serialize(serializer),
        }
    }
}

impl<'de, const N: usize> Deserialize<'de> for Sides<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader<const N: usize>;

impl<'de, const N: usize> Visitor<'de> for Reader<N> {
    type Value = Sides<N>;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number or a list of {N}")
    }

    fn visit_u64<E: serde::de::Error>(self, all: u64) -> Result<Sides<N>, E> {
        usize::try_from(all).map(Sides::from).map_err(E::custom)
    }

    fn visit_i64<E: serde::de::Error>(self, all: i64) -> Result<Sides<N>, E> {
        match u64::try_from(all) {
            Ok(all) => self.visit_u64(all),
            Err(_) => Err(E::invalid_value(Unexpected::Signed(all), &self)),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Sides<N>, A::Error> {
        let mut each = [0; N];
        for (i, number) in each.iter_mut().enumerate() {
            *number = list.next_element()?.ok_or_else(|| A::Error::invalid_length(i, &self))?;
        }
        match list.next_element::<usize>()? {
            None => Ok(Sides(each)),
            Some(_) => Err(A::Error::invalid_length(N + 1, &self)),
        }
    }
}

/// Windows as a configuration describes them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Windows {
    pub size: Sides<2>,
    pub stride: Sides<2>,
    pub dilation: Sides<2>,
    pub padding: Sides<4>,
    /// Whether the last one may reach beyond the padding.
    pub ceil: bool,
}

impl Windows {
    /// The windows down and across an image of `shape` (channels, height, width). `size` and `layer`, such as
    /// `kernel` and `convolution`, are the names in messages.
    ///
    /// # Errors
    /// If a stride or a dilation is zero, or a window empty or larger than the padded image, or anything is
    /// larger than 2^30.
    pub(super) fn on(&self, shape: [usize; 3], size: &str, layer: &str) -> Result<[Side; 2]> {
        let Self { padding: Sides([top, left, bottom, right]), ceil, .. } = *self;
        let [channels, height, width] = shape;
        let padded = |length: usize, zeros: [usize; 2]| {
            zeros.into_iter().fold(length, usize::saturating_add)
        };
        bounded(&format!("image of a {layer}"), &shape)?;
        let image = [channels, padded(height, [top, bottom]), padded(width, [left, right])];
        bounded(&format!("padded image of a {layer}"), &image)?;
        let side = |i: usize, name: &str, length: usize, zeros: [usize; 2]| {
            let (window, stride, dilation) = (self.size.0[i], self.stride.0[i], self.dilation.0[i]);
            bounded(&format!("dilation of a {layer}"), &[dilation])?;
            let padded = padded(length, zeros);
            let largest = (padded - 1) / dilation + 1;
            if !(1..=largest).contains(&window) {
                let dilated = if dilation == 1 { "" } else { &format!(", dilation {dilation}") };
                let [before, after] = zeros;
                let expected = format!(
                    "1 to {largest} for the {name} {length} with padding {before} + {after}{dilated}"
                );
                return Err(Error::new(format!("{size} of a {layer}"), expected, window));
            }
            bounded(&format!("stride of a {layer}"), &[stride])?;
            let mut side = Side { length, window, stride, dilation, zeros, count: 0 };
            let rest = padded - 1 - side.span();
            side.count = rest / stride + 1;
            // One more for what is left over, unless it is padding only.
            if ceil && !rest.is_multiple_of(stride) && side.count * stride < length + zeros[0] {
                side.count += 1;
            }
            Ok(side)
        };
        Ok([side(0, "height", height, [top, bottom])?, side(1, "width", width, [left, right])?])
    }

    /// `conv 3×3, stride 2`: what is not as usual is said.
    pub(super) fn name(&self, layer: &str, usual_stride: Sides<2>) -> String {
        let Sides([height, width]) = self.size;
        let mut name = format!("{layer} {height}×{width}");
        if self.stride != usual_stride {
            name += &format!(", stride {}", self.stride);
        }
        if !self.dilation.is_one() {
            name += &format!(", dilation {}", self.dilation);
        }
        name
    }
}

/// The windows along one side of an image of `length` numbers: `window` numbers each, `dilation` apart, one
/// window every `stride` numbers, the first in front of the image by as many zeros as there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side {
    pub length: usize,
    pub window: usize,
    pub stride: usize,
    pub dilation: usize,
    /// In front of the image and behind it.
    pub zeros: [usize; 2],
    /// How many windows there are.
    pub count: usize,
}

impl Side {
    /// How far apart the first and the last number of a window are.
    pub(super) fn span(&self) -> usize {
        self.dilation * (self.window - 1)
    }
}
