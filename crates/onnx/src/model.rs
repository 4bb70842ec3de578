//! What is read of a file.

use crate::read::{self, Options};
use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::path::Path;
use switchnet::layer::{Layer, Parameter, parameters};
use switchnet::ndarray::ArrayD;
use switchnet::net::{Net, Spec};
use switchnet::{Error, Result, Scalar};

/// A net of an ONNX file: data, as a checkpoint is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Model {
    /// The input of the net. A row of it is all numbers of one such value, the last side fastest.
    pub input: Value,
    /// The output of the net, likewise.
    pub output: Value,
    /// The names of all outputs of the file, of which a net has one.
    pub outputs: Vec<String>,
    /// The version of the operators.
    pub opset: i64,
    /// The program that wrote the file, if it says so.
    pub producer: String,
    /// How many nodes of each operator the output needs.
    pub operators: BTreeMap<String, usize>,
    /// What the file has behind the net: it changes no order among the outputs, and would only blur their maps.
    pub readout: Option<Readout>,
    /// The layers, called as the nodes of the file. What they draw is replaced by the parameters.
    pub spec: Spec,
    /// The parameters by their names, such as `fc1.weight` of the layer `fc1`, in the order of the net.
    pub parameters: Vec<(String, ArrayD<f64>)>,
    /// Whose the file is.
    pub origin: Origin,
    /// What [`write`](crate::write()) was given to be written beside the net, if the file is as it was written.
    pub metadata: BTreeMap<String, String>,
}

/// Whose a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Another program's, or one with more in its graph than a net; its operators were read.
    Operators,
    /// That of [`write`](crate::write()), unchanged: the net is the one that was written.
    Spec,
    /// It has a spec, but was changed since it was written, so its operators were read.
    Changed,
}

/// An input or an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// What the file calls it.
    pub name: String,
    /// Its shape as the file has it, batch and all, with 1 where the batch is left open.
    pub shape: Vec<usize>,
}

/// What a file has behind the net that is read of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readout {
    /// The outputs of the file are probabilities, the softmax of those of the net.
    Softmax,
    /// They are the logarithms of probabilities.
    LogSoftmax,
}

/// The net of an ONNX file.
///
/// # Errors
/// If the file cannot be read, or is not one that can be read as a net; the error names the file, the node and its
/// operator.
pub fn read(path: impl AsRef<Path>) -> Result<Model> {
    read_with(path, &Options::default())
}

/// The same, with another output or another shape of the input than the file's first.
///
/// # Errors
/// As [`read`].
pub fn read_with(path: impl AsRef<Path>, options: &Options) -> Result<Model> {
    let path = path.as_ref();
    let bytes = std::fs::read(path).map_err(|e| Error::io(path, e))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    read::read(&bytes, Some(folder), options).map_err(|e| e.at(path.display()))
}

impl Model {
    /// The net of the bytes of a file, which has no data in other files.
    ///
    /// # Errors
    /// As [`read`].
    pub fn from_bytes(bytes: &[u8], options: &Options) -> Result<Self> {
        read::read(bytes, None, options)
    }

    /// The net, its parameters in the precision `T`.
    ///
    /// # Errors
    /// If a parameter is too large for `T`.
    pub fn net<T: Scalar>(&self) -> Result<Net<T>> {
        let mut net = self.spec.build::<T>()?;
        let mut given = self.parameters.iter();
        let mut flat = Vec::with_capacity(parameters::count(&net));
        let mut failure = None;
        net.visit(&mut |Parameter { name, values, .. }| {
            let found =
                given.next().filter(|(own, array)| own == name && array.shape() == values.shape());
            let Some((_, array)) = found else {
                let expected = format_args!("{name} {:?}", values.shape());
                failure.get_or_insert(Error::new("parameter", expected, "another"));
                return;
            };
            for &number in array {
                let own = T::of(number);
                if !own.double().is_finite() {
                    let expected = format_args!("numbers that {} has", T::NAME);
                    failure.get_or_insert(Error::new(name, expected, format_args!("{number:?}")));
                }
                flat.push(own);
            }
        });
        if let Some(error) = failure {
            return Err(error);
        }
        parameters::write(&mut net, &flat);
        Ok(net)
    }
}

/// What was read, in one line.
impl Display for Model {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let operators: Vec<String> = self
            .operators
            .iter()
            .map(|(name, &count)| if count == 1 { name.clone() } else { format!("{count} {name}") })
            .collect();
        let (input, output) = (&self.input, &self.output);
        write!(
            f,
            "ONNX, operators of version {}: {}; {} {:?} to {} {:?}",
            self.opset,
            if operators.is_empty() { "none".to_owned() } else { operators.join(", ") },
            input.name,
            input.shape,
            output.name,
            output.shape,
        )?;
        if self.outputs.len() > 1 {
            write!(f, ", one of the outputs {}", self.outputs.join(", "))?;
        }
        if let Some(readout) = self.readout {
            write!(f, "; the last {readout:?} is left out")?;
        }
        match self.origin {
            Origin::Operators => Ok(()),
            Origin::Spec => f.write_str("; by its spec"),
            Origin::Changed => f.write_str("; changed since it got its spec, so by its operators"),
        }
    }
}
