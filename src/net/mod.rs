//! Nets: layers in a graph, nets written as data, and what is done with a whole net.
//!
//! A [`Spec`] is data. It is built into a [`Graph`] of layers, for which a [`Plan`] is made once: what goes through
//! the cache together, and in which order. A [`Net`] is a graph that knows its spec.

pub mod checkpoint;
mod chunks;
mod cost;
mod difference;
mod graph;
mod kinds;
mod network;
mod plan;
mod positionwise;
mod readout;
mod residual;
mod run;
mod spec;
mod sweeps;
mod unshared;
mod walk;
pub mod zoo;

pub(crate) use chunks::{alone, hands_over, join_chunks};
pub use chunks::{chunk_rows, map_chunks};
pub use cost::{Summary, SummaryRow};
pub use difference::difference;
pub use graph::{Graph, Node, Op, Part};
pub use kinds::{Config, register};
pub use network::Net;
pub use plan::{Plan, Step, Work};
pub use positionwise::{Positionwise, PositionwiseConfig};
pub use readout::{argmax, forward, predict, probabilities, softmax};
pub use residual::ResidualConfig;
pub use spec::{NodeSpec, OpSpec, Spec};
pub(crate) use unshared::Unshared;
pub use walk::Walk;
