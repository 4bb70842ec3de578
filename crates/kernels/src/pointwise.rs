//! A scale, a bias and a switch for each number of a row.

use crate::before::{Before, Form, load, store};
use crate::number::Number;
use crate::path::{Kernel, Path, run_registers};
use crate::vector::Vector;

/// `y = s(d x + b)`, where `s(z)` is `open·z` if `z > 0` and `closed·z` elsewhere; what is not there is
/// left out. All vectors have the length of a row.
///
/// A product and a sum are rounded one after the other, so the bits are the same on every instruction set.
///
/// ```
/// use switchnet_kernels::Pointwise;
/// let p = Pointwise { bias: Some(&[0.5, 0.5]), switch: Some([&[1.0, 2.0], &[0.0, 0.1]]), scale: None };
/// let mut rows = [1.0, 1.0, -1.5, -1.5];
/// p.apply(&mut rows);
/// assert_eq!(rows, [1.5, 3.0, -0.0, -0.1]);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Pointwise<'a, T> {
    /// `d`.
    pub scale: Option<&'a [T]>,
    /// `b`.
    pub bias: Option<&'a [T]>,
    /// `open` and `closed`.
    pub switch: Option<[&'a [T]; 2]>,
}

impl<'a, T: Number> Pointwise<'a, T> {
    /// This and then `next` as one, if that has the form of one.
    pub fn then(self, next: Self) -> Option<Self> {
        let one =
            self.switch.is_none() && next.scale.is_none() && self.bias.xor(next.bias).is_some();
        let plain = next.scale.is_none() && next.bias.is_none() && self.switch.is_none();
        (one || plain).then(|| Self {
            scale: self.scale,
            bias: self.bias.or(next.bias),
            switch: next.switch,
        })
    }

    /// Applies it to each row.
    ///
    /// # Panics
    /// If the vectors differ in length, or `rows` are not whole rows of that length.
    pub fn apply(self, rows: &mut [T]) {
        T::pointwise(Path::chosen(), self, rows);
    }

    /// Applies it to each row of `x`, and appends the results to `out`.
    ///
    /// # Panics
    /// As [`apply`](Self::apply).
    pub fn apply_to(self, x: &[T], out: &mut Vec<T>) {
        T::pointwise_of(Path::chosen(), self, x, out);
    }

    /// The length of a row, if anything is done to it.
    ///
    /// # Panics
    /// If the vectors differ in length.
    #[track_caller]
    #[allow(clippy::len_without_is_empty)] // rows of no length are not its question
    pub fn len(&self) -> Option<usize> {
        let [open, closed] = self.switch.map_or([None; 2], |slopes| slopes.map(Some));
        let mut lengths =
            [self.scale, self.bias, open, closed].into_iter().flatten().map(<[T]>::len);
        let n = lengths.next()?;
        assert!(lengths.all(|len| len == n), "pointwise: vectors of different lengths");
        Some(n)
    }

    /// The same, with panics unless `count` numbers are whole rows.
    #[track_caller]
    pub(crate) fn row(&self, count: usize) -> Option<usize> {
        let n = self.len()?;
        let whole = if n == 0 { count == 0 } else { count.is_multiple_of(n) };
        assert!(whole, "pointwise: expected rows of {n} numbers, found {count} numbers");
        Some(n)
    }
}

/// [`Pointwise::apply`].
pub(crate) fn in_place<T: Number>(path: Path, pointwise: Pointwise<'_, T>, rows: &mut [T]) {
    let Some(n) = pointwise.row(rows.len()) else { return };
    let at = rows.as_mut_ptr();
    run_form(path, pointwise, Rows { from: at, to: at, len: rows.len(), n, form: () });
}

/// [`Pointwise::apply_to`].
pub(crate) fn apart<T: Number>(path: Path, pointwise: Pointwise<'_, T>, x: &[T], out: &mut Vec<T>) {
    let Some(n) = pointwise.row(x.len()) else { return out.extend_from_slice(x) };
    out.reserve(x.len());
    let to = out.spare_capacity_mut().as_mut_ptr().cast();
    run_form(path, pointwise, Rows { from: x.as_ptr(), to, len: x.len(), n, form: () });
    // SAFETY: there was room, and the kernel wrote every number.
    unsafe { out.set_len(out.len() + x.len()) };
}

/// Runs the form that it has: a question asked for each register would take longer than the answer.
fn run_form<T: Number>(path: Path, p: Pointwise<'_, T>, rows: Rows<T, ()>) {
    let n = rows.n;
    match (p.scale.is_some(), p.bias.is_some(), p.switch.is_some()) {
        (false, false, false) => unreachable!("a row has a length where something is done"),
        (true, false, false) => {
            run_registers(path, rows.of(Form::<T, true, false, false>::new(p, n)))
        }
        (false, true, false) => {
            run_registers(path, rows.of(Form::<T, false, true, false>::new(p, n)))
        }
        (true, true, false) => {
            run_registers(path, rows.of(Form::<T, true, true, false>::new(p, n)))
        }
        (false, false, true) => {
            run_registers(path, rows.of(Form::<T, false, false, true>::new(p, n)))
        }
        (true, false, true) => {
            run_registers(path, rows.of(Form::<T, true, false, true>::new(p, n)))
        }
        (false, true, true) => {
            run_registers(path, rows.of(Form::<T, false, true, true>::new(p, n)))
        }
        (true, true, true) => run_registers(path, rows.of(Form::<T, true, true, true>::new(p, n))),
    }
}

/// Raw pointers, since it may be done in place.
struct Rows<T, F> {
    /// Where `len` numbers are read, whole rows of `n`.
    from: *const T,
    /// Where as many are written: the same place, or another, which needs no values yet.
    to: *mut T,
    len: usize,
    n: usize,
    form: F,
}

impl<T> Rows<T, ()> {
    fn of<F>(self, form: F) -> Rows<T, F> {
        let Self { from, to, len, n, .. } = self;
        Rows { from, to, len, n, form }
    }
}

impl<T: Number, F: Before<T>> Kernel<T> for Rows<T, F> {
    #[inline(always)]
    fn run<V: Vector<Number = T>>(self) {
        let Self { from, to, len, n, form } = self;
        // Known before the first loop, so that it carries nothing along for the others.
        let (four, whole) = (n - n % (4 * V::LANES), n - n % V::LANES);
        let mut start = 0;
        while start < len {
            // SAFETY: each vector is as long as a row, and both places have whole rows.
            unsafe {
                let (from, to) = (from.add(start), to.add(start));
                let mut j = 0;
                while j < four {
                    for j in [j, j + V::LANES, j + 2 * V::LANES, j + 3 * V::LANES] {
                        columns::<V, F, false>(form, from, to, j, V::LANES);
                    }
                    j += 4 * V::LANES;
                }
                let mut j = four;
                while j < whole {
                    columns::<V, F, false>(form, from, to, j, V::LANES);
                    j += V::LANES;
                }
                if whole < n {
                    columns::<V, F, true>(form, from, to, whole, n - whole);
                }
            }
            start += n;
        }
    }
}

/// A register of a row, at column `j`, or its first `count` numbers if it is there in `PART`.
///
/// # Safety
/// These numbers are there.
#[inline(always)]
unsafe fn columns<V: Vector, F: Before<V::Number>, const PART: bool>(
    form: F,
    from: *const V::Number,
    to: *mut V::Number,
    j: usize,
    count: usize,
) {
    // SAFETY: as the caller says.
    unsafe {
        let x = load::<V, PART>(from.add(j), count);
        store::<V, PART>(form.apply::<V, PART>(x, j, count), to.add(j), count);
    }
}
