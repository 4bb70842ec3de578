//! Questions about a net. Everything here works through [`Layer`](crate::layer::Layer) and
//! [`LinearMap`](crate::layer::LinearMap) alone, so it holds for every net made of layers, yours
//! included; every answer is a plain value that serialises.

mod balance;
mod bits;
mod bound;
mod checks;
mod course;
pub(crate) mod decompose;
mod effective;
mod hash;
mod margin;
mod memory;
mod neuron;
mod neuron_report;
mod norm;
#[cfg(feature = "optimum")]
mod optimum;
mod origin;
mod pattern;
mod provenance;
mod ray;
mod rounding;
mod selected;
mod selfcheck;
mod settle;
mod similarity;
mod slice;
mod spectrum;
mod switch_report;
mod switches;
mod walls;

pub use balance::{LayerBalance, switch_balance};
pub use bound::{BoundSource, LayerBound, NormBound, norm_bound};
pub use course::{Checkpoint, course};
pub use effective::{
    EffectiveMap, EffectiveRow, Exactness, Residual, effective_column, effective_map,
    effective_maps, effective_row, matrix,
};
pub use margin::{Decision, Margin, NearestWall, Rival, margin, margins, wall_distances};
pub use memory::{InSpan, MemoryRow, MemoryView, Recall, memory_view};
pub use neuron::{Neuron, Reading, Thresholds, neurons};
pub use neuron_report::{Distribution, NeuronGroup, NeuronReport, neuron_report};
pub use norm::{ByNorm, Norm};
#[cfg(feature = "optimum")]
#[cfg_attr(docsrs, doc(cfg(feature = "optimum")))]
pub use optimum::{
    Counterfactual, Optimum, Point, Status, TOLERANCE, Within, counterfactual, region_optimum,
};
pub use origin::{Constant, constants, effective_map_between, rounding_estimate};
pub use pattern::{Pattern, Unit};
pub use provenance::{Answer, Provenance, parameter_hash};
pub use ray::{
    Breakpoint, Crossing, Flip, IntegratedGradients, Jump, Ray, Segment, integrated_gradients,
    jump, jumps, ray,
};
pub use selected::Row;
pub use selfcheck::{Check, selfcheck};
pub use similarity::{
    Clusters, PatternSimilarity, Similarity, clusters_by_region, clusters_by_similarity,
    pattern_similarity, row_similarity, row_space_angles, row_space_similarity,
};
pub use slice::{Border, Limit, Plane, Polygon, Slice, SliceBudget, SliceProgress, Window, slice};
pub use spectrum::{Method, PairResidual, Spectrum, spectrum};
pub use switch_report::{Hamming, LayerReport, PatternCount, SwitchReport, switch_report};
pub use switches::{LayerSwitches, SwitchStatistics, switch_statistics};
