//! The processes that share a job: those of an MPI job (feature `mpi`), or this one alone.

use super::interrupt;
use anyhow::Result;
use serde_json::Value;
use std::ops::{ControlFlow, Range};
#[cfg(feature = "mpi")]
use switchnet::Error;
use switchnet::analysis::Peers;
use switchnet::train::Reduce;
use switchnet_lab::experiment::Shard;
#[cfg(feature = "mpi")]
use switchnet_mpi::Equivalence;

/// Refuses several processes where each would do the same. Launchers say how many they have started: to begin MPI takes longer
/// than some commands do. `what` says which work takes one.
pub fn alone(what: &str) -> Result<()> {
    // Open MPI; MPICH and those of its kind.
    let names = [("OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"), ("PMI_SIZE", "PMI_RANK")];
    let number = |name| std::env::var(name).ok()?.parse::<usize>().ok();
    let job = names.iter().find_map(|(size, rank)| Some((number(size)?, number(rank)?)));
    match job.filter(|_| cfg!(feature = "mpi")) {
        None | Some((..=1, _)) => Ok(()),
        Some((size, 0)) => anyhow::bail!("processes: expected one {what}, found {size}"),
        Some(_) => Err(super::Silent.into()),
    }
}

/// This process among those of its job, each of which does the same up to where it writes: only the first one does.
#[derive(Debug)]
pub struct Job {
    #[cfg(feature = "mpi")]
    ranks: switchnet_mpi::Ranks,
}

#[cfg(feature = "mpi")]
impl Job {
    /// The job that this process was started for; alone, if for none.
    pub fn begin() -> Result<Self> {
        let ranks = switchnet_mpi::Ranks::begin(interrupt::stopped)?;
        if ranks.rank() > 0 {
            super::SILENT.store(true, std::sync::atomic::Ordering::Relaxed);
        }
        Ok(Self { ranks })
    }

    /// Whether this is the first process.
    pub fn is_first(&self) -> bool {
        self.ranks.rank() == 0
    }

    /// What all processes have done. Where one has failed, the first of them says why, and all end.
    pub fn together<R>(&self, own: Result<R>) -> Result<R> {
        self.ranks.together(own).map_err(|error| match (error, self.ranks.rank()) {
            (None, _) => super::Silent.into(),
            (Some(error), 0) => error,
            (Some(error), rank) => error.context(format!("rank {rank}")),
        })
    }

    /// Demands that all processes say the same.
    pub fn alike(&self, what: &str, own: impl FnOnce() -> Result<Value>) -> Result<()> {
        let own = self.together(own())?;
        let first: Value = serde_json::from_str(&self.ranks.heard(&own.to_string()))?;
        let other = Error::difference(what, &first, &own);
        self.together(other.map_or(Ok(()), |error| Err(error.into())))
    }

    /// Who adds up the gradients.
    pub fn sums(&self) -> impl Reduce<f32> + use<> {
        self.ranks.sums()
    }

    /// Whether to go on, by what was said before all met the last time: all processes do or do not.
    pub fn go_on(&self) -> ControlFlow<()> {
        match self.ranks.size() {
            1 => interrupt::go_on(),
            _ if self.ranks.stop() => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }

    /// How many processes there are.
    pub fn size(&self) -> usize {
        self.ranks.size()
    }

    /// Which part of the work is this one's, where each has its own.
    pub fn part(&self) -> Shard {
        Shard { number: self.ranks.rank() + 1, count: self.ranks.size() }
    }

    /// Which of so many things one after another are this one's.
    pub fn share(&self, count: usize) -> Range<usize> {
        switchnet_mpi::share(count, self.ranks.rank(), self.ranks.size())
    }

    /// What all have, in their order, on the first process; nothing on the others.
    pub fn collected<N: Equivalence + Clone + Default>(&self, own: &[N]) -> Option<Vec<N>> {
        self.ranks.collected(own)
    }

    /// The others, if there are some, for a search that all make together.
    pub fn peers(&self) -> Option<&dyn Peers> {
        (self.size() > 1).then_some(&self.ranks)
    }

    /// Says that this process goes no further than to where all meet.
    pub fn halt(&self) {
        self.ranks.halt();
    }

    /// Whether another one has said so by now: asked while each works on its own part. One may have heard it and another one
    /// not yet; what all have agreed on where they met is what [`go_on`](Self::go_on) says.
    pub fn halted(&self) -> bool {
        self.ranks.halted()
    }
}

#[cfg(not(feature = "mpi"))]
impl Job {
    /// This process.
    pub fn begin() -> Result<Self> {
        Ok(Self {})
    }

    /// Whether this is the first process.
    pub fn is_first(&self) -> bool {
        true
    }

    /// What all processes have done.
    pub fn together<R>(&self, own: Result<R>) -> Result<R> {
        own
    }

    /// Demands that all processes say the same: one alone need not say anything.
    pub fn alike(&self, _what: &str, _own: impl FnOnce() -> Result<Value>) -> Result<()> {
        Ok(())
    }

    /// Who adds up the gradients.
    pub fn sums(&self) -> impl Reduce<f32> + use<> {
        switchnet::train::Threads
    }

    /// Whether to go on.
    pub fn go_on(&self) -> ControlFlow<()> {
        interrupt::go_on()
    }

    /// How many processes there are.
    pub fn size(&self) -> usize {
        1
    }

    /// All of the work.
    pub fn part(&self) -> Shard {
        Shard { number: 1, count: 1 }
    }

    /// All of them.
    pub fn share(&self, count: usize) -> Range<usize> {
        0..count
    }

    /// What this one has.
    pub fn collected<N: Clone>(&self, own: &[N]) -> Option<Vec<N>> {
        Some(own.to_vec())
    }

    /// There are no others.
    pub fn peers(&self) -> Option<&dyn Peers> {
        None
    }

    /// Nobody hears it.
    pub fn halt(&self) {}

    /// There is no other one.
    pub fn halted(&self) -> bool {
        false
    }
}
