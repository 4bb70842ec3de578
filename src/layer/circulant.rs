//! Learned circular convolutions: a circulant matrix, or blocks of them.

use super::fixed_transform::divides;
use super::rows::{checked, values, values_mut};
use super::{
    Built, Dims, Init, Layer, LayerConfig, LinearMap, Parameter, ParameterMut, Regularity, Role,
    See, Shape, Signature, Size, bounded,
};
use crate::aligned::{self, Recycled};
use crate::error::{Error, Result};
use crate::kernel::{Loop, run};
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

    /// The even and the odd parts of the spectra, times `√k`: those of `C_pq` begin at `(p·q_count + q)·k`.
    fn spectra(&self) -> [Vec<T>; 2] {
        let (k, taps) = (self.k(), self.kernel.dim().2);
        let kernel = self.kernel.as_slice().expect("made contiguous");
        let mut all = vec![T::zero(); kernel.len() / taps * k];
        for (spectrum, kernel) in all.chunks_exact_mut(k).zip(kernel.chunks_exact(taps)) {
            spectrum[..taps].copy_from_slice(kernel);
        }
        self.hartley.apply(&mut all);
        let half = T::of((k as f64).sqrt() / 2.0);
        let part = |sign: T| {
            let of = |s: &[T]| (0..k).map(|f| half * (s[f] + sign * s[(k - f) % k])).collect::<Vec<_>>();
            all.chunks_exact(k).flat_map(of).collect()
        };
        [part(T::one()), part(-T::one())]
    }

    /// The spectra of each block of the rows.
    fn transformed(&self, mut x: Matrix<T>) -> Matrix<T> {
        self.hartley.apply(values_mut(&mut x));
        x
    }

    /// What has these spectra through `C`, or through `Cᵀ` if `back`.
    fn through(&self, spectra: &Matrix<T>, back: bool) -> Matrix<T> {
        let (p, q, _) = self.kernel.dim();
        let (from, to) = if back { (p, q) } else { (q, p) };
        let mut y = aligned::zeros(spectra.nrows(), to * self.k());
        let [even, odd] = self.spectra();
        let blocks = [from, to];
        let (x, out) = (values(spectra), values_mut(&mut y));
        run(Through { even: &even, odd: &odd, k: self.k(), blocks, back, x, y: out });
        self.hartley.adjoint(values_mut(&mut y));
        y
    }
}

/// `y_t += e x_s ± o x̃_s` over all blocks, where `x̃` is read backwards from place 0.
struct Through<'a, T> {
    even: &'a [T],
    odd: &'a [T],
    k: usize,
    /// How many blocks a row of `x` has, and one of `y`.
    blocks: [usize; 2],
    back: bool,
    x: &'a [T],
    y: &'a mut [T],
}

impl<T: Scalar> Loop for Through<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { even, odd, k, blocks: [from, to], back, x, y } = self;
        let sign = if back { -T::one() } else { T::one() };
        for (x, y) in x.chunks_exact(from * k).zip(y.chunks_exact_mut(to * k)) {
            for (t, y) in y.chunks_exact_mut(k).enumerate() {
                for (s, x) in x.chunks_exact(k).enumerate() {
                    let place = if back { s * to + t } else { t * from + s } * k;
                    let (e, o) = (&even[place..][..k], &odd[place..][..k]);
                    y[0] += e[0] * x[0]; // its odd part is zero
                    let turned = x[1..].iter().rev();
                    let factors = e[1..].iter().zip(&o[1..]);
                    for (((y, &x), &turned), (&e, &o)) in
                        y[1..].iter_mut().zip(&x[1..]).zip(turned).zip(factors)
                    {
                        *y += e * x + sign * o * turned;
                    }
                }
            }
        }
    }
}

/// Sums over the rows of `dŷ_f x̂_f` and `dŷ_f x̂_{k−f}`, of each pair of blocks.
struct Sums<'a, T> {
    even: &'a mut [T],
    odd: &'a mut [T],
    k: usize,
    blocks: [usize; 2],
    x: &'a [T],
    dy: &'a [T],
}

impl<T: Scalar> Loop for Sums<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { even, odd, k, blocks: [q, p], x, dy } = self;
        for (x, dy) in x.chunks_exact(q * k).zip(dy.chunks_exact(p * k)) {
            for (t, dy) in dy.chunks_exact(k).enumerate() {
                for (s, x) in x.chunks_exact(k).enumerate() {
                    let place = (t * q + s) * k;
                    let (e, o) = (&mut even[place..][..k], &mut odd[place..][..k]);
                    e[0] += dy[0] * x[0];
                    let turned = x[1..].iter().rev();
                    let sums = e[1..].iter_mut().zip(&mut o[1..]);
                    for (((&dy, &x), &turned), (e, o)) in
                        dy[1..].iter().zip(&x[1..]).zip(turned).zip(sums)
                    {
                        *e += dy * x;
                        *o += dy * turned;
                    }
                }
            }
        }
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
        let x = Recycled::from(self.transformed(checked(NAME, x, self.inputs())));
        self.through(&x, false)
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        let input = Recycled::from(self.transformed(checked(NAME, x, self.inputs())));
        (self.through(&input, false), Box::new(Convolved { layer: self, input }))
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
        let dy = Recycled::from(layer.transformed(checked(NAME, dy, layer.outputs())));
        if !grad.is_empty() {
            let recorded = self.input.nrows();
            assert_eq!(recorded, dy.nrows(), "{NAME}: the gradient takes the recorded rows");
            self.kernel(&dy, grad);
        }
        want_dx.then(|| layer.through(&dy, true))
    }
}

impl<T: Scalar> Convolved<'_, T> {
    /// Adds the gradient of the kernel, from the spectra of `dy`.
    fn kernel(&self, dy: &Matrix<T>, grad: &mut [T]) {
        let (p, q, taps) = self.layer.kernel.dim();
        let k = self.layer.k();
        let [mut even, mut odd] = [(); 2].map(|()| vec![T::zero(); p * q * k]);
        let (x, dy, blocks) = (values(&self.input), values(dy), [q, p]);
        run(Sums { even: &mut even, odd: &mut odd, k, blocks, x, dy });
        // Each number of a spectrum is in the parts of its own frequency and of that of the same size.
        let half = T::of((k as f64).sqrt() / 2.0);
        let mut spectra = vec![T::zero(); p * q * k];
        let parts = even.chunks_exact(k).zip(odd.chunks_exact(k));
        for (spectrum, (e, o)) in spectra.chunks_exact_mut(k).zip(parts) {
            for (f, s) in spectrum.iter_mut().enumerate() {
                let other = (k - f) % k;
                *s = half * ((e[f] + e[other]) + (o[f] - o[other]));
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
