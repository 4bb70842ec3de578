//! Inputs with their targets, checked once.

use super::deal::Dealing;
use super::schema::{Schema, list};
use super::sum::Sum;
use crate::error::{Error, Result};
use crate::scalar::{Matrix, Scalar};
use ndarray::{Axis, concatenate};

/// What a net is to say about each row.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Targets<T> {
    /// One class for each row.
    Classes {
        /// The class of each row, below `classes`.
        labels: Vec<usize>,
        /// How many classes there are, whether or not each has a row.
        classes: usize,
    },
    /// A row of numbers for each row.
    Values(Matrix<T>),
}

impl<T> Targets<T> {
    /// The number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Classes { labels, .. } => labels.len(),
            Self::Values(values) => values.nrows(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Those of the given rows, in the given order.
    ///
    /// # Panics
    /// If a row is out of range.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self
    where
        T: Clone,
    {
        match self {
            Self::Classes { labels, classes } => Self::Classes {
                labels: rows.iter().map(|&row| labels[row]).collect(),
                classes: *classes,
            },
            Self::Values(values) => Self::Values(values.select(Axis(0), rows)),
        }
    }

    /// The class of each row; none where targets are values.
    pub fn labels(&self) -> Option<&[usize]> {
        match self {
            Self::Classes { labels, .. } => Some(labels),
            Self::Values(_) => None,
        }
    }

    /// A row of numbers for each row: of a class, a one in its place among zeros.
    pub fn to_values(&self) -> Matrix<T>
    where
        T: Scalar,
    {
        match self {
            Self::Classes { labels, classes } => {
                let one = |(i, k)| if labels[i] == k { T::one() } else { T::zero() };
                Matrix::from_shape_fn((labels.len(), *classes), one)
            }
            Self::Values(values) => values.clone(),
        }
    }

    /// The width of a net's output: the number of classes, or of columns of values.
    pub fn width(&self) -> usize {
        match self {
            Self::Classes { classes, .. } => *classes,
            Self::Values(values) => values.ncols(),
        }
    }
}

/// Inputs with their targets: rows are samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset<T> {
    name: String,
    shape: Vec<usize>,
    inputs: Matrix<T>,
    targets: Targets<T>,
    schema: Schema,
    dealing: Dealing,
    weights: Option<Vec<f64>>,
}

impl<T: Scalar> Dataset<T> {
    /// A set of `inputs` and `targets`. `shape` says how the columns of a row are arranged, such
    /// as `[64]`, or `[1, 8, 8]` for channels, height and width.
    ///
    /// # Errors
    /// If there are no rows or no columns, `shape` does not multiply to the number of columns,
    /// the targets are not as many as the rows or have no columns, a label is not below the
    /// number of classes, or an input or target is not finite. Rows and columns are counted from 0.
    pub fn new(
        name: impl Into<String>,
        shape: Vec<usize>,
        inputs: Matrix<T>,
        targets: Targets<T>,
    ) -> Result<Self> {
        let name = name.into();
        check(&shape, &inputs, &targets).map_err(|error| error.at(&name))?;
        let schema = Schema::of_numbers(&targets);
        let dealing = Dealing::default();
        Ok(Self { name, shape, inputs, targets, schema, dealing, weights: None })
    }

    /// The same set, whose rows are dealt to parts in another way by [`hold_out`](Self::hold_out) and
    /// [`folds`](Self::folds): at first they are dealt by class.
    ///
    /// ```
    /// use ndarray::array;
    /// use switchnet::data::{Dataset, Dealing, Targets};
    ///
    /// let (x, y) = (array![[1.0], [2.0], [3.0], [4.0]], array![[1.0], [2.0], [3.0], [4.0]]);
    /// let set = Dataset::<f64>::new("visits", vec![1], x, Targets::Values(y))?;
    /// let patients = set.dealt(Dealing::Groups(vec![7, 7, 8, 8]))?;
    /// let (rest, out) = patients.hold_out_rows(0.5, 1)?;
    /// assert!([(vec![0, 1], vec![2, 3]), (vec![2, 3], vec![0, 1])].contains(&(rest, out)));
    /// # Ok::<(), switchnet::Error>(())
    /// ```
    ///
    /// # Errors
    /// If it is for another number of rows.
    pub fn dealt(self, dealing: Dealing) -> Result<Self> {
        match dealing.rows() {
            Some(rows) if rows != self.len() => {
                let what = "rows that are dealt";
                Err(Error::new(what, self.len(), rows).at(&self.name))
            }
            _ => Ok(Self { dealing, ..self }),
        }
    }

    /// The same set whose rows count so much in training: a row of weight 2 as two equal ones, a row of weight 0 not at
    /// all. Only the proportions matter. What is measured on the set, by [`evaluate`](crate::train::evaluate) and the
    /// analysis, counts all rows alike.
    ///
    /// ```
    /// use switchnet::data::{Dataset, Targets};
    /// use switchnet::train::{Loss, gradient};
    ///
    /// let (x, y) = (ndarray::array![[1.0], [2.0]], ndarray::array![[0.0], [4.0]]);
    /// let set = Dataset::<f64>::new("two", vec![1], x, Targets::Values(y))?.weighted(vec![3.0, 1.0])?;
    /// let net = switchnet::layer::Switch::relu(1);
    /// let (score, _) = gradient(&net, Loss::SquaredError, &set, &[0, 1])?;
    /// assert_eq!(score.mean_loss(), (3.0 * 0.5 + 1.0 * 2.0) / 4.0);
    /// # Ok::<(), switchnet::Error>(())
    /// ```
    ///
    /// # Errors
    /// If there are not as many weights as rows, one is negative or no number, or all are 0.
    pub fn weighted(self, weights: Vec<f64>) -> Result<Self> {
        check_weights(&weights, self.len()).map_err(|error| error.at(&self.name))?;
        Ok(Self { weights: Some(weights), ..self })
    }

    /// The same set with other names for its classes, its features and its target: at first classes are called by their
    /// numbers, and features have no names.
    ///
    /// # Errors
    /// If `schema` does not have as many classes, different ones, or has names for another number of features.
    pub fn described(self, schema: Schema) -> Result<Self> {
        schema.check(self.inputs.ncols(), &self.targets).map_err(|error| error.at(&self.name))?;
        Ok(Self { schema, ..self })
    }

    /// The same set with the classes of `schema`, found by their names, in its order: what a net knows that was trained
    /// with data of that schema. The set may lack some of them.
    ///
    /// # Errors
    /// If a class with rows is none of the schema's, or the features of both have names and these differ.
    pub fn arranged_as(self, schema: &Schema) -> Result<Self> {
        let Self { name, mut targets, .. } = self;
        let mut arrange = || {
            let (own, other) = (&self.schema.features, &schema.features);
            if !own.is_empty() && !other.is_empty() {
                let names = |features: &[super::schema::Feature]| -> Vec<String> {
                    features.iter().map(|feature| feature.name().into_owned()).collect()
                };
                let (own, other) = (names(own), names(other));
                if own != other {
                    return Err(Error::new("features", list(&other), list(&own)));
                }
            }
            if let Targets::Classes { labels, classes } = &mut targets {
                // Classes without rows need no counterpart.
                let used: Vec<usize> = (0..*classes).filter(|k| labels.contains(k)).collect();
                let names = used.iter().map(|&k| self.schema.class(k));
                let places = Schema::of_classes(names).classes_in(schema)?;
                for label in labels.iter_mut() {
                    *label = places[used.binary_search(label).expect("it is used")];
                }
                *classes = schema.classes.len();
            }
            Ok(())
        };
        arrange().map_err(|error| error.at(&name))?;
        Self { name, targets, ..self }.described(schema.clone())
    }

    /// What the set is called in tables.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How the columns of a row are arranged; the product is the number of columns.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The inputs, one row for each sample.
    pub fn inputs(&self) -> &Matrix<T> {
        &self.inputs
    }

    /// The targets, one for each sample.
    pub fn targets(&self) -> &Targets<T> {
        &self.targets
    }

    /// How rows are [dealt](Self::dealt) to parts.
    pub fn dealing(&self) -> &Dealing {
        &self.dealing
    }

    /// How much each row counts in training, if [they do not count alike](Self::weighted).
    pub fn weights(&self) -> Option<&[f64]> {
        self.weights.as_deref()
    }

    /// The CRC-32 of the numbers of all inputs, row by row, each as four bytes (F32, least significant first), then of the
    /// target values likewise, or of the name of each row's class and a zero byte.
    ///
    /// ```
    /// use switchnet::data::digits;
    /// assert_eq!(digits::<f32>().test.crc32(), digits::<f64>().test.crc32());
    /// ```
    pub fn crc32(&self) -> u32 {
        let mut sum = Sum::default();
        sum.add_inputs(self.inputs());
        match self.targets() {
            Targets::Values(values) => sum.add_values(values),
            Targets::Classes { labels, .. } => {
                labels.iter().for_each(|&label| sum.add_class(&self.schema.class(label)));
            }
        }
        sum.finish()
    }

    /// What classes, features and target are called.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The number of samples.
    #[allow(clippy::len_without_is_empty)] // an empty set cannot be made
    pub fn len(&self) -> usize {
        self.inputs.nrows()
    }

    /// The class of each row, if the targets are classes.
    pub fn labels(&self) -> Option<&[usize]> {
        self.targets.labels()
    }

    /// The given rows, in the given order. A row may be given more than once.
    ///
    /// # Panics
    /// If `rows` is empty or a row is out of range.
    #[track_caller]
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        assert!(!rows.is_empty(), "{}: expected at least 1 row to select, found none", self.name);
        if let Some(row) = rows.iter().find(|&&row| row >= self.len()) {
            panic!("{}: expected rows below {}, found row {row}", self.name, self.len());
        }
        Self {
            name: self.name.clone(),
            shape: self.shape.clone(),
            inputs: self.inputs.select(Axis(0), rows),
            targets: self.targets.select(rows),
            schema: self.schema.clone(),
            dealing: self.dealing.select(rows),
            weights: self.weights.as_ref().map(|all| rows.iter().map(|&row| all[row]).collect()),
        }
    }

    /// The same set in another precision.
    ///
    /// # Panics
    /// If a number is too large for `U`.
    #[track_caller]
    #[must_use]
    pub fn cast<U: Scalar>(&self) -> Dataset<U> {
        let targets = match &self.targets {
            Targets::Classes { labels, classes } => {
                Targets::Classes { labels: labels.clone(), classes: *classes }
            }
            Targets::Values(values) => Targets::Values(values.mapv(|x| U::of(x.double()))),
        };
        checked(Dataset {
            name: self.name.clone(),
            shape: self.shape.clone(),
            inputs: self.inputs.mapv(|x| U::of(x.double())),
            targets,
            schema: self.schema.clone(),
            dealing: self.dealing.clone(),
            weights: self.weights.clone(),
        })
    }

    /// The rows of this set and then those of another, which has the same shape and the same names. Groups that both
    /// have, counted in the same way, [stay together](Dealing::Groups).
    ///
    /// # Errors
    /// If shapes, names or the kinds of the targets differ, or only one of the sets has weights.
    pub fn and(&self, other: &Self) -> Result<Self> {
        let refuse = |what: &str, a: String, b: String| Err(Error::new(what, a, b).at(&other.name));
        if self.shape != other.shape {
            return refuse("shape", format!("{:?}", self.shape), format!("{:?}", other.shape));
        }
        if self.schema.classes != other.schema.classes {
            let (a, b) = (list(&self.schema.classes), list(&other.schema.classes));
            return refuse("classes", a, b);
        }
        let targets = match (&self.targets, &other.targets) {
            (Targets::Classes { labels, classes }, Targets::Classes { labels: more, .. }) => {
                let labels = [labels.as_slice(), more].concat();
                Targets::Classes { labels, classes: *classes }
            }
            (Targets::Values(a), Targets::Values(b)) if a.ncols() == b.ncols() => {
                Targets::Values(stacked(a, b))
            }
            _ => return refuse("targets", "of the same kind".into(), "others".into()),
        };
        let inputs = stacked(&self.inputs, &other.inputs);
        let set = Self::new(self.name.clone(), self.shape.clone(), inputs, targets)?;
        let dealing = match (&self.dealing, &other.dealing) {
            (Dealing::Groups(a), Dealing::Groups(b)) => Dealing::Groups([a.as_slice(), b].concat()),
            _ => Dealing::ByClass,
        };
        let set = set.described(self.schema.clone())?.dealt(dealing)?;
        match (&self.weights, &other.weights) {
            (Some(a), Some(b)) => set.weighted([a.as_slice(), b].concat()),
            (None, None) => Ok(set),
            (Some(_), None) => refuse("weights of rows", "a number for each".into(), "none".into()),
            (None, Some(_)) => refuse("weights of rows", "none".into(), "a number for each".into()),
        }
    }

    /// Splits off a `fraction` of the rows, rounded to a whole number of them: `(rest, held out)`.
    ///
    /// Which rows is random under `seed`. Each class gives its share to within one row, unless rows are
    /// [dealt](Self::dealt) otherwise. Both parts keep the order of the rows.
    ///
    /// # Errors
    /// If `fraction` is not between 0 and 1, or one part would be empty.
    pub fn hold_out(&self, fraction: f64, seed: u64) -> Result<(Self, Self)> {
        let (rest, out) = self.hold_out_rows(fraction, seed)?;
        Ok((self.select(&rest), self.select(&out)))
    }

    /// The rows of the two parts of [`hold_out`](Self::hold_out), which copies nothing.
    ///
    /// # Errors
    /// As there.
    pub fn hold_out_rows(&self, fraction: f64, seed: u64) -> Result<(Vec<usize>, Vec<usize>)> {
        let (rows, labels) = (self.len(), self.labels());
        self.dealing.hold_out(rows, labels, fraction, seed).map_err(|e| e.at(&self.name))
    }

    /// The rows in so many parts of the same size, to within one, for cross-validation. Which row is where is random under
    /// `seed`; each class gives its share to within one row. Groups stay together, and sizes are as near as that allows.
    ///
    /// # Errors
    /// If there are less than two parts, or fewer rows or groups than parts.
    pub fn folds(&self, count: usize, seed: u64) -> Result<Vec<Vec<usize>>> {
        let (rows, labels) = (self.len(), self.labels());
        self.dealing.folds(rows, labels, count, seed).map_err(|e| e.at(&self.name))
    }

    /// The same inputs with other target values, if the targets are values.
    pub(super) fn map_values(self, map: impl FnOnce(Matrix<T>) -> Matrix<T>) -> Result<Self> {
        let targets = match self.targets {
            Targets::Values(values) => Targets::Values(map(values)),
            classes => classes,
        };
        check(&self.shape, &self.inputs, &targets).map_err(|error| error.at(&self.name))?;
        Ok(Self { targets, ..self })
    }

    /// The same targets for other inputs of the same size.
    pub(super) fn map_inputs(self, map: impl FnOnce(Matrix<T>) -> Matrix<T>) -> Result<Self> {
        let inputs = map(self.inputs);
        check(&self.shape, &inputs, &self.targets).map_err(|error| error.at(&self.name))?;
        Ok(Self { inputs, ..self })
    }
}

/// A set to train on and a set to test on, with the same columns and classes.
#[derive(Clone, Debug, PartialEq)]
pub struct Split<T> {
    /// What a net learns from.
    pub train: Dataset<T>,
    /// What it has not seen.
    pub test: Dataset<T>,
}

/// The rows of one matrix and then those of another.
fn stacked<T: Scalar>(a: &Matrix<T>, b: &Matrix<T>) -> Matrix<T> {
    concatenate(Axis(0), &[a.view(), b.view()]).expect("both have the same columns")
}

#[track_caller]
fn checked<T: Scalar>(dataset: Dataset<T>) -> Dataset<T> {
    match check(&dataset.shape, &dataset.inputs, &dataset.targets) {
        Ok(()) => dataset,
        Err(error) => panic!("{}: {error}", dataset.name),
    }
}

fn check<T: Scalar>(shape: &[usize], inputs: &Matrix<T>, targets: &Targets<T>) -> Result<()> {
    let (rows, columns) = inputs.dim();
    if rows == 0 || columns == 0 {
        let found = format!("{rows} rows and {columns} columns");
        return Err(Error::new("inputs", "at least one row and one column", found));
    }
    let product = shape.iter().try_fold(1_usize, |product, &size| product.checked_mul(size));
    if shape.is_empty() || product != Some(columns) {
        let expected = format!("sizes that multiply to the {columns} columns");
        return Err(Error::new("shape", expected, format!("{shape:?}")));
    }
    if targets.len() != rows {
        let expected = format!("{rows}, one for each row");
        return Err(Error::new("number of targets", expected, targets.len()));
    }
    finite("inputs", inputs)?;
    match targets {
        Targets::Classes { labels, classes } => {
            match labels.iter().enumerate().find(|(_, label)| *label >= classes) {
                Some((row, label)) => {
                    let expected = format!("below the number of classes, {classes}");
                    Err(Error::new(format!("label of row {row}"), expected, label))
                }
                None => Ok(()),
            }
        }
        Targets::Values(values) if values.ncols() == 0 => {
            Err(Error::new("columns of target values", "at least 1", 0))
        }
        Targets::Values(values) => finite("target values", values),
    }
}

/// Refuses weights that are not one for each row, not below 0, and not all 0.
pub(crate) fn check_weights(weights: &[f64], rows: usize) -> Result<()> {
    if weights.len() != rows {
        return Err(Error::new("weights of rows", format!("{rows}, one for each"), weights.len()));
    }
    let mut all = weights.iter().enumerate();
    if let Some((row, weight)) = all.find(|(_, w)| !(**w >= 0.0 && w.is_finite())) {
        return Err(Error::new(format!("weight of row {row}"), "a number not below 0", weight));
    }
    if weights.iter().all(|weight| *weight == 0.0) {
        return Err(Error::new("weights of rows", "one above 0", "zeros"));
    }
    Ok(())
}

fn finite<T: Scalar>(what: &str, values: &Matrix<T>) -> Result<()> {
    match values.indexed_iter().find(|(_, value)| !value.is_finite()) {
        Some(((row, column), value)) => {
            let place = format!("{what}, row {row}, column {column}");
            Err(Error::new(place, "a finite number", value))
        }
        None => Ok(()),
    }
}
