//! The fast transforms along an axis of an array.

use crate::arrays::{array, reading, unmasked, writing, wrong_type};
use crate::error::invalid;
use crate::work::detached;
use numpy::prelude::*;
use numpy::{Element, IxDyn, PyArrayDyn, PyReadonlyArrayDyn, PyReadwriteArrayDyn};
use pyo3::prelude::*;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use switchnet::transform::{Transform, TransformKind};
use switchnet::{Scalar, random};

/// The orthonormal Hadamard transform along an axis: ``y = H x / sqrt(n)``.
///
/// For powers of two ``H[i, j] = (-1)**popcount(i & j)``, the Walsh-Hadamard transform; other sizes
/// ``n = 2**k * 12**a * 20**b * 28**c`` are Kronecker products with Paley's matrices. ``H / sqrt(n)`` is symmetric and its
/// own inverse, in both orders.
///
/// Parameters
/// ----------
/// x : ndarray of float32 or float64, any shape
/// axis : int
///     The axis whose length is ``n``.
/// order : "natural" or "sequency"
///     Sequency, for powers of two: row ``i`` is the Walsh function with ``i`` changes of sign.
/// out : ndarray of the shape and dtype of `x`, optional
///     Where the result goes. ``out=x`` transforms in place, without a copy if `x` is contiguous (in either order).
///
/// Returns
/// -------
/// ndarray
///     `out`, or a new array of the shape and dtype of `x`.
///
/// Raises
/// ------
/// TypeError
///     If `x` or `out` is no array of float32 or float64.
/// ValueError
///     If there is no such axis, its length is no size of a Hadamard matrix, or `out` does not fit `x`.
///
/// Examples
/// --------
/// >>> from switchnet.transforms import hadamard
/// >>> hadamard(np.array([1.0, 0.0, 0.0, 2.0]))
/// array([ 1.5, -0.5, -0.5,  1.5])
#[pyfunction]
#[pyo3(signature = (x, axis=-1, *, order="natural", out=None))]
pub fn hadamard<'py>(
    x: &Bound<'py, PyAny>,
    axis: isize,
    order: &str,
    out: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let kind = match order {
        "natural" => TransformKind::Hadamard,
        "sequency" => TransformKind::HadamardSequency,
        _ => {
            return Err(invalid(
                "order",
                "\"natural\" or \"sequency\"",
                format_args!("\"{order}\""),
            ));
        }
    };
    transform(kind, x, axis, out)
}

/// Transforms that have but an axis and a place for the result.
macro_rules! along_an_axis {
    ($($(#[$doc:meta])* $name:ident: $kind:ident;)+) => {$(
        $(#[$doc])*
        #[pyfunction]
        #[pyo3(signature = (x, axis=-1, *, out=None))]
        pub fn $name<'py>(
            x: &Bound<'py, PyAny>,
            axis: isize,
            out: Option<&Bound<'py, PyAny>>,
        ) -> PyResult<Bound<'py, PyAny>> {
            transform(TransformKind::$kind, x, axis, out)
        }
    )+};
}

along_an_axis! {
    /// The orthonormal Hartley transform along an axis: ``y[i] = sum_j (cos + sin)(2 pi i j / n) x[j] / sqrt(n)``.
    ///
    /// The numbers of the Fourier transform of real data, in a real, symmetric matrix, which is its own inverse. Any length.
    ///
    /// Parameters, returns and raises: as :func:`hadamard`, without `order`.
    ///
    /// Examples
    /// --------
    /// >>> from switchnet.transforms import hartley
    /// >>> hartley(np.array([1.0, 0.0, 0.0, 0.0]))
    /// array([0.5, 0.5, 0.5, 0.5])
    hartley: Hartley;

    /// The orthonormal DCT-II along an axis: ``y[k] = w_k sum_j cos(pi k (j + 1/2) / n) x[j]``, ``w_0 = sqrt(1/n)``, else
    /// ``w_k = sqrt(2/n)``.
    ///
    /// Its inverse is :func:`dct3`. Any length. The same as ``scipy.fft.dct(x, 2, norm="ortho")``.
    ///
    /// Parameters, returns and raises: as :func:`hadamard`, without `order`.
    ///
    /// Examples
    /// --------
    /// >>> from switchnet.transforms import dct2
    /// >>> dct2(np.array([1.0, 1.0, 1.0, 1.0])).round(12) + 0.0
    /// array([2., 0., 0., 0.])
    dct2: Dct2;

    /// The orthonormal DCT-III along an axis, inverse and transpose of :func:`dct2`.
    ///
    /// Any length. The same as ``scipy.fft.dct(x, 3, norm="ortho")``.
    ///
    /// Parameters, returns and raises: as :func:`hadamard`, without `order`.
    ///
    /// Examples
    /// --------
    /// >>> from switchnet.transforms import dct3
    /// >>> dct3(np.array([2.0, 0.0, 0.0, 0.0]))
    /// array([1., 1., 1., 1.])
    dct3: Dct3;
}

/// The transform of this kind, in the precision of `x`.
fn transform<'py>(
    kind: TransformKind,
    x: &Bound<'py, PyAny>,
    axis: isize,
    out: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    if let Ok(x) = x.cast::<PyArrayDyn<f32>>() {
        return along(kind, x, axis, out);
    }
    match x.cast::<PyArrayDyn<f64>>() {
        Ok(x) => along(kind, x, axis, out),
        Err(_) => Err(wrong_type("x", "float32 or float64", x)),
    }
}

fn along<'py, T: Planned>(
    kind: TransformKind,
    x: &Bound<'py, PyArrayDyn<T>>,
    axis: isize,
    out: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    unmasked("x", x)?;
    let shape = x.shape();
    let place = if axis < 0 { axis.checked_add_unsigned(shape.len()) } else { Some(axis) };
    let place = place.and_then(|axis| usize::try_from(axis).ok()).filter(|&at| at < shape.len());
    let Some(axis) = place else {
        let expected = match shape.len() {
            0 => "an array with at least one".to_owned(),
            n => format!("one of the {n} of x, -{n} to {}", n - 1),
        };
        return Err(invalid("axis", expected, axis));
    };
    let q = match T::kept(kind, shape[axis]) {
        Some(plan) => plan,
        None => detached(x.py(), || T::plan(kind, shape[axis]))?,
    };
    let along = Along { q: q.as_ref(), axis };
    let Some(out) = out else { return Ok(along.transformed(&reading("x", x)?)?.into_any()) };
    let result = if out.is(x) { x } else { fitting(x, out)? };
    if result.is(x) {
        along.inside(&mut writing("out", result)?)?;
        return Ok(out.clone());
    }
    let from = reading("x", x)?;
    match result.try_readwrite() {
        Ok(mut to) => {
            from.copy_to(&to)?;
            drop(from);
            along.inside(&mut to)?;
        }
        // Where both share memory, `x` counts as it was.
        Err(_) => {
            let between = along.transformed(&from)?;
            drop(from);
            let to = writing("out", result)?;
            between.copy_to(&to)?;
        }
    }
    Ok(out.clone())
}

/// A transform and the axis of arrays along which it goes.
struct Along<'a, T: Scalar> {
    q: &'a dyn Transform<T>,
    axis: usize,
}

impl<T: Planned> Along<'_, T> {
    /// How far apart neighbors along the axis are in memory that is one slice: its fastest axis is the last in C's order,
    /// the first in Fortran's.
    fn width(&self, array: &Bound<'_, PyArrayDyn<T>>) -> usize {
        let shape = array.shape();
        let faster = if is_fortran(array) { &shape[..self.axis] } else { &shape[self.axis + 1..] };
        faster.iter().product()
    }

    /// A new array, in the order of `x`.
    fn transformed<'py>(
        &self,
        x: &PyReadonlyArrayDyn<'py, T>,
    ) -> PyResult<Bound<'py, PyArrayDyn<T>>> {
        let result = PyArrayDyn::<T>::zeros(x.py(), IxDyn(x.shape()), is_fortran(x));
        let mut to = result.readwrite();
        let Ok(from) = x.as_slice() else {
            x.copy_to(&result)?;
            self.inside(&mut to)?;
            drop(to);
            return Ok(result);
        };
        let (q, width) = (self.q, self.width(x));
        let numbers = to.as_slice_mut().expect("new arrays are contiguous");
        detached(x.py(), move || {
            copied(q, from, numbers, width);
            Ok(())
        })?;
        drop(to);
        Ok(result)
    }

    /// In place; by way of a copy where memory is not one slice, which alone can be transformed where it lies.
    fn inside(&self, array: &mut PyReadwriteArrayDyn<'_, T>) -> PyResult<()> {
        let (py, q, width) = (array.py(), self.q, self.width(array));
        let Ok(numbers) = array.as_slice_mut() else {
            let between = PyArrayDyn::<T>::zeros(py, IxDyn(array.shape()), false);
            array.copy_to(&between)?;
            self.inside(&mut between.readwrite())?;
            return between.copy_to(array);
        };
        detached(py, move || {
            rows(q, numbers, width);
            Ok(())
        })
    }
}

/// `out` as an array that the transform of `x` can go into.
fn fitting<'a, 'py, T: Planned>(
    x: &Bound<'py, PyArrayDyn<T>>,
    out: &'a Bound<'py, PyAny>,
) -> PyResult<&'a Bound<'py, PyArrayDyn<T>>> {
    let result = array("out", out)?;
    unmasked("out", result)?;
    if result.shape() != x.shape() {
        let text = |shape: &[usize]| format!("shape {shape:?}");
        let expected = format!("{}, as x has", text(x.shape()));
        return Err(invalid("out", expected, text(result.shape())));
    }
    Ok(result)
}

/// Whether memory is in Fortran's order and not in C's too.
fn is_fortran<T>(array: &Bound<'_, PyArrayDyn<T>>) -> bool {
    array.is_fortran_contiguous() && !array.is_c_contiguous()
}

/// `numbers` are images with rows of `width`, whose columns are transformed.
fn rows<T: Scalar>(q: &dyn Transform<T>, numbers: &mut [T], width: usize) {
    match width {
        _ if numbers.is_empty() => {}
        1 => q.apply(numbers),
        _ => q.apply_columns(numbers, width),
    }
}

/// The same of a copy, which is transformed while it is in the cache.
fn copied<T: Scalar>(q: &dyn Transform<T>, from: &[T], to: &mut [T], width: usize) {
    const NEAR: usize = 1 << 12;
    let image = (q.len() * width).max(1);
    let several = image * (NEAR / image).max(1);
    for (from, to) in from.chunks(several).zip(to.chunks_mut(several)) {
        to.copy_from_slice(from);
        rows(q, to, width);
    }
}

/// Plans that were made last: a cosine transform of a thousand numbers takes longer to plan than to run.
type Plan<T> = (TransformKind, usize, Arc<dyn Transform<T>>);
type Plans<T> = Mutex<Vec<Plan<T>>>;

/// How many plans are kept, and of which lengths: behind a longer one stand tables that nobody may need again.
const KEPT: usize = 16;
const LONGEST: usize = 1 << 16;

/// A number whose plans are kept.
trait Planned: Scalar + Element {
    fn plans() -> &'static Plans<Self>;

    fn locked() -> MutexGuard<'static, Vec<Plan<Self>>> {
        Self::plans().lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A plan that was made before.
    fn kept(kind: TransformKind, n: usize) -> Option<Arc<dyn Transform<Self>>> {
        Self::locked().iter().find(|plan| (plan.0, plan.1) == (kind, n)).map(|plan| plan.2.clone())
    }

    /// A new plan, which takes seconds for some lengths.
    fn plan(kind: TransformKind, n: usize) -> switchnet::Result<Arc<dyn Transform<Self>>> {
        // These kinds draw nothing.
        let plan: Arc<dyn Transform<Self>> =
            Arc::from(kind.plan::<Self>(n, &mut random::generator(0, 0))?);
        if n <= LONGEST {
            let mut plans = Self::locked();
            plans.truncate(KEPT - 1);
            plans.insert(0, (kind, n, plan.clone()));
        }
        Ok(plan)
    }
}

impl Planned for f32 {
    fn plans() -> &'static Plans<Self> {
        static PLANS: Plans<f32> = Mutex::new(Vec::new());
        &PLANS
    }
}

impl Planned for f64 {
    fn plans() -> &'static Plans<Self> {
        static PLANS: Plans<f64> = Mutex::new(Vec::new());
        &PLANS
    }
}
