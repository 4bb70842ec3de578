//! What the loops ask of a register.

/// A register of `LANES` numbers, a power of two.
///
/// Every method is compiled into its caller, so that it is compiled for the instruction set which
/// the caller was compiled for.
pub(super) trait Vector: Copy {
    type Number: Copy;

    /// How many numbers a register holds.
    const LANES: usize;

    /// How many registers a butterfly of a pass keeps at once, 4, 8 or 16: as many as the processor
    /// has without going to memory and back.
    const RADIX: usize;

    /// # Safety
    /// `LANES` numbers can be read at `from`. It need not be aligned.
    unsafe fn load(from: *const Self::Number) -> Self;

    /// # Safety
    /// `LANES` numbers can be written at `to`. It need not be aligned.
    unsafe fn store(self, to: *mut Self::Number);

    /// The same number in every lane.
    fn splat(x: Self::Number) -> Self;

    fn add(self, other: Self) -> Self;

    fn sub(self, other: Self) -> Self;

    fn mul(self, other: Self) -> Self;

    /// `self·other + sum`, rounded once where the processor can and twice elsewhere.
    fn mul_add(self, other: Self, sum: Self) -> Self;

    /// `open` in the lanes where `self` is above zero, `closed` in the others.
    fn pick(self, open: Self, closed: Self) -> Self;

    /// In each pair of lanes `i`, `i + 2^level`, the sum and the difference of the two.
    fn butterfly(self, level: u32) -> Self;
}

/// The registers of a type of numbers on each path.
///
/// Public in a private module: nobody else can name it.
#[allow(private_bounds)]
pub trait Registers: Copy {
    type Portable: Vector<Number = Self>;
    #[cfg(target_arch = "x86_64")]
    type Avx2: Vector<Number = Self>;
    #[cfg(target_arch = "x86_64")]
    type Avx512: Vector<Number = Self>;
    #[cfg(target_arch = "aarch64")]
    type Neon: Vector<Number = Self>;
}

impl Registers for f32 {
    type Portable = super::portable::Eight<f32>;
    #[cfg(target_arch = "x86_64")]
    type Avx2 = std::arch::x86_64::__m256;
    #[cfg(target_arch = "x86_64")]
    type Avx512 = std::arch::x86_64::__m512;
    #[cfg(target_arch = "aarch64")]
    type Neon = std::arch::aarch64::float32x4_t;
}

impl Registers for f64 {
    type Portable = super::portable::Eight<f64>;
    #[cfg(target_arch = "x86_64")]
    type Avx2 = std::arch::x86_64::__m256d;
    #[cfg(target_arch = "x86_64")]
    type Avx512 = std::arch::x86_64::__m512d;
    #[cfg(target_arch = "aarch64")]
    type Neon = std::arch::aarch64::float64x2_t;
}
