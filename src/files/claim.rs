//! Files that one program writes again and again, and no other meanwhile.

use super::lock::{is_taken, lock};
use super::{destination, folder_of};
use crate::error::{Error, Result};
use std::fs::{File, create_dir_all, remove_dir, remove_file};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The word that a file is being written from now on, and all that belongs to it: two trainings to one checkpoint
/// would each undo what the other wrote.
///
/// It is a lock on a file `.NAME.lock` beside the file, and both are gone when it is dropped. What a killed program leaves
/// of it is no obstacle. Where the file system has no locks, the other is not noticed.
#[derive(Debug)]
pub struct Claim(PathBuf);

/// What there is of the claims of this program.
static HELD: Mutex<Vec<Held>> = Mutex::new(Vec::new());

struct Held {
    path: PathBuf,
    /// The folders that were made for it, the innermost first.
    made: Vec<PathBuf>,
    /// Holds the lock. It is dropped last: without its lock, the file may be another's.
    _file: File,
}

fn held() -> MutexGuard<'static, Vec<Held>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Claim {
    /// Claims the file at `path`, whose folder is made if it is not there.
    ///
    /// # Errors
    /// If another claim of it lives, in this program or another, or something else than a file is there, or its folder
    /// cannot be written to.
    pub fn of(path: &Path) -> Result<Self> {
        let end = destination(path)?;
        let Some(name) = end.file_name() else {
            return Err(Error::new(path.display(), "a file to write", "a folder"));
        };
        let folder = folder_of(&end);
        let mut lock_name = std::ffi::OsString::from(".");
        lock_name.push(name);
        lock_name.push(".lock");
        let lock_path = folder.join(lock_name);
        let mut held = held();
        let made = folder.ancestors().filter(|f| !f.as_os_str().is_empty());
        let made: Vec<_> = made.take_while(|f| !f.exists()).map(Path::to_owned).collect();
        create_dir_all(folder).map_err(|e| Error::io(folder, e))?;
        loop {
            let file = File::options().write(true).create(true).truncate(false).open(&lock_path);
            let file = file.map_err(|e| Error::io(&lock_path, e))?;
            match lock(&file, &lock_path) {
                Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => {
                    let found = "one that another run is writing";
                    return Err(Error::new(path.display(), "a file of this run alone", found));
                }
                Err(e) if is_taken(&e) => {} // another was just done with it
                _ => {
                    held.push(Held { path: lock_path.clone(), made, _file: file });
                    return Ok(Self(lock_path));
                }
            }
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        held().retain(|held| held.path != self.0);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = remove_file(&self.path);
        // One with something in it stays.
        self.made.iter().for_each(|folder| drop(remove_dir(folder)));
    }
}

/// Ends all claims, for a program that ends.
pub(super) fn release_all() {
    held().clear();
}
