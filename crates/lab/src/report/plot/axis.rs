//! Axes: from where to where, and which numbers stand beside them.

use crate::report::number::{count, digits, fixed, short};
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use std::ops::Range;

/// Numbers of a larger size have no place on an axis, and a logarithmic one goes no further down than the inverse:
/// differences and quotients of numbers on an axis are then finite.
const LARGEST: f64 = 1e300;

/// An axis, as a coordinate of plotters.
#[derive(Clone)]
pub(super) struct Axis {
    /// What it shows, with the unit.
    name: String,
    /// Whether that stands beside it.
    named: bool,
    /// The numbers at its ends.
    from: f64,
    to: f64,
    /// The numbers written beside it.
    ticks: Vec<f64>,
    /// Whether equal steps are equal factors.
    log: bool,
    /// Decimals of the numbers of a linear axis.
    digits: usize,
    /// Whether its numbers are whole.
    whole: bool,
}

impl Axis {
    /// An axis that holds all finite `values` with some room at both ends.
    pub(super) fn linear(values: impl IntoIterator<Item = f64>, name: &str) -> Self {
        let (low, high) = extent(values).unwrap_or((0.0, 1.0));
        // Equal values stand in the middle of something wide enough to have different numbers.
        let room = if high > low { 0.06 * (high - low) } else { 0.02 * low.abs().max(1.0) };
        Self::between(low - room, high + room, name)
    }

    /// The same for percentages, which end at 0 and at 100.
    pub(super) fn percent(values: impl IntoIterator<Item = f64>, name: &str) -> Self {
        let Self { from, to, .. } = Self::linear(values, name);
        // A little more than that, so that markers at the ends are whole.
        let room = 0.03 * (to - from);
        let mut axis = Self::between(from.max(-room), to.min(100.0 + room), name);
        axis.ticks.retain(|v| (0.0..=100.0).contains(v));
        axis
    }

    /// A linear axis with these ends, as far as numbers have places; from 0 to 1 if nothing lies between them.
    pub(super) fn between(from: f64, to: f64, name: &str) -> Self {
        let [from, to] = [from, to].map(|end| end.clamp(-LARGEST, LARGEST));
        let (from, to) = if from < to { (from, to) } else { (0.0, 1.0) };
        let (ticks, digits) = steps(from, to);
        Self {
            name: name.to_owned(),
            named: true,
            from,
            to,
            ticks,
            log: false,
            digits,
            whole: false,
        }
    }

    /// A logarithmic axis that holds all positive `values`; others stand at its lower end.
    pub(super) fn log(values: impl IntoIterator<Item = f64>, name: &str) -> Self {
        let positive = values.into_iter().filter(|v| *v > 0.0);
        let (low, high) = extent(positive).unwrap_or((1.0, 1.0));
        let [low, high] = [low, high].map(|end| end.max(2.0 / LARGEST));
        let room = if high > low { high.powf(0.06) / low.powf(0.06) } else { 2.0 };
        let (from, to) = ((low / room).max(1.0 / LARGEST), (high * room).min(LARGEST));
        let decades = from.log10().floor() as i32..=to.log10().ceil() as i32;
        let all = |steps: &[i32]| -> Vec<f64> {
            let decade = |d: i32| steps.iter().map(move |&s| f64::from(s) * 10f64.powi(d));
            decades.clone().flat_map(decade).filter(|v| (from..=to).contains(v)).collect()
        };
        // The sparsest of these that shows at least three numbers, and leaves no half of the axis without one.
        let choices: [&[i32]; 5] =
            [&[1], &[1, 3], &[1, 2, 5], &[1, 2, 3, 5, 7], &[1, 2, 3, 4, 5, 6, 7, 8, 9]];
        let place = |v: &f64| (v / from).ln() / (to / from).ln();
        let even = |ticks: &Vec<f64>| {
            let places: Vec<f64> = ticks.iter().map(place).chain([1.0]).collect();
            ticks.len() >= 3 && places[0] < 0.5 && places.windows(2).all(|p| p[1] - p[0] < 0.5)
        };
        let enough = choices.into_iter().map(all).find(even);
        let ticks = enough.unwrap_or_else(|| steps(from, to).0);
        Self {
            name: name.to_owned(),
            named: true,
            from,
            to,
            ticks,
            log: true,
            digits: 0,
            whole: false,
        }
        .sparse(9)
    }

    /// The same axis with whole numbers only.
    pub(super) fn whole(mut self) -> Self {
        self.ticks.retain(|v| v.fract() == 0.0);
        self.digits = 0;
        self.whole = true;
        self
    }

    /// The same axis with at most so many numbers.
    pub(super) fn sparse(mut self, most: usize) -> Self {
        let every = self.ticks.len().div_ceil(most.max(1)).max(1);
        self.ticks = self.ticks.into_iter().step_by(every).collect();
        self
    }

    /// The same axis without its name.
    pub(super) fn unnamed(mut self) -> Self {
        self.named = false;
        self
    }

    /// What stands beside it.
    pub(super) fn label(&self) -> &str {
        if self.named { &self.name } else { "" }
    }

    /// A number of it, with half the length of its bar if it has one, in words: `epoch 12`, `test accuracy 97.22 ± 0.31 %`.
    pub(super) fn says(&self, value: f64, bar: Option<f64>) -> String {
        // The unit is what stands in brackets at the end, but for how the axis is spread.
        let (what, unit) = match self.name.strip_suffix(')').and_then(|name| name.rsplit_once(" ("))
        {
            Some((what, unit)) => (what, unit.trim_end_matches("log scale").trim_end_matches(", ")),
            None => (&*self.name, ""),
        };
        // What is behind a comma explains the name.
        let what = match what.split_once(", ") {
            Some((short, _)) if !short.contains('(') => short,
            _ => what,
        };
        let bar = bar.map_or(String::new(), |bar| format!(" ± {}", self.number(bar)));
        format!("{what} {}{bar} {unit}", self.number(value)).trim().to_owned()
    }

    /// A number with two decimals more than stand beside the axis.
    fn number(&self, value: f64) -> String {
        match value.abs() {
            size if value.fract() == 0.0 && size < 1e9 && (self.log || self.whole) => {
                grouped(value)
            }
            _ if self.log => digits(value, 4),
            size if size < 1e9 => fixed(value, self.digits + 2),
            _ => short(value),
        }
    }

    /// The numbers at its ends.
    pub(super) fn ends(&self) -> [f64; 2] {
        [self.from, self.to]
    }

    /// Whether a number has a place on it; on a logarithmic one all below have, at its lower end.
    pub(super) fn holds(&self, value: f64) -> bool {
        value.is_finite() && value <= self.to && (self.log || value >= self.from)
    }

    /// Where a number is, from 0 at one end to 1 at the other.
    pub(super) fn place(&self, value: f64) -> f64 {
        match self.log {
            false => (value - self.from) / (self.to - self.from),
            true => (value.max(self.from).ln() - self.from.ln()) / (self.to.ln() - self.from.ln()),
        }
    }

    /// The number that is at a place.
    pub(super) fn value(&self, place: f64) -> f64 {
        match self.log {
            false => self.from + place * (self.to - self.from),
            true => self.from.powf(1.0 - place) * self.to.powf(place),
        }
    }
}

/// A whole number.
fn grouped(value: f64) -> String {
    format!("{}{}", if value < 0.0 { "−" } else { "" }, count(value.abs() as usize))
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn range(&self) -> Range<f64> {
        self.from..self.to
    }

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let (first, last) = (f64::from(limit.0), f64::from(limit.1));
        // What is far outside stays where a picture can be cut off.
        (first + (last - first) * self.place(*value).clamp(-10.0, 11.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        // Light points are the lines between the numbers, of which there are none.
        if hint.weight().allow_light_points() { Vec::new() } else { self.ticks.clone() }
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, &value: &f64) -> String {
        match value.abs() {
            size if !self.log && size < 1e12 => fixed(value, self.digits),
            _ if !self.log => short(value),
            size if !(1e-3..1e7).contains(&size) => format!("{value:.0e}").replace('-', "−"),
            size if size >= 1.0 && value.fract() == 0.0 => count(value as usize),
            // Three digits and no more hide the rounding of what is not a power of two.
            _ => format!("{value:.3}").trim_end_matches('0').trim_end_matches('.').to_owned(),
        }
    }
}

/// The least and the largest of what has a place.
pub(super) fn extent(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    let placed = values.into_iter().filter(|v| v.abs() <= LARGEST);
    placed.fold(None, |ends, v| match ends {
        None => Some((v, v)),
        Some((low, high)) => Some((f64::min(low, v), f64::max(high, v))),
    })
}

/// Four to eight round numbers between two, and the decimals they need.
pub(super) fn steps(from: f64, to: f64) -> (Vec<f64>, usize) {
    let rough = (to - from) / 6.0;
    let decade = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|m| m * decade).into_iter().find(|s| *s >= rough);
    let step = step.unwrap_or(rough);
    if !step.is_normal() {
        return (vec![from], 0); // there is nothing between
    }
    let ticks = (from / step).ceil() as i64..=(to / step).floor() as i64;
    let digits = (-step.log10().floor()).clamp(0.0, 9.0) as usize;
    (ticks.map(|i| i as f64 * step).collect(), digits)
}
