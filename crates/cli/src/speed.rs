//! `speed`: how fast the library is here, against its goals.

use super::interrupt::{INTERRUPTED, go_on, hold};
use crate::{make_folder, write_files};
use anyhow::Result;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;
use switchnet_lab::report::{goal_line, goals_markdown, growth};
use switchnet_lab::speed::{Measured, Row, measure};

/// Measure transforms, layers, training steps and effective maps against their goals.
///
/// Prints each as it is measured, and writes OUT/speed.json, OUT/speed.md and OUT/speed.svg. Ctrl-C ends it, and
/// what was measured is written. Run it on a machine that does nothing else.
#[derive(clap::Args)]
pub struct Arguments {
    /// Fewer sizes and less patience: a look within a minute, for no table
    #[arg(long)]
    quick: bool,

    /// The folder to write to
    #[arg(long, default_value = "out")]
    out: PathBuf,
}

pub fn run(arguments: Arguments) -> Result<ExitCode> {
    let _hold = hold();
    make_folder(&arguments.out)?;
    let mut shown = Ok(());
    let report = measure(arguments.quick, &mut |measured| {
        if let Measured::Row(row) = measured {
            shown = show(row);
        }
        if shown.is_ok() { go_on() } else { ControlFlow::Break(()) }
    });
    shown?;
    let held = report.rows.iter().filter(|row| row.holds()).count();
    outln!("\n{held} of {} goals hold ({})", report.rows.len(), report.processor);
    let mut files = vec![
        ("speed.json".into(), serde_json::to_vec_pretty(&report)?),
        ("speed.md".into(), goals_markdown(&report).into()),
    ];
    if report.complete {
        files.push(("speed.svg".into(), growth(&report.growth).into()));
    }
    write_files(&arguments.out, &files)?;
    if report.complete {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("stopped before the end: what was measured was written");
    Ok(INTERRUPTED.into())
}

fn show(row: &Row) -> Result<()> {
    outln!("{}", goal_line(row));
    Ok(())
}
