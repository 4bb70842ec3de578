//! Structured matrices against matrices that are written out from the formulas, their counts, and their starts.

use crate::common::*;
use std::collections::BTreeMap;
use switchnet::layer::*;
use switchnet::net::zoo::{Structured, StructuredMatrix};
use switchnet::net::{Net, Spec};
use switchnet::random::generator;
use switchnet::transform::Fixed;
use switchnet::{Matrix, Scalar};

type Written = Matrix<f64>;

/// The numbers of a net, by their names.
struct Numbers(BTreeMap<String, Vec<f64>>);

impl Numbers {
    fn of<T: Scalar>(net: &Net<T>) -> Self {
        let mut all = BTreeMap::new();
        net.visit(&mut |p| drop(all.insert(p.name.to_owned(), double(p.values.iter()))));
        net.visit_fixed(&mut |name, fixed| {
            let numbers = match fixed {
                Fixed::Numbers(values) => double(values.iter()),
                Fixed::Places(places) => places.iter().map(|&place| place as f64).collect(),
                _ => unreachable!(),
            };
            all.insert(name.to_owned(), numbers);
        });
        Self(all)
    }

    fn get(&self, name: &str) -> &[f64] {
        self.0.get(name).unwrap_or_else(|| panic!("{name} of {:?}", self.0.keys()))
    }

    fn diagonal(&self, name: &str) -> Written {
        Written::from_diag(&ndarray::arr1(self.get(name)))
    }

    /// `y_i = x_{p(i)}`.
    fn permutation(&self, name: &str) -> Written {
        let from = self.get(name);
        Written::from_shape_fn((from.len(), from.len()), |(i, j)| f64::from(from[i] == j as f64))
    }

    /// A circulant of `k` from these taps.
    fn circulant(&self, name: &str, k: usize) -> Written {
        let c = self.get(name);
        Written::from_shape_fn((k, k), |(i, j)| c.get((k + i - j) % k).copied().unwrap_or(0.0))
    }

    /// Blocks along the diagonal, `rows × columns` each.
    fn blocks(&self, name: &str, rows: usize, columns: usize) -> Written {
        let w = self.get(name);
        let count = w.len() / (rows * columns);
        Written::from_shape_fn((count * rows, count * columns), |(i, j)| {
            let same = i / rows == j / columns;
            if same { w[i * columns + j % columns] } else { 0.0 }
        })
    }

    /// The Cayley transforms of antisymmetric blocks of this side, interleaved: `(I − A)(I + A)⁻¹`, the inverse by Newton's
    /// iteration.
    fn rotations(&self, name: &str, side: usize, stride: usize) -> Written {
        let skew = self.get(name);
        let entries = side * (side - 1) / 2;
        let n = skew.len() / entries * side;
        let mut a = Written::zeros((n, n));
        for (at, &v) in skew.iter().enumerate() {
            let (group, entry, i) = (at / (entries * stride), at / stride % entries, at % stride);
            let (p, q) =
                (0..side).flat_map(|p| (p + 1..side).map(move |q| (p, q))).nth(entry).unwrap();
            let [p, q] = [p, q].map(|p| (group * side + p) * stride + i);
            (a[[p, q]], a[[q, p]]) = (v, -v);
        }
        let one = Written::eye(n);
        let b = &one + &a;
        // The eigenvalues of `(I + A)(I + A)ᵀ` are at least 1, and at most the sum of all squares.
        let mut inverse = &b.t() / norm(&b).powi(2);
        for _ in 0..100 {
            inverse = inverse.dot(&(&(&one * 2.0) - &b.dot(&inverse)));
        }
        (&one - &a).dot(&inverse)
    }

    /// The same where they lie interleaved: diagonals of length `stride` in each place of a `rows × columns` matrix.
    fn diagonals(&self, name: &str, rows: usize, columns: usize, stride: usize) -> Written {
        let w = self.get(name);
        let one = rows * columns * stride;
        let groups = w.len() / one;
        let mut all = Written::zeros((groups * rows * stride, groups * columns * stride));
        for (place, &w) in w.iter().enumerate() {
            let (group, of) = (place / one, place % one);
            let (a, b, i) = (of / (columns * stride), of / stride % columns, of % stride);
            all[[(group * rows + a) * stride + i, (group * columns + b) * stride + i]] = w;
        }
        all
    }
}

/// The perfect shuffle `L(n, s)`, the transpose of a matrix of `n/s × s` as a permutation.
fn shuffle(n: usize, s: usize) -> Written {
    let m = n / s;
    Written::from_shape_fn((n, n), |(p, q)| f64::from(q == p % m * s + p / m))
}

fn repeated(a: &Written, times: usize) -> Written {
    kronecker(&Written::eye(times), a)
}

/// `factors`, the first first.
fn chain(factors: &[Written]) -> Written {
    factors[1..].iter().fold(factors[0].clone(), |all, factor| factor.dot(&all))
}

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

/// The formula, if the matrix has no switches.
fn formula(matrix: &StructuredMatrix, n: usize, p: &Numbers) -> Option<Written> {
    use StructuredMatrix::*;
    let side = 4;
    let pairs = |i: usize, shift: usize| p.diagonals(&format!("{i}.weight"), 2, 2, 1 << shift);
    Some(match *matrix {
        Dense {} => p.blocks("0.weight", n, n),
        Monarch { block } => {
            let b = block.unwrap_or(side);
            // P L Pᵀ R: the weights of L are those of its blocks, interleaved.
            let l = p.get("1.weight");
            let m = n / b;
            let l: Vec<f64> = (0..n * m).map(|at| l[(at % (m * m)) * b + at / (m * m)]).collect();
            let l = Numbers(BTreeMap::from([("l".to_owned(), l)])).blocks("l", m, m);
            let there = shuffle(n, b);
            chain(&[p.blocks("0.weight", b, b), there.clone(), l, there.t().to_owned()])
        }
        BlockTensorTrain { rank, .. } => {
            let (r, l) = (p.get("0.weight"), p.get("1.weight"));
            // y_{αβ} = Σ_{γσ} L_{αγσβ} Σ_δ R_{γσβδ} x_{γδ}.
            Written::from_shape_fn((n, n), |(i, j)| {
                let (alpha, beta, gamma, delta) = (i / side, i % side, j / side, j % side);
                let term = |s: usize| {
                    let of_r = ((gamma * rank + s) * side + beta) * side + delta;
                    let of_l = ((alpha * side + gamma) * rank + s) * side + beta;
                    r[of_r] * l[of_l]
                };
                (0..rank).map(term).sum()
            })
        }
        Butterfly { radix: 2, shared: false } => {
            chain(&[pairs(0, 0), pairs(1, 1), pairs(2, 2), pairs(3, 3)])
        }
        Butterfly { .. } => {
            let levels = [0, 1].map(|i: usize| {
                let stride = 1 << (2 * i);
                let one = p.diagonals(&format!("{i}.weight"), 4, 4, stride);
                repeated(&one, n / (4 * stride))
            });
            chain(&levels)
        }
        BitReversedButterfly { .. } => {
            let reversed = |i: usize| (0..4).map(|bit| (i >> bit & 1) << (3 - bit)).sum::<usize>();
            let turn = Written::from_shape_fn((n, n), |(i, j)| f64::from(j == reversed(i)));
            let mut all = Vec::new();
            for first in [1, 6] {
                all.push(turn.clone());
                for level in 0..4 {
                    all.push(repeated(&pairs(first + level, level), n / (2 << level)));
                }
            }
            chain(&all)
        }
        Kaleidoscope {} => {
            let there = (0..4).map(|i| pairs(i, 3 - i)).chain((4..8).map(|i| pairs(i, i - 4)));
            chain(&there.collect::<Vec<_>>())
        }
        BlockButterfly { block } => {
            // Level k: vectors of `block`, 2^k apart, in pairs; w_{g,(q,j),(q',j'),i} of vector (g, q, i).
            let level = |k: usize| {
                let (apart, two) = (1 << k, 2 * block);
                let w = p.get(&format!("{}.weight", 2 * k));
                let split = |at: usize| {
                    let vector = at / block;
                    (vector / (2 * apart), vector / apart % 2 * block + at % block, vector % apart)
                };
                Written::from_shape_fn((n, n), |(a, b)| {
                    let ((g, row, i), (h, column, j)) = (split(a), split(b));
                    let place = ((g * two + row) * two + column) * apart + i;
                    if (g, i) == (h, j) { w[place] } else { 0.0 }
                })
            };
            chain(&[level(0), level(1), level(2)])
        }
        Chain { ref factors } => {
            let factor = |(i, &[rows, columns, stride]): (usize, &[usize; 3])| {
                p.diagonals(&format!("{i}.weight"), rows, columns, stride)
            };
            chain(&factors.iter().enumerate().map(factor).collect::<Vec<_>>())
        }
        GroupShuffle { block, .. } => chain(&[
            p.blocks("0.weight", block, block),
            shuffle(n, block),
            p.blocks("2.weight", block, block),
        ]),
        OrthogonalButterfly { radix } => {
            let level = |i: usize| p.rotations(&format!("{i}.skew"), radix, 1 << i);
            chain(&[level(0), level(1), level(2), level(3)])
        }
        OrthogonalGroupShuffle { block, .. } => chain(&[
            p.rotations("0.skew", block, 1),
            shuffle(n, block),
            p.rotations("2.skew", block, 1),
        ]),
        Blast { blocks, rank } => {
            let (v, s, u) = (p.get("0.weight"), p.get("1.weight"), p.get("2.weight"));
            let side = n / blocks;
            // Block (i, j) is Σ_k u_ik s_ijk v_jkᵀ.
            Written::from_shape_fn((n, n), |(row, column)| {
                let ((i, a), (j, b)) = ((row / side, row % side), (column / side, column % side));
                let term = |k: usize| {
                    u[(i * side + a) * rank + k]
                        * s[(i * blocks + j) * rank + k]
                        * v[(j * rank + k) * side + b]
                };
                (0..rank).map(term).sum()
            })
        }
        PermutedBlocks { block } => chain(&[
            p.permutation("0.permutation"),
            p.blocks("1.weight", block, block),
            p.permutation("2.permutation"),
        ]),
        Kronecker { side } => {
            let right = side.unwrap();
            kronecker(
                &p.blocks("2.weight", n / right, n / right),
                &p.blocks("0.weight", right, right),
            )
        }
        LowRank { rank } => chain(&[p.blocks("0.weight", rank, n), p.blocks("1.weight", n, rank)]),
        LowRankDiagonal { rank } => {
            let low = chain(&[p.blocks("1.weight", rank, n), p.blocks("m-term-0.weight", n, rank)]);
            low + p.diagonal("m-term-1.scale")
        }
        Acdc { factors: 1 } => chain(&[
            p.diagonal("0.scale"),
            naive_dct2(n),
            p.diagonal("2.scale"),
            naive_dct2(n).t().to_owned(),
        ]),
        Fastfood {} => chain(&[
            p.diagonal("0.scale"),
            naive_hadamard(n),
            p.permutation("2.permutation"),
            p.diagonal("3.scale"),
            naive_hadamard(n),
            p.diagonal("5.scale"),
        ]),
        Spinner { factors, learned } => {
            let name = if learned { "scale" } else { "signs" };
            let one = |i: usize| [p.diagonal(&format!("{}.{name}", 2 * i)), naive_hadamard(n)];
            chain(&(0..factors).flat_map(one).collect::<Vec<_>>())
        }
        Circulant {} => chain(&[p.diagonal("0.signs"), p.circulant("1.kernel", n)]),
        DiagonalCirculant { factors: 1 } => {
            chain(&[p.circulant("0.kernel", n), p.diagonal("1.scale")])
        }
        SpectralFilter { height } => {
            let (k, h) = (p.get("1.kernel"), height.unwrap());
            let w = n / h;
            Written::from_shape_fn((n, n), |(i, j)| {
                let down = (h + i / w - j / w) % h;
                k[down * w + (w + i % w - j % w) % w]
            })
        }
        BlockCirculant { block } => {
            let (c, q) = (p.get("0.kernel"), n / block);
            Written::from_shape_fn((n, n), |(i, j)| {
                let tap = (block + i % block - j % block) % block;
                c[(i / block * q + j / block) * block + tap]
            })
        }
        Toeplitz {} => {
            let c = p.get("1.kernel");
            Written::from_shape_fn((n, n), |(i, j)| c[(2 * n + i - j) % (2 * n)])
        }
        ToeplitzLike { rank } => {
            let term =
                |r: usize| {
                    let upper = p.get(&format!("{}.kernel", 6 * r + 2));
                    let lower = p.get(&format!("{}.kernel", 6 * r + 5));
                    let upper = Written::from_shape_fn((n, n), |(i, j)| {
                        if i <= j { upper[n - 1 + i - j] } else { 0.0 }
                    });
                    let lower =
                        Written::from_shape_fn(
                            (n, n),
                            |(i, j)| {
                                if i >= j { lower[i - j] } else { 0.0 }
                            },
                        );
                    lower.dot(&upper)
                };
            (0..rank).map(term).fold(Written::zeros((n, n)), |sum, term| sum + term)
        }
        _ => return None,
    })
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
