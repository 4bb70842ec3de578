//! The loss to minimize.

use super::Metrics;
use crate::data::Targets;
use crate::layer::softmax_row;
use crate::net::argmax;
use crate::scalar::{Matrix, Scalar};
use serde::{Deserialize, Serialize};

/// A loss of outputs and targets, with its gradient.
///
/// [`Loss`] has the usual ones; one of your own goes into a [`Run`](super::Run).
pub trait Objective<T: Scalar>: Send + Sync {
    /// The metrics of these outputs, a row for each target, and the gradient of the sum of their losses with
    /// respect to them.
    fn at(&self, y: Matrix<T>, targets: &Targets<T>) -> (Metrics, Matrix<T>);

    /// Whether it takes classes only.
    fn needs_classes(&self) -> bool {
        false
    }
}

/// The loss of one row with output `y`; batches take the mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Loss {
    /// `−log softmax(y)_c` for the class `c`, with gradient `softmax(y) − e_c`. This and `predict`
    /// are where the softmax stands; the net ends before it.
    #[default]
    CrossEntropy,
    /// `½‖y − t‖²` with gradient `y − t`. The target `t` of class `c` is `e_c`.
    SquaredError,
}

impl<T: Scalar> Objective<T> for Loss {
    /// # Panics
    /// If it is the cross-entropy and the targets are values.
    fn at(&self, y: Matrix<T>, targets: &Targets<T>) -> (Metrics, Matrix<T>) {
        let mut metrics = Metrics { rows: y.nrows(), ..Metrics::default() };
        if let Targets::Classes { labels, .. } = targets {
            let right = argmax(y.view()).iter().zip(labels).filter(|(k, label)| k == label).count();
            metrics.correct = Some(right);
        }
        let mut dy = y;
        match (self, targets) {
            (Self::CrossEntropy, Targets::Classes { labels, .. }) => {
                for (mut y, &class) in dy.rows_mut().into_iter().zip(labels) {
                    let picked = y[class].double();
                    let (largest, sum) = softmax_row(&mut y);
                    metrics.loss += largest + sum.ln() - picked;
                    y[class] -= T::one();
                }
            }
            (Self::CrossEntropy, Targets::Values(_)) => {
                panic!("cross-entropy: expected classes, found values")
            }
            (Self::SquaredError, _) => {
                match targets {
                    Targets::Classes { labels, .. } => {
                        for (mut dy, &class) in dy.rows_mut().into_iter().zip(labels) {
                            dy[class] -= T::one();
                        }
                    }
                    Targets::Values(values) => dy -= values,
                }
                metrics.loss = dy.iter().map(|v| 0.5 * v.double() * v.double()).sum();
            }
        }
        (metrics, dy)
    }

    fn needs_classes(&self) -> bool {
        *self == Self::CrossEntropy
    }
}
