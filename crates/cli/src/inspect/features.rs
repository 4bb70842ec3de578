//! The effective weights by the names of the features they belong to.

use super::Subject;
use anyhow::Result;
use std::fmt::Write as _;
use switchnet::analysis::EffectiveMap;
use switchnet_lab::report::csv_cell;

/// How many of the largest are shown.
const LARGEST: usize = 8;
/// The widest column of names.
const WIDEST: usize = 32;

/// Keeps the weights as a table, and shows the largest of output `chosen` if asked to, if the features have names.
pub(super) fn run(
    subject: &Subject,
    map: &EffectiveMap<f64>,
    chosen: usize,
    shows: bool,
) -> Result<()> {
    if subject.test.schema().features.is_empty() {
        return Ok(());
    }
    subject.file("inspect.csv", table(subject, map));
    if shows { show(subject, map, chosen) } else { Ok(()) }
}

fn show(subject: &Subject, map: &EffectiveMap<f64>, chosen: usize) -> Result<()> {
    let schema = subject.test.schema();
    let weights = map.a.row(chosen);
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|&i, &j| weights[j].abs().total_cmp(&weights[i].abs()));
    order.truncate(LARGEST);
    let names: Vec<String> = order.iter().map(|&i| short(&schema.feature(i))).collect();
    let wide = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max(7);
    let standardize = subject.preparation.standardize.as_ref();
    let (unit, own) =
        standardize.map_or(("", ""), |_| (" (of standardized inputs)", "     raw input"));
    outln!("\nthe largest effective weights of {}{unit}", subject.called(chosen));
    outln!("{:<wide$}     weight      input    product{own}", "feature");
    for (&i, name) in order.iter().zip(&names) {
        let (weight, x) = (weights[i], map.x[i]);
        let raw = standardize.map_or(String::new(), |of| {
            format!("  {:>12}", rounded(x * of.scale()[i] + of.mean()[i]))
        });
        outln!("{name:<wide$} {weight:>10.4} {x:>10.4} {:>10.4}{raw}", weight * x);
    }
    Ok(())
}

/// A line for each feature, with the input and the weights of each output, and a last one for the constants, whose input
/// is 1: the products of a column with the inputs add up to the output. If inputs or targets are standardized, the same
/// again in the units of the file.
fn table(subject: &Subject, map: &EffectiveMap<f64>) -> String {
    let (schema, preparation) = (subject.test.schema(), &subject.preparation);
    let outputs = || 0..map.y.len();
    let standardized = preparation.standardize.is_some() || preparation.targets.is_some();
    let mut text = String::from("feature");
    for kind in if standardized { &["", "raw "][..] } else { &[""] } {
        let _ = write!(text, ",{kind}x"); // a string takes all
        for k in outputs() {
            let _ = write!(text, ",{}", csv_cell(&format!("{kind}w({})", schema.output(k))));
        }
    }
    text.push('\n');
    let row = |k: usize| map.a.row(k).to_vec();
    let raw: Vec<(Vec<f64>, f64)> = outputs()
        .filter(|_| standardized)
        .map(|k| preparation.in_own_units(row(k), map.c[k], k))
        .collect();
    let mut line =
        |name: &str, x: [f64; 2], weight: &dyn Fn(usize) -> f64, own: &dyn Fn(usize) -> f64| {
            let _ = write!(text, "{},{}", csv_cell(name), x[0]);
            outputs().for_each(|k| {
                let _ = write!(text, ",{}", weight(k));
            });
            if standardized {
                let _ = write!(text, ",{}", x[1]);
                outputs().for_each(|k| {
                    let _ = write!(text, ",{}", own(k));
                });
            }
            text.push('\n');
        };
    for (i, &x) in map.x.iter().enumerate() {
        let of = preparation.standardize.as_ref();
        let own = of.map_or(x, |of| x * of.scale()[i] + of.mean()[i]);
        line(&schema.feature(i), [x, own], &|k| map.a[[k, i]], &|k| raw[k].0[i]);
    }
    line("(constant)", [1.0; 2], &|k| map.c[k], &|k| raw[k].1);
    text
}

/// A name for a column of the terminal.
fn short(name: &str) -> String {
    match name.chars().count() > WIDEST {
        true => name.chars().take(WIDEST - 1).chain(['…']).collect(),
        false => name.to_owned(),
    }
}

/// A number with six digits that say something, as the data have in single precision.
fn rounded(number: f64) -> f64 {
    format!("{number:.5e}").parse().unwrap_or(number)
}
