//! What each seed of an experiment trains with and is tested on.

use super::{Experiment, Rows, Standardization};
use serde::{Deserialize, Serialize};
use switchnet::data::{CsvOptions, Dealing, Missing, Preparation, Source, Split};
use switchnet::{Error, Result};

/// Where rows are dealt to parts from; seeds have no say in it, so that every net meets the same parts.
const DEAL: u64 = 0;

/// One of the parts that data are cut into for cross-validation: a net is tested on it and trained with the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fold {
    /// Which part, counted from 0.
    pub number: usize,
    /// Of how many.
    pub count: usize,
}

impl Fold {
    /// The data with this part to test on, of all their rows.
    ///
    /// # Errors
    /// As [`Dataset::folds`](switchnet::data::Dataset::folds), and if there are not so many parts, or rows of the two
    /// parts of `raw` differ in what they are.
    pub fn split(self, raw: &Split<f32>) -> Result<Split<f32>> {
        let whole = raw.train.and(&raw.test)?;
        let grouped = |dealing: &Dealing| matches!(dealing, Dealing::Groups(_));
        if grouped(raw.train.dealing()) && !grouped(whole.dealing()) {
            let expected = "groups of every row, for all are dealt to parts";
            return Err(Error::new("set to test on", expected, "none"));
        }
        let folds = whole.folds(self.count, DEAL)?;
        let Some(fold) = folds.get(self.number) else {
            return Err(Error::new("fold", format!("below {}", self.count), self.number));
        };
        let rest: Vec<usize> =
            (0..whole.len()).filter(|row| fold.binary_search(row).is_err()).collect();
        Ok(Split { train: whole.select(&rest), test: whole.select(fold) })
    }
}

/// The prepared data: one split for all seeds, or one for each.
pub(super) struct Parts {
    pub all: Vec<(Split<f32>, Preparation)>,
    /// Which rows they are.
    pub rows: Vec<Option<Rows>>,
    seeds: Vec<u64>,
}

impl Parts {
    /// The data of an experiment, `raw` as they come, prepared by what is trained with alone.
    pub fn new(experiment: &Experiment, raw: Split<f32>) -> Result<Self> {
        let scope = Standardization::scope(experiment.standardize, &experiment.data);
        let seeds = experiment.seeds.clone();
        if !experiment.cross_validate {
            let rows = vec![Rows::of(&experiment.data, &raw)];
            return Ok(Self { all: vec![Preparation::fit(raw, scope)?], rows, seeds });
        }
        if let Source::Csv { options: CsvOptions { missing, .. }, .. } = &experiment.data
            && matches!(missing, Missing::Mean | Missing::Median)
        {
            let expected =
                "refuse or drop, for a mean would be of other parts than those trained with";
            return Err(Error::new("missing, with cross-validation", expected, "mean or median"));
        }
        if let Source::Csv { validation: Some(file), .. } = &experiment.data {
            let expected = "none, for every row is dealt to a part";
            return Err(Error::new("validation, with cross-validation", expected, file.display()));
        }
        let count = seeds.len();
        let part = |number| {
            let raw = Fold { number, count }.split(&raw)?;
            let rows = Rows::of(&experiment.data, &raw);
            Ok((Preparation::fit(raw, scope)?, rows))
        };
        let (all, rows) = (0..count).map(part).collect::<Result<Vec<_>>>()?.into_iter().unzip();
        Ok(Self { all, rows, seeds })
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

    /// Which rows these are, if they come out of files.
    pub fn rows(&self, seed: u64) -> Option<&Rows> {
        self.rows[self.number(seed)].as_ref()
    }

    /// The part that a seed is tested on, if there are several.
    pub fn fold(&self, seed: u64) -> Option<Fold> {
        let count = self.all.len();
        (count > 1).then(|| Fold { number: self.number(seed), count })
    }

    /// How many rows the smallest part to test on has.
    pub fn fewest_tests(&self) -> usize {
        self.all.iter().map(|(split, _)| split.test.len()).min().unwrap_or(0)
    }
}
