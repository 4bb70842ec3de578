//! A graph while it is put together: its nodes, and its constants by their names.

use super::message::{DOUBLE, FLOAT, INT64, Message, declared, tensor};
use std::collections::{HashMap, HashSet};

/// A value of the graph.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub name: String,
    /// The sides of a row; before them is one of as many rows as there are.
    pub sides: Vec<usize>,
}

#[derive(Debug)]
pub(super) struct Graph {
    /// Whether numbers are in double precision.
    double: bool,
    nodes: Vec<Message>,
    constants: Vec<Message>,
    /// The names of all constants: what several nodes use is there once.
    there: HashSet<String>,
    /// How many nodes have begun with the same name.
    called: HashMap<String, usize>,
    /// The layer that the next nodes are of.
    pub at: String,
}

impl Graph {
    pub(super) fn new(double: bool) -> Self {
        let (nodes, constants) = (Vec::new(), Vec::new());
        let (there, called) = (HashSet::new(), HashMap::new());
        Self { double, nodes, constants, there, called, at: String::new() }
    }

    /// The type of its numbers.
    pub(super) fn kind(&self) -> i64 {
        if self.double { DOUBLE } else { FLOAT }
    }

    pub(super) fn is_double(&self) -> bool {
        self.double
    }

    fn constant(&mut self, name: &str, dims: &[usize], kind: i64, raw: impl FnOnce() -> Vec<u8>) {
        if self.there.insert(name.to_owned()) {
            self.constants.push(tensor(name, dims, kind, &raw()));
        }
    }

    /// A constant of real numbers, unless there is one of this name.
    pub(super) fn real(&mut self, name: &str, dims: &[usize], numbers: &[f64]) {
        let double = self.double;
        self.constant(name, dims, self.kind(), || match double {
            true => numbers.iter().flat_map(|number| number.to_le_bytes()).collect(),
            false => numbers.iter().flat_map(|&number| (number as f32).to_le_bytes()).collect(),
        });
    }

    /// The same of whole numbers, which are in a list.
    pub(super) fn whole(&mut self, name: &str, numbers: &[i64]) {
        let raw = || numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        self.constant(name, &[numbers.len()], INT64, raw);
    }

    /// One place, which is no list.
    pub(super) fn scalar_place(&mut self, name: &str, place: i64) {
        self.constant(name, &[], INT64, || place.to_le_bytes().to_vec());
    }

    /// A node with these inputs and attributes, whose one output has these sides.
    pub(super) fn node<const N: usize, const M: usize>(
        &mut self,
        operator: &str,
        inputs: [&str; N],
        attributes: [Message; M],
        sides: &[usize],
    ) -> Value {
        let name = format!("{}/{operator}", self.at);
        let count = self.called.entry(name.clone()).or_insert(0);
        *count += 1;
        let name = if *count == 1 { name } else { format!("{name} {count}") };
        self.push(operator, &inputs, &name, &name, attributes);
        Value { name, sides: sides.to_vec() }
    }

    fn push<const M: usize>(
        &mut self,
        operator: &str,
        inputs: &[&str],
        output: &str,
        name: &str,
        attributes: [Message; M],
    ) {
        let node = inputs.iter().fold(Message::default(), |node, input| node.bytes(1, input));
        let node = node.bytes(2, output).bytes(3, name).bytes(4, operator);
        self.nodes.push(node.each(5, attributes));
    }

    /// The same numbers with other sides; the rows are as many as that makes.
    pub(super) fn shaped(&mut self, value: &Value, sides: &[usize]) -> Value {
        if value.sides == sides {
            return value.clone();
        }
        let shape = self.shape(sides);
        self.node("Reshape", [&value.name, &shape], [], sides)
    }

    /// The constant that says these sides.
    fn shape(&mut self, sides: &[usize]) -> String {
        let name = format!("shape {sides:?}");
        let shape: Vec<i64> = [-1].into_iter().chain(sides.iter().map(|&s| s as i64)).collect();
        self.whole(&name, &shape);
        name
    }

    /// The graph from the input `x` of this shape to the output `y`, which is `value` as plain rows of `outputs`.
    pub(super) fn finish(mut self, input: &[usize], value: &Value, outputs: usize) -> Message {
        if value.sides == [outputs] {
            self.push("Identity", &[&value.name], "y", "output", []);
        } else {
            let shape = self.shape(&[outputs]);
            self.push("Reshape", &[&value.name, &shape], "y", "output", []);
        }
        let kind = self.kind();
        Message::default()
            .each(1, self.nodes)
            .bytes(2, "switchnet")
            .each(5, self.constants)
            .each(11, [declared("x", input, kind)])
            .each(12, [declared("y", &[outputs], kind)])
    }
}
