//! CSV files: one sample a line, one column of it the target. A Parquet file is read as the CSV file of its rows.
//!
//! A file becomes cells ([`sheet`]), its columns get their parts ([`roles`]), which is the schema, and by the schema the
//! cells become numbers ([`table`]). Another file is read by the schema alone.

#[cfg(feature = "parquet")]
mod parquet;
mod roles;
mod sheet;
mod table;

use super::csv_options::{CsvOptions, LabelColumn, Missing};
use super::dataset::{Dataset, Split, Targets};
use super::deal::{Dealing, TEST};
use super::schema::Schema;
use crate::error::Result;
use crate::scalar::{Matrix, Scalar};
use roles::Roles;
use sheet::Sheet;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use table::Table;

/// Reads a CSV file, plain or gzip. All columns but the target are features, unless the options say otherwise.
///
/// Classes are the distinct labels: in the order of numbers if each is a whole number (`1` and
/// `1.0` are the same class), in the order of their text otherwise. Space around a cell is dropped. The mean or median that
/// stands for missing values, if that is asked for, is of the whole file.
///
/// # Errors
/// If the file cannot be read, has no samples, has lines of different lengths, lacks a column that is named, has a
/// column that counts the rows, or a cell is missing or not a finite number where it has to be; the message gives the
/// line and the column, counted from 1.
pub fn read_csv<T: Scalar>(path: &Path, options: &CsvOptions) -> Result<Dataset<T>> {
    let mut sheet = Sheet::read(path, options, &[])?;
    in_file(path, || {
        let (mut schema, _, table) = learn(&mut sheet, options)?;
        let rows: Vec<usize> = (0..table.inputs.nrows()).collect();
        table.learn_missing(&rows, &mut schema, options.missing)?;
        let dealing = dealing(&table, &groups([&table]));
        table.filled(&schema).dataset(schema)?.dealt(dealing)
    })
}

/// The groups of all tables: they go by their names, in whichever file.
fn groups<'a, T: 'a>(tables: impl IntoIterator<Item = &'a Table<T>>) -> BTreeMap<String, usize> {
    let all = tables.into_iter().flat_map(|table| table.groups.iter().flatten());
    let all: BTreeSet<String> = all.cloned().collect();
    all.into_iter().zip(0..).collect()
}

/// How the rows of a table are dealt to parts.
fn dealing<T>(table: &Table<T>, groups: &BTreeMap<String, usize>) -> Dealing {
    match &table.groups {
        Some(own) => Dealing::Groups(own.iter().map(|name| groups[name]).collect()),
        None => Dealing::ByClass,
    }
}

/// Reads a training and a test set as [`read_csv`] does. Both have the classes found in either. The test file is read by
/// the names of the training file's columns: their order does not matter, and columns beside them are not looked at. What
/// stands for missing values is of the training file.
///
/// # Errors
/// As [`read_csv`], and if the test file lacks a column.
pub fn read_csv_split<T: Scalar>(
    train: &Path,
    test: &Path,
    options: &CsvOptions,
) -> Result<Split<T>> {
    load(Files { train, validation: None, test: Some(test) }, options, &mut |_| ())
}

/// The files of a data set.
pub(super) struct Files<'a> {
    pub train: &'a Path,
    pub validation: Option<&'a Path>,
    pub test: Option<&'a Path>,
}

/// Reads the files of a data set, and tells how it understood them. Those beside the training file are read by the names of
/// its columns, and classes are those of all. Without a file to test on, rows are held out. Rows to choose by stand behind
/// those to train on and are marked. What is tested on has groups and weights, for a cross-validation trains with it too, if
/// its file has them for every row: they are not asked for.
pub(super) fn load<T: Scalar>(
    files: Files<'_>,
    options: &CsvOptions,
    note: &mut dyn FnMut(&str),
) -> Result<Split<T>> {
    let path = files.train;
    let mut notes = Vec::new();
    let (mut schema, [group, weight], table) = {
        let mut sheet = Sheet::read(path, options, &[])?;
        let (schema, roles, table) = in_file(path, || learn::<T>(&mut sheet, options))?;
        tell(&sheet, &mut |line| notes.push(line.to_owned()));
        // Other files may have their columns in another order.
        let name = |column: Option<usize>| column.map(|column| sheet.names().swap_remove(column));
        (schema, [name(roles.group), name(roles.weight)], table)
    };
    let mut others = Vec::new();
    let mut other = |path, is_test: bool| {
        let mut sheet = Sheet::read(path, options, &columns(&schema))?;
        let table = in_file(path, || {
            let named = |what, name: &Option<String>| match name {
                Some(name) if !features_alone(&sheet, &schema) => sheet.named(what, name),
                _ => Ok(None),
            };
            let (group, weight) = (named("group", &group)?, named("weight", &weight)?);
            let plain = plain(&schema, target(&sheet, &schema, options)?);
            if !is_test {
                let roles = Roles { group, weight, ..plain };
                return Table::<T>::of(&mut sheet, &schema, roles, options.missing);
            }
            let table = Table::of(&mut sheet, &schema, plain, options.missing)?;
            let groups = group.and_then(|column| table::groups(&sheet, column).ok());
            let weights = weight.and_then(|column| table::weights(&sheet, column).ok());
            Ok(Table { groups, weights, ..table })
        })?;
        tell(&sheet, &mut |line| others.push(line.to_owned()));
        Ok(table)
    };
    let validation = files.validation.map(|path| other(path, false)).transpose()?;
    let test = files.test.map(|path| other(path, true)).transpose()?;

    let tables = [Some(&table), validation.as_ref(), test.as_ref()];
    let classes: Vec<&str> =
        tables.into_iter().flatten().flat_map(|t| &t.classes).map(String::as_str).collect();
    let own = std::mem::replace(&mut schema.classes, roles::ranks(&classes).0);
    if let (true, Some(line)) = (own != schema.classes, notes.last_mut()) {
        // The last that is said of the file is what its target is; a net has the classes of all.
        let [alone, all] = [&own, &schema.classes].map(|classes| roles::said(classes));
        if let Some(start) = line.strip_suffix(&alone) {
            *line = format!("{start}{all} (of all files; {} in this one)", own.len());
        }
    }
    notes.iter().chain(&others).for_each(|line| note(line));
    let groups = groups(tables.into_iter().flatten());
    let rows = table.inputs.nrows();
    let (rest, out) = match &test {
        Some(_) => ((0..rows).collect(), Vec::new()),
        None => {
            let labels = table.targets.as_ref().and_then(Targets::labels);
            in_file(path, || dealing(&table, &groups).hold_out(rows, labels, TEST.0, TEST.1))?
        }
    };
    in_file(path, || table.learn_missing(&rest, &mut schema, options.missing))?;
    let mut read = |path: &Path, table: Table<T>| {
        if let Some(line) = table.filling(&schema, options.missing) {
            note(&format!("{}: {line}", path.display()));
        }
        let dealing = dealing(&table, &groups);
        in_file(path, || table.filled(&schema).dataset(schema.clone())?.dealt(dealing))
    };
    let all = read(path, table)?;
    let test = match (files.test, test) {
        (Some(path), Some(table)) => read(path, table)?,
        _ => all.select(&out),
    };
    let train = all.select(&rest);
    let train = match (files.validation, validation) {
        (Some(path), Some(table)) => {
            let more = read(path, table)?;
            let held = (0..train.len() + more.len()).map(|row| row >= train.len()).collect();
            train.and(&more)?.dealt(Dealing::Given(held))?
        }
        _ => train,
    };
    Ok(Split { train, test })
}

/// Reads a CSV file by the schema of other data, such as those that a net was trained with: features and target by the
/// names of their columns, labels by the names of the classes, and what the schema says for missing values. Columns may
/// stand in any order and there may be others; a file may have some of the classes only. Groups and weights are for what
/// is trained with, and are not looked at. `options` is for the rest, and for a target of another name; a missing value
/// for which the schema has nothing is refused, or its row is left out. `note` is told how the file was understood, in a line each.
///
/// ```
/// use switchnet::data::{CsvOptions, read_csv, read_csv_as};
///
/// let folder = std::env::temp_dir();
/// let [old, new] = ["old", "new"].map(|name| folder.join(format!("switchnet-plants-{name}.csv")));
/// std::fs::write(&old, "width,height,kind\n1,2,oak\n3,4,ash\n5,6,elm\n")?;
/// std::fs::write(&new, "kind,height,width\noak,7,8\n")?;
/// let trained = read_csv::<f64>(&old, &CsvOptions::default())?;
/// let set = read_csv_as::<f64>(&new, trained.schema(), &CsvOptions::default(), &mut |_| ())?;
/// assert_eq!(set.inputs(), ndarray::array![[8.0, 7.0]]);
/// assert_eq!(set.schema().class(set.labels().unwrap()[0]), "oak");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`read_csv`]; if a column is not there; if a label is none of the classes.
pub fn read_csv_as<T: Scalar>(
    path: &Path,
    schema: &Schema,
    options: &CsvOptions,
    note: &mut dyn FnMut(&str),
) -> Result<Dataset<T>> {
    let table = read_as(path, schema, options, true, note)?;
    in_file(path, || table.dataset(schema.clone()))
}

/// Reads the features of a CSV file by the schema of other data, as [`read_csv_as`] does. A target may be there or not; it
/// is not looked at. No row is left out.
///
/// # Errors
/// As there.
pub fn read_csv_inputs<T: Scalar>(
    path: &Path,
    schema: &Schema,
    options: &CsvOptions,
    note: &mut dyn FnMut(&str),
) -> Result<Matrix<T>> {
    let missing = match options.missing {
        Missing::Drop => Missing::Refuse,
        other => other,
    };
    let options = CsvOptions { missing, ..options.clone() };
    read_as(path, schema, &options, false, note).map(|table| table.inputs)
}

fn read_as<T: Scalar>(
    path: &Path,
    schema: &Schema,
    options: &CsvOptions,
    labeled: bool,
    note: &mut dyn FnMut(&str),
) -> Result<Table<T>> {
    // Means are what was learned before, or there is none.
    let missing = if options.missing == Missing::Drop { Missing::Drop } else { Missing::Refuse };
    let mut sheet = Sheet::read(path, options, &columns(schema))?;
    let table = in_file(path, || {
        let target = if labeled { target(&sheet, schema, options)? } else { None };
        let roles = plain(schema, target);
        let table = Table::of(&mut sheet, schema, roles, missing)?;
        sheet.notes.extend(table.filling(schema, options.missing));
        Ok(table.filled(schema))
    })?;
    tell(&sheet, note);
    Ok(table)
}

/// The schema of a sheet, the columns beside it, and the sheet in numbers.
fn learn<T: Scalar>(sheet: &mut Sheet, options: &CsvOptions) -> Result<(Schema, Roles, Table<T>)> {
    let (schema, roles) = roles::schema(sheet, options)?;
    let table = Table::of(sheet, &schema, roles, options.missing)?;
    Ok((schema, roles, table))
}

/// The columns beside the features of a sheet that is read by a schema and not trained with: no groups and no weights.
fn plain(schema: &Schema, target: Option<usize>) -> Roles {
    Roles { target, values: schema.classes.is_empty(), group: None, weight: None }
}

/// Whether a sheet without names has the columns of the features and no others.
fn features_alone(sheet: &Sheet, schema: &Schema) -> bool {
    !sheet.has_header() && sheet.columns() == columns(schema).len()
}

/// The columns that features are made of, each once; the features of one column stand together.
fn columns(schema: &Schema) -> Vec<&str> {
    let mut columns: Vec<&str> = schema.features.iter().map(|f| f.column.as_str()).collect();
    columns.dedup();
    columns
}

/// Where the target of a sheet is that is read by a schema, if it is there: under the name that the options give, else
/// under that of the schema. A number counts the columns of the file that the schema is of, and not of this one.
fn target(sheet: &Sheet, schema: &Schema, options: &CsvOptions) -> Result<Option<usize>> {
    if features_alone(sheet, schema) {
        return Ok(None);
    }
    let target = match &options.label {
        LabelColumn::Name(name) if sheet.has_header() && name.parse::<usize>().is_err() => {
            Some(sheet.find("target column", name)?)
        }
        _ => sheet.names().iter().position(|name| *name == schema.target),
    };
    target.map_or(Ok(()), |target| sheet.tells("target column", target))?;
    Ok(target)
}

fn tell(sheet: &Sheet, note: &mut dyn FnMut(&str)) {
    for line in &sheet.notes {
        note(&format!("{}: {line}", sheet.path.display()));
    }
}

fn in_file<R>(path: &Path, read: impl FnOnce() -> Result<R>) -> Result<R> {
    read().map_err(|error| error.at(path.display()))
}
