//! The first values of what is learned.

use crate::error::{Error, Result};
use crate::random::{Generator, normal, uniform};
use crate::scalar::Scalar;
use ndarray::Array1;
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// The values learned slopes and scales have before training. One for each element is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Init {
    /// This number.
    Constant(f64),
    /// Uniform between plus and minus this number.
    Uniform(f64),
    /// Normal with mean 0 and this deviation.
    Normal(f64),
    /// Plus or minus this number, with equal chance.
    Signs(f64),
}

impl Default for Init {
    /// One: the net starts as a linear map that keeps norms.
    fn default() -> Self {
        Init::Constant(1.0)
    }
}

impl Init {
    /// `n` numbers.
    ///
    /// # Errors
    /// If the size is not finite, or a number drawn is not.
    pub fn draw<T: Scalar>(self, n: usize, rng: &mut Generator) -> Result<Array1<T>> {
        let (Init::Constant(size) | Init::Uniform(size) | Init::Normal(size) | Init::Signs(size)) =
            self;
        if !size.is_finite() {
            return Err(Error::new("initial value", "a finite number", size));
        }
        let draw = || match self {
            Init::Constant(value) => T::of(value),
            Init::Uniform(bound) => uniform(rng, bound),
            Init::Normal(deviation) => normal(rng, deviation),
            Init::Signs(value) => T::of(if rng.random() { value } else { -value }),
        };
        let drawn = Array1::from_shape_simple_fn(n, draw);
        if drawn.iter().any(|v| !v.is_finite()) {
            let expected = format_args!("one that is finite in {}", T::NAME);
            return Err(Error::new("initial value", expected, size));
        }
        Ok(drawn)
    }
}
