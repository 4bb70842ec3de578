//! `compare`: an experiment file in, the table and the report out.

use super::args::{parse_toml, read_toml};
use super::data::{DataArguments, other_source};
use super::device::{DeviceArguments, OfExperiment};
use super::interrupt::INTERRUPTED;
use super::network::NetworkArguments;
use super::page;
use super::progress::TrainingBar;
use super::ranks::Job;
use crate::{different_files, shown};
use anyhow::{Context, Result, bail};
use serde_json::json;
use std::ops::ControlFlow::{Break, Continue};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use switchnet::Claim;
use switchnet_lab::experiment::{
    Experiment, Form, NetResults, Progress, Results, Shard, Share, shard_of,
};
use switchnet_lab::report;

/// The experiment of the main job.
const DIGITS: &str = include_str!("../experiments/digits.toml");

/// Train several nets on one data set with several seeds, and compare them.
///
/// Writes into the output folder: report.html (open it in a browser), page.html (the nets themselves, to be played with),
/// results.json, results.csv, record.json (what `tables` reads), the pictures as SVG and PNG, effective-maps.npz for NumPy,
/// and checkpoints/. An experiment file looks like crates/cli/experiments/digits.toml of the sources, which is what runs if
/// no file is given; docs/files.md has all that it can say, and every kind of layer.
#[derive(clap::Args)]
pub struct Arguments {
    /// The experiment, a TOML file [default: the embedded digits]
    experiment: Option<PathBuf>,

    /// The folder to write to
    #[arg(long, value_name = "FOLDER", default_value = "out")]
    out: PathBuf,

    /// What to call it, instead of what the file says
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// Go on from the checkpoints in the folder: finished trainings are not done again
    #[arg(long)]
    resume: bool,

    /// Do a part of the trainings, the third of sixteen with 3/16, and no more: `merge` puts the parts together. Each
    /// has a folder of its own. docs/scale.md has scripts for Slurm, GNU parallel and Kubernetes
    #[arg(long, value_name = "K/N")]
    shard: Option<Shard>,

    /// What an input is drawn as, instead of what the file says: `image`, `table`, `series`, or `series:6` of six channels one
    /// behind another [default: by the shape of the data and the names of the columns]
    #[arg(long, value_name = "FORM")]
    draw: Option<Form>,

    #[command(flatten)]
    data: DataArguments,

    #[command(flatten)]
    device: DeviceArguments,

    /// Seeds to use instead of those of the experiment, such as 1,2,3
    #[arg(long, value_name = "N,N", value_delimiter = ',')]
    seeds: Option<Vec<u64>>,

    /// Cut the data into as many parts as there are seeds; each seed is tested on one of them
    #[arg(long)]
    cross_validate: bool,

    /// Epochs to train instead of those of the experiment
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,
}

impl Default for Arguments {
    fn default() -> Self {
        let data = DataArguments::default();
        Self {
            experiment: None,
            out: "out".into(),
            name: None,
            resume: false,
            shard: None,
            draw: None,
            data,
            device: DeviceArguments::default(),
            seeds: None,
            cross_validate: false,
            epochs: None,
        }
    }
}

/// The page of all nets, beside the report.
const PAGE: &str = "page.html";

/// Writes the page of the nets of the first seed, if their checkpoints were kept.
fn live(results: &Results, out: &Path, checkpoints: &Path, draw: Option<Form>) -> Result<bool> {
    let named = |net: &NetResults| {
        let file = net.runs.first()?.checkpoint.as_ref()?;
        Some((net.name.clone(), checkpoints.join(file)))
    };
    let Some(named) = results.nets.iter().map(named).collect::<Option<Vec<_>>>() else {
        return Ok(false);
    };
    let (data, network) = (&DataArguments::default(), &NetworkArguments::default());
    let asked = page::Asked { data, network, samples: page::SAMPLES, draw };
    page::write(out, &results.name, &named, &asked)?;
    Ok(true)
}

pub fn run(arguments: Arguments) -> Result<ExitCode> {
    let job = Job::begin()?;
    let experiment = job.together(asked(&arguments, &job))?;
    let gpu = job.together(arguments.device.open(&job))?;
    let claim = job.is_first().then(|| claim_report(&experiment, &arguments.out)).transpose();
    let _claim = job.together(claim)?;
    let bar = TrainingBar::new("epochs")?;
    let watch = |progress: Progress<'_>| bar.watch(progress);
    if let Some(shard) = arguments.shard {
        let share = experiment.run_shard(shard, &arguments.out, arguments.resume, &watch);
        bar.clear();
        let Some(Share { trainings, of }) = share? else { return stopped(&arguments.out) };
        let folder = shown(&arguments.out);
        outln!("shard {shard}: {trainings} of {of} trainings, done, in {folder}.");
        outln!("`switchnet merge` with the folders of all {} makes the report.", shard.count);
        return Ok(ExitCode::SUCCESS);
    }
    let checkpoints = arguments.out.join("checkpoints");
    let results = match (&gpu, job.size()) {
        (Some(gpu), _) => {
            let executors = OfExperiment { gpu, loss: experiment.training.loss };
            experiment.run_on(&executors, Some(&checkpoints), arguments.resume, &watch)?
        }
        (None, 1) => experiment.run(Some(&checkpoints), arguments.resume, &watch)?,
        (None, _) => shared(&experiment, &checkpoints, arguments.resume, &bar, &job)?,
    };
    bar.clear();
    match results {
        _ if !job.is_first() => Ok(ExitCode::SUCCESS), // the first process says the rest
        Some(results) => write_report(&results, &arguments.out, experiment.draw),
        None => stopped(&checkpoints),
    }
}

/// The experiment, as the arguments change it.
fn asked(arguments: &Arguments, job: &Job) -> Result<Experiment> {
    if arguments.shard.is_some() && job.size() > 1 {
        bail!("--shard: expected one process, found {}", job.size());
    }
    if let (Some(_), Some(flag)) = (arguments.shard, arguments.device.named()) {
        bail!("{flag}: expected without --shard, found with it");
    }
    let mut experiment: Experiment = match &arguments.experiment {
        Some(path) => read_toml(path)?,
        None => parse_toml(DIGITS).context("the embedded experiment")?,
    };
    if arguments.data.names_data() {
        // A CSV file is read as the experiment says where nothing else is said.
        let other = other_source(Some(&experiment.data), &arguments.data)?;
        experiment.data = other.unwrap_or(experiment.data);
    }
    if arguments.data.standardization().is_some() {
        experiment.standardize = arguments.data.standardization();
    }
    experiment.draw = arguments.draw.or(experiment.draw);
    if let Some(seeds) = &arguments.seeds {
        experiment.seeds.clone_from(seeds);
    }
    experiment.cross_validate |= arguments.cross_validate;
    if let Some(epochs) = arguments.epochs {
        experiment.training.epochs = epochs;
        experiment.nets.iter_mut().for_each(|net| net.epochs = None);
    }
    if let Some(name) = &arguments.name {
        experiment.name.clone_from(name);
    }
    if arguments.shard.is_none() && shard_of(&arguments.out)?.is_some() {
        bail!("--out: expected --shard for {}, found none", shown(&arguments.out));
    }
    Ok(experiment)
}

/// Has each process of a job do its part of the trainings, and the first one measure the nets. None of another one, and of
/// what was stopped.
fn shared(
    experiment: &Experiment,
    checkpoints: &Path,
    resume: bool,
    bar: &TrainingBar,
    job: &Job,
) -> Result<Option<Results>> {
    let watch = |progress: Progress<'_>| match bar.watch(progress) {
        Continue(()) if job.halted() => Break(()),
        answer => answer,
    };
    let notes = |progress: Progress<'_>| bar.watch(progress);
    let dealt = experiment.dealt(job.part(), checkpoints, &notes);
    let dealt = job.together(dealt.map_err(Into::into))?;
    job.alike("job", || Ok(json!({ "comparison": dealt.identity()?, "resume": resume })))?;
    let share = dealt.train(resume, &watch);
    if !matches!(share, Ok(Some(_))) {
        job.halt(); // or the others would first end what they have begun
    }
    job.together(share.map_err(Into::into))?;
    match job.is_first() && !job.halted() {
        true => Ok(dealt.results(&watch)?),
        false => Ok(None),
    }
}

/// Claims the folder of a report, if nothing in it is data of the experiment.
pub fn claim_report(experiment: &Experiment, out: &Path) -> Result<Claim> {
    // Of what a report writes, these may also be data.
    let written = ["results.csv", "effective-maps.npz"].map(|name| out.join(name));
    different_files(experiment.data.paths(), &[("--out", &written[0]), ("--out", &written[1])])?;
    Claim::of(&out.join("report.html")).context("--out")
}

/// Says how to go on with what was stopped.
fn stopped(place: &Path) -> Result<ExitCode> {
    eprintln!("stopped; the same command with --resume goes on from {}", shown(place));
    Ok(INTERRUPTED.into())
}

/// Writes the report of what was trained in this folder, and prints the table; `draw` is what an input is drawn as.
pub fn write_report(results: &Results, out: &Path, draw: Option<Form>) -> Result<ExitCode> {
    // One page of all nets, in which each is a click away from the others: the library is in it once.
    let live = live(results, &out.join(PAGE), &out.join("checkpoints"), draw)?;
    let files = report::write(results, out, live.then_some(PAGE))?;
    out!("{}", report::text_table(results));
    if let Some(geometry) = report::geometry_table(results) {
        out!("\n{geometry}");
    }
    outln!("\nWrote {} files and the checkpoints to {}.", files.len(), shown(out));
    outln!("Open {} in a browser.", shown(&out.join("report.html")));
    Ok(ExitCode::SUCCESS)
}
