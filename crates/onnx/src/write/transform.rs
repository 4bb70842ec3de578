//! Transforms, as products with small constant matrices.

use super::fourier::Long;
use super::graph::Value;
use super::layer::Part;
use super::message::integer;
use super::moves::image;
use switchnet::layer::FixedTransformConfig;
use switchnet::transform::{Dct, Hadamard, Hartley, Transform, TransformKind};
use switchnet::{Error, Result};

/// The largest matrix of a transform that is not taken apart.
pub(super) const LARGEST: usize = 1024;

/// Factors of a Hadamard matrix are put together up to this order.
const FACTOR: usize = 32;

pub(super) fn mix(part: &mut Part<'_, '_>) -> Result<Value> {
    let FixedTransformConfig { transform, block, separable, .. } = part.config()?;
    if !separable {
        let n = block.unwrap_or(part.len());
        let x = part.x.clone();
        return along(part, transform, "", x, n, 1);
    }
    let [_, height, width] = image(part.shape)?;
    let (down, across) = (block.unwrap_or(height), block.unwrap_or(width));
    let x = part.x.clone();
    let rows = along(part, transform, "rows.", x, across, 1)?;
    along(part, transform, "columns.", rows, down, width)
}

/// A transform of length `n` along the middle side of [.., n, after]. What it draws is called as `line` says.
fn along(
    part: &mut Part<'_, '_>,
    kind: TransformKind,
    line: &str,
    x: Value,
    n: usize,
    after: usize,
) -> Result<Value> {
    let sides = if after == 1 { vec![n] } else { vec![n, after] };
    match kind {
        TransformKind::Identity => Ok(x),
        TransformKind::Signs => {
            let dims = if after == 1 { vec![n] } else { vec![n, 1] };
            let signs = part.fixed(&format!("{line}signs"), &dims)?;
            let x = part.graph().shaped(&x, &sides);
            Ok(part.graph().node("Mul", [&x.name, &signs], [], &sides))
        }
        TransformKind::Permutation => {
            let places = part.places(&format!("{line}permutation"))?;
            let x = part.graph().shaped(&x, &sides);
            Ok(part.graph().node("Gather", [&x.name, &places], [integer("axis", 1)], &sides))
        }
        TransformKind::Hadamard => hadamard(part, x, n, after),
        TransformKind::HadamardSequency => {
            let places = format!("sequency {n}");
            let order = sequency(n)?;
            let x = hadamard(part, x, n, after)?;
            let x = part.graph().shaped(&x, &sides);
            part.graph().whole(&places, &order);
            Ok(part.graph().node("Gather", [&x.name, &places], [integer("axis", 1)], &sides))
        }
        TransformKind::Hartley if n > LARGEST => Long::Hartley.along(part, &x, [n, after]),
        TransformKind::Dct2 if n > LARGEST => Long::Dct2.along(part, &x, [n, after]),
        TransformKind::Dct3 if n > LARGEST => Long::Dct3.along(part, &x, [n, after]),
        TransformKind::Hartley => Ok(product(part, &x, "hartley", &Hartley::new(n)?, after)),
        TransformKind::Dct2 => Ok(product(part, &x, "dct2", &Dct::second(n)?, after)),
        TransformKind::Dct3 => Ok(product(part, &x, "dct3", &Dct::third(n)?, after)),
        other => {
            let expected = "one of those that docs/files.md lists";
            Err(Error::new("transform", expected, format_args!("{other:?}")))
        }
    }
}

/// `H_ab = H_a ⊗ H_b`: a factor at a time, along the side that is its own.
fn hadamard(part: &mut Part<'_, '_>, mut x: Value, n: usize, after: usize) -> Result<Value> {
    let mut behind = n * after;
    for factor in factors(n) {
        behind /= factor;
        x = product(part, &x, "hadamard", &Hadamard::new(factor)?, behind);
    }
    Ok(x)
}

/// The orders of the factors, the first first, as [`Hadamard`] has them.
fn factors(n: usize) -> Vec<usize> {
    let (mut all, mut rest) = (Vec::<usize>::new(), n);
    for (order, prime) in [(12, 3), (20, 5), (28, 7), (2, 2)] {
        while rest.is_multiple_of(prime) {
            rest /= order;
            match all.last_mut() {
                Some(last) if *last * order <= FACTOR => *last *= order,
                _ => all.push(order),
            }
        }
    }
    all
}

/// The matrix of a transform times the columns of [.., n, after].
fn product(
    part: &mut Part<'_, '_>,
    x: &Value,
    name: &str,
    transform: &dyn Transform<f64>,
    after: usize,
) -> Value {
    let n = transform.len();
    let name = format!("{name} {n}");
    // What the adjoint makes of the unit vectors are the rows.
    let mut matrix = vec![0.0; n * n];
    matrix.iter_mut().step_by(n + 1).for_each(|diagonal| *diagonal = 1.0);
    transform.adjoint(&mut matrix);
    let graph = part.graph();
    graph.real(&name, &[n, n], &matrix);
    if after == 1 {
        let x = graph.shaped(x, &[n]);
        return graph.node("Gemm", [&x.name, &name], [integer("transB", 1)], &[n]);
    }
    let x = graph.shaped(x, &[n, after]);
    graph.node("MatMul", [&name, &x.name], [], &[n, after])
}

/// Which row of the matrix in natural order each row in the order of sequency is.
fn sequency(n: usize) -> Result<Vec<i64>> {
    let mut places: Vec<f64> = (0..n).map(|i| i as f64).collect();
    Transform::<f64>::adjoint(&Hadamard::new(n)?, &mut places);
    Transform::<f64>::apply(&Hadamard::sequency(n)?, &mut places);
    Ok(places.into_iter().map(|place| place.round() as i64).collect())
}
