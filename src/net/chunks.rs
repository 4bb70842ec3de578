//! Where the work is cut for the threads: the only place that knows there are several.

use super::plan;
use crate::aligned::Recycled;
use crate::layer::{Layer, parameters};
use crate::scalar::{Matrix, Scalar};
use ndarray::ArrayViewMut2;
use rayon::prelude::*;
use std::ops::Range;

/// Rows that go through a whole net together, as its [plan](super::Plan::chunk_rows) says.
pub fn chunk_rows<T: Scalar>(net: &dyn Layer<T>) -> usize {
    plan::chunk_rows(parameters::count(net), net.signature().widest)
}

/// Whether there is but one thread. Then the calling one does the work: to hand it to the only other one, and to wait
/// for it, would take longer than many a step.
pub(crate) fn alone() -> bool {
    rayon::current_num_threads() == 1
}

/// Whether so many numbers are worth handing parts of to other threads: within the pool always, from outside of it, which
/// takes as long as to go over some ten thousand, later.
pub(crate) fn hands_over(numbers: usize) -> bool {
    !alone() && (rayon::current_thread_index().is_some() || numbers > OUTSIDE)
}

/// So many numbers that a thread outside of the pool hands them over.
const OUTSIDE: usize = 1 << 17;

/// `f` of each range of `chunk` rows out of `rows`, in order, on all threads of the current pool.
pub fn map_chunks<R: Send>(
    rows: usize,
    chunk: usize,
    f: impl Fn(Range<usize>) -> R + Sync,
) -> Vec<R> {
    let of = |i| f(i * chunk..rows.min((i + 1) * chunk));
    let chunks = 0..rows.div_ceil(chunk);
    if chunks.len() <= 1 || alone() {
        return chunks.map(of).collect(); // nothing to hand over, or nobody to hand it to
    }
    chunks.into_par_iter().map(of).collect()
}

/// A matrix of `rows` rows of `columns` numbers, made chunk by chunk: `f` gives the rows of a range. Each
/// part is copied while it is in the cache.
pub(crate) fn join_chunks<T: Scalar>(
    (rows, columns): (usize, usize),
    chunk: usize,
    f: impl Fn(Range<usize>) -> Matrix<T> + Sync,
) -> Matrix<T> {
    if (1..=chunk).contains(&rows) {
        return f(0..rows);
    }
    let mut all = Matrix::zeros((rows, columns));
    let numbers = all.as_slice_mut().expect("a new matrix is row-major");
    let put = |(i, to): (usize, &mut [T])| {
        let from = i * chunk;
        let part = Recycled::from(f(from..rows.min(from + chunk)));
        let to = ArrayViewMut2::from_shape(part.dim(), to);
        to.expect("a chunk has its rows").assign(&part);
    };
    match alone() {
        true => numbers.chunks_mut(chunk * columns).enumerate().for_each(put),
        false => numbers.par_chunks_mut(chunk * columns).enumerate().for_each(put),
    }
    all
}
