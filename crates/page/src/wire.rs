//! What goes in and out: JSON, and arrays behind it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use switchnet::{Error, Result};

/// Arrays begin at multiples of so many bytes.
const ALIGNMENT: usize = 8;

/// What is asked: the fields that a question has no use for stay as they are.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Question {
    /// Which question.
    pub r#do: String,
    /// The net, by its handle.
    pub net: usize,
    /// Switches that are held.
    pub frozen: Vec<Frozen>,
    /// Whether `now` measures the distance to each switch.
    pub distances: bool,
    /// The switch of `neuron`.
    pub layer: usize,
    pub unit: usize,
    /// The window of `slice`: first and last value of the first coordinate, and of the second.
    pub window: Option<[f64; 4]>,
    /// After how many polygons `slice` ends.
    pub limit: Option<usize>,
    /// Whether `slice` has the norm of each map.
    pub norms: bool,
    /// How many steps `adversarial` may take.
    pub steps: Option<usize>,
}

/// A switch that is held open or closed.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Frozen {
    pub layer: usize,
    pub unit: usize,
    pub open: bool,
}

/// The question of a request, and what is behind it: the length of the JSON (four bytes, the lowest first), the JSON, zeros
/// up to a multiple of eight, arrays.
pub fn request(bytes: &[u8]) -> Result<(Question, &[u8])> {
    let cut = || Error::new("request", "as many bytes as it says", bytes.len());
    let (length, rest) = bytes.split_first_chunk().ok_or_else(cut)?;
    let length = u32::from_le_bytes(*length) as usize;
    let json = rest.get(..length).ok_or_else(cut)?;
    let question = serde_json::from_slice(json)
        .map_err(|e| Error::new("request", "the JSON of a question", e))?;
    let start = (4 + length).next_multiple_of(ALIGNMENT);
    Ok((question, bytes.get(start..).unwrap_or(&[])))
}

/// `N` inputs of a net, one behind the other.
pub fn inputs<const N: usize>(tail: &[u8], width: usize) -> Result<[Vec<f64>; N]> {
    let wanted = N * width * size_of::<f64>();
    if tail.len() != wanted {
        let expected = format_args!("{wanted}, of {N} × {width} numbers");
        return Err(Error::new("bytes behind the question", expected, tail.len()));
    }
    let numbers: Vec<f64> = tail.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b)).collect();
    Ok(std::array::from_fn(|i| numbers[i * width..(i + 1) * width].to_vec()))
}

/// An answer that is being made.
#[derive(Default)]
pub struct Answer {
    fields: Map<String, Value>,
    /// Where each array begins behind the JSON, and what it is.
    arrays: Vec<(String, usize, Value)>,
    data: Vec<u8>,
}

impl Answer {
    /// A field.
    pub fn set(&mut self, name: &str, value: impl Serialize) {
        let value = serde_json::to_value(value).expect("plain data");
        self.fields.insert(name.to_owned(), value);
    }

    /// An array of numbers; what is not finite (a distance that there is not) is NaN or infinite there.
    pub fn numbers<'a>(
        &mut self,
        name: &str,
        shape: &[usize],
        numbers: impl IntoIterator<Item = &'a f64>,
    ) {
        self.array(name, "f64", shape, numbers.into_iter().copied().map(f64::to_le_bytes));
    }

    /// An array of whole numbers.
    pub fn places(&mut self, name: &str, shape: &[usize], places: impl IntoIterator<Item = usize>) {
        let place = |place| u32::try_from(place).unwrap_or(u32::MAX).to_le_bytes();
        self.array(name, "u32", shape, places.into_iter().map(place));
    }

    /// An array of zeros and ones.
    pub fn flags(&mut self, name: &str, flags: impl IntoIterator<Item = bool>) {
        let flags: Vec<[u8; 1]> = flags.into_iter().map(|flag| [u8::from(flag)]).collect();
        self.array(name, "u8", &[flags.len()], flags.into_iter());
    }

    fn array<const N: usize>(
        &mut self,
        name: &str,
        kind: &str,
        shape: &[usize],
        each: impl Iterator<Item = [u8; N]>,
    ) {
        self.data.resize(self.data.len().next_multiple_of(ALIGNMENT), 0);
        self.arrays.push((
            name.to_owned(),
            self.data.len(),
            json!({ "kind": kind, "shape": shape }),
        ));
        each.for_each(|bytes| self.data.extend_from_slice(&bytes));
    }

    /// The bytes: the length of all, the length of the JSON, the JSON, zeros up to a multiple of eight, the arrays. The JSON
    /// says where each array begins.
    pub fn finish(mut self) -> Vec<u8> {
        let mut start = 0;
        loop {
            for (name, at, described) in &self.arrays {
                let mut described = described.clone();
                described["at"] = json!(start + at);
                self.fields.insert(name.clone(), described);
            }
            let text = json!({ "ok": &self.fields }).to_string();
            // Larger places have more digits.
            let end = (8 + text.len()).next_multiple_of(ALIGNMENT);
            if end <= start || self.arrays.is_empty() {
                return joined(&text, start.max(end), &self.data);
            }
            start = end;
        }
    }
}

/// The answer that says what is wrong, in a line.
pub fn failure(error: &Error) -> Vec<u8> {
    let text = json!({ "error": error.to_string() }).to_string();
    joined(&text, 8 + text.len(), &[])
}

fn joined(text: &str, start: usize, data: &[u8]) -> Vec<u8> {
    let whole = start + data.len();
    let mut all = Vec::with_capacity(whole);
    for length in [whole, text.len()] {
        all.extend(u32::try_from(length).expect("an answer of less than 4 GiB").to_le_bytes());
    }
    all.extend(text.as_bytes());
    all.resize(start, 0);
    all.extend(data);
    all
}
