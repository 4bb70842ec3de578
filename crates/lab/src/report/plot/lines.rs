//! Numbers that follow one another.

use super::axis::Axis;
use super::figure::{Figure, Key, Look, Markers, Plot, Series};
use super::mark::Mark;

/// A chart has so many pixels, with its axes.
const HEIGHT: i32 = 190;
/// So many lines are told apart by their color alone.
const COLORS: usize = 7;

/// A part of the numbers.
pub(in crate::report) struct Channel {
    pub heading: String,
    /// What the axis across is, and the place of each number on it.
    pub x: (String, Vec<f64>),
    pub input: Vec<f64>,
    /// As many rows as there are lines.
    pub rows: Vec<Vec<f64>>,
}

/// How a row of every channel is drawn.
pub(in crate::report) struct Line {
    pub name: String,
    pub mark: usize,
    /// Whether it stands out.
    pub strong: bool,
}

impl Line {
    fn look(&self) -> Look {
        let mark = Mark::of(self.mark);
        let mark = if self.mark < COLORS { mark.solid() } else { mark };
        let line = if self.strong { (2.4, 1.0) } else { (1.1, 0.9) };
        Look { mark, line: Some(line), markers: Markers::None }
    }
}

/// For each channel the input and below it, over the same axis, the rows; an even number of channels stands in two columns.
/// `names` are those of the axes of inputs and rows; `title` is read to those who do not see it.
pub(in crate::report) fn lines(
    title: &str,
    names: [&str; 2],
    lines: &[Line],
    channels: &[Channel],
) -> String {
    let columns = if channels.len().is_multiple_of(2) { 2 } else { 1 };
    let input = Look { mark: Mark::GRAY, line: Some((1.6, 1.0)), markers: Markers::None };
    // One scale for the rows of all channels.
    let numbers = || channels.iter().flat_map(|channel| &channel.rows).flatten().copied();
    let weights = Axis::linear(numbers().chain([0.0]), names[1]);
    let points = |channel: &Channel, numbers: &[f64]| {
        channel.x.1.iter().copied().zip(numbers.iter().copied()).collect::<Vec<_>>()
    };
    let plot = |channel: &Channel, heading: &str, y: Axis, series: Vec<Series>| {
        let (first, last) =
            (channel.x.1.first().unwrap_or(&0.0), channel.x.1.last().unwrap_or(&0.0));
        let room = (0.02 * (last - first)).max(0.5);
        let x = Axis::between(first - room, last + room, &channel.x.0).whole();
        let plot = Plot::new(x, y, series).over(|canvas, frame| match frame.holds(0.0) {
            true => frame.level(canvas, 0.0),
            false => Ok(()),
        });
        Plot { heading: heading.to_owned(), ..plot }
    };
    let mut plots = Vec::new();
    for pair in channels.chunks(columns) {
        for channel in pair {
            let y = Axis::linear(channel.input.iter().copied(), names[0]);
            let series = vec![Series::new(input, points(channel, &channel.input)).named("input")];
            plots.push(plot(channel, &channel.heading, y, series));
        }
        for channel in pair {
            // What stands out lies on top.
            let mut rows: Vec<(&Line, &Vec<f64>)> = lines.iter().zip(&channel.rows).collect();
            rows.sort_by_key(|(line, _)| line.strong);
            let series = rows.iter().map(|(line, row)| {
                Series::new(line.look(), points(channel, row)).named(&line.name)
            });
            plots.push(plot(channel, &channel.heading, weights.clone(), series.collect()));
        }
    }
    let rows = lines.iter().map(|line| (line.name.clone(), line.look()));
    let legend = std::iter::once(("input".to_owned(), input)).chain(rows).collect();
    Figure { title, key: Key::Legend(legend), columns, height: HEIGHT, plots }.svg()
}
