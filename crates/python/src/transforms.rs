//! The fast transforms along an axis of an array.

use crate::error::{detached, exception, invalid};
use numpy::prelude::*;
use numpy::{BorrowError, Element, IxDyn, PyArrayDyn};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use std::sync::{Arc, Mutex, PoisonError};
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
#[pyfunction]
#[pyo3(signature = (x, axis=-1, *, out=None))]
pub fn hartley<'py>(
    x: &Bound<'py, PyAny>,
    axis: isize,
    out: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    transform(TransformKind::Hartley, x, axis, out)
}

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
#[pyfunction]
#[pyo3(signature = (x, axis=-1, *, out=None))]
pub fn dct2<'py>(
    x: &Bound<'py, PyAny>,
    axis: isize,
    out: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    transform(TransformKind::Dct2, x, axis, out)
}

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
#[pyfunction]
#[pyo3(signature = (x, axis=-1, *, out=None))]
pub fn dct3<'py>(
    x: &Bound<'py, PyAny>,
    axis: isize,
    out: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    transform(TransformKind::Dct3, x, axis, out)
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

/// What is no array of the type expected.
fn wrong_type(what: &str, expected: &str, found: &Bound<'_, PyAny>) -> PyErr {
    let of = found.getattr("dtype").map(|dtype| format!(" of {dtype}")).unwrap_or_default();
    let kind = found.get_type().name().map_or_else(|_| "another type".into(), |n| n.to_string());
    let error = switchnet::Error::new(
        what,
        format_args!("a NumPy array of {expected}"),
        format_args!("{kind}{of}"),
    );
    PyTypeError::new_err(error.to_string())
}

/// An array with some of its numbers masked is not taken for one without.
fn plain<T>(what: &str, array: &Bound<'_, PyArrayDyn<T>>) -> PyResult<()> {
    let own = array.py().get_type::<numpy::PyUntypedArray>();
    let masked = !array.get_type().is(&own) && array.hasattr("mask")?;
    if masked { Err(wrong_type(what, "numbers that are all there", array)) } else { Ok(()) }
}

fn along<'py, T: Planned>(
    kind: TransformKind,
    x: &Bound<'py, PyArrayDyn<T>>,
    axis: isize,
    out: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = x.py();
    plain("x", x)?;
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
    let q = T::plan(kind, shape[axis]).map_err(exception)?;
    let q = q.as_ref();
    // The fastest axis is the last in C's order, the first in Fortran's.
    let width = |fortran: bool| match fortran {
        false => shape[axis + 1..].iter().product::<usize>(),
        true => shape[..axis].iter().product(),
    };
    let new = |fortran| PyArrayDyn::<T>::zeros(py, IxDyn(shape), fortran);
    // Whether memory is one slice, which alone can be transformed where it lies.
    let in_place = |array: &Bound<'py, PyArrayDyn<T>>| {
        let mut lock = array.try_readwrite().map_err(|error| refused("out", error))?;
        let Ok(numbers) = lock.as_slice_mut() else { return Ok(false) };
        let width = width(is_fortran(array));
        detached(py, move || {
            rows(q, numbers, width);
            Ok(true)
        })
    };
    let Some(out) = out else {
        let fortran = is_fortran(x);
        let result = new(fortran);
        let lock = x.try_readonly().map_err(|error| refused("x", error))?;
        if let Ok(from) = lock.as_slice() {
            let mut to = result.readwrite();
            let to = to.as_slice_mut().expect("new arrays are contiguous");
            detached(py, move || {
                copied(q, from, to, width(fortran));
                Ok(())
            })?;
        } else {
            x.copy_to(&result)?;
            in_place(&result)?;
        }
        return Ok(result.into_any());
    };
    let result = if out.is(x) { x } else { fitting(x, out)? };
    if !result.is(x) {
        x.copy_to(result)?; // NumPy copies right where both share memory
    }
    if !in_place(result)? {
        let between = new(false);
        result.copy_to(&between)?;
        in_place(&between)?;
        between.copy_to(result)?;
    }
    Ok(out.clone())
}

/// `out` as an array that the transform of `x` can go into.
fn fitting<'a, 'py, T: Planned>(
    x: &Bound<'py, PyArrayDyn<T>>,
    out: &'a Bound<'py, PyAny>,
) -> PyResult<&'a Bound<'py, PyArrayDyn<T>>> {
    let expected = if T::NAME == "f32" { "float32" } else { "float64" };
    let result = out.cast::<PyArrayDyn<T>>().map_err(|_| wrong_type("out", expected, out))?;
    plain("out", result)?;
    if result.shape() != x.shape() {
        let text = |shape: &[usize]| format!("shape {shape:?}");
        let expected = format!("{}, as x has", text(x.shape()));
        return Err(invalid("out", expected, text(result.shape())));
    }
    drop(result.try_readwrite().map_err(|error| refused("out", error))?);
    Ok(result)
}

/// Whether memory is in Fortran's order and not in C's too.
fn is_fortran<T>(array: &Bound<'_, PyArrayDyn<T>>) -> bool {
    array.is_fortran_contiguous() && !array.is_c_contiguous()
}

fn refused(what: &str, error: BorrowError) -> PyErr {
    match error {
        BorrowError::NotWriteable => invalid(what, "a writeable array", "a read-only one"),
        _ => invalid(what, "memory that no other call works on", "an array in use"),
    }
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
type Plans<T> = Mutex<Vec<(TransformKind, usize, Arc<dyn Transform<T>>)>>;

/// How many plans are kept, and of which lengths: behind a longer one stand tables that nobody may need again.
const KEPT: usize = 16;
const LONGEST: usize = 1 << 16;

/// A number whose plans are kept.
trait Planned: Scalar + Element {
    fn plans() -> &'static Plans<Self>;

    fn plan(kind: TransformKind, n: usize) -> switchnet::Result<Arc<dyn Transform<Self>>> {
        let plans = || Self::plans().lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((.., plan)) = plans().iter().find(|plan| (plan.0, plan.1) == (kind, n)) {
            return Ok(plan.clone());
        }
        // These kinds draw nothing.
        let plan: Arc<dyn Transform<Self>> =
            Arc::from(kind.plan::<Self>(n, &mut random::generator(0, 0))?);
        if n <= LONGEST {
            let mut plans = plans();
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
