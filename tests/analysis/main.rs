//! What the analysis answers, against values known without it, in one program.

#[path = "../laws/common.rs"]
#[allow(dead_code, unused_macros)] // each program uses its part
mod common;
mod margin;
mod optimum;
mod selfcheck;
