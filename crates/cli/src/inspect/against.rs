//! `--against`: what another net makes of the same input, as the map of the difference of the two.

use super::Subject;
use crate::network::{Network, NetworkArguments, is_onnx};
use anyhow::{Context, Result, bail};
use ndarray::{Array1, Array2, Axis};
use std::ops::ControlFlow;
use std::path::Path;
use switchnet::analysis::{Norm, Ray, RayProgress, effective_map, ray_watched};
use switchnet::data::{Dataset, Preparation, Schema, Standardize, Targets};
use switchnet::layer::{Dense, Layer};
use switchnet::net::{Graph, Net, difference, predict};
use switchnet_lab::numpy::Archive;
use switchnet_lab::report::Row;

/// The other net. Its outputs are in the order and the units of the subject's.
pub(super) struct Other {
    net: Graph<f64>,
    name: String,
    both: Graph<f64>,
}

impl Other {
    /// That of a file, if it takes and gives what the subject does.
    pub(super) fn load(subject: &Subject, path: &Path, network: &NetworkArguments) -> Result<Self> {
        let network = if is_onnx(path) { network.clone() } else { NetworkArguments::default() };
        let other = Network::load(path, &network)?;
        let net = other.double()?;
        let sizes = |net: &Net<f64>| [net.inputs(), net.outputs()];
        let [expected, found] = [&subject.net, &net].map(sizes);
        if expected != found {
            let say =
                |[inputs, outputs]: [usize; 2]| format!("{inputs} inputs and {outputs} outputs");
            bail!("--against: expected a net of {}, found {}", say(expected), say(found));
        }
        let (own, its) = (&subject.preparation, &other.trained.preparation);
        let arranged = arranged(own, its, found).context("--against")?;
        if own.standardize != its.standardize {
            bail!(
                "--against: expected a net whose inputs are standardized in the same way, found another"
            );
        }
        let chain = || {
            let layers = std::iter::once(Box::new(net.cast()) as Box<dyn Layer<f64>>);
            let arranged = arranged.clone().map(|layer| Box::new(layer) as Box<dyn Layer<f64>>);
            Graph::chain(layers.chain(arranged).collect())
        };
        let both = difference::<f64>(Box::new(subject.net.cast()), Box::new(chain()?))?;
        Ok(Self { net: chain()?, name: crate::shown(path), both })
    }
}

/// What makes outputs as one preparation has them of those of another: classes are found by their names, and values are
/// standardized as its own. None if they are so already.
fn arranged(
    own: &Preparation,
    its: &Preparation,
    [inputs, outputs]: [usize; 2],
) -> Result<Option<Dense<f64>>> {
    let mut places: Vec<usize> = (0..outputs).collect();
    if let (Some(own), Some(its)) = (&own.schema, &its.schema) {
        let kind = |schema: &Schema| match schema.classes.is_empty() {
            true => format!("values of {:?}", schema.target),
            false => "classes".to_owned(),
        };
        let [expected, found] = [own, its].map(kind);
        if expected != found {
            bail!("expected a net of {expected}, found one of {found}");
        }
        // As data of one are for a net of the other: a row of each class, or any of values.
        let targets = match its.classes.len() {
            0 => Targets::Values(Array2::zeros((1, outputs))),
            classes => Targets::Classes { labels: (0..classes).collect(), classes },
        };
        let rows = Array2::<f64>::zeros((its.classes.len().max(1), inputs));
        let set = Dataset::new("the net", vec![inputs], rows, targets)?.described(its.clone())?;
        let set = set.arranged_as(own)?;
        set.labels().map(|labels| places.copy_from_slice(labels)).unwrap_or_default();
    }
    let units = |targets: &Option<Standardize>, k: usize| {
        targets.as_ref().map_or((0.0, 1.0), |targets| (targets.mean()[k], targets.scale()[k]))
    };
    let (none, mut weight) = (Array1::<f64>::zeros(outputs), Array2::zeros((outputs, outputs)));
    let mut bias = none.clone();
    for (k, &place) in places.iter().enumerate() {
        let ((mean, scale), (its_mean, its_scale)) =
            (units(&own.targets, place), units(&its.targets, k));
        weight[[place, k]] = its_scale / scale;
        bias[place] = (its_mean - mean) / scale;
    }
    let same = bias == none && weight == Array2::<f64>::eye(outputs);
    Ok((!same).then(|| Dense::new(weight, Some(bias))))
}

/// A part of a line on which the two decide differently.
#[derive(serde::Serialize)]
struct Stretch {
    start: f64,
    end: f64,
    outputs: [usize; 2],
}

pub(super) fn run(subject: &Subject, other: &Other, to: Option<&Array1<f64>>) -> Result<()> {
    let Other { net, name, both } = other;
    let x = subject.input.x.view();
    let [own, its, map] = subject.spin("the maps", || {
        [&subject.net as &dyn Layer<f64>, net, both].map(|net| effective_map(net, x))
    });
    for map in [&own, &its, &map] {
        map.residual.checked()?;
    }
    outln!("\nless {name}");
    let wide = subject.wide(6);
    outln!(
        "{:>wide$}  {:>12}  {:>12}  {:>12}  {:>12}",
        "output",
        "y",
        "its y",
        "difference",
        "‖a − its a‖"
    );
    for k in 0..map.y.len() {
        let (y, other, less) = (own.y[k], its.y[k], map.y[k]);
        let (output, norm) = (subject.output(k), Norm::L2.of(map.a.row(k)));
        outln!("{output:>wide$}  {y:>12.6}  {other:>12.6}  {less:>12.6}  {norm:>12.6}");
    }
    let size = |a: &ndarray::Array2<f64>| a.iter().fold(0.0, |sum: f64, v| sum.hypot(*v));
    let norms = [&own.a, &its.a, &map.a].map(size);
    outln!("‖A‖ {:.6}, its {:.6}, of the difference {:.6}", norms[0], norms[1], norms[2]);
    let line = to.map(|to| along(subject, other, to)).transpose()?;
    let answer = serde_json::json!({
        "against": name,
        "map": map,
        "norms": norms,
        "line": line,
    });
    subject.answer("inspect-against.json", &answer)?;
    let mut npz = Archive::default();
    npz.add("A", &map.a)?;
    npz.add("c", &map.c)?;
    npz.add("x", &map.x)?;
    npz.add("y", &map.y)?;
    subject.arrays("inspect-against.npz", npz)?;
    let row = |k: usize| Row {
        name: subject.output(k).into_owned(),
        mark: k,
        numbers: map.a.row(k).to_vec(),
    };
    let class = predict(&subject.net, x.insert_axis(Axis(0)))[0];
    let rows = (0..map.y.len()).map(row).collect();
    subject.picture(
        "inspect-against",
        ["rows of the difference of the maps", "difference"],
        rows,
        class,
    )
}

/// The two on a line: how far apart they are at most, and where they decide differently.
fn along(subject: &Subject, other: &Other, to: &Array1<f64>) -> Result<serde_json::Value> {
    let (from, to) = (subject.input.x.view(), to.view());
    let mut rays = Vec::new();
    for net in [&subject.net as &dyn Layer<f64>, &other.net, &other.both] {
        let found = subject.spin_telling("ray", |tell| {
            ray_watched(net, from, to, &mut |progress: RayProgress| {
                tell(&format!("{:.0} % of the line", 100.0 * progress.filled));
                ControlFlow::Continue(())
            })
        })?;
        rays.push(found.expect("nobody asked for its end"));
    }
    // A straight line is largest at one of its ends.
    let ends = rays[2].segments.iter().flat_map(|segment| {
        let length = segment.end - segment.start;
        let last = move |(v, slope): (&f64, &f64)| v.abs().max((v + length * slope).abs());
        segment.value.iter().zip(&segment.slope).map(last)
    });
    let largest = ends.fold(0.0, f64::max);
    let first = [&subject.net as &dyn Layer<f64>, &other.net];
    let first = first.map(|net| predict(net, from.insert_axis(Axis(0)))[0]);
    let differ = stretches(first, [&rays[0], &rays[1]]);
    let part: f64 = differ.iter().map(|stretch| stretch.end - stretch.start).sum();
    outln!(
        "along the ray: outputs differ by {largest:.6} at most; the decisions differ on {} stretches, {:.1} % of it",
        differ.len(),
        100.0 * part
    );
    Ok(serde_json::json!({ "regions": rays[2].regions, "largest": largest, "differ": differ }))
}

/// Where the largest outputs of two rays are not the same ones.
fn stretches(mut now: [usize; 2], rays: [&Ray; 2]) -> Vec<Stretch> {
    let changes = |net: usize| rays[net].crossings.iter().map(move |c| (c.t, net, c.to));
    let mut changes: Vec<_> = changes(0).chain(changes(1)).collect();
    changes.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut all: Vec<Stretch> = Vec::new();
    let mut start = 0.0;
    for (t, net, to) in changes.into_iter().chain([(1.0, 0, 0)]) {
        if now[0] != now[1] && t > start {
            all.push(Stretch { start, end: t, outputs: now });
        }
        (start, now[net]) = (t, to);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::arranged;
    use ndarray::{Array2, array};
    use switchnet::data::{Preparation, Schema, Scope, Standardize};
    use switchnet::layer::Layer;

    #[test]
    fn classes_are_found_by_their_names() {
        let of = |classes: [&str; 3]| {
            let schema = Some(Schema::of_classes(classes.map(str::to_owned)));
            Preparation { schema, ..Preparation::default() }
        };
        let own = of(["ash", "elm", "oak"]);
        let layer = arranged(&own, &of(["oak", "ash", "elm"]), [2, 3]).unwrap().unwrap();
        assert_eq!(layer.forward(array![[1.0, 2.0, 3.0]]), array![[2.0, 3.0, 1.0]]);
        assert!(arranged(&own, &own, [2, 3]).unwrap().is_none());
        // Nobody kept the names of one.
        assert!(arranged(&own, &Preparation::default(), [2, 3]).unwrap().is_none());
        let error = arranged(&own, &of(["ash", "elm", "fir"]), [2, 3]).unwrap_err().to_string();
        assert!(error.contains("expected among ash, elm, oak, found ash, elm, fir"), "{error}");
    }

    #[test]
    fn values_are_in_the_units_of_the_other() {
        let of = |values: Array2<f64>| {
            let targets = Some(Standardize::fit(&values, Scope::Feature).unwrap());
            Preparation { targets, ..Preparation::default() }
        };
        // Means 2 and 25, deviations 1 and 5: 25 + 5 · 3 is 40, which is (40 − 2) / 1.
        let (own, its) = (of(array![[1.0], [3.0]]), of(array![[20.0], [30.0]]));
        let raw = Preparation::default();
        for (own, y) in [(&own, 38.0), (&raw, 40.0)] {
            let layer = arranged(own, &its, [2, 1]).unwrap().unwrap();
            assert_eq!(layer.forward(array![[3.0]]), array![[y]]);
        }
        assert!(arranged(&its, &its, [2, 1]).unwrap().is_none());
    }
}
