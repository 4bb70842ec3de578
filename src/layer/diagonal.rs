//! A learned scale and a learned constant for each element.

use super::rows::{broadcasts, checked, values, values_mut};
use super::{Layer, LinearMap, Pointwise};
use crate::aligned::{self, Kept};
use crate::kernel::{add_products, add_rows};
use crate::scalar::{Matrix, Scalar};
use ndarray::{Array1, ArrayViewD, ArrayViewMutD};

/// `y_i = d_i x_i + b_i`, with `d`, `b` or both learned.
///
/// # Shapes
/// `(rows, n) → (rows, n)`. Parameters `scale` and `bias` of `n` each; as many multiply-adds as the
/// wider of the two.
///
/// ```
/// use switchnet::layer::{Diagonal, Layer};
/// let layer = Diagonal::new(Some(ndarray::arr1(&[2.0, 3.0])), Some(ndarray::arr1(&[0.5, 0.0])));
/// assert_eq!(layer.forward(ndarray::array![[1.0, 1.0]]), ndarray::array![[2.5, 3.0]]);
/// ```
#[derive(Clone, Debug)]
pub struct Diagonal<T> {
    scale: Option<Array1<T>>,
    bias: Option<Array1<T>>,
}

impl<T: Scalar> Diagonal<T> {
    /// The layer with these parameters.
    ///
    /// # Panics
    /// If there is neither, or if the two have different lengths.
    #[track_caller]
    pub fn new(scale: Option<Array1<T>>, bias: Option<Array1<T>>) -> Self {
        match (&scale, &bias) {
            (None, None) => panic!("diagonal: expected a scale or a bias, found neither"),
            (Some(d), Some(b)) => {
                assert_eq!(d.len(), b.len(), "diagonal: scale and bias differ in length");
            }
            _ => {}
        }
        let aligned = |v: Array1<T>| aligned::vector(v.into_iter());
        Self { scale: scale.map(aligned), bias: bias.map(aligned) }
    }

    /// A scale of ones and no constant.
    pub fn scale(n: usize) -> Self {
        Self::new(Some(Array1::ones(n)), None)
    }

    /// A constant of zeros and no scale.
    pub fn bias(n: usize) -> Self {
        Self::new(None, Some(Array1::zeros(n)))
    }

    fn len(&self) -> usize {
        self.scale.as_ref().or(self.bias.as_ref()).map_or(0, Array1::len)
    }

    fn vectors(&self) -> Pointwise<'_, T> {
        fn slice<T>(v: &Option<Array1<T>>) -> Option<&[T]> {
            v.as_ref().map(|v| v.as_slice().expect("made contiguous"))
        }
        Pointwise { scale: slice(&self.scale), bias: slice(&self.bias), ..Pointwise::default() }
    }

    fn apply(&self, mut x: Matrix<T>) -> Matrix<T> {
        self.vectors().apply(values_mut(&mut x));
        x
    }
}

impl<T: Scalar> Layer<T> for Diagonal<T> {
    fn inputs(&self) -> usize {
        self.len()
    }

    fn outputs(&self) -> usize {
        self.len()
    }

    fn name(&self) -> String {
        match (&self.scale, &self.bias) {
            (Some(_), Some(_)) => "scale+bias",
            (Some(_), None) => "scale",
            _ => "bias",
        }
        .into()
    }

    fn multiply_adds(&self) -> usize {
        self.len()
    }

    fn is_piecewise_linear(&self) -> bool {
        true
    }

    fn forward(&self, x: Matrix<T>) -> Matrix<T> {
        self.apply(checked("diagonal", x, self.len()))
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        let x = checked("diagonal", x, self.len());
        // The gradient of the scale needs the input; that of the bias needs nothing.
        let copy = |out: &mut Vec<T>| out.extend_from_slice(values(&x));
        let input = self.scale.as_ref().map(|_| aligned::matrix(x.dim(), copy).into());
        (self.apply(x), Box::new(Diagonalized { layer: self, input }))
    }

    fn pointwise(&self) -> Option<(Pointwise<'_, T>, [bool; 2])> {
        Some((self.vectors(), [false; 2]))
    }

    fn visit(&self, f: &mut dyn FnMut(&str, ArrayViewD<'_, T>)) {
        if let Some(d) = &self.scale {
            f("scale", d.view().into_dyn());
        }
        if let Some(b) = &self.bias {
            f("bias", b.view().into_dyn());
        }
    }

    fn visit_mut(&mut self, f: &mut dyn FnMut(&str, ArrayViewMutD<'_, T>)) {
        if let Some(d) = &mut self.scale {
            f("scale", d.view_mut().into_dyn());
        }
        if let Some(b) = &mut self.bias {
            f("bias", b.view_mut().into_dyn());
        }
    }
}

struct Diagonalized<'a, T: Scalar> {
    layer: &'a Diagonal<T>,
    input: Option<Kept<T>>,
}

impl<T: Scalar> LinearMap<T> for Diagonalized<'_, T> {
    fn push(&self, dx: Matrix<T>) -> Matrix<T> {
        let mut dx = checked("diagonal", dx, self.layer.len());
        Pointwise { bias: None, ..self.layer.vectors() }.apply(values_mut(&mut dx));
        dx
    }

    fn pull(&self, dy: Matrix<T>, grad: &mut [T]) -> Matrix<T> {
        let n = self.layer.len();
        let dy = checked("diagonal", dy, n);
        if !grad.is_empty() {
            let (scale, bias) = grad.split_at_mut(if self.input.is_some() { n } else { 0 });
            if let Some(input) = &self.input {
                broadcasts("diagonal", input.nrows(), dy.nrows(), true);
                add_products(scale, values(&dy), values(input));
            }
            if !bias.is_empty() {
                add_rows(bias, values(&dy));
            }
        }
        self.push(dy) // a diagonal matrix is its own transpose
    }

    fn affine(&self, x: Matrix<T>) -> Matrix<T> {
        self.layer.apply(checked("diagonal", x, self.layer.len()))
    }
}
