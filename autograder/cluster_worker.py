"""What `autograder.cluster` lets the workers of a Dask cluster do.

A worker gets everything that submissions are graded with once, in a plugin of Dask's, which also
reaches workers that join later. With each task come one submission's files, and what they earned
goes back. A worker needs no folder, gradebook or password of the course.
"""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import importlib.metadata
import platform
import socket
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from distributed import WorkerPlugin, get_worker

from autograder.faults import Fault
from autograder.files import fingerprint
from autograder.graded import Graded, Setup, grade_files
from autograder.workbench import Workbench

#: Seconds without a submission after which a worker ends the processes that it keeps for them. A
#: coordinator that was killed cannot tell it to.
IDLE_SECONDS = 600.0

#: What decides a grade beside the autograder itself; of two names, either is the same library.
_LIBRARIES = (
    ("numpy",),
    ("tensorflow", "tensorflow-cpu"),
    ("keras",),
    ("nbgrader",),
    ("nbconvert",),
    ("nbformat",),
    ("ipython",),
)
AUTOGRADER = "autograder"


@functools.lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """What this process grades with: a fingerprint of this package, Python, libraries."""
    found = {
        AUTOGRADER: fingerprint(Path(__file__).resolve().parent, "*.py")[:12],
        "Python": ".".join(platform.python_version_tuple()[:2]),
    }
    for names in _LIBRARIES:
        for name in names:
            try:
                found[names[0]] = importlib.metadata.version(name)
                break
            except importlib.metadata.PackageNotFoundError:
                continue
    return found


def difference(ours: Mapping[str, str], theirs: Mapping[str, str]) -> str:
    """In what a worker differs from the coordinator; empty if in nothing.

    Parameters
    ----------
    ours, theirs : mapping of str to str
        What `versions` says here and there.
    """
    if ours.get(AUTOGRADER) != theirs.get(AUTOGRADER):
        return "its copy of autograder/ is not the same as the one here"
    return ", ".join(
        f"it has {name} {theirs.get(name, '(missing)')}, not {ours.get(name, '(missing)')}"
        for name in dict.fromkeys([*ours, *theirs])
        if ours.get(name) != theirs.get(name)
    )


@dataclasses.dataclass(frozen=True)
class Refusal:
    """Says that a worker cannot grade, whatever the submission: which worker, and why.

    It is returned and not raised: an exception that Dask cannot bring back is never heard of.
    """

    reason: str


class Benches(WorkerPlugin):
    """Workbenches of a worker: one for each thread that needs one, and kept warm.

    Parameters
    ----------
    setup : Setup
    expected : dict of str to str
        What the coordinator's `versions` says.
    """

    def __init__(self, setup: Setup, expected: dict[str, str]) -> None:
        self._given = setup
        self._expected = expected

    def setup(self, worker: Any) -> None:
        """Begin; Dask calls this on the worker."""
        self._address = worker.address
        self._lock = threading.Lock()
        self._free: list[Workbench] = []
        self._busy: list[Workbench] = []
        self._closed = False
        self._timer: threading.Timer | None = None

    async def teardown(self, worker: Any) -> None:
        """End; Dask calls this when grading is over, and when the worker or its scheduler ends."""
        await asyncio.to_thread(self.close)

    def close(self) -> None:
        """End all processes. What runs in them ends, too, and its result is of no use any more."""
        with self._lock:
            self._closed = True
            free, self._free = self._free, []
            busy = list(self._busy)
            if self._timer is not None:
                self._timer.cancel()
        for bench in [*free, *busy]:
            bench.close()

    def grade(self, files: Mapping[str, bytes]) -> Graded | Refusal:
        """Grade a submission, or say why none can be graded here."""
        other = difference(self._expected, versions())
        if other:
            return self._refusal(other)
        try:
            bench = self._take()
            try:
                return grade_files(files, self._given.release, bench)
            finally:
                self._give_back(bench)
        except Fault as fault:
            return self._refusal(str(fault))
        except Exception as error:  # noqa: BLE001 - told where somebody reads it
            return self._refusal(f"{type(error).__name__}: {str(error)[:200]}")

    def _refusal(self, reason: str) -> Refusal:
        return Refusal(f"{self._address} on {socket.gethostname()}: {reason.rstrip('.')}")

    def _take(self) -> Workbench:
        with self._lock:
            if self._closed:
                raise Fault("it is ending")
            if self._timer is not None:
                self._timer.cancel()
            if self._free:
                bench = self._free.pop()
                self._busy.append(bench)
                return bench
            bench = self._given.workbench()
            self._busy.append(bench)
        try:
            bench.start()
        except BaseException:
            self._give_back(bench, broken=True)
            raise
        return bench

    def _give_back(self, bench: Workbench, *, broken: bool = False) -> None:
        with self._lock:
            self._busy.remove(bench)
            # What ran when it was closed may have started its processes anew.
            over = broken or self._closed
            if not over:
                self._free.append(bench)
                if not self._busy:
                    self._timer = threading.Timer(IDLE_SECONDS, self._idle)
                    self._timer.daemon = True
                    self._timer.start()
        if over:
            bench.close()

    def _idle(self) -> None:
        with self._lock:
            free, self._free = self._free, []
        for bench in free:
            bench.close()


def grade_here(plugin: str, files: dict[str, bytes]) -> Graded | Refusal:
    """Grade a submission; what a task does.

    Parameters
    ----------
    plugin : str
        Name under which the worker knows the `Benches`.
    files : dict of str to bytes
        By path in the submission's folder.
    """
    return cast(Benches, get_worker().plugins[plugin]).grade(files)
