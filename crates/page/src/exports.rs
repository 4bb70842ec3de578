//! The module's exports: plain functions on its memory.
#![allow(unsafe_code)]

use crate::nets::Nets;
use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::cell::RefCell;

thread_local!(static NETS: RefCell<Nets> = RefCell::default());

#[link(wasm_import_module = "page")]
unsafe extern "C" {
    /// The page's: how much of long work is done, and of how much.
    safe fn progress(done: f64, all: f64);
}

fn layout(length: usize) -> Layout {
    Layout::from_size_align(length.max(1), 8).expect("a length of this memory")
}

/// Room for so many bytes, which begins at a multiple of eight.
#[unsafe(no_mangle)]
extern "C" fn allocate(length: usize) -> *mut u8 {
    let layout = layout(length);
    // SAFETY: the size is not zero.
    let room = unsafe { alloc(layout) };
    if room.is_null() {
        handle_alloc_error(layout);
    }
    room
}

/// Gives room back.
///
/// # Safety
/// It must have come from [`allocate`] with this length, or be an answer of this length.
#[unsafe(no_mangle)]
unsafe extern "C" fn release(room: *mut u8, length: usize) {
    // SAFETY: the caller says so.
    unsafe { dealloc(room, layout(length)) }
}

/// The answer to a request. It begins with its length, and is to be given back.
///
/// # Safety
/// `length` bytes must lie at `request`.
#[unsafe(no_mangle)]
unsafe extern "C" fn call(request: *const u8, length: usize) -> *mut u8 {
    // SAFETY: the caller says so.
    let request = unsafe { std::slice::from_raw_parts(request, length) };
    let answer = NETS.with_borrow_mut(|nets| nets.call(request, &mut |d, a| progress(d, a)));
    let room = allocate(answer.len());
    // SAFETY: there is room for so many bytes, and it is new.
    unsafe { room.copy_from_nonoverlapping(answer.as_ptr(), answer.len()) };
    room
}
