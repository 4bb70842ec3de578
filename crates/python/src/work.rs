//! Work without the interpreter's lock, and how Ctrl-C reaches it.

use crate::error::exception;
use crate::threads;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use std::any::Any;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use switchnet::{Result, one_line};

/// How often Python is asked whether Ctrl-C was pressed: to ask it after each step would wait for the interpreter's lock
/// each time.
const ASKED: Duration = Duration::from_millis(50);

/// What Python says to a piece of work while it runs.
pub struct Signals(Mutex<Said>);

struct Said {
    asked: Instant,
    /// What Ctrl-C or a callback raised.
    raised: Option<PyErr>,
}

impl Signals {
    fn said(&self) -> MutexGuard<'_, Said> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether to go on; Python is asked where it was not lately.
    pub fn go_on(&self) -> ControlFlow<()> {
        let said = self.said();
        if said.raised.is_some() {
            return ControlFlow::Break(());
        }
        if said.asked.elapsed() < ASKED {
            return ControlFlow::Continue(());
        }
        drop(said); // who holds the interpreter's lock may wait for it
        self.ask(|_| Ok(true))
    }

    /// Asks Python, and `more` too, whether to go on.
    pub fn ask(&self, more: impl FnOnce(Python<'_>) -> PyResult<bool>) -> ControlFlow<()> {
        let answer = Python::attach(|py| py.check_signals().and_then(|()| more(py)));
        let mut said = self.said();
        said.asked = Instant::now();
        let more = answer.unwrap_or_else(|error| {
            said.raised.get_or_insert(error);
            false
        });
        if more && said.raised.is_none() {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    }
}

/// Does `work` without the interpreter's lock, so that other threads of Python go on. What Python raised meanwhile is
/// raised when `work` ends, which should ask for it if it takes long. A panic, which would be a fault of ours, becomes a
/// `RuntimeError`.
pub fn watched<R: Send>(
    py: Python<'_>,
    work: impl FnOnce(&Signals) -> Result<R> + Send,
) -> PyResult<R> {
    let pool = threads::of_this_process().map_err(exception)?;
    // A callback is on such a thread already, which would wait for itself.
    let pool = pool.filter(|pool| pool.current_thread_index().is_none());
    let signals = Signals(Mutex::new(Said { asked: Instant::now(), raised: None }));
    let work = || catch_unwind(AssertUnwindSafe(|| work(&signals)));
    let done = py.detach(|| {
        let Some(pool) = pool else { return work() };
        // The work is on another thread, where Python says nothing of signals: this one, which may be the main one, asks.
        let (sender, receiver) = channel();
        pool.in_place_scope(|scope| {
            scope.spawn(|_| drop(sender.send(work())));
            loop {
                match receiver.recv_timeout(ASKED) {
                    Ok(done) => return done,
                    Err(RecvTimeoutError::Timeout) => drop(signals.ask(|_| Ok(true))),
                    Err(RecvTimeoutError::Disconnected) => unreachable!("what is done is sent"),
                }
            }
        })
    });
    let raised = signals.0.into_inner().unwrap_or_else(PoisonError::into_inner).raised;
    if let Some(raised) = raised {
        return Err(raised);
    }
    match done {
        Ok(result) => result.map_err(exception),
        Err(panic) => {
            Err(PyRuntimeError::new_err(format!("a fault of switchnet: {}", said(&panic))))
        }
    }
}

/// The same of work that asks for nothing.
pub fn detached<R: Send>(py: Python<'_>, work: impl FnOnce() -> Result<R> + Send) -> PyResult<R> {
    watched(py, |_| work())
}

/// What a panic said.
fn said(panic: &Box<dyn Any + Send>) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    one_line(text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without words"))
}
