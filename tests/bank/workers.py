"""Runs many texts against an assignment's tests, in processes that may be lost.

A mutant may loop inside C code, fill the memory or end its process. So it runs in a process of its
own kind, made by `spawn` (TensorFlow hangs in a fork of a process that has used it), which is
replaced when it does not answer.
"""

from __future__ import annotations

import concurrent.futures
import dataclasses
import multiprocessing
import os
import queue
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any

from autograder.in_process import TestResult, run_tests

#: Seconds for the tests of one text, and for the start of its process. What is not back by then
#: hangs where Python cannot interrupt it.
LIMIT = 300.0

#: Seconds that one call of a mutant may take. It works on the same tiny cases as the solution.
MUTANT_CALL = 2.0


@dataclasses.dataclass(frozen=True)
class Job:
    """Answers to run, and how.

    Attributes
    ----------
    key : object
        Names the job in the results.
    assignment : str
    text : str
        Python source of the answers.
    only : tuple of str or None
        Tests to run; None for all.
    stop : bool
        Whether the first failure is enough.
    first : tuple of str
        Tests to run before the others, where the first failure is likely.
    """

    key: Any
    assignment: str
    text: str
    only: tuple[str, ...] | None = None
    stop: bool = False
    first: tuple[str, ...] = ()


def _work(pipe: Connection) -> None:
    """What a worker does: jobs come, results go, until nothing comes."""
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from autograder.pooling_checks import calling, networks
    from autograder.pooling_checks.oracle import Oracle
    from tests.bank.bank import assignment_notebook

    assignment = ""
    limit = calling.CALL_LIMIT
    while (job := pipe.recv()) is not None:
        if job.assignment != assignment:
            assignment = job.assignment
            Oracle.memory = {}  # all answers are compared with the same values
            networks.memory = {}  # and a network that was trained is not trained again
        calling.CALL_LIMIT = MUTANT_CALL if job.stop else limit
        notebook = assignment_notebook(job.assignment)
        results = run_tests(notebook, job.text, only=job.first, stop=job.stop)
        if not any(result.message for result in results.values()):
            results = run_tests(notebook, job.text, only=job.only, stop=job.stop)
        pipe.send(results)


class _Worker:
    """A process, and another one in its place when it is lost."""

    def __init__(self) -> None:
        self.context = multiprocessing.get_context("spawn")
        self.start()

    def start(self) -> None:
        self.pipe, theirs = self.context.Pipe()
        self.process = self.context.Process(target=_work, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()

    def run(self, job: Job) -> dict[str, TestResult]:
        said = f"the process ended, or was ended after {LIMIT:g} seconds"
        try:
            self.pipe.send(job)
            if self.pipe.poll(LIMIT):
                return self.pipe.recv()
        except (EOFError, OSError):
            pass
        self.stop()
        self.start()
        return {"": TestResult("", 0.0, 0.0, said)}

    def stop(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


#: Workers that wait for jobs: to start one and import TensorFlow takes seconds. They end with this
#: process.
_idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()


def run_jobs(jobs: Sequence[Job], workers: int = 2) -> dict[Any, dict[str, TestResult]]:
    """Run jobs on several processes.

    Parameters
    ----------
    jobs : sequence of Job
    workers : int
        How many processes.

    Returns
    -------
    dict
        By the jobs' keys, what `run_tests` gave. Where the process was lost, one result named ""
        that says so.
    """
    waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
    for job in jobs:
        waiting.put(job)
    results: dict[Any, dict[str, TestResult]] = {}

    def serve() -> None:
        try:
            worker = _idle.get_nowait()
        except queue.Empty:
            worker = _Worker()
        try:
            while True:
                job = waiting.get_nowait()
                results[job.key] = worker.run(job)
        except queue.Empty:
            _idle.put(worker)
        except BaseException:
            worker.stop()
            raise

    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for served in [pool.submit(serve) for _ in range(workers)]:
            served.result()
    return results
