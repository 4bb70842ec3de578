//! Questions about a net. Everything here works through [`Layer`](crate::layer::Layer) and
//! [`LinearMap`](crate::layer::LinearMap) alone, so it holds for every net made of layers, yours
//! included; every answer is a plain value that serialises.

mod checks;
mod decompose;
mod effective;
mod neuron;
mod pattern;
mod selected;
mod spectrum;
mod switches;
#[allow(dead_code)] // until rays and margins use it
mod walls;

pub use effective::{
    EffectiveMap, EffectiveRow, Exactness, Residual, effective_map, effective_maps, effective_row,
    matrix,
};
pub use neuron::{Neuron, neurons};
pub use pattern::{Pattern, Unit};
pub use selected::Row;
pub use spectrum::{Method, PairResidual, Spectrum, spectrum};
pub use switches::{LayerSwitches, SwitchStatistics, switch_statistics};
