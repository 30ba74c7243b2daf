"""Messages that differ only in their numbers are one case; hostile ones are kept in bounds."""

from __future__ import annotations

import time

import pytest

from autograder.report.failures import (
    LONGEST_MESSAGE,
    OTHER,
    PARTIAL,
    Case,
    Failures,
    case_of,
    visible,
    without_numbers,
)

WRONG = """max_pool2d does not agree with keras.layers.MaxPooling2D.

  case      x of shape (1, {n}, {n}, 1), float32; pool_size=2, padding='same'
  expected  shape (1, 2, 2, 1), float32
  first difference at output[0, 0, 1, 0]: expected -1, received {n}
  hint      cells outside the input were counted as zeros; Keras leaves them out"""


@pytest.mark.parametrize(
    ("text", "stripped"),
    [
        (
            "max_pool2d raised IndexError: index 99 is out of bounds for axis 2 with size 4",
            "max_pool2d raised IndexError: index # is out of bounds for axis # with size #",
        ),
        ("expected [1, 2.5, -3e-7], received (4, 5)", "expected […], received (…)"),
        ("float32 and x1 stay; 32 does not", "float32 and x1 stay; # does not"),
        ("1,000 of 2.5 at 0x7f3a; -4", "# of # at 0x…; #"),
        ("f(x) and a[i] are no arrays", "f(x) and a[i] are no arrays"),
        ("keras 3.15.1.", "keras #."),
    ],
)
def test_numbers_go_and_names_stay(text: str, stripped: str) -> None:
    assert without_numbers(text) == stripped


def test_a_case_is_the_first_line_and_the_hint() -> None:
    assert case_of(WRONG.format(n=3)) == case_of(WRONG.format(n=7))
    assert case_of(WRONG.format(n=3)).hint.startswith("cells outside")
    other = WRONG.format(n=3).replace("cells outside the input were", "the window was")
    assert case_of(other) != case_of(WRONG.format(n=3))
    shape = "f does not agree.\n\n  first difference: the shape"
    assert case_of(shape) == Case("f does not agree.", shape=True)
    # As NumPy's tests write them: the first line is empty.
    assert case_of("AssertionError: \nNot equal to tolerance rtol=1e-07").line == "AssertionError:"
    assert case_of("\n\n  x = 3\n").line == "x = #"
    assert case_of("").line == "(no message)"


def test_counting() -> None:
    failures = Failures()
    failures.add({"max-same": WRONG.format(n=30), "max-negative": WRONG.format(n=4)})
    failures.add({"max-same": WRONG.format(n=5), "size-same": "output_size is 3, not 4"})
    failures.add({"size-same": None})
    failures.add({})
    assert failures.submissions == 3
    (first, found), *rest = failures.commonest()
    assert first == case_of(WRONG.format(n=1))
    assert found.submissions == 2, "a submission counts once, however many of its tests fail"
    assert found.tests == {"max-same": 2, "max-negative": 1}
    # The shortest message is the example; of two as short, the first in alphabetical order.
    assert (found.test, found.example) == ("max-negative", WRONG.format(n=4))
    assert [(case.line, f.submissions) for case, f in rest] == [
        ("output_size is #, not #", 1),
        (PARTIAL.line, 1),
    ]
    assert [case for case, _ in failures.of_test("size-same")] == [rest[0][0], PARTIAL]


def test_a_line_that_is_always_the_same_keeps_its_numbers() -> None:
    failures = Failures()
    failures.add({"a": "took 5 s", "b": "axis 1"})
    failures.add({"a": "took 5 s", "b": "axis 2"})
    assert sorted(found.line for _, found in failures.commonest()) == ["axis #", "took 5 s"]


def test_the_order_of_submissions_does_not_matter() -> None:
    said = [{"a": f"wrong by {n}", "b": f"late {n % 3}"} for n in range(20)]
    one, other = Failures(), Failures()
    for messages in said:
        one.add(messages)
    for messages in reversed(said):
        other.add(messages)
    assert one.commonest() == other.commonest()


def test_hostile_messages_are_kept_in_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    failures = Failures()
    began = time.monotonic()
    for text in ("9" * 10**6, "(" * 10**6, "[1, " * 10**6, "x\n" * 10**6, "\x1b[" * 10**6):
        failures.add({"a": text})
    assert time.monotonic() - began < 5
    assert all(len(f.example) < LONGEST_MESSAGE + 50 for _, f in failures.commonest())
    assert all(len(case.line) <= 300 for case, _ in failures.commonest())
    monkeypatch.setattr("autograder.report.failures.MOST_CASES", 10)
    for number in range(100):
        failures.add({"a": "word" + "abcdefghij"[number % 10] + "klmnopqrst"[number // 10]})
    assert len(failures.cases) == 11
    assert failures.cases[OTHER].submissions == 95


def test_what_would_hide_text_is_shown() -> None:
    said = "\x1b[31mred\x1b[0m a\u202eb\x00c\ud800\u200b\ttab\r\nnext"
    shown = visible(said)
    assert "red a�b�c��" in shown and "\x1b" not in shown and shown.endswith("tab\nnext")
    shown.encode()  # a lone half of a character would raise
