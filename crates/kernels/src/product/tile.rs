//! Many rows: tiles of sums, one after the other.

use super::Product;
use crate::number::Number;
use crate::path::Kernel;
use crate::vector::Vector;
use std::ops::Range;

/// How many columns of `a` are summed in one go: a panel of `b` as deep stays in the first cache.
pub(super) const DEPTH: usize = 256;

/// How many columns of `b` are packed in one go, as deep: they stay in the second cache.
pub(super) const WIDTH: usize = 512;

/// How many rows go by a panel of `b`, before it is the next one's turn: so much of `a` stays in the second cache.
const HEIGHT: usize = 96;

/// The bytes of a page. Where rows are farther apart, each is looked up by itself.
const PAGE: usize = 4096;

/// Up to so many tiles of rows do not pay for packing a `b` whose rows are less than a page apart.
const IN_PLACE: usize = 4;

/// In up to so many tiles of rows, columns of zeros are looked for.
const SPARSE: usize = 2;

/// How many panels are packed at once, row by row.
const PANELS: usize = 4;

impl<T: Number> Kernel<T> for Product<T> {
    #[inline(always)]
    fn run<V: Vector<Number = T>>(self) {
        let [_, n, depth] = self.shape;
        for k in (0..depth).step_by(DEPTH) {
            let deep = DEPTH.min(depth - k);
            let mut room = [0; DEPTH];
            let kept = self.kept::<V>(k, deep, &mut room);
            for j in (0..n).step_by(WIDTH) {
                let wide = WIDTH.min(n - j);
                // SAFETY: both matrices have these numbers, and the room is large enough.
                unsafe {
                    self.pack::<V>([k, deep], [j, wide]);
                    match V::TILE {
                        (4, 1) => self.block::<V, 4, 2, 1>([k, deep], [j, wide], kept),
                        (6, 2) => self.block::<V, 6, 3, 2>([k, deep], [j, wide], kept),
                        (8, 2) => self.block::<V, 8, 4, 2>([k, deep], [j, wide], kept),
                        _ => unreachable!(),
                    }
                }
            }
        }
    }
}

impl<T: Number> Product<T> {
    /// The columns of `a`, of so many, that are not zero in every row, unless they are most of them. Rows pulled back at
    /// one input are zero wherever a switch is closed: what lies behind it need not be read. A sum without zeros has the
    /// bits of the sum with them, where the numbers of `b` are finite.
    #[inline(always)]
    fn kept<'a, V: Vector<Number = T>>(
        &self,
        k: usize,
        deep: usize,
        room: &'a mut [u16; DEPTH],
    ) -> Option<&'a [u16]> {
        let [down, right] = self.a_strides;
        let most = deep - deep / 8;
        if self.shape[0] > SPARSE * V::TILE.0 || right != 1 || self.b_strides[1] != 1 {
            return None;
        }
        let mut says = [0_u8; DEPTH];
        for row in 0..self.shape[0] {
            // SAFETY: `a` has this row of contiguous numbers.
            let row = unsafe { std::slice::from_raw_parts(self.a.add(row * down + k), deep) };
            for (x, says) in row.iter().zip(&mut says) {
                *says |= u8::from(*x != T::ZERO);
            }
            if says[..deep].iter().map(|says| usize::from(*says)).sum::<usize>() > most {
                return None;
            }
        }
        let mut count = 0;
        for (at, says) in (0..).zip(&says[..deep]) {
            room[count] = at;
            count += usize::from(*says);
        }
        Some(&room[..count])
    }

    /// Packs so many columns of `b` as panels one behind the other, each as wide as a tile; the last is as many
    /// registers wide as it needs, and what stands behind its columns is in no result. In a panel, row follows row.
    ///
    /// # Safety
    /// `b` has these rows and columns, and there is room.
    #[inline(always)]
    unsafe fn pack<V: Vector<Number = T>>(&self, [k, deep]: [usize; 2], [j, wide]: [usize; 2]) {
        let panel = panel::<V>();
        let [down, right] = self.b_strides;
        let mut first = 0;
        if right == 1 {
            first = wide - wide % panel;
            if !self.in_place::<V>() {
                // SAFETY: as the caller says.
                unsafe { self.pack_rows::<V>([k, deep], [j, first]) };
            }
        }
        while first < wide {
            let columns = panel.min(wide - first);
            let stored = columns.next_multiple_of(V::LANES);
            // SAFETY: the caller says that the numbers and the room are there.
            unsafe {
                let from = self.b.add(k * down + (j + first) * right);
                let to = self.packed.add(first * deep);
                let mut row = 0;
                if right == 1 && columns == stored {
                    while row < deep {
                        let (from, to) = (from.add(row * down), to.add(row * stored));
                        let mut column = 0;
                        while column < columns {
                            V::load(from.add(column)).store(to.add(column));
                            column += V::LANES;
                        }
                        row += 1;
                    }
                } else {
                    // Whole blocks, where columns are contiguous, so many of a column that its cache line is read once:
                    // columns a page apart push each other out of the first cache. Then what is behind them.
                    let blocks = if down == 1 { columns - columns % BLOCK } else { 0 };
                    while row + BLOCK <= deep {
                        let lines = if row + LINES <= deep { LINES } else { BLOCK };
                        for column in (0..blocks).step_by(BLOCK) {
                            for row in (row..row + lines).step_by(BLOCK) {
                                let from = from.add(row + column * right);
                                let to = to.add(row * stored + column);
                                T::transpose(from, right, to, stored);
                            }
                        }
                        for row in row..row + lines {
                            let (from, to) = (from.add(row * down), to.add(row * stored));
                            copy(from, right, to, blocks..columns);
                        }
                        row += lines;
                    }
                    while row < deep {
                        copy(from.add(row * down), right, to.add(row * stored), 0..columns);
                        row += 1;
                    }
                }
            }
            first += panel;
        }
    }

    /// The same of whole panels of contiguous rows, several at once: row by row, as they lie there.
    ///
    /// # Safety
    /// As for [`pack`](Self::pack).
    #[inline(always)]
    unsafe fn pack_rows<V: Vector<Number = T>>(
        &self,
        [k, deep]: [usize; 2],
        [j, wide]: [usize; 2],
    ) {
        let panel = panel::<V>();
        for left in (0..wide).step_by(PANELS * panel) {
            for row in 0..deep {
                // SAFETY: as the caller says.
                unsafe {
                    let from = self.b.add((k + row) * self.b_strides[0] + j);
                    for column in (left..wide.min(left + PANELS * panel)).step_by(panel) {
                        let to = self.packed.add(column * deep + row * panel);
                        for w in (0..panel).step_by(V::LANES) {
                            V::load(from.add(column + w)).store(to.add(w));
                        }
                    }
                }
            }
        }
    }

    /// Adds the products with what is packed to all rows.
    ///
    /// # Safety
    /// As for [`pack`](Self::pack), which came before.
    #[inline(always)]
    unsafe fn block<V: Vector<Number = T>, const R: usize, const HALF: usize, const W: usize>(
        &self,
        [k, deep]: [usize; 2],
        [j, wide]: [usize; 2],
        kept: Option<&[u16]>,
    ) {
        let panel = W * V::LANES;
        let [m, _, depth] = self.shape;
        let fresh = self.fresh && k == 0;
        // Of short sums most of the work is to write them: a page is filled before the next one is looked up.
        let short = depth < DEPTH && self.out_strides[0] * size_of::<T>() > PAGE;
        let height = if short { R } else { HEIGHT };
        for above in (0..m).step_by(height) {
            let below = m.min(above + height);
            let mut first = 0;
            while first < wide {
                let columns = panel.min(wide - first);
                let narrow = columns <= (W - 1) * V::LANES;
                // SAFETY: as the caller says.
                unsafe {
                    let (b, apart) = if self.in_place::<V>() && columns == panel {
                        let [down, _] = self.b_strides;
                        (self.b.add(k * down + j + first), down)
                    } else {
                        let packed = self.packed.add(first * deep).cast_const();
                        (packed, columns.next_multiple_of(V::LANES))
                    };
                    for row in (above..below).step_by(R) {
                        let rows = R.min(below - row);
                        let tile = Tile { row, rows, column: j + first, columns, k, deep, fresh };
                        if narrow {
                            self.tile::<V, R, 1>(tile, b, apart, kept);
                        } else if rows <= HALF {
                            self.tile::<V, HALF, W>(tile, b, apart, kept);
                        } else {
                            self.tile::<V, R, W>(tile, b, apart, kept);
                        }
                    }
                }
                first += panel;
            }
        }
    }

    /// Whether whole panels of `b` are read where they are.
    #[inline(always)]
    fn in_place<V: Vector<Number = T>>(&self) -> bool {
        let [down, right] = self.b_strides;
        right == 1 && down * size_of::<T>() <= PAGE && self.shape[0] <= IN_PLACE * V::TILE.0
    }

    /// One tile of sums, over all columns of `a` or those that are kept. The rows of `b` are `apart` from each other.
    ///
    /// # Safety
    /// As for [`block`](Self::block).
    #[inline(always)]
    unsafe fn tile<V: Vector<Number = T>, const R: usize, const W: usize>(
        &self,
        tile: Tile,
        b: *const T,
        apart: usize,
        kept: Option<&[u16]>,
    ) {
        let mut sums = [[V::splat(T::ZERO); W]; R];
        let [down, step] = self.a_strides;
        // SAFETY: as the caller says. Of rows that are not there the last one takes the place.
        unsafe {
            let mut rows = [self.a.add(tile.row * down + tile.k * step); R];
            for (i, row) in rows.iter_mut().enumerate() {
                *row = row.add(i.min(tile.rows - 1) * down);
            }
            if let Some(kept) = kept {
                for at in kept.iter().map(|&at| usize::from(at)) {
                    add(&mut sums, rows, at * step, b.add(at * apart));
                }
            } else {
                let (mut at, mut b) = (0, b);
                for _ in 0..tile.deep {
                    add(&mut sums, rows, at, b);
                    at += step;
                    b = b.wrapping_add(apart);
                }
            }
            let [down, right] = self.out_strides;
            let out = self.out.add(tile.row * down + tile.column * right);
            if right == 1 {
                self.store(tile, sums, out);
            } else {
                self.store_transposed(tile, sums, out);
            }
        }
    }

    /// Writes or adds the sums, whose rows are rows of the result.
    ///
    /// # Safety
    /// As for [`block`](Self::block).
    #[inline(always)]
    unsafe fn store<V: Vector<Number = T>, const R: usize, const W: usize>(
        &self,
        tile: Tile,
        mut sums: [[V; W]; R],
        out: *mut T,
    ) {
        let there = |w| tile.columns - w * V::LANES;
        // SAFETY: as the caller says.
        unsafe {
            // All is read before anything is written: rows a page apart look like one place to the processor.
            if !tile.fresh {
                for (i, sums) in sums.iter_mut().enumerate() {
                    if i < tile.rows {
                        for (w, sum) in sums.iter_mut().enumerate() {
                            let from = out.add(i * self.out_strides[0] + w * V::LANES);
                            *sum = load_up_to::<V>(from, there(w)).add(*sum);
                        }
                    }
                }
            }
            for (i, sums) in sums.into_iter().enumerate() {
                if i < tile.rows {
                    for (w, sum) in sums.into_iter().enumerate() {
                        let to = out.add(i * self.out_strides[0] + w * V::LANES);
                        match there(w) >= V::LANES {
                            true => sum.store(to),
                            false => sum.store_first(to, there(w)),
                        }
                    }
                }
            }
        }
    }

    /// The same where they are columns of it.
    ///
    /// # Safety
    /// As for [`block`](Self::block).
    #[inline(always)]
    unsafe fn store_transposed<V: Vector<Number = T>, const R: usize, const W: usize>(
        &self,
        tile: Tile,
        sums: [[V; W]; R],
        out: *mut T,
    ) {
        let mut stored = [[T::ZERO; MOST]; TALLEST];
        let mut turned = [[T::ZERO; TALLEST]; MOST];
        let right = self.out_strides[1];
        // SAFETY: as the caller says; a tile has whole blocks of rows and columns.
        unsafe {
            for (sums, stored) in sums.into_iter().zip(&mut stored) {
                for (w, sum) in sums.into_iter().enumerate() {
                    sum.store(stored.as_mut_ptr().add(w * V::LANES));
                }
            }
            let (stored, to) = (stored.as_ptr().cast::<T>(), turned.as_mut_ptr().cast::<T>());
            for i in (0..R).step_by(BLOCK) {
                for j in (0..W * V::LANES).step_by(BLOCK) {
                    let (from, to) = (stored.add(i * MOST + j), to.add(j * TALLEST + i));
                    T::transpose(from, MOST, to, TALLEST);
                }
            }
            // All is read before anything is written: columns a page apart look like one place to the processor, and
            // to read there has to wait.
            if !tile.fresh {
                for (j, column) in turned[..tile.columns].iter_mut().enumerate() {
                    let there = out.add(j * right);
                    match tile.rows == R {
                        true => add_all(column, &*there.cast::<[T; R]>()),
                        false => add_all(column, std::slice::from_raw_parts(there, tile.rows)),
                    }
                }
            }
            for (j, column) in turned[..tile.columns].iter().enumerate() {
                let (column, to) = (column.as_ptr(), out.add(j * right));
                match tile.rows == R {
                    true => to.copy_from_nonoverlapping(column, R),
                    false => to.copy_from_nonoverlapping(column, tile.rows),
                }
            }
        }
    }
}

/// A register, or so many of its first lanes if those are fewer.
///
/// # Safety
/// They can be read.
#[inline(always)]
unsafe fn load_up_to<V: Vector>(from: *const V::Number, count: usize) -> V {
    // SAFETY: as the caller says.
    unsafe {
        match count >= V::LANES {
            true => V::load(from),
            false => V::load_first(from, count),
        }
    }
}

/// Adds numbers to as many of the first sums.
#[inline(always)]
fn add_all<T: Number>(sums: &mut [T], numbers: &[T]) {
    sums.iter_mut().zip(numbers).for_each(|(sum, &number)| *sum += number);
}

/// Adds the products of one number of each row with a row of `b`.
///
/// # Safety
/// They are there.
#[inline(always)]
unsafe fn add<V: Vector<Number = T>, T: Number, const R: usize, const W: usize>(
    sums: &mut [[V; W]; R],
    rows: [*const T; R],
    at: usize,
    b: *const T,
) {
    // SAFETY: as the caller says.
    unsafe {
        let mut x = [V::splat(T::ZERO); W];
        for (w, x) in x.iter_mut().enumerate() {
            *x = V::load(b.add(w * V::LANES));
        }
        for (sums, row) in sums.iter_mut().zip(rows) {
            let y = V::splat(*row.add(at));
            for (sum, x) in sums.iter_mut().zip(x) {
                *sum = y.mul_add(x, *sum);
            }
        }
    }
}

/// Where a tile is, and whether it is written instead of added.
#[derive(Clone, Copy)]
struct Tile {
    row: usize,
    rows: usize,
    column: usize,
    columns: usize,
    k: usize,
    deep: usize,
    fresh: bool,
}

/// Copies the numbers of these columns.
///
/// # Safety
/// They are there.
#[inline(always)]
unsafe fn copy<T: Number>(from: *const T, apart: usize, to: *mut T, columns: Range<usize>) {
    for column in columns {
        // SAFETY: as the caller says.
        unsafe { *to.add(column) = *from.add(column * apart) };
    }
}

/// How many columns a panel has.
#[inline(always)]
fn panel<V: Vector>() -> usize {
    V::LANES * V::TILE.1
}

/// The most rows of a tile, and the most columns.
const TALLEST: usize = 8;
const MOST: usize = 32;

/// How many numbers each way [`transpose`](crate::vector::Registers::transpose) takes.
const BLOCK: usize = 4;

/// How many numbers of a column are packed together: a cache line of `f32`, two of `f64`.
const LINES: usize = 64;
