//! Questions about a net at an input, in double precision. Answers are JSON, the large ones arrays.

use crate::arrays::reading;
use crate::error::{exception, invalid};
use crate::net::{parsed, text};
use crate::subject::Subject;
use crate::work::{detached, watched};
use numpy::{PyArray1, PyArray2, PyReadonlyArray1};
use pyo3::prelude::*;
use serde::Deserialize;
use switchnet::analysis::{self, Exactness, Method, Plane, SliceBudget, Window};
use switchnet::layer::Layer;
use switchnet::ndarray::ArrayView1;

/// An input in double precision.
pub fn input<'py>(what: &str, x: &Bound<'py, PyAny>) -> PyResult<PyReadonlyArray1<'py, f64>> {
    reading(what, x)
}

/// Refuses what the net does not take.
fn fitting(what: &str, net: &dyn Layer<f64>, x: ArrayView1<'_, f64>) -> PyResult<()> {
    if x.len() != net.inputs() {
        let expected = format!("{} numbers, as the net takes", net.inputs());
        return Err(invalid(what, expected, x.len()));
    }
    match x.iter().find(|value| !value.is_finite()) {
        Some(value) => Err(invalid(what, "finite numbers", value)),
        None => Ok(()),
    }
}

/// The effective map at `x`: output, matrix, constant, and in JSON exactness, pattern and residual.
type Map<'py> = (
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyArray2<f64>>,
    Bound<'py, PyArray1<f64>>,
    bool,
    String,
    (f64, f64),
);

/// The effective map at `x`.
#[pyfunction]
pub fn effective_map<'py>(subject: Subject<'py>, x: &Bound<'py, PyAny>) -> PyResult<Map<'py>> {
    let (py, asked, x) = (x.py(), subject.now(), input("x", x)?);
    let x = x.as_array();
    let net = detached(py, || Ok(asked.net()))?;
    fitting("input", net, x)?;
    let map = detached(py, || {
        let map = analysis::effective_map(net, x);
        map.residual.checked()?;
        Ok(map)
    })?;
    let residual = (map.residual.absolute, map.residual.relative);
    let exact = map.exactness == Exactness::Exact;
    let pattern = text(&map.pattern);
    let [y, c] = [map.y, map.c].map(|v| PyArray1::from_owned_array(py, v));
    Ok((y, PyArray2::from_owned_array(py, map.a), c, exact, pattern, residual))
}

/// The net along the line from `a` to `b`.
#[pyfunction]
pub fn ray(subject: Subject<'_>, a: &Bound<'_, PyAny>, b: &Bound<'_, PyAny>) -> PyResult<String> {
    let (py, asked) = (a.py(), subject.now());
    let (a, b) = (input("a", a)?, input("b", b)?);
    let (a, b) = (a.as_array(), b.as_array());
    detached(py, || Ok(text(&analysis::ray(asked.net(), a, b)?)))
}

/// How far `x` is from other regions and other decisions.
#[pyfunction]
pub fn margin(subject: Subject<'_>, x: &Bound<'_, PyAny>) -> PyResult<String> {
    let (py, asked, x) = (x.py(), subject.now(), input("x", x)?);
    let x = x.as_array();
    detached(py, || Ok(text(&analysis::margin(asked.net(), x)?)))
}

/// The singular values of the effective map at `x`: all of them, or so many.
#[pyfunction]
pub fn spectrum(
    subject: Subject<'_>,
    x: &Bound<'_, PyAny>,
    count: Option<usize>,
) -> PyResult<String> {
    let (py, asked, x) = (x.py(), subject.now(), input("x", x)?);
    let x = x.as_array();
    let method = count.map_or(Method::Full, Method::leading);
    detached(py, || Ok(text(&analysis::spectrum(asked.net(), x, method)?)))
}

/// A near input of another class, if the search finds one.
#[pyfunction]
pub fn adversarial(subject: Subject<'_>, x: &Bound<'_, PyAny>, steps: usize) -> PyResult<String> {
    let (py, asked, x) = (x.py(), subject.now(), input("x", x)?);
    let x = x.as_array();
    detached(py, || Ok(text(&analysis::adversarial(asked.net(), x, steps)?)))
}

/// Where a slice looks and stops.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bounds {
    u: [f64; 2],
    v: [f64; 2],
    polygons: usize,
    seconds: f64,
    bytes: usize,
}

/// The net on a window of the plane through three inputs. Ctrl-C ends it.
#[pyfunction]
pub fn slice(
    subject: Subject<'_>,
    a: &Bound<'_, PyAny>,
    b: &Bound<'_, PyAny>,
    c: &Bound<'_, PyAny>,
    bounds: &str,
) -> PyResult<String> {
    let (py, asked) = (a.py(), subject.now());
    let bounds: Bounds = parsed("window and budget of a slice", bounds).map_err(exception)?;
    let Bounds { u, v, polygons, seconds, bytes } = bounds;
    let (a, b, c) = (input("a", a)?, input("b", b)?, input("c", c)?);
    let [a, b, c] = [&a, &b, &c].map(|x| x.as_array());
    let net = detached(py, || Ok(asked.net()))?;
    for (what, x) in [("a of a slice", a), ("b of a slice", b), ("c of a slice", c)] {
        fitting(what, net, x)?;
    }
    watched(py, |signals| {
        let budget = SliceBudget { polygons, seconds, bytes };
        let plane = Plane::through(a, b, c);
        let watch = &mut |_| signals.go_on();
        Ok(text(&analysis::slice(net, &plane, Window { u, v }, budget, watch)?))
    })
}
