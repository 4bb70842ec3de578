//! Nets of [`switchnet`] on a GPU of NVIDIA: inference, gradients, training and effective maps.
//!
//! Nothing of CUDA is needed to build this crate. When a [`Device`] is opened, the driver is loaded, and NVRTC, the
//! compiler of kernels, which `pip install nvidia-cuda-nvrtc` brings along (its folder belongs into
//! `LD_LIBRARY_PATH`). Kernels are written for each net and compiled when it is put on the device.
//!
//! A net is one kernel forward, and one forward and backward, if it is what [`Program`] says: a reshaping, sweeps of a
//! Walsh–Hadamard transform with scales, biases and switches, and a dense readout. Other nets go step by step, as [`Steps`]
//! says; what has no step is refused by one line that names the layer.
//!
//! Sums over rows are formed in an order that depends on the number of rows, of nets at once and of multiprocessors
//! ([`Nets::set_blocks`] takes the place of the last two) and on nothing else: two runs on one device give the same bits.

#![deny(missing_debug_implementations)]

mod device;
mod drawn;
mod executor;
mod layout;
mod nets;
mod passes;
mod program;
mod rows;
mod source;
mod steps;
mod together;
mod training;

pub use device::{Device, Gpu, Number, Timer};
pub use layout::place;
pub use nets::{Gradient, Maps, Nets, Score};
pub use passes::Passes;
pub use program::{Program, Sweep};
pub use rows::{Order, Rows};
pub use source::{compiled, source, steps_source};
pub use steps::{Readout, Step, Steps, Vector, Work};
pub use training::Recorded;
