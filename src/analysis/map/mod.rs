//! The map that one input selects, and what follows from it alone.

pub(in crate::analysis) mod bias_attribution;
pub(in crate::analysis) mod bound;
pub(in crate::analysis) mod effective;
pub(in crate::analysis) mod neuron;
pub(in crate::analysis) mod provenance;
pub(in crate::analysis) mod spectrum;
pub(in crate::analysis) mod switch;

pub use bias_attribution::{Constant, constants, effective_map_between, rounding_estimate};
pub use bound::{BoundSource, LayerBound, NormBound, norm_bound};
pub use effective::{
    EffectiveMap, EffectiveRow, Exactness, Residual, effective_column, effective_map,
    effective_maps, effective_row, matrix,
};
pub use neuron::{Neuron, Reading, Thresholds, neurons};
pub use provenance::{Answer, Provenance, parameter_hash};
pub use spectrum::{Method, PairResidual, Spectrum, spectrum};
pub use switch::{SwitchRow, switch_row};
