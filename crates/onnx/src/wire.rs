//! The wire format of protocol buffers: numbered fields, read one after the other without a copy.

use switchnet::{Error, Result};

/// One field of a message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field<'a> {
    /// Its number, which says what it is.
    pub number: u64,
    kind: Kind,
    /// The bytes of its value: of a text or a message what is in it, of a number the number.
    bytes: &'a [u8],
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    Varint,
    Fixed32,
    Fixed64,
    Length,
}

/// The fields of a message in their order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(crate) fn new(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    fn field(&mut self) -> Result<Field<'a>> {
        let (tag, _) = self.varint()?;
        let (number, kind) = (tag >> 3, tag & 7);
        let (kind, bytes) = match kind {
            0 => (Kind::Varint, self.varint()?.1),
            1 => (Kind::Fixed64, self.take(8)?),
            2 => {
                let (length, _) = self.varint()?;
                (Kind::Length, self.take(usize::try_from(length).unwrap_or(usize::MAX))?)
            }
            5 => (Kind::Fixed32, self.take(4)?),
            other => {
                let what = format_args!("wire type of field {number}");
                return Err(Error::new(what, "0, 1, 2 or 5", other));
            }
        };
        Ok(Field { number, kind, bytes })
    }

    /// A number of seven bits a byte, and its bytes.
    fn varint(&mut self) -> Result<(u64, &'a [u8])> {
        let mut value = 0;
        for (i, &byte) in self.rest.iter().take(10).enumerate() {
            let bits = u64::from(byte & 0x7F);
            // The tenth byte has room for one bit.
            if i == 9 && bits > 1 {
                break;
            }
            value |= bits << (7 * i);
            if byte < 0x80 {
                return Ok((value, self.take(i + 1)?));
            }
        }
        let expected = "a whole number of at most 64 bits";
        Err(Error::new("protocol buffer", expected, format_args!("{} bytes", self.rest.len())))
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let Some((bytes, rest)) = self.rest.split_at_checked(count) else {
            let expected = format_args!("{count} more bytes");
            return Err(Error::new("protocol buffer", expected, self.rest.len()));
        };
        self.rest = rest;
        Ok(bytes)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.rest = &[]; // nothing behind it can be told
        }
        Some(field)
    }
}

impl<'a> Field<'a> {
    /// The bytes of a text, a message or a list.
    pub(crate) fn bytes(&self) -> Result<&'a [u8]> {
        self.of(Kind::Length)
    }

    pub(crate) fn message(&self) -> Result<Fields<'a>> {
        self.bytes().map(Fields::new)
    }

    pub(crate) fn text(&self) -> Result<&'a str> {
        let bytes = self.bytes()?;
        std::str::from_utf8(bytes)
            .map_err(|e| Error::new(format_args!("text of field {}", self.number), "UTF-8", e))
    }

    pub(crate) fn integer(&self) -> Result<i64> {
        let mut fields = Fields::new(self.of(Kind::Varint)?);
        fields.varint().map(|(value, _)| value.cast_signed())
    }

    pub(crate) fn float(&self) -> Result<f32> {
        let bytes = self.of(Kind::Fixed32)?;
        Ok(bytes.first_chunk().map_or(0.0, |bytes| f32::from_le_bytes(*bytes)))
    }

    /// The bytes of numbers of this kind: several in a list, or one.
    pub(crate) fn numbers(&self, kind: Kind) -> Result<&'a [u8]> {
        if self.kind == Kind::Length { Ok(self.bytes) } else { self.of(kind) }
    }

    fn of(&self, kind: Kind) -> Result<&'a [u8]> {
        if self.kind == kind {
            return Ok(self.bytes);
        }
        let what = format_args!("kind of field {}", self.number);
        Err(Error::new(what, format_args!("{kind:?}"), format_args!("{:?}", self.kind)))
    }
}

/// The whole numbers of a list.
pub(crate) fn integers(bytes: &[u8]) -> Result<Vec<i64>> {
    let mut fields = Fields::new(bytes);
    let mut all = Vec::new();
    while !fields.rest.is_empty() {
        all.push(fields.varint()?.0.cast_signed());
    }
    Ok(all)
}

/// The numbers of a list of `N` bytes each.
pub(crate) fn fixed<const N: usize, T>(bytes: &[u8], of: fn([u8; N]) -> T) -> Result<Vec<T>> {
    let (whole, rest) = bytes.as_chunks();
    if !rest.is_empty() {
        let expected = format_args!("numbers of {N} bytes");
        return Err(Error::new("list of numbers", expected, format_args!("{} bytes", bytes.len())));
    }
    Ok(whole.iter().map(|bytes| of(*bytes)).collect())
}
