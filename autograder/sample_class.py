"""A class to try the grading on: submissions made from small answer files.

An answer file, ``solutions/<assignment>/sample_class/<answer>.py``, holds the functions a student
wrote; its docstring is the written answer. The submissions are made from it and the released
notebook each time, so they cannot drift from the exercise. Some are damaged afterwards, the way
students' files are.
"""

from __future__ import annotations

import ast
import copy
import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from autograder.faults import Fault
from autograder.files import write_if_changed
from autograder.judge import is_test


class SampleClassError(Fault):
    """The sample class cannot be written; the message says why and what to do."""


# --- damage --------------------------------------------------------------------------------------


def _delete_tests(notebook: NotebookNode) -> None:
    """Every third test cell is gone."""
    tests = [cell for cell in notebook.cells if is_test(cell)][::3]
    notebook.cells = [cell for cell in notebook.cells if cell not in tests]


def _paste_tests(notebook: NotebookNode) -> None:
    """A test, an answer cell and a written answer stand twice, metadata and all."""
    for wanted in (
        is_test,
        lambda cell: cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution"),
        lambda cell: cell.cell_type == "markdown" and "nbgrader" in cell.metadata,
    ):
        place = next(place for place, cell in enumerate(notebook.cells) if wanted(cell))
        pasted = copy.deepcopy(notebook.cells[place])
        pasted["id"] += "-pasted"
        notebook.cells.insert(place + 1, pasted)


def _break_syntax(notebook: NotebookNode) -> None:
    """The last answer cell with a function does not compile."""
    function = [cell for cell in notebook.cells if _asked_for(cell)][-1]
    function.source = function.source.replace("):", ")", 1)


def _tag_tests(notebook: NotebookNode) -> None:
    """Every test is tagged so that nbclient skips it."""
    for cell in notebook.cells:
        if is_test(cell):
            cell.metadata["tags"] = ["skip-execution"]


def _keep(notebook: NotebookNode) -> None:
    """No damage."""


@dataclasses.dataclass(frozen=True)
class Member:
    """One student of the sample class.

    Attributes
    ----------
    answers : tuple of str
        Answer files, without ``.py``; a later one replaces functions of an earlier one.
    damage : callable
        What happened to the notebook.
    write : callable
        From the notebook's JSON text to what is handed in; None hands in an empty folder.
    """

    answers: tuple[str, ...] = ()
    damage: Callable[[NotebookNode], None] = _keep
    write: Callable[[str], str | None] = str


#: Student ids of the sample class, which say what is the matter.
MEMBERS = {
    "right-loops": Member(("loops",)),
    "right-windows": Member(("loops", "windows")),
    "right-reshape": Member(("loops", "reshape")),
    "right-warns": Member(("loops", "warns")),
    "right-deleted-tests": Member(("loops",), damage=_delete_tests),
    "right-pasted-cells": Member(("loops",), damage=_paste_tests),
    "only-valid": Member(("loops", "only_valid")),
    "zero-padding": Member(("loops", "zero_padding")),
    "ignores-strides": Member(("loops", "ignores_strides")),
    "wrong-dtype": Member(("loops", "wrong_dtype")),
    "index-error": Member(("loops", "raises")),
    "endless-loop": Member(("loops", "endless_loop")),
    "syntax-error": Member(("loops",), damage=_break_syntax),
    "kills-process": Member(("loops", "kills_process")),
    "blank": Member(),
    "blank-skips-tests": Member(damage=_tag_tests),
    "corrupt-json": Member(("loops",), write=lambda text: text[: len(text) // 2]),
    "no-notebook": Member(("loops",), write=lambda text: None),
}


# --- making the submissions ----------------------------------------------------------------------


@dataclasses.dataclass
class Answer:
    """What answer files say: functions by name, other code, and the written answer."""

    functions: dict[str, str] = dataclasses.field(default_factory=dict)
    others: dict[str, str] = dataclasses.field(default_factory=dict)
    written: str = ""


def read_answer(folder: Path, names: tuple[str, ...], wanted: set[str]) -> Answer:
    """Read answer files one over the other.

    Parameters
    ----------
    folder : pathlib.Path
        Where the files are.
    names : tuple of str
        Files without ``.py``, the basis first.
    wanted : set of str
        Functions that the exercise asks for; other code goes into a cell of its own.

    Returns
    -------
    Answer
    """
    answer = Answer()
    for name in names:
        text = (folder / f"{name}.py").read_text("utf-8")
        module = ast.parse(text)
        answer.written = ast.get_docstring(module) or ""
        for node in module.body:
            source = ast.get_source_segment(text, node) or ""
            if isinstance(node, ast.FunctionDef):
                place = answer.functions if node.name in wanted else answer.others
                place[node.name] = source
            elif not isinstance(node, ast.Expr):  # the docstring
                answer.others[source] = source
    return answer


def _asked_for(cell: NotebookNode) -> str | None:
    """The function that an answer cell asks for."""
    if cell.cell_type != "code" or not cell.metadata.get("nbgrader", {}).get("solution"):
        return None
    body = ast.parse(cell.source).body
    return body[0].name if body and isinstance(body[0], ast.FunctionDef) else None


def fill_in(release: NotebookNode, folder: Path, names: tuple[str, ...]) -> NotebookNode:
    """The released notebook with answers in its answer cells.

    Parameters
    ----------
    release : nbformat.NotebookNode
        Released notebook.
    folder : pathlib.Path
        Where the answer files are.
    names : tuple of str
        Answer files without ``.py``; none leaves the notebook blank.

    Returns
    -------
    nbformat.NotebookNode
        A new notebook.
    """
    notebook = copy.deepcopy(release)
    if not names:
        return notebook
    wanted = {name for cell in notebook.cells if (name := _asked_for(cell))}
    answer = read_answer(folder, names, wanted)
    for cell in notebook.cells:
        name = _asked_for(cell)
        if name is not None:
            cell.source = answer.functions.get(name, cell.source)
        elif cell.cell_type == "markdown" and "nbgrader" in cell.metadata and answer.written:
            cell.source = answer.written
    if answer.others:
        # Where a student puts what several answers share: in a cell before the first of them.
        first = next(n for n, cell in enumerate(notebook.cells) if _asked_for(cell))
        shared = new_code_cell("\n\n\n".join(answer.others.values()), id="shared")
        notebook.cells.insert(first, shared)
    return notebook


def write_sample_class(course: Path, assignment: str) -> list[str]:
    """Write ``submitted/<student>/<assignment>/`` for every member of the sample class.

    What is there of the same students is replaced; other students' work is not touched.

    Parameters
    ----------
    course : pathlib.Path
        The course's folder.
    assignment : str

    Returns
    -------
    list of str
        The students.

    Raises
    ------
    SampleClassError
        If the assignment was not released, or has no answer files.
    """
    released = course / "exercises" / assignment / f"{assignment}.ipynb"
    answers = course / "solutions" / assignment / "sample_class"
    for path, way_out in (
        (released, f"run `nbgrader generate_assignment {assignment}` first"),
        (answers, "this assignment has no sample class"),
    ):
        if not path.exists():
            raise SampleClassError(f"There is no {path}: {way_out}.")
    release = nbformat.read(released, as_version=4)
    for student, member in MEMBERS.items():
        notebook = fill_in(release, answers, member.answers)
        member.damage(notebook)
        text = member.write(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")
        folder = course / "submitted" / student / assignment
        path = folder / f"{assignment}.ipynb"
        for other in folder.iterdir() if folder.is_dir() else ():
            if other != path:
                shutil.rmtree(other) if other.is_dir() else other.unlink()
        folder.mkdir(parents=True, exist_ok=True)
        if text is None:
            path.unlink(missing_ok=True)
            (folder / "notes.txt").write_text("I could not find my notebook.\n", "utf-8")
        else:
            write_if_changed(path, text.encode())
    # `make clean` removes these students and no others.
    write_if_changed(course / "submitted" / ".sample-class", "\n".join(MEMBERS).encode())
    return list(MEMBERS)
