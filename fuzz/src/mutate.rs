//! Mutants: bytes changed blindly, and values changed inside what JSON, TOML, gzip, PNG, safetensors and protocol buffers
//! wrap around them.

use crate::protobuf;
use flate2::Compression;
use flate2::read::{GzDecoder, ZlibDecoder};
use flate2::write::{GzEncoder, ZlibEncoder};
use rand::RngExt;
use serde_json::{Map, Value};
use std::io::{Read, Write};
use switchnet::random::Generator;

/// What the bytes of a target are, so that a mutant can be one too.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// Bytes, text among them.
    Bytes,
    /// A JSON text.
    Json,
    /// A TOML text.
    Toml,
    /// A gzip file of bytes.
    Gzip,
    /// A PNG file.
    Png,
    /// A safetensors file, whose metadata hold JSON.
    Safetensors,
    /// A protocol buffer.
    Protobuf,
}

/// No mutant is longer.
const LONGEST: usize = 1 << 16;
/// What is packed unfolds to no more: gzip's thousandfold is a matter of the bound on memory.
const UNPACKED: u64 = 1 << 20;

/// What mutants are made of: files that were accepted or got an answer of their own, and words.
#[derive(Debug)]
pub struct Material<'a> {
    /// The files.
    pub corpus: &'a [Vec<u8>],
    /// Words that the format knows.
    pub words: &'a [&'a str],
}

impl Material<'_> {
    pub(crate) fn file(&self, rng: &mut Generator) -> &[u8] {
        &self.corpus[rng.random_range(0..self.corpus.len())]
    }

    pub(crate) fn word(&self, rng: &mut Generator) -> String {
        match pick(rng, self.words) {
            Some(word) if rng.random_range(0..4) > 0 => (*word).to_owned(),
            _ => pick(rng, &WORDS).map(|word| (*word).to_owned()).unwrap_or_default(),
        }
    }
}

pub(crate) fn pick<'a, T>(rng: &mut Generator, from: &'a [T]) -> Option<&'a T> {
    (!from.is_empty()).then(|| &from[rng.random_range(0..from.len())])
}

/// A mutant of one of the files.
pub fn mutant(form: Form, material: &Material<'_>, rng: &mut Generator) -> Vec<u8> {
    let parent = material.file(rng).to_vec();
    let inside = rng.random_range(0..4) > 0;
    let mutant = match form {
        Form::Json if inside => json_text(&parent, material, rng),
        Form::Toml if inside => toml_text(&parent, material, rng),
        Form::Gzip if inside => gzip(&parent, material, rng),
        Form::Png if inside => picture(&parent, material, rng),
        Form::Safetensors if inside => safetensors(&parent, material, rng),
        Form::Protobuf if inside => protobuf::mutant(&parent, material, rng),
        _ => None,
    };
    let mut mutant = mutant.unwrap_or_else(|| bytes(parent, material, rng));
    mutant.truncate(LONGEST);
    mutant
}

/// A few changes of bytes.
pub(crate) fn bytes(mut file: Vec<u8>, material: &Material<'_>, rng: &mut Generator) -> Vec<u8> {
    for _ in 0..several(rng) {
        change(&mut file, material, rng);
    }
    file
}

/// Numbers at which something may change.
pub(crate) const INTERESTING: [u64; 20] = [
    0,
    1,
    2,
    3,
    7,
    8,
    64,
    127,
    128,
    255,
    256,
    0x7FFF,
    0x8000,
    0xFFFF,
    0x1_0000,
    0x7FFF_FFFF,
    0x8000_0000,
    0xFFFF_FFFF,
    i64::MAX as u64,
    u64::MAX,
];

/// Words that no format knows, or many.
const WORDS: [&str; 44] = [
    "0",
    "1",
    "-1",
    "1.5",
    "1e308",
    "-1e308",
    "1e999",
    "5e-324",
    "1e-46",
    "3.5e38",
    "NaN",
    "nan",
    "inf",
    "-inf",
    "infinity",
    "18446744073709551615",
    "18446744073709551616",
    "9223372036854775808",
    "-9223372036854775809",
    "4294967296",
    "1073741825",
    "00",
    "+1",
    "0x10",
    "1_000",
    "true",
    "null",
    "",
    " ",
    "\n",
    "\r\n",
    "\t",
    "\0",
    "\"",
    "'",
    ",",
    "\\",
    "\u{feff}",
    "\u{202e}",
    "\u{85}",
    "\u{1b}[31m",
    "ü",
    "網",
    "🙂",
];

fn change(file: &mut Vec<u8>, material: &Material<'_>, rng: &mut Generator) {
    let place = |rng: &mut Generator, length: usize| rng.random_range(0..=length);
    let span = |rng: &mut Generator, length: usize| {
        let start = rng.random_range(0..=length);
        let most = if rng.random_range(0..4) > 0 { 16 } else { length };
        start..(start + rng.random_range(0..=most)).min(length)
    };
    match rng.random_range(0..13) {
        0 | 1 if !file.is_empty() => {
            let at = rng.random_range(0..file.len());
            file[at] ^= 1 << rng.random_range(0..8);
        }
        2 if !file.is_empty() => {
            let at = rng.random_range(0..file.len());
            file[at] = rng.random();
        }
        3 => file.truncate(place(rng, file.len())),
        4 => drop(file.drain(span(rng, file.len()))),
        5 => {
            let copied = file[span(rng, file.len())].to_vec();
            let at = place(rng, file.len());
            file.splice(at..at, copied);
        }
        6 => {
            let other = material.file(rng);
            let part = other[span(rng, other.len())].to_vec();
            let at = span(rng, file.len());
            file.splice(at, part);
        }
        7 => {
            let other = material.file(rng);
            let (at, from) = (place(rng, file.len()), place(rng, other.len()));
            file.truncate(at);
            file.extend(&other[from..]);
        }
        8 => {
            let value = pick(rng, &INTERESTING).copied().unwrap_or_default();
            let width = 1 << rng.random_range(0..4);
            let bytes = match rng.random() {
                true => value.to_le_bytes()[..width].to_vec(),
                false => value.to_be_bytes()[8 - width..].to_vec(),
            };
            if let Some(last) = file.len().checked_sub(width) {
                let at = rng.random_range(0..=last);
                file[at..at + width].copy_from_slice(&bytes);
            }
        }
        9 => {
            let at = place(rng, file.len());
            file.splice(at..at, material.word(rng).into_bytes());
        }
        10 => {
            let at = span(rng, file.len());
            file.splice(at, material.word(rng).into_bytes());
        }
        _ => number(file, rng),
    }
    file.truncate(LONGEST);
}

/// Another number in the place of one that is written in digits.
fn number(file: &mut Vec<u8>, rng: &mut Generator) {
    let from = rng.random_range(0..=file.len());
    let Some(start) = file[from..].iter().position(u8::is_ascii_digit) else { return };
    let start = from + start;
    let digits = file[start..].iter().take_while(|c| c.is_ascii_digit() || **c == b'.').count();
    let word = WORDS[rng.random_range(0..22)];
    file.splice(start..start + digits, word.bytes());
}

/// A JSON text with other values in it; nothing if the parent is none.
fn json_text(parent: &[u8], material: &Material<'_>, rng: &mut Generator) -> Option<Vec<u8>> {
    let mut value: Value = serde_json::from_slice(parent).ok()?;
    let other = serde_json::from_slice(material.file(rng)).unwrap_or(Value::Null);
    values(&mut value, &other, material, rng);
    serde_json::to_vec(&value).ok()
}

/// A TOML text with other values in it; nothing if the parent is none, or the mutant has what TOML lacks.
fn toml_text(parent: &[u8], material: &Material<'_>, rng: &mut Generator) -> Option<Vec<u8>> {
    let read =
        |file: &[u8]| -> Option<Value> { toml::from_str(std::str::from_utf8(file).ok()?).ok() };
    let mut value = read(parent)?;
    let other = read(material.file(rng)).unwrap_or(Value::Null);
    values(&mut value, &other, material, rng);
    toml::to_string(&value).ok().map(String::into_bytes)
}

/// How many changes are made at once: seldom many, which mostly spoil each other.
pub(crate) fn several(rng: &mut Generator) -> usize {
    [1, 1, 1, 1, 2, 2, 4, 8][rng.random_range(0..8)]
}

/// A few changes of values.
fn values(value: &mut Value, other: &Value, material: &Material<'_>, rng: &mut Generator) {
    for _ in 0..several(rng) {
        let at = rng.random_range(0..nodes(value));
        let donor = node(&mut other.clone(), &mut rng.random_range(0..nodes(other))).take();
        let own = node(&mut value.clone(), &mut rng.random_range(0..nodes(value))).take();
        let mut at = at;
        let chosen = node(value, &mut at);
        *chosen = changed(chosen.take(), if rng.random() { donor } else { own }, material, rng);
    }
}

/// How many values there are in a value, itself among them.
fn nodes(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(nodes).sum::<usize>(),
        Value::Object(fields) => 1 + fields.values().map(nodes).sum::<usize>(),
        _ => 1,
    }
}

/// The value of number `at`, counted from the outermost; `at` is 0 once it is found.
fn node<'a>(value: &'a mut Value, at: &mut usize) -> &'a mut Value {
    if *at == 0 {
        return value;
    }
    *at -= 1;
    let inside: Vec<&mut Value> = match value {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Object(fields) => fields.values_mut().collect(),
        _ => unreachable!("values were counted"),
    };
    for value in inside {
        let count = nodes(value);
        if *at < count {
            return node(value, at);
        }
        *at -= count;
    }
    unreachable!("values were counted")
}

fn changed(value: Value, donor: Value, material: &Material<'_>, rng: &mut Generator) -> Value {
    let word = |rng: &mut Generator| -> Value {
        let word = material.word(rng);
        // A number in digits, or its text.
        match rng.random_range(0..4) {
            0 => word.into(),
            _ => serde_json::from_str(&word).unwrap_or_else(|_| word.into()),
        }
    };
    match value {
        // JSON inside a text.
        Value::String(text) if text.starts_with('{') && rng.random_range(0..8) > 0 => {
            match serde_json::from_str::<Value>(&text) {
                Ok(mut inner) => {
                    values(&mut inner, &donor, material, rng);
                    inner.to_string().into()
                }
                Err(_) => donor,
            }
        }
        Value::Array(mut items) if rng.random_range(0..4) > 0 => {
            let at = rng.random_range(0..=items.len());
            match rng.random_range(0..4) {
                0 => items.insert(at, donor),
                1 if at < items.len() => items.insert(at, items[at].clone()),
                2 if at < items.len() => items.swap(at, 0),
                _ if at < items.len() => drop(items.remove(at)),
                _ => items.push(word(rng)),
            }
            items.into()
        }
        Value::Object(fields) if rng.random_range(0..4) > 0 => {
            let mut fields: Vec<(String, Value)> = fields.into_iter().collect();
            let at = rng.random_range(0..=fields.len());
            match rng.random_range(0..4) {
                0 if at < fields.len() => drop(fields.remove(at)),
                1 if at < fields.len() => fields[at].0 = material.word(rng),
                2 => {
                    let value = word(rng);
                    fields.push((material.word(rng), value));
                }
                _ => fields.push((material.word(rng), donor)),
            }
            Value::Object(Map::from_iter(fields))
        }
        Value::Number(number) => match rng.random_range(0..6) {
            0 => donor,
            1 => number.as_i64().map_or(Value::Null, |n| n.wrapping_neg().into()),
            2 => number.as_i64().map_or(0.into(), |n| n.wrapping_add(1).into()),
            3 => number.as_f64().map_or(Value::Null, |n| (n * 0.5).into()),
            4 => (1u64 << rng.random_range(0..12)).into(),
            _ => word(rng),
        },
        _ => match rng.random_range(0..4) {
            0 => donor,
            1 => Value::Array(vec![value, donor]),
            _ => word(rng),
        },
    }
}

/// Packed mutants of what is packed.
fn gzip(parent: &[u8], material: &Material<'_>, rng: &mut Generator) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    GzDecoder::new(parent).take(UNPACKED).read_to_end(&mut plain).ok()?;
    let plain = bytes(plain, material, rng);
    let mut packed = match rng.random_range(0..16) {
        0 => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(&plain).ok()?;
            encoder.finish().ok()?
        }
        _ => stored(&plain),
    };
    match rng.random_range(0..8) {
        0 => packed.extend(material.file(rng)), // a second member
        1 => packed.truncate(rng.random_range(0..=packed.len())),
        _ => {}
    }
    Some(packed)
}

/// A gzip file of blocks that are not packed, which costs next to nothing.
fn stored(plain: &[u8]) -> Vec<u8> {
    let mut file = vec![0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255];
    let mut rest = plain;
    loop {
        let (block, after) = rest.split_at(rest.len().min(0xFFFF));
        let length = block.len() as u16;
        file.push(u8::from(after.is_empty()));
        file.extend([length.to_le_bytes(), (!length).to_le_bytes()].as_flattened());
        file.extend(block);
        if after.is_empty() {
            break;
        }
        rest = after;
    }
    file.extend(
        [crc32fast::hash(plain).to_le_bytes(), (plain.len() as u32).to_le_bytes()].as_flattened(),
    );
    file
}

/// The beginning of a PNG file.
const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A PNG file with other chunks, whose sums are right.
fn picture(parent: &[u8], material: &Material<'_>, rng: &mut Generator) -> Option<Vec<u8>> {
    let mut chunks = chunks(parent)?;
    let at = rng.random_range(0..chunks.len());
    match rng.random_range(0..8) {
        0 => drop(chunks.remove(at)),
        1 => chunks.insert(at, chunks[at].clone()),
        2 => {
            let mut others = self::chunks(material.file(rng))?;
            let other = rng.random_range(0..others.len());
            chunks.insert(at, others.swap_remove(other));
        }
        3 | 4 => {
            let (_, data) = chunks.iter_mut().find(|(name, _)| name == b"IDAT")?;
            let mut plain = Vec::new();
            ZlibDecoder::new(&data[..]).take(UNPACKED).read_to_end(&mut plain).ok()?;
            let plain = bytes(plain, material, rng);
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(&plain).ok()?;
            *data = encoder.finish().ok()?;
        }
        _ => chunks[at].1 = bytes(std::mem::take(&mut chunks[at].1), material, rng),
    }
    let mut file = SIGNATURE.to_vec();
    for (name, data) in chunks {
        let checked = [&name[..], &data].concat();
        file.extend((data.len() as u32).to_be_bytes());
        file.extend(&checked);
        file.extend(crc32fast::hash(&checked).to_be_bytes());
    }
    Some(file)
}

/// The chunks of a PNG file; nothing if there are none.
fn chunks(file: &[u8]) -> Option<Vec<([u8; 4], Vec<u8>)>> {
    let mut rest = file.strip_prefix(SIGNATURE)?;
    let mut chunks = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk() {
        let (name, after) = after.split_first_chunk()?;
        let (data, after) = after.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        chunks.push((*name, data.to_vec()));
        rest = after.get(4..)?;
    }
    (!chunks.is_empty()).then_some(chunks)
}

/// A safetensors file with another header of the right length.
fn safetensors(parent: &[u8], material: &Material<'_>, rng: &mut Generator) -> Option<Vec<u8>> {
    let (length, rest) = parent.split_first_chunk()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let (header, data) = rest.split_at_checked(length)?;
    let mut header: Value = serde_json::from_slice(header).ok()?;
    // What the texts say is the larger part of what can be wrong.
    match header.get_mut("__metadata__") {
        Some(metadata) if rng.random_range(0..4) > 0 => {
            let donor = metadata.clone();
            values(metadata, &donor, material, rng);
        }
        _ => {
            let donor = header.clone();
            values(&mut header, &donor, material, rng);
        }
    }
    let mut header = serde_json::to_vec(&header).ok()?;
    header.resize(header.len().next_multiple_of(8), b' ');
    let size = (header.len() as u64).to_le_bytes();
    Some([&size[..], &header, data].concat())
}
