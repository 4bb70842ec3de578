//! Several nets on one data set, with several seeds, each net at the learning rate that does best on
//! held-out data: the comparison behind every table.

mod corruption;
mod dealt;
mod divergence;
mod examples;
mod form;
mod geometry;
mod halt;
mod measure;
mod merge;
mod parts;
mod results;
mod rows;
mod shard;
mod together;
mod trial;
mod work;

pub use corruption::Corruption;
pub use dealt::Dealt;
pub use form::Form;
pub(crate) use form::counted;
pub use geometry::{Geometry, GeometryBudget, PAIRED, PLANES, POLYGONS, STEPS};
pub use merge::merge;
pub(crate) use results::mean;
pub use results::{
    DataSummary, Example, LearningRateTried, MeanStd, NetResults, Results, SeedRun, Spoiled,
};
pub use rows::{Part, Rows};
pub use shard::{Shard, Share, shard_of};
pub use trial::{Executors, Progress, Trained, Trial, Watch};

use halt::Halt;
pub use parts::Fold;
use serde::{Deserialize, Serialize};
use std::path::Path;
use switchnet::data::{Scope, Source};
use switchnet::net::zoo::Architecture;
use switchnet::train::{OptimizerKind, Training};
use switchnet::{Error, Result};
use work::Work;

/// An experiment as a file says it.
///
/// ```
/// let experiment: switchnet_lab::experiment::Experiment = toml::from_str(r#"
///     name = "Spirals"
///     seeds = [1, 2]
///     data = { source = "spirals" }
///     training = { epochs = 20, learning-rate = 0.01 }
///     [[nets]]
///     name = "switch net"
///     architecture = { net = "switch", width = 32, depth = 3 }
///     [[nets]]
///     name = "MLP"
///     architecture = { net = "mlp", hidden = [16, 16] }
///     learning-rates = [0.003, 0.01]
/// "#)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Experiment {
    /// What the experiment is called.
    pub name: String,
    /// One training for each; a seed draws the fixed signs, the first weights, the order of the
    /// rows and the held-out part.
    pub seeds: Vec<u64>,
    /// The data.
    pub data: Source,
    /// How the data are standardized; if left out, as [`Source::scope`] says.
    pub standardize: Option<Standardization>,
    /// What a row is drawn as; if left out, as [`Form::of`] says.
    pub draw: Option<Form>,
    /// How the nets are trained. Its seed is replaced by each of `seeds`.
    #[serde(default)]
    pub training: Training,
    /// Learning rates to try for each net; that of `training` if none is given. The best is the one
    /// with the highest validation accuracy, mean over the seeds that choose; of equal ones the first. One at which a
    /// training diverges is none, unless all are.
    #[serde(default)]
    pub learning_rates: Vec<f64>,
    /// Whether the data are cross-validated: they are cut into as many parts as there are seeds, each class evenly, and
    /// each seed has one of them to test on and the others to train with. What the data have to test on is a part like
    /// the others then.
    #[serde(default)]
    pub cross_validate: bool,
    /// The learning rate is chosen by so many of the seeds, the first ones; the others are trained with the chosen one
    /// alone. By all of them if nothing is said.
    pub choosing_seeds: Option<usize>,
    /// How many test inputs the report shows for each net.
    #[serde(default = "six")]
    pub examples: usize,
    /// On how many test inputs, the first ones, the switches of each trained net are looked at and its effective maps
    /// extracted, for what is never open, angle, norm and residual, and for its [`Geometry`]. At least one, and no more
    /// than there are.
    #[serde(default = "thousand")]
    pub maps: usize,
    /// On how many test inputs, the first ones, margins, adversarial changes, spectra and rays of each trained net are
    /// measured for its [`Geometry`]; there is none if this is zero.
    #[serde(default)]
    pub geometry: usize,
    /// Whether the geometry has rays and planes, which take long in nets of many switches.
    #[serde(default = "yes")]
    pub walks: bool,
    /// Ways to spoil the test images, after each of which the accuracy of every trained net is measured.
    #[serde(default)]
    pub corruptions: Vec<Corruption>,
    /// The nets.
    pub nets: Vec<Entry>,
}

fn six() -> usize {
    6
}

fn yes() -> bool {
    true
}

fn thousand() -> usize {
    1000
}

/// How data are standardized.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Standardization {
    /// Not at all.
    None,
    /// With one mean and one deviation for all features: [`Scope::Global`].
    Global,
    /// With a mean and a deviation for each feature: [`Scope::Feature`].
    Feature,
}

impl Standardization {
    /// What one mean is taken over, if there is one: as asked for, else as the source says.
    pub fn scope(asked: Option<Self>, source: &Source) -> Option<Scope> {
        match asked {
            None => Some(source.scope()),
            Some(Self::None) => None,
            Some(Self::Global) => Some(Scope::Global),
            Some(Self::Feature) => Some(Scope::Feature),
        }
    }
}

/// One net of an [`Experiment`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Entry {
    /// What the net is called.
    pub name: String,
    /// The net.
    pub architecture: Architecture,
    /// Learning rates to try, if others than those of the experiment.
    pub learning_rates: Option<Vec<f64>>,
    /// The optimizer, if another than that of `training`.
    pub optimizer: Option<OptimizerKind>,
    /// The epochs, if others than those of `training`.
    pub epochs: Option<usize>,
    /// The net, by name, that this one is compared with seed by seed.
    pub against: Option<String>,
    /// It is trained with no more than so many of the seeds, the first ones: at least with those that choose the
    /// learning rate, which are all of them unless `choosing_seeds` says otherwise.
    pub most_seeds: Option<usize>,
}

impl Experiment {
    /// Runs every net with every learning rate and seed, as many at a time as there are threads, and measures
    /// the nets at their best learning rate. `None` if `watch` answered `Break`: every training that had begun is in its
    /// checkpoint then.
    ///
    /// With a `folder`, each training keeps a checkpoint there; with `resume` too, it goes on from
    /// the checkpoint that is there, and one that had finished is not trained again.
    ///
    /// # Errors
    /// If the experiment makes no sense, its data cannot be read, a checkpoint to resume from is of
    /// another experiment, or a file cannot be written.
    pub fn run(
        &self,
        folder: Option<&Path>,
        resume: bool,
        watch: &Watch<'_>,
    ) -> Result<Option<Results>> {
        let work = Work::new(self, folder.map(Path::to_owned), watch)?;
        Halt::or_none(work.results(resume, watch))
    }

    /// The same with trainings computed by `executors`, as many together as they take, and else side by side. What follows them
    /// is measured by the processors.
    ///
    /// # Errors
    /// As [`run`](Self::run), and those of the executors.
    pub fn run_on(
        &self,
        executors: &dyn Executors,
        folder: Option<&Path>,
        resume: bool,
        watch: &Watch<'_>,
    ) -> Result<Option<Results>> {
        let mut work = Work::new(self, folder.map(Path::to_owned), watch)?;
        work.executors = Some(executors);
        Halt::or_none(work.results(resume, watch))
    }

    /// Does the trainings of one shard, whose checkpoints are kept in `folder`; [`merge`] puts shards together. The
    /// trainings are those that [`Shard`] says. `None` if `watch` answered `Break`.
    ///
    /// With `resume` it goes on from what is in the folder, which then is of this shard.
    ///
    /// # Errors
    /// As [`run`](Self::run), and if the folder has something else in it or the shard was begun by another program.
    pub fn run_shard(
        &self,
        shard: Shard,
        folder: &Path,
        resume: bool,
        watch: &Watch<'_>,
    ) -> Result<Option<Share>> {
        Halt::or_none(shard::train(self, shard, folder, resume, watch))
    }

    /// The experiment as one of the processes sees it that share its trainings and `folder`: this one has those of `own`.
    /// [`run_shard`](Self::run_shard) is for processes that know nothing of each other.
    ///
    /// # Errors
    /// If the experiment makes no sense, or its data cannot be read.
    pub fn dealt(&self, own: Shard, folder: &Path, watch: &Watch<'_>) -> Result<Dealt<'_>> {
        Dealt::new(self, own, folder, watch)
    }

    /// The learning rates to try with a net.
    fn learning_rates<'a>(&'a self, net: &'a Entry) -> &'a [f64] {
        match net.learning_rates.as_deref().unwrap_or(&self.learning_rates) {
            [] => std::slice::from_ref(&self.training.learning_rate),
            learning_rates => learning_rates,
        }
    }

    fn check(&self) -> Result<()> {
        if self.seeds.is_empty() {
            return Err(Error::new("seeds", "at least one", "none"));
        }
        different("seeds", &self.seeds)?;
        self.choosing()?;
        if self.nets.is_empty() {
            return Err(Error::new("nets", "at least one", "none"));
        }
        for (i, net) in self.nets.iter().enumerate() {
            if self.nets[..i].iter().any(|other| other.name == net.name) {
                return Err(Error::new("names of the nets", "different ones", &net.name));
            }
            if let Some(other) = &net.against
                && (*other == net.name || self.nets.iter().all(|net| net.name != *other))
            {
                let expected = "the name of another net of the experiment";
                return Err(Error::new("against", expected, other).at(&net.name));
            }
            let choosing = self.choosing()?;
            if let Some(most) = net.most_seeds.filter(|&most| most < choosing) {
                let expected = format!("at least {choosing}, as many as choose the learning rate");
                return Err(Error::new("most seeds", expected, most).at(&net.name));
            }
            let learning_rates = self.learning_rates(net);
            different("learning rates", learning_rates).map_err(|e| e.at(&net.name))?;
            if learning_rates.len() > 1 && self.training.validation == 0.0 {
                let expected = "a validation part to choose among learning rates by";
                return Err(Error::new("validation", expected, 0).at(&net.name));
            }
        }
        Ok(())
    }

    /// How many seeds choose the learning rates.
    fn choosing(&self) -> Result<usize> {
        let (given, all) = (self.choosing_seeds, self.seeds.len());
        match given.unwrap_or(all) {
            count if (1..=all).contains(&count) => Ok(count),
            count => Err(Error::new("choosing seeds", format!("1 to the {all} seeds"), count)),
        }
    }
}

/// Refuses values of which two are equal: the trainings would be the same, and their mean would say nothing more.
fn different<T: PartialEq + std::fmt::Display>(what: &str, values: &[T]) -> Result<()> {
    let twice = values.iter().enumerate().find(|(i, value)| values[..*i].contains(value));
    twice.map_or(Ok(()), |(_, value)| {
        Err(Error::new(what, "different ones", format_args!("{value} twice")))
    })
}
