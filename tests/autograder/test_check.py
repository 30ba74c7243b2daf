"""The command ``check``: what it says of a student's notebook."""

from __future__ import annotations

import copy
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from autograder.__main__ import main
from autograder.check import (
    BY_HAND,
    FAILED,
    HIDDEN,
    PASSED,
    UNWRITTEN,
    closing,
    read_notebook,
    run_notebook,
)
from autograder.faults import Fault
from tests.conftest import ROOT

RELEASE = ROOT / "exercises" / "forward"
STUB = "# YOUR CODE HERE\n    raise NotImplementedError()"


@pytest.fixture(scope="module")
def release() -> NotebookNode:
    return nbformat.read(RELEASE / "forward.ipynb", as_version=4)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the checks and nothing else."""
    shutil.copytree(RELEASE / "pooling_checks", tmp_path / "pooling_checks")
    return tmp_path


def answered(release: NotebookNode, **bodies: str) -> NotebookNode:
    """The first two parts of the notebook, with bodies in the place of some functions' stubs."""
    notebook = copy.deepcopy(release)
    last = next(n for n, c in enumerate(notebook.cells) if c.id == "max-stride")
    keep = notebook.cells[: last + 1] + [
        c for c in notebook.cells if c.id in ("max-negative", "written-padding")
    ]
    notebook.cells = keep
    for name, body in bodies.items():
        (cell,) = [c for c in notebook.cells if f"def {name}(" in c.source]
        assert STUB in cell.source
        cell.source = cell.source.replace(STUB, body)
    return notebook


def test_every_graded_cell_gets_a_line(release: NotebookNode, folder: Path) -> None:
    notebook = answered(release, output_size="return (size - window) // stride + 1")
    report = run_notebook(notebook, folder)
    states = {line.name: line.state for line in report.lines}
    assert states == {
        "size-valid": PASSED,
        "size-same": FAILED,
        "size-errors": FAILED,
        "max-valid": UNWRITTEN,
        "max-stride": UNWRITTEN,
        "max-negative": HIDDEN,
        "written-padding": BY_HAND,
    }
    assert report.broken == []
    assert not report.passes
    failed = {line.name: line.message for line in report.lines}
    assert "case      size=7, window=3, stride=2, padding='same'" in failed["size-same"]
    assert closing(report).startswith("1 of 5 visible tests pass: 2 of 9 points")
    assert "and 1 more test; a person gives 4 more points." in closing(report)


def test_cells_run_as_jupyter_runs_them(release: NotebookNode, folder: Path) -> None:
    """Magics work, other cells' errors are told and stop nothing, a later definition counts."""
    notebook = answered(release, output_size="return 0")
    place = next(n for n, c in enumerate(notebook.cells) if c.id == "size-valid")
    notebook.cells[place:place] = [
        new_code_cell("%timeit -n1 -r1 1 + 1"),
        new_code_cell("1 / 0"),
        new_code_cell("def output_size(size, window, stride, padding):\n"
                      "    return (size - window) // stride + 1"),
    ]  # fmt: skip
    report = run_notebook(notebook, folder)
    assert report.lines[0].state == PASSED
    (told,) = report.broken
    assert told == f"cell {place + 2} (1 / 0): ZeroDivisionError: division by zero"


def test_the_notebook_and_the_folder_stay_as_they_are(release: NotebookNode, folder: Path) -> None:
    notebook = answered(release)
    before = copy.deepcopy(notebook)
    run_notebook(notebook, folder)
    assert notebook == before
    assert {path.name for path in folder.iterdir()} == {"pooling_checks"}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("missing.ipynb", None, "there is no notebook"),
        ("text.ipynb", "no JSON", "cannot be read as a notebook"),
        ("other.ipynb", '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
         "has no graded cells"),
    ],
)  # fmt: skip
def test_what_is_no_assignment_is_refused(
    tmp_path: Path, name: str, content: str | None, said: str
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(Fault, match=said):
        read_notebook(tmp_path / name)


def test_the_command_prints_a_table_and_the_first_failure(
    release: NotebookNode, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    notebook = answered(release, output_size="return -(-size // stride)")
    nbformat.write(notebook, folder / "forward.ipynb")
    assert main(["check", str(folder / "forward.ipynb")]) == 1
    shown = capsys.readouterr().out
    assert re.search(r"size-same +2 of 2  ✓ passed", shown)
    assert "size-valid\n----------\noutput_size does not agree" in shown
    assert "size-errors\n-----------" not in shown
    assert main(["check", "--all", str(folder / "forward.ipynb")]) == 1
    assert "size-errors\n-----------" in capsys.readouterr().out


def test_the_command_says_in_one_line_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "nowhere.ipynb"]) == 1
    assert capsys.readouterr().err == "autograder: there is no notebook nowhere.ipynb.\n"
