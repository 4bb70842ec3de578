//! How to understand a CSV file, as experiment files and checkpoints say it.

use serde::{Deserialize, Serialize};

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
    /// The one of this name in the header.
    Name(String),
}

/// What the target column holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TargetKind {
    /// Names of classes, numbers or text.
    #[default]
    Classes,
    /// Numbers to predict.
    Values,
}
