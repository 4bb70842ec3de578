//! Which rows a training takes, in which order, and which are held out.

use super::Training;
use super::weights::{self, counted};
use crate::data::{Batches, Blocks};
use crate::error::{Error, Result};
use crate::random::{generator, shuffled};
use crate::scalar::Scalar;

/// The rows of a training.
pub(super) struct Rows {
    choice: Choice,
    /// How much each row of the data counts, if not all count alike.
    pub weights: Option<Vec<f64>>,
}

enum Choice {
    /// Any rows, those to train with and those held out.
    Listed { trained: Vec<usize>, held_out: Vec<usize>, seed: u64 },
    /// Rows that are read in blocks.
    Blocks(Blocks),
}

impl Rows {
    pub fn new<T: Scalar>(data: &dyn Batches<T>, training: &Training) -> Result<Self> {
        let (fraction, seed) = (training.validation, training.seed);
        let classes = training.class_weights.as_ref();
        if let Some(block) = data.block() {
            if classes.is_some() || data.weights().is_some() {
                let expected = "none of rows that are read in blocks";
                return Err(Error::new("weights", expected, "some").at(data.name()));
            }
            let blocks = Blocks::new(data.rows(), block, fraction, seed);
            let choice = Choice::Blocks(blocks.map_err(|e| e.at(data.name()))?);
            return Ok(Self { choice, weights: None });
        }
        let (mut trained, held_out) = match fraction {
            0.0 => ((0..data.rows()).collect::<Vec<_>>(), Vec::new()),
            fraction => data.hold_out_rows(fraction, seed)?,
        };
        let weights = weights::weights(data, trained.iter().copied(), classes)?;
        if let Some(weights) = &weights {
            trained = counted(trained.into_iter(), weights).collect();
            if !held_out.is_empty() && counted(held_out.iter().copied(), weights).next().is_none() {
                let what = "weights of the rows held out";
                return Err(Error::new(what, "one above 0", "zeros").at(data.name()));
            }
        }
        Ok(Self { choice: Choice::Listed { trained, held_out, seed }, weights })
    }

    /// How many are trained with.
    pub fn trained(&self) -> usize {
        match &self.choice {
            Choice::Listed { trained, .. } => trained.len(),
            Choice::Blocks(blocks) => blocks.trained(),
        }
    }

    /// Those of an epoch, in their order.
    pub fn epoch(&self, epoch: usize) -> Box<dyn Iterator<Item = usize> + Send + '_> {
        match &self.choice {
            Choice::Listed { trained, seed, .. } => {
                let order = shuffled(trained.len(), &mut generator(*seed, epoch as u64));
                Box::new(order.into_iter().map(|i| trained[i]))
            }
            Choice::Blocks(blocks) => Box::new(blocks.epoch(epoch)),
        }
    }

    /// Those held out, some at a time.
    pub fn held_out(&self) -> Box<dyn Iterator<Item = Vec<usize>> + '_> {
        match &self.choice {
            Choice::Listed { held_out, .. } if held_out.is_empty() => Box::new(std::iter::empty()),
            Choice::Listed { held_out, .. } => Box::new(std::iter::once(held_out.clone())),
            Choice::Blocks(blocks) => Box::new(blocks.held_out()),
        }
    }
}
