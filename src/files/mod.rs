//! Writing files whole or not at all, and by one program at a time.

mod claim;
mod lock;
mod temporary;

pub use claim::Claim;

use crate::error::{Error, Result};
use std::fs::{FileType, metadata, read_link, rename};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

/// Held for reading while a file is being written.
static WRITING: RwLock<()> = RwLock::new(());

/// Writes `bytes` to `path` through a temporary file beside it, so that whoever opens `path` finds
/// the old file or the new one and never a part, even if the program is killed. (It does not wait for
/// the disk: a power cut may still lose the new file.) Makes the folder if it is not there.
///
/// A symbolic link stays one: the file that it leads to is written. What a killed program left of its temporary
/// files in the folder is removed.
///
/// # Errors
/// If there is something else than a file at `path` ([`destination`]), or the folder or the file cannot be written.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let _writing = WRITING.read().unwrap_or_else(PoisonError::into_inner);
    let end = destination(path)?;
    let folder = folder_of(&end);
    std::fs::create_dir_all(folder).map_err(|e| Error::io(folder, e))?;
    temporary::clear(folder);
    let mut file = temporary::Temporary::new(folder).map_err(|e| Error::io(folder, e))?;
    let written = file.file.write_all(bytes).and_then(|()| rename(&file.path, &end));
    written.map_err(|e| {
        file.remove();
        Error::io(path, e)
    })
}

/// The file that writing to `path` writes: the one at `path`, or to which the symbolic links there lead. It need not
/// be there yet.
///
/// # Errors
/// If what is there is no file but a folder, a device, a pipe or a socket, or cannot be looked at.
pub fn destination(path: &Path) -> Result<PathBuf> {
    let failed = |e| Error::io(path, e);
    match metadata(path) {
        Ok(found) if !found.is_file() => {
            Err(Error::new(path.display(), "a file to write", name_of(found.file_type())))
        }
        Ok(_) if path.is_symlink() => path.canonicalize().map_err(failed),
        Err(e) if e.kind() == ErrorKind::NotFound && path.is_symlink() => {
            let folder = path.parent().unwrap_or(Path::new(""));
            destination(&folder.join(read_link(path).map_err(failed)?))
        }
        Err(e) if e.kind() != ErrorKind::NotFound => Err(failed(e)),
        // `new/` and `new/.` are folders, though there are none yet.
        Err(_) if path.components().as_path().as_os_str() != path.as_os_str() => {
            Err(Error::new(path.display(), "a file to write", "a folder"))
        }
        _ => Ok(path.to_owned()),
    }
}

fn name_of(other: FileType) -> &'static str {
    if other.is_dir() { "a folder" } else { "a device, a pipe or a socket" }
}

/// The folder that a file is in.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Ends the program with `code` as soon as no thread is inside [`write_whole`], so that no temporary file and no
/// [`Claim`] is left behind: what a handler of Ctrl-C calls.
pub fn exit_between_files(code: i32) -> ! {
    let _nobody_writes = WRITING.write().unwrap_or_else(PoisonError::into_inner);
    claim::release_all();
    std::process::exit(code)
}
