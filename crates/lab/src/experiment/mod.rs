//! Several nets on one data set, with several seeds, each net at the learning rate that does best on
//! held-out data: the comparison behind every table.

mod examples;
mod geometry;
mod halt;
mod measure;
mod results;
mod trial;

pub use geometry::{Geometry, PAIRED, PLANES, POLYGONS};
pub(crate) use results::mean;
pub use results::{DataSummary, Example, LearningRateTried, MeanStd, NetResults, Results, SeedRun};
pub use trial::{Progress, Trained, Trial, Watch};

use halt::Halt;
use measure::Done;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::Instant;
use switchnet::data::{Scope, Source, Split, Standardize};
use switchnet::net::zoo::Architecture;
use switchnet::net::{chunk_rows, map_chunks};
use switchnet::train::{OptimizerKind, StopReason, Training};
use switchnet::{Error, Result};

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
    /// How the inputs are standardized; not at all if left out.
    pub standardize: Option<Scope>,
    /// How the nets are trained. Its seed is replaced by each of `seeds`.
    #[serde(default)]
    pub training: Training,
    /// Learning rates to try for each net; that of `training` if none is given. The best is the one
    /// with the highest validation accuracy, mean over the seeds; of equal ones the first.
    #[serde(default)]
    pub learning_rates: Vec<f64>,
    /// How many test inputs the report shows for each net.
    #[serde(default = "six")]
    pub examples: usize,
    /// On how many test inputs margins, spectra and rays of each trained net are measured for its
    /// [`Geometry`]; there is none if this is zero.
    #[serde(default)]
    pub geometry: usize,
    /// The nets.
    pub nets: Vec<Entry>,
}

fn six() -> usize {
    6
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
        let raw: Split<f32> = self.data.load()?;
        let (split, standardize) = match self.standardize {
            Some(scope) => {
                let (split, standardize) = raw.standardize(scope);
                (split, Some(standardize))
            }
            None => (raw, None),
        };
        let trials = self.trials(&split, standardize.as_ref(), folder)?;
        let epochs = trials.iter().map(|trial| trial.training.epochs).sum();
        Halt::on(watch(Progress::Begins { epochs }))?;
        let run = |i: usize| {
            let trial = &trials[i];
            // A training that is not begun leaves no checkpoint of its first step.
            let (name, seed) = (trial.name.as_str(), trial.training.seed);
            Halt::on(watch(Progress::Trains { name, seed, epochs: 0 }))?;
            let (net, run) = trial.run(&split.train, resume, watch)?;
            match run.ended {
                Some(StopReason::Stopped) => Err(Halt::Stopped),
                _ => Ok(Done { trial, net, run }),
            }
        };
        let side_by_side = self.side_by_side(&trials)?;
        let runs: Vec<Done<'_>> = if side_by_side {
            map_chunks(trials.len(), 1, |range| run(range.start))
                .into_iter()
                .collect::<Result<_, Halt>>()?
        } else {
            (0..trials.len()).map(run).collect::<Result<_, Halt>>()?
        };
        let mut rest = runs.into_iter();
        let mut nets = Vec::with_capacity(self.nets.len());
        for entry in &self.nets {
            let count = self.learning_rates(entry).len() * self.seeds.len();
            let own: Vec<_> = rest.by_ref().take(count).collect();
            let (seeds, geometry) = (self.seeds.len(), self.geometry);
            let measured = measure::net(entry, own, seeds, &split.test, geometry, watch);
            nets.push(measured.map_err(|halt| halt.at(&entry.name))?);
        }
        let examples = examples::choose(&nets, &split.test, self.examples);
        for (net, chosen) in nets.iter_mut().zip(examples) {
            net.results.examples = chosen;
        }
        let data = DataSummary {
            name: split.train.name().to_owned(),
            shape: split.train.shape().to_vec(),
            classes: split.train.targets().width(),
            train: split.train.len(),
            test: split.test.len(),
        };
        Ok(Results {
            name: self.name.clone(),
            data,
            seeds: self.seeds.clone(),
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
        if self.nets.is_empty() {
            return Err(Error::new("nets", "at least one", "none"));
        }
        for (i, net) in self.nets.iter().enumerate() {
            if self.nets[..i].iter().any(|other| other.name == net.name) {
                return Err(Error::new("names of the nets", "different ones", &net.name));
            }
            let learning_rates = self.learning_rates(net);
            if learning_rates.len() > 1 && self.training.validation == 0.0 {
                let expected = "a validation part to choose among learning rates by";
                return Err(Error::new("validation", expected, 0).at(&net.name));
            }
        }
        Ok(())
    }

    /// Every training there is to do: net by net, learning rate by learning rate, seed by seed.
    fn trials(
        &self,
        split: &Split<f32>,
        standardize: Option<&Standardize>,
        folder: Option<&Path>,
    ) -> Result<Vec<Trial>> {
        if split.train.labels().is_none() {
            return Err(Error::new("targets", "classes", "values").at(split.train.name()));
        }
        let mut trials = Vec::new();
        for (index, entry) in self.nets.iter().enumerate() {
            for (k, &learning_rate) in self.learning_rates(entry).iter().enumerate() {
                for &seed in &self.seeds {
                    let (shape, classes) = (split.train.shape(), split.train.targets().width());
                    let spec = entry.architecture.spec(shape, classes, seed);
                    let file =
                        format!("net{}-learning-rate{}-seed{seed}.safetensors", index + 1, k + 1);
                    trials.push(Trial {
                        spec: spec.map_err(|e| e.at(&entry.name))?,
                        training: Training {
                            seed,
                            learning_rate,
                            epochs: entry.epochs.unwrap_or(self.training.epochs),
                            optimizer: entry.optimizer.unwrap_or(self.training.optimizer),
                            ..self.training.clone()
                        },
                        name: entry.name.clone(),
                        checkpoint: folder.map(|folder| folder.join(file)),
                        keep_every: None,
                        history: None, // the results hold every history
                        metadata: Trial::metadata(&self.data, standardize),
                    });
                }
            }
        }
        Ok(trials)
    }

    /// Whether the trainings run side by side: where each batch is one chunk. Where batches are
    /// larger their chunks share the threads, and trainings run one after another: otherwise a
    /// thread that waits for a chunk would take up another training, and the seconds would be wrong.
    ///
    /// Every net is built for it, so that the last one's mistake does not cost the training of the
    /// others.
    fn side_by_side(&self, trials: &[Trial]) -> Result<bool> {
        let mut one_chunk = true;
        for trial in trials {
            let net = trial.spec.build::<f32>().map_err(|e| e.at(&trial.name))?;
            one_chunk &= self.training.batch <= chunk_rows(&net);
        }
        Ok(one_chunk)
    }
}
