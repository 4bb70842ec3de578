//! Nets as data: what a file says, and the net that is built from it.

use super::graph::{Graph, Node, Op};
use super::kinds::Config;
use super::{Net, network};
use crate::error::{Error, Result};
use crate::layer::{LayerConfig, Shape, bounded};
use crate::random::{Generator, generator};
use crate::scalar::Scalar;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

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

/// Nodes, and the shape after each.
type Nodes<T> = (Vec<Node<T>>, Vec<Vec<usize>>);

/// The nodes of `specs` for inputs of `shape`, and the shape after each.
pub(super) fn build<T: Scalar>(
    specs: &[NodeSpec],
    shape: Shape<'_>,
    rng: &mut Generator,
) -> Result<Nodes<T>> {
    let mut nodes: Vec<Node<T>> = Vec::with_capacity(specs.len());
    let mut shapes: Vec<Vec<usize>> = vec![shape.0.to_vec()];
    for (i, spec) in specs.iter().enumerate() {
        let at = |e: Error| match &spec.name {
            Some(name) => e.at(format_args!("layer {name} ({})", spec.kind())),
            None => e.at(format_args!("layer {i} ({})", spec.kind())),
        };
        let (node, shape) = one(spec, &specs[..i], &shapes, rng).map_err(at)?;
        nodes.push(node);
        shapes.push(shape);
    }
    shapes.remove(0);
    Ok((nodes, shapes))
}

/// The node of `spec`, behind those of `before` with these shapes (that of the input first).
fn one<T: Scalar>(
    spec: &NodeSpec,
    before: &[NodeSpec],
    shapes: &[Vec<usize>],
    rng: &mut Generator,
) -> Result<(Node<T>, Vec<usize>)> {
    if let Some(name) = &spec.name {
        let plain = !name.is_empty() && !name.contains(['.', '+']);
        if !plain || name == INPUT || name.parse::<usize>().is_ok() {
            let expected = format_args!("a name without dots that is neither {INPUT} nor a number");
            return Err(Error::new("name of a layer", expected, name));
        }
    }
    let value = |name: &String| match before.iter().position(|b| b.name.as_ref() == Some(name)) {
        Some(node) => Ok(node + 1),
        None if name == INPUT => Ok(0),
        None => Err(Error::new("from", "the name of a layer before it, or input", name)),
    };
    let from = match spec.from.is_empty() {
        true => vec![before.len()],
        false => spec.from.iter().map(value).collect::<Result<_>>()?,
    };
    let shape = &shapes[from[0]];
    let (op, shape) = match &spec.op {
        OpSpec::Layer(_) if from.len() > 1 => {
            return Err(Error::new("what a layer reads", "1 layer", from.len()));
        }
        OpSpec::Layer(config) => {
            let built = config.build(Shape(shape), rng)?;
            (Op::Layer(built.layer), built.shape)
        }
        OpSpec::Add => {
            if let Some(&other) = from.iter().find(|&&value| shapes[value] != *shape) {
                let (first, other) = (Shape(shape), Shape(&shapes[other]));
                return Err(Error::new("shape of what is added", first, other));
            }
            (Op::Add, shape.clone())
        }
        OpSpec::Concat => {
            let images = from.iter().all(|&v| shapes[v].len() == 3 && shapes[v][1..] == shape[1..]);
            let sum = |side: fn(&Vec<usize>) -> usize| from.iter().map(|&v| side(&shapes[v])).sum();
            let shape = match images {
                true => vec![sum(|shape| shape[0]), shape[1], shape[2]],
                false => vec![sum(|shape| shape.iter().product())],
            };
            bounded("width", &shape)?;
            (Op::Concat, shape)
        }
    };
    Ok((Node { name: spec.name.clone(), from, op }, shape))
}

impl Spec {
    /// The net of this spec.
    ///
    /// # Errors
    /// If the input shape is empty or has a zero in it, or if a layer does not take what it reads; the error names
    /// the layer.
    pub fn build<T: Scalar>(&self) -> Result<Net<T>> {
        if !matches!(self.input.len(), 1 | 3) {
            let expected = "[features] or [channels, height, width]";
            return Err(Error::new("input shape", expected, Shape(&self.input)));
        }
        bounded("input shape", &self.input)?;
        let mut rng = generator(self.seed, 0);
        let (nodes, shapes) = build(&self.layers, Shape(&self.input), &mut rng)?;
        let graph = Graph::of_spec(Shape(&self.input).len(), nodes)?;
        Ok(network::with(self.clone(), graph, shapes))
    }
}
