//! CSV files: one sample a line, one column of it the target.

use super::dataset::{Dataset, Split, Targets};
use super::file::{name_of, open, unreadable};
use crate::error::{Error, Result};
use crate::scalar::{Matrix, Scalar};
use serde::{Deserialize, Serialize};
use std::io::Read;
use std::path::{Path, PathBuf};

/// How to understand a CSV file. The default is a header if there is one, the target last, classes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CsvOptions {
    /// Whether the first line names the columns.
    pub header: Header,
    /// Which column is the target.
    pub label: LabelColumn,
    /// What the target is.
    pub kind: TargetKind,
}

/// Whether the first line names the columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Header {
    /// It does if no feature in it is a number. Where it could be either, the file is refused
    /// rather than a line lost or a name taken for a sample.
    #[default]
    Auto,
    /// It does.
    Yes,
    /// It is the first sample.
    No,
}

/// Which column is the target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LabelColumn {
    /// The first.
    First,
    /// The last.
    #[default]
    Last,
    /// The one of this name in the header.
    Name(String),
}

/// What the target column holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetKind {
    /// Names of classes, numbers or text.
    #[default]
    Classes,
    /// Numbers to predict.
    Values,
}

/// Reads a CSV file, plain or gzip. All columns but the target are features.
///
/// Classes are the distinct labels: in the order of numbers if each is a whole number (`1` and
/// `1.0` are the same class), in the order of their text otherwise. Space around a cell is dropped.
///
/// # Errors
/// If the file cannot be read, has no samples, has lines of different lengths, lacks the target
/// column, or a cell is empty or not a finite number where it has to be; the message gives the
/// line and the column, counted from 1.
pub fn read_csv<T: Scalar>(path: &Path, options: &CsvOptions) -> Result<Dataset<T>> {
    parse(open(path)?, path, options)
}

/// [`read_csv`] of a file that is open already; `path` is for its name and for messages.
pub(super) fn parse<T: Scalar>(
    file: impl Read,
    path: &Path,
    options: &CsvOptions,
) -> Result<Dataset<T>> {
    let table = Table::read(file, path, options)?;
    let (codes, classes) = codes(&table.labels);
    table.dataset(options.kind, codes, classes)
}

/// Reads a training and a test set as [`read_csv`] does. Both have the classes found in either.
///
/// # Errors
/// As [`read_csv`], and if the files differ in their columns.
pub fn read_csv_split<T: Scalar>(
    train: &Path,
    test: &Path,
    options: &CsvOptions,
) -> Result<Split<T>> {
    let train = Table::read(open(train)?, train, options)?;
    let test = Table::read(open(test)?, test, options)?;
    test.matches(&train)?;
    let all: Vec<String> = train.labels.iter().chain(&test.labels).cloned().collect();
    let (mut codes, classes) = codes(&all);
    let test_codes = codes.split_off(train.labels.len());
    Ok(Split {
        train: train.dataset(options.kind, codes, classes)?,
        test: test.dataset(options.kind, test_codes, classes)?,
    })
}

/// A file with its features understood and its targets still text.
struct Table<T> {
    path: PathBuf,
    header: Option<Vec<String>>,
    columns: usize,
    label: usize,
    features: Vec<T>,
    labels: Vec<String>,
    lines: Vec<u64>,
}

impl<T: Scalar> Table<T> {
    fn read(file: impl Read, path: &Path, options: &CsvOptions) -> Result<Self> {
        let place = |error: Error| error.at(path.display());
        let mut records = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true) // the message about a line's length is ours
            .trim(csv::Trim::All)
            .from_reader(file)
            .into_records()
            .map(|record| record.map_err(|error| refusal(path, error)))
            .peekable();
        let first = match records.peek() {
            Some(Ok(first)) => first.clone(),
            Some(Err(_)) | None => {
                // An error comes out here; without one the file is empty.
                records.next().transpose()?;
                return Err(place(Error::new("samples", "at least 1", "an empty file")));
            }
        };
        let columns = first.len();
        if columns < 2 {
            let expected = "at least 2 columns, a feature and the target";
            return Err(place(Error::new(line_of(&first), expected, columns)));
        }
        let label = label_column(&first, options).map_err(place)?;
        let header = has_header(&first, label, options).map_err(place)?;
        if header {
            records.next();
        }
        let mut table = Self {
            path: path.to_owned(),
            header: header.then(|| first.iter().map(str::to_owned).collect()),
            columns,
            label,
            features: Vec::new(),
            labels: Vec::new(),
            lines: Vec::new(),
        };
        for record in records {
            table.push(&record?, &first).map_err(place)?;
        }
        if table.labels.is_empty() {
            return Err(place(Error::new("samples", "at least 1", "only a header")));
        }
        if options.header == Header::Auto && options.kind == TargetKind::Classes {
            table.refuse_named_label().map_err(place)?;
        }
        Ok(table)
    }

    fn push(&mut self, record: &csv::StringRecord, first: &csv::StringRecord) -> Result<()> {
        let line = record.position().map_or(0, csv::Position::line);
        if record.len() != self.columns {
            let expected = format!("{} as in {}", self.columns, line_of(first));
            let what = format!("line {line}, number of columns");
            return Err(Error::new(what, expected, record.len()));
        }
        for (column, cell) in record.iter().enumerate() {
            if column != self.label {
                self.features.push(number(cell, line, column)?);
            } else if cell.is_empty() {
                let what = format!("line {line}, column {}", column + 1);
                return Err(Error::new(what, "a label", "an empty cell"));
            } else {
                self.labels.push(cell.to_owned());
            }
        }
        self.lines.push(line);
        Ok(())
    }

    /// A first line of column numbers and the word `label` looks like a sample of class `label`.
    fn refuse_named_label(&self) -> Result<()> {
        let is_number = |label: &String| label.parse::<f64>().is_ok();
        let [first, rest @ ..] = self.labels.as_slice() else { return Ok(()) };
        if self.header.is_some() || rest.is_empty() || is_number(first) {
            return Ok(());
        }
        if rest.iter().all(is_number) {
            let what = format!("line {}, column {}", self.lines[0], self.label + 1);
            let expected = "a number like every other label, or the option header = yes";
            return Err(Error::new(what, expected, format!("{first:?}")));
        }
        Ok(())
    }

    fn matches(&self, train: &Self) -> Result<()> {
        let as_in = |expected: String| format!("{expected} as in {}", train.path.display());
        if self.columns != train.columns {
            let error =
                Error::new("number of columns", as_in(train.columns.to_string()), self.columns);
            return Err(error.at(self.path.display()));
        }
        if let (Some(names), Some(train_names)) = (&self.header, &train.header) {
            let mut pairs = names.iter().zip(train_names).enumerate();
            if let Some((column, (found, expected))) = pairs.find(|(_, (a, b))| a != b) {
                let what = format!("header, column {}", column + 1);
                let error = Error::new(what, as_in(format!("{expected:?}")), format!("{found:?}"));
                return Err(error.at(self.path.display()));
            }
        }
        Ok(())
    }

    /// The set, with `labels` of `classes` classes for `kind` classes.
    fn dataset(self, kind: TargetKind, labels: Vec<usize>, classes: usize) -> Result<Dataset<T>> {
        let place = |error: Error| error.at(self.path.display());
        let (rows, width) = (self.labels.len(), self.columns - 1);
        let matrix = |width, values| {
            Matrix::from_shape_vec((rows, width), values).expect("each line was counted")
        };
        let targets = match kind {
            TargetKind::Classes => Targets::Classes { labels, classes },
            TargetKind::Values => {
                let cells = self.labels.iter().zip(&self.lines);
                let values = cells.map(|(cell, &line)| number(cell, line, self.label));
                Targets::Values(matrix(1, values.collect::<Result<_>>().map_err(place)?))
            }
        };
        let inputs = matrix(width, self.features);
        Dataset::new(name_of(&self.path), vec![width], inputs, targets).map_err(place)
    }
}

fn label_column(first: &csv::StringRecord, options: &CsvOptions) -> Result<usize> {
    match &options.label {
        LabelColumn::First => Ok(0),
        LabelColumn::Last => Ok(first.len() - 1),
        LabelColumn::Name(name) if options.header == Header::No => {
            let expected = "first or last, for without a header there are no names";
            Err(Error::new("target column", expected, format!("{name:?}")))
        }
        LabelColumn::Name(name) => {
            let places: Vec<usize> = (0..first.len()).filter(|&i| first[i] == **name).collect();
            match places.as_slice() {
                &[place] => Ok(place),
                [] => {
                    let found = first.iter().collect::<Vec<_>>().join(", ");
                    Err(Error::new("header", format!("a column {name:?}"), found))
                }
                many => Err(Error::new("header", format!("one column {name:?}"), many.len())),
            }
        }
    }
}

fn has_header(first: &csv::StringRecord, label: usize, options: &CsvOptions) -> Result<bool> {
    match (options.header, &options.label) {
        (Header::Yes, _) | (Header::Auto, LabelColumn::Name(_)) => return Ok(true),
        (Header::No, _) => return Ok(false),
        (Header::Auto, _) => {}
    }
    // An empty cell is no sign of either: it is a missing value, or the name of a column of
    // row names, and both are refused later.
    let cells = first.iter().enumerate().filter(|&(column, cell)| column != label && cell != "");
    let (numbers, names): (Vec<_>, Vec<_>) =
        cells.partition(|(_, cell)| cell.parse::<f64>().is_ok());
    match (numbers.first(), names.first()) {
        (_, None) => Ok(false),
        (None, Some(_)) => Ok(true),
        (Some(_), Some(&(column, name))) => {
            let what = format!("{}, column {}", line_of(first), column + 1);
            let expected = "a number like others of the line, or the option header = yes";
            Err(Error::new(what, expected, format!("{name:?}")))
        }
    }
}

fn number<T: Scalar>(cell: &str, line: u64, column: usize) -> Result<T> {
    let found = match cell.parse::<f64>() {
        Ok(x) if T::of(x).is_finite() => return Ok(T::of(x)),
        Ok(x) if x.is_finite() => format!("{cell:?}, which is too large for {}", T::NAME),
        _ if cell.is_empty() => "an empty cell".to_owned(),
        _ => format!("{cell:?}"),
    };
    let what = format!("line {line}, column {}", column + 1);
    Err(Error::new(what, "a finite number", found))
}

/// The class of each label, and how many classes there are.
fn codes(labels: &[String]) -> (Vec<usize>, usize) {
    match labels.iter().map(|label| whole(label)).collect::<Option<Vec<i64>>>() {
        Some(numbers) => ranks(&numbers),
        None => ranks(labels),
    }
}

/// The label as a whole number, if it is one that `f64` has exactly or `i64` reads.
fn whole(label: &str) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53
    label.parse().ok().or_else(|| {
        let x: f64 = label.parse().ok()?;
        (x.fract() == 0.0 && x.abs() <= EXACT).then_some(x as i64)
    })
}

fn ranks<K: Ord>(keys: &[K]) -> (Vec<usize>, usize) {
    let mut distinct: Vec<&K> = keys.iter().collect();
    distinct.sort_unstable();
    distinct.dedup();
    let rank = |key| distinct.partition_point(|other| *other < key);
    (keys.iter().map(rank).collect(), distinct.len())
}

fn line_of(record: &csv::StringRecord) -> String {
    format!("line {}", record.position().map_or(0, csv::Position::line))
}

fn refusal(path: &Path, error: csv::Error) -> Error {
    let line = error.position().map_or(0, csv::Position::line);
    match error.into_kind() {
        csv::ErrorKind::Io(error) => unreadable(path, error),
        csv::ErrorKind::Utf8 { err, .. } => {
            let what = format!("line {line}, column {}", err.field() + 1);
            Error::new(what, "UTF-8 text", "other bytes").at(path.display())
        }
        // Lines of different lengths are allowed, and nothing is sought or deserialised.
        other => {
            let found = format!("{other:?}");
            Error::new(format!("line {line}"), "a CSV record", found).at(path.display())
        }
    }
}
