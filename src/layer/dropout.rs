//! Dropout: noise while training, nothing otherwise.

use super::rows::{checked, scaled, values_mut};
use super::{Layer, LinearMap};
use crate::error::{Error, Result};
use crate::random::generator;
use crate::scalar::{Matrix, Scalar};
use rand::RngExt;

/// While its noise is on, each element is zero with probability `p` and multiplied by `1/(1 − p)`
/// otherwise; without noise the layer is the identity.
///
/// The mask of row `r` depends on the seed of [`Layer::set_noise`] and on `r` alone, so
/// [`forward`](Layer::forward) and [`linearize`](Layer::linearize) see the same one, and no result
/// depends on threads. Training cuts a batch into chunks: rows at one place of two chunks of a
/// batch share a mask; the next step has new ones.
///
/// # Shapes
/// `(rows, n) → (rows, n)`. No parameters; nothing to compute once trained.
///
/// Source: Srivastava et al., *Dropout*, JMLR 15 (2014).
#[derive(Clone, Debug)]
pub struct Dropout {
    len: usize,
    probability: f64,
    seed: Option<u64>,
}

impl Dropout {
    /// Dropout with probability `probability` on `n` elements, its noise off.
    ///
    /// # Errors
    /// If the probability is not at least 0 and less than 1.
    pub fn new(n: usize, probability: f64) -> Result<Self> {
        if !(0.0..1.0).contains(&probability) {
            let expected = "at least 0 and less than 1";
            return Err(Error::new("dropout probability", expected, probability));
        }
        Ok(Self { len: n, probability, seed: None })
    }

    /// What each element of `rows` rows is multiplied by; none without noise.
    fn mask<T: Scalar>(&self, rows: usize) -> Option<Matrix<T>> {
        let seed = self.seed?;
        let keep = T::of(1.0 / (1.0 - self.probability));
        let mut mask = Matrix::zeros((rows, self.len));
        for (row, values) in values_mut(&mut mask).chunks_exact_mut(self.len).enumerate() {
            let mut rng = generator(seed, row as u64);
            for v in values {
                if rng.random::<f64>() >= self.probability {
                    *v = keep;
                }
            }
        }
        Some(mask)
    }
}

impl<T: Scalar> Layer<T> for Dropout {
    fn inputs(&self) -> usize {
        self.len
    }

    fn outputs(&self) -> usize {
        self.len
    }

    fn name(&self) -> String {
        "dropout".into()
    }

    fn multiply_adds(&self) -> usize {
        0
    }

    fn is_piecewise_linear(&self) -> bool {
        true
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        let x = checked("dropout", x, self.len);
        let masked = Masked { len: self.len, mask: self.mask(x.nrows()) };
        (masked.push(x), Box::new(masked))
    }

    fn set_noise(&mut self, seed: Option<u64>) {
        self.seed = seed;
    }
}

struct Masked<T> {
    len: usize,
    mask: Option<Matrix<T>>,
}

impl<T: Scalar> LinearMap<T> for Masked<T> {
    fn push(&self, dx: Matrix<T>) -> Matrix<T> {
        let dx = checked("dropout", dx, self.len);
        match &self.mask {
            Some(mask) => scaled("dropout", dx, mask),
            None => dx,
        }
    }

    fn pull(&self, dy: Matrix<T>, _grad: &mut [T]) -> Matrix<T> {
        self.push(dy) // a diagonal matrix is its own transpose
    }
}
