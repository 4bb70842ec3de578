//! How the nets learned.

use super::axis::Axis;
use super::canvas::{Canvas, Drawn, Frame, WIDTH, svg};
use super::legend::{Legend, middle};
use super::mark::Mark;
use crate::experiment::{NetResults, Results};
use crate::report::number;
use switchnet::train::EpochRecord;

const HEIGHT: i32 = 260;

/// A number of an epoch, if it was recorded.
type Quantity = fn(&EpochRecord) -> Option<f64>;

/// Training loss (logarithmic) above the accuracy on held-out data in percent, against the epoch:
/// for each net a thin line for every seed and a thick one with markers for their mean, as far as
/// all seeds go. The accuracies begin at the least after the first quarter of the training; what was
/// lower before is cut off. Where nothing was held out, they are those of the training steps.
pub fn curves(results: &Results) -> String {
    let legend = Legend::new(results.nets.iter().map(|net| net.name.as_str()));
    let (quantity, name): (Quantity, _) = match held_out(results) {
        true => (|record| percent(record.validation_accuracy), "validation accuracy (%)"),
        false => (|record| percent(record.train_accuracy), "training accuracy (%)"),
    };
    let loss: Quantity = |record| Some(record.train_loss);
    let title = format!("Training loss and {} against the epoch", name.trim_end_matches(" (%)"));
    svg(&title, legend.height + 2 * HEIGHT, |canvas| {
        legend.draw(canvas, |i, from, to| {
            Mark::of(i).line(canvas, vec![from, to], 2.0)?;
            Mark::of(i).marker(canvas, middle(from, to), 3.5)
        })?;
        let axis = Axis::log(records(results).filter_map(loss), "training loss (log scale)");
        panel(canvas, results, legend.height, axis, loss)?;
        let least = later(results, quantity);
        let shown = records(results).filter_map(quantity).filter(|v| *v >= least);
        let axis = Axis::percent(shown, name);
        panel(canvas, results, legend.height + HEIGHT, axis, quantity)
    })
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

fn panel(canvas: &Canvas, results: &Results, top: i32, y: Axis, quantity: Quantity) -> Drawn {
    let last = records(results).map(|record| record.epoch).max().unwrap_or(1);
    // A single epoch stands in the middle.
    let room = if last > 1 { 0.02 * last as f64 } else { 0.5 };
    let x = Axis::between(1.0 - room, last.max(1) as f64 + room, "epoch").whole();
    let frame = Frame::draw(canvas, (0, top), (WIDTH, HEIGHT), x, y)?;
    for (i, net) in results.nets.iter().enumerate() {
        // One seed is its own mean.
        for run in net.runs.iter().filter(|_| net.runs.len() > 1) {
            let numbers = run.history.iter().filter_map(|r| Some((r.epoch as f64, quantity(r)?)));
            for piece in frame.visible(numbers) {
                canvas.line(piece, Mark::of(i).color(0.3), 0.8)?;
            }
        }
    }
    for (i, net) in results.nets.iter().enumerate() {
        for piece in frame.visible(means(net, quantity)) {
            Mark::of(i).line(canvas, piece, 1.8)?;
        }
        // About eight markers, each net's at other epochs, so that they do not hide one another.
        let numbers: Vec<_> = means(net, quantity).collect();
        let every = numbers.len().div_ceil(8).max(1);
        let chosen = numbers.iter().skip(i % every).step_by(every);
        for &(x, y) in chosen.filter(|(_, y)| frame.holds(*y)) {
            Mark::of(i).marker(canvas, frame.at(x, y), 3.2)?;
        }
    }
    Ok(())
}

/// Epochs that all seeds of a net did, with the mean over the seeds.
fn means(net: &NetResults, quantity: Quantity) -> impl Iterator<Item = (f64, f64)> {
    let epochs = net.runs.iter().map(|run| run.history.len()).min().unwrap_or(0);
    (0..epochs).filter_map(move |i| {
        let values = net.runs.iter().filter_map(|run| quantity(&run.history[i]));
        Some((net.runs[0].history[i].epoch as f64, number::mean(values)?))
    })
}
