//! Errors of the library as exceptions of Python, with the same one line.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use switchnet::Error;

/// `OSError`, or the class under it that fits, where the system refused; else `ValueError`.
pub fn exception(error: Error) -> PyErr {
    let mut inner = &error;
    while let Error::At { error, .. } = inner {
        inner = error;
    }
    match inner {
        Error::Io { error: io, .. } => std::io::Error::new(io.kind(), error.to_string()).into(),
        _ => PyValueError::new_err(error.to_string()),
    }
}

/// `what: expected …, found …` as a `ValueError`.
pub fn invalid(
    what: impl std::fmt::Display,
    expected: impl std::fmt::Display,
    found: impl std::fmt::Display,
) -> PyErr {
    exception(Error::new(what, expected, found))
}
