//! From the name of a transform to the transform.

use super::{Dct, Hadamard, Hartley, Identity, Permutation, Signs, Transform};
use crate::error::Result;
use crate::random::Generator;
use crate::scalar::Scalar;
use serde::{Deserialize, Serialize};

/// A transform by name, as specs and the command line give it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TransformKind {
    /// [`Hadamard`] in natural order.
    Hadamard,
    /// [`Hadamard`] in sequency order.
    HadamardSequency,
    /// [`Hartley`].
    Hartley,
    /// [`Dct::second`].
    Dct2,
    /// [`Dct::third`].
    Dct3,
    /// [`Signs::random`].
    Signs,
    /// [`Permutation::random`].
    Permutation,
    /// [`Identity`].
    Identity,
}

impl TransformKind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 8] = [
        Self::Hadamard,
        Self::HadamardSequency,
        Self::Hartley,
        Self::Dct2,
        Self::Dct3,
        Self::Signs,
        Self::Permutation,
        Self::Identity,
    ];

    /// The transform of this kind and of length `n`; the random kinds draw from `rng`.
    ///
    /// # Errors
    /// If the kind does not take that length.
    pub fn plan<T: Scalar>(self, n: usize, rng: &mut Generator) -> Result<Box<dyn Transform<T>>> {
        Ok(match self {
            Self::Hadamard => Box::new(Hadamard::new(n)?),
            Self::HadamardSequency => Box::new(Hadamard::sequency(n)?),
            Self::Hartley => Box::new(Hartley::new(n)?),
            Self::Dct2 => Box::new(Dct::second(n)?),
            Self::Dct3 => Box::new(Dct::third(n)?),
            Self::Signs => Box::new(Signs::random(n, rng)?),
            Self::Permutation => Box::new(Permutation::random(n, rng)?),
            Self::Identity => Box::new(Identity::new(n)?),
        })
    }
}
