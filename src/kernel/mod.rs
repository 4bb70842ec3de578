//! The innermost loops, compiled for each instruction set the processor may have, and the only place
//! where `unsafe` is allowed. It knows numbers and slices, and nothing of what they mean.

#![allow(unsafe_code)]

mod hadamard;
mod paley;
mod path;

pub(crate) use hadamard::hadamard;
pub(crate) use paley::{LARGEST_POWER, paley, paley_operations, paley_sylvester};
pub(crate) use path::{Loop, run};
