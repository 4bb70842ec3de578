//! Statements over many inputs: which switches, which neurons, how alike, over a training.

pub(in crate::analysis) mod balance;
pub(in crate::analysis) mod memory;
pub(in crate::analysis) mod neuron_report;
pub(in crate::analysis) mod selected;
pub(in crate::analysis) mod similarity;
pub(in crate::analysis) mod switch_report;
pub(in crate::analysis) mod switches;
pub(in crate::analysis) mod trajectory;

pub use balance::{LayerBalance, switch_balance};
pub use memory::{InSpan, MemoryRow, MemoryView, Recall, memory_view};
pub use neuron_report::{Distribution, NeuronGroup, NeuronReport, neuron_report};
pub use selected::Row;
pub use similarity::{
    Clusters, PatternSimilarity, Similarity, clusters_by_region, clusters_by_similarity,
    pattern_similarity, row_similarity, row_space_angles, row_space_similarity,
};
pub use switch_report::{Hamming, LayerReport, PatternCount, SwitchReport, switch_report};
pub use switches::{LayerSwitches, SwitchPatterns, SwitchStatistics, switch_statistics};
pub use trajectory::{Checkpoint, trajectory};
