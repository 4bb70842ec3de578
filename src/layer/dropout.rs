//! Dropout: noise while training, nothing otherwise.

use super::rows::{checked, scaled, values_mut};
use super::{Built, Dims, Layer, LayerConfig, LinearMap, Noise, Regularity, See, Shape, Signature};
use crate::error::{Error, Result};
use crate::random::{Generator, generator};
use crate::scalar::{Matrix, Scalar};
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// With [noise](Layer::linearize_with), each element is zero with probability `p` and multiplied by `1/(1 − p)`
/// otherwise; without noise the layer is the identity.
///
/// The mask of a row depends on the seed of the noise and on the number of the row in its batch alone: not on
/// how a batch is cut into chunks, and not on threads.
///
/// # Shapes
/// `(rows, n) → (rows, n)`. No parameters; nothing to compute once trained.
///
/// Source: Srivastava et al., *Dropout*, JMLR 15 (2014).
#[derive(Clone, Debug)]
pub struct Dropout {
    len: usize,
    probability: f64,
}

impl Dropout {
    /// Dropout with probability `probability` on `n` elements.
    ///
    /// # Errors
    /// If the probability is not at least 0 and less than 1.
    pub fn new(n: usize, probability: f64) -> Result<Self> {
        if !(0.0..1.0).contains(&probability) {
            let expected = "at least 0 and less than 1";
            return Err(Error::new("dropout probability", expected, probability));
        }
        Ok(Self { len: n, probability })
    }

    /// What each element of `rows` rows is multiplied by.
    fn mask<T: Scalar>(&self, rows: usize, noise: Noise) -> Matrix<T> {
        let keep = T::of(1.0 / (1.0 - self.probability));
        let mut mask = Matrix::zeros((rows, self.len));
        for (row, values) in values_mut(&mut mask).chunks_exact_mut(self.len).enumerate() {
            let mut rng = generator(noise.seed, (noise.first_row + row) as u64);
            for v in values {
                if rng.random::<f64>() >= self.probability {
                    *v = keep;
                }
            }
        }
        mask
    }
}

impl<T: Scalar> Layer<T> for Dropout {
    fn signature(&self) -> Signature {
        Signature::new("dropout", self.len, self.len, Regularity::Linear)
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        let x = checked("dropout", x, self.len);
        (x, Box::new(Masked { len: self.len, mask: None }))
    }

    fn linearize_with(
        &self,
        x: Matrix<T>,
        noise: Noise,
    ) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        let mask = Some(self.mask(x.nrows(), noise));
        let masked = Masked { len: self.len, mask };
        (masked.scale(x), Box::new(masked))
    }
}

struct Masked<T> {
    len: usize,
    mask: Option<Matrix<T>>,
}

impl<T: Scalar> Masked<T> {
    fn scale(&self, x: Matrix<T>) -> Matrix<T> {
        let x = checked("dropout", x, self.len);
        match &self.mask {
            Some(mask) => scaled("dropout", x, mask),
            None => x,
        }
    }
}

impl<T: Scalar> LinearMap<T> for Masked<T> {
    fn dims(&self) -> Dims {
        let rows = self.mask.as_ref().map(Matrix::nrows);
        Dims { rows, inputs: self.len, outputs: self.len }
    }

    fn jvp(&self, dx: Matrix<T>, _see: See<'_, T>) -> Matrix<T> {
        self.scale(dx)
    }

    fn vjp(&self, dy: Matrix<T>, _grad: &mut [T], want_dx: bool) -> Option<Matrix<T>> {
        want_dx.then(|| self.scale(dy)) // a diagonal matrix is its own transpose
    }
}

/// The configuration of [`Dropout`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DropoutConfig {
    /// The probability with which an element is dropped.
    pub probability: f64,
}

impl LayerConfig for DropoutConfig {
    const KIND: &'static str = "dropout";

    fn build<T: Scalar>(&self, input: Shape<'_>, _rng: &mut Generator) -> Result<Built<T>> {
        Ok(Built::keeping(input, Dropout::new(input.len(), self.probability)?))
    }
}
