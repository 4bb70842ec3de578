//! The structured matrices of the literature, as layers that exist, and nets of them.

use super::{checked_depth, dropout, flat};
use crate::error::{Error, Result};
use crate::layer::{
    BitReversalConfig, BlockDiagonalConfig, BlockStart, CirculantConfig, DenseConfig,
    DiagonalConfig, FixedTransformConfig, FlattenConfig, Init, OrthogonalBlocksConfig, PadConfig,
    ReluConfig, ReshapeConfig, SliceConfig, SoftThresholdConfig, SpectralFilterConfig,
    StrideConfig, TakeConfig, TwoSlopeConfig, bounded,
};
use crate::net::{NodeSpec, Spec};
use crate::transform::TransformKind;
use serde::{Deserialize, Serialize};

/// `depth` times {a structured matrix of `n × n`, a bias, a ReLU}, then a dense readout. Zeros fill the inputs up to the width.
///
/// With one layer and no bias it is the net in which the literature compares such matrices.
///
/// ```
/// use switchnet::net::zoo::{Structured, StructuredMatrix};
/// let net = Structured::new(StructuredMatrix::Monarch { block: None });
/// let spec = net.spec(&[1, 32, 32], 10, 1)?;
/// assert_eq!(spec.size()?.parameters, 2 * 1024 * 32 + 1024 + 1024 * 10 + 10);
/// # Ok::<(), switchnet::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Structured {
    /// The matrix of every layer.
    pub matrix: StructuredMatrix,
    /// The width; the next power of two if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<usize>,
    /// The number of layers.
    #[serde(default = "one")]
    pub depth: usize,
    /// Whether there is a bias behind each matrix.
    #[serde(default = "yes")]
    pub bias: bool,
    /// Dropout before the readout.
    #[serde(default)]
    pub dropout: f64,
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

impl Structured {
    /// One layer of this matrix with a bias.
    pub fn new(matrix: StructuredMatrix) -> Self {
        Self { matrix, width: None, depth: 1, bias: true, dropout: 0.0 }
    }

    /// The spec for inputs of shape `input` and `outputs` outputs.
    ///
    /// # Errors
    /// If the width is less than there are inputs, or the matrix has no such width.
    pub fn spec(&self, input: &[usize], outputs: usize, seed: u64) -> Result<Spec> {
        let inputs: usize = input.iter().product();
        let width = self.width.unwrap_or_else(|| inputs.next_power_of_two());
        let mut layers = flat(input);
        if width != inputs {
            layers.push(PadConfig { width }.into());
        }
        for layer in 0..checked_depth("depth of a structured net", self.depth)? {
            layers.extend(self.matrix.layers(width, &format!("matrix-{layer}"))?);
            if self.bias {
                layers.push(DiagonalConfig { scale: None, bias: true }.into());
            }
            layers.push(ReluConfig {}.into());
        }
        layers.extend(dropout(self.dropout));
        layers.push(DenseConfig { outputs, bias: true }.into());
        Ok(Spec { input: input.to_vec(), seed, layers })
    }
}

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

/// The divisor of `n` next below its root, or that.
fn side(n: usize) -> usize {
    (1..=n.isqrt()).rev().find(|&side| n.is_multiple_of(side)).unwrap_or(1)
}

/// Refuses a side that does not divide a row.
fn divided(what: &str, n: usize, side: usize) -> Result<usize> {
    if side == 0 || !n.is_multiple_of(side) {
        return Err(Error::new(what, format_args!("a divisor of the width {n}"), side));
    }
    Ok(side)
}

/// The powers of `radix` below `n`, which must be one of them.
fn powers(n: usize, radix: usize) -> Result<Vec<usize>> {
    let all: Vec<usize> = std::iter::successors(Some(1), |s: &usize| s.checked_mul(radix.max(2)))
        .take_while(|&s| s < n)
        .collect();
    let last = all.last().map_or(Some(1), |last| last.checked_mul(radix));
    if radix < 2 || last != Some(n) {
        let expected = format_args!("a power of the radix {radix}");
        return Err(Error::new("width of a butterfly", expected, n));
    }
    Ok(all)
}

fn mix(transform: TransformKind) -> NodeSpec {
    FixedTransformConfig::new(transform).into()
}

fn scale(start: Init) -> NodeSpec {
    DiagonalConfig { scale: Some(start), bias: false }.into()
}

fn stride(stride: usize) -> NodeSpec {
    StrideConfig { stride, ..StrideConfig::default() }.into()
}

fn normal(columns: usize) -> Option<BlockStart> {
    Some(BlockStart::Each(Init::Normal((columns as f64).powf(-0.5))))
}

/// The levels of a butterfly with these strides, the first first.
fn butterfly(
    strides: impl IntoIterator<Item = usize>,
    radix: usize,
    shared: bool,
    start: BlockStart,
) -> impl Iterator<Item = NodeSpec> {
    strides.into_iter().map(move |stride| {
        let start = Some(start);
        BlockDiagonalConfig { stride, shared, start, ..BlockDiagonalConfig::new(radix) }.into()
    })
}

/// The sum of branches that read the same.
fn sum(at: &str, branches: impl IntoIterator<Item = Vec<NodeSpec>>) -> Vec<NodeSpec> {
    let input = format!("{at}-input");
    let mut layers: Vec<NodeSpec> = vec![NodeSpec::from(FlattenConfig {}).named(&input)];
    let mut ends = Vec::new();
    for (i, branch) in branches.into_iter().enumerate() {
        let last = branch.len() - 1;
        for (k, mut node) in branch.into_iter().enumerate() {
            if k == 0 {
                node = node.reading(&input);
            }
            if k == last {
                ends.push(format!("{at}-term-{i}"));
                node = node.named(&ends[i]);
            }
            layers.push(node);
        }
    }
    layers.push(NodeSpec::add(ends));
    layers
}

/// `r` numbers of `n`, and `n` of these.
fn low_rank(n: usize, rank: usize) -> Result<Vec<NodeSpec>> {
    if rank == 0 {
        return Err(Error::new("rank of a matrix", "at least 1", rank));
    }
    let of = |columns, rows| {
        let start = normal(columns);
        BlockDiagonalConfig { rows: Some(rows), start, ..BlockDiagonalConfig::new(columns) }.into()
    };
    Ok(vec![of(n, rank), of(rank, n)])
}

/// A triangular Toeplitz matrix with a kernel of this variance: the outputs from 0 on are those of a lower one, those from
/// `n − 1` on of an upper one, whose kernel stands turned round.
fn triangular(n: usize, variance: f64, start: usize) -> [NodeSpec; 3] {
    let kernel = Some(Init::Normal(variance.sqrt()));
    [
        PadConfig { width: 2 * n }.into(),
        CirculantConfig { taps: Some(n), start: kernel, ..CirculantConfig::default() }.into(),
        SliceConfig { start, width: n }.into(),
    ]
}

/// `layers` so many times with others between.
fn repeated(
    what: &str,
    times: usize,
    layers: impl Fn() -> Vec<NodeSpec>,
    between: impl Fn() -> Vec<NodeSpec>,
) -> Result<Vec<NodeSpec>> {
    if times == 0 {
        return Err(Error::new(what, "at least 1", times));
    }
    let mut all = Vec::new();
    for i in 0..checked_depth(what, times)? {
        if i > 0 {
            all.extend(between());
        }
        all.extend(layers());
    }
    Ok(all)
}

impl StructuredMatrix {
    /// Its layers on rows of `n` plain features. The names of nodes, where some need names, begin with `at`.
    ///
    /// # Errors
    /// If there is no such matrix of this width.
    pub fn layers(&self, n: usize, at: &str) -> Result<Vec<NodeSpec>> {
        bounded("width of a structured matrix", &[n])?;
        let square = |columns| BlockDiagonalConfig::new(columns);
        let signs = || scale(Init::Signs(1.0));
        Ok(match *self {
            Self::Dense {} => vec![DenseConfig { outputs: n, bias: false }.into()],
            Self::Monarch { block } => {
                let block = divided("block of a Monarch matrix", n, block.unwrap_or(side(n)))?;
                let of = |columns: usize, stride| {
                    let uniform = Init::Uniform((columns as f64).powf(-0.5));
                    let start = Some(BlockStart::Each(uniform));
                    BlockDiagonalConfig { stride, start, ..square(columns) }.into()
                };
                vec![of(block, 1), of(n / block, block)]
            }
            Self::BlockTensorTrain { rank, block } => {
                let block = divided("block of a tensor train", n, block.unwrap_or(side(n)))?;
                let of = |columns: usize, rows: usize, stride| {
                    let narrow = (rows as f64 / columns as f64).sqrt().min(1.0);
                    let deviation = narrow * (columns as f64).powf(-0.5);
                    let start = Some(BlockStart::Each(Init::Normal(deviation)));
                    let rows = Some(rows);
                    BlockDiagonalConfig { rows, stride, start, ..square(columns) }.into()
                };
                let wide = rank.checked_mul(n).filter(|&wide| wide > 0);
                let Some(wide) = wide else {
                    return Err(Error::new("rank of a tensor train", "at least 1", rank));
                };
                vec![of(block, rank * block, 1), of(wide / block, n / block, block)]
            }
            Self::Butterfly { radix, shared } => {
                butterfly(powers(n, radix)?, radix, shared, BlockStart::Orthogonal).collect()
            }
            Self::BitReversedButterfly { factors, shared } => {
                let start = BlockStart::Each(Init::Normal(0.5f64.sqrt()));
                let levels = powers(n, 2)?;
                let one = || {
                    let mut all: Vec<NodeSpec> = vec![BitReversalConfig {}.into()];
                    all.extend(butterfly(levels.clone(), 2, shared, start));
                    all
                };
                repeated("factors of a butterfly", factors, one, Vec::new)?
            }
            Self::Kaleidoscope {} => {
                let strides = powers(n, 2)?;
                let there = strides.iter().rev().chain(&strides).copied();
                butterfly(there, 2, false, BlockStart::Orthogonal).collect()
            }
            Self::BlockButterfly { block } => {
                divided("block of a butterfly", n, block)?;
                // At a level the numbers of a vector stand `apart` from each other, and the two vectors of a pair side by
                // side before they do so at the next one.
                let mut all: Vec<NodeSpec> = Vec::new();
                let levels = powers(n / block, 2)?;
                for (level, &apart) in levels.iter().enumerate() {
                    if level > 0 {
                        let side_by_side = Some(apart * block);
                        let exchange =
                            StrideConfig { stride: block, block: side_by_side, run: apart / 2 };
                        all.push(exchange.into());
                    }
                    let start = Some(BlockStart::Orthogonal);
                    let stride = apart;
                    all.push(BlockDiagonalConfig { stride, start, ..square(2 * block) }.into());
                }
                if let Some(&apart) = levels.last().filter(|&&apart| apart > 1) {
                    let of_a_vector = Some(apart * block);
                    all.push(StrideConfig { stride: apart, block: of_a_vector, run: 1 }.into());
                }
                all
            }
            Self::Chain { ref factors } => {
                let of = |&[rows, columns, stride]: &[usize; 3]| {
                    let rows = Some(rows);
                    let start = normal(columns);
                    BlockDiagonalConfig { rows, stride, start, ..square(columns) }.into()
                };
                factors.iter().map(of).collect()
            }
            Self::GroupShuffle { block, layers } => {
                divided("block of a group-and-shuffle matrix", n, block)?;
                let start = Some(BlockStart::Orthogonal);
                let blocks = || vec![BlockDiagonalConfig { start, ..square(block) }.into()];
                let between = || vec![stride(block)];
                repeated("layers of a group-and-shuffle matrix", layers, blocks, between)?
            }
            Self::OrthogonalButterfly { radix } => {
                let level = |stride| {
                    let start = Some(Init::Uniform(1.0));
                    OrthogonalBlocksConfig { stride, start, ..OrthogonalBlocksConfig::new(radix) }
                };
                powers(n, radix)?.into_iter().map(|stride| level(stride).into()).collect()
            }
            Self::OrthogonalGroupShuffle { block, layers } => {
                divided("block of a group-and-shuffle matrix", n, block)?;
                let start = Some(Init::Normal((block as f64).powf(-0.5)));
                let blocks = || {
                    vec![
                        OrthogonalBlocksConfig { start, ..OrthogonalBlocksConfig::new(block) }
                            .into(),
                    ]
                };
                let between = || vec![stride(block)];
                repeated("layers of a group-and-shuffle matrix", layers, blocks, between)?
            }
            Self::Blast { blocks, rank } => {
                divided("blocks along a side", n, blocks)?;
                if rank == 0 {
                    return Err(Error::new("rank of a matrix", "at least 1", rank));
                }
                let of = |columns, rows, stride| {
                    let (rows, start) = (Some(rows), normal(columns));
                    BlockDiagonalConfig { rows, stride, start, ..square(columns) }.into()
                };
                let side = n / blocks;
                vec![of(side, rank, 1), of(blocks, blocks, rank), of(rank, side, 1)]
            }
            Self::PermutedBlocks { block } => {
                let blocks = BlockDiagonalConfig { start: normal(block), ..square(block) };
                let permutation = || mix(TransformKind::Permutation);
                vec![permutation(), blocks.into(), permutation()]
            }
            Self::Kronecker { side: right } => {
                let right = divided("side of a Kronecker product", n, right.unwrap_or(side(n)))?;
                let left = n / right;
                let of = |columns| {
                    let start = normal(columns);
                    BlockDiagonalConfig { shared: true, start, ..square(columns) }.into()
                };
                vec![of(right), stride(right), of(left), stride(left)]
            }
            Self::LowRank { rank } => low_rank(n, rank)?,
            Self::LowRankDiagonal { rank } => {
                sum(at, [low_rank(n, rank)?, vec![scale(Init::Constant(1.0))]])
            }
            Self::LowRankSwitch { rank, depth } => {
                let one = || vec![mix(TransformKind::Hadamard), TwoSlopeConfig::default().into()];
                let mut through = repeated("depth of a switch net", depth, one, Vec::new)?;
                through.push(mix(TransformKind::Hadamard));
                sum(at, [low_rank(n, rank)?, through])
            }
            Self::Acdc { factors } => {
                let one = || {
                    let (there, back) = (mix(TransformKind::Dct2), mix(TransformKind::Dct3));
                    vec![signs(), there, signs(), back]
                };
                let between = || vec![mix(TransformKind::Permutation), ReluConfig {}.into()];
                repeated("factors of ACDC", factors, one, between)?
            }
            Self::Fastfood {} => vec![
                signs(),
                mix(TransformKind::Hadamard),
                mix(TransformKind::Permutation),
                scale(Init::Normal(1.0)),
                mix(TransformKind::Hadamard),
                scale(Init::Constant(1.0)),
            ],
            Self::Spinner { factors, learned } => {
                let diagonal = || if learned { signs() } else { mix(TransformKind::Signs) };
                let one = || vec![diagonal(), mix(TransformKind::Hadamard)];
                repeated("factors of a spinner", factors, one, Vec::new)?
            }
            Self::Circulant {} => {
                vec![mix(TransformKind::Signs), CirculantConfig::default().into()]
            }
            Self::DiagonalCirculant { factors } => {
                let one = || vec![CirculantConfig::default().into(), signs()];
                let between = || vec![ReluConfig {}.into()];
                repeated("factors of a diagonal-circulant matrix", factors, one, between)?
            }
            Self::SpectralFilter { height } => {
                let height = divided("height of an image", n, height.unwrap_or(side(n)))?;
                let shape = vec![1, height, n / height];
                let filter = SpectralFilterConfig::default();
                vec![ReshapeConfig { shape }.into(), filter.into(), FlattenConfig {}.into()]
            }
            Self::BlockCirculant { block } => {
                divided("block of a block-circulant matrix", n, block)?;
                vec![CirculantConfig { block: Some(block), ..CirculantConfig::default() }.into()]
            }
            Self::Toeplitz {} => {
                let start = Some(Init::Normal((n as f64).powf(-0.5)));
                vec![
                    PadConfig { width: 2 * n }.into(),
                    CirculantConfig { start, ..CirculantConfig::default() }.into(),
                    TakeConfig { width: n }.into(),
                ]
            }
            Self::ToeplitzLike { rank } => {
                if rank == 0 {
                    return Err(Error::new("rank of a matrix", "at least 1", rank));
                }
                let variance = (n as f64).recip();
                let term = |_| {
                    let upper = triangular(n, variance, n - 1);
                    upper.into_iter().chain(triangular(n, variance / rank as f64, 0)).collect()
                };
                sum(at, (0..checked_depth("rank of a matrix", rank)?).map(term))
            }
            Self::SoftHadamard {} => {
                let through = vec![
                    mix(TransformKind::Hadamard),
                    scale(Init::Uniform(1.0)),
                    SoftThresholdConfig::default().into(),
                    mix(TransformKind::Hadamard),
                ];
                sum(at, [through, vec![mix(TransformKind::Identity)]])
            }
        })
    }
}
