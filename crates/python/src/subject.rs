//! What a question is about: a net, or the difference of two.

use crate::net::{Core, State};
use crate::work::detached;
use pyo3::prelude::*;
use std::sync::Arc;
use switchnet::layer::Layer;
use switchnet::net::{Graph, difference};

/// What Python's `Difference` stands on: `f(x) − g(x)` of two nets as they were when it was made, in double precision.
#[pyclass(frozen, module = "switchnet")]
pub struct Pair(Arc<Graph<f64>>);

#[pymethods]
impl Pair {
    /// The difference of two nets.
    #[new]
    fn new(py: Python<'_>, f: &Bound<'_, Core>, g: &Bound<'_, Core>) -> PyResult<Self> {
        let (f, g) = (f.get().now(), g.get().now());
        detached(py, || {
            let both = [f, g].map(|state| Box::new(state.twin().cast::<f64>()));
            let [f, g] = both;
            Ok(Self(Arc::new(difference(f, g)?)))
        })
    }
}

/// What Python hands in.
#[derive(FromPyObject)]
pub enum Subject<'py> {
    Net(Bound<'py, Core>),
    Pair(Bound<'py, Pair>),
}

impl Subject<'_> {
    /// As it is now, for work without the interpreter's lock.
    pub fn now(&self) -> Asked {
        match self {
            Self::Net(core) => Asked::Net(core.get().now()),
            Self::Pair(pair) => Asked::Pair(pair.get().0.clone()),
        }
    }
}

/// A subject that no longer changes.
pub enum Asked {
    Net(State),
    Pair(Arc<Graph<f64>>),
}

impl Asked {
    /// In double precision. Of a net of single precision its twin is made first.
    pub fn net(&self) -> &dyn Layer<f64> {
        match self {
            Self::Net(state) => state.twin(),
            Self::Pair(graph) => graph.as_ref(),
        }
    }
}
