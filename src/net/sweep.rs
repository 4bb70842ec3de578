//! Layers that go through the cache together: what is done to each element, and the transform behind it.

use crate::aligned;
use crate::layer::{Layer, LinearMap, Pointwise, Thrown, checked, values, values_mut};
use crate::scalar::{Matrix, Scalar};
use crate::transform::Transform;

/// The first layers of a chain, if they are pointwise layers and a transform.
#[derive(Clone, Copy)]
pub(super) struct Sweep<'a, T> {
    pointwise: Pointwise<'a, T>,
    /// Which slopes are parameters.
    learned: [bool; 2],
    transform: &'a dyn Transform<T>,
    /// How many layers that is.
    pub layers: usize,
}

impl<'a, T: Scalar> Sweep<'a, T> {
    pub(super) fn of(rest: &'a [Box<dyn Layer<T>>]) -> Option<Self> {
        let mut all: Option<Pointwise<'_, T>> = None;
        let mut learned = [false; 2];
        for (i, layer) in rest.iter().enumerate() {
            if let Some(transform) = layer.transform() {
                return all.map(|pointwise| Self { pointwise, learned, transform, layers: i + 1 });
            }
            let (next, slopes) = layer.pointwise()?;
            learned = slopes;
            all = Some(match all {
                None => next,
                Some(all) => all.then(next)?,
            });
        }
        None
    }

    pub(super) fn forward(&self, x: Matrix<T>) -> Matrix<T> {
        let mut x = checked("chain", x, self.transform.len());
        self.transform.apply_after(self.pointwise, values_mut(&mut x));
        x
    }

    /// Whether one record is enough for [`linearize`](Self::linearize): with a bias and a switch, and
    /// with no parameters besides (`counts` has those of each layer).
    pub(super) fn keeps(&self, counts: &[usize]) -> bool {
        let Pointwise { scale, bias, switch } = self.pointwise;
        let vectors = 1 + self.learned.iter().filter(|learned| **learned).count();
        let count: usize = counts[..self.layers].iter().sum();
        scale.is_none()
            && bias.is_some()
            && switch.is_some()
            && count == vectors * self.transform.len()
    }

    /// The layers at `x`, and their Jacobian, if they [keep](Self::keeps) one record.
    pub(super) fn linearize(self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + 'a>) {
        let Self { pointwise, learned, transform, .. } = self;
        let bias = pointwise.bias.expect("only where there is one");
        let x = checked("chain", x, transform.len());
        let y = aligned::matrix(x.dim(), |y| transform.apply_to(pointwise, values(&x), y));
        let thrown = Thrown::new("chain", pointwise, learned, x);
        (y, Box::new(Swept { bias, transform, thrown }))
    }
}

/// The Jacobian of bias, switch and transform where the switch was thrown.
struct Swept<'a, T: Scalar> {
    bias: &'a [T],
    transform: &'a dyn Transform<T>,
    thrown: Thrown<'a, T>,
}

impl<T: Scalar> LinearMap<T> for Swept<'_, T> {
    fn push(&self, dx: Matrix<T>) -> Matrix<T> {
        self.rates(dx, &mut |_| ())
    }

    fn pull(&self, dy: Matrix<T>, grad: &mut [T]) -> Matrix<T> {
        let mut dy = checked("chain", dy, self.transform.len());
        self.transform.adjoint(values_mut(&mut dy));
        let (bias, slopes) = grad.split_at_mut(self.bias.len().min(grad.len()));
        self.thrown.throw(dy, bias, slopes)
    }

    fn affine(&self, x: Matrix<T>) -> Matrix<T> {
        let mut x = checked("chain", x, self.transform.len());
        Pointwise { bias: Some(self.bias), ..Pointwise::default() }.apply(values_mut(&mut x));
        self.push(x)
    }

    fn switches(&self, f: &mut dyn FnMut(&Matrix<T>)) {
        self.thrown.switches(f);
    }

    fn rates(&self, dx: Matrix<T>, f: &mut dyn FnMut(&Matrix<T>)) -> Matrix<T> {
        let mut dx = self.thrown.rates(dx, f);
        self.transform.apply(values_mut(&mut dx));
        dx
    }
}
