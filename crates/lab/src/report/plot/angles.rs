//! Matched filters or vectors of a large norm: the angle and the norm of the effective weights.

use super::axis::Axis;
use super::figure::{Figure, Key, Look, Markers, Plot, Series, note};
use super::mark::Mark;
use crate::experiment::{NetResults, Results};
use switchnet::analysis::Neuron;

const COLUMNS: usize = 3;
const TITLE: &str = "Cosine of the angle between input and effective weights, against their norm";
/// Looks that differ in color and in shape.
const RIGHT: usize = 0;
const WRONG: usize = 8;

/// For each net, the cosine of the angle between input and effective weights against the norm of
/// the weights (logarithmic), a point for every output of every example; the outputs that the net
/// chose stand out. All nets have the same axes.
pub fn angles(results: &Results) -> String {
    let neurons = || results.nets.iter().flat_map(|net| &net.examples).flat_map(|e| &e.neurons);
    if neurons().next().is_none() {
        return note("No examples were kept.");
    }
    let looks = [
        Look::points(Mark::GRAY, Markers::Pale(2.2, 0.55)),
        Look::points(Mark::of(RIGHT), Markers::Every(4.0)),
        Look::points(Mark::of(WRONG), Markers::Every(4.0)),
    ];
    let [others, right, wrong] = looks;
    let names = ["class chosen, right", "class chosen, wrong", "other classes"];
    let legend = names.map(str::to_owned).into_iter().zip([right, wrong, others]).collect();
    let (x, y) = axes(neurons());
    let plot = |(i, net): (usize, &NetResults)| {
        let below = i + COLUMNS < results.nets.len();
        let x = if below { x.clone().unnamed() } else { x.clone() };
        let y = if i % COLUMNS > 0 { y.clone().unnamed() } else { y.clone() };
        let series = [names[2], names[0], names[1]].into_iter().zip(looks).zip(points(net));
        let series = series.map(|((name, look), points)| Series::new(look, points).named(name));
        let series = series.collect();
        let plot = Plot::new(x, y, series).over(|canvas, frame| frame.level(canvas, 0.0));
        Plot { heading: net.name.clone(), ..plot }
    };
    let plots = results.nets.iter().enumerate().map(plot).collect();
    let columns = results.nets.len().clamp(1, COLUMNS);
    Figure { title: TITLE, key: Key::Legend(legend), columns, height: 250, plots }.svg()
}

/// The neurons of the classes chosen at a set of inputs, each with whether the choice is right: the cosine of
/// the angle between input and effective weights against the norm of the weights, which is logarithmic.
pub fn scatter(neurons: &[(Neuron, bool)]) -> String {
    // The wrong ones are fewer and lie on top.
    let looks = [
        Look::points(Mark::of(RIGHT), Markers::Pale(2.4, 0.45)),
        Look::points(Mark::of(WRONG), Markers::Pale(3.6, 0.9)),
    ];
    let names = ["class chosen, right", "class chosen, wrong"];
    let series = looks.into_iter().zip([true, false]).map(|(look, right)| {
        let some = neurons.iter().filter(|(_, r)| *r == right);
        let name = names[usize::from(!right)];
        Series::new(look, some.map(|(neuron, _)| point(neuron)).collect()).named(name)
    });
    let (x, y) = axes(neurons.iter().map(|(neuron, _)| neuron));
    let plot = Plot::new(x, y, series.collect()).over(|canvas, frame| frame.level(canvas, 0.0));
    Figure::of(TITLE, names.map(str::to_owned).into_iter().zip(looks).collect(), 340, plot).svg()
}

fn axes<'a>(neurons: impl Iterator<Item = &'a Neuron> + Clone) -> (Axis, Axis) {
    let x = Axis::log(neurons.clone().map(|neuron| neuron.norm), "norm ‖a‖, the noise gain");
    (x, Axis::linear(neurons.map(|neuron| neuron.cosine).chain([0.0]), "cos ∠(a, x)"))
}

fn point(neuron: &Neuron) -> (f64, f64) {
    (neuron.norm, neuron.cosine)
}

/// The outputs that the net did not choose, those that it chose and was right, and was wrong.
fn points(net: &NetResults) -> [Vec<(f64, f64)>; 3] {
    let mut all = [const { Vec::new() }; 3];
    for example in &net.examples {
        for neuron in &example.neurons {
            let right = example.predicted == example.label;
            let kind = match neuron.output == example.predicted {
                true => 2 - usize::from(right),
                false => 0,
            };
            all[kind].push(point(neuron));
        }
    }
    all
}
