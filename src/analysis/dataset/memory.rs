//! The net as an associative memory: which stored patterns its effective rows are made of.

use crate::analysis::checks;
use crate::analysis::dataset::similarity::normalize;
use crate::analysis::decompose::span;
use crate::analysis::map::Exactness;
use crate::analysis::map::matrix;
use crate::analysis::norm::euclidean;
use crate::error::{Error, Result};
use crate::layer::Layer;
use crate::scalar::Matrix;
use ndarray::{ArrayView1, ArrayView2, Axis};
use serde::Serialize;

/// A stored pattern that an effective row resembles.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Recall {
    /// Which of the stored patterns, counted from 0.
    pub stored: usize,
    /// Its label, if there are labels.
    pub label: Option<usize>,
    /// `cos∠(a, pattern)`; 0 where either is zero.
    pub cosine: f64,
}

/// How much of an effective row stored patterns can make up.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct InSpan {
    /// How many patterns there are.
    pub patterns: usize,
    /// The dimension of their span, numerically. As many as there are inputs make up every row.
    pub dimension: usize,
    /// `‖P a‖²/‖a‖²` with `P` the projection on the span, 0 to 1; 0 for a row of zeros.
    pub part: f64,
}

/// An effective row beside the stored patterns.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MemoryRow {
    /// The output the row belongs to.
    pub output: usize,
    /// `‖a‖₂`.
    pub norm: f64,
    /// The patterns of largest cosine, the largest first, of equal ones the first stored.
    pub nearest: Vec<Recall>,
    /// What the patterns of the label that is this output's number make up; `None` without labels or where
    /// no pattern has that label.
    pub class_span: Option<InSpan>,
}

/// Effective rows read as a linear associative memory.
///
/// A linear memory that stores patterns by least squares answers `y = A x` with rows in the span of the
/// patterns (Kohonen, Correlation matrix memories, 1972). What part of a row is in that span, and which of
/// the patterns it resembles, says how far the net is such a memory at this input.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MemoryView {
    /// Whether the rows are of the net on a region, or of a tangent.
    pub exactness: Exactness,
    /// How many patterns are stored.
    pub stored: usize,
    /// A row for each output of the net.
    pub rows: Vec<MemoryRow>,
}

/// The effective rows of `net` at `x` beside the `stored` patterns, one in each row, `nearest` of them each.
///
/// Cost: the effective map, `O(m·k·n)` for the cosines of `m` rows with `k` patterns of `n` numbers, and a
/// decomposition of the patterns of each class.
///
/// # Errors
/// If `x` or the patterns have another width than the net takes or numbers that are not finite; if there are
/// no patterns, not as many labels as patterns, or fewer patterns than `nearest`.
pub fn memory_view(
    net: &dyn Layer<f64>,
    x: ArrayView1<'_, f64>,
    stored: ArrayView2<'_, f64>,
    labels: Option<&[usize]>,
    nearest: usize,
) -> Result<MemoryView> {
    checks::input(net, x)?;
    checks::inputs(net, stored).map_err(|error| error.at("stored patterns"))?;
    checks::labels(labels, stored.nrows())?;
    if nearest > stored.nrows() {
        let expected = format!("at most the {} stored", stored.nrows());
        return Err(Error::new("nearest patterns", expected, nearest));
    }
    let (_, map) = net.linearize(x.to_owned().insert_axis(Axis(0)));
    let a = matrix(map.as_ref());
    checks::finite("effective map", a.view())?;
    let (mut directions, mut patterns) = (a.clone(), stored.to_owned());
    normalize(&mut directions);
    normalize(&mut patterns);
    let cosines = directions.dot(&patterns.t());
    let row = |output: usize| -> Result<MemoryRow> {
        let a = a.row(output);
        Ok(MemoryRow {
            output,
            norm: euclidean(a),
            nearest: largest(cosines.row(output), labels, nearest),
            class_span: in_span(directions.row(output), &patterns, labels, output)?,
        })
    };
    let rows = (0..net.outputs()).map(row).collect::<Result<_>>()?;
    Ok(MemoryView { exactness: Exactness::of(net), stored: stored.nrows(), rows })
}

/// The first `count` of the cosines in descending order.
fn largest(cosines: ArrayView1<'_, f64>, labels: Option<&[usize]>, count: usize) -> Vec<Recall> {
    let mut order: Vec<usize> = (0..cosines.len()).collect();
    order.sort_by(|&i, &j| cosines[j].total_cmp(&cosines[i])); // stable: the first stored first
    let recall = |stored: usize| Recall {
        stored,
        label: labels.map(|labels| labels[stored]),
        cosine: cosines[stored].clamp(-1.0, 1.0),
    };
    order.into_iter().take(count).map(recall).collect()
}

/// What the patterns of one label make up of a direction. Patterns of norm 1 have the span of the stored
/// ones, and none is lost beside a longer one.
fn in_span(
    direction: ArrayView1<'_, f64>,
    patterns: &Matrix<f64>,
    labels: Option<&[usize]>,
    label: usize,
) -> Result<Option<InSpan>> {
    let labels = labels.unwrap_or_default().iter().enumerate();
    let own: Vec<usize> = labels.filter(|(_, l)| **l == label).map(|(i, _)| i).collect();
    if own.is_empty() {
        return Ok(None);
    }
    let basis = span(patterns.select(Axis(0), &own).view())?;
    let inside = basis.dot(&direction);
    let part = inside.dot(&inside).min(1.0);
    Ok(Some(InSpan { patterns: own.len(), dimension: basis.nrows(), part }))
}
