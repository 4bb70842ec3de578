//! Memory is used again, and begins at a cache line.

use switchnet::internal::aligned::{MOST, Recycled, keep, used, zeros};

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
    let mut store: Vec<Vec<f64>> = Vec::new();
    for size in 1..=3 * MOST {
        keep(&mut store, Vec::with_capacity(1000 * size));
    }
    assert_eq!(store.len(), MOST);
    let latest = used(&mut store, 3000 * MOST).expect("the last one is there");
    assert!(latest.is_empty() && store.len() == MOST - 1);
    assert!(used(&mut store, 1000).is_none(), "the first ones are gone");
}
