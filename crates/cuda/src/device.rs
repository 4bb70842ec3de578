//! The GPU: found, opened, and asked to run kernels. All that is `unsafe` of this crate is here.

use crate::source::compiled;
use cudarc::driver::sys::{
    CUdevice_attribute, CUevent_flags, CUfunction_attribute, CUgraphInstantiate_flags,
    CUstreamCaptureMode,
};
use cudarc::driver::{
    CudaContext, CudaEvent, CudaFunction, CudaGraph, CudaModule, CudaSlice, CudaStream, DevicePtr,
    DeviceRepr, DriverError, LaunchConfig, PushKernelArg, ValidAsZeroBits,
};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use switchnet::{Error, Result};

/// A GPU that is open.
#[derive(Clone, Debug)]
pub struct Device {
    context: Arc<CudaContext>,
    stream: Arc<CudaStream>,
    name: String,
    capability: (i32, i32),
    multiprocessors: usize,
    /// What was compiled, by its text: nets of one architecture share it.
    modules: Arc<Mutex<HashMap<String, Arc<CudaModule>>>>,
}

/// What a kernel is called with.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Argument {
    Pointer(u64),
    Whole(i32),
    Real(f32),
}

/// How many blocks of how many threads with how much shared memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grid {
    pub blocks: (usize, usize),
    pub threads: usize,
    pub shared: usize,
}

/// The compiler of kernels, if it can be loaded.
pub(crate) fn nvrtc() -> Result<()> {
    // SAFETY: loading a library runs its initializers; those of NVRTC, which is meant to be loaded so, do nothing but
    // set it up.
    if unsafe { cudarc::nvrtc::sys::is_culib_present() } {
        return Ok(());
    }
    let expected = "a library that the system finds (pip install nvidia-cuda-nvrtc, its folder in LD_LIBRARY_PATH)";
    Err(Error::new("NVRTC", expected, "none"))
}

/// What the driver refused.
pub(crate) fn refused(what: &str) -> impl Fn(DriverError) -> Error + '_ {
    move |error| Error::new(what, "success", error)
}

impl Device {
    /// The first GPU.
    ///
    /// # Errors
    /// If there is no driver, no NVRTC or no GPU.
    pub fn open() -> Result<Self> {
        // SAFETY: as for NVRTC.
        if !unsafe { cudarc::driver::sys::is_culib_present() } {
            return Err(Error::new(
                "CUDA driver",
                "a library that the system finds (libcuda.so)",
                "none",
            ));
        }
        nvrtc()?;
        let at = refused("GPU");
        let context = CudaContext::new(0).map_err(&at)?;
        // SAFETY: every buffer is used on the one stream of this device, so nobody needs to wait for events.
        unsafe { context.disable_event_tracking() };
        let stream = context.new_stream().map_err(&at)?;
        let count = CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT;
        Ok(Self {
            name: context.name().map_err(&at)?,
            capability: context.compute_capability().map_err(&at)?,
            multiprocessors: context.attribute(count).map_err(&at)? as usize,
            context,
            stream,
            modules: Arc::default(),
        })
    }

    /// What the GPU is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number of its multiprocessors.
    pub fn multiprocessors(&self) -> usize {
        self.multiprocessors
    }

    /// Waits until all that was asked for is done.
    ///
    /// # Errors
    /// If a kernel failed.
    pub fn wait(&self) -> Result<()> {
        self.stream.synchronize().map_err(refused("work on the GPU"))
    }

    /// A clock that is started and stopped by the GPU itself.
    ///
    /// # Errors
    /// If the driver has no room for it.
    pub fn timer(&self) -> Result<Timer> {
        let event = || {
            self.context
                .new_event(Some(CUevent_flags::CU_EVENT_DEFAULT))
                .map_err(refused("clock of the GPU"))
        };
        Ok(Timer { start: event()?, end: event()?, stream: self.stream.clone() })
    }

    /// The kernels of this text, compiled when they are first asked for.
    pub(crate) fn module(&self, source: &str) -> Result<Arc<CudaModule>> {
        let mut modules = self.modules.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(module) = modules.get(source) {
            return Ok(module.clone());
        }
        let text = compiled(source, self.capability)?;
        let module = self.context.load_module(text).map_err(refused("kernels"))?;
        modules.insert(source.to_owned(), module.clone());
        Ok(module)
    }

    /// A kernel that may take so much shared memory.
    pub(crate) fn kernel(
        &self,
        module: &Arc<CudaModule>,
        name: &str,
        shared: usize,
    ) -> Result<CudaFunction> {
        let kernel = module.load_function(name).map_err(refused(name))?;
        let attribute = CUfunction_attribute::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
        kernel.set_attribute(attribute, shared as i32).map_err(refused(name))?;
        Ok(kernel)
    }

    /// Asks for a run of `kernel`.
    ///
    /// The pointers must be of buffers that live until the run is over and are as long as the kernel expects: callers
    /// own their buffers, and free them on the same stream.
    pub(crate) fn launch(
        &self,
        kernel: &CudaFunction,
        grid: Grid,
        arguments: &[Argument],
    ) -> Result<()> {
        let mut builder = self.stream.launch_builder(kernel);
        for argument in arguments {
            match argument {
                Argument::Pointer(value) => builder.arg(value),
                Argument::Whole(value) => builder.arg(value),
                Argument::Real(value) => builder.arg(value),
            };
        }
        let config = LaunchConfig {
            grid_dim: (grid.blocks.0 as u32, grid.blocks.1 as u32, 1),
            block_dim: (grid.threads as u32, 1, 1),
            shared_mem_bytes: grid.shared as u32,
        };
        // SAFETY: `nets`, the only caller, passes what each kernel declares, in its order, with buffers of the sizes that
        // the kernel reads and writes.
        unsafe { builder.launch(config) }.map_err(refused("start of a kernel"))?;
        Ok(())
    }

    pub(crate) fn upload<T: DeviceRepr>(&self, values: &[T]) -> Result<CudaSlice<T>> {
        self.stream.clone_htod(values).map_err(refused("memory of the GPU"))
    }

    pub(crate) fn zeros<T: DeviceRepr + ValidAsZeroBits>(
        &self,
        len: usize,
    ) -> Result<CudaSlice<T>> {
        self.stream.alloc_zeros(len.max(1)).map_err(refused("memory of the GPU"))
    }

    pub(crate) fn overwrite<T: DeviceRepr>(
        &self,
        values: &[T],
        to: &mut CudaSlice<T>,
    ) -> Result<()> {
        self.stream.memcpy_htod(values, to).map_err(refused("memory of the GPU"))
    }

    pub(crate) fn download<T: DeviceRepr>(&self, from: &CudaSlice<T>) -> Result<Vec<T>> {
        let values = self.stream.clone_dtoh(from).map_err(refused("memory of the GPU"))?;
        self.wait()?;
        Ok(values)
    }

    pub(crate) fn pointer<T>(&self, buffer: &CudaSlice<T>) -> Argument {
        Argument::Pointer(buffer.device_ptr(&self.stream).0)
    }

    /// What `work` asks for, to be asked for again with one call.
    pub(crate) fn record(&self, work: impl FnOnce() -> Result<()>) -> Result<CudaGraph> {
        let at = refused("recording of kernels");
        self.stream
            .begin_capture(CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL)
            .map_err(&at)?;
        let done = work();
        let graph = self.stream.end_capture(CUgraphInstantiate_flags(0)).map_err(&at)?;
        done?;
        graph.ok_or_else(|| Error::new("recording of kernels", "at least one", "none"))
    }
}

/// Measures how long the GPU works on what is asked for between start and stop.
#[derive(Debug)]
pub struct Timer {
    start: CudaEvent,
    end: CudaEvent,
    stream: Arc<CudaStream>,
}

impl Timer {
    /// From here on.
    ///
    /// # Errors
    /// If the GPU has failed.
    pub fn start(&self) -> Result<()> {
        self.start.record(&self.stream).map_err(refused("clock of the GPU"))
    }

    /// Up to here: how many microseconds it took, once it is done.
    ///
    /// # Errors
    /// If the GPU has failed.
    pub fn stop(&self) -> Result<f64> {
        let at = refused("work on the GPU");
        self.end.record(&self.stream).map_err(&at)?;
        self.end.synchronize().map_err(&at)?;
        Ok(f64::from(self.start.elapsed_ms(&self.end).map_err(&at)?) * 1000.0)
    }
}
