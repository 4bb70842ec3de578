//! How far a slice may go, and how far it has come.

use serde::Serialize;

/// Where to stop. What is reached first stops the search, and the answer says so.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SliceBudget {
    /// Finished polygons.
    pub polygons: usize,
    /// Seconds of the clock for the search; counting and borders come on top.
    pub seconds: f64,
    /// Bytes of memory, by an estimate of the answer, of what is waiting and of what counting takes.
    pub bytes: usize,
}

impl Default for SliceBudget {
    /// A million polygons, a minute, 2 GiB.
    fn default() -> Self {
        Self { polygons: 1_000_000, seconds: 60.0, bytes: 2 << 30 }
    }
}

/// What stopped a search: which part of its budget was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Limit {
    /// The finished polygons of a slice.
    Polygons,
    /// The finished regions of a box.
    Regions,
    /// The seconds.
    Seconds,
    /// The bytes.
    Bytes,
    /// None: whoever watched the search asked for its end.
    Interrupted,
}

/// How far a slice has come.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct SliceProgress {
    /// Finished polygons.
    pub polygons: usize,
    /// The part of the window's area that they fill, 0 to 1.
    pub filled: f64,
    /// Seconds of the clock since the search began.
    pub seconds: f64,
}

impl Limit {
    /// A number for it, from 1 on.
    pub(in crate::analysis::region) fn code(self) -> u64 {
        match self {
            Self::Polygons => 1,
            Self::Regions => 2,
            Self::Seconds => 3,
            Self::Bytes => 4,
            Self::Interrupted => 5,
        }
    }

    /// Which one has this [number](Self::code).
    pub(in crate::analysis::region) fn of_code(code: u64) -> Self {
        match code {
            1 => Self::Polygons,
            2 => Self::Regions,
            3 => Self::Seconds,
            4 => Self::Bytes,
            5 => Self::Interrupted,
            _ => panic!("limit of another process: expected 1 to 5, found {code}"),
        }
    }
}

impl SliceBudget {
    /// What of the budget is reached, if anything.
    pub(super) fn reached(&self, progress: SliceProgress, bytes: usize) -> Option<Limit> {
        let limits = [
            (progress.polygons >= self.polygons, Limit::Polygons),
            (progress.seconds >= self.seconds, Limit::Seconds),
            (bytes >= self.bytes, Limit::Bytes),
        ];
        limits.into_iter().find(|(reached, _)| *reached).map(|(_, limit)| limit)
    }
}
