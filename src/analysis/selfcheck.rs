//! Values that are known without this library, computed by it on the user's machine.

use super::{
    Plane, Ray, SliceBudget, Window, effective_map, integrated_gradients, margin, ray, slice,
    switch_statistics,
};
use crate::layer::{Dense, Diagonal, FixedTransform, Layer, ParameterMut, Smooth, Switch};
use crate::net::zoo::SwitchNet;
use crate::net::{Graph, argmax, softmax};
use crate::random::generator;
use crate::scalar::Matrix;
use crate::transform::Hadamard;
use ndarray::{Array1, ArrayView1, Axis};
use rand::RngExt;
use serde::Serialize;
use std::ops::ControlFlow::Continue;

/// One known value beside the computed one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    /// What was computed, with its size.
    pub name: String,
    /// The known value.
    pub expected: f64,
    /// The computed one.
    pub found: f64,
    /// By how much they may differ.
    pub tolerance: f64,
    /// Why by so much, in a few words.
    pub reason: String,
}

impl Check {
    /// Whether the two agree to within the tolerance. A NaN never does.
    pub fn ok(&self) -> bool {
        (self.found - self.expected).abs() <= self.tolerance
    }

    fn new(name: impl Into<String>, expected: f64, found: f64, slack: Slack) -> Self {
        let (tolerance, reason) = match slack {
            Slack::None => (0.0, "nothing rounds".to_owned()),
            Slack::Count => (0.0, "a whole number".to_owned()),
            Slack::Roundings(n) => {
                (n as f64 * f64::EPSILON * expected.abs().max(1.0), format!("{n} roundings"))
            }
            Slack::Sampled(error) => (5.0 * error, "5 standard errors of sampling".to_owned()),
            Slack::Bound(size) => (size, "an upper bound".to_owned()),
        };
        Self { name: name.into(), expected, found, tolerance, reason }
    }
}

/// By how much a computed value may differ from the known one, and why.
enum Slack {
    /// Every number on the way is exact in binary.
    None,
    /// It is counted.
    Count,
    /// This many roundings of numbers of the size of the expected value, or of 1 if that is larger.
    Roundings(usize),
    /// A standard error.
    Sampled(f64),
    /// The expected value is 0, and what is found is an error that may be this large.
    Bound(f64),
}

type Boxed = Box<dyn Layer<f64>>;

fn chain(layers: Vec<Boxed>) -> Graph<f64> {
    Graph::chain(layers).expect("the widths agree")
}

fn hadamard(n: usize) -> Boxed {
    Box::new(FixedTransform::new(Hadamard::new(n).expect("a power of two")))
}

fn scale(d: &Array1<f64>) -> Boxed {
    Box::new(Diagonal::new(Some(d.clone()), None))
}

/// Numbers uniform on [−1, 1).
fn random(n: usize, seed: u64) -> Array1<f64> {
    let mut rng = generator(seed, 0);
    Array1::from_shape_simple_fn(n, || 2.0 * rng.random::<f64>() - 1.0)
}

fn energy(d: &Array1<f64>, open: &[bool]) -> f64 {
    d.iter().zip(open).filter(|(_, open)| **open).map(|(d, _)| d * d).sum()
}

/// The largest distance of an entry of `found` from that of `expected`.
fn gap(found: &Matrix<f64>, expected: &Matrix<f64>) -> f64 {
    found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// `(−1)^popcount(i AND j) / √n`.
fn hadamard_matrix(n: usize) -> Matrix<f64> {
    Matrix::from_shape_fn((n, n), |(i, j)| {
        let sign = if (i & j).count_ones().is_multiple_of(2) { 1.0 } else { -1.0 };
        sign / (n as f64).sqrt()
    })
}

/// Computes every known value. All nets and inputs are drawn from fixed seeds, so that the values found
/// are the same each time up to the rounding of the instruction set.
///
/// Cost: a fraction of a second.
pub fn selfcheck() -> Vec<Check> {
    let parts: [fn(&mut Vec<Check>); 14] = [
        sum_of_absolute_values,
        one_block,
        two_blocks,
        lengths_kept,
        all_open,
        constants,
        arcsine_law,
        derivatives,
        residuals,
        tents,
        tents_along_a_ray,
        rays,
        lines_in_a_window,
        predictions,
    ];
    let mut all = Vec::new();
    for part in parts {
        part(&mut all);
    }
    all
}

/// `Σ|(Ĥx)_i|`: `A = sign(Ĥx)ᵀ Ĥ`, `c = 0`, the margin is `min|(Ĥx)_i|`, and there are 2ⁿ patterns.
fn sum_of_absolute_values(all: &mut Vec<Check>) {
    let net = |n: usize| {
        let one = Array1::<f64>::ones(n);
        let sum = Dense::new(Matrix::ones((1, n)), None);
        chain(vec![hadamard(n), Box::new(Switch::two_slope(one.clone(), -one)), Box::new(sum)])
    };
    let n = 64;
    let x = random(n, 1);
    let h = hadamard_matrix(n);
    let z = h.dot(&x);
    let map = effective_map(&net(n), x.view());
    let expected = z.mapv(f64::signum).dot(&h).insert_axis(Axis(0));
    let name = "Σ|Ĥx|, 64 inputs: largest error of A = sign(Ĥx)ᵀĤ";
    // Entries of A are sums of 64 numbers ±1/8.
    all.push(Check::new(name, 0.0, gap(&map.a, &expected), Slack::Roundings(64)));
    all.push(Check::new("Σ|Ĥx|, 64 inputs: c", 0.0, map.c[0], Slack::None));
    let y = z.iter().map(|z| z.abs()).sum();
    all.push(Check::new("Σ|Ĥx|, 64 inputs: y", y, map.y[0], Slack::Roundings(64)));
    let margin = margin(&net(n), x.view()).expect("it is piecewise linear");
    let least = z.iter().fold(f64::INFINITY, |least, z| least.min(z.abs()));
    let found = margin.nearest.l2.map_or(f64::NAN, |boundary| boundary.distance);
    let name = "Σ|Ĥx|, 64 inputs: margin min|(Ĥx)_i|";
    all.push(Check::new(name, least, found, Slack::Roundings(64)));

    let n = 10;
    let width = 16;
    // x = Ĥs throws the switches to the signs s; of 16 signs, 10 run through all they can be.
    let signs =
        Matrix::from_shape_fn(
            (1 << n, width),
            |(s, i)| {
                if i < n && s >> i & 1 == 1 { 1.0 } else { -1.0 }
            },
        );
    let x = signs.dot(&hadamard_matrix(width));
    let patterns = switch_statistics(&net(width), x.view()).expect("rows").patterns;
    let name = "Σ|Ĥx|, 16 inputs: patterns when 10 signs run through all they can be";
    all.push(Check::new(name, 1024.0, patterns as f64, Slack::Count));
}

/// `S·D·Ĥ` has the singular values `|d_i|` on open switches: its rows are orthogonal and so long.
fn one_block(all: &mut Vec<Check>) {
    let n = 64;
    let d = random(n, 2);
    let net = chain(vec![hadamard(n), scale(&d), Box::new(Switch::relu(n))]);
    let map = effective_map(&net, random(n, 3).view());
    let open = &map.pattern.open[0];
    let squares = Array1::from_shape_fn(n, |i| if open[i] { d[i] * d[i] } else { 0.0 });
    let error = gap(&map.a.dot(&map.a.t()), &Matrix::from_diag(&squares));
    let name = "one block S·D·Ĥ, width 64: largest error of A·Aᵀ = diag(d² where open)";
    all.push(Check::new(name, 0.0, error, Slack::Roundings(64)));
    let rank = map.a.rows().into_iter().filter(|row| row.iter().any(|v| *v != 0.0)).count();
    let name = "one block S·D·Ĥ, width 64: rank, the number of open switches";
    all.push(Check::new(name, map.pattern.open_count() as f64, rank as f64, Slack::Count));
}

/// `‖A‖_F² = (Σ_{S2} d₂²)(Σ_{S1} d₁²)/n`, over open switches.
fn two_blocks(all: &mut Vec<Check>) {
    let n = 64;
    let (d1, d2) = (random(n, 4), random(n, 5));
    let (relu1, relu2) = (Box::new(Switch::relu(n)), Box::new(Switch::relu(n)));
    let net = chain(vec![hadamard(n), scale(&d1), relu1, hadamard(n), scale(&d2), relu2]);
    let map = effective_map(&net, random(n, 6).view());
    let open = &map.pattern.open;
    let expected = energy(&d2, &open[1]) * energy(&d1, &open[0]) / n as f64;
    let found = map.a.iter().map(|a| a * a).sum();
    let name = "two blocks S·D·Ĥ, width 64: ‖A‖² = (Σd₂²)(Σd₁²)/64 over open switches";
    all.push(Check::new(name, expected, found, Slack::Roundings(64)));
}

/// Slopes ±1 leave every length as it is.
fn lengths_kept(all: &mut Vec<Check>) {
    let (n, depth) = (64, 5);
    let signs = |seed: u64| random(n, seed).mapv(f64::signum);
    let layers = (0..depth).flat_map(|layer| -> [Boxed; 2] {
        let (open, closed) = (signs(10 + 2 * layer), signs(11 + 2 * layer));
        [hadamard(n), Box::new(Switch::two_slope(open, closed))]
    });
    let map = effective_map(&chain(layers.collect()), random(n, 7).view());
    let error = gap(&map.a.t().dot(&map.a), &Matrix::eye(n));
    let name = "slopes ±1, 5 layers, width 64: largest error of AᵀA = 1";
    all.push(Check::new(name, 0.0, error, Slack::Roundings(64)));
}

/// All switches open: `A = Ĥ^L`, which is Ĥ or the identity.
fn all_open(all: &mut Vec<Check>) {
    let n = 64;
    for depth in [3, 4] {
        let layers = (0..depth).flat_map(|_| -> [Boxed; 3] {
            let bias = Diagonal::new(None, Some(Array1::from_elem(n, 1000.0)));
            [hadamard(n), Box::new(bias), Box::new(Switch::relu(n))]
        });
        let map = effective_map(&chain(layers.collect()), random(n, 8).view());
        let expected = if depth % 2 == 0 { Matrix::eye(n) } else { hadamard_matrix(n) };
        let name =
            format!("all switches open, {depth} layers, width 64: largest error of A = Ĥ^{depth}");
        all.push(Check::new(name, 0.0, gap(&map.a, &expected), Slack::Roundings(64)));
    }
}

/// Without biases `c = 0`; and a ReLU of a ReLU is that ReLU.
fn constants(all: &mut Vec<Check>) {
    let n = 64;
    let twice = |relus: usize| {
        let relus = (0..relus).map(|_| -> Boxed { Box::new(Switch::relu(n)) });
        let layers = std::iter::once(hadamard(n)).chain(relus).chain([hadamard(n)]);
        effective_map(&chain(layers.collect()), random(n, 9).view())
    };
    let (once, twice) = (twice(1), twice(2));
    let largest = once.c.iter().fold(0.0, |most, c| f64::max(most, c.abs()));
    all.push(Check::new("no biases, width 64: largest |c|", 0.0, largest, Slack::None));
    let name = "relu∘relu beside relu, width 64: largest difference of A";
    all.push(Check::new(name, 0.0, gap(&twice.a, &once.a), Slack::None));
}

/// A transform with a random half of its rows and of its columns has σ² by the arcsine law on [0, 1]:
/// mean ½, second moment ⅜. The averages of `tr (M Mᵀ)` and `tr (M Mᵀ)²` for each open row have exactly
/// these expectations at every width, so nothing but sampling stands between them and what is found.
fn arcsine_law(all: &mut Vec<Check>) {
    let (n, draws) = (256, 40);
    let mut moments = [Vec::new(), Vec::new()];
    for seed in 0..draws {
        let mut mask = generator(100 + seed, 1);
        let mut half =
            || Array1::from_shape_simple_fn(n, || f64::from(u8::from(mask.random::<bool>())));
        let (rows, columns) = (half(), half());
        let net = chain(vec![scale(&columns), hadamard(n), scale(&rows)]);
        let a = effective_map(&net, Array1::zeros(n).view()).a;
        let gram = a.dot(&a.t());
        let open: f64 = rows.sum();
        moments[0].push(gram.diag().sum() / open);
        moments[1].push(gram.iter().map(|v| v * v).sum::<f64>() / open);
    }
    let names = ["mean ½", "second moment ⅜"];
    for ((name, expected), values) in names.into_iter().zip([0.5, 0.375]).zip(&moments) {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let square = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>();
        let error = (square / (values.len() * (values.len() - 1)) as f64).sqrt();
        let name = format!(
            "Ĥ with half its rows and columns, width {n}, {draws} draws (seeds 100 to {}): σ², {name}",
            99 + draws
        );
        all.push(Check::new(name, expected, mean, Slack::Sampled(error)));
    }
}

/// `σ' ≤ ¼` with equality at 0, and `tanh' ≥ ¼` exactly for `|x| ≤ arcosh 2 = 1.3170`.
fn derivatives(all: &mut Vec<Check>) {
    let slope =
        |layer: &dyn Layer<f64>, x: f64| effective_map(layer, ArrayView1::from(&[x])).a[[0, 0]];
    let sigmoid = Smooth::sigmoid(1);
    all.push(Check::new("sigmoid'(0)", 0.25, slope(&sigmoid, 0.0), Slack::Roundings(2)));
    let most = (-2000..=2000).map(|i| slope(&sigmoid, f64::from(i) / 100.0)).fold(0.0, f64::max);
    let name = "sigmoid', largest of 4001 points on [−20, 20]";
    all.push(Check::new(name, 0.25, most, Slack::Roundings(2)));
    let tanh = Smooth::tanh(1);
    let edge = 2f64.acosh();
    all.push(Check::new("tanh'(arcosh 2)", 0.25, slope(&tanh, edge), Slack::Roundings(4)));
    let inside = (-131..=131).filter(|&i| slope(&tanh, f64::from(i) / 100.0) > 0.25).count();
    let name = "tanh' > ¼: of the 263 points −1.31, −1.30 … 1.31";
    all.push(Check::new(name, 263.0, inside as f64, Slack::Count));
    let relu = Switch::relu(1);
    for (x, expected) in [(-2.0, 0.0), (0.0, 0.0), (2.0, 1.0)] {
        all.push(Check::new(format!("relu'({x})"), expected, slope(&relu, x), Slack::None));
    }
}

/// `‖A x + c − f(x)‖ / (‖A x‖ + ‖c‖)`, the three by three paths through the code.
fn residuals(all: &mut Vec<Check>) {
    for (depth, width) in [(1, 64), (5, 1024), (10, 4096)] {
        let net = SwitchNet { width: Some(width), depth, ..SwitchNet::default() };
        let mut net = net.spec(&[width], 10, 1).build::<f64>().expect("a power of two");
        // Biases are zero at first; with some, c is there to be wrong.
        let mut seed = 200;
        net.visit_mut(&mut |ParameterMut { name, mut values, .. }| {
            if name.ends_with("bias") {
                seed += 1;
                let bias = random(values.len(), seed);
                values.iter_mut().zip(&bias).for_each(|(value, bias)| *value = 0.1 * bias);
            }
        });
        let map = effective_map(&net, random(width, 300).view());
        let name = format!("switch net, {depth} × {width}: residual of A x + c = f(x), relative");
        all.push(Check::new(name, 0.0, map.residual.relative, Slack::Bound(1e-12)));
    }
}

/// Tents `h = 2·relu(x) − 4·relu(x − ½)`, one after another.
fn tent_net(depth: usize) -> Graph<f64> {
    let tent = || -> [Boxed; 3] {
        let fold = Matrix::from_shape_fn((1, 2), |(_, j)| [2.0, -4.0][j]);
        let shift = Array1::from_vec(vec![0.0, -0.5]);
        [
            Box::new(Dense::new(Matrix::ones((2, 1)), Some(shift))),
            Box::new(Switch::relu(2)),
            Box::new(Dense::new(fold, None)),
        ]
    };
    chain((0..depth).flat_map(|_| tent()).collect())
}

/// L tents: slopes ±2^L, 2^L pieces, integral ½; nothing rounds.
fn tents(all: &mut Vec<Check>) {
    let pieces = 256;
    let net = tent_net(8);
    // Four points inside each piece.
    let points = 4 * pieces;
    let x = Matrix::from_shape_fn((points, 1), |(i, _)| (i as f64 + 0.5) / points as f64);
    let patterns = switch_statistics(&net, x.view()).expect("rows").patterns;
    let name = "8 tents on [0, 1]: patterns at 4 points of each piece";
    all.push(Check::new(name, pieces as f64, patterns as f64, Slack::Count));
    let slopes = x.rows().into_iter().map(|x| effective_map(&net, x).a[[0, 0]]);
    let wrong = slopes.enumerate().filter(|(i, slope)| {
        let sign = if (i / 4) % 2 == 0 { 1.0 } else { -1.0 };
        *slope != sign * pieces as f64
    });
    let name = "8 tents on [0, 1]: points whose slope is not ±256";
    all.push(Check::new(name, 0.0, wrong.count() as f64, Slack::Count));
    // The middle of a linear piece is its mean, so the mean over points is the integral.
    let integral = net.forward(x).sum() / points as f64;
    all.push(Check::new("8 tents on [0, 1]: integral", 0.5, integral, Slack::None));
    let name = "8 tents at x = ¼ + 2⁻¹⁰: distance to the breakpoint at ¼";
    let margin = margin(&net, ArrayView1::from(&[0.25 + 1.0 / 1024.0]));
    let boundary = margin.expect("it is piecewise linear").nearest.l2;
    let found = boundary.map_or(f64::NAN, |boundary| boundary.distance);
    all.push(Check::new(name, 1.0 / 1024.0, found, Slack::None));
}

/// The tents again, whole: every breakpoint, and no point sampled by us.
fn tents_along_a_ray(all: &mut Vec<Check>) {
    let net = tent_net(8);
    let found = along(&net, &[0.0], &[1.0]);
    let name = "8 tents along a ray: straight pieces";
    all.push(Check::new(name, 256.0, found.pieces as f64, Slack::Count));
    let breaks = found.breakpoints.iter().filter(|b| b.bend[0] != 0.0).enumerate();
    let off = breaks.map(|(i, b)| (b.t - (i + 1) as f64 / 256.0).abs()).fold(0.0, f64::max);
    let name = "8 tents along a ray: largest distance of breakpoint k from k/256";
    all.push(Check::new(name, 0.0, off, Slack::Roundings(4)));
    let third = along(&net, &[0.0], &[1.0 / 3.0]);
    let part = integrated_gradients(&net, &third, 0).expect("it has an output");
    let rise = net.forward(Matrix::from_elem((1, 1), 1.0 / 3.0))[[0, 0]];
    // Some 86 stretches with slopes ±256, each rounded.
    let name = "8 tents: integrated gradients from 0 to ⅓ add up to f(⅓) − f(0)";
    all.push(Check::new(name, rise, part.sum, Slack::Roundings(256)));
}

/// A ray of a net without biases that stays on one side of 0 has no breakpoint; a ReLU twice flips where one
/// does; `x = relu(x) − relu(−x)` has two regions and one straight piece.
fn rays(all: &mut Vec<Check>) {
    let layers = || -> [Boxed; 2] { [hadamard(64), Box::new(Switch::relu(64))] };
    let free = chain((0..3).flat_map(|_| layers()).collect());
    let x = random(64, 500).to_vec();
    let near: Vec<f64> = x.iter().map(|v| v / 1024.0).collect();
    let name = "net without biases, from x/1024 to x: breakpoints";
    let found = along(&free, &near, &x).breakpoints.len();
    all.push(Check::new(name, 0.0, found as f64, Slack::Count));
    let twice = chain(vec![Box::new(Switch::relu(1)), Box::new(Switch::relu(1))]);
    let name = "relu∘relu from −1 to 1: regions";
    let found = along(&twice, &[-1.0], &[1.0]).regions;
    all.push(Check::new(name, 2.0, found as f64, Slack::Count));
    let both = Matrix::from_shape_fn((2, 1), |(i, _)| [1.0, -1.0][i]);
    let identity = chain(vec![
        Box::new(Dense::new(both.clone(), None)),
        Box::new(Switch::relu(2)),
        Box::new(Dense::new(both.t().to_owned(), None)),
    ]);
    let found = along(&identity, &[-1.0], &[1.0]);
    let name = "relu(x) − relu(−x) from −1 to 1: regions";
    all.push(Check::new(name, 2.0, found.regions as f64, Slack::Count));
    let name = "relu(x) − relu(−x) from −1 to 1: straight pieces";
    all.push(Check::new(name, 1.0, found.pieces as f64, Slack::Count));
}

/// `n` lines in general position cut the plane into `1 + n + n(n − 1)/2` regions, through one point into `2n`.
fn lines_in_a_window(all: &mut Vec<Check>) {
    for (n, general) in [(3, true), (8, true), (10, true), (10, false)] {
        // Lines at different angles; at different distances from the middle no three of them meet.
        let angle = |i: usize| std::f64::consts::PI * (i as f64 + 0.3) / n as f64;
        let normal = Matrix::from_shape_fn((n, 2), |(i, j)| [angle(i).cos(), angle(i).sin()][j]);
        let away = |i: usize| if general { 0.02 * (i as f64 + 1.0).sqrt() } else { 0.0 };
        let bias = Array1::from_shape_fn(n, |i| -away(i));
        let net = chain(vec![Box::new(Dense::new(normal, Some(bias))), Box::new(Switch::relu(n))]);
        let plane = Plane { origin: vec![0.0; 2], u: vec![1.0, 0.0], v: vec![0.0, 1.0] };
        // Two lines meet at most 0.07/sin(π/20) from the middle.
        let window = Window { u: [-2.0, 2.0], v: [-2.0, 2.0] };
        let found = slice(&net, &plane, window, SliceBudget::default(), &mut |_| Continue(()))
            .expect("a plane");
        let (what, expected) = match general {
            true => ("lines in general position", 1 + n + n * (n - 1) / 2),
            false => ("lines through one point", 2 * n),
        };
        let name = format!("{n} {what}: regions");
        all.push(Check::new(name, expected as f64, found.polygons.len() as f64, Slack::Count));
        let name = format!("{n} {what}: V − E + F");
        all.push(Check::new(name, 1.0, found.euler as f64, Slack::Count));
        let name = format!("{n} {what}: area of a window of 16");
        all.push(Check::new(name, 16.0, found.area, Slack::Roundings(100)));
    }
}

fn along(net: &Graph<f64>, from: &[f64], to: &[f64]) -> Ray {
    ray(net, from.into(), to.into()).expect("ends of the net's width")
}

/// Softmax and the largest output name the same class, and its numbers add up to 1.
fn predictions(all: &mut Vec<Check>) {
    let rows = 1000;
    let y = random(rows * 10, 400).mapv(|v| 20.0 * v);
    let y = y.into_shape_with_order((rows, 10)).expect("as many numbers");
    let probabilities = softmax(y.clone());
    let pairs = argmax(y.view()).into_iter().zip(argmax(probabilities.view()));
    let name = "softmax beside the largest output: rows of 1000 that differ";
    all.push(Check::new(name, 0.0, pairs.filter(|(a, b)| a != b).count() as f64, Slack::Count));
    let off = |row: ArrayView1<'_, f64>| (row.sum() - 1.0).abs();
    let worst = probabilities.rows().into_iter().map(off).fold(0.0, f64::max);
    let name = "softmax of 1000 rows: largest error of the sum 1";
    all.push(Check::new(name, 0.0, worst, Slack::Roundings(20)));
}
