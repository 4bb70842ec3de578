"""What programs of others make of the files in a folder: for each, the outputs of all rows at once, and of each alone.

    python3 runtime.py FOLDER single|double
"""
import json, pathlib, sys
import numpy, onnx, onnx.reference, onnxruntime


def outputs(path, single):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    if single:
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    else:
        session = onnx.reference.ReferenceEvaluator(model)
    return lambda x: session.run(["y"], {"x": x})[0].astype(float).tolist()


folder, single = pathlib.Path(sys.argv[1]), sys.argv[2] == "single"
answers = {}
for number, given in json.loads((folder / "inputs.json").read_text()).items():
    x = numpy.array(given["rows"], numpy.float32 if single else numpy.float64).reshape(-1, *given["shape"])
    f = outputs(folder / f"{number}.onnx", single)
    answers[number] = [f(x), [f(row[None])[0] for row in x]]
print(json.dumps(answers))
