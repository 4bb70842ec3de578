//! Which switches an input opens.

pub(in crate::analysis) mod bits;
pub(in crate::analysis) mod boundaries;
pub(in crate::analysis) mod layers;
pub(in crate::analysis) mod settle;

use crate::analysis::hash::{fnv, fnv_after};
use crate::layer::Layer;
use crate::scalar::{Matrix, Scalar};
use ndarray::{ArrayView1, Axis};
use serde::Serialize;

/// A switch, by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Unit {
    /// The layer, among the layers that have switches, counted from 0.
    pub layer: usize,
    /// The switch in that layer, counted from 0.
    pub unit: usize,
}

/// The state of every switch of a net at one input.
///
/// A switch is open where its value is positive. One whose value is zero counts as closed, as a ReLU
/// treats it, and is listed as on the boundary: on its two sides the maps may differ. So does one whose value
/// and gradient are zero but for rounding, as those of most outputs of a Fourier transform of an input that
/// repeats itself: its sign is made of rounding alone.
///
/// A max-pool has a switch for each of its inputs, open for the one that is largest in its window.
/// Of equal ones it connects the first, while all of them are listed here as on the boundary: after a
/// ReLU these are often windows of nothing but zeros.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pattern {
    /// For each layer that has switches, whether each is open.
    pub open: Vec<Vec<bool>>,
    /// The switches whose value is zero.
    pub boundary: Vec<Unit>,
}

impl Pattern {
    /// The pattern that `x` selects in `net`.
    ///
    /// ```
    /// use switchnet::{analysis::Pattern, layer::Switch};
    /// let pattern = Pattern::at(&Switch::relu(3), ndarray::array![2.0, -1.0, 0.0].view());
    /// assert_eq!(pattern.open, [[true, false, false]]);
    /// assert_eq!(pattern.boundary[0].unit, 2);
    /// ```
    ///
    /// # Panics
    /// If `x` has another length than the net takes.
    pub fn at<T: Scalar>(net: &dyn Layer<T>, x: ArrayView1<'_, T>) -> Self {
        Self::of(&settle::values_at(net, x.insert_axis(Axis(0))))
    }

    /// The pattern of switches of these values, one row for each layer.
    pub(in crate::analysis) fn of<T: Scalar>(values: &[Matrix<T>]) -> Self {
        let mut pattern = Self { open: Vec::new(), boundary: Vec::new() };
        for (layer, values) in values.iter().enumerate() {
            pattern.open.push(values.iter().map(|&z| z > T::zero()).collect());
            let zeros = values.iter().enumerate().filter(|(_, z)| z.is_zero());
            pattern.boundary.extend(zeros.map(|(unit, _)| Unit { layer, unit }));
        }
        pattern
    }

    /// How many switches are open.
    pub fn open_count(&self) -> usize {
        self.open.iter().flatten().filter(|&&open| open).count()
    }

    /// How many switches there are.
    pub fn len(&self) -> usize {
        self.open.iter().map(Vec::len).sum()
    }

    /// Whether the net has no switches.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// In how many switches two patterns of one net differ.
    pub fn distance(&self, other: &Self) -> usize {
        let pairs = self.open.iter().flatten().zip(other.open.iter().flatten());
        pairs.filter(|(a, b)| a != b).count()
    }

    /// A number that equal patterns share and different ones hardly ever; the same on every machine.
    /// It is the 64-bit FNV-1a hash of the switches in order, 64 to a little-endian number, of which each
    /// layer begins a new one.
    pub fn hash(&self) -> u64 {
        hash(
            self.open
                .iter()
                .flat_map(|layer| layer.chunks(64).map(|part| word(part.iter().copied()))),
        )
    }
}

/// The hash of the switches of all layers in order, as [`word`]s. Hashing a byte for each switch instead
/// would take as long as a fifth of a ray.
pub(in crate::analysis) fn hash(words: impl IntoIterator<Item = u64>) -> u64 {
    fnv(words.into_iter().flat_map(u64::to_le_bytes))
}

/// The same of one more word after others, whose hash is `hash`.
#[inline(always)]
pub(in crate::analysis) fn hash_after(hash: u64, word: u64) -> u64 {
    fnv_after(hash, word.to_le_bytes())
}

/// Up to 64 switches as one number, the first in its lowest bit.
#[inline(always)]
pub(in crate::analysis) fn word(open: impl Iterator<Item = bool>) -> u64 {
    open.enumerate().fold(0, |word, (bit, open)| word | u64::from(open) << bit)
}
