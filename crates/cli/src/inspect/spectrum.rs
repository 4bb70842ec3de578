//! `--spectrum`: the singular values of the effective map, and what of the input the net ignores.

use super::{Subject, scaled};
use anyhow::Result;
use switchnet::analysis::{Method, Norm, norm_bound, spectrum};
use switchnet_lab::experiment::Form;
use switchnet_lab::numpy::Archive;
use switchnet_lab::report::{self, Row};

/// A map with more rows and columns than this is not written out: its largest values are found through it.
const WRITTEN_OUT: usize = 512;
/// How many of them.
const LEADING: usize = 32;

pub(super) fn run(subject: &Subject) -> Result<()> {
    let net = &subject.net;
    let small = net.inputs().min(net.outputs()) <= WRITTEN_OUT;
    let method = if small { Method::Full } else { Method::leading(LEADING) };
    let found = subject.spin("spectrum", || spectrum(net, subject.input.x.view(), method))?;
    outln!("\nspectrum: {}", if found.complete { "all singular values" } else { "the largest" });
    for (i, (value, residual)) in found.values.iter().zip(&found.residuals).enumerate().take(16) {
        outln!("{:>6} σ = {value:<12.6} ‖A v − σ u‖ = {:.1e}", i + 1, residual.push);
    }
    if found.values.len() > 16 {
        outln!("       … {} more", found.values.len() - 16);
    }
    let least = if found.complete { "" } else { "at least " };
    outln!(
        "rank {least}{} above {:.1e}, ‖A‖_F² = {:.4}, stable rank {:.3}",
        found.rank,
        found.rank_tolerance,
        found.energy,
        found.stable_rank
    );
    let bound = norm_bound(net.graph(), subject.input.x.view())?;
    outln!("the layers alone say: σ₁ at most {:.4}, rank at most {}", bound.norm, bound.rank);
    if let Ok(ignored) = found.ignored(subject.input.x.view()) {
        let [ignored_size, size] = [&ignored, &subject.input.x].map(|x| Norm::L2.of(x));
        let part = (ignored_size / size.max(f64::MIN_POSITIVE)).powi(2);
        let (n, silent) = (subject.input.x.len(), subject.input.x.len() - found.rank);
        outln!(
            "{:.2} % of ‖x‖² lies where the map ignores it: {silent} of {n} dimensions",
            100.0 * part
        );
        let seen = &subject.input.x - &ignored;
        let parts = [("heard".to_owned(), seen.to_vec()), ("ignored".to_owned(), ignored.to_vec())];
        let vectors = found.right.rows().into_iter().enumerate();
        let vectors = vectors.map(|(i, v)| (format!("direction {}", i + 1), v.to_vec()));
        // Bars and lines, of which fewer can be told apart, each have a scale of their own.
        let image = subject.form == Form::Image;
        let rows = parts.into_iter().chain(vectors.take(if image { 10 } else { 5 })).enumerate();
        let numbers = |row| if image { row } else { scaled(row) };
        let row = |(mark, (name, row))| Row { name, mark, numbers: numbers(row) };
        let what = ["its parts and the directions that the map hears", "each scaled to 1"];
        subject.picture("inspect-spectrum-vectors", what, rows.map(row).collect(), 0)?;
    }
    let both = serde_json::json!({ "spectrum": found, "bound": bound });
    subject.answer("inspect-spectrum.json", &both)?;
    let mut npz = Archive::default();
    npz.add("left", &found.left)?;
    npz.add("right", &found.right)?;
    subject.arrays("inspect-spectrum.npz", npz)?;
    let plot = report::spectra(&[("this input".to_owned(), found.values)], Some(bound.norm));
    subject.chart("inspect-spectrum.svg", &plot);
    Ok(())
}
