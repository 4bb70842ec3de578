//! Which rank works on which chunks, and how the tree of sums is made of what they own.

use std::ops::Range;

/// The chunks of `rank`, of so many `ranks`: as many as the others have, or one more.
///
/// ```
/// use switchnet_mpi::share;
/// assert_eq!([0, 1, 2].map(|rank| share(7, rank, 3)), [0..2, 2..4, 4..7]);
/// ```
///
/// # Panics
/// If there is no such rank.
pub fn share(chunks: usize, rank: usize, ranks: usize) -> Range<usize> {
    assert!(rank < ranks, "rank: expected below {ranks}, found {rank}");
    let from = |rank: usize| (rank as u128 * chunks as u128 / ranks as u128) as usize;
    from(rank)..from(rank + 1)
}

/// The sum over all chunks by the tree of [`tree`](switchnet::train::tree), of the largest parts of it that one rank owns:
/// `part` gives those, from left to right, for their chunks and their owner.
///
/// ```
/// let part = |chunks: std::ops::Range<usize>, rank: usize| Ok::<_, ()>(format!("{chunks:?} of {rank}"));
/// let sum = switchnet_mpi::join(5, 2, part, |a, b| format!("({a} + {b})"));
/// assert_eq!(sum.unwrap(), "((0..2 of 0 + 2..4 of 1) + 4..5 of 1)");
/// ```
///
/// # Errors
/// The first of `part`.
///
/// # Panics
/// If there are no chunks or no ranks.
pub fn join<P, E>(
    chunks: usize,
    ranks: usize,
    mut part: impl FnMut(Range<usize>, usize) -> Result<P, E>,
    add: impl Fn(P, P) -> P,
) -> Result<P, E> {
    assert!(chunks > 0 && ranks > 0, "join: expected chunks and ranks, found {chunks} of {ranks}");
    let ends: Vec<usize> = (0..ranks).map(|rank| share(chunks, rank, ranks).end).collect();
    node(0, chunks.next_power_of_two(), &ends, &mut part, &add)
}

/// The node of `size` chunks from `first` on, as far as there are any.
fn node<P, E>(
    first: usize,
    size: usize,
    ends: &[usize],
    part: &mut impl FnMut(Range<usize>, usize) -> Result<P, E>,
    add: &impl Fn(P, P) -> P,
) -> Result<P, E> {
    let end = (first + size).min(ends[ends.len() - 1]);
    let owner = |chunk: usize| ends.partition_point(|&end| end <= chunk);
    if owner(first) == owner(end - 1) {
        return part(first..end, owner(first));
    }
    let left = node(first, size / 2, ends, part, add)?;
    if first + size / 2 >= end {
        return Ok(left); // it waits for the next level
    }
    let right = node(first + size / 2, size / 2, ends, part, add)?;
    Ok(add(left, right))
}

/// Of ranks that have so much each: how much in the numbers of MPI, where what each has begins among all, and how much that is.
#[cfg(any(feature = "mpi", test))]
pub fn places(lengths: &[u64]) -> (Vec<i32>, Vec<i32>, usize) {
    let mut all = 0_i32;
    let place = |&length: &u64| {
        let start = all;
        let count = i32::try_from(length).expect("MPI counts to 2^31 - 1: one rank has more");
        all = all.checked_add(count).expect("MPI counts to 2^31 - 1: all ranks have more");
        (count, start)
    };
    let (counts, starts) = lengths.iter().map(place).unzip();
    (counts, starts, all as usize)
}

#[cfg(test)]
mod tests {
    use super::{join, places, share};
    use switchnet::train::tree;

    fn written(a: String, b: String) -> String {
        format!("({a}+{b})")
    }

    /// Whoever owns what: the sum is that of one process, to the last bracket.
    #[test]
    fn the_sum_of_ranks_is_that_of_one_process() {
        for chunks in 1..40 {
            let names: Vec<String> = (0..chunks).map(|chunk| chunk.to_string()).collect();
            let known = tree(names.clone(), written).unwrap();
            for ranks in 1..12 {
                let mut last = 0;
                let part = |range: std::ops::Range<usize>, rank: usize| {
                    assert_eq!(range.start, last, "from left to right");
                    last = range.end;
                    let own = share(chunks, rank, ranks);
                    assert!(own.start <= range.start && range.end <= own.end, "its own");
                    Ok::<_, ()>(tree(names[range].to_vec(), written).unwrap())
                };
                assert_eq!(join(chunks, ranks, part, written).unwrap(), known, "{ranks} ranks");
            }
        }
    }

    #[test]
    fn shares_are_alike() {
        for (chunks, ranks) in [(0, 3), (2, 3), (7, 3), (40, 7)] {
            let sizes: Vec<usize> = (0..ranks).map(|r| share(chunks, r, ranks).len()).collect();
            assert_eq!(sizes.iter().sum::<usize>(), chunks);
            assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1, "{sizes:?}");
        }
    }

    #[test]
    fn what_ranks_have_has_its_place() {
        assert_eq!(places(&[2, 0, 3]), (vec![2, 0, 3], vec![0, 2, 2], 5));
        let most = i32::MAX as u64;
        assert_eq!(places(&[most - 1, 1]).2, i32::MAX as usize);
    }

    #[test]
    #[should_panic(expected = "one rank has more")]
    fn one_rank_with_more_than_mpi_counts_is_refused() {
        places(&[1, 1 << 32]); // 0, where it is cut off
    }

    #[test]
    #[should_panic(expected = "all ranks have more")]
    fn ranks_that_have_more_than_mpi_counts_are_refused() {
        places(&[i32::MAX as u64, 1]);
    }

    #[test]
    fn the_first_error_is_that_of_the_sum() {
        let part = |range: std::ops::Range<usize>, rank| match rank {
            0 => Ok(range.len()),
            _ => Err(rank),
        };
        assert_eq!(join(9, 3, part, |a, b| a + b), Err(1));
    }
}
