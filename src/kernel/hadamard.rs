//! The Walsh–Hadamard transform.

use super::{Loop, run};
use crate::scalar::Scalar;

/// The orthonormal Walsh–Hadamard transform, in natural order, of each `n` numbers of `rows`.
///
/// `n` must be a power of two that divides their number: the caller checked both.
pub(crate) fn hadamard<T: Scalar>(rows: &mut [T], n: usize) {
    run(Rows { rows, n });
}

struct Rows<'a, T> {
    rows: &'a mut [T],
    n: usize,
}

impl<T: Scalar> Loop for Rows<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.rows.chunks_exact_mut(self.n).for_each(row);
    }
}

#[inline(always)]
fn row<T: Scalar>(row: &mut [T]) {
    let n = row.len();
    let scale = T::one() / T::of(n as f64).sqrt();
    // The small strides come first and are unrolled as blocks, so that every later pass runs over
    // contiguous runs of at least eight numbers.
    let mut stride = if n >= 8 {
        for block in row.as_chunks_mut::<8>().0 {
            *block = eight(*block).map(|v| v * scale);
        }
        8
    } else {
        for v in row.iter_mut() {
            *v *= scale;
        }
        1
    };
    while 4 * stride <= n {
        for block in row.chunks_exact_mut(4 * stride) {
            let (low, high) = block.split_at_mut(2 * stride);
            let (a, b) = low.split_at_mut(stride);
            let (c, d) = high.split_at_mut(stride);
            for (((a, b), c), d) in a.iter_mut().zip(b).zip(c).zip(d) {
                let (p, q) = (*a + *b, *a - *b);
                let (r, s) = (*c + *d, *c - *d);
                (*a, *b, *c, *d) = (p + r, q + s, p - r, q - s);
            }
        }
        stride *= 4;
    }
    if 2 * stride <= n {
        let (a, b) = row.split_at_mut(stride);
        for (a, b) in a.iter_mut().zip(b) {
            (*a, *b) = (*a + *b, *a - *b);
        }
    }
}

#[inline(always)]
fn eight<T: Scalar>(x: [T; 8]) -> [T; 8] {
    let pairs = |x: [T; 8], s: usize| -> [T; 8] {
        std::array::from_fn(|i| if i & s == 0 { x[i] + x[i | s] } else { x[i & !s] - x[i] })
    };
    pairs(pairs(pairs(x, 1), 2), 4)
}
