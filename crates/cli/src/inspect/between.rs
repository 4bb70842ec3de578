//! `--between`: the effective map of some layers of the net alone.

use super::Subject;
use anyhow::{Result, bail};
use std::ops::Range;
use switchnet::analysis::effective_map_between;
use switchnet_lab::numpy::Archive;
use switchnet_lab::report::{self, Colors};

/// The largest side of the picture, in pixels, and of a number in it.
const SIDE: usize = 800;
const PIXEL: usize = 16;

/// The layers that are asked for, if the net has them.
pub(super) fn layers(subject: &Subject, asked: &[usize]) -> Result<Range<usize>> {
    let &[first, end] = asked else {
        bail!("--between: expected two numbers of layers, such as 0,3, found {}", asked.len());
    };
    let count = subject.net.graph().nodes().len();
    if first >= end || end > count {
        bail!("--between: expected ascending numbers of layers up to {count}, found {first},{end}");
    }
    Ok(first..end)
}

pub(super) fn run(subject: &Subject, layers: Range<usize>) -> Result<()> {
    let chain = subject.net.graph();
    let names: Vec<_> = layers.clone().map(|node| chain.signature_of(node).name).collect();
    let map = subject
        .spin("the map", || effective_map_between(chain, subject.input.x.view(), layers.clone()))?;
    let residual = map.residual.checked()?;
    let (rows, columns) = map.a.dim();
    let square = map.a.iter().map(|v| v * v).sum::<f64>();
    outln!("\nlayers {} to {}: {}", layers.start, layers.end - 1, names.join(", "));
    outln!(
        "a map of {rows} × {columns}, ‖A‖_F = {:.4}; residual {:.3e}, relative {:.3e}",
        square.sqrt(),
        residual.absolute,
        residual.relative
    );
    let mut npz = Archive::default();
    npz.add("A", &map.a)?;
    npz.add("c", &map.c)?;
    npz.add("x", &map.x)?;
    npz.add("y", &map.y)?;
    subject.arrays("inspect-between.npz", npz)?;
    let answer = serde_json::json!({ "layers": layers, "names": names, "map": map });
    subject.answer("inspect-between.json", &answer)?;
    let numbers: Vec<f64> = map.a.iter().copied().collect();
    let pixel = (SIDE / rows.max(columns)).clamp(1, PIXEL);
    let colors = Colors::diverging(&numbers);
    outln!("inspect-between.png: {} from blue over white to red", colors.range());
    let picture = report::heat_map(&numbers, &[rows, columns], pixel, colors)?;
    subject.file("inspect-between.png", picture);
    Ok(())
}
