//! A plane cut into polygons that share their vertices.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A value that is affine on the plane, as seen from the middle of a polygon.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    /// The point it is given at, and its value there.
    pub center: [f64; 2],
    pub value: f64,
    /// Its gradient.
    pub gradient: [f64; 2],
    /// What rounding leaves of it where it is zero.
    pub noise: f64,
}

impl Line {
    pub fn at(&self, p: [f64; 2]) -> f64 {
        self.value
            + self.gradient[0] * (p[0] - self.center[0])
            + self.gradient[1] * (p[1] - self.center[1])
    }

    /// Whether it is positive at one of the points and negative at another, rounding aside.
    pub fn cuts(&self, points: impl Iterator<Item = [f64; 2]>) -> bool {
        let (mut above, mut below) = (false, false);
        for p in points {
            let value = self.at(p);
            above |= value > self.noise;
            below |= value < -self.noise;
        }
        above && below
    }
}

/// The vertices, and which edges were cut in two by which vertex.
///
/// The two polygons at an edge are cut at different times. Whoever cuts first notes the new vertex under the
/// edge; the other finds it there when its own turn comes. So both have the same vertices, and the polygons
/// are a subdivision of the plane in which every edge inside belongs to two.
#[derive(Default)]
pub(super) struct Mesh {
    pub vertices: Vec<[f64; 2]>,
    pub splits: HashMap<Edge, u32, BuildHasherDefault<Mixed>>,
}

/// An edge by its two vertices, the smaller in the upper half: the same from both of its sides.
pub(super) type Edge = u64;

/// Hashes edges, whose vertices are numbered as they come: nobody chooses them to collide, so that one multiplication
/// does.
#[derive(Default)]
pub(super) struct Mixed(u64);

impl Hasher for Mixed {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u64(u64::from(byte)));
    }

    fn write_u64(&mut self, number: u64) {
        let wide = u128::from(self.0 ^ number) * 0x9E37_79B9_7F4A_7C15;
        self.0 = (wide >> 64) as u64 ^ wide as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Mesh {
    pub fn add(&mut self, p: [f64; 2]) -> u32 {
        let index = u32::try_from(self.vertices.len()).expect("fewer than 2^32 vertices");
        self.vertices.push(p);
        index
    }

    pub fn points<'a>(&'a self, around: &'a [u32]) -> impl Iterator<Item = [f64; 2]> + 'a {
        around.iter().map(|&i| self.vertices[i as usize])
    }

    /// The polygon with every vertex that neighbors have put on its edges.
    pub fn expand(&self, around: &[u32]) -> Vec<u32> {
        let mut all = Vec::with_capacity(around.len() + 2);
        let mut todo = Vec::new();
        for (i, &a) in around.iter().enumerate() {
            all.push(a);
            let (mut a, mut b) = (a, around[(i + 1) % around.len()]);
            loop {
                if let Some(&middle) = self.splits.get(&edge(a, b)) {
                    todo.push(b);
                    b = middle;
                } else if let Some(next) = todo.pop() {
                    all.push(b);
                    (a, b) = (b, next);
                } else {
                    break;
                }
            }
        }
        all
    }

    /// The two parts of an expanded polygon on the two sides of `line`, which [cuts](Line::cuts) it.
    ///
    /// A vertex where the line is zero up to rounding is on it, and no new one is made beside it: lines
    /// through one point, and lines that coincide, leave no slivers.
    pub fn cut(&mut self, around: &[u32], line: &Line) -> [Vec<u32>; 2] {
        let values: Vec<f64> = self.points(around).map(|p| line.at(p)).collect();
        let n = around.len();
        let top = (1..n).fold(0, |a, b| if values[b] > values[a] { b } else { a });
        let positive = |i: usize| values[i] > line.noise;
        let (mut first, mut last) = (top, top);
        while positive((last + 1) % n) {
            last = (last + 1) % n;
        }
        while positive((first + n - 1) % n) {
            first = (first + n - 1) % n;
        }
        let (after, before) = ((last + 1) % n, (first + n - 1) % n);
        let [leave, enter] = [(last, after), (first, before)].map(|(inside, outside)| {
            if values[outside] >= -line.noise {
                return around[outside];
            }
            let (a, b) = (around[inside], around[outside]);
            let part = values[inside] / (values[inside] - values[outside]);
            let [p, q] = [a, b].map(|i| self.vertices[i as usize]);
            let new = self.add([p[0] + part * (q[0] - p[0]), p[1] + part * (q[1] - p[1])]);
            self.splits.insert(edge(a, b), new);
            new
        });
        let run = |from: usize, to: usize| {
            let length = (to + n - from) % n + 1;
            (0..length).map(move |i| around[(from + i) % n])
        };
        let mut parts = [Vec::with_capacity(n + 2), Vec::with_capacity(n + 2)];
        let [above, below] = &mut parts;
        above.push(enter);
        above.extend(run(first, last));
        above.push(leave);
        below.push(leave);
        below.extend(run(after, before).filter(|&i| i != leave && i != enter));
        below.push(enter);
        parts
    }

    /// The parts into which `lines` cut a polygon. A part keeps those of its lines that may still cut it. Many
    /// lines make many parts: `go_on` is asked, with the bytes that the parts take, whenever 65,536 more lines were
    /// held against a part, and there are none if that is not to be.
    pub fn cut_all(
        &mut self,
        around: Vec<u32>,
        lines: &[Line],
        go_on: &mut dyn FnMut(&Self, usize) -> bool,
    ) -> Option<Vec<Vec<u32>>> {
        const WORK: usize = 1 << 16;
        const LINE: usize = size_of::<u32>();
        let part = size_of::<(Vec<u32>, Vec<u32>)>() + 8 * LINE;
        let mut done = Vec::new();
        let all: Vec<u32> = (0..).take(lines.len()).collect();
        let (mut listed, mut work) = (all.len(), 0);
        let mut todo = vec![(around, all)];
        while let Some((around, mut through)) = todo.pop() {
            (listed, work) = (listed - through.len(), work + through.len() + 1);
            through.retain(|&i| lines[i as usize].cuts(self.points(&around)));
            if let Some(line) = through.pop() {
                let around = self.expand(&around);
                let [above, below] = self.cut(&around, &lines[line as usize]);
                through.shrink_to_fit();
                listed += 2 * through.len();
                todo.push((above, through.clone()));
                todo.push((below, through));
            } else {
                done.push(around);
            }
            if work >= WORK {
                work = 0;
                if !go_on(self, (done.len() + todo.len()) * part + listed * LINE) {
                    return None;
                }
            }
        }
        Some(done)
    }

    /// The area of a polygon, and the mean of its vertices.
    pub fn measure(&self, around: &[u32]) -> (f64, [f64; 2]) {
        let origin = self.vertices[around[0] as usize];
        let from_origin = |p: [f64; 2]| [p[0] - origin[0], p[1] - origin[1]];
        let (mut area, mut sum) = (0.0, [0.0; 2]);
        let mut before = from_origin(self.vertices[around[around.len() - 1] as usize]);
        for p in self.points(around).map(from_origin) {
            area += (before[0] * p[1] - before[1] * p[0]) / 2.0;
            sum = [sum[0] + p[0], sum[1] + p[1]];
            before = p;
        }
        let n = around.len() as f64;
        (area, [origin[0] + sum[0] / n, origin[1] + sum[1] / n])
    }
}

/// The edge between two vertices.
pub(super) fn edge(a: u32, b: u32) -> Edge {
    u64::from(a.min(b)) << 32 | u64::from(a.max(b))
}
