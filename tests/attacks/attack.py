"""What an attack is, and what must hold after it."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.sanitize import repair
from autograder.workbench import Workbench
from tests.attacks import course
from tests.attacks.course import SOLUTIONS, Graded
from tests.sandbox.shells import WarmShell

#: Seconds after which a submission counts as hung: its limits, and room for a busy machine.
LONGEST = 60

#: What dangerous attacks begin with, so that they do nothing outside of the walls.
INSIDE = """\
import os
assert os.uname().nodename == "grader", "only inside the walls"
"""


@dataclasses.dataclass(frozen=True)
class Attack:
    """A submission that is after something.

    Attributes
    ----------
    name : str
    what : str
        One sentence: what it tries.
    first, last : str
        A cell of the student's own before all others, and one after.
    answers : mapping of str to str
        Sources of answer cells.
    earns : float
        Points that its answers deserve.
    stock : float or None
        Points that it gets the stock way; None where it is not run so, because it does harm or
        is after something else.
    says : str
        What the student must read.
    """

    name: str
    what: str
    first: str = ""
    answers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    last: str = ""
    earns: float = 0.0
    stock: float | None = None
    says: str = ""

    def __str__(self) -> str:
        return self.name

    def notebook(self) -> NotebookNode:
        """The submission."""
        own = {"first": self.first, "last": self.last}
        cells = {where: [source] if source else [] for where, source in own.items()}
        return course.submission(self.answers, **cells)


def honest(bench: Workbench) -> None:
    """Grade a right and a blank submission: they must get all points, and none."""
    right = course.run(bench, course.submission(SOLUTIONS))
    assert right.points == course.POINTS
    assert "picture [0. 2.]" in right.said
    assert right.finished.ending.reason == ""


def carry_out(attack: Attack, bench: Workbench) -> Graded:
    """Grade an attack; it must gain nothing, end in time, and leave no trace."""
    start = time.monotonic()
    graded = course.run(bench, attack.notebook())
    assert time.monotonic() - start < LONGEST
    assert graded.score == attack.earns, graded.points
    assert attack.says in graded.said, graded.said
    assert "only inside the walls\n" not in graded.said
    nbformat.writes(graded.notebook).encode()
    honest(bench)
    return graded


def stock(shell: WarmShell, notebook: NotebookNode, folder: Path) -> NotebookNode:
    """Run a submission the stock way: answers and tests in one process, nothing is judged."""
    repaired, _ = repair(notebook, course.reference())
    (folder / "helpers.py").write_text(course.HELPERS)
    code = [cell for cell in repaired.cells if cell.cell_type == "code"]
    runs = shell.run(["import sys; sys.path.insert(0, '')", *(cell.source for cell in code)],
                     folder=folder)[1:]  # fmt: skip
    for cell, run in zip(code, runs, strict=False):
        cell.outputs = [nbformat.from_dict(output) for output in run["outputs"]]
        cell.execution_count = 1
    return repaired
