//! The patterns of many inputs, a bit for each switch.

use crate::analysis::pattern;
use crate::analysis::pattern::settle;
use crate::error::{Error, Result};
use crate::layer::Layer;
use crate::net::{chunk_rows, map_chunks};
use crate::scalar::{Matrix, Scalar};
use ndarray::{ArrayView2, s};
use std::collections::HashMap;
use std::ops::Range;

/// Which switches each input opens. Each layer begins at a new word, so counts by layer are sums over words.
#[derive(Clone, Debug)]
pub(in crate::analysis) struct Bits {
    /// How many inputs.
    pub inputs: usize,
    /// How many switches each layer has, first layer first.
    pub layers: Vec<usize>,
    /// All words, input by input.
    words: Vec<u64>,
    /// How many words an input has.
    each: usize,
    /// For each input, how many switches are on the boundary; they count as closed.
    pub boundary: Vec<usize>,
}

impl Bits {
    /// The patterns of `net` at each row of `x`, which has at least one, on all threads.
    ///
    /// # Errors
    /// If a switch is not a number at some input.
    pub fn of<T: Scalar>(net: &dyn Layer<T>, x: ArrayView2<'_, T>) -> Result<Self> {
        let parts = map_chunks(x.nrows(), chunk_rows(net), |rows| {
            pack(&settle::values_at(net, x.slice(s![rows.clone(), ..])), rows.len())
        });
        let parts: Vec<Packed> = parts.into_iter().collect::<Result<_>>()?;
        let layers = parts[0].layers.clone();
        Ok(Self {
            inputs: x.nrows(),
            each: layers.iter().map(|n| n.div_ceil(WORD)).sum(),
            layers,
            words: parts.iter().flat_map(|part| &part.words).copied().collect(),
            boundary: parts.iter().flat_map(|part| &part.boundary).copied().collect(),
        })
    }

    /// All words, input by input.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// The patterns of so many inputs with these words, of the same net. What is on a boundary is not known.
    pub fn with_words(self, words: Vec<u64>, inputs: usize) -> Self {
        assert_eq!(words.len(), inputs * self.each, "words of the patterns of {inputs} inputs");
        Self { inputs, words, boundary: Vec::new(), ..self }
    }

    /// The words of one input.
    pub fn row(&self, input: usize) -> &[u64] {
        &self.words[input * self.each..(input + 1) * self.each]
    }

    /// Where the words of each layer are.
    pub fn spans(&self) -> Vec<Range<usize>> {
        let mut from = 0;
        let mut next = |n: &usize| {
            from += n.div_ceil(WORD);
            from - n.div_ceil(WORD)..from
        };
        self.layers.iter().map(&mut next).collect()
    }

    /// In how many switches two inputs differ.
    pub fn distance(&self, i: usize, j: usize) -> usize {
        differences(self.row(i), self.row(j))
    }

    /// How many of the given inputs open each switch, layer by layer.
    pub fn counts(&self, inputs: impl Iterator<Item = usize>) -> Vec<Vec<usize>> {
        let mut counts: Vec<Vec<usize>> = self.layers.iter().map(|&n| vec![0; n]).collect();
        let spans = self.spans();
        for input in inputs {
            let row = self.row(input);
            for (counts, span) in counts.iter_mut().zip(&spans) {
                for (counts, word) in counts.chunks_mut(WORD).zip(&row[span.clone()]) {
                    for (bit, count) in counts.iter_mut().enumerate() {
                        *count += (word >> bit & 1) as usize;
                    }
                }
            }
        }
        counts
    }

    /// The part of the given inputs that open each switch, layer by layer.
    pub fn rates(&self, inputs: impl ExactSizeIterator<Item = usize>) -> Vec<Vec<f64>> {
        let of = inputs.len() as f64;
        let rates =
            |counts: Vec<usize>| counts.into_iter().map(|count| count as f64 / of).collect();
        self.counts(inputs).into_iter().map(rates).collect()
    }

    /// Inputs of one pattern together: for each input the number of its group, and for each group its
    /// inputs. Groups are numbered in the order in which they are first seen. Whole patterns are compared,
    /// so different ones are never taken for one.
    pub fn groups(&self) -> (Vec<usize>, Vec<Vec<usize>>) {
        let mut numbers: HashMap<&[u64], usize> = HashMap::new();
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut of = Vec::with_capacity(self.inputs);
        for input in 0..self.inputs {
            let number = *numbers.entry(self.row(input)).or_insert(groups.len());
            if number == groups.len() {
                groups.push(Vec::new());
            }
            groups[number].push(input);
            of.push(number);
        }
        (of, groups)
    }
}

/// In how many bits two lists of words differ.
pub(in crate::analysis) fn differences(a: &[u64], b: &[u64]) -> usize {
    a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones() as usize).sum()
}

/// How many bits both have.
pub(in crate::analysis) fn common(a: &[u64], b: &[u64]) -> usize {
    a.iter().zip(b).map(|(a, b)| (a & b).count_ones() as usize).sum()
}

/// The bits of a word.
const WORD: usize = 64;

/// The bits of one chunk of inputs.
struct Packed {
    layers: Vec<usize>,
    words: Vec<u64>,
    boundary: Vec<usize>,
}

fn pack<T: Scalar>(layers: &[Matrix<T>], rows: usize) -> Result<Packed> {
    let mut words = Vec::new();
    let mut boundary = vec![0; rows];
    for (row, boundary) in boundary.iter_mut().enumerate() {
        for (layer, values) in layers.iter().enumerate() {
            let values = values.row(row);
            if values.iter().any(|z| z.double().is_nan()) {
                let what = format!("switches of layer {layer} of those that have some");
                return Err(Error::new(what, "numbers", "NaN"));
            }
            *boundary += values.iter().filter(|z| z.is_zero()).count();
            let word = |values: ndarray::ArrayView1<'_, T>| {
                pattern::word(values.iter().map(|z| *z > T::zero()))
            };
            words.extend(values.axis_chunks_iter(ndarray::Axis(0), WORD).map(word));
        }
    }
    Ok(Packed { layers: layers.iter().map(Matrix::ncols).collect(), words, boundary })
}
