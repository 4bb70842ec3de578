//! What a row of data is, and so how it is drawn.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use switchnet::data::{Feature, Schema};
use switchnet::{Error, Result};

/// A row of fewer numbers is no series: two dozen are.
const LONG: usize = 24;
/// Rows of `[a, b]` numbers are `a` channels of a series if `b` is at least so many times `a`, else images.
const WIDE: usize = 4;

/// What a row of data is. Images are drawn as pixels, the features of a table as bars, a series as lines.
///
/// In files and on the command line: `image`, `table`, `series`, and `series:6` of six channels one behind another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Form {
    /// Numbers at places of a plane, once for each channel.
    Image,
    /// Numbers of which each has a meaning of its own.
    Table,
    /// Numbers one after another, once for each channel.
    Series {
        /// How many channels stand one behind another.
        channels: usize,
    },
}

impl Form {
    /// The rule which is which:
    ///
    /// - `[channels, 1, n]` is a series, and `[channels, n]` if `n` is at least 24 and four times `channels`; other shapes
    ///   of two or three sides are images.
    /// - Fewer than 24 features are a table.
    /// - 24 features and more are a series if they have no names, or if their names count: one stem and numbers that rise
    ///   by equal steps, as `t0`, `t1`, … or the column numbers of a file without a header. Several stems, each with 24 such
    ///   numbers or more and all with as many, are channels. With other names they are a table.
    ///
    /// ```
    /// use switchnet::data::Schema;
    /// use switchnet_lab::experiment::Form;
    ///
    /// let nameless = Schema::default();
    /// assert_eq!(Form::of(&[1, 8, 8], &nameless), Form::Image);
    /// assert_eq!(Form::of(&[150], &nameless), Form::Series { channels: 1 });
    /// assert_eq!(Form::of(&[6, 100], &nameless), Form::Series { channels: 6 });
    /// assert_eq!(Form::of(&[18], &nameless), Form::Table);
    /// ```
    pub fn of(shape: &[usize], schema: &Schema) -> Self {
        match *shape {
            [channels, 1, _] => Self::Series { channels },
            [channels, n] if n >= LONG && n >= WIDE * channels => Self::Series { channels },
            [_, _] | [_, _, _] => Self::Image,
            _ if shape.iter().product::<usize>() < LONG => Self::Table,
            _ if schema.features.is_empty() => Self::Series { channels: 1 },
            _ => match channels(&schema.features) {
                Some(channels) => Self::Series { channels },
                None => Self::Table,
            },
        }
    }

    /// The same form, if rows of `n` numbers can be of it.
    ///
    /// # Errors
    /// If they cannot be cut into as many channels.
    pub fn of_rows(self, n: usize) -> Result<Self> {
        match self {
            Self::Series { channels } if !n.is_multiple_of(channels) => {
                let expected = format!("a number that divides {n}");
                Err(Error::new("channels of a series", expected, channels))
            }
            form => Ok(form),
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Image => f.write_str("image"),
            Self::Table => f.write_str("table"),
            Self::Series { channels: 1 } => f.write_str("series"),
            Self::Series { channels } => write!(f, "series:{channels}"),
        }
    }
}

impl FromStr for Form {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let channels = |text: &str| text.parse().ok().filter(|&channels| channels > 0);
        let form = match text {
            "image" => Some(Self::Image),
            "table" => Some(Self::Table),
            "series" => Some(Self::Series { channels: 1 }),
            _ => text
                .strip_prefix("series:")
                .and_then(channels)
                .map(|channels| Self::Series { channels }),
        };
        let expected = "image, table, series, or series:6 for six channels";
        form.ok_or_else(|| Error::new("form", expected, text))
    }
}

impl TryFrom<String> for Form {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Form> for String {
    fn from(form: Form) -> Self {
        form.to_string()
    }
}

/// How many channels features are, if their names count.
fn channels(features: &[Feature]) -> Option<usize> {
    let length = features.iter().take_while(|feature| stem(feature) == stem(&features[0])).count();
    let whole = length >= LONG && features.len().is_multiple_of(length);
    let mut parts = features.chunks(length);
    (whole && parts.all(|part| counted(part).is_some())).then_some(features.len() / length)
}

fn stem(feature: &Feature) -> Option<&str> {
    Some(numbered(feature)?.0)
}

/// The stem that the names of features have in common and their numbers, if these rise by equal steps.
pub(crate) fn counted(features: &[Feature]) -> Option<(&str, Vec<f64>)> {
    let parts: Vec<(&str, u64)> = features.iter().map(numbered).collect::<Option<_>>()?;
    let ((stem, first), last) = (*parts.first()?, parts.last()?.1);
    let step = last.checked_sub(first)? / (parts.len() as u64 - 1).max(1);
    let fits = |(i, part): (u64, &(&str, u64))| *part == (stem, first + i * step);
    let even = (step > 0 || parts.len() == 1) && (0..).zip(&parts).all(fits);
    even.then(|| (stem, parts.iter().map(|(_, number)| *number as f64).collect()))
}

/// The name of a feature as a stem, which may be empty, and a number.
fn numbered(feature: &Feature) -> Option<(&str, u64)> {
    let name = feature.category.is_none().then_some(feature.column.as_str())?;
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    Some((stem, name[stem.len()..].parse().ok()?))
}
