//! Training without gradients: the mutation search of the original author of switch nets.

use super::weights::{counted, weights};
use super::{Chunks, Executor, Metrics, Pass, Threads};
use super::{Loss, fits};
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::layer::{Layer, parameters};
use crate::random::generator;
use crate::scalar::Scalar;
use rand::RngExt;
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

/// A (1+1) evolution strategy: change a few parameters, keep the change if the loss over the whole
/// training set does not grow.
///
/// A mutation adds `±2·e^(−precision·u)` to a parameter, `u` uniform on [0, 1): changes of every
/// size down to `2e^−precision`, each order of magnitude as likely as another.
///
/// Source: S. O'Connor's programs (2019–2025), which train switch nets in this way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Evolution {
    /// How many changes are tried.
    pub generations: usize,
    /// How many parameters a change touches.
    pub mutations: usize,
    /// The range of sizes of a mutation, in natural logarithms.
    pub precision: f64,
    /// The loss to minimize.
    pub loss: Loss,
    /// Where the mutations come from.
    pub seed: u64,
}

impl Default for Evolution {
    fn default() -> Self {
        Self {
            generations: 10_000,
            mutations: 10,
            precision: 12.0,
            loss: Loss::CrossEntropy,
            seed: 1,
        }
    }
}

/// Trains `net` on `data` by mutation and returns the mean loss before the first generation and
/// after each, of rows that count [as they weigh](Dataset::weighted): a list that never rises. `go_on` is asked before each generation with its number;
/// the net has the best parameters whenever the search ends.
///
/// # Errors
/// If the settings make no sense, the data do not fit the net, or the first loss is not finite.
pub fn evolve<T: Scalar>(
    net: &mut dyn Layer<T>,
    data: &Dataset<T>,
    evolution: &Evolution,
    go_on: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<Vec<f64>> {
    fits(net, data, &evolution.loss)?;
    let mut theta = parameters::read(net);
    if !(1..=theta.len()).contains(&evolution.mutations) {
        let expected = format!("1 to the {} parameters of the net", theta.len());
        return Err(Error::new("mutations", expected, evolution.mutations));
    }
    if !(evolution.precision >= 0.0 && evolution.precision.is_finite()) {
        return Err(Error::new("precision", "a number not below 0", evolution.precision));
    }
    let weights = weights(data, 0..data.len(), None)?;
    let rows: Vec<usize> = match &weights {
        Some(weights) => counted(0..data.len(), weights).collect(),
        None => (0..data.len()).collect(),
    };
    let mean_loss = |net: &dyn Layer<T>| -> Result<f64> {
        let mut metrics = Metrics::default();
        let pass = Pass { net, data, objective: &evolution.loss, weights: weights.as_deref() };
        Chunks(Threads).score(pass, &rows, &mut metrics)?;
        Ok(metrics.mean_loss())
    };
    let mut best = mean_loss(net)?;
    if !best.is_finite() {
        return Err(Error::new("loss before training", "a finite number", best));
    }
    let mut losses = vec![best];
    let mut rng = generator(evolution.seed, 0);
    let mut undo = Vec::with_capacity(evolution.mutations);
    for generation in 0..evolution.generations {
        if go_on(generation).is_break() {
            break;
        }
        for _ in 0..evolution.mutations {
            let place = rng.random_range(0..theta.len());
            let size = 2.0 * (-evolution.precision * rng.random::<f64>()).exp();
            undo.push((place, theta[place]));
            theta[place] += T::of(if rng.random() { size } else { -size });
        }
        parameters::write(net, &theta);
        let loss = mean_loss(net)?;
        if loss <= best {
            best = loss; // an equal loss counts as progress: it lets the search drift
            undo.clear();
        }
        // Backwards, because a place may have been hit twice. A NaN loss lands here too.
        while let Some((place, old)) = undo.pop() {
            theta[place] = old;
        }
        losses.push(best);
    }
    parameters::write(net, &theta);
    Ok(losses)
}
