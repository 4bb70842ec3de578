//! Errors and panics of the library as exceptions of Python, with the same one line.

use crate::threads;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use switchnet::{Error, Result, one_line};

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

/// Does `work` without the interpreter's lock, so that other threads of Python go on. A panic, which would be a fault of
/// ours, becomes a `RuntimeError`.
pub fn detached<R: Send>(py: Python<'_>, work: impl FnOnce() -> Result<R> + Send) -> PyResult<R> {
    let pool = threads::of_this_process().map_err(exception)?;
    let work = || match pool {
        Some(pool) => pool.install(work),
        None => work(),
    };
    match py.detach(|| catch_unwind(AssertUnwindSafe(work))) {
        Ok(result) => result.map_err(exception),
        Err(panic) => {
            Err(PyRuntimeError::new_err(format!("a fault of switchnet: {}", said(&panic))))
        }
    }
}

/// What a panic said.
fn said(panic: &Box<dyn Any + Send>) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    one_line(text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without words"))
}
