//! Transforms of images: one for the columns, one for the rows.

use super::small::{self, Small};
use super::{Description, Transform, VisitFixed, check_rows};
use crate::scalar::Scalar;

/// `Y = Q_h X Q_wᵀ` for an image `X` of `h` rows of `w` numbers, stored row by row: `Q = Q_h ⊗ Q_w`.
///
/// Takes any two transforms: `Q_h`, whose length is the height, for the columns, and `Q_w`, whose length is
/// the width, for the rows. Operations are `w` times those of `Q_h` and `h` times those of `Q_w`; where both are products
/// with a matrix and the image has less than 64 numbers, it is multiplied with the whole matrix, which is `(hw)²`. An image of several channels is [`Blocks`](super::Blocks) of
/// these.
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
    /// Both together, for images of few numbers of which both are multiplied with a matrix.
    whole: Option<Small<T>>,
}

impl<T: Scalar> Separable<T> {
    /// The transform of `columns` for the columns and `rows` for the rows.
    pub fn new(columns: impl Transform<T> + 'static, rows: impl Transform<T> + 'static) -> Self {
        Self::boxed(Box::new(columns), Box::new(rows))
    }

    /// The same of transforms chosen at run time.
    pub fn boxed(columns: Box<dyn Transform<T>>, rows: Box<dyn Transform<T>>) -> Self {
        let mut separable = Self { columns, rows, whole: None };
        let (height, width) = (separable.columns.len(), separable.rows.len());
        let n = height * width;
        let (down, across) = (separable.columns.describe(), separable.rows.describe());
        let multiplied = down.operations == height * height && across.operations == width * width;
        if n <= small::LONGEST && multiplied {
            // Row `j` becomes column `j` of the matrix.
            let mut units = vec![T::zero(); n * n];
            units.iter_mut().step_by(n + 1).for_each(|one| *one = T::one());
            separable.apply(&mut units);
            separable.whole = Some(Small::new(n, |i, j| units[j * n + i].double()));
        }
        separable
    }
}

impl<T: Scalar> Transform<T> for Separable<T> {
    fn len(&self) -> usize {
        self.columns.len() * self.rows.len()
    }

    fn apply(&self, rows: &mut [T]) {
        check_rows("separable", rows.len(), self.len());
        if let Some(whole) = &self.whole {
            return whole.rows(rows, false);
        }
        self.rows.apply(rows);
        self.columns.apply_columns(rows, self.rows.len());
    }

    fn adjoint(&self, rows: &mut [T]) {
        check_rows("separable", rows.len(), self.len());
        if let Some(whole) = &self.whole {
            return whole.rows(rows, true);
        }
        self.columns.adjoint_columns(rows, self.rows.len());
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
        let operations = match &self.whole {
            Some(whole) => whole.operations(),
            None => down.operations * width + across.operations * height,
        };
        Description::new(name, operations)
    }

    fn visit_fixed(&self, f: &mut VisitFixed<'_, T>) {
        self.columns.visit_fixed(&mut |name, fixed| f(&format!("columns.{name}"), fixed));
        self.rows.visit_fixed(&mut |name, fixed| f(&format!("rows.{name}"), fixed));
    }
}
