//! What a net costs: shapes, parameters and multiply-adds of each layer.

use super::Net;
use crate::layer::parameters;
use crate::scalar::Scalar;
use serde::Serialize;

/// The table of a net's layers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// The shape of one input.
    pub input: Vec<usize>,
    /// A row for each node, first node first.
    pub rows: Vec<SummaryRow>,
    /// Parameters in all.
    pub parameters: usize,
    /// Multiply-adds for one sample in all; see [`Signature`](crate::layer::Signature::multiply_adds).
    pub multiply_adds: usize,
}

/// One node of a [`Summary`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SummaryRow {
    /// The layer's name.
    pub name: String,
    /// The shape of one output.
    pub shape: Vec<usize>,
    /// Its parameters.
    pub parameters: usize,
    /// Its multiply-adds for one sample.
    pub multiply_adds: usize,
}

impl Summary {
    /// The summary of `net`.
    pub fn of<T: Scalar>(net: &Net<T>) -> Self {
        let nodes = net.graph().nodes().iter().zip(net.shapes()).enumerate();
        let rows: Vec<_> = nodes
            .map(|(i, (node, shape))| {
                let signature = net.graph().signature_of(i);
                SummaryRow {
                    name: signature.name.into_owned(),
                    shape: shape.clone(),
                    parameters: node.layer().map_or(0, |layer| parameters::count(layer)),
                    multiply_adds: signature.multiply_adds,
                }
            })
            .collect();
        Self {
            input: net.spec().input.clone(),
            parameters: rows.iter().map(|row| row.parameters).sum(),
            multiply_adds: rows.iter().map(|row| row.multiply_adds).sum(),
            rows,
        }
    }
}

/// `1×8×8`.
fn shape(sides: &[usize]) -> String {
    sides.iter().map(usize::to_string).collect::<Vec<_>>().join("×")
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.rows.iter().map(|row| row.name.chars().count());
        let width = names.max().unwrap_or(0).max(5);
        let line = |f: &mut std::fmt::Formatter<'_>, a: &str, b: &str, c: &str, d: &str| {
            writeln!(f, "{a:>3}  {b:<width$}  {c:>12}  {d}")
        };
        let counts = |p: usize, m: usize| format!("{p:>12}  {m:>14}");
        line(f, "", "layer", "output", &format!("{:>12}  {:>14}", "parameters", "multiply-adds"))?;
        line(f, "", "input", &shape(&self.input), &counts(0, 0))?;
        for (i, row) in self.rows.iter().enumerate() {
            let counts = counts(row.parameters, row.multiply_adds);
            line(f, &i.to_string(), &row.name, &shape(&row.shape), &counts)?;
        }
        line(f, "", "total", "", &counts(self.parameters, self.multiply_adds))
    }
}
