"""The warm process: a small supervisor, and the zygote that it watches over.

Runs inside the outer walls. It hears of submissions on the control socket, makes a room for each,
lets the zygote fork a runner into it, and measures what the runner uses until it has ended.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from typing import Any

from autograder.sandbox import messages
from autograder.sandbox.limits import (
    Ending,
    Limits,
    Usage,
    exceeded,
    measure,
    proportional_bytes,
    socket_bytes,
    status_reason,
    too_many_files,
)
from autograder.sandbox.namespaces import (
    OWN_NAMESPACE,
    OWN_USER,
    SAME_USER,
    STUDENT,
    USERS,
    Door,
    Room,
    Tenant,
    adopt_orphans,
    build,
)
from autograder.sandbox.zygote import Zygote, keep_only, put_up_walls

_TICK = 0.05


@dataclass
class Run:
    """One submission, from its request to its ending."""

    number: int
    limits: Limits
    status: socket.socket
    tenant: Tenant
    room: Room | None = None
    folder: str = ""
    proc: int = -1
    pid: int = 0
    started: float = field(default_factory=time.monotonic)
    killed: bool = False
    reason: str = ""
    limit: str = ""
    polled: Usage = field(default_factory=lambda: Usage(0, 0, 0.0))
    precise_at: float = 0.0
    precise_over: int = 0
    peak_bytes: int = 0
    ended: dict[str, Any] | None = None
    room_gone: bool = False
    room_cpu: float = 0.0

    def kill(self, reason: str = "", limit: str = "") -> None:
        """End all its processes; the first reason counts."""
        if self.killed or self.ended is not None:
            return
        self.killed, self.reason, self.limit = True, reason, limit
        self.kill_all()

    def kill_all(self) -> None:
        """Kill what there is of it, whatever was said before."""
        if self.room:
            self.room.destroy()
        elif self.pid:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)

    def process_ended(self, message: dict[str, Any]) -> None:
        """Take down how its own process ended, and end what it left behind."""
        self.ended = message
        if not self.killed:
            self.reason, self.limit = status_reason(message["status"], self.limits)
        if self.room:
            self.room.destroy()

    def check(self, now: float) -> None:
        """Kill it if it is over a limit."""
        if self.killed or self.ended is not None:
            return
        limits = self.limits
        if now - self.started > limits.submission_seconds:
            return self._over("submission_seconds")
        if self.proc < 0 or not self.pid:
            return None
        try:
            usage = measure(self.proc, None if self.room else str(self.pid))
        except OSError:  # it ends at this moment
            return None
        self.polled = usage
        if usage.cpu_seconds > limits.cpu_seconds:
            return self._over("cpu_seconds")
        # One task is the room's first process.
        if self.room and usage.tasks - 1 > limits.processes:
            return self._over("processes")
        if self.room and too_many_files(self.proc, limits):
            return self._over("open_files")
        self._check_memory(now, usage)
        return None

    def _over(self, limit: str) -> None:
        self.kill(exceeded(self.limits, limit), limit)

    def _check_memory(self, now: float, usage: Usage) -> None:
        scratch = self.room.scratch_bytes() + socket_bytes(self.room.proc) if self.room else 0
        most = self.limits.memory_bytes
        upper = usage.resident_bytes + scratch
        if upper <= most:
            return
        # Over, if shared pages count for each process. Look closer, but not all the time.
        if now < self.precise_at and upper < self.precise_over:
            return
        exact = proportional_bytes(self.proc) if self.room else usage.resident_bytes
        used = upper if exact is None else exact + scratch
        self.peak_bytes = max(self.peak_bytes, used)
        if used > most:
            return self._over("memory_bytes")
        self.precise_at = time.monotonic() + 10 * (time.monotonic() - now)
        self.precise_over = upper + (most - used)

    def complete(self) -> bool:
        """Whether nothing of it is left."""
        return self.ended is not None and (self.room is None or self.room_gone)

    def tell(self) -> None:
        """Release what was held, and report the ending."""
        ended = self.ended or {"cpu_seconds": 0.0, "peak_bytes": 0}
        ending = Ending(
            reason=self.reason,
            limit=self.limit,
            cpu_seconds=max(ended["cpu_seconds"] + self.room_cpu, self.polled.cpu_seconds),
            peak_memory_bytes=max(ended["peak_bytes"], self.peak_bytes),
            killed=not self.killed and _was_killed(ended.get("status", 0)),
        )
        if self.room:
            self.room.close()
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            messages.send(self.status, {"ending": asdict(ending)})
        self.status.close()


def _was_killed(status: int) -> bool:
    """Whether a process was killed, from what `os.wait` tells."""
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


class Supervisor:
    """Makes rooms, has runners forked into them, and sees that they end.

    Parameters
    ----------
    control : socket.socket
        To the host. When it closes, everything ends.
    options : dict
        ``agent``, ``preload``, ``walls``, ``way`` (see `Tenant`), ``uids`` (the first of the
        runners' own users), ``path`` (the course's folder, or nothing).
    """

    def __init__(self, control: socket.socket, options: dict[str, Any]) -> None:
        self._control = control
        self._options = options
        self._walls = bool(options["walls"])
        self._runs: dict[int, Run] = {}
        self._count = 0
        self._poll = select.poll()
        self._by_descriptor: dict[int, Run] = {}
        self._proc = -1
        if sys.platform == "linux" and not self._walls:
            self._proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)

    def start(self) -> None:
        """Try the walls once, then start the zygote."""
        if self._walls:
            adopt_orphans()
            self._try_walls()
        self._zygote, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            self._control.close()
            self._zygote.close()
            _be_zygote(theirs, self._options)
        theirs.close()
        self._poll.register(self._control, select.POLLIN)
        self._poll.register(self._zygote, select.POLLIN)

    def _tenant(self) -> Tenant:
        way = self._options["way"]
        uid = {
            OWN_USER: self._options["uids"] + self._count % USERS,
            OWN_NAMESPACE: STUDENT,
            SAME_USER: os.getuid(),
        }[way]
        return Tenant(way, uid)

    def _try_walls(self) -> None:
        """Put up the walls round a process that does nothing.

        Raises
        ------
        OSError
            With the step that failed.
        """
        tenant = self._tenant()
        limits = Limits()
        room = build(tenant, limits.scratch_bytes)
        channel, end = socket.socketpair()
        child = Door().fork(room.watch)
        if child == 0:
            status = 1
            try:
                request = {"limits": asdict(limits), "tenant": asdict(tenant)}
                put_up_walls(request, [room.watch])
                keep_only(end.fileno())
                status = 0
            except OSError as error:
                channel.send((error.strerror or str(error)).encode()[:4096])
            finally:
                os._exit(status)
        end.close()
        with channel:
            problem = channel.recv(4096).decode()
        status = os.waitpid(child, 0)[1]
        room.destroy()
        os.waitpid(room.init, 0)
        room.close()
        if problem or status:
            raise OSError(0, problem or "the walls could not be put up")

    def run(self) -> None:
        """Serve until the host is gone."""
        while True:
            for descriptor, _ in self._poll.poll(_TICK * 1000 if self._runs else None):
                if descriptor == self._control.fileno():
                    request = messages.receive(self._control)
                    if request is None:
                        return
                    self._begin(*request)
                elif descriptor == self._zygote.fileno():
                    answer = messages.receive(self._zygote)
                    if answer is None:
                        return
                    self._hear(answer[0])
                else:
                    self._attend(descriptor)
            now = time.monotonic()
            for run in list(self._runs.values()):
                run.check(now)
                if run.complete():
                    self._forget(run)

    def _begin(self, request: dict[str, Any], descriptors: list[int]) -> None:
        channel, status = descriptors
        self._count += 1
        run = Run(
            self._count, Limits(**request["limits"]), socket.socket(fileno=status), self._tenant()
        )
        message = {
            "run": run.number,
            "limits": request["limits"],
            "tenant": asdict(run.tenant),
        }
        passed = [channel]
        try:
            if self._walls:
                run.room = build(run.tenant, run.limits.scratch_bytes)
                run.proc = run.room.proc
                passed.append(run.room.watch)
            else:
                run.folder = tempfile.mkdtemp(prefix="submission-")
                run.proc = self._proc
            messages.send(self._zygote, {**message, "folder": run.folder}, passed)
        except OSError as error:
            self._refuse(run, error.strerror or str(error))
            return
        finally:
            os.close(channel)
        self._runs[run.number] = run
        self._watch(run.status.fileno(), run)
        if run.room:
            self._watch(run.room.watch, run)

    def _watch(self, descriptor: int, run: Run) -> None:
        self._by_descriptor[descriptor] = run
        self._poll.register(descriptor, select.POLLIN)

    def _unwatch(self, descriptor: int) -> None:
        if self._by_descriptor.pop(descriptor, None):
            self._poll.unregister(descriptor)

    def _refuse(self, run: Run, error: str) -> None:
        with contextlib.suppress(OSError):
            messages.send(run.status, {"error": error})
        if run.room and not run.room_gone:
            run.room.destroy()
            os.waitpid(run.room.init, 0)
        run.tell()

    def _hear(self, message: dict[str, Any]) -> None:
        if "ready" in message or "broken" in message:
            messages.send(self._control, message)
        elif "started" in message:
            run = self._runs[message["started"]]
            run.pid = message["pid"]
            with contextlib.suppress(OSError):
                messages.send(run.status, {"started": True})
            if run.killed:
                run.kill_all()
        elif "ended" in message:
            self._runs[message["ended"]].process_ended(message)
        elif "failed" in message:
            run = self._runs.pop(message["failed"])
            self._unwatch(run.status.fileno())
            if run.room:
                self._unwatch(run.room.watch)
            self._refuse(run, message["error"])

    def _attend(self, descriptor: int) -> None:
        run = self._by_descriptor[descriptor]
        if run.room and descriptor == run.room.watch:
            _, _, usage = os.wait4(run.room.init, 0)
            run.room_cpu = usage.ru_utime + usage.ru_stime
            run.room_gone = True
            self._unwatch(descriptor)
            return
        request = None
        with contextlib.suppress(OSError, EOFError):
            request = messages.receive(run.status)
        if request is None:  # nobody waits for it any more
            self._unwatch(descriptor)
        run.kill(request[0]["finish"] if request else "")

    def _forget(self, run: Run) -> None:
        self._unwatch(run.status.fileno())
        del self._runs[run.number]
        run.tell()

    def close(self) -> None:
        """End everything."""
        for run in self._runs.values():
            run.kill()
            if run.folder:
                shutil.rmtree(run.folder, ignore_errors=True)


def _be_zygote(link: socket.socket, options: dict[str, Any]) -> None:
    status = 1
    try:
        if options["path"]:
            sys.path.insert(1, options["path"])
        try:
            zygote = Zygote(link, options["agent"], options["preload"], walls=options["walls"])
        except Exception as error:  # noqa: BLE001 - whatever importing a course's modules raises
            messages.send(link, {"broken": f"{type(error).__name__}: {error}"})
        else:
            zygote.run()
            status = 0
    finally:
        os._exit(status)


def main() -> None:
    """The warm process; ``sys.argv`` has the control socket's number and the options as JSON."""
    control = socket.socket(fileno=int(sys.argv[1]))
    supervisor = Supervisor(control, json.loads(sys.argv[2]))
    try:
        supervisor.start()
    except OSError as error:
        messages.send(control, {"no_walls": error.strerror or str(error)})
        return
    try:
        supervisor.run()
    finally:
        supervisor.close()
