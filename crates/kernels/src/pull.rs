//! The way back through a scale, a bias and a switch, with a sum over the rows for each of their vectors.

use crate::before::{Values, load, store};
use crate::number::Number;
use crate::path::{Kernel, Path, run_registers};
use crate::pointwise::Pointwise;
use crate::sums::add_rows;
use crate::vector::Vector;

/// Where sums over the rows are added, each as long as a row, or empty where it is not wanted.
#[derive(Debug, Default)]
pub struct Sums<'a, T> {
    /// `Σ dz·x`.
    pub scale: &'a mut [T],
    /// `Σ dz`.
    pub bias: &'a mut [T],
    /// `Σ dy·z` where `z > 0`.
    pub open: &'a mut [T],
    /// `Σ dy·z` elsewhere.
    pub closed: &'a mut [T],
}

impl<T> Sums<'_, T> {
    /// Each, with whether there is the vector that it is for.
    fn each(&self, before: &Pointwise<'_, T>) -> [(&[T], bool); 4] {
        let Pointwise { scale, bias, switch } = before;
        let switch = switch.is_some();
        [
            (self.scale, scale.is_some()),
            (self.bias, bias.is_some()),
            (self.open, switch),
            (self.closed, switch),
        ]
    }
}

/// The way back through `y = s(z)`, `z = d x + b`: `dz = dy·slope(z)` and `dx = dz·d`.
///
/// `z` is worked out again, with the arithmetic of the way there, so that the inputs `x` are all that has to be
/// kept. Everything has the bits of scale and bias, and then the switch, pulled back one after the other.
///
/// ```
/// use switchnet_kernels::{Pointwise, Pull, Sums};
/// let relu = [&[1.0; 2][..], &[0.0; 2]];
/// let before = Pointwise { scale: Some(&[2.0, 2.0]), bias: Some(&[0.0, 1.0]), switch: Some(relu) };
/// let (mut scale, mut bias) = ([0.0; 2], [0.0; 2]);
/// let sums = Sums { scale: &mut scale, bias: &mut bias, ..Sums::default() };
/// let mut dy = [1.0, 1.0, 1.0, 1.0];
/// Pull { before, x: &[3.0, 3.0, -3.0, 4.0], sums }.apply(&mut dy);
/// assert_eq!(dy, [2.0, 2.0, 0.0, 2.0]);
/// assert_eq!((scale, bias), ([3.0, 7.0], [1.0, 2.0]));
/// ```
#[derive(Debug)]
pub struct Pull<'a, T> {
    /// What was done.
    pub before: Pointwise<'a, T>,
    /// The rows it was done to, one for each row of `dy`. May be empty where nothing depends on them: where
    /// there is no switch and the sum for the scale is not wanted.
    pub x: &'a [T],
    /// Where the sums are added.
    pub sums: Sums<'a, T>,
}

impl<T: Number> Pull<'_, T> {
    /// Multiplies each row `dy` by the Jacobian at the row `x`, and adds to the sums.
    ///
    /// # Panics
    /// If lengths do not fit, or a sum is wanted for a vector that is not there.
    pub fn apply(self, dy: &mut [T]) {
        T::pull(Path::chosen(), self, dy);
    }
}

/// [`Pull::apply`].
pub(crate) fn in_place<T: Number>(path: Path, pull: Pull<'_, T>, dy: &mut [T]) {
    let Pull { before, x, ref sums } = pull;
    let Some(n) = before.row(dy.len()) else {
        let empty = sums.each(&before).iter().all(|(sum, _)| sum.is_empty());
        return assert!(empty, "pull: expected no sums, as nothing was done");
    };
    for (sum, there) in sums.each(&before) {
        let fits = sum.is_empty() || (there && sum.len() == n);
        assert!(fits, "pull: expected sums of {n} numbers for what is there, found {}", sum.len());
    }
    let (switch, scale) = (before.switch.is_some(), before.scale.is_some());
    let needed = switch || !sums.scale.is_empty();
    assert!(
        x.len() == dy.len() || (x.is_empty() && !needed),
        "pull: expected inputs for {} numbers, found {}",
        dy.len(),
        x.len()
    );
    let summed = sums.each(&before).iter().any(|(sum, _)| !sum.is_empty());
    match (switch, scale, summed) {
        (true, true, true) => back::<T, true, true, true>(path, pull, dy, n),
        (true, true, false) => back::<T, true, true, false>(path, pull, dy, n),
        (true, false, true) => back::<T, true, false, true>(path, pull, dy, n),
        (true, false, false) => back::<T, true, false, false>(path, pull, dy, n),
        (false, true, true) if needed => back::<T, false, true, true>(path, pull, dy, n),
        (false, ..) => {
            let scale = Pointwise { bias: None, ..before };
            // Fours of rows, as the sum for the bias takes them, that stay in the first cache.
            for dy in dy.chunks_mut((1024 / n.max(1)).max(1) * 4 * n.max(1)) {
                add_rows(pull.sums.bias, dy);
                T::pointwise(path, scale, dy);
            }
        }
    }
}

fn back<T: Number, const SWITCH: bool, const SCALE: bool, const SUMS: bool>(
    path: Path,
    pull: Pull<'_, T>,
    dy: &mut [T],
    n: usize,
) {
    let mut nowhere = [[T::ZERO; 16]; 4];
    run_registers(path, Back::<T, SWITCH, SCALE, SUMS>::new(pull, dy, n, &mut nowhere));
}

/// Where a sum is added, or a place for what nobody wants, which has no columns.
#[derive(Clone, Copy)]
struct Sum<T> {
    start: *mut T,
    mask: usize,
}

impl<T> Sum<T> {
    fn new(sum: &mut [T], nowhere: &mut [T; 16]) -> Self {
        if sum.is_empty() {
            Self { start: nowhere.as_mut_ptr(), mask: 0 }
        } else {
            Self { start: sum.as_mut_ptr(), mask: usize::MAX }
        }
    }

    #[inline(always)]
    fn at(self, column: usize) -> *mut T {
        self.start.wrapping_add(column & self.mask)
    }
}

/// The way back where it is known whether there was a switch, a scale, and whether any sum is wanted.
struct Back<T, const SWITCH: bool, const SCALE: bool, const SUMS: bool> {
    scale: Values<T>,
    bias: Values<T>,
    slopes: [Values<T>; 2],
    sums: [Sum<T>; 4],
    /// `rows` rows of `n` numbers each.
    x: *const T,
    dy: *mut T,
    rows: usize,
    n: usize,
}

impl<T: Number, const SWITCH: bool, const SCALE: bool, const SUMS: bool>
    Back<T, SWITCH, SCALE, SUMS>
{
    fn new(pull: Pull<'_, T>, dy: &mut [T], n: usize, nowhere: &mut [[T; 16]; 4]) -> Self {
        let Pull { before: Pointwise { scale, bias, switch }, x, sums } = pull;
        let [open, closed] = switch.map_or([None; 2], |slopes| slopes.map(Some));
        let [a, b, c, d] = nowhere;
        Self {
            scale: Values::new(scale, T::ONES),
            bias: Values::new(bias, T::MINUS_ZEROS),
            slopes: [open, closed].map(|slopes| Values::new(slopes, T::ONES)),
            sums: [
                Sum::new(sums.scale, a),
                Sum::new(sums.bias, b),
                Sum::new(sums.open, c),
                Sum::new(sums.closed, d),
            ],
            x: x.as_ptr(),
            dy: dy.as_mut_ptr(),
            rows: dy.len() / n.max(1),
            n,
        }
    }
}

impl<T: Number, const SWITCH: bool, const SCALE: bool, const SUMS: bool> Kernel<T>
    for Back<T, SWITCH, SCALE, SUMS>
{
    #[inline(always)]
    fn run<V: Vector<Number = T>>(self) {
        let mut row = 0;
        // SAFETY: there are `rows` rows.
        unsafe {
            if SUMS {
                while row + 4 <= self.rows {
                    self.group::<V, true>(row, 4);
                    row += 4;
                }
                if row < self.rows {
                    self.group::<V, false>(row, self.rows - row);
                }
            } else {
                while row < self.rows {
                    self.group::<V, false>(row, 1);
                    row += 1;
                }
            }
        }
    }
}

impl<T: Number, const SWITCH: bool, const SCALE: bool, const SUMS: bool>
    Back<T, SWITCH, SCALE, SUMS>
{
    /// `rows` rows from the `first`, which share the vectors and the sums on their way through the registers:
    /// `FOUR` of them, or fewer.
    ///
    /// # Safety
    /// They are there.
    #[inline(always)]
    unsafe fn group<V: Vector<Number = T>, const FOUR: bool>(&self, first: usize, rows: usize) {
        let whole = self.n - self.n % V::LANES;
        let mut j = 0;
        // SAFETY: as the caller says.
        unsafe {
            while j < whole {
                self.columns::<V, FOUR, false>(first, rows, j, V::LANES);
                j += V::LANES;
            }
            if whole < self.n {
                self.columns::<V, FOUR, true>(first, rows, whole, self.n - whole);
            }
        }
    }

    /// The same for the register of column `j`, or its first `count` numbers if it is there in `PART`.
    ///
    /// The order of each sum is kept: those for the slopes add two rows to zero and these to the sum; that for the
    /// bias adds four rows in pairs, as [`add_rows`] does, or one after the other; that for the scale one after the
    /// other.
    ///
    /// # Safety
    /// They are there, and so are the numbers.
    #[inline(always)]
    unsafe fn columns<V: Vector<Number = T>, const FOUR: bool, const PART: bool>(
        &self,
        first: usize,
        rows: usize,
        j: usize,
        count: usize,
    ) {
        let zeros = V::splat(T::ZERO);
        // No closure, which would be compiled for the portable path.
        let [scale, bias, open, closed] = self.sums;
        let places = [scale.at(j), bias.at(j), open.at(j), closed.at(j)];
        // SAFETY: each vector and each sum has these numbers, and so has each row.
        unsafe {
            let d = if SCALE { self.scale.load::<V, PART>(j, count) } else { zeros };
            let b = if SWITCH { self.bias.at(j).load::<V, PART>(0, count) } else { zeros };
            let [open, closed] = if SWITCH {
                [self.slopes[0].load::<V, PART>(j, count), self.slopes[1].load::<V, PART>(j, count)]
            } else {
                [zeros; 2]
            };
            let [mut for_scale, mut for_bias, mut for_open, mut for_closed] = [zeros; 4];
            if SUMS {
                if SCALE {
                    for_scale = load::<V, PART>(places[0], count);
                }
                for_bias = load::<V, PART>(places[1], count);
                if SWITCH {
                    for_open = load::<V, PART>(places[2], count);
                    for_closed = load::<V, PART>(places[3], count);
                }
            }
            let mut of_four = zeros;
            let mut row = 0;
            while row < rows {
                let (mut of_two, mut terms) = (zeros, [zeros; 2]);
                let pair = if FOUR { 2 } else { 2.min(rows - row) };
                for of_pair in 0..pair {
                    let place = (first + row + of_pair) * self.n + j;
                    let x = if SWITCH || SUMS {
                        load::<V, PART>(self.x.add(place), count)
                    } else {
                        zeros
                    };
                    let mut dz = load::<V, PART>(self.dy.add(place), count);
                    if SWITCH {
                        let z = if SCALE { x.mul(d).add(b) } else { x.add(b) };
                        if SUMS {
                            let product = dz.mul(z);
                            terms[0] = terms[0].add(z.pick(product, zeros));
                            terms[1] = terms[1].add(z.pick(zeros, product));
                        }
                        dz = dz.mul(z.pick(open, closed));
                    }
                    if SUMS && SCALE {
                        for_scale = for_scale.add(dz.mul(x));
                    }
                    if SUMS && FOUR {
                        of_two = if of_pair == 0 { dz } else { of_two.add(dz) };
                    } else if SUMS {
                        for_bias = for_bias.add(dz);
                    }
                    let dx = if SCALE { dz.mul(d) } else { dz };
                    store::<V, PART>(dx, self.dy.add(place), count);
                }
                if SUMS && SWITCH {
                    for_open = for_open.add(terms[0]);
                    for_closed = for_closed.add(terms[1]);
                }
                if SUMS && FOUR {
                    of_four = if row == 0 { of_two } else { of_four.add(of_two) };
                }
                row += 2;
            }
            if SUMS {
                if FOUR {
                    for_bias = for_bias.add(of_four);
                }
                if SCALE {
                    store::<V, PART>(for_scale, places[0], count);
                }
                store::<V, PART>(for_bias, places[1], count);
                if SWITCH {
                    store::<V, PART>(for_open, places[2], count);
                    store::<V, PART>(for_closed, places[3], count);
                }
            }
        }
    }
}
