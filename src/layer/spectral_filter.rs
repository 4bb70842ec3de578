//! Learned circular convolutions of whole images: a filter as large as the image, between two transforms.

use super::rows::{checked, values, values_mut};
use super::{
    Built, Dims, Init, Layer, LayerConfig, LinearMap, Parameter, ParameterMut, Regularity, Role,
    See, Shape, Signature, Size, bounded,
};
use crate::aligned::{self, Recycled};
use crate::error::Result;
use crate::kernel;
use crate::random::Generator;
use crate::scalar::{Matrix, Scalar};
use crate::transform::{Hartley, Separable, Transform};
use ndarray::Array3;
use serde::{Deserialize, Serialize};

/// `y_{c,i,j} = Σ_{p,q} k_{c,p,q} x_{c,(i−p) mod h,(j−q) mod w}`: each channel of an image is convolved, round and round, with a kernel of its
/// own and of its own size, so that every output sees the whole channel.
///
/// In complex numbers it is a learned factor for each number between two Fourier transforms: a *global filter*. It is worked out in
/// real numbers with [Hartley](crate::transform::Hartley) transforms of rows and columns. Along one axis a convolution is
/// `e_f x̂_f + o_f x̂_{−f}` with the even and the odd part of the kernel's spectrum ([`Circulant`](super::Circulant)); along two it has four terms, for
/// the parts that are even or odd in either axis, on `x̂_{f,g}`, `x̂_{f,−g}`, `x̂_{−f,g}` and `x̂_{−f,−g}`.
///
/// # Shapes
/// `(rows, channels·height·width) → (rows, channels·height·width)`. Parameters `kernel` (channels × height × width). Multiply-adds: those of two
/// transforms of each channel, and 4 for each number; the spectra of the kernels, one for all rows, are not counted.
///
/// ```
/// use ndarray::{array, Array3};
/// use switchnet::layer::{Layer, SpectralFilter};
/// // Each number plus ten times the one above it; that above the first row is in the last.
/// let mut kernel = Array3::zeros((1, 3, 2));
/// (kernel[[0, 0, 0]], kernel[[0, 1, 0]]) = (1.0, 10.0);
/// let y = SpectralFilter::new(kernel)?.forward(array![[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]]);
/// assert!((y - array![[51.0, 62.0, 13.0, 24.0, 35.0, 46.0]]).iter().all(|error: &f64| error.abs() < 1e-12));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Sources: Y. Rao et al., *Global filter networks*, arXiv 2107.00645; R. N. Bracewell et al., *Fast two-dimensional Hartley
/// transform*, Proc. IEEE 74 (1986), for transforms of rows and columns.
#[derive(Debug)]
pub struct SpectralFilter<T: Scalar> {
    kernel: Array3<T>,
    hartley: Separable<T>,
}

/// The signs of the axes in each of the four terms: whether rows, and whether columns are read backwards.
const TERMS: [[bool; 2]; 4] = [[false, false], [false, true], [true, false], [true, true]];

impl<T: Scalar> SpectralFilter<T> {
    /// The layer with this kernel, of shape (channels, height, width).
    ///
    /// # Errors
    /// If a side is zero, or there are more than 2^28 numbers.
    pub fn new(kernel: Array3<T>) -> Result<Self> {
        let (channels, height, width) = kernel.dim();
        bounded("spectra of a filter", &[4, channels, height, width])?;
        let hartley = Separable::new(Hartley::new(height)?, Hartley::new(width)?);
        Ok(Self { kernel: kernel.as_standard_layout().into_owned(), hartley })
    }

    fn plane(&self) -> usize {
        self.hartley.len()
    }

    fn len(&self) -> usize {
        self.kernel.len()
    }

    /// Where number `place` of a plane is if rows, columns or both are read backwards from place 0.
    fn turned(&self, place: usize, [down, across]: [bool; 2]) -> usize {
        let (_, height, width) = self.kernel.dim();
        let back = |at: usize, side: usize, turn: bool| if turn { (side - at) % side } else { at };
        back(place / width, height, down) * width + back(place % width, width, across)
    }

    /// The parts of the spectra of the kernels, times the root of a plane's numbers: for each channel four planes.
    fn spectra(&self) -> Vec<T> {
        let plane = self.plane();
        let mut all = self.kernel.iter().copied().collect::<Vec<T>>();
        self.hartley.apply(&mut all);
        let quarter = (plane as f64).sqrt() / 4.0;
        let mut parts = Vec::with_capacity(4 * all.len());
        for spectrum in all.chunks_exact(plane) {
            for odd in TERMS {
                parts.extend((0..plane).map(|place| {
                    let term = |turn: [bool; 2]| {
                        let value = spectrum[self.turned(place, turn)].double();
                        sign(odd, turn) * value
                    };
                    T::of(quarter * TERMS.map(term).iter().sum::<f64>())
                }));
            }
        }
        parts
    }

    /// A vector of four factors for each number.
    fn matrices<'a>(&self, weights: &'a [T]) -> kernel::BlockDiagonal<'a, T> {
        let (channels, ..) = self.kernel.dim();
        kernel::BlockDiagonal {
            weights,
            groups: channels,
            rows: 1,
            columns: 4,
            stride: self.plane(),
        }
    }

    /// The spectra of each channel, read in the four ways.
    fn transformed(&self, mut x: Matrix<T>) -> Recycled<T> {
        let (plane, n) = (self.plane(), x.ncols());
        self.hartley.apply(values_mut(&mut x));
        let x = Recycled::from(x);
        let places = TERMS.map(|turn| self.places(turn));
        let all = aligned::matrix((x.nrows(), 4 * n), |all| {
            for spectrum in values(&x).chunks_exact(plane) {
                for places in &places {
                    all.extend(places.iter().map(|&place| spectrum[place]));
                }
            }
        });
        all.into()
    }

    fn places(&self, turn: [bool; 2]) -> Vec<usize> {
        (0..self.plane()).map(|place| self.turned(place, turn)).collect()
    }

    fn back(&self, mut spectra: Matrix<T>) -> Matrix<T> {
        self.hartley.adjoint(values_mut(&mut spectra));
        spectra
    }

    fn through(&self, x: &Matrix<T>) -> Matrix<T> {
        let weights = self.spectra();
        let shape = (x.nrows(), self.len());
        self.back(aligned::matrix(shape, |y| self.matrices(&weights).apply_to(values(x), y)))
    }

    /// The transpose, from the spectra of `dy`.
    fn through_back(&self, dy: &Matrix<T>) -> Matrix<T> {
        let (weights, plane, n) = (self.spectra(), self.plane(), self.len());
        let shape = (dy.nrows(), 4 * n);
        let all = aligned::matrix(shape, |dx| self.matrices(&weights).pull_to(values(dy), dx));
        let all = Recycled::from(all);
        let places = TERMS.map(|turn| self.places(turn));
        self.back(aligned::matrix((dy.nrows(), n), |dx| {
            for parts in values(&all).chunks_exact(4 * plane) {
                // A plane that is read backwards twice is itself.
                dx.extend((0..plane).map(|place| {
                    let part = |k: usize| parts[k * plane + places[k][place]];
                    (part(0) + part(1)) + (part(2) + part(3))
                }));
            }
        }))
    }
}

/// −1 if the part is odd in just one of the axes that are turned, else 1.
fn sign(odd: [bool; 2], turn: [bool; 2]) -> f64 {
    let flips = odd.iter().zip(turn).filter(|&(&odd, turn)| odd && turn).count();
    if flips % 2 == 1 { -1.0 } else { 1.0 }
}

const NAME: &str = "spectral-filter";

impl<T: Scalar> Layer<T> for SpectralFilter<T> {
    fn signature(&self) -> Signature {
        let ((channels, height, width), n) = (self.kernel.dim(), self.len());
        let name = format!("{NAME} {channels}×{height}×{width}");
        let transforms = 2 * channels * self.hartley.describe().operations;
        Signature::new(name, n, n, Regularity::Linear).costs(transforms + 4 * n)
    }

    fn forward(&self, x: Matrix<T>) -> Matrix<T> {
        self.through(&self.transformed(checked(NAME, x, self.len())))
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        let input = self.transformed(checked(NAME, x, self.len()));
        (self.through(&input), Box::new(Filtered { layer: self, input }))
    }

    fn visit(&self, f: &mut dyn FnMut(Parameter<'_, T>)) {
        f(Parameter::new("kernel", Role::Weight, &self.kernel));
    }

    fn visit_mut(&mut self, f: &mut dyn FnMut(ParameterMut<'_, T>)) {
        f(ParameterMut::new("kernel", Role::Weight, &mut self.kernel));
    }
}

/// The same matrix at every row; the spectra of the input are kept for the gradient.
struct Filtered<'a, T: Scalar> {
    layer: &'a SpectralFilter<T>,
    input: Recycled<T>,
}

impl<T: Scalar> LinearMap<T> for Filtered<'_, T> {
    fn dims(&self) -> Dims {
        Dims { rows: None, inputs: self.layer.len(), outputs: self.layer.len() }
    }

    fn jvp(&self, dx: Matrix<T>, _see: See<'_, T>) -> Matrix<T> {
        self.layer.forward(dx)
    }

    fn vjp(&self, dy: Matrix<T>, grad: &mut [T], want_dx: bool) -> Option<Matrix<T>> {
        let layer = self.layer;
        let mut dy = checked(NAME, dy, layer.len());
        layer.hartley.apply(values_mut(&mut dy));
        let dy = Recycled::from(dy);
        if !grad.is_empty() {
            let recorded = self.input.nrows();
            assert_eq!(recorded, dy.nrows(), "{NAME}: the gradient takes the recorded rows");
            self.add_kernel(&dy, grad);
        }
        want_dx.then(|| layer.through_back(&dy))
    }
}

impl<T: Scalar> Filtered<'_, T> {
    /// Adds the gradient of the kernels, from the spectra of `dy`.
    fn add_kernel(&self, dy: &Matrix<T>, grad: &mut [T]) {
        let (layer, plane) = (self.layer, self.layer.plane());
        let zeros = vec![T::zero(); 4 * layer.len()]; // only their number counts
        let mut sums = zeros.clone();
        layer.matrices(&zeros).add_outer(values(&self.input), values(dy), &mut sums);
        let quarter = (plane as f64).sqrt() / 4.0;
        let mut spectra = Vec::with_capacity(layer.len());
        for parts in sums.chunks_exact(4 * plane) {
            // Each number of a spectrum is in the parts of all places that it is turned to.
            spectra.extend((0..plane).map(|place| {
                let of = |turn: [bool; 2]| -> f64 {
                    let from = layer.turned(place, turn);
                    let parts = parts.chunks_exact(plane).zip(TERMS);
                    parts.map(|(part, odd)| sign(odd, turn) * part[from].double()).sum()
                };
                T::of(quarter * TERMS.map(of).iter().sum::<f64>())
            }));
        }
        layer.hartley.adjoint(&mut spectra);
        grad.iter_mut().zip(spectra).for_each(|(grad, value)| *grad += value);
    }
}

/// The configuration of a [`SpectralFilter`] layer: it takes images, and keeps their shape.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpectralFilterConfig {
    /// The kernels before training; normal with variance `1/(height·width)`, which keeps norms on average, if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Init>,
}

impl LayerConfig for SpectralFilterConfig {
    const KIND: &'static str = NAME;

    fn build<T: Scalar>(&self, input: Shape<'_>, rng: &mut Generator) -> Result<Built<T>> {
        let [channels, height, width] = input.image()?;
        bounded("spectra of a filter", &[4, channels, height, width])?;
        let kept = Init::Normal(((height * width) as f64).powf(-0.5));
        let kernel = self.start.unwrap_or(kept).draw(input.len(), rng)?;
        let kernel = kernel.into_shape_with_order((channels, height, width));
        let kernel = kernel.expect("as many as were drawn");
        Ok(Built::new(SpectralFilter::new(kernel)?, [channels, height, width]))
    }

    fn size(&self, input: Shape<'_>) -> Result<Size> {
        let [channels, height, width] = input.image()?;
        bounded("spectra of a filter", &[4, channels, height, width])?;
        bounded("tables of a transform", &[4, height.max(width)])?;
        let hartley = Separable::<f32>::new(Hartley::new(height)?, Hartley::new(width)?);
        let transforms = channels.saturating_mul(2 * hartley.describe().operations);
        let n = input.len();
        let size = Size::new([channels, height, width]);
        let multiply_adds = transforms.saturating_add(4 * n);
        Ok(Size { row: 4 * n, parameters: n, multiply_adds, ..size })
    }
}
