//! Changes of width and of shape: linear maps without parameters.

use super::rows::{checked, values, values_mut};
use super::{Layer, LinearMap};
use crate::aligned::{self, Kept};
use crate::error::{Error, Result};
use crate::scalar::{Matrix, Scalar};

/// A fixed change of width.
///
/// | reshape | `y` | for |
/// |---|---|---|
/// | [`pad`](Self::pad) | `(x, 0, …, 0)` | a width that the transform takes |
/// | [`tile`](Self::tile) | `(x, x, …)`, cut off at the width | a wider net that sees every input often |
/// | [`take`](Self::take) | the first numbers of `x` | the outputs wanted |
/// | [`sum_halves`](Self::sum_halves) | `x_i + x_{i+n/2}` | half the width without losing a half |
/// | [`flatten`](Self::flatten) | `x` | from (channels, height, width) to plain features |
///
/// # Shapes
/// `(rows, inputs) → (rows, outputs)`. No parameters.
///
/// ```
/// use switchnet::layer::{Layer, Reshape};
/// let tile = Reshape::tile(2, 5)?;
/// assert_eq!(tile.forward(ndarray::array![[1.0, 2.0]]), ndarray::array![[1.0, 2.0, 1.0, 2.0, 1.0]]);
/// # Ok::<(), switchnet::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reshape {
    kind: Kind,
    inputs: usize,
    outputs: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Pad,
    Tile,
    Take,
    SumHalves,
    Flatten,
}

impl Reshape {
    /// `inputs` numbers followed by zeros, `outputs` in all.
    ///
    /// # Errors
    /// If `outputs < inputs`.
    pub fn pad(inputs: usize, outputs: usize) -> Result<Self> {
        Self::wider(Kind::Pad, "padded width", inputs, outputs)
    }

    /// `inputs` numbers over and over, `outputs` in all.
    ///
    /// # Errors
    /// If `outputs < inputs`.
    pub fn tile(inputs: usize, outputs: usize) -> Result<Self> {
        Self::wider(Kind::Tile, "tiled width", inputs, outputs)
    }

    fn wider(kind: Kind, what: &str, inputs: usize, outputs: usize) -> Result<Self> {
        if outputs < inputs || inputs == 0 {
            return Err(Error::new(what, format_args!("at least the {inputs} inputs"), outputs));
        }
        Ok(Self { kind, inputs, outputs })
    }

    /// The first `outputs` of `inputs` numbers.
    ///
    /// # Errors
    /// If there are not that many, or `outputs` is zero.
    pub fn take(inputs: usize, outputs: usize) -> Result<Self> {
        if outputs == 0 || outputs > inputs {
            return Err(Error::new("number to take", format_args!("1 to {inputs}"), outputs));
        }
        Ok(Self { kind: Kind::Take, inputs, outputs })
    }

    /// The first half of `inputs` numbers plus the second half.
    ///
    /// # Errors
    /// If `inputs` is odd or zero.
    pub fn sum_halves(inputs: usize) -> Result<Self> {
        if inputs == 0 || !inputs.is_multiple_of(2) {
            return Err(Error::new("width whose halves are summed", "an even number", inputs));
        }
        Ok(Self { kind: Kind::SumHalves, inputs, outputs: inputs / 2 })
    }

    /// `n` numbers as they are: rows are flat already, so this only says that from here on they are
    /// no image any more.
    pub fn flatten(n: usize) -> Self {
        Self { kind: Kind::Flatten, inputs: n, outputs: n }
    }

    fn push<T: Scalar>(&self, x: Matrix<T>) -> Matrix<T> {
        let x = checked("reshape", x, self.inputs);
        if self.kind == Kind::Flatten {
            return x;
        }
        let x = Kept::from(x);
        aligned::matrix((x.nrows(), self.outputs), |y| {
            for x in values(&x).chunks_exact(self.inputs) {
                match self.kind {
                    Kind::Tile => {
                        let mut room = self.outputs;
                        while room > 0 {
                            let part = &x[..room.min(x.len())];
                            y.extend_from_slice(part);
                            room -= part.len();
                        }
                    }
                    Kind::SumHalves => {
                        let (first, second) = x.split_at(self.outputs);
                        y.extend(first.iter().zip(second).map(|(&a, &b)| a + b));
                    }
                    Kind::Pad => {
                        y.extend_from_slice(x);
                        y.resize(y.len() + self.outputs - self.inputs, T::zero());
                    }
                    Kind::Take | Kind::Flatten => y.extend_from_slice(&x[..self.outputs]),
                }
            }
        })
    }

    fn pull<T: Scalar>(&self, dy: Matrix<T>) -> Matrix<T> {
        let dy = checked("reshape", dy, self.outputs);
        if self.kind == Kind::Flatten {
            return dy;
        }
        let dy = Kept::from(dy);
        let mut dx = aligned::zeros(dy.nrows(), self.inputs);
        let rows = values(&dy).chunks_exact(self.outputs);
        for (dy, dx) in rows.zip(values_mut(&mut dx).chunks_exact_mut(self.inputs)) {
            match self.kind {
                Kind::Tile => {
                    for dy in dy.chunks(self.inputs) {
                        for (x, &y) in dx.iter_mut().zip(dy) {
                            *x += y;
                        }
                    }
                }
                Kind::SumHalves => {
                    for dx in dx.chunks_exact_mut(self.outputs) {
                        dx.copy_from_slice(dy);
                    }
                }
                Kind::Pad | Kind::Take | Kind::Flatten => {
                    for (x, &y) in dx.iter_mut().zip(dy) {
                        *x = y;
                    }
                }
            }
        }
        dx
    }
}

impl<T: Scalar> Layer<T> for Reshape {
    fn inputs(&self) -> usize {
        self.inputs
    }

    fn outputs(&self) -> usize {
        self.outputs
    }

    fn name(&self) -> String {
        match self.kind {
            Kind::Pad => "pad",
            Kind::Tile => "tile",
            Kind::Take => "take",
            Kind::SumHalves => "sum-halves",
            Kind::Flatten => "flatten",
        }
        .into()
    }

    fn multiply_adds(&self) -> usize {
        if self.kind == Kind::SumHalves { self.outputs } else { 0 }
    }

    fn is_piecewise_linear(&self) -> bool {
        true
    }

    fn forward(&self, x: Matrix<T>) -> Matrix<T> {
        self.push(x)
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        (self.push(x), Box::new(Reshaped { reshape: self }))
    }
}

/// The layer is linear, so its Jacobian is the layer, at every row.
struct Reshaped<'a> {
    reshape: &'a Reshape,
}

impl<T: Scalar> LinearMap<T> for Reshaped<'_> {
    fn push(&self, dx: Matrix<T>) -> Matrix<T> {
        self.reshape.push(dx)
    }

    fn pull(&self, dy: Matrix<T>, _grad: &mut [T]) -> Matrix<T> {
        self.reshape.pull(dy)
    }
}
