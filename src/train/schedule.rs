//! How the learning rate changes during training.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// What the learning rate is multiplied by, from the first step (`t = 0`) to the last (`t = 1`).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub enum Schedule {
    /// 1 throughout.
    Constant {},
    /// `½(1 + cos πt)`, from 1 down to 0. Source: Loshchilov and Hutter, arXiv 1608.03983.
    Cosine {},
    /// Up from 1/25 to 1 during the first part, then down to 1/10,000, along half cosines. Source:
    /// Smith and Topin, arXiv 1708.07120.
    OneCycle {
        /// The part of the training before the highest point.
        #[serde(default = "Schedule::third")]
        warm_up: f64,
    },
    /// Multiplied by `factor` after each `every` of the training.
    Step {
        /// The part of the training between changes.
        every: f64,
        /// What the learning rate is multiplied by.
        factor: f64,
    },
}

impl Default for Schedule {
    fn default() -> Self {
        Schedule::OneCycle { warm_up: Self::third() }
    }
}

impl Schedule {
    fn third() -> f64 {
        0.3
    }

    pub(super) fn check(&self) -> Result<()> {
        let inside = |what: &str, value: f64| {
            let fine = value > 0.0 && value < 1.0;
            if fine { Ok(()) } else { Err(Error::new(what, "between 0 and 1", value)) }
        };
        match *self {
            Self::Constant {} | Self::Cosine {} => Ok(()),
            Self::OneCycle { warm_up } => inside("warm-up of the schedule", warm_up),
            Self::Step { every, factor } => {
                inside("every of the schedule", every)?;
                inside("factor of the schedule", factor)
            }
        }
    }

    /// The factor at step `step` of `total`, counted from 0.
    pub fn factor(&self, step: usize, total: usize) -> f64 {
        let t = step as f64 / (total.max(2) - 1) as f64;
        let between = |from: f64, to: f64, t: f64| to + (from - to) * (1.0 + (PI * t).cos()) / 2.0;
        match *self {
            Self::Constant {} => 1.0,
            Self::Cosine {} => between(1.0, 0.0, t),
            Self::OneCycle { warm_up } if t < warm_up => between(0.04, 1.0, t / warm_up),
            Self::OneCycle { warm_up } => between(1.0, 1e-4, (t - warm_up) / (1.0 - warm_up)),
            Self::Step { every, factor } => {
                let (part, of) = fraction(every);
                let last = total.max(2) as u128 - 1;
                factor.powf(((step as u128).saturating_mul(of) / (last * part).max(1)) as f64)
            }
        }
    }
}

/// The first fraction of the continued fraction of `x`, between 0 and 1, that rounds to `x`: of 0.1 it is 1/10,
/// which is what was meant. Counted with it, changes come at whole steps where they are due; `step / 100.0 / 0.1`
/// would be a little below 3 at the 30th.
fn fraction(x: f64) -> (u128, u128) {
    // x = a/b, exactly for all but numbers so small that no training has as many steps.
    let (mut a, mut b) = ((x * 2f64.powi(100)) as u128, 1_u128 << 100);
    let (mut before, mut now) = ((1, 0), (0, 1));
    while a > 0 && now.0 as f64 / now.1 as f64 != x {
        let whole = b / a;
        (a, b) = (b % a, a);
        (before, now) = (now, (whole * now.0 + before.0, whole * now.1 + before.1));
    }
    now
}
