//! How large the effective maps of the polygons are.

use super::{Polygon, Slice};
use crate::error::{Error, Result};
use crate::layer::Layer;
use crate::net::{chunk_rows, map_chunks};
use crate::scalar::Matrix;

impl Slice {
    /// `‖A‖_F` of the effective map of each polygon, in their order: over all inputs, where the gradients of
    /// a [`Polygon`] are those along the plane.
    ///
    /// Cost: for each polygon a pass, and as many rows through the linear map as the net has inputs or
    /// outputs, whichever are fewer; on all threads.
    ///
    /// # Errors
    /// If the slice is of a net with other numbers of inputs or outputs.
    pub fn norms(&self, net: &dyn Layer<f64>) -> Result<Vec<f64>> {
        let outputs = self.polygons.first().map_or(net.outputs(), |polygon| polygon.values.len());
        let (found, expected) = ([self.plane.origin.len(), outputs], [net.inputs(), net.outputs()]);
        if found != expected {
            let say =
                |[inputs, outputs]: [usize; 2]| format!("{inputs} inputs and {outputs} outputs");
            return Err(Error::new("a slice for its norms", say(expected), say(found)));
        }
        let parts = map_chunks(self.polygons.len(), chunk_rows(net), |range| {
            self.norms_of(net, &self.polygons[range])
        });
        Ok(parts.concat())
    }

    fn norms_of(&self, net: &dyn Layer<f64>, polygons: &[Polygon]) -> Vec<f64> {
        let rows = polygons.len();
        let centers = (rows, net.inputs());
        let (_, map) = net.linearize(Matrix::from_shape_fn(centers, |(row, i)| {
            self.plane.at(polygons[row].center, i)
        }));
        let pushed = net.inputs() < net.outputs();
        let units = net.inputs().min(net.outputs());
        let mut squares = vec![0.0; rows];
        for unit in 0..units {
            let unit =
                Matrix::from_shape_fn((rows, units), |(_, i)| f64::from(u8::from(i == unit)));
            let part = if pushed { map.push(unit) } else { map.pull(unit, &mut []) };
            for (square, part) in squares.iter_mut().zip(part.rows()) {
                *square += part.dot(&part);
            }
        }
        squares.into_iter().map(f64::sqrt).collect()
    }
}
