"""Run the visible tests of a notebook, as a student does before handing in.

It needs nothing of an instructor's: the notebook and the folder `pooling_checks` beside it. The
cells run from top to bottom, in a namespace of their own, as *Restart Kernel and Run All* would
run them, except that a test that fails does not stop those after it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from nbformat import NotebookNode
from rich.table import Table
from rich.text import Text

from autograder.faults import Fault

PASSED, FAILED, UNWRITTEN = "passed", "failed", "not written yet"
HIDDEN, BY_HAND = "hidden", "by hand"


@dataclasses.dataclass(frozen=True)
class Line:
    """What became of one graded cell.

    Attributes
    ----------
    name : str
        nbgrader's ``grade_id``.
    points : float
        Points there are.
    state : str
        `PASSED`, `FAILED`, `UNWRITTEN` (it asks for a function that still raises
        ``NotImplementedError``), `HIDDEN` (the cell holds no visible test) or `BY_HAND`.
    message : str
        Why it failed; empty otherwise.
    """

    name: str
    points: float
    state: str
    message: str = ""


@dataclasses.dataclass(frozen=True)
class Report:
    """What a run of a notebook showed.

    Attributes
    ----------
    lines : list of Line
        One for each graded cell, in the notebook's order.
    broken : list of str
        For each other cell that raised: its place, its first line and the error.
    """

    lines: list[Line]
    broken: list[str]

    @property
    def passes(self) -> bool:
        """Whether no visible test fails."""
        return not any(line.state in (FAILED, UNWRITTEN) for line in self.lines)


def read_notebook(path: Path) -> NotebookNode:
    """Read a notebook that has graded cells.

    Raises
    ------
    Fault
        If there is none, it cannot be read, or it is no assignment.
    """
    try:
        notebook = nbformat.read(path, as_version=4)
    except FileNotFoundError:
        raise Fault(f"there is no notebook {path}.") from None
    except (OSError, ValueError, AttributeError, nbformat.ValidationError) as error:
        raise Fault(
            f"{path} cannot be read as a notebook ({type(error).__name__}). Open it in JupyterLab; "
            "if that fails too, start again from the notebook that you were given."
        ) from None
    if not any(_is_graded(cell) for cell in notebook.cells):
        raise Fault(
            f"{path} has no graded cells. Name the notebook of an assignment, for example "
            "exercises/forward/forward.ipynb."
        )
    return notebook


def _marks(cell: NotebookNode) -> dict[str, Any]:
    return dict(cell.metadata.get("nbgrader", {}))


def _is_graded(cell: NotebookNode) -> bool:
    return bool(_marks(cell).get("grade"))


def _is_empty(source: str) -> bool:
    return all(not line.strip() or line.lstrip().startswith("#") for line in source.splitlines())


@contextlib.contextmanager
def _folder(path: Path) -> Iterator[None]:
    """Work in a folder, and import what lies in it, as a notebook there does."""
    before = Path.cwd()
    os.chdir(path)
    sys.path.insert(0, str(path))
    try:
        yield
    finally:
        sys.path.remove(str(path))
        os.chdir(before)


@contextlib.contextmanager
def _no_windows() -> Iterator[None]:
    """Let Matplotlib draw without a screen: the pictures are for the notebook."""
    before = os.environ.get("MPLBACKEND")
    os.environ.setdefault("MPLBACKEND", "agg")
    try:
        yield
    finally:
        if before is None:
            del os.environ["MPLBACKEND"]


def _message(error: BaseException) -> str:
    if type(error).__name__ == "CheckFailed":
        return str(error)
    return f"{type(error).__name__}: {error}"


def run_notebook(notebook: NotebookNode, folder: Path) -> Report:
    """Run a notebook's cells in this process and note what its tests say.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        The assignment with a student's answers. Not changed.
    folder : pathlib.Path
        Where the notebook lies; the cells run there.

    Returns
    -------
    Report
    """
    shell = InteractiveShell()
    lines: list[Line] = []
    broken: list[str] = []
    with _folder(folder.resolve()), _no_windows():
        for number, cell in enumerate(notebook.cells, start=1):
            marks = _marks(cell)
            name, points = str(marks.get("grade_id", "")), float(marks.get("points", 0) or 0)
            if cell.cell_type != "code":
                if _is_graded(cell):
                    lines.append(Line(name, points, BY_HAND))
                continue
            if _is_graded(cell) and marks.get("solution"):
                lines.append(Line(name, points, BY_HAND))
            elif _is_graded(cell) and _is_empty(cell.source):
                lines.append(Line(name, points, HIDDEN))
                continue
            with capture_output():
                result = shell.run_cell(cell.source, silent=True)
            error = result.error_before_exec or result.error_in_exec
            if _is_graded(cell) and not marks.get("solution"):
                message = "" if error is None else _message(error)
                state = FAILED if message else PASSED
                if "is not written yet" in message.partition("\n")[0]:
                    state = UNWRITTEN
                lines.append(Line(name, points, state, message))
            elif error is not None:
                first = cell.source.strip().partition("\n")[0]
                broken.append(f"cell {number} ({first}): {_message(error)}")
    return Report(lines, broken)


SIGNS = {
    PASSED: "✓ passed",
    FAILED: "✗ failed",
    UNWRITTEN: "  not written yet",
    HIDDEN: "  hidden",
    BY_HAND: "  by a person",
}


def table(report: Report) -> Table:
    """The report as a table: test, points, what became of it, and the first line of the reason."""
    shown = Table(box=None, pad_edge=False)
    for heading in ("test", "points", "", ""):
        shown.add_column(heading, justify="right" if heading == "points" else "left")
    for line in report.lines:
        points = f"{line.points:g}"
        if line.state in (PASSED, FAILED, UNWRITTEN):
            points = f"{line.points if line.state == PASSED else 0:g} of {points}"
        reason = line.message.partition("\n")[0] if line.state == FAILED else ""
        shown.add_row(Text(line.name), points, SIGNS[line.state], Text(reason))
    return shown


def closing(report: Report) -> str:
    """A sentence that adds the report up."""
    visible = [line for line in report.lines if line.state in (PASSED, FAILED, UNWRITTEN)]
    passed = [line for line in visible if line.state == PASSED]
    hidden = sum(line.state == HIDDEN for line in report.lines)
    by_hand = sum(line.points for line in report.lines if line.state == BY_HAND)
    text = (
        f"{len(passed)} of {len(visible)} visible tests pass: "
        f"{sum(line.points for line in passed):g} of {sum(line.points for line in visible):g} "
        "points, as far as these tests go. When you hand in, hidden cases are added to them"
    )
    text += f", and {hidden} more test{'s' if hidden > 1 else ''}" if hidden else ""
    return text + (f"; a person gives {by_hand:g} more points." if by_hand else ".")
