//! Many rows: tiles of sums, one after the other.

use super::Product;
use crate::number::Number;
use crate::path::Kernel;
use crate::vector::Vector;

/// How many columns of `a` are summed in one go: a panel of `b` as deep stays in the first cache.
pub(super) const DEPTH: usize = 256;

/// How many columns of `b` are packed in one go, as deep: they stay in the second cache.
pub(super) const WIDTH: usize = 512;

/// Up to so many tiles of rows do not pay for packing `b`.
const IN_PLACE: usize = 2;

impl<T: Number> Kernel<T> for Product<T> {
    #[inline(always)]
    fn run<V: Vector<Number = T>>(self) {
        let [_, n, depth] = self.shape;
        for k in (0..depth).step_by(DEPTH) {
            let deep = DEPTH.min(depth - k);
            let mut room = [0; DEPTH];
            let kept = if self.in_place::<V>() { self.kept(k, deep, &mut room) } else { None };
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
    fn kept<'a>(&self, k: usize, deep: usize, room: &'a mut [u16; DEPTH]) -> Option<&'a [u16]> {
        let [down, right] = self.a_strides;
        let most = deep - deep / 8;
        if right != 1 {
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
    /// registers wide as it needs and filled up with zeros. In a panel, row follows row.
    ///
    /// # Safety
    /// `b` has these rows and columns, and there is room.
    #[inline(always)]
    unsafe fn pack<V: Vector<Number = T>>(&self, [k, deep]: [usize; 2], [j, wide]: [usize; 2]) {
        let panel = panel::<V>();
        let [down, right] = self.b_strides;
        let mut first = 0;
        while first < wide {
            let columns = panel.min(wide - first);
            if columns == panel && self.in_place::<V>() {
                first += panel;
                continue;
            }
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
                    // Whole blocks, where columns are contiguous; then the columns behind them, and the rest.
                    let blocks = if down == 1 { columns - columns % BLOCK } else { 0 };
                    while row + BLOCK <= deep {
                        let to = to.add(row * stored);
                        for column in (0..blocks).step_by(BLOCK) {
                            let from = from.add(row + column * right);
                            T::transpose::<false>(from, right, to.add(column), stored);
                        }
                        for row_of_block in 0..BLOCK {
                            let from = from.add((row + row_of_block) * down);
                            fill(
                                from,
                                right,
                                to.add(row_of_block * stored),
                                blocks,
                                columns,
                                stored,
                            );
                        }
                        row += BLOCK;
                    }
                    while row < deep {
                        fill(from.add(row * down), right, to.add(row * stored), 0, columns, stored);
                        row += 1;
                    }
                }
            }
            first += panel;
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
        let m = self.shape[0];
        let fresh = self.fresh && k == 0;
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
                    (self.packed.add(first * deep).cast_const(), columns.next_multiple_of(V::LANES))
                };
                let mut row = 0;
                while row < m {
                    let rows = R.min(m - row);
                    let tile = Tile { row, rows, column: j + first, columns, k, deep, fresh };
                    if narrow {
                        self.tile::<V, R, 1>(tile, b, apart, kept);
                    } else if rows <= HALF {
                        self.tile::<V, HALF, W>(tile, b, apart, kept);
                    } else {
                        self.tile::<V, R, W>(tile, b, apart, kept);
                    }
                    row += R;
                }
            }
            first += panel;
        }
    }

    /// Whether whole panels of `b` are read where they are, as too few rows would make use of packing them.
    #[inline(always)]
    fn in_place<V: Vector<Number = T>>(&self) -> bool {
        self.b_strides[1] == 1 && self.shape[0] <= IN_PLACE * V::TILE.0
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
        sums: [[V; W]; R],
        out: *mut T,
    ) {
        for (i, sums) in sums.into_iter().enumerate() {
            if i < tile.rows {
                for (w, sum) in sums.into_iter().enumerate() {
                    let there = tile.columns - w * V::LANES;
                    // SAFETY: as the caller says.
                    unsafe {
                        let to = out.add(i * self.out_strides[0] + w * V::LANES);
                        if there >= V::LANES {
                            let sum = if tile.fresh { sum } else { V::load(to).add(sum) };
                            sum.store(to);
                        } else {
                            let sum =
                                if tile.fresh { sum } else { V::load_first(to, there).add(sum) };
                            sum.store_first(to, there);
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
        let mut stored = [[T::ZERO; 2 * 16]; 8];
        let right = self.out_strides[1];
        // SAFETY: as the caller says.
        unsafe {
            for (sums, stored) in sums.into_iter().zip(&mut stored) {
                for (w, sum) in sums.into_iter().enumerate() {
                    sum.store(stored.as_mut_ptr().add(w * V::LANES));
                }
            }
            for i in (0..R).step_by(BLOCK) {
                for j in (0..tile.columns).step_by(BLOCK) {
                    let from = stored.as_ptr().cast::<T>().add(i * 2 * 16 + j);
                    // It may be behind the end where no row is left, and is not used then.
                    let to = out.wrapping_add(i + j * right);
                    if i + BLOCK <= tile.rows && j + BLOCK <= tile.columns {
                        if tile.fresh {
                            T::transpose::<false>(from, 2 * 16, to, right);
                        } else {
                            T::transpose::<true>(from, 2 * 16, to, right);
                        }
                    } else {
                        for (i, row) in
                            stored.iter().enumerate().take(tile.rows).skip(i).take(BLOCK)
                        {
                            for (j, x) in
                                row.iter().enumerate().take(tile.columns).skip(j).take(BLOCK)
                            {
                                let to = out.add(i + j * right);
                                *to = if tile.fresh { *x } else { *to + *x };
                            }
                        }
                    }
                }
            }
        }
    }
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

/// Copies the numbers from the `first` column on, and fills up with zeros.
///
/// # Safety
/// They are there.
#[inline(always)]
unsafe fn fill<T: Number>(
    from: *const T,
    apart: usize,
    to: *mut T,
    first: usize,
    columns: usize,
    stored: usize,
) {
    // SAFETY: as the caller says.
    unsafe {
        for column in first..columns {
            *to.add(column) = *from.add(column * apart);
        }
        for column in columns..stored {
            *to.add(column) = T::ZERO;
        }
    }
}

/// How many columns a panel has.
#[inline(always)]
fn panel<V: Vector>() -> usize {
    V::LANES * V::TILE.1
}

/// How many numbers each way [`transpose`](crate::vector::Registers::transpose) takes.
const BLOCK: usize = 4;
