//! x
use ndarray::Array2;
use switchnet::data::{Dataset, Targets};
use switchnet::layer::parameters;
use switchnet::net::Net;
use switchnet::net::zoo::{Mlp, SwitchNet};
use switchnet::train::{Loss, OptimizerKind, gradient};
fn main() {
    let dense = std::env::args().nth(1).as_deref() == Some("dense");
    let mut net: Net<f32> = if dense {
        Mlp { hidden: vec![1024, 1024], dropout: 0.0 }.spec(&[784], 10, 1).build().unwrap()
    } else {
        SwitchNet { width: Some(1024), depth: 5, ..SwitchNet::default() }
            .spec(&[784], 10, 1)
            .build()
            .unwrap()
    };
    let inputs = Array2::from_shape_fn((128, 784), |(i, j)| ((i * 784 + j) as f32).sin());
    let targets = Targets::Classes { labels: (0..128).map(|i| i % 10).collect(), classes: 10 };
    let data = Dataset::new("w", vec![784], inputs, targets).unwrap();
    let rows: Vec<usize> = (0..128).collect();
    let mut theta = parameters::read(&net);
    let mut opt = OptimizerKind::default().build(&net);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    pool.install(|| {
        let n = if dense { 100 } else { 4000 };
        let (mut g, mut o, mut w) = (f64::MAX, f64::MAX, f64::MAX);
        for i in 0..n {
            let t = std::time::Instant::now();
            let (_, grad) = gradient(&net, Loss::CrossEntropy, &data, &rows);
            let a = t.elapsed().as_secs_f64();
            let t = std::time::Instant::now();
            opt.step(i, 1e-9, &mut theta, &grad);
            let b = t.elapsed().as_secs_f64();
            let t = std::time::Instant::now();
            parameters::write(&mut net, &theta);
            let c = t.elapsed().as_secs_f64();
            g = g.min(a);
            o = o.min(b);
            w = w.min(c);
        }
        println!(
            "gradient {:.1} us, optimiser {:.1} us, write {:.1} us",
            g * 1e6,
            o * 1e6,
            w * 1e6
        );
    });
}
