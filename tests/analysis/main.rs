//! What the analysis answers, against values known without it, in one program.

#[macro_use]
#[path = "../laws/common/mod.rs"]
#[allow(dead_code, unused_imports)] // each program uses its part
mod common;
mod helpers;

mod adversarial;
mod balance;
mod bias_attribution;
mod boxes;
mod brute_force;
mod decompose;
mod difference;
mod held;
mod held_kinds;
mod margin;
mod neuron_report;
mod optimum;
mod peers;
mod property;
mod ray;
mod rounding;
mod selfcheck;
mod similarity;
mod slice;
mod slice_patterns;
mod slice_search;
mod spectrum;
mod switch_report;
mod trajectory;
mod verify;
