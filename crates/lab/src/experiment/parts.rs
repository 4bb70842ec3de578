//! What each seed of an experiment trains with and is tested on.

use super::{Experiment, Standardization};
use switchnet::data::{CsvOptions, Missing, Preparation, Source, Split};
use switchnet::{Error, Result};

/// Where rows are dealt to parts from; seeds have no say in it, so that every net meets the same parts.
const DEAL: u64 = 0;

/// The prepared data: one split for all seeds, or one for each.
pub(super) struct Parts {
    pub all: Vec<(Split<f32>, Preparation)>,
    seeds: Vec<u64>,
}

impl Parts {
    /// The data of an experiment, `raw` as they come, prepared by what is trained with alone.
    pub fn new(experiment: &Experiment, raw: Split<f32>) -> Result<Self> {
        let scope = Standardization::scope(experiment.standardize, &experiment.data);
        let seeds = experiment.seeds.clone();
        if !experiment.cross_validate {
            return Ok(Self { all: vec![Preparation::fit(raw, scope)?], seeds });
        }
        if let Source::Csv { options: CsvOptions { missing, .. }, .. } = &experiment.data
            && matches!(missing, Missing::Mean | Missing::Median)
        {
            let expected =
                "refuse or drop, for a mean would be of other parts than those trained with";
            return Err(Error::new("missing, with cross-validation", expected, "mean or median"));
        }
        let whole = raw.train.and(&raw.test)?;
        let folds = whole.folds(seeds.len(), DEAL)?;
        let part = |fold: &Vec<usize>| {
            let rest: Vec<usize> =
                (0..whole.len()).filter(|row| fold.binary_search(row).is_err()).collect();
            let split = Split { train: whole.select(&rest), test: whole.select(fold) };
            Preparation::fit(split, scope)
        };
        Ok(Self { all: folds.iter().map(part).collect::<Result<_>>()?, seeds })
    }

    /// The number of the part that a seed is tested on.
    pub fn number(&self, seed: u64) -> usize {
        match self.all.len() {
            1 => 0,
            _ => self.seeds.iter().position(|other| *other == seed).expect("one of the seeds"),
        }
    }

    /// What a seed trains with and is tested on.
    pub fn of(&self, seed: u64) -> &(Split<f32>, Preparation) {
        &self.all[self.number(seed)]
    }

    /// How many rows the smallest part to test on has.
    pub fn fewest_tests(&self) -> usize {
        self.all.iter().map(|(split, _)| split.test.len()).min().unwrap_or(0)
    }
}
