//! How alike the maps and the patterns are that different inputs select.

use crate::analysis::checks;
use crate::analysis::dataset::selected::{Row, effective_rows};
use crate::analysis::decompose::{span, svd};
use crate::analysis::map::effective::rows;
use crate::analysis::map::matrix;
use crate::analysis::norm::euclidean;
use crate::analysis::pattern::bits::{Bits, common};
use crate::error::{Error, Result};
use crate::layer::Layer;
use crate::net::map_chunks;
use crate::scalar::Matrix;
use ndarray::{ArrayView1, ArrayView2, Axis};
use serde::Serialize;

/// A number for each two inputs, and its means.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Similarity {
    /// The number for inputs `i` and `j`, symmetric.
    #[serde(serialize_with = "rows")]
    pub matrix: Matrix<f64>,
    /// The labels that occur, in ascending order; empty without labels.
    pub classes: Vec<usize>,
    /// The mean over unordered pairs of different inputs of one class; `None` if there is no such pair.
    pub within: Option<f64>,
    /// The mean over pairs of inputs of different classes; `None` if there is no such pair.
    pub between: Option<f64>,
    /// The mean over pairs of different inputs, one of class `i` and one of class `j`, in the order of
    /// `classes`; `None` if there is no such pair.
    pub class_means: Vec<Vec<Option<f64>>>,
}

impl Similarity {
    /// The means of a symmetric matrix.
    fn new(matrix: Matrix<f64>, labels: Option<&[usize]>) -> Self {
        let classes = labels.map_or(Vec::new(), checks::classes);
        let mut sums = vec![vec![(0.0, 0_usize); classes.len()]; classes.len()];
        let place = |label| classes.binary_search(label).expect("every label is a class");
        let places: Vec<usize> = labels.unwrap_or_default().iter().map(place).collect();
        for (i, &one) in places.iter().enumerate() {
            for (j, &other) in places[..i].iter().enumerate() {
                let (sum, count) = &mut sums[one.min(other)][one.max(other)];
                *sum += matrix[[i, j]];
                *count += 1;
            }
        }
        let mean = |(sum, count): (f64, usize)| (count > 0).then(|| sum / count as f64);
        let over = |chosen: fn(usize, usize) -> bool| {
            let all = sums.iter().enumerate().flat_map(|(i, row)| {
                row.iter().enumerate().filter(move |(j, _)| chosen(i, *j)).map(|(_, sum)| *sum)
            });
            mean(all.fold((0.0, 0), |all, part| (all.0 + part.0, all.1 + part.1)))
        };
        let every = 0..classes.len();
        let entry = |i: usize, j: usize| mean(sums[i.min(j)][i.max(j)]);
        Self {
            within: over(|i, j| i == j),
            between: over(|i, j| i != j),
            class_means: every
                .clone()
                .map(|i| every.clone().map(|j| entry(i, j)).collect())
                .collect(),
            matrix,
            classes,
        }
    }
}

/// `cos∠(a_i, a_j)` of the effective rows `a` that the inputs select: 1 where two inputs are weighed by the
/// same sum up to a positive factor. A row of zeros has cosine 0 with all others and with itself.
///
/// Cost: a pass and a pull for each of the `k` inputs of width `n`, `O(k²·n)`, and `k²` numbers in memory.
///
/// # Errors
/// If `x` has no rows, another width than the net takes or numbers that are not finite; if there are not as
/// many labels as rows, no such output, or an output is not finite.
pub fn row_similarity(
    net: &dyn Layer<f64>,
    x: ArrayView2<'_, f64>,
    labels: Option<&[usize]>,
    row: Row,
) -> Result<Similarity> {
    checks::labels(labels, x.nrows())?;
    let (_, mut a) = effective_rows(net, x, row)?;
    normalize(&mut a);
    let mut cosines = a.dot(&a.t());
    // Both halves the same to the bit, and no cosine beyond 1 by rounding.
    for i in 0..a.nrows() {
        for j in 0..=i {
            let cosine = cosines[[i, j]].clamp(-1.0, 1.0);
            (cosines[[i, j]], cosines[[j, i]]) = (cosine, cosine);
        }
    }
    Ok(Similarity::new(cosines, labels))
}

/// Divides every row by its norm, but for rows of zeros.
pub(in crate::analysis) fn normalize(a: &mut Matrix<f64>) {
    for mut row in a.rows_mut() {
        let norm = euclidean(&row);
        if norm > 0.0 {
            row /= norm;
        }
    }
}

/// How alike the patterns are that different inputs select.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PatternSimilarity {
    /// In how many switches inputs `i` and `j` differ: whole numbers.
    pub hamming: Similarity,
    /// `ln Π_l |S_l ∩ S_l'|` over the layers that have switches, `S_l` those that are open: the logarithm of
    /// the number of paths, one open switch in each layer, that both inputs have. `−∞` where some layer has
    /// none, which JSON writes as null.
    #[serde(serialize_with = "rows")]
    pub log_overlap: Matrix<f64>,
    /// `Π_l |S_l ∩ S_l'| / √(|S_l|·|S_l'|)`, from 0 to 1: the same as a cosine. 0 where a layer has no open
    /// switch.
    pub overlap: Similarity,
}

/// The Hamming distances and the path overlaps of the patterns at each two rows of `x`. A net without
/// switches has the distance 0 and the overlap 1 everywhere, of the one path there is.
///
/// Cost: a pass of the `k` inputs, `O(k²·switches/64)`, and three times `k²` numbers in memory.
///
/// # Errors
/// If `x` has no rows, another width than the net takes or numbers that are not finite; if there are not as
/// many labels as rows, or a switch is not a number.
pub fn pattern_similarity(
    net: &dyn Layer<f64>,
    x: ArrayView2<'_, f64>,
    labels: Option<&[usize]>,
) -> Result<PatternSimilarity> {
    checks::inputs(net, x)?;
    checks::labels(labels, x.nrows())?;
    let bits = Bits::of(net, x)?;
    let k = x.nrows();
    let spans = bits.spans();
    let each = |f: &dyn Fn(usize, usize) -> f64| {
        let mut all = Matrix::zeros((k, k));
        for i in 0..k {
            for j in 0..=i {
                let value = f(i, j);
                (all[[i, j]], all[[j, i]]) = (value, value);
            }
        }
        all
    };
    let shared = |i: usize, j: usize, span: &std::ops::Range<usize>| {
        common(&bits.row(i)[span.clone()], &bits.row(j)[span.clone()]) as f64
    };
    let log_overlap = each(&|i, j| spans.iter().map(|span| shared(i, j, span).ln()).sum());
    let overlap = each(&|i, j| {
        let part = |span| {
            let both = shared(i, j, span);
            let size = (shared(i, i, span) * shared(j, j, span)).sqrt();
            if both > 0.0 { both / size } else { 0.0 }
        };
        spans.iter().map(part).product()
    });
    Ok(PatternSimilarity {
        hamming: Similarity::new(each(&|i, j| bits.distance(i, j) as f64), labels),
        log_overlap,
        overlap: Similarity::new(overlap, labels),
    })
}

/// The principal angles between the row spaces of the effective maps at `x` and `other`, in degrees, 0 to
/// 90, ascending: as many as the smaller of the two ranks. All zero where one space contains the other;
/// 90 for each direction of the one that the map of the other ignores.
///
/// From the cosines above 45° and from the sines below, so small angles are as exact as large ones (Björck,
/// Golub, Math. Comp. 27, 1973). The ranks are numerical, by `max(m, n)·ε·σ₁`.
///
/// Cost: both maps written out and decomposed.
///
/// # Errors
/// If an input has another length than the net takes or is not finite.
pub fn row_space_angles(
    net: &dyn Layer<f64>,
    x: ArrayView1<'_, f64>,
    other: ArrayView1<'_, f64>,
) -> Result<Vec<f64>> {
    checks::input(net, x)?;
    checks::input(net, other)?;
    principal_angles(&row_space(net, x)?, &row_space(net, other)?)
}

/// The mean of the [`row_space_angles`] of each two rows of `x`, in degrees: 0 where the maps of two inputs see
/// the same directions, 90 where they share none. Two maps of rank 0 are at 0, and at 90 from all others.
///
/// Cost: the map of each of the `k` inputs written out and decomposed, and two decompositions of a matrix of
/// rank × inputs for each of `k²/2` pairs.
///
/// # Errors
/// If `x` has no rows, another width than the net takes or numbers that are not finite, or there are not as
/// many labels as rows.
pub fn row_space_similarity(
    net: &dyn Layer<f64>,
    x: ArrayView2<'_, f64>,
    labels: Option<&[usize]>,
) -> Result<Similarity> {
    checks::inputs(net, x)?;
    checks::labels(labels, x.nrows())?;
    let spaces = map_chunks(x.nrows(), 1, |rows| row_space(net, x.row(rows.start)));
    let spaces: Vec<Matrix<f64>> = spaces.into_iter().collect::<Result<_>>()?;
    let rows = map_chunks(x.nrows(), 1, |rows| {
        let i = rows.start;
        let mean = |other: &Matrix<f64>| {
            if spaces[i].is_empty() != other.is_empty() {
                return Ok(90.0);
            }
            let angles = principal_angles(&spaces[i], other)?;
            Ok(angles.iter().sum::<f64>() / angles.len().max(1) as f64)
        };
        spaces[..i].iter().map(mean).collect::<Result<Vec<f64>>>()
    });
    let mut all = Matrix::zeros((x.nrows(), x.nrows()));
    for (i, row) in rows.into_iter().enumerate() {
        for (j, angle) in row?.into_iter().enumerate() {
            (all[[i, j]], all[[j, i]]) = (angle, angle);
        }
    }
    Ok(Similarity::new(all, labels))
}

/// Orthonormal rows that span the rows of the effective map at `x`.
fn row_space(net: &dyn Layer<f64>, x: ArrayView1<'_, f64>) -> Result<Matrix<f64>> {
    let (_, map) = net.linearize(x.to_owned().insert_axis(Axis(0)));
    span(matrix(map.as_ref()).view())
}

/// The principal angles between the spaces of these orthonormal rows, in degrees, ascending.
pub(in crate::analysis) fn principal_angles(
    one: &Matrix<f64>,
    other: &Matrix<f64>,
) -> Result<Vec<f64>> {
    let (large, small) = if one.nrows() < other.nrows() { (other, one) } else { (one, other) };
    if small.is_empty() {
        return Ok(Vec::new());
    }
    let inside = small.dot(&large.t());
    let outside = small - &inside.dot(large);
    let cosines = svd(inside.view())?.values;
    let sines = svd(outside.view())?.values;
    let angle = |(&cosine, &sine): (&f64, &f64)| {
        let angle = if 2.0 * cosine * cosine > 1.0 { sine.min(1.0).asin() } else { cosine.acos() };
        angle.to_degrees()
    };
    Ok(cosines.iter().zip(sines.iter().rev()).map(angle).collect())
}

/// Inputs that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Clusters {
    /// For each input the number of its cluster. They are numbered in the order in which they are first seen.
    pub of: Vec<usize>,
    /// How many inputs each cluster has.
    pub sizes: Vec<usize>,
}

/// Inputs that select the same pattern together. Whole patterns are compared. Two inputs of one pattern have
/// one map; two of different patterns may have one too.
///
/// # Errors
/// If `x` has no rows, another width than the net takes or numbers that are not finite, or a switch is not
/// a number.
pub fn clusters_by_region(net: &dyn Layer<f64>, x: ArrayView2<'_, f64>) -> Result<Clusters> {
    checks::inputs(net, x)?;
    let (of, groups) = Bits::of(net, x)?.groups();
    Ok(Clusters { of, sizes: groups.iter().map(Vec::len).collect() })
}

/// Single linkage: inputs are together that a chain of inputs joins of which each two neighbors are at least
/// `threshold` alike. Of the cosines of rows these are clusters of maps.
///
/// # Errors
/// If the matrix is not square, or the threshold is NaN.
pub fn clusters_by_similarity(matrix: ArrayView2<'_, f64>, threshold: f64) -> Result<Clusters> {
    if !matrix.is_square() {
        let found = format!("{:?}", matrix.dim());
        return Err(Error::new("similarities", "as many rows as columns", found));
    }
    if threshold.is_nan() {
        return Err(Error::new("threshold of similarity", "a number", threshold));
    }
    let count = matrix.nrows();
    let mut of = vec![usize::MAX; count];
    let mut sizes = Vec::new();
    for first in 0..count {
        if of[first] != usize::MAX {
            continue;
        }
        let (cluster, mut open) = (sizes.len(), vec![first]);
        of[first] = cluster;
        sizes.push(0);
        while let Some(i) = open.pop() {
            sizes[cluster] += 1;
            for j in 0..count {
                if of[j] == usize::MAX && matrix[[i, j]] >= threshold {
                    of[j] = cluster;
                    open.push(j);
                }
            }
        }
    }
    Ok(Clusters { of, sizes })
}
