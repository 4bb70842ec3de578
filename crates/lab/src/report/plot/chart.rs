//! Charts of any curves: what the examples of the course draw, and anybody who has numbers.

use super::axis::Axis;
use super::canvas::{Canvas, Drawn, Frame, WIDTH, px, shortened, svg};
use super::legend::{Legend, middle};
use super::mark::Mark;

const HEIGHT: i32 = 300;
const HEADING: i32 = 22;
/// About how many markers a line has.
const MARKERS: usize = 8;

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
    let columns = columns.min(panels.len().max(1));
    let mut styles: Vec<(&str, Style)> = Vec::new();
    for curve in panels.iter().flat_map(|panel| &panel.curves) {
        if !styles.iter().any(|(name, _)| *name == curve.name) {
            styles.push((&curve.name, curve.style));
        }
    }
    let legend = Legend::new(styles.iter().map(|(name, _)| *name));
    let rows = panels.len().div_ceil(columns) as i32;
    let heading = if panels.iter().all(|p| p.heading.is_empty()) { 0 } else { HEADING };
    let (width, height) = (WIDTH / columns as i32, HEIGHT + heading);
    svg(title, legend.height + rows * height, |canvas| {
        legend.draw(canvas, |i, from, to| {
            if styles[i].1 != Style::Points {
                Mark::of(i).line(canvas, vec![from, to], 2.0)?;
            }
            if styles[i].1 == Style::Plain {
                return Ok(());
            }
            Mark::of(i).marker(canvas, middle(from, to), 3.5)
        })?;
        let mark = |curve: &Curve| {
            Mark::of(styles.iter().position(|(name, _)| *name == curve.name).unwrap_or(0))
        };
        for (i, panel) in panels.iter().enumerate() {
            let left = (i % columns) as i32 * width;
            let top = legend.height + (i / columns) as i32 * height;
            if !panel.heading.is_empty() {
                let at = (px(f64::from(left + 70)), px(f64::from(top + HEADING / 2 + 2)));
                canvas.heading(&shortened(&panel.heading, width - 86), at)?;
            }
            draw(canvas, panel, ((left, top + heading), (width, HEIGHT)), mark)?;
        }
        Ok(())
    })
}

fn draw(
    canvas: &Canvas,
    panel: &Panel,
    (corner, size): ((i32, i32), (i32, i32)),
    mark: impl Fn(&Curve) -> Mark,
) -> Drawn {
    let across = panel.curves.iter().flat_map(|c| &c.points).map(|(x, _)| *x);
    let upwards = panel.curves.iter().flat_map(Curve::extent);
    let most = if size.0 < WIDTH / 2 { 4 } else { 9 };
    let (x, y) = (axis(across, &panel.x).sparse(most), axis(upwards, &panel.y));
    let frame = Frame::draw(canvas, corner, size, x, y)?;
    for curve in &panel.curves {
        let line = curve.points.iter().copied().filter(|_| curve.style != Style::Points);
        for piece in frame.visible(line) {
            mark(curve).line(canvas, piece, 1.8)?;
        }
    }
    for (i, curve) in panel.curves.iter().enumerate() {
        for (&(x, y), &bar) in curve.points.iter().zip(&curve.bars) {
            if [x, y, bar].iter().all(|v| v.is_finite()) {
                let ends = vec![frame.at(x, y - bar), frame.at(x, y + bar)];
                canvas.line(ends, mark(curve).color(0.7), 1.2)?;
            }
        }
        // Each line's markers at other places, so that they do not hide one another.
        let every = match curve.style {
            Style::Line => curve.points.len().div_ceil(MARKERS).max(1),
            Style::Points => 1,
            Style::Plain => continue,
        };
        let chosen = curve.points.iter().skip(i % every).step_by(every);
        for &(x, y) in chosen.filter(|(x, y)| x.is_finite() && frame.holds(*y)) {
            mark(curve).marker(canvas, frame.at(x, y), 3.2)?;
        }
    }
    Ok(())
}

fn axis(values: impl Iterator<Item = f64>, (name, scale): &(String, Scale)) -> Axis {
    match scale {
        Scale::Linear => Axis::linear(values, name),
        Scale::Log => Axis::log(values, name),
    }
}
