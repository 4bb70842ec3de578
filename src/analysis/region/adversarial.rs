//! A small change of an input by which another class wins.

use crate::analysis::checks;
use crate::analysis::map::effective::{list, matrix};
use crate::analysis::rows::one_row;
use crate::error::{Error, Result};
use crate::layer::Layer;
use crate::net::argmax;
use crate::scalar::Matrix;
use ndarray::{Array1, ArrayView1};
use serde::Serialize;

/// An input of another class, near the one that was asked about.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Adversarial {
    /// The class at the input asked about.
    pub class: usize,
    /// The class here.
    pub rival: usize,
    /// The input found.
    #[serde(serialize_with = "list")]
    pub x: Array1<f64>,
    /// How far it is from the other (l2), in units of the input.
    pub distance: f64,
    /// How many maps it took.
    pub steps: usize,
}

/// By how much a step goes beyond where two outputs are equal, so that rounding does not stop it there.
const BEYOND: f64 = 1.02;

/// The shortest step, relative to the input: where two outputs are equal, the way to where they differ.
const LEAST: f64 = 1e-9;

/// How often the way to what the steps found is halved.
const HALVINGS: usize = 30;

/// An input of another class than `x`, found by at most `steps` steps; none if these do not find one.
///
/// At each step the effective map of the region says which class is nearest to winning, and where:
/// `δ = (y_k − y_j) (a_j − a_k) / ‖a_j − a_k‖²` is the smallest change (l2) that makes the outputs equal if the map
/// stays what it is. In the end the way from `x` to where another class wins is halved 30 times, and the last point of
/// another class is the answer. Of a net that is not piecewise linear the map is the tangent, and there is no certificate.
///
/// Its distance is an upper bound of that of the nearest such input, of which the
/// [certificate](super::margin::Margin::certificate) is a lower one. It is *not* the nearest.
///
/// Source: the steps are those of S.-M. Moosavi-Dezfooli, A. Fawzi and P. Frossard, *DeepFool*, CVPR 2016,
/// arXiv 1511.04599; there the gradients of the outputs stand for the effective map, here it is the map.
///
/// ```
/// use ndarray::array;
/// use switchnet::{analysis::adversarial, layer::Switch};
/// // ReLUs at (3, 1): the outputs are equal at (2, 2).
/// let found = adversarial(&Switch::relu(2), array![3.0, 1.0].view(), 10)?.expect("there is one");
/// assert_eq!((found.class, found.rival), (0, 1));
/// assert!((found.distance - 2f64.sqrt()).abs() < 1e-6);
/// # Ok::<(), switchnet::Error>(())
/// ```
///
/// # Errors
/// If `x` has another length than the net takes or numbers that are not finite, or an output or a derivative on the way
/// is not finite.
pub fn adversarial(
    net: &dyn Layer<f64>,
    x: ArrayView1<'_, f64>,
    steps: usize,
) -> Result<Option<Adversarial>> {
    search(net, x, steps).map_err(|e| e.at("adversarial"))
}

fn search(
    net: &dyn Layer<f64>,
    x: ArrayView1<'_, f64>,
    steps: usize,
) -> Result<Option<Adversarial>> {
    checks::vector("input", net.inputs(), x)?;
    let least = LEAST * (1.0 + x.dot(&x).sqrt());
    let (mut at, mut class) = (x.to_owned(), None);
    for step in 0..=steps {
        let (y, map) = net.linearize(one_row(at.view()));
        let y = finite(y)?;
        let winner = argmax(y.view())[0];
        let class = *class.get_or_insert(winner);
        if winner != class {
            let (found, rival) = halved(net, x, (at, winner), class)?;
            let change = &found - &x;
            let distance = change.dot(&change).sqrt();
            return Ok(Some(Adversarial { class, rival, x: found, distance, steps: step }));
        }
        if step == steps {
            break;
        }
        let (y, a) = (y.row(0), finite(matrix(map.as_ref()))?);
        let ways = (0..y.len()).filter(|&j| j != class).filter_map(|j| {
            let toward = &a.row(j) - &a.row(class);
            let size = toward.dot(&toward).sqrt();
            (size > 0.0).then(|| ((y[class] - y[j]) / size, toward / size))
        });
        let nearest = ways.reduce(|best, next| if next.0 < best.0 { next } else { best });
        let Some((distance, toward)) = nearest else { return Ok(None) };
        at.scaled_add((BEYOND * distance).max(least), &toward);
    }
    Ok(None)
}

/// The class at `x`: the largest output, the first of equal ones.
fn decided(net: &dyn Layer<f64>, x: ArrayView1<'_, f64>) -> Result<usize> {
    Ok(argmax(finite(net.forward(one_row(x)))?.view())[0])
}

fn finite(m: Matrix<f64>) -> Result<Matrix<f64>> {
    let other = m.iter().find(|v| !v.is_finite());
    other.map_or(Ok(()), |v| Err(Error::new("outputs and their derivatives", "finite ones", v)))?;
    Ok(m)
}

/// The last point of another class than `class` on the way from `far` back to `x`, as halving finds it, and its class.
fn halved(
    net: &dyn Layer<f64>,
    x: ArrayView1<'_, f64>,
    far: (Array1<f64>, usize),
    class: usize,
) -> Result<(Array1<f64>, usize)> {
    let way = &far.0 - &x;
    let (mut same, mut other) = (0.0, 1.0);
    let mut found = far;
    for _ in 0..HALVINGS {
        let middle = 0.5 * (same + other);
        let at = &x + &(&way * middle);
        match decided(net, at.view())? {
            there if there == class => same = middle,
            there => (other, found) = (middle, (at, there)),
        }
    }
    Ok(found)
}
