//! Learned circular convolutions: a circulant matrix, or blocks of them.

use super::fixed_transform::divides;
use super::rows::{checked, values, values_mut};
use super::{
    Built, Dims, Init, Layer, LayerConfig, LinearMap, Parameter, ParameterMut, Regularity, Role,
    See, Shape, Signature, Size, bounded,
};
use crate::aligned::{self, Recycled};
use crate::error::{Error, Result};
use crate::kernel;
use crate::random::Generator;
use crate::scalar::{Matrix, Scalar};
use crate::transform::{Hartley, Transform};
use ndarray::Array3;
use serde::{Deserialize, Serialize};

/// `y_p = Σ_q C_pq x_q` for blocks `x_q`, `y_p` of `k` numbers, each `C_pq` circulant: `(C x)_i = Σ_j c_{(i−j) mod k} x_j`.
///
/// With one block it is a circulant matrix of `n` parameters in the place of `n²`. Of the `c` only the first `taps` may be
/// learned, the others being zeros: behind zeros that double the length, `n` taps of `2n` numbers are a lower triangular
/// Toeplitz matrix, and all `2n` a whole one (of which no output reads `c_n`).
///
/// It is worked out with [Hartley](crate::transform::Hartley) transforms, which stay in real numbers. A *diagonal* between two of
/// them is a circulant matrix only if it is symmetric, `d_f = d_{k−f}`, and then the matrix is symmetric too. For all of them
/// the spectrum of `c` has an even part `e` and an odd part `o`, and `ŷ_f = √k (e_f x̂_f + o_f x̂_{k−f})`: so each two
/// frequencies of one size have a rotation with a scale, as the complex factor of a Fourier transform is one.
///
/// # Shapes
/// `(rows, q·k) → (rows, p·k)`. Parameters `kernel` (p × q × taps). Multiply-adds: those of the Hartley transforms of `q` blocks
/// in and `p` out, and `2·p·q·k`; the spectra of the kernels, one for all rows, are not counted.
///
/// ```
/// use ndarray::{array, Array3};
/// use switchnet::layer::{Circulant, Layer};
/// // Each number plus twice the one before it.
/// let kernel = Array3::from_shape_vec((1, 1, 2), vec![1.0, 2.0])?;
/// let y = Circulant::new(kernel, 3)?.forward(array![[1.0, 10.0, 100.0]]);
/// assert!((y - array![[201.0, 12.0, 120.0]]).iter().all(|error: &f64| error.abs() < 1e-12));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Sources: Y. Cheng et al., arXiv 1502.03436; C. Ding et al., *CirCNN*, arXiv 1708.08917; R. N.
/// Bracewell, *Discrete Hartley transform*, J. Opt. Soc. Am. 73 (1983), for convolutions by it.
#[derive(Clone, Debug)]
pub struct Circulant<T: Scalar> {
    kernel: Array3<T>,
    hartley: Hartley<T>,
}

impl<T: Scalar> Circulant<T> {
    /// The layer with this kernel, of shape (p, q, taps), for blocks of `k` numbers.
    ///
    /// # Errors
    /// If a side is zero, or there are more taps than `k`.
    pub fn new(kernel: Array3<T>, k: usize) -> Result<Self> {
        let (p, q, taps) = kernel.dim();
        bounded("kernel of a circulant", &[p, q, taps])?;
        bounded("spectra of a circulant", &[p, q, k])?;
        if taps > k {
            return Err(Error::new("taps of a circulant", format_args!("1 to {k}"), taps));
        }
        let kernel = kernel.as_standard_layout().into_owned();
        Ok(Self { kernel, hartley: Hartley::new(k)? })
    }

    fn k(&self) -> usize {
        self.hartley.len()
    }

    fn inputs(&self) -> usize {
        self.kernel.dim().1 * self.k()
    }

    fn outputs(&self) -> usize {
        self.kernel.dim().0 * self.k()
    }

    /// The spectra of the kernels as a matrix for each frequency `f`, which takes `x̂_f` and `x̂_{k−f}` of all blocks: `p × 2q`
    /// matrices, interleaved, with the even parts times `√k` on the left and the odd ones on the right.
    fn spectra(&self) -> Vec<T> {
        let (k, (_, q, taps)) = (self.k(), self.kernel.dim());
        let kernel = self.kernel.as_slice().expect("made contiguous");
        let mut all = vec![T::zero(); kernel.len() / taps * k];
        for (spectrum, kernel) in all.chunks_exact_mut(k).zip(kernel.chunks_exact(taps)) {
            spectrum[..taps].copy_from_slice(kernel);
        }
        self.hartley.apply(&mut all);
        let half = T::of((k as f64).sqrt() / 2.0);
        let mut parts = Vec::with_capacity(2 * all.len());
        for of_output in all.chunks_exact(q * k) {
            for sign in [T::one(), -T::one()] {
                for s in of_output.chunks_exact(k) {
                    parts.extend((0..k).map(|f| half * (s[f] + sign * s[(k - f) % k])));
                }
            }
        }
        parts
    }

    /// One matrix for each frequency.
    fn matrices<'a>(&self, weights: &'a [T]) -> kernel::BlockDiagonal<'a, T> {
        let (p, q, _) = self.kernel.dim();
        kernel::BlockDiagonal { weights, groups: 1, rows: p, columns: 2 * q, stride: self.k() }
    }

    /// The spectra of each block of the rows, and then the same read backwards.
    fn transformed(&self, mut x: Matrix<T>) -> Recycled<T> {
        let (k, n) = (self.k(), x.ncols());
        self.hartley.apply(values_mut(&mut x));
        let x = Recycled::from(x);
        let both = aligned::matrix((x.nrows(), 2 * n), |both| {
            for row in values(&x).chunks_exact(n) {
                both.extend_from_slice(row);
                for block in row.chunks_exact(k) {
                    both.push(block[0]);
                    both.extend(block[1..].iter().rev());
                }
            }
        });
        both.into()
    }

    /// The rows with these spectra.
    fn back(&self, mut spectra: Matrix<T>) -> Matrix<T> {
        self.hartley.adjoint(values_mut(&mut spectra));
        spectra
    }

    /// `C x` from the spectra of `x`.
    fn through(&self, x: &Matrix<T>) -> Matrix<T> {
        let weights = self.spectra();
        let shape = (x.nrows(), self.outputs());
        self.back(aligned::matrix(shape, |y| self.matrices(&weights).apply_to(values(x), y)))
    }

    /// `Cᵀ dy` from the spectra of `dy`.
    fn through_back(&self, dy: &Matrix<T>) -> Matrix<T> {
        let (weights, k, n) = (self.spectra(), self.k(), self.inputs());
        let shape = (dy.nrows(), 2 * n);
        let both =
            aligned::matrix(shape, |dx| self.matrices(&weights).pull_to(values(dy), dx));
        let both = Recycled::from(both);
        let spectra = aligned::matrix((dy.nrows(), n), |dx| {
            for row in values(&both).chunks_exact(2 * n) {
                let (straight, turned) = row.split_at(n);
                for (a, b) in straight.chunks_exact(k).zip(turned.chunks_exact(k)) {
                    dx.push(a[0] + b[0]);
                    dx.extend(a[1..].iter().zip(b[1..].iter().rev()).map(|(&a, &b)| a + b));
                }
            }
        });
        self.back(spectra)
    }
}

const NAME: &str = "circulant";

impl<T: Scalar> Layer<T> for Circulant<T> {
    fn signature(&self) -> Signature {
        let (p, q, taps) = self.kernel.dim();
        let k = self.k();
        let name = match (p * q, taps == k) {
            (1, true) => format!("{NAME} {k}"),
            (1, false) => format!("{NAME} {k}, {taps} taps"),
            (_, true) => format!("{NAME} {p}×{q} of {k}"),
            (_, false) => format!("{NAME} {p}×{q} of {k}, {taps} taps"),
        };
        let transforms = (p + q) * Transform::<T>::describe(&self.hartley).operations;
        Signature::new(name, self.inputs(), self.outputs(), Regularity::Linear)
            .costs(transforms + 2 * p * q * k)
    }

    fn forward(&self, x: Matrix<T>) -> Matrix<T> {
        self.through(&self.transformed(checked(NAME, x, self.inputs())))
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        let input = self.transformed(checked(NAME, x, self.inputs()));
        (self.through(&input), Box::new(Convolved { layer: self, input }))
    }

    fn visit(&self, f: &mut dyn FnMut(Parameter<'_, T>)) {
        f(Parameter::new("kernel", Role::Weight, &self.kernel));
    }

    fn visit_mut(&mut self, f: &mut dyn FnMut(ParameterMut<'_, T>)) {
        f(ParameterMut::new("kernel", Role::Weight, &mut self.kernel));
    }
}

/// The same matrix at every row; the spectra of the input are kept for the gradient.
struct Convolved<'a, T: Scalar> {
    layer: &'a Circulant<T>,
    input: Recycled<T>,
}

impl<T: Scalar> LinearMap<T> for Convolved<'_, T> {
    fn dims(&self) -> Dims {
        Dims { rows: None, inputs: self.layer.inputs(), outputs: self.layer.outputs() }
    }

    fn jvp(&self, dx: Matrix<T>, _see: See<'_, T>) -> Matrix<T> {
        self.layer.forward(dx)
    }

    fn vjp(&self, dy: Matrix<T>, grad: &mut [T], want_dx: bool) -> Option<Matrix<T>> {
        let layer = self.layer;
        let mut dy = checked(NAME, dy, layer.outputs());
        layer.hartley.apply(values_mut(&mut dy));
        let dy = Recycled::from(dy);
        if !grad.is_empty() {
            let recorded = self.input.nrows();
            assert_eq!(recorded, dy.nrows(), "{NAME}: the gradient takes the recorded rows");
            self.kernel(&dy, grad);
        }
        want_dx.then(|| layer.through_back(&dy))
    }
}

impl<T: Scalar> Convolved<'_, T> {
    /// Adds the gradient of the kernel, from the spectra of `dy`.
    fn kernel(&self, dy: &Matrix<T>, grad: &mut [T]) {
        let (p, q, taps) = self.layer.kernel.dim();
        let k = self.layer.k();
        let zeros = vec![T::zero(); 2 * p * q * k]; // only their number counts
        let mut sums = zeros.clone();
        self.layer.matrices(&zeros).add_outer(values(&self.input), values(dy), &mut sums);
        // Each number of a spectrum is in the parts of its own frequency and of that of the same size.
        let half = T::of((k as f64).sqrt() / 2.0);
        let mut spectra = Vec::with_capacity(p * q * k);
        for of_output in sums.chunks_exact(2 * q * k) {
            let (even, odd) = of_output.split_at(q * k);
            for (e, o) in even.chunks_exact(k).zip(odd.chunks_exact(k)) {
                let other = |f: usize| (k - f) % k;
                let one = |f| half * ((e[f] + e[other(f)]) + (o[f] - o[other(f)]));
                spectra.extend((0..k).map(one));
            }
        }
        self.layer.hartley.adjoint(&mut spectra);
        for (grad, kernel) in grad.chunks_exact_mut(taps).zip(spectra.chunks_exact(k)) {
            grad.iter_mut().zip(kernel).for_each(|(grad, &value)| *grad += value);
        }
    }
}

/// The configuration of a [`Circulant`] layer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CirculantConfig {
    /// The length `k` of a block; the whole row if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<usize>,
    /// The outputs, a multiple of a block; as many as inputs if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outputs: Option<usize>,
    /// How many numbers of each kernel are learned, the others being zeros; all if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taps: Option<usize>,
    /// The kernel before training; normal with variance `1/(q·taps)`, which keeps norms on average, if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Init>,
}

impl CirculantConfig {
    /// Blocks of outputs and of inputs, taps and the length of a block.
    fn sides(&self, input: Shape<'_>) -> Result<[usize; 4]> {
        let n = input.len();
        let k = self.block.unwrap_or(n);
        divides(k, input)?;
        let outputs = self.outputs.unwrap_or(n);
        if outputs == 0 || !outputs.is_multiple_of(k) {
            let expected = format_args!("a multiple of a block of {k}");
            return Err(Error::new("outputs of a circulant", expected, outputs));
        }
        let (p, q, taps) = (outputs / k, n / k, self.taps.unwrap_or(k));
        if !(1..=k).contains(&taps) {
            return Err(Error::new("taps of a circulant", format_args!("1 to {k}"), taps));
        }
        bounded("spectra of a circulant", &[p, q, k])?;
        bounded("tables of a transform", &[4, k])?;
        Ok([p, q, taps, k])
    }
}

impl LayerConfig for CirculantConfig {
    const KIND: &'static str = NAME;

    fn build<T: Scalar>(&self, input: Shape<'_>, rng: &mut Generator) -> Result<Built<T>> {
        let [p, q, taps, k] = self.sides(input)?;
        let kept = Init::Normal(((q * taps) as f64).powf(-0.5));
        let kernel = self.start.unwrap_or(kept).draw(p * q * taps, rng)?;
        let kernel = kernel.into_shape_with_order((p, q, taps)).expect("as many as were drawn");
        Ok(Built::new(Circulant::new(kernel, k)?, [p * k]))
    }

    fn size(&self, input: Shape<'_>) -> Result<Size> {
        let [p, q, taps, k] = self.sides(input)?;
        let one = Circulant::new(Array3::<f32>::zeros((1, 1, 1)), k)?;
        let operations = Transform::<f32>::describe(&one.hartley).operations;
        let size = Size::new([p * k]);
        let multiply_adds = (p + q).saturating_mul(operations).saturating_add(2 * p * q * k);
        Ok(Size { row: (p * k).max(q * k), parameters: p * q * taps, multiply_adds, ..size })
    }
}
