"""Training: what it reaches, what it keeps, how it is watched and ended."""

import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
from switchnet import Net
from toy import blobs, inputs, small

ENDLESS = 10**9


def net_of_blobs(dtype="float32"):
    return Net.zoo("mlp", input=3, outputs=3, hidden=[16], dtype=dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_toy_set_is_learned_to_the_same_bits(dtype):
    x, y = blobs()
    nets = [net_of_blobs(dtype) for _ in range(2)]
    histories = [net.fit(x, y, epochs=30, batch=8, seed=2) for net in nets]
    score = nets[0].evaluate(x, y)
    assert score["accuracy"] >= 0.98 and score["accuracy"] == np.mean(nets[0].predict(x) == y)
    np.testing.assert_array_equal(nets[0].forward(x), nets[1].forward(x))
    for history in histories:
        assert [record["epoch"] for record in history] == list(range(1, 31))
        for record in history:
            record.pop("seconds")
    assert histories[0] == histories[1]
    assert set(histories[0][0]) == {
        "epoch", "learning_rate", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy"
    }  # fmt: skip
    probabilities = nets[0].predict_proba(x)[np.arange(len(y)), y]
    np.testing.assert_allclose(score["loss"], -np.log(probabilities.astype(float)).mean(), rtol=1e-4)


def test_values_are_learned():
    x = inputs(200)
    y = x @ np.arange(8) / 8
    net = Net.zoo("mlp", 8, 1, hidden=[16])
    before = net.evaluate(x, y)
    assert set(before) == {"loss"}
    residuals = net.forward(x)[:, 0] - y
    np.testing.assert_allclose(before["loss"], 0.5 * np.mean(residuals**2), rtol=1e-5)
    net.fit(x, y, epochs=20, optimizer={"kind": "sgd", "momentum": 0.9}, schedule="cosine", keep="last")
    assert net.evaluate(x, y)["loss"] < 0.05 * before["loss"]


def test_settings_are_those_of_the_library():
    x, y = blobs()
    nets = [net_of_blobs() for _ in range(3)]
    nets[0].fit(x, y, {"epochs": 2, "learning_rate": 0.02}, schedule={"kind": "one-cycle", "warm_up": 0.5})
    nets[1].fit(x, y, {"epochs": 5, "schedule": {"kind": "one-cycle", "warm-up": 0.5}}, epochs=2, learning_rate=0.02)
    nets[2].fit(x, y, epochs=2, learning_rate=0.02, weights=1.0 + y)
    assert nets[0].forward(x).tolist() == nets[1].forward(x).tolist() != nets[2].forward(x).tolist()
    constant = net_of_blobs().fit(x, y, epochs=1, schedule="constant", learning_rate=0.125, validation=0)
    assert constant[0]["learning_rate"] == 0.125 and constant[0]["validation_loss"] is None


def test_a_callback_sees_each_epoch_and_the_net_as_it_is_then():
    x, y = blobs()
    net, seen = net_of_blobs(), []

    def look(record):
        seen.append((record, net.evaluate(x, y)["loss"], net.training))

    history = net.fit(x, y, epochs=4, keep="last", validation=0, callback=look)
    assert [record for record, *_ in seen] == history and all(training for *_, training in seen)
    assert len({loss for _, loss, _ in seen}) == 4 and seen[-1][1] == net.evaluate(x, y)["loss"]
    assert not net.training


def test_a_callback_ends_a_training_by_false_or_by_raising():
    x, y = blobs()
    net = net_of_blobs()
    history = net.fit(x, y, epochs=ENDLESS, callback=lambda record: record["epoch"] < 3)
    assert len(history) == 3
    losses = []

    def fail(record):
        losses.append(net.evaluate(x, y)["loss"])
        if record["epoch"] == 2:
            raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        net.fit(x, y, epochs=ENDLESS, callback=fail)
    assert net.evaluate(x, y)["loss"] == losses[-1] and not net.training


def test_only_one_call_trains_a_net():
    x, y = blobs()
    net = net_of_blobs()

    def again(record):
        with pytest.raises(RuntimeError, match="net: expected one that is not in training"):
            net.fit(x, y, epochs=1)
        with pytest.raises(RuntimeError, match="net: expected one that is not in training"):
            net.set_parameters({})

    assert len(net.fit(x, y, epochs=2, callback=again)) == 2


def test_ctrl_c_ends_a_training_between_steps_and_other_threads_run_meanwhile():
    """Another thread waits until the training is at work and presses Ctrl-C, which it could not if the training held the
    interpreter's lock; without an end the training would go on for ever."""
    x, y = blobs()
    net = net_of_blobs()
    before = net.parameters()

    def press():
        while not net.training:
            threading.Event().wait(0.001)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        net.fit(x, y, epochs=ENDLESS)
    thread.join()
    assert not net.training
    assert any((values != before[name]).any() for name, values in net.parameters().items())
    net.fit(x, y, epochs=30, batch=8)
    assert net.evaluate(x, y)["accuracy"] >= 0.98


@pytest.mark.skipif(os.name == "nt", reason="NOT TESTED: no SIGINT for another process on Windows")
def test_ctrl_c_from_outside_ends_a_program_that_keeps_what_it_learned(tmp_path):
    program = f"""
from switchnet import Net
from toy import blobs
x, y = blobs()
net = Net.zoo("mlp", input=3, outputs=3, hidden=[16])
try:
    net.fit(x, y, epochs={ENDLESS}, schedule="constant", callback=lambda record: print(str(record["epoch"]) + chr(10), end="", flush=True))
except KeyboardInterrupt:
    net.save("net.safetensors")
    print("accuracy", net.evaluate(x, y)["accuracy"])
"""
    environment = {**os.environ, "PYTHONPATH": os.path.dirname(__file__)}
    words = [sys.executable, "-c", program]
    child = subprocess.Popen(words, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True)
    for line in child.stdout:
        if line.strip() == "20":
            break
    child.send_signal(signal.SIGINT)
    rest, _ = child.communicate()
    assert child.returncode == 0
    x, y = blobs()
    # Ctrl-C may come inside of a print too, so each line is one piece.
    word, accuracy = rest.splitlines()[-1].split()
    accuracy = float(accuracy)
    assert word == "accuracy"
    assert accuracy >= 0.9 and accuracy == Net.load(tmp_path / "net.safetensors").evaluate(x, y)["accuracy"]


BITS = """
import hashlib
import numpy as np
from switchnet import Net
from toy import blobs

x, y = blobs(3000)
for dtype in ("float32", "float64"):
    net = Net.zoo("switch", 3, 3, dtype=dtype)
    net.fit(x, y, epochs=2, batch=1000)
    wide = Net.zoo("switch", 256, 10, dtype=dtype)
    rows = np.random.default_rng(1).normal(size=(2000, 256))
    numbers = [*net.parameters().values(), net.forward(x), wide.forward(rows), wide.effective_map(rows[0]).matrix]
    print(*(hashlib.sha256(np.ascontiguousarray(part)).hexdigest() for part in numbers))
"""


def test_results_are_the_same_bits_on_any_number_of_threads():
    found = []
    for threads in ("1", "3"):
        environment = {**os.environ, "PYTHONPATH": os.path.dirname(__file__), "RAYON_NUM_THREADS": threads}
        words = [sys.executable, "-c", BITS]
        found.append(subprocess.run(words, env=environment, check=True, capture_output=True, text=True).stdout)
    assert found[0] == found[1] and len(found[0].splitlines()) == 2


FORKED = """
import os, signal, sys, threading
import numpy as np
from switchnet import Net
from toy import blobs

net = Net.zoo("mlp", 3, 3, hidden=[16])
wide = Net.zoo("switch", 1024, 10, depth=8, switch="relu")  # a slice has more polygons than a minute is enough for
work = {
    "fit": lambda: net.fit(*blobs(), epochs=10**9),
    "slice": lambda: wide.slice(*np.random.default_rng(1).normal(size=(3, 1024)), u=(-3, 3), v=(-3, 3)),
}
net.fit(*blobs(), epochs=1)
for _ in range(int(sys.argv[2])):
    child = os.fork()
    if child:
        os._exit(os.WEXITSTATUS(os.waitpid(child, 0)[1]))
    net.fit(*blobs(), epochs=1)
seen, over = [0], threading.Event()

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

signal.signal(signal.SIGINT, see)
thread = threading.Thread(target=press)
thread.start()
try:
    work[sys.argv[1]]()
except KeyboardInterrupt:
    print("ended")
over.set()
thread.join()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="NOT TESTED: no fork here")
@pytest.mark.parametrize("forks", [0, 1, 2])
@pytest.mark.parametrize("work", ["fit", "slice"])
def test_ctrl_c_ends_the_work_of_a_forked_process(work, forks):
    """The fifth Ctrl-C does; each is pressed when the one before was seen."""
    environment = {**os.environ, "PYTHONPATH": os.path.dirname(__file__)}
    words = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORKED, work, str(forks)]
    found = subprocess.run(words, env=environment, check=True, capture_output=True, text=True)
    assert found.stdout == "ended\n" and found.stderr == ""


ASKING = """
import os
import numpy as np
from switchnet import Net
from toy import blobs

x, y = blobs()
net = Net.zoo("mlp", 3, 3, hidden=[16])
child = os.fork()
if child:
    os._exit(os.WEXITSTATUS(os.waitpid(child, 0)[1]))
losses = []
net.fit(x, y, epochs=3, callback=lambda record: losses.append(net.evaluate(x, y)["loss"]))
print(len(losses))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="NOT TESTED: no fork here")
def test_a_callback_in_a_forked_process_of_one_thread_may_ask_the_net():
    environment = {**os.environ, "PYTHONPATH": os.path.dirname(__file__), "RAYON_NUM_THREADS": "1"}
    words = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", ASKING]
    found = subprocess.run(words, env=environment, check=True, capture_output=True, text=True)
    assert found.stdout == "3\n" and found.stderr == ""


def test_nets_are_asked_by_several_threads():
    net, x = small(), inputs(64)
    expected, found = net.forward(x), []
    threads = [threading.Thread(target=lambda: found.append(net.forward(x))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and all((y == expected).all() for y in found)


def circular():
    settings = {}
    settings["schedule"] = settings
    return settings


X, Y = blobs()


@pytest.mark.parametrize(
    "kind, message, call",
    [
        (ValueError, "epochs: expected at least 1, found 0", lambda net: net.fit(X, Y, epochs=0)),
        (ValueError, "learning rate: expected a positive number", lambda net: net.fit(X, Y, learning_rate=-1)),
        (ValueError, "training: .*`epoch`", lambda net: net.fit(X, Y, epoch=3)),
        (ValueError, "training: .*`lion`", lambda net: net.fit(X, Y, optimizer="lion")),
        (ValueError, "class in row 2 of y: expected 0 to 2, as the net has outputs, found 3", lambda net: net.fit(X[:3], [0, 1, 3])),
        (ValueError, "class in row 0 of y: .* found -1", lambda net: net.fit(X[:3], [-1, 1, 0])),
        (ValueError, "number of targets: expected 3, one for each row, found 2", lambda net: net.fit(X[:3], [1, 0])),
        (ValueError, "columns of y: expected 3, as the net has outputs, found 1", lambda net: net.fit(X, Y * 1.0)),
        (TypeError, "y: expected a class, .* found float64", lambda net: net.fit(X, Y * 1.0, loss="cross-entropy")),
        (TypeError, "y: expected real numbers, found an array of <U1", lambda net: net.fit(X[:2], ["a", "b"])),
        (ValueError, "inputs, row 1, column 2: expected a finite number, found inf", lambda net: net.fit([[0, 0, 0], [0, 0, np.inf]], [0, 1])),
        (ValueError, "x: expected rows of 3 numbers", lambda net: net.fit(X[:, :2], Y)),
        (ValueError, r"weights: expected a number for each of the 120 rows, found shape \(2,\)", lambda net: net.fit(X, Y, weights=[1, 2])),
        (ValueError, r"weights, row 119: expected a finite number, not negative, found -1.0", lambda net: net.fit(X, Y, weights=[1] * 119 + [-1])),
        (TypeError, "weights: expected numbers that are all there, found a masked array", lambda net: net.fit(X, Y, weights=np.ma.ones(120))),
        (TypeError, "callback: expected a function, found int", lambda net: net.fit(X, Y, callback=3)),
        (TypeError, "settings: expected a dict, found list", lambda net: net.fit(X, Y, ["epochs"])),
        (ValueError, "x: expected an array, or lists of one length", lambda net: net.fit([[1.0], [1.0, 2.0]], [0, 1])),
        (TypeError, "y: expected numbers that are all there, found a masked array", lambda net: net.fit(X, np.ma.array(Y))),
        (ValueError, "loss.*finite", lambda net: net.fit(X * 1e18, Y, learning_rate=1e30, optimizer="sgd", schedule="constant")),
        (ValueError, r"y: expected a number, or a row of them, for each row of x, found shape \(6, 3, 1\)", lambda net: net.fit(X[:6], np.zeros((6, 3, 1)))),
        (ValueError, r"y: expected a number, .* found shape \(\)", lambda net: net.fit(X[:1], 1)),
        (ValueError, r"y: expected a number, .* found shape \(\)", lambda net: net.evaluate(X[:1], 1.0)),
        (ValueError, r"weights: expected a number for each of the 120 rows, found shape \(60, 2\)", lambda net: net.fit(X, Y, weights=np.ones((60, 2)))),
        (ValueError, "setting: expected lists and dicts within each other that end", lambda net: net.fit(X, Y, circular())),
    ],
)
def test_errors_are_one_line_and_leave_the_net_as_it_was(kind, message, call):
    net = net_of_blobs()
    before = net.forward(X)
    with pytest.raises(kind, match=message) as error:
        call(net)
    assert "\n" not in str(error.value)
    np.testing.assert_array_equal(net.forward(X), before)
    assert not net.training
