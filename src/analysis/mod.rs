//! Questions about a net. Everything here works through [`Layer`](crate::layer::Layer) and
//! [`LinearMap`](crate::layer::LinearMap) alone, so it holds for every net made of layers, yours
//! included; every answer is a plain value that serialises.

mod effective;
mod neuron;
mod pattern;
mod ray;
mod rounding;
mod slice;
mod switches;
mod walls;

pub use effective::{
    EffectiveMap, EffectiveRow, Exactness, Residual, effective_map, effective_maps, effective_row,
    matrix,
};
pub use neuron::{Neuron, neurons};
pub use pattern::{Pattern, Unit};
pub use ray::{
    Breakpoint, Crossing, Flip, IntegratedGradients, Jump, Ray, Segment, integrated_gradients,
    jump, ray,
};
pub use slice::{Border, Limit, Plane, Polygon, Slice, SliceBudget, Window, slice};
pub use switches::{LayerSwitches, SwitchStatistics, switch_statistics};
