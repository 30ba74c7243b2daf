"""The assignments in the book: made from what students get, and from nothing else."""

from __future__ import annotations

import html
import re
import shutil
import sys
import zipfile
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.utils import compute_checksum
from sphinx.errors import ExtensionError

from .conftest import BOOK, ROOT, STRICT, build_book
from .test_strict_build import small_book

sys.path.insert(0, str(BOOK / "_ext"))
from pooling_book import exercises

RELEASED = sorted(path.parent.name for path in (ROOT / "exercises").glob("*/*.ipynb"))
SECRET_NUMBER = "271828"


def an_assignment(folder: Path, name: str = "tiny") -> NotebookNode:
    """Write a released assignment below `folder`, and a source that holds a secret."""
    answer = new_code_cell(
        'def twice(x, *, by=2):\n    """Twice x."""\n    # YOUR CODE HERE\n'
        "    raise NotImplementedError()"
    )
    answer.metadata.nbgrader = {"grade_id": "twice", "solution": True, "grade": False}
    test = new_code_cell("# Hidden when released: large numbers.\nassert twice(2) == 4")
    test.metadata.nbgrader = {"grade_id": "twice-values", "grade": True, "points": 3}
    test.metadata.nbgrader["locked"] = True
    text = new_markdown_cell("YOUR ANSWER HERE")
    text.metadata.nbgrader = {"grade_id": "why", "solution": True, "grade": True, "points": 1.5}
    cells = [new_markdown_cell("# Doubling\n\n## First part\n\n```\n# no heading\n```")]
    notebook = new_notebook(cells=[*cells, answer, test, text])
    for cell in (answer, text):
        cell.metadata.nbgrader.cell_type = cell.cell_type
        cell.metadata.nbgrader.checksum = compute_checksum(cell)
    target = folder / "exercises" / name
    target.mkdir(parents=True)
    nbformat.write(notebook, target / f"{name}.ipynb")
    (target / "pooling_checks").mkdir()
    (target / "pooling_checks" / "__init__.py").write_text("CHECKS = True\n", encoding="utf-8")
    source = folder / "solutions" / name
    source.mkdir(parents=True)
    (source / f"{name}.py").write_text(f"ANSWER = {SECRET_NUMBER}\n", encoding="utf-8")
    shutil.copy(target / f"{name}.ipynb", source)
    return notebook


def test_any_folder_becomes_a_page(tmp_path: Path) -> None:
    """A book with a new assignment shows it, and offers its files, without any code for it."""
    an_assignment(tmp_path)
    book = small_book(tmp_path, text="```{exercise} tiny\n```\n\n```{exercise-list}\n```")
    result = build_book(book, *STRICT)
    assert result.returncode == 0, result.stdout
    out = tmp_path / "_build" / "html"
    page = (out / "book" / "chapter.html").read_text(encoding="utf-8")
    assert "twice-values" in page
    assert "First part" in page
    assert "3 by tests, 1.5 by a person" in page
    [archive] = out.glob("_downloads/*/tiny.zip")
    with zipfile.ZipFile(archive) as file:
        assert sorted(file.namelist()) == ["tiny/pooling_checks/__init__.py", "tiny/tiny.ipynb"]
    assert len(list(out.glob("_downloads/*/tiny.ipynb"))) == 1
    assert not list(out.rglob("exercises/**/*.html")), "a notebook was taken for a page"
    # Neither executed nor taken from the sources with the answers.
    assert "NotImplementedError" in page
    for path in out.rglob("*"):
        if path.is_file() and path.suffix in {".html", ".ipynb", ".py", ".md", ".txt", ".js"}:
            assert SECRET_NUMBER not in path.read_text(encoding="utf-8", errors="replace"), path


def test_the_archive_does_not_change_by_itself(tmp_path: Path) -> None:
    an_assignment(tmp_path)
    folder = exercises.released_folder(tmp_path, "tiny")
    first, _ = exercises.write_archive(folder, tmp_path / "a")
    second, _ = exercises.write_archive(folder, tmp_path / "b")
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("mark", ["### BEGIN SOLUTION", "### BEGIN HIDDEN TESTS"])
def test_a_source_in_place_of_a_release_stops_the_build(tmp_path: Path, mark: str) -> None:
    """The build names the file and the cell, and writes no page."""
    notebook = an_assignment(tmp_path)
    notebook.cells[2].source += f"\n{mark}\nassert twice(7) == 14"
    nbformat.write(notebook, tmp_path / "exercises" / "tiny" / "tiny.ipynb")
    result = build_book(small_book(tmp_path, text="```{exercise} tiny\n```"), *STRICT)
    assert result.returncode != 0
    assert "cell 3 of exercises/tiny/tiny.ipynb" in result.stdout
    assert not (tmp_path / "_build" / "html" / "book" / "chapter.html").exists()


def test_answers_written_in_place_stay_out(tmp_path: Path) -> None:
    """People work in exercises/ too: their answers and outputs are not shown or handed out."""
    notebook = an_assignment(tmp_path)
    stub = notebook.cells[1].source
    notebook.cells[1].source = stub.replace("raise NotImplementedError()", "return by * x")
    notebook.cells[1].outputs = [nbformat.v4.new_output("stream", text="mine")]
    notebook.cells[3].source = "Because."
    released = exercises.as_released(notebook, "here")
    assert released.cells[1].source == stub
    assert released.cells[1].outputs == []
    assert released.cells[3].source == "YOUR ANSWER HERE"
    assert "by * x" in notebook.cells[1].source, "the notebook itself was changed"


@pytest.mark.parametrize("name", ["../solutions/tiny", "solutions", "", "none", "a/b"])
def test_only_released_assignments_can_be_named(tmp_path: Path, name: str) -> None:
    an_assignment(tmp_path)
    with pytest.raises(ExtensionError, match="exercise: "):
        exercises.released_folder(tmp_path, name)


def test_links_are_not_followed(tmp_path: Path) -> None:
    """A link below exercises/ hands out nothing, whether it is a file or a folder."""
    an_assignment(tmp_path)
    folder = tmp_path / "exercises" / "tiny"
    (folder / "answers.py").symlink_to(tmp_path / "solutions" / "tiny" / "tiny.py")
    (folder / "pooling_checks" / "more").symlink_to(tmp_path / "solutions" / "tiny")
    assert [path.name for path in exercises.files_beside(folder)] == ["__init__.py"]
    (tmp_path / "exercises" / "linked").symlink_to(tmp_path / "solutions" / "tiny")
    with pytest.raises(ExtensionError):
        exercises.released_folder(tmp_path, "linked")


def test_headings_move_down_and_code_stays() -> None:
    text = "# Title\n\nText\n\n## Part\n\n```\n# comment\n```"
    assert exercises.demoted(text) == "Text\n\n### Part\n\n```\n# comment\n```"


@pytest.mark.parametrize("name", RELEASED)
def test_an_untouched_release_is_shown_as_it_is(name: str) -> None:
    path = ROOT / "exercises" / name / f"{name}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    shown = exercises.read_released(path.parent)
    assert [cell.source for cell in shown.cells] == [cell.source for cell in notebook.cells]


@pytest.mark.parametrize("name", RELEASED)
def test_every_assignment_has_its_page(name: str, site: Path) -> None:
    """In the table of contents, in the list, with all tests, and with files to download."""
    assert f"- file: book/exercise-{name}\n" in (ROOT / "_toc.yml").read_text(encoding="utf-8")
    listed = (site / "book" / "exercises.html").read_text(encoding="utf-8")
    assert f'href="exercise-{name}.html"' in listed
    page = (site / "book" / f"exercise-{name}.html").read_text(encoding="utf-8")
    for file in (f"{name}.zip", f"{name}.ipynb"):
        [link] = set(re.findall(rf'href="(\.\./_downloads/\w+/{re.escape(file)})"', page))
        assert (site / "book" / link).is_file()
    notebook = exercises.read_released(ROOT / "exercises" / name)
    graded = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    assert graded
    for cell in graded:
        if cell.cell_type == "code":
            assert page.count(cell.metadata.nbgrader.grade_id) >= 2, "in the table and as a test"
    total = sum(task.points for task in exercises.tasks(notebook))
    assert total == sum(cell.metadata.nbgrader.points for cell in graded)
    # What stands between nbgrader's marks in the source.
    secrets = re.findall(
        r"BEGIN (?:SOLUTION|HIDDEN TESTS)\n(.*?)#* END (?:SOLUTION|HIDDEN TESTS)",
        (ROOT / "solutions" / name / f"{name}.py").read_text(encoding="utf-8"),
        re.DOTALL,
    )
    plain = html.unescape(re.sub(r"<[^>]+>", "", page))
    assert secrets
    for secret in secrets:
        assert " ".join(secret.split()) not in " ".join(plain.split())


def test_the_message_on_the_page_is_what_students_see() -> None:
    """The page that explains messages shows a real one."""
    from keras.layers import AveragePooling2D

    from autograder.pooling_checks import CheckFailed, check_output, example

    def average_pool2d(x: np.ndarray, pool_size: int, padding: str) -> np.ndarray:
        assert (pool_size, padding) == (2, "same")
        zeros = np.pad(x, ((0, 0), (0, 1), (0, 1), (0, 0)))
        return zeros.reshape(1, 3, 2, 3, 2, 1).mean(axis=(2, 4))

    with pytest.raises(CheckFailed) as failed:
        check_output(
            average_pool2d, AveragePooling2D, example(1, 5, 5, 1), pool_size=2, padding="same"
        )
    text = (BOOK / "exercises.md").read_text(encoding="utf-8")
    block = re.search(r"```text\n(.*?)```", text, re.DOTALL)
    assert block is not None
    shown = [line.rstrip() for line in block[1].splitlines()]
    assert shown == [line.rstrip() for line in str(failed.value).rstrip().splitlines()]


def test_the_limits_on_the_page_are_those_in_force() -> None:
    from autograder.pooling_checks.calling import CALL_LIMIT, LIBRARIES_CALL_LIMIT

    text = " ".join((BOOK / "exercises.md").read_text(encoding="utf-8").split())
    config = (ROOT / "nbgrader_config.py").read_text(encoding="utf-8")
    stated = re.search(
        r"take (\d+) seconds \(in the assignment `keras`, .*? (\d+) seconds\), "
        r"a cell (\d+) seconds, and .* (\d+) seconds",
        text,
    )
    assert stated is not None
    cell, submission = re.findall(r"^c\.RunSubmission\.\w+_seconds = (\d+)", config, re.MULTILINE)
    assert [float(number) for number in stated.groups()] == [
        CALL_LIMIT,
        LIBRARIES_CALL_LIMIT,
        float(cell),
        float(submission),
    ]
