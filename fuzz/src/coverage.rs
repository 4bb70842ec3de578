//! Which branches an input reached, if the program was compiled with LLVM's counters.
//!
//! The counters are there with
//! `RUSTFLAGS='-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=3
//! -Cllvm-args=-sanitizer-coverage-inline-8bit-counters'` and `--target`, which the stable compiler takes. Without
//! them an input is new if its answer is.

use std::slice;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering::Relaxed};

static START: AtomicPtr<u8> = AtomicPtr::new(std::ptr::null_mut());
static LENGTH: AtomicUsize = AtomicUsize::new(0);

/// Called by the start of the program for each of its parts, always with all counters.
///
/// # Safety
/// The counters must lie between the two and stay there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __sanitizer_cov_8bit_counters_init(start: *mut u8, end: *mut u8) {
    START.store(start, Relaxed);
    LENGTH.store(end as usize - start as usize, Relaxed);
}

/// What inputs have reached so far.
#[derive(Debug, Default)]
pub struct Coverage {
    /// Of each counter, the orders of magnitude that were seen, a bit for each.
    seen: Vec<u8>,
}

impl Coverage {
    /// Begins with counters at zero.
    pub fn begin(&mut self) {
        counters().fill(0);
    }

    /// Whether a counter since [`begin`](Self::begin) has an order of magnitude that it never had.
    pub fn is_new(&mut self) -> bool {
        let counters = counters();
        self.seen.resize(counters.len(), 0);
        let mut new = false;
        for (counts, seen) in counters.chunks(64).zip(self.seen.chunks_mut(64)) {
            if counts.iter().all(|&count| count == 0) {
                continue;
            }
            for (&count, seen) in counts.iter().zip(seen) {
                let bit = if count == 0 { 0 } else { 1 << count.ilog2() };
                new |= bit & !*seen != 0;
                *seen |= bit;
            }
        }
        new
    }

    /// How many counters were ever above zero.
    pub fn reached(&self) -> usize {
        self.seen.iter().filter(|&&seen| seen != 0).count()
    }
}

/// The program's counters; none if it was compiled without.
fn counters() -> &'static mut [u8] {
    let start = START.load(Relaxed);
    if start.is_null() {
        return &mut [];
    }
    // SAFETY: the range is the program's own, and the campaign looks at it from one thread between two executions.
    unsafe { slice::from_raw_parts_mut(start, LENGTH.load(Relaxed)) }
}
