//! Questions about a net. Everything here works through [`Layer`](crate::layer::Layer) and
//! [`LinearMap`](crate::layer::LinearMap) alone, so it holds for every net made of layers, yours
//! included; every answer is a plain value that serialises.

mod checks;
mod decompose;
mod effective;
mod margin;
mod neuron;
mod norm;
mod optimum;
mod origin;
mod pattern;
mod provenance;
mod selected;
mod spectrum;
mod ray;
mod rounding;
mod slice;
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
pub use origin::{Constant, constants, effective_map_between, rounding_bound};
pub use pattern::{Pattern, Unit};
pub use provenance::{Answer, Provenance, model_hash};
pub use selected::Row;
pub use spectrum::{Method, PairResidual, Spectrum, spectrum};
pub use ray::{
    Breakpoint, Crossing, Flip, IntegratedGradients, Jump, Ray, Segment, integrated_gradients,
    jump, ray,
};
pub use slice::{Border, Limit, Plane, Polygon, Slice, SliceBudget, Window, slice};
pub use selfcheck::{Check, selfcheck};
pub use switches::{LayerSwitches, SwitchStatistics, switch_statistics};
