//! Planes of inputs, and the parts of them that are looked at.

use ndarray::ArrayView1;
use serde::Serialize;

/// The plane `x = origin + a·u + b·v` of inputs; `(a, b)` are the coordinates of a point of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plane {
    /// The input at `(0, 0)`.
    pub origin: Vec<f64>,
    /// The direction of the first coordinate.
    pub u: Vec<f64>,
    /// The direction of the second coordinate.
    pub v: Vec<f64>,
}

impl Plane {
    /// The plane through three inputs, which have the coordinates `(0, 0)`, `(1, 0)` and `(0, 1)`.
    ///
    /// # Panics
    /// If they have different lengths.
    pub fn through(a: ArrayView1<'_, f64>, b: ArrayView1<'_, f64>, c: ArrayView1<'_, f64>) -> Self {
        let [u, v] = [b, c].map(|other| (&other - &a).to_vec());
        Self { origin: a.to_vec(), u, v }
    }

    /// The plane of inputs `i` and `j`, which are its coordinates; the other inputs are as in `x`. For a net of
    /// two inputs it is all there is.
    ///
    /// # Panics
    /// If `x` has no such inputs, or they are the same.
    pub fn axes(x: ArrayView1<'_, f64>, [i, j]: [usize; 2]) -> Self {
        assert!(i != j && i.max(j) < x.len(), "axes of a plane: inputs {i} and {j} of {}", x.len());
        let along = |axis: usize| (0..x.len()).map(|k| f64::from(u8::from(k == axis))).collect();
        let mut origin = x.to_vec();
        (origin[i], origin[j]) = (0.0, 0.0);
        Self { origin, u: along(i), v: along(j) }
    }

    /// The input at a point of the plane.
    pub fn point(&self, p: [f64; 2]) -> Vec<f64> {
        (0..self.origin.len()).map(|i| self.at(p, i)).collect()
    }

    pub(super) fn at(&self, [a, b]: [f64; 2], i: usize) -> f64 {
        self.origin[i] + a * self.u[i] + b * self.v[i]
    }
}

/// A rectangle in coordinates of a plane.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Window {
    /// First and last value of the first coordinate.
    pub u: [f64; 2],
    /// First and last value of the second coordinate.
    pub v: [f64; 2],
}

impl Window {
    /// Its area, in units of the plane's coordinates.
    pub fn area(&self) -> f64 {
        (self.u[1] - self.u[0]) * (self.v[1] - self.v[0])
    }
}
