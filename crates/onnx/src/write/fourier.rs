//! Long Hartley and cosine transforms, as two short Fourier transforms with factors between them.
//!
//! A transform of `n = a·b` numbers is one of `a` along columns, a factor for each number, and one of `b` along rows
//! (Cooley and Tukey, Mathematics of Computation 19, 1965). Cosine transforms are Hartley transforms of numbers in another
//! order, whose results are turned by half a step (Makhoul, IEEE Transactions on ASSP 28, 1980).

use super::graph::Value;
use super::layer::Part;
use super::message::{integer, integers};
use super::transform::LARGEST;
use std::f64::consts::{FRAC_PI_2, SQRT_2, TAU};
use switchnet::{Error, Result};

/// What is written in the place of one large matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Long {
    Hartley,
    Dct2,
    Dct3,
}

impl Long {
    fn name(self) -> &'static str {
        match self {
            Self::Hartley => "hartley",
            Self::Dct2 => "dct2",
            Self::Dct3 => "dct3",
        }
    }

    /// The transform along the first side of `[n, after]`.
    pub(super) fn along(
        self,
        part: &mut Part<'_, '_>,
        x: &Value,
        [n, after]: [usize; 2],
    ) -> Result<Value> {
        let Some(a) = first_factor(n) else {
            let what = format_args!("length of the transform {}", self.name());
            let expected = format_args!(
                "at most {LARGEST} in an ONNX file, or a product of two numbers that are"
            );
            return Err(Error::new(what, expected, n));
        };
        let x = part.graph().shaped(x, &[n, after]);
        Ok(match self {
            Self::Hartley => hartley(part, &x, a),
            Self::Dct2 => {
                let x = gathered(part, &x, "even, odd", &evens_then_odds(n));
                let h = hartley(part, &x, a);
                let back = gathered(part, &h, "reversed", &reversed(n));
                let (ahead, behind) = half_steps(n);
                let there = scaled(part, &h, &format!("half a step ahead {n}"), &ahead);
                let back = scaled(part, &back, &format!("half a step behind {n}"), &behind);
                sum(part, &there, &back)
            }
            // The transpose of all that, which the Hartley transform is its own of.
            Self::Dct3 => {
                let (ahead, behind) = half_steps(n);
                let there = scaled(part, &x, &format!("half a step ahead {n}"), &ahead);
                let back = scaled(part, &x, &format!("half a step behind {n}"), &behind);
                let back = gathered(part, &back, "reversed", &reversed(n));
                let y = sum(part, &there, &back);
                let h = hartley(part, &y, a);
                let mut places = vec![0; n];
                for (to, from) in evens_then_odds(n).into_iter().enumerate() {
                    places[from as usize] = to as i64;
                }
                gathered(part, &h, "even and odd", &places)
            }
        })
    }
}

/// The larger of the two factors that are closest to each other, if both are small enough.
fn first_factor(n: usize) -> Option<usize> {
    let b = (1..=n.isqrt()).rev().find(|b| n.is_multiple_of(*b))?;
    Some(n / b).filter(|a| *a <= LARGEST)
}

/// `h_k = Σ x_j (cos + sin)(2πjk/n)/√n` along the first side of `[n, after]`, where `n = a·b`, `j = b·j₁ + j₂` and
/// `k = k₁ + a·k₂`.
fn hartley(part: &mut Part<'_, '_>, x: &Value, a: usize) -> Value {
    let [n, after] = [x.sides[0], x.sides[1]];
    let b = n / a;
    let graph = part.graph();
    let turn = |product: usize, of: usize| TAU * (product % of) as f64 / of as f64;

    // Over j₁: the real parts for each k₁, then the imaginary ones.
    let name = format!("fourier {a}");
    let scale = 1.0 / (a as f64).sqrt();
    let mut matrix = Vec::with_capacity(2 * a * a);
    for function in [f64::cos, |angle: f64| -angle.sin()] {
        matrix.extend((0..a * a).map(|i| scale * function(turn((i / a) * (i % a), a))));
    }
    graph.real(&name, &[2 * a, a], &matrix);
    let x = graph.shaped(x, &[a, b * after]);
    let y = graph.node("MatMul", [&name, &x.name], [], &[2 * a, b * after]);

    // Turned by 2πj₂k₁/n: (c − is)(u + iv) = (cu + sv) + i(cv − su).
    let sides = [2, a, b, after];
    let y = graph.shaped(&y, &sides);
    let angles = || (0..n).map(|i| turn((i / b) * (i % b), n));
    let cosines: Vec<f64> = angles().chain(angles()).map(f64::cos).collect();
    let sines: Vec<f64> =
        angles().map(f64::sin).chain(angles().map(|angle| -angle.sin())).collect();
    let [cosine, sine] = ["cosines", "sines"].map(|of| format!("{of} {a} {b}"));
    graph.real(&cosine, &[2, a, b, 1], &cosines);
    graph.real(&sine, &[2, a, b, 1], &sines);
    graph.whole("the other", &[1, 0]);
    let straight = graph.node("Mul", [&y.name, &cosine], [], &sides);
    let crossed = graph.node("Gather", [&y.name, "the other"], [integer("axis", 1)], &sides);
    let crossed = graph.node("Mul", [&crossed.name, &sine], [], &sides);
    let y = graph.node("Add", [&straight.name, &crossed.name], [], &sides);

    // Over j₂, of which the real less the imaginary part is wanted: u(cos + sin) + v(sin − cos).
    let order = [integers("perm", &[0, 1, 3, 2, 4])];
    let y = graph.node("Transpose", [&y.name], order, &[2, b, a, after]);
    let y = graph.shaped(&y, &[2 * b, a * after]);
    let name = format!("hartley of fourier {b}");
    let scale = 1.0 / (b as f64).sqrt();
    let matrix: Vec<f64> = (0..b * 2 * b)
        .map(|i| {
            let (k, j) = (i / (2 * b), i % (2 * b));
            let (sine, cosine) = turn(k * (j % b), b).sin_cos();
            scale * if j < b { cosine + sine } else { sine - cosine }
        })
        .collect();
    graph.real(&name, &[b, 2 * b], &matrix);
    let h = graph.node("MatMul", [&name, &y.name], [], &[b, a * after]);
    graph.shaped(&h, &[n, after])
}

/// Where the numbers of a cosine transform come from: those at even places, then those at odd ones from the last on.
fn evens_then_odds(n: usize) -> Vec<i64> {
    let odd = (0..n / 2).rev().map(|j| 2 * j + 1);
    (0..n.div_ceil(2)).map(|j| 2 * j).chain(odd).map(|j| j as i64).collect()
}

/// `−k` modulo `n`.
fn reversed(n: usize) -> Vec<i64> {
    (0..n).map(|k| ((n - k) % n) as i64).collect()
}

/// What `h_k` and `h_{n−k}` are multiplied with: `c_k = √2 (h_k (cos − sin) + h_{n−k} (cos + sin))/2` at `πk/2n`, and `c_0 = h_0`.
fn half_steps(n: usize) -> (Vec<f64>, Vec<f64>) {
    let half =
        |k: usize| (if k == 0 { 0.5 } else { SQRT_2 / 2.0 }, FRAC_PI_2 * k as f64 / n as f64);
    let each = |sign: f64| {
        (0..n)
            .map(|k| {
                let (scale, angle) = half(k);
                scale * (angle.cos() + sign * angle.sin())
            })
            .collect()
    };
    (each(-1.0), each(1.0))
}

/// The numbers along the first side from other places.
fn gathered(part: &mut Part<'_, '_>, x: &Value, name: &str, places: &[i64]) -> Value {
    let name = format!("{name} {}", places.len());
    let graph = part.graph();
    graph.whole(&name, places);
    graph.node("Gather", [&x.name, &name], [integer("axis", 1)], &x.sides)
}

/// The numbers along the first side times a number each.
fn scaled(part: &mut Part<'_, '_>, x: &Value, name: &str, factors: &[f64]) -> Value {
    let graph = part.graph();
    graph.real(name, &[factors.len(), 1], factors);
    graph.node("Mul", [&x.name, name], [], &x.sides)
}

fn sum(part: &mut Part<'_, '_>, x: &Value, y: &Value) -> Value {
    part.graph().node("Add", [&x.name, &y.name], [], &x.sides)
}
