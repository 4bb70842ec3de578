//! What the analysis answers, against values known without it, in one program.

mod helpers;
mod neuron_report;
mod similarity;
mod spectrum;
mod switch_report;
