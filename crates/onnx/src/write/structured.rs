//! Structured matrices, from the parameters that they have.

use super::graph::Value;
use super::layer::Part;
use super::message::{integer, integers};
use switchnet::layer::{
    BlockDiagonalConfig, CirculantConfig, OrthogonalBlocks, OrthogonalBlocksConfig,
};
use switchnet::ndarray::Array3;
use switchnet::{Error, Result};

/// A circulant is written out as a matrix up to so many numbers.
const LARGEST: usize = 1024 * 1024;

/// A product with a matrix for each block, whose inputs are brought side by side.
pub(super) fn block_diagonal(part: &mut Part<'_, '_>) -> Result<Value> {
    let BlockDiagonalConfig { columns, rows, stride, shared, bias, .. } = part.config()?;
    let (rows, groups) = (rows.unwrap_or(columns), part.len() / (columns * stride));
    let first = if shared { 1 } else { groups };
    let weight = part.parameter("weight", &[first, rows, columns, stride])?;
    let y = blocks(part, weight, first, [groups, rows, columns, stride]);
    if !bias {
        return Ok(y);
    }
    let outputs = [groups * rows * stride];
    let bias = part.parameter("bias", &outputs)?;
    let y = part.graph().shaped(&y, &outputs);
    Ok(part.graph().node("Add", [&y.name, &bias], [], &outputs))
}

/// The same with matrices that are worked out here.
pub(super) fn orthogonal_blocks(part: &mut Part<'_, '_>) -> Result<Value> {
    let OrthogonalBlocksConfig { side, stride, .. } = part.config()?;
    let groups = part.len() / (side * stride);
    let shape = (groups, side * (side - 1) / 2, stride);
    // No node reads it; it is there for whoever reads the net by its spec.
    part.parameter("skew", &[shape.0, shape.1, stride])?;
    let skew = Array3::from_shape_vec(shape, part.numbers("skew")?.to_vec());
    let skew = skew.map_err(|e| Error::new("skew", "a number for each pair", e))?;
    let weights = OrthogonalBlocks::new(skew, side)?.matrices();
    let sides = [groups, side, side, stride];
    let weight = part.own("weight", &sides, weights.as_slice().expect("the standard layout"));
    Ok(blocks(part, weight, groups, sides))
}

/// A product with a matrix for each block, of which there are `first` or all `groups`.
fn blocks(
    part: &mut Part<'_, '_>,
    weight: String,
    first: usize,
    [groups, rows, columns, stride]: [usize; 4],
) -> Value {
    let x = part.x(&[groups, columns, stride]);
    let graph = part.graph();
    let turned = [integers("perm", &[0, 3, 2, 1])];
    let weight = graph.node("Transpose", [&weight], turned, &[first, stride, columns, rows]);
    let across = || [integers("perm", &[0, 1, 3, 2])];
    let x = match stride {
        1 => x,
        _ => graph.node("Transpose", [&x.name], across(), &[groups, stride, columns]),
    };
    let x = graph.shaped(&x, &[groups, stride, 1, columns]);
    let y = graph.node("MatMul", [&x.name, &weight.name], [], &[groups, stride, 1, rows]);
    let mut y = graph.shaped(&y, &[groups, stride, rows]);
    if stride != 1 {
        y = graph.node("Transpose", [&y.name], across(), &[groups, rows, stride]);
    }
    y
}

/// A product with the matrix, whose numbers are taken from the kernels; where there is none of a kernel, from a zero.
pub(super) fn circulant(part: &mut Part<'_, '_>) -> Result<Value> {
    let CirculantConfig { block, outputs, taps, .. } = part.config()?;
    let n = part.len();
    let (k, outputs) = (block.unwrap_or(n), outputs.unwrap_or(n));
    let (q, taps) = (n / k, taps.unwrap_or(k));
    if outputs * n > LARGEST {
        let expected = format_args!("at most {LARGEST} in an ONNX file");
        return Err(Error::new("numbers of a circulant", expected, outputs * n));
    }
    let zero = outputs / k * q * taps;
    let place = |row: usize, column: usize| {
        let tap = (k + row % k - column % k) % k;
        if tap < taps { (row / k * q + column / k) * taps + tap } else { zero }
    };
    let places = (0..outputs).flat_map(|row| (0..n).map(move |column| place(row, column) as i64));
    let table = part.table(&places.collect::<Vec<_>>());
    let mut kernel = part.parameter("kernel", &[zero])?;
    let x = part.x(&[n]);
    let graph = part.graph();
    if taps < k {
        graph.real("one zero", &[1], &[0.0]);
        let axis = [integer("axis", 0)];
        kernel = graph.node("Concat", [&kernel, "one zero"], axis, &[zero + 1]).name;
    }
    let numbers = graph.node("Gather", [&kernel, &table], [integer("axis", 0)], &[outputs * n]);
    let shape = format!("matrix {outputs}×{n}");
    graph.whole(&shape, &[outputs as i64, n as i64]);
    let matrix = graph.node("Reshape", [&numbers.name, &shape], [], &[outputs, n]);
    let turned = [integer("transB", 1)];
    Ok(graph.node("Gemm", [&x.name, &matrix.name], turned, &[outputs]))
}

/// A product with a matrix for each channel, whose numbers are taken from the kernels.
pub(super) fn spectral_filter(part: &mut Part<'_, '_>) -> Result<Value> {
    let [channels, h, w] = <[usize; 3]>::try_from(part.shape)
        .map_err(|_| Error::new("shape of a filter", "an image", part.len()))?;
    let plane = h * w;
    let numbers = channels * plane * plane;
    if numbers > LARGEST {
        let expected = format_args!("at most {LARGEST} in an ONNX file");
        return Err(Error::new("numbers of a spectral filter", expected, numbers));
    }
    // The input's place comes first: a row times a matrix.
    let place = |j: usize, i: usize| (h + i / w - j / w) % h * w + (w + i % w - j % w) % w;
    let mut places = Vec::with_capacity(numbers);
    for channel in 0..channels {
        for j in 0..plane {
            places.extend((0..plane).map(|i| (channel * plane + place(j, i)) as i64));
        }
    }
    let table = part.table(&places);
    let kernel = part.parameter("kernel", &[channels * plane])?;
    let x = part.x(&[channels, 1, plane]);
    let graph = part.graph();
    let taken = graph.node("Gather", [&kernel, &table], [integer("axis", 0)], &[numbers]);
    let shape = format!("matrices {channels}×{plane}×{plane}");
    graph.whole(&shape, &[channels, plane, plane].map(|side| side as i64));
    let matrices = graph.node("Reshape", [&taken.name, &shape], [], &[channels, plane, plane]);
    let y = graph.node("MatMul", [&x.name, &matrices.name], [], &[channels, 1, plane]);
    Ok(graph.shaped(&y, &[channels, h, w]))
}
