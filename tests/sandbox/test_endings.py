"""How submissions end that take too much, will not end, or leave something behind."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path

import pytest

from autograder.sandbox.host import Limits, SandboxError, WarmProcess
from tests.sandbox.conftest import HERE, LIMITS, Conversation, eventually, run


def descendants(pid: int) -> set[int]:
    """The processes below one, as the machine sees them."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(folder.name)] = int(fields[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


BOMBS = {
    "memory at once": (
        "x = [bytearray(b'x' * 10_000_000) for _ in range(1000)]",
        "memory_bytes",
    ),
    "memory, page by page": (
        """
import mmap, time
area = mmap.mmap(-1, 600_000_000, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
for place in range(0, len(area), 4096):
    area[place] = 1
    if place % 4_096_000 == 0:
        time.sleep(0.005)
""",
        "memory_bytes",
    ),
    "memory in many processes": (
        """
import os, time
for _ in range(10):
    if os.fork() == 0:
        x = b'x' * 60_000_000
        time.sleep(60)
time.sleep(60)
""",
        "memory_bytes",
    ),
    "memory and files": (
        """
import time
open('file', 'wb').write(b'x' * 45_000_000)
x = [bytearray(b'x' * 1_000_000) for _ in range(262)]
time.sleep(60)
""",
        "memory_bytes",
    ),
    "processes, until refused": (
        """
import os, time
try:
    while True:
        os.fork()
except OSError:
    time.sleep(60)
""",
        "processes",
    ),
    "processes, errors passed over": (
        """
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
""",
        "processes",
    ),
    "threads": (
        """
import threading, time
while True:
    try:
        threading.Thread(target=time.sleep, args=[60]).start()
    except RuntimeError:
        pass
""",
        "processes",
    ),
    "open files": (
        """
import os, socket, time
for _ in range(15):
    if os.fork() == 0:
        pairs = []
        while True:
            try:
                pairs.append(socket.socketpair())
            except OSError:
                time.sleep(60)
time.sleep(60)
""",
        "open_files",
    ),
    "processor": (
        """
while True:
    try:
        while True: pass
    except BaseException:
        pass
""",
        "cpu_seconds",
    ),
    "processor, in children": (
        """
import os
while True:
    child = os.fork()
    if child == 0:
        for _ in range(1_000_000): pass
        os._exit(0)
    os.waitpid(child, 0)
""",
        "cpu_seconds",
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_ends_with_its_reason(walled: WarmProcess, name: str) -> None:
    code, limit = BOMBS[name]
    _, ending = run(walled, code)
    assert ending.limit == limit
    said = {
        "memory_bytes": "it used more than 300 MB of memory",
        "processes": "it started more than 20 processes and threads at a time",
        "open_files": "it had more than 1024 files open",
        "cpu_seconds": "it used more than 1.5 seconds of processor time",
    }
    assert ending.reason == said[limit]


@pytest.mark.parametrize(
    "code",
    [
        """
import signal, time
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
while True:
    time.sleep(60)
""",
        "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
    ],
    ids=["sleeps", "is stopped"],
)
def test_a_submission_that_only_waits_ends(hasty: WarmProcess, code: str) -> None:
    answer, ending = run(hasty, code)
    assert answer == {}
    assert (ending.limit, ending.reason) == (
        "submission_seconds",
        "it took longer than its 1 seconds",
    )


def test_a_bystander_is_not_disturbed(walled: WarmProcess) -> None:
    bystander = Conversation(walled)
    bomb = Conversation(walled)
    bomb.tell(BOMBS["processes, errors passed over"][0])
    for number in range(50):
        assert bystander.ask(f"answer = {number}") == {"answer": number}
    assert bomb.finish().limit == "processes"
    assert bystander.ask("import os; answer = os.fork() >= 0 or os._exit(0)") == {"answer": True}
    assert bystander.finish().reason == ""


def test_too_large_a_request_for_memory_is_an_ordinary_error(walled: WarmProcess) -> None:
    answer, ending = run(walled, "x = bytearray(3_000_000_000)")
    assert answer["error"] == "MemoryError"
    assert ending.reason == ""


@pytest.mark.parametrize("folder", ["/scratch/work", "/scratch/home", "/tmp", "/dev/shm"])
def test_a_full_scratch_folder_is_an_ordinary_error(walled: WarmProcess, folder: str) -> None:
    code = f"""
for number in range(100):
    with open(f'{folder}/{{number}}', 'wb') as file:
        file.write(b'x' * 1_000_000)
"""
    answer, ending = run(walled, code)
    assert answer["error"] == "OSError"
    assert "No space left" in answer["text"]
    assert ending.reason == ""


def test_many_files_are_an_ordinary_error(walled: WarmProcess) -> None:
    answer, _ = run(walled, "for n in range(100_000): open(str(n), 'w').close()")
    assert "No space left" in answer["text"]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import os; os._exit(0)", "its process ended by itself, with exit status 0"),
        ("import os; os._exit(3)", "its process ended by itself, with exit status 3"),
        ("import os; os.abort()", "its process ended with the signal SIGABRT"),
        ("import ctypes; ctypes.string_at(0)", "its process ended with the signal SIGSEGV"),
        ("import os; os.kill(-1, 9)", "its process was killed"),
        ("import os, signal; os.kill(0, signal.SIGTERM)", "signal SIGTERM"),
    ],
)
def test_a_process_that_ends_by_itself(walled: WarmProcess, code: str, reason: str) -> None:
    answer, ending = run(walled, code)
    if "kill(-1" not in code:
        assert answer == {}
        assert reason in ending.reason


DAEMON = """
import ctypes, os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        rename = 15
        ctypes.CDLL(None).prctl(rename, {name!r}.encode(), 0, 0, 0)
        for descriptor in range(10):
            try:
                os.close(descriptor)
            except OSError:
                pass
        time.sleep(30)
    os._exit(0)
os.wait()
answer = True
"""


def _called(name: str) -> set[int]:
    """The processes of that name, as the machine sees them."""
    found = set()
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if folder.name.isdigit() and (folder / "comm").read_text().strip() == name:
                found.add(int(folder.name))
    return found


def test_a_daemon_does_not_outlive_its_submission(walled: WarmProcess, bare: WarmProcess) -> None:
    def attack(warm: WarmProcess) -> set[int]:
        name = uuid.uuid4().hex[:15]
        conversation = Conversation(warm)
        assert conversation.ask(DAEMON.format(name=name)) == {"answer": True}
        assert eventually(lambda: _called(name)), "the attack proves nothing"
        conversation.finish()
        return _called(name)

    left = attack(bare)
    assert left, "the attack proves nothing"
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert attack(walled) == set()


def _named(pid: int) -> bool:
    """Whether it is a copy of a warm process."""
    try:
        return b"autograder.sandbox.warm" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def test_code_that_will_not_hang_up_is_killed(walled: WarmProcess) -> None:
    conversation = Conversation(walled)
    code = """
import time
class Endless:
    def __del__(self):
        while True:
            try:
                time.sleep(1)
            except BaseException:
                pass
try:
    raise SystemExit
finally:
    del Endless
    import gc
    while True:
        try:
            time.sleep(1)
        except BaseException:
            pass
"""
    conversation.tell(code)
    begun = time.monotonic()
    ending = conversation.finish(kill_after=0.3)
    assert time.monotonic() - begun < 3
    assert ending.reason == "it did not end when its notebook had"
    assert conversation.runner.finish() is ending


def test_a_runner_that_is_no_longer_wanted(walled: WarmProcess) -> None:
    conversation = Conversation(walled)
    conversation.tell("import time; time.sleep(60)")
    assert conversation.finish(kill_after=0).reason == ""


def test_a_forgotten_runner_ends(walled: WarmProcess) -> None:
    assert walled.pid is not None
    before = descendants(walled.pid)
    conversation = Conversation(walled)
    conversation.tell("import time; time.sleep(60)")
    assert len(descendants(walled.pid)) > len(before)
    conversation.runner._status.close()
    assert eventually(lambda: descendants(walled.pid or 0) == before)


def test_a_warm_process_that_died_is_started_again(walled: WarmProcess) -> None:
    with WarmProcess(HERE / "course", [], LIMITS, agent="stub_agent") as warm:
        first = Conversation(warm)
        assert warm.pid is not None
        os.kill(warm.pid, signal.SIGKILL)
        assert first.finish().reason == "the sandbox around it ended early"
        assert run(warm, "answer = 1")[0] == {"answer": 1}


HOST = """
import socket, sys, time
from pathlib import Path
sys.path.insert(0, {root!r})
from autograder.sandbox.host import Limits, WarmProcess
warm = WarmProcess(Path({course!r}), [], Limits(), agent='stub_agent')
warm.start()
ours, theirs = socket.socketpair()
runner = warm.fork(theirs)
ours.sendall(b'"import os, time; os.setsid() if os.fork() else 0; time.sleep(60)"\\n')
print(warm.pid, flush=True)
time.sleep(60)
"""


def test_all_ends_when_the_grader_is_killed(walled: WarmProcess) -> None:
    before = {path.name for path in Path(tempfile.gettempdir()).iterdir()}
    root = str(HERE.parent.parent)
    host = subprocess.Popen(
        [sys.executable, "-c", HOST.format(root=root, course=str(HERE / "course"))],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert host.stdout is not None
    with host.stdout:
        warm = int(host.stdout.readline())
    family = descendants(warm) | {warm}
    assert len(family) >= 5
    host.kill()
    host.wait()
    assert eventually(lambda: not any(_named(pid) for pid in family))
    left = {path.name for path in Path(tempfile.gettempdir()).iterdir()} - before
    assert not {name for name in left if name.startswith(("submission-", "warm-"))}


def test_started_from_a_thread_that_ends(walled: WarmProcess) -> None:
    # To the kernel a parent is a thread, and bubblewrap ends with its parent.
    warm = WarmProcess(HERE / "course", [], LIMITS, agent="stub_agent")
    thread = threading.Thread(target=warm.start)
    thread.start()
    thread.join()
    time.sleep(0.2)
    assert run(warm, "answer = 1")[0] == {"answer": 1}
    warm.close()


def test_a_module_that_cannot_be_imported() -> None:
    for walls in (True, False):
        warm = WarmProcess(HERE / "course", ["no_such"], LIMITS, agent="stub_agent", walls=walls)
        with pytest.raises(SandboxError, match=r"cannot be imported: .*no_such"):
            warm.start()
        assert warm.pid is None


def test_many_at_once(walled: WarmProcess) -> None:
    conversations = [Conversation(walled) for _ in range(12)]
    for number, conversation in enumerate(conversations):
        conversation.tell(f"answer = {number}")
    assert [one.hear()["answer"] for one in conversations] == list(range(12))
    assert {one.finish().reason for one in conversations} == {""}


def test_nothing_is_left_open(walled: WarmProcess) -> None:
    run(walled, "answer = 1")
    before = len(list(Path("/proc/self/fd").iterdir()))
    assert walled.pid is not None
    family = descendants(walled.pid)
    for _ in range(5):
        run(walled, "answer = 1")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert descendants(walled.pid) == family
    counts = [len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in family]
    assert max(counts) < 20


@pytest.mark.parametrize("bomb", ["processor", "memory at once"])
def test_without_walls_limits_hold_too(bare: WarmProcess, bomb: str) -> None:
    code, limit = BOMBS[bomb]
    assert run(bare, code)[1].limit == limit


def test_without_walls_the_scratch_folder_goes_too(bare: WarmProcess) -> None:
    folder, _ = run(bare, "import os; open('x', 'w').close(); answer = os.getcwd()")
    assert not Path(folder["answer"]).exists()


def test_refusal_without_linux_or_bubblewrap(monkeypatch: pytest.MonkeyPatch) -> None:
    warm = WarmProcess(None, [], Limits())
    monkeypatch.setattr("autograder.sandbox.bubblewrap.find", lambda: None)
    with pytest.raises(SandboxError, match=r"install it.*--trust-submissions"):
        warm.start()
    monkeypatch.setattr("sys.platform", "darwin")
    with pytest.raises(SandboxError, match=r"only be isolated on Linux.*--trust-submissions"):
        warm.start()


def test_the_channel_is_closed_here(walled: WarmProcess) -> None:
    ours, theirs = socket.socketpair()
    runner = walled.fork(theirs)
    assert theirs.fileno() == -1
    ours.close()
    assert runner.finish().reason == ""
