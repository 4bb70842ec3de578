//! What the measurements of `switchnet-lab` and the tests call beside the library's own interface, to time or test
//! parts one by one. No part of the interface: it changes without notice.

pub use crate::product::product;

/// Matrices that begin at a cache line, in memory that is used again.
pub mod aligned {
    pub use crate::aligned::{MOST, Recycled, give_back, keep, matrix, rows, used, zeros};
}

/// Singular values and orthonormal rows.
pub mod decompose {
    pub use crate::analysis::decompose::{Svd, orthonormal, span, svd, tolerance};
}
