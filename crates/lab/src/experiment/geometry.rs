//! What the effective maps of a trained net are like, in numbers that nets can be compared by.

use super::halt::Halt;
use super::results::mean;
use ndarray::{Array2, s};
use serde::Serialize;
use std::ops::ControlFlow;
use switchnet::Result;
use switchnet::analysis::{
    Distribution, Limit, Margin, Method, Plane, Row, SliceBudget, Thresholds, Window, adversarial,
    margins, neuron_report, ray, row_similarity, slice, spectrum, switch_report,
};
use switchnet::data::Dataset;
use switchnet::layer::Layer;

/// The maps of one net over the test set. What takes long is measured on the first so many inputs only.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Geometry {
    /// How many test inputs, the first ones, angle, norm, switches and Hamming distances are of.
    pub inputs: usize,
    /// How many, the first ones, margins, adversarial changes, spectra, rays and polygons are of.
    pub first: usize,
    /// The angle between an input and the effective weights of the class it is given, in degrees: median.
    pub angle: f64,
    /// The norm of these weights, the noise gain: median.
    pub norm: f64,
    /// [`Neuron::signal_to_noise`](switchnet::analysis::Neuron::signal_to_noise) of that neuron: median.
    pub signal_to_noise: f64,
    /// The distance (l2) to the nearest boundary of the region: median; none for a net without switches.
    pub margin: Option<f64>,
    /// The distance (l2) at which the map of the region gives another class: median; none if nothing does.
    /// Beyond the nearest boundary the net may decide otherwise.
    pub rival: Option<f64>,
    /// The distance (l2) within which no input is of another class, by the map and the boundaries of the region:
    /// median.
    pub certificate: Option<f64>,
    /// The distance (l2) of an input of another class, as [`adversarial`] finds it: median over those where it finds
    /// one.
    pub adversarial: Option<f64>,
    /// The regions that the line from a test input to the next one passes: mean; none without
    /// [`walks`](GeometryBudget::walks).
    pub regions: Option<f64>,
    /// The polygons, each with its own map, on the plane through three test inputs of different classes, from one
    /// of them halfway to each of the others (a quarter of the parallelogram they span): median over [`PLANES`]
    /// planes, of each no more than [`POLYGONS`]. None if there are no three classes, or without
    /// [`walks`](GeometryBudget::walks).
    pub polygons: Option<f64>,
    /// Whether all polygons of these planes were found. If not, there are at least so many.
    pub complete: bool,
    /// `‖A‖_F²/σ₁²`: mean.
    pub stable_rank: f64,
    /// The largest singular value: mean.
    pub largest: f64,
    /// The entropy of a switch over the inputs, in bits: mean over the switches.
    pub entropy: f64,
    /// How many different patterns the inputs select.
    pub patterns: usize,
    /// The part of the switches in which two inputs of one class differ: mean.
    pub within: Option<f64>,
    /// The same of two inputs of different classes.
    pub between: Option<f64>,
    /// The cosine of the effective rows of the classes predicted, of two inputs of one class: mean.
    pub cosine_within: Option<f64>,
    /// The same of two inputs of different classes.
    pub cosine_between: Option<f64>,
}

/// On how many test inputs what is measured for a [`Geometry`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GeometryBudget {
    /// The first so many for angles, norms, switches and Hamming distances.
    pub inputs: usize,
    /// The first so many for what takes long: margins, adversarial changes, spectra.
    pub first: usize,
    /// Whether these are also walked between, along rays and on planes, which takes long in nets of many switches.
    pub walks: bool,
}

/// How many planes are sliced for a [`Geometry`].
pub const PLANES: usize = 3;

/// Cosines are of pairs among so many inputs, the first ones, at most.
pub const PAIRED: usize = 500;

/// At which number of polygons the slice of a plane stops.
pub const POLYGONS: usize = 100_000;

/// How many maps the search for an input of another class may take.
pub const STEPS: usize = 50;

impl Geometry {
    /// The geometry summary of `net` over `test`; none if `go_on`, which is asked before each part of the work, answers
    /// `Break`.
    ///
    /// # Errors
    /// If the net is not piecewise linear, or an output is not finite.
    pub fn of(
        net: &dyn Layer<f64>,
        test: &Dataset<f32>,
        budget: GeometryBudget,
        go_on: &dyn Fn() -> ControlFlow<()>,
    ) -> Result<Option<Self>> {
        Halt::or_none(Self::measured(net, test, budget, go_on))
    }

    pub(super) fn measured(
        net: &dyn Layer<f64>,
        test: &Dataset<f32>,
        budget: GeometryBudget,
        go_on: &dyn Fn() -> ControlFlow<()>,
    ) -> Result<Self, Halt> {
        let ask = || Halt::on(go_on());
        let count = budget.inputs.clamp(1, test.len());
        let inputs = test.inputs().slice(s![..count, ..]).mapv(f64::from);
        let labels = test.labels().map(|labels| &labels[..count]);
        let some = inputs.slice(s![..budget.first.min(count), ..]).to_owned();
        let neurons = neuron_report(net, inputs.view(), None, Thresholds::default())?.all;
        ask()?;
        let margins = margins(net, some.view())?;
        let boundaries =
            margins.iter().filter_map(|m| m.nearest.l2.as_ref().map(|boundary| boundary.distance));
        let change = |x| {
            ask()?;
            Ok(adversarial(net, x, STEPS)?.map(|found| found.distance))
        };
        let changes = some.rows().into_iter().map(change).collect::<Result<Vec<_>, Halt>>()?;
        let spectrum = |x| {
            ask()?;
            Ok(spectrum(net, x, Method::Full)?)
        };
        let spectra = some.rows().into_iter().map(spectrum);
        let spectra: Vec<_> = spectra.collect::<Result<_, Halt>>()?;
        let switches = switch_report(net, inputs.view(), labels)?;
        ask()?;
        let pairs = inputs.nrows().min(PAIRED);
        let of_pairs = labels.map(|labels| &labels[..pairs]);
        let rows = row_similarity(net, inputs.slice(s![..pairs, ..]), of_pairs, Row::Predicted)?;
        let (regions, planes) = match budget.walks {
            true => {
                let regions = regions(net, &some, go_on)?;
                (Some(regions), slices(net, &some, labels.unwrap_or_default(), go_on)?)
            }
            false => (None, Vec::new()),
        };
        let entropies = switches.layers.iter().flat_map(|layer| &layer.entropy).copied();
        let largest = spectra.iter().map(|s| s.values.first().copied().unwrap_or(0.0));
        let part =
            |distance: Option<f64>| Some(distance? / switches.hamming.switches.max(1) as f64);
        Ok(Self {
            inputs: inputs.nrows(),
            first: some.nrows(),
            angle: neurons.angle.quartiles[1],
            norm: neurons.norm.quartiles[1],
            signal_to_noise: neurons.signal_to_noise.quartiles[1],
            margin: median(boundaries),
            rival: median(margins.iter().filter_map(rival)),
            certificate: median(margins.iter().filter_map(|m| m.certificate.l2)),
            adversarial: median(changes.into_iter().flatten()),
            regions,
            polygons: median(planes.iter().map(|(polygons, _)| *polygons as f64)),
            complete: planes.iter().all(|(_, complete)| *complete),
            stable_rank: mean(spectra.iter().map(|s| s.stable_rank)).unwrap_or(0.0),
            largest: mean(largest).unwrap_or(0.0),
            entropy: mean(entropies).unwrap_or(0.0),
            patterns: switches.patterns.len(),
            within: part(switches.hamming.within),
            between: part(switches.hamming.between),
            cosine_within: rows.within,
            cosine_between: rows.between,
        })
    }
}

fn rival(margin: &Margin) -> Option<f64> {
    Some(margin.decision.as_ref()?.nearest.l2.as_ref()?.distance)
}

/// The regions on the line from each input to the next, the last to the first: mean.
fn regions(
    net: &dyn Layer<f64>,
    inputs: &Array2<f64>,
    go_on: &dyn Fn() -> ControlFlow<()>,
) -> Result<f64, Halt> {
    let count = inputs.nrows();
    let regions = |i: usize| {
        Halt::on(go_on())?;
        Ok(ray(net, inputs.row(i), inputs.row((i + 1) % count))?.regions as f64)
    };
    let regions: Vec<f64> = (0..count).map(regions).collect::<Result<_, Halt>>()?;
    Ok(mean(regions.into_iter()).unwrap_or(0.0))
}

/// The number of polygons on each of [`PLANES`] planes, and whether these are all. A plane goes through an input
/// and the first two after it, in a circle, that differ from it and from each other in class.
fn slices(
    net: &dyn Layer<f64>,
    inputs: &Array2<f64>,
    labels: &[usize],
    go_on: &dyn Fn() -> ControlFlow<()>,
) -> Result<Vec<(usize, bool)>, Halt> {
    let count = inputs.nrows().min(labels.len());
    let mut found = Vec::new();
    for plane in 0..PLANES.min(count) {
        let first = plane * count / PLANES.min(count);
        let mut chosen = vec![first];
        for i in (first + 1..first + count).map(|i| i % count) {
            if chosen.len() < 3 && chosen.iter().all(|&other| labels[other] != labels[i]) {
                chosen.push(i);
            }
        }
        let &[a, b, c] = &chosen[..] else { return Ok(Vec::new()) };
        let plane = Plane::through(inputs.row(a), inputs.row(b), inputs.row(c));
        let window = Window { u: [0.0, 0.5], v: [0.0, 0.5] };
        // Without a clock, so that the same net has the same geometry everywhere.
        let seconds = f64::INFINITY;
        let budget = SliceBudget { polygons: POLYGONS, seconds, ..SliceBudget::default() };
        let slice = slice(net, &plane, window, budget, &mut |_| go_on())?;
        if slice.stopped_by == Some(Limit::Interrupted) {
            return Err(Halt::Stopped);
        }
        found.push((slice.polygons.len().min(POLYGONS), slice.complete));
    }
    Ok(found)
}

fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    Some(Distribution::of(values.collect())?.quartiles[1])
}
