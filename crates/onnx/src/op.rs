//! One operator at work: what it reads, its attributes, and where it puts its layers.

use crate::index::Moves;
use crate::layers::{Flow, Layers};
use crate::message::{Attribute, Node, Stored};
use crate::tensor::{Numbers, Tensor, count};
use std::path::Path;
use std::rc::Rc;
use switchnet::{Error, Result};

/// What flows along an edge of the graph.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// Numbers that are known.
    Constant(Rc<Tensor>),
    /// Numbers that depend on the input.
    Flow(Flow),
}

impl Value {
    pub(crate) fn constant(tensor: Tensor) -> Self {
        Self::Constant(Rc::new(tensor))
    }

    pub(crate) fn shape(&self) -> &[usize] {
        match self {
            Self::Constant(tensor) => &tensor.shape,
            Self::Flow(flow) => &flow.shape,
        }
    }
}

/// A node has a dozen attributes at most; one of two bytes takes a hundred times as much memory.
const MOST: usize = 64;

/// A node while it is read.
pub(crate) struct Op<'a, 'b> {
    pub operator: &'a str,
    /// The version of the set of operators.
    pub opset: i64,
    pub layers: &'b mut Layers,
    inputs: Vec<Option<Value>>,
    /// Which inputs were asked for.
    asked: Vec<bool>,
    attributes: Vec<Attribute<'a>>,
    /// How many outputs somebody reads, counted from the first.
    pub outputs: usize,
    /// How many it says it has.
    pub declared: usize,
    folder: Option<&'b Path>,
}

impl<'a, 'b> Op<'a, 'b> {
    pub(crate) fn new(
        node: &Node<'a>,
        inputs: Vec<Option<Value>>,
        outputs: usize,
        opset: i64,
        layers: &'b mut Layers,
        folder: Option<&'b Path>,
    ) -> Result<Self> {
        if node.attributes.len() > MOST {
            let (expected, found) = (format_args!("at most {MOST}"), node.attributes.len());
            return Err(Error::new("attributes", expected, found));
        }
        let attributes = node.attributes.iter().map(|bytes| Attribute::read(bytes));
        let attributes = attributes.collect::<Result<Vec<_>>>()?;
        let (operator, declared) = (node.operator, node.outputs.len());
        let asked = vec![false; inputs.len()];
        Ok(Self { operator, opset, layers, inputs, asked, attributes, outputs, declared, folder })
    }

    /// Refuses inputs and attributes that were not asked for.
    pub(crate) fn done(&self) -> Result<()> {
        let mut inputs = self.inputs.iter().zip(&self.asked);
        if let Some(i) = inputs.position(|(input, asked)| input.is_some() && !asked) {
            return Err(Error::new(format_args!("input {i}"), "none in this place", "one"));
        }
        match self.attributes.first() {
            Some(attribute) => {
                let what = format_args!("attribute {}", attribute.name);
                Err(Error::new(what, "none of this name", "one"))
            }
            None => Ok(()),
        }
    }

    // Inputs.

    pub(crate) fn count(&self) -> usize {
        self.inputs.len()
    }

    /// Input `i`, if there is one.
    pub(crate) fn optional(&mut self, i: usize) -> Option<Value> {
        *self.asked.get_mut(i)? = true;
        self.inputs[i].clone()
    }

    pub(crate) fn value(&mut self, i: usize) -> Result<Value> {
        self.optional(i).ok_or_else(|| Error::new(format_args!("input {i}"), "a value", "none"))
    }

    /// All inputs, one at least.
    pub(crate) fn values(&mut self) -> Result<Vec<Value>> {
        (0..self.count().max(1)).map(|i| self.value(i)).collect()
    }

    /// Input `i`, which is called `name`, if it is there; it must be known.
    pub(crate) fn optional_constant(&mut self, i: usize, name: &str) -> Result<Option<Rc<Tensor>>> {
        match self.optional(i) {
            None => Ok(None),
            Some(Value::Constant(tensor)) => Ok(Some(tensor)),
            Some(Value::Flow(_)) => {
                let found = "one that depends on the input of the model";
                Err(Error::new(format_args!("input {i} ({name})"), "a constant", found))
            }
        }
    }

    pub(crate) fn constant(&mut self, i: usize, name: &str) -> Result<Rc<Tensor>> {
        self.optional_constant(i, name)?
            .ok_or_else(|| Error::new(format_args!("input {i} ({name})"), "a constant", "none"))
    }

    /// The whole numbers of input `i`.
    pub(crate) fn list(&mut self, i: usize, name: &str) -> Result<Option<Vec<i64>>> {
        let tensor = self.optional_constant(i, name)?;
        tensor.map(|tensor| tensor.integers(name).map(<[i64]>::to_vec)).transpose()
    }

    /// Whole numbers that are an attribute up to some set of operators, and input `i` from then on.
    pub(crate) fn list_by_version(
        &mut self,
        name: &str,
        i: usize,
        since: i64,
    ) -> Result<Option<Vec<i64>>> {
        if self.opset < since { self.integers(name) } else { self.list(i, name) }
    }

    pub(crate) fn flow(&mut self, i: usize) -> Result<Flow> {
        let value = self.value(i)?;
        self.flowing(value)
    }

    /// A constant as layers too: zeros of the input, to which it is added.
    pub(crate) fn flowing(&mut self, value: Value) -> Result<Flow> {
        match value {
            Value::Flow(flow) => Ok(flow),
            Value::Constant(tensor) => {
                self.layers.room.take(&tensor.shape)?;
                let from = vec![None; tensor.len()];
                let zeros = Moves { shape: tensor.shape.clone(), from };
                let input = self.layers.input();
                let zeros = self.layers.moved(&input, &zeros)?;
                self.layers.diagonal(&zeros, None, Some(tensor.reals()))
            }
        }
    }

    // Attributes.

    fn attribute(&mut self, name: &str) -> Result<Option<Attribute<'a>>> {
        let Some(at) = self.attributes.iter().position(|attribute| attribute.name == name) else {
            return Ok(None);
        };
        let attribute = self.attributes.swap_remove(at);
        match attribute.other || self.attributes.iter().any(|other| other.name == name) {
            true => {
                let expected = "one number, text, tensor or list of numbers";
                Err(Error::new(format_args!("attribute {name}"), expected, "something else"))
            }
            false => Ok(Some(attribute)),
        }
    }

    /// What `part` takes of an attribute, if there is one of this name.
    fn part<T>(
        &mut self,
        name: &str,
        kind: &str,
        part: impl FnOnce(Attribute<'a>) -> Option<T>,
    ) -> Result<Option<T>> {
        let Some(attribute) = self.attribute(name)? else { return Ok(None) };
        let wrong = || Error::new(format_args!("attribute {name}"), kind, "something else");
        part(attribute).ok_or_else(wrong).map(Some)
    }

    pub(crate) fn integer(&mut self, name: &str) -> Result<Option<i64>> {
        self.part(name, "a whole number", |attribute| attribute.integer)
    }

    /// An attribute that is 0 or 1; 0 if it is not there.
    pub(crate) fn flag(&mut self, name: &str) -> Result<bool> {
        match self.integer(name)?.unwrap_or(0) {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(Error::new(format_args!("attribute {name}"), "0 or 1", other)),
        }
    }

    pub(crate) fn float(&mut self, name: &str) -> Result<Option<f64>> {
        self.part(name, "a number", |attribute| attribute.float.map(f64::from))
    }

    pub(crate) fn text(&mut self, name: &str) -> Result<Option<String>> {
        let text = self.part(name, "a text", |attribute| attribute.text)?;
        Ok(text.map(|text| String::from_utf8_lossy(text).into_owned()))
    }

    pub(crate) fn integers(&mut self, name: &str) -> Result<Option<Vec<i64>>> {
        self.part(name, "whole numbers", |attribute| {
            let alone = attribute.integer.is_none() && attribute.floats.is_empty();
            alone.then_some(attribute.integers)
        })
    }

    pub(crate) fn floats(&mut self, name: &str) -> Result<Option<Vec<f64>>> {
        self.part(name, "numbers", |attribute| {
            Some(attribute.floats.into_iter().map(f64::from).collect())
        })
    }

    pub(crate) fn tensor(&mut self, name: &str) -> Result<Option<Tensor>> {
        let stored: Option<Stored<'a>> =
            self.part(name, "a tensor", |attribute| attribute.tensor)?;
        stored.map(|stored| Tensor::lift(&stored, self.folder)).transpose()
    }

    /// Attributes that say nothing about what is worked out.
    pub(crate) fn ignore(&mut self, names: &[&str]) -> Result<()> {
        names.iter().try_for_each(|name| self.attribute(name).map(drop))
    }

    // What operators do.

    /// A value with its numbers put elsewhere; where none goes there is `rest`.
    pub(crate) fn moved(&mut self, value: &Value, moves: &Moves, rest: f64) -> Result<Value> {
        if count(&moves.shape).is_none() {
            let found = format_args!("{:?}", moves.shape);
            return Err(Error::new("shape of a value", "one that fits into memory", found));
        }
        match value {
            Value::Flow(flow) => {
                let flow = self.layers.moved(flow, moves)?;
                if rest == 0.0 || moves.from.iter().all(Option::is_some) {
                    return Ok(Value::Flow(flow));
                }
                let bias = moves.from.iter().map(|from| from.map_or(rest, |_| 0.0)).collect();
                self.layers.diagonal(&flow, None, Some(bias)).map(Value::Flow)
            }
            Value::Constant(tensor) => Ok(Value::constant(placed(tensor, moves, rest))),
        }
    }

    /// A value of another shape that its numbers fill too.
    pub(crate) fn shaped(&self, value: &Value, shape: &[usize]) -> Value {
        match value {
            Value::Flow(flow) => Value::Flow(flow.shaped(shape)),
            Value::Constant(tensor) => {
                let numbers = tensor.numbers.clone();
                Value::constant(Tensor { shape: shape.to_vec(), numbers })
            }
        }
    }

    /// A value with its sides in another order.
    pub(crate) fn transposed(&mut self, value: &Value, order: &[usize]) -> Result<Value> {
        let moves = Moves::transposed(value.shape(), order, &mut self.layers.room)?;
        self.moved(value, &moves, 0.0)
    }

    /// A value broadcast to `shape`.
    pub(crate) fn expanded(&mut self, value: &Value, shape: &[usize]) -> Result<Value> {
        if value.shape() == shape {
            return Ok(value.clone());
        }
        let moves = Moves::expanded(value.shape(), shape, &mut self.layers.room)?;
        self.moved(value, &moves, 0.0)
    }

    /// A constant broadcast to `shape`.
    pub(crate) fn widened(&mut self, tensor: &Rc<Tensor>, shape: &[usize]) -> Result<Rc<Tensor>> {
        if tensor.shape == shape {
            return Ok(Rc::clone(tensor));
        }
        let moves = Moves::expanded(&tensor.shape, shape, &mut self.layers.room)?;
        Ok(Rc::new(placed(tensor, &moves, 0.0)))
    }

    /// A constant's numbers, broadcast to `shape`.
    pub(crate) fn numbers(&mut self, tensor: &Tensor, shape: &[usize]) -> Result<Vec<f64>> {
        if tensor.shape == shape {
            return Ok(tensor.reals());
        }
        let moves = Moves::expanded(&tensor.shape, shape, &mut self.layers.room)?;
        Ok(pick(&tensor.reals(), &moves, 0.0))
    }
}

/// A constant with its numbers put elsewhere; where none goes there is `rest`.
fn placed(tensor: &Tensor, moves: &Moves, rest: f64) -> Tensor {
    let numbers = match &tensor.numbers {
        Numbers::Real(all) => Numbers::Real(pick(all, moves, rest)),
        Numbers::Whole(all) => Numbers::Whole(pick(all, moves, rest as i64)),
    };
    Tensor { shape: moves.shape.clone(), numbers }
}

fn pick<T: Copy>(all: &[T], moves: &Moves, rest: T) -> Vec<T> {
    moves.from.iter().map(|from| from.and_then(|i| all.get(i).copied()).unwrap_or(rest)).collect()
}
