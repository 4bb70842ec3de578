//! Fast orthonormal linear maps on rows. They have no parameters and know nothing of nets.
//!
//! A batch is not a second API: a slice of `k·len()` numbers is `k` rows, and each is transformed
//! in place. All transforms are orthonormal, so the adjoint is the inverse and lengths are kept.
//!
//! | transform | matrix | sizes | additions and multiplications a row |
//! |---|---|---|---|
//! | [`Hadamard`] | `(−1)^popcount(i AND j) / √n` and products with Paley's | `2^k·12^a·20^b·28^c` | `n·(k + 4.8a + 5.8b + 7.7c)` |
//! | [`Hartley`] | `(cos + sin)(2πij/n) / √n` | any | `2.5·n·log2 n`; below 64, `n²` |
//! | [`Dct`] | `cos(π i (j + ½)/n)·√(2/n)` | any | `2.5·n·log2 n + 2n`; below 64, `n²` |
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
mod small;
mod untangle;

pub use blocks::Blocks;
pub use cosine::Dct;
pub use fourier::Hartley;
pub use hadamard::Hadamard;
pub use permute::{Identity, Permutation};
pub use plan::TransformKind;
pub use separable::Separable;
pub use signs::Signs;

use crate::error::{Error, Result};
use crate::kernel;
use crate::scalar::Scalar;
use ndarray::ArrayViewD;
use std::borrow::Cow;
use std::fmt::Debug;

/// An orthonormal linear map `y = Q x`, applied in place to each row.
#[allow(clippy::len_without_is_empty)] // a transform of length zero cannot be made
pub trait Transform<T: Scalar>: Debug + Send + Sync {
    /// The length `n` of a row.
    fn len(&self) -> usize;

    /// `x ← Q x` for each row of `rows`.
    ///
    /// # Panics
    /// If `rows.len()` is not a multiple of [`len`](Self::len).
    fn apply(&self, rows: &mut [T]);

    /// `x ← Qᵀ x` for each row of `rows`, which undoes [`apply`](Self::apply).
    ///
    /// # Panics
    /// If `rows.len()` is not a multiple of [`len`](Self::len).
    fn adjoint(&self, rows: &mut [T]);

    /// `X ← Q X` for each image of [`len`](Self::len) rows of `width` numbers, one behind the other in `images`: each
    /// column is transformed. An own method is for speed; the bits must be those of the columns as rows.
    ///
    /// # Panics
    /// If `images` are not whole images.
    fn apply_columns(&self, images: &mut [T], width: usize) {
        each_column(images, self.len(), width, |columns| self.apply(columns));
    }

    /// The same with `Qᵀ`.
    ///
    /// # Panics
    /// If `images` are not whole images.
    fn adjoint_columns(&self, images: &mut [T], width: usize) {
        each_column(images, self.len(), width, |columns| self.adjoint(columns));
    }

    /// The name, the cost, and the form that a [plan](crate::net::Plan) can make use of.
    fn describe(&self) -> Description<'_, T>;

    /// Shows, each by its name, everything fixed that was drawn at random, so that files hold it. A transform that
    /// follows from its length has nothing to show.
    fn visit_fixed(&self, _f: &mut VisitFixed<'_, T>) {}
}

/// Who is shown what is fixed.
pub type VisitFixed<'a, T> = dyn FnMut(&str, Fixed<'_, T>) + 'a;

/// What was drawn at random when a transform or a layer was made, and never changes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Fixed<'a, T> {
    /// Numbers, in the shape that files give them. Those of `f32` are those of `f64`, rounded.
    Numbers(ArrayViewD<'a, T>),
    /// Places in a row, counted from 0.
    Places(&'a [usize]),
}

/// What is to be known of a transform without applying it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Description<'a, T> {
    /// The name in summaries, such as `hadamard`.
    pub name: Cow<'static, str>,
    /// Additions and multiplications for one row. A fused multiply-add counts as one.
    pub operations: usize,
    /// What the matrix is like.
    pub form: Form<'a, T>,
}

impl<'a, T> Description<'a, T> {
    /// Of a transform that is called `name` and takes `operations`, of no particular form.
    pub fn new(name: impl Into<Cow<'static, str>>, operations: usize) -> Self {
        Self { name: name.into(), operations, form: Form::Other }
    }

    /// The same of this form.
    pub fn of_form(self, form: Form<'a, T>) -> Self {
        Self { form, ..self }
    }
}

/// Forms of transforms that can be joined with what stands before them.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Form<'a, T> {
    /// A diagonal matrix: each element times one of these.
    Diagonal(&'a [T]),
    /// A Walsh–Hadamard transform in natural order of each `block` numbers, a power of two.
    WalshHadamard {
        /// The length of a block: that of a row, if there is only one.
        block: usize,
    },
    /// Another one.
    Other,
}

impl<T: Scalar> Transform<T> for Box<dyn Transform<T>> {
    fn len(&self) -> usize {
        (**self).len()
    }

    fn apply(&self, rows: &mut [T]) {
        (**self).apply(rows);
    }

    fn adjoint(&self, rows: &mut [T]) {
        (**self).adjoint(rows);
    }

    fn apply_columns(&self, images: &mut [T], width: usize) {
        (**self).apply_columns(images, width);
    }

    fn adjoint_columns(&self, images: &mut [T], width: usize) {
        (**self).adjoint_columns(images, width);
    }

    fn describe(&self) -> Description<'_, T> {
        (**self).describe()
    }

    fn visit_fixed(&self, f: &mut VisitFixed<'_, T>) {
        (**self).visit_fixed(f);
    }
}

/// The columns of each image through `step`, as the rows of the transposed image.
fn each_column<T: Scalar>(images: &mut [T], height: usize, width: usize, step: impl Fn(&mut [T])) {
    check_rows("images", images.len(), height * width);
    let mut turned = vec![T::zero(); height * width];
    for image in images.chunks_exact_mut(height * width) {
        transpose(image, &mut turned, width);
        step(&mut turned);
        transpose(&turned, image, height);
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

/// The instruction set that transforms and layers run on: `avx512-intel` or `avx512`, `avx2`, `neon` or `portable`, the
/// fastest that the processor has, or the one that the environment variable `SWITCHNET_KERNEL` names.
///
/// # Errors
/// If the variable names one that this processor does not have; without this call, the first use panics.
pub fn instruction_set() -> Result<&'static str> {
    kernel::instruction_set()
        .map_err(|error| Error::new("SWITCHNET_KERNEL", error.expected, error.found))
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
    // One row is not divided: that would take as long as a short transform.
    if found != len && !found.is_multiple_of(len) {
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
