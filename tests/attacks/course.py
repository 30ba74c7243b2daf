"""A small assignment with two functions, visible and hidden tests, and a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.utils import determine_grade

from autograder.judge import is_test, judge
from autograder.run import result
from autograder.sanitize import ReferenceCell, repair
from autograder.workbench import Assignment, Finished, Workbench, released_contents

#: Stands in what no student may see: a hidden test, a solution, the gradebook.
SECRET = "geheim-4711"

SETUP = """\
import numpy as np
from helpers import CASES, check_close
TOLERANCE = 1e-6
"""

TESTS = {
    "double-visible": (
        1,
        "check_close(double(CASES[0]), [0, 2, 4], TOLERANCE)\n",
    ),
    "double-hidden": (
        3,
        "x = np.linspace(-1.0, 1.0, 5)\n"
        "### BEGIN HIDDEN TESTS\n"
        "out = double(x)  # geheim-4711\n"
        "expected = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])\n"
        "assert isinstance(out, np.ndarray), 'an array must be returned'\n"
        "assert np.array_equal(out, expected), 'some values are wrong'\n"
        "### END HIDDEN TESTS\n",
    ),
    "total-hidden": (
        5,
        "### BEGIN HIDDEN TESTS\n"
        "answer = total([1, 2, 3.5])  # geheim-4711\n"
        "assert answer == 6.5, f'{answer!r} is not the sum'\n"
        "assert total([]) == 0\n"
        "### END HIDDEN TESTS\n",
    ),
}

HELPERS = """\
import numpy as np

CASES = [np.arange(3.0)]


def check_close(received, expected, tolerance):
    received, expected = np.asarray(received), np.asarray(expected)
    assert received.shape == expected.shape, "the shape is wrong"
    assert np.all(np.abs(received - expected) <= tolerance), "some values are wrong"
"""

SOLUTIONS = {
    "double": "def double(x):\n    return 2 * x\n",
    "total": "def total(values):\n    return sum(values)\n",
}
BLANK = {
    "double": "def double(x):\n    raise NotImplementedError()\n",
    "total": "def total(values):\n    raise NotImplementedError()\n",
}
PICTURE = "print('picture', double(np.arange(2.0)))\n"

#: (grade_id, source) of each cell of the source notebook.
CELLS = [
    ("setup", SETUP),
    ("double", SOLUTIONS["double"]),
    ("double-visible", TESTS["double-visible"][1]),
    ("double-hidden", TESTS["double-hidden"][1]),
    ("picture-double", PICTURE),
    ("total", SOLUTIONS["total"]),
    ("total-hidden", TESTS["total-hidden"][1]),
]
POINTS = {name: float(points) for name, (points, _) in TESTS.items()}


def reference() -> list[ReferenceCell]:
    """The release as the gradebook would hold it."""
    return [
        ReferenceCell(
            grade_id=name,
            cell_type="code",
            source=BLANK.get(name, source),
            locked=name not in SOLUTIONS,
            grade=name in TESTS,
            solution=name in SOLUTIONS,
            task=False,
            points=POINTS.get(name, 0.0),
        )
        for name, source in CELLS
    ]


def write_source(folder: Path) -> Assignment:
    """Write the source folder: a helper that is released, and a solution that is not."""
    folder.mkdir(parents=True)
    (folder / "helpers.py").write_text(HELPERS)
    (folder / "solution.py").write_text(f"# {SECRET}\n")
    files = released_contents(folder, ["solution.py"])
    return Assignment("tiny", files, tuple(source for _, source in CELLS), folder)


def submission(
    answers: Mapping[str, str] | None = None,
    *,
    first: Sequence[str] = (),
    last: Sequence[str] = (),
) -> NotebookNode:
    """A submission as JupyterLab saves it.

    Parameters
    ----------
    answers : mapping of str to str
        Sources of answer cells; blank as released by default.
    first, last : sequence of str
        Code cells of the student's own, at the beginning and at the end.
    """
    written = {**BLANK, **(answers or {})}
    cells = [
        new_code_cell(written.get(cell.grade_id, visible(cell)), metadata=cell.metadata())
        for cell in reference()
    ]
    own = lambda sources: [new_code_cell(source) for source in sources]  # noqa: E731
    return new_notebook(cells=[*own(first), *cells, *own(last)])


def visible(cell: ReferenceCell) -> str:
    """A cell as it is handed out, without hidden tests."""
    return cell.source.partition("### BEGIN HIDDEN TESTS")[0]


class Graded:
    """A submission that was run, with its points."""

    def __init__(self, repaired: NotebookNode, finished: Finished) -> None:
        self.finished = finished
        self.notebook = result(repaired, finished)
        judge(self.notebook)
        self.points = points(self.notebook)

    @property
    def score(self) -> float:
        """All points."""
        return sum(self.points.values())

    @property
    def said(self) -> str:
        """Everything that a student reads: notes, and what the cells show."""
        texts = [self.finished.ending.reason, *self.finished.run.notes]
        for cell in self.notebook.cells:
            for output in cell.get("outputs", []):
                texts += [output.get("text", ""), output.get("evalue", "")]
                texts += [str(part) for part in output.get("data", {}).values()]
                texts += output.get("traceback", [])
        return "\n".join(texts)

    def shown(self, place: int) -> str:
        """What the student's own cell at a place shows."""
        outputs = self.notebook.cells[place].get("outputs", [])
        return "\n".join(
            output.get("text", "")
            + output.get("evalue", "")
            + str(output.get("data", {}).get("text/plain", ""))
            for output in outputs
        )


def points(notebook: NotebookNode) -> dict[str, float]:
    """Points of each test, as nbgrader reads them from the outputs."""
    return {
        cell.metadata.nbgrader["grade_id"]: float(determine_grade(cell)[0] or 0.0)
        for cell in notebook.cells
        if is_test(cell)
    }


def run(bench: Workbench, notebook: Any, files: dict[str, bytes] | None = None) -> Graded:
    """Grade a submission as `autograder.graded` does."""
    repaired, _ = repair(notebook, reference())
    return Graded(repaired, bench.run(repaired, files or {}))
