"""Calls that are sent together come to what single ones come to."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.judging import proxies
from autograder.judging.proxies import CellTimeout, RemoteFunction, RunnerGone, Session
from tests.judging.harness import forked, plain_agent

ROOT = Path(__file__).resolve().parents[2]


@contextlib.contextmanager
def function(source: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Session, Any]]:
    """The session, and the proxy of a student's function `f`."""
    monkeypatch.syspath_prepend(str(ROOT / "autograder"))
    agent = plain_agent("pooling_checks.libraries")
    with forked(agent.serve) as connection:
        session = Session(connection)
        answer = session.run_cell(source, 1, 10, 10**6)
        assert answer["outputs"] == []
        yield session, session.look_up("f")


def single(f: Any, x: Any) -> tuple[str, Any]:
    """One call by itself."""
    try:
        return f.__call_within__(0.5, False, (x,), {})
    except Exception as error:  # noqa: BLE001 - what a student's function raised
        return "raised", error


def shown(kind: str, value: Any) -> tuple[str, Any]:
    """An outcome as something that can be compared."""
    if kind == "raised":
        return kind, (type(value).__name__, str(value), value.student_lines)
    if isinstance(value, np.ndarray):
        return kind, (value.dtype.str, value.tolist())
    if isinstance(value, proxies.RemoteObject):
        return kind, type(value).__name__
    return kind, value


#: A function of one number or word, and what it is called with.
FUNCTIONS: dict[str, tuple[str, list[Any]]] = {
    "numbers": ("def f(x): return x * 2", [1, 2.5, True, "a", -(10**40)]),
    "arrays": ("import numpy as np\ndef f(x): return np.full((2,), x)", [1, 2.5, True]),
    "the_same_array": (
        "import numpy as np\nkept = np.zeros(2)\ndef f(x):\n    kept[0] = x\n    return kept",
        [1, 2, 3],
    ),
    "state": ("n = 0\ndef f(x):\n    global n\n    n += 1\n    return n", [7, 7, 7]),
    "raises": ("def f(x):\n    if x > 1: raise ValueError(x)\n    return x", [0, 1, 2, 3]),
    "nothing": ("def f(x): pass", [1, 2]),
    "objects": ("class C: pass\nc = C()\ndef f(x): return c", [1]),
    "printing": ("import sys\ndef f(x):\n    print(x, file=sys.stderr)\n    return x", [1, 2]),
    "library": (
        "import scipy.ndimage as n, numpy as np\n"
        "def f(x): return n.maximum_filter(np.ones((3, 3)), 2) if x else 0",
        [0, 0, 1, 1],
    ),
    "library_and_silence": (
        "import scipy.ndimage as n, numpy as np\ndef f(x):\n    try:\n"
        "        n.maximum_filter(np.ones((3, 3)), 2)\n    except BaseException: pass\n"
        "    return x",
        [3, 4],
    ),
    "blinds_the_watch": (
        "import sys, scipy.ndimage as n, numpy as np\ndef f(x):\n    sys.setprofile(None)\n"
        "    return x",
        [3, 4],
    ),
    "slow": ("def f(x):\n    while x: pass\n    return x", [0, 1, 0]),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_as_one_by_one(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source, arguments = FUNCTIONS[name]
    calls: list[proxies.Arguments] = [((x,), {}) for x in arguments]
    with function(source, monkeypatch) as (session, f):
        requests = session.requests
        together = list(RemoteFunction.__call_each_within__(f, 0.5, False, calls))
        assert session.requests == requests + 1
        told = [shown(*got) for got in together]
    with function(source, monkeypatch) as (_, f):
        # One by one, and each looked at before the next: an array may be kept and changed.
        assert told == [shown(*single(f, x)) for x in arguments[: len(told)]]
    # No more after the first that goes wrong.
    assert all(kind == "returned" for kind, _ in told[:-1])
    assert len(told) == len(calls) or told[-1][0] != "returned"


def test_many_calls_take_few_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    with function("def f(x): return -x", monkeypatch) as (session, f):
        before = session.requests
        got = list(
            RemoteFunction.__call_each_within__(f, 5.0, False, [((n,), {}) for n in range(1200)])
        )
        assert got == [("returned", -n) for n in range(1200)]
        assert session.requests - before == -(-1200 // proxies.TOGETHER)


def test_large_answers_come_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    source = "import numpy as np\ndef f(x): return np.full(10**5, x, 'f8')"
    with function(source, monkeypatch) as (session, f):
        before = session.requests
        got = list(
            RemoteFunction.__call_each_within__(f, 5.0, False, [((n,), {}) for n in range(10)])
        )
        assert [value[0] for _, value in got] == list(range(10))
        assert 1 < session.requests - before < 10


def test_all_arguments_cross(monkeypatch: pytest.MonkeyPatch) -> None:
    source = "def f(x, *, axis=None, shape=()): return x.sum(axis), shape, sum(shape)"
    with function(source, monkeypatch) as (_, f):
        x = np.arange(6.0).reshape(2, 3)
        calls: list[proxies.Arguments] = [((x,), {"axis": 0}), ((x.T,), {"shape": [1, 2]})]
        one, two = list(RemoteFunction.__call_each_within__(f, 5.0, False, calls))
        assert one[1][0].tolist() == [3, 5, 7] and two[1] == (15.0, [1, 2], 3)


def test_what_a_call_makes_of_its_arguments_stays_there(monkeypatch: pytest.MonkeyPatch) -> None:
    source = "def f(x, y):\n    x += 1\n    y.append(x)\n    return y, x[:1]"
    with function(source, monkeypatch) as (_, f):
        x, y = np.zeros(2), [0]
        calls: list[proxies.Arguments] = [((x, y), {}), ((x, y), {})]
        got = list(RemoteFunction.__call_each_within__(f, 5.0, False, calls))
        assert x.tolist() == [0, 0] and y == [0]
        for _, (given, part) in got:
            assert given[1].tolist() == [1, 1] and part.tolist() == [1]
            assert not np.shares_memory(part, x)


def test_a_cells_time_ends_them(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    with function("import time\ndef f(x): time.sleep(0.2)", monkeypatch) as (session, f):
        session.deadline = time.monotonic() + 1
        with pytest.raises(CellTimeout):
            list(
                RemoteFunction.__call_each_within__(f, 5.0, False, [((n,), {}) for n in range(100)])
            )
        assert session.expired


FORGED = [
    "{}",
    "{'answers': None}",
    "{'answers': []}",
    "{'answers': [{'v': 1}] * 3}",
    "{'answers': [5]}",
    "{'answers': [{}]}",
    "{'answers': [{'v': ['pickle', 1]}]}",
    "{'answers': [{'uses': 'x'}]}",
]


@pytest.mark.parametrize("answer", FORGED)
def test_a_forged_answer_breaks_the_channel(answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = (
        "import sys\nfrom autograder import wire\n"
        "Agent = sys.modules['autograder.sandbox.agent'].Agent\n"
        f"Agent._calls = lambda self, message, blobs: ({answer}, wire.Encoder())\n"
        "def f(x): return x"
    )
    with function(source, monkeypatch) as (session, f):
        with pytest.raises(RunnerGone):
            list(RemoteFunction.__call_each_within__(f, 5.0, False, [((1,), {}), ((2,), {})]))
        assert session.gone == "broken"


def test_here_and_elsewhere_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sizes of a whole table, with the message for the first that is wrong."""
    keras = pytest.importorskip("keras")
    from autograder.pooling_checks import CheckFailed, check_output_sizes

    source = (
        "def f(size, window, stride, padding):\n"
        "    if (size, window, stride) == (7, 3, 2): return 4\n"
        "    return (size - window) // stride + 1"
    )
    space: dict[str, Any] = {}
    exec(source, space)
    layer = keras.layers.MaxPooling2D
    with pytest.raises(CheckFailed) as here:
        check_output_sizes(space["f"], layer, 9, "valid")
    with function(source, monkeypatch) as (_, f), pytest.raises(CheckFailed) as there:
        check_output_sizes(f, layer, 9, "valid")
    assert "size=7, window=3, stride=2" in str(here.value)
    assert str(here.value) == str(there.value)
