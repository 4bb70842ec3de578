//! Nets on the device: one, or many of one architecture that are trained at once.

use crate::device::{Argument, Device, Grid, refused};
use crate::drawn::Drawn;
use crate::layout::{Layout, WIDTH};
use crate::program::Program;
use crate::rows::{OnDevice, Order, Rows};
use crate::source::{FORWARD_ROWS, FORWARD_WARPS, WARPS, fits, shared_bytes, source};
use crate::steps::Readout;
use crate::training::Optimizer;
use Argument::{Pointer, Whole};
use cudarc::driver::{CudaFunction, CudaSlice};
use ndarray::Array3;
use rayon::prelude::*;
use std::ops::Range;
use switchnet::layer::parameters;
use switchnet::net::Net;
use switchnet::train::{Loss, Metrics};
use switchnet::{Error, Matrix, Result, ndarray};

/// The most nets: they are the second dimension of a grid.
const MOST_NETS: usize = 65_535;

/// Parameters of a block of the kernels that sum over blocks, and the parts of a sum.
const UPDATE: usize = 32;
const PARTS: usize = 8;

/// Nets of one architecture on the device.
///
/// ```no_run
/// use switchnet::data::Targets;
/// use switchnet::ndarray::Array2;
/// use switchnet::net::Spec;
/// use switchnet::train::Loss;
/// use switchnet_cuda::{Device, Nets, Rows};
///
/// let device = Device::open()?;
/// let text = r#"
///     input = [784]
///     seed = 1
///     layers = [{ kind = "pad", width = 1024 }, { kind = "mix", transform = "hadamard" },
///         { kind = "two-slope" }, { kind = "dense", outputs = 10 }]
/// "#;
/// let net = toml::from_str::<Spec>(text).unwrap().build::<f32>()?;
/// let mut nets = Nets::new(&device, &[&net], Loss::CrossEntropy)?;
/// let x = Array2::<f32>::zeros((2, 784));
/// let rows = Rows::new(&device, x.view(), &Targets::Classes { labels: vec![3, 9], classes: 10 })?;
/// assert_eq!(nets.forward(&rows)?[0].dim(), (2, 10));
/// assert_eq!(nets.maps(&rows)?[0].matrices.dim(), (2, 10, 784));
/// # Ok::<(), switchnet::Error>(())
/// ```
#[derive(Debug)]
pub struct Nets {
    pub(crate) device: Device,
    pub(crate) program: Program,
    /// Of each net.
    pub(crate) layouts: Vec<Layout>,
    /// The first of them, to know whose parameters are which.
    pub(crate) first: Net<f32>,
    loss: Loss,
    kernels: Kernels,
    pub(crate) theta: CudaSlice<f32>,
    drawn: Drawn,
    blocks: Option<usize>,
    pub(crate) work: Work,
    /// The number of the first batch of an order.
    first_batch: CudaSlice<i32>,
    pub(crate) optimizer: Option<Optimizer>,
}

#[derive(Debug)]
struct Kernels {
    forward: CudaFunction,
    gradient: CudaFunction,
    collect: CudaFunction,
    update: CudaFunction,
    maps: CudaFunction,
}

/// What kernels write on the way: outputs, what switches saw, gradients of blocks with their losses, maps.
#[derive(Debug)]
pub(crate) struct Work {
    y: CudaSlice<f32>,
    z: CudaSlice<f32>,
    pub gradients: CudaSlice<f32>,
    pub scores: CudaSlice<f32>,
    /// The gradients of all blocks of a net together.
    sums: CudaSlice<f32>,
    maps: CudaSlice<f32>,
    constants: CudaSlice<f32>,
}

/// How good the outputs of some rows are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// The sum of the losses of the rows.
    pub loss: f32,
    /// How many classes were right.
    pub right: f32,
}

impl Score {
    /// The same as the library's, of so many rows whose targets are classes or not.
    pub(crate) fn metrics(self, rows: usize, classes: bool) -> Metrics {
        Metrics {
            loss: f64::from(self.loss),
            correct: classes.then_some(f64::from(self.right)),
            rows: rows as f64,
        }
    }
}

/// Effective maps: with the switches as a row throws them, its outputs are `y = A x + c`.
#[derive(Clone, Debug, PartialEq)]
pub struct Maps<T> {
    /// `A`, `[row][output][input]`.
    pub matrices: Array3<T>,
    /// `c`, `[row, output]`.
    pub constants: Matrix<T>,
}

/// The gradient of a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradient {
    /// That of the batch.
    pub score: Score,
    /// The gradient of the mean loss, in the order of the parameters of the net.
    pub values: Vec<f32>,
}

impl Nets {
    /// Puts nets of one architecture on the device, to be trained with `loss`.
    ///
    /// # Errors
    /// If there is none or more than 65,535, they differ in more than what is learned and drawn, are not what one kernel
    /// holds (the error names the layer), NVRTC does not compile it, or the device has no room for them.
    pub fn new(device: &Device, nets: &[&Net<f32>], loss: Loss) -> Result<Self> {
        let Some(first) = nets.first().filter(|_| nets.len() <= MOST_NETS) else {
            return Err(Error::new("nets on a GPU", "1 to 65535", nets.len()));
        };
        let programs = nets.iter().map(|net| Program::new(net)).collect::<Result<Vec<_>>>()?;
        let text = source(&programs[0], loss)?;
        for (i, (net, program)) in nets.iter().zip(&programs).enumerate() {
            let (found, expected) = (net.spec(), first.spec());
            if found.input != expected.input
                || found.layers != expected.layers
                || source(program, loss)? != text
            {
                let what = format_args!("net {i} on a GPU").to_string();
                return Err(Error::new(what, "the layers of the first", "others"));
            }
        }
        let program = programs[0].clone();
        let shared = shared_bytes(&program);
        let most = device.gpu().shared();
        fits("shared memory", &format!("at most {most} bytes"), shared <= most, shared)?;
        let module = device.module(&text)?;
        let kernel = |name| device.kernel(&module, name, shared);
        let plain = |name| device.kernel(&module, name, 0);
        let kernels = Kernels {
            forward: kernel("forward")?,
            gradient: kernel("gradient")?,
            collect: plain("collect")?,
            update: plain("update")?,
            maps: kernel("maps")?,
        };
        let layouts: Vec<Layout> = programs.iter().map(Layout::new).collect();
        let numbers = layouts.iter().zip(nets);
        let numbers: Vec<f32> =
            numbers.flat_map(|(layout, net)| layout.to_device(&parameters::read(*net))).collect();
        let none = || device.zeros::<f32>(0);
        let work = Work {
            y: none()?,
            z: none()?,
            gradients: none()?,
            scores: none()?,
            sums: none()?,
            maps: none()?,
            constants: none()?,
        };
        Ok(Self {
            theta: device.upload(&numbers)?,
            device: device.clone(),
            program,
            layouts,
            first: first.cast(),
            loss,
            kernels,
            drawn: Drawn::new(device, &programs)?,
            blocks: None,
            work,
            first_batch: device.zeros(1)?,
            optimizer: None,
        })
    }

    /// How many nets they are.
    pub fn len(&self) -> usize {
        self.layouts.len()
    }

    /// Never: nets on the device are at least one.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// How many blocks, from 1 to 65,535 and no more than rows, work on the gradient of a net, in the place of a number that
    /// suits the device. The bits of a gradient depend on it.
    pub fn set_blocks(&mut self, blocks: Option<usize>) {
        self.blocks = blocks.map(|blocks| blocks.clamp(1, 65_535));
    }

    /// The registers of a thread and the bytes of its memory beside them, of each large kernel.
    ///
    /// # Errors
    /// If the driver does not say.
    pub fn resources(&self) -> Result<Vec<(&'static str, i32, i32)>> {
        let Kernels { forward, gradient, maps, .. } = &self.kernels;
        [("forward", forward), ("gradient", gradient), ("maps", maps)]
            .into_iter()
            .map(|(name, kernel)| {
                let at = refused(name);
                Ok((name, kernel.num_regs().map_err(&at)?, kernel.local_size_bytes().map_err(&at)?))
            })
            .collect()
    }

    /// Numbers of a net on the device.
    pub(crate) fn numbers(&self) -> usize {
        self.layouts[0].len()
    }

    fn grid(&self, blocks: usize, threads: usize) -> Grid {
        Grid { blocks: (blocks, self.len()), threads, shared: shared_bytes(&self.program) }
    }

    /// A grid with a thread for each number of each net and each part of its sum.
    fn grid_of_sums(&self) -> Grid {
        Grid { shared: 0, ..self.grid(self.numbers().div_ceil(UPDATE), UPDATE * PARTS) }
    }

    fn check(&self, rows: &Rows) -> Result<()> {
        let Readout { outputs, .. } = self.program.readout;
        let what = "data of nets on a GPU";
        if (rows.inputs, rows.outputs) != (self.program.inputs, outputs) {
            let expected = format!("rows of {} inputs and {outputs} outputs", self.program.inputs);
            return Err(Error::new(
                what,
                expected,
                format_args!("{} and {}", rows.inputs, rows.outputs),
            ));
        }
        if !rows.device.same(&self.device) {
            return Err(Error::new(what, "rows on the device of the nets", "another device"));
        }
        Ok(())
    }

    /// What is fixed and the parameters, as kernels want them.
    fn constants(&self) -> [Argument; 4] {
        self.constants_of(0..self.len())
    }

    /// The same of some of the nets.
    fn constants_of(&self, nets: Range<usize>) -> [Argument; 4] {
        let [table, signs, after] = self.drawn.of(&self.device, &self.program, nets.clone());
        let numbers = self.numbers();
        let theta = self.device.part(&self.theta, nets.start * numbers, nets.len() * numbers);
        [table, signs, after, theta]
    }

    fn theta(&self) -> Argument {
        self.device.pointer(&self.theta, self.len() * self.numbers())
    }

    /// Asks for the outputs of `rows`.
    ///
    /// # Errors
    /// If they do not fit the nets, or the GPU has no room for their outputs.
    pub fn start_forward(&mut self, rows: &Rows) -> Result<()> {
        self.start_forward_of(0..self.len(), rows)
    }

    fn start_forward_of(&mut self, nets: Range<usize>, rows: &Rows) -> Result<()> {
        self.check(rows)?;
        let len = nets.len() * rows.rows * rows.outputs;
        self.device.grow(&mut self.work.y, len)?;
        let blocks = rows.rows.div_ceil(FORWARD_ROWS).min(self.device.gpu().multiprocessors());
        let x = self.device.pointer(&rows.x, rows.rows * rows.inputs);
        let [table, signs, after, theta] = self.constants_of(nets.clone());
        let y = self.device.pointer(&self.work.y, len);
        let arguments = [x, table, signs, after, theta, y, Whole(rows.rows as i32)];
        let grid = self.grid(blocks, FORWARD_WARPS * 32);
        let grid = Grid { blocks: (blocks, nets.len()), ..grid };
        self.device.launch(&self.kernels.forward, grid, &arguments)
    }

    /// The outputs of `rows` of one net.
    pub(crate) fn forward_of(&mut self, which: usize, rows: &Rows) -> Result<Matrix<f32>> {
        self.start_forward_of(which..which + 1, rows)?;
        let y = self.device.download(&self.work.y, rows.rows * rows.outputs)?;
        Ok(Matrix::from_shape_vec((rows.rows, rows.outputs), y).expect("whole rows"))
    }

    /// The outputs of `rows`, `[rows, outputs]` of each net.
    ///
    /// # Errors
    /// As [`start_forward`](Self::start_forward), and if the GPU has failed.
    pub fn forward(&mut self, rows: &Rows) -> Result<Vec<Matrix<f32>>> {
        self.start_forward(rows)?;
        let each = rows.rows * rows.outputs;
        let y = self.device.download(&self.work.y, self.len() * each)?;
        let matrix = |y: &[f32]| {
            Matrix::from_shape_vec((rows.rows, rows.outputs), y.to_vec()).expect("whole rows")
        };
        Ok(y.chunks_exact(each).map(matrix).collect())
    }

    /// Blocks that work on the gradient of each net: a block for each multiprocessor, as far as there are rows.
    pub(crate) fn gradient_blocks(&self, rows: usize) -> usize {
        let most = self.blocks.unwrap_or((self.device.gpu().multiprocessors() / self.len()).max(1));
        most.min(rows)
    }

    /// Checks what a gradient is asked of, and makes room for it.
    pub(crate) fn reserve_gradient(&mut self, rows: &Rows, order: Option<&Order>) -> Result<()> {
        self.check(rows)?;
        if self.loss == Loss::CrossEntropy && matches!(rows.targets, OnDevice::Values(_)) {
            return Err(Error::new("targets of cross-entropy on a GPU", "classes", "values"));
        }
        if let Some(order) = order {
            let what = "order of rows on a GPU";
            if order.nets != self.len() {
                let expected = format_args!("one for each of {} nets", self.len()).to_string();
                return Err(Error::new(what, expected, order.nets));
            }
            if order.rows > rows.rows {
                let expected = format_args!("numbers of {} rows", rows.rows).to_string();
                return Err(Error::new(what, expected, format_args!("of {}", order.rows)));
            }
            if !order.device.same(&self.device) {
                return Err(Error::new(what, "one on the device of the nets", "another device"));
            }
        }
        let blocks = self.gradient_blocks(batch(rows, order)) * self.len();
        let (sweeps, numbers) = (self.program.sweeps.len(), self.numbers());
        self.device.grow(&mut self.work.z, blocks * WARPS * (sweeps - 1) * WIDTH)?;
        self.device.grow(&mut self.work.gradients, blocks * numbers)?;
        self.device.grow(&mut self.work.scores, blocks * 2)
    }

    /// Asks for the gradients of the blocks; with an order, of the batch whose number is at `counter`.
    pub(crate) fn start_gradient(
        &self,
        rows: &Rows,
        order: Option<(&Order, Argument)>,
    ) -> Result<()> {
        let device = &self.device;
        let batch = batch(rows, order.map(|(order, _)| order));
        let blocks = self.gradient_blocks(batch);
        let all = blocks * self.len();
        let none = Pointer(0);
        let (classes, values) = match &rows.targets {
            OnDevice::Classes(classes) => (device.pointer(classes, rows.rows), none),
            OnDevice::Values(values) => (none, device.pointer(values, rows.rows * rows.outputs)),
        };
        let (places, counter, steps) = match order {
            None => (none, none, 1),
            Some((order, counter)) => {
                let len = order.nets * order.steps * order.batch;
                (device.pointer(&order.places, len), counter, order.steps)
            }
        };
        let [table, signs, after, theta] = self.constants();
        let between = (self.program.sweeps.len() - 1) * WIDTH;
        let arguments = [
            device.pointer(&rows.x, rows.rows * rows.inputs),
            classes,
            values,
            places,
            counter,
            table,
            signs,
            after,
            theta,
            device.pointer(&self.work.z, all * WARPS * between),
            device.pointer(&self.work.gradients, all * self.numbers()),
            device.pointer(&self.work.scores, all * 2),
            Whole(batch as i32),
            Whole(steps as i32),
        ];
        device.launch(&self.kernels.gradient, self.grid(blocks, WARPS * 32), &arguments)
    }

    /// The gradient of the mean loss of `rows`, of each net.
    ///
    /// # Errors
    /// As [`forward`](Self::forward), and if the loss wants classes and they have values.
    pub fn gradient(&mut self, rows: &Rows) -> Result<Vec<Gradient>> {
        self.gradient_of(rows, None)
    }

    /// The same of the first batch of an order, if there is one.
    pub(crate) fn gradient_of(
        &mut self,
        rows: &Rows,
        order: Option<&Order>,
    ) -> Result<Vec<Gradient>> {
        self.reserve_gradient(rows, order)?;
        let first = self.device.pointer(&self.first_batch, 1);
        self.start_gradient(rows, order.map(|order| (order, first)))?;
        let (blocks, count) = (self.gradient_blocks(batch(rows, order)), self.numbers());
        let all = self.len() * blocks;
        let len = self.len() * count;
        self.device.grow(&mut self.work.sums, len)?;
        let arguments = [
            self.device.pointer(&self.work.gradients, all * count),
            Whole(blocks as i32),
            self.device.pointer(&self.work.sums, len),
        ];
        self.device.launch(&self.kernels.collect, self.grid_of_sums(), &arguments)?;
        let sums = self.device.download(&self.work.sums, len)?;
        let scores = self.device.download(&self.work.scores, all * 2)?;
        let each = self.layouts.par_iter().zip(sums.par_chunks_exact(count));
        let gradient = |((layout, sums), scores): ((&Layout, &[f32]), &[f32])| Gradient {
            score: Score {
                loss: scores.iter().step_by(2).sum(),
                right: scores.iter().skip(1).step_by(2).sum(),
            },
            values: layout.to_host(sums, self.program.parameters),
        };
        Ok(each.zip(scores.par_chunks_exact(2 * blocks)).map(gradient).collect())
    }

    /// Asks for a step of the optimizer with the gradients of the blocks of a batch of so many rows.
    pub(crate) fn start_update(&self, optimizer: &Optimizer, batch: usize) -> Result<()> {
        let blocks = self.gradient_blocks(batch);
        let (all, numbers) = (self.len() * blocks, self.len() * self.numbers());
        let [mean, square, segments, rates, learning_rates, counter, total] =
            optimizer.arguments(self);
        let [beta1, beta2, rest1, rest2, epsilon] = optimizer.betas.map(Argument::Real);
        let arguments = [
            self.device.pointer(&self.work.gradients, blocks * numbers),
            self.device.pointer(&self.work.scores, all * 2),
            Whole(blocks as i32),
            self.theta(),
            mean,
            square,
            segments,
            rates,
            learning_rates,
            counter,
            total,
            beta1,
            beta2,
            rest1,
            rest2,
            epsilon,
        ];
        self.device.launch(&self.kernels.update, self.grid_of_sums(), &arguments)
    }

    /// The parameters of each net, in its order.
    ///
    /// # Errors
    /// If the GPU has failed.
    pub fn parameters(&self) -> Result<Vec<Vec<f32>>> {
        let all = self.device.download(&self.theta, self.len() * self.numbers())?;
        let each = self.layouts.iter().zip(all.chunks_exact(self.numbers()));
        Ok(each.map(|(layout, one)| layout.to_host(one, self.program.parameters)).collect())
    }

    /// Gives each net these parameters.
    ///
    /// # Errors
    /// If they are of another number of nets or parameters, or the GPU has failed.
    pub fn set_parameters(&mut self, all: &[Vec<f32>]) -> Result<()> {
        let count = self.program.parameters;
        let what = "parameters of nets on a GPU";
        if all.len() != self.len() {
            return Err(Error::new(what, format_args!("those of {} nets", self.len()), all.len()));
        }
        if let Some(other) = all.iter().find(|one| one.len() != count) {
            return Err(Error::new(what, format_args!("{count} of each"), other.len()));
        }
        let each = self.layouts.par_iter().zip(all);
        let numbers: Vec<Vec<f32>> = each.map(|(layout, one)| layout.to_device(one)).collect();
        self.device.overwrite(&numbers.concat(), &mut self.theta)
    }

    /// Gives one net these parameters.
    pub(crate) fn set_parameters_of(&mut self, which: usize, theta: &[f32]) -> Result<()> {
        let numbers = self.layouts[which].to_device(theta);
        let first = which * self.numbers();
        self.device.overwrite_from(&numbers, &mut self.theta, first)
    }

    /// The device that they are on.
    pub(crate) fn device(&self) -> &Device {
        &self.device
    }

    /// Asks for the effective maps of `rows`.
    ///
    /// # Errors
    /// As [`start_forward`](Self::start_forward).
    pub fn start_maps(&mut self, rows: &Rows) -> Result<()> {
        self.check(rows)?;
        let len = self.len() * rows.rows * rows.outputs * rows.inputs;
        let constants = self.len() * rows.rows * rows.outputs;
        self.device.grow(&mut self.work.maps, len)?;
        self.device.grow(&mut self.work.constants, constants)?;
        let x = self.device.pointer(&rows.x, rows.rows * rows.inputs);
        let [table, signs, after, theta] = self.constants();
        let maps = self.device.pointer(&self.work.maps, len);
        let constants = self.device.pointer(&self.work.constants, constants);
        let count = Whole(rows.rows as i32);
        let arguments = [x, table, signs, after, theta, maps, constants, count];
        let blocks = (2 * rows.rows).min(self.device.gpu().multiprocessors());
        self.device.launch(&self.kernels.maps, self.grid(blocks, WARPS * 32), &arguments)
    }

    /// The effective maps of `rows`, of each net. Their constants are what the biases alone give, without a look at `y`.
    ///
    /// # Errors
    /// As [`forward`](Self::forward).
    pub fn maps(&mut self, rows: &Rows) -> Result<Vec<Maps<f32>>> {
        self.start_maps(rows)?;
        let (count, outputs, inputs) = (rows.rows, rows.outputs, rows.inputs);
        let each = count * outputs;
        let matrices = self.device.download(&self.work.maps, self.len() * each * inputs)?;
        let constants = self.device.download(&self.work.constants, self.len() * each)?;
        let maps = |(matrices, constants): (&[f32], &[f32])| Maps {
            matrices: Array3::from_shape_vec((count, outputs, inputs), matrices.to_vec())
                .expect("whole maps"),
            constants: Matrix::from_shape_vec((count, outputs), constants.to_vec())
                .expect("whole rows"),
        };
        Ok(matrices
            .chunks_exact(each * inputs)
            .zip(constants.chunks_exact(each))
            .map(maps)
            .collect())
    }
}

/// How many rows a step takes.
pub(crate) fn batch(rows: &Rows, order: Option<&Order>) -> usize {
    order.map_or(rows.rows, |order| order.batch)
}
