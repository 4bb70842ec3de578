//! No discontinuity at a switch: the outputs are continuous where a switch flips, and the effective row jumps.
//!
//! A switch flips where its own signal is zero, so at that point it makes no difference whether it connects.
//! What changes is the slope: the effective map before and after differ by a matrix of rank one, the column
//! of weights that leave the unit times the row that enters it.
//!
//! `cargo run --release -p switchnet-course --example 08-no-jump` writes its pictures into `out/course`.

use ndarray::Array1;
use switchnet::analysis::{Jump, Ray, effective_row, jump, ray};
use switchnet::data::{Scope, digits};
use switchnet::net::zoo;
use switchnet::train::{Training, fit};
use switchnet_course::{quick, save};
use switchnet_lab::report::{Curve, Panel, Scale, panels};

/// What the example found.
pub struct Findings {
    /// Every breakpoint between the two digits.
    pub ray: Ray,
    /// The jump of the whole effective map at each of them.
    pub jumps: Vec<Jump>,
    /// The classes of the digits at the two ends.
    pub classes: [usize; 2],
    /// For these two classes the norm of the effective row on each segment.
    pub norms: [Vec<f64>; 2],
}

/// Trains a net 64–16–16–10 and walks from one test digit to another; `quick` trains for two epochs.
pub fn run(quick: bool) -> switchnet::Result<Findings> {
    let (split, _) = digits::<f32>().standardize(Scope::Global)?;
    let mut net = zoo::mlp(&[64], &[16, 16], 10, 1).build::<f32>()?;
    let training = Training { epochs: if quick { 2 } else { 20 }, ..Training::default() };
    fit(&mut net, &split.train, &training, &mut ())?;
    let net = net.cast::<f64>();
    let x = |row: usize| split.test.inputs().row(row).mapv(f64::from);
    let label = |row: usize| split.test.labels().map_or(0, |labels| labels[row]);
    let (from, to) = (x(7), x(3));
    let classes = [label(7), label(3)];
    let ray = ray(&net, from.view(), to.view())?;
    let jumps: Vec<Jump> =
        (0..ray.breakpoints.len()).map(|i| jump(&net, &ray, i)).collect::<Result<_, _>>()?;
    let norm = |class: usize| -> Vec<f64> {
        let row = |t: f64| {
            let x: Array1<f64> = &from + &(t * (&to - &from));
            let a = effective_row(&net, x.view(), class).a;
            a.dot(&a).sqrt()
        };
        ray.segments.iter().map(|segment| row(segment.middle())).collect()
    };
    let norms = classes.map(norm);
    Ok(Findings { ray, jumps, classes, norms })
}

/// The outputs of the two classes along the way, and the norms of their effective rows.
pub fn picture(found: &Findings) -> String {
    let name = |k: usize| format!("class {}", found.classes[k]);
    let output = |k: usize| {
        let class = found.classes[k];
        let ends = found.ray.segments.iter().flat_map(|s| {
            [
                (s.start, s.value[class]),
                (s.end, s.value[class] + (s.end - s.start) * s.slope[class]),
            ]
        });
        Curve::plain(&name(k), ends)
    };
    let norm = |k: usize| {
        let steps = found.ray.segments.iter().zip(&found.norms[k]);
        Curve::plain(&name(k), steps.flat_map(|(s, &norm)| [(s.start, norm), (s.end, norm)]))
    };
    let after = found.ray.segments.iter().skip(1);
    let switches = after.flat_map(|s| found.classes.map(|class| (s.start, s.value[class])));
    let flips = Curve::points("a switch flips", switches);
    let t = ("t, from one digit to the other", Scale::Linear);
    panels(
        "Outputs and effective rows between two digits",
        1,
        &[
            Panel::new(t, ("output", Scale::Linear), vec![output(0), output(1), flips])
                .heading("The outputs are continuous"),
            Panel::new(t, ("norm of the effective row ‖a‖", Scale::Linear), vec![norm(0), norm(1)])
                .heading("The rows jump"),
        ],
    )
}

fn main() -> switchnet::Result<()> {
    let found = run(quick())?;
    println!(
        "     t   switch (layer, unit)   rank of the jump   its largest entry   gap of the outputs"
    );
    for (breakpoint, jump) in found.ray.breakpoints.iter().zip(&found.jumps) {
        let unit = breakpoint.flips[0].unit;
        println!(
            "{:.4} {:>15} {:>5} {:>18} {:>19.3} {:>20.1e}",
            breakpoint.t,
            unit.layer,
            unit.unit,
            jump.rank,
            jump.largest,
            breakpoint.continuity_error
        );
    }
    let worst = found.ray.breakpoints.iter().fold(0.0_f64, |most, b| most.max(b.continuity_error));
    println!("{} switches flip; the outputs are continuous to {worst:.1e}", found.jumps.len());
    save("08-no-jump/no-jump.svg", &picture(&found))
}
