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

impl<T: Number> Kernel<T> for Dots<T> {
    #[inline(always)]
    fn run<V: Vector<Number = T>>(self) {
        const TOGETHER: usize = 8;
        let Self(p) = self;
        let [m, n, depth] = p.shape;
        // SAFETY: the matrices have these numbers.
        unsafe {
            for row in 0..m {
                let a = p.a.add(row * p.a_strides[0]);
                let mut j = 0;
                while j < n {
                    let b = p.b.add(j * p.b_strides[1]);
                    let mut found = [T::ZERO; TOGETHER];
                    let together = if j + TOGETHER <= n {
                        dots::<V, T, TOGETHER>(a, b, p.b_strides[1], depth, &mut found);
                        TOGETHER
                    } else {
                        dots::<V, T, 1>(a, b, p.b_strides[1], depth, &mut found);
                        1
                    };
                    for (i, sum) in found.into_iter().enumerate().take(together) {
                        let to = p.out.add(row * p.out_strides[0] + (j + i) * p.out_strides[1]);
                        *to = if p.fresh { sum } else { *to + sum };
                    }
                    j += together;
                }
            }
        }
    }
}

/// The scalar products of `a` with so many vectors.
///
/// # Safety
/// They are there.
#[inline(always)]
unsafe fn dots<V: Vector<Number = T>, T: Number, const COUNT: usize>(
    a: *const T,
    b: *const T,
    apart: usize,
    depth: usize,
    found: &mut [T],
) {
    let mut sums = [V::splat(T::ZERO); COUNT];
    let whole = depth - depth % V::LANES;
    // SAFETY: as the caller says.
    unsafe {
        let mut k = 0;
        while k < whole {
            let x = V::load(a.add(k));
            for (i, sum) in sums.iter_mut().enumerate() {
                *sum = x.mul_add(V::load(b.add(i * apart + k)), *sum);
            }
            k += V::LANES;
        }
        for (i, (mut sum, found)) in sums.into_iter().zip(found).enumerate() {
            let mut level = 0;
            while 1 << level < V::LANES {
                sum = sum.butterfly(level);
                level += 1;
            }
            let mut total = [T::ZERO; 16];
            sum.store(total.as_mut_ptr());
            let mut total = total[0];
            for k in whole..depth {
                total += *a.add(k) * *b.add(i * apart + k);
            }
            *found = total;
        }
    }
}
