//! How often the switches of a net are open.

use super::axis::Axis;
use super::canvas::{Frame, Point, WIDTH, px, svg};
use super::legend::{Legend, middle};
use super::mark::Mark;
use crate::experiment::NetResults;
use plotters::style::text_anchor::HPos;
use switchnet::analysis::LayerSwitches;

const HEIGHT: i32 = 300;
/// A curve has no more points than this; a sheet has not many more pixels.
const MOST: usize = 500;

/// For each layer of switches, the part of the test inputs that open a switch, in percent, the
/// switches in order from the least often open to the most often. A curve that starts flat at 0 has
/// switches that are never open, one that ends flat at 100 such as are always open.
pub fn on_rates(net: &NetResults) -> String {
    let layers = &net.switches.layers;
    let name = |(i, layer): (usize, &LayerSwitches)| {
        format!("switch layer {} ({})", i + 1, layer.on_rate.len())
    };
    let names: Vec<String> = layers.iter().enumerate().map(name).collect();
    if net.switches.switches() == 0 {
        let nothing = "This net has no switches.";
        return svg(nothing, 60, |canvas| {
            canvas.text(nothing, (px(f64::from(WIDTH) / 2.0), px(30.0)), HPos::Center)
        });
    }
    let legend = Legend::new(names.iter().map(String::as_str));
    let title = "How often the switches of each layer are open over the test inputs";
    svg(title, legend.height + HEIGHT, |canvas| {
        legend.draw(canvas, |i, from, to| {
            Mark::of(i).line(canvas, vec![from, to], 2.0)?;
            Mark::of(i).marker(canvas, middle(from, to), 3.5)
        })?;
        let x = Axis::between(0.0, 100.0, "switches of the layer, least often open first (%)");
        let y = Axis::between(-4.0, 104.0, "inputs that open it (%)");
        let frame = Frame::draw(canvas, (0, legend.height), (WIDTH, HEIGHT), x, y)?;
        for (i, layer) in layers.iter().enumerate().filter(|(_, layer)| !layer.on_rate.is_empty()) {
            let mut rates = layer.on_rate.clone();
            rates.sort_by(f64::total_cmp);
            let n = rates.len();
            let point = |k: usize| frame.at(100.0 * (k as f64 + 0.5) / n as f64, 100.0 * rates[k]);
            let count = n.min(MOST);
            // The first and the last switch are always among those shown.
            let chosen = (0..count).map(|k| if count > 1 { k * (n - 1) / (count - 1) } else { 0 });
            let points: Vec<Point> = chosen.map(point).collect();
            let every = count.div_ceil(8);
            let marked: Vec<Point> =
                points.iter().copied().skip(i % every).step_by(every).collect();
            let mark = Mark::of(i);
            mark.line(canvas, points, 1.8)?;
            for at in marked {
                mark.marker(canvas, at, 3.2)?;
            }
        }
        Ok(())
    })
}
