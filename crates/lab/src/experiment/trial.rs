//! One training of an experiment: a net, a learning rate, a seed. The command `train` is one trial too.

use super::measure::{Done, Outcome};
use super::{Fold, Rows};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use switchnet::Scalar;
use switchnet::data::{Batches, Preparation, Source};
use switchnet::layer::Layer;
use switchnet::net::checkpoint::{self, Checkpoint};
use switchnet::net::{Net, Spec};
use switchnet::train::{
    CheckpointFile, CheckpointSeries, Chunks, CsvHistory, Executor, Observer, Run, StopReason,
    Threads, Together, Training, resume,
};
use switchnet::{Error, Result};

/// How far an experiment is: told from several threads to whoever watches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// While data are read: how a file was understood, in a line.
    Notes {
        /// The line.
        line: &'a str,
    },
    /// Before the first training.
    Begins {
        /// How many epochs are to come, over all trainings.
        epochs: usize,
    },
    /// At every step of every training.
    Trains {
        /// The name of the net.
        name: &'a str,
        /// The seed of the training.
        seed: u64,
        /// How many more of its epochs are done: 0 in the midst of one.
        epochs: usize,
    },
    /// At every part of what is measured on a trained net.
    Measures {
        /// The name of the net.
        name: &'a str,
        /// The seed that it was trained with.
        seed: u64,
    },
}

/// Whoever watches an experiment. After the answer `Break` every training ends, each so that it can be
/// resumed; `&|_| Continue(())` lets it run.
pub type Watch<'a> = dyn Fn(Progress<'_>) -> ControlFlow<()> + Sync + 'a;

/// Who computes the trainings of an experiment, if not the processors.
///
/// ```
/// use std::ops::ControlFlow::Continue;
/// use switchnet::Result;
/// use switchnet::data::Batches;
/// use switchnet::net::Net;
/// use switchnet::train::{Chunks, Executor, Threads, Together};
/// use switchnet_lab::experiment::{Executors, Experiment};
///
/// /// The processors, by another way: one training after another.
/// struct OneByOne;
///
/// impl Executors for OneByOne {
///     fn alone(&self, _: &Net<f32>) -> Result<Box<dyn Executor<f32>>> {
///         Ok(Box::new(Chunks(Threads)))
///     }
///     fn takes_together(&self, _: &Net<f32>) -> bool {
///         true
///     }
///     fn together(&self, nets: &[&Net<f32>], _: &dyn Batches<f32>) -> Result<Box<dyn Together<f32>>> {
///         Ok(Box::new(vec![Chunks(Threads); nets.len()]))
///     }
/// }
///
/// let experiment: Experiment = toml::from_str(r#"
///     name = "Spirals"
///     seeds = [1, 2]
///     data = { source = "spirals", points = 20 }
///     training = { epochs = 2 }
///     [[nets]]
///     name = "MLP"
///     architecture = { net = "mlp", hidden = [4] }
/// "#)?;
/// let results = experiment.run_on(&OneByOne, None, false, &|_| Continue(()))?;
/// assert_eq!(results.expect("nobody stops it").nets[0].runs.len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Executors: Sync {
    /// For a training of this net alone.
    ///
    /// # Errors
    /// If there is none for it.
    fn alone(&self, net: &Net<f32>) -> Result<Box<dyn Executor<f32>>>;

    /// Whether trainings of nets with these layers can go on together.
    fn takes_together(&self, net: &Net<f32>) -> bool;

    /// For trainings of these nets together on `data`, where that can be; they differ in what is drawn and learned at most.
    ///
    /// # Errors
    /// If there is none for them.
    fn together(
        &self,
        nets: &[&Net<f32>],
        data: &dyn Batches<f32>,
    ) -> Result<Box<dyn Together<f32>>>;
}

/// The name under which a checkpoint keeps the schema of its data.
const SCHEMA: &str = "schema";

/// The name under which it keeps which rows it was trained with.
const ROWS: &str = "rows";

/// The name under which it keeps the part that it is tested on, if its data were cross-validated.
pub(super) const FOLD: &str = "fold";

/// One training.
pub struct Trial {
    /// The name of the net.
    pub name: String,
    /// The net.
    pub spec: Spec,
    /// How it is trained.
    pub training: Training,
    /// Where its checkpoint is kept.
    pub checkpoint: Option<PathBuf>,
    /// Keeps a checkpoint of the beginning, and after every so many epochs, beside it too
    /// ([`CheckpointSeries`]).
    pub keep_every: Option<usize>,
    /// Where its history is kept as CSV.
    pub history: Option<PathBuf>,
    /// Whether no file is written: by a process that shares the training with another one, which writes them.
    pub silent: bool,
    /// What the checkpoint says beside the net.
    pub metadata: BTreeMap<String, String>,
}

impl Trial {
    /// What the checkpoint of a net says of its data: from where they come, what they are called, how they were
    /// standardized, and which rows they are if they come out of files.
    ///
    /// # Errors
    /// If the name of a file is no text, which no checkpoint can say.
    pub fn metadata(
        source: &Source,
        preparation: &Preparation,
        rows: Option<&Rows>,
    ) -> Result<BTreeMap<String, String>> {
        let source = serde_json::to_string(source)
            .map_err(|e| Error::new("data", "files whose names are UTF-8", e))?;
        let mut texts = preparation.texts();
        texts.insert("data".to_owned(), source);
        texts.extend(rows.map(|rows| (ROWS.to_owned(), json(rows))));
        Ok(texts)
    }

    /// The same, and how the net is trained.
    pub(super) fn full_metadata(&self) -> BTreeMap<String, String> {
        let mut metadata = self.metadata.clone();
        metadata.insert("training".to_owned(), json(&self.training));
        metadata
    }

    /// Writes a checkpoint of `net`, if one is wanted, as after a finished training.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, net: &Net<f32>) -> Result<()> {
        let Some(path) = &self.checkpoint else { return Ok(()) };
        checkpoint::save(path, &self.spec, net, &self.full_metadata(), &BTreeMap::new())
    }

    /// Trains the net on `data`. With `go_on`, from the checkpoint if there is one: a training that
    /// had finished is only read.
    ///
    /// # Errors
    /// If the net cannot be built or does not fit the data, the settings make no sense, the loss
    /// stops being finite, or the checkpoint cannot be written or is of another training.
    pub fn run(
        &self,
        data: &dyn Batches<f32>,
        go_on: bool,
        watch: &Watch<'_>,
    ) -> Result<(Net<f32>, Run<f32>)> {
        self.run_on(|_| Ok(Box::new(Chunks(Threads))), data, go_on, watch)
    }

    /// The same computed by what `executor` gives for the net.
    ///
    /// # Errors
    /// As [`run`](Self::run), and those of the executor.
    pub fn run_on(
        &self,
        executor: impl FnOnce(&Net<f32>) -> Result<Box<dyn Executor<f32>>>,
        data: &dyn Batches<f32>,
        go_on: bool,
        watch: &Watch<'_>,
    ) -> Result<(Net<f32>, Run<f32>)> {
        self.train(executor, data, go_on, watch).map_err(|e| e.at(&self.name))
    }

    fn train(
        &self,
        executor: impl FnOnce(&Net<f32>) -> Result<Box<dyn Executor<f32>>>,
        data: &dyn Batches<f32>,
        go_on: bool,
        watch: &Watch<'_>,
    ) -> Result<(Net<f32>, Run<f32>)> {
        let (mut net, run) = self.begun(go_on)?;
        let run = run.with_executor(executor(&net)?);
        let mut observers = self.observers(&net, &run, watch)?;
        let run = resume(&mut net, data, &self.training, run, &mut observers)?;
        Ok((net, run.with_executor(Chunks(Threads)))) // what a device holds is given back
    }

    /// The net and the run as they are in the checkpoint, if there is one to go on from, or at their beginning.
    pub(super) fn begun(&self, go_on: bool) -> Result<(Net<f32>, Run<f32>)> {
        let saved = self.checkpoint.as_ref().filter(|path| go_on && path.exists());
        match saved {
            Some(path) => self.saved(path, &self.full_metadata()).map_err(|e| e.at(path.display())),
            None => {
                let net = self.spec.build()?;
                let run = Run::new(&net, &self.training)?;
                Ok((net, run))
            }
        }
    }

    /// Who looks on: whoever watches, and those who write the files.
    pub(super) fn observers<'w>(
        &'w self,
        net: &Net<f32>,
        run: &Run<f32>,
        watch: &'w Watch<'w>,
    ) -> Result<Vec<Box<dyn Observer<f32> + 'w>>> {
        let (name, seed) = (self.name.as_str(), self.training.seed);
        let mut observers: Vec<Box<dyn Observer<f32> + 'w>> =
            vec![Box::new(Reporter { name, seed, watch })];
        if let Some(path) = self.checkpoint.as_ref().filter(|_| !self.silent) {
            let (path, spec, metadata) = (path.clone(), self.spec.clone(), self.full_metadata());
            if let Some(every) = self.keep_every {
                let (path, spec, metadata) = (path.clone(), spec.clone(), metadata.clone());
                let series = CheckpointSeries { path, every, spec, metadata };
                if run.step == 0 {
                    series.write(net, 0)?;
                }
                observers.push(Box::new(series));
            }
            observers.push(Box::new(CheckpointFile { path, spec, metadata }));
        }
        if let Some(path) = self.history.as_ref().filter(|_| !self.silent) {
            observers.push(Box::new(CsvHistory { path: path.clone() }));
        }
        Ok(observers)
    }

    /// What came of this training, if it is over; else how many of its epochs are done, if it has begun.
    ///
    /// # Errors
    /// If what is kept of it cannot be read or is of another training.
    pub(super) fn over(self) -> Result<Result<Outcome, Option<usize>>> {
        if let Some(diverged) = self.has_diverged()? {
            return Ok(Ok(diverged));
        }
        let there = self.checkpoint.as_ref().filter(|path| path.exists());
        let saved = |path: &PathBuf| {
            let saved = self.saved(path, &self.full_metadata());
            saved.map_err(|e| e.at(path.display()).at(&self.name))
        };
        Ok(match there.map(saved).transpose()? {
            None => Err(None),
            Some((_, run)) if matches!(run.ended, None | Some(StopReason::Stopped)) => {
                Err(Some(run.history.len()))
            }
            Some((net, run)) => Ok(Outcome::Done(Box::new(Done { trial: self, net, run }))),
        })
    }

    /// The net and the run in the checkpoint, if they are of this training.
    fn saved(
        &self,
        path: &Path,
        metadata: &BTreeMap<String, String>,
    ) -> Result<(Net<f32>, Run<f32>)> {
        let mut saved = checkpoint::load::<f32>(path)?;
        let [own, found] = [&self.spec, saved.net.spec()]
            .map(|spec| serde_json::to_value(spec).expect("plain data"));
        if let Some(error) = Error::difference("net", &own, &found) {
            return Err(error);
        }
        let run = Run::new(&saved.net, &self.training)?.resumed_from(&saved)?;
        saved.metadata.remove("run");
        // The same source by an older name, or with options that there were not.
        let older = saved.metadata.get("data").map(|text| serde_json::from_str::<Source>(text));
        if let Some(Ok(source)) = older {
            saved.metadata.insert("data".to_owned(), json(&source));
        }
        // Before there were schemas, nobody kept one.
        let mut metadata = metadata.clone();
        if !saved.metadata.contains_key(SCHEMA) {
            metadata.remove(SCHEMA);
        }
        // Nor which rows; those that are tested on have no part in a training.
        let [own, begun] = [&metadata, &saved.metadata].map(|texts| parsed::<Rows>(texts, ROWS));
        let (own, begun) = (own?, begun?);
        metadata.remove(ROWS);
        saved.metadata.remove(ROWS);
        let value = |texts: &BTreeMap<String, String>, only: Option<&str>| {
            let texts = texts.iter().filter(|(name, _)| only.is_none_or(|only| only == *name));
            let parsed = texts.map(|(name, text)| {
                let value = serde_json::from_str(text).unwrap_or_else(|_| text.as_str().into());
                (name.clone(), value)
            });
            serde_json::Value::Object(parsed.collect())
        };
        let difference = |only| {
            let [own, begun] = [&metadata, &saved.metadata].map(|texts| value(texts, only));
            Error::difference("metadata", &own, &begun).map_or(Ok(()), Err)
        };
        // Other files or options have other rows, and these another mean: the cause is said.
        difference(Some("data"))?;
        if let (Some(own), Some(begun)) = (own, begun)
            && !own.train_alike(&begun)
        {
            let expected = format!("those that the training began with ({})", begun.train);
            let found = match own.train == begun.train {
                true => "other weights or groups of them".to_owned(),
                false => format!("others ({})", own.train),
            };
            return Err(Error::new("rows to train with", expected, found));
        }
        difference(None)?;
        Ok((saved.net, run))
    }
}

/// Tells whoever watches the experiment of one training.
struct Reporter<'a> {
    name: &'a str,
    seed: u64,
    watch: &'a Watch<'a>,
}

impl Reporter<'_> {
    fn tell(&self, epochs: usize) -> ControlFlow<()> {
        let Self { name, seed, .. } = *self;
        (self.watch)(Progress::Trains { name, seed, epochs })
    }
}

impl<T: Scalar> Observer<T> for Reporter<'_> {
    fn start(&mut self, _net: &dyn Layer<T>, run: &Run<T>) {
        let _ = self.tell(run.history.len()); // the answer is asked for at each step
    }

    fn step(&mut self, _run: &Run<T>) -> Result<ControlFlow<()>> {
        Ok(self.tell(0))
    }

    fn epoch(&mut self, _net: &dyn Layer<T>, _run: &Run<T>) -> Result<ControlFlow<()>> {
        Ok(self.tell(1))
    }
}

/// A trained net from a checkpoint of [`Trial`], with what its inputs were made of.
pub struct Trained {
    /// The net.
    pub net: Net<f32>,
    /// How it was trained; the default if the checkpoint does not say.
    pub training: Training,
    /// From where its inputs come, if the checkpoint says.
    pub source: Option<Source>,
    /// What its data are called, and how they were standardized.
    pub preparation: Preparation,
    /// The part that it is tested on, if its data were cross-validated.
    pub fold: Option<Fold>,
    /// Which rows it was trained with and tested on; none of older checkpoints and of data that come out of no file.
    pub rows: Option<Rows>,
}

impl Trained {
    /// Reads the checkpoint at `path`.
    ///
    /// # Errors
    /// As [`checkpoint::load`], and if what the checkpoint says of data and training is not
    /// understood.
    pub fn load(path: &Path) -> Result<Self> {
        let Checkpoint { net, metadata, .. } = checkpoint::load::<f32>(path)?;
        Self::of(net, &metadata).map_err(|e| e.at(path.display()))
    }

    /// The net with what the texts of its file say.
    ///
    /// # Errors
    /// If these are not understood, or are of a net with other inputs or outputs.
    pub fn of(net: Net<f32>, metadata: &BTreeMap<String, String>) -> Result<Self> {
        let preparation = Preparation::of_texts(metadata, net.inputs(), net.outputs())?;
        Ok(Self {
            net,
            training: parsed(metadata, "training")?.unwrap_or_default(),
            source: parsed(metadata, "data")?,
            preparation,
            fold: parsed(metadata, FOLD)?,
            rows: parsed(metadata, ROWS)?,
        })
    }
}

pub(super) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("plain data")
}

/// What `metadata` says under `name`, if it says anything.
fn parsed<T: serde::de::DeserializeOwned>(
    metadata: &BTreeMap<String, String>,
    name: &str,
) -> Result<Option<T>> {
    let text = metadata.get(name);
    let value = text.map(|text| serde_json::from_str(text)).transpose();
    value.map_err(|e| Error::new(format_args!("{name} of the metadata"), "its JSON", e))
}
