//! Fixed against learned transforms, fairly: equal parameters, equal multiply-adds, ten seeds, learning rates chosen on
//! held-out training data.
//!
//! A switch net mixes by a transform that nobody learns and learns what stands between; a dense net learns the
//! mixing. Nets of both kinds, and CNNs, are given as many parameters as one switch net or as many multiply-adds,
//! and trained on the digits. Two nets are told apart by the differences of their accuracies, seed by seed.
//!
//! `cargo run --release -p switchnet-course --example 12-fixed-against-learned` writes its pictures into `out/course`.

use std::ops::ControlFlow::Continue;
use switchnet_course::{quick, save};
use switchnet_lab::experiment::{Experiment, MeanStd, NetResults, Results};
use switchnet_lab::report::{Colors, Cost, Strip, accuracy, strips, text_table};

/// The net that all others are compared with.
pub const OPPONENT: &str = "thin dense";

/// By how much a net is more accurate than the [`OPPONENT`].
pub struct Difference {
    /// The net.
    pub name: String,
    /// The difference of the test accuracies, 0 to 1: mean over the seeds.
    pub mean: f64,
    /// Half the width of its 95 % confidence interval, by Student's t.
    pub half: f64,
    /// Its seconds of training over those of the opponent, each the shortest over the seeds: what else the
    /// machine does can only add to them.
    pub seconds: f64,
}

impl Difference {
    fn of(net: &NetResults, opponent: &NetResults) -> Self {
        let pairs = net.runs.iter().zip(&opponent.runs);
        let pairs: Vec<f64> = pairs.map(|(a, b)| a.test_accuracy - b.test_accuracy).collect();
        let shortest =
            |net: &NetResults| net.runs.iter().map(|run| run.seconds).fold(f64::INFINITY, f64::min);
        let (mean, half) = MeanStd::interval(&pairs);
        Self {
            name: net.name.clone(),
            mean,
            half: half.unwrap_or(f64::INFINITY),
            seconds: shortest(net) / shortest(opponent),
        }
    }

    /// Whether the interval leaves out zero, and on which side.
    pub fn verdict(&self) -> &'static str {
        match self.mean {
            mean if mean > self.half => "more accurate",
            mean if mean < -self.half => "less accurate",
            _ => "not told apart",
        }
    }
}

/// What the example found.
pub struct Findings {
    /// Everything measured.
    pub results: Results,
    /// Each net but the opponent against it.
    pub differences: Vec<Difference>,
}

/// Trains every net of `crates/cli/experiments/fair.toml`; `quick` with two seeds, one learning rate and two epochs.
pub fn run(quick: bool) -> switchnet::Result<Findings> {
    let file = include_str!("../../crates/cli/experiments/fair.toml");
    let mut experiment: Experiment = toml::from_str(file).expect("the file is an experiment");
    if quick {
        experiment.seeds.truncate(2);
        experiment.learning_rates = vec![0.01];
        experiment.training.epochs = 2;
    }
    let results = experiment.run(None, false, &|_| Continue(()))?.expect("nobody asked to stop");
    let opponent = results.nets.iter().find(|net| net.name == OPPONENT).expect("it is in the file");
    let others = results.nets.iter().filter(|net| net.name != OPPONENT);
    let differences = others.map(|net| Difference::of(net, opponent)).collect();
    Ok(Findings { results, differences })
}

/// For one digit that all nets get right, the ten rows that each of them selects.
fn rows(results: &Results) -> switchnet::Result<String> {
    let strip = |caption: String, colors, pictures| Strip {
        caption,
        shape: results.data.shape.clone(),
        pictures,
        colors,
    };
    let examples = || results.nets.iter().filter_map(|net| Some((net, net.examples.first()?)));
    let input = examples().next().map(|(_, example)| {
        let caption = format!("the input, a {}", example.label);
        strip(caption, Colors::gray(&example.x), vec![example.x.clone()])
    });
    let maps = examples().map(|(net, example)| {
        let colors = Colors::diverging(example.rows.iter().flatten());
        strip(format!("{}: classes 0 to 9", net.name), colors, example.rows.clone())
    });
    strips(
        "The effective rows of each net at one digit",
        &input.into_iter().chain(maps).collect::<Vec<_>>(),
    )
}

/// The pictures: file name and text.
pub fn pictures(found: &Findings) -> switchnet::Result<[(&'static str, String); 3]> {
    Ok([
        ("parameters.svg", accuracy(&found.results, Cost::Parameters)),
        ("multiply-adds.svg", accuracy(&found.results, Cost::MultiplyAdds)),
        ("rows.svg", rows(&found.results)?),
    ])
}

fn main() -> switchnet::Result<()> {
    let found = run(quick())?;
    println!("{}", text_table(&found.results));
    println!("learning rates chosen");
    for net in &found.results.nets {
        println!("  {:<26} {}", net.name, net.learning_rate);
    }
    println!("\nagainst {OPPONENT}, seed by seed");
    println!(
        "  net                         points   95 % interval                    training time"
    );
    for difference in &found.differences {
        let Difference { name, mean, half, seconds } = difference;
        let [mean, low, high] = [*mean, mean - half, mean + half].map(|v| 100.0 * v);
        let verdict = difference.verdict();
        println!(
            "  {name:<26} {mean:>+7.2}   {low:+.2} to {high:+.2}   {verdict:<15} × {seconds:.1}"
        );
    }
    for (name, text) in pictures(&found)? {
        save(&format!("12-fixed-against-learned/{name}"), &text)?;
    }
    Ok(())
}
