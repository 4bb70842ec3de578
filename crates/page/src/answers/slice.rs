//! The net on a plane.

use crate::net::Opened;
use crate::nets::Watch;
use crate::wire::{Answer, Question};
use ndarray::Array2;
use std::collections::HashMap;
use std::ops::ControlFlow;
use switchnet::Result;
use switchnet::analysis::{Plane, SliceBudget, SliceProgress, Window};
use switchnet::net::argmax;

/// The most polygons that a page draws, unless another number is asked for, and the most that are found for it.
const POLYGONS: usize = 20_000;
const MOST_POLYGONS: usize = 200_000;

/// What a slice may take of the module's memory.
const BYTES: usize = 512 << 20;

/// The polygons of the plane through three inputs, which have the coordinates (0, 0), (1, 0) and (0, 1).
pub fn slice(
    net: &mut Opened,
    question: &Question,
    [a, b, c]: [Vec<f64>; 3],
    watch: Watch<'_>,
) -> Result<Answer> {
    let [a, b, c] = [net.input(a)?, net.input(b)?, net.input(c)?];
    let plane = Plane::through(a.view(), b.view(), c.view());
    let [u0, u1, v0, v1] = question.window.unwrap_or([-0.25, 1.25, -0.25, 1.25]);
    let window = Window { u: [u0, u1], v: [v0, v1] };
    let polygons = question.limit.unwrap_or(POLYGONS).min(MOST_POLYGONS);
    let budget = SliceBudget { polygons, seconds: f64::INFINITY, bytes: BYTES };
    let outputs = net.outputs();
    let graph = net.graph(&question.frozen)?;
    let found = switchnet::analysis::slice(graph, &plane, window, budget, &mut |progress| {
        let SliceProgress { filled, .. } = progress;
        watch(filled, 1.0);
        ControlFlow::Continue(())
    })?;
    let norms = if question.norms { Some(found.norms(graph)?) } else { None };
    let polygons = &found.polygons;
    let mut answer = Answer::default();
    let vertices = found.vertices.as_flattened();
    answer.numbers("vertices", &[found.vertices.len(), 2], vertices);
    let mut starts = vec![0];
    for polygon in polygons {
        starts.push(starts[starts.len() - 1] + polygon.vertices.len());
    }
    let corners = polygons.iter().flat_map(|polygon| &polygon.vertices).map(|&v| v as usize);
    answer.places("corners", &[starts[starts.len() - 1]], corners);
    answer.places("offsets", &[starts.len()], starts);
    let values = Array2::from_shape_fn((polygons.len(), outputs), |(i, k)| polygons[i].values[k]);
    answer.places("class", &[polygons.len()], argmax(values.view()));
    let mut numbers = HashMap::new();
    let patterns: Vec<usize> = polygons
        .iter()
        .map(|polygon| {
            let next = numbers.len();
            *numbers.entry(polygon.hash).or_insert(next)
        })
        .collect();
    answer.places("pattern", &[polygons.len()], patterns);
    answer.set("norm", ());
    if let Some(norms) = norms {
        answer.numbers("norm", &[polygons.len()], &norms);
    }
    let centers = polygons.iter().flat_map(|polygon| &polygon.center);
    answer.numbers("centers", &[polygons.len(), 2], centers);
    let borders = || found.borders.iter();
    let ends = borders().flat_map(|border| border.from.iter().chain(&border.to));
    answer.numbers("boundary", &[found.borders.len(), 4], ends);
    let outputs = borders().flat_map(|border| border.outputs);
    answer.places("boundary_outputs", &[found.borders.len(), 2], outputs);
    answer.set("complete", found.complete);
    answer.set("stopped_by", found.stopped_by);
    answer.set("filled", found.area / window.area());
    answer.set("consistent", found.consistent);
    answer.set("regions", found.regions);
    answer.set("pieces", found.pieces);
    answer.set("polygons", polygons.len());
    answer.set("evaluations", found.evaluations);
    Ok(answer)
}
