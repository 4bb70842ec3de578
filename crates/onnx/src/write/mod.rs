//! A net as an ONNX file.

mod arithmetic;
mod fourier;
mod graph;
mod layer;
mod message;
mod moves;
mod smooth;
mod structured;
mod switch;
mod transform;
mod whole;
mod window;

use graph::Graph;
use layer::{Numbers, Walk};
use message::{Message, entry};
use std::collections::BTreeMap;
use switchnet::data::Standardize;
use switchnet::layer::{Layer, Parameter};
use switchnet::net::{Net, checkpoint};
use switchnet::random::GENERATOR;
use switchnet::transform::Fixed;
use switchnet::{Error, Result, Scalar};

pub(crate) use layer::FIXED;
pub(crate) use whole::is_whole;

/// The set of operators that is written.
const OPSET: i64 = 13;

/// The version of the file that came with it.
const VERSION: i64 = 7;

/// A file of 2 GiB is beyond protocol buffers.
const LARGEST: usize = i32::MAX as usize;

/// What the names of texts begin with that are about the file itself.
pub(crate) const OURS: &str = "switchnet.";

/// What is written beside a net.
#[derive(Clone, Debug, Default)]
pub struct WriteOptions {
    /// Texts by name, as those of a checkpoint.
    pub metadata: BTreeMap<String, String>,
    /// What the graph does with its input before the net sees it.
    pub standardize: Option<Standardize>,
    /// What the outputs of the net are undone by, if the graph is to give values in their own units.
    pub targets: Option<Standardize>,
}

/// A net as an ONNX file, from `x` [N, shape of an input] to `y` [N, outputs], in the precision of the net.
///
/// Every program for ONNX runs it, on any number of rows `N`. Transforms are products with small constant matrices; what is
/// drawn and fixed is in the file beside the parameters. [`read`](crate::read()) gives back this net, the same spec and the
/// same bits, unless the file was changed or there is something in the graph beside the net.
///
/// ```
/// use switchnet::net::zoo;
/// use switchnet_onnx::{Model, Options, WriteOptions, write};
///
/// let net = zoo::switch_net(&[8], 3, 1).build::<f32>()?;
/// let file = write(&net, &WriteOptions::default())?;
/// let again = Model::from_bytes(&file, &Options::default())?;
/// assert_eq!(again.spec, *net.spec());
/// # Ok::<(), switchnet::Error>(())
/// ```
///
/// # Errors
/// If a layer cannot be written: a kind of one's own, or a Hartley or cosine transform of more than 1,024 numbers that are
/// no product of two numbers up to that; the error names the layer. If the standardization is of another width than the net, the name of a text begins with `switchnet.`,
/// or the file would have 2 GiB.
pub fn write<T: Scalar>(net: &Net<T>, options: &WriteOptions) -> Result<Vec<u8>> {
    let WriteOptions { metadata, standardize, targets } = options;
    for (what, standardize, width) in [
        ("inputs of the standardization", standardize, net.inputs()),
        ("columns of the standardization of targets", targets, net.outputs()),
    ] {
        if let Some(found) = standardize.as_ref().map(Standardize::inputs)
            && found != width
        {
            return Err(Error::new(what, width, found));
        }
    }
    if let Some(name) = metadata.keys().find(|name| name.starts_with(OURS)) {
        let expected = format_args!("one that does not begin with {OURS}");
        return Err(Error::new("name of a text", expected, name));
    }
    let numbers = numbers(net);
    let mut walk = Walk { graph: Graph::new(T::NAME == "f64"), numbers: &numbers };
    let spec = net.spec();
    let mut x = graph::Value { name: "x".to_owned(), sides: spec.input.clone() };
    if let Some(standardize) = standardize {
        x = walk.standardized(&x, standardize);
    }
    let mut y = walk.nodes(&spec.layers, x, &spec.input, "")?;
    if let Some(targets) = targets {
        y = walk.undone(&y, targets);
    }
    let graph = walk.graph.finish(&spec.input, &y, net.outputs());

    let mut texts = metadata.clone();
    texts.insert("switchnet.format".to_owned(), checkpoint::FORMAT.to_owned());
    // With more in the graph than the net, its spec would not say what the file is.
    if standardize.is_none() && targets.is_none() {
        let json = serde_json::to_string(spec)
            .map_err(|e| Error::new("spec of the net", "one that is written as JSON", e))?;
        texts.insert("switchnet.spec".to_owned(), json);
        texts.insert("switchnet.generator".to_owned(), GENERATOR.to_owned());
    }
    let opset = Message::default().bytes(1, "").integer(2, OPSET);
    let file = Message::default()
        .integer(1, VERSION)
        .bytes(2, "switchnet")
        .bytes(3, env!("CARGO_PKG_VERSION"))
        .bytes(7, graph.0)
        .bytes(8, opset.0)
        .each(14, texts.iter().map(|(key, text)| entry(key, text)));
    let file = whole::sealed(file);
    match file.len() > LARGEST {
        true => {
            Err(Error::new("bytes of an ONNX file", format_args!("at most {LARGEST}"), file.len()))
        }
        false => Ok(file),
    }
}

/// All numbers of a net by their names in files: its parameters, and what is fixed.
fn numbers<T: Scalar>(net: &Net<T>) -> Numbers {
    let mut all = Numbers::new();
    net.visit(&mut |Parameter { name, values, .. }| {
        all.insert(name.to_owned(), values.iter().map(|value| value.double()).collect());
    });
    net.visit_fixed(&mut |name, fixed| {
        let numbers = match fixed {
            Fixed::Numbers(values) => values.iter().map(|value| value.double()).collect(),
            Fixed::Places(places) => places.iter().map(|&place| place as f64).collect(),
            _ => return, // of a layer that is none of ours, and will be refused
        };
        all.insert(format!("{FIXED}{name}"), numbers);
    });
    all
}

/// The kinds of layers that are written, in the order of the alphabet.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    layer::KINDS.iter().map(|(kind, _)| *kind)
}
