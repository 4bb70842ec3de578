//! The net along a line.

use crate::net::Opened;
use crate::nets::Watch;
use crate::wire::{Answer, Question};
use ndarray::{Array1, Array2, Axis};
use std::ops::ControlFlow;
use switchnet::Result;
use switchnet::analysis::{RayProgress, ray_watched};
use switchnet::net::argmax;

/// Every breakpoint between two inputs, and the outputs there: what is between them is straight.
pub fn ray(
    net: &mut Opened,
    question: &Question,
    [from, to]: [Vec<f64>; 2],
    watch: Watch<'_>,
) -> Result<Answer> {
    let (from, to) = (net.input(from)?, net.input(to)?);
    let graph = net.graph(&question.frozen)?;
    let found = ray_watched(graph, from.view(), to.view(), &mut |progress: RayProgress| {
        watch(progress.filled, 1.0);
        ControlFlow::Continue(())
    })?;
    let found = found.expect("nobody asked for its end");
    let (pieces, outputs) = (found.segments.len(), net.outputs());
    // The outputs at the start of each segment, and at the end of the last; of a net that jumps, the end of each too.
    let at = |t: &dyn Fn(usize) -> f64| {
        Array2::from_shape_fn((pieces, outputs), |(i, k)| {
            let segment = &found.segments[i];
            segment.value[k] + (t(i) - segment.start) * segment.slope[k]
        })
    };
    let starts = at(&|i| found.segments[i].start);
    let ends = at(&|i| found.segments[i].end);
    let middles = at(&|i| found.segments[i].middle());
    let mut answer = Answer::default();
    let mut t: Vec<f64> = found.segments.iter().map(|segment| segment.start).collect();
    t.push(1.0);
    answer.numbers("t", &[t.len()], &t);
    let last = ends.row(pieces - 1).insert_axis(Axis(0));
    let all = ndarray::concatenate(Axis(0), &[starts.view(), last]).expect("rows of one width");
    answer.numbers("outputs", &[pieces + 1, outputs], &net.own_rows(all));
    answer.numbers("ends", &[pieces, outputs], &net.own_rows(ends));
    answer.places("class", &[pieces], argmax(middles.view()));

    let flips = || found.breakpoints.iter().flat_map(|breakpoint| &breakpoint.flips);
    let mut first = vec![0];
    for breakpoint in &found.breakpoints {
        first.push(first[first.len() - 1] + breakpoint.flips.len());
    }
    let count = first[first.len() - 1];
    answer.places("first", &[first.len()], first);
    answer.places("layer", &[count], flips().map(|flip| flip.unit.layer));
    answer.places("unit", &[count], flips().map(|flip| flip.unit.unit));
    answer.flags("opens", flips().map(|flip| flip.opens));

    let changes: Array1<f64> = found.crossings.iter().map(|crossing| crossing.t).collect();
    answer.numbers("changes", &[changes.len()], &changes);
    answer.places("change_from", &[changes.len()], found.crossings.iter().map(|c| c.from));
    answer.places("change_to", &[changes.len()], found.crossings.iter().map(|c| c.to));
    answer.set("class_at_start", argmax(starts.view())[0]);
    answer.set("complete", true);
    answer.set("consistent", found.consistent);
    answer.set("error", found.error);
    answer.set("tolerance", found.tolerance);
    answer.set("regions", found.regions);
    answer.set("pieces", found.pieces);
    answer.set("evaluations", found.evaluations);
    Ok(answer)
}
