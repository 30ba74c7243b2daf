"""What students get: generated, complete, and without an answer in it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import nbclient
import nbformat
import pytest
from nbformat import NotebookNode

from autograder.judge import is_test
from autograder.sources import CHECKS, text_sources, to_notebook
from tests.conftest import ROOT

ASSIGNMENTS = [path.stem for path in text_sources(ROOT / "solutions")]
REGION = re.compile(r"### BEGIN (SOLUTION|HIDDEN TESTS)\n(.*?)### END \1", re.S)

assert ASSIGNMENTS, "there are no assignments under solutions/"


def source(assignment: str) -> NotebookNode:
    text = (ROOT / "solutions" / assignment / f"{assignment}.py").read_text("utf-8")
    return to_notebook(text)


def release(assignment: str) -> NotebookNode:
    return nbformat.read(ROOT / "exercises" / assignment / f"{assignment}.ipynb", as_version=4)


def files(folder: Path) -> list[str]:
    """What a release consists of, without what running it leaves behind."""
    left = {"__pycache__", ".ipynb_checkpoints"}
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(p.relative_to(folder).as_posix() for p in found if not left & set(p.parts))


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_release_is_what_the_source_gives(assignment: str, released_course: Path) -> None:
    fresh = released_course / "exercises" / assignment
    committed = ROOT / "exercises" / assignment
    names = files(fresh)
    assert files(committed) == names
    for name in names:
        assert (committed / name).read_bytes() == (fresh / name).read_bytes(), (
            f"exercises/{assignment}/{name} is not what solutions/{assignment} gives: run "
            "`make exercises` and commit the result"
        )


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_all_checks_are_released(assignment: str) -> None:
    """nbgrader leaves out every file that bears the name of an assignment's source."""
    assert files(ROOT / "exercises" / assignment / CHECKS.name) == files(CHECKS), (
        "rename a module of the checks that is named like an assignment"
    )


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_release_holds_no_answer_and_no_hidden_test(assignment: str) -> None:
    folder = ROOT / "exercises" / assignment
    everything = "\n".join(p.read_text("utf-8") for p in folder.rglob("*") if p.is_file())
    assert "BEGIN SOLUTION" not in everything
    assert "BEGIN HIDDEN" not in everything
    secret: dict[str, str] = {}
    # The checks are written to be read by students; what stands there is no secret.
    shown = "\n".join(module.read_text("utf-8") for module in CHECKS.glob("*.py"))
    for cell in source(assignment).cells:
        shown += REGION.sub("", cell.source)
        for region in REGION.finditer(cell.source):
            for line in region[2].splitlines():
                secret[line.strip()] = cell.id
    secret = {line: cell for line, cell in secret.items() if line not in shown and len(line) > 20}
    assert len(secret) > 20, "the regions were not found"
    # In a notebook a line stands as a JSON string.
    for line, cell in secret.items():
        for form in (line, line.replace("\\", "\\\\").replace('"', '\\"')):
            assert form not in everything, f"cell {cell} of {assignment} leaks: {line}"


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_tables_in_the_text_state_the_points_of_the_tests(assignment: str) -> None:
    notebook = release(assignment)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    stated = {
        name: float(n) for name, n in re.findall(r"^\| `([\w-]+)` \|.*\| (\d+) \|$", text, re.M)
    }
    given = {
        cell.metadata.nbgrader["grade_id"]: float(cell.metadata.nbgrader["points"])
        for cell in notebook.cells
        if is_test(cell)
    }
    assert stated == given
    by_hand = sum(
        cell.metadata.nbgrader["points"]
        for cell in notebook.cells
        if cell.cell_type == "markdown" and cell.metadata.get("nbgrader", {}).get("grade")
    )
    total = sum(given.values())
    said = re.search(r"\*\*Points\*\* \| (\d+): (\d+) by tests, (\d+) for a written answer", text)
    assert said is not None
    assert [float(n) for n in said.groups()] == [total + by_hand, total, by_hand]


def executed(notebook: NotebookNode, folder: Path, assignment: str) -> NotebookNode:
    """The notebook run from top to bottom beside the files that are released with it."""
    shutil.copytree(CHECKS, folder / CHECKS.name, ignore=shutil.ignore_patterns("__pycache__"))
    client = nbclient.NotebookClient(
        notebook, allow_errors=True, timeout=120, resources={"metadata": {"path": str(folder)}}
    )
    return client.execute()


def failures(notebook: NotebookNode) -> dict[str, str]:
    """For each test cell that failed, its message."""
    return {
        cell.metadata.nbgrader["grade_id"]: output.evalue
        for cell in notebook.cells
        if is_test(cell)
        for output in cell.outputs
        if output.output_type == "error"
    }


def has_code(cell: NotebookNode) -> bool:
    return any(line.strip() and not line.startswith("#") for line in cell.source.splitlines())


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_every_visible_test_fails_on_the_stub(assignment: str, tmp_path: Path) -> None:
    notebook = executed(release(assignment), tmp_path, assignment)
    visible = {
        c.metadata.nbgrader["grade_id"] for c in notebook.cells if is_test(c) and has_code(c)
    }
    failed = failures(notebook)
    assert set(failed) == visible
    for message in failed.values():
        assert "is not written yet" in message
    others = [c for c in notebook.cells if c.cell_type == "code" and not is_test(c)]
    assert not [o for c in others for o in c.outputs if o.output_type in {"error", "stream"}]


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_every_test_passes_on_the_solution(assignment: str, tmp_path: Path) -> None:
    notebook = executed(source(assignment), tmp_path, assignment)
    assert failures(notebook) == {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if is_test(cell):
                assert output.output_type == "stream" and output.name == "stdout", output
            else:  # a picture
                assert output.output_type == "display_data" and "image/png" in output.data, output


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_every_test_names_the_layer_it_compares_with(assignment: str) -> None:
    for cell in release(assignment).cells:
        if is_test(cell):
            assert re.search(r"^# Oracle: \w+", cell.source, re.M), cell.id


def test_a_missing_file_beside_the_notebook_is_named(tmp_path: Path) -> None:
    notebook = release("forward")
    notebook.cells = [cell for cell in notebook.cells if cell.id == "setup"]
    client = nbclient.NotebookClient(
        notebook, allow_errors=True, resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    (output,) = [o for o in notebook.cells[0].outputs if o.output_type == "error"]
    assert "put the folder that came with this notebook beside it" in output.evalue


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_a_picture_follows_each_function(assignment: str) -> None:
    """After the tests of a function, its author sees what it makes of a photograph."""
    waiting = ""
    for cell in release(assignment).cells:
        marks = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "code" and marks.get("solution"):
            assert not waiting, f"no picture follows {waiting}"
            waiting = marks["grade_id"]
        elif marks.get("grade_id", "").startswith("picture-"):
            waiting = ""
    assert not waiting, f"no picture follows {waiting}"
