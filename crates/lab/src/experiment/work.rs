//! The work of an experiment: trainings on its data, and what is measured on the trained nets.

use super::halt::Halt;
use super::measure::{self, Choice, Done, Outcome};
use super::parts::Parts;
use super::trial::{FOLD, json};
use super::{
    DataSummary, Executors, Experiment, GeometryBudget, Progress, Results, Spoiled, Trial, Watch,
    corruption, examples, together,
};
use std::path::{Path, PathBuf};
use std::time::Instant;
use switchnet::data::{Dataset, Split};
use switchnet::net::{Net, chunk_rows, map_chunks};
use switchnet::train::{Run, StopReason, Training, evaluate};
use switchnet::{Error, Result};

/// An experiment that makes sense, and its data.
pub(super) struct Work<'a> {
    pub experiment: &'a Experiment,
    pub parts: Parts,
    /// Where checkpoints are kept.
    pub folder: Option<PathBuf>,
    /// Who computes, if not the processors.
    pub executors: Option<&'a dyn Executors>,
    begun: Instant,
}

/// One training: of a net, with one of its learning rates, both by their number from 0, and with a seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Which {
    pub net: usize,
    pub rate: usize,
    pub seed: u64,
}

/// What came of some trainings, each of which may be missing.
pub(super) type Round = Result<Vec<Option<Outcome>>, Halt>;

impl<'a> Work<'a> {
    /// Reads the data. Every net is built and its settings are looked at, so that the last one's mistake does not cost
    /// the training of the others.
    pub fn new(
        experiment: &'a Experiment,
        folder: Option<PathBuf>,
        watch: &Watch<'_>,
    ) -> Result<Self> {
        let begun = Instant::now();
        experiment.check()?;
        let raw: Split<f32> = experiment.data.load_noting(&mut |line| {
            let _ = watch(Progress::Notes { line }); // it is asked for an answer when trainings begin
        })?;
        let parts = Parts::new(experiment, raw)?;
        let Split { train, test } = &parts.all[0].0;
        if let Some(form) = experiment.draw {
            form.of_rows(test.inputs().ncols()).map_err(|e| e.at("draw"))?;
        }
        if !experiment.corruptions.is_empty() {
            corruption::image(test.shape())?; // told before the trainings
        }
        if train.labels().is_none() {
            let expected = "classes (--classes or kind = \"classes\" insists)";
            return Err(Error::new("targets", expected, "values").at(train.name()));
        }
        Ok(Self { experiment, parts, folder, executors: None, begun })
    }

    /// How many seeds choose the learning rates, and the seeds of a net beside them.
    fn seeds(&self, net: usize) -> (&[u64], &[u64]) {
        let experiment = self.experiment;
        let count = experiment.choosing().expect("it was checked");
        let most = experiment.nets[net].most_seeds.unwrap_or(experiment.seeds.len());
        let (choosing, others) = experiment.seeds.split_at(count);
        (choosing, &others[..most.saturating_sub(count).min(others.len())])
    }

    /// The seeds that choose.
    pub fn choosing(&self) -> &[u64] {
        self.seeds(0).0
    }

    /// The seeds of a net that are trained with the chosen learning rate alone.
    pub fn later(&self, net: usize) -> &[u64] {
        self.seeds(net).1
    }

    /// How many learning rates a net has.
    pub fn rates(&self, net: usize) -> usize {
        self.experiment.learning_rates(&self.experiment.nets[net]).len()
    }

    /// The epochs that a net is trained for.
    pub fn epochs(&self, net: usize) -> usize {
        self.experiment.nets[net].epochs.unwrap_or(self.experiment.training.epochs)
    }

    /// The trainings with the seeds that choose, net by net.
    fn first(&self) -> Vec<Which> {
        let of_net = |net| (0..self.rates(net)).map(move |rate| (net, rate));
        let all = (0..self.experiment.nets.len()).flat_map(of_net);
        let seeds =
            |(net, rate)| self.choosing().iter().map(move |&seed| Which { net, rate, seed });
        all.flat_map(seeds).collect()
    }

    /// The trainings of a net with its other seeds, if `rate` is the chosen one.
    pub fn second(&self, net: usize, rate: usize) -> impl Iterator<Item = Which> {
        self.later(net).iter().map(move |&seed| Which { net, rate, seed })
    }

    /// How many trainings there are of those that `has` says, and of how many epochs all together. Which learning rate
    /// is chosen has no say in it.
    pub fn count(&self, has: &dyn Fn(Which) -> bool) -> (usize, usize) {
        let second = (0..self.experiment.nets.len()).flat_map(|net| self.second(net, 0));
        let all: Vec<Which> =
            self.first().into_iter().chain(second).filter(|&which| has(which)).collect();
        (all.len(), all.iter().map(|which| self.epochs(which.net)).sum())
    }

    /// Has `all` do the trainings that `has` says: those with the seeds that choose, and then, of each net whose learning
    /// rate is known, those with its other seeds. What comes back is of each net with the best of its learning rates, and
    /// none of a net of which a training with the seeds that choose is missing.
    pub fn rounds(
        &self,
        has: &dyn Fn(Which) -> bool,
        all: &mut dyn FnMut(&[Which]) -> Round,
    ) -> Result<Vec<Option<Choice>>, Halt> {
        let nets = self.experiment.nets.len();
        let first: Vec<Which> = self.first().into_iter().filter(|&which| has(which)).collect();
        let mut done: Vec<Vec<Outcome>> = (0..nets).map(|_| Vec::new()).collect();
        for (which, found) in first.iter().zip(all(&first)?) {
            done[which.net].extend(found);
        }
        let choosing = self.choosing().len();
        let choose = |(net, done): (usize, Vec<Outcome>)| {
            let whole = done.len() == self.rates(net) * choosing;
            whole.then(|| measure::choose(done, choosing)).transpose()
        };
        let mut chosen: Vec<Option<Choice>> =
            done.into_iter().enumerate().map(choose).collect::<Result<_>>()?;
        let mut second = Vec::new();
        for (net, choice) in chosen.iter().enumerate() {
            let only = (self.rates(net) == 1).then_some(0);
            if let Some(rate) = choice.as_ref().map(|choice| choice.best).or(only) {
                second.extend(self.second(net, rate).filter(|&which| has(which)));
            }
        }
        for (which, found) in second.iter().zip(all(&second)?) {
            let found = found.map(Outcome::finished).transpose()?;
            if let Some(choice) = &mut chosen[which.net] {
                choice.trained.extend(found);
            }
        }
        Ok(chosen)
    }

    /// Trains what `has` says.
    pub fn train(
        &self,
        has: &dyn Fn(Which) -> bool,
        resume: bool,
        watch: &Watch<'_>,
    ) -> Result<Vec<Option<Choice>>, Halt> {
        let side_by_side = self.side_by_side()?;
        let (_, epochs) = self.count(has);
        Halt::on(watch(Progress::Begins { epochs }))?;
        let alone = |which: Which| {
            let trial = match self.opened(which, resume, watch)? {
                Ok(trial) => trial,
                Err(before) => return Ok(Some(before)),
            };
            let data = &self.parts.of(which.seed).0.train;
            let trained = match self.executors {
                None => trial.run(data, resume, watch),
                Some(executors) => trial.run_on(|net| executors.alone(net), data, resume, watch),
            };
            self.outcome(trial, trained)
        };
        self.rounds(has, &mut |trainings| match (self.executors, side_by_side) {
            (Some(executors), _) => {
                let (mut found, rest) =
                    together::groups_of(self, executors, trainings, resume, watch)?;
                let run = |range: std::ops::Range<usize>| alone(trainings[rest[range.start]]);
                for (&i, outcome) in rest.iter().zip(map_chunks(rest.len(), 1, run)) {
                    found[i] = outcome?;
                }
                Ok(found)
            }
            (None, true) => {
                let run = |range: std::ops::Range<usize>| alone(trainings[range.start]);
                map_chunks(trainings.len(), 1, run).into_iter().collect()
            }
            (None, false) => trainings.iter().copied().map(alone).collect(),
        })
    }

    /// A training that is about to begin or to go on; or what came of it before, if it diverged.
    pub fn opened(
        &self,
        which: Which,
        resume: bool,
        watch: &Watch<'_>,
    ) -> Result<Result<Trial, Outcome>, Halt> {
        // A training that is not begun leaves no checkpoint of its first step.
        let trial = self.trial(which, self.folder.as_deref())?;
        let (name, seed) = (trial.name.as_str(), trial.training.seed);
        Halt::on(watch(Progress::Trains { name, seed, epochs: 0 }))?;
        if !resume {
            trial.forget()?;
        } else if let Some(before) = trial.has_diverged()? {
            return Ok(Err(before));
        }
        Ok(Ok(trial))
    }

    /// What came of a training.
    pub fn outcome(
        &self,
        trial: Trial,
        trained: Result<(Net<f32>, Run<f32>)>,
    ) -> Result<Option<Outcome>, Halt> {
        let (net, run) = match trained {
            Err(error) if error.is_divergence() => return Ok(Some(trial.diverged(error)?)),
            trained => trained?,
        };
        match run.ended {
            Some(StopReason::Stopped) => Err(Halt::Stopped),
            _ => Ok(Some(Outcome::Done(Box::new(Done { trial, net, run })))),
        }
    }

    /// Whether the trainings run side by side: where each batch is one chunk. Where batches are
    /// larger their chunks share the threads, and trainings run one after another: otherwise a
    /// thread that waits for a chunk would take up another training, and the seconds would be wrong. Where others than the
    /// processors compute, there are no chunks.
    ///
    /// Every net is built for it and its settings are looked at, so that the last one's mistake does not cost the
    /// training of the others.
    fn side_by_side(&self) -> Result<bool> {
        let mut one_chunk = true;
        for which in self.first() {
            let trial = self.trial(which, None)?;
            let net = trial.spec.build::<f32>().map_err(|e| e.at(&trial.name))?;
            Run::new(&net, &trial.training).map_err(|e| e.at(&trial.name))?;
            if let (Some(executors), 0) = (self.executors, which.rate) {
                executors.alone(&net).map_err(|e| e.at(&trial.name))?;
            }
            one_chunk &= self.experiment.training.batch <= chunk_rows(&net);
        }
        Ok(one_chunk || self.executors.is_some())
    }

    /// A training, its checkpoint in `folder`.
    pub fn trial(&self, which: Which, folder: Option<&Path>) -> Result<Trial> {
        let Which { net, rate, seed } = which;
        let (experiment, entry) = (self.experiment, &self.experiment.nets[net]);
        let (Split { train, .. }, preparation) = self.parts.of(seed);
        let spec = entry.architecture.spec(train.shape(), train.targets().width(), seed);
        let mut metadata = Trial::metadata(&experiment.data, preparation, self.parts.rows(seed))?;
        if let Some(fold) = self.parts.fold(seed) {
            metadata.insert(FOLD.to_owned(), json(&fold));
        }
        Ok(Trial {
            spec: spec.map_err(|e| e.at(&entry.name))?,
            training: Training {
                seed,
                learning_rate: experiment.learning_rates(entry)[rate],
                epochs: self.epochs(net),
                optimizer: entry.optimizer.unwrap_or(experiment.training.optimizer),
                ..experiment.training.clone()
            },
            name: entry.name.clone(),
            checkpoint: folder.map(|folder| folder.join(format!("{which}.safetensors"))),
            keep_every: None,
            silent: false,
            history: None, // the results hold every history
            metadata,
        })
    }

    /// Of every net and seed, the accuracy after each corruption of what it is tested on. One spoiled set at a time is in
    /// memory.
    fn spoiled(
        &self,
        chosen: &[Choice],
        watch: &Watch<'_>,
    ) -> Result<Vec<Vec<Vec<Spoiled>>>, Halt> {
        let mut all: Vec<_> = chosen.iter().map(|c| vec![Vec::new(); c.trained.len()]).collect();
        for (part, (split, preparation)) in self.parts.all.iter().enumerate() {
            let (test, standardize) = (&split.test, preparation.standardize.as_ref());
            let raw = match standardize {
                Some(standardize) => standardize.undo(test.inputs().clone()),
                None => test.inputs().clone(),
            };
            let least = raw.iter().copied().fold(f32::INFINITY, f32::min);
            let most = raw.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            for &corruption in &self.experiment.corruptions {
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
                        if self.parts.number(seed) != part {
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

    /// Trains every net, and measures them.
    pub fn results(&self, resume: bool, watch: &Watch<'_>) -> Result<Results, Halt> {
        self.measured(self.train(&|_| true, resume, watch)?, watch)
    }

    /// Measures nets of which every training is done.
    pub fn measured(
        &self,
        chosen: Vec<Option<Choice>>,
        watch: &Watch<'_>,
    ) -> Result<Results, Halt> {
        let experiment = self.experiment;
        let chosen: Vec<Choice> = chosen.into_iter().flatten().collect();
        let spoiled = self.spoiled(&chosen, watch)?;
        let budget = GeometryBudget {
            inputs: experiment.maps.clamp(1, self.parts.fewest_tests()),
            first: experiment.geometry,
            walks: experiment.walks,
        };
        let mut nets = Vec::with_capacity(chosen.len());
        for ((entry, choice), spoiled) in experiment.nets.iter().zip(chosen).zip(spoiled) {
            let measured = measure::net(entry, choice, spoiled, &self.parts, budget, watch);
            nets.push(measured.map_err(|halt| halt.at(&entry.name))?);
        }
        let (split, preparation) = &self.parts.all[0];
        let examples = examples::choose(&nets, &split.test, experiment.examples)?;
        for (net, chosen) in nets.iter_mut().zip(examples) {
            net.results.examples = chosen;
        }
        let data = DataSummary {
            folds: experiment.cross_validate.then_some(experiment.seeds.len()),
            name: split.train.name().to_owned(),
            shape: split.train.shape().to_vec(),
            classes: split.train.targets().width(),
            schema: split.train.schema().clone(),
            draw: experiment.draw,
            standardized: preparation.standardize.is_some(),
            train: split.train.len(),
            test: split.test.len(),
        };
        Ok(Results {
            name: experiment.name.clone(),
            data,
            seeds: experiment.seeds.clone(),
            choosing_seeds: self.choosing().len(),
            training: experiment.training.clone(),
            nets: nets.into_iter().map(|net| net.results).collect(),
            seconds: self.begun.elapsed().as_secs_f64(),
            threads: rayon::current_num_threads(),
        })
    }
}

impl std::fmt::Display for Which {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { net, rate, seed } = self;
        write!(f, "net{}-learning-rate{}-seed{seed}", net + 1, rate + 1)
    }
}
