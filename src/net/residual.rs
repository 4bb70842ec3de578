//! The shortcut past other layers, as a layer in files.

use super::spec::{build, size};
use super::{Graph, NodeSpec};
use crate::error::Result;
use crate::layer::{Built, LayerConfig, Shape, Size};
use crate::random::Generator;
use crate::scalar::Scalar;
use serde::{Deserialize, Serialize};

/// The configuration of a [`Graph::residual`]. In a graph, `{ kind = "add", from = [..] }` says the same.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResidualConfig {
    /// The layers that the shortcut passes.
    pub layers: Vec<NodeSpec>,
}

impl LayerConfig for ResidualConfig {
    const KIND: &'static str = "residual";

    fn build<T: Scalar>(&self, input: Shape<'_>, rng: &mut Generator) -> Result<Built<T>> {
        let (nodes, mut shapes) = build(&self.layers, input, rng)?;
        let shape = shapes.pop().unwrap_or_else(|| input.0.to_vec());
        Ok(Built::new(Graph::shortcut(input.len(), nodes)?, shape))
    }

    fn size(&self, input: Shape<'_>) -> Result<Size> {
        let inside = size(&self.layers, input)?;
        let (nodes, depth) = (inside.nodes + 1, inside.depth + 1);
        let multiply_adds = inside.multiply_adds.saturating_add(input.len()); // the sum
        Ok(Size { nodes, depth, multiply_adds, ..inside })
    }
}
