"""What students are handed out holds everything they need, and no answer and no hidden test."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

from autograder.sources import text_sources
from tests.book.conftest import site  # noqa: F401 - a fixture
from tests.conftest import ROOT

sys.path.insert(0, str(ROOT / "scripts"))

import student_zip

REGION = re.compile(r"### BEGIN (?:SOLUTION|HIDDEN TESTS)\n(.*?)### END", re.S)
ASSIGNMENTS = [path.stem for path in text_sources(ROOT / "solutions")]


@pytest.fixture(scope="module")
def handed_out(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: F811
    """The archive, unpacked."""
    folder = tmp_path_factory.mktemp("student")
    student_zip.write_zip(student_zip.student_files(ROOT), folder / "course.zip")
    with zipfile.ZipFile(folder / "course.zip") as archive:
        archive.extractall(folder)
    return folder / student_zip.NAME


def secrets(assignment: str) -> set[str]:
    """Lines of answers and hidden tests that stand nowhere in what everybody may read."""
    text = (ROOT / "solutions" / assignment / f"{assignment}.py").read_text("utf-8")
    public = REGION.sub("", text)
    public += "\n".join(p.read_text("utf-8") for p in (ROOT / "book").glob("*.md"))
    public += "\n".join(
        p.read_text("utf-8") for p in (ROOT / "autograder" / "pooling_checks").glob("*.py")
    )
    lines = {line.strip() for region in REGION.findall(text) for line in region.splitlines()}
    return {line for line in lines if len(line) > 30 and line not in public}


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_no_answer_and_no_hidden_test_is_handed_out(handed_out: Path, assignment: str) -> None:
    hidden = secrets(assignment)
    assert len(hidden) > 10, "the regions were not found"
    forms = {form for line in hidden for form in (line, json.dumps(line)[1:-1])}
    forms |= {re.sub("<", "&lt;", re.sub("&", "&amp;", form)) for form in forms}
    for path in handed_out.rglob("*"):
        if path.is_file():
            text = path.read_bytes().decode("utf-8", errors="ignore")
            found = [form for form in forms if form in text]
            assert not found, f"{path.relative_to(handed_out)} holds {found[0]!r}"


def test_nothing_of_the_repository_comes_along(handed_out: Path) -> None:
    top = {path.name for path in handed_out.iterdir()}
    assert top == {"book", "exercises", "autograder", "requirements.txt", "README.txt", "LICENSE"}
    modules = {path.name for path in (handed_out / "autograder").iterdir()}
    assert modules == set(student_zip.CHECK)
    names = {path.name for path in handed_out.rglob("*")}
    assert not {name for name in names if name.startswith(".git") or name == "solutions"}


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_notebooks_have_no_outputs_and_only_nbgraders_metadata(
    handed_out: Path, assignment: str
) -> None:
    notebook = nbformat.read(
        handed_out / "exercises" / assignment / f"{assignment}.ipynb", as_version=4
    )
    for cell in notebook.cells:
        assert set(cell.metadata) <= {"nbgrader", "deletable", "editable"}, cell.id
        assert not cell.get("outputs"), cell.id
    assert set(notebook.metadata) <= {"kernelspec", "language_info"}


def test_the_same_course_gives_the_same_archive(tmp_path: Path) -> None:
    files = {"a.txt": b"one", "b/c.txt": b"two"}
    for name in ("one.zip", "two.zip"):
        student_zip.write_zip(files, tmp_path / name)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_without_a_book_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(student_zip.NoBookError, match="make book"):
        student_zip.student_files(tmp_path)


def test_students_install_what_they_need(handed_out: Path) -> None:
    wanted = (handed_out / "requirements.txt").read_text("utf-8")
    assert {re.match(r"[\w-]+", line)[0] for line in wanted.splitlines()} == student_zip.PACKAGES
    assert "nbgrader" not in wanted


def test_the_check_runs_from_what_was_handed_out(handed_out: Path) -> None:
    """In the folder of a student, with nothing else of the course on the path."""
    done = subprocess.run(
        [sys.executable, "-m", "autograder", "check", "exercises/forward/forward.ipynb"],
        cwd=handed_out,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 1
    assert "0 of 27 visible tests pass" in done.stdout, done.stdout + done.stderr
    grading = [sys.executable, "-m", "autograder", "grade", "forward"]
    refused = subprocess.run(grading, cwd=handed_out, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    said = "autograder: this copy is for students and has no command “grade”.\n"
    assert refused.stderr == said
