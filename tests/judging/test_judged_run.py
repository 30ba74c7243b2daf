"""Judged runs of small notebooks: what names mean, what crosses, and what a lie gains.

Each attack is a student's cell. Where it says so, the same cells pass when they run in one process,
as stock nbgrader runs them; so the attack is known to bite.
"""

# ruff: noqa: E501 - a row of a table is read as one

from __future__ import annotations

import contextlib
import io
import time
from typing import Any

import numpy as np
import pytest

from autograder.judging.judged_run import Job, clean_outputs
from tests.judging.harness import cell, errors, job_of, run_job

TEST = {"name": "t", "points": 1}


def verdict(student: str, test: str, *, set_up: str = "", **options: Any) -> str:
    """The error of a test cell after a student's cell; empty if it passed."""
    cells = [cell(set_up, "setup")] if set_up else []
    run = run_job(job_of(*cells, cell(student), cell(test, **TEST), **options))
    return errors(run)[-1]


def passes_in_one_process(student: str, test: str, set_up: str = "") -> bool:
    """Whether the cells get to their end where nothing is judged."""
    names: dict[str, Any] = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()):
        for source in (set_up, student, test):
            try:
                exec(source, names)
            except Exception:  # noqa: BLE001 - cells raise what they like
                if source is test:
                    return False
    return True


# --- what crosses --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("student", "test"),
    [
        ("def f(x): return x + 1", "assert f(1) == 2"),
        ("def f(x): return x + 1", "assert f(x=1.5) == 2.5"),
        ("x = [1, (2, 3)]", "assert x == [1, (2, 3)]"),
        ("def f(a): a.append(1)", "a = []\nb = a\nf(a)\nassert b == [1]"),
        ("def f(d): d['x'][0] = 9; d['y'] = 1", "d = {'x': [1]}; f(d)\nassert d == {'x': [9], 'y': 1}"),
        ("def f(a): a[0] = 7", "import numpy as np\na = np.zeros(3); f(a)\nassert a[0] == 7"),
        ("def f(a): return a[::2]", "import numpy as np\na = np.zeros(4); assert np.shares_memory(a, f(a))"),
        ("def f(a): return a.T[1:]", "import numpy as np\na = np.arange(6.).reshape(2, 3)\nb = f(a); b[:] = -1\nassert a[0, 1] == -1 and b.shape == (2, 2)"),
        ("def f(a): return a", "import numpy as np\na = np.zeros(4); assert f(a) is a"),
        ("kept = __import__('numpy').zeros(3)\ndef f(): return kept", "import numpy as np\na, b = f(), f()\nassert np.shares_memory(a, b)"),
        ("import numpy\ndef f(): return numpy.zeros(3)", "import numpy as np\na, b = f(), f()\nassert not np.shares_memory(a, b)"),
        ("class P:\n  def __init__(self, x): self.x = x\n  def twice(self): return 2 * self.x", "p = P(4)\nassert p.x == 4 and p.twice() == 8 and isinstance(p, P)\nassert type(p).__name__ == 'P'"),
        ("class P: pass\ndef f(p): return isinstance(p, P)", "assert f(P())"),
        ("def f(): raise KeyError('no')", "try:\n  f()\nexcept LookupError as error:\n  assert str(error) == \"'no'\" and type(error).__name__ == 'KeyError'\nelse:\n  assert False"),
        ("class Mine(ValueError): pass\ndef f(): raise Mine('bad x')", "try:\n  f()\nexcept ValueError as error:\n  assert str(error) == 'bad x'\nelse:\n  assert False"),
        ("def f(): b'\\xff'.decode()", "try:\n  f()\nexcept UnicodeDecodeError as error:\n  assert 'invalid start byte' in str(error)\nelse:\n  assert False"),
        ("def f(a, *, b=1): pass", "import inspect\nassert list(inspect.signature(f).parameters) == ['a', 'b']\nassert f.__name__ == 'f' and callable(f)"),
        ("from functools import partial\ndef g(a, b): return a + b\nf = partial(g, 1)", "assert f(2) == 3 and not hasattr(f, '__name__') and type(f).__name__ == 'partial'"),
        ("def f(): return lambda x: x + 1", "assert f()(2) == 3"),
        ("def f(g): return g", "assert f(f) is f"),
        ("n = 3", "assert sum(range(n)) == 3 and [n for _ in range(2)] == [3, 3]"),
        ("def f(x): return x", "def check(x):\n  return f(x) == x and [f(y) for y in (1, 2)] == [1, 2]\nassert check(4)"),
        ("n = 0\ndef f():\n  global n; n += 1", "f(); f()\nassert n == 2"),
        ("", "assert 'f' not in globals()\ntry:\n  f\nexcept NameError:\n  pass\nelse:\n  assert False"),
        ("from collections import Counter\ndef f(s): return Counter(s)", "assert f('aab') == {'a': 2, 'b': 1}"),
        ("from collections import namedtuple\nP = namedtuple('P', 'x y')\ndef f(): return P(1, 2)", "assert f() == (1, 2) and f().y == 2"),
    ],
)  # fmt: skip
def test_honest_answers_are_judged_as_in_one_process(student: str, test: str) -> None:
    assert passes_in_one_process(student, test)
    assert verdict(student, test) == ""


def test_the_same_tests_fail_for_other_answers() -> None:
    assert "AssertionError" in verdict("def f(x): return x", "assert f(1) == 2")
    assert "NameError" in verdict("", "f(1)")
    assert "ZeroDivisionError" in verdict("def f(x): return x / 0", "f(1)")


def test_document_order_counts() -> None:
    run = run_job(
        job_of(
            cell("def f(): return 1"),
            cell("assert f() == 1", "a", points=1),
            cell("def f(): return 2"),
            cell("assert f() == 1", "b", points=1),
            cell("f = 5"),
            cell("assert f == 5", "c", points=1),
            cell("del f"),
            cell("f", "d", points=1),
        )
    )
    found = errors(run)
    assert [bool(text) for text in found] == [0, 0, 0, 1, 0, 0, 0, 1]
    assert [part["execution_count"] for part in run.notebook["cells"]] == list(range(1, 9))


def test_a_set_up_cell_runs_on_both_sides_and_shows_once() -> None:
    set_up = "import math\nlimit = 3\nprint('ready')"
    run = run_job(
        job_of(
            cell(set_up, "setup"),
            cell("def f(): return math.pi * limit"),
            cell("assert f() == math.pi * limit", **TEST),
            cell("limit = 4"),
            cell("assert limit == 4 and f() == 4 * math.pi", "u", points=1),
            release=[set_up, "limit = ...  # an answer that students are asked for"],
        )
    )
    assert errors(run) == [""] * 5
    assert run.notebook["cells"][0]["outputs"] == [
        {"output_type": "stream", "name": "stdout", "text": "ready\n"}
    ]


def test_points_figures_and_streams_are_outputs_as_a_kernel_has_them() -> None:
    run = run_job(
        job_of(
            cell("def score(): return 0.5"),
            cell("import sys\nprint('a'); print('b', file=sys.stderr); score()", **TEST),
            cell("import matplotlib.pyplot as plt\nplt.plot([1, 2]);", "picture-a"),
            cell("def f(): print('secret case')\nf()", "u", points=1),
        )
    )
    outputs = run.notebook["cells"][1]["outputs"]
    assert [out["output_type"] for out in outputs] == ["stream", "stream", "execute_result"]
    assert outputs[-1]["data"]["text/plain"] == "0.5" and outputs[-1]["execution_count"] == 2
    (figure,) = run.notebook["cells"][2]["outputs"]
    assert figure["output_type"] == "display_data" and len(figure["data"]["image/png"]) > 1000


def test_what_an_answer_prints_while_a_test_calls_it_is_dropped() -> None:
    run = run_job(job_of(cell("def f(x): print('case', x)"), cell("f(3)", **TEST)))
    assert run.notebook["cells"][1]["outputs"] == []


def test_what_may_not_cross_is_said() -> None:
    thing = "class P: pass\ndef f(): return P()"
    for test in ("assert f() == 1", "f() + 1", "list(f())", "f()[0]", "len(f())", "bool(f())"):
        assert "CannotCross: The test uses" in verdict(thing, test)
        assert "configuration can let this test run in the sandbox" in verdict(thing, test)
    assert "CannotCross: An argument may not cross" in verdict("def f(x): pass", "f(object())")
    assert "CannotCross: This test uses a magic" in verdict("", "%time 1")
    assert "CannotCross: This test waits" in verdict("", "await something")
    assert verdict("", "%matplotlib inline\n1 + 1") == ""


def test_a_module_is_the_judges_own_or_is_refused() -> None:
    assert "CannotCross" in verdict("import math as m", "m.pi")
    assert verdict("m = 5", "assert m.pi > 3", release=["import math as m"]) == ""


def test_a_test_can_be_left_to_the_sandbox() -> None:
    test = "assert f() == Equal()"
    student = "class Equal:\n  def __eq__(self, other): return True\ndef f(): return 3"
    assert verdict(student, test, sandboxed_tests=["t*"]) == ""
    assert "CannotCross" in verdict(student, "assert f() == 3 and Equal() == 5")


# --- lies ----------------------------------------------------------------------------------------

EQUALS_EVERYTHING = """
class Equal:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __bool__(self): return True
    def __len__(self): return 3
    def __array__(self, *more, **options): return __import__('numpy').ones(3)
    def __float__(self): return 9.0
    @property
    def __class__(self): return int
def f(*arguments, **keywords): return Equal()
"""

#: Name, student's cell, test. All of them pass in one process.
LIES = {
    "equals everything": (EQUALS_EVERYTHING, "assert f(3) == 9"),
    "is an int": (EQUALS_EVERYTHING, "assert isinstance(f(3), int) and f(3) == 9"),
    "a subclass of int that equals everything": (
        "class I(int):\n  def __eq__(self, other): return True\n  __hash__ = None\n"
        "def f(x): return I(0)",
        "assert f(3) == 9",
    ),
    "a subclass of ndarray that equals everything": (
        "import numpy as np\nclass A(np.ndarray):\n"
        "  def __eq__(self, other): return np.array(True)\n"
        "def f(x): return np.zeros(3).view(A)",
        "import numpy as np\nassert (f(3) == np.ones(3)).all()",
    ),
    "takes the place of a built-in": ("def len(x): return 9\ndef f(x): return []", "assert len(f(3)) == 9"),
    "takes the place of all": ("all = any = lambda x: True\ndef f(): return [0]", "assert all(f())"),
    "takes the place of print": ("def f(): return 0\nprint = None", "assert f() == 1 or print is None"),
    "patches builtins": (
        "import builtins\nbuiltins.sum = lambda x: 9\ndef f(): return [1]",
        "assert sum(f()) == 9",
    ),
    "patches a library": (
        "import math\nmath.isclose = lambda *a, **k: True\ndef f(): return 1.0",
        "import math\nassert math.isclose(f(), 2.0)",
    ),
    "patches NumPy": (
        "import numpy as np\nnp.array_equal = np.allclose = lambda *a, **k: True\n"
        "def f(): return np.zeros(2)",
        "import numpy as np\nassert np.array_equal(f(), np.ones(2))",
    ),
    "reaches for the caller's frame": (
        "import sys\ndef f():\n  sys._getframe(1).f_globals['answer'] = 0\n  return 0",
        "answer = 42\nassert f() == answer",
    ),
    "takes the test's variables by name": (
        "import gc\ndef f():\n  for names in gc.get_objects():\n"
        "    if type(names) is dict and names.get('secret_of_the_test') == 42:\n"
        "      return 42\n  return 0",
        "secret_of_the_test = 42\nassert f() == 42",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LIES)
def test_lies_that_pass_in_one_process_gain_nothing(name: str) -> None:
    import builtins
    import math

    student, test = LIES[name]
    # First, for the runner is a fork of this process and would find what the cells leave here.
    assert verdict(student, test) != ""
    kept = {module: dict(vars(module)) for module in (builtins, math, np)}
    try:
        assert passes_in_one_process(student, test)
    finally:
        for module, names in kept.items():
            for key, value in names.items():
                if vars(module).get(key) is not value:
                    setattr(module, key, value)


def test_names_of_the_instructors_cells_are_theirs() -> None:
    student = "def check(*a): return True\ndef passed(): pass\nnp = Fake = type('F', (), {})"
    set_up = "import numpy as np\ndef check(x):\n  assert x == 1, 'wrong'"
    test = "check(f())\nassert np.ones(1)[0] == 1"
    assert "wrong" in verdict(student + "\ndef f(): return 0", test, set_up=set_up)
    assert verdict(student + "\ndef f(): return 1", test, set_up=set_up) == ""


def test_a_name_that_the_release_defines_is_the_students_though_it_is_built_in() -> None:
    release = ["def sum(values):\n    raise NotImplementedError()"]
    assert verdict("def sum(v): return 5", "assert sum([2, 3]) == 5", release=release) == ""
    assert "AssertionError" in verdict(
        "def sum(v): return 4", "assert sum([2]) == 2", release=release
    )


def test_a_cell_with_another_source_than_the_release_never_runs_in_the_judge() -> None:
    job = job_of(cell("open('/tmp/judged-run-was-here', 'w')", "t", points=1))
    forged = Job(job.notebook, {"t": "assert f() == 1"}, [])
    run = run_job(forged)
    # It ran in the runner, as a student's cell, whatever its metadata say.
    assert errors(run) == [""] and run.timings["requests"] == 1


# --- forged answers ------------------------------------------------------------------------------

#: The student's process answers as it likes. `connection` is what it answers on.
FORGE = """
import sys, gc, socket, json, struct
from autograder import wire
def answer(make):
    original = wire.Connection.send
    def send(self, data, deadline=None):
        make(self, data, original)
    wire.Connection.send = send
def message_of(data): return wire.parse_frame(data)[0]
"""

#: What is sent in place of each answer.
FORGERIES = {
    "nothing": "lambda c, d, o: None",
    "rubbish": "lambda c, d, o: c.channel.sendall(b'\\xff' * 64)",
    "a wrong number": "lambda c, d, o: o(c, wire.frame({**message_of(d), 'n': 10**9}, wire.Encoder()))",
    "no number": "lambda c, d, o: o(c, wire.frame({'v': 9}, wire.Encoder()))",
    "an answer too many": "lambda c, d, o: (o(c, d + d))",
    "an answer before it is asked for": "lambda c, d, o: o(c, d + wire.frame({'n': message_of(d)['n'] + 1, 'v': 9}, wire.Encoder()))",
    "a huge header": "lambda c, d, o: c.channel.sendall(struct.pack('>4sIQ', b'PCJ1', 2**32 - 1, 0))",
    "huge blobs": "lambda c, d, o: c.channel.sendall(struct.pack('>4sIQ', b'PCJ1', 10, 2**63))",
    "no end": "lambda c, d, o: [c.channel.sendall(b'PCJ1' * 4096) for _ in range(10**9)]",
    "the end": "lambda c, d, o: c.channel.close()",
    "an odd value": "lambda c, d, o: o(c, wire.frame({'n': message_of(d)['n'], 'v': ['?']}, wire.Encoder()))",
    "no value": "lambda c, d, o: o(c, wire.frame({'n': message_of(d)['n']}, wire.Encoder()))",
    "an odd reference": "lambda c, d, o: o(c, wire.frame({'n': message_of(d)['n'], 'v': ['r', 'x', 5]}, wire.Encoder()))",
    "a view out of bounds": "lambda c, d, o: o(c, wire.frame({'n': message_of(d)['n'], 'v': ['v', 0, '<f8', [9], [8], 0]}, wire.Encoder()))",
    "a view that wraps": "lambda c, d, o: o(c, wire.frame({'n': message_of(d)['n'], 'v': ['v', 0, '<f8', [2], [-8], 0]}, wire.Encoder()))",
    "changes to what was not given": "lambda c, d, o: o(c, wire.frame({'n': message_of(d)['n'], 'v': 1, 'changed': [[7, ['l']]]}, wire.Encoder()))",
    "contents of the wrong kind": "lambda c, d, o: o(c, wire.frame({'n': message_of(d)['n'], 'v': 1, 'contents': {'shift': -1}}, wire.Encoder()))",
    "an odd exception": "lambda c, d, o: o(c, wire.frame({'n': message_of(d)['n'], 'x': {'type': [], 'bases': 5}}, wire.Encoder()))",
    "an odd refusal": "lambda c, d, o: o(c, wire.frame({'n': message_of(d)['n'], 'refused': [1]}, wire.Encoder()))",
    "a tensor": "lambda c, d, o: o(c, wire.frame({'n': message_of(d)['n'], 'v': ['T', ['d', 1, 2]]}, wire.Encoder()))",
    "a model": "lambda c, d, o: o(c, wire.frame({'n': message_of(d)['n'], 'v': ['K', 1, 7]}, wire.Encoder()))",
}  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
def test_forged_answers_gain_nothing_and_hold_nothing_up(name: str) -> None:
    test = "import numpy as np\nresult = f(np.ones(3))\nassert type(result) is int and result == 9"
    student = f"{FORGE}\ndef f(x):\n    answer({FORGERIES[name]})\n    return 0"
    start = time.monotonic()
    run = run_job(
        job_of(cell(student), cell(test, **TEST), cell("1", "u", points=1), cell_seconds=1)
    )
    assert time.monotonic() - start < 12
    assert errors(run)[1] != ""


@pytest.mark.parametrize("code", ["import os; os._exit(0)", "import os; os.kill(os.getpid(), 9)"])
def test_a_dead_process_keeps_the_points_before_it(code: str) -> None:
    run = run_job(
        job_of(
            cell("def f(): return 1"),
            cell("assert f() == 1", "a", points=1),
            cell(code),
            cell("1", "b", points=1),
            cell("f()", "c", points=1),
        )
    )
    found = errors(run)
    assert found[:2] == ["", ""]
    assert found[2].startswith("ProcessEnded: the Python process ended while this cell ran")
    assert all("did not run: the Python process ended in cell 3" in text for text in found[3:])
    assert run.notes == ["The cells did not all run: the Python process ended in cell 3."]
    assert run.notebook["cells"][3]["execution_count"] is None


def test_a_call_that_ends_the_process_loses_the_test() -> None:
    assert "ProcessEnded" in verdict("import os\ndef f(): os._exit(0)", "try:\n  f()\nexcept: pass")


def test_a_call_that_does_not_return_is_ended_in_time() -> None:
    start = time.monotonic()
    run = run_job(
        job_of(
            cell("def f():\n  while True: pass"),
            cell("f()", "a", points=1),
            cell("1", "b", points=1),
            cell_seconds=1,
        )
    )
    assert time.monotonic() - start < 10
    assert "CellTimeoutError: this cell ran for more than 1 seconds" in errors(run)[1]
    assert errors(run)[2] == ""  # the runner heard the alarm, so it goes on


def test_a_call_that_ignores_the_alarm_stops_the_rest() -> None:
    # Two nets, since an interrupt may come while the inner one is being spread again.
    student = (
        "def f():\n"
        "  while True:\n"
        "    try:\n"
        "      while True:\n"
        "        try:\n"
        "          while True: sum([1])\n"
        "        except BaseException: pass\n"
        "    except BaseException: pass"
    )
    start = time.monotonic()
    run = run_job(
        job_of(
            cell(student),
            cell("f()", "a", points=1),
            *[cell("1", f"b{n}", points=1) for n in range(9)],
            cell_seconds=1,
        )
    )
    assert time.monotonic() - start < 30
    assert "ignored the interrupt" in errors(run)[1]
    assert all("NotRun" in text for text in errors(run)[2:])


def test_a_test_of_the_instructors_has_a_limit_too() -> None:
    run = run_job(
        job_of(cell("while True: pass", "a", points=1), cell("1", "b", points=1), cell_seconds=1)
    )
    assert "CellTimeoutError" in errors(run)[0] and errors(run)[1] == ""


def test_the_whole_submission_has_a_limit() -> None:
    slow = [cell("import time; time.sleep(0.5)", f"t{n}", points=1) for n in range(6)]
    run = run_job(job_of(*slow, submission_seconds=1))
    assert "used up their 1 seconds" in errors(run)[-1]


def test_patched_modules_in_the_runner_change_nothing_but_values() -> None:
    student = (
        "import json, struct, socket\n"
        'json.dumps = lambda *a, **k: \'{"m": {"n": 2, "v": 9}, "b": [], "w": false}\'\n'
        "struct.Struct = struct.pack = socket.socket = None\n"
        "def f(): return 0"
    )
    assert verdict(student, "assert f() == 9") != ""


def test_text_that_no_file_can_hold_and_odd_class_names_are_cleaned() -> None:
    student = "E = type('A B<script>', (ValueError,), {})\ndef f(): raise E('\\ud800' * 3)"
    run = run_job(job_of(cell(student), cell("f()", **TEST), cell("print('\\ud800')")))
    text = repr(run.notebook)
    text.encode("utf-8")
    assert "<script>" not in errors(run)[1]
    for part in run.notebook["cells"]:
        str(part["outputs"]).encode("utf-8")


def test_outputs_of_the_runner_are_read_as_outputs_or_dropped() -> None:
    told: Any = [
        5, None, {"output_type": "x"}, {"output_type": "stream", "name": "evil", "text": 5},
        {"output_type": "error", "ename": [], "evalue": "v", "traceback": "no list"},
        {"output_type": "execute_result", "data": {"text/plain": "x" * 100, "no mime": "y"},
         "metadata": 5, "execution_count": "evil"},
        {"output_type": "display_data", "data": {"application/json": {"a": [1, {"b": "c"}]}}},
    ]  # fmt: skip
    found = clean_outputs(told, 7, 1000)
    assert [out["output_type"] for out in found] == [
        "stream", "error", "execute_result", "display_data"
    ]  # fmt: skip
    assert found[0]["name"] == "stdout" and found[0]["text"] == ""
    assert found[2]["execution_count"] == 7 and list(found[2]["data"]) == ["text/plain"]
    assert (
        len(repr(clean_outputs([{"output_type": "stream", "text": "x" * 9999}] * 9, 1, 100))) < 999
    )
    assert clean_outputs("evil", 1, 10) == []
