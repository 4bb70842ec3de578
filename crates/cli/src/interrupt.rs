//! Ctrl-C: what was found is kept, and nothing is half done.
//!
//! From the first line of the program on, one of two things is true. Either nothing would be lost by ending now:
//! what was found is in files and on the screen, and the first Ctrl-C ends the program. Or the program is held
//! ([`hold`]): a training that can leave a checkpoint, a slice that can leave its polygons, files that belong
//! together. Then the first Ctrl-C only sets [`stopped`], for which whoever holds asks, and the second ends the
//! program; no file is left in part even so.

use anyhow::{Context, Result};
use std::io::{IsTerminal, Write, stderr};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use switchnet::exit_between_files;

/// The exit code of a program that Ctrl-C ended: 128 + SIGINT.
pub const INTERRUPTED: u8 = 130;

/// Whether Ctrl-C was pressed.
static STOPPED: AtomicBool = AtomicBool::new(false);

/// How many hold the program. The handler decides under this lock, so no hold begins while the program ends.
static HOLDS: Mutex<usize> = Mutex::new(0);

fn holds() -> MutexGuard<'static, usize> {
    HOLDS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Catches Ctrl-C from now on.
pub fn listen() -> Result<()> {
    ctrlc::set_handler(|| {
        let holds = holds();
        let first = !STOPPED.swap(true, Ordering::Relaxed);
        if first && *holds > 0 {
            if !super::SILENT.load(Ordering::Relaxed) {
                say("stopping after this step; press Ctrl-C again to end at once");
            }
            return;
        }
        if first {
            say("stopped");
        }
        exit_between_files(INTERRUPTED.into())
    })
    .context("cannot catch Ctrl-C")
}

/// Ends the program as a failure with this line, between two files.
pub fn end(why: &str) -> ! {
    say(&format!("error: {why}"));
    exit_between_files(1)
}

/// A line on standard error, below the progress bar that may be there. It is no failure if nobody can read it.
fn say(line: &str) {
    let above = if stderr().is_terminal() { "\n" } else { "" };
    let _ = writeln!(stderr(), "{above}{line}");
}

/// Whether Ctrl-C was pressed while the program was held.
pub fn stopped() -> bool {
    STOPPED.load(Ordering::Relaxed)
}

/// The answer to whoever asks whether to go on.
pub fn go_on() -> ControlFlow<()> {
    if stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

/// Keeps the first Ctrl-C from ending the program, as long as it lives.
#[must_use]
pub struct Hold(());

/// Holds the program.
pub fn hold() -> Hold {
    *holds() += 1;
    Hold(())
}

impl Drop for Hold {
    fn drop(&mut self) {
        *holds() -= 1;
    }
}
