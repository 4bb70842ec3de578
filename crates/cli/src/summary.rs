//! `summary`: what a net is made of and what it costs.

use super::args::NetArguments;
use super::data::DataArguments;
use super::network::{Network, NetworkArguments, is_onnx};
use anyhow::{Result, bail};
use std::path::PathBuf;
use std::process::ExitCode;
use switchnet::net::zoo::Architecture;
use switchnet::net::{Summary, checkpoint};

/// Show the layers of a net with their shapes, parameters and multiply-adds.
#[derive(clap::Args)]
pub struct Arguments {
    /// A checkpoint or an ONNX file; without it the net that the arguments describe
    checkpoint: Option<PathBuf>,

    #[command(flatten)]
    net: NetArguments,

    #[command(flatten)]
    data: DataArguments,

    #[command(flatten)]
    network: NetworkArguments,

    /// Print the net as TOML instead, with its layers and its seed: what --net and experiments read
    #[arg(long, conflicts_with = "plan")]
    spec: bool,

    /// Print how the net is run instead: what goes through the cache together, and what each step reads
    #[arg(long)]
    plan: bool,
}

pub fn run(arguments: Arguments) -> Result<ExitCode> {
    let net = match &arguments.checkpoint {
        Some(path) => {
            if arguments.data.given() || arguments.net.given() {
                bail!("summary: expected a checkpoint or arguments for a net, found both");
            }
            match is_onnx(path) {
                true => Network::load(path, &arguments.network)?.trained.net,
                false => {
                    arguments.network.refuse()?;
                    checkpoint::load::<f32>(path)?.net
                }
            }
        }
        None => {
            arguments.network.refuse()?;
            let split = arguments.data.source()?.load::<f32>()?;
            let (shape, outputs) = (split.train.shape(), split.train.targets().width());
            arguments.net.architecture()?.spec(shape, outputs, 1)?.build()?
        }
    };
    if arguments.spec {
        let architecture = Architecture::Layers(net.spec().clone().into());
        out!("{}", toml::to_string(&architecture)?);
    } else if arguments.plan {
        out!("{}", net.graph().plan());
    } else {
        out!("{}", Summary::of(&net));
    }
    Ok(ExitCode::SUCCESS)
}
