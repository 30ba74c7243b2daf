"""A process with a warm shell, for tests: it forks a child for each notebook.

A shell takes the process over (streams, file descriptors, ``__main__``), so the tests' own process
cannot have one. Run as a program, this module is the warm process.
"""

from __future__ import annotations

import dataclasses
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterable, Sequence
from json import dumps  # by name: students' cells patch modules
from pathlib import Path
from time import process_time
from typing import Any

ROOT = Path(__file__).parents[2]


class WarmShell:
    """The warm process, from outside."""

    def __init__(self) -> None:
        here, there = socket.socketpair()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.sandbox.shells", str(there.fileno())],
            pass_fds=[there.fileno()],
            cwd=ROOT,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},  # else NumPy starts a thread
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        there.close()
        self._socket = here
        here.settimeout(120)
        self._answers = here.makefile("r")
        self.facts = json.loads(self._answers.readline())

    def run(
        self,
        cells: Iterable[str],
        *,
        folder: Path | None = None,
        seconds: float | None = 20,
        output_bytes: int = 1_000_000,
        **options: Any,
    ) -> list[dict[str, Any]]:
        """Run cells in a new child; fewer runs come back than cells if it ends before."""
        options |= {"seconds": seconds, "output_bytes": output_bytes}
        request = {"cells": list(cells), "folder": str(folder or ROOT), "options": options}
        self._socket.sendall(json.dumps(request).encode() + b"\n")
        answer: list[dict[str, Any]] = json.loads(self._answers.readline())
        return answer

    def one(self, cell: str, **options: Any) -> dict[str, Any]:
        """Run one cell."""
        return self.run([cell], **options)[0]

    def close(self) -> str:
        """End it; return what it has written itself."""
        self._socket.close()
        self._answers.close()
        try:
            return self.process.communicate(timeout=20)[0]
        finally:
            self.process.kill()


def serve(channel: socket.socket) -> None:
    """Answer requests until there are no more."""
    from autograder.sandbox.shell import Shell

    shell = Shell(["numpy"])
    print("warm")
    requests = channel.makefile("r")
    threads = len(list(Path("/proc/self/task").iterdir()))
    facts = {"threads": threads, "modules": sorted(sys.modules)}
    channel.sendall(json.dumps(facts).encode() + b"\n")
    for line in requests:
        channel.sendall(json.dumps(in_child(shell, **json.loads(line))).encode() + b"\n")


def in_child(shell: Any, cells: Sequence[str], folder: str, options: Any) -> list[Any]:
    """Fork a child, run cells there; add to each run the CPU seconds that it took."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.chdir(folder)
            with os.fdopen(writing, "w") as answers:
                for cell in cells:
                    start = process_time()
                    run = dataclasses.asdict(shell.run(cell, **options))
                    run["cpu_seconds"] = process_time() - start
                    answers.write(dumps(run) + "\n")
                    answers.flush()
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answers:
        runs = [json.loads(line) for line in answers]
    os.waitpid(child, 0)
    return runs


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
