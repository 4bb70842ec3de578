//! The order in which rows are taken of what is best read in large pieces.

use super::deal::HOLD_OUT;
use crate::error::{Error, Result};
use crate::random::{generator, shuffled};
use std::ops::Range;

/// So many blocks are shuffled together.
pub(super) const POOL: usize = 64;

/// Which rows of a source in [blocks](super::Batches::block) are held out, and the order of the others in each epoch.
///
/// Blocks are runs of so many rows, the last one may be shorter.
///
/// - **Held out** is, of each block, its share of the fraction to within one row, drawn under the seed; of all blocks
///   together the fraction rounded.
/// - **An epoch** takes the blocks in a random order, 64 of them at a time, and the rows of these 64, those held out left out, in
///   a random order. So rows that stand side by side in the file are far apart in the epoch, and no more than 64 blocks are
///   looked at at once.
///
/// Nothing is kept for each row: orders are drawn when they are asked for.
///
/// ```
/// use switchnet::data::Blocks;
///
/// let blocks = Blocks::new(1000, 10, 0.2, 1)?;
/// assert_eq!(blocks.trained(), 800);
/// let mut rows: Vec<usize> = blocks.epoch(0).chain(blocks.held_out().flatten()).collect();
/// assert_ne!(rows[..800], blocks.epoch(1).collect::<Vec<_>>()[..]);
/// rows.sort();
/// assert!(rows.into_iter().eq(0..1000));
/// # Ok::<(), switchnet::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Blocks {
    rows: usize,
    block: usize,
    fraction: f64,
    seed: u64,
}

impl Blocks {
    /// `rows` rows in blocks of `block`, of which a `fraction` is held out, which may be 0.
    ///
    /// # Errors
    /// If there are no rows, `block` is 0, or a part would be empty that is not to be.
    pub fn new(rows: usize, block: usize, fraction: f64, seed: u64) -> Result<Self> {
        let blocks = Self { rows, block, fraction, seed };
        if rows == 0 || block == 0 {
            let found = format!("{rows} rows, {block} in a block");
            return Err(Error::new("blocks", "at least one row", found));
        }
        let held = blocks.held(rows);
        let whole = fraction == 0.0;
        if !(whole || fraction > 0.0 && (1..rows).contains(&held)) {
            let expected = format!("one that leaves rows in both parts of {rows}");
            return Err(Error::new("fraction to hold out", expected, fraction));
        }
        Ok(blocks)
    }

    /// How many rows are trained with.
    pub fn trained(&self) -> usize {
        self.rows - self.held(self.rows)
    }

    /// The rows of an epoch, counted from 0, in their order.
    pub fn epoch(&self, epoch: usize) -> impl Iterator<Item = usize> + Send + 'static {
        let blocks = *self;
        // The streams of whole epochs are those of shuffles of all rows; these lie above them.
        let stream = (epoch as u64 + 1) << 32;
        let order = shuffled(self.rows.div_ceil(self.block), &mut generator(self.seed, stream));
        (0..order.len().div_ceil(POOL)).flat_map(move |pool| {
            let numbers = &order[pool * POOL..order.len().min((pool + 1) * POOL)];
            let rows: Vec<usize> =
                numbers.iter().flat_map(|&block| blocks.parts(block).0).collect();
            let places =
                shuffled(rows.len(), &mut generator(blocks.seed, stream + 1 + pool as u64));
            places.into_iter().map(move |place| rows[place])
        })
    }

    /// The rows held out, in their order, those of some blocks at a time.
    pub fn held_out(&self) -> impl Iterator<Item = Vec<usize>> {
        let count = if self.fraction == 0.0 { 0 } else { self.rows.div_ceil(self.block) };
        (0..count.div_ceil(POOL)).map(move |pool| {
            let blocks = pool * POOL..count.min((pool + 1) * POOL);
            blocks.flat_map(|block| self.parts(block).1).collect()
        })
    }

    /// The rows of a block to train with, and those held out.
    fn parts(&self, block: usize) -> (Vec<usize>, Vec<usize>) {
        let all = self.range(block);
        if self.fraction == 0.0 {
            return (all.collect(), Vec::new());
        }
        let mut rng = generator(self.seed, (HOLD_OUT << 32) + block as u64);
        let places = shuffled(all.len(), &mut rng);
        let share = self.held(all.end) - self.held(all.start);
        let mut held = vec![false; all.len()];
        places[..share].iter().for_each(|&place| held[place] = true);
        let (out, rest) = all.clone().partition(|row| held[row - all.start]);
        (rest, out)
    }

    /// The rows of a block.
    fn range(&self, block: usize) -> Range<usize> {
        block * self.block..self.rows.min((block + 1) * self.block)
    }

    /// How many of so many first rows are held out.
    fn held(&self, rows: usize) -> usize {
        (rows as f64 * self.fraction + 0.5).floor() as usize
    }
}
