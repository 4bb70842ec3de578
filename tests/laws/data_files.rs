//! Data files: they are read to the last number or refused in one clear line.

use crate::common::*;
use flate2::Compression;
use flate2::Crc;
use flate2::write::GzEncoder;
use ndarray::{array, s};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use switchnet::data::{
    CsvOptions, Dataset, Files, Header, LabelColumn, Source, Split, TargetKind, Targets, digits,
    lissajous, read_csv, read_csv_split, read_idx, read_idx_split, spirals,
};
use switchnet::{Matrix, Result};
use tempfile::TempDir;

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn write(folder: &TempDir, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    path
}

// --- digits ---

#[test]
fn digits_are_those_of_the_file_in_its_order() {
    let Split { train, test } = digits::<f64>();
    for (part, rows) in [(&train, 1437), (&test, 360)] {
        assert_eq!((part.len(), part.name(), part.targets().width()), (rows, "digits", 10));
        assert_eq!(part.shape(), [1, 8, 8]);
    }
    let count = |part: &Dataset<f64>| {
        let mut counts = [0; 10];
        part.labels().unwrap().iter().for_each(|&label| counts[label] += 1);
        counts
    };
    assert_eq!(count(&train), [143, 146, 142, 146, 144, 145, 144, 143, 141, 143]);
    assert_eq!(count(&test), [35, 36, 35, 37, 37, 37, 37, 36, 33, 37]);
    assert_eq!(train.inputs().slice(s![0, ..8]), array![0.0, 0.0, 5.0, 13.0, 9.0, 1.0, 0.0, 0.0]);
    assert_eq!(train.labels().unwrap()[..12], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);

    // All of it: written out again, the file has the checksum it had.
    let mut crc = Crc::new();
    for part in [&train, &test] {
        for (row, label) in part.inputs().rows().into_iter().zip(part.labels().unwrap()) {
            let mut line = String::new();
            row.iter().for_each(|x| write!(line, "{x},").unwrap());
            crc.update(format!("{line}{label}\n").as_bytes());
        }
    }
    assert_eq!(crc.sum(), 0x2EBE_3BB7);
    assert_eq!(digits::<f32>().train, train.cast());
}

// --- IDX ---

/// An IDX file of unsigned bytes.
pub(crate) fn idx(sizes: &[u32], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, sizes.len() as u8];
    sizes.iter().for_each(|size| bytes.extend(size.to_be_bytes()));
    bytes.extend(data);
    bytes
}

/// Three images of 2 × 2 and their labels.
fn small() -> (Vec<u8>, Vec<u8>) {
    (idx(&[3, 2, 2], &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 255]), idx(&[3], &[0, 4, 1]))
}

#[test]
fn idx_is_read_plain_and_packed_whatever_the_name() {
    let folder = TempDir::new().unwrap();
    let (images, labels) = small();
    let plain = (write(&folder, "a.idx", &images), write(&folder, "a-labels.gz", &labels));
    let packed =
        (write(&folder, "b.idx", gzip(&images)), write(&folder, "b-labels", gzip(&labels)));
    let set: Dataset<f64> = read_idx(&plain.0, &plain.1).unwrap();
    let inputs = array![[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0], [8.0, 9.0, 10.0, 255.0]];
    assert_eq!((set.name(), set.shape()), ("a", [1, 2, 2].as_slice()));
    assert_eq!(set.inputs(), inputs);
    // Labels that occur are classes, called by their numbers.
    assert_eq!(set.targets(), &Targets::Classes { labels: vec![0, 2, 1], classes: 3 });
    assert_eq!(set.schema().classes, ["0", "1", "4"]);
    let other: Dataset<f64> = read_idx(&packed.0, &packed.1).unwrap();
    assert_eq!((other.inputs(), other.targets()), (set.inputs(), set.targets()));
    assert_eq!(read_idx::<f32>(&packed.0, &plain.1).unwrap().inputs(), inputs.mapv(|x| x as f32));
}

#[test]
fn idx_of_four_dimensions_has_channels() {
    let folder = TempDir::new().unwrap();
    let images = write(&folder, "color.idx", idx(&[2, 3, 1, 2], &[7; 12]));
    let labels = write(&folder, "labels.idx", idx(&[2], &[1, 0]));
    let set: Dataset<f32> = read_idx(&images, &labels).unwrap();
    assert_eq!((set.shape(), set.inputs().dim()), ([3, 1, 2].as_slice(), (2, 6)));
}

#[test]
fn idx_cut_anywhere_is_refused() {
    let folder = TempDir::new().unwrap();
    let (images, labels) = small();
    let whole_images = write(&folder, "images.idx", &images);
    let whole_labels = write(&folder, "labels.idx", &labels);
    for (name, bytes) in [("cut.idx", images.clone()), ("cut.gz", gzip(&images))] {
        for length in 0..bytes.len() {
            let cut = write(&folder, name, &bytes[..length]);
            refused(read_idx::<f32>(&cut, &whole_labels), &[name, "expected", "found"]);
        }
    }
    for (name, bytes) in [("cut.idx", labels.clone()), ("cut.gz", gzip(&labels))] {
        for length in 0..bytes.len() {
            let cut = write(&folder, name, &bytes[..length]);
            refused(read_idx::<f32>(&whole_images, &cut), &[name, "expected", "found"]);
        }
    }
}

#[test]
fn idx_says_what_is_wrong_with_a_file() {
    let folder = TempDir::new().unwrap();
    let (images, labels) = small();
    let good = write(&folder, "labels.idx", labels);
    let changed = |at: usize, byte: u8| {
        let mut bytes = images.clone();
        bytes[at] = byte;
        bytes
    };
    let mut damaged = gzip(&images);
    let end = damaged.len();
    damaged[end - 8] ^= 1; // in the checksum
    let huge = u32::MAX;
    let cases: [(Vec<u8>, &str); 14] = [
        (vec![], "header: expected at least 4 bytes, found 0"),
        (images[..3].to_vec(), "header: expected at least 4 bytes, found 3"),
        (images[..9].to_vec(), "header: expected 16 bytes, found 9"),
        (images[..20].to_vec(), "bytes after the header: expected 12 (3 × 2 × 2), found 4"),
        (
            [&images[..], &[1]].concat(),
            "bytes after the header: expected 12 (3 × 2 × 2), found more",
        ),
        (changed(0, 0x89), "first two bytes of an IDX file: expected 0x00 0x00, found 0x89 0x00"),
        (changed(2, 0x0D), "bytes after the header: expected 48 (3 × 2 × 2), found 12"),
        (changed(2, 0x07), "type of numbers: expected 0x08, 0x09 or 0x0b to 0x0e, found 0x07"),
        (changed(3, 2), "number of dimensions: expected 3 or 4, found 2"),
        (idx(&[0, 2, 2], &[]), "sizes: expected at least 1 each, found 0 × 2 × 2"),
        (idx(&[1, 0, 2], &[]), "sizes: expected at least 1 each, found 1 × 0 × 2"),
        (
            idx(&[huge; 4], &[1]),
            "sizes: expected a product that fits into memory, \
             found 4294967295 × 4294967295 × 4294967295 × 4294967295",
        ),
        (idx(&[1, huge, huge], &[1]), "(1 × 4294967295 × 4294967295), found 1"),
        (damaged, "gzip data: expected an undamaged, complete file, found corrupt gzip stream"),
    ];
    for (bytes, message) in cases {
        let bad = write(&folder, "bad.idx", bytes);
        refused(read_idx::<f32>(&bad, &good), &["bad.idx: ", message]);
    }
    let more = write(&folder, "bad.gz", [gzip(&images), b"tail".to_vec()].concat());
    refused(read_idx::<f32>(&more, &good), &["bad.gz: ", "gzip data: expected an undamaged"]);

    let images = write(&folder, "images.idx", images);
    let few = write(&folder, "few.idx", idx(&[2], &[0, 1]));
    let message = refused(
        read_idx::<f32>(&images, &few),
        &["few.idx: number of labels: expected 3, one for each input of images, found 2"],
    );
    assert!(message.starts_with(folder.path().to_str().unwrap()), "{message}");
    refused(
        read_idx::<f32>(&images, &images),
        &["images.idx: number of dimensions: expected 1, found 3"],
    );
    refused(
        read_idx::<f32>(&images, &folder.path().join("none.idx")),
        &["none.idx: ", "No such file"],
    );
    refused(read_idx::<f32>(folder.path(), &good), &[folder.path().to_str().unwrap()]);
}

#[test]
fn idx_split_has_the_classes_of_both_parts() {
    let folder = TempDir::new().unwrap();
    let (images, labels) = small();
    let images = write(&folder, "images.idx", images);
    let five = write(&folder, "five.idx", labels);
    let two = write(&folder, "two.idx", idx(&[3], &[1, 0, 1]));
    for (train, test) in [(&five, &two), (&two, &five)] {
        let split: Split<f32> = read_idx_split(&images, train, &images, test).unwrap();
        assert_eq!((split.train.schema().classes.len(), split.test.targets().width()), (3, 3));
    }
    let wide = write(&folder, "wide.idx", idx(&[3, 1, 4], &[0; 12]));
    refused(
        read_idx_split::<f32>(&images, &five, &wide, &two),
        &["wide: shape of an input: expected [1, 2, 2] as in images, found [1, 1, 4]"],
    );
}

proptest! {
    #[test]
    fn idx_of_any_bytes_never_panics(
        dimensions in 0_u8..6, sizes in prop::collection::vec(0_u32..4, 0..6),
        data in prop::collection::vec(any::<u8>(), 0..80), raw: bool, packed: bool,
    ) {
        let folder = TempDir::new().unwrap();
        let mut bytes = if raw { data.clone() } else { idx(&sizes, &data) };
        if !raw && dimensions < 5 {
            bytes[3] = dimensions;
        }
        if packed {
            bytes = gzip(&bytes);
        }
        let images = write(&folder, "images.idx", &bytes);
        let labels = write(&folder, "labels.idx", idx(&[2], &[0, 1]));
        if let Ok(set) = read_idx::<f32>(&images, &labels) {
            prop_assert_eq!(set.shape().iter().product::<usize>() * 2, set.inputs().len());
        }
        let _ = read_idx::<f32>(&labels, &images);
    }

    #[test]
    fn idx_comes_back_as_written(
        (count, height, width) in (1_usize..5, 1_usize..5, 1_usize..5), seed: u8, packed: bool,
    ) {
        let folder = TempDir::new().unwrap();
        let pixels: Vec<u8> =
            (0..count * height * width).map(|i| (i as u8).wrapping_mul(37) ^ seed).collect();
        let classes: Vec<u8> = (0..count).map(|i| (i as u8).wrapping_add(seed)).collect();
        let pack = |bytes: Vec<u8>| if packed { gzip(&bytes) } else { bytes };
        let sizes = [count as u32, height as u32, width as u32];
        let images = write(&folder, "images.idx", pack(idx(&sizes, &pixels)));
        let labels = write(&folder, "labels.idx", pack(idx(&[count as u32], &classes)));
        let set: Dataset<f32> = read_idx(&images, &labels).unwrap();
        prop_assert_eq!(set.shape(), [1, height, width]);
        prop_assert!(set.inputs().iter().zip(&pixels).all(|(x, &pixel)| *x == f32::from(pixel)));
        let name = |&label: &usize| set.schema().class(label).into_owned();
        prop_assert!(set.labels().unwrap().iter().zip(&classes).all(|(a, b)| name(a) == b.to_string()));
    }
}

/// `SWITCHNET_DATA=… cargo test --release --test laws -- --ignored`, with a folder that has both in folders.
#[test]
#[ignore = "reads data that are not in the repository"]
fn mnist_and_fashion_mnist_are_read_whole() {
    let data = std::env::var("SWITCHNET_DATA").expect("SWITCHNET_DATA names a folder");
    for name in ["mnist", "fashion-mnist"] {
        let folder = Path::new(&data).join(name);
        let Split { train, test } = Source::Files(Files::new(folder)).load::<f32>().unwrap();
        for (part, rows) in [(&train, 60_000), (&test, 10_000)] {
            assert_eq!(
                (part.name(), part.len(), part.shape()),
                (name, rows, [1, 28, 28].as_slice())
            );
            assert_eq!(part.targets().width(), 10);
            assert!(part.inputs().iter().any(|&x| x == 255.0));
        }
    }
}

// --- CSV ---

fn csv(text: &str, options: &CsvOptions) -> Result<Dataset<f64>> {
    let folder = TempDir::new().unwrap();
    read_csv(&write(&folder, "data.csv", text), options)
}

fn options(header: Header, label: LabelColumn, kind: TargetKind) -> CsvOptions {
    CsvOptions { header, label, kind, ..CsvOptions::default() }
}

#[test]
fn csv_is_read_plain_and_packed_whatever_the_name() {
    let folder = TempDir::new().unwrap();
    let text = "width,height,kind\n1, 2.5 ,b\n-3e1,4,a\n";
    let plain = write(&folder, "plants.csv", text);
    let packed = write(&folder, "plants.csv.gz", gzip(text.as_bytes()));
    let odd = write(&folder, "plants.txt", gzip(text.as_bytes()));
    for path in [plain, packed, odd] {
        let set: Dataset<f64> = read_csv(&path, &CsvOptions::default()).unwrap();
        assert_eq!((set.name(), set.shape()), ("plants", [2].as_slice()));
        assert_eq!(set.inputs(), array![[1.0, 2.5], [-30.0, 4.0]]);
        assert_eq!(set.targets(), &Targets::Classes { labels: vec![1, 0], classes: 2 });
    }
}

#[test]
fn csv_takes_the_target_from_where_it_is() {
    let text = "a,b,c\n1,2,3\n4,5,6\n";
    for (label, inputs, values) in [
        (LabelColumn::First, array![[2.0, 3.0], [5.0, 6.0]], array![[1.0], [4.0]]),
        (LabelColumn::Last, array![[1.0, 2.0], [4.0, 5.0]], array![[3.0], [6.0]]),
        (LabelColumn::Name("b".into()), array![[1.0, 3.0], [4.0, 6.0]], array![[2.0], [5.0]]),
    ] {
        let set = csv(text, &options(Header::Auto, label, TargetKind::Values)).unwrap();
        assert_eq!((set.inputs(), set.targets()), (&inputs, &Targets::Values(values)));
    }
}

#[test]
fn csv_finds_out_whether_there_is_a_header() {
    let rows = |text: &str, header| {
        csv(text, &options(header, LabelColumn::Last, TargetKind::Classes)).map(|set| set.len())
    };
    assert_eq!(rows("1,2,a\n3,4,b\n", Header::Auto).unwrap(), 2);
    assert_eq!(rows("x,y,label\n3,4,b\n", Header::Auto).unwrap(), 1);
    assert_eq!(rows("1,2,3\n3,4,5\n", Header::Yes).unwrap(), 1);
    assert_eq!(rows("0,1,label\n3,4,5\n", Header::Yes).unwrap(), 1);
    // With a byte order mark in front, as spreadsheets write it.
    assert_eq!(rows("\u{feff}1,2,3\n3,4,5\n", Header::Auto).unwrap(), 2);
    assert_eq!(rows("\u{feff}\"x\",y,l\n3,4,5\n", Header::Auto).unwrap(), 1);
    assert_eq!(rows("1,2,3\r\n3,4,5", Header::Auto).unwrap(), 2);
    // Neither a line lost nor a name taken for a sample where it could be either.
    refused(
        rows("1,abc,a\n3,4,b\n", Header::Auto),
        &["line 1, column 2: expected a number like others of the line", "found \"abc\""],
    );
    refused(
        rows("0,1,label\n3,4,5\n3,4,6\n", Header::Auto),
        &["line 1, column 3: expected a number like every other label", "found \"label\""],
    );
    refused(
        rows("1,,a\n3,4,b\n", Header::Auto),
        &["line 1, column 2: expected a finite number, found an empty cell"],
    );
    refused(
        rows("x,y,label\n3,4,b\n", Header::No),
        &["line 1, column 1: expected a finite number, found \"x\""],
    );
}

#[test]
fn csv_numbers_classes_in_order() {
    let labels = |cells: &[&str]| {
        let text: String = cells.iter().map(|cell| format!("0,{cell}\n")).collect();
        csv(&text, &CsvOptions::default()).unwrap().targets().clone()
    };
    let classes = |labels: &[usize], classes| Targets::Classes { labels: labels.to_vec(), classes };
    assert_eq!(labels(&["10", "9", "-1", "9"]), classes(&[2, 1, 0, 1], 3));
    assert_eq!(labels(&["1.0", "10.0000e+00", "2", "1"]), classes(&[0, 2, 1, 0], 3));
    assert_eq!(labels(&["b", "a", "b", "10", "9"]), classes(&[3, 2, 3, 0, 1], 4));
    assert_eq!(
        labels(&["9007199254740993", "9007199254740992"]), // the same number in f64
        classes(&[1, 0], 2)
    );
}

#[test]
fn csv_says_where_and_what_is_wrong() {
    let cases: [(&str, &[&str]); 15] = [
        ("", &["samples: expected at least 1, found an empty file"]),
        ("x,y,label\n", &["samples: expected at least 1, found only a header"]),
        ("1\n2\n", &["columns: expected at least 2, a feature and the target, found 1"]),
        ("1,2,0\n3,4,0\n5,6\n", &["line 3, number of columns: expected 3 as in line 1, found 2"]),
        ("1,2,0\n3,4,0,0\n", &["line 2, number of columns: expected 3 as in line 1, found 4"]),
        (
            "x,y,l\n1,2,0\n3,abc,0\n",
            &["line 3, column 2 (y): expected a finite number, found \"abc\""],
        ),
        ("1,2,0\n\n\n3,,0\n", &["line 4, column 2: expected a finite number, found an empty cell"]),
        ("1,2,0\r\n\r\n3,,0\r\n", &["line 3, column 2: expected a finite number"]),
        ("\n1,2,0\n3,,0\n", &["line 3, column 2: expected a finite number"]),
        ("\u{feff}1,2,\"a\nb\"\n3,,c\n", &["line 3, column 2: expected a finite number"]),
        ("1,NaN,0\n", &["line 1, column 2: expected a finite number, found \"NaN\""]),
        ("1,2,0\n-inf,2,0\n", &["line 2, column 1: expected a finite number, found \"-inf\""]),
        ("1,2,0\n1e999,2,0\n", &["line 2, column 1: expected a finite number, found \"1e999\""]),
        ("1,2,0\n1,2,\n", &["line 2, column 3: expected a label, found an empty cell"]),
        ("1,2,0\n1,?,0\n", &["line 2, column 2: expected a finite number, found \"?\""]),
    ];
    for (text, parts) in cases {
        let message = refused(csv(text, &CsvOptions::default()), parts);
        assert!(message.contains("data.csv: "), "{message}");
    }
    let values = options(Header::Auto, LabelColumn::Last, TargetKind::Values);
    let wrong = "data.csv: line 2, column 3: expected a finite number, found \"a\"";
    refused(csv("1,2,0\n1,2,a\n", &values), &[wrong]);

    let named = |header, text| {
        csv(text, &options(header, LabelColumn::Name("kind".into()), TargetKind::Classes))
    };
    let wrong = "data.csv: header, target column: expected a column \"kind\", found x, y";
    refused(named(Header::Auto, "x,y\n1,2\n"), &[wrong]);
    let wrong = "data.csv: header, target column: expected one column \"kind\", found 2";
    refused(named(Header::Auto, "kind,kind\n1,2\n"), &[wrong]);
    let wrong = "target column: expected first, last or 1 to 2, for there is no header";
    refused(named(Header::No, "1,2\n"), &[wrong, "found \"kind\""]);
}

#[test]
fn csv_says_which_file_is_damaged() {
    let folder = TempDir::new().unwrap();
    let defaults = CsvOptions::default();
    let text = write(&folder, "latin.csv", b"1,2,0\n1,\xE9,0\n");
    refused(
        read_csv::<f32>(&text, &defaults),
        &["latin.csv: line 2, column 2: expected UTF-8 text, found other bytes"],
    );
    let large = write(&folder, "large.csv", "1e39,2,0\n");
    refused(
        read_csv::<f32>(&large, &defaults),
        &[
            "large.csv: line 1, column 1: expected a finite number, found \"1e39\", which is too large for f32",
        ],
    );
    assert!(read_csv::<f64>(&large, &defaults).is_ok());
    let packed = gzip(b"1,2,0\n3,4,1\n");
    for length in 0..packed.len() {
        let cut = write(&folder, "cut.csv.gz", &packed[..length]);
        refused(read_csv::<f32>(&cut, &defaults), &["cut.csv.gz: ", "expected", "found"]);
    }
    let none = folder.path().join("none.csv");
    refused(read_csv::<f32>(&none, &defaults), &["none.csv: ", "No such file"]);
}

/// 72 MiB of zeros, in as many parts as a gzip file may have.
#[test]
fn what_unpacks_to_far_more_than_it_is_is_refused() {
    let folder = TempDir::new().unwrap();
    let part = gzip(&[0; 1 << 20]);
    let zeros = write(&folder, "zeros.csv.gz", part.repeat(72));
    let message = read_csv::<f32>(&zeros, &CsvOptions::default()).unwrap_err().to_string();
    assert!(message.contains("zeros.csv.gz: unpacked gzip data"), "{message}");
    assert!(message.contains("64 MiB or 100 times") && message.contains("gunzip"), "{message}");
    let header = gzip(&[0, 0, 8, 3, 0, 0, 0, 72, 0, 0, 4, 0, 0, 0, 4, 0]);
    let images = write(&folder, "images.gz", [header, part.repeat(72)].concat());
    let labels = write(&folder, "labels", idx(&[72], &[0; 72]));
    let message = read_idx::<f32>(&images, &labels).unwrap_err().to_string();
    assert!(message.contains("images.gz: unpacked gzip data"), "{message}");
    // What is small when unpacked may have been very small.
    let images = write(&folder, "one.gz", gzip(&idx(&[1, 1024, 1024], &[0; 1 << 20])));
    let labels = write(&folder, "label", idx(&[1], &[0]));
    assert!(images.metadata().unwrap().len() < 4096);
    assert_eq!(read_idx::<f32>(&images, &labels).unwrap().inputs().len(), 1 << 20);
}

#[test]
fn csv_split_has_the_classes_of_both_parts() {
    let folder = TempDir::new().unwrap();
    let defaults = CsvOptions::default();
    let train = write(&folder, "train.csv", "x,label\n1,c\n2,a\n");
    let test = write(&folder, "test.csv", "x,label\n3,b\n4,c\n");
    let split: Split<f32> = read_csv_split(&train, &test, &defaults).unwrap();
    assert_eq!(split.train.targets(), &Targets::Classes { labels: vec![2, 0], classes: 3 });
    assert_eq!(split.test.targets(), &Targets::Classes { labels: vec![1, 2], classes: 3 });
    assert_eq!((split.train.name(), split.test.name()), ("train", "test"));

    let other = write(&folder, "other.csv", "y,label\n3,b\n");
    refused(
        read_csv_split::<f32>(&train, &other, &defaults),
        &["other.csv: columns: expected x among them, found y, label"],
    );
}

#[test]
fn csv_options_are_read_from_toml() {
    assert_eq!(toml::from_str::<CsvOptions>("").unwrap(), CsvOptions::default());
    let text = "header = \"yes\"\nlabel = { name = \"kind\" }\nkind = \"values\"\n";
    let expected = options(Header::Yes, LabelColumn::Name("kind".into()), TargetKind::Values);
    assert_eq!(toml::from_str::<CsvOptions>(text).unwrap(), expected);
    assert_eq!(
        toml::from_str::<CsvOptions>("label = \"first\"").unwrap().label,
        LabelColumn::First
    );
    let message = toml::from_str::<CsvOptions>("labels = \"first\"").unwrap_err().to_string();
    assert!(message.contains("unknown field `labels`"), "{message}");
}

proptest! {
    #[test]
    fn csv_comes_back_as_written(
        rows in prop::collection::vec((any::<[f32; 3]>(), 0_usize..5), 1..20), header: bool,
    ) {
        prop_assume!(rows.iter().all(|(x, _)| x.iter().all(|x| x.is_finite())));
        let folder = TempDir::new().unwrap();
        let mut text = if header { "a,b,c,label\n".to_owned() } else { String::new() };
        for ([x, y, z], label) in &rows {
            writeln!(text, "{x:e},{y},{z},{label}").unwrap();
        }
        let set: Dataset<f32> =
            read_csv(&write(&folder, "data.csv", text), &CsvOptions::default()).unwrap();
        prop_assert!(set.inputs().iter().zip(rows.iter().flat_map(|(x, _)| x)).all(|(a, b)| a == b));
        let distinct: BTreeSet<usize> = rows.iter().map(|&(_, label)| label).collect();
        let labels: Vec<usize> =
            rows.iter().map(|(_, label)| distinct.range(..label).count()).collect();
        prop_assert_eq!(set.targets(), &Targets::Classes { labels, classes: distinct.len() });
    }

    #[test]
    fn csv_of_any_bytes_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let folder = TempDir::new().unwrap();
        let _ = read_csv::<f32>(&write(&folder, "data.csv", bytes), &CsvOptions::default());
    }

    #[test]
    fn csv_of_likely_text_never_panics(text in "[0-9a.,\"\r\n -]{0,60}") {
        let _ = csv(&text, &CsvOptions::default());
    }
}

// --- synthetic ---

#[test]
fn spirals_without_noise_are_on_their_arms() {
    let set: Dataset<f64> = spirals(50, 3, 0.0, 1).unwrap();
    assert_eq!((set.name(), set.shape(), set.len()), ("spirals", [2].as_slice(), 150));
    assert_eq!(set.targets().width(), 3);
    for (row, (point, label)) in
        set.inputs().rows().into_iter().zip(set.labels().unwrap()).enumerate()
    {
        assert_eq!(*label, row / 50);
        let radius = point[0].hypot(point[1]);
        assert!((radius - (row % 50 + 1) as f64 / 50.0).abs() < 1e-12);
    }
    // Half an arm out, half a turn on.
    let point = set.inputs().row(24);
    assert!((point[0] + 0.5).abs() < 1e-12 && point[1].abs() < 1e-12);
}

#[test]
fn spirals_are_the_seeds_and_the_noise_has_its_deviation() {
    let exact: Dataset<f64> = spirals(5000, 2, 0.0, 1).unwrap();
    let noisy: Dataset<f64> = spirals(5000, 2, 0.1, 1).unwrap();
    assert_eq!(spirals::<f64>(5000, 2, 0.1, 1).unwrap(), noisy);
    assert_ne!(spirals::<f64>(5000, 2, 0.1, 2).unwrap(), noisy);
    let square: f64 =
        (noisy.inputs() - exact.inputs()).iter().map(|x| x * x).sum::<f64>() / 20_000.0;
    assert!((square.sqrt() - 0.1).abs() < 0.003, "{}", square.sqrt());
}

#[test]
fn lissajous_curves_are_the_sines_of_coprime_frequencies() {
    let set: Dataset<f64> = lissajous(6, 40).unwrap();
    assert_eq!((set.name(), set.shape(), set.len()), ("lissajous", [6].as_slice(), 6));
    assert_eq!(set.inputs(), Matrix::<f64>::eye(6));
    let Targets::Values(curves) = set.targets() else { panic!("values") };
    assert_eq!(curves.dim(), (6, 80));
    let frequencies = [(1.0, 1.0), (1.0, 2.0), (1.0, 3.0), (2.0, 3.0), (1.0, 4.0), (3.0, 4.0)];
    for (curve, (a, b)) in curves.rows().into_iter().zip(frequencies) {
        for i in 0..40 {
            let angle = std::f64::consts::PI * i as f64 / 20.0;
            let expected: [f64; 2] = [(a * angle).sin(), (b * angle + 1.0).sin()];
            let found = [curve[2 * i], curve[2 * i + 1]];
            // Two ways to an angle of up to 26, and the sine of it.
            assert!(
                (0..2).all(|k| (found[k] - expected[k]).abs() < 1e-14),
                "{found:?} {expected:?}"
            );
        }
    }
    refused(
        lissajous::<f32>(0, 5),
        &["Lissajous curves: expected at least 1", "found 0 of 5 points"],
    );
    refused(lissajous::<f32>(5, 0), &["found 5 of 0 points"]);
    refused(lissajous::<f32>(2, usize::MAX / 2), &["at most 268435456 numbers in all"]);
    refused(lissajous::<f32>(1 << 40, 1), &["at most 268435456 numbers in all"]);
}

#[test]
fn spirals_refuse_what_cannot_be() {
    refused(spirals::<f32>(0, 2, 0.0, 1), &["points of a spiral: expected at least 1, found 0"]);
    refused(spirals::<f32>(9, 1, 0.0, 1), &["classes of spirals: expected at least 2, found 1"]);
    refused(spirals::<f32>(9, 2, -0.1, 1), &["noise of spirals: expected", "found -0.1"]);
    refused(spirals::<f32>(9, 2, f64::NAN, 1), &["noise of spirals: expected", "found NaN"]);
    for (points, classes) in [(usize::MAX, 2), (1_000_000_000_000, 3), ((1 << 26) + 1, 2)] {
        let found =
            format!("spirals: expected at most 268435456 numbers in all, found {points} points");
        refused(spirals::<f32>(points, classes, 0.0, 1), &[&found]);
    }
    refused(
        spirals::<f32>(1, 100_000_000, 0.0, 1),
        &["classes of spirals: expected at most 65536"],
    );
}
