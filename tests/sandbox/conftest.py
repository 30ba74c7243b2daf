"""Runners with and without walls, for code that tries to get out.

Each attack is run in both: inside the walls it must fail, and without them succeed where that does
no harm, or else the attack would prove nothing.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.sandbox.host import Ending, Limits, Runner, SandboxError, WarmProcess

HERE = Path(__file__).resolve().parent
LIMITS = Limits(
    memory_bytes=300_000_000, processes=20, cpu_seconds=1.5, submission_seconds=30,
    scratch_bytes=50_000_000,
)  # fmt: skip


class Conversation:
    """A runner, and the channel to the stub agent in it."""

    def __init__(self, warm: WarmProcess) -> None:
        self.channel, theirs = socket.socketpair()
        self.channel.settimeout(60)
        self.runner: Runner = warm.fork(theirs)
        self._stream = self.channel.makefile("rwb")

    def tell(self, code: str) -> None:
        """Have code run, without waiting for it."""
        self._stream.write(json.dumps(code).encode() + b"\n")
        self._stream.flush()

    def hear(self) -> dict[str, Any]:
        """The next answer; empty if the runner is gone."""
        try:
            line = self._stream.readline()
        except ConnectionError:
            return {}
        return json.loads(line) if line else {}

    def ask(self, code: str) -> dict[str, Any]:
        """Have code run; ``answer``, or ``error`` and ``text``."""
        try:
            self.tell(code)
        except ConnectionError:
            return {}
        return self.hear()

    def finish(self, kill_after: float = 1.0) -> Ending:
        """Hang up, and see how it ends."""
        with contextlib.suppress(OSError):  # what was not sent any more
            self._stream.close()
        self.channel.close()
        return self.runner.finish(kill_after)


def run(warm: WarmProcess, code: str) -> tuple[dict[str, Any], Ending]:
    """Run code in a runner of its own."""
    conversation = Conversation(warm)
    answer = conversation.ask(code)
    return answer, conversation.finish()


def eventually(condition: Any, seconds: float = 5.0) -> bool:
    """Whether something becomes true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())


@pytest.fixture(scope="session")
def walled() -> Iterator[WarmProcess]:
    """A warm process with walls."""
    warm = WarmProcess(HERE / "course", [], LIMITS, agent="stub_agent")
    try:
        warm.start()
    except SandboxError as error:
        if os.environ.get("POOLING_REQUIRE_SANDBOX") == "1":
            raise
        pytest.skip(f"this machine cannot isolate: {error}")
    yield warm
    warm.close()


@pytest.fixture(scope="session")
def hasty(walled: WarmProcess) -> Iterator[WarmProcess]:
    """A warm process with walls that gives submissions one second."""
    limits = dataclasses.replace(LIMITS, submission_seconds=1)
    with WarmProcess(HERE / "course", [], limits, agent="stub_agent") as warm:
        yield warm


@pytest.fixture(scope="session")
def bare() -> Iterator[WarmProcess]:
    """A warm process without walls."""
    with WarmProcess(HERE / "course", [], LIMITS, agent="stub_agent", walls=False) as warm:
        yield warm
