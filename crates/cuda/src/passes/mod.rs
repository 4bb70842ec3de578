//! Passes through a net step by step: any net of [`Steps`], kernel by kernel.

mod fixed;
mod pull;
mod push;
mod transform;

use crate::device::{Argument, Device, Grid, Number};
use crate::nets::Maps;
use crate::source::steps_source;
use crate::steps::{Steps, Work};
use cudarc::driver::{CudaFunction, CudaSlice};
use fixed::Fixed;
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
        let shared = transform::shared_bytes::<T>();
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
    /// ```no_run
    /// # use switchnet::{ndarray::Array2, net::zoo};
    /// # use switchnet_cuda::{Device, Passes};
    /// # let net = zoo::mlp(&[4], &[8], 3, 1).build::<f64>()?;
    /// let mut passes = Passes::new(&Device::open()?, &net)?;
    /// assert_eq!(passes.maps(&Array2::ones((2, 4)))?.matrices.dim(), (2, 3, 4));
    /// # Ok::<(), switchnet::Error>(())
    /// ```
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
}
