//! What is done to each element, and the transform behind it, in one go: what diagonals, switches and their
//! fusion with transforms have in common.

use super::rows::{broadcasts, checked, values, values_mut};
use super::{DecisionKind, Decisions, Dims, LinearMap, Pointwise, See};
use crate::aligned::{self, Recycled};
use crate::kernel;
use crate::scalar::{Matrix, Scalar};
use crate::transform::{Form, Transform};
use ndarray::Array1;
use std::sync::OnceLock;

/// `y = Q s(d x + b)`; what is not there is left out. The bits are those of one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sweep<'a, T> {
    /// What panics say.
    pub name: &'a str,
    /// The length of a row.
    pub len: usize,
    /// `d`, `b` and the slopes of `s`.
    pub vectors: Pointwise<'a, T>,
    /// Which of `d`, `b`, open and closed slopes are parameters; they are laid out in this order.
    pub learned: [bool; 4],
    /// `Q`.
    pub transform: Option<&'a dyn Transform<T>>,
}

impl<'a, T: Scalar> Sweep<'a, T> {
    /// `y` for each row, in place.
    pub(crate) fn forward(self, x: Matrix<T>) -> Matrix<T> {
        let mut x = checked(self.name, x, self.len);
        let rows = values_mut(&mut x);
        match (self.transform, self.block()) {
            (None, _) => self.vectors.apply(rows),
            (Some(_), Some(n)) => kernel::hadamard_after(self.vectors, rows, n),
            (Some(transform), None) => {
                for tile in rows.chunks_mut(tile(self.len)) {
                    self.vectors.apply(tile);
                    transform.apply(tile);
                }
            }
        }
        x
    }

    /// `y` for each row, and the Jacobian there.
    pub(crate) fn linearize(self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + 'a>) {
        if !self.needs_input() {
            let x = checked(self.name, x, self.len);
            return (self.forward(x), Box::new(Swept::new(self, None)));
        }
        // The outputs go to a new place, and the inputs stay as the record.
        let x = checked(self.name, x, self.len);
        let y = aligned::matrix(x.dim(), |y| self.append(values(&x), y));
        (y, Box::new(Swept::new(self, Some(x.into()))))
    }

    /// Appends `y` of the rows of `x` to `out`.
    fn append(self, x: &[T], out: &mut Vec<T>) {
        if let Some(n) = self.block() {
            return kernel::hadamard_of(self.vectors, x, n, out);
        }
        let Some(transform) = self.transform else { return self.vectors.apply_to(x, out) };
        for tile in x.chunks(tile(self.len)) {
            let start = out.len();
            self.vectors.apply_to(tile, out);
            transform.apply(&mut out[start..]);
        }
    }

    /// The length of the blocks of a Walsh–Hadamard transform, whose kernels take the vectors along.
    fn block(&self) -> Option<usize> {
        match self.transform?.describe().form {
            Form::WalshHadamard { block } => Some(block),
            _ => None,
        }
    }

    /// Whether the Jacobian depends on the input, or a gradient does.
    fn needs_input(&self) -> bool {
        self.vectors.switch.is_some() || self.learned[0]
    }

    /// `d x + b`, what the switch sees.
    fn switched(&self, x: &Matrix<T>) -> Recycled<T> {
        let mut z = aligned::rows(x.view(), 0..x.nrows());
        Pointwise { switch: None, ..self.vectors }.apply(values_mut(&mut z));
        z.into()
    }
}

/// How many numbers of whole rows go through elements and transform together, so that they are still in the nearest
/// cache for the transform.
fn tile(len: usize) -> usize {
    (4096 / len.max(1)).max(1) * len.max(1)
}

/// The Jacobian of a sweep: a diagonal matrix for each recorded row, and a transform.
struct Swept<'a, T: Scalar> {
    sweep: Sweep<'a, T>,
    /// The inputs, where they are needed.
    input: Option<Recycled<T>>,
    /// The slopes chosen, where one record serves many rows; found when they are first needed.
    chosen: OnceLock<Array1<T>>,
}

impl<'a, T: Scalar> Swept<'a, T> {
    fn new(sweep: Sweep<'a, T>, input: Option<Recycled<T>>) -> Self {
        Self { sweep, input, chosen: OnceLock::new() }
    }

    /// Whether the only record serves all of `rows` rows, or none depends on it.
    #[track_caller]
    fn serves_all(&self, rows: usize, with_gradient: bool) -> bool {
        match &self.input {
            Some(input) => broadcasts(self.sweep.name, input.nrows(), rows, with_gradient),
            None => !with_gradient,
        }
    }

    /// Each row times the slopes that the record which belongs to it chose.
    fn switch_each(&self, rows: &mut [T]) {
        let z = self.sweep.switched(self.input.as_ref().expect("a switch keeps its input"));
        let before = Pointwise { switch: self.sweep.vectors.switch, ..Pointwise::default() };
        kernel::Pull { before, x: values(&z), sums: kernel::Sums::default() }.apply(rows);
    }

    /// The slopes that the only record chose.
    fn chosen(&self) -> Option<&[T]> {
        self.sweep.vectors.switch?;
        let choose = || {
            let mut slopes = aligned::vector(std::iter::repeat_n(T::one(), self.sweep.len));
            self.switch_each(slopes.as_slice_mut().expect("made contiguous"));
            slopes
        };
        self.chosen.get_or_init(choose).as_slice()
    }

    /// `dx` through the diagonal matrices of all rows alike.
    fn scale_all(&self, rows: &mut [T]) {
        let switch = self.chosen().map(|slopes| [slopes, slopes]);
        let scale = self.sweep.vectors.scale;
        Pointwise { scale, switch, ..Pointwise::default() }.apply(rows);
    }

    /// `dy` through the diagonal matrices, each row through its own, and the gradients.
    fn scale_each(&self, dy: &mut [T], grad: &mut [T]) {
        let sums = split(self.sweep.learned, self.sweep.len, grad);
        let x = self.input.as_ref().map_or(&[][..], |input| values(input));
        kernel::Pull { before: self.sweep.vectors, x, sums }.apply(dy);
    }
}

/// The parts of a gradient: scale, bias, open, closed; what is not learned is empty.
fn split<T>(learned: [bool; 4], n: usize, grad: &mut [T]) -> kernel::Sums<'_, T> {
    let mut rest = grad;
    let [scale, bias, open, closed] = learned.map(|learned| {
        let whole = std::mem::take(&mut rest);
        let (part, others) = whole.split_at_mut(if learned { n.min(whole.len()) } else { 0 });
        rest = others;
        part
    });
    kernel::Sums { scale, bias, open, closed }
}

impl<T: Scalar> LinearMap<T> for Swept<'_, T> {
    fn dims(&self) -> Dims {
        let rows = self.input.as_ref().map(|input| input.nrows());
        Dims { rows, inputs: self.sweep.len, outputs: self.sweep.len }
    }

    fn jvp(&self, dx: Matrix<T>, see: See<'_, T>) -> Matrix<T> {
        let mut dx = checked(self.sweep.name, dx, self.sweep.len);
        if let (Some(see), Some(_)) = (see, self.sweep.vectors.switch) {
            let input = self.input.as_ref().expect("a switch keeps its input");
            let values = self.sweep.switched(input);
            let mut rates = aligned::rows(dx.view(), 0..dx.nrows());
            let scale = self.sweep.vectors.scale;
            Pointwise { scale, ..Pointwise::default() }.apply(values_mut(&mut rates));
            let rates = Recycled::from(rates);
            see(Decisions { kind: DecisionKind::Sign, values: &values, rates: &rates });
        }
        if dx.is_empty() {
            return dx;
        }
        if self.serves_all(dx.nrows(), false) {
            self.scale_all(values_mut(&mut dx));
        } else {
            self.scale_each(values_mut(&mut dx), &mut []); // a diagonal matrix is its own transpose
        }
        if let Some(transform) = self.sweep.transform {
            transform.apply(values_mut(&mut dx));
        }
        dx
    }

    fn vjp(&self, dy: Matrix<T>, grad: &mut [T], want_dx: bool) -> Option<Matrix<T>> {
        let mut dy = checked(self.sweep.name, dy, self.sweep.len);
        if dy.is_empty() {
            return want_dx.then_some(dy);
        }
        if let Some(transform) = self.sweep.transform {
            transform.adjoint(values_mut(&mut dy));
        }
        if self.serves_all(dy.nrows(), !grad.is_empty()) {
            self.scale_all(values_mut(&mut dy));
        } else {
            self.scale_each(values_mut(&mut dy), grad);
        }
        if want_dx {
            return Some(dy);
        }
        drop(Recycled::from(dy)); // its memory is used again
        None
    }

    fn constant(&self) -> Option<Matrix<T>> {
        let Sweep { len, vectors, transform, .. } = self.sweep;
        let bias = vectors.bias?;
        let rows = self.dims().rows.unwrap_or(1);
        let mut c = aligned::matrix((rows, len), |c| {
            (0..rows).for_each(|_| c.extend_from_slice(bias));
        });
        if vectors.switch.is_some() {
            self.switch_each(values_mut(&mut c));
        }
        if let Some(transform) = transform {
            transform.apply(values_mut(&mut c));
        }
        Some(c)
    }
}
