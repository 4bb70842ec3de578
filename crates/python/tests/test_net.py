"""Nets from specs, files and the zoo; outputs, parameters, files, pickles."""

import copy
import json
import multiprocessing
import os
import pickle
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from switchnet import Net
from switchnet.transforms import hadamard
from toy import inputs, small

ROOT = Path(__file__).parents[3]
SPEC = {
    "input": [8],
    "seed": 1,
    "layers": [{"kind": "mix", "transform": "hadamard"}, {"kind": "relu"}, {"kind": "dense", "outputs": 3}],
}
TOML = """
input = [8]
seed = 1
layers = [{ kind = "mix", transform = "hadamard" }, { kind = "relu" }, { kind = "dense", outputs = 3 }]
"""


@pytest.mark.parametrize("dtype, precision", [("float32", 1e-5), ("float64", 1e-13)])
def test_outputs_are_the_formula(dtype, precision):
    net, x = Net(SPEC, dtype), inputs()
    weights = net.parameters()
    expected = np.maximum(hadamard(x), 0) @ weights["2.weight"].T + weights["2.bias"]
    y = net.forward(x)
    assert y.dtype == dtype == net.dtype and net.roles() == {"2.weight": "weight", "2.bias": "bias"}
    np.testing.assert_allclose(y, expected, atol=precision)
    np.testing.assert_array_equal(net(x), y)
    np.testing.assert_array_equal(net.forward(x[1])[None], net.forward(x[1:2]))
    np.testing.assert_array_equal(net.predict(x), expected.argmax(axis=1))
    exponentials = np.exp(expected)
    expected = exponentials / exponentials.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(net.predict_proba(x), expected, atol=precision)


def test_a_spec_is_a_dict_a_text_or_a_file(tmp_path):
    file = tmp_path / "net.toml"
    file.write_text(TOML)
    nets = [Net(SPEC), Net(json.dumps(SPEC)), Net(TOML), Net(file)]
    for net in nets:
        assert net.spec == nets[0].spec
        np.testing.assert_array_equal(net.forward(inputs()), nets[0].forward(inputs()))
    assert Net(nets[0].spec).spec == nets[0].spec
    assert (nets[0].inputs, nets[0].outputs) == (8, 3)
    assert "dense" in nets[0].summary() and "27 parameters" in repr(nets[0])


def test_a_file_that_is_no_text_is_refused_by_its_name(tmp_path):
    file = tmp_path / "net.toml"
    file.write_bytes(b"input = [8] # \xff")
    with pytest.raises(ValueError, match="net.toml: spec: expected a text in UTF-8, found byte 0xff at 14$") as error:
        Net(file)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["switch", "mlp", "cnn", "cosine-bank", "multi-scale-bank", "sliding-bank"])
def test_nets_of_the_zoo_take_images(name):
    net = Net.zoo(name, input=(1, 16, 16), outputs=10)
    x = np.random.default_rng(1).normal(size=(2, 1, 16, 16))
    y = net.forward(x)
    assert y.shape == (2, 10)
    np.testing.assert_array_equal(net.forward(x.reshape(2, 256)), y)
    np.testing.assert_array_equal(net.forward(x[:, 0]), y)


def test_options_of_the_zoo_are_those_of_files():
    shapes = [values.shape for values in Net.zoo("mlp", 4, 2, hidden=np.array([5])).parameters().values()]
    assert shapes == [(5, 4), (5,), (2, 5), (2,)]
    thin = Net.zoo("thin-mlp", 4, 2, parameters=100, hidden_layers=1)
    assert sum(values.size for values in thin.parameters().values()) <= 100


def test_a_view_of_another_type_gives_the_same():
    net, x = small(), np.random.default_rng(1).integers(0, 255, (6, 8))
    expected = net.forward(x.astype(np.float32))
    wide = np.zeros((6, 16), np.float32)
    wide[:, ::2] = x
    for same in [x, x.astype(np.uint8), x.tolist(), np.asfortranarray(x), wide[:, ::2], x.astype(">f8")]:
        np.testing.assert_array_equal(net.forward(same), expected)


def test_there_may_be_no_rows():
    assert small().forward(np.zeros((0, 8))).shape == (0, 3) and small().predict(np.zeros((0, 8))).shape == (0,)
    with pytest.raises(ValueError, match="x: expected rows of 8 numbers"):
        small().forward(np.zeros((0, 7)))


def in_a_fork(x):
    return NETS[0].forward(x)


NETS = []


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="NOT TESTED: no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own():
    """It would wait for ever for those of the process that it was forked from; the minutes only end a test that fails."""
    NETS[:] = [small()]
    x = np.random.default_rng(1).normal(size=(5000, 8))
    expected = NETS[0].forward(x)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        for found in pool.map_async(in_a_fork, [x, x, x]).get(timeout=120):
            np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(NETS[0].forward(x), expected)


def test_parameters_go_in_whole_or_not_at_all():
    net, other = small(), Net.zoo("switch", 8, 3, depth=2, seed=2)
    changed = {name: values + 0.25 for name, values in net.parameters().items()}
    net.set_parameters(changed)
    for name, values in net.parameters().items():
        np.testing.assert_array_equal(values, changed[name])
    first, second = list(changed)[:2]
    before = net.forward(inputs())
    for bad in [{first: changed[first] + 1, second: np.zeros(3)}, {first: changed[first] + 1, "other": np.zeros(3)}]:
        with pytest.raises(ValueError):
            net.set_parameters(bad)
        np.testing.assert_array_equal(net.forward(inputs()), before)
    net.parameters()[first][...] = 7  # a copy
    np.testing.assert_array_equal(net.forward(inputs()), before)
    assert other.forward(inputs()).tolist() != before.tolist()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_saved_loaded_pickled_and_copied_are_the_same_bits(dtype, tmp_path):
    net, path = small(dtype), tmp_path / "net.safetensors"
    net.preparation = {"standardize": {"mean": [1.0] * 8, "scale": [2.0] * 8}}
    net.save(path)
    for same in [Net.load(path, dtype), Net.load(str(path), dtype), pickle.loads(pickle.dumps(net)), copy.deepcopy(net)]:
        np.testing.assert_array_equal(same.forward(inputs()), net.forward(inputs()))
        assert same.spec == net.spec and same.dtype == net.dtype and same.preparation == net.preparation
        np.testing.assert_array_equal(same.prepare(inputs()), ((inputs() - 1) / 2).astype(dtype))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("order", "CF")
def test_no_rows_give_no_rows(dtype, order):
    """A view of none of the rows of an array has the strides of that array."""
    none = np.zeros((5, 8), dtype, order)[:0]
    for targets in ({}, {"standardize-targets": {"mean": [1.0], "scale": [2.0]}}):
        net = small(dtype, outputs=1)
        net.preparation = {"standardize": {"mean": [1.0] * 8, "scale": [2.0] * 8}, **targets}
        assert net.prepare(none).shape == (0, 8) and net.forward(none).shape == net.predict(none).shape == (0, 1)
    assert small(dtype).predict_proba(none).shape == (0, 3)


@pytest.mark.parametrize("name", ["switch", "mixed"])
def test_checkpoints_of_the_first_edition_give_what_they_gave(name):
    folder = ROOT / "tests/first-edition"
    known = json.loads((folder / f"{name}.json").read_text())
    y = Net.load(folder / f"{name}.safetensors", "float64").forward(np.array(known["x"]))
    np.testing.assert_allclose(y, known["y"], rtol=0, atol=1e-12)


def command():
    """The command line of this workspace: named by SWITCHNET_COMMAND, or built before."""
    named = os.environ.get("SWITCHNET_COMMAND")
    built = [ROOT / "target" / profile / "switchnet" for profile in ("release", "debug")]
    found = [named] if named else [str(path) for path in built if path.is_file()]
    if not found:
        pytest.skip("NOT TESTED: no command `switchnet` is built, and SWITCHNET_COMMAND names none")
    return found[0]


def test_a_checkpoint_of_the_command_line_gives_the_same_outputs(tmp_path):
    path, rng = tmp_path / "net.safetensors", np.random.default_rng(1)
    x = rng.normal(loc=5.0, scale=3.0, size=(90, 4))
    rows = [f"{','.join(map(repr, map(float, row)))},{'yes' if row[0] > row[1] else 'no'}" for row in x]
    (tmp_path / "table.csv").write_text("\n".join(["a,b,c,d,target", *rows]) + "\n")
    run = lambda *words: subprocess.run([command(), *words], cwd=tmp_path, check=True, capture_output=True)
    run("train", "--data", "table.csv", "--net", "switch", "--epochs", "2", "--out", str(path))
    run("predict", str(path), "--data", "table.csv", "--out", "predictions.csv")
    head, *lines = [line.split(",") for line in (tmp_path / "predictions.csv").read_text().splitlines()]
    net = Net.load(path)
    classes = net.preparation["schema"]["classes"]
    assert head == ["row", "class", *(f"p({name})" for name in classes)]
    probabilities = net.predict_proba(net.prepare(x))
    assert [line[1] for line in lines] == [classes[k] for k in probabilities.argmax(axis=1)]
    # The command reads the table in single precision, and standardizes that.
    np.testing.assert_allclose(probabilities, np.array(lines)[:, 2:].astype(float), atol=1e-5)
    # The command reads what is saved here.
    net.save(tmp_path / "again.safetensors")
    run("predict", str(tmp_path / "again.safetensors"), "--data", "table.csv", "--out", "again.csv")
    assert (tmp_path / "again.csv").read_text() == (tmp_path / "predictions.csv").read_text()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_predictions_of_values_are_in_their_own_units(dtype, tmp_path):
    net = small(dtype, outputs=2)
    x, y = inputs(), net.forward(inputs())
    np.testing.assert_array_equal(net.predict(x), y.argmax(axis=1))
    net.preparation = {"standardize-targets": {"mean": [100.0, -1.0], "scale": [10.0, 0.5]}}
    net.save(tmp_path / "net.safetensors")
    loaded = Net.load(tmp_path / "net.safetensors", dtype)
    expected = (y.astype(float) * [10.0, 0.5] + [100.0, -1.0]).astype(dtype)
    np.testing.assert_array_equal(loaded.predict(x), expected)
    np.testing.assert_allclose(loaded.predict(x[0]), expected[0], rtol=1e-5)
    one = small(dtype, outputs=1)
    np.testing.assert_array_equal(one.predict(x), one.forward(x))


def test_a_checkpoint_of_values_of_the_command_line_gives_the_same_predictions(tmp_path):
    path, rng = tmp_path / "net.safetensors", np.random.default_rng(1)
    x = rng.normal(loc=5.0, scale=3.0, size=(90, 4))
    rows = [",".join(map(repr, map(float, [*row, 1000 * row[0] + row[1]]))) for row in x]
    (tmp_path / "table.csv").write_text("\n".join(["a,b,c,d,target", *rows]) + "\n")
    run = lambda *words: subprocess.run([command(), *words], cwd=tmp_path, check=True, capture_output=True)
    run("train", "--data", "table.csv", "--net", "switch", "--epochs", "2", "--out", str(path))
    run("predict", str(path), "--data", "table.csv", "--out", "predictions.csv")
    _, *lines = [line.split(",") for line in (tmp_path / "predictions.csv").read_text().splitlines()]
    net = Net.load(path)
    found = net.predict(net.prepare(x))
    assert found.shape == (90, 1) and found.std() > 1
    np.testing.assert_allclose(found[:, 0], np.array(lines)[:, 1].astype(float), rtol=1e-3, atol=1)


def test_another_program_rebuilds_what_is_saved(tmp_path):
    net, path = small(), tmp_path / "net.safetensors"
    net.save(path)
    rows = json.dumps(inputs().astype(np.float32).tolist())
    program = [sys.executable, str(ROOT / "docs/files/rebuild.py"), str(path)]
    found = json.loads(subprocess.run(program, input=rows, check=True, capture_output=True, text=True).stdout)
    np.testing.assert_allclose(net.forward(inputs()), found, atol=1e-5)


@pytest.mark.parametrize(
    "kind, message, call",
    [
        (ValueError, "spec: expected a net in TOML", lambda: Net("input = [8]\nseed = ")),
        (ValueError, "found .* in line 3", lambda: Net("input = [8]\nseed = 1\nlayers = [{ kind = 7 }]")),
        (ValueError, "spec: expected a net in JSON, found", lambda: Net("{")),
        (ValueError, "spec: .*wavelet", lambda: Net({**SPEC, "layers": [{"kind": "wavelet"}]})),
        (ValueError, "width", lambda: Net({**SPEC, "width": 3})),
        (TypeError, "spec: expected a dict, a text or a path, found int", lambda: Net(3)),
        (TypeError, "setting: expected .* found set", lambda: Net({**SPEC, "seed": {1}})),
        (ValueError, "dtype: expected float32 or float64, found int64", lambda: Net(SPEC, dtype=np.int64)),
        (ValueError, "dtype: expected float32 or float64, found 'abc'", lambda: Net(SPEC, dtype="abc")),
        (ValueError, "dtype: expected float32 or float64, found None", lambda: Net(SPEC, dtype=None)),
        (TypeError, "preparation: expected a dict, found int", lambda: setattr(small(), "preparation", 3)),
        (TypeError, "key of parameters: expected a text, found 3", lambda: small().set_parameters({3: [1.0]})),
        (FileNotFoundError, "none.toml", lambda: Net(Path("none.toml"))),
        (FileNotFoundError, "none.safetensors: ", lambda: Net.load("none.safetensors")),
        (ValueError, "test_net.py: checkpoint: expected a whole safetensors file", lambda: Net.load(__file__)),
        (NotADirectoryError, "net.safetensors: ", lambda: small().save(Path(__file__, "net.safetensors"))),
        (ValueError, "net of the zoo: .*lattice", lambda: Net.zoo("lattice", 8, 3)),
        (ValueError, "net of the zoo: .*`deep`", lambda: Net.zoo("switch", 8, 3, deep=3)),
        (ValueError, "depth of a switch net", lambda: Net.zoo("switch", 8, 3, depth=10**9)),
        (ValueError, r"x: expected rows of 8 numbers in all, found shape \(2, 7\)", lambda: small().forward(np.ones((2, 7)))),
        (ValueError, r"found shape \(7,\)", lambda: small().forward(np.ones(7))),
        (TypeError, "x: expected real numbers, found an array of complex128", lambda: small().forward(np.ones(8) * 1j)),
        (TypeError, "x: expected real numbers, found an array of <U1", lambda: small().forward(list("abcdefgh"))),
        (TypeError, "x: .* found a masked array", lambda: small().forward(np.ma.ones(8))),
        (ValueError, "name of a parameter: expected one of the net's, found other", lambda: small().set_parameters({"other": [1.0]})),
        (ValueError, r"shape of parameter 2.bias: expected \[8\], found \[3\]", lambda: small().set_parameters({"2.bias": [1.0] * 3})),
        (ValueError, "parameter 2.bias: expected finite numbers, found NaN", lambda: small().set_parameters({"2.bias": [np.nan] * 8})),
        (ValueError, "input: expected a whole number, not negative, found -1", lambda: Net.zoo("switch", (1, -1), 3)),
        (TypeError, "input: expected a whole number, not negative, found 8.0", lambda: Net.zoo("switch", 8.0, 3)),
        (TypeError, "input: expected a whole number, not negative, found '8'", lambda: Net.zoo("switch", "8", 3)),
        (TypeError, "outputs: expected a whole number, not negative, found None", lambda: Net.zoo("switch", 8, None)),
        (ValueError, "predict_proba: expected a net of classes, found one of values", lambda: small(outputs=1).predict_proba(inputs())),
        (ValueError, "row 1, column 2 of x, prepared: expected a finite f32, found 1e300", lambda: small().prepare([[0.0] * 8, [1e300 * (i == 2) for i in range(8)]])),
        (ValueError, "row 0, column 0 of x, prepared: expected a finite f32, found NaN", lambda: small().prepare([np.nan] * 8)),
        (ValueError, "row 0, column 0 of x: expected a finite f64, found inf", lambda: small("float64").forward([np.inf] * 8)),
        (ValueError, "row 1, column 0 of x: expected a finite f32, found NaN", lambda: small().predict([[0.0] * 8, [np.nan] * 8])),
        (ValueError, "seed: expected a whole number, not negative, found -2", lambda: Net.zoo("switch", 8, 3, seed=-2)),
        (ValueError, "sizes of a net: .*expected u64", lambda: Net.zoo("switch", 8, 3, seed=2**64)),
        (ValueError, "setting: expected finite numbers", lambda: Net.zoo("switch", 8, 3, dropout=np.nan)),
        (ValueError, "option of a net: .* found net='mlp'", lambda: Net.zoo("switch", 8, 3, net="mlp")),
        (ValueError, "standardize: .*scale", lambda: setattr(small(), "preparation", {"standardize": {"mean": [1.0] * 8}})),
        (
            ValueError,
            "columns of standardize: expected 8, found 1",
            lambda: setattr(small(), "preparation", {"standardize": {"mean": [1.0], "scale": [1.0]}}),
        ),
        (ValueError, "name of a preparation", lambda: setattr(small(), "preparation", {"mean": {}})),
    ],
)
def test_errors_are_one_line(kind, message, call):
    with pytest.raises(kind, match=message) as error:
        call()
    assert "\n" not in str(error.value)
