//! `tables`: what was kept of experiments in, tables and curves out.

use super::write_files;
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::process::ExitCode;
use switchnet_lab::report::{Record, records_curves, records_markdown};

/// Tables and curves of experiments that were kept: of the record.json that `compare` wrote for each.
///
/// Nets whose names are the same up to a comma, such as `thin MLP, 5 k` and `thin MLP, 12 k`, are one kind of several sizes:
/// one curve through all of them.
#[derive(clap::Args)]
pub struct Arguments {
    /// The records, in the order of the tables
    #[arg(required = true, value_name = "RECORD")]
    records: Vec<PathBuf>,

    /// The folder to write tables.md and tables.svg to
    #[arg(long, value_name = "FOLDER", default_value = "out")]
    out: PathBuf,
}

pub fn run(arguments: Arguments) -> Result<ExitCode> {
    let read = |path: &PathBuf| -> Result<Record> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let record: Record =
            serde_json::from_str(&text).with_context(|| format!("{}: a record", path.display()))?;
        record.check().with_context(|| path.display().to_string())?;
        Ok(record)
    };
    let records: Vec<Record> = arguments.records.iter().map(read).collect::<Result<_>>()?;
    let tables = records_markdown(&records);
    out!("{tables}\n");
    let curves = records_curves(&records).into_bytes();
    let files = [("tables.md".to_owned(), tables.into_bytes()), ("tables.svg".to_owned(), curves)];
    write_files(&arguments.out, &files)?;
    Ok(ExitCode::SUCCESS)
}
