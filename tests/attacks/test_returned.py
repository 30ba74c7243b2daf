"""Attacks through what is returned: giant, hostile, or no data at all."""

from __future__ import annotations

import pytest

from autograder.workbench import Workbench
from tests.attacks.attack import Attack, carry_out
from tests.attacks.course import SOLUTIONS


def returned(name: str, what: str, code: str, *, says: str = "", earns: float = 4) -> Attack:
    """An attack whose `total` returns something odd; `double` is right."""
    answers = {**SOLUTIONS, "total": f"{code}\ndef total(values):\n    return value()\n"}
    return Attack(name, what, answers=answers, says=says, earns=earns)


def array(name: str, what: str, code: str, *, says: str = "", earns: float = 5) -> Attack:
    """An attack whose `double` returns something odd; `total` is right."""
    answers = {**SOLUTIONS, "double": f"{code}\ndef double(x):\n    return value(x)\n"}
    return Attack(name, what, answers=answers, says=says, earns=earns)


ATTACKS = [
    array(
        "zeros_by_strides",
        "An array of a billion zeros that takes eight bytes.",
        "value = lambda x: np.lib.stride_tricks.as_strided(np.zeros(1), (10**9,), (0,))",
    ),
    array(
        "strides_out_of_bounds",
        "An array that lies outside of its own memory.",
        "value = lambda x: np.lib.stride_tricks.as_strided(x, (3,), (10**12,))",
        says="the Python process ended",
        earns=0,
    ),
    array("range", "Numbers without end that take no memory.", "value = lambda x: range(10**9)"),
    array("ranges", "Such a range in a list.", "value = lambda x: [range(3 * 10**8)] * 3"),
    array("many_axes", "An array with all axes there can be.",
          "value = lambda x: np.zeros((1,) * 64)"),
    array("no_numbers", "Not a number.", "value = lambda x: np.full(x.shape, np.nan)"),
    array("nan_payload", "Not a number, with bits of one's own.",
          "value = lambda x: np.frombuffer(b'\\x01\\x02\\x03\\x04\\x05\\x06\\xf8\\xff' * x.size)"),
    array("objects", "An array of objects.", "value = lambda x: np.array([object()] * x.size)"),
    array("structure", "An array of records.", "value = lambda x: np.zeros(3, 'f8,i4,O')"),
    array("array_in_itself", "An array that holds itself.",
          "def value(x):\n    a = np.empty(1, object)\n    a[0] = a\n    return a"),
    array("masked", "An array whose numbers are all masked.",
          "value = lambda x: np.ma.masked_all(x.shape)"),
    array("big_endian_text", "An array of text with a billion characters each.",
          "value = lambda x: np.zeros(0, '>U500000000')"),
    array("expected_later", "The argument itself is returned, and changed when it is safe.",
          "kept = []\ndef value(x):\n    kept.append(x)\n    return x"),
    returned("list_in_itself", "A list that holds itself.",
             "def value():\n    a = []\n    a.append(a)\n    return a"),
    returned("deep_list", "Lists a hundred thousand deep.",
             "def value():\n    a = []\n    for i in range(10**5): a = [a]\n    return a"),
    returned("deep_tuple", "Tuples as keys, twenty thousand deep.",
             "def value():\n    a = ()\n    for i in range(20_000): a = (a,)\n    return {a: a}"),
    returned("wide_list", "A list of five million numbers.", "value = lambda: [0.5] * 5_000_000"),
    returned("doubling_list", "Lists that hold the same list twice, sixty deep.",
             "def value():\n    a = []\n    for i in range(60): a = [a, a]\n    return a"),
    returned("huge_number", "A whole number with a million digits.", "value = lambda: 10**10**6"),
    returned("long_number", "A whole number that takes a second to write.",
             "value = lambda: 1 << 199_000"),
    returned("huge_decimal", "A decimal number that takes a gigabyte as a whole one.",
             "import decimal\n"
             "class Sum(decimal.Decimal): pass\n"
             "value = lambda: decimal.Decimal('1e999999999999')"),
    returned("fraction", "A fraction of long numbers.",
             "import fractions\nvalue = lambda: fractions.Fraction(3**90_000, 7**60_000)"),
    returned("half_pairs", "A text of halves of surrogate pairs.", "value = lambda: '\\ud800' * 99"),
    returned("long_text", "A text that fills the message of a test.",
             "value = lambda: '\\0' * 1_000_000"),
    returned("odd_keys", "A dictionary with keys of all kinds.",
             "value = lambda: {None: 1, 2.5: 2, b'x': 3, (1, frozenset()): 4, '': 5, ...: 6}"),
    returned("colliding_keys", "Keys whose hashes are all the same.",
             "value = lambda: {i * (2**61 - 1): 0 for i in range(3000)}"),
    returned("generator", "Values without end.", "import itertools\nvalue = itertools.count"),
    returned("type", "A class.", "value = lambda: float"),
    returned("module", "A module.", "import os\nvalue = lambda: os"),
    returned("the_frame", "The frame of the caller.", "import sys\nvalue = sys._getframe"),
    returned("coroutine", "A function that waits.", "async def value(): return 6.5"),
    returned("text_of_the_answer", "The right number, as text.", "value = lambda: '6.5'"),
    returned("hostile_reduce", "An object whose copy ends the process.",
             "class Odd:\n    def __reduce__(self):\n        import os\n        return os._exit, (1,)\n"
             "value = Odd"),
    returned("hostile_repr", "An object whose text never ends.",
             "class Odd:\n    def __repr__(self):\n        while True: pass\nvalue = Odd"),
    returned("hostile_name", "An object of a class with a name that no file can hold.",
             "value = type('\\ud800\\0' * 500, (), {})"),
    returned("hostile_attributes", "An object that ends the process when it is looked at.",
             "class Odd:\n    def __getattribute__(self, name):\n        import os; os._exit(1)\n"
             "    def __call__(self): pass\nvalue = Odd", says="the Python process ended"),
]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_what_is_returned_is_data_or_nothing(attack: Attack, bench: Workbench) -> None:
    judge = bench._judge.pid
    graded = carry_out(attack, bench)
    assert bench._judge.pid == judge
    assert len(graded.said) < 500_000
