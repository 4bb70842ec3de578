//! `train`: one net, one checkpoint.

use super::args::{NetArguments, read_toml};
use super::data::DataArguments;
use super::device::DeviceArguments;
use super::interrupt::INTERRUPTED;
use super::progress::{TrainingBar, spin};
use super::ranks::Job;
use super::rows::{Part, Rowed};
use super::score;
use crate::{different_files, shown};
use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use std::path::PathBuf;
use std::process::ExitCode;
use switchnet::Claim;
use switchnet::data::Preparation;
use switchnet::net::{Net, Summary};
use switchnet::train::{
    Chunks, ClassWeights, Evolution, Executor, Loss, OptimizerKind, Schedule, StopReason, Training,
    evaluate_batches, evolve,
};
use switchnet_lab::experiment::{Progress, Trial};

/// Train one net and keep it in a checkpoint.
///
/// The checkpoint is a safetensors file: Python reads the weights with the plain safetensors
/// package, `evaluate` and `inspect` rebuild the net from it. Ctrl-C ends the training with a usable
/// checkpoint, and the same command with --resume goes on as if nothing had happened.
#[derive(clap::Args)]
#[command(allow_negative_numbers = true)] // to be refused by name
pub struct Arguments {
    #[command(flatten)]
    net: NetArguments,

    #[command(flatten)]
    data: DataArguments,

    #[command(flatten)]
    training: TrainingArguments,

    #[command(flatten)]
    device: DeviceArguments,

    /// The checkpoint to write; a CSV file with the history goes beside it
    #[arg(long, value_name = "FILE", default_value = "out/net.safetensors")]
    out: PathBuf,

    /// Keep a checkpoint of the beginning and after every N epochs too, as FILE-epochNNNN.safetensors: what
    /// `trajectory` compares
    #[arg(long, value_name = "N", conflicts_with = "evolve")]
    keep_every: Option<usize>,

    /// Go on from the checkpoint if it is there
    #[arg(long)]
    resume: bool,
}

/// How to train.
#[derive(clap::Args)]
#[command(next_help_heading = "Training")]
struct TrainingArguments {
    /// A TOML file with training settings; the arguments below change it
    #[arg(long, value_name = "FILE")]
    training: Option<PathBuf>,

    /// Passes over the training data [default: 30]
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,

    /// Rows a step [default: 32]
    #[arg(long, value_name = "N")]
    batch: Option<usize>,

    /// Learning rate, at the highest point of the schedule [default: 0.01]
    #[arg(long, value_name = "RATE")]
    learning_rate: Option<f64>,

    /// How a gradient becomes a step [default: adam]
    #[arg(long, value_name = "NAME")]
    optimizer: Option<OptimizerName>,

    /// How the learning rate changes [default: one-cycle]
    #[arg(long, value_name = "NAME")]
    schedule: Option<ScheduleName>,

    /// The loss to minimize [default: cross-entropy for classes, squared-error for values]
    #[arg(long, value_name = "NAME")]
    loss: Option<LossName>,

    /// How much the rows of each class count: `balanced`, so that all classes count alike, or a number for each class,
    /// such as 1,5 [default: alike]
    #[arg(long, value_name = "balanced|W,W", value_parser = class_weights)]
    class_weights: Option<ClassWeights>,

    /// The largest norm of a gradient; a larger one is scaled down to it
    #[arg(long, value_name = "NORM")]
    clip: Option<f64>,

    /// The part of the training data to choose the best epoch by; 0 keeps the last [default: 0.1]
    #[arg(long, value_name = "PART")]
    validation: Option<f64>,

    /// Stop after so many epochs without a better one
    #[arg(long, value_name = "N")]
    patience: Option<usize>,

    /// Where all random numbers come from [default: 1]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// Train without gradients, by so many mutations
    #[arg(long, value_name = "GENERATIONS", conflicts_with_all = [
        "epochs", "batch", "learning_rate", "optimizer", "schedule", "clip", "validation", "patience",
        "class_weights", "training", "resume",
    ])]
    evolve: Option<usize>,
}

#[derive(Clone, Copy, ValueEnum)]
enum OptimizerName {
    Sgd,
    /// SGD with momentum 0.9.
    Momentum,
    /// SGD with Nesterov momentum 0.9.
    Nesterov,
    Adam,
    /// AdamW with decay 0.01 on matrices.
    Adamw,
}

#[derive(Clone, Copy, ValueEnum)]
enum ScheduleName {
    Constant,
    Cosine,
    OneCycle,
    /// A tenth after each third of the training.
    Step,
}

#[derive(Clone, Copy, ValueEnum)]
enum LossName {
    CrossEntropy,
    SquaredError,
}

fn class_weights(text: &str) -> Result<ClassWeights, String> {
    if text == "balanced" {
        return Ok(ClassWeights::Balanced);
    }
    let weights = text.split(',').map(|weight| weight.trim().parse());
    let weights = weights.collect::<Result<Vec<f64>, _>>();
    weights.map(ClassWeights::Given).map_err(|_| "expected balanced or numbers, such as 1,5".into())
}

impl TrainingArguments {
    fn settings(&self, classes: bool) -> Result<Training> {
        let mut training: Training = match &self.training {
            Some(path) => read_toml(path)?,
            None if classes => Training::default(),
            None => Training { loss: Loss::SquaredError, ..Training::default() },
        };
        training.epochs = self.epochs.unwrap_or(training.epochs);
        training.batch = self.batch.unwrap_or(training.batch);
        training.learning_rate = self.learning_rate.unwrap_or(training.learning_rate);
        training.validation = self.validation.unwrap_or(training.validation);
        training.seed = self.seed.unwrap_or(training.seed);
        training.clip = self.clip.or(training.clip);
        training.patience = self.patience.or(training.patience);
        training.class_weights = self.class_weights.clone().or(training.class_weights);
        training.optimizer = match self.optimizer {
            None => training.optimizer,
            Some(OptimizerName::Sgd) => OptimizerKind::Sgd { momentum: 0.0, nesterov: false },
            Some(OptimizerName::Momentum) => OptimizerKind::Sgd { momentum: 0.9, nesterov: false },
            Some(OptimizerName::Nesterov) => OptimizerKind::Sgd { momentum: 0.9, nesterov: true },
            Some(OptimizerName::Adam) => OptimizerKind::default(),
            Some(OptimizerName::Adamw) => OptimizerKind::Adamw {
                beta1: 0.9,
                beta2: 0.999,
                epsilon: 1e-8,
                decay: 0.01,
                vectors: false,
            },
        };
        training.schedule = match self.schedule {
            None => training.schedule,
            Some(ScheduleName::Constant) => Schedule::Constant {},
            Some(ScheduleName::Cosine) => Schedule::Cosine {},
            Some(ScheduleName::OneCycle) => Schedule::default(),
            Some(ScheduleName::Step) => Schedule::Step { every: 1.0 / 3.0, factor: 0.1 },
        };
        training.loss = match self.loss {
            None => training.loss,
            Some(LossName::CrossEntropy) => Loss::CrossEntropy,
            Some(LossName::SquaredError) => Loss::SquaredError,
        };
        Ok(training)
    }
}

pub fn run(arguments: Arguments) -> Result<ExitCode> {
    let job = Job::begin()?;
    let (trial, data, preparation) = job.together(prepared(&arguments, &job))?;
    let gpu = job.together(arguments.device.open(&job))?;
    job.alike("job", || said(&trial, &arguments))?;
    let claim = job.is_first().then(|| Claim::of(&arguments.out).context("--out")).transpose();
    let _claim = job.together(claim)?;
    let train = data.train();
    let bar = TrainingBar::new(match arguments.training.evolve {
        Some(_) => "generations",
        None => "epochs",
    })?;
    let watch = |progress: Progress<'_>| {
        let _ = bar.watch(progress);
        job.go_on()
    };
    let loss = trial.training.loss;
    let (net, unfinished) = match arguments.training.evolve {
        Some(generations) => {
            let Rowed::InMemory(split) = &data else {
                bail!("--evolve: expected rows in memory, found --stream");
            };
            let seed = trial.training.seed;
            let evolution = Evolution { generations, loss, seed, ..Evolution::default() };
            let mut net = trial.spec.build::<f32>()?;
            let _ = watch(Progress::Begins { epochs: generations });
            let step = Progress::Trains { name: "mutation", seed, epochs: 1 };
            let losses = evolve(&mut net, &split.train, &evolution, &mut |_| watch(step))?;
            trial.save(&net)?;
            (net, losses.len() <= generations)
        }
        None => {
            let _ = watch(Progress::Begins { epochs: trial.training.epochs });
            let executor = |net: &Net<f32>| match &gpu {
                Some(gpu) => gpu.executor(net, loss),
                None => Ok(Box::new(Chunks(job.sums())) as Box<dyn Executor<f32>>),
            };
            let trained = trial.run_on(executor, train, arguments.resume, &watch);
            let (net, run) = job.together(trained.map_err(Into::into))?;
            (net, run.ended == Some(StopReason::Stopped))
        }
    };
    drop(bar); // the net is in its file
    if !job.is_first() {
        return Ok(ExitCode::SUCCESS); // the first process says the rest
    }
    outln!("Wrote {}.", shown(&arguments.out));
    out!("{}", Summary::of(&net));
    for Part { name, rows, in_memory } in data.parts() {
        let score = || match &gpu {
            Some(gpu) => gpu.score(&net, loss, rows),
            None => evaluate_batches(&net, loss, rows),
        };
        let score = spin("evaluating", score)?.checked(name)?;
        outln!("{name:>5}: {}", score::line(&score, in_memory, &preparation));
    }
    if unfinished {
        eprintln!(
            "stopped before the end{}",
            match arguments.training.evolve {
                Some(_) => "",
                None => "; the same command with --resume goes on",
            }
        );
        return Ok(INTERRUPTED.into());
    }
    Ok(ExitCode::SUCCESS)
}

/// What is to be trained, with what, and how its units are undone.
fn prepared(arguments: &Arguments, job: &Job) -> Result<(Trial, Rowed, Preparation)> {
    let history = arguments.out.with_extension("csv");
    let written = [("--out", arguments.out.as_path()), ("the history of --out", &history)];
    different_files(arguments.data.source()?.paths(), &written)?;
    let (data, preparation, metadata) = arguments.data.load()?;
    let train = data.train();
    let (classes, (_, width)) = (train.has_classes(), train.widths());
    if classes && width == 1 {
        let only = data.schema().class(0);
        bail!("target: expected at least two classes, found only {only} (--values for values)");
    }
    let training = arguments.training.settings(classes)?;
    if training.validation == 0.0 && arguments.data.files().contains(&"--validation-data") {
        bail!("--validation-data: expected a part to choose by, found --validation 0");
    }
    let spec = arguments.net.architecture()?.spec(data.shape(), width, training.seed)?;
    if arguments.training.evolve.is_some() && job.size() > 1 {
        bail!("--evolve: expected one process, found {}", job.size());
    }
    if let (Some(_), Some(flag)) = (arguments.training.evolve, arguments.device.named()) {
        bail!("{flag}: expected without --evolve, found with it");
    }
    if arguments.keep_every == Some(0) {
        bail!("--keep-every: expected at least 1, found 0");
    }
    let trial = Trial {
        name: arguments.net.name().to_owned(),
        spec,
        training,
        checkpoint: Some(arguments.out.clone()),
        keep_every: arguments.keep_every,
        history: Some(history),
        silent: !job.is_first(),
        metadata,
    };
    Ok((trial, data, preparation))
}

/// What the processes of a job have to have alike.
fn said(trial: &Trial, arguments: &Arguments) -> Result<serde_json::Value> {
    let begun = match std::fs::read(&arguments.out) {
        Ok(bytes) if arguments.resume => Some(crc32fast::hash(&bytes)),
        _ => None,
    };
    let Trial { spec, training, metadata, .. } = trial;
    Ok(serde_json::json!({
        "version": env!("CARGO_PKG_VERSION"),
        "spec": spec,
        "training": training,
        "metadata": metadata,
        "checkpoint": begun,
    }))
}
