"""Modules of PyTorch as nets, against the modules themselves."""

import copy

import numpy as np
import pytest
from switchnet import Net

torch = pytest.importorskip("torch", reason="PyTorch is not installed, so nothing of it is tested")
nn = torch.nn


def stirred(module, seed=1):
    """The module with other numbers wherever it has some, those of batch normalization too."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, values in [*module.named_parameters(), *module.named_buffers()]:
            if values.is_floating_point():
                drawn = torch.randn(values.shape, generator=generator, dtype=torch.float64)
                values.copy_(drawn.abs() + 0.5 if name.endswith("running_var") else 0.5 * drawn)
    return module


PLAIN = {
    "linear": (lambda: nn.Linear(5, 3), None),
    "without a bias": (lambda: nn.Linear(5, 3, bias=False), None),
    "mlp": (lambda: nn.Sequential(nn.Linear(6, 9), nn.ReLU(), nn.Dropout(0.5), nn.Linear(9, 4), nn.LeakyReLU(0.2), nn.Linear(4, 2)), None),
    "nested": (lambda: nn.Sequential(nn.Sequential(nn.Identity(), nn.Linear(3, 4)), nn.Sequential(nn.Sequential(nn.ReLU())), nn.Linear(4, 2)), None),
    "flat first": (lambda: nn.Sequential(nn.Flatten(), nn.Linear(12, 3), nn.PReLU()), None),
    "smooth": (lambda: nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 5), nn.Sigmoid(), nn.Linear(5, 4), nn.ELU(), nn.ELU(0.5)), None),
    "slopes": (lambda: nn.Sequential(nn.Linear(4, 5), nn.PReLU(5), nn.Linear(5, 2)), None),
    "norm of a row": (lambda: nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.BatchNorm1d(5, affine=False)), None),
    "softmax inside": (lambda: nn.Sequential(nn.Linear(4, 5), nn.Softmax(dim=1), nn.Linear(5, 2)), None),
    "two softmaxes": (lambda: nn.Sequential(nn.Linear(4, 5), nn.Softmax(-1), nn.Dropout(), nn.Softmax(1), nn.ReLU()), None),
    "nothing": (lambda: nn.Sequential(), 4),
}


def image(*modules, shape=(2, 9, 8)):
    return lambda: nn.Sequential(*copy.deepcopy(modules)), shape


IMAGES = {
    "conv": image(nn.Conv2d(2, 3, 3)),
    "conv of all kinds": image(nn.Conv2d(2, 4, (3, 2), stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=2, bias=False), nn.ReLU()),
    "same": image(nn.Conv2d(2, 3, (3, 2), padding="same"), nn.Conv2d(3, 2, 2, padding="valid", dilation=2)),
    "norm": image(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.PReLU(3), nn.Dropout2d()),
    "max": image(nn.MaxPool2d(2), nn.MaxPool2d(3, 1, 1)),
    "max, rounded up": image(nn.MaxPool2d((3, 2), (2, 3), (1, 0), ceil_mode=True), nn.Flatten()),
    "average": image(nn.AvgPool2d(3, 2, 1), nn.AvgPool2d(2, 1, 1, count_include_pad=False)),
    "average, rounded up": image(nn.AvgPool2d((3, 2), 2, (1, 1), ceil_mode=True)),
    "average, rounded up, uncounted": image(nn.AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False), shape=(2, 8, 8)),
    "to the classes": image(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2)),
    "one by one": image(nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(1, 3), nn.Linear(2, 2)),
    "sides": image(nn.Conv1d(2, 3, 3, stride=2, padding=1), nn.BatchNorm1d(3), nn.ReLU(), nn.MaxPool1d(2), shape=(2, 13)),
    "more sides": image(nn.Conv1d(2, 4, 2, padding="same", groups=2), nn.AvgPool1d(3, 2, 1), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(4, 2), shape=(2, 9)),
}


@pytest.mark.parametrize("dtype, precision", [(torch.float32, 1e-6), (torch.float64, 1e-12)])
@pytest.mark.parametrize("make, shape", [*PLAIN.values(), *IMAGES.values()], ids=[*PLAIN, *IMAGES])
def test_outputs_are_those_of_the_module(make, shape, dtype, precision):
    module = stirred(make().to(dtype))
    net = Net.from_torch(module, shape, dtype)
    sides = shape if isinstance(shape, tuple) else (net.inputs,)
    x = torch.randn(7, *sides, generator=torch.Generator().manual_seed(2), dtype=dtype)
    assert module.training  # a net is of what it is in eval()
    with torch.no_grad():
        expected = module.eval()(x).reshape(7, -1).numpy()
    found = net.forward(x.numpy())
    assert found.dtype == expected.dtype and net.readout is None
    np.testing.assert_allclose(found, expected, rtol=0, atol=precision * max(1e-300, np.abs(expected).max()))


def test_layers_are_called_as_their_places():
    module = nn.Sequential()
    module.add_module("features", nn.Sequential(nn.Linear(3, 4), nn.ReLU()))
    module.add_module("head", nn.Linear(4, 2))
    module.add_module("last", nn.ELU(2.0))
    net = Net.from_torch(module)
    assert list(net.parameters()) == ["/features/0.weight", "/features/0.bias", "/head.weight", "/head.bias"]
    assert [layer["name"] for layer in net.spec["layers"]] == ["/features/0", "/features/1", "/head", "/last", "/last (2)"]
    assert net.origin == "PyTorch: ELU, 2 Linear, ReLU" and net.shape == (3,) and net.dtype == np.float32
    np.testing.assert_array_equal(net.parameters()["/head.weight"], module.head.weight.detach().numpy())


def test_the_precision_is_that_of_the_module_or_what_is_said():
    module = nn.Linear(3, 2)
    assert Net.from_torch(module).dtype == np.float32 and Net.from_torch(module, dtype="float64").dtype == np.float64
    assert Net.from_torch(module, dtype=torch.float64).dtype == np.float64 and Net.from_torch(nn.Identity(), 3).dtype == np.float32
    assert Net.from_torch(module.double()).dtype == np.float64 and Net.from_torch(module.half()).dtype == np.float32
    lifted = Net.from_torch(module.bfloat16(), dtype="float64")
    np.testing.assert_array_equal(lifted.parameters()["Linear.weight"], module.weight.detach().double().numpy())


@pytest.mark.parametrize("last", [nn.Softmax(dim=1), nn.LogSoftmax(dim=-1)])
def test_a_last_softmax_is_left_out_and_said(last):
    module = stirred(nn.Sequential(nn.Linear(4, 3), last, nn.Identity()).double())
    name = type(last).__name__
    with pytest.warns(UserWarning, match=f"^module: the last {name} is left out of the net"):
        net = Net.from_torch(module)
    assert net.readout == name and net.origin == f"PyTorch: Identity, Linear, {name}; the last {name} is left out"
    x = torch.randn(5, 4, dtype=torch.float64)
    with torch.no_grad():
        np.testing.assert_allclose(net.forward(x.numpy()), module[0](x).numpy(), atol=1e-13)
        expected = torch.softmax(module[0](x), 1).numpy()
    np.testing.assert_allclose(net.predict_proba(x.numpy()), expected, atol=1e-13)


def test_the_map_of_a_module_is_its_derivative():
    module, shape = IMAGES["to the classes"]
    module = stirred(module().double())
    net, x = Net.from_torch(module, shape), torch.randn(shape, dtype=torch.float64)
    map = net.effective_map(x.numpy())
    jacobian = torch.autograd.functional.jacobian(lambda x: module(x[None])[0], x).reshape(2, -1).numpy()
    assert map.exact and map.residual < 1e-14
    np.testing.assert_allclose(map.matrix, jacobian, atol=1e-13)


def test_gradients_and_strides_of_parameters_do_not_matter():
    module = nn.Linear(3, 3)
    module.weight = nn.Parameter(torch.arange(9.0).reshape(3, 3).t())
    assert module.weight.requires_grad and not module.weight.is_contiguous()
    np.testing.assert_array_equal(Net.from_torch(module).parameters()["Linear.weight"], module.weight.detach().numpy())


def test_parameters_under_a_parametrization_are_what_it_makes():
    module = nn.Sequential(nn.Linear(3, 3), nn.ReLU())
    nn.utils.parametrize.register_parametrization(module[0], "weight", torch.nn.Softplus())
    x = torch.randn(4, 3)
    with torch.no_grad():
        np.testing.assert_allclose(Net.from_torch(module).forward(x.numpy()), module(x).numpy(), atol=1e-6)


class Own(nn.Module):
    def forward(self, x):
        return x * x


class Doubled(nn.Linear):
    def forward(self, x):
        return 2 * super().forward(x)


class Backward(nn.Sequential):
    def forward(self, x):
        return super().forward(x.flip(1))


def hooked():
    module = nn.Linear(2, 2)
    module.register_forward_hook(lambda module, x, y: 2 * y)
    return module


def patched():
    module = nn.Linear(2, 2)
    module.forward = lambda x: x
    return module


@pytest.mark.parametrize(
    "make, shape, message",
    [
        (lambda: nn.Sequential(nn.Linear(2, 2), nn.Sequential(Own())), None, r"^module 1\.0 \(Own\): expected Sequential or one of AdaptiveAvgPool1d, .*, found Own$"),
        (lambda: nn.Sequential(nn.Linear(2, 2), nn.GELU()), None, r"^module 1 \(GELU\): expected .*, found GELU$"),
        (lambda: Doubled(2, 2), None, r"^module \(Doubled\): expected .*, found Doubled$"),
        (lambda: Backward(nn.Linear(2, 2)), 2, r"^module \(Backward\): expected .*, found Backward$"),
        (hooked, None, r"^module \(Linear\): expected a module as its class has it, found one with hooks, or a forward of its own$"),
        (patched, None, r"^module \(Linear\): expected a module as its class has it"),
        (lambda: nn.ReLU(), None, r"^shape: expected the shape of one input, such as \(3, 32, 32\), since the module does not say it, found none$"),
        (lambda: nn.Conv2d(1, 1, 1), None, "^shape: expected the shape of one input"),
        (lambda: nn.ReLU(), (1, 2, 3, 4), r"^shape: expected \(features,\), .*, found \(1, 2, 3, 4\)$"),
        (lambda: nn.ReLU(), 0, r"^shape: expected .*, found \(0,\)$"),
        (lambda: nn.Linear(2, 2), 3, r"^module \(Linear\): input: expected a row of 2 features \(Flatten makes one\), found shape \(3,\)$"),
        (lambda: nn.Linear(3, 2), (2, 3), r"input: expected a row of 3 features .*, found shape \(2, 3\)$"),
        (lambda: nn.Conv2d(2, 1, 1), (3, 4, 4), r"input: expected \(channels, height, width\) with 2 channels, found shape \(3, 4, 4\)$"),
        (lambda: nn.Conv1d(2, 1, 1), (2, 4, 4), r"input: expected \(channels, length\) with 2 channels"),
        (lambda: nn.Conv2d(1, 1, 5), (1, 4, 4), r"output: expected 1 to 1073741824 numbers, found shape \(1, 0, 0\)$"),
        (lambda: nn.Conv2d(1, 1, 3, padding=1, padding_mode="circular"), (1, 4, 4), "padding_mode: expected zeros, found circular$"),
        (lambda: nn.BatchNorm1d(3), 2, r"input: expected 3 channels, found shape \(2,\)$"),
        (lambda: nn.BatchNorm1d(2, track_running_stats=False), 2, "running_mean: expected what was seen in training, found none$"),
        (lambda: nn.MaxPool2d(2, dilation=2), (1, 9, 9), "dilation: expected 1, found 2$"),
        (lambda: nn.MaxPool2d(2, return_indices=True), (1, 9, 9), "return_indices: expected False, found True$"),
        (lambda: nn.AvgPool2d(2, divisor_override=3), (1, 9, 9), "divisor_override: expected None, found 3$"),
        (lambda: nn.AdaptiveAvgPool2d(2), (1, 9, 9), "output_size: expected 1, found 2$"),
        (lambda: nn.AdaptiveAvgPool2d((1, None)), (1, 9, 9), r"output_size: expected 1, found \(1, None\)$"),
        (lambda: nn.Flatten(0), (1, 9, 9), "start_dim and end_dim: expected 1 and -1, found 0 and -1$"),
        (lambda: nn.Softmax(0), 3, "input and dim: expected a row and its features"),
        (lambda: nn.Softmax2d(), (1, 3, 3), "found Softmax2d$"),
        (lambda: nn.Sequential(nn.LogSoftmax(1), nn.ReLU()), 3, r"^module 0 \(LogSoftmax\): expected one at the end, found one with others behind it$"),
        (lambda: nn.PReLU(2), (3, 2), "num_parameters: expected 1 or 3, found 2$"),
        (lambda: nn.LazyLinear(3), 3, r"^module \(LazyLinear\): expected"),
        (lambda: nn.Linear(2, 2).to(torch.complex64), None, "weight: expected real numbers, found torch.complex64$"),
        (lambda: nn.Linear(2, 2, device="meta"), None, "weight: expected numbers, found none, on the device meta$"),
    ],
)
def test_what_has_no_place_is_refused_by_name_and_place(make, shape, message):
    with pytest.raises(ValueError, match=message) as error:
        Net.from_torch(make(), shape)
    assert "\n" not in str(error.value)


def test_a_number_that_is_none_is_refused_by_its_parameter():
    module = nn.Sequential(nn.Linear(2, 2))
    module[0].weight.data[0, 0] = float("nan")
    with pytest.raises(ValueError, match="^parameter /0.weight: expected finite numbers, found NaN$"):
        Net.from_torch(module)


def test_what_is_no_module_is_refused():
    with pytest.raises(TypeError, match="^module: expected a torch.nn.Module, found int$"):
        Net.from_torch(3)
    with pytest.raises(TypeError, match="^shape: expected a whole number"):
        Net.from_torch(nn.ReLU(), (1.5,))
