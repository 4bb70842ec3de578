//! What stands between raw data and a net: names and scales.

use super::{Dataset, Schema, Scope, Split, Standardize, Targets};
use crate::error::{Error, Result};
use crate::scalar::{Matrix, Scalar};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// Under which names a file keeps it.
const SCHEMA: &str = "schema";
const STANDARDIZE: &str = "standardize";
const STANDARDIZE_TARGETS: &str = "standardize-targets";

/// What the data of a net are called, and how they were standardized, from its training part alone. What a net is to see
/// later goes the same way.
///
/// ```
/// use ndarray::array;
/// use switchnet::data::{Dataset, Preparation, Scope, Split, Targets};
///
/// let set = Dataset::<f64>::new("two", vec![1], array![[1.0], [3.0]], Targets::Values(array![[10.0], [30.0]]))?;
/// let (split, preparation) = Preparation::fit(Split { train: set.clone(), test: set }, Some(Scope::Feature))?;
/// assert_eq!(split.train.inputs(), array![[-1.0], [1.0]]);
/// assert_eq!(preparation.undo(array![[0.5]]), array![[25.0]]); // values come back in their own units
/// # Ok::<(), switchnet::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Preparation {
    /// The names; none of a net of which nobody kept them.
    pub schema: Option<Schema>,
    /// How inputs are standardized, if they are.
    pub standardize: Option<Standardize>,
    /// How target values are standardized, if they are.
    pub targets: Option<Standardize>,
}

impl Preparation {
    /// Standardizes a split by its training part, each column of target values too, and keeps how; standardizes nothing
    /// without a `scope`.
    ///
    /// # Errors
    /// As [`Split::standardize`].
    pub fn fit<T: Scalar>(split: Split<T>, scope: Option<Scope>) -> Result<(Split<T>, Self)> {
        let schema = Some(split.train.schema().clone());
        let Some(scope) = scope else {
            return Ok((split, Self { schema, ..Self::default() }));
        };
        let targets = match split.train.targets() {
            Targets::Values(values) => Some(Standardize::fit(values, Scope::Feature)?),
            Targets::Classes { .. } => None,
        };
        let (split, standardize) = split.standardize(scope)?;
        let preparation = Self { schema, standardize: Some(standardize), targets };
        let part = |set| preparation.with_targets(set);
        Ok((Split { train: part(split.train)?, test: part(split.test)? }, preparation))
    }

    /// As texts by name, for a file that keeps it beside a net.
    pub fn texts(&self) -> BTreeMap<String, String> {
        fn text(value: &impl Serialize) -> String {
            serde_json::to_string(value).expect("plain data")
        }
        let texts = [
            (SCHEMA, self.schema.as_ref().map(text)),
            (STANDARDIZE, self.standardize.as_ref().map(text)),
            (STANDARDIZE_TARGETS, self.targets.as_ref().map(text)),
        ];
        texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?))).collect()
    }

    /// What the [texts](Self::texts) of a file say, of a net of so many inputs and outputs; there may be others among them.
    ///
    /// # Errors
    /// If they are not understood, or are of a net with other inputs or outputs.
    pub fn of_texts(
        texts: &BTreeMap<String, String>,
        inputs: usize,
        outputs: usize,
    ) -> Result<Self> {
        let schema: Option<Schema> = parsed(texts, SCHEMA)?;
        let standardize: Option<Standardize> = parsed(texts, STANDARDIZE)?;
        let targets: Option<Standardize> = parsed(texts, STANDARDIZE_TARGETS)?;
        let columns = |s: &Option<Standardize>| s.as_ref().map(Standardize::inputs);
        let names = |of: fn(&Schema) -> usize| schema.as_ref().map(of).filter(|&count| count != 0);
        for (what, found, width) in [
            ("inputs of standardize", columns(&standardize), inputs),
            ("columns of standardize-targets", columns(&targets), outputs),
            ("classes of the schema", names(|schema| schema.classes.len()), outputs),
            ("features of the schema", names(|schema| schema.features.len()), inputs),
        ] {
            if let Some(found) = found
                && found != width
            {
                return Err(Error::new(what, width, found));
            }
        }
        Ok(Self { schema, standardize, targets })
    }

    /// Other raw data in the same way: classes by their names in the order that the net knows, the same scales.
    ///
    /// # Errors
    /// If the number of columns is another, a class is not known, features have other names, or a number leaves the
    /// range of `T`.
    pub fn apply<T: Scalar>(&self, split: Split<T>) -> Result<Split<T>> {
        let Split { mut train, mut test } = split;
        if let Some(schema) = &self.schema {
            (train, test) = (train.arranged_as(schema)?, test.arranged_as(schema)?);
        }
        let mut split = Split { train, test };
        if let Some(standardize) = &self.standardize {
            split = split.standardized(standardize)?;
        }
        let part = |set| self.with_targets(set);
        Ok(Split { train: part(split.train)?, test: part(split.test)? })
    }

    /// Other raw inputs in the same way.
    ///
    /// # Errors
    /// If the number of columns is another, or a number leaves the range of `T`.
    pub fn inputs<T: Scalar>(&self, x: Matrix<T>) -> Result<Matrix<T>> {
        let Some(standardize) = &self.standardize else { return Ok(x) };
        columns(standardize, &x)?;
        let x = standardize.apply(x);
        match x.indexed_iter().find(|(_, value)| !value.is_finite()) {
            None => Ok(x),
            Some(((row, column), _)) => {
                let what = format!("row {row}, column {column}, standardized");
                Err(Error::new(what, format!("a finite {}", T::NAME), "a number out of its range"))
            }
        }
    }

    /// Outputs of a net in the units of the target values; classes' as they are.
    ///
    /// # Panics
    /// If `y` has another number of columns than there are target values.
    #[must_use]
    pub fn undo<T: Scalar>(&self, y: Matrix<T>) -> Matrix<T> {
        match &self.targets {
            Some(targets) => targets.undo(y),
            None => y,
        }
    }

    /// The weighted sum `weights·x + constant` of standardized inputs that is output `output`, as one of raw inputs, in the
    /// units of the target values: its weights and its constant.
    ///
    /// # Panics
    /// If there are not as many weights as inputs, or there is no such output.
    pub fn in_own_units(&self, weights: Vec<f64>, constant: f64, output: usize) -> (Vec<f64>, f64) {
        let target = self.targets.as_ref();
        let (gain, shift) = target.map_or((1.0, 0.0), |t| (t.scale()[output], t.mean()[output]));
        self.of_raw_inputs(weights, constant, gain, shift)
    }

    /// The weighted sum `weights·x + constant` of standardized inputs as one of raw inputs, whatever it is: the value of a
    /// switch inside the net, say.
    ///
    /// # Panics
    /// If there are not as many weights as inputs.
    pub fn in_raw_inputs(&self, weights: Vec<f64>, constant: f64) -> (Vec<f64>, f64) {
        self.of_raw_inputs(weights, constant, 1.0, 0.0)
    }

    /// `gain` times the sum, plus `shift`.
    fn of_raw_inputs(
        &self,
        mut weights: Vec<f64>,
        constant: f64,
        gain: f64,
        shift: f64,
    ) -> (Vec<f64>, f64) {
        let mut constant = gain * constant + shift;
        for (i, weight) in weights.iter_mut().enumerate() {
            let (mean, scale) =
                self.standardize.as_ref().map_or((0.0, 1.0), |of| (of.mean()[i], of.scale()[i]));
            *weight *= gain / scale;
            constant -= *weight * mean;
        }
        (weights, constant)
    }

    /// A set whose target values are standardized as these were.
    fn with_targets<T: Scalar>(&self, set: Dataset<T>) -> Result<Dataset<T>> {
        match &self.targets {
            Some(targets) => set.map_values(|values| targets.apply(values)),
            None => Ok(set),
        }
    }
}

/// What `texts` say under `name`, if they say anything.
fn parsed<T: DeserializeOwned>(texts: &BTreeMap<String, String>, name: &str) -> Result<Option<T>> {
    let value = texts.get(name).map(|text| serde_json::from_str(text)).transpose();
    value.map_err(|e| Error::new(format_args!("{name} of the metadata"), "its JSON", e))
}

fn columns<T: Scalar>(standardize: &Standardize, x: &Matrix<T>) -> Result<()> {
    match (standardize.inputs(), x.ncols()) {
        (expected, found) if expected == found => Ok(()),
        (expected, found) => Err(Error::new("columns", expected, found)),
    }
}
