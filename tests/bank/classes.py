"""Classes of submissions made of the bank's answers."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping

from nbformat import NotebookNode

from autograder.in_process import is_answer
from tests.bank.bank import Answer, _function_of, answers, function_tests


def whole_bank(assignment: str) -> dict[str, list[Answer]]:
    """The smallest class in which every answer of the bank is given.

    Parameters
    ----------
    assignment : str

    Returns
    -------
    dict of str to list of Answer
        By student, one answer to each function. The nth student gives the nth answer to each
        function; where there are fewer, it begins again.
    """
    by_function = [
        [answer for answer in answers(assignment) if answer.function == function]
        for function in function_tests(assignment)
    ]
    students = max(map(len, by_function))
    return {
        f"student-{number:03}": [bank[number % len(bank)] for bank in by_function]
        for number in range(students)
    }


def chosen(assignment: str, names: Mapping[str, str]) -> list[Answer]:
    """Answers by function and name."""
    bank = {(answer.function, answer.name): answer for answer in answers(assignment)}
    return [bank[function, name] for function, name in names.items()]


def submission(release: NotebookNode, given: Iterable[Answer]) -> NotebookNode:
    """The released notebook with an answer in each cell, below the helpers that it uses."""
    notebook = copy.deepcopy(release)
    cells = {_function_of(cell): cell for cell in notebook.cells if is_answer(cell)}
    for answer in given:
        cells[answer.function].source = answer.text
    return notebook


def stated_scores(assignment: str, given: Iterable[Answer]) -> dict[str, bool]:
    """For each test of the functions, whether the bank says that the answers pass it."""
    lost = {name for answer in given for name in answer.loses}
    return {
        name: name not in lost for tests in function_tests(assignment).values() for name in tests
    }
