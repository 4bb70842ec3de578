//! The region around an input as a list of linear inequalities, of which few are ever written out.

use crate::analysis::norm::Norm;
use crate::analysis::pattern::Unit;
use crate::analysis::pattern::boundaries;
use crate::analysis::region::margin::{Measured, measure};
use crate::analysis::rows::{ROWS, identity, one_row};
use crate::error::Result;
use crate::layer::{Layer, LinearMap};
use crate::net::map_chunks;
use crate::scalar::Matrix;
use ndarray::{Array1, ArrayView1, s};

/// One boundary: `gradient·d + offset ≥ 0` for changes `d` that stay inside, with `‖gradient‖₂ = 1`.
pub(super) struct Cut {
    pub gradient: Array1<f64>,
    /// The distance from the input to the boundary, in units of the input.
    pub offset: f64,
}

/// The region around an input.
pub(super) struct Region<'a> {
    pub net: &'a dyn Layer<f64>,
    pub x: Array1<f64>,
    pub measured: Measured,
    map: Box<dyn LinearMap<f64> + 'a>,
}

/// How a boundary is met at a changed input.
#[derive(Clone, Copy)]
pub(super) struct Met {
    pub unit: Unit,
    /// The distance to the boundary before the change, in units of the input.
    pub before: f64,
    /// The same after it: negative where the boundary is overstepped.
    pub after: f64,
}

/// A switch that is open stays open, any other stays closed.
fn side(z: f64) -> f64 {
    if z > 0.0 { 1.0 } else { -1.0 }
}

impl<'a> Region<'a> {
    pub fn new(what: &str, net: &'a dyn Layer<f64>, x: ArrayView1<'_, f64>) -> Result<Self> {
        let measured = measure(what, net, x)?;
        Ok(Self { net, x: x.to_owned(), measured, map: net.linearize(one_row(x)).1 })
    }

    /// Row `k` of `A`, less row `j` if there is a `j`.
    pub fn row(&self, k: usize, j: Option<usize>) -> Array1<f64> {
        let mut unit = Matrix::zeros((1, self.net.outputs()));
        unit[[0, k]] += 1.0;
        if let Some(j) = j {
            unit[[0, j]] -= 1.0;
        }
        self.map.pull(unit, &mut []).row(0).to_owned()
    }

    /// How each boundary is met after the change `d`, and the outputs there by the map of this region.
    pub fn meet(&self, d: &Array1<f64>) -> (Vec<Met>, Vec<f64>) {
        let (pushed, rates) = boundaries::rates(self.map.as_ref(), one_row(d.view()));
        let mut met = Vec::new();
        for (layer, ((values, sizes), rates)) in self.measured.layers.iter().zip(&rates).enumerate()
        {
            for (unit, (&z, &rate)) in values.iter().zip(rates.row(0)).enumerate() {
                let size = sizes.dual(Norm::L2, unit);
                if sizes.distance(Norm::L2, unit, z).is_some() {
                    let (before, after) = (z.abs() / size, side(z) * (z + rate) / size);
                    met.push(Met { unit: Unit { layer, unit }, before, after });
                }
            }
        }
        let outputs = self.measured.outputs.iter().zip(pushed.row(0)).map(|(y, dy)| y + dy);
        (met, outputs.collect())
    }

    /// These boundaries, written out: the identity is pushed through the net once.
    pub fn cuts(&self, units: &[Unit]) -> Vec<Cut> {
        let inputs = self.net.inputs();
        let parts = map_chunks(inputs, ROWS, |range| {
            let mut columns = Matrix::zeros((range.len(), units.len()));
            boundaries::each_rate(self.map.as_ref(), identity(range, inputs), |layer, rates| {
                for (k, unit) in units.iter().enumerate().filter(|(_, unit)| unit.layer == layer) {
                    columns.column_mut(k).assign(&rates.column(unit.unit));
                }
            });
            columns
        });
        let mut gradients = Matrix::zeros((units.len(), inputs));
        for (i, part) in parts.iter().enumerate() {
            let from = i * ROWS;
            gradients.slice_mut(s![.., from..from + part.nrows()]).assign(&part.t());
        }
        let cut = |(unit, gradient): (&Unit, ArrayView1<'_, f64>)| {
            let z = self.measured.layers[unit.layer].0[unit.unit];
            let length = Norm::L2.of(gradient);
            Cut { gradient: &gradient * (side(z) / length), offset: z.abs() / length }
        };
        units.iter().zip(gradients.rows()).map(cut).collect()
    }
}
