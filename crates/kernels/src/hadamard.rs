//! The Walsh–Hadamard transform: one body for every instruction set and both precisions.
//!
//! `log2 n` levels of butterflies, in any order, since they act on different bits of the index. They
//! are taken several at a time, so that a number is loaded and stored once for three or four levels:
//! first the levels inside a register together with the first few between registers, then passes
//! between runs further and further apart. Blocks that fit the first cache are finished before the
//! next is touched, and a pass between blocks follows as soon as its blocks are done.

use crate::before::{Before, Form};
use crate::number::Number;
use crate::path::{Kernel, Path, run_registers};
use crate::pointwise::Pointwise;
use crate::vector::Vector;

/// The orthonormal Walsh–Hadamard transform, in natural order, of each `n` numbers of `rows`, in place:
/// `y_i = Σ_j (−1)^popcount(i AND j) x_j / √n`. It is its own inverse.
///
/// The bits are the same on every instruction set.
///
/// # Panics
/// If `n` is no power of two, or `rows` are not whole rows of `n`.
///
/// ```
/// let mut x = [1.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 1.0];
/// switchnet_kernels::hadamard(&mut x, 4);
/// assert_eq!(x, [1.5, -0.5, -0.5, 1.5, 0.5, -0.5, -0.5, 0.5]);
/// ```
pub fn hadamard<T: Number>(rows: &mut [T], n: usize) {
    T::hadamard(Path::chosen(), rows, n);
}

/// [`hadamard`] on a path of choice.
///
/// # Panics
/// As [`hadamard`].
pub fn hadamard_on<T: Number>(path: Path, rows: &mut [T], n: usize) {
    T::hadamard(path, rows, n);
}

/// `x ← (I ⊗ H_n) p(x)` for each row: what is done to each number, and the transform of each `n` of them, in one
/// sweep where that is worth it. The bits are those of [`Pointwise::apply`] and then [`hadamard`].
///
/// A row is as long as the vectors of `before`, so it may be cut into several blocks of `n`.
///
/// # Panics
/// As [`Pointwise::apply`] and [`hadamard`], and if a row is not a whole number of blocks.
///
/// ```
/// use switchnet_kernels::{Pointwise, hadamard_after};
/// let relu = Pointwise { switch: Some([&[1.0; 6], &[0.0; 6]]), ..Pointwise::default() };
/// let mut x = [4.0, -1.0, 1.0, 1.0, 0.0, -2.0];
/// hadamard_after(relu, &mut x, 2);
/// assert_eq!(x.map(|v: f64| (v * v).round()), [8.0, 8.0, 2.0, 0.0, 0.0, 0.0]);
/// ```
pub fn hadamard_after<T: Number>(before: Pointwise<'_, T>, rows: &mut [T], n: usize) {
    T::hadamard_after(Path::chosen(), before, rows, n);
}

/// The same for the rows of `x`, which stay as they are; the results are appended to `out`.
///
/// # Panics
/// As [`hadamard_after`].
pub fn hadamard_of<T: Number>(before: Pointwise<'_, T>, x: &[T], n: usize, out: &mut Vec<T>) {
    T::hadamard_of(Path::chosen(), before, x, n, out);
}

/// [`hadamard_on`].
pub(crate) fn in_place<T: Number>(path: Path, rows: &mut [T], n: usize) {
    check(rows.len(), n);
    if n > 1 {
        let at = rows.as_mut_ptr();
        transform(path, Rows { from: at, to: at, len: rows.len(), n, before: () });
    }
}

/// [`hadamard_after`] on a path of choice.
pub(crate) fn in_place_after<T: Number>(
    path: Path,
    before: Pointwise<'_, T>,
    rows: &mut [T],
    n: usize,
) {
    let Some(width) = row(&before, rows.len(), n) else { return in_place(path, rows, n) };
    if is_fused(path, n) {
        let at = rows.as_mut_ptr();
        let rows = Rows { from: at, to: at, len: rows.len(), n, before: () };
        return fused(path, before, width, rows);
    }
    for rows in rows.chunks_mut(tile::<T>(width)) {
        T::pointwise(path, before, rows);
        in_place(path, rows, n);
    }
}

/// [`hadamard_of`] on a path of choice.
pub(crate) fn apart_after<T: Number>(
    path: Path,
    before: Pointwise<'_, T>,
    x: &[T],
    n: usize,
    out: &mut Vec<T>,
) {
    let width = row(&before, x.len(), n);
    if is_fused(path, n) {
        out.reserve(x.len());
        let to = out.spare_capacity_mut().as_mut_ptr().cast();
        let rows = Rows { from: x.as_ptr(), to, len: x.len(), n, before: () };
        match width {
            Some(width) => fused(path, before, width, rows),
            None => transform(path, rows),
        }
        // SAFETY: there was room, and the kernel wrote as many numbers as there are in `x`.
        return unsafe { out.set_len(out.len() + x.len()) };
    }
    for x in x.chunks(tile::<T>(width.unwrap_or(n))) {
        let start = out.len();
        T::pointwise_of(path, before, x, out);
        in_place(path, &mut out[start..], n);
    }
}

/// Panics unless `len` numbers are whole blocks. Nothing is checked from here on.
#[track_caller]
fn check(len: usize, n: usize) {
    assert!(
        n.is_power_of_two() && len & (n - 1) == 0, // no division: a short transform takes less
        "hadamard: expected blocks of a power of two that divides {len}, found {n}"
    );
}

/// The length of a row, if anything is done to it.
#[track_caller]
fn row<T: Number>(before: &Pointwise<'_, T>, count: usize, n: usize) -> Option<usize> {
    let width = before.row(count);
    check(width.unwrap_or(count), n);
    width
}

/// Whether one sweep is worth its code. A register must not hold more than one block.
fn is_fused(path: Path, n: usize) -> bool {
    path != Path::PORTABLE && n >= 16
}

/// The numbers of as many rows as stay in the first cache, or of one.
fn tile<T>(width: usize) -> usize {
    let width = width.max(1);
    (BLOCK / size_of::<T>() / width).max(1) * width
}

/// `rows` after `before`, whose vectors have `width` numbers, in one sweep.
fn fused<T: Number>(path: Path, before: Pointwise<'_, T>, width: usize, rows: Rows<T, ()>) {
    if rows.len == 0 {
        return; // the rows may have no length
    }
    assert!(path != Path::PORTABLE, "a kernel for wide registers"); // it is not compiled for it
    match (before.scale.is_some(), before.switch.is_some()) {
        (_, false) => transform(path, rows.after(Form::<T, true, true, false>::new(before, width))),
        (false, _) => transform(path, rows.after(Form::<T, false, true, true>::new(before, width))),
        (true, _) => transform(path, rows.after(Form::<T, true, true, true>::new(before, width))),
    }
}

/// `rows` in the form that the path is fast with.
#[inline(always)]
fn transform<T: Number, B: Before<T>>(path: Path, rows: Rows<T, B>) {
    if path.loads_halves() && rows.n * size_of::<T>() >= SHORTEST {
        run_registers(path, Split(rows));
    } else {
        run_registers(path, rows);
    }
}

/// Raw pointers, since a transform in place reads and writes the same numbers.
struct Rows<T, B> {
    /// Where `len` numbers are read.
    from: *const T,
    /// Where the outputs go: the same place, or another of that length, which needs no value yet. Then `n`
    /// is a register at least.
    to: *mut T,
    len: usize,
    n: usize,
    before: B,
}

impl<T> Rows<T, ()> {
    /// The same behind something that is done first.
    fn after<B: Before<T>>(self, before: B) -> Rows<T, B> {
        let Self { from, to, len, n, .. } = self;
        Rows { from, to, len, n, before }
    }
}

/// The bytes of a block that is finished before the next is touched: half of the smallest first cache
/// there is.
const BLOCK: usize = 1 << 14;

impl<T: Number, B: Before<T>> Kernel<T> for Rows<T, B> {
    #[inline(always)]
    fn run<V: Vector<Number = T>>(self) {
        let Self { from, to, len, n, .. } = self;
        let scale = T::inverse_root(n);
        let levels = n.trailing_zeros();
        if levels < V::LANES.trailing_zeros() {
            // Several rows in a register. What is left over is less than a register.
            let whole = len / V::LANES * V::LANES;
            // SAFETY: there are `len` numbers, of which `whole` are a multiple of a register.
            let rest = unsafe {
                leaf::<V, 1, _, false>(from, to, whole, scale, levels, (), 0, false);
                std::slice::from_raw_parts_mut(to.add(whole), len - whole)
            };
            for row in rest.chunks_exact_mut(n) {
                small(row, scale);
            }
            return;
        }
        self.sweep::<V, false>();
    }
}

/// Rows of [`SHORTEST`] bytes at least, whose first sweep is split in two: the first leaves out the highest level
/// inside a register, and the second reads its registers [by halves](Vector::load_halves).
///
/// A register is stored and loaded once more, and shuffled once less. That pays where shuffles and additions wait for
/// the same ports of the processor, and loads do not.
struct Split<T, B>(Rows<T, B>);

/// The bytes of the shortest row that can be split: four registers of 64.
const SHORTEST: usize = 256;

/// The bytes that the second half of a split sweep finds where the first has just left them.
const TILE: usize = 1 << 11;

/// Numbers of which more bytes than this do not wait in the second cache.
const FAR: usize = 1 << 20;

/// How many bytes ahead they are called.
const AHEAD: usize = 1 << 13;

impl<T: Number, B: Before<T>> Kernel<T> for Split<T, B> {
    #[inline(always)]
    fn run<V: Vector<Number = T>>(self) {
        if V::HALVES {
            self.0.sweep::<V, true>()
        } else {
            unreachable!("no path of these registers splits")
        }
    }
}

impl<T: Number, B: Before<T>> Rows<T, B> {
    /// Every level of rows of a register at least.
    #[inline(always)]
    fn sweep<V: Vector<Number = T>, const SPLIT: bool>(self) {
        let Self { from, to, len, n, before } = self;
        let scale = T::inverse_root(n);
        let within = V::LANES.trailing_zeros();
        let mut block = BLOCK / size_of::<T>();
        // How many levels go into one sweep: the first are those of the leaf, the rest are passes.
        let across = n.trailing_zeros() - within;
        let mut inner = across.min((block / V::LANES).trailing_zeros());
        if SPLIT && (across - inner) % FAR_LEVELS == 1 {
            // Twice the block still fits the first cache, and one sweep between blocks less is needed.
            (block, inner) = (2 * block, inner + 1);
        }
        let registers = if SPLIT { V::RADIX } else { V::RADIX.min(B::REGISTERS) };
        let far = SPLIT && len > FAR / size_of::<T>();
        if across <= registers.trailing_zeros() {
            // SAFETY: a leaf is a row, and these are whole rows.
            return unsafe {
                leaves::<V, _, SPLIT>(from, to, len, scale, across, within, before, 0, far);
            };
        }
        let (mut sweeps, mut count) = ([0; 16], 0);
        for (sum, most) in [(inner, registers.trailing_zeros()), (across - inner, FAR_LEVELS)] {
            let parts = sum.div_ceil(most);
            for part in 0..parts {
                sweeps[count] = sum / parts + u32::from(part < sum % parts);
                count += 1;
            }
        }
        let (&first, passes) = sweeps[..count].split_first().expect("more than one leaf holds");
        let unit = n.max(block);
        for chunk in (0..len).step_by(unit) {
            let end = len.min(chunk + unit);
            for start in (chunk..end).step_by(block) {
                let len = block.min(end - start);
                let (mut stride, done) = (V::LANES << first, start + len - chunk);
                // SAFETY: a block is part of a row or whole rows, and so is what each pass covers: the
                // rows of the block, or as many finished blocks as it lies between.
                unsafe {
                    let (source, place) = (from.add(start), to.add(start));
                    leaves::<V, _, SPLIT>(
                        source, place, len, scale, first, within, before, start, far,
                    );
                    for &pass in passes {
                        let span = stride << pass;
                        if !done.is_multiple_of(span) {
                            break;
                        }
                        let len = span.max(len);
                        butterflies::<V, false>(to.add(chunk + done - len), len, stride, pass);
                        stride = span;
                    }
                }
            }
        }
    }
}

/// Levels of a pass between blocks at most: runs far apart would push each other out of the first cache.
const FAR_LEVELS: u32 = 3;

/// A row shorter than a register.
#[inline(always)]
fn small<T: Number>(row: &mut [T], scale: T) {
    row.iter_mut().for_each(|v| *v *= scale);
    let mut stride = 1;
    while stride < row.len() {
        for block in row.chunks_exact_mut(2 * stride) {
            let (a, b) = block.split_at_mut(stride);
            for (a, b) in a.iter_mut().zip(b) {
                (*a, *b) = (*a + *b, *a - *b);
            }
        }
        stride *= 2;
    }
}

/// [`leaf`] of `2^bits` registers, or what a split one is.
#[inline(always)]
#[allow(clippy::too_many_arguments)] // it only chooses a leaf
unsafe fn leaves<V: Vector, B: Before<V::Number>, const SPLIT: bool>(
    from: *const V::Number,
    at: *mut V::Number,
    len: usize,
    scale: V::Number,
    bits: u32,
    within: u32,
    before: B,
    start: usize,
    far: bool,
) {
    // SAFETY: as the caller says; what is split is four registers at least.
    unsafe {
        if SPLIT {
            let tile = TILE / size_of::<V::Number>();
            for i in (0..len).step_by(tile) {
                let (from, at, len) = (from.add(i), at.add(i), tile.min(len - i));
                leaf::<V, 4, B, true>(from, at, len, scale, within - 1, before, start + i, far);
                butterflies::<V, true>(at, len, V::LANES, bits);
            }
            return;
        }
        match bits {
            0 => leaf::<V, 1, B, false>(from, at, len, scale, within, before, start, far),
            1 => leaf::<V, 2, B, false>(from, at, len, scale, within, before, start, far),
            2 => leaf::<V, 4, B, false>(from, at, len, scale, within, before, start, far),
            3 if V::RADIX >= 8 => {
                leaf::<V, 8, B, false>(from, at, len, scale, within, before, start, far);
            }
            _ if V::RADIX >= 16 && B::REGISTERS >= 16 => {
                leaf::<V, 16, B, false>(from, at, len, scale, within, before, start, far);
            }
            _ => unreachable!("a sweep is as wide as it was planned"),
        }
    }
}

/// The first sweep over `len` numbers: `before`, the scale, `within` levels inside the registers, and, if it is not
/// `SPLIT`, the levels between `R` registers that follow one another. They are the numbers `start` and on of the rows.
///
/// # Safety
/// `len` numbers stand at `from` and have room at `at`, a multiple of `R` registers, which no row cuts.
#[inline(always)]
#[allow(clippy::too_many_arguments)] // as above
unsafe fn leaf<V: Vector, const R: usize, B: Before<V::Number>, const SPLIT: bool>(
    from: *const V::Number,
    at: *mut V::Number,
    len: usize,
    scale: V::Number,
    within: u32,
    before: B,
    start: usize,
    far: bool,
) where
    [V; R]: Butterflies,
{
    let scale = V::splat(scale);
    let mut column = before.column(start);
    let mut i = 0;
    while i < len {
        let here = before.at(column);
        let mut x = [scale; R];
        // A loop and no closure: closures are compiled for the portable path.
        for (k, x) in x.iter_mut().enumerate() {
            let place = i + k * V::LANES;
            if SPLIT && far {
                V::call(from.wrapping_add(place + AHEAD / size_of::<V::Number>()));
            }
            // SAFETY: the register is inside the `len` numbers.
            unsafe {
                let loaded = V::load(from.add(place));
                *x = here.apply::<V, false>(loaded, k * V::LANES, V::LANES).mul(scale);
            }
        }
        for x in &mut x {
            for level in 0..within {
                *x = x.butterfly(level);
            }
        }
        let x = if SPLIT { x } else { x.between() };
        for (k, x) in x.into_iter().enumerate() {
            // SAFETY: as above.
            unsafe { x.store(at.add(i + k * V::LANES)) };
        }
        i += R * V::LANES;
        column = before.next(column, R * V::LANES);
    }
}

/// [`pass`] between `2^bits` runs.
#[inline(always)]
unsafe fn butterflies<V: Vector, const HALVES: bool>(
    at: *mut V::Number,
    len: usize,
    stride: usize,
    bits: u32,
) {
    // SAFETY: as the caller says.
    unsafe {
        match bits {
            1 => pass::<V, 2, HALVES>(at, len, stride),
            2 => pass::<V, 4, HALVES>(at, len, stride),
            3 => pass::<V, 8, HALVES>(at, len, stride),
            _ if V::RADIX >= 16 => pass::<V, 16, HALVES>(at, len, stride),
            _ => unreachable!("a sweep is as wide as it was planned"),
        }
    }
}

/// A later sweep: the levels between `R` runs of `stride` numbers that follow one another, after the highest level
/// inside a register if that is left, which is read by `HALVES`.
///
/// # Safety
/// `len` numbers stand at `at`, a multiple of `R` strides; a stride is a multiple of a register.
#[inline(always)]
unsafe fn pass<V: Vector, const R: usize, const HALVES: bool>(
    at: *mut V::Number,
    len: usize,
    stride: usize,
) where
    [V; R]: Butterflies,
{
    // The compiler must not see that both halves lie in one register: it would load that and shuffle.
    let high = if HALVES { std::hint::black_box(at) } else { at };
    let mut start = 0;
    while start < len {
        let mut j = start;
        while j < start + stride {
            // SAFETY: each of the registers is inside its run.
            unsafe {
                let mut x = [load::<V, HALVES>(at.add(j), high.add(j)); R];
                for (k, x) in x.iter_mut().enumerate().skip(1) {
                    let place = j + k * stride;
                    *x = load::<V, HALVES>(at.add(place), high.add(place));
                }
                for (k, x) in x.between().into_iter().enumerate() {
                    x.store(at.add(j + k * stride));
                }
            }
            j += V::LANES;
        }
        start += R * stride;
    }
}

/// A register, or that after the highest level inside it.
///
/// # Safety
/// `from` and `again` are one address, where a register can be read.
#[inline(always)]
unsafe fn load<V: Vector, const HALVES: bool>(
    from: *const V::Number,
    again: *const V::Number,
) -> V {
    // SAFETY: as the caller says.
    unsafe { if HALVES { V::load_halves(from, again.add(V::LANES / 2)) } else { V::load(from) } }
}

/// Every level between a few registers.
trait Butterflies: Sized {
    fn between(self) -> Self;
}

impl<V: Vector> Butterflies for [V; 1] {
    #[inline(always)]
    fn between(self) -> Self {
        self
    }
}

impl<V: Vector> Butterflies for [V; 2] {
    #[inline(always)]
    fn between(self) -> Self {
        let [a, b] = self;
        [a.add(b), a.sub(b)]
    }
}

impl<V: Vector> Butterflies for [V; 4] {
    #[inline(always)]
    fn between(self) -> Self {
        let [a, b, c, d] = self;
        let ([a, b], [c, d]) = ([a, b].between(), [c, d].between());
        [a.add(c), b.add(d), a.sub(c), b.sub(d)]
    }
}

impl<V: Vector> Butterflies for [V; 8] {
    #[inline(always)]
    fn between(self) -> Self {
        let [a, b, c, d, e, f, g, h] = self;
        let ([a, b, c, d], [e, f, g, h]) = ([a, b, c, d].between(), [e, f, g, h].between());
        [a.add(e), b.add(f), c.add(g), d.add(h), a.sub(e), b.sub(f), c.sub(g), d.sub(h)]
    }
}

impl<V: Vector> Butterflies for [V; 16] {
    #[inline(always)]
    #[rustfmt::skip] // sums and differences in two lines
    fn between(self) -> Self {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = self;
        let [a, b, c, d, e, f, g, h] = [a, b, c, d, e, f, g, h].between();
        let [i, j, k, l, m, n, o, p] = [i, j, k, l, m, n, o, p].between();
        [
            a.add(i), b.add(j), c.add(k), d.add(l), e.add(m), f.add(n), g.add(o), h.add(p),
            a.sub(i), b.sub(j), c.sub(k), d.sub(l), e.sub(m), f.sub(n), g.sub(o), h.sub(p),
        ]
    }
}
