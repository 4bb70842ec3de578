//! What the analysis answers, against values known without it, in one program.

#[macro_use]
#[path = "../laws/common.rs"]
#[allow(dead_code)] // each program uses its part
mod common;

mod origin;
