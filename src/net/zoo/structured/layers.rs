//! What each structured matrix is made of: a few layers.

use super::super::checked_depth;
use super::StructuredMatrix;
use crate::error::{Error, Result};
use crate::layer::{
    BitReversalConfig, BlockDiagonalConfig, BlockStart, CirculantConfig, DenseConfig,
    DiagonalConfig, FixedTransformConfig, FlattenConfig, Init, OrthogonalBlocksConfig, PadConfig,
    ReluConfig, ReshapeConfig, SliceConfig, SoftThresholdConfig, SpectralFilterConfig,
    StrideConfig, TakeConfig, TwoSlopeConfig, bounded,
};
use crate::net::NodeSpec;
use crate::transform::TransformKind;

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
