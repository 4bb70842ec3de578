//! Learned circular convolutions of whole images: a filter as large as the image, between two transforms.

use super::circular::Circular;
use super::{
    Built, Init, Layer, LayerConfig, LinearMap, Parameter, ParameterMut, Regularity, Role, Shape,
    Signature, Size, bounded,
};
use crate::error::Result;
use crate::random::Generator;
use crate::scalar::{Matrix, Scalar};
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
/// transforms of each channel, and 4 for each number (2 where the height is 1); the spectra of the kernels, one for all rows, are not counted.
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
#[derive(Clone, Debug)]
pub struct SpectralFilter<T: Scalar> {
    kernel: Array3<T>,
    circular: Circular<T>,
}

/// Refuses images that are too large, and makes what convolves them.
fn circular<T: Scalar>([channels, height, width]: [usize; 3]) -> Result<Circular<T>> {
    bounded("spectra of a filter", &[4, channels, height, width])?;
    Circular::new(NAME, [channels, 1, 1], [height, width], height * width)
}

impl<T: Scalar> SpectralFilter<T> {
    /// The layer with this kernel, of shape (channels, height, width).
    ///
    /// # Errors
    /// If a side is zero, or there are more than 2^28 numbers.
    pub fn new(kernel: Array3<T>) -> Result<Self> {
        let (channels, height, width) = kernel.dim();
        let circular = circular([channels, height, width])?;
        Ok(Self { kernel: kernel.as_standard_layout().into_owned(), circular })
    }

    fn taps(&self) -> &[T] {
        self.kernel.as_slice().expect("made contiguous")
    }
}

const NAME: &str = "spectral-filter";

impl<T: Scalar> Layer<T> for SpectralFilter<T> {
    fn signature(&self) -> Signature {
        let ((channels, height, width), n) = (self.kernel.dim(), self.kernel.len());
        let name = format!("{NAME} {channels}×{height}×{width}");
        Signature::new(name, n, n, Regularity::Linear).costs(self.circular.multiply_adds())
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
        bounded("tables of a transform", &[4, height.max(width)])?;
        let multiply_adds = circular::<f64>([channels, height, width])?.multiply_adds();
        let (n, size) = (input.len(), Size::new([channels, height, width]));
        Ok(Size { row: 4 * n, parameters: n, multiply_adds, ..size })
    }
}
