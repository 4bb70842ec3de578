//! Few interleaved vectors with small square blocks: a register takes whole blocks.

use super::{BlockDiagonal, ROWS, STRIP};
use crate::number::Number;
use crate::path::Kernel;
use crate::vector::Vector;
use std::ops::Range;

/// The numbers of the largest unit of blocks that are arranged alike: sides of 8, with a stride of half a register of 16.
const UNIT: usize = 8 * 8;

/// Where the weights of a unit are, a register after the other: of each, those of all its terms.
///
/// A unit is a register of blocks, or the blocks of one group where those are more.
struct Arranged {
    /// Columns.
    unit: usize,
    places: [u32; UNIT * 8],
}

impl Arranged {
    #[inline(always)]
    fn of<T: Number>(matrix: BlockDiagonal<'_, T>, back: bool, lanes: usize) -> Self {
        let BlockDiagonal { rows: side, stride, .. } = matrix;
        let (unit, apart) = (lanes.max(side * stride), matrix.apart());
        // All are powers of two, and a division takes as long as many other steps.
        let (log_side, log_stride) = (side.trailing_zeros(), stride.trailing_zeros());
        let mut places = [0; UNIT * 8];
        for p in 0..unit {
            let group = p >> (log_side + log_stride);
            let (k, i) = (p >> log_stride & (side - 1), p & (stride - 1));
            let first = ((p & !(lanes - 1)) << log_side) + (p & (lanes - 1));
            for m in 0..side {
                let (row, column) = if back { (k ^ m, k) } else { (k, k ^ m) };
                let place = group * apart + (((row << log_side) + column) << log_stride) + i;
                places[first + m * lanes] = place as u32;
            }
        }
        Self { unit, places }
    }
}

pub(super) struct Close<'a, T> {
    pub matrix: BlockDiagonal<'a, T>,
    pub back: bool,
    pub m: usize,
    pub x: &'a [T],
    /// Where the outputs go, which need no value yet.
    pub y: *mut T,
}

impl<T: Number> Kernel<T> for Close<'_, T> {
    #[inline(always)]
    fn run<V: Vector<Number = T>>(self) {
        match self.matrix.rows {
            2 => self.sides::<V, 2>(),
            4 => self.sides::<V, 4>(),
            _ => self.sides::<V, 8>(),
        }
    }
}

impl<T: Number> Close<'_, T> {
    /// Blocks of side `N`.
    #[inline(always)]
    fn sides<V: Vector<Number = T>, const N: usize>(self) {
        let matrix = self.matrix;
        let n = matrix.groups * N * matrix.stride;
        let arranged = Arranged::of(matrix, self.back, V::LANES);
        let mut weights = [T::ZERO; STRIP];
        let many = self.m - self.m % ROWS;
        for start in (0..n).step_by(STRIP / N) {
            let end = n.min(start + STRIP / N);
            let length = arranged.unit * N;
            for (u, to) in weights[..(end - start) * N].chunks_exact_mut(length).enumerate() {
                let from = matrix.weights_of_unit(start / arranged.unit + u, arranged.unit);
                for (to, &place) in to.iter_mut().zip(&arranged.places) {
                    *to = from[place as usize];
                }
            }
            for row in (0..many).step_by(ROWS) {
                self.strip::<V, N, ROWS>(row, start..end, &weights);
            }
            for row in many..self.m {
                self.strip::<V, N, 1>(row, start..end, &weights);
            }
        }
    }

    /// `R` rows through a strip of columns.
    #[inline(always)]
    fn strip<V: Vector<Number = T>, const N: usize, const R: usize>(
        &self,
        row: usize,
        columns: Range<usize>,
        weights: &[T; STRIP],
    ) {
        let BlockDiagonal { groups, stride, .. } = self.matrix;
        let n = groups * N * stride;
        for column in columns.clone().step_by(V::LANES) {
            // SAFETY: the rows have whole units of registers, and a partner is in the unit of its register.
            unsafe {
                let x = self.x.as_ptr().add(row * n);
                let w = weights.as_ptr().add((column - columns.start) * N);
                let mut sums = [V::splat(T::ZERO); R];
                let mut own = [V::splat(T::ZERO); R];
                for (r, own) in own.iter_mut().enumerate() {
                    *own = V::load(x.add(r * n + column));
                }
                for m in 0..N {
                    let (far, near) = partner::<V>(m * stride);
                    let w = V::load(w.add(m * V::LANES));
                    if far == 0 {
                        for (sum, own) in sums.iter_mut().zip(own) {
                            *sum = w.mul_add(own.exchange(near), *sum);
                        }
                    } else {
                        for (r, sum) in sums.iter_mut().enumerate() {
                            let x = V::load(x.add(r * n + (column ^ far)));
                            *sum = w.mul_add(x.exchange(near), *sum);
                        }
                    }
                }
                let y = self.y.add(row * n + column);
                for (r, sum) in sums.into_iter().enumerate() {
                    sum.store(y.add(r * n));
                }
            }
        }
    }
}

/// How the partner at `p XOR by` of each number of a register is found: in which register, and in which lane.
#[inline(always)]
fn partner<V: Vector>(by: usize) -> (usize, usize) {
    (by & !(V::LANES - 1), by & (V::LANES - 1))
}

impl<'a, T: Number> BlockDiagonal<'a, T> {
    /// The weights from those of a unit of columns on.
    #[inline(always)]
    fn weights_of_unit(self, number: usize, unit: usize) -> &'a [T] {
        if self.apart() == 0 { self.weights } else { &self.weights[number * unit * self.rows..] }
    }
}

pub(super) struct CloseSums<'a, T> {
    pub matrix: BlockDiagonal<'a, T>,
    pub m: usize,
    pub x: &'a [T],
    pub dy: &'a [T],
    pub sums: &'a mut [T],
}

impl<T: Number> Kernel<T> for CloseSums<'_, T> {
    #[inline(always)]
    fn run<V: Vector<Number = T>>(self) {
        match self.matrix.rows {
            2 => self.sides::<V, 2>(),
            4 => self.sides::<V, 4>(),
            _ => self.sides::<V, 8>(),
        }
    }
}

impl<T: Number> CloseSums<'_, T> {
    /// Blocks of side `N`.
    #[inline(always)]
    fn sides<V: Vector<Number = T>, const N: usize>(self) {
        let Self { matrix, m, x, dy, sums } = self;
        let (stride, apart) = (matrix.stride, matrix.apart());
        let n = matrix.groups * N * stride;
        let arranged = Arranged::of(matrix, false, V::LANES);
        let mut room = [T::ZERO; UNIT * 8];
        for start in (0..n).step_by(arranged.unit) {
            for column in (start..start + arranged.unit).step_by(V::LANES) {
                let mut terms = [V::splat(T::ZERO); N];
                // SAFETY: the rows have whole units of registers, and a partner is in the unit of its register.
                unsafe {
                    for row in 0..m {
                        let dy = V::load(dy.as_ptr().add(row * n + column));
                        for (m, term) in terms.iter_mut().enumerate() {
                            let (far, near) = partner::<V>(m * stride);
                            let x = V::load(x.as_ptr().add(row * n + (column ^ far)));
                            let x = if near == 0 { x } else { x.exchange(near) };
                            *term = dy.mul_add(x, *term);
                        }
                    }
                    for (m, term) in terms.into_iter().enumerate() {
                        let to = room.as_mut_ptr().add((column - start) * N + m * V::LANES);
                        term.store(to);
                    }
                }
            }
            let first = if apart == 0 { 0 } else { start * N };
            for (&sum, &place) in room[..arranged.unit * N].iter().zip(&arranged.places) {
                sums[first + place as usize] += sum;
            }
        }
    }
}
