//! Who looks on while a net is trained: progress bars, files, a hand on the brake.

use super::Run;
use crate::error::Result;
use crate::layer::Layer;
use crate::net::{Spec, checkpoint};
use crate::scalar::Scalar;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;

/// Is told how a run goes. Every method may be left out. One that answers [`Break`](ControlFlow::Break) ends the run
/// where it is, and it can be resumed.
///
/// `()` looks away. A closure is called after each epoch. A pair, and a vector, tell each of theirs.
pub trait Observer<T: Scalar> {
    /// Before the first step.
    fn start(&mut self, _net: &dyn Layer<T>, _run: &Run<T>) {}

    /// After each step but the last of an epoch.
    ///
    /// # Errors
    /// Whatever keeps the observer from its task; it ends the run.
    fn step(&mut self, _run: &Run<T>) -> Result<ControlFlow<()>> {
        Ok(ControlFlow::Continue(()))
    }

    /// After each epoch; the last record of [`Run::history`] is its own.
    ///
    /// # Errors
    /// Whatever keeps the observer from its task; it ends the run.
    fn epoch(&mut self, _net: &dyn Layer<T>, _run: &Run<T>) -> Result<ControlFlow<()>> {
        Ok(ControlFlow::Continue(()))
    }

    /// When the run is over and the net has the parameters it will keep.
    ///
    /// # Errors
    /// Whatever keeps the observer from its task.
    fn finish(&mut self, _net: &dyn Layer<T>, _run: &Run<T>) -> Result<()> {
        Ok(())
    }
}

impl<T: Scalar> Observer<T> for () {}

impl<T, F> Observer<T> for F
where
    T: Scalar,
    F: FnMut(&Run<T>) -> ControlFlow<()>,
{
    fn epoch(&mut self, _net: &dyn Layer<T>, run: &Run<T>) -> Result<ControlFlow<()>> {
        Ok(self(run))
    }
}

impl<T: Scalar, A: Observer<T>, B: Observer<T>> Observer<T> for (A, B) {
    fn start(&mut self, net: &dyn Layer<T>, run: &Run<T>) {
        self.0.start(net, run);
        self.1.start(net, run);
    }

    fn step(&mut self, run: &Run<T>) -> Result<ControlFlow<()>> {
        strictest([self.0.step(run), self.1.step(run)].into_iter())
    }

    fn epoch(&mut self, net: &dyn Layer<T>, run: &Run<T>) -> Result<ControlFlow<()>> {
        strictest([self.0.epoch(net, run), self.1.epoch(net, run)].into_iter())
    }

    fn finish(&mut self, net: &dyn Layer<T>, run: &Run<T>) -> Result<()> {
        self.0.finish(net, run)?;
        self.1.finish(net, run)
    }
}

/// Several observers: each is told, and one that says stop is enough.
impl<T: Scalar> Observer<T> for Vec<Box<dyn Observer<T> + '_>> {
    fn start(&mut self, net: &dyn Layer<T>, run: &Run<T>) {
        self.iter_mut().for_each(|o| o.start(net, run));
    }

    fn step(&mut self, run: &Run<T>) -> Result<ControlFlow<()>> {
        strictest(self.iter_mut().map(|o| o.step(run)))
    }

    fn epoch(&mut self, net: &dyn Layer<T>, run: &Run<T>) -> Result<ControlFlow<()>> {
        strictest(self.iter_mut().map(|o| o.epoch(net, run)))
    }

    fn finish(&mut self, net: &dyn Layer<T>, run: &Run<T>) -> Result<()> {
        self.iter_mut().try_for_each(|o| o.finish(net, run))
    }
}

fn strictest(answers: impl Iterator<Item = Result<ControlFlow<()>>>) -> Result<ControlFlow<()>> {
    let mut control = ControlFlow::Continue(());
    for answer in answers {
        if answer?.is_break() {
            control = ControlFlow::Break(());
        }
    }
    Ok(control)
}

#[cfg(feature = "csv")]
#[cfg_attr(docsrs, doc(cfg(feature = "csv")))]
/// Writes the history as CSV while the net is trained, as often as [`CheckpointFile`] does, and at its end.
#[derive(Clone, Debug)]
pub struct CsvHistory {
    /// The file.
    pub path: PathBuf,
}

#[cfg(feature = "csv")]
impl<T: Scalar> Observer<T> for CsvHistory {
    fn epoch(&mut self, net: &dyn Layer<T>, run: &Run<T>) -> Result<ControlFlow<()>> {
        if run.ended.is_none() && is_written(run.history.len()) {
            self.finish(net, run)?;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn finish(&mut self, _net: &dyn Layer<T>, run: &Run<T>) -> Result<()> {
        let mut csv = csv::Writer::from_writer(Vec::new());
        for record in &run.history {
            csv.serialize(record)
                .map_err(|e| crate::Error::new("history", "records that CSV takes", e))?;
        }
        let bytes = csv.into_inner().map_err(|e| crate::Error::new("history", "memory", e))?;
        crate::write_whole(&self.path, &bytes)
    }
}

/// Whether what has the whole history in it is written after so many epochs: after each of the first 64, after every
/// second one up to 128, after every fourth one up to 256, and so on. A killed program loses one part in 32 of its epochs
/// at most, and all that is written is at most 64 times what is written at the end.
fn is_written(epochs: usize) -> bool {
    epochs.is_multiple_of((epochs.next_power_of_two() / 64).max(1))
}

/// Writes a checkpoint after each of the first 64 epochs, then the more rarely the longer the history is that it holds, but
/// never less than 32 times while the number of epochs doubles; and when the run ends.
///
/// The file holds the state of the run too (the metadata `run` and, until it is over, some tensors),
/// so that a run that was stopped, or killed, can be taken up with [`Run::load`].
#[derive(Clone, Debug)]
pub struct CheckpointFile {
    /// The file.
    pub path: PathBuf,
    /// What the net was built from.
    pub spec: Spec,
    /// Texts to go with it.
    pub metadata: BTreeMap<String, String>,
}

impl CheckpointFile {
    /// A checkpoint without texts of your own.
    pub fn new(path: impl Into<PathBuf>, spec: &Spec) -> Self {
        Self { path: path.into(), spec: spec.clone(), metadata: BTreeMap::new() }
    }

    fn write<T: Scalar>(&self, net: &dyn Layer<T>, run: &Run<T>) -> Result<()> {
        let (text, tensors) = run.save();
        let mut metadata = self.metadata.clone();
        metadata.insert("run".to_owned(), text);
        checkpoint::save(&self.path, &self.spec, net, &metadata, &tensors)
    }
}

impl<T: Scalar> Observer<T> for CheckpointFile {
    fn epoch(&mut self, net: &dyn Layer<T>, run: &Run<T>) -> Result<ControlFlow<()>> {
        // After the last epoch the net gets its best parameters first: `finish` writes those.
        if run.ended.is_none() && is_written(run.history.len()) {
            self.write(net, run)?;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn finish(&mut self, net: &dyn Layer<T>, run: &Run<T>) -> Result<()> {
        self.write(net, run)
    }
}

/// Keeps a checkpoint of its own after every so many epochs, beside [`CheckpointFile`]'s: the net as it was
/// then, to be looked at and not to go on from.
#[derive(Clone, Debug)]
pub struct CheckpointSeries {
    /// The name that the epoch is put into: `out/net.safetensors` becomes `out/net-epoch0003.safetensors`, so
    /// that names sorted are epochs sorted.
    pub path: PathBuf,
    /// After how many epochs; at least 1.
    pub every: usize,
    /// What the net was built from.
    pub spec: Spec,
    /// Texts to go with it.
    pub metadata: BTreeMap<String, String>,
}

impl CheckpointSeries {
    /// Writes the checkpoint of `epoch`; 0 is before the first.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write<T: Scalar>(&self, net: &dyn Layer<T>, epoch: usize) -> Result<()> {
        let mut name = self.path.file_stem().unwrap_or_default().to_owned();
        name.push(format!("-epoch{epoch:04}.safetensors"));
        checkpoint::save(
            &self.path.with_file_name(name),
            &self.spec,
            net,
            &self.metadata,
            &BTreeMap::new(),
        )
    }
}

impl<T: Scalar> Observer<T> for CheckpointSeries {
    fn epoch(&mut self, net: &dyn Layer<T>, run: &Run<T>) -> Result<ControlFlow<()>> {
        if run.history.len().is_multiple_of(self.every) {
            self.write(net, run.history.len())?;
        }
        Ok(ControlFlow::Continue(()))
    }
}
