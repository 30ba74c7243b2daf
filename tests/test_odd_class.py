"""Submissions that are odd rather than wrong, and what happens to a class over time."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path

import nbformat
import pytest

from autograder.record import ATTENTION, GRADED, GradingLog, Outcome
from tests.conftest import ROOT, run

RIGHT = "right-windows"


def rows(course: Path) -> dict[str, dict[str, str]]:
    run(course, "nbgrader", "export", "--log-level=WARN")
    with (course / "grades.csv").open(newline="") as file:
        of_forward = [row for row in csv.DictReader(file) if row["assignment"] == "forward"]
    return {row["student_id"]: row for row in of_forward}


@pytest.fixture(scope="module")
def odd(released_course: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A graded class of four odd students."""
    course = tmp_path_factory.mktemp("odd") / "course"
    shutil.copytree(released_course, course)
    run(course, "python", "-m", "autograder", "sample-class", "forward")
    submitted = course / "submitted"
    right = (submitted / RIGHT / "forward" / "forward.ipynb").read_text("utf-8")
    shutil.rmtree(submitted)
    (course / "secret.txt").write_text("everyone's grades")

    def hand_in(student: str, text: str) -> Path:
        folder = submitted / student / "forward"
        folder.mkdir(parents=True)
        (folder / "forward.ipynb").write_text(text, "utf-8")
        return folder

    hand_in("br[ack]et", right)
    hand_in("markup", json.dumps({"cells": [], "nbformat": "[/x]", "nbformat_minor": 5}))
    linked = hand_in("linked, Zoë", right)
    (linked / "notes.txt").symlink_to(course / "secret.txt")
    (linked / "timestamp.txt").write_text("yesterday")
    bare = nbformat.reads(right, as_version=4)
    for cell in bare.cells:
        cell.metadata.clear()
    hand_in("no-metadata", nbformat.writes(bare))
    done = run(course, "python", "-m", "autograder", "grade", "forward")
    (course / "grade.txt").write_text(done.stdout)
    run(course, "nbgrader", "generate_feedback", "forward", "--log-level=WARN")
    return course


@pytest.fixture(scope="module")
def outcomes(odd: Path) -> dict[str, Outcome]:
    return GradingLog(odd, "forward").latest()


def test_what_students_write_is_no_markup_on_the_screen(odd: Path) -> None:
    screen = (odd / "grade.txt").read_text()
    assert "Traceback" not in screen
    assert "[/x]" in screen
    assert "br[ack]et" in screen
    assert "4 submissions: 1 graded" in screen


def test_an_id_that_nbgrader_cannot_take_gets_a_reason(outcomes: dict[str, Outcome]) -> None:
    assert outcomes["br[ack]et"].status == ATTENTION
    assert "rename the folder" in outcomes["br[ack]et"].reason


def test_lost_metadata_costs_no_points_but_wants_a_look(outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes["no-metadata"]
    assert outcome.score == 36
    assert outcome.status == ATTENTION
    assert "lost nbgrader's metadata" in outcome.reason


def test_a_link_gives_nothing_away(odd: Path, outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes["linked, Zoë"]
    assert (outcome.score, outcome.status) == (36, GRADED)
    assert any("is a link and was left out" in note for note in outcome.notes)
    assert any("time stamp" in note for note in outcome.notes)
    for step in ("autograded", "feedback"):
        assert not (odd / step / "linked, Zoë" / "forward" / "notes.txt").exists()
    assert (odd / "feedback" / "linked, Zoë" / "forward" / "forward.html").exists()


def test_no_path_of_the_machine_is_recorded(odd: Path) -> None:
    assert str(odd) not in GradingLog(odd, "forward").path.read_text()


def test_grades_csv_quotes_and_does_not_quote_a_stale_reason(odd: Path) -> None:
    before = rows(odd)
    assert before["linked, Zoë"]["score"] == "36.0"
    assert before["markup"]["status"] == ATTENTION
    right = odd / "submitted" / "no-metadata" / "forward" / "forward.ipynb"
    shutil.copy(right, odd / "submitted" / "markup" / "forward" / "forward.ipynb")
    run(odd, "nbgrader", "autograde", "forward", "--student", "markup", "--force")
    after = rows(odd)
    assert after["markup"]["score"] == "36.0"
    assert after["markup"]["reason"] == ""


def test_a_changed_release_is_applied_to_those_already_graded(odd: Path, tmp_path: Path) -> None:
    course = tmp_path / "course"
    shutil.copytree(odd, course, symlinks=True)
    for student in ("br[ack]et", "markup", "no-metadata"):
        shutil.rmtree(course / "submitted" / student)
    source = course / "solutions" / "forward" / "forward.py"
    text = source.read_text("utf-8")
    changed, found = re.subn(
        r'("grade_id": "max-valid", "locked": true, "points": )2', r"\g<1>5", text
    )
    assert found == 1
    source.write_text(changed, "utf-8")
    run(course, "nbgrader", "generate_assignment", "forward", "--force", "--log-level=ERROR")
    run(course, "python", "-m", "autograder", "grade", "forward")
    outcome = GradingLog(course, "forward").latest()["linked, Zoë"]
    assert (outcome.score, outcome.max_score) == (39, 43)


def test_the_readmes_commands_grade_a_class_in_a_fresh_clone(course: Path) -> None:
    """The commands as they stand there, in a copy that has `exercises/` but no gradebook."""
    shutil.copytree(ROOT / "scripts", course / "scripts")
    (course / "gradebook.db").unlink()
    handed_in = course / "submitted" / "ada" / "forward"
    handed_in.mkdir(parents=True)
    shutil.copy(course / "exercises" / "forward" / "forward.ipynb", handed_in)
    readme = (ROOT / "README.md").read_text("utf-8")
    section = readme.split("## Grade a class")[1].split("## ")[0]
    block = re.search(r"```sh\n(.*?)```", section, re.S)
    assert block is not None
    commands = [line.split("#")[0].split() for line in block[1].splitlines()]
    assert len(commands) >= 4
    for command in commands:
        if command[0] != ".":  # activating the environment
            run(course, *command)
    assert rows(course)["ada"]["score"] == "0.0"
    assert (course / "feedback" / "ada" / "forward" / "forward.html").exists()
