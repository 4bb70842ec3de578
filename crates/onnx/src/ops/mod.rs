//! The operators, each as layers, and many on constants worked out.

mod arithmetic;
mod conv;
mod moves;
mod pool;
mod product;
mod reduce;
mod shapes;
mod smooth;
mod switch;

use crate::op::{Op, Value};
pub(crate) use smooth::rows;
use switchnet::Result;

/// What an operator makes of what it reads: its outputs.
pub(crate) type Operator = fn(&mut Op<'_, '_>) -> Result<Vec<Value>>;

/// All that are read, by name, in the order of the alphabet.
pub(crate) const OPERATORS: &[(&str, Operator)] = &[
    ("Abs", switch::abs),
    ("Add", arithmetic::add),
    ("AveragePool", pool::average),
    ("BatchNormalization", arithmetic::batch_normalization),
    ("Cast", shapes::cast),
    ("Ceil", arithmetic::rounded),
    ("Clip", switch::clip),
    ("Concat", moves::concat),
    ("Constant", shapes::constant),
    ("ConstantOfShape", shapes::constant_of_shape),
    ("Conv", conv::conv),
    ("Div", arithmetic::divide),
    ("Dropout", shapes::dropout),
    ("Elu", smooth::elu),
    ("Equal", shapes::equal),
    ("Expand", moves::expand),
    ("Flatten", moves::flatten),
    ("Floor", arithmetic::rounded),
    ("Gather", moves::gather),
    ("Gemm", product::gemm),
    ("GlobalAveragePool", pool::global_average),
    ("GlobalMaxPool", pool::global_max),
    ("HardSigmoid", switch::hard_sigmoid),
    ("Identity", shapes::identity),
    ("LeakyRelu", switch::leaky),
    ("LogSoftmax", smooth::log_softmax),
    ("MatMul", product::mat_mul),
    ("Max", switch::max),
    ("MaxPool", pool::max),
    ("Mean", arithmetic::mean),
    ("Min", switch::min),
    ("Mul", arithmetic::multiply),
    ("Neg", arithmetic::negative),
    ("PRelu", switch::prelu),
    ("Pad", moves::pad),
    ("ReduceMax", reduce::max),
    ("ReduceMean", reduce::mean),
    ("ReduceSum", reduce::sum),
    ("Relu", switch::relu),
    ("Reshape", moves::reshape),
    ("Shape", shapes::shape),
    ("Sigmoid", smooth::sigmoid),
    ("Size", shapes::size),
    ("Slice", moves::slice),
    ("Softmax", smooth::softmax),
    ("Split", moves::split),
    ("Sqrt", arithmetic::root),
    ("Squeeze", moves::squeeze),
    ("Sub", arithmetic::subtract),
    ("Sum", arithmetic::sum),
    ("Tanh", smooth::tanh),
    ("Tile", moves::tile),
    ("Transpose", moves::transpose),
    ("Unsqueeze", moves::unsqueeze),
    ("Where", moves::choose),
];

/// One output.
fn one(value: Value) -> Result<Vec<Value>> {
    Ok(vec![value])
}
