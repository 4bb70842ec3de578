//! What files of arrays hold: inputs, and mostly what each of them is.

use super::array::{Array, Label};
use super::dataset::{Dataset, Targets};
use super::schema::Schema;
use crate::error::{Error, Result};
use crate::scalar::{Matrix, Scalar};
use ndarray::{ArrayD, IxDyn};
use std::collections::BTreeSet;

/// Inputs from a file, and their targets if the file or another has them.
pub(super) struct Samples<T> {
    pub name: String,
    /// How the columns of a row are arranged; images by channels, height and width.
    pub shape: Vec<usize>,
    pub inputs: Matrix<T>,
    pub targets: Option<Answers<T>>,
}

/// What the inputs are, before classes have numbers.
pub(super) enum Answers<T> {
    Classes(Vec<Label>),
    Values(Matrix<T>),
}

/// What the sides of an array are, from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Order {
    /// Samples, then channels if there are four sides, height, width.
    ChannelsFirst,
    /// As [`ChannelsFirst`](Self::ChannelsFirst) or with channels last, whichever of the two sides is shorter; last if they
    /// are equal.
    ShorterSide,
}

/// The shape of a row of an array with these sides, and whether channels are its last side.
pub(super) fn sides(sides: &[usize], order: Order) -> Result<(Vec<usize>, bool)> {
    let last = |a, c| order == Order::ShorterSide && c <= a;
    match *sides {
        [_] => Ok((vec![1], false)),
        [_, columns] => Ok((vec![columns], false)),
        [_, height, width] => Ok((vec![1, height, width], false)),
        [_, a, b, c] if last(a, c) => Ok((vec![c, a, b], true)),
        [_, a, b, c] => Ok((vec![a, b, c], false)),
        _ => {
            let expected = "samples × numbers, samples × height × width, or these and channels";
            Err(Error::new("sides of the inputs", expected, format!("{sides:?}")))
        }
    }
}

impl<T: Scalar> Samples<T> {
    /// The inputs in an array of at least two sides, or of one if there is one number for each sample.
    pub fn new(
        name: &str,
        array: &Array,
        order: Order,
        note: &mut dyn FnMut(&str),
    ) -> Result<Self> {
        let mut inputs: ArrayD<T> = array.numbers()?;
        let (shape, last) = sides(inputs.shape(), order)?;
        if let ([_, a, b, c], Order::ShorterSide) = (inputs.shape(), order) {
            let place = if last { "last" } else { "second" };
            note(&format!("{name}: channels are the {place} side of n×{a}×{b}×{c}"));
        }
        if last {
            inputs = inputs.permuted_axes(IxDyn(&[0, 3, 1, 2]));
        }
        let rows = inputs.shape()[0];
        let columns = inputs.shape()[1..].iter().product();
        let numbers = match inputs.is_standard_layout() {
            true => inputs.into_raw_vec_and_offset().0,
            false => inputs.iter().copied().collect(),
        };
        let inputs = Matrix::from_shape_vec((rows, columns), numbers).expect("the same numbers");
        Ok(Self { name: name.to_owned(), shape, inputs, targets: None })
    }

    /// The same inputs with what they are: whole numbers and texts are classes, floats are values.
    pub fn with_targets(self, array: &Array) -> Result<Self> {
        let (rows, sides) = (self.inputs.nrows(), array.shape());
        if sides.first() != Some(&rows) {
            let found = sides.first().map_or("a single one".to_owned(), usize::to_string);
            let expected = format!("{rows}, one for each input of {}", self.name);
            return Err(Error::new("number of labels", expected, found));
        }
        let columns: usize = sides[1..].iter().product();
        let targets = if !array.names_classes() {
            let values = array.numbers()?.into_shape_with_order((rows, columns));
            Answers::Values(values.expect("as many numbers"))
        } else if columns == 1 {
            Answers::Classes(array.labels()?)
        } else {
            let expected = "one whole number or text for each sample (y.argmax(1) of ones and zeros), or floats to predict";
            return Err(Error::new(
                "labels",
                expected,
                format!("whole numbers of shape {sides:?}"),
            ));
        };
        Ok(Self { targets: Some(targets), ..self })
    }

    /// The set, whose classes are these.
    fn dataset(self, classes: &[Label]) -> Result<Dataset<T>> {
        let (targets, schema) = match self.targets {
            Some(Answers::Classes(labels)) => {
                let class = |label: &Label| classes.partition_point(|class| class < label);
                let labels = labels.iter().map(class).collect();
                let targets = Targets::Classes { labels, classes: classes.len() };
                (targets, Schema::of_classes(classes.iter().map(Label::to_string)))
            }
            Some(Answers::Values(values)) => (Targets::Values(values), Schema::default()),
            None => return Err(Error::new("labels", "some", "none").at(self.name)),
        };
        Dataset::new(self.name, self.shape, self.inputs, targets)?.described(schema)
    }
}

/// One set, whose classes are the labels that occur.
pub(super) fn dataset<T: Scalar>(samples: Samples<T>) -> Result<Dataset<T>> {
    let classes = classes([&samples]);
    samples.dataset(&classes)
}

/// Two sets that belong together; both have the classes that occur in either.
pub(super) fn datasets<T: Scalar>(
    train: Samples<T>,
    test: Samples<T>,
) -> Result<(Dataset<T>, Dataset<T>)> {
    if test.shape != train.shape {
        let expected = format!("{:?} as in {}", train.shape, train.name);
        let error = Error::new("shape of an input", expected, format!("{:?}", test.shape));
        return Err(error.at(test.name));
    }
    let kind = |samples: &Samples<T>| match &samples.targets {
        Some(Answers::Values(values)) => format!("{} values", values.ncols()),
        _ => "classes".to_owned(),
    };
    let (expected, found) = (kind(&train), kind(&test));
    if expected != found {
        return Err(
            Error::new("targets", format!("{expected} as in {}", train.name), found).at(test.name)
        );
    }
    let classes = classes([&train, &test]);
    Ok((train.dataset(&classes)?, test.dataset(&classes)?))
}

/// The labels that occur, in order: whole numbers by size, texts by their characters.
fn classes<'a, T: 'a>(parts: impl IntoIterator<Item = &'a Samples<T>>) -> Vec<Label> {
    let labels = |samples: &'a Samples<T>| match &samples.targets {
        Some(Answers::Classes(labels)) => labels.as_slice(),
        _ => &[],
    };
    let labels: BTreeSet<&Label> = parts.into_iter().flat_map(labels).collect();
    labels.into_iter().cloned().collect()
}
