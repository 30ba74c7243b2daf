"""Attacks on the machine: time, processes, memory, disk, output.

The answers are right and stand before the attack, so their tests have run and keep their points.
What happens then must be told, and must not hold up the next submission.
"""

from __future__ import annotations

import pytest

from autograder.workbench import Workbench
from tests.attacks import course
from tests.attacks.attack import INSIDE, Attack, carry_out, honest
from tests.attacks.course import SOLUTIONS

ALL = sum(course.POINTS.values())


def late(name: str, what: str, code: str, says: str = "") -> Attack:
    """An attack after all tests have run."""
    return Attack(name, what, answers=SOLUTIONS, last=INSIDE + code, earns=ALL, says=says)


ATTACKS = [
    late("sleep", "It waits for ever.", "import time; time.sleep(10_000)", "CellTimeoutError"),
    late(
        "loop_that_catches",
        "An endless loop catches everything.",
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        "CellTimeoutError",
    ),
    late(
        "loop_in_destructor",
        "A destructor never ends, and exceptions in it are ignored.",
        "class Odd:\n    def __del__(self):\n        while True:\n"
        "            try:\n                while True: pass\n"
        "            except BaseException: pass\nodd = Odd()\ndel odd",
        "CellTimeoutError",
    ),
    late(
        "loop_in_signal_handler",
        "The timer that is to interrupt the cell calls a function of the student's.",
        "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\nwhile True: pass",
        "ignored the interrupt",
    ),
    late(
        "signals_blocked",
        "Signals do not get through to an endless loop.",
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nwhile True: pass",
        "ignored the interrupt",
    ),
    late(
        "loop_in_c",
        "One instruction that never ends, which Python cannot interrupt.",
        "import itertools, collections\ncollections.deque(itertools.repeat(1), 0)",
        "ignored the interrupt",
    ),
    late(
        "loop_at_exit",
        "What is to be done at the end never ends.",
        "import atexit, threading, time\n"
        "def loop():\n    while True: time.sleep(1)\n"
        "atexit.register(loop)\nthreading.Thread(target=loop).start()",
    ),
    late(
        "stopped",
        "The process stops itself, as with Ctrl-Z.",
        "import signal\nos.kill(os.getpid(), signal.SIGSTOP)",
        "ignored the interrupt",
    ),
    late("exit", "The process ends at once.", "os._exit(0)", "the Python process ended"),
    late(
        "exit_as_if_done",
        "The process ends with the status by which a runner says that it is done.",
        "os._exit(217)",
        "the Python process ended",
    ),
    late(
        "crash",
        "The process reads where there is no memory.",
        "import ctypes; ctypes.string_at(0)",
        "SIGSEGV",
    ),
    late(
        "deep_recursion",
        "Recursion without end or limit.",
        "import sys\nsys.setrecursionlimit(10**9)\ndef f(x): return [f([x]) for _ in x]\nf([1])",
    ),
    late(
        "exit_in_destructor",
        "A destructor ends the process with `sys.exit`.",
        "import sys\nclass Odd:\n    def __del__(self): sys.exit(3)\nodd = Odd()\ndel odd\nodd = Odd()",
    ),
    late(
        "descriptors_closed",
        "All descriptors are closed, the channel among them.",
        "os.closerange(0, 1000)",
        "the Python process ended",
    ),
    late(
        "many_descriptors",
        "It opens files until there are no more descriptors, and keeps them.",
        "kept = []\nwhile True: kept.append(os.open('/', os.O_RDONLY))",
        "Too many open files",
    ),
    late(
        "fork_bomb",
        "Each process starts further ones, for ever.",
        "import time\nwhile True:\n    try: os.fork()\n    except OSError: time.sleep(0.01)",
        "it started more than 20 processes and threads at a time",
    ),
    late(
        "thread_bomb",
        "It starts threads for ever.",
        "import threading, time\nwhile True:\n"
        "    try: threading.Thread(target=time.sleep, args=(1000,)).start()\n"
        "    except RuntimeError: pass",
        "it started more than 20 processes and threads at a time",
    ),
    late(
        "memory_at_once",
        "It asks for two gigabytes.",
        "b = bytearray(2_000_000_000)",
        "MemoryError",
    ),
    late(
        "memory_bit_by_bit",
        "It takes memory in small steps and does not mind errors.",
        "import time\nkept = []\nwhile True:\n    try: kept.append(bytearray(4_000_000))\n"
        "    except MemoryError: pass\n    time.sleep(0.005)",
        "it used more than 300 MB of memory",
    ),
    late(
        "memory_shared",
        "Memory that several processes share, so that none has much of its own.",
        "import mmap, time\nfor i in range(10):\n"
        "    m = mmap.mmap(-1, 60_000_000)\n    m.write(b'x' * 60_000_000)\n"
        "    if os.fork() == 0:\n        time.sleep(100)\n    m.close()\n    time.sleep(0.02)\n"
        "time.sleep(100)",
        "it used more than 300 MB of memory",
    ),
    late(
        "memory_in_sockets",
        "Sockets hold what nobody reads, in memory of the kernel's.",
        "import socket, time\nfor i in range(5):\n    if os.fork() == 0: break\nkept = []\n"
        "while True:\n    try: kept += socket.socketpair()\n    except OSError: time.sleep(1)\n"
        "    try: kept[-1].send(bytes(200_000), socket.MSG_DONTWAIT)\n    except OSError: pass",
        "it used more than 300 MB of memory",
    ),
    late(
        "memory_in_files",
        "Files in memory that are in no folder.",
        "f = os.memfd_create('x')\nos.write(f, bytes(10_000_000))",
        "OSError",
    ),
    late(
        "memory_of_system_v",
        "Shared memory that outlives its process.",
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "n = libc.shmget(4711, 50_000_000, 0o1666)\nprint('shmget', n)",
        "shmget -1",
    ),
    late(
        "one_large_file",
        "A file of a gigabyte.",
        "with open('large', 'wb') as f:\n    for i in range(1000): f.write(bytes(1_000_000))",
        "OSError",
    ),
    late(
        "sparse_file",
        "A file that says it has a terabyte.",
        "open('sparse', 'wb').truncate(10**12)",
        "File too large",
    ),
    late(
        "files_elsewhere",
        "Files in all folders that can be written to.",
        "def fill(folder):\n    try:\n        for i in range(100):\n"
        "            with open(f'{folder}/f{i}', 'wb') as f: f.write(bytes(1_000_000))\n"
        "    except OSError as e: return e\n"
        "for folder in ('/tmp', '/dev/shm', '/var/tmp', '/run', '/scratch', '/dev', '/opt'):\n"
        "    fill(folder)\n"
        "import subprocess\n"
        "held = sum(s.f_blocks * s.f_frsize for s in map(os.statvfs, ['/tmp', '/dev/shm']))\n"
        "print('fits', held < 2 * 20_100_000)",
        "fits True",
    ),
    late(
        "many_files",
        "Empty files without end.",
        "for i in range(10**6): open(f'f{i}', 'w').close()",
        "No space left",
    ),
    late(
        "printed",
        "It prints a gigabyte.",
        "for i in range(1000): print('x' * 1_000_000)",
        "dropped",
    ),
    late(
        "printed_without_end",
        "It prints for ever.",
        "while True: print('y')",
        "dropped",
    ),
    late(
        "written_past_python",
        "It writes a gigabyte to the descriptor of its output.",
        "for i in range(1000):\n    try: os.write(1, bytes(1_000_000))\n    except OSError: pass",
    ),
    late(
        "written_by_a_program",
        "A program writes without end.",
        "import subprocess\nsubprocess.run(['yes'], stdout=1)",
    ),
    late(
        "displayed",
        "It displays a picture of a hundred megabytes.",
        "from IPython.display import display, HTML\nfor i in range(30): display(HTML('x' * 3_000_000))",
        "dropped",
    ),
    late(
        "long_error",
        "An error with a message of five megabytes.",
        "raise ValueError('x' * 5_000_000)",
        "ValueError",
    ),
    late(
        "long_traceback",
        "An error that comes through a thousand calls, each with a long line.",
        "exec('def f(n): return 1 / 0 if n == 0 else f(n - 1)  # ' + 'x' * 5000)\nf(900)",
        "Error",
    ),
    late(
        "chain_of_errors",
        "An error caused by an error caused by an error, ten thousand times.",
        "error = None\nfor i in range(10_000):\n    new = ValueError(i)\n    new.__cause__ = error\n"
        "    error = new\nraise error",
        "ValueError",
    ),
    Attack(
        "function_never_ends",
        "A function never ends, and the other answer is right.",
        answers={**SOLUTIONS, "double": "def double(x):\n    while True: pass\n"},
        earns=5,
        says="3 seconds",
    ),
    Attack(
        "function_catches_all",
        "A function never ends and catches what interrupts it.",
        answers={
            **SOLUTIONS,
            "total": "def total(x):\n    while True:\n        try:\n            while True: pass\n"
            "        except BaseException: pass\n",
        },
        earns=4,
        says="3 seconds",
    ),
    Attack(
        "function_exits",
        "A function ends the process.",
        answers={**SOLUTIONS, "total": "import os\ndef total(x): os._exit(0)\n"},
        earns=4,
        says="the Python process ended",
    ),
]


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_a_limit_holds_and_is_named(attack: Attack, bench: Workbench) -> None:
    graded = carry_out(attack, bench)
    assert len(graded.said) < 1_000_000
    # Of sockets, what they may hold is counted, not what they hold.
    if attack.name != "memory_in_sockets":
        assert graded.finished.ending.peak_memory_bytes < 1_500_000_000


def test_many_slow_cells_have_a_limit_together(bench: Workbench) -> None:
    """Each keeps within its time."""
    slow = ["import time; time.sleep(2)"] * 8
    graded = course.run(bench, course.submission(SOLUTIONS, last=slow))
    assert graded.score == ALL
    assert "the notebook's cells had used up their 10 seconds" in graded.said
    honest(bench)
