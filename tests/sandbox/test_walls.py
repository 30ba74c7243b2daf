"""What a student's code can reach from where it runs."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.sandbox.host import WarmProcess
from tests.sandbox.conftest import Conversation, eventually, run

REPOSITORY = Path(__file__).resolve().parent.parent.parent


def bites(walled: WarmProcess, bare: WarmProcess, code: str) -> None:
    """The attack, which says True when it has succeeded, succeeds only without walls."""
    inside, _ = run(walled, code)
    outside, _ = run(bare, code)
    assert outside == {"answer": True}, "the attack proves nothing"
    assert inside.get("answer") is not True, inside


def test_a_runner_answers_and_ends(walled: WarmProcess, bare: WarmProcess) -> None:
    for warm in (walled, bare):
        answer, ending = run(warm, "answer = 6 * 7")
        assert answer == {"answer": 42}
        assert (ending.reason, ending.limit) == ("", "")
        assert 0 < ending.cpu_seconds < 3
        assert ending.peak_memory_bytes > 5_000_000


@pytest.mark.parametrize(
    "path",
    [
        REPOSITORY / "solutions",
        REPOSITORY / "nbgrader_config.py",
        REPOSITORY / "autograder" / "grade.py",
        REPOSITORY / "tests",
        Path("/etc/hostname"),
    ],
    ids=lambda path: path.name,
)
def test_files_outside_cannot_be_read(walled: WarmProcess, bare: WarmProcess, path: Path) -> None:
    assert path.exists()
    bites(walled, bare, f"import os; answer = os.path.exists({str(path)!r})")


def test_only_three_parts_of_the_package_are_there(walled: WarmProcess) -> None:
    code = "import autograder, os; answer = sorted(os.listdir(autograder.__path__[0]))"
    answer, _ = run(walled, code)
    assert set(answer["answer"]) <= {"__init__.py", "wire.py", "sandbox"}


def test_hidden_folders_in_the_python_installation_are_empty(tmp_path: Path) -> None:
    from autograder.sandbox.bubblewrap import View

    arguments = list(View(None, [Path("/usr/share/doc")]).arguments())
    hidden = arguments.index("/usr/share/doc")
    assert arguments[hidden - 1] == "--tmpfs"
    assert hidden > arguments.index("/usr")


def test_the_environment_is_not_the_graders(
    walled: WarmProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_GRADER", "1")
    code = """
import os, pathlib
answer = [sorted(os.environ), pathlib.Path('/proc/self/environ').read_text()]
"""
    names, text = run(walled, code)[0]["answer"]
    assert "SECRET_OF_THE_GRADER" not in names
    assert "SECRET" not in text
    assert {"HOME", "TMPDIR", "TF_ENABLE_ONEDNN_OPTS"} <= set(names)


def test_nothing_outside_can_be_written(
    walled: WarmProcess, bare: WarmProcess, tmp_path: Path
) -> None:
    code = f"open({str(tmp_path / 'mark')!r}, 'w').write('x'); answer = True"
    bites(walled, bare, code)


def test_only_the_scratch_folder_can_be_written(walled: WarmProcess) -> None:
    code = """
import os
mounts = [line.split()[4] for line in open('/proc/self/mountinfo')]
upper = []
for folder, folders, files in os.walk('/'):
    upper.append(folder)
    if folder.startswith('/proc') or folder.count('/') > 2:
        folders[:] = []
answer = []
for folder in {folder for folder in mounts + upper if os.path.isdir(folder)}:
    try:
        open(folder + '/mark', 'w').close()
        answer.append(folder)
    except OSError:
        pass
for name in ('/proc/sys/kernel/core_pattern', '/proc/sysrq-trigger', '/proc/self/oom_score_adj'):
    try:
        open(name, 'w').close()
        answer.append(name)
    except OSError:
        pass
"""
    answer, _ = run(walled, code)
    writable = set(answer["answer"])
    assert {"/scratch/work", "/scratch/home", "/tmp", "/dev/shm"} <= writable
    assert {path for path in writable if not path.startswith("/scratch")} == {"/tmp", "/dev/shm"}


def test_files_of_one_submission_are_not_anothers(walled: WarmProcess) -> None:
    code = """
import os
for folder in ('/scratch/work', '/scratch/home', '/tmp', '/dev/shm'):
    open(folder + '/message', 'w').write('the answer is 3')
answer = True
"""
    first = Conversation(walled)
    assert first.ask(code) == {"answer": True}
    look = """
import os
answer = [f for f in ('/scratch/work', '/scratch/home', '/tmp', '/dev/shm')
          if os.path.exists(f + '/message')]
"""
    assert run(walled, look)[0] == {"answer": []}  # at the same time
    first.finish()
    assert run(walled, look)[0] == {"answer": []}  # and afterwards


@pytest.fixture
def listeners() -> Iterator[tuple[int, str]]:
    """A TCP port and an abstract unix address on which the test listens."""
    name = f"pooling-{uuid.uuid4()}"
    with socket.socket() as tcp, socket.socket(socket.AF_UNIX) as unix:
        tcp.bind(("127.0.0.1", 0))
        tcp.listen()
        unix.bind("\0" + name)
        unix.listen()
        yield tcp.getsockname()[1], name


def test_no_network_and_no_abstract_sockets(
    walled: WarmProcess, bare: WarmProcess, listeners: tuple[int, str]
) -> None:
    port, name = listeners
    bites(
        walled,
        bare,
        f"import socket; socket.create_connection(('127.0.0.1', {port}), 5); answer = True",
    )
    code = f"""
import socket
socket.socket(socket.AF_UNIX).connect(chr(0) + {name!r})
answer = True
"""
    bites(walled, bare, code)


def test_submissions_cannot_talk_to_each_other(walled: WarmProcess, bare: WarmProcess) -> None:
    def attack(warm: WarmProcess) -> bool:
        name = f"pooling-{uuid.uuid4()}"
        listener = Conversation(warm)
        code = f"""
import builtins, socket
builtins.kept = socket.socket(socket.AF_UNIX)
kept.bind(chr(0) + {name!r})
kept.listen()
"""
        assert listener.ask(code) == {"answer": None}
        call = f"import socket; socket.socket(socket.AF_UNIX).connect(chr(0) + {name!r})"
        talked = run(warm, call)[0] == {"answer": None}
        listener.finish()
        return talked

    assert attack(bare), "the attack proves nothing"
    assert not attack(walled)


@pytest.mark.parametrize("family", ["AF_VSOCK", "AF_NETLINK", "AF_PACKET", "AF_ALG"])
def test_other_kinds_of_sockets_are_refused(walled: WarmProcess, family: str) -> None:
    code = f"import socket; socket.socket(socket.{family}, socket.SOCK_RAW); answer = True"
    answer, _ = run(walled, code)
    assert answer["error"] == "OSError"
    assert "not supported" in answer["text"]


def test_processes_outside_are_not_seen(walled: WarmProcess, bare: WarmProcess) -> None:
    seen = f"""
import os
answer = any(
    'pytest' in open(f'/proc/{{p}}/cmdline').read() or int(p) == {os.getpid()}
    for p in os.listdir('/proc') if p.isdigit() and os.path.exists(f'/proc/{{p}}/cmdline')
)
"""
    bites(walled, bare, seen)
    answer, _ = run(walled, "import os; answer = [p for p in os.listdir('/proc') if p.isdigit()]")
    assert sorted(answer["answer"]) == ["1", "2"]


def test_a_sibling_cannot_be_signalled(walled: WarmProcess, bare: WarmProcess) -> None:
    # By number, as seen from outside: inside it names nobody, and -1 only its own.
    def attack(warm: WarmProcess) -> bool:
        victim = Conversation(warm)
        number = victim.ask("import os; answer = os.getpid()")["answer"]
        attacker = Conversation(warm)
        own = attacker.ask("import os; answer = os.getpid()")["answer"]
        code = "import os, signal; "
        code += f"os.kill({number}, signal.SIGKILL)" if own != number else "os.kill(-1, 9)"
        attacker.ask(code)
        dead = eventually(lambda: victim.ask("answer = 1") == {}, 0.5)
        attacker.finish()
        victim.finish()
        return dead

    assert attack(bare), "the attack proves nothing"
    assert not attack(walled)


def test_its_first_process_is_out_of_reach(walled: WarmProcess) -> None:
    code = """
import os, signal
answer = []
for number in range(1, 32):
    if number not in (signal.SIGKILL, signal.SIGSTOP):
        try:
            os.kill(1, number)
        except PermissionError:
            pass
for name in ('mem', 'maps', 'environ', 'fd', 'root', 'cwd'):
    try:
        path = '/proc/1/' + name
        found = os.listdir(path) if name in ('fd', 'root', 'cwd') else open(path, 'rb').read(1)
        if found or name != 'fd':  # it has none
            answer.append(name)
    except OSError:
        pass
"""
    conversation = Conversation(walled)
    assert conversation.ask(code) == {"answer": []}
    assert conversation.ask("answer = 1") == {"answer": 1}
    assert conversation.finish().reason == ""


def test_no_descriptor_but_the_channel(walled: WarmProcess) -> None:
    code = """
import os
names = ['/proc/self/fd/' + name for name in os.listdir('/proc/self/fd')]
answer = {name[14:]: os.readlink(name) for name in names if os.path.lexists(name)}
"""
    answer, _ = run(walled, code)
    found: dict[str, Any] = answer["answer"]
    assert {found.pop(number) for number in "012"} == {"/dev/null"}
    assert found.pop("3").startswith("socket:")
    assert found == {}


def test_no_privileges(walled: WarmProcess) -> None:
    answer, _ = run(walled, "answer = open('/proc/self/status').read()")
    status = dict(line.split(":\t", 1) for line in answer["answer"].splitlines())
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[name], 16) == 0
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"
    assert status["Groups"].split() in ([], ["65534"])
    if walled.way == "own user":
        assert int(status["Uid"].split()[0]) >= 2_100_000_000


def test_system_calls_that_are_refused(walled: WarmProcess) -> None:
    code = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def refused(*call):
    ctypes.set_errno(0)
    result = libc.syscall(*call)
    return result == -1 and ctypes.get_errno()
x86 = os.uname().machine == 'x86_64'
answer = {
    'unshare user': refused(272 if x86 else 97, 0x10000000),
    'clone user': refused(56 if x86 else 220, 0x10000000 | 17, 0, 0, 0, 0),
    'clone3': refused(435, 0, 0),
    'ptrace': refused(101 if x86 else 117, 0, 0, 0, 0),
    'mount': refused(165 if x86 else 40, 0, 0, 0, 0, 0),
    'memfd_create': refused(319 if x86 else 279, b'x', 0),
    'shmget': refused(29 if x86 else 194, 0, 4096, 0o600 | 0o1000),
    'io_uring': refused(425, 1, 0),
    'userfaultfd': refused(323 if x86 else 282, 0),
    'getpid': refused(39 if x86 else 172),
}
"""
    answer, _ = run(walled, code)
    results = answer["answer"]
    assert results.pop("getpid") is False
    assert results.pop("clone3") == results.pop("memfd_create") == 38  # ENOSYS
    assert set(results.values()) == {1}  # EPERM


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="i386 is a way in on x86_64 alone")
def test_a_system_call_of_another_architecture_kills(walled: WarmProcess) -> None:
    code = """
import ctypes, mmap
page = mmap.mmap(-1, 4096, prot=7)
page.write(b'\\xb8\\x14\\x00\\x00\\x00\\xcd\\x80\\xc3')  # mov eax, getpid; int 0x80; ret
answer = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
"""
    answer, ending = run(walled, code)
    assert answer == {}
    assert "SIGSYS" in ending.reason


def test_terminals_and_processes_of_ones_own_work(walled: WarmProcess) -> None:
    code = """
import multiprocessing, os, pty, subprocess, tempfile, threading
master, slave = pty.openpty()
os.write(slave, b'x')
thread = threading.Thread(target=list)
thread.start(); thread.join()
with multiprocessing.Pool(2) as pool:
    squares = pool.map(abs, [-1, -2])
with tempfile.NamedTemporaryFile() as file:
    file.write(b'x')
said = subprocess.run(['sh', '-c', 'echo said'], capture_output=True, text=True).stdout
answer = [os.read(master, 1).decode(), sorted(os.listdir('/dev/pts')), squares, said, os.getcwd()]
"""
    answer, ending = run(walled, code)
    assert answer.get("answer") == ["x", ["0", "ptmx"], [1, 2], "said\n", "/scratch/work"], answer
    assert ending.reason == ""


def test_what_it_sends_on_the_channel_is_only_bytes(walled: WarmProcess) -> None:
    # A descriptor sent along is dropped by a receiver that does not ask for descriptors.
    code = """
import array, os, socket
handle = os.open('/', os.O_RDONLY)
channel.sendmsg([b'"x"\\n'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [handle]))])
"""
    conversation = Conversation(walled)
    before = len(list(Path("/proc/self/fd").iterdir()))
    conversation.tell(code)
    assert conversation._stream.readline() == b'"x"\n'
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    conversation.finish()


def test_sandbox_modules_import_without_the_rest() -> None:
    # As the sandbox does, and as a machine without Linux must: nothing of it runs at import.
    code = (
        "import sys; sys.modules['resource'] = None\n"
        "import autograder.sandbox.host, autograder.sandbox.doctor, autograder.sandbox.warm\n"
        "assert not {'numpy', 'nbgrader', 'tensorflow'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=True)
