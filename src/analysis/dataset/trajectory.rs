//! How switches and maps of a net move over a training.

use crate::analysis::checks;
use crate::analysis::dataset::selected::Row;
use crate::analysis::dataset::similarity::{principal_angles, row_similarity};
use crate::analysis::decompose::span;
use crate::analysis::map::matrix;
use crate::analysis::norm::euclidean;
use crate::analysis::pattern::bits::{Bits, differences};
use crate::error::{Error, Result};
use crate::layer::Layer;
use crate::net::map_chunks;
use crate::scalar::Matrix;
use ndarray::{ArrayView2, Axis, s};
use serde::Serialize;
use std::ops::{ControlFlow, Range};

/// One net of a [`trajectory`], beside the one before it and the last.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Checkpoint {
    /// For each layer that has switches, the on-rate of each switch, 0 to 1.
    pub on_rate: Vec<Vec<f64>>,
    /// For each such layer, in how many switches the pattern of an input differs from the one it selects
    /// in the last net: the mean over all inputs.
    pub to_last: Vec<f64>,
    /// The same to the net before; none for the first.
    pub to_previous: Option<Vec<f64>>,
    /// How many inputs select the same whole pattern as in the last net.
    pub settled: usize,
    /// How many different patterns the inputs select.
    pub patterns: usize,
    /// `cos∠(a_i, a_j)` of the effective rows of the classes predicted, two inputs of one class: the mean; none
    /// if there is no such pair.
    pub within: Option<f64>,
    /// The same of two inputs of different classes.
    pub between: Option<f64>,
    /// `⟨A, A′⟩ / (‖A‖‖A′‖)` with `A′` the map that the last net has at the same input, −1 to 1, in the
    /// Frobenius norm: the mean over all inputs. Zero where a map is.
    pub map_cosine: f64,
    /// The principal angles between the row spaces of these two maps, in degrees, 0 to 90: the mean over all
    /// angles and inputs; none if no map has a rank.
    pub row_space_angle: Option<f64>,
}

/// How switches and maps move over a training: `nets` of one shape, such as the checkpoints of a
/// run in their order, over the same inputs, each beside the last of them. `watch` is told of each as it is
/// found; when it answers `Break`, the answer is of those so far.
///
/// Cost: for each net a [`row_similarity`], and for each input the whole map and two decompositions of it. The
/// maps of the last net at all inputs are in memory.
///
/// # Errors
/// If there are no nets, they differ in their inputs, outputs or switches, `x` is no set of inputs of them,
/// there are not as many labels as rows, or a switch or an output is not a number.
pub fn trajectory(
    nets: &[&dyn Layer<f64>],
    x: ArrayView2<'_, f64>,
    labels: Option<&[usize]>,
    watch: &mut dyn FnMut(&Checkpoint) -> ControlFlow<()>,
) -> Result<Vec<Checkpoint>> {
    let last = *nets.last().ok_or_else(|| Error::new("nets", "at least 1", 0))?;
    checks::inputs(last, x)?;
    let (last_bits, last_maps) = (Bits::of(last, x)?, maps(last, x)?);
    let mut previous: Option<Bits> = None;
    let mut all = Vec::with_capacity(nets.len());
    for (i, net) in nets.iter().enumerate() {
        let checkpoint = || -> Result<(Checkpoint, Bits)> {
            same("inputs", last.inputs(), net.inputs())?;
            same("outputs", last.outputs(), net.outputs())?;
            let bits = Bits::of(*net, x)?;
            same("switches of the layers", &last_bits.layers, &bits.layers)?;
            let similarity = row_similarity(*net, x, labels, Row::Predicted)?;
            let (map_cosine, row_space_angle) = beside(&maps(*net, x)?, &last_maps)?;
            let inputs = 0..x.nrows();
            let checkpoint = Checkpoint {
                on_rate: bits.rates(inputs.clone()),
                to_last: moved(&bits, &last_bits),
                to_previous: previous.as_ref().map(|previous| moved(&bits, previous)),
                settled: inputs.filter(|&i| bits.row(i) == last_bits.row(i)).count(),
                patterns: bits.groups().1.len(),
                within: similarity.within,
                between: similarity.between,
                map_cosine,
                row_space_angle,
            };
            Ok((checkpoint, bits))
        };
        let (checkpoint, bits) = checkpoint().map_err(|e| e.at(format_args!("net {i}")))?;
        let answer = watch(&checkpoint);
        all.push(checkpoint);
        previous = Some(bits);
        if answer.is_break() {
            break;
        }
    }
    Ok(all)
}

fn same<A: PartialEq + std::fmt::Debug>(what: &str, last: A, found: A) -> Result<()> {
    if last == found {
        return Ok(());
    }
    Err(Error::new(what, format_args!("{last:?}, as the last has"), format_args!("{found:?}")))
}

/// For each layer, in how many switches an input's patterns differ: the mean.
fn moved(a: &Bits, b: &Bits) -> Vec<f64> {
    let of_layer = |span: Range<usize>| {
        let of = |input| differences(&a.row(input)[span.clone()], &b.row(input)[span.clone()]);
        (0..a.inputs).map(of).sum::<usize>() as f64 / a.inputs as f64
    };
    a.spans().into_iter().map(of_layer).collect()
}

/// The effective map at each input, divided by its norm, and a basis of its row space.
fn maps(net: &dyn Layer<f64>, x: ArrayView2<'_, f64>) -> Result<Vec<(Matrix<f64>, Matrix<f64>)>> {
    let one = |i: usize| {
        let (_, map) = net.linearize(x.slice(s![i..i + 1, ..]).to_owned());
        let mut a = matrix(map.as_ref());
        checks::finite("effective map", a.view())?;
        let basis = span(a.view())?;
        let norm = euclidean(&a);
        if norm > 0.0 {
            a /= norm;
        }
        Ok((a, basis))
    };
    map_chunks(x.len_of(Axis(0)), 1, |rows| one(rows.start)).into_iter().collect()
}

/// The mean cosine of two maps and the mean principal angle of their row spaces, input by input.
fn beside(
    maps: &[(Matrix<f64>, Matrix<f64>)],
    last: &[(Matrix<f64>, Matrix<f64>)],
) -> Result<(f64, Option<f64>)> {
    let pairs = map_chunks(maps.len(), 1, |rows| {
        let ((a, space), (b, other)) = (&maps[rows.start], &last[rows.start]);
        let cosine: f64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
        Ok((cosine.clamp(-1.0, 1.0), principal_angles(space, other)?))
    });
    let pairs: Vec<(f64, Vec<f64>)> = pairs.into_iter().collect::<Result<_>>()?;
    let cosines: f64 = pairs.iter().map(|(cosine, _)| cosine).sum();
    let angles: Vec<f64> = pairs.iter().flat_map(|(_, angles)| angles).copied().collect();
    let angle = angles.iter().sum::<f64>() / angles.len() as f64;
    Ok((cosines / pairs.len() as f64, (!angles.is_empty()).then_some(angle)))
}
