//! Registers in plain Rust: eight numbers, which the compiler puts into whatever the target has.

use crate::number::Number;
use crate::vector::Vector;

#[derive(Clone, Copy, Debug)]
pub struct Eight<T>([T; 8]);

impl<T: Copy> Eight<T> {
    #[inline(always)]
    fn zip(mut self, other: Self, f: impl Fn(T, T) -> T) -> Self {
        for (a, b) in self.0.iter_mut().zip(other.0) {
            *a = f(*a, b);
        }
        self
    }
}

impl<T: Number> Vector for Eight<T> {
    type Number = T;
    const LANES: usize = 8;
    const RADIX: usize = 4;
    const TILE: (usize, usize) = (4, 1);

    #[inline(always)]
    unsafe fn load(from: *const T) -> Self {
        // SAFETY: the caller says that eight numbers are there; an array has their alignment.
        Self(unsafe { *from.cast() })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut T) {
        // SAFETY: as for `load`.
        unsafe { *to.cast() = self.0 }
    }

    #[inline(always)]
    fn splat(x: T) -> Self {
        Self([x; 8])
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }

    #[inline(always)]
    fn mul_add(self, other: Self, sum: Self) -> Self {
        self.mul(other).add(sum)
    }

    #[inline(always)]
    fn pick(mut self, open: Self, closed: Self) -> Self {
        for ((v, a), b) in self.0.iter_mut().zip(open.0).zip(closed.0) {
            *v = if *v > T::ZERO { a } else { b };
        }
        self
    }

    #[inline(always)]
    fn butterfly(self, level: u32) -> Self {
        let [a, b, c, d, e, f, g, h] = self.0;
        let (p, m) = (T::ONE, -T::ONE);
        // A product with ±1 and a sum are one operation on all lanes, as sums in some lanes and
        // differences in others are not.
        let (partner, sign) = match level {
            0 => ([b, a, d, c, f, e, h, g], [p, m, p, m, p, m, p, m]),
            1 => ([c, d, a, b, g, h, e, f], [p, p, m, m, p, p, m, m]),
            _ => ([e, f, g, h, a, b, c, d], [p, p, p, p, m, m, m, m]),
        };
        Self(partner).add(self.mul(Self(sign)))
    }
}
