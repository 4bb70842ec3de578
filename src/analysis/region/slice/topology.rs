//! What is counted on the finished polygons: corners, edges, pieces.

use super::Polygon;
use super::mesh::edge;
use crate::analysis::rounding::SAME;

/// Counts of a subdivision.
pub(super) struct Counts {
    /// Vertices that some polygon has.
    pub vertices: usize,
    /// Different edges.
    pub edges: usize,
    /// Polygons, of neighbors with the same affine outputs one.
    pub pieces: usize,
    /// The largest difference of an output at a vertex of two neighbors.
    pub continuity_error: f64,
}

/// Counts vertices, edges and linear pieces. Every vertex on an edge is one of both its polygons.
pub(super) fn count(polygons: &[Polygon], vertices: &[[f64; 2]]) -> Counts {
    let mut used = vec![false; vertices.len()];
    let mut sides = Vec::new();
    for (index, polygon) in polygons.iter().enumerate() {
        let around = &polygon.vertices;
        for (i, &a) in around.iter().enumerate() {
            used[a as usize] = true;
            sides.push((edge(a, around[(i + 1) % around.len()]), index as u32));
        }
    }
    sides.sort_unstable();
    let mut pieces = Groups::new(polygons.len());
    let (mut edges, mut continuity_error) = (0, 0.0_f64);
    for both in sides.chunk_by(|a, b| a.0 == b.0) {
        edges += 1;
        for pair in both.windows(2) {
            let [a, b] = [pair[0].1, pair[1].1];
            let [one, other] = [a, b].map(|i| &polygons[i as usize]);
            for vertex in [both[0].0 >> 32, both[0].0 & u64::from(u32::MAX)] {
                continuity_error = continuity_error.max(gap(one, other, vertices[vertex as usize]));
            }
            // Outputs are continuous, so they are equal on the edge; with equal gradients they are the same.
            if same(one, other) {
                pieces.join(a, b);
            }
        }
    }
    let vertices = used.iter().filter(|&&used| used).count();
    Counts { vertices, edges, pieces: pieces.count, continuity_error }
}

/// The largest difference of an output of two polygons at a point.
fn gap(a: &Polygon, b: &Polygon, p: [f64; 2]) -> f64 {
    let gap = |k| (a.output(k, p) - b.output(k, p)).abs();
    (0..a.values.len()).map(gap).fold(0.0, f64::max)
}

fn same(a: &Polygon, b: &Polygon) -> bool {
    let pairs = || a.along_u.iter().zip(&b.along_u).chain(a.along_v.iter().zip(&b.along_v));
    let size = pairs().fold(0.0_f64, |size, (a, b)| size.max(a.abs()).max(b.abs()));
    pairs().all(|(a, b)| (a - b).abs() <= SAME * size)
}

/// Disjoint sets.
struct Groups {
    parent: Vec<u32>,
    count: usize,
}

impl Groups {
    fn new(n: usize) -> Self {
        Self { parent: (0..n as u32).collect(), count: n }
    }

    fn root(&mut self, mut i: u32) -> u32 {
        while self.parent[i as usize] != i {
            let above = self.parent[self.parent[i as usize] as usize];
            self.parent[i as usize] = above; // halves the way for those who come after
            i = above;
        }
        i
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        if a != b {
            self.parent[a.max(b) as usize] = a.min(b);
            self.count -= 1;
        }
    }
}
