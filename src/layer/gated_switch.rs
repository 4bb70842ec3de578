//! The switch that another signal throws.

use super::config::{Size, size_of_pieces};
use super::rows::{checked, records, values, values_mut};
use super::{
    Built, DecisionKind, Decisions, Dims, Init, Layer, LayerConfig, LinearMap, Parameter,
    ParameterMut, Regularity, Role, See, Shape, Signature,
};
use crate::aligned::{self, Recycled};
use crate::error::{Error, Result};
use crate::random::Generator;
use crate::scalar::{Matrix, Scalar};
use ndarray::Array1;
use serde::{Deserialize, Serialize};

/// `(x, g) → (y, g)` with `y_i = a_i x_i` where `g_i > 0` and `y_i = b_i x_i` elsewhere: the gate `g`
/// throws the switch of `x` and is passed on as it is.
///
/// `g` can be made of the net's input by fixed transforms alone: double the input, and give both halves the
/// same transforms. A net of width 8, in which each switch is thrown by what its own signal would be if all
/// slopes were 1:
///
/// ```
/// let spec: switchnet::net::Spec = toml::from_str(r#"
///     input = [8]
///     seed = 1
///     layers = [
///         { kind = "tile", width = 16 },
///         { kind = "mix", transform = "signs", block = 8 },
///         { kind = "mix", transform = "hadamard", block = 8 },
///         { kind = "detached" },
///         { kind = "mix", transform = "signs", block = 8 },
///         { kind = "mix", transform = "hadamard", block = 8 },
///         { kind = "detached" },
///         { kind = "take", width = 8 },
///     ]
/// "#)?;
/// let net = spec.build::<f32>()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The layer is linear while no gate changes its sign, but **it jumps where one does**: by `(a_i − b_i) x_i`,
/// since `x_i` need not be zero there. Its Jacobian is the true one everywhere else. Where an analysis speaks
/// of the continuity of a net, as [`Breakpoint::continuity_error`](crate::analysis::Breakpoint) and the error
/// of [`IntegratedGradients`](crate::analysis::IntegratedGradients) do, it measures these jumps. A [`Ray`](crate::analysis::Ray)
/// and a [`Slice`](crate::analysis::Slice) count neighbors with equal gradients as one piece across a jump, and the
/// borders of a slice have no part where the class changes by a jump.
///
/// # Shapes
/// `(rows, 2n) → (rows, 2n)`, the gates in the second half. Parameters `open` and `closed` of `n` each, which
/// are `a` and `b`; `n` multiply-adds.
///
/// Source: S. O'Connor's programs (2019–2025), whose detached switches take their bits from fixed random
/// projections of the input.
#[derive(Clone, Debug)]
pub struct GatedSwitch<T> {
    open: Array1<T>,
    closed: Array1<T>,
}

impl<T: Scalar> GatedSwitch<T> {
    /// The switch with these slopes, on rows of twice their length.
    ///
    /// # Panics
    /// If the two have different lengths, or none.
    #[track_caller]
    pub fn new(open: Array1<T>, closed: Array1<T>) -> Self {
        assert_eq!(open.len(), closed.len(), "detached: the sides differ in length");
        assert!(!open.is_empty(), "detached: expected at least one slope, found none");
        let [open, closed] = [open, closed].map(|slopes| aligned::vector(slopes.into_iter()));
        Self { open, closed }
    }

    fn width(&self) -> usize {
        2 * self.open.len()
    }

    /// The first half of each row of `x` times the slopes that its gates choose. The gates are in the second
    /// half of the rows of `record`.
    fn throw<'a>(&self, x: &mut Matrix<T>, record: impl Iterator<Item = &'a [T]>)
    where
        T: 'a,
    {
        let n = self.open.len();
        let [open, closed] = self.slopes();
        for (row, record) in values_mut(x).chunks_exact_mut(2 * n).zip(record) {
            let slopes = open.iter().zip(closed);
            for ((x, &g), (&a, &b)) in row.iter_mut().zip(&record[n..]).zip(slopes) {
                *x *= if g > T::zero() { a } else { b };
            }
        }
    }

    fn slopes(&self) -> [&[T]; 2] {
        [&self.open, &self.closed].map(|slopes| slopes.as_slice().expect("made contiguous"))
    }

    /// The second half of each row.
    fn gates(m: &Matrix<T>) -> Matrix<T> {
        m.slice(ndarray::s![.., m.ncols() / 2..]).to_owned()
    }
}

impl<T: Scalar> Layer<T> for GatedSwitch<T> {
    fn signature(&self) -> Signature {
        Signature::new("detached", self.width(), self.width(), Regularity::Jumps)
            .costs(self.open.len())
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        let input = Recycled::from(checked("detached", x, self.width()));
        let mut y = aligned::rows(input.view(), 0..input.nrows());
        self.throw(&mut y, values(&input).chunks_exact(self.width()));
        (y, Box::new(Gated { layer: self, input }))
    }

    fn held(&self, switches: &[(usize, bool)]) -> Option<Box<dyn Layer<T>>> {
        let mut held = self.clone();
        for &(i, open) in switches {
            match open {
                true => held.closed[i] = self.open[i],
                false => held.open[i] = self.closed[i],
            }
        }
        Some(Box::new(held))
    }

    fn visit(&self, f: &mut dyn FnMut(Parameter<'_, T>)) {
        for (name, slopes) in [("open", &self.open), ("closed", &self.closed)] {
            f(Parameter { name, role: Role::Slope, values: slopes.view().into_dyn() });
        }
    }

    fn visit_mut(&mut self, f: &mut dyn FnMut(ParameterMut<'_, T>)) {
        for (name, slopes) in [("open", &mut self.open), ("closed", &mut self.closed)] {
            f(ParameterMut { name, role: Role::Slope, values: slopes.view_mut().into_dyn() });
        }
    }
}

/// A diagonal matrix for each recorded row, with ones for the gates.
struct Gated<'a, T: Scalar> {
    layer: &'a GatedSwitch<T>,
    input: Recycled<T>,
}

impl<T: Scalar> LinearMap<T> for Gated<'_, T> {
    fn dims(&self) -> Dims {
        let n = self.layer.width();
        Dims { rows: Some(self.input.nrows()), inputs: n, outputs: n }
    }

    fn jvp(&self, dx: Matrix<T>, see: See<'_, T>) -> Matrix<T> {
        let mut dx = checked("detached", dx, self.layer.width());
        if let Some(see) = see {
            let (values, rates) = (GatedSwitch::gates(&self.input), GatedSwitch::gates(&dx));
            see(Decisions { kind: DecisionKind::Sign, values: &values, rates: &rates });
        }
        let rows = dx.nrows();
        self.layer.throw(&mut dx, records("detached", &self.input, rows, false));
        dx
    }

    fn vjp(&self, dy: Matrix<T>, grad: &mut [T], want_dx: bool) -> Option<Matrix<T>> {
        let n = self.layer.open.len();
        let mut dy = checked("detached", dy, 2 * n);
        let rows = dy.nrows();
        if !grad.is_empty() {
            let (open, closed) = grad.split_at_mut(n);
            let records = records("detached", &self.input, rows, true);
            for (dy, record) in values(&dy).chunks_exact(2 * n).zip(records) {
                let (x, gates) = record.split_at(n);
                let sums = open.iter_mut().zip(&mut *closed);
                for (((open, closed), &g), (&dy, &x)) in sums.zip(gates).zip(dy.iter().zip(x)) {
                    // Something is added to both, so that no branch has to be guessed.
                    let (p, q) =
                        if g > T::zero() { (dy * x, T::zero()) } else { (T::zero(), dy * x) };
                    *open += p;
                    *closed += q;
                }
            }
        }
        want_dx.then(|| {
            // A diagonal matrix is its own transpose.
            self.layer.throw(&mut dy, records("detached", &self.input, rows, !grad.is_empty()));
            dy
        })
    }
}

/// The configuration of [`GatedSwitch`], for rows of two halves: signals and gates.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GatedSwitchConfig {
    /// The first slopes where the gate is open.
    pub open: Init,
    /// The first slopes where it is closed.
    pub closed: Init,
}

/// The width, which is that of signals and of as many gates.
fn even(input: Shape<'_>) -> Result<usize> {
    match input.len() {
        n if n.is_multiple_of(2) => Ok(n),
        n => Err(Error::new("width of signals and gates", "an even number", n)),
    }
}

impl LayerConfig for GatedSwitchConfig {
    const KIND: &'static str = "detached";

    fn build<T: Scalar>(&self, input: Shape<'_>, rng: &mut Generator) -> Result<Built<T>> {
        let half = even(input)? / 2;
        let open = self.open.draw(half, rng)?;
        Ok(Built::keeping(input, GatedSwitch::new(open, self.closed.draw(half, rng)?)))
    }

    fn size(&self, input: Shape<'_>) -> Result<Size> {
        even(input)?;
        size_of_pieces(self, input, 2)
    }
}
