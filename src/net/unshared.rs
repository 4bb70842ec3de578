//! A layer inside of a [`Positionwise`](super::Positionwise) that is another one at some positions.

use crate::layer::{
    Dims, Layer, LinearMap, Parameter, ParameterMut, See, Signature, checked, parameters,
};
use crate::scalar::{Matrix, Scalar};
use crate::transform::VisitFixed;
use ndarray::{Axis, Slice};
use std::collections::{BTreeMap, BTreeSet};

/// Positions are rows, so every row of such a position goes through the layer of that position, and the others through the
/// one that they share. All decide by the same values; those of the shared layer are shown.
///
/// # Shapes
/// Those of the layers; rows come in groups of as many as there are positions, as a `Positionwise` hands them in.
/// Parameters are those of the shared layer and of the others, position by position.
#[derive(Debug)]
pub(crate) struct Unshared<T> {
    shared: Box<dyn Layer<T>>,
    positions: usize,
    others: BTreeMap<usize, Box<dyn Layer<T>>>,
}

impl<T: Scalar> Unshared<T> {
    /// `shared` at all of `positions` positions but those of `others`.
    pub(crate) fn new(
        shared: Box<dyn Layer<T>>,
        positions: usize,
        others: BTreeMap<usize, Box<dyn Layer<T>>>,
    ) -> Self {
        Self { shared, positions, others }
    }
}

/// Which rows are those of a position, of so many rows and positions.
fn rows_of(position: usize, positions: usize, rows: usize) -> Slice {
    Slice::new(position.min(rows) as isize, None, positions as isize) // no rows are always taken
}

impl<T: Scalar> Layer<T> for Unshared<T> {
    fn signature(&self) -> Signature {
        self.shared.signature()
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        let x = checked("unshared", x, self.shared.inputs());
        let rows = |position| rows_of(position, self.positions, x.nrows());
        let parts = self.others.iter().map(|(&position, layer)| {
            let (y, map) = layer.linearize(x.slice_axis(Axis(0), rows(position)).to_owned());
            (y, AtPosition { position, map, parameters: parameters::count(layer.as_ref()) })
        });
        let (parts, others): (Vec<_>, Vec<_>) = parts.unzip();
        let (mut y, shared) = self.shared.linearize(x);
        put(&mut y, self.positions, others.iter().zip(parts));
        (y, Box::new(Record { positions: self.positions, shared, others }))
    }

    fn held(&self, switches: &[(usize, bool)]) -> Option<Box<dyn Layer<T>>> {
        let shared = self.shared.held(switches)?;
        let others = self.others.iter().map(|(&at, layer)| Some((at, layer.held(switches)?)));
        Some(Box::new(Self::new(shared, self.positions, others.collect::<Option<_>>()?)))
    }

    fn held_at(&self, switches: &BTreeMap<usize, Vec<(usize, bool)>>) -> Option<Box<dyn Layer<T>>> {
        let positions: BTreeSet<_> = self.others.keys().chain(switches.keys()).copied().collect();
        let others = positions.into_iter().map(|at| {
            let layer = self.others.get(&at).unwrap_or(&self.shared);
            Some((at, layer.held(switches.get(&at).map_or(&[], Vec::as_slice))?))
        });
        let others = others.collect::<Option<_>>()?;
        Some(Box::new(Self::new(self.shared.held(&[])?, self.positions, others)))
    }

    fn visit(&self, f: &mut dyn FnMut(Parameter<'_, T>)) {
        self.shared.visit(f);
        for (position, layer) in &self.others {
            layer.visit(&mut |p| f(Parameter { name: &format!("{position}.{}", p.name), ..p }));
        }
    }

    fn visit_mut(&mut self, f: &mut dyn FnMut(ParameterMut<'_, T>)) {
        self.shared.visit_mut(f);
        for (position, layer) in &mut self.others {
            layer.visit_mut(&mut |p| {
                f(ParameterMut { name: &format!("{position}.{}", p.name), ..p });
            });
        }
    }

    fn visit_fixed(&self, f: &mut VisitFixed<'_, T>) {
        self.shared.visit_fixed(f);
        for (position, layer) in &self.others {
            layer.visit_fixed(&mut |name, fixed| f(&format!("{position}.{name}"), fixed));
        }
    }
}

/// Puts what the layers of some positions gave into its rows.
fn put<'a, 'm: 'a, T: Scalar>(
    y: &mut Matrix<T>,
    positions: usize,
    parts: impl Iterator<Item = (&'a AtPosition<'m, T>, Matrix<T>)>,
) {
    let rows = y.nrows();
    for (at, part) in parts {
        y.slice_axis_mut(Axis(0), rows_of(at.position, positions, rows)).assign(&part);
    }
}

/// The map of a position that has a layer of its own.
struct AtPosition<'a, T> {
    position: usize,
    map: Box<dyn LinearMap<T> + 'a>,
    parameters: usize,
}

struct Record<'a, T> {
    positions: usize,
    shared: Box<dyn LinearMap<T> + 'a>,
    others: Vec<AtPosition<'a, T>>,
}

impl<'a, T: Scalar> Record<'a, T> {
    fn rows(&self, at: &AtPosition<'a, T>, m: &Matrix<T>) -> Matrix<T> {
        m.slice_axis(Axis(0), rows_of(at.position, self.positions, m.nrows())).to_owned()
    }
}

impl<T: Scalar> LinearMap<T> for Record<'_, T> {
    fn dims(&self) -> Dims {
        self.shared.dims()
    }

    fn jvp(&self, dx: Matrix<T>, see: See<'_, T>) -> Matrix<T> {
        let part = |at: &AtPosition<'_, T>| at.map.push(self.rows(at, &dx));
        let parts: Vec<_> = self.others.iter().map(part).collect();
        let mut dy = self.shared.jvp(dx, see);
        put(&mut dy, self.positions, self.others.iter().zip(parts));
        dy
    }

    fn vjp(&self, mut dy: Matrix<T>, grad: &mut [T], want_dx: bool) -> Option<Matrix<T>> {
        let own: usize = self.others.iter().map(|at| at.parameters).sum();
        let (shared, mut rest) = grad.split_at_mut(grad.len().saturating_sub(own));
        let mut parts = Vec::with_capacity(self.others.len());
        for at in &self.others {
            let whole = std::mem::take(&mut rest);
            let (grad, others) = whole.split_at_mut(at.parameters.min(whole.len()));
            rest = others;
            parts.push(at.map.vjp(self.rows(at, &dy), grad, want_dx));
        }
        // The shared parameters had no part in these rows.
        let rows = dy.nrows();
        for at in &self.others {
            dy.slice_axis_mut(Axis(0), rows_of(at.position, self.positions, rows)).fill(T::zero());
        }
        let mut dx = self.shared.vjp(dy, shared, want_dx)?;
        put(&mut dx, self.positions, self.others.iter().zip(parts.into_iter().flatten()));
        Some(dx)
    }

    fn constant(&self) -> Option<Matrix<T>> {
        let Dims { rows, outputs, .. } = self.dims();
        let rows = rows.unwrap_or(self.positions);
        let of = |map: &dyn LinearMap<T>| map.constant().unwrap_or(Matrix::zeros((1, outputs)));
        let everywhere = of(self.shared.as_ref());
        let mut constant = everywhere.broadcast((rows, outputs)).expect("one for all").to_owned();
        let part = |at: &AtPosition<'_, T>| of(at.map.as_ref());
        let parts: Vec<_> = self.others.iter().map(part).collect();
        put(&mut constant, self.positions, self.others.iter().zip(parts));
        Some(constant)
    }
}
