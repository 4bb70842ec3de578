//! Nothing beside the rows is read or written: pages that must not be touched lie there.

use super::*;

/// Room for numbers between two pages that must not be touched.
struct Fenced<T> {
    pages: *mut T,
    bytes: usize,
}

const PAGE: usize = 4096;

unsafe extern "C" {
    fn mmap(at: *mut u8, len: usize, access: i32, kind: i32, file: i32, offset: i64) -> *mut u8;
    fn mprotect(at: *mut u8, len: usize, access: i32) -> i32;
    fn munmap(at: *mut u8, len: usize) -> i32;
}

impl<T: Scalar> Fenced<T> {
    /// Room for `count` numbers, in whole pages.
    fn new(count: usize) -> Self {
        let bytes = (count * size_of::<T>()).next_multiple_of(PAGE) + 2 * PAGE;
        // SAFETY: new memory, to be read and written, of this process alone; then its first and last page.
        unsafe {
            let pages = mmap(std::ptr::null_mut(), bytes, 0b11, 0x22, -1, 0);
            assert!(pages.addr() != usize::MAX, "memory for a test");
            for page in [pages, pages.add(bytes - PAGE)] {
                assert!(mprotect(page, PAGE, 0) == 0);
            }
            Self { pages: pages.cast(), bytes }
        }
    }

    /// The numbers behind the first fence, or before the last, which become `values`.
    fn holding(&mut self, values: &[T], last: bool) -> &mut [T] {
        let free = self.bytes - 2 * PAGE - size_of_val(values);
        // SAFETY: these are between the fences, where all is zero at first.
        let part = unsafe {
            let start = self.pages.byte_add(PAGE + if last { free } else { 0 });
            std::slice::from_raw_parts_mut(start, values.len())
        };
        part.copy_from_slice(values);
        part
    }
}

impl<T> Drop for Fenced<T> {
    fn drop(&mut self) {
        // SAFETY: the pages came from `mmap`, and nobody has a slice of them any more.
        unsafe { munmap(self.pages.cast(), self.bytes) };
    }
}

/// Rows and vectors between fences, every form, in place and into another place.
fn touches_nothing_beside_the_rows<T: Scalar>() {
    let sizes = (0..=LARGEST + 1).flat_map(|bits| [1, 3].map(|rows| (1 << bits, rows)));
    for ((n, rows), last) in sizes.flat_map(|size| [(size, false), (size, true)]) {
        let (x, vectors) = (rough::<T>(rows * n, 0), rough::<T>(4 * n, 5));
        let mut rooms: [_; 4] = std::array::from_fn(|_| Fenced::new(n));
        let (mut room, mut parts) = (Fenced::new(rows * n), vectors.chunks_exact(n));
        let fenced = rooms.each_mut().map(|room| match parts.next() {
            Some(part) => &*room.holding(part, last),
            None => unreachable!("four vectors for four rooms"),
        });
        for p in forms(fenced) {
            let mut expected = x.clone();
            T::hadamard_after(Path::PORTABLE, p, &mut expected, n);
            for path in Path::all() {
                let (part, mut apart) = (room.holding(&x, last), Vec::new());
                T::hadamard_of(path, p, part, n, &mut apart);
                assert!(bits(&apart) == bits(&expected), "{path:?}, n = {n}, {rows} rows, apart");
                T::hadamard_after(path, p, part, n);
                assert!(bits(part) == bits(&expected), "{path:?}, n = {n}, {rows} rows");
            }
        }
    }
}

#[test]
fn touches_nothing_beside_the_rows_in_both_precisions() {
    touches_nothing_beside_the_rows::<f32>();
    touches_nothing_beside_the_rows::<f64>();
}

/// Whoever made this processor: both forms for AVX-512 are there or none, so that the tests compare them.
#[test]
fn both_forms_are_there() {
    let names: Vec<_> = Path::all().iter().map(|path| path.name()).collect();
    assert_eq!(names.contains(&"avx512"), names.contains(&"avx512-intel"), "{names:?}");
    for path in Path::all() {
        assert_eq!(path.loads_halves(), path.name() == "avx512-intel", "{path:?}");
    }
}
