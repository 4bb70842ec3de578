//! What an experiment found, as plain data: everything the report shows is in here.

use super::{Corruption, Form, Geometry};
use serde::{Deserialize, Serialize};
use switchnet::analysis::{Neuron, Provenance, SwitchStatistics};
use switchnet::data::Schema;
use switchnet::net::{Spec, Summary};
use switchnet::train::{EpochRecord, Training};

/// The results of an [`Experiment`](super::Experiment).
#[derive(Clone, Debug, Serialize)]
pub struct Results {
    /// The experiment's name.
    pub name: String,
    /// The data it was run on.
    pub data: DataSummary,
    /// The seeds, of which a net has all or the first ones.
    pub seeds: Vec<u64>,
    /// By how many of them, the first ones, the learning rates were chosen.
    pub choosing_seeds: usize,
    /// How the nets were trained, but for seed and learning rate.
    pub training: Training,
    /// The nets, in the order of the experiment.
    pub nets: Vec<NetResults>,
    /// Seconds from start to end of this process, on all threads; a resumed experiment took longer.
    pub seconds: f64,
    /// How many threads there were.
    pub threads: usize,
}

impl Results {
    /// What a count of the seeds has to be followed by.
    pub(crate) fn fewer(&self) -> &'static str {
        let all = self.nets.iter().all(|net| net.runs.len() == self.seeds.len());
        if all { "" } else { ", fewer for some nets" }
    }
}

/// The data of an experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataSummary {
    /// What the set is called.
    pub name: String,
    /// The shape of one input.
    pub shape: Vec<usize>,
    /// The number of classes.
    pub classes: usize,
    /// What classes and features are called.
    #[serde(default)]
    pub schema: Schema,
    /// What a row is, if it was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draw: Option<Form>,
    /// Whether inputs are standardized.
    #[serde(default)]
    pub standardized: bool,
    /// Into how many parts they were cut, if they were cross-validated: each seed is tested on one of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folds: Option<usize>,
    /// Rows trained on, the held-out ones included; of the first part, if there are several.
    pub train: usize,
    /// Rows tested on.
    pub test: usize,
}

impl DataSummary {
    /// What a row is: what was said, else what the [rule](Form::of) says.
    pub fn form(&self) -> Form {
        self.draw.unwrap_or_else(|| Form::of(&self.shape, &self.schema))
    }
}

/// One net of an experiment.
#[derive(Clone, Debug, Serialize)]
pub struct NetResults {
    /// The net's name.
    pub name: String,
    /// Its spec under the first seed.
    pub spec: Spec,
    /// Its layers, parameters and multiply-adds.
    pub summary: Summary,
    /// The learning rates that were tried, in order.
    pub learning_rates: Vec<LearningRateTried>,
    /// The learning rate with the best validation accuracy; everything below is at this one.
    pub learning_rate: f64,
    /// One run for each of its seeds.
    pub runs: Vec<SeedRun>,
    /// Test accuracy over the seeds, 0 to 1.
    pub test_accuracy: MeanStd,
    /// Seconds of training over the seeds.
    pub seconds: MeanStd,
    /// Microseconds that a row takes forward, on one thread, among a chunk of rows.
    pub microseconds: f64,
    /// The net that this one is compared with.
    pub against: Option<String>,
    /// Which net the effective maps are of, that of the first seed, and whether they are the net or its tangents.
    pub provenance: Provenance,
    /// The switches of the first seed's net over these inputs.
    pub switches: SwitchStatistics,
    /// Single inputs and what the first seed's net makes of them.
    pub examples: Vec<Example>,
}

/// One learning rate of a net.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LearningRateTried {
    /// The learning rate.
    pub learning_rate: f64,
    /// The accuracy of the kept epochs on the held-out part, over the seeds, 0 to 1; none if
    /// nothing is held out, or if a training diverged.
    pub validation_accuracy: Option<MeanStd>,
}

/// A net trained with one seed.
#[derive(Clone, Debug, Serialize)]
pub struct SeedRun {
    /// The seed.
    pub seed: u64,
    /// Its epochs.
    pub history: Vec<EpochRecord>,
    /// The epoch whose parameters were kept, counted from 1.
    pub best_epoch: Option<usize>,
    /// Seconds of training.
    pub seconds: f64,
    /// Accuracy on the test set, 0 to 1.
    pub test_accuracy: f64,
    /// Mean loss on the test set.
    pub test_loss: f64,
    /// How many test inputs of each class, a row for each, the net took for each class, a column for each.
    pub confusion: Vec<Vec<usize>>,
    /// The file of its checkpoint, if it has one, in the folder of them all.
    pub checkpoint: Option<String>,
    /// Switches that none of the inputs opens that [`maps`](Self::maps) counts.
    pub never_open: usize,
    /// Switches in all.
    pub switches: usize,
    /// How many test inputs, the first ones, had their effective maps extracted for the means below.
    pub maps: usize,
    /// The angle between an input and the effective weights of the class it is given, in degrees,
    /// mean over these inputs.
    pub mean_angle: f64,
    /// The norm of those weights, mean over these inputs: the noise gain.
    pub mean_norm: f64,
    /// The largest relative residual of their effective maps, in double precision.
    pub worst_residual: f64,
    /// What the net makes of spoiled test images, if the experiment asked for it.
    pub spoiled: Vec<Spoiled>,
    /// More about the maps, if the experiment asked for it.
    pub geometry: Option<Geometry>,
}

/// How well a net does on test images that were spoiled.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spoiled {
    /// In which way.
    pub corruption: Corruption,
    /// Accuracy on the test set, 0 to 1.
    pub accuracy: f64,
}

/// One test input as one net sees it, in double precision.
#[derive(Clone, Debug, Serialize)]
pub struct Example {
    /// Its row in the test set, counted from 0.
    pub index: usize,
    /// Its class.
    pub label: usize,
    /// The class the net gives it.
    pub predicted: usize,
    /// The probability of that class.
    pub probability: f64,
    /// The input as the net gets it, standardized.
    pub x: Vec<f64>,
    /// The effective weights of each output, in the net's order of inputs.
    pub rows: Vec<Vec<f64>>,
    /// The constants of each output.
    pub c: Vec<f64>,
    /// Angle, norm and noise gain of each output.
    pub neurons: Vec<Neuron>,
    /// The relative residual of the map.
    pub residual: f64,
    /// Switches exactly on the boundary.
    pub on_boundary: usize,
}

/// Mean and standard deviation over seeds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeanStd {
    /// The mean.
    pub mean: f64,
    /// The sample deviation (divided by `n − 1`); zero for a single value.
    pub deviation: f64,
}

impl MeanStd {
    /// Of `values`, of which there is at least one.
    pub fn of(values: &[f64]) -> Self {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let square: f64 = values.iter().map(|v| (v - mean) * (v - mean)).sum();
        Self { mean, deviation: if values.len() > 1 { (square / (n - 1.0)).sqrt() } else { 0.0 } }
    }

    /// The mean of `values`, and half its 95 % interval by Student's t; none of a single one.
    pub fn interval(values: &[f64]) -> (f64, Option<f64>) {
        let Self { mean, deviation } = Self::of(values);
        (mean, Self::interval_factor(values.len()).map(|factor| factor * deviation))
    }

    /// What the sample deviation of `values` values is multiplied by for half the 95 % interval of their mean:
    /// `t/√n` with the 97.5 % point `t` of Student's distribution of `n − 1` degrees of freedom. It takes the
    /// values for independent and normal. None for fewer than two.
    pub fn interval_factor(values: usize) -> Option<f64> {
        let freedom = values.checked_sub(1).filter(|freedom| *freedom > 0)?;
        let t = T.get(freedom - 1).copied().unwrap_or_else(|| {
            // The first terms of its series in 1/freedom, right to 1e-4 beyond the table.
            let (z, f) = (1.959_964_f64, freedom as f64);
            let (cube, fifth) = (z.powi(3), z.powi(5));
            z + (cube + z) / (4.0 * f) + (5.0 * fifth + 16.0 * cube + 3.0 * z) / (96.0 * f * f)
        });
        Some(t / (values as f64).sqrt())
    }
}

/// The 97.5 % points of Student's distribution of 1 to 30 degrees of freedom.
const T: [f64; 30] = [
    12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281, 2.2010,
    2.1788, 2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860, 2.0796, 2.0739, 2.0687,
    2.0639, 2.0595, 2.0555, 2.0518, 2.0484, 2.0452, 2.0423,
];

/// The mean of what is finite; none where nothing is.
pub(crate) fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut n) = (0.0, 0);
    for value in values.filter(|v| v.is_finite()) {
        sum += value;
        n += 1;
    }
    (n > 0).then(|| sum / f64::from(n))
}
