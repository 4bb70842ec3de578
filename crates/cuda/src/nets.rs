//! Nets on the device: one, or many of one architecture that are trained at once.

use crate::device::{Argument, Device, Grid, Timer, refused};
use crate::layout::{Layout, WIDTH, place};
use crate::program::Program;
use crate::source::{FORWARD_ROWS, FORWARD_WARPS, Moves, SHARED, WARPS, shared_bytes, source};
use Argument::{Pointer, Real, Whole};
use cudarc::driver::{CudaFunction, CudaGraph, CudaSlice};
use ndarray::{Array3, ArrayView2};
use std::collections::BTreeMap;
use switchnet::data::Targets;
use switchnet::layer::{Role, parameters};
use switchnet::net::Net;
use switchnet::train::{Loss, OptimizerKind, RoleSettings, Schedule, segments};
use switchnet::{Error, Matrix, Result, ndarray};

/// Rows on the device, with what is to be learned of them.
#[derive(Debug)]
pub struct Rows {
    rows: usize,
    inputs: usize,
    outputs: usize,
    x: CudaSlice<f32>,
    classes: Option<CudaSlice<i32>>,
    values: Option<CudaSlice<f32>>,
}

impl Rows {
    /// These rows, copied to the device.
    ///
    /// # Errors
    /// If there are no rows, another number of targets, or no room for them.
    pub fn new(device: &Device, x: ArrayView2<'_, f32>, targets: &Targets<f32>) -> Result<Self> {
        let rows = x.nrows();
        let copied = |x: ArrayView2<'_, f32>| device.upload(&x.iter().copied().collect::<Vec<_>>());
        let (found, outputs, classes, values) = match targets {
            Targets::Classes { labels, classes } => {
                let numbers: Vec<i32> = labels.iter().map(|&label| label as i32).collect();
                (labels.len(), *classes, Some(device.upload(&numbers)?), None)
            }
            Targets::Values(values) => {
                (values.nrows(), values.ncols(), None, Some(copied(values.view())?))
            }
            _ => return Err(Error::new("targets on a GPU", "classes or values", "others")),
        };
        if rows == 0 || rows != found {
            return Err(Error::new(
                "targets",
                format_args!("as many as rows, at least 1: {rows}"),
                found,
            ));
        }
        Ok(Self { rows, inputs: x.ncols(), outputs, x: copied(x)?, classes, values })
    }

    /// How many they are.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Never: rows on the device are at least one.
    pub fn is_empty(&self) -> bool {
        false
    }
}

/// Nets of one architecture on the device.
#[derive(Debug)]
pub struct Nets {
    device: Device,
    program: Program,
    /// Of each net.
    layouts: Vec<Layout>,
    nets: usize,
    kernels: Kernels,
    theta: CudaSlice<f32>,
    /// Where numbers of a row come from and go to, signs before the first transform and behind switches.
    fixed: (CudaSlice<i32>, CudaSlice<u32>, CudaSlice<u32>),
    blocks: Option<usize>,
    work: Work,
    optimizer: Option<Optimizer>,
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
struct Work {
    y: CudaSlice<f32>,
    z: CudaSlice<f32>,
    gradients: CudaSlice<f32>,
    scores: CudaSlice<f32>,
    maps: CudaSlice<f32>,
}

/// Adam on the device.
#[derive(Debug)]
struct Optimizer {
    mean: CudaSlice<f32>,
    square: CudaSlice<f32>,
    /// Of each vector of parameters the factor of the learning rate and the decay.
    segments: CudaSlice<f32>,
    /// Of each step what learning rate and memory are multiplied by.
    rates: CudaSlice<f32>,
    /// Of each net.
    learning_rates: CudaSlice<f32>,
    /// The step, and how many blocks are through with it.
    counter: CudaSlice<i32>,
    /// Of each net the sum of the losses and of the right answers since it was looked at.
    total: CudaSlice<f32>,
    betas: [f32; 5],
}

/// Steps that were recorded, to be asked for with one call.
pub struct Steps(CudaGraph);

impl std::fmt::Debug for Steps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Steps")
    }
}

impl Steps {
    /// Asks for them.
    ///
    /// # Errors
    /// If the GPU has failed.
    pub fn run(&self) -> Result<()> {
        self.0.launch().map_err(refused("recorded steps"))
    }
}

/// The gradient of a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradient {
    /// The sum of the losses of the rows.
    pub loss: f32,
    /// How many classes were right.
    pub right: f32,
    /// The gradient of the mean loss, in the order of the parameters of the net.
    pub values: Vec<f32>,
}

impl Nets {
    /// Puts nets of one architecture on the device, to be trained with `loss`.
    ///
    /// # Errors
    /// If there is none, they differ in more than parameters, are not what one kernel holds (the error names the layer), or
    /// the device has no room for them.
    pub fn new(device: &Device, nets: &[&Net<f32>], loss: Loss) -> Result<Self> {
        let first = nets.first().ok_or_else(|| Error::new("nets on a GPU", "at least 1", 0))?;
        let programs = nets.iter().map(|net| Program::new(net)).collect::<Result<Vec<_>>>()?;
        let alike = |net: &&Net<f32>| {
            (&net.spec().input, &net.spec().layers) == (&first.spec().input, &first.spec().layers)
        };
        if let Some(other) = nets.iter().position(|net| !alike(net)) {
            let what = format_args!("net {other} on a GPU").to_string();
            return Err(Error::new(what, "the layers of the first", "others"));
        }
        let program = programs[0].clone();
        let text = source(&program, loss)?;
        let layouts: Vec<Layout> = programs.iter().map(Layout::new).collect();
        let module = device.module(&text)?;
        let shared = shared_bytes(&program);
        let kernel = |name| device.kernel(&module, name, shared);
        let plain = |name| device.kernel(&module, name, 0);
        let kernels = Kernels {
            forward: kernel("forward")?,
            gradient: kernel("gradient")?,
            collect: plain("collect")?,
            update: plain("update")?,
            maps: kernel("maps")?,
        };
        let numbers = layouts.iter().zip(nets);
        let numbers: Vec<f32> =
            numbers.flat_map(|(layout, net)| layout.to_device(&parameters::read(*net))).collect();
        let each =
            |words: fn(&Program) -> Vec<u32>| programs.iter().flat_map(words).collect::<Vec<_>>();
        let tables: Vec<i32> = programs.iter().flat_map(table).collect();
        let fixed = (
            device.upload(&tables)?,
            device.upload(&each(signs))?,
            device.upload(&each(signs_after))?,
        );
        let zeros = || device.zeros::<f32>(0);
        let work = Work {
            y: zeros()?,
            z: zeros()?,
            gradients: zeros()?,
            scores: zeros()?,
            maps: zeros()?,
        };
        Ok(Self {
            theta: device.upload(&numbers)?,
            device: device.clone(),
            program,
            layouts,
            nets: nets.len(),
            kernels,
            fixed,
            blocks: None,
            work,
            optimizer: None,
        })
    }

    /// How many blocks work on the gradient of a net, in the place of a number that suits the batch. The bits of a gradient
    /// depend on it.
    pub fn set_blocks(&mut self, blocks: Option<usize>) {
        self.blocks = blocks.map(|blocks| blocks.max(1));
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
    fn numbers(&self) -> usize {
        self.layouts[0].len()
    }

    fn grid(&self, blocks: usize, threads: usize) -> Grid {
        Grid { blocks: (blocks, self.nets), threads, shared: shared_bytes(&self.program) }
    }

    fn check(&self, rows: &Rows) -> Result<()> {
        let expected = format!(
            "rows of {} inputs and {} outputs",
            self.program.inputs, self.program.readout.outputs
        );
        if (rows.inputs, rows.outputs) == (self.program.inputs, self.program.readout.outputs) {
            return Ok(());
        }
        Err(Error::new(
            "data of nets on a GPU",
            expected,
            format_args!("{} and {}", rows.inputs, rows.outputs),
        ))
    }

    fn pointer<T>(&self, buffer: &CudaSlice<T>) -> Argument {
        self.device.pointer(buffer)
    }

    /// Room for so many numbers; what was in it is lost if it grows.
    fn grow(device: &Device, buffer: &mut CudaSlice<f32>, len: usize) -> Result<()> {
        if buffer.len() < len {
            *buffer = device.zeros(len)?;
        }
        Ok(())
    }

    /// Asks for the outputs of `rows`.
    ///
    /// # Errors
    /// If they do not fit the nets, or the GPU has no room for their outputs.
    pub fn start_forward(&mut self, rows: &Rows) -> Result<()> {
        self.check(rows)?;
        let outputs = self.program.readout.outputs;
        Self::grow(&self.device, &mut self.work.y, self.nets * rows.rows * outputs)?;
        let blocks = rows.rows.div_ceil(FORWARD_ROWS).min(self.device.multiprocessors());
        let arguments = [
            self.pointer(&rows.x),
            self.pointer(&self.fixed.0),
            self.pointer(&self.fixed.1),
            self.pointer(&self.fixed.2),
            self.pointer(&self.theta),
            self.pointer(&self.work.y),
            Whole(rows.rows as i32),
        ];
        self.device.launch(&self.kernels.forward, self.grid(blocks, FORWARD_WARPS * 32), &arguments)
    }

    /// The outputs of `rows`, of each net.
    ///
    /// # Errors
    /// As [`start_forward`](Self::start_forward), and if the GPU has failed.
    pub fn forward(&mut self, rows: &Rows) -> Result<Vec<Matrix<f32>>> {
        self.start_forward(rows)?;
        let y = self.device.download(&self.work.y)?;
        let outputs = self.program.readout.outputs;
        let each = y.chunks_exact(rows.rows * outputs).take(self.nets);
        Ok(each
            .map(|y| Matrix::from_shape_vec((rows.rows, outputs), y.to_vec()).expect("whole rows"))
            .collect())
    }

    /// Blocks that work on the gradient of each net: a block for each multiprocessor, as far as there are rows.
    fn gradient_blocks(&self, rows: usize) -> usize {
        let most = self.blocks.unwrap_or((self.device.multiprocessors() / self.nets).max(1));
        most.min(rows)
    }

    fn reserve_gradient(&mut self, rows: &Rows) -> Result<()> {
        self.check(rows)?;
        let blocks = self.gradient_blocks(rows.rows) * self.nets;
        let (sweeps, numbers) = (self.program.sweeps.len(), self.numbers());
        Self::grow(&self.device, &mut self.work.z, blocks * WARPS * (sweeps - 1) * WIDTH)?;
        Self::grow(&self.device, &mut self.work.gradients, blocks * numbers)?;
        Self::grow(&self.device, &mut self.work.scores, blocks * 2)
    }

    fn start_gradient(&self, rows: &Rows) -> Result<()> {
        let blocks = self.gradient_blocks(rows.rows);
        let none = Pointer(0);
        let arguments = [
            self.pointer(&rows.x),
            rows.classes.as_ref().map_or(none, |classes| self.pointer(classes)),
            rows.values.as_ref().map_or(none, |values| self.pointer(values)),
            none,
            none,
            self.pointer(&self.fixed.0),
            self.pointer(&self.fixed.1),
            self.pointer(&self.fixed.2),
            self.pointer(&self.theta),
            self.pointer(&self.work.z),
            self.pointer(&self.work.gradients),
            self.pointer(&self.work.scores),
            Whole(rows.rows as i32),
            Whole(1),
        ];
        self.device.launch(&self.kernels.gradient, self.grid(blocks, WARPS * 32), &arguments)
    }

    /// The gradient of the mean loss of `rows`, of each net.
    ///
    /// # Errors
    /// As [`forward`](Self::forward).
    pub fn gradient(&mut self, rows: &Rows) -> Result<Vec<Gradient>> {
        self.reserve_gradient(rows)?;
        self.start_gradient(rows)?;
        let (blocks, count) = (self.gradient_blocks(rows.rows), self.numbers());
        let sums = self.device.zeros::<f32>(self.nets * count)?;
        let arguments =
            [self.pointer(&self.work.gradients), Whole(blocks as i32), self.pointer(&sums)];
        let grid = Grid { shared: 0, ..self.grid(count.div_ceil(UPDATE), UPDATE * PARTS) };
        self.device.launch(&self.kernels.collect, grid, &arguments)?;
        let (sums, scores) =
            (self.device.download(&sums)?, self.device.download(&self.work.scores)?);
        let each =
            self.layouts.iter().zip(sums.chunks_exact(count)).zip(scores.chunks_exact(2 * blocks));
        let gradient = |((layout, sums), scores): ((&Layout, &[f32]), &[f32])| Gradient {
            loss: scores.iter().step_by(2).sum(),
            right: scores.iter().skip(1).step_by(2).sum(),
            values: layout.to_host(sums, self.program.parameters),
        };
        Ok(each.map(gradient).collect())
    }

    /// Begins a training of at most `steps` steps, with a learning rate for each net.
    ///
    /// # Errors
    /// If the optimizer is not Adam or AdamW, or there is another number of learning rates than of nets.
    pub fn begin(
        &mut self,
        net: &Net<f32>,
        optimizer: OptimizerKind,
        roles: &BTreeMap<Role, RoleSettings>,
        schedule: Schedule,
        learning_rates: &[f64],
        steps: usize,
    ) -> Result<()> {
        let (OptimizerKind::Adam { beta1, beta2, epsilon }
        | OptimizerKind::Adamw { beta1, beta2, epsilon, .. }) = optimizer
        else {
            return Err(Error::new(
                "optimizer on a GPU",
                "adam or adamw",
                format_args!("{optimizer:?}"),
            ));
        };
        if learning_rates.len() != self.nets {
            return Err(Error::new(
                "learning rates",
                format_args!("{}, one for each net", self.nets),
                learning_rates.len(),
            ));
        }
        let segments = segments(net, optimizer, roles);
        let of = |place: usize| {
            let segment = segments
                .iter()
                .find(|segment| segment.range.contains(&place))
                .expect("segments cover all");
            [segment.learning_rate_factor as f32, segment.decay as f32]
        };
        let rate = |step: usize| {
            let factor = schedule.factor(step, steps);
            let t = (step + 1) as f64;
            [factor / (1.0 - beta1.powf(t)), (1.0 / (1.0 - beta2.powf(t))).sqrt(), factor, 0.0]
                .map(|value| value as f32)
        };
        let rates: Vec<f32> = (0..steps).flat_map(rate).collect();
        let learning_rates: Vec<f32> = learning_rates.iter().map(|&rate| rate as f32).collect();
        let numbers = self.nets * self.numbers();
        self.optimizer = Some(Optimizer {
            mean: self.device.zeros(numbers)?,
            square: self.device.zeros(numbers)?,
            segments: self.device.upload(&self.layouts[0].each_vector(of, [0.0; 2]).concat())?,
            rates: self.device.upload(&rates)?,
            learning_rates: self.device.upload(&learning_rates)?,
            counter: self.device.zeros(2)?,
            total: self.device.zeros(2 * self.nets)?,
            betas: [beta1, beta2, 1.0 - beta1, 1.0 - beta2, epsilon].map(|value| value as f32),
        });
        Ok(())
    }

    fn start_update(&self, rows: &Rows) -> Result<()> {
        let missing = || Error::new("training on a GPU", "one that has begun", "none");
        let optimizer = self.optimizer.as_ref().ok_or_else(missing)?;
        let mut arguments = vec![
            self.pointer(&self.work.gradients),
            self.pointer(&self.work.scores),
            Whole(self.gradient_blocks(rows.rows) as i32),
            self.pointer(&self.theta),
            self.pointer(&optimizer.mean),
            self.pointer(&optimizer.square),
            self.pointer(&optimizer.segments),
            self.pointer(&optimizer.rates),
            self.pointer(&optimizer.learning_rates),
            self.pointer(&optimizer.counter),
            self.pointer(&optimizer.total),
        ];
        arguments.extend(optimizer.betas.map(Real));
        let grid = Grid { shared: 0, ..self.grid(self.numbers().div_ceil(UPDATE), UPDATE * PARTS) };
        self.device.launch(&self.kernels.update, grid, &arguments)
    }

    /// Asks for a step of each net on these rows.
    ///
    /// # Errors
    /// If no training has begun, or as [`start_forward`](Self::start_forward).
    pub fn start_step(&mut self, rows: &Rows) -> Result<()> {
        self.reserve_gradient(rows)?;
        self.start_gradient(rows)?;
        self.start_update(rows)
    }

    /// Records so many steps on these rows. What is recorded is valid as long as the nets and the rows are there, no
    /// larger batch was worked on since, and no training has begun anew.
    ///
    /// # Errors
    /// As [`start_step`](Self::start_step).
    pub fn record(&mut self, rows: &Rows, steps: usize) -> Result<Steps> {
        self.reserve_gradient(rows)?;
        let each = || {
            self.start_gradient(rows)?;
            self.start_update(rows)
        };
        Ok(Steps(self.device.record(|| (0..steps).try_for_each(|_| each()))?))
    }

    /// The parameters of each net.
    ///
    /// # Errors
    /// If the GPU has failed.
    pub fn parameters(&self) -> Result<Vec<Vec<f32>>> {
        let all = self.device.download(&self.theta)?;
        let each = self.layouts.iter().zip(all.chunks_exact(self.numbers()));
        Ok(each.map(|(layout, one)| layout.to_host(one, self.program.parameters)).collect())
    }

    /// Gives each net these parameters.
    ///
    /// # Errors
    /// If they are of another number of nets or parameters, or the GPU has failed.
    pub fn set_parameters(&mut self, all: &[Vec<f32>]) -> Result<()> {
        let count = self.program.parameters;
        if all.len() != self.nets || all.iter().any(|one| one.len() != count) {
            let expected = format_args!("{count} for each of {} nets", self.nets).to_string();
            return Err(Error::new("parameters", expected, "another number"));
        }
        let each = self.layouts.iter().zip(all);
        let numbers: Vec<f32> = each.flat_map(|(layout, one)| layout.to_device(one)).collect();
        self.device.overwrite(&numbers, &mut self.theta)
    }

    /// Asks for the effective maps of `rows` under the first net.
    ///
    /// # Errors
    /// As [`start_forward`](Self::start_forward).
    pub fn start_maps(&mut self, rows: &Rows) -> Result<()> {
        self.check(rows)?;
        let outputs = self.program.readout.outputs;
        Self::grow(&self.device, &mut self.work.maps, rows.rows * outputs * self.program.inputs)?;
        let arguments = [
            self.pointer(&rows.x),
            self.pointer(&self.fixed.0),
            self.pointer(&self.fixed.1),
            self.pointer(&self.fixed.2),
            self.pointer(&self.theta),
            self.pointer(&self.work.maps),
            Whole(rows.rows as i32),
        ];
        let blocks = (2 * rows.rows).min(self.device.multiprocessors());
        let grid = Grid { blocks: (blocks, 1), ..self.grid(1, WARPS * 32) };
        self.device.launch(&self.kernels.maps, grid, &arguments)
    }

    /// The matrices of the effective maps of `rows` under the first net: `[row][output][input]`.
    ///
    /// # Errors
    /// As [`forward`](Self::forward).
    pub fn maps(&mut self, rows: &Rows) -> Result<Array3<f32>> {
        self.start_maps(rows)?;
        let mut all = self.device.download(&self.work.maps)?;
        let shape = (rows.rows, self.program.readout.outputs, self.program.inputs);
        all.truncate(shape.0 * shape.1 * shape.2);
        Ok(Array3::from_shape_vec(shape, all).expect("a number for each place"))
    }

    /// A clock of the device.
    ///
    /// # Errors
    /// As [`Device::timer`].
    pub fn timer(&self) -> Result<Timer> {
        self.device.timer()
    }

    /// The most shared memory that kernels may take.
    pub const SHARED: usize = SHARED;
}

/// Parameters of a block of the kernels that sum over blocks, and the parts of a sum.
const UPDATE: usize = 32;
const PARTS: usize = 8;

/// Words of 32 bits each.
fn bits(all: impl Iterator<Item = bool>) -> Vec<u32> {
    let all: Vec<bool> = all.collect();
    let word =
        |word: &[bool]| word.iter().enumerate().fold(0, |sum, (i, &bit)| sum | u32::from(bit) << i);
    all.chunks(32).map(word).collect()
}

/// Bit i of word q is of number 32·i + q.
fn signs(program: &Program) -> Vec<u32> {
    bits((0..WIDTH).map(|bit| program.signs[bit % 32 * 32 + bit / 32]))
}

/// Of each sweep, in the order of its positions.
fn signs_after(program: &Program) -> Vec<u32> {
    let sweeps = program.sweeps.iter().enumerate();
    sweeps.flat_map(|(l, sweep)| bits((0..WIDTH).map(move |p| sweep.signs[place(l, p)]))).collect()
}

/// Of each number of a row the input that it is, or −1. Then, the other way round, where the numbers that each input
/// becomes are listed, and the list.
fn table(program: &Program) -> Vec<i32> {
    if Moves::of(program) != Moves::Table {
        return vec![0];
    }
    let mut all: Vec<i32> =
        program.from.iter().map(|from| from.map_or(-1, |from| from as i32)).collect();
    let mut back = vec![Vec::new(); program.inputs];
    for (e, from) in program.from.iter().enumerate() {
        if let Some(from) = from {
            back[*from].push(e as i32);
        }
    }
    let mut first = 0;
    for list in &back {
        all.push(first);
        first += list.len() as i32;
    }
    all.push(first);
    all.extend(back.concat());
    all
}
