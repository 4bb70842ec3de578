//! What parameters and arithmetic buy.

use super::axis::Axis;
use super::canvas::INSIDE;
use super::figure::{Figure, Look, Markers, Plot, Series};
use super::mark::Mark;
use crate::experiment::{MeanStd, NetResults, Results};

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
pub fn accuracy(results: &Results, against: Cost) -> String {
    let look = |i: usize| Look::points(Mark::of(i), Markers::Every(4.0));
    let legend = results.nets.iter().enumerate().map(|(i, net)| (net.name.clone(), look(i)));
    let ends = results.nets.iter().flat_map(|net| {
        let (mean, deviation) = (net.test_accuracy.mean, net.test_accuracy.deviation);
        let seeds = net.runs.iter().map(|run| run.test_accuracy);
        seeds.chain([mean - deviation, mean, mean + deviation]).map(|v| 100.0 * v)
    });
    let y = Axis::percent(ends, "test accuracy (%)");
    let costs = || results.nets.iter().map(|net| against.of(net));
    let x = Axis::log(costs(), &format!("{} (log scale)", against.name()));
    let places: Vec<f64> = costs().map(|cost| x.place(cost)).collect();
    let costs: Vec<f64> = apart(&places).into_iter().map(|place| x.value(place)).collect();
    let nets = || results.nets.iter().zip(&costs).enumerate();
    // One seed is its own mean.
    let of_several = |net: &&NetResults| net.runs.len() > 1;
    let seeds = nets().filter(|(_, (net, _))| of_several(net)).flat_map(|(i, (net, &cost))| {
        let look = Look::points(Mark::of(i), Markers::Pale(2.2, 0.4));
        net.runs.iter().map(move |run| {
            let accuracy = 100.0 * run.test_accuracy;
            let name = format!("{}, seed {}", net.name, run.seed);
            let meant = vec![(against.of(net), accuracy)];
            Series { meant, ..Series::new(look, vec![(cost, accuracy)]).named(&name) }
        })
    });
    let means = nets().map(|(i, (net, &cost))| {
        let MeanStd { mean, deviation } = net.test_accuracy;
        let (points, bars) = (vec![(cost, 100.0 * mean)], vec![100.0 * deviation]);
        let meant = vec![(against.of(net), 100.0 * mean)];
        Series { bars, meant, ..Series::new(look(i), points).named(&net.name) }
    });
    let plot = Plot::new(x, y, seeds.chain(means).collect());
    let title = format!("Test accuracy against {}", against.name());
    Figure::of(&title, legend.collect(), HEIGHT, plot).svg()
}

/// The same places, in the same order, moved apart where they are too near: neighbors that touch
/// form a group around the mean of its places.
fn apart(places: &[f64]) -> Vec<f64> {
    let step = APART / f64::from(INSIDE);
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by(|&i, &j| places[i].total_cmp(&places[j]));
    // Each group: its members, and the sum of their places.
    let mut groups: Vec<(Vec<usize>, f64)> = Vec::new();
    let half = |members: &Vec<usize>| 0.5 * step * (members.len() - 1) as f64;
    for i in order {
        let mut group = (vec![i], places[i]);
        while let Some((members, sum)) = groups.pop() {
            let (mean, own) = (sum / members.len() as f64, group.1 / group.0.len() as f64);
            if own - half(&group.0) - mean - half(&members) >= step {
                groups.push((members, sum));
                break;
            }
            group = (members.into_iter().chain(group.0).collect(), sum + group.1);
        }
        groups.push(group);
    }
    let mut moved = places.to_vec();
    for (members, sum) in &groups {
        let first = sum / members.len() as f64 - half(members);
        for (k, &i) in members.iter().enumerate() {
            moved[i] = first + step * k as f64;
        }
    }
    moved
}
