//! The answers, each of the library.

mod margin;
mod now;
mod ray;
mod slice;

pub use margin::{adversarial, margin};
pub use now::{neuron, now};
pub use ray::ray;
pub use slice::slice;
