//! A writer of small ONNX files: as much of protocol buffers as they need.

/// A message: its fields so far.
#[derive(Clone, Default)]
pub struct Message(pub Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    pub fn integer(mut self, field: u64, value: i64) -> Self {
        self.varint(field << 3);
        self.varint(value.cast_unsigned());
        self
    }

    pub fn float(mut self, field: u64, value: f32) -> Self {
        self.varint(field << 3 | 5);
        self.0.extend(value.to_le_bytes());
        self
    }

    pub fn bytes(mut self, field: u64, value: impl AsRef<[u8]>) -> Self {
        self.varint(field << 3 | 2);
        self.varint(value.as_ref().len() as u64);
        self.0.extend(value.as_ref());
        self
    }

    pub fn message(self, field: u64, value: Message) -> Self {
        self.bytes(field, value.0)
    }

    /// One field for each.
    fn each<T>(
        self,
        field: u64,
        values: impl IntoIterator<Item = T>,
        of: impl Fn(T) -> Message,
    ) -> Self {
        values.into_iter().fold(self, |message, value| message.message(field, of(value)))
    }
}

/// The types of numbers that tensors here have.
pub const FLOAT: i64 = 1;
pub const UINT8: i64 = 2;
pub const INT8: i64 = 3;
pub const INT32: i64 = 6;
pub const INT64: i64 = 7;
pub const BOOL: i64 = 9;
pub const DOUBLE: i64 = 11;
pub const UINT32: i64 = 12;

/// A tensor of doubles as bytes.
pub fn doubles(dims: &[i64], values: &[f64]) -> Message {
    let raw: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    tensor(dims, DOUBLE).bytes(9, raw)
}

/// A list of whole numbers as bytes.
pub fn list(values: &[i64]) -> Message {
    let raw: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    tensor(&[values.len() as i64], INT64).bytes(9, raw)
}

/// Whole numbers side by side in one field.
pub fn packed(values: impl IntoIterator<Item = i64>) -> Vec<u8> {
    let mut list = Message::default();
    values.into_iter().for_each(|value| list.varint(value.cast_unsigned()));
    list.0
}

/// A tensor without its numbers.
pub fn tensor(dims: &[i64], kind: i64) -> Message {
    dims.iter().fold(Message::default(), |tensor, &side| tensor.integer(1, side)).integer(2, kind)
}

/// An attribute.
pub fn integer(name: &str, value: i64) -> Message {
    Message::default().bytes(1, name).integer(3, value).integer(20, 2)
}

pub fn float(name: &str, value: f32) -> Message {
    Message::default().bytes(1, name).float(2, value).integer(20, 1)
}

pub fn text(name: &str, value: &str) -> Message {
    Message::default().bytes(1, name).bytes(4, value).integer(20, 3)
}

pub fn integers(name: &str, values: &[i64]) -> Message {
    let attribute = Message::default().bytes(1, name);
    values.iter().fold(attribute, |attribute, &value| attribute.integer(8, value)).integer(20, 7)
}

pub fn tensor_attribute(name: &str, value: Message) -> Message {
    Message::default().bytes(1, name).message(5, value).integer(20, 4)
}

/// A graph while it is put together.
#[derive(Clone)]
pub struct Graph {
    pub opset: i64,
    nodes: Vec<Message>,
    constants: Vec<Message>,
    inputs: Vec<Message>,
    outputs: Vec<Message>,
}

/// The declaration of a value; a side of 0 is open.
fn declared(name: &str, dims: &[i64], kind: i64) -> Message {
    let side = |&side: &i64| match side {
        0 => Message::default().bytes(2, "N"),
        side => Message::default().integer(1, side),
    };
    let shape = Message::default().each(1, dims, side);
    let kind = Message::default().integer(1, kind).message(2, shape);
    Message::default().bytes(1, name).message(2, Message::default().message(1, kind))
}

impl Graph {
    /// A graph with an input `x` of this shape, in which a side of 0 is open, and an output `y`.
    pub fn new(opset: i64, input: &[i64]) -> Self {
        let (nodes, constants) = (Vec::new(), Vec::new());
        let (inputs, outputs) =
            (vec![declared("x", input, FLOAT)], vec![Message::default().bytes(1, "y")]);
        Self { opset, nodes, constants, inputs, outputs }
    }

    /// The same with an input of this type of numbers.
    pub fn of_type(kind: i64, opset: i64, input: &[i64]) -> Self {
        Self { inputs: vec![declared("x", input, kind)], ..Self::new(opset, input) }
    }

    pub fn input(mut self, name: &str, dims: &[i64]) -> Self {
        self.inputs.push(declared(name, dims, FLOAT));
        self
    }

    pub fn output(mut self, name: &str) -> Self {
        self.outputs.push(Message::default().bytes(1, name));
        self
    }

    pub fn constant(mut self, name: &str, tensor: Message) -> Self {
        self.constants.push(tensor.bytes(8, name));
        self
    }

    /// A node without a name, from values to values, with attributes.
    pub fn node(
        self,
        operator: &str,
        from: &[&str],
        to: &[&str],
        attributes: impl IntoIterator<Item = Message>,
    ) -> Self {
        self.named("", operator, from, to, attributes)
    }

    pub fn named(
        mut self,
        name: &str,
        operator: &str,
        from: &[&str],
        to: &[&str],
        attributes: impl IntoIterator<Item = Message>,
    ) -> Self {
        let node = from.iter().fold(Message::default(), |node, from| node.bytes(1, from));
        let node = to.iter().fold(node, |node, to| node.bytes(2, to));
        let node = if name.is_empty() { node } else { node.bytes(3, name) };
        self.nodes.push(node.bytes(4, operator).each(5, attributes, |attribute| attribute));
        self
    }

    /// The file.
    pub fn file(self) -> Vec<u8> {
        let same = |message| message;
        let graph = Message::default()
            .each(1, self.nodes, same)
            .each(5, self.constants, same)
            .each(11, self.inputs, same)
            .each(12, self.outputs, same);
        let opset = Message::default().bytes(1, "").integer(2, self.opset);
        let file = Message::default().integer(1, 8).bytes(2, "by hand");
        file.message(7, graph).message(8, opset).0
    }
}
