//! Margins: known values, and nets in which boundaries are looked for by moving.

use crate::common::*;
use crate::helpers::switch_values;
use ndarray::{Array1, Axis, array};
use switchnet::analysis::{
    ByNorm, Norm, Pattern, Unit, boundary_distances, effective_map, margin, margins,
};
use switchnet::layer::{
    DecisionKind, Dense, FixedTransform, Layer, MaxPool, Reshape, Smooth, Switch,
};
use switchnet::net::{Graph, argmax, zoo};
use switchnet::transform::Hadamard;
use switchnet::{Matrix, Scalar};

type Boxed = Box<dyn Layer<f64>>;

fn chain(layers: Vec<Boxed>) -> Graph<f64> {
    Graph::chain(layers).unwrap()
}

fn row(n: usize, seed: u64) -> Array1<f64> {
    random(1, n, seed).index_axis_move(Axis(0), 0)
}

fn by_hand() -> Graph<f64> {
    let weight = array![[3.0, 4.0], [1.0, 0.0], [1.0, 0.0]];
    chain(vec![
        Box::new(Dense::new(weight, Some(array![-5.0, 0.0, 0.0]))),
        Box::new(Switch::relu(3)),
        Box::new(Dense::new(array![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], None)),
    ])
}

/// Each found number is a quotient of a sum of few terms: a handful of roundings.
fn close(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 16.0 * f64::EPSILON * expected.abs()
}

#[test]
fn boundaries_and_rivals_by_hand() {
    // At (3, 4): z = (20, 3, 3), y = (20, 3), ∇z = (3, 4), (1, 0) twice, ∇(y₀ − y₁) = (2, 4).
    let margin = margin(&by_hand(), array![3.0, 4.0].view()).unwrap();
    let expected = [(Norm::L1, 1, 3.0), (Norm::L2, 1, 3.0), (Norm::LInf, 0, 20.0 / 7.0)];
    for (norm, unit, distance) in expected {
        let boundary = margin.nearest.get(norm).unwrap();
        assert_eq!(boundary.unit, Unit { layer: 0, unit }, "of the duplicates the first, {norm:?}");
        assert!(close(boundary.distance, distance), "{norm:?}: {}", boundary.distance);
    }
    assert_eq!(margin.layers, std::slice::from_ref(&margin.nearest));
    let decision = margin.decision.unwrap();
    assert_eq!(decision.class, 0);
    let expected = [(Norm::L1, 4.25, 3.0), (Norm::L2, 17.0 / 20f64.sqrt(), 3.0)];
    for (norm, distance, certificate) in
        expected.into_iter().chain([(Norm::LInf, 17.0 / 6.0, 17.0 / 6.0)])
    {
        let rival = decision.nearest.get(norm).unwrap();
        assert_eq!(rival.class, 1);
        assert!(close(rival.distance, distance), "{norm:?}: {}", rival.distance);
        assert!(close(margin.certificate.get(norm).unwrap(), certificate), "{norm:?}");
    }
    let all = boundary_distances(&by_hand(), array![3.0, 4.0].view()).unwrap();
    let linf: Vec<f64> = all[0].linf.iter().map(|d| d.unwrap()).collect();
    assert!(linf.iter().zip([20.0 / 7.0, 3.0, 3.0]).all(|(d, e)| close(*d, e)), "{linf:?}");
}

trait Got {
    fn unwrap(&self) -> f64;
}

impl Got for Option<f64> {
    fn unwrap(&self) -> f64 {
        self.expect("there is one")
    }
}

#[test]
fn the_sum_of_absolute_values_has_the_least_of_them_as_margin() {
    let n = 16;
    let one = Array1::<f64>::ones(n);
    let net = chain(vec![
        Box::new(FixedTransform::new(Hadamard::new(n).unwrap())),
        Box::new(Switch::two_slope(one.clone(), -one)),
        Box::new(Dense::new(Matrix::ones((1, n)), None)),
    ]);
    for seed in 0..10 {
        let x = row(n, seed);
        let z = naive_hadamard(n).dot(&x).mapv(f64::abs);
        let least = z.iter().copied().fold(f64::INFINITY, f64::min);
        let margin = margin(&net, x.view()).unwrap();
        // Each row of Ĥ has the numbers ±1/4: length 1, sum 4, largest ¼.
        for (norm, expected) in
            [(Norm::L2, least), (Norm::LInf, least / 4.0), (Norm::L1, least * 4.0)]
        {
            let boundary = margin.nearest.get(norm).unwrap();
            assert_eq!(z[boundary.unit.unit], z[z.iter().position(|z| *z == least).unwrap()]);
            // z is a sum of 16 numbers below 1, found in another order here.
            assert!((boundary.distance - expected).abs() <= 64.0 * f64::EPSILON, "{norm:?}");
        }
        assert!(margin.decision.is_none(), "one output decides nothing");
        assert_eq!(margin.certificate.l2.unwrap(), margin.nearest.l2.unwrap().distance);
    }
}

fn values(net: &dyn Layer<f64>, x: &Array1<f64>) -> Vec<Vec<f64>> {
    switch_values(net, x.clone().insert_axis(Axis(0)))
}

fn pattern(net: &dyn Layer<f64>, x: &Array1<f64>) -> Pattern {
    Pattern::at(net, x.view())
}

fn class(net: &dyn Layer<f64>, x: &Array1<f64>) -> usize {
    argmax(net.forward(x.clone().insert_axis(Axis(0))).view())[0]
}

/// The gradients of all switches by moving each input by `step`, which must leave the region nowhere.
fn gradients(net: &dyn Layer<f64>, x: &Array1<f64>, step: f64) -> Vec<Matrix<f64>> {
    let start = values(net, x);
    let mut all: Vec<_> = start.iter().map(|z| Matrix::zeros((z.len(), x.len()))).collect();
    for i in 0..x.len() {
        let mut moved = x.clone();
        moved[i] += step;
        let step = moved[i] - x[i]; // as far as it really went
        for ((g, z), from) in all.iter_mut().zip(values(net, &moved)).zip(&start) {
            for (unit, (z, from)) in z.iter().zip(from).enumerate() {
                g[[unit, i]] = (z - from) / step;
            }
        }
    }
    all
}

/// The change of size 1 that lowers `g·d` most.
fn worst(norm: Norm, g: &Array1<f64>) -> Array1<f64> {
    match norm {
        Norm::L2 => g / -Norm::L2.of(g),
        Norm::LInf => g.mapv(|v| if v == 0.0 { 0.0 } else { -v.signum() }),
        Norm::L1 => {
            let largest = (0..g.len()).max_by(|&i, &j| g[i].abs().total_cmp(&g[j].abs())).unwrap();
            Array1::from_shape_fn(g.len(), |i| if i == largest { -g[i].signum() } else { 0.0 })
        }
    }
}

#[test]
fn inside_the_margin_nothing_flips_and_beyond_it_the_nearest_does() {
    let mut flips = 0;
    for (name, net) in every_net::<f64>() {
        if !net.signature().regularity.is_piecewise_linear() {
            continue;
        }
        for seed in 0..3 {
            let x = row(net.inputs(), 500 + seed);
            let start = pattern(&net, &x);
            let found = margin(&net, x.view()).unwrap();
            assert!(found.on_boundary.is_empty(), "{name}: no unit of these nets is at zero");
            let step = 0.5 * found.nearest.l1.unwrap().distance;
            let gradients = gradients(&net, &x, step);
            for norm in Norm::ALL {
                let boundary = found.nearest.get(norm).unwrap();
                let Unit { layer, unit } = boundary.unit;
                let z = values(&net, &x)[layer][unit];
                let g = gradients[layer].row(unit).to_owned();
                let direction = worst(norm, &g) * z.signum();
                // The gradients are differences of numbers of size 10 over a step, so they have
                // errors of about 1e-14 / step.
                let error = 1e-13 / step;
                let size = norm.dual().of(&g);
                let expected = z.abs() / size;
                assert!(
                    (boundary.distance / expected - 1.0).abs() <= error * x.len() as f64 / size,
                    "{name} {norm:?}: {} {expected}",
                    boundary.distance
                );
                let at = |part: f64| &x + &(&direction * (part * boundary.distance));
                assert_eq!(pattern(&net, &at(0.999)).open, start.open, "{name} {norm:?}");
                let beyond = pattern(&net, &at(1.001));
                assert_ne!(beyond.open[layer][unit], start.open[layer][unit], "{name} {norm:?}");
                flips += 1;
                let there = values(&net, &at(1.0))[layer][unit];
                assert!(there.abs() <= 1e-9 * z.abs().max(1.0), "{name} {norm:?}: {there:e}");
                let certificate = found.certificate.get(norm).unwrap();
                for other in 0..40 {
                    let d = row(x.len(), 1000 * seed + other);
                    let d = &d * (0.999 * boundary.distance / norm.of(&d));
                    assert_eq!(pattern(&net, &(&x + &d)).open, start.open, "{name} {norm:?}");
                    let d = d * (certificate / boundary.distance);
                    assert_eq!(class(&net, &(&x + &d)), class(&net, &x), "{name} {norm:?}");
                }
            }
            every_distance_is_that_of_the_differences(&name, &net, &x, &gradients, step);
        }
    }
    assert!(flips >= 9 * 9, "the list of nets has lost its piecewise linear ones");
}

/// All distances and not only the least, in all norms.
fn every_distance_is_that_of_the_differences(
    name: &str,
    net: &dyn Layer<f64>,
    x: &Array1<f64>,
    gradients: &[Matrix<f64>],
    step: f64,
) {
    let found: Vec<ByNorm<Vec<Option<f64>>>> = boundary_distances(net, x.view()).unwrap();
    let mut choices = Vec::new();
    net.linearize(x.clone().insert_axis(Axis(0))).1.decisions(&mut |decisions| {
        choices.push(matches!(decisions.kind, DecisionKind::Choice { .. }));
    });
    let layers = found.iter().zip(values(net, x)).zip(gradients).zip(choices);
    for (((layer, z), g), choice) in layers {
        for norm in Norm::ALL {
            for (unit, (&distance, &z)) in layer.get(norm).iter().zip(&z).enumerate() {
                // The second best of a max-pool's window may change inside a region, or there may be
                // none; the loser's view of the same boundary is checked.
                if choice && z > 0.0 {
                    continue;
                }
                let size = norm.dual().of(g.row(unit));
                let error = 1e-13 / step * x.len() as f64;
                match distance {
                    Some(d) => assert!((d * size - z.abs()).abs() <= error * d, "{name} {unit}"),
                    None => assert!(size <= error, "{name} {unit}: {size:e}"),
                }
            }
        }
    }
}

#[test]
fn many_margins_are_each_its_own() {
    let net = zoo::switch_net(&[16], 3, 1).build::<f64>().unwrap();
    let x = random(7, 16, 62);
    let all = margins(&net, x.view()).unwrap();
    assert_eq!(all.len(), 7);
    for (found, x) in all.iter().zip(x.rows()) {
        assert_eq!(*found, margin(&net, x).unwrap());
    }
    assert!(all.windows(2).all(|pair| pair[0] != pair[1]));
}

#[test]
fn more_inputs_than_one_task_takes() {
    // Σx over 200 inputs through one ReLU: the gradient is all ones.
    let net =
        chain(vec![Box::new(Dense::new(Matrix::ones((1, 200)), None)), Box::new(Switch::relu(1))]);
    let margin = margin(&net, Array1::from_elem(200, -0.5).view()).unwrap().nearest;
    let found = [margin.l1, margin.l2, margin.linf].map(|boundary| boundary.unwrap().distance);
    assert_eq!(found, [100.0, 100.0 / 200f64.sqrt(), 0.5]);
}

#[test]
fn on_the_boundary_the_margin_is_zero_unless_nothing_moves_the_unit() {
    // No biases: at 0 all units are on their boundary.
    let net = chain(vec![
        Box::new(FixedTransform::new(Hadamard::new(4).unwrap())),
        Box::new(Switch::relu(4)),
    ]);
    let zero = margin(&net, Array1::zeros(4).view()).unwrap();
    assert_eq!(zero.on_boundary, [0, 1, 2, 3].map(|unit| Unit { layer: 0, unit }));
    assert_eq!(zero.nearest.l2.unwrap().distance, 0.0);
    assert_eq!(zero.certificate.linf, Some(0.0));
    // Zero padding: units 2 and 3 are at zero for ever.
    let net = chain(vec![Box::new(Reshape::pad(2, 4).unwrap()), Box::new(Switch::relu(4))]);
    let padded = margin(&net, array![3.0, -2.0].view()).unwrap();
    assert_eq!(padded.on_boundary, []);
    let boundary = padded.nearest.l2.unwrap();
    assert_eq!((boundary.unit.unit, boundary.distance), (1, 2.0));
    let all = boundary_distances(&net, array![3.0, -2.0].view()).unwrap();
    assert_eq!(all[0].l1, [Some(3.0), Some(2.0), None, None]);
}

#[test]
fn pools_have_boundaries_where_two_inputs_draw_level() {
    let pool = MaxPool::new([1, 2, 2], 2).unwrap();
    let apart = margin(&pool, array![5.0, 2.0, 1.0, 0.0].view()).unwrap();
    // x₀ − x₁ = 3 with the gradient (1, −1).
    let found = [apart.nearest.l1, apart.nearest.l2, apart.nearest.linf];
    let found = found.map(|boundary| boundary.unwrap().distance);
    assert!(found.iter().zip([3.0, 3.0 / 2f64.sqrt(), 1.5]).all(|(d, e)| close(*d, e)));
    let tied = margin(&pool, array![5.0, 2.0, 5.0, 0.0].view()).unwrap();
    assert_eq!(tied.on_boundary, [0, 2].map(|unit| Unit { layer: 0, unit }));
    // A window of nothing but closed ReLUs is a tie that no small change breaks.
    let net = chain(vec![Box::new(Switch::relu(4)), Box::new(pool)]);
    let closed = margin(&net, array![-5.0, -2.0, -3.0, -4.0].view()).unwrap();
    assert_eq!((closed.on_boundary.len(), closed.nearest.l2.unwrap().distance), (0, 2.0));
    assert!(closed.layers[1].l2.is_none());
    // A window of one has no rival.
    let one = margin(&MaxPool::new([1, 2, 2], 1).unwrap(), row(4, 1).view()).unwrap();
    assert!(one.nearest.l2.is_none() && one.on_boundary.is_empty());
}

#[test]
fn without_switches_there_are_rivals_only() {
    let net = Dense::new(array![[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]], None);
    let found = margin(&net, array![1.0, 4.0].view()).unwrap();
    assert_eq!((&found.nearest, found.layers.len()), (&ByNorm::default(), 0));
    let decision = found.decision.unwrap();
    assert_eq!(decision.class, 1);
    // Output 2 is the same as output 1 and never overtakes it.
    let rival = decision.nearest.linf.unwrap();
    assert_eq!((rival.class, rival.distance, found.certificate.linf), (0, 1.5, Some(1.5)));
    let alone = margin(&Dense::new(array![[2.0]], None), array![1.0].view()).unwrap();
    assert_eq!((alone.certificate, alone.decision), (ByNorm::default(), None));
    let relu = margin(&Switch::relu(1), array![-0.25].view()).unwrap();
    assert_eq!(relu.certificate, ByNorm { l1: Some(0.25), l2: Some(0.25), linf: Some(0.25) });
}

#[test]
fn what_has_no_exact_margin_is_refused() {
    let net = by_hand();
    let message = |result: switchnet::Result<_>| -> String {
        result.map(|_: switchnet::analysis::Margin| ()).unwrap_err().to_string()
    };
    let smooth = chain(vec![Box::new(Smooth::tanh(2))]);
    assert!(message(margin(&smooth, array![1.0, 1.0].view())).contains("piecewise linear"));
    let wrong = message(margin(&net, array![1.0].view()));
    assert!(wrong.contains("2 numbers") && wrong.ends_with("found 1"), "{wrong}");
    assert!(message(margin(&net, array![1.0, f64::NAN].view())).contains("NaN"));
    let broken = Dense::new(array![[f64::NAN, 1.0]], None);
    assert!(message(margin(&broken, array![1.0, 1.0].view())).contains("NaN"));
    let none = margins(&net, Matrix::zeros((0, 2)).view()).unwrap_err().to_string();
    assert!(none.contains("at least 1 row"), "{none}");
    let x = array![[1.0, 1.0], [1.0, f64::INFINITY]];
    assert!(margins(&net, x.view()).unwrap_err().to_string().contains("row 1"));
}

/// Nets trained in single precision are lifted: the margin is that of the same numbers.
#[test]
fn a_lifted_net_has_a_margin() {
    let net = zoo::switch_net(&[16], 3, 2).build::<f32>().unwrap();
    let x = row(16, 3);
    let lifted = net.cast::<f64>();
    let map = effective_map(&lifted, x.view());
    assert_eq!(margin(&lifted, x.view()).unwrap().layers.len(), map.pattern.open.len());
    assert_eq!(f32::NAME, "f32");
}
