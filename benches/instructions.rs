//! Instructions for a few pieces of work, held against `benches/instructions.txt`.
//!
//! A count is the same on a busy machine and an idle one, so it can fail a build where a time cannot; it
//! sees lost vectorization, lost fusion and work done twice, and nothing of caches. Valgrind counts, on
//! the AVX2 path, since it knows no AVX-512. Each work is run a few times and then more often: the
//! difference is free of the start-up.
//!
//! ```sh
//! cargo bench --bench instructions             # counts, and fails if one is above its bound
//! cargo bench --bench instructions -- --renew  # counts, and writes the table
//! ```

use ndarray::{Array1, Array2};
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use switchnet::analysis::effective_map;
use switchnet::data::{Dataset, Targets};
use switchnet::layer::{Diagonal, FixedTransform, Layer, Switch};
use switchnet::net::zoo::SwitchNet;
use switchnet::net::{Graph, Net};
use switchnet::train::{Loss, gradient};
use switchnet::transform::{Hadamard, Hartley, Transform};
use switchnet::{Matrix, Scalar};

/// Rows of a transform or a layer, and their length.
const ROWS: usize = 64;
const N: usize = 1024;

/// The names of the works, as the table has them, and how often each is run beyond the first runs.
const WORKS: [(&str, u64); 6] = [
    ("hadamard-f32", 40),
    ("hadamard-f64", 40),
    ("hartley-f32", 10),
    ("layer-f32", 40),
    ("gradient-f32", 4),
    ("effective-map-f32", 4),
];

/// Runs before counting begins: the first fills the store of spent memory.
const FIRST: u64 = 2;

/// How far a count may be above the table, in percent, when a new table is written.
const TOLERANCE: f64 = 10.0;

/// Does the work `times` times.
fn work(name: &str, times: u64) {
    match name {
        "hadamard-f32" => transform::<f32>(&Hadamard::new(N).expect("a power of two"), times),
        "hadamard-f64" => transform::<f64>(&Hadamard::new(N).expect("a power of two"), times),
        "hartley-f32" => transform::<f32>(&Hartley::new(N).expect("any length"), times),
        "layer-f32" => layer(times),
        "gradient-f32" => {
            let net = net(256, &[256]);
            let targets = (0..ROWS).map(|i| i % 10).collect();
            let targets = Targets::Classes { labels: targets, classes: 10 };
            let data = Dataset::new("waves", vec![256], waves(256), targets).expect("shapes fit");
            let rows: Vec<usize> = (0..ROWS).collect();
            for _ in 0..times {
                drop(black_box(gradient(&net, Loss::CrossEntropy, black_box(&data), &rows)));
            }
        }
        "effective-map-f32" => {
            let net = net(N, &[784]);
            let x = Array1::from_shape_fn(784, |i| (i as f32).sin());
            for _ in 0..times {
                black_box(effective_map(&net, black_box(x.view())));
            }
        }
        _ => panic!("there is no work {name}"),
    }
}

fn waves<T: Scalar>(n: usize) -> Matrix<T> {
    Array2::from_shape_fn((ROWS, n), |(i, j)| T::of(((i * n + j) as f64).sin()))
}

fn transform<T: Scalar>(transform: &dyn Transform<T>, times: u64) {
    let mut x = waves::<T>(N);
    for _ in 0..times {
        transform.apply(black_box(x.as_slice_mut().expect("row-major")));
    }
}

/// Bias, two slopes and transform, in one sweep.
fn layer(times: u64) {
    let vector = |value: f32| Array1::from_elem(N, value);
    let layers: Vec<Box<dyn Layer<f32>>> = vec![
        Box::new(Diagonal::new(None, Some(vector(0.1)))),
        Box::new(Switch::two_slope(vector(1.0), vector(-1.0))),
        Box::new(FixedTransform::new(Hadamard::new(N).expect("a power of two"))),
    ];
    let chain = Graph::chain(layers).expect("one width");
    let mut x = waves(N);
    for _ in 0..times {
        x = chain.forward(black_box(x));
    }
    black_box(x);
}

fn net(width: usize, inputs: &[usize]) -> Net<f32> {
    let net = SwitchNet { width: Some(width), depth: 5, ..SwitchNet::default() };
    net.spec(inputs, 10, 1).build().expect("it fits")
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    if let [first, name, times] = arguments.as_slice()
        && first == "--work"
    {
        // On this thread alone: threads that wait for work would be counted.
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread();
        pool.build_global().expect("the first pool");
        work(name, times.parse().expect("a number"));
        return ExitCode::SUCCESS;
    }
    if has("--test") || !(has("--bench") || has("--renew")) {
        for (name, _) in WORKS {
            work(name, 1);
            println!("{name}: runs");
        }
        return ExitCode::SUCCESS;
    }
    if let Some(reason) = left_out() {
        println!("instructions: left out, as {reason}");
        return ExitCode::SUCCESS;
    }
    let counts = WORKS.map(|(name, times)| {
        (name, (instructions(name, FIRST + times) - instructions(name, FIRST)) / times)
    });
    if has("--renew") { renew(&counts) } else { compare(&counts) }
}

/// Why nothing can be counted here, if so.
fn left_out() -> Option<&'static str> {
    #[cfg(target_arch = "x86_64")]
    let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    #[cfg(not(target_arch = "x86_64"))]
    let avx2 = false;
    if !avx2 {
        Some("the counts are those of AVX2, which this processor does not have")
    } else if !valgrind().arg("true").output().is_ok_and(|output| output.status.success()) {
        Some("valgrind is not installed, or does not run here")
    } else {
        None
    }
}

fn valgrind() -> Command {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    command
}

/// The instructions of a process that does the work `times` times.
fn instructions(name: &str, times: u64) -> u64 {
    let own = std::env::current_exe().expect("a program has a path");
    let output = valgrind()
        .arg(own)
        .args(["--work", name, &times.to_string()])
        .env("SWITCHNET_KERNEL", "avx2")
        .output()
        .expect("valgrind ran before");
    let text = String::from_utf8_lossy(&output.stderr);
    let count = text.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    match count {
        Some(count) if output.status.success() => count,
        _ => panic!("valgrind, {name}: {}\n{text}", output.status),
    }
}

fn table() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("instructions.txt")
}

/// The compiler, as the counts are its own: `1.95.0`.
fn compiler() -> String {
    let output = Command::new("rustc").arg("--version").output().expect("cargo has a rustc");
    let text = String::from_utf8_lossy(&output.stdout);
    text.split(' ').nth(1).expect("rustc, a version, a date").to_owned()
}

fn renew(counts: &[(&str, u64)]) -> ExitCode {
    let mut text = format!(
        "# Instructions for each work of benches/instructions.rs, on the AVX2 path. Written by\n\
         # cargo bench --bench instructions -- --renew\n\
         rustc {}\ntolerance {TOLERANCE}\n",
        compiler()
    );
    for (name, count) in counts {
        text += &format!("{name} {count}\n");
    }
    print!("{text}");
    std::fs::write(table(), text).expect("the table can be written");
    ExitCode::SUCCESS
}

fn compare(counts: &[(&str, u64)]) -> ExitCode {
    let text = std::fs::read_to_string(table()).expect("the table stands beside this file");
    let entry = |name: &str| {
        let found = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        found.unwrap_or_else(|| panic!("the table has no {name}: renew it"))
    };
    let number = |name: &str| entry(name).parse::<f64>().expect("a number in the table");
    let tolerance = number("tolerance");
    let (mut above, mut below) = (false, false);
    for &(name, count) in counts {
        let more = 100.0 * (count as f64 / number(name) - 1.0);
        (above, below) = (above || more > tolerance, below || more < -tolerance);
        let verdict = if more > tolerance { ": too many" } else { "" };
        println!("{name:18} {count:>10} instructions, {more:+.1} % of the table{verdict}");
    }
    if above || below {
        println!("If that is meant: cargo bench --bench instructions -- --renew");
    }
    let (ours, theirs) = (compiler(), entry("rustc"));
    if ours != theirs {
        println!("The table is of rustc {theirs} and this is {ours}: more is no failure here.");
    }
    if above && ours == theirs { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
