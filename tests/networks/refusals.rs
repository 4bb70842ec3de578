//! What cannot be read, and in which words.

use super::writer::*;
use switchnet_onnx::{Model, Options};

fn refusal(graph: Graph) -> String {
    refusal_of(&graph.file())
}

fn refusal_of(bytes: &[u8]) -> String {
    Model::from_bytes(bytes, &Options::default()).expect_err("refused").to_string()
}

fn one<const N: usize>(
    opset: i64,
    dims: &[i64],
    operator: &str,
    attributes: [Message; N],
) -> Graph {
    Graph::new(opset, dims).node(operator, &["x"], &["y"], attributes)
}

#[test]
fn nodes_are_named_with_their_operators_and_attributes() {
    let conv = |attribute: Message| {
        Graph::new(11, &[1, 1, 4, 4]).constant("w", doubles(&[1, 1, 2, 2], &[1.0; 4])).named(
            "c1",
            "Conv",
            &["x", "w"],
            &["y"],
            [attribute],
        )
    };
    for (graph, message) in [
        (
            one(13, &[1, 2], "Erf", []),
            "node y (Erf): operator: expected one of those that docs/networks.md lists, found Erf",
        ),
        (
            one(13, &[1, 2], "Relu", [integer("slope", 1)]),
            "node y (Relu): attribute slope: expected none of this name, found one",
        ),
        (
            Graph::new(13, &[1, 2]).node("Relu", &["x", "x"], &["y"], []),
            "node y (Relu): input 1: expected none in this place, found one",
        ),
        (
            one(13, &[1, 2], "Relu", std::array::from_fn::<_, 65, _>(|_| Message::default())),
            "node y (Relu): attributes: expected at most 64, found 65",
        ),
        (
            one(13, &[1, 2], "LeakyRelu", [integer("alpha", 1)]),
            "node y (LeakyRelu): attribute alpha: expected a number, found something else",
        ),
        (
            conv(text("auto_pad", "SAME")),
            "node c1 (Conv): attribute auto_pad: expected NOTSET, VALID, SAME_UPPER or SAME_LOWER, found SAME",
        ),
        (
            conv(integers("pads", &[-1, 0, 0, 0])),
            "node c1 (Conv): attribute pads: expected sides of 0 or more, found -1",
        ),
        (
            conv(integers("kernel_shape", &[3, 3])),
            "node c1 (Conv): attribute kernel_shape: expected [2, 2] as the weight has, found [3, 3]",
        ),
        (
            conv(integer("group", 2)),
            "node c1 (Conv): channels of W times attribute group: expected 1 channels in all, as the input has, found \
             [1, 1, 2, 2]",
        ),
        (
            conv(integers("dilations", &[4, 4])),
            "node c1 (Conv): reach of a window: expected at most the 4 numbers of a side with its padding, found 5",
        ),
        (
            Graph::new(13, &[1, 2]).node("Mul", &["x", "x"], &["y"], []),
            "node y (Mul): inputs: expected at least one constant, found two that depend on the input of the model",
        ),
        (
            Graph::new(13, &[2, 2]).node("MatMul", &["x", "x"], &["y"], []),
            "node y (MatMul): inputs: expected at least one constant, found two that depend on the input of the model",
        ),
        (
            Graph::new(13, &[2, 2]).constant("one", doubles(&[], &[1.0])).node(
                "Div",
                &["one", "x"],
                &["y"],
                [],
            ),
            "node y (Div): input 1 (divisor): expected a constant, found one that depends on the input of the model",
        ),
        (
            one(13, &[1, 2], "Cast", [integer("to", 7)]),
            "node y (Cast): attribute to: expected a type of real numbers for what depends on the input of the model, \
             found type 7",
        ),
        (
            one(13, &[1, 2], "BatchNormalization", [integer("training_mode", 1)]),
            "node y (BatchNormalization): attribute training_mode: expected 0, found 1",
        ),
        (
            Graph::new(13, &[1, 6]).constant("shape", list(&[64, -1])).node(
                "Reshape",
                &["x", "shape"],
                &["y"],
                [],
            ),
            "node y (Reshape): shape: expected one that 6 numbers fill, found [64, -1]",
        ),
        (
            one(13, &[1, 2], "Transpose", [integers("perm", &[0, 0])]),
            "node y (Transpose): attribute perm: expected an order of 2 sides, found [0, 0]",
        ),
        (
            one(13, &[2, 2], "LogSoftmax", []),
            "node y (LogSoftmax): place of the operator: expected the end of the net, with one row, found another",
        ),
        (
            Graph::new(13, &[1, 1, 4]).node(
                "MaxPool",
                &["x"],
                &["z", "y"],
                [integers("kernel_shape", &[2])],
            ),
            "node z (MaxPool): outputs that are read: expected 1: the places of the largest are not, found 2",
        ),
        (
            Graph::new(13, &[1, 2]).node("Relu", &["z"], &["y"], []).node(
                "Relu",
                &["x"],
                &["z"],
                [],
            ),
            "node y (Relu): input z: expected a value that is there before the node, found none",
        ),
        (
            Graph::new(13, &[1, 2]).constant("c", doubles(&[2], &[f64::NAN, 1.0])).node(
                "Add",
                &["x", "c"],
                &["y"],
                [],
            ),
            "node y (Add): bias: expected finite numbers, found NaN",
        ),
    ] {
        assert_eq!(refusal(graph), message);
    }
}

/// What is an input in later sets of operators, an attribute in earlier ones, or never was one.
#[test]
fn inputs_that_nobody_asks_for_are_refused() {
    for (opset, operator, more, i) in [
        (10, "Clip", &["c"][..], 1),
        (10, "Clip", &["", "c"], 2),
        (12, "Squeeze", &["i"], 1),
        (12, "Split", &["i"], 1),
        (12, "ReduceSum", &["i"], 1),
        (17, "ReduceMean", &["i"], 1),
        (17, "ReduceMax", &["i"], 1),
        (11, "Dropout", &["c"], 1),
        (13, "Softmax", &["c"], 1),
        (13, "MaxPool", &["c"], 1),
        (13, "Add", &["c", "c"], 2),
    ] {
        let from = [&["x"], more].concat();
        let graph = Graph::new(opset, &[2, 1, 1])
            .constant("c", doubles(&[], &[0.5]))
            .constant("i", list(&[1]));
        let graph = match operator {
            "MaxPool" => graph.node(operator, &from, &["y"], [integers("kernel_shape", &[1])]),
            _ => graph.node(operator, &from, &["y"], []),
        };
        let expected =
            format!("node y ({operator}): input {i}: expected none in this place, found one");
        assert_eq!(refusal(graph), expected);
    }
    // The last softmax is looked at before it is left out.
    let last = Graph::new(13, &[1, 2]).node("Softmax", &["x", "x"], &["y"], []);
    assert_eq!(refusal(last), "node y (Softmax): input 1: expected none in this place, found one");
    // No input at all is none too many.
    assert!(
        Model::from_bytes(
            &Graph::new(13, &[1, 2]).node("Clip", &["x", "", ""], &["y"], []).file(),
            &Options::default()
        )
        .is_ok()
    );
}

/// Half of 1 is 0 in whole numbers.
#[test]
fn inputs_are_of_real_numbers() {
    let halves = |kind: i64| {
        Graph::of_type(kind, 13, &[1, 2]).constant("c", doubles(&[], &[0.5])).node(
            "Mul",
            &["x", "c"],
            &["y"],
            [],
        )
    };
    let message = |name: &str| {
        format!(
            "input x: type: expected real numbers, or only Casts to them that read it, found {name}"
        )
    };
    for (kind, name) in [(UINT8, "uint8"), (INT32, "int32"), (INT64, "int64"), (BOOL, "bool")] {
        assert_eq!(refusal(halves(kind)), message(name));
        let cast = |to: i64| {
            Graph::of_type(kind, 13, &[1, 2]).node("Cast", &["x"], &["r"], [integer("to", to)])
        };
        // One that stays whole, and one beside another reader.
        assert_eq!(refusal(cast(INT64).node("Relu", &["r"], &["y"], [])), message(name));
        assert_eq!(refusal(cast(DOUBLE).node("Add", &["r", "x"], &["y"], [])), message(name));
        let real = cast(DOUBLE).node("Relu", &["r"], &["y"], []);
        assert!(Model::from_bytes(&real.file(), &Options::default()).is_ok());
    }
    for kind in [FLOAT, DOUBLE, 10, 16] {
        assert!(Model::from_bytes(&halves(kind).file(), &Options::default()).is_ok());
    }
}

/// Constants that a type has not are neither wrapped nor kept.
#[test]
fn whole_numbers_are_of_their_type() {
    let cast = |number: f64, to: i64| {
        Graph::new(13, &[1, 1])
            .constant("c", doubles(&[1], &[number]))
            .node("Cast", &["c"], &["w"], [integer("to", INT64)])
            .node("Cast", &["w"], &["k"], [integer("to", to)])
            .node("Add", &["x", "k"], &["y"], [])
    };
    let direct = |number: f64, to: i64| {
        Graph::new(13, &[1, 1])
            .constant("c", doubles(&[1], &[number]))
            .node("Cast", &["c"], &["k"], [integer("to", to)])
            .node("Add", &["x", "k"], &["y"], [])
    };
    for (to, name, low, high) in [
        (UINT8, "uint8", 0i64, 255i64),
        (INT8, "int8", -128, 127),
        (4, "uint16", 0, 65535),
        (5, "int16", -32768, 32767),
        (INT32, "int32", -(1 << 31), (1 << 31) - 1),
        (UINT32, "uint32", 0, (1 << 32) - 1),
    ] {
        for number in [low, high] {
            for graph in [cast(number as f64, to), direct(number as f64, to)] {
                let model = Model::from_bytes(&graph.file(), &Options::default()).unwrap();
                assert_eq!(model.parameters[0].1.as_slice().unwrap(), [number as f64]);
            }
        }
        for number in [low - 1, high + 1] {
            let message =
                format!("number of type {name}: expected {low} to {high}, found {number}");
            for graph in [cast(number as f64, to), direct(number as f64, to)] {
                assert_eq!(refusal(graph), format!("node k (Cast): {message}"));
            }
            // In a list of the file they have room too.
            let stored = tensor(&[1], to).integer(if to == UINT32 { 11 } else { 5 }, number);
            let graph =
                Graph::new(13, &[1, 1]).constant("c", stored).node("Add", &["x", "c"], &["y"], []);
            assert_eq!(refusal(graph), format!("node y (Add): constant c: {message}"));
        }
    }
}

/// Settings that ask for something else than a net does.
#[test]
fn settings_of_trainings_are_refused() {
    let mut spatial = Graph::new(7, &[1, 2, 1]);
    for name in ["scale", "b", "mean", "var"] {
        spatial = spatial.constant(name, doubles(&[2], &[1.0, 2.0]));
    }
    let from = ["x", "scale", "b", "mean", "var"];
    let spatial = spatial.node("BatchNormalization", &from, &["y"], [integer("spatial", 0)]);
    let training = Graph::new(13, &[1, 2])
        .constant("ratio", doubles(&[], &[0.5]))
        .constant("mode", tensor(&[], BOOL).bytes(9, [1]))
        .node("Dropout", &["x", "ratio", "mode"], &["y"], []);
    let nothing = Graph::new(14, &[2, 3]).constant("to", list(&[0, 6])).node(
        "Reshape",
        &["x", "to"],
        &["y"],
        [integer("allowzero", 1)],
    );
    for (graph, message) in [
        (spatial, "node y (BatchNormalization): attribute spatial: expected 1, found 0"),
        (training, "node y (Dropout): input 2 (training_mode): expected false, found true"),
        (nothing, "node y (Reshape): new shape: expected 6 numbers as [2, 3] has, found [0, 6]"),
    ] {
        assert_eq!(refusal(graph), message);
    }
}

#[test]
fn models_are_refused_as_a_whole() {
    let two = Graph::new(13, &[1, 2]).input("z", &[1, 2]).node("Add", &["x", "z"], &["y"], []);
    for (graph, message) in [
        (one(6, &[1, 2], "Relu", []), "version of the operators: expected 7 or later, found 6"),
        (two, "inputs of the model that the output depends on: expected 1, found 2: x, z"),
        (
            one(13, &[1, 3, 0, 8], "Relu", []),
            "shape of input x: expected a number for side 2, in the file or said, found N",
        ),
        (
            Graph::new(13, &[1, 2]).node("Relu", &["x"], &["y"], []).node(
                "Neg",
                &["x"],
                &["y"],
                [],
            ),
            "value of the graph: expected one node that gives it, found y",
        ),
        (
            Graph::new(13, &[1, 2]).node("Shape", &["x"], &["y"], []),
            "output of the model: expected one that depends on the input, found a constant",
        ),
        (
            Graph::new(13, &[1, 2])
                .constant("c", tensor(&[1 << 40, 1 << 40], DOUBLE).bytes(9, []))
                .node("Add", &["x", "c"], &["y"], []),
            "node y (Add): constant c: shape of a tensor: expected one that fits into memory, found [1099511627776, \
             1099511627776]",
        ),
        (
            Graph::new(13, &[1, 2])
                .constant("c", tensor(&[1 << 30], DOUBLE).bytes(9, [0; 8]))
                .node("Add", &["x", "c"], &["y"], []),
            "node y (Add): constant c: bytes of a tensor: expected 8589934592 for the shape [1073741824], found 8",
        ),
        (
            Graph::new(13, &[1, 2]).constant("c", tensor(&[2], 8)).node(
                "Add",
                &["x", "c"],
                &["y"],
                [],
            ),
            "node y (Add): constant c: type of a tensor: expected float32, uint8, int8, uint16, int16, int32, int64, \
             bool, float16, float64, uint32, uint64, bfloat16, found texts",
        ),
    ] {
        assert_eq!(refusal(graph), message);
    }
    assert_eq!(refusal_of(&[]), "version of the operators: expected 7 or later, found none");
    assert!(refusal_of(b"no such file").starts_with("wire type of field "));
    let opset = Message::default().bytes(1, "").integer(2, 13);
    let empty = Message::default().bytes(7, []).message(8, opset);
    assert_eq!(refusal_of(&empty.0), "output of the model: expected 1, found none");
    // A number that single precision has not is named as it is written.
    let large = doubles(&[1], &[1e300]);
    let graph = Graph::new(13, &[1, 1]).constant("c", large).node("Add", &["x", "c"], &["y"], []);
    let model = Model::from_bytes(&graph.file(), &Options::default()).unwrap();
    let error = model.net::<f32>().unwrap_err().to_string();
    assert_eq!(error, "y.bias: expected numbers that f32 has, found 1e300");
}

/// The page lists every operator that is read, no other, and has these messages.
#[test]
fn the_page_has_every_operator() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/networks.md");
    let page = std::fs::read_to_string(path).unwrap();
    let table = page.split("| operator |").nth(1).unwrap().split("\n\n").next().unwrap();
    let first = |line: &str| line.split('|').nth(1).unwrap().to_owned();
    let cells: String = table.lines().skip(2).map(first).collect();
    let mut listed: Vec<&str> = cells.split('`').skip(1).step_by(2).collect();
    listed.sort_unstable();
    assert_eq!(listed, switchnet_onnx::operators().collect::<Vec<_>>());
    for graph in [
        one(13, &[1, 2], "Erf", []),
        one(13, &[1, 2], "Relu", [integer("slope", 1)]),
        one(6, &[1, 2], "Relu", []),
        Graph::new(13, &[1, 2]).node("Relu", &["x", "x"], &["y"], []),
        Graph::of_type(INT64, 13, &[1, 2]).node("Relu", &["x"], &["y"], []),
        Graph::new(13, &[1, 2]).node("Mul", &["x", "x"], &["y"], []),
    ] {
        let message = refusal(graph);
        assert!(page.contains(&format!("`{message}`")), "{message}");
    }
}

/// Small files that ask for much: refused before it is made.
#[test]
fn small_files_get_little_memory() {
    let large = list(&[1 << 20, 1 << 20]);
    let expand = Graph::new(13, &[1, 1]).constant("shape", large.clone()).node(
        "Expand",
        &["x", "shape"],
        &["y"],
        [],
    );
    let constant = Graph::new(13, &[1, 1])
        .constant("shape", large)
        .node("ConstantOfShape", &["shape"], &["c"], [])
        .node("Add", &["x", "c"], &["y"], []);
    let pads = Graph::new(13, &[1, 1]).constant("pads", list(&[0, 0, 0, 1 << 40])).node(
        "Pad",
        &["x", "pads"],
        &["y"],
        [],
    );
    let split = Graph::new(13, &[1 << 40, 1]).node("Relu", &["x"], &["y"], []);
    let mut doubled = Graph::new(13, &[1, 1]).node("Relu", &["x"], &["v0"], []);
    for i in 0..60 {
        let (from, to) = (format!("v{i}"), format!("v{}", i + 1));
        doubled = doubled.node("Concat", &[&from, &from], &[&to], [integer("axis", 1)]);
    }
    let doubled = doubled.node("Relu", &["v60"], &["y"], []);
    let overflow = Graph::new(13, &[1 << 40, 1 << 40]).node("Relu", &["x"], &["y"], []);
    let empty = Graph::new(13, &[1, 1])
        .constant("c", tensor(&[1 << 40, 1 << 40, 0], DOUBLE).bytes(9, []))
        .node("Flatten", &["c"], &["f"], [integer("axis", 2)])
        .node("Add", &["x", "f"], &["y"], []);
    assert!(refusal(empty).contains("shape of a tensor: expected one that fits into memory"));
    for graph in [expand, constant, pads, split, doubled, overflow] {
        let message = refusal(graph);
        let short = ["numbers in all for this file, found", "numbers for this file, found"];
        assert!(short.iter().any(|short| message.contains(short)), "{message}");
    }
}

#[test]
fn the_output_and_the_shape_can_be_said() {
    let graph = Graph::new(13, &[1, 1, 0, 0]).output("z").node("Relu", &["x"], &["y"], []).node(
        "Neg",
        &["x"],
        &["z"],
        [],
    );
    let bytes = graph.file();
    let options = |output: &str, shape: &[usize]| Options {
        output: Some(output.to_owned()),
        shape: Some(shape.to_vec()),
    };
    let model = Model::from_bytes(&bytes, &options("z", &[1, 1, 2, 3])).unwrap();
    assert_eq!(
        model.to_string(),
        "ONNX, operators of version 13: Neg; x [1, 1, 2, 3] to z [1, 1, 2, 3], one of the outputs y, z"
    );
    let error = Model::from_bytes(&bytes, &options("w", &[1, 1, 2, 3])).unwrap_err();
    assert_eq!(error.to_string(), "output of the model: expected y, z, found w");
    let error = Model::from_bytes(&bytes, &options("y", &[1, 0])).unwrap_err();
    assert_eq!(error.to_string(), "shape of input x: expected sides from 1 on, found [1, 0]");
}

/// Numbers in other files: only below the folder, only as many as are there.
#[test]
fn data_in_other_files() {
    let folder = tempfile::tempdir().unwrap();
    let place = |entries: &[(&str, &str)]| {
        let external = entries.iter().fold(tensor(&[2], DOUBLE), |tensor, (key, value)| {
            tensor.message(13, Message::default().bytes(1, key).bytes(2, value))
        });
        Graph::new(13, &[1, 2])
            .constant("c", external.integer(14, 1))
            .node("Add", &["x", "c"], &["y"], [])
            .file()
    };
    let path = folder.path().join("model.onnx");
    let read = |entries: &[(&str, &str)]| {
        std::fs::write(&path, place(entries)).unwrap();
        switchnet_onnx::read(&path)
    };
    std::fs::create_dir(folder.path().join("data")).unwrap();
    let numbers: Vec<u8> = [9.0f64, 0.5, 0.25].iter().flat_map(|v| v.to_le_bytes()).collect();
    std::fs::write(folder.path().join("data/w.bin"), numbers).unwrap();
    let model = read(&[("location", "data/w.bin"), ("offset", "8"), ("length", "16")]).unwrap();
    assert_eq!(model.parameters[0].1.as_slice().unwrap(), [0.5, 0.25]);
    for (entries, message) in [
        (
            &[("location", "../w.bin")][..],
            "location of external data: expected a path below the folder of the model, found ../w.bin",
        ),
        (
            &[("location", "/etc/hostname")],
            "location of external data: expected a path below the folder of the model, found /etc/hostname",
        ),
        (&[], "location of external data: expected a path below the folder of the model, found "),
        (&[("location", "data")], "location of external data: expected a file, found "),
        (
            &[("location", "data/w.bin"), ("length", "8")],
            "length of external data: expected 16, found 8",
        ),
        (
            &[("location", "data/w.bin"), ("offset", "16")],
            "external data: expected 16 bytes from 16 on, found 24 bytes in ",
        ),
        (
            &[("location", "data/w.bin"), ("offset", "x")],
            "offset of external data: expected a whole number, found x",
        ),
    ] {
        let found = read(entries).expect_err("refused").to_string();
        assert!(found.contains(&format!("node y (Add): constant c: {message}")), "{found}");
    }
    assert!(read(&[("location", "data/none")]).is_err());
    let alone = Model::from_bytes(&place(&[("location", "data/w.bin")]), &Options::default());
    let message = "node y (Add): constant c: external data: expected a model that is read from a file, found data/w.bin";
    assert_eq!(alone.expect_err("refused").to_string(), message);
}

/// Any byte changed, any end cut off: a model or a refusal in one line, and no panic.
#[test]
fn damaged_files_are_models_or_refused() {
    let w: Vec<f64> = (0..36).map(|i| f64::from(i) / 8.0).collect();
    let bytes = Graph::new(13, &[0, 2, 4, 4])
        .constant("w", doubles(&[2, 2, 3, 3], &w))
        .constant("to", list(&[1, -1]))
        .constant("m", doubles(&[8, 2], &w[..16]))
        .node(
            "Conv",
            &["x", "w"],
            &["a"],
            [integers("pads", &[1, 1, 0, 0]), integers("strides", &[2, 2])],
        )
        .node("Clip", &["a"], &["b"], [])
        .node("Transpose", &["b"], &["c"], [integers("perm", &[0, 2, 3, 1])])
        .node("Reshape", &["c", "to"], &["d"], [])
        .node("Gemm", &["d", "m"], &["e"], [float("alpha", 0.5)])
        .node("Softmax", &["e"], &["y"], [integer("axis", 1)])
        .file();
    let look = |bytes: &[u8]| match Model::from_bytes(bytes, &Options::default()) {
        Ok(model) => model.net::<f64>().is_ok(),
        Err(error) => {
            let message = error.to_string();
            assert!(!message.chars().any(char::is_control), "{message:?}");
            false
        }
    };
    assert!(look(&bytes), "{:?}", Model::from_bytes(&bytes, &Options::default()).err());
    let mut accepted = 0;
    for end in 0..bytes.len() {
        look(&bytes[..end]);
    }
    for place in 0..bytes.len() {
        for change in [1, 0x10, 0x80, 0xFF] {
            let mut damaged = bytes.clone();
            damaged[place] ^= change;
            accepted += usize::from(look(&damaged));
        }
    }
    assert!(
        accepted > 100,
        "only {accepted} of the damaged files were accepted, so little was tried"
    );
}
