//! What steps are made of: numbers that are fixed, and places of those that are learned.

use super::Passes;
use crate::device::{Argument, Device, Number};
use crate::steps::{Vector, Work};
use Argument::Pointer;
use cudarc::driver::CudaSlice;
use switchnet::Result;

/// What is fixed of a step.
#[derive(Debug)]
pub(super) enum Fixed<T> {
    Nothing,
    /// Where numbers come from; and the other way round, where the places begin to which each goes, and these.
    Table([CudaSlice<i32>; 3]),
    /// Scale, bias, open and closed slopes, if they are not learned.
    Vectors([Option<CudaSlice<T>>; 4]),
}

impl<T: Number> Fixed<T> {
    /// What is fixed of a step that reads a value of this width.
    pub(super) fn new(device: &Device, work: &Work<T>, width: usize) -> Result<Self> {
        Ok(match work {
            Work::Move { from, signs } => {
                let place = |i: usize, sign: bool| 2 * i as i32 + i32::from(sign);
                let mut table = Vec::with_capacity(from.len());
                let mut back = vec![Vec::new(); width];
                for (i, (from, &sign)) in from.iter().zip(signs).enumerate() {
                    table.push(from.map_or(-1, |from| place(from, sign)));
                    if let Some(from) = *from {
                        back[from].push(place(i, sign));
                    }
                }
                let mut first = vec![0];
                back.iter().for_each(|all| first.push(first[first.len() - 1] + all.len() as i32));
                let mut back = back.concat();
                back.push(-1); // nothing is no buffer
                let [table, first, back] = [table, first, back].map(|all| device.upload(&all));
                Self::Table([table?, first?, back?])
            }
            Work::Elements { .. } => {
                let [scale, bias, open, closed] = work.vectors().map(|vector| match vector {
                    Some(Vector::Fixed(values)) => device.upload(values).map(Some),
                    _ => Ok(None),
                });
                Self::Vectors([scale?, bias?, open?, closed?])
            }
            _ => Self::Nothing,
        })
    }
}

impl<T: Number> Passes<T> {
    /// Scale, bias and slopes of elements.
    pub(super) fn vectors(&self, work: &Work<T>, fixed: &Fixed<T>, width: usize) -> [Argument; 4] {
        let Fixed::Vectors(fixed) = fixed else { unreachable!("elements have vectors") };
        let mut fixed = fixed.iter();
        work.vectors().map(|vector| match (vector, fixed.next()) {
            (Some(Vector::Learned(first)), _) => self.device.part(&self.theta, *first, width),
            (_, Some(Some(values))) => self.device.part(values, 0, width),
            _ => Pointer(0),
        })
    }

    /// The open and the closed vectors of block switches.
    pub(super) fn block_vectors(
        &self,
        block: usize,
        vectors: [usize; 2],
        width: usize,
    ) -> [Argument; 2] {
        vectors.map(|first| self.device.part(&self.theta, first, width * block))
    }
}
