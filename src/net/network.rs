//! A net together with what it was built from.

use super::{Graph, Spec, checkpoint};
use crate::error::Result;
use crate::layer::{
    Layer, LinearMap, Noise, Parameter, ParameterMut, ReplaceLayer, Signature, parameters,
};
use crate::scalar::{Matrix, Scalar};
use crate::transform::VisitFixed;
use std::collections::BTreeMap;
use std::path::Path;

/// A graph that knows the [`Spec`] it was built from, so it can be saved, and rebuilt in another
/// precision.
#[derive(Debug)]
pub struct Net<T> {
    spec: Spec,
    graph: Graph<T>,
    shapes: Vec<Vec<usize>>,
}

/// The net of `spec`, built; `shapes` are those after each node.
pub(super) fn with<T>(spec: Spec, graph: Graph<T>, shapes: Vec<Vec<usize>>) -> Net<T> {
    Net { spec, graph, shapes }
}

impl<T: Scalar> Net<T> {
    /// What the net was built from.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// Features of an input row.
    pub fn inputs(&self) -> usize {
        self.graph.inputs()
    }

    /// Features of an output row.
    pub fn outputs(&self) -> usize {
        self.graph.outputs()
    }

    /// Its layers and what flows between them.
    pub fn graph(&self) -> &Graph<T> {
        &self.graph
    }

    /// The same as their owner, to [put another layer in](Graph::replace): it is no longer the net of the spec.
    pub fn into_graph(self) -> Graph<T> {
        self.graph
    }

    /// The shape after each node.
    pub fn shapes(&self) -> &[Vec<usize>] {
        &self.shapes
    }

    /// Writes the net to a file, whole or not at all. [`checkpoint::save`] adds texts and numbers of your own.
    ///
    /// ```
    /// use switchnet::layer::Layer;
    /// use switchnet::net::{Net, zoo};
    ///
    /// let net = zoo::switch_net(&[8], 3, 1).build::<f32>()?;
    /// let path = std::env::temp_dir().join("switchnet-saved.safetensors");
    /// net.save(&path)?;
    /// let again = Net::<f32>::load(&path)?;
    /// let x = ndarray::Array2::ones((1, 8));
    /// assert_eq!(again.forward(x.clone()), net.forward(x));
    /// # std::fs::remove_file(path).unwrap();
    /// # Ok::<(), switchnet::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        checkpoint::save(path.as_ref(), &self.spec, self, &BTreeMap::new(), &BTreeMap::new())
    }

    /// Reads the net of a file that [`save`](Self::save) wrote, or a training. One of `f32` may be read as `f64`.
    /// Kinds of your own are to be [registered](super::register) before. [`checkpoint::load`] gives what else is in
    /// the file.
    ///
    /// # Errors
    /// As there.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        Ok(checkpoint::load(path.as_ref())?.net)
    }

    /// The same net in the precision `U`: from `f32` to `f64` no parameter is rounded. What is fixed
    /// and not a parameter, such as the slope of a leaky switch, is taken from the spec again, to the
    /// precision `U`.
    pub fn cast<U: Scalar>(&self) -> Net<U> {
        let mut net = self.spec.build::<U>().expect("this net was built from the same spec");
        let flat: Vec<U> = parameters::read(self).iter().map(|v| U::of(v.double())).collect();
        parameters::write(&mut net, &flat);
        net
    }
}

/// A net is its graph.
impl<T: Scalar> Layer<T> for Net<T> {
    fn signature(&self) -> Signature {
        self.graph.signature()
    }

    fn forward(&self, x: Matrix<T>) -> Matrix<T> {
        self.graph.forward(x)
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        self.graph.linearize(x)
    }

    fn linearize_with(
        &self,
        x: Matrix<T>,
        noise: Noise,
    ) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        self.graph.linearize_with(x, noise)
    }

    fn parts(&self) -> Vec<Box<dyn Layer<T> + '_>> {
        self.graph.parts()
    }

    fn visit_layers(&self, f: &mut dyn FnMut(&dyn Layer<T>, usize)) {
        self.graph.visit_layers(f);
    }

    fn replace_layers(&mut self, f: &mut ReplaceLayer<'_, T>) {
        self.graph.replace_layers(f);
    }

    fn visit(&self, f: &mut dyn FnMut(Parameter<'_, T>)) {
        self.graph.visit(f);
    }

    fn visit_mut(&mut self, f: &mut dyn FnMut(ParameterMut<'_, T>)) {
        self.graph.visit_mut(f);
    }

    fn visit_fixed(&self, f: &mut VisitFixed<'_, T>) {
        self.graph.visit_fixed(f);
    }
}
