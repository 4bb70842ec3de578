//! What is rearranged and shared over positions, by known values and beside other layers.

use crate::common::*;
use ndarray::{array, s};
use switchnet::layer::*;
use switchnet::net::{Graph, NodeSpec, Positionwise, PositionwiseConfig, Spec};
use switchnet::random::generator;
use switchnet::transform::TransformKind;
use switchnet::{Matrix, Scalar};

/// `1, 2, 3, …` as one row.
fn count(n: usize) -> Matrix<f64> {
    Matrix::from_shape_fn((1, n), |(_, i)| i as f64 + 1.0)
}

fn spec(input: [usize; 3], layers: Vec<NodeSpec>) -> Spec {
    Spec { input: input.to_vec(), seed: 1, layers }
}

#[test]
fn rearrangements_have_known_values() {
    let last = Gather::channels_last([2, 1, 3]).unwrap();
    assert_eq!(last.forward(count(6)), array![[1., 4., 2., 5., 3., 6.]]);
    let first = Gather::channels_first([1, 3, 2]).unwrap();
    assert_eq!(first.forward(last.forward(count(6))), count(6));
    let patches = Gather::patches([2, 4, 1], &PatchesConfig::new(2)).unwrap();
    assert_eq!(patches.forward(count(8)), array![[1., 2., 5., 6., 3., 4., 7., 8.]]);
    let config = PatchesConfig {
        stride: Some(2.into()),
        padding: [0, 1, 0, 1].into(),
        ..PatchesConfig::new([1, 3])
    };
    let windows = Gather::patches([1, 3, 1], &config).unwrap();
    assert_eq!(windows.forward(count(3)), array![[0., 1., 2., 2., 3., 0.]]);
    // Four channels at three positions: the first two stay, the others come from one ahead, or one back.
    let shift = |reverse| ShiftConfig { window: [1, 2].into(), reverse };
    let ahead = Gather::shift([1, 3, 4], &shift(false)).unwrap();
    assert_eq!(
        ahead.forward(count(12)),
        array![[1., 2., 7., 8., 5., 6., 11., 12., 9., 10., 3., 4.]]
    );
    let back = Gather::shift([1, 3, 4], &shift(true)).unwrap();
    assert_eq!(
        back.forward(count(12)),
        array![[9., 10., 3., 4., 1., 2., 7., 8., 5., 6., 11., 12.]]
    );
    let z = Gather::z_order([1, 4, 4], None).unwrap();
    let order = [1., 2., 5., 6., 3., 4., 7., 8., 9., 10., 13., 14., 11., 12., 15., 16.];
    assert_eq!(z.forward(count(16)).row(0).to_vec(), order);
    let padded = Gather::z_order([2, 1, 2], Some(2.into())).unwrap();
    assert_eq!(padded.forward(count(4)), array![[1., 3., 2., 4., 0., 0., 0., 0.]]);
    let odd = Gather::z_order([1, 3, 3], None).unwrap();
    assert_eq!(odd.forward(count(9)), array![[1., 2., 4., 5., 3., 6., 7., 8., 9.]]);
}

/// A block of a separable transform is a square: transformed as one, in its place.
#[test]
fn a_separable_transform_of_blocks_transforms_squares() {
    let config =
        |block| FixedTransformConfig { block, separable: true, ..mix(TransformKind::Dct2) };
    let squares = spec([1, 4, 6], vec![node(config(Some(2)))]).build::<f64>().unwrap();
    let one = spec([1, 2, 2], vec![node(config(None))]).build::<f64>().unwrap();
    let x: Matrix<f64> = random(1, 24, 8);
    let y = squares.forward(x.clone());
    let patches = Gather::patches([4, 6, 1], &PatchesConfig::new(2)).unwrap();
    let (x, y) = (patches.forward(x), patches.forward(y));
    for square in (0..24).step_by(4) {
        let alone = one.forward(x.slice(s![.., square..square + 4]).to_owned());
        let difference = &alone - &y.slice(s![.., square..square + 4]);
        assert!(difference.iter().all(|d| d.abs() < 1e-15), "{difference}");
    }
}

fn mix(transform: TransformKind) -> FixedTransformConfig {
    FixedTransformConfig::new(transform)
}

/// A shift moves every channel by one offset of its window, all offsets get channels, and nothing is lost.
#[test]
fn shifts_are_permutations() {
    for (window, channels) in [(3, 9), (3, 32), (3, 64), (3, 100), (2, 4), (2, 7), (1, 1)] {
        let config = ShiftConfig { window: window.into(), reverse: false };
        let shift = Gather::shift([4, 5, channels], &config).unwrap();
        let x = count(20 * channels);
        let y = shift.forward(x.clone());
        let (_, map) = Layer::<f64>::linearize(&shift, x.clone());
        assert_eq!(map.pull(y.clone(), &mut []), x, "{window} {channels}");
        let center = (window - 1) / 2;
        let mut offsets = std::collections::BTreeSet::new();
        for c in 0..channels {
            // Where the number that is now at position (0, 0) came from.
            let position = (y[[0, c]] as usize - 1) / channels;
            let (row, column) = (position / 5, position % 5);
            let offset = ((row + center) % 4, (column + center) % 5);
            assert!(
                offset.0 < window && offset.1 < window && (y[[0, c]] as usize - 1) % channels == c
            );
            offsets.insert(offset);
        }
        assert_eq!(offsets.len(), window * window, "{window} {channels}");
    }
}

fn shares_over_positions<T: Scalar>(tolerance: f64) {
    let mut rng = generator(3, 0);
    let conv = Conv2d::<T>::random([3, 4, 5], 2, 1, 0, &mut rng).unwrap();
    let mut dense = Dense::<T>::random(3, 2, true, &mut rng);
    let mut weights = Vec::new();
    conv.visit(&mut |p| weights.push(p.values.to_owned()));
    let mut weights = weights.into_iter();
    dense.visit_mut(&mut |mut p| {
        let own = weights.next().unwrap();
        let own = own.to_shape(p.values.shape().to_vec()).unwrap().to_owned();
        p.values.assign(&own);
    });
    let last = Gather::channels_last([3, 4, 5]).unwrap();
    let shared = Positionwise::new(Graph::chain(vec![Box::new(dense)]).unwrap(), 20).unwrap();
    let x: Matrix<T> = random(2, 60, 4);
    let by_conv = Gather::channels_last([2, 4, 5]).unwrap().forward(conv.forward(x.clone()));
    let by_rows = shared.forward(last.forward(x));
    for (a, b) in by_conv.iter().zip(&by_rows) {
        assert!((a.double() - b.double()).abs() < tolerance, "{a} {b}");
    }
}

/// A dense layer at every position is a convolution with a kernel of 1 × 1.
#[test]
fn a_positionwise_dense_layer_is_a_convolution() {
    shares_over_positions::<f32>(1e-5);
    shares_over_positions::<f64>(1e-14);
}

/// Patches and a dense layer at every position are a convolution with a stride.
#[test]
fn patches_and_a_positionwise_dense_layer_are_a_convolution() {
    let net = spec(
        [1, 6, 6],
        vec![
            node(ChannelsLastConfig {}),
            node(PatchesConfig { padding: 1.into(), ..PatchesConfig::new(2) }),
            node(PositionwiseConfig::new(vec![node(DenseConfig { outputs: 3, bias: true })])),
        ],
    );
    let net = net.build::<f64>().unwrap();
    let mut conv = Conv2d::<f64>::random_with(
        [1, 6, 6],
        &ConvConfig { stride: 2.into(), padding: 1.into(), ..ConvConfig::new(3, 2) },
        &mut generator(1, 0),
    )
    .unwrap();
    let mut weights = Vec::new();
    net.visit(&mut |p| weights.push(p.values.to_owned()));
    let mut weights = weights.into_iter();
    conv.visit_mut(&mut |mut p| {
        let own = weights.next().unwrap();
        let own = own.to_shape(p.values.shape().to_vec()).unwrap().to_owned();
        p.values.assign(&own);
    });
    let x: Matrix<f64> = random(3, 36, 5);
    let by_conv = Gather::channels_last([3, 4, 4]).unwrap().forward(conv.forward(x.clone()));
    let difference = &by_conv - &net.forward(x);
    assert!(difference.iter().all(|d| d.abs() < 1e-14), "{difference}");
}

/// Pooling is the same whichever way the channels stand, and without a size it is over the whole image.
#[test]
fn pooling_channels_last_is_pooling() {
    let x: Matrix<f64> = random(2, 3 * 5 * 4, 6);
    let last = Gather::channels_last([3, 5, 4]).unwrap();
    for config in [
        AveragePoolConfig::new(2),
        AveragePoolConfig { ceil: true, ..AveragePoolConfig::new([2, 3]) },
        AveragePoolConfig { padding: 1.into(), count_padding: true, ..AveragePoolConfig::new(3) },
        AveragePoolConfig { size: None, ..AveragePoolConfig::new(1) },
    ] {
        let pool = AveragePool::with([3, 5, 4], &config).unwrap();
        let other = AveragePoolConfig { channels_last: true, ..config.clone() };
        let other = AveragePool::with([5, 4, 3], &other).unwrap();
        let [channels, height, width] = pool.output_shape();
        assert_eq!(other.output_shape(), [height, width, channels]);
        let back = Gather::channels_last([channels, height, width]).unwrap();
        let difference =
            back.forward(pool.forward(x.clone())) - other.forward(last.forward(x.clone()));
        assert!(difference.iter().all(|d| d.abs() < 1e-15), "{config:?}");
        if config.size.is_none() {
            let mean = x.row(0).iter().take(20).sum::<f64>() / 20.0;
            assert!((pool.forward(x.clone())[[0, 0]] - mean).abs() < 1e-15);
        }
    }
}

/// The mean of a window is the sum of its numbers in reading order times one over their number, to the bit, whatever
/// windows are beside it.
fn a_mean_is_summed_in_reading_order<T: Scalar>() {
    let windows =
        [([1, 1], [1, 1]), ([2, 2], [2, 2]), ([1, 2], [1, 1]), ([3, 3], [1, 2]), ([2, 3], [2, 3])];
    for (height, width) in [(4, 4), (5, 7), (6, 9), (3, 16)] {
        for (size, stride) in windows {
            for zeros in [0, size[0].min(size[1]) - 1] {
                let config = AveragePoolConfig {
                    stride: Some(stride.into()),
                    padding: zeros.into(),
                    ..AveragePoolConfig::new(size)
                };
                let pool = AveragePool::with([2, height, width], &config).unwrap();
                let [_, down, across] = pool.output_shape();
                let x: Matrix<T> = random(3, 2 * height * width, 7);
                let mean = |(row, output): (usize, usize)| {
                    let (i, j) = (output / across % down, output % across);
                    // What a window sees of a side of the image.
                    let seen = |i: usize, side: usize, length: usize| {
                        let start = i * stride[side];
                        start.saturating_sub(zeros)..(start + size[side] - zeros).min(length)
                    };
                    let image = output / (down * across) * height * width;
                    let (rows, columns) = (seen(i, 0, height), seen(j, 1, width));
                    let count = rows.len() * columns.len();
                    let numbers = rows.flat_map(|r| columns.clone().map(move |c| r * width + c));
                    let sum: T = numbers.map(|place| x[[row, image + place]]).sum();
                    sum * T::of(1.0 / count as f64)
                };
                let expected = Matrix::from_shape_fn((3, 2 * down * across), mean);
                assert_eq!(pool.forward(x.clone()), expected, "{height}×{width}, {config:?}");
            }
        }
    }
}

/// The number of positions multiplies the work and nothing of the parameters.
#[test]
fn parameters_are_shared() {
    let body = vec![node(TileConfig { width: 8 }), node(TwoSlopeConfig::default())];
    let net =
        spec([1, 3, 4], vec![node(ChannelsLastConfig {}), node(PositionwiseConfig::new(body))]);
    let net = net.build::<f32>().unwrap();
    assert_eq!(parameters::count(&net), 16);
    let signature = Layer::<f32>::signature(&net);
    assert_eq!((signature.outputs, signature.multiply_adds, signature.widest), (96, 96, 96));
}

#[test]
fn mistakes_are_named() {
    let message = |result: switchnet::Result<Gather>| result.unwrap_err().to_string();
    let new = Gather::new("some", 3, vec![Some(0), Some(7)]);
    assert_eq!(message(new), "input of a gather: expected less than 3, found 7");
    let none = Gather::new("some", 3, Vec::new());
    assert_eq!(message(none), "outputs of a gather: expected 1 to 1073741824 numbers, found 0");
    let shift = Gather::shift([4, 4, 8], &ShiftConfig::default());
    assert_eq!(
        message(shift),
        "window of a shift: expected 1 to 4 × 1 to 4, with an offset for at least one of 8 channels, found 3"
    );
    let z = Gather::z_order([1, 4, 4], Some([4, 3].into()));
    assert_eq!(message(z), "size of a Z-order: expected at least 4×4, as the image has, found 4×3");
    let build = |layers| spec([1, 4, 4], layers).build::<f32>().unwrap_err().to_string();
    assert_eq!(
        build(vec![
            node(FlattenConfig {}),
            node(PositionwiseConfig::new(vec![node(ReluConfig {})]))
        ]),
        "layer 1 (positionwise): input shape: expected [height, width, channels], found [16]"
    );
    assert_eq!(
        build(vec![node(PositionwiseConfig::default())]),
        "layer 0 (positionwise): layers of a positionwise: expected at least 1, found 0"
    );
    assert_eq!(
        build(vec![node(ReshapeConfig { shape: vec![3, 5] })]),
        "layer 0 (reshape): shape: expected 1 or 3 sides with 16 numbers, as [1, 4, 4], found [3, 5]"
    );
}

#[test]
fn places_that_are_not_there_are_named() {
    let error = |indices: Vec<i64>| {
        let spec = Spec { input: vec![5], seed: 1, layers: vec![GatherConfig { indices }.into()] };
        spec.build::<f32>().unwrap_err().to_string()
    };
    let of = "layer 0 (gather): ";
    assert_eq!(error(vec![0, 5]), format!("{of}input of a gather: expected less than 5, found 5"));
    let expected = "expected a place, or −1 for a zero, found -2";
    assert_eq!(error(vec![-2]), format!("{of}input of a gather: {expected}"));
    let expected = "expected 1 to 1073741824 numbers, found 0";
    assert_eq!(error(Vec::new()), format!("{of}outputs of a gather: {expected}"));
}

/// What is inside may end in a concatenation, and may decide nothing: windows of one number have no rivals.
#[test]
fn a_positionwise_net_may_end_in_a_concatenation_and_decide_nothing() {
    let branch = |name: &str| node(TwoSlopeConfig::default()).reading("input").named(name);
    let inside = vec![branch("a"), branch("b"), NodeSpec::concat(["a", "b"])];
    let pool = vec![
        node(ReshapeConfig { shape: vec![1, 2, 2] }),
        node(MaxPoolConfig::new(1)),
        node(FlattenConfig {}),
        node(DenseConfig { outputs: 2, bias: true }),
    ];
    let layers = vec![
        node(ChannelsLastConfig {}),
        node(PatchesConfig::new(2)),
        node(PositionwiseConfig::new(inside)),
        node(PositionwiseConfig::new(vec![node(SumHalvesConfig {})])),
        node(PositionwiseConfig::new(pool)),
    ];
    let net = spec([1, 4, 6], layers).build::<f64>().unwrap();
    let x: Matrix<f64> = random(1, 24, 9);
    let map = switchnet::analysis::effective_map(&net, x.row(0));
    assert!(map.residual.relative < 1e-14, "{}", map.residual.relative);
}

/// Columns are rows of the transposed image, to the bit.
fn columns_are_rows<T: Scalar>() {
    for n in [1, 2, 8, 12, 28, 40, 63, 64] {
        for (kind, transform) in every_transform::<T>(n) {
            for width in 1..10 {
                let image: Matrix<T> = random(2 * n, width, 10);
                let mut columns = image.clone();
                transform.apply_columns(columns.as_slice_mut().unwrap(), width);
                let mut back = image.clone();
                transform.adjoint_columns(back.as_slice_mut().unwrap(), width);
                for half in 0..2 {
                    let part = s![half * n..(half + 1) * n, ..];
                    let turned = || image.slice(part).t().as_standard_layout().into_owned();
                    let (mut rows, mut undone) = (turned(), turned());
                    transform.apply(rows.as_slice_mut().unwrap());
                    transform.adjoint(undone.as_slice_mut().unwrap());
                    assert_eq!(columns.slice(part).t(), rows, "{kind:?} {n} × {width}");
                    assert_eq!(back.slice(part).t(), undone, "{kind:?} {n} × {width}");
                }
            }
        }
    }
}

in_both_precisions!(columns_are_rows, a_mean_is_summed_in_reading_order);
