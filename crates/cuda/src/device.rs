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
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use switchnet::{Error, Result};

/// The oldest CUDA whose drivers have all that is asked for, as the driver says it: 1000 × major + 10 × minor.
const OLDEST: i32 = 12_080;

/// A GPU that is open. Its clones are the same one.
///
/// Work is asked for in one order and done in it. That is why a device, and all that is on it, stays in the thread that
/// opened it; another thread opens its own.
///
/// ```no_run
/// let device = switchnet_cuda::Device::open()?;
/// println!("{}, {} multiprocessors", device.name(), device.multiprocessors());
/// # Ok::<(), switchnet::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Device {
    context: Arc<CudaContext>,
    stream: Arc<CudaStream>,
    name: String,
    capability: (i32, i32),
    multiprocessors: usize,
    shared: usize,
    /// What was compiled, by its text: nets of one architecture share it.
    modules: Rc<RefCell<HashMap<String, Arc<CudaModule>>>>,
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

/// What the driver refused, in its words.
pub(crate) fn refused(what: &str) -> impl Fn(DriverError) -> Error + '_ {
    move |error| match error.error_string() {
        Ok(words) => Error::new(what, "success", words.to_string_lossy()),
        Err(_) => Error::new(what, "success", error),
    }
}

/// Memory that the driver refused.
fn no_room<T>(len: usize) -> impl Fn(DriverError) -> Error {
    move |error| refused(&format!("{} bytes of memory of the GPU", len * size_of::<T>()))(error)
}

impl Device {
    /// The first GPU.
    ///
    /// # Errors
    /// If there is no driver, an old one, no NVRTC or no GPU.
    pub fn open() -> Result<Self> {
        // SAFETY: as for NVRTC.
        if !unsafe { cudarc::driver::sys::is_culib_present() } {
            return Err(Error::new(
                "CUDA driver",
                "a library that the system finds (libcuda.so)",
                "none",
            ));
        }
        let mut version = 0;
        // SAFETY: every driver has this function, which writes the one number.
        let answer = unsafe { cudarc::driver::sys::cuDriverGetVersion(&mut version) };
        answer.result().map_err(refused("version of the CUDA driver"))?;
        let text = |version: i32| format!("{}.{}", version / 1000, version % 1000 / 10);
        if version < OLDEST {
            let expected = format!("one for CUDA {} or newer", text(OLDEST));
            return Err(Error::new("CUDA driver", expected, text(version)));
        }
        nvrtc()?;
        let at = refused("GPU");
        let context = CudaContext::new(0).map_err(&at)?;
        // SAFETY: every buffer is used on the one stream of this device (`same` tells), so nobody waits for events.
        unsafe { context.disable_event_tracking() };
        let stream = context.new_stream().map_err(&at)?;
        let whole = |attribute| Ok(context.attribute(attribute).map_err(&at)? as usize);
        Ok(Self {
            name: context.name().map_err(&at)?,
            capability: context.compute_capability().map_err(&at)?,
            multiprocessors: whole(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT)?,
            shared: whole(
                CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN,
            )?,
            context,
            stream,
            modules: Rc::default(),
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

    /// The bytes of shared memory that a block may have.
    pub(crate) fn shared(&self) -> usize {
        self.shared
    }

    /// Whether the other is a clone of this: what is asked of both is done in one order.
    pub(crate) fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.stream, &other.stream)
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
        if let Some(module) = self.modules.borrow().get(source) {
            return Ok(module.clone());
        }
        let text = compiled(source, self.capability)?;
        let module = self.context.load_module(text).map_err(refused("kernels"))?;
        self.modules.borrow_mut().insert(source.to_owned(), module.clone());
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

    /// Asks for a run of `kernel`. `arguments` are what its text declares, in that order.
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
        // SAFETY: `nets`, the only caller, has arguments of the number, order and types that `kernels/fused.cu` declares. A
        // pointer is null where the kernel asks for that, or of a buffer that `pointer` found as long as the kernel may
        // reach; it is freed by the stream of this device (`same` tells), so behind this run.
        unsafe { builder.launch(config) }.map_err(refused("start of a kernel"))?;
        Ok(())
    }

    /// A copy of `values`, which are at least one.
    pub(crate) fn upload<T: DeviceRepr>(&self, values: &[T]) -> Result<CudaSlice<T>> {
        self.stream.clone_htod(values).map_err(no_room::<T>(values.len()))
    }

    pub(crate) fn zeros<T: DeviceRepr + ValidAsZeroBits>(
        &self,
        len: usize,
    ) -> Result<CudaSlice<T>> {
        self.stream.alloc_zeros(len.max(1)).map_err(no_room::<T>(len))
    }

    pub(crate) fn overwrite<T: DeviceRepr>(
        &self,
        values: &[T],
        to: &mut CudaSlice<T>,
    ) -> Result<()> {
        self.stream.memcpy_htod(values, to).map_err(refused("copy to the GPU"))
    }

    /// The first `len` numbers of `from`, when all that was asked for before is done.
    pub(crate) fn download<T: DeviceRepr>(
        &self,
        from: &CudaSlice<T>,
        len: usize,
    ) -> Result<Vec<T>> {
        let values = self.stream.clone_dtoh(&from.slice(..len));
        self.wait()?;
        values.map_err(refused("copy from the GPU"))
    }

    /// A buffer for a kernel that reaches the first `reached` numbers of it.
    ///
    /// # Panics
    /// If it is shorter.
    pub(crate) fn pointer<T>(&self, buffer: &CudaSlice<T>, reached: usize) -> Argument {
        assert!(reached <= buffer.len(), "a kernel reaches {reached} numbers of {}", buffer.len());
        Argument::Pointer(buffer.device_ptr(&self.stream).0)
    }

    /// What `work` asks for, to be asked for again with one call.
    pub(crate) fn record(&self, work: impl FnOnce() -> Result<()>) -> Result<CudaGraph> {
        let at = refused("recording of kernels");
        self.stream
            .begin_capture(CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL)
            .map_err(&at)?;
        let done = work();
        let graph = self.stream.end_capture(CUgraphInstantiate_flags(0));
        done?;
        graph
            .map_err(&at)?
            .ok_or_else(|| Error::new("recording of kernels", "at least one", "none"))
    }
}

/// Measures how long the GPU works on what is asked for between start and stop.
///
/// ```no_run
/// # let device = switchnet_cuda::Device::open()?;
/// let timer = device.timer()?;
/// timer.start()?;
/// println!("{} µs", timer.stop()?);
/// # Ok::<(), switchnet::Error>(())
/// ```
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
    /// If the GPU has failed, or the clock was not started.
    pub fn stop(&self) -> Result<f64> {
        let at = refused("work on the GPU");
        self.end.record(&self.stream).map_err(&at)?;
        self.end.synchronize().map_err(&at)?;
        Ok(f64::from(self.start.elapsed_ms(&self.end).map_err(&at)?) * 1000.0)
    }
}
