"""Whatever comes in, the tests and points of the release come out."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.notes import notes
from autograder.sanitize import ReferenceCell, repair

REFERENCE = [
    ReferenceCell("setup", "code", "import numpy", True, False, False, False),
    ReferenceCell("answer", "code", "stub", False, False, True, False),
    ReferenceCell("test-1", "code", "assert one", True, True, False, False, 1.0),
    ReferenceCell("test-2", "code", "assert two", True, True, False, False, 2.0),
    ReferenceCell("written", "markdown", "YOUR ANSWER HERE", False, True, True, False, 4.0),
]


def submission(**changed: str) -> Any:
    """The release as handed in, with the sources named changed."""
    cells = []
    for cell in REFERENCE:
        new = new_code_cell if cell.cell_type == "code" else new_markdown_cell
        source = changed.get(cell.grade_id.replace("-", "_"), cell.source)
        cells.append(new(source, metadata=cell.metadata()))
    return new_notebook(cells=cells)


def of(notebook: Any, grade_id: str) -> list[Any]:
    """The cells that carry a grade id."""
    return [
        cell
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id
    ]


def order(notebook: Any) -> list[str]:
    return [cell.metadata.get("nbgrader", {}).get("grade_id", "-") for cell in notebook.cells]


def check(notebook: Any) -> None:
    """What holds of every repaired notebook."""
    nbformat.validate(notebook)
    for cell in REFERENCE:
        found = of(notebook, cell.grade_id)
        if cell.locked:
            assert [c.source for c in found] == [cell.source]
        if cell.grade:
            assert [c.metadata.nbgrader["points"] for c in found] == [cell.points]
    assert all("tags" not in cell.metadata for cell in notebook.cells)
    assert all(not cell.get("outputs") for cell in notebook.cells)


def test_an_honest_submission_is_kept_as_it_is() -> None:
    repaired, said = repair(submission(answer="mine", written="Because."), REFERENCE)
    check(repaired)
    assert said == []
    assert of(repaired, "answer")[0].source == "mine"
    assert of(repaired, "written")[0].source == "Because."


def test_changed_tests_are_restored() -> None:
    repaired, _ = repair(submission(test_1="pass", setup="import os"), REFERENCE)
    check(repaired)


def test_tags_and_points_are_dropped() -> None:
    handed_in = submission()
    for cell in handed_in.cells:
        cell.metadata["tags"] = ["skip-execution"]
        cell.metadata["nbgrader"]["points"] = 1000
    repaired, _ = repair(handed_in, REFERENCE)
    check(repaired)


@pytest.mark.parametrize("gone", [c.grade_id for c in REFERENCE])
def test_a_missing_cell_is_put_back_in_its_place(gone: str) -> None:
    handed_in = submission()
    handed_in.cells = [c for c in handed_in.cells if c.metadata.nbgrader["grade_id"] != gone]
    repaired, said = repair(handed_in, REFERENCE)
    check(repaired)
    expected = [c.grade_id for c in REFERENCE]
    if gone == "answer":
        # An answer that was moved elsewhere must not be undone by its stub.
        expected.remove("answer")
        assert said == ["The answer cell “answer” was missing; what stands in other cells counts."]
    else:
        assert said == [f"The cell “{gone}” was missing and has been put back."]
        assert notes(repaired) == said
    assert order(repaired) == expected


def test_an_empty_notebook_gets_every_test() -> None:
    repaired, _ = repair({"cells": []}, REFERENCE)
    check(repaired)
    assert order(repaired) == ["setup", "test-1", "test-2", "written"]


def test_neighbours_that_are_all_missing_keep_their_order() -> None:
    handed_in = submission()
    handed_in.cells = [new_code_cell("own"), handed_in.cells[1]]
    repaired, _ = repair(handed_in, REFERENCE)
    check(repaired)
    assert order(repaired) == ["setup", "-", "answer", "test-1", "test-2", "written"]


def test_a_test_that_is_put_back_comes_after_answers_in_cells_of_ones_own() -> None:
    handed_in = submission()
    setup, _, _, second, written = handed_in.cells
    handed_in.cells = [setup, new_code_cell("def answer(): ..."), second, written]
    repaired, _ = repair(handed_in, REFERENCE)
    check(repaired)
    assert order(repaired) == ["setup", "-", "test-1", "test-2", "written"]


def test_when_all_metadata_is_lost_the_tests_come_last() -> None:
    handed_in = submission(answer="mine")
    for cell in handed_in.cells:
        cell.metadata.clear()
    repaired, _ = repair(handed_in, REFERENCE)
    check(repaired)
    assert order(repaired) == ["setup", *["-"] * 5, "test-1", "test-2", "written"]


@pytest.mark.parametrize("grade_id", ["setup", "answer", "test-1", "written"])
def test_a_pasted_cell_counts_once(grade_id: str) -> None:
    handed_in = submission(answer="mine", written="Because.")
    place = order(handed_in).index(grade_id)
    handed_in.cells.insert(place, nbformat.from_dict(dict(handed_in.cells[place])))
    repaired, said = repair(handed_in, REFERENCE)
    check(repaired)
    assert len(of(repaired, grade_id)) == 1
    assert len(repaired.cells) == len(REFERENCE) + 1
    assert said == [f"The cell “{grade_id}” stood in the notebook more than once; one copy counts."]


@pytest.mark.parametrize("pasted_first", [True, False])
def test_of_two_written_answers_the_written_one_counts(pasted_first: bool) -> None:
    handed_in = submission(written="Because.")
    stub = submission().cells[-1]
    handed_in.cells.insert(4 if pasted_first else 5, stub)
    repaired, _ = repair(handed_in, REFERENCE)
    check(repaired)
    assert [cell.source for cell in of(repaired, "written")] == ["Because."]


def test_a_cell_of_another_type_gets_its_type_back() -> None:
    handed_in = submission()
    handed_in.cells[2] = new_markdown_cell("x", metadata=handed_in.cells[2].metadata)
    repaired, _ = repair(handed_in, REFERENCE)
    check(repaired)
    assert of(repaired, "test-1")[0].cell_type == "code"


@pytest.mark.parametrize(
    "handed_in",
    [
        {},
        {"cells": None},
        {"cells": "x"},
        {"cells": [None, 1, "x", {}, {"cell_type": "martian"}]},
        {"cells": [{"cell_type": "code"}]},
        {"cells": [{"cell_type": "code", "metadata": None, "source": None}]},
        {"cells": [{"cell_type": "code", "metadata": {"nbgrader": 1}, "source": ["a", 1]}]},
        {"cells": [{"cell_type": "code", "metadata": {"nbgrader": {"grade_id": ["x"]}}}]},
        {"cells": [{"cell_type": "code", "metadata": {"nbgrader": {"grade_id": "elsewhere"}}}]},
        {"cells": [{"cell_type": "code", "id": "a"}, {"cell_type": "code", "id": "a"}]},
        {"cells": [{"cell_type": "code", "id": "not a valid id!"}]},
    ],
)
def test_nothing_about_a_submission_is_taken_for_granted(handed_in: Any) -> None:
    repaired, _ = repair(handed_in, REFERENCE)
    check(repaired)
