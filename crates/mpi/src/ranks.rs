//! The processes of an MPI job, and sums over them.

use crate::halts::Halts;
use crate::share::{join, places, share};
use mpi::datatype::PartitionMut;
use mpi::environment::Universe;
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator, CommunicatorCollectives, Destination, Equivalence, Root, Source};
use rayon::prelude::*;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use switchnet::analysis::Peers;
use switchnet::train::{Contribution, Metrics, Reduce, tree};
use switchnet::{Error, Scalar};

type Result<T, E = Error> = std::result::Result<T, E>;

/// All ranks of the job. A process that no launcher started is alone.
///
/// Calls of one rank wait for those of the others: [`heard`](Self::heard), [`collected`](Self::collected) and
/// [`gathered`](Self::gathered) each for the same one, and so does a search that they make as [`Peers`];
/// [`together`](Self::together) and a sum may meet each other, so a rank that fails outside of a sum ends the others.
/// Between such calls ranks may work on their own: one that goes no further [says so](Self::halt), and the others ask
/// [whether one has](Self::halted).
///
/// ```no_run
/// use switchnet::data::{Scope, digits};
/// use switchnet::net::zoo;
/// use switchnet::train::{Chunks, Run, Training, resume};
/// use switchnet_mpi::Ranks;
///
/// // The same program on every rank: mpirun -n 4 program
/// let ranks = Ranks::begin(|| false)?;
/// let (split, _) = digits::<f32>().standardize(Scope::Global)?;
/// let mut net = zoo::switch_net(&[64], 10, 1).build::<f32>()?;
/// let training = Training::default();
/// let run = Run::new(&net, &training)?.with_executor(Chunks(ranks.sums()));
/// resume(&mut net, &split.train, &training, run, &mut ())?;
/// if ranks.rank() == 0 {
///     net.save("net.safetensors")?;
/// }
/// # Ok::<(), switchnet::Error>(())
/// ```
pub struct Ranks {
    /// MPI ends when it is dropped.
    _universe: Universe,
    state: State,
}

/// What was agreed.
#[derive(Clone, Debug)]
struct State {
    /// Whether this rank is asked to stop.
    asked: fn() -> bool,
    /// Whether any was before the last sum.
    stop: Arc<AtomicBool>,
    /// The first rank that failed, from which on there are no calls any more.
    failed: Arc<OnceLock<usize>>,
    halts: Arc<Mutex<Halts>>,
}

impl std::fmt::Debug for Ranks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ranks").field("rank", &rank()).field("size", &size()).finish()
    }
}

impl Ranks {
    /// Begins MPI. `asked` says whether this rank is asked to stop; all will, at the same step.
    ///
    /// # Errors
    /// If it has begun before, or does not let threads take turns.
    pub fn begin(asked: fn() -> bool) -> Result<Self> {
        let wanted = mpi::Threading::Serialized;
        let (universe, found) = mpi::initialize_with_threading(wanted)
            .ok_or_else(|| Error::new("MPI", "to begin it once", "it has begun before"))?;
        if found < wanted {
            let found = format_args!("{found:?}");
            return Err(Error::new("threads of MPI", "serialized or more", found));
        }
        let (stop, failed, halts) = (Arc::default(), Arc::default(), Arc::default());
        let state = State { asked, stop, failed, halts };
        Ok(Self { _universe: universe, state })
    }

    /// The number of this process, from 0 on.
    pub fn rank(&self) -> usize {
        rank()
    }

    /// How many there are.
    pub fn size(&self) -> usize {
        size()
    }

    /// Whether any rank was asked to stop before the last sum, or had said that it goes no further when the last call of
    /// [`together`](Self::together) came: the same on all.
    pub fn stop(&self) -> bool {
        self.state.stop.load(Ordering::Relaxed)
    }

    /// Says that this rank goes no further than to the next call of [`together`](Self::together), in which all learn it.
    pub fn halt(&self) {
        self.state.halts().say();
    }

    /// Whether another rank has said so by now: for threads that work while no call of this rank waits. It does not wait.
    pub fn halted(&self) -> bool {
        // Where another thread asks at this moment, it is answered the next time.
        let halts = self.state.halts.try_lock();
        self.stop() || halts.is_ok_and(|mut halts| halts.hear())
    }

    /// What is `Ok` if it is on all ranks.
    ///
    /// # Errors
    /// If it is not: on the first of the ranks that have failed with its error, and without one on all others.
    pub fn together<R, E>(&self, own: Result<R, E>) -> Result<R, Option<E>> {
        let first = match self.state.failed.get() {
            Some(first) => Some(*first), // in a sum, of which this is the error
            None => {
                let mut halts = self.state.halts();
                let all = gathered(halts.said(), own.is_err());
                halts.hear_all((0..size()).filter(|&rank| all[rank].0));
                self.state.agreed(&all)
            }
        };
        match (first, own) {
            (None, Ok(own)) => Ok(own),
            (Some(first), Err(error)) if first == rank() => Err(Some(error)),
            _ => Err(None),
        }
    }

    /// What rank 0 says, whatever this one does.
    pub fn heard(&self, said: &str) -> String {
        let world = world();
        let first = world.process_at_rank(0);
        let mut length = said.len();
        first.broadcast_into(&mut length);
        let mut text = said.as_bytes().to_vec();
        text.resize(length, 0);
        first.broadcast_into(&mut text[..]);
        String::from_utf8_lossy(&text).into_owned()
    }

    /// What all ranks have, in their order, on the first one; nothing on the others.
    ///
    /// # Panics
    /// On all ranks, if together they have more than `i32::MAX`, which MPI does not count.
    pub fn collected<N: Equivalence + Clone + Default>(&self, own: &[N]) -> Option<Vec<N>> {
        let world = world();
        let root = world.process_at_rank(0);
        let (counts, starts, all) = places(&lengths(own.len()));
        if rank() > 0 {
            root.gather_varcount_into(own);
            return None;
        }
        let mut numbers = vec![N::default(); all];
        let mut parts = PartitionMut::new(&mut numbers[..], counts, starts);
        root.gather_varcount_into_root(own, &mut parts);
        drop(parts);
        Some(numbers)
    }

    /// What all ranks have, in their order, on all of them.
    ///
    /// # Panics
    /// On all ranks, if together they have more than `i32::MAX`, which MPI does not count.
    pub fn gathered<N: Equivalence + Clone + Default>(&self, own: &[N]) -> Vec<N> {
        let (counts, starts, all) = places(&lengths(own.len()));
        let mut numbers = vec![N::default(); all];
        let mut parts = PartitionMut::new(&mut numbers[..], counts, starts);
        world().all_gather_varcount_into(own, &mut parts);
        drop(parts);
        numbers
    }

    /// The [`Reduce`] over all ranks: each sums its [`share`] of the chunks with its own threads, the first one
    /// [joins](join) what they have and tells all.
    pub fn sums<T: Scalar + Equivalence>(&self) -> impl Reduce<T> + use<T> {
        self.state.clone()
    }
}

impl State {
    fn halts(&self) -> std::sync::MutexGuard<'_, Halts> {
        self.halts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first rank that has failed, if any has, by what all have [said](gathered).
    fn agreed(&self, all: &[(bool, bool)]) -> Option<usize> {
        if all.iter().any(|(asked, _)| *asked) {
            self.stop.store(true, Ordering::Relaxed);
        }
        let first = all.iter().position(|(_, failed)| *failed)?;
        Some(*self.failed.get_or_init(|| first))
    }
}

/// Searches that all ranks make together: see [`slice_among`](switchnet::analysis::slice_among).
///
/// # Panics
/// As [`gathered`](Ranks::gathered).
impl Peers for Ranks {
    fn share(&self, pieces: usize) -> Range<usize> {
        share(pieces, rank(), size())
    }

    fn gathered(&self, own: Vec<u64>) -> Vec<u64> {
        Self::gathered(self, &own)
    }
}

/// How much each rank has: all know it, so that where it is too much all say so, and none waits.
fn lengths(own: usize) -> Vec<u64> {
    let mut all = vec![0; size()];
    world().all_gather_into(&(own as u64), &mut all[..]);
    all
}

/// Of all ranks whether each wants to stop, and whether it has failed.
fn gathered(stops: bool, failed: bool) -> Vec<(bool, bool)> {
    let mut all = vec![0_u8; 2 * size()];
    world().all_gather_into(&[u8::from(stops), u8::from(failed)][..], &mut all[..]);
    all.chunks(2).map(|both| (both[0] > 0, both[1] > 0)).collect()
}

impl<T: Scalar + Equivalence> Reduce<T> for State {
    fn sum(
        &mut self,
        chunks: usize,
        of: &(dyn Fn(usize) -> Result<Contribution<T>> + Sync),
    ) -> Result<Contribution<T>> {
        let own = share(chunks, rank(), size());
        let first = own.start;
        let world = world();
        let root = world.process_at_rank(0);
        let parts: Result<Vec<_>> = own.into_par_iter().map(of).collect();
        if self.agreed(&gathered((self.asked)(), parts.is_err())).is_some() {
            let other = || Error::new("rank", "all of them to go on", "another one that failed");
            return Err(parts.err().unwrap_or_else(other));
        }
        let mut parts: Vec<_> = parts?.into_iter().map(Some).collect();
        let length = parts.first().and_then(Option::as_ref).map_or(0, |part| part.gradient.len());
        let mut taken = |range: Range<usize>| {
            let own = parts[range.start - first..range.end - first].iter_mut();
            let own = own.map(|part| part.take().expect("each chunk is in one part")).collect();
            tree(own, Contribution::with).expect("no part is without chunks")
        };
        if rank() > 0 {
            let send = |range, owner| {
                if owner == rank() {
                    let Contribution { metrics, gradient } = taken(range);
                    root.send(&metrics.numbers()[..]);
                    root.send(&gradient[..]);
                }
                Ok::<_, Error>(())
            };
            join(chunks, size(), send, |(), ()| ())?;
        }
        let mut sum = match rank() {
            0 => {
                let receive = |range, owner| {
                    if owner == 0 {
                        return Ok::<_, Error>(taken(range));
                    }
                    let from = world.process_at_rank(owner as i32);
                    let mut metrics = [0.0; 4];
                    from.receive_into(&mut metrics[..]);
                    let (gradient, _) = from.receive_vec();
                    Ok(Contribution { metrics: Metrics::of_numbers(metrics), gradient })
                };
                join(chunks, size(), receive, Contribution::with)?
            }
            _ => Contribution { metrics: Metrics::default(), gradient: Vec::new() },
        };
        let mut metrics = sum.metrics.numbers();
        root.broadcast_into(&mut metrics[..]);
        sum.metrics = Metrics::of_numbers(metrics);
        // A rank without chunks does not know how long the gradient is.
        let mut length = if rank() == 0 { sum.gradient.len() } else { length };
        root.broadcast_into(&mut length);
        sum.gradient.resize(length, T::zero());
        root.broadcast_into(&mut sum.gradient[..]);
        Ok(sum)
    }
}

pub fn world() -> SimpleCommunicator {
    SimpleCommunicator::world()
}

pub fn rank() -> usize {
    world().rank() as usize
}

pub fn size() -> usize {
    world().size() as usize
}
