//! What the analysis answers, against values known without it, in one program.

#[macro_use]
#[path = "../laws/common.rs"]
#[allow(dead_code)] // each program uses its part
mod common;

mod origin;
#[allow(dead_code, unused_macros)] // the laws use the rest of it
#[path = "../laws/common.rs"]
mod common;
mod ray;
mod slice;
#[path = "../laws/common.rs"]
#[allow(dead_code, unused_macros)] // each program uses its part
mod common;
mod margin;
mod optimum;
mod selfcheck;
mod helpers;
mod neuron_report;
mod similarity;
mod spectrum;
mod switch_report;
