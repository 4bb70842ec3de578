//! A net on a plane of its inputs.

use super::axis::Axis;
use super::canvas::{Frame, WIDTH, px, svg};
use super::legend::{Legend, middle};
use super::mark::Mark;
use crate::analysis::{Polygon, Slice};
use plotters::style::{Color, RGBAColor, RGBColor};
use std::collections::{BTreeSet, HashSet};

/// What the colour of a polygon says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tint {
    /// The largest output.
    Class,
    /// The length of the gradient of all outputs along the plane, from white where it is least to dark.
    Slope,
    /// The pattern: another shade of grey for another one.
    Pattern,
}

const INK: RGBColor = RGBColor(40, 44, 52);
const DARK: RGBColor = RGBColor(33, 102, 172);
/// With more polygons than this, their edges would hide their colours.
const EDGED: usize = 4000;
const WHITE: RGBColor = RGBColor(255, 255, 255);

/// The polygons of a slice in the plane's coordinates, coloured by `tint`; over them the decision boundary in
/// black, and the three inputs that span the plane, if the window holds them.
pub fn slice(slice: &Slice, tint: Tint) -> String {
    let classes = slice.polygons.first().map_or(0, |polygon| polygon.values.len());
    let mut shown: BTreeSet<usize> = slice.polygons.iter().map(largest).collect();
    shown.extend(slice.borders.iter().flat_map(|border| border.outputs));
    let shown: Vec<usize> = shown.into_iter().filter(|_| tint == Tint::Class).collect();
    let names: Vec<String> = shown.iter().map(|k| format!("class {k}")).collect();
    let legend = Legend::new(names.iter().map(String::as_str));
    let [width, height] = [slice.window.u, slice.window.v].map(|[from, to]| to - from);
    // As high as the window asks for, so that both coordinates have one scale.
    let inside = f64::from(WIDTH) - 90.0;
    let high = (inside * height / width).clamp(200.0, 900.0) as i32 + 60;
    let slopes = || slice.polygons.iter().map(steepness);
    let (flattest, steepest) = (slopes().fold(f64::MAX, f64::min), slopes().fold(0.0, f64::max));
    let part_of = |slope: f64| match steepest > flattest {
        true => (slope - flattest) / (steepest - flattest),
        false => 0.0,
    };
    let title = match tint {
        Tint::Class => "Regions of the net on a plane of inputs, by the class chosen",
        Tint::Slope => "Regions of the net on a plane of inputs, by the slope of the outputs",
        Tint::Pattern => "Regions of the net on a plane of inputs, by the pattern of the switches",
    };
    svg(title, legend.height + high, |canvas| {
        legend.draw(canvas, |i, from, to| {
            let (x, y) = middle(from, to);
            let side = px(6.0);
            let corners = [(-1, -1), (1, -1), (1, 1), (-1, 1)];
            let square = corners.map(|(a, b)| (x + a * side, y + b * side)).to_vec();
            canvas.polygon(square, class_colour(shown[i]))
        })?;
        let x = Axis::between(
            slice.window.u[0],
            slice.window.u[1],
            "u: 0 at the first input, 1 at the second",
        );
        let y = Axis::between(
            slice.window.v[0],
            slice.window.v[1],
            "v: 0 at the first input, 1 at the third",
        );
        let frame = Frame::draw(canvas, (0, legend.height), (WIDTH, high), x, y)?;
        let at = |[u, v]: [f64; 2]| frame.at(u, v);
        let crossed: HashSet<usize> = slice.borders.iter().map(|border| border.polygon).collect();
        for (i, polygon) in slice.polygons.iter().enumerate() {
            let corners: Vec<[f64; 2]> =
                polygon.vertices.iter().map(|&v| slice.vertices[v as usize]).collect();
            let place = |corners: &[[f64; 2]]| corners.iter().map(|&p| at(p)).collect::<Vec<_>>();
            let colour = match tint {
                Tint::Class => class_colour(largest(polygon)),
                Tint::Slope => DARK.mix(part_of(steepness(polygon))),
                Tint::Pattern => INK.mix(0.08 + 0.6 * (polygon.hash % 997) as f64 / 997.0),
            };
            canvas.polygon(place(&corners), colour)?;
            // Where a boundary runs through a polygon it has several classes.
            for class in (0..classes).filter(|_| tint == Tint::Class && crossed.contains(&i)) {
                let part = part(polygon, class, corners.clone());
                if part.len() > 2 && class != largest(polygon) {
                    canvas.polygon(place(&part), WHITE.mix(1.0))?;
                    canvas.polygon(place(&part), class_colour(class))?;
                }
            }
            if slice.polygons.len() <= EDGED {
                let around = corners.iter().chain(corners.first()).map(|&p| at(p)).collect();
                canvas.line(around, INK.mix(0.35), 0.4)?;
            }
        }
        for border in &slice.borders {
            canvas.line([border.from, border.to].map(at).to_vec(), INK.mix(1.0), 1.8)?;
        }
        let [u, v] = [slice.window.u, slice.window.v];
        for (i, point) in [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]].into_iter().enumerate() {
            let inside = |[from, to]: [f64; 2], x: f64| (from..=to).contains(&x);
            if inside(u, point[0]) && inside(v, point[1]) {
                Mark::of(i + 4).marker(canvas, at(point), 5.0)?;
            }
        }
        Ok(())
    })
}

/// Colours of classes, paler when they come round a second time.
fn class_colour(class: usize) -> RGBAColor {
    Mark::of(class).colour(if class < 7 { 0.75 } else { 0.35 })
}

fn largest(polygon: &Polygon) -> usize {
    let better = |best: usize, k: usize| {
        if polygon.values[k] > polygon.values[best] { k } else { best }
    };
    (0..polygon.values.len()).fold(0, better)
}

/// The Frobenius norm of the gradients along the plane.
fn steepness(polygon: &Polygon) -> f64 {
    let all = polygon.along_u.iter().chain(&polygon.along_v);
    all.map(|v| v * v).sum::<f64>().sqrt()
}

/// The part of `corners` where output `class` of the polygon is the largest: cut by each other output in turn.
fn part(polygon: &Polygon, class: usize, mut corners: Vec<[f64; 2]>) -> Vec<[f64; 2]> {
    for other in (0..polygon.values.len()).filter(|&other| other != class) {
        let lead = |p: [f64; 2]| polygon.output(class, p) - polygon.output(other, p);
        let mut kept = Vec::with_capacity(corners.len() + 1);
        for (i, &p) in corners.iter().enumerate() {
            let q = corners[(i + 1) % corners.len()];
            let (a, b) = (lead(p), lead(q));
            if a >= 0.0 {
                kept.push(p);
            }
            if (a >= 0.0) != (b >= 0.0) {
                let part = a / (a - b);
                kept.push([0, 1].map(|i| p[i] + part * (q[i] - p[i])));
            }
        }
        corners = kept;
    }
    corners
}
