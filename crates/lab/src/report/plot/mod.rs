//! Plots, as the text of SVG files.
//!
//! A net has the same color, dashes and marker in every plot. The colors are those of Okabe and
//! Ito that are dark enough for lines on white; people with any kind of color vision tell them
//! apart, and dashes and markers differ besides.

mod accuracy;
mod angles;
mod axis;
mod bars;
mod canvas;
mod cells;
mod chart;
mod curves;
mod figure;
mod growth;
mod legend;
mod lines;
mod margins;
mod mark;
mod matrix;
mod on_rates;
mod pixels;
mod ray;
mod shades;
mod slice;
mod spectrum;
mod strips;
mod values;

pub use accuracy::{Cost, accuracy};
pub use angles::{angles, scatter};
pub(super) use bars::{Bars, bars};
pub use canvas::labeled;
pub(super) use canvas::{on_page, stacked};
pub use chart::{Curve, Panel, Scale, Style, chart, panels};
pub use curves::curves;
pub(super) use curves::held_out;
pub use growth::growth;
pub(super) use lines::{Channel, Line, lines};
pub use margins::margins;
pub use matrix::matrix;
pub use on_rates::on_rates;
pub use ray::along;
pub use slice::{MOST_POLYGONS, Scene, Tint, slice};
pub use spectrum::spectra;
pub use strips::{Strip, strips};
