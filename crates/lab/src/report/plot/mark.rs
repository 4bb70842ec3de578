//! What tells one net from another: color, dashes and marker.

use super::canvas::{Canvas, Drawn, INK, Point, px};
use plotters::style::{Color, RGBAColor, RGBColor, WHITE};

/// The colors of Okabe and Ito without the yellow, which is too light for lines on white.
const COLORS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(0, 0, 0),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
];

/// Pixels on and off; nothing for a whole line.
const DASHES: [Option<(f64, f64)>; 4] =
    [None, Some((7.0, 3.0)), Some((2.5, 2.5)), Some((12.0, 4.0))];

/// The corners of a marker around its middle; nothing for a disc.
type Shape = Option<&'static [(f64, f64)]>;

const SHAPES: [Shape; 5] = [
    None,
    Some(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]),
    Some(&[(0.0, -1.25), (1.15, 0.8), (-1.15, 0.8)]),
    Some(&[(0.0, -1.3), (1.3, 0.0), (0.0, 1.3), (-1.3, 0.0)]),
    Some(&[(0.0, 1.25), (1.15, -0.8), (-1.15, -0.8)]),
];

/// The look of one net, or of one layer.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    color: RGBColor,
    /// What is around its marker.
    rim: RGBColor,
    dashes: Option<(f64, f64)>,
    shape: Shape,
}

impl Mark {
    /// The look of number `i`. Colors, dashes and markers repeat after 7, 4 and 5, so together
    /// after 140.
    pub(super) fn of(i: usize) -> Self {
        let (color, dashes) = (COLORS[i % COLORS.len()], DASHES[i % DASHES.len()]);
        Self { color, rim: WHITE, dashes, shape: SHAPES[i % SHAPES.len()] }
    }

    /// That of what stands back: gray discs.
    pub(super) const GRAY: Self =
        Self { color: RGBColor(110, 118, 130), rim: WHITE, dashes: None, shape: None };

    /// That of input number `i` on a plane: white with a dark rim, which is the color of no class. The first three are a
    /// triangle that points down, a disc and a square.
    pub(super) fn input(i: usize) -> Self {
        Self { color: WHITE, rim: INK, dashes: None, shape: SHAPES[(i + 4) % SHAPES.len()] }
    }

    /// The same without dashes.
    pub(super) fn solid(self) -> Self {
        Self { dashes: None, ..self }
    }

    /// The same with squares.
    pub(super) fn square(self) -> Self {
        Self { shape: SHAPES[1], ..self }
    }

    /// Its color, more or less opaque.
    pub(super) fn color(&self, opacity: f64) -> RGBAColor {
        self.color.mix(opacity)
    }

    /// Its line through `points`.
    pub(super) fn line(
        &self,
        canvas: &Canvas,
        points: Vec<Point>,
        width: f64,
        opacity: f64,
    ) -> Drawn {
        match self.dashes {
            None => canvas.line(points, self.color(opacity), width),
            Some(dashes) => canvas.dashes(points, self.color(opacity), width, dashes),
        }
    }

    /// Its marker, `radius` pixels large, with a rim that keeps neighbors apart.
    pub(super) fn marker(&self, canvas: &Canvas, at: Point, radius: f64) -> Drawn {
        self.filled(canvas, at, radius + 1.2, self.rim.mix(1.0))?;
        self.shape(canvas, at, radius, 1.0)
    }

    /// Its marker without a rim.
    pub(super) fn shape(&self, canvas: &Canvas, at: Point, radius: f64, opacity: f64) -> Drawn {
        self.filled(canvas, at, radius, self.color(opacity))
    }

    fn filled(&self, canvas: &Canvas, at: Point, radius: f64, color: RGBAColor) -> Drawn {
        let Some(corners) = self.shape else { return canvas.disc(at, radius, color) };
        let corner = |(x, y): &(f64, f64)| (at.0 + px(x * radius), at.1 + px(y * radius));
        canvas.polygon(corners.iter().map(corner).collect(), color)
    }
}
