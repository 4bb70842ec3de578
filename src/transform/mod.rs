//! Fast orthonormal linear maps on rows. They have no parameters and know nothing of nets.
//!
//! A batch is not a second API: a slice of `k·len()` numbers is `k` rows, and each is transformed
//! in place. All transforms are orthonormal, so the adjoint is the inverse and lengths are kept.
//!
//! | transform | matrix | sizes | additions and multiplications a row |
//! |---|---|---|---|
//! | [`Hadamard`] | `(−1)^popcount(i AND j) / √n` and products with Paley's | `2^k·12^a·20^b·28^c` | `n·(k + 4.8a + 5.8b + 7.7c)` |
//! | [`Hartley`] | `(cos + sin)(2πij/n) / √n` | any | `2.5·n·log2 n` |
//! | [`Dct`] | `cos(π i (j + ½)/n)·√(2/n)` | any | `2.5·n·log2 n + 2n` |
//! | [`Signs`] | diagonal of ±1 | any | `n` |
//! | [`Permutation`] | one 1 in each row and column | any | 0 |
//! | [`Identity`] | the identity | any | 0 |
//! | [`Blocks`] | `I ⊗ B` for a transform `B` | multiples of `B`'s | `B`'s, times the number of blocks |
//! | [`Separable`] | `Q_h ⊗ Q_w` for two transforms | `h·w` | `w` times `Q_h`'s and `h` times `Q_w`'s |

mod blocks;
mod cosine;
mod fold;
mod fourier;
mod hadamard;
mod permute;
mod places;
mod plan;
mod real;
mod separable;
mod signs;
mod untangle;

pub use blocks::Blocks;
pub use cosine::Dct;
pub use fourier::Hartley;
pub use hadamard::Hadamard;
pub use permute::{Identity, Permutation};
pub use plan::TransformKind;
pub use separable::Separable;
pub use signs::Signs;

use crate::error::Result;
use crate::kernel::{Path, Pointwise};
use crate::scalar::Scalar;

/// An orthonormal linear map `y = Q x`, applied in place to each row.
#[allow(clippy::len_without_is_empty)] // a transform of length zero cannot be made
pub trait Transform<T: Scalar>: Send + Sync {
    /// The length `n` of a row.
    fn len(&self) -> usize;

    /// `x ← Q x` for each row of `rows`.
    ///
    /// # Panics
    /// If `rows.len()` is not a multiple of [`len`](Self::len).
    fn apply(&self, rows: &mut [T]);

    /// `x ← Q p(x)` for each row: what a layer does to each element and the transform behind it. A
    /// transform that can do both in one sweep does.
    ///
    /// # Panics
    /// As [`apply`](Self::apply), and if `p` has another length.
    fn apply_after(&self, p: Pointwise<'_, T>, rows: &mut [T]) {
        in_turn(self, p, rows);
    }

    /// `Q p(x)` for each row, appended to `out`: the same in another place. A transform that can do both in one
    /// sweep does.
    ///
    /// # Panics
    /// As [`apply_after`](Self::apply_after).
    fn apply_to(&self, p: Pointwise<'_, T>, x: &[T], out: &mut Vec<T>) {
        in_turn_to(self, p, x, out);
    }

    /// `x ← Qᵀ x` for each row of `rows`, which undoes [`apply`](Self::apply).
    ///
    /// # Panics
    /// If `rows.len()` is not a multiple of [`len`](Self::len).
    fn adjoint(&self, rows: &mut [T]);

    /// The name in summaries, such as `hadamard`.
    fn name(&self) -> String;

    /// Additions and multiplications for one row. A fused multiply-add counts as one.
    fn operations(&self) -> usize;
}

/// Panics unless the vectors are as long as a row. (A shorter one might go into the rows all the same.)
#[track_caller]
fn fits<T: Scalar>(transform: &(impl Transform<T> + ?Sized), p: Pointwise<'_, T>) {
    let (n, found) = (transform.len(), p.len());
    let name = transform.name();
    assert!(found.is_none_or(|len| len == n), "{name}: expected vectors of {n}, found {found:?}");
}

/// [`Transform::apply_after`], one after the other.
fn in_turn<T: Scalar>(
    transform: &(impl Transform<T> + ?Sized),
    p: Pointwise<'_, T>,
    rows: &mut [T],
) {
    fits(transform, p);
    p.apply(rows);
    transform.apply(rows);
}

/// [`Transform::apply_to`], one after the other.
fn in_turn_to<T: Scalar>(
    transform: &(impl Transform<T> + ?Sized),
    p: Pointwise<'_, T>,
    x: &[T],
    out: &mut Vec<T>,
) {
    fits(transform, p);
    let start = out.len();
    p.apply_to(x, out);
    transform.apply(&mut out[start..]);
}

impl<T: Scalar> Transform<T> for Box<dyn Transform<T>> {
    fn len(&self) -> usize {
        (**self).len()
    }

    fn apply(&self, rows: &mut [T]) {
        (**self).apply(rows);
    }

    fn apply_after(&self, p: Pointwise<'_, T>, rows: &mut [T]) {
        (**self).apply_after(p, rows);
    }

    fn apply_to(&self, p: Pointwise<'_, T>, x: &[T], out: &mut Vec<T>) {
        (**self).apply_to(p, x, out);
    }

    fn adjoint(&self, rows: &mut [T]) {
        (**self).adjoint(rows);
    }

    fn name(&self) -> String {
        (**self).name()
    }

    fn operations(&self) -> usize {
        (**self).operations()
    }
}

/// The instruction set that transforms and layers run on: `avx512`, `avx2`, `neon` or `portable`, the first
/// that the processor has, or the one that the environment variable `SWITCHNET_KERNEL` names.
///
/// # Errors
/// If the variable names one that this processor does not have; without this call, the first use panics.
pub fn instruction_set() -> Result<&'static str> {
    Path::choose().map(Path::name)
}

/// The rows of `rows`, or a panic that names both lengths.
#[track_caller]
fn rows_of<'a, T>(name: &str, rows: &'a mut [T], len: usize) -> std::slice::ChunksExactMut<'a, T> {
    check_rows(name, rows.len(), len);
    rows.chunks_exact_mut(len)
}

/// Panics, naming both lengths, unless `found` numbers are whole rows.
#[track_caller]
fn check_rows(name: &str, found: usize, len: usize) {
    if !found.is_multiple_of(len) {
        not_whole_rows(name, found, len);
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn not_whole_rows(name: &str, found: usize, len: usize) -> ! {
    panic!("{name}: expected rows of {len} numbers, found {found} numbers, not a multiple of {len}")
}

/// The nominal cost of a real Fourier transform, half of the usual `5·n·log2 n` of a complex one.
fn fourier_operations(n: usize) -> usize {
    (2.5 * n as f64 * (n as f64).log2()).round() as usize
}
