//! Charts of any curves: what the examples of the course draw, and anybody who has numbers.

use super::axis::Axis;
use super::figure::{Figure, Key, Look, Markers, Plot, Series};
use super::mark::Mark;

const HEIGHT: i32 = 300;

/// How the numbers of an axis are spread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// Equal steps are equal differences.
    #[default]
    Linear,
    /// Equal steps are equal factors. Numbers that are not positive stand at the lower end.
    Log,
}

/// How a curve is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// A line with a few markers.
    #[default]
    Line,
    /// A line without markers, for what is known and not measured, or has corners that a marker would hide.
    Plain,
    /// A marker at every point, and no line.
    Points,
}

impl Style {
    /// The look of series number `i`.
    fn look(self, i: usize) -> Look {
        match self {
            Self::Line => Look::line(i),
            Self::Plain => Look { markers: Markers::None, ..Look::line(i) },
            Self::Points => Look::points(Mark::of(i), Markers::Every(3.2)),
        }
    }
}

/// A curve of a [`chart`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// Its name in the legend. Curves of several panels with the same name look the same.
    pub name: String,
    /// Its points `(x, y)`, from left to right for a line. What is not finite is left out.
    pub points: Vec<(f64, f64)>,
    /// Half the length of the bar at each point, such as a standard deviation; empty for none.
    pub bars: Vec<f64>,
    /// How it is drawn.
    pub style: Style,
}

impl Curve {
    /// A line through `points`.
    pub fn line(name: &str, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        Self { name: name.to_owned(), points: points.into_iter().collect(), ..Self::default() }
    }

    /// A line without markers.
    pub fn plain(name: &str, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        Self { style: Style::Plain, ..Self::line(name, points) }
    }

    /// A marker at each of `points`.
    pub fn points(name: &str, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        Self { style: Style::Points, ..Self::line(name, points) }
    }

    /// The same curve with a bar of this half length at each point.
    #[must_use]
    pub fn bars(mut self, bars: impl IntoIterator<Item = f64>) -> Self {
        self.bars = bars.into_iter().collect();
        self
    }

    /// The ends of the bars, or the points where there are none.
    fn extent(&self) -> impl Iterator<Item = f64> {
        let bars = self.bars.iter().copied().chain(std::iter::repeat(0.0));
        self.points.iter().zip(bars).flat_map(|((_, y), bar)| [y - bar, y + bar])
    }
}

/// One chart among several: [`panels`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Panel {
    /// What stands above it; may be empty.
    pub heading: String,
    /// The name of the axis across, with its unit, and its scale.
    pub x: (String, Scale),
    /// The name of the axis upwards, with its unit, and its scale.
    pub y: (String, Scale),
    /// What is drawn.
    pub curves: Vec<Curve>,
}

impl Panel {
    /// A panel without a heading.
    pub fn new(x: (&str, Scale), y: (&str, Scale), curves: Vec<Curve>) -> Self {
        let owned = |(name, scale): (&str, Scale)| (name.to_owned(), scale);
        Self { heading: String::new(), x: owned(x), y: owned(y), curves }
    }

    /// The same panel with this above it.
    #[must_use]
    pub fn heading(mut self, heading: &str) -> Self {
        heading.clone_into(&mut self.heading);
        self
    }
}

/// One chart of some curves, as the text of an SVG file; `title` is read to those who do not see it.
///
/// ```
/// use switchnet_lab::report::{Curve, Panel, Scale, chart};
/// let relu = Curve::line("ReLU", (-20..=20).map(|i| f64::from(i) / 10.0).map(|x| (x, x.max(0.0))));
/// let panel = Panel::new(("x", Scale::Linear), ("y", Scale::Linear), vec![relu]);
/// assert!(chart("ReLU", &panel).starts_with("<svg"));
/// ```
pub fn chart(title: &str, panel: &Panel) -> String {
    panels(title, 1, std::slice::from_ref(panel))
}

/// Charts in rows of `columns`, with one legend above them all.
///
/// # Panics
/// If `columns` is 0.
pub fn panels(title: &str, columns: usize, panels: &[Panel]) -> String {
    assert!(columns > 0, "columns of panels: expected at least 1, found 0");
    let mut legend: Vec<(String, Look)> = Vec::new();
    for curve in panels.iter().flat_map(|panel| &panel.curves) {
        if !legend.iter().any(|(name, _)| *name == curve.name) {
            legend.push((curve.name.clone(), curve.style.look(legend.len())));
        }
    }
    let series = |(i, curve): (usize, &Curve)| {
        let number = legend.iter().position(|(name, _)| *name == curve.name).unwrap_or(0);
        let mut look = curve.style.look(number);
        if let Markers::Some(place) = &mut look.markers {
            *place = i;
        }
        let series = Series::new(look, curve.points.clone()).named(&curve.name);
        Series { bars: curve.bars.clone(), ..series }
    };
    let plot = |panel: &Panel| {
        let across = panel.curves.iter().flat_map(|c| &c.points).map(|(x, _)| *x);
        let upward = panel.curves.iter().flat_map(Curve::extent);
        let curves = panel.curves.iter().enumerate().map(series).collect();
        let plot = Plot::new(axis(across, &panel.x), axis(upward, &panel.y), curves);
        Plot { heading: panel.heading.clone(), ..plot }
    };
    let plots = panels.iter().map(plot).collect();
    let columns = columns.min(panels.len().max(1));
    Figure { title, key: Key::Legend(legend.clone()), columns, height: HEIGHT, plots }.svg()
}

fn axis(values: impl Iterator<Item = f64>, (name, scale): &(String, Scale)) -> Axis {
    match scale {
        Scale::Linear => Axis::linear(values, name),
        Scale::Log => Axis::log(values, name),
    }
}
