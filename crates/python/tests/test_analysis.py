"""The analysis against the net itself: formulas, differences, brute force along lines and planes."""

import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
from switchnet import Net
from toy import inputs, largest, small


def trained(dtype):
    """A net whose biases are not zero."""
    net = small(dtype)
    rng = np.random.default_rng(5)
    net.set_parameters({name: values + rng.normal(scale=0.3, size=values.shape) for name, values in net.parameters().items()})
    return net


@pytest.fixture(params=["float32", "float64"])
def net(request):
    return trained(request.param)


def twin(net):
    """The same net in double precision."""
    other = Net(net.spec, "float64")
    other.set_parameters(net.parameters())
    return other


def test_the_effective_map_is_the_net(net):
    x = inputs()[0]
    found = net.effective_map(x)
    f = twin(net).forward
    assert found.exact and found.matrix.shape == (3, 8) and found.constant.shape == (3,) and found.residual < 1e-14
    assert np.abs(found.constant).max() > 0.01
    np.testing.assert_allclose(found.matrix @ x + found.constant, f(x), atol=1e-13)
    np.testing.assert_allclose(found(inputs()), inputs() @ found.matrix.T + found.constant)
    np.testing.assert_array_equal(found.y, f(x))
    np.testing.assert_allclose(found.y, net.forward(x), atol=1e-4)
    # Central differences; no switch flips within the margin.
    step = min(1e-3, 0.5 * net.margin(x).certificate["linf"])
    for i in range(8):
        d = step * np.eye(8)[i]
        np.testing.assert_allclose(found.matrix[:, i], (f(x + d) - f(x - d)) / (2 * step), atol=1e-13 / step)
    assert [layer.shape for layer in found.open] == [(8,), (8,)] and found.boundary == []
    weights = found.matrix[1]
    angle = np.degrees(np.arccos(weights @ x / np.linalg.norm(weights) / np.linalg.norm(x)))
    np.testing.assert_allclose(found.angles[1], angle)
    np.testing.assert_allclose(found.norms[1], np.linalg.norm(weights))


def test_the_map_of_a_smooth_net_is_a_tangent():
    layers = [{"kind": "dense", "outputs": 4}, {"kind": "tanh"}]
    net = Net({"input": [3], "seed": 1, "layers": layers}, "float64")
    found, weights = net.effective_map(np.ones(3)), net.parameters()
    slope = 1 - np.tanh(weights["0.weight"] @ np.ones(3) + weights["0.bias"]) ** 2
    assert not found.exact and "tangent" in repr(found)
    np.testing.assert_allclose(found.matrix, slope[:, None] * weights["0.weight"], atol=1e-14)


def test_a_ray_is_the_net_along_the_line(net):
    a, b = inputs()[:2] * 3
    found = net.ray(a, b)
    f = lambda t: twin(net).forward(a + np.multiply.outer(t, b - a))
    assert found.consistent and found.regions == len(found.breakpoints) + 1 > 3
    assert found.t[0] == 0 and found.t[-1] == 1 and (np.diff(found.t) > 0).all()
    np.testing.assert_allclose(found.values, f(found.t), atol=1e-12)
    middles = (found.t[1:] + found.t[:-1]) / 2
    np.testing.assert_allclose((found.values[1:] + found.values[:-1]) / 2, f(middles), atol=1e-12)
    np.testing.assert_allclose(found.slopes, np.diff(found.values, axis=0) / np.diff(found.t)[:, None], rtol=1e-6, atol=1e-8)
    assert len(found.flips) == len(found.breakpoints) and all(found.flips)
    for crossing in found.crossings:
        y = f(crossing["t"])
        assert abs(y[crossing["from"]] - y[crossing["to"]]) < 1e-11


def test_within_the_margin_nothing_flips_and_at_it_something_does(net):
    x = inputs()[0]
    found = net.margin(x)
    here = net.effective_map(x)
    for norm, distance in found.certificate.items():
        direction = np.sign(inputs()[1]) if norm == "linf" else np.eye(8)[0]
        near = net.effective_map(x + 0.999 * distance * direction)
        assert all((p == q).all() for p, q in zip(here.open, near.open))
        assert here.y.argmax() == near.y.argmax()
    assert found.on_boundary == [] and found.decision["class"] == here.y.argmax()
    assert found.nearest["l1"]["distance"] >= found.nearest["l2"]["distance"] >= found.nearest["linf"]["distance"] > 0
    attack = net.adversarial(x)
    assert attack.rival == twin(net).predict(attack.x) != attack.label == here.y.argmax()
    np.testing.assert_allclose(attack.distance, np.linalg.norm(attack.x - x))
    assert attack.distance >= found.certificate["l2"]


def test_a_slice_is_the_net_on_the_plane(net):
    a, b, c = inputs()[:3]
    found = net.slice(a, b, c, u=(-1, 1), v=(0, 2))
    assert found.complete and found.consistent and found.stopped_by is None
    np.testing.assert_allclose(found.areas.sum(), 4)
    f = lambda p: twin(net).forward(a + p[..., :1] * (b - a) + p[..., 1:] * (c - a))
    np.testing.assert_allclose(found.values, f(found.centers), atol=1e-12)
    for corners, center, values, gradients in zip(found.polygons, found.centers, found.values, found.gradients):
        p = found.vertices[corners]
        np.testing.assert_allclose(values + (p - center) @ gradients.T, f(p), atol=1e-11)
    few = net.slice(a, b, c, polygons=1)
    assert not few.complete and few.stopped_by == "polygons" and "stopped by polygons" in repr(few)


def test_ctrl_c_ends_a_slice():
    """The fifth Ctrl-C does; each is pressed when the one before was seen, which a slice that asked for none would not."""
    net = Net.zoo("switch", 1024, 10, depth=8, switch="relu")  # with more polygons than a minute is enough for
    corners, seen, over = np.random.default_rng(1).normal(size=(3, 1024)), [0], threading.Event()

    def see(*_):
        seen[0] += 1
        if seen[0] == 5:
            raise KeyboardInterrupt

    def press():
        pressed = 0
        while not over.wait(0.001):
            if pressed == seen[0]:
                pressed += 1
                os.kill(os.getpid(), signal.SIGINT)

    before, thread = signal.signal(signal.SIGINT, see), threading.Thread(target=press)
    thread.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            net.slice(*corners, u=(-3, 3), v=(-3, 3))
    finally:
        over.set()
        thread.join()
        signal.signal(signal.SIGINT, before)


def test_a_spectrum_is_that_of_the_matrix(net):
    x = inputs()[0]
    found, matrix = net.spectrum(x), net.effective_map(x).matrix
    np.testing.assert_allclose(found.values, np.linalg.svd(matrix)[1], atol=1e-13)
    np.testing.assert_allclose(found.left.T @ np.diag(found.values) @ found.right, matrix, atol=1e-13)
    np.testing.assert_allclose(found.energy, (matrix**2).sum())
    assert found.rank == 3 and found.complete and found.exact and largest(found.residuals) < 1e-12
    leading = net.spectrum(x, 1)
    np.testing.assert_allclose(leading.values, found.values[:1], rtol=1e-6)
    assert not leading.complete and leading.participation is None


def test_images_are_taken_as_they_are():
    net = Net.zoo("cnn", (1, 8, 8), 10, filters=[2, 2])
    image = np.random.default_rng(1).normal(size=(1, 8, 8))
    found = net.effective_map(image)
    np.testing.assert_array_equal(found.matrix, net.effective_map(image.ravel()).matrix)
    np.testing.assert_allclose(found.y, net.forward(image[None])[0], atol=1e-5)


def test_answers_show_themselves(net):
    a, b, c = inputs()[:3]
    texts = [repr(answer) for answer in (net.ray(a, b), net.margin(a), net.slice(a, b, c), net.spectrum(a), net.adversarial(a))]
    assert all(text.startswith("<") and "\n" not in text for text in texts)
    page = net.effective_map(a)._repr_html_()
    assert page.count("<tr>") == 4 and f"<b>{net.predict(a)}</b>" in page


def test_answers_are_plotted(net):
    matplotlib = pytest.importorskip("matplotlib", reason="NOT TESTED: matplotlib is not installed")
    matplotlib.use("agg")
    a, b, c = inputs()[:3]
    image = Net.zoo("cnn", (1, 8, 8), 10, filters=[2, 2]).effective_map(np.ones(64))
    for answer in (net.effective_map(a), image, net.ray(a, b), net.slice(a, b, c), net.spectrum(a)):
        axes = answer.plot()
        assert answer.plot(axes) is axes
        axes.figure.canvas.draw()
    assert image.plot().images[0].get_array().shape == (8, 80)


def test_without_matplotlib_nothing_else_is_missing(tmp_path):
    program = """
import sys
sys.modules["matplotlib"] = None
import numpy as np, switchnet
net, x = switchnet.Net.zoo("switch", 8, 3), np.eye(8)
for found in (net.effective_map(x[0]), net.ray(x[0], x[1]), net.slice(*x[:3]), net.spectrum(x[0])):
    try:
        found.plot()
    except ImportError as error:
        print(error)
"""
    words = [sys.executable, "-c", program]
    found = subprocess.run(words, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert found.stdout == "plot: expected matplotlib to be installed, found none\n" * 4


def huge():
    net = Net({"input": [1], "seed": 1, "layers": [{"kind": "dense", "outputs": 1}]}, "float64")
    net.set_parameters({"0.weight": [[1e200]]})
    return net


@pytest.mark.parametrize(
    "kind, message, call",
    [
        (ValueError, "input: expected 8 numbers, as the net takes, found 7", lambda net: net.effective_map(np.ones(7))),
        (ValueError, "input: expected finite numbers, found NaN", lambda net: net.effective_map([np.nan] * 8)),
        (ValueError, "expected 8.*found 7", lambda net: net.ray(np.ones(8), np.ones(7))),
        (ValueError, "expected 8.*found 7", lambda net: net.margin(np.ones(7))),
        (ValueError, "expected 8.*found 7", lambda net: net.spectrum(np.ones(7))),
        (ValueError, "expected 8 numbers, found 7", lambda net: net.adversarial(np.ones(7))),
        (ValueError, "b of a slice: expected 8 numbers, .* found 7", lambda net: net.slice(np.ones(8), np.ones(7), np.ones(8))),
        (ValueError, "window along u: expected finite numbers in ascending order", lambda net: net.slice(*np.eye(8)[:3], u=(1, 0))),
        (ValueError, "window and budget of a slice: ", lambda net: net.slice(*np.eye(8)[:3], polygons=-1)),
        (ValueError, "count|singular", lambda net: net.spectrum(np.ones(8), 4)),
        (ValueError, "piecewise linear, found layer 0 .tanh", lambda _: Net({"input": [2], "seed": 1, "layers": [{"kind": "tanh"}]}).ray([0, 0], [1, 1])),
        (ValueError, "residual of the effective map: expected a finite number", lambda _: huge().effective_map([1e200])),
        (TypeError, "x: expected real numbers", lambda net: net.margin(["a"] * 8)),
        (ValueError, r"x: expected rows of 8 numbers in all, found shape \(7,\)", lambda net: net.effective_map(np.ones(8))(np.ones(7))),
        (ValueError, r"u: expected two numbers, found shape \(\)", lambda net: net.slice(*np.eye(8)[:3], u=3)),
        (ValueError, r"v: expected two numbers, found shape \(3,\)", lambda net: net.slice(*np.eye(8)[:3], v=(1, 2, 3))),
    ],
)
def test_errors_are_one_line(kind, message, call):
    with pytest.raises(kind, match=message) as error:
        call(small())
    assert "\n" not in str(error.value)
