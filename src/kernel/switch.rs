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
    /// The inputs of the switch: a row for each row of `dy`.
    pub z: &'a [T],
    /// Where sums over the rows are added: of `dy·z` for either slope, and, for a bias before the switch,
    /// of what is pulled back. Empty where they are not wanted.
    pub sums: [&'a mut [T]; 3],
}

/// Multiplies each row `dy` by the slopes that `z` chooses, and adds `dy·z` to the sum of the slope chosen.
pub(super) fn pull<T: Scalar>(thrown: Thrown<'_, T>, dy: &mut [T]) {
    let n = thrown.slopes[0].len();
    let summed = thrown.sums.iter().any(|sum| !sum.is_empty());
    assert!(
        thrown.slopes[1].len() == n
            && dy.len().is_multiple_of(n)
            && thrown.z.len() == dy.len()
            && thrown.sums.iter().all(|sum| sum.is_empty() || sum.len() == n),
        "switch: rows of {n}"
    );
    if summed {
        run_registers(Path::chosen(), Backward::<T, true> { thrown, dy });
    } else {
        run_registers(Path::chosen(), Backward::<T, false> { thrown, dy });
    }
}

struct Backward<'a, 'b, T, const SUMS: bool> {
    thrown: Thrown<'a, T>,
    dy: &'b mut [T],
}

impl<T: Scalar + Registers, const SUMS: bool> Kernel<T> for Backward<'_, '_, T, SUMS> {
    #[inline(always)]
    fn run<V: Vector<Number = T>>(self) {
        let Self { mut thrown, dy } = self;
        let n = thrown.slopes[0].len();
        let (mut z, mut at, mut rows) = (thrown.z.as_ptr(), dy.as_mut_ptr(), dy.len() / n);
        // SAFETY: `rows` rows of `dy` and of `z` are left.
        unsafe {
            while rows >= GROUP {
                group::<V, GROUP, SUMS>(&mut thrown, z, at, n);
                (z, at, rows) = (z.add(GROUP * n), at.add(GROUP * n), rows - GROUP);
            }
            for _ in 0..rows {
                group::<V, 1, SUMS>(&mut thrown, z, at, n);
                (z, at) = (z.add(n), at.add(n));
            }
        }
    }
}

/// Rows that share the slopes and the sums on their way through the registers.
const GROUP: usize = 2;

/// `G` rows at once.
///
/// # Safety
/// There are `G` rows of `n` numbers at `z` and at `at`.
#[inline(always)]
unsafe fn group<V: Vector, const G: usize, const SUMS: bool>(
    thrown: &mut Thrown<'_, V::Number>,
    z: *const V::Number,
    at: *mut V::Number,
    n: usize,
) where
    V::Number: Scalar,
{
    let Thrown { slopes: [open, closed], sums: [for_open, for_closed, for_bias], .. } = thrown;
    let zero = V::Number::of(0.0);
    let zeros = V::splat(zero);
    let mut j = 0;
    while j + V::LANES <= n {
        // SAFETY: a register of each row and vector stands at `j`; of the sums, of those there are.
        unsafe {
            let a = V::load(open.as_ptr().add(j));
            let b = V::load(closed.as_ptr().add(j));
            let (mut sum_open, mut sum_closed, mut sum_bias) = (zeros, zeros, zeros);
            for row in 0..G {
                let z = V::load(z.add(row * n + j));
                let at = at.add(row * n + j);
                let v = V::load(at);
                let pulled = v.mul(z.pick(a, b));
                pulled.store(at);
                if SUMS {
                    let product = v.mul(z);
                    sum_open = sum_open.add(z.pick(product, zeros));
                    sum_closed = sum_closed.add(z.pick(zeros, product));
                    sum_bias = sum_bias.add(pulled);
                }
            }
            if SUMS && !for_open.is_empty() {
                let to = for_open.as_mut_ptr().add(j);
                V::load(to).add(sum_open).store(to);
            }
            if SUMS && !for_closed.is_empty() {
                let to = for_closed.as_mut_ptr().add(j);
                V::load(to).add(sum_closed).store(to);
            }
            if SUMS && !for_bias.is_empty() {
                let to = for_bias.as_mut_ptr().add(j);
                V::load(to).add(sum_bias).store(to);
            }
        }
        j += V::LANES;
    }
    while j < n {
        let (mut sum_open, mut sum_closed, mut sum_bias) = (zero, zero, zero);
        for row in 0..G {
            // SAFETY: `j` is inside each row.
            let (z, at) = unsafe { (*z.add(row * n + j), &mut *at.add(row * n + j)) };
            if z > zero {
                sum_open += *at * z;
                *at *= open[j];
            } else {
                sum_closed += *at * z;
                *at *= closed[j];
            }
            sum_bias += *at;
        }
        if let Some(to) = for_open.get_mut(j) {
            *to += sum_open;
        }
        if let Some(to) = for_closed.get_mut(j) {
            *to += sum_closed;
        }
        if let Some(to) = for_bias.get_mut(j) {
            *to += sum_bias;
        }
        j += 1;
    }
}
