//! Structured matrices written out from their formulas, and from the parameters of a net.

use crate::common::*;
use std::collections::BTreeMap;
use switchnet::layer::Layer;
use switchnet::net::Net;
use switchnet::net::zoo::StructuredMatrix;
use switchnet::transform::Fixed;
use switchnet::{Matrix, Scalar};

pub type Written = Matrix<f64>;

/// The numbers of a net, by their names.
pub struct Numbers(BTreeMap<String, Vec<f64>>);

impl Numbers {
    pub fn of<T: Scalar>(net: &Net<T>) -> Self {
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

    pub fn get(&self, name: &str) -> &[f64] {
        self.0.get(name).unwrap_or_else(|| panic!("{name} of {:?}", self.0.keys()))
    }

    pub fn diagonal(&self, name: &str) -> Written {
        Written::from_diag(&ndarray::arr1(self.get(name)))
    }

    /// `y_i = x_{p(i)}`.
    pub fn permutation(&self, name: &str) -> Written {
        let from = self.get(name);
        Written::from_shape_fn((from.len(), from.len()), |(i, j)| f64::from(from[i] == j as f64))
    }

    /// A circulant of `k` from these taps.
    pub fn circulant(&self, name: &str, k: usize) -> Written {
        let c = self.get(name);
        Written::from_shape_fn((k, k), |(i, j)| c.get((k + i - j) % k).copied().unwrap_or(0.0))
    }

    /// Blocks along the diagonal, `rows × columns` each.
    pub fn blocks(&self, name: &str, rows: usize, columns: usize) -> Written {
        let w = self.get(name);
        let count = w.len() / (rows * columns);
        Written::from_shape_fn((count * rows, count * columns), |(i, j)| {
            let same = i / rows == j / columns;
            if same { w[i * columns + j % columns] } else { 0.0 }
        })
    }

    /// The Cayley transforms of antisymmetric blocks of this side, interleaved: `(I − A)(I + A)⁻¹`, the inverse by Newton's
    /// iteration.
    pub fn rotations(&self, name: &str, side: usize, stride: usize) -> Written {
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
    pub fn diagonals(&self, name: &str, rows: usize, columns: usize, stride: usize) -> Written {
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
pub fn shuffle(n: usize, s: usize) -> Written {
    let m = n / s;
    Written::from_shape_fn((n, n), |(p, q)| f64::from(q == p % m * s + p / m))
}

pub fn repeated(a: &Written, times: usize) -> Written {
    kronecker(&Written::eye(times), a)
}

/// `factors`, the first first.
pub fn chain(factors: &[Written]) -> Written {
    factors[1..].iter().fold(factors[0].clone(), |all, factor| factor.dot(&all))
}

/// The formula, if the matrix has no switches.
pub fn formula(matrix: &StructuredMatrix, n: usize, p: &Numbers) -> Option<Written> {
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
