//! Training behind `Net.fit`, watched by Python: a callback after each epoch, Ctrl-C between steps.

use crate::arrays::reading;
use crate::error::invalid;
use crate::net::{Core, Held, Number, either, parsed, text, width};
use crate::work::{Signals, detached, watched};
use numpy::{Ix1, PyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::PyBool;
use std::ops::ControlFlow;
use switchnet::Result;
use switchnet::data::{Dataset, Targets};
use switchnet::layer::{Layer, parameters};
use switchnet::net::Net;
use switchnet::train::{Loss, Observer, Run, Training, evaluate as measure, fit as train};

/// Trains the net on rows with classes (int64) or values (its own type), with settings in JSON. Gives the history in JSON.
///
/// The net that Python sees has the parameters of the last epoch while this runs; in the end those that are kept, also if
/// Ctrl-C or the callback ended it. After an error it has what it had last.
#[pyfunction]
#[pyo3(signature = (core, x, y, settings, weights=None, callback=None))]
pub fn fit(
    core: &Bound<'_, Core>,
    x: &Bound<'_, PyAny>,
    y: &Bound<'_, PyAny>,
    settings: &str,
    weights: Option<Vec<f64>>,
    callback: Option<Py<PyAny>>,
) -> PyResult<String> {
    let core = core.get();
    let _changing = core.changing()?;
    let training: Training = parsed("training", settings).map_err(crate::error::exception)?;
    either!(&core.now(), held => {
        let data = dataset(held, x, y, weights)?;
        trained(x.py(), core, held, data, &training, callback)
    })
}

fn trained<T: Number>(
    py: Python<'_>,
    core: &Core,
    held: &Held<T>,
    data: Dataset<T>,
    training: &Training,
    callback: Option<Py<PyAny>>,
) -> PyResult<String> {
    watched(py, move |signals| {
        let mut net = held.net.cast::<T>();
        let mut watch = Watch { core, last: held, callback, signals };
        let run = train(&mut net, &data, training, &mut watch)?;
        core.put(net);
        Ok(text(&run.history))
    })
}

/// Who looks on for Python.
struct Watch<'a, T: Number> {
    core: &'a Core,
    last: &'a Held<T>,
    callback: Option<Py<PyAny>>,
    signals: &'a Signals,
}

impl<T: Number> Observer<T> for Watch<'_, T> {
    fn step(&mut self, _run: &Run<T>) -> Result<ControlFlow<()>> {
        Ok(self.signals.go_on())
    }

    fn epoch(&mut self, net: &dyn Layer<T>, run: &Run<T>) -> Result<ControlFlow<()>> {
        let Some(callback) = &self.callback else { return self.step(run) };
        let mut now: Net<T> = self.last.net.cast();
        parameters::write(&mut now, &parameters::read(net));
        self.core.put(now);
        let record = text(&run.history.last());
        Ok(self.signals.ask(|py| {
            let answer = callback.call1(py, (record,))?;
            Ok(!answer.bind(py).is(PyBool::new(py, false)))
        }))
    }
}

/// The loss and, for classes, the accuracy on rows: means. Cross-entropy for classes, squared error for values.
#[pyfunction]
pub fn evaluate(
    core: &Bound<'_, Core>,
    x: &Bound<'_, PyAny>,
    y: &Bound<'_, PyAny>,
) -> PyResult<(f64, Option<f64>)> {
    either!(&core.get().now(), held => {
        let data = dataset(held, x, y, None)?;
        detached(x.py(), || {
            let classes = data.labels().is_some();
            let loss = if classes { Loss::CrossEntropy } else { Loss::SquaredError };
            let found = measure(&held.net, loss, &data).checked("given")?;
            Ok((found.mean_loss(), found.accuracy()))
        })
    })
}

/// The rows as a checked set that fits the net.
fn dataset<T: Number>(
    held: &Held<T>,
    x: &Bound<'_, PyAny>,
    y: &Bound<'_, PyAny>,
    weights: Option<Vec<f64>>,
) -> PyResult<Dataset<T>> {
    let x: PyReadonlyArray2<'_, T> = reading("x", x)?;
    let net = &held.net;
    let (py, inputs) = (x.py(), x.as_array());
    width(net, inputs.ncols())?;
    let targets = match y.cast::<PyArray1<i64>>() {
        Ok(labels) => {
            let labels = reading::<i64, Ix1>("y", labels)?;
            let labels = labels.as_array();
            let fits = |label: i64| usize::try_from(label).ok().filter(|&l| l < net.outputs());
            if let Some((row, label)) = labels.iter().enumerate().find(|l| fits(*l.1).is_none()) {
                let expected = format!("0 to {}, as the net has outputs", net.outputs() - 1);
                return Err(invalid(format_args!("class in row {row} of y"), expected, label));
            }
            let labels = labels.iter().copied().filter_map(fits).collect();
            Targets::Classes { labels, classes: net.outputs() }
        }
        Err(_) => {
            let values: PyReadonlyArray2<'_, T> = reading("y", y)?;
            let values = values.as_array().to_owned();
            if values.ncols() != net.outputs() {
                let expected = format!("{}, as the net has outputs", net.outputs());
                return Err(invalid("columns of y", expected, values.ncols()));
            }
            Targets::Values(values)
        }
    };
    detached(py, || {
        let shape = net.spec().input.clone();
        let data = Dataset::new("data", shape, inputs.to_owned(), targets)?;
        match weights {
            Some(weights) => data.weighted(weights),
            None => Ok(data),
        }
    })
}
