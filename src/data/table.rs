//! An array that stays in its file, of which some rows are read at a time.

use super::array::{Array, Kind};
use super::samples::Order;
use super::{idx, npy};
use crate::error::{Error, Result};
use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read, Seek};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The rows of an array in a file.
#[derive(Debug)]
pub(super) struct Table {
    pub path: PathBuf,
    file: File,
    /// Where its numbers begin.
    start: u64,
    kind: Kind,
    /// The number of rows and the sides of one.
    pub sides: Vec<usize>,
    /// What the sides are.
    pub order: Order,
}

impl Table {
    /// The array of an IDX file of one of these numbers of dimensions, or of a `.npy` file.
    pub fn open(path: &Path, dimensions: &[usize]) -> Result<Self> {
        let file = File::open(path).map_err(|e| Error::io(path, e))?;
        let mut reader = BufReader::new(file);
        let mut magic = Vec::new();
        reader.by_ref().take(6).read_to_end(&mut magic).map_err(|e| Error::io(path, e))?;
        reader.rewind().map_err(|e| Error::io(path, e))?;
        let (kind, sides, start, order) = match magic.as_slice() {
            npy::MAGIC => {
                let header = npy::Header::read(&mut reader).map_err(|e| e.at(path.display()))?;
                let npy::Header { kind, columns_first, shape, before } = header;
                if columns_first && shape.len() > 1 {
                    let expected = "rows one behind another (numpy.ascontiguousarray)";
                    let error = Error::new("order of the array", expected, "columns");
                    return Err(error.at(path.display()));
                }
                (kind, shape, before, Order::ShorterSide)
            }
            magic if magic.starts_with(idx::MAGIC) => {
                let header = idx::Header::read(&mut reader, path, dimensions)?;
                (header.kind, header.sizes, header.before, Order::ChannelsFirst)
            }
            magic => {
                let found = match magic {
                    [0x1F, 0x8B, ..] => "a packed one (gunzip it)",
                    _ => "another format",
                };
                let expected = "an IDX or a .npy file, to be read in blocks";
                return Err(Error::new(path.display(), expected, found));
            }
        };
        Self { path: path.to_owned(), file: reader.into_inner(), start, kind, sides, order }
            .checked()
    }

    /// The numbers of a file that has nothing else in it: of a type as NumPy calls it, such as `<f4`, in rows of these
    /// sides.
    pub fn raw(path: &Path, kind: &str, row: &[usize]) -> Result<Self> {
        let kind = npy::kind(kind)?;
        let file = File::open(path).map_err(|e| Error::io(path, e))?;
        let length = file.metadata().map_err(|e| Error::io(path, e))?.len();
        let bytes = row.iter().try_fold(kind.width, |bytes, &side| bytes.checked_mul(side));
        let rows = bytes.filter(|&bytes| bytes > 0).map(|bytes| length / bytes as u64);
        let sides = [&[rows.unwrap_or(0) as usize], row].concat();
        let order = Order::ChannelsFirst;
        Self { path: path.to_owned(), file, start: 0, kind, sides, order }.checked()
    }

    /// Refuses a file of another length than its sides say.
    fn checked(self) -> Result<Self> {
        let refuse = |what, expected: String, found: String| {
            Err(Error::new(what, expected, found).at(self.path.display()))
        };
        let length = self.file.metadata().map_err(|e| Error::io(&self.path, e))?.len();
        if self.sides.is_empty() || self.sides.contains(&0) {
            return refuse(
                "sides",
                "at least one row and one column".into(),
                format!("{:?}", self.sides),
            );
        }
        let bytes = self.sides.iter().try_fold(self.kind.width, |all, &side| all.checked_mul(side));
        let expected = bytes.and_then(|bytes| self.start.checked_add(bytes as u64));
        match expected {
            Some(expected) if expected == length => Ok(self),
            _ => {
                let expected = expected.map_or("fewer".to_owned(), |bytes| bytes.to_string());
                let expected =
                    format!("{expected}, as sides {:?} of {} have", self.sides, self.kind.name());
                refuse("bytes of the file", expected, length.to_string())
            }
        }
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.sides[0]
    }

    /// The numbers of a row.
    pub fn columns(&self) -> usize {
        self.sides[1..].iter().product()
    }

    /// The bytes of a row.
    pub fn row_bytes(&self) -> usize {
        self.kind.width * self.columns()
    }

    /// Reads these rows.
    pub fn read(&self, rows: Range<usize>) -> Result<Array> {
        self.read_into(Vec::new(), rows)
    }

    /// The same in memory that is there: what is new has to be mapped and cleared by the system, which takes longer than
    /// what is copied out of the page cache.
    pub fn read_into(&self, mut bytes: Vec<u8>, rows: Range<usize>) -> Result<Array> {
        bytes.resize(rows.len() * self.row_bytes(), 0);
        let start = self.start + rows.start as u64 * self.row_bytes() as u64;
        read_at(&self.file, &mut bytes, start).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => {
                let what = format!("row {}", rows.end - 1);
                Error::new(what, "one that was there before", "the end of the file")
                    .at(self.path.display())
            }
            _ => Error::io(&self.path, error),
        })?;
        let mut sides = self.sides.clone();
        sides[0] = rows.len();
        Ok(Array::of(self.kind, sides, bytes))
    }
}

/// Fills `bytes` from a place of the file. Threads do so side by side where the system can.
#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], start: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, start)
}

#[cfg(not(unix))]
fn read_at(mut file: &File, bytes: &mut [u8], start: u64) -> io::Result<()> {
    // A file has one place that all threads share.
    static ONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _one = ONE.lock();
    file.seek(io::SeekFrom::Start(start))?;
    file.read_exact(bytes)
}
