//! A matrix as colored cells with their numbers.

use super::canvas::{Drawn, TEXT, WIDTH, px, shortened, svg};
use super::cells::Cells;
use super::values::Spot;
use crate::report::colors::Colors;
use crate::report::number::{digits, fixed};
use plotters::style::text_anchor::HPos;

const LEFT: i32 = 70;
const TOP: i32 = 44;
/// The sides of a cell.
const CELL: (i32, i32) = (56, 30);

/// `values` as cells, light where they are small, under the `names` of columns and beside those of rows;
/// for up to ten names. NaN leaves its cell open.
pub fn matrix(title: &str, names: &[String], values: &[Vec<f64>]) -> String {
    let finite = || values.iter().flatten().copied().filter(|v| v.is_finite());
    let low = finite().fold(f64::INFINITY, f64::min);
    let high = finite().fold(f64::NEG_INFINITY, f64::max);
    // Never so dark that black numbers cannot be read on it.
    let colors = Colors::Shades { low, high: low + (high - low) / 0.6 };
    let (wide, high_side) = CELL;
    let wide = wide.min((WIDTH - LEFT - 10) / names.len().max(1) as i32);
    let at = |x: i32, y: i32| (px(f64::from(x)), px(f64::from(y)));
    svg(title, TOP + high_side * values.len() as i32 + 12, |canvas| -> Drawn {
        canvas.heading(title, at(10, 12))?;
        for (j, name) in names.iter().enumerate() {
            let x = LEFT + wide * j as i32 + wide / 2;
            canvas.text(&shortened(name, wide), at(x, TOP - TEXT), HPos::Center)?;
        }
        for (i, row) in values.iter().enumerate() {
            let y = TOP + high_side * i as i32;
            let cells = Cells {
                corner: (f64::from(LEFT), f64::from(y)),
                size: (f64::from(wide), f64::from(high_side)),
                gap: 1.0,
            };
            cells.draw(canvas, (row, &[1, row.len()]), colors)?;
            let full = names.get(i).map_or("", |name| name);
            let name = shortened(full, LEFT - 16);
            let spot = |j: usize| {
                let x = LEFT + wide * j as i32;
                Spot::Box([at(x, y), at(x + wide, y + high_side)])
            };
            let cells = names.iter().zip(row).enumerate().filter(|(_, (_, v))| v.is_finite());
            canvas.says(cells.map(|(j, (column, &value))| {
                (spot(j), format!("{full}, {column}: {}", digits(value, 4)))
            }));
            canvas.text(&name, at(LEFT - 8, y + high_side / 2), HPos::Right)?;
            for (j, &value) in row.iter().enumerate().filter(|(_, v)| v.is_finite()) {
                let x = LEFT + wide * j as i32;
                canvas.text(&fixed(value, 2), at(x + wide / 2, y + high_side / 2), HPos::Center)?;
            }
        }
        Ok(())
    })
}
