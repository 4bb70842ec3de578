//! Questions about a box of inputs: its regions, and whether a property holds there. Ctrl-C ends them.

use crate::analysis::input;
use crate::error::exception;
use crate::net::{parsed, text};
use crate::subject::Subject;
use crate::work::watched;
use numpy::{PyArray1, PyArray2};
use pyo3::prelude::*;
use serde::Deserialize;
use switchnet::analysis::{self, BoxBudget, BoxProgress, Property, regions_in_box};
use switchnet::ndarray::{Array1, Array2, ArrayView1, Axis};

/// Where a search stops.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Budget {
    regions: usize,
    seconds: f64,
    bytes: usize,
}

fn budget(json: &str) -> PyResult<BoxBudget> {
    let Budget { regions, seconds, bytes } = parsed("budget of a box", json).map_err(exception)?;
    Ok(BoxBudget { regions, seconds, bytes })
}

/// Points, radii, hashes and outputs of the regions, and in JSON everything else.
type Regions<'py> = (
    Bound<'py, PyArray2<f64>>,
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyArray1<u64>>,
    Bound<'py, PyArray2<f64>>,
    String,
);

/// Outputs are worked out for so many points at a time.
const ROWS: usize = 1024;

/// All regions in the box from `lower` to `upper`.
#[pyfunction]
pub fn regions<'py>(
    subject: Subject<'py>,
    lower: &Bound<'py, PyAny>,
    upper: &Bound<'py, PyAny>,
    limits: &str,
) -> PyResult<Regions<'py>> {
    let (py, asked, budget) = (lower.py(), subject.now(), budget(limits)?);
    let [lower, upper] = [input("lower", lower)?, input("upper", upper)?];
    let [lower, upper] = [&lower, &upper].map(|bound| bound.as_array().to_vec());
    let (points, values, found) = watched(py, |signals| {
        let net = asked.net();
        let watch = &mut |_: BoxProgress| signals.go_on();
        let found = regions_in_box(net, &lower, &upper, budget, watch)?;
        let mut points = Array2::zeros((found.regions.len(), net.inputs()));
        for (mut row, region) in points.rows_mut().into_iter().zip(&found.regions) {
            row.assign(&ArrayView1::from(&region.point));
        }
        let mut values = Array2::zeros((found.regions.len(), net.outputs()));
        let chunks = points.axis_chunks_iter(Axis(0), ROWS);
        for (points, mut values) in chunks.zip(values.axis_chunks_iter_mut(Axis(0), ROWS)) {
            values.assign(&net.forward(points.to_owned()));
        }
        Ok((points, values, found))
    })?;
    let mut found = found;
    let all = std::mem::take(&mut found.regions);
    let radii: Array1<f64> = all.iter().map(|region| region.radius).collect();
    let hashes: Array1<u64> = all.iter().map(|region| region.hash).collect();
    let [points, values] = [points, values].map(|array| PyArray2::from_owned_array(py, array));
    let (radii, hashes) =
        (PyArray1::from_owned_array(py, radii), PyArray1::from_owned_array(py, hashes));
    Ok((points, radii, hashes, values, text(&found)))
}

/// Whether the property that is written in `property` holds; `place` is the file that it is from.
#[pyfunction]
#[pyo3(signature = (subject, property, limits, place=None))]
pub fn verify(
    py: Python<'_>,
    subject: Subject<'_>,
    property: &str,
    limits: &str,
    place: Option<&str>,
) -> PyResult<String> {
    let (asked, budget) = (subject.now(), budget(limits)?);
    watched(py, |signals| {
        let property = Property::read_vnnlib(property).map_err(|error| match place {
            Some(place) => error.at(place),
            None => error.at("property"),
        })?;
        let watch = &mut |_: BoxProgress| signals.go_on();
        Ok(text(&analysis::verify(asked.net(), &property, budget, watch)?))
    })
}
