//! The core of the Python package `switchnet`: its arrays are NumPy's, its texts are JSON, and the package makes
//! of both what is convenient in Python.
//!
//! Whatever takes long runs without the interpreter's lock (`work::detached`). Nothing is called with shapes or
//! lengths that were not checked before.

mod analysis;
mod arrays;
mod boxes;
mod error;
mod net;
mod onnx;
mod subject;
mod threads;
mod train;
mod transforms;
mod work;

use pyo3::prelude::*;

/// Everything that the package's own files build upon.
#[pymodule]
mod _switchnet {
    #[pymodule_export]
    use super::analysis::{adversarial, effective_map, margin, ray, slice, spectrum};
    #[pymodule_export]
    use super::boxes::{regions, verify};
    #[pymodule_export]
    use super::net::{Core, standardization};
    #[pymodule_export]
    use super::onnx::{from_onnx, to_onnx};
    #[pymodule_export]
    use super::subject::Pair;
    #[pymodule_export]
    use super::train::{evaluate, fit};
    #[pymodule_export]
    use super::transforms::{dct2, dct3, hadamard, hartley};

    #[pymodule_init]
    fn begin(_module: &pyo3::Bound<'_, pyo3::types::PyModule>) -> pyo3::PyResult<()> {
        super::threads::first();
        // Of one that this processor does not have, the first use would panic.
        switchnet::transform::instruction_set().map_err(super::error::exception)?;
        Ok(())
    }
}
