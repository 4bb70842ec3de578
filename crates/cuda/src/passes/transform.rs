//! Walsh–Hadamard transforms of any power of two, in as many passes as they take.

use super::{Passes, THREADS};
use crate::device::{Argument, Grid, Number};
use Argument::{Double, Long, Whole};
use switchnet::Result;

/// Bits of the longest transform that goes through shared memory at once, of the neighbors that a longer one takes
/// together, and of the numbers that a block of threads has at least.
const SHARED: u32 = 12;
const COLUMNS: u32 = 5;
const LEAST: u32 = 10;

/// The shared memory of a block of threads at most.
pub(super) fn shared_bytes<T>() -> usize {
    size_of::<T>() << SHARED
}

impl<T: Number> Passes<T> {
    /// The transform of each block of `x`: in `by` but for its last pass, which puts it into `to` or adds it to that.
    pub(super) fn transform(
        &self,
        (width, block): (usize, usize),
        x: Argument,
        by: Argument,
        to: Argument,
        add: bool,
    ) -> Result<()> {
        let count = self.rows * width;
        let passes = passes_of(block.ilog2());
        let last = passes.len() - 1;
        for (i, (length, stride, columns)) in passes.into_iter().enumerate() {
            let tile = length + columns;
            let group = LEAST.saturating_sub(tile);
            let tiles = count >> tile;
            let factor = if i == last { 1.0 / (block as f64).sqrt() } else { 1.0 };
            let grid = Grid {
                blocks: (tiles.div_ceil(1 << group), 1),
                threads: THREADS,
                shared: size_of::<T>() << (tile + group),
            };
            let [length, stride, columns, group] =
                [length, stride, columns, group].map(|bits| Whole(bits as i32));
            let with = [
                if i == 0 { x } else { by },
                if i == last { to } else { by },
                Long(tiles as i64),
                length,
                stride,
                columns,
                group,
                Double(factor),
                Whole((i == last && add).into()),
            ];
            self.launch("transform", grid, &with)?;
        }
        Ok(())
    }
}

/// The passes of a transform of `2^log` numbers: how many of its bits each takes, how many are below these, and how many
/// bits of neighbors it takes together.
fn passes_of(log: u32) -> Vec<(u32, u32, u32)> {
    let mut passes = vec![(log.min(SHARED), 0, 0)];
    let mut done = log.min(SHARED);
    while done < log {
        let bits = (log - done).min(SHARED - COLUMNS);
        passes.push((bits, done, COLUMNS));
        done += bits;
    }
    passes
}

#[cfg(test)]
mod tests {
    use super::passes_of;

    #[test]
    fn passes_of_a_transform_take_each_bit_once() {
        for log in 0..=26 {
            let mut done = 0;
            for (bits, below, columns) in passes_of(log) {
                assert_eq!(below, done);
                assert!(bits + columns <= 12 && columns <= below);
                done += bits;
            }
            assert_eq!(done, log);
        }
    }
}
