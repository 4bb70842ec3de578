//! What is kept of an experiment for good: the figures of its table, and where they come from.

use super::confusion;
use crate::experiment::{
    Corruption, DataSummary, LearningRateTried, MeanStd, NetResults, Results, SeedRun, Spoiled,
};
use crate::speed::processor;
use serde::{Deserialize, Serialize};
use std::time::{SystemTime, UNIX_EPOCH};
use switchnet::train::Training;
use switchnet::{Error, Result};

/// The figures of an experiment, small enough to stand beside a table in a repository.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The experiment's name.
    pub name: String,
    /// The data.
    pub data: DataSummary,
    /// The seeds.
    pub seeds: Vec<u64>,
    /// By how many of them, the first ones, the learning rates were chosen.
    pub choosing_seeds: usize,
    /// How the nets were trained, but for seed and learning rate.
    pub training: Training,
    /// The processor.
    pub processor: String,
    /// The instruction set that the kernels ran on.
    pub instruction_set: String,
    /// How many threads there were.
    pub threads: usize,
    /// The version of the library.
    pub version: String,
    /// The day on which the table was made.
    pub date: String,
    /// The nets.
    pub nets: Vec<NetRecord>,
}

/// The figures of one net.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetRecord {
    /// Its name.
    pub name: String,
    /// The net that it is compared with.
    pub against: Option<String>,
    /// Its parameters.
    pub parameters: usize,
    /// Its multiply-adds for a sample.
    pub multiply_adds: usize,
    /// The learning rates tried.
    pub learning_rates: Vec<LearningRateTried>,
    /// The one chosen.
    pub learning_rate: f64,
    /// Test accuracy with each of the first seeds, 0 to 1; the lists below are of the same.
    pub test_accuracy: Vec<f64>,
    /// Accuracy on the rows trained on in the kept epoch, as its batches gave it, with each seed.
    pub train_accuracy: Vec<Option<f64>>,
    /// Accuracy on spoiled test images with each seed, 0 to 1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spoiled: Vec<SpoiledRecord>,
    /// How many test inputs of each class, a row for each, it took for each class, a column for each, over all seeds.
    /// Records of before this was counted have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confusion: Vec<Vec<usize>>,
    /// Seconds of training with each seed.
    pub seconds: Vec<f64>,
    /// Microseconds that a row takes forward, on one thread.
    pub microseconds: f64,
}

/// The accuracy of a net on test images that were spoiled in one way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpoiledRecord {
    /// In which way.
    pub corruption: Corruption,
    /// With each seed, 0 to 1.
    pub accuracy: Vec<f64>,
}

impl Record {
    /// The figures of these results, as of today.
    pub fn of(results: &Results) -> Self {
        let kept = |run: &SeedRun| {
            let epoch = run.best_epoch.unwrap_or(run.history.len());
            run.history.get(epoch.checked_sub(1)?)?.train_accuracy
        };
        let net = |net: &NetResults| {
            let of = |f: fn(&SeedRun) -> f64| net.runs.iter().map(f).collect();
            NetRecord {
                name: net.name.clone(),
                against: net.against.clone(),
                parameters: net.summary.parameters,
                multiply_adds: net.summary.multiply_adds,
                learning_rates: net.learning_rates.clone(),
                learning_rate: net.learning_rate,
                test_accuracy: of(|run| run.test_accuracy),
                train_accuracy: net.runs.iter().map(kept).collect(),
                spoiled: spoiled(net),
                confusion: confusion::summed(net),
                seconds: of(|run| run.seconds),
                microseconds: net.microseconds,
            }
        };
        Self {
            name: results.name.clone(),
            data: results.data.clone(),
            seeds: results.seeds.clone(),
            choosing_seeds: results.choosing_seeds,
            training: results.training.clone(),
            processor: processor(),
            instruction_set: switchnet::transform::instruction_set().unwrap_or("none").to_owned(),
            threads: results.threads,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            date: today(),
            nets: results.nets.iter().map(net).collect(),
        }
    }

    /// Refuses a record in which a net has not a figure for each of the first seeds, or one that cannot be.
    ///
    /// # Errors
    /// If there is one; the error names the net.
    pub fn check(&self) -> Result<()> {
        for net in &self.nets {
            let (least, most) = (self.choosing_seeds.max(1), self.seeds.len());
            let seeds = net.test_accuracy.len();
            if !(least..=most).contains(&seeds) {
                let expected = format!("{least} to {most}, as there are seeds");
                return Err(Error::new("figures of a net", expected, seeds).at(&net.name));
            }
            let figures = [net.train_accuracy.len(), net.seconds.len()];
            let spoiled = net.spoiled.iter().map(|spoiled| spoiled.accuracy.len());
            if let Some(found) = figures.into_iter().chain(spoiled).find(|&found| found != seeds) {
                let expected = format!("{seeds}, as of its test accuracy");
                return Err(Error::new("figures of a net", expected, found).at(&net.name));
            }
            let classes = self.data.classes;
            let sides = net.confusion.iter().map(Vec::len).chain([net.confusion.len()]);
            if let Some(found) = sides.filter(|_| !net.confusion.is_empty()).find(|&n| n != classes)
            {
                let expected = format!("{classes}, as there are classes");
                return Err(
                    Error::new("sides of a confusion matrix", expected, found).at(&net.name)
                );
            }
            let spoiled = net.spoiled.iter().flat_map(|spoiled| &spoiled.accuracy);
            let train = net.train_accuracy.iter().flatten();
            for share in net.test_accuracy.iter().chain(train).chain(spoiled) {
                if !(0.0..=1.0).contains(share) {
                    return Err(Error::new("accuracy of a net", "0 to 1", share).at(&net.name));
                }
            }
            for time in net.seconds.iter().chain([&net.microseconds]) {
                if !(*time >= 0.0 && time.is_finite()) {
                    let error = Error::new("time of a net", "a finite number, at least 0", time);
                    return Err(error.at(&net.name));
                }
            }
        }
        Ok(())
    }

    /// By how much the test accuracy of net `net` exceeds that of the net it is compared with: mean over the seeds that
    /// both have of the differences, and half their 95 % interval (Student's t), if there are two seeds or more.
    pub fn lead(&self, net: &NetRecord) -> Option<(f64, Option<f64>)> {
        let other = self.nets.iter().find(|other| Some(&other.name) == net.against.as_ref())?;
        let pairs = net.test_accuracy.iter().zip(&other.test_accuracy);
        Some(MeanStd::interval(&pairs.map(|(a, b)| a - b).collect::<Vec<_>>()))
    }
}

/// What all seeds' nets make of each corruption.
fn spoiled(net: &NetResults) -> Vec<SpoiledRecord> {
    let first = net.runs.first().map_or(&[][..], |run| &run.spoiled);
    let one = |(i, spoiled): (usize, &Spoiled)| SpoiledRecord {
        corruption: spoiled.corruption,
        accuracy: net.runs.iter().map(|run| run.spoiled[i].accuracy).collect(),
    };
    first.iter().enumerate().map(one).collect()
}

/// The day, in UTC, as year-month-day.
fn today() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let mut days = seconds / 86_400;
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let mut year = 1970;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    format!("{year}-{month:02}-{:02}", days + 1)
}
