//! Writing files whole or not at all.

use crate::error::{Error, Result};
use std::fs::{File, remove_file, rename};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
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
    let (mut file, temporary) = new_file(folder).map_err(|e| Error::io(folder, e))?;
    let written = file.write_all(bytes);
    drop(file); // some systems do not rename what is open
    written.and_then(|()| rename(&temporary, path)).map_err(|e| {
        let _ = remove_file(&temporary);
        Error::io(path, e)
    })
}

/// A file in `folder` that was not there before: no other thread and no other process has it.
fn new_file(folder: &Path) -> std::io::Result<(File, PathBuf)> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    loop {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!(".switchnet-{}-{count}.part", std::process::id()));
        match File::create_new(&path) {
            // One that a killed process of the same number left behind.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            made => return made.map(|file| (file, path)),
        }
    }
}

/// Ends the program with `code` as soon as no thread is inside [`write_whole`], so that no temporary file is
/// left behind: what a handler of Ctrl-C calls.
pub fn exit_between_files(code: i32) -> ! {
    let _nobody_writes = WRITING.write().unwrap_or_else(PoisonError::into_inner);
    std::process::exit(code)
}
