//! The messages of an ONNX file, as far as they are read. Texts and numbers stay where they are in the file.

use crate::wire::{Field, Fields, Kind, fixed, integers};
use switchnet::{Error, Result};

/// A graph may have so many nodes and constants, far more than a net may have layers.
const MOST: usize = 1 << 16;

/// A whole file.
#[derive(Debug, Default)]
pub(crate) struct File<'a> {
    pub producer: &'a str,
    /// The versions of the sets of operators, by their domains.
    pub opsets: Vec<(&'a str, i64)>,
    pub graph: Option<Graph<'a>>,
    /// Texts by name.
    pub metadata: Vec<(&'a str, &'a str)>,
}

#[derive(Debug, Default)]
pub(crate) struct Graph<'a> {
    pub nodes: Vec<Node<'a>>,
    pub constants: Vec<Stored<'a>>,
    pub inputs: Vec<Declared<'a>>,
    pub outputs: Vec<Declared<'a>>,
    /// Whether there are constants of mostly zeros, which are not read.
    pub sparse: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Node<'a> {
    pub name: &'a str,
    pub operator: &'a str,
    pub domain: &'a str,
    pub inputs: Vec<&'a str>,
    pub outputs: Vec<&'a str>,
    /// Attributes, still as bytes: each is read when it is asked for.
    pub attributes: Vec<&'a [u8]>,
}

/// A tensor in the file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stored<'a> {
    pub name: &'a str,
    pub dims: Vec<i64>,
    pub kind: i64,
    /// All numbers as bytes.
    pub raw: Option<&'a [u8]>,
    /// Numbers in lists of their own kinds, in pieces as they stand in the file.
    pub floats: Vec<&'a [u8]>,
    pub doubles: Vec<&'a [u8]>,
    pub integers: Vec<&'a [u8]>,
    /// Whether the numbers are in another file.
    pub external: bool,
    /// Which file, and where in it.
    pub place: Vec<(&'a str, &'a str)>,
}

/// An input or an output: its name, the type of its numbers and its shape, as far as they are said.
#[derive(Debug, Default)]
pub(crate) struct Declared<'a> {
    pub name: &'a str,
    pub kind: Option<i64>,
    pub dims: Option<Vec<Dim<'a>>>,
}

/// A side of a shape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Dim<'a> {
    Known(i64),
    /// Of this name, or of none.
    Open(&'a str),
}

/// The value of an attribute.
#[derive(Clone, Debug)]
pub(crate) struct Attribute<'a> {
    pub name: &'a str,
    pub integer: Option<i64>,
    pub float: Option<f32>,
    pub text: Option<&'a [u8]>,
    pub tensor: Option<Stored<'a>>,
    pub integers: Vec<i64>,
    pub floats: Vec<f32>,
    /// Whether it has a value that is not read: a graph, texts, a reference.
    pub other: bool,
}

/// Shows `see` each field of a message.
fn each<'a>(fields: Fields<'a>, mut see: impl FnMut(Field<'a>) -> Result<()>) -> Result<()> {
    fields.into_iter().try_for_each(|field| see(field?))
}

/// Refuses what is said twice and may be said once.
fn once<T>(what: &str, slot: &mut Option<T>, value: T) -> Result<()> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(Error::new(what, "one", "several")),
    }
}

fn push<T>(what: &str, list: &mut Vec<T>, item: T) -> Result<()> {
    if list.len() == MOST {
        return Err(Error::new(what, format_args!("at most {MOST}"), "more"));
    }
    list.push(item);
    Ok(())
}

/// A text and its name.
fn entry<'a>(fields: Fields<'a>) -> Result<(&'a str, &'a str)> {
    let (mut key, mut value) = ("", "");
    each(fields, |field| match field.number {
        1 => field.text().map(|text| key = text),
        2 => field.text().map(|text| value = text),
        _ => Ok(()),
    })?;
    Ok((key, value))
}

impl<'a> File<'a> {
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self> {
        let mut file = Self::default();
        each(Fields::new(bytes), |field| match field.number {
            2 => field.text().map(|text| file.producer = text),
            7 => once("graph of the model", &mut file.graph, Graph::read(field.message()?)?),
            8 => {
                let (mut domain, mut version) = ("", 0);
                each(field.message()?, |field| match field.number {
                    1 => field.text().map(|text| domain = text),
                    2 => field.integer().map(|number| version = number),
                    _ => Ok(()),
                })?;
                push("sets of operators", &mut file.opsets, (domain, version))
            }
            14 => push("metadata", &mut file.metadata, entry(field.message()?)?),
            _ => Ok(()),
        })?;
        Ok(file)
    }
}

impl<'a> Graph<'a> {
    fn read(fields: Fields<'a>) -> Result<Self> {
        let mut graph = Self::default();
        each(fields, |field| match field.number {
            1 => push("nodes", &mut graph.nodes, Node::read(field.message()?)?),
            5 => push("constants", &mut graph.constants, Stored::read(field.message()?)?),
            11 => push("inputs", &mut graph.inputs, Declared::read(field.message()?)?),
            12 => push("outputs", &mut graph.outputs, Declared::read(field.message()?)?),
            15 => {
                graph.sparse = true;
                Ok(())
            }
            _ => Ok(()),
        })?;
        Ok(graph)
    }
}

impl<'a> Node<'a> {
    fn read(fields: Fields<'a>) -> Result<Self> {
        let mut node = Self::default();
        each(fields, |field| match field.number {
            1 => field.text().map(|text| node.inputs.push(text)),
            2 => field.text().map(|text| node.outputs.push(text)),
            3 => field.text().map(|text| node.name = text),
            4 => field.text().map(|text| node.operator = text),
            5 => field.bytes().map(|bytes| node.attributes.push(bytes)),
            7 => field.text().map(|text| node.domain = text),
            _ => Ok(()),
        })?;
        Ok(node)
    }
}

impl<'a> Stored<'a> {
    fn read(fields: Fields<'a>) -> Result<Self> {
        let mut tensor = Self::default();
        each(fields, |field| match field.number {
            1 => {
                tensor.dims.extend(integers(field.numbers(Kind::Varint)?)?);
                match tensor.dims.len() > MOST_SIDES {
                    true => Err(Error::new(
                        "sides of a tensor",
                        format_args!("at most {MOST_SIDES}"),
                        "more",
                    )),
                    false => Ok(()),
                }
            }
            2 => field.integer().map(|number| tensor.kind = number),
            3 => Err(Error::new("tensor", "a whole one", "a segment of one")),
            4 => field.numbers(Kind::Fixed32).map(|bytes| tensor.floats.push(bytes)),
            5 | 7 | 11 => field.numbers(Kind::Varint).map(|bytes| tensor.integers.push(bytes)),
            8 => field.text().map(|text| tensor.name = text),
            9 => field.bytes().map(|bytes| tensor.raw = Some(bytes)),
            10 => field.numbers(Kind::Fixed64).map(|bytes| tensor.doubles.push(bytes)),
            13 => {
                tensor.place.push(entry(field.message()?)?);
                Ok(())
            }
            14 => field.integer().map(|number| tensor.external = number == 1),
            _ => Ok(()),
        })?;
        Ok(tensor)
    }
}

/// A tensor may have so many sides.
pub(crate) const MOST_SIDES: usize = 16;

impl<'a> Declared<'a> {
    fn read(fields: Fields<'a>) -> Result<Self> {
        let mut value = Self::default();
        let tensor = |value: &mut Self, fields| {
            each(fields, |field| match field.number {
                1 => field.integer().map(|number| value.kind = Some(number)),
                2 => {
                    let mut dims = Vec::new();
                    each(field.message()?, |field| match field.number {
                        1 => push("sides of a shape", &mut dims, Dim::read(field.message()?)?),
                        _ => Ok(()),
                    })?;
                    value.dims = Some(dims);
                    Ok(())
                }
                _ => Ok(()),
            })
        };
        each(fields, |field| match field.number {
            1 => field.text().map(|text| value.name = text),
            2 => each(field.message()?, |field| match field.number {
                1 => tensor(&mut value, field.message()?),
                _ => Ok(()), // a type that is no tensor has no type of numbers
            }),
            _ => Ok(()),
        })?;
        Ok(value)
    }
}

impl<'a> Dim<'a> {
    fn read(fields: Fields<'a>) -> Result<Self> {
        let mut dim = Dim::Open("");
        each(fields, |field| match field.number {
            1 => field.integer().map(|number| dim = Dim::Known(number)),
            2 => field.text().map(|text| dim = Dim::Open(text)),
            _ => Ok(()),
        })?;
        Ok(dim)
    }
}

impl<'a> Attribute<'a> {
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self> {
        let mut attribute = Self {
            name: "",
            integer: None,
            float: None,
            text: None,
            tensor: None,
            integers: Vec::new(),
            floats: Vec::new(),
            other: false,
        };
        let mut kind = 0;
        each(Fields::new(bytes), |field| match field.number {
            1 => field.text().map(|text| attribute.name = text),
            2 => field.float().map(|number| attribute.float = Some(number)),
            3 => field.integer().map(|number| attribute.integer = Some(number)),
            4 => field.bytes().map(|text| attribute.text = Some(text)),
            5 => Stored::read(field.message()?).map(|tensor| attribute.tensor = Some(tensor)),
            7 => {
                let floats = fixed(field.numbers(Kind::Fixed32)?, f32::from_le_bytes)?;
                attribute.floats.extend(floats);
                Ok(())
            }
            8 => {
                attribute.integers.extend(integers(field.numbers(Kind::Varint)?)?);
                Ok(())
            }
            6 | 9..=12 | 14 | 15 | 21..=23 => {
                attribute.other = true;
                Ok(())
            }
            20 => field.integer().map(|number| kind = number),
            _ => Ok(()), // a comment
        })?;
        // Some programs do not write what is zero.
        match kind {
            1 => attribute.float = attribute.float.or(Some(0.0)),
            2 => attribute.integer = attribute.integer.or(Some(0)),
            3 => attribute.text = attribute.text.or(Some(&[])),
            _ => {}
        }
        Ok(attribute)
    }
}
