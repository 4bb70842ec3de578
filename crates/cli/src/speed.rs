//! `speed`: how fast the library is here, against its goals.

use super::progress::{INTERRUPTED, stop_on_ctrl_c, stopped};
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::process::ExitCode;
use switchnet::write_whole;
use switchnet_lab::report::{goal_line, goals_markdown, growth};
use switchnet_lab::speed::{Row, measure};

/// Measure transforms, layers, training steps and effective maps against their goals.
///
/// Prints each as it is measured, and writes OUT/speed.json, OUT/speed.md and OUT/speed.svg. Run it on a machine
/// that does nothing else.
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
    stop_on_ctrl_c()?;
    std::fs::create_dir_all(&arguments.out).with_context(|| arguments.out.display().to_string())?;
    let mut shown = Ok(());
    let report = measure(arguments.quick, &mut |row| {
        shown = show(row);
        shown.is_ok() && !stopped()
    });
    shown?;
    if stopped() {
        outln!("stopped: nothing was written");
        return Ok(ExitCode::from(INTERRUPTED));
    }
    let held = report.rows.iter().filter(|row| row.holds()).count();
    outln!("\n{held} of {} goals hold ({})", report.rows.len(), report.processor);
    let json = serde_json::to_string_pretty(&report)?;
    for (name, text) in [
        ("speed.json", json),
        ("speed.md", goals_markdown(&report)),
        ("speed.svg", growth(&report.growth)),
    ] {
        let path = arguments.out.join(name);
        write_whole(&path, text.as_bytes())?;
        outln!("{}", path.display());
    }
    Ok(ExitCode::SUCCESS)
}

fn show(row: &Row) -> Result<()> {
    outln!("{}", goal_line(row));
    Ok(())
}
