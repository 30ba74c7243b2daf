"""What a cell shows in the shell, and what a Jupyter kernel shows."""

from __future__ import annotations

import base64
import os
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.preprocessors import Execute

from autograder.sandbox.capture import RAW_BYTES
from autograder.sandbox.outputs import (
    ERROR_BYTES,
    ERROR_PART_BYTES,
    TIMEOUT_ERROR,
    CellOutputs,
)
from tests.sandbox.shells import WarmShell

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="for Linux")

#: Cells of one notebook, in order, by name. Where one stream follows the other, the cell flushes
#: the first, and where something is written past Python, it waits: a kernel would mix them up.
NOTEBOOK = {
    name: source.strip("\n")
    for name, source in re.findall(
        r"^# %% (.+)\n((?:(?!# %% ).*\n)+)",
        (Path(__file__).parent / "notebook.txt").read_text(),
        flags=re.MULTILINE,
    )
}

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(scope="module")
def shell() -> Iterator[WarmShell]:
    warm = WarmShell()
    try:
        yield warm
    finally:
        warm.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("notebook")


@pytest.fixture(scope="module")
def in_kernel(folder: Path) -> dict[str, nbformat.NotebookNode]:
    cells = [new_code_cell(source) for source in NOTEBOOK.values()]
    notebook = new_notebook(cells=cells)
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        allow_errors=True,
        timeout=60,
        resources={"metadata": {"path": str(folder)}},
    )
    # Under pytest, ipykernel leaves the file descriptors alone.
    client.execute(env={k: v for k, v in os.environ.items() if k != "PYTEST_CURRENT_TEST"})
    return dict(zip(NOTEBOOK, notebook.cells, strict=True))


@pytest.fixture(scope="module")
def in_shell(shell: WarmShell, folder: Path) -> dict[str, dict[str, Any]]:
    return dict(zip(NOTEBOOK, shell.run(NOTEBOOK.values(), folder=folder), strict=True))


#: Prints how much memory the process has needed.
MEMORY = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"


def comparable(outputs: list[Any]) -> list[Any]:
    """Outputs without what must differ: times, addresses, process numbers.

    nbclient leaves the pieces of a stream as they arrived; they are joined here.
    """
    joined: list[dict[str, Any]] = []
    for output in outputs:
        output = dict(output)
        last = joined[-1] if joined else {}
        if output["output_type"] == "stream" and last.get("name") == output["name"]:
            last["text"] += output["text"]
        else:
            joined.append(output)
    return [_without_what_differs(output) for output in joined]


def _without_what_differs(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_what_differs(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_what_differs(item) for item in value]
    if not isinstance(value, str):
        return value
    value = re.sub(r"ipykernel_\d+", "ipykernel_N", value)
    value = re.sub(r"\b(0x)?[0-9a-f]{10,}\b", "0xN", value)
    value = re.sub(r"cell_meta=(None|{})", "cell_meta=?", value)  # the kernel's is empty
    return re.sub(r"\b[\d.]+(e[+]\d+)? (ns|[µμ]s|ms|s)\b", "T s", value)


@pytest.mark.parametrize("name", NOTEBOOK)
def test_as_a_kernel(
    name: str, in_kernel: dict[str, Any], in_shell: dict[str, dict[str, Any]]
) -> None:
    expected, run = in_kernel[name], in_shell[name]
    assert comparable(run["outputs"]) == comparable(expected.outputs)
    assert run["execution_count"] == expected.execution_count
    assert not run["timed_out"]


def test_outputs_are_valid(in_shell: dict[str, dict[str, Any]]) -> None:
    cells = [new_code_cell(outputs=run["outputs"]) for run in in_shell.values()]
    nbformat.validate(nbformat.from_dict(new_notebook(cells=cells)))


def plain(output: dict[str, Any]) -> str:
    """An error's traceback without colours."""
    return COLOUR.sub("", "\n".join(output["traceback"]))


def text(run: dict[str, Any], name: str = "stdout") -> str:
    return "".join(o["text"] for o in run["outputs"] if o.get("name") == name)


# What comes before any cell.


def test_the_warm_process_has_one_thread_and_no_kernel(shell: WarmShell) -> None:
    assert shell.facts["threads"] == 1
    assert "ipykernel.kernelapp" not in shell.facts["modules"]


def test_children_start_as_new(shell: WarmShell) -> None:
    cells = [
        "import sys, random, linecache, matplotlib\n"
        "before = dict(names=[n for n in dir() if n[0] != '_'], In=In, Out=Out,\n"
        "    last=hasattr(sys, 'last_value'),\n"
        "    cells=[n for n in linecache.cache if 'ipykernel' in n])",
        "before | {'In': before['In'][:1]}",
        "import numpy; numpy.random.rand()",
    ]
    first, second = shell.run(cells), shell.run(cells)
    assert first[0]["execution_count"] == 1
    expected = (
        "{'names': ['In', 'Out', 'exit', 'get_ipython', 'linecache', 'matplotlib', 'open', 'quit', "
        "'random', 'sys'], 'In': [''], 'Out': {}, 'last': False, 'cells': "
    )
    shown = first[1]["outputs"][0]["data"]["text/plain"]
    assert " ".join(shown.split()).startswith(expected)
    assert shown.count("ipykernel_") == 1  # the cell that asked
    assert first[2]["outputs"] != second[2]["outputs"]


def test_the_warm_process_writes_where_it_did() -> None:
    warm = WarmShell()
    warm.run(["print('of a child')", "import os; os.write(1, b'of a child')"])
    assert warm.close() == "warm\n"


# Numbers and names.


def test_execution_count(shell: WarmShell) -> None:
    runs = shell.run(["1", "  \n", "1 / 0", "x = = 1", "Out"])
    assert [run["execution_count"] for run in runs] == [1, 1, 2, 3, 4]
    assert runs[1]["outputs"] == []
    assert [run["execution_count"] for run in shell.run(["1", "2"], store_history=False)] == [1, 1]


def test_names_that_a_cell_binds_and_removes(shell: WarmShell) -> None:
    cells = [
        "x = 1000.5\ndef f(): pass\n_private = 1\nimport os as system",
        "x = x\nf()\nsystem.x = 1",
        "x = 1000.5\ndef f(): pass",
        "del x\nglobals()[5] = 6\nIn = []",
        "del f\ndef f(): pass",  # the new one may get the address of the old
        "1 / 0\ny = 1",
        "y = 1\n1 / 0",
        "%reset -f",
    ]
    runs = [(run["bound"], run["removed"]) for run in shell.run(cells)]
    assert runs == [
        (["x", "f", "system"], []),
        ([], []),
        (["x", "f"], []),
        ([], ["x"]),
        (["f"], []),
        ([], []),
        (["y"], []),
        ([], ["system", "f", "y"]),
    ]


def test_a_removed_object_is_gone_at_once(shell: WarmShell) -> None:
    cells = [
        "class C:\n    def __del__(self):\n        print('gone', flush=True)\nc = C()",
        "del c\nprint('after')",
    ]
    assert text(shell.run(cells)[1]) == "gone\nafter\n"


# Displays with an id.


def test_a_cell_changes_what_an_earlier_one_shows(shell: WarmShell) -> None:
    cells = ["print('a')\nhandle = display(1, display_id='me')", "handle.update(2)"]
    first, second = shell.run(cells)
    assert second["outputs"] == []
    change = {"data": {"text/plain": "2"}, "metadata": {}}
    assert second["updates"] == [{"run": 1, "output": 1} | change]
    assert first["updates"] == []


def test_a_display_that_was_cleared_is_not_changed() -> None:
    outputs = CellOutputs(1000)
    display = {"data": {"text/plain": "1"}, "metadata": {}, "transient": {"display_id": "me"}}
    outputs.message("display_data", display)
    outputs.message("clear_output", {"wait": False})
    outputs.message("display_data", display | {"transient": {}})
    outputs.message("update_display_data", display | {"data": {"text/plain": "2"}})
    assert [output["data"] for output in outputs.finish()] == [{"text/plain": "1"}]


def test_text_can_be_encoded() -> None:
    outputs = CellOutputs(1000)
    outputs.stream("stdout", "one half: \ud800, ü")
    assert outputs.finish()[0]["text"] == "one half: ?, ü"


# What is written past Python.


def test_all_stands_in_the_order_in_which_it_was_written(shell: WarmShell) -> None:
    run = shell.one(
        "import os, sys\nos.write(1, b'a')\nprint('b')\nos.system('echo c; echo d >&2')\n"
        "print('e')\nos.write(2, b'f')\ndisplay(1)\n"
        "os.write(1, b'\\xc3')\nos.write(1, b'\\xbc\\xff');"
    )
    assert [output.get("text", output.get("data")) for output in run["outputs"]] == [
        "ab\nc\n",
        "d\n",
        "e\n",
        "f",
        {"text/plain": "1"},
        "ü�",
    ]


def test_what_a_program_writes_later_is_of_the_cell_that_runs_then(shell: WarmShell) -> None:
    cell = "import subprocess, time\nsubprocess.Popen('sleep 0.5; echo late', shell=True)"
    runs = shell.run([cell, "time.sleep(1)", "print('next')"])
    assert text(runs[1]) == "late\n"
    assert text(runs[2]) == "next\n"


def test_much_can_be_written_between_prints(shell: WarmShell) -> None:
    cell = "import os\nfor _ in range(40):\n    os.write(1, bytes(10**6))\n    print()"
    assert {output["output_type"] for output in shell.one(cell)["outputs"]} == {"stream"}


# Limits.


def test_output_beyond_the_limit_is_dropped(shell: WarmShell) -> None:
    run = shell.one("for i in range(1000): print(i)\ndisplay(1)\n1 / 0", output_bytes=100)
    dropped = "\n… output beyond 100 bytes was dropped\n"
    assert text(run) == "".join(f"{i}\n" for i in range(1000))[:100] + dropped
    assert [output["output_type"] for output in run["outputs"]] == ["stream", "error"]


def test_the_limit_counts_bytes_and_cuts_between_characters(shell: WarmShell) -> None:
    run = shell.one("print('ü' * 100)", output_bytes=99)
    assert text(run) == "ü" * 49 + "\n… output beyond 99 bytes was dropped\n"


def test_a_large_picture_is_dropped(shell: WarmShell) -> None:
    cell = "from IPython.display import Image\ndisplay(Image(b'\\x89PNG' + bytes(10**6)))\nprint(1)"
    run = shell.one(cell, output_bytes=10_000)
    assert text(run) == "\n… output beyond 10,000 bytes was dropped\n"
    assert len(run["outputs"]) == 1


def test_what_is_cleared_does_not_count(shell: WarmShell) -> None:
    cell = (
        "from IPython.display import clear_output\n"
        "for i in range(100):\n    clear_output(wait=True)\n    print(f'{i:080}')"
    )
    assert text(shell.one(cell, output_bytes=100)) == f"{99:080}\n"


def test_after_clearing_there_is_room_again(shell: WarmShell) -> None:
    cell = (
        "import os\nfrom IPython.display import clear_output\n"
        "print('x' * 200)\nclear_output(wait=True)\nos.write(1, b'new');"
    )
    assert text(shell.one(cell, output_bytes=100)) == "new"


@pytest.mark.parametrize(
    "cell",
    [
        "import os\nfor _ in range(1000): os.write(1, bytes(10**6))",
        "import subprocess\nsubprocess.run('head -c 1000000000 /dev/zero', shell=True)",
        "import subprocess\nsubprocess.run('yes')",
        "for _ in range(1000): print('x' * 10**6)",
        "for _ in range(50_000): print('xy' * 20)",
    ],
)
def test_a_gigabyte_of_output(cell: str, shell: WarmShell) -> None:
    run, after = shell.run([cell, MEMORY])
    assert "\n… output beyond 1,000,000 bytes was dropped\n" in text(run)
    assert not run["timed_out"]
    assert len(text(run)) < 1_000_100
    assert int(text(after)) < 100_000 + int(text(shell.one(MEMORY)))  # in kilobytes


def test_what_is_written_past_python_takes_no_more_memory_than_it_may(shell: WarmShell) -> None:
    runs = shell.run(
        [
            "import os, subprocess\nsubprocess.run('yes')\ntaken = os.fstat(1).st_blocks * 512",
            "written = os.write(1, bytes(10**9))",
            "os.lseek(1, 10**9, os.SEEK_SET)\nos.write(1, b'far')",
            "print(taken, written)",
        ]
    )
    taken, written = map(int, text(runs[3]).split())
    assert RAW_BYTES / 2 < taken <= RAW_BYTES
    assert written == RAW_BYTES
    assert runs[2]["outputs"][-1]["ename"] == "PermissionError"


def test_errors_are_bounded(shell: WarmShell) -> None:
    runs = shell.run(
        [
            "raise ValueError('x' * 10**7)",
            "def endless(n):\n    return endless(n + 1)\nendless(0)",
            "for _ in range(60):\n    try:\n        raise ValueError('x' * 10_000)\n"
            "    except ValueError:\n        get_ipython().showtraceback()",
        ]
    )
    assert all(len(str(run["outputs"])) < 450_000 for run in runs)
    assert runs[0]["outputs"][0]["evalue"].startswith("xxx")
    recursion = runs[1]["outputs"][0]
    assert "line 3" in recursion["traceback"][2]
    assert "maximum recursion depth" in recursion["traceback"][-1]


def test_of_a_long_traceback_the_ends_stay() -> None:
    outputs = CellOutputs(1000)
    outputs.error("E", "message", [f"line {n} {'x' * 1000}" for n in range(1000)])
    outputs.error("E", "m" * 10**6, ["ü" * 10**6])
    first, second = outputs.finish()
    assert 50_000 < len("".join(first["traceback"])) <= ERROR_BYTES
    assert [part.split(" x")[0] for part in (first["traceback"][0], first["traceback"][-1])] == [
        "line 0",
        "line 999",
    ]
    assert "…" in first["traceback"]
    assert len(second["evalue"]) <= ERROR_PART_BYTES + 3
    assert len(second["traceback"][0].encode()) <= ERROR_PART_BYTES + 5


def test_the_time_limit(shell: WarmShell) -> None:
    cells = [
        "print('before')\nwhile True: pass",
        "import time\ntime.sleep(60)",
        "import asyncio\nawait asyncio.sleep(60)",
        "!sleep 60",
        "import subprocess\nsubprocess.run(['sleep', '60'])",
        "1",
    ]
    runs = shell.run(cells, seconds=0.5)
    assert [run["timed_out"] for run in runs] == [True] * 5 + [False]
    assert all(run["outputs"][-1] == TIMEOUT_ERROR for run in runs[:5])
    names = [[o.get("ename") for o in run["outputs"]] for run in runs]
    assert names[:3] == [
        [None, "KeyboardInterrupt", "CellTimeoutError"],
        ["KeyboardInterrupt", "CellTimeoutError"],
        ["CancelledError", "CellTimeoutError"],
    ]
    assert text(runs[0]) == "before\n"
    # Where it was, and nothing of the grader's.
    assert plain(runs[0]["outputs"][1]).count("line") == 1
    assert "----> 2 while True: pass" in plain(runs[0]["outputs"][1])
    assert runs[5]["outputs"][0]["output_type"] == "execute_result"


def test_the_time_limit_rings_again(shell: WarmShell) -> None:
    cell = (
        "rings = 0\nwhile rings < 3:\n    try:\n        for _ in iter(int, 1): pass\n"
        "    except BaseException:\n        rings += 1"
    )
    run, after = shell.run([cell, "rings"], seconds=0.3)
    assert run["timed_out"]
    assert after["outputs"][0]["data"] == {"text/plain": "3"}


def test_an_error_is_shown_also_when_the_time_is_up(shell: WarmShell) -> None:
    cell = (
        "import time\nclass Slow(Exception):\n    def __str__(self):\n"
        "        time.sleep(0.7)\n        return 'slow'\nraise Slow"
    )
    run = shell.one(cell, seconds=0.3)
    assert [(o["ename"], o["evalue"]) for o in run["outputs"]] == [
        ("Slow", "slow"),
        ("CellTimeoutError", ""),
    ]


def test_the_timer_does_not_outlive_the_cell(shell: WarmShell) -> None:
    ask = "import signal; signal.getitimer(signal.ITIMER_REAL), signal.getsignal(signal.SIGALRM)"
    runs = shell.run(["while True: pass", "1", ask], seconds=0.5)
    assert not runs[2]["timed_out"]
    assert shell.run([ask], seconds=None)[0]["outputs"][0]["data"]["text/plain"].startswith(
        "((0.0, 0.0), <Handlers.SIG_DFL: 0>)"
    )


def test_a_timeout_is_nbgraders_own() -> None:
    assert {"output_type": "error"} | Execute().error_on_timeout == TIMEOUT_ERROR


# Wreckage: something comes back, or the process ends; the warm process does not notice.


@pytest.mark.parametrize(
    "wreck",
    [
        "import sys; sys.stdout = sys.stderr = None",
        "import sys; sys.stdout = open('/dev/full', 'w')",
        "import sys; sys.stdout.close(); sys.stderr.close()",
        "import builtins\nfor n in list(vars(builtins)): delattr(builtins, n)",
        "get_ipython().run_cell_async = None",
        "get_ipython().display_pub = get_ipython().displayhook = None",
        "get_ipython().execution_count = 'many'",
        "get_ipython().user_ns.clear(); get_ipython().user_ns['x'] = lambda: 0",
        "def bad(*_): raise SystemExit\nget_ipython().input_transformers_post.append(bad)",
        "class Bad:\n    def visit(self, node): raise SystemExit\n"
        "get_ipython().ast_transformers.append(Bad())",
        "def bad(*_): raise SystemExit\nget_ipython().events.register('post_execute', bad)",
        "def bad(*_): raise SystemExit\nget_ipython().set_custom_exc((Exception,), bad)\n1 / 0",
        "import asyncio\nasyncio.get_running_loop().stop()\nawait asyncio.sleep(1)",
        "import asyncio\nasyncio.get_event_loop().close()",
        "import json; json.dumps = json.loads = None",
        "class E(Exception):\n    def __str__(self): raise SystemExit\nraise E",
        "class E(Exception):\n    def _render_traceback_(self): return [b'', object()]\nraise E",
        "class M(type):\n    def __eq__(c, o): raise SystemExit\n    __hash__ = None\n"
        "class C(metaclass=M): pass\nc = C()",
        "class R:\n    def _repr_mimebundle_(self, **_): return {'a/b': object()}\nR()",
        "class R:\n    def _repr_mimebundle_(self, **_): return {'a/b': [1e999, '\\ud800']}\nR()",
        "class R:\n    def __repr__(self): raise SystemExit\nR()",
        "print('\\ud800')\n'\\udfff'",
        "import signal; signal.signal(signal.SIGALRM, signal.SIG_IGN)",
        "import time; time.monotonic = lambda: 'late'",
        "import threading, time\n"
        "threading.Thread(target=lambda: [print(time.sleep(0.01)) for _ in range(50)]).start()",
    ],
)
def test_wreckage(wreck: str, shell: WarmShell) -> None:
    assert len(shell.run([wreck, "print(1)", "1 / 0"], seconds=3)) == 3
    assert text(shell.one("print('the next child')")) == "the next child\n"


@pytest.mark.parametrize(
    "end",
    [
        "import os; os._exit(1)",
        "import os; os.closerange(0, 1000)",
        "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
    ],
)
def test_the_end(end: str, shell: WarmShell) -> None:
    assert len(shell.run(["1", end, "1"], seconds=3)) == 1
    assert text(shell.one("print('the next child')")) == "the next child\n"


# Speed: CPU seconds of a child that does something first. The bounds are wide, for shared machines.


def test_a_child_is_warm(shell: WarmShell) -> None:
    cells = {
        "x = 1": 0.03,
        "def f(x):\n    return x / 0\nf(3)": 0.05,
        "x = = 1": 0.03,
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.title('Title');": 0.4,
    }
    best = [min(times) for times in zip(*(_seconds(shell, cells) for _ in range(3)), strict=True)]
    assert best == [pytest.approx(0, abs=bound) for bound in cells.values()]


def _seconds(shell: WarmShell, cells: Any) -> list[float]:
    return [run["cpu_seconds"] for run in shell.run(cells)]


def test_a_figure_has_the_size_that_was_asked_for(in_shell: dict[str, dict[str, Any]]) -> None:
    (output,) = in_shell["figure"]["outputs"]
    width, height = struct.unpack(">II", base64.b64decode(output["data"]["image/png"])[16:24])
    assert 250 < width < 350
    assert 150 < height < 250
