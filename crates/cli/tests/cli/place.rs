//! A folder of its own for each test, and the program run in it.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_switchnet");

/// A folder of its own for each test, and the program run in it.
pub struct Place {
    pub folder: tempfile::TempDir,
}

/// What a finished process left behind.
pub struct Outcome {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Place {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub fn run(&self, arguments: &str) -> Outcome {
        let output = Command::new(PROGRAM)
            .current_dir(self.folder.path())
            .args(arguments.split_whitespace())
            .output()
            .unwrap();
        Outcome {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    pub fn succeeds(&self, arguments: &str) -> String {
        let outcome = self.run(arguments);
        assert_eq!(outcome.code, Some(0), "{arguments}\n{}{}", outcome.out, outcome.err);
        outcome.out
    }

    /// One line on standard error that has all of `parts`, a code that is not zero, no panic.
    #[track_caller]
    pub fn fails(&self, arguments: &str, parts: &[&str]) {
        let outcome = self.run(arguments);
        assert_eq!(outcome.code, Some(1), "{arguments}\n{}{}", outcome.out, outcome.err);
        assert_eq!(outcome.err.trim_end().lines().count(), 1, "{arguments}\n{}", outcome.err);
        assert!(outcome.err.starts_with("error: "), "{arguments}\n{}", outcome.err);
        for part in parts {
            assert!(outcome.err.contains(part), "{arguments}: no {part:?} in {}", outcome.err);
        }
    }
}

pub const QUICK: &str = "--epochs 2 --validation 0.2";

pub fn json(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The width of a PNG file that can be read to its end.
pub fn width(bytes: &[u8]) -> u32 {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap().width
}

pub fn write_grays(path: &Path, [width, height]: [u32; 2], pixels: &[u8]) {
    let file = std::fs::File::create(path).unwrap();
    let mut encoder = png::Encoder::new(file, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header().unwrap().write_image_data(pixels).unwrap();
}

#[track_caller]
pub fn close(a: &serde_json::Value, b: &serde_json::Value, tolerance: f64) {
    let numbers = |v: &serde_json::Value| -> Vec<f64> {
        v.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
    };
    for (a, b) in numbers(a).iter().zip(&numbers(b)) {
        assert!((a - b).abs() < tolerance, "{a} and {b}");
    }
}
