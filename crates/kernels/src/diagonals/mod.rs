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

mod apart;
mod close;
mod wide;

use crate::number::Number;
use crate::path::{Kernel, Path, run_registers};
use crate::vector::Vector;
use close::{Close, CloseSums};
use std::marker::PhantomData;
use wide::{Wide, WideSums};

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
        Way::Apart => unsafe { apart::on(path, matrix, back, x, y) },
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
        Way::Apart => apart::sums(path, matrix, x, dy, sums),
        Way::Wide => run_registers(path, WideSums { matrix, m, x, dy, sums }),
        Way::Close => run_registers(path, CloseSums { matrix, m, x, dy, sums }),
    }
}

/// The weights that stay in the first cache while rows go by.
const STRIP: usize = 4096;

/// The rows that are taken at once.
const ROWS: usize = 4;
