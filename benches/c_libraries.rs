//! Transforms of the C libraries FFHT and FFTW beside ours, turn by turn, the best of many, one thread.
//!
//! ```sh
//! gcc -O3 -march=native -shared -fPIC fht.c fast_copy.c -o libfht.so      # of FALCONN's FFHT
//! FFHT=$PWD/libfht.so FFTW=libfftw3.so.3 FFTWF=libfftw3f.so.3 cargo bench --bench c_libraries
//! ```
//!
//! Those that are not named are left out, and without one nothing is measured.

use libloading::Library;
use std::ffi::{c_int, c_uint, c_void};
use std::hint::black_box;
use std::time::Instant;
use switchnet::Scalar;
use switchnet::transform::{Dct, Hadamard, Hartley, Transform};

type Fht<T> = unsafe extern "C" fn(*mut T, c_int) -> c_int;
type Plan<T> = unsafe extern "C" fn(c_int, *mut T, *mut T, c_int, c_uint) -> *mut c_void;
type Execute<T> = unsafe extern "C" fn(*mut c_void, *mut T, *mut T);

const PATIENT: c_uint = 1 << 5;
/// FFTW's numbers of the two transforms.
const HARTLEY: c_int = 2;
const DCT_II: c_int = 5;

/// The seconds of a call of ours and of theirs, each the best of `rounds` of `calls`.
fn turns(
    calls: usize,
    rounds: usize,
    mut ours: impl FnMut(),
    mut theirs: impl FnMut(),
) -> [f64; 2] {
    let mut best = [f64::INFINITY; 2];
    for _ in 0..rounds {
        let works: [&mut dyn FnMut(); 2] = [&mut ours, &mut theirs];
        for (work, best) in works.into_iter().zip(&mut best) {
            let begun = Instant::now();
            (0..calls).for_each(|_| work());
            *best = best.min(begun.elapsed().as_secs_f64() / calls as f64);
        }
    }
    best
}

fn line(what: &str, n: usize, [ours, theirs]: [f64; 2]) {
    let ratio = theirs / ours;
    println!("{what:<26} {n:>9} {:>12.1} ns {:>12.1} ns {ratio:>6.2}", ours * 1e9, theirs * 1e9);
}

/// `count` zeros from a cache line on: zeros stay zeros, however often they are transformed.
struct Numbers<T> {
    all: Vec<T>,
    from: usize,
    count: usize,
}

impl<T: Scalar> Numbers<T> {
    fn new(count: usize) -> Self {
        let all = vec![T::zero(); count + 16];
        let from = all.as_ptr().align_offset(64);
        Self { all, from, count }
    }

    fn get(&mut self) -> &mut [T] {
        black_box(&mut self.all[self.from..][..self.count])
    }
}

fn ffht<T: Scalar>(library: &Library, name: &str) {
    // SAFETY: this is how `fht.h` declares it.
    let fht: Fht<T> = unsafe { *library.get(name).expect("a function of FFHT") };
    for log in 1..=24 {
        let n = 1 << log;
        let hadamard = Hadamard::new(n).expect("a power of two");
        let calls = ((1 << 18) / (n * log as usize)).max(1);
        let (mut ours, mut theirs) = (Numbers::<T>::new(n), Numbers::<T>::new(n));
        let ours = || hadamard.apply(ours.get());
        let theirs = || {
            // SAFETY: there are 2^log numbers.
            unsafe { fht(theirs.get().as_mut_ptr(), log) };
        };
        let rounds = if log > 20 { 12 } else { 60 };
        line(&format!("{}, one vector", T::NAME), n, turns(calls, rounds, ours, theirs));
    }
    for log in [4, 6, 8, 10, 12, 14] {
        let n = 1 << log;
        let hadamard = Hadamard::new(n).expect("a power of two");
        let count = (128 << 10) / size_of::<T>();
        let (mut ours, mut theirs) = (Numbers::<T>::new(count), Numbers::<T>::new(count));
        let ours = || hadamard.apply(ours.get());
        let theirs = || {
            for row in theirs.get().chunks_exact_mut(n) {
                // SAFETY: there are 2^log numbers.
                unsafe { fht(row.as_mut_ptr(), log) };
            }
        };
        let share = n as f64 / count as f64;
        let seconds = turns(4, 100, ours, theirs).map(|all| all * share);
        line(&format!("{}, a row of 128 KiB", T::NAME), n, seconds);
    }
}

fn fftw<T: Scalar>(library: &Library, prefix: &str) {
    let name = |function: &str| format!("{prefix}_{function}");
    // SAFETY: this is how `fftw3.h` declares them.
    let (plan, execute): (Plan<T>, Execute<T>) = unsafe {
        let of = "a function of FFTW";
        (*library.get(name("plan_r2r_1d")).expect(of), *library.get(name("execute_r2r")).expect(of))
    };
    for n in [64, 256, 1024, 4096, 16384] {
        let hartley: Box<dyn Transform<T>> = Box::new(Hartley::new(n).expect("a length"));
        let dct: Box<dyn Transform<T>> = Box::new(Dct::second(n).expect("a length"));
        for (what, kind, transform) in [("Hartley", HARTLEY, hartley), ("DCT-II", DCT_II, dct)] {
            let (mut ours, mut theirs) = (Numbers::<T>::new(n), Numbers::<T>::new(n));
            let at = theirs.get().as_mut_ptr();
            // SAFETY: there are n numbers, the plan is of them in place, and is used on no others.
            let plan = unsafe { plan(n as c_int, at, at, kind, PATIENT) };
            theirs.get().fill(T::zero()); // making the plan has written into them
            let ours = || transform.apply(ours.get());
            let theirs = || {
                let at = theirs.get().as_mut_ptr();
                // SAFETY: as above.
                unsafe { execute(plan, at, at) };
            };
            let seconds = turns((1 << 16) / n + 1, 60, ours, theirs);
            line(&format!("{}, {what}, FFTW", T::NAME), n, seconds);
        }
    }
}

fn main() {
    let library = |variable: &str| {
        let path = std::env::var_os(variable)?;
        // SAFETY: whoever names a library runs what it does when it is loaded.
        Some(unsafe { Library::new(&path) }.unwrap_or_else(|error| panic!("{variable}: {error}")))
    };
    println!("{:<26} {:>9} {:>15} {:>15} {:>6}", "", "n", "ours", "theirs", "ratio");
    if let Some(library) = library("FFHT") {
        ffht::<f32>(&library, "fht_float");
        ffht::<f64>(&library, "fht_double");
    }
    if let Some(library) = library("FFTWF") {
        fftw::<f32>(&library, "fftwf");
    }
    if let Some(library) = library("FFTW") {
        fftw::<f64>(&library, "fftw");
    }
}
