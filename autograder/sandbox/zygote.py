"""The process that has imported everything, and is copied for each submission.

It never runs an operation of TensorFlow: a copy of a process that did hangs at its first one.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import os
import platform
import select
import signal
import socket
import sys
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

from autograder.sandbox import messages, seccomp
from autograder.sandbox.limits import ENDED, NO_WALLS, Limits, hold_processes_to, hold_to
from autograder.sandbox.namespaces import Door, Tenant, enter

_CHANNEL = 3


class Zygote:
    """Forks runners.

    Parameters
    ----------
    link : socket.socket
        To the supervisor.
    agent_module : str
        Module with ``prepare(preload)``, whose result has ``serve(channel)``.
    preload : sequence of str
        Modules to import once for all submissions.
    walls : bool
        Whether runners live in rooms.
    """

    def __init__(
        self, link: socket.socket, agent_module: str, preload: Sequence[str], *, walls: bool
    ) -> None:
        self._link = link
        self._walls = walls
        self._door = Door() if walls else None
        self._agent = importlib.import_module(agent_module).prepare(list(preload))
        self._children: dict[int, int] = {}
        seccomp.program(platform.machine())  # remembered, for all runners
        gc.collect()
        gc.freeze()
        gc.disable()  # a collection would write to pages that the runners share
        use_huge_pages()

    def run(self) -> None:
        """Fork on request until the supervisor is gone."""
        wake_read, wake_write = os.pipe()
        os.set_blocking(wake_read, False)
        os.set_blocking(wake_write, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        messages.send(self._link, {"ready": True})
        poll = select.poll()
        poll.register(self._link, select.POLLIN)
        poll.register(wake_read, select.POLLIN)
        while True:
            for descriptor, _ in poll.poll():
                if descriptor == wake_read:
                    with contextlib.suppress(BlockingIOError):
                        os.read(wake_read, 4096)
                    continue
                request = messages.receive(self._link)
                if request is None:
                    return
                self._fork(*request)
            self._report_ended()

    def _report_ended(self) -> None:
        while self._children:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
            if not pid:
                return
            run = self._children.pop(pid, None)
            if run is not None:
                scale = 1 if sys.platform == "darwin" else 1024
                ended = {
                    "ended": run,
                    "status": status,
                    "cpu_seconds": usage.ru_utime + usage.ru_stime,
                    "peak_bytes": usage.ru_maxrss * scale,
                }
                messages.send(self._link, ended)

    def _fork(self, request: dict[str, Any], descriptors: list[int]) -> None:
        run = int(request["run"])
        channel, *watch = descriptors
        try:
            child = self._door.fork(watch[0]) if self._door else os.fork()
            if child == 0:
                self._be_runner(request, channel, watch)
        except OSError as error:
            text = f"copying the warm process: {error.strerror or error}"
            messages.send(self._link, {"failed": run, "error": text})
        else:
            self._children[child] = run
            messages.send(self._link, {"started": run, "pid": child})
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _be_runner(self, request: dict[str, Any], channel: int, watch: list[int]) -> NoReturn:
        status = NO_WALLS
        try:
            put_up_walls(request, watch)
            keep_only(channel)
            gc.enable()
            status = 1
            self._agent.serve(socket.socket(fileno=_CHANNEL))
            status = ENDED
        except BaseException:  # noqa: BLE001 - nothing may return into the zygote's own code
            if status == NO_WALLS:
                traceback.print_exc()
                sys.stderr.flush()
        finally:
            os._exit(status)


def use_huge_pages() -> None:
    """Gather this process's memory into pages of 2 MB where the kernel can; others refuse.

    A fork copies the table of pages, not the pages: with TensorFlow imported this halves its cost.
    """
    huge, collapse = 2 * 2**20, 25
    libc = ctypes.CDLL(None)
    try:
        with open("/proc/self/maps") as file:  # noqa: PTH123
            lines = [line.split() for line in file]
    except OSError:  # not Linux
        return
    for span, mode, _, _, inode, *_ in lines:
        if mode.startswith("rw") and inode == "0":
            start, end = (int(number, 16) for number in span.split("-"))
            for page in range(-(-start // huge) * huge, end - huge + 1, huge):
                libc.madvise(ctypes.c_void_p(page), ctypes.c_size_t(huge), collapse)


def put_up_walls(request: dict[str, Any], watch: list[int]) -> None:
    """Make this fresh copy a runner: limits, room, no privileges.

    Parameters
    ----------
    request : dict
        ``limits``, ``tenant`` and ``folder`` (the scratch folder where there is no room).
    watch : list of int
        Descriptor of the room's first process, or nothing.
    """
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    os.umask(0o022)
    limits = Limits(**request["limits"])
    if not watch:
        os.chdir(request["folder"])
        hold_to(limits)
        return
    # Where memory runs out all the same, the kernel ends this one first. /proc is read-only inside.
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:  # noqa: PTH123
        file.write("1000")
    hold_to(limits)
    tenant = Tenant(**request["tenant"])
    if tenant.counted:
        hold_processes_to(limits)
    enter(watch[0], tenant)


def keep_only(channel: int) -> None:
    """Close every descriptor but the channel, which becomes number 3, after empty standard ones."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    os.dup2(channel, _CHANNEL, inheritable=False)
    os.closerange(_CHANNEL + 1, 1 << 16)
