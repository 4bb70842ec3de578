//! The same net at every position: parameters that are shared over an image or a sequence.

use super::spec::{build, size};
use super::{Graph, NodeSpec};
use crate::error::{Error, Result};
use crate::layer::{
    Built, DecisionKind, Decisions, Dims, Layer, LayerConfig, LinearMap, Noise, Parameter,
    ParameterMut, ReplaceLayer, See, Shape, Signature, Size, bounded, checked,
};
use crate::random::Generator;
use crate::scalar::{Matrix, Scalar};
use crate::transform::VisitFixed;
use ndarray::{Axis, s};
use serde::{Deserialize, Serialize};

/// One graph on the channels of every position: a row of `positions·n` numbers is `positions` rows of `n`.
///
/// Sharing over positions is nothing else: positions are rows. Between such layers,
/// [shifts](crate::layer::Gather::shift) and [patches](crate::layer::Gather::patches) bring in the neighbors; with a
/// dense layer inside, that is a convolution.
///
/// # Shapes
/// `(rows, positions·n) → (rows, positions·m)` for a graph from `n` to `m` features, the channels of a position side
/// by side. Parameters are the graph's; multiply-adds `positions` times the graph's.
///
/// ```
/// use switchnet::layer::{Layer, Switch};
/// use switchnet::net::{Graph, Positionwise};
/// let slopes = Switch::two_slope(ndarray::array![1.0, 2.0], ndarray::array![0.0, 0.1]);
/// let layer = Positionwise::new(Graph::chain(vec![Box::new(slopes)])?, 2)?;
/// assert_eq!(layer.forward(ndarray::array![[1.0, 1.0, -1.0, -1.0]]), ndarray::array![[1.0, 2.0, 0.0, -0.1]]);
/// # Ok::<(), switchnet::Error>(())
/// ```
#[derive(Debug)]
pub struct Positionwise<T> {
    graph: Graph<T>,
    positions: usize,
}

impl<T: Scalar> Positionwise<T> {
    /// `graph` at each of `positions` positions.
    ///
    /// # Errors
    /// If there are no positions, or a row would have more than 2^30 numbers.
    pub fn new(graph: Graph<T>, positions: usize) -> Result<Self> {
        bounded("positions", &[positions, graph.signature().widest])?;
        Ok(Self { graph, positions })
    }

    /// A row for each position, if `x` has the width for it.
    fn split(&self, x: Matrix<T>) -> Matrix<T> {
        let inputs = self.graph.inputs();
        let x = checked("positionwise", x, self.positions * inputs);
        regroup(x, inputs)
    }

    /// The positions of a row side by side again.
    fn join(&self, y: Matrix<T>) -> Matrix<T> {
        let outputs = self.graph.outputs();
        regroup(y, self.positions * outputs)
    }

    fn record<'a>(
        &'a self,
        (y, map): (Matrix<T>, Box<dyn LinearMap<T> + 'a>),
    ) -> (Matrix<T>, Box<dyn LinearMap<T> + 'a>) {
        (self.join(y), Box::new(AtPositions { layer: self, map }))
    }
}

/// The same numbers in rows of `width`.
fn regroup<T: Scalar>(m: Matrix<T>, width: usize) -> Matrix<T> {
    let rows = m.len() / width;
    // A concatenation comes column by column.
    let m = if m.is_standard_layout() { m } else { m.as_standard_layout().into_owned() };
    m.into_shape_with_order((rows, width)).expect("whole rows, in row-major layout")
}

impl<T: Scalar> Layer<T> for Positionwise<T> {
    fn signature(&self) -> Signature {
        let inner = self.graph.signature();
        let names: Vec<_> = self.graph.layers().iter().map(|layer| layer.name()).collect();
        let (n, m) = (self.positions * inner.inputs, self.positions * inner.outputs);
        Signature::new(format!("positionwise({})", names.join(", ")), n, m, inner.regularity)
            .as_wide_as(self.positions * inner.widest)
            .costs(self.positions * inner.multiply_adds)
    }

    fn forward(&self, x: Matrix<T>) -> Matrix<T> {
        self.join(self.graph.forward(self.split(x)))
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        self.record(self.graph.linearize(self.split(x)))
    }

    fn linearize_with(
        &self,
        x: Matrix<T>,
        noise: Noise,
    ) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        let noise = Noise { first_row: noise.first_row * self.positions, ..noise };
        self.record(self.graph.linearize_with(self.split(x), noise))
    }

    fn visit_layers(&self, f: &mut dyn FnMut(&dyn Layer<T>, usize)) {
        self.graph.visit_layers(&mut |layer, positions| f(layer, positions * self.positions));
    }

    fn replace_layers(&mut self, f: &mut ReplaceLayer<'_, T>) {
        self.graph.replace_layers(&mut |layer, positions| f(layer, positions * self.positions));
    }

    fn visit(&self, f: &mut dyn FnMut(Parameter<'_, T>)) {
        self.graph.visit(f);
    }

    fn visit_mut(&mut self, f: &mut dyn FnMut(ParameterMut<'_, T>)) {
        self.graph.visit_mut(f);
    }

    fn visit_fixed(&self, f: &mut VisitFixed<'_, T>) {
        self.graph.visit_fixed(f);
    }
}

/// The maps of all positions.
struct AtPositions<'a, T> {
    layer: &'a Positionwise<T>,
    map: Box<dyn LinearMap<T> + 'a>,
}

impl<T: Scalar> AtPositions<'_, T> {
    /// Whether the one recorded row has to be shown each of `rows` rows by itself: the map of the graph would take
    /// its positions for rows of their own.
    fn one_by_one(&self, rows: usize) -> bool {
        self.layer.positions > 1 && self.dims().rows == Some(1) && rows > 1
    }
}

/// What one layer of the graph decided, position by position in each row.
struct Seen<T> {
    candidates: Vec<usize>,
    winners: Vec<usize>,
    sign: bool,
    values: Matrix<T>,
    rates: Matrix<T>,
}

impl<T: Scalar> Seen<T> {
    fn new(decisions: &Decisions<'_, T>, positions: usize) -> Self {
        let wide = |m: &Matrix<T>| {
            let (rows, columns) = m.dim(); // there may be none, where every choice has one candidate
            let m = m.as_standard_layout().into_owned();
            m.into_shape_with_order((rows / positions, columns * positions)).expect("whole rows")
        };
        let (values, rates) = (wide(decisions.values), wide(decisions.rates));
        let (sign, candidates, winners) = match decisions.kind {
            DecisionKind::Sign => (true, Vec::new(), Vec::new()),
            DecisionKind::Choice { candidates, winners } => {
                (false, candidates.repeat(positions), winners.to_vec())
            }
        };
        Self { candidates, winners, sign, values, rates }
    }

    fn show(&self, see: &mut dyn FnMut(Decisions<'_, T>)) {
        let kind = match self.sign {
            true => DecisionKind::Sign,
            false => DecisionKind::Choice { candidates: &self.candidates, winners: &self.winners },
        };
        see(Decisions { kind, values: &self.values, rates: &self.rates });
    }
}

impl<T: Scalar> LinearMap<T> for AtPositions<'_, T> {
    fn dims(&self) -> Dims {
        let (positions, inner) = (self.layer.positions, self.map.dims());
        Dims {
            rows: inner.rows.map(|rows| rows / positions),
            inputs: positions * inner.inputs,
            outputs: positions * inner.outputs,
        }
    }

    fn jvp(&self, dx: Matrix<T>, see: See<'_, T>) -> Matrix<T> {
        let (layer, rows) = (self.layer, dx.nrows());
        let dx = layer.split(dx);
        if !self.one_by_one(rows) {
            let mut look = see.map(|see| {
                move |decisions: Decisions<'_, T>| {
                    Seen::new(&decisions, layer.positions).show(&mut *see);
                }
            });
            let see: See<'_, T> = match &mut look {
                Some(look) => Some(look),
                None => None,
            };
            return layer.join(self.map.jvp(dx, see));
        }
        // What one row shows comes layer by layer, and the rates of the others go below.
        let mut seen: Vec<Seen<T>> = Vec::new();
        let mut dy = Vec::with_capacity(rows);
        for (row, part) in dx.axis_chunks_iter(Axis(0), layer.positions).enumerate() {
            let mut at = 0;
            let mut look = |decisions: Decisions<'_, T>| {
                let new = Seen::new(&decisions, layer.positions);
                if row == 0 {
                    seen.push(new);
                } else {
                    seen[at].rates.append(Axis(0), new.rates.view()).expect("rates of one layer");
                }
                at += 1;
            };
            let see: See<'_, T> = if see.is_some() { Some(&mut look) } else { None };
            dy.push(self.map.jvp(part.to_owned(), see));
        }
        if let Some(see) = see {
            seen.iter().for_each(|seen| seen.show(see));
        }
        layer.join(stacked(&dy))
    }

    fn vjp(&self, dy: Matrix<T>, grad: &mut [T], want_dx: bool) -> Option<Matrix<T>> {
        let (layer, rows) = (self.layer, dy.nrows());
        let outputs = layer.graph.outputs();
        let dy = checked("positionwise", dy, layer.positions * outputs);
        let dy = regroup(dy, outputs);
        let inputs = layer.positions * layer.graph.inputs();
        if !self.one_by_one(rows) {
            return self.map.vjp(dy, grad, want_dx).map(|dx| regroup(dx, inputs));
        }
        assert!(grad.is_empty(), "positionwise: expected 1 row, as recorded, found {rows}");
        let parts = (0..rows).filter_map(|row| {
            let part = dy.slice(s![row * layer.positions..(row + 1) * layer.positions, ..]);
            self.map.vjp(part.to_owned(), &mut [], want_dx)
        });
        let parts: Vec<_> = parts.collect();
        want_dx.then(|| regroup(stacked(&parts), inputs))
    }

    fn constant(&self) -> Option<Matrix<T>> {
        let constant = self.map.constant()?;
        if self.map.dims().rows.is_some() {
            return Some(self.layer.join(constant));
        }
        let everywhere = constant.broadcast((self.layer.positions, constant.ncols()));
        let everywhere = everywhere.expect("one constant for all rows").to_owned();
        Some(self.layer.join(everywhere))
    }
}

/// All parts, one below the other.
fn stacked<T: Scalar>(parts: &[Matrix<T>]) -> Matrix<T> {
    let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
    ndarray::concatenate(Axis(0), &views).expect("parts of one width")
}

/// The configuration of a [`Positionwise`]: the layers for the channels of a position of (height, width, channels).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PositionwiseConfig {
    /// The layers at every position.
    pub layers: Vec<NodeSpec>,
}

impl PositionwiseConfig {
    /// These layers at every position.
    pub fn new(layers: Vec<NodeSpec>) -> Self {
        Self { layers }
    }
}

impl LayerConfig for PositionwiseConfig {
    const KIND: &'static str = "positionwise";

    fn build<T: Scalar>(&self, input: Shape<'_>, rng: &mut Generator) -> Result<Built<T>> {
        let [height, width, channels] = input.positions()?;
        let (nodes, shapes) = build(&self.layers, Shape(&[channels]), rng)?;
        let outputs = match shapes.last() {
            Some(shape) => shape.iter().product(),
            None => return Err(Error::new("layers of a positionwise", "at least 1", 0)),
        };
        let graph = Graph::of_spec(channels, nodes)?;
        let layer = Positionwise::new(graph, height * width)?;
        Ok(Built::new(layer, [height, width, outputs]))
    }

    fn size(&self, input: Shape<'_>) -> Result<Size> {
        let [height, width, channels] = input.positions()?;
        let inside = size(&self.layers, Shape(&[channels]))?;
        let everywhere = |number: usize| number.saturating_mul(height * width);
        Ok(Size {
            shape: vec![height, width, inside.shape.iter().product()],
            row: everywhere(inside.row),
            multiply_adds: everywhere(inside.multiply_adds),
            nodes: inside.nodes + 1,
            depth: inside.depth + 1,
            ..inside
        })
    }
}
