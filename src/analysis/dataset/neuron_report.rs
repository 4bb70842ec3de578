//! The neurons of the predicted classes over a set of inputs.

use crate::analysis::checks;
use crate::analysis::dataset::selected::{Row, Selected, selected};
use crate::analysis::map::Exactness;
use crate::analysis::map::Neuron;
use crate::analysis::map::Reading;
use crate::analysis::map::Thresholds;
use crate::analysis::norm::euclidean;
use crate::error::Result;
use crate::layer::Layer;
use ndarray::ArrayView2;
use serde::Serialize;
use std::collections::BTreeMap;

/// How a number is distributed over inputs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Distribution {
    /// The mean.
    pub mean: f64,
    /// The deviation from it: the root of the mean square, over all inputs and not one less.
    pub deviation: f64,
    /// The smallest.
    pub least: f64,
    /// The quartiles: a quarter, half, three quarters of the way through the sorted numbers, linear between
    /// two neighbors.
    pub quartiles: [f64; 3],
    /// The largest.
    pub most: f64,
}

impl Distribution {
    /// Of `values`; none of no number.
    pub fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_unstable_by(f64::total_cmp);
        let (least, most) = (*values.first()?, *values.last()?);
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let square = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / count;
        let quartile = |quarters: f64| {
            let place = quarters / 4.0 * (count - 1.0);
            let (below, above) = (values[place.floor() as usize], values[place.ceil() as usize]);
            below + (above - below) * place.fract()
        };
        Some(Self {
            mean,
            deviation: square.sqrt(),
            least,
            quartiles: [1.0, 2.0, 3.0].map(quartile),
            most,
        })
    }
}

/// The predicted neurons of a group of inputs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NeuronGroup {
    /// The label of the group; `None` for all inputs together.
    pub label: Option<usize>,
    /// How many inputs it has.
    pub inputs: usize,
    /// The part of them whose largest output is their label, 0 to 1; `None` without labels.
    pub correct: Option<f64>,
    /// The angle between effective weights and input, in degrees, 0 to 180.
    pub angle: Distribution,
    /// `‖a‖`, which is also the noise gain: the deviation of the output for independent noise of
    /// deviation 1 on every input.
    pub norm: Distribution,
    /// [`Neuron::signal_to_noise`], in units of an input over a noise of deviation 1.
    pub signal_to_noise: Distribution,
    /// The output `y`.
    pub y: Distribution,
    /// How many inputs have each reading that occurs, in the order of [`Reading`].
    pub readings: Vec<(Reading, usize)>,
}

/// What the neuron of the predicted class does with its input, over a set of inputs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NeuronReport {
    /// Whether the rows are of the net on regions, or of tangents.
    pub exactness: Exactness,
    /// Where the readings change.
    pub thresholds: Thresholds,
    /// All inputs.
    pub all: NeuronGroup,
    /// The inputs of each label, in ascending order; empty without labels.
    pub classes: Vec<NeuronGroup>,
    /// The neuron of the predicted class at each input, in their order. `c` is left at `y − a·x`, since nothing
    /// here asks how well the map holds.
    pub neurons: Vec<Neuron>,
}

/// The neuron of the predicted class at each row of `x`.
fn predicted_neurons(net: &dyn Layer<f64>, x: ArrayView2<'_, f64>) -> Result<Vec<Neuron>> {
    let parts = selected(net, x, Row::Predicted, |part: Selected| {
        let rows = part.range.clone().zip(part.outputs).zip(part.y).zip(part.a.rows());
        let neuron = |(((row, output), y), a): (_, ndarray::ArrayView1<'_, f64>)| {
            let x = x.row(row);
            let (sum, norm, size) = (a.dot(&x), euclidean(a), euclidean(x));
            let cosine = if norm > 0.0 && size > 0.0 { sum / norm / size } else { 0.0 };
            Neuron { output, y, sum, c: y - sum, norm, cosine }
        };
        rows.map(neuron).collect::<Vec<_>>()
    })?;
    Ok(parts.into_iter().flatten().collect())
}

/// Angle, norm, noise gain and signal-to-noise ratio of the predicted class's neuron over the rows of
/// `x`: all of them, and those of each label. The predicted class is the largest output, the first of equal ones.
/// Readings change at `thresholds`, whose [`Default`] says why it is what it is.
///
/// Cost: a pass of the inputs and one pull for each, in chunks, on all threads.
///
/// ```
/// use switchnet::{analysis::{Thresholds, neuron_report}, layer::Dense};
/// let net = Dense::new(ndarray::array![[2.0, 0.0], [0.0, 1.0]], None);
/// let x = ndarray::array![[3.0, 0.0], [4.0, 0.0]];
/// let report = neuron_report(&net, x.view(), None, Thresholds::default())?;
/// assert_eq!((report.all.angle.mean, report.all.norm.mean), (0.0, 2.0));
/// assert_eq!(report.all.signal_to_noise.mean, 3.5);
/// # Ok::<(), switchnet::Error>(())
/// ```
///
/// # Errors
/// If `x` has no rows, another width than the net takes or numbers that are not finite, an output is not
/// finite, or there are not as many labels as rows.
pub fn neuron_report(
    net: &dyn Layer<f64>,
    x: ArrayView2<'_, f64>,
    labels: Option<&[usize]>,
    thresholds: Thresholds,
) -> Result<NeuronReport> {
    checks::labels(labels, x.nrows())?;
    let neurons = predicted_neurons(net, x)?;
    let group = |label: Option<usize>| {
        let rows = (0..neurons.len())
            .filter(|&row| label.is_none_or(|label| labels.is_some_and(|all| all[row] == label)));
        let rows: Vec<usize> = rows.collect();
        let all = |f: fn(&Neuron) -> f64| {
            let values = rows.iter().map(|&row| f(&neurons[row])).collect();
            Distribution::of(values).expect("a group has inputs")
        };
        let mut readings = BTreeMap::new();
        for &row in &rows {
            *readings.entry(neurons[row].reading(thresholds)).or_insert(0) += 1;
        }
        let hits = |labels: &[usize]| {
            let hits = rows.iter().filter(|&&row| neurons[row].output == labels[row]).count();
            hits as f64 / rows.len() as f64
        };
        NeuronGroup {
            label,
            inputs: rows.len(),
            correct: labels.map(hits),
            angle: all(Neuron::angle),
            norm: all(|neuron| neuron.norm),
            signal_to_noise: all(Neuron::signal_to_noise),
            y: all(|neuron| neuron.y),
            readings: readings.into_iter().collect(),
        }
    };
    let classes = labels.map_or(Vec::new(), checks::classes);
    let (all, classes) =
        (group(None), classes.into_iter().map(|label| group(Some(label))).collect());
    Ok(NeuronReport { exactness: Exactness::of(net), thresholds, all, classes, neurons })
}
