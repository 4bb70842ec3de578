//! The structured matrices by name, with what their papers leave to choose.

use serde::{Deserialize, Serialize};

/// A matrix of `n × n` with fewer than `n²` parameters, as a few layers. `H` is a Walsh–Hadamard transform, `C` a cosine
/// transform, `D` a learned diagonal, `S` fixed random signs, `Π` a fixed random permutation; factors act from the right to the left. `docs/kinds.md` of the sources has the table of all: formula,
/// parameters, multiply-adds, source, start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    deny_unknown_fields,
    tag = "kind",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
#[non_exhaustive]
pub enum StructuredMatrix {
    /// Any matrix: `n²` parameters.
    Dense {},
    /// `P L Pᵀ R`: block-diagonal `R` with blocks of `block` and `L` with blocks of `n/block` numbers, `P` the shuffle between.
    /// `n·(block + n/block)` parameters. Starts uniform in `±1/√columns`. Source: T. Dao et al., arXiv 2204.00595.
    Monarch {
        /// The length of the blocks of `R`; the divisor of `n` next below `√n` if it is not said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        block: Option<usize>,
    },
    /// A Monarch matrix with `rank` numbers in the place of each one between `R` and `L`: a block tensor train of two cores.
    /// `rank·n·(block + n/block)` parameters. Starts normal with the deviation `√(1/columns)·min(1, √(rows/columns))`. Source: S. Qiu
    /// et al., arXiv 2406.06248.
    BlockTensorTrain {
        /// The rank.
        rank: usize,
        /// As in a Monarch matrix.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        block: Option<usize>,
    },
    /// `B_{L} … B_1`: level `k` mixes the `radix` numbers `radix^{k−1}` apart, `L = log n/log radix` levels. `radix·n·L`
    /// parameters; if they are *shared* by the blocks of a level that have the same place in theirs, `radix²·(n − 1)/(radix − 1)`.
    /// Blocks start as random orthogonal matrices. Source: T. Dao et al., arXiv 1903.05895.
    Butterfly {
        /// How many numbers a block mixes.
        #[serde(default = "two")]
        radix: usize,
        /// Whether blocks share their weights.
        #[serde(default)]
        shared: bool,
    },
    /// `B P` once or more often: shared butterflies of pairs behind a bit reversal. `4·(n − 1)` parameters each. Starts normal
    /// with variance ½. Source: T. Dao et al., arXiv 1903.05895, whose permutation is learned first and a bit reversal in the end.
    BitReversedButterfly {
        /// How often; 2 is BPBP.
        #[serde(default = "two")]
        factors: usize,
        /// Whether blocks share their weights, as in the paper.
        #[serde(default = "yes")]
        shared: bool,
    },
    /// `B₂ B₁ᵀ`, a butterfly behind one with its levels in the other order, each with blocks of its own. `4·n·log2 n` parameters.
    /// Blocks start as random orthogonal matrices. Source: T. Dao et al., *Kaleidoscope*, arXiv 2012.14966.
    Kaleidoscope {},
    /// A butterfly whose numbers are vectors of `block`: level `k` mixes pairs of these, `2^{k−1}` apart, by matrices of
    /// `2·block × 2·block`. `2·block·n·log2(n/block)` parameters. Matrices start orthogonal. Source: B. Chen et al., *Pixelated
    /// Butterfly*, arXiv 2112.00029, without its sum of levels.
    BlockButterfly {
        /// The length of a vector.
        block: usize,
    },
    /// Factors of one's own: block-diagonal matrices of `rows × columns` with a stride, the first first. Starts normal with
    /// variance `1/columns`. Source: R. Lin et al., *DeBut*, arXiv 2203.13556.
    Chain {
        /// `[rows, columns, stride]` of each.
        factors: Vec<[usize; 3]>,
    },
    /// Block-diagonal matrices with a shuffle between. `layers·n·block` parameters. Blocks start as random orthogonal matrices, so
    /// that all is orthogonal. Source: M. Gorbunov et al., *Group and shuffle*, arXiv 2406.10019; with normal blocks the layers of
    /// X. Zhang et al., *ShuffleNet*, arXiv 1707.01083, for vectors.
    GroupShuffle {
        /// The length of a block.
        block: usize,
        /// How many block-diagonal matrices.
        #[serde(default = "two")]
        layers: usize,
    },
    /// A butterfly of rotations: orthogonal, whatever it learns. `(radix − 1)/2·n·L` parameters, `L = log n / log radix`. Rotations
    /// of pairs start uniform in a quarter turn to either side. Source: T. Dao et al., arXiv 1903.05895, with angles in the place of
    /// [their tangents](crate::layer::OrthogonalBlocks).
    OrthogonalButterfly {
        /// Numbers that a level mixes.
        #[serde(default = "two")]
        radix: usize,
    },
    /// The same of orthogonal blocks (GSOFT): orthogonal, whatever it learns. `layers·n·(block − 1)/2` parameters. Source: M. Gorbunov
    /// et al., arXiv 2406.10019.
    OrthogonalGroupShuffle {
        /// The length of a block.
        block: usize,
        /// How many block-diagonal matrices.
        #[serde(default = "two")]
        layers: usize,
    },
    /// `blocks × blocks` blocks `U_i S_ij V_jᵀ` with diagonal `S_ij`: all blocks of a row share `U_i`, all of a column `V_j`.
    /// `2·n·rank + blocks²·rank` parameters. Starts normal with the variances that keep norms. Source: C. Lee et al., *BLAST*,
    /// arXiv 2410.21262.
    Blast {
        /// How many blocks there are along a side.
        blocks: usize,
        /// The length of the diagonals.
        rank: usize,
    },
    /// `Π₂ B Π₁` with a block-diagonal `B`. `n·block` parameters. Starts normal with variance `1/block`. Source: L. Supic et al.,
    /// *MPDCompress*, arXiv 1805.12085.
    PermutedBlocks {
        /// The length of a block.
        block: usize,
    },
    /// `A ⊗ B`: with `x` as a matrix of `n/side × side`, `A x Bᵀ`. `side² + (n/side)²` parameters. Starts normal with the
    /// variances that keep norms.
    Kronecker {
        /// The side of `B`; the divisor of `n` next below `√n` if it is not said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        side: Option<usize>,
    },
    /// `G Fᵀ`. `2·n·rank` parameters. Starts normal with the variances that keep norms.
    LowRank {
        /// The rank.
        rank: usize,
    },
    /// `G Fᵀ + D`. `2·n·rank + n` parameters. Starts as these do, `D` as ones.
    LowRankDiagonal {
        /// The rank.
        rank: usize,
    },
    /// `G Fᵀ x` plus a switch net of `x`: `H σ_depth H … σ_1 H x` with two learned slopes for each number. `2·n·rank + 2·n·depth`
    /// parameters; piecewise linear. Starts as these do, all slopes as ones.
    LowRankSwitch {
        /// The rank.
        rank: usize,
        /// Layers of switches.
        #[serde(default = "one")]
        depth: usize,
    },
    /// `C⁻¹ D C A`, `factors` times with a `Π` and a ReLU between. `2·n` parameters each. `A` and `D` start as random signs. Source: M.
    /// Moczulski et al., arXiv 1511.05946, whose diagonals are learned with a bias too, and start with a noise of 0.01.
    Acdc {
        /// How often.
        #[serde(default = "one")]
        factors: usize,
    },
    /// `S₃ H G Π H B` with learned diagonals `B`, `G`, `S₃`. `3·n` parameters. They start as random signs, normal, and ones. Source: Z.
    /// Yang et al., *Deep fried convnets*, arXiv 1412.7149.
    Fastfood {},
    /// `H D_k … H D_1`; with fixed signs it has no parameters and is a random orthogonal map: the control. `factors·n` parameters.
    /// Diagonals start as random signs. Source: M. Bojarski et al., *Structured adaptive and random spinners*, arXiv 1610.06209.
    Spinner {
        /// How often.
        #[serde(default = "three")]
        factors: usize,
        /// Whether the diagonals are learned.
        #[serde(default = "yes")]
        learned: bool,
    },
    /// `R S` with a circulant `R`. `n` parameters. Starts normal with variance `1/n`. Source: Y. Cheng et al., arXiv 1502.03436.
    Circulant {},
    /// `D R`, a diagonal and a circulant, `factors` times with a ReLU between. `2·n` parameters each. `D` starts as random signs.
    /// Source: A. Araujo et al., arXiv 1901.10255; AFDF of arXiv 1511.05946 where both sides are real.
    DiagonalCirculant {
        /// How often.
        #[serde(default = "one")]
        factors: usize,
    },
    /// A circular convolution of the row as an image of `height` rows, with a kernel as large: a global filter. `n` parameters. Starts
    /// normal with variance `1/n`. Source: Y. Rao et al., arXiv 2107.00645.
    SpectralFilter {
        /// The rows of the image; the divisor of `n` next below `√n` if it is not said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        height: Option<usize>,
    },
    /// `n/block × n/block` circulants. `n²/block` parameters. Starts normal with variance `1/n`. Source: C. Ding et al., arXiv 1708.08917.
    BlockCirculant {
        /// The length of a circulant.
        block: usize,
    },
    /// A matrix of constant diagonals, in a circulant of twice the size. `2·n` parameters, of which one is not read. Starts normal with
    /// variance `1/n`.
    Toeplitz {},
    /// `Σ L_i U_i`, products of a lower and an upper triangular Toeplitz matrix. `2·n·rank` parameters. Starts
    /// normal with variance `1/n`, divided by `rank` in `L_i`. Sources: T. Kailath et al., J. Math. Anal. Appl. 68 (1979); V. Sindhwani et al., arXiv
    /// 1510.01722, with cyclic shifts in the place of plain ones.
    ToeplitzLike {
        /// How many products.
        rank: usize,
    },
    /// `H σ_t(D H x) + x` with learned soft thresholds `t`: piecewise linear. `2·n` parameters. `t` starts uniform in (0, 0.1), `D` in (−1,
    /// 1). Source: H. Pan et al., arXiv 2104.07085, whose `D` starts in (0, 1).
    SoftHadamard {},
}

fn one() -> usize {
    1
}

fn two() -> usize {
    2
}

fn three() -> usize {
    3
}

fn yes() -> bool {
    true
}
