//! `--ray`: the net along the line to another input.

use super::{LARGEST, Subject, whole};
use anyhow::Result;
use ndarray::{Array1, Array2, ArrayView1};
use std::ops::ControlFlow;
use switchnet::analysis::{RayProgress, Segment, integrated_gradients, jumps, ray_watched};
use switchnet::net::predict;
use switchnet_lab::numpy::Archive;
use switchnet_lab::report::{self, Row};

pub(super) fn run(subject: &Subject, name: &str, to: &Array1<f64>) -> Result<()> {
    let net = &subject.net;
    let found = subject.spin_telling("ray", |tell| {
        ray_watched(net, subject.input.x.view(), to.view(), &mut |progress: RayProgress| {
            tell(&format!("{:.0} % of the line", 100.0 * progress.filled));
            ControlFlow::Continue(())
        })
    })?;
    let found = found.expect("nobody asked for its end");
    let flips: usize = found.breakpoints.iter().map(|b| b.flips.len()).sum();
    outln!("\nray to {name}: {} breakpoints, {flips} flips", found.breakpoints.len());
    outln!(
        "{} activation regions, {} straight pieces; a region narrower than {:.1e} may be missing",
        found.regions,
        found.pieces,
        found.tolerance
    );
    let errors = found.breakpoints.iter().map(|b| b.continuity_error);
    outln!("largest difference of the two sides {:.1e}", errors.fold(0.0, f64::max));
    if !found.consistent {
        outln!("{}: the segments do not join, by up to {:.1e}", super::INCONSISTENT, found.error);
    }
    let jumps = if net.inputs().min(net.outputs()) > LARGEST {
        outln!(
            "ranks of the jumps of A: left out, for maps of more than {LARGEST} rows and columns"
        );
        Vec::new()
    } else {
        subject.spin("jumps", || jumps(net, &found))?
    };
    if let Some(most) = jumps.iter().map(|jump| jump.rank).max() {
        let certified = jumps.iter().filter(|jump| jump.rank <= jump.flips).count();
        outln!(
            "rank of the jump of A: at most {most}; at {certified} of {} breakpoints at most the flips",
            jumps.len()
        );
    }
    for crossing in &found.crossings {
        let [to, from] = [crossing.to, crossing.from].map(|k| subject.output(k));
        outln!("at t = {:.6} output {to} overtakes {from}", crossing.t);
    }
    let class = predict(net, to.view().insert_axis(ndarray::Axis(0)))[0];
    let gradients =
        subject.spin("integrated gradients", || integrated_gradients(net, &found, class))?;
    outln!(
        "integrated gradients of output {} add up to f(to) − f(from) within {:.1e}",
        subject.output(class),
        gradients.error
    );
    if !gradients.consistent {
        let (sum, difference) = (gradients.sum, gradients.difference);
        outln!("{}: they add up to {sum:.6}, not {difference:.6}", super::INCONSISTENT);
    }
    let answer = serde_json::json!({
        "ray": found,
        "jumps": jumps,
        "integrated_gradients": gradients,
    });
    subject.answer("inspect-ray.json", &answer)?;
    let outputs = found.segments[0].value.len();
    let rows = |f: fn(&Segment) -> &[f64]| {
        Array2::from_shape_fn((found.segments.len(), outputs), |(i, k)| f(&found.segments[i])[k])
    };
    let mut npz = Archive::default();
    npz.add("start", &found.segments.iter().map(|s| s.start).collect::<Array1<f64>>())?;
    npz.add("value", &rows(|s| &s.value))?;
    npz.add("slope", &rows(|s| &s.slope))?;
    npz.add("jump_rank", &whole(jumps.iter().map(|jump| jump.rank)))?;
    npz.add("flips", &whole(jumps.iter().map(|jump| jump.flips)))?;
    npz.add("integrated_gradients", &ArrayView1::from(&gradients.attributions))?;
    subject.arrays("inspect-ray.npz", npz)?;
    let called: Vec<String> = (0..outputs).map(|k| subject.called(k)).collect();
    subject.chart("inspect-ray.svg", &report::along(&found, &called));
    let name = format!("adds to {}", subject.output(class));
    let attributions = Row { name, mark: class, numbers: gradients.attributions };
    subject.picture("inspect-ray-attribution", ["integrated gradients"; 2], vec![attributions], 0)
}
