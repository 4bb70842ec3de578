//! What the laws are checked against: matrices written from their formulas, and one list of every
//! transform, every layer and every net, so that a law is said once for all of them.

use ndarray::Array1;
use num_traits::Float;
use rand::RngExt;
use std::f64::consts::PI;
use switchnet::layer::*;
use switchnet::net::zoo::{Cnn, SwitchKind, SwitchNet, mlp};
use switchnet::net::{Graph, Net, NodeSpec, ResidualConfig, Spec};
use switchnet::random::generator;
use switchnet::transform::{Blocks, Separable, Transform, TransformKind};
use switchnet::{Matrix, Scalar};

/// Makes a test in each precision of each generic function.
macro_rules! in_both_precisions {
    ($($name:ident),+ $(,)?) => {
        mod single {
            $(#[test] fn $name() { super::$name::<f32>(); })+
        }
        mod double {
            $(#[test] fn $name() { super::$name::<f64>(); })+
        }
    };
}

/// The distance from 1 to the next number of this precision.
pub fn eps<T: Scalar>() -> f64 {
    <T as Float>::epsilon().double()
}

/// The numbers in double precision, which rounds nothing.
pub fn double<'a, T: Scalar>(values: impl IntoIterator<Item = &'a T>) -> Vec<f64> {
    values.into_iter().map(|v| v.double()).collect()
}

/// The bits of the numbers, for comparisons that tell −0 from 0. Widening keeps both.
pub fn bits<'a, T: Scalar>(values: impl IntoIterator<Item = &'a T>) -> Vec<u64> {
    values.into_iter().map(|v| v.double().to_bits()).collect()
}

pub fn norm<'a, T: Scalar>(values: impl IntoIterator<Item = &'a T>) -> f64 {
    values.into_iter().map(|v| v.double() * v.double()).sum::<f64>().sqrt()
}

/// Like [`norm`], of the difference of two lists that must be equally long.
pub fn distance<T: Scalar>(a: &Matrix<T>, b: &Matrix<T>) -> f64 {
    assert_eq!(a.dim(), b.dim(), "only matrices of one shape have a distance");
    a.iter().zip(b).map(|(a, b)| (a.double() - b.double()).powi(2)).sum::<f64>().sqrt()
}

pub fn inner<T: Scalar>(a: &Matrix<T>, b: &Matrix<T>) -> f64 {
    assert_eq!(a.dim(), b.dim(), "only matrices of one shape have an inner product");
    a.iter().zip(b).map(|(a, b)| a.double() * b.double()).sum()
}

/// Numbers uniform on [−1, 1).
pub fn random<T: Scalar>(rows: usize, columns: usize, seed: u64) -> Matrix<T> {
    let mut rng = generator(seed, 0);
    Matrix::from_shape_simple_fn((rows, columns), || T::of(2.0 * rng.random::<f64>() - 1.0))
}

fn matrix(n: usize, entry: impl Fn(usize, usize) -> f64) -> Matrix<f64> {
    Matrix::from_shape_fn((n, n), |(i, j)| entry(i, j))
}

/// `A ⊗ B`: each entry of `A` times the whole of `B`.
pub fn kronecker(a: &Matrix<f64>, b: &Matrix<f64>) -> Matrix<f64> {
    let m = b.nrows();
    matrix(a.nrows() * m, |i, j| a[[i / m, j / m]] * b[[i % m, j % m]])
}

/// The symmetric conference matrix of the field of `q` = 5, 9 or 13 numbers and infinity, which comes
/// first. A number is `c + d·√−1` modulo `p`, with `d = 0` where the field is a prime's.
pub fn conference(q: usize) -> Matrix<f64> {
    let p = if q == 9 { 3 } else { q };
    let number = |i: usize| if q == 9 { (i / 3, i % 3) } else { (i, 0) };
    let times = |(a, b): (usize, usize), (c, d): (usize, usize)| {
        ((a * c + (p - 1) * b * d) % p, (a * d + b * c) % p)
    };
    let squares: Vec<_> = (1..q).map(|i| times(number(i), number(i))).collect();
    matrix(q + 1, |i, j| {
        if i == j {
            return 0.0;
        }
        if i == 0 || j == 0 {
            return 1.0;
        }
        let ((a, b), (c, d)) = (number(i - 1), number(j - 1));
        if squares.contains(&((a + p - c) % p, (b + p - d) % p)) { 1.0 } else { -1.0 }
    })
}

/// Paley's second construction, with entries ±1.
pub fn paley(order: usize) -> Matrix<f64> {
    let two = |entries: [[f64; 2]; 2]| ndarray::arr2(&entries);
    let conference = conference(order / 2 - 1);
    kronecker(&conference, &two([[1.0, 1.0], [1.0, -1.0]]))
        + kronecker(&Matrix::eye(order / 2), &two([[1.0, -1.0], [-1.0, -1.0]]))
}

/// `(−1)^popcount(i AND j) / √n` for powers of two; else Paley's matrices times that, those of order 12
/// outermost, then 20, then 28.
pub fn naive_hadamard(n: usize) -> Matrix<f64> {
    for (order, prime) in [(12, 3), (20, 5), (28, 7)] {
        if n.is_multiple_of(prime) {
            let outer = paley(order) / (order as f64).sqrt();
            return kronecker(&outer, &naive_hadamard(n / order));
        }
    }
    let sign = |i: usize, j: usize| if (i & j).count_ones().is_multiple_of(2) { 1.0 } else { -1.0 };
    matrix(n, |i, j| sign(i, j) / (n as f64).sqrt())
}

pub fn sign_changes(row: &[f64]) -> usize {
    row.windows(2).filter(|pair| (pair[0] > 0.0) != (pair[1] > 0.0)).count()
}

/// The rows of the Hadamard matrix, sorted by their number of sign changes.
pub fn naive_sequency(n: usize) -> Matrix<f64> {
    let natural = naive_hadamard(n);
    let mut rows: Vec<Vec<f64>> = natural.rows().into_iter().map(|row| row.to_vec()).collect();
    rows.sort_by_key(|row| sign_changes(row));
    matrix(n, |i, j| rows[i][j])
}

/// `(cos + sin)(2πij/n) / √n`; whole turns are taken off in integers, where nothing rounds.
pub fn naive_hartley(n: usize) -> Matrix<f64> {
    matrix(n, |i, j| {
        let (sine, cosine) = (2.0 * PI * (i * j % n) as f64 / n as f64).sin_cos();
        (cosine + sine) / (n as f64).sqrt()
    })
}

/// `w_k·cos(π k (j + ½)/n)`, with whole turns taken off in integers.
pub fn naive_dct2(n: usize) -> Matrix<f64> {
    matrix(n, |k, j| {
        let weight = if k == 0 { 1.0 } else { 2.0 } / n as f64;
        weight.sqrt() * (PI * (k * (2 * j + 1) % (4 * n)) as f64 / (2 * n) as f64).cos()
    })
}

/// `w_j·cos(π j (k + ½)/n)`: written out and not transposed.
pub fn naive_dct3(n: usize) -> Matrix<f64> {
    matrix(n, |k, j| {
        let weight = if j == 0 { 1.0 } else { 2.0 } / n as f64;
        weight.sqrt() * (PI * (j * (2 * k + 1) % (4 * n)) as f64 / (2 * n) as f64).cos()
    })
}

/// The matrix of the kinds that are not drawn at random.
pub fn naive(kind: TransformKind, n: usize) -> Option<Matrix<f64>> {
    match kind {
        TransformKind::Hadamard => Some(naive_hadamard(n)),
        TransformKind::HadamardSequency => Some(naive_sequency(n)),
        TransformKind::Hartley => Some(naive_hartley(n)),
        TransformKind::Dct2 => Some(naive_dct2(n)),
        TransformKind::Dct3 => Some(naive_dct3(n)),
        TransformKind::Identity => Some(Matrix::eye(n)),
        _ => None,
    }
}

/// Every transform that takes the length `n`.
pub fn every_transform<T: Scalar>(n: usize) -> Vec<(TransformKind, Box<dyn Transform<T>>)> {
    let mut rng = generator(n as u64, 0);
    let plan = |kind: &TransformKind| Some((*kind, kind.plan(n, &mut rng).ok()?));
    TransformKind::ALL.iter().filter_map(plan).collect()
}

/// Adds a number of size 0.2 to 0.6 and of either sign to every parameter: no bias stays zero, no
/// slope stays one.
pub fn randomise<T: Scalar>(layer: &mut dyn Layer<T>, seed: u64) {
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
        layers.push(some(&name, Box::new(Mix::boxed(transform))));
    }
    for (kind, transform) in every_transform::<T>(12) {
        let across = kind.plan(5, &mut rng).or(TransformKind::Hartley.plan(5, &mut rng)).unwrap();
        let image = Separable::boxed(kind.plan(12, &mut rng).unwrap(), across);
        layers.push(some(
            &format!("mix {kind:?} 12 × 3"),
            Box::new(Mix::new(Blocks::new(transform, 3).unwrap())),
        ));
        layers.push(some(&format!("mix image {kind:?} 12 × 5"), Box::new(Mix::new(image))));
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
        some("detached", Box::new(Detached::new(ones(7), ones(7)))),
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
        some("max-pool 2×2", Box::new(MaxPool::new(image, 2).unwrap())),
        some("max-pool 3×3", Box::new(MaxPool::new([3, 3, 6], 3).unwrap())),
        some("average-pool 2×2", Box::new(AveragePool::new(image, 2).unwrap())),
        some("dropout, noise off", Box::new(Dropout::new(20, 0.4).unwrap())),
        some("residual", Box::new(Graph::residual(inner_layers()).unwrap())),
        some("nested chain", Box::new(nested_chain())),
    ]);
    for (seed, (_, layer)) in layers.iter_mut().enumerate() {
        randomise(layer.as_mut(), seed as u64);
    }
    layers
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
        Box::new(Mix::boxed(TransformKind::Hadamard.plan(8, &mut generator(1, 0)).unwrap())),
        Box::new(Switch::two_slope(Array1::ones(8), Array1::ones(8))),
        Box::new(Dense::random(8, 8, true, &mut generator(15, 0))),
    ]
}

/// 8 → 3 features: a chain and a residual in a chain; layers without parameters come first.
fn nested_chain<T: Scalar>() -> Graph<T> {
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

/// The specs of [`every_net`]: the zoo in all its settings, and two with every kind of layer.
pub fn every_spec() -> Vec<(String, Spec)> {
    let mut specs = Vec::new();
    for transform in
        [TransformKind::Hadamard, TransformKind::HadamardSequency, TransformKind::Hartley]
    {
        let net = SwitchNet { transform, depth: 2, ..SwitchNet::default() };
        specs.push((format!("switch net, {transform:?}"), net.spec(&[12], 5, 21)));
    }
    for switch in [SwitchKind::Relu, SwitchKind::Prelu, SwitchKind::Block4, SwitchKind::Block16] {
        let between = Some(TransformKind::Permutation);
        let net = SwitchNet { switch, between, width: Some(32), ..SwitchNet::default() };
        specs.push((format!("switch net, {switch:?}"), net.spec(&[1, 3, 4], 5, 22)));
    }
    let cosine = SwitchNet {
        transform: TransformKind::Dct2,
        width: Some(20),
        start: Some(Init::Uniform(1.5)),
        between: Some(TransformKind::Signs),
        ..SwitchNet::default()
    };
    specs.push(("switch net, DCT".to_owned(), cosine.spec(&[20], 3, 23)));
    specs.push(("MLP".to_owned(), mlp(&[10], &[16, 12], 4, 24)));
    for average in [false, true] {
        let cnn = Cnn { filters: [3, 4], average, ..Cnn::default() };
        specs.push((format!("CNN, average {average}"), cnn.spec(&[2, 8, 8], 3, 25)));
    }
    specs.push(("mixed".to_owned(), mixed_spec()));
    specs.push(("images".to_owned(), images_spec()));
    specs.push(("smooth".to_owned(), smooth_spec()));
    specs.push(("detached".to_owned(), detached_spec()));
    specs
}

/// Every net of the zoo, and two that mix what the zoo does not.
pub fn every_net<T: Scalar>() -> Vec<(String, Net<T>)> {
    let build = |(seed, (name, spec)): (usize, (String, Spec))| {
        let mut net = spec.build().unwrap();
        randomise(&mut net, 100 + seed as u64);
        (name, net)
    };
    every_spec().into_iter().enumerate().map(build).collect()
}

/// The layers and the nets in one list.
pub fn without_noise<T: Scalar>() -> Vec<(String, Box<dyn Layer<T>>)> {
    let nets = every_net::<T>().into_iter();
    let nets = nets.map(|(name, net)| (name, Box::new(net) as Box<dyn Layer<T>>));
    every_layer().into_iter().chain(nets).collect()
}

/// The same, what has noise, and a graph that is no chain.
pub fn everything<T: Scalar>() -> Vec<(String, Box<dyn Layer<T>>)> {
    let mut all = without_noise::<T>();
    let mut nested = WithNoise { layer: nested_chain(), seed: 6 };
    randomise::<T>(&mut nested, 60);
    let dropout = WithNoise { layer: Dropout::new(20, 0.4).unwrap(), seed: 5 };
    let mut graph = graph_spec().build().unwrap();
    randomise::<T>(&mut graph, 61);
    all.push(("graph".to_owned(), Box::new(graph)));
    all.push(("dropout with noise".to_owned(), Box::new(dropout)));
    all.push(("nested chain with noise".to_owned(), Box::new(nested)));
    all
}

/// Those of [`everything`] that are piecewise linear.
pub fn piecewise_linear<T: Scalar>() -> Vec<(String, Box<dyn Layer<T>>)> {
    let all = everything::<T>().into_iter().filter(|(_, layer)| layer.is_piecewise_linear());
    let all: Vec<_> = all.collect();
    assert!(all.len() > 60, "only {} layers and nets are piecewise linear", all.len());
    all
}

/// Everything piecewise linear that is not in the zoo.
fn mixed_spec() -> Spec {
    let inner = vec![
        node(DiagonalConfig { scale: Some(Init::Signs(0.5)), bias: true }),
        node(MixConfig::new(TransformKind::Dct3)),
        node(LeakyConfig { slope: 0.125 }),
    ];
    let layers = vec![
        node(ConvConfig { filters: 2, kernel: 2, padding: 0 }),
        node(PreluConfig { closed: Init::Normal(0.3) }),
        node(AveragePoolConfig { size: 2 }),
        node(FlattenConfig {}),
        node(PadConfig { width: 14 }),
        node(ResidualConfig { layers: inner }),
        node(CreluConfig {}),
        node(MixConfig::new(TransformKind::Permutation)),
        node(TileConfig { width: 40 }),
        node(TwoSlopeConfig { open: Init::default(), closed: Init::Uniform(1.0) }),
        node(SumHalvesConfig {}),
        node(DropoutConfig { probability: 0.2 }),
        node(TakeConfig { width: 16 }),
        node(MixConfig::new(TransformKind::Hadamard)),
        node(ReluConfig {}),
        node(DenseConfig { outputs: 4, bias: false }),
    ];
    Spec { input: vec![2, 5, 5], seed: 26, layers }
}

/// Transforms of blocks and of images, and a width that is no power of two.
fn images_spec() -> Spec {
    let separable = |transform| node(MixConfig { transform, block: None, separable: true });
    let blocks =
        |transform, block| node(MixConfig { transform, block: Some(block), separable: false });
    let layers = vec![
        separable(TransformKind::Signs),
        separable(TransformKind::Hartley),
        node(PreluConfig { closed: Init::Normal(0.3) }),
        node(ConvConfig { filters: 1, kernel: 1, padding: 0 }),
        separable(TransformKind::Dct2),
        node(ReluConfig {}),
        blocks(TransformKind::Permutation, 6),
        blocks(TransformKind::Dct3, 4),
        node(TwoSlopeConfig { open: Init::default(), closed: Init::Uniform(1.0) }),
        node(MixConfig::new(TransformKind::Hadamard)),
        node(LeakyConfig { slope: 0.25 }),
        blocks(TransformKind::Hadamard, 12),
        node(DenseConfig { outputs: 3, bias: true }),
    ];
    Spec { input: vec![2, 4, 6], seed: 28, layers }
}

/// Switches that a copy of the input throws, which goes through the same transforms as the signals.
fn detached_spec() -> Spec {
    let both = |transform| node(MixConfig { transform, block: Some(16), separable: false });
    let mut layers = vec![node(TileConfig { width: 16 }), node(TileConfig { width: 32 })];
    for _ in 0..3 {
        layers.push(both(TransformKind::Signs));
        layers.push(both(TransformKind::Hadamard));
        layers.push(node(DetachedConfig { open: Init::default(), closed: Init::Normal(1.0) }));
    }
    layers.push(node(TakeConfig { width: 16 }));
    layers.push(node(DenseConfig { outputs: 3, bias: true }));
    Spec { input: vec![10], seed: 29, layers }
}

/// `branch = relu(W x)`, `shortcut = H x`, and a dense layer on (branch + shortcut, x).
pub fn graph_spec() -> Spec {
    let hadamard = node(MixConfig::new(TransformKind::Hadamard));
    let layers = vec![
        node(DenseConfig::new(8)),
        node(ReluConfig {}).named("branch"),
        hadamard.reading("input").named("shortcut"),
        NodeSpec::add(["branch", "shortcut"]).named("sum"),
        NodeSpec::concat(["sum", "input"]),
        node(DenseConfig::new(3)),
    ];
    Spec { input: vec![8], seed: 9, layers }
}

/// The layers that are not piecewise linear.
fn smooth_spec() -> Spec {
    let layers = vec![
        node(RmsNormConfig {}),
        node(DenseConfig { outputs: 8, bias: true }),
        node(TanhConfig {}),
        node(MixConfig::new(TransformKind::Hadamard)),
        node(SigmoidConfig {}),
        node(DiagonalConfig { scale: Some(Init::Constant(3.0)), bias: true }),
        node(EluConfig {}),
        node(SoftmaxConfig {}),
        node(DenseConfig { outputs: 3, bias: true }),
    ];
    Spec { input: vec![6], seed: 27, layers }
}

/// For every decision and every row of `x`, what was decided: whether a switch is open, who won a choice.
pub fn decided<T: Scalar>(layer: &dyn Layer<T>, x: &Matrix<T>) -> Vec<i64> {
    let mut open = Vec::new();
    let (_, map) = layer.linearize(x.clone());
    map.decisions(&mut |decisions| match decisions.kind {
        DecisionKind::Choice { winners, .. } => open.extend(winners.iter().map(|&w| w as i64)),
        DecisionKind::Sign => {
            open.extend(decisions.values.iter().map(|&z| i64::from(z > T::zero())));
        }
    });
    open
}

/// Whether the switches stand alike at all rows of `x` and the same rows of `y`.
pub fn same_switches<T: Scalar>(layer: &dyn Layer<T>, x: &Matrix<T>, y: &Matrix<T>) -> bool {
    decided(layer, x) == decided(layer, y)
}

/// The parameters by name, in order.
pub fn named<T: Scalar>(layer: &dyn Layer<T>) -> Vec<(String, Vec<usize>, Vec<T>)> {
    let mut all = Vec::new();
    layer.visit(&mut |Parameter { name, values, .. }| {
        all.push((name.to_owned(), values.shape().to_vec(), values.iter().copied().collect()));
    });
    all
}

/// The message of the panic that `f` ends in.
pub fn panic_message(f: impl FnOnce()) -> String {
    let payload = std::panic::catch_unwind(std::panic::AssertUnwindSafe(f))
        .expect_err("this call has to panic");
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => payload.downcast_ref::<&str>().map_or(String::new(), |t| t.to_string()),
    }
}

/// The effective map `(A, c)` of a net, found without it: each layer's dense matrix is written down
/// from the spec and the parameters, the switches are thrown by hand, and all is multiplied out.
pub fn map_by_hand(net: &Net<f64>, x: &Array1<f64>) -> (Matrix<f64>, Array1<f64>) {
    let spec = net.spec();
    let parameter = |name: &str| {
        let found = named(net).into_iter().find(|(own, ..)| own == name);
        Array1::from_vec(found.unwrap_or_else(|| panic!("no parameter {name}")).2)
    };
    // What was drawn at random can only be read off the layer, column by column.
    let drawn = |i: usize| {
        let layer = net.graph().layers()[i];
        layer.forward(Matrix::eye(layer.inputs())).reversed_axes()
    };
    chain_by_hand(&spec.layers, &spec.input, x, &parameter, "", &drawn)
}

fn chain_by_hand(
    layers: &[NodeSpec],
    input: &[usize],
    x: &Array1<f64>,
    parameter: &dyn Fn(&str) -> Array1<f64>,
    prefix: &str,
    drawn: &dyn Fn(usize) -> Matrix<f64>,
) -> (Matrix<f64>, Array1<f64>) {
    let (mut a, mut c, mut shape) = (Matrix::eye(x.len()), Array1::zeros(x.len()), input.to_vec());
    for (i, layer) in layers.iter().enumerate() {
        let z = a.dot(x) + &c;
        let own = |name: &str| parameter(&format!("{prefix}{i}.{name}"));
        let residual = layer.get::<ResidualConfig>();
        let (m, b, out) = match (residual, layer.get::<MixConfig>()) {
            (Some(ResidualConfig { layers }), _) => {
                let inner_drawn = |_: usize| panic!("random layers in a residual are not written");
                let prefix = format!("{prefix}{i}.");
                let inner = chain_by_hand(layers, &shape, &z, parameter, &prefix, &inner_drawn);
                (inner.0 + Matrix::<f64>::eye(z.len()), inner.1, shape)
            }
            (_, Some(MixConfig { transform, block, separable })) => {
                let n = z.len();
                let matrix = match (block, *separable) {
                    (None, false) => naive(*transform, n),
                    (Some(block), _) => naive(*transform, *block)
                        .map(|matrix| kronecker(&Matrix::eye(n / block), &matrix)),
                    (None, true) => naive(*transform, shape[1]).map(|down| {
                        let across = naive(*transform, shape[2]).expect("the same kind");
                        kronecker(&Matrix::eye(shape[0]), &kronecker(&down, &across))
                    }),
                };
                let out = if *separable { shape } else { vec![n] };
                (matrix.unwrap_or_else(|| drawn(i)), Array1::zeros(n), out)
            }
            _ => layer_by_hand(layer, &shape, &z, &own),
        };
        (a, c, shape) = (m.dot(&a), m.dot(&c) + b, out);
    }
    (a, c)
}

/// Matrix, constant and output shape of one layer whose input is `z`.
fn layer_by_hand(
    layer: &NodeSpec,
    shape: &[usize],
    z: &Array1<f64>,
    own: &dyn Fn(&str) -> Array1<f64>,
) -> (Matrix<f64>, Array1<f64>, Vec<usize>) {
    let n = z.len();
    let keep = shape.to_vec();
    let rows = |m: usize, entry: &dyn Fn(usize, usize) -> f64| {
        Matrix::from_shape_fn((m, n), |(i, j)| entry(i, j))
    };
    let linear = |m: Matrix<f64>, out: Vec<usize>| {
        let constant = Array1::zeros(m.nrows());
        (m, constant, out)
    };
    let thrown = |open: Array1<f64>, closed: Array1<f64>| {
        let slopes = Array1::from_shape_fn(n, |i| if z[i] > 0.0 { open[i] } else { closed[i] });
        linear(Matrix::from_diag(&slopes), keep.clone())
    };
    let ones = Array1::ones(n);
    let one_if = |condition: bool| f64::from(u8::from(condition));
    match layer.kind() {
        "diagonal" => {
            let DiagonalConfig { scale, bias } = *layer.get().unwrap();
            let scale = if scale.is_some() { own("scale") } else { ones };
            let bias = if bias { own("bias") } else { Array1::zeros(n) };
            (Matrix::from_diag(&scale), bias, keep)
        }
        "relu" => thrown(ones, Array1::zeros(n)),
        "leaky" => {
            let LeakyConfig { slope } = *layer.get().unwrap();
            thrown(ones, Array1::from_elem(n, slope))
        }
        "prelu" => thrown(ones, own("closed")),
        "two-slope" => thrown(own("open"), own("closed")),
        "block-switch" => {
            let BlockSwitchConfig { block, .. } = *layer.get().unwrap();
            let vectors = [own("open"), own("closed")];
            let entry = |i: usize, j: usize| match i / block == j / block {
                true => vectors[usize::from(z[j] <= 0.0)][j * block + i % block],
                false => 0.0,
            };
            linear(rows(n, &entry), keep)
        }
        "detached" => {
            let (open, closed) = (own("open"), own("closed"));
            let slope = |i: usize| match i < n / 2 {
                true => (if z[n / 2 + i] > 0.0 { &open } else { &closed })[i],
                false => 1.0,
            };
            linear(Matrix::from_diag(&Array1::from_shape_fn(n, slope)), keep)
        }
        "crelu" => {
            let side = |i: usize| if i < n { z[i] > 0.0 } else { z[i - n] <= 0.0 };
            let entry = |i: usize, j: usize| match (side(i), i < n) {
                (true, true) => one_if(i == j),
                (true, false) => -one_if(i - n == j),
                (false, _) => 0.0,
            };
            linear(rows(2 * n, &entry), vec![2 * n])
        }
        "flatten" | "dropout" => linear(Matrix::eye(n), vec![n]),
        "pad" | "take" => {
            let pad = layer.get::<PadConfig>().map(|pad| pad.width);
            let width = pad.or(layer.get::<TakeConfig>().map(|take| take.width)).unwrap();
            linear(rows(width, &|i, j| one_if(i == j)), vec![width])
        }
        "tile" => {
            let TileConfig { width } = *layer.get().unwrap();
            linear(rows(width, &|i, j| one_if(i % n == j)), vec![width])
        }
        "sum-halves" => linear(rows(n / 2, &|i, j| one_if(j % (n / 2) == i)), vec![n / 2]),
        "dense" => {
            let DenseConfig { outputs, bias } = *layer.get().unwrap();
            let weight = own("weight").into_shape_with_order((outputs, n)).unwrap();
            let bias = if bias { own("bias") } else { Array1::zeros(outputs) };
            (weight, bias, vec![outputs])
        }
        "conv" => {
            let ConvConfig { filters, kernel, padding } = *layer.get().unwrap();
            let [channels, height, width] = *shape else { panic!("an image") };
            let (down, across) =
                (height + 2 * padding + 1 - kernel, width + 2 * padding + 1 - kernel);
            let weight = own("weight");
            let entry = |output: usize, input: usize| {
                let (o, i, j) = (output / (down * across), output / across % down, output % across);
                let (c, y, x) = (input / (height * width), input / width % height, input % width);
                // The input (y, x) lies under the kernel's (u, v) = (y, x) + padding − (i, j).
                match ((y + padding).checked_sub(i), (x + padding).checked_sub(j)) {
                    (Some(u), Some(v)) if u < kernel && v < kernel => {
                        weight[((o * channels + c) * kernel + u) * kernel + v]
                    }
                    _ => 0.0,
                }
            };
            let matrix = rows(filters * down * across, &entry);
            let bias = own("bias");
            let bias = Array1::from_shape_fn(matrix.nrows(), |i| bias[i / (down * across)]);
            (matrix, bias, vec![filters, down, across])
        }
        "max-pool" | "average-pool" => {
            let average = layer.get::<AveragePoolConfig>().map(|pool| pool.size);
            let size = average.or(layer.get::<MaxPoolConfig>().map(|pool| pool.size)).unwrap();
            let [channels, height, width] = *shape else { panic!("an image") };
            let (down, across) = (height / size, width / size);
            let window = |input: usize| {
                let (c, y, x) = (input / (height * width), input / width % height, input % width);
                (c * down + y / size) * across + x / size
            };
            let largest = |o: usize| {
                let inside = (0..n).filter(|&i| window(i) == o);
                inside.fold(None, |best, i| match best {
                    Some(b) if z[i] <= z[b] => Some(b),
                    _ => Some(i),
                })
            };
            let entry = |o: usize, i: usize| match average.is_some() {
                true => one_if(window(i) == o) / (size * size) as f64,
                false => one_if(largest(o) == Some(i)),
            };
            let outputs = channels * down * across;
            linear(rows(outputs, &entry), vec![channels, down, across])
        }
        other => panic!("{other} is not piecewise linear"),
    }
}

/// The error's message, which has to be one line with all of `parts` in it.
#[track_caller]
pub fn refused<D: std::fmt::Debug>(result: switchnet::Result<D>, parts: &[&str]) -> String {
    let message = result.expect_err("has to be refused").to_string();
    for part in parts {
        assert!(message.contains(part), "no {part:?} in {message:?}");
    }
    assert!(!message.contains('\n'), "more than one line: {message:?}");
    message
}
