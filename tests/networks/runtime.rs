//! Written files in programs of others: `SWITCHNET_ONNXRUNTIME` names a Python that has onnx, onnxruntime and numpy.

use crate::common::*;
use crate::written::{every_net_of_all_kinds, file};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use switchnet::layer::Layer;
use switchnet::{Matrix, Scalar};

/// Single precision goes through onnxruntime, double precision, which that has not for all operators, through the
/// evaluator of ONNX; both through its checker; with batches of 7 and of 1.
fn other_programs_give_what_the_net_gives<T: Scalar>() {
    let python = std::env::var_os("SWITCHNET_ONNXRUNTIME")
        .expect("SWITCHNET_ONNXRUNTIME names a Python with onnx and onnxruntime");
    let folder = tempfile::tempdir().unwrap();
    let (mut inputs, mut known) = (BTreeMap::new(), BTreeMap::new());
    for (number, (name, net)) in every_net_of_all_kinds::<T>().enumerate() {
        std::fs::write(folder.path().join(format!("{number}.onnx")), file(&net)).unwrap();
        let x = random::<T>(7, net.inputs(), 400 + number as u64);
        let rows = |m: &Matrix<T>| m.rows().into_iter().map(|row| double(row)).collect::<Vec<_>>();
        inputs.insert(number, json!({ "shape": net.spec().input, "rows": rows(&x) }));
        known.insert(number, (name, rows(&net.forward(x)), net.spec().clone()));
    }
    std::fs::write(folder.path().join("inputs.json"), json!(inputs).to_string()).unwrap();
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("networks/runtime.py");
    let precision = if T::NAME == "f64" { "double" } else { "single" };
    let answer =
        Command::new(python).arg(program).arg(folder.path()).arg(precision).output().unwrap();
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    let found: BTreeMap<usize, [Vec<Vec<f64>>; 2]> =
        serde_json::from_slice(&answer.stdout).unwrap();
    assert_eq!(found.len(), 98, "as many as docs/networks.md says");
    let most = if T::NAME == "f64" { 1e-12 } else { 1e-5 };
    let mut worst = BTreeMap::new();
    for (number, (name, y, spec)) in &known {
        let largest = y.iter().flatten().fold(1e-3, |most, v| f64::max(most, v.abs()));
        for batch in &found[number] {
            assert_eq!(batch.len(), y.len(), "{name}");
            for (found, known) in batch.iter().zip(y) {
                assert_eq!(found.len(), known.len(), "{name}");
                let gap =
                    found.iter().zip(known).fold(0.0, |most, (a, b)| f64::max(most, (a - b).abs()));
                assert!(gap <= most * largest, "{name}: {gap:e} of {largest:e}");
                for layer in &spec.layers {
                    let of: &mut f64 = worst.entry(layer.kind()).or_insert(0.0);
                    *of = of.max(gap / largest);
                }
            }
        }
    }
    println!(
        "{precision} precision, the largest difference of nets with each kind, as a part of the largest output"
    );
    worst.iter().for_each(|(kind, gap)| println!("{kind:16} {gap:.0e}"));
}

mod single {
    #[test]
    #[ignore = "needs other programs: SWITCHNET_ONNXRUNTIME"]
    fn other_programs_give_what_the_net_gives() {
        super::other_programs_give_what_the_net_gives::<f32>();
    }
}

mod double {
    #[test]
    #[ignore = "needs other programs: SWITCHNET_ONNXRUNTIME"]
    fn other_programs_give_what_the_net_gives() {
        super::other_programs_give_what_the_net_gives::<f64>();
    }
}
