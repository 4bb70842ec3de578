//! A slice in pixels, for where its polygons are too many to be drawn.

use crate::report::raster::{Pixel, Raster};
use switchnet::analysis::Slice;

/// The window of a slice as `width` × `height` pixels, v upwards. Each has the color, by the number of the polygon and
/// the place, of its center; where no polygon is, nothing.
pub(super) fn pixels(
    slice: &Slice,
    (width, height): (usize, usize),
    color: impl Fn(usize, [f64; 2]) -> Pixel,
) -> Raster {
    let mut raster = Raster::new(width, height, [0; 4]);
    let across = Centers { ends: slice.window.u, count: width };
    let up = Centers { ends: slice.window.v, count: height };
    for (index, polygon) in slice.polygons.iter().enumerate() {
        let corner = |i: usize| slice.vertices[polygon.vertices[i] as usize];
        let corners = || (0..polygon.vertices.len()).map(corner);
        let low = corners().fold(f64::INFINITY, |low, p| low.min(p[1]));
        let high = corners().fold(f64::NEG_INFINITY, |high, p| high.max(p[1]));
        for row in up.between(low, high) {
            let v = up.at(row);
            let (mut from, mut to) = (f64::INFINITY, f64::NEG_INFINITY);
            for (p, q) in corners().zip(corners().cycle().skip(1)) {
                // The lower end first, so that both polygons at an edge find the same place on it.
                let (p, q) = if p[1] < q[1] { (p, q) } else { (q, p) };
                if p[1] <= v && v < q[1] {
                    let u = p[0] + (v - p[1]) / (q[1] - p[1]) * (q[0] - p[0]);
                    (from, to) = (from.min(u), to.max(u));
                }
            }
            for column in across.between(from, to) {
                let color = color(index, [across.at(column), v]);
                raster.fill((column, height - 1 - row), (1, 1), color);
            }
        }
    }
    raster
}

/// The centers of pixels along one side.
struct Centers {
    ends: [f64; 2],
    count: usize,
}

impl Centers {
    fn at(&self, i: usize) -> f64 {
        let [from, to] = self.ends;
        from + (i as f64 + 0.5) / self.count as f64 * (to - from)
    }

    /// Those from `low` on and below `high`.
    fn between(&self, low: f64, high: f64) -> std::ops::Range<usize> {
        let [from, to] = self.ends;
        // How many are below a number: about so many, and then exactly.
        let below = |number: f64| {
            let about = (number - from) / (to - from) * self.count as f64;
            let mut below = about.clamp(0.0, self.count as f64) as usize;
            while below > 0 && self.at(below - 1) >= number {
                below -= 1;
            }
            while below < self.count && self.at(below) < number {
                below += 1;
            }
            below
        };
        below(low)..below(high)
    }
}
