//! Numbers as shades of one color, with the bar that says which shade is which number.

use super::axis::{extent, steps};
use super::canvas::{Canvas, Drawn, INK, Point, WIDTH, px};
use super::cells::opaque;
use crate::report::colors::Colors;
use crate::report::number::{fixed, short};
use plotters::style::text_anchor::HPos;
use plotters::style::{Color, RGBAColor};

/// The bar, in pixels, and how many shades it is drawn in.
const BAR: [f64; 4] = [64.0, 28.0, WIDTH as f64 - 16.0, 40.0];
const DRAWN: usize = 64;
/// What the bar shows, from its left end to its right.
const SHADES: Colors = Colors::Shades { low: 0.0, high: 1.0 };

/// Numbers, from white for the least to dark for the largest.
pub(super) struct Shades {
    numbers: Vec<f64>,
    name: &'static str,
    ends: [f64; 2],
}

impl Shades {
    /// Pixels from the top of the sheet to what is below the bar and its numbers.
    pub(super) const HEIGHT: i32 = 62;

    pub(super) fn new(numbers: Vec<f64>, name: &'static str) -> Self {
        let (from, to) = extent(numbers.iter().copied()).unwrap_or((0.0, 1.0));
        // Numbers that rounding alone tells apart are one.
        let several = to - from > 1e-9 * from.abs().max(to.abs());
        let ends = if several { [from, to] } else { [from; 2] };
        Self { numbers, name, ends }
    }

    /// The shade of the number with this index.
    pub(super) fn color(&self, i: usize) -> RGBAColor {
        self.shade(self.numbers[i])
    }

    /// The mean shade, for what lies under polygons: on their common edges, which no one covers whole, white
    /// would shine through.
    pub(super) fn mean(&self) -> RGBAColor {
        let mean = self.numbers.iter().sum::<f64>() / self.numbers.len().max(1) as f64;
        self.shade(mean)
    }

    fn shade(&self, number: f64) -> RGBAColor {
        let [low, high] = self.ends;
        opaque(Colors::Shades { low, high }.of(number))
    }

    /// Where a number is between the ends; all are at the lower one if they are equal.
    fn part(&self, number: f64) -> f64 {
        let [from, to] = self.ends;
        if to > from { (number - from) / (to - from) } else { 0.0 }
    }

    /// The name, the bar and numbers below it, at the top of the sheet.
    pub(super) fn draw(&self, canvas: &Canvas) -> Drawn {
        let [left, above, right, below] = BAR;
        canvas.text(self.name, (px(left), px(above - 12.0)), HPos::Left)?;
        let across = |part: f64| left + part * (right - left);
        let corners = |from: f64, to: f64| -> Vec<Point> {
            [(from, above), (to, above), (to, below), (from, below)]
                .map(|(x, y)| (px(x), px(y)))
                .to_vec()
        };
        // Each up to the right end, so that there is no gap between two.
        for i in 0..DRAWN {
            let from = across(i as f64 / DRAWN as f64);
            canvas.polygon(
                corners(from, right),
                opaque(SHADES.of((i as f64 + 0.5) / DRAWN as f64)),
            )?;
        }
        let mut rim = corners(left, right);
        rim.push(rim[0]);
        canvas.line(rim, INK.mix(1.0), 0.8)?;
        let [from, to] = self.ends;
        let numbers = if to > from {
            let (numbers, digits) = steps(from, to);
            numbers.into_iter().map(|number| (number, fixed(number, digits))).collect()
        } else {
            vec![(from, short(from))]
        };
        for (number, text) in numbers {
            let x = across(self.part(number));
            canvas.line(vec![(px(x), px(below)), (px(x), px(below + 4.0))], INK.mix(1.0), 0.8)?;
            canvas.text(&text, (px(x), px(below + 12.0)), HPos::Center)?;
        }
        Ok(())
    }
}
