//! Hadamard matrices of orders 12, 20 and 28.

use super::{Loop, run};
use crate::scalar::Scalar;

/// The orders that [`paley`] takes.
pub(crate) const ORDERS: [usize; 3] = [28, 20, 12];

/// `scale·(I ⊗ H ⊗ I)` applied to `rows`, `H` Paley's symmetric Hadamard matrix of this order and the
/// right identity of size `stride`.
///
/// `H = C ⊗ [[1, 1], [1, −1]] + I ⊗ [[1, −1], [−1, −1]]` with `C` the conference matrix of the field of
/// `q = order/2 − 1` numbers. `order·stride` must divide the length of `rows`: the caller checked it.
pub(crate) fn paley<T: Scalar>(order: usize, rows: &mut [T], stride: usize, scale: T) {
    match order {
        12 => run(Pass::<T, 6> { rows, stride, scale: scale + scale }),
        20 => run(Pass::<T, 10> { rows, stride, scale: scale + scale }),
        28 => run(Pass::<T, 14> { rows, stride, scale: scale + scale }),
        _ => unreachable!("Hadamard matrices of orders {ORDERS:?} and no others"),
    }
}

/// How many columns are worked on together: one AVX-512 register of `f32`.
const LANES: usize = 16;

/// A matrix of order `2·P`: the points of a field and the point at infinity, two numbers each.
struct Pass<'a, T, const P: usize> {
    rows: &'a mut [T],
    stride: usize,
    scale: T,
}

impl<T: Scalar, const P: usize> Loop for Pass<'_, T, P> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        // Neighbouring columns lie side by side as far as the stride goes.
        match self.stride {
            stride if stride.is_multiple_of(16) => self.in_place(),
            stride if stride.is_multiple_of(4) => self.gathered::<4, 4>(),
            stride if stride.is_multiple_of(2) => self.gathered::<2, 8>(),
            _ => self.gathered::<1, 16>(),
        }
    }
}

impl<T: Scalar, const P: usize> Pass<'_, T, P> {
    #[inline(always)]
    fn in_place(self) {
        let mut halves = Halves::<T, P>([[[T::zero(); LANES]; 16]; 2]);
        for block in self.rows.chunks_exact_mut(2 * P * self.stride) {
            for column in (0..self.stride).step_by(LANES) {
                halves.apply(&mut block[column..], self.stride, self.scale);
            }
        }
    }

    /// Tiles of `LANES` columns, which are `RUNS` runs of `RUN` neighbours.
    #[inline(always)]
    fn gathered<const RUN: usize, const RUNS: usize>(self) {
        let Self { rows, stride, scale } = self;
        let mut halves = Halves::<T, P>([[[T::zero(); LANES]; 16]; 2]);
        let mut tile = [[[T::zero(); LANES]; 2]; P];
        let (mut column, mut next) = (0, 0);
        let mut left = rows.len() / (2 * P * RUN);
        while left > 0 {
            let mut starts = [0; RUNS];
            for start in &mut starts {
                *start = next;
                (column, next) = (column + RUN, next + RUN);
                if column == stride {
                    (column, next) = (0, next + (2 * P - 1) * stride);
                }
            }
            let starts = &starts[..left.min(RUNS)];
            for (i, place) in tile.as_flattened_mut().iter_mut().enumerate() {
                for (run, start) in place.as_chunks_mut::<RUN>().0.iter_mut().zip(starts) {
                    run.copy_from_slice(&rows[start + i * stride..][..RUN]);
                }
            }
            halves.apply(tile.as_flattened_mut().as_flattened_mut(), LANES, scale);
            for (i, place) in tile.as_flattened().iter().enumerate() {
                for (run, start) in place.as_chunks::<RUN>().0.iter().zip(starts) {
                    rows[start + i * stride..][..RUN].copy_from_slice(run);
                }
            }
            left -= starts.len();
        }
    }
}

type Lanes<T> = [T; LANES];

struct Halves<T, const P: usize>([[Lanes<T>; 16]; 2]);

impl<T: Scalar, const P: usize> Halves<T, P> {
    #[inline(always)]
    fn apply(&mut self, x: &mut [T], stride: usize, scale: T) {
        let [u, v] = &mut self.0;
        let (mut s, mut t) = ([T::zero(); LANES], [T::zero(); LANES]);
        let (u, v) = (u, v);
        for i in 0..P {
            let a: &Lanes<T> = x[2 * i * stride..].first_chunk().unwrap();
            let b: &Lanes<T> = x[(2 * i + 1) * stride..].first_chunk().unwrap();
            for lane in 0..LANES {
                u[i][lane] = a[lane] + b[lane];
                v[i][lane] = a[lane] - b[lane];
                s[lane] = s[lane] + u[i][lane];
                t[lane] = t[lane] + v[i][lane];
            }
        }
        for lane in 0..LANES {
            s[lane] = s[lane] * T::of(0.5);
            t[lane] = t[lane] * T::of(0.5);
        }
        let table = const { opposite::<P>() };
        for i in 0..P {
            let mut a: Lanes<T> = *x[2 * i * stride..].first_chunk().unwrap();
            let mut b: Lanes<T> = *x[(2 * i + 1) * stride..].first_chunk().unwrap();
            if i > 0 {
                for k in (0..P / 2 - 1).step_by(2) {
                    let (k, l) = (table[i][k] % 16, table[i][k + 1] % 16);
                    for lane in 0..LANES {
                        b[lane] = b[lane] + (u[k][lane] + u[l][lane]);
                        a[lane] = a[lane] + (v[k][lane] + v[l][lane]);
                    }
                }
            }
            let y: &mut Lanes<T> = x[2 * i * stride..].first_chunk_mut().unwrap();
            for lane in 0..LANES {
                y[lane] = (s[lane] - b[lane]) * scale;
            }
            let y: &mut Lanes<T> = x[(2 * i + 1) * stride..].first_chunk_mut().unwrap();
            for lane in 0..LANES {
                y[lane] = (t[lane] - a[lane]) * scale;
            }
        }
    }
}

const fn opposite<const P: usize>() -> [[usize; 6]; P] {
    let mut table = [[0; 6]; P];
    let q = P - 1;
    let mut i = 0;
    while i < q {
        let mut k = 0;
        let mut j = 0;
        while j < q {
            let d = (j + q - i) % q;
            let is = match q {
                5 => d == 2 || d == 3,
                9 => i / 3 != j / 3 && i % 3 != j % 3,
                _ => matches!(d, 2 | 5 | 6 | 7 | 8 | 11),
            };
            if is { table[i + 1][k] = j + 1; k += 1; }
            j += 1;
        }
        i += 1;
    }
    table
}
