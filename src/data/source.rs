//! Where data come from, as experiment files and checkpoints say it.

use super::{CsvOptions, Files, Scope, Split, digits, spirals};
use crate::error::Result;
use crate::scalar::Scalar;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Data by name. Paths are relative to the folder the program runs in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Source {
    /// [`digits`].
    Digits {},
    /// [`spirals`], a second draw of the same size to test on.
    Spirals {
        /// Points of each class.
        #[serde(default = "three_hundred")]
        points: usize,
        /// The number of classes.
        #[serde(default = "three")]
        classes: usize,
        /// The deviation of the noise.
        #[serde(default = "little")]
        noise: f64,
    },
    /// [`Files`]. Without a set to test on a fifth of the rows is held out, drawn class by class with a fixed seed.
    #[serde(alias = "mnist")]
    Files(Files),
    /// CSV files, read as `read_csv_split` does. Reading them takes the feature `csv`.
    Csv {
        /// The file to train on.
        train: PathBuf,
        /// A file of rows to choose by (the best epoch, the best learning rate) instead of a part held out of the others.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        validation: Option<PathBuf>,
        /// The file to test on. Without it a fifth of the rows is held out with a fixed seed, class by class or by
        /// [groups](super::Dealing::Groups), and what stands for missing values is of the others.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        test: Option<PathBuf>,
        /// How to read the files.
        #[serde(default)]
        options: CsvOptions,
    },
}

fn three_hundred() -> usize {
    300
}

fn three() -> usize {
    3
}

fn little() -> f64 {
    0.03
}

impl Source {
    /// What inputs are standardized by if nothing is said: the features of a table each by itself, for they have
    /// different units; images all together.
    pub fn scope(&self) -> Scope {
        match self {
            Self::Csv { .. } => Scope::Feature,
            _ => Scope::Global,
        }
    }

    /// The files and folders that it names.
    ///
    /// ```
    /// use switchnet::data::{Files, Source};
    /// assert!(Source::Digits {}.paths().is_empty());
    /// let files = Files { labels: Some("y.npy".into()), ..Files::new("x.npy") };
    /// assert_eq!(Source::Files(files).paths(), ["x.npy", "y.npy"].map(std::path::Path::new));
    /// ```
    pub fn paths(&self) -> Vec<&Path> {
        match self {
            Self::Digits {} | Self::Spirals { .. } => Vec::new(),
            Self::Files(files) => files.paths().collect(),
            Self::Csv { train, validation, test, .. } => {
                [Some(train), validation.as_ref(), test.as_ref()]
                    .into_iter()
                    .flatten()
                    .map(PathBuf::as_path)
                    .collect()
            }
        }
    }

    /// Reads or makes the data.
    ///
    /// # Errors
    /// Those of the function named with each source.
    pub fn load<T: Scalar>(&self) -> Result<Split<T>> {
        self.load_noting(&mut |_| ())
    }

    /// Reads or makes the data. `note` is told in a line each how a file was understood where that does not go without
    /// saying.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_noting<T: Scalar>(&self, note: &mut dyn FnMut(&str)) -> Result<Split<T>> {
        match self {
            Self::Digits {} => Ok(digits()),
            Self::Spirals { points, classes, noise } => {
                let draw = |seed| spirals(*points, *classes, *noise, seed);
                Ok(Split { train: draw(1)?, test: draw(2)? })
            }
            Self::Files(files) => files.split(note),
            #[cfg(feature = "csv")]
            Self::Csv { train, validation, test, options } => {
                let (validation, test) = (validation.as_deref(), test.as_deref());
                super::csv::load(super::csv::Files { train, validation, test }, options, note)
            }
            #[cfg(not(feature = "csv"))]
            Self::Csv { train, .. } => {
                let expected = "a program whose switchnet has the feature csv";
                let _ = note;
                Err(crate::Error::new(train.display(), expected, "one without"))
            }
        }
    }
}
