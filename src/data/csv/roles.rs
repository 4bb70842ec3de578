//! What each column of a sheet is for: features, the target, neither.

use super::super::csv_options::{CsvOptions, Missing, TargetKind};
use super::super::schema::{Feature, Schema, list, whole};
use super::sheet::{Sheet, is_missing};
use crate::error::{Error, Result};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// From so many rows on a column that counts them is noticed.
const ROWS_TO_COUNT: usize = 10;

/// Names that a column which counts the rows has where it is no feature.
const COUNTERS: [&str; 7] = ["", "unnamed: 0", "index", "id", "row", "rowid", "rownames"];

/// Where the columns of a sheet are that are no features.
#[derive(Clone, Copy)]
pub(super) struct Roles {
    pub target: Option<usize>,
    /// Whether targets are values.
    pub values: bool,
    /// Of what is dealt to parts.
    pub group: Option<usize>,
    /// Of what is trained with or chosen by.
    pub weight: Option<usize>,
}

/// The schema of a sheet, as its columns and the options say it, without what stands for missing values; and the columns
/// beside it.
pub(super) fn schema(sheet: &mut Sheet, options: &CsvOptions) -> Result<(Schema, Roles)> {
    let target = sheet.target(&options.label)?;
    let mut notes = Vec::new();
    let names = sheet.names();
    let columns = columns(sheet, target, options, &mut notes)?;
    let one_hot: BTreeSet<usize> =
        options.one_hot.iter().map(|name| sheet.find("one-hot", name)).collect::<Result<_>>()?;
    if let Some(&other) = one_hot.difference(&columns.iter().copied().collect()).next() {
        return Err(Error::new("one-hot", "a column that is a feature", &names[other]));
    }
    sheet.tells("target column", target)?;
    one_hot.iter().try_for_each(|&column| sheet.tells("one-hot", column))?;
    // What is said of texts and classes below is of the rows that stay.
    let group = options.group.as_ref().map(|group| sheet.find("group", group)).transpose()?;
    let weight = options.weight.as_ref().map(|weight| sheet.find("weight", weight)).transpose()?;
    if options.missing == Missing::Drop {
        sheet.leave_out_missing(columns.iter().chain([&target]).chain(&group).chain(&weight))?;
    }
    let mut texts = texts(sheet, &one_hot);
    let mut features = Vec::new();
    for column in columns {
        let feature = |category| Feature { column: names[column].clone(), category, missing: None };
        match texts.remove(&column) {
            Some(texts) => {
                let (categories, _) = ranks(&Vec::from_iter(texts));
                features.extend(categories.into_iter().map(|text| feature(Some(text))));
            }
            None => features.push(feature(None)),
        }
    }
    if features.is_empty() {
        return Err(Error::new("features", "at least 1 column", "none"));
    }
    let (classes, note) = classes(sheet, target, options.kind)?;
    notes.push(format!("target {}: {note}", shown(&names[target], target)));
    sheet.notes.append(&mut notes);
    let values = classes.is_none();
    let classes = classes.unwrap_or_default();
    let roles = Roles { target: Some(target), values, group, weight };
    Ok((Schema { classes, target: names[target].clone(), features }, roles))
}

/// The different texts of columns, of all in one pass.
fn texts(sheet: &Sheet, columns: &BTreeSet<usize>) -> BTreeMap<usize, BTreeSet<String>> {
    let mut texts: BTreeMap<_, BTreeSet<String>> =
        columns.iter().map(|column| (*column, BTreeSet::new())).collect();
    if columns.is_empty() {
        return texts;
    }
    for record in sheet.records() {
        for (column, texts) in &mut texts {
            let cell = &record[*column];
            if !is_missing(cell) && !texts.contains(cell) {
                texts.insert(cell.to_owned());
            }
        }
    }
    texts
}

/// A column by name and number.
fn shown(name: &str, column: usize) -> String {
    match name.parse::<usize>() == Ok(column + 1) || name == format!("column {}", column + 1) {
        true => format!("column {}", column + 1),
        false => format!("{name:?} (column {})", column + 1),
    }
}

/// The columns that are features, in their order.
fn columns(
    sheet: &Sheet,
    target: usize,
    options: &CsvOptions,
    notes: &mut Vec<String>,
) -> Result<Vec<usize>> {
    if sheet.columns() < 2 {
        let expected = "at least 2, a feature and the target";
        return Err(Error::new("columns", expected, sheet.columns()));
    }
    let find = |option: &str, names: &[String]| -> Result<Vec<usize>> {
        let places: Vec<usize> =
            names.iter().map(|name| sheet.find(option, name)).collect::<Result<_>>()?;
        let mut seen = BTreeSet::new();
        for (&place, name) in places.iter().zip(names) {
            if place == target {
                return Err(Error::new(option, "columns beside the target", name));
            }
            if !seen.insert(place) {
                return Err(Error::new(option, "different columns", format!("{name} twice")));
            }
        }
        Ok(places)
    };
    let mut dropped = BTreeSet::from_iter(find("drop", &options.drop)?);
    dropped.extend(find("group", options.group.as_slice())?);
    dropped.extend(find("weight", options.weight.as_slice())?);
    let kept = |column: &usize| *column != target && !dropped.contains(column);
    if !options.columns.is_empty() {
        let named = find("columns", &options.columns)?;
        return Ok(named.into_iter().filter(kept).collect());
    }
    let names = sheet.names();
    let mut columns = Vec::new();
    let counters = counters(sheet, (0..sheet.columns()).filter(kept));
    for column in (0..sheet.columns()).filter(kept) {
        if !counters.contains(&column) {
            columns.push(column);
            continue;
        }
        let header = if sheet.has_header() { names[column].to_lowercase() } else { String::new() };
        let unnamed = header == format!("column {}", column + 1);
        let shown = shown(&names[column], column);
        if sheet.has_header() && (unnamed || COUNTERS.contains(&header.as_str())) {
            notes.push(format!("{shown} counts the rows and is left out"));
        } else {
            let expected = "a feature; drop leaves the column out, and columns keeps it";
            let found = "numbers that count the rows";
            return Err(Error::new(shown, expected, found));
        }
    }
    Ok(columns)
}

/// The columns that have each of as many consecutive whole numbers as there are rows, in whatever order.
fn counters(sheet: &Sheet, columns: impl Iterator<Item = usize>) -> BTreeSet<usize> {
    let rows = sheet.rows();
    if rows < ROWS_TO_COUNT {
        return BTreeSet::new();
    }
    let mut left: Vec<(usize, Count)> = columns.map(|column| (column, Count::default())).collect();
    for record in sheet.records() {
        // Ends at the first number that recurs, as most columns have one soon.
        let counts =
            |cell: &str, count: &mut Count| whole(cell).is_some_and(|n| count.add(n, rows));
        left.retain_mut(|(column, count)| counts(&record[*column], count));
        if left.is_empty() {
            break;
        }
    }
    left.into_iter().map(|(column, _)| column).collect()
}

/// Numbers that may be as many consecutive ones as there are rows: a bit for each that they could be, which are those less
/// than so many away from the first.
#[derive(Default)]
struct Count {
    seen: Vec<u64>,
    first: i64,
    least: i64,
    most: i64,
}

impl Count {
    /// Adds a number to less than `rows` others. Whether they still are consecutive ones or parts of such.
    fn add(&mut self, number: i64, rows: usize) -> bool {
        if self.seen.is_empty() {
            self.seen = vec![0; (2 * rows).div_ceil(64)];
            (self.first, self.least, self.most) = (number, number, number);
        }
        (self.least, self.most) = (self.least.min(number), self.most.max(number));
        if self.most.abs_diff(self.least) >= rows as u64 {
            return false;
        }
        let place = (i128::from(number) - i128::from(self.first) + rows as i128) as usize;
        let (word, bit) = (&mut self.seen[place / 64], 1 << (place % 64));
        let new = *word & bit == 0;
        *word |= bit;
        new
    }
}

/// The names of the classes, if the targets are classes, and what was found, in words.
fn classes(
    sheet: &Sheet,
    target: usize,
    kind: TargetKind,
) -> Result<(Option<Vec<String>>, String)> {
    if kind == TargetKind::Values {
        return Ok((None, "values, as asked for".to_owned()));
    }
    let labels: Vec<String> = sheet.cells(target).filter(|cell| !is_missing(cell)).collect();
    let (classes, _) = ranks(&labels);
    let (rows, count) = (labels.len(), classes.len());
    let of_classes = said(&classes);
    if kind == TargetKind::Classes {
        return Ok((Some(classes), of_classes));
    }
    if labels.iter().all(|label| sheet.number(label).is_some()) {
        let wholes = labels.iter().all(|label| whole(label).is_some());
        if !wholes || !(count <= 10 || count <= 100 && rows >= 10 * count) {
            let note = format!("values, {count} different numbers in {rows} rows (or say classes)");
            return Ok((None, note));
        }
    } else if count > 20 && rows < 2 * count {
        let what = format!("target {}", shown(&sheet.names()[target], target));
        let expected =
            "labels that recur, or numbers; label names the target, kind = classes insists";
        return Err(Error::new(what, expected, format!("{count} different texts in {rows} rows")));
    }
    Ok((Some(classes), of_classes))
}

/// Classes, in words.
pub(super) fn said(classes: &[String]) -> String {
    match classes.len() {
        1 => format!("1 class, {}", list(classes)),
        count => format!("{count} classes, {}", list(classes)),
    }
}

/// The distinct names in order, that of numbers if all are whole numbers; and for each name its place among them. A whole
/// number is one name however it is written, among texts too.
pub(super) fn ranks<S: AsRef<str>>(names: &[S]) -> (Vec<String>, Vec<usize>) {
    fn ranked<K: Ord>(keys: &[K]) -> (Vec<&K>, Vec<usize>) {
        let mut distinct: Vec<&K> = keys.iter().collect();
        distinct.sort_unstable();
        distinct.dedup();
        let rank = |key: &K| distinct.partition_point(|&other| other < key);
        let ranks = keys.iter().map(rank).collect();
        (distinct, ranks)
    }
    let numbers: Vec<Option<i64>> = names.iter().map(|name| whole(name.as_ref())).collect();
    match numbers.iter().copied().collect::<Option<Vec<i64>>>() {
        Some(numbers) => {
            let (distinct, ranks) = ranked(&numbers);
            (distinct.into_iter().map(i64::to_string).collect(), ranks)
        }
        None => {
            let names = names.iter().zip(&numbers).map(|(name, number)| match number {
                Some(number) => Cow::Owned(number.to_string()),
                None => Cow::Borrowed(name.as_ref()),
            });
            let names: Vec<Cow<'_, str>> = names.collect();
            let (distinct, ranks) = ranked(&names);
            (distinct.into_iter().map(|name| name.to_string()).collect(), ranks)
        }
    }
}
