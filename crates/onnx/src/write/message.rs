//! Protocol buffers, written: as much of them as an ONNX file needs.

/// The types of numbers that are written.
pub(crate) const FLOAT: i64 = 1;
pub(crate) const INT64: i64 = 7;
pub(crate) const DOUBLE: i64 = 11;

/// A message: its fields so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Message(pub Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    pub(crate) fn integer(mut self, field: u64, value: i64) -> Self {
        self.varint(field << 3);
        self.varint(value.cast_unsigned());
        self
    }

    fn float(mut self, field: u64, value: f32) -> Self {
        self.varint(field << 3 | 5);
        self.0.extend(value.to_le_bytes());
        self
    }

    pub(crate) fn bytes(mut self, field: u64, value: impl AsRef<[u8]>) -> Self {
        self.varint(field << 3 | 2);
        self.varint(value.as_ref().len() as u64);
        self.0.extend(value.as_ref());
        self
    }

    /// One field for each of several messages.
    pub(crate) fn each(self, field: u64, messages: impl IntoIterator<Item = Self>) -> Self {
        messages.into_iter().fold(self, |all, message| all.bytes(field, message.0))
    }
}

/// An entry of a list of texts by name.
pub(crate) fn entry(key: &str, value: &str) -> Message {
    Message::default().bytes(1, key).bytes(2, value)
}

/// A tensor of numbers of this type, least significant byte first.
pub(crate) fn tensor(name: &str, dims: &[usize], kind: i64, raw: &[u8]) -> Message {
    let shape = dims.iter().fold(Message::default(), |all, &side| all.integer(1, side as i64));
    shape.integer(2, kind).bytes(8, name).bytes(9, raw)
}

/// An input or an output of a graph: the first side, that of the batch, is open.
pub(crate) fn declared(name: &str, sides: &[usize], kind: i64) -> Message {
    let batch = Message::default().bytes(2, "N");
    let sides = sides.iter().map(|&side| Message::default().integer(1, side as i64));
    let shape = Message::default().each(1, [batch].into_iter().chain(sides));
    let kind = Message::default().integer(1, kind).bytes(2, shape.0);
    Message::default().bytes(1, name).bytes(2, Message::default().bytes(1, kind.0).0)
}

/// An attribute of a node.
pub(crate) fn integer(name: &str, value: usize) -> Message {
    Message::default().bytes(1, name).integer(3, value as i64).integer(20, 2)
}

pub(crate) fn float(name: &str, value: f32) -> Message {
    Message::default().bytes(1, name).float(2, value).integer(20, 1)
}

pub(crate) fn integers(name: &str, values: &[usize]) -> Message {
    let attribute = Message::default().bytes(1, name);
    let listed = values.iter().fold(attribute, |all, &value| all.integer(8, value as i64));
    listed.integer(20, 7)
}
