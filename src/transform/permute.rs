//! Rearrangements of a row.

use super::{Description, Fixed, Transform, VisitFixed, check_rows, rows_of};
use crate::error::{Error, Result};
use crate::kernel::Gather;
use crate::random::{Generator, shuffled};
use crate::scalar::Scalar;

/// `y_i = x_{p(i)}` for a fixed permutation `p`.
#[derive(Clone, Debug)]
pub struct Permutation {
    from: Vec<usize>,
    table: Gather,
}

impl Permutation {
    /// Output `i` is input `from[i]`.
    ///
    /// # Errors
    /// If `from` is empty or is not a permutation of `0..from.len()`.
    pub fn new(from: Vec<usize>) -> Result<Self> {
        let n = from.len();
        if n == 0 {
            return Err(Error::new("length of a permutation", "at least 1", n));
        }
        let mut seen = vec![false; n];
        for &i in &from {
            if i >= n || std::mem::replace(&mut seen[i], true) {
                let expected = format!("each of 0..{n} once");
                return Err(Error::new("permutation", expected, format_args!("{i} out of place")));
            }
        }
        let places: Vec<Option<usize>> = from.iter().copied().map(Some).collect();
        let Some(table) = Gather::new(n, &places) else {
            return Err(Error::new("length of a permutation", "less than 2^32 − 1", n));
        };
        Ok(Self { from, table })
    }

    /// A uniformly random permutation of `n` numbers.
    ///
    /// # Errors
    /// If `n` is zero.
    pub fn random(n: usize, rng: &mut Generator) -> Result<Self> {
        Self::new(shuffled(n, rng))
    }
}

impl<T: Scalar> Transform<T> for Permutation {
    fn len(&self) -> usize {
        self.from.len()
    }

    fn apply(&self, rows: &mut [T]) {
        check_rows("permutation", rows.len(), self.from.len());
        self.table.permute(rows, false);
    }

    fn adjoint(&self, rows: &mut [T]) {
        check_rows("permutation", rows.len(), self.from.len());
        self.table.permute(rows, true);
    }

    fn describe(&self) -> Description<'_, T> {
        Description::new("permutation", 0)
    }

    fn visit_fixed(&self, f: &mut VisitFixed<'_, T>) {
        f("permutation", Fixed::Places(&self.from));
    }
}

/// `y = x`.
#[derive(Clone, Debug)]
pub struct Identity {
    len: usize,
}

impl Identity {
    /// The identity on rows of `n` numbers.
    ///
    /// # Errors
    /// If `n` is zero.
    pub fn new(n: usize) -> Result<Self> {
        if n == 0 {
            return Err(Error::new("length of an identity", "at least 1", n));
        }
        Ok(Self { len: n })
    }
}

impl<T: Scalar> Transform<T> for Identity {
    fn len(&self) -> usize {
        self.len
    }

    fn apply(&self, rows: &mut [T]) {
        let _ = rows_of("identity", rows, self.len); // only the length check
    }

    fn adjoint(&self, rows: &mut [T]) {
        self.apply(rows);
    }

    fn describe(&self) -> Description<'_, T> {
        Description::new("identity", 0)
    }
}
