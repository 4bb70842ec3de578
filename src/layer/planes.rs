//! Images laid out so that a convolution is a sum of shifted runs.
//!
//! A plane holds one channel of several images, row by row, with zeros before each row and before each
//! image. The zeros before the next row are also those behind this one. On such a plane a position of the
//! kernel is an offset: there are no edges, and no patch is copied. What lies between the outputs of
//! two rows is computed too and thrown away.
//!
//! With a stride `s` a window moves by `s` numbers, but the outputs lie side by side. So an image is taken apart
//! into [phases](Phase): of the padded rows and columns, those whose number is `a` modulo `s`. Each phase is a
//! plane of its own, and on it windows move by one. Nothing is computed that a stride would throw away, and a
//! dilation only changes the offsets.

use super::window::Side;
use crate::kernel::{BLOCK, Runs, STEP};
use crate::scalar::Scalar;

/// Every `step`-th number of a line of an image, and where the first of them lies on a plane.
#[derive(Clone, Copy, Debug)]
pub(super) struct Phase {
    pub first: usize,
    pub step: usize,
    pub count: usize,
    pub place: usize,
}

impl Side {
    /// How many phases windows see.
    pub(super) fn phases(&self) -> usize {
        let again = |u: &usize| (u * self.dilation).is_multiple_of(self.stride);
        (1..self.window).find(again).unwrap_or(self.window)
    }

    /// The phase that number `u` of each window is in, for `u` below [`phases`](Self::phases); the others are in
    /// that of `u` modulo their number.
    pub(super) fn phase(&self, u: usize) -> Phase {
        let (residue, before) = (u * self.dilation % self.stride, self.zeros[0]);
        let place = before.saturating_sub(residue).div_ceil(self.stride);
        let first = (place * self.stride + residue - before).min(self.length);
        let count = (self.length - first).div_ceil(self.stride);
        Phase { first, step: self.stride, count, place }
    }

    /// How far number `u` of a window is shifted on the plane of its phase.
    pub(super) fn shift(&self, u: usize) -> usize {
        u * self.dilation / self.stride
    }

    /// The outputs, all of them, behind the zeros that the inputs before the first window see of them.
    pub(super) fn outputs(&self) -> Phase {
        let place = self.span().saturating_sub(self.zeros[0]) / self.stride;
        Phase { first: 0, step: 1, count: self.count, place }
    }

    /// From one line of a plane to the next, for inputs and outputs alike: far enough for the numbers and for the
    /// zeros between them.
    pub(super) fn apart(&self) -> usize {
        let (before, outputs) = (self.zeros[0], self.outputs());
        let inputs = (self.length + before).div_ceil(self.stride);
        let read = self.count + self.span() / self.stride - before / self.stride;
        inputs.max(read).max(outputs.place + outputs.count)
    }

    /// The largest shift there is, of inputs or of outputs.
    fn farthest(&self) -> usize {
        let back = self.zeros[0].div_ceil(self.stride) + self.outputs().place;
        back.max(self.span() / self.stride)
    }
}

/// How images lie.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// (channels, height, width) of an image.
    pub shape: [usize; 3],
    /// The phases of its columns and of its rows, each pair of which is a plane.
    pub phases: [Vec<Phase>; 2],
    /// Planes of zeros behind the last, which are read with it.
    spare: usize,
    /// From one row to the next.
    pitch: usize,
    /// From one image to the next.
    image: usize,
    /// The largest offset on a plane.
    farthest: usize,
}

impl Layout {
    /// How inputs of `shape` lie for these windows.
    pub(super) fn inputs(shape: [usize; 3], sides: [Side; 2]) -> Self {
        let phases = sides.map(|side| (0..side.phases()).map(|u| side.phase(u)).collect());
        Self::new(shape, sides, phases, 0)
    }

    /// How their outputs lie, with so many planes of zeros behind them.
    pub(super) fn outputs(shape: [usize; 3], sides: [Side; 2], spare: usize) -> Self {
        Self::new(shape, sides, sides.map(|side| vec![side.outputs()]), spare)
    }

    fn new(shape: [usize; 3], sides: [Side; 2], phases: [Vec<Phase>; 2], spare: usize) -> Self {
        let [down, across] = sides;
        let pitch = across.apart();
        let farthest = down.farthest() * pitch + across.farthest();
        Self { shape, phases, spare, pitch, image: down.apart() * pitch, farthest }
    }

    /// How many images go together: enough that what is done once for each run does not count, few
    /// enough to stay in the cache.
    pub(super) fn group(&self) -> usize {
        (1024 / self.image).max(1)
    }

    /// The number of planes.
    pub(super) fn planes(&self) -> usize {
        self.shape[0] * self.phases[0].len() * self.phases[1].len()
    }
}

/// What a weight is multiplied with: a plane, shifted by so many rows and columns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tap {
    pub plane: usize,
    pub down: usize,
    pub across: usize,
}

/// Sums of shifted planes, and where they go: to some channels of images, and there to every so many numbers.
#[derive(Clone, Debug)]
pub(super) struct Sums<T> {
    pub taps: Vec<Tap>,
    /// Those of [`BLOCK`] sums after the other, and of these sum after sum for each tap.
    pub weights: Vec<T>,
    /// The number that each sum begins with.
    pub start: Vec<T>,
    /// The channel of the first sum.
    pub channel: usize,
    /// The rows and columns.
    pub phases: [Phase; 2],
}

/// Some images in their layout.
pub(super) struct Planes<'a, T> {
    layout: &'a Layout,
    images: usize,
    /// From one plane to the next.
    stride: usize,
    values: Vec<T>,
}

impl<'a, T: Scalar> Planes<'a, T> {
    /// Zeros, for so many images.
    pub(super) fn new(layout: &'a Layout, images: usize) -> Self {
        let front = layout.phases[0][0].place * layout.pitch + layout.phases[1][0].place;
        let stride = (front + images * layout.image).next_multiple_of(STEP) + STEP;
        // A run from the farthest offset ends behind the last plane.
        let all = (layout.planes() + layout.spare) * stride + layout.farthest;
        Self { layout, images, stride, values: vec![T::zero(); all] }
    }

    /// Puts images in the place of those that were there.
    pub(super) fn put(&mut self, images: &[T]) {
        let Layout { shape: [channels, height, width], pitch, image, .. } = *self.layout;
        let [rows, columns] = &self.layout.phases;
        let count = images.len() / (channels * height * width);
        if count != self.images {
            *self = Self::new(self.layout, count);
        }
        for (i, from) in images.chunks_exact(channels * height * width).enumerate() {
            let mut start = i * image;
            for from in from.chunks_exact(height * width) {
                for rows in rows {
                    for columns in columns {
                        let to = &mut self.values[start + rows.place * pitch + columns.place..];
                        let lines = from.chunks_exact(width).skip(rows.first).step_by(rows.step);
                        for (to, from) in to.chunks_mut(pitch).zip(lines) {
                            columns.gather(from, &mut to[..columns.count]);
                        }
                        start += self.stride;
                    }
                }
            }
        }
    }

    /// Where the runs of these taps begin.
    fn offsets(&self, taps: &[Tap]) -> Vec<usize> {
        let offset =
            |tap: &Tap| tap.plane * self.stride + tap.down * self.layout.pitch + tap.across;
        taps.iter().map(offset).collect()
    }

    /// The length of runs of so many rows of each image.
    fn run(&self, rows: usize) -> usize {
        let Layout { pitch, image, .. } = *self.layout;
        ((self.images - 1) * image + rows * pitch).next_multiple_of(STEP)
    }

    /// Appends the convolved images, of `shape`, to `out`: zeros where no sum goes.
    pub(super) fn convolve(&self, all: &[Sums<T>], shape: [usize; 3], out: &mut Vec<T>) {
        let ([channels, height, width], &Layout { pitch, image, .. }) = (shape, self.layout);
        let first = out.len();
        out.resize(first + self.images * channels * height * width, T::zero());
        let mut found = Vec::new();
        for Sums { taps, weights, start, channel, phases: [rows, columns] } in all {
            let offsets = self.offsets(taps);
            let runs = Runs { values: &self.values, offsets: &offsets };
            let len = self.run(rows.count);
            found.resize(BLOCK * len, T::zero());
            let blocks = weights.chunks_exact(BLOCK * taps.len()).zip(start.chunks(BLOCK));
            for (block, (weights, start)) in blocks.enumerate() {
                runs.combine(weights, start, &mut found);
                let to = out[first..].chunks_exact_mut(channels * height * width);
                for (i, out) in to.enumerate() {
                    let planes = out.chunks_exact_mut(height * width).skip(channel + block * BLOCK);
                    for (plane, found) in planes.zip(found.chunks_exact(len)).take(start.len()) {
                        let found = found[i * image..].chunks(pitch);
                        let lines = plane.chunks_exact_mut(width).skip(rows.first);
                        for (to, from) in lines.step_by(rows.step).zip(found) {
                            columns.scatter(&from[..columns.count], to);
                        }
                    }
                }
            }
        }
    }

    /// Adds the sums over all positions of what each weight is multiplied with times the planes of `others` from
    /// the `first`, images that come out, in parts as [`Runs::correlate`] leaves them.
    pub(super) fn correlate(&self, taps: &[Tap], others: &Self, first: usize, sums: &mut [T]) {
        let offsets = self.offsets(taps);
        let runs = Runs { values: &self.values, offsets: &offsets };
        let [rows, columns] = [&others.layout.phases[0][0], &others.layout.phases[1][0]];
        let front = rows.place * others.layout.pitch + columns.place;
        let len = self.run(rows.count);
        for (block, sums) in sums.chunks_exact_mut(taps.len() * BLOCK * STEP).enumerate() {
            let offsets: [usize; BLOCK] =
                std::array::from_fn(|f| (first + block * BLOCK + f) * others.stride + front);
            runs.correlate(Runs { values: &others.values, offsets: &offsets }, len, sums);
        }
    }
}

impl Phase {
    /// Takes the numbers of this phase from a line.
    #[inline(always)]
    fn gather<T: Scalar>(&self, line: &[T], to: &mut [T]) {
        if self.step == 1 {
            return copy(&line[self.first..][..self.count], to);
        }
        for (to, from) in to.iter_mut().zip(line[self.first..].iter().step_by(self.step)) {
            *to = *from;
        }
    }

    /// Puts them into a line.
    #[inline(always)]
    fn scatter<T: Scalar>(&self, from: &[T], line: &mut [T]) {
        if self.step == 1 {
            return copy(from, &mut line[self.first..][..self.count]);
        }
        for (to, from) in line[self.first..].iter_mut().step_by(self.step).zip(from) {
            *to = *from;
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
