//! The Walsh–Hadamard transform.

use super::{Transform, check_rows};
use crate::error::{Error, Result};
use crate::kernel::{self, Pointwise};
use crate::scalar::Scalar;

/// The orthonormal Walsh–Hadamard transform, `Ĥ[i][j] = (−1)^popcount(i AND j) / √n`.
///
/// In natural order (the default) `Ĥ` is symmetric, so it is its own inverse. In sequency order
/// row `i` is the Walsh function with `i` sign changes, as a cosine basis is ordered by frequency.
///
/// ```
/// use switchnet::transform::{Hadamard, Transform};
/// let h = Hadamard::new(4)?;
/// let mut x = [1.0, 0.0, 0.0, 2.0];
/// h.apply(&mut x);
/// assert_eq!(x, [1.5, -0.5, -0.5, 1.5]);
/// # Ok::<(), switchnet::Error>(())
/// ```
///
/// Source: Fino and Algazi, *Unified matrix treatment of the fast Walsh–Hadamard transform*,
/// IEEE Trans. Computers C-25 (1976).
#[derive(Clone, Debug)]
pub struct Hadamard {
    len: usize,
    /// `sequency[i]` is the natural index of the Walsh function with `i` sign changes.
    sequency: Option<Vec<usize>>,
}

impl Hadamard {
    /// The transform of length `n` in natural order.
    ///
    /// # Errors
    /// If `n` is not a power of two; the error names the nearest sizes that are.
    pub fn new(n: usize) -> Result<Self> {
        if !n.is_power_of_two() {
            let above = n.max(2).checked_next_power_of_two().unwrap_or(1 << 63);
            let below = above / 2;
            return Err(Error::new(
                "length of a Hadamard transform",
                format_args!("a power of two, such as {below} or {above}"),
                n,
            ));
        }
        Ok(Self { len: n, sequency: None })
    }

    /// The transform of length `n` with its outputs in sequency order.
    ///
    /// # Errors
    /// If `n` is not a power of two.
    pub fn sequency(n: usize) -> Result<Self> {
        let bits = Self::new(n)?.len.trailing_zeros();
        let natural = |i: usize| {
            let gray = i ^ (i >> 1);
            if bits == 0 { 0 } else { gray.reverse_bits() >> (usize::BITS - bits) }
        };
        Ok(Self { len: n, sequency: Some((0..n).map(natural).collect()) })
    }
}

impl<T: Scalar> Transform<T> for Hadamard {
    fn len(&self) -> usize {
        self.len
    }

    fn apply(&self, rows: &mut [T]) {
        check_rows("hadamard", rows.len(), self.len);
        kernel::hadamard(rows, self.len);
        if let Some(order) = &self.sequency {
            let mut natural = vec![T::zero(); self.len];
            for row in rows.chunks_exact_mut(self.len) {
                natural.copy_from_slice(row);
                for (y, &i) in row.iter_mut().zip(order) {
                    *y = natural[i];
                }
            }
        }
    }

    fn apply_after(&self, p: Pointwise<'_, T>, rows: &mut [T]) {
        if self.sequency.is_some() {
            p.apply(rows);
            return self.apply(rows);
        }
        check_rows("hadamard", rows.len(), self.len);
        kernel::hadamard_after(p, rows, self.len);
    }

    fn adjoint(&self, rows: &mut [T]) {
        check_rows("hadamard", rows.len(), self.len);
        if let Some(order) = &self.sequency {
            let mut ordered = vec![T::zero(); self.len];
            for row in rows.chunks_exact_mut(self.len) {
                ordered.copy_from_slice(row);
                for (&y, &i) in ordered.iter().zip(order) {
                    row[i] = y;
                }
            }
        }
        kernel::hadamard(rows, self.len);
    }

    fn name(&self) -> String {
        if self.sequency.is_some() { "hadamard-sequency".into() } else { "hadamard".into() }
    }

    fn operations(&self) -> usize {
        self.len * self.len.trailing_zeros() as usize
    }
}
