//! Rows to train and to evaluate with, in memory or in their files.

use crate::data::{Changed, DataArguments, difference};
use crate::progress::spin;
use anyhow::{Result, bail};
use switchnet::data::{Batches, Dataset, Schema, Source, Split, Streamed};
use switchnet::train::Loss;
use switchnet_lab::experiment::{Rows, Trained};

/// Rows to train with and to test on.
pub enum Rowed {
    InMemory(Box<Split<f32>>),
    /// Rows that stay in their files, those to test on if there are some.
    InFiles(Box<(Streamed<f32>, Option<Streamed<f32>>)>),
}

impl Rowed {
    /// Those to train with.
    pub fn train(&self) -> &dyn Batches<f32> {
        match self {
            Self::InMemory(split) => &split.train,
            Self::InFiles(files) => &files.0,
        }
    }

    /// The shape of a row.
    pub fn shape(&self) -> &[usize] {
        match self {
            Self::InMemory(split) => split.train.shape(),
            Self::InFiles(files) => files.0.shape(),
        }
    }

    /// What they are called.
    pub fn schema(&self) -> &Schema {
        match self {
            Self::InMemory(split) => split.train.schema(),
            Self::InFiles(files) => files.0.schema(),
        }
    }

    /// Of each part how many rows there are, and their checksum.
    pub fn sums(&self) -> Vec<(usize, u32)> {
        match self {
            Self::InMemory(split) => {
                [&split.train, &split.test].map(|set| (set.len(), set.crc32())).into()
            }
            Self::InFiles(files) => {
                let sets = std::iter::once(&files.0).chain(files.1.as_ref());
                sets.map(|set| (set.rows(), set.crc32())).collect()
            }
        }
    }

    /// The parts.
    pub fn parts(&self) -> Vec<Part<'_>> {
        match self {
            Self::InMemory(split) => [("train", &split.train), ("test", &split.test)]
                .map(|(name, set)| Part::in_memory(name, set))
                .into(),
            Self::InFiles(files) => {
                let test = files.1.as_ref().map(|test| Part::in_file("test", test));
                std::iter::once(Part::in_file("train", &files.0)).chain(test).collect()
            }
        }
    }
}

/// Some rows by their name.
pub struct Part<'a> {
    pub name: &'static str,
    pub rows: &'a dyn Batches<f32>,
    /// The same, if they are in memory.
    pub in_memory: Option<&'a Dataset<f32>>,
}

impl<'a> Part<'a> {
    fn in_memory(name: &'static str, set: &'a Dataset<f32>) -> Self {
        Self { name, rows: set, in_memory: Some(set) }
    }

    fn in_file(name: &'static str, set: &'a Streamed<f32>) -> Self {
        Self { name, rows: set, in_memory: None }
    }
}

/// The rows in files that are evaluated with a net, as it is to see them, if its data or the ones that are named are such.
pub fn streamed(trained: &Trained, arguments: &DataArguments) -> Result<Option<Rowed>> {
    arguments.refuse_scope()?;
    let other = arguments.beside(trained)?;
    let Some(Source::Files(files)) = other.as_ref().or(trained.source.as_ref()) else {
        return Ok(None);
    };
    if !files.stream {
        return Ok(None);
    }
    let (train, test) = spin("looking at the data", || files.streamed::<f32>())?;
    if let (None, Some(rows)) = (&other, &trained.rows) {
        let now = Rows::of_streamed(&train, test.as_ref());
        if let Some(Changed { line, .. }) = difference(&Source::Files(files.clone()), rows, &now) {
            crate::note(line);
        }
    }
    let net = (trained.net.inputs(), trained.net.outputs());
    let prepared = |set: Streamed<f32>| -> Result<Streamed<f32>> {
        let set = set.prepared(&trained.preparation)?;
        if set.widths() != net {
            let (name, (inputs, outputs)) = (set.name(), set.widths());
            bail!(
                "{name}: expected {} inputs and {} outputs as the net has, found {inputs} and {outputs}",
                net.0,
                net.1
            );
        }
        if trained.training.loss == Loss::CrossEntropy && !set.has_classes() {
            bail!("{}: expected classes, as the net has, found values", set.name());
        }
        Ok(set)
    };
    let (train, test) = (prepared(train)?, test.map(prepared).transpose()?);
    Ok(Some(Rowed::InFiles(Box::new((train, test)))))
}
