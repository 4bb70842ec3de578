"""Regions in a box and properties, against the net at many points; differences of two nets."""

import os
import signal
import threading

import numpy as np
import pytest
from switchnet import Difference, Net
from toy import inputs, small


def plane(dtype="float64", seed=2, outputs=2, inputs=2, hidden=(6, 5)):
    """A net of few inputs whose biases are not zero."""
    net = Net.zoo("mlp", input=inputs, outputs=outputs, hidden=list(hidden), seed=seed, dtype=dtype)
    rng = np.random.default_rng(seed)
    net.set_parameters({name: values + rng.normal(scale=0.4, size=values.shape) for name, values in net.parameters().items()})
    return net


def text(lower, upper, *outputs):
    """A property in VNN-LIB: a box, and what must not be."""
    declared = [f"(declare-const X_{i} Real)" for i in range(len(lower))]
    bounds = [f"(assert (>= X_{i} {a})) (assert (<= X_{i} {b}))" for i, (a, b) in enumerate(zip(lower, upper))]
    return "\n".join([*declared, *(f"(declare-const Y_{k} Real)" for k in range(2)), *bounds, *outputs])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_regions_of_a_box_are_those_of_a_slice(dtype):
    net = plane(dtype)
    found = net.regions([-2, -2], [2, 2])
    flat = net.slice([-2, -2], [2, -2], [-2, 2])
    assert found.complete and found.stopped_by is None and len(found) == flat.regions == found.layers[-1] > 10
    assert found.points.shape == (len(found), 2) and found.hashes.dtype == np.uint64 and len(set(found.hashes)) == len(found)
    np.testing.assert_allclose(found.values, net.forward(found.points), atol=1e-4 if dtype == "float32" else 1e-13)
    np.testing.assert_array_equal(found.classes, found.values.argmax(axis=1))
    assert found.smallest_radius == found.radii.min() > 0 and found.evaluations > 0
    assert (found.lower == -2).all() and (found.upper == 2).all() and np.abs(found.points).max() < 2
    # Every point of the box has the map of one of them.
    constants = [net.effective_map(point).constant for point in found.points]
    for x in np.random.default_rng(1).uniform(-2, 2, size=(20, 2)):
        own = net.effective_map(x).constant
        assert min(np.abs(own - constant).max() for constant in constants) < 1e-12


def test_an_input_whose_bounds_are_equal_is_held():
    net = plane(inputs=3)
    found = net.regions([-2, 1, -2], [2, 1, 2])
    assert found.complete and (found.points[:, 1] == 1).all()
    assert len(found) == net.slice([-2, 1, -2], [2, 1, -2], [-2, 1, 2]).regions


@pytest.mark.parametrize("name, limit", [("regions", 1), ("seconds", 0), ("bytes", 1)])
def test_budgets_end_a_search_and_are_named(name, limit):
    net = plane(hidden=(60, 60))
    found = net.regions([-2, -2], [2, 2], **{name: limit})
    assert not found.complete and found.stopped_by == name and f"stopped by {name}" in repr(found)
    never = text([-2, -2], [2, 2], "(assert (>= Y_0 1000))")
    decided = net.verify(never, **{name: limit})
    assert (decided.verdict, decided.stopped_by) == ("undecided", name)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_property_holds_or_a_violation_is_an_input(dtype, tmp_path):
    net = plane(dtype)
    found = net.regions([-1, -1], [1, 1])
    corners = np.array([[a, b] for a in (-1, 1) for b in (-1, 1)])
    most = max(found.values[:, 0].max(), net.forward(corners)[:, 0].max())
    holds = net.verify(text([-1, -1], [1, 1], f"(assert (>= Y_0 {most + 100}))"))
    assert holds.verdict == "holds" and holds.violation is None and holds.regions == len(found) and not holds.undecided_regions
    file = tmp_path / "below.vnnlib"
    file.write_text(text([-1, -1], [1, 1], f"(assert (>= Y_0 {most - 1e-3}))"))
    violated = net.verify(file)
    assert violated.verdict == "violated"
    x, y = violated.violation.input, violated.violation.outputs
    assert np.abs(x).max() <= 1 and y[0] >= most - 1e-3 and violated.violation.case == 0
    np.testing.assert_allclose(y, net.effective_map(x).y, atol=1e-12)
    assert "violated" in repr(violated) and "X_1" in violated._repr_html_() and "case 0" in repr(violated.violation)
    assert "X_0" not in holds._repr_html_()


def test_answers_show_themselves():
    found = plane().regions([-1, -1], [1, 1])
    assert repr(found) == f"<Regions: {len(found)}, complete>"
    assert all(f"<td>{parts}</td>" in found._repr_html_() for parts in found.layers)
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("agg")
    np.testing.assert_array_equal(found.plot().lines[0].get_ydata(), found.layers)
    pyplot.close("all")


@pytest.mark.parametrize("ask", [lambda net, x: net.regions(-x, x), lambda net, x: net.verify(text(-x, x, "(assert (>= Y_0 1e30))"))])
def test_ctrl_c_ends_a_search(ask):
    net = plane(inputs=12, hidden=(200, 200))
    over, pressed = threading.Event(), threading.Event()

    def see(number, frame):
        if not pressed.is_set():
            pressed.set()
            raise KeyboardInterrupt

    def press():
        while not over.wait(0.1):
            if not pressed.is_set():
                os.kill(os.getpid(), signal.SIGINT)

    before, thread = signal.signal(signal.SIGINT, see), threading.Thread(target=press)
    thread.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            ask(net, np.full(12, 3.0))
    finally:
        over.set()
        thread.join()
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("dtype, precision", [("float32", 1e-6), ("float64", 1e-13)])
def test_a_difference_is_asked_as_a_net_is(dtype, precision):
    f, g = plane(dtype), plane("float64", seed=3, hidden=(4,))
    both = f.difference(g)
    assert isinstance(both, Difference) and (both.inputs, both.outputs, both.shape) == (2, 2, (2,))
    x, other, third = inputs(3, 2)
    map, own, its = (net.effective_map(x) for net in (both, f, g))
    assert map.exact and map.residual < 1e-14 and len(map.open) == 3
    for name in ("y", "matrix", "constant"):
        np.testing.assert_allclose(getattr(map, name), getattr(own, name) - getattr(its, name), atol=1e-13)
    ray = both.ray(x, other)
    breakpoints = np.concatenate([net.ray(x, other).breakpoints for net in (f, g)])
    np.testing.assert_allclose(ray.breakpoints, np.sort(breakpoints), atol=1e-12)
    np.testing.assert_allclose(ray.values[0], f.forward(x) - g.forward(x), atol=10 * precision)
    flat = both.slice([-2, -2], [2, -2], [-2, 2])
    boxed = both.regions([-2, -2], [2, 2])
    assert flat.complete and flat.regions == len(boxed)
    np.testing.assert_allclose(boxed.values, f.forward(boxed.points) - g.forward(boxed.points), atol=10 * precision)
    np.testing.assert_allclose(both.spectrum(x).values, np.linalg.svd(map.matrix)[1], atol=1e-13)
    assert both.verify(text([-1, -1], [1, 1], "(assert (>= Y_0 1000))")).verdict == "holds"
    same = f.difference(f).effective_map(x)
    assert not same.matrix.any() and not same.y.any()
    assert repr(both) == "<Difference 2 → 2>" and "exact" in map._repr_html_()


def test_a_difference_is_of_the_nets_as_they_were():
    f, g, x = plane(), plane(seed=3), np.ones(2)
    both = f.difference(g)
    before = both.effective_map(x).matrix
    f.set_parameters({name: 2 * values for name, values in f.parameters().items()})
    np.testing.assert_array_equal(both.effective_map(x).matrix, before)


@pytest.mark.parametrize(
    "kind, message, call",
    [
        (ValueError, "^lower bounds of a box: expected 2 .*found 3", lambda net: net.regions(np.ones(3), np.ones(3))),
        (ValueError, "^bounds of input 1 of a box: expected in ascending order, found 1 and 0$", lambda net: net.regions([0, 1], [1, 0])),
        (ValueError, "^upper.*finite", lambda net: net.regions([0, 0], [1, np.inf])),
        (TypeError, "^lower: expected real numbers", lambda net: net.regions("a", [1, 1])),
        (TypeError, "^regions: expected a whole number", lambda net: net.regions([0, 0], [1, 1], regions=1.5)),
        (ValueError, "^setting: expected finite numbers", lambda net: net.regions([0, 0], [1, 1], seconds=np.nan)),
        (ValueError, "^property: line 1: expected", lambda net: net.verify("nonsense")),
        (ValueError, "^property: expected 2 inputs and 2 outputs, found 1 inputs", lambda net: net.verify(text([0], [1], "(assert (>= Y_0 0))"))),
        (TypeError, "^property: expected a text or a path, found int$", lambda net: net.verify(3)),
        (TypeError, "^net that is subtracted: expected a Net, found int$", lambda net: net.difference(3)),
        (ValueError, "^net that is subtracted: expected 2 inputs and 2 outputs, found 8 inputs and 3 outputs$", lambda net: net.difference(small())),
    ],
)
def test_nonsense_is_one_line(kind, message, call):
    with pytest.raises(kind, match=message) as error:
        call(plane())
    assert "\n" not in str(error.value)


def test_a_property_in_a_file_is_refused_by_its_name(tmp_path):
    file = tmp_path / "wrong.vnnlib"
    file.write_text("(nonsense)")
    with pytest.raises(ValueError, match="^.*wrong.vnnlib: line 1: expected"):
        plane().verify(file)
    file.write_bytes(b"\xff")
    with pytest.raises(ValueError, match="wrong.vnnlib: property: expected a text in UTF-8, found byte 0xff at 0$"):
        plane().verify(file)
    with pytest.raises(FileNotFoundError):
        plane().verify(tmp_path / "none.vnnlib")


def test_a_net_that_is_not_piecewise_linear_has_no_regions():
    net = Net({"input": [2], "seed": 1, "layers": [{"kind": "tanh"}]})
    with pytest.raises(ValueError, match="piecewise linear"):
        net.regions([0, 0], [1, 1])
