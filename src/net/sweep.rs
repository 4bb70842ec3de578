//! Layers that go through the cache together: what is done to each element, and the transform behind it.

use crate::aligned::{self, Kept};
use crate::kernel::Thrown;
use crate::layer::{Layer, LinearMap, Pointwise, checked};
use crate::scalar::{Matrix, Scalar};
use crate::transform::Transform;
use ndarray::Array1;
use std::sync::OnceLock;

/// The first layers of a chain, if they are pointwise layers and a transform.
#[derive(Clone, Copy)]
pub(super) struct Sweep<'a, T> {
    pointwise: Pointwise<'a, T>,
    transform: &'a dyn Transform<T>,
    /// How many layers that is.
    pub layers: usize,
}

fn slice<T: Scalar>(m: &mut Matrix<T>) -> &mut [T] {
    m.as_slice_mut().expect("checked() made it row-major")
}

impl<'a, T: Scalar> Sweep<'a, T> {
    pub(super) fn of(rest: &'a [Box<dyn Layer<T>>]) -> Option<Self> {
        let mut all: Option<Pointwise<'_, T>> = None;
        for (i, layer) in rest.iter().enumerate() {
            if let Some(transform) = layer.transform() {
                return all.map(|pointwise| Self { pointwise, transform, layers: i + 1 });
            }
            let next = layer.pointwise()?;
            all = Some(match all {
                None => next,
                Some(all) => all.then(next)?,
            });
        }
        None
    }

    pub(super) fn forward(&self, x: Matrix<T>) -> Matrix<T> {
        let mut x = checked("chain", x, self.transform.len());
        self.transform.apply_after(self.pointwise, slice(&mut x));
        x
    }

    /// Whether one record is enough for [`linearize`](Self::linearize): with a bias and a switch, and
    /// with no parameters besides (`counts` has those of each layer).
    pub(super) fn keeps(&self, counts: &[usize]) -> bool {
        let Pointwise { scale, bias, switch, learned } = self.pointwise;
        let vectors = 1 + learned.iter().filter(|learned| **learned).count();
        let count: usize = counts[..self.layers].iter().sum();
        scale.is_none()
            && bias.is_some()
            && switch.is_some()
            && count == vectors * self.transform.len()
    }

    /// The layers at `x`, and their Jacobian, if they [keep](Self::keeps) one record.
    pub(super) fn linearize(self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + 'a>) {
        let mut z = checked("chain", x, self.transform.len());
        let (bias, slopes) = self.parts();
        let shape = z.dim();
        let y = aligned::matrix(shape, |y| self.transform.apply_to(bias, slopes, slice(&mut z), y));
        (y, Box::new(Swept { sweep: self, z: z.into(), chosen: OnceLock::new() }))
    }

    fn parts(&self) -> (&'a [T], [&'a [T]; 2]) {
        self.pointwise.bias.zip(self.pointwise.switch).expect("only where there are both")
    }
}

/// The Jacobian of bias, switch and transform where the inputs of the switch were `z`.
struct Swept<'a, T: Scalar> {
    sweep: Sweep<'a, T>,
    z: Kept<T>,
    /// The slopes chosen, where one record serves many rows; found when they are first needed.
    chosen: OnceLock<Array1<T>>,
}

impl<T: Scalar> Swept<'_, T> {
    /// The slopes that the only record chose.
    fn slopes(&self) -> Array1<T> {
        let (_, [open, closed]) = self.sweep.parts();
        let chosen = self.z.iter().zip(open).zip(closed);
        let chosen = chosen.map(|((&z, &a), &b)| if z > T::zero() { a } else { b });
        aligned::vector(chosen, open.len())
    }

    /// Multiplies by the slopes that were chosen; adds the gradients of bias and slopes.
    fn throw(&self, dy: &mut Matrix<T>, grad: &mut [T]) {
        let (recorded, rows) = (self.z.nrows(), dy.nrows());
        if recorded != rows && (recorded != 1 || !grad.is_empty()) {
            panic!("switch: expected {recorded} rows, as recorded, found {rows}");
        }
        let n = self.sweep.transform.len();
        if recorded == 1 && grad.is_empty() {
            let scale = self.chosen.get_or_init(|| self.slopes()).as_slice();
            return Pointwise { scale, ..Pointwise::default() }.apply(slice(dy));
        }
        let [bias, open] = match grad.is_empty() {
            true => [0, 0],
            false => [n, if self.sweep.pointwise.learned[0] { n } else { 0 }],
        };
        let (bias, slopes) = grad.split_at_mut(bias);
        let (open, closed) = slopes.split_at_mut(open);
        let z = self.z.as_slice().expect("checked() made it row-major");
        let thrown = Thrown { slopes: self.sweep.parts().1, z, sums: [open, closed, bias] };
        T::pull(thrown, slice(dy));
    }
}

impl<T: Scalar> LinearMap<T> for Swept<'_, T> {
    fn push(&self, dx: Matrix<T>) -> Matrix<T> {
        let mut dx = checked("chain", dx, self.sweep.transform.len());
        self.throw(&mut dx, &mut []);
        self.sweep.transform.apply(slice(&mut dx));
        dx
    }

    fn pull(&self, dy: Matrix<T>, grad: &mut [T]) -> Matrix<T> {
        let mut dy = checked("chain", dy, self.sweep.transform.len());
        self.sweep.transform.adjoint(slice(&mut dy));
        self.throw(&mut dy, grad);
        dy
    }

    fn affine(&self, x: Matrix<T>) -> Matrix<T> {
        let mut x = checked("chain", x, self.sweep.transform.len());
        let bias = self.sweep.pointwise.bias;
        Pointwise { bias, ..Pointwise::default() }.apply(slice(&mut x));
        self.push(x)
    }

    fn switches(&self, f: &mut dyn FnMut(&Matrix<T>)) {
        f(&self.z);
    }
}
