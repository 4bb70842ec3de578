//! What the analysis answers, against values known without it, in one program.

#[allow(dead_code, unused_macros)] // the laws use the rest of it
#[path = "../laws/common.rs"]
mod common;
mod ray;
mod slice;
