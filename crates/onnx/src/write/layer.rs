//! Nodes of a net one after the other, and what a layer is written with.

use super::graph::{Graph, Value};
use super::{arithmetic, moves, smooth, structured, switch, transform, window};
use std::collections::{BTreeMap, HashMap};
use switchnet::layer::{LayerConfig, Shape};
use switchnet::net::{Config, NodeSpec, OpSpec, PositionwiseConfig, ResidualConfig, Spec};
use switchnet::{Error, Result};

/// What the names of fixed numbers begin with, as in checkpoints.
pub(crate) const FIXED: &str = "+fixed.";

/// The numbers of a net by their names in files.
pub(super) type Numbers = BTreeMap<String, Vec<f64>>;

/// What makes nodes of a layer.
type Write = fn(&mut Part<'_, '_>) -> Result<Value>;

/// All that are written, by kind, in the order of the alphabet.
pub(super) const KINDS: &[(&str, Write)] = &[
    ("average-pool", window::average_pool),
    ("bit-reversal", moves::moved),
    ("block-diagonal", structured::block_diagonal),
    ("block-switch", switch::block_switch),
    ("channels-first", moves::channels_first),
    ("channels-last", moves::channels_last),
    ("circulant", structured::circulant),
    ("conv", window::conv),
    ("crelu", switch::crelu),
    ("dense", arithmetic::dense),
    ("detached", switch::detached),
    ("diagonal", arithmetic::diagonal),
    ("dropout", unchanged),
    ("elu", smooth::elu),
    ("flatten", unchanged),
    ("gather", moves::moved),
    ("leaky", switch::leaky),
    ("max-pool", window::max_pool),
    ("mix", transform::mix),
    ("orthogonal-blocks", structured::orthogonal_blocks),
    ("pad", moves::moved),
    ("patches", moves::moved),
    ("positionwise", positionwise),
    ("prelu", switch::prelu),
    ("relu", switch::relu),
    ("reshape", unchanged),
    ("residual", residual),
    ("rms-norm", smooth::rms_norm),
    ("shift", moves::moved),
    ("sigmoid", smooth::sigmoid),
    ("slice", moves::moved),
    ("soft-threshold", switch::soft_threshold),
    ("softmax", smooth::softmax),
    ("spectral-filter", structured::spectral_filter),
    ("stride", moves::moved),
    ("sum-halves", arithmetic::sum_halves),
    ("take", moves::moved),
    ("tanh", smooth::tanh),
    ("tile", moves::moved),
    ("two-slope", switch::two_slope),
    ("z-order", moves::moved),
];

/// The way through a net.
pub(super) struct Walk<'a> {
    pub graph: Graph,
    pub numbers: &'a Numbers,
}

/// A layer while it is written.
pub(super) struct Part<'a, 'b> {
    pub walk: &'b mut Walk<'a>,
    config: &'b Config,
    /// What it reads.
    pub x: Value,
    /// The shape of that as the library has it, to which `x` can be reshaped.
    pub shape: &'b [usize],
    /// What its numbers and nodes are called: the name of its node, and of those that it is in.
    at: &'b str,
}

impl Walk<'_> {
    /// The nodes of `specs`, from `x`, which is of `shape`, to the last one's output.
    pub(super) fn nodes(
        &mut self,
        specs: &[NodeSpec],
        x: Value,
        shape: &[usize],
        inside: &str,
    ) -> Result<Value> {
        let mut values = vec![(x, shape.to_vec())];
        let mut names = HashMap::from([("input", 0)]);
        for (i, spec) in specs.iter().enumerate() {
            let at = format!("{inside}{}", spec.name.clone().unwrap_or_else(|| i.to_string()));
            let from: Vec<usize> = match &spec.from[..] {
                [] => vec![i],
                from => from.iter().filter_map(|name| names.get(name.as_str()).copied()).collect(),
            };
            let read: Vec<_> = from.iter().map(|&value| values[value].clone()).collect();
            let made = self
                .node(spec, &read, &at)
                .map_err(|e| e.at(format_args!("layer {at} ({})", spec.kind())))?;
            values.push(made);
            if let Some(name) = &spec.name {
                names.insert(name, i + 1);
            }
        }
        Ok(values.swap_remove(specs.len()).0)
    }

    /// What a node gives, and its shape.
    fn node(
        &mut self,
        spec: &NodeSpec,
        read: &[(Value, Vec<usize>)],
        at: &str,
    ) -> Result<(Value, Vec<usize>)> {
        self.graph.at = at.to_owned();
        let (x, shape) = &read[0];
        let values = read.iter().map(|(value, shape)| (value, shape.iter().product()));
        match &spec.op {
            OpSpec::Add => Ok((arithmetic::add(&mut self.graph, values), shape.clone())),
            OpSpec::Concat => {
                let y = moves::concat(&mut self.graph, values);
                let image = read.iter().all(|(_, s)| s.len() == 3 && s[1..] == shape[1..]);
                let sum = |side: fn(&[usize]) -> usize| read.iter().map(|(_, s)| side(s)).sum();
                let shape = match image {
                    true => vec![sum(|shape| shape[0]), shape[1], shape[2]],
                    false => vec![sum(|shape| shape.iter().product())],
                };
                Ok((y, shape))
            }
            OpSpec::Layer(config) => {
                let after = config.size(Shape(shape))?.shape;
                let Some((_, write)) = KINDS.iter().find(|(kind, _)| *kind == config.kind()) else {
                    let expected = "one of those that docs/networks.md lists";
                    return Err(Error::new("kind to write as ONNX", expected, config.kind()));
                };
                let y = write(&mut Part { walk: self, config, x: x.clone(), shape, at })?;
                Ok((y, after))
            }
            _ => Err(Error::new("node", "a layer, add or concat", spec.kind())),
        }
    }
}

impl Part<'_, '_> {
    pub(super) fn graph(&mut self) -> &mut Graph {
        &mut self.walk.graph
    }

    /// Its configuration.
    pub(super) fn config<C: LayerConfig>(&self) -> Result<C> {
        self.config
            .get::<C>()
            .cloned()
            .ok_or_else(|| Error::new("layer", C::KIND, "another of this name"))
    }

    /// The length of a row that it reads.
    pub(super) fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// What it reads in the library's shape, as plain rows, or with sides of its own.
    pub(super) fn x(&mut self, sides: &[usize]) -> Value {
        let x = self.x.clone();
        self.graph().shaped(&x, sides)
    }

    /// Its layer alone, without the first values of its parameters.
    pub(super) fn alone(&self) -> Spec {
        let node =
            NodeSpec { name: None, from: Vec::new(), op: OpSpec::Layer(self.config.clone()) };
        Spec { input: self.shape.to_vec(), seed: 0, layers: vec![node] }
    }

    /// Its numbers of this name.
    pub(super) fn numbers(&self, name: &str) -> Result<&[f64]> {
        Self::found(self.walk.numbers, &format!("{}.{name}", self.at))
    }

    /// Its numbers of this name as a constant with these sides.
    pub(super) fn parameter(&mut self, name: &str, dims: &[usize]) -> Result<String> {
        let name = format!("{}.{name}", self.at);
        let numbers = Self::found(self.walk.numbers, &name)?;
        self.walk.graph.real(&name, dims, numbers);
        Ok(name)
    }

    /// Its fixed numbers of this name as a constant with these sides.
    pub(super) fn fixed(&mut self, name: &str, dims: &[usize]) -> Result<String> {
        let name = format!("{FIXED}{}.{name}", self.at);
        let numbers = Self::found(self.walk.numbers, &name)?;
        self.walk.graph.real(&name, dims, numbers);
        Ok(name)
    }

    /// Its fixed places of this name as a constant.
    pub(super) fn places(&mut self, name: &str) -> Result<String> {
        let name = format!("{FIXED}{}.{name}", self.at);
        let places: Vec<i64> =
            Self::found(self.walk.numbers, &name)?.iter().map(|&place| place as i64).collect();
        self.walk.graph.whole(&name, &places);
        Ok(name)
    }

    /// A constant of this layer: where each number of a row comes from.
    pub(super) fn table(&mut self, from: &[i64]) -> String {
        let name = format!("{} from", self.at);
        self.graph().whole(&name, from);
        name
    }

    fn found<'n>(numbers: &'n Numbers, name: &str) -> Result<&'n [f64]> {
        let found = numbers.get(name).map(Vec::as_slice);
        found.ok_or_else(|| Error::new(name, "numbers of the net", "none"))
    }

    /// A constant of this layer that is neither learned nor drawn.
    pub(super) fn own(&mut self, name: &str, dims: &[usize], numbers: &[f64]) -> String {
        let name = format!("{} {name}", self.at);
        self.graph().real(&name, dims, numbers);
        name
    }
}

/// Another shape, which comes when it is asked for, or nothing.
fn unchanged(part: &mut Part<'_, '_>) -> Result<Value> {
    Ok(part.x.clone())
}

/// Positions are rows.
fn positionwise(part: &mut Part<'_, '_>) -> Result<Value> {
    let PositionwiseConfig { layers, .. } = part.config()?;
    let channels = &part.shape[2..];
    let x = part.x(channels);
    part.walk.nodes(&layers, x, channels, &format!("{}.", part.at))
}

fn residual(part: &mut Part<'_, '_>) -> Result<Value> {
    let ResidualConfig { layers, .. } = part.config()?;
    let (x, n) = (part.x.clone(), part.len());
    let y = part.walk.nodes(&layers, x.clone(), part.shape, &format!("{}.", part.at))?;
    part.at.clone_into(&mut part.graph().at);
    Ok(arithmetic::add(part.graph(), [(&x, n), (&y, n)].into_iter()))
}
