//! ONNX files: nets of others, and nets for others.

use crate::error::{exception, invalid};
use crate::net::{Core, either, kept, of_file};
use crate::work::detached;
use pyo3::prelude::*;
use std::path::PathBuf;
use switchnet::{one_line, write_whole};
use switchnet_onnx::{Options, WriteOptions, read_with, write};

/// The net of a file; what was read, in a line; and what is behind it in the file and left out.
#[pyfunction]
pub fn from_onnx(
    py: Python<'_>,
    path: PathBuf,
    output: Option<String>,
    shape: Option<Vec<usize>>,
    double: bool,
) -> PyResult<(Core, String, Option<String>)> {
    detached(py, || {
        let model = read_with(&path, &Options { output, shape })?;
        let metadata = model.metadata.clone();
        let core = match double {
            true => model.net::<f64>().and_then(|net| of_file(net, metadata)),
            false => model.net::<f32>().and_then(|net| of_file(net, metadata)),
        };
        let core = core.map_err(|error| error.at(path.display()))?;
        let readout = model.readout.map(|readout| format!("{readout:?}"));
        Ok((core, one_line(&model), readout))
    })
}

/// Writes a file, whole or not at all. It keeps what the net's file says of its inputs or, if asked, does it.
#[pyfunction]
pub fn to_onnx(core: &Bound<'_, Core>, path: PathBuf, standardization: bool) -> PyResult<()> {
    let (py, state) = (core.py(), core.get().now());
    let mut options = WriteOptions { metadata: core.get().texts().clone(), ..Default::default() };
    if standardization {
        let mut take = |name| {
            let found = kept(&options.metadata, name);
            options.metadata.remove(name);
            found.map_err(exception)
        };
        (options.standardize, options.targets) =
            (take("standardize")?, take("standardize-targets")?);
        if options.standardize.is_none() {
            let expected = "a net whose preparation has a standardize";
            return Err(invalid("standardization", expected, "none"));
        }
    }
    detached(py, || {
        let file = either!(&state, held => write(&held.net, &options));
        write_whole(&path, &file.map_err(|error| error.at(path.display()))?)
    })
}
