"""Grade submissions side by side, each as soon as a workbench is free.

Recording what comes of them is for one thread, in `autograder.grade`.
"""

from __future__ import annotations

import dataclasses
import queue
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from autograder.graded import Graded, Release, Setup, grade_files, not_graded
from autograder.intake import Submission, UnreadableSubmission, read_submission
from autograder.workbench import Workbench

#: For each workbench, how many submissions may be read, run, or wait to be recorded.
AHEAD = 4


def run_submission(
    submission: Submission, release: Release, bench: Workbench
) -> tuple[Submission, Graded]:
    """Read the files of a submission and grade it."""
    try:
        files, left_out = read_submission(submission, release.notebooks)
    except UnreadableSubmission as error:
        return submission, not_graded(str(error))
    graded = grade_files(files, release, bench)
    return submission, dataclasses.replace(graded, notes=[*left_out, *graded.notes])


class SideBySide:
    """Workbenches that work at the same time; a context manager that starts and ends them.

    Parameters
    ----------
    benches : sequence of Workbench
    release : Release
    """

    def __init__(self, benches: Sequence[Workbench], release: Release) -> None:
        self._benches = benches
        self._release = release
        self._free: queue.SimpleQueue[Workbench] = queue.SimpleQueue()
        self._threads = ThreadPoolExecutor(len(benches), thread_name_prefix="submission")

    def __enter__(self) -> SideBySide:
        try:
            for bench in self._threads.map(_started, self._benches):
                self._free.put(bench)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        # First the processes: a thread that waits for one of them would wait on.
        for bench in self._benches:
            bench.close()
        self._threads.shutdown(cancel_futures=True)

    def _run(self, submission: Submission) -> tuple[Submission, Graded]:
        bench = self._free.get()
        try:
            return run_submission(submission, self._release, bench)
        finally:
            self._free.put(bench)

    def each(self, submissions: Iterable[Submission]) -> Iterator[tuple[Submission, Graded]]:
        """Grade submissions; each comes as soon as it is done, so a slow one holds up no other."""
        left = iter(submissions)
        waiting: set[Future[tuple[Submission, Graded]]] = set()
        try:
            while True:
                while len(waiting) < AHEAD * len(self._benches):
                    submission = next(left, None)
                    if submission is None:
                        break
                    waiting.add(self._threads.submit(self._run, submission))
                if not waiting:
                    return
                done, _ = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    waiting.remove(future)
                    yield future.result()
        finally:
            for future in waiting:
                future.cancel()


def _started(bench: Workbench) -> Workbench:
    bench.start()
    return bench


def side_by_side(setup: Setup, jobs: int) -> SideBySide:
    """Workbenches on this machine.

    Parameters
    ----------
    setup : Setup
    jobs : int
        How many.
    """
    return SideBySide([setup.workbench() for _ in range(max(1, jobs))], setup.release)
