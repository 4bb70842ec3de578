//! The arguments that several commands share: which net.

use anyhow::{Context, Result, bail};
use clap::Args;
use serde::de::DeserializeOwned;
use std::path::Path;
use switchnet::net::zoo::{
    Architecture, Cnn, CosineBank, Mlp, MultiScaleBank, SlidingBank, Structured, StructuredMatrix,
    SwitchKind, SwitchNet, ThinMlp,
};
use switchnet::transform::TransformKind;

/// Which net.
#[derive(Args, Clone)]
#[command(next_help_heading = "Net")]
pub struct NetArguments {
    /// `switch`, `cosine-bank`, `multi-scale-bank`, `sliding-bank`, `structured`, `mlp`, `thin-mlp`, `cnn`, or a TOML file
    /// with `net = …` and its settings; docs/files.md of the sources has them all, and every kind of layer [default:
    /// switch]
    #[arg(long, value_name = "NET")]
    net: Option<String>,

    /// Width of a switch net, a structured net or a cosine bank [default: the next power of two; 256]
    #[arg(long, value_name = "N")]
    width: Option<usize>,

    /// Layers of a switch net, a structured net or a cosine bank, or of a sliding bank behind those that slide [default: 3, 1,
    /// 3, 2]
    #[arg(long, value_name = "N")]
    depth: Option<usize>,

    /// Matrix of a structured net, such as monarch, butterfly or circulant; docs/kinds.md of the sources has them all
    #[arg(long, value_name = "NAME", value_parser = matrix)]
    matrix: Option<StructuredMatrix>,

    /// Transform of a switch net: hadamard, hadamard-sequency, hartley, dct2, dct3
    #[arg(long, value_name = "NAME", value_parser = named::<TransformKind>)]
    transform: Option<TransformKind>,

    /// Switch of a switch net or a bank: two-slope, relu, prelu, block-4, block-8, block-16
    #[arg(long, value_name = "NAME", value_parser = named::<SwitchKind>)]
    switch: Option<SwitchKind>,

    /// Hidden widths of an MLP, such as 128,128
    #[arg(long, value_name = "N,N", value_delimiter = ',')]
    hidden: Option<Vec<usize>>,

    /// Parameters that a thin MLP may have
    #[arg(long, value_name = "N")]
    parameters: Option<usize>,

    /// Filters of the two convolutions of a CNN, such as 16,32
    #[arg(long, value_name = "N,N", value_delimiter = ',', num_args = 1)]
    filters: Option<Vec<usize>>,

    /// Dropout before the readout, or in an MLP after each hidden layer
    #[arg(long, value_name = "P")]
    dropout: Option<f64>,

    /// Side of the windows whose means are taken first, in a cosine bank, a multi-scale bank or a thin MLP
    /// [default: 2, 1, 1]
    #[arg(long, value_name = "N")]
    pool: Option<usize>,
}

/// The nets that have a name.
const NETS: &str =
    "switch, cosine-bank, multi-scale-bank, sliding-bank, structured, mlp, thin-mlp, cnn";

/// A kebab-case name as files have it.
pub fn named<T: DeserializeOwned>(name: &str) -> Result<T, String> {
    serde_json::from_value(name.into()).map_err(|e| e.to_string())
}

/// A structured matrix by its kind, with the settings it has if nothing is said.
fn matrix(kind: &str) -> Result<StructuredMatrix, String> {
    serde_json::from_value(serde_json::json!({ "kind": kind })).map_err(|e| e.to_string())
}

impl NetArguments {
    /// Whether any of them was given.
    pub fn given(&self) -> bool {
        self.net.is_some()
            || self.width.is_some()
            || self.depth.is_some()
            || self.matrix.is_some()
            || self.transform.is_some()
            || self.switch.is_some()
            || self.hidden.is_some()
            || self.parameters.is_some()
            || self.filters.is_some()
            || self.dropout.is_some()
            || self.pool.is_some()
    }

    /// What was asked for, for messages and tables.
    pub fn name(&self) -> &str {
        self.net.as_deref().unwrap_or("switch")
    }

    /// The architecture. An argument that the net has no use for is a mistake, not ignored.
    pub fn architecture(&self) -> Result<Architecture> {
        let mut rest = self.clone();
        let net = match self.name() {
            "switch" => {
                let default = SwitchNet::default();
                Architecture::Switch(SwitchNet {
                    transform: rest.transform.take().unwrap_or(default.transform),
                    switch: rest.switch.take().unwrap_or(default.switch),
                    width: rest.width.take(),
                    depth: rest.depth.take().unwrap_or(default.depth),
                    dropout: rest.dropout.take().unwrap_or(0.0),
                    ..default
                })
            }
            "mlp" => Architecture::Mlp(Mlp {
                hidden: rest.hidden.take().unwrap_or(Mlp::default().hidden),
                dropout: rest.dropout.take().unwrap_or(0.0),
            }),
            "thin-mlp" => Architecture::ThinMlp(ThinMlp {
                parameters: rest.parameters.take().context("--net thin-mlp needs --parameters")?,
                hidden_layers: 2,
                pool: rest.pool.take().unwrap_or(1),
                dropout: rest.dropout.take().unwrap_or(0.0),
            }),
            "cnn" => {
                let filters = match rest.filters.take().as_deref() {
                    None => Cnn::default().filters,
                    Some(&[a, b]) => [a, b],
                    Some(other) => bail!("--filters: expected two numbers, found {}", other.len()),
                };
                let dropout = rest.dropout.take().unwrap_or(0.0);
                Architecture::Cnn(Cnn { filters, dropout, ..Cnn::default() })
            }
            "cosine-bank" => {
                let default = CosineBank::default();
                Architecture::CosineBank(CosineBank {
                    pool: rest.pool.take().unwrap_or(default.pool),
                    width: rest.width.take().or(default.width),
                    depth: rest.depth.take().unwrap_or(default.depth),
                    switch: rest.switch.take().unwrap_or(default.switch),
                    ..default
                })
            }
            "multi-scale-bank" => {
                let default = MultiScaleBank::default();
                Architecture::MultiScaleBank(MultiScaleBank {
                    pool: rest.pool.take().unwrap_or(default.pool),
                    switch: rest.switch.take().unwrap_or(default.switch),
                    ..default
                })
            }
            "sliding-bank" => {
                let default = SlidingBank::default();
                Architecture::SlidingBank(SlidingBank {
                    depth: rest.depth.take().unwrap_or(default.depth),
                    switch: rest.switch.take().unwrap_or(default.switch),
                    ..default
                })
            }
            "structured" => {
                let matrix = rest.matrix.take().context("--net structured needs --matrix")?;
                Architecture::Structured(Structured {
                    width: rest.width.take(),
                    depth: rest.depth.take().unwrap_or(1),
                    dropout: rest.dropout.take().unwrap_or(0.0),
                    ..Structured::new(matrix)
                })
            }
            path if Path::new(path).exists() => read_toml(Path::new(path)).context("--net")?,
            name => bail!("--net: expected one of {NETS} or a TOML file, found {name}"),
        };
        for (flag, unused) in [
            ("--width", rest.width.is_some()),
            ("--depth", rest.depth.is_some()),
            ("--matrix", rest.matrix.is_some()),
            ("--transform", rest.transform.is_some()),
            ("--switch", rest.switch.is_some()),
            ("--hidden", rest.hidden.is_some()),
            ("--parameters", rest.parameters.is_some()),
            ("--filters", rest.filters.is_some()),
            ("--dropout", rest.dropout.is_some()),
            ("--pool", rest.pool.is_some()),
        ] {
            if unused {
                bail!("{flag}: expected with a net that has it, found with --net {}", self.name());
            }
        }
        Ok(net)
    }
}

/// A value from a TOML file.
pub fn read_toml<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    parse_toml(&text).with_context(|| path.display().to_string())
}

/// A value from TOML text, with the mistake and its place in one line.
pub fn parse_toml<T: DeserializeOwned>(text: &str) -> Result<T> {
    toml::from_str(text).map_err(|e: toml::de::Error| {
        let line = e.span().map(|span| text[..span.start].matches('\n').count() + 1);
        let message = e.message().replace('\n', " ");
        match line {
            Some(line) => anyhow::anyhow!("line {line}: {message}"),
            None => anyhow::anyhow!(message),
        }
    })
}
