"""Grade one submission: from its files to its graded notebooks and what they earned.

Nothing here needs the course's folder or its gradebook, so it can happen wherever a workbench is.
"""

from __future__ import annotations

import dataclasses
import errno
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import LimitOutput

from autograder.faults import Fault
from autograder.intake import Submission, UnreadableSubmission, read_notebook
from autograder.judge import judge
from autograder.marks import Marks, marks_of
from autograder.notes import notes, restored
from autograder.run import result
from autograder.sanitize import ReferenceCell, repair
from autograder.workbench import Assignment, Finished, Options, Workbench


@dataclasses.dataclass(frozen=True)
class Release:
    """What the submissions of an assignment are graded against.

    Attributes
    ----------
    assignment : str
    notebooks : dict of str to list of ReferenceCell
        By notebook.
    kernelspecs : dict of str to dict
        By notebook; what `nbgrader.preprocessors.OverwriteKernelspec` sets.
    longest_output, longest_traceback : int
        Lines of a cell's output and of a traceback that are kept; -1 for all.
    """

    assignment: str
    notebooks: dict[str, list[ReferenceCell]]
    kernelspecs: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    longest_output: int = 1000
    longest_traceback: int = 100

    @property
    def tests(self) -> int:
        """How many autograded tests there are."""
        return sum(c.grade and not c.solution for cells in self.notebooks.values() for c in cells)


@dataclasses.dataclass(frozen=True)
class Setup:
    """Everything that submissions of an assignment are graded with, wherever that happens."""

    assignment: Assignment
    options: Options
    release: Release

    def workbench(self) -> Workbench:
        """A workbench for it, not started yet."""
        return Workbench(self.assignment, self.options)


@dataclasses.dataclass(frozen=True)
class Graded:
    """What came of grading a submission.

    Attributes
    ----------
    failure : str or None
        Why it could not be graded.
    notebooks : dict of str to bytes
        The graded notebooks' files, by notebook.
    marks : dict of str to Marks
        By notebook.
    notes : list of str
        What was mended, or cut short.
    restored : int
        Tests that had to be put back.
    seconds : float
        Wall time it took.
    cost : dict of str to float
        What it took, of all notebooks together: processor seconds of the judge (``judge_cpu``), of
        the student's process (``runner_cpu``) and of that in the student's own cells and functions
        (``own_cpu``), the ``requests`` from one to the other, and the student's process' memory at
        its peak (``peak_bytes``), with the libraries that all of them share.
    again : bool
        Whether that was for a fault of the autograder's or of the machine: it is graded once more
        by the next run.
    """

    failure: str | None
    notebooks: dict[str, bytes]
    marks: dict[str, Marks]
    notes: list[str]
    restored: int
    seconds: float
    cost: dict[str, float] = dataclasses.field(default_factory=dict)
    again: bool = False


class Running(Protocol):
    """Who runs submissions, on this machine or on others; a context manager."""

    def __enter__(self) -> Running: ...

    def __exit__(self, *error: object) -> None: ...

    def each(self, submissions: Iterable[Submission]) -> Iterator[tuple[Submission, Graded]]:
        """Grade submissions; each comes as soon as it is done."""


def not_graded(reason: str, seconds: float = 0.0, *, again: bool = False) -> Graded:
    """What stands for a submission that could not be graded."""
    return Graded(reason, {}, {}, [], 0, seconds, again=again)


#: Faults of the machine that the next submission would meet too.
_OF_THE_MACHINE = (errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE)


def grade_files(files: Mapping[str, bytes], release: Release, bench: Workbench) -> Graded:
    """Grade a submission. Whatever is wrong with it ends up in what is returned.

    Parameters
    ----------
    files : mapping of str to bytes
        By path in the submission's folder.
    release : Release
    bench : Workbench
        Of the same assignment.

    Returns
    -------
    Graded

    Raises
    ------
    Fault, OSError
        What would be the same for all submissions; a full disk, for example.
    """
    start = time.monotonic()
    notebooks: dict[str, bytes] = {}
    marks: dict[str, Marks] = {}
    said: list[str] = []
    put_back = 0
    cost: dict[str, float] = {}
    lost = False
    try:
        own = bench.own_files(files)
        for name in release.notebooks:
            file = f"{name}.ipynb"
            if file not in files:
                raise UnreadableSubmission(f"{file} was not handed in.")
            repaired, _ = repair(read_notebook(file, files[file]), release.notebooks[name])
            finished = bench.run(_with_kernel(repaired, name, release), own)
            lost = lost or finished.lost
            _add_cost(cost, finished)
            notebook = _judged(repaired, finished, release)
            marks[name] = marks_of(notebook)
            said += notes(notebook)
            put_back += restored(notebook)
            notebooks[name] = nbformat.writes(notebook, version=4).encode() + b"\n"
    except UnreadableSubmission as error:
        return not_graded(str(error), time.monotonic() - start)
    except Fault:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _OF_THE_MACHINE:
            raise
        reason = f"the autograder failed on it: {type(error).__name__}: {str(error)[:200]}."
        return not_graded(reason, time.monotonic() - start, again=True)
    seconds = time.monotonic() - start
    return Graded(None, notebooks, marks, said, put_back, seconds, cost, lost)


def _add_cost(cost: dict[str, float], finished: Finished) -> None:
    told = finished.run.timings
    more = {name: told.get(name, 0.0) for name in ("judge_cpu", "own_cpu", "requests")}
    more["runner_cpu"] = finished.ending.cpu_seconds
    for name, value in more.items():
        cost[name] = round(cost.get(name, 0.0) + value, 4)
    cost["peak_bytes"] = max(cost.get("peak_bytes", 0.0), float(finished.ending.peak_memory_bytes))


def _with_kernel(notebook: NotebookNode, name: str, release: Release) -> NotebookNode:
    if release.kernelspecs.get(name):
        notebook.metadata["kernelspec"] = release.kernelspecs[name]
    return notebook


def _judged(repaired: NotebookNode, finished: Finished, release: Release) -> NotebookNode:
    """A notebook after the steps of `autograder.steps` that follow its run."""
    notebook = result(repaired, finished)
    judge(notebook)
    limit = LimitOutput(max_lines=release.longest_output, max_traceback=release.longest_traceback)
    notebook, _ = limit.preprocess(notebook, {})
    return notebook
