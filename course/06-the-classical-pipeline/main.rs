//! The classical pipeline, stage by stage, and the one linear map that an input makes of it.
//!
//! Input → convolution → ReLU → pool → convolution → ReLU → pool → dense → softmax. A max-pool connects one
//! input of each window, as a ReLU connects or not: once both are fixed, what remains is a weighted sum.
//!
//! `cargo run --release -p switchnet-course --example 06-the-classical-pipeline` writes its pictures into `out/course`.

use ndarray::{Array1, Axis};
use switchnet::Matrix;
use switchnet::analysis::{EffectiveMap, effective_map, effective_map_between};
use switchnet::data::{Scope, digits};
use switchnet::layer::Layer;
use switchnet::net::{Summary, softmax, zoo::Cnn};
use switchnet::train::{Loss, Training, evaluate, fit};
use switchnet_course::{quick, save};
use switchnet_lab::report::{Colors, Strip, strips};

/// Which layers the two pools are.
pub const POOLS: [usize; 2] = [2, 5];
/// The filter of the first convolution that is followed.
const FILTER: usize = 0;

/// One layer, at the input.
pub struct Stage {
    /// Its name and the shape of its output.
    pub name: String,
    /// See above.
    pub shape: Vec<usize>,
    /// Its output.
    pub output: Array1<f64>,
    /// What it does to its input with its switches fixed: the matrix and the constant.
    pub map: EffectiveMap<f64>,
}

/// What the example found.
pub struct Findings {
    /// The accuracy on the test digits.
    pub accuracy: f64,
    /// The input and its class.
    pub x: Array1<f64>,
    /// See above.
    pub label: usize,
    /// All stages before the softmax.
    pub stages: Vec<Stage>,
    /// The softmax of the logits.
    pub probabilities: Array1<f64>,
    /// The effective map of the whole net.
    pub map: EffectiveMap<f64>,
    /// The same by multiplying out the matrices and constants of the stages.
    pub product: (Matrix<f64>, Array1<f64>),
    /// For each unit behind the first pool, its weights on the input: the first convolution where the pool
    /// looked.
    pub pooled: Matrix<f64>,
    /// Of the windows of each pool, over the test digits: the part whose winner differs from that at the input.
    pub moved: [f64; 2],
}

/// For each output of a pool the input that it is connected to, read off its matrix.
pub fn winners(pool: &EffectiveMap<f64>) -> Vec<usize> {
    let winner = |row: ndarray::ArrayView1<'_, f64>| row.iter().position(|&v| v == 1.0);
    pool.a.rows().into_iter().filter_map(winner).collect()
}

/// Trains a CNN with 6 and 12 filters and takes it apart at one test digit; `quick` trains for two epochs.
pub fn run(quick: bool) -> switchnet::Result<Findings> {
    let (split, _) = digits::<f32>().standardize(Scope::Global)?;
    let cnn = Cnn { filters: [6, 12], ..Cnn::default() };
    let mut net = cnn.spec(split.train.shape(), 10, 1).build::<f32>()?;
    let training = Training { epochs: if quick { 2 } else { 20 }, ..Training::default() };
    fit(&mut net, &split.train, &training, &mut ())?;
    let accuracy = evaluate(&net, Loss::CrossEntropy, &split.test).accuracy().unwrap_or(0.0);
    let net = net.cast::<f64>();
    let chain = net.graph();
    let inputs = split.test.inputs().mapv(f64::from);
    let x = inputs.row(7).to_owned();

    let mut stages = Vec::new();
    let (mut a, mut c) = (Matrix::eye(64), Array1::zeros(64));
    for (i, row) in Summary::of(&net).rows.into_iter().enumerate() {
        let map = effective_map_between(chain, x.view(), i..i + 1)?;
        (a, c) = (map.a.dot(&a), map.a.dot(&c) + &map.c);
        stages.push(Stage { name: row.name, shape: row.shape, output: map.y.clone(), map });
    }
    let map = effective_map(&net, x.view());
    let probabilities = softmax(map.y.clone().insert_axis(Axis(0))).row(0).to_owned();

    let behind = effective_map_between(chain, x.view(), 0..POOLS[0] + 1)?;
    let units = stages[POOLS[0]].shape[1..].iter().product::<usize>();
    let pooled = behind.a.slice(ndarray::s![FILTER * units..(FILTER + 1) * units, ..]).to_owned();

    let moved = POOLS.map(|pool| {
        let here = winners(&stages[pool].map);
        let before = chain.part(0..pool).expect("layers before a pool").forward(inputs.clone());
        let windows = before.rows().into_iter().flat_map(|row| {
            let layer = chain.layers()[pool];
            let there = winners(&effective_map(layer, row));
            here.iter().zip(there).map(|(a, b)| f64::from(u8::from(*a != b))).collect::<Vec<_>>()
        });
        windows.sum::<f64>() / (inputs.nrows() * here.len()) as f64
    });
    let label = split.test.labels().map_or(0, |labels| labels[7]);
    let product = (a, c);
    Ok(Findings { accuracy, x, label, stages, probabilities, map, product, pooled, moved })
}

/// What each stage gives.
pub fn stages_picture(found: &Findings) -> switchnet::Result<String> {
    let strip = |caption: String, side: &[usize], values: &Array1<f64>| {
        let cells = side.iter().product();
        let pictures: Vec<Vec<f64>> = values.to_vec().chunks(cells).map(<[f64]>::to_vec).collect();
        Strip { caption, shape: side.to_vec(), pictures, colors: Colors::diverging(values) }
    };
    let gray = Colors::gray(&found.x.to_vec());
    let mut all = vec![Strip { colors: gray, ..strip("the input".into(), &[8, 8], &found.x) }];
    for stage in &found.stages {
        match stage.shape[..] {
            [channels, height, width] => {
                let caption = format!("{}: {channels} of {height}×{width}", stage.name);
                all.push(strip(caption, &[height, width], &stage.output));
            }
            [outputs] if stage.name == "dense" => {
                all.push(strip("dense: logits of 0 to 9".into(), &[1, outputs], &stage.output));
            }
            _ => {} // flattening changes no number
        }
    }
    let colors = Colors::Gray { low: 0.0, high: 1.0 };
    let caption = "softmax: probabilities of 0 to 9".to_owned();
    all.push(Strip { colors, ..strip(caption, &[1, 10], &found.probabilities) });
    strips("The stages of a convolutional net", &all)
}

/// The rows of the effective map, and what the units behind the first pool see of the input.
pub fn map_picture(found: &Findings) -> switchnet::Result<String> {
    let rows = |matrix: &Matrix<f64>| matrix.rows().into_iter().map(|r| r.to_vec()).collect();
    let strip = |caption: &str, pictures: Vec<Vec<f64>>| {
        let colors = Colors::diverging(pictures.iter().flatten());
        Strip { caption: caption.to_owned(), shape: vec![8, 8], pictures, colors }
    };
    let colors = Colors::gray(&found.x.to_vec());
    strips(
        "The effective map of a convolutional net",
        &[
            Strip { colors, ..strip("the input", vec![found.x.to_vec()]) },
            strip("its effective weights for the classes 0 to 9", rows(&found.map.a)),
            strip(
                "the 16 units of the first filter behind the first pool: their weights on the input",
                rows(&found.pooled),
            ),
        ],
    )
}

fn main() -> switchnet::Result<()> {
    let found = run(quick())?;
    println!(
        "test accuracy {:.1} %; a test digit of class {}",
        100.0 * found.accuracy,
        found.label
    );
    println!("stage            output     of them zero");
    for stage in &found.stages {
        let shape = stage.shape.iter().map(usize::to_string).collect::<Vec<_>>().join("×");
        let zero = stage.output.iter().filter(|&&v| v == 0.0).count();
        println!("{:<16} {shape:<10} {zero:>7} of {}", stage.name, stage.output.len());
    }
    println!("\nclass      logit        a·x          c       a·x + c   probability");
    for (k, row) in found.map.a.rows().into_iter().enumerate() {
        let (ax, c) = (row.dot(&found.x), found.map.c[k]);
        let (y, p) = (found.map.y[k], found.probabilities[k]);
        println!("{k:>5} {y:>10.5} {ax:>10.5} {c:>10.5} {:>13.5} {p:>13.5}", ax + c);
    }
    println!("relative residual of A x + c: {:.1e}", found.map.residual.relative);
    let gap = (&found.product.0 - &found.map.a).fold(0.0_f64, |most, v| most.max(v.abs()));
    println!("largest difference of A from the product of the stages: {gap:.1e}");
    for (pool, moved) in POOLS.iter().zip(found.moved) {
        let windows = found.stages[*pool].output.len();
        println!(
            "winners of layer {pool} that are others for other digits: {:.1} % of {windows}",
            100.0 * moved
        );
    }
    save("06-the-classical-pipeline/stages.svg", &stages_picture(&found)?)?;
    save("06-the-classical-pipeline/map.svg", &map_picture(&found)?)
}
