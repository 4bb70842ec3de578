//! Matched filters or vectors of a large norm: the angle and the norm of the effective weights.

use super::axis::Axis;
use super::canvas::{Canvas, Drawn, Frame, Point, WIDTH, px, shortened, svg};
use super::legend::{Legend, middle};
use super::mark::Mark;
use crate::experiment::{NetResults, Results};
use plotters::style::RGBAColor;
use plotters::style::text_anchor::HPos;
use switchnet::analysis::Neuron;

const HEIGHT: i32 = 250;
const TITLE: i32 = 22;
/// Looks that differ in color and in shape.
const RIGHT: usize = 0;
const WRONG: usize = 8;
const OTHERS: RGBAColor = RGBAColor(110, 118, 130, 0.55);

/// For each net, the cosine of the angle between input and effective weights against the norm of
/// the weights (logarithmic), a point for every output of every example; the outputs that the net
/// chose stand out. All nets have the same axes.
pub fn angles(results: &Results) -> String {
    let columns = results.nets.len().clamp(1, 3) as i32;
    let rows = results.nets.len().div_ceil(3).max(1) as i32;
    let legend = Legend::new(["class chosen, right", "class chosen, wrong", "other classes"]);
    let neurons = || results.nets.iter().flat_map(|net| &net.examples).flat_map(|e| &e.neurons);
    let x = Axis::log(neurons().map(|neuron| neuron.length), "norm ‖a‖");
    let x = if columns > 1 { x.sparse(4) } else { x };
    let y = Axis::linear(neurons().map(|neuron| neuron.cosine).chain([0.0]), "cos ∠(a, x)");
    let title = "Cosine of the angle between input and effective weights, against their norm";
    svg(title, legend.height + rows * (HEIGHT + TITLE), |canvas| {
        legend.draw(canvas, |i, from, to| match [RIGHT, WRONG].get(i) {
            Some(&look) => Mark::of(look).marker(canvas, middle(from, to), 4.0),
            None => canvas.disc(middle(from, to), 2.6, OTHERS),
        })?;
        if neurons().next().is_none() {
            let at = (px(f64::from(WIDTH) / 2.0), px(f64::from(legend.height + HEIGHT / 2)));
            return canvas.text("No examples were kept.", at, HPos::Center);
        }
        for (i, net) in results.nets.iter().enumerate() {
            let (column, row) = (i as i32 % 3, i as i32 / 3);
            let below = i + 3 < results.nets.len();
            let x = if below { x.clone().unnamed() } else { x.clone() };
            let y = if column > 0 { y.clone().unnamed() } else { y.clone() };
            let corner = (column * WIDTH / columns, legend.height + row * (HEIGHT + TITLE));
            panel(canvas, net, corner, WIDTH / columns, x, y)?;
        }
        Ok(())
    })
}

fn panel(
    canvas: &Canvas,
    net: &NetResults,
    (left, top): (i32, i32),
    width: i32,
    x: Axis,
    y: Axis,
) -> Drawn {
    let heading = (px(f64::from(left + 70)), px(f64::from(top + TITLE / 2 + 2)));
    canvas.heading(&shortened(&net.name, width - 86), heading)?;
    let ends = x.ends();
    let frame = Frame::draw(canvas, (left, top + TITLE), (width, HEIGHT), x, y)?;
    let zero = ends.map(|end| frame.at(end, 0.0));
    canvas.line(zero.to_vec(), RGBAColor(40, 44, 52, 0.6), 0.8)?;
    let at = |neuron: &Neuron| -> Option<Point> {
        let finite = neuron.length.is_finite() && neuron.cosine.is_finite();
        finite.then(|| frame.at(neuron.length, neuron.cosine))
    };
    for example in &net.examples {
        for neuron in example.neurons.iter().filter(|n| n.output != example.predicted) {
            at(neuron).map_or(Ok(()), |at| canvas.disc(at, 2.2, OTHERS))?;
        }
    }
    for example in &net.examples {
        let look = if example.predicted == example.label { RIGHT } else { WRONG };
        for neuron in example.neurons.iter().filter(|n| n.output == example.predicted) {
            at(neuron).map_or(Ok(()), |at| Mark::of(look).marker(canvas, at, 4.0))?;
        }
    }
    Ok(())
}
