"""The judge as a process of its own: warm, long-lived, one submission at a time.

TensorFlow is imported and has run once in it, the assignment's checks are loaded, and expected
values are kept from one submission to the next. A crash of it costs no more than the submission
that it was judging: it is started again, and the submission is tried once more.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import importlib
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from autograder.faults import Fault
from autograder.judging.cells import CellRunner, Output, error_output
from autograder.judging.judged_run import Job, JudgedRun, judged_run
from autograder.judging.namespace import JudgeNamespace, Release
from autograder.judging.proxies import Session
from autograder.wire import Closed, Connection, Encoder, Late, WireError, frame

#: Seconds that the judge may take to import what it needs.
START_SECONDS = 300.0

#: Seconds beyond a submission's own limit after which the judge counts as hung.
GRACE = 60.0

#: What the environment of the judge must hold: TensorFlow's plain kernels, whose last digits are
#: the same on every machine, no notes of it on stderr, and figures without a screen.
ENVIRONMENT = {
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
    "MPLBACKEND": "agg",
}

_PACKAGE_ROOT = Path(__file__).resolve().parents[2]


class JudgeError(Fault):
    """The judge cannot be started; the message says why."""


class JudgeLost(Exception):
    """The judge ended or hung while it judged.

    Attributes
    ----------
    reported : dict of int to tuple
        For each code cell that had ended: its outputs and its execution count.
    """

    def __init__(self, reason: str, reported: dict[int, tuple[list[Output], int | None]]) -> None:
        super().__init__(reason)
        self.reported = reported


class Judge:
    """The judge, seen from the process that started it.

    Parameters
    ----------
    course_files : pathlib.Path, optional
        Folder with the modules that the tests import, such as ``pooling_checks``.
    preload : sequence of str
        Modules to import before the first submission; one that is missing is left out. A module
        with a function `begin_judging` is told that many submissions will come; others of
        `course_files` are imported anew for each.
    memory_bytes : int
        Address space that one submission may take in the judge, beyond what it has when warm.
    """

    def __init__(
        self,
        course_files: Path | None = None,
        preload: Sequence[str] = (),
        *,
        memory_bytes: int = 8 * 2**30,
    ) -> None:
        self._options: dict[str, Any] = {
            "course_files": str(course_files.resolve()) if course_files else "",
            "preload": list(preload),
            "memory_bytes": memory_bytes,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._connection: Connection | None = None
        self._lifeline = -1
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - open for as long as the judge is
        self._ready = False

    def start(self) -> None:
        """Start the process; it warms up by itself while this returns."""
        self._end()
        ours, theirs = socket.socketpair()
        read, self._lifeline = os.pipe()
        folder = self._options["course_files"] or tempfile.gettempdir()
        paths = filter(None, [str(_PACKAGE_ROOT), os.environ.get("PYTHONPATH")])
        environment = {**os.environ, **ENVIRONMENT, "PYTHONPATH": os.pathsep.join(paths)}
        try:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "autograder.judging.process"),
                    *(str(theirs.fileno()), str(read), json.dumps(self._options)),
                ],
                pass_fds=(theirs.fileno(), read),
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                cwd=folder,
                env=environment,
                start_new_session=True,  # an interrupt from the keyboard is for the coordinator
            )  # fmt: skip
        finally:
            theirs.close()
            os.close(read)
        self._socket, self._connection = ours, Connection(ours)
        self._ready = False

    def wait_until_ready(self) -> None:
        """Wait until it has imported everything.

        Raises
        ------
        JudgeError
            If it does not get there.
        """
        if self._process is None:
            self.start()
        if self._ready:
            return
        assert self._connection is not None
        try:
            self._connection.receive(time.monotonic() + START_SECONDS)
        except (Closed, Late, WireError):
            said = self._last_words()
            self._end()
            raise JudgeError(f"The judge's process did not start: {said}.") from None
        self._ready = True

    @property
    def pid(self) -> int | None:
        """The process's number, while there is one."""
        return self._process.pid if self._process else None

    def run(self, job: Job, channel: socket.socket) -> JudgedRun:
        """Judge one submission.

        Parameters
        ----------
        job : Job
        channel : socket.socket
            The judge's end of the channel to a fresh runner; it is closed here.

        Returns
        -------
        JudgedRun

        Raises
        ------
        JudgeLost
            If the judge ended or hung; it is started again by the next call.
        JudgeError
            If it cannot be started.
        """
        with channel:
            self.wait_until_ready()
            assert self._socket is not None and self._connection is not None
            reported: dict[int, tuple[list[Output], int | None]] = {}
            deadline = time.monotonic() + job.submission_seconds + job.cell_seconds + GRACE
            self._log.seek(0)
            self._log.truncate()
            try:
                socket.send_fds(self._socket, [b"J"], [channel.fileno()])
                channel.close()
                self._connection.send(_job_frame(job), deadline)
                while True:
                    message, blobs = self._connection.receive(deadline)
                    told = json.loads(bytes(blobs[0]))
                    if "index" not in message:
                        break
                    reported[message["index"]] = (told, message["count"])
            except (Closed, OSError):
                reason = f"the judge's process ended: {self._last_words()}"
            except Late:
                reason = "the judge's process hung"
            else:
                return JudgedRun(_with_outputs(job, reported), **told)
            self._end()
            raise JudgeLost(reason, reported)

    def judge(self, job: Job, connect: Callable[[], socket.socket]) -> JudgedRun:
        """Judge one submission; if the judge is lost, once more with a fresh runner.

        Parameters
        ----------
        job : Job
        connect : callable
            Gives the judge's end of the channel to a fresh runner, each time.

        Returns
        -------
        JudgedRun
            If the judge was lost twice, that is the reason why cells did not run.
        """
        # A runner's time begins when it is forked, so not before there is a judge.
        self.wait_until_ready()
        with contextlib.suppress(JudgeLost):
            return self.run(job, connect())
        self.wait_until_ready()
        try:
            return self.run(job, connect())
        except JudgeLost as lost:
            return _unfinished(job, lost)

    def close(self) -> None:
        """End the process."""
        self._end()
        self._log.close()

    def _end(self) -> None:
        if self._connection is not None:
            self._connection.close()
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = self._socket = self._connection = None
        self._ready = False

    def _last_words(self) -> str:
        """The last line that the process wrote, and how it ended."""
        ended = ""
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                ended = f"exit status {self._process.wait(5)}"
        with contextlib.suppress(OSError, ValueError):
            size = self._log.seek(0, os.SEEK_END)
            self._log.seek(max(size - 2000, 0))
            lines = self._log.read().decode("utf-8", "replace").strip().splitlines()
            if lines:
                return f"{ended}, {lines[-1][:200]}" if ended else lines[-1][:200]
        return ended or "no reason was given"

    def __enter__(self) -> Judge:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _job_frame(job: Job) -> bytes:
    encoder = Encoder()
    encoder.large = True
    fields = dataclasses.asdict(job)
    names = list(fields.pop("files"))
    encoder.blob(json.dumps(fields).encode())
    for name in names:
        encoder.blob(bytes(job.files[name]))
    return frame({"files": names}, encoder)


def _read_job(message: dict[str, Any], blobs: Sequence[memoryview]) -> Job:
    fields = json.loads(bytes(blobs[0]))
    files = {name: bytes(blob) for name, blob in zip(message["files"], blobs[1:], strict=True)}
    return Job(**fields, files=files)


def _with_outputs(job: Job, reported: dict[int, tuple[list[Output], int | None]]) -> dict[str, Any]:
    """The notebook with what came of its cells."""
    cells = [dict(cell) for cell in job.notebook["cells"]]
    for index, (outputs, count) in reported.items():
        cells[index]["outputs"], cells[index]["execution_count"] = outputs, count
    return {**job.notebook, "cells": cells}


def _unfinished(job: Job, lost: JudgeLost) -> JudgedRun:
    """What is known of a submission in which the judge was lost."""
    reported = dict(lost.reported)
    stopped = ""
    for index, cell in enumerate(job.notebook["cells"]):
        if cell["cell_type"] != "code" or index in reported:
            continue
        if stopped:
            output = error_output("NotRun", f"this cell did not run: {stopped}.")
        else:
            stopped = f"the autograder's own process was lost in cell {index + 1}"
            output = error_output(
                "JudgeLost", "the autograder's own process was lost here, twice; tell your teacher."
            )
        reported[index] = ([output], None)
    notes = [f"The cells did not all run: {stopped} ({lost})."]
    return JudgedRun(_with_outputs(job, reported), stopped, notes, {}, lost=True)


# --- in the process ------------------------------------------------------------------------------


def _stay_alive_with(parent: int) -> None:
    """End this process when the one that started it has ended."""

    def wait() -> None:
        with contextlib.suppress(OSError):
            os.read(parent, 1)
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _limit_memory(more: int) -> None:
    """Let an allocation beyond the limit fail, instead of the machine run out of memory."""
    if not sys.platform.startswith("linux"):
        return
    import resource

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    with contextlib.suppress(ValueError, OSError):
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + more, hard))


def _warm_up(cells: CellRunner) -> None:
    """Do once what is slow the first time: run a cell, show an error and a figure."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        session = Session(Connection(ours))
        namespace = JudgeNamespace(session, Release([]))
        sources = ["x = 1\nx", "def f():\n    raise ValueError('x')\nf()"]
        if "matplotlib.pyplot" in sys.modules:
            sources.append("import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.title('x')")
        for source in sources:
            cells.run(source, namespace, session, count=1, seconds=60, output_bytes=10**6)


def _forget(course_files: str) -> None:
    """Leave nothing of a submission behind that the next one could meet."""
    _drop_modules(course_files)
    keras = sys.modules.get("keras")
    if keras is not None and "autograder.judging.networks" in sys.modules:
        keras.utils.clear_session(free_memory=False)
    executing = sys.modules.get("executing")
    if executing is not None:  # it keeps what it has found out of every code, for tracebacks
        executing.Source._class_local("__executing_cache", {}).clear()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(None)
    random.seed()


def _drop_modules(folder: str) -> None:
    """Let the modules of a folder be imported anew.

    A test may hand a student's function something that a module holds, and the function may change
    it. A module with `begin_judging` sees to that itself.
    """
    if not folder:
        return
    names = list(sys.modules)
    inside = {top for top in {name.partition(".")[0] for name in names} if _is_of(top, folder)}
    for name in names:
        if name.partition(".")[0] in inside:
            del sys.modules[name]


def _is_of(top: str, folder: str) -> bool:
    module = sys.modules.get(top)
    file = getattr(module, "__file__", None)
    inside = isinstance(file, str) and file.startswith(folder + os.sep)
    return inside and not hasattr(module, "begin_judging")


def main(arguments: Sequence[str]) -> None:
    """Judge submissions until the other end of the socket is closed.

    Parameters
    ----------
    arguments : sequence of str
        Numbers of two file descriptors, the socket for jobs and a pipe that ends with the
        coordinator; and the options of `Judge` as JSON.
    """
    jobs = socket.socket(fileno=int(arguments[0]))
    _stay_alive_with(int(arguments[1]))
    options = json.loads(arguments[2])
    if options["course_files"]:
        sys.path.insert(0, options["course_files"])
    for name in options["preload"]:
        with contextlib.suppress(ImportError):
            begin = getattr(importlib.import_module(name), "begin_judging", None)
            if begin is not None:
                begin()
    cells = CellRunner()
    _warm_up(cells)
    gc.collect()
    gc.freeze()  # what is warm is never garbage
    _limit_memory(options["memory_bytes"])
    connection = Connection(jobs)
    connection.send(frame({"ready": True}, Encoder()))
    while True:
        try:
            data, descriptors, _, _ = socket.recv_fds(jobs, 1, 1)
        except BlockingIOError:  # the connection's sockets wake up now and then
            continue
        if not data:
            return
        with socket.socket(fileno=descriptors[0]) as channel:
            message, blobs = connection.receive()
            run = _judge(_read_job(message, blobs), channel, cells, connection)
        connection.send(run)
        _forget(options["course_files"])


def _judge(job: Job, channel: socket.socket, cells: CellRunner, connection: Connection) -> bytes:
    def report(index: int, outputs: list[Output], count: int | None) -> None:
        encoder = Encoder()
        encoder.large = True
        encoder.blob(json.dumps(outputs).encode())
        connection.send(frame({"index": index, "count": count}, encoder))

    run = judged_run(job, Session(Connection(channel)), cells, report)
    encoder = Encoder()
    encoder.blob(
        json.dumps({"stopped": run.stopped, "notes": run.notes, "timings": run.timings}).encode()
    )
    return frame({}, encoder)


if __name__ == "__main__":
    with contextlib.suppress(Closed, KeyboardInterrupt):
        main(sys.argv[1:])
