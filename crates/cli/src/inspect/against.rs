//! `--against`: what another net makes of the same input, as the map of the difference of the two.

use super::Subject;
use crate::network::{Network, NetworkArguments, is_onnx};
use anyhow::{Result, bail};
use ndarray::{Array1, Axis};
use std::ops::ControlFlow;
use std::path::Path;
use switchnet::analysis::{Norm, Ray, RayProgress, effective_map, ray_watched};
use switchnet::layer::Layer;
use switchnet::net::{Graph, Net, difference, predict};
use switchnet_lab::numpy::Archive;
use switchnet_lab::report::Row;

/// The other net.
pub(super) struct Other {
    net: Net<f64>,
    name: String,
    both: Graph<f64>,
}

impl Other {
    /// That of a file, if it takes and gives what the subject does.
    pub(super) fn load(subject: &Subject, path: &Path, network: &NetworkArguments) -> Result<Self> {
        let network = if is_onnx(path) { network.clone() } else { NetworkArguments::default() };
        let other = Network::load(path, &network)?;
        if other.trained.preparation.standardize != subject.preparation.standardize {
            bail!(
                "--against: expected a net whose inputs are standardized in the same way, found another"
            );
        }
        let net = other.double()?;
        let both = match difference::<f64>(Box::new(subject.net.cast()), Box::new(net.cast())) {
            Ok(both) => both,
            Err(error) => bail!("--against: {error}"),
        };
        Ok(Self { net, name: crate::shown(path), both })
    }
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
    let first = [&subject.net, &other.net].map(|net| predict(net, from.insert_axis(Axis(0)))[0]);
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
