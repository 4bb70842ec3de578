//! Which instruction set the loops run on: chosen once, and it can be forced.

use crate::vector::{Registers, Vector};
use std::fmt::{self, Display, Formatter};
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use std::marker::PhantomData;
use std::sync::OnceLock;

/// An instruction set that the loops are compiled for, and that this processor has.
///
/// ```
/// use switchnet_kernels::Path;
/// let all = Path::all();
/// assert!(all[0] == Path::PORTABLE && all.contains(&Path::chosen()));
/// println!("{}", Path::chosen().name());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Path(pub(crate) Set);

/// Private, as a path that the processor does not have must not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Set {
    /// What every processor of the target has.
    Portable,
    /// AVX2 and fused multiply-add.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX-512 F, VL, DQ and BW.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// The same with the transforms as processors of Intel want them.
    #[cfg(target_arch = "x86_64")]
    Avx512Intel,
    /// NEON.
    #[cfg(target_arch = "aarch64")]
    Neon,
}

impl Path {
    /// What every processor of the target has.
    pub const PORTABLE: Self = Self(Set::Portable);

    /// Every path that this processor can take, slowest first.
    pub fn all() -> Vec<Self> {
        #[allow(unused_mut)] // some targets have no other
        let mut all = vec![Self::PORTABLE];
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            all.push(Self(Set::Avx2));
            let wide = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl");
            if wide && is_x86_feature_detected!("avx512dq") && is_x86_feature_detected!("avx512bw")
            {
                // The one place where a vendor decides. On processors of Intel additions and shuffles of 512 bits
                // share two ports, so that one more load in the place of a shuffle is a gain, and the caches are
                // larger; elsewhere it is none. The bits are the same.
                let mut both = [Self(Set::Avx512Intel), Self(Set::Avx512)];
                if is_intel() {
                    both.reverse();
                }
                all.extend(both);
            }
        }
        #[cfg(target_arch = "aarch64")]
        if std::arch::is_aarch64_feature_detected!("neon") {
            all.push(Self(Set::Neon));
        }
        all
    }

    /// The name in the environment variable and in tables: `portable`, `avx2`, `avx512`, `avx512-intel` or `neon`.
    /// Every processor with AVX-512 has the last two of `x86_64`; which is the faster depends on who made it.
    pub fn name(self) -> &'static str {
        match self.0 {
            Set::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => "avx512",
            #[cfg(target_arch = "x86_64")]
            Set::Avx512Intel => "avx512-intel",
            #[cfg(target_arch = "aarch64")]
            Set::Neon => "neon",
        }
    }

    /// Whether one shuffle in the place of another load is too many.
    pub(crate) fn loads_halves(self) -> bool {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Set::Avx512Intel => true,
            _ => false,
        }
    }

    /// The path that all work takes: the fastest, or the one that the environment variable
    /// `SWITCHNET_KERNEL` names. Looked up once, when it is first needed.
    ///
    /// # Panics
    /// As [`instruction_set`] fails.
    #[inline]
    pub fn chosen() -> Self {
        static CHOSEN: OnceLock<Path> = OnceLock::new();
        *CHOSEN.get_or_init(|| choose().unwrap_or_else(|error| panic!("{error}")))
    }
}

/// Whether Intel made this processor.
#[cfg(target_arch = "x86_64")]
fn is_intel() -> bool {
    #[allow(unused_unsafe)] // it is safe in newer compilers
    // SAFETY: every processor of the target has the instruction.
    let vendor = unsafe { std::arch::x86_64::__cpuid(0) };
    [vendor.ebx, vendor.edx, vendor.ecx].map(u32::to_le_bytes).concat() == b"GenuineIntel"
}

/// The name of the instruction set that all work runs on, looked up now.
///
/// # Errors
/// If `SWITCHNET_KERNEL` names one that this processor does not have; without this call, the first use
/// panics.
pub fn instruction_set() -> Result<&'static str, UnknownPath> {
    choose().map(Path::name)
}

fn choose() -> Result<Path, UnknownPath> {
    let all = Path::all();
    let Some(name) = std::env::var_os(VARIABLE) else {
        return Ok(all[all.len() - 1]);
    };
    all.iter().find(|path| name == path.name()).copied().ok_or_else(|| UnknownPath {
        expected: {
            let names: Vec<_> = all.iter().map(|path| path.name()).collect();
            format!("{} on this processor", names.join(" or "))
        },
        found: name.display().to_string(),
    })
}

/// The environment variable that chooses.
const VARIABLE: &str = "SWITCHNET_KERNEL";

/// `SWITCHNET_KERNEL` names an instruction set that this processor does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownPath {
    /// The names of those that it has: `portable or avx2 on this processor`.
    pub expected: String,
    /// What was named.
    pub found: String,
}

impl Display for UnknownPath {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { expected, found } = self;
        write!(f, "{VARIABLE}: expected {expected}, found {found}")
    }
}

impl std::error::Error for UnknownPath {}

/// A loop over numbers that the compiler can vectorize. [`run`] compiles it once for each path.
///
/// [`Loop::run`] must be `#[inline(always)]`, and so must be whatever it calls, or it is compiled for the
/// portable path only.
///
/// ```
/// use switchnet_kernels::{Loop, run};
///
/// struct Halves<'a>(&'a mut [f32]);
///
/// impl Loop for Halves<'_> {
///     type Output = ();
///
///     #[inline(always)]
///     fn run(self) {
///         for v in self.0 {
///             *v *= 0.5;
///         }
///     }
/// }
///
/// let mut x = [1.0; 100];
/// run(Halves(&mut x));
/// assert_eq!(x, [0.5; 100]);
/// ```
pub trait Loop {
    /// What the loop gives.
    type Output;

    /// The loop.
    fn run(self) -> Self::Output;
}

/// Runs a loop on the chosen path.
///
/// Plain Rust arithmetic gives the same bits on each path: the compiler neither reorders sums nor
/// fuses a multiplication with an addition.
pub fn run<L: Loop>(body: L) -> L::Output {
    run_on(Path::chosen(), body)
}

/// Runs a loop on `path`.
pub(crate) fn run_on<L: Loop>(path: Path, body: L) -> L::Output {
    match path.0 {
        Set::Portable => body.run(),
        // SAFETY: `Path::all` found these features, and such a path comes from nowhere else.
        #[cfg(target_arch = "x86_64")]
        Set::Avx2 => unsafe { avx2(body) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Set::Avx512 | Set::Avx512Intel => unsafe { avx512(body) },
        // SAFETY: as above.
        #[cfg(target_arch = "aarch64")]
        Set::Neon => unsafe { neon(body) },
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
pub(crate) trait Kernel<T> {
    /// The loop, with registers `V`.
    fn run<V: Vector<Number = T>>(self);
}

/// Runs a kernel on `path`, with the registers it has.
#[inline(always)] // kernels go by address, and a copy of one takes as long as a short transform
pub(crate) fn run_registers<T: Registers, K: Kernel<T>>(path: Path, kernel: K) {
    match path.0 {
        Set::Portable => kernel.run::<T::Portable>(),
        // SAFETY: as for `run_on`.
        #[cfg(target_arch = "x86_64")]
        Set::Avx2 => unsafe { avx2(With::<_, T::Avx2>(kernel, PhantomData)) },
        // SAFETY: as for `run_on`.
        #[cfg(target_arch = "x86_64")]
        Set::Avx512 | Set::Avx512Intel => unsafe {
            avx512(With::<_, T::Avx512>(kernel, PhantomData))
        },
        // SAFETY: as for `run_on`.
        #[cfg(target_arch = "aarch64")]
        Set::Neon => unsafe { neon(With::<_, T::Neon>(kernel, PhantomData)) },
    }
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
