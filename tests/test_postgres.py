"""The gradebook in PostgreSQL: a server of the tests' own, and what happens when it fails."""

from __future__ import annotations

import csv
import dataclasses
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell
from nbgrader.api import Gradebook

from autograder.database import database_url
from autograder.faults import Fault
from autograder.record import GradingLog
from tests.conftest import answered, hand_in, run

#: With the characters that an address must write otherwise.
PASSWORD = "open:sesa/me@%1"
WRITTEN = "open%3Asesa%2Fme%40%251"


def programs() -> Path | None:
    """Where PostgreSQL's programs are. Debian does not put them on the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    if found:
        return found[-1].parent
    return Path(on_path).resolve().parent if on_path else None


@dataclasses.dataclass
class Server:
    """A PostgreSQL server in a folder of its own."""

    programs: Path
    folder: Path
    port: int

    def command(self, name: str, *arguments: str) -> None:
        own: dict[str, Any] = {}
        if os.getuid() == 0:  # PostgreSQL does not run as root
            own = {"user": account().pw_uid, "group": account().pw_gid, "extra_groups": []}
        subprocess.run(
            [str(self.programs / name), "-D", str(self.folder / "data"), *arguments],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            timeout=120,
            check=True,
            **own,
        )

    def start(self) -> None:
        # Fast rather than safe from a crash of the machine.
        options = f"-c listen_addresses=127.0.0.1 -p {self.port} -k {self.folder} -F"
        self.command("pg_ctl", "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def kill(self) -> None:
        self.command("pg_ctl", "-m", "immediate", "stop")

    def url(self, database: str, password: str = WRITTEN, user: str = "grader") -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"


def account() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    found = programs()
    if found is None:
        message = "No PostgreSQL: install Debian's postgresql to test the gradebook in it."
        if os.environ.get("POOLING_REQUIRE_POSTGRES") == "1":
            pytest.fail(message)
        pytest.skip(message)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    (folder / "password").write_text(PASSWORD)
    if os.getuid() == 0:
        for path in (folder, folder / "password"):
            os.chown(path, account().pw_uid, account().pw_gid)
    server = Server(found, folder, port)
    try:
        server.command(
            "initdb",
            *("-U", "grader", f"--pwfile={folder / 'password'}", "--auth=scram-sha-256"),
            *("-E", "UTF8", "--locale=C", "--no-sync"),
        )
        server.start()
        yield server
        server.kill()
    finally:
        shutil.rmtree(folder)


def make_database(server: Server, name: str) -> str:
    import psycopg

    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
    return server.url(name)


def grade(course: Path, *options: str, check: bool = True) -> str:
    return run(
        course, "python", "-m", "autograder", "grade", "forward", *options, check=check
    ).stdout


@pytest.fixture(scope="module")
def courses(
    server: Server, forward_course: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path, str]:
    """The same class graded into SQLite and into PostgreSQL."""
    folder = tmp_path_factory.mktemp("postgres")
    lite, post = folder / "lite", folder / "post"
    shutil.copytree(forward_course, lite)
    (lite / "nbgrader_config.py").open("a").write(
        '\nc.LateSubmissionPlugin.penalty_method = "zero"\n'
    )
    hand_in(lite, "ada", "loops")
    hand_in(lite, "ben", "loops", "zero_padding")
    late = hand_in(lite, "cleo")
    (late / "timestamp.txt").write_text("2026-11-20 10:00:01 UTC")
    (hand_in(lite, "Zoë 😀") / "forward.ipynb").write_text("{")
    shutil.copytree(lite, post)
    (post / "gradebook.db").unlink()
    url = make_database(server, "class")
    due = ["db", "assignment", "add", "forward", "--duedate=2026-11-20 10:00:00 UTC"]
    run(lite, "nbgrader", *due)
    run(post, "nbgrader", *due, f"--db={database_url(url)}")
    run(post, "nbgrader", "generate_assignment", "forward", "--force", f"--db={database_url(url)}")
    grade(lite)
    grade(post, "--db", url)
    return lite, post, url


def rows(url: str) -> dict[str, Any]:
    """What a gradebook holds of the class, without the keys, which are drawn by chance."""
    with Gradebook(database_url(url), "pooling") as gradebook:
        return {
            submission.student.id: (
                submission.timestamp,
                submission.total_seconds_late,
                submission.score,
                submission.late_submission_penalty,
                submission.needs_manual_grade,
                sorted(
                    (g.name, g.auto_score, g.manual_score, g.max_score, g.needs_manual_grade)
                    for notebook in submission.notebooks
                    for g in notebook.grades
                ),
                sorted(
                    (c.name, c.auto_comment or "", c.manual_comment or "")
                    for notebook in submission.notebooks
                    for c in notebook.comments
                ),
            )
            for submission in gradebook.assignment_submissions("forward")
        }


def test_both_databases_hold_the_same(courses: tuple[Path, Path, str]) -> None:
    lite, post, url = courses
    held = rows(url)
    assert held == rows(f"sqlite:///{lite / 'gradebook.db'}")
    assert {student: row[2] for student, row in held.items()} == {
        "ada": 36,
        "ben": 33,
        "cleo": 0,
        "Zoë 😀": 0,
    }
    assert held["cleo"][1] == 1
    assert not (post / "gradebook.db").exists()
    # nbgrader's own commands read it, too.
    run(lite, "nbgrader", "export")
    run(post, "nbgrader", "export", f"--db={database_url(url)}")
    grades = [list(csv.reader((course / "grades.csv").open())) for course in (lite, post)]
    assert sorted(grades[0]) == sorted(grades[1])


def test_a_grade_given_by_hand_survives(courses: tuple[Path, Path, str]) -> None:
    _, post, url = courses
    lines = len(GradingLog(post, "forward").path.read_text().splitlines())
    with Gradebook(database_url(url), "pooling") as gradebook:
        grade_ = gradebook.find_grade("written-padding", "forward", "forward", "ada")
        grade_.manual_score, grade_.needs_manual_grade = 3.5, False
        comment = gradebook.find_comment("written-padding", "forward", "forward", "ada")
        comment.manual_comment = "Well put 😀."
        gradebook.db.commit()
    assert "39.5" in grade(post, "--db", url)
    assert len(GradingLog(post, "forward").path.read_text().splitlines()) == lines
    assert "39.5" in grade(post, "--db", url, "--force", "--student=ada")
    assert rows(url)["ada"][2] == 39.5
    with Gradebook(database_url(url), "pooling") as gradebook:
        comment = gradebook.find_comment("written-padding", "forward", "forward", "ada")
        assert comment.comment == "Well put 😀."


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("wrong password", "refuses the user's name or the password"),
        ("wrong user", "refuses the user's name or the password"),
        ("no such database", "has no such database or user"),
        ("nobody listens", "does not answer: start it, or correct the address"),
        ("no such host", "cannot be found"),
        ("an empty database", "generate_assignment forward --force --db URL"),
    ],
)
def test_a_fault_is_one_sentence_without_the_password(
    courses: tuple[Path, Path, str], server: Server, case: str, said: str
) -> None:
    _, post, url = courses
    secret = "correct-horse"
    bad = {
        "wrong password": server.url("class", secret),
        "wrong user": server.url("class", secret, user="nobody"),
        "no such database": server.url("none"),
        "nobody listens": f"postgresql://grader:{secret}@127.0.0.1:1/class",
        "no such host": f"postgresql://grader:{secret}@server.invalid/class",
        "an empty database": server.url("postgres"),
    }[case]
    before = rows(url)
    done = run(post, "python", "-m", "autograder", "grade", "forward", "--db", bad, check=False)
    assert done.returncode == 1
    last = done.stdout.strip().splitlines()
    assert len(last) == 1, done.stdout
    assert said in last[0]
    for hidden in (secret, PASSWORD, WRITTEN):
        assert hidden not in done.stdout
        assert hidden not in (post / "grading" / "forward.log").read_text()
    assert rows(url) == before


def test_an_address_is_read_without_a_server() -> None:
    assert database_url("postgresql://u:p%40@h/d") == (
        "postgresql+psycopg://u:p%40@h/d?connect_timeout=10"
    )
    assert database_url("sqlite:///a.db") == "sqlite:///a.db"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("postgresql://u:x@secret@h/d", "are written %40 %3A %2F %25"),
        ("postgresql://u:x@h:secret/d", "cannot be read"),
        ("secret", "cannot be read"),
        ("mysql://u:secret@h/d", "can be in PostgreSQL or SQLite"),
        ("secret://h/d", "can be in PostgreSQL or SQLite"),
    ],
)
def test_an_address_that_is_none_is_not_quoted(address: str, said: str) -> None:
    with pytest.raises(Fault) as raised:
        database_url(address)
    assert said in str(raised.value)
    assert "secret" not in "".join(traceback.format_exception(raised.value)[-1:])
    assert raised.value.__suppress_context__ or raised.value.__context__ is None


def test_a_server_that_dies_in_the_middle(
    server: Server, forward_course: Path, tmp_path: Path
) -> None:
    """What was graded stays, the sentence says what to do, and the next run goes on from there."""
    course = tmp_path / "course"
    shutil.copytree(forward_course, course)
    (course / "gradebook.db").unlink()
    url = make_database(server, "dies")
    run(
        course, "nbgrader", "generate_assignment", "forward", "--force", f"--db={database_url(url)}"
    )
    hand_in(course, "a-quick", "loops")
    slow = answered(course, "loops")
    slow.cells.insert(1, new_code_cell("import time\ntime.sleep(8)", id="slow"))
    nbformat.write(slow, hand_in(course, "b-slow") / "forward.ipynb")
    hand_in(course, "c-quick", "loops")
    with subprocess.Popen(
        [sys.executable, *["-m", "autograder", "grade", "forward", "--jobs", "1", "--db"], url],
        cwd=course,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "200"},
    ) as running:
        assert running.stdout is not None
        for line in running.stdout:
            if "a-quick" in line:
                break
        server.kill()
        try:
            said = running.stdout.read()
            assert running.wait(120) == 1
        finally:
            server.start()
    assert "Traceback" not in said
    last = said.strip().splitlines()[-1]
    assert f"the gradebook's server 127.0.0.1:{server.port}/dies" in last
    assert "start it" in last
    assert "What was graded so far is kept" in last
    log = GradingLog(course, "forward")
    for text in (said, (course / "grading" / "forward.log").read_text(), log.path.read_text()):
        assert PASSWORD not in text
        assert WRITTEN not in text
    assert set(log.latest()) == {"a-quick"}
    assert "3 submissions: 3 graded" in grade(course, "--db", url)
    lines = log.path.read_text().splitlines()
    assert len(lines) == 3  # the first was not graded again
    assert {student: row[2] for student, row in rows(url).items()} == {
        "a-quick": 36,
        "b-slow": 36,
        "c-quick": 36,
    }
