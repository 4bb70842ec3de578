//! `evaluate`: a checkpoint on data.

use super::args::{DataArguments, Opened};
use super::progress::spin;
use anyhow::{Result, ensure};
use std::path::PathBuf;
use std::process::ExitCode;
use switchnet::analysis::switch_statistics;
use switchnet::train::evaluate;

/// Say how good the net of a checkpoint is.
///
/// On the data it was trained with unless others are named; inputs are standardized with the
/// numbers in the checkpoint.
#[derive(clap::Args)]
pub struct Arguments {
    /// The checkpoint
    checkpoint: PathBuf,

    #[command(flatten)]
    data: DataArguments,
}

pub fn run(arguments: Arguments) -> Result<ExitCode> {
    let trained = Opened::load(&arguments.checkpoint, &arguments.data)?;
    for (name, data) in [("train", &trained.split.train), ("test", &trained.split.test)] {
        let score = spin("evaluating", || evaluate(&trained.net, trained.training.loss, data));
        let loss = score.mean_loss();
        ensure!(loss.is_finite(), "loss on the {name} set: expected a finite number, found {loss}");
        out!("{name:>5}: {} rows  loss {:.6}", score.rows, loss);
        match score.accuracy() {
            Some(accuracy) => {
                let wrong = score.rows - score.correct.unwrap_or(0);
                outln!("  accuracy {:.2} %  {wrong} wrong", 100.0 * accuracy);
            }
            None => outln!(),
        }
    }
    let inputs = trained.split.test.inputs();
    let switches = spin("switches", || switch_statistics(&trained.net, inputs.view()))?;
    outln!(
        "switches on the test set: {} in all, {} never open, {} always open, {} patterns on {} inputs",
        switches.switches(),
        switches.never_open(),
        switches.always_open(),
        switches.patterns,
        switches.inputs
    );
    Ok(ExitCode::SUCCESS)
}
