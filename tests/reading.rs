//! Reading a table holds its text and its numbers, and little beside: this program counts the bytes that are held.

use cap::Cap;
use std::alloc::System;
use std::fmt::Write;
use switchnet::data::{CsvOptions, Source, Split};

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// Pixels as tables have them, with a header and without: 300 rows of 784 numbers of one to three digits.
#[test]
fn a_table_takes_its_text_and_its_numbers() {
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
