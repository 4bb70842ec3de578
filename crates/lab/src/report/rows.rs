//! An input and rows of numbers that belong to its features, drawn as what the input is.

use super::colors::Colors;
use super::plot::{Bars, Channel, Line, bars, lines};
use super::sheet::map_picture;
use crate::experiment::{Form, counted};
use switchnet::data::Schema;
use switchnet::{Error, Result};

/// So many rows are drawn of a table or a series; more would hide one another.
const MOST: usize = 7;
/// So many features of a table.
const FEATURES: usize = 40;

/// An input, and rows of as many numbers, such as its effective weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows<'a> {
    /// Is read to those who do not see it.
    pub title: String,
    /// What the input is.
    pub form: Form,
    /// Its shape.
    pub shape: &'a [usize],
    /// What its features are called.
    pub schema: &'a Schema,
    /// Whether its numbers are standardized.
    pub standardized: bool,
    /// Its numbers.
    pub x: &'a [f64],
    /// What the numbers of the rows are, as the name of an axis.
    pub what: &'a str,
    /// The rows.
    pub rows: Vec<Row>,
    /// The row by which features are ordered, and which stands out among lines.
    pub lead: usize,
}

/// A row of numbers with its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What it is called.
    pub name: String,
    /// Rows of several pictures with the same number have the same color.
    pub mark: usize,
    /// Its numbers, one for each feature.
    pub numbers: Vec<f64>,
}

/// The outputs of which weights are drawn: if there are more than seven, those of `always` and of the others those with
/// the largest `y`; in their order.
pub fn outputs_shown(form: Form, y: &[f64], always: &[usize]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..y.len()).collect();
    if form != Form::Image {
        order.sort_by(|&a, &b| {
            always.contains(&b).cmp(&always.contains(&a)).then(y[b].total_cmp(&y[a]))
        });
        order.truncate(MOST);
        order.sort_unstable();
    }
    order
}

impl Rows<'_> {
    /// The ending of the file, `png` of images and `svg` of others, and its bytes.
    ///
    /// # Errors
    /// If there are not as many numbers as the shape says.
    pub fn picture(&self) -> Result<(&'static str, Vec<u8>)> {
        if self.form != Form::Image {
            return Ok(("svg", self.svg()?.into_bytes()));
        }
        let rows: Vec<Vec<f64>> = self.rows.iter().map(|row| row.numbers.clone()).collect();
        Ok(("png", map_picture(self.shape, self.x, &rows)?))
    }

    /// Which numbers the colors of an image are; charts say it by themselves.
    pub fn scale(&self) -> Option<String> {
        (self.form == Form::Image).then(|| {
            let input = Colors::gray(self.x).range();
            let rows = Colors::diverging(self.rows.iter().flat_map(|row| &row.numbers)).range();
            format!(
                "input {input} from black to white, {} {rows} from blue over white to red",
                self.what
            )
        })
    }

    /// Bars or lines, as the text of an SVG file; of an image bars too.
    ///
    /// # Errors
    /// If there are not as many numbers as the shape says.
    pub(super) fn svg(&self) -> Result<String> {
        let expected = self.shape.iter().product();
        let mut found = self.rows.iter().map(|row| row.numbers.len()).chain([self.x.len()]);
        if let Some(found) = found.find(|&found| found != expected) {
            let what = format!("numbers of a picture of shape {:?}", self.shape);
            return Err(Error::new(what, expected, found));
        }
        match self.form {
            Form::Series { channels } => {
                Form::Series { channels }.of_rows(expected)?;
                Ok(self.lines(channels))
            }
            Form::Table | Form::Image => Ok(self.bars()),
        }
    }

    fn bars(&self) -> String {
        let lead = self.rows.get(self.lead);
        let mut order: Vec<usize> = (0..self.x.len()).collect();
        let size = |i: &usize| {
            let number = lead.map_or(0.0, |row| row.numbers[*i].abs());
            if number.is_finite() { number } else { 0.0 }
        };
        order.sort_by(|a, b| size(b).total_cmp(&size(a)));
        order.truncate(FEATURES);
        let names: Vec<String> =
            order.iter().map(|&i| self.schema.feature(i).into_owned()).collect();
        let some = match self.x.len() {
            n if n > order.len() => format!("the {} largest of {n} features", order.len()),
            _ => "features".to_owned(),
        };
        let lead = lead.map_or("", |row| &row.name);
        let unit = if self.standardized { "; the input is standardized" } else { "" };
        let notes = [
            format!("{}: right and red above 0, left and blue below", self.what),
            format!("{some} by their size in {lead}, the largest on top{unit}"),
        ];
        let numbers = |row: &[f64]| order.iter().map(|&i| row[i]).collect();
        let input = Bars { heading: "input".to_owned(), numbers: numbers(self.x), signed: false };
        let rows = self.rows.iter().map(|row| Bars {
            heading: row.name.clone(),
            numbers: numbers(&row.numbers),
            signed: true,
        });
        let panels: Vec<Bars> = std::iter::once(input).chain(rows).collect();
        bars(&self.title, &notes, &names, &panels)
    }

    fn lines(&self, channels: usize) -> String {
        let length = (self.x.len() / channels).max(1);
        let channel = |k: usize| {
            let range = k * length..(k + 1) * length;
            let features = self.schema.features.get(range.clone());
            let named = features.and_then(counted);
            let heading = match &named {
                _ if channels == 1 => String::new(),
                Some((stem, _)) if !stem.is_empty() && self.stems_differ(length) => {
                    format!("channel {stem}")
                }
                _ => format!("channel {}", k + 1),
            };
            let x = match named {
                Some(("", numbers)) => ("column".to_owned(), numbers),
                Some((stem, numbers)) => (format!("number of column {stem}…"), numbers),
                None => {
                    ("input, counted from 0".to_owned(), range.clone().map(|i| i as f64).collect())
                }
            };
            let rows = self.rows.iter().map(|row| row.numbers[range.clone()].to_vec()).collect();
            Channel { heading, x, input: self.x[range].to_vec(), rows }
        };
        let names = self.rows.iter().enumerate().map(|(i, row)| Line {
            name: row.name.clone(),
            mark: row.mark,
            strong: i == self.lead,
        });
        let channels: Vec<Channel> = (0..channels).map(channel).collect();
        let input = if self.standardized { "input, standardized" } else { "input" };
        lines(&self.title, [input, self.what], &names.collect::<Vec<_>>(), &channels)
    }

    /// Whether each channel has a stem of its own.
    fn stems_differ(&self, length: usize) -> bool {
        let mut stems = self.schema.features.chunks(length).map(|part| counted(part).map(|c| c.0));
        let first = stems.next();
        stems.all(|stem| Some(stem) != first)
    }
}
