//! What the loops ask of a register.

use crate::before::SHORT;
use std::cell::Cell;
use std::thread::LocalKey;

/// Intrinsics on registers, or on a constant of ours.
#[allow(unused_macros)] // some targets have no registers but the portable ones
macro_rules! op {
    ($operation:expr) => {
        // SAFETY: the registers of an instruction set are only used below the wrappers in `path`, which are entered
        // on a processor that has it, and nothing else is asked for.
        unsafe { $operation }
    };
}
#[allow(unused_imports)] // likewise
pub(crate) use op;

/// A register of `LANES` numbers, a power of two.
///
/// Every method is compiled into its caller, so that it is compiled for the instruction set which
/// the caller was compiled for.
pub(crate) trait Vector: Copy {
    type Number: Copy;

    /// How many numbers a register holds.
    const LANES: usize;

    /// How many registers a butterfly of a pass keeps at once, 4, 8 or 16: as many as the processor
    /// has without going to memory and back.
    const RADIX: usize;

    /// Rows of a tile of sums of a product, and how many registers wide it is: with the registers that are
    /// multiplied, as many as the processor has.
    const TILE: (usize, usize);

    /// # Safety
    /// `LANES` numbers can be read at `from`. It need not be aligned.
    unsafe fn load(from: *const Self::Number) -> Self;

    /// # Safety
    /// `LANES` numbers can be written at `to`. It need not be aligned.
    unsafe fn store(self, to: *mut Self::Number);

    /// The first `count` lanes from `from`; what is in the others is left open.
    ///
    /// # Safety
    /// `count` numbers can be read there, one at least and fewer than a register holds.
    #[inline(always)]
    unsafe fn load_first(from: *const Self::Number, count: usize) -> Self {
        // SAFETY: the caller says that the numbers are there; no register holds more than sixteen.
        unsafe {
            let mut room = [*from; 16];
            std::ptr::copy_nonoverlapping(from, room.as_mut_ptr(), count);
            Self::load(room.as_ptr())
        }
    }

    /// The first `count` lanes to `to`.
    ///
    /// # Safety
    /// As for [`load_first`](Self::load_first), written.
    #[inline(always)]
    unsafe fn store_first(self, to: *mut Self::Number, count: usize) {
        let mut room = std::mem::MaybeUninit::<[Self::Number; 16]>::uninit();
        // SAFETY: as above; `count` numbers of the room were written.
        unsafe {
            self.store(room.as_mut_ptr().cast());
            std::ptr::copy_nonoverlapping(room.as_ptr().cast(), to, count);
        }
    }

    /// The same number in every lane.
    fn splat(x: Self::Number) -> Self;

    fn add(self, other: Self) -> Self;

    fn sub(self, other: Self) -> Self;

    fn mul(self, other: Self) -> Self;

    /// `self·other + sum`, rounded once where the processor can and twice elsewhere.
    fn mul_add(self, other: Self, sum: Self) -> Self;

    /// `open` in the lanes where `self` is above zero, `closed` in the others.
    fn pick(self, open: Self, closed: Self) -> Self;

    /// The two sums with a term added: to the first in the lanes where `self` is above zero, to the second in the others.
    #[inline(always)]
    fn add_apart(self, term: Self, [open, closed]: [Self; 2]) -> [Self; 2] {
        [self.pick(open.add(term), open), self.pick(closed, closed.add(term))]
    }

    /// In each pair of lanes `i`, `i + 2^level`, the sum and the difference of the two.
    fn butterfly(self, level: u32) -> Self;

    /// Whether [`load_halves`](Self::load_halves) spares a shuffle.
    const HALVES: bool = false;

    /// A register whose two halves are read apart, after the butterfly of its highest level.
    ///
    /// # Safety
    /// A register can be read at `low`, and `high` is where its second half begins.
    #[inline(always)]
    unsafe fn load_halves(low: *const Self::Number, high: *const Self::Number) -> Self {
        let _ = high;
        // SAFETY: as the caller says.
        unsafe { Self::load(low).butterfly(Self::LANES.trailing_zeros() - 1) }
    }

    /// Calls the cache line of an address, which may be any, into the second cache.
    #[inline(always)]
    fn call(_address: *const Self::Number) {}

    /// In each run of `N` lanes the number of its lane `k`. A register holds whole runs.
    #[inline(always)]
    fn spread<const N: usize>(self, k: usize) -> Self {
        let mut room = std::mem::MaybeUninit::<[Self::Number; 16]>::uninit();
        // SAFETY: no register holds more than sixteen, and as many as it holds are written before they are read.
        unsafe {
            let room: *mut Self::Number = room.as_mut_ptr().cast();
            self.store(room);
            for run in (0..Self::LANES).step_by(N) {
                let number = *room.add(run + k);
                for lane in run..run + N {
                    *room.add(lane) = number;
                }
            }
            Self::load(room)
        }
    }

    /// In lane `i` the number of lane `i XOR by`, which a register has.
    #[inline(always)]
    fn exchange(self, by: usize) -> Self {
        let mut room = std::mem::MaybeUninit::<[Self::Number; 32]>::uninit();
        // SAFETY: no register holds more than sixteen, and as many as it holds are written before they are read.
        unsafe {
            let room: *mut Self::Number = room.as_mut_ptr().cast();
            self.store(room);
            for lane in 0..Self::LANES {
                *room.add(16 + lane) = *room.add(lane ^ by);
            }
            Self::load(room.add(16))
        }
    }
}

/// The registers of a type of numbers on each path.
///
/// Public in a private module: nobody else can name it.
#[allow(private_bounds)]
pub trait Registers: Copy + 'static {
    /// What changes nothing as a factor, for the length of a leaf.
    const ONES: &'static [Self; SHORT];
    /// What changes nothing as a summand, not even the sign of a zero.
    const MINUS_ZEROS: &'static [Self; SHORT];
    /// Memory of this thread, to pack matrices in.
    fn room() -> &'static LocalKey<Cell<Vec<Self>>>;
    /// Writes the transpose of a block of four rows and columns.
    ///
    /// # Safety
    /// Four numbers can be read at `from` and at each of the three rows behind it, `apart` from each other, and
    /// written at `to` likewise.
    #[inline(always)]
    unsafe fn transpose(from: *const Self, apart: usize, to: *mut Self, to_apart: usize) {
        for i in 0..4 {
            for j in 0..4 {
                // SAFETY: the caller says that the numbers are there.
                unsafe { *to.add(j * to_apart + i) = *from.add(i * apart + j) };
            }
        }
    }
    type Portable: Vector<Number = Self>;
    #[cfg(target_arch = "x86_64")]
    type Avx2: Vector<Number = Self>;
    #[cfg(target_arch = "x86_64")]
    type Avx512: Vector<Number = Self>;
    #[cfg(target_arch = "aarch64")]
    type Neon: Vector<Number = Self>;
}

impl Registers for f32 {
    const ONES: &[f32; SHORT] = &[1.0; SHORT];
    const MINUS_ZEROS: &[f32; SHORT] = &[-0.0; SHORT];
    fn room() -> &'static LocalKey<Cell<Vec<Self>>> {
        thread_local!(static ROOM: Cell<Vec<f32>> = const { Cell::new(Vec::new()) });
        &ROOM
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    unsafe fn transpose(from: *const f32, apart: usize, to: *mut f32, to_apart: usize) {
        use std::arch::x86_64::*;
        // SAFETY: the caller says that the numbers are there; every processor of the target has SSE2.
        unsafe {
            let (a, b) = (_mm_loadu_ps(from), _mm_loadu_ps(from.add(apart)));
            let (c, d) = (_mm_loadu_ps(from.add(2 * apart)), _mm_loadu_ps(from.add(3 * apart)));
            let (e, f) = (_mm_unpacklo_ps(a, b), _mm_unpackhi_ps(a, b));
            let (g, h) = (_mm_unpacklo_ps(c, d), _mm_unpackhi_ps(c, d));
            _mm_storeu_ps(to, _mm_movelh_ps(e, g));
            _mm_storeu_ps(to.add(to_apart), _mm_movehl_ps(g, e));
            _mm_storeu_ps(to.add(2 * to_apart), _mm_movelh_ps(f, h));
            _mm_storeu_ps(to.add(3 * to_apart), _mm_movehl_ps(h, f));
        }
    }
    type Portable = super::portable::Eight<f32>;
    #[cfg(target_arch = "x86_64")]
    type Avx2 = std::arch::x86_64::__m256;
    #[cfg(target_arch = "x86_64")]
    type Avx512 = std::arch::x86_64::__m512;
    #[cfg(target_arch = "aarch64")]
    type Neon = std::arch::aarch64::float32x4_t;
}

impl Registers for f64 {
    const ONES: &[f64; SHORT] = &[1.0; SHORT];
    const MINUS_ZEROS: &[f64; SHORT] = &[-0.0; SHORT];
    fn room() -> &'static LocalKey<Cell<Vec<Self>>> {
        thread_local!(static ROOM: Cell<Vec<f64>> = const { Cell::new(Vec::new()) });
        &ROOM
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    unsafe fn transpose(from: *const f64, apart: usize, to: *mut f64, to_apart: usize) {
        use std::arch::x86_64::*;
        for i in [0, 2] {
            for j in [0, 2] {
                // SAFETY: the caller says that the numbers are there; every processor of the target has SSE2.
                unsafe {
                    let from = from.add(i * apart + j);
                    let to = to.add(j * to_apart + i);
                    let (a, b) = (_mm_loadu_pd(from), _mm_loadu_pd(from.add(apart)));
                    _mm_storeu_pd(to, _mm_unpacklo_pd(a, b));
                    _mm_storeu_pd(to.add(to_apart), _mm_unpackhi_pd(a, b));
                }
            }
        }
    }
    type Portable = super::portable::Eight<f64>;
    #[cfg(target_arch = "x86_64")]
    type Avx2 = std::arch::x86_64::__m256d;
    #[cfg(target_arch = "x86_64")]
    type Avx512 = std::arch::x86_64::__m512d;
    #[cfg(target_arch = "aarch64")]
    type Neon = std::arch::aarch64::float64x2_t;
}
