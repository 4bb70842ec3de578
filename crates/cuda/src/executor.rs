//! Trainings and evaluations of the library, computed by a GPU.

use crate::device::{Alone, Device, Gpu, Number};
use crate::nets::Nets;
use crate::passes::Passes;
use crate::program::Program;
use crate::rows::Rows;
use crate::steps::Steps;
use switchnet::layer::parameters;
use switchnet::net::Net;
use switchnet::train::{Executor, Loss, Metrics, Pass};
use switchnet::{Result, Scalar};

/// Rows that one kernel is asked for at once, where none of them waits for another.
const SCORED: usize = 1 << 14;

impl Gpu {
    /// Who computes the passes of a training of `net` with this loss on this GPU: one kernel for the whole net if it is a
    /// [`Program`] whose kernels fit the GPU, else a kernel for each of its [`Steps`]. Those are also there for what one kernel
    /// does not have: rows that do not count alike, and other losses. Order of rows, optimizer and checkpoints are the
    /// training's own.
    ///
    /// ```no_run
    /// use switchnet::data::{Scope, digits};
    /// use switchnet::net::zoo;
    /// use switchnet::train::{Run, Training, resume};
    ///
    /// let gpu = switchnet_cuda::Gpu::open()?;
    /// let (split, _) = digits::<f32>().standardize(Scope::Global)?;
    /// let mut net = zoo::switch_net(&[64], 10, 1).build::<f32>()?;
    /// let training = Training::default();
    /// let run = Run::new(&net, &training)?.with_executor(gpu.executor(&net, training.loss)?);
    /// resume(&mut net, &split.train, &training, run, &mut ())?;
    /// # Ok::<(), switchnet::Error>(())
    /// ```
    ///
    /// # Errors
    /// If there is no step for one of its layers (the error names it), a library of CUDA is missing, or there is no room.
    pub fn executor(&self, net: &Net<f32>, loss: Loss) -> Result<Box<dyn Executor<f32>>> {
        if !Program::new(net).is_ok_and(|program| program.fits(self, loss)) {
            return self.executor_in_steps(net);
        }
        let make = |device: &Device| {
            let (steps, nets) = (Steps::new(net)?, Nets::new(device, &[net], loss)?);
            Ok(Fused { device: device.clone(), loss, nets, steps, passes: None })
        };
        Ok(Box::new(Alone::on(self, make)?))
    }

    /// The same with a kernel for each step, in `f32` or `f64`.
    ///
    /// ```no_run
    /// # let gpu = switchnet_cuda::Gpu::open()?;
    /// let net = switchnet::net::zoo::mlp(&[4], &[8], 3, 1).build::<f64>()?;
    /// let executor = gpu.executor_in_steps(&net)?;
    /// # Ok::<(), switchnet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`executor`](Self::executor).
    pub fn executor_in_steps<T: Number>(&self, net: &Net<T>) -> Result<Box<dyn Executor<T>>> {
        Ok(Box::new(Alone::on(self, |device| Passes::new(device, net))?))
    }
}

/// The outputs of `rows`, some at a time, and what `each` makes of them.
fn in_parts<T: Number>(
    passes: &mut Passes<T>,
    pass: Pass<'_, T>,
    rows: &[usize],
    mut each: impl FnMut(&mut Passes<T>, Metrics, switchnet::Matrix<T>) -> Result<()>,
) -> Result<()> {
    passes.set_parameters(&parameters::read(pass.net))?;
    for rows in rows.chunks(passes.most_rows()) {
        let (x, targets) = pass.data.batch(rows)?;
        let y = passes.forward(&x)?;
        let (metrics, dy) = pass.loss(y, &targets, rows);
        each(passes, metrics, dy)?;
    }
    Ok(())
}

fn gradient_of<T: Number>(
    passes: &mut Passes<T>,
    pass: Pass<'_, T>,
    rows: &[usize],
) -> Result<(Metrics, Vec<T>)> {
    let share = <T as Scalar>::of(1.0 / rows.len() as f64);
    let mut sum = Metrics::default();
    passes.clear_gradient()?; // that of a step that failed halfway
    in_parts(passes, pass, rows, |passes, metrics, mut dy| {
        sum += metrics;
        dy.mapv_inplace(|v| v * share);
        passes.pull(&dy, true)
    })?;
    Ok((sum, passes.take_gradient()?))
}

fn score_of<T: Number>(
    passes: &mut Passes<T>,
    pass: Pass<'_, T>,
    rows: &[usize],
    metrics: &mut Metrics,
) -> Result<()> {
    in_parts(passes, pass, rows, |_, own, _| {
        *metrics += own;
        Ok(())
    })
}

// No step has noise, so none is asked for.
impl<T: Number> Executor<T> for Alone<Passes<T>> {
    fn gradient(
        &mut self,
        pass: Pass<'_, T>,
        rows: &[usize],
        _noise: Option<u64>,
    ) -> Result<(Metrics, Vec<T>)> {
        gradient_of(self.get(), pass, rows)
    }

    fn score(&mut self, pass: Pass<'_, T>, rows: &[usize], metrics: &mut Metrics) -> Result<()> {
        score_of(self.get(), pass, rows, metrics)
    }
}

/// Adds the metrics of some rows of one of the nets of one kernel.
pub(crate) fn score_of_one(
    nets: &mut Nets,
    which: usize,
    pass: Pass<'_, f32>,
    rows: &[usize],
    metrics: &mut Metrics,
) -> Result<()> {
    nets.set_parameters_of(which, &parameters::read(pass.net))?;
    for rows in rows.chunks(SCORED) {
        let (x, targets) = pass.data.batch(rows)?;
        let on_device = Rows::new(nets.device(), x.view(), &targets)?;
        let y = nets.forward_of(which, &on_device)?;
        *metrics += pass.loss(y, &targets, rows).0;
    }
    Ok(())
}

/// One kernel for the whole net; and its steps, if they are needed.
#[derive(Debug)]
struct Fused {
    device: Device,
    loss: Loss,
    nets: Nets,
    steps: Steps<f32>,
    passes: Option<Passes<f32>>,
}

impl Fused {
    fn passes(&mut self) -> Result<&mut Passes<f32>> {
        if self.passes.is_none() {
            self.passes = Some(Passes::of_steps(&self.device, self.steps.clone())?);
        }
        Ok(self.passes.as_mut().expect("it was made"))
    }
}

impl Executor<f32> for Alone<Fused> {
    fn gradient(
        &mut self,
        pass: Pass<'_, f32>,
        rows: &[usize],
        _noise: Option<u64>,
    ) -> Result<(Metrics, Vec<f32>)> {
        let own = self.get();
        if pass.usual_loss() != Some(own.loss) {
            return gradient_of(own.passes()?, pass, rows);
        }
        let (x, targets) = pass.data.batch(rows)?;
        let on_device = Rows::new(&own.device, x.view(), &targets)?;
        own.nets.set_parameters(&[parameters::read(pass.net)])?;
        let gradient = own.nets.gradient(&on_device)?.remove(0);
        let classes = targets.labels().is_some();
        Ok((gradient.score.metrics(rows.len(), classes), gradient.values))
    }

    fn score(&mut self, pass: Pass<'_, f32>, rows: &[usize], metrics: &mut Metrics) -> Result<()> {
        score_of_one(&mut self.get().nets, 0, pass, rows, metrics)
    }
}
