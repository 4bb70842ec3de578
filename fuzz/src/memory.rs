//! The program's allocator: it counts what is held, and refuses what goes beyond a bound.
//!
//! A refusal ends the process (an allocator must not unwind). The campaign's parent process then keeps the input.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The system's allocator with a bound.
#[derive(Debug)]
pub struct Bounded;

static HELD: AtomicUsize = AtomicUsize::new(0);
static BOUND: AtomicUsize = AtomicUsize::new(usize::MAX);

#[global_allocator]
static ALLOCATOR: Bounded = Bounded;

impl Bounded {
    /// Whether so many bytes more may be held; if so they are counted.
    fn takes(bytes: usize) -> bool {
        let held = HELD.fetch_add(bytes, Relaxed).saturating_add(bytes);
        let fits = held <= BOUND.load(Relaxed);
        if !fits {
            HELD.fetch_sub(bytes, Relaxed);
        }
        fits
    }
}

// SAFETY: what is not refused with a null pointer goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Bounded {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !Self::takes(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's promise about the layout.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if !Self::takes(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's promise about the layout.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller's promise that it came from here, so from the system's allocator.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if size > layout.size() && !Self::takes(size - layout.size()) {
            return std::ptr::null_mut();
        }
        HELD.fetch_sub(layout.size().saturating_sub(size), Relaxed);
        // SAFETY: the caller's promise that it came from here, and about the size.
        unsafe { System.realloc(place, layout, size) }
    }
}

/// Does `work`, which must not hold more than `bytes` beside what is held now.
pub fn within<R>(bytes: usize, work: impl FnOnce() -> R) -> R {
    BOUND.store(HELD.load(Relaxed).saturating_add(bytes), Relaxed);
    let result = work();
    BOUND.store(usize::MAX, Relaxed);
    result
}
