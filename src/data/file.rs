//! Opening data files, compressed or not.

use crate::error::{Error, Result};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{BufReader, Cursor, ErrorKind, Read};
use std::path::Path;

/// The contents of `path`, unpacked if the first two bytes say gzip, whatever the name says.
pub(super) fn open(path: &Path) -> Result<Box<dyn Read>> {
    let mut file = File::open(path).map_err(|error| Error::io(path, error))?;
    let mut magic = Vec::new();
    file.by_ref().take(2).read_to_end(&mut magic).map_err(|error| Error::io(path, error))?;
    let packed = magic == [0x1F, 0x8B];
    let file = BufReader::new(Cursor::new(magic).chain(file));
    Ok(if packed { Box::new(BufReader::new(MultiGzDecoder::new(file))) } else { Box::new(file) })
}

/// A failure to read what [`open`] gave, in words about `path`.
pub(super) fn unreadable(path: &Path, error: std::io::Error) -> Error {
    match error.kind() {
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
