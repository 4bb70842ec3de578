//! The switch forwards into a new place, and backwards with a sum for each slope.

use super::path::{Kernel, Path, run_registers};
use super::vector::{Registers, Vector};
use crate::scalar::Scalar;

/// Appends to `out`, for each row `z` of `rows`, `open·z` where `z > 0` and `closed·z` elsewhere.
pub(super) fn switch<T: Scalar>(rows: &[T], [open, closed]: [&[T]; 2], out: &mut Vec<T>) {
    let n = open.len();
    assert!(closed.len() == n && rows.len().is_multiple_of(n), "switch: rows of {n}");
    out.reserve(rows.len());
    let to = out.spare_capacity_mut().as_mut_ptr().cast::<T>();
    run_registers(Path::chosen(), Forward { rows, open, closed, to });
    // SAFETY: there was room, and the kernel wrote every number.
    unsafe { out.set_len(out.len() + rows.len()) };
}

struct Forward<'a, T> {
    rows: &'a [T],
    open: &'a [T],
    closed: &'a [T],
    /// Room for as many numbers as `rows` has.
    to: *mut T,
}

impl<T: Scalar + Registers> Kernel<T> for Forward<'_, T> {
    #[inline(always)]
    fn run<V: Vector<Number = T>>(self) {
        let Self { rows, open, closed, mut to } = self;
        let n = open.len();
        let whole = n - n % V::LANES;
        for row in rows.chunks_exact(n) {
            let mut j = 0;
            // SAFETY: all reads are inside a row or a vector of its length, all writes inside `to`.
            unsafe {
                while j < whole {
                    let z = V::load(row.as_ptr().add(j));
                    let open = V::load(open.as_ptr().add(j));
                    let closed = V::load(closed.as_ptr().add(j));
                    z.mul(z.pick(open, closed)).store(to.add(j));
                    j += V::LANES;
                }
                while j < n {
                    let z = row[j];
                    to.add(j).write(z * if z > T::zero() { open[j] } else { closed[j] });
                    j += 1;
                }
                to = to.add(n);
            }
        }
    }
}

/// The switch as it was thrown.
pub(crate) struct Thrown<'a, T> {
    /// The slopes, open and closed.
    pub slopes: [&'a [T]; 2],
    /// The inputs of the switch: a row for each row of `dy`, or one for all.
    pub z: &'a [T],
    /// Where the sums of `dy·z` over the rows are added, for either slope; empty where they are not wanted. Only with an input
    /// for each row.
    pub sums: [&'a mut [T]; 2],
}

/// Multiplies each row `dy` by the slopes that `z` chooses, and adds `dy·z` to the sum of the slope chosen.
pub(super) fn pull<T: Scalar>(thrown: Thrown<'_, T>, dy: &mut [T]) {
    let n = thrown.slopes[0].len();
    let single = thrown.z.len() == n && dy.len() != n;
    let [open, closed] = [0, 1].map(|i| !thrown.sums[i].is_empty());
    assert!(
        thrown.slopes[1].len() == n
            && dy.len().is_multiple_of(n)
            && (thrown.z.len() == dy.len() || (single && !open && !closed))
            && thrown.sums.iter().all(|sum| sum.is_empty() || sum.len() == n),
        "switch: rows of {n}"
    );
    let path = Path::chosen();
    match (open, closed) {
        (false, false) => run_registers(path, Backward::<T, false, false> { thrown, dy }),
        (true, false) => run_registers(path, Backward::<T, true, false> { thrown, dy }),
        (false, true) => run_registers(path, Backward::<T, false, true> { thrown, dy }),
        (true, true) => run_registers(path, Backward::<T, true, true> { thrown, dy }),
    }
}

struct Backward<'a, 'b, T, const OPEN: bool, const CLOSED: bool> {
    thrown: Thrown<'a, T>,
    dy: &'b mut [T],
}

impl<T: Scalar + Registers, const OPEN: bool, const CLOSED: bool> Kernel<T>
    for Backward<'_, '_, T, OPEN, CLOSED>
{
    #[inline(always)]
    fn run<V: Vector<Number = T>>(self) {
        let Thrown { slopes: [open, closed], z, sums: [for_open, for_closed] } = self.thrown;
        let n = open.len();
        let next = if z.len() == self.dy.len() { n } else { 0 };
        // Several rows at once share the slopes and the sums, which halves the traffic.
        let (mut from, mut dy) = (z.as_ptr(), self.dy.as_mut_ptr());
        let mut rows = self.dy.len() / n;
        while rows > 0 {
            let group = if rows >= 4 { 4 } else { 1 };
            let mut j = 0;
            // SAFETY: `j` is inside a row, and all pointers are to rows or vectors of length `n`.
            unsafe {
                while j + V::LANES <= n {
                    let zero = V::splat(T::zero());
                    let a = V::load(open.as_ptr().add(j));
                    let b = V::load(closed.as_ptr().add(j));
                    let (mut sum_open, mut sum_closed) = (zero, zero);
                    for row in 0..group {
                        let z = V::load(from.add(row * next + j));
                        let at = dy.add(row * n + j);
                        let v = V::load(at);
                        v.mul(z.pick(a, b)).store(at);
                        if OPEN || CLOSED {
                            let product = v.mul(z);
                            if OPEN {
                                sum_open = sum_open.add(z.pick(product, zero));
                            }
                            if CLOSED {
                                sum_closed = sum_closed.add(z.pick(zero, product));
                            }
                        }
                    }
                    if OPEN {
                        let to = for_open.as_mut_ptr().add(j);
                        V::load(to).add(sum_open).store(to);
                    }
                    if CLOSED {
                        let to = for_closed.as_mut_ptr().add(j);
                        V::load(to).add(sum_closed).store(to);
                    }
                    j += V::LANES;
                }
                while j < n {
                    let (mut sum_open, mut sum_closed) = (T::zero(), T::zero());
                    for row in 0..group {
                        let z = *from.add(row * next + j);
                        let at = dy.add(row * n + j);
                        let v = *at;
                        if z > T::zero() {
                            *at = v * open[j];
                            sum_open += v * z;
                        } else {
                            *at = v * closed[j];
                            sum_closed += v * z;
                        }
                    }
                    if OPEN {
                        for_open[j] += sum_open;
                    }
                    if CLOSED {
                        for_closed[j] += sum_closed;
                    }
                    j += 1;
                }
                (from, dy) = (from.add(group * next), dy.add(group * n));
            }
            rows -= group;
        }
    }
}
