"""The judge gives answers of the bank the scores that the bank states, for every assignment."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from autograder.grade import Course
from autograder.judge import judge
from autograder.run import assignment_of, configured_options, result
from autograder.sanitize import repair
from autograder.workbench import Workbench
from tests.bank.bank import ASSIGNMENTS
from tests.bank.classes import stated_scores, submission, whole_bank
from tests.conftest import ROOT

#: Of how many students one is graded here. With POOLING_WHOLE_BANK=1, all are.
ONE_OF = 1 if os.environ.get("POOLING_WHOLE_BANK") else 10


@pytest.fixture(scope="module", params=ASSIGNMENTS)
def bench(request: pytest.FixtureRequest, released_course: Path) -> Iterator[Workbench]:
    course = Course(released_course)
    assignment = assignment_of(course.directory, request.param)
    with Workbench(assignment, configured_options(course.config)) as workbench:
        yield workbench


def test_every_test_gives_what_the_bank_states(bench: Workbench, released_course: Path) -> None:
    name = bench.assignment.name
    release = nbformat.read(ROOT / "exercises" / name / f"{name}.ipynb", as_version=4)
    reference = Course(released_course).release(name).notebooks[name]
    different = {}
    for number, (student, given) in enumerate(whole_bank(name).items()):
        if number % ONE_OF:
            continue
        repaired, _ = repair(submission(release, given), reference)
        notebook = result(repaired, bench.run(repaired, {}))
        judge(notebook)
        passed = {
            cell.metadata.nbgrader["grade_id"]: not any(
                output.output_type == "error" for output in cell.outputs
            )
            for cell in notebook.cells
            if cell.metadata.get("nbgrader", {}).get("grade") and cell.cell_type == "code"
        }
        for test, stated in stated_scores(name, given).items():
            if passed[test] != stated:
                answers = ", ".join(answer.name for answer in given)
                different[student, test] = f"stated {stated}, by {answers}"
    assert not different
