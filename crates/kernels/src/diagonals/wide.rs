//! Many interleaved vectors: a register takes the same number of so many of them.

use super::{BlockDiagonal, ROWS, STRIP};
use crate::before::{load, store};
use crate::number::Number;
use crate::path::Kernel;
use crate::vector::Vector;
use std::ops::Range;

pub(super) struct Wide<'a, T> {
    pub matrix: BlockDiagonal<'a, T>,
    pub back: bool,
    /// Rows of the batch.
    pub m: usize,
    pub x: &'a [T],
    /// Where the outputs go, which need no value yet.
    pub y: *mut T,
}

impl<T: Number> Kernel<T> for Wide<'_, T> {
    #[inline(always)]
    fn run<V: Vector<Number = T>>(self) {
        let BlockDiagonal { groups, rows, columns, stride, .. } = self.matrix;
        let registers = groups * stride.div_ceil(V::LANES);
        let strip = (STRIP / (rows * columns * V::LANES)).max(1);
        let side = if rows == columns && stride.is_multiple_of(V::LANES) { rows } else { 0 };
        let many = self.m - self.m % ROWS;
        for start in (0..registers).step_by(strip) {
            let range = start..registers.min(start + strip);
            for row in (0..many).step_by(ROWS) {
                match side {
                    // SAFETY: the rows and the blocks are there, and a vector is whole registers.
                    2 => unsafe { self.squares::<V, ROWS, 2>(row, range.clone()) },
                    // SAFETY: as above.
                    4 => unsafe { self.squares::<V, ROWS, 4>(row, range.clone()) },
                    _ => self.strip::<V, ROWS>(row, range.clone()),
                }
            }
            for row in many..self.m {
                self.strip::<V, 1>(row, range.clone());
            }
        }
    }
}

impl<T: Number> Wide<'_, T> {
    /// `R` rows from the `first` through registers of interleaved square blocks of side `N`, so small that finding one's
    /// way would take longer than the work.
    ///
    /// # Safety
    /// Rows and registers are there, and each vector is whole registers.
    #[inline(always)]
    unsafe fn squares<V: Vector<Number = T>, const R: usize, const N: usize>(
        &self,
        first: usize,
        range: Range<usize>,
    ) {
        let BlockDiagonal { groups, stride, weights, .. } = self.matrix;
        let (n, each) = (groups * N * stride, stride / V::LANES);
        let (down, across) = if self.back { (stride, N * stride) } else { (N * stride, stride) };
        let mut register = range.start;
        while register < range.end {
            let group = register / each;
            let here = register - group * each..range.end.min((group + 1) * each) - group * each;
            register += here.len();
            // SAFETY: as the caller says.
            unsafe {
                let weights = weights.as_ptr().add(group * self.matrix.apart());
                let rows = first * n + group * N * stride;
                let (x, y) = (self.x.as_ptr().add(rows), self.y.add(rows));
                let mut i = here.start * V::LANES;
                while i < here.end * V::LANES {
                    let mut xs = [[V::splat(T::ZERO); R]; N];
                    for (b, xs) in xs.iter_mut().enumerate() {
                        for (r, number) in xs.iter_mut().enumerate() {
                            *number = V::load(x.add(r * n).add(b * stride + i));
                        }
                    }
                    for a in 0..N {
                        let mut sums = [V::splat(T::ZERO); R];
                        for (b, xs) in xs.iter().enumerate() {
                            let w = V::load(weights.add(a * down + b * across).add(i));
                            for (sum, &x) in sums.iter_mut().zip(xs) {
                                *sum = w.mul_add(x, *sum);
                            }
                        }
                        for (r, sum) in sums.into_iter().enumerate() {
                            sum.store(y.add(r * n).add(a * stride + i));
                        }
                    }
                    i += V::LANES;
                }
            }
        }
    }

    /// `R` rows from the `first` through registers of interleaved blocks.
    #[inline(always)]
    fn strip<V: Vector<Number = T>, const R: usize>(&self, first: usize, range: Range<usize>) {
        let BlockDiagonal { rows, columns, stride, .. } = self.matrix;
        let outputs = if self.back { columns } else { rows };
        let each = stride.div_ceil(V::LANES);
        for register in range {
            let place = [register / each, register % each * V::LANES];
            let count = stride - place[1];
            let mut output = 0;
            while output < outputs {
                // SAFETY: the rows, the group, the blocks and the outputs are there.
                unsafe {
                    output += match (outputs - output, count < V::LANES) {
                        (4.., false) => self.tile::<V, R, 4, false>(first, place, output, count),
                        (4.., true) => self.tile::<V, R, 4, true>(first, place, output, count),
                        (2.., false) => self.tile::<V, R, 2, false>(first, place, output, count),
                        (2.., true) => self.tile::<V, R, 2, true>(first, place, output, count),
                        (_, false) => self.tile::<V, R, 1, false>(first, place, output, count),
                        (_, true) => self.tile::<V, R, 1, true>(first, place, output, count),
                    }
                }
            }
        }
    }

    /// `A` outputs of `R` rows, of as many blocks as a register has lanes, or of the `count` that are left in `PART`.
    /// How many outputs that were.
    ///
    /// # Safety
    /// They are there.
    #[inline(always)]
    unsafe fn tile<V: Vector<Number = T>, const R: usize, const A: usize, const PART: bool>(
        &self,
        row: usize,
        [group, i]: [usize; 2],
        output: usize,
        count: usize,
    ) -> usize {
        let BlockDiagonal { groups, rows, columns, stride, .. } = self.matrix;
        let (outputs, inputs, down, across) = match self.back {
            false => (rows, columns, columns * stride, stride),
            true => (columns, rows, stride, columns * stride),
        };
        let (n, to) = (groups * inputs * stride, groups * outputs * stride);
        let mut sums = [[V::splat(T::ZERO); R]; A];
        // SAFETY: as the caller says.
        unsafe {
            let group_weights = self.matrix.weights.as_ptr().add(group * self.matrix.apart() + i);
            let w = group_weights.add(output * down);
            let x = self.x.as_ptr().add(row * n + group * inputs * stride + i);
            for b in 0..inputs {
                let mut xs = [V::splat(T::ZERO); R];
                for (r, number) in xs.iter_mut().enumerate() {
                    *number = load::<V, PART>(x.add(r * n + b * stride), count);
                }
                for (a, sums) in sums.iter_mut().enumerate() {
                    let w = load::<V, PART>(w.add(a * down + b * across), count);
                    for (sum, x) in sums.iter_mut().zip(xs) {
                        *sum = w.mul_add(x, *sum);
                    }
                }
            }
            let y = self.y.add(row * to + (group * outputs + output) * stride + i);
            for (a, sums) in sums.into_iter().enumerate() {
                for (r, sum) in sums.into_iter().enumerate() {
                    store::<V, PART>(sum, y.add(r * to + a * stride), count);
                }
            }
        }
        A
    }
}

pub(super) struct WideSums<'a, T> {
    pub matrix: BlockDiagonal<'a, T>,
    pub m: usize,
    pub x: &'a [T],
    pub dy: &'a [T],
    pub sums: &'a mut [T],
}

impl<T: Number> Kernel<T> for WideSums<'_, T> {
    #[inline(always)]
    fn run<V: Vector<Number = T>>(mut self) {
        let BlockDiagonal { groups, rows, columns, stride, .. } = self.matrix;
        let each = stride.div_ceil(V::LANES);
        for register in 0..groups * each {
            let place = [register / each, register % each * V::LANES];
            let count = stride - place[1];
            let mut output = 0;
            while output < rows {
                let mut input = 0;
                while input < columns {
                    let from = [output, input];
                    // SAFETY: the group, the blocks, the outputs and the inputs are there.
                    unsafe {
                        input += match (rows - output, columns - input, count < V::LANES) {
                            (2.., 4.., false) => self.tile::<V, 2, 4, false>(place, from, count),
                            (2.., 4.., true) => self.tile::<V, 2, 4, true>(place, from, count),
                            (2.., 2.., false) => self.tile::<V, 2, 2, false>(place, from, count),
                            (2.., 2.., true) => self.tile::<V, 2, 2, true>(place, from, count),
                            (2.., _, false) => self.tile::<V, 2, 1, false>(place, from, count),
                            (2.., _, true) => self.tile::<V, 2, 1, true>(place, from, count),
                            (_, _, false) => self.tile::<V, 1, 1, false>(place, from, count),
                            (_, _, true) => self.tile::<V, 1, 1, true>(place, from, count),
                        }
                    }
                }
                output += 2;
            }
        }
    }
}

impl<T: Number> WideSums<'_, T> {
    /// The sums of all rows for `A` outputs and `B` inputs. How many inputs that were.
    ///
    /// # Safety
    /// They are there.
    #[inline(always)]
    unsafe fn tile<V: Vector<Number = T>, const A: usize, const B: usize, const PART: bool>(
        &mut self,
        [group, i]: [usize; 2],
        [output, input]: [usize; 2],
        count: usize,
    ) -> usize {
        let BlockDiagonal { groups, rows, columns, stride, .. } = self.matrix;
        let (n, to) = (groups * columns * stride, groups * rows * stride);
        let mut sums = [[V::splat(T::ZERO); B]; A];
        // SAFETY: as the caller says.
        unsafe {
            let mut x = self.x.as_ptr().add((group * columns + input) * stride + i);
            let mut dy = self.dy.as_ptr().add((group * rows + output) * stride + i);
            for _ in 0..self.m {
                let mut xs = [V::splat(T::ZERO); B];
                for (b, number) in xs.iter_mut().enumerate() {
                    *number = load::<V, PART>(x.add(b * stride), count);
                }
                for (a, sums) in sums.iter_mut().enumerate() {
                    let dy = load::<V, PART>(dy.add(a * stride), count);
                    for (sum, x) in sums.iter_mut().zip(xs) {
                        *sum = dy.mul_add(x, *sum);
                    }
                }
                // Behind the last row there is nothing, and nothing is read.
                x = x.wrapping_add(n);
                dy = dy.wrapping_add(to);
            }
            let first = group * self.matrix.apart() + (output * columns + input) * stride + i;
            let all = self.sums.as_mut_ptr().add(first);
            for (a, sums) in sums.into_iter().enumerate() {
                for (b, sum) in sums.into_iter().enumerate() {
                    let to = all.add((a * columns + b) * stride);
                    store::<V, PART>(load::<V, PART>(to, count).add(sum), to, count);
                }
            }
        }
        B
    }
}
