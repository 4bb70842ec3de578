//! Reading a table holds its text and its numbers, and little beside; asking a net for its size holds nothing of that size.
//! This program counts the bytes that are held.

use cap::Cap;
use std::alloc::System;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};
use switchnet::data::{CsvOptions, Source, Split};
use switchnet::net::Spec;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// Who holds it counts alone.
static COUNTING: Mutex<()> = Mutex::new(());

/// Pixels as tables have them, with a header and without: 300 rows of 784 numbers of one to three digits.
#[test]
fn a_table_takes_its_text_and_its_numbers() {
    let _counting = COUNTING.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    for header in [true, false] {
        let mut text = String::new();
        if header {
            (0..784).for_each(|i| write!(text, "pixel{i},").unwrap());
            text += "label\n";
        }
        for row in 0..300 {
            (0..784).for_each(|i| write!(text, "{},", (row * 31 + i * i) % 256).unwrap());
            writeln!(text, "{}", row % 10).unwrap();
        }
        let (file, numbers) = (text.len(), 300 * 784 * size_of::<f32>());
        let train = folder.path().join("pixels.csv");
        std::fs::write(&train, text).unwrap();
        let options = CsvOptions::default();
        let source = Source::Csv { train, validation: None, test: None, options };
        let before = ALLOCATOR.allocated();
        // A limit is kept, or the program ends: the text may be read into a buffer of twice its size, and all numbers are
        // there beside those of the two parts for a moment.
        ALLOCATOR.set_limit(before + (2 * file).max(2 * numbers) + numbers + (1 << 20)).unwrap();
        let split: Split<f32> = source.load().unwrap();
        ALLOCATOR.set_limit(usize::MAX).unwrap();
        assert_eq!((split.train.len(), split.test.len()), (240, 60));
    }
}

/// A short text may ask for a large net, which is then refused by its size or made.
#[test]
fn the_size_of_a_net_is_known_before_anything_of_it_is_made() {
    let _counting = COUNTING.lock().unwrap_or_else(PoisonError::into_inner);
    let wide = 1 << 26;
    let kinds = [
        r#"{"kind": "relu"}"#,
        r#"{"kind": "leaky", "slope": 0.1}"#,
        r#"{"kind": "prelu"}"#,
        r#"{"kind": "two-slope"}"#,
        r#"{"kind": "diagonal", "scale": {"normal": 1.0}, "bias": true}"#,
        r#"{"kind": "detached"}"#,
        r#"{"kind": "block-switch", "block": 4}"#,
        r#"{"kind": "sigmoid"}"#,
        r#"{"kind": "tile", "width": 134217728}"#,
    ];
    for kind in kinds {
        let text = format!(
            r#"{{"input": [1], "layers": [{{"kind": "pad", "width": {wide}}}, {kind}], "seed": 1}}"#
        );
        let spec: Spec = serde_json::from_str(&text).unwrap();
        let before = ALLOCATOR.allocated();
        ALLOCATOR.set_limit(before + (1 << 20)).unwrap();
        let size = spec.size();
        ALLOCATOR.set_limit(usize::MAX).unwrap();
        assert!(size.unwrap().row >= 2 * wide, "{kind}");
    }
}
