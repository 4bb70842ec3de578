//! What parameters and arithmetic buy.

use super::axis::Axis;
use super::canvas::{Frame, Point, WIDTH, px, svg};
use super::legend::{Legend, middle};
use super::mark::Mark;
use crate::experiment::{NetResults, Results};

const HEIGHT: i32 = 360;
/// Nets whose markers would be nearer than this, in pixels, are moved apart.
/// Few pixels, since the place is what they cost: bars stay apart, and markers may touch.
const APART: f64 = 7.0;

/// What accuracy is drawn against: [`accuracy`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// The number of parameters.
    Parameters,
    /// Multiply-adds for one sample.
    MultiplyAdds,
}

impl Cost {
    fn name(self) -> &'static str {
        match self {
            Self::Parameters => "parameters",
            Self::MultiplyAdds => "multiply-adds for one sample",
        }
    }

    fn of(self, net: &NetResults) -> f64 {
        let cost = match self {
            Self::Parameters => net.summary.parameters,
            Self::MultiplyAdds => net.summary.multiply_adds,
        };
        cost.max(1) as f64
    }
}

/// Test accuracy in percent against what the nets cost (logarithmic): a marker and a bar
/// for mean ± sample deviation, under them a light dot for every seed. Nets of about the same cost are moved a
/// few pixels to the side, so that none hides another.
pub fn accuracy(results: &Results, cost: Cost) -> String {
    let legend = Legend::new(results.nets.iter().map(|net| net.name.as_str()));
    let ends = results.nets.iter().flat_map(|net| {
        let (mean, deviation) = (net.test_accuracy.mean, net.test_accuracy.deviation);
        let seeds = net.runs.iter().map(|run| run.test_accuracy);
        seeds.chain([mean - deviation, mean, mean + deviation]).map(|v| 100.0 * v)
    });
    let y = Axis::percent(ends, "test accuracy (%)");
    let costs = results.nets.iter().map(|net| cost.of(net));
    let x = Axis::log(costs, &format!("{} (log scale)", cost.name()));
    let title = format!("Test accuracy against {}", cost.name());
    svg(&title, legend.height + HEIGHT, |canvas| {
        legend.draw(canvas, |i, from, to| Mark::of(i).marker(canvas, middle(from, to), 4.0))?;
        let frame = Frame::draw(canvas, (0, legend.height), (WIDTH, HEIGHT), x, y)?;
        let places = results.nets.iter().map(|net| frame.at(cost.of(net), 0.0).0);
        let places = spread(&places.collect::<Vec<_>>());
        let nets = || results.nets.iter().zip(&places).enumerate();
        let at = |x: i32, accuracy: f64| -> Point { (x, frame.at(1.0, 100.0 * accuracy).1) };
        for (i, (net, &x)) in nets() {
            let mark = Mark::of(i);
            for accuracy in net.runs.iter().map(|run| run.test_accuracy).filter(|v| v.is_finite()) {
                mark.shape(canvas, at(x, accuracy), 2.2, mark.color(0.4))?;
            }
        }
        for (i, (net, &x)) in nets() {
            let (mark, mean) = (Mark::of(i), net.test_accuracy.mean);
            let deviation = net.test_accuracy.deviation;
            if !mean.is_finite() {
                continue;
            }
            if deviation > 0.0 {
                let (low, high) = (at(x, mean - deviation), at(x, mean + deviation));
                canvas.line(vec![low, high], mark.color(1.0), 1.5)?;
                for end in [low, high] {
                    let cap = vec![(end.0 - px(2.5), end.1), (end.0 + px(2.5), end.1)];
                    canvas.line(cap, mark.color(1.0), 1.5)?;
                }
            }
            mark.marker(canvas, at(x, mean), 4.0)?;
        }
        Ok(())
    })
}

/// The same places, in the same order, moved apart where they are too near: neighbors that touch
/// form a group around the mean of its places.
fn spread(places: &[i32]) -> Vec<i32> {
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by_key(|&i| places[i]);
    // Each group: its members, and the sum of their places.
    let mut groups: Vec<(Vec<usize>, f64)> = Vec::new();
    let half = |members: &Vec<usize>| 0.5 * f64::from(px(APART)) * (members.len() - 1) as f64;
    for i in order {
        let mut group = (vec![i], f64::from(places[i]));
        while let Some((members, sum)) = groups.pop() {
            let (mean, own) = (sum / members.len() as f64, group.1 / group.0.len() as f64);
            if own - half(&group.0) - mean - half(&members) >= f64::from(px(APART)) {
                groups.push((members, sum));
                break;
            }
            group = (members.into_iter().chain(group.0).collect(), sum + group.1);
        }
        groups.push(group);
    }
    let mut spread = places.to_vec();
    for (members, sum) in &groups {
        let first = sum / members.len() as f64 - half(members);
        for (k, &i) in members.iter().enumerate() {
            spread[i] = (first + f64::from(px(APART)) * k as f64).round() as i32;
        }
    }
    spread
}
