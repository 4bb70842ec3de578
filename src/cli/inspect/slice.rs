//! `--slice`: the regions of the net on the plane through the input and two others.

use super::{Subject, row_of};
use anyhow::{Result, bail};
use ndarray::{Array1, Array2};
use switchnet::analysis::{Plane, Polygon, SliceBudget, Window, slice};
use switchnet::report::{self, Tint};

/// A quarter of the way beyond the three inputs on each side.
const WINDOW: Window = Window { u: [-0.25, 1.25], v: [-0.25, 1.25] };

/// Pictures of more polygons than this are too large for what can be seen on them.
const DRAWN: usize = 50_000;

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
    let polygons = &found.polygons;
    let summary = serde_json::json!({
        "window": found.window,
        "complete": found.complete,
        "stopped_by": found.stopped_by,
        "polygons": polygons.len(),
        "area": found.area,
        "area_error": found.area_error,
        "corners": found.corners,
        "edges": found.edges,
        "euler": found.euler,
        "regions": found.regions,
        "pieces": found.pieces,
        "borders": found.borders,
        "evaluations": found.evaluations,
    });
    subject.answer("inspect-slice.json", &summary)?;
    // The polygons are arrays: the corners of polygon i are corners[starts[i]..starts[i + 1]].
    let outputs = polygons.first().map_or(0, |polygon| polygon.values.len());
    let column = |f: &dyn Fn(&Polygon) -> f64| polygons.iter().map(f).collect::<Array1<f64>>();
    let table = |columns: usize, f: &dyn Fn(&Polygon, usize) -> f64| {
        Array2::from_shape_fn((polygons.len(), columns), |(i, k)| f(&polygons[i], k))
    };
    let vertices = Array2::from_shape_fn((found.vertices.len(), 2), |(i, j)| found.vertices[i][j]);
    let corners: Array1<f64> =
        polygons.iter().flat_map(|polygon| &polygon.vertices).map(|&v| f64::from(v)).collect();
    let mut starts = vec![0.0];
    for polygon in polygons {
        starts.push(starts[starts.len() - 1] + polygon.vertices.len() as f64);
    }
    let starts = Array1::from(starts);
    let (areas, centers) = (column(&|p| p.area), table(2, &|p, j| p.center[j]));
    let values = table(outputs, &|p, k| p.values[k]);
    let (along_u, along_v) =
        (table(outputs, &|p, k| p.along_u[k]), table(outputs, &|p, k| p.along_v[k]));
    subject.arrays(
        "inspect-slice.npz",
        [
            ("vertices", vertices.view().into_dyn()),
            ("corners", corners.view().into_dyn()),
            ("starts", starts.view().into_dyn()),
            ("areas", areas.view().into_dyn()),
            ("centers", centers.view().into_dyn()),
            ("values", values.view().into_dyn()),
            ("along_u", along_u.view().into_dyn()),
            ("along_v", along_v.view().into_dyn()),
        ],
    )?;
    if polygons.len() > DRAWN {
        outln!("no pictures: more than {DRAWN} polygons");
        return Ok(());
    }
    for (name, tint) in [("class", Tint::Class), ("slope", Tint::Slope), ("pattern", Tint::Pattern)]
    {
        let picture = report::slice(&found, tint);
        subject.file(&format!("inspect-slice-{name}.svg"), picture.as_bytes())?;
    }
    Ok(())
}
