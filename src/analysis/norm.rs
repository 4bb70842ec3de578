//! The three norms in which changes of an input are measured.

use crate::scalar::Scalar;
use serde::Serialize;

/// How the size of a change `d` of the input is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Norm {
    /// `Σ|d_i|`: few inputs change.
    L1,
    /// `√Σd_i²`: the Euclidean norm.
    L2,
    /// `max|d_i|`: no input changes by more.
    #[serde(rename = "linf")]
    LInf,
}

impl Norm {
    /// All three, in the order of [`ByNorm`].
    pub const ALL: [Self; 3] = [Self::L1, Self::L2, Self::LInf];

    /// The norm in which gradients are measured when changes are measured in this one:
    /// `|g·d| ≤ ‖g‖_dual ‖d‖`, with equality for some `d`.
    pub fn dual(self) -> Self {
        match self {
            Self::L1 => Self::LInf,
            Self::L2 => Self::L2,
            Self::LInf => Self::L1,
        }
    }

    /// The norm of these numbers.
    pub fn of<'a>(self, values: impl IntoIterator<Item = &'a f64, IntoIter: Clone>) -> f64 {
        let values = values.into_iter();
        match self {
            Self::L1 => values.map(|v| v.abs()).sum(),
            Self::L2 => euclidean(values),
            Self::LInf => values.fold(0.0, |most, v| f64::max(most, v.abs())),
        }
    }
}

/// One answer for each norm.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ByNorm<T> {
    /// Changes measured by [`Norm::L1`].
    pub l1: T,
    /// Changes measured by [`Norm::L2`].
    pub l2: T,
    /// Changes measured by [`Norm::LInf`].
    pub linf: T,
}

impl<T> ByNorm<T> {
    /// What `f` answers for each norm.
    pub fn new(f: impl Fn(Norm) -> T) -> Self {
        Self { l1: f(Norm::L1), l2: f(Norm::L2), linf: f(Norm::LInf) }
    }

    /// The answer for `norm`.
    pub fn get(&self, norm: Norm) -> &T {
        match norm {
            Norm::L1 => &self.l1,
            Norm::L2 => &self.l2,
            Norm::LInf => &self.linf,
        }
    }
}

/// `√Σv_i²`, in double precision: of a vector, or of a matrix (its Frobenius norm).
pub(super) fn euclidean<'a, T: Scalar>(values: impl IntoIterator<Item = &'a T> + Clone) -> f64 {
    let values = || values.clone().into_iter().map(|v| v.double());
    let plain = values().map(|v| v * v).sum::<f64>().sqrt();
    if plain.is_normal() || plain.is_nan() {
        return plain;
    }
    // Squares that overflow, or all vanish, are taken of parts of the largest.
    let largest = values().fold(0.0, |most, v| f64::max(most, v.abs()));
    if largest == 0.0 || largest.is_infinite() {
        return largest;
    }
    largest * values().map(|v| (v / largest).powi(2)).sum::<f64>().sqrt()
}
