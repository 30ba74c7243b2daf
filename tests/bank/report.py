"""Runs the bank of an assignment, and says what came of it."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence

from autograder.in_process import TestResult
from tests.bank.bank import (
    ASSIGNMENTS,
    Answer,
    answers,
    equivalent,
    function_tests,
    nearest_tests,
    solution_mutants,
)
from tests.bank.workers import Job, run_jobs


def mistakes(answer: Answer, results: dict[str, TestResult]) -> list[str]:
    """Where the tests did not give the answer what it must get, a sentence each."""
    if set(results) != set(answer.tests):
        return [f"not all tests ran: {next(iter(results.values())).message}"]
    found = []
    for name, result in results.items():
        if name in answer.loses and not result.message:
            found.append(f"{name} accepts it")
        elif name not in answer.loses and result.message:
            found.append(f"{name} refuses it: {result.message}")
    return found


@dataclasses.dataclass
class Outcome:
    """What a bank's run gave.

    Attributes
    ----------
    assignment : str
    answers : dict of Answer to list of str
        For each answer, `mistakes`.
    mutants : dict of str to bool
        For each mutant's key, whether a test failed.
    seconds : float
    """

    assignment: str
    answers: dict[Answer, list[str]]
    mutants: dict[str, bool]
    seconds: float

    def survivors(self) -> list[str]:
        """Mutants that no test caught, and that are not listed as equivalent."""
        listed = equivalent(self.assignment)
        return [key for key, caught in self.mutants.items() if not caught and key not in listed]


def run_bank(assignment: str, workers: int = 2, mutate: bool = True) -> Outcome:
    """Run all answers to an assignment, and all mutants of its solution.

    Parameters
    ----------
    assignment : str
    workers : int
        How many processes.
    mutate : bool
        Whether to run the mutants too.

    Returns
    -------
    Outcome
    """
    start = time.monotonic()
    bank = {str(answer): answer for answer in answers(assignment)}
    jobs = [
        Job(("answer", name), assignment, answer.text, only=answer.tests)
        for name, answer in bank.items()
    ]
    if mutate:
        nearest = nearest_tests(assignment)
        jobs += [
            Job(
                ("mutant", mutant.key),
                assignment,
                mutant.text,
                stop=True,
                first=nearest.get(mutant.key.partition(":")[0], ()),
            )
            for mutant in solution_mutants(assignment)
        ]
    results = run_jobs(jobs, workers)
    return Outcome(
        assignment,
        {answer: mistakes(answer, results["answer", name]) for name, answer in bank.items()},
        {
            key: any(result.message for result in given.values())
            for (kind, key), given in results.items()
            if kind == "mutant"
        },
        time.monotonic() - start,
    )


def table(outcome: Outcome) -> str:
    """The outcome, a line for each function and each of the solution's helpers.

    Parameters
    ----------
    outcome : Outcome

    Returns
    -------
    str
        Lines of text.
    """
    listed = equivalent(outcome.assignment)
    functions = list(function_tests(outcome.assignment))
    helpers = {key.partition(":")[0] for key in outcome.mutants} - set(functions)
    lines = [
        f"{outcome.assignment}, {outcome.seconds:.0f} s",
        f"  {'function':<32}{'right':>7}{'accepted':>10}{'wrong':>7}{'caught':>8}"
        f"{'mutants':>9}{'caught':>8}{'equivalent':>12}",
    ]
    sums = [0] * 7
    for function in [*functions, *sorted(helpers)]:
        mine = {a: bad for a, bad in outcome.answers.items() if a.function == function}
        right = [not bad for answer, bad in mine.items() if answer.is_right]
        wrong = [not bad for answer, bad in mine.items() if not answer.is_right]
        keys = [key for key in outcome.mutants if key.startswith(f"{function}:")]
        same = [key for key in keys if key in listed and not outcome.mutants[key]]
        caught = [key for key in keys if outcome.mutants[key]]
        row = [len(right), sum(right), len(wrong), sum(wrong), len(keys), len(caught), len(same)]
        lines.append(_row(function, row))
        sums = [a + b for a, b in zip(sums, row, strict=True)]
    lines.append(_row("together", sums))
    return "\n".join(lines)


def _row(name: str, numbers: Sequence[int]) -> str:
    widths = (7, 10, 7, 8, 9, 8, 12)
    return f"  {name:<32}" + "".join(
        f"{number:>{width}}" for number, width in zip(numbers, widths, strict=True)
    )


def faults(outcome: Outcome) -> list[str]:
    """A sentence for each answer or mutant that is not judged as it must be."""
    answers = [
        f"{answer}: {sentence.splitlines()[0]}"
        for answer, found in outcome.answers.items()
        for sentence in found
    ]
    return answers + [f"no test catches the mutant {key}" for key in outcome.survivors()]


def main(assignments: Sequence[str] = ()) -> int:
    """Print the table of the bank, and what is not as it must be.

    Parameters
    ----------
    assignments : sequence of str
        Which; all that have a bank by default.

    Returns
    -------
    int
        Exit status: 0 if everything is as it must be.
    """
    bad = False
    for assignment in assignments or ASSIGNMENTS:
        outcome = run_bank(assignment)
        print(table(outcome))
        for sentence in faults(outcome):
            bad = True
            print(f"  ! {sentence}")
    return int(bad)
