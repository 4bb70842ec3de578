//! Few rows, for which packing a matrix would be most of the work.

use super::Product;
use super::tile::{DEPTH, WIDTH};
use crate::number::Number;
use crate::path::Kernel;
use crate::vector::Vector;

/// Few rows times a matrix whose rows are contiguous: each is added as often as `a` says, in the order of a tile.
pub(super) struct Rows<T>(pub Product<T>);

impl<T: Number> Kernel<T> for Rows<T> {
    #[inline(always)]
    fn run<V: Vector<Number = T>>(self) {
        const TOGETHER: usize = 8;
        let Self(p) = self;
        let [m, n, depth] = p.shape;
        // SAFETY: the matrices have these numbers; a row of sums, up to `WIDTH` at a time, has room.
        unsafe {
            for row in 0..m {
                for j in (0..n).step_by(WIDTH) {
                    let wide = WIDTH.min(n - j);
                    for k in (0..depth).step_by(DEPTH) {
                        let deep = DEPTH.min(depth - k);
                        let sums = p.packed;
                        for i in 0..wide {
                            *sums.add(i) = T::ZERO;
                        }
                        let mut at = 0;
                        while at < deep {
                            let together = if at + TOGETHER <= deep { TOGETHER } else { 1 };
                            let a = p.a.add(row * p.a_strides[0] + (k + at) * p.a_strides[1]);
                            let b = p.b.add((k + at) * p.b_strides[0] + j);
                            if together == TOGETHER {
                                add::<V, T, TOGETHER>(
                                    a,
                                    p.a_strides[1],
                                    b,
                                    p.b_strides[0],
                                    sums,
                                    wide,
                                );
                            } else {
                                add::<V, T, 1>(a, p.a_strides[1], b, p.b_strides[0], sums, wide);
                            }
                            at += together;
                        }
                        let [down, right] = p.out_strides;
                        let out = p.out.add(row * down + j * right);
                        for i in 0..wide {
                            let (to, sum) = (out.add(i * right), *sums.add(i));
                            *to = if p.fresh && k == 0 { sum } else { *to + sum };
                        }
                    }
                }
            }
        }
    }
}

/// `sums += Σ a·b` over so many rows of `b`, one after the other.
///
/// # Safety
/// They are there.
#[inline(always)]
unsafe fn add<V: Vector<Number = T>, T: Number, const ROWS: usize>(
    a: *const T,
    a_apart: usize,
    b: *const T,
    apart: usize,
    sums: *mut T,
    wide: usize,
) {
    // SAFETY: as the caller says.
    unsafe {
        let mut factors = [V::splat(T::ZERO); ROWS];
        for (i, factor) in factors.iter_mut().enumerate() {
            *factor = V::splat(*a.add(i * a_apart));
        }
        let whole = wide - wide % V::LANES;
        let mut j = 0;
        while j < whole {
            let mut sum = V::load(sums.add(j));
            for (i, factor) in factors.iter().enumerate() {
                sum = factor.mul_add(V::load(b.add(i * apart + j)), sum);
            }
            sum.store(sums.add(j));
            j += V::LANES;
        }
        if whole < wide {
            let rest = wide - whole;
            let mut sum = V::load_first(sums.add(j), rest);
            for (i, factor) in factors.iter().enumerate() {
                sum = factor.mul_add(V::load_first(b.add(i * apart + j), rest), sum);
            }
            sum.store_first(sums.add(j), rest);
        }
    }
}

/// Few rows times a matrix whose columns are contiguous: a scalar product for each number.
pub(super) struct Dots<T>(pub Product<T>);

/// A tile of scalar products: so many rows by so many columns.
const TILE: (usize, usize) = (4, 4);

impl<T: Number> Kernel<T> for Dots<T> {
    #[inline(always)]
    fn run<V: Vector<Number = T>>(self) {
        let [m, n, _] = self.0.shape;
        let (mut row, mut j) = (0, 0);
        while row < m {
            let rows = if row + TILE.0 <= m { TILE.0 } else { 1 };
            while j < n {
                let many = if rows == 1 { 2 * TILE.1 } else { TILE.1 };
                // SAFETY: the matrices have these numbers.
                unsafe {
                    j += match (rows, j + many <= n) {
                        (1, true) => self.tile::<V, 1, { 2 * TILE.1 }>(row, j),
                        (1, false) => self.tile::<V, 1, 1>(row, j),
                        (_, true) => self.tile::<V, { TILE.0 }, { TILE.1 }>(row, j),
                        (_, false) => self.tile::<V, { TILE.0 }, 1>(row, j),
                    }
                }
            }
            (row, j) = (row + rows, 0);
        }
    }
}

impl<T: Number> Dots<T> {
    /// The scalar products of `R` rows and `C` columns; how many columns that were.
    ///
    /// # Safety
    /// They are there.
    #[inline(always)]
    unsafe fn tile<V: Vector<Number = T>, const R: usize, const C: usize>(
        &self,
        row: usize,
        column: usize,
    ) -> usize {
        let Self(p) = self;
        let depth = p.shape[2];
        let whole = depth - depth % V::LANES;
        let ([down, _], [_, right]) = (p.a_strides, p.b_strides);
        let mut sums = [[V::splat(T::ZERO); C]; R];
        // SAFETY: as the caller says.
        unsafe {
            let (a, b) = (p.a.add(row * down), p.b.add(column * right));
            for k in (0..whole).step_by(V::LANES) {
                let mut ys = [V::splat(T::ZERO); C];
                for (c, y) in ys.iter_mut().enumerate() {
                    *y = V::load(b.add(c * right + k));
                }
                for (r, sums) in sums.iter_mut().enumerate() {
                    let x = V::load(a.add(r * down + k));
                    for (sum, y) in sums.iter_mut().zip(ys) {
                        *sum = x.mul_add(y, *sum);
                    }
                }
            }
            for (r, sums) in sums.into_iter().enumerate() {
                for (c, mut sum) in sums.into_iter().enumerate() {
                    let mut level = 0;
                    while 1 << level < V::LANES {
                        sum = sum.butterfly(level);
                        level += 1;
                    }
                    let mut total = [T::ZERO; 16];
                    sum.store(total.as_mut_ptr());
                    let mut total = total[0];
                    for k in whole..depth {
                        total += *a.add(r * down + k) * *b.add(c * right + k);
                    }
                    let [down, right] = p.out_strides;
                    let to = p.out.add((row + r) * down + (column + c) * right);
                    *to = if p.fresh { total } else { *to + total };
                }
            }
        }
        C
    }
}
