//! The 2-D convolution of the CNN baseline.

use super::rows::{checked, values, values_mut};
use super::{Layer, LinearMap};
use crate::error::{Error, Result};
use crate::product::product;
use crate::random::{Generator, normal};
use crate::scalar::{Matrix, Scalar};
use ndarray::{Array1, Array4, ArrayView1, ArrayViewD, ArrayViewMut2, ArrayViewMutD, CowArray, s};

/// `y[o, i, j] = b[o] + Σ_{c, u, v} W[o, c, u, v] · x[c, i + u − p, j + v − p]`, zero outside the image:
/// a cross-correlation with stride 1 and `p` zeros of padding on every side, as deep-learning
/// libraries call convolution.
///
/// Images are unrolled into a matrix of patches and multiplied (Chellapilla et al. 2006).
///
/// # Shapes
/// `(rows, channels·height·width) → (rows, filters·height′·width′)` with
/// `height′ = height + 2p − kernel + 1`, channel by channel, row by row. Parameters `weight`
/// (filters × channels × kernel × kernel) and `bias` (filters); `filters·(channels·kernel² + 1)`
/// multiply-adds for each output position.
///
/// ```
/// use switchnet::layer::{Conv2d, Layer};
/// let sum = ndarray::Array4::ones((1, 1, 2, 2));
/// let layer = Conv2d::new([1, 2, 2], sum, ndarray::arr1(&[0.0]), 0)?;
/// assert_eq!(layer.forward(ndarray::array![[1.0, 2.0, 3.0, 4.0]]), ndarray::array![[10.0]]);
/// # Ok::<(), switchnet::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Conv2d<T> {
    weight: Array4<T>,
    bias: Array1<T>,
    patches: Patches,
}

/// The geometry of the unrolling, which has nothing to do with the weights.
#[derive(Clone, Copy, Debug)]
struct Patches {
    channels: usize,
    height: usize,
    width: usize,
    kernel: usize,
    padding: usize,
}

impl Patches {
    fn out(&self) -> (usize, usize) {
        let out = |side: usize| side + 2 * self.padding + 1 - self.kernel;
        (out(self.height), out(self.width))
    }

    fn positions(&self) -> usize {
        let (height, width) = self.out();
        height * width
    }

    fn size(&self) -> usize {
        self.channels * self.kernel * self.kernel
    }

    fn inputs(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// Calls `f(patch row, position, input index, length)` for each run of numbers that are
    /// contiguous both in the image and in a row of the matrix of patches.
    fn runs(&self, mut f: impl FnMut(usize, usize, usize, usize)) {
        let (out_height, out_width) = self.out();
        for channel in 0..self.channels {
            for u in 0..self.kernel {
                for v in 0..self.kernel {
                    let row = (channel * self.kernel + u) * self.kernel + v;
                    // Positions j with 0 ≤ j + v − padding < width.
                    let first = self.padding.saturating_sub(v);
                    let last = (self.width + self.padding).saturating_sub(v).min(out_width);
                    if first >= last {
                        continue;
                    }
                    for i in 0..out_height {
                        let Some(y) = (i + u).checked_sub(self.padding) else { continue };
                        if y < self.height {
                            let x = first + v - self.padding;
                            let input = (channel * self.height + y) * self.width + x;
                            f(row, i * out_width + first, input, last - first);
                        }
                    }
                }
            }
        }
    }

    /// How many images are unrolled side by side: enough for a product worth its while, few enough
    /// to stay in the cache.
    fn group(&self) -> usize {
        ((1 << 16) / (self.size() * self.positions())).max(1)
    }

    /// The images as a (size × images·positions) matrix, one beside the other.
    fn unroll<T: Scalar>(&self, images: &[T]) -> Matrix<T> {
        let positions = self.positions();
        let across = images.len() / self.inputs() * positions;
        let mut columns = Matrix::zeros((self.size(), across)); // zero where padding is
        let all = values_mut(&mut columns);
        for (i, image) in images.chunks_exact(self.inputs()).enumerate() {
            self.runs(|row, position, input, len| {
                let run = &mut all[row * across + i * positions + position..][..len];
                run.copy_from_slice(&image[input..][..len]);
            });
        }
        columns
    }

    /// The transpose of [`unroll`](Self::unroll): adds every number back to where it came from.
    fn roll<T: Scalar>(&self, columns: &Matrix<T>, images: &mut [T]) {
        let (positions, across) = (self.positions(), columns.ncols());
        let all = values(columns);
        for (i, image) in images.chunks_exact_mut(self.inputs()).enumerate() {
            self.runs(|row, position, input, len| {
                let run = &all[row * across + i * positions + position..][..len];
                for (x, &c) in image[input..][..len].iter_mut().zip(run) {
                    *x += c;
                }
            });
        }
    }
}

impl<T: Scalar> Conv2d<T> {
    /// The convolution of images of `shape` (channels, height, width) with these parameters and
    /// `padding` zeros on every side.
    ///
    /// # Errors
    /// If the weight is not square, has another number of channels than the images or another
    /// number of filters than the bias, or if the kernel is larger than the padded image.
    pub fn new(
        shape: [usize; 3],
        weight: Array4<T>,
        bias: Array1<T>,
        padding: usize,
    ) -> Result<Self> {
        let [channels, height, width] = shape;
        let (filters, depth, kernel, across) = weight.dim();
        if depth != channels || kernel != across || bias.len() != filters {
            let expected = format!("filters × {channels} × k × k and as many biases as filters");
            let found = format!("{:?} and {} biases", weight.dim(), bias.len());
            return Err(Error::new("shape of a convolution's weight", expected, found));
        }
        let largest = height.min(width) + 2 * padding;
        if kernel == 0 || kernel > largest || filters == 0 {
            let expected = format!("1 to {largest} on {height}×{width} with padding {padding}");
            return Err(Error::new("kernel of a convolution", expected, kernel));
        }
        let patches = Patches { channels, height, width, kernel, padding };
        Ok(Self { weight: weight.as_standard_layout().into_owned(), bias, patches })
    }

    /// Weights from N(0, 2/(channels·kernel²)), which keeps the second moment through a ReLU (He et
    /// al., arXiv 1502.01852), and a bias of zeros.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn random(
        shape: [usize; 3],
        filters: usize,
        kernel: usize,
        padding: usize,
        rng: &mut Generator,
    ) -> Result<Self> {
        let size = (filters, shape[0], kernel, kernel);
        let deviation = (2.0 / (shape[0] * kernel * kernel) as f64).sqrt();
        let weight = Array4::from_shape_simple_fn(size, || normal(rng, deviation));
        Self::new(shape, weight, Array1::zeros(filters), padding)
    }

    /// (filters, height, width) of an output row.
    pub fn output_shape(&self) -> [usize; 3] {
        let (height, width) = self.patches.out();
        [self.bias.len(), height, width]
    }

    /// The weight as a (filters × size) matrix.
    fn matrix(&self) -> CowArray<'_, T, ndarray::Ix2> {
        self.weight
            .to_shape((self.bias.len(), self.patches.size()))
            .expect("a weight in standard layout")
    }

    /// `W x`, plus the bias if `bias`.
    fn apply(&self, x: &Matrix<T>, bias: bool) -> Matrix<T> {
        let (patches, filters) = (self.patches, self.bias.len());
        let (positions, group) = (patches.positions(), patches.group());
        let mut y = Matrix::zeros((x.nrows(), filters * positions));
        let images = values(x).chunks(group * patches.inputs());
        for (images, y) in images.zip(values_mut(&mut y).chunks_mut(group * filters * positions)) {
            let columns = patches.unroll(images);
            let mut planes = Matrix::zeros((filters, columns.ncols()));
            product(planes.view_mut(), false, self.matrix().view(), columns.view());
            // From filter by filter to image by image.
            for (i, y) in y.chunks_exact_mut(filters * positions).enumerate() {
                let planes = planes.rows().into_iter().zip(&self.bias);
                for (y, (plane, &b)) in y.chunks_exact_mut(positions).zip(planes) {
                    let b = if bias { b } else { T::zero() };
                    for (y, &v) in y.iter_mut().zip(plane.slice(s![i * positions..])) {
                        *y = v + b;
                    }
                }
            }
        }
        y
    }

    /// Output rows as a (filters × images·positions) matrix, the form the products want.
    fn planes(&self, rows: &[T]) -> Matrix<T> {
        let (filters, positions) = (self.bias.len(), self.patches.positions());
        let mut planes = Matrix::zeros((filters, rows.len() / filters));
        for (i, row) in rows.chunks_exact(filters * positions).enumerate() {
            for (mut plane, run) in planes.rows_mut().into_iter().zip(row.chunks_exact(positions)) {
                let mut place = plane.slice_mut(s![i * positions..(i + 1) * positions]);
                place.assign(&ArrayView1::from(run));
            }
        }
        planes
    }
}

impl<T: Scalar> Layer<T> for Conv2d<T> {
    fn inputs(&self) -> usize {
        self.patches.inputs()
    }

    fn outputs(&self) -> usize {
        self.bias.len() * self.patches.positions()
    }

    fn name(&self) -> String {
        format!("conv {0}×{0}", self.patches.kernel)
    }

    fn multiply_adds(&self) -> usize {
        self.outputs() * (self.patches.size() + 1)
    }

    fn is_piecewise_linear(&self) -> bool {
        true
    }

    fn forward(&self, x: Matrix<T>) -> Matrix<T> {
        self.apply(&checked("convolution", x, self.patches.inputs()), true)
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        let input = checked("convolution", x, self.patches.inputs());
        (self.apply(&input, true), Box::new(Convolved { layer: self, input }))
    }

    fn visit(&self, f: &mut dyn FnMut(&str, ArrayViewD<'_, T>)) {
        f("weight", self.weight.view().into_dyn());
        f("bias", self.bias.view().into_dyn());
    }

    fn visit_mut(&mut self, f: &mut dyn FnMut(&str, ArrayViewMutD<'_, T>)) {
        f("weight", self.weight.view_mut().into_dyn());
        f("bias", self.bias.view_mut().into_dyn());
    }
}

/// The same matrix at every row; the input is kept for the gradient of the weights.
struct Convolved<'a, T> {
    layer: &'a Conv2d<T>,
    input: Matrix<T>,
}

impl<T: Scalar> LinearMap<T> for Convolved<'_, T> {
    fn push(&self, dx: Matrix<T>) -> Matrix<T> {
        self.layer.apply(&checked("convolution", dx, self.layer.patches.inputs()), false)
    }

    fn pull(&self, dy: Matrix<T>, grad: &mut [T]) -> Matrix<T> {
        let dy = checked("convolution", dy, self.layer.outputs());
        let mut dx = Matrix::zeros((dy.nrows(), self.layer.patches.inputs()));
        self.backward(&dy, grad, Some(&mut dx));
        dx
    }

    fn accumulate(&self, dy: Matrix<T>, grad: &mut [T]) {
        self.backward(&checked("convolution", dy, self.layer.outputs()), grad, None);
    }

    fn affine(&self, x: Matrix<T>) -> Matrix<T> {
        self.layer.apply(&checked("convolution", x, self.layer.patches.inputs()), true)
    }
}

impl<T: Scalar> Convolved<'_, T> {
    /// `∂W += dy·patchesᵀ` and `∂b += Σ dy` if there is a gradient; `dx = patches of Wᵀ dy`, added
    /// back, if it is wanted.
    fn backward(&self, dy: &Matrix<T>, grad: &mut [T], mut dx: Option<&mut Matrix<T>>) {
        let Conv2d { weight, patches, .. } = self.layer;
        let (group, inputs) = (patches.group(), patches.inputs());
        let with_gradient = !grad.is_empty();
        if with_gradient {
            let recorded = self.input.nrows();
            assert_eq!(recorded, dy.nrows(), "convolution: the gradient takes the recorded rows");
        }
        let (grad, bias) = grad.split_at_mut(if with_gradient { weight.len() } else { 0 });
        for (i, dy) in values(dy).chunks(group * self.layer.outputs()).enumerate() {
            let planes = self.layer.planes(dy);
            let images = dy.len() / self.layer.outputs();
            let place = i * group * inputs..(i * group + images) * inputs;
            if with_gradient {
                let columns = patches.unroll(&values(&self.input)[place.clone()]);
                let shape = (planes.nrows(), patches.size());
                let grad = ArrayViewMut2::from_shape(shape, &mut *grad)
                    .expect("a gradient as long as the weight");
                product(grad, true, planes.view(), columns.t());
                for (g, plane) in bias.iter_mut().zip(planes.rows()) {
                    *g += plane.sum();
                }
            }
            if let Some(dx) = &mut dx {
                let mut columns = Matrix::zeros((patches.size(), planes.ncols()));
                product(columns.view_mut(), false, self.layer.matrix().t(), planes.view());
                patches.roll(&columns, &mut values_mut(dx)[place]);
            }
        }
    }
}
