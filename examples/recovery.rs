//! What structured matrices can be: fits of one layer, by gradients, to matrices that are known.
//!
//! `cargo run --release --example recovery` learns fast transforms of 8 to 64 numbers by butterflies behind bit reversals, as in
//! arXiv 1903.05895, and prints the root of the mean square error of an entry; with `-- curve`, every kind of matrix is fitted
//! to random and other matrices of 64 numbers: the part of the norm that is left, against the parameters. Both are Markdown, and
//! take minutes on one thread; `-- N`, `-- curve N` and a number of steps behind it are for other sizes.

use std::env;
use std::f64::consts::TAU;
use switchnet::layer::{BlockDiagonalConfig, BlockStart, GatherConfig, Layer, parameters};
use switchnet::net::zoo::StructuredMatrix::{self, *};
use switchnet::net::{NodeSpec, Spec};
use switchnet::random::{Generator, generator, normal, shuffled};
use switchnet::train::{OptimizerKind, Schedule, segments};
use switchnet::transform::{Dct, Hadamard, Hartley, Transform};
use switchnet::{Matrix, Result};

/// The matrix of a transform.
fn of(transform: impl Transform<f64>) -> Matrix<f64> {
    let mut rows = Matrix::eye(transform.len());
    transform.adjoint(rows.as_slice_mut().expect("row-major"));
    rows
}

/// A circular convolution with a random kernel that keeps norms on average.
fn convolution(n: usize) -> Matrix<f64> {
    let mut rng = generator(1, 0);
    let c: Vec<f64> = (0..n).map(|_| normal(&mut rng, (n as f64).powf(-0.5))).collect();
    Matrix::from_shape_fn((n, n), |(i, j)| c[(n + i - j) % n])
}

/// The Fourier transform of `n/2` complex numbers, the real and the imaginary part of each side by side.
fn fourier(n: usize) -> Matrix<f64> {
    let m = n / 2;
    Matrix::from_shape_fn((n, n), |(i, j)| {
        let (sine, cosine) = (TAU * ((i / 2) * (j / 2) % m) as f64 / m as f64).sin_cos();
        let entry = [[cosine, sine], [-sine, cosine]][i % 2][j % 2];
        entry / (m as f64).sqrt()
    })
}

fn dense(n: usize, rng: &mut Generator) -> Matrix<f64> {
    Matrix::from_shape_simple_fn((n, n), || normal(rng, (n as f64).powf(-0.5)))
}

/// A random orthogonal matrix, as a block starts.
fn orthogonal(n: usize) -> Result<Matrix<f64>> {
    let start = Some(BlockStart::Orthogonal);
    let layers = vec![BlockDiagonalConfig { start, ..BlockDiagonalConfig::new(n) }.into()];
    let net = Spec { input: vec![n], seed: 2, layers }.build::<f64>()?;
    Ok(net.forward(Matrix::eye(n)).reversed_axes())
}

/// The smallest `‖M − T‖/‖T‖` of all tries, each a start of its own with a learning rate of its own.
fn fit(layers: &[NodeSpec], target: &Matrix<f64>, steps: usize, rates: &[f64]) -> Result<f64> {
    let (n, mut best) = (target.ncols(), f64::INFINITY);
    let (wanted, size) = (target.t(), target.iter().map(|t| t * t).sum::<f64>().sqrt());
    for (seed, &rate) in rates.iter().enumerate() {
        let layers = layers.to_vec();
        let mut net = Spec { input: vec![n], seed: seed as u64 + 1, layers }.build::<f64>()?;
        let optimizer = OptimizerKind::default();
        let mut theta = parameters::read(&net);
        let mut adam = optimizer.build::<f64>(theta.len());
        let roles = segments(&net, optimizer, &[].into());
        for step in 0..=steps {
            // Row `j` of the outputs is column `j` of the matrix.
            let (y, map) = net.linearize(Matrix::eye(n));
            let gap = y - wanted;
            best = best.min(gap.iter().map(|g| g * g).sum::<f64>().sqrt() / size);
            let mut sums = vec![0.0; theta.len()];
            map.vjp(gap, &mut sums, false);
            drop(map);
            let rate = rate * Schedule::OneCycle { warm_up: 0.1 }.factor(step, steps + 1);
            adam.step(step, rate, &roles, &mut theta, &sums);
            parameters::write(&mut net, &theta);
        }
    }
    Ok(best)
}

/// BP so many times in complex numbers, as pairs of real ones: blocks of 4 × 4 mix two of these. A real row comes in with
/// zeros for the imaginary parts, and the real parts go out.
fn complex(n: usize, factors: usize, real: bool) -> Result<Vec<NodeSpec>> {
    let bits = n.trailing_zeros();
    let reversed =
        |i: usize| (0..bits).map(|bit| (i >> bit & 1) << (bits - 1 - bit)).sum::<usize>();
    let gather = |from: Vec<Option<usize>>| NodeSpec::from(GatherConfig::new(&from));
    let mut layers = Vec::new();
    if real {
        layers.push(gather((0..2 * n).map(|p| (p % 2 == 0).then_some(p / 2)).collect()));
    }
    for _ in 0..factors {
        layers.push(gather((0..2 * n).map(|p| Some(2 * reversed(p / 2) + p % 2)).collect()));
        layers.extend(BlockButterfly { block: 2 }.layers(2 * n, "m")?);
    }
    if real {
        layers.push(gather((0..n).map(|i| Some(2 * i)).collect()));
    }
    Ok(layers)
}

/// BP and BPBP, in real numbers with weights that are shared and that are not, and in complex ones, for fast transforms.
fn recover(sizes: &[usize], steps: usize) -> Result<()> {
    println!(
        "| matrix | layers | {} |",
        sizes.iter().map(usize::to_string).collect::<Vec<_>>().join(" | ")
    );
    println!("|---|---|{}", "---|".repeat(sizes.len()));
    type Target = fn(usize) -> Matrix<f64>;
    let targets: [(&str, Target); 5] = [
        ("Fourier", |n| fourier(2 * n)),
        ("Hadamard", |n| of(Hadamard::new(n).expect("a power of two"))),
        ("Hartley", |n| of(Hartley::new(n).expect("a length"))),
        ("cosine (DCT-II)", |n| of(Dct::second(n).expect("a length"))),
        ("convolution", convolution),
    ];
    for (name, target) in targets {
        let real = name != "Fourier";
        for form in
            ["shared", "real", "complex"].into_iter().filter(|&form| real || form == "complex")
        {
            for factors in [1, 2] {
                print!("| {name} | {}, {form}", ["BP", "BPBP"][factors - 1]);
                for &n in sizes {
                    let layers = match form {
                        "complex" => complex(n, factors, real)?,
                        _ => BitReversedButterfly { factors, shared: form == "shared" }
                            .layers(n, "m")?,
                    };
                    let target = target(n);
                    let left = fit(&layers, &target, steps, &[0.02, 0.05, 0.1])?;
                    print!(" | {:.0e}", left / (target.nrows() as f64).sqrt());
                }
                println!(" |");
            }
        }
    }
    Ok(())
}

fn curve(n: usize, steps: usize) -> Result<()> {
    let mut rng = generator(3, 0);
    let places = shuffled(n, &mut rng);
    let moved = Matrix::from_shape_fn((n, n), |(i, j)| if places[i] == j { 1.0 } else { 0.0 });
    let targets = [orthogonal(n)?, dense(n, &mut rng), moved, fourier(n)];
    let chain = |radix: usize| Butterfly { radix, shared: false };
    let kinds: Vec<StructuredMatrix> = vec![
        Circulant {},
        Kronecker { side: None },
        Toeplitz {},
        Acdc { factors: 1 },
        Fastfood {},
        Spinner { factors: 3, learned: true },
        Spinner { factors: 12, learned: true },
        BitReversedButterfly { factors: 2, shared: true },
        LowRank { rank: 4 },
        LowRankDiagonal { rank: 4 },
        ToeplitzLike { rank: 4 },
        BlockCirculant { block: 8 },
        PermutedBlocks { block: 8 },
        chain(2),
        BitReversedButterfly { factors: 1, shared: false },
        chain(4),
        chain(8),
        Monarch { block: None },
        GroupShuffle { block: 8, layers: 2 },
        OrthogonalButterfly { radix: 2 },
        OrthogonalButterfly { radix: 8 },
        OrthogonalGroupShuffle { block: 8, layers: 4 },
        Blast { blocks: 8, rank: 4 },
        BlockButterfly { block: 2 },
        Kaleidoscope {},
        BlockTensorTrain { rank: 2, block: None },
        LowRank { rank: 16 },
        GroupShuffle { block: 8, layers: 4 },
        BlockTensorTrain { rank: 4, block: None },
        Dense {},
    ];
    println!("| matrix of {n} | parameters | orthogonal | dense | permutation | Fourier |");
    println!("|---|---|---|---|---|---|");
    let mut rows = Vec::new();
    for kind in kinds {
        let layers = kind.layers(n, "m")?;
        let net = Spec { input: vec![n], seed: 1, layers: layers.clone() }.build::<f64>()?;
        rows.push((parameters::count(&net), format!("{kind:?}"), layers));
    }
    rows.sort_by_key(|(count, ..)| *count);
    for (count, name, layers) in rows {
        print!("| `{name}` | {count}");
        for target in &targets {
            print!(" | {:.3}", fit(&layers, target, steps, &[0.01, 0.03])?);
        }
        println!(" |");
    }
    Ok(())
}

fn main() -> Result<()> {
    let words: Vec<String> = env::args().skip(1).collect();
    let number = |i: usize| words.get(i).and_then(|word| word.parse::<usize>().ok());
    match words.first().map(String::as_str) {
        Some("curve") => curve(number(1).unwrap_or(64), number(2).unwrap_or(600)),
        Some(_) => recover(&[number(0).unwrap_or(8)], number(1).unwrap_or(2000)),
        None => recover(&[8, 16, 32, 64], 2000),
    }
}
