//! A step forward.

use super::Passes;
use super::fixed::Fixed;
use crate::device::{Argument, Number};
use crate::steps::{Readout, Step, Work};
use Argument::{Long, Whole};
use switchnet::Result;

impl<T: Number> Passes<T> {
    /// A step forward.
    pub(super) fn push(&self, step: usize) -> Result<()> {
        let Step { work, reads, .. } = &self.steps.steps[step];
        let (from, to) = (reads[0], step + 1);
        let (rows, width) = (self.rows, self.width(to));
        let (x, y) = (self.of(&self.values, from), self.of(&self.values, to));
        let (long, wide) = (Long(rows as i64), Whole(width as i32));
        match (work, &self.fixed[step]) {
            (Work::Move { .. }, Fixed::Table([table, ..])) => {
                let table = self.device.pointer(table, width);
                let narrow = Whole(self.width(from) as i32);
                self.each("move", rows * width, &[x, table, y, long, narrow, wide])
            }
            (Work::Transform { block }, _) => self.transform((width, *block), x, y, y, false),
            (Work::Elements { .. }, fixed) => {
                let [scale, bias, open, closed] = self.vectors(work, fixed, width);
                self.each("elements", rows * width, &[x, scale, bias, open, closed, y, long, wide])
            }
            (Work::BlockSwitch { block, vectors }, _) => {
                let [open, closed] = self.block_vectors(*block, *vectors, width);
                let block = Whole(*block as i32);
                self.each("block_switch", rows * width, &[x, open, closed, y, long, wide, block])
            }
            (Work::Dense(Readout { weight, bias, .. }), _) => {
                if let Some(bias) = bias {
                    let bias = self.device.part(&self.theta, *bias, width);
                    self.each("fill", rows * width, &[bias, y, long, wide])?;
                }
                let inner = self.width(from);
                let weight = self.device.part(&self.theta, *weight, width * inner);
                let (x, weight) = ((x, false), (weight, true));
                self.device.product::<T>((rows, inner, width), x, weight, y, bias.is_some())
            }
            (Work::Add, _) => {
                let count = rows * width;
                for (i, &value) in reads.iter().enumerate() {
                    let x = self.of(&self.values, value);
                    let add = Whole((i > 0).into());
                    self.each("copy", count, &[x, y, Long(count as i64), add])?;
                }
                Ok(())
            }
            (Work::Concat, _) => {
                let mut at = 0;
                for &value in reads {
                    let (x, own) = (self.of(&self.values, value), self.width(value));
                    let place = [Whole(own as i32), Whole(at as i32), wide];
                    self.each("concat", rows * own, &[&[x, y, long], &place[..]].concat())?;
                    at += own;
                }
                Ok(())
            }
            (Work::Move { .. }, _) => unreachable!("it has a table"),
        }
    }
}
