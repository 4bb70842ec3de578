//! Structured matrices against matrices that are written out from the formulas, their counts, and their starts.

mod written;

use crate::common::*;
use switchnet::layer::*;
use switchnet::net::zoo::{Structured, StructuredMatrix};
use switchnet::net::{Net, Spec};
use switchnet::random::generator;
use switchnet::{Matrix, Scalar};
use written::{Numbers, Written, chain, formula, repeated, shuffle};

/// The net of a matrix and nothing else, with parameters that leave nothing out.
fn net_of<T: Scalar>(matrix: &StructuredMatrix, n: usize) -> Net<T> {
    let layers = matrix.layers(n, "m").unwrap();
    Spec { input: vec![n], seed: 41, layers }.build().unwrap()
}

/// The matrix that a net without switches is.
fn dense_of<T: Scalar>(net: &Net<T>) -> Written {
    let (_, map) = net.linearize(Matrix::zeros((1, net.inputs())));
    map.push(Matrix::eye(net.inputs())).t().mapv(|v| v.double())
}

fn matrices_are_their_formulas<T: Scalar>() {
    use StructuredMatrix::*;
    let n = 16;
    let mut found = 0;
    let more = [Acdc { factors: 1 }, DiagonalCirculant { factors: 1 }];
    for matrix in every_matrix().into_iter().chain(more) {
        let mut net = net_of::<T>(&matrix, n);
        randomize(&mut net, 7);
        let Some(expected) = formula(&matrix, n, &Numbers::of(&net)) else { continue };
        found += 1;
        // A dozen factors of sums of up to 16 terms.
        let gap = distance(&dense_of(&net), &expected);
        let bound = 64.0 * eps::<T>() * norm(&expected);
        assert!(gap <= bound, "{matrix:?}: {gap:e} > {bound:e}");
    }
    assert_eq!(found, every_matrix().len() - 2, "all but the two with switches");
}

/// `G Fᵀ x + H σ H σ H x`.
fn a_switch_net_beside_low_rank_is_their_sum<T: Scalar>() {
    let n = 16;
    let matrix = StructuredMatrix::LowRankSwitch { rank: 2, depth: 2 };
    let mut net = net_of::<T>(&matrix, n);
    randomize(&mut net, 8);
    let p = Numbers::of(&net);
    let low = chain(&[p.blocks("1.weight", 2, n), p.blocks("m-term-0.weight", n, 2)]);
    let x = random::<T>(3, n, 46);
    let y = net.forward(x.clone());
    for (x, y) in x.mapv(|v| v.double()).rows().into_iter().zip(y.rows()) {
        let mut through = naive_hadamard(n).dot(&x);
        for name in ["4", "6"] {
            let [open, closed] = ["open", "closed"].map(|side| p.get(&format!("{name}.{side}")));
            through.iter_mut().enumerate().for_each(|(i, v)| {
                *v *= if *v > 0.0 { open[i] } else { closed[i] };
            });
            through = naive_hadamard(n).dot(&through);
        }
        let expected = low.dot(&x) + through;
        let gap = (&expected - &y.mapv(|v| v.double())).mapv(|v| v * v).sum().sqrt();
        let size = expected.mapv(|v| v * v).sum().sqrt();
        assert!(gap <= 64.0 * eps::<T>() * (1.0 + size), "{gap:e}");
    }
}

/// Rotations stay rotations: norms are kept, whatever the parameters are, and a quarter turn is one.
fn orthogonal_kinds_stay_orthogonal<T: Scalar>() {
    use StructuredMatrix::*;
    for matrix in [
        OrthogonalButterfly { radix: 2 },
        OrthogonalButterfly { radix: 4 },
        OrthogonalButterfly { radix: 8 },
        OrthogonalGroupShuffle { block: 16, layers: 2 },
    ] {
        let mut net = net_of::<T>(&matrix, 64);
        for seed in 0..3 {
            randomize(&mut net, 9 + seed);
            let dense = dense_of(&net);
            let gap = distance(&dense.t().dot(&dense), &Written::eye(64));
            assert!(gap < 200.0 * eps::<T>(), "{matrix:?}: {gap:e}");
        }
    }
    let far = OrthogonalBlocks::new(ndarray::Array3::from_elem((1, 1, 1), T::of(1e12)), 2).unwrap();
    let x = random::<T>(1, 2, 47);
    let y = far.forward(x.clone());
    assert!(x.iter().zip(&y).all(|(&x, &y)| (x + y).double().abs() < 1e-6), "nearly turned round");
}

/// `H σ_t(D H x) + x`, with `σ_t` from its other formula.
fn soft_thresholds_are_their_formula<T: Scalar>() {
    let n = 16;
    let net = net_of::<T>(&StructuredMatrix::SoftHadamard {}, n);
    let (p, h) = (Numbers::of(&net), naive_hadamard(n));
    let threshold = p.get("3.threshold");
    assert!(threshold.iter().all(|&t| (0.0..0.1).contains(&t)), "they start positive");
    let x = random::<T>(5, n, 42);
    let y = net.forward(x.clone());
    let mut stopped = 0;
    for (x, y) in x.rows().into_iter().zip(y.rows()) {
        let x = x.mapv(|v| v.double());
        let mut z = p.diagonal("2.scale").dot(&h).dot(&x);
        for (z, &t) in z.iter_mut().zip(threshold) {
            stopped += usize::from(z.abs() <= t);
            *z = z.signum() * (z.abs() - t).max(0.0);
        }
        let gap = norm(&(h.dot(&z) + x - y.mapv(|v| v.double())));
        assert!(gap <= 32.0 * eps::<T>() * norm(y), "{gap:e}");
    }
    assert!((5..75).contains(&stopped), "{stopped} of 80 are stopped");
}

/// Below zero a threshold lets all through, and twice what lies between.
fn a_negative_threshold_stays_continuous<T: Scalar>() {
    let layer = SoftThreshold::new(ndarray::arr1(&[T::of(-1.0)]));
    let at = |x: f64| layer.forward(Matrix::from_elem((1, 1), T::of(x)))[[0, 0]].double();
    assert_eq!([at(0.25), at(-0.25), at(1.0), at(3.0), at(-3.0)], [0.5, -0.5, 2.0, 4.0, -4.0]);
}

/// Each number has two switches, at its threshold and at the negative of it, and both are shown with their rates.
fn thresholds_are_two_switches<T: Scalar>() {
    let layer = SoftThreshold::new(ndarray::arr1(&[T::one(), T::of(0.5)]));
    let row = |values: [f64; 2]| Matrix::from_shape_fn((1, 2), |(_, i)| T::of(values[i]));
    let (_, map) = layer.linearize(row([3.0, -0.75]));
    let mut seen = Vec::new();
    let dy = map.jvp(
        row([10.0, 100.0]),
        Some(&mut |d: Decisions<'_, T>| {
            assert_eq!(d.kind, DecisionKind::Sign);
            seen.push((double(d.values), double(d.rates)));
        }),
    );
    assert_eq!(seen, [(vec![2.0, -1.25, -4.0, 0.25], vec![10.0, 100.0, -10.0, -100.0])]);
    assert_eq!(double(&dy), [10.0, 100.0], "one of the two is open in each");
    let mut grad = [T::zero(); 2];
    map.pull(row([1.0, 1.0]), &mut grad);
    assert_eq!(double(&grad), [-1.0, 1.0], "what is above comes down, what is below up");
}

in_both_precisions!(
    matrices_are_their_formulas,
    a_switch_net_beside_low_rank_is_their_sum,
    orthogonal_kinds_stay_orthogonal,
    soft_thresholds_are_their_formula,
    thresholds_are_two_switches,
    a_negative_threshold_stays_continuous,
);

/// Parameters and multiply-adds of `n = 1024`, as the papers count them. A Fourier transform counts 2.5·n·log2 n.
#[test]
fn matrices_cost_what_their_formulas_say() {
    use StructuredMatrix::*;
    let (n, log) = (1024, 10);
    let (hadamard, hartley, dct) = (n * log, 25 * n, 27 * n);
    let double = 2 * n * 11 * 5 / 2; // a Hartley transform of 2n
    for (matrix, parameters, multiply_adds) in [
        (Dense {}, n * n, n * n),
        (Monarch { block: None }, 2 * n * 32, 2 * n * 32),
        (BlockTensorTrain { rank: 3, block: None }, 6 * n * 32, 6 * n * 32),
        (Butterfly { radix: 2, shared: false }, 2 * n * log, 2 * n * log),
        (Butterfly { radix: 4, shared: false }, 4 * n * 5, 4 * n * 5),
        (Butterfly { radix: 2, shared: true }, 4 * (n - 1), 2 * n * log),
        (BitReversedButterfly { factors: 2, shared: true }, 8 * (n - 1), 4 * n * log),
        (Kaleidoscope {}, 4 * n * log, 4 * n * log),
        (BlockButterfly { block: 16 }, 32 * n * 6, 32 * n * 6),
        (Chain { factors: vec![[4, 2, 512], [2, 4, 512]] }, 4 * n * 2, 4 * n * 2),
        (GroupShuffle { block: 32, layers: 2 }, 2 * n * 32, 2 * n * 32),
        (OrthogonalButterfly { radix: 2 }, n / 2 * log, 2 * n * log),
        (OrthogonalGroupShuffle { block: 32, layers: 2 }, n * 31, 2 * n * 32),
        (Blast { blocks: 16, rank: 4 }, 8 * n + 1024, 8 * n + 1024),
        (PermutedBlocks { block: 8 }, n * 8, n * 8),
        (Kronecker { side: None }, 2 * n, 2 * n * 32),
        (LowRank { rank: 4 }, 8 * n, 8 * n),
        (LowRankDiagonal { rank: 4 }, 9 * n, 8 * n + n + n), // the sum is a third n
        (LowRankSwitch { rank: 4, depth: 2 }, 12 * n, 8 * n + 2 * n + 3 * hadamard + n),
        (Acdc { factors: 1 }, 2 * n, 2 * n + 2 * dct),
        (Fastfood {}, 3 * n, 3 * n + 2 * hadamard),
        (Spinner { factors: 3, learned: true }, 3 * n, 3 * (n + hadamard)),
        (Spinner { factors: 3, learned: false }, 0, 3 * (n + hadamard)),
        (Circulant {}, n, n + 2 * hartley + 2 * n),
        (DiagonalCirculant { factors: 1 }, 2 * n, 2 * hartley + 3 * n),
        (Toeplitz {}, 2 * n, 2 * double + 4 * n),
        (ToeplitzLike { rank: 4 }, 8 * n, 8 * (2 * double + 4 * n) + 3 * n),
        (SoftHadamard {}, 2 * n, 2 * hadamard + n + 2 * n + n),
    ] {
        let layers = matrix.layers(n, "m").unwrap();
        let size = Spec { input: vec![n], seed: 1, layers }.size().unwrap();
        assert_eq!(
            (size.parameters, size.multiply_adds),
            (parameters, multiply_adds),
            "{matrix:?}"
        );
    }
    // Transforms of blocks of 16 numbers are products with a matrix.
    let layers = BlockCirculant { block: 16 }.layers(64, "m").unwrap();
    let size = Spec { input: vec![64], seed: 1, layers }.size().unwrap();
    assert_eq!((size.parameters, size.multiply_adds), (64 * 4, 8 * 256 + 2 * 64 * 4));
}

/// Matrices that are said to start orthogonal do, in every width of blocks.
#[test]
fn orthogonal_matrices_start_orthogonal() {
    use StructuredMatrix::*;
    for matrix in [
        Butterfly { radix: 2, shared: false },
        Butterfly { radix: 8, shared: true },
        Kaleidoscope {},
        BlockButterfly { block: 4 },
        GroupShuffle { block: 16, layers: 3 },
        OrthogonalButterfly { radix: 2 },
        OrthogonalGroupShuffle { block: 16, layers: 3 },
        Spinner { factors: 3, learned: true },
        Acdc { factors: 1 },
    ] {
        let dense = dense_of(&net_of::<f64>(&matrix, 64));
        let gap = distance(&dense.t().dot(&dense), &Written::eye(64));
        assert!(gap < 1e-12, "{matrix:?}: {gap:e}");
    }
}

/// What keeps norms on average does: over many draws the mean of ‖y‖² is that of ‖x‖², or the part of it that is said.
#[test]
fn starts_keep_norms() {
    use StructuredMatrix::*;
    let n = 64;
    for (matrix, expected) in [
        (Dense {}, 2.0),                                        // He's, for a ReLU behind
        (Monarch { block: None }, 1.0 / 9.0), // a uniform start has a third of the variance
        (BlockTensorTrain { rank: 2, block: None }, 1.0 / 2.0), // the second core narrows by its rank
        (PermutedBlocks { block: 4 }, 1.0),
        (Kronecker { side: None }, 1.0),
        (LowRank { rank: 8 }, 1.0),
        (LowRankDiagonal { rank: 8 }, 2.0),
        (Fastfood {}, 1.0),
        (Circulant {}, 1.0),
        (DiagonalCirculant { factors: 2 }, 0.5), // a ReLU between
        (BlockCirculant { block: 8 }, 1.0),
        (Toeplitz {}, 1.0),
    ] {
        let draws = 200;
        let mut mean = 0.0;
        for seed in 0..draws {
            let layers = matrix.layers(n, "m").unwrap();
            let net = Spec { input: vec![n], seed, layers }.build::<f64>().unwrap();
            let x = random::<f64>(1, n, 900 + seed);
            mean += (norm(&net.forward(x.clone())) / norm(&x)).powi(2) / draws as f64;
        }
        // The widest of them has a deviation of about 0.7 a draw, a twentieth in the mean of 200.
        assert!((0.8..1.25).contains(&(mean / expected)), "{matrix:?}: {mean} for {expected}");
    }
}

#[test]
fn matrices_of_other_widths_are_refused_in_a_line() {
    use StructuredMatrix::*;
    for (matrix, n, expected) in [
        (
            Monarch { block: Some(5) },
            16,
            "block of a Monarch matrix: expected a divisor of the width 16, found 5",
        ),
        (
            Butterfly { radix: 2, shared: false },
            12,
            "width of a butterfly: expected a power of the radix 2, found 12",
        ),
        (Butterfly { radix: 1, shared: false }, 16, "expected a power of the radix 1, found 16"),
        (Butterfly { radix: usize::MAX, shared: false }, 16, "width of a butterfly"),
        (Kaleidoscope {}, 48, "width of a butterfly"),
        (BlockButterfly { block: 0 }, 16, "block of a butterfly"),
        (
            GroupShuffle { block: 4, layers: 0 },
            16,
            "layers of a group-and-shuffle matrix: expected at least 1, found 0",
        ),
        (BlockTensorTrain { rank: 0, block: None }, 16, "rank of a tensor train"),
        (BlockTensorTrain { rank: usize::MAX, block: None }, 16, "rank of a tensor train"),
        (LowRank { rank: 0 }, 16, "rank of a matrix: expected at least 1, found 0"),
        (ToeplitzLike { rank: 0 }, 16, "rank of a matrix: expected at least 1, found 0"),
        (
            Spinner { factors: 1 << 20, learned: true },
            16,
            "factors of a spinner: expected at most 16384",
        ),
        (Circulant {}, 1 << 40, "width of a structured matrix"),
    ] {
        let error = matrix.layers(n, "m").unwrap_err().to_string();
        assert!(error.contains(expected) && error.lines().count() == 1, "{error}");
    }
    // What fits no layer is refused by the layer.
    for (layer, expected) in [
        (node(BlockDiagonalConfig::new(0)), "length of a block"),
        (
            node(BlockDiagonalConfig { stride: 3, ..BlockDiagonalConfig::new(4) }),
            "expected a divisor of the width 16",
        ),
        (
            node(BlockDiagonalConfig { stride: usize::MAX, ..BlockDiagonalConfig::new(4) }),
            "length of a block",
        ),
        (
            node(BlockDiagonalConfig { rows: Some(0), ..BlockDiagonalConfig::new(4) }),
            "weight of a block-diagonal",
        ),
        (
            node(BlockDiagonalConfig { rows: Some(usize::MAX), ..BlockDiagonalConfig::new(4) }),
            "weight of a block-diagonal",
        ),
        (node(CirculantConfig { block: Some(3), ..Default::default() }), "length of a block"),
        (
            node(CirculantConfig { outputs: Some(24), ..Default::default() }),
            "outputs of a circulant: expected a multiple of a block of 16, found 24",
        ),
        (
            node(CirculantConfig { taps: Some(17), ..Default::default() }),
            "taps of a circulant: expected 1 to 16, found 17",
        ),
        (
            node(OrthogonalBlocksConfig::new(1)),
            "side of orthogonal blocks: expected at least 2, found 1",
        ),
        (node(OrthogonalBlocksConfig::new(3)), "length of a block"),
        (node(OrthogonalBlocksConfig::new(usize::MAX)), "length of a block"),
        (
            node(CirculantConfig { outputs: Some(1 << 40), ..Default::default() }),
            "spectra of a circulant",
        ),
        (
            node(StrideConfig { stride: 3, ..StrideConfig::default() }),
            "stride: expected a divisor of the 16 numbers that are rearranged, found 3",
        ),
        (node(StrideConfig { stride: 0, ..StrideConfig::default() }), "stride"),
        (
            node(StrideConfig { stride: 2, run: 5, ..StrideConfig::default() }),
            "run: expected a divisor of the 16 numbers that are rearranged, found 5",
        ),
        (
            node(StrideConfig { stride: 8, run: 4, ..StrideConfig::default() }),
            "stride: expected a divisor of the 4 runs that are rearranged, found 8",
        ),
        (node(StrideConfig { block: Some(5), ..StrideConfig::default() }), "length of a block"),
        (
            node(SoftThresholdConfig { threshold: Init::Normal(f64::NAN) }),
            "initial value: expected a finite number, found NaN",
        ),
    ] {
        let spec = Spec { input: vec![16], seed: 1, layers: vec![layer] };
        let error = spec.build::<f32>().unwrap_err().to_string();
        assert!(error.contains(expected) && error.lines().count() == 1, "{error}");
    }
    let narrow = BlockStart::Orthogonal;
    let config =
        BlockDiagonalConfig { rows: Some(2), start: Some(narrow), ..BlockDiagonalConfig::new(4) };
    let error = config.build::<f32>(Shape(&[16]), &mut generator(1, 0)).unwrap_err().to_string();
    assert_eq!(error, "blocks that start orthogonal: expected square ones, found 2×4");
    let reversal = Spec { input: vec![12], seed: 1, layers: vec![node(BitReversalConfig {})] };
    let error = reversal.build::<f32>().unwrap_err().to_string();
    assert!(
        error.contains("length of a bit reversal: expected a power of two, found 12"),
        "{error}"
    );
    let narrow = Structured { width: Some(8), ..Structured::new(StructuredMatrix::Fastfood {}) };
    let error = narrow.spec(&[14], 3, 1).unwrap().build::<f32>().unwrap_err().to_string();
    assert!(error.contains("padded width: expected at least the 14 inputs, found 8"), "{error}");
}

/// Files say a matrix as they say any layer, and what they do not know they refuse.
#[test]
fn matrices_are_said_in_files() {
    for matrix in every_matrix() {
        let net = Structured { bias: false, ..Structured::new(matrix) };
        let text = toml::to_string(&net).unwrap();
        assert_eq!(toml::from_str::<Structured>(&text).unwrap(), net, "{text}");
    }
    let said = |text: &str| toml::from_str::<StructuredMatrix>(text).unwrap_err().to_string();
    assert!(said("kind = \"circulant\"\nblock = 3").contains("unknown field `block`"));
    assert!(said("kind = \"tangled\"").contains("unknown variant `tangled`"));
    let plain: StructuredMatrix = toml::from_str("kind = \"bit-reversed-butterfly\"").unwrap();
    assert_eq!(plain, StructuredMatrix::BitReversedButterfly { factors: 2, shared: true });
}

/// A stride undoes another, and a reversal itself.
#[test]
fn shuffles_are_undone() {
    for (n, block, stride) in [(12, 12, 3), (24, 12, 4), (16, 16, 1), (16, 16, 16), (30, 6, 2)] {
        let there = Gather::stride(n, block, stride, 1).unwrap();
        let back = Gather::stride(n, block, block / stride, 1).unwrap();
        let x = random::<f64>(2, n, 43);
        let y = there.forward(x.clone());
        assert_eq!(y[[0, block - 1]], x[[0, block - 1]], "the last stays");
        assert!(stride == 1 || stride == block || y != x);
        assert_eq!(back.forward(y), x);
        let whole = dense_of_layer(&there);
        assert_eq!(whole, repeated(&shuffle(block, stride), n / block));
    }
    // Runs that stay together: a Kronecker product with the identity.
    for (n, block, stride, run) in [(24, 24, 3, 4), (24, 12, 2, 3), (64, 32, 4, 2), (16, 16, 1, 16)]
    {
        let there = Gather::stride(n, block, stride, run).unwrap();
        let runs = shuffle(block / run, stride);
        let one = Written::from_shape_fn((block, block), |(a, b)| {
            if a % run == b % run { runs[[a / run, b / run]] } else { 0.0 }
        });
        assert_eq!(dense_of_layer(&there), repeated(&one, n / block));
        let back = Gather::stride(n, block, block / run / stride, run).unwrap();
        let x = random::<f32>(2, n, 45);
        assert_eq!(back.forward(there.forward(x.clone())), x);
    }
    for n in [1, 2, 64] {
        let turn = Gather::bit_reversal(n).unwrap();
        let x = random::<f64>(2, n, 44);
        assert_eq!(turn.forward(turn.forward(x.clone())), x);
        assert_eq!(turn.forward(x.clone())[[0, n / 2]], x[[0, 1 % n]]);
    }
}

fn dense_of_layer(layer: &dyn Layer<f64>) -> Written {
    layer.forward(Matrix::eye(layer.inputs())).reversed_axes().as_standard_layout().into_owned()
}
