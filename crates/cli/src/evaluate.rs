//! `evaluate`: a checkpoint on data.

use super::data::{DataArguments, Opened};
use super::network::{Network, NetworkArguments};
use super::progress::spin;
use super::rows::{Part, Rowed, streamed};
use super::score;
use anyhow::{Result, bail, ensure};
use std::path::PathBuf;
use std::process::ExitCode;
use switchnet::analysis::switch_statistics;
use switchnet::train::{evaluate, evaluate_batches};
use switchnet_lab::experiment::Trained;

/// Say how good the net of a checkpoint or of an ONNX file is.
///
/// On the data it was trained with unless others are named; inputs are standardized with the
/// numbers in the checkpoint. Another file that has no part to test on is evaluated as a whole; its columns and classes are
/// found by their names. An ONNX file has no data of its own.
#[derive(clap::Args)]
pub struct Arguments {
    /// The checkpoint, or an ONNX file
    checkpoint: PathBuf,

    #[command(flatten)]
    data: DataArguments,

    #[command(flatten)]
    network: NetworkArguments,
}

pub fn run(arguments: Arguments) -> Result<ExitCode> {
    let network = Network::load(&arguments.checkpoint, &arguments.network)?;
    if let Some(data) = streamed(&network.trained, &arguments.data)? {
        return evaluate_streamed(&network.trained, &data);
    }
    let opened = Opened::of(network, &arguments.data)?;
    if opened.alone {
        bail!("--data: expected the rows to evaluate an ONNX file with, found none");
    }
    let (trained, split) = (&opened.network.trained, &opened.split);
    let parts = [("train", &split.train), ("test", &split.test)];
    // A file that the net was not trained with is evaluated as a whole.
    let parts = if opened.whole { &[("all", &split.test)] } else { parts.as_slice() };
    for &(name, data) in parts {
        let score = spin("evaluating", || evaluate(&trained.net, trained.training.loss, data));
        let loss = score.mean_loss();
        ensure!(loss.is_finite(), "loss on the {name} set: expected a finite number, found {loss}");
        outln!(
            "{name:>5}: {} rows  {}",
            score.rows,
            score::line(&score, Some(data), &trained.preparation)
        );
    }
    let inputs = split.test.inputs();
    let switches = spin("switches", || switch_statistics(&trained.net, inputs.view()))?;
    outln!(
        "switches on the {}: {} in all, {} never open, {} always open, {} patterns on {} inputs",
        if opened.whole { "rows" } else { "test set" },
        switches.switches(),
        switches.never_open(),
        switches.always_open(),
        switches.patterns,
        switches.inputs
    );
    Ok(ExitCode::SUCCESS)
}

/// The same of rows that stay in their files.
fn evaluate_streamed(trained: &Trained, data: &Rowed) -> Result<ExitCode> {
    for Part { name, rows, .. } in data.parts() {
        let loss = trained.training.loss;
        let score = spin("evaluating", || evaluate_batches(&trained.net, loss, rows))?;
        let score = score.checked(name)?;
        let line = score::line(&score, None, &trained.preparation);
        outln!("{name:>5}: {} rows  {line}", score.rows);
    }
    Ok(ExitCode::SUCCESS)
}
