//! `--slice`: the regions of the net on the plane through the input and two others.

use super::{Subject, row_of};
use anyhow::{Result, bail};
use ndarray::{Array1, Array2};
use switchnet::analysis::{Plane, SliceBudget, Window, slice};
use switchnet::report::{self, Tint};

/// A quarter of the way beyond the three inputs on each side.
const WINDOW: Window = Window { u: [-0.25, 1.25], v: [-0.25, 1.25] };

pub(super) fn run(subject: &Subject, rows: &[usize]) -> Result<()> {
    let &[first, second] = rows else {
        bail!("--slice: expected two rows of the test set, such as 3,5, found {}", rows.len());
    };
    let ends = [first, second].map(|row| row_of(&subject.test, "--slice", row));
    let [b, c] = ends;
    let plane = Plane::through(subject.x.view(), b?.view(), c?.view());
    let found = slice(&subject.net, &plane, WINDOW, SliceBudget::default())?;
    outln!("\nslice through rows {first} and {second}: {} polygons", found.polygons.len());
    match found.stopped_by {
        None => outln!("complete: the areas add up within {:.1e}", found.area_error),
        Some(limit) => outln!("not complete: the budget of {limit:?} was reached"),
    }
    outln!(
        "V − E + F = {}; {} activation regions, {} linear pieces, {} pieces of decision boundary",
        found.euler,
        found.regions,
        found.pieces,
        found.borders.len()
    );
    subject.answer("inspect-slice.json", &found)?;
    let polygons = &found.polygons;
    let (corners, areas) = (
        Array2::from_shape_fn((found.vertices.len(), 2), |(i, j)| found.vertices[i][j]),
        polygons.iter().map(|polygon| polygon.area).collect::<Array1<f64>>(),
    );
    let centers = Array2::from_shape_fn((polygons.len(), 2), |(i, j)| polygons[i].center[j]);
    let outputs = polygons.first().map_or(0, |polygon| polygon.values.len());
    let values = Array2::from_shape_fn((polygons.len(), outputs), |(i, k)| polygons[i].values[k]);
    subject.arrays(
        "inspect-slice.npz",
        [
            ("vertices", corners.view().into_dyn()),
            ("centers", centers.view().into_dyn()),
            ("areas", areas.view().into_dyn()),
            ("values", values.view().into_dyn()),
        ],
    )?;
    for (name, tint) in [("class", Tint::Class), ("slope", Tint::Slope), ("pattern", Tint::Pattern)]
    {
        let picture = report::slice(&found, tint);
        subject.file(&format!("inspect-slice-{name}.svg"), picture.as_bytes())?;
    }
    Ok(())
}
