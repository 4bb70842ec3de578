//! Arrays of NumPy, checked and borrowed: no two calls work on the same memory where one of them writes.

use crate::error::invalid;
use numpy::ndarray::Dimension;
use numpy::prelude::*;
use numpy::{BorrowError, Element, PyArray, PyReadonlyArray, PyReadwriteArray};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

/// `x` as an array of this type and number of axes.
pub fn array<'a, 'py, T: Element, D: Dimension>(
    what: &str,
    x: &'a Bound<'py, PyAny>,
) -> PyResult<&'a Bound<'py, PyArray<T, D>>> {
    x.cast().map_err(|_| {
        let axes = D::NDIM.map_or(String::new(), |n| format!(" with axes: {n}"));
        wrong_type(what, format_args!("{}{axes}", T::get_dtype(x.py())), x)
    })
}

/// Such an array to read from, while nobody writes.
pub fn reading<'py, T: Element, D: Dimension>(
    what: &str,
    x: &Bound<'py, PyAny>,
) -> PyResult<PyReadonlyArray<'py, T, D>> {
    array(what, x)?.try_readonly().map_err(|error| refused(what, error))
}

/// An array to write to, while nobody else reads or writes.
pub fn writing<'py, T: Element, D: Dimension>(
    what: &str,
    x: &Bound<'py, PyArray<T, D>>,
) -> PyResult<PyReadwriteArray<'py, T, D>> {
    x.try_readwrite().map_err(|error| refused(what, error))
}

/// What is no array of the type expected.
pub fn wrong_type(what: &str, expected: impl std::fmt::Display, found: &Bound<'_, PyAny>) -> PyErr {
    let part = |name| found.getattr(name).ok();
    let of = part("dtype").map_or(String::new(), |dtype| format!(" of {dtype}"));
    let kind = found.get_type().name().map_or_else(|_| "another type".into(), |n| n.to_string());
    let shape = part("shape").map_or(String::new(), |shape| format!(" and shape {shape}"));
    let error = switchnet::Error::new(
        what,
        format_args!("a NumPy array of {expected}"),
        format_args!("{kind}{of}{shape}"),
    );
    PyTypeError::new_err(error.to_string())
}

/// An array with some of its numbers masked is not taken for one without.
pub fn unmasked<T, D>(what: &str, array: &Bound<'_, PyArray<T, D>>) -> PyResult<()> {
    let own = array.py().get_type::<numpy::PyUntypedArray>();
    let masked = !array.get_type().is(&own) && array.hasattr("mask")?;
    if masked { Err(wrong_type(what, "numbers that are all there", array)) } else { Ok(()) }
}

fn refused(what: &str, error: BorrowError) -> PyErr {
    match error {
        BorrowError::NotWriteable => invalid(what, "a writeable array", "a read-only one"),
        _ => invalid(what, "memory that no other call works on", "an array in use"),
    }
}
