"""The examples in docstrings and in the README, and the types."""

import doctest
import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import switchnet

FOLDER = Path(switchnet.__file__).parent


@pytest.mark.parametrize("name", ["", ".transforms", ".net", ".asked", ".difference", ".classifier", ".analysis", ".boxes"])
def test_examples_give_what_they_say(name):
    module = importlib.import_module("switchnet" + name)
    objects = {"": module}
    if name == ".transforms":
        objects = {function: getattr(module, function) for function in module.__all__}  # written in Rust
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    runner, names = doctest.DocTestRunner(optionflags=options), {**vars(switchnet), "np": np}
    for label, item in objects.items():
        if inspect.ismodule(item):
            tests = doctest.DocTestFinder().find(item, "switchnet" + name, extraglobs=names)
        else:
            tests = [doctest.DocTestParser().get_doctest(item.__doc__, dict(names), label, None, 0)]
            assert tests[0].examples, label
        for test in tests:
            runner.run(test)
    assert runner.summarize().failed == 0


def test_the_program_of_the_readme_runs(tmp_path, monkeypatch):
    readme = Path(__file__).parents[1] / "README.md"
    programs = readme.read_text(encoding="utf-8").split("```python\n")[1:]
    assert programs
    monkeypatch.chdir(tmp_path)
    names = {}
    for program in programs:
        exec(program.split("```")[0], names)


def offered(item):
    """What a class or a module offers by a name of its own: functions of either language, methods of all kinds, properties."""
    for name in getattr(item, "__all__", dir(item)):
        member = inspect.getattr_static(item, name)
        kinds = (property, classmethod, staticmethod)
        if not name.startswith("_") and (inspect.isroutine(member) or isinstance(member, kinds)):
            yield name, member


def test_everything_that_is_offered_is_documented():
    seen = set()
    for name in switchnet.__all__:
        item = getattr(switchnet, name)
        assert item.__doc__, name
        for member, value in offered(item):
            seen.add(f"{name}.{member}")
            assert inspect.getdoc(value), f"{name}.{member}"
    assert {"Net.inputs", "Net.from_torch", "Net.regions", "Difference.ray", "Net.zoo", "Net.fit", "Ray.breakpoints", "transforms.hadamard", "transforms.dct3"} <= seen


def run(program):
    """What a program says, in a Python of its own."""
    words = [sys.executable, "-c", program]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


def test_pytorch_is_not_needed_and_its_lack_is_said_in_a_line():
    assert run("import sys, switchnet; print('torch' in sys.modules)") == "False"
    without = "import sys; sys.modules['torch'] = None\nimport switchnet\n"
    report = "try:\n    {}\nexcept ImportError as error:\n    print(error)"
    said = "expected PyTorch, the package torch, to be installed, found none"
    assert run(without + report.format("import switchnet.torch")) == f"switchnet.torch: {said}"
    assert run(without + report.format("switchnet.Net.from_torch(3)")) == f"module: {said}"


def test_types_are_shipped():
    assert (FOLDER / "py.typed").is_file() and (FOLDER / "_switchnet.pyi").is_file()
    stubs = (FOLDER / "_switchnet.pyi").read_text(encoding="utf-8")
    core = importlib.import_module("switchnet._switchnet")
    for name in vars(core):
        if not name.startswith("_"):
            assert f"def {name}(" in stubs or f"class {name}:" in stubs, name
