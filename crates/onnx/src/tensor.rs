//! Constants: tensors whose numbers are known, lifted from the file to double precision.

use crate::message::{MOST_SIDES, Stored};
use crate::wire::{fixed, integers};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path};
use switchnet::data::half;
use switchnet::{Error, Result};

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tensor {
    pub shape: Vec<usize>,
    pub numbers: Numbers,
}

/// Weights are real, shapes and places whole.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Numbers {
    Real(Vec<f64>),
    Whole(Vec<i64>),
}

impl Numbers {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Real(numbers) => numbers.len(),
            Self::Whole(numbers) => numbers.len(),
        }
    }
}

/// Types of numbers, as files name them.
pub(crate) const BOOL: i64 = 9;
const TYPES: [(i64, &str, usize); 13] = [
    (1, "float32", 4),
    (2, "uint8", 1),
    (3, "int8", 1),
    (4, "uint16", 2),
    (5, "int16", 2),
    (6, "int32", 4),
    (7, "int64", 8),
    (BOOL, "bool", 1),
    (10, "float16", 2),
    (11, "float64", 8),
    (12, "uint32", 4),
    (13, "uint64", 8),
    (16, "bfloat16", 2),
];

/// Whether numbers of this type are real.
pub(crate) fn is_real(kind: i64) -> bool {
    matches!(kind, 1 | 10 | 11 | 16)
}

/// The bytes of a number of this type; what is no type of numbers is refused.
pub(crate) fn width(kind: i64) -> Result<usize> {
    let found = TYPES.iter().find(|(known, ..)| *known == kind);
    found.map(|(.., width)| *width).ok_or_else(|| {
        let known = TYPES.map(|(_, name, _)| name).join(", ");
        let found = match kind {
            8 => "texts".to_owned(),
            other => format!("type {other}"),
        };
        Error::new("type of a tensor", known, found)
    })
}

/// The name of a type that has a width.
pub(crate) fn name(kind: i64) -> &'static str {
    TYPES.iter().find(|(known, ..)| *known == kind).map_or("another", |(_, name, _)| name)
}

/// Whole numbers of a type, of which each must have a place in it.
pub(crate) fn fitting(kind: i64, numbers: Vec<i64>) -> Result<Vec<i64>> {
    let free = 64 - 8 * width(kind)?;
    let range = match name(kind).starts_with('u') {
        true => 0..=(i64::MAX >> free.saturating_sub(1)),
        false => (i64::MIN >> free)..=(i64::MAX >> free),
    };
    match numbers.iter().find(|number| !range.contains(number)) {
        Some(number) => {
            let expected = format_args!("{} to {}", range.start(), range.end());
            Err(Error::new(format_args!("number of type {}", name(kind)), expected, number))
        }
        None => Ok(numbers),
    }
}

/// How many numbers a tensor of this shape has, none of them if a side is zero. Nothing if its other sides are beyond
/// what any product of some of them could be worked out of.
pub(crate) fn count(shape: &[usize]) -> Option<usize> {
    let sides = shape.iter().try_fold(1usize, |count, &side| count.checked_mul(side.max(1)));
    let count = sides.filter(|&sides| sides <= 1 << 40)?;
    Some(if shape.contains(&0) { 0 } else { count })
}

impl Tensor {
    pub(crate) fn real(shape: &[usize], numbers: Vec<f64>) -> Self {
        Self { shape: shape.to_vec(), numbers: Numbers::Real(numbers) }
    }

    pub(crate) fn whole(shape: &[usize], numbers: Vec<i64>) -> Self {
        Self { shape: shape.to_vec(), numbers: Numbers::Whole(numbers) }
    }

    /// A list of whole numbers.
    pub(crate) fn list(numbers: Vec<i64>) -> Self {
        Self::whole(&[numbers.len()], numbers)
    }

    pub(crate) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Its numbers as real ones.
    pub(crate) fn reals(&self) -> Vec<f64> {
        match &self.numbers {
            Numbers::Real(numbers) => numbers.clone(),
            Numbers::Whole(numbers) => numbers.iter().map(|&number| number as f64).collect(),
        }
    }

    /// Its numbers, if they are whole.
    pub(crate) fn integers(&self, what: &str) -> Result<&[i64]> {
        match &self.numbers {
            Numbers::Whole(numbers) => Ok(numbers),
            Numbers::Real(_) => Err(Error::new(what, "whole numbers", "real ones")),
        }
    }

    /// The tensor that `stored` is. External numbers are read from below `folder`.
    pub(crate) fn lift(stored: &Stored<'_>, folder: Option<&Path>) -> Result<Self> {
        let width = width(stored.kind)?;
        let side = |&side: &i64| {
            let known = usize::try_from(side).ok();
            known.ok_or_else(|| Error::new("side of a tensor", "0 or more", side))
        };
        let shape = stored.dims.iter().map(side).collect::<Result<Vec<_>>>()?;
        let size = count(&shape).and_then(|count| count.checked_mul(width));
        let Some(size) = size else {
            let found = format_args!("{shape:?}");
            return Err(Error::new("shape of a tensor", "one that fits into memory", found));
        };
        let outside;
        let raw = match (stored.external, stored.raw) {
            (true, _) => {
                outside = external(&stored.place, size, folder)?;
                Some(&outside[..])
            }
            (false, raw) => raw,
        };
        let numbers = match raw {
            Some(raw) => {
                if raw.len() != size {
                    let expected = format_args!("{size} for the shape {shape:?}");
                    return Err(Error::new("bytes of a tensor", expected, raw.len()));
                }
                of_bytes(stored.kind, raw)?
            }
            None => of_lists(stored)?,
        };
        let found = numbers.len();
        if found * width != size {
            let expected = format_args!("{} for the shape {shape:?}", size / width);
            return Err(Error::new("numbers of a tensor", expected, found));
        }
        Ok(Self { shape, numbers })
    }
}

/// Numbers that stand side by side as bytes.
fn of_bytes(kind: i64, raw: &[u8]) -> Result<Numbers> {
    use Numbers::{Real, Whole};
    Ok(match kind {
        1 => Real(fixed(raw, |b| f64::from(f32::from_le_bytes(b)))?),
        10 => Real(fixed(raw, |b| half(u16::from_le_bytes(b)))?),
        11 => Real(fixed(raw, f64::from_le_bytes)?),
        16 => Real(fixed(raw, |b| brain(u16::from_le_bytes(b)))?),
        2 => Whole(raw.iter().map(|&b| i64::from(b)).collect()),
        3 => Whole(raw.iter().map(|&b| i64::from(b.cast_signed())).collect()),
        4 => Whole(fixed(raw, |b| i64::from(u16::from_le_bytes(b)))?),
        5 => Whole(fixed(raw, |b| i64::from(i16::from_le_bytes(b)))?),
        6 => Whole(fixed(raw, |b| i64::from(i32::from_le_bytes(b)))?),
        7 => Whole(fixed(raw, i64::from_le_bytes)?),
        12 => Whole(fixed(raw, |b| i64::from(u32::from_le_bytes(b)))?),
        13 => Whole(checked(fixed(raw, |b| u64::from_le_bytes(b).cast_signed())?)?),
        _ => Whole(raw.iter().map(|&b| i64::from(b != 0)).collect()),
    })
}

/// Numbers in lists of their kind. Small ones are in that of whole numbers, those of 16 bits as their bits.
fn of_lists(stored: &Stored<'_>) -> Result<Numbers> {
    let real = |pieces: &[&[u8]], of: &dyn Fn(&[u8]) -> Result<Vec<f64>>| -> Result<Numbers> {
        let lists = pieces.iter().map(|piece| of(piece)).collect::<Result<Vec<_>>>()?;
        Ok(Numbers::Real(lists.concat()))
    };
    let all = || -> Result<Vec<i64>> {
        let lists = stored.integers.iter().map(|piece| integers(piece));
        Ok(lists.collect::<Result<Vec<_>>>()?.concat())
    };
    let bits = |of: fn(u16) -> f64| -> Result<Numbers> {
        let bits = all()?.into_iter().map(|bits| match u16::try_from(bits) {
            Ok(bits) => Ok(of(bits)),
            Err(_) => Err(Error::new("number of a tensor", "16 bits", bits)),
        });
        bits.collect::<Result<_>>().map(Numbers::Real)
    };
    match stored.kind {
        1 => real(&stored.floats, &|piece| fixed(piece, |b| f64::from(f32::from_le_bytes(b)))),
        11 => real(&stored.doubles, &|piece| fixed(piece, f64::from_le_bytes)),
        10 => bits(half),
        16 => bits(brain),
        BOOL => Ok(Numbers::Whole(all()?.into_iter().map(|b| i64::from(b != 0)).collect())),
        13 => Ok(Numbers::Whole(checked(all()?)?)),
        kind => Ok(Numbers::Whole(fitting(kind, all()?)?)),
    }
}

/// Refuses unsigned numbers that are too large for signed ones.
fn checked(numbers: Vec<i64>) -> Result<Vec<i64>> {
    match numbers.iter().find(|&&number| number < 0) {
        Some(number) => {
            Err(Error::new("number of a tensor", "less than 2^63", number.cast_unsigned()))
        }
        None => Ok(numbers),
    }
}

/// A number of 16 bits that are the upper half of a `f32`.
fn brain(bits: u16) -> f64 {
    f64::from(f32::from_bits(u32::from(bits) << 16))
}

/// `size` bytes of another file, below the folder of the model.
fn external(place: &[(&str, &str)], size: usize, folder: Option<&Path>) -> Result<Vec<u8>> {
    let of = |key: &str| place.iter().find(|(k, _)| *k == key).map(|(_, value)| *value);
    let number = |key: &str| match of(key) {
        None => Ok(None),
        Some(text) => text.parse::<u64>().map(Some).map_err(|_| {
            Error::new(format_args!("{key} of external data"), "a whole number", text)
        }),
    };
    let location = of("location").unwrap_or_default();
    let relative = Path::new(location);
    let below = relative.components().all(|part| matches!(part, Component::Normal(_)));
    if location.is_empty() || !below {
        let expected = "a path below the folder of the model";
        return Err(Error::new("location of external data", expected, location));
    }
    let Some(folder) = folder else {
        let expected = "a model that is read from a file";
        return Err(Error::new("external data", expected, location));
    };
    let (offset, length) = (number("offset")?.unwrap_or(0), number("length")?);
    if length.is_some_and(|length| length != size as u64) {
        let found = length.unwrap_or_default();
        return Err(Error::new("length of external data", size, found));
    }
    let path = folder.join(relative);
    let failed = |e| Error::io(&path, e);
    let about = std::fs::metadata(&path).map_err(failed)?;
    if !about.is_file() {
        return Err(Error::new("location of external data", "a file", path.display()));
    }
    if offset.checked_add(size as u64).is_none_or(|end| end > about.len()) {
        let expected = format_args!("{size} bytes from {offset} on");
        let found = format_args!("{} bytes in {}", about.len(), path.display());
        return Err(Error::new("external data", expected, found));
    }
    let mut file = File::open(&path).map_err(failed)?;
    file.seek(SeekFrom::Start(offset)).map_err(failed)?;
    let mut bytes = vec![0; size];
    file.read_exact(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// The sides of a shape that a list of whole numbers says.
pub(crate) fn sides(what: &str, numbers: &[i64]) -> Result<Vec<usize>> {
    if numbers.len() > MOST_SIDES {
        return Err(Error::new(what, format_args!("at most {MOST_SIDES} sides"), numbers.len()));
    }
    let side = |&number: &i64| {
        usize::try_from(number).map_err(|_| Error::new(what, "sides of 0 or more", number))
    };
    numbers.iter().map(side).collect()
}
