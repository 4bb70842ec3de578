//! Questions about a net. Everything here works through [`Layer`](crate::layer::Layer) and
//! [`LinearMap`](crate::layer::LinearMap) alone, so it holds for every net made of layers, yours
//! included; every answer is a plain value that serialises.

mod bits;
mod bound;
mod checks;
mod decompose;
mod effective;
mod memory;
mod neuron;
mod neuron_report;
mod pattern;
mod selected;
mod similarity;
mod spectrum;
mod switch_report;
mod switches;
#[allow(dead_code)] // until rays and margins use it
mod walls;

pub use bound::{BoundSource, LayerBound, NormBound, norm_bound};
pub use effective::{
    EffectiveMap, EffectiveRow, Exactness, Residual, effective_map, effective_maps, effective_row,
    matrix,
};
pub use memory::{InSpan, MemoryRow, MemoryView, Recall, memory_view};
pub use neuron::{Neuron, Reading, Thresholds, neurons};
pub use neuron_report::{
    Distribution, NeuronGroup, NeuronReport, neuron_report, predicted_neurons,
};
pub use pattern::{Pattern, Unit};
pub use selected::Row;
pub use similarity::{
    Clusters, PatternSimilarity, Similarity, clusters_by_region, clusters_by_similarity,
    pattern_similarity, row_similarity, row_space_angles,
};
pub use spectrum::{Method, PairResidual, Spectrum, spectrum};
pub use switch_report::{
    Checkpoint, Hamming, LayerReport, PatternCount, SwitchReport, switch_course, switch_report,
};
pub use switches::{LayerSwitches, SwitchStatistics, switch_statistics};
