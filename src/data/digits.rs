//! The embedded handwritten digits.

use super::csv::{CsvOptions, Header, parse};
use super::dataset::Split;
use crate::scalar::Scalar;
use flate2::read::GzDecoder;
use std::path::Path;

const FILE: &[u8] = include_bytes!("digits.csv.gz");

/// The first rows of the file, for training; the others are for testing.
const TRAIN: usize = 1437;

/// 1,797 handwritten digits of 8 × 8 pixels from 0 to 16, in 10 classes; the shape is `[1, 8, 8]`.
///
#[doc = include_str!("DIGITS.md")]
pub fn digits<T: Scalar>() -> Split<T> {
    // The file is part of the program and does not change, so what a test has read once
    // cannot fail.
    let options = CsvOptions { header: Header::No, ..CsvOptions::default() };
    let all = parse(GzDecoder::new(FILE), Path::new("digits.csv.gz"), &options)
        .expect("the embedded digits are a CSV file")
        .shaped(vec![1, 8, 8]);
    let (train, test): (Vec<usize>, Vec<usize>) = (0..all.len()).partition(|&row| row < TRAIN);
    Split { train: all.select(&train), test: all.select(&test) }
}
