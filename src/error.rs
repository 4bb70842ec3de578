//! The one error type: it names the thing, what was expected of it and what was found.

use serde_json::Value;
use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};

/// Shorthand for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a construction, a file or an argument was refused.
///
/// The message is one line and whole: each of its parts is shown by [`one_line`]. [`Error::at`] puts a place (a file, a field, a layer) before it. What it
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
    /// A training got to numbers that are not finite.
    Diverged {
        /// The whole line: where, and which number.
        what: String,
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
                let [what, expected, found] = [what, expected, found].map(one_line);
                write!(f, "{what}: expected {expected}, found {found}")
            }
            Self::Diverged { what } => write!(f, "{}", one_line(what)),
            Self::Io { path, error } => {
                write!(f, "{}: {}", one_line(path.display()), one_line(error))
            }
            Self::At { place, error } => write!(f, "{}: {error}", one_line(place)),
        }
    }
}

/// The message says all; what lies behind it is `source` for programs that ask the system's error.
impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Invalid { .. } | Self::Diverged { .. } => None,
            Self::Io { error, .. } => Some(error),
            Self::At { error, .. } => Some(error.as_ref()),
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

    /// Where two values of one kind differ: `what.field: expected …, found …` of the first field of which that is true, or
    /// none.
    pub fn difference(what: &str, expected: &Value, found: &Value) -> Option<Self> {
        let text = |value: &Value| match value {
            Value::Null => "none".to_owned(),
            Value::Object(_) => "a table".to_owned(),
            Value::Array(_) => "a list".to_owned(),
            value => value.to_string(),
        };
        let part = |of: String, expected: Option<&Value>, found: Option<&Value>| {
            let [expected, found] = [expected, found].map(|value| value.unwrap_or(&Value::Null));
            Self::difference(&of, expected, found)
        };
        match (expected, found) {
            (Value::Object(a), Value::Object(b)) => {
                let fields = a.keys().chain(b.keys());
                fields.into_iter().find_map(|k| part(format!("{what}.{k}"), a.get(k), b.get(k)))
            }
            (Value::Array(a), Value::Array(b)) => (0..a.len().max(b.len()))
                .find_map(|i| part(format!("{what}[{i}]"), a.get(i), b.get(i))),
            (a, b) => (a != b).then(|| Self::new(what, text(a), text(b))),
        }
    }

    /// An input or output error on `path`.
    pub fn io(path: &Path, error: std::io::Error) -> Self {
        Error::Io { path: path.to_owned(), error }
    }

    /// Whether a training diverged.
    ///
    /// ```
    /// use switchnet::{data::digits, net::zoo, train::{Training, fit}};
    /// let mut net = zoo::mlp(&[64], &[8], 10, 1).build::<f32>()?;
    /// let training = Training { learning_rate: 1e30, epochs: 2, ..Training::default() };
    /// let error = fit(&mut net, &digits().train, &training, &mut ()).unwrap_err();
    /// assert!(error.is_divergence());
    /// # Ok::<(), switchnet::Error>(())
    /// ```
    pub fn is_divergence(&self) -> bool {
        match self {
            Self::Diverged { .. } => true,
            Self::At { error, .. } => error.is_divergence(),
            Self::Invalid { .. } | Self::Io { .. } => false,
        }
    }

    /// The same error, said to have happened at `place`.
    #[must_use]
    pub fn at(self, place: impl Display) -> Self {
        Error::At { place: place.to_string(), error: Box::new(self) }
    }
}

/// Of a longer text, so many characters of the beginning and of the end are shown.
const BEGINNING: usize = 600;
const END: usize = 200;

/// A text from outside as a part of a message: on one line, with an escape (`\n`, `\u{1b}`) for each character that
/// would do something to a terminal or to the order of what is read, and with an ellipsis for the middle of a very long
/// one.
///
/// ```
/// assert_eq!(switchnet::one_line("two\nlines, \u{1b}[31mred"), "two\\nlines, \\u{1b}[31mred");
/// ```
pub fn one_line(text: impl Display) -> String {
    let text = text.to_string();
    if text.chars().nth(BEGINNING + END).is_none() {
        return escaped(&text);
    }
    let place = |(i, _): (usize, char)| i;
    let first = text.char_indices().nth(BEGINNING).map_or(text.len(), place);
    let last = text.char_indices().nth_back(END - 1).map_or(0, place);
    format!("{}…{}", escaped(&text[..first]), escaped(&text[last..]))
}

/// The same of the whole text, however long.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let hidden = matches!(
            c, // marks of direction, of line ends and of nothing that can be seen
            '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
                | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}'
        );
        if hidden || c.is_control() { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}
