//! The GPU: found, opened, and asked to run kernels and products. All that is `unsafe` of this crate is here.

use crate::source::compiled;
use cudarc::cublas::result::CublasError;
use cudarc::cublas::sys::cublasOperation_t;
use cudarc::cublas::{CudaBlas, result};
use cudarc::driver::sys::{
    CUdevice_attribute, CUevent_flags, CUfunction_attribute, CUgraphInstantiate_flags,
    CUstreamCaptureMode,
};
use cudarc::driver::{
    CudaContext, CudaEvent, CudaFunction, CudaGraph, CudaModule, CudaSlice, CudaStream, DevicePtr,
    DeviceRepr, DriverError, LaunchConfig, PushKernelArg, ValidAsZeroBits,
};
use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use switchnet::{Error, Result, Scalar};

/// The oldest CUDA whose drivers have all that is asked for, as the driver says it: 1000 × major + 10 × minor.
const OLDEST: i32 = 12_080;

/// The numbers of nets on a GPU: `f32` and `f64`.
pub trait Number: Scalar + DeviceRepr + ValidAsZeroBits {
    /// What CUDA calls the type.
    const CUDA: &'static str;

    /// The product of cuBLAS for the type.
    #[doc(hidden)]
    const PRODUCT: Product<Self>;
}

/// Handle, two operations, three lengths, factor, two matrices each with the distance of its columns, factor, and a third.
#[doc(hidden)]
pub type Product<T> = unsafe fn(
    cudarc::cublas::sys::cublasHandle_t,
    cublasOperation_t,
    cublasOperation_t,
    i32,
    i32,
    i32,
    *const T,
    *const T,
    i32,
    *const T,
    i32,
    *const T,
    *mut T,
    i32,
) -> std::result::Result<(), CublasError>;

impl Number for f32 {
    const CUDA: &'static str = "float";
    const PRODUCT: Product<Self> = result::sgemm;
}

impl Number for f64 {
    const CUDA: &'static str = "double";
    const PRODUCT: Product<Self> = result::dgemm;
}

/// A GPU that is open, for any number of threads: each asks it for a [`Device`] of its own.
///
/// ```no_run
/// let gpu = switchnet_cuda::Gpu::open()?;
/// println!("{}, {} multiprocessors", gpu.name(), gpu.multiprocessors());
/// let device = gpu.device()?;
/// # Ok::<(), switchnet::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Gpu {
    context: Arc<CudaContext>,
    name: String,
    capability: (i32, i32),
    multiprocessors: usize,
    shared: usize,
    /// What was compiled, by its text: nets of one architecture share it.
    modules: Arc<Mutex<HashMap<String, Arc<CudaModule>>>>,
}

/// What a thread asks a GPU for work through. Its clones are the same one.
///
/// Work is asked for in one order and done in it. That is why a device, and all that is on it, stays in the thread that
/// opened it; another thread opens its own.
///
/// ```no_run
/// let device = switchnet_cuda::Device::open()?;
/// println!("{}", device.gpu().name());
/// # Ok::<(), switchnet::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Device {
    gpu: Gpu,
    stream: Arc<CudaStream>,
    /// Products, once one is asked for.
    blas: Rc<OnceCell<CudaBlas>>,
}

/// What was made on a device of its own, no clone of which is elsewhere, so that all of it goes to another thread together.
#[derive(Debug)]
pub(crate) struct Alone<W>(W);

// SAFETY: whatever cannot be shared between threads is a device or is on one, and that is all inside.
unsafe impl<W> Send for Alone<W> {}

impl<W> Alone<W> {
    /// What `make` makes, which must not give the device away.
    pub(crate) fn on(gpu: &Gpu, make: impl FnOnce(&Device) -> Result<W>) -> Result<Self> {
        Ok(Self(make(&gpu.device()?)?))
    }

    pub(crate) fn get(&mut self) -> &mut W {
        &mut self.0
    }
}

/// What a kernel is called with.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Argument {
    Pointer(u64),
    Whole(i32),
    Long(i64),
    Real(f32),
    Double(f64),
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

impl Gpu {
    /// The first one.
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
        // SAFETY: every buffer is used on the one stream of its device (`same` tells), so nobody waits for events.
        unsafe { context.disable_event_tracking() };
        let whole = |attribute| Ok(context.attribute(attribute).map_err(&at)? as usize);
        Ok(Self {
            name: context.name().map_err(&at)?,
            capability: context.compute_capability().map_err(&at)?,
            multiprocessors: whole(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT)?,
            shared: whole(
                CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN,
            )?,
            context,
            modules: Arc::default(),
        })
    }

    /// A device of its own for a thread, whose work goes on beside that of others.
    ///
    /// # Errors
    /// If the driver has no room for it.
    pub fn device(&self) -> Result<Device> {
        let stream = self.context.new_stream().map_err(refused("GPU"))?;
        Ok(Device { gpu: self.clone(), stream, blas: Rc::default() })
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

    /// The kernels of this text, compiled when they are first asked for.
    fn module(&self, source: &str) -> Result<Arc<CudaModule>> {
        // Others wait for what is being compiled. Nothing in it panics halfway.
        let mut modules = self.modules.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(module) = modules.get(source) {
            return Ok(module.clone());
        }
        let text = compiled(source, self.capability)?;
        let module = self.context.load_module(text).map_err(refused("kernels"))?;
        modules.insert(source.to_owned(), module.clone());
        Ok(module)
    }
}

impl Device {
    /// One on the first GPU.
    ///
    /// # Errors
    /// As [`Gpu::open`].
    pub fn open() -> Result<Self> {
        Gpu::open()?.device()
    }

    /// The GPU that it is on.
    pub fn gpu(&self) -> &Gpu {
        &self.gpu
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
            self.gpu
                .context
                .new_event(Some(CUevent_flags::CU_EVENT_DEFAULT))
                .map_err(refused("clock of the GPU"))
        };
        Ok(Timer { start: event()?, end: event()?, stream: self.stream.clone() })
    }

    /// The kernels of this text, compiled when they are first asked for.
    pub(crate) fn module(&self, source: &str) -> Result<Arc<CudaModule>> {
        self.gpu.module(source)
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
                Argument::Long(value) => builder.arg(value),
                Argument::Real(value) => builder.arg(value),
                Argument::Double(value) => builder.arg(value),
            };
        }
        let config = LaunchConfig {
            grid_dim: (grid.blocks.0 as u32, grid.blocks.1 as u32, 1),
            block_dim: (grid.threads as u32, 1, 1),
            shared_mem_bytes: grid.shared as u32,
        };
        // SAFETY: `nets` and `passes`, the only callers, have arguments of the number, order and types that `kernels/fused.cu`
        // and `kernels/steps.cu` declare. A pointer is null where the kernel asks for that, or of a buffer that `pointer` or
        // `part` found as long as the kernel may reach; it is freed by the stream of this device (`same` tells), so behind this run.
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

    /// The same of the numbers from `first` on.
    pub(crate) fn overwrite_from<T: DeviceRepr>(
        &self,
        values: &[T],
        to: &mut CudaSlice<T>,
        first: usize,
    ) -> Result<()> {
        let mut to = to.slice_mut(first..first + values.len());
        self.stream.memcpy_htod(values, &mut to).map_err(refused("copy to the GPU"))
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

    /// The same of `len` numbers from `first` on.
    ///
    /// # Panics
    /// If they are not there.
    pub(crate) fn part<T>(&self, buffer: &CudaSlice<T>, first: usize, len: usize) -> Argument {
        let Argument::Pointer(start) = self.pointer(buffer, first + len) else { unreachable!() };
        Argument::Pointer(start + (first * size_of::<T>()) as u64)
    }

    /// Room for so many numbers; what was in it is lost if it grows.
    pub(crate) fn grow<T: DeviceRepr + ValidAsZeroBits>(
        &self,
        buffer: &mut CudaSlice<T>,
        len: usize,
    ) -> Result<()> {
        if buffer.len() < len {
            // What is there is given back first.
            *buffer = self.zeros(0)?;
            *buffer = self.zeros(len)?;
        }
        Ok(())
    }

    /// Zeros in the place of all numbers.
    pub(crate) fn clear<T: DeviceRepr + ValidAsZeroBits>(
        &self,
        buffer: &mut CudaSlice<T>,
    ) -> Result<()> {
        self.stream.memset_zeros(buffer).map_err(refused("zeros on the GPU"))
    }

    /// Products by cuBLAS.
    pub(crate) fn blas(&self) -> Result<&CudaBlas> {
        if let Some(blas) = self.blas.get() {
            return Ok(blas);
        }
        // SAFETY: as for NVRTC.
        if !unsafe { cudarc::cublas::sys::is_culib_present() } {
            let expected = "a library that the system finds (pip install nvidia-cublas, its folder in LD_LIBRARY_PATH)";
            return Err(Error::new("cuBLAS", expected, "none"));
        }
        let blas = CudaBlas::new(self.stream.clone());
        let blas = blas.map_err(|error| Error::new("cuBLAS", "success", error))?;
        Ok(self.blas.get_or_init(|| blas))
    }

    /// Asks for `c = a b`, or `c += a b` if `add`, where `a` is of `m` rows and `k` columns, `b` of `k` and `n`, `c` of `m` and
    /// `n`, row by row. A matrix that says so is there as its transposed.
    ///
    /// All three are of buffers in which `pointer` or `part` found as many numbers.
    pub(crate) fn product<T: Number>(
        &self,
        (m, k, n): (usize, usize, usize),
        (a, a_turned): (Argument, bool),
        (b, b_turned): (Argument, bool),
        c: Argument,
        add: bool,
    ) -> Result<()> {
        let (Argument::Pointer(a), Argument::Pointer(b), Argument::Pointer(c)) = (a, b, c) else {
            unreachable!("matrices are pointers")
        };
        // Row by row is the transposed column by column, and the transposed of a product is that of the transposed, the other
        // way round.
        let operation = |turned| match turned {
            true => cublasOperation_t::CUBLAS_OP_T,
            false => cublasOperation_t::CUBLAS_OP_N,
        };
        let apart =
            |turned, columns: usize, rows: usize| if turned { rows } else { columns } as i32;
        let (one, zero) = (T::one(), T::zero());
        // SAFETY: the lengths are those of the three matrices, which lie in buffers of this device (see above) that are freed
        // by its stream, so behind this; the factors are read before the call returns.
        let done = unsafe {
            T::PRODUCT(
                *self.blas()?.handle(),
                operation(b_turned),
                operation(a_turned),
                n as i32,
                m as i32,
                k as i32,
                &one,
                b as *const T,
                apart(b_turned, n, k),
                a as *const T,
                apart(a_turned, k, m),
                if add { &one } else { &zero },
                c as *mut T,
                n as i32,
            )
        };
        done.map_err(|error| Error::new("product on the GPU", "success", error))
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
