//! Properties in VNN-LIB, the format of the competition of verifiers of neural networks.
//!
//! A file is read token by token, with what is open on a list of its own, so that no nesting is too deep for the
//! machine's stack. Of what is asserted a disjunction of conjunctions is made as it is read, of a bounded size.

use super::property::{Condition, Property, PropertyCase};
use crate::error::{Error, Result};
use std::collections::BTreeMap;

/// The most brackets that are open at a time.
const DEEPEST: usize = 64;

/// The most conjunctions of a file.
const MOST_CASES: usize = 10_000;

/// The most numbers that all conjunctions have together.
const MOST_NUMBERS: usize = 1 << 20;

/// The most inputs or outputs.
const MOST_VARIABLES: usize = 1 << 20;

/// `Σ weight·variable + constant ≥ 0`, or a sum alone.
#[derive(Clone, Debug, Default)]
struct Sum {
    weights: BTreeMap<Variable, f64>,
    constant: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Variable {
    output: bool,
    number: usize,
}

impl Sum {
    fn add(mut self, other: &Self, times: f64) -> Self {
        for (&variable, weight) in &other.weights {
            let own = self.weights.entry(variable).or_insert(0.0);
            *own += times * weight;
            if *own == 0.0 {
                self.weights.remove(&variable);
            }
        }
        self.constant += times * other.constant;
        self
    }
}

/// Conditions that hold together.
type Together = Vec<Sum>;

/// What a bracket is worth.
enum Value {
    Word(String),
    Sum(Sum),
    /// One of these at least.
    Any(Vec<Together>),
    /// A command: nothing.
    Done,
}

/// A bracket that is open: its first word, and what is in it behind that.
struct Open {
    line: usize,
    word: Option<String>,
    values: Vec<Value>,
}

#[derive(Default)]
struct Reader {
    /// How many inputs and outputs are declared.
    declared: [Vec<usize>; 2],
    /// What must hold in every case.
    always: Together,
    /// Of each of these one at least.
    choices: Vec<Vec<Together>>,
}

fn refused(line: usize, expected: &str, found: impl std::fmt::Display) -> Error {
    Error::new(format_args!("line {line}"), expected, found)
}

pub(super) fn read(text: &str) -> Result<Property> {
    let mut reader = Reader::default();
    let mut open: Vec<Open> = Vec::new();
    for (line, token) in tokens(text) {
        let value = match token {
            "(" if open.len() == DEEPEST => {
                return Err(refused(line, &format!("at most {DEEPEST} open brackets"), "one more"));
            }
            "(" => {
                open.push(Open { line, word: None, values: Vec::new() });
                continue;
            }
            ")" => match open.pop() {
                Some(closed) => reader.close(closed, open.is_empty())?,
                None => return Err(refused(line, "an open bracket", ")")),
            },
            word => match open.last_mut() {
                Some(open) if open.word.is_none() => {
                    open.word = Some(word.to_owned());
                    continue;
                }
                _ => reader.word(line, word)?,
            },
        };
        match open.last_mut() {
            Some(around) if around.word.is_none() => {
                return Err(refused(around.line, "a word behind a bracket", "("));
            }
            Some(around) => around.values.push(value),
            None if matches!(value, Value::Done) => {}
            None => return Err(refused(line, "(assert …) or (declare-const …)", token)),
        }
    }
    match open.first() {
        Some(open) => Err(refused(open.line, "a bracket that is closed", "none")),
        None => reader.property(),
    }
}

/// Brackets and words, with their lines; comments run from a semicolon to the end of a line.
fn tokens(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().flat_map(|(number, line)| {
        let line = line.split(';').next().unwrap_or("");
        let bracket = |c: char| c == '(' || c == ')';
        let pieces = line.split_whitespace().flat_map(move |piece| piece.split_inclusive(bracket));
        let tokens = pieces.flat_map(move |piece| match piece.strip_suffix(bracket) {
            Some(word) => [word, &piece[word.len()..]],
            None => [piece, ""],
        });
        tokens.filter(|token| !token.is_empty()).map(move |token| (number + 1, token))
    })
}

/// The words that are neither variables nor numbers.
fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))
}

/// `X_3` or `Y_3`.
fn variable(word: &str) -> Option<Variable> {
    let (letter, number) = word.split_once('_')?;
    let output = match letter {
        "X" => false,
        "Y" => true,
        _ => return None,
    };
    if !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number = number.parse().ok().filter(|&number| number < MOST_VARIABLES)?;
    Some(Variable { output, number })
}

impl Reader {
    /// A word inside a bracket, and not its first.
    fn word(&self, line: usize, word: &str) -> Result<Value> {
        if is_number(word) {
            return match word.parse::<f64>() {
                Ok(constant) if constant.is_finite() => {
                    Ok(Value::Sum(Sum { weights: BTreeMap::new(), constant }))
                }
                _ => Err(refused(line, "a finite number", word)),
            };
        }
        match variable(word) {
            Some(v) if v.number < self.declared[usize::from(v.output)].len() => {
                Ok(Value::Sum(Sum { weights: BTreeMap::from([(v, 1.0)]), constant: 0.0 }))
            }
            _ => Ok(Value::Word(word.to_owned())),
        }
    }

    /// What a bracket is worth that is closed; `outside` if it is in no other.
    fn close(&mut self, closed: Open, outside: bool) -> Result<Value> {
        let Open { line, word, values } = closed;
        let word = word.ok_or_else(|| refused(line, "a word behind a bracket", ")"))?;
        if outside != matches!(word.as_str(), "assert" | "declare-const") {
            let expected = if outside {
                "(assert …) or (declare-const …)"
            } else {
                "one of and, or, <=, >=, +, -, *"
            };
            return Err(refused(line, expected, format_args!("({word} …")));
        }
        match word.as_str() {
            "declare-const" => self.declare(line, values),
            "assert" => self.assert(line, values),
            "and" | "or" => logic(line, &word, values),
            "<=" | ">=" => compare(line, &word, values),
            "+" | "-" | "*" => arithmetic(line, &word, values),
            word => {
                Err(refused(line, "one of and, or, <=, >=, +, -, *", format_args!("({word} …")))
            }
        }
    }

    fn declare(&mut self, line: usize, values: Vec<Value>) -> Result<Value> {
        let expected = "(declare-const X_0 Real), numbers ascending by one, each once";
        let [Value::Word(name), Value::Word(sort)] = values.as_slice() else {
            return Err(refused(line, expected, "something else, or one declared already"));
        };
        match variable(name) {
            Some(v) if sort == "Real" && v.number == self.declared[usize::from(v.output)].len() => {
                self.declared[usize::from(v.output)].push(line);
                Ok(Value::Done)
            }
            _ => Err(refused(line, expected, format_args!("(declare-const {name} {sort})"))),
        }
    }

    fn assert(&mut self, line: usize, mut values: Vec<Value>) -> Result<Value> {
        match (values.pop(), values.is_empty()) {
            (Some(Value::Any(mut any)), true) => {
                match any.len() {
                    1 => self.always.append(&mut any[0]),
                    _ => self.choices.push(any),
                }
                Ok(Value::Done)
            }
            _ => Err(refused(line, "one comparison, (and …) or (or …) in an assert", "another")),
        }
    }

    fn property(self) -> Result<Property> {
        let [inputs, outputs] = self.declared.map(|lines| lines.len());
        if inputs == 0 || outputs == 0 {
            let found = format!("{inputs} inputs and {outputs} outputs");
            return Err(Error::new("declared", "inputs X_0, … and outputs Y_0, …", found));
        }
        let mut cases = vec![Together::new()];
        for choice in self.choices {
            cases = both(&cases, &choice).ok_or_else(too_many)?;
        }
        if cases.len().saturating_mul(inputs + numbers_of(&self.always)) > MOST_NUMBERS {
            return Err(too_many());
        }
        let mut bounds = [vec![f64::NEG_INFINITY; inputs], vec![f64::INFINITY; inputs]];
        let mut everywhere = Vec::new();
        sort(self.always, &mut bounds, &mut everywhere)?;
        let mut property = Property { inputs, outputs, cases: Vec::new() };
        for case in cases {
            let ([mut lower, mut upper], mut conditions) = (bounds.clone(), everywhere.clone());
            let mut own = [lower, upper];
            sort(case, &mut own, &mut conditions)?;
            [lower, upper] = own;
            let unbounded = (0..inputs).find(|&i| !(lower[i].is_finite() && upper[i].is_finite()));
            if let Some(i) = unbounded {
                let found = format!("{} to {}", lower[i], upper[i]);
                return Err(Error::new(format_args!("X_{i}"), "two bounds in every case", found));
            }
            if lower.iter().zip(&upper).any(|(from, to)| from > to) {
                continue; // no input is meant
            }
            match property.cases.iter_mut().find(|c| c.lower == lower && c.upper == upper) {
                Some(same) => same.violated_if.push(conditions),
                None => property.cases.push(PropertyCase {
                    lower,
                    upper,
                    violated_if: vec![conditions],
                }),
            }
        }
        if property.cases.is_empty() {
            let expected = "an input within the bounds of one case";
            return Err(Error::new(
                "bounds of the inputs",
                expected,
                "the lower above the upper in each",
            ));
        }
        Ok(property)
    }
}

/// How many numbers the sums have.
fn numbers_of(sums: &[Sum]) -> usize {
    sums.iter().map(|sum| 1 + sum.weights.len()).sum()
}

fn too_many() -> Error {
    let expected = format!("at most {MOST_CASES} cases, and {MOST_NUMBERS} numbers in them");
    Error::new("conjunctions of all that is asserted", expected, "more")
}

/// Conjunctions of one of each, unless they are too many.
fn both(a: &[Together], b: &[Together]) -> Option<Vec<Together>> {
    let size = |all: &[Together]| all.iter().map(|case| numbers_of(case)).sum::<usize>();
    let numbers = size(a).saturating_mul(b.len()).saturating_add(size(b).saturating_mul(a.len()));
    if a.len().saturating_mul(b.len()) > MOST_CASES || numbers > MOST_NUMBERS {
        return None;
    }
    let pair = |a: &Together, b: &Together| a.iter().chain(b).cloned().collect();
    Some(a.iter().flat_map(|a| b.iter().map(move |b| pair(a, b))).collect())
}

fn logic(line: usize, word: &str, values: Vec<Value>) -> Result<Value> {
    if values.is_empty() {
        return Err(refused(line, "something inside", format_args!("({word})")));
    }
    let mut any = Vec::new();
    for value in values {
        match value {
            Value::Any(one) => any.push(one),
            _ => {
                return Err(refused(line, "comparisons, and, or", format!("another in ({word} …")));
            }
        }
    }
    if word == "or" {
        let all: Vec<Together> = any.into_iter().flatten().collect();
        return if all.len() > MOST_CASES { Err(too_many()) } else { Ok(Value::Any(all)) };
    }
    // What leaves no choice comes last, in one piece, so that each is copied once.
    let (sure, choices): (Vec<_>, Vec<_>) = any.into_iter().partition(|any| any.len() == 1);
    let sure: Together = sure.into_iter().flatten().flatten().collect();
    let mut all = vec![Together::new()];
    for choice in choices.iter().chain([&vec![sure]]) {
        all = both(&all, choice).ok_or_else(too_many)?;
    }
    Ok(Value::Any(all))
}

/// The sums of a bracket.
fn sums(line: usize, word: &str, values: Vec<Value>) -> Result<Vec<Sum>> {
    let sum = |value| match value {
        Value::Sum(sum) => Ok(sum),
        Value::Word(word) => Err(refused(line, "a declared variable or a number", word)),
        _ => Err(refused(line, "variables and numbers", format_args!("another in ({word} …"))),
    };
    values.into_iter().map(sum).collect()
}

fn compare(line: usize, word: &str, values: Vec<Value>) -> Result<Value> {
    let sums = sums(line, word, values)?;
    let [a, b] = <[Sum; 2]>::try_from(sums)
        .map_err(|sums| refused(line, "two sides of a comparison", sums.len()))?;
    let (less, more) = if word == "<=" { (a, b) } else { (b, a) };
    let difference = more.add(&less, -1.0);
    if difference.weights.is_empty() {
        return Err(refused(line, "a variable in a comparison", "none"));
    }
    Ok(Value::Any(vec![vec![difference]]))
}

fn arithmetic(line: usize, word: &str, values: Vec<Value>) -> Result<Value> {
    let mut sums = sums(line, word, values)?.into_iter();
    let first =
        sums.next().ok_or_else(|| refused(line, "something inside", format!("({word})")))?;
    if word == "-" && sums.len() == 0 {
        return Ok(Value::Sum(Sum::default().add(&first, -1.0)));
    }
    let mut all = first;
    for sum in sums {
        all = match word {
            "+" => all.add(&sum, 1.0),
            "-" => all.add(&sum, -1.0),
            _ if sum.weights.is_empty() => Sum::default().add(&all, sum.constant),
            _ if all.weights.is_empty() => Sum::default().add(&sum, all.constant),
            _ => return Err(refused(line, "a number times a variable", "a product of variables")),
        };
    }
    Ok(Value::Sum(all))
}

/// Puts what is said of inputs into the bounds, and of outputs into conditions.
fn sort(all: Together, bounds: &mut [Vec<f64>; 2], conditions: &mut Vec<Condition>) -> Result<()> {
    for sum in all {
        let numbers = sum.weights.values().chain([&sum.constant]);
        if let Some(v) = numbers.into_iter().find(|v| !v.is_finite()) {
            return Err(Error::new("numbers of a condition", "finite numbers", v));
        }
        let weights: Vec<(Variable, f64)> = sum.weights.into_iter().collect();
        match weights.as_slice() {
            &[(Variable { output: false, number }, weight)] => {
                let bound = -sum.constant / weight;
                if weight > 0.0 {
                    bounds[0][number] = bounds[0][number].max(bound);
                } else {
                    bounds[1][number] = bounds[1][number].min(bound);
                }
            }
            weights if weights.iter().all(|(variable, _)| variable.output) => {
                let weights = weights.iter().map(|(v, weight)| (v.number, *weight)).collect();
                conditions.push(Condition { weights, constant: sum.constant });
            }
            weights => {
                let names = weights
                    .iter()
                    .map(|(v, _)| format!("{}_{}", if v.output { "Y" } else { "X" }, v.number));
                let found = format!("a condition on {}", names.collect::<Vec<_>>().join(", "));
                return Err(Error::new("condition", "one input, or outputs alone", found));
            }
        }
    }
    Ok(())
}
