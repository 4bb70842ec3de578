//! A learned scale between two Fourier transforms is a learned circular convolution.
//!
//! With complex Fourier transforms this holds for every kernel. Hartley transforms are real. A scale between
//! two of them is enough for a symmetric kernel; any other takes a second scale, for the row read backwards.
//!
//! `cargo run --release -p switchnet-course --example 09-learned-filter` writes its pictures into `out/course`.

use ndarray::{Array1, Axis};
use rustfft::{FftPlanner, num_complex::Complex};
use switchnet::Matrix;
use switchnet::data::{Dataset, Targets};
use switchnet::layer::{Diagonal, FixedTransform, Layer};
use switchnet::net::Graph;
use switchnet::random::{generator, normal};
use switchnet::train::{Loss, Training, fit};
use switchnet::transform::{Hartley, Transform};
use switchnet_course::{quick, save};
use switchnet_lab::report::{Curve, Panel, Scale, panels};

/// The length of the rows.
pub const LENGTH: usize = 32;

/// A kernel, and what one scale between two Hartley transforms learns of it.
pub struct Filter {
    /// What kind of kernel.
    pub name: &'static str,
    /// The kernel.
    pub kernel: Array1<f64>,
    /// Half of the kernel and half of its mirror image.
    pub even: Array1<f64>,
    /// The answer of the trained layers to a single 1.
    pub learned: Array1<f64>,
    /// The largest difference from the convolution as its definition says, relative to the largest number: by
    /// complex Fourier transforms, by the kernel's scale between two Hartley transforms, by two such scales.
    pub errors: [f64; 3],
}

impl Filter {
    /// The largest difference of what was learned from `kernel`, relative to its largest number.
    pub fn missed(&self, kernel: &Array1<f64>) -> f64 {
        largest(&(&self.learned - kernel)) / largest(kernel)
    }
}

fn largest(row: &Array1<f64>) -> f64 {
    row.fold(0.0, |most, v| most.max(v.abs()))
}

/// `y_i = Σ_j k_j x_{i−j}`, the index taken around the circle.
fn convolved(kernel: &Array1<f64>, x: &Array1<f64>) -> Array1<f64> {
    let n = x.len();
    Array1::from_shape_fn(n, |i| (0..n).map(|j| kernel[j] * x[(i + n - j) % n]).sum())
}

/// The row read backwards around the circle.
fn mirrored(row: &Array1<f64>) -> Array1<f64> {
    let n = row.len();
    Array1::from_shape_fn(n, |i| row[(n - i) % n])
}

/// The inverse Fourier transform of the product of two spectra.
fn by_fourier(kernel: &Array1<f64>, x: &Array1<f64>) -> Array1<f64> {
    let (n, mut planner) = (x.len(), FftPlanner::new());
    let [k, mut y] = [kernel, x].map(|row| {
        let mut spectrum: Vec<_> = row.iter().map(|&v| Complex::new(v, 0.0)).collect();
        planner.plan_fft_forward(n).process(&mut spectrum);
        spectrum
    });
    y.iter_mut().zip(&k).for_each(|(y, k)| *y *= k);
    planner.plan_fft_inverse(n).process(&mut y);
    y.iter().map(|v| v.re / n as f64).collect()
}

/// A scale between two Hartley transforms, as three layers.
fn between(scale: Array1<f64>) -> switchnet::Result<Graph<f64>> {
    let hartley = Hartley::new(scale.len())?;
    let layers: Vec<Box<dyn Layer<f64>>> = vec![
        Box::new(FixedTransform::new(hartley.clone())),
        Box::new(Diagonal::new(Some(scale), None)),
        Box::new(FixedTransform::new(hartley)),
    ];
    Graph::chain(layers)
}

fn apply(net: &Graph<f64>, x: &Array1<f64>) -> Array1<f64> {
    net.forward(x.clone().insert_axis(Axis(0))).row(0).to_owned()
}

fn filter(name: &'static str, kernel: Array1<f64>, epochs: usize) -> switchnet::Result<Filter> {
    let n = kernel.len();
    let mut rng = generator(1, 4);
    let inputs = Matrix::from_shape_simple_fn((1024, n), || normal(&mut rng, 1.0));
    let mut targets = inputs.clone();
    for mut row in targets.rows_mut() {
        let y = convolved(&kernel, &row.to_owned());
        row.assign(&y);
    }
    let (x, y) = (inputs.row(0).to_owned(), targets.row(0).to_owned());

    // The kernel's transform, √n·Hk, and its even and its odd part.
    let mut scale = kernel.clone();
    Hartley::new(n)?.apply(scale.as_slice_mut().expect("in one piece"));
    scale *= (n as f64).sqrt();
    let (even, odd) = ((&scale + &mirrored(&scale)) / 2.0, (&scale - &mirrored(&scale)) / 2.0);
    let one = apply(&between(scale)?, &x);
    let two = apply(&between(even)?, &x) + apply(&between(odd)?, &mirrored(&x));
    let error = |found: Array1<f64>| largest(&(found - &y)) / largest(&y);
    let errors = [by_fourier(&kernel, &x), one, two].map(error);

    let mut net = between(Array1::ones(n))?;
    let data = Dataset::new("convolution", vec![n], inputs, Targets::Values(targets))?;
    let (loss, validation) = (Loss::SquaredError, 0.0);
    let training =
        Training { epochs, loss, validation, learning_rate: 0.05, ..Training::default() };
    fit(&mut net, &data, &training, &mut ())?;
    let learned = apply(&net, &Array1::from_shape_fn(n, |i| f64::from(u8::from(i == 0))));
    let even = (&kernel + &mirrored(&kernel)) / 2.0;
    Ok(Filter { name, kernel, even, learned, errors })
}

/// Convolves with a symmetric and with a one-sided kernel, and learns both; `quick` trains for fewer epochs.
pub fn run(quick: bool) -> switchnet::Result<Vec<Filter>> {
    let distance = |i: usize| i.min(LENGTH - i) as f64;
    let symmetric = Array1::from_shape_fn(LENGTH, |i| (-0.1 * distance(i).powi(2)).exp());
    let sided = Array1::from_shape_fn(LENGTH, |i| (-(i as f64) / 4.0).exp());
    let epochs = if quick { 30 } else { 60 };
    let kernels = [("symmetric kernel", symmetric), ("one-sided kernel", sided)];
    kernels.into_iter().map(|(name, kernel)| filter(name, kernel, epochs)).collect()
}

/// The kernels, and what was learned of them.
pub fn picture(found: &[Filter]) -> String {
    // Place 0 stands in the middle.
    let n = LENGTH as i32;
    let points = |row: &Array1<f64>| -> Vec<(f64, f64)> {
        (-n / 2..n / 2).map(|i| (f64::from(i), row[i.rem_euclid(n) as usize])).collect()
    };
    let panel = |filter: &Filter| {
        let curves = vec![
            Curve::line("kernel", points(&filter.kernel)),
            Curve::line("even part of the kernel", points(&filter.even)),
            Curve::points("learned by one scale", points(&filter.learned)),
        ];
        Panel::new(("place", Scale::Linear), ("weight", Scale::Linear), curves).heading(filter.name)
    };
    panels("Learned filters", 2, &found.iter().map(panel).collect::<Vec<_>>())
}

fn main() -> switchnet::Result<()> {
    let found = run(quick())?;
    println!("largest relative difference from a circular convolution of {LENGTH} numbers");
    println!("                    Fourier   one Hartley scale   two Hartley scales");
    for Filter { name, errors: [fourier, one, two], .. } in &found {
        println!("{name:<18} {fourier:>8.1e} {one:>19.1e} {two:>20.1e}");
    }
    println!("\none scale, learned: largest difference from the kernel   from its even part");
    for filter in &found {
        let [kernel, even] = [&filter.kernel, &filter.even].map(|kernel| filter.missed(kernel));
        println!("{:<44} {kernel:>11.1e} {even:>20.1e}", filter.name);
    }
    save("09-fast-weighted-sums/filter.svg", &picture(&found))
}
