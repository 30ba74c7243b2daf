"""A runner in a forked child of the test, without walls, and judged runs of small notebooks."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from autograder.judging.cells import CellRunner
from autograder.judging.judged_run import Job, JudgedRun, judged_run
from autograder.judging.proxies import Session
from autograder.sandbox.agent import Agent, prepare
from autograder.wire import Connection


class PlainShell:
    """Runs cells with `exec`; enough of the real shell for tests of what lies behind it."""

    def __init__(self) -> None:
        self.user_ns: dict[str, Any] = {"__name__": "__main__"}

    def run(
        self, source: str, *, seconds: float | None, output_bytes: int, store_history: bool = True
    ) -> Any:
        before = dict(self.user_ns)
        said = io.StringIO()
        outputs: list[dict[str, Any]] = []
        with contextlib.redirect_stdout(said):
            try:
                import linecache

                name = f"/tmp/ipykernel_1/{abs(hash(source))}.py"
                linecache.cache[name] = (len(source), None, source.splitlines(True), name)
                exec(compile(source, name, "exec"), self.user_ns)
            except BaseException as error:  # noqa: BLE001
                outputs.append(
                    {
                        "output_type": "error",
                        "ename": type(error).__name__,
                        "evalue": str(error),
                        "traceback": traceback.format_exc().splitlines(),
                    }
                )
        if said.getvalue():
            outputs.insert(0, {"output_type": "stream", "name": "stdout", "text": said.getvalue()})

        class Run:
            pass

        run: Any = Run()
        run.outputs = outputs
        run.bound = [
            name
            for name, value in self.user_ns.items()
            if not name.startswith("_") and before.get(name, run) is not value
        ]
        run.removed = [name for name in before if name not in self.user_ns]
        run.timed_out = False
        return run


@contextlib.contextmanager
def forked(serve: Callable[[socket.socket], None]) -> Iterator[Connection]:
    """A child process that serves one end of a socket pair; the other end."""
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        try:
            ours.close()
            os.chdir(tempfile.mkdtemp(prefix="runner-"))
            sink = os.open(os.devnull, os.O_WRONLY)
            os.dup2(sink, 2)
            serve(theirs)
        finally:
            os._exit(0)
    theirs.close()
    connection = Connection(ours)
    try:
        yield connection
    finally:
        connection.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def plain_agent(*preload: str) -> Agent:
    """An agent with the plain shell."""
    return prepare(preload, PlainShell())


_cells: list[CellRunner] = []


def cell_runner() -> CellRunner:
    """This process's runner of cells."""
    if not _cells:
        _cells.append(CellRunner())
    return _cells[0]


def cell(source: str, name: str = "", *, points: float = 0) -> dict[str, Any]:
    """A code cell: with a name a locked one, with points a test."""
    grading = {"grade_id": name, "grade": bool(points), "locked": True, "solution": False}
    if points:
        grading["points"] = points
    metadata = {"nbgrader": grading} if name else {}
    return {
        "cell_type": "code",
        "source": source,
        "metadata": metadata,
        "outputs": [],
        "execution_count": None,
    }


def job_of(*cells: dict[str, Any], **options: Any) -> Job:
    """A job whose locked cells are the release's."""
    trusted = {
        part["metadata"]["nbgrader"]["grade_id"]: part["source"]
        for part in cells
        if "nbgrader" in part["metadata"]
    }
    options.setdefault("release", list(trusted.values()))
    return Job({"cells": list(cells), "metadata": {}}, trusted, **options)


def run_job(job: Job, agent: Agent | None = None) -> JudgedRun:
    """Run a job with a forked runner."""
    agent = agent or plain_agent()
    with forked(agent.serve) as connection:
        return judged_run(job, Session(connection), cell_runner())


def errors(run: JudgedRun) -> list[str]:
    """For each code cell, its error as one text; empty if there was none."""
    found = []
    for part in run.notebook["cells"]:
        if part["cell_type"] != "code":
            continue
        failed = [out for out in part["outputs"] if out["output_type"] == "error"]
        found.append(f"{failed[-1]['ename']}: {failed[-1]['evalue']}" if failed else "")
    return found


@contextlib.contextmanager
def importable(folder: Path) -> Iterator[None]:
    """A folder at the front of ``sys.path``."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
