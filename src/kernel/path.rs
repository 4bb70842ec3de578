//! Which instruction set the loops run on: chosen once, and it can be forced.

use super::vector::{Registers, Vector};
use crate::error::{Error, Result};
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use std::marker::PhantomData;
use std::sync::OnceLock;

/// An instruction set that the loops are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// What every processor of the target has.
    Portable,
    /// AVX2 and fused multiply-add.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX-512 F, VL, DQ and BW.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// NEON.
    #[cfg(target_arch = "aarch64")]
    Neon,
}

impl Path {
    /// Every path that this processor can take, slowest first.
    pub fn all() -> Vec<Self> {
        let mut all = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            all.push(Self::Avx2);
            let wide = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl");
            if wide && is_x86_feature_detected!("avx512dq") && is_x86_feature_detected!("avx512bw")
            {
                all.push(Self::Avx512);
            }
        }
        #[cfg(target_arch = "aarch64")]
        if std::arch::is_aarch64_feature_detected!("neon") {
            all.push(Self::Neon);
        }
        all
    }

    /// The name in the environment variable and in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => "avx512",
            #[cfg(target_arch = "aarch64")]
            Self::Neon => "neon",
        }
    }

    /// The path that all work takes: the fastest, or the one that `SWITCHNET_KERNEL` names. Looked up
    /// once, when it is first needed.
    ///
    /// # Panics
    /// As [`choose`](Self::choose) fails.
    pub fn chosen() -> Self {
        static CHOSEN: OnceLock<Path> = OnceLock::new();
        *CHOSEN.get_or_init(|| Self::choose().unwrap_or_else(|error| panic!("{error}")))
    }

    /// The same, looked up now.
    ///
    /// # Errors
    /// If the variable names a path that this processor does not have.
    pub fn choose() -> Result<Self> {
        let all = Self::all();
        let Some(name) = std::env::var_os("SWITCHNET_KERNEL") else {
            return Ok(all[all.len() - 1]);
        };
        all.iter().find(|path| name == path.name()).copied().ok_or_else(|| {
            let names: Vec<_> = all.iter().map(|path| path.name()).collect();
            let expected = format!("{} on this processor", names.join(" or "));
            Error::new("SWITCHNET_KERNEL", expected, name.display())
        })
    }
}

/// A loop over numbers that the compiler can vectorise. [`run`] compiles it once for each path.
///
/// `run` must be `#[inline(always)]`, and so must be whatever it calls, or it is compiled for the
/// portable path only.
pub(crate) trait Loop {
    /// What the loop gives.
    type Output;

    /// The loop.
    fn run(self) -> Self::Output;
}

/// Runs a loop on the chosen path.
///
/// Plain Rust arithmetic gives the same bits on each path: the compiler neither reorders sums nor
/// fuses a multiplication with an addition.
pub(crate) fn run<L: Loop>(body: L) -> L::Output {
    run_on(Path::chosen(), body)
}

/// Runs a loop on `path`.
pub(super) fn run_on<L: Loop>(path: Path, body: L) -> L::Output {
    match path {
        Path::Portable => body.run(),
        // SAFETY: `Path::all` found these features, and a path comes from nowhere else.
        #[cfg(target_arch = "x86_64")]
        Path::Avx2 => unsafe { avx2(body) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Path::Avx512 => unsafe { avx512(body) },
        // SAFETY: as above.
        #[cfg(target_arch = "aarch64")]
        Path::Neon => unsafe { neon(body) },
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2<L: Loop>(body: L) -> L::Output {
    body.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
fn avx512<L: Loop>(body: L) -> L::Output {
    body.run()
}

#[cfg(target_arch = "aarch64")]
#[target_feature(enable = "neon")]
fn neon<L: Loop>(body: L) -> L::Output {
    body.run()
}

/// A loop written with registers.
///
/// As for [`Loop`], everything must be `#[inline(always)]`, and there must be no closures but those
/// that are.
pub(super) trait Kernel<T> {
    /// The loop, with registers `V`.
    fn run<V: Vector<Number = T>>(self);
}

/// Runs a kernel on `path`, with the registers it has.
#[inline] // a caller that knows the path needs no other
pub(super) fn run_registers<T: Registers, K: Kernel<T>>(path: Path, kernel: K) {
    match path {
        Path::Portable => kernel.run::<T::Portable>(),
        // SAFETY: as for `run_on`.
        #[cfg(target_arch = "x86_64")]
        Path::Avx2 => unsafe { avx2(With::<_, T::Avx2>(kernel, PhantomData)) },
        // SAFETY: as for `run_on`.
        #[cfg(target_arch = "x86_64")]
        Path::Avx512 => unsafe { avx512(With::<_, T::Avx512>(kernel, PhantomData)) },
        // SAFETY: as for `run_on`.
        #[cfg(target_arch = "aarch64")]
        Path::Neon => unsafe { neon(With::<_, T::Neon>(kernel, PhantomData)) },
    }
}

/// The same for a kernel that the portable path never runs: it is not compiled for it.
pub(super) fn run_wide<T: Registers, K: Kernel<T>>(path: Path, kernel: K) {
    assert!(path != Path::Portable, "a kernel for wide registers");
    run_registers(path, kernel);
}

/// A kernel with the registers it runs with.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
struct With<K, V>(K, PhantomData<V>);

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
impl<V: Vector, K: Kernel<V::Number>> Loop for With<K, V> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.0.run::<V>();
    }
}
