//! The arguments that several commands share: which data, which net.

use crate::progress::spin;
use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};
use switchnet::data::{CsvOptions, LabelColumn, Scope, Source, Split, Standardize, TargetKind};
use switchnet::net::Net;
use switchnet::net::zoo::{
    Architecture, Cnn, CosineBank, Mlp, MultiScaleBank, SlidingBank, SwitchKind, SwitchNet, ThinMlp,
};
use switchnet::train::Training;
use switchnet::transform::TransformKind;
use switchnet_lab::experiment::Trained;

/// Which data, and how they are prepared.
#[derive(Args, Clone, Default)]
#[command(next_help_heading = "Data")]
pub struct DataArguments {
    /// `digits` (embedded), `spirals` (made up), a folder with the four files of MNIST or
    /// Fashion-MNIST (.gz or not), or a CSV file (.gz or not) [default: digits]
    #[arg(long, value_name = "DATA")]
    data: Option<String>,

    /// A CSV file to test on; without it a fifth of the rows of the other is held out.
    #[arg(long, value_name = "FILE")]
    test_data: Option<PathBuf>,

    /// The target column of a CSV file: `first`, `last` or its name in the header [default: last]
    #[arg(long, value_name = "COLUMN")]
    label: Option<String>,

    /// The target column of a CSV file holds numbers to predict, not classes.
    #[arg(long)]
    values: bool,

    /// What the inputs are standardized by, with the numbers of the training part [default: global]
    #[arg(long, value_name = "SCOPE")]
    standardize: Option<StandardizeBy>,
}

/// How inputs are standardized.
#[derive(Clone, Copy, ValueEnum)]
enum StandardizeBy {
    /// One mean and one deviation for all features; right for images.
    Global,
    /// A mean and a deviation for each feature.
    Feature,
    /// Not at all.
    None,
}

impl DataArguments {
    /// Whether any of them was given.
    pub fn given(&self) -> bool {
        self.names_data() || self.says_scope()
    }

    /// Whether it was said which data.
    pub fn names_data(&self) -> bool {
        self.data.is_some() || self.test_data.is_some() || self.label.is_some() || self.values
    }

    /// Whether it was said what inputs are standardized by.
    pub fn says_scope(&self) -> bool {
        self.standardize.is_some()
    }

    /// Where the data come from.
    pub fn source(&self) -> Result<Source> {
        let name = self.data.as_deref().unwrap_or("digits");
        let path = PathBuf::from(name);
        let source = match name {
            "digits" => Source::Digits {},
            // The defaults of the source are in the library; an empty table asks for them.
            "spirals" => toml::from_str("source = \"spirals\"").context("spirals")?,
            _ if path.is_dir() => Source::Mnist { folder: path },
            _ if path.is_file() => {
                let label = match self.label.as_deref() {
                    None | Some("last") => LabelColumn::Last,
                    Some("first") => LabelColumn::First,
                    Some(name) => LabelColumn::Name(name.to_owned()),
                };
                let kind = if self.values { TargetKind::Values } else { TargetKind::Classes };
                let options = CsvOptions { label, kind, ..CsvOptions::default() };
                return Ok(Source::Csv { train: path, test: self.test_data.clone(), options });
            }
            _ => bail!("--data: expected digits, spirals, a folder or a CSV file, found {name}"),
        };
        for (flag, given) in [
            ("--test-data", self.test_data.is_some()),
            ("--label", self.label.is_some()),
            ("--values", self.values),
        ] {
            if given {
                bail!("{flag}: expected with a CSV file as --data, found with {name}");
            }
        }
        Ok(source)
    }

    /// What inputs are standardized by, if they are.
    pub fn scope(&self) -> Option<Scope> {
        match self.standardize.unwrap_or(StandardizeBy::Global) {
            StandardizeBy::Global => Some(Scope::Global),
            StandardizeBy::Feature => Some(Scope::Feature),
            StandardizeBy::None => None,
        }
    }

    /// The data, and how their inputs were standardized.
    pub fn load(&self) -> Result<(Source, Split<f32>, Option<Standardize>)> {
        let source = self.source()?;
        let split = spin("reading the data", || source.load())?;
        let Some(scope) = self.scope() else { return Ok((source, split, None)) };
        let (split, standardize) = split.standardize(scope);
        Ok((source, split, Some(standardize)))
    }
}

/// Which net.
#[derive(Args, Clone)]
#[command(next_help_heading = "Net")]
pub struct NetArguments {
    /// `switch`, `cosine-bank`, `multi-scale-bank`, `sliding-bank`, `mlp`, `thin-mlp`, `cnn`, or a TOML file
    /// with `net = …` and its settings [default: switch]
    #[arg(long, value_name = "NET")]
    net: Option<String>,

    /// Width of a switch net or a cosine bank [default: the next power of two; 256]
    #[arg(long, value_name = "N")]
    width: Option<usize>,

    /// Layers of a switch net or a cosine bank, or of a sliding bank behind those that slide [default: 3, 3, 2]
    #[arg(long, value_name = "N")]
    depth: Option<usize>,

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
const NETS: &str = "switch, cosine-bank, multi-scale-bank, sliding-bank, mlp, thin-mlp, cnn";

/// A kebab-case name as files have it.
fn named<T: DeserializeOwned>(name: &str) -> Result<T, String> {
    serde_json::from_value(name.into()).map_err(|e| e.to_string())
}

impl NetArguments {
    /// Whether any of them was given.
    pub fn given(&self) -> bool {
        self.net.is_some()
            || self.width.is_some()
            || self.depth.is_some()
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
            path => read_toml(Path::new(path)).with_context(|| {
                format!("--net: expected one of {NETS} or a TOML file, found {path}")
            })?,
        };
        for (flag, unused) in [
            ("--width", rest.width.is_some()),
            ("--depth", rest.depth.is_some()),
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

/// A checkpoint together with the data it is to be looked at with.
pub struct Opened {
    pub net: Net<f32>,
    pub training: Training,
    pub standardize: Option<Standardize>,
    /// The data, standardized as the net's training data were.
    pub split: Split<f32>,
    /// The largest number of the training data before that: the white of a picture.
    pub white: f64,
}

impl Opened {
    /// The checkpoint at `path`, with the data of `arguments` or, if there are none, its own.
    pub fn load(path: &Path, arguments: &DataArguments) -> Result<Self> {
        let trained = Trained::load(path)?;
        if arguments.standardize.is_some() {
            bail!(
                "--standardize: expected without a checkpoint, which says itself, found with one"
            );
        }
        let source = match trained.source {
            Some(source) if !arguments.given() => source,
            _ => arguments.source()?,
        };
        let raw = spin("reading the data", || source.load::<f32>())?;
        let white = raw.train.inputs().iter().fold(0f32, |a, &b| a.max(b)).into();
        let (inputs, outputs) = (raw.train.inputs().ncols(), raw.train.targets().width());
        if (inputs, outputs) != (trained.net.inputs(), trained.net.outputs()) {
            bail!(
                "{}: expected {} inputs and {} outputs as the net has, found {inputs} and {outputs}",
                raw.train.name(),
                trained.net.inputs(),
                trained.net.outputs(),
            );
        }
        let split = match &trained.standardize {
            Some(standardize) => raw.standardized(standardize),
            None => raw,
        };
        let (training, standardize) = (trained.training, trained.standardize);
        Ok(Self { net: trained.net, training, standardize, split, white })
    }
}
