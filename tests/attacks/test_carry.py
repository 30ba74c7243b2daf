"""Attacks on others: what one submission leaves for the next, and what it takes from it."""

from __future__ import annotations

import pytest

from autograder.workbench import Workbench
from tests.attacks import course
from tests.attacks.attack import INSIDE, honest
from tests.attacks.course import SOLUTIONS

LEAVE = """
import sys, ctypes, socket
import numpy as np, helpers, builtins
for module in (np, helpers, builtins, sys.modules["autograder.wire"]):
    module.left_behind = 1
class Cache:
    kept = []
np.ndarray_cache = Cache
os.environ["LEFT_BEHIND"] = "1"
for name in ("/tmp/left", "/dev/shm/left", "left", "/scratch/home/left"):
    with open(name, "w") as file:
        file.write("left")
libc = ctypes.CDLL(None)
libc.shmget(4711, 4096, 0o1666), libc.msgget(4711, 0o1666), libc.semget(4711, 1, 0o1666)
libc.mq_open(b"/left", 0o102, 0o666, None)
libc.shm_open(b"/left", 0o102, 0o666)
s = socket.socket(socket.AF_UNIX)
s.bind("\\0left")
print("left")
"""
FIND = """
import sys, ctypes, socket
import numpy as np, helpers, builtins
found = [hasattr(m, "left_behind") for m in (np, helpers, builtins, sys.modules["autograder.wire"])]
found += ["LEFT_BEHIND" in os.environ]
found += [os.path.exists(n) for n in ("/tmp/left", "/dev/shm/left", "left", "/scratch/home/left")]
libc = ctypes.CDLL(None)
found += [libc.shmget(4711, 4096, 0) >= 0, libc.msgget(4711, 0) >= 0, libc.semget(4711, 1, 0) >= 0]
found += [libc.mq_open(b"/left", 0) >= 0, libc.shm_open(b"/left", 0, 0) >= 0]
with socket.socket(socket.AF_UNIX) as s:
    found += [s.connect_ex("\\0left") == 0]
print("found", any(found), found)
"""


def test_nothing_is_left_for_the_next(bench: Workbench) -> None:
    graded = course.run(bench, course.submission(SOLUTIONS, last=[INSIDE + LEAVE, INSIDE + FIND]))
    assert "left" in graded.shown(-2)
    assert "found True" in graded.shown(-1), "it bites: in the same submission it is found"
    graded = course.run(bench, course.submission(SOLUTIONS, last=[INSIDE + FIND]))
    assert "found False" in graded.shown(-1), graded.shown(-1)
    honest(bench)


CHANGES = {
    "argument": "def double(x):\n    y = 2 * x\n    x[:] = 99\n    return y\n",
    "shape": "def double(x):\n    y = 2 * x\n    x.shape = (x.size, 1)\n    return y\n",
    "view": "def double(x):\n    x *= 2\n    return x[:]\n",
    "list": "def double(x):\n    return 2 * x\n",
}


@pytest.mark.parametrize("name", CHANGES)
def test_arguments_that_a_function_changes_are_as_before_for_the_next(
    name: str, bench: Workbench
) -> None:
    """The judge's modules live on, and a test may pass something that they hold."""
    total = "def total(values):\n    s = sum(values)\n    values.append(1) or values.clear()\n"
    answers = {"double": CHANGES[name], "total": total + "    return s\n"}
    course.run(bench, course.submission(answers))
    honest(bench)


def test_the_same_number_is_not_drawn_by_all(bench: Workbench) -> None:
    draw = "import random; print(np.random.rand(), random.random())"
    seen = {course.run(bench, course.submission(last=[draw])).shown(-1) for _ in range(3)}
    assert len(seen) == 3
