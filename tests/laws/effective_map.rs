//! The effective map is the net, and has the values that can be known without a net.

use crate::common::*;
use ndarray::{Array1, ArrayView1, Axis, array};
use switchnet::analysis::{
    EffectiveMap, Exactness, Pattern, Unit, effective_map, effective_maps, effective_row, neurons,
    switch_statistics,
};
use switchnet::layer::*;
use switchnet::net::{Graph, NodeSpec, zoo};
use switchnet::transform::{Hadamard, Transform};
use switchnet::{Matrix, Scalar};

type Boxed<T> = Box<dyn Layer<T>>;

fn chain<T: Scalar>(layers: Vec<Boxed<T>>) -> Graph<T> {
    Graph::chain(layers).unwrap()
}

fn hadamard<T: Scalar>(n: usize) -> Boxed<T> {
    Box::new(FixedTransform::new(Hadamard::new(n).unwrap()))
}

/// One random row.
fn row<T: Scalar>(n: usize, seed: u64) -> Array1<T> {
    random(1, n, seed).index_axis_move(Axis(0), 0)
}

fn at<T: Scalar>(net: &dyn Layer<T>, x: &Array1<T>) -> EffectiveMap<T> {
    effective_map(net, x.view())
}

/// The residual that the law allows: what the roundings of a dozen layers leave.
fn residual<T: Scalar>() -> f64 {
    if T::NAME == "f64" { 1e-14 } else { 4e-6 }
}

fn dot<T: Scalar>(a: ArrayView1<'_, T>, x: &Array1<T>) -> f64 {
    a.iter().zip(x).map(|(a, x)| a.double() * x.double()).sum()
}

fn a_x_plus_c_is_the_output<T: Scalar>() {
    for (name, net) in everything::<T>() {
        for seed in 0..5 {
            let x = row::<T>(net.inputs(), 50 + seed);
            let map = at(net.as_ref(), &x);
            assert_eq!(map.a.dim(), (net.outputs(), net.inputs()), "{name}");
            assert_eq!((map.c.len(), &map.x), (net.outputs(), &x), "{name}");
            let y = net.forward(x.clone().insert_axis(Axis(0)));
            assert_eq!(bits(&map.y), bits(&y), "{name}: y is the forward pass");

            // The residual again, from its definition.
            let ax: Vec<f64> = map.a.rows().into_iter().map(|a| dot(a, &x)).collect();
            let parts = ax.iter().zip(&map.c).zip(&map.y);
            let errors: Vec<f64> = parts.map(|((ax, c), y)| ax + c.double() - y.double()).collect();
            let (error, scale) = (norm(&errors), norm(&ax) + norm(&map.c));
            // Both are sums of the same terms in double precision.
            let close = |a: f64, b: f64| (a - b).abs() <= 1e-12 * scale;
            assert!(close(map.residual.absolute, error), "{name}: {:?}", map.residual);
            let relative = if scale > 0.0 { error / scale } else { error };
            assert!((map.residual.relative - relative).abs() <= 1e-12, "{name}");
            assert!(relative <= residual::<T>(), "{name}: residual {relative:e}");
        }
    }
}

fn exactness_is_said<T: Scalar>() {
    for (name, net) in everything::<T>() {
        let smooth = ["sigmoid", "tanh", "elu", "rms-norm", "softmax", "smooth"];
        let expected =
            if smooth.contains(&name.as_str()) { Exactness::Tangent } else { Exactness::Exact };
        assert_eq!(Exactness::of(net.as_ref()), expected, "{name}");
        let x = row::<T>(net.inputs(), 60);
        assert_eq!(at(net.as_ref(), &x).exactness, expected, "{name}");
        assert_eq!(effective_row(net.as_ref(), x.view(), 0).exactness, expected, "{name}");
    }
}

fn a_row_is_a_row_of_the_map<T: Scalar>() {
    for (name, net) in everything::<T>() {
        let x = row::<T>(net.inputs(), 61);
        let map = at(net.as_ref(), &x);
        for output in [0, net.outputs() / 2, net.outputs() - 1] {
            let one = effective_row(net.as_ref(), x.view(), output);
            assert_eq!(one.output, output);
            assert_eq!(one.y, map.y[output], "{name}");
            assert_eq!(one.c, map.c[output], "{name}");
            // One row pulled and many, or columns pushed: the same products in another order.
            let gap = norm((&one.a - &map.a.row(output)).iter());
            assert!(gap <= 64.0 * eps::<T>() * norm(&map.a).max(1.0), "{name}: {gap:e}");
            let (sum, c, y) = (dot(one.a.view(), &x), one.c.double(), one.y.double());
            let expected = (sum + c - y).abs();
            assert!((one.residual.absolute - expected).abs() <= 1e-12 * (sum.abs() + c.abs()));
        }
    }
}

fn many_maps_are_each_its_own<T: Scalar>() {
    let net = zoo::switch_net(&[16], 3, 1).build::<T>().unwrap();
    let x = random::<T>(7, 16, 62);
    let maps = effective_maps(&net, x.view());
    assert_eq!(maps.len(), 7);
    for (map, x) in maps.iter().zip(x.rows()) {
        assert_eq!(*map, effective_map(&net, x));
    }
}

/// |Ĥx|₁ as a net: the sum of two-slope switches with slopes 1 and −1 behind a Hadamard transform.
fn sum_of_absolute_values<T: Scalar>(n: usize) -> Graph<T> {
    let one = Array1::<T>::ones(n);
    chain(vec![
        hadamard(n),
        Box::new(Switch::two_slope(one.clone(), -one)),
        Box::new(Dense::new(Matrix::ones((1, n)), None)),
    ])
}

fn the_sum_of_absolute_values_has_its_signs_transformed<T: Scalar>() {
    let n = 16;
    let net = sum_of_absolute_values::<T>(n);
    for seed in 0..10 {
        let x = row::<T>(n, 70 + seed);
        let map = at(&net, &x);
        let z = naive_hadamard(n).dot(&x.mapv(|v| v.double()));
        let expected = z.mapv(f64::signum).dot(&naive_hadamard(n));
        let gap = norm((&map.a.row(0).mapv(|v| v.double()) - &expected).iter());
        // Each entry is a sum of n terms of size 1/√n.
        assert!(gap <= 4.0 * n as f64 * eps::<T>(), "{gap:e}");
        assert!(map.c[0] == T::zero(), "there is no bias anywhere");
        assert!((map.y[0].double() - norm_1(&z)).abs() <= 4.0 * n as f64 * eps::<T>());
    }
    // x = Ĥs throws the switches to s, so that all 2ⁿ patterns can be had.
    let n = 8;
    let net = sum_of_absolute_values::<T>(n);
    let mut x = Matrix::from_shape_fn((1 << n, n), |(s, i)| {
        T::of(if s >> i & 1 == 1 { 1.0 } else { -1.0 })
    });
    Hadamard::new(n).unwrap().apply(x.as_slice_mut().unwrap());
    let statistics = switch_statistics(&net, x.view()).unwrap();
    assert_eq!((statistics.patterns, statistics.inputs), (1 << n, 1 << n));
    for (s, x) in x.rows().into_iter().enumerate() {
        let open = &effective_map(&net, x).pattern.open[0];
        assert!(open.iter().enumerate().all(|(i, &open)| open == (s >> i & 1 == 1)), "{s:b}");
    }
}

fn norm_1(z: &Array1<f64>) -> f64 {
    z.iter().map(|z| z.abs()).sum()
}

/// S·D·Ĥ: the rows of A are orthogonal and as long as |d_i| where open, zero elsewhere.
fn one_block_has_its_scales_as_singular_values<T: Scalar>() {
    let n = 32;
    let d = row::<T>(n, 80);
    let net = chain::<T>(vec![
        hadamard(n),
        Box::new(Diagonal::new(Some(d.clone()), None)),
        Box::new(Switch::relu(n)),
    ]);
    let map = at(&net, &row(n, 81));
    let squares = map.a.dot(&map.a.t());
    let mut open_count = 0;
    for ((i, j), v) in squares.indexed_iter() {
        let open = map.pattern.open[0][i];
        let expected = if i == j && open { d[i].double().powi(2) } else { 0.0 };
        assert!((v.double() - expected).abs() <= 16.0 * eps::<T>(), "[{i}, {j}]");
        open_count += usize::from(i == j && open);
    }
    assert_eq!(map.pattern.open_count(), open_count);
    assert!(0 < open_count && open_count < n, "both sides are seen");
    assert_eq!((map.pattern.len(), map.pattern.is_empty()), (n, false));
}

/// ‖A‖_F² = (Σ_{S2} d₂²)(Σ_{S1} d₁²)/n for two blocks.
fn two_blocks_have_the_product_of_their_energies<T: Scalar>() {
    let n = 32;
    let (d1, d2) = (row::<T>(n, 82), row::<T>(n, 83));
    let block = |d: &Array1<T>| -> [Boxed<T>; 3] {
        let scale = Diagonal::new(Some(d.clone()), None);
        [hadamard(n), Box::new(scale), Box::new(Switch::relu(n))]
    };
    let net = chain::<T>(block(&d1).into_iter().chain(block(&d2)).collect());
    let map = at(&net, &row(n, 84));
    let energy = |d: &Array1<T>, open: &[bool]| -> f64 {
        d.iter().zip(open).filter(|(_, open)| **open).map(|(d, _)| d.double().powi(2)).sum()
    };
    let open = &map.pattern.open;
    let expected = energy(&d2, &open[1]) * energy(&d1, &open[0]) / n as f64;
    let found = norm(&map.a).powi(2);
    assert!((found - expected).abs() <= 32.0 * eps::<T>() * expected, "{found} {expected}");
}

fn slopes_of_one_and_minus_one_keep_every_length<T: Scalar>() {
    let (n, depth) = (16, 4);
    let sign = |seed: u64| row::<T>(n, seed).mapv(|v| T::of(v.double().signum()));
    let blocks = (0..depth).flat_map(|layer| -> [Boxed<T>; 2] {
        [hadamard(n), Box::new(Switch::two_slope(sign(2 * layer), sign(2 * layer + 1)))]
    });
    let map = at(&chain(blocks.collect()), &row(n, 85));
    let product = map.a.t().dot(&map.a);
    // depth · log2 n roundings of numbers of size 1, and a sum of n.
    assert!(distance(&product, &Matrix::eye(n)) <= 64.0 * eps::<T>(), "A is not orthogonal");
}

fn open_switches_leave_the_transforms<T: Scalar>() {
    let n = 8;
    for depth in 1..=4 {
        // A bias that opens every switch; it takes no part in A.
        let blocks = (0..depth).flat_map(|_| -> [Boxed<T>; 3] {
            let bias = Diagonal::new(None, Some(Array1::from_elem(n, T::of(100.0))));
            [hadamard(n), Box::new(bias), Box::new(Switch::relu(n))]
        });
        let map = at(&chain(blocks.collect()), &row(n, 86));
        assert_eq!(map.pattern.open_count(), map.pattern.len());
        let expected = if depth % 2 == 0 { Matrix::eye(n) } else { naive_hadamard(n) };
        let gap = distance(&map.a, &expected.mapv(T::of));
        assert!(gap <= 16.0 * eps::<T>(), "depth {depth}: {gap:e}");
    }
}

fn without_biases_there_is_no_constant<T: Scalar>() {
    let spec = r#"{"input": [12], "seed": 3, "layers": [
        {"kind": "pad", "width": 16}, {"kind": "mix", "transform": "signs"},
        {"kind": "mix", "transform": "hadamard"}, {"kind": "two-slope", "open": {"normal": 1.0}},
        {"kind": "mix", "transform": "hadamard"}, {"kind": "relu"},
        {"kind": "dense", "outputs": 3, "bias": false}]}"#;
    let spec: switchnet::net::Spec = serde_json::from_str(spec).unwrap();
    let net = spec.build::<T>().unwrap();
    let x = row::<T>(12, 87);
    let map = at(&net, &x);
    assert!(map.c.iter().all(|&c| c == T::zero()));
    // Along the open ray from 0 nothing flips. Powers of two scale without rounding.
    for scale in [0.125, 0.5, 2.0, 1024.0] {
        let other = at(&net, &x.mapv(|v| v * T::of(scale)));
        assert_eq!((&other.pattern, &other.a), (&map.pattern, &map.a), "scale {scale}");
    }
    // At 0 itself each unit of both layers of switches is on the boundary, and is listed.
    let zero = at(&net, &Array1::zeros(12));
    assert_eq!((zero.pattern.boundary.len(), zero.pattern.open_count()), (32, 0));
    assert_eq!(zero.pattern.boundary[17], Unit { layer: 1, unit: 1 });
    assert!(map.pattern.boundary.is_empty());
}

/// Lines through the origin cut the plane into two sectors each.
fn lines_through_the_origin_cut_two_sectors_each<T: Scalar>() {
    for lines in [1, 3, 8] {
        let net = chain::<T>(vec![
            Box::new(Dense::new(random(lines, 2, 88), None)),
            Box::new(Switch::relu(lines)),
        ]);
        let around = Matrix::from_shape_fn((20_000, 2), |(i, j)| {
            let (sine, cosine) = (i as f64 * std::f64::consts::TAU / 20_000.0).sin_cos();
            T::of([cosine, sine][j])
        });
        assert_eq!(switch_statistics(&net, around.view()).unwrap().patterns, 2 * lines);
    }
}

/// relu(x) − relu(−x) = x: two patterns, one linear piece.
fn two_patterns_may_be_one_piece<T: Scalar>() {
    let net = chain::<T>(vec![
        Box::new(Crelu::new(1)),
        Box::new(Dense::new(array![[T::one(), -T::one()]], None)),
    ]);
    let (left, right) = (at(&net, &array![T::of(-2.0)]), at(&net, &array![T::of(3.0)]));
    assert_eq!((&left.a, &left.c), (&right.a, &right.c));
    assert_eq!(left.a, array![[T::one()]]);
    assert_eq!(left.pattern.distance(&right.pattern), 1);
    assert_ne!(left.pattern.hash(), right.pattern.hash());
    assert_eq!(left.pattern.hash(), at(&net, &array![T::of(-7.0)]).pattern.hash());
}

/// L tents h = 2·relu(x) − 4·relu(x − ½): 2^L pieces on [0, 1] with slopes ±2^L. All numbers are
/// multiples of small powers of two, so nothing rounds and every equality is exact.
fn tents_fold_the_line<T: Scalar>() {
    let depth = 6;
    let pieces = 1 << depth;
    let tent = || -> [Boxed<T>; 3] {
        let (rise, fall) = (T::of(2.0), T::of(-4.0));
        let shift = Some(array![T::zero(), T::of(-0.5)]);
        [
            Box::new(Dense::new(Matrix::ones((2, 1)), shift)),
            Box::new(Switch::relu(2)),
            Box::new(Dense::new(array![[rise, fall]], None)),
        ]
    };
    let net = chain::<T>((0..depth).flat_map(|_| tent()).collect());
    // Eight points inside each piece, none on a breakpoint.
    let x = Matrix::from_shape_fn((8 * pieces, 1), |(i, _)| {
        T::of((i as f64 + 0.5) / (8 * pieces) as f64)
    });
    let maps = effective_maps(&net, x.view());
    for (piece, maps) in maps.chunks(8).enumerate() {
        let slope = if piece % 2 == 0 { pieces as f64 } else { -(pieces as f64) };
        for map in maps {
            assert_eq!(map.a[[0, 0]].double(), slope, "piece {piece}");
            assert_eq!(map.pattern.hash(), maps[0].pattern.hash(), "piece {piece}");
            assert_eq!(map.residual.absolute, 0.0);
        }
    }
    assert!(maps.windows(2).all(|m| (m[0].a == m[1].a) == (m[0].pattern == m[1].pattern)));
    assert_eq!(switch_statistics(&net, x.view()).unwrap().patterns, pieces);
    // The middle of a linear piece is its mean, so the sum over points is the integral.
    let mean = maps.iter().map(|map| map.y[0].double()).sum::<f64>() / maps.len() as f64;
    assert_eq!(mean, 0.5);
    // At a breakpoint one unit is exactly zero.
    assert_eq!(at(&net, &array![T::of(0.5)]).pattern.boundary[0], Unit { layer: 0, unit: 1 });
}

fn units_at_zero_are_listed<T: Scalar>() {
    let padded = chain::<T>(vec![
        Box::new(Reshape::pad(2, 4).unwrap()),
        Box::new(Switch::two_slope(row(4, 1), row(4, 2))),
    ]);
    let pattern = at(&padded, &array![T::one(), -T::one()]).pattern;
    assert_eq!(pattern.open, [[true, false, false, false]]);
    assert_eq!(pattern.boundary, [2, 3].map(|unit| Unit { layer: 0, unit }));

    // Ĥ(1, 1) = (√2, 0).
    let canceled = chain::<T>(vec![hadamard(2), Box::new(Crelu::new(2))]);
    let pattern = at(&canceled, &array![T::one(), T::one()]).pattern;
    assert_eq!(pattern.boundary, [Unit { layer: 0, unit: 1 }]);
}

/// The values of a max-pool's choices are leads of the winner over each rival of the window.
fn ties_of_a_pool_are_listed<T: Scalar>() {
    let pool = MaxPool::new([1, 2, 4], 2).unwrap();
    // Windows (1, 5, 3, 5) and (7, 2, 2, 0): the first has a tie, the second does not.
    let x = [1.0, 5.0, 7.0, 2.0, 3.0, 5.0, 2.0, 0.0].map(T::of);
    let map = effective_map::<T>(&pool, ArrayView1::from(&x));
    assert_eq!(double(&map.y), [5.0, 7.0]);
    let tied = [1, 3].map(|unit| Unit { layer: 0, unit });
    assert_eq!(map.pattern.boundary, tied);
    // Candidates are counted window by window.
    let open: Vec<usize> = (0..8).filter(|&i| map.pattern.open[0][i]).collect();
    assert_eq!(open, [4]);
    let connected: Vec<_> = map.a.indexed_iter().filter(|(_, a)| !a.is_zero()).collect();
    assert_eq!(connected, [((0, 1), &T::one()), ((1, 2), &T::one())], "the first of equal ones");
    let (_, record) = pool.linearize(Matrix::from_shape_vec((1, 8), x.to_vec()).unwrap());
    record.decisions(&mut |decisions| {
        assert_eq!(double(decisions.values), [4.0, 2.0, 0.0, 5.0, 5.0, 7.0]);
        let kind = DecisionKind::Choice { candidates: &[4, 4], winners: &[1, 0] };
        assert_eq!(decisions.kind, kind);
    });
}

/// At (0, log 3) the probabilities are ¼ and ¾, and the tangent is 3/16 times (1, −1; −1, 1). Numbers that
/// are far apart leave one and zeros, with a flat tangent.
fn a_softmax_by_hand<T: Scalar>() {
    let far = 1e30;
    for (x, y, slope) in [
        ([0.0, 3_f64.ln()], [0.25, 0.75], 0.1875),
        ([1000.0, 1000.0], [0.5, 0.5], 0.25),
        ([far, -far], [1.0, 0.0], 0.0),
    ] {
        let map = at(&Softmax::new(2), &Array1::from_iter(x.map(T::of)));
        let gap = |found: T, expected: f64| (found.double() - expected).abs();
        // An exponential, a sum, a division and two products of numbers below one.
        let bound = 8.0 * eps::<T>();
        for (i, expected) in y.into_iter().enumerate() {
            assert!(gap(map.y[i], expected) <= bound, "{x:?}: {}", map.y);
            for (j, sign) in [(i, 1.0), (1 - i, -1.0)] {
                assert!(gap(map.a[[i, j]], sign * slope) <= bound, "{x:?}: {}", map.a);
            }
        }
    }
}

fn neurons_by_hand<T: Scalar>() {
    // y₀ = 3x₀ + 4x₁ + 1 and y₁ = −3x₀ at x = (4, −3), and y₂ = 0.
    let weight = array![[3.0, 4.0], [-3.0, 0.0], [0.0, 0.0]].mapv(T::of);
    let net = Dense::new(weight, Some(array![T::one(), T::zero(), T::zero()]));
    let neurons = neurons(&effective_map(&net, array![T::of(4.0), T::of(-3.0)].view()));
    let list: Vec<_> = neurons.iter().map(|n| (n.output, n.y, n.sum, n.c, n.norm)).collect();
    let expected = [(0, 1.0, 0.0, 1.0, 5.0), (1, -12.0, -12.0, 0.0, 3.0), (2, 0.0, 0.0, 0.0, 0.0)];
    assert_eq!(list, expected);
    let cosines: Vec<f64> = neurons.iter().map(|n| n.cosine).collect();
    assert_eq!(cosines, [0.0, -12.0 / 15.0, 0.0]);
    assert_eq!(neurons[0].angle(), 90.0);
    // arccos(−0.8), from the 3-4-5 triangle.
    assert!((neurons[1].angle() - (180.0 - (3f64 / 4.0).atan().to_degrees())).abs() <= 1e-13);
    let along = switchnet::analysis::Neuron { cosine: 1.0 + 1e-15, ..neurons[0] };
    assert_eq!(along.angle(), 0.0, "rounding beyond 1 is no NaN");
}

fn statistics_by_hand<T: Scalar>() {
    let net = chain::<T>(vec![
        Box::new(Switch::relu(3)),
        Box::new(Diagonal::new(None, Some(Array1::from_elem(3, T::of(-1.5))))),
        Box::new(Switch::relu(3)),
    ]);
    let x = array![[1.0, -1.0, 1.0], [2.0, -2.0, 1.0], [-1.0, -3.0, 1.0], [3.0, 0.0, 2.0]];
    let statistics = switch_statistics(&net, x.mapv(T::of).view()).unwrap();
    let rates: Vec<_> = statistics.layers.iter().map(|layer| layer.on_rate.clone()).collect();
    assert_eq!(rates, [[0.75, 0.0, 1.0], [0.5, 0.0, 0.25]]);
    assert_eq!((statistics.switches(), statistics.inputs), (6, 4));
    assert_eq!((statistics.never_open(), statistics.always_open()), (2, 1));
    assert_eq!(statistics.layers.iter().map(|l| l.never_open()).collect::<Vec<_>>(), [1, 1]);
    assert_eq!(statistics.layers.iter().map(|l| l.always_open()).collect::<Vec<_>>(), [1, 0]);
    assert_eq!(statistics.patterns, 4);
    // Twenty times the same rows, over several chunks: the same rates, no new patterns.
    let many = Matrix::from_shape_fn((80, 3), |(i, j)| T::of(x[[i % 4, j]]));
    let more = switch_statistics(&net, many.view()).unwrap();
    assert_eq!((more.inputs, more.patterns), (80, 4));
    assert_eq!(more.layers, statistics.layers);
}

in_both_precisions!(
    a_x_plus_c_is_the_output,
    exactness_is_said,
    a_row_is_a_row_of_the_map,
    many_maps_are_each_its_own,
    the_sum_of_absolute_values_has_its_signs_transformed,
    one_block_has_its_scales_as_singular_values,
    two_blocks_have_the_product_of_their_energies,
    slopes_of_one_and_minus_one_keep_every_length,
    open_switches_leave_the_transforms,
    without_biases_there_is_no_constant,
    lines_through_the_origin_cut_two_sectors_each,
    two_patterns_may_be_one_piece,
    tents_fold_the_line,
    units_at_zero_are_listed,
    ties_of_a_pool_are_listed,
    a_softmax_by_hand,
    neurons_by_hand,
    statistics_by_hand,
);

/// Every piecewise linear net against dense matrices that share no code with it.
#[test]
fn the_map_is_the_product_of_the_layers_written_out() {
    let mut compared = 0;
    for (name, net) in every_net::<f64>() {
        if !net.signature().regularity.is_piecewise_linear() {
            continue;
        }
        for seed in 0..3 {
            let x = row(net.inputs(), 90 + seed);
            let map = at(&net, &x);
            let (a, c) = map_by_hand(&net, &x);
            // Two ways through a dozen layers with sums of up to a hundred terms.
            let bound = 2e-14 * (norm(&a) + norm(&c)).max(1.0);
            assert!(distance(&map.a, &a) <= bound, "{name}: A, {:e}", distance(&map.a, &a));
            assert!(norm((&map.c - &c).iter()) <= bound, "{name}: c");
            compared += 1;
        }
    }
    assert!(compared >= 3 * 9, "the list of nets has lost its piecewise linear ones");
    // Among them are all kinds of switches, so no case of the oracle is there for nothing.
    let kinds = |layers: &[NodeSpec]| layers.iter().map(NodeSpec::kind).collect::<Vec<_>>();
    let all: Vec<_> = every_spec().iter().flat_map(|(_, spec)| kinds(&spec.layers)).collect();
    let switches = ["relu", "prelu", "two-slope", "block-switch", "detached", "crelu", "max-pool"];
    for kind in switches.into_iter().chain(["average-pool", "residual"]) {
        assert!(all.contains(&kind), "{kind}");
    }
}

/// Where one switch flips, A jumps by a matrix of rank one that vanishes at the breakpoint.
#[test]
fn across_a_boundary_the_map_jumps_by_rank_one() {
    let (name, net) = every_net::<f64>().into_iter().find(|(name, _)| name == "MLP").unwrap();
    let (from, to) = (row::<f64>(net.inputs(), 95), row::<f64>(net.inputs(), 96));
    let between = |t: f64| &from * (1.0 - t) + &to * t;
    let pattern = |t: f64| -> Pattern { at(&net, &between(t)).pattern };
    // Bisection for the first flip, down to neighboring steps of 2^-50.
    let (mut low, mut high) = (0.0, 1.0);
    let start = pattern(low);
    assert!(start.distance(&pattern(high)) > 0, "{name}: choose another end");
    for _ in 0..50 {
        let middle = 0.5 * (low + high);
        *(if pattern(middle).open == start.open { &mut low } else { &mut high }) = middle;
    }
    assert_eq!(start.distance(&pattern(high)), 1, "{name}: choose another line");
    let (before, after) = (at(&net, &between(low)), at(&net, &between(high)));
    let (jump, shift) = (&after.a - &before.a, &after.c - &before.c);
    let size = norm(&jump);
    assert!(size > 1e-3, "no jump, so nothing is tested");
    // All minors of two rows and two columns vanish.
    for i in 1..jump.nrows() {
        for j in 1..jump.ncols() {
            let minor = jump[[0, 0]] * jump[[i, j]] - jump[[0, j]] * jump[[i, 0]];
            assert!(minor.abs() <= 1e-13 * size * size, "[{i}, {j}]: {minor:e}");
        }
    }
    let there = jump.dot(&between(high)) + shift;
    assert!(norm(&there) <= 1e-13 * size * norm(&from), "the output jumps: {:e}", norm(&there));
}

/// Noise of deviation σ on every input is noise of deviation σ‖a‖ on an output, inside a region.
#[test]
fn the_norm_is_the_gain_for_noise() {
    let net = zoo::switch_net(&[16], 3, 5).build::<f64>().unwrap();
    let x = row(16, 97);
    let map = at(&net, &x);
    let (samples, sigma) = (8000, 1e-6);
    // Uniform noise on [−√3, √3] has deviation 1.
    let noise = random::<f64>(samples, 16, 98) * (3f64.sqrt() * sigma);
    let noisy = &noise + &x;
    for row in noisy.rows().into_iter().step_by(100) {
        assert_eq!(effective_map(&net, row).pattern, map.pattern, "the noise left the region");
    }
    let y = net.forward(noisy) - &map.y;
    for (neuron, y) in neurons(&map).iter().zip(y.columns()) {
        let measured = (y.iter().map(|y| y * y).sum::<f64>() / samples as f64).sqrt() / sigma;
        // The deviation of a sampled deviation is at most 1/√(2N) of it for a sum of uniform
        // numbers, whose tails are lighter than normal ones. Five of them.
        let error = 5.0 / (2.0 * samples as f64).sqrt();
        assert!((measured / neuron.norm - 1.0).abs() <= error, "{measured} {}", neuron.norm);
    }
}

#[test]
fn a_missing_output_or_input_panics() {
    let net = zoo::mlp(&[4], &[5], 3, 1).build::<f64>().unwrap();
    panic_message(|| drop(effective_row(&net, row(4, 1).view(), 3)));
    let message = panic_message(|| drop(effective_map(&net, row(5, 1).view())));
    assert!(message.contains('4') && message.contains('5'), "{message}");
    let message = switch_statistics(&net, Matrix::zeros((0, 4)).view()).unwrap_err().to_string();
    assert!(message.contains("at least 1"), "{message}");
}
