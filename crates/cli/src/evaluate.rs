//! `evaluate`: a checkpoint on data.

use super::data::{DataArguments, Opened};
use super::device::{DeviceArguments, Gpu};
use super::network::{Network, NetworkArguments};
use super::progress::spin;
use super::ranks::Job;
use super::rows::{Part, Rowed, streamed};
use super::score;
use crate::shown;
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;
use switchnet::data::Split;
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

    #[command(flatten)]
    device: DeviceArguments,
}

pub fn run(arguments: Arguments) -> Result<ExitCode> {
    let job = Job::begin()?;
    let (looked, told) = job.together(open(&arguments, &job))?;
    job.alike("job", || Ok(told))?;
    let gpu = job.together(arguments.device.open(&job))?;
    match &looked {
        Looked::InFiles(trained, data) => evaluate_streamed(&job, gpu.as_ref(), trained, data),
        Looked::InMemory(opened) => evaluate_opened(&job, gpu.as_ref(), opened),
    }
}

/// A net and rows.
enum Looked {
    InMemory(Box<Opened>),
    InFiles(Box<Trained>, Rowed),
}

/// The net and its rows, and what the processes of a job have to have alike of them.
fn open(arguments: &Arguments, job: &Job) -> Result<(Looked, Value)> {
    let path = &arguments.checkpoint;
    let network = Network::load(path, &arguments.network)?;
    let told = |rows: &dyn Fn() -> Value| -> Result<Value> {
        if job.size() == 1 {
            return Ok(Value::Null);
        }
        let net = crc32fast::hash(&std::fs::read(path).with_context(|| shown(path))?);
        Ok(json!({ "version": env!("CARGO_PKG_VERSION"), "net": net, "rows": rows() }))
    };
    if let Some(data) = streamed(&network.trained, &arguments.data)? {
        let told = told(&|| json!(data.sums()))?;
        return Ok((Looked::InFiles(Box::new(network.trained), data), told));
    }
    let opened = Opened::of(network, &arguments.data)?;
    if opened.alone {
        bail!("--data: expected the rows to evaluate an ONNX file with, found none");
    }
    let Split { train, test } = &opened.split;
    let told = told(&|| json!([train, test].map(|set| (set.len(), set.crc32()))))?;
    Ok((Looked::InMemory(Box::new(opened)), told))
}

fn evaluate_opened(job: &Job, gpu: Option<&Gpu>, opened: &Opened) -> Result<ExitCode> {
    let (trained, split) = (&opened.network.trained, &opened.split);
    let parts = [("train", &split.train), ("test", &split.test)];
    // A file that the net was not trained with is evaluated as a whole.
    let parts = if opened.whole { &[("all", &split.test)] } else { parts.as_slice() };
    for &(name, data) in parts {
        let score = || score::of(job, gpu, &trained.net, trained.training.loss, data);
        let line = spin("evaluating", score)?.map(|score| {
            let loss = score.mean_loss();
            ensure!(
                loss.is_finite(),
                "loss on the {name} set: expected a finite number, found {loss}"
            );
            let line = score::line(&score, Some(data), &trained.preparation);
            Ok(format!("{name:>5}: {} rows  {line}", score.rows))
        });
        outln!("{}", job.together(line.transpose())?.unwrap_or_default());
    }
    let inputs = split.test.inputs().view();
    let switches = spin("switches", || score::switches(job, &trained.net, inputs))?;
    let Some(switches) = switches else { return Ok(ExitCode::SUCCESS) }; // the first process says it
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
fn evaluate_streamed(
    job: &Job,
    gpu: Option<&Gpu>,
    trained: &Trained,
    data: &Rowed,
) -> Result<ExitCode> {
    for Part { name, rows, .. } in data.parts() {
        let score = || score::of(job, gpu, &trained.net, trained.training.loss, rows);
        let line = spin("evaluating", score)?.map(|score| {
            let score = score.checked(name)?;
            let line = score::line(&score, None, &trained.preparation);
            Ok(format!("{name:>5}: {} rows  {line}", score.rows))
        });
        outln!("{}", job.together(line.transpose())?.unwrap_or_default());
    }
    Ok(ExitCode::SUCCESS)
}
