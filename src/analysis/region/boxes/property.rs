//! Whether a net keeps a property on a box, decided region by region.

use super::polytope::Polytope;
use super::vnnlib;
use super::{BoxBudget, BoxProgress, Cube, Whole, search};
use crate::analysis::checks;
use crate::analysis::region::slice::Limit;
use crate::analysis::rounding::AGREES;
use crate::analysis::rows::one_row;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::layer::Layer;
use ndarray::{Array1, ArrayView1};
use serde::Serialize;
use std::ops::ControlFlow;

/// What must not be: outputs that the inputs of some boxes must not lead to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Property {
    /// How many inputs it speaks of.
    pub inputs: usize,
    /// How many outputs it speaks of.
    pub outputs: usize,
    /// What violates it: an input of one of these, with outputs that it names.
    pub cases: Vec<PropertyCase>,
}

/// Inputs of a box, and the outputs that they must not lead to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PropertyCase {
    /// The least value of each input.
    pub lower: Vec<f64>,
    /// The largest value of each input.
    pub upper: Vec<f64>,
    /// Lists of conditions: the property is violated where all conditions of one list hold. A list of none always does.
    pub violated_if: Vec<Vec<Condition>>,
}

/// `Σ weight·y + constant ≥ 0` for some outputs `y`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Condition {
    /// Outputs, by number, and their weights.
    pub weights: Vec<(usize, f64)>,
    /// The constant.
    pub constant: f64,
}

impl Condition {
    fn at(&self, y: impl Fn(usize) -> f64) -> f64 {
        self.weights.iter().map(|&(k, weight)| weight * y(k)).sum::<f64>() + self.constant
    }
}

impl Property {
    /// Reads the part of VNN-LIB in which such properties are written: `declare-const` of inputs `X_0`, `X_1`, … and
    /// outputs `Y_0`, `Y_1`, … of sort `Real`, and `assert` of `and`, `or`, `<=` and `>=` between sums of outputs, or
    /// between an input and a number. Of all asserted, inputs must have both bounds.
    ///
    /// # Errors
    /// At the first line that is something else, with its number; if an input has no bounds; if there are more than
    /// 10,000 cases.
    pub fn read_vnnlib(text: &str) -> Result<Self> {
        vnnlib::read(text)
    }
}

/// What is known of a property: in the words of others `unsat`, `sat` and `unknown`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Verdict {
    /// Every region keeps it, by more than rounding.
    Holds,
    /// Some input violates it.
    Violated,
    /// Neither was shown.
    Undecided,
}

/// An input that violates a property: the net was evaluated there.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Violation {
    /// The case.
    pub case: usize,
    /// The input, within the bounds of the case.
    pub input: Vec<f64>,
    /// The outputs there, by the forward pass.
    pub outputs: Vec<f64>,
}

/// The answer to whether a property holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Verification {
    /// The answer.
    pub verdict: Verdict,
    /// An input that violates the property, if one was found.
    pub violation: Option<Violation>,
    /// What stopped the search, if something did.
    pub stopped_by: Option<Limit>,
    /// Regions that were looked at, over all cases.
    pub regions: usize,
    /// Of these, regions that neither keep the property by more than rounding nor violate it.
    pub undecided_regions: usize,
    /// How many times a part was too thin to look at: those of [`regions_in_box`](super::regions_in_box), and those where a
    /// boundary reaches into another part, but less than a ball of `1e-12` would fit.
    pub thin: usize,
}

/// What a region says of a case.
enum Said {
    Keeps,
    Violates(Violation),
    Neither,
}

/// Whether the net keeps a property, by the map of every region in its boxes.
///
/// On a region outputs are affine, so the worst input of it is the answer of a linear program. [`Verdict::Holds`] needs a
/// proof by duality in every region, by more than a part of 1e-9 of the numbers in it and by 64 times what the pass through
/// the net was seen to round at the worst input; no part of the box is left out but where a boundary reaches into another part by
/// no more than it may be off by rounding. [`Verdict::Violated`] comes with an input at which the net was evaluated.
/// Everything else is undecided.
///
/// It is the net with its weights in `f64` that is spoken of, its sums worked out exactly. The search ends at the first
/// violation; budgets are of all cases together.
///
/// For small nets: where there are more than some hundred thousand regions, ask a verifier that bounds many of them at a
/// time (alpha-beta-CROWN, nnenum, Marabou).
///
/// ```
/// use switchnet::analysis::{BoxBudget, Property, Verdict, verify};
/// use switchnet::layer::Switch;
/// // Can max(x, 0) be 2 or more where x is at most 1?
/// let property = Property::read_vnnlib(
///     "(declare-const X_0 Real) (declare-const Y_0 Real)
///      (assert (>= X_0 -1)) (assert (<= X_0 1)) (assert (>= Y_0 2))",
/// )?;
/// let watch = &mut |_| std::ops::ControlFlow::Continue(());
/// let found = verify(&Switch::relu(1), &property, BoxBudget::default(), watch)?;
/// assert_eq!((found.verdict, found.regions), (Verdict::Holds, 2));
/// # Ok::<(), switchnet::Error>(())
/// ```
///
/// # Errors
/// As [`regions_in_box`](super::regions_in_box), and if the net jumps, has another number of inputs or outputs, or the
/// property no condition of outputs, or a condition has numbers that are not finite or an output that is not there.
pub fn verify(
    net: &dyn Layer<f64>,
    property: &Property,
    budget: BoxBudget,
    watch: &mut dyn FnMut(BoxProgress) -> ControlFlow<()>,
) -> Result<Verification> {
    let dims = [net.inputs(), net.outputs()];
    if dims != [property.inputs, property.outputs] {
        let say = |[inputs, outputs]: [usize; 2]| format!("{inputs} inputs and {outputs} outputs");
        let found = say([property.inputs, property.outputs]);
        return Err(Error::new("property", say(dims), found));
    }
    if property.cases.iter().flat_map(|case| &case.violated_if).all(Vec::is_empty) {
        let found = "none: every input within its bounds would violate it";
        return Err(Error::new("property", "a condition of outputs", found));
    }
    for condition in property.cases.iter().flat_map(|case| case.violated_if.iter().flatten()) {
        let numbers = condition.weights.iter().map(|(_, weight)| weight);
        checks::numbers("numbers of a condition", numbers.chain([&condition.constant]))?;
        if let Some((k, _)) = condition.weights.iter().find(|(k, _)| *k >= property.outputs) {
            let expected = format!("0 to {}", property.outputs.saturating_sub(1));
            return Err(Error::new("output of a condition", expected, k));
        }
    }
    checks::piecewise_linear(net)?;
    if !net.signature().regularity.is_continuous() {
        return Err(Error::new("net of a property", "one that is continuous", net.name()));
    }
    let mut answer = Verification {
        verdict: Verdict::Holds,
        violation: None,
        stopped_by: None,
        regions: 0,
        undecided_regions: 0,
        thin: 0,
    };
    let start = Clock::start();
    for (number, case) in property.cases.iter().enumerate() {
        let cube = Cube::new(net, &case.lower, &case.upper)?;
        let left = BoxBudget {
            regions: budget.regions.saturating_sub(answer.regions),
            seconds: budget.seconds - start.seconds(),
            ..budget
        };
        let before = answer.regions;
        let mut told = |progress: BoxProgress| {
            watch(BoxProgress {
                regions: before + progress.regions,
                seconds: start.seconds(),
                ..progress
            })
        };
        let finish = |whole: Whole| judge(net, &cube, number, case, &whole.polytope);
        let mut take = |said| match said {
            Said::Keeps => ControlFlow::Continue(()),
            Said::Neither => {
                answer.undecided_regions += 1;
                ControlFlow::Continue(())
            }
            Said::Violates(violation) => {
                answer.violation = Some(violation);
                ControlFlow::Break(())
            }
        };
        let found = search((net, &cube, None), (left, 0), &mut told, &finish, &mut take)?;
        answer.regions += found.regions;
        answer.thin += found.thin + found.touching;
        answer.stopped_by = found.stopped_by;
        if answer.violation.is_some() || answer.stopped_by.is_some() {
            break;
        }
    }
    let open = answer.undecided_regions + answer.thin > 0 || answer.stopped_by.is_some();
    answer.verdict = match (&answer.violation, open) {
        (Some(_), _) => Verdict::Violated,
        (None, true) => Verdict::Undecided,
        (None, false) => Verdict::Holds,
    };
    Ok(answer)
}

/// So many times what the pass was seen to round at one point is taken off what is shown.
const CLEAR: f64 = 64.0;

/// What the map of one region says of a case.
fn judge(
    net: &dyn Layer<f64>,
    cube: &Cube<'_>,
    number: usize,
    case: &PropertyCase,
    polytope: &Polytope,
) -> Said {
    let point = cube.point(&polytope.center);
    let place = cube.place(&point);
    let (y, map) = net.linearize(one_row(ArrayView1::from(&point)));
    let rates = map.jvp(cube.sides(), None);
    let inputs = polytope.center.len();
    let mut said = Said::Keeps;
    for conditions in &case.violated_if {
        let mut functions = Vec::with_capacity(conditions.len() * (inputs + 2));
        let mut sizes = Vec::with_capacity(conditions.len());
        for condition in conditions {
            let part = Condition { constant: 0.0, ..condition.clone() };
            let gradient: Vec<f64> = (0..inputs).map(|j| part.at(|k| rates[[j, k]])).collect();
            let moved = gradient.iter().zip(&place).map(|(g, u)| g * u).sum::<f64>();
            let middle = condition.at(|k| y[[0, k]]) - moved;
            // In units of the numbers that it is made of.
            let sums = condition.weights.iter().map(|&(k, weight)| {
                let rates = rates.column(k).iter().map(|rate| rate.abs()).sum::<f64>();
                weight.abs() * (y[[0, k]].abs() + rates)
            });
            let size = sums.sum::<f64>() + condition.constant.abs();
            let size = if size > 0.0 { size } else { 1.0 };
            functions.extend(gradient.iter().map(|g| g / size));
            functions.extend([1.0, middle / size]);
            sizes.push(size);
        }
        let highest = match conditions.is_empty() {
            true => Some((polytope.center.clone(), 0.0, 0.0)),
            false => polytope.highest(&functions),
        };
        let Some((u, _, bound)) = highest else {
            said = Said::Neither;
            continue;
        };
        let input = cube.point(&u);
        let x = Array1::from(input.clone());
        let outputs = net.forward(one_row(x.view())).row(0).to_vec();
        let is_finite = outputs.iter().all(|v| v.is_finite());
        if is_finite && conditions.iter().all(|condition| condition.at(|k| outputs[k]) >= 0.0) {
            return Said::Violates(Violation { case: number, input, outputs });
        }
        // The pass and the map say the same of the worst point, but for what the pass rounds.
        let place = cube.place(x.as_slice().expect("one row"));
        let rounded = conditions.iter().zip(functions.chunks_exact(inputs + 2)).zip(&sizes);
        let rounded = rounded.map(|((condition, function), size)| {
            let map: f64 = function.iter().zip(&place).map(|(g, u)| g * u).sum();
            (condition.at(|k| outputs[k]) / size - map - function[inputs + 1]).abs()
        });
        let margin = rounded.fold(AGREES.max(cube.rounding), |most: f64, v| most.max(CLEAR * v));
        // Written so that a bound that is not a number proves nothing.
        if !(is_finite && bound < -margin) {
            said = Said::Neither;
        }
    }
    said
}
