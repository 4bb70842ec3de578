//! What the net looks at: its effective row says how noise disturbs an output, and how far another decision is.
//!
//! Noise of standard deviation σ on every input becomes noise of standard deviation σ·‖a‖ on the output `a·x + c`: predicted from
//! the row, then measured by adding noise. And the smallest change of the input that makes another class win:
//! predicted by the map, and inside its region, against the smallest that a search through all regions finds.
//!
//! `cargo run --release -p switchnet-course --example 11-what-the-net-looks-at` writes its pictures into `out/course`.

use ndarray::{Array1, Array2, ArrayView1, Axis};
use switchnet::analysis::{
    Distribution, EffectiveMap, Neuron, Norm, Pattern, Status, counterfactual, effective_map,
    neurons, ray,
};
use switchnet::data::{Scope, digits};
use switchnet::layer::Layer;
use switchnet::net::{Net, argmax, map_chunks, zoo};
use switchnet::random::{generator, normal};
use switchnet::train::{Training, fit};
use switchnet_course::{quick, save};
use switchnet_lab::experiment::MeanStd;
use switchnet_lab::report::{Colors, Curve, Panel, Scale, Strip, panels, strips};

/// The standard deviations of the noise on each input, in units of the standardized inputs.
pub const SIGMAS: [f64; 6] = [1e-5, 1e-3, 0.01, 0.1, 0.3, 1.0];

/// What noise does at one input.
pub struct Noise {
    /// The measured standard deviation of the output over the predicted one.
    pub ratio: f64,
    /// The norm of the mean of the rows at all noisy inputs, over that of the row at the input.
    pub mean_row: f64,
    /// How many switches it flips, mean over the copies.
    pub flips: f64,
}

/// The sizes (l2) of changes of one input that make another class win.
pub struct Change {
    /// The smallest by the map at the input, the boundaries of its region ignored.
    pub linear: f64,
    /// The smallest inside the region, if one is proved to be, and whether it does flip the net's decision.
    pub region: Option<(f64, bool)>,
    /// Whether it is proved that there is none inside the region.
    pub none: bool,
    /// The smallest that the search through all regions found.
    pub found: f64,
}

/// What one net makes of one input.
pub struct Look {
    /// The weights of the class chosen,
    pub row: Array1<f64>,
    /// and what they do.
    pub neuron: Neuron,
    /// For each of [`SIGMAS`].
    pub noise: Vec<Noise>,
    /// Measured on some of the inputs.
    pub change: Option<Change>,
}

/// What the example found.
pub struct Findings {
    /// Noisy copies of each input.
    pub copies: usize,
    /// The first input.
    pub x: Array1<f64>,
    /// The nets.
    pub nets: Vec<Looks>,
}

/// What one net makes of the inputs.
pub struct Looks {
    /// The name of the net.
    pub name: &'static str,
    /// How many switches it has.
    pub switches: usize,
    /// For each input.
    pub looks: Vec<Look>,
}

impl Looks {
    /// A value over the inputs, for noise of standard deviation `SIGMAS[s]`.
    pub fn mean_std(&self, s: usize, value: impl Fn(&Noise) -> f64) -> MeanStd {
        MeanStd::of(&self.looks.iter().map(|look| value(&look.noise[s])).collect::<Vec<_>>())
    }

    /// The changes that were measured.
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.looks.iter().filter_map(|look| look.change.as_ref())
    }
}

/// Trains three nets and looks at test digits through each; `quick` trains for two epochs and looks at few.
pub fn run(quick: bool) -> switchnet::Result<Findings> {
    let (split, _) = digits::<f32>().standardize(Scope::Global)?;
    let shape = split.train.shape();
    let specs = [
        ("switch net", zoo::switch_net(shape, 10, 1)),
        ("dense MLP", zoo::mlp(shape, &[128, 128], 10, 1)),
        ("CNN", zoo::cnn(shape, 10, 1)),
    ];
    let training = Training { epochs: if quick { 2 } else { 20 }, ..Training::default() };
    let (inputs, changes, copies) = if quick { (12, 2, 200) } else { (40, 20, 500) };
    let x = |i: usize| split.test.inputs().row(i).mapv(f64::from);
    let mut nets = Vec::new();
    for (number, (name, spec)) in specs.into_iter().enumerate() {
        let mut net = spec.build::<f32>()?;
        fit(&mut net, &split.train, &training, &mut ())?;
        let net = net.cast::<f64>();
        let look = |i: usize| -> switchnet::Result<Look> {
            let map = effective_map(&net, x(i).view());
            let class = largest(map.y.view());
            // Each net, input and σ has noise of its own.
            let stream = |s| ((number * inputs + i) * SIGMAS.len() + s) as u64;
            let noise = (0..SIGMAS.len()).map(|s| noise(&net, &map, SIGMAS[s], copies, stream(s)));
            Ok(Look {
                row: map.a.row(class).to_owned(),
                neuron: neurons(&map)[class],
                noise: noise.collect(),
                change: if i < changes { Some(change(&net, &map)?) } else { None },
            })
        };
        let looks = map_chunks(inputs, 1, |i| look(i.start)).into_iter();
        let looks = looks.collect::<switchnet::Result<_>>()?;
        let switches = effective_map(&net, x(0).view()).pattern.len();
        nets.push(Looks { name, switches, looks });
    }
    Ok(Findings { copies, x: x(0), nets })
}

/// Adds noise to copies of an input and looks at the output of the class chosen without it.
fn noise(net: &Net<f64>, map: &EffectiveMap<f64>, sigma: f64, copies: usize, stream: u64) -> Noise {
    let rng = &mut generator(11, stream);
    let draw = |(_, i)| map.x[i] + normal::<f64>(rng, sigma);
    let noisy = Array2::from_shape_fn((copies, map.x.len()), draw);
    let flipped = |x| Pattern::at(net, x).distance(&map.pattern);
    let flips: usize = noisy.rows().into_iter().map(flipped).sum();
    let (y, record) = net.linearize(noisy);
    let class = largest(map.y.view());
    let unit = Array2::from_shape_fn((copies, y.ncols()), |(_, k)| f64::from(u8::from(k == class)));
    let mean = record.pull(unit, &mut []).mean_axis(Axis(0)).expect("there are copies");
    let predicted = norm(&map.a.row(class).to_owned());
    Noise {
        ratio: y.column(class).std(1.0) / (sigma * predicted),
        mean_row: norm(&mean) / predicted,
        flips: flips as f64 / copies as f64,
    }
}

fn change(net: &Net<f64>, map: &EffectiveMap<f64>) -> switchnet::Result<Change> {
    let from = largest(map.y.view());
    let distance = |j: usize| (map.y[from] - map.y[j]) / norm(&lead(map, from, j));
    let mut others: Vec<usize> = (0..map.y.len()).filter(|&j| j != from).collect();
    others.sort_by(|&i, &j| distance(i).total_cmp(&distance(j)));
    let linear = distance(others[0]);

    let nearest = counterfactual(net, map.x.view(), None, Norm::L2, None)?.optimum;
    let none = nearest.status == Status::Infeasible;
    let point = nearest.point.filter(|_| nearest.status == Status::Optimal);
    let region = point.map(|point| {
        // At the point itself two classes are level, so go a thousandth farther.
        let beyond = &map.x + (Array1::from(point.input) - &map.x) * 1.001;
        let y = net.forward(beyond.insert_axis(Axis(0)));
        (point.objective, largest(y.row(0)) != from)
    });

    // Walk straight to where the decision changes; see by the map there which direction is the shortest to that
    // boundary; walk this one, and so on while it gets nearer. Begin with the direction of each class.
    let mut found = f64::INFINITY;
    for &class in &others {
        let mut direction = lead(map, from, class);
        loop {
            let reach = if found.is_finite() { found * (1.0 - 1e-6) } else { 5.0 * linear };
            let step = &direction * (reach / norm(&direction));
            let ray = ray(net, map.x.view(), (&map.x + &step).view())?;
            let Some(crossing) = ray.crossings.first() else { break };
            found = crossing.t * reach;
            let there = effective_map(net, (&map.x + &(step * crossing.t)).view());
            direction = lead(&there, from, crossing.to);
        }
    }
    Ok(Change { linear, region, none, found })
}

/// The direction of the input in which the lead of class `from` over class `to` shrinks fastest.
fn lead(map: &EffectiveMap<f64>, from: usize, to: usize) -> Array1<f64> {
    &map.a.row(to) - &map.a.row(from)
}

fn norm(v: &Array1<f64>) -> f64 {
    v.dot(v).sqrt()
}

fn largest(y: ArrayView1<'_, f64>) -> usize {
    argmax(y.insert_axis(Axis(0)))[0]
}

/// The ratio of a standard deviation measured with so many degrees of freedom to the true one, `z` deviations below and
/// above: √(χ²/d), by the approximation of Wilson and Hilferty.
pub fn bounds(freedom: usize, z: f64) -> [f64; 2] {
    let part = 2.0 / (9.0 * freedom as f64);
    [-z, z].map(|z| (1.0 - part + z * part.sqrt()).powf(1.5))
}

impl Findings {
    /// Over all nets, inputs and σ of which no copy flips a switch: how many there are, the ratio of measured to
    /// predicted standard deviation of them all together, and where it lies if the prediction is right, four deviations out.
    pub fn without_flips(&self) -> (usize, f64, [f64; 2]) {
        let all = self.nets.iter().flat_map(|net| &net.looks).flat_map(|look| &look.noise);
        let still = all.filter(|noise| noise.flips == 0.0).map(|noise| noise.ratio * noise.ratio);
        let squares: Vec<f64> = still.collect();
        let ratio = (squares.iter().sum::<f64>() / squares.len() as f64).sqrt();
        (squares.len(), ratio, bounds(squares.len() * (self.copies - 1), 4.0))
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    Distribution::of(values.collect()).map_or(0.0, |all| all.quartiles[1])
}

/// The pictures: file name and text.
pub fn pictures(found: &Findings) -> switchnet::Result<Vec<(&'static str, String)>> {
    let nets = || found.nets.iter();
    let ends = |values: &[f64]| {
        [f64::min, f64::max].map(|f| values.iter().copied().reduce(f).unwrap_or(0.0))
    };

    let mut rows = vec![("input".to_owned(), Colors::gray(&found.x.to_vec()), found.x.to_vec())];
    // One scale, so that rows of larger norm are darker.
    let colors = Colors::diverging(nets().flat_map(|net| &net.looks[0].row));
    rows.extend(nets().map(|net| {
        let look = &net.looks[0];
        (format!("{}, {:.0}°", net.name, look.neuron.angle()), colors, look.row.to_vec())
    }));
    let strip = |(caption, colors, picture)| Strip {
        caption,
        shape: vec![8, 8],
        pictures: vec![picture],
        colors,
    };
    let rows: Vec<Strip> = rows.into_iter().map(strip).collect();

    let gains = nets().map(|net| {
        let norms: Vec<f64> = net.looks.iter().map(|look| look.neuron.norm).collect();
        let line = |name, factor: f64| Curve::plain(name, ends(&norms).map(|v| (v, factor * v)));
        let points = |s: usize| {
            let measured = |look: &Look| look.neuron.norm * look.noise[s].ratio;
            let point = |look: &Look| (look.neuron.norm, measured(look));
            Curve::points(&format!("σ = {}", SIGMAS[s]), net.looks.iter().map(point))
        };
        let mut curves = vec![line("equal", 1.0)];
        curves.extend(bounds(found.copies - 1, 1.96).map(|bound| line("95 % of samples", bound)));
        curves.extend([1, 3, 5].map(points));
        let x = ("predicted gain ‖a‖", Scale::Linear);
        Panel::new(x, ("measured gain", Scale::Linear), curves).heading(net.name)
    });

    let sigma = ("σ of the noise on each input", Scale::Log);
    let ratio = nets().map(|net| {
        let all = || SIGMAS.iter().enumerate().map(|(s, x)| (*x, net.mean_std(s, |n| n.ratio)));
        Curve::line(net.name, all().map(|(x, all)| (x, all.mean)))
            .bars(all().map(|a| a.1.deviation))
    });
    let flips = nets().map(|net| {
        let part = |s: usize| 100.0 * net.mean_std(s, |n| n.flips).mean / net.switches as f64;
        let all = SIGMAS.iter().enumerate().map(|(s, x)| (*x, part(s)));
        Curve::line(net.name, all.filter(|(_, part)| *part > 0.0))
    });
    let departure = [
        Panel::new(sigma, ("measured over predicted", Scale::Linear), ratio.collect())
            .heading("Mean ± standard deviation"),
        Panel::new(sigma, ("switches flipped (%)", Scale::Log), flips.collect())
            .heading("Flips of a noisy copy"),
    ];

    let changes = nets().map(|net| {
        let linear: Vec<(f64, f64)> = net.changes().map(|c| (c.linear, c.found)).collect();
        let region = net.changes().filter_map(|c| Some((c.region?.0, c.found)));
        let both: Vec<f64> = linear.iter().flat_map(|&(x, y)| [x, y]).collect();
        let curves = vec![
            Curve::plain("equal", ends(&both).map(|v| (v, v))),
            Curve::points("by the map, boundaries ignored", linear),
            Curve::points("inside the region", region),
        ];
        let x = ("predicted (l2)", Scale::Linear);
        Panel::new(x, ("smallest found (l2)", Scale::Linear), curves).heading(net.name)
    });
    let (gains, changes): (Vec<Panel>, Vec<Panel>) = (gains.collect(), changes.collect());
    Ok(vec![
        ("rows.svg", strips("A digit and the weights of the class chosen", &rows)?),
        ("noise.svg", panels("Predicted and measured noise gain", 3, &gains)),
        ("departure.svg", panels("Noise of growing size", 2, &departure)),
        ("changes.svg", panels("Distances to another decision", 3, &changes)),
    ])
}

fn print(found: &Findings) {
    println!("net            angle    ‖a‖  signal to noise    (of the class chosen, medians)");
    for net in &found.nets {
        let of = |value: fn(&Neuron) -> f64| median(net.looks.iter().map(|l| value(&l.neuron)));
        let (angle, norm) = (of(Neuron::angle), of(|neuron| neuron.norm));
        let signal = of(Neuron::signal_to_noise);
        println!("{:<13} {angle:>5.1}° {norm:>6.2} {signal:>16.2}", net.name);
    }
    let [low, high] = bounds(found.copies - 1, 1.96);
    println!(
        "\n{} noisy copies of each input; 95 % of samples: {low:.3} to {high:.3}",
        found.copies
    );
    println!("net                 σ  switches flipped  measured/predicted    within  mean row/row");
    for net in &found.nets {
        for (s, sigma) in SIGMAS.iter().enumerate() {
            let (flips, ratio) = (net.mean_std(s, |n| n.flips).mean, net.mean_std(s, |n| n.ratio));
            let mean_row = net.mean_std(s, |n| n.mean_row).mean;
            let inside = |look: &&Look| (low..high).contains(&look.noise[s].ratio);
            let (within, of) = (net.looks.iter().filter(inside).count(), net.looks.len());
            let (mean, deviation) = (ratio.mean, ratio.deviation);
            print!("{:<13} {sigma:>7} {flips:>9.3} of {:<5}", net.name, net.switches);
            println!("{mean:>12.3} ± {deviation:.3} {within:>5} of {of} {mean_row:>13.3}");
        }
    }
    let (count, ratio, [low, high]) = found.without_flips();
    println!("the {count} without a flip together: {ratio:.4}; if right, {low:.4} to {high:.4}");

    println!("\nsmallest change to another class (l2), medians            in the region");
    println!(
        "net           inputs  by the map   found  found/map   none  some  flips  found/region"
    );
    for net in &found.nets {
        let of = |value: fn(&Change) -> f64| median(net.changes().map(value));
        let regions = || net.changes().filter_map(|c| Some((c.region?, c.found)));
        let (some, flips) = (regions().count(), regions().filter(|(region, _)| region.1).count());
        let none = net.changes().filter(|c| c.none).count();
        let part = median(regions().map(|(region, found)| found / region.0));
        let part = if some > 0 { format!("{part:.2}") } else { "–".to_owned() };
        let (linear, found, ratio) =
            (of(|c| c.linear), of(|c| c.found), of(|c| c.found / c.linear));
        print!("{:<13} {:>6} {linear:>11.2} {found:>7.2}", net.name, net.changes().count());
        println!("{ratio:>11.2} {none:>6} {some:>5} {flips:>6} {part:>13}");
    }
    let missed = found.nets.iter().flat_map(Looks::changes);
    let missed = missed.filter(|c| c.region.is_some_and(|region| region.0 < c.found)).count();
    println!("the search missed a nearer one, inside the region, {missed} times");
}

fn main() -> switchnet::Result<()> {
    let found = run(quick())?;
    print(&found);
    for (name, text) in pictures(&found)? {
        save(&format!("11-what-the-net-looks-at/{name}"), &text)?;
    }
    Ok(())
}
