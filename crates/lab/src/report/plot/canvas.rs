//! The sheet a plot is drawn on, and the frames of its charts.

use super::axis::Axis;
use super::values::{Spot, Values};
use crate::report::escape::{fitted, html};
use crate::report::raster::Raster;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use plotters::coord::Shift;
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::cell::RefCell;

/// Plotters counts in whole pixels; drawing on a sheet so many times larger, which the view box
/// then makes small, puts things where they belong.
const FINE: i32 = 10;

/// The width of every plot, in pixels.
pub(super) const WIDTH: i32 = 680;
/// The size of all text, in pixels.
pub(super) const TEXT: i32 = 12;
pub(super) const INK: RGBColor = RGBColor(40, 44, 52);
pub(super) const GRID: RGBColor = RGBColor(226, 229, 234);
/// Left of and below a chart: numbers, up to such as 1e−15, and the name of the axis.
const LEFT: i32 = 64;
const BELOW: i32 = 44;
/// The space at the sides of a chart.
const SIDES: [i32; 2] = [6, 16];
/// The pixels between the ends of an axis that goes across the whole sheet.
pub(super) const INSIDE: i32 = WIDTH - LEFT - SIDES[0] - SIDES[1];

/// Drawing into a text does not fail.
pub(super) type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;
pub(super) type Point = (i32, i32);

/// A sheet of paper. Positions on it are in tenths of pixels.
pub(super) struct Canvas<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
    /// Pictures, as elements: they lie on the paper and under all that is drawn.
    under: RefCell<String>,
    /// What is said of places, over all that is drawn.
    values: Values,
}

/// `pixels` in the unit of positions.
pub(super) fn px(pixels: f64) -> i32 {
    (pixels * f64::from(FINE)).round() as i32
}

/// An SVG file of `height` pixels with what `paint` draws; `title` is its text for those who do not
/// see it.
pub(super) fn svg(title: &str, height: i32, paint: impl FnOnce(&Canvas) -> Drawn) -> String {
    let mut text = String::new();
    let (wide, high) = (WIDTH * FINE, height * FINE);
    let (under, values) = {
        let backend = SVGBackend::with_string(&mut text, (wide as u32, high as u32));
        let (under, values) = (RefCell::default(), Values::default());
        let canvas = Canvas { area: backend.into_drawing_area(), under, values };
        let drawn = canvas.area.fill(&WHITE).and_then(|()| paint(&canvas));
        drawn.and_then(|()| canvas.area.present()).expect("drawing into a text does not fail");
        (canvas.under.into_inner(), canvas.values.elements())
    };
    // The first line is the element of the whole, the second the paper, and the last ends the whole.
    let body = text.split_once('\n').map_or("", |(_, body)| body);
    let (paper, drawn) = body.split_once('\n').unwrap_or((body, ""));
    let drawn = drawn.trim_end().trim_end_matches("</svg>");
    format!(
        "<svg{NAMESPACE} viewBox=\"0 0 {wide} {high}\" width=\"{WIDTH}\" height=\"{height}\" \
         role=\"img\" aria-label=\"{}\">\n{DARK}{paper}\n{under}{drawn}{values}</svg>\n",
        html(title)
    )
}

/// Where the surroundings are dark, light and dark change places, and hues stay.
const DARK: &str = "<style>@media (prefers-color-scheme: dark) {svg {filter: invert(.92) hue-rotate(180deg)}}</style>\n";

const NAMESPACE: &str = " xmlns=\"http://www.w3.org/2000/svg\"";

/// A chart that says more to those who do not see it: `more` behind its title.
pub fn labeled(svg: &str, more: &str) -> String {
    const LABEL: &str = "aria-label=\"";
    let rest = svg.split_once(LABEL).and_then(|(head, rest)| Some((head, rest.split_once('"')?)));
    match rest {
        Some((head, (title, rest))) => format!("{head}{LABEL}{title}: {}\"{rest}", html(more)),
        None => svg.to_owned(),
    }
}

/// SVG files one under another, as one.
pub(in crate::report) fn stacked(title: &str, parts: &[String]) -> String {
    let height = |svg: &str| -> i32 {
        let text = svg.split(" height=\"").nth(1).and_then(|rest| rest.split('"').next());
        text.and_then(|text| text.parse().ok()).expect("a sheet says how high it is")
    };
    let mut high = 0;
    let mut body = String::new();
    for part in parts {
        body += &inline(part).replacen("<svg", &format!("<svg y=\"{high}\""), 1);
        high += height(part);
    }
    format!(
        "<svg{NAMESPACE} viewBox=\"0 0 {WIDTH} {high}\" width=\"{WIDTH}\" height=\"{high}\" \
         role=\"img\" aria-label=\"{}\">\n{body}</svg>\n",
        html(title)
    )
}

/// An SVG as part of another or of an HTML page, which know the element without an address.
fn inline(svg: &str) -> String {
    svg.replacen(NAMESPACE, "", 1)
}

/// An SVG as part of an HTML page, which has paper of its own.
pub(in crate::report) fn on_page(svg: &str) -> String {
    let svg = inline(svg);
    let paper = svg.split_once(DARK).and_then(|(_, rest)| rest.split_inclusive('\n').next());
    svg.replacen(paper.unwrap_or_default(), "", 1)
}

impl Canvas<'_> {
    /// Text at `at`, which is its left, middle or right and halfway up.
    pub(super) fn text(&self, text: &str, at: Point, side: HPos) -> Drawn {
        self.area.draw_text(text, &letters().pos(Pos::new(side, VPos::Center)), at)
    }

    /// The same in bold.
    pub(super) fn heading(&self, text: &str, at: Point) -> Drawn {
        let style = font().style(FontStyle::Bold).color(&INK);
        self.area.draw_text(text, &style.pos(Pos::new(HPos::Left, VPos::Center)), at)
    }

    /// A line `width` pixels wide through `points`.
    pub(super) fn line(&self, points: Vec<Point>, color: RGBAColor, width: f64) -> Drawn {
        self.area.draw(&PathElement::new(points, color.stroke_width(px(width) as u32)))
    }

    /// The same in dashes of so many pixels on and off.
    pub(super) fn dashes(
        &self,
        points: Vec<Point>,
        color: RGBAColor,
        width: f64,
        (on, off): (f64, f64),
    ) -> Drawn {
        let style = color.stroke_width(px(width) as u32);
        self.area.draw(&DashedPathElement::new(points, px(on), px(off), style))
    }

    pub(super) fn polygon(&self, points: Vec<Point>, color: RGBAColor) -> Drawn {
        self.area.draw(&Polygon::new(points, color))
    }

    /// A picture between two corners of it, its pixels with sharp edges.
    pub(super) fn picture(&self, raster: &Raster, [from, to]: [Point; 2]) -> Drawn {
        let png = raster.png().expect("pixels of a sheet are a picture");
        let (x, y) = (from.0.min(to.0), from.1.min(to.1));
        let (wide, high) = (from.0.abs_diff(to.0), from.1.abs_diff(to.1));
        *self.under.borrow_mut() += &format!(
            "<image x=\"{x}\" y=\"{y}\" width=\"{wide}\" height=\"{high}\" preserveAspectRatio=\"none\" \
             style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{}\"/>\n",
            STANDARD.encode(png)
        );
        Ok(())
    }

    /// Says `text` of the places in one series; [`Values`] has how.
    pub(super) fn says(&self, series: impl IntoIterator<Item = (Spot, String)>) {
        self.values.add(series);
    }

    pub(super) fn disc(&self, at: Point, radius: f64, color: RGBAColor) -> Drawn {
        self.area.draw(&Circle::new(at, px(radius), color.filled()))
    }
}

fn font() -> FontDesc<'static> {
    // Plotters writes sizes divided by 1.24.
    FontDesc::new(FontFamily::SansSerif, 1.24 * f64::from(TEXT * FINE), FontStyle::Normal)
}

fn letters() -> TextStyle<'static> {
    font().color(&INK)
}

/// A chart's frame: where the numbers of its axes are on the canvas.
pub(super) struct Frame<'a> {
    chart: ChartContext<'a, SVGBackend<'a>, Cartesian2d<Axis, Axis>>,
    /// The axis that goes across, and the one that goes up.
    x: Axis,
    y: Axis,
}

impl<'a> Frame<'a> {
    /// Draws grid, numbers and names of two axes into the rectangle of `size` pixels at `corner`.
    pub(super) fn draw(
        canvas: &Canvas<'a>,
        corner: (i32, i32),
        size: (i32, i32),
        x: Axis,
        y: Axis,
        grid: bool,
    ) -> Result<Self, DrawingAreaErrorKind<std::io::Error>> {
        let corner = (corner.0 * FINE, corner.1 * FINE);
        let area = canvas.area.clone().shrink(corner, (size.0 * FINE, size.1 * FINE));
        let (across, up) = (x.clone(), y.clone());
        let mut chart = ChartBuilder::on(&area)
            .margin_top(8 * FINE)
            .margin_right(SIDES[1] * FINE)
            .margin_left(SIDES[0] * FINE)
            .x_label_area_size(BELOW * FINE)
            .y_label_area_size(LEFT * FINE)
            .build_cartesian_2d(x, y)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID.mix(f64::from(u8::from(grid))).stroke_width(FINE as u32))
            .axis_style(INK.stroke_width(FINE as u32))
            .set_all_tick_mark_size(4 * FINE)
            .label_style(letters())
            .axis_desc_style(letters())
            .x_desc(across.label())
            .y_desc(up.label())
            .draw()?;
        Ok(Self { chart, x: across, y: up })
    }

    /// The axis that goes across.
    pub(super) fn x(&self) -> &Axis {
        &self.x
    }

    /// The axis that goes up.
    pub(super) fn y(&self) -> &Axis {
        &self.y
    }

    /// Whether `y` is on the axis that goes up.
    pub(super) fn holds(&self, y: f64) -> bool {
        self.y.holds(y)
    }

    /// The parts of a line that the frame holds, cut off at its lower edge.
    pub(super) fn visible(&self, line: impl Iterator<Item = (f64, f64)>) -> Vec<Vec<Point>> {
        let mut pieces: Vec<Vec<Point>> = vec![vec![]];
        let mut before: Option<(f64, f64)> = None;
        for (x, y) in line {
            // Where the line from the last point crosses the edge.
            let crossed = |last: &(f64, f64)| y.is_finite() && self.holds(last.1) != self.holds(y);
            let edge = before.filter(crossed).map(|last| {
                let [low, _] = self.y.ends();
                let part = (low - last.1) / (y - last.1);
                self.at(last.0 + part * (x - last.0), low)
            });
            let piece = pieces.last_mut().expect("there is always a piece");
            match (self.holds(y), edge) {
                (true, edge) => piece.extend(edge.into_iter().chain([self.at(x, y)])),
                (false, Some(edge)) => piece.push(edge),
                (false, None) => {}
            }
            if !self.holds(y) {
                pieces.push(Vec::new());
            }
            before = y.is_finite().then_some((x, y));
        }
        pieces.retain(|piece| piece.len() > 1);
        pieces
    }

    /// A thin line from side to side.
    pub(super) fn level(&self, canvas: &Canvas, y: f64) -> Drawn {
        canvas.line(self.x.ends().map(|x| self.at(x, y)).to_vec(), INK.mix(0.6), 0.8)
    }

    /// The same in dashes.
    pub(super) fn dashed_level(&self, canvas: &Canvas, y: f64) -> Drawn {
        let line = self.x.ends().map(|x| self.at(x, y)).to_vec();
        canvas.dashes(line, INK.mix(0.8), 1.2, (5.0, 4.0))
    }

    /// A dashed line from bottom to top.
    pub(super) fn upright(&self, canvas: &Canvas, x: f64) -> Drawn {
        let line = self.y.ends().map(|y| self.at(x, y)).to_vec();
        canvas.dashes(line, INK.mix(0.8), 1.0, (4.0, 3.0))
    }

    /// A short line that stands on the bottom.
    pub(super) fn tick(&self, canvas: &Canvas, x: f64) -> Drawn {
        let foot = self.at(x, self.y.ends()[0]);
        canvas.line(vec![foot, (foot.0, foot.1 - px(12.0))], INK.mix(0.6), 0.6)
    }

    /// Where on the canvas the numbers `x` and `y` are.
    pub(super) fn at(&self, x: f64, y: f64) -> Point {
        self.chart.backend_coord(&(x, y))
    }
}

/// A name in at most `widest` pixels, by guess: SVG does not say how wide its letters are.
pub(super) fn shortened(name: &str, widest: i32) -> String {
    fitted(name, (f64::from(widest) / LETTER).floor().max(2.0) as usize)
}

/// A generous mean width of a letter, in pixels.
pub(super) const LETTER: f64 = 0.56 * TEXT as f64;
