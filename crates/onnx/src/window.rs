//! Windows along one side of an image.

use std::ops::Range;

/// Windows of `size` numbers that are `dilation` apart, one every `stride` numbers, the first in front of the image by the
/// padding there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub length: usize,
    pub size: usize,
    pub stride: usize,
    pub dilation: usize,
    /// Before the image and behind it.
    pub padding: [usize; 2],
}

impl Line {
    pub(crate) fn padded(&self) -> usize {
        self.padding.into_iter().fold(self.length, usize::saturating_add)
    }

    /// How many numbers so many windows reach over.
    pub(crate) fn reach(&self, count: usize) -> usize {
        let last = count.saturating_sub(1).saturating_mul(self.stride);
        last.saturating_add((self.size - 1).saturating_mul(self.dilation)).saturating_add(1)
    }

    /// How many windows there are, if one fits; with `ceil` one more for what is left over, unless it is padding only.
    pub(crate) fn count(&self, ceil: bool) -> Option<usize> {
        let rest = self.padded().checked_sub(self.reach(1))?;
        let count = rest / self.stride + 1;
        let more = ceil
            && !rest.is_multiple_of(self.stride)
            && count.saturating_mul(self.stride) < self.length.saturating_add(self.padding[0]);
        Some(count + usize::from(more))
    }

    /// How much padding behind makes just so many windows: that of a last one that goes out of the padded image too.
    pub(crate) fn behind(&self, count: usize) -> usize {
        self.reach(count).saturating_sub(self.length.saturating_add(self.padding[0]))
    }

    /// The places of the image, counted from where its padding begins.
    pub(crate) fn image(&self) -> Range<usize> {
        self.padding[0]..self.padding[0] + self.length
    }

    /// How many numbers each of so many windows has inside of some places.
    pub(crate) fn seen(&self, count: usize, inside: &Range<usize>) -> Vec<usize> {
        let places = |i: usize| (0..self.size).map(move |u| i * self.stride + u * self.dilation);
        (0..count).map(|i| places(i).filter(|place| inside.contains(place)).count()).collect()
    }
}
