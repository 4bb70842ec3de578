//! Products with block-diagonal matrices, whose blocks may be interleaved.
//!
//! A row is `groups` parts one behind the other, and a part is `stride` vectors, interleaved: number `c` of vector `i`
//! stands at `c·stride + i`. Each vector has a matrix of its own. There are three ways:
//!
//! - *wide*: where vectors are many, a register takes the same number of so many of them, and the weights lie as they are
//!   read. A tile of outputs and rows shares what is loaded.
//! - *close*: where they are few and square, with sides 2, 4 or 8, a register takes whole blocks. Output `p` is
//!   `Σ_m w_m,p·x_(p XOR m·stride)`, so each term is one exchange of lanes, or another register, and one product; the
//!   weights are arranged for that first.
//! - *apart*: plain blocks of other sizes are dense products of parts of the rows.

use crate::before::{load, store};
use crate::number::Number;
use crate::path::{Kernel, Path, run_registers};
use crate::product::{Factor, rows_apart, rows_apart_to};
use crate::vector::Vector;
use std::marker::PhantomData;
use std::ops::Range;

/// `y_{g,a,i} = Σ_b w_{g,a,b,i} x_{g,b,i}`: each of `groups` parts of a row is `stride` interleaved vectors, `i` says which,
/// and each of them has a matrix of `rows × columns`.
///
/// With a stride of 1 the matrix of the whole is block-diagonal, with a longer one it is that between two shuffles.
///
/// ```
/// use switchnet_kernels::BlockDiagonal;
/// // (x0, x2) and (x1, x3) each have a matrix of two rows: ((1, 0), (0, 1)) and ((2, 0), (0, 3)).
/// let weights = [1.0, 2.0, 0.0, 0.0, 0.0, 0.0, 1.0, 3.0];
/// let matrix = BlockDiagonal { weights: &weights, groups: 1, rows: 2, columns: 2, stride: 2 };
/// let mut y = Vec::new();
/// matrix.apply_to(&[1.0, 10.0, 100.0, 1000.0], &mut y);
/// assert_eq!(y, [1.0, 20.0, 100.0, 3000.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct BlockDiagonal<'a, T> {
    /// `groups × rows × columns × stride` weights; or those of one group, which then are those of all.
    pub weights: &'a [T],
    /// How many parts a row has.
    pub groups: usize,
    /// Outputs of a block.
    pub rows: usize,
    /// Inputs of a block.
    pub columns: usize,
    /// How many blocks are interleaved in a group.
    pub stride: usize,
}

impl<T: Number> BlockDiagonal<'_, T> {
    /// Appends `y = W x` of each row of `x` to `out`.
    ///
    /// # Panics
    /// If lengths do not fit.
    pub fn apply_to(self, x: &[T], out: &mut Vec<T>) {
        T::block_diagonal(Path::chosen(), self, false, x, out);
    }

    /// Appends `dx = Wᵀ dy` of each row of `dy` to `out`.
    ///
    /// # Panics
    /// If lengths do not fit.
    pub fn pull_to(self, dy: &[T], out: &mut Vec<T>) {
        T::block_diagonal(Path::chosen(), self, true, dy, out);
    }

    /// Adds `Σ dy xᵀ` over the rows to the sums for the weights.
    ///
    /// # Panics
    /// If lengths do not fit.
    pub fn add_outer(self, x: &[T], dy: &[T], sums: &mut [T]) {
        T::block_diagonal_outer(Path::chosen(), self, x, dy, sums);
    }

    /// Numbers of a row of inputs, and of one of outputs.
    fn widths(self) -> [usize; 2] {
        [self.columns, self.rows].map(|side| self.groups * side * self.stride)
    }

    /// How many rows of `width` these numbers are.
    #[track_caller]
    fn count(self, width: usize, numbers: usize) -> usize {
        let (one, found) = (self.rows * self.columns * self.stride, self.weights.len());
        assert!(
            width > 0
                && (found == one || found == one * self.groups)
                && numbers.is_multiple_of(width),
            "block-diagonal: expected rows of {width} numbers and {} times {one} weights, found {numbers} numbers and \
             {found} weights",
            self.groups
        );
        numbers / width
    }

    /// How far the weights of two groups are apart.
    fn apart(self) -> usize {
        let one = self.rows * self.columns * self.stride;
        if self.weights.len() == one { 0 } else { one }
    }

    /// Blocks of the same weights as one block of more rows.
    fn rows_for_groups(self) -> Self {
        if self.apart() == 0 { Self { groups: 1, ..self } } else { self }
    }

    fn way(self, lanes: usize) -> Way {
        let Self { groups, rows, columns, stride, .. } = self;
        let square = rows == columns && [2, 4, 8].contains(&rows);
        let unit = lanes.max(rows * stride);
        let whole = stride.is_power_of_two() && (groups * rows * stride).is_multiple_of(unit);
        match () {
            () if square && whole && stride < lanes => Way::Close,
            () if stride == 1 => Way::Apart,
            () => Way::Wide,
        }
    }
}

/// How a product is worked out.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Wide,
    Close,
    Apart,
}

/// The lanes of a register.
struct Lanes<'a, T>(&'a mut usize, PhantomData<T>);

impl<T: Number> Kernel<T> for Lanes<'_, T> {
    #[inline(always)]
    fn run<V: Vector<Number = T>>(self) {
        *self.0 = V::LANES;
    }
}

fn way<T: Number>(path: Path, matrix: BlockDiagonal<'_, T>) -> Way {
    let mut lanes = 1;
    run_registers(path, Lanes::<T>(&mut lanes, PhantomData));
    matrix.way(lanes)
}

/// [`BlockDiagonal::apply_to`] and [`BlockDiagonal::pull_to`].
pub(crate) fn on<T: Number>(
    path: Path,
    matrix: BlockDiagonal<'_, T>,
    back: bool,
    x: &[T],
    out: &mut Vec<T>,
) {
    let [inputs, outputs] = matrix.widths();
    let (from, to) = if back { (outputs, inputs) } else { (inputs, outputs) };
    let m = matrix.count(from, x.len());
    if m == 0 {
        return;
    }
    let start = out.len();
    out.reserve(m * to);
    let y = out.spare_capacity_mut().as_mut_ptr().cast();
    match way(path, matrix) {
        Way::Close => run_registers(path, Close { matrix, back, m, x, y }),
        Way::Wide => run_registers(path, Wide { matrix, back, m, x, y }),
        // SAFETY: there is room for `m` rows.
        Way::Apart => unsafe { apart(path, matrix, back, x, y) },
    }
    // SAFETY: there was room, and the kernels write every number of every row.
    unsafe { out.set_len(start + m * to) };
}

/// [`BlockDiagonal::add_outer`].
pub(crate) fn outer<T: Number>(
    path: Path,
    matrix: BlockDiagonal<'_, T>,
    x: &[T],
    dy: &[T],
    sums: &mut [T],
) {
    let [inputs, outputs] = matrix.widths();
    let (m, weights) = (matrix.count(inputs, x.len()), matrix.weights.len());
    assert!(
        sums.len() == weights && dy.len() == m * outputs,
        "block-diagonal: expected {weights} sums and {m} rows of {outputs} numbers, found {} and {} numbers",
        sums.len(),
        dy.len()
    );
    if m == 0 {
        return;
    }
    match way(path, matrix) {
        Way::Apart => apart_sums(path, matrix, x, dy, sums),
        Way::Wide => run_registers(path, WideSums { matrix, m, x, dy, sums }),
        Way::Close => run_registers(path, CloseSums { matrix, m, x, dy, sums }),
    }
}

/// # Safety
/// At `y` there is room for the outputs of all rows of `x`.
unsafe fn apart<T: Number>(
    path: Path,
    matrix: BlockDiagonal<'_, T>,
    back: bool,
    x: &[T],
    y: *mut T,
) {
    let BlockDiagonal { weights, groups, rows, columns, .. } = matrix.rows_for_groups();
    let (outputs, inputs) = if back { (columns, rows) } else { (rows, columns) };
    let m = x.len() / (groups * inputs);
    let to = groups * outputs;
    for (group, values) in weights.chunks_exact(rows * columns).enumerate() {
        let x = &x[group * inputs..];
        let x = Factor { values: x, shape: [m, inputs], strides: [groups * inputs, 1] };
        let strides = if back { [columns, 1] } else { [1, columns] };
        let w = Factor { values, shape: [inputs, outputs], strides };
        let first = group * outputs;
        // SAFETY: the rows are there, and each but the last ends where the next begins.
        unsafe { rows_apart_to(path, y.add(first), m * to - first, to, false, x, w) };
    }
}

fn apart_sums<T: Number>(
    path: Path,
    matrix: BlockDiagonal<'_, T>,
    x: &[T],
    dy: &[T],
    sums: &mut [T],
) {
    let BlockDiagonal { groups, rows, columns, .. } = matrix.rows_for_groups();
    let m = x.len() / (groups * columns);
    for (group, sums) in sums.chunks_exact_mut(rows * columns).enumerate() {
        let (x, dy) = (&x[group * columns..], &dy[group * rows..]);
        let x = Factor { values: x, shape: [m, columns], strides: [groups * columns, 1] };
        let dy = Factor { values: dy, shape: [rows, m], strides: [1, groups * rows] };
        rows_apart(path, sums, columns, true, dy, x);
    }
}

/// The weights that stay in the first cache while rows go by.
const STRIP: usize = 4096;

/// The rows that are taken at once.
const ROWS: usize = 4;

struct Wide<'a, T> {
    matrix: BlockDiagonal<'a, T>,
    back: bool,
    /// Rows of the batch.
    m: usize,
    x: &'a [T],
    /// Where the outputs go, which need no value yet.
    y: *mut T,
}

impl<T: Number> Kernel<T> for Wide<'_, T> {
    #[inline(always)]
    fn run<V: Vector<Number = T>>(self) {
        let BlockDiagonal { groups, rows, columns, stride, .. } = self.matrix;
        let registers = groups * stride.div_ceil(V::LANES);
        let strip = (STRIP / (rows * columns * V::LANES)).max(1);
        let side = if rows == columns && stride.is_multiple_of(V::LANES) { rows } else { 0 };
        let many = self.m - self.m % ROWS;
        for start in (0..registers).step_by(strip) {
            let range = start..registers.min(start + strip);
            for row in (0..many).step_by(ROWS) {
                // SAFETY: the rows and the blocks are there, and a vector is whole registers.
                match side {
                    2 => unsafe { self.squares::<V, ROWS, 2>(row, range.clone()) },
                    4 => unsafe { self.squares::<V, ROWS, 4>(row, range.clone()) },
                    _ => self.strip::<V, ROWS>(row, range.clone()),
                }
            }
            for row in many..self.m {
                self.strip::<V, 1>(row, range.clone());
            }
        }
    }
}

impl<T: Number> Wide<'_, T> {
    /// `R` rows from the `first` through registers of interleaved square blocks of side `N`, so small that finding one's
    /// way would take longer than the work.
    ///
    /// # Safety
    /// Rows and registers are there, and each vector is whole registers.
    #[inline(always)]
    unsafe fn squares<V: Vector<Number = T>, const R: usize, const N: usize>(
        &self,
        first: usize,
        range: Range<usize>,
    ) {
        let BlockDiagonal { groups, stride, weights, .. } = self.matrix;
        let (n, each) = (groups * N * stride, stride / V::LANES);
        let (down, across) = if self.back { (stride, N * stride) } else { (N * stride, stride) };
        let mut register = range.start;
        while register < range.end {
            let group = register / each;
            let here = register - group * each..range.end.min((group + 1) * each) - group * each;
            register += here.len();
            // SAFETY: as the caller says.
            unsafe {
                let weights = weights.as_ptr().add(group * self.matrix.apart());
                let rows = first * n + group * N * stride;
                let (x, y) = (self.x.as_ptr().add(rows), self.y.add(rows));
                let mut i = here.start * V::LANES;
                while i < here.end * V::LANES {
                    let mut xs = [[V::splat(T::ZERO); R]; N];
                    for (b, xs) in xs.iter_mut().enumerate() {
                        for (r, number) in xs.iter_mut().enumerate() {
                            *number = V::load(x.add(r * n).add(b * stride + i));
                        }
                    }
                    for a in 0..N {
                        let mut sums = [V::splat(T::ZERO); R];
                        for (b, xs) in xs.iter().enumerate() {
                            let w = V::load(weights.add(a * down + b * across).add(i));
                            for (sum, &x) in sums.iter_mut().zip(xs) {
                                *sum = w.mul_add(x, *sum);
                            }
                        }
                        for (r, sum) in sums.into_iter().enumerate() {
                            sum.store(y.add(r * n).add(a * stride + i));
                        }
                    }
                    i += V::LANES;
                }
            }
        }
    }

    /// `R` rows from the `first` through registers of interleaved blocks.
    #[inline(always)]
    fn strip<V: Vector<Number = T>, const R: usize>(&self, first: usize, range: Range<usize>) {
        let BlockDiagonal { rows, columns, stride, .. } = self.matrix;
        let outputs = if self.back { columns } else { rows };
        let each = stride.div_ceil(V::LANES);
        for register in range {
            let place = [register / each, register % each * V::LANES];
            let count = stride - place[1];
            let mut output = 0;
            while output < outputs {
                // SAFETY: the rows, the group, the blocks and the outputs are there.
                unsafe {
                    output += match (outputs - output, count < V::LANES) {
                        (4.., false) => self.tile::<V, R, 4, false>(first, place, output, count),
                        (4.., true) => self.tile::<V, R, 4, true>(first, place, output, count),
                        (2.., false) => self.tile::<V, R, 2, false>(first, place, output, count),
                        (2.., true) => self.tile::<V, R, 2, true>(first, place, output, count),
                        (_, false) => self.tile::<V, R, 1, false>(first, place, output, count),
                        (_, true) => self.tile::<V, R, 1, true>(first, place, output, count),
                    }
                }
            }
        }
    }

    /// `A` outputs of `R` rows, of as many blocks as a register has lanes, or of the `count` that are left in `PART`.
    /// How many outputs that were.
    ///
    /// # Safety
    /// They are there.
    #[inline(always)]
    unsafe fn tile<V: Vector<Number = T>, const R: usize, const A: usize, const PART: bool>(
        &self,
        row: usize,
        [group, i]: [usize; 2],
        output: usize,
        count: usize,
    ) -> usize {
        let BlockDiagonal { groups, rows, columns, stride, .. } = self.matrix;
        let (outputs, inputs, down, across) = match self.back {
            false => (rows, columns, columns * stride, stride),
            true => (columns, rows, stride, columns * stride),
        };
        let (n, to) = (groups * inputs * stride, groups * outputs * stride);
        let mut sums = [[V::splat(T::ZERO); R]; A];
        // SAFETY: as the caller says.
        unsafe {
            let group_weights = self.matrix.weights.as_ptr().add(group * self.matrix.apart() + i);
            let w = group_weights.add(output * down);
            let x = self.x.as_ptr().add(row * n + group * inputs * stride + i);
            for b in 0..inputs {
                let mut xs = [V::splat(T::ZERO); R];
                for (r, number) in xs.iter_mut().enumerate() {
                    *number = load::<V, PART>(x.add(r * n + b * stride), count);
                }
                for (a, sums) in sums.iter_mut().enumerate() {
                    let w = load::<V, PART>(w.add(a * down + b * across), count);
                    for (sum, x) in sums.iter_mut().zip(xs) {
                        *sum = w.mul_add(x, *sum);
                    }
                }
            }
            let y = self.y.add(row * to + (group * outputs + output) * stride + i);
            for (a, sums) in sums.into_iter().enumerate() {
                for (r, sum) in sums.into_iter().enumerate() {
                    store::<V, PART>(sum, y.add(r * to + a * stride), count);
                }
            }
        }
        A
    }
}

struct WideSums<'a, T> {
    matrix: BlockDiagonal<'a, T>,
    m: usize,
    x: &'a [T],
    dy: &'a [T],
    sums: &'a mut [T],
}

impl<T: Number> Kernel<T> for WideSums<'_, T> {
    #[inline(always)]
    fn run<V: Vector<Number = T>>(mut self) {
        let BlockDiagonal { groups, rows, columns, stride, .. } = self.matrix;
        let each = stride.div_ceil(V::LANES);
        for register in 0..groups * each {
            let place = [register / each, register % each * V::LANES];
            let count = stride - place[1];
            let mut output = 0;
            while output < rows {
                let mut input = 0;
                while input < columns {
                    let from = [output, input];
                    // SAFETY: the group, the blocks, the outputs and the inputs are there.
                    unsafe {
                        input += match (rows - output, columns - input, count < V::LANES) {
                            (2.., 4.., false) => self.tile::<V, 2, 4, false>(place, from, count),
                            (2.., 4.., true) => self.tile::<V, 2, 4, true>(place, from, count),
                            (2.., 2.., false) => self.tile::<V, 2, 2, false>(place, from, count),
                            (2.., 2.., true) => self.tile::<V, 2, 2, true>(place, from, count),
                            (2.., _, false) => self.tile::<V, 2, 1, false>(place, from, count),
                            (2.., _, true) => self.tile::<V, 2, 1, true>(place, from, count),
                            (_, _, false) => self.tile::<V, 1, 1, false>(place, from, count),
                            (_, _, true) => self.tile::<V, 1, 1, true>(place, from, count),
                        }
                    }
                }
                output += 2;
            }
        }
    }
}

impl<T: Number> WideSums<'_, T> {
    /// The sums of all rows for `A` outputs and `B` inputs. How many inputs that were.
    ///
    /// # Safety
    /// They are there.
    #[inline(always)]
    unsafe fn tile<V: Vector<Number = T>, const A: usize, const B: usize, const PART: bool>(
        &mut self,
        [group, i]: [usize; 2],
        [output, input]: [usize; 2],
        count: usize,
    ) -> usize {
        let BlockDiagonal { groups, rows, columns, stride, .. } = self.matrix;
        let (n, to) = (groups * columns * stride, groups * rows * stride);
        let mut sums = [[V::splat(T::ZERO); B]; A];
        // SAFETY: as the caller says.
        unsafe {
            let mut x = self.x.as_ptr().add((group * columns + input) * stride + i);
            let mut dy = self.dy.as_ptr().add((group * rows + output) * stride + i);
            for _ in 0..self.m {
                let mut xs = [V::splat(T::ZERO); B];
                for (b, number) in xs.iter_mut().enumerate() {
                    *number = load::<V, PART>(x.add(b * stride), count);
                }
                for (a, sums) in sums.iter_mut().enumerate() {
                    let dy = load::<V, PART>(dy.add(a * stride), count);
                    for (sum, x) in sums.iter_mut().zip(xs) {
                        *sum = dy.mul_add(x, *sum);
                    }
                }
                // Behind the last row there is nothing, and nothing is read.
                x = x.wrapping_add(n);
                dy = dy.wrapping_add(to);
            }
            let first = group * self.matrix.apart() + (output * columns + input) * stride + i;
            let all = self.sums.as_mut_ptr().add(first);
            for (a, sums) in sums.into_iter().enumerate() {
                for (b, sum) in sums.into_iter().enumerate() {
                    let to = all.add((a * columns + b) * stride);
                    store::<V, PART>(load::<V, PART>(to, count).add(sum), to, count);
                }
            }
        }
        B
    }
}

/// The numbers of the largest unit of blocks that are arranged alike: sides of 8, with a stride of half a register of 16.
const UNIT: usize = 8 * 8;

/// Where the weights of a unit are, a register after the other: of each, those of all its terms.
///
/// A unit is a register of blocks, or the blocks of one group where those are more.
struct Arranged {
    /// Columns.
    unit: usize,
    places: [u32; UNIT * 8],
}

impl Arranged {
    #[inline(always)]
    fn of<T: Number>(matrix: BlockDiagonal<'_, T>, back: bool, lanes: usize) -> Self {
        let BlockDiagonal { rows: side, stride, .. } = matrix;
        let (unit, apart) = (lanes.max(side * stride), matrix.apart());
        // All are powers of two, and a division takes as long as many other steps.
        let (log_side, log_stride) = (side.trailing_zeros(), stride.trailing_zeros());
        let mut places = [0; UNIT * 8];
        for p in 0..unit {
            let group = p >> (log_side + log_stride);
            let (k, i) = (p >> log_stride & (side - 1), p & (stride - 1));
            let first = ((p & !(lanes - 1)) << log_side) + (p & (lanes - 1));
            for m in 0..side {
                let (row, column) = if back { (k ^ m, k) } else { (k, k ^ m) };
                let place = group * apart + (((row << log_side) + column) << log_stride) + i;
                places[first + m * lanes] = place as u32;
            }
        }
        Self { unit, places }
    }
}

struct Close<'a, T> {
    matrix: BlockDiagonal<'a, T>,
    back: bool,
    m: usize,
    x: &'a [T],
    /// Where the outputs go, which need no value yet.
    y: *mut T,
}

impl<T: Number> Kernel<T> for Close<'_, T> {
    #[inline(always)]
    fn run<V: Vector<Number = T>>(self) {
        match self.matrix.rows {
            2 => self.sides::<V, 2>(),
            4 => self.sides::<V, 4>(),
            _ => self.sides::<V, 8>(),
        }
    }
}

impl<T: Number> Close<'_, T> {
    /// Blocks of side `N`.
    #[inline(always)]
    fn sides<V: Vector<Number = T>, const N: usize>(self) {
        let matrix = self.matrix;
        let n = matrix.groups * N * matrix.stride;
        let arranged = Arranged::of(matrix, self.back, V::LANES);
        let mut weights = [T::ZERO; STRIP];
        let many = self.m - self.m % ROWS;
        for start in (0..n).step_by(STRIP / N) {
            let end = n.min(start + STRIP / N);
            let length = arranged.unit * N;
            for (u, to) in weights[..(end - start) * N].chunks_exact_mut(length).enumerate() {
                let from = matrix.weights_of_unit(start / arranged.unit + u, arranged.unit);
                for (to, &place) in to.iter_mut().zip(&arranged.places) {
                    *to = from[place as usize];
                }
            }
            for row in (0..many).step_by(ROWS) {
                self.strip::<V, N, ROWS>(row, start..end, &weights);
            }
            for row in many..self.m {
                self.strip::<V, N, 1>(row, start..end, &weights);
            }
        }
    }

    /// `R` rows through a strip of columns.
    #[inline(always)]
    fn strip<V: Vector<Number = T>, const N: usize, const R: usize>(
        &self,
        row: usize,
        columns: Range<usize>,
        weights: &[T; STRIP],
    ) {
        let BlockDiagonal { groups, stride, .. } = self.matrix;
        let n = groups * N * stride;
        for column in columns.clone().step_by(V::LANES) {
            // SAFETY: the rows have whole units of registers, and a partner is in the unit of its register.
            unsafe {
                let x = self.x.as_ptr().add(row * n);
                let w = weights.as_ptr().add((column - columns.start) * N);
                let mut sums = [V::splat(T::ZERO); R];
                let mut own = [V::splat(T::ZERO); R];
                for (r, own) in own.iter_mut().enumerate() {
                    *own = V::load(x.add(r * n + column));
                }
                for m in 0..N {
                    let (far, near) = partner::<V>(m * stride);
                    let w = V::load(w.add(m * V::LANES));
                    if far == 0 {
                        for (sum, own) in sums.iter_mut().zip(own) {
                            *sum = w.mul_add(own.exchange(near), *sum);
                        }
                    } else {
                        for (r, sum) in sums.iter_mut().enumerate() {
                            let x = V::load(x.add(r * n + (column ^ far)));
                            *sum = w.mul_add(x.exchange(near), *sum);
                        }
                    }
                }
                let y = self.y.add(row * n + column);
                for (r, sum) in sums.into_iter().enumerate() {
                    sum.store(y.add(r * n));
                }
            }
        }
    }
}

/// How the partner at `p XOR by` of each number of a register is found: in which register, and in which lane.
#[inline(always)]
fn partner<V: Vector>(by: usize) -> (usize, usize) {
    (by & !(V::LANES - 1), by & (V::LANES - 1))
}

impl<'a, T: Number> BlockDiagonal<'a, T> {
    /// The weights from those of a unit of columns on.
    #[inline(always)]
    fn weights_of_unit(self, number: usize, unit: usize) -> &'a [T] {
        if self.apart() == 0 { self.weights } else { &self.weights[number * unit * self.rows..] }
    }
}

struct CloseSums<'a, T> {
    matrix: BlockDiagonal<'a, T>,
    m: usize,
    x: &'a [T],
    dy: &'a [T],
    sums: &'a mut [T],
}

impl<T: Number> Kernel<T> for CloseSums<'_, T> {
    #[inline(always)]
    fn run<V: Vector<Number = T>>(self) {
        match self.matrix.rows {
            2 => self.sides::<V, 2>(),
            4 => self.sides::<V, 4>(),
            _ => self.sides::<V, 8>(),
        }
    }
}

impl<T: Number> CloseSums<'_, T> {
    /// Blocks of side `N`.
    #[inline(always)]
    fn sides<V: Vector<Number = T>, const N: usize>(self) {
        let Self { matrix, m, x, dy, sums } = self;
        let (stride, apart) = (matrix.stride, matrix.apart());
        let n = matrix.groups * N * stride;
        let arranged = Arranged::of(matrix, false, V::LANES);
        let mut room = [T::ZERO; UNIT * 8];
        for start in (0..n).step_by(arranged.unit) {
            for column in (start..start + arranged.unit).step_by(V::LANES) {
                let mut terms = [V::splat(T::ZERO); N];
                // SAFETY: the rows have whole units of registers, and a partner is in the unit of its register.
                unsafe {
                    for row in 0..m {
                        let dy = V::load(dy.as_ptr().add(row * n + column));
                        for (m, term) in terms.iter_mut().enumerate() {
                            let (far, near) = partner::<V>(m * stride);
                            let x = V::load(x.as_ptr().add(row * n + (column ^ far)));
                            let x = if near == 0 { x } else { x.exchange(near) };
                            *term = dy.mul_add(x, *term);
                        }
                    }
                    for (m, term) in terms.into_iter().enumerate() {
                        let to = room.as_mut_ptr().add((column - start) * N + m * V::LANES);
                        term.store(to);
                    }
                }
            }
            let first = if apart == 0 { 0 } else { start * N };
            for (&sum, &place) in room[..arranged.unit * N].iter().zip(&arranged.places) {
                sums[first + place as usize] += sum;
            }
        }
    }
}
