//! What the laws are checked against: matrices written from their formulas, and one list of every
//! transform, every layer and every net, so that a law is said once for all of them.

mod by_hand;
mod layers;
mod matrices;
mod nets;
mod numbers;
mod observed;

pub use by_hand::*;
pub use layers::*;
pub use matrices::*;
pub use nets::*;
pub use numbers::*;
pub use observed::*;

/// Makes a test in each precision of each generic function.
macro_rules! in_both_precisions {
    ($($name:ident),+ $(,)?) => {
        mod single {
            $(#[test] fn $name() { super::$name::<f32>(); })+
        }
        mod double {
            $(#[test] fn $name() { super::$name::<f64>(); })+
        }
    };
}
