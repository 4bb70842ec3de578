//! The program's allocator: it counts what is held, and refuses what goes beyond a bound.
//!
//! A refusal ends the process (an allocator must not unwind). The campaign's parent process then keeps the input.

use cap::Cap;
use std::alloc::System;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// Does `work`, which must not hold more than `bytes` beside what is held now.
///
/// # Panics
/// If another thread takes more than `bytes` before `work` begins.
pub fn within<R>(bytes: usize, work: impl FnOnce() -> R) -> R {
    let bound = |limit| ALLOCATOR.set_limit(limit).expect("a limit above what is held");
    bound(ALLOCATOR.allocated().saturating_add(bytes));
    let result = work();
    bound(usize::MAX);
    result
}
