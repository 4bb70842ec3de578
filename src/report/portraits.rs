//! The table of what the effective maps of nets are like.

use super::escape::{markdown, name};
use super::number::{NONE, count};
use crate::experiment::{NetResults, Portrait, Results, Spread};

/// A column: its heading, and its number in a portrait.
type Column = (&'static str, fn(&Portrait) -> Option<f64>);

const COLUMNS: [Column; 11] = [
    ("angle (°)", |p| Some(p.angle)),
    ("length ‖a‖", |p| Some(p.length)),
    ("signal to noise", |p| Some(p.signal_to_noise)),
    ("margin (l2)", |p| p.margin),
    ("another class (l2)", |p| p.rival),
    ("regions a ray", |p| Some(p.regions)),
    ("σ₁", |p| Some(p.largest)),
    ("stable rank", |p| Some(p.stable_rank)),
    ("entropy (bits)", |p| Some(p.entropy)),
    ("differ within (%)", |p| Some(100.0 * p.within?)),
    ("differ between (%)", |p| Some(100.0 * p.between?)),
];

/// The portraits of all nets in Markdown, mean ± sample deviation over the seeds, with what the columns mean
/// below; nothing if the experiment did not ask for them.
pub fn portrait_table(results: &Results) -> Option<String> {
    let portraits = |net: &NetResults| -> Vec<Portrait> {
        net.runs.iter().filter_map(|run| run.portrait.clone()).collect()
    };
    let first = results.nets.iter().flat_map(portraits).next()?;
    let mut out = String::from("| net | parameters | mult-adds | accuracy (%) |");
    COLUMNS.iter().for_each(|(heading, _)| out += &format!(" {heading} |"));
    out += "\n|:--|--:|--:|--:|";
    out += &"--:|".repeat(COLUMNS.len());
    out.push('\n');
    for net in &results.nets {
        let Spread { mean, deviation } = net.test_accuracy;
        let (parameters, work) = (net.summary.parameters, net.summary.multiply_adds);
        out +=
            &format!("| {} | {} | {} |", markdown(name(&net.name)), count(parameters), count(work));
        out += &format!(" {:.2} ± {:.2} |", 100.0 * mean, 100.0 * deviation);
        let portraits = portraits(net);
        for (_, number) in COLUMNS {
            let values: Option<Vec<f64>> = portraits.iter().map(number).collect();
            let values = values.filter(|values| !values.is_empty());
            out += &values.map_or(format!(" {NONE} |"), |values| {
                let Spread { mean, deviation } = Spread::of(&values);
                // Three digits of the mean that say something.
                let digits = if mean == 0.0 { 0.0 } else { 2.0 - mean.abs().log10().floor() };
                let digits = digits.clamp(0.0, 6.0) as usize;
                format!(" {mean:.digits$} ± {deviation:.digits$} |")
            });
        }
        out.push('\n');
    }
    out += &format!(
        "\nOver {} test inputs; margin, another class, regions, σ₁ and stable rank over the first {}; mean ± \
         sample deviation over {} seeds. *Angle*, *length*, *signal to noise*: of the effective weights of the \
         class chosen, medians. *Margin*: distance to the nearest switch; *another class*: distance at which \
         the map of the region gives one; medians, in units of the input. *Regions a ray*: passed on the line to the \
         next test input, mean. *σ₁*, *stable rank*: of the effective map, means. *Entropy*: of a switch, mean. \
         *Differ*: part of the switches in which two inputs of one class, or of two, differ.\n",
        count(first.inputs),
        count(first.first),
        results.seeds.len()
    );
    Some(out)
}
