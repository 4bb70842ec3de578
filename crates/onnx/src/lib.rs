//! Networks of others: an [ONNX](https://onnx.ai) file as a net of switchnet, its weights lifted to double precision.
//!
//! [`read`] gives a [`Model`]: a [`Spec`](switchnet::net::Spec) of existing layers and its parameters, which is what a
//! checkpoint is. So every analysis of the library works on it.
//!
//! ```no_run
//! use switchnet::analysis::effective_map;
//!
//! let model = switchnet_onnx::read("classifier.onnx")?;
//! println!("{model}");
//! let net = model.net::<f64>()?;
//! let x = switchnet::ndarray::Array1::zeros(net.inputs());
//! let map = effective_map(&net, x.view());
//! println!("{:?}, residual {:e}", map.exactness, map.residual.relative);
//! # Ok::<(), switchnet::Error>(())
//! ```
//!
//! The other way round, [`write()`] makes an ONNX file of any net of the library, for other programs.
//!
//! A value is taken whole, with its batch: a model for several rows at once is a net of one long row. What cannot be read
//! is refused by the node's name and its operator; nothing is left out or approximated, but for a softmax at the end,
//! which [`Model::readout`] says. `docs/networks.md` has the operators and how each is expressed.

#![deny(unsafe_code, missing_debug_implementations)]

mod index;
mod layers;
mod message;
mod model;
mod op;
mod ops;
mod own;
mod read;
mod room;
mod tensor;
mod window;
mod wire;
mod write;

pub use model::{Model, Origin, Readout, Value, read, read_with};
pub use read::Options;
pub use write::{WriteOptions, kinds, write};

/// The page about nets of others, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/networks.md")]
#[derive(Debug)]
pub struct Page;

/// The operators that are read, by name, in the order of the alphabet.
pub fn operators() -> impl Iterator<Item = &'static str> {
    ops::OPERATORS.iter().map(|(name, _)| *name)
}
