//! Campaigns against every reader: mutants of its files by the million, and what must hold for each.
//!
//! ```text
//! cargo run --release -p switchnet-fuzz -- all --seconds 60 --seed 1
//! ```
//!
//! A [`Target`] is a function of bytes, as `libFuzzer` wants one; it gives `Ok` if the bytes were accepted, `Err` with
//! the message if they were refused, and panics if a promise is broken. A new one is a file in `targets/`, a line in
//! [`targets::all`] and a folder of small valid files in `seeds/`.

pub mod campaign;
pub mod memory;
pub mod mutate;
pub mod parent;
mod protobuf;
pub mod targets;

pub use targets::Target;
