//! How to understand a CSV file, as experiment files and checkpoints say it.

use serde::{Deserialize, Serialize};

/// How to understand a CSV file.
///
/// By default the separator, the decimal mark and the header are found out, the target is the last column, and whether
/// it holds classes or values follows from what is in it. A column may be named as in the header or by its number,
/// counted from 1 in the file to train on; other files have it by its name there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct CsvOptions {
    /// Whether the first line names the columns.
    pub header: Header,
    /// Which column is the target.
    pub label: LabelColumn,
    /// What the target is.
    pub kind: TargetKind,
    /// What stands between cells; found out if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub separator: Option<char>,
    /// The decimal mark of numbers.
    #[serde(skip_serializing_if = "is_default")]
    pub decimal: Decimal,
    /// The columns that are features, in this order; all but the target if none is named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Columns that are left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub drop: Vec<String>,
    /// Columns of texts that become a feature for each text, 1 where the cell has it and 0 elsewhere.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub one_hot: Vec<String>,
    /// A column whose equal cells are of one group: its rows stay together when a part is held out, to test on or to
    /// choose by. It is no feature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// A column of numbers not below 0: how much each row [counts](super::Dataset::weighted) in training. It is no feature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<String>,
    /// What happens to a missing value: an empty cell, `NA`, `N/A`, `NaN`, `null`, `None` or `?`.
    #[serde(skip_serializing_if = "is_default")]
    pub missing: Missing,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Whether the first line names the columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
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
#[non_exhaustive]
pub enum LabelColumn {
    /// The first.
    First,
    /// The last.
    #[default]
    Last,
    /// The one of this name in the header, or of this number.
    Name(String),
}

/// What the target column holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TargetKind {
    /// Classes if a target is no number, or if all are whole numbers of which there are at most 10, or at most 100 with
    /// 10 rows each on the average; otherwise values. More than 20 texts that hardly recur (on the average less than
    /// twice) are refused: such a column is no target.
    #[default]
    Auto,
    /// Names of classes, numbers or text.
    Classes,
    /// Numbers to predict.
    Values,
}

/// The decimal mark of numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Decimal {
    /// A comma if there are numbers with a comma and none with a point; if both occur, the file is refused.
    #[default]
    Auto,
    /// `1.5`
    Point,
    /// `1,5`
    Comma,
}

/// What happens to missing values among the features. A missing target is refused, or dropped with its row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Missing {
    /// The file is refused; the message names the first place.
    #[default]
    Refuse,
    /// The row is left out.
    Drop,
    /// The mean of the column in the training part stands for it.
    Mean,
    /// The median of the column in the training part stands for it; of an even number of values, the mean of the two in
    /// the middle.
    Median,
}
