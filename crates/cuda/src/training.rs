//! Steps of Adam on the device.

use crate::device::{Argument, refused};
use crate::nets::{Nets, Score, batch};
use crate::rows::{Order, Rows};
use cudarc::driver::{CudaGraph, CudaSlice};
use std::collections::BTreeMap;
use std::fmt::{self, Debug, Formatter};
use switchnet::layer::Role;
use switchnet::train::{OptimizerKind, RoleSettings, Schedule, segments};
use switchnet::{Error, Result};

/// Adam on the device.
#[derive(Debug)]
pub(crate) struct Optimizer {
    mean: CudaSlice<f32>,
    square: CudaSlice<f32>,
    /// Of each vector of parameters the factor of the learning rate and the decay.
    segments: CudaSlice<f32>,
    /// Of each step what learning rate and memory are multiplied by.
    rates: CudaSlice<f32>,
    /// Of each net.
    learning_rates: CudaSlice<f32>,
    /// The step, and how many blocks are through with it.
    counter: CudaSlice<i32>,
    /// Of each net the sum of the losses and of the right answers since it was looked at.
    total: CudaSlice<f32>,
    pub betas: [f32; 5],
    /// Of how many steps there are rates, and how many were asked for.
    most: usize,
    asked: usize,
}

impl Optimizer {
    pub(crate) fn arguments(&self, nets: &Nets) -> [Argument; 7] {
        let numbers = nets.len() * nets.numbers();
        [
            nets.device.pointer(&self.mean, numbers),
            nets.device.pointer(&self.square, numbers),
            nets.device.pointer(&self.segments, 2 * nets.layouts[0].vectors()),
            nets.device.pointer(&self.rates, 4 * self.most),
            nets.device.pointer(&self.learning_rates, nets.len()),
            self.counter(nets),
            nets.device.pointer(&self.total, 2 * nets.len()),
        ]
    }

    fn counter(&self, nets: &Nets) -> Argument {
        nets.device.pointer(&self.counter, 2)
    }

    /// Counts steps that are about to be asked for.
    fn ask(&mut self, steps: usize) -> Result<()> {
        if steps > self.most - self.asked {
            let found = self.asked.saturating_add(steps);
            return Err(Error::new(
                "steps of a training on a GPU",
                format_args!("at most {}", self.most),
                found,
            ));
        }
        self.asked += steps;
        Ok(())
    }
}

fn not_begun() -> Error {
    Error::new("training on a GPU", "one that has begun", "none")
}

/// Steps that were recorded, to be asked for with one call.
///
/// ```no_run
/// use std::collections::BTreeMap;
/// use switchnet::train::{OptimizerKind, Schedule};
/// # use switchnet_cuda::{Nets, Order, Rows, Score};
/// # fn train(nets: &mut Nets, rows: &Rows, order: &Order) -> switchnet::Result<Vec<Score>> {
///
/// nets.begin(OptimizerKind::default(), &BTreeMap::new(), Schedule::default(), &[1e-3, 3e-3], 1000)?;
/// let mut steps = nets.record(rows, Some(order), 100)?;
/// (0..10).try_for_each(|_| steps.run())?;
/// # nets.scores()
/// # }
/// ```
pub struct Recorded<'a> {
    graph: CudaGraph,
    steps: usize,
    nets: &'a mut Nets,
    /// What the recorded kernels read.
    _read: (&'a Rows, Option<&'a Order>),
}

impl Debug for Recorded<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorded").field("steps", &self.steps).finish_non_exhaustive()
    }
}

impl Recorded<'_> {
    /// Asks for them.
    ///
    /// # Errors
    /// If the training would have more steps than it was begun with, or the GPU has failed.
    pub fn run(&mut self) -> Result<()> {
        self.nets.optimizer.as_mut().ok_or_else(not_begun)?.ask(self.steps)?;
        self.graph.launch().map_err(refused("recorded steps"))
    }
}

impl Nets {
    /// Begins a training of at most `steps` steps, with a learning rate for each net.
    ///
    /// # Errors
    /// If the optimizer is neither Adam nor AdamW, there is no step, or there is another number of learning rates than of
    /// nets, or no room.
    pub fn begin(
        &mut self,
        optimizer: OptimizerKind,
        roles: &BTreeMap<Role, RoleSettings>,
        schedule: Schedule,
        learning_rates: &[f64],
        steps: usize,
    ) -> Result<()> {
        let (OptimizerKind::Adam { beta1, beta2, epsilon }
        | OptimizerKind::Adamw { beta1, beta2, epsilon, .. }) = optimizer
        else {
            let expected = "adam or adamw";
            return Err(Error::new("optimizer on a GPU", expected, format_args!("{optimizer:?}")));
        };
        if learning_rates.len() != self.len() {
            let expected = format_args!("{}, one for each net", self.len()).to_string();
            return Err(Error::new("learning rates on a GPU", expected, learning_rates.len()));
        }
        let within = 1..i32::MAX as usize;
        if !within.contains(&steps) {
            return Err(Error::new("steps of a training on a GPU", "1 to 2^31 - 2", steps));
        }
        let segments = segments(&self.first, optimizer, roles);
        let of = |place: usize| {
            let segment = segments
                .iter()
                .find(|segment| segment.range.contains(&place))
                .expect("segments cover all");
            [segment.learning_rate_factor as f32, segment.decay as f32]
        };
        let rate = |step: usize| {
            let factor = schedule.factor(step, steps);
            let t = (step + 1) as f64;
            [factor / (1.0 - beta1.powf(t)), (1.0 / (1.0 - beta2.powf(t))).sqrt(), factor, 0.0]
                .map(|value| value as f32)
        };
        let rates: Vec<f32> = (0..steps).flat_map(rate).collect();
        let learning_rates: Vec<f32> = learning_rates.iter().map(|&rate| rate as f32).collect();
        let numbers = self.len() * self.numbers();
        // What another training has is given back first.
        self.optimizer = None;
        self.optimizer = Some(Optimizer {
            mean: self.device.zeros(numbers)?,
            square: self.device.zeros(numbers)?,
            segments: self.device.upload(&self.layouts[0].each_vector(of, [0.0; 2]).concat())?,
            rates: self.device.upload(&rates)?,
            learning_rates: self.device.upload(&learning_rates)?,
            counter: self.device.zeros(2)?,
            total: self.device.zeros(2 * self.len())?,
            betas: [beta1, beta2, 1.0 - beta1, 1.0 - beta2, epsilon].map(|value| value as f32),
            most: steps,
            asked: 0,
        });
        Ok(())
    }

    /// Asks for a step of each net: on all `rows`, or on the next batch of `order`.
    ///
    /// # Errors
    /// If no training has begun or it has had all its steps, the order is not of these nets and rows, or as
    /// [`gradient`](Self::gradient).
    pub fn start_step(&mut self, rows: &Rows, order: Option<&Order>) -> Result<()> {
        self.reserve_gradient(rows, order)?;
        self.optimizer.as_mut().ok_or_else(not_begun)?.ask(1)?;
        self.step(rows, order)
    }

    fn step(&self, rows: &Rows, order: Option<&Order>) -> Result<()> {
        let optimizer = self.optimizer.as_ref().ok_or_else(not_begun)?;
        self.start_gradient(rows, order.map(|order| (order, optimizer.counter(self))))?;
        self.start_update(optimizer, batch(rows, order))
    }

    /// Records so many steps, to be asked for with one call, as often as the training has steps.
    ///
    /// # Errors
    /// As [`start_step`](Self::start_step).
    pub fn record<'a>(
        &'a mut self,
        rows: &'a Rows,
        order: Option<&'a Order>,
        steps: usize,
    ) -> Result<Recorded<'a>> {
        self.reserve_gradient(rows, order)?;
        let graph = self.device.record(|| (0..steps).try_for_each(|_| self.step(rows, order)))?;
        Ok(Recorded { graph, steps, nets: self, _read: (rows, order) })
    }

    /// Of each net the sums over the rows of all steps since the training has begun or this was asked.
    ///
    /// # Errors
    /// If no training has begun, or the GPU has failed.
    pub fn scores(&mut self) -> Result<Vec<Score>> {
        let len = 2 * self.len();
        let optimizer = self.optimizer.as_mut().ok_or_else(not_begun)?;
        let sums = self.device.download(&optimizer.total, len)?;
        self.device.overwrite(&vec![0.0; len], &mut optimizer.total)?;
        Ok(sums.chunks_exact(2).map(|sum| Score { loss: sum[0], right: sum[1] }).collect())
    }
}
