//! Fixed random signs.

use super::{Description, Fixed, Form, Transform, VisitFixed, check_rows};
use crate::aligned;
use crate::error::{Error, Result};
use crate::kernel::Pointwise;
use crate::random::Generator;
use crate::scalar::Scalar;
use ndarray::Array1;
use rand::RngExt;

/// `y_i = s_i x_i` with fixed `s_i = ±1`.
///
/// Random signs before the first transform keep it from taking the spectrum of a smooth input,
/// whose energy would end up in a few outputs: after them every output is a random projection.
#[derive(Clone, Debug)]
pub struct Signs<T> {
    signs: Array1<T>,
}

impl<T: Scalar> Signs<T> {
    /// `n` independent signs, +1 or −1 with equal chance.
    ///
    /// # Errors
    /// If `n` is zero.
    pub fn random(n: usize, rng: &mut Generator) -> Result<Self> {
        if n == 0 {
            return Err(Error::new("number of signs", "at least 1", n));
        }
        let draw = |_| if rng.random::<bool>() { T::one() } else { -T::one() };
        Ok(Self { signs: aligned::vector((0..n).map(draw)) })
    }
}

impl<T: Scalar> Transform<T> for Signs<T> {
    fn len(&self) -> usize {
        self.signs.len()
    }

    fn apply(&self, rows: &mut [T]) {
        check_rows("signs", rows.len(), self.signs.len());
        Pointwise { scale: self.signs.as_slice(), ..Pointwise::default() }.apply(rows);
    }

    fn adjoint(&self, rows: &mut [T]) {
        self.apply(rows); // a diagonal matrix is symmetric
    }

    fn describe(&self) -> Description<'_, T> {
        let signs = self.signs.as_slice().expect("made contiguous");
        Description::new("signs", signs.len()).of_form(Form::Diagonal(signs))
    }

    fn visit_fixed(&self, f: &mut VisitFixed<'_, T>) {
        f("signs", Fixed::Numbers(self.signs.view().into_dyn()));
    }
}
