//! Where the two largest outputs are equal.

use super::Polygon;
use serde::Serialize;

/// A straight part of the border between two classes, inside one polygon.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Border {
    /// The polygon, by its place among the polygons.
    pub polygon: usize,
    /// The two outputs that are equal here and not exceeded by any other; the smaller index first.
    pub outputs: [usize; 2],
    /// One end, in coordinates of the plane.
    pub from: [f64; 2],
    /// The other end.
    pub to: [f64; 2],
}

/// The borders in a polygon with these corners. Outputs that are equal on the whole of it have none in it.
pub(super) fn borders(index: usize, polygon: &Polygon, corners: &[[f64; 2]]) -> Vec<Border> {
    let outputs = polygon.values.len();
    let ahead = |a: usize, b: usize| {
        if polygon.output(b, corners[0]) > polygon.output(a, corners[0]) { b } else { a }
    };
    let Some(first) = (0..outputs).reduce(ahead) else { return Vec::new() };
    let alone = |p: &[f64; 2]| {
        let lead = |k: usize| polygon.output(first, *p) - polygon.output(k, *p);
        (0..outputs).all(|k| k == first || lead(k) > 0.0)
    };
    if corners.iter().all(alone) {
        return Vec::new(); // the largest at all corners is the largest everywhere between
    }
    let mut all = Vec::new();
    for a in 0..outputs {
        for b in a + 1..outputs {
            if let Some([from, to]) = border(polygon, corners, [a, b]) {
                all.push(Border { polygon: index, outputs: [a, b], from, to });
            }
        }
    }
    all
}

/// The part of the line on which outputs `a` and `b` are equal that is in the polygon and where no other is
/// larger.
fn border(polygon: &Polygon, corners: &[[f64; 2]], [a, b]: [usize; 2]) -> Option<[[f64; 2]; 2]> {
    let lead = |p: [f64; 2]| polygon.output(a, p) - polygon.output(b, p);
    let mut crossings = Vec::new();
    for (i, &p) in corners.iter().enumerate() {
        let q = corners[(i + 1) % corners.len()];
        let (at_p, at_q) = (lead(p), lead(q));
        // Each corner counts with the edge that it begins, so a line through it is met once.
        if (at_p > 0.0) != (at_q > 0.0) {
            crossings.push(between(p, q, at_p / (at_p - at_q)));
        }
    }
    let [p, q] = crossings[..] else { return None };
    let (mut from, mut to) = (0.0_f64, 1.0_f64);
    for other in (0..polygon.values.len()).filter(|&k| k != a && k != b) {
        let [at_p, at_q] = [p, q].map(|p| polygon.output(a, p) - polygon.output(other, p));
        if at_p < 0.0 && at_q < 0.0 {
            return None;
        }
        let meet = at_p / (at_p - at_q);
        if at_p < 0.0 {
            from = from.max(meet);
        } else if at_q < 0.0 {
            to = to.min(meet);
        }
    }
    (from < to).then(|| [between(p, q, from), between(p, q, to)])
}

fn between(p: [f64; 2], q: [f64; 2], part: f64) -> [f64; 2] {
    [p[0] + part * (q[0] - p[0]), p[1] + part * (q[1] - p[1])]
}
