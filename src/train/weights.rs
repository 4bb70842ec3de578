//! How much each row counts in training.

use super::{Metrics, Objective};
use crate::data::{Batches, Targets, check_weights};
use crate::error::{Error, Result};
use crate::scalar::{Matrix, Scalar};
use ndarray::Axis;
use serde::{Deserialize, Serialize};

/// How many rows are looked at at a time for their classes.
const LOOKED_AT: usize = 1024;

/// How much the rows of each class count in training, beside [what each row counts](Batches::weights) by itself.
///
/// What is minimized is the mean of `wᵢ·lossᵢ` over the rows trained with. `wᵢ` is the weight of the class of row `i` times
/// the row's own, 1 if it has none, divided by the mean of these products: so the weights have mean 1, and learning rates
/// keep their meaning.
///
/// ```
/// use switchnet::train::{ClassWeights, Training};
///
/// let training: Training = toml::from_str("class-weights = { given = [1, 5] }").unwrap();
/// assert_eq!(training.class_weights, Some(ClassWeights::Given(vec![1.0, 5.0])));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ClassWeights {
    /// `n / (classes · n_c)` for a class of `n_c` of the `n` rows trained with, so that all classes count alike; rows count
    /// in `n` and `n_c` as much as they weigh. A class without rows to train with counts nothing.
    Balanced,
    /// A number for each class, in their order.
    Given(Vec<f64>),
}

impl ClassWeights {
    /// Refuses weights that make no sense.
    pub(super) fn check(&self) -> Result<()> {
        let Self::Given(weights) = self else { return Ok(()) };
        match weights.iter().find(|weight| !(**weight >= 0.0 && weight.is_finite())) {
            Some(weight) => Err(Error::new("class weight", "a number not below 0", weight)),
            None => Ok(()),
        }
    }

    /// The weight of each of so many classes, of rows with these labels and weights that are trained with.
    fn of(
        &self,
        classes: usize,
        rows: impl Iterator<Item = usize>,
        labels: &[usize],
        weights: &[f64],
    ) -> Result<Vec<f64>> {
        match self {
            Self::Given(given) if given.len() == classes => Ok(given.clone()),
            Self::Given(given) => {
                let expected = format!("{classes}, one for each class");
                Err(Error::new("class weights", expected, given.len()))
            }
            Self::Balanced => {
                let mut sums = vec![0.0; classes];
                rows.for_each(|row| sums[labels[row]] += weights[row]);
                let all: f64 = sums.iter().sum();
                let share = |sum: &f64| if *sum > 0.0 { all / (classes as f64 * sum) } else { 0.0 };
                Ok(sums.iter().map(share).collect())
            }
        }
    }
}

/// The weight of every row of `data`, such that those above 0 of `trained`, the rows trained with, have mean 1; none if all
/// rows count alike. A step with `n` rows [that count](counted) is along the gradient of `1/n·Σ wᵢ·lossᵢ`, so the steps of an
/// epoch are on average along that of all.
pub(super) fn weights<T: Scalar>(
    data: &dyn Batches<T>,
    trained: impl Iterator<Item = usize> + Clone,
    classes: Option<&ClassWeights>,
) -> Result<Option<Vec<f64>>> {
    let own = data.weights();
    if own.is_none() && classes.is_none() {
        return Ok(None);
    }
    let mut weights = own.map_or_else(|| vec![1.0; data.rows()], <[f64]>::to_vec);
    check_weights(&weights, data.rows()).map_err(|error| error.at(data.name()))?;
    if let Some(classes) = classes {
        let labels = labels(data)?;
        let of_class = classes.of(data.widths().1, trained.clone(), &labels, &weights);
        let of_class = of_class.map_err(|error| error.at(data.name()))?;
        weights.iter_mut().zip(labels).for_each(|(weight, class)| *weight *= of_class[class]);
    }
    let sum: f64 = trained.clone().map(|row| weights[row]).sum();
    let mean = sum / counted(trained, &weights).count() as f64;
    weights.iter_mut().for_each(|weight| *weight /= mean);
    if sum.is_finite() && weights.iter().all(|weight| weight.is_finite()) {
        return Ok(Some(weights));
    }
    let what = "sum of the weights of the rows to train with";
    Err(Error::new(what, "a number above 0 that fits them", sum).at(data.name()))
}

/// The rows of weights above 0: whatever the net makes of others, even infinity, must not matter.
pub(super) fn counted(
    rows: impl Iterator<Item = usize>,
    weights: &[f64],
) -> impl Iterator<Item = usize> {
    rows.filter(|&row| weights[row] > 0.0)
}

/// The class of every row.
fn labels<T: Scalar>(data: &dyn Batches<T>) -> Result<Vec<usize>> {
    let rows: Vec<usize> = (0..data.rows()).collect();
    let mut labels = Vec::with_capacity(rows.len());
    for rows in rows.chunks(LOOKED_AT) {
        match data.batch(rows)?.1.labels() {
            Some(more) => labels.extend_from_slice(more),
            None => {
                let what = "targets for class weights";
                return Err(Error::new(what, "classes", "values").at(data.name()));
            }
        }
    }
    Ok(labels)
}

/// The metrics of these outputs, and the gradient of the sum of their losses. Of `weights`, those of the `rows` that the
/// outputs are of say how much each counts; a row of weight 0 is not looked at. The losses of rows add up, so that of one is
/// what the objective says of it alone.
pub(super) fn weighted<T: Scalar>(
    objective: &dyn Objective<T>,
    mut y: Matrix<T>,
    targets: &Targets<T>,
    rows: &[usize],
    weights: Option<&[f64]>,
) -> (Metrics, Matrix<T>) {
    let Some(weights) = weights else { return objective.at(y, targets) };
    let mut metrics = Metrics::default();
    for (i, (mut y, &row)) in y.rows_mut().into_iter().zip(rows).enumerate() {
        let weight = weights[row];
        if weight == 0.0 {
            y.fill(T::zero());
            continue;
        }
        let (own, dy) = objective.at(y.to_owned().insert_axis(Axis(0)), &targets.select(&[i]));
        metrics += own.times(weight);
        y.assign(&(dy.index_axis_move(Axis(0), 0) * T::of(weight)));
    }
    (metrics, y)
}
