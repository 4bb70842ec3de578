//! Gradients: the derivatives of ReLU, sigmoid and tanh, and what is left of a gradient behind many layers.
//!
//! The derivative of ReLU is 0 or 1, that of a sigmoid at most ¼, that of tanh above ¼ where |x| < arcosh 2.
//! In nets of 2 to 30 hidden layers on the digits, dense and Walsh–Hadamard, the gradient of the loss is
//! followed from the last hidden layer back to the first, at initialization and after training.
//!
//! `cargo run --release -p switchnet-course --example 03-gradients` writes its pictures into `out/course`.

use ndarray::{Array2, s};
use rayon::prelude::*;
use switchnet::data::{Dataset, Scope, digits};
use switchnet::layer::{
    DenseConfig, DiagonalConfig, FixedTransformConfig, Init, Layer, ReluConfig, SigmoidConfig,
    Smooth, Switch, TanhConfig, TwoSlopeConfig,
};
use switchnet::net::{Net, NodeSpec, Spec, softmax};
use switchnet::train::{Loss, Training, evaluate, fit};
use switchnet::transform::TransformKind;
use switchnet_course::{quick, save, short};
use switchnet_lab::experiment::MeanStd;
use switchnet_lab::report::{Curve, Panel, Scale, chart, panels};

/// The derivative of `layer`, which has one element, at `x`.
pub fn derivative(layer: &dyn Layer<f64>, x: f64) -> f64 {
    layer.linearize(Array2::from_elem((1, 1), x)).1.push(Array2::ones((1, 1)))[[0, 0]]
}

/// Where the derivative of tanh falls through ¼: halved until no number lies between the two ends.
fn tanh_bound() -> f64 {
    let (mut low, mut high) = (0.0, 6.0);
    loop {
        let middle = 0.5 * (low + high);
        if middle == low || middle == high {
            return middle;
        }
        let end = if derivative(&Smooth::tanh(1), middle) > 0.25 { &mut low } else { &mut high };
        *end = middle;
    }
}

/// The nets: whether they mix by Walsh–Hadamard transforms and not by dense layers, and their activation.
fn kinds() -> Vec<(bool, NodeSpec)> {
    let smooth = [ReluConfig {}.into(), TanhConfig {}.into(), SigmoidConfig {}.into()];
    let two_slope = TwoSlopeConfig { open: Init::default(), closed: Init::default() }.into();
    let both = [false, true].into_iter().flat_map(|h| smooth.clone().map(|a| (h, a)));
    both.chain([(true, two_slope)]).collect()
}

/// `depth` hidden layers of 64 and a readout. Dense weights are drawn from N(0, 2/64), as He et al. do for
/// ReLU; a scale of √2 gives an orthonormal transform the same second moment. Two slopes begin at 1 and need
/// no scale.
fn spec(hadamard: bool, activation: &NodeSpec, depth: usize, seed: u64) -> Spec {
    let learns_slopes = activation.get::<TwoSlopeConfig>().is_some();
    let scale = (!learns_slopes).then_some(Init::Constant(std::f64::consts::SQRT_2));
    let mix = match hadamard {
        false => vec![DenseConfig { outputs: 64, bias: true }.into()],
        true => vec![
            FixedTransformConfig::new(TransformKind::Signs).into(),
            FixedTransformConfig::new(TransformKind::Hadamard).into(),
            DiagonalConfig { scale, bias: true }.into(),
        ],
    };
    let hidden = [mix, vec![activation.clone()]].concat();
    let readout = DenseConfig { outputs: 10, bias: true }.into();
    let layers = std::iter::repeat_n(hidden, depth).flatten().chain([readout]).collect();
    Spec { input: vec![64], seed, layers }
}

/// The gradient of the loss with respect to the sums before each activation, first layer first, in units of
/// that of the last: root mean squares over 256 rows of `data`.
fn gradients(net: &Net<f32>, depth: usize, data: &Dataset<f32>) -> Vec<f64> {
    let net = net.cast::<f64>();
    let mut y = data.inputs().slice(s![..256, ..]).mapv(f64::from);
    let mut maps = Vec::new();
    for layer in net.graph().layers() {
        let (next, map) = layer.linearize(y);
        maps.push(map);
        y = next;
    }
    // The gradient of the cross-entropy, and then each layer's transposed Jacobian, last layer first.
    let mut dy = softmax(y);
    for (mut dy, &label) in dy.rows_mut().into_iter().zip(data.labels().expect("classes")) {
        dy[label] -= 1.0;
    }
    let each = (maps.len() - 1) / depth; // layers up to and with an activation
    let mut norms = Vec::new();
    for (i, map) in maps.iter().enumerate().rev() {
        dy = map.pull(dy, &mut []);
        if i % each == each - 1 {
            norms.push(dy.iter().map(|v| v * v).sum::<f64>().sqrt());
        }
    }
    norms.iter().rev().map(|norm| norm / norms[0]).collect()
}

/// The gradients of a net before and after training, and its test accuracy.
struct Trained {
    initial: Vec<f64>,
    trained: Vec<f64>,
    accuracy: f64,
}

/// A net with some number of hidden layers, over some seeds.
pub struct Found {
    /// Whether it mixes by Walsh–Hadamard transforms and not by dense layers.
    pub hadamard: bool,
    /// Its activation.
    pub activation: String,
    /// Its hidden layers.
    pub depth: usize,
    /// The gradient before each activation in units of the last, at initialization: geometric means.
    pub initial: Vec<f64>,
    /// The same after training.
    pub trained: Vec<f64>,
    /// Test accuracy after training: mean and standard deviation.
    pub accuracy: MeanStd,
}

/// What the example found.
pub struct Findings {
    /// The derivatives of the three activations over inputs from −6 to 6.
    pub derivatives: Vec<Curve>,
    /// Where that of tanh falls through ¼, by bisection.
    pub tanh_bound: f64,
    /// The nets.
    pub nets: Vec<Found>,
}

/// Trains all nets; `quick` takes two depths, one seed and one epoch.
pub fn run(quick: bool) -> switchnet::Result<Findings> {
    let (split, _) = digits::<f32>().standardize(Scope::Global)?;
    let (depths, seeds, epochs): (&[usize], u64, usize) =
        if quick { (&[2, 6], 1, 1) } else { (&[2, 5, 10, 20, 30], 3, 6) };
    let measure = |(hadamard, activation, depth): (bool, NodeSpec, usize)| {
        // Of 0.001, 0.003 and 0.01 the one with the highest training accuracy over all nets of the family.
        let learning_rate = if hadamard { 0.01 } else { 0.003 };
        let mut runs = Vec::new();
        for seed in 1..=seeds {
            let mut net = spec(hadamard, &activation, depth, seed).build::<f32>()?;
            let initial = gradients(&net, depth, &split.train);
            let training =
                Training { epochs, learning_rate, seed, validation: 0.0, ..Training::default() };
            fit(&mut net, &split.train, &training, &mut ())?;
            let trained = gradients(&net, depth, &split.train);
            let score = evaluate(&net, Loss::CrossEntropy, &split.test);
            runs.push(Trained { initial, trained, accuracy: score.accuracy().unwrap_or(0.0) });
        }
        let mean = |of: &dyn Fn(&Trained) -> f64| runs.iter().map(of).sum::<f64>() / seeds as f64;
        switchnet::Result::Ok(Found {
            hadamard,
            activation: activation.kind().to_owned(),
            depth,
            initial: (0..depth).map(|l| mean(&|run| run.initial[l].ln()).exp()).collect(),
            trained: (0..depth).map(|l| mean(&|run| run.trained[l].ln()).exp()).collect(),
            accuracy: MeanStd::of(&runs.iter().map(|run| run.accuracy).collect::<Vec<_>>()),
        })
    };
    let cases: Vec<_> = kinds()
        .into_iter()
        .flat_map(|(hadamard, activation)| {
            depths.iter().map(move |&d| (hadamard, activation.clone(), d))
        })
        .collect();
    let nets = cases.into_par_iter().map(measure).collect::<Result<_, _>>()?;

    let layers: [(&str, Box<dyn Layer<f64>>); 3] = [
        ("relu", Box::new(Switch::relu(1))),
        ("tanh", Box::new(Smooth::tanh(1))),
        ("sigmoid", Box::new(Smooth::sigmoid(1))),
    ];
    let derivatives = layers.iter().map(|(name, layer)| {
        let x = (-300..=300).map(|i| f64::from(i) / 50.0);
        Curve::line(name, x.map(|x| (x, derivative(layer.as_ref(), x))))
    });
    Ok(Findings { derivatives: derivatives.collect(), tanh_bound: tanh_bound(), nets })
}

/// The three derivatives, and where that of tanh is a quarter.
pub fn derivatives(found: &Findings) -> String {
    let mut curves = found.derivatives.clone();
    curves.push(Curve::line("a quarter", [-6.0, 6.0].map(|x| (x, 0.25))));
    let ends = [-found.tanh_bound, found.tanh_bound].map(|x| (x, 0.25));
    curves.push(Curve::points("where tanh reaches it", ends));
    let panel = Panel::new(("x", Scale::Linear), ("derivative at x", Scale::Linear), curves);
    chart("The derivatives of ReLU, tanh and sigmoid", &panel)
}

/// The gradients of the deepest nets, layer by layer.
pub fn norms(found: &Findings) -> String {
    let deepest = found.nets.iter().map(|net| net.depth).max().unwrap_or(0);
    let panel = |hadamard: bool, trained: bool| {
        let nets = found.nets.iter().filter(|net| net.depth == deepest && net.hadamard == hadamard);
        let curves = nets.map(|net| {
            let norms = if trained { &net.trained } else { &net.initial };
            let points = norms.iter().enumerate().map(|(l, &norm)| (l as f64 + 1.0, norm));
            Curve::line(&net.activation, points)
        });
        let mix = if hadamard { "Walsh–Hadamard" } else { "Dense" };
        let when = if trained { "after training" } else { "at initialization" };
        let y = ("gradient ÷ that of the last", Scale::Log);
        Panel::new(("hidden layer", Scale::Linear), y, curves.collect())
            .heading(&format!("{mix}, {when}"))
    };
    let charts = [(false, false), (false, true), (true, false), (true, true)];
    panels("Gradients layer by layer", 2, &charts.map(|(h, t)| panel(h, t)))
}

fn main() -> switchnet::Result<()> {
    let found = run(quick())?;
    for Curve { name, points, .. } in &found.derivatives {
        let between = points.iter().filter(|(_, d)| *d != 0.0 && *d != 1.0).count();
        let most = points.iter().fold(0.0_f64, |most, (_, d)| most.max(*d));
        let of = points.len();
        println!(
            "{name:<8} derivative at most {most:.2}, neither 0 nor 1 at {between} of {of} inputs"
        );
    }
    println!("\ntanh     derivative above 1/4 while |x| < {:.15}, by bisection", found.tanh_bound);
    println!("                           log(2 + √3) = {:.15}", (2.0 + 3f64.sqrt()).ln());
    println!("\n                      hidden   gradient of the first ÷ last layer   test accuracy");
    println!("net       activation  layers    initial  a layer          trained             (%)");
    for net in &found.nets {
        let factor = net.initial[0].powf(1.0 / (net.depth as f64 - 1.0));
        println!(
            "{:<9} {:<10} {:>7} {:>10} {factor:>8.3} {:>16} {:>9.1} ± {:.1}",
            if net.hadamard { "Hadamard" } else { "dense" },
            net.activation,
            net.depth,
            short(net.initial[0], 3, 0.01),
            short(net.trained[0], 3, 0.01),
            100.0 * net.accuracy.mean,
            100.0 * net.accuracy.deviation
        );
    }
    save("03-gradients/derivatives.svg", &derivatives(&found))?;
    save("03-gradients/gradients.svg", &norms(&found))
}
