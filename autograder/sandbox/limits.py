"""How much of the machine one submission may use, and how that is measured and held."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import socket
from dataclasses import dataclass

# The exit status of a runner that ended because its work was done.
ENDED = 217
# The exit status of a runner around which the walls could not be put up; no student's code ran.
NO_WALLS = 218

# How far above a limit the kernel's own limit lies. What is polled strikes first and can say why.
_MEMORY_SLACK = 512_000_000
_PROCESS_SLACK = 8
_CPU_SLACK = 5
_STACK_BYTES = 8 * 2**20
# What its processes may have open together, as a multiple of what one may: each open socket or
# pipe can hold half a megabyte of the kernel's memory, which no process is charged for.
_OPEN_FILES_FACTOR = 4


@dataclass(frozen=True)
class Limits:
    """What one submission may use, all its processes taken together.

    Attributes
    ----------
    memory_bytes : int
        Resident memory, scratch files included. Pages that the runners share count in part.
    processes : int
        Processes and threads at a time.
    cpu_seconds : float
        Processor time.
    submission_seconds : float
        Time on the clock from the fork to the end.
    scratch_bytes : int
        Files in the scratch folder, which lies in memory.
    open_files : int
        Descriptors that one process may have open; all together may have four times as many.
    """

    memory_bytes: int = 2_000_000_000
    processes: int = 64
    cpu_seconds: float = 120
    submission_seconds: float = 180
    scratch_bytes: int = 200_000_000
    open_files: int = 256


@dataclass(frozen=True)
class Ending:
    """How a submission's processes ended.

    Attributes
    ----------
    reason : str
        Empty if they ended as asked, else a clause fit for a student, such as
        "it used more than 2 GB of memory".
    limit : str
        The field of `Limits` that was hit, or empty.
    cpu_seconds : float
        Processor time of all processes.
    peak_memory_bytes : int
        Resident memory at its peak, the libraries that the runners share included.
    lost : bool
        Whether the sandbox itself was lost, so that nothing is known of them.
    killed : bool
        Whether the submission's own process was killed, and not for a limit: by itself, or by
        something outside such as the kernel when memory runs out.
    """

    reason: str = ""
    limit: str = ""
    cpu_seconds: float = 0.0
    peak_memory_bytes: int = 0
    lost: bool = False
    killed: bool = False


def size_text(size: float) -> str:
    """A number of bytes as people write it: ``2 GB``, ``1.5 GB``, ``200 MB``."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= scale:
            return f"{size / scale:.3g} {unit}"
    return f"{size:g} bytes"


def exceeded(limits: Limits, limit: str) -> str:
    """The clause that says which limit was hit."""
    return {
        "memory_bytes": f"it used more than {size_text(limits.memory_bytes)} of memory",
        "processes": f"it started more than {limits.processes} processes and threads at a time",
        "open_files": f"it had more than {_OPEN_FILES_FACTOR * limits.open_files} files open",
        "cpu_seconds": f"it used more than {limits.cpu_seconds:g} seconds of processor time",
        "submission_seconds": f"it took longer than its {limits.submission_seconds:g} seconds",
    }[limit]


def hold_to(limits: Limits) -> None:
    """Set the kernel's limits for this process and all that it will start, for good.

    The limit of processes counts those of this user in this user namespace, and so is set where
    the caller has made sure that these are the submission's alone.
    """
    import resource

    def limit(kind: int, soft: int, hard: int | None = None) -> None:
        most = resource.getrlimit(kind)[1]
        hard = soft if hard is None else hard
        if most != resource.RLIM_INFINITY:
            soft, hard = min(soft, most), min(hard, most)
        resource.setrlimit(kind, (soft, hard))

    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_NOFILE, limits.open_files)
    limit(resource.RLIMIT_STACK, _STACK_BYTES)
    limit(resource.RLIMIT_FSIZE, limits.scratch_bytes)
    cpu = int(limits.cpu_seconds) + _CPU_SLACK
    limit(resource.RLIMIT_CPU, cpu, cpu + 1)
    # Counted from what is mapped now: TensorFlow maps gigabytes that it never touches.
    limit(resource.RLIMIT_AS, _mapped_bytes() + limits.memory_bytes + _MEMORY_SLACK)
    if hasattr(resource, "RLIMIT_MSGQUEUE"):
        limit(resource.RLIMIT_MSGQUEUE, 0)
        limit(resource.RLIMIT_SIGPENDING, 256)


def hold_processes_to(limits: Limits) -> None:
    """Let the kernel refuse more processes and threads to this user."""
    import resource

    most = limits.processes + _PROCESS_SLACK
    resource.setrlimit(resource.RLIMIT_NPROC, (most, most))


def _mapped_bytes() -> int:
    try:
        with open("/proc/self/statm") as file:  # noqa: PTH123 - no imports after the fork
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except FileNotFoundError:  # not Linux
        return 32_000_000_000


@dataclass(frozen=True)
class Usage:
    """What a submission's processes use at a moment.

    Attributes
    ----------
    tasks : int
        Processes and threads.
    resident_bytes : int
        Sum of their resident memory: shared pages count for each, so it is never too small.
    cpu_seconds : float
        Processor time of those that live, and of their children that were waited for.
    """

    tasks: int
    resident_bytes: int
    cpu_seconds: float


def _processes(proc: int) -> list[str]:
    return [name for name in os.listdir(proc) if name.isdigit()]


def _read(name: str, proc: int) -> str | None:
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=proc)
    except OSError:
        return None
    try:
        return os.read(descriptor, 8192).decode("utf-8", "replace")
    except OSError:  # it ended in between
        return None
    finally:
        os.close(descriptor)


def measure(proc: int, only: str | None = None) -> Usage:
    """Add up what the processes of a PID namespace use.

    Parameters
    ----------
    proc : int
        Descriptor of the namespace's ``/proc``.
    only : str, optional
        Look at this process alone.
    """
    page, ticks = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")
    tasks = resident = clock = 0
    for name in [only] if only else _processes(proc):
        stat = _read(f"{name}/stat", proc)
        if not stat:
            continue
        # The name of the program stands in parentheses and may hold anything.
        fields = stat.rpartition(")")[2].split()
        clock += sum(int(field) for field in fields[11:15])
        tasks += int(fields[17])
        resident += int(fields[21]) * page
    return Usage(tasks, resident, clock / ticks)


def _open_files(name: str, proc: int, unknown: int) -> int:
    """How many files a process has open; `unknown` if it hides them."""
    path = f"{name}/fd"
    try:
        # Since Linux 6.2 the folder's size says it.
        if size := os.stat(path, dir_fd=proc).st_size:
            return size
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=proc)
    except FileNotFoundError:
        return 0
    except OSError:
        return unknown
    try:
        return len(os.listdir(descriptor))  # noqa: PTH208 - a descriptor
    except OSError:  # it ended in between
        return 0
    finally:
        os.close(descriptor)


def too_many_files(proc: int, limits: Limits) -> bool:
    """Whether a PID namespace's processes have too many files open together."""
    names = _processes(proc)
    if len(names) <= _OPEN_FILES_FACTOR:
        return False  # each has a limit of its own
    total = sum(_open_files(name, proc, limits.open_files) for name in names)
    return total > _OPEN_FILES_FACTOR * limits.open_files


def socket_bytes(proc: int) -> int:
    """What the sockets of a room may hold: memory of the kernel's, which it counts for nobody.

    Parameters
    ----------
    proc : int
        Descriptor of the room's ``/proc``.
    """
    for line in (_read("1/net/sockstat", proc) or "").splitlines():
        if line.startswith("sockets: used "):
            return int(line.split()[2]) * _most_in_a_socket()
    return 0


@functools.cache
def _most_in_a_socket() -> int:
    with socket.socket(socket.AF_UNIX) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**30)
        return one.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)  # what the machine allows


def proportional_bytes(proc: int) -> int | None:
    """Resident memory of a PID namespace's processes, each shared page counted once.

    Walks the page tables: milliseconds for each gigabyte. None where the kernel does not say.
    """
    total = 0
    for name in _processes(proc):
        rollup = _read(f"{name}/smaps_rollup", proc)
        if rollup is None:
            if _read(f"{name}/stat", proc) is not None:
                return None
            continue
        for line in rollup.splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total


def status_reason(status: int, limits: Limits) -> tuple[str, str]:
    """Say why a process ended that was not told to: the clause, and the limit that was hit.

    Parameters
    ----------
    status : int
        As `os.waitpid` gives it.
    """
    if os.WIFEXITED(status):
        code = os.WEXITSTATUS(status)
        if code == ENDED:
            return "", ""
        if code == NO_WALLS:
            return "the walls around it could not be put up", ""
        return f"its process ended by itself, with exit status {code}", ""
    number = os.WTERMSIG(status)
    if number == signal.SIGXCPU:
        return exceeded(limits, "cpu_seconds"), "cpu_seconds"
    if number == signal.SIGKILL:
        return "its process was killed, maybe because the machine had no memory left", ""
    name = str(number)
    with contextlib.suppress(ValueError):
        name = signal.Signals(number).name
    return f"its process ended with the signal {name}", ""
