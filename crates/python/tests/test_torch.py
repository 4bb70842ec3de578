"""Transforms, switches and nets as modules of PyTorch, against the library and by differences."""

import copy
import json
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
import switchnet
from switchnet import Net, transforms

torch = pytest.importorskip("torch", reason="PyTorch is not installed, so nothing of it is tested")
import switchnet.torch as modules  # noqa: E402

gradcheck, gradgradcheck = torch.autograd.gradcheck, torch.autograd.gradgradcheck
functional_call = getattr(torch, "func", torch.nn.utils.stateless).functional_call
PRECISION = {torch.float32: 1e-5, torch.float64: 1e-13}
KINDS = [("hadamard", {}), ("hadamard", {"order": "sequency"}), ("hartley", {}), ("dct2", {}), ("dct3", {})]


def drawn(*shape, dtype=torch.float64, seed=1):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


@pytest.mark.parametrize("dtype", PRECISION)
@pytest.mark.parametrize("name, options", KINDS)
def test_transforms_are_those_of_arrays(name, options, dtype):
    x, function = drawn(3, 8, 5, dtype=dtype), getattr(modules, name)
    for dim in (1, -2):
        expected = getattr(transforms, name)(x.numpy(), dim, **options)
        assert function(x, dim, **options).dtype == dtype
        np.testing.assert_array_equal(function(x, dim, **options).numpy(), expected)
    turned = x.transpose(1, 2)
    np.testing.assert_array_equal(function(turned, **options).numpy(), getattr(transforms, name)(turned.numpy(), **options))
    one = drawn(8, dtype=dtype).expand(4, 8)
    np.testing.assert_array_equal(function(one, **options).numpy(), getattr(transforms, name)(one.numpy().copy(), **options))
    assert function(x[:0], 1, **options).shape == (0, 8, 5)


@pytest.mark.parametrize("name, options", KINDS)
def test_derivatives_of_transforms_are_right(name, options):
    function, x = getattr(modules, name), drawn(2, 8, 3).requires_grad_()
    assert gradcheck(lambda x: function(x, 1, **options), x) and gradgradcheck(lambda x: function(x, 1, **options), x)
    kind = {"hadamard": modules.Hadamard, "hartley": modules.Hartley, "dct2": modules.DCT2, "dct3": modules.DCT3}[name]
    module = kind(1, **options)
    assert torch.equal(module(x), function(x, 1, **options)) and "dim=1" in repr(module)


def test_tensors_on_the_cpu_are_not_copied(monkeypatch):
    seen, kernel = [], transforms.dct2
    monkeypatch.setattr(transforms, "dct2", lambda x, *more: seen.append(x.__array_interface__["data"][0]) or kernel(x, *more))
    x = drawn(4, 8)
    modules.dct2(x.requires_grad_()).sum().backward()
    assert seen == [x.data_ptr()]


@pytest.mark.parametrize("n", [1, 2, 8, 12, 20, 28, 24, 240, 64, 1024])
def test_hadamard_by_small_matrices_is_the_same(n):
    from switchnet.torch.transforms import _by_matrices

    for order in ["natural", "sequency"] if n & (n - 1) == 0 else ["natural"]:
        x = drawn(2, n, 3).requires_grad_()
        expected = transforms.hadamard(x.detach().numpy(), 1, order=order)
        np.testing.assert_allclose(_by_matrices("hadamard", x, 1, order).detach().numpy(), expected, atol=1e-12)
        dy = drawn(2, n, 3, seed=2)
        (dx,) = torch.autograd.grad(_by_matrices("hadamard", x, 1, order), x, dy)
        np.testing.assert_allclose(dx.numpy(), modules.hadamard(dy, 1, order=order).numpy(), atol=1e-12)


@pytest.mark.parametrize("name, options", KINDS)
def test_other_tensors_go_through_small_matrices(name, options):
    function, x = getattr(modules, name), drawn(3, 16)
    assert function(x.to("meta"), **options).shape == (3, 16) and function(x.to("meta"), **options).device.type == "meta"
    rough = function(x.bfloat16(), **options)
    assert rough.dtype == torch.bfloat16
    np.testing.assert_allclose(rough.double().numpy(), function(x, **options).numpy(), atol=0.1)
    y = function(torch.complex(x, 2 * x), **options)
    np.testing.assert_allclose(y.numpy(), (1 + 2j) * function(x, **options).numpy(), atol=1e-13)


def test_switches_are_their_formulas():
    x, two, block = drawn(5, 8), modules.TwoSlope(8, dtype=torch.float64), modules.BlockSwitch(8, 4, dtype=torch.float64)
    assert torch.equal(two(x), x) and block.open.shape == (8, 4) and "block=4" in repr(block) and "8" in repr(two)
    with torch.no_grad():
        for number, slopes in enumerate(two.parameters()):
            slopes.copy_(drawn(8, seed=number + 5))
    for module, layer in ((two, {"kind": "two-slope"}), (block, {"kind": "block-switch", "block": 4})):
        net = Net({"input": [8], "seed": 1, "layers": [layer]}, "float64")
        net.set_parameters({f"0.{name}": values.detach().numpy() for name, values in module.named_parameters()})
        np.testing.assert_allclose(module(x).detach().numpy(), net.forward(x.numpy()), atol=1e-14)
        assert module(x.reshape(1, 5, 8)).shape == (1, 5, 8)
        x.requires_grad_()
        check = lambda x, open, closed: functional_call(module, {"open": open, "closed": closed}, x)
        assert gradcheck(check, (x, module.open, module.closed)) and gradgradcheck(check, (x, module.open, module.closed))
        x.requires_grad_(False)
    zero = torch.zeros(1, 8, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(two(zero).sum(), zero)
    assert torch.equal(slope[0], two.closed)  # at zero a switch is closed, as in the library


def chain(*layers, shape=(8,)):
    return {"input": list(shape), "seed": 3, "layers": list(layers)}


def mixes(*transforms, **more):
    return [{"kind": "mix", "transform": name, **more} for name in transforms]


LINEAR = ("signs", "hadamard", "permutation", "hadamard-sequency", "hartley", "dct2", "dct3", "identity")
IMAGE, PLACES = (2, 4, 8), (4, 4, 6)
SPECS = {
    "transforms": chain(*mixes(*LINEAR)),
    "of blocks": chain(*mixes(*LINEAR, block=4)),
    "separable": chain(*mixes(*LINEAR, separable=True), shape=IMAGE),
    "of squares": chain(*mixes(*LINEAR, separable=True, block=4), shape=IMAGE),
    "of one channel": chain(*mixes("signs", "dct2", separable=True), shape=(1, 4, 3)),
    "switches": chain({"kind": "two-slope", "open": {"uniform": 1.0}, "closed": {"normal": 1.0}}, {"kind": "prelu"}, {"kind": "leaky", "slope": 0.3}, {"kind": "relu"}),
    "block-switch": chain({"kind": "block-switch", "block": 2}, {"kind": "crelu"}, {"kind": "block-switch", "block": 4}),
    "gates": chain({"kind": "tile", "width": 16}, *mixes("signs", "hadamard", block=8), {"kind": "detached", "open": {"normal": 1.0}}, {"kind": "take", "width": 8}),
    "dense": chain({"kind": "dense", "outputs": 5}, {"kind": "diagonal", "scale": {"normal": 1.0}, "bias": True}, {"kind": "dense", "outputs": 3, "bias": False}, {"kind": "diagonal", "scale": {"normal": 1.0}, "bias": False}),
    "shapes": chain({"kind": "pad", "width": 13}, {"kind": "slice", "start": 3, "width": 10}, {"kind": "sum-halves"}, {"kind": "gather", "indices": [4, -1, 0, 0]}, {"kind": "reshape", "shape": [1, 2, 2]}, {"kind": "flatten"}),
    "smooth": chain({"kind": "rms-norm"}, {"kind": "tanh"}, {"kind": "elu"}, {"kind": "sigmoid"}, {"kind": "softmax"}),
    "conv": chain({"kind": "conv", "filters": 4, "kernel": [3, 2], "padding": [2, 1, 0, 3], "stride": [2, 3], "dilation": [1, 2], "groups": 2}, {"kind": "relu"}, {"kind": "conv", "filters": 2, "kernel": 1}, shape=IMAGE),
    "max": chain({"kind": "max-pool", "size": 2}, shape=IMAGE),
    "max of all kinds": chain({"kind": "max-pool", "size": [3, 2], "stride": [2, 3], "padding": [1, 0, 2, 1], "ceil": True}, shape=IMAGE),
    "mean": chain({"kind": "average-pool", "size": [3, 2], "stride": [2, 3], "padding": [1, 0, 2, 1], "ceil": True}, {"kind": "average-pool"}, shape=IMAGE),
    "mean of zeros": chain({"kind": "average-pool", "size": 3, "stride": 2, "padding": 1, "ceil": True, "count-padding": True}, shape=IMAGE),
    "positions": chain(
        {"kind": "channels-last"},
        {"kind": "patches", "size": 2, "stride": 1, "padding": 1},
        {"kind": "positionwise", "layers": [{"kind": "dense", "outputs": 4}, *mixes("signs", "hadamard"), {"kind": "two-slope"}]},
        {"kind": "shift", "window": 2},
        {"kind": "average-pool", "size": 2, "channels-last": True},
        {"kind": "channels-first"},
        {"kind": "z-order"},
        shape=IMAGE,
    ),
    "shortcuts": chain(
        {"kind": "residual", "layers": [{"kind": "dense", "outputs": 8}, {"kind": "relu"}, {"kind": "residual", "layers": mixes("signs", "hadamard")}]},
        {"kind": "dense", "outputs": 8, "name": "through"},
        {"kind": "relu", "name": "open"},
        {"kind": "mix", "transform": "dct2", "from": "input", "name": "short"},
        {"kind": "add", "from": ["open", "short", "through"], "name": "sum"},
        {"kind": "concat", "from": ["sum", "input"]},
    ),
    "images together": chain(
        {"kind": "conv", "filters": 1, "kernel": 3, "padding": 1, "name": "a"},
        {"kind": "concat", "from": ["input", "a"]},
        {"kind": "conv", "filters": 1, "kernel": 2},
        shape=IMAGE,
    ),
    "dropout": chain({"kind": "dropout", "probability": 0.5}, {"kind": "dense", "outputs": 2}),
}
NETS = {**{name: (lambda dtype, spec=spec: Net(spec, dtype)) for name, spec in SPECS.items()}}
for _name, _more in [("switch", {}), ("mlp", {}), ("cnn", {}), ("cosine-bank", {}), ("multi-scale-bank", {}), ("sliding-bank", {})]:
    NETS[f"zoo: {_name}"] = lambda dtype, name=_name, more=_more: Net.zoo(name, input=(1, 16, 16), outputs=3, dtype=dtype, **more)


def test_every_kind_of_layer_has_a_net_here():
    with pytest.raises(ValueError) as error:
        Net(chain({"kind": "none"}))
    listed = str(error.value).split("expected add, concat, ")[1].split(", found")[0].split(", ")
    tried = json.dumps(list(SPECS.values()))
    assert len(listed) > 30 and [kind for kind in listed if f'"kind": "{kind}"' not in tried] == []


def stirred(net, seed=2):
    """The net with other numbers in all its parameters."""
    rng = np.random.default_rng(seed)
    net.set_parameters({name: values + rng.normal(scale=0.2, size=values.shape) for name, values in net.parameters().items()})
    return net


@pytest.mark.parametrize("dtype", PRECISION)
@pytest.mark.parametrize("make", NETS.values(), ids=NETS)
def test_a_module_is_its_net(make, dtype):
    net = stirred(make(str(dtype)[6:]))
    module = modules.Module(net).eval()
    x = drawn(4, *net.shape, dtype=dtype)
    expected = net.forward(x.numpy())
    found = module(x)
    assert found.dtype == dtype and found.shape == expected.shape
    np.testing.assert_allclose(found.detach().numpy(), expected, atol=PRECISION[dtype] * np.abs(expected).max())
    assert torch.equal(module(x.flatten(1)), found)


@pytest.mark.parametrize("make", NETS.values(), ids=NETS)
def test_derivatives_of_a_module_are_those_of_the_net(make):
    net = stirred(make("float64"))
    module, x = modules.Module(net).eval(), drawn(net.inputs)
    found = torch.autograd.functional.jacobian(lambda x: module(x[None])[0], x)
    np.testing.assert_allclose(found.numpy(), net.effective_map(x.numpy()).matrix, atol=1e-11)


@pytest.mark.parametrize("make", [NETS[name] for name in SPECS], ids=SPECS)
def test_gradients_of_a_module_are_right(make):
    module = modules.Module(stirred(make("float64"))).eval()
    names, values = zip(*module.named_parameters()) if list(module.parameters()) else ((), ())
    x = drawn(2, *module.spec["input"]).requires_grad_()
    call = lambda x, *values: functional_call(module, dict(zip(names, values)), x)
    assert gradcheck(call, (x, *values))


def tensors(path):
    """The tensors of a checkpoint."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header, data = json.loads(data[8 : 8 + length]), data[8 + length :]
    header.pop("__metadata__")
    kinds = {"F32": np.float32, "F64": np.float64, "I64": np.int64}
    read = lambda t: np.frombuffer(data[slice(*t["data_offsets"])], kinds[t["dtype"]]).reshape(t["shape"]).copy()
    return {name: torch.from_numpy(read(t)) for name, t in header.items()}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("make", NETS.values(), ids=NETS)
def test_the_state_is_that_of_a_checkpoint_both_ways(make, dtype, tmp_path):
    net = stirred(make(dtype))
    module = modules.Module(net)
    assert [name for name, _ in module.named_parameters()] == list(net.parameters())
    net.save(tmp_path / "net.safetensors")
    state, saved = module.state_dict(), tensors(tmp_path / "net.safetensors")
    assert state.keys() == saved.keys()
    for name, values in saved.items():
        assert torch.equal(state[name], values) and state[name].dtype == values.dtype, name
    fresh = modules.Module(Net(net.spec, dtype))
    fresh.load_state_dict(saved)
    again = fresh.net()
    assert again.spec == net.spec and again.dtype == net.dtype
    for name, values in net.parameters().items():
        np.testing.assert_array_equal(again.parameters()[name], values)
    other = Net(net.spec, dtype)
    other.set_parameters({name: values.detach() for name, values in module.named_parameters()})
    np.testing.assert_array_equal(other.forward(np.ones((1, net.inputs))), net.forward(np.ones((1, net.inputs))))


def test_nodes_may_be_called_as_attributes_of_modules_are(tmp_path):
    layers = [{"kind": "dense", "outputs": 8, "name": "forward"}, {"kind": "two-slope", "name": "training"}]
    net = Net(chain(*layers))
    module, x = modules.Module(net), drawn(2, 8, dtype=torch.float32)
    np.testing.assert_allclose(module(x).detach().numpy(), net.forward(x.numpy()), atol=1e-5)
    assert list(module.state_dict()) == list(net.parameters()) and "forward.weight" in module.state_dict()
    module.load_state_dict(modules.Module(Net({**net.spec, "seed": 9})).state_dict())
    assert not np.allclose(module.net().forward(x.numpy()), net.forward(x.numpy()), atol=1e-2)


def test_a_module_learns_and_gives_its_net_back():
    torch.manual_seed(1)
    net = Net.zoo("switch", input=8, outputs=2, depth=1)
    module, x = modules.Module(net), drawn(64, 8, dtype=torch.float32)
    y = (modules.hadamard(x)[:, 3] > 0).long()
    optimizer = torch.optim.Adam(module.parameters(), 0.02)
    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(module(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]
    np.testing.assert_allclose(module.net().forward(x.numpy()), module(x).detach().numpy(), atol=1e-4)
    assert not np.allclose(net.forward(x.numpy()), module(x).detach().numpy(), atol=0.1)  # it has parameters of its own


def test_a_module_goes_to_a_net_to_onnx_and_back_to_a_module(tmp_path):
    nn = torch.nn
    first = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.ELU(0.5), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(9, 2)).double().eval()
    net = Net.from_torch(first, IMAGE)
    net.to_onnx(tmp_path / "net.onnx")
    x = drawn(3, *IMAGE)
    expected = first(x).detach().numpy()
    for options in ({}, {"output": "y"}):  # by its spec, and by its operators
        module = modules.Module(Net.from_onnx(tmp_path / "net.onnx", dtype="float64", **options))
        np.testing.assert_allclose(module(x).detach().numpy(), expected, atol=1e-13)
        np.testing.assert_allclose(module.net().forward(x.numpy()), expected, atol=1e-13)


def test_a_module_is_copied_pickled_and_moved():
    net = Net(SPECS["positions"])
    module, x = modules.Module(net), drawn(2, *IMAGE, dtype=torch.float32)
    for other in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert torch.equal(other(x), module(x))
        other.double()
        assert other(x.double()).dtype == torch.float64 and other.net().dtype == np.float64
    assert module.net().dtype == np.float32 and "positionwise" in repr(module)
    assert module.to("meta")(x.to("meta")).shape == (2, net.outputs)


def test_dropout_drops_in_training_alone():
    module = modules.Module(Net(chain({"kind": "dropout", "probability": 0.5})))
    torch.manual_seed(1)
    y = module(torch.ones(50, 8))
    assert set(y.unique().tolist()) == {0.0, 2.0} and torch.equal(module.eval()(torch.ones(2, 8)), torch.ones(2, 8))


def test_own_modules_become_a_net():
    own = [modules.Hadamard(), modules.TwoSlope(8), modules.Hadamard(order="sequency"), modules.BlockSwitch(8, 2), modules.Hartley(1), modules.DCT2(), modules.DCT3()]
    module = torch.nn.Sequential(*own, torch.nn.Linear(8, 2)).double()
    with torch.no_grad():
        module[1].closed.copy_(drawn(8))
    net, x = Net.from_torch(module), drawn(5, 8)
    np.testing.assert_allclose(net.forward(x.numpy()), module(x).detach().numpy(), atol=1e-13)
    assert net.origin == "PyTorch: BlockSwitch, DCT2, DCT3, 2 Hadamard, Hartley, Linear, TwoSlope"
    with pytest.raises(ValueError, match=r"^module \(Hadamard\): dim: expected the last of a row, found 0 of shape \(8,\)$"):
        Net.from_torch(modules.Hadamard(0), 8)


@pytest.mark.parametrize(
    "kind, message, call",
    [
        (TypeError, "^x: expected a tensor, found ndarray$", lambda: modules.dct2(np.ones(4))),
        (TypeError, "^x: expected a tensor of floating-point numbers, found torch.int64$", lambda: modules.dct2(torch.ones(4, dtype=int))),
        (ValueError, "^dim: expected one of the 1 of the tensor, found 1$", lambda: modules.dct2(torch.ones(4), 1)),
        (ValueError, "^order: expected \"natural\" or \"sequency\", found 'other'$", lambda: modules.hadamard(torch.ones(4), order="other")),
        (ValueError, "^order: expected", lambda: modules.Hadamard(order="other")),
        (ValueError, "found 3$", lambda: modules.hadamard(torch.ones(3))),
        (ValueError, "found 3$", lambda: modules.hadamard(torch.ones(3).bfloat16())),
        (ValueError, "^length of dct2: expected at most 1024 for a tensor of torch.bfloat16 on cpu, found 1025$", lambda: modules.dct2(torch.ones(1025).bfloat16())),
        (ValueError, "^length of a block: expected a divisor of 6, found 4$", lambda: modules.BlockSwitch(6)),
        (ValueError, r"^features of x: expected 4, found shape \(2, 3\)$", lambda: modules.TwoSlope(4)(torch.ones(2, 3))),
        (TypeError, "^features: expected a whole number", lambda: modules.TwoSlope(1.5)),
        (TypeError, "^net: expected a Net, found dict$", lambda: modules.Module({})),
        (ValueError, r"^x: expected rows of 8 numbers in all, found shape \(8,\)$", lambda: modules.Module(Net(SPECS["dense"]))(torch.ones(8))),
    ],
)
def test_nonsense_is_one_line(kind, message, call):
    with pytest.raises(kind, match=message) as error:
        call()
    assert "\n" not in str(error.value)


def test_what_was_drawn_by_another_seed_is_refused():
    spec = chain(*mixes("signs", "permutation"), {"kind": "two-slope"})
    module, other = (modules.Module(Net({**spec, "seed": seed})) for seed in (1, 2))
    module.load_state_dict(other.state_dict())
    with pytest.raises(ValueError, match=r"^\+fixed.0.signs: expected what spec and seed draw, found other numbers$"):
        module.net()


def test_the_modules_of_the_readme_run():
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    names = {}
    exec(readme.split("```py\n")[1].split("```")[0], names)
    x = drawn(3, 64, dtype=torch.float32)
    assert names["net"](x).shape == names["bank"](x).shape == (3, 10)
    assert Net.from_torch(names["net"]).inputs == 64


def test_everything_that_is_offered_is_documented_with_examples():
    import doctest

    assert all(getattr(modules, name).__doc__ for name in modules.__all__)
    names = {**vars(switchnet), "np": np, "switchnet": switchnet}
    for module in (modules, switchnet.torch.net):
        assert doctest.testmod(module, extraglobs=names).failed == 0
