//! Every transform and every layer.

use super::random;
use ndarray::Array1;
use rand::RngExt;
use switchnet::layer::*;
use switchnet::net::{Graph, NodeSpec, Positionwise};
use switchnet::random::generator;
use switchnet::transform::{Blocks, Separable, Transform, TransformKind};
use switchnet::{Matrix, Scalar};

/// Every transform that takes the length `n`.
pub fn every_transform<T: Scalar>(n: usize) -> Vec<(TransformKind, Box<dyn Transform<T>>)> {
    let mut rng = generator(n as u64, 0);
    let plan = |kind: &TransformKind| Some((*kind, kind.plan(n, &mut rng).ok()?));
    TransformKind::ALL.iter().filter_map(plan).collect()
}

/// Adds a number of size 0.2 to 0.6 and of either sign to every parameter: no bias stays zero, no
/// slope stays one.
pub fn randomize<T: Scalar>(layer: &mut dyn Layer<T>, seed: u64) {
    let mut rng = generator(seed, 1);
    layer.visit_mut(&mut |ParameterMut { mut values, .. }| {
        values.mapv_inplace(|v| {
            let size = 0.2 + 0.4 * rng.random::<f64>();
            v + T::of(if rng.random() { size } else { -size })
        });
    });
}

/// One layer of each kind and setting, with parameters that leave nothing out.
pub fn every_layer<T: Scalar>() -> Vec<(String, Box<dyn Layer<T>>)> {
    let mut rng = generator(11, 0);
    let ones = |n| Array1::<T>::ones(n);
    let some = |name: &str, layer: Box<dyn Layer<T>>| (name.to_owned(), layer);
    let mut layers = Vec::new();
    for (kind, transform) in every_transform::<T>(16).into_iter().chain(every_transform(15)) {
        let name = format!("mix {kind:?} {}", transform.len());
        layers.push(some(&name, Box::new(FixedTransform::boxed(transform))));
    }
    for (kind, transform) in every_transform::<T>(12) {
        let across = kind.plan(5, &mut rng).or(TransformKind::Hartley.plan(5, &mut rng)).unwrap();
        let image = Separable::boxed(kind.plan(12, &mut rng).unwrap(), across);
        layers.push(some(
            &format!("mix {kind:?} 12 × 3"),
            Box::new(FixedTransform::new(Blocks::new(transform, 3).unwrap())),
        ));
        layers.push(some(
            &format!("mix image {kind:?} 12 × 5"),
            Box::new(FixedTransform::new(image)),
        ));
    }
    let image = [3, 4, 6];
    let mut conv = |shape, filters, kernel, padding| -> Box<dyn Layer<T>> {
        Box::new(Conv2d::random(shape, filters, kernel, padding, &mut rng).unwrap())
    };
    layers.extend([
        some("conv, padding 0", conv([2, 5, 6], 3, 3, 0)),
        some("conv, padding 1", conv([3, 4, 5], 2, 3, 1)),
        some("conv, even kernel, wide padding", conv([2, 3, 4], 2, 2, 2)),
        some("conv, 1×1", conv([4, 2, 3], 5, 1, 0)),
        some("conv, padding wider than the kernel", conv([1, 2, 3], 1, 2, 4)),
        some("conv, more filters and channels than a block", conv([9, 3, 2], 10, 3, 1)),
        some("scale", Box::new(Diagonal::scale(9))),
        some("bias", Box::new(Diagonal::bias(9))),
        some("scale and bias", Box::new(Diagonal::new(Some(ones(9)), Some(ones(9))))),
        some("relu", Box::new(Switch::relu(12))),
        some("leaky", Box::new(Switch::leaky(12, T::of(0.125)).unwrap())),
        some("prelu", Box::new(Switch::prelu(ones(12)))),
        some("two-slope", Box::new(Switch::two_slope(ones(12), ones(12)))),
        some("block-switch 1", Box::new(block_switch(6, 1))),
        some("block-switch 3", Box::new(block_switch(12, 3))),
        some("block-switch 16", Box::new(block_switch(32, 16))),
        some("soft-threshold", Box::new(SoftThreshold::new(ones(7)))),
        some("detached", Box::new(GatedSwitch::new(ones(7), ones(7)))),
        some("crelu", Box::new(Crelu::new(7))),
        some("sigmoid", Box::new(Smooth::sigmoid(8))),
        some("tanh", Box::new(Smooth::tanh(8))),
        some("elu", Box::new(Smooth::elu(8))),
        some("pad", Box::new(Reshape::pad(5, 8).unwrap())),
        some("tile", Box::new(Reshape::tile(5, 13).unwrap())),
        some("take", Box::new(Reshape::take(8, 5).unwrap())),
        some("sum-halves", Box::new(Reshape::sum_halves(10).unwrap())),
        some("flatten", Box::new(Reshape::flatten(6))),
        some("rms-norm", Box::new(RmsNorm::new(10))),
        some("softmax", Box::new(Softmax::new(10))),
        some("dense, wider", Box::new(Dense::random(5, 8, true, &mut generator(12, 0)))),
        some("dense, narrower", Box::new(Dense::random(9, 4, true, &mut generator(13, 0)))),
        some("dense without bias", Box::new(Dense::random(6, 6, false, &mut generator(14, 0)))),
        some(
            "gather",
            Box::new(Gather::new("gather", 5, vec![Some(4), None, Some(0), Some(4)]).unwrap()),
        ),
        some("channels-last", Box::new(Gather::channels_last(image).unwrap())),
        some("channels-first", Box::new(Gather::channels_first(image).unwrap())),
        some("patches 2×2", Box::new(Gather::patches(image, &PatchesConfig::new(2)).unwrap())),
        some("patches that overlap", Box::new(Gather::patches([4, 5, 2], &overlapping()).unwrap())),
        some("shift 3×3", Box::new(Gather::shift([3, 4, 18], &ShiftConfig::default()).unwrap())),
        some("shift 1×2", Box::new(Gather::shift([1, 5, 16], &back_and_forth()).unwrap())),
        some("stride 3 of 12", Box::new(Gather::stride(24, 12, 3, 1).unwrap())),
        some("stride 2 of runs", Box::new(Gather::stride(24, 12, 2, 3).unwrap())),
        some("bit-reversal", Box::new(Gather::bit_reversal(16).unwrap())),
        some("z-order", Box::new(Gather::z_order([2, 3, 5], None).unwrap())),
        some("z-order 4×8", Box::new(Gather::z_order([1, 3, 5], Some([4, 8].into())).unwrap())),
        some("average-pool, channels last", Box::new(channels_last_pool())),
        some("positionwise", Box::new(Positionwise::new(nested_chain(), 3).unwrap())),
        some("positionwise of decisions", Box::new(Positionwise::new(deciding(), 2).unwrap())),
        some("max-pool 2×2", Box::new(MaxPool::new(image, 2).unwrap())),
        some("max-pool 3×3", Box::new(MaxPool::new([3, 3, 6], 3).unwrap())),
        some("average-pool 2×2", Box::new(AveragePool::new(image, 2).unwrap())),
    ]);
    layers.extend(windowed_layers());
    layers.extend(structured_layers());
    layers.extend([
        some("dropout, noise off", Box::new(Dropout::new(20, 0.4).unwrap())),
        some("residual", Box::new(Graph::residual(inner_layers()).unwrap())),
        some("nested chain", Box::new(nested_chain())),
    ]);
    for (seed, (_, layer)) in layers.iter_mut().enumerate() {
        randomize(layer.as_mut(), seed as u64);
    }
    layers
}

fn overlapping() -> PatchesConfig {
    PatchesConfig {
        stride: Some([1, 2].into()),
        padding: [1, 0, 0, 1].into(),
        ..PatchesConfig::new(3)
    }
}

fn back_and_forth() -> ShiftConfig {
    ShiftConfig { window: [1, 2].into(), reverse: true }
}

fn channels_last_pool() -> AveragePool {
    let config = AveragePoolConfig { channels_last: true, ceil: true, ..AveragePoolConfig::new(2) };
    AveragePool::with([3, 4, 5], &config).unwrap()
}

/// A choice and switches, a bias in front.
fn deciding<T: Scalar>() -> Graph<T> {
    Graph::chain(vec![
        Box::new(Diagonal::bias(16)),
        Box::new(MaxPool::new([1, 4, 4], 2).unwrap()),
        Box::new(Switch::relu(4)),
        Box::new(Dense::random(4, 3, true, &mut generator(20, 0))),
    ])
    .unwrap()
}

/// A convolution with no stride, dilation, groups or padding.
pub fn plain(filters: usize, kernel: impl Into<Sides<2>>) -> ConvConfig {
    ConvConfig::new(filters, kernel)
}

/// Convolutions and pools whose windows overlap, leave numbers out, reach over the border or have holes.
fn windowed_layers<T: Scalar>() -> Vec<(String, Box<dyn Layer<T>>)> {
    let mut layers = Vec::new();
    for (shape, config) in [
        ([2, 5, 6], ConvConfig { stride: 2.into(), padding: 1.into(), ..plain(3, 3) }),
        ([1, 8, 7], ConvConfig { stride: 3.into(), ..plain(2, 2) }),
        ([2, 3, 4], ConvConfig { stride: 3.into(), padding: 4.into(), ..plain(2, 2) }),
        ([2, 5, 4], ConvConfig { stride: 2.into(), ..plain(9, 1) }),
        ([1, 4, 6], ConvConfig { stride: [1, 2].into(), ..plain(2, [3, 1]) }),
        ([2, 4, 5], ConvConfig { padding: [0, 2, 1, 0].into(), ..plain(2, [2, 4]) }),
        ([2, 7, 6], ConvConfig { dilation: 2.into(), padding: 2.into(), ..plain(3, 3) }),
        ([1, 9, 8], ConvConfig { dilation: 3.into(), stride: 2.into(), ..plain(2, 3) }),
        ([1, 9, 8], ConvConfig { dilation: 2.into(), stride: [4, 2].into(), ..plain(2, 3) }),
        ([4, 4, 3], ConvConfig { groups: 2, ..plain(6, 2) }),
        ([4, 3, 3], ConvConfig { groups: 2, padding: 1.into(), ..plain(18, 3) }),
        ([3, 4, 5], ConvConfig { groups: 3, padding: 1.into(), ..plain(3, 3) }),
        ([3, 4, 5], ConvConfig { groups: 3, stride: 2.into(), ..plain(6, 2) }),
        ([2, 3, 4], ConvConfig { padding: [0, 1, 2, 0].into(), ..plain(2, 2) }),
        ([2, 5, 4], ConvConfig { padding: [3, 0, 0, 5].into(), stride: 2.into(), ..plain(2, 3) }),
        (
            [4, 9, 7],
            ConvConfig {
                padding: [1, 0, 2, 3].into(),
                stride: [2, 3].into(),
                dilation: [2, 1].into(),
                groups: 2,
                ..plain(6, [3, 2])
            },
        ),
    ] {
        let mut rng = generator(19, layers.len() as u64);
        let layer = Conv2d::random_with(shape, &config, &mut rng).unwrap();
        layers.push((format!("{config:?}"), Box::new(layer) as Box<dyn Layer<T>>));
    }
    for (shape, size, stride, padding, ceil) in pools() {
        let max = MaxPoolConfig { size, stride, padding, ceil };
        let layer = MaxPool::with(shape, &max).unwrap();
        layers.push((format!("{max:?}"), Box::new(layer)));
        for count_padding in [false, true] {
            let average = AveragePoolConfig {
                size: Some(size),
                stride,
                padding,
                ceil,
                count_padding,
                channels_last: false,
            };
            let layer = AveragePool::with(shape, &average).unwrap();
            layers.push((format!("{average:?}"), Box::new(layer)));
        }
    }
    layers
}

/// Shape, size, stride, padding and ceil mode of a pool.
type Pool = ([usize; 3], Sides<2>, Option<Sides<2>>, Sides<4>, bool);

fn pools() -> [Pool; 6] {
    let stride = |stride: usize| Some(stride.into());
    [
        ([2, 7, 5], 3.into(), stride(2), 0.into(), false),
        ([1, 5, 8], 2.into(), stride(3), 0.into(), false),
        ([2, 5, 4], 3.into(), stride(2), 1.into(), false),
        ([1, 5, 3], 2.into(), None, 0.into(), true),
        ([1, 4, 4], 2.into(), stride(1), [1, 0, 0, 1].into(), false),
        ([2, 6, 5], [3, 2].into(), Some([2, 3].into()), [1, 0, 2, 1].into(), true),
    ]
}

/// Block-diagonal matrices of every way that the kernels know, and circulants.
fn structured_layers<T: Scalar>() -> Vec<(String, Box<dyn Layer<T>>)> {
    let mut layers = Vec::new();
    for (n, config) in blocks_diagonal() {
        let built = config.build(Shape(&[n]), &mut generator(21, n as u64)).unwrap();
        layers.push((format!("{n}: {config:?}"), built.layer));
    }
    for (n, side, stride) in [(16, 2, 1), (24, 3, 4), (32, 4, 2), (10, 5, 2)] {
        let start = Some(Init::Uniform(1.0));
        let config = OrthogonalBlocksConfig { stride, start, ..OrthogonalBlocksConfig::new(side) };
        let built = config.build(Shape(&[n]), &mut generator(23, n as u64)).unwrap();
        layers.push((format!("{n}: {config:?}"), built.layer));
    }
    for shape in [[1, 4, 4], [2, 3, 5], [3, 1, 8], [1, 6, 1], [2, 12, 16]] {
        let config = SpectralFilterConfig::default();
        let built = config.build(Shape(&shape), &mut generator(24, shape[1] as u64)).unwrap();
        layers.push((format!("{shape:?}: {config:?}"), built.layer));
    }
    for (n, config) in circulants() {
        let built = config.build(Shape(&[n]), &mut generator(22, n as u64)).unwrap();
        layers.push((format!("{n}: {config:?}"), built.layer));
    }
    layers
}

/// Widths and configurations of block-diagonal matrices.
pub fn blocks_diagonal() -> Vec<(usize, BlockDiagonalConfig)> {
    let square =
        |columns, stride| BlockDiagonalConfig { stride, ..BlockDiagonalConfig::new(columns) };
    let of =
        |rows, columns, stride| BlockDiagonalConfig { rows: Some(rows), ..square(columns, stride) };
    vec![
        (16, square(2, 1)),
        (16, square(2, 8)),
        (64, BlockDiagonalConfig { shared: true, ..square(2, 4) }),
        (32, square(2, 16)),
        (16, BlockDiagonalConfig { bias: true, ..square(4, 2) }),
        (16, square(8, 1)),
        (12, square(3, 2)),
        (12, BlockDiagonalConfig { bias: true, ..of(5, 3, 1) }),
        (18, BlockDiagonalConfig { shared: true, ..of(2, 9, 1) }),
        (24, of(3, 4, 6)),
        (20, BlockDiagonalConfig { start: Some(BlockStart::Orthogonal), ..square(2, 5) }),
        (6, BlockDiagonalConfig { start: Some(BlockStart::Identity), ..square(1, 6) }),
    ]
}

/// Widths and configurations of circulants.
pub fn circulants() -> Vec<(usize, CirculantConfig)> {
    let of = |block, outputs, taps| CirculantConfig { block, outputs, taps, start: None };
    vec![
        (8, of(None, None, None)),
        (9, of(None, None, None)),
        (1, of(None, None, None)),
        (12, of(Some(4), Some(8), None)),
        (12, of(Some(3), Some(15), Some(2))),
        (70, of(None, None, Some(5))),
    ]
}

/// A layer whose every pass has the noise of one seed, so that the laws hold it to that too.
#[derive(Debug)]
pub struct WithNoise<L> {
    pub layer: L,
    pub seed: u64,
}

impl<T: Scalar, L: Layer<T>> Layer<T> for WithNoise<L> {
    fn signature(&self) -> Signature {
        self.layer.signature()
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        self.layer.linearize_with(x, Noise { seed: self.seed, first_row: 0 })
    }

    fn visit(&self, f: &mut dyn FnMut(Parameter<'_, T>)) {
        self.layer.visit(f);
    }

    fn visit_mut(&mut self, f: &mut dyn FnMut(ParameterMut<'_, T>)) {
        self.layer.visit_mut(f);
    }
}

/// A node of a spec.
pub fn node(config: impl LayerConfig) -> NodeSpec {
    config.into()
}

/// Blocks of `block` with random vectors.
pub fn block_switch<T: Scalar>(n: usize, block: usize) -> BlockSwitch<T> {
    BlockSwitch::new(random(n, block, 17), random(n, block, 18)).unwrap()
}

/// 8 → 8 features, with parameters of three kinds.
fn inner_chain<T: Scalar>() -> Graph<T> {
    Graph::chain(inner_layers()).unwrap()
}

fn inner_layers<T: Scalar>() -> Vec<Box<dyn Layer<T>>> {
    vec![
        Box::new(Diagonal::new(Some(Array1::ones(8)), Some(Array1::zeros(8)))),
        Box::new(FixedTransform::boxed(
            TransformKind::Hadamard.plan(8, &mut generator(1, 0)).unwrap(),
        )),
        Box::new(Switch::two_slope(Array1::ones(8), Array1::ones(8))),
        Box::new(Dense::random(8, 8, true, &mut generator(15, 0))),
    ]
}

/// 8 → 3 features: a chain and a residual in a chain; layers without parameters come first.
pub fn nested_chain<T: Scalar>() -> Graph<T> {
    Graph::chain(vec![
        Box::new(Dropout::new(8, 0.3).unwrap()),
        Box::new(inner_chain()),
        Box::new(Graph::residual(inner_layers()).unwrap()),
        Box::new(Dropout::new(8, 0.3).unwrap()),
        Box::new(Crelu::new(8)),
        Box::new(Dense::random(16, 3, true, &mut generator(16, 0))),
    ])
    .unwrap()
}
