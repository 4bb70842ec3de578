//! A file as a net: which output, which input, and the nodes between them in their order.

use crate::layers::{Flow, Layers};
use crate::message::{Attribute, Declared, Dim, File, Graph, Node, Stored};
use crate::model::{Model, Origin, Readout, Value as Named};
use crate::op::{Op, Value};
use crate::ops::{OPERATORS, rows};
use crate::own;
use crate::room::Room;
use crate::tensor::{self, Tensor, is_real, width};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use switchnet::{Error, Result};

/// What is asked of a file.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The output that the net is to give, by its name; the first if nothing is said.
    pub output: Option<String>,
    /// The shape of the input, batch and all; that of the file if nothing is said.
    pub shape: Option<Vec<usize>>,
}

/// The first set of operators that is read: in earlier ones, sums say how they broadcast.
const OLDEST: i64 = 7;

/// The graph with what is found in it by name.
struct Names<'a, 'b> {
    graph: &'b Graph<'a>,
    constants: HashMap<&'a str, &'b Stored<'a>>,
    /// The node that gives a value.
    makers: HashMap<&'a str, usize>,
}

impl<'a, 'b> Names<'a, 'b> {
    fn of(graph: &'b Graph<'a>) -> Result<Self> {
        if graph.sparse {
            return Err(Error::new("constants of the graph", "dense ones", "sparse ones"));
        }
        let (mut constants, mut makers) = (HashMap::new(), HashMap::new());
        for constant in &graph.constants {
            if constants.insert(constant.name, constant).is_some() {
                return Err(Error::new("constant of the graph", "each once", constant.name));
            }
        }
        for (i, node) in graph.nodes.iter().enumerate() {
            for &output in node.outputs.iter().filter(|output| !output.is_empty()) {
                if makers.insert(output, i).is_some() || constants.contains_key(output) {
                    return Err(Error::new("value of the graph", "one node that gives it", output));
                }
            }
        }
        Ok(Self { graph, constants, makers })
    }

    /// Which nodes `output` needs, directly or not, and every name that they read.
    fn needed(&self, output: &'a str) -> (Vec<bool>, HashMap<&'a str, usize>) {
        let mut needed = vec![false; self.graph.nodes.len()];
        let mut reads = HashMap::from([(output, 1)]);
        let mut open = vec![output];
        while let Some(name) = open.pop() {
            let Some(&maker) = self.makers.get(name) else { continue };
            if std::mem::replace(&mut needed[maker], true) {
                continue;
            }
            for &input in self.graph.nodes[maker].inputs.iter().filter(|name| !name.is_empty()) {
                *reads.entry(input).or_insert(0) += 1;
                open.push(input);
            }
        }
        (needed, reads)
    }

    /// The softmax that `output` is, if it is one but for its shape, and nobody else reads it.
    fn last(&self, output: &'a str, reads: &HashMap<&'a str, usize>) -> Option<usize> {
        let mut name = output;
        for _ in 0..self.graph.nodes.len() {
            let maker = *self.makers.get(name)?;
            let node = &self.graph.nodes[maker];
            if reads.get(name) != Some(&1) || node.outputs.first() != Some(&name) {
                return None;
            }
            match node.operator {
                "Softmax" | "LogSoftmax" => return Some(maker),
                "Identity" | "Flatten" | "Reshape" | "Squeeze" | "Unsqueeze" => {
                    name = node.inputs.first()?;
                }
                _ => return None,
            }
        }
        None
    }

    /// The one input of the model that is read.
    fn input(&self, reads: &HashMap<&'a str, usize>) -> Result<&'b Declared<'a>> {
        let open = |input: &&Declared<'_>| {
            reads.contains_key(input.name) && !self.constants.contains_key(input.name)
        };
        let inputs: Vec<_> = self.graph.inputs.iter().filter(open).collect();
        match inputs[..] {
            [input] => Ok(input),
            _ => {
                let names: Vec<_> = inputs.iter().map(|input| input.name).collect();
                let found = format_args!("{}: {}", names.len(), names.join(", "));
                Err(Error::new("inputs of the model that the output depends on", 1, found))
            }
        }
    }

    /// Refuses an input of whole numbers, with which nodes work otherwise than with real ones; but if all that read it
    /// make real ones of them, it may be read as those.
    fn real(&self, input: &Declared<'_>, needed: &[bool]) -> Result<()> {
        let kind = input.kind.unwrap_or(1);
        width(kind)?;
        let makes_real = |node: &Node<'_>| {
            let mut attributes = node.attributes.iter().filter_map(|b| Attribute::read(b).ok());
            let mut to = attributes.find(|attribute| attribute.name == "to");
            node.operator == "Cast" && to.take().and_then(|to| to.integer).is_some_and(is_real)
        };
        let nodes = self.graph.nodes.iter().zip(needed);
        let readers = nodes.filter(|(node, needed)| **needed && node.inputs.contains(&input.name));
        let readers: Vec<_> = readers.map(|(node, _)| makes_real(node)).collect();
        match is_real(kind) || readers.contains(&true) && !readers.contains(&false) {
            true => Ok(()),
            false => {
                let expected = "real numbers, or only Casts to them that read it";
                Err(Error::new("type", expected, tensor::name(kind)))
            }
        }
    }
}

/// The shape of an input, its first side 1 if it is open.
fn shape(input: &Declared<'_>, said: Option<&[usize]>) -> Result<Vec<usize>> {
    let what = format!("shape of input {}", input.name);
    if let Some(said) = said {
        return match said.iter().all(|&side| side > 0) && !said.is_empty() {
            true => Ok(said.to_vec()),
            false => Err(Error::new(what, "sides from 1 on", format_args!("{said:?}"))),
        };
    }
    let Some(dims) = &input.dims else {
        return Err(Error::new(what, "one, in the file or said", "none"));
    };
    let side = |(k, dim): (usize, &Dim<'_>)| match *dim {
        Dim::Known(side) if side > 0 => {
            usize::try_from(side).map_err(|_| Error::new(&what, "sides that fit into memory", side))
        }
        _ if k == 0 => Ok(1),
        Dim::Known(side) => Err(Error::new(&what, format_args!("side {k} from 1 on"), side)),
        Dim::Open(name) => {
            let found = if name.is_empty() { "an open one" } else { name };
            Err(Error::new(
                &what,
                format_args!("a number for side {k}, in the file or said"),
                found,
            ))
        }
    };
    let shape = dims.iter().enumerate().map(side).collect::<Result<Vec<_>>>()?;
    if shape.is_empty() {
        return Err(Error::new(what, "at least one side", "none"));
    }
    Ok(shape)
}

/// The shape of an input as the library has it: an image if it is a single one with its channels first, or with one
/// channel, wherever that is.
fn plain(shape: &[usize]) -> Vec<usize> {
    let few = |side: usize| matches!(side, 1 | 3);
    match *shape {
        [1, height, width, 1] if !few(height) => vec![1, height, width],
        [1, channels, height, width] if few(channels) || !few(width) => {
            vec![channels, height, width]
        }
        _ => vec![shape.iter().product()],
    }
}

/// What layers of a node are called: its name or that of its output, with the operator where no layer can be called so.
fn called(node: &Node<'_>) -> String {
    let name = match node.name {
        "" => node.outputs.first().copied().unwrap_or_default(),
        name => name,
    };
    match name.is_empty() || name == "input" || name.parse::<usize>().is_ok() {
        true => format!("{} {name}", node.operator).trim_end().to_owned(),
        false => name.to_owned(),
    }
}

/// The version of the standard operators.
fn opset(file: &File<'_>) -> Result<i64> {
    let standard = |domain: &str| matches!(domain, "" | "ai.onnx");
    let mut found = file.opsets.iter().filter(|(domain, _)| standard(domain)).map(|(_, v)| *v);
    let version = found.next().ok_or_else(|| {
        Error::new("version of the operators", format_args!("{OLDEST} or later"), "none")
    })?;
    if let Some(other) = found.find(|&other| other != version) {
        return Err(Error::new("version of the operators", version, other));
    }
    match version >= OLDEST {
        true => Ok(version),
        false => {
            Err(Error::new("version of the operators", format_args!("{OLDEST} or later"), version))
        }
    }
}

/// The net of a file. Data of its own in other files are below `folder`.
pub(crate) fn read(bytes: &[u8], folder: Option<&Path>, options: &Options) -> Result<Model> {
    let file = File::read(bytes)?;
    let opset = opset(&file)?;
    let Some(graph) = &file.graph else {
        return Err(Error::new("graph of the model", "one", "none"));
    };
    let (metadata, has_spec) = own::metadata(&file, bytes);
    if let (Some(metadata), true, None, None) =
        (&metadata, has_spec, &options.output, &options.shape)
    {
        return own::read(&file, graph, metadata, opset, bytes.len());
    }
    let names = Names::of(graph)?;
    let outputs: Vec<&str> = graph.outputs.iter().map(|output| output.name).collect();
    let wanted = options.output.as_deref().or(outputs.first().copied());
    let Some(&output) = wanted.and_then(|wanted| outputs.iter().find(|name| **name == wanted))
    else {
        let expected = if outputs.is_empty() { "1".to_owned() } else { outputs.join(", ") };
        return Err(Error::new("output of the model", expected, wanted.unwrap_or("none")));
    };
    let (needed, reads) = names.needed(output);
    let input = names.input(&reads)?;
    names.real(input, &needed).map_err(|e| e.at(format_args!("input {}", input.name)))?;
    let shape = shape(input, options.shape.as_deref())?;
    let last = names.last(output, &reads);

    let room = Room::of(bytes.len());
    room.fits(&shape).map_err(|e| e.at(format_args!("input {}", input.name)))?;
    let mut layers = Layers::new(&plain(&shape), room);
    let flow = Value::Flow(Flow { value: 0, shape: shape.clone() });
    let mut values = HashMap::from([(input.name, flow)]);
    let (mut operators, mut readout) = (BTreeMap::new(), None);
    for (i, node) in graph.nodes.iter().enumerate().filter(|(i, _)| needed[*i]) {
        let made = Reading { names: &names, layers: &mut layers, folder, opset, reads: &reads }
            .node(node, &mut values, (last == Some(i)).then_some(&mut readout))
            .map_err(|e| e.at(format_args!("node {} ({})", called(node), node.operator)))?;
        for (&name, value) in node.outputs.iter().zip(made) {
            values.insert(name, value);
        }
        *operators.entry(node.operator.to_owned()).or_insert(0) += 1;
    }
    let value = match values.remove(output) {
        Some(value) => value,
        None => return Err(Error::new("output of the model", "a value of the graph", output)),
    };
    let Value::Flow(flow) = value else {
        return Err(Error::new(
            "output of the model",
            "one that depends on the input",
            "a constant",
        ));
    };
    let output_shape = flow.shape.clone();
    let (spec, parameters) = layers.net(&flow)?;
    spec.size()?;
    Ok(Model {
        input: Named { name: input.name.to_owned(), shape },
        output: Named { name: output.to_owned(), shape: output_shape },
        outputs: outputs.into_iter().map(str::to_owned).collect(),
        opset,
        producer: file.producer.to_owned(),
        operators,
        readout,
        spec,
        parameters,
        origin: if has_spec && metadata.is_none() { Origin::Changed } else { Origin::Operators },
        metadata: metadata.map_or_else(BTreeMap::new, own::others),
    })
}

/// The nodes before, when one is read.
struct Reading<'a, 'b> {
    names: &'b Names<'a, 'b>,
    layers: &'b mut Layers,
    folder: Option<&'b Path>,
    opset: i64,
    reads: &'b HashMap<&'a str, usize>,
}

impl<'a> Reading<'a, '_> {
    /// The outputs of a node. If it is the softmax that the net ends with, that is left out and said in `readout`.
    fn node(
        mut self,
        node: &Node<'a>,
        values: &mut HashMap<&'a str, Value>,
        readout: Option<&mut Option<Readout>>,
    ) -> Result<Vec<Value>> {
        if !matches!(node.domain, "" | "ai.onnx") {
            return Err(Error::new("domain of the operator", "that of ONNX", node.domain));
        }
        let Some((_, operator)) = OPERATORS.iter().find(|(name, _)| *name == node.operator) else {
            let expected = "one of those that docs/networks.md lists";
            return Err(Error::new("operator", expected, node.operator));
        };
        let mut inputs = Vec::with_capacity(node.inputs.len());
        for &name in &node.inputs {
            inputs.push(if name.is_empty() { None } else { Some(self.value(name, values)?) });
        }
        let read = |name: &&str| !name.is_empty() && self.reads.contains_key(*name);
        let outputs = node.outputs.iter().rposition(read).map_or(0, |last| last + 1);
        self.layers.name = called(node);
        let mut op = Op::new(node, inputs, outputs, self.opset, self.layers, self.folder)?;
        if let Some(readout) = readout {
            let flow = op.flow(0)?;
            let count = rows(&mut op, &flow.shape)?.count;
            op.done()?;
            if count == 1 {
                *readout = Some(match node.operator {
                    "Softmax" => Readout::Softmax,
                    _ => Readout::LogSoftmax,
                });
                return Ok(vec![Value::Flow(flow)]);
            }
            op = Op::new(
                node,
                vec![Some(Value::Flow(flow))],
                outputs,
                self.opset,
                op.layers,
                self.folder,
            )?;
        }
        let made = operator(&mut op)?;
        op.done()?;
        if made.len() < outputs {
            return Err(Error::new("outputs that are read", made.len(), outputs));
        }
        Ok(made)
    }

    /// A value by its name; a constant is lifted when it is first read.
    fn value(&mut self, name: &'a str, values: &mut HashMap<&'a str, Value>) -> Result<Value> {
        if let Some(value) = values.get(name) {
            return Ok(value.clone());
        }
        let Some(stored) = self.names.constants.get(name) else {
            let what = format_args!("input {name}");
            return Err(Error::new(what, "a value that is there before the node", "none"));
        };
        let at = |e: Error| e.at(format_args!("constant {name}"));
        let tensor = Tensor::lift(stored, self.folder).map_err(at)?;
        if stored.external {
            self.layers.room.add(tensor.len() * width(stored.kind)?);
        }
        let value = Value::constant(tensor);
        values.insert(name, value.clone());
        Ok(value)
    }
}
