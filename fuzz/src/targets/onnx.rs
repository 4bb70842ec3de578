//! Nets of others.

use super::{MIB, Target, Verdict, comes_back, text};
use crate::mutate::Form;
use ndarray::Array2;
use switchnet::layer::Layer;
use switchnet_onnx::{Model, Options, Origin, WriteOptions, write};

const WORDS: &[&str] = &[
    "Relu",
    "Clip",
    "Conv",
    "Gemm",
    "MatMul",
    "MaxPool",
    "AveragePool",
    "Reshape",
    "Transpose",
    "Concat",
    "Split",
    "Slice",
    "Gather",
    "Expand",
    "Pad",
    "Tile",
    "Softmax",
    "ReduceMean",
    "Shape",
    "ConstantOfShape",
    "axis",
    "axes",
    "perm",
    "pads",
    "strides",
    "dilations",
    "kernel_shape",
    "group",
    "auto_pad",
    "SAME_UPPER",
    "ceil_mode",
    "mode",
    "reflect",
    "value",
    "to",
    "location",
];

pub(super) fn all() -> Vec<Target> {
    // A table of where numbers go is as long as a value, and small files have large ones.
    let memory = |length| 512 * MIB + 1024 * length;
    vec![Target { name: "onnx", form: Form::Protobuf, words: WORDS, run, memory }]
}

/// Nets up to this size are run.
const SMALL: usize = 1 << 16;

fn run(bytes: &[u8]) -> Verdict {
    let model = Model::from_bytes(bytes, &Options::default()).map_err(text)?;
    assert!(!model.to_string().is_empty());
    let size = model.spec.size().expect("a spec that was looked at");
    if size.row > SMALL || size.parameters > SMALL {
        return Ok(());
    }
    comes_back(&model.spec);
    let net = model.net::<f64>().map_err(text)?;
    let (input, output) = (&model.input.shape, &model.output.shape);
    assert_eq!(net.inputs(), input.iter().product::<usize>(), "{input:?}");
    assert_eq!(net.outputs(), output.iter().product::<usize>(), "{output:?}");
    assert_eq!(net.forward(Array2::ones((1, net.inputs()))).dim(), (1, net.outputs()));
    let file = write(&net, &WriteOptions::default()).map_err(text)?;
    let again = Model::from_bytes(&file, &Options::default()).expect("a file of ours");
    assert_eq!((again.origin, &again.spec), (Origin::Spec, &model.spec));
    Ok(())
}
