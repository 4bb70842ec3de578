//! The structured matrices of the literature, as layers that exist, and nets of them.

mod layers;
mod matrix;

pub use matrix::StructuredMatrix;

use super::{checked_depth, dropout, flat};
use crate::error::Result;
use crate::layer::{DenseConfig, DiagonalConfig, PadConfig, ReluConfig};
use crate::net::Spec;
use serde::{Deserialize, Serialize};

/// `depth` times {a structured matrix of `n × n`, a bias, a ReLU}, then a dense readout. Zeros fill the inputs up to the width.
///
/// With one layer and no bias it is the net in which the literature compares such matrices.
///
/// ```
/// use switchnet::net::zoo::{Structured, StructuredMatrix};
/// let net = Structured::new(StructuredMatrix::Monarch { block: None });
/// let spec = net.spec(&[1, 32, 32], 10, 1)?;
/// assert_eq!(spec.size()?.parameters, 2 * 1024 * 32 + 1024 + 1024 * 10 + 10);
/// # Ok::<(), switchnet::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Structured {
    /// The matrix of every layer.
    pub matrix: StructuredMatrix,
    /// The width; the next power of two if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<usize>,
    /// The number of layers.
    #[serde(default = "one")]
    pub depth: usize,
    /// Whether there is a bias behind each matrix.
    #[serde(default = "yes")]
    pub bias: bool,
    /// Dropout before the readout.
    #[serde(default)]
    pub dropout: f64,
}

fn one() -> usize {
    1
}

fn yes() -> bool {
    true
}

impl Structured {
    /// One layer of this matrix with a bias.
    pub fn new(matrix: StructuredMatrix) -> Self {
        Self { matrix, width: None, depth: 1, bias: true, dropout: 0.0 }
    }

    /// The spec for inputs of shape `input` and `outputs` outputs.
    ///
    /// # Errors
    /// If the width is less than there are inputs, or the matrix has no such width.
    pub fn spec(&self, input: &[usize], outputs: usize, seed: u64) -> Result<Spec> {
        let inputs: usize = input.iter().product();
        let width = self.width.unwrap_or_else(|| inputs.next_power_of_two());
        let mut layers = flat(input);
        if width != inputs {
            layers.push(PadConfig { width }.into());
        }
        for layer in 0..checked_depth("depth of a structured net", self.depth)? {
            layers.extend(self.matrix.layers(width, &format!("matrix-{layer}"))?);
            if self.bias {
                layers.push(DiagonalConfig { scale: None, bias: true }.into());
            }
            layers.push(ReluConfig {}.into());
        }
        layers.extend(dropout(self.dropout));
        layers.push(DenseConfig { outputs, bias: true }.into());
        Ok(Spec { input: input.to_vec(), seed, layers })
    }
}
