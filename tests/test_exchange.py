"""Handing out, handing in and giving back through nbgrader's exchange, as each person does it.

Nobody here is told apart by the operating system: all commands run as whoever runs the tests. A
student is a home folder, a working folder and an id, which is what nbgrader goes by where all
share one account. What the permissions keep from other accounts is looked at by itself.
"""

from __future__ import annotations

import csv
import dataclasses
import os
import shutil
import stat
import subprocess
from datetime import datetime, timezone
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.record import ATTENTION, GRADED, GradingLog
from tests.conftest import answered, run


@dataclasses.dataclass(frozen=True)
class Student:
    """Somebody who types nbgrader's commands for students."""

    name: str
    home: Path
    exchange: Path

    @property
    def work(self) -> Path:
        return self.home / "work"

    def types(self, command: str, check: bool = True) -> str:
        self.work.mkdir(parents=True, exist_ok=True)
        own = {name: str(self.home / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")}
        return run(
            self.work,
            "nbgrader",
            command,
            "forward",
            "--course=pooling",
            f"--Exchange.root={self.exchange}",
            f"--student={self.name}",
            check=check,
            env={"HOME": str(self.home), **own},
        ).stdout

    def writes(self, notebook: nbformat.NotebookNode) -> None:
        nbformat.write(notebook, self.work / "forward" / "forward.ipynb")

    def pages(self) -> list[str]:
        """The feedback that was fetched, the latest submission's last."""
        return [
            page.read_text("utf-8")
            for page in sorted((self.work / "forward" / "feedback").glob("*/forward.html"))
        ]


@dataclasses.dataclass(frozen=True)
class Exchange:
    """A course, the folder that all share, and three students: right, wrong, and damaged."""

    course: Path
    root: Path
    ada: Student
    ben: Student
    cleo: Student

    def nbgrader(self, *command: str) -> str:
        return run(self.course, "nbgrader", *command, f"--Exchange.root={self.root}").stdout

    def grade(self, *options: str) -> str:
        return run(self.course, "python", "-m", "autograder", "grade", "forward", *options).stdout

    def give_back(self) -> None:
        self.nbgrader("generate_feedback", "forward", "--force")
        self.nbgrader("release_feedback", "forward")

    def lines(self) -> int:
        """How many times a submission was graded."""
        return len(GradingLog(self.course, "forward").path.read_text("utf-8").splitlines())


@pytest.fixture(scope="module")
def first(forward_course: Path, tmp_path_factory: pytest.TempPathFactory) -> Exchange:
    """All hand in once, are graded, and fetch what they get."""
    folder = tmp_path_factory.mktemp("exchange")
    course, root = folder / "course", folder / "exchange"
    shutil.copytree(forward_course, course)
    students = [Student(name, folder / name, root) for name in ("ada", "ben", "cleo")]
    exchange = Exchange(course, root, *students)
    exchange.nbgrader("release_assignment", "forward")
    for student in students:
        student.types("fetch_assignment")
    exchange.ada.writes(answered(course, "loops", "zero_padding"))
    exchange.ben.writes(answered(course, "loops"))
    (exchange.cleo.work / "forward" / "forward.ipynb").write_text('{"cells": [')
    for student in students:
        student.types("submit")
    exchange.nbgrader("collect", "forward")
    exchange.grade()
    exchange.give_back()
    for student in students:
        student.types("fetch_feedback")
    return exchange


def test_a_student_fetches_what_was_released_and_nothing_more(first: Exchange) -> None:
    folder = first.course / "exercises" / "forward"
    released = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    fetched = {
        path.relative_to(first.root / "pooling" / "outbound" / "forward")
        for path in (first.root / "pooling" / "outbound" / "forward").rglob("*")
        if path.is_file()
    }
    assert fetched == {path for path in released if "__pycache__" not in path.parts}
    assert (first.ada.work / "forward" / "pooling_checks" / "__init__.py").is_file()


def test_each_gets_a_page_with_the_points(first: Exchange) -> None:
    assert ["(Score: 33.0 / 40.0)" in page for page in first.ada.pages()] == [True]
    assert ["(Score: 36.0 / 40.0)" in page for page in first.ben.pages()] == [True]
    assert "cells outside the input were counted as zeros" in first.ada.pages()[0]


def test_one_that_cannot_be_read_gets_the_reason_and_stops_nobody(first: Exchange) -> None:
    assert GradingLog(first.course, "forward").latest()["cleo"].status == ATTENTION
    (page,) = first.cleo.pages()
    assert "forward.ipynb is not valid JSON" in page
    with Gradebook(f"sqlite:///{first.course / 'gradebook.db'}", "pooling") as gradebook:
        assert gradebook.find_submission("forward", "cleo").timestamp is not None


def test_nobody_can_fetch_the_page_of_another(first: Exchange, tmp_path: Path) -> None:
    """Even with the other's name, notebook and time of submission: the page's name is a hash of a
    secret that nbgrader wrote into the submission alone."""
    eve = Student("ada", tmp_path / "eve", first.root)
    (eve.work / "forward").mkdir(parents=True)
    eve.types("fetch_feedback")
    assert eve.pages() == []
    (mine,) = (first.ada.home / "JUPYTER_DATA_DIR" / "nbgrader_cache" / "pooling").iterdir()
    forged = eve.home / "JUPYTER_DATA_DIR" / "nbgrader_cache" / "pooling" / mine.name
    shutil.copytree(mine, forged)
    (forged / "submission_secret.txt").write_text("guessed")
    eve.types("fetch_feedback")
    (forged / "submission_secret.txt").unlink()
    eve.types("fetch_feedback")
    assert eve.pages() == []
    shutil.copy(mine / "submission_secret.txt", forged)
    eve.types("fetch_feedback")  # nothing but the secret was missing
    assert eve.pages() == first.ada.pages()


def test_other_accounts_can_neither_list_submissions_nor_pages(first: Exchange) -> None:
    for name in ("inbound", "feedback"):
        folder = first.root / "pooling" / name
        assert not folder.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH)
        if os.getuid() == 0 and shutil.which("setpriv"):
            become = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
            done = subprocess.run([*become, "ls", str(folder)], capture_output=True, check=False)
            assert done.returncode != 0
            assert done.stdout == b""


@pytest.fixture(scope="module")
def second(first: Exchange) -> Exchange:
    """The assignment was due a moment ago; Ada hands in again, and it is collected."""
    due = datetime.now(timezone.utc)
    first.nbgrader(
        "db", "assignment", "add", "forward", f"--duedate={due:%Y-%m-%d %H:%M:%S.%f} UTC"
    )
    first.ada.writes(answered(first.course, "loops"))
    first.ada.types("submit")
    return first


def scores(exchange: Exchange) -> dict[str, float]:
    latest = GradingLog(exchange.course, "forward").latest()
    return {student: outcome.score for student, outcome in latest.items()}


def test_what_is_handed_in_again(second: Exchange) -> None:
    """Plain `collect` keeps what is there, `--before-duedate` takes no late one, `--update` does;
    and then that submission alone is graded anew."""
    lines = second.lines()
    notebook = second.course / "submitted" / "ada" / "forward" / "forward.ipynb"
    earlier = notebook.read_bytes()
    for option in ((), ("--before-duedate",)):
        second.nbgrader("collect", "forward", *option)
        assert notebook.read_bytes() == earlier
    second.nbgrader("collect", "forward", "--update")
    second.grade()
    assert second.lines() == lines + 1
    assert scores(second) == {"ada": 36, "ben": 36, "cleo": 0}
    assert GradingLog(second.course, "forward").latest()["ada"].status == GRADED
    second.give_back()
    second.ada.types("fetch_feedback")
    pages = second.ada.pages()
    assert ["(Score: 33.0 / 40.0)" in page for page in pages] == [True, False]
    assert ["(Score: 36.0 / 40.0)" in page for page in pages] == [False, True]


def test_late_work_is_recorded_and_costs_what_nbgrader_is_told(second: Exchange) -> None:
    url = f"sqlite:///{second.course / 'gradebook.db'}"
    with Gradebook(url, "pooling") as gradebook:
        late = {
            student: gradebook.find_submission("forward", student).total_seconds_late
            for student in ("ada", "ben")
        }
        assert not gradebook.find_submission("forward", "ada").late_submission_penalty
    assert late["ada"] > 0 == late["ben"]
    with (second.course / "nbgrader_config.py").open("a") as file:
        file.write('\nc.LateSubmissionPlugin.penalty_method = "zero"\n')
    second.grade("--student=ada")
    second.nbgrader("export")
    with (second.course / "grades.csv").open(newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert rows["ada"]["raw_score"] == rows["ada"]["late_submission_penalty"] == "36.0"
    assert rows["ada"]["score"] == "0.0"
    assert rows["ben"]["score"] == "36.0"


# --- what students can write into the exchange ----------------------------------------------------


@pytest.fixture
def inbound(first: Exchange, tmp_path: Path) -> tuple[Exchange, Path]:
    """A course nobody has handed in to yet, and the folder that students write to."""
    shutil.copytree(first.course, tmp_path / "course", ignore=shutil.ignore_patterns("submitted"))
    shutil.copytree(first.root / "pooling" / "outbound", tmp_path / "root" / "pooling" / "outbound")
    exchange = dataclasses.replace(first, course=tmp_path / "course", root=tmp_path / "root")
    folder = tmp_path / "root" / "pooling" / "inbound"
    folder.mkdir()
    tmp_path.joinpath("root").chmod(0o777)
    (place(folder, "zoe") / "forward.ipynb").write_text("{}")  # sorts last, and must be collected
    return exchange, folder


def place(inbound: Path, student: str, when: str = "2026-11-20 10:00:00.0 UTC") -> Path:
    folder = inbound / f"{student}+forward+{when}+random"
    folder.mkdir()
    return folder


def collected(exchange: Exchange) -> set[str]:
    folder = exchange.course / "submitted"
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_links_are_not_followed(inbound: tuple[Exchange, Path]) -> None:
    exchange, folder = inbound
    secret = exchange.course / "solutions" / "forward"
    eve = place(folder, "eve")
    (eve / "forward.ipynb").write_text("{}")
    (eve / "a.txt").symlink_to(secret / "forward.py")
    (eve / "b").symlink_to(secret)
    os.mkfifo(eve / "c")
    (eve / "sub").mkdir()
    (eve / "sub" / "own.txt").write_text("mine")
    (folder / "fay+forward+2026-11-20 10:00:00.0 UTC+random").symlink_to(secret)
    done = run(
        exchange.course,
        "nbgrader",
        "collect",
        "forward",
        f"--Exchange.root={exchange.root}",
        check=False,
    )
    assert collected(exchange) == {
        "eve/forward/forward.ipynb",
        "eve/forward/sub/own.txt",
        "zoe/forward/forward.ipynb",
    }
    assert "left out, because they are links" in done.stdout
    assert "no file in it can be read" in done.stdout
    assert done.returncode == 1


def test_an_odd_folder_stops_nobody_and_gets_nowhere(inbound: tuple[Exchange, Path]) -> None:
    exchange, folder = inbound
    before = sorted(path for path in exchange.course.rglob("*") if "submitted" not in path.parts)
    for name in ("..", ".hidden", ""):
        (place(folder, name) / "forward.ipynb").write_text("{}")
    (place(folder, "dan", "no time") / "forward.ipynb").write_text("{}")
    (folder / "+forward+").mkdir()
    said = exchange.nbgrader("collect", "forward")
    assert collected(exchange) == {"zoe/forward/forward.ipynb"}
    assert said.count("nbgrader's submit names no folder so") == 3
    after = sorted(path for path in exchange.course.rglob("*") if "submitted" not in path.parts)
    assert after == before


def test_what_is_too_large_does_not_cost_what_was_there(inbound: tuple[Exchange, Path]) -> None:
    exchange, folder = inbound
    (place(folder, "ada") / "forward.ipynb").write_text("{}")
    exchange.nbgrader("collect", "forward")
    later = place(folder, "ada", "2026-11-20 11:00:00.0 UTC")
    (later / "forward.ipynb").write_text("[" * 3000)
    command = ["collect", "forward", "--update", "--CourseDirectory.max_dir_size=2"]
    done = run(
        exchange.course, "nbgrader", *command, f"--Exchange.root={exchange.root}", check=False
    )
    assert done.returncode == 1
    assert "these were not; ask for them again" in done.stdout
    assert (exchange.course / "submitted/ada/forward/forward.ipynb").read_text() == "{}"


def test_feedback_goes_out_where_one_did_not_come_through_the_exchange(
    inbound: tuple[Exchange, Path],
) -> None:
    exchange, _ = inbound
    for name in ("timestamp.txt", "submission_secret.txt"):
        (exchange.course / "feedback" / "ada" / "forward" / name).unlink()
    said = exchange.nbgrader("release_feedback", "forward")
    assert "from feedback yourself: ada" in said
    assert len(list((exchange.root / "pooling" / "feedback").glob("*.html"))) == 2
