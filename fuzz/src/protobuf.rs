//! Mutants of protocol buffers: fields changed, taken out, doubled and exchanged inside, all lengths right again.

use crate::mutate::{INTERESTING, Material, bytes, pick, several};
use rand::RngExt;
use switchnet::random::Generator;

/// A field: its tag, and its value without the length.
#[derive(Clone)]
struct Field {
    tag: u64,
    value: Vec<u8>,
}

/// The number of seven bits a byte that `rest` begins with, which is taken off.
fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for i in 0..10 {
        let (&byte, behind) = rest.split_first()?;
        *rest = behind;
        value |= u64::from(byte & 0x7F).checked_shl(7 * i)?;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

fn append(file: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        file.push(value as u8 | 0x80);
        value >>= 7;
    }
    file.push(value as u8);
}

/// The fields of a message; nothing if it is none.
fn fields(mut rest: &[u8]) -> Option<Vec<Field>> {
    let mut all = Vec::new();
    while !rest.is_empty() {
        let tag = varint(&mut rest)?;
        let length = match tag & 7 {
            0 => {
                let before = rest;
                varint(&mut rest)?;
                let value = before[..before.len() - rest.len()].to_vec();
                all.push(Field { tag, value });
                continue;
            }
            1 => 8,
            2 => usize::try_from(varint(&mut rest)?).ok()?,
            5 => 4,
            _ => return None,
        };
        let (value, behind) = rest.split_at_checked(length)?;
        rest = behind;
        all.push(Field { tag, value: value.to_vec() });
    }
    Some(all)
}

fn written(all: &[Field]) -> Vec<u8> {
    let mut file = Vec::new();
    for Field { tag, value } in all {
        append(&mut file, *tag);
        if tag & 7 == 2 {
            append(&mut file, value.len() as u64);
        }
        file.extend(value);
    }
    file
}

/// How the field begins that an ONNX file of ours ends with: a sum over all before it.
const SUM: &[u8] = b"\x0a\x0fswitchnet.crc32\x12\x08";

/// Makes the sum right again, if there is one.
fn seal(message: &mut Vec<Field>) {
    let Some(at) = message.iter().position(|field| field.value.starts_with(SUM)) else { return };
    let tag = message.remove(at).tag;
    let sum = format!("{:08x}", crc32fast::hash(&written(message)));
    message.push(Field { tag, value: [SUM, sum.as_bytes()].concat() });
}

/// A file with other fields in it; nothing if the parent is no protocol buffer.
pub(crate) fn mutant(
    parent: &[u8],
    material: &Material<'_>,
    rng: &mut Generator,
) -> Option<Vec<u8>> {
    let mut file = parent.to_vec();
    for _ in 0..several(rng) {
        let donor = fields(material.file(rng)).unwrap_or_default();
        let mut message = fields(&file)?;
        change(&mut message, &donor, material, rng);
        if rng.random() {
            seal(&mut message);
        }
        file = written(&message);
    }
    Some(file)
}

/// One change of a message, or of one inside of it, where one of the same field of `donor` may come in.
fn change(message: &mut Vec<Field>, donor: &[Field], material: &Material<'_>, rng: &mut Generator) {
    if message.is_empty() {
        message.extend(pick(rng, donor).cloned());
        return;
    }
    let at = rng.random_range(0..message.len());
    let tag = message[at].tag;
    // Mostly what is inside.
    if tag & 7 == 2
        && rng.random_range(0..8) > 0
        && let Some(mut inside) = fields(&message[at].value).filter(|inside| !inside.is_empty())
    {
        let alike: Vec<&Field> = donor.iter().filter(|field| field.tag == tag).collect();
        let other = pick(rng, &alike).and_then(|field| fields(&field.value)).unwrap_or_default();
        change(&mut inside, &other, material, rng);
        message[at].value = written(&inside);
        return;
    }
    match rng.random_range(0..8) {
        0 => drop(message.remove(at)),
        1 => message.insert(at, message[at].clone()),
        2 => {
            let other = rng.random_range(0..message.len());
            message.swap(at, other);
        }
        3 => {
            // The value of another of the same field.
            let alike: Vec<&Field> = donor.iter().filter(|field| field.tag == tag).collect();
            if let Some(other) = pick(rng, &alike) {
                message[at] = (*other).clone();
            }
        }
        4 => message.extend(pick(rng, donor).cloned()),
        _ => {
            let value = &mut message[at].value;
            match tag & 7 {
                0 => {
                    value.clear();
                    let number = pick(rng, &INTERESTING).copied().unwrap_or_default();
                    append(value, if rng.random() { number } else { number.wrapping_neg() });
                }
                2 if rng.random() => *value = material.word(rng).into_bytes(),
                2 => *value = bytes(std::mem::take(value), material, rng),
                _ => {
                    let place = rng.random_range(0..value.len());
                    value[place] ^= 1 << rng.random_range(0..8);
                }
            }
        }
    }
}
