"""A notebook in document order: the student's cells in the runner, the tests in the judge."""

from __future__ import annotations

import dataclasses
import fnmatch
import functools
import re
import resource
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autograder.judging.cells import CellRunner, Output, error_output
from autograder.judging.namespace import JudgeNamespace, Release
from autograder.judging.proxies import RunnerGone, Session

Cell = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Job:
    """A submission's notebook, and how to run it.

    Attributes
    ----------
    notebook : dict
        The submission after sanitizing, in nbformat's version 4. It is not changed.
    trusted : mapping of str to str
        Source of each locked cell of the release, with hidden tests, by ``grade_id``. Nothing else
        is ever run in the judge.
    release : sequence of str
        Sources of all code cells of the release, for the names they import and define.
    files : mapping of str to bytes
        Files to lie beside the notebook in the runner.
    judge_only : sequence of str
        Patterns of ``grade_id``: locked cells without points that run in the judge alone.
    sandboxed_tests : sequence of str
        Patterns of ``grade_id``: tests that run in the runner, where the student's code can decide
        what comes out.
    cell_seconds, submission_seconds : float
        What one cell may take, and all together.
    output_bytes : int
        What one cell may show.
    """

    notebook: dict[str, Any]
    trusted: Mapping[str, str]
    release: Sequence[str]
    files: Mapping[str, bytes] = dataclasses.field(default_factory=dict)
    judge_only: Sequence[str] = ("picture-*",)
    sandboxed_tests: Sequence[str] = ()
    cell_seconds: float = 30.0
    submission_seconds: float = 120.0
    output_bytes: int = 1_000_000


@dataclasses.dataclass
class JudgedRun:
    """What came of it.

    Attributes
    ----------
    notebook : dict
        With outputs and execution counts.
    stopped : str
        Why the cells did not all run, as a clause; empty if they did.
    notes : list of str
        Sentences for the student and the instructor.
    timings : dict of str to float
        Seconds: ``wall``; ``judge_cpu``, of this process; ``waiting``, for the runner;
        ``own_cpu``, in the student's cells and functions; and ``requests``, how many were made.
    lost : bool
        Whether the judge was lost on the way.
    """

    notebook: dict[str, Any]
    stopped: str
    notes: list[str]
    timings: dict[str, float]
    lost: bool = False


#: What is said of a cell when the runner is lost in it: error, its message, and the clause for the
#: cells after it.
_LOST = {
    "ended": (
        "ProcessEnded",
        "the Python process ended while this cell ran, so no later cell could run.",
        "the Python process ended in cell {number}",
    ),
    "late": (
        "CellTimeoutError",
        "this cell ran for more than {seconds:g} seconds and ignored the interrupt, so no later "
        "cell could run.",
        "cell {number} did not end and ignored the interrupt",
    ),
    "broken": (
        "ProcessEnded",
        "the Python process gave no proper answer while this cell ran, so no later cell could run.",
        "the Python process gave no proper answer in cell {number}",
    ),
}

#: Called after each code cell with its index, outputs and execution count.
Report = Callable[[int, list[Output], "int | None"], None]


def _grading(cell: Cell) -> dict[str, Any]:
    found = cell.get("metadata", {}).get("nbgrader", {})
    return found if isinstance(found, dict) else {}


def kind_of(cell: Cell, job: Job) -> str:
    """Who runs a cell: ``"student"``, ``"set-up"``, ``"judge"`` or ``"test"``.

    Only a cell whose source is the release's is run in the judge, whatever its metadata say.
    """
    grading = _grading(cell)
    name = grading.get("grade_id")
    trusted = job.trusted.get(name) if isinstance(name, str) else None
    if not isinstance(name, str) or trusted is None or trusted.strip() != cell["source"].strip():
        return "student"
    if _matches(name, job.sandboxed_tests):
        return "student"
    if grading.get("grade"):
        return "test"
    return "judge" if _matches(name, job.judge_only) else "set-up"


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


#: What a release says about names is the same for all its submissions.
_release = functools.lru_cache(maxsize=64)(Release)


class _Run:
    """One notebook on its way."""

    def __init__(self, job: Job, session: Session, cells: CellRunner) -> None:
        self.job = job
        self.session = session
        self.cells = cells
        release = _release(tuple(job.release), tuple(job.trusted.values()))
        self.namespace = JudgeNamespace(session, release)
        self.stopped = ""
        self.count = 0
        self.ends = time.monotonic() + job.submission_seconds

    def seconds(self) -> float:
        """What a cell that begins now may take."""
        return max(min(self.job.cell_seconds, self.ends - time.monotonic()), 0.1)

    def cell(self, number: int, cell: Cell) -> list[Output]:
        """Run one code cell; gives its outputs."""
        if not self.stopped and time.monotonic() > self.ends:
            self.stopped = (
                f"the notebook's cells had used up their {self.job.submission_seconds:g} seconds"
            )
        if self.stopped:
            return [error_output("NotRun", f"this cell did not run: {self.stopped}.")]
        if not cell["source"].strip():
            return []
        self.count += 1
        seconds = self.seconds()
        outputs: list[Output] = []
        try:
            outputs = getattr(self, f"_{kind_of(cell, self.job).replace('-', '_')}")(cell, seconds)
        except RunnerGone as gone:
            name, message, clause = _LOST[gone.kind]
            self.stopped = clause.format(number=number, seconds=seconds)
            outputs = [
                *getattr(gone, "outputs", []),
                error_output(name, message.format(seconds=seconds)),
            ]
        return outputs

    def _student(self, cell: Cell, seconds: float) -> list[Output]:
        answer = self.session.run_cell(cell["source"], self.count, seconds, self.job.output_bytes)
        names = answer.get("bound")
        if isinstance(names, list):
            self.namespace.rebound(name for name in names if isinstance(name, str))
        if "refused" in answer:
            return [error_output("NotRun", "this cell's source, or its output, is too large.")]
        return clean_outputs(answer.get("outputs"), self.count, 2 * self.job.output_bytes)

    def _set_up(self, cell: Cell, seconds: float) -> list[Output]:
        # Not `_student`: what it binds in the runner, it binds here too.
        answer = self.session.run_cell(cell["source"], self.count, seconds, self.job.output_bytes)
        before = dict(self.namespace)
        self._judge(cell, seconds)
        self.namespace.soften(before)
        return clean_outputs(answer.get("outputs"), self.count, 2 * self.job.output_bytes)

    def _judge(self, cell: Cell, seconds: float) -> list[Output]:
        return self.cells.run(
            cell["source"],
            self.namespace,
            self.session,
            count=self.count,
            seconds=seconds,
            output_bytes=self.job.output_bytes,
        )

    def _test(self, cell: Cell, seconds: float) -> list[Output]:
        before = dict(self.namespace)
        try:
            return self._judge(cell, seconds)
        finally:
            self.namespace.harden(before)


def judged_run(
    job: Job, session: Session, cells: CellRunner, report: Report | None = None
) -> JudgedRun:
    """Run a notebook.

    Parameters
    ----------
    job : Job
    session : Session
        A runner that has run nothing yet.
    cells : CellRunner
        This process's.
    report : callable, optional
        Called after each code cell.

    Returns
    -------
    JudgedRun
    """
    start, cpu = time.monotonic(), _cpu()
    notebook = {**job.notebook, "cells": [dict(cell) for cell in job.notebook["cells"]]}
    run = _Run(job, session, cells)
    try:
        session.send_files(dict(job.files))
    except RunnerGone:
        run.stopped = "the Python process ended before the first cell"
    for index, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] != "code":
            continue
        before = run.count
        cell["outputs"] = run.cell(index + 1, cell)
        cell["execution_count"] = run.count if run.count > before else None
        if report is not None:
            report(index, cell["outputs"], cell["execution_count"])
    notes = [f"The cells did not all run: {run.stopped}."] if run.stopped else []
    timings = {
        "wall": time.monotonic() - start,
        "judge_cpu": _cpu() - cpu,
        "waiting": session.waited,
        "requests": float(session.requests),
        "own_cpu": session.own_seconds(),
    }
    return JudgedRun(notebook, run.stopped, notes, timings)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


# --- outputs of the runner -----------------------------------------------------------------------

_MIME = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,100}")


def clean_outputs(told: Any, count: int, limit: int) -> list[Output]:
    """Outputs that the runner tells of, as far as they are any.

    Parameters
    ----------
    told : object
        As it came.
    count : int
        The cell's execution count.
    limit : int
        Characters of all texts; what comes after is dropped.
    """
    budget = _Budget(limit)
    found = []
    for output in (told if isinstance(told, list) else [])[:2000]:
        made = _clean(output, count, budget) if isinstance(output, dict) else None
        if made is not None:
            found.append(made)
    return found


class _Budget:
    def __init__(self, limit: int) -> None:
        self._left = limit

    def text(self, value: Any) -> str:
        """A text without what no file can hold, cut where there is too much of it."""
        if not isinstance(value, str):
            return ""
        value = value[: self._left].encode("utf-8", "replace").decode("utf-8")
        self._left -= len(value)
        return value

    def json(self, value: Any, depth: int = 0) -> Any:
        """What JSON knows, with its texts cut likewise."""
        self._left -= 1
        if isinstance(value, str):
            return self.text(value)
        if value is None or isinstance(value, (bool, int, float)) or depth > 20:
            return value if not isinstance(value, (list, dict)) else None
        if self._left <= 0:
            return None
        if isinstance(value, list):
            return [self.json(part, depth + 1) for part in value]
        if isinstance(value, dict):
            return {self.text(k): self.json(v, depth + 1) for k, v in value.items()}
        return None


def _clean(output: dict[str, Any], count: int, budget: _Budget) -> Output | None:
    kind = output.get("output_type")
    if kind == "stream":
        name = output.get("name")
        text = budget.text(output.get("text"))
        return {
            "output_type": "stream",
            "name": name if name in ("stdout", "stderr") else "stdout",
            "text": text,
        }
    if kind == "error":
        told = output.get("traceback")
        lines = [budget.text(line) for line in (told if isinstance(told, list) else [])[:1000]]
        return {
            "output_type": "error",
            "ename": budget.text(output.get("ename"))[:200],
            "evalue": budget.text(output.get("evalue")),
            "traceback": lines,
        }
    if kind in ("display_data", "execute_result"):
        data, metadata = output.get("data"), output.get("metadata")
        made: Output = {
            "output_type": kind,
            "data": {
                mime: budget.text(value) if isinstance(value, str) else budget.json(value)
                for mime, value in (data if isinstance(data, dict) else {}).items()
                if _MIME.fullmatch(mime)
            },
            "metadata": budget.json(metadata) if isinstance(metadata, dict) else {},
        }
        if kind == "execute_result":
            made["execution_count"] = count
        return made
    return None
