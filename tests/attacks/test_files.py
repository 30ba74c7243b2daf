"""Attacks through the files of a submission."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.graded import Graded, Release
from autograder.intake import Submission, files_of
from autograder.side_by_side import run_submission
from autograder.workbench import Workbench
from tests.attacks import course
from tests.attacks.attack import honest
from tests.attacks.course import SECRET, SOLUTIONS

LOOK = """
import os
for folder, _, names in os.walk("."):
    for name in sorted(names):
        path = os.path.join(folder, name)
        with open(path, "rb") as file:
            print(ascii(path), len(file.read()))
"""


def write(folder: Path, notebook: Any = None) -> Path:
    """A submission's folder with a right notebook that lists the files beside it."""
    folder.mkdir(parents=True)
    made = course.submission(SOLUTIONS, last=[LOOK]) if notebook is None else notebook
    text = made if isinstance(made, str) else json.dumps(made)
    (folder / "tiny.ipynb").write_text(text)
    return folder


def grade(folder: Path, bench: Workbench) -> Graded:
    """Grade a submission as a batch does."""
    submission = Submission("student", "tiny", folder)
    release = Release("tiny", {"tiny": course.reference()})
    return run_submission(submission, release, bench)[1]


def score(graded: Graded) -> float:
    """All points."""
    assert graded.failure is None
    return sum(points or 0 for points in graded.marks["tiny"].points.values())


def shown(graded: Graded) -> str:
    """What the last cell shows: the files."""
    assert score(graded) == 9, graded.notes
    outputs = json.loads(graded.notebooks["tiny"])["cells"][-1]["outputs"]
    return "".join("".join(output.get("text", "")) for output in outputs)


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A file of the instructor's."""
    path = tmp_path / "gradebook.db"
    path.write_text(SECRET)
    return path


def test_links_lead_nowhere(bench: Workbench, tmp_path: Path, outside: Path) -> None:
    folder = write(tmp_path / "submission")
    (folder / "data.csv").symlink_to(outside)
    (folder / "relative").symlink_to("../gradebook.db")
    (folder / "folder").symlink_to(tmp_path)
    (folder / "loop").symlink_to("loop")
    (folder / "memory").symlink_to("/proc/self/mem")
    run = grade(folder, bench)
    assert shown(run) == ""
    assert sum("is a link" in note for note in run.notes) == 5
    honest(bench)


def test_a_link_for_a_notebook_or_a_folder_is_no_submission(
    bench: Workbench, tmp_path: Path
) -> None:
    other = write(tmp_path / "other")
    folder = write(tmp_path / "submission")
    (folder / "tiny.ipynb").unlink()
    (folder / "tiny.ipynb").symlink_to(other / "tiny.ipynb")
    run = grade(folder, bench)
    assert "not a regular file" in str(run.failure)
    (tmp_path / "linked").symlink_to(other)
    run = grade(tmp_path / "linked", bench)
    assert run.failure, "another student's work was graded"


def test_devices_and_pipes_are_left_out(bench: Workbench, tmp_path: Path) -> None:
    folder = write(tmp_path / "submission")
    os.mkfifo(folder / "pipe")
    if os.geteuid() == 0:
        with contextlib.suppress(PermissionError):
            os.mknod(folder / "zero", 0o20666, os.makedev(1, 5))
    run = grade(folder, bench)
    assert shown(run) == ""
    assert any("pipe" in note for note in run.notes)


@pytest.mark.parametrize("kind", ["pipe", "folder", "dangling"])
def test_a_notebook_must_be_a_file(kind: str, bench: Workbench, tmp_path: Path) -> None:
    folder = write(tmp_path / "submission")
    (folder / "tiny.ipynb").unlink()
    make: dict[str, Callable[[Path], Any]] = {
        "pipe": os.mkfifo,
        "folder": os.mkdir,
        "dangling": lambda path: path.symlink_to("nowhere"),
    }
    make[kind](folder / "tiny.ipynb")
    run = grade(folder, bench)
    assert "not a regular file" in str(run.failure)


def test_odd_names_stay_names(bench: Workbench, tmp_path: Path) -> None:
    folder = write(tmp_path / "submission")
    names = ["a\nb", "a b", "-rf", "$(touch x)", "é" * 100, "'\"`;&|", "x" * 255, "%s{0}"]
    for name in names:
        (folder / name).write_bytes(b"1")
    (folder / ("d" * 200) / ("e" * 200)).mkdir(parents=True)
    (folder / ("d" * 200) / ("e" * 200) / "f").write_bytes(b"1")
    if sys.platform == "linux":
        Path(os.fsdecode(os.fsencode(folder) + b"/\xff\xfe")).write_bytes(b"1")
    run = grade(folder, bench)
    found = shown(run)
    for name in names:
        assert ascii(f"./{name}") in found
    assert run.notes == []


def test_a_name_leads_out_of_the_folder_nowhere(bench: Workbench) -> None:
    for name in ("../../tmp/mark", "/scratch/home/mark", "a/../../mark", "/opt/course/helpers.py"):
        look = "import os; print([p for p in ('/tmp/mark', '/scratch/home/mark', '/scratch/mark') "
        look += "if os.path.exists(p)])"
        submitted = course.submission(SOLUTIONS, last=[look])
        graded = course.run(bench, submitted, {name: b"x"})
        assert graded.shown(-1).strip() == "[]"
        assert graded.score == 9


def test_modules_of_the_students_are_not_the_judges(bench: Workbench, tmp_path: Path) -> None:
    """They come before Python's own in the student's process, and there alone."""
    folder = write(tmp_path / "submission", course.submission())
    lie = "print('imported')\ndef check_close(*a): pass\nCASES = [0]\narray_equal = check_close\n"
    for name in ("helpers", "numpy", "sitecustomize", "usercustomize", "json", "solution"):
        (folder / f"{name}.py").write_text(lie)
    (folder / "helpers.pth").write_text("import os; os._exit(1)\n")
    (folder / "autograder").mkdir()
    (folder / "autograder" / "__init__.py").write_text("raise SystemExit\n")
    run = grade(folder, bench)
    assert score(run) == 0
    honest(bench)


def test_files_are_not_too_large_together(bench: Workbench, tmp_path: Path) -> None:
    """Eleven sparse files of fifty megabytes take no place on a disk, but half a gigabyte here."""
    folder = write(tmp_path / "submission")
    for number in range(12):
        with (folder / f"sparse-{number:02}").open("wb") as file:
            file.truncate(49_000_000)
    run = grade(folder, bench)
    assert "8 files were left out" in run.notes[0]
    # What is left does not fit into this course's small scratch folder: no points, and a note.
    assert "did not all run" in run.notes[1]
    taken, _ = files_of(Submission("student", "tiny", folder))
    assert sum(path.stat().st_size for path in taken.values()) < 250_000_000
    honest(bench)


def test_files_are_not_too_many(bench: Workbench, tmp_path: Path) -> None:
    folder = write(tmp_path / "submission")
    for number in range(3000):
        (folder / f"f{number}").write_bytes(b"")
    run = grade(folder, bench)
    assert score(run) == 9
    assert run.notes == [
        "2,001 files were left out: a submission can have 1,000 files, of 200 MB together."
    ]
    honest(bench)


def deep(levels: int) -> str:
    """A notebook whose metadata lie deep in one another."""
    return '{"cells": [], "metadata": ' + '{"a":' * levels + "1" + "}" * levels + "}"


NOTEBOOKS: dict[str, Any] = {
    "no_notebook": "[]",
    "no_cells": {"cells": None, "metadata": {}, "nbformat": 4, "nbformat_minor": 5},
    "odd_cells": {"cells": [None, 5, {}, {"cell_type": "x"}], "metadata": 5, "nbformat": 4},
    "deep": deep(100_000),
    "rather_deep": deep(900),
    "future": {"cells": [], "metadata": {}, "nbformat": 10**9, "nbformat_minor": -1},
    "past": {"worksheets": [{"cells": []}], "metadata": {}, "nbformat": 3, "nbformat_minor": 0},
    "numbers": '{"cells": [], "metadata": {"a": ' + "9" * 10_000 + ', "b": NaN, "c": 1e999}, '
    '"nbformat": 4, "nbformat_minor": 5}',
    "twice": '{"cells": [], "cells": [], "nbformat": 4, "metadata": {}, "nbformat_minor": 5}',
}


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_an_odd_notebook_is_graded_or_told(name: str, bench: Workbench, tmp_path: Path) -> None:
    run = grade(write(tmp_path / "submission", NOTEBOOKS[name]), bench)
    assert run.failure or score(run) == 0
    honest(bench)


def tampered(change: Callable[[Any], None]) -> Any:
    """A blank submission whose cells were tampered with."""
    notebook = course.submission()
    change(notebook)
    return notebook


def skip(notebook: Any) -> None:
    """Tag all cells so that they are not run."""
    for cell in notebook.cells:
        cell.metadata["tags"] = ["skip-execution", "raises-exception", "hide"]


def as_text(notebook: Any) -> None:
    """Make texts of the tests, which have no errors."""
    for cell in notebook.cells:
        cell.cell_type = "markdown"
        cell.pop("outputs", None)
        cell.pop("execution_count", None)


def worth_more(notebook: Any) -> None:
    """Give an answer the points, and the tests none."""
    for cell in notebook.cells:
        data = cell.metadata["nbgrader"]
        data["points"], data["grade"], data["locked"] = 1000, not data["grade"], False


def copied(notebook: Any) -> None:
    """Put a copy of each test with an empty source behind it."""
    for cell in list(notebook.cells):
        copy = nbformat.from_dict(json.loads(json.dumps(cell)))
        copy.source = ""
        notebook.cells.append(copy)


def swapped(notebook: Any) -> None:
    """Give each cell the name of another."""
    names = [cell.metadata["nbgrader"]["grade_id"] for cell in notebook.cells]
    for cell, name in zip(notebook.cells, reversed(names), strict=True):
        cell.metadata["nbgrader"]["grade_id"] = name


def removed(notebook: Any) -> None:
    """Take the tests out."""
    notebook.cells = [c for c in notebook.cells if not c.metadata["nbgrader"]["grade"]]


def executed(notebook: Any) -> None:
    """Say that all tests have run and passed."""
    for cell in notebook.cells:
        cell.execution_count = 1
        cell.outputs = [nbformat.v4.new_output("execute_result", {"text/plain": "5.0"})]


def odd_metadata(notebook: Any) -> None:
    """Write metadata that are none."""
    for cell, value in zip(notebook.cells, [None, 5, [], {"grade_id": {}}, "x"], strict=False):
        cell.metadata["nbgrader"] = value
        cell["id"] = "same"
        cell["attachments"] = {"x": {"image/svg+xml": "<svg onload=alarm()>"}}


CHANGES = [skip, as_text, worth_more, copied, swapped, removed, executed, odd_metadata]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_notebook_that_was_tampered_with_gains_nothing(
    change: Callable[[Any], None], bench: Workbench, tmp_path: Path
) -> None:
    folder = write(tmp_path / "submission", tampered(change))
    run = grade(folder, bench)
    assert score(run) == 0
    points = run.marks["tiny"].points
    assert {name for name, given in points.items() if given is not None} == set(course.POINTS)
