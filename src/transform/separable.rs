//! Transforms of images: one for the columns, one for the rows.

use super::{Description, Transform, check_rows};
use crate::scalar::Scalar;

/// `Y = Q_h X Q_wᵀ` for an image `X` of `h` rows of `w` numbers, stored row by row: `Q = Q_h ⊗ Q_w`.
///
/// Takes any two transforms: `Q_h`, whose length is the height, for the columns, and `Q_w`, whose length is
/// the width, for the rows. Operations are `w` times those of `Q_h` and `h` times those of `Q_w`. An image of
/// several channels is [`Blocks`](super::Blocks) of these.
///
/// ```
/// use switchnet::transform::{Dct, Separable, Transform};
/// let dct = Separable::<f64>::new(Dct::second(2)?, Dct::second(3)?);
/// let mut flat = [1.0; 6];
/// dct.apply(&mut flat);
/// assert!((flat[0] - 6f64.sqrt()).abs() < 1e-15 && flat[1..].iter().all(|y| y.abs() < 1e-15));
/// # Ok::<(), switchnet::Error>(())
/// ```
#[derive(Debug)]
pub struct Separable<T> {
    columns: Box<dyn Transform<T>>,
    rows: Box<dyn Transform<T>>,
}

impl<T: Scalar> Separable<T> {
    /// The transform of `columns` for the columns and `rows` for the rows.
    pub fn new(columns: impl Transform<T> + 'static, rows: impl Transform<T> + 'static) -> Self {
        Self::boxed(Box::new(columns), Box::new(rows))
    }

    /// The same of transforms chosen at run time.
    pub fn boxed(columns: Box<dyn Transform<T>>, rows: Box<dyn Transform<T>>) -> Self {
        Self { columns, rows }
    }

    /// Each column of each image through `step`, as a row of the transposed image.
    fn down(&self, images: &mut [T], step: impl Fn(&mut [T])) {
        let (height, width) = (self.columns.len(), self.rows.len());
        let mut turned = vec![T::zero(); height * width];
        for image in images.chunks_exact_mut(height * width) {
            transpose(image, &mut turned, width);
            step(&mut turned);
            transpose(&turned, image, height);
        }
    }
}

/// `to` becomes the transposed of `from`, whose rows are `width` long.
fn transpose<T: Scalar>(from: &[T], to: &mut [T], width: usize) {
    let height = from.len() / width;
    for (j, column) in to.chunks_exact_mut(height).enumerate() {
        for (to, row) in column.iter_mut().zip(from.chunks_exact(width)) {
            *to = row[j];
        }
    }
}

impl<T: Scalar> Transform<T> for Separable<T> {
    fn len(&self) -> usize {
        self.columns.len() * self.rows.len()
    }

    fn apply(&self, rows: &mut [T]) {
        check_rows("separable", rows.len(), self.len());
        self.rows.apply(rows);
        self.down(rows, |columns| self.columns.apply(columns));
    }

    fn adjoint(&self, rows: &mut [T]) {
        check_rows("separable", rows.len(), self.len());
        self.down(rows, |columns| self.columns.adjoint(columns));
        self.rows.adjoint(rows);
    }

    fn describe(&self) -> Description<'_, T> {
        let (down, across) = (self.columns.describe(), self.rows.describe());
        let names = match down.name == across.name {
            true => down.name,
            false => format!("{}, {}", down.name, across.name).into(),
        };
        let name = format!("{names} {}×{}", self.columns.len(), self.rows.len());
        let (height, width) = (self.columns.len(), self.rows.len());
        Description::new(name, down.operations * width + across.operations * height)
    }
}
