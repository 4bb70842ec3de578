//! How the switches of a net behave over a set of inputs.

use crate::analysis::checks;
use crate::analysis::pattern::bits::Bits;
use crate::error::Result;
use crate::layer::Layer;
use crate::scalar::Scalar;
use ndarray::{ArrayView2, s};
use serde::Serialize;
use std::ops::Range;

/// Counts over a set of inputs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SwitchStatistics {
    /// How many inputs were looked at.
    pub inputs: usize,
    /// How many different patterns they select; whole patterns are compared.
    pub patterns: usize,
    /// The layers that have switches, first layer first.
    pub layers: Vec<LayerSwitches>,
}

/// The switches of one layer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerSwitches {
    /// For each switch, the part of the inputs that open it, 0 to 1.
    pub on_rate: Vec<f64>,
}

impl LayerSwitches {
    /// Switches that no input opens. Behind a ReLU such a unit is dead: nothing passes it, and its
    /// gradient is zero. Behind a two-slope switch it conducts by its other slope.
    pub fn never_open(&self) -> usize {
        self.on_rate.iter().filter(|&&rate| rate == 0.0).count()
    }

    /// Switches that every input opens: the unit is linear on this set.
    pub fn always_open(&self) -> usize {
        self.on_rate.iter().filter(|&&rate| rate == 1.0).count()
    }
}

impl SwitchStatistics {
    /// How many switches there are.
    pub fn switches(&self) -> usize {
        self.layers.iter().map(|layer| layer.on_rate.len()).sum()
    }

    /// Switches that no input opens, over all layers.
    pub fn never_open(&self) -> usize {
        self.layers.iter().map(LayerSwitches::never_open).sum()
    }

    /// Switches that every input opens, over all layers.
    pub fn always_open(&self) -> usize {
        self.layers.iter().map(LayerSwitches::always_open).sum()
    }
}

/// The switches of `net` over the rows of `x`, on all threads. [`switch_report`](super::switch_report) says more.
///
/// # Errors
/// If `x` has no rows, another width than the net takes or numbers that are not finite, or a switch is not a
/// number.
pub fn switch_statistics<T: Scalar>(
    net: &dyn Layer<T>,
    x: ArrayView2<'_, T>,
) -> Result<SwitchStatistics> {
    Ok(SwitchPatterns::of(net, x, 0..x.nrows())?.statistics())
}

/// Which switches some inputs open. Of the rows of a set several processes may look at some each; one that
/// [joins](Self::joined) what they have counts as [`switch_statistics`] does.
///
/// ```
/// use switchnet::{analysis::{SwitchPatterns, switch_statistics}, data::digits, net::zoo};
/// let (net, data) = (zoo::mlp(&[64], &[16], 10, 1).build::<f32>()?, digits::<f32>().test);
/// let x = data.inputs().view();
/// let [one, other] = [0..256, 256..data.len()].map(|rows| SwitchPatterns::of(&net, x, rows));
/// let (one, other) = (one?, other?);
/// let words = [one.words(), other.words()].concat();
/// assert_eq!(one.joined(words, data.len()).statistics(), switch_statistics(&net, x)?);
/// # Ok::<(), switchnet::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SwitchPatterns(Bits);

impl SwitchPatterns {
    /// Those at some rows of `x`, which may be none. Where these are whole chunks of [`chunk_rows`](crate::net::chunk_rows),
    /// they are to the bit what is found of all rows at once.
    ///
    /// # Errors
    /// As [`switch_statistics`].
    ///
    /// # Panics
    /// If `x` has no such rows.
    pub fn of<T: Scalar>(
        net: &dyn Layer<T>,
        x: ArrayView2<'_, T>,
        rows: Range<usize>,
    ) -> Result<Self> {
        // Without rows it still has to be known how many switches there are.
        let looked = if rows.is_empty() { 0..x.nrows().min(1) } else { rows.clone() };
        let x = x.slice(s![looked, ..]);
        checks::inputs(net, x)?;
        let bits = Bits::of(net, x)?;
        Ok(if rows.is_empty() { Self(bits).joined(Vec::new(), 0) } else { Self(bits) })
    }

    /// All of them, as many words for each input.
    pub fn words(&self) -> &[u64] {
        self.0.words()
    }

    /// Those of the same net at so many inputs, with the words of all of these in their order.
    ///
    /// # Panics
    /// If that is another number of words.
    #[must_use]
    pub fn joined(self, words: Vec<u64>, inputs: usize) -> Self {
        Self(self.0.with_words(words, inputs))
    }

    /// What is counted on them.
    pub fn statistics(&self) -> SwitchStatistics {
        let Self(bits) = self;
        let layers = bits.rates(0..bits.inputs).into_iter();
        SwitchStatistics {
            inputs: bits.inputs,
            patterns: bits.groups().1.len(),
            layers: layers.map(|on_rate| LayerSwitches { on_rate }).collect(),
        }
    }
}
