//! Networks of others: what is read of them is what they say, and what cannot be read is refused in one line.
#![allow(missing_docs)]

mod operators;
mod others;
mod refusals;
mod writer;
