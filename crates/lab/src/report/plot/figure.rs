//! How every chart is drawn: a legend or a bar of shades, frames in rows, and series in each frame.

use super::axis::Axis;
use super::canvas::{Canvas, Drawn, Frame, Point, WIDTH, px, shortened, svg};
use super::legend::Legend;
use super::mark::Mark;
use super::shades::Shades;
use super::values::{Spot, spoken};

/// The line of a heading, in pixels.
const HEADING: i32 = 22;
/// About how many markers a line has.
const MARKERS: usize = 8;

/// Charts in rows, with what explains them above.
pub(super) struct Figure<'a> {
    /// Is read to those who do not see it.
    pub title: &'a str,
    pub key: Key,
    /// How many charts stand side by side.
    pub columns: usize,
    /// The pixels of each with its axes, without its heading.
    pub height: i32,
    pub plots: Vec<Plot<'a>>,
}

/// What says which look means what.
pub(super) enum Key {
    Legend(Vec<(String, Look)>),
    /// The bar, and below it the legend of what is not among the shades.
    Bar(Shades, Vec<(String, Look)>),
}

/// One chart.
pub(super) struct Plot<'a> {
    /// What stands above it; may be empty.
    pub heading: String,
    pub x: Axis,
    pub y: Axis,
    /// Draws what lies under the series.
    pub beneath: Beneath<'a>,
    pub series: Vec<Series>,
    /// Whether lines go through the numbers of the axes, under all that is drawn.
    pub grid: bool,
}

type Beneath<'a> = Box<dyn Fn(&Canvas, &Frame) -> Drawn + 'a>;

/// Points that are drawn alike.
pub(super) struct Series {
    /// What it is called where its numbers are said; without a name they are not.
    pub name: Option<String>,
    pub look: Look,
    /// `(x, y)`, from left to right where there is a line.
    pub points: Vec<(f64, f64)>,
    /// Half the length of the bar at each point; empty for none.
    pub bars: Vec<f64>,
    /// The numbers that points stand for, where they were moved to be seen; empty where they stand for themselves.
    pub meant: Vec<(f64, f64)>,
}

/// How a series is drawn.
#[derive(Clone, Copy)]
pub(super) struct Look {
    pub mark: Mark,
    /// The width of its line, in pixels, and how opaque it is.
    pub line: Option<(f64, f64)>,
    pub markers: Markers,
}

/// Which points have a marker.
#[derive(Clone, Copy)]
pub(super) enum Markers {
    None,
    /// Some, at places that differ from those of series with another number: so they do not hide one another.
    Some(usize),
    /// Every one, of this radius.
    Every(f64),
    /// Every one, of this radius and so opaque, without a rim.
    Pale(f64, f64),
}

impl Look {
    /// A line with a few markers, of series number `i`.
    pub(super) fn line(i: usize) -> Self {
        Self { mark: Mark::of(i), line: Some((1.8, 1.0)), markers: Markers::Some(i) }
    }

    /// Markers alone.
    pub(super) fn points(mark: Mark, markers: Markers) -> Self {
        Self { mark, line: None, markers }
    }

    /// The sample of a legend.
    pub(super) fn sample(&self, canvas: &Canvas, from: Point, to: Point) -> Drawn {
        let middle = ((from.0 + to.0) / 2, (from.1 + to.1) / 2);
        if let Some((_, opacity)) = self.line {
            self.mark.line(canvas, vec![from, to], 2.0, opacity)?;
        }
        self.marker(canvas, middle, 3.5)
    }

    /// Its marker, which is no smaller than `least`.
    fn marker(&self, canvas: &Canvas, at: Point, least: f64) -> Drawn {
        match self.markers {
            Markers::None => Ok(()),
            Markers::Some(_) => self.mark.marker(canvas, at, f64::max(3.2, least)),
            Markers::Every(radius) => self.mark.marker(canvas, at, f64::max(radius, least)),
            Markers::Pale(radius, opacity) => {
                self.mark.shape(canvas, at, f64::max(radius, least), opacity)
            }
        }
    }
}

impl Series {
    pub(super) fn new(look: Look, points: Vec<(f64, f64)>) -> Self {
        Self { name: None, look, points, bars: Vec::new(), meant: Vec::new() }
    }

    /// The same series with its numbers said, under this name.
    pub(super) fn named(self, name: &str) -> Self {
        Self { name: Some(name.to_owned()), ..self }
    }

    /// What is said of its points in a frame with these axes, under a heading.
    fn says(&self, frame: &Frame, heading: &str) -> Vec<(Spot, String)> {
        let Some(name) = &self.name else { return Vec::new() };
        let of: Vec<&str> = [heading, name].into_iter().filter(|text| !text.is_empty()).collect();
        let of = if of.is_empty() { String::new() } else { format!("{}: ", of.join(", ")) };
        let n = self.points.len();
        let some = thinned(n, spoken(n, self.look.line.is_some()));
        let seen = some.filter(|&i| self.points[i].0.is_finite() && frame.holds(self.points[i].1));
        let text = |i: usize| {
            let (x, y) = *self.meant.get(i).unwrap_or(&self.points[i]);
            let bar = self.bars.get(i).copied().filter(|bar| *bar > 0.0);
            format!("{of}{}, {}", frame.x().says(x, None), frame.y().says(y, bar))
        };
        let spot = |i: usize| Spot::Point(frame.at(self.points[i].0, self.points[i].1));
        seen.map(|i| (spot(i), text(i))).collect()
    }

    /// The points that have a marker.
    fn marked(&self) -> impl Iterator<Item = &(f64, f64)> {
        let every = self.points.len().div_ceil(MARKERS).max(1);
        let (first, every) = match self.look.markers {
            Markers::None => (self.points.len(), 1),
            Markers::Some(i) => (i % every, every),
            Markers::Every(_) | Markers::Pale(..) => (0, 1),
        };
        self.points.iter().skip(first).step_by(every)
    }
}

impl<'a> Plot<'a> {
    /// A chart without a heading and with nothing under its series.
    pub(super) fn new(x: Axis, y: Axis, series: Vec<Series>) -> Self {
        Self { heading: String::new(), x, y, beneath: Box::new(|_, _| Ok(())), series, grid: true }
    }

    /// The same chart with what `paint` draws under its series.
    pub(super) fn over(self, paint: impl Fn(&Canvas, &Frame) -> Drawn + 'a) -> Self {
        Self { beneath: Box::new(paint), ..self }
    }

    /// The same chart without a grid.
    pub(super) fn bare(self) -> Self {
        Self { grid: false, ..self }
    }

    fn draw(self, canvas: &Canvas, corner: (i32, i32), size: (i32, i32)) -> Drawn {
        let x = self.x.sparse(if size.0 < WIDTH / 2 { 4 } else { 9 });
        let frame = Frame::draw(canvas, corner, size, x, self.y, self.grid)?;
        (self.beneath)(canvas, &frame)?;
        for Series { look, points, .. } in &self.series {
            let Some((width, opacity)) = look.line else { continue };
            for piece in frame.visible(points.iter().copied()) {
                look.mark.line(canvas, piece, width, opacity)?;
            }
        }
        for Series { look, points, bars, .. } in &self.series {
            for (&(x, y), &bar) in points.iter().zip(bars) {
                if [x, y, bar].iter().all(|v| v.is_finite()) {
                    let ends = vec![frame.at(x, y - bar), frame.at(x, y + bar)];
                    canvas.line(ends, look.mark.color(0.7), 1.2)?;
                }
            }
        }
        for series in &self.series {
            for &(x, y) in series.marked().filter(|(x, y)| x.is_finite() && frame.holds(*y)) {
                series.look.marker(canvas, frame.at(x, y), 0.0)?;
            }
            canvas.says(series.says(&frame, &self.heading));
        }
        Ok(())
    }
}

impl Figure<'_> {
    /// A single chart.
    pub(super) fn of<'a>(
        title: &'a str,
        legend: Vec<(String, Look)>,
        height: i32,
        plot: Plot<'a>,
    ) -> Figure<'a> {
        Figure { title, key: Key::Legend(legend), columns: 1, height, plots: vec![plot] }
    }

    /// The text of an SVG file.
    pub(super) fn svg(self) -> String {
        let columns = self.columns as i32;
        let rows = self.plots.len().div_ceil(self.columns) as i32;
        let heading = if self.plots.iter().all(|p| p.heading.is_empty()) { 0 } else { HEADING };
        let (width, height) = (WIDTH / columns, self.height + heading);
        let (bar, entries) = match &self.key {
            Key::Legend(entries) => (None, entries),
            Key::Bar(shades, entries) => (Some(shades), entries),
        };
        let above = bar.map_or(0, |_| Shades::HEIGHT);
        let legend = Legend::new(above, entries.iter().map(|(name, _)| &**name));
        let top = if bar.is_some() && entries.is_empty() { above } else { legend.height };
        svg(self.title, top + rows * height, |canvas| {
            if let Some(shades) = bar {
                shades.draw(canvas)?;
            }
            legend.draw(canvas, |i, from, to| entries[i].1.sample(canvas, from, to))?;
            for (i, plot) in self.plots.into_iter().enumerate() {
                let (left, top) = (i as i32 % columns * width, top + i as i32 / columns * height);
                if !plot.heading.is_empty() {
                    let at = (px(f64::from(left + 70)), px(f64::from(top + HEADING / 2 + 2)));
                    canvas.heading(&shortened(&plot.heading, width - 86), at)?;
                }
                plot.draw(canvas, (left, top + heading), (width, self.height))?;
            }
            Ok(())
        })
    }
}

/// A sentence where there is nothing to draw.
pub(super) fn note(text: &str) -> String {
    use plotters::style::text_anchor::HPos;
    svg(text, 60, |canvas| canvas.text(text, (px(f64::from(WIDTH) / 2.0), px(30.0)), HPos::Center))
}

/// At most `most` of the numbers below `n`, evenly spaced; the first and the last are always among them.
pub(super) fn thinned(n: usize, most: usize) -> impl Iterator<Item = usize> {
    let count = n.min(most);
    (0..count).map(move |k| if count > 1 { k * (n - 1) / (count - 1) } else { 0 })
}
