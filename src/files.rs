//! Writing files whole or not at all.

use crate::error::{Error, Result};
use std::io::Write;
use std::path::Path;
use std::sync::{PoisonError, RwLock};

/// Held for reading while a file is being written.
static WRITING: RwLock<()> = RwLock::new(());

/// Writes `bytes` to `path` through a temporary file beside it, so that whoever opens `path` finds
/// the old file or the new one and never a part, even if the program is killed. (It does not wait for
/// the disk: a power cut may still lose the new file.) Makes the folder if it is not there.
///
/// # Errors
/// If the folder or the file cannot be written.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let _writing = WRITING.read().unwrap_or_else(PoisonError::into_inner);
    std::fs::create_dir_all(folder).map_err(|e| Error::io(folder, e))?;
    let mut builder = tempfile::Builder::new();
    // Temporary files are private by default; this one becomes an ordinary file.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = builder.tempfile_in(folder).map_err(|e| Error::io(folder, e))?;
    file.write_all(bytes).map_err(|e| Error::io(path, e))?;
    file.persist(path).map_err(|e| Error::io(path, e.error))?;
    Ok(())
}

/// Ends the program with `code` as soon as no thread is inside [`write_whole`], so that no temporary file is
/// left behind: what a handler of Ctrl-C calls.
pub fn exit_between_files(code: i32) -> ! {
    let _nobody_writes = WRITING.write().unwrap_or_else(PoisonError::into_inner);
    std::process::exit(code)
}
