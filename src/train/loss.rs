//! What training makes small.

use super::Score;
use crate::data::Targets;
use crate::layer::softmax_row;
use crate::net::argmax;
use crate::scalar::{Matrix, Scalar};
use serde::{Deserialize, Serialize};

/// The loss of one row with output `y`; batches take the mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// `−log softmax(y)_c` for the class `c`, with gradient `softmax(y) − e_c`. This and `predict`
    /// are where the softmax stands; the net ends before it.
    #[default]
    CrossEntropy,
    /// `½‖y − t‖²` with gradient `y − t`. The target `t` of class `c` is `e_c`.
    SquaredError,
}

impl Loss {
    /// The score of these outputs, and the gradient of the sum of their losses with respect to them.
    pub(super) fn at<T: Scalar>(
        self,
        y: Matrix<T>,
        targets: &Targets<T>,
        rows: &[usize],
    ) -> (Score, Matrix<T>) {
        let mut score = Score { rows: rows.len(), ..Score::default() };
        if let Targets::Classes { labels, .. } = targets {
            let right =
                argmax(y.view()).into_iter().zip(rows).filter(|&(k, &row)| k == labels[row]);
            score.correct = Some(right.count());
        }
        let dy = match (self, targets) {
            (Self::CrossEntropy, Targets::Classes { labels, .. }) => {
                let mut dy = y;
                for (mut y, &row) in dy.rows_mut().into_iter().zip(rows) {
                    let class = labels[row];
                    let picked = y[class].double();
                    let (largest, sum) = softmax_row(&mut y);
                    score.loss += largest + sum.ln() - picked;
                    y[class] -= T::one();
                }
                dy
            }
            (Self::CrossEntropy, Targets::Values(_)) => {
                panic!("cross-entropy: expected classes, found values")
            }
            (Self::SquaredError, _) => {
                let mut dy = y;
                for (mut dy, &row) in dy.rows_mut().into_iter().zip(rows) {
                    match targets {
                        Targets::Classes { labels, .. } => dy[labels[row]] -= T::one(),
                        Targets::Values(values) => dy -= &values.row(row),
                    }
                }
                score.loss = dy.iter().map(|v| 0.5 * v.double() * v.double()).sum();
                dy
            }
        };
        (score, dy)
    }
}
