//! A search that several processes make together.

use super::slice::Limit;
use super::words::{Heard, Words};
use crate::net::map_chunks;
use std::ops::Range;

/// Processes that make the same search at the same time. Each judges some of its cells, tells the others what it has found, and
/// does all else itself; so all have the same answer, and it has the bits of one process. Those of an MPI job are such
/// (`Ranks` of `switchnet-mpi`).
///
/// A process that tells nothing and hears nothing is one of these:
///
/// ```
/// use switchnet::analysis::Peers;
/// struct Alone;
/// impl Peers for Alone {
///     fn share(&self, pieces: usize) -> std::ops::Range<usize> {
///         0..pieces
///     }
///     fn gathered(&self, own: Vec<u64>) -> Vec<u64> {
///         own
///     }
/// }
/// ```
pub trait Peers {
    /// Which of so many pieces of work, one behind another, are this one's. The pieces of all are all pieces, in the order of the
    /// processes.
    fn share(&self, pieces: usize) -> Range<usize>;

    /// What all of them say, in the order of the processes: the same on all. Each asks for it equally often, and waits.
    fn gathered(&self, own: Vec<u64>) -> Vec<u64>;
}

/// What `judge` finds of each chunk out of `count` cells, `chunk` of them in each, as `finish` leaves it: on the threads of this
/// process, or each process some of it. Then `say` puts what was found of a chunk into words, and `hear` takes it from them.
pub(super) fn dealt<V: Send, R: Send>(
    peers: Option<&dyn Peers>,
    (count, chunk): (usize, usize),
    judge: impl Fn(Range<usize>) -> V + Sync,
    say: impl Fn(Range<usize>, &V, &mut Words),
    hear: impl Fn(Range<usize>, &mut Heard<'_>) -> V,
    finish: impl Fn(V) -> R + Sync,
) -> Vec<R> {
    let Some(peers) = peers else {
        return map_chunks(count, chunk, |range| finish(judge(range)));
    };
    let chunks = count.div_ceil(chunk);
    let range = |i: usize| i * chunk..count.min((i + 1) * chunk);
    let own = peers.share(chunks);
    let first = count.min(own.start * chunk);
    let found = map_chunks(count.min(own.end * chunk) - first, chunk, |range| {
        judge(range.start + first..range.end + first)
    });
    let mut words = Words::default();
    for (i, found) in own.clone().zip(&found) {
        say(range(i), found, &mut words);
    }
    let length = words.0.len();
    let all = peers.gathered(words.0);
    let mut heard = Heard(&all);
    let mut parts: Vec<V> = (0..own.start).map(|i| hear(range(i), &mut heard)).collect();
    heard.skip(length);
    parts.extend(found);
    parts.extend((own.end..chunks).map(|i| hear(range(i), &mut heard)));
    parts.into_iter().map(finish).collect()
}

/// Where all stop: where the first of them does, which may have been asked to, or have another clock.
pub(super) fn agreed(peers: Option<&dyn Peers>, own: Option<Limit>) -> Option<Limit> {
    let Some(peers) = peers else { return own };
    let all = peers.gathered(vec![own.map_or(0, Limit::code)]);
    all.into_iter().find(|&code| code > 0).map(Limit::of_code)
}
