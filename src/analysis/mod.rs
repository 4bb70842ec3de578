//! Questions about a net. Everything here works through [`Layer`](crate::layer::Layer) and
//! [`LinearMap`](crate::layer::LinearMap) alone, so it holds for every net made of layers, yours
//! included; every answer is a plain value that serializes.
//!
//! Four rooms, each of which sees those before it: `pattern` reads the switches at one input, `map` is about the
//! map they select, `region` about where that changes, `dataset` about many inputs.

mod checks;
mod dataset;
pub(crate) mod decompose;
mod hash;
mod map;
mod norm;
mod pattern;
mod region;
mod rounding;
mod rows;
mod selfcheck;

pub use dataset::*;
pub use map::*;
pub use norm::{ByNorm, Norm};
pub use pattern::layers::{SwitchLayer, hold, switch_layers, switch_values};
pub use pattern::{Pattern, Unit};
pub use region::*;
pub use selfcheck::{Check, selfcheck};
