//! `export`: a checkpoint as an ONNX file.

use super::network::is_onnx;
use super::{different_files, shown};
use anyhow::{Context, Result, bail};
use std::path::PathBuf;
use std::process::ExitCode;
use switchnet::data::Standardize;
use switchnet::net::checkpoint::{self, Checkpoint};
use switchnet::{Scalar, write_whole};
use switchnet_onnx::{WriteOptions, write};

/// Write the net of a checkpoint as an ONNX file, which other programs run.
///
/// The file takes any number of inputs at a time, in the shape that the net has them, and gives the outputs of the net. It
/// keeps the spec of the net and the names of its data, so that evaluate, predict, inspect and summary take it in the place
/// of the checkpoint.
#[derive(clap::Args)]
pub struct Arguments {
    /// The checkpoint
    checkpoint: PathBuf,

    /// The ONNX file to write
    #[arg(value_name = "OUT.onnx")]
    out: PathBuf,

    /// Write numbers in double precision; not every program has all operators in it
    #[arg(long)]
    double: bool,

    /// Write the standardization of inputs and of target values into the file: it takes raw inputs, and gives values in
    /// their own units. Such a file has no spec
    #[arg(long)]
    with_standardization: bool,
}

pub fn run(arguments: Arguments) -> Result<ExitCode> {
    let out = &arguments.out;
    if !is_onnx(out) {
        bail!("OUT.onnx: expected a name that ends in .onnx, found {}", out.display());
    }
    different_files([arguments.checkpoint.as_path()], &[("OUT.onnx", out)])?;
    match arguments.double {
        true => exported::<f64>(&arguments)?,
        false => exported::<f32>(&arguments)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// What a file keeps of the texts of a checkpoint.
const KEPT: [&str; 4] = ["schema", "training", "standardize", "standardize-targets"];

fn exported<T: Scalar>(arguments: &Arguments) -> Result<()> {
    let (path, out) = (&arguments.checkpoint, &arguments.out);
    let Checkpoint { net, mut metadata, .. } = checkpoint::load::<T>(path)?;
    metadata.retain(|name, _| KEPT.contains(&name.as_str()));
    let mut options = WriteOptions { metadata, ..WriteOptions::default() };
    let (mut takes, mut gives) = ("", "");
    if arguments.with_standardization {
        let mut take = |name: &str| -> Result<Option<Standardize>> {
            let text = options.metadata.remove(name);
            let read = text.map(|text| serde_json::from_str(&text)).transpose();
            read.with_context(|| format!("{}: {name} of the checkpoint", path.display()))
        };
        (options.standardize, options.targets) = (take(KEPT[2])?, take(KEPT[3])?);
        if options.standardize.is_none() {
            bail!("--with-standardization: expected a checkpoint that has one, found none");
        }
        takes = ", raw";
        gives = if options.targets.is_some() { ", in their own units" } else { "" };
    } else if options.metadata.contains_key(KEPT[2]) {
        takes = ", standardized as `standardize` of its metadata says";
        gives = if options.metadata.contains_key(KEPT[3]) { ", standardized too" } else { "" };
    }
    let file = write(&net, &options).map_err(|e| e.at(path.display()))?;
    write_whole(out, &file)?;
    let sides: Vec<String> = net.spec().input.iter().map(ToString::to_string).collect();
    outln!(
        "Wrote {}: ONNX, x [N, {}]{takes} to y [N, {}]{gives}, {}.",
        shown(out),
        sides.join(", "),
        net.outputs(),
        if arguments.double { "float64" } else { "float32" }
    );
    Ok(())
}
