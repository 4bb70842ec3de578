//! Neighbors belong together: nets that know where pixels lie, and nets that do not, on digits and on the same digits
//! with their pixels shuffled.
//!
//! One fixed permutation of the pixels loses nothing: a dense layer can undo it, and learns as well as before. A bank
//! of sliding filters cannot, since it looks at windows. What it loses is what it owed to the neighborhood.
//!
//! `cargo run --release -p switchnet-course --example 13-neighbors-belong-together` writes its picture into
//! `out/course`.

use ndarray::Axis;
use switchnet::analysis::effective_map;
use switchnet::data::{Dataset, Scope, Split, digits};
use switchnet::layer::parameters;
use switchnet::net::zoo::{Architecture, CosineBank, SlidingBank, SwitchNet, ThinMlp};
use switchnet::net::{Net, argmax, map_chunks};
use switchnet::random::{generator, shuffled};
use switchnet::train::{Loss, Selection, Training, evaluate, fit};
use switchnet_course::{quick, save};
use switchnet_lab::experiment::MeanStd;
use switchnet_lab::report::{Colors, Strip, strips};

/// A kind of net, trained on both sets with some seeds.
pub struct Kind {
    /// Its name.
    pub name: &'static str,
    /// How many parameters it has.
    pub parameters: usize,
    /// Test accuracy with each seed, 0 to 1: on the digits, and on those with shuffled pixels.
    pub accuracy: [Vec<f64>; 2],
    /// The first seed's nets.
    nets: Vec<Net<f32>>,
}

impl Kind {
    /// What it loses when pixels are shuffled: mean over the seeds, and half the 95 % interval.
    pub fn loss(&self) -> (f64, f64) {
        let [as_is, shuffled] = &self.accuracy;
        let lost: Vec<f64> = as_is.iter().zip(shuffled).map(|(a, b)| a - b).collect();
        let (mean, half) = MeanStd::interval(&lost);
        (mean, half.unwrap_or(f64::INFINITY))
    }
}

/// What the example found.
pub struct Findings {
    /// The digits, and the same with shuffled pixels.
    pub sets: [Split<f32>; 2],
    /// The nets.
    pub kinds: Vec<Kind>,
}

fn architectures() -> [(&'static str, Architecture, f64); 4] {
    let sliding = SlidingBank {
        patch: 2,
        stride: 1,
        channels: vec![32],
        layers: vec![4],
        ..SlidingBank::default()
    };
    let cosine =
        CosineBank { pool: 1, width: Some(128), depth: 2, take: Some(64), ..CosineBank::default() };
    let global = SwitchNet { width: Some(128), depth: 2, ..SwitchNet::default() };
    let thin = ThinMlp { parameters: 1800, hidden_layers: 1, pool: 1, dropout: 0.0 };
    [
        (
            "sliding bank",
            Architecture::SlidingBank(SlidingBank { depth: 1, take: Some(96), ..sliding }),
            0.03,
        ),
        ("cosine bank", Architecture::CosineBank(cosine), 0.03),
        ("global Hadamard", Architecture::Switch(global), 0.01),
        ("thin dense", Architecture::ThinMlp(thin), 0.01),
    ]
}

/// The same pictures, each with its pixels in the order `order`.
fn reordered(data: &Dataset<f32>, order: &[usize]) -> switchnet::Result<Dataset<f32>> {
    let inputs = data.inputs().select(Axis(1), order);
    Dataset::new("shuffled digits", data.shape().to_vec(), inputs, data.targets().clone())
}

/// Trains every net on both sets; `quick` with two seeds and few epochs.
pub fn run(quick: bool) -> switchnet::Result<Findings> {
    let (as_is, _) = digits::<f32>().standardize(Scope::Global)?;
    let order = shuffled(64, &mut generator(7, 0));
    let [train, test] = [reordered(&as_is.train, &order)?, reordered(&as_is.test, &order)?];
    let sets = [as_is, Split { train, test }];
    let (seeds, epochs) = if quick { (4, 12) } else { (10, 40) };
    let mut kinds = Vec::new();
    for (name, architecture, learning_rate) in architectures() {
        let trained = map_chunks(2 * seeds, 1, |i| {
            let (set, seed) = (&sets[i.start / seeds], (i.start % seeds) as u64 + 1);
            let mut net = architecture.spec(&[1, 8, 8], 10, seed)?.build::<f32>()?;
            let keep = Selection::Last;
            let training = Training {
                epochs,
                learning_rate,
                seed,
                keep,
                validation: 0.0,
                ..Training::default()
            };
            fit(&mut net, &set.train, &training, &mut ())?;
            let score = evaluate(&net, Loss::CrossEntropy, &set.test);
            Ok((net, score.accuracy().expect("classes")))
        });
        let trained: Vec<(Net<f32>, f64)> =
            trained.into_iter().collect::<switchnet::Result<_>>()?;
        let part = |set: usize| trained[set * seeds..][..seeds].iter().map(|t| t.1).collect();
        let accuracy = [part(0), part(1)];
        let nets: Vec<_> = trained.into_iter().map(|t| t.0).step_by(seeds).collect();
        kinds.push(Kind { name, parameters: parameters::count(&nets[0]), accuracy, nets });
    }
    Ok(Findings { sets, kinds })
}

/// A digit as each set has it, and the effective row of the class that each net chooses for it, pixels put back.
pub fn picture(found: &Findings) -> switchnet::Result<String> {
    let order = shuffled(64, &mut generator(7, 0));
    let shape = vec![1, 8, 8];
    let mut all = Vec::new();
    let inputs = found.sets.each_ref().map(|set| set.test.inputs().row(4).mapv(f64::from));
    let pictures: Vec<Vec<f64>> = inputs.iter().map(|x| x.to_vec()).collect();
    let colors = Colors::gray(&pictures.concat());
    all.push(Strip {
        caption: "a digit, and its pixels shuffled".into(),
        shape: shape.clone(),
        pictures,
        colors,
    });
    for kind in &found.kinds {
        let mut pictures = Vec::new();
        for (set, (net, x)) in kind.nets.iter().zip(&inputs).enumerate() {
            let map = effective_map(&net.cast::<f64>(), x.view());
            let class = argmax(map.y.view().insert_axis(Axis(0)))[0];
            let mut row = map.a.row(class).to_vec();
            if set == 1 {
                let mixed = row.clone();
                order.iter().zip(mixed).for_each(|(&place, weight)| row[place] = weight);
            }
            pictures.push(row);
        }
        let colors = Colors::diverging(pictures.iter().flatten());
        let caption = format!("{}: trained as they are, trained shuffled", kind.name);
        all.push(Strip { caption, shape: shape.clone(), pictures, colors });
    }
    strips("Effective rows of nets trained on digits and on shuffled digits", &all)
}

fn main() -> switchnet::Result<()> {
    let found = run(quick())?;
    println!(
        "net              parameters   as they are (%)   shuffled (%)     lost (points, 95 % interval)"
    );
    for kind in &found.kinds {
        let [as_is, shuffled] = kind.accuracy.each_ref().map(|all| MeanStd::of(all));
        let (mean, half) = kind.loss();
        let [mean, low, high] = [mean, mean - half, mean + half].map(|v| 100.0 * v);
        let percent = |m: MeanStd| format!("{:.2} ± {:.2}", 100.0 * m.mean, 100.0 * m.deviation);
        println!(
            "{:<16} {:>10}   {:<15}   {:<14}   {mean:+.2} ({low:+.2} to {high:+.2})",
            kind.name,
            kind.parameters,
            percent(as_is),
            percent(shuffled)
        );
    }
    save("13-neighbors-belong-together/rows.svg", &picture(&found)?)
}
