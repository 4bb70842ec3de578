//! The Walsh–Hadamard transform: one body for every instruction set and both precisions.
//!
//! `log2 n` levels of butterflies, in any order, since they act on different bits of the index. They
//! are taken several at a time, so that a number is loaded and stored once for three or four levels:
//! first the levels inside a register together with the first few between registers, then passes
//! between runs further and further apart. Blocks that fit the first cache are finished before the
//! next is touched, and a pass between blocks follows as soon as its blocks are done.

use super::path::{Kernel, Path, run_registers};
use super::pointwise::{After, Keeping, Pointwise};
use super::vector::{Registers, Vector};
use crate::scalar::Scalar;

/// The orthonormal Walsh–Hadamard transform, in natural order, of each `n` numbers of `rows`.
///
/// `n` must be a power of two that divides their number: the caller checked both.
pub(super) fn hadamard<T: Scalar>(path: Path, rows: &mut [T], n: usize) {
    if n > 1 {
        let at = rows.as_mut_ptr();
        run_registers(path, Rows { from: at, to: at, len: rows.len(), n, before: () });
    }
}

/// The same after `before`, in one sweep with the first butterflies, which hides part of its cost. The
/// bits are those of one after the other.
pub(super) fn hadamard_after<T: Scalar>(
    path: Path,
    before: Pointwise<'_, T>,
    rows: &mut [T],
    n: usize,
) {
    // The usual forms only, as each is compiled for every instruction set. A register must not hold more
    // than one row.
    let wide = path != Path::Portable && n >= 16;
    let (Some(bias), Some(slopes), true) = (before.bias, before.switch, wide) else {
        before.apply(rows);
        return hadamard(path, rows, n);
    };
    // The vectors are read without a check from here on.
    assert_eq!(before.len(), Some(n), "hadamard: expected vectors of {n}");
    let (at, len) = (rows.as_mut_ptr(), rows.len());
    if let Some(scale) = before.scale {
        let before = After::<_, true> { scale, bias, slopes };
        run_registers(path, Rows { from: at, to: at, len, n, before });
    } else {
        let before = After::<_, false> { scale: &[], bias, slopes };
        run_registers(path, Rows { from: at, to: at, len, n, before });
    }
}

/// `z ← z + b` for each row of `z`, and the transform of the switched rows appended to `out`: the same
/// sweep, with the inputs of the switch kept.
pub(super) fn hadamard_of<T: Scalar>(
    path: Path,
    bias: &[T],
    slopes: [&[T]; 2],
    z: &mut [T],
    out: &mut Vec<T>,
) {
    let n = bias.len();
    assert!(slopes.iter().all(|v| v.len() == n), "hadamard: expected vectors of {n}");
    assert!(z.len().is_multiple_of(n), "hadamard: expected rows of {n}, found {}", z.len());
    if path == Path::Portable || n < 16 {
        Pointwise { bias: Some(bias), ..Pointwise::default() }.apply(z);
        let start = out.len();
        T::switch(z, slopes, out);
        return hadamard(path, &mut out[start..], n);
    }
    out.reserve(z.len());
    let (from, len) = (z.as_mut_ptr(), z.len());
    let to = out.spare_capacity_mut().as_mut_ptr().cast();
    let before = Keeping { bias, slopes };
    run_registers(path, Rows { from, to, len, n, before });
    // SAFETY: there was room, and the kernel wrote as many numbers as there are in `z`.
    unsafe { out.set_len(out.len() + len) };
}

/// What is done to each number before the first butterfly.
pub(super) trait Before<T>: Copy {
    /// How many registers the first sweep may hold at once beside what this needs.
    const REGISTERS: usize;

    /// The register `x` that was loaded from `place`, whose first number stands at `column` of its row.
    ///
    /// # Safety
    /// The row has a whole register of numbers there.
    unsafe fn apply<V: Vector<Number = T>>(self, x: V, place: *mut T, column: usize) -> V;
}

/// Nothing.
impl<T> Before<T> for () {
    const REGISTERS: usize = 16;

    #[inline(always)]
    unsafe fn apply<V: Vector<Number = T>>(self, x: V, _place: *mut T, _column: usize) -> V {
        x
    }
}

/// Raw pointers, since a transform in place reads and writes the same numbers.
struct Rows<T, B> {
    /// Where `len` numbers are read, and written if `before` keeps something.
    from: *mut T,
    /// Where the outputs go: the same place, or another of that length, which needs no value yet. Then `n`
    /// is a register at least.
    to: *mut T,
    len: usize,
    n: usize,
    before: B,
}

/// The bytes of a block that is finished before the next is touched: half of the smallest first cache
/// there is.
const BLOCK: usize = 1 << 14;

impl<T: Scalar + Registers, B: Before<T>> Kernel<T> for Rows<T, B> {
    #[inline(always)]
    fn run<V: Vector<Number = T>>(self) {
        let Self { from, to, len, n, before } = self;
        let scale = T::one() / T::of(n as f64).sqrt();
        let levels = n.trailing_zeros();
        let within = V::LANES.trailing_zeros();
        if levels < within {
            // Several rows in a register. What is left over is less than a register.
            let whole = len / V::LANES * V::LANES;
            // SAFETY: there are `len` numbers, of which `whole` are a multiple of a register.
            let rest = unsafe {
                leaf::<V, 1, _>(from, to, whole, scale, levels, (), 0);
                std::slice::from_raw_parts_mut(to.add(whole), len - whole)
            };
            for row in rest.chunks_exact_mut(n) {
                small(row, scale);
            }
            return;
        }
        // How many levels go into one sweep: the first are those of the leaf, the rest are passes.
        let across = levels - within;
        let inner = across.min((BLOCK / (V::LANES * size_of::<T>())).trailing_zeros());
        let (mut sweeps, mut count) = ([0; 16], 0);
        for (sum, most) in
            [(inner, V::RADIX.min(B::REGISTERS).trailing_zeros()), (across - inner, 3)]
        {
            let parts = sum.div_ceil(most);
            for part in 0..parts {
                sweeps[count] = sum / parts + u32::from(part < sum % parts);
                count += 1;
            }
        }
        let (first, passes) = match sweeps[..count].split_first() {
            Some((&first, passes)) => (first, passes),
            None => (0, &[] as &[u32]),
        };
        if passes.is_empty() {
            // SAFETY: a leaf is a row, and these are whole rows.
            return unsafe { leaves::<V, _>(from, to, len, scale, first, within, before, 0) };
        }
        let block = BLOCK / size_of::<T>();
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
                    leaves::<V, _>(source, place, len, scale, first, within, before, start - chunk);
                    for &pass in passes {
                        let span = stride << pass;
                        if !done.is_multiple_of(span) {
                            break;
                        }
                        let len = span.max(len);
                        butterflies::<V>(to.add(chunk + done - len), len, stride, pass);
                        stride = span;
                    }
                }
            }
        }
    }
}

/// A row shorter than a register.
#[inline(always)]
fn small<T: Scalar>(row: &mut [T], scale: T) {
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

/// [`leaf`] of `2^bits` registers.
#[inline(always)]
#[allow(clippy::too_many_arguments)] // it only chooses a leaf
unsafe fn leaves<V: Vector, B: Before<V::Number>>(
    from: *mut V::Number,
    at: *mut V::Number,
    len: usize,
    scale: V::Number,
    bits: u32,
    within: u32,
    before: B,
    column: usize,
) {
    // SAFETY: as the caller says.
    unsafe {
        match bits {
            0 => leaf::<V, 1, B>(from, at, len, scale, within, before, column),
            1 => leaf::<V, 2, B>(from, at, len, scale, within, before, column),
            2 => leaf::<V, 4, B>(from, at, len, scale, within, before, column),
            3 if V::RADIX >= 8 => leaf::<V, 8, B>(from, at, len, scale, within, before, column),
            _ if V::RADIX >= 16 && B::REGISTERS >= 16 => {
                leaf::<V, 16, B>(from, at, len, scale, within, before, column)
            }
            _ => unreachable!("a sweep is as wide as it was planned"),
        }
    }
}

/// The first sweep over `len` numbers: `before`, the scale, `within` levels inside the registers, and
/// the levels between `R` registers that follow one another.
///
/// # Safety
/// `len` numbers stand at `from` and have room at `at`, a multiple of `R` registers.
#[inline(always)]
unsafe fn leaf<V: Vector, const R: usize, B: Before<V::Number>>(
    from: *mut V::Number,
    at: *mut V::Number,
    len: usize,
    scale: V::Number,
    within: u32,
    before: B,
    column: usize,
) where
    [V; R]: Butterflies,
{
    let scale = V::splat(scale);
    let mut i = 0;
    while i < len {
        let mut x = [scale; R];
        // A loop and no closure: closures are compiled for the portable path.
        for (k, x) in x.iter_mut().enumerate() {
            let place = i + k * V::LANES;
            // SAFETY: the register is inside the `len` numbers.
            unsafe {
                let from = from.add(place);
                *x = before.apply(V::load(from), from, column + place).mul(scale);
            }
        }
        for x in &mut x {
            for level in 0..within {
                *x = x.butterfly(level);
            }
        }
        let x = x.between();
        for (k, x) in x.into_iter().enumerate() {
            // SAFETY: as above.
            unsafe { x.store(at.add(i + k * V::LANES)) };
        }
        i += R * V::LANES;
    }
}

/// [`pass`] between `2^bits` runs.
#[inline(always)]
unsafe fn butterflies<V: Vector>(at: *mut V::Number, len: usize, stride: usize, bits: u32) {
    // SAFETY: as the caller says.
    unsafe {
        match bits {
            1 => pass::<V, 2>(at, len, stride),
            2 => pass::<V, 4>(at, len, stride),
            3 => pass::<V, 8>(at, len, stride),
            _ if V::RADIX >= 16 => pass::<V, 16>(at, len, stride),
            _ => unreachable!("a sweep is as wide as it was planned"),
        }
    }
}

/// A later sweep: the levels between `R` runs of `stride` numbers that follow one another.
///
/// # Safety
/// `len` numbers stand at `at`, a multiple of `R` strides; a stride is a multiple of a register.
#[inline(always)]
unsafe fn pass<V: Vector, const R: usize>(at: *mut V::Number, len: usize, stride: usize)
where
    [V; R]: Butterflies,
{
    let mut start = 0;
    while start < len {
        let mut j = start;
        while j < start + stride {
            // SAFETY: each of the registers is inside its run.
            unsafe {
                let mut x = [V::load(at.add(j)); R];
                for (k, x) in x.iter_mut().enumerate().skip(1) {
                    *x = V::load(at.add(j + k * stride));
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
