//! Who computes: the processors, or a GPU (feature `cuda`).

use super::ranks::Job;
use anyhow::{Result, bail};
use switchnet::data::Batches;
use switchnet::net::Net;
use switchnet::train::{Executor, Loss, Metrics, Together, evaluate_on};
use switchnet_lab::experiment::Executors;

/// Who computes.
#[derive(Clone, Copy, Default, clap::ValueEnum)]
enum Name {
    /// The processors.
    #[default]
    Cpu,
    /// The first GPU of NVIDIA.
    Cuda,
}

#[derive(Default, clap::Args)]
pub struct DeviceArguments {
    /// Who computes: `cpu`, or the first GPU of NVIDIA, `cuda`, by a program that was built with the feature of this name
    #[arg(long, value_name = "NAME", default_value = "cpu")]
    device: Name,
}

impl DeviceArguments {
    /// The GPU, if one is asked for.
    pub fn open(&self, job: &Job) -> Result<Option<Gpu>> {
        match (self.device, job.size()) {
            (Name::Cpu, _) => Ok(None),
            (Name::Cuda, 1) => Ok(Some(Gpu::open()?)),
            (Name::Cuda, size) => bail!("--device cuda: expected one process, found {size}"),
        }
    }

    /// The flag, if a GPU is asked for: where only the processors can compute.
    pub fn named(&self) -> Option<&'static str> {
        matches!(self.device, Name::Cuda).then_some("--device cuda")
    }
}

/// A GPU.
#[cfg(feature = "cuda")]
pub struct Gpu(switchnet_cuda::Gpu);

#[cfg(feature = "cuda")]
impl Gpu {
    fn open() -> Result<Self> {
        Ok(Self(switchnet_cuda::Gpu::open()?))
    }

    /// Who computes the passes of a training of `net` with this loss.
    pub fn executor(
        &self,
        net: &Net<f32>,
        loss: Loss,
    ) -> switchnet::Result<Box<dyn Executor<f32>>> {
        self.0.executor(net, loss)
    }

    fn together(
        &self,
        nets: &[&Net<f32>],
        loss: Loss,
        data: &dyn Batches<f32>,
    ) -> switchnet::Result<Box<dyn Together<f32>>> {
        self.0.together(nets, loss, data)
    }

    fn takes_together(&self, net: &Net<f32>, loss: Loss) -> bool {
        self.0.takes_together(net, loss)
    }
}

/// There is none.
#[cfg(not(feature = "cuda"))]
pub struct Gpu(std::convert::Infallible);

#[cfg(not(feature = "cuda"))]
impl Gpu {
    fn open() -> Result<Self> {
        bail!(
            "--device cuda: expected a program that was built with the feature cuda, found one without"
        )
    }

    /// Nobody asks.
    pub fn executor(&self, _: &Net<f32>, _: Loss) -> switchnet::Result<Box<dyn Executor<f32>>> {
        match self.0 {}
    }

    fn together(
        &self,
        _: &[&Net<f32>],
        _: Loss,
        _: &dyn Batches<f32>,
    ) -> switchnet::Result<Box<dyn Together<f32>>> {
        match self.0 {}
    }

    fn takes_together(&self, _: &Net<f32>, _: Loss) -> bool {
        match self.0 {}
    }
}

/// A GPU for the trainings of an experiment with this loss.
pub struct OfExperiment<'a> {
    pub gpu: &'a Gpu,
    pub loss: Loss,
}

impl Executors for OfExperiment<'_> {
    fn alone(&self, net: &Net<f32>) -> switchnet::Result<Box<dyn Executor<f32>>> {
        self.gpu.executor(net, self.loss)
    }

    fn together(
        &self,
        nets: &[&Net<f32>],
        data: &dyn Batches<f32>,
    ) -> switchnet::Result<Box<dyn Together<f32>>> {
        self.gpu.together(nets, self.loss, data)
    }

    fn takes_together(&self, net: &Net<f32>) -> bool {
        self.gpu.takes_together(net, self.loss)
    }
}

impl Gpu {
    /// The metrics of a net on rows.
    pub fn score(
        &self,
        net: &Net<f32>,
        loss: Loss,
        rows: &dyn Batches<f32>,
    ) -> switchnet::Result<Metrics> {
        evaluate_on(&mut *self.executor(net, loss)?, net, loss, rows)
    }
}
