//! A sheet in numbers: features, targets, missing values.

use super::super::csv_options::Missing;
use super::super::dataset::{Dataset, Targets, check_weights};
use super::super::file::name_of;
use super::super::schema::{Schema, list, same};
use super::roles::{Roles, ranks};
use super::sheet::{Sheet, is_missing};
use crate::error::{Error, Result};
use crate::scalar::{Matrix, Scalar};
use std::collections::HashMap;

/// What is in a cell that may not be empty.
const HINT: &str = "missing = drop, mean or median allows it";

/// What a weight is.
const WEIGHT: &str = "a weight, a number not below 0";

/// A sheet in numbers. Missing features are NaN until they are filled.
pub(super) struct Table<T> {
    pub name: String,
    pub inputs: Matrix<T>,
    /// None if the sheet has no target.
    pub targets: Option<Targets<T>>,
    /// The classes that occur, in order; `targets` counts in these.
    pub classes: Vec<String>,
    /// The group of each row, if there are groups.
    pub groups: Option<Vec<String>>,
    /// How much each row counts, if they do not count alike.
    pub weights: Option<Vec<f64>>,
}

impl<T: Scalar> Table<T> {
    /// The numbers of `sheet` that `schema` names, and what its other columns of these `roles` say.
    pub fn of(
        sheet: &mut Sheet,
        schema: &Schema,
        Roles { target, values, group, weight }: Roles,
        missing: Missing,
    ) -> Result<Self> {
        let columns = places(sheet, schema)?;
        if missing == Missing::Drop {
            sheet.leave_out_missing(columns.iter().chain(&target).chain(&group).chain(&weight))?;
        }
        let rows = sheet.rows();
        let mut numbers = Vec::with_capacity(rows * columns.len());
        let fills = matches!(missing, Missing::Mean | Missing::Median);
        for (row, record) in sheet.records().enumerate() {
            let mut features = schema.features.iter().zip(&columns).peekable();
            let mut found = false; // whether one of the texts of a column is there
            while let Some((feature, &column)) = features.next() {
                let cell = &record[column];
                let missing = is_missing(cell);
                numbers.push(match &feature.category {
                    _ if missing && (fills || feature.missing.is_some()) => T::nan(),
                    Some(_) if missing => return Err(refusal(sheet, row, column, "a text")),
                    Some(category) => {
                        let is = same(cell, category);
                        found |= is;
                        let last = features.peek().is_none_or(|(_, next)| **next != column);
                        if last && !std::mem::take(&mut found) {
                            return Err(unknown(sheet, schema, row, column, &feature.column));
                        }
                        if is { T::one() } else { T::zero() }
                    }
                    None => number(sheet, cell, row, column)?,
                });
            }
        }
        let inputs =
            Matrix::from_shape_vec((rows, columns.len()), numbers).expect("rows × columns");
        let mut classes = Vec::new();
        let targets = match target {
            None => None,
            Some(target) if values => {
                let value = |(row, cell): (usize, String)| {
                    let cell = present(sheet, cell, row, target, "a finite number")?;
                    number(sheet, &cell, row, target)
                };
                let numbers = sheet.cells(target).enumerate().map(value);
                let numbers = numbers.collect::<Result<Vec<T>>>()?;
                let column = Matrix::from_shape_vec((rows, 1), numbers).expect("one for each row");
                Some(Targets::Values(column))
            }
            Some(target) => {
                let label = |(row, cell)| present(sheet, cell, row, target, "a label");
                let texts = sheet.cells(target).enumerate().map(label);
                let texts: Vec<String> = texts.collect::<Result<_>>()?;
                let labels;
                (classes, labels) = ranks(&texts);
                Some(Targets::Classes { labels, classes: classes.len() })
            }
        };
        let groups = group.map(|column| groups(sheet, column)).transpose()?;
        let weights = weight.map(|column| weights(sheet, column)).transpose()?;
        Ok(Self { name: name_of(&sheet.path), inputs, targets, classes, groups, weights })
    }

    /// Puts the mean or the median of each column in the given rows where numbers are missing, here and in `schema`.
    pub fn learn_missing(
        &self,
        rows: &[usize],
        schema: &mut Schema,
        missing: Missing,
    ) -> Result<()> {
        if !matches!(missing, Missing::Mean | Missing::Median) {
            return Ok(());
        }
        for (i, feature) in schema.features.iter_mut().enumerate() {
            let column = rows.iter().map(|&row| self.inputs[[row, i]].double());
            let mut known: Vec<f64> = column.filter(|x| !x.is_nan()).collect();
            let count = known.len();
            if count == 0 {
                let what = format!("column {}", feature.name());
                return Err(Error::new(what, "a number in the training part", "none"));
            }
            feature.missing = Some(match missing {
                Missing::Mean => known.iter().map(|x| x / count as f64).sum(),
                _ => {
                    known.sort_unstable_by(f64::total_cmp);
                    0.5 * known[(count - 1) / 2] + 0.5 * known[count / 2]
                }
            });
        }
        Ok(())
    }

    /// How many values are missing and stood for, and by what, in words; none if none is.
    pub fn filling(&self, schema: &Schema, missing: Missing) -> Option<String> {
        let (mut cells, mut columns, mut before) = (0, 0, None);
        for (feature, column) in schema.features.iter().zip(self.inputs.columns()) {
            // The features of one column of texts lack the same cells.
            if before.replace(&feature.column) != Some(&feature.column) {
                let count = column.iter().filter(|x| x.is_nan()).count();
                cells += count;
                columns += usize::from(count > 0);
            }
        }
        let rule = match missing {
            Missing::Mean => "means",
            Missing::Median => "medians",
            _ => "means or medians",
        };
        let many =
            |count, what| if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") };
        let (values, columns) = (many(cells, "missing value"), many(columns, "column"));
        let line = format!("{values} in {columns} filled in with the {rule} of the training rows");
        (cells > 0).then_some(line)
    }

    /// The inputs with what stands for missing values.
    pub fn filled(mut self, schema: &Schema) -> Self {
        for (feature, mut column) in schema.features.iter().zip(self.inputs.columns_mut()) {
            if let Some(missing) = feature.missing {
                column.mapv_inplace(|x| if x.is_nan() { T::of(missing) } else { x });
            }
        }
        self
    }

    /// The set, whose labels are classes of the schema.
    pub fn dataset(self, schema: Schema) -> Result<Dataset<T>> {
        let targets = match self.targets {
            None => {
                return Err(Error::new(
                    "columns",
                    format!("the target {:?}", schema.target),
                    "none of this name",
                ));
            }
            Some(Targets::Classes { mut labels, .. }) => {
                let places = Schema::of_classes(self.classes).classes_in(&schema)?;
                labels.iter_mut().for_each(|label| *label = places[*label]);
                Targets::Classes { labels, classes: schema.classes.len() }
            }
            Some(values) => values,
        };
        let shape = vec![self.inputs.ncols()];
        let set = Dataset::new(self.name, shape, self.inputs, targets)?.described(schema)?;
        match self.weights {
            Some(weights) => set.weighted(weights),
            None => Ok(set),
        }
    }
}

/// The groups of all rows.
pub(super) fn groups(sheet: &Sheet, column: usize) -> Result<Vec<String>> {
    sheet.tells("group", column)?;
    let member = |(row, cell)| present(sheet, cell, row, column, "a group");
    sheet.cells(column).enumerate().map(member).collect()
}

/// How much each row counts.
pub(super) fn weights(sheet: &Sheet, column: usize) -> Result<Vec<f64>> {
    let weight = |(row, cell)| {
        let cell = present(sheet, cell, row, column, WEIGHT)?;
        match number::<f64>(sheet, &cell, row, column)? {
            weight if weight < 0.0 => Err(Error::new(sheet.place(row, column), WEIGHT, weight)),
            weight => Ok(weight),
        }
    };
    let weights: Vec<f64> = sheet.cells(column).enumerate().map(weight).collect::<Result<_>>()?;
    check_weights(&weights, sheet.rows())?;
    Ok(weights)
}

/// Where the columns of the features are.
fn places<'a>(sheet: &Sheet, schema: &'a Schema) -> Result<Vec<usize>> {
    let names = super::columns(schema);
    let all = sheet.names();
    let alone = super::features_alone(sheet, schema);
    let known: HashMap<&str, usize> = all.iter().map(String::as_str).zip(0..).collect();
    let place = |(i, name): (usize, &&'a str)| match alone {
        true => Some((*name, i)),
        false => known.get(name).map(|place| (*name, *place)),
    };
    let places: Option<HashMap<&str, usize>> = names.iter().enumerate().map(place).collect();
    let Some(places) = places else {
        let found = match sheet.has_header() {
            true => list(&all),
            false => format!("{} columns without names", all.len()),
        };
        return Err(Error::new("columns", format!("{} among them", list(&names)), found));
    };
    Ok(schema.features.iter().map(|feature| places[feature.column.as_str()]).collect())
}

/// The number in a cell.
fn number<T: Scalar>(sheet: &Sheet, cell: &str, row: usize, column: usize) -> Result<T> {
    match sheet.number(cell) {
        Some(x) if T::of(x).is_finite() => Ok(T::of(x)),
        Some(_) => {
            let found = format!("{cell:?}, which is too large for {}", T::NAME);
            Err(Error::new(sheet.place(row, column), "a finite number", found))
        }
        None => Err(refusal(sheet, row, column, "a finite number")),
    }
}

/// What is in a cell that nothing can stand for.
fn present(
    sheet: &Sheet,
    cell: String,
    row: usize,
    column: usize,
    expected: &str,
) -> Result<String> {
    match cell {
        cell if is_missing(&cell) => {
            let cell = if cell.is_empty() { "an empty cell".into() } else { format!("{cell:?}") };
            let found = format!("{cell}; missing = drop leaves the row out");
            Err(Error::new(sheet.place(row, column), expected, found))
        }
        cell => Ok(cell),
    }
}

fn refusal(sheet: &Sheet, row: usize, column: usize, expected: &str) -> Error {
    let cell = sheet.cell(row, column);
    let found = match cell.as_str() {
        "" => format!("an empty cell; {HINT}"),
        cell if is_missing(cell) => format!("{cell:?}; {HINT}"),
        cell if cell.parse::<f64>().is_err() && !cell.starts_with(|c: char| c.is_ascii_digit()) => {
            format!("{cell:?}; one-hot makes features of texts, drop leaves a column out")
        }
        cell => format!("{cell:?}"),
    };
    Error::new(sheet.place(row, column), expected, found)
}

/// What is wrong with a text that no feature of the column stands for.
fn unknown(sheet: &Sheet, schema: &Schema, row: usize, column: usize, name: &str) -> Error {
    let categories = schema.features.iter().filter(|feature| feature.column == name);
    let categories: Vec<&str> = categories.filter_map(|f| f.category.as_deref()).collect();
    let expected = format!("one of {}", list(&categories));
    Error::new(sheet.place(row, column), expected, format!("{:?}", sheet.cell(row, column)))
}
