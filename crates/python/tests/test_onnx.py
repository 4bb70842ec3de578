"""ONNX files: written and read again, and what is refused."""

import pickle
import struct

import numpy as np
import pytest
from switchnet import Net
from toy import blobs, inputs, small

LAYERS = {
    "switch": {"input": [8], "layers": [{"kind": "mix", "transform": "hadamard"}, {"kind": "two-slope"}, {"kind": "dense", "outputs": 3}]},
    "image": {
        "input": [2, 5, 5],
        "layers": [
            {"kind": "conv", "filters": 3, "kernel": 3, "padding": [1, 0, 1, 0], "stride": [2, 1]},
            {"kind": "relu", "name": "open"},
            {"kind": "max-pool", "size": [1, 3]},
            {"kind": "dense", "outputs": 4},
        ],
    },
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("spec", LAYERS.values(), ids=LAYERS)
def test_a_net_written_and_read_again_is_the_very_same(spec, dtype, tmp_path):
    net = Net({"seed": 3, **spec}, dtype)
    net.to_onnx(tmp_path / "net.onnx")
    again = Net.from_onnx(str(tmp_path / "net.onnx"), dtype=dtype)
    assert again.spec == net.spec and again.dtype == net.dtype and again.roles() == net.roles()
    for name, values in net.parameters().items():
        np.testing.assert_array_equal(again.parameters()[name], values)
    x = inputs(4, net.inputs)
    np.testing.assert_array_equal(again.forward(x), net.forward(x))
    assert "by its spec" in again.origin and again.readout is None and net.origin == ""
    assert pickle.loads(pickle.dumps(again)).origin == again.origin


@pytest.mark.parametrize("dtype, precision", [("float32", 1e-5), ("float64", 1e-13)])
def test_by_its_operators_a_file_is_the_same_map(dtype, precision, tmp_path):
    net = small(dtype)
    net.to_onnx(tmp_path / "net.onnx")
    again = Net.from_onnx(tmp_path / "net.onnx", output="y", shape=(1, 8), dtype=dtype)
    assert "by its spec" not in again.origin and "Gemm" in again.origin and again.spec != net.spec
    np.testing.assert_allclose(again.forward(inputs()), net.forward(inputs()), atol=precision)
    a, b = (net.effective_map(inputs()[0]).matrix for net in (again, net))
    np.testing.assert_allclose(a, b, atol=precision)


def test_the_preparation_is_in_the_file_or_in_its_graph(tmp_path):
    x, y = blobs()
    net = Net.zoo("mlp", input=3, outputs=3, hidden=[4], dtype="float64")
    net.preparation = {"standardize": {"mean": [1.0, 2.0, 3.0], "scale": [2.0, 4.0, 8.0]}}
    net.to_onnx(tmp_path / "net.onnx")
    assert Net.from_onnx(tmp_path / "net.onnx").preparation == net.preparation
    net.to_onnx(tmp_path / "raw.onnx", standardization=True)
    raw = Net.from_onnx(tmp_path / "raw.onnx", dtype="float64")
    assert raw.preparation == {}
    np.testing.assert_allclose(raw.forward(x), net.forward(net.prepare(x)), atol=1e-13)
    with pytest.raises(ValueError, match="^standardization: expected a net whose preparation has a standardize, found none$"):
        small().to_onnx(tmp_path / "none.onnx", standardization=True)
    assert not (tmp_path / "none.onnx").exists()


def field(number, content):
    """A field of protocol buffers: bytes, a text, a list of them, a whole number."""
    if isinstance(content, int):
        return bytes([number << 3, content])
    if isinstance(content, list):
        return b"".join(field(number, part) for part in content)
    content = content.encode() if isinstance(content, str) else content
    low, high = len(content) & 127, len(content) >> 7
    return bytes([number << 3 | 2, low | 128, high]) + content


def foreign(*operators, weight=struct.pack("<4f", 1, 2, 3, 4)):
    """A file of another program: a product, then these operators."""
    real = lambda *sides: field(1, field(1, 1) + field(2, b"".join(field(1, field(1, side)) for side in sides)))
    names = ["x", "h", *(f"v{i}" for i in range(len(operators) - 1)), "y"][: len(operators) + 1] + ["y"]
    first = field(1, ["x", "w"]) + field(2, names[1]) + field(3, "first") + field(4, "MatMul")
    nodes = [first]
    for operator, before, behind in zip(operators, names[1:], names[2:]):
        nodes.append(field(1, before) + field(2, behind) + field(3, operator.lower()) + field(4, operator))
    constant = field(1, 2) + field(1, 2) + field(2, 1) + field(8, "w") + field(9, weight)
    graph = field(1, nodes) + field(2, "g") + field(5, constant)
    graph += field(11, field(1, "x") + field(2, real(1, 2))) + field(12, field(1, "y") + field(2, real(1, 2)))
    return field(1, 7) + field(7, graph) + field(8, field(1, "") + field(2, 13))


def test_a_last_softmax_is_left_out_and_said(tmp_path):
    file = tmp_path / "net.onnx"
    file.write_bytes(foreign("Relu", "Softmax"))
    with pytest.warns(UserWarning, match="net.onnx: the last Softmax is left out of the net: forward gives what goes into it"):
        net = Net.from_onnx(file)
    x = np.array([1.0, -1.0])
    np.testing.assert_array_equal(net.forward(x), [0.0, 0.0])
    np.testing.assert_array_equal(net.forward(-x), [2.0, 2.0])
    np.testing.assert_allclose(net.predict_proba(x), [0.5, 0.5])
    assert net.readout == "Softmax" and "the last Softmax is left out" in net.origin and "Softmax" in repr(net)
    with pytest.raises(ValueError, match="^verify: expected a net that ends without a softmax, found one whose last Softmax"):
        net.verify("")


def test_what_cannot_be_read_or_written_is_one_line(tmp_path):
    file = tmp_path / "net.onnx"
    cases = [
        (foreign("Erf", "Relu"), {}, r"node erf \(Erf\): operator: expected one of those"),
        (foreign("Relu"), {"output": "z"}, "z"),
        (foreign("Relu"), {"shape": (1, 3)}, "3"),
        (foreign("Relu", weight=struct.pack("<4f", 1, 2, 3, float("inf"))), {}, "finite"),
        (b"no file of this kind", {}, "net.onnx"),
    ]
    for content, more, message in cases:
        file.write_bytes(content)
        with pytest.raises(ValueError, match=message) as error:
            Net.from_onnx(file, **more)
        assert str(error.value).startswith(str(file)) and "\n" not in str(error.value)
    with pytest.raises(FileNotFoundError):
        Net.from_onnx(tmp_path / "other.onnx")
    with pytest.raises(TypeError, match="^shape: expected a whole number, not negative, found 'a'$"):
        Net.from_onnx(file, shape="a")
    with pytest.raises(ValueError, match="dtype: expected float32 or float64, found float16"):
        Net.from_onnx(file, dtype="float16")
    layers = [{"kind": "mix", "transform": "dct2"}]
    with pytest.raises(ValueError, match=r"layer 0 \(mix\): length of the transform dct2: expected at most 1024") as error:
        Net({"input": [1031], "seed": 1, "layers": layers}).to_onnx(tmp_path / "long.onnx")
    assert "\n" not in str(error.value) and not (tmp_path / "long.onnx").exists()


def test_numbers_too_large_for_single_precision_are_refused(tmp_path):
    net = Net({"input": [1], "seed": 1, "layers": [{"kind": "dense", "outputs": 1}]}, "float64")
    net.set_parameters({"0.weight": [[1e300]]})
    net.to_onnx(tmp_path / "net.onnx")
    assert Net.from_onnx(tmp_path / "net.onnx", dtype="float64").parameters()["0.weight"] == 1e300
    with pytest.raises(ValueError, match="0.weight: expected numbers that f32 has, found 1e300"):
        Net.from_onnx(tmp_path / "net.onnx")
