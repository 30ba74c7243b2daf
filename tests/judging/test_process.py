"""The judge as a process: it judges, survives what kills it, and carries nothing over."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.judging import process
from autograder.judging.judged_run import Job
from autograder.judging.process import Judge, JudgeError, JudgeLost
from tests.judging.harness import cell, errors, forked, job_of, plain_agent

HELPERS = """
import os, signal
begun = 0
kept = []
def begin_judging():
    global begun
    begun += 1
def crash(): os.kill(os.getpid(), signal.SIGFPE)
"""


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    folder = tmp_path_factory.mktemp("course")
    (folder / "course_helpers.py").write_text(HELPERS)
    with Judge(folder, ["course_helpers", "no_such_module"]) as started:
        started.wait_until_ready()
        yield started


@contextlib.contextmanager
def runners() -> Iterator[Callable[[], socket.socket]]:
    """Gives the judge's end of a channel to a fresh runner, each time."""
    with contextlib.ExitStack() as stack:

        def connect() -> socket.socket:
            connection = stack.enter_context(forked(plain_agent().serve))
            return connection.channel.dup()

        yield connect


def judged(judge: Judge, job: Job) -> Any:
    with runners() as connect:
        return judge.judge(job, connect)


def test_it_judges_and_is_told_once_that_many_will_come(judge: Judge) -> None:
    pid = judge.pid
    time.sleep(0.5)  # one that waits for work goes on waiting
    for number in range(3):
        job = job_of(
            cell(f"def f(): return {number}"),
            cell("from course_helpers import *\nimport course_helpers\nassert begun == 1"),
            cell(f"import course_helpers\nassert course_helpers.begun == 1 and f() == {number}",
                 "t", points=1),
            cell("assert f() == 7", "u", points=1),
            files={"data.txt": b"x"},
        )  # fmt: skip
        run = judged(judge, job)
        assert [bool(text) for text in errors(run)] == [0, 1, 0, 1]
        assert run.stopped == "" and run.timings["requests"] > 3
    assert judge.pid == pid


def test_files_lie_beside_the_notebook(judge: Judge) -> None:
    job = job_of(
        cell("text = open('sub/data.txt').read()"),
        cell("assert text == 'héllo'", "t", points=1),
        files={"sub/data.txt": "héllo".encode()},
    )
    assert errors(judged(judge, job)) == ["", ""]


def test_names_of_one_submission_do_not_reach_the_next(judge: Judge) -> None:
    first = job_of(cell("x = 1"), cell("y = x; answer = 42", "t", points=1))
    second = job_of(cell("pass"), cell("y", "t", points=1), cell("x", "u", points=1))
    assert errors(judged(judge, first)) == ["", ""]
    assert all("NameError" in text for text in errors(judged(judge, second))[1:])


def test_a_crash_of_the_judge_is_tried_twice_and_then_told(judge: Judge) -> None:
    job = job_of(
        cell("def f(): return 1"),
        cell("assert f() == 1", "a", points=1),
        cell("import course_helpers\ncourse_helpers.crash()", "b", points=1),
        cell("assert f() == 1", "c", points=1),
    )
    run = judged(judge, job)
    found = errors(run)
    assert found[:2] == ["", ""]
    assert "JudgeLost" in found[2] and "NotRun" in found[3]
    assert "the autograder's own process was lost in cell 3" in run.notes[0]
    # And the next submission is judged as if nothing had been.
    assert errors(judged(judge, job_of(cell("1", "t", points=1)))) == [""]


def test_a_crash_that_does_not_come_again_costs_nothing(judge: Judge, tmp_path: Path) -> None:
    been = tmp_path / "been"
    test = (
        f"import pathlib, course_helpers\nbeen = pathlib.Path({str(been)!r})\n"
        "if not been.exists():\n    been.touch(); course_helpers.crash()"
    )
    assert errors(judged(judge, job_of(cell(test, "t", points=1)))) == [""]


def test_a_judge_that_hangs_is_replaced(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "GRACE", 1.0)
    stuck = (
        "import signal, time\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])\ntime.sleep(99)"
    )
    job = job_of(cell(stuck, "t", points=1), cell_seconds=1, submission_seconds=1)
    start = time.monotonic()
    with runners() as connect, pytest.raises(JudgeLost, match="hung"):
        judge.run(job, connect())
    assert time.monotonic() - start < 20
    assert errors(judged(judge, job_of(cell("1", "t", points=1)))) == [""]


def test_it_ends_with_the_process_that_started_it() -> None:
    started = Judge()
    started.start()
    started.wait_until_ready()
    pid = started.pid
    assert pid is not None
    os.close(started._lifeline)  # as the system does when a process is killed
    started._lifeline = -1
    for _ in range(100):
        if started._process is not None and started._process.poll() is not None:
            break
        time.sleep(0.05)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    started.close()


def test_a_judge_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_PACKAGE_ROOT", Path("/nowhere"))
    monkeypatch.delenv("PYTHONPATH", raising=False)
    with Judge() as broken, pytest.raises(JudgeError, match="No module named"):
        broken.wait_until_ready()


def test_memory_beyond_the_limit_is_an_error_and_no_crash() -> None:
    with Judge(memory_bytes=500 * 2**20) as small:
        greedy = "import numpy as np\nnp.ones(10**9)"
        run = judged(small, job_of(cell(greedy, "t", points=1), cell("1", "u", points=1)))
    assert "MemoryError" in errors(run)[0] and errors(run)[1] == ""


def test_an_interrupt_from_the_keyboard_is_not_for_the_judge(judge: Judge) -> None:
    assert judge.pid is not None and os.getpgid(judge.pid) != os.getpgid(0)
