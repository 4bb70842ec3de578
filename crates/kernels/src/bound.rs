//! What the processor can do at most: additions in registers, and one sweep over memory.

use crate::number::Number;
use crate::path::{Kernel, Path, run_registers};
use crate::vector::Vector;
use std::hint::black_box;

/// How many registers are added to in turn: more than an addition has steps, so that none waits.
const CHAINS: usize = 12;

/// Adds `rounds` times to each of a few independent registers. Returns how many numbers were added: what the
/// processor can do at most in the time this takes.
pub fn additions<T: Number>(path: Path, rounds: usize) -> usize {
    T::additions(path, rounds)
}

/// Multiplies each whole register of `rows` by `factor`: the least that a pass over memory in place can be.
pub fn scale<T: Number>(rows: &mut [T], factor: T) {
    T::scale(rows, factor);
}

/// [`additions`].
pub(crate) fn additions_on<T: Number>(path: Path, rounds: usize) -> usize {
    let mut lanes = 0;
    run_registers(path, Additions::<T> { rounds, one: black_box(T::ONE), lanes: &mut lanes });
    CHAINS * rounds * lanes
}

struct Additions<'a, T> {
    rounds: usize,
    one: T,
    lanes: &'a mut usize,
}

impl<T: Number> Kernel<T> for Additions<'_, T> {
    #[inline(always)]
    fn run<V: Vector<Number = T>>(self) {
        *self.lanes = V::LANES;
        let one = V::splat(self.one);
        // Twelve variables and no array, which the compiler might keep in memory.
        let (mut a, mut b, mut c, mut d, mut e, mut f) = (one, one, one, one, one, one);
        let (mut g, mut h, mut i, mut j, mut k, mut l) = (one, one, one, one, one, one);
        for _ in 0..self.rounds {
            (a, b, c, d) = (a.add(one), b.add(one), c.add(one), d.add(one));
            (e, f, g, h) = (e.add(one), f.add(one), g.add(one), h.add(one));
            (i, j, k, l) = (i.add(one), j.add(one), k.add(one), l.add(one));
        }
        let sum = a.add(b).add(c.add(d)).add(e.add(f).add(g.add(h))).add(i.add(j).add(k.add(l)));
        let mut out = [self.one; 16];
        // SAFETY: no register holds more than sixteen numbers.
        unsafe { sum.store(out.as_mut_ptr()) };
        black_box(out);
    }
}

/// [`scale`].
pub(crate) fn scale_in_place<T: Number>(rows: &mut [T], factor: T) {
    run_registers(Path::chosen(), Scale { rows, factor });
}

struct Scale<'a, T> {
    rows: &'a mut [T],
    factor: T,
}

impl<T: Number> Kernel<T> for Scale<'_, T> {
    #[inline(always)]
    fn run<V: Vector<Number = T>>(self) {
        let factor = V::splat(self.factor);
        for block in self.rows.chunks_exact_mut(V::LANES) {
            // SAFETY: a block is a register.
            unsafe { V::load(block.as_ptr()).mul(factor).store(block.as_mut_ptr()) };
        }
    }
}
