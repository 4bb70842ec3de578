//! Files that this crate wrote: the net of their spec, if they are as they were written.

use crate::message::{File, Graph, Stored};
use crate::model::{Model, Origin, Value};
use crate::tensor::Tensor;
use crate::write::{FIXED, OURS, is_whole};
use std::collections::{BTreeMap, HashMap};
use switchnet::layer::{Layer, Parameter};
use switchnet::ndarray::{ArrayD, IxDyn};
use switchnet::net::{Spec, checkpoint};
use switchnet::random::GENERATOR;
use switchnet::transform::Fixed;
use switchnet::{Error, Result};

/// The name of the spec among the texts of a file.
const SPEC: &str = "switchnet.spec";

/// The texts of a file by their names, if it is as it was written; and whether there is a spec among them.
pub(crate) fn metadata(file: &File<'_>, bytes: &[u8]) -> (Option<BTreeMap<String, String>>, bool) {
    let has_spec = file.metadata.iter().any(|(key, _)| *key == SPEC);
    let texts = || file.metadata.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    (is_whole(bytes).then(texts), has_spec)
}

/// Those that are not about the file itself.
pub(crate) fn others(mut metadata: BTreeMap<String, String>) -> BTreeMap<String, String> {
    metadata.retain(|key, _| !key.starts_with(OURS));
    metadata
}

/// The net of the spec of a file of so many bytes.
pub(crate) fn read(
    file: &File<'_>,
    graph: &Graph<'_>,
    metadata: &BTreeMap<String, String>,
    opset: i64,
    bytes: usize,
) -> Result<Model> {
    let expected = [("switchnet.format", checkpoint::FORMAT), ("switchnet.generator", GENERATOR)];
    for (name, expected) in expected {
        let found = metadata.get(name).map_or("none", String::as_str);
        if found != expected {
            return Err(Error::new(name, expected, found));
        }
    }
    let json = metadata.get(SPEC).map_or("", String::as_str);
    let spec: Spec =
        serde_json::from_str(json).map_err(|e| Error::new(SPEC, "the JSON of a net", e))?;
    let parameters = parameters(&spec, graph, bytes).map_err(|e| e.at(SPEC))?;
    let mut operators = BTreeMap::new();
    for node in &graph.nodes {
        *operators.entry(node.operator.to_owned()).or_insert(0) += 1;
    }
    let outputs = spec.size()?.shape.iter().product();
    let input = [&[1], &spec.input[..]].concat();
    Ok(Model {
        input: Value { name: "x".to_owned(), shape: input },
        output: Value { name: "y".to_owned(), shape: vec![1, outputs] },
        outputs: vec!["y".to_owned()],
        opset,
        producer: file.producer.to_owned(),
        operators,
        readout: None,
        spec,
        parameters,
        origin: Origin::Spec,
        metadata: others(metadata.clone()),
    })
}

/// The parameters of the net of `spec`, which are constants of the graph. What is fixed must be what the spec draws.
fn parameters(spec: &Spec, graph: &Graph<'_>, bytes: usize) -> Result<Vec<(String, ArrayD<f64>)>> {
    // Before a net is made that the file cannot fill.
    let (claimed, room) = (spec.size()?.parameters, bytes / size_of::<f32>());
    if claimed > room {
        let expected = format_args!("at most the {room} that the file has room for");
        return Err(Error::new("parameters of the net", expected, claimed));
    }
    let constants: HashMap<&str, &Stored<'_>> =
        graph.constants.iter().map(|constant| (constant.name, constant)).collect();
    let found = |name: &str, len: usize| -> Result<Vec<f64>> {
        let what = format_args!("constant {name}").to_string();
        let Some(stored) = constants.get(name) else {
            return Err(Error::new(what, format_args!("{len} numbers"), "none"));
        };
        let tensor = Tensor::lift(stored, None).map_err(|e| e.at(&what))?;
        match tensor.len() == len {
            true => Ok(tensor.reals()),
            false => Err(Error::new(what, format_args!("{len} numbers"), tensor.len())),
        }
    };
    let net = spec.build::<f64>()?;
    let (mut all, mut failure) = (Vec::new(), None);
    net.visit(&mut |Parameter { name, values, .. }| {
        let array = found(name, values.len()).and_then(|numbers| {
            ArrayD::from_shape_vec(IxDyn(values.shape()), numbers)
                .map_err(|e| Error::new(name, format_args!("{:?}", values.shape()), e))
        });
        match array {
            Ok(array) => all.push((name.to_owned(), array)),
            Err(error) => drop(failure.get_or_insert(error)),
        }
    });
    net.visit_fixed(&mut |name, fixed| {
        let drawn: Vec<f64> = match fixed {
            Fixed::Numbers(numbers) => numbers.iter().copied().collect(),
            Fixed::Places(places) => places.iter().map(|&place| place as f64).collect(),
            _ => return,
        };
        let name = format!("{FIXED}{name}");
        match found(&name, drawn.len()) {
            Ok(numbers) if numbers == drawn => {}
            Ok(_) => {
                let expected = "what spec and seed draw";
                failure.get_or_insert(Error::new(&name, expected, "other numbers"));
            }
            Err(error) => drop(failure.get_or_insert(error)),
        }
    });
    match failure {
        None => Ok(all),
        Some(error) => Err(error),
    }
}
