//! The one error type: it names the thing, what was expected of it and what was found.

use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};

/// Shorthand for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a construction, a file or an argument was refused.
///
/// The message is one line and whole. [`Error::at`] puts a place (a file, a field, a layer) before it. What it
/// came from is its [source](std::error::Error::source) too, whose words stand at the message's end.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A value is not what it has to be.
    Invalid {
        /// The thing that is wrong, as the user knows it.
        what: String,
        /// What would have been right.
        expected: String,
        /// What was there.
        found: String,
    },
    /// The operating system refused to read or write a file.
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's own words.
        error: std::io::Error,
    },
    /// An error with the place where it happened in front.
    At {
        /// A file, a field, a layer.
        place: String,
        /// What went wrong there.
        error: Box<Error>,
    },
}

impl Display for Error {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid { what, expected, found } => {
                write!(f, "{what}: expected {expected}, found {found}")
            }
            Self::Io { path, error } => write!(f, "{}: {error}", path.display()),
            Self::At { place, error } => write!(f, "{place}: {error}"),
        }
    }
}

/// The message says all; what lies behind it is `source` for programs that ask the system's error.
impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Invalid { .. } => None,
            Self::Io { error, .. } => Some(error),
            Self::At { error, .. } => Some(error),
        }
    }
}

impl Error {
    /// `what: expected …, found …`.
    pub fn new(what: impl Display, expected: impl Display, found: impl Display) -> Self {
        Error::Invalid {
            what: what.to_string(),
            expected: expected.to_string(),
            found: found.to_string(),
        }
    }

    /// An input or output error on `path`.
    pub fn io(path: &Path, error: std::io::Error) -> Self {
        Error::Io { path: path.to_owned(), error }
    }

    /// The same error, said to have happened at `place`.
    #[must_use]
    pub fn at(self, place: impl Display) -> Self {
        Error::At { place: place.to_string(), error: Box::new(self) }
    }
}
