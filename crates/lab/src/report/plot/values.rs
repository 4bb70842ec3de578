//! The numbers of a chart for whoever points at it: transparent elements with titles, which every browser shows. The
//! script of the page finds the nearest of them, and steps through them by keys.

use super::canvas::{Point, px};
use crate::report::escape::html;
use std::cell::RefCell;
use std::fmt::Write;

/// No more points of a line say their numbers; what is between two of them is nearer to one than a finger is wide.
const LINE: usize = 100;
/// Of a series of markers so many.
const MARKERS: usize = 400;
/// How far from a point its number is said, in pixels.
const REACH: f64 = 6.0;

/// Where a number is.
#[derive(Clone, Copy)]
pub(super) enum Spot {
    Point(Point),
    /// Two corners of a bar, or of its line.
    Box([Point; 2]),
}

/// How many of `n` points say their numbers.
pub(super) fn spoken(n: usize, has_line: bool) -> usize {
    n.min(if has_line { LINE } else { MARKERS })
}

/// What is said of the places of a sheet, series by series.
#[derive(Default)]
pub(super) struct Values(RefCell<String>);

impl Values {
    pub(super) fn add(&self, series: impl IntoIterator<Item = (Spot, String)>) {
        let mut series = series.into_iter().peekable();
        if series.peek().is_none() {
            return;
        }
        let mut out = self.0.borrow_mut();
        out.push_str("<g>\n");
        for (spot, text) in series {
            let (name, sides) = match spot {
                Spot::Point((x, y)) => {
                    ("circle", format!("cx=\"{x}\" cy=\"{y}\" r=\"{}\"", px(REACH)))
                }
                Spot::Box([from, to]) => {
                    let (x, y) = (from.0.min(to.0), from.1.min(to.1));
                    let (wide, high) = (from.0.abs_diff(to.0), from.1.abs_diff(to.1));
                    let sides = format!("x=\"{x}\" y=\"{y}\" width=\"{wide}\" height=\"{high}\"");
                    ("rect", sides)
                }
            };
            writeln!(out, "<{name} {sides}><title>{}</title></{name}>", html(&text))
                .expect("a text takes all");
        }
        out.push_str("</g>\n");
    }

    /// All of them, as one element; nothing if there are none.
    pub(super) fn elements(self) -> String {
        match self.0.into_inner() {
            none if none.is_empty() => none,
            some => {
                format!("<g class=\"values\" fill=\"none\" pointer-events=\"all\">\n{some}</g>\n")
            }
        }
    }
}
