//! Nets that other people trained and the operator tests of ONNX, where there are any: the folder is in the environment
//! variable `SWITCHNET_NETS`. `oracle/NAME.npz` has inputs `x` and the outputs of `nets/NAME.onnx` in single precision, `y`,
//! and in double, `y_f64`.

use ndarray::{Array2, ArrayD, Axis};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Instant;
use switchnet::analysis::{Exactness, effective_map, ray};
use switchnet::data::Npz;
use switchnet::layer::{Layer, parameters};
use switchnet::net::softmax;
use switchnet_onnx::{Model, Options, Readout};

fn folder() -> PathBuf {
    std::env::var_os("SWITCHNET_NETS").expect("SWITCHNET_NETS names the folder of the nets").into()
}

/// The files of a folder with this ending, by their names.
fn files(folder: &Path, ending: &str) -> BTreeMap<String, PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let wanted = entries.filter(|path| path.extension().is_some_and(|e| e == ending));
    wanted.map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), path)).collect()
}

/// Rows of all numbers of each of so many values.
fn rows(values: ArrayD<f64>, count: usize) -> Array2<f64> {
    let width = values.len() / count;
    values.as_standard_layout().into_owned().into_shape_with_order((count, width)).unwrap()
}

/// The largest difference, as a part of the largest number.
fn apart(y: &Array2<f64>, expected: &Array2<f64>) -> f64 {
    assert_eq!(y.dim(), expected.dim());
    let largest = expected.iter().fold(0.0, |most, v| f64::max(most, v.abs()));
    let gap = (y - expected).iter().fold(0.0, |most, v| f64::max(most, v.abs()));
    if largest > 0.0 { gap / largest } else { gap }
}

/// The output of the file for rows of inputs.
fn outputs(model: &Model, x: Array2<f64>) -> Array2<f64> {
    let y = model.net::<f64>().unwrap().forward(x);
    match model.readout {
        None => y,
        Some(Readout::Softmax) => softmax(y),
        Some(Readout::LogSoftmax) => softmax(y).ln(),
    }
}

#[test]
#[ignore = "needs nets of other people: SWITCHNET_NETS"]
fn nets_of_other_people_give_what_others_work_out() {
    let folder = folder();
    let nets = files(&folder.join("nets"), "onnx");
    assert_eq!(nets.len(), 38, "nets in {}", folder.display());
    let mut failures = Vec::new();
    println!(
        "| net | set | operators | parameters | switches | regions | double | single | residual | map (µs) |"
    );
    println!("|---|--:|---|--:|--:|--:|--:|--:|--:|--:|");
    for (name, path) in &nets {
        let oracle = Npz::open(&folder.join(format!("oracle/{name}.npz"))).unwrap();
        let all: Vec<&str> = oracle.names().collect();
        let model = match switchnet_onnx::read(path) {
            Ok(model) => model,
            Err(error) => {
                // A net has one input; one of its outputs depends on the first alone.
                if !all.contains(&"x1") {
                    failures.push(format!("{name}: {error}"));
                    continue;
                }
                assert!(error.to_string().contains("expected 1, found 2: X1, X2"), "{error}");
                let options = Options { output: Some("relu1".into()), ..Options::default() };
                switchnet_onnx::read_with(path, &options).unwrap()
            }
        };
        let input = if all.contains(&"x") { "x" } else { "x0" };
        let x = rows(oracle.numbers::<f64>(input).unwrap(), 5);
        let mut worst = [0.0f64; 2];
        for (k, output) in model.outputs.iter().enumerate() {
            let one = if all.contains(&"x1") { "relu1" } else { output };
            let options = Options { output: Some(one.to_owned()), ..Options::default() };
            let model = switchnet_onnx::read_with(path, &options).unwrap();
            let y = outputs(&model, x.clone());
            let several = all.contains(&"y0");
            let k = if all.contains(&"x1") { 1 } else { k };
            let of = |ending: &str| match several {
                true => format!("y{k}{ending}"),
                false => format!("y{ending}"),
            };
            for (worst, ending) in worst.iter_mut().zip(["_f64", ""]) {
                let expected = rows(oracle.numbers(&of(ending)).unwrap(), 5);
                *worst = worst.max(apart(&y, &expected));
            }
        }
        let net = model.net::<f64>().unwrap();
        let maps: Vec<_> = x.axis_iter(Axis(0)).map(|x| effective_map(&net, x)).collect();
        let exact = maps.iter().all(|map| map.exactness == Exactness::Exact);
        let residual = maps.iter().map(|map| map.residual.relative).fold(0.0, f64::max);
        let switches = maps[0].pattern.len();
        let microseconds = || {
            let start = Instant::now();
            black_box(effective_map(&net, x.row(0)));
            start.elapsed().as_secs_f64() * 1e6
        };
        let least = (0..20).map(|_| microseconds()).fold(f64::INFINITY, f64::min);
        let ray = ray(&net, x.row(0), x.row(1)).unwrap();
        if !ray.consistent {
            failures.push(format!("{name}: a ray that is not consistent"));
        }
        let counted = |(name, &count): (&String, &usize)| match count {
            1 => name.clone(),
            count => format!("{count} {name}"),
        };
        let operators: Vec<String> = model.operators.iter().map(counted).collect();
        println!(
            "| {name} | {} | {} | {} | {switches} | {} | {:.0e} | {:.0e} | {residual:.0e} | {least:.0} |",
            model.opset,
            operators.join(", "),
            parameters::count(&net),
            ray.regions,
            worst[0],
            worst[1],
        );
        if !(worst[0] <= 1e-12 && worst[1] <= 1e-5 && residual <= 1e-12 && exact) {
            failures.push(format!("{name}: {worst:?}, residual {residual:e}, exact {exact}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The tests of single operators as they come with ONNX. Some are of set 6, in which these operators are what they are in
/// set 7, the first that is read: the number is the last byte of their files.
#[test]
#[ignore = "needs the operator tests of ONNX: SWITCHNET_NETS"]
fn single_operators_give_what_onnx_says() {
    let folder = folder().join("optests");
    let files = files(&folder, "onnx");
    assert_eq!(files.len(), 118, "tests in {}", folder.display());
    let (mut failures, mut refused) = (Vec::new(), Vec::new());
    for (name, path) in &files {
        let mut bytes = std::fs::read(path).unwrap();
        if let Some(last @ 6) =
            bytes.ends_with(&[0x42, 2, 0x10, 6]).then(|| bytes.last_mut()).flatten()
        {
            *last = 7;
        }
        let oracle = Npz::open(&folder.join(format!("{name}.npz"))).unwrap();
        let numbers = |name: &str| oracle.numbers::<f64>(name).unwrap();
        let mut worst = Ok(0.0f64);
        let count = oracle.names().filter(|name| name.starts_with('y')).count();
        for k in 0..count {
            let first = Model::from_bytes(&bytes, &Options::default());
            let read = first.and_then(|model| {
                let options =
                    Options { output: Some(model.outputs[k].clone()), ..Options::default() };
                Model::from_bytes(&bytes, &options)
            });
            worst = match (read, worst) {
                (Ok(model), Ok(worst)) => {
                    let y = outputs(&model, rows(numbers("x0"), 1));
                    Ok(worst.max(apart(&y, &rows(numbers(&format!("y{k}")), 1))))
                }
                (Err(error), _) | (_, Err(error)) => Err(error),
            };
        }
        match worst {
            Ok(worst) if worst <= 1e-5 => println!("{name:60} {worst:9.1e}"),
            Ok(worst) => {
                println!("{name:60} {worst:9.1e} FAILED");
                failures.push(name.clone());
            }
            Err(error) => {
                println!("{name:60} {error}");
                refused.push(name.as_str());
            }
        }
    }
    println!("{} read, {} refused", files.len() - refused.len(), refused.len());
    assert!(failures.is_empty(), "{failures:?}");
    // No net, no row, or no layer for it.
    let expected = [
        "node_constant",
        "node_edge_pad",
        "node_logsoftmax_axis_1",
        "node_reshape_allowzero_reordered",
        "node_sign",
        "node_thresholdedrelu_default",
    ];
    assert_eq!(refused, expected);
    assert_eq!(files.len() - refused.len(), 112, "as docs/networks.md says");
}
