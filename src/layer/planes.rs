//! Images laid out so that a convolution is a sum of shifted runs.
//!
//! A plane holds one channel of several images, row by row, with zeros before each row and before each
//! image. The zeros before the next row are also those behind this one. On such a plane a position of the
//! kernel is an offset: there are no edges, and no patch is copied. What lies between the outputs of
//! two rows is computed too and thrown away.

use crate::kernel::{BLOCK, Runs, STEP};
use crate::scalar::Scalar;

/// How images of `shape` (channels, height, width) lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Layout {
    pub shape: [usize; 3],
    /// Zeros on every side; where negative, as many numbers are left out.
    pub padding: isize,
    /// From one row to the next.
    pub pitch: usize,
    /// From one image to the next.
    pub image: usize,
}

impl Layout {
    /// How many images go together: enough that what is done once for each run does not count, few
    /// enough to stay in the cache.
    pub(super) fn group(&self) -> usize {
        (1024 / self.image).max(1)
    }
}

/// Some images in their layout.
pub(super) struct Planes<T> {
    layout: Layout,
    kernel: usize,
    images: usize,
    /// Before the first number of a plane.
    front: usize,
    /// From one plane to the next.
    stride: usize,
    values: Vec<T>,
}

impl<T: Scalar> Planes<T> {
    /// Zeros, for `images` and a square kernel of this side.
    pub(super) fn new(layout: Layout, kernel: usize, images: usize) -> Self {
        let Layout { shape, padding, pitch, image } = layout;
        let front = padding.max(0).unsigned_abs() * (pitch + 1);
        let stride = (front + images * image).next_multiple_of(STEP) + STEP;
        // Whole blocks of planes are read, and the kernel reaches behind the last.
        let behind = (kernel + padding.unsigned_abs()) * (pitch + 1);
        let values = vec![T::zero(); shape[0].next_multiple_of(BLOCK) * stride + behind];
        Self { layout, kernel, images, front, stride, values }
    }

    /// Puts images in the place of those that were there.
    pub(super) fn put(&mut self, images: &[T]) {
        let Layout { shape: [channels, height, width], pitch, image, .. } = self.layout;
        let count = images.len() / (channels * height * width);
        if count != self.images {
            *self = Self::new(self.layout, self.kernel, count);
        }
        for (i, from) in images.chunks_exact(channels * height * width).enumerate() {
            for (channel, from) in from.chunks_exact(height * width).enumerate() {
                let to = &mut self.values[channel * self.stride + self.front + i * image..];
                for (to, from) in to.chunks_mut(pitch).zip(from.chunks_exact(width)) {
                    copy(from, &mut to[..width]);
                }
            }
        }
    }

    /// Where the numbers begin that each weight of a filter is multiplied with.
    fn taps(&self) -> Vec<usize> {
        let pitch = self.layout.pitch;
        let left_out = self.layout.padding.min(0).unsigned_abs() * (pitch + 1);
        let channels = (0..self.layout.shape[0]).map(|channel| channel * self.stride + left_out);
        let rows = channels.flat_map(|start| (0..self.kernel).map(move |u| start + u * pitch));
        rows.flat_map(|start| (0..self.kernel).map(move |v| start + v)).collect()
    }

    /// The length of the runs that give images of this height.
    fn run(&self, height: usize) -> usize {
        let Layout { pitch, image, .. } = self.layout;
        ((self.images - 1) * image + height * pitch).next_multiple_of(STEP)
    }

    /// Appends the convolved images, of `shape`, to `out`. The weights are those of [`BLOCK`] filters
    /// after the other, and of these filter after filter for each position of the kernel.
    pub(super) fn convolve(&self, weights: &[T], bias: &[T], shape: [usize; 3], out: &mut Vec<T>) {
        let ([filters, height, width], Layout { pitch, image, .. }) = (shape, self.layout);
        let taps = self.taps();
        let runs = Runs { values: &self.values, offsets: &taps };
        let len = self.run(height);
        let mut sums = vec![T::zero(); BLOCK * len];
        let start = out.len();
        out.resize(start + self.images * filters * height * width, T::zero());
        let blocks = weights.chunks_exact(BLOCK * taps.len()).zip(bias.chunks(BLOCK));
        for (block, (weights, bias)) in blocks.enumerate() {
            runs.combine(weights, bias, &mut sums);
            let first = block * BLOCK;
            for (i, out) in out[start..].chunks_exact_mut(filters * height * width).enumerate() {
                let planes = out.chunks_exact_mut(height * width).skip(first);
                for (plane, sums) in planes.zip(sums.chunks_exact(len)) {
                    let rows = sums[i * image..].chunks(pitch);
                    for (to, from) in plane.chunks_exact_mut(width).zip(rows) {
                        copy(&from[..width], to);
                    }
                }
            }
        }
    }

    /// Adds the sums over all positions of what each weight is multiplied with times `others`, the
    /// images that come out, in parts as [`Runs::correlate`] leaves them.
    pub(super) fn correlate(&self, others: &Self, sums: &mut [T]) {
        let taps = self.taps();
        let runs = Runs { values: &self.values, offsets: &taps };
        let len = self.run(others.layout.shape[1]);
        for (block, sums) in sums.chunks_exact_mut(taps.len() * BLOCK * STEP).enumerate() {
            let offsets: [usize; BLOCK] =
                std::array::from_fn(|f| (block * BLOCK + f) * others.stride + others.front);
            runs.correlate(Runs { values: &others.values, offsets: &offsets }, len, sums);
        }
    }
}

/// `to.copy_from_slice(from)` without a call, which would cost more than the few numbers of a row.
#[inline(always)]
fn copy<T: Scalar>(from: &[T], to: &mut [T]) {
    let ((from, from_rest), (to, to_rest)) = (from.as_chunks::<4>(), to.as_chunks_mut::<4>());
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
    for (to, from) in to_rest.iter_mut().zip(from_rest) {
        *to = *from;
    }
}
