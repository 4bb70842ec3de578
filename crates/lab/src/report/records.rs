//! Tables and curves of experiments that were kept.

use super::escape::markdown;
use super::number::{NONE, count, counted, fixed, percent, seconds, short};
use super::plot::{Curve, Panel, Scale, panels};
use super::record::{NetRecord, Record};
use crate::experiment::{MeanStd, mean};

/// A table for each record, and above each where it comes from. Families of nets are kept together by the experiment:
/// rows are in its order.
pub fn records_markdown(records: &[Record]) -> String {
    records.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn one(record: &Record) -> String {
    let Record { data, training, seeds, .. } = record;
    let mut out = format!("## {}\n\n", markdown(&record.name));
    let chosen = || record.nets.iter().filter(|net| net.learning_rates.len() > 1);
    let tried: usize = chosen().map(|net| net.learning_rates.len()).sum();
    let first = match record.choosing_seeds {
        1 => "the first seed".to_owned(),
        some => format!("the first {some} seeds"),
    };
    let fewer = record.nets.iter().any(|net| net.test_accuracy.len() < seeds.len());
    out += &format!(
        "{}: {} rows to train on, {:.0} % of them held out; {} test rows. {} epochs, batches of {}. {}{}; {} \
         trainings chose {} learning rates, by the held-out rows and {first}. {}, {}, {}, version {}, {}.\n\n",
        markdown(&data.name),
        count(data.train),
        100.0 * training.validation,
        count(data.test),
        training.epochs,
        training.batch,
        counted(seeds.len(), "seed", "seeds"),
        if fewer { ", fewer for some nets" } else { "" },
        tried * record.choosing_seeds,
        chosen().count(),
        markdown(&record.processor),
        markdown(&record.instruction_set),
        counted(record.threads, "thread", "threads"),
        markdown(&record.version),
        markdown(&record.date),
    );
    out += "| net | parameters | multiply-adds | training (s) | µs a row | seeds | accuracy (test, %) | on its \
            training rows (%) | lead (points, 95 % interval) | over | learning rate |\n";
    out += &format!("|:--|{}:--|--:|\n", "--:|".repeat(8));
    for net in &record.nets {
        let over = |values: &[f64]| MeanStd::of(values);
        let lead = match record.lead(net) {
            None => NONE.to_owned(),
            Some((mean, None)) => signed(mean),
            Some((mean, Some(half))) => {
                format!("{} ({} to {})", signed(mean), signed(mean - half), signed(mean + half))
            }
        };
        out += &format!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {lead} | {} | {} of {} |\n",
            markdown(&net.name),
            count(net.parameters),
            count(net.multiply_adds),
            seconds(over(&net.seconds).mean),
            short(net.microseconds),
            net.test_accuracy.len(),
            percent(over(&net.test_accuracy), net.test_accuracy.len()),
            mean(net.train_accuracy.iter().flatten().copied())
                .map_or(NONE.to_owned(), |accuracy| fixed(100.0 * accuracy, 2)),
            net.against.as_deref().map_or(NONE.to_owned(), markdown),
            net.learning_rate,
            net.learning_rates.len(),
        );
    }
    out + &glance(record) + &spoiled(record)
}

/// The family and the size that the name of a net says: the parts before and after the first comma.
fn family_and_size(net: &NetRecord) -> Option<(&str, &str)> {
    let (family, size) = net.name.split_once(',')?;
    Some((family, size.trim_start()))
}

/// Accuracies with a row for each size and a column for each family, where several families have several sizes in
/// common; nothing otherwise.
fn glance(record: &Record) -> String {
    let named: Vec<(&str, &str, &NetRecord)> = record
        .nets
        .iter()
        .filter_map(|net| family_and_size(net).map(|(family, size)| (family, size, net)))
        .collect();
    let alike = |size: &str| named.iter().filter(|other| other.1 == size).count();
    let common: Vec<_> = named.iter().filter(|net| alike(net.1) > 1).collect();
    let sizes_of = |family: &str| common.iter().filter(|other| other.0 == family).count();
    let shown: Vec<_> = common.iter().filter(|net| sizes_of(net.0) > 1).collect();
    let sizes = in_order(shown.iter().map(|net| net.1));
    let families = in_order(shown.iter().map(|net| net.0));
    if sizes.len() < 2 || families.len() < 2 {
        return String::new();
    }
    let mut out = "\nTest accuracy in percent, mean ± sample deviation over the seeds:\n\n| size |"
        .to_owned();
    families.iter().for_each(|family| out += &format!(" {} |", markdown(family)));
    out += &format!("\n|:--|{}\n", "--:|".repeat(families.len()));
    for size in sizes {
        out += &format!("| {} |", markdown(size));
        for family in &families {
            let net = shown.iter().find(|net| net.0 == *family && net.1 == size);
            let accuracy = net.map(|(_, _, net)| {
                percent(MeanStd::of(&net.test_accuracy), net.test_accuracy.len())
            });
            out += &format!(" {} |", accuracy.as_deref().unwrap_or(NONE));
        }
        out.push('\n');
    }
    out
}

/// Each once, in the order in which they come.
fn in_order<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut all = Vec::new();
    for name in names {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all
}

/// A table of what corruptions leave of the accuracy; nothing if none were measured.
fn spoiled(record: &Record) -> String {
    let Some(first) = record.nets.iter().find(|net| !net.spoiled.is_empty()) else {
        return String::new();
    };
    let mut out = "\nTest accuracy in percent on spoiled images, mean over the seeds (± sample deviation for the mean \
                   of all kinds):\n\n| net | clean |"
        .to_owned();
    first.spoiled.iter().for_each(|s| out += &format!(" {} |", s.corruption.name()));
    out += &format!(" mean |\n|:--|{}\n", "--:|".repeat(first.spoiled.len() + 2));
    for net in record.nets.iter().filter(|net| net.spoiled.len() == first.spoiled.len()) {
        out += &format!(
            "| {} | {} |",
            markdown(&net.name),
            fixed(100.0 * MeanStd::of(&net.test_accuracy).mean, 1)
        );
        for spoiled in &net.spoiled {
            out += &format!(" {} |", fixed(100.0 * MeanStd::of(&spoiled.accuracy).mean, 1));
        }
        let seeds = net.test_accuracy.len();
        let of_seed = |seed: usize| {
            net.spoiled.iter().map(|s| s.accuracy[seed]).sum::<f64>() / net.spoiled.len() as f64
        };
        let means: Vec<f64> = (0..seeds).map(of_seed).collect();
        out += &format!(" {} |\n", percent(MeanStd::of(&means), seeds));
    }
    out
}

/// Points with their sign.
fn signed(share: f64) -> String {
    let text = fixed(100.0 * share, 2);
    let positive = text.chars().any(|c| matches!(c, '1'..='9')) && share > 0.0;
    if positive { format!("+{text}") } else { text }
}

/// The name of an axis, and what a net costs on it.
type Cost = (&'static str, fn(&NetRecord) -> f64);

/// What a net costs.
const COSTS: [Cost; 4] = [
    ("parameters", |net| net.parameters as f64),
    ("multiply-adds for one sample", |net| net.multiply_adds as f64),
    ("training (s)", |net| MeanStd::of(&net.seconds).mean),
    ("forward (µs a row)", |net| net.microseconds),
];

/// Test accuracy against parameters, multiply-adds, seconds of training and microseconds a row, as the text of an
/// SVG file: a row of panels for each record, a line for each family. A family is the part of the names of its nets
/// before the first comma. Bars are sample deviations over the seeds.
pub fn records_curves(records: &[Record]) -> String {
    let panel = |record: &Record, (name, cost): Cost| {
        let mut families: Vec<(&str, Vec<&NetRecord>)> = Vec::new();
        for net in &record.nets {
            let family = family_and_size(net).map_or(&net.name[..], |(family, _)| family);
            match families.iter_mut().find(|(name, _)| *name == family) {
                Some((_, nets)) => nets.push(net),
                None => families.push((family, vec![net])),
            }
        }
        let curves = families.into_iter().map(|(family, mut nets)| {
            nets.sort_by(|a, b| cost(a).total_cmp(&cost(b)));
            let accuracy = |net: &&NetRecord| MeanStd::of(&net.test_accuracy);
            let points = nets.iter().map(|net| (cost(net), 100.0 * accuracy(net).mean));
            Curve::line(family, points).bars(nets.iter().map(|net| 100.0 * accuracy(net).deviation))
        });
        Panel::new((name, Scale::Log), ("test accuracy (%)", Scale::Linear), curves.collect())
            .heading(&record.name)
    };
    let all = records.iter().flat_map(|record| COSTS.map(|cost| panel(record, cost)));
    panels("Test accuracy against cost", 2, &all.collect::<Vec<_>>())
}
