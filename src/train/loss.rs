//! The loss to minimize.

use super::Metrics;
use crate::data::Targets;
use crate::layer::softmax_row;
use crate::net::argmax;
use crate::scalar::{Matrix, Scalar};
use serde::{Deserialize, Serialize};

/// A loss of outputs and targets, with its gradient.
///
/// [`Loss`] has the usual ones; one of your own goes into a [`Run`](super::Run). A closure that does what
/// [`loss`](Self::loss) says is one.
pub trait Objective<T: Scalar>: Send + Sync {
    /// The sum of the losses of these outputs, a row for each target, and its gradient with respect to them. The loss of a row
    /// does not depend on the rows beside it: where rows have weights, each is asked for alone.
    fn loss(&self, y: Matrix<T>, targets: &Targets<T>) -> (f64, Matrix<T>);

    /// Whether it takes classes only.
    fn needs_classes(&self) -> bool {
        false
    }

    /// Which of the usual losses it is, if it is one: whoever computes may have that itself.
    fn usual(&self) -> Option<Loss> {
        None
    }

    /// The metrics of these outputs, and the gradient.
    fn at(&self, y: Matrix<T>, targets: &Targets<T>) -> (Metrics, Matrix<T>) {
        let rows = y.nrows() as f64;
        let right = |labels: &[usize]| {
            argmax(y.view()).iter().zip(labels).filter(|(k, label)| k == label).count() as f64
        };
        let correct = targets.labels().map(right);
        let (loss, dy) = self.loss(y, targets);
        (Metrics { loss, correct, rows }, dy)
    }
}

impl<T, F> Objective<T> for F
where
    T: Scalar,
    F: Fn(Matrix<T>, &Targets<T>) -> (f64, Matrix<T>) + Send + Sync,
{
    fn loss(&self, y: Matrix<T>, targets: &Targets<T>) -> (f64, Matrix<T>) {
        self(y, targets)
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
    fn loss(&self, mut y: Matrix<T>, targets: &Targets<T>) -> (f64, Matrix<T>) {
        let mut loss = 0.0;
        match (self, targets) {
            (Self::CrossEntropy, Targets::Classes { labels, .. }) => {
                for (mut y, &class) in y.rows_mut().into_iter().zip(labels) {
                    let picked = y[class].double();
                    let (largest, sum) = softmax_row(&mut y);
                    loss += largest + sum.ln() - picked;
                    y[class] -= T::one();
                }
            }
            (Self::CrossEntropy, Targets::Values(_)) => {
                panic!("cross-entropy: expected classes, found values")
            }
            (Self::SquaredError, _) => {
                match targets {
                    Targets::Classes { labels, .. } => {
                        for (mut y, &class) in y.rows_mut().into_iter().zip(labels) {
                            y[class] -= T::one();
                        }
                    }
                    Targets::Values(values) => y -= values,
                }
                loss = y.iter().map(|v| 0.5 * v.double() * v.double()).sum();
            }
        }
        (loss, y)
    }

    fn needs_classes(&self) -> bool {
        *self == Self::CrossEntropy
    }

    fn usual(&self) -> Option<Loss> {
        Some(*self)
    }
}
