//! Nets as text, and nets in files.

use super::{MIB, SMALL, Target, Verdict, comes_back, file, may_be_large, scratch, text, toml};
use crate::mutate::Form;
use switchnet::layer::{Layer, parameters};
use switchnet::net::{Net, Spec, Summary, checkpoint};
use switchnet::train::Run;
use switchnet::{Error, Matrix, Scalar};
use switchnet_lab::experiment::Trained;

const WORDS: &[&str] = &[
    "kind",
    "name",
    "from",
    "input",
    "seed",
    "layers",
    "transform",
    "add",
    "concat",
    "average-pool",
    "bit-reversal",
    "block-diagonal",
    "block-switch",
    "channels-first",
    "channels-last",
    "circulant",
    "conv",
    "crelu",
    "dense",
    "detached",
    "diagonal",
    "dropout",
    "elu",
    "flatten",
    "gather",
    "indices",
    "leaky",
    "max-pool",
    "mix",
    "orthogonal-blocks",
    "pad",
    "patches",
    "positionwise",
    "prelu",
    "relu",
    "reshape",
    "residual",
    "rms-norm",
    "shift",
    "sigmoid",
    "slice",
    "soft-threshold",
    "softmax",
    "spectral-filter",
    "sum-halves",
    "take",
    "tanh",
    "tile",
    "two-slope",
    "z-order",
    "hadamard",
    "hadamard-sequency",
    "hartley",
    "dct2",
    "dct3",
    "signs",
    "permutation",
    "outputs",
    "columns",
    "rows",
    "shared",
    "taps",
    "threshold",
    "start",
    "each",
    "orthogonal",
    "width",
    "shape",
    "size",
    "stride",
    "padding",
    "dilation",
    "groups",
    "filters",
    "kernel",
    "ceil",
    "window",
    "reverse",
    "open",
    "closed",
    "slope",
    "block",
    "scale",
    "bias",
    "probability",
    "start",
    "positions",
    "switchnet.spec",
    "switchnet.format",
    "training",
    "rows",
    "standardize",
    "data",
    "run",
    "shift",
    "factor",
    "epochs",
    "step",
    "history",
    "ended",
    "best",
];

/// The largest net that is built: its spec is a line, so the line is no measure of it.
const NET: usize = 512 * MIB;

pub(super) fn specs() -> Vec<Target> {
    let target = |name, form, run| Target { name, form, words: WORDS, run, memory: |_| NET };
    vec![target("spec-json", Form::Json, json), target("spec-toml", Form::Toml, from_toml)]
}

pub(super) fn checkpoints() -> Vec<Target> {
    // Beside the parameters, which are in the file, a net has tables: where each number of a row goes.
    let memory = |length| 64 * MIB + 64 * length;
    let (name, form) = ("checkpoint", Form::Safetensors);
    vec![Target { name, form, words: WORDS, run: stored, memory }]
}

fn json(bytes: &[u8]) -> Verdict {
    let spec: Spec =
        serde_json::from_slice(bytes).map_err(|e| text(Error::new("net", "its JSON", e)))?;
    built(&spec)
}

fn from_toml(bytes: &[u8]) -> Verdict {
    built(&toml(bytes)?)
}

fn built(spec: &Spec) -> Verdict {
    let largest = may_be_large(spec)?;
    let net = spec.build::<f32>().map_err(text)?;
    comes_back(spec);
    let _ = Summary::of(&net);
    assert!(parameters::read(&net).iter().all(|p| p.is_finite()), "a parameter that is not finite");
    runs(&net, largest <= SMALL);
    runs(&net.cast::<f64>(), largest <= SMALL);
    Ok(())
}

/// One row through the net, on both ways: the same bits, and finite if the numbers of the net are `plain`.
fn runs<T: Scalar>(net: &Net<T>, plain: bool) {
    let signature = net.signature();
    if signature.widest > 1 << 16 || signature.multiply_adds > 1 << 20 {
        return;
    }
    let x = Matrix::from_shape_fn((1, net.inputs()), |(_, i)| T::of((i as f64 + 1.0).sin()));
    let y = net.forward(x.clone());
    let (again, map) = net.linearize(x.clone());
    let bits = |y: &Matrix<T>| y.iter().map(|v| v.double().to_bits()).collect::<Vec<_>>();
    assert_eq!(y.dim(), (1, net.outputs()));
    assert!(bits(&y) == bits(&again), "forward {y:?}, linearize {again:?}");
    let mut gradient = vec![T::zero(); parameters::count(net)];
    let back = map.pull(Matrix::ones(y.dim()), &mut gradient);
    let tangent = map.push(x);
    assert_eq!((back.dim(), tangent.dim()), ((1, net.inputs()), y.dim()));
    if plain {
        let all = y.iter().chain(&back).chain(&tangent).chain(&gradient);
        assert!(
            all.into_iter().all(|v| num_traits::Float::is_finite(*v)),
            "a number that is not finite"
        );
    }
}

/// A checkpoint, and what commands ask of it.
fn stored(bytes: &[u8]) -> Verdict {
    let path = file("net.safetensors", bytes);
    let stored = checkpoint::load::<f32>(&path).map_err(text)?;
    let trained = Trained::load(&path);
    if let Ok(trained) = &trained {
        comes_back(&trained.training);
        if let Ok(run) = Run::new(&stored.net, &trained.training) {
            let _ = run.resumed_from(&stored).map_err(|e| one_line(&e.to_string()));
        }
    }
    let again = scratch().join("again.safetensors");
    checkpoint::save(&again, stored.net.spec(), &stored.net, &stored.metadata, &stored.tensors)
        .expect("what was read can be written");
    let back = checkpoint::load::<f32>(&again).expect("what was written can be read");
    let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    assert_eq!(back.net.spec(), stored.net.spec());
    assert_eq!(bits(&parameters::read(&back.net)), bits(&parameters::read(&stored.net)));
    assert_eq!(back.metadata, stored.metadata);
    let tensors = |c: &checkpoint::Checkpoint<f32>| {
        c.tensors.iter().map(|(name, v)| (name.clone(), bits(v))).collect::<Vec<_>>()
    };
    assert_eq!(tensors(&back), tensors(&stored));
    trained.map(drop).map_err(text)
}

fn one_line(message: &str) {
    assert!(message.chars().all(|c| !c.is_control()), "not one plain line: {message:?}");
}
