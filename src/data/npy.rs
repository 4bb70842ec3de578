//! `.npy` files, NumPy's format of one array.
//!
//! What a header says is a claim. It is compared with the bytes that are there before anything is made of it.

use super::array::{Array, Kind};
use crate::error::{Error, Result};
use crate::scalar::Scalar;
use ndarray::ArrayD;
use std::fmt::Display;
use std::io::Read;

/// What every `.npy` file begins with.
pub(super) const MAGIC: &[u8] = b"\x93NUMPY";

/// The most sides that an array may have, as in NumPy.
const SIDES: usize = 64;

/// Of a header that is not understood, so many characters are shown.
const SHOWN: usize = 80;

/// The numbers of a `.npy` file of any shape, the last side fastest. They may be of every real type that NumPy has
/// everywhere: booleans, integers of 8 to 64 bits with and without sign, floats of 16, 32 and 64 bits, in both orders
/// of bytes and of sides. Each becomes the nearest `T`.
///
/// ```
/// let header = b"{'descr': '<i2', 'fortran_order': False, 'shape': (1, 2), }\n";
/// let mut file = b"\x93NUMPY\x01\x00".to_vec();
/// file.extend([header.len() as u8, 0]);
/// file.extend(header);
/// file.extend([1, 0, 0xFF, 0xFF]);
/// let array = switchnet::data::read_npy::<f64>(file.as_slice())?;
/// assert_eq!(array, ndarray::array![[1.0, -1.0]].into_dyn());
/// # Ok::<(), switchnet::Error>(())
/// ```
///
/// # Errors
/// If it is no such file, has more or fewer bytes than its header says, has elements of another type, or an integer
/// that a double does not hold exactly.
pub fn read_npy<T: Scalar>(file: impl Read) -> Result<ArrayD<T>> {
    read(file, None)?.numbers().map_err(|error| error.at("NumPy file"))
}

/// The array of a `.npy` file, of numbers or of texts, that is `stated` to have so many bytes.
pub(super) fn read(mut file: impl Read, stated: Option<usize>) -> Result<Array> {
    let Header { kind, columns_first, shape, before } = Header::read(&mut file)?;
    let left = stated.map(|stated| (stated as u64).saturating_sub(before));
    Array::read(file, kind, columns_first, shape, left, unreadable, |shape, found| {
        let width = kind.width;
        refuse(format_args!("as many bytes as the shape {shape:?} has, {width} each"), found)
    })
}

fn unreadable(error: std::io::Error) -> Error {
    refuse("an undamaged file", error)
}

fn refuse(expected: impl Display, found: impl Display) -> Error {
    Error::new("NumPy file", expected, found)
}

/// What stands before the numbers.
pub(super) struct Header {
    pub kind: Kind,
    pub columns_first: bool,
    pub shape: Vec<usize>,
    /// The bytes of all that stands before them.
    pub before: u64,
}

impl Header {
    /// Reads what a file begins with.
    pub fn read(mut file: impl Read) -> Result<Self> {
        // Reads as far as the file goes.
        let mut next = |limit: u64| {
            let mut bytes = Vec::new();
            file.by_ref().take(limit).read_to_end(&mut bytes).map_err(unreadable)?;
            Ok::<_, Error>(bytes)
        };
        let other = || refuse("a header of version 1 to 3", "another beginning");
        let start = next(8)?;
        let length = match start.strip_prefix(MAGIC) {
            Some([1, _]) => next(2)?,
            Some([2 | 3, _]) => next(4)?,
            _ => return Err(other()),
        };
        let length = length.iter().rev().fold(0, |length, &byte| length << 8 | u64::from(byte));
        let text = next(length)?;
        let text =
            (text.len() as u64 == length).then_some(text).and_then(|t| String::from_utf8(t).ok());
        // The first bytes, the length of the header and the header.
        let before = 8 + if start[6] == 1 { 2 } else { 4 } + length;
        Self::of(&text.ok_or_else(other)?, before)
    }

    fn of(text: &str, before: u64) -> Result<Self> {
        let value = |key: &str| -> Option<&str> {
            let (_, rest) = text.split_once(&format!("'{key}':"))?;
            Some(rest.trim_start())
        };
        let missing = |key: &str| {
            let start: String = text.trim().chars().take(SHOWN).collect();
            refuse(format_args!("a header with {key}"), start.escape_debug())
        };
        let descr = value("descr").ok_or_else(|| missing("descr"))?;
        let columns_first = match value("fortran_order") {
            Some(order) if order.starts_with("True") => true,
            Some(order) if order.starts_with("False") => false,
            _ => return Err(missing("fortran_order")),
        };
        let sides = value("shape").and_then(|v| v.strip_prefix('(')?.split_once(')'));
        let (sides, _) = sides.ok_or_else(|| missing("shape"))?;
        let sides = sides.split(',').map(str::trim).filter(|side| !side.is_empty());
        let shape: Vec<usize> =
            sides.map(str::parse).collect::<Result<_, _>>().map_err(|_| missing("shape"))?;
        if shape.len() > SIDES {
            return Err(refuse(format_args!("at most {SIDES} sides"), shape.len()));
        }
        let name = descr.strip_prefix('\'').and_then(|rest| rest.split_once('\''));
        let kind = match name {
            Some((name, _)) => kind(name)?,
            None if descr.starts_with('[') => {
                let hint = "a plain array of numbers, such as one field of this: a['name']";
                return Err(refuse(hint, "a structured array"));
            }
            None => return Err(missing("descr")),
        };
        Ok(Self { kind, columns_first, shape, before })
    }
}

/// The type that NumPy calls so, such as `<f8`.
pub(super) fn kind(name: &str) -> Result<Kind> {
    let unknown = |about: &str| {
        let name: String = name.chars().take(SHOWN).collect();
        let hint = "numbers, such as those of numpy.save(file, a.astype(float))";
        refuse(hint, format_args!("{about} ({})", name.escape_debug()))
    };
    let (order, letter, width) = match *name.as_bytes() {
        [order @ (b'<' | b'>' | b'|'), letter, ref width @ ..] => (order, letter, width),
        _ => return Err(unknown("another type")),
    };
    let width: Option<usize> = std::str::from_utf8(width).ok().and_then(|w| w.parse().ok());
    let width = match (letter, width) {
        (b'b', Some(1)) | (b'i' | b'u', Some(1 | 2 | 4 | 8)) | (b'f', Some(2 | 4 | 8)) => width,
        (b'S', Some(1..)) => width,
        (b'U', Some(characters @ 1..)) => characters.checked_mul(4),
        _ => None,
    };
    let about = match letter {
        b'c' => {
            let hint = "real numbers, such as those of a.real or abs(a)";
            return Err(refuse(hint, format_args!("complex ones ({})", name.escape_debug())));
        }
        b'f' => "floats of another size",
        b'O' => "Python objects",
        b'S' | b'U' => "texts without characters",
        b'V' => "records",
        b'M' | b'm' => "dates or times",
        _ => "another type",
    };
    let width = width.ok_or_else(|| unknown(about))?;
    Ok(Kind { letter, width, largest_first: order == b'>' })
}
