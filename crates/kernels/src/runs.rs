//! Sums of products of runs of numbers: the loops of a convolution.
//!
//! A tile of sums stays in registers while the numbers are multiplied into it, so that each number
//! loaded is used several times. Products are fused with additions where the processor can.

use crate::number::Number;
use crate::path::{Kernel, Path, run_registers};
use crate::vector::Vector;

/// How many sums over the same runs are formed together.
pub const BLOCK: usize = 8;

/// The length of a run is a multiple of this: whole registers on every path.
pub const STEP: usize = 16;

/// Runs of numbers of one length, which start at `offsets` in `values`. They may overlap.
///
/// ```
/// use switchnet_kernels::{BLOCK, Runs, STEP};
/// // Differences of neighbors: each number of the run, and the one behind it with weight −1.
/// let values: Vec<f32> = (0..=STEP).map(|i| (i * i) as f32).collect();
/// let runs = Runs { values: &values, offsets: &[0, 1] };
/// let mut weights = [0.0; 2 * BLOCK];
/// (weights[0], weights[BLOCK]) = (1.0, -1.0);
/// let mut out = [0.0; BLOCK * STEP];
/// runs.combine(&weights, &[0.0], &mut out);
/// assert_eq!(out[..3], [-1.0, -3.0, -5.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Runs<'a, T> {
    /// What the runs are taken from.
    pub values: &'a [T],
    /// Where each of them starts.
    pub offsets: &'a [usize],
}

impl<T: Number> Runs<'_, T> {
    /// `out[f] = start[f] + Σ_k weights[k][f]·run[k]`, for [`BLOCK`] runs `out`, one behind the other.
    /// If there are fewer numbers to start from, the other runs are left as they come.
    ///
    /// # Panics
    /// If the lengths do not fit.
    pub fn combine(self, weights: &[T], start: &[T], out: &mut [T]) {
        T::combine(Path::chosen(), self, weights, start, out);
    }

    /// The same on a path of choice.
    pub(crate) fn combine_on(path: Path, runs: Self, weights: &[T], start: &[T], out: &mut [T]) {
        let len = out.len() / BLOCK;
        assert!(out.len().is_multiple_of(BLOCK * STEP) && runs.has(len), "runs of {len} numbers");
        assert!(start.len() <= BLOCK && weights.len() == BLOCK * runs.offsets.len(), "weights");
        let filled = std::array::from_fn(|f| start.get(f).copied().unwrap_or(T::ZERO));
        run_registers(path, Combine { runs, weights, start: filled, count: start.len(), out });
    }

    /// `sums[k][f] += Σ_q run[k][q]·others[f][q]`, for [`BLOCK`] runs `others`. Each sum is left in
    /// [`STEP`] parts, which the caller adds up when no more products come.
    ///
    /// # Panics
    /// If the lengths do not fit.
    pub fn correlate(self, others: Runs<'_, T>, len: usize, sums: &mut [T]) {
        T::correlate(Path::chosen(), self, others, len, sums);
    }

    /// The same on a path of choice.
    pub(crate) fn correlate_on(
        path: Path,
        runs: Self,
        others: Runs<'_, T>,
        len: usize,
        sums: &mut [T],
    ) {
        assert!(len.is_multiple_of(STEP) && runs.has(len) && others.has(len), "runs of {len}");
        assert!(others.offsets.len() == BLOCK, "expected {BLOCK} others");
        assert!(sums.len() == runs.offsets.len() * BLOCK * STEP, "{} parts of sums", sums.len());
        run_registers(path, Correlate { runs, others, len, sums });
    }

    /// Whether `len` numbers follow each offset.
    fn has(&self, len: usize) -> bool {
        let fits = |end: usize| end <= self.values.len();
        self.offsets.iter().all(|offset| offset.checked_add(len).is_some_and(fits))
    }
}

struct Combine<'a, T> {
    runs: Runs<'a, T>,
    weights: &'a [T],
    start: [T; BLOCK],
    count: usize,
    out: &'a mut [T],
}

impl<T: Number> Kernel<T> for Combine<'_, T> {
    #[inline(always)]
    fn run<V: Vector<Number = T>>(self) {
        // Sums, the numbers they share and one weight fill the registers there are.
        match (V::RADIX, self.count) {
            (4, 1) => self.tiles::<V, 1, 4>(),
            (_, 1) => self.tiles::<V, 1, 8>(),
            (16, 5..) => self.tiles::<V, 8, 3>(),
            (4, _) => self.tiles::<V, 4, 1>(),
            // Three registers of each would leave none for the weight that is read ahead.
            (8, _) => self.tiles::<V, 4, 2>(),
            _ => self.tiles::<V, 4, 3>(),
        }
    }
}

impl<T: Number> Combine<'_, T> {
    #[inline(always)]
    fn tiles<V: Vector<Number = T>, const F: usize, const R: usize>(mut self) {
        let len = self.out.len() / BLOCK;
        for first in (0..self.count).step_by(F) {
            let mut q = 0;
            while q + R * V::LANES <= len {
                // SAFETY: a tile begins and ends inside the runs, whose lengths were checked.
                unsafe { self.tile::<V, F, R>(first, q) };
                q += R * V::LANES;
            }
            while q < len {
                // SAFETY: as above.
                unsafe { self.tile::<V, F, 1>(first, q) };
                q += V::LANES;
            }
        }
    }

    /// `F` runs of `out` from the `first`, `R` registers of each from number `q`.
    ///
    /// # Safety
    /// They are there, and so are those of the runs.
    #[inline(always)]
    unsafe fn tile<V: Vector<Number = T>, const F: usize, const R: usize>(
        &mut self,
        first: usize,
        q: usize,
    ) {
        let mut sums = [[V::splat(T::ZERO); R]; F];
        for (f, sums) in sums.iter_mut().enumerate() {
            let start = V::splat(self.start[first + f]);
            for sum in sums {
                *sum = start;
            }
        }
        // SAFETY: there are `BLOCK` weights for each run; for the rest, the caller.
        unsafe {
            for (weights, offset) in
                self.weights.as_chunks::<BLOCK>().0.iter().zip(self.runs.offsets)
            {
                let weights = weights.as_ptr().add(first);
                let from = self.runs.values.as_ptr().add(offset + q);
                let mut x = [V::splat(T::ZERO); R];
                for (r, x) in x.iter_mut().enumerate() {
                    *x = V::load(from.add(r * V::LANES));
                }
                for (f, sums) in sums.iter_mut().enumerate() {
                    let weight = V::splat(*weights.add(f));
                    for (sum, x) in sums.iter_mut().zip(x) {
                        *sum = x.mul_add(weight, *sum);
                    }
                }
            }
            let len = self.out.len() / BLOCK;
            for (f, sums) in sums.into_iter().enumerate() {
                let to = self.out.as_mut_ptr().add((first + f) * len + q);
                for (r, sum) in sums.into_iter().enumerate() {
                    sum.store(to.add(r * V::LANES));
                }
            }
        }
    }
}

struct Correlate<'a, T> {
    runs: Runs<'a, T>,
    others: Runs<'a, T>,
    len: usize,
    sums: &'a mut [T],
}

impl<T: Number> Kernel<T> for Correlate<'_, T> {
    #[inline(always)]
    fn run<V: Vector<Number = T>>(self) {
        match V::RADIX {
            16 => self.tiles::<V, 8, 3>(),
            8 => self.tiles::<V, 4, 3>(),
            _ => self.tiles::<V, 4, 1>(),
        }
    }
}

impl<T: Number> Correlate<'_, T> {
    #[inline(always)]
    fn tiles<V: Vector<Number = T>, const F: usize, const R: usize>(mut self) {
        let count = self.runs.offsets.len();
        for first in (0..BLOCK).step_by(F) {
            let mut k = 0;
            while k + R <= count {
                // SAFETY: a tile takes runs and sums that are there, as was checked.
                unsafe { self.tile::<V, F, R>(first, k) };
                k += R;
            }
            while k < count {
                // SAFETY: as above.
                unsafe { self.tile::<V, F, 1>(first, k) };
                k += 1;
            }
        }
    }

    /// The sums over `F` of the others from the `first` and `R` of the runs from the `k`-th.
    ///
    /// # Safety
    /// They are there.
    #[inline(always)]
    unsafe fn tile<V: Vector<Number = T>, const F: usize, const R: usize>(
        &mut self,
        first: usize,
        k: usize,
    ) {
        let mut from = [std::ptr::null(); R];
        let mut others = [std::ptr::null(); F];
        let mut sums = [[V::splat(T::ZERO); F]; R];
        // SAFETY: the caller says that runs and sums are there.
        unsafe {
            for (r, from) in from.iter_mut().enumerate() {
                *from = self.runs.values.as_ptr().add(self.runs.offsets[k + r]);
            }
            for (f, other) in others.iter_mut().enumerate() {
                *other = self.others.values.as_ptr().add(self.others.offsets[first + f]);
            }
            let place = self.sums.as_mut_ptr().add((k * BLOCK + first) * STEP);
            for (r, sums) in sums.iter_mut().enumerate() {
                for (f, sum) in sums.iter_mut().enumerate() {
                    *sum = V::load(place.add((r * BLOCK + f) * STEP));
                }
            }
            for q in (0..self.len).step_by(V::LANES) {
                let mut x = [V::splat(T::ZERO); R];
                for (x, from) in x.iter_mut().zip(from) {
                    *x = V::load(from.add(q));
                }
                for (f, other) in others.into_iter().enumerate() {
                    let y = V::load(other.add(q));
                    for (sums, x) in sums.iter_mut().zip(x) {
                        sums[f] = x.mul_add(y, sums[f]);
                    }
                }
            }
            for (r, sums) in sums.into_iter().enumerate() {
                for (f, sum) in sums.into_iter().enumerate() {
                    sum.store(place.add((r * BLOCK + f) * STEP));
                }
            }
        }
    }
}
