//! A folder of its own for each test, and the program run in it.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::File;
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
        self.run_with(arguments.split_whitespace())
    }

    /// The program with arguments that may have blanks in them, or be no text.
    pub fn run_with(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Outcome {
        Self::outcome(Command::new(PROGRAM).current_dir(self.folder.path()).args(arguments))
    }

    pub fn outcome(command: &mut Command) -> Outcome {
        let output = command.output().unwrap();
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
        outcome.is_refused(1, arguments);
        for part in parts {
            assert!(outcome.err.contains(part), "{arguments}: no {part:?} in {}", outcome.err);
        }
    }
}

impl Outcome {
    /// This code, and one line on standard error that is not too long and does nothing to a terminal.
    #[track_caller]
    pub fn is_refused(&self, code: i32, about: &str) {
        assert_eq!(self.code, Some(code), "{about}\n{}{}", self.out, self.err);
        let line = self.err.strip_suffix('\n').expect("a whole line");
        assert!(!line.contains(char::is_control), "{about}\n{line:?}");
        assert!(line.starts_with("error: ") && line.len() < 5000, "{about}\n{line}");
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

/// The text of `docs/files.md`.
pub fn document() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/files.md");
    std::fs::read_to_string(path).unwrap()
}

/// What the header of a checkpoint has under `__metadata__`, of which texts that are JSON are read.
pub fn metadata(path: &Path) -> serde_json::Value {
    let bytes = std::fs::read(path).unwrap();
    let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
    let texts = header.metadata().as_ref().unwrap().iter();
    let read = |text: &String| -> serde_json::Value {
        serde_json::from_str(text).unwrap_or_else(|_| text.as_str().into())
    };
    texts.map(|(name, text)| (name.clone(), read(text))).collect()
}

/// `docs/files.md` names every field of every JSON file in `folder` and of the metadata of every checkpoint, and every
/// array of every archive.
#[track_caller]
pub fn documented(folder: &Path) {
    fn fields(value: &serde_json::Value, names: &mut BTreeSet<String>) {
        match value {
            serde_json::Value::Object(all) => all.iter().for_each(|(name, value)| {
                names.insert(name.clone());
                fields(value, names);
            }),
            serde_json::Value::Array(all) => all.iter().for_each(|value| fields(value, names)),
            _ => {}
        }
    }
    let document = document();
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.extension().and_then(OsStr::to_str) {
            Some("json") => fields(&json(&path), &mut names),
            Some("npz") => {
                let npz = ndarray_npy::NpzReader::new(File::open(&path).unwrap());
                // Arrays of a net have its name in front.
                let own = |name: String| match name.rsplit_once('.') {
                    Some((_, own)) => format!("<net>.{own}"),
                    None => name,
                };
                names.extend(npz.unwrap().names().unwrap().into_iter().map(own));
            }
            Some("safetensors") => fields(&metadata(&path), &mut names),
            _ => {}
        }
    }
    assert!(names.len() > 20, "{}: only {names:?}", folder.display());
    for name in names {
        // Arrays of a layer have its number behind.
        let start = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let end = if start == name || start == "l" { "`" } else { "" };
        let name = if start == "l" { name.as_str() } else { start };
        assert!(document.contains(&format!("`{name}{end}")), "docs/files.md has no {name}");
    }
}
