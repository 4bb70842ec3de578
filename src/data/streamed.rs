//! Rows that stay in their files: data larger than memory.

use super::array::{Array, Label};
use super::blocks::POOL;
use super::file::name_of;
use super::samples::sides;
use super::standardize::Statistics;
use super::sum::Sum;
use super::table::Table;
use super::{Batches, Preparation, Schema, Scope, Standardize, Targets};
use crate::aligned;
use crate::error::{Error, Result};
use crate::scalar::{Matrix, Scalar};
use ndarray::Array2;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// A block has as many rows as have this many bytes in the file of the inputs, at least one,
const BLOCK: usize = 1 << 20;
/// and at most so many, for the orders of rows take memory as well.
const MOST_ROWS: usize = 1 << 13;
/// The most bytes of blocks in memory, where two blocks are no more.
const KEPT: usize = (POOL + POOL / 4) * BLOCK;
/// The most classes.
const MOST_CLASSES: usize = 1 << 16;

/// Inputs and targets in files, read in blocks when they are asked for. [`fit`](crate::train::fit) trains with them and
/// [`evaluate_batches`](crate::train::evaluate_batches) measures on them, within some 100 MiB beside the net, however large
/// the files are.
///
/// Files are IDX, `.npy`, or [plain numbers](Self::raw), not packed. Shapes and targets are understood as [`Files`](super::Files)
/// says. A block has as many rows as fit into 1 MiB of the file of inputs, at least one and at most 8,192; the 80 blocks used
/// last stay in memory, fewer where rows are longer than that. [`Blocks`](super::Blocks) says in which order rows are taken.
///
/// Opening reads the files once: every number is finite, classes are those that occur, means and deviations are known. The
/// files must not change until the last row was read.
///
/// ```
/// use switchnet::data::{Batches, Scope, Streamed};
/// use switchnet::{net::zoo, train::{Training, evaluate_batches, fit}};
///
/// # let folder = std::env::temp_dir().join(format!("switchnet-streamed-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let (inputs, labels) = (folder.join("x.raw"), folder.join("y.raw"));
/// let numbers: Vec<u8> = (0..2 * 100).map(|i| (i * 7 % 11) as u8).collect();
/// std::fs::write(&inputs, &numbers)?;
/// std::fs::write(&labels, numbers.chunks(2).map(|x| u8::from(x[0] > x[1])).collect::<Vec<u8>>())?;
///
/// let data = Streamed::<f32>::raw((&inputs, "|u1", &[2]), (&labels, "|u1", &[]))?;
/// let preparation = data.statistics(Some(Scope::Feature))?;
/// let data = data.prepared(&preparation)?;
/// let mut net = zoo::switch_net(data.shape(), data.widths().1, 1).build::<f32>()?;
/// let training = Training { epochs: 200, ..Training::default() };
/// fit(&mut net, &data, &training, &mut ())?;
/// assert!(evaluate_batches(&net, training.loss, &data)?.accuracy() > Some(0.9));
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Streamed<T> {
    name: String,
    shape: Vec<usize>,
    inputs: Table,
    targets: Table,
    answers: Answers<T>,
    statistics: Statistics<T>,
    schema: Schema,
    standardize: Option<Standardize>,
    /// What each byte becomes, if inputs are bytes that all become the same.
    table: Option<Vec<T>>,
    sum: u32,
    block: usize,
    kept: Mutex<Store>,
}

/// What the targets are.
#[derive(Debug)]
enum Answers<T> {
    /// The labels that occur, in order, the class of each, and how many classes there are.
    Classes { labels: Vec<Label>, classes: Vec<usize>, count: usize },
    /// Values, and how they are standardized.
    Values { statistics: Statistics<T>, standardize: Option<Standardize> },
}

/// Some rows in memory.
#[derive(Debug)]
struct Block {
    inputs: Array,
    targets: Array,
}

/// Blocks in memory, by their numbers, and when each was used last.
#[derive(Debug)]
struct Store {
    blocks: HashMap<usize, (Arc<Kept>, u64)>,
    most: usize,
    now: u64,
}

/// A block, once it is read, and memory for it.
#[derive(Debug)]
struct Kept {
    block: OnceLock<Block>,
    memory: Mutex<Vec<u8>>,
}

impl<T: Scalar> Streamed<T> {
    /// The rows of an IDX or a `.npy` file, with their targets in another.
    ///
    /// # Errors
    /// If a file cannot be read, is packed or of another format, has columns one behind another, channels last or another
    /// length than its header says; if the files differ in the number of rows, a number is not finite, or there are more
    /// than 65,536 classes.
    pub fn open(inputs: &Path, targets: &Path) -> Result<Self> {
        Self::new(Table::open(inputs, &[3, 4])?, Table::open(targets, &[1])?)
    }

    /// The rows of files with nothing but numbers in them, row by row: of each the path, NumPy's name of the type of its
    /// numbers, such as `<f4` or `|u1`, and the sides of a row, of
    /// images the channels first. Those of a label are none.
    ///
    /// # Errors
    /// As [`open`](Self::open), and if a file is no whole number of rows.
    pub fn raw(inputs: (&Path, &str, &[usize]), targets: (&Path, &str, &[usize])) -> Result<Self> {
        let table = |(path, kind, row)| Table::raw(path, kind, row);
        Self::new(table(inputs)?, table(targets)?)
    }

    fn new(inputs: Table, targets: Table) -> Result<Self> {
        let name = name_of(&inputs.path);
        let (shape, last) =
            sides(&inputs.sides, inputs.order).map_err(|e| e.at(inputs.path.display()))?;
        if last {
            let expected = "the second side (a.transpose(0, 3, 1, 2)) of what is read in blocks";
            let error = Error::new("channels", expected, "the last side");
            return Err(error.at(inputs.path.display()));
        }
        let rows = inputs.rows();
        if targets.rows() != rows {
            let expected = format!("{rows}, one for each input of {name}");
            let error = Error::new("number of labels", expected, targets.rows());
            return Err(error.at(targets.path.display()));
        }
        let block = (BLOCK / inputs.row_bytes()).clamp(1, MOST_ROWS);
        let mut found = Pass {
            statistics: Statistics::default(),
            labels: BTreeSet::new(),
            values: Statistics::default(),
            sum: Sum::default(),
        };
        for first in (0..rows).step_by(block) {
            found.look(&inputs, &targets, first..rows.min(first + block))?;
        }
        let Pass { statistics, labels, values, sum } = found;
        let (answers, schema) = match labels.is_empty() {
            true => {
                let width = targets.columns();
                let schema = Schema::of_numbers(&Targets::<T>::Values(Array2::zeros((1, width))));
                (Answers::Values { statistics: values, standardize: None }, schema)
            }
            false => {
                let labels: Vec<Label> = labels.into_iter().collect();
                let schema = Schema::of_classes(labels.iter().map(Label::to_string));
                let (classes, count) = ((0..labels.len()).collect(), labels.len());
                (Answers::Classes { labels, classes, count }, schema)
            }
        };
        let most = (KEPT / (block * inputs.row_bytes())).clamp(2, KEPT / BLOCK);
        let kept = Mutex::new(Store { blocks: HashMap::new(), most, now: 0 });
        let (standardize, sum) = (None, sum.finish());
        Ok(Self {
            name,
            shape,
            inputs,
            targets,
            answers,
            statistics,
            schema,
            standardize,
            table: None,
            sum,
            block,
            kept,
        })
    }

    /// How the columns of a row are arranged.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// What classes are called.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The [CRC-32](super::Dataset::crc32) of these rows as they are in the files.
    pub fn crc32(&self) -> u32 {
        self.sum
    }

    /// What these rows are called, and how to standardize them, and target values column by column; nothing is standardized
    /// without a `scope`. The numbers are those of [`Preparation::fit`] to rounding: they come from one pass.
    ///
    /// # Errors
    /// If a mean or a deviation is not finite.
    pub fn statistics(&self, scope: Option<Scope>) -> Result<Preparation> {
        let schema = Some(self.schema.clone());
        let Some(scope) = scope else {
            return Ok(Preparation { schema, ..Preparation::default() });
        };
        let targets = match &self.answers {
            Answers::Values { statistics, .. } => Some(statistics.standardize(Scope::Feature)?),
            Answers::Classes { .. } => None,
        };
        let standardize = Some(self.statistics.standardize(scope)?);
        Ok(Preparation { schema, standardize, targets })
    }

    /// The same rows as a net is to see them that was prepared so: classes by their names in the order that it knows.
    ///
    /// # Errors
    /// If a class is not known, the number of columns is another, or a number leaves the range of `T`.
    pub fn prepared(mut self, preparation: &Preparation) -> Result<Self> {
        let Preparation { schema, standardize, targets } = preparation;
        let mut arrange = || {
            if let (Answers::Classes { classes, count, .. }, Some(schema)) =
                (&mut self.answers, schema)
            {
                *classes = self.schema.classes_in(schema)?;
                *count = schema.classes.len();
            }
            if let (Answers::Values { statistics, standardize }, Some(targets)) =
                (&mut self.answers, targets)
            {
                statistics.fits(targets).map_err(|e| e.at("target values"))?;
                *standardize = Some(targets.clone());
            }
            if let Some(standardize) = standardize {
                self.statistics.fits(standardize)?;
            }
            Ok(())
        };
        arrange().map_err(|e: Error| e.at(&self.name))?;
        let schema = schema.clone().unwrap_or(self.schema);
        let table = standardize.as_ref().and_then(Standardize::of_bytes);
        Ok(Self { schema, standardize: standardize.clone(), table, ..self })
    }

    /// The block of each row, read if it is not in memory. Threads read side by side, and one waits for another only where
    /// both want the same block.
    fn blocks(&self, rows: &[usize]) -> Result<Vec<Arc<Kept>>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let all: Vec<Arc<Kept>> = rows.iter().map(|row| kept.of(row / self.block)).collect();
        drop(kept);
        for (block, row) in all.iter().zip(rows) {
            block.read_once(|memory| {
                let first = row / self.block * self.block;
                let range = first..self.inputs.rows().min(first + self.block);
                let inputs = self.inputs.read_into(memory, range.clone())?;
                Ok(Block { inputs, targets: self.targets.read(range)? })
            })?;
        }
        Ok(all)
    }
}

impl Store {
    /// A block, which takes the place of the one that was used the longest time ago if it is new and there are too many.
    fn of(&mut self, number: usize) -> Arc<Kept> {
        self.now += 1;
        if let Some((block, used)) = self.blocks.get_mut(&number) {
            *used = self.now;
            return block.clone();
        }
        let mut memory = Vec::new();
        if self.blocks.len() >= self.most {
            let oldest = self.blocks.iter().min_by_key(|(_, (_, used))| *used);
            let gone = oldest.map(|(&number, _)| number).and_then(|gone| self.blocks.remove(&gone));
            // Another thread may still read in it; then there is new memory.
            let gone = gone.and_then(|(gone, _)| Arc::into_inner(gone)?.block.into_inner());
            memory = gone.map(|block| block.inputs.into_bytes()).unwrap_or_default();
        }
        let block = Arc::new(Kept { block: OnceLock::new(), memory: Mutex::new(memory) });
        self.blocks.insert(number, (block.clone(), self.now));
        block
    }
}

impl Kept {
    /// Has the block read, if nobody has.
    fn read_once(&self, read: impl FnOnce(Vec<u8>) -> Result<Block>) -> Result<()> {
        if self.block.get().is_some() {
            return Ok(());
        }
        // Who finds another one reading waits here.
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        if self.block.get().is_none() {
            let block = read(std::mem::take(&mut memory))?;
            let _ = self.block.set(block);
        }
        Ok(())
    }

    fn block(&self) -> &Block {
        self.block.get().expect("it was read")
    }
}

/// What one pass over the rows finds.
struct Pass<T> {
    statistics: Statistics<T>,
    labels: BTreeSet<Label>,
    values: Statistics<T>,
    sum: Sum,
}

impl<T: Scalar> Pass<T> {
    fn look(&mut self, inputs: &Table, targets: &Table, rows: Range<usize>) -> Result<()> {
        let of = |table: &Table, what: &str| {
            let array = table.read(rows.clone())?;
            let numbers =
                numbers::<T>(&array, rows.len()).map_err(|e| e.at(table.path.display()))?;
            match numbers.iter().position(|value| !value.is_finite()) {
                Some(place) => {
                    let (row, column) = (place / numbers.ncols(), place % numbers.ncols());
                    let what = format!("{what}, row {}, column {column}", rows.start + row);
                    let error = Error::new(what, "a finite number", numbers[[row, column]]);
                    Err(error.at(table.path.display()))
                }
                None => Ok(numbers),
            }
        };
        let x = of(inputs, "inputs")?;
        self.statistics.add(&x);
        self.sum.add_inputs(&x);
        let array = targets.read(rows.clone())?;
        if !array.names_classes() {
            let y = of(targets, "target values")?;
            self.values.add(&y);
            self.sum.add_values(&y);
            return Ok(());
        }
        if targets.columns() != 1 {
            let found = format!("whole numbers of sides {:?}", targets.sides);
            let expected = "one whole number or text for each row, or floats to predict";
            return Err(Error::new("labels", expected, found).at(targets.path.display()));
        }
        for label in array.labels().map_err(|e| e.at(targets.path.display()))? {
            self.sum.add_class(&label.to_string());
            self.labels.insert(label);
        }
        if self.labels.len() > MOST_CLASSES {
            let expected = format!("at most {MOST_CLASSES}");
            return Err(Error::new("classes", expected, "more").at(targets.path.display()));
        }
        Ok(())
    }
}

/// The numbers of some rows.
fn numbers<T: Scalar>(array: &Array, rows: usize) -> Result<Matrix<T>> {
    let numbers = array.numbers::<T>()?;
    let columns = numbers.len() / rows;
    Ok(numbers.into_shape_with_order((rows, columns)).expect("the same numbers"))
}

impl<T: Scalar> Batches<T> for Streamed<T> {
    fn name(&self) -> &str {
        &self.name
    }

    fn rows(&self) -> usize {
        self.inputs.rows()
    }

    fn widths(&self) -> (usize, usize) {
        let targets = match &self.answers {
            Answers::Classes { count, .. } => *count,
            Answers::Values { .. } => self.targets.columns(),
        };
        (self.inputs.columns(), targets)
    }

    fn has_classes(&self) -> bool {
        matches!(self.answers, Answers::Classes { .. })
    }

    fn block(&self) -> Option<usize> {
        Some(self.block)
    }

    fn batch(&self, rows: &[usize]) -> Result<(Matrix<T>, Targets<T>)> {
        let blocks = self.blocks(rows)?;
        let of = |table: &Table, array: fn(&Block) -> &Array, standardize: &Option<Standardize>| {
            let (columns, mut failed) = (table.columns(), Ok(()));
            let x = aligned::matrix((rows.len(), columns), |all| {
                for (block, row) in blocks.iter().zip(rows) {
                    let start = all.len();
                    if let Err(error) = array(block.block()).append_row(row % self.block, all) {
                        failed = Err(error.at(table.path.display()));
                        all.resize(start + columns, T::zero());
                    }
                    if let Some(standardize) = standardize {
                        standardize.apply_row(&mut all[start..]); // still in the first cache
                    }
                }
            });
            failed.map(|()| x)
        };
        let looked_up = |table: &Vec<T>| {
            let pairs = || blocks.iter().zip(rows);
            let bytes =
                pairs().map(|(block, row)| block.block().inputs.row_of_bytes(row % self.block));
            let bytes: Vec<&[u8]> = bytes.collect::<Option<_>>()?;
            Some(aligned::matrix((rows.len(), self.inputs.columns()), |all| {
                for bytes in bytes {
                    all.extend(bytes.iter().map(|&byte| table[usize::from(byte)]));
                }
            }))
        };
        let x = match self.table.as_ref().and_then(looked_up) {
            Some(x) => x,
            None => of(&self.inputs, |block| &block.inputs, &self.standardize)?,
        };
        let targets = match &self.answers {
            Answers::Values { standardize, .. } => {
                Targets::Values(of(&self.targets, |block| &block.targets, standardize)?)
            }
            Answers::Classes { labels, classes, count } => {
                let class = |(block, row): (&Arc<Kept>, &usize)| {
                    let label = block.block().targets.label(row % self.block)?;
                    let changed = |_| {
                        let what = format!("label of row {row}");
                        Error::new(what, "one that was there before", &label)
                            .at(self.targets.path.display())
                    };
                    labels.binary_search(&label).map(|place| classes[place]).map_err(changed)
                };
                let labels = blocks.iter().zip(rows).map(class).collect::<Result<_>>()?;
                Targets::Classes { labels, classes: *count }
            }
        };
        Ok((x, targets))
    }
}
