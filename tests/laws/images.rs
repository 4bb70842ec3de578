//! Files of images and of arrays as data sets: found by the names they are published under, with their classes.

use crate::common::*;
use crate::data_files::{gzip, idx, write};
use crate::numpy::{file, npz};
use ndarray::{Array1, Array2, Array3, Array4, array, s};
use std::fs;
use std::path::Path;
use switchnet::data::{Dataset, Files, Source, Split, Targets};
use switchnet::{Result, Scalar};
use switchnet_lab::numpy::npy;
use tempfile::TempDir;

fn read<T: Scalar>(files: &Files) -> Result<(Dataset<T>, Option<Dataset<T>>)> {
    files.read(&mut |_| ())
}

fn split<T: Scalar>(path: &Path) -> Result<Split<T>> {
    Source::Files(Files::new(path)).load()
}

// --- IDX ---

/// Three images of 2 × 2, the first of which is all `mark`.
fn images(mark: u8) -> Vec<u8> {
    idx(&[3, 2, 2], &[[mark; 4], [4, 5, 6, 7], [8, 9, 10, 255]].concat())
}

#[test]
fn folders_of_idx_files_are_read_as_unpackers_name_them() {
    for (name, dash, test, packed) in [
        ("", '-', "t10k", false),
        ("", '.', "t10k", false),
        ("", '-', "test", true),
        ("emnist-letters-", '-', "test", true),
        ("emnist-letters-", '.', "test", false),
    ] {
        let folder = TempDir::new().unwrap();
        for (part, mark, labels) in [("train", 1, [1, 2, 2]), (test, 2, [2, 26, 2])] {
            let pack = |bytes: Vec<u8>| if packed { gzip(&bytes) } else { bytes };
            let end = if packed { ".gz" } else { "" };
            let path = format!("{name}{part}-images{dash}idx3-ubyte{end}");
            write(&folder, &path, pack(images(mark)));
            let path = format!("{name}{part}-labels{dash}idx1-ubyte{end}");
            write(&folder, &path, pack(idx(&[3], &labels)));
        }
        write(&folder, "emnist-letters-mapping.txt", "1 65 97\n");
        let Split { train, test } = split::<f32>(folder.path()).unwrap();
        assert_eq!((train.inputs()[[0, 3]], test.inputs()[[0, 3]]), (1.0, 2.0), "{name}{dash}");
        assert_eq!(train.shape(), [1, 2, 2]);
        // The classes of either; labels that do not occur are none.
        assert_eq!(train.schema().classes, ["1", "2", "26"]);
        assert_eq!(
            (train.labels().unwrap(), test.labels().unwrap()),
            (&[0, 1, 1][..], &[1, 2, 1][..])
        );
        let folder_name = folder.path().file_name().unwrap().to_str().unwrap();
        let expected = if name.is_empty() { folder_name } else { "emnist-letters" };
        assert_eq!((train.name(), test.name()), (expected, expected));
    }
}

#[test]
fn a_folder_with_several_sets_asks_which() {
    let folder = TempDir::new().unwrap();
    for (set, mark) in [("emnist-digits", 1), ("emnist-letters", 2)] {
        for part in ["train", "test"] {
            write(&folder, &format!("{set}-{part}-images-idx3-ubyte"), images(mark));
            write(&folder, &format!("{set}-{part}-labels-idx1-ubyte"), idx(&[3], &[0, 1, mark]));
        }
    }
    refused(
        split::<f32>(folder.path()),
        &[
            "sets of images: expected one, or set for the name of one, found emnist-digits, emnist-letters",
        ],
    );
    let of = |set: &str| {
        let files = Files { set: Some(set.to_owned()), ..Files::new(folder.path()) };
        read::<f64>(&files).map(|(train, _)| train.inputs()[[0, 0]])
    };
    assert_eq!(of("letters").unwrap(), 2.0);
    assert_eq!(of("emnist-digits").unwrap(), 1.0);
    refused(of("etters"), &["set: expected one of emnist-digits, emnist-letters, found etters"]);
    // A part of a name that two sets have names neither; a whole name is enough.
    for name in ["letters", "balanced-letters"] {
        for part in ["train", "test"] {
            write(&folder, &format!("{name}-{part}-images-idx3-ubyte"), images(3));
            write(&folder, &format!("{name}-{part}-labels-idx1-ubyte"), idx(&[3], &[0, 1, 3]));
        }
    }
    assert_eq!(of("letters").unwrap(), 3.0);
    for part in ["train-images-idx3", "train-labels-idx1", "test-images-idx3", "test-labels-idx1"] {
        fs::remove_file(folder.path().join(format!("letters-{part}-ubyte"))).unwrap();
    }
    refused(
        of("letters"),
        &["set: expected one of balanced-letters, emnist-digits, emnist-letters"],
    );
    for part in ["train-images-idx3", "train-labels-idx1", "test-images-idx3", "test-labels-idx1"] {
        fs::remove_file(folder.path().join(format!("balanced-letters-{part}-ubyte"))).unwrap();
    }
    fs::remove_file(folder.path().join("emnist-letters-test-labels-idx1-ubyte")).unwrap();
    refused(of("letters"), &["file emnist-letters-t10k-labels-idx1-ubyte: expected"]);
}

#[test]
fn a_folder_is_read_or_the_missing_file_is_named() {
    let parent = TempDir::new().unwrap();
    let folder = parent.path().join("letters");
    refused(split::<f32>(&folder), &["letters: ", "No such file"]);
    fs::create_dir(&folder).unwrap();
    refused(
        split::<f32>(&folder),
        &["letters: file train-images-idx3-ubyte", "https://", "neither"],
    );
    fs::write(folder.join("train-images-idx3-ubyte"), images(0)).unwrap();
    // The plain file is read where both are.
    fs::write(folder.join("train-images-idx3-ubyte.gz"), "no gzip").unwrap();
    fs::write(folder.join("train-labels-idx1-ubyte.gz"), gzip(&idx(&[3], &[0, 4, 1]))).unwrap();
    fs::write(folder.join("t10k-images-idx3-ubyte.gz"), gzip(&images(0))).unwrap();
    refused(
        split::<f32>(&folder),
        &["letters: file t10k-labels-idx1-ubyte: expected it or t10k-labels-idx1-ubyte.gz"],
    );
    fs::write(folder.join("t10k-labels-idx1-ubyte"), idx(&[3], &[0, 0, 0])).unwrap();
    let split: Split<f32> = split(&folder).unwrap();
    assert_eq!((split.train.name(), split.test.name()), ("letters", "letters"));
    assert_eq!((split.test.len(), split.test.targets().width()), (3, 3));
}

#[test]
fn a_file_of_images_finds_its_labels_or_is_told() {
    let folder = TempDir::new().unwrap();
    let path = write(&folder, "my-images.idx3-ubyte", images(7));
    let alone = Files::new(&path);
    refused(
        read::<f32>(&alone),
        &[
            "my-images.idx3-ubyte: labels: expected my-labels.idx1-ubyte or my-labels.idx1-ubyte.gz beside it",
        ],
    );
    // Inputs are read without labels.
    let (shape, inputs) = alone.inputs::<f64>(&mut |_| ()).unwrap();
    assert_eq!(
        (shape, inputs.slice(s![0, ..])),
        (vec![1, 2, 2], array![7.0, 7.0, 7.0, 7.0].view())
    );
    write(&folder, "my-labels.idx1-ubyte.gz", gzip(&idx(&[3], &[3, 5, 3])));
    let (set, test) = read::<f32>(&alone).unwrap();
    assert!(test.is_none());
    assert_eq!((set.name(), set.labels().unwrap()), ("my-images", &[0, 1, 0][..]));
    let labels = Some(write(&folder, "other", idx(&[3], &[1, 1, 1])));
    let files = Files { labels: labels.clone(), ..alone.clone() };
    assert_eq!(read::<f32>(&files).unwrap().0.schema().classes, ["1"]);
    // Labels as NumPy has them, whole numbers or texts.
    let texts: Vec<u8> = ["no", "yes", "no"]
        .iter()
        .flat_map(|t| {
            let mut four: Vec<u8> = t.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
            four.resize(12, 0);
            four
        })
        .collect();
    let labels = Some(write(&folder, "l.npy", file("'<U3'", "(3,)", &texts)));
    let files = Files { labels, ..alone.clone() };
    assert_eq!(read::<f32>(&files).unwrap().0.schema().classes, ["no", "yes"]);
    // A pair to test on.
    let tests = write(&folder, "t-images", images(9));
    let test = Files { test: Some(tests.clone()), ..alone.clone() };
    refused(read::<f32>(&test), &["t-images: labels: expected t-labels or t-labels.gz beside it"]);
    let test_labels = Some(write(&folder, "t", idx(&[3], &[9, 9, 9])));
    let test = Files { test_labels: test_labels.clone(), ..test };
    let (train, test) = read::<f32>(&test).unwrap();
    assert_eq!(
        (train.schema().classes.join(" "), test.unwrap().labels().unwrap()),
        ("3 5 9".into(), &[2; 3][..])
    );
    let odd = Files { test_labels, ..alone.clone() };
    refused(read::<f32>(&odd), &["labels to test on: expected a file to test on too, found "]);
    let odd = Files { set: Some("letters".into()), ..alone };
    refused(read::<f32>(&odd), &["set: expected none of a single file, found letters"]);
    let odd = Files { labels: Some(tests), ..Files::new(folder.path()) };
    refused(read::<f32>(&odd), &["file of labels: expected none, for a folder has its own"]);
}

/// Other types of numbers, the largest byte first.
fn idx_has_numbers_of_six_types<T: Scalar>() {
    let folder = TempDir::new().unwrap();
    let labels = write(&folder, "labels", idx(&[1], &[0]));
    let of = |kind: u8, bytes: &[u8]| {
        let mut whole = idx(&[1, 1, 2], bytes);
        whole[2] = kind;
        let path = write(&folder, "images", whole);
        let files = Files { labels: Some(labels.clone()), ..Files::new(path) };
        read::<T>(&files).map(|(set, _)| set.inputs().mapv(Scalar::double))
    };
    assert_eq!(of(0x08, &[255, 1]).unwrap(), array![[255.0, 1.0]]);
    assert_eq!(of(0x09, &[255, 1]).unwrap(), array![[-1.0, 1.0]]);
    assert_eq!(of(0x0B, &[255, 254, 1, 0]).unwrap(), array![[-2.0, 256.0]]);
    assert_eq!(of(0x0C, &[255, 255, 255, 254, 0, 1, 0, 0]).unwrap(), array![[-2.0, 65536.0]]);
    let floats = [0.5f32, -2.0].map(f32::to_be_bytes).concat();
    assert_eq!(of(0x0D, &floats).unwrap(), array![[0.5, -2.0]]);
    let doubles = [0.5f64, -2.0].map(f64::to_be_bytes).concat();
    assert_eq!(of(0x0E, &doubles).unwrap(), array![[0.5, -2.0]]);
    refused(
        of(0x0D, &[f32::NAN.to_be_bytes(), [0; 4]].concat()),
        &["row 0, column 0: expected a finite"],
    );
    refused(of(0x0E, &floats), &["bytes after the header: expected 16 (1 × 1 × 2), found 8"]);
}

// --- CIFAR ---

/// Records of these labels, whose reds count up, whose greens are 1 and whose blues are the label.
fn records(labels: &[&[u8]]) -> Vec<u8> {
    let record = |bytes: &&[u8]| {
        let red: Vec<u8> = (0..1024).map(|i| i as u8).collect();
        [*bytes, &red, &[1; 1024], &[bytes[0]; 1024]].concat()
    };
    labels.iter().flat_map(record).collect()
}

fn cifar_is_read_with_its_names<T: Scalar>() {
    let folder = TempDir::new().unwrap();
    write(&folder, "data_batch_2.bin", records(&[&[1], &[2]]));
    write(&folder, "data_batch_1.bin", records(&[&[2]]));
    refused(split::<T>(folder.path()), &["file train-images-idx3-ubyte"]);
    write(&folder, "test_batch.bin", records(&[&[0]]));
    let Split { train, test } = split::<T>(folder.path()).unwrap();
    assert_eq!((train.shape(), train.len(), test.len()), (&[3, 32, 32][..], 3, 1));
    assert_eq!(
        (train.schema().classes.join(" "), train.labels().unwrap()),
        ("0 1 2".into(), &[2, 1, 2][..])
    );
    let row = train.inputs().row(1).mapv(Scalar::double);
    assert_eq!((row[33], row[1024], row[2047], row[2048], row[3071]), (33.0, 1.0, 1.0, 1.0, 1.0));
    write(&folder, "batches.meta.txt", "airplane\nautomobile\nbird\n\n");
    let train = split::<T>(folder.path()).unwrap().train;
    assert_eq!(train.schema().classes, ["airplane", "automobile", "bird"]);
    assert_eq!(train.labels().unwrap(), [2, 1, 2]);
    write(&folder, "batches.meta.txt", "airplane\nautomobile\n");
    refused(
        split::<T>(folder.path()),
        &[
            "data_batch_1.bin: label of image 0: expected below 2, as many as batches.meta.txt names, found 2",
        ],
    );
    write(&folder, "data_batch_1.bin", &records(&[&[1]])[1..]);
    refused(
        split::<T>(folder.path()),
        &["data_batch_1.bin: bytes: expected a multiple of 3073, an image each, found 3072"],
    );
}

#[test]
fn cifar_100_has_fine_and_coarse_labels() {
    let folder = TempDir::new().unwrap();
    write(&folder, "train.bin", records(&[&[0, 1], &[1, 0]]));
    write(&folder, "test.bin", records(&[&[1, 2]]));
    write(&folder, "fine_label_names.txt", "apple\nbear\ncrab\n");
    write(&folder, "coarse_label_names.txt", "fruit\nanimal\n");
    let of = |set: Option<&str>| {
        let files = Files { set: set.map(str::to_owned), ..Files::new(folder.path()) };
        read::<f32>(&files).map(|(train, test)| {
            let names = |set: &Dataset<f32>| -> Vec<String> {
                set.labels().unwrap().iter().map(|&k| set.schema().class(k).into_owned()).collect()
            };
            [names(&train), names(&test.unwrap())]
        })
    };
    assert_eq!(of(None).unwrap(), [vec!["bear", "apple"], vec!["crab"]]);
    assert_eq!(of(Some("fine")).unwrap(), of(None).unwrap());
    assert_eq!(of(Some("coarse")).unwrap(), [vec!["fruit", "animal"], vec!["animal"]]);
    refused(of(Some("middle")), &["set: expected fine or coarse, found middle"]);
}

// --- NumPy ---

/// An archive as Keras has its sets, of bytes, deflated or not.
fn archives_have_sets_under_known_names<T: Scalar>() {
    let folder = TempDir::new().unwrap();
    let x = npy(&Array3::from_shape_fn((6, 2, 3), |(i, j, k)| (10 * i + 3 * j + k) as u8));
    let (y, y_test) =
        (npy(&array![3u8, 1, 3, 1, 1, 3]), npy(&array![[1i64], [3], [1], [7], [1], [3]]));
    for (deflated, names) in [
        (false, ["x_train.npy", "y_train.npy", "x_test.npy", "y_test.npy"]),
        (true, ["X_train.npy", "y_train.npy", "X_test.npy", "y_test.npy"]),
        (true, ["train_images.npy", "train_labels.npy", "test_images.npy", "test_labels.npy"]),
    ] {
        let [a, b, c, d] = names;
        let bytes =
            npz(&[(d, &y_test, deflated), (a, &x, deflated), (c, &x, deflated), (b, &y, deflated)]);
        let path = write(&folder, "set.npz", bytes);
        let Split { train, test } = split::<T>(&path).unwrap();
        assert_eq!((train.name(), train.shape(), train.len()), ("set", &[1, 2, 3][..], 6));
        assert_eq!(
            train.inputs().row(2).mapv(Scalar::double),
            array![20.0, 21.0, 22.0, 23.0, 24.0, 25.0]
        );
        assert_eq!(train.schema().classes, ["1", "3", "7"]);
        assert_eq!(
            (train.labels().unwrap(), test.labels().unwrap()),
            (&[1, 0, 1, 0, 0, 1][..], &[0, 1, 0, 2, 0, 1][..])
        );
        assert_eq!(Files::new(&path).inputs::<T>(&mut |_| ()).unwrap().1, test.inputs());
        let files = Files { test: Some(path.clone()), ..Files::new(&path) };
        refused(
            read::<T>(&files),
            &["file to test on: expected none, for the data have their own"],
        );
    }
    // One set: a part is held out. Floats are values.
    let (data, target) = (
        npy(&Array2::from_shape_fn((10, 4), |(i, j)| (i + j) as f32)),
        npy(&Array1::linspace(0.0, 4.5, 10)),
    );
    for [a, b] in [
        ["x.npy", "y.npy"],
        ["X.npy", "y.npy"],
        ["data.npy", "target.npy"],
        ["images.npy", "labels.npy"],
    ] {
        let path = write(&folder, "one.npz", npz(&[(a, &data, false), (b, &target, true)]));
        let (all, test) = read::<T>(&Files::new(&path)).unwrap();
        assert!(test.is_none());
        let Targets::Values(values) = all.targets() else { panic!("{:?}", all.targets()) };
        assert_eq!((all.shape(), values.dim(), values[[9, 0]]), (&[4][..], (10, 1), T::of(4.5)));
        let Split { train, test } = split::<T>(&path).unwrap();
        assert_eq!((train.len(), test.len()), (8, 2));
    }
    // An archive of one array is as good as a file of it.
    let path = write(&folder, "imgs.npz", npz(&[("arr_0.npy", &x, true)]));
    let labels = Some(write(&folder, "labels.npz", npz(&[("arr_0.npy", &y, false)])));
    let (set, _) = read::<T>(&Files { labels, ..Files::new(&path) }).unwrap();
    assert_eq!((set.name(), set.labels().unwrap()), ("imgs", &[1, 0, 1, 0, 0, 1][..]));
    let path = write(
        &folder,
        "odd.npz",
        npz(&[("arr_0.npy", &data, false), ("arr_1.npy", &target, false)]),
    );
    refused(
        split::<T>(&path),
        &[
            "odd.npz: arrays: expected x_train, y_train, x_test and y_test, or x and y",
            "found arr_0, arr_1",
        ],
    );
}

/// Channels come first in a set, wherever they are in the file, and it is said where that is.
fn channels_are_the_shorter_side<T: Scalar>() {
    let folder = TempDir::new().unwrap();
    let of = |sides: [usize; 4]| {
        let x = Array4::from_shape_fn(sides, |(_, b, c, d)| (100 * b + 10 * c + d) as f64);
        let y = npy(&Array1::<u8>::zeros(sides[0]));
        let path =
            write(&folder, "set.npz", npz(&[("x.npy", &npy(&x), true), ("y.npy", &y, true)]));
        let mut notes = Vec::new();
        let (set, _) = Files::new(path).read::<T>(&mut |line| notes.push(line.to_owned())).unwrap();
        (set.shape().to_vec(), set.inputs().row(0).mapv(Scalar::double).to_vec(), notes)
    };
    let last = ["x: channels are the last side of n×2×3×2"];
    assert_eq!(
        of([2, 2, 3, 2]),
        (
            vec![2, 2, 3],
            vec![0., 10., 20., 100., 110., 120., 1., 11., 21., 101., 111., 121.],
            last.iter().map(ToString::to_string).collect()
        )
    );
    let (shape, row, notes) = of([1, 2, 1, 3]);
    assert_eq!((shape, row), (vec![2, 1, 3], vec![0., 1., 2., 100., 101., 102.]));
    assert_eq!(notes, ["x: channels are the second side of n×2×1×3"]);
    assert_eq!(of([5, 4, 4, 3]).0, [3, 4, 4]);
    assert_eq!(of([5, 3, 4, 4]).0, [3, 4, 4]);
    assert_eq!(of([5, 4, 4, 1]).0, [1, 4, 4]);
}

in_both_precisions!(
    idx_has_numbers_of_six_types,
    cifar_is_read_with_its_names,
    archives_have_sets_under_known_names,
    channels_are_the_shorter_side,
);

#[test]
fn labels_are_whole_numbers_booleans_or_texts() {
    let folder = TempDir::new().unwrap();
    let x = write(&folder, "x.npy", npy(&Array2::<f64>::zeros((2, 3))));
    let of = |labels: Vec<u8>| {
        let labels = Some(write(&folder, "y.npy", labels));
        read::<f32>(&Files { labels, ..Files::new(&x) }).map(|(set, _)| {
            (set.schema().classes.clone(), set.labels().map(<[usize]>::to_vec).unwrap_or_default())
        })
    };
    let classes = |names: &[&str], labels: &[usize]| {
        (names.iter().map(ToString::to_string).collect::<Vec<_>>(), labels.to_vec())
    };
    assert_eq!(of(npy(&array![10i64, 9])).unwrap(), classes(&["9", "10"], &[1, 0]));
    assert_eq!(of(npy(&array![-1i64, 1])).unwrap(), classes(&["-1", "1"], &[0, 1]));
    assert_eq!(of(file("'|b1'", "(2,)", &[1, 0])).unwrap(), classes(&["0", "1"], &[1, 0]));
    assert_eq!(of(file("'|S3'", "(2, 1)", b"ja\0nee")).unwrap(), classes(&["ja", "nee"], &[0, 1]));
    let big = "ß\u{1F600}".chars().flat_map(|c| u32::from(c).to_be_bytes()).collect::<Vec<_>>();
    assert_eq!(of(file("'>U1'", "(2,)", &big)).unwrap(), classes(&["ß", "\u{1F600}"], &[0, 1]));
    assert_eq!(of(npy(&array![0.5, 1.0])).unwrap(), classes(&[], &[]));
    refused(
        of(file("'<U1'", "(2,)", &[0, 0xD8, 0, 0, 0, 0, 0, 0])),
        &["y.npy: labels: expected texts in Unicode"],
    );
    refused(
        of(npy(&array![1u8, 2, 3])),
        &["y.npy: number of labels: expected 2, one for each input of x, found 3"],
    );
    refused(
        of(npy(&array![[1u8, 0], [0, 1]])),
        &["y.argmax(1)", "found whole numbers of shape [2, 2]"],
    );
    refused(of(npy(&ndarray::arr0(1u8))), &["number of labels", "found a single one"]);
    let alone = Files::new(&x);
    refused(read::<f32>(&alone), &["x.npy: labels: expected the name of their file, found none"]);
    assert_eq!(alone.inputs::<f32>(&mut |_| ()).unwrap().0, [3]);
    let deep = write(&folder, "deep.npy", npy(&ndarray::ArrayD::<f64>::zeros(vec![1; 5])));
    refused(
        Files::new(deep).inputs::<f32>(&mut |_| ()),
        &["deep.npy: sides of the inputs: expected", "found [1, 1, 1, 1, 1]"],
    );
    let none = write(&folder, "none.npy", npy(&Array2::<f64>::zeros((0, 3))));
    let labels = Some(write(&folder, "y.npy", npy(&Array1::<u8>::zeros(0))));
    refused(read::<f32>(&Files { labels, ..Files::new(none) }), &["at least one row"]);
}

#[test]
fn sets_that_belong_together_are_of_one_kind() {
    let folder = TempDir::new().unwrap();
    let make = |name: &str, width: usize, y: Vec<u8>| {
        let x = npy(&Array2::<f64>::zeros((2, width)));
        write(&folder, name, npz(&[("x.npy", &x, false), ("y.npy", &y, false)]))
    };
    let classes = make("a.npz", 3, npy(&array![0u8, 1]));
    let values = make("b.npz", 3, npy(&array![0.0, 1.0]));
    let wide = make("c.npz", 4, npy(&array![0u8, 1]));
    let of =
        |test: &Path| read::<f32>(&Files { test: Some(test.to_owned()), ..Files::new(&classes) });
    assert!(of(&classes).unwrap().1.is_some());
    refused(of(&values), &["b: targets: expected classes as in a, found 1 values"]);
    refused(of(&wide), &["c: shape of an input: expected [3] as in a, found [4]"]);
}

/// What earlier checkpoints and experiment files say.
#[test]
fn an_old_name_of_the_source_means_the_same() {
    let old: Source = serde_json::from_str(r#"{"source":"mnist","folder":"data/mnist"}"#).unwrap();
    assert_eq!(old, Source::Files(Files::new("data/mnist")));
    let text = serde_json::to_string(&old).unwrap();
    assert_eq!(text, r#"{"source":"files","path":"data/mnist"}"#);
    assert_eq!(serde_json::from_str::<Source>(&text).unwrap(), old);
    let all: Source = toml::from_str("source = 'files'\npath = 'a.npy'\nlabels = 'b.npy'\ntest = 'c.npy'\ntest-labels = 'd.npy'\nset = 'e'").unwrap();
    let files = Files {
        labels: Some("b.npy".into()),
        test: Some("c.npy".into()),
        test_labels: Some("d.npy".into()),
        set: Some("e".into()),
        ..Files::new("a.npy")
    };
    assert_eq!(all, Source::Files(files));
    assert!(toml::from_str::<Source>("source = 'files'\npath = 'a'\nfolders = 'b'").is_err());
}
