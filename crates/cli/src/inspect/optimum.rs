//! `--optimum`: the input of the same region that raises an output most, and the nearest one that another
//! class wins.

use super::{Subject, scaled};
use anyhow::Result;
use ndarray::{Array1, ArrayView1};
use std::ops::ControlFlow;
use switchnet::analysis::{
    Norm, Optimum, OptimumProgress, Status, Within, counterfactual_watched, region_optimum_watched,
};
use switchnet_lab::{numpy::Archive, report::Row};

pub(super) fn run(subject: &Subject, output: usize) -> Result<()> {
    let (net, x) = (&subject.net, subject.input.x.view());
    // Inputs like the data: between the least and the largest number of the test set.
    let all = subject.test.inputs();
    let ends = all.iter().map(|&v| f64::from(v)).chain(x.iter().copied());
    let (low, high) = ends.fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)));
    let within = Within::Box {
        low: Array1::from_elem(x.len(), low),
        high: Array1::from_elem(x.len(), high),
    };
    let best = subject.spin_telling("optimum", |tell| {
        region_optimum_watched(net, x, output, None, &within, &mut |progress| told(tell, progress))
    })?;
    let name = subject.output(output);
    outln!("\noutput {name} at its largest in this region, numbers from {low:.3} to {high:.3}:");
    show(&best)?;
    // A single output has no rival.
    let several = net.outputs() > 1;
    let nearest = || {
        subject.spin_telling("nearest", |tell| {
            let watch = &mut |progress| told(tell, progress);
            counterfactual_watched(net, x, None, Norm::L2, None, watch)
        })
    };
    let change = several.then(nearest).transpose()?;
    if let Some(change) = &change {
        let from = subject.output(change.from);
        outln!("the smallest change (l2) in this region that makes another class than {from} win:");
        if change.optimum.point.is_some() {
            outln!("  {} draws level", subject.called(change.to));
        }
        show(&change.optimum)?;
    }
    let nearest = change.as_ref().and_then(|change| change.optimum.point.as_ref());
    let to =
        change.as_ref().map_or(String::new(), |change| format!("to {}", subject.output(change.to)));
    let highest = best.point.as_ref();
    let points = [("highest", format!("raises {name}"), highest), ("nearest", to, nearest)];
    let points = points.into_iter().filter_map(|(name, said, point)| Some((name, said, point?)));
    let mut npz = Archive::default();
    npz.add("x", &x)?;
    let mut differences = Vec::new();
    for (name, said, point) in points {
        let numbers = scaled(point.input.iter().zip(x).map(|(p, x)| p - x).collect());
        differences.push(Row { name: said, mark: differences.len(), numbers });
        npz.add(name, &ArrayView1::from(&point.input))?;
        npz.add(&format!("{name}_outputs"), &ArrayView1::from(&point.outputs))?;
    }
    subject.arrays("inspect-optimum.npz", npz)?;
    if !differences.is_empty() {
        subject.picture(
            "inspect-optimum",
            ["changes of it", "each scaled to 1"],
            differences,
            0,
        )?;
    }
    let both = serde_json::json!({ "highest": best, "nearest": change });
    subject.answer("inspect-optimum.json", &both)
}

/// Says how far a search is, round by round.
fn told(tell: &dyn Fn(&str), progress: OptimumProgress) -> ControlFlow<()> {
    let OptimumProgress { rounds, boundaries, overstepped, .. } = progress;
    tell(&format!("round {rounds}, {boundaries} boundaries, overstepped by {overstepped:.1e}"));
    ControlFlow::Continue(())
}

fn show(found: &Optimum) -> Result<()> {
    let status = match found.status {
        Status::Optimal => "optimal",
        Status::Infeasible => "no input of the region will do",
        Status::NotSolved => "not solved: what was reached",
    };
    out!(
        "  {status}; {} of {} boundaries written out",
        found.boundaries,
        found.boundaries_of_region
    );
    outln!(" in {} rounds", found.rounds);
    if let Some(point) = &found.point {
        let bound = found.bound.map_or("–".to_owned(), |bound| format!("{bound:.6}"));
        outln!(
            "  {:.6}, bound {bound}; {} switches on their boundary; map and net differ by {:.1e}",
            point.objective,
            point.active.len(),
            point.disagreement
        );
    }
    Ok(())
}
