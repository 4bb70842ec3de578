//! Files that tell by a lock whether the program that made them lives: the system takes a lock back with the
//! process, however it ended, and on a shared folder knows those of other machines. The number of a process, which
//! another may have by now, tells neither.

use std::fs::{File, TryLockError};
use std::io::{Error, ErrorKind, Result};
use std::path::Path;

/// Locks `file`, which was opened at `path`, until it is dropped.
///
/// # Errors
/// `WouldBlock` if another has the lock, `NotFound` if the file has been removed meanwhile, `Unsupported` or another one
/// where the file system has no locks.
pub fn lock(file: &File, path: &Path) -> Result<()> {
    file.try_lock().map_err(|e| match e {
        TryLockError::WouldBlock => ErrorKind::WouldBlock.into(),
        TryLockError::Error(e) => e,
    })?;
    match is_at(file, path) {
        Ok(true) => Ok(()),
        Ok(false) => Err(ErrorKind::NotFound.into()),
        Err(e) => Err(e),
    }
}

/// Whether an error says that another has the lock, or had it when it removed the file: not that there are no locks.
pub fn is_taken(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotFound)
}

/// Whether the open `file` is the one at `path`.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let (a, b) = (file.metadata()?, std::fs::symlink_metadata(path)?);
    Ok((a.dev(), a.ino()) == (b.dev(), b.ino()))
}

/// The same where there are no inodes to compare.
#[cfg(not(unix))]
fn is_at(_file: &File, path: &Path) -> Result<bool> {
    path.try_exists()
}
