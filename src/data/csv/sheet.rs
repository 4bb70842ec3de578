//! The text of a CSV file as cells: what separates them, whether the first line names them.

use super::super::csv_options::{CsvOptions, Decimal, Header, LabelColumn};
use super::super::file::{open, unreadable};
use super::super::schema::list;
use crate::error::{Error, Result};
use csv::StringRecord;
use std::borrow::Cow;
use std::collections::HashSet;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What some spreadsheets write in front of UTF-8 text.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The separators that are looked for: where several would do, the first of them is it, for commas and spaces occur
/// inside cells more often than the others.
const SEPARATORS: [char; 4] = ['\t', ';', '|', ','];

/// How many lines are looked at to find the separator.
const LOOKED_AT: usize = 64;

/// What a Parquet file begins with.
const PARQUET: &[u8] = b"PAR1";

#[cfg(feature = "parquet")]
use super::parquet::text as table_text;

#[cfg(not(feature = "parquet"))]
fn table_text(path: &Path) -> Result<(Vec<u8>, Vec<Option<&'static str>>)> {
    let expected = "CSV, or a program whose switchnet has the feature parquet";
    Err(Error::new("table", expected, "a Parquet file").at(path.display()))
}

/// A file in cells. All rows have as many. Kept is the text, and where rows begin in it: cells are read again when they are
/// asked for, which takes time and hardly any memory.
pub(super) struct Sheet {
    pub path: PathBuf,
    text: Vec<u8>,
    header: Option<StringRecord>,
    /// The bytes that they begin at.
    rows: Vec<usize>,
    columns: usize,
    separator: u8,
    decimal_comma: bool,
    /// Whether the text was made of a Parquet file, which has no lines.
    made: bool,
    /// What is in each column that its cells do not show; nothing but in a Parquet file.
    hidden: Vec<Option<&'static str>>,
    /// How the file was understood, where that is not plain.
    pub notes: Vec<String>,
}

impl Sheet {
    /// Reads a file. A first line that has a name out of `known` is a header, whatever it looks like.
    pub fn read(path: &Path, options: &CsvOptions, known: &[&str]) -> Result<Self> {
        let mut text = Vec::new();
        open(path)?.read_to_end(&mut text).map_err(|error| unreadable(path, error))?;
        let made = text.starts_with(PARQUET);
        let plain = CsvOptions {
            header: Header::Yes,
            separator: Some(','),
            decimal: Decimal::Point,
            ..options.clone()
        };
        let options = if made { &plain } else { options };
        let mut hidden = Vec::new();
        if made {
            drop(text);
            (text, hidden) = table_text(path)?;
        }
        if text.starts_with(BYTE_ORDER_MARK) {
            text.drain(..BYTE_ORDER_MARK.len());
        }
        let sheet = Self::understand(text, path, options, known);
        let sheet = sheet.map(|sheet| Self { made, hidden, ..sheet });
        sheet.map_err(|error| error.at(path.display()))
    }

    fn understand(
        text: Vec<u8>,
        path: &Path,
        options: &CsvOptions,
        known: &[&str],
    ) -> Result<Self> {
        if text.starts_with(b"\xFF\xFE") || text.starts_with(b"\xFE\xFF") {
            return Err(Error::new("text", "UTF-8", "UTF-16"));
        }
        if text.starts_with(b"ARROW1") {
            return Err(Error::new("table", "CSV or Parquet", "an Arrow file"));
        }
        let mut notes = Vec::new();
        let separator = match options.separator {
            Some(separator) => separator,
            None => separator(&text),
        };
        let Ok(byte) = u8::try_from(separator) else {
            let expected = "one ASCII character, such as ; or a tab";
            return Err(Error::new("separator", expected, format!("{separator:?}")));
        };
        if options.separator.is_none() && byte != b',' {
            notes.push(format!("cells are separated by {separator:?}"));
        }
        let (mut rows, mut columns, mut odd) = (Vec::new(), 0, None);
        for record in reader(&text, byte).into_records() {
            let record = record.map_err(|error| refusal(&text, error))?;
            if rows.is_empty() {
                columns = record.len();
            } else if record.len() != columns && odd.is_none() {
                odd = Some((rows.len(), record.len()));
            }
            rows.push(start(&record));
        }
        if rows.is_empty() {
            return Err(Error::new("samples", "at least 1", "an empty file"));
        }
        let decimal_comma = false;
        let path = path.to_owned();
        let mut sheet = Self {
            path,
            text,
            header: None,
            rows,
            columns,
            separator: byte,
            decimal_comma,
            made: false,
            hidden: Vec::new(),
            notes,
        };
        if let Some((row, found)) = odd {
            let what = format!("line {}, number of columns", sheet.line(row));
            let expected = format!("{columns} as in line {}", sheet.line(0));
            return Err(Error::new(what, expected, found));
        }
        sheet.decimal_comma = sheet.finds_commas(options.decimal)?;
        if sheet.decimal_comma && options.decimal == Decimal::Auto {
            sheet.notes.push("numbers have a decimal comma".to_owned());
        }
        if sheet.finds_header(options, known)? {
            sheet.header = Some(sheet.record(0));
            sheet.rows.remove(0);
        }
        if sheet.rows.is_empty() {
            return Err(Error::new("samples", "at least 1", "only a header"));
        }
        Ok(sheet)
    }

    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// The cells of a row.
    fn record(&self, row: usize) -> StringRecord {
        let text = &self.text[self.rows[row]..];
        let mut records = reader(text, self.separator).into_records();
        records.next().and_then(|record| record.ok()).expect("it was read before")
    }

    /// The cells of all rows, one row at a time.
    pub fn records(&self) -> impl Iterator<Item = StringRecord> {
        let mut rows = self.rows.iter().peekable();
        let all = reader(&self.text, self.separator).into_records();
        all.map(|record| record.expect("it was read before"))
            .filter(move |record| rows.next_if_eq(&&start(record)).is_some())
    }

    /// The cells of a column.
    pub fn cells(&self, column: usize) -> impl Iterator<Item = String> {
        self.records().map(move |record| record[column].to_owned())
    }

    /// The cell in a row and a column.
    pub fn cell(&self, row: usize, column: usize) -> String {
        self.record(row)[column].to_owned()
    }

    pub fn has_header(&self) -> bool {
        self.header.is_some()
    }

    /// What each column is called: by its number if there is no header or no name in it, and with its number too if
    /// the name occurred before.
    pub fn names(&self) -> Vec<String> {
        let Some(header) = &self.header else {
            return (1..=self.columns()).map(|number| number.to_string()).collect();
        };
        let mut seen = HashSet::new();
        let name = |(i, name)| match name {
            "" => format!("column {}", i + 1),
            name if !seen.insert(name) => format!("{name} (column {})", i + 1),
            name => name.to_owned(),
        };
        header.iter().enumerate().map(name).collect()
    }

    /// The place of the column of this name, or of this number.
    pub fn find(&self, what: &str, name: &str) -> Result<usize> {
        let number = || {
            let number: usize = name.parse().ok()?;
            (1..=self.columns()).contains(&number).then(|| number - 1)
        };
        let places: Vec<usize> = match &self.header {
            Some(header) => (0..header.len()).filter(|&i| header[i] == *name).collect(),
            None => Vec::new(),
        };
        match (places.as_slice(), number()) {
            (&[place], _) | ([], Some(place)) => Ok(place),
            ([], None) if self.header.is_none() => {
                let expected =
                    format!("first, last or 1 to {}, for there is no header", self.columns());
                Err(Error::new(what, expected, format!("{name:?}")))
            }
            ([], None) => {
                let expected = format!("a column {name:?}");
                Err(Error::new(format!("header, {what}"), expected, list(&self.names())))
            }
            (many, _) => {
                let expected = format!("one column {name:?}");
                Err(Error::new(format!("header, {what}"), expected, many.len()))
            }
        }
    }

    /// The place of the column that is called so, as [`names`](Self::names) has it, if there is one.
    pub fn named(&self, what: &str, name: &str) -> Result<Option<usize>> {
        match self.header.iter().flatten().filter(|other| *other == name).count() {
            0 | 1 => Ok(self.names().iter().position(|other| other == name)),
            _ => self.find(what, name).map(Some),
        }
    }

    /// The place of the target.
    pub fn target(&self, label: &LabelColumn) -> Result<usize> {
        match label {
            LabelColumn::First => Ok(0),
            LabelColumn::Last => Ok(self.columns() - 1),
            LabelColumn::Name(name) => self.find("target column", name),
        }
    }

    /// Refuses a column whose cells are told apart if they do not show what is in them.
    pub fn tells(&self, what: &str, column: usize) -> Result<()> {
        let Some(kind) = self.hidden.get(column).copied().flatten() else { return Ok(()) };
        let found = format!("{kind} in column {}", self.names()[column]);
        Err(Error::new(what, "a column of numbers or texts", found))
    }

    /// Leaves out the rows in which a value of one of these columns is missing.
    pub fn leave_out_missing<'a>(
        &mut self,
        columns: impl Iterator<Item = &'a usize> + Clone,
    ) -> Result<()> {
        let rows = self.rows();
        let there = |record: StringRecord| columns.clone().all(|&i| !is_missing(&record[i]));
        let stays: Vec<bool> = self.records().map(there).collect();
        let mut stays = stays.into_iter();
        self.rows.retain(|_| stays.next().unwrap_or(true));
        match rows - self.rows() {
            0 => Ok(()),
            out if out == rows => {
                Err(Error::new("rows without missing values", "at least 1", "none"))
            }
            out => {
                self.notes
                    .push(format!("{out} of {rows} rows have missing values and are left out"));
                Ok(())
            }
        }
    }

    /// Where a cell is, for messages.
    pub fn place(&self, row: usize, column: usize) -> String {
        let name = match &self.header {
            Some(header) if !header[column].is_empty() => format!(" ({})", &header[column]),
            _ => String::new(),
        };
        let row = match self.made {
            true => {
                let before = reader(&self.text[..self.rows[row]], self.separator).into_records();
                format!("row {}", before.count() - 1) // behind the header
            }
            false => format!("line {}", self.line(row)),
        };
        format!("{row}, column {}{name}", column + 1)
    }

    /// The finite number in a cell, if it has one.
    pub fn number(&self, cell: &str) -> Option<f64> {
        let cell = if self.decimal_comma {
            if cell.contains('.') {
                return None; // a point sets off thousands then, and 1.234 is not 1.234
            }
            Cow::Owned(cell.replace(',', "."))
        } else {
            Cow::Borrowed(cell)
        };
        cell.parse().ok().filter(|x: &f64| x.is_finite())
    }

    /// The line that a row begins in, counted from 1.
    fn line(&self, row: usize) -> usize {
        line(&self.text, self.rows[row])
    }

    /// Whether numbers have a decimal comma.
    fn finds_commas(&self, decimal: Decimal) -> Result<bool> {
        match decimal {
            Decimal::Point => return Ok(false),
            Decimal::Comma => return Ok(true),
            Decimal::Auto => {}
        }
        let with = |mark: char| {
            self.records().enumerate().find_map(|(row, record)| {
                let cell = record.iter().find(|cell| is_number(cell, mark))?;
                Some((self.line(row), cell.to_owned()))
            })
        };
        match with(',') {
            None => Ok(false),
            Some((line, comma)) => match with('.') {
                None if self.may_be_thousands() => {
                    let expected = "one that can be told; say comma with decimal, or write numbers without commas";
                    let found =
                        format!("{comma:?} in line {line}, in which a comma may set off thousands");
                    Err(Error::new("decimal mark", expected, found))
                }
                None => Ok(true),
                Some((other, point)) => {
                    let expected = "one of comma and point; say which with decimal";
                    let found = format!("{comma:?} in line {line} and {point:?} in line {other}");
                    Err(Error::new("decimal mark", expected, found))
                }
            },
        }
    }

    /// Whether every comma in a number has three digits behind it and one to three before it, in a file whose cells are
    /// not separated by semicolons, as they are where a comma is the decimal mark.
    fn may_be_thousands(&self) -> bool {
        let thousands = |cell: &str| {
            let digits = cell.strip_prefix(['-', '+']).unwrap_or(cell);
            let (whole, part) = digits.split_once(',').unwrap_or(("", ""));
            let three = part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_digit());
            (1..=3).contains(&whole.len()) && !whole.starts_with('0') && three
        };
        let all = |record: csv::StringRecord| {
            record.iter().filter(|cell| is_number(cell, ',')).all(thousands)
        };
        self.separator != b';' && self.records().all(all)
    }

    /// Whether the first line, still among the records, names the columns.
    fn finds_header(&self, options: &CsvOptions, known: &[&str]) -> Result<bool> {
        match options.header {
            Header::Yes => return Ok(true),
            Header::No => return Ok(false),
            Header::Auto => {}
        }
        let first = self.record(0);
        let known: HashSet<&str> = known.iter().copied().collect();
        if first.iter().any(|cell| self.number(cell).is_none() && known.contains(cell)) {
            return Ok(true);
        }
        let target = match &options.label {
            LabelColumn::First => 0,
            LabelColumn::Last => self.columns() - 1,
            // A name is only in a header; a number says nothing.
            LabelColumn::Name(name) if name.parse::<usize>().is_err() => return Ok(true),
            LabelColumn::Name(name) => {
                name.parse::<usize>().unwrap_or(0).wrapping_sub(1).min(self.columns() - 1)
            }
        };
        // An empty cell is no sign of either: it is a missing value, or the name of a column of row names.
        let cells =
            || first.iter().enumerate().filter(|&(i, cell)| i != target && !cell.is_empty());
        let number = cells().find(|(_, cell)| self.number(cell).is_some());
        let place = |column: usize| format!("line {}, column {}", self.line(0), column + 1);
        // Of each column below: how many numbers, and how many cells that are there.
        let mut below = vec![(0, 0); self.columns()];
        for record in self.records().skip(1) {
            for ((numbers, there), cell) in below.iter_mut().zip(&record) {
                *numbers += usize::from(self.number(cell).is_some());
                *there += usize::from(!is_missing(cell));
            }
        }
        let rows = self.rows() - 1;
        let all_numbers = |i: usize| below[i].0 == rows;
        if number.is_none() {
            let texts = rows > 0 && cells().all(|(i, _)| below[i].0 == 0);
            if texts && cells().any(|(i, _)| below[i].1 == rows) {
                let what = format!("line {}", self.line(0));
                let expected = "a feature that is a number below it, or header = yes or no";
                return Err(Error::new(what, expected, "texts in all lines"));
            }
            return Ok(cells().next().is_some());
        }
        if let Some((column, name)) =
            cells().find(|&(i, cell)| self.number(cell).is_none() && all_numbers(i))
            && !is_missing(name)
        {
            let expected = "a number like others of the line, or header = yes";
            return Err(Error::new(place(column), expected, format!("{name:?}")));
        }
        // A first line of column numbers and the word `label` looks like a sample of class `label`.
        let label = &first[target];
        if rows > 0 && self.number(label).is_none() && all_numbers(target) {
            let expected = "a number like every other label, or header = yes";
            return Err(Error::new(place(target), expected, format!("{label:?}")));
        }
        Ok(false)
    }
}

/// Whether a cell says that its value is missing.
pub(super) fn is_missing(cell: &str) -> bool {
    matches!(
        cell,
        "" | "?" | "NA" | "N/A" | "n/a" | "NaN" | "nan" | "NAN" | "null" | "NULL" | "None"
    )
}

/// Whether a cell is digits with one decimal mark among them.
fn is_number(cell: &str, mark: char) -> bool {
    let Some((whole, part)) = cell.split_once(mark) else { return false };
    let whole = whole.strip_prefix(['-', '+']).unwrap_or(whole);
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let part = part.split_once(['e', 'E']).map_or(part, |(part, _)| part);
    digits(whole) && digits(part) && whole.len() + part.len() > 0
}

fn reader(text: &[u8], separator: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true) // the message about a line's length is ours
        .trim(csv::Trim::All)
        .delimiter(separator)
        .from_reader(text)
}

/// The separator that cuts each of the first lines into equally many cells, two or more; a comma if none does.
fn separator(text: &[u8]) -> char {
    let cuts = |&separator: &char| {
        let mut counts = reader(text, separator as u8)
            .into_records()
            .take(LOOKED_AT)
            .map_while(Result::ok)
            .map(|record| record.len());
        let first = counts.next().unwrap_or(0);
        first >= 2 && counts.all(|count| count == first)
    };
    SEPARATORS.into_iter().find(cuts).unwrap_or(',')
}

/// The byte that a record begins at.
fn start(record: &StringRecord) -> usize {
    record.position().map_or(0, |position| position.byte() as usize)
}

/// The line of the record that begins at a byte, counted from 1.
fn line(text: &[u8], start: usize) -> usize {
    // The parser's own count is of where it began to look, before any blank lines.
    let start = start.min(text.len());
    let is_break = |byte: &&u8| matches!(**byte, b'\r' | b'\n');
    let start = start + text[start..].iter().take_while(is_break).count();
    1 + text[..start].iter().filter(|&&byte| byte == b'\n').count()
}

fn refusal(text: &[u8], error: csv::Error) -> Error {
    let line = line(text, error.position().map_or(0, |position| position.byte() as usize));
    match error.into_kind() {
        csv::ErrorKind::Utf8 { err, .. } => {
            let what = format!("line {line}, column {}", err.field() + 1);
            Error::new(what, "UTF-8 text", "other bytes")
        }
        // Lines of different lengths are allowed, and nothing is sought or deserialized.
        other => Error::new(format!("line {line}"), "a CSV record", format!("{other:?}")),
    }
}
