//! Nets as data: what a file says, and the net that is built from it.

use super::graph::{Graph, Node, Op};
use super::kinds::Config;
use super::{Net, network};
use crate::error::{Error, Result};
use crate::layer::{LARGEST, LayerConfig, Shape, Size, bounded};
use crate::random::{Generator, generator};
use crate::scalar::Scalar;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// A net as data, in TOML or JSON. It says which net to the last bit: fixed signs, permutations and
/// the first weights are drawn from its seed.
///
/// ```
/// let spec: switchnet::net::Spec = toml::from_str(r#"
///     input = [64]
///     seed = 1
///     layers = [
///         { kind = "mix", transform = "signs" },
///         { kind = "mix", transform = "hadamard" },
///         { kind = "two-slope" },
///         { kind = "dense", outputs = 10 },
///     ]
/// "#)?;
/// let net = spec.build::<f32>()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A layer reads the one before it, unless it says `from` which it reads: names given to others, or `input`. So a
/// shortcut is a sum:
///
/// ```
/// let spec: switchnet::net::Spec = toml::from_str(r#"
///     input = [64]
///     seed = 1
///     layers = [
///         { kind = "dense", outputs = 64 },
///         { kind = "relu", name = "branch" },
///         { kind = "mix", transform = "hadamard", from = "input", name = "shortcut" },
///         { kind = "add", from = ["branch", "shortcut"] },
///         { kind = "dense", outputs = 10 },
///     ]
/// "#)?;
/// assert_eq!(spec.build::<f32>()?.graph().nodes()[3].from, [2, 3]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// The shape of one input: `[features]` or `[channels, height, width]`.
    pub input: Vec<usize>,
    /// Where all random numbers of the net come from.
    pub seed: u64,
    /// The nodes, first node first.
    pub layers: Vec<NodeSpec>,
}

/// One node of a [`Spec`]. Widths follow from the nodes before.
///
/// Any layer's configuration becomes one by `into()`.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeSpec {
    /// What others call it, if they do.
    pub name: Option<String>,
    /// What it reads, by name; the node before it if nothing is said.
    pub from: Vec<String>,
    /// What it does.
    pub op: OpSpec,
}

/// What a [`NodeSpec`] does.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum OpSpec {
    /// A layer.
    Layer(Config),
    /// `kind = "add"`: the sum of what it reads, all of one shape.
    Add,
    /// `kind = "concat"`: what it reads, one behind the other; images of one height and width, channel by channel.
    Concat,
}

impl NodeSpec {
    /// The sum of the nodes of these names.
    pub fn add<S: Into<String>>(from: impl IntoIterator<Item = S>) -> Self {
        Self { name: None, from: from.into_iter().map(S::into).collect(), op: OpSpec::Add }
    }

    /// What the nodes of these names give, one behind the other.
    pub fn concat<S: Into<String>>(from: impl IntoIterator<Item = S>) -> Self {
        Self { name: None, from: from.into_iter().map(S::into).collect(), op: OpSpec::Concat }
    }

    /// The same with a name.
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// The same, reading the node of this name.
    pub fn reading(self, from: impl Into<String>) -> Self {
        Self { from: vec![from.into()], ..self }
    }

    /// The name of what it does in files, such as `two-slope`.
    pub fn kind(&self) -> &'static str {
        match &self.op {
            OpSpec::Layer(config) => config.kind(),
            OpSpec::Add => "add",
            OpSpec::Concat => "concat",
        }
    }

    /// The configuration of its layer, if that is a `C`.
    pub fn get<C: LayerConfig>(&self) -> Option<&C> {
        match &self.op {
            OpSpec::Layer(config) => config.get(),
            _ => None,
        }
    }
}

impl<C: LayerConfig> From<C> for NodeSpec {
    fn from(config: C) -> Self {
        Self { name: None, from: Vec::new(), op: OpSpec::Layer(config.into()) }
    }
}

/// A table with `kind`, the fields of the configuration, and `name` and `from` if they are said.
impl Serialize for NodeSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = match &self.op {
            OpSpec::Layer(config) => config.fields(),
            _ => Map::from_iter([("kind".to_owned(), self.kind().into())]),
        };
        if let Some(name) = &self.name {
            fields.insert("name".into(), name.as_str().into());
        }
        match &self.from[..] {
            [] => {}
            [one] => drop(fields.insert("from".into(), one.as_str().into())),
            several => drop(fields.insert("from".into(), several.into())),
        }
        fields.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for NodeSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut fields = Map::deserialize(deserializer)?;
        read(&mut fields).map_err(serde::de::Error::custom)
    }
}

/// A node from the fields of its table; a message if it is none.
fn read(fields: &mut Map<String, Value>) -> Result<NodeSpec, String> {
    let name = match fields.remove("name") {
        None => None,
        Some(Value::String(name)) => Some(name),
        Some(other) => return Err(format!("name of a layer: expected a text, found {other}")),
    };
    let from = match fields.remove("from") {
        None => Vec::new(),
        Some(Value::String(one)) => vec![one],
        Some(several) => serde_json::from_value(several)
            .map_err(|e| format!("from of a layer: expected a name or a list of names: {e}"))?,
    };
    let kind = match fields.remove("kind") {
        Some(Value::String(kind)) => kind,
        Some(other) => return Err(format!("kind of a layer: expected a text, found {other}")),
        None => return Err("missing field `kind`".to_owned()),
    };
    let op = match (kind.as_str(), fields.keys().next()) {
        ("add", None) => OpSpec::Add,
        ("concat", None) => OpSpec::Concat,
        ("add" | "concat", Some(field)) => {
            return Err(format!("{kind}: unknown field `{field}`, expected name or from"));
        }
        _ => OpSpec::Layer(Config::read(&kind, std::mem::take(fields))?),
    };
    Ok(NodeSpec { name, from, op })
}

/// The name of the input in [`NodeSpec::from`].
const INPUT: &str = "input";

/// Nodes may lie inside of others so deep: a checkpoint holds its spec as JSON, which is read back to twice that depth
/// and not much further.
const DEEPEST: usize = 32;

/// The most nodes of a net: finding out who reads whom takes their number squared.
const MOST_NODES: usize = 1 << 14;

/// The most multiply-adds for one row, which take minutes.
const MOST_WORK: u64 = 1 << 40; // more than a usize of 32 bits

/// Refuses a number of layers that no net can have.
pub(super) fn checked_depth(what: &str, depth: usize) -> Result<usize> {
    if depth <= MOST_NODES {
        return Ok(depth);
    }
    Err(Error::new(what, format_args!("at most {MOST_NODES}"), depth))
}

/// Nodes, and the shape after each.
type Nodes<T> = (Vec<Node<T>>, Vec<Vec<usize>>);

/// What a node is, with the shape of what it reads or, if that is put together, of what it gives.
enum Part<'a> {
    Layer(&'a Config, Shape<'a>),
    /// Of so many.
    Add(usize, Vec<usize>),
    Concat(Vec<usize>),
}

/// The nodes of `specs` for inputs of `shape`, and the shape after each.
pub(super) fn build<T: Scalar>(
    specs: &[NodeSpec],
    shape: Shape<'_>,
    rng: &mut Generator,
) -> Result<Nodes<T>> {
    let made = each(specs, shape, |part| match part {
        Part::Layer(config, shape) => {
            let built = config.build(shape, rng)?;
            Ok((Op::Layer(built.layer), built.shape))
        }
        Part::Add(_, shape) => Ok((Op::Add, shape)),
        Part::Concat(shape) => Ok((Op::Concat, shape)),
    })?;
    let node = |(spec, made): (&NodeSpec, Made<Op<T>>)| {
        let Made { from, made: op, shape } = made;
        (Node { name: spec.name.clone(), from, op }, shape)
    };
    Ok(specs.iter().zip(made).map(node).unzip())
}

/// How large these nodes are together for inputs of `shape`, their outputs those of the last. Each is counted before
/// the next is looked at, so that nothing behind one that is too large is asked for its size.
pub(super) fn size(specs: &[NodeSpec], shape: Shape<'_>) -> Result<Size> {
    let mut all = Size { nodes: 0, depth: 0, ..Size::new(shape.0) };
    each(specs, shape, |part| {
        let next = match part {
            Part::Layer(config, shape) => {
                // A layer takes no less than what it reads.
                fits(all.parameters, all.row.saturating_add(shape.len()))?;
                config.size(shape)?
            }
            Part::Add(terms, shape) => {
                let size = Size::new(shape);
                Size { multiply_adds: size.row.saturating_mul(terms - 1), ..size }
            }
            Part::Concat(shape) => Size::new(shape),
        };
        all.count(&next);
        fits(all.parameters, all.row)?;
        if all.multiply_adds as u64 > MOST_WORK {
            let expected = format_args!("at most {MOST_WORK} up to here");
            return Err(Error::new("multiply-adds for a row", expected, all.multiply_adds));
        }
        all.shape.clone_from(&next.shape);
        Ok(((), next.shape))
    })?;
    checked_depth("nodes of a net", all.nodes)?;
    Ok(all)
}

/// Whether a net may have so many parameters and a row so many numbers in it.
fn fits(parameters: usize, row: usize) -> Result<()> {
    if parameters.saturating_add(row) <= LARGEST {
        return Ok(());
    }
    let found = format_args!("{parameters} parameters and {row} numbers");
    let expected = format_args!("at most {LARGEST} in all up to here");
    Err(Error::new("parameters of a net and numbers of a row in it", expected, found))
}

/// A node that something was made of.
struct Made<M> {
    from: Vec<usize>,
    made: M,
    shape: Vec<usize>,
}

/// What `make` makes of each node, for inputs of `shape`; it also says the shape behind a node.
fn each<M>(
    specs: &[NodeSpec],
    shape: Shape<'_>,
    mut make: impl FnMut(Part<'_>) -> Result<(M, Vec<usize>)>,
) -> Result<Vec<Made<M>>> {
    let mut all: Vec<Made<M>> = Vec::with_capacity(specs.len());
    let mut names = HashMap::new();
    for (i, spec) in specs.iter().enumerate() {
        let at = |e: Error| match &spec.name {
            Some(name) => e.at(format_args!("layer {name} ({})", spec.kind())),
            None => e.at(format_args!("layer {i} ({})", spec.kind())),
        };
        let shapes = |value: usize| match value.checked_sub(1) {
            Some(node) => &all[node].shape[..],
            None => shape.0,
        };
        let (from, part) = part(spec, i, &names, shapes).map_err(at)?;
        let (made, shape) = make(part).map_err(at)?;
        all.push(Made { from, made, shape });
        if let Some(name) = &spec.name {
            names.entry(name.as_str()).or_insert(i + 1); // of two the first; a graph refuses the second
        }
    }
    Ok(all)
}

/// What the node of `spec`, the one behind `before` others, reads, and what it is. `names` are those of values before
/// it, `shapes` their shapes.
fn part<'a>(
    spec: &'a NodeSpec,
    before: usize,
    names: &HashMap<&str, usize>,
    shapes: impl Fn(usize) -> &'a [usize],
) -> Result<(Vec<usize>, Part<'a>)> {
    if let Some(name) = &spec.name {
        let plain = !name.is_empty() && !name.contains(['.', '+']);
        if !plain || name == INPUT || name.parse::<usize>().is_ok() {
            let expected = format_args!("a name without dots that is neither {INPUT} nor a number");
            return Err(Error::new("name of a layer", expected, name));
        }
    }
    let value = |name: &String| match names.get(name.as_str()) {
        Some(&value) => Ok(value),
        None if name == INPUT => Ok(0),
        None => Err(Error::new("from", "the name of a layer before it, or input", name)),
    };
    let from = match spec.from.is_empty() {
        true => vec![before],
        false => spec.from.iter().map(value).collect::<Result<_>>()?,
    };
    let shape = shapes(from[0]);
    let part = match &spec.op {
        OpSpec::Layer(_) if from.len() > 1 => {
            return Err(Error::new("what a layer reads", "1 layer", from.len()));
        }
        OpSpec::Layer(config) => Part::Layer(config, Shape(shape)),
        OpSpec::Add => {
            if let Some(&other) = from.iter().find(|&&value| shapes(value) != shape) {
                let (first, other) = (Shape(shape), Shape(shapes(other)));
                return Err(Error::new("shape of what is added", first, other));
            }
            Part::Add(from.len(), shape.to_vec())
        }
        OpSpec::Concat => {
            let alike = |v: usize| shapes(v).len() == 3 && shapes(v)[1..] == shape[1..];
            let sum = |side: fn(&[usize]) -> usize| {
                from.iter().fold(0, |sum: usize, &v| sum.saturating_add(side(shapes(v))))
            };
            let shape = match from.iter().all(|&v| alike(v)) {
                true => vec![sum(|shape| shape[0]), shape[1], shape[2]],
                false => vec![sum(|shape| shape.iter().product())],
            };
            bounded("width", &shape)?;
            Part::Concat(shape)
        }
    };
    Ok((from, part))
}

impl Spec {
    /// How large the net of this spec would be. Nothing of it is made, but layers that are no larger than their
    /// inputs, one after the other.
    ///
    /// # Errors
    /// If the input shape is empty or has a zero in it, a layer does not take what it reads (the error names the
    /// layer), or the net is too large: it may have 2^14 nodes, which lie inside of others up to 32 deep, take 2^40
    /// multiply-adds for a row, and have 2^30 parameters and numbers of a row, those of every layer counted.
    pub fn size(&self) -> Result<Size> {
        if !matches!(self.input.len(), 1 | 3) {
            let expected = "[features] or [channels, height, width]";
            return Err(Error::new("input shape", expected, Shape(&self.input)));
        }
        bounded("input shape", &self.input)?;
        let size = size(&self.layers, Shape(&self.input))?;
        if size.depth > DEEPEST {
            let expected = format_args!("at most {DEEPEST} deep");
            return Err(Error::new("layers inside of layers", expected, size.depth));
        }
        Ok(size)
    }

    /// The net of this spec.
    ///
    /// # Errors
    /// As [`size`](Self::size), before anything is made; and if nobody reads what a node gives, or two have one name.
    pub fn build<T: Scalar>(&self) -> Result<Net<T>> {
        self.size()?;
        let mut rng = generator(self.seed, 0);
        let (nodes, shapes) = build(&self.layers, Shape(&self.input), &mut rng)?;
        let graph = Graph::of_spec(Shape(&self.input).len(), nodes)?;
        Ok(network::with(self.clone(), graph, shapes))
    }
}
