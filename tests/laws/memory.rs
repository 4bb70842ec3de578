//! Memory is used again, and begins at a cache line.

use switchnet::internal::aligned::{Recycled, zeros};

#[test]
fn matrices_are_aligned_in_new_and_in_used_memory() {
    for _ in 0..3 {
        for columns in [1, 7, 64, 1000] {
            let m = Recycled::from(zeros::<f32>(3, columns));
            assert_eq!(m.as_ptr().align_offset(64), 0, "{columns} columns");
            assert!(m.iter().all(|v| *v == 0.0));
        }
    }
}

/// Many sizes that nobody asks for again do not keep later ones out.
#[test]
fn the_oldest_buffers_make_room() {
    let all: Vec<_> = (1..150).map(|size| Recycled::from(zeros::<f64>(1, 1000 * size))).collect();
    let last = all[148].as_ptr();
    drop(all); // in this order
    assert_eq!(zeros::<f64>(1, 149_000).as_ptr(), last, "the latest buffer is there");
}
