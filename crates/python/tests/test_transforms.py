"""Values against the formulas, on every axis and in every layout; memory, errors and threads."""

import contextlib
import os
import subprocess
import sys
import threading
import tracemalloc

import numpy as np
import pytest
from switchnet import Net
from switchnet.transforms import dct2, dct3, hadamard, hartley

PRECISION = {np.float32: 1e-5, np.float64: 1e-13}  # some hundred roundings of numbers about 1


def sylvester(n):
    i = np.arange(n)
    ones = np.array([[bin(a & b).count("1") for b in i] for a in i])
    return (-1.0) ** ones / np.sqrt(n)


def walsh(n):
    """Rows by the number of their changes of sign."""
    natural = sylvester(n)
    return natural[np.argsort([np.sum(np.diff(np.sign(row)) != 0) for row in natural])]


def cosines(n):
    k, j = np.arange(n)[:, None], np.arange(n)[None, :]
    return np.where(k == 0, 1.0, np.sqrt(2.0)) / np.sqrt(n) * np.cos(np.pi * k * (j + 0.5) / n)


def turns(n):
    angle = 2 * np.pi * (np.outer(np.arange(n), np.arange(n)) % n) / n
    return (np.cos(angle) + np.sin(angle)) / np.sqrt(n)


CASES = [
    (hadamard, sylvester, 64),
    (lambda x, *a, **k: hadamard(x, *a, order="sequency", **k), walsh, 32),
    (hartley, turns, 12),
    (hartley, turns, 90),
    (dct2, cosines, 12),
    (dct2, cosines, 90),
    (dct3, lambda n: cosines(n).T, 12),
    (dct3, lambda n: cosines(n).T, 90),
]


@pytest.mark.parametrize("dtype", PRECISION)
@pytest.mark.parametrize("transform, matrix, n", CASES)
@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_every_axis_and_layout_is_the_matrix(transform, matrix, n, axis, dtype):
    shape = [3, 4, 5]
    shape[axis] = n
    numbers = np.random.default_rng(n).normal(size=shape).astype(dtype)
    expected = np.moveaxis(np.tensordot(matrix(n), numbers.astype(float), (1, axis)), 0, axis)
    wide = np.zeros([2 * size for size in shape], dtype)
    wide[::2, ::2, ::2] = numbers
    layouts = [numbers.copy(), np.array(numbers, order="F"), wide[::2, ::2, ::2], numbers[::-1].copy()[::-1]]
    for x in layouts:
        before = x.copy()
        y = transform(x, axis)
        assert y.dtype == dtype and y.shape == x.shape
        np.testing.assert_allclose(y, expected, atol=PRECISION[dtype])
        np.testing.assert_array_equal(x, before)
        out = np.full_like(x, np.nan)
        assert transform(x, axis, out=out) is out
        np.testing.assert_array_equal(out, y)
        assert transform(x, axis, out=x) is x
        np.testing.assert_array_equal(x, y)


def test_what_lies_between_the_numbers_of_a_view_is_left_alone():
    wide = np.arange(32.0).reshape(4, 8)
    before = wide.copy()
    part = wide[:, ::2]
    hadamard(part, out=part)
    np.testing.assert_array_equal(wide[:, 1::2], before[:, 1::2])
    np.testing.assert_allclose(wide[:, ::2], before[:, ::2] @ sylvester(4))


def peak(call):
    """The most memory that a call had at once, in bytes."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("order", "CF")
@pytest.mark.parametrize("dtype", PRECISION)
def test_in_place_needs_no_memory_of_its_own(dtype, order):
    x = np.array(np.random.default_rng(1).normal(size=(64, 64)), dtype, order=order)
    for axis in (0, 1):
        hadamard(x, axis, out=x)  # its plan is made
        assert peak(lambda: hadamard(x, axis, out=x)) < x.nbytes / 4
        assert peak(lambda: hadamard(x, axis)) >= x.nbytes


def test_memory_that_is_shared_counts_as_it_was():
    numbers = np.random.default_rng(1).normal(size=(5, 16))
    x = numbers.copy()
    hadamard(x[:-1], out=x[1:])
    np.testing.assert_allclose(x[1:], numbers[:-1] @ sylvester(16), atol=1e-13)


@pytest.mark.parametrize("n", [12, 20, 28, 96, 784])
def test_other_sizes_are_symmetric_orthonormal_and_of_one_size(n):
    matrix = hadamard(np.eye(n))
    np.testing.assert_allclose(np.abs(matrix), 1 / np.sqrt(n), atol=1e-13)
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-13)
    np.testing.assert_allclose(hadamard(matrix), np.eye(n), atol=1e-12)


def test_plans_that_are_kept_are_of_the_right_kind_length_and_type():
    lengths = list(range(1, 40)) * 2
    for n in lengths:
        x = np.random.default_rng(n).normal(size=n)
        np.testing.assert_allclose(dct2(x), cosines(n) @ x, atol=1e-13)
        np.testing.assert_allclose(dct3(x), cosines(n).T @ x, atol=1e-13)
        np.testing.assert_allclose(hartley(x.astype(np.float32)), turns(n) @ x, atol=1e-5)


def test_rows_may_be_missing():
    assert hadamard(np.zeros((0, 8))).shape == (0, 8)
    assert dct2(np.zeros((8, 0)), 0).shape == (8, 0)


def read_only():
    x = np.zeros(8)
    x.flags.writeable = False
    return x


@pytest.mark.parametrize(
    "kind, message, call",
    [
        (TypeError, "x: expected a NumPy array of float32 or float64, found list", lambda: hadamard([1.0, 2.0])),
        (TypeError, "float32 or float64, found ndarray of int64", lambda: hadamard(np.arange(8, dtype=np.int64))),
        (TypeError, "found ndarray of float16", lambda: dct2(np.zeros(8, np.float16))),
        (TypeError, "float64, found ndarray of >f8", lambda: dct2(np.zeros(8, ">f8"))),
        (TypeError, "x: expected a NumPy array of numbers that are all there", lambda: dct2(np.ma.zeros(8))),
        (TypeError, "out: expected a NumPy array of float64", lambda: dct2(np.zeros(8), out=np.zeros(8, np.float32))),
        (ValueError, "axis: expected one of the 2 of x, -2 to 1, found 2", lambda: hartley(np.zeros((2, 8)), 2)),
        (ValueError, "axis: expected one of the 2 of x, -2 to 1, found -3", lambda: hartley(np.zeros((2, 8)), -3)),
        (ValueError, "axis: expected an array with at least one, found -1", lambda: hartley(np.array(1.0))),
        (ValueError, "length of a Hadamard transform: expected a size .* found 7", lambda: hadamard(np.zeros(7))),
        (ValueError, "length of a Hadamard transform: .* found 0", lambda: hadamard(np.zeros(0))),
        (ValueError, "sequency order: expected a power of two.* found 12", lambda: hadamard(np.zeros(12), order="sequency")),
        (ValueError, "order: expected .* found \"gray\"", lambda: hadamard(np.zeros(8), order="gray")),
        (ValueError, r"out: expected shape \[8\], as x has, found shape \[4\]", lambda: dct2(np.zeros(8), out=np.zeros(4))),
        (ValueError, "out: expected a writeable array, found a read-only one", lambda: dct2(np.zeros(8), out=read_only())),
        (ValueError, "out: expected a writeable array", lambda: dct2(np.zeros(8), out=np.broadcast_to(0.0, 8))),
    ],
)
def test_errors_say_what_was_expected(kind, message, call):
    with pytest.raises(kind, match=message) as error:
        call()
    assert "\n" not in str(error.value)


def test_what_is_refused_is_left_as_it_was():
    x = read_only()
    with pytest.raises(ValueError):
        hadamard(x, out=x)
    out = np.ones(7)
    with pytest.raises(ValueError):
        hadamard(np.zeros(7), out=out)
    np.testing.assert_array_equal(out, 1.0)


def test_an_instruction_set_that_is_not_there_is_refused_at_once(tmp_path):
    program = "try:\n    import switchnet\nexcept ValueError as error:\n    print(error)"
    environment = {**os.environ, "SWITCHNET_KERNEL": "abacus"}
    words = [sys.executable, "-c", program]
    found = subprocess.run(words, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True)
    assert found.stdout.startswith("SWITCHNET_KERNEL: expected ") and found.stdout.endswith("found abacus\n")


def refused_plan():
    """There is no plan of this length, so there is no other work."""
    with pytest.raises(ValueError):
        hadamard(np.zeros(7, np.float32))


CALLS = {
    "new": lambda x: hadamard(x),
    "in place": lambda x: hadamard(x, out=x),
    "plan": lambda x: refused_plan(),
}


@pytest.mark.parametrize("call", CALLS)
def test_other_threads_run_meanwhile(call):
    """With turns of a thousand seconds a thread runs only where another lets go of the interpreter's lock: calls go on until
    it has run."""
    x, entered, gate, ran = np.zeros((1024, 1024), np.float32), threading.Event(), [], []

    def other():
        entered.set()
        while not gate:
            threading.Event().wait(0.001)
        ran.append(True)

    thread = threading.Thread(target=other)
    before = sys.getswitchinterval()
    thread.start()
    entered.wait()
    try:
        sys.setswitchinterval(1000.0)
        gate.append(True)
        while not ran:
            CALLS[call](x)
    finally:
        sys.setswitchinterval(before)
        thread.join()


IN_USE = "expected memory that no other call works on, found an array in use"
LABELS = np.zeros(64, np.int64)
OTHERS = {
    "x of a transform": ("x", lambda x: hadamard(x, 0)),
    "x of a view": ("x", lambda x: hadamard(x[:, ::2])),
    "x beside out": ("x", lambda x: hadamard(x[:, ::2], out=np.zeros((64, 32)))),
    "out": ("out", lambda x: hadamard(np.zeros((64, 64)), out=x)),
    "out that is a view": ("out", lambda x: in_place(x[::2, ::2])),
    "forward": ("x", lambda x: net(64).forward(x)),
    "fit": ("x", lambda x: net(64).fit(x, LABELS, epochs=1)),
    "y of evaluate": ("y", lambda x: net(64, 64).evaluate(np.zeros((64, 64)), x)),
    "parameters": ("parameter 0.weight", lambda x: net(64, 64).set_parameters({"0.weight": x})),
    "effective map": ("x", lambda x: net(64).effective_map(x[0])),
    "ray": ("b", lambda x: net(64).ray(np.zeros(64), x[0])),
}


def in_place(x):
    return hadamard(x, out=x)


def net(inputs, outputs=1):
    return Net({"input": [inputs], "seed": 1, "layers": [{"kind": "dense", "outputs": outputs}]}, "float64")


@pytest.mark.parametrize("call", OTHERS)
def test_an_array_that_another_call_works_on_is_named(call):
    """Another thread transforms it again and again, until that was seen."""
    (what, call), x, over = OTHERS[call], np.zeros((64, 64)), threading.Event()

    def work():
        while not over.is_set():
            with contextlib.suppress(ValueError):
                hadamard(x, out=x)

    thread = threading.Thread(target=work)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    thread.start()
    try:
        with pytest.raises(ValueError, match=f"^{what}: {IN_USE}$"):
            while True:
                call(x)
    finally:
        over.set()
        thread.join()
        sys.setswitchinterval(before)


@pytest.mark.parametrize("dtype", PRECISION)
@pytest.mark.parametrize("transform, kind", [(dct2, 2), (dct3, 3)])
@pytest.mark.parametrize("n", [1, 2, 8, 90, 101, 1024])
def test_cosine_transforms_are_those_of_scipy(transform, kind, n, dtype):
    fft = pytest.importorskip("scipy.fft", reason="NOT TESTED: scipy is not installed")
    x = np.random.default_rng(n).normal(size=(3, n)).astype(dtype)
    np.testing.assert_allclose(transform(x), fft.dct(x, kind, norm="ortho"), atol=PRECISION[dtype])
