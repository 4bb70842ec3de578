//! Rays: breakpoints known by hand, and those of nets of every kind against dense sampling.

use crate::common::{every_net, random};
use crate::helpers::is_continuous;
use ndarray::{Array1, ArrayView1, Axis, array};
use std::ops::ControlFlow;
use switchnet::Matrix;
use switchnet::analysis::{
    Pattern, Ray, RayProgress, effective_row, integrated_gradients, jump, jumps, ray, ray_watched,
};
use switchnet::data::digits;
use switchnet::layer::{Conv2d, Dense, FixedTransform, Layer, MaxPool, Smooth, Switch};
use switchnet::net::Graph;
use switchnet::net::zoo::{SwitchKind, SwitchNet, mlp};
use switchnet::random::generator;
use switchnet::transform::Hadamard;

type Boxed = Box<dyn Layer<f64>>;

fn chain(layers: Vec<Boxed>) -> Graph<f64> {
    Graph::chain(layers).unwrap()
}

fn relu(n: usize) -> Boxed {
    Box::new(Switch::relu(n))
}

fn dense(weight: Matrix<f64>, bias: Array1<f64>) -> Boxed {
    Box::new(Dense::new(weight, Some(bias)))
}

fn between(net: &dyn Layer<f64>, from: &[f64], to: &[f64]) -> Ray {
    ray(net, ArrayView1::from(from), ArrayView1::from(to)).unwrap()
}

/// `2·relu(x) − 4·relu(x − ½)`, `depth` times.
fn tents(depth: usize) -> Graph<f64> {
    let tent = || -> Vec<Boxed> {
        vec![
            dense(array![[1.0], [1.0]], array![0.0, -0.5]),
            relu(2),
            dense(array![[2.0, -4.0]], array![0.0]),
        ]
    };
    chain((0..depth).flat_map(|_| tent()).collect())
}

#[test]
fn tents_have_known_breakpoints_slopes_and_integral() {
    for depth in 1..=10 {
        let ray = between(&tents(depth), &[0.0], &[1.0]);
        let pieces = 1 << depth;
        assert_eq!((ray.pieces, ray.regions), (pieces, pieces));
        // Every number here is a binary fraction of few digits, so nothing rounds.
        for (k, breakpoint) in ray.breakpoints.iter().enumerate() {
            assert_eq!(breakpoint.t, (k + 1) as f64 / pieces as f64);
            assert_eq!(breakpoint.continuity_error, 0.0);
            assert!(!breakpoint.flips.is_empty());
        }
        let mut integral = 0.0;
        for (k, segment) in ray.segments.iter().enumerate() {
            let sign = if k % 2 == 0 { 1.0 } else { -1.0 };
            assert_eq!(segment.slope, [sign * pieces as f64]);
            let length = segment.end - segment.start;
            integral += length * (segment.value[0] + segment.slope[0] * length / 2.0);
        }
        assert_eq!((integral, ray.tolerance), (0.5, 0.0));
        assert!(ray.evaluations <= 2 * pieces, "{} for {pieces}", ray.evaluations);
    }
}

#[test]
fn a_line_along_tents_knows_where_two_outputs_cross() {
    // The tent beside the constant ¼, which it crosses at 1/8 and 7/8 … of each of two tents.
    let net = chain(vec![Box::new(tents(2)), dense(array![[1.0], [0.0]], array![0.0, 0.25])]);
    let ray = between(&net, &[0.0], &[1.0]);
    let found: Vec<_> = ray.crossings.iter().map(|c| (c.t, c.from, c.to)).collect();
    let at = |k: usize| k as f64 / 16.0;
    assert_eq!(found, [(at(1), 1, 0), (at(7), 0, 1), (at(9), 1, 0), (at(15), 0, 1)]);
    // Touching at the tips and not crossing changes nothing.
    let net = chain(vec![Box::new(tents(2)), dense(array![[1.0], [0.0]], array![0.0, 1.0])]);
    assert_eq!(between(&net, &[0.0], &[1.0]).crossings, []);
}

#[test]
fn without_bias_the_open_ray_from_zero_has_no_breakpoint() {
    let layers = (0..3).flat_map(|_| -> Vec<Boxed> {
        vec![Box::new(FixedTransform::new(Hadamard::new(16).unwrap())), relu(16)]
    });
    let net = chain(layers.collect());
    for seed in 0..20 {
        let x = random::<f64>(1, 16, seed);
        let ray = between(&net, &[0.0; 16], x.as_slice().unwrap());
        assert_eq!((ray.regions, ray.pieces), (1, 1), "seed {seed}");
    }
    // Through zero, all switches flip at once.
    let x = random::<f64>(1, 16, 21);
    let ray = between(&net, (-&x).as_slice().unwrap(), x.as_slice().unwrap());
    assert_eq!(ray.breakpoints.len(), 1);
    assert_eq!(ray.breakpoints[0].t, 0.5);
    let first_layer = ray.breakpoints[0].flips.iter().filter(|flip| flip.unit.layer == 0).count();
    assert_eq!(first_layer, 16);
}

#[test]
fn a_duplicated_relu_adds_no_region() {
    let net = mlp(&[6], &[20], 2, 31).build::<f64>().unwrap();
    let x = random::<f64>(2, 6, 32) * 5.0;
    let [from, to] = [0, 1].map(|row| x.row(row).to_vec());
    let weight = Dense::<f64>::random(6, 20, true, &mut generator(33, 0));
    let once = chain(vec![Box::new(weight.clone()), relu(20)]);
    let twice = chain(vec![Box::new(weight), relu(20), relu(20)]);
    let (once, twice) = (between(&once, &from, &to), between(&twice, &from, &to));
    assert!(once.regions > 5, "{}", once.regions);
    assert_eq!((once.regions, once.pieces), (twice.regions, twice.pieces));
    for (a, b) in once.breakpoints.iter().zip(&twice.breakpoints) {
        assert_eq!((a.t, 2 * a.flips.len()), (b.t, b.flips.len()));
    }
    assert!(between(&net, &from, &to).regions > 1);
}

#[test]
fn regions_and_pieces_are_counted_apart() {
    // relu(x) − relu(−x) = x.
    let net = chain(vec![
        dense(array![[1.0], [-1.0]], array![0.0, 0.0]),
        relu(2),
        dense(array![[1.0, -1.0]], array![0.0]),
    ]);
    let ray = between(&net, &[-1.0], &[3.0]);
    assert_eq!((ray.regions, ray.pieces), (2, 1));
    assert_eq!((ray.breakpoints[0].t, &ray.breakpoints[0].bend[..]), (0.25, &[0.0][..]));
    let flips: Vec<_> = ray.breakpoints[0].flips.iter().map(|f| (f.unit.unit, f.opens)).collect();
    assert_eq!(flips, [(0, true), (1, false)]);
    // ΔA is zero although two switches flip.
    assert_eq!((jump(&net, &ray, 0).unwrap().rank, jump(&net, &ray, 0).unwrap().flips), (0, 2));
}

#[test]
fn degenerate_lines() {
    // No switch at all; a line of no length; switches that are zero all along; equal windows.
    let linear = Dense::<f64>::random(3, 2, true, &mut generator(34, 0));
    assert_eq!(between(&linear, &[0.0; 3], &[1.0; 3]).regions, 1);
    let ray = between(&tents(3), &[0.3], &[0.3]);
    assert_eq!((ray.regions, ray.segments[0].slope[0], ray.evaluations), (1, 0.0, 1));
    let zero = chain(vec![dense(Matrix::zeros((4, 3)), Array1::zeros(4)), relu(4)]);
    assert_eq!(between(&zero, &[-1.0; 3], &[1.0; 3]).regions, 1);
    let pool = MaxPool::new([1, 2, 2], 2).unwrap();
    let net = chain(vec![relu(4), Box::new(pool)]);
    let ray = between(&net, &[-1.0; 4], &[1.0; 4]);
    assert_eq!((ray.regions, ray.breakpoints[0].t, ray.pieces), (2, 0.5, 2));
    let windows_of_one = chain(vec![relu(4), Box::new(MaxPool::new([1, 2, 2], 1).unwrap())]);
    assert_eq!(between(&windows_of_one, &[-1.0; 4], &[1.0; 4]).regions, 2);
    // A line that begins, or ends, or runs on a boundary.
    let ray = between(&chain(vec![relu(2)]), &[0.0, 0.0], &[1.0, 0.0]);
    assert_eq!(ray.regions, 1);
    assert_eq!(between(&chain(vec![relu(1)]), &[-1.0], &[0.0]).regions, 1);
}

#[test]
fn a_max_pool_breaks_where_the_largest_changes() {
    // max(t, 1 − t, ¼, 0.6): two breaks, and the second of them a bend of one.
    let weight = array![[1.0], [-1.0], [0.0], [0.0]];
    let net = chain(vec![
        dense(weight, array![0.0, 1.0, 0.25, 0.625]),
        Box::new(MaxPool::new([1, 2, 2], 2).unwrap()),
    ]);
    let ray = between(&net, &[0.0], &[1.0]);
    let found: Vec<_> = ray.breakpoints.iter().map(|b| (b.t, b.bend[0], b.flips.len())).collect();
    assert_eq!(found, [(0.375, 1.0, 2), (0.625, 1.0, 2)]);
}

/// Nets of every kind, with a line of some length through each.
fn nets() -> Vec<(String, Boxed, Vec<f64>, Vec<f64>)> {
    let mut nets: Vec<(String, Boxed)> =
        every_net::<f64>().into_iter().map(|(name, net)| (name, Box::new(net) as Boxed)).collect();
    let mut rng = generator(41, 0);
    let inner: Vec<Boxed> = vec![Box::new(Dense::random(12, 12, true, &mut rng)), relu(12)];
    let residual = chain(vec![
        Box::new(Graph::residual(inner).unwrap()),
        Box::new(Dense::random(12, 3, true, &mut rng)),
    ]);
    nets.push(("residual".into(), Box::new(residual)));
    let pooled = chain(vec![
        Box::new(Conv2d::random([1, 6, 6], 3, 3, 1, &mut rng).unwrap()),
        relu(108),
        Box::new(MaxPool::new([3, 6, 6], 2).unwrap()),
        Box::new(Dense::random(27, 4, true, &mut rng)),
    ]);
    nets.push(("conv, relu, max-pool".into(), Box::new(pooled)));
    let with_line = |(seed, (name, net)): (usize, (String, Boxed))| {
        let x = random::<f64>(2, net.inputs(), 200 + seed as u64) * 3.0;
        (name, net, x.row(0).to_vec(), x.row(1).to_vec())
    };
    nets.into_iter()
        .filter(|(_, net)| net.signature().regularity.is_piecewise_linear())
        .enumerate()
        .map(with_line)
        .collect()
}

fn at(ray: &Ray, t: f64) -> Array1<f64> {
    let point = ray.from.iter().zip(&ray.to).map(|(from, to)| from + t * (to - from));
    point.collect()
}

#[test]
fn between_breakpoints_the_net_is_what_the_ray_says() {
    for (name, net, from, to) in nets() {
        let net = net.as_ref();
        let ray = between(net, &from, &to);
        assert!(ray.regions > 3, "{name}: {}", ray.regions);
        assert_eq!(ray.breakpoints.len() + 1, ray.segments.len(), "{name}");
        assert!(
            ray.evaluations <= 3 * ray.regions + 20,
            "{name}: {} of {}",
            ray.evaluations,
            ray.regions
        );
        let mut seen = 0;
        for segment in &ray.segments {
            assert!(segment.start < segment.end, "{name}");
            // Just inside both ends, as near as the rounding of a sample allows.
            let inside = (segment.end - segment.start) * 1e-3;
            let size =
                segment.value.iter().chain(&segment.slope).fold(1.0_f64, |s, v| s.max(v.abs()));
            for t in [segment.start + inside, segment.middle(), segment.end - inside] {
                let x = at(&ray, t);
                if inside > 1e-10 {
                    let pattern = Pattern::at(net, x.view());
                    assert_eq!(pattern.hash(), segment.hash, "{name} at {t}");
                    seen += 1;
                }
                let y = net.forward(x.insert_axis(Axis(0)));
                for (k, y) in y.iter().enumerate() {
                    let expected = segment.value[k] + (t - segment.start) * segment.slope[k];
                    // Values of size `size` after a few layers of rounding.
                    assert!((y - expected).abs() <= 1e-12 * size, "{name}: {y} {expected}");
                }
            }
        }
        assert!(seen >= 2 * ray.regions, "{name}: most segments are wide enough to be checked");
        for b in &ray.breakpoints {
            assert!(!b.flips.is_empty(), "{name}");
            let small = b.continuity_error <= 1e-11;
            assert!(small || !is_continuous(net), "{name}: {:e}", b.continuity_error);
        }
        assert_eq!(ray.segments[0].start, 0.0);
        assert_eq!(ray.segments[ray.regions - 1].end, 1.0);
    }
}

#[test]
fn no_sample_finds_a_region_or_a_class_that_the_ray_has_not() {
    for (name, net, from, to) in nets() {
        let ray = between(net.as_ref(), &from, &to);
        let leader = |t: f64| {
            let y = net.forward(at(&ray, t).insert_axis(Axis(0)));
            (0..y.len()).reduce(|a, b| if y[[0, b]] > y[[0, a]] { b } else { a }).unwrap()
        };
        let (mut leaders, mut found) = (leader(0.0), Vec::new());
        for step in 0..=2000 {
            let t = f64::from(step) / 2000.0;
            let hash = Pattern::at(net.as_ref(), at(&ray, t).view()).hash();
            // At a breakpoint itself either side may be seen.
            let near = ray.segments.iter().filter(|s| s.start - 1e-9 <= t && t <= s.end + 1e-9);
            assert!(near.into_iter().any(|s| s.hash == hash), "{name} at {t}");
            if leader(t) != leaders {
                found.push(t);
                leaders = leader(t);
            }
        }
        // Samples may step over crossings and cannot invent any.
        assert!(found.len() <= ray.crossings.len(), "{name}");
        for t in found {
            let close = ray.crossings.iter().any(|c| (c.t - t).abs() <= 1.0 / 2000.0);
            assert!(close, "{name}: a sample changes class near {t}");
        }
        for c in &ray.crossings {
            let y = net.forward(at(&ray, c.t).insert_axis(Axis(0)));
            let gap = (y[[0, c.from]] - y[[0, c.to]]).abs();
            // Where a net jumps, the leader may change without a tie.
            let jumps = !is_continuous(&*net) && ray.breakpoints.iter().any(|b| b.t == c.t);
            assert!(jumps || gap <= 1e-11 * (1.0 + y[[0, c.to]].abs()), "{name}: {gap:e}");
        }
    }
}

#[test]
fn a_jump_has_no_larger_rank_than_switches_flip() {
    for (name, net, from, to) in nets() {
        let ray = between(net.as_ref(), &from, &to);
        let mut changed = 0;
        let all = jumps(net.as_ref(), &ray).unwrap();
        for (index, breakpoint) in ray.breakpoints.iter().enumerate() {
            let jump = jump(net.as_ref(), &ray, index).unwrap();
            assert_eq!(jump.flips, breakpoint.flips.len());
            assert!(jump.rank <= jump.flips, "{name}: {jump:?}");
            changed += usize::from(jump.rank > 0);
            assert_eq!(jump, all[index], "{name}");
        }
        assert_eq!(all.len(), ray.breakpoints.len());
        assert!(changed > 0, "{name}: some flip changes the map");
    }
}

#[test]
fn integrated_gradients_add_up() {
    for (name, net, from, to) in nets() {
        if !is_continuous(&*net) {
            continue; // a jump is no integral of gradients
        }
        let ray = between(net.as_ref(), &from, &to);
        for output in [0, net.outputs() - 1] {
            let integral = integrated_gradients(net.as_ref(), &ray, output).unwrap();
            let size: f64 = integral.attributions.iter().map(|a| a.abs()).sum();
            // A breakpoint misplaced by 1e-13 would show as 1e-13 of the slopes.
            assert!(integral.error <= 1e-11 * (1.0 + size), "{name}: {:e}", integral.error);
            assert_eq!(integral.error, (integral.sum - integral.difference).abs());
        }
    }
    // Within one region the integral is the effective row times the way.
    let net = mlp(&[5], &[7], 2, 35).build::<f64>().unwrap();
    let x = [0.5, -0.25, 0.75, 1.0, -0.5];
    let to = x.map(|v| v * (1.0 + 1e-6));
    let ray = between(&net, &x, &to);
    assert_eq!(ray.regions, 1);
    let integral = integrated_gradients(&net, &ray, 1).unwrap();
    let row = effective_row(&net, ArrayView1::from(&x), 1);
    for (i, a) in integral.attributions.iter().enumerate() {
        // The same products, in another order.
        assert!((a - row.a[i] * (to[i] - x[i])).abs() <= 1e-15 * row.a[i].abs());
    }
}

#[test]
fn at_he_initialization_there_is_about_a_breakpoint_for_each_switch() {
    let switch =
        SwitchNet { depth: 3, width: Some(256), switch: SwitchKind::Relu, ..SwitchNet::default() };
    let nets = [
        ("dense", mlp(&[256], &[256, 256, 256], 10, 36)),
        ("switch net", switch.spec(&[256], 10, 37)),
    ];
    for (name, spec) in nets {
        let net = spec.build::<f64>().unwrap();
        let x = random::<f64>(2, 256, 38);
        // A line that passes near zero and is long enough to reach every boundary, biases being small.
        let (from, to) = (x.row(0).mapv(|v| v * 50.0), &x.row(0) * -50.0 + x.row(1));
        let ray = ray(&net, from.view(), to.view()).unwrap();
        let part = ray.breakpoints.iter().map(|b| b.flips.len()).sum::<usize>() as f64 / 768.0;
        // Measured elsewhere: 0.96 to 1.1; a single small net scatters by a tenth.
        assert!((0.8..1.25).contains(&part), "{name}: {part}");
    }
}

#[test]
fn a_ray_between_digits_is_the_same_on_any_number_of_threads() {
    let net =
        SwitchNet { depth: 5, width: Some(256), switch: SwitchKind::Relu, ..SwitchNet::default() };
    let net = net.spec(&[64], 10, 39).build::<f64>().unwrap();
    let images = digits::<f64>().test;
    let [a, b] = [0, 1].map(|row| images.inputs().row(row));
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| ray(&net, a, b).unwrap())
    };
    let one = on(1);
    assert!(one.regions > 32, "{}", one.regions);
    assert_eq!(one, on(3));
}

#[test]
fn bad_input_is_an_error_that_says_so() {
    let net = tents(2);
    let one = |v: f64| array![v];
    let said = |from: Array1<f64>, to: Array1<f64>| {
        ray(&net, from.view(), to.view()).unwrap_err().to_string()
    };
    assert!(
        said(array![0.0, 1.0], one(1.0)).contains("start of a ray: expected 1 numbers, found 2")
    );
    assert!(
        said(one(0.0), one(f64::NAN)).contains("end of a ray: expected finite numbers, found NaN")
    );
    let smooth = Smooth::tanh(1);
    let error = ray(&smooth, one(0.0).view(), one(1.0).view()).unwrap_err().to_string();
    assert!(error.contains("piecewise linear"), "{error}");
    let line = between(&net, &[0.0], &[1.0]);
    assert!(integrated_gradients(&net, &line, 1).is_err());
    assert!(jump(&net, &line, 3).is_err());
    assert!(jump(&chain(vec![relu(2)]), &line, 0).is_err());
}

#[test]
fn a_pool_of_equal_pairs_turns_where_no_sign_changes() {
    // max(y, −y, y, −y): the pairs are equal everywhere, so no switch is ever open.
    let weight = array![[0.0, 1.0], [0.0, -1.0], [0.0, 1.0], [0.0, -1.0]];
    let pool = MaxPool::new([1, 2, 2], 2).unwrap();
    let net = Graph::chain(vec![
        Box::new(Dense::new(weight, None)) as Box<dyn Layer<f64>>,
        Box::new(pool),
    ])
    .unwrap();
    let ray = ray(&net, array![0.0, -1.0].view(), array![0.0, 3.0].view()).unwrap();
    assert_eq!((ray.regions, ray.pieces), (2, 2));
    assert_eq!((ray.breakpoints[0].t, ray.breakpoints[0].flips.len()), (0.25, 0));
    assert_eq!([ray.segments[0].slope[0], ray.segments[1].slope[0]], [-4.0, 4.0]);
    let all = integrated_gradients(&net, &ray, 0).unwrap();
    assert_eq!((all.sum, all.difference), (2.0, 2.0));
}

/// Whoever watches is asked before each round, and may end it at any; one who goes on changes nothing.
#[test]
fn a_ray_can_be_stopped_inside() {
    let net = tents(12); // rounds of more than 1,024 samples are cut
    let [from, to] = [array![0.0], array![1.0]];
    let whole = ray(&net, from.view(), to.view()).unwrap();
    let watched = |most: usize| {
        let mut seen: Vec<RayProgress> = Vec::new();
        let found = ray_watched(&net, from.view(), to.view(), &mut |progress| {
            seen.push(progress);
            if seen.len() > most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        (found.unwrap(), seen)
    };
    let (found, seen) = watched(usize::MAX);
    assert_eq!(found.as_ref(), Some(&whole));
    assert_eq!((seen[0].samples, seen[0].filled), (0, 0.0));
    let steps = seen.windows(2).map(|s| (s[1].samples - s[0].samples, s[1].filled - s[0].filled));
    for (samples, filled) in steps {
        assert!((1..=1024).contains(&samples) && filled >= 0.0, "{samples} {filled}");
    }
    assert!(seen[seen.len() - 1].samples > 2048 && seen[seen.len() - 1].filled <= 1.0 + 1e-12);
    for looks in [0, 1, seen.len() / 2, seen.len() - 1] {
        let (found, some) = watched(looks);
        assert_eq!((found, some.len()), (None, looks + 1));
    }
    assert_eq!(watched(seen.len()).0, Some(whole));
}
