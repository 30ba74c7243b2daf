"""Attacks on what lies outside: hidden tests, files, other processes, the network."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.workbench import Workbench
from tests.attacks import course
from tests.attacks.attack import INSIDE, Attack, carry_out, stock
from tests.attacks.course import SECRET, SOLUTIONS
from tests.sandbox.shells import WarmShell

#: The secret as a pattern, so that the search does not find itself.
PATTERN = "geheim-47[1]1"

LOOK = {
    "own_memory": """
        import re
        found = []
        with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
            for line in maps:
                span, rights, _, _, inode, *name = line.split()
                if rights.startswith("rw") and inode == "0" and "stack" not in line:
                    at, end = (int(part, 16) for part in span.split("-"))
                    while at < end:
                        try:
                            memory.seek(at)
                            chunk = memory.read(min(end - at, 1 << 22))
                        except (OSError, ValueError, OverflowError):
                            break
                        found += re.findall(PATTERN.encode(), chunk)
                        at += len(chunk) or end
        found = bool(found)
    """,
    "all_objects": """
        import gc, re
        found = any(
            re.search(PATTERN, value)
            for thing in gc.get_objects() if type(thing) in (dict, list, tuple)
            for value in (thing.values() if type(thing) is dict else thing) if type(value) is str
        )
    """,
    "frames": """
        import sys, linecache, re
        found, frame = False, sys._getframe()
        while frame:
            found |= bool(re.search(PATTERN, repr(frame.f_locals) + repr(frame.f_globals.get("In"))))
            frame = frame.f_back
        found |= any(re.search(PATTERN, "".join(e[2])) for e in linecache.cache.values()
                     if len(e) == 4 and e[2])
    """,
    "modules": """
        import sys, inspect, re
        import helpers
        found = any(
            re.search(PATTERN, str(vars(module))) for name, module in list(sys.modules.items())
            if name.startswith(("autograder", "helpers", "__main__"))
        )
    """,
}


def looking(code: str) -> str:
    """A cell that looks for the secret and says whether it found it."""
    import textwrap

    return f"PATTERN = {PATTERN!r}\n{textwrap.dedent(code)}\nprint('found:', found)\n"


@pytest.mark.parametrize("name", LOOK)
def test_hidden_tests_are_not_in_the_process(
    name: str, bench: Workbench, shell: WarmShell, tmp_path: Path
) -> None:
    submitted = course.submission(SOLUTIONS, last=[looking(LOOK[name])])
    graded = course.run(bench, submitted)
    assert graded.shown(-1).strip() == "found: False"
    unprotected = stock(shell, submitted, tmp_path)
    if name != "modules":
        assert "found: True" in str(unprotected.cells[-1].outputs)


def test_what_is_asked_of_the_process_does_not_say_what_is_expected(bench: Workbench) -> None:
    """Everything that the judge sends can be read; it is the arguments, and no more."""
    spy = (
        "import sys, gc\n"
        "connection = sys.modules['autograder.wire'].Connection\n"
        "heard = []\n"
        "receive = connection.receive\n"
        "def listen(self, *rest):\n"
        "    got = receive(self, *rest)\n"
        "    heard.append((got[0], [bytes(blob) for blob in got[1]]))\n"
        "    return got\n"
        "connection.receive = listen"
    )
    show = "import numpy as np\nfor heard_one in heard: print(str(heard_one)[:2000])\n"
    graded = course.run(bench, course.submission(SOLUTIONS, first=[spy], last=[show]))
    assert graded.score == 9
    heard = graded.shown(-1)
    assert "'q': 'call'" in heard and "3.5" in heard  # it bites: arguments are seen
    assert SECRET not in heard and "6.5" not in heard and "expected" not in heard
    assert "hidden" not in heard.lower()


FILES = """
found = []
for top in ("/", "/opt/course", "/scratch"):
    for folder, folders, names in os.walk(top):
        folders[:] = [f for f in folders if os.path.join(folder, f) not in
                      ("/proc", "/sys", "/usr", "/lib", "/lib64", "/bin", "/sbin")
                      and f != "site-packages" and not f.startswith("python3")]
        found += [os.path.join(folder, n) for n in names
                  if n in ("solution.py", "gradebook.db", "nbgrader_config.py", "judged_run.py")
                  or n.endswith((".ipynb", ".pem", ".key"))]
print("found:", [f for f in found if "/share/" not in f])
print("course:", sorted(os.listdir("/opt/course")))
"""


def test_files_of_the_course_are_not_there(bench: Workbench) -> None:
    graded = course.run(bench, course.submission(last=[INSIDE + FILES]))
    assert "found: []" in graded.shown(-1), graded.shown(-1)
    assert "course: ['helpers.py']" in graded.shown(-1)
    paths = [bench.assignment.folder, Path(__file__), Path.home() / ".ssh", Path("/etc/shadow")]
    cell = f"import os; print([os.path.exists(p) for p in {list(map(str, paths))!r}])"
    graded = course.run(bench, course.submission(last=[cell]))
    assert graded.shown(-1).strip() == str([False] * len(paths))
    assert bench.assignment.folder.exists()  # it is there to be found, outside


WRITES = """
import sys
written = []
for folder in ("/", "/opt/course", "/opt/grader", "/opt/grader/autograder", sys.prefix, "/usr",
               "/usr/local", "/etc", "/dev", "/proc/sys/kernel", "/var", "/home", "/root", "/run",
               os.path.dirname(os.__file__), "/sys"):
    try:
        with open(os.path.join(folder, "mark"), "w") as file:
            written.append(folder)
    except OSError:
        pass
for name in ("/opt/course/helpers.py", sys.executable, "/proc/sys/kernel/core_pattern",
             "/proc/self/oom_score_adj", "/proc/1/mem", "/etc/passwd"):
    try:
        with open(name, "r+b"):
            written.append(name)
    except OSError:
        pass
print("written:", written)
"""


def test_nothing_can_be_written_outside_the_scratch_folder(bench: Workbench) -> None:
    graded = course.run(bench, course.submission(last=[INSIDE + WRITES]))
    assert graded.shown(-1).strip() == "written: []"


PROCESSES = """
import re
others, read = [], []
for name in os.listdir("/proc"):
    if name.isdigit() and int(name) != os.getpid():
        others.append(int(name))
        for part in ("environ", "mem", "maps", "fd/0", "fd/3", "cwd/x", "root/etc/shadow"):
            try:
                with open(f"/proc/{name}/{part}", "rb") as file:
                    read.append((name, part, len(file.read(100))))
            except OSError:
                pass
print("others:", others, "read:", read)
print("environ:", any(re.search("geheim-47[1]1", k + v) for k, v in os.environ.items()))
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
print("ptrace:", libc.ptrace(16, 1, 0, 0), libc.ptrace(16, os.getppid() or 2, 0, 0))
"""


def test_other_processes_cannot_be_looked_into(bench: Workbench) -> None:
    graded = course.run(bench, course.submission(last=[INSIDE + PROCESSES]))
    shown = graded.shown(-1)
    assert "others: [1] read: []" in shown, shown
    assert "environ: False" in shown
    assert "ptrace: -1 -1" in shown


SIGNALS = {
    "all": "os.kill(-1, signal.SIGKILL)",
    "parent": "os.kill(os.getppid() or 1, signal.SIGKILL)",
    "first": "for s in range(1, 65):\n    try: os.kill(1, s)\n    except OSError: pass",
    "group": "os.killpg(0, signal.SIGKILL)",
    "numbers": "for pid in range(1, 100_000):\n"
    "    if pid != os.getpid():\n"
    "        try: os.kill(pid, signal.SIGKILL)\n        except OSError: pass",
}


@pytest.mark.parametrize("name", SIGNALS)
def test_signals_reach_nobody_else(name: str, bench: Workbench) -> None:
    warm, judge = bench._warm.pid, bench._judge.pid
    code = f"{INSIDE}import signal\n{SIGNALS[name]}"
    what = "It ends every process that it can name."
    carry_out(Attack(name, what, answers=SOLUTIONS, last=code, earns=9), bench)
    assert (bench._warm.pid, bench._judge.pid) == (warm, judge)
    assert warm is not None and Path(f"/proc/{warm}").exists()


DAEMON = """
import os, subprocess
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execvp("sleep", ["sleep", "4711.5"])
    os._exit(0)
os.wait()
subprocess.Popen(["nohup", "setsid", "sleep", "4711.5"], start_new_session=True,
                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
"""


def daemons() -> list[int]:
    """The processes that `DAEMON` has left behind."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if command == b"sleep\x004711.5\x00":
                found.append(int(entry.name))
    return found


@pytest.fixture
def no_daemons() -> Iterator[None]:
    """End what an unprotected run leaves behind."""
    yield
    for pid in daemons():
        os.kill(pid, signal.SIGKILL)


def test_daemons_do_not_live_on(
    bench: Workbench, shell: WarmShell, tmp_path: Path, no_daemons: None
) -> None:
    what = "It leaves processes behind."
    carry_out(Attack("daemon", what, answers=SOLUTIONS, last=DAEMON, earns=9), bench)
    assert daemons() == []
    stock(shell, course.submission(last=[DAEMON]), tmp_path)
    assert daemons()


@pytest.fixture
def listeners() -> Iterator[tuple[int, str]]:
    """A TCP port and an abstract name where someone listens."""
    name = f"attack-{os.getpid()}"
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(f"\0{name}")
        unix.listen()
        yield tcp.getsockname()[1], name


def test_nobody_can_be_reached(
    bench: Workbench, shell: WarmShell, tmp_path: Path, listeners: tuple[int, str]
) -> None:
    port, name = listeners
    code = (
        "import socket\nreached = []\n"
        f"for family, address in ((2, ('127.0.0.1', {port})), (1, '\\0{name}')):\n"
        "    with socket.socket(family) as s:\n"
        "        s.settimeout(1)\n"
        "        try: s.connect(address); reached.append(family)\n"
        "        except OSError: pass\n"
        "try: socket.getaddrinfo('example.org', 80); reached.append('dns')\n"
        "except OSError: pass\n"
        "print('reached:', reached)\n"
    )
    submitted = course.submission(last=[code])
    assert course.run(bench, submitted).shown(-1).strip() == "reached: []"
    unprotected = code.replace("socket.getaddrinfo", "raise OSError #")
    shown = stock(shell, course.submission(last=[unprotected]), tmp_path).cells[-1].outputs
    assert "reached: [2, 1]" in str(shown)
    vsock = "import socket\nsocket.socket(40, 1)"
    assert "Error" in course.run(bench, course.submission(last=[vsock])).said
