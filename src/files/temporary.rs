//! The temporary files of [`write_whole`](super::write_whole), `.switchnet-PROCESS-COUNT.part`: locked by the program
//! that writes them, so that one without a lock is a killed program's.

use super::lock::{is_taken, lock};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{File, read_dir, remove_file};
use std::io::{ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// A file that was not there before: no other thread and no other process has it.
pub struct Temporary {
    pub file: File,
    pub path: PathBuf,
}

impl Temporary {
    pub fn new(folder: &Path) -> Result<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        loop {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!(".switchnet-{}-{count}.part", std::process::id()));
            let file = match File::create_new(&path) {
                // One of another machine's process of the same number.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                made => made?,
            };
            // Where there are no locks, nobody takes it for a killed program's.
            match lock(&file, &path) {
                Err(error) if is_taken(&error) => {} // taken for one before it had its lock
                _ => return Ok(Self { file, path }),
            }
        }
    }

    pub fn remove(self) {
        let _ = remove_file(&self.path);
    }
}

/// Removes what killed programs left in `folder`, the first time that something is written there. What cannot be
/// removed stays.
pub fn clear(folder: &Path) {
    static CLEARED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    let mut cleared = CLEARED.lock().unwrap_or_else(PoisonError::into_inner);
    if !cleared.insert(folder.to_owned()) {
        return;
    }
    for entry in read_dir(folder).into_iter().flatten().flatten() {
        let file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if !file || !is_temporary(&entry.file_name()) {
            continue;
        }
        let path = entry.path();
        let Ok(file) = File::options().write(true).open(&path) else { continue };
        if lock(&file, &path).is_ok() {
            let _ = remove_file(&path);
        }
    }
}

fn is_temporary(name: &OsStr) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let name = name.to_str().and_then(|name| name.strip_prefix(".switchnet-"));
    name.and_then(|name| name.strip_suffix(".part")?.split_once('-'))
        .is_some_and(|(process, count)| number(process) && number(count))
}
