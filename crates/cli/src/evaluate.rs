//! `evaluate`: a checkpoint on data.

use super::data::{DataArguments, Opened};
use super::progress::spin;
use super::score;
use anyhow::{Result, ensure};
use std::path::PathBuf;
use std::process::ExitCode;
use switchnet::analysis::switch_statistics;
use switchnet::train::evaluate;

/// Say how good the net of a checkpoint is.
///
/// On the data it was trained with unless others are named; inputs are standardized with the
/// numbers in the checkpoint. Another file that has no part to test on is evaluated as a whole; its columns and classes are
/// found by their names.
#[derive(clap::Args)]
pub struct Arguments {
    /// The checkpoint
    checkpoint: PathBuf,

    #[command(flatten)]
    data: DataArguments,
}

pub fn run(arguments: Arguments) -> Result<ExitCode> {
    let trained = Opened::load(&arguments.checkpoint, &arguments.data)?;
    let parts = [("train", &trained.split.train), ("test", &trained.split.test)];
    // A file that the net was not trained with is evaluated as a whole.
    let parts = if trained.whole { &[("all", &trained.split.test)] } else { parts.as_slice() };
    for &(name, data) in parts {
        let score = spin("evaluating", || evaluate(&trained.net, trained.training.loss, data));
        let loss = score.mean_loss();
        ensure!(loss.is_finite(), "loss on the {name} set: expected a finite number, found {loss}");
        outln!(
            "{name:>5}: {} rows  {}",
            score.rows,
            score::line(&score, data, &trained.preparation)
        );
    }
    let inputs = trained.split.test.inputs();
    let switches = spin("switches", || switch_statistics(&trained.net, inputs.view()))?;
    outln!(
        "switches on the {}: {} in all, {} never open, {} always open, {} patterns on {} inputs",
        if trained.whole { "rows" } else { "test set" },
        switches.switches(),
        switches.never_open(),
        switches.always_open(),
        switches.patterns,
        switches.inputs
    );
    Ok(ExitCode::SUCCESS)
}
