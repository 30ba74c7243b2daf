"""The bank: every right answer gets all points, every wrong one loses what it must and no more,
and every mutant of the solution that behaves differently is caught."""

from __future__ import annotations

import functools

import pytest

from autograder.in_process import TestResult
from tests.bank.bank import (
    ASSIGNMENTS,
    Answer,
    BankError,
    _losses,
    answers,
    equivalent,
    function_tests,
    nearest_tests,
    solution,
    solution_mutants,
)
from tests.bank.report import Outcome, mistakes, run_bank, table
from tests.bank.workers import Job, run_jobs

EVERY = [answer for assignment in ASSIGNMENTS for answer in answers(assignment)]


@functools.cache
def outcome(assignment: str) -> Outcome:
    return run_bank(assignment)


def test_there_is_a_bank() -> None:
    assert "forward" in ASSIGNMENTS


@pytest.mark.parametrize("answer", EVERY, ids=str)
def test_the_answer_gets_what_it_must(answer: Answer) -> None:
    assert outcome(answer.assignment).answers[answer] == []


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_there_are_enough_answers(assignment: str) -> None:
    for function in function_tests(assignment):
        mine = [answer for answer in answers(assignment) if answer.function == function]
        assert sum(answer.is_right for answer in mine) >= 3, function
        assert sum(not answer.is_right for answer in mine) >= 10, function


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_every_test_is_lost_by_an_answer_that_keeps_others(assignment: str) -> None:
    """Otherwise the test would look at no aspect of its own."""
    for tests in function_tests(assignment).values():
        for test in tests:
            assert any(
                test in answer.loses and len(answer.loses) <= len(tests) / 2
                for answer in answers(assignment)
            ), test


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_every_mutant_that_behaves_differently_is_caught(assignment: str) -> None:
    assert outcome(assignment).survivors() == []


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_what_is_listed_as_equivalent_exists_and_is_not_caught(assignment: str) -> None:
    mutants = outcome(assignment).mutants
    assert len(mutants) == len(solution_mutants(assignment)) > 100
    for key in equivalent(assignment):
        assert key in mutants, f"there is no such mutant any more: {key}"
        assert not mutants[key], f"this mutant is caught, so it is not equivalent: {key}"


def test_the_table_adds_up() -> None:
    lines = table(outcome("forward")).splitlines()
    assert [line.split()[0] for line in lines[2:7]] == list(function_tests("forward"))
    for column in range(1, 8):
        numbers = [int(line.split()[column]) for line in lines[2:]]
        assert sum(numbers[:-1]) == numbers[-1]
    right, accepted, wrong, caught, mutants, killed, same = map(int, lines[-1].split()[1:])
    assert (right, wrong, mutants) == (accepted, caught, killed + same)


# --- the machinery -------------------------------------------------------------------------------


def some_answer(*loses: str) -> Answer:
    return Answer("a", "f", "name", "thought", "", "", frozenset(loses), ("t-one", "t-two"))


def results(**messages: str) -> dict[str, TestResult]:
    return {
        f"t-{name}": TestResult(f"t-{name}", 0.0 if said else 1.0, 1.0, said)
        for name, said in messages.items()
    }


def test_a_test_that_accepts_or_refuses_wrongly_is_named() -> None:
    assert mistakes(some_answer("t-one"), results(one="no", two="")) == []
    assert mistakes(some_answer("t-one"), results(one="", two="")) == ["t-one accepts it"]
    assert mistakes(some_answer(), results(one="", two="no")) == ["t-two refuses it: no"]
    lost = {"": TestResult("", 0.0, 0.0, "the process ended")}
    assert mistakes(some_answer(), lost) == ["not all tests ran: the process ended"]


def test_what_an_answer_loses_is_read_from_its_docstring() -> None:
    tests = ("t-one", "t-two", "t-three")
    assert _losses("f", "Why.\n\nLoses: nothing", tests) == ("Why.", frozenset())
    assert _losses("f", "Why.\n\nLoses: all", tests)[1] == set(tests)
    assert _losses("f", "Why.\n\nLoses: t-one,\n    t-two", tests)[1] == {"t-one", "t-two"}
    assert _losses("f", "Why.\n\nLoses: all but t-one", tests)[1] == {"t-two", "t-three"}
    for doc in ("Why.", "Loses: all", "Why.\n\nLoses: t-four", "Why.\n\nLoses: all but t-four"):
        with pytest.raises(BankError, match="f: "):
            _losses("f", doc, tests)


def test_a_helper_is_tested_first_where_it_stands() -> None:
    nearest = nearest_tests("forward")
    assert (
        nearest["pooling_windows"]
        == nearest["max_pool2d"]
        == function_tests("forward")["max_pool2d"]
    )


def test_a_process_that_is_lost_takes_nothing_along() -> None:
    jobs = [
        Job("ends", "forward", "import os\nos._exit(3)", only=("size-valid",)),
        Job("leaves", "forward", "raise SystemExit", only=("size-valid",)),
        Job("breaks", "forward", "1 +", only=("size-valid",)),
        Job("right", "forward", solution("forward"), only=("size-valid", "size-errors")),
        Job("stub", "forward", "def output_size(*a):\n    raise NotImplementedError", stop=True),
    ]
    given = run_jobs(jobs, workers=1)
    assert "the process ended" in given["ends"][""].message
    assert given["leaves"]["size-valid"].message.startswith("SystemExit")
    assert given["breaks"]["size-valid"].message.startswith("SyntaxError")
    assert given["right"] == {
        "size-valid": TestResult("size-valid", 2.0, 2.0, ""),
        "size-errors": TestResult("size-errors", 1.0, 1.0, ""),
    }
    assert list(given["stub"]) == ["size-valid"]
    assert "not written yet" in given["stub"]["size-valid"].message
