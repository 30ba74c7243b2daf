"""Run submissions side by side, each as soon as a workbench is free.

What runs here needs no gradebook: it takes the files of a submission, and gives its notebooks as
they were after they ran. Recording them is for one thread, in `autograder.grade`.
"""

from __future__ import annotations

import dataclasses
import queue
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.faults import Fault
from autograder.intake import Submission, UnreadableSubmission, check_submission, stage
from autograder.sanitize import ReferenceCell, repair
from autograder.workbench import Finished, Workbench

#: For each workbench, how many submissions may have run and wait to be recorded.
AHEAD = 4


@dataclasses.dataclass(frozen=True)
class Ran:
    """What came of running a submission.

    In a ``with`` statement its folder is removed at the end.

    Attributes
    ----------
    submission : Submission
    folder : pathlib.Path
        A submitted directory of nbgrader's that holds nothing but this submission.
    left_out : list of str
        A sentence for each file that was left out.
    failure : str or None
        Why it cannot be graded.
    finished : list of (nbformat.NotebookNode, Finished)
        Each notebook as it was repaired, and after it ran.
    seconds : float
        Wall time it took.
    """

    submission: Submission
    folder: Path
    left_out: list[str]
    failure: str | None
    finished: list[tuple[NotebookNode, Finished]]
    seconds: float

    def __enter__(self) -> Ran:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def run_submission(
    submission: Submission, release: dict[str, list[ReferenceCell]], bench: Workbench
) -> Ran:
    """Run one submission. Whatever is wrong with it ends up in what is returned.

    Parameters
    ----------
    submission : Submission
    release : dict of str to list of ReferenceCell
        By notebook.
    bench : Workbench

    Returns
    -------
    Ran
    """
    start = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="autograder-"))
    left_out: list[str] = []
    finished: list[tuple[NotebookNode, Finished]] = []
    failure = None
    try:
        check_submission(submission, release)
        staged = folder / submission.student / submission.assignment
        left_out = stage(submission, staged)
        files = bench.own_files(staged)
        for name, reference in release.items():
            submitted = nbformat.read(staged / f"{name}.ipynb", as_version=4)
            repaired, _ = repair(submitted, reference)
            finished.append((repaired, bench.run(repaired, files)))
    except UnreadableSubmission as error:
        failure = str(error)
    except Fault:  # of the machine or the course: it would be the same for all submissions
        shutil.rmtree(folder, ignore_errors=True)
        raise
    except Exception as error:  # noqa: BLE001 - one submission must not stop the others
        failure = f"the autograder failed on it: {type(error).__name__}: {str(error)[:200]}."
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Ran(submission, folder, left_out, failure, finished, time.monotonic() - start)


class SideBySide:
    """Workbenches that work at the same time; a context manager that starts and ends them.

    Parameters
    ----------
    benches : sequence of Workbench
    release : dict of str to list of ReferenceCell
        By notebook.
    """

    def __init__(
        self, benches: Sequence[Workbench], release: dict[str, list[ReferenceCell]]
    ) -> None:
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

    def _run(self, submission: Submission) -> Ran:
        bench = self._free.get()
        try:
            return run_submission(submission, self._release, bench)
        finally:
            self._free.put(bench)

    def each(self, submissions: Iterable[Submission]) -> Iterator[Ran]:
        """Run submissions; each comes as soon as it is done, so a slow one holds up no other."""
        left = iter(submissions)
        waiting: set[Future[Ran]] = set()
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
                if not future.cancel() and future.done() and not future.exception():
                    future.result().__exit__()


def _started(bench: Workbench) -> Workbench:
    bench.start()
    return bench
