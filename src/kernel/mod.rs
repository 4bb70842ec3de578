//! The innermost loops, compiled for each instruction set the processor may have, and the only place
//! where `unsafe` is allowed. It knows numbers and slices, and nothing of what they mean.

#![allow(unsafe_code)]

mod hadamard;
mod path;

pub(crate) use hadamard::hadamard;
pub(crate) use path::{Loop, run};
