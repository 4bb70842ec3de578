//! Made-up tasks.

use super::dataset::{Dataset, Targets};
use crate::error::{Error, Result};
use crate::random::{generator, normal};
use crate::scalar::{Matrix, Scalar};
use std::f64::consts::TAU;

/// No made-up set has more numbers than this in its inputs or its targets: beyond it a typing error is likelier.
const LARGEST: usize = 1 << 28;

/// Whether a set of so many rows may be made, each of so many numbers.
fn bounded(what: &str, rows: Option<usize>, width: usize, found: String) -> Result<()> {
    match rows.and_then(|rows| rows.checked_mul(width)) {
        Some(numbers) if numbers <= LARGEST => Ok(()),
        _ => Err(Error::new(what, format_args!("at most {LARGEST} numbers in all"), found)),
    }
}

/// The random stream of [`spirals`], "spir" in ASCII.
const SPIRALS: u64 = 0x7370_6972;

/// Interleaved spirals in the plane, one for each class, not separable by lines.
///
/// Point `i` of class `c` is `r·(cos φ, sin φ)` with `r = (i + 1)/points_per_class` and
/// `φ = 2π(r + c/classes)`, so each arm turns once, plus normal noise of deviation `noise` on both
/// coordinates. Rows are in the order of the classes, from the center outwards.
///
/// # Errors
/// If there are no points, fewer than two classes, more than 2^16, or more than 2^27 points in all, or `noise` is
/// negative or not finite.
pub fn spirals<T: Scalar>(
    points_per_class: usize,
    classes: usize,
    noise: f64,
    seed: u64,
) -> Result<Dataset<T>> {
    if points_per_class == 0 {
        return Err(Error::new("points of a spiral", "at least 1", points_per_class));
    }
    if classes < 2 {
        return Err(Error::new("classes of spirals", "at least 2", classes));
    }
    if !(noise >= 0.0 && noise.is_finite()) {
        return Err(Error::new("noise of spirals", "a finite number, at least 0", noise));
    }
    if classes > 1 << 16 {
        return Err(Error::new("classes of spirals", "at most 65536", classes));
    }
    let found = format!("{points_per_class} points of {classes} classes");
    bounded("spirals", points_per_class.checked_mul(classes), 2, found)?;
    let points = points_per_class * classes;
    let mut rng = generator(seed, SPIRALS);
    let mut inputs = Matrix::zeros((points, 2));
    for (row, mut point) in inputs.rows_mut().into_iter().enumerate() {
        let (class, i) = (row / points_per_class, row % points_per_class);
        let radius = (i + 1) as f64 / points_per_class as f64;
        let (sine, cosine) = (TAU * (radius + class as f64 / classes as f64)).sin_cos();
        for (x, exact) in point.iter_mut().zip([radius * cosine, radius * sine]) {
            *x = T::of(exact) + normal::<T>(&mut rng, noise);
        }
    }
    let labels = (0..points).map(|row| row / points_per_class).collect();
    Dataset::new("spirals", vec![2], inputs, Targets::Classes { labels, classes })
}

/// Closed curves in the plane, each to be drawn from its number alone.
///
/// Input `k` is row `k` of the identity. Its target is a Lissajous curve, `points` times
/// `(sin aφ, sin(bφ + 1))` with `φ = 2πi/points`, the two coordinates of a point side by side. The frequencies
/// `(a, b)` are the pairs `a ≤ b` without a common factor, in the order of `b` and then of `a`: (1, 1), (1, 2),
/// (1, 3), (2, 3), (1, 4), …; the phase keeps a curve from running back on itself.
///
/// Source: the task of S. O'Connor's programs (2019–2025); frequencies and phase are of our own.
///
/// ```
/// let set = switchnet::data::lissajous::<f32>(4, 100)?;
/// assert_eq!((set.inputs().dim(), set.targets().width()), ((4, 4), 200));
/// # Ok::<(), switchnet::Error>(())
/// ```
///
/// # Errors
/// If there are no curves or no points, or more than 2^28 numbers in all inputs or all targets.
pub fn lissajous<T: Scalar>(curves: usize, points: usize) -> Result<Dataset<T>> {
    if curves == 0 || points == 0 {
        let found = format!("{curves} of {points} points");
        return Err(Error::new("Lissajous curves", "at least 1, of at least 1 point", found));
    }
    let found = format!("{curves} of {points} points");
    let widest = points.checked_mul(2).map(|width| width.max(curves));
    bounded("Lissajous curves", widest, curves, found)?;
    let pairs = (1_u32..).flat_map(|b| (1..=b).map(move |a| (a, b)));
    let coprime = |&(a, b): &(u32, u32)| (2..=a).all(|d| a % d != 0 || b % d != 0);
    let frequencies: Vec<_> = pairs.filter(coprime).take(curves).collect();
    let targets = Matrix::from_shape_fn((curves, 2 * points), |(curve, column)| {
        let angle = TAU * (column / 2) as f64 / points as f64;
        let (a, b) = frequencies[curve];
        T::of(match column % 2 {
            0 => (f64::from(a) * angle).sin(),
            _ => (f64::from(b) * angle + 1.0).sin(),
        })
    });
    Dataset::new("lissajous", vec![curves], Matrix::eye(curves), Targets::Values(targets))
}
