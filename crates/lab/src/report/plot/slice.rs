//! A net on a plane of its inputs.

use super::axis::Axis;
use super::canvas::{Canvas, Drawn, Frame, INK, Point, WIDTH, px};
use super::figure::{Figure, Key, Look, Markers, Plot};
use super::mark::Mark;
use super::pixels::pixels;
use super::shades::Shades;
use crate::report::raster::Pixel;
use plotters::style::{Color, RGBAColor, RGBColor};
use std::collections::{BTreeSet, HashSet};
use switchnet::analysis::{Polygon, Slice};

/// What the color of a polygon says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tint<'a> {
    /// The largest output.
    Class,
    /// The norm of the gradient of all outputs along the plane, from white where it is least to dark.
    Slope,
    /// `‖A‖_F` of the effective map, which [`Slice::norms`] has, in the same way.
    Norm(&'a [f64]),
    /// The pattern: another shade of gray for another one.
    Pattern,
}

/// What stands beside and upon the picture of a slice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scene<'a> {
    /// What the two coordinates are.
    pub axes: [&'a str; 2],
    /// Inputs to mark, with their names: the first with a triangle that points down, then a disc, a square, a triangle.
    pub inputs: &'a [(&'a str, [f64; 2])],
    /// Further inputs, small, in the colors of their classes.
    pub labeled: &'a [([f64; 2], usize)],
    /// What the largest output is called, such as `class elm`; those that have no name here are classes by their number.
    pub classes: &'a [String],
}

impl Scene<'_> {
    /// That of a plane [through](switchnet::analysis::Plane::through) three inputs.
    pub const THROUGH: Scene<'static> = Scene {
        axes: [
            "u: 0 at the first input, 1 at the second",
            "v: 0 at the first input, 1 at the third",
        ],
        inputs: &[
            ("first input", [0.0, 0.0]),
            ("second input", [1.0, 0.0]),
            ("third input", [0.0, 1.0]),
        ],
        labeled: &[],
        classes: &[],
    };

    fn class(&self, class: usize) -> String {
        self.classes.get(class).cloned().unwrap_or_else(|| format!("class {class}"))
    }
}

/// With more polygons than this, their edges would hide their colors.
const EDGED: usize = 4000;
/// With more polygons than this, a slice is drawn in pixels: polygons would make a file that is too large for what can be
/// seen of them.
pub const MOST_POLYGONS: usize = 50_000;
/// So many pixels of a picture are as wide as one of the sheet.
const SHARP: f64 = 2.0;
/// The size of the marker of an input, in pixels.
const INPUT: f64 = 5.0;
const WHITE: RGBColor = RGBColor(255, 255, 255);

/// The polygons of a slice in the plane's coordinates, colored by `tint`; over them the decision boundary in
/// black, and the inputs of the scene that the window holds. Of more than [`MOST_POLYGONS`] polygons a picture is
/// drawn, each pixel in the color of the polygon, or of the class, at its center.
///
/// # Panics
/// If there are not as many norms as polygons.
pub fn slice(slice: &Slice, tint: Tint<'_>, scene: &Scene<'_>) -> String {
    let mut shown: BTreeSet<usize> = slice.polygons.iter().map(largest).collect();
    shown.extend(slice.borders.iter().flat_map(|border| border.outputs));
    let shown: Vec<usize> = shown.into_iter().filter(|_| tint == Tint::Class).collect();
    let [width, height] = [slice.window.u, slice.window.v].map(|[from, to]| to - from);
    // As high as the window asks for, so that both coordinates have one scale.
    let inside = f64::from(WIDTH) - 90.0;
    let high = (inside * height / width).clamp(200.0, 900.0) as i32 + 60;
    let (title, shades) = match tint {
        Tint::Class => ("by the class chosen", None),
        Tint::Pattern => ("by the pattern of the switches", None),
        Tint::Slope => {
            let slopes = slice.polygons.iter().map(steepness).collect();
            (
                "by the slope of the outputs",
                Some(Shades::new(slopes, "slope of the outputs along the plane")),
            )
        }
        Tint::Norm(norms) => {
            assert_eq!(norms.len(), slice.polygons.len(), "slice: a norm for each polygon");
            ("by ‖A‖", Some(Shades::new(norms.to_vec(), "‖A‖ of the effective map (Frobenius)")))
        }
    };
    let title = format!("Regions of the net on a plane of inputs, {title}");
    let [x, y] = [(slice.window.u, scene.axes[0]), (slice.window.v, scene.axes[1])]
        .map(|([from, to], name)| Axis::between(from, to, name));
    let colors: Vec<RGBAColor> = slice
        .polygons
        .iter()
        .enumerate()
        .map(|(i, polygon)| match (&shades, tint) {
            (Some(shades), _) => shades.color(i),
            (None, Tint::Class) => class_color(largest(polygon)),
            (None, _) => INK.mix(0.08 + 0.6 * (polygon.hash % 997) as f64 / 997.0),
        })
        .collect();
    let ground = shades.as_ref().filter(|_| slice.complete).map(Shades::mean);
    let in_pixels = slice.polygons.len() > MOST_POLYGONS;
    let plot = Plot::new(x, y, Vec::new()).over(move |canvas, frame| {
        let ([a, b], [c, d]) = (slice.window.u, slice.window.v);
        let window = [[a, c], [b, c], [b, d], [a, d]].map(|[u, v]| frame.at(u, v));
        if in_pixels {
            draw_pixels(canvas, [window[0], window[2]], slice, &colors, tint == Tint::Class)?;
        } else {
            if let Some(mean) = ground {
                canvas.polygon(window.to_vec(), mean)?;
            }
            draw_polygons(canvas, frame, slice, &colors, tint == Tint::Class)?;
        }
        for border in &slice.borders {
            let line = [border.from, border.to].map(|[u, v]| frame.at(u, v));
            canvas.line(line.to_vec(), INK.mix(1.0), 1.8)?;
        }
        draw_inputs(canvas, frame, slice, scene)
    });
    let plot = if in_pixels { plot.bare() } else { plot };
    let classes = shown.iter().map(|&k| (scene.class(k), class_look(k)));
    let inputs = marked(slice, scene)
        .map(|(i, name, _)| (name.to_owned(), Look::points(Mark::input(i), Markers::Every(INPUT))));
    let key = match shades {
        Some(shades) => Key::Bar(shades, inputs.collect()),
        None => Key::Legend(classes.chain(inputs).collect()),
    };
    Figure { title: &title, key, columns: 1, height: high, plots: vec![plot] }.svg()
}

fn draw_polygons(
    canvas: &Canvas,
    frame: &Frame,
    slice: &Slice,
    colors: &[RGBAColor],
    by_class: bool,
) -> Drawn {
    let at = |[u, v]: [f64; 2]| frame.at(u, v);
    let place = |corners: &[[f64; 2]]| corners.iter().map(|&p| at(p)).collect::<Vec<_>>();
    let crossed: HashSet<usize> = slice.borders.iter().map(|border| border.polygon).collect();
    for (i, (polygon, &color)) in slice.polygons.iter().zip(colors).enumerate() {
        let corners: Vec<[f64; 2]> =
            polygon.vertices.iter().map(|&v| slice.vertices[v as usize]).collect();
        canvas.polygon(place(&corners), color)?;
        // Where a boundary runs through a polygon it has several classes.
        for class in (0..polygon.values.len()).filter(|_| by_class && crossed.contains(&i)) {
            let part = part(polygon, class, corners.clone());
            if part.len() > 2 && class != largest(polygon) {
                canvas.polygon(place(&part), WHITE.mix(1.0))?;
                canvas.polygon(place(&part), class_color(class))?;
            }
        }
        if slice.polygons.len() <= EDGED {
            let around = corners.iter().chain(corners.first()).map(|&p| at(p)).collect();
            canvas.line(around, INK.mix(0.35), 0.4)?;
        }
    }
    Ok(())
}

/// The same in pixels, between two corners of the window.
fn draw_pixels(
    canvas: &Canvas,
    corners: [Point; 2],
    slice: &Slice,
    colors: &[RGBAColor],
    by_class: bool,
) -> Drawn {
    let [from, to] = corners;
    let side = |a: i32, b: i32| (SHARP * f64::from(a.abs_diff(b)) / f64::from(px(1.0))) as usize;
    let color = |i: usize, p: [f64; 2]| match by_class {
        true => on_white(class_color(largest_at(&slice.polygons[i], p))),
        false => on_white(colors[i]),
    };
    let raster = pixels(slice, (side(from.0, to.0), side(from.1, to.1)), color);
    canvas.picture(&raster, corners)
}

/// What a color is on white paper.
fn on_white(color: RGBAColor) -> Pixel {
    let RGBAColor(r, g, b, opacity) = color;
    let [r, g, b] = [r, g, b].map(|c| (255.0 + opacity * (f64::from(c) - 255.0)).round() as u8);
    [r, g, b, 255]
}

/// Whether the window of a slice holds a point.
fn holds(slice: &Slice, [u, v]: [f64; 2]) -> bool {
    let inside = |[from, to]: [f64; 2], x: f64| (from..=to).contains(&x);
    inside(slice.window.u, u) && inside(slice.window.v, v)
}

/// The marked inputs that the window holds: number, name and place.
fn marked<'a>(
    slice: &'a Slice,
    scene: &Scene<'a>,
) -> impl Iterator<Item = (usize, &'a str, [f64; 2])> {
    let all = scene.inputs.iter().enumerate().map(|(i, &(name, p))| (i, name, p));
    all.filter(|(_, _, p)| holds(slice, *p))
}

/// The inputs of a scene that the window holds.
fn draw_inputs(canvas: &Canvas, frame: &Frame, slice: &Slice, scene: &Scene<'_>) -> Drawn {
    for (p, class) in scene.labeled.iter().filter(|(p, _)| holds(slice, *p)) {
        let at = frame.at(p[0], p[1]);
        canvas.disc(at, 2.6, WHITE.mix(1.0))?;
        canvas.disc(at, 1.8, Mark::of(*class).color(1.0))?;
    }
    for (i, _, p) in marked(slice, scene) {
        Mark::input(i).marker(canvas, frame.at(p[0], p[1]), INPUT)?;
    }
    Ok(())
}

/// Colors of classes, paler when they come round a second time.
fn class_color(class: usize) -> RGBAColor {
    Mark::of(class).color(opacity(class))
}

fn class_look(class: usize) -> Look {
    Look::points(Mark::of(class).square(), Markers::Pale(6.7, opacity(class)))
}

fn opacity(class: usize) -> f64 {
    if class < 7 { 0.75 } else { 0.35 }
}

fn largest(polygon: &Polygon) -> usize {
    largest_at(polygon, polygon.center)
}

fn largest_at(polygon: &Polygon, p: [f64; 2]) -> usize {
    let better = |best: usize, k: usize| {
        if polygon.output(k, p) > polygon.output(best, p) { k } else { best }
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
