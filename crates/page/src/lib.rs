//! The live page: nets in one file that a browser opens, with the library itself in it, compiled to WebAssembly.
//!
//! [`Nets`] holds the nets of a page and answers its requests: effective maps, rays, slices, margins, all of them the
//! library's, in double precision. In WebAssembly the same is three plain exports (`allocate`, `release`, `call`).
//! `docs/page.md` says what can be asked, and how the module is built.

#![deny(unsafe_code, missing_debug_implementations)] // the exports of the module have some

mod answers;
#[cfg(target_family = "wasm")]
mod exports;
#[cfg(not(target_family = "wasm"))]
mod file;
mod net;
mod nets;
mod wire;

#[cfg(not(target_family = "wasm"))]
pub use file::{MODULE, PageNet, Samples, page};
pub use nets::Nets;
