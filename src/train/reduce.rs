//! Sums over the chunks of a batch, in an order that does not depend on who works on them.

use super::Metrics;
use crate::aligned;
use crate::error::Result;
use crate::kernel::add_rows;
use crate::net::alone;
use crate::scalar::Scalar;
use std::ops::Range;

/// What a chunk of rows adds to a step: its metrics, and its part of the gradient.
#[derive(Debug)]
pub struct Contribution<T> {
    /// The metrics of the chunk.
    pub metrics: Metrics,
    /// The gradient, as long as all parameters.
    pub gradient: Vec<T>,
}

impl<T: Scalar> Contribution<T> {
    /// This and the other, added.
    ///
    /// # Panics
    /// If their gradients differ in length.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.metrics += other.metrics;
        add_rows(&mut self.gradient, &other.gradient);
        aligned::give_back(other.gradient);
        self
    }
}

/// Who computes the chunks of a batch and adds them up: the threads of this process, or several processes.
///
/// The sum is that of [`tree`], whoever works on it: so that one thread, eight threads and four machines give the
/// same bits.
pub trait Reduce<T: Scalar>: Send {
    /// The sum of `of(0)` to `of(chunks − 1)`, of which there is at least one.
    ///
    /// # Errors
    /// If a chunk fails, or another process does.
    fn sum(
        &mut self,
        chunks: usize,
        of: &(dyn Fn(usize) -> Result<Contribution<T>> + Sync),
    ) -> Result<Contribution<T>>;
}

/// The threads of the current pool.
#[derive(Clone, Copy, Debug, Default)]
pub struct Threads;

impl<T: Scalar> Reduce<T> for Threads {
    fn sum(
        &mut self,
        chunks: usize,
        of: &(dyn Fn(usize) -> Result<Contribution<T>> + Sync),
    ) -> Result<Contribution<T>> {
        branch(0..chunks, of)
    }
}

/// The sum of these chunks, cut where [`tree`] cuts them: whoever has computed two neighbors adds them, while they are in
/// its cache, and no more sums are there at once than the tree is high.
fn branch<T: Scalar>(
    chunks: Range<usize>,
    of: &(dyn Fn(usize) -> Result<Contribution<T>> + Sync),
) -> Result<Contribution<T>> {
    if chunks.len() == 1 {
        return of(chunks.start);
    }
    // The largest power of two below their number: a whole tree by itself.
    let middle = chunks.start + (1 << (chunks.len() - 1).ilog2());
    let first = || branch(chunks.start..middle, of);
    let second = || branch(middle..chunks.end, of);
    let (first, second) = match alone() {
        true => (first(), second()),
        false => rayon::join(first, second),
    };
    Ok(first?.with(second?))
}

/// The sum of `parts` by a fixed binary tree: neighbors are added, then neighboring sums, and so on. One that has no
/// neighbor waits for the next level. So the chunks from `i·2^k` on, `2^k` of them, have a sum of their own, which
/// another process may have formed. None of no parts.
///
/// ```
/// use switchnet::train::tree;
/// let order = |a: String, b: String| format!("({a}+{b})");
/// let parts = ["0", "1", "2", "3", "4"].map(String::from).to_vec();
/// assert_eq!(tree(parts, order).unwrap(), "(((0+1)+(2+3))+4)");
/// ```
pub fn tree<P>(mut parts: Vec<P>, add: impl Fn(P, P) -> P) -> Option<P> {
    while parts.len() > 1 {
        let mut all = parts.into_iter();
        let mut sums = Vec::with_capacity(all.len().div_ceil(2));
        while let Some(first) = all.next() {
            sums.push(match all.next() {
                Some(second) => add(first, second),
                None => first,
            });
        }
        parts = sums;
    }
    parts.pop()
}
