//! `merge`: the shards of a comparison in, its table and report out.

use super::compare::{claim_report, write_report};
use super::interrupt::INTERRUPTED;
use super::progress::TrainingBar;
use crate::different_files;
use anyhow::Result;
use std::path::PathBuf;
use std::process::ExitCode;
use switchnet_lab::experiment;

/// Put the shards of a comparison together (`compare --shard`).
///
/// Refuses what does not belong together and names what is not done. Then it writes what `compare` alone would have
/// written, to the byte but for times. Data are read, and nets are measured, here: with the program that trained, and
/// from the same place if the experiment names files by relative paths.
#[derive(clap::Args)]
pub struct Arguments {
    /// The folders of the shards, in any order
    #[arg(required = true, value_name = "FOLDER")]
    shards: Vec<PathBuf>,

    /// The folder to write to, another than those
    #[arg(long, value_name = "FOLDER", default_value = "out")]
    out: PathBuf,
}

pub fn run(arguments: Arguments) -> Result<ExitCode> {
    let Arguments { shards, out } = arguments;
    // A report beside the manifest of a shard would be of all shards.
    let taken: Vec<PathBuf> = shards.iter().map(|folder| folder.join("shard.json")).collect();
    different_files(taken.iter().map(PathBuf::as_path), &[("--out", &out.join("shard.json"))])?;
    let begun = shards.iter().find_map(|folder| experiment::shard_of(folder).transpose());
    let begun = begun.transpose()?;
    let _claim = begun.as_ref().map(|begun| claim_report(begun, &out)).transpose()?;
    let bar = TrainingBar::new("epochs")?;
    let results = experiment::merge(&shards, &out.join("checkpoints"), &|told| bar.watch(told));
    bar.clear();
    let Some(results) = results? else {
        eprintln!("stopped; the shards are as they were");
        return Ok(INTERRUPTED.into());
    };
    write_report(&results, &out, begun.and_then(|begun| begun.draw))
}
