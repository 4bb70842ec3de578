//! The embedded handwritten digits.

use super::dataset::{Dataset, Split, Targets};
use crate::scalar::{Matrix, Scalar};
use flate2::read::GzDecoder;
use std::io::Read;

const FILE: &[u8] = include_bytes!("digits.csv.gz");

/// The first rows of the file, for training; the others are for testing.
const TRAIN: usize = 1437;

/// 1,797 handwritten digits of 8 × 8 pixels from 0 to 16, in 10 classes; the shape is `[1, 8, 8]`.
///
#[doc = include_str!("DIGITS.md")]
pub fn digits<T: Scalar>() -> Split<T> {
    // The file is part of the program and does not change, so what a test has read once cannot fail:
    // lines of 64 pixels and the class, between commas.
    let mut text = String::new();
    GzDecoder::new(FILE).read_to_string(&mut text).expect("the embedded digits are a text");
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let mut numbers = line.split(',').map(|cell| cell.parse::<u8>().expect("a small number"));
        pixels.extend(numbers.by_ref().take(64).map(|v| T::of(v.into())));
        labels.extend(numbers.map(usize::from));
    }
    let inputs = Matrix::from_shape_vec((labels.len(), 64), pixels).expect("64 pixels a line");
    let all =
        Dataset::new("digits", vec![1, 8, 8], inputs, Targets::Classes { labels, classes: 10 })
            .expect("the embedded digits are data");
    let (train, test): (Vec<usize>, Vec<usize>) = (0..all.len()).partition(|&row| row < TRAIN);
    Split { train: all.select(&train), test: all.select(&test) }
}
