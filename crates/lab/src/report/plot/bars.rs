//! Numbers beside the names of what they belong to.

use super::axis::{extent, steps};
use super::canvas::{Canvas, Drawn, GRID, INK, LETTER, TEXT, WIDTH, px, shortened, svg};
use super::mark::Mark;
use super::values::Spot;
use crate::report::colors::{BLUE, RED};
use crate::report::escape::columns;
use crate::report::number::{digits, fixed};
use plotters::style::text_anchor::HPos;
use plotters::style::{Color, RGBAColor};

/// The line of a feature and the bar on it, in pixels.
const ROW: f64 = 16.0;
const BAR: f64 = 10.0;
/// Names have no more room.
const NAMES: i32 = 150;
/// No more panels stand side by side.
const ACROSS: usize = 5;
const EDGE: f64 = 10.0;
const GAP: f64 = 24.0;
/// A line of the notes above all, that of the headings, and that of the numbers below.
const NOTE: f64 = 18.0;
const HEADING: f64 = 20.0;
const FOOT: f64 = 30.0;
/// Two numbers below a panel are not nearer.
const APART: f64 = 34.0;

/// A panel of bars.
pub(in crate::report) struct Bars {
    pub heading: String,
    /// One for each name.
    pub numbers: Vec<f64>,
    /// Whether colors tell positive from negative; such panels have one scale.
    pub signed: bool,
}

/// Panels side by side with the names of their bars at the left, under `notes`; `title` is read to those who do not see it.
pub(in crate::report) fn bars(
    title: &str,
    notes: &[String],
    names: &[String],
    panels: &[Bars],
) -> String {
    let strips = panels.len().div_ceil(ACROSS).max(1);
    let across = panels.len().div_ceil(strips).max(1);
    let (full, names) = (names, names.iter().map(|name| shortened(name, NAMES)));
    let names: Vec<String> = names.collect();
    let widest = names.iter().map(|name| columns(name)).max().unwrap_or(0) as f64 * LETTER;
    let left = EDGE + widest.min(f64::from(NAMES)) + 8.0;
    let room = f64::from(WIDTH) - left - EDGE - GAP * (across - 1) as f64;
    let wide = room / across as f64;
    let high = ROW * names.len() as f64;
    let head = EDGE + NOTE * notes.len() as f64;
    let strip = HEADING + high + FOOT;
    let scale = ends(panels.iter().filter(|panel| panel.signed).flat_map(|panel| &panel.numbers));
    svg(title, (head + strip * strips as f64).ceil() as i32, |canvas| {
        let middle = 0.5 * f64::from(TEXT);
        for (i, note) in notes.iter().enumerate() {
            let y = 0.5 * EDGE + NOTE * i as f64 + middle;
            canvas.text(
                &shortened(note, WIDTH - 2 * EDGE as i32),
                (px(EDGE), px(y)),
                HPos::Left,
            )?;
        }
        for (number, panels) in panels.chunks(across).enumerate() {
            let top = head + strip * number as f64 + HEADING;
            for (i, name) in names.iter().enumerate() {
                let y = top + ROW * (i as f64 + 0.5);
                // Leads the eye from a name to its bars.
                let right = left + (wide + GAP) * panels.len() as f64 - GAP;
                canvas.line(vec![(px(left), px(y)), (px(right), px(y))], GRID.mix(0.7), 0.8)?;
                canvas.text(name, (px(left - 8.0), px(y)), HPos::Right)?;
            }
            for (k, panel) in panels.iter().enumerate() {
                let ends = if panel.signed { scale } else { ends(&panel.numbers) };
                let place = Place { left: left + (wide + GAP) * k as f64, top, wide, high, ends };
                canvas.heading(
                    &shortened(&panel.heading, wide as i32),
                    (px(place.left), px(top - HEADING + middle)),
                )?;
                place.draw(canvas, panel)?;
                place.says(canvas, panel, full);
            }
        }
        Ok(())
    })
}

/// Zero, and the numbers on both sides of it.
fn ends<'a>(numbers: impl IntoIterator<Item = &'a f64>) -> [f64; 2] {
    let (low, high) = extent(numbers.into_iter().copied().chain([0.0])).unwrap_or((0.0, 0.0));
    if high > low { [low, high] } else { [0.0, 1.0] }
}

/// Where a panel is, in pixels, and the numbers at its sides.
struct Place {
    left: f64,
    top: f64,
    wide: f64,
    high: f64,
    ends: [f64; 2],
}

impl Place {
    fn x(&self, number: f64) -> f64 {
        let [from, to] = self.ends;
        self.left + self.wide * (number - from) / (to - from)
    }

    fn upright(&self, canvas: &Canvas, number: f64, color: RGBAColor) -> Drawn {
        let (x, below) = (px(self.x(number)), px(self.top + self.high));
        canvas.line(vec![(x, px(self.top)), (x, below)], color, 0.8)
    }

    fn draw(&self, canvas: &Canvas, panel: &Bars) -> Drawn {
        let [from, to] = self.ends;
        let (ticks, digits) = steps(from, to);
        let zero = ticks.iter().position(|tick| *tick == 0.0).unwrap_or(0);
        let step = ticks.windows(2).map(|pair| pair[1] - pair[0]).fold(to - from, f64::min);
        let every = (APART / (self.wide * step / (to - from))).ceil().max(1.0) as usize;
        let shown = |(i, _): &(usize, &f64)| i.abs_diff(zero).is_multiple_of(every);
        let mut shown: Vec<f64> =
            ticks.iter().enumerate().filter(shown).map(|(_, tick)| *tick).collect();
        if shown == [0.0] {
            // Zero alone is no scale.
            shown.extend(ticks.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs())));
        }
        let digits = if shown.iter().all(|tick| tick.fract() == 0.0) { 0 } else { digits };
        for tick in shown {
            self.upright(canvas, tick, GRID.mix(1.0))?;
            let below = px(self.top + self.high + 12.0);
            canvas.text(&fixed(tick, digits), (px(self.x(tick)), below), HPos::Center)?;
        }
        for (i, &number) in panel.numbers.iter().enumerate().filter(|(_, v)| v.is_finite()) {
            let y = self.top + ROW * (i as f64 + 0.5);
            let (above, below) = (px(y - 0.5 * BAR), px(y + 0.5 * BAR));
            let (zero, end) = (px(self.x(0.0)), px(self.x(number)));
            let corners = vec![(zero, above), (end, above), (end, below), (zero, below)];
            canvas.polygon(corners, color(panel.signed, number))?;
        }
        self.upright(canvas, 0.0, INK.mix(0.7))
    }

    /// Says the numbers all along the lines of the bars, since a short bar is not easily met.
    fn says(&self, canvas: &Canvas, panel: &Bars, names: &[String]) {
        let line = |i: usize| {
            let (y, right) = (self.top + ROW * i as f64, self.left + self.wide);
            Spot::Box([(px(self.left), px(y)), (px(right), px(y + ROW))])
        };
        let bars = names.iter().zip(&panel.numbers).enumerate();
        canvas.says(bars.map(|(i, (name, &number))| {
            (line(i), format!("{}, {name}: {}", panel.heading, digits(number, 4)))
        }));
    }
}

fn color(signed: bool, number: f64) -> RGBAColor {
    let [r, g, b] = if number < 0.0 { BLUE } else { RED };
    if signed { RGBAColor(r, g, b, 1.0) } else { Mark::GRAY.color(1.0) }
}
