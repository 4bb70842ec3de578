//! Which rows a net was trained with: by their number and a sum, so that others in their place are noticed.

use serde::{Deserialize, Serialize};
use std::fmt::{Display, Formatter};
use switchnet::data::{Batches, Dataset, Dealing, Source, Split, Streamed};

/// The rows of files that a net is trained with and tested on, as they were before they were standardized.
///
/// Two are equal if the rows are, in the same order: their inputs, their values or the names of their classes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rows {
    /// Those to train with, the ones to choose by among them.
    pub train: Part,
    /// Those to test on.
    pub test: Part,
    /// The CRC-32 of what else decides a training: how much each row to train with counts, and what it is dealt by. None
    /// if they count alike and are dealt by class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dealt: Option<u32>,
}

/// Rows that stand for themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// How many there are.
    pub count: usize,
    /// The CRC-32 of their inputs, row by row, and then of their targets.
    pub crc32: u32,
}

impl Rows {
    /// The rows of `raw`, if they come out of files: what is made up or inside the program is always the same.
    pub fn of(source: &Source, raw: &Split<f32>) -> Option<Self> {
        let of_files = matches!(source, Source::Files(_) | Source::Csv { .. });
        of_files.then(|| Self {
            train: Part::of(&raw.train),
            test: Part::of(&raw.test),
            dealt: dealt(&raw.train),
        })
    }

    /// The rows of files that are read in blocks.
    pub fn of_streamed(train: &Streamed<f32>, test: Option<&Streamed<f32>>) -> Self {
        let part = |set: &Streamed<f32>| Part { count: set.rows(), crc32: set.crc32() };
        let none = Part { count: 0, crc32: 0 };
        Self { train: part(train), test: test.map_or(none, part), dealt: None }
    }

    /// Whether a training with these rows is one with the others: what it is tested on has no part in it.
    pub fn train_alike(&self, other: &Self) -> bool {
        self.train == other.train && self.dealt == other.dealt
    }
}

impl Part {
    fn of(set: &Dataset<f32>) -> Self {
        Self { count: set.len(), crc32: set.crc32() }
    }
}

impl Display for Part {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} rows, CRC-32 {:08x}", self.count, self.crc32)
    }
}

/// The sum of weights and of what rows are dealt by.
fn dealt(set: &Dataset<f32>) -> Option<u32> {
    let mut sum = crc32fast::Hasher::new();
    set.weights().into_iter().flatten().for_each(|weight| sum.update(&weight.to_le_bytes()));
    match set.dealing() {
        Dealing::Groups(groups) => {
            groups.iter().for_each(|&g| sum.update(&(g as u64).to_le_bytes()))
        }
        Dealing::Given(held) => held.iter().for_each(|&held| sum.update(&[held.into()])),
        _ if set.weights().is_none() => return None,
        _ => (),
    }
    Some(sum.finalize())
}
