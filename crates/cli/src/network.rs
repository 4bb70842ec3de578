//! The net that a command is about: of a checkpoint, or of an ONNX file.

use crate::picture::Like;
use crate::{say, shown};
use anyhow::{Result, bail};
use clap::Args;
use ndarray::Array2;
use std::path::Path;
use switchnet::data::{Dataset, Split, Standardize, Targets};
use switchnet::net::Net;
use switchnet::one_line;
use switchnet::train::Loss;
use switchnet_lab::experiment::Trained;
use switchnet_onnx::{Model, Options, read_with};

/// What an ONNX file does not say.
#[derive(Args, Clone, Default)]
#[command(next_help_heading = "Nets of others (.onnx)")]
pub struct NetworkArguments {
    /// Which output of the file the net is to give [default: the first]
    #[arg(long, value_name = "NAME")]
    onnx_output: Option<String>,

    /// The shape of its input, with the batch, such as 1,3,224,224 [default: that of the file]
    #[arg(long, value_name = "SIDE,SIDE", value_delimiter = ',')]
    onnx_shape: Option<Vec<usize>>,

    /// The net was trained with inputs divided by this number, such as 255; pictures are from 0 to it [default: 1]
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    scale: Option<f64>,

    /// and then less these means: one number, or one for each channel [default: 0]
    #[arg(long, value_name = "NUMBER,NUMBER", value_delimiter = ',', allow_hyphen_values = true)]
    mean: Option<Vec<f64>>,

    /// and then divided by these deviations, likewise [default: 1]
    #[arg(long, value_name = "NUMBER,NUMBER", value_delimiter = ',', allow_hyphen_values = true)]
    std: Option<Vec<f64>>,
}

impl NetworkArguments {
    /// Which were given, by their flags.
    fn given(&self) -> Option<&'static str> {
        let all = [
            ("--onnx-output", self.onnx_output.is_some()),
            ("--onnx-shape", self.onnx_shape.is_some()),
            ("--scale", self.scale.is_some()),
            ("--mean", self.mean.is_some()),
            ("--std", self.std.is_some()),
        ];
        all.into_iter().find_map(|(flag, given)| given.then_some(flag))
    }

    /// Whether they say what is done with the inputs.
    pub fn standardizes(&self) -> bool {
        self.scale.is_some() || self.mean.is_some() || self.std.is_some()
    }

    /// Refuses them where there is no ONNX file.
    pub fn refuse(&self) -> Result<()> {
        match self.given() {
            Some(flag) => bail!("{flag}: expected with an ONNX file, found without"),
            None => Ok(()),
        }
    }

    /// What is done with the inputs of `model`, if anything: `(x/scale − mean)/std`.
    fn standardize(&self, model: &Model) -> Result<Option<Standardize>> {
        if !self.standardizes() {
            return Ok(None);
        }
        let scale = self.scale.unwrap_or(1.0);
        let n: usize = model.spec.input.iter().product();
        // Channels come first in an image, and last in a row and in a single value of four sides that is none. Of other
        // values nobody says where they are.
        let (channels, block) = match (&model.spec.input[..], &model.input.shape[..]) {
            (&[channels, height, width], _) => (channels, height * width),
            (_, &[channels] | &[_, channels] | &[1, _, _, channels]) => (channels, 1),
            _ => (0, 1),
        };
        let each = |flag: &str, numbers: &Option<Vec<f64>>, usual: f64| -> Result<Vec<f64>> {
            let numbers = numbers.clone().unwrap_or_else(|| vec![usual]);
            if numbers.len() != 1 && numbers.len() != channels {
                let expected = match channels {
                    0 => format!(
                        "1 number, as no file says which side of {:?} is that of channels",
                        model.input.shape
                    ),
                    1 => "1 number".to_owned(),
                    _ => format!("1 number or {channels}"),
                };
                bail!("{flag}: expected {expected}, found {}", numbers.len());
            }
            Ok((0..n).map(|i| numbers[i / block % channels.max(1) % numbers.len()]).collect())
        };
        let (mean, std) = (each("--mean", &self.mean, 0.0)?, each("--std", &self.std, 1.0)?);
        for (flag, number) in
            [("--scale", scale)].into_iter().chain(std.iter().map(|&s| ("--std", s)))
        {
            if !(number.is_finite() && number > 0.0) {
                bail!("{flag}: expected a number above 0, found {number}");
            }
        }
        let mean: Vec<f64> = mean.iter().map(|mean| mean * scale).collect();
        let scales: Vec<f64> = std.iter().map(|std| std * scale).collect();
        let both = serde_json::json!({ "mean": mean, "scale": scales });
        Ok(Some(serde_json::from_value(both).map_err(|e| anyhow::anyhow!("--mean: {e}"))?))
    }
}

/// A net, and what its file says of it.
pub struct Network {
    pub trained: Trained,
    /// What was read, if it is of an ONNX file.
    pub model: Option<Model>,
    /// The largest number of a picture's color for such a net.
    white: f64,
}

/// Whether the file is one of ONNX, by its name.
pub fn is_onnx(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("onnx"))
}

impl Network {
    /// The net of the file at `path`. What was read of an ONNX file is said.
    pub fn load(path: &Path, arguments: &NetworkArguments) -> Result<Self> {
        if !is_onnx(path) {
            arguments.refuse()?;
            return Ok(Self { trained: Trained::load(path)?, model: None, white: 1.0 });
        }
        let NetworkArguments { onnx_output, onnx_shape, .. } = arguments.clone();
        let model = read_with(path, &Options { output: onnx_output, shape: onnx_shape })?;
        say(format_args!("{}: {}", shown(path), one_line(&model)));
        let given = arguments.standardize(&model)?;
        // A file that `export` wrote says more than a net.
        let trained = Trained::of(model.net()?, &model.metadata);
        let mut trained = trained.map_err(|e| e.at(path.display()))?;
        if given.is_some() {
            if trained.preparation.standardize.is_some() {
                bail!(
                    "--scale, --mean, --std: expected with a file that does not say its own, found with one"
                );
            }
            trained.preparation.standardize = given;
        }
        // Of outputs without a softmax behind them nobody says that they are of classes, unless they have names.
        let named = trained.preparation.schema.as_ref().is_some_and(|s| !s.classes.is_empty());
        if !model.metadata.contains_key("training") && model.readout.is_none() && !named {
            trained.training.loss = Loss::SquaredError;
        }
        Ok(Self { trained, model: Some(model), white: arguments.scale.unwrap_or(1.0) })
    }

    /// The net in double precision, from the weights of its file.
    pub fn double(&self) -> Result<Net<f64>> {
        match &self.model {
            Some(model) => Ok(model.net()?),
            None => Ok(self.trained.net.cast()),
        }
    }

    /// What pictures are to be like if there are no data: from 0 to the scale.
    pub fn like(&self) -> Like {
        Like::between(self.trained.net.spec().input.clone(), [0.0, self.white])
    }

    /// Data of a single input, for a net that has none.
    pub fn alone(&self, x: Array2<f32>) -> Result<Split<f32>> {
        let net = &self.trained.net;
        let schema = self.trained.preparation.schema.as_ref();
        let named = schema.is_some_and(|schema| !schema.classes.is_empty());
        let targets = match named || self.trained.training.loss == Loss::CrossEntropy {
            true => Targets::Classes { labels: vec![0], classes: net.outputs() },
            false => Targets::Values(Array2::zeros((1, net.outputs()))),
        };
        let set = Dataset::new("the input", net.spec().input.clone(), x, targets)?;
        let set = match schema {
            Some(schema) => set.described(schema.clone())?,
            None => set,
        };
        Ok(Split { train: set.clone(), test: set })
    }
}
