//! How the nets learned.

use super::axis::Axis;
use super::figure::{Figure, Key, Look, Markers, Plot, Series};
use super::mark::Mark;
use crate::experiment::{NetResults, Results, mean};
use switchnet::train::EpochRecord;

const HEIGHT: i32 = 260;

/// A number of an epoch, if it was recorded.
type Quantity = fn(&EpochRecord) -> Option<f64>;

/// Training loss (logarithmic) above the accuracy on held-out data in percent, against the epoch:
/// for each net a thin line for every seed and a thick one with markers for their mean, as far as
/// all seeds go. The accuracies begin at the least after the first quarter of the training; what was
/// lower before is cut off. Where nothing was held out, they are those of the training steps.
pub fn curves(results: &Results) -> String {
    let (quantity, name): (Quantity, _) = match held_out(results) {
        true => (|record| percent(record.validation_accuracy), "validation accuracy (%)"),
        false => (|record| percent(record.train_accuracy), "training accuracy (%)"),
    };
    let loss: Quantity = |record| Some(record.train_loss);
    let losses = Axis::log(records(results).filter_map(loss), "training loss (log scale)");
    let least = later(results, quantity);
    let shown = records(results).filter_map(quantity).filter(|v| *v >= least);
    let accuracies = Axis::percent(shown, name);
    let plots = vec![plot(results, losses, loss), plot(results, accuracies, quantity)];
    let legend = results.nets.iter().enumerate().map(|(i, net)| (net.name.clone(), Look::line(i)));
    let title = format!("Training loss and {} against the epoch", name.trim_end_matches(" (%)"));
    let key = Key::Legend(legend.collect());
    Figure { title: &title, key, columns: 1, height: HEIGHT, plots }.svg()
}

/// The least number after the first quarter of the training. Before it, nets that know nothing yet
/// would take most of the chart.
fn later(results: &Results, quantity: Quantity) -> f64 {
    let quarter = records(results).map(|record| record.epoch).max().unwrap_or(0) / 4;
    let rest = records(results).filter(|record| record.epoch > quarter).filter_map(quantity);
    rest.filter(|v| v.is_finite()).fold(f64::INFINITY, f64::min)
}

/// Whether a part of the training data was held out to choose by.
pub(in crate::report) fn held_out(results: &Results) -> bool {
    records(results).any(|record| record.validation_accuracy.is_some())
}

fn percent(accuracy: Option<f64>) -> Option<f64> {
    accuracy.map(|accuracy| 100.0 * accuracy)
}

fn records(results: &Results) -> impl Iterator<Item = &EpochRecord> {
    results.nets.iter().flat_map(|net| &net.runs).flat_map(|run| &run.history)
}

fn plot(results: &Results, y: Axis, quantity: Quantity) -> Plot<'static> {
    let last = records(results).map(|record| record.epoch).max().unwrap_or(1);
    // A single epoch stands in the middle.
    let room = if last > 1 { 0.02 * last as f64 } else { 0.5 };
    let x = Axis::between(1.0 - room, last.max(1) as f64 + room, "epoch").whole();
    let nets = || results.nets.iter().enumerate();
    let seeds = nets().flat_map(|(i, net)| {
        let thin = Some((0.8, 0.3));
        let look = Look { mark: Mark::of(i).solid(), line: thin, markers: Markers::None };
        // One seed is its own mean.
        net.runs.iter().filter(|_| net.runs.len() > 1).map(move |run| {
            let numbers = run.history.iter().filter_map(|r| Some((r.epoch as f64, quantity(r)?)));
            Series::new(look, numbers.collect())
        })
    });
    let means = nets().map(|(i, net)| {
        let mean = Series::new(Look::line(i), means(net, quantity).collect());
        mean.named(&net.name)
    });
    Plot::new(x, y, seeds.chain(means).collect())
}

/// Epochs that all seeds of a net did, with the mean over the seeds.
fn means(net: &NetResults, quantity: Quantity) -> impl Iterator<Item = (f64, f64)> {
    let epochs = net.runs.iter().map(|run| run.history.len()).min().unwrap_or(0);
    (0..epochs).filter_map(move |i| {
        let values = net.runs.iter().filter_map(|run| quantity(&run.history[i]));
        Some((net.runs[0].history[i].epoch as f64, mean(values)?))
    })
}
