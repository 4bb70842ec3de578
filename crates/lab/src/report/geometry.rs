//! The table of what the effective maps of nets are like.

use super::escape::{markdown, name};
use super::number::{NONE, count, mean_std, percent, short};
use crate::experiment::{Geometry, MeanStd, NetResults, PAIRED, PLANES, POLYGONS, Results, STEPS};

/// A column: its heading, and its number in a geometry summary.
type Column = (&'static str, fn(&Geometry) -> Option<f64>);

/// The column whose numbers may be too small, where slices were stopped.
const POLYGONS_A_PLANE: &str = "polygons a plane";

const COLUMNS: [Column; 16] = [
    ("angle (°)", |p| Some(p.angle)),
    ("norm ‖a‖", |p| Some(p.norm)),
    ("signal to noise", |p| Some(p.signal_to_noise)),
    ("margin (l2)", |p| p.margin),
    ("another class (l2)", |p| p.rival),
    ("certificate (l2)", |p| p.certificate),
    ("adversarial (l2)", |p| p.adversarial),
    ("regions a ray", |p| p.regions),
    (POLYGONS_A_PLANE, |p| p.polygons),
    ("σ₁", |p| Some(p.largest)),
    ("stable rank", |p| Some(p.stable_rank)),
    ("entropy (bits)", |p| Some(p.entropy)),
    ("differ within (%)", |p| Some(100.0 * p.within?)),
    ("differ between (%)", |p| Some(100.0 * p.between?)),
    ("cosine within", |p| p.cosine_within),
    ("cosine between", |p| p.cosine_between),
];

/// The geometry summaries of all nets in Markdown, mean ± sample deviation over the seeds, with what the columns mean and
/// how wide the 95 % intervals are below; nothing if the experiment did not ask for them.
pub fn geometry_table(results: &Results) -> Option<String> {
    let geometry = |net: &NetResults| -> Vec<Geometry> {
        net.runs.iter().filter_map(|run| run.geometry.clone()).collect()
    };
    let first = results.nets.iter().flat_map(geometry).next()?;
    let mut out = String::from("| net | parameters | mult-adds | accuracy (%) |");
    COLUMNS.iter().for_each(|(heading, _)| out += &format!(" {heading} |"));
    out += " residual |\n|:--|--:|--:|--:|--:|";
    out += &"--:|".repeat(COLUMNS.len());
    out.push('\n');
    for net in &results.nets {
        let (parameters, work) = (net.summary.parameters, net.summary.multiply_adds);
        out +=
            &format!("| {} | {} | {} |", markdown(name(&net.name)), count(parameters), count(work));
        out += &format!(" {} |", percent(net.test_accuracy, net.runs.len()));
        let geometry = geometry(net);
        for (heading, number) in COLUMNS {
            let values: Option<Vec<f64>> = geometry.iter().map(number).collect();
            let text = values
                .filter(|values| !values.is_empty())
                .map(|values| mean_std(MeanStd::of(&values)));
            let some = heading == POLYGONS_A_PLANE && geometry.iter().any(|p| !p.complete);
            out += if some && text.is_some() { " ≥" } else { "" };
            out += &format!(" {} |", text.as_deref().unwrap_or(NONE));
        }
        let residual = net.runs.iter().fold(0.0, |worst, run| f64::max(worst, run.worst_residual));
        out += &format!(" {} |\n", short(residual));
    }
    let seeds = results.seeds.len();
    let fewer = results.fewer();
    let factor = MeanStd::interval_factor(seeds).filter(|_| fewer.is_empty());
    let interval = factor.map_or(fewer.to_owned(), |factor| {
        format!(", whose 95 % interval is the mean ± {factor:.2} times that (Student's t)")
    });
    out += &format!(
        "\nOver {} test inputs; margin, another class, certificate, adversarial, regions, polygons, σ₁ and stable rank over the first {}, \
         cosines over {} at most; mean ± sample deviation over {seeds} seeds{interval}. *Angle*, *norm*, *signal to noise*: \
         of the effective weights of the class chosen, medians. *Margin*: distance to the nearest switch; \
         *another class*: distance at which the map of the region gives one; *certificate*: the smaller of the two, \
         within which no input is of another class; *adversarial*: distance of one that is, as {STEPS} steps along the \
         maps find it, over the inputs where they do; medians, in units of the input. \
         *Regions a ray*: passed on the line to the next test input, mean. *Polygons a plane*: through three test inputs of different classes, from one \
         halfway to each of the others, median of {PLANES} planes; ≥ where a slice was stopped at {}. *σ₁*, \
         *stable rank*: of the effective map, means. *Entropy*: of a switch, mean. \
         *Differ*: part of the switches in which two inputs of one class, or of two, differ. *Cosine*: of the \
         effective weights of the classes chosen for two inputs of one class, or of two, mean. *Residual*: \
         ‖A x + c − f(x)‖ over ‖A x‖ + ‖c‖, the largest of all seeds.\n",
        count(first.inputs),
        count(first.first),
        count(PAIRED),
        count(POLYGONS)
    );
    Some(out)
}
