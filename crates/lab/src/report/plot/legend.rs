//! Which mark is which net, above the chart, where it covers nothing.

use super::canvas::{Canvas, Drawn, LETTER, Point, WIDTH, px, shortened};
use crate::report::escape::columns;
use plotters::style::text_anchor::HPos;

const ROW: i32 = 20;
const TOP: i32 = 8;
const SIDE: i32 = 16;
/// The sample of a line, and the space up to its name.
const SAMPLE: i32 = 34;
const GAP: i32 = 22;

/// Names laid out in rows, with room for a mark before each.
pub(super) struct Legend {
    entries: Vec<(String, (i32, i32))>,
    /// Pixels from the top of the sheet to the first chart.
    pub height: i32,
}

impl Legend {
    /// A legend as wide as the sheet, so many pixels below its top.
    pub(super) fn new<'a>(above: i32, names: impl IntoIterator<Item = &'a str>) -> Self {
        let top = above + TOP;
        let (mut x, mut row) = (SIDE, 0);
        let mut entries = Vec::new();
        for name in names {
            let name = shortened(name, 240);
            let width = SAMPLE + (columns(&name) as f64 * LETTER).ceil() as i32 + GAP;
            if x > SIDE && x + width > WIDTH {
                (x, row) = (SIDE, row + 1);
            }
            entries.push((name, (x, top + ROW * row + ROW / 2)));
            x += width;
        }
        Self { entries, height: top + ROW * (row + 1) }
    }

    /// Draws it; `sample` draws the mark of the entry with this index between two points.
    pub(super) fn draw(
        &self,
        canvas: &Canvas,
        sample: impl Fn(usize, Point, Point) -> Drawn,
    ) -> Drawn {
        for (i, (name, (x, y))) in self.entries.iter().enumerate() {
            let at = |x: i32| (px(f64::from(x)), px(f64::from(*y)));
            sample(i, at(*x), at(x + SAMPLE - 8))?;
            canvas.text(name, at(x + SAMPLE), HPos::Left)?;
        }
        Ok(())
    }
}
