//! The same transform on each part of a row.

use super::{Description, Form, Transform, VisitFixed, check_rows};
use crate::error::{Error, Result};
use crate::scalar::Scalar;

/// `Q = I ⊗ B`: a row of `m·b` numbers is `m` blocks of `b`, each transformed by the same `B`.
///
/// With random signs or a permutation for `B`, all blocks have the same ones. Operations are `m` times
/// those of `B`.
///
/// ```
/// use switchnet::transform::{Blocks, Hadamard, Transform};
/// let pairs = Blocks::new(Hadamard::new(2)?, 3)?;
/// let mut x = [1.0, 1.0, 0.0, 0.0, 1.0, -1.0];
/// Transform::<f64>::apply(&pairs, &mut x);
/// assert_eq!(x.map(f64::round), [1.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
/// # Ok::<(), switchnet::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Blocks<Q> {
    block: Q,
    count: usize,
}

impl<Q> Blocks<Q> {
    /// `count` times `block`.
    ///
    /// # Errors
    /// If `count` is zero.
    pub fn new(block: Q, count: usize) -> Result<Self> {
        if count == 0 {
            return Err(Error::new("number of blocks", "at least 1", count));
        }
        Ok(Self { block, count })
    }
}

impl<T: Scalar, Q: Transform<T>> Transform<T> for Blocks<Q> {
    fn len(&self) -> usize {
        self.block.len() * self.count
    }

    fn apply(&self, rows: &mut [T]) {
        check_rows("blocks", rows.len(), self.len());
        self.block.apply(rows); // whole rows are whole blocks
    }

    fn adjoint(&self, rows: &mut [T]) {
        check_rows("blocks", rows.len(), self.len());
        self.block.adjoint(rows);
    }

    fn apply_columns(&self, images: &mut [T], width: usize) {
        check_rows("blocks", images.len(), Transform::<T>::len(self) * width);
        self.block.apply_columns(images, width); // an image is an image of a block, below another one
    }

    fn adjoint_columns(&self, images: &mut [T], width: usize) {
        check_rows("blocks", images.len(), Transform::<T>::len(self) * width);
        self.block.adjoint_columns(images, width);
    }

    fn describe(&self) -> Description<'_, T> {
        let Description { name, operations, form } = self.block.describe();
        let form = match form {
            Form::WalshHadamard { .. } => form,
            _ => Form::Other,
        };
        let name = format!("{name} {}×{}", self.block.len(), self.count);
        Description::new(name, operations * self.count).of_form(form)
    }

    fn visit_fixed(&self, f: &mut VisitFixed<'_, T>) {
        self.block.visit_fixed(f);
    }
}
