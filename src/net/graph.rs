//! Layers and what flows between them.

use super::plan::Plan;
use super::run;
use crate::error::{Error, Result};
use crate::layer::{
    Layer, LinearMap, Noise, Parameter, ParameterMut, Regularity, ReplaceLayer, Signature,
    parameters,
};
use crate::scalar::{Matrix, Scalar};
use crate::transform::VisitFixed;
use std::borrow::Cow;
use std::ops::Range;

/// A net as a graph of named nodes: layers, sums and concatenations, each behind the nodes it reads. The last one
/// is the output. A chain is the path graph, a shortcut is a sum. A graph is a layer itself, so graphs nest.
///
/// *Values* are numbered: 0 is the input, `k` is the output of node `k − 1`.
///
/// Parameters are called by the name of their node and their own: `2.open` is the parameter `open` of node 2,
/// counted from 0, unless that has a name given.
///
/// ```
/// use switchnet::layer::{Layer, FixedTransform, Switch};
/// use switchnet::{net::Graph, transform::Hadamard};
/// let chain = Graph::<f64>::chain(vec![
///     Box::new(FixedTransform::new(Hadamard::new(4)?)),
///     Box::new(Switch::relu(4)),
/// ])?;
/// assert_eq!(chain.forward(ndarray::array![[2.0, 0.0, 0.0, 0.0]]), ndarray::array![[1., 1., 1., 1.]]);
/// # Ok::<(), switchnet::Error>(())
/// ```
#[derive(Debug)]
pub struct Graph<T> {
    name: Cow<'static, str>,
    /// The width of each value.
    widths: Vec<usize>,
    nodes: Vec<Node<T>>,
    plan: Plan,
}

/// A node of a [`Graph`].
#[derive(Debug)]
pub struct Node<T> {
    /// Its name, if it was given one; otherwise its number is.
    pub name: Option<String>,
    /// The values it reads, by number.
    pub from: Vec<usize>,
    /// What it makes of them.
    pub op: Op<T>,
}

/// What a [`Node`] does.
#[derive(Debug)]
pub enum Op<T> {
    /// A layer, of one value.
    Layer(Box<dyn Layer<T>>),
    /// The sum of at least two values of one width.
    Add,
    /// At least two values, one behind the other in each row.
    Concat,
}

impl<T: Scalar> Node<T> {
    /// The layer, if it is one.
    pub fn layer(&self) -> Option<&dyn Layer<T>> {
        match &self.op {
            Op::Layer(layer) => Some(layer.as_ref()),
            _ => None,
        }
    }

    /// Name, widths, cost and regularity, for values of these widths.
    pub(super) fn signature(&self, widths: &[usize]) -> Signature {
        let total: usize = widths.iter().sum();
        let of = |name, outputs| Signature::new(name, total, outputs, Regularity::Linear);
        match &self.op {
            Op::Layer(layer) => layer.signature(),
            Op::Add => of("add", widths[0]).costs((widths.len() - 1) * widths[0]),
            Op::Concat => of("concat", total),
        }
    }
}

impl<T: Scalar> Graph<T> {
    /// The graph of these nodes for rows of `inputs` features.
    ///
    /// # Errors
    /// If there is no node, a node reads a value that is not before it, a layer does not take the width it
    /// gets, values to be added differ in width, two nodes have one name, or nobody reads what a node gives; the
    /// error names the node.
    pub fn new(inputs: usize, nodes: Vec<Node<T>>) -> Result<Self> {
        Self::named("graph".into(), inputs, nodes)
    }

    /// The chain of `layers`, first layer first.
    ///
    /// # Errors
    /// If there is no layer, or a layer does not take what the one before it gives.
    pub fn chain(layers: Vec<Box<dyn Layer<T>>>) -> Result<Self> {
        let inputs = layers.first().map_or(0, |layer| layer.inputs());
        Self::named("chain".into(), inputs, path(layers))
    }

    /// `y = x + f(x)` with the chain `f` of `layers`.
    ///
    /// Source: He et al., *Deep residual learning for image recognition*, arXiv 1512.03385.
    ///
    /// # Errors
    /// As [`chain`](Self::chain), and if it does not give as many features as it takes.
    pub fn residual(layers: Vec<Box<dyn Layer<T>>>) -> Result<Self> {
        Self::shortcut(layers.first().map_or(0, |layer| layer.inputs()), path(layers))
    }

    /// The output of these nodes plus the input.
    pub(super) fn shortcut(inputs: usize, mut nodes: Vec<Node<T>>) -> Result<Self> {
        let f = Self::named("residual's chain".into(), inputs, nodes)?;
        let outputs = f.widths[f.nodes.len()];
        if outputs != inputs {
            let expected = format!("its {inputs} inputs");
            return Err(Error::new("outputs of a residual's chain", expected, outputs));
        }
        nodes = f.nodes;
        let names: Vec<_> = nodes.iter().filter_map(Node::layer).map(|l| l.name()).collect();
        let name = format!("residual({})", names.join(", "));
        nodes.push(Node { name: None, from: vec![nodes.len(), 0], op: Op::Add });
        Self::named(name.into(), inputs, nodes)
    }

    /// The graph of a spec.
    pub(super) fn of_spec(inputs: usize, nodes: Vec<Node<T>>) -> Result<Self> {
        let chain = nodes.iter().enumerate().all(|(i, node)| node.from == [i]);
        Self::named(if chain { "chain" } else { "graph" }.into(), inputs, nodes)
    }

    fn named(name: Cow<'static, str>, inputs: usize, nodes: Vec<Node<T>>) -> Result<Self> {
        if nodes.is_empty() {
            return Err(Error::new(format_args!("layers of a {name}"), "at least 1", 0));
        }
        let mut widths = vec![inputs];
        for (i, node) in nodes.iter().enumerate() {
            let at = |e: Error| {
                let kind = match &node.op {
                    Op::Layer(layer) => layer.name(),
                    Op::Add => "add".into(),
                    Op::Concat => "concat".into(),
                };
                e.at(match &node.name {
                    Some(name) => format!("node {name} ({kind})"),
                    None => format!("layer {i} ({kind})"),
                })
            };
            widths.push(width(node, &nodes, &widths).map_err(at)?);
            let repeated = nodes[..i].iter().any(|other| other.name == node.name);
            if let (Some(name), true) = (&node.name, repeated) {
                return Err(at(Error::new("name of a node", "one that no other has", name)));
            }
            let read = nodes[i + 1..].iter().any(|later| later.from.contains(&(i + 1)));
            if !read && i + 1 < nodes.len() {
                return Err(at(Error::new("node", "a later one that reads it", "none")));
            }
        }
        let all: Vec<usize> = (0..nodes.len()).collect();
        let plan = Plan::new(&nodes, &widths, 0, &all);
        Ok(Self { name, widths, nodes, plan })
    }

    /// Features of an input row.
    pub fn inputs(&self) -> usize {
        self.widths[0]
    }

    /// Features of an output row.
    pub fn outputs(&self) -> usize {
        self.widths[self.nodes.len()]
    }

    /// The nodes in order.
    pub fn nodes(&self) -> &[Node<T>] {
        &self.nodes
    }

    /// The layers in order, without sums and concatenations.
    pub fn layers(&self) -> Vec<&dyn Layer<T>> {
        self.nodes.iter().filter_map(Node::layer).collect()
    }

    /// The same graph with another layer at node `node`.
    ///
    /// ```
    /// use switchnet::layer::{Layer, Switch};
    /// use switchnet::net::Graph;
    /// let graph = Graph::<f64>::chain(vec![Box::new(Switch::relu(2))])?;
    /// let graph = graph.replace(0, Box::new(Switch::leaky(2, 0.5)?))?;
    /// assert_eq!(graph.forward(ndarray::array![[1.0, -1.0]]), ndarray::array![[1.0, -0.5]]);
    /// # Ok::<(), switchnet::Error>(())
    /// ```
    ///
    /// # Errors
    /// If there is no such node, or the layer does not fit there.
    pub fn replace(mut self, node: usize, layer: Box<dyn Layer<T>>) -> Result<Self> {
        let count = self.nodes.len();
        let Some(there) = self.nodes.get_mut(node) else {
            return Err(Error::new("node", format_args!("one of {count}"), node));
        };
        there.op = Op::Layer(layer);
        Self::named(self.name, self.widths[0], self.nodes)
    }

    /// How the graph is run.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Whether each node reads the one before it and nothing else.
    pub fn is_chain(&self) -> bool {
        self.nodes.iter().enumerate().all(|(i, node)| node.from == [i])
    }

    /// Name, widths, cost and regularity of node `node`.
    ///
    /// # Panics
    /// If there is no such node.
    pub fn signature_of(&self, node: usize) -> Signature {
        let node = &self.nodes[node];
        let widths: Vec<usize> = node.from.iter().map(|&value| self.widths[value]).collect();
        node.signature(&widths)
    }

    /// What lies between two values, as a layer of its own without parameters: of a chain, the layers of this
    /// range.
    ///
    /// # Errors
    /// If there are no such values, or the later one depends on more than the earlier one.
    pub fn part(&self, values: Range<usize>) -> Result<Part<'_, T>> {
        let count = self.nodes.len();
        if values.is_empty() || values.end > count {
            let expected = format!("some of the layers 0..{count}");
            return Err(Error::new("part of a net", expected, format_args!("{values:?}")));
        }
        let mut wanted = vec![false; count + 1];
        wanted[values.end] = true;
        for node in (values.start..values.end).rev().filter(|&node| node + 1 > values.start) {
            if wanted[node + 1] {
                self.nodes[node].from.iter().for_each(|&value| wanted[value] = true);
            }
        }
        if let Some(other) = wanted[..values.start].iter().position(|&wanted| wanted) {
            let expected = format!("one that depends on value {} alone", values.start);
            let found = format!("value {}, which depends on value {other} too", values.end);
            return Err(Error::new("part of a net", expected, found));
        }
        if !wanted[values.start] {
            let expected = format!("one that depends on value {}", values.start);
            return Err(Error::new("part of a net", expected, format!("value {}", values.end)));
        }
        let nodes: Vec<usize> = (values.start..values.end).filter(|&n| wanted[n + 1]).collect();
        let plan = Plan::new(&self.nodes, &self.widths, values.start, &nodes);
        Ok(Part { graph: self, plan, nodes })
    }

    /// What lies between the joints of a plan of some of its nodes.
    fn between_joints(&self, plan: &Plan) -> Vec<Box<dyn Layer<T> + '_>> {
        let part = |ends: &[usize]| -> Box<dyn Layer<T> + '_> {
            Box::new(self.part(ends[0]..ends[1]).expect("everything goes through a joint"))
        };
        plan.joints().windows(2).map(part).collect()
    }
}

/// What nodes are together.
fn summed(
    name: Cow<'static, str>,
    [inputs, outputs]: [usize; 2],
    numbers: &[usize],
    nodes: &[Signature],
) -> Signature {
    let regularity = nodes.iter().map(|node| node.regularity).max();
    let smooth = nodes.iter().position(|node| node.regularity == Regularity::Smooth);
    let smooth = smooth.map(|i| {
        let inside = nodes[i].smooth.as_deref().unwrap_or(&nodes[i].name);
        format!("layer {} ({inside})", numbers[i])
    });
    let all = Signature::new(name, inputs, outputs, regularity.unwrap_or(Regularity::Linear))
        .as_wide_as(nodes.iter().map(|node| node.widest).max().unwrap_or(0))
        .costs(nodes.iter().map(|node| node.multiply_adds).sum());
    Signature { smooth, ..all }
}

/// Layers one after another.
fn path<T>(layers: Vec<Box<dyn Layer<T>>>) -> Vec<Node<T>> {
    let node = |(i, layer)| Node { name: None, from: vec![i], op: Op::Layer(layer) };
    layers.into_iter().enumerate().map(node).collect()
}

/// The width of what a node gives, if it takes what it gets; `widths` are those of the values before it.
fn width<T: Scalar>(node: &Node<T>, nodes: &[Node<T>], widths: &[usize]) -> Result<usize> {
    if let Some(&value) = node.from.iter().find(|&&value| value >= widths.len()) {
        let expected = format_args!("a value before it, 0 to {}", widths.len() - 1);
        return Err(Error::new("what a node reads", expected, value));
    }
    let from: Vec<usize> = node.from.iter().map(|&value| widths[value]).collect();
    match (&node.op, &from[..]) {
        (Op::Layer(layer), &[found]) => {
            let Signature { inputs, outputs, .. } = layer.signature();
            if inputs == found {
                return Ok(outputs);
            }
            let source = match node.from[0].checked_sub(1).map(|before| &nodes[before].op) {
                Some(Op::Layer(before)) => before.name(),
                Some(Op::Add) => "add".into(),
                Some(Op::Concat) => "concat".into(),
                None => "the input".into(),
            };
            Err(Error::new("input width", format_args!("the {found} features of {source}"), inputs))
        }
        (Op::Layer(_), from) => Err(Error::new("what a layer reads", "1 value", from.len())),
        (_, [] | [_]) => Err(Error::new("what is put together", "at least 2 values", from.len())),
        (Op::Add, [first, others @ ..]) => match others.iter().find(|width| *width != first) {
            Some(other) => Err(Error::new("width of what is added", first, other)),
            None => Ok(*first),
        },
        (Op::Concat, from) => Ok(from.iter().sum()),
    }
}

impl<T: Scalar> Layer<T> for Graph<T> {
    fn signature(&self) -> Signature {
        let numbers: Vec<_> = (0..self.nodes.len()).collect();
        let all: Vec<_> = numbers.iter().map(|&node| self.signature_of(node)).collect();
        summed(self.name.clone(), [self.inputs(), self.outputs()], &numbers, &all)
    }

    fn forward(&self, x: Matrix<T>) -> Matrix<T> {
        run::forward(&self.nodes, &self.plan, x)
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        run::linearize(&self.nodes, &self.plan, x, None)
    }

    fn linearize_with(
        &self,
        x: Matrix<T>,
        noise: Noise,
    ) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        run::linearize(&self.nodes, &self.plan, x, Some(noise))
    }

    fn parts(&self) -> Vec<Box<dyn Layer<T> + '_>> {
        self.between_joints(&self.plan)
    }

    fn visit_layers(&self, f: &mut dyn FnMut(&dyn Layer<T>, usize)) {
        self.layers().iter().for_each(|layer| layer.innermost(f));
    }

    fn replace_layers(&mut self, f: &mut ReplaceLayer<'_, T>) {
        for node in &mut self.nodes {
            let Op::Layer(layer) = &mut node.op else { continue };
            let mut holds_others = false;
            layer.replace_layers(&mut |inner, positions| {
                holds_others = true;
                f(inner, positions)
            });
            if let Some(other) = (!holds_others).then(|| f(layer.as_ref(), 1)).flatten() {
                let widths = |layer: &dyn Layer<T>| [layer.inputs(), layer.outputs()];
                assert_eq!(widths(other.as_ref()), widths(layer.as_ref()), "widths of a layer");
                *layer = other;
            }
        }
        // What goes together may be other nodes now.
        let all: Vec<usize> = (0..self.nodes.len()).collect();
        self.plan = Plan::new(&self.nodes, &self.widths, 0, &all);
    }

    fn visit(&self, f: &mut dyn FnMut(Parameter<'_, T>)) {
        for (i, node) in self.nodes.iter().enumerate() {
            let Op::Layer(layer) = &node.op else { continue };
            let prefix = node.name.clone().unwrap_or_else(|| i.to_string());
            layer.visit(&mut |p| f(Parameter { name: &format!("{prefix}.{}", p.name), ..p }));
        }
    }

    fn visit_mut(&mut self, f: &mut dyn FnMut(ParameterMut<'_, T>)) {
        for (i, node) in self.nodes.iter_mut().enumerate() {
            let Op::Layer(layer) = &mut node.op else { continue };
            let prefix = node.name.clone().unwrap_or_else(|| i.to_string());
            layer
                .visit_mut(&mut |p| f(ParameterMut { name: &format!("{prefix}.{}", p.name), ..p }));
        }
    }

    fn visit_fixed(&self, f: &mut VisitFixed<'_, T>) {
        for (i, node) in self.nodes.iter().enumerate() {
            let Op::Layer(layer) = &node.op else { continue };
            let prefix = node.name.clone().unwrap_or_else(|| i.to_string());
            layer.visit_fixed(&mut |name, fixed| f(&format!("{prefix}.{name}"), fixed));
        }
    }
}

/// What lies between two values of a graph, for looking at: its parameters are the graph's, and as a layer it
/// has none.
#[derive(Debug)]
pub struct Part<'a, T> {
    graph: &'a Graph<T>,
    plan: Plan,
    nodes: Vec<usize>,
}

impl<T: Scalar> Layer<T> for Part<'_, T> {
    fn signature(&self) -> Signature {
        let graph = self.graph;
        let all: Vec<_> = self.nodes.iter().map(|&node| graph.signature_of(node)).collect();
        let names: Vec<_> = all.iter().map(|signature| signature.name.as_ref()).collect();
        let name = format!("part({})", names.join(", "));
        summed(name.into(), [self.plan.inputs, self.plan.outputs], &self.nodes, &all)
    }

    fn forward(&self, x: Matrix<T>) -> Matrix<T> {
        run::forward(&self.graph.nodes, &self.plan, x)
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        run::linearize(&self.graph.nodes, &self.plan, x, None)
    }

    fn parts(&self) -> Vec<Box<dyn Layer<T> + '_>> {
        self.graph.between_joints(&self.plan)
    }
}

/// How many parameters the layer of a node has.
pub(super) fn parameters_of<T: Scalar>(node: &Node<T>) -> usize {
    node.layer().map_or(0, |layer| parameters::count(layer))
}
