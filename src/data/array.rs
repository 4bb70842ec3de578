//! An array as a file holds it: bytes, and what they are.

use crate::error::{Error, Result};
use crate::scalar::Scalar;
use ndarray::{ArrayD, IxDyn, ShapeBuilder};
use std::fmt::Display;
use std::io::Read;

/// A type of elements, as NumPy's letter and width: of `b` booleans, `i` and `u` whole numbers, `f` floats, of `S` texts
/// in bytes and `U` texts of four bytes a character.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Kind {
    pub letter: u8,
    /// Bytes of one element.
    pub width: usize,
    pub largest_first: bool,
}

/// Elements whose bytes are as many as `kind` and `shape` say.
#[derive(Debug)]
pub(super) struct Array {
    kind: Kind,
    columns_first: bool,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

/// What one sample is said to be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Label {
    Whole(i64),
    Text(String),
}

impl Display for Label {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Whole(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

impl Array {
    /// Reads the elements, which are what is left of a file. The claim of its header takes no memory by itself: the file
    /// is read as far as it goes. If it is `stated` how many bytes are left, this is compared before anything is read.
    ///
    /// `unreadable` makes an error of one in reading, `refuse` of what was found instead of so many bytes.
    pub fn read(
        mut file: impl Read,
        kind: Kind,
        columns_first: bool,
        shape: Vec<usize>,
        stated: Option<u64>,
        unreadable: impl Fn(std::io::Error) -> Error,
        refuse: impl Fn(&[usize], &dyn Display) -> Error,
    ) -> Result<Self> {
        // Sides of zero make an array empty, however long the others are; those have to be lengths all the same.
        let sides = shape.iter().filter(|&&side| side > 0);
        let length = sides.copied().try_fold(kind.width, usize::checked_mul);
        let length = length.ok_or_else(|| refuse(&shape, &"more than fits into memory"))?;
        let length = if shape.contains(&0) { 0 } else { length };
        if let Some(stated) = stated.filter(|&stated| stated != length as u64) {
            return Err(refuse(&shape, &stated));
        }
        // One byte more shows what is too long, and makes a decoder verify its checksum.
        let mut bytes = Vec::new();
        let limit = (length as u64).saturating_add(1);
        file.by_ref().take(limit).read_to_end(&mut bytes).map_err(unreadable)?;
        match bytes.len() {
            found if found < length => Err(refuse(&shape, &found)),
            found if found > length => Err(refuse(&shape, &"more")),
            _ => Ok(Self { kind, columns_first, shape, bytes }),
        }
    }

    /// Rows that were read of a larger array: `bytes` are those of `shape`.
    pub fn of(kind: Kind, shape: Vec<usize>, bytes: Vec<u8>) -> Self {
        Self { kind, columns_first: false, shape, bytes }
    }

    /// Appends the numbers of a row.
    pub fn append_row<T: Scalar>(&self, row: usize, to: &mut Vec<T>) -> Result<()> {
        let bytes = self.kind.width * self.shape[1..].iter().product::<usize>();
        self.kind.append(&self.bytes[row * bytes..][..bytes], to)
    }

    /// Its memory, to be used again.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The bytes of a row, if each is a number without a sign.
    pub fn row_of_bytes(&self, row: usize) -> Option<&[u8]> {
        let columns = self.shape[1..].iter().product::<usize>();
        let plain = self.kind.letter == b'u' && self.kind.width == 1;
        plain.then(|| &self.bytes[row * columns..][..columns])
    }

    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Whether the elements are whole numbers, booleans or texts, which name classes.
    pub fn names_classes(&self) -> bool {
        self.kind.letter != b'f'
    }

    /// The elements as numbers, the last side fastest.
    pub fn numbers<T: Scalar>(&self) -> Result<ArrayD<T>> {
        let mut values = Vec::with_capacity(self.bytes.len() / self.kind.width);
        self.kind.append(&self.bytes, &mut values)?;
        let shape = IxDyn(&self.shape).set_f(self.columns_first);
        let array = ArrayD::from_shape_vec(shape, values);
        let array = array.map_err(|_| Error::new("sides", "an array in memory", "too many"))?;
        Ok(if self.columns_first { array.as_standard_layout().into_owned() } else { array })
    }

    /// The label of a row of one element.
    pub fn label(&self, row: usize) -> Result<Label> {
        let element = &self.bytes[row * self.kind.width..][..self.kind.width];
        match self.kind.letter {
            b'U' | b'S' => self.text(element),
            _ => {
                let mut number: Vec<f64> = Vec::with_capacity(1);
                self.kind.append(element, &mut number)?;
                Ok(Label::Whole(number[0] as i64))
            }
        }
    }

    /// The elements as the labels of samples, one each: whole numbers, or texts.
    pub fn labels(&self) -> Result<Vec<Label>> {
        match self.kind.letter {
            b'U' | b'S' => self.elements().map(|element| self.text(element)).collect(),
            b'f' => Err(Error::new("labels", "whole numbers or texts", self.kind.name())),
            _ => {
                let numbers = self.numbers::<f64>()?;
                Ok(numbers.iter().map(|&number| Label::Whole(number as i64)).collect())
            }
        }
    }

    fn elements(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes.chunks_exact(self.kind.width)
    }

    /// A text, which ends before the zeros at its end.
    fn text(&self, element: &[u8]) -> Result<Label> {
        let text = if self.kind.letter == b'S' {
            std::str::from_utf8(element).ok().map(str::to_owned)
        } else {
            let character = |bytes: &[u8]| char::from_u32(self.kind.bits(bytes) as u32);
            element.chunks_exact(4).map(character).collect()
        };
        match text {
            Some(text) => Ok(Label::Text(text.trim_end_matches('\0').to_owned())),
            None => Err(Error::new("labels", "texts in Unicode", "other bytes")),
        }
    }
}

impl Kind {
    /// Appends the numbers that these bytes are.
    pub fn append<T: Scalar>(&self, bytes: &[u8], to: &mut Vec<T>) -> Result<()> {
        let Self { letter, width, largest_first } = *self;
        // A number with a sign has it in its own highest bit.
        let unused = 64 - 8 * width.min(8);
        let signed = |bits: u64| (bits << unused).cast_signed() >> unused;
        let each = || bytes.chunks_exact(width).map(|element| self.bits(element));
        match (letter, width) {
            // Most large files are of these.
            (b'u', 1) => to.extend(bytes.iter().map(|&byte| T::of(byte.into()))),
            (b'f', 4) if !largest_first => {
                let numbers = bytes.as_chunks().0.iter().map(|&four| f32::from_le_bytes(four));
                to.extend(numbers.map(|number| T::of(number.into())));
            }
            (b'f', 8) => to.extend(each().map(|bits| T::of(f64::from_bits(bits)))),
            (b'f', 4) => to.extend(each().map(|bits| T::of(f32::from_bits(bits as u32).into()))),
            (b'f', _) => to.extend(each().map(|bits| T::of(half(bits as u16)))),
            (b'b', _) => to.extend(each().map(|bits| T::of(f64::from(u8::from(bits != 0))))),
            (b'u', _) => {
                for bits in each() {
                    to.push(exact(bits.into())?);
                }
            }
            (b'i', _) => {
                for bits in each() {
                    to.push(exact(signed(bits).into())?);
                }
            }
            _ => {
                let hint = "numbers, such as those of a.astype(float)";
                return Err(Error::new("elements", hint, format!("texts ({})", self.name())));
            }
        }
        Ok(())
    }

    /// The bits of a number of at most 8 bytes.
    fn bits(&self, element: &[u8]) -> u64 {
        let mut bits = [0; 8];
        match self.largest_first {
            true => bits.iter_mut().zip(element.iter().rev()).for_each(|(to, &b)| *to = b),
            false => bits[..element.len()].copy_from_slice(element),
        }
        u64::from_le_bytes(bits)
    }

    /// NumPy's name of the type, without the order of bytes.
    pub fn name(&self) -> String {
        let unit = if self.letter == b'U' { 4 } else { 1 };
        format!("{}{}", char::from(self.letter), self.width / unit)
    }
}

/// A whole number, if a double is exactly that; then rounded to `T`.
fn exact<T: Scalar>(number: i128) -> Result<T> {
    let double = number as f64;
    if double as i128 == number {
        return Ok(T::of(double));
    }
    let hint =
        "whole numbers that a double holds exactly (a.astype(float) rounds those above 2^53)";
    Err(Error::new("elements", hint, number))
}

/// The number of half precision whose sixteen bits these are: a sign, five bits of exponent, ten of fraction.
///
/// ```
/// use switchnet::data::half;
/// assert_eq!([0x3E00, 0xFC00, 1].map(half), [1.5, f64::NEG_INFINITY, 2f64.powi(-24)]);
/// ```
pub fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (bits >> 10 & 0x1F, f64::from(bits & 0x3FF) / 1024.0);
    let size = match exponent {
        0 => fraction * 2f64.powi(-14),
        0x1F if fraction == 0.0 => f64::INFINITY,
        0x1F => f64::NAN,
        _ => (1.0 + fraction) * 2f64.powi(i32::from(exponent) - 15),
    };
    if bits >> 15 == 1 { -size } else { size }
}
