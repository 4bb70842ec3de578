//! CSV files: one sample a line, one column of it the target.

use super::csv_options::{CsvOptions, Header, LabelColumn, TargetKind};
use super::dataset::{Dataset, Split, Targets};
use super::file::{name_of, open, unreadable};
use crate::error::{Error, Result};
use crate::scalar::{Matrix, Scalar};
use std::io::Read;
use std::path::{Path, PathBuf};

/// What some spreadsheets write in front of UTF-8 text.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

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
    table.dataset(codes, classes)
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
    Ok(Split { train: train.dataset(codes, classes)?, test: test.dataset(test_codes, classes)? })
}

/// A file with its numbers understood; labels are still text.
struct Table<T> {
    path: PathBuf,
    kind: TargetKind,
    header: Option<Vec<String>>,
    columns: usize,
    target: usize,
    features: Vec<T>,
    /// The targets of kind `Classes`.
    labels: Vec<String>,
    /// The targets of kind `Values`.
    values: Vec<T>,
}

impl<T: Scalar> Table<T> {
    fn read(mut file: impl Read, path: &Path, options: &CsvOptions) -> Result<Self> {
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(|error| unreadable(path, error))?;
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&text);
        Self::understand(text, path, options).map_err(|error| error.at(path.display()))
    }

    fn understand(text: &[u8], path: &Path, options: &CsvOptions) -> Result<Self> {
        let mut records = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true) // the message about a line's length is ours
            .trim(csv::Trim::All)
            .from_reader(text)
            .into_records()
            .map(|record| record.map_err(|error| refusal(text, error)));
        let Some(first) = records.next().transpose()? else {
            return Err(Error::new("samples", "at least 1", "an empty file"));
        };
        let columns = first.len();
        let place = format!("line {}", line(text, first.position()));
        if columns < 2 {
            let expected = "at least 2 columns, a feature and the target";
            return Err(Error::new(place, expected, columns));
        }
        let target = target_column(&first, options)?;
        let header = has_header(&first, target, &place, options)?;
        let mut table = Self {
            path: path.to_owned(),
            kind: options.kind,
            header: header.then(|| first.iter().map(str::to_owned).collect()),
            columns,
            target,
            features: Vec::new(),
            labels: Vec::new(),
            values: Vec::new(),
        };
        let sample = (!header).then_some(Ok(first));
        for record in sample.into_iter().chain(records) {
            let record = record?;
            table.push(&record, || format!("line {}", line(text, record.position())), &place)?;
        }
        if table.rows() == 0 {
            return Err(Error::new("samples", "at least 1", "only a header"));
        }
        if !header && options.header == Header::Auto {
            table.refuse_named_label(&place)?;
        }
        Ok(table)
    }

    /// Adds the sample at `place`; `first` is the place of the first line.
    fn push(
        &mut self,
        record: &csv::StringRecord,
        place: impl Fn() -> String,
        first: &str,
    ) -> Result<()> {
        if record.len() != self.columns {
            let expected = format!("{} as in {first}", self.columns);
            return Err(Error::new(
                format!("{}, number of columns", place()),
                expected,
                record.len(),
            ));
        }
        for (column, cell) in record.iter().enumerate() {
            let refuse = |expected: &str, found: String| {
                Error::new(format!("{}, column {}", place(), column + 1), expected, found)
            };
            if column != self.target {
                self.features.push(number(cell).map_err(|found| refuse("a finite number", found))?);
            } else if self.kind == TargetKind::Values {
                self.values.push(number(cell).map_err(|found| refuse("a finite number", found))?);
            } else if cell.is_empty() {
                return Err(refuse("a label", EMPTY.to_owned()));
            } else {
                self.labels.push(cell.to_owned());
            }
        }
        Ok(())
    }

    fn rows(&self) -> usize {
        self.features.len() / (self.columns - 1)
    }

    /// A first line of column numbers and the word `label` looks like a sample of class `label`.
    fn refuse_named_label(&self, first: &str) -> Result<()> {
        let is_number = |label: &String| label.parse::<f64>().is_ok();
        match self.labels.as_slice() {
            [name, rest @ ..]
                if !rest.is_empty() && !is_number(name) && rest.iter().all(is_number) =>
            {
                let what = format!("{first}, column {}", self.target + 1);
                let expected = "a number like every other label, or the option header = yes";
                Err(Error::new(what, expected, format!("{name:?}")))
            }
            _ => Ok(()),
        }
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

    /// The set; `codes` are the classes of the labels.
    fn dataset(self, codes: Vec<usize>, classes: usize) -> Result<Dataset<T>> {
        let (rows, width) = (self.rows(), self.columns - 1);
        let matrix = |width, values| {
            Matrix::from_shape_vec((rows, width), values).expect("each line was counted")
        };
        let targets = match self.kind {
            TargetKind::Classes => Targets::Classes { labels: codes, classes },
            TargetKind::Values => Targets::Values(matrix(1, self.values)),
        };
        Dataset::new(name_of(&self.path), vec![width], matrix(width, self.features), targets)
    }
}

fn target_column(first: &csv::StringRecord, options: &CsvOptions) -> Result<usize> {
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

fn has_header(
    first: &csv::StringRecord,
    target: usize,
    place: &str,
    options: &CsvOptions,
) -> Result<bool> {
    match (options.header, &options.label) {
        (Header::Yes, _) | (Header::Auto, LabelColumn::Name(_)) => return Ok(true),
        (Header::No, _) => return Ok(false),
        (Header::Auto, _) => {}
    }
    // An empty cell is no sign of either: it is a missing value, or the name of a column of
    // row names, and both are refused later.
    let cells =
        first.iter().enumerate().filter(|&(column, cell)| column != target && !cell.is_empty());
    let (numbers, names): (Vec<_>, Vec<_>) =
        cells.partition(|(_, cell)| cell.parse::<f64>().is_ok());
    match (numbers.first(), names.first()) {
        (_, None) => Ok(false),
        (None, Some(_)) => Ok(true),
        (Some(_), Some(&(column, name))) => {
            let what = format!("{place}, column {}", column + 1);
            let expected = "a number like others of the line, or the option header = yes";
            Err(Error::new(what, expected, format!("{name:?}")))
        }
    }
}

const EMPTY: &str = "an empty cell";

/// The number in a cell, or what is there instead of a finite one.
fn number<T: Scalar>(cell: &str) -> Result<T, String> {
    match cell.parse::<f64>() {
        Ok(x) if T::of(x).is_finite() => Ok(T::of(x)),
        Ok(x) if x.is_finite() => Err(format!("{cell:?}, which is too large for {}", T::NAME)),
        _ if cell.is_empty() => Err(EMPTY.to_owned()),
        _ => Err(format!("{cell:?}")),
    }
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

/// The line of the record at `position`, counted from 1.
fn line(text: &[u8], position: Option<&csv::Position>) -> usize {
    // The parser's own count is of where it began to look, before any blank lines.
    let start = position.map_or(0, |position| position.byte() as usize).min(text.len());
    let is_break = |byte: &&u8| matches!(**byte, b'\r' | b'\n');
    let start = start + text[start..].iter().take_while(is_break).count();
    1 + text[..start].iter().filter(|&&byte| byte == b'\n').count()
}

fn refusal(text: &[u8], error: csv::Error) -> Error {
    let line = line(text, error.position());
    match error.into_kind() {
        csv::ErrorKind::Utf8 { err, .. } => {
            let what = format!("line {line}, column {}", err.field() + 1);
            Error::new(what, "UTF-8 text", "other bytes")
        }
        // Lines of different lengths are allowed, and nothing is sought or deserialized.
        other => Error::new(format!("line {line}"), "a CSV record", format!("{other:?}")),
    }
}
