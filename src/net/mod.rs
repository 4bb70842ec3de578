//! Nets: layers in a row, nets written as data, and what is done with a whole net.

mod chain;
pub mod checkpoint;
mod chunks;
mod cost;
mod network;
mod readout;
mod residual;
mod spec;
mod start;
mod sweep;
pub mod zoo;

pub use chain::{Chain, Part};
pub(crate) use chunks::join_chunks;
pub use chunks::{chunk_rows, map_chunks};
pub use cost::{Summary, SummaryRow};
pub use network::Net;
pub use readout::{argmax, forward, predict, probabilities, softmax};
pub use residual::Residual;
pub use spec::{LayerSpec, Spec};
pub use start::Start;
