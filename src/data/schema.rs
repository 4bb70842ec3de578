//! What the numbers of a data set are called: its classes, its features, its target.

use super::dataset::Targets;
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The names that belong to a data set, in the order of its numbers.
///
/// A checkpoint keeps the schema of the data that its net was trained with, so that another file is read by names and
/// never by its own order.
///
/// ```
/// let schema = switchnet::data::Schema::of_classes(["setosa", "virginica"]);
/// assert_eq!(schema.class(1), "virginica");
/// assert_eq!(schema.feature(3), "input 3"); // features without names go by their number, from 0
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Schema {
    /// The name of each class; none if the targets are values.
    pub classes: Vec<String>,
    /// What the target column is called, if the data are a table.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub target: String,
    /// Where each feature comes from; none if features have no names, as the pixels of an image.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<Feature>,
}

/// A feature made of a column of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feature {
    /// The column: its name in the header or, in a file without one, its number counted from 1.
    pub column: String,
    /// If the column holds texts: the feature is 1 where the column has this one, and 0 elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// What stands for a missing value, if there may be any: the mean or the median of the training part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<f64>,
}

impl Feature {
    /// The column, and the text if the feature is of one: `color` or `color=red`.
    pub fn name(&self) -> Cow<'_, str> {
        match &self.category {
            Some(category) => Cow::Owned(format!("{}={category}", self.column)),
            None => Cow::Borrowed(&self.column),
        }
    }
}

impl Schema {
    /// Classes with names, features without.
    pub fn of_classes(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { classes: names.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    /// Classes that are called by their numbers, if the targets are classes.
    pub(super) fn of_numbers<T>(targets: &Targets<T>) -> Self {
        match targets {
            Targets::Classes { classes, .. } => {
                Self::of_classes((0..*classes).map(|class| class.to_string()))
            }
            Targets::Values(_) => Self::default(),
        }
    }

    /// What class `class` is called: its number if it has no name.
    pub fn class(&self, class: usize) -> Cow<'_, str> {
        match self.classes.get(class) {
            Some(name) => Cow::Borrowed(name),
            None => Cow::Owned(class.to_string()),
        }
    }

    /// What feature `feature` is called: `input` and its number if it has no name.
    pub fn feature(&self, feature: usize) -> Cow<'_, str> {
        match self.features.get(feature) {
            Some(feature) => feature.name(),
            None => Cow::Owned(format!("input {feature}")),
        }
    }

    /// What output `output` of a net is called: the class, or the target.
    pub fn output(&self, output: usize) -> Cow<'_, str> {
        match (self.classes.is_empty(), self.target.as_str(), output) {
            (true, "", _) => Cow::Owned(format!("output {output}")),
            (true, target, 0) => Cow::Borrowed(target),
            (true, target, _) => Cow::Owned(format!("{target} {output}")),
            (false, ..) => self.class(output),
        }
    }

    /// The class of `other` that each class of this schema is.
    ///
    /// # Errors
    /// If `other` lacks one of them; the message names both lists.
    pub(super) fn classes_in(&self, other: &Self) -> Result<Vec<usize>> {
        let place = |name: &String| other.classes.iter().position(|known| same(known, name));
        match self.classes.iter().map(place).collect() {
            Some(places) => Ok(places),
            None => {
                let expected = format!("among {}", list(&other.classes));
                Err(Error::new("classes", expected, list(&self.classes)))
            }
        }
    }

    /// Whether the schema fits data of so many columns with these targets.
    pub(super) fn check<T>(&self, columns: usize, targets: &Targets<T>) -> Result<()> {
        let classes = match targets {
            Targets::Classes { classes, .. } => *classes,
            Targets::Values(_) => 0,
        };
        if self.classes.len() != classes {
            return Err(Error::new("names of classes", classes, self.classes.len()));
        }
        let mut seen = BTreeSet::new();
        if let Some(twice) = self.classes.iter().find(|name| !seen.insert(*name)) {
            return Err(Error::new(
                "names of classes",
                "different ones",
                format!("{twice:?} twice"),
            ));
        }
        match self.features.len() {
            0 => Ok(()),
            count if count == columns => Ok(()),
            count => Err(Error::new("names of features", columns, count)),
        }
    }
}

/// Whether two names are of the same class: equal, or the same whole number, as `1` and `1.0` are.
pub(super) fn same(a: &str, b: &str) -> bool {
    a == b || whole(a).is_some_and(|a| whole(b) == Some(a))
}

/// The label as a whole number, if it is one that `f64` has exactly or `i64` reads.
pub(super) fn whole(label: &str) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53
    label.parse().ok().or_else(|| {
        let x: f64 = label.parse().ok()?;
        (x.fract() == 0.0 && x.abs() <= EXACT).then_some(x as i64)
    })
}

/// Names for a message: the first twelve, and how many more there are.
pub(super) fn list<S: AsRef<str>>(names: &[S]) -> String {
    const SHOWN: usize = 12;
    let mut text: Vec<&str> = names.iter().take(SHOWN).map(AsRef::as_ref).collect();
    let more = format!("and {} more", names.len().saturating_sub(SHOWN));
    if names.len() > SHOWN {
        text.push(&more);
    }
    if text.is_empty() { "none".to_owned() } else { text.join(", ") }
}
