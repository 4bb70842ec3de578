//! Questions about a net. Everything here works through [`Layer`](crate::layer::Layer) and
//! [`LinearMap`](crate::layer::LinearMap) alone, so it holds for every net made of layers, yours
//! included; every answer is a plain value that serialises.

mod effective;
mod margin;
mod neuron;
mod norm;
mod optimum;
mod pattern;
mod selfcheck;
mod switches;
mod walls;

pub use effective::{
    EffectiveMap, EffectiveRow, Exactness, Residual, effective_map, effective_maps, effective_row,
    matrix,
};
pub use margin::{Decision, Margin, NearestWall, Rival, margin, margins, wall_distances};
pub use neuron::{Neuron, neurons};
pub use norm::{ByNorm, Norm};
pub use optimum::{
    Counterfactual, Optimum, Point, Status, TOLERANCE, Within, counterfactual, region_optimum,
};
pub use pattern::{Pattern, Unit};
pub use selfcheck::{Check, selfcheck};
pub use switches::{LayerSwitches, SwitchStatistics, switch_statistics};
