//! How the nets learned.

use super::axis::Axis;
use super::canvas::{Canvas, Drawn, Frame, Point, WIDTH, svg};
use super::legend::{Legend, middle};
use super::mark::Mark;
use crate::experiment::{NetResults, Results, SeedRun};
use crate::report::number;
use crate::train::EpochRecord;

const HEIGHT: i32 = 260;

/// A number of an epoch, if it was recorded.
type Quantity = fn(&EpochRecord) -> Option<f64>;

/// Training loss (logarithmic) above the accuracy on held-out data in percent, against the epoch:
/// for each net a thin line for every seed and a thick one with markers for their mean, as far as
/// all seeds go. Where nothing was held out, the accuracy is that of the training steps.
pub fn curves(results: &Results) -> String {
    let legend = Legend::new(results.nets.iter().map(|net| net.name.as_str()));
    let held_out = records(results).any(|record| record.validation_accuracy.is_some());
    let (quantity, name): (Quantity, _) = match held_out {
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
        let axis = Axis::linear(records(results).filter_map(quantity), name);
        panel(canvas, results, legend.height + HEIGHT, axis, quantity)
    })
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
    let points = |run: &SeedRun| -> Vec<Point> {
        let numbers = run.history.iter().filter_map(|r| Some((r.epoch as f64, quantity(r)?)));
        numbers.filter(|(_, y)| y.is_finite()).map(|(x, y)| frame.at(x, y)).collect()
    };
    for (i, net) in results.nets.iter().enumerate() {
        // One seed is its own mean.
        for run in net.runs.iter().filter(|_| net.runs.len() > 1) {
            canvas.line(points(run), Mark::of(i).colour(0.3), 0.8)?;
        }
    }
    for (i, net) in results.nets.iter().enumerate() {
        let mean: Vec<Point> = means(net, quantity).map(|(x, y)| frame.at(x, y)).collect();
        // About eight markers, each net's at other epochs, so that they do not hide one another.
        let every = mean.len().div_ceil(8).max(1);
        let marked: Vec<Point> = mean.iter().copied().skip(i % every).step_by(every).collect();
        Mark::of(i).line(canvas, mean, 1.8)?;
        for at in marked {
            Mark::of(i).marker(canvas, at, 3.2)?;
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
