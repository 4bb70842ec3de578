"""The notebooks: their cells, one after the other, in one Python."""

import ast
import json
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def cells(path):
    """The code of a notebook, cell by cell."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_kept_without_outputs(path):
    found = cells(path)
    assert len(found) >= 8
    for cell in found:
        assert cell["outputs"] == [] and cell["execution_count"] is None
        compile("".join(cell["source"]), path.name, "exec")


def last_of(source):
    """A program that also keeps the value of its last expression, as `_`, as a notebook does."""
    tree = ast.parse(source)
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        tree.body[-1] = ast.copy_location(ast.Assign([ast.Name("_", ast.Store())], tree.body[-1].value), tree.body[-1])
    return compile(ast.fix_missing_locations(tree), "cell", "exec")


def test_the_notebook_about_pytorch_runs(capsys):
    reason = "{} is not installed, so the notebook is not run"
    pytest.importorskip("torch", reason=reason.format("PyTorch"))
    pyplot = pytest.importorskip("matplotlib.pyplot", reason=reason.format("matplotlib"))
    pyplot.switch_backend("agg")
    names, said = {"__name__": "__main__"}, []
    for cell in cells(FOLDER / "pytorch.ipynb"):
        exec(last_of("".join(cell["source"])), names)
        said.append(capsys.readouterr().out)
        if hasattr(names.get("_"), "_repr_html_"):
            assert "<table>" in names["_"]._repr_html_()
    drawn = len(pyplot.get_fignums())
    pyplot.close("all")
    assert drawn == 4
    assert names["accuracy"] > 0.8 and names["difference"] < 1e-4 and names["found"].residual < 1e-13
    assert names["regions"].complete and names["plane"].complete and names["plane"].consistent
    assert "True" in "".join(said)
    assert "switchnet.torch" in sys.modules
