//! A scale, a bias and a switch for each number of a row.

use super::hadamard::Before;
use super::path::{Kernel, Path, run_registers};
use super::vector::{Registers, Vector};
use crate::scalar::Scalar;

/// `y = s(d x + b)`, where `s(z)` is `open·z` if `z > 0` and `closed·z` elsewhere; what is not there is
/// left out. All vectors have the length of a row.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pointwise<'a, T> {
    /// `d`.
    pub scale: Option<&'a [T]>,
    /// `b`.
    pub bias: Option<&'a [T]>,
    /// `open` and `closed`.
    pub switch: Option<[&'a [T]; 2]>,
    /// Which of the two are parameters.
    pub learned: [bool; 2],
}

impl<'a, T: Scalar> Pointwise<'a, T> {
    /// This and then `next` as one, if that has the form of one.
    pub fn then(self, next: Self) -> Option<Self> {
        let one =
            self.switch.is_none() && next.scale.is_none() && self.bias.xor(next.bias).is_some();
        let plain = next.scale.is_none() && next.bias.is_none() && self.switch.is_none();
        (one || plain).then(|| Self {
            scale: self.scale,
            bias: self.bias.or(next.bias),
            switch: next.switch,
            learned: next.learned,
        })
    }

    /// Applies it to each row.
    ///
    /// # Panics
    /// If the vectors differ in length, or `rows` are not whole rows of that length.
    pub fn apply(self, rows: &mut [T]) {
        T::pointwise(self, rows);
    }

    /// The length of a row, if anything is done to it.
    pub(crate) fn len(&self) -> Option<usize> {
        let [open, closed] = self.switch.map_or([None; 2], |slopes| slopes.map(Some));
        let mut lengths =
            [self.scale, self.bias, open, closed].into_iter().flatten().map(<[T]>::len);
        let n = lengths.next()?;
        assert!(lengths.all(|len| len == n), "pointwise: vectors of different lengths");
        Some(n)
    }
}

/// [`Pointwise::apply`].
pub(super) fn in_place<T: Scalar>(pointwise: Pointwise<'_, T>, rows: &mut [T]) {
    let Some(n) = pointwise.len() else { return };
    assert!(rows.len().is_multiple_of(n), "pointwise: rows of {n}, found {} numbers", rows.len());
    run_registers(Path::chosen(), InPlace { pointwise, rows, n });
}

struct InPlace<'a, T> {
    pointwise: Pointwise<'a, T>,
    rows: &'a mut [T],
    n: usize,
}

impl<T: Scalar + Registers> Kernel<T> for InPlace<'_, T> {
    #[inline(always)]
    fn run<V: Vector<Number = T>>(self) {
        let Pointwise { scale, bias, switch, .. } = self.pointwise;
        for row in self.rows.chunks_exact_mut(self.n) {
            let whole = self.n - self.n % V::LANES;
            let mut j = 0;
            while j < whole {
                // SAFETY: each vector is as long as a row, and `j` is a register before its end.
                unsafe {
                    let mut x = V::load(row.as_ptr().add(j));
                    if let Some(d) = scale {
                        x = x.mul(V::load(d.as_ptr().add(j)));
                    }
                    if let Some(b) = bias {
                        x = x.add(V::load(b.as_ptr().add(j)));
                    }
                    if let Some([open, closed]) = switch {
                        let open = V::load(open.as_ptr().add(j));
                        x = x.mul(x.pick(open, V::load(closed.as_ptr().add(j))));
                    }
                    x.store(row.as_mut_ptr().add(j));
                }
                j += V::LANES;
            }
            for j in whole..self.n {
                let mut x = row[j];
                if let Some(d) = scale {
                    x *= d[j];
                }
                if let Some(b) = bias {
                    x += b[j];
                }
                if let Some([open, closed]) = switch {
                    x *= if x > T::zero() { open[j] } else { closed[j] };
                }
                row[j] = x;
            }
        }
    }
}

/// It, in front of a transform; whether there is a scale is known when it is compiled.
#[derive(Clone, Copy)]
pub(super) struct After<'a, T, const SCALE: bool> {
    pub scale: &'a [T],
    pub bias: &'a [T],
    pub slopes: [&'a [T]; 2],
}

impl<T: Scalar, const SCALE: bool> Before<T> for After<'_, T, SCALE> {
    const REGISTERS: usize = 8;

    #[inline(always)]
    unsafe fn apply<V: Vector<Number = T>>(self, mut x: V, _place: *mut T, column: usize) -> V {
        let [open, closed] = self.slopes;
        // A leaf runs over several rows where one leaf is a row.
        let column = column & (open.len() - 1);
        // SAFETY: the vectors are as long as a row, and the caller says that a register is there.
        unsafe {
            if SCALE {
                x = x.mul(V::load(self.scale.as_ptr().add(column)));
            }
            x = x.add(V::load(self.bias.as_ptr().add(column)));
            let open = V::load(open.as_ptr().add(column));
            x.mul(x.pick(open, V::load(closed.as_ptr().add(column))))
        }
    }
}

/// A bias and a switch in front of a transform that goes to another place; the inputs of the switch stay.
#[derive(Clone, Copy)]
pub(super) struct Keeping<'a, T> {
    pub bias: &'a [T],
    pub slopes: [&'a [T]; 2],
}

impl<T: Scalar> Before<T> for Keeping<'_, T> {
    const REGISTERS: usize = 8;

    #[inline(always)]
    unsafe fn apply<V: Vector<Number = T>>(self, x: V, place: *mut T, column: usize) -> V {
        let [open, closed] = self.slopes;
        let column = column & (self.bias.len() - 1);
        // SAFETY: as for `After`; the register came from `place`.
        unsafe {
            let z = x.add(V::load(self.bias.as_ptr().add(column)));
            z.store(place);
            let open = V::load(open.as_ptr().add(column));
            z.mul(z.pick(open, V::load(closed.as_ptr().add(column))))
        }
    }
}
