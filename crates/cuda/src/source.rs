//! The text of a net's kernels.

use crate::device::{Number, nvrtc};
use crate::layout::WIDTH;
use crate::program::Program;
use cudarc::nvrtc::{CompileError, CompileOptions, Ptx, compile_ptx_with_opts};
use switchnet::train::Loss;
use switchnet::{Error, Result};

/// The kernels that hold a whole net, for what is defined before them.
const FUSED: &str = include_str!("kernels/fused.cu");

/// The kernels that do a step each, for the type that is defined before them.
const STEPS: &str = include_str!("kernels/steps.cu");

/// Warps of a block, those of the forward kernel, and rows that each of these has at once.
pub(crate) const WARPS: usize = 16;
pub(crate) const FORWARD_WARPS: usize = 16;
pub(crate) const FORWARD_ROWS: usize = 2;

/// Bytes that a warp exchanges numbers through.
const BUFFER: usize = 4 * 32 * 36;

/// The most outputs: each has a lane.
const MOST_OUTPUTS: usize = 32;

/// The most shared memory of a block that any GPU has; what one has is asked when nets are put on it.
const SHARED: usize = 227 << 10;

/// How the reshaping of a program is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moves {
    Pad,
    Tile,
    Table,
}

impl Moves {
    pub(crate) fn of(program: &Program) -> Self {
        let n = program.inputs;
        let all = |from: fn(usize, usize) -> Option<usize>| {
            program.from.iter().enumerate().all(|(e, &place)| place == from(e, n))
        };
        if all(|e, n| (e < n).then_some(e)) {
            Self::Pad
        } else if all(|e, n| Some(e % n)) {
            Self::Tile
        } else {
            Self::Table
        }
    }
}

/// Refuses what does not fit.
pub(crate) fn fits(what: &str, expected: &str, fits: bool, found: usize) -> Result<()> {
    match fits {
        true => Ok(()),
        false => Err(Error::new(format_args!("{what} of a net on a GPU"), expected, found)),
    }
}

/// CUDA C++ of the kernels for `program`, which is trained with `loss`.
///
/// # Errors
/// If a whole net of this kind does not fit into one kernel: rows of 1,024 and transforms as long, at most 32 outputs, and
/// as many parameters as shared memory holds; or if the loss is another than cross-entropy and the squared error.
///
/// ```
/// # use switchnet::{net::Spec, train::Loss};
/// use switchnet_cuda::{Program, compiled, source};
///
/// # let text = r#"
/// #     input = [784]
/// #     seed = 1
/// #     layers = [{ kind = "pad", width = 1024 }, { kind = "mix", transform = "hadamard" },
/// #         { kind = "relu" }, { kind = "dense", outputs = 10 }]
/// # "#;
/// # let net = toml::from_str::<Spec>(text).unwrap().build()?;
/// let text = source(&Program::new(&net)?, Loss::CrossEntropy)?;
/// assert!(text.starts_with("#define L 1\n#define K 10\n"));
/// match compiled(&text, (9, 0)) {
///     Ok(ptx) => println!("{}", ptx.to_src()),
///     Err(error) => println!("{error}"), // Where there is no NVRTC
/// }
/// # Ok::<(), switchnet::Error>(())
/// ```
pub fn source(program: &Program, loss: Loss) -> Result<String> {
    fits("width", "1024", program.width() == WIDTH, program.width())?;
    fits("transforms", "at least 1", !program.sweeps.is_empty(), 0)?;
    for sweep in &program.sweeps {
        fits("block of a transform", "1024", sweep.block == WIDTH, sweep.block)?;
    }
    let outputs = program.readout.outputs;
    fits("outputs", "at most 32", outputs <= MOST_OUTPUTS, outputs)?;
    let bytes = shared_bytes(program);
    fits("shared memory", &format!("at most {SHARED} bytes"), bytes <= SHARED, bytes)?;
    let loss = match loss {
        Loss::CrossEntropy => 1,
        Loss::SquaredError => 0,
        other => {
            return Err(Error::new(
                "loss on a GPU",
                "cross-entropy or squared error",
                format_args!("{other:?}"),
            ));
        }
    };
    let moves = match Moves::of(program) {
        Moves::Pad => 0,
        Moves::Tile => 1,
        Moves::Table => 2,
    };
    let defined = [
        ("L", program.sweeps.len()),
        ("K", outputs),
        ("INPUTS", program.inputs),
        ("SCALE", vectors(program) - 3),
        ("AFTER", program.sweeps.iter().any(|sweep| sweep.signs.contains(&true)).into()),
        ("MAP", moves),
        ("SIGNED", program.signs.contains(&true).into()),
        ("CROSS_ENTROPY", loss),
        ("W", WARPS),
        ("FORWARD_WARPS", FORWARD_WARPS),
        ("FORWARD_ROWS", FORWARD_ROWS),
    ];
    let lines: String =
        defined.iter().map(|(name, value)| format!("#define {name} {value}\n")).collect();
    Ok(lines + FUSED)
}

/// CUDA C++ of the kernels that do a step each, with numbers of this type.
///
/// ```
/// use switchnet_cuda::steps_source;
/// assert!(steps_source::<f64>().starts_with("#define REAL double\n"));
/// ```
pub fn steps_source<T: Number>() -> String {
    format!("#define REAL {}\n{STEPS}", T::CUDA)
}

/// Vectors of a sweep: bias, two slopes, and a scale where there is one.
fn vectors(program: &Program) -> usize {
    3 + usize::from(program.sweeps.iter().any(|sweep| sweep.scale.is_some()))
}

/// Shared memory that the largest of the kernels takes.
pub(crate) fn shared_bytes(program: &Program) -> usize {
    let (sweeps, outputs) = (program.sweeps.len(), program.readout.outputs);
    let parameters = 4 * WIDTH * (sweeps * vectors(program) + outputs);
    let errors = 4 * WARPS * outputs.next_multiple_of(4);
    let switches = 4 * WARPS * 32 * sweeps;
    parameters + WARPS * BUFFER + errors.max(switches)
}

/// `source` as the text that a driver loads, for GPUs of this compute capability.
///
/// # Errors
/// If NVRTC cannot be loaded, or does not compile it: the error has the beginning and the end of what it says.
pub fn compiled(source: &str, capability: (i32, i32)) -> Result<Ptx> {
    nvrtc()?;
    let (major, minor) = capability;
    let options = [format!("--gpu-architecture=compute_{major}{minor}"), "--std=c++17".to_owned()];
    let options = CompileOptions { options: options.to_vec(), ..CompileOptions::default() };
    compile_ptx_with_opts(source, options).map_err(|error| {
        let found = match &error {
            CompileError::CompileError { log, .. } => log.to_string_lossy().into_owned(),
            other => other.to_string(),
        };
        Error::new("kernels", "a text that NVRTC compiles", found)
    })
}
