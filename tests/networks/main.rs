//! Networks of others: what is read of them is what they say, and what cannot be read is refused in one line. Networks of
//! ours are written so that others, and our own reader, get the same of them.
#![allow(missing_docs)]

#[macro_use]
#[path = "../laws/common/mod.rs"]
#[allow(dead_code, unused_imports)] // each program uses its part
mod common;

mod boxes;
mod details;
mod operators;
mod others;
mod refusals;
mod runtime;
mod writer;
mod written;
