//! How the switches of a net behave over a set of inputs.

use super::Pattern;
use crate::layer::Layer;
use crate::net::{chunk_rows, map_chunks};
use crate::scalar::Scalar;
use ndarray::{ArrayView2, s};
use serde::Serialize;
use std::collections::HashSet;

/// Counts over a set of inputs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SwitchStatistics {
    /// How many inputs were looked at.
    pub inputs: usize,
    /// How many different patterns they select (by [`Pattern::hash`]).
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

/// The switches of `net` over the rows of `x`, on all threads.
///
/// # Panics
/// If `x` has another width than the net takes, or no rows.
pub fn switch_statistics<T: Scalar>(net: &dyn Layer<T>, x: ArrayView2<'_, T>) -> SwitchStatistics {
    assert!(x.nrows() > 0, "switch statistics: expected at least 1 row, found 0");
    let parts = map_chunks(x.nrows(), chunk_rows(net), |rows| {
        let (_, map) = net.linearize(x.slice(s![rows.clone(), ..]).to_owned());
        let patterns: Vec<_> = (0..rows.len()).map(|row| Pattern::of(map.as_ref(), row)).collect();
        let hashes: Vec<u64> = patterns.iter().map(Pattern::hash).collect();
        let mut counts: Vec<Vec<usize>> =
            patterns[0].open.iter().map(|layer| vec![0; layer.len()]).collect();
        for pattern in &patterns {
            for (count, &open) in counts.iter_mut().flatten().zip(pattern.open.iter().flatten()) {
                *count += usize::from(open);
            }
        }
        (hashes, counts)
    });
    let hashes: HashSet<u64> = parts.iter().flat_map(|(hashes, _)| hashes).copied().collect();
    let mut counts = parts[0].1.clone();
    for (_, more) in &parts[1..] {
        for (count, more) in counts.iter_mut().flatten().zip(more.iter().flatten()) {
            *count += more;
        }
    }
    let rate = |count: &usize| *count as f64 / x.nrows() as f64;
    let layers = counts
        .iter()
        .map(|layer| LayerSwitches { on_rate: layer.iter().map(rate).collect() })
        .collect();
    SwitchStatistics { inputs: x.nrows(), patterns: hashes.len(), layers }
}
