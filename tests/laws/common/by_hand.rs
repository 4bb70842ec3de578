//! The effective map of a net without the library: dense matrices written down layer by layer.

use super::{kronecker, naive, named};
use ndarray::Array1;
use switchnet::Matrix;
use switchnet::layer::*;
use switchnet::net::{Net, NodeSpec, ResidualConfig};

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
        let (m, b, out) = match (residual, layer.get::<FixedTransformConfig>()) {
            (Some(ResidualConfig { layers }), _) => {
                let inner_drawn = |_: usize| panic!("random layers in a residual are not written");
                let prefix = format!("{prefix}{i}.");
                let inner = chain_by_hand(layers, &shape, &z, parameter, &prefix, &inner_drawn);
                (inner.0 + Matrix::<f64>::eye(z.len()), inner.1, shape)
            }
            (_, Some(FixedTransformConfig { transform, block, separable })) => {
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
            let ConvConfig { filters, kernel, padding, stride, dilation, groups } =
                *layer.get().unwrap();
            let [channels, height, width] = *shape else { panic!("an image") };
            let Sides([top, left, bottom, right]) = padding;
            // The formula of the documentation.
            let count = |i: usize, padded: usize| {
                (padded - dilation.0[i] * (kernel.0[i] - 1) - 1) / stride.0[i] + 1
            };
            let (down, across) = (count(0, height + top + bottom), count(1, width + left + right));
            let (weight, depth) = (own("weight"), channels / groups);
            // The input y lies under number u of window i where y + padding = stride·i + dilation·u.
            let under = |side: usize, padded: usize, i: usize| {
                let from = padded.checked_sub(stride.0[side] * i)?;
                let u = from / dilation.0[side];
                (from % dilation.0[side] == 0 && u < kernel.0[side]).then_some(u)
            };
            let entry = |output: usize, input: usize| {
                let (o, i, j) = (output / (down * across), output / across % down, output % across);
                let (c, y, x) = (input / (height * width), input / width % height, input % width);
                match (under(0, y + top, i), under(1, x + left, j)) {
                    (Some(u), Some(v)) if c / depth == o / (filters / groups) => {
                        weight[((o * depth + c % depth) * kernel.0[0] + u) * kernel.0[1] + v]
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
            let average = layer.get::<AveragePoolConfig>();
            let MaxPoolConfig { size, stride, padding, ceil } = match average {
                Some(&AveragePoolConfig { size, stride, padding, ceil, .. }) => {
                    MaxPoolConfig { size: size.unwrap(), stride, padding, ceil }
                }
                None => layer.get::<MaxPoolConfig>().unwrap().clone(),
            };
            let [channels, height, width] = *shape else { panic!("an image") };
            let (length, stride) = ([height, width], stride.unwrap_or(size));
            let before = |side: usize| padding.0[side];
            let padded = |side: usize| before(side) + length[side] + padding.0[side + 2];
            let count = |side: usize| {
                let fits = |o: &usize| match (o * stride.0[side], size.0[side]) {
                    (start, size) if ceil => {
                        start + size < padded(side) + stride.0[side]
                            && start < before(side) + length[side]
                    }
                    (start, size) => start + size <= padded(side),
                };
                (0..).take_while(fits).count()
            };
            let (down, across) = (count(0), count(1));
            // Whether the number at a place of the padded image is in a window.
            let within = |side: usize, place: usize, o: usize| {
                (o * stride.0[side]..o * stride.0[side] + size.0[side]).contains(&place)
            };
            let sees = |output: usize, input: usize| {
                let (o, i, j) = (output / (down * across), output / across % down, output % across);
                let (c, y, x) = (input / (height * width), input / width % height, input % width);
                c == o && within(0, y + before(0), i) && within(1, x + before(1), j)
            };
            let largest = |o: usize| {
                let inside = (0..n).filter(|&i| sees(o, i));
                inside.fold(None, |best, i| match best {
                    Some(b) if z[i] <= z[b] => Some(b),
                    _ => Some(i),
                })
            };
            let counted = |o: usize| match average.is_some_and(|pool| pool.count_padding) {
                true => {
                    let all = |side: usize, o: usize| {
                        (0..padded(side)).filter(|&place| within(side, place, o)).count()
                    };
                    all(0, o / across % down) * all(1, o % across)
                }
                false => (0..n).filter(|&i| sees(o, i)).count(),
            };
            let entry = |o: usize, i: usize| match average.is_some() {
                true => one_if(sees(o, i)) / counted(o) as f64,
                false => one_if(largest(o) == Some(i)),
            };
            let outputs = channels * down * across;
            linear(rows(outputs, &entry), vec![channels, down, across])
        }
        other => panic!("{other} is not piecewise linear"),
    }
}
