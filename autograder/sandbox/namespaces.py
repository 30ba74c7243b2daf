"""The room of one submission: namespaces of its own, and a first process that only cleans up.

The room is made by a small process, before anything that the warm process has imported; the
student's process is forked from the warm one straight into it. So the large process forks once.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
from dataclasses import dataclass
from pathlib import Path

from autograder.sandbox import messages, seccomp

SCRATCH = Path("/scratch")
WORK = SCRATCH / "work"
HOME = SCRATCH / "home"
# The user that a student's code is in a user namespace of its own.
STUDENT = 1000
# How many users of their own runners take in turn.
USERS = 10_000

_NEW_MOUNTS, _NEW_USER, _NEW_PIDS = 0x00020000, 0x10000000, 0x20000000
_NEW_UTS, _NEW_IPC, _NEW_NET = 0x04000000, 0x08000000, 0x40000000
_OWN = _NEW_MOUNTS | _NEW_UTS | _NEW_IPC | _NEW_NET

_READ_ONLY, _NO_SUID, _NO_DEVICES, _NO_EXEC, _REMOUNT = 1, 2, 4, 8, 32
_BIND, _RECURSIVE, _PRIVATE = 4096, 16384, 1 << 18

_DUMPABLE, _NO_NEW_PRIVILEGES, _READ_BOUND, _DROP_BOUND = 4, 38, 23, 24
_CHILD_SUBREAPER, _AMBIENT, _AMBIENT_CLEAR = 36, 47, 4
_CAPABILITIES_VERSION_3 = 0x20080522

_FILES_PER_MEGABYTE = 100


class Room:
    """The walls of one submission.

    Attributes
    ----------
    init : int
        PID of the first process of its PID namespace. When it ends, the kernel ends all others.
    watch : int
        Descriptor of that process.
    proc, scratch : int
        Descriptors of the room's ``/proc`` and of its scratch folder.
    """

    def __init__(self, init: int, watch: int, proc: int, scratch: int) -> None:
        self.init, self.watch, self.proc, self.scratch = init, watch, proc, scratch

    def scratch_bytes(self) -> int:
        """Bytes that the files in the scratch folder take."""
        state = os.fstatvfs(self.scratch)
        return (state.f_blocks - state.f_bfree) * state.f_frsize

    def destroy(self) -> None:
        """Kill everything inside."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.watch, signal.SIGKILL)

    def close(self) -> None:
        """Close the descriptors."""
        for descriptor in (self.watch, self.proc, self.scratch):
            os.close(descriptor)


# The ways to tell a student's process from the grader's, best first.
OWN_USER, OWN_NAMESPACE, SAME_USER = "own user", "own user namespace", "same user"


@dataclass(frozen=True)
class Tenant:
    """Who a student's process is.

    Attributes
    ----------
    way : str
        `OWN_USER`: a user that is nobody else, which only root can become. `OWN_NAMESPACE`: the
        grading user, in a user namespace of the room's own. `SAME_USER`: the grading user, in the
        outer walls' user namespace, without capabilities; the kernel then cannot count the
        processes of one submission.
    uid : int
        The user number that the student's code sees.
    """

    way: str
    uid: int

    @property
    def counted(self) -> bool:
        """Whether the kernel's limit of processes counts this tenant's alone."""
        return self.way != SAME_USER


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    result = _libc().mount(
        source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode()
    )
    _check(result, f"mounting {target}")


def adopt_orphans() -> None:
    """Become the parent of what the children leave behind, to wait for it."""
    _check(_libc().prctl(_CHILD_SUBREAPER, 1, 0, 0, 0), "adopting orphans")


def build(tenant: Tenant, scratch_bytes: int) -> Room:
    """Make a room.

    Parameters
    ----------
    tenant : Tenant
        Who will live in it.
    scratch_bytes : int
        Size of its scratch folder.

    Raises
    ------
    OSError
        With the step that failed.
    """
    ours, theirs = socket.socketpair()
    pid_read, pid_write = os.pipe()
    maker = os.fork()
    if maker == 0:
        status = 1
        try:
            ours.close()
            flags = _OWN | _NEW_PIDS | (_NEW_USER if tenant.way == OWN_NAMESPACE else 0)
            _check(_libc().unshare(flags), "making namespaces")
            if tenant.way == OWN_NAMESPACE:
                _map_user()
            try:
                init = os.fork()
            except OSError as error:
                raise OSError(error.errno, f"forking its first process: {error.strerror}") from None
            if init:
                os.write(pid_write, str(init).encode())
                status = 0
            else:
                _be_init(theirs, tenant, scratch_bytes)
        except OSError as error:
            with contextlib.suppress(OSError):
                messages.send(theirs, {"error": error.strerror or str(error)})
        finally:
            os._exit(status)
    theirs.close()
    os.close(pid_write)
    with ours:
        os.waitpid(maker, 0)
        text = os.read(pid_read, 32)
        os.close(pid_read)
        ours.settimeout(30)
        try:
            answer = messages.receive(ours)
        except OSError:
            answer = None
    message, descriptors = answer or ({"error": "the first process of a room ended early"}, [])
    if "error" in message:
        if text:
            with contextlib.suppress(OSError):
                os.kill(int(text), signal.SIGKILL)
                os.waitpid(int(text), 0)
        raise OSError(0, message["error"])
    init = int(text)
    return Room(init, os.pidfd_open(init), *descriptors)


def _map_user() -> None:
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{STUDENT} 0 1")
    Path("/proc/self/gid_map").write_text(f"{STUDENT} 0 1")


def _be_init(link: socket.socket, tenant: Tenant, scratch_bytes: int) -> None:
    """Furnish the room, say so, and then only wait for orphans. Does not return."""
    uid = tenant.uid
    _mount("none", "/", "", _RECURSIVE | _PRIVATE)
    megabytes = max(1, scratch_bytes // 1_000_000)
    _mount(
        "scratch",
        str(SCRATCH),
        "tmpfs",
        _NO_SUID | _NO_DEVICES,
        f"mode=755,uid={uid},gid={uid},size={scratch_bytes},"
        f"nr_inodes={_FILES_PER_MEGABYTE * megabytes}",
    )
    # Read-only: as root of a user namespace one may otherwise write to /proc/sys.
    flags = _NO_SUID | _NO_DEVICES | _NO_EXEC
    _mount("proc", "/proc", "proc", flags | _READ_ONLY)
    # Terminals are shared by all who share this mount, so the room has its own.
    _mount(
        "devpts", "/dev/pts", "devpts", _NO_SUID | _NO_EXEC, "newinstance,ptmxmode=0666,mode=620"
    )
    scratch = os.open(SCRATCH, os.O_RDONLY | os.O_DIRECTORY)
    proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)
    if tenant.way == OWN_USER:
        os.setegid(uid)
        os.seteuid(uid)
    for name in ("work", "home", "tmp", "shm"):
        (SCRATCH / name).mkdir(mode=0o755)
    if tenant.way == OWN_USER:
        os.seteuid(0)
        os.setegid(0)
    _mount(str(SCRATCH / "tmp"), "/tmp", "", _BIND)
    _mount(str(SCRATCH / "shm"), "/dev/shm", "", _BIND)
    _give_up_privileges(tenant, dumpable=False)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    messages.send(link, {}, [proc, scratch])
    os.closerange(0, 1 << 16)
    while True:
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        signal.sigwait([signal.SIGCHLD])


def _give_up_privileges(tenant: Tenant, *, dumpable: bool) -> None:
    """Become the tenant, without capabilities or a way to get any; filter system calls.

    Parameters
    ----------
    tenant : Tenant
        Whose user and group to take.
    dumpable : bool
        Whether other processes of the same user may look into this one.
    """
    libc = _libc()
    number = 0
    while libc.prctl(_READ_BOUND, number, 0, 0, 0) >= 0:
        _check(libc.prctl(_DROP_BOUND, number, 0, 0, 0), "bounding capabilities")
        number += 1
    if tenant.way == OWN_USER:
        os.setgroups([])
        os.setresgid(tenant.uid, tenant.uid, tenant.uid)
        os.setresuid(tenant.uid, tenant.uid, tenant.uid)
    _check(libc.prctl(_AMBIENT, _AMBIENT_CLEAR, 0, 0, 0), "dropping ambient capabilities")
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION_3, 0)
    _check(libc.capset(header, (ctypes.c_uint32 * 6)()), "dropping capabilities")
    _check(libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0), "giving up new privileges")
    _check(libc.prctl(_DUMPABLE, int(dumpable), 0, 0, 0), "setting dumpable")
    seccomp.filter_calls()


class Door:
    """Forks into rooms, from a process that stays outside."""

    def __init__(self) -> None:
        self._home = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)

    def fork(self, watch: int) -> int:
        """As `os.fork`; the child has its PID in the room, and all else outside still.

        Parameters
        ----------
        watch : int
            Descriptor of the room's first process.
        """
        _check(_libc().setns(watch, _NEW_PIDS), "entering a PID namespace")
        child = -1
        try:
            child = os.fork()
        finally:
            if child:
                # Else threads could not be started here: theirs would be another namespace.
                _check(_libc().setns(self._home, _NEW_PIDS), "leaving a PID namespace")
        return child


def enter(watch: int, tenant: Tenant) -> None:
    """Go into the room, of whose PID namespace this process is already, and lock the door.

    Afterwards the process has the room's mounts, network and user, and no capabilities.
    """
    flags = _OWN | (_NEW_USER if tenant.way == OWN_NAMESPACE else 0)
    _check(_libc().setns(watch, flags), "entering the room")
    os.chdir(WORK)
    _give_up_privileges(tenant, dumpable=True)
