//! Rows that stay in their files are those that are read at once, and train a net to the same bits.

use ndarray::{Array1, Array2, Array4, Axis};
use std::ops::ControlFlow::{self, Break, Continue};
use std::path::{Path, PathBuf};
use switchnet::data::{
    Batches, Blocks, Dataset, Files, Preparation, Scope, Split, Standardize, Streamed, Targets,
};
use switchnet::layer::parameters;
use switchnet::net::zoo::Mlp;
use switchnet::random::generator;
use switchnet::train::{
    ClassWeights, Loss, Metrics, Observer, Run, Training, evaluate, evaluate_batches, fit, resume,
};
use switchnet::{Matrix, Result, Scalar};
use switchnet_lab::numpy::npy;

in_both_precisions!(
    rows_are_those_that_are_read_at_once,
    a_training_comes_to_the_bits_of_one_in_memory,
    one_pass_finds_the_statistics_of_two,
);

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

fn idx(kind: u8, sizes: &[u32], numbers: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, kind, sizes.len() as u8];
    sizes.iter().for_each(|size| bytes.extend(size.to_be_bytes()));
    bytes.extend(numbers);
    bytes
}

/// Rows of 2,000 bytes, so that there are several blocks, each with a number of its own in front.
fn images(rows: usize) -> Vec<u8> {
    let pixel =
        |i: usize, j: usize| if j == 0 { (i / 7) as u8 } else { ((i * 31 + j * 17) % 251) as u8 };
    (0..rows * 2000).map(|k| pixel(k / 2000, k % 2000)).collect()
}

fn labels(rows: usize) -> Vec<u8> {
    (0..rows).map(|i| [3, 5, 250][(i * i + i / 3) % 3]).collect()
}

/// Every format and type, whatever the order in which rows are asked for.
fn rows_are_those_that_are_read_at_once<T: Scalar>() {
    let place = Place::new();
    let rows = 700;
    let x = place.write("x-images-idx3-ubyte", &idx(8, &[rows as u32, 40, 50], &images(rows)));
    let y = place.write("x-labels-idx1-ubyte", &idx(8, &[rows as u32], &labels(rows)));
    let floats = Array2::from_shape_fn((rows, 30), |(i, j)| ((i * 30 + j) as f64).sin());
    let values = Array2::from_shape_fn((rows, 2), |(i, j)| (i * (j + 1)) as f64 / 8.0);
    let wide = Array4::from_shape_fn((rows, 3, 5, 4), |(i, j, k, l)| (i + j * k * l) as f64 / 4.0);
    let (f, v) = (place.write("f.npy", &npy(&floats)), place.write("v.npy", &npy(&values)));
    let w = place.write("w.npy", &npy(&wide));
    let whole =
        place.write("labels.npy", &npy(&Array1::from_iter((0..rows).map(|i| (i % 4) as i64))));
    for (inputs, targets) in [(&x, &y), (&f, &v), (&f, &whole), (&w, &whole)] {
        let files = Files { labels: Some(targets.clone()), ..Files::new(inputs) };
        let (raw, _) = files.read::<T>(&mut |_| ()).unwrap();
        let streamed = Streamed::<T>::open(inputs, targets).unwrap();
        assert_eq!(streamed.shape(), raw.shape());
        assert_eq!(streamed.schema(), raw.schema());
        assert_eq!(streamed.crc32(), raw.crc32());
        for scope in [None, Some(Scope::Global), Some(Scope::Feature)] {
            let preparation = streamed.statistics(scope).unwrap();
            let both = Split { train: raw.clone(), test: raw.clone() };
            let memory = preparation.apply(both).unwrap().train;
            let streamed =
                Streamed::<T>::open(inputs, targets).unwrap().prepared(&preparation).unwrap();
            assert_eq!(streamed.widths(), Batches::widths(&memory));
            assert_eq!(streamed.has_classes(), Batches::has_classes(&memory));
            let mut rng = generator(1, 0);
            for some in [vec![rows - 1], vec![0, 0], switchnet::random::shuffled(rows, &mut rng)] {
                assert_eq!(streamed.batch(&some).unwrap(), memory.batch(&some).unwrap());
            }
        }
    }
}

/// Numbers without a header, in either order of bytes.
#[test]
fn plain_numbers_are_read() {
    let place = Place::new();
    let numbers: Vec<f32> = (0..60).map(|i| i as f32 / 3.0).collect();
    let little: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
    let big: Vec<u8> = numbers.iter().flat_map(|x| x.to_be_bytes()).collect();
    let labels = place.write("y", &[0, 1, 1, 0, 1]);
    for (name, kind, bytes) in [("l", "<f4", little), ("b", ">f4", big)] {
        let path = place.write(name, &bytes);
        let data = Streamed::<f32>::raw((&path, kind, &[3, 2, 2]), (&labels, "|u1", &[])).unwrap();
        assert_eq!((data.rows(), data.shape()), (5, &[3, 2, 2][..]));
        let (x, targets) = data.batch(&[4, 1]).unwrap();
        assert_eq!(x.row(0).to_vec(), numbers[48..60]);
        assert_eq!(x.row(1).to_vec(), numbers[12..24]);
        assert_eq!(targets.labels().unwrap(), [1, 1]);
    }
}

/// A set in memory, in the order of rows that are read in blocks.
struct InBlocks<'a, T>(&'a Dataset<T>, usize);

impl<T: Scalar> Batches<T> for InBlocks<'_, T> {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn rows(&self) -> usize {
        self.0.len()
    }

    fn widths(&self) -> (usize, usize) {
        Batches::widths(self.0)
    }

    fn batch(&self, rows: &[usize]) -> Result<(Matrix<T>, Targets<T>)> {
        self.0.batch(rows)
    }

    fn block(&self) -> Option<usize> {
        Some(self.1)
    }
}

/// Stops after so many steps.
struct After(usize);

impl<T: Scalar> Observer<T> for After {
    fn step(&mut self, run: &Run<T>) -> Result<ControlFlow<()>> {
        Ok(if run.step >= self.0 { Break(()) } else { Continue(()) })
    }
}

/// On any number of threads, and stopped and resumed in the midst of an epoch.
fn a_training_comes_to_the_bits_of_one_in_memory<T: Scalar>() {
    let place = Place::new();
    let rows = 700;
    let x = place.write("x", &images(rows));
    let y = place.write("y", &labels(rows));
    let open = || Streamed::<T>::raw((&x, "|u1", &[2000]), (&y, "|u1", &[])).unwrap();
    let preparation = open().statistics(Some(Scope::Global)).unwrap();
    let data = open().prepared(&preparation).unwrap();
    let block = data.block().unwrap();
    assert_eq!(block, (1 << 20) / 2000);
    let all: Vec<usize> = (0..rows).collect();
    let (inputs, targets) = data.batch(&all).unwrap();
    let memory = Dataset::new("memory", vec![2000], inputs, targets).unwrap();
    let spec = Mlp { hidden: vec![3], dropout: 0.0 }.spec(&[2000], 3, 1);
    let training = Training {
        epochs: 2,
        batch: 50,
        validation: 0.1,
        learning_rate: 1e-3,
        ..Training::default()
    };
    let bits = |data: &dyn Batches<T>, threads: usize, stop: Option<usize>| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut net = spec.build::<T>().unwrap();
            let mut run = match stop {
                Some(steps) => fit(&mut net, data, &training, &mut After(steps)).unwrap(),
                None => Run::new(&net, &training).unwrap(),
            };
            run = resume(&mut net, data, &training, run, &mut ()).unwrap();
            let history = run.history.iter().map(|r| (r.train_loss, r.validation_loss));
            (parameters::read(&net), history.collect::<Vec<_>>())
        })
    };
    let expected = bits(&InBlocks(&memory, block), 1, None);
    assert!(expected.1[1].0 < expected.1[0].0 && expected.1[1].1.is_some());
    assert_eq!(bits(&data, 1, None), expected);
    assert_eq!(bits(&data, 3, None), expected);
    for stop in [1, 12, 13, 20] {
        assert_eq!(bits(&data, 2, Some(stop)), expected, "stopped after {stop} steps");
    }
    // Another order than that of a set in memory, which shuffles all rows.
    assert_ne!(bits(&memory, 1, None), expected);
    let net = spec.build::<T>().unwrap();
    let of_memory: Metrics = evaluate(&net, Loss::CrossEntropy, &memory);
    assert_eq!(evaluate_batches(&net, Loss::CrossEntropy, &data).unwrap(), of_memory);
}

/// Means and deviations of one pass over some rows at a time, where a naive sum of squares would keep no digit.
fn one_pass_finds_the_statistics_of_two<T: Scalar>() {
    let place = Place::new();
    let rows = 20_000;
    let number = |i: usize, j: usize| match j {
        0 => 7.25,
        1 => ((i * 37 + 11) % 101) as f64,
        // As far from zero as numbers of T are still told apart.
        _ => 4096.0 + (i % 3) as f64 / 256.0 + if i == 0 { 64.0 } else { 0.0 },
    };
    let a = Array2::from_shape_fn((rows, 3), |(i, j)| number(i, j));
    let (x, y) = (place.write("x.npy", &npy(&a)), place.write("y.npy", &npy(&a)));
    let data = Streamed::<T>::open(&x, &y).unwrap();
    assert!(rows > 2 * data.block().unwrap());
    let inputs = a.mapv(T::of);
    for scope in [Scope::Feature, Scope::Global] {
        let two = Standardize::fit(&inputs, scope).unwrap();
        let Preparation { standardize: Some(one), targets, .. } =
            data.statistics(Some(scope)).unwrap()
        else {
            panic!("standardized")
        };
        let close = |a: &[f64], b: &[f64]| {
            let near = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-12 * a.abs();
            assert!(a.iter().zip(b).all(near), "{a:?} {b:?}");
        };
        close(one.mean(), two.mean());
        close(one.scale(), two.scale());
        if scope == Scope::Feature {
            assert_eq!((one.mean()[0], one.scale()[0]), (7.25, 1.0), "a constant column");
            assert_eq!(targets, Some(one));
        }
    }
}

/// The rule is a promise, for a training that was stopped goes on by it.
#[test]
fn blocks_are_shuffled_by_a_rule() {
    // Blocks of 10 rows, the last of 3: 64 blocks and 37.
    let blocks = Blocks::new(1003, 10, 0.25, 5).unwrap();
    let held: Vec<usize> = blocks.held_out().flatten().collect();
    assert_eq!((held.len(), blocks.trained()), (251, 752));
    assert!(held.is_sorted());
    for block in held.chunk_by(|a, b| a / 10 == b / 10) {
        assert!([2, 3].contains(&block.len()) || block[0] >= 1000, "{block:?}");
    }
    let held_out = |row: &usize| held.binary_search(row).is_ok();
    for epoch in [0, 1] {
        let order: Vec<usize> = blocks.epoch(epoch).collect();
        assert!(!order.iter().any(held_out));
        let mut sorted = order.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), 752);
        // The rows of 64 blocks come before those of the others.
        let pools = |rows: &[usize]| {
            rows.iter().map(|row| row / 10).collect::<std::collections::BTreeSet<_>>()
        };
        let cut =
            (1..order.len()).find(|&cut| pools(&order[..cut]).is_disjoint(&pools(&order[cut..])));
        let cut = cut.expect("two pools");
        assert_eq!((pools(&order[..cut]).len(), pools(&order[cut..]).len()), (64, 37));
        // They are mixed there.
        assert!(pools(&order[..100]).len() > 40);
    }
    assert_ne!(blocks.epoch(0).collect::<Vec<_>>(), blocks.epoch(1).collect::<Vec<_>>());
    let few: Vec<usize> = Blocks::new(12, 4, 0.0, 1).unwrap().epoch(0).collect();
    assert_eq!(few, FEW);
    assert_eq!(Blocks::new(12, 4, 0.25, 1).unwrap().held_out().flatten().collect::<Vec<_>>(), HELD);
    for (rows, block, fraction) in
        [(0, 1, 0.0), (1, 0, 0.0), (3, 1, 0.1), (3, 1, 0.9), (3, 1, -0.5)]
    {
        let error = Blocks::new(rows, block, fraction, 1).unwrap_err().to_string();
        assert!(error.contains("expected"), "{error}");
    }
}

const FEW: [usize; 12] = [9, 5, 7, 4, 11, 2, 6, 8, 3, 0, 10, 1];
const HELD: [usize; 3] = [3, 5, 11];

#[test]
fn what_cannot_be_read_in_blocks_is_refused() {
    let place = Place::new();
    let refused = |x: &Path, y: &Path, parts: &[&str]| {
        let error = Streamed::<f32>::open(x, y).map(|_| ()).unwrap_err().to_string();
        assert!(!error.contains('\n'), "{error}");
        parts.iter().for_each(|part| assert!(error.contains(part), "no {part} in {error}"));
    };
    let a = Array2::from_shape_fn((6, 4), |(i, j)| (i * 4 + j) as f64);
    let whole = npy(&a);
    let x = place.write("x.npy", &whole);
    let y = place.write("y.npy", &npy(&Array1::from_vec(vec![0_i64, 1, 0, 1, 0, 1])));
    assert!(Streamed::<f32>::open(&x, &y).is_ok());
    refused(&place.0.path().join("none"), &y, &["none: "]);
    let short = place.write("short.npy", &whole[..whole.len() - 8]);
    refused(
        &short,
        &y,
        &["short.npy: bytes of the file: expected 320, as sides [6, 4] of f8 have, found 312"],
    );
    let long = place.write("long.npy", &[&whole[..], &[0]].concat());
    refused(&long, &y, &["long.npy: bytes of the file: expected 320", "found 321"]);
    let packed = place.write("x.npy.gz", &[0x1F, 0x8B, 8, 0, 0, 0, 0]);
    refused(
        &packed,
        &y,
        &["expected an IDX or a .npy file, to be read in blocks, found a packed one"],
    );
    refused(&place.write("x.csv", b"1,2\n3,4\n"), &y, &["found another format"]);
    let turned = place.write("turned.npy", &npy(&a.t()));
    refused(&turned, &y, &["number of labels: expected 4, one for each input of turned, found 6"]);
    let at = whole.windows(5).position(|part| part == b"False").unwrap();
    let columns = [&whole[..at], b"True ", &whole[at + 5..]].concat();
    let expected = "order of the array: expected rows one behind another";
    refused(&place.write("columns.npy", &columns), &y, &[expected, "found columns"]);
    let fewer = place.write("fewer.npy", &npy(&Array1::from_vec(vec![0_i64, 1])));
    refused(
        &x,
        &fewer,
        &["fewer.npy: number of labels: expected 6, one for each input of x, found 2"],
    );
    let mut changed = a.clone();
    changed[[4, 2]] = f64::NAN;
    let nan = place.write("nan.npy", &npy(&changed));
    refused(&nan, &y, &["nan.npy: inputs, row 4, column 2: expected a finite number, found NaN"]);
    changed[[4, 2]] = 1e300;
    refused(&place.write("far.npy", &npy(&changed)), &y, &["far.npy: inputs, row 4, column 2"]);
    let last = Array4::<f64>::zeros((6, 5, 5, 3));
    refused(&place.write("last.npy", &npy(&last)), &y, &["channels: expected the second side"]);
    let ones = place.write("ones.npy", &npy(&a.mapv(|v| v as i64)));
    refused(&x, &ones, &["ones.npy: labels: expected one whole number or text for each row"]);
    let raw = |kind: &str, sides: &[usize]| {
        let found = Streamed::<f32>::raw((&x, kind, sides), (&y, "<i8", &[])).map(|_| ());
        found.unwrap_err().to_string()
    };
    assert!(raw("<f4", &[7]).contains("bytes of the file: expected "), "{}", raw("<f4", &[7]));
    assert!(raw("float", &[7]).contains("another type (float)"));
    assert!(raw("<f4", &[0]).contains("sides: expected at least one row and one column"));
    // Weights would be one number more for each row.
    let data = Streamed::<f32>::open(&x, &y).unwrap();
    let mut net = Mlp { hidden: vec![2], dropout: 0.0 }.spec(&[4], 2, 1).build::<f32>().unwrap();
    let class_weights = Some(ClassWeights::Balanced);
    let training = Training { epochs: 1, validation: 0.0, class_weights, ..Training::default() };
    let error = fit(&mut net, &data, &training, &mut ()).unwrap_err().to_string();
    assert_eq!(error, "x: weights: expected none of rows that are read in blocks, found some");
    // A file that became shorter.
    std::fs::write(&x, &whole[..whole.len() - 40]).unwrap();
    let error = data.batch(&[0, 5]).unwrap_err().to_string();
    assert!(
        error.ends_with(
            "x.npy: row 5: expected one that was there before, found the end of the file"
        ),
        "{error}"
    );
}

/// Other rows are seen as the ones that a net was trained with.
#[test]
fn classes_are_found_by_their_names() {
    let place = Place::new();
    let x = place.write("x", &[1, 2, 3, 4]);
    let all = place.write("all", &[9, 7, 8, 9]);
    let some = place.write("some", &[9, 9, 8, 8]);
    let open =
        |labels: &Path| Streamed::<f32>::raw((&x, "|u1", &[1]), (labels, "|u1", &[])).unwrap();
    let preparation = open(&all).statistics(None).unwrap();
    let other = open(&some).prepared(&preparation).unwrap();
    assert_eq!((other.widths(), other.schema()), ((1, 3), open(&all).schema()));
    assert_eq!(other.batch(&[0, 1, 2, 3]).unwrap().1.labels().unwrap(), [2, 2, 1, 1]);
    let preparation = open(&some).statistics(None).unwrap();
    let error = open(&all).prepared(&preparation).unwrap_err().to_string();
    assert!(error.contains("class") && error.contains('7'), "{error}");
    let mut x = Array2::<f32>::zeros((0, 1));
    x.append(Axis(0), ndarray::array![[1e-30], [2e-30]].view()).unwrap();
    let tiny = Preparation {
        standardize: Some(Standardize::fit(&x, Scope::Feature).unwrap()),
        ..Preparation::default()
    };
    let wide = place.write("wide", &[1e20_f32, 0.0, 0.0, 1.0].map(f32::to_le_bytes).concat());
    let wide = Streamed::<f32>::raw((&wide, "<f4", &[1]), (&all, "|u1", &[])).unwrap();
    let error = wide.prepared(&tiny).unwrap_err().to_string();
    assert!(error.contains("column 0, standardized: expected finite numbers of f32"), "{error}");
}
