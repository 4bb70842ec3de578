//! Matrices and vectors whose numbers begin at a cache line, in memory that is used again.
//!
//! A register of 64 bytes that straddles two lines costs two accesses, and the system's allocator
//! promises 16 bytes: the transforms run up to 1.4 times longer on what it gives. An owned array of
//! ndarray may begin inside its allocation, so all that is needed is a little room in front.
//!
//! A training step asks for the same few sizes again and again. Fresh memory has to be mapped and
//! cleared by the system; so what is [`Recycled`] goes to a store of its thread, where the next matrix takes it.

use crate::scalar::{Matrix, Scalar};
use ndarray::{Array1, ArrayView2, s};
use std::cell::RefCell;
use std::ops::Deref;
use std::sync::Mutex;

/// The bytes of a cache line, and of the widest register.
const LINE: usize = 64;

/// The most buffers in a store. When another comes, the oldest goes: it is of a net that is done with.
pub const MOST: usize = 48;
/// The most bytes of a buffer in the store of a thread.
const LARGEST: usize = 1 << 21;

/// Where a type of numbers keeps its used memory.
///
/// Public in a private module: nobody else can name it.
pub trait Stored: Sized {
    /// Calls `f` with the store of this thread.
    fn local<R>(f: impl FnOnce(&mut Vec<Vec<Self>>) -> R) -> R;

    /// A store for what one thread fills and another empties.
    fn shared() -> &'static Mutex<Vec<Vec<Self>>>;
}

macro_rules! stored {
    ($t:ident) => {
        impl Stored for $t {
            fn local<R>(f: impl FnOnce(&mut Vec<Vec<$t>>) -> R) -> R {
                thread_local!(static STORE: RefCell<Vec<Vec<$t>>> = const { RefCell::new(Vec::new()) });
                STORE.with_borrow_mut(f)
            }

            fn shared() -> &'static Mutex<Vec<Vec<$t>>> {
                static STORE: Mutex<Vec<Vec<$t>>> = Mutex::new(Vec::new());
                &STORE
            }
        }
    };
}

stored!(f32);
stored!(f64);

/// An empty buffer from a store, if it has one of this capacity and not more than twice that.
pub fn used<T>(store: &mut Vec<Vec<T>>, capacity: usize) -> Option<Vec<T>> {
    let fits = |buffer: &Vec<T>| (capacity..=2 * capacity).contains(&buffer.capacity());
    // The last one given back is the likeliest to be in the cache.
    let at = store.iter().rposition(fits)?;
    let mut buffer = store.remove(at);
    buffer.clear();
    Some(buffer)
}

/// Puts a buffer into a store.
pub fn keep<T>(store: &mut Vec<Vec<T>>, buffer: Vec<T>) {
    if store.len() == MOST {
        store.remove(0);
    }
    store.push(buffer);
}

/// A matrix whose memory is used again when it is dropped.
#[derive(Debug)]
pub struct Recycled<T: Scalar>(Matrix<T>);

impl<T: Scalar> From<Matrix<T>> for Recycled<T> {
    fn from(matrix: Matrix<T>) -> Self {
        Self(matrix)
    }
}

impl<T: Scalar> Deref for Recycled<T> {
    type Target = Matrix<T>;

    fn deref(&self) -> &Matrix<T> {
        &self.0
    }
}

impl<T: Scalar> Drop for Recycled<T> {
    fn drop(&mut self) {
        let (buffer, _) = std::mem::take(&mut self.0).into_raw_vec_and_offset();
        if (1..=LARGEST).contains(&(buffer.capacity() * size_of::<T>())) {
            T::local(|store| keep(store, buffer));
        }
    }
}

/// `count` zeros, from the store that threads share.
pub fn shared_zeros<T: Scalar>(count: usize) -> Vec<T> {
    let store = T::shared().lock();
    let mut zeros = store.ok().and_then(|mut s| used(&mut s, count)).unwrap_or_default();
    zeros.resize(count, T::zero());
    zeros
}

/// Gives back what `shared_zeros` gave.
pub fn give_back<T: Scalar>(buffer: Vec<T>) {
    if let Ok(mut store) = T::shared().lock() {
        keep(&mut store, buffer);
    }
}

/// A vector of what `fill` appends, which must be `len` numbers.
fn filled<T: Scalar>(len: usize, fill: impl FnOnce(&mut Vec<T>)) -> Array1<T> {
    let spare = LINE / size_of::<T>();
    let capacity = len + spare;
    let used = T::local(|store| used(store, capacity));
    let mut values = used.unwrap_or_else(|| Vec::with_capacity(capacity));
    let skip = values.as_ptr().align_offset(LINE).min(spare);
    values.resize(skip, T::zero());
    fill(&mut values);
    assert_eq!(values.len(), skip + len, "as many numbers as were announced");
    Array1::from_vec(values).slice_move(s![skip..])
}

/// A vector of these numbers.
pub fn vector<T: Scalar>(values: impl ExactSizeIterator<Item = T>) -> Array1<T> {
    filled(values.len(), |all| all.extend(values))
}

/// A matrix of what `fill` appends row by row.
pub fn matrix<T: Scalar>(
    (rows, columns): (usize, usize),
    fill: impl FnOnce(&mut Vec<T>),
) -> Matrix<T> {
    let all = filled(rows * columns, fill);
    all.into_shape_with_order((rows, columns)).expect("a vector has any shape of its length")
}

/// A matrix of these rows of `m`.
pub fn rows<T: Scalar>(
    m: ArrayView2<'_, T>,
    rows: impl ExactSizeIterator<Item = usize>,
) -> Matrix<T> {
    matrix((rows.len(), m.ncols()), |all| {
        for row in rows {
            match m.row(row).as_slice() {
                Some(row) => all.extend_from_slice(row),
                None => all.extend(m.row(row)),
            }
        }
    })
}

/// A matrix of zeros.
pub fn zeros<T: Scalar>(rows: usize, columns: usize) -> Matrix<T> {
    matrix((rows, columns), |all| all.resize(all.len() + rows * columns, T::zero()))
}
