//! Threads of a process that another one forked, as `multiprocessing` does: it has none of those that it was forked with,
//! and would wait for them for ever.

use rayon::{ThreadPool, ThreadPoolBuilder};
use std::process::id;
use std::sync::{Mutex, OnceLock, PoisonError};
use switchnet::{Error, Result};

/// The process that loaded the package. The library's threads are its own.
static FIRST: OnceLock<u32> = OnceLock::new();

/// Remembers this process as the one whose threads the library uses.
pub fn first() {
    FIRST.get_or_init(id);
}

/// The threads to work on where this process was forked from the first; none in the first. To be called with the
/// interpreter's lock, so that no process is forked meanwhile.
pub fn of_this_process() -> Result<Option<&'static ThreadPool>> {
    static OTHERS: Mutex<Option<(u32, &'static ThreadPool)>> = Mutex::new(None);
    let own = id();
    if *FIRST.get_or_init(id) == own {
        return Ok(None);
    }
    let mut others = OTHERS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((process, pool)) = *others
        && process == own
    {
        return Ok(Some(pool));
    }
    let pool = ThreadPoolBuilder::new().build();
    let pool = pool.map_err(|e| Error::new("threads of this process", "some", e))?;
    let pool = &*Box::leak(Box::new(pool)); // there is one for each process, as long as it lives
    *others = Some((own, pool));
    Ok(Some(pool))
}
