//! A scale, a bias and a switch for each number of a row.

use super::hadamard::Before;
use super::vector::Vector;
use super::{Loop, run};
use crate::scalar::Scalar;

/// `y = s(d x + b)`, where `s(z)` is `open·z` if `z > 0` and `closed·z` elsewhere. All vectors have
/// the length of a row.
#[derive(Clone, Copy)]
pub struct Pointwise<'a, T> {
    pub scale: Option<&'a [T]>,
    pub bias: Option<&'a [T]>,
    pub open: &'a [T],
    pub closed: &'a [T],
}

impl<T: Scalar> Pointwise<'_, T> {
    /// Applies it to each row.
    pub(crate) fn apply(self, rows: &mut [T]) {
        run(OnRows { pointwise: self, rows });
    }
}

struct OnRows<'a, T> {
    pointwise: Pointwise<'a, T>,
    rows: &'a mut [T],
}

impl<T: Scalar> Loop for OnRows<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Pointwise { scale, bias, open, closed } = self.pointwise;
        for row in self.rows.chunks_exact_mut(open.len()) {
            if let Some(scale) = scale {
                for (v, &d) in row.iter_mut().zip(scale) {
                    *v *= d;
                }
            }
            if let Some(bias) = bias {
                for (v, &b) in row.iter_mut().zip(bias) {
                    *v += b;
                }
            }
            for ((v, &a), &b) in row.iter_mut().zip(open).zip(closed) {
                *v *= if *v > T::zero() { a } else { b };
            }
        }
    }
}

/// It, in front of a transform; what there is of scale and bias is known when it is compiled.
#[derive(Clone, Copy)]
pub(super) struct After<P, const SCALE: bool, const BIAS: bool>(pub P);

impl<T: Scalar, const SCALE: bool, const BIAS: bool> Before<T>
    for After<Pointwise<'_, T>, SCALE, BIAS>
{
    const REGISTERS: usize = 8;

    #[inline(always)]
    unsafe fn apply<V: Vector<Number = T>>(self, mut x: V, column: usize) -> V {
        // A leaf runs over several rows where one leaf is a row.
        let column = column & (self.0.open.len() - 1);
        // SAFETY: the vectors are as long as a row, and the caller says that a register is there.
        unsafe {
            if SCALE && let Some(scale) = self.0.scale {
                x = x.mul(V::load(scale.as_ptr().add(column)));
            }
            if BIAS && let Some(bias) = self.0.bias {
                x = x.add(V::load(bias.as_ptr().add(column)));
            }
            let open = V::load(self.0.open.as_ptr().add(column));
            x.mul(x.pick(open, V::load(self.0.closed.as_ptr().add(column))))
        }
    }
}
