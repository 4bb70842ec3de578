//! Opening data files, compressed or not.

use crate::error::{Error, Result};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{BufReader, Cursor, ErrorKind, Read};
use std::path::Path;

/// What is packed may unpack to so many bytes, however few they were,
const ALWAYS: u64 = 64 << 20;
/// and to so many times the bytes that were packed: several times what data of numbers come to, and a tenth of what
/// gzip makes of zeros. A short file is then not read as a long one by mistake; who means it unpacks it first.
const TIMES: u64 = 100;

/// The contents of `path`, unpacked if the first two bytes say gzip, whatever the name says.
///
/// Reading fails where a packed file unpacks to more than 64 MiB and 100 times its own bytes.
pub(super) fn open(path: &Path) -> Result<Box<dyn Read>> {
    // What is no file, such as a pipe, could be read once only, and it is opened several times.
    let about = std::fs::metadata(path).map_err(|error| Error::io(path, error))?;
    if !about.is_file() && !about.is_dir() {
        return Err(Error::new("data", "a file", "a pipe or a device").at(path.display()));
    }
    let mut file = File::open(path).map_err(|error| Error::io(path, error))?;
    let mut magic = Vec::new();
    file.by_ref().take(2).read_to_end(&mut magic).map_err(|error| Error::io(path, error))?;
    let packed = magic == [0x1F, 0x8B];
    let length = file.metadata().map_err(|error| Error::io(path, error))?.len();
    let file = BufReader::new(Cursor::new(magic).chain(file));
    if !packed {
        return Ok(Box::new(file));
    }
    let left = room(length);
    Ok(Box::new(BufReader::new(Bounded { inner: MultiGzDecoder::new(file), left })))
}

/// How many bytes so many packed ones may unpack to.
pub(super) fn room(length: u64) -> u64 {
    length.saturating_mul(TIMES).max(ALWAYS)
}

/// Gives no more than so many bytes, and fails where there are more.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(to)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => self.left = left,
            None => return Err(ErrorKind::FileTooLarge.into()),
        }
        Ok(read)
    }
}

/// A failure to read what [`open`] gave, in words about `path`.
pub(super) fn unreadable(path: &Path, error: std::io::Error) -> Error {
    match error.kind() {
        ErrorKind::FileTooLarge => {
            let expected = format_args!(
                "at most {} MiB or {TIMES} times the packed bytes (an unpacked file may have any size: gunzip it)",
                ALWAYS >> 20
            );
            Error::new("unpacked gzip data", expected, "more").at(path.display())
        }
        // The decoder's kinds; reading a plain file gives none of them.
        ErrorKind::InvalidInput | ErrorKind::InvalidData | ErrorKind::UnexpectedEof => {
            Error::new("gzip data", "an undamaged, complete file", error).at(path.display())
        }
        _ => Error::io(path, error),
    }
}

/// The name of a set read from `path`: the file's, without `.gz` and one more extension.
pub(super) fn name_of(path: &Path) -> String {
    let packed = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gz"));
    let path = if packed { path.with_extension("") } else { path.to_owned() };
    path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
