//! Learned circular convolutions: a circulant matrix, or blocks of them.

use super::circular::Circular;
use super::fixed_transform::divides;
use super::{
    Built, Init, Layer, LayerConfig, LinearMap, Parameter, ParameterMut, Regularity, Role, Shape,
    Signature, Size, bounded,
};
use crate::error::{Error, Result};
use crate::random::Generator;
use crate::scalar::{Matrix, Scalar};
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
    circular: Circular<T>,
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
        Ok(Self { kernel, circular: Circular::new(NAME, [1, p, q], [1, k], taps)? })
    }

    fn taps(&self) -> &[T] {
        self.kernel.as_slice().expect("made contiguous")
    }
}

const NAME: &str = "circulant";

impl<T: Scalar> Layer<T> for Circulant<T> {
    fn signature(&self) -> Signature {
        let ((p, q, taps), circular) = (self.kernel.dim(), &self.circular);
        let k = circular.plane();
        let name = match (p * q, taps == k) {
            (1, true) => format!("{NAME} {k}"),
            (1, false) => format!("{NAME} {k}, {taps} taps"),
            (_, true) => format!("{NAME} {p}×{q} of {k}"),
            (_, false) => format!("{NAME} {p}×{q} of {k}, {taps} taps"),
        };
        Signature::new(name, circular.inputs(), circular.outputs(), Regularity::Linear)
            .costs(circular.multiply_adds())
    }

    fn forward(&self, x: Matrix<T>) -> Matrix<T> {
        self.circular.forward(self.taps(), x)
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        self.circular.linearize(self.taps(), x)
    }

    fn visit(&self, f: &mut dyn FnMut(Parameter<'_, T>)) {
        f(Parameter::new("kernel", Role::Weight, &self.kernel));
    }

    fn visit_mut(&mut self, f: &mut dyn FnMut(ParameterMut<'_, T>)) {
        f(ParameterMut::new("kernel", Role::Weight, &mut self.kernel));
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
        let multiply_adds = Circular::<f64>::new(NAME, [1, p, q], [1, k], taps)?.multiply_adds();
        let size = Size::new([p * k]);
        Ok(Size { row: (p * k).max(q * k), parameters: p * q * taps, multiply_adds, ..size })
    }
}
