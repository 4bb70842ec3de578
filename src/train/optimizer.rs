//! How a gradient becomes a step: flat vectors in, flat vectors out.

use crate::error::{Error, Result};
use crate::kernel::{Loop, run};
use crate::layer::{Layer, Parameter, Role};
use crate::net::hands_over;
use crate::scalar::Scalar;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

/// Changes parameters by a gradient.
///
/// [`OptimizerKind`] has the usual ones; one of your own goes into a [`Run`](super::Run). A closure that does what
/// [`step`](Self::step) says is one that remembers nothing.
pub trait Optimizer<T: Scalar>: Send {
    /// Step `step`, counted from 0, with this learning rate. The segments cover all of `theta`, in order.
    fn step(
        &mut self,
        step: usize,
        learning_rate: f64,
        segments: &[Segment],
        theta: &mut [T],
        grad: &[T],
    );

    /// The memory of past steps by name, to be saved: as many numbers as there are parameters under each.
    fn memory(&self) -> Vec<(&'static str, &[T])> {
        Vec::new()
    }

    /// The same memory in the same order, to be put back.
    fn memory_mut(&mut self) -> Vec<(&'static str, &mut [T])> {
        Vec::new()
    }
}

impl<T, F> Optimizer<T> for F
where
    T: Scalar,
    F: FnMut(usize, f64, &[Segment], &mut [T], &[T]) + Send,
{
    fn step(
        &mut self,
        step: usize,
        learning_rate: f64,
        segments: &[Segment],
        theta: &mut [T],
        grad: &[T],
    ) {
        self(step, learning_rate, segments, theta, grad);
    }
}

/// Parameters that follow one another and are treated alike.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Segment {
    /// Which.
    pub range: Range<usize>,
    /// What the learning rate is multiplied by.
    pub learning_rate_factor: f64,
    /// The weight decay, of optimizers that have one.
    pub decay: f64,
}

/// How the parameters of one [role](Role) are treated.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct RoleSettings {
    /// What the learning rate is multiplied by.
    pub learning_rate_factor: f64,
    /// The weight decay, where it is not the optimizer's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decay: Option<f64>,
}

impl Default for RoleSettings {
    fn default() -> Self {
        Self { learning_rate_factor: 1.0, decay: None }
    }
}

/// The segments of the parameters of `net`, as the optimizer and the settings of roles want them: neighbors that are
/// treated alike are one.
pub fn segments<T: Scalar>(
    net: &dyn Layer<T>,
    optimizer: OptimizerKind,
    roles: &BTreeMap<Role, RoleSettings>,
) -> Vec<Segment> {
    let mut all: Vec<Segment> = Vec::new();
    net.visit(&mut |Parameter { role, values, .. }| {
        let RoleSettings { learning_rate_factor, decay } =
            roles.get(&role).copied().unwrap_or_default();
        let decay = decay.unwrap_or_else(|| optimizer.decay(role));
        let start = all.last().map_or(0, |segment| segment.range.end);
        let end = start + values.len();
        match all.last_mut() {
            Some(last)
                if last.learning_rate_factor == learning_rate_factor && last.decay == decay =>
            {
                last.range.end = end;
            }
            _ => all.push(Segment { range: start..end, learning_rate_factor, decay }),
        }
    });
    all
}

/// An optimizer as data.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum OptimizerKind {
    /// `v ← μv + g`, `θ ← θ − η·v`, or with Nesterov's look ahead `θ ← θ − η·(g + μv)`.
    Sgd {
        /// `μ`.
        #[serde(default)]
        momentum: f64,
        /// Whether to look ahead.
        #[serde(default)]
        nesterov: bool,
    },
    /// `m ← β₁m + (1 − β₁)g`, `v ← β₂v + (1 − β₂)g²`, `θ ← θ − η·m̂/(√v̂ + ε)` with `m̂`, `v̂`
    /// divided by `1 − β^t`. Source: Kingma and Ba, arXiv 1412.6980.
    Adam {
        /// `β₁`.
        #[serde(default = "nine_tenths")]
        beta1: f64,
        /// `β₂`.
        #[serde(default = "close_to_one")]
        beta2: f64,
        /// `ε`.
        #[serde(default = "tiny")]
        epsilon: f64,
    },
    /// Adam, and before its step `θ ← (1 − η·decay)·θ`. Source: Loshchilov and Hutter, arXiv
    /// 1711.05101.
    Adamw {
        /// `β₁`.
        #[serde(default = "nine_tenths")]
        beta1: f64,
        /// `β₂`.
        #[serde(default = "close_to_one")]
        beta2: f64,
        /// `ε`.
        #[serde(default = "tiny")]
        epsilon: f64,
        /// The weight decay.
        decay: f64,
        /// Whether biases, scales and slopes decay too, and not [weights](Role::Weight) only. Decay toward
        /// zero slopes would close the few parameters that a structured net has.
        #[serde(default)]
        vectors: bool,
    },
}

fn nine_tenths() -> f64 {
    0.9
}

fn close_to_one() -> f64 {
    0.999
}

fn tiny() -> f64 {
    1e-8
}

impl Default for OptimizerKind {
    fn default() -> Self {
        Self::Adam { beta1: nine_tenths(), beta2: close_to_one(), epsilon: tiny() }
    }
}

impl OptimizerKind {
    /// Refuses settings that make no sense.
    pub(super) fn check(&self) -> Result<()> {
        let part = |what: &str, value: f64| {
            let fine = (0.0..1.0).contains(&value);
            if fine { Ok(()) } else { Err(Error::new(what, "at least 0 and less than 1", value)) }
        };
        let positive = |what: &str, value: f64| {
            let fine = value > 0.0 && value.is_finite();
            if fine { Ok(()) } else { Err(Error::new(what, "a positive number", value)) }
        };
        match *self {
            Self::Sgd { momentum, .. } => part("momentum", momentum),
            Self::Adam { beta1, beta2, epsilon } | Self::Adamw { beta1, beta2, epsilon, .. } => {
                part("beta1", beta1)?;
                part("beta2", beta2)?;
                positive("epsilon", epsilon)?;
                let Self::Adamw { decay, .. } = *self else { return Ok(()) };
                let fine = decay >= 0.0 && decay.is_finite();
                if fine { Ok(()) } else { Err(Error::new("decay", "a number not below 0", decay)) }
            }
        }
    }

    /// The weight decay of parameters of this role, if nothing else is said.
    fn decay(self, role: Role) -> f64 {
        match self {
            Self::Adamw { decay, vectors, .. } if vectors || role == Role::Weight => decay,
            _ => 0.0,
        }
    }

    /// The optimizer for so many parameters.
    pub fn build<T: Scalar>(self, parameters: usize) -> Box<dyn Optimizer<T>> {
        let zeros = vec![T::zero(); parameters];
        match self {
            Self::Sgd { momentum, nesterov } => {
                Box::new(Sgd { momentum: T::of(momentum), nesterov, velocity: zeros })
            }
            Self::Adam { beta1, beta2, epsilon } | Self::Adamw { beta1, beta2, epsilon, .. } => {
                Box::new(Adam { beta1, beta2, epsilon, mean: zeros.clone(), square: zeros })
            }
        }
    }
}

struct Sgd<T> {
    momentum: T,
    nesterov: bool,
    velocity: Vec<T>,
}

impl<T: Scalar> Optimizer<T> for Sgd<T> {
    fn step(
        &mut self,
        _: usize,
        learning_rate: f64,
        segments: &[Segment],
        theta: &mut [T],
        grad: &[T],
    ) {
        for Segment { range, learning_rate_factor, .. } in segments {
            let (momentum, nesterov) = (self.momentum, self.nesterov);
            let learning_rate = T::of(learning_rate * learning_rate_factor);
            let memory = [&mut self.velocity[range.clone()]];
            share(
                &mut theta[range.clone()],
                &grad[range.clone()],
                memory,
                &|theta, grad, [velocity]| {
                    for ((p, &g), v) in theta.iter_mut().zip(grad).zip(velocity) {
                        *v = momentum * *v + g;
                        *p -= learning_rate * if nesterov { g + momentum * *v } else { *v };
                    }
                },
            );
        }
    }

    fn memory(&self) -> Vec<(&'static str, &[T])> {
        vec![("velocity", &self.velocity)]
    }

    fn memory_mut(&mut self) -> Vec<(&'static str, &mut [T])> {
        vec![("velocity", &mut self.velocity)]
    }
}

/// Adam and AdamW: without decay they are the same.
struct Adam<T> {
    beta1: f64,
    beta2: f64,
    epsilon: f64,
    mean: Vec<T>,
    square: Vec<T>,
}

impl<T: Scalar> Optimizer<T> for Adam<T> {
    fn step(
        &mut self,
        step: usize,
        learning_rate: f64,
        segments: &[Segment],
        theta: &mut [T],
        grad: &[T],
    ) {
        // The bias corrections go into two scalars, in double precision: 1 − β^t loses digits.
        let t = (step + 1) as f64;
        let correct = T::of((1.0 / (1.0 - self.beta2.powf(t))).sqrt());
        let (beta1, beta2) = (T::of(self.beta1), T::of(self.beta2));
        let (rest1, rest2) = (T::of(1.0 - self.beta1), T::of(1.0 - self.beta2));
        let epsilon = T::of(self.epsilon);
        for Segment { range, learning_rate_factor, decay } in segments {
            let learning_rate = T::of(learning_rate * learning_rate_factor);
            let keep = T::one() - learning_rate * T::of(*decay);
            let learning_rate = T::of(learning_rate.double() / (1.0 - self.beta1.powf(t)));
            let rule = Rule { keep, learning_rate, correct, beta1, beta2, rest1, rest2, epsilon };
            let memory = [&mut self.mean, &mut self.square].map(|all| &mut all[range.clone()]);
            share(
                &mut theta[range.clone()],
                &grad[range.clone()],
                memory,
                &|theta, grad, memory| {
                    run(AdamStep { rule, theta, grad, memory });
                },
            );
        }
    }

    fn memory(&self) -> Vec<(&'static str, &[T])> {
        vec![("mean", &self.mean), ("square", &self.square)]
    }

    fn memory_mut(&mut self) -> Vec<(&'static str, &mut [T])> {
        vec![("mean", &mut self.mean), ("square", &mut self.square)]
    }
}

/// Takes a step of each parameter by itself, piece by piece on all threads.
fn share<T: Scalar, const K: usize>(
    theta: &mut [T],
    grad: &[T],
    memory: [&mut [T]; K],
    step: &(impl Fn(&mut [T], &[T], [&mut [T]; K]) + Sync),
) {
    if theta.len() <= PIECE || !hands_over(theta.len()) {
        return step(theta, grad, memory);
    }
    let middle = (theta.len() / 2).next_multiple_of(64); // whole cache lines
    let (theta, theta_behind) = theta.split_at_mut(middle);
    let (grad, grad_behind) = grad.split_at(middle);
    let mut memory_behind: [&mut [T]; K] = std::array::from_fn(|_| Default::default());
    let mut behind = memory_behind.iter_mut();
    let memory = memory.map(|all| {
        let (first, second) = all.split_at_mut(middle);
        *behind.next().expect("as many") = second;
        first
    });
    rayon::join(
        || share(theta, grad, memory, step),
        || share(theta_behind, grad_behind, memory_behind, step),
    );
}

/// The most parameters that a thread takes at once: so few that short steps are shared, and so many that it pays.
const PIECE: usize = 1 << 12;

/// The factors of an Adam step.
#[derive(Clone, Copy)]
struct Rule<T> {
    /// What decay leaves of a parameter: 1 without.
    keep: T,
    /// The learning rate and the factor of `√v`, both corrected for the first steps.
    learning_rate: T,
    correct: T,
    beta1: T,
    beta2: T,
    rest1: T,
    rest2: T,
    epsilon: T,
}

/// The loop of an Adam step.
struct AdamStep<'a, T> {
    rule: Rule<T>,
    theta: &'a mut [T],
    grad: &'a [T],
    /// Mean and square.
    memory: [&'a mut [T]; 2],
}

impl<T: Scalar> Loop for AdamStep<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Rule { keep, learning_rate, correct, beta1, beta2, rest1, rest2, epsilon } = self.rule;
        let [mean, square] = self.memory;
        let memory = mean.iter_mut().zip(square);
        for ((p, &g), (m, v)) in self.theta.iter_mut().zip(self.grad).zip(memory) {
            // All is read before anything is written: vectors that begin pages apart look like one place to the processor.
            let (kept, mean, square) =
                (*p * keep, beta1 * *m + rest1 * g, beta2 * *v + rest2 * g * g);
            *p =
                kept - learning_rate * mean / (num_traits::Float::sqrt(square) * correct + epsilon);
            (*m, *v) = (mean, square);
        }
    }
}
