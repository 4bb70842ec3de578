//! A step back.

use super::Passes;
use super::fixed::Fixed;
use crate::device::{Argument, Number};
use crate::steps::{Readout, Step, Vector, Work};
use Argument::{Long, Pointer, Whole};
use switchnet::Result;

/// Rows of a part of a sum over rows, if there is room for the sums of so many parts: numbers of all of them.
const PART: usize = 32;
const MOST_SUMS: usize = 1 << 24;

impl<T: Number> Passes<T> {
    /// A step back: from the gradient of what it gives to those of what it reads, of which `wanted` says which are wanted, and
    /// `there` which have something of other steps; and to that of its parameters, if `sum`.
    pub(super) fn pull_step(
        &mut self,
        step: usize,
        sum: bool,
        wanted: &[bool],
        there: &mut [bool],
    ) -> Result<()> {
        let Step { work, reads, .. } = &self.steps.steps[step];
        let (from, to) = (reads[0], step + 1);
        let (rows, width, inner) = (self.rows, self.width(to), self.width(from));
        let parts = parts(rows, work.sums(width));
        let sums = if sum { parts * work.sums(width) } else { 0 };
        self.device.grow(&mut self.sums, sums)?;
        let (x, dy) = (self.of(&self.values, from), self.of(&self.gradients, to));
        let dx = |value: usize| match wanted[value] {
            true => self.of(&self.gradients, value),
            false => Pointer(0),
        };
        let (long, wide, narrow) = (Long(rows as i64), Whole(width as i32), Whole(inner as i32));
        let add = Whole(there[from].into());
        let scratch = self.device.pointer(&self.sums, sums);
        match (work, &self.fixed[step]) {
            (Work::Elements { .. }, fixed) => {
                let learned = work.vectors().map(|vector| match vector {
                    Some(Vector::Learned(first)) if sum => Some(*first),
                    _ => None,
                });
                let any = learned.iter().any(Option::is_some);
                let to = if any { scratch } else { Pointer(0) };
                let [scale, bias, open, closed] = self.vectors(work, fixed, width);
                let with = [x, scale, bias, open, closed, dy, dx(from), to];
                let with = [&with[..], &[Whole(rows as i32), wide, add]].concat();
                self.columns("elements_back", width, parts, &with)?;
                for (i, first) in learned.into_iter().enumerate() {
                    let Some(first) = first else { continue };
                    self.collect(i * width, first, (parts, width, 4 * width))?;
                }
            }
            (Work::BlockSwitch { block, vectors }, _) => {
                let count = width * block;
                if sum {
                    let with = [x, dy, scratch, Whole(rows as i32), wide, Whole(*block as i32)];
                    self.columns("block_switch_sums", count, parts, &with)?;
                    for (i, &first) in vectors.iter().enumerate() {
                        self.collect(i * count, first, (parts, count, 2 * count))?;
                    }
                }
                if wanted[from] {
                    let [open, closed] = self.block_vectors(*block, *vectors, width);
                    let with = [x, open, closed, dy, dx(from), long, wide];
                    let with = [&with[..], &[Whole(*block as i32), add]].concat();
                    self.each("block_switch_back", rows * width, &with)?;
                }
            }
            (Work::Dense(Readout { weight, bias, .. }), _) => {
                if sum {
                    let to = self.device.part(&self.gradient, *weight, width * inner);
                    let (dy, x) = ((dy, true), (x, false));
                    self.device.product::<T>((width, rows, inner), dy, x, to, true)?;
                }
                if let Some(bias) = bias.filter(|_| sum) {
                    let with = [dy, scratch, Whole(rows as i32), wide];
                    self.columns("column_sums", width, parts, &with)?;
                    self.collect(0, bias, (parts, width, width))?;
                }
                if wanted[from] {
                    let weight = self.device.part(&self.theta, *weight, width * inner);
                    let (dy, weight) = ((dy, false), (weight, false));
                    self.device.product::<T>(
                        (rows, width, inner),
                        dy,
                        weight,
                        dx(from),
                        there[from],
                    )?;
                }
            }
            (Work::Move { .. }, Fixed::Table([_, first, table])) if wanted[from] => {
                let first = self.device.pointer(first, inner + 1);
                let table = self.device.pointer(table, table.len());
                let with = [dy, first, table, dx(from), long, narrow, wide, add];
                self.each("move_back", rows * inner, &with)?;
            }
            (Work::Transform { block }, _) if wanted[from] => {
                self.transform((width, *block), dy, dy, dx(from), there[from])?;
            }
            (Work::Add, _) => {
                let count = rows * width;
                for &value in reads {
                    if wanted[value] {
                        let add = Whole(there[value].into());
                        self.each("copy", count, &[dy, dx(value), Long(count as i64), add])?;
                        there[value] = true;
                    }
                }
                return Ok(());
            }
            (Work::Concat, _) => {
                let mut at = 0;
                for &value in reads {
                    let own = self.width(value);
                    if wanted[value] {
                        let place = [Whole(own as i32), Whole(at as i32), wide];
                        let with = [&[dy, dx(value), long], &place[..]].concat();
                        let with = [with, vec![Whole(there[value].into())]].concat();
                        self.each("concat_back", rows * own, &with)?;
                        there[value] = true;
                    }
                    at += own;
                }
                return Ok(());
            }
            (Work::Move { .. } | Work::Transform { .. }, _) => {} // nobody asks
        }
        there[from] |= wanted[from];
        Ok(())
    }

    /// Adds what the parts have, from this number of each on, to the gradient: `(parts, numbers, how far apart)`.
    fn collect(
        &self,
        at: usize,
        first: usize,
        (parts, count, apart): (usize, usize, usize),
    ) -> Result<()> {
        let sums = self.device.part(&self.sums, at, (parts - 1) * apart + count);
        let to = self.device.part(&self.gradient, first, count);
        let with = [sums, to, Whole(parts as i32), Long(count as i64), Long(apart as i64)];
        self.each("collect", count, &with)
    }
}

impl<T> Work<T> {
    /// How many numbers a part of the rows has sums of, where what it gives is so wide.
    fn sums(&self, width: usize) -> usize {
        match self {
            Self::Elements { .. } => 4 * width,
            Self::BlockSwitch { block, .. } => 2 * width * block,
            Self::Dense(_) => width,
            Self::Move { .. } | Self::Transform { .. } | Self::Add | Self::Concat => 0,
        }
    }
}

/// Into how many parts rows are cut, of which each has so many sums. It depends on nothing else, so that the bits do not
/// either.
fn parts(rows: usize, sums: usize) -> usize {
    rows.div_ceil(PART).min(MOST_SUMS / sums.max(1)).clamp(1, 65_535)
}
