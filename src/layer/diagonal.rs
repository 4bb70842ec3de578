//! A learned scale and a learned constant for each element.

use super::config::{Size, size_of_pieces};
use super::sweep::Sweep;
use super::{
    Built, Init, Layer, LayerConfig, LinearMap, Parameter, ParameterMut, Pointwise, Regularity,
    Role, Shape, Signature, Structure,
};
use crate::aligned;
use crate::error::{Error, Result};
use crate::random::Generator;
use crate::scalar::{Matrix, Scalar};
use ndarray::Array1;
use serde::{Deserialize, Serialize};

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

    fn sweep(&self) -> Sweep<'_, T> {
        fn slice<T>(v: &Option<Array1<T>>) -> Option<&[T]> {
            v.as_ref().map(|v| v.as_slice().expect("made contiguous"))
        }
        let (scale, bias) = (slice(&self.scale), slice(&self.bias));
        Sweep {
            name: "diagonal",
            len: self.len(),
            vectors: Pointwise { scale, bias, ..Pointwise::default() },
            learned: [scale.is_some(), bias.is_some(), false, false],
            transform: None,
        }
    }
}

impl<T: Scalar> Layer<T> for Diagonal<T> {
    fn signature(&self) -> Signature {
        let name = match (&self.scale, &self.bias) {
            (Some(_), Some(_)) => "scale+bias",
            (Some(_), None) => "scale",
            _ => "bias",
        };
        Signature::elementwise(name, self.len(), Regularity::Linear)
    }

    fn forward(&self, x: Matrix<T>) -> Matrix<T> {
        self.sweep().forward(x)
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        self.sweep().linearize(x)
    }

    fn structure(&self) -> Structure<'_, T> {
        let Sweep { vectors, learned, .. } = self.sweep();
        Structure::Elementwise { vectors, learned }
    }

    fn visit(&self, f: &mut dyn FnMut(Parameter<'_, T>)) {
        let scale = self.scale.as_ref().map(|v| ("scale", Role::Scale, v));
        let bias = self.bias.as_ref().map(|v| ("bias", Role::Bias, v));
        for (name, role, v) in [scale, bias].into_iter().flatten() {
            f(Parameter { name, role, values: v.view().into_dyn() });
        }
    }

    fn visit_mut(&mut self, f: &mut dyn FnMut(ParameterMut<'_, T>)) {
        let scale = self.scale.as_mut().map(|v| ("scale", Role::Scale, v));
        let bias = self.bias.as_mut().map(|v| ("bias", Role::Bias, v));
        for (name, role, v) in [scale, bias].into_iter().flatten() {
            f(ParameterMut { name, role, values: v.view_mut().into_dyn() });
        }
    }
}

/// The configuration of a [`Diagonal`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct DiagonalConfig {
    /// The first values of the scale; without them there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<Init>,
    /// Whether there is a bias, zero at first.
    pub bias: bool,
}

impl LayerConfig for DiagonalConfig {
    const KIND: &'static str = "diagonal";

    fn build<T: Scalar>(&self, input: Shape<'_>, rng: &mut Generator) -> Result<Built<T>> {
        if self.scale.is_none() && !self.bias {
            return Err(Error::new("diagonal", "a scale, a bias or both", "neither"));
        }
        let n = input.len();
        let scale = self.scale.map(|init| init.draw(n, rng)).transpose()?;
        Ok(Built::keeping(input, Diagonal::new(scale, self.bias.then(|| Array1::zeros(n)))))
    }

    fn size(&self, input: Shape<'_>) -> Result<Size> {
        size_of_pieces(self, input, 1)
    }
}
