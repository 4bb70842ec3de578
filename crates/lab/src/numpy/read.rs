//! `.npy` files that NumPy wrote, as numbers in double precision.
//!
//! What a header says is a claim. It is compared with the bytes that are there before anything is made of it.

use ndarray::{ArrayD, IxDyn, ShapeBuilder};
use std::fmt::Display;
use switchnet::{Error, Result};

/// The most sides that an array may have, as in NumPy.
const SIDES: usize = 64;

/// Of a header that is not understood, so many characters are shown.
const SHOWN: usize = 80;

/// The numbers of a `.npy` file of any shape, in double precision. They may be of every real type that NumPy has
/// everywhere: booleans, integers of 8 to 64 bits with and without sign, floats of 16, 32 and 64 bits, in both orders
/// of bytes.
///
/// # Errors
/// If it is no such file, has more or fewer bytes than its header says, has numbers of another type, or an integer
/// that a double does not hold exactly.
pub fn read(bytes: &[u8]) -> Result<ArrayD<f64>> {
    let (text, numbers) =
        split(bytes).ok_or_else(|| refuse("a header of version 1 to 3", "another beginning"))?;
    let Header { kind, columns_first, shape } = Header::read(text)?;
    let width = kind.width;
    // Sides of zero make an array empty, however long the others are; those have to be lengths all the same.
    let long = shape.iter().filter(|&&side| side > 0).try_fold(width, |n, &s| n.checked_mul(s));
    let claimed = long.map(|bytes| if shape.contains(&0) { 0 } else { bytes });
    if claimed != Some(numbers.len()) {
        let expected = format_args!("as many bytes as the shape {shape:?} has, {width} each");
        return Err(refuse(expected, numbers.len()));
    }
    let values = kind.values(numbers)?;
    let found = values.len();
    ArrayD::from_shape_vec(IxDyn(&shape).set_f(columns_first), values)
        .map_err(|_| refuse(format_args!("as many numbers as the shape {shape:?} has"), found))
}

fn refuse(expected: impl Display, found: impl Display) -> Error {
    Error::new("NumPy file", expected, found)
}

/// The header of a `.npy` file, and what follows.
fn split(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (version, rest) = bytes.strip_prefix(b"\x93NUMPY")?.split_first_chunk()?;
    let (length, rest) = match version {
        [1, _] => {
            rest.split_first_chunk().map(|(b, rest)| (u16::from_le_bytes(*b).into(), rest))?
        }
        [2 | 3, _] => rest.split_first_chunk().map(|(b, rest)| (u32::from_le_bytes(*b), rest))?,
        _ => return None,
    };
    let (header, numbers) = rest.split_at_checked(length as usize)?;
    Some((std::str::from_utf8(header).ok()?, numbers))
}

/// What a header says.
struct Header {
    kind: Kind,
    columns_first: bool,
    shape: Vec<usize>,
}

impl Header {
    fn read(text: &str) -> Result<Self> {
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
            Some((name, _)) => Kind::of(name)?,
            None if descr.starts_with('[') => {
                let hint = "a plain array of numbers, such as one field of this: a['name']";
                return Err(refuse(hint, "a structured array"));
            }
            None => return Err(missing("descr")),
        };
        Ok(Self { kind, columns_first, shape })
    }
}

/// A type of numbers: its letter, its bytes, and which of them comes first.
struct Kind {
    letter: u8,
    width: usize,
    largest_first: bool,
}

impl Kind {
    /// The type that NumPy calls so, such as `<f8`.
    fn of(name: &str) -> Result<Self> {
        let (order, letter, width) = match *name.as_bytes() {
            [order @ (b'<' | b'>' | b'|'), letter, ref width @ ..] => (order, letter, width),
            _ => return Err(Self::unknown(name, "another type")),
        };
        let width = std::str::from_utf8(width).ok().and_then(|width| width.parse().ok());
        let known = match (letter, width) {
            (b'b', Some(1)) | (b'i' | b'u', Some(1 | 2 | 4 | 8)) | (b'f', Some(2 | 4 | 8)) => width,
            _ => None,
        };
        let about = match letter {
            b'c' => {
                let hint = "real numbers, such as those of a.real or abs(a)";
                return Err(refuse(hint, format_args!("complex ones ({})", name.escape_debug())));
            }
            b'f' => "floats of another size",
            b'O' => "Python objects",
            b'S' | b'U' | b'a' => "texts",
            b'V' => "records",
            b'M' | b'm' => "dates or times",
            _ => "another type",
        };
        let width = known.ok_or_else(|| Self::unknown(name, about))?;
        Ok(Self { letter, width, largest_first: order == b'>' })
    }

    fn unknown(name: &str, about: &str) -> Error {
        let name: String = name.chars().take(SHOWN).collect();
        let hint = "numbers, such as those of numpy.save(file, a.astype(float))";
        refuse(hint, format_args!("{about} ({})", name.escape_debug()))
    }

    /// The numbers that these bytes are, which are whole ones.
    fn values(&self, bytes: &[u8]) -> Result<Vec<f64>> {
        let each = bytes.chunks_exact(self.width).map(|number| {
            let mut bits = [0; 8];
            match self.largest_first {
                true => bits.iter_mut().zip(number.iter().rev()).for_each(|(to, &b)| *to = b),
                false => bits[..self.width].copy_from_slice(number),
            }
            u64::from_le_bytes(bits)
        });
        // A number with a sign has it in its own highest bit.
        let unused = 64 - 8 * self.width;
        let signed = |bits: u64| (bits << unused).cast_signed() >> unused;
        Ok(match (self.letter, self.width) {
            (b'f', 8) => each.map(f64::from_bits).collect(),
            (b'f', 4) => each.map(|bits| f32::from_bits(bits as u32).into()).collect(),
            (b'f', _) => each.map(half).collect(),
            (b'b', _) => each.map(|bits| f64::from(u8::from(bits != 0))).collect(),
            (b'u', _) => each.map(|bits| exact(bits.into())).collect::<Result<_>>()?,
            _ => each.map(|bits| exact(signed(bits).into())).collect::<Result<_>>()?,
        })
    }
}

/// A whole number as a double, if it is one.
fn exact(number: i128) -> Result<f64> {
    let double = number as f64;
    if double as i128 == number {
        return Ok(double);
    }
    let hint =
        "whole numbers that a double holds exactly (a.astype(float) rounds those above 2^53)";
    Err(refuse(hint, number))
}

/// The number whose sixteen bits these are: a sign, five bits of exponent, ten of fraction.
fn half(bits: u64) -> f64 {
    let (exponent, fraction) = (bits >> 10 & 0x1F, (bits & 0x3FF) as f64 / 1024.0);
    let size = match exponent {
        0 => fraction * 2f64.powi(-14),
        0x1F if fraction == 0.0 => f64::INFINITY,
        0x1F => f64::NAN,
        _ => (1.0 + fraction) * 2f64.powi(exponent as i32 - 15),
    };
    if bits >> 15 & 1 == 1 { -size } else { size }
}
