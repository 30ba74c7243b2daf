"""The whole way of the sample class: handed in, graded, told, exported.

The scores are stated here, and the reasons beside them.
"""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.intake import find_submissions
from autograder.record import ATTENTION, GRADED, GradingLog, Outcome
from autograder.sample_class import MEMBERS
from tests.conftest import run

#: Points of 40. The written answer's 4 are given by hand, so 36 is all that tests can give.
SCORES = {
    "right-loops": 36,
    "right-windows": 36,
    "right-reshape": 36,
    "right-warns": 36,  # stderr costs nothing
    "right-deleted-tests": 36,  # the tests are put back
    "right-pasted-cells": 36,
    # size-same 2, max-same 2, max-negative 1, average-same 2
    "only-valid": 36 - 7,
    # max-negative 1, average-same 2; max-same passes, for its numbers are positive
    "zero-padding": 36 - 3,
    # max-stride 2, max-same 2, average-stride 2, average-same 2
    "ignores-strides": 36 - 8,
    "wrong-dtype": 36 - 2,  # max-dtype, average-dtype
    "index-error": 5 + 8,  # output_size and the global functions
    "endless-loop": 36 - 12,  # all of max_pool2d
    "syntax-error": 36 - 4,  # all of global_average_pool2d
    "kills-process": 5 + 12,  # what ran before: output_size and max_pool2d
    "blank": 0,
    "blank-skips-tests": 0,
    "corrupt-json": 0,
    "no-notebook": 0,
}

#: The submissions that cannot be graded, and a part of the reason.
REASONS = {
    "corrupt-json": "forward.ipynb is not valid JSON",
    "no-notebook": "forward.ipynb was not handed in",
}

#: Those whose written answer is as it was released get 0 for it without an instructor.
WRITTEN = {
    "right-loops",
    "right-windows",
    "right-reshape",
    "right-warns",
    "right-deleted-tests",
    "right-pasted-cells",
    "only-valid",
    "zero-padding",
    "ignores-strides",
    "wrong-dtype",
    "syntax-error",
}


@pytest.fixture(scope="module")
def graded(released_course: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course whose sample class has been graded, told and exported."""
    course = tmp_path_factory.mktemp("class") / "course"
    shutil.copytree(released_course, course)
    run(course, "python", "-m", "autograder", "sample-class", "forward")
    done = run(course, "python", "-m", "autograder", "grade", "forward")
    (course / "grade.txt").write_text(done.stdout)
    run(course, "nbgrader", "generate_feedback", "forward", "--log-level=WARN")
    run(course, "nbgrader", "export", "--log-level=WARN")
    return course


@pytest.fixture(scope="module")
def outcomes(graded: Path) -> dict[str, Outcome]:
    return GradingLog(graded, "forward").latest()


def feedback(course: Path, student: str) -> str:
    return (course / "feedback" / student / "forward" / "forward.html").read_text("utf-8")


def test_the_class_is_what_the_scores_are_stated_for() -> None:
    assert set(MEMBERS) == set(SCORES)
    assert len(MEMBERS) >= 12


@pytest.mark.parametrize("student", SCORES)
def test_the_score(outcomes: dict[str, Outcome], graded: Path, student: str) -> None:
    outcome = outcomes[student]
    assert outcome.score == SCORES[student], failed_tests(graded, student)
    assert outcome.max_score == 40
    assert outcome.status == (ATTENTION if student in REASONS else GRADED)
    assert REASONS.get(student, "") in outcome.reason
    assert outcome.manual == (student in WRITTEN)


def failed_tests(course: Path, student: str) -> list[str]:
    path = course / "autograded" / student / "forward" / "forward.ipynb"
    return [
        cell.metadata.nbgrader["grade_id"]
        for cell in nbformat.read(path, as_version=4).cells
        if any(output.output_type == "error" for output in cell.get("outputs", []))
    ]


def test_grades_csv(graded: Path) -> None:
    with (graded / "grades.csv").open(newline="") as file:
        rows = {
            row["student_id"]: row for row in csv.DictReader(file) if row["assignment"] == "forward"
        }
    assert {student: float(row["score"]) for student, row in rows.items()} == SCORES
    for student, row in rows.items():
        if student in REASONS:
            assert row["status"] == ATTENTION
            assert REASONS[student] in row["reason"]
        else:
            assert row["status"] == ("needs manual grading" if student in WRITTEN else "graded")
            assert row["reason"] == ""


def test_the_screen_shows_progress_a_table_and_a_sum(graded: Path) -> None:
    screen = (graded / "grade.txt").read_text()
    lines = re.findall(r"^\[(\d+)/18\] (.+)$", screen, re.M)
    assert [int(number) for number, _ in lines] == list(range(1, 19))
    assert {student for _, student in lines} == set(SCORES)
    assert "18 submissions: 16 graded, 11 of them wait for a manual grade; 2 need attention" in (
        screen
    )
    assert "Traceback" not in screen


@pytest.mark.parametrize("student", SCORES)
def test_the_feedback_page(graded: Path, student: str) -> None:
    page = feedback(graded, student)
    score = f"(Score: {float(SCORES[student])} / 40.0)"
    assert score in page
    for secret in ("BEGIN HIDDEN", "seed=20", "range(1, 10)", "Marking scheme"):
        assert secret not in page
    if student in REASONS:
        assert REASONS[student] in page


@pytest.mark.parametrize(
    ("student", "said"),
    [
        ("zero-padding", "cells outside the input were counted as zeros; Keras leaves them out"),
        ("zero-padding", "first difference at output["),
        ("zero-padding", "26 of 28 tests passed"),
        ("wrong-dtype", "must keep the input&#39;s dtype"),
        ("index-error", "max_pool2d raised IndexError"),
        ("endless-loop", "max_pool2d did not return within 5 seconds"),
        ("syntax-error", "NameError: name &#39;global_average_pool2d&#39; is not defined"),
        ("kills-process", "the Python process ended"),
        ("right-deleted-tests", "was missing and has been put back"),
        ("right-pasted-cells", "stood in the notebook more than once"),
    ],
)
def test_the_feedback_tells_the_student_what_is_wrong(
    graded: Path, student: str, said: str
) -> None:
    page = feedback(graded, student).replace("'", "&#39;")
    assert said in page


def test_the_report_on_the_class(graded: Path, tmp_path: Path) -> None:
    """The sample class's mistakes, its two that could not be graded, and nobody's id."""
    path = tmp_path / "report.html"
    run(graded, "python", "-m", "autograder", "report", "forward", "--output", str(path))
    page = path.read_text("utf-8")
    for student in SCORES:
        assert student not in page
    for said in (
        "2 submissions could not be graded.",
        "11 submissions wait for a manual grade.",
        "16 submissions, from 0 to 36 of 40 points.",
        "cells outside the input were counted as zeros; Keras leaves them out",
        "max_pool2d is not written yet",
        "forward.ipynb was not handed in.",
    ):
        assert said in page
    for secret in ("BEGIN HIDDEN", "seed=20", "range(1, 10)", "Marking scheme"):
        assert secret not in page
    run(graded, "python", "-m", "autograder", "report", "forward", "--names", f"--output={path}")
    assert "<strong>no-notebook</strong>" in path.read_text("utf-8")


def test_what_was_handed_in_is_as_it_was(graded: Path, tmp_path: Path) -> None:
    fresh = tmp_path / "course"
    shutil.copytree(graded, fresh, ignore=shutil.ignore_patterns("submitted", "autograded"))
    run(fresh, "python", "-m", "autograder", "sample-class", "forward")
    for submission in find_submissions(fresh / "submitted", "forward"):
        for path in submission.folder.rglob("*"):
            assert path.read_bytes() == (graded / path.relative_to(fresh)).read_bytes()


def test_a_second_run_grades_nothing_again(graded: Path, outcomes: dict[str, Outcome]) -> None:
    log = GradingLog(graded, "forward").path
    lines = log.read_text()
    done = run(graded, "python", "-m", "autograder", "grade", "forward")
    assert log.read_text() == lines
    assert "18 submissions: 16 graded" in done.stdout


def test_only_what_changed_is_graded_again(graded: Path, tmp_path: Path) -> None:
    course = tmp_path / "course"
    shutil.copytree(graded, course)
    right = course / "submitted" / "right-loops" / "forward" / "forward.ipynb"
    shutil.copy(right, course / "submitted" / "corrupt-json" / "forward" / "forward.ipynb")
    before = GradingLog(course, "forward").path.read_text().splitlines()
    run(course, "python", "-m", "autograder", "grade", "forward")
    after = GradingLog(course, "forward")
    assert len(after.path.read_text().splitlines()) == len(before) + 1
    assert after.latest()["corrupt-json"].score == 36
    assert after.latest()["corrupt-json"].status == GRADED


def test_a_grade_given_by_hand_survives(graded: Path, tmp_path: Path) -> None:
    course = tmp_path / "course"
    shutil.copytree(graded, course)
    url = f"sqlite:///{course / 'gradebook.db'}"
    with Gradebook(url, "pooling") as gradebook:
        grade = gradebook.find_grade("written-padding", "forward", "forward", "right-windows")
        grade.manual_score = 3.5
        grade.needs_manual_grade = False
        comment = gradebook.find_comment("written-padding", "forward", "forward", "right-windows")
        comment.manual_comment = "Well put."
        gradebook.db.commit()
    run(
        course,
        "python",
        "-m",
        "autograder",
        "grade",
        "forward",
        "--student",
        "right-windows",
        "--force",
    )
    with Gradebook(url, "pooling") as gradebook:
        assert gradebook.find_submission("forward", "right-windows").score == 39.5
        comment = gradebook.find_comment("written-padding", "forward", "forward", "right-windows")
        assert comment.comment == "Well put."


def test_stock_autograde_gives_the_same_and_goes_on_after_damage(
    graded: Path, tmp_path: Path
) -> None:
    course = tmp_path / "course"
    skip = shutil.ignore_patterns("autograded", "gradebook.db", "grading", "feedback")
    shutil.copytree(graded, course, ignore=skip)
    some = ["corrupt-json", "right-pasted-cells", "right-warns", "zero-padding"]
    for folder in (course / "submitted").iterdir():
        if folder.name not in some and folder.is_dir():
            shutil.rmtree(folder)
    run(course, "nbgrader", "generate_assignment", "forward", "--force", "--log-level=WARN")
    done = run(course, "nbgrader", "autograde", "forward", check=False)
    # Stock nbgrader tells of the file it could not read by its exit status, at the end.
    assert done.returncode == 1
    assert "corrupt-json" in done.stdout
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "pooling") as gradebook:
        for student in some[1:]:
            assert gradebook.find_submission("forward", student).score == SCORES[student]


# --- faults that an instructor can mend are one sentence -----------------------------------------


def fault(course: Path, *arguments: str) -> str:
    done = run(course, "python", "-m", "autograder", *arguments, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stdout
    return done.stdout


def test_nothing_handed_in(course: Path) -> None:
    assert "Nothing to grade: there is no folder" in fault(course, "grade", "forward")


def test_an_unknown_assignment(course: Path) -> None:
    said = fault(course, "grade", "backwards")
    assert "knows no assignment 'backwards'" in said
    assert "nbgrader generate_assignment backwards" in said
    assert "generate_assignment nowhere" in fault(course, "sample-class", "nowhere")


def test_a_folder_that_is_no_course(course: Path, tmp_path: Path) -> None:
    said = fault(course, "grade", "forward", "--course", str(tmp_path))
    assert "There is no nbgrader_config.py" in said


def test_a_gradebook_that_is_no_database(course: Path) -> None:
    (course / "gradebook.db").write_bytes(b"not a database, but long enough to be read as one" * 9)
    assert "the gradebook cannot be used" in fault(course, "grade", "forward")
