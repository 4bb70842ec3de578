//! `verify`: whether a net keeps a property.

use super::interrupt::{INTERRUPTED, go_on, hold, stopped};
use super::network::{Network, NetworkArguments};
use super::progress::spin_telling;
use crate::{make_folder, shown, write_files};
use anyhow::{Context, Result, bail};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use switchnet::analysis::{Answer, BoxBudget, BoxProgress, Limit, Property, Verdict, verify};

/// Decide whether the net of a checkpoint or of an ONNX file keeps a property, region by region.
///
/// The property is a VNN-LIB file: boxes of inputs, and the outputs that they must not lead to, both in the numbers that the
/// net itself takes and gives. Prints `holds`, `violated` with an input at which the net was evaluated, or `undecided` with
/// what was not enough, and writes it as verify.json. Ends with 0 if the property holds, with 3 if it is violated and with 4
/// if it is undecided; 130 if Ctrl-C ended the search, as everywhere.
///
/// For small nets and few inputs: beyond some hundred thousand regions, ask alpha-beta-CROWN, nnenum or Marabou.
#[derive(clap::Args)]
#[command(allow_negative_numbers = true)] // to be refused as numbers
pub struct Arguments {
    /// The checkpoint, or an ONNX file
    checkpoint: PathBuf,

    /// The property
    #[arg(long, value_name = "FILE")]
    property: PathBuf,

    /// Stop after so many regions [default: 1000000]
    #[arg(long, value_name = "N")]
    regions: Option<usize>,

    /// Stop after so many seconds; so does Ctrl-C [default: 60]
    #[arg(long, value_name = "S")]
    seconds: Option<f64>,

    /// Stop at so many MiB of memory, by an estimate [default: 2048]
    #[arg(long, value_name = "MIB")]
    memory_limit: Option<usize>,

    /// The folder to write to
    #[arg(long, value_name = "FOLDER", default_value = "out")]
    out: PathBuf,

    #[command(flatten)]
    network: NetworkArguments,
}

/// The most bytes of a file with a property.
const LARGEST: u64 = 1 << 26;

/// The property of a VNN-LIB file.
pub fn read_property(path: &Path) -> Result<Property> {
    let read = || -> Result<Property> {
        let mut bytes = Vec::new();
        File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > LARGEST {
            bail!("expected at most {} MiB, found more", LARGEST >> 20);
        }
        let text =
            String::from_utf8(bytes).map_err(|_| anyhow::anyhow!("expected a text, found none"))?;
        Ok(Property::read_vnnlib(&text)?)
    };
    read().with_context(|| shown(path))
}

/// Why a search in a box ended, and what to do about it.
pub fn stopped_because(limit: Limit, budget: &BoxBudget) -> String {
    let (limit, flag) = match limit {
        Limit::Interrupted => return "interrupted".to_owned(),
        Limit::Seconds => (format!("{} seconds", budget.seconds), "seconds"),
        Limit::Bytes => (format!("{} MiB", budget.bytes >> 20), "memory-limit"),
        _ => (format!("{} regions", budget.regions), "regions"),
    };
    format!("the budget of {limit} was reached (--{flag} raises it)")
}

pub fn run(arguments: Arguments) -> Result<ExitCode> {
    let all = BoxBudget::default();
    let seconds = arguments.seconds.unwrap_or(all.seconds);
    if seconds.is_nan() || seconds < 0.0 {
        bail!("--seconds: expected a number of at least 0, found {seconds}");
    }
    let budget = BoxBudget {
        regions: arguments.regions.unwrap_or(all.regions),
        seconds,
        bytes: arguments.memory_limit.map_or(all.bytes, |mib| mib.saturating_mul(1 << 20)),
    };
    let property = read_property(&arguments.property).context("--property")?;
    let network = Network::load(&arguments.checkpoint, &arguments.network)?;
    if arguments.network.standardizes() {
        bail!(
            "--scale, --mean, --std: expected none, since a property is of the numbers that the net takes, found some"
        );
    }
    if network.model.as_ref().is_some_and(|model| model.readout.is_some()) {
        bail!(
            "verify: expected a net that ends without a softmax, found one with a softmax (--onnx-output names another \
             output)"
        );
    }
    let net = network.double()?;
    make_folder(&arguments.out)?;
    let held = hold();
    let found = spin_telling("verifying", |tell| {
        let watch = &mut |progress: BoxProgress| {
            tell(&format!("{} regions, {} parts waiting", progress.regions, progress.waiting));
            go_on()
        };
        verify(&net, &property, budget, watch)
    })?;
    match found.verdict {
        Verdict::Holds => outln!("holds, in each of {} regions", found.regions),
        Verdict::Violated => outln!("violated"),
        _ => outln!("undecided after {} regions", found.regions),
    }
    if let Some(violation) = &found.violation {
        for (name, numbers) in [("X", &violation.input), ("Y", &violation.outputs)] {
            for (i, v) in numbers.iter().enumerate() {
                outln!("{name}_{i} {v}");
            }
        }
    }
    if let Some(limit) = found.stopped_by {
        outln!("not complete: {}", stopped_because(limit, &budget));
    }
    if found.undecided_regions > 0 {
        outln!("{} regions that could not be decided", found.undecided_regions);
    }
    if found.thin > 0 {
        outln!("{} times a part was left out that is too thin to tell", found.thin);
    }
    let answer = serde_json::to_vec_pretty(&Answer::of(&net, &found))?;
    write_files(&arguments.out, &[("verify.json".to_owned(), answer)])?;
    drop(held);
    Ok(match (stopped(), found.verdict) {
        (true, _) => INTERRUPTED.into(),
        (false, Verdict::Holds) => ExitCode::SUCCESS,
        // 1 is an error, 2 a wrong argument.
        (false, Verdict::Violated) => 3.into(),
        (false, _) => 4.into(),
    })
}
