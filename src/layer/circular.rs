//! Learned circular convolutions, of sequences and of images: products of spectra, in real numbers.

use super::rows::{checked, values, values_mut};
use super::{Dims, LinearMap, See};
use crate::aligned::{self, Recycled};
use crate::error::Result;
use crate::kernel;
use crate::scalar::{Matrix, Scalar};
use crate::transform::{Hartley, Separable, Transform};
use std::sync::Arc;

/// Convolutions of `groups · columns` planes of `height × width` numbers to `groups · rows`, a sum over the columns of a group for
/// each of its rows.
///
/// Along one axis `ŷ_f = e_f x̂_f + o_f x̂_{−f}` with Hartley transforms and the even and the odd part of the kernel's, times the
/// root of the length. Along two there are four terms, for the parts that are even or odd in either axis. So each
/// frequency has a matrix of its own, of `rows × columns·terms` numbers, all of them interleaved.
#[derive(Clone, Debug)]
pub(super) struct Circular<T> {
    /// What panics say.
    name: &'static str,
    transform: Arc<dyn Transform<T>>,
    groups: usize,
    rows: usize,
    columns: usize,
    sides: [usize; 2],
    /// How many numbers of each kernel there are, the first ones; the others are zeros.
    taps: usize,
}

/// Which axes are read backwards, in each term. A sequence has the first two.
const TERMS: [[bool; 2]; 4] = [[false, false], [false, true], [true, false], [true, true]];

impl<T: Scalar> Circular<T> {
    /// # Errors
    /// If a side is zero.
    pub fn new(
        name: &'static str,
        [groups, rows, columns]: [usize; 3],
        sides: [usize; 2],
        taps: usize,
    ) -> Result<Self> {
        let [height, width] = sides;
        let transform: Arc<dyn Transform<T>> = match height {
            1 => Arc::new(Hartley::new(width)?),
            _ => Arc::new(Separable::new(Hartley::new(height)?, Hartley::new(width)?)),
        };
        Ok(Self { name, transform, groups, rows, columns, sides, taps })
    }

    pub fn inputs(&self) -> usize {
        self.groups * self.columns * self.plane()
    }

    pub fn outputs(&self) -> usize {
        self.groups * self.rows * self.plane()
    }

    /// Those of the transforms, and of the products of spectra; the spectra of kernels, one for all rows, are not counted.
    pub fn multiply_adds(&self) -> usize {
        let Self { groups, rows, columns, .. } = *self;
        let transforms =
            (groups * (rows + columns)).saturating_mul(self.transform.describe().operations);
        let products = groups * rows * columns * self.terms().len() * self.plane();
        transforms.saturating_add(products)
    }

    /// How many numbers a kernel spans.
    pub fn plane(&self) -> usize {
        self.sides[0] * self.sides[1]
    }

    fn terms(&self) -> &'static [[bool; 2]] {
        if self.sides[0] == 1 { &TERMS[..2] } else { &TERMS }
    }

    /// Appends a plane with rows, columns or both read backwards from place 0.
    fn turn(&self, plane: &[T], [down, across]: [bool; 2], to: &mut Vec<T>) {
        let [height, width] = self.sides;
        for i in 0..height {
            let from = if down { (height - i) % height } else { i };
            let row = &plane[from * width..][..width];
            if across {
                to.push(row[0]);
                to.extend(row[1..].iter().rev());
            } else {
                to.extend_from_slice(row);
            }
        }
    }

    /// `scale·Σ ±` of a plane turned in all ways: what is even or odd, in the axes that are `odd`, of it.
    fn add_part(&self, plane: &[T], odd: [bool; 2], to: &mut [T]) {
        let scale = T::of((self.plane() as f64).sqrt() / self.terms().len() as f64);
        let mut turned = Vec::with_capacity(plane.len());
        for &turn in self.terms() {
            turned.clear();
            self.turn(plane, turn, &mut turned);
            let flips = odd.iter().zip(turn).filter(|&(&odd, turn)| odd && turn).count();
            let factor = if flips % 2 == 1 { -scale } else { scale };
            to.iter_mut().zip(&turned).for_each(|(to, &v)| *to += factor * v);
        }
    }

    /// The matrices of the frequencies, from the taps of all kernels.
    fn weights(&self, kernels: &[T]) -> Vec<T> {
        let (plane, terms) = (self.plane(), self.terms());
        let mut spectra = vec![T::zero(); kernels.len() / self.taps * plane];
        for (spectrum, kernel) in
            spectra.chunks_exact_mut(plane).zip(kernels.chunks_exact(self.taps))
        {
            spectrum[..self.taps].copy_from_slice(kernel);
        }
        self.transform.apply(&mut spectra);
        let mut weights = vec![T::zero(); terms.len() * spectra.len()];
        let parts = weights.chunks_exact_mut(terms.len() * plane);
        for (parts, spectrum) in parts.zip(spectra.chunks_exact(plane)) {
            for (part, &odd) in parts.chunks_exact_mut(plane).zip(terms) {
                self.add_part(spectrum, odd, part);
            }
        }
        weights
    }

    fn matrices<'a>(&self, weights: &'a [T]) -> kernel::BlockDiagonal<'a, T> {
        let Self { groups, rows, columns, .. } = *self;
        let columns = columns * self.terms().len();
        kernel::BlockDiagonal { weights, groups, rows, columns, stride: self.plane() }
    }

    /// The spectra of all planes, each turned in all ways.
    fn turned(&self, x: Matrix<T>) -> Recycled<T> {
        let mut x = checked(self.name, x, self.inputs());
        self.transform.apply(values_mut(&mut x));
        let x = Recycled::from(x);
        let all = aligned::matrix((x.nrows(), self.terms().len() * x.ncols()), |all| {
            for spectrum in values(&x).chunks_exact(self.plane()) {
                self.terms().iter().for_each(|&turn| self.turn(spectrum, turn, all));
            }
        });
        all.into()
    }

    /// The outputs for inputs whose spectra are turned.
    fn through(&self, weights: &[T], turned: &Matrix<T>) -> Matrix<T> {
        let shape = (turned.nrows(), self.outputs());
        let mut y = aligned::matrix(shape, |y| self.matrices(weights).apply_to(values(turned), y));
        self.transform.adjoint(values_mut(&mut y));
        y
    }

    /// The output for each row of `x`, with the taps of all kernels.
    pub fn forward(&self, kernels: &[T], x: Matrix<T>) -> Matrix<T> {
        self.through(&self.weights(kernels), &self.turned(x))
    }

    /// The same, and the Jacobian there.
    pub fn linearize(
        &self,
        kernels: &[T],
        x: Matrix<T>,
    ) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        let (weights, turned) = (self.weights(kernels), self.turned(x));
        let y = self.through(&weights, &turned);
        (y, Box::new(Convolved { circular: self, weights, turned }))
    }
}

/// The same matrix at every row; the spectra of the input are kept for the gradient.
struct Convolved<'a, T: Scalar> {
    circular: &'a Circular<T>,
    weights: Vec<T>,
    turned: Recycled<T>,
}

impl<T: Scalar> LinearMap<T> for Convolved<'_, T> {
    fn dims(&self) -> Dims {
        Dims { rows: None, inputs: self.circular.inputs(), outputs: self.circular.outputs() }
    }

    fn jvp(&self, dx: Matrix<T>, _see: See<'_, T>) -> Matrix<T> {
        self.circular.through(&self.weights, &self.circular.turned(dx))
    }

    fn vjp(&self, dy: Matrix<T>, grad: &mut [T], want_dx: bool) -> Option<Matrix<T>> {
        let circular = self.circular;
        let mut dy = checked(circular.name, dy, circular.outputs());
        circular.transform.apply(values_mut(&mut dy));
        let dy = Recycled::from(dy);
        if !grad.is_empty() {
            let (recorded, name) = (self.turned.nrows(), circular.name);
            assert_eq!(recorded, dy.nrows(), "{name}: the gradient takes the recorded rows");
            self.add_kernels(&dy, grad);
        }
        want_dx.then(|| self.back(&dy))
    }
}

impl<T: Scalar> Convolved<'_, T> {
    /// `dx` from the spectra of `dy`: a plane that is read backwards twice is itself.
    fn back(&self, dy: &Matrix<T>) -> Matrix<T> {
        let circular = self.circular;
        let (plane, terms) = (circular.plane(), circular.terms());
        let shape = (dy.nrows(), terms.len() * circular.inputs());
        let all = aligned::matrix(shape, |all| {
            circular.matrices(&self.weights).pull_to(values(dy), all);
        });
        let all = Recycled::from(all);
        let mut turned = Vec::with_capacity(plane);
        let mut dx = aligned::matrix((dy.nrows(), circular.inputs()), |dx| {
            for parts in values(&all).chunks_exact(terms.len() * plane) {
                let start = dx.len();
                dx.extend_from_slice(&parts[..plane]);
                for (part, &turn) in parts.chunks_exact(plane).zip(terms).skip(1) {
                    turned.clear();
                    circular.turn(part, turn, &mut turned);
                    dx[start..].iter_mut().zip(&turned).for_each(|(dx, &v)| *dx += v);
                }
            }
        });
        circular.transform.adjoint(values_mut(&mut dx));
        dx
    }

    /// Adds the gradient of the taps, from the spectra of `dy`.
    fn add_kernels(&self, dy: &Matrix<T>, grad: &mut [T]) {
        let circular = self.circular;
        let (plane, terms) = (circular.plane(), circular.terms());
        let mut sums = vec![T::zero(); self.weights.len()];
        circular.matrices(&self.weights).add_outer(values(&self.turned), values(dy), &mut sums);
        // Each number of a spectrum is in the parts of all places that it is turned to.
        let mut spectra = vec![T::zero(); sums.len() / terms.len()];
        let parts = sums.chunks_exact(terms.len() * plane);
        for (spectrum, parts) in spectra.chunks_exact_mut(plane).zip(parts) {
            for (part, &odd) in parts.chunks_exact(plane).zip(terms) {
                circular.add_part(part, odd, spectrum);
            }
        }
        circular.transform.adjoint(&mut spectra);
        let kernels = grad.chunks_exact_mut(circular.taps).zip(spectra.chunks_exact(plane));
        for (grad, kernel) in kernels {
            grad.iter_mut().zip(kernel).for_each(|(grad, &value)| *grad += value);
        }
    }
}
