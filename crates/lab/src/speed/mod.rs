//! How fast the library is on this machine, against goals that say what fast means.
//!
//! Each [`Row`] is a piece of work beside something to compare it with, measured turn by turn in one
//! process: the adders of the processor, a crate that does the same, the transforms that a training
//! step contains. One thread unless a row says otherwise, best of many.
//!
//! The crates that the Fourier family and the dense product are measured against are there with the feature
//! `opponents` only: they take longer to compile than all the rest of this crate.

mod clock;
#[cfg(feature = "opponents")]
mod fourier;
mod growth;
mod layers;
mod nets;
mod product;
mod transforms;

pub use growth::{Growth, Point};

use serde::Serialize;
use std::ops::ControlFlow;
use std::time::Duration;
use switchnet_kernels::Path;

/// What a row's numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Seconds for one call: a row of a transform, a batch, a step.
    Seconds,
    /// Bytes.
    Bytes,
}

/// Which ratio a goal bounds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Goal {
    /// `ours / other` at most this.
    AtMost(f64),
    /// `other / ours` at least this.
    AtLeast(f64),
}

/// A piece of work and its goal.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// What was done.
    pub work: String,
    /// What it is compared with.
    pub against: String,
    /// What it took.
    pub ours: f64,
    /// What the other took.
    pub other: f64,
    /// What the two are counted in.
    pub unit: Unit,
    /// What was to be reached.
    pub goal: Goal,
}

impl Row {
    /// The ratio that the goal bounds.
    pub fn ratio(&self) -> f64 {
        match self.goal {
            Goal::AtMost(_) => self.ours / self.other,
            Goal::AtLeast(_) => self.other / self.ours,
        }
    }

    /// Whether the goal is reached.
    pub fn holds(&self) -> bool {
        match self.goal {
            Goal::AtMost(limit) => self.ratio() <= limit,
            Goal::AtLeast(limit) => self.ratio() >= limit,
        }
    }
}

/// What has just been measured.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Measured<'a> {
    /// A piece of work and its goal.
    Row(&'a Row),
    /// One width of [`Growth`].
    Point(&'a Point),
}

/// What was measured, and on what.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The processor's name, as far as the system tells.
    pub processor: String,
    /// The threads there are.
    pub threads: usize,
    /// The instruction set that the kernels ran on.
    pub kernel: &'static str,
    /// Whether the short program was run.
    pub quick: bool,
    /// Whether all of it was run.
    pub complete: bool,
    /// All rows, in the order they were measured.
    pub rows: Vec<Row>,
    /// How time grows with the width.
    pub growth: Growth,
}

/// Collects rows as they are measured, and shows each to whoever watches.
struct Bench<'a> {
    quick: bool,
    rows: Vec<Row>,
    watch: &'a mut dyn FnMut(Measured<'_>) -> ControlFlow<()>,
    stopped: bool,
}

impl Bench<'_> {
    /// For how long contenders take turns; none at all once it is stopped.
    fn patience(&self) -> Duration {
        Duration::from_millis(match (self.stopped, self.quick) {
            (true, _) => 0,
            (false, true) => 40,
            (false, false) => 800,
        })
    }

    /// The best times of the contenders.
    fn best(&self, contenders: &mut [&mut dyn FnMut()]) -> Vec<f64> {
        clock::best(self.patience(), contenders)
    }

    fn row(&mut self, work: String, against: impl Into<String>, times: (f64, f64), goal: Goal) {
        self.add(Row {
            work,
            against: against.into(),
            ours: times.0,
            other: times.1,
            unit: Unit::Seconds,
            goal,
        });
    }

    fn add(&mut self, row: Row) {
        if !self.stopped {
            self.show(Measured::Row(&row));
            self.rows.push(row);
        }
    }

    fn show(&mut self, measured: Measured<'_>) {
        self.stopped |= (self.watch)(measured).is_break();
    }
}

/// Measures everything; `quick` for less time and fewer sizes. `watch` is told of each row and width as soon as it
/// is there; when it answers `Break`, the rest is left out.
pub fn measure(quick: bool, watch: &mut dyn FnMut(Measured<'_>) -> ControlFlow<()>) -> Report {
    let mut bench = Bench { quick, rows: Vec::new(), watch, stopped: false };
    let parts = [
        transforms::measure,
        #[cfg(feature = "opponents")]
        fourier::measure,
        layers::measure,
        nets::measure,
    ];
    for part in parts {
        if !bench.stopped {
            part(&mut bench);
        }
    }
    let growth = if bench.stopped { Growth::default() } else { growth::measure(&mut bench) };
    Report {
        processor: processor(),
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        kernel: Path::chosen().name(),
        quick,
        complete: !bench.stopped,
        rows: bench.rows,
        growth,
    }
}

pub(crate) fn processor() -> String {
    let about = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = about.lines().find_map(|line| line.strip_prefix("model name"));
    let name = name.map(|name| name.trim_start_matches([' ', '\t', ':']).to_owned());
    name.unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}
