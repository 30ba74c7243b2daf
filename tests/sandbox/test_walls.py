"""What a student's code can reach from where it runs."""

from __future__ import annotations

import os

from autograder.sandbox.host import WarmProcess
from tests.sandbox.conftest import run


def test_a_runner_answers_and_ends(walled: WarmProcess, bare: WarmProcess) -> None:
    for warm in (walled, bare):
        answer, ending = run(warm, "answer = 6 * 7")
        assert answer == {"answer": 42}
        assert ending.reason == ""
        assert 0 < ending.cpu_seconds < 3
        assert ending.peak_memory_bytes > 5_000_000


def test_the_environment_is_not_the_graders(walled: WarmProcess, bare: WarmProcess) -> None:
    os.environ["SECRET_OF_THE_GRADER"] = "1"
    answer, _ = run(walled, "import os; answer = sorted(os.environ)")
    assert "SECRET_OF_THE_GRADER" not in answer["answer"]
    assert {"HOME", "TMPDIR", "TF_ENABLE_ONEDNN_OPTS"} <= set(answer["answer"])
