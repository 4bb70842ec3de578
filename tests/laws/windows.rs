//! Windows of convolutions and pools: known values, and every geometry from the plain one.

use crate::common::*;
use ndarray::{Array1, Array4, array, s};
use switchnet::analysis::effective_map;
use switchnet::layer::*;
use switchnet::random::generator;
use switchnet::{Matrix, Scalar};

/// The numbers 1, 2, 3, … as one row.
fn counted<T: Scalar>(n: usize) -> Matrix<T> {
    Matrix::from_shape_fn((1, n), |(_, i)| T::of(i as f64 + 1.0))
}

/// A convolution whose weights are 1, 2, 3, … and whose bias is 0.
fn counting<T: Scalar>(shape: [usize; 3], config: &ConvConfig) -> Conv2d<T> {
    let Sides([height, width]) = config.kernel;
    let size = (config.filters, shape[0] / config.groups, height, width);
    let mut next = 0.0;
    let weight = Array4::from_shape_simple_fn(size, || {
        next += 1.0;
        T::of(next)
    });
    Conv2d::with(shape, config, weight, Array1::zeros(config.filters)).unwrap()
}

fn outputs<T: Scalar>(layer: &dyn Layer<T>, x: Matrix<T>) -> Vec<f64> {
    double(&layer.forward(x))
}

fn convolutions_by_hand<T: Scalar>() {
    let one = |shape, config: ConvConfig, expected: &[f64]| {
        let layer = counting::<T>(shape, &config);
        let x = counted(shape.iter().product());
        assert_eq!(outputs(&layer, x), expected, "{config:?} on {shape:?}");
    };
    // 1 2 3 4 5 with weights 1 2: every second sum of two, then the sums of numbers two apart.
    one([1, 1, 5], ConvConfig { stride: [1, 2].into(), ..plain(1, [1, 2]) }, &[5.0, 11.0]);
    one(
        [1, 1, 5],
        ConvConfig { dilation: [1, 2].into(), ..plain(1, [1, 2]) },
        &[1.0 + 2.0 * 3.0, 2.0 + 2.0 * 4.0, 3.0 + 2.0 * 5.0],
    );
    one(
        [1, 1, 5],
        ConvConfig { dilation: [1, 3].into(), stride: [1, 2].into(), ..plain(1, [1, 2]) },
        &[1.0 + 2.0 * 4.0],
    );
    // Zeros on the left only: the first sum has nothing under its first weight.
    one(
        [1, 1, 3],
        ConvConfig { padding: [0, 1, 0, 0].into(), ..plain(1, [1, 2]) },
        &[2.0, 5.0, 8.0],
    );
    one(
        [1, 1, 3],
        ConvConfig { padding: [0, 0, 0, 1].into(), ..plain(1, [1, 2]) },
        &[5.0, 8.0, 3.0],
    );
    one(
        [1, 3, 1],
        ConvConfig { padding: [2, 0, 1, 0].into(), stride: [3, 1].into(), ..plain(1, [2, 1]) },
        &[0.0, 2.0 + 2.0 * 3.0],
    );
    // 1 2 / 3 4 / 5 6 with weights 1 2 / 3 4.
    one([1, 3, 2], plain(1, 2), &[30.0, 50.0]);
    // Two channels of two numbers, (1, 2) and (3, 4), each with filters of its own.
    one([2, 1, 2], ConvConfig { groups: 2, ..plain(2, 1) }, &[1.0, 2.0, 6.0, 8.0]);
    one(
        [2, 1, 2],
        ConvConfig { groups: 2, ..plain(4, 1) },
        &[1.0, 2.0, 2.0, 4.0, 9.0, 12.0, 12.0, 16.0],
    );
    // Two groups of two channels, (1, 2) and (3, 4): weights 1 2, then 3 4.
    one([4, 1, 1], ConvConfig { groups: 2, ..plain(2, 1) }, &[5.0, 25.0]);
}

fn pools_by_hand<T: Scalar>() {
    let max = |shape: [usize; 3], config: MaxPoolConfig, x: Matrix<T>, expected: &[f64]| {
        let layer = MaxPool::with(shape, &config).unwrap();
        assert_eq!(outputs(&layer, x), expected, "{config:?} on {shape:?}");
    };
    let x = array![[1.0, 5.0, 2.0, 4.0, 3.0]].mapv(T::of);
    let line = [1, 1, 5];
    let size = |size: usize| MaxPoolConfig::new([1, size]);
    let stride = |stride: usize| Some([1, stride].into());
    max(line, MaxPoolConfig { stride: stride(1), ..size(3) }, x.clone(), &[5.0, 5.0, 4.0]);
    max(line, MaxPoolConfig { stride: stride(3), ..size(2) }, x.clone(), &[5.0, 4.0]);
    max(line, size(2), x.clone(), &[5.0, 4.0]);
    max(line, MaxPoolConfig { ceil: true, ..size(2) }, x.clone(), &[5.0, 4.0, 3.0]);
    // What is outside is less than every number: the window over the border has −1 alone.
    let left = MaxPoolConfig { padding: [0, 1, 0, 0].into(), ..size(2) };
    max(line, left, x.mapv(|v| -v), &[-1.0, -2.0, -3.0]);
    // Windows 0..2, 2..4 and, with ceil, 4..6, which is behind image and padding but for one zero: left out.
    let behind = MaxPoolConfig { padding: [0, 0, 0, 1].into(), ceil: true, ..size(2) };
    max([1, 1, 4], behind, counted(4), &[2.0, 4.0]);

    let average = |shape: [usize; 3], config: AveragePoolConfig, expected: &[f64]| {
        let layer = AveragePool::with(shape, &config).unwrap();
        let x = counted(shape.iter().product());
        assert_eq!(outputs::<T>(&layer, x), expected, "{config:?} on {shape:?}");
    };
    let size = |size: usize| AveragePoolConfig::new([1, size]);
    average(line, AveragePoolConfig { stride: stride(1), ..size(2) }, &[1.5, 2.5, 3.5, 4.5]);
    average(line, AveragePoolConfig { stride: stride(3), ..size(2) }, &[1.5, 4.5]);
    let left = AveragePoolConfig { padding: [0, 1, 0, 0].into(), ..size(2) };
    average(line, left.clone(), &[1.0, 2.5, 4.5]);
    average(line, AveragePoolConfig { count_padding: true, ..left }, &[0.5, 2.5, 4.5]);
    // What ceil adds is no padding and does not count.
    let ceil = AveragePoolConfig { ceil: true, count_padding: true, ..size(2) };
    average(line, ceil, &[1.5, 3.5, 5.0]);
    // Four corners of a 3×3 image and its middle.
    let corners = AveragePoolConfig {
        stride: Some(2.into()),
        padding: 1.into(),
        ..AveragePoolConfig::new(2)
    };
    average([1, 3, 3], corners.clone(), &[1.0, 2.5, 5.5, 7.0]);
    let counted = AveragePoolConfig { count_padding: true, ..corners };
    average([1, 3, 3], counted, &[0.25, 1.25, 2.75, 7.0]);
}

/// Windows that the border cuts are groups of fewer candidates; one of a single candidate has no lead.
fn choices_of_cut_windows<T: Scalar>() {
    let config = MaxPoolConfig {
        stride: Some(2.into()),
        padding: [1, 1, 0, 0].into(),
        ..MaxPoolConfig::new(2)
    };
    let pool = MaxPool::with([1, 3, 3], &config).unwrap();
    // 1 9 3 / 4 5 8 / 7 6 2: windows (1), (9, 3), (4, 7), (5, 8, 6, 2).
    let x = array![[1.0, 9.0, 3.0, 4.0, 5.0, 8.0, 7.0, 6.0, 2.0]].mapv(T::of);
    let (y, map) = pool.linearize(x.clone());
    assert_eq!(double(&y), [1.0, 9.0, 7.0, 8.0]);
    let mut seen = 0;
    let dx = counted(9);
    let dy = map.jvp(
        dx,
        Some(&mut |decisions: Decisions<'_, T>| {
            seen += 1;
            let kind = DecisionKind::Choice { candidates: &[1, 2, 2, 4], winners: &[0, 0, 1, 1] };
            assert_eq!(decisions.kind, kind);
            assert_eq!(double(decisions.values), [6.0, 3.0, 3.0, 2.0, 6.0]);
            assert_eq!(double(decisions.rates), [-1.0, 3.0, 1.0, -2.0, -3.0]);
        }),
    );
    assert_eq!((seen, double(&dy)), (1, vec![1.0, 2.0, 7.0, 6.0]));
    // The pattern has a switch for each candidate, the winners' open.
    let pattern = effective_map::<T>(&pool, x.row(0)).pattern;
    let open: Vec<usize> = (0..9).filter(|&i| pattern.open[0][i]).collect();
    assert_eq!((pattern.open[0].len(), open), (9, vec![0, 1, 4, 6]));
}

/// An input that wins in several windows gets the gradient of each.
fn gradients_of_overlapping_windows_add_up<T: Scalar>() {
    let config = MaxPoolConfig { stride: Some(1.into()), ..MaxPoolConfig::new([1, 3]) };
    let pool = MaxPool::with([1, 1, 5], &config).unwrap();
    let pool: &dyn Layer<T> = &pool;
    let (_, map) = pool.linearize(array![[1.0, 5.0, 2.0, 4.0, 3.0]].mapv(T::of));
    let dy = array![[1.0, 10.0, 100.0]].mapv(T::of);
    assert_eq!(double(&map.pull(dy, &mut [])), [0.0, 11.0, 0.0, 100.0, 0.0]);
    let config = AveragePoolConfig { stride: Some(1.into()), ..AveragePoolConfig::new([1, 2]) };
    let pool = AveragePool::with([1, 1, 3], &config).unwrap();
    let (_, map) = pool.linearize(counted::<T>(3));
    let dy = array![[2.0, 20.0]].mapv(T::of);
    assert_eq!(double(&map.pull(dy, &mut [])), [1.0, 11.0, 10.0]);
}

/// A NaN wins where a window sees it, and nowhere else.
fn a_nan_is_not_lost<T: Scalar>() {
    let config = MaxPoolConfig { stride: Some(1.into()), ..MaxPoolConfig::new([1, 2]) };
    let pool = MaxPool::with([1, 1, 4], &config).unwrap();
    let y = pool.forward(array![[1.0, f64::NAN, 3.0, 4.0]].mapv(T::of));
    assert!(y[[0, 0]].is_nan() && y[[0, 1]].is_nan() && y[[0, 2]] == T::of(4.0));
}

/// The outputs of a convolution with weights that depend on nothing but the seed, as images.
fn convolved<T: Scalar>(shape: [usize; 3], config: &ConvConfig, x: &Matrix<T>) -> Array4<T> {
    let mut layer = Conv2d::random_with(shape, config, &mut generator(31, 0)).unwrap();
    randomize::<T>(&mut layer, 32);
    let [filters, height, width] = layer.output_shape();
    let y = layer.forward(x.clone());
    y.into_shape_with_order((x.nrows(), filters, height, width)).unwrap()
}

/// A stride leaves outputs out, one-sided padding is that of all sides, cut: the others keep their bits.
fn strides_and_paddings_select_outputs<T: Scalar>() {
    let shape = [3, 8, 6];
    let x = random::<T>(5, shape.iter().product(), 33);
    for (kernel, dilation) in [(3, 1), (2, 2), (1, 1)] {
        let reach = dilation * (kernel - 1) + 1;
        let plain = ConvConfig { dilation: dilation.into(), ..ConvConfig::new(9, kernel) };
        let all = convolved(shape, &ConvConfig { padding: 3.into(), ..plain.clone() }, &x);
        for (down, across) in [(1, 1), (2, 2), (3, 1), (1, 4), (5, 3)] {
            for [top, left, bottom, right] in
                [[3, 3, 3, 3], [0, 0, 0, 0], [0, 3, 1, 0], [2, 0, 3, 1]]
            {
                let padding = [top, left, bottom, right].into();
                let config = ConvConfig { stride: [down, across].into(), padding, ..plain.clone() };
                let part = |length: usize, before: usize, after: usize| {
                    3 - before..3 + length + after - reach + 1
                };
                let (rows, columns) = (part(8, top, bottom), part(6, left, right));
                let expected = all.slice(s![.., .., rows; down, columns; across]);
                let found = convolved(shape, &config, &x);
                assert_eq!(bits(&found), bits(expected), "{config:?}");
            }
        }
    }
}

/// The output of the plain convolution with this weight.
fn plainly<T: Scalar>(
    shape: [usize; 3],
    weight: Array4<T>,
    bias: Array1<T>,
    padding: usize,
    x: &Matrix<T>,
) -> Matrix<T> {
    Conv2d::new(shape, weight, bias, padding).unwrap().forward(x.clone())
}

/// A dilated kernel is one with zeros between its weights. A product with zero changes no sum.
fn a_dilation_puts_zeros_into_the_kernel<T: Scalar>() {
    let shape = [2, 7, 9];
    let x = random::<T>(3, shape.iter().product(), 34);
    for [down, across] in [[2, 2], [3, 1], [1, 4]] {
        let config = ConvConfig {
            dilation: [down, across].into(),
            padding: 2.into(),
            ..ConvConfig::new(3, [3, 2])
        };
        let layer = Conv2d::random_with(shape, &config, &mut generator(35, 0)).unwrap();
        let (_, _, weight) = named(&layer).swap_remove(0);
        let weight = Array4::from_shape_vec((3, 2, 3, 2), weight).unwrap();
        let mut stuffed = Array4::zeros((3, 2, 2 * down + 1, across + 1));
        stuffed.slice_mut(s![.., .., ..;down, ..;across]).assign(&weight);
        let expected = plainly::<T>(shape, stuffed, Array1::zeros(3), 2, &x);
        assert_eq!(layer.forward(x.clone()), expected, "{config:?}");
    }
}

/// Groups are one convolution whose weights between them are zero, and several convolutions side by side.
fn groups_are_zeros_between_channels_and_filters<T: Scalar>() {
    for (groups, channels, filters) in [(2, 4, 6), (3, 3, 3), (4, 4, 8), (2, 2, 18), (1, 3, 2)] {
        let shape = [channels, 4, 5];
        let x = random::<T>(3, channels * 20, 36);
        let config = ConvConfig { groups, padding: 1.into(), ..ConvConfig::new(filters, 3) };
        let layer = Conv2d::random_with(shape, &config, &mut generator(37, 0)).unwrap();
        let (_, _, weight) = named(&layer).swap_remove(0);
        let depth = channels / groups;
        let weight = Array4::from_shape_vec((filters, depth, 3, 3), weight).unwrap();
        let mut whole = Array4::zeros((filters, channels, 3, 3));
        for (f, weight) in weight.outer_iter().enumerate() {
            let first = f / (filters / groups) * depth;
            whole.slice_mut(s![f, first..first + depth, .., ..]).assign(&weight);
        }
        let expected = plainly::<T>(shape, whole, Array1::zeros(filters), 1, &x);
        assert_eq!(layer.forward(x), expected, "{config:?}");
    }
}

in_both_precisions!(
    convolutions_by_hand,
    pools_by_hand,
    choices_of_cut_windows,
    gradients_of_overlapping_windows_add_up,
    a_nan_is_not_lost,
    strides_and_paddings_select_outputs,
    a_dilation_puts_zeros_into_the_kernel,
    groups_are_zeros_between_channels_and_filters,
);

/// What makes no sense is refused in one line, before anything is allocated.
#[test]
fn windows_that_do_not_fit_are_refused() {
    let conv =
        |shape, config| Conv2d::<f32>::random_with(shape, &config, &mut generator(1, 0)).map(drop);
    let image = [4, 5, 6];
    let zero = ConvConfig { stride: [1, 0].into(), ..plain(2, 1) };
    refused(conv(image, zero), &["stride of a convolution: expected 1 to", "found 0"]);
    let zero = ConvConfig { dilation: 0.into(), ..plain(2, 1) };
    refused(conv(image, zero), &["dilation of a convolution: expected 1 to", "found 0"]);
    for groups in [0, 3, 4, 8] {
        let config = ConvConfig { groups, ..plain(6, 1) };
        let expected = "groups of a convolution: expected a divisor of 4 channels and 6 filters";
        refused(conv(image, config), &[expected, &format!("found {groups}")]);
    }
    let dilated = ConvConfig { dilation: 2.into(), padding: [1, 0, 0, 0].into(), ..plain(1, 4) };
    let expected = "expected 1 to 3 for the height 5 with padding 1 + 0, dilation 2, found 4";
    refused(conv(image, dilated), &["kernel of a convolution", expected]);
    let wide = plain(1, [5, 7]);
    let expected = "expected 1 to 6 for the width 6 with padding 0 + 0, found 7";
    refused(conv(image, wide), &["kernel of a convolution", expected]);
    refused(conv(image, plain(1, 0)), &["weight", "found 1 × 4 × 0 × 0"]);
    refused(conv([1, 0, 3], plain(1, 1)), &["image of a convolution", "found 1 × 0 × 3"]);
    for huge in [1 << 31, 1 << 40, usize::MAX] {
        for config in [
            ConvConfig { stride: huge.into(), ..plain(2, 1) },
            ConvConfig { dilation: huge.into(), ..plain(2, 1) },
            ConvConfig { dilation: huge.into(), ..plain(2, 2) },
            ConvConfig { groups: huge, ..plain(2, 1) },
            ConvConfig { padding: [0, 0, huge, huge].into(), ..plain(2, 1) },
            ConvConfig { padding: huge.into(), stride: huge.into(), ..plain(2, 1) },
            plain(2, [1, huge]),
        ] {
            refused(conv(image, config), &["convolution", "found"]);
        }
        for (size, stride, padding) in
            [(huge, 1, 0), (2, huge, 0), (2, 1, huge), (huge, huge, huge - 1)]
        {
            let (size, stride, padding) = (size.into(), Some(Sides::from(stride)), padding.into());
            let config = MaxPoolConfig { size, stride, padding, ceil: true };
            refused(MaxPool::with(image, &config), &["pool", "found"]);
        }
    }
    // Channels, padding and kernel that fit one by one, and do not together.
    let padded = ConvConfig { padding: 300.into(), ..plain(1, 3) };
    refused(conv([1 << 13, 4, 4], padded), &["padded image of a convolution"]);
    let filters = ConvConfig { padding: 300.into(), ..plain(1 << 12, 3) };
    refused(conv([1, 4, 4], filters), &["size of a convolution's output"]);
    refused(conv([1, 1 << 14, 1 << 14], plain(1, 1)), &["planes of a convolution"]);
    refused(conv([1, 1 << 13, 1 << 13], plain(1, 1 << 13)), &["sums of a convolution"]);
    // A pool's windows see something of the image, wherever they stand.
    let padded = MaxPoolConfig { padding: [0, 0, 0, 2].into(), ..MaxPoolConfig::new(2) };
    let expected = "padding of a pool: expected less than the size 2 of a window, found 2";
    refused(MaxPool::with(image, &padded), &[expected]);
    let large = MaxPoolConfig { padding: [2, 0, 0, 0].into(), ..MaxPoolConfig::new([8, 1]) };
    let expected = "size of a pool: expected 1 to 7 for the height 5 with padding 2 + 0, found 8";
    refused(MaxPool::with(image, &large), &[expected]);
    let average = AveragePoolConfig { stride: Some(0.into()), ..Default::default() };
    refused(AveragePool::with(image, &average), &["stride of a pool", "found 0"]);
    let weight = |a, b, c, d| Array4::<f32>::zeros((a, b, c, d));
    let grouped = ConvConfig { groups: 2, ..plain(2, [1, 3]) };
    let wrong = Conv2d::with(image, &grouped, weight(2, 4, 1, 3), Array1::zeros(2)).map(drop);
    refused(wrong, &["expected 2×2×1×3 and 2 biases, found 2×4×1×3 and 2 biases"]);
    let wrong = Conv2d::new(image, weight(2, 4, 1, 3), Array1::zeros(3), 0).map(drop);
    refused(wrong, &["expected 2×4×1×3 and 2 biases, found 2×4×1×3 and 3 biases"]);
}

/// A stride may be as long as the image, and beyond.
#[test]
fn long_strides_leave_one_window() {
    let stride = Sides::from(1 << 30);
    let conv = counting::<f64>([1, 2, 2], &ConvConfig { stride, ..ConvConfig::new(1, 2) });
    assert_eq!(outputs(&conv, counted(4)), [30.0]);
    let config = MaxPoolConfig { stride: Some(stride), ceil: true, ..MaxPoolConfig::new(1) };
    let pool = MaxPool::with([1, 2, 2], &config).unwrap();
    assert_eq!(outputs::<f64>(&pool, counted(4)), [1.0]);
}

#[test]
fn names_say_what_is_not_as_usual() {
    let name = |layer: &dyn Layer<f32>| layer.name();
    let conv = |config: ConvConfig| name(&counting::<f32>([4, 9, 9], &config));
    let plain = ConvConfig::new(4, 3);
    assert_eq!(conv(plain.clone()), "conv 3×3");
    assert_eq!(conv(ConvConfig { padding: 1.into(), ..plain.clone() }), "conv 3×3");
    assert_eq!(conv(ConvConfig { stride: [2, 1].into(), ..plain.clone() }), "conv 3×3, stride 2×1");
    let all = ConvConfig { stride: 2.into(), dilation: 3.into(), groups: 2, ..plain };
    assert_eq!(conv(all), "conv 3×3, stride 2, dilation 3, 2 groups");
    let pool = MaxPoolConfig { stride: Some(2.into()), ..MaxPoolConfig::new([3, 2]) };
    assert_eq!(name(&MaxPool::with([1, 9, 9], &pool).unwrap()), "max-pool 3×2, stride 2");
    assert_eq!(name(&AveragePool::new([1, 9, 9], 2).unwrap()), "average-pool 2×2");
}
