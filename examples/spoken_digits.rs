//! Recordings as images: turns a folder of spoken digits into spectrograms of 32 bands by 32 frames, as the four files
//! that `switchnet compare --data FOLDER` reads.
//!
//! `cargo run --release --example spoken_digits -- RECORDINGS FOLDER`, or without arguments on made-up tones.
//!
//! Recordings are named `{digit}_{speaker}_{index}.wav`, as in the Free Spoken Digit Dataset
//! (<https://github.com/Jakobovski/free-spoken-digit-dataset>); those of index 0 to 4 are the test rows.

#[path = "spoken_digits/spectrogram.rs"]
mod spectrogram;
#[path = "spoken_digits/wav.rs"]
mod wav;

use spectrogram::{BANDS, FRAMES, Spectrogram};
use std::path::Path;
use std::{env, error::Error, f64::consts::TAU, fs, process::ExitCode};
use switchnet::data::{Files, Scope, Source};
use switchnet::net::zoo::SlidingBank;
use switchnet::train::{Loss, Training, evaluate, fit};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let done = match &arguments[..] {
        [] => quick(),
        [recordings, folder] => convert(Path::new(recordings), Path::new(folder)),
        _ => Err("expected a folder of recordings and one to write to, or nothing".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Images with their labels.
#[derive(Default)]
struct Rows {
    images: Vec<u8>,
    labels: Vec<u8>,
}

fn convert(recordings: &Path, folder: &Path) -> Result<()> {
    let place = |path: &Path, e: &dyn std::fmt::Display| format!("{}: {e}", path.display());
    let files = fs::read_dir(recordings).map_err(|e| place(recordings, &e))?;
    let mut paths = files.map(|file| Ok(file?.path())).collect::<Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|end| end == "wav"));
    paths.sort(); // the order of a folder is not the same everywhere
    let (spectrogram, mut parts) = (Spectrogram::new()?, [Rows::default(), Rows::default()]);
    for path in &paths {
        let (digit, index) =
            named(path).ok_or_else(|| place(path, &"expected a name like 7_jackson_32.wav"))?;
        let bytes = fs::read(path).map_err(|e| place(path, &e))?;
        let clip = wav::read(&bytes).map_err(|e| place(path, &e))?;
        let image = spectrogram.of(&clip).map_err(|e| place(path, &e))?;
        let rows = &mut parts[usize::from(index < 5)];
        rows.images.extend(image);
        rows.labels.push(digit);
    }
    write(&parts, folder)?;
    let [train, test] = parts.map(|rows| rows.labels.len());
    println!("{train} images to train on and {test} to test on, in {}", folder.display());
    Ok(())
}

/// The digit and the index in a name such as `7_jackson_32.wav`.
fn named(path: &Path) -> Option<(u8, usize)> {
    let mut parts = path.file_stem()?.to_str()?.split('_');
    let digit = parts.next()?.parse().ok().filter(|&digit| digit < 10)?;
    Some((digit, parts.next_back()?.parse().ok()?))
}

/// The IDX files of a training and a test part, under the names of MNIST.
fn write(parts: &[Rows; 2], folder: &Path) -> Result<()> {
    let files = || parts.iter().zip(["train", "t10k"]);
    if let Some((_, part)) = files().find(|(rows, _)| rows.labels.is_empty()) {
        return Err(format!("expected recordings for the files {part}-…, found none").into());
    }
    fs::create_dir_all(folder)?;
    for (rows, part) in files() {
        let count = rows.labels.len();
        let idx = |sizes: &[usize], numbers: &[u8]| {
            let mut bytes = vec![0, 0, 8, sizes.len() as u8]; // 8: unsigned bytes
            bytes.extend(sizes.iter().flat_map(|&size| (size as u32).to_be_bytes()));
            bytes.extend(numbers);
            bytes
        };
        let images = idx(&[count, BANDS, FRAMES], &rows.images);
        fs::write(folder.join(format!("{part}-images-idx3-ubyte")), images)?;
        let labels = idx(&[count], &rows.labels);
        fs::write(folder.join(format!("{part}-labels-idx1-ubyte")), labels)?;
    }
    Ok(())
}

/// The same with made-up recordings: three kinds of gliding tones, told apart by a small sliding bank.
fn quick() -> Result<()> {
    let folder = env::temp_dir().join(format!("switchnet-spoken-digits-{}", std::process::id()));
    let recordings = folder.join("recordings");
    fs::create_dir_all(&recordings)?;
    for (digit, glide) in [-1.0, 0.0, 1.0].into_iter().enumerate() {
        for index in 0..40 {
            let base = 1000.0 + 40.0 * f64::from(index * 7 % 40); // mixed, so that tests lie among the others
            let clip: Vec<f64> = (0..2400 + 50 * index)
                .map(|i| f64::from(i) / wav::RATE as f64)
                .map(|t| 0.5 * (TAU * (base + 600.0 * glide * t) * t).sin())
                .collect();
            fs::write(recordings.join(format!("{digit}_tone_{index}.wav")), wav::write(&clip))?;
        }
    }
    convert(&recordings, &folder)?;
    let (split, _) =
        Source::Files(Files::new(&folder)).load::<f32>()?.standardize(Scope::Global)?;
    fs::remove_dir_all(&folder)?;
    let bank = SlidingBank { channels: vec![16, 16], layers: vec![2, 2], ..SlidingBank::default() };
    let mut net = bank.spec(split.train.shape(), split.train.targets().width(), 1)?.build()?;
    let training = Training { epochs: 20, learning_rate: 0.03, ..Training::default() };
    fit(&mut net, &split.train, &training, &mut ())?;
    let score = evaluate(&net, Loss::CrossEntropy, &split.test);
    println!("test accuracy {:.1} %", 100.0 * score.accuracy().unwrap_or(0.0));
    Ok(())
}
