"""Attacks on the verdict: a test that passes although the answer is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.workbench import Workbench
from tests.attacks import course
from tests.attacks.attack import Attack, carry_out, stock
from tests.sandbox.shells import WarmShell

WRONG = {
    "double": "def double(x):\n    return np.zeros(3)\n",
    "total": "def total(values):\n    return -1\n",
}
LIAR = """
class Liar(float):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
    __hash__ = None
"""
ATTACKS = [
    Attack(
        "numpy_patched",
        "NumPy compares everything as equal.",
        first="import numpy as np\nnp.array_equal = lambda *a, **k: True\n"
        "np.all = lambda *a, **k: True\n"
        "import numpy\nnumpy.asarray = lambda *a, **k: numpy.zeros(3)",
        answers=WRONG,
        stock=4,
    ),
    Attack(
        "builtins_patched",
        "Built-in functions are replaced where all modules look for them.",
        first="import builtins\nbuiltins.isinstance = lambda *a: True\n"
        "import numpy as np\nnp.array_equal = lambda *a: True\n"
        "class AssertionError(Exception): pass\nbuiltins.AssertionError = SystemError\n",
        answers=WRONG,
        stock=3,
    ),
    Attack(
        "asserts_dropped",
        "An AST transformer of IPython's drops every assertion.",
        first="import ast\n"
        "class Drop(ast.NodeTransformer):\n"
        "    def visit_Assert(self, node): return ast.copy_location(ast.Pass(), node)\n"
        "get_ipython().ast_transformers.append(Drop())",
        answers=WRONG,
        stock=8,
    ),
    Attack(
        "input_transformed",
        "An input transformer of IPython's rewrites the source of the tests.",
        first="get_ipython().input_transformers_post.append(\n"
        "    lambda lines: [line.replace('assert', 'assert True or') for line in lines])",
        answers=WRONG,
        stock=8,
    ),
    Attack(
        "cells_not_run",
        "IPython's function that runs cells does nothing from now on.",
        first="async def nothing(*a, **k):\n"
        "    from IPython.core.interactiveshell import ExecutionResult, ExecutionInfo\n"
        "    return ExecutionResult(None)\n"
        "get_ipython().run_cell_async = nothing",
        answers=WRONG,
        stock=9,
    ),
    Attack(
        "errors_not_shown",
        "IPython's function that shows errors shows none.",
        first="get_ipython().showtraceback = lambda *a, **k: None\n"
        "get_ipython()._showtraceback = lambda *a, **k: None",
        answers=WRONG,
        stock=9,
    ),
    Attack(
        "exception_handled",
        "A handler of one's own for exceptions swallows them all.",
        first="get_ipython().set_custom_exc((BaseException,), lambda *a, **k: None)",
        answers=WRONG,
        stock=9,
    ),
    Attack(
        "hook_before_cell",
        "A hook before each cell puts right what the tests look at.",
        first="def rig():\n"
        "    g = get_ipython().user_ns\n"
        "    g['check_close'] = lambda *a: None\n"
        "    g['double'] = lambda x: 2 * x\n"
        "get_ipython().events.register('pre_run_cell', lambda info: rig())",
        stock=4,
    ),
    Attack(
        "display_hooked",
        "A display hook shows a score of its own.",
        first="import sys\nsys.displayhook = lambda value: print(3.0)\n"
        "get_ipython().display_formatter.format = lambda *a, **k: ({'text/plain': '3.0'}, {})",
        answers=WRONG,
    ),
    Attack(
        "names_shadowed",
        "The student's globals have the names of checks, libraries and the test's variables.",
        first="np = None\ncheck_close = lambda *a: None\npassed = True\nx = out = expected = None",
        answers={
            "double": "check_close = lambda *a: None\ndef double(x):\n    return 0\n"
            "class np:\n"
            "    ndarray = object\n"
            "    arange = linspace = array = lambda *a: None\n"
            "    array_equal = lambda *a: True\n"
        },
        stock=4,
    ),
    Attack(
        "builtin_names_shadowed",
        "The student's globals have the names of built-in functions.",
        answers={
            "double": "isinstance = lambda *a: True\n"
            "class double:\n    def __init__(self, x): pass\n"
            "    def __array__(self, *a, **k): return np.array([-2.0, -1, 0, 1, 2])[self.n:]\n"
            "    n = 0\n"
            "def AssertionError(*a): return StopIteration()\n"
        },
        stock=3,
    ),
    Attack(
        "constant_rebound",
        "A constant of a locked set-up cell is given another value: the tolerance.",
        answers={"double": "TOLERANCE = 1e9\ndef double(x):\n    return np.zeros(3)\n"},
        stock=1,
    ),
    Attack(
        "lying_equality",
        "What is returned says that it is equal to everything.",
        answers={"total": LIAR + "def total(values):\n    return Liar(3)\n"},
        stock=5,
    ),
    Attack(
        "lying_object",
        "An object that is no number says that it is equal to everything.",
        answers={
            "total": "class Any:\n    def __eq__(self, other): return True\n"
            "def total(values):\n    return Any()\n"
        },
        stock=5,
    ),
    Attack(
        "lying_callable",
        "An object that can be called, and so is told as a function, is equal to everything.",
        answers={
            "total": "class Any:\n    def __eq__(self, other): return True\n"
            "    def __call__(self): pass\n"
            "def total(values):\n    return Any()\n"
        },
        stock=5,
    ),
    Attack(
        "lying_metaclass",
        "A class is returned whose metaclass says that it is equal to everything.",
        answers={
            "total": "class Meta(type):\n    def __eq__(self, other): return True\n"
            "    __hash__ = type.__hash__\n"
            "class Any(metaclass=Meta): pass\n"
            "def total(values):\n    return Any\n"
        },
        stock=5,
    ),
    Attack(
        "lying_array",
        "A subclass of NumPy's array answers all functions of NumPy's with True.",
        answers={
            "double": "class Array(np.ndarray):\n"
            "    def __array_function__(self, *a, **k): return True\n"
            "    def __array_ufunc__(self, *a, **k): return True\n"
            "    @property\n    def shape(self): return (3,)\n"
            "def double(x):\n    return np.zeros(7).view(Array)\n"
        },
        stock=3,
    ),
    Attack(
        "lying_class",
        "An object says that it is an array, and answers NumPy's functions.",
        answers={
            "double": "class Fake:\n"
            "    __class__ = np.ndarray\n"
            "    def __array_function__(self, *a, **k): return True\n"
            "def double(x):\n    return Fake()\n"
        },
        stock=3,
    ),
    Attack(
        "lying_length",
        "A list lies about its length and what is in it.",
        answers={
            "total": "class Odd(list):\n"
            "    def __len__(self): return 3\n"
            "    def __iter__(self): return iter([1, 2, 3])\n"
            "    def __eq__(self, other): return True\n"
            "    def __reduce__(self): import os; return (os._exit, (3,))\n"
            "def total(values):\n    return Odd([9])\n"
        },
        stock=5,
    ),
    Attack(
        "looks_at_the_caller",
        "The function takes the expected value out of the frame that calls it.",
        answers={
            "double": "import sys\n"
            "def double(x):\n"
            "    frame, found = sys._getframe(1), None\n"
            "    source = ''\n"
            "    import linecache\n"
            "    lines = linecache.getlines(frame.f_code.co_filename)\n"
            "    for line in lines:\n"
            "        if line.startswith('expected ='):\n"
            "            return eval(line.partition('=')[2], {'np': np})\n"
            "    return 0\n"
        },
        stock=3,
    ),
    Attack(
        "leaves_the_test",
        "The function ends the cell that calls it with an exception that IPython does not show.",
        answers={
            "double": "from IPython.core.error import UsageError\n"
            "class Quiet(BaseException):\n"
            "    def _render_traceback_(self): return []\n"
            "def double(x):\n"
            "    get_ipython()._showtraceback = lambda *a: None\n"
            "    raise Quiet\n"
        },
        stock=4,
    ),
    Attack(
        "patient",
        "The answer is right only the first time it is asked.",
        answers={
            "double": "calls = 0\ndef double(x):\n    global calls\n    calls += 1\n"
            "    return 2 * x if calls == 1 else x\n"
        },
        earns=1,
        stock=1,
    ),
]


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_the_verdict_is_the_judges(
    attack: Attack, bench: Workbench, shell: WarmShell, tmp_path: Path
) -> None:
    carry_out(attack, bench)
    if attack.stock is not None:
        unprotected = course.points(stock(shell, attack.notebook(), tmp_path))
        assert sum(unprotected.values()) >= attack.stock, unprotected
