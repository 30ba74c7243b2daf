"""Parts and aspects of an assignment: this project's, and any other."""

from __future__ import annotations

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from autograder.report.outline import Item, by_aspect, by_part, endings, with_places
from autograder.sources import to_notebook
from tests.conftest import ROOT

NAMES = ["backward", "forward", "keras", "segmentation", "shift", "variants"]


def items_of(assignment: str) -> list[Item]:
    cells = to_notebook((ROOT / f"solutions/{assignment}/{assignment}.py").read_text("utf-8")).cells
    found = [
        Item(assignment, data["grade_id"], float(data["points"]), by_hand=data["solution"])
        for cell in cells
        if (data := cell.metadata.get("nbgrader", {})).get("grade")
    ]
    return with_places(reversed(found), cells)


@pytest.mark.parametrize("assignment", NAMES)
def test_every_test_of_the_course_has_part_aspect_and_words(assignment: str) -> None:
    for item in items_of(assignment):
        assert item.part[0].isdigit(), item
        if not item.by_hand:
            assert item.aspect and item.name.endswith(item.aspect), item
            assert item.looks_at and "`" not in item.looks_at, item


def test_forward_by_hand() -> None:
    items = items_of("forward")
    assert [item.name for item in items][:4] == [
        "size-valid",
        "size-same",
        "size-errors",
        "max-valid",
    ]
    aspects = {name: [items[p].name for p in places] for name, places in by_aspect(items).items()}
    assert aspects["same"] == ["size-same", "max-same", "average-same"]
    assert aspects["keepdims"] == ["global-max-keepdims", "global-average-keepdims"]
    assert aspects["negative"] == ["max-negative"]
    assert len(by_part(items)) == 5
    assert items[-1].by_hand and items[-1].aspect == ""
    assert items[0].looks_at.startswith('padding="valid"')


def test_aspects_of_several_words() -> None:
    names = ["max-valid", "max-same", "max-same-overlap"]
    assert endings(names) == ["valid", "same", "same-overlap"]
    assert endings(["test_squares"]) == [""]
    assert endings(["a-x", "b-x"]) == ["", ""]
    assert endings(["max", "max-same"]) == ["", ""]


def marked(name: str, **flags: bool) -> object:
    return new_code_cell("", metadata={"nbgrader": {"grade_id": name, **flags}})


def test_a_course_without_headings_and_rules() -> None:
    items = [Item("squares", name, 1, False) for name in ("cell-1", "q2", "lost")]
    cells = [
        new_markdown_cell("# Squares"),
        marked("q2", grade=True),
        marked("answer", solution=True),
        marked("cell-1", grade=True),
    ]
    placed = with_places(items, cells)
    assert [item.name for item in placed] == ["q2", "cell-1", "lost"]
    assert {item.part for item in placed} == {"squares"}
    assert by_aspect(placed) == {}
    assert with_places(items, []) == [
        Item("squares", item.name, 1, False, part="squares") for item in items
    ]
