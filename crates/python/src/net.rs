//! Nets behind Python's `Net`: built, saved, loaded, asked for outputs and parameters.

use crate::arrays::reading;
use crate::error::{exception, invalid};
use crate::work::detached;
use numpy::{Element, PyArray1, PyArray2, PyArrayDyn, PyReadonlyArray2, PyReadonlyArrayDyn};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};
use switchnet::data::{Preparation, Schema, Scope, Standardize};
use switchnet::layer::{Layer, Parameter, ParameterMut};
use switchnet::ndarray::ArrayView2;
use switchnet::net::zoo::Architecture;
use switchnet::net::{Net, Spec, Summary, checkpoint, forward, probabilities};
use switchnet::transform::Fixed;
use switchnet::{Error, Scalar};

/// What a checkpoint says of how its inputs are prepared, as texts by these names.
const PREPARATION: [&str; 3] = ["schema", "standardize", "standardize-targets"];
pub type Texts = BTreeMap<String, String>;

/// A net that no longer changes, and its twin in double precision.
pub struct Held<T: Scalar> {
    pub net: Net<T>,
    twin: OnceLock<Net<f64>>,
}

/// A net in one of the two precisions.
#[derive(Clone)]
pub enum State {
    Single(Arc<Held<f32>>),
    Double(Arc<Held<f64>>),
}

/// The same with the net of either precision.
macro_rules! either {
    ($state:expr, $held:ident => $result:expr) => {
        match $state {
            $crate::net::State::Single($held) => $result,
            $crate::net::State::Double($held) => $result,
        }
    };
}
pub(crate) use either;

/// A number of nets and of arrays.
pub trait Number: Scalar + Element {
    fn state(held: Arc<Held<Self>>) -> State;
}

impl Number for f32 {
    fn state(held: Arc<Held<f32>>) -> State {
        State::Single(held)
    }
}

impl Number for f64 {
    fn state(held: Arc<Held<f64>>) -> State {
        State::Double(held)
    }
}

fn state<T: Number>(net: Net<T>) -> State {
    T::state(Arc::new(Held { net, twin: OnceLock::new() }))
}

impl State {
    /// The net in double precision.
    pub fn twin(&self) -> &Net<f64> {
        match self {
            Self::Single(held) => held.twin.get_or_init(|| held.net.cast()),
            Self::Double(held) => &held.net,
        }
    }
}

/// What Python's `Net` stands on. Who asks it for something takes the net that is there then; who changes it puts another
/// in its place. So no call waits for another, and a training may be looked at while it runs.
#[pyclass(frozen, module = "switchnet")]
pub struct Core {
    state: RwLock<State>,
    training: AtomicBool,
    /// What its file says of its inputs.
    texts: Mutex<Texts>,
}

impl Core {
    fn new(state: State, texts: Texts) -> Self {
        let (state, texts) = (RwLock::new(state), Mutex::new(texts));
        Self { state, training: AtomicBool::new(false), texts }
    }

    /// What its file says of its inputs.
    pub fn texts(&self) -> MutexGuard<'_, Texts> {
        self.texts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The net that is there now.
    pub fn now(&self) -> State {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Another net of the same spec in the place of what is there.
    pub fn put<T: Number>(&self, net: Net<T>) {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = state(net);
    }

    /// Until the answer is dropped, nobody else changes the parameters.
    pub fn changing(&self) -> PyResult<Changing<'_>> {
        match self.training.swap(true, Ordering::AcqRel) {
            false => Ok(Changing(self)),
            true => {
                let error = Error::new("net", "one that is not in training", "another call of fit");
                Err(PyRuntimeError::new_err(error.to_string()))
            }
        }
    }
}

/// The right to change the parameters.
pub struct Changing<'a>(&'a Core);

impl Drop for Changing<'_> {
    fn drop(&mut self) {
        self.0.training.store(false, Ordering::Release);
    }
}

/// Plain data from JSON; an error names it and is one line.
pub fn parsed<T: DeserializeOwned>(what: &str, text: &str) -> switchnet::Result<T> {
    let refused = |e: serde_json::Error| Error::new(what, "its settings", e);
    // An error of a value, not of a text, names no line of a text that nobody wrote.
    let value: Value = serde_json::from_str(text).map_err(refused)?;
    serde_json::from_value(value).map_err(refused)
}

/// An answer as JSON.
pub fn text(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("plain data")
}

fn spec(text: &str) -> switchnet::Result<Spec> {
    if text.trim_start().starts_with('{') {
        let read = serde_json::from_str(text);
        return read.map_err(|e| Error::new("spec", "a net in JSON", e));
    }
    toml::from_str(text).map_err(|e: toml::de::Error| {
        let before = e.span().map_or("", |span| text.get(..span.start).unwrap_or(""));
        let found = format!("{} in line {}", e.message(), before.matches('\n').count() + 1);
        Error::new("spec", "a net in TOML, or in JSON within braces", found)
    })
}

/// The net of `spec` in the precision asked for.
fn built(spec: &Spec, double: bool) -> switchnet::Result<Core> {
    let state = if double { state(spec.build::<f64>()?) } else { state(spec.build::<f32>()?) };
    Ok(Core::new(state, Texts::new()))
}

fn loaded<T: Number>(path: &Path) -> switchnet::Result<Core> {
    let checkpoint::Checkpoint { net, metadata, .. } = checkpoint::load::<T>(path)?;
    of_file(net, metadata).map_err(|error| error.at(path.display()))
}

/// The net of a file that has these texts.
pub fn of_file<T: Number>(net: Net<T>, mut texts: Texts) -> switchnet::Result<Core> {
    texts.retain(|name, _| PREPARATION.contains(&name.as_str()));
    prepared(&texts, &net)?;
    Ok(Core::new(state(net), texts))
}

/// Refuses texts that say nothing of how the inputs of this net are prepared.
fn prepared<T: Scalar>(texts: &Texts, net: &Net<T>) -> switchnet::Result<()> {
    for (name, text) in texts {
        let width = match name.as_str() {
            "schema" => {
                parsed::<Schema>("schema", text)?;
                continue;
            }
            "standardize" => net.inputs(),
            "standardize-targets" => net.outputs(),
            _ => {
                let known = PREPARATION.join(" or ");
                return Err(Error::new("name of a preparation", known, name));
            }
        };
        let found = parsed::<Standardize>(name, text)?.inputs();
        if found != width {
            return Err(Error::new(format_args!("columns of {name}"), width, found));
        }
    }
    Ok(())
}

/// Where the first number is that is infinite or none.
fn misfit<T: Scalar>(x: ArrayView2<'_, T>) -> Option<(usize, usize)> {
    x.indexed_iter().find(|(_, value)| !value.is_finite()).map(|(at, _)| at)
}

fn not_finite<T: Scalar>(what: &str, (row, column): (usize, usize), found: f64) -> Error {
    let what = format!("row {row}, column {column} of {what}");
    Error::new(what, format_args!("a finite {}", T::NAME), format_args!("{found:?}"))
}

/// `f` of each row of `x`.
fn mapped<'py, T: Number>(
    held: &Held<T>,
    x: &Bound<'py, PyAny>,
    classes: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let x: PyReadonlyArray2<'py, T> = reading("x", x)?;
    let (py, view) = (x.py(), x.as_array());
    width(&held.net, view.ncols())?;
    let map = if classes { probabilities::<T> } else { forward::<T> };
    let y = detached(py, || match misfit(view) {
        None => Ok(map(&held.net, view)),
        Some(at) => Err(not_finite::<T>("x", at, view[at].double())),
    })?;
    Ok(PyArray2::from_owned_array(py, y).into_any())
}

/// What a checkpoint says of `name`, if it does.
pub fn kept(texts: &Texts, name: &str) -> switchnet::Result<Option<Standardize>> {
    texts.get(name).map(|text| parsed(name, text)).transpose()
}

/// Raw inputs as the net wants them.
fn standardized<'py, T: Number>(
    net: &Net<T>,
    texts: &Texts,
    x: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let x: PyReadonlyArray2<'py, f64> = reading("x", x)?;
    let (py, raw) = (x.py(), x.as_array());
    width(net, raw.ncols())?;
    let prepared = detached(py, || {
        let x = raw.to_owned();
        let x = match kept(texts, "standardize")? {
            Some(standardize) => standardize.apply(x),
            None => x,
        };
        let x = x.mapv(T::of);
        match misfit(x.view()) {
            None => Ok(x),
            Some(at) => Err(not_finite::<T>("x, prepared", at, raw[at])),
        }
    })?;
    Ok(PyArray2::from_owned_array(py, prepared).into_any())
}

/// Outputs in the units of the target values.
fn undone<'py, T: Number>(
    net: &Net<T>,
    texts: &Texts,
    y: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let y: PyReadonlyArray2<'py, T> = reading("y", y)?;
    let (py, y) = (y.py(), y.as_array());
    if y.ncols() != net.outputs() {
        return Err(invalid("columns of y", net.outputs(), y.ncols()));
    }
    let targets = kept(texts, "standardize-targets").map_err(exception)?;
    let values =
        detached(py, || Ok(Preparation { targets, ..Preparation::default() }.undo(y.to_owned())))?;
    Ok(PyArray2::from_owned_array(py, values).into_any())
}

/// The mean and the deviation of each column of `x`, as a net's preparation has them, in JSON.
#[pyfunction]
pub fn standardization(x: &Bound<'_, PyAny>) -> PyResult<String> {
    let x: PyReadonlyArray2<'_, f64> = reading("x", x)?;
    let (py, x) = (x.py(), x.as_array());
    detached(py, || Ok(text(&Standardize::fit(&x.to_owned(), Scope::Feature)?)))
}

/// Refuses rows of another length than the net takes.
pub fn width<T: Scalar>(net: &Net<T>, found: usize) -> PyResult<()> {
    match net.inputs() {
        inputs if inputs == found => Ok(()),
        inputs => Err(invalid("features of x", format_args!("{inputs}, as the net has"), found)),
    }
}

/// Name, role and numbers of a parameter.
type Named<'py> = (String, String, Bound<'py, PyAny>);

fn listed<'py, T: Number>(py: Python<'py>, net: &Net<T>) -> Vec<Named<'py>> {
    let mut all = Vec::new();
    net.visit(&mut |Parameter { name, role, values }| {
        let role = text(&role).trim_matches('"').to_owned();
        all.push((name.to_owned(), role, PyArrayDyn::from_array(py, &values).into_any()));
    });
    all
}

fn drawn<'py, T: Number>(py: Python<'py>, net: &Net<T>) -> Vec<(String, Bound<'py, PyAny>)> {
    let mut all = Vec::new();
    net.visit_fixed(&mut |name, fixed| {
        let values = match fixed {
            Fixed::Numbers(numbers) => PyArrayDyn::from_array(py, &numbers).into_any(),
            Fixed::Places(places) => {
                PyArray1::from_iter(py, places.iter().map(|&place| place as i64)).into_any()
            }
            _ => return,
        };
        all.push((name.to_owned(), values));
    });
    all
}

/// The net with other numbers in these parameters.
fn replaced<T: Number>(
    net: &Net<T>,
    given: &BTreeMap<String, Bound<'_, PyAny>>,
) -> PyResult<Net<T>> {
    let given: BTreeMap<&str, PyReadonlyArrayDyn<'_, T>> = given
        .iter()
        .map(|(name, values)| Ok((name.as_str(), reading(&format!("parameter {name}"), values)?)))
        .collect::<PyResult<_>>()?;
    let mut next = net.cast::<T>();
    let (mut left, mut wrong) = (given.keys().copied().collect::<Vec<_>>(), None);
    next.visit_mut(&mut |ParameterMut { name, mut values, .. }| {
        let Some(new) = given.get(name) else { return };
        let new = new.as_array();
        left.retain(|known| *known != name);
        if new.shape() != values.shape() {
            let [expected, found] = [values.shape(), new.shape()].map(|s| format!("{s:?}"));
            wrong.get_or_insert(invalid(
                format_args!("shape of parameter {name}"),
                expected,
                found,
            ));
        } else if let Some(value) = new.iter().find(|value| !value.is_finite()) {
            let what = format!("parameter {name}");
            wrong.get_or_insert(invalid(what, "finite numbers", value));
        } else {
            values.assign(&new);
        }
    });
    if let Some(error) = wrong {
        return Err(error);
    }
    match left.first() {
        None => Ok(next),
        Some(name) => Err(invalid("name of a parameter", "one of the net's", name)),
    }
}

#[pymethods]
impl Core {
    /// The net of a spec in JSON or TOML; `place` is the file that it is from.
    #[staticmethod]
    #[pyo3(signature = (text, double, place=None))]
    fn build(py: Python<'_>, text: &str, double: bool, place: Option<&str>) -> PyResult<Self> {
        detached(py, || {
            let core = spec(text).and_then(|spec| built(&spec, double));
            core.map_err(|error| match place {
                Some(place) => error.at(place),
                None => error,
            })
        })
    }

    /// A net of the zoo, by its options in JSON; `sizes` are the shape of an input, outputs and the seed.
    #[staticmethod]
    fn zoo(py: Python<'_>, options: &str, sizes: &str, double: bool) -> PyResult<Self> {
        detached(py, || {
            let net: Architecture = parsed("net of the zoo", options)?;
            let (input, outputs, seed): (Vec<usize>, _, _) = parsed("sizes of a net", sizes)?;
            built(&net.spec(&input, outputs, seed)?, double)
        })
    }

    /// The net of a checkpoint.
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf, double: bool) -> PyResult<Self> {
        detached(py, || if double { loaded::<f64>(&path) } else { loaded::<f32>(&path) })
    }

    /// Writes a checkpoint, whole or not at all.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        let texts = self.texts().clone();
        detached(py, || {
            either!(&self.now(), held => {
                let (net, tensors) = (&held.net, BTreeMap::new());
                checkpoint::save(&path, net.spec(), net, &texts, &tensors)
            })
        })
    }

    /// The spec in JSON.
    fn spec(&self) -> String {
        either!(&self.now(), held => text(held.net.spec()))
    }

    /// What the net's file says of its inputs, in JSON by name.
    fn preparation(&self) -> Texts {
        self.texts().clone()
    }

    /// Says how inputs are prepared, to be kept in the net's file.
    fn prepare(&self, texts: Texts) -> PyResult<()> {
        either!(&self.now(), held => prepared(&texts, &held.net)).map_err(exception)?;
        *self.texts() = texts;
        Ok(())
    }

    /// Raw inputs as the net was trained on them, in its own precision.
    fn standardized<'py>(&self, x: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let texts = self.texts().clone();
        either!(&self.now(), held => standardized(&held.net, &texts, x))
    }

    /// Outputs in the units of the target values that the net was trained on.
    fn undone<'py>(&self, y: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let texts = self.texts().clone();
        either!(&self.now(), held => undone(&held.net, &texts, y))
    }

    /// The table of its layers, and the number of its parameters.
    fn summary(&self) -> (String, usize) {
        let summary = either!(&self.now(), held => Summary::of(&held.net));
        (summary.to_string(), summary.parameters)
    }

    /// Features of an input row.
    #[getter]
    fn inputs(&self) -> usize {
        either!(&self.now(), held => held.net.inputs())
    }

    /// Features of an output row.
    #[getter]
    fn outputs(&self) -> usize {
        either!(&self.now(), held => held.net.outputs())
    }

    /// `float32` or `float64`.
    #[getter]
    fn dtype(&self) -> &'static str {
        match self.now() {
            State::Single(_) => "float32",
            State::Double(_) => "float64",
        }
    }

    /// Whether a call of `fit` is at work.
    #[getter]
    fn training(&self) -> bool {
        self.training.load(Ordering::Acquire)
    }

    /// The outputs of each row of `x`, or their softmax.
    fn forward<'py>(&self, x: &Bound<'py, PyAny>, softmax: bool) -> PyResult<Bound<'py, PyAny>> {
        either!(&self.now(), held => mapped(held, x, softmax))
    }

    /// Names, roles and numbers of all parameters.
    fn parameters<'py>(&self, py: Python<'py>) -> Vec<Named<'py>> {
        either!(&self.now(), held => listed(py, &held.net))
    }

    /// Names and numbers of what was drawn when the net was made and never changes.
    fn fixed<'py>(&self, py: Python<'py>) -> Vec<(String, Bound<'py, PyAny>)> {
        either!(&self.now(), held => drawn(py, &held.net))
    }

    /// The shape behind each node.
    fn shapes(&self) -> Vec<Vec<usize>> {
        either!(&self.now(), held => held.net.shapes().to_vec())
    }

    /// Puts other numbers into these parameters: into all of them or, after an error, none.
    fn set_parameters(&self, given: BTreeMap<String, Bound<'_, PyAny>>) -> PyResult<()> {
        let _changing = self.changing()?;
        either!(&self.now(), held => self.put(replaced(&held.net, &given)?));
        Ok(())
    }
}
