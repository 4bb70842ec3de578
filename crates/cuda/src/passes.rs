//! Passes through a net step by step: any net of [`Steps`], kernel by kernel.

use crate::device::{Argument, Device, Grid, Number};
use crate::nets::Maps;
use crate::source::steps_source;
use crate::steps::{Readout, Steps, Vector, Work};
use Argument::{Double, Long, Pointer, Whole};
use cudarc::driver::{CudaFunction, CudaSlice};
use ndarray::{Array3, Axis};
use std::collections::BTreeMap;
use switchnet::layer::parameters;
use switchnet::net::Net;
use switchnet::{Error, Matrix, Result, Scalar, ndarray};

/// Threads of a block.
const THREADS: usize = 256;

/// The most numbers that the values of the rows of a pass have, with their gradients: half a GiB of `f32`.
const MOST_NUMBERS: usize = 1 << 27;

/// The most rows of a pass.
const MOST_ROWS: usize = 1 << 20;

/// Rows of a part of a sum over rows, if there is room for the sums of so many parts: numbers of all of them.
const PART: usize = 32;
const MOST_SUMS: usize = 1 << 24;

/// Bits of the longest transform that goes through shared memory at once, of the neighbors that a longer one takes
/// together, and of the numbers that a block of threads has at least.
const SHARED: u32 = 12;
const COLUMNS: u32 = 5;
const LEAST: u32 = 10;

const KERNELS: [&str; 14] = [
    "move",
    "move_back",
    "concat",
    "concat_back",
    "copy",
    "fill",
    "transform",
    "elements",
    "elements_back",
    "block_switch",
    "block_switch_back",
    "block_switch_sums",
    "column_sums",
    "collect",
];

/// A net on the device, through which rows go forward and gradients back, step by step.
///
/// ```no_run
/// use switchnet::{ndarray::Array2, net::zoo};
/// use switchnet_cuda::{Device, Passes};
///
/// let device = Device::open()?;
/// let net = zoo::mlp(&[4], &[8], 3, 1).build::<f64>()?;
/// let mut passes = Passes::new(&device, &net)?;
/// let y = passes.forward(&Array2::ones((2, 4)))?;
/// assert_eq!(y.dim(), (2, 3));
/// passes.pull(&Array2::ones((2, 3)), true)?;
/// assert_eq!(passes.take_gradient()?.len(), 4 * 8 + 8 + 8 * 3 + 3);
/// # Ok::<(), switchnet::Error>(())
/// ```
#[derive(Debug)]
pub struct Passes<T> {
    device: Device,
    steps: Steps<T>,
    /// Of each step, what is fixed of it.
    fixed: Vec<Fixed<T>>,
    /// Of each value, whether there are parameters before it.
    learned: Vec<bool>,
    kernels: BTreeMap<&'static str, CudaFunction>,
    theta: CudaSlice<T>,
    gradient: CudaSlice<T>,
    /// The values of the rows of the last pass, and their gradients.
    values: Vec<CudaSlice<T>>,
    gradients: Vec<CudaSlice<T>>,
    sums: CudaSlice<T>,
    rows: usize,
}

/// What is fixed of a step.
#[derive(Debug)]
enum Fixed<T> {
    Nothing,
    /// Where numbers come from; and the other way round, where the places begin to which each goes, and these.
    Table([CudaSlice<i32>; 3]),
    /// Scale, bias, open and closed slopes, if they are not learned.
    Vectors([Option<CudaSlice<T>>; 4]),
}

impl<T: Number> Passes<T> {
    /// Puts `net` on the device.
    ///
    /// # Errors
    /// If it has a layer for which there is no step (the error names it), a library of CUDA is missing, or there is no room.
    pub fn new(device: &Device, net: &Net<T>) -> Result<Self> {
        let mut passes = Self::of_steps(device, Steps::new(net)?)?;
        passes.set_parameters(&parameters::read(net))?;
        Ok(passes)
    }

    /// Passes of these steps, whose parameters are zeros.
    pub(crate) fn of_steps(device: &Device, steps: Steps<T>) -> Result<Self> {
        let module = device.module(&steps_source::<T>())?;
        let shared = (1 << SHARED) * size_of::<T>();
        let kernel = |name| Ok((name, device.kernel(&module, name, shared)?));
        let kernels = KERNELS.into_iter().map(kernel).collect::<Result<_>>()?;
        if steps.steps.iter().any(|step| matches!(step.work, Work::Dense(_))) {
            device.blas()?; // refused before there is work
        }
        let mut fixed = Vec::with_capacity(steps.steps.len());
        let mut learned = vec![false];
        for step in &steps.steps {
            fixed.push(Fixed::new(device, &step.work, steps.widths[step.reads[0]])?);
            learned.push(step.work.is_learned() || step.reads.iter().any(|&value| learned[value]));
        }
        let none = |_| device.zeros::<T>(0);
        let each = || (0..steps.widths.len()).map(none).collect::<Result<Vec<_>>>();
        Ok(Self {
            theta: device.zeros(steps.parameters)?,
            gradient: device.zeros(steps.parameters)?,
            values: each()?,
            gradients: each()?,
            sums: device.zeros(0)?,
            device: device.clone(),
            steps,
            fixed,
            learned,
            kernels,
            rows: 0,
        })
    }

    /// The steps of the net.
    pub fn steps(&self) -> &Steps<T> {
        &self.steps
    }

    /// How many rows a pass takes at most: so many as there is room for.
    pub fn most_rows(&self) -> usize {
        let numbers: usize = self.steps.widths.iter().map(|width| 2 * width).sum();
        (MOST_NUMBERS / numbers).clamp(1, MOST_ROWS)
    }

    /// Gives the net these parameters.
    ///
    /// # Errors
    /// If they are of another number, or the GPU has failed.
    pub fn set_parameters(&mut self, theta: &[T]) -> Result<()> {
        let expected = self.steps.parameters;
        if theta.len() != expected {
            return Err(Error::new("parameters of a net on a GPU", expected, theta.len()));
        }
        match theta {
            [] => Ok(()),
            theta => self.device.overwrite(theta, &mut self.theta),
        }
    }

    /// The outputs of rows `x`, whose values are kept for [`pull`](Self::pull).
    ///
    /// # Errors
    /// If there are no rows or more than [`most_rows`](Self::most_rows), they are of another width, there is no room, or the
    /// GPU has failed.
    pub fn forward(&mut self, x: &Matrix<T>) -> Result<Matrix<T>> {
        let (rows, width) = x.dim();
        let what = "rows of a pass on a GPU";
        if width != self.steps.widths[0] {
            let expected = format!("rows of {} numbers", self.steps.widths[0]);
            return Err(Error::new(what, expected, width));
        }
        if !(1..=self.most_rows()).contains(&rows) {
            return Err(Error::new(what, format!("1 to {}", self.most_rows()), rows));
        }
        self.rows = 0; // there is no pass to pull through until there is room for this one
        for (value, &width) in self.values.iter_mut().zip(&self.steps.widths) {
            self.device.grow(value, rows * width)?;
        }
        self.rows = rows;
        let x = x.as_standard_layout();
        let x = x.as_slice().expect("it is in standard layout");
        self.device.overwrite(x, &mut self.values[0])?;
        (0..self.steps.steps.len()).try_for_each(|step| self.push(step))?;
        self.downloaded(self.values.last().expect("the input"), self.width(self.values.len() - 1))
    }

    /// What pulls back through the last rows: the gradient of `Σ dy·y` with respect to the inputs, and, if `sum`, that with
    /// respect to the parameters, which is added to what there is of earlier rows.
    ///
    /// # Errors
    /// If `dy` are not of those rows, there is no room, or the GPU has failed.
    pub fn pull(&mut self, dy: &Matrix<T>, sum: bool) -> Result<()> {
        self.pull_to(dy, sum, false)
    }

    /// The same, with the gradient with respect to the inputs.
    ///
    /// # Errors
    /// As there.
    pub fn pull_inputs(&mut self, dy: &Matrix<T>) -> Result<Matrix<T>> {
        self.pull_to(dy, false, true)?;
        self.downloaded(&self.gradients[0], self.width(0))
    }

    /// The effective maps of rows `x`: a pull for each output, through all rows at once. The constants are what is left of the
    /// outputs, `y − A x`, added up in double precision.
    ///
    /// # Errors
    /// As [`forward`](Self::forward).
    pub fn maps(&mut self, x: &Matrix<T>) -> Result<Maps<T>> {
        let y = self.forward(x)?;
        let ((rows, outputs), inputs) = (y.dim(), x.ncols());
        let mut matrices = Array3::zeros((rows, outputs, inputs));
        let mut constants = Matrix::zeros((rows, outputs));
        for k in 0..outputs {
            let mut unit = Matrix::zeros((rows, outputs));
            unit.column_mut(k).fill(T::one());
            let weights = self.pull_inputs(&unit)?;
            for (row, (w, x)) in weights.rows().into_iter().zip(x.rows()).enumerate() {
                let linear: f64 = w.iter().zip(x).map(|(w, x)| w.double() * x.double()).sum();
                constants[[row, k]] = <T as Scalar>::of(y[[row, k]].double() - linear);
            }
            matrices.index_axis_mut(Axis(1), k).assign(&weights);
        }
        Ok(Maps { matrices, constants })
    }

    /// Forgets what earlier pulls have added up.
    pub(crate) fn clear_gradient(&mut self) -> Result<()> {
        self.device.clear(&mut self.gradient)
    }

    /// The sum of the gradients of all pulls since this was asked the last time.
    ///
    /// # Errors
    /// If the GPU has failed.
    pub fn take_gradient(&mut self) -> Result<Vec<T>> {
        let count = self.steps.parameters;
        let sum = self.device.download(&self.gradient, count)?;
        self.clear_gradient()?;
        Ok(sum)
    }

    fn width(&self, value: usize) -> usize {
        self.steps.widths[value]
    }

    fn downloaded(&self, buffer: &CudaSlice<T>, width: usize) -> Result<Matrix<T>> {
        let numbers = self.device.download(buffer, self.rows * width)?;
        Ok(Matrix::from_shape_vec((self.rows, width), numbers).expect("whole rows"))
    }

    fn pull_to(&mut self, dy: &Matrix<T>, sum: bool, inputs: bool) -> Result<()> {
        let last = self.values.len() - 1;
        let expected = (self.rows, self.width(last));
        if self.rows == 0 {
            return Err(Error::new("pull on a GPU", "a pass forward before it", "none"));
        }
        if dy.dim() != expected {
            let what = "gradient of the outputs of a pass on a GPU";
            return Err(Error::new(what, format!("{expected:?}"), format!("{:?}", dy.dim())));
        }
        // Of each value, whether its gradient is wanted, and whether there is some already.
        let wanted: Vec<bool> = self.learned.iter().map(|&learned| learned || inputs).collect();
        let mut there = vec![false; wanted.len()];
        for (value, &wanted) in wanted.iter().enumerate() {
            if wanted || value == last {
                let len = self.rows * self.width(value);
                self.device.grow(&mut self.gradients[value], len)?;
            }
        }
        let dy = dy.as_standard_layout();
        let dy = dy.as_slice().expect("it is in standard layout");
        self.device.overwrite(dy, &mut self.gradients[last])?;
        there[last] = true;
        for step in (0..self.steps.steps.len()).rev() {
            if there[step + 1] {
                self.pull_step(step, sum, &wanted, &mut there)?;
            }
        }
        if inputs && !there[0] {
            self.device.clear(&mut self.gradients[0])?; // no output depends on them
        }
        Ok(())
    }

    fn launch(&self, name: &str, grid: Grid, arguments: &[Argument]) -> Result<()> {
        self.device.launch(&self.kernels[name], grid, arguments)
    }

    /// A kernel with a thread for each of so many numbers, or for every so manyth.
    fn each(&self, name: &str, count: usize, arguments: &[Argument]) -> Result<()> {
        let blocks = count.div_ceil(THREADS).clamp(1, 1 << 16);
        self.launch(name, Grid { blocks: (blocks, 1), threads: THREADS, shared: 0 }, arguments)
    }

    /// A kernel with a thread for each of so many columns and each part of the rows.
    fn columns(&self, name: &str, count: usize, parts: usize, with: &[Argument]) -> Result<()> {
        let blocks = (count.div_ceil(THREADS), parts);
        self.launch(name, Grid { blocks, threads: THREADS, shared: 0 }, with)
    }

    /// The numbers of a value, or of its gradient.
    fn of(&self, buffers: &[CudaSlice<T>], value: usize) -> Argument {
        self.device.pointer(&buffers[value], self.rows * self.width(value))
    }

    fn learned(&self, from: &CudaSlice<T>, first: usize, len: usize) -> Argument {
        self.device.part(from, first, len)
    }

    /// A step forward.
    fn push(&self, step: usize) -> Result<()> {
        let (work, reads) = (&self.steps.steps[step].work, &self.steps.steps[step].reads);
        let (from, to) = (reads[0], step + 1);
        let (rows, width) = (self.rows, self.width(to));
        let (x, y) = (self.of(&self.values, from), self.of(&self.values, to));
        let (long, wide) = (Long(rows as i64), Whole(width as i32));
        match (work, &self.fixed[step]) {
            (Work::Move { .. }, Fixed::Table([table, ..])) => {
                let table = self.device.pointer(table, width);
                let narrow = Whole(self.width(from) as i32);
                self.each("move", rows * width, &[x, table, y, long, narrow, wide])
            }
            (Work::Transform { block }, _) => self.transform((width, *block), x, y, y, false),
            (Work::Elements { .. }, fixed) => {
                let [scale, bias, open, closed] = self.vectors(work, fixed, width);
                self.each("elements", rows * width, &[x, scale, bias, open, closed, y, long, wide])
            }
            (Work::BlockSwitch { block, vectors }, _) => {
                let [open, closed] = self.block_vectors(*block, *vectors, width);
                let block = Whole(*block as i32);
                self.each("block_switch", rows * width, &[x, open, closed, y, long, wide, block])
            }
            (Work::Dense(Readout { weight, bias, .. }), _) => {
                if let Some(bias) = bias {
                    let bias = self.learned(&self.theta, *bias, width);
                    self.each("fill", rows * width, &[bias, y, long, wide])?;
                }
                let inner = self.width(from);
                let weight = self.learned(&self.theta, *weight, width * inner);
                let (x, weight) = ((x, false), (weight, true));
                self.device.product::<T>((rows, inner, width), x, weight, y, bias.is_some())
            }
            (Work::Add, _) => {
                let count = rows * width;
                for (i, &value) in reads.iter().enumerate() {
                    let x = self.of(&self.values, value);
                    let add = Whole((i > 0).into());
                    self.each("copy", count, &[x, y, Long(count as i64), add])?;
                }
                Ok(())
            }
            (Work::Concat, _) => {
                let mut at = 0;
                for &value in reads {
                    let (x, own) = (self.of(&self.values, value), self.width(value));
                    let place = [Whole(own as i32), Whole(at as i32), wide];
                    self.each("concat", rows * own, &[&[x, y, long], &place[..]].concat())?;
                    at += own;
                }
                Ok(())
            }
            (Work::Move { .. }, _) => unreachable!("it has a table"),
        }
    }

    /// A step back: from the gradient of what it gives to those of what it reads, of which `wanted` says which are wanted, and
    /// `there` which have something of other steps; and to that of its parameters, if `sum`.
    fn pull_step(
        &mut self,
        step: usize,
        sum: bool,
        wanted: &[bool],
        there: &mut [bool],
    ) -> Result<()> {
        let work = &self.steps.steps[step].work;
        let parts = parts(self.rows, work.sums(self.width(step + 1)));
        let sums = if sum { parts * work.sums(self.width(step + 1)) } else { 0 };
        self.device.grow(&mut self.sums, sums)?;
        let (work, reads) = (&self.steps.steps[step].work, &self.steps.steps[step].reads);
        let (from, to) = (reads[0], step + 1);
        let (rows, width, inner) = (self.rows, self.width(to), self.width(from));
        let (x, dy) = (self.of(&self.values, from), self.of(&self.gradients, to));
        let dx = |value: usize| match wanted[value] {
            true => self.of(&self.gradients, value),
            false => Pointer(0),
        };
        let (long, wide, narrow) = (Long(rows as i64), Whole(width as i32), Whole(inner as i32));
        let add = Whole(there[from].into());
        let scratch = self.device.pointer(&self.sums, sums);
        match (work, &self.fixed[step]) {
            (Work::Elements { .. }, fixed) => {
                let learned = work.vectors().map(|vector| match vector {
                    Some(Vector::Learned(first)) if sum => Some(*first),
                    _ => None,
                });
                let any = learned.iter().any(Option::is_some);
                let to = if any { scratch } else { Pointer(0) };
                let [scale, bias, open, closed] = self.vectors(work, fixed, width);
                let with = [x, scale, bias, open, closed, dy, dx(from), to];
                let with = [&with[..], &[Whole(rows as i32), wide, add]].concat();
                self.columns("elements_back", width, parts, &with)?;
                for (i, first) in learned.into_iter().enumerate() {
                    let Some(first) = first else { continue };
                    self.collect(i * width, first, (parts, width, 4 * width))?;
                }
            }
            (Work::BlockSwitch { block, vectors }, _) => {
                let count = width * block;
                if sum {
                    let with = [x, dy, scratch, Whole(rows as i32), wide, Whole(*block as i32)];
                    self.columns("block_switch_sums", count, parts, &with)?;
                    for (i, &first) in vectors.iter().enumerate() {
                        self.collect(i * count, first, (parts, count, 2 * count))?;
                    }
                }
                if wanted[from] {
                    let [open, closed] = self.block_vectors(*block, *vectors, width);
                    let with = [x, open, closed, dy, dx(from), long, wide];
                    let with = [&with[..], &[Whole(*block as i32), add]].concat();
                    self.each("block_switch_back", rows * width, &with)?;
                }
            }
            (Work::Dense(Readout { weight, bias, .. }), _) => {
                if sum {
                    let to = self.learned(&self.gradient, *weight, width * inner);
                    let (dy, x) = ((dy, true), (x, false));
                    self.device.product::<T>((width, rows, inner), dy, x, to, true)?;
                }
                if let Some(bias) = bias.filter(|_| sum) {
                    let with = [dy, scratch, Whole(rows as i32), wide];
                    self.columns("column_sums", width, parts, &with)?;
                    self.collect(0, bias, (parts, width, width))?;
                }
                if wanted[from] {
                    let weight = self.learned(&self.theta, *weight, width * inner);
                    let (dy, weight) = ((dy, false), (weight, false));
                    self.device.product::<T>(
                        (rows, width, inner),
                        dy,
                        weight,
                        dx(from),
                        there[from],
                    )?;
                }
            }
            (Work::Move { .. }, Fixed::Table([_, first, table])) if wanted[from] => {
                let first = self.device.pointer(first, inner + 1);
                let table = self.device.pointer(table, table.len());
                let with = [dy, first, table, dx(from), long, narrow, wide, add];
                self.each("move_back", rows * inner, &with)?;
            }
            (Work::Transform { block }, _) if wanted[from] => {
                self.transform((width, *block), dy, dy, dx(from), there[from])?;
            }
            (Work::Add, _) => {
                let count = rows * width;
                for &value in reads {
                    if wanted[value] {
                        let add = Whole(there[value].into());
                        self.each("copy", count, &[dy, dx(value), Long(count as i64), add])?;
                        there[value] = true;
                    }
                }
                return Ok(());
            }
            (Work::Concat, _) => {
                let mut at = 0;
                for &value in reads {
                    let own = self.width(value);
                    if wanted[value] {
                        let place = [Whole(own as i32), Whole(at as i32), wide];
                        let with = [&[dy, dx(value), long], &place[..]].concat();
                        let with = [with, vec![Whole(there[value].into())]].concat();
                        self.each("concat_back", rows * own, &with)?;
                        there[value] = true;
                    }
                    at += own;
                }
                return Ok(());
            }
            (Work::Move { .. } | Work::Transform { .. }, _) => {} // nobody asks
        }
        there[from] |= wanted[from];
        Ok(())
    }

    /// Adds what the parts have, from this number of each on, to the gradient: `(parts, numbers, how far apart)`.
    fn collect(
        &self,
        at: usize,
        first: usize,
        (parts, count, apart): (usize, usize, usize),
    ) -> Result<()> {
        let sums = self.device.part(&self.sums, at, (parts - 1) * apart + count);
        let to = self.learned(&self.gradient, first, count);
        let with = [sums, to, Whole(parts as i32), Long(count as i64), Long(apart as i64)];
        self.each("collect", count, &with)
    }

    /// The transform of each block of `x`: in `by` but for its last pass, which puts it into `to` or adds it to that.
    fn transform(
        &self,
        (width, block): (usize, usize),
        x: Argument,
        by: Argument,
        to: Argument,
        add: bool,
    ) -> Result<()> {
        let count = self.rows * width;
        let passes = transform_passes(block.ilog2());
        let last = passes.len() - 1;
        for (i, (length, stride, columns)) in passes.into_iter().enumerate() {
            let tile = length + columns;
            let group = LEAST.saturating_sub(tile);
            let tiles = count >> tile;
            let factor = if i == last { 1.0 / (block as f64).sqrt() } else { 1.0 };
            let grid = Grid {
                blocks: (tiles.div_ceil(1 << group), 1),
                threads: THREADS,
                shared: size_of::<T>() << (tile + group),
            };
            let [length, stride, columns, group] =
                [length, stride, columns, group].map(|bits| Whole(bits as i32));
            let with = [
                if i == 0 { x } else { by },
                if i == last { to } else { by },
                Long(tiles as i64),
                length,
                stride,
                columns,
                group,
                Double(factor),
                Whole((i == last && add).into()),
            ];
            self.launch("transform", grid, &with)?;
        }
        Ok(())
    }
}

impl<T: Number> Passes<T> {
    /// Scale, bias and slopes of elements.
    fn vectors(&self, work: &Work<T>, fixed: &Fixed<T>, width: usize) -> [Argument; 4] {
        let Fixed::Vectors(fixed) = fixed else { unreachable!("elements have vectors") };
        let mut fixed = fixed.iter();
        work.vectors().map(|vector| match (vector, fixed.next()) {
            (Some(Vector::Learned(first)), _) => self.device.part(&self.theta, *first, width),
            (_, Some(Some(values))) => self.device.part(values, 0, width),
            _ => Pointer(0),
        })
    }

    /// The open and the closed vectors of block switches.
    fn block_vectors(&self, block: usize, vectors: [usize; 2], width: usize) -> [Argument; 2] {
        vectors.map(|first| self.device.part(&self.theta, first, width * block))
    }
}

impl<T: Number> Fixed<T> {
    /// What is fixed of a step that reads a value of this width.
    fn new(device: &Device, work: &Work<T>, width: usize) -> Result<Self> {
        Ok(match work {
            Work::Move { from, signs } => {
                let place = |i: usize, sign: bool| 2 * i as i32 + i32::from(sign);
                let mut table = Vec::with_capacity(from.len());
                let mut back = vec![Vec::new(); width];
                for (i, (from, &sign)) in from.iter().zip(signs).enumerate() {
                    table.push(from.map_or(-1, |from| place(from, sign)));
                    if let Some(from) = *from {
                        back[from].push(place(i, sign));
                    }
                }
                let mut first = vec![0];
                back.iter().for_each(|all| first.push(first[first.len() - 1] + all.len() as i32));
                let mut back = back.concat();
                back.push(-1); // nothing is no buffer
                let [table, first, back] = [table, first, back].map(|all| device.upload(&all));
                Self::Table([table?, first?, back?])
            }
            Work::Elements { .. } => {
                let [scale, bias, open, closed] = work.vectors().map(|vector| match vector {
                    Some(Vector::Fixed(values)) => device.upload(values).map(Some),
                    _ => Ok(None),
                });
                Self::Vectors([scale?, bias?, open?, closed?])
            }
            _ => Self::Nothing,
        })
    }
}

impl<T> Work<T> {
    /// Whether it has parameters.
    fn is_learned(&self) -> bool {
        let learned = |vector: &Vector<T>| matches!(vector, Vector::Learned(_));
        match self {
            Self::Elements { .. } => self.vectors().into_iter().flatten().any(learned),
            Self::BlockSwitch { .. } | Self::Dense(_) => true,
            Self::Move { .. } | Self::Transform { .. } | Self::Add | Self::Concat => false,
        }
    }

    /// How many numbers a part of the rows has sums of, where what it gives is so wide.
    fn sums(&self, width: usize) -> usize {
        match self {
            Self::Elements { .. } => 4 * width,
            Self::BlockSwitch { block, .. } => 2 * width * block,
            Self::Dense(_) => width,
            Self::Move { .. } | Self::Transform { .. } | Self::Add | Self::Concat => 0,
        }
    }
}

/// Into how many parts rows are cut, of which each has so many sums. It depends on nothing else, so that the bits do not
/// either.
fn parts(rows: usize, sums: usize) -> usize {
    rows.div_ceil(PART).min(MOST_SUMS / sums.max(1)).clamp(1, 65_535)
}

/// The passes of a transform of `2^log` numbers: how many of its bits each takes, how many are below these, and how many
/// bits of neighbors it takes together.
fn transform_passes(log: u32) -> Vec<(u32, u32, u32)> {
    let mut passes = vec![(log.min(SHARED), 0, 0)];
    let mut done = log.min(SHARED);
    while done < log {
        let bits = (log - done).min(SHARED - COLUMNS);
        passes.push((bits, done, COLUMNS));
        done += bits;
    }
    passes
}

#[cfg(test)]
mod tests {
    use super::transform_passes;

    #[test]
    fn passes_of_a_transform_take_each_bit_once() {
        for log in 0..=26 {
            let mut done = 0;
            for (bits, below, columns) in transform_passes(log) {
                assert_eq!(below, done);
                assert!(bits + columns <= 12 && columns <= below);
                done += bits;
            }
            assert_eq!(done, log);
        }
    }
}
