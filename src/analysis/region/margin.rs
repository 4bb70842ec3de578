//! How far an input is from the boundaries of its region, and from another decision.

use crate::analysis::checks;
use crate::analysis::norm::ByNorm;
use crate::analysis::norm::Norm;
use crate::analysis::pattern::Unit;
use crate::analysis::pattern::boundaries;
use crate::analysis::pattern::settle::{Watch, is_small, settle};
use crate::analysis::rounding::largest;
use crate::analysis::rows::{ROWS, identity, one_row};
use crate::error::{Error, Result};
use crate::layer::Layer;
use crate::net::{argmax, map_chunks};
use crate::scalar::Matrix;
use ndarray::{ArrayView1, ArrayView2, ArrayViewMut1};
use serde::Serialize;

/// The switch whose boundary is nearest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NearestBoundary {
    /// Which switch. Of equally near ones the first.
    pub unit: Unit,
    /// `|z| / ‖∇z‖` in the dual norm: the size of the smallest change of the input that brings it to the
    /// boundary `z = 0`, in units of the input.
    pub distance: f64,
}

/// The class that is nearest to winning.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Rival {
    /// Which output. Of equally near ones the first.
    pub class: usize,
    /// `(y_k − y_j) / ‖a_k − a_j‖` in the dual norm, `k` the class predicted: the size of the smallest
    /// change of the input that makes the two equal under the map of this region, in units of the input.
    pub distance: f64,
}

/// The decision at an input: which output is largest, and which is nearest to becoming so.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Decision {
    /// The largest output, the first of equal ones.
    pub class: usize,
    /// The nearest rival by each norm; none where no change inside the region favors any other output.
    pub nearest: ByNorm<Option<Rival>>,
}

/// How far an input is from the boundaries of its region, and from another decision.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Margin {
    /// The nearest boundary by each norm. Its distance is exact: every smaller change leaves all switches as
    /// they are. None if the net has no switch that depends on the input.
    pub nearest: ByNorm<Option<NearestBoundary>>,
    /// The nearest boundary among the switches of each layer that has some, first layer first.
    pub layers: Vec<ByNorm<Option<NearestBoundary>>>,
    /// The switches with `z = 0` and `∇z ≠ 0`: the input lies on their boundary, and the margin is 0. A
    /// switch with `z = 0` and `∇z = 0`, such as one behind zero padding, is no boundary and is not listed.
    pub on_boundary: Vec<Unit>,
    /// The decision; none for a net with one output.
    pub decision: Option<Decision>,
    /// The smaller of the distances to the nearest boundary and to the nearest rival, in units of the input;
    /// none if there is neither. Any change of a smaller size leaves the prediction as it is, and the
    /// effective map is the net. Where the rival is the nearer one, this is the distance from which
    /// on the net decides otherwise; where the boundary is, it is a lower bound for that.
    pub certificate: ByNorm<Option<f64>>,
}

/// Of a list of gradients, one for each of some values: what the three norms need.
pub(in crate::analysis) struct Sizes {
    /// `Σ|g|`,
    sum: Vec<f64>,
    /// `Σg²` and
    squares: Vec<f64>,
    /// `max|g|` over the inputs.
    largest: Vec<f64>,
}

impl Sizes {
    fn new(values: usize) -> Self {
        Self { sum: vec![0.0; values], squares: vec![0.0; values], largest: vec![0.0; values] }
    }

    /// Counts in the derivatives of the values along a few inputs, one row for each input.
    fn add(&mut self, derivatives: &Matrix<f64>) {
        for row in derivatives.as_standard_layout().rows() {
            let row = row.to_slice().expect("made row-major");
            let sizes = self.sum.iter_mut().zip(&mut self.squares).zip(&mut self.largest);
            for (((sum, squares), largest), g) in sizes.zip(row) {
                let size = g.abs();
                *sum += size;
                *squares += size * size;
                *largest = if size > *largest { size } else { *largest };
            }
        }
    }

    /// Forgets the gradients of these values.
    fn clear(&mut self, still: &[bool]) {
        for i in (0..still.len()).filter(|&i| still[i]) {
            (self.sum[i], self.squares[i], self.largest[i]) = (0.0, 0.0, 0.0);
        }
    }

    /// Counts in what was found over other inputs.
    fn merge(&mut self, other: &Self) {
        let pairs = |to: &mut Vec<f64>, from: &[f64], f: fn(f64, f64) -> f64| {
            to.iter_mut().zip(from).for_each(|(to, &from)| *to = f(*to, from));
        };
        pairs(&mut self.sum, &other.sum, |a, b| a + b);
        pairs(&mut self.squares, &other.squares, |a, b| a + b);
        pairs(&mut self.largest, &other.largest, f64::max);
    }

    /// The norm of gradient `i` that belongs to changes measured by `norm`.
    pub fn dual(&self, norm: Norm, i: usize) -> f64 {
        match norm {
            Norm::L1 => self.largest[i],
            Norm::L2 => self.squares[i].sqrt(),
            Norm::LInf => self.sum[i],
        }
    }

    /// The distance to `value = 0` of value `i`, if a change of the input leads there.
    pub fn distance(&self, norm: Norm, i: usize, value: f64) -> Option<f64> {
        let size = self.dual(norm, i);
        let distance = value.abs() / size;
        // A window of one of a max-pool has the value ∞: nothing leads to its boundary.
        (size > 0.0 && distance.is_finite()).then_some(distance)
    }
}

/// Everything that is measured at one input.
pub(in crate::analysis) struct Measured {
    /// The values of the switches of each layer and the sizes of their gradients.
    pub layers: Vec<(Vec<f64>, Sizes)>,
    /// The outputs.
    pub outputs: Vec<f64>,
    /// The largest of them, the first of equal ones.
    pub class: usize,
    /// The sizes of the gradients of `y_class − y_j`.
    pub leads: Sizes,
}

/// Inputs that one thread takes at a time: several times [`ROWS`], so that little is left to add up.
const TASK: usize = 2 * ROWS;

/// Everything at `x`, for the question `what`.
pub(in crate::analysis) fn measure(
    what: &str,
    net: &dyn Layer<f64>,
    x: ArrayView1<'_, f64>,
) -> Result<Measured> {
    let exact = checks::piecewise_linear(net);
    exact.and_then(|()| checks::vector("input", net.inputs(), x)).map_err(|e| e.at(what))?;
    let (y, map) = net.linearize(one_row(x));
    let values: Vec<Vec<f64>> =
        boundaries::values(map.as_ref()).iter().map(|z| z.row(0).to_vec()).collect();
    let class = argmax(y.view())[0];
    let parts = map_chunks(net.inputs(), TASK, |inputs| {
        let mut layers: Vec<Sizes> = values.iter().map(|z| Sizes::new(z.len())).collect();
        let mut leads = Sizes::new(net.outputs());
        for from in inputs.clone().step_by(ROWS) {
            let unit = identity(from..inputs.end.min(from + ROWS), net.inputs());
            let pushed =
                boundaries::each_rate(map.as_ref(), unit, |layer, rates| layers[layer].add(rates));
            leads.add(&relative_to(pushed, class));
        }
        (layers, leads)
    });
    let mut parts = parts.into_iter();
    let (mut sizes, mut leads) = parts.next().unwrap_or_else(|| {
        (values.iter().map(|z| Sizes::new(z.len())).collect(), Sizes::new(net.outputs()))
    });
    for (more, more_leads) in parts {
        sizes.iter_mut().zip(&more).for_each(|(sizes, more)| sizes.merge(more));
        leads.merge(&more_leads);
    }
    let outputs = y.row(0).to_vec();
    // A NaN among the derivatives makes their sum NaN, and so does one among the values.
    let shown = values.iter().flatten().chain(sizes.iter().flat_map(|sizes| &sizes.sum));
    if shown.chain(&outputs).chain(&leads.sum).any(|v| v.is_nan()) {
        return Err(Error::new("switches and outputs at the input", "numbers", "NaN").at(what));
    }
    let mut layers: Vec<(Vec<f64>, Sizes)> = values.into_iter().zip(sizes).collect();
    let mut watch = Watch::new(1.0); // the inputs that were pushed
    let mut small = |sizes: &Sizes| {
        let limit = watch.limit::<f64>(largest(&sizes.largest));
        sizes.largest.iter().any(|&size| is_small(size, limit))
    };
    if layers.iter().map(|(_, sizes)| sizes).chain([&leads]).any(&mut small) {
        let at = settle(net, x, &[]);
        leads.clear(&at.leads.still);
        for ((values, sizes), settled) in layers.iter_mut().zip(at.layers) {
            sizes.clear(&settled.still);
            *values = settled.values;
        }
    }
    Ok(Measured { layers, outputs, class, leads })
}

/// The rows with number `class` taken off each of their numbers.
fn relative_to(mut rows: Matrix<f64>, class: usize) -> Matrix<f64> {
    rows.rows_mut().into_iter().for_each(|mut row: ArrayViewMut1<'_, f64>| row -= row[class]);
    rows
}

/// The first of the least.
fn least<T: Copy>(all: impl Iterator<Item = T>, distance: impl Fn(&T) -> f64) -> Option<T> {
    all.reduce(|best, next| if distance(&next) < distance(&best) { next } else { best })
}

/// The distance from `x` to the nearest boundary of its region and to the nearest other decision, in all
/// three norms.
///
/// A switch with the value `z` and the gradient `∇z` flips at the distance `|z| / ‖∇z‖*`, where `‖·‖*` is
/// the [dual](Norm::dual) of the norm that changes are measured in. The least over all switches is the
/// exact distance to the boundaries of the region, although deeper gradients hold in this region only: to leave
/// it, a change has to pass one of its boundaries. What counts as a boundary is a switch that flips, whether or not
/// the map behind it changes.
///
/// The gradients are never kept. The identity goes through the net a few rows at a time, and of each row
/// what the norms need is added up: as many transforms as inputs × layers.
///
/// `x` is one row of the inputs of `net`. Rounding leaves the distances a few units of the last place
/// of `z`, so a distance far below `1e-15` times the size of the input says no more than zero does.
///
/// ```
/// use ndarray::array;
/// use switchnet::{analysis::margin, layer::Switch};
/// // Two ReLUs at (3, −2): the second flips first, and both outputs are equal where x₀ = 0.
/// let margin = margin(&Switch::relu(2), array![3.0, -2.0].view())?;
/// let nearest = margin.nearest.l2.expect("it has switches");
/// assert_eq!((nearest.unit.unit, nearest.distance), (1, 2.0));
/// assert_eq!(margin.certificate.l2, Some(2.0));
/// # Ok::<(), switchnet::Error>(())
/// ```
///
/// # Errors
/// If the net is not piecewise linear, `x` has another length than the net takes or numbers that are
/// not finite, or a switch or an output is NaN there.
pub fn margin(net: &dyn Layer<f64>, x: ArrayView1<'_, f64>) -> Result<Margin> {
    let measured = measure("margin", net, x)?;
    let layers: Vec<_> = measured.layers.iter().enumerate().map(nearest_of_layer).collect();
    let nearest =
        ByNorm::new(|norm| least(layers.iter().filter_map(|l| *l.get(norm)), |w| w.distance));
    let on_boundary = measured.layers.iter().enumerate().flat_map(|(layer, (values, sizes))| {
        let zeros = values.iter().enumerate().filter(|(i, z)| **z == 0.0 && sizes.sum[*i] > 0.0);
        zeros.map(move |(unit, _)| Unit { layer, unit })
    });
    let on_boundary = on_boundary.collect();
    let decision = (measured.outputs.len() > 1).then(|| decision(&measured));
    let certificate = ByNorm::new(|norm| {
        let rival = decision.as_ref().and_then(|d| *d.nearest.get(norm)).map(|r| r.distance);
        let boundary = nearest.get(norm).map(|boundary| boundary.distance);
        least(rival.into_iter().chain(boundary), |&d| d)
    });
    Ok(Margin { nearest, layers, on_boundary, decision, certificate })
}

fn nearest_of_layer(
    (layer, (values, sizes)): (usize, &(Vec<f64>, Sizes)),
) -> ByNorm<Option<NearestBoundary>> {
    ByNorm::new(|norm| {
        let boundaries = values.iter().enumerate().filter_map(|(unit, &z)| {
            let distance = sizes.distance(norm, unit, z)?;
            Some(NearestBoundary { unit: Unit { layer, unit }, distance })
        });
        least(boundaries, |boundary| boundary.distance)
    })
}

fn decision(measured: &Measured) -> Decision {
    let Measured { outputs, class, leads, .. } = measured;
    let nearest = ByNorm::new(|norm| {
        let rivals = outputs.iter().enumerate().filter_map(|(j, y)| {
            let distance = leads.distance(norm, j, outputs[*class] - y)?;
            Some(Rival { class: j, distance })
        });
        least(rivals, |rival| rival.distance)
    });
    Decision { class: *class, nearest }
}

/// The [`margin`] of each row of `x`, on all threads.
///
/// # Errors
/// As [`margin`], for the first row that has one, or if `x` has no rows.
pub fn margins(net: &dyn Layer<f64>, x: ArrayView2<'_, f64>) -> Result<Vec<Margin>> {
    if x.nrows() == 0 {
        return Err(Error::new("margins: inputs", "at least 1 row", 0));
    }
    let row = |i: usize| margin(net, x.row(i)).map_err(|e| e.at(format_args!("row {i}")));
    map_chunks(x.nrows(), 1, |rows| row(rows.start)).into_iter().collect()
}

/// The distance from `x` to the boundary of every switch, a list for each layer that has some: what
/// histograms are made of.
///
/// In units of the input; none for a switch that does not depend on the input. Only the least of all is
/// the distance to where the switch really flips: behind a nearer boundary the gradients may be others, so
/// the rest are the distances to the boundaries as this region's map continues them.
///
/// # Errors
/// As [`margin`].
pub fn boundary_distances(
    net: &dyn Layer<f64>,
    x: ArrayView1<'_, f64>,
) -> Result<Vec<ByNorm<Vec<Option<f64>>>>> {
    let of_layer = |(values, sizes): &(Vec<f64>, Sizes)| {
        let all = |norm| values.iter().enumerate().map(move |(i, &z)| sizes.distance(norm, i, z));
        ByNorm::new(|norm| all(norm).collect())
    };
    Ok(measure("margin", net, x)?.layers.iter().map(of_layer).collect())
}
