//! Matched filters or vectors of a large norm, over a set of inputs.

use super::axis::Axis;
use super::canvas::{Frame, WIDTH, svg};
use super::legend::{Legend, middle};
use super::mark::Mark;
use plotters::style::RGBAColor;
use switchnet::analysis::Neuron;

const HEIGHT: i32 = 340;
/// Looks that differ in color and in shape.
const RIGHT: usize = 0;
const WRONG: usize = 8;

/// The neurons of the classes chosen at a set of inputs, each with whether the choice is right: the cosine of
/// the angle between input and effective weights against the norm of the weights, which is logarithmic.
pub fn scatter(neurons: &[(Neuron, bool)]) -> String {
    let legend = Legend::new(["class chosen, right", "class chosen, wrong"]);
    let x = Axis::log(neurons.iter().map(|(n, _)| n.length), "norm ‖a‖, the noise gain");
    let y = Axis::linear(neurons.iter().map(|(n, _)| n.cosine).chain([0.0]), "cos ∠(a, x)");
    let title = "Cosine of the angle between input and effective weights, against their norm";
    svg(title, legend.height + HEIGHT, |canvas| {
        legend.draw(canvas, |i, from, to| {
            Mark::of([RIGHT, WRONG][i]).marker(canvas, middle(from, to), 4.0)
        })?;
        let ends = x.ends();
        let frame = Frame::draw(canvas, (0, legend.height), (WIDTH, HEIGHT), x, y)?;
        let zero = ends.map(|end| frame.at(end, 0.0));
        canvas.line(zero.to_vec(), RGBAColor(40, 44, 52, 0.6), 0.8)?;
        // The wrong ones are fewer and lie on top.
        for right in [true, false] {
            let mark = Mark::of(if right { RIGHT } else { WRONG });
            let (radius, opacity) = if right { (2.4, 0.45) } else { (3.6, 0.9) };
            for (neuron, _) in neurons.iter().filter(|(_, r)| *r == right) {
                let at = frame.at(neuron.length, neuron.cosine);
                mark.shape(canvas, at, radius, mark.color(opacity))?;
            }
        }
        Ok(())
    })
}
