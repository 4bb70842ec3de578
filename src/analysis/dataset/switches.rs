//! How the switches of a net behave over a set of inputs.

use crate::analysis::checks;
use crate::analysis::pattern::bits::Bits;
use crate::error::Result;
use crate::layer::Layer;
use crate::scalar::Scalar;
use ndarray::ArrayView2;
use serde::Serialize;

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
    checks::inputs(net, x)?;
    let bits = Bits::of(net, x)?;
    let layers = bits.rates(0..bits.inputs).into_iter();
    Ok(SwitchStatistics {
        inputs: bits.inputs,
        patterns: bits.groups().1.len(),
        layers: layers.map(|on_rate| LayerSwitches { on_rate }).collect(),
    })
}
