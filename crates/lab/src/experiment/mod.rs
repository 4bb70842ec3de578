//! Several nets on one data set, with several seeds, each net at the learning rate that does best on
//! held-out data: the comparison behind every table.

mod corruption;
mod examples;
mod form;
mod geometry;
mod halt;
mod measure;
mod parts;
mod results;
mod rows;
mod trial;

pub use corruption::Corruption;
pub use form::Form;
pub(crate) use form::counted;
pub use geometry::{Geometry, GeometryBudget, PAIRED, PLANES, POLYGONS, STEPS};
pub(crate) use results::mean;
pub use results::{
    DataSummary, Example, LearningRateTried, MeanStd, NetResults, Results, SeedRun, Spoiled,
};
pub use rows::{Part, Rows};
pub use trial::{Progress, Trained, Trial, Watch};

use halt::Halt;
use measure::{Choice, Done};
pub use parts::Fold;
use parts::Parts;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::Instant;
use switchnet::data::{Dataset, Scope, Source, Split};
use switchnet::net::zoo::Architecture;
use switchnet::net::{chunk_rows, map_chunks};
use switchnet::train::{OptimizerKind, Run, StopReason, Training, evaluate};
use switchnet::{Error, Result};
use trial::{FOLD, json};

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
    /// with the highest validation accuracy, mean over the seeds that choose; of equal ones the first.
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
        Halt::or_none(self.results(folder, resume, watch))
    }

    fn results(
        &self,
        folder: Option<&Path>,
        resume: bool,
        watch: &Watch<'_>,
    ) -> Result<Results, Halt> {
        let begun = Instant::now();
        self.check()?;
        let raw: Split<f32> = self.data.load_noting(&mut |line| {
            let _ = watch(Progress::Notes { line }); // it is asked for an answer when trainings begin
        })?;
        let parts = Parts::new(self, raw)?;
        let first_test = &parts.all[0].0.test;
        if let Some(form) = self.draw {
            form.of_rows(first_test.inputs().ncols()).map_err(|e| e.at("draw"))?;
        }
        if !self.corruptions.is_empty() {
            corruption::image(first_test.shape())?; // told before the trainings
        }
        let trials = Trials::new(self, &parts, folder)?;
        let (choosing, others) = self.seeds.split_at(self.choosing()?);
        let mut first = Vec::new();
        for (net, entry) in self.nets.iter().enumerate() {
            for rate in 0..self.learning_rates(entry).len() {
                for &seed in choosing {
                    first.push(trials.one(net, rate, seed)?);
                }
            }
        }
        let tried: usize = first.iter().map(|trial| trial.training.epochs).sum();
        // The seeds of a net beside those that choose.
        let others = |entry: &Entry| {
            let most = entry.most_seeds.unwrap_or(self.seeds.len());
            &others[..most.saturating_sub(choosing.len()).min(others.len())]
        };
        let later = self
            .nets
            .iter()
            .map(|entry| others(entry).len() * entry.epochs.unwrap_or(self.training.epochs));
        let epochs = tried + later.sum::<usize>();
        let side_by_side = self.side_by_side(&first)?;
        Halt::on(watch(Progress::Begins { epochs }))?;
        let train = Trainer { side_by_side, parts: &parts, resume, watch };
        let mut tried = train.all(&first)?.into_iter();
        let mut chosen = Vec::with_capacity(self.nets.len());
        for entry in &self.nets {
            let count = self.learning_rates(entry).len() * choosing.len();
            chosen.push(measure::choose(tried.by_ref().take(count).collect(), choosing.len()));
        }
        let mut second = Vec::new();
        for (net, (entry, choice)) in self.nets.iter().zip(&chosen).enumerate() {
            for &seed in others(entry) {
                second.push(trials.one(net, choice.best, seed)?);
            }
        }
        let mut rest = train.all(&second)?.into_iter();
        for (entry, choice) in self.nets.iter().zip(&mut chosen) {
            choice.trained.extend(rest.by_ref().take(others(entry).len()));
        }
        let spoiled = self.spoiled(&chosen, &parts, watch)?;
        let budget = GeometryBudget {
            inputs: self.maps.clamp(1, parts.fewest_tests()),
            first: self.geometry,
            walks: self.walks,
        };
        let mut nets = Vec::with_capacity(self.nets.len());
        for ((entry, choice), spoiled) in self.nets.iter().zip(chosen).zip(spoiled) {
            let measured = measure::net(entry, choice, spoiled, &parts, budget, watch);
            nets.push(measured.map_err(|halt| halt.at(&entry.name))?);
        }
        let examples = examples::choose(&nets, first_test, self.examples)?;
        for (net, chosen) in nets.iter_mut().zip(examples) {
            net.results.examples = chosen;
        }
        let split = &parts.all[0].0;
        let data = DataSummary {
            folds: self.cross_validate.then_some(self.seeds.len()),
            name: split.train.name().to_owned(),
            shape: split.train.shape().to_vec(),
            classes: split.train.targets().width(),
            schema: split.train.schema().clone(),
            draw: self.draw,
            standardized: parts.all[0].1.standardize.is_some(),
            train: split.train.len(),
            test: split.test.len(),
        };
        Ok(Results {
            name: self.name.clone(),
            data,
            seeds: self.seeds.clone(),
            choosing_seeds: choosing.len(),
            training: self.training.clone(),
            nets: nets.into_iter().map(|net| net.results).collect(),
            seconds: begun.elapsed().as_secs_f64(),
            threads: rayon::current_num_threads(),
        })
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

    /// Of every net and seed, the accuracy after each corruption of what it is tested on. One spoiled set at a time is in
    /// memory.
    fn spoiled(
        &self,
        chosen: &[Choice<'_>],
        parts: &Parts,
        watch: &Watch<'_>,
    ) -> Result<Vec<Vec<Vec<Spoiled>>>, Halt> {
        let mut all: Vec<_> = chosen.iter().map(|c| vec![Vec::new(); c.trained.len()]).collect();
        for (part, (split, preparation)) in parts.all.iter().enumerate() {
            let (test, standardize) = (&split.test, preparation.standardize.as_ref());
            let raw = match standardize {
                Some(standardize) => standardize.undo(test.inputs().clone()),
                None => test.inputs().clone(),
            };
            let least = raw.iter().copied().fold(f32::INFINITY, f32::min);
            let most = raw.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            for &corruption in &self.corruptions {
                let shape = corruption::image(test.shape())?;
                let mut inputs = raw.clone();
                for (number, mut image) in inputs.rows_mut().into_iter().enumerate() {
                    let image = image.as_slice_mut().expect("rows of a data set are whole");
                    corruption.apply(image, shape, least..most, number as u64);
                }
                let inputs = match standardize {
                    Some(standardize) => standardize.apply(inputs),
                    None => inputs,
                };
                let (shape, targets) = (test.shape().to_vec(), test.targets().clone());
                let spoiled = Dataset::new(test.name(), shape, inputs, targets)?;
                for (choice, all) in chosen.iter().zip(&mut all) {
                    for (Done { trial, net, .. }, all) in choice.trained.iter().zip(all) {
                        let (name, seed) = (trial.name.as_str(), trial.training.seed);
                        if parts.number(seed) != part {
                            continue;
                        }
                        Halt::on(watch(Progress::Measures { name, seed }))?;
                        let score =
                            evaluate(net, trial.training.loss, &spoiled).checked("spoiled test")?;
                        let accuracy = score.accuracy().expect("an experiment is on classes");
                        all.push(Spoiled { corruption, accuracy });
                    }
                }
            }
        }
        Ok(all)
    }

    /// How many seeds choose the learning rates.
    fn choosing(&self) -> Result<usize> {
        let (given, all) = (self.choosing_seeds, self.seeds.len());
        match given.unwrap_or(all) {
            count if (1..=all).contains(&count) => Ok(count),
            count => Err(Error::new("choosing seeds", format!("1 to the {all} seeds"), count)),
        }
    }

    /// Whether the trainings run side by side: where each batch is one chunk. Where batches are
    /// larger their chunks share the threads, and trainings run one after another: otherwise a
    /// thread that waits for a chunk would take up another training, and the seconds would be wrong.
    ///
    /// Every net is built for it and its settings are looked at, so that the last one's mistake does not cost the
    /// training of the others.
    fn side_by_side(&self, trials: &[Trial]) -> Result<bool> {
        let mut one_chunk = true;
        for trial in trials {
            let net = trial.spec.build::<f32>().map_err(|e| e.at(&trial.name))?;
            Run::new(&net, &trial.training).map_err(|e| e.at(&trial.name))?;
            one_chunk &= self.training.batch <= chunk_rows(&net);
        }
        Ok(one_chunk)
    }
}

/// Refuses values of which two are equal: the trainings would be the same, and their mean would say nothing more.
fn different<T: PartialEq + std::fmt::Display>(what: &str, values: &[T]) -> Result<()> {
    let twice = values.iter().enumerate().find(|(i, value)| values[..*i].contains(value));
    twice.map_or(Ok(()), |(_, value)| {
        Err(Error::new(what, "different ones", format_args!("{value} twice")))
    })
}

/// What every training of an experiment has in common.
struct Trials<'a> {
    experiment: &'a Experiment,
    parts: &'a Parts,
    folder: Option<&'a Path>,
}

impl<'a> Trials<'a> {
    fn new(experiment: &'a Experiment, parts: &'a Parts, folder: Option<&'a Path>) -> Result<Self> {
        let train = &parts.all[0].0.train;
        if train.labels().is_none() {
            let expected = "classes (--classes or kind = \"classes\" insists)";
            return Err(Error::new("targets", expected, "values").at(train.name()));
        }
        Ok(Self { experiment, parts, folder })
    }

    /// The training of net `net` with its learning rate `rate`, both counted from 0.
    fn one(&self, net: usize, rate: usize, seed: u64) -> Result<Trial> {
        let (experiment, entry) = (self.experiment, &self.experiment.nets[net]);
        let (Split { train, .. }, preparation) = self.parts.of(seed);
        let spec = entry.architecture.spec(train.shape(), train.targets().width(), seed);
        let rows = self.parts.rows(seed);
        let mut metadata = Trial::metadata(&experiment.data, preparation, rows)?;
        if let Some(fold) = self.parts.fold(seed) {
            metadata.insert(FOLD.to_owned(), json(&fold));
        }
        let file = format!("net{}-learning-rate{}-seed{seed}.safetensors", net + 1, rate + 1);
        Ok(Trial {
            spec: spec.map_err(|e| e.at(&entry.name))?,
            training: Training {
                seed,
                learning_rate: experiment.learning_rates(entry)[rate],
                epochs: entry.epochs.unwrap_or(experiment.training.epochs),
                optimizer: entry.optimizer.unwrap_or(experiment.training.optimizer),
                ..experiment.training.clone()
            },
            name: entry.name.clone(),
            checkpoint: self.folder.map(|folder| folder.join(file)),
            keep_every: None,
            silent: false,
            history: None, // the results hold every history
            metadata,
        })
    }
}

/// Runs trainings.
struct Trainer<'a> {
    /// Whether as many at a time as there are threads.
    side_by_side: bool,
    parts: &'a Parts,
    resume: bool,
    watch: &'a Watch<'a>,
}

impl Trainer<'_> {
    fn all<'t>(&self, trials: &'t [Trial]) -> Result<Vec<Done<'t>>, Halt> {
        let run = |i: usize| {
            let trial = &trials[i];
            // A training that is not begun leaves no checkpoint of its first step.
            let (name, seed) = (trial.name.as_str(), trial.training.seed);
            Halt::on((self.watch)(Progress::Trains { name, seed, epochs: 0 }))?;
            let (net, run) = trial.run(&self.parts.of(seed).0.train, self.resume, self.watch)?;
            match run.ended {
                Some(StopReason::Stopped) => Err(Halt::Stopped),
                _ => Ok(Done { trial, net, run }),
            }
        };
        if self.side_by_side {
            map_chunks(trials.len(), 1, |range| run(range.start)).into_iter().collect()
        } else {
            (0..trials.len()).map(run).collect()
        }
    }
}
