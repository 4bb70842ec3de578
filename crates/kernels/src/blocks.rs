//! The switch of blocks: each number chooses one of two vectors by the sign of its record.
//!
//! A register holds whole blocks of 4 or 8 numbers, several side by side. What a block's number `j` adds to all numbers
//! of its block is one product then: the number spread over its block, times the vectors that `j` chose. Vectors, and
//! the sums on the way back, are arranged for that in a strip of columns at a time, which stays in the first cache.
//! Other blocks are taken one by one.

use crate::number::Number;
use crate::path::{Kernel, Path, run_registers};
use crate::vector::Vector;
use std::hint::select_unpredictable;
use std::ops::Range;

/// `y_i = Σ_j x_j w_ji` over the `j` of the block of `i`, where `w_j` is `open_j` if `z_j > 0` and `closed_j` elsewhere.
///
/// The bits are the same on every instruction set: each output is a sum in the order of `j`.
///
/// ```
/// let switch = switchnet_kernels::BlockSwitch {
///     open: &[1.0, 2.0, 3.0, 4.0], // (1, 2) and (3, 4)
///     closed: &[5.0, 6.0, 7.0, 8.0],
///     block: 2,
/// };
/// let (x, mut y) = ([10.0, -1.0], Vec::new());
/// switch.apply_to(&x, &x, &mut y);
/// assert_eq!(y, [3.0, 12.0]); // 10·(1, 2) − (7, 8)
/// ```
#[derive(Clone, Copy, Debug)]
pub struct BlockSwitch<'a, T> {
    /// The vectors of `block` numbers, one for each number of a row.
    pub open: &'a [T],
    /// The others.
    pub closed: &'a [T],
    /// The length of a block.
    pub block: usize,
}

impl<T: Number> BlockSwitch<'_, T> {
    /// Appends to `out` the rows of `x` through the vectors that the rows of `z` choose, or the only row that `z` has.
    ///
    /// # Panics
    /// If lengths do not fit.
    pub fn apply_to(self, x: &[T], z: &[T], out: &mut Vec<T>) {
        T::switch_blocks(Path::chosen(), self, x, z, out);
    }

    /// The way back, in place: each `dy` becomes `dx_j = Σ_i dy_i w_ji`, and `Σ dy_i z_j` over the rows is added to the
    /// sums for the vectors that were chosen, unless they are empty.
    ///
    /// # Panics
    /// If lengths do not fit.
    pub fn pull(self, z: &[T], dy: &mut [T], sums: [&mut [T]; 2]) {
        T::pull_blocks(Path::chosen(), self, z, dy, sums);
    }

    /// The length of a row of `len` numbers, and how far the records of two rows are apart.
    #[track_caller]
    fn rows(self, len: usize, records: usize) -> (usize, usize) {
        let Self { open, closed, block } = self;
        let n = open.len() / block.max(1);
        let whole = open.len() == closed.len() && n > 0 && open.len() == n * block;
        assert!(whole && n.is_multiple_of(block), "block switch: expected vectors of whole blocks");
        let paired = len == 0 || records == len || records == n;
        assert!(
            len.is_multiple_of(n) && paired,
            "block switch: expected rows of {n} numbers, and as many records or one, found {len} and {records} numbers"
        );
        (n, if records == len { n } else { 0 })
    }
}

/// [`BlockSwitch::apply_to`].
pub(crate) fn forwards<T: Number>(
    path: Path,
    switch: BlockSwitch<'_, T>,
    x: &[T],
    z: &[T],
    out: &mut Vec<T>,
) {
    let (n, apart) = switch.rows(x.len(), z.len());
    out.reserve(x.len());
    let y = out.spare_capacity_mut().as_mut_ptr().cast();
    run_registers(path, Forwards { switch, n, x, z, apart, y });
    // SAFETY: there was room, and the kernel wrote as many numbers as there are in `x`.
    unsafe { out.set_len(out.len() + x.len()) };
}

/// [`BlockSwitch::pull`].
pub(crate) fn backwards<T: Number>(
    path: Path,
    switch: BlockSwitch<'_, T>,
    z: &[T],
    dy: &mut [T],
    sums: [&mut [T]; 2],
) {
    let (n, apart) = switch.rows(dy.len(), z.len());
    let wanted = sums.iter().any(|sum| !sum.is_empty());
    let fit =
        !wanted || (z.len() == dy.len() && sums.iter().all(|sum| sum.len() == switch.open.len()));
    assert!(fit, "block switch: expected sums for each vector, and a record for each row, or none");
    run_registers(path, Backwards { switch, n, z, apart, dy, sums });
}

/// The numbers of the vectors of a strip of columns, in each of four arrays: 16 KiB in single precision.
const STRIP: usize = 1024;

/// The rows that are taken at once. Where rows are a multiple of a page apart, a row that is read right after another
/// was written looks like the same place to the processor, and waits.
const ROWS: usize = 4;

/// The columns from `$first` on, by the largest tile that divides a block.
macro_rules! one_by_one {
    ($kernel:expr, $first:expr) => {
        match $kernel.switch.block {
            _ if $first == $kernel.n => {}
            block if block.is_multiple_of(16) => $kernel.one_by_one::<16>($first),
            block if block.is_multiple_of(4) => $kernel.one_by_one::<4>($first),
            _ => $kernel.one_by_one::<1>($first),
        }
    };
}

struct Forwards<'a, T> {
    switch: BlockSwitch<'a, T>,
    n: usize,
    x: &'a [T],
    z: &'a [T],
    apart: usize,
    /// Where the outputs go: as many as there are in `x`, which need no value yet.
    y: *mut T,
}

impl<T: Number> Kernel<T> for Forwards<'_, T> {
    #[inline(always)]
    fn run<V: Vector<Number = T>>(self) {
        let whole = match self.switch.block {
            4 if V::LANES >= 4 => self.registers::<V, 4>(),
            8 if V::LANES >= 8 => self.registers::<V, 8>(),
            _ => 0,
        };
        one_by_one!(self, whole);
    }
}

impl<T: Number> Forwards<'_, T> {
    /// The columns that are whole registers; how many they are.
    #[inline(always)]
    fn registers<V: Vector<Number = T>, const N: usize>(&self) -> usize {
        let (n, whole) = (self.n, self.n - self.n % V::LANES);
        let rows = self.x.len() / n;
        let mut strip = [[T::ZERO; STRIP]; 2];
        for start in (0..whole).step_by(STRIP / N) {
            let end = whole.min(start + STRIP / N);
            let [open, closed] = &mut strip;
            across::<T, V, N>(&self.switch.open[start * N..end * N], open);
            across::<T, V, N>(&self.switch.closed[start * N..end * N], closed);
            let many = rows - rows % ROWS;
            let own = self.apart > 0 && std::ptr::eq(self.x, self.z);
            for row in (0..many).step_by(ROWS) {
                match own {
                    true => self.strip::<V, N, ROWS, true>(row, start..end, &strip),
                    false => self.strip::<V, N, ROWS, false>(row, start..end, &strip),
                }
            }
            for row in many..rows {
                self.strip::<V, N, 1, false>(row, start..end, &strip);
            }
        }
        whole
    }

    /// `R` rows of a strip, each its own record if `OWN`.
    #[inline(always)]
    fn strip<V: Vector<Number = T>, const N: usize, const R: usize, const OWN: bool>(
        &self,
        row: usize,
        columns: Range<usize>,
        [open, closed]: &[[T; STRIP]; 2],
    ) {
        let zeros = V::splat(T::ZERO);
        for column in columns.clone().step_by(V::LANES) {
            let (mut x, mut z, mut sums) = ([zeros; R], [zeros; R], [zeros; R]);
            let vectors = (column - columns.start) * N;
            // SAFETY: the rows have a register there, and so have their records and the strip.
            unsafe {
                for r in 0..R {
                    x[r] = V::load(self.x.as_ptr().add((row + r) * self.n + column));
                    if !OWN {
                        z[r] = V::load(self.z.as_ptr().add((row + r) * self.apart + column));
                    }
                }
                for j in 0..N {
                    let open = V::load(open.as_ptr().add(vectors + j * V::LANES));
                    let closed = V::load(closed.as_ptr().add(vectors + j * V::LANES));
                    for r in 0..R {
                        let number = x[r].spread::<N>(j);
                        let record = if OWN { number } else { z[r].spread::<N>(j) };
                        sums[r] = sums[r].add(number.mul(record.pick(open, closed)));
                    }
                }
                for (r, sum) in sums.into_iter().enumerate() {
                    sum.store(self.y.add((row + r) * self.n + column));
                }
            }
        }
    }

    /// The columns from `first` on, `N` sums at a time.
    #[inline(always)]
    fn one_by_one<const N: usize>(self, first: usize) {
        let Self { switch: BlockSwitch { open, closed, block }, n, x, z, apart, y } = self;
        let tiles = block / N;
        let [open, closed] = [open, closed].map(|v| v[first * block..].as_chunks::<N>().0);
        for (row, x) in x.chunks_exact(n).enumerate() {
            let z = &z[row * apart..][first..n];
            let inputs = x[first..].chunks_exact(block).zip(z.chunks_exact(block));
            let vectors = open.chunks_exact(block * tiles).zip(closed.chunks_exact(block * tiles));
            let mut place = row * n + first;
            for ((x, z), (open, closed)) in inputs.zip(vectors) {
                for tile in 0..tiles {
                    let mut sums = [T::ZERO; N];
                    for (j, (&x, &z)) in x.iter().zip(z).enumerate() {
                        let side = select_unpredictable(z > T::ZERO, open, closed);
                        for (sum, &w) in sums.iter_mut().zip(&side[j * tiles + tile]) {
                            *sum += x * w;
                        }
                    }
                    // SAFETY: the row has `N` numbers there.
                    unsafe { y.add(place).cast::<[T; N]>().write(sums) };
                    place += N;
                }
            }
        }
    }
}

struct Backwards<'a, T> {
    switch: BlockSwitch<'a, T>,
    n: usize,
    z: &'a [T],
    apart: usize,
    dy: &'a mut [T],
    sums: [&'a mut [T]; 2],
}

impl<T: Number> Kernel<T> for Backwards<'_, T> {
    #[inline(always)]
    fn run<V: Vector<Number = T>>(mut self) {
        let wanted = !self.sums[0].is_empty();
        let whole = match (self.switch.block, wanted) {
            (4, true) if V::LANES >= 4 => self.registers::<V, 4, true>(),
            (4, false) if V::LANES >= 4 => self.registers::<V, 4, false>(),
            (8, true) if V::LANES >= 8 => self.registers::<V, 8, true>(),
            (8, false) if V::LANES >= 8 => self.registers::<V, 8, false>(),
            _ => 0,
        };
        one_by_one!(self, whole);
    }
}

impl<T: Number> Backwards<'_, T> {
    /// The columns that are whole registers; how many they are.
    #[inline(always)]
    fn registers<V: Vector<Number = T>, const N: usize, const SUMS: bool>(&mut self) -> usize {
        let (n, whole) = (self.n, self.n - self.n % V::LANES);
        let rows = self.dy.len() / n;
        let (mut strip, mut sums) = ([[T::ZERO; STRIP]; 2], [[T::ZERO; STRIP]; 2]);
        for start in (0..whole).step_by(STRIP / N) {
            let end = whole.min(start + STRIP / N);
            let place = start * N..end * N;
            along::<T, V, N>(&self.switch.open[place.clone()], &mut strip[0]);
            along::<T, V, N>(&self.switch.closed[place.clone()], &mut strip[1]);
            if SUMS {
                along::<T, V, N>(&self.sums[0][place.clone()], &mut sums[0]);
                along::<T, V, N>(&self.sums[1][place.clone()], &mut sums[1]);
            }
            let many = rows - rows % ROWS;
            for row in (0..many).step_by(ROWS) {
                self.strip::<V, N, SUMS, ROWS>(row, start..end, &strip, &mut sums);
            }
            for row in many..rows {
                self.strip::<V, N, SUMS, 1>(row, start..end, &strip, &mut sums);
            }
            if SUMS {
                back_along::<T, V, N>(&sums[0], &mut self.sums[0][place.clone()]);
                back_along::<T, V, N>(&sums[1], &mut self.sums[1][place]);
            }
        }
        whole
    }

    /// `R` rows of a strip.
    #[inline(always)]
    fn strip<V: Vector<Number = T>, const N: usize, const SUMS: bool, const R: usize>(
        &mut self,
        row: usize,
        columns: Range<usize>,
        [open, closed]: &[[T; STRIP]; 2],
        [for_open, for_closed]: &mut [[T; STRIP]; 2],
    ) {
        let zeros = V::splat(T::ZERO);
        for column in columns.clone().step_by(V::LANES) {
            let (mut z, mut dy, mut parts) = ([zeros; R], [zeros; R], [[zeros; R]; N]);
            let vectors = (column - columns.start) * N;
            // SAFETY: the rows have a register there, and so have their records and the strip.
            unsafe {
                for r in 0..R {
                    z[r] = V::load(self.z.as_ptr().add((row + r) * self.apart + column));
                    dy[r] = V::load(self.dy.as_ptr().add((row + r) * self.n + column));
                }
                for (k, part) in parts.iter_mut().enumerate() {
                    let place = vectors + k * V::LANES;
                    let open = V::load(open.as_ptr().add(place));
                    let closed = V::load(closed.as_ptr().add(place));
                    let for_open = for_open.as_mut_ptr().add(place);
                    let for_closed = for_closed.as_mut_ptr().add(place);
                    let (mut a, mut b) = (zeros, zeros);
                    if SUMS {
                        (a, b) = (V::load(for_open), V::load(for_closed));
                    }
                    for r in 0..R {
                        let dy = dy[r].spread::<N>(k);
                        part[r] = dy.mul(z[r].pick(open, closed));
                        if SUMS {
                            let product = z[r].mul(dy);
                            [a, b] = z[r].add_apart(product, [a, b]);
                        }
                    }
                    if SUMS {
                        a.store(for_open);
                        b.store(for_closed);
                    }
                }
                let mut half = N / 2;
                while half > 0 {
                    let (low, high) = parts.split_at_mut(half);
                    for (low, high) in low.iter_mut().zip(high) {
                        for (low, high) in low.iter_mut().zip(high) {
                            *low = low.add(*high);
                        }
                    }
                    half /= 2;
                }
                for (r, sum) in parts[0].into_iter().enumerate() {
                    // As if each part had begun at zero: a sum of negative zeros is zero.
                    let place = (row + r) * self.n + column;
                    zeros.add(sum).store(self.dy.as_mut_ptr().add(place));
                }
            }
        }
    }

    /// The columns from `first` on: each number in `N` parts, and as many numbers of the sums at a time.
    #[inline(always)]
    fn one_by_one<const N: usize>(self, first: usize) {
        let Self { switch: BlockSwitch { open, closed, block }, n, z, apart, dy, sums } = self;
        let tiles = block / N;
        let [open, closed] = [open, closed].map(|v| v[first * block..].as_chunks::<N>().0);
        let [for_open, for_closed] =
            sums.map(|v| if v.is_empty() { v } else { &mut v[first * block..] });
        let for_open = for_open.as_chunks_mut::<N>().0;
        let for_closed = for_closed.as_chunks_mut::<N>().0;
        let mut block_of_dy = vec![T::ZERO; block];
        for (row, dy) in dy.chunks_exact_mut(n).enumerate() {
            let z = &z[row * apart..][first..n];
            let mut start = 0;
            for (dx, z) in dy[first..].chunks_exact_mut(block).zip(z.chunks_exact(block)) {
                block_of_dy.copy_from_slice(dx);
                let dy = block_of_dy.as_chunks::<N>().0;
                for (dx, &z) in dx.iter_mut().zip(z) {
                    let is_open = z > T::ZERO;
                    let side = select_unpredictable(is_open, open, closed);
                    let mut parts = [T::ZERO; N];
                    for (vector, dy) in side[start..start + tiles].iter().zip(dy) {
                        for ((part, &w), &dy) in parts.iter_mut().zip(vector).zip(dy) {
                            *part += dy * w;
                        }
                    }
                    *dx = total(parts);
                    if !for_open.is_empty() {
                        let sums = if is_open { &mut *for_open } else { &mut *for_closed };
                        for (sums, dy) in sums[start..start + tiles].iter_mut().zip(dy) {
                            for (sum, &dy) in sums.iter_mut().zip(dy) {
                                *sum += z * dy;
                            }
                        }
                    }
                    start += tiles;
                }
            }
        }
    }
}

/// Of each register of columns: for each number `j` of a block, the vectors of its blocks side by side.
#[inline(always)]
fn across<T: Number, V: Vector<Number = T>, const N: usize>(vectors: &[T], to: &mut [T; STRIP]) {
    let registers = vectors.chunks_exact(V::LANES * N).zip(to.chunks_exact_mut(V::LANES * N));
    for (vectors, to) in registers {
        for (i, vector) in vectors.as_chunks::<N>().0.iter().enumerate() {
            let (block, j) = (i / N, i % N);
            to[j * V::LANES + block * N..][..N].copy_from_slice(vector);
        }
    }
}

/// Of each register of columns: for each place `k` in a block, the numbers there of all its vectors.
#[inline(always)]
fn along<T: Number, V: Vector<Number = T>, const N: usize>(vectors: &[T], to: &mut [T; STRIP]) {
    let registers = vectors.chunks_exact(V::LANES * N).zip(to.chunks_exact_mut(V::LANES * N));
    for (vectors, to) in registers {
        for i in (0..V::LANES).step_by(4) {
            for k in (0..N).step_by(4) {
                let (from, to) = (&vectors[i * N + k..], &mut to[k * V::LANES + i..]);
                // SAFETY: four numbers stand at each of four vectors, and have room at each of four places.
                unsafe { T::transpose(from.as_ptr(), N, to.as_mut_ptr(), V::LANES) };
            }
        }
    }
}

/// The way back of [`along`].
#[inline(always)]
fn back_along<T: Number, V: Vector<Number = T>, const N: usize>(
    from: &[T; STRIP],
    vectors: &mut [T],
) {
    let registers = vectors.chunks_exact_mut(V::LANES * N).zip(from.chunks_exact(V::LANES * N));
    for (vectors, from) in registers {
        for i in (0..V::LANES).step_by(4) {
            for k in (0..N).step_by(4) {
                let (from, to) = (&from[k * V::LANES + i..], &mut vectors[i * N + k..]);
                // SAFETY: as for the way there.
                unsafe { T::transpose(from.as_ptr(), V::LANES, to.as_mut_ptr(), N) };
            }
        }
    }
}

/// The sum of the parts, added in halves: one after the other, each would wait for the one before.
#[inline(always)]
fn total<T: Number, const N: usize>(mut parts: [T; N]) -> T {
    let mut half = N / 2;
    while half > 0 {
        let (low, high) = parts.split_at_mut(half);
        for (low, &high) in low.iter_mut().zip(&*high) {
            *low += high;
        }
        half /= 2;
    }
    parts[0]
}
