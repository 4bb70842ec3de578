//! The product of two dense matrices.
//!
//! A tile of sums, some rows by some registers, stays in registers while it runs along the depth: each number of
//! `a` is spread over a register, and multiplied with a panel of `b`, which is packed so that its numbers lie in
//! the order they are read (Goto and van de Geijn, ACM TOMS 34(3), 2008). Of the product and its transpose that
//! one is worked out for which less has to be packed.

mod few;
mod tile;

use crate::number::Number;
use crate::path::{Path, run_registers};
use few::{Dots, Rows};
use tile::{DEPTH, WIDTH};

/// A matrix to multiply: number `(i, j)` is `values[i·strides[0] + j·strides[1]]`.
///
/// ```
/// use switchnet_kernels::{Factor, product};
/// let a = Factor { values: &[1.0, 2.0, 3.0, 4.0], shape: [2, 2], strides: [2, 1] };
/// let transposed = Factor { strides: [1, 2], ..a };
/// let mut out = [0.0; 4];
/// product(&mut out, false, a, transposed);
/// assert_eq!(out, [5.0, 11.0, 11.0, 25.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Factor<'a, T> {
    /// The numbers.
    pub values: &'a [T],
    /// Rows and columns.
    pub shape: [usize; 2],
    /// How far apart rows and columns are.
    pub strides: [usize; 2],
}

impl<T> Factor<'_, T> {
    /// Whether all its numbers are there.
    fn is_whole(&self) -> bool {
        let last = |i: usize| (self.shape[i] - 1).checked_mul(self.strides[i]);
        self.shape.contains(&0)
            || last(0)
                .zip(last(1))
                .and_then(|(i, j)| i.checked_add(j))
                .is_some_and(|last| last < self.values.len())
    }
}

/// `out = a·b`, or `out += a·b` if `accumulate`, on this thread; `out` is row-major.
///
/// With more than eight rows and columns, each number is a sum in the order of the columns of `a`, in blocks of 256:
/// its bits depend on its row and its column alone, and not on how many others there are. Products are fused with
/// additions where the processor can. Where few contiguous rows of `a` meet contiguous rows of `b`, columns of zeros
/// are left out: zero times infinity counts as zero there.
///
/// # Panics
/// If the shapes do not fit.
pub fn product<T: Number>(out: &mut [T], accumulate: bool, a: Factor<'_, T>, b: Factor<'_, T>) {
    T::product(Path::chosen(), out, accumulate, a, b);
}

/// A panel begins at a multiple of so many bytes, which no register crosses.
const LINE: usize = 64;

/// [`product`].
pub(crate) fn on<T: Number>(
    path: Path,
    out: &mut [T],
    accumulate: bool,
    a: Factor<'_, T>,
    b: Factor<'_, T>,
) {
    let [m, depth] = a.shape;
    let n = b.shape[1];
    assert!(
        b.shape[0] == depth && m.checked_mul(n) == Some(out.len()),
        "product: expected {} = m·n numbers from m×k · k×n, found {:?} · {:?}",
        out.len(),
        a.shape,
        b.shape
    );
    if !accumulate && depth == 0 {
        out.fill(T::ZERO);
    }
    if !out.is_empty() && depth > 0 {
        rows_apart(path, out, n, accumulate, a, b);
    }
}

/// The same of matrices that are not empty, with the rows of `out` so many numbers apart.
pub(crate) fn rows_apart<T: Number>(
    path: Path,
    out: &mut [T],
    apart: usize,
    accumulate: bool,
    a: Factor<'_, T>,
    b: Factor<'_, T>,
) {
    // SAFETY: the numbers are there.
    unsafe { rows_apart_to(path, out.as_mut_ptr(), out.len(), apart, accumulate, a, b) };
}

/// The same where there is room for `room` numbers at `out`, which need no value unless they are added to.
///
/// # Safety
/// So many numbers can be written there, and read if they are added to.
pub(crate) unsafe fn rows_apart_to<T: Number>(
    path: Path,
    out: *mut T,
    room: usize,
    apart: usize,
    accumulate: bool,
    a: Factor<'_, T>,
    b: Factor<'_, T>,
) {
    let [m, depth] = a.shape;
    let n = b.shape[1];
    assert!(a.is_whole() && b.is_whole(), "product: a matrix lacks numbers");
    let last = (m - 1).checked_mul(apart).and_then(|last| last.checked_add(n));
    let fits = b.shape[0] == depth && n <= apart && last.is_some_and(|end| end <= room);
    assert!(fits, "product: expected {m} rows of {n} numbers, {apart} apart, found {room}");
    let mut room = T::room().take();
    let spare = LINE / size_of::<T>();
    room.resize(room.len().max(DEPTH * WIDTH + spare), T::ZERO);
    let packed = room.as_mut_ptr();
    // SAFETY: there are so many numbers to spare.
    let packed = unsafe { packed.add(packed.align_offset(LINE).min(spare)) };
    let product = Product {
        out,
        out_strides: [apart, 1],
        shape: [m, n, depth],
        a: a.values.as_ptr(),
        a_strides: a.strides,
        b: b.values.as_ptr(),
        b_strides: b.strides,
        packed,
        fresh: !accumulate,
    };
    let product = if product.is_better_transposed() { product.transposed() } else { product };
    match product.few() {
        Some(Few::Rows) => run_registers(path, Rows(product)),
        Some(Few::Dots) => run_registers(path, Dots(product)),
        None => run_registers(path, product),
    }
    T::room().set(room);
}

/// Pointers and strides of one product.
struct Product<T> {
    out: *mut T,
    out_strides: [usize; 2],
    /// Rows, columns, and the length of the sums.
    shape: [usize; 3],
    a: *const T,
    a_strides: [usize; 2],
    b: *const T,
    b_strides: [usize; 2],
    /// Room for `DEPTH·WIDTH` numbers.
    packed: *mut T,
    /// Whether the result is written instead of added.
    fresh: bool,
}

/// The loops for few rows.
enum Few {
    Rows,
    Dots,
}

/// Up to so many rows have loops of their own where the rows of `b` are contiguous,
const FEW_ROWS: usize = 2;

/// or its columns, and the rows of `a`.
pub(crate) const FEW_DOTS: usize = 8;

/// Shorter sums are not worth a loop along them.
const SHORT: usize = 32;

/// With more rows, a `b` whose columns are contiguous is packed whatever its size.
const MANY: usize = 64;

impl<T> Product<T> {
    fn few(&self) -> Option<Few> {
        let [m, _, depth] = self.shape;
        let along = self.b_strides[0] == 1 && self.a_strides[1] == 1 && depth >= SHORT;
        if self.b_strides[1] == 1 && m <= FEW_ROWS {
            Some(Few::Rows)
        } else if along && m <= FEW_DOTS {
            Some(Few::Dots)
        } else {
            None
        }
    }

    fn is_better_transposed(&self) -> bool {
        let [m, n, depth] = self.shape;
        let few_columns = n < m && self.transposed().few().is_some();
        // Of short sums most of the work is to write them, which is done row by row.
        let long = depth >= SHORT;
        let less_to_pack = long && m <= MANY && 2 * m < n && self.b_strides[1] != 1;
        self.few().is_none() && (few_columns || less_to_pack)
    }

    /// `outᵀ = bᵀ·aᵀ`.
    fn transposed(&self) -> Self {
        let turned = |[down, right]: [usize; 2]| [right, down];
        let [m, n, depth] = self.shape;
        Self {
            out: self.out,
            out_strides: turned(self.out_strides),
            shape: [n, m, depth],
            a: self.b,
            a_strides: turned(self.b_strides),
            b: self.a,
            b_strides: turned(self.a_strides),
            packed: self.packed,
            fresh: self.fresh,
        }
    }
}
