//! Hadamard matrices of orders 12, 20 and 28.

use crate::number::Number;
use crate::path::{Loop, run};

/// `scale·(I ⊗ H ⊗ I)` applied to `rows`: `H` is Paley's symmetric Hadamard matrix of this order, 12, 20
/// or 28, with entries ±1; the right identity has size `stride`, a multiple of 4.
///
/// `H = C ⊗ [[1, 1], [1, −1]] + I ⊗ [[1, −1], [−1, −1]]` with `C` the symmetric conference matrix of the
/// field of 5, 9 or 13.
///
/// # Panics
/// If there is no such order, the stride is no multiple of 4, or `rows` are not whole rows of `order·stride`.
///
/// ```
/// // The transform of 48 numbers: that of each 4, and then between the twelve of these.
/// use switchnet_kernels::{hadamard, paley};
/// let mut x = [0.0_f64; 48];
/// x[0] = 1.0;
/// hadamard(&mut x, 4);
/// paley(12, &mut x, 4, (1.0_f64 / 12.0).sqrt());
/// assert!(x.iter().all(|y| (y.abs() - (1.0_f64 / 48.0).sqrt()).abs() < 1e-15));
/// ```
pub fn paley<T: Number>(order: usize, rows: &mut [T], stride: usize, scale: T) {
    T::paley(order, rows, stride, scale);
}

/// `scale·(I ⊗ H ⊗ S)` applied to `rows`: `H` as in [`paley`], `S` Sylvester's matrix with entries ±1, of
/// order 1, 2 or 4.
///
/// # Panics
/// If there are no such orders, or `rows` are not whole rows of `order·power`.
pub fn paley_sylvester<T: Number>(order: usize, rows: &mut [T], power: usize, scale: T) {
    T::paley_sylvester(order, rows, power, scale);
}

/// Panics unless Paley's matrix has this order and `len` numbers are whole rows of `order·stride`.
#[track_caller]
fn check(len: usize, order: usize, stride: usize) {
    assert!(matches!(order, 12 | 20 | 28), "paley: expected the order 12, 20 or 28, found {order}");
    let row = order.saturating_mul(stride);
    assert!(len.is_multiple_of(row), "paley: expected rows of {row} numbers, found {len} numbers");
}

/// [`paley`].
pub(crate) fn outer<T: Number>(order: usize, rows: &mut [T], stride: usize, scale: T) {
    let whole = stride > 0 && stride.is_multiple_of(4);
    assert!(whole, "paley: expected a stride that is a multiple of 4, found {stride}");
    check(rows.len(), order, stride);
    match order {
        12 => run(Outer::<T, 6> { rows, stride, scale }),
        20 => run(Outer::<T, 10> { rows, stride, scale }),
        _ => run(Outer::<T, 14> { rows, stride, scale }),
    }
}

/// [`paley_sylvester`].
pub(crate) fn inner<T: Number>(order: usize, rows: &mut [T], power: usize, scale: T) {
    assert!(matches!(power, 1 | 2 | 4), "paley: expected a power of 1, 2 or 4, found {power}");
    check(rows.len(), order, power);
    match order {
        12 => run(Inner::<T, 6> { rows, power, scale }),
        20 => run(Inner::<T, 10> { rows, power, scale }),
        _ => run(Inner::<T, 14> { rows, power, scale }),
    }
}

/// The largest power of two that [`paley_sylvester`] takes.
pub const LARGEST_POWER: usize = 4;

/// Additions for `order` numbers, and the two halvings.
pub fn paley_operations(order: usize) -> usize {
    let points = order / 2;
    let (pairs, opposite) = match order {
        12 => (0, 2),
        20 => (9, 2),
        _ => (13, 4),
    };
    2 * (points + points + 1 + pairs + (points - 1) * opposite + points)
}

/// Columns that lie side by side: they are worked on together, and in place.
struct Outer<'a, T, const P: usize> {
    rows: &'a mut [T],
    stride: usize,
    scale: T,
}

impl<T: Number, const P: usize> Loop for Outer<'_, T, P> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { rows, stride, scale } = self;
        let mut sixteen = Butterfly::<T, 16>::new();
        let mut eight = Butterfly::<T, 8>::new();
        let mut four = Butterfly::<T, 4>::new();
        for block in rows.chunks_exact_mut(2 * P * stride) {
            let mut column = 0;
            while column + 16 <= stride {
                sixteen.apply::<P>(block, stride, column, scale);
                column += 16;
            }
            if column + 8 <= stride {
                eight.apply::<P>(block, stride, column, scale);
                column += 8;
            }
            if column < stride {
                four.apply::<P>(block, stride, column, scale);
            }
        }
    }
}

/// Short rows: sixteen are worked on together, turned into columns of a tile and back.
struct Inner<'a, T, const P: usize> {
    rows: &'a mut [T],
    power: usize,
    scale: T,
}

impl<T: Number, const P: usize> Loop for Inner<'_, T, P> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { rows, power, scale } = self;
        let len = 16 * 2 * P * power;
        // Two variables and not one with two parts, which the compiler would think may overlap.
        let mut columns = Aligned([T::ZERO; 16 * 28 * LARGEST_POWER]);
        let mut between = Aligned([T::ZERO; 16 * 28 * LARGEST_POWER]);
        let (columns, between) = (&mut columns.0[..len], &mut between.0[..len]);
        let mut butterfly = Butterfly::new();
        let mut tiles = rows.chunks_exact_mut(len);
        for tile in &mut tiles {
            turned::<T, P>(tile, columns, between, &mut butterfly, power, scale);
        }
        let rest = tiles.into_remainder();
        if !rest.is_empty() {
            let mut tile = vec![T::ZERO; len];
            tile[..rest.len()].copy_from_slice(rest);
            turned::<T, P>(&mut tile, columns, between, &mut butterfly, power, scale);
            rest.copy_from_slice(&tile[..rest.len()]);
        }
    }
}

/// Begins where a cache line does: a register of AVX-512 that straddles two takes twice as long.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Aligned<A>(A);

#[inline(always)]
fn turned<T: Number, const P: usize>(
    tile: &mut [T],
    columns: &mut [T],
    between: &mut [T],
    butterfly: &mut Butterfly<T, 16>,
    power: usize,
    scale: T,
) {
    deal(tile, between);
    deal(between, columns);
    let mut stride = 16;
    while stride < 16 * power {
        for pair in columns.chunks_exact_mut(2 * stride) {
            let (a, b) = pair.split_at_mut(stride);
            for (a, b) in a.iter_mut().zip(b) {
                (*a, *b) = (*a + *b, *a - *b);
            }
        }
        stride *= 2;
    }
    for column in (0..stride).step_by(16) {
        butterfly.apply::<P>(columns, stride, column, scale);
    }
    gather(columns, between);
    gather(between, tile);
}

/// Number `r` of quarter `k` goes to place `4r + k`. Done twice, this transposes sixteen rows of any
/// length; compilers make wide shuffles of it, which they do not of a transposition as such.
#[inline(always)]
fn deal<T: Number>(from: &[T], to: &mut [T]) {
    let (low, high) = from.split_at(from.len() / 2);
    let (a, b) = low.split_at(low.len() / 2);
    let (c, d) = high.split_at(high.len() / 2);
    for ((((to, a), b), c), d) in to.as_chunks_mut().0.iter_mut().zip(a).zip(b).zip(c).zip(d) {
        *to = [*a, *b, *c, *d];
    }
}

/// The inverse of [`deal`].
#[inline(always)]
fn gather<T: Number>(from: &[T], to: &mut [T]) {
    let (low, high) = to.split_at_mut(from.len() / 2);
    let (a, b) = low.split_at_mut(low.len() / 2);
    let (c, d) = high.split_at_mut(high.len() / 2);
    for ((((from, a), b), c), d) in from.as_chunks().0.iter().zip(a).zip(b).zip(c).zip(d) {
        [*a, *b, *c, *d] = *from;
    }
}

/// Room for `H x` in `W` columns at once.
///
/// `x` holds two numbers, `a` and `b`, for each of `P` points: infinity and the field. With `u` the sums and
/// `v` the differences of these, `H x` is `C u + v` and `C v − u`. A row of `C` is 0 at its own point, −1 at
/// those whose difference from it is no square, which are called opposite here, and 1 elsewhere. So `C u`
/// is the total of `u`, less its own, less twice the opposite ones; and as `v − u = −2 b`, and `v + u = 2 a`,
/// `H x = 2·(total(u)/2 − b − opposite(u))` and `2·(total(v)/2 − a − opposite(v))`.
///
/// Loops are over indices of a known number, and arrays outlive the call: anything else keeps the compiler
/// from unrolling them or makes it fill the arrays with zeros first, at twice to five times the time.
struct Butterfly<T, const W: usize> {
    /// `u`; from place `PAIRS` on, sums of two.
    sums: Aligned<[[T; W]; 2 * PAIRS]>,
    /// `v`; from place `PAIRS` on, sums of two.
    differences: Aligned<[[T; W]; 2 * PAIRS]>,
}

/// A power of two, not less than any number of points: an index modulo it needs no check.
const PAIRS: usize = 16;

impl<T: Number, const W: usize> Butterfly<T, W> {
    #[inline(always)]
    fn new() -> Self {
        let zeros = Aligned([[T::ZERO; W]; 2 * PAIRS]);
        Self { sums: zeros, differences: zeros }
    }

    #[inline(always)]
    #[allow(clippy::needless_range_loop)] // the other kind of loop is not unrolled
    fn apply<const P: usize>(&mut self, block: &mut [T], stride: usize, column: usize, scale: T) {
        let (u, v) = (&mut self.sums.0, &mut self.differences.0);
        let (start_a, start_b) = (column, column + stride);
        let [mut total_u, mut total_v] = [[T::ZERO; W]; 2];
        for i in 0..P {
            let a: &[T; W] = columns(block, start_a + 2 * i * stride);
            let b: &[T; W] = columns(block, start_b + 2 * i * stride);
            for lane in 0..W {
                u[i][lane] = a[lane] + b[lane];
                v[i][lane] = a[lane] - b[lane];
                total_u[lane] += u[i][lane];
                total_v[lane] += v[i][lane];
            }
        }
        for lane in 0..W {
            total_u[lane] *= T::HALF;
            total_v[lane] *= T::HALF;
        }
        if P > 6 {
            let pairs = const { pairs::<P>() };
            for i in 1..P {
                let (k, l) = (pairs[i][0] % PAIRS, pairs[i][1] % PAIRS);
                for lane in 0..W {
                    u[PAIRS + i][lane] = u[k][lane] + u[l][lane];
                    v[PAIRS + i][lane] = v[k][lane] + v[l][lane];
                }
            }
        }
        let opposite = const { opposite::<P>() };
        let scale = scale + scale;
        for i in 0..P {
            let mut a: [T; W] = *columns(block, start_a + 2 * i * stride);
            let mut b: [T; W] = *columns(block, start_b + 2 * i * stride);
            if i > 0 {
                for j in (0..if P > 10 { 4 } else { 2 }).step_by(2) {
                    let (k, l) = (opposite[i][j], opposite[i][j + 1]);
                    let (k, l) = (k % (2 * PAIRS), l % (2 * PAIRS));
                    for lane in 0..W {
                        b[lane] += u[k][lane] + u[l][lane];
                        a[lane] += v[k][lane] + v[l][lane];
                    }
                }
            }
            let y: &mut [T; W] = columns_mut(block, start_a + 2 * i * stride);
            for lane in 0..W {
                y[lane] = (total_u[lane] - b[lane]) * scale;
            }
            let y: &mut [T; W] = columns_mut(block, start_b + 2 * i * stride);
            for lane in 0..W {
                y[lane] = (total_v[lane] - a[lane]) * scale;
            }
        }
    }
}

#[inline(always)]
fn columns<T, const W: usize>(block: &[T], start: usize) -> &[T; W] {
    block[start..].first_chunk().expect("strides of W columns and more")
}

#[inline(always)]
fn columns_mut<T, const W: usize>(block: &mut [T], start: usize) -> &mut [T; W] {
    block[start..].first_chunk_mut().expect("strides of W columns and more")
}

/// Pairs of points whose sums serve several of the [`opposite`] ones.
const fn pairs<const P: usize>() -> [[usize; 2]; P] {
    let mut table = [[0; 2]; P];
    let mut i = 1;
    while i < P {
        table[i] = match P {
            10 => [ninth(i, 0, 1), ninth(i, 0, 2)],
            _ => [i, prime(i, 3, 13)],
        };
        i += 1;
    }
    table
}

/// For each point of the field the places of the opposite ones. The point at infinity, at 0, has none.
const fn opposite<const P: usize>() -> [[usize; 4]; P] {
    let mut table = [[0; 4]; P];
    let mut i = 1;
    while i < P {
        table[i] = match P {
            6 => [prime(i, 2, 5), prime(i, 3, 5), 0, 0],
            10 => [PAIRS + ninth(i, 1, 0), PAIRS + ninth(i, 2, 0), 0, 0],
            // No squares modulo 13 are 2 and 5, 8 and 11, 6, 7.
            _ => {
                [PAIRS + prime(i, 2, 13), PAIRS + prime(i, 8, 13), prime(i, 6, 13), prime(i, 7, 13)]
            }
        };
        i += 1;
    }
    table
}

/// Where `x + d` modulo the prime `q` is, if `x` is at `i`: numbers begin at place 1.
const fn prime(i: usize, d: usize, q: usize) -> usize {
    1 + (i - 1 + d) % q
}

/// The same in the field of nine, for `x + a + b·√−1`; a number `c + d·√−1`, modulo 3, is at `1 + 3c + d`.
/// Its squares are 0, ±1 and ±√−1, so opposite are numbers that differ in both parts.
const fn ninth(i: usize, a: usize, b: usize) -> usize {
    1 + ((i - 1) / 3 + a) % 3 * 3 + ((i - 1) % 3 + b) % 3
}
