//! What is done to a register before the first butterfly of a transform, and without one.
//!
//! Each form is compiled for every instruction set, and a transform is long. So it has three only, and a vector
//! that is not there is read from a short constant which changes nothing, `x·1` or `x + (−0)`, to the last bit.

use crate::pointwise::Pointwise;
use crate::vector::{Registers, Vector};

/// What is done to each register on its way in.
pub(crate) trait Before<T>: Copy {
    /// How many registers the first sweep may hold at once beside what this needs.
    const REGISTERS: usize;

    /// The column of number `place` of the rows.
    fn column(self, place: usize) -> usize;

    /// The column `step` numbers behind `column`, if no row ends in between.
    fn next(self, column: usize, step: usize) -> usize;

    /// The same from `column` on, for [`SHORT`] numbers at most.
    fn at(self, column: usize) -> Self;

    /// The register `x`, which stands `offset` numbers behind [the column](Self::at), or its first `count`
    /// numbers if it is there in `PART`.
    ///
    /// # Safety
    /// The row has these numbers there.
    unsafe fn apply<V: Vector<Number = T>, const PART: bool>(
        self,
        x: V,
        offset: usize,
        count: usize,
    ) -> V;
}

/// Nothing.
impl<T> Before<T> for () {
    const REGISTERS: usize = 16;

    #[inline(always)]
    fn column(self, _place: usize) -> usize {
        0
    }

    #[inline(always)]
    fn next(self, _column: usize, _step: usize) -> usize {
        0
    }

    #[inline(always)]
    fn at(self, _column: usize) -> Self {}

    #[inline(always)]
    unsafe fn apply<V: Vector<Number = T>, const PART: bool>(
        self,
        x: V,
        _offset: usize,
        _count: usize,
    ) -> V {
        x
    }
}

/// Numbers that a leaf takes at most: eight registers of sixteen.
pub(crate) const SHORT: usize = 128;

/// One of the vectors, or the constant in its place.
#[derive(Clone, Copy)]
pub(crate) struct Values<T> {
    start: *const T,
    /// All ones, or zero for a constant, which has no columns.
    mask: usize,
}

impl<T> Values<T> {
    pub(crate) fn new(vector: Option<&[T]>, otherwise: &'static [T; SHORT]) -> Self {
        match vector {
            Some(vector) => Self { start: vector.as_ptr(), mask: usize::MAX },
            None => Self { start: otherwise.as_ptr(), mask: 0 },
        }
    }

    /// The same from `column` on.
    #[inline(always)]
    pub(crate) fn at(self, column: usize) -> Self {
        Self { start: self.start.wrapping_add(column & self.mask), mask: self.mask }
    }

    /// A register `offset` numbers on, or the first `count` numbers of one if it is in `PART`.
    ///
    /// # Safety
    /// They stand there.
    #[inline(always)]
    pub(crate) unsafe fn load<V: Vector<Number = T>, const PART: bool>(
        self,
        offset: usize,
        count: usize,
    ) -> V {
        // SAFETY: as the caller says.
        unsafe { load::<V, PART>(self.start.add(offset), count) }
    }
}

/// A register, or the first `count` numbers of one if it is there in `PART`.
///
/// # Safety
/// They can be read at `from`.
#[inline(always)]
pub(crate) unsafe fn load<V: Vector, const PART: bool>(from: *const V::Number, count: usize) -> V {
    // SAFETY: as the caller says.
    unsafe { if PART { V::load_first(from, count) } else { V::load(from) } }
}

/// The way back.
///
/// # Safety
/// They can be written at `to`.
#[inline(always)]
pub(crate) unsafe fn store<V: Vector, const PART: bool>(x: V, to: *mut V::Number, count: usize) {
    // SAFETY: as the caller says.
    unsafe { if PART { x.store_first(to, count) } else { x.store(to) } }
}

/// `s(d x + b)`; whether there are `d`, `b` and `s` is known when it is compiled.
#[derive(Clone, Copy)]
pub(crate) struct Form<T, const SCALE: bool, const BIAS: bool, const SWITCH: bool> {
    /// The length of a row.
    width: usize,
    scale: Values<T>,
    bias: Values<T>,
    slopes: [Values<T>; 2],
}

impl<T: Registers, const SCALE: bool, const BIAS: bool, const SWITCH: bool>
    Form<T, SCALE, BIAS, SWITCH>
{
    /// `pointwise`, whose vectors have `width` numbers. The form must have all that it has; what the form has
    /// besides is a constant.
    pub(crate) fn new(pointwise: Pointwise<'_, T>, width: usize) -> Self {
        let Pointwise { scale, bias, switch } = pointwise;
        let [open, closed] = switch.map_or([None; 2], |slopes| slopes.map(Some));
        Self {
            width,
            scale: Values::new(scale, T::ONES),
            bias: Values::new(bias, T::MINUS_ZEROS),
            slopes: [open, closed].map(|slopes| Values::new(slopes, T::ONES)),
        }
    }
}

impl<T: Registers, const SCALE: bool, const BIAS: bool, const SWITCH: bool> Before<T>
    for Form<T, SCALE, BIAS, SWITCH>
{
    const REGISTERS: usize = 8;

    #[inline(always)]
    fn column(self, place: usize) -> usize {
        place % self.width
    }

    #[inline(always)]
    fn next(self, column: usize, step: usize) -> usize {
        if column + step == self.width { 0 } else { column + step }
    }

    #[inline(always)]
    fn at(self, column: usize) -> Self {
        let [open, closed] = self.slopes;
        Self {
            width: self.width,
            scale: self.scale.at(column),
            bias: self.bias.at(column),
            slopes: [open.at(column), closed.at(column)],
        }
    }

    #[inline(always)]
    unsafe fn apply<V: Vector<Number = T>, const PART: bool>(
        self,
        mut x: V,
        offset: usize,
        count: usize,
    ) -> V {
        let [open, closed] = self.slopes;
        // SAFETY: the vectors are as long as a row, and the caller says that the numbers are there.
        unsafe {
            if SCALE {
                x = x.mul(self.scale.load::<V, PART>(offset, count));
            }
            if BIAS {
                x = x.add(self.bias.load::<V, PART>(offset, count));
            }
            if SWITCH {
                let open = open.load::<V, PART>(offset, count);
                x = x.mul(x.pick(open, closed.load::<V, PART>(offset, count)));
            }
        }
        x
    }
}
