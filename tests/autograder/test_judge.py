"""After judging, a test cell has an error output exactly if it did not pass."""

from __future__ import annotations

from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from nbgrader.utils import determine_grade

from autograder.feedback import hide_tests, show_summary
from autograder.judge import judge
from autograder.notes import add_note


def cell_with(*outputs: Any, ran: bool = True, source: str = "check()") -> Any:
    metadata = {
        "nbgrader": {"grade": True, "solution": False, "points": 2, "grade_id": "t", "locked": True}
    }
    return new_code_cell(
        source, metadata=metadata, outputs=list(outputs), execution_count=1 if ran else None
    )


def points(cell: Any) -> float:
    """What nbgrader gives for the cell once it was judged."""
    judge(new_notebook(cells=[cell]))
    score, _ = determine_grade(cell)
    assert score is not None
    return float(score)


def error(name: str = "CheckFailed") -> Any:
    return new_output("error", ename=name, evalue="no", traceback=["line\nsecret"])


def number(text: str) -> Any:
    return new_output("execute_result", data={"text/plain": text}, execution_count=1)


def stream(name: str) -> Any:
    return new_output("stream", name=name, text="a library's note")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (cell_with(), 2),
        (cell_with(stream("stdout")), 2),
        (cell_with(stream("stderr")), 2),
        (cell_with(stream("stderr"), error()), 0),
        (cell_with(error()), 0),
        (cell_with(ran=False), 0),
        (cell_with(error(), ran=False), 0),
        (cell_with(number("1.5")), 1.5),
        (cell_with(number("0")), 0),
        (cell_with(number("1e9")), 2),
        (cell_with(number("-1")), 2),
        (cell_with(number("array([1])")), 2),
        (cell_with(number("nan")), 2),
    ],
)
def test_points(cell: Any, expected: float) -> None:
    assert points(cell) == expected


def test_what_was_written_to_stderr_can_still_be_read() -> None:
    cell = cell_with(stream("stderr"))
    judge(new_notebook(cells=[cell]))
    assert cell.outputs[0].text == "a library's note"


def test_other_cells_are_left_alone() -> None:
    cell = new_code_cell("1", outputs=[stream("stderr")])
    judge(new_notebook(cells=[cell]))
    assert cell.outputs[0].name == "stderr"


def test_feedback_shows_no_hidden_test() -> None:
    source = "visible\n### BEGIN HIDDEN TESTS\nsecret = 1\n### END HIDDEN TESTS\nalso visible"
    cell = cell_with(error("NameError"), source=source)
    mine = new_code_cell("secret of mine", outputs=[error("NameError")])
    notebook = new_notebook(cells=[cell, mine])
    hide_tests(notebook)
    assert cell.source == "visible\n# (hidden tests)\nalso visible"
    assert "secret" not in str(cell)
    assert "secret" in str(mine)


def test_feedback_keeps_the_message_of_a_check() -> None:
    cell = cell_with(error())
    hide_tests(new_notebook(cells=[cell]))
    assert cell.outputs[0].traceback == ["no"]  # the message, and nothing around it


def test_feedback_begins_with_what_failed_and_the_notes() -> None:
    failed = cell_with(
        new_output(
            "error", ename="CheckFailed", evalue="f is `wrong`\nx\n  hint      so", traceback=[]
        )
    )
    notebook = new_notebook(cells=[failed, cell_with()])
    add_note(notebook, "The cell was missing.")
    show_summary(notebook)
    top = notebook.cells[0].source
    assert "**1 of 2 tests passed.**" in top
    assert "* [t](#t), 2 points: `f is 'wrong'`; `so`" in top
    assert "The cell was missing." in top


def test_feedback_of_a_submission_that_did_not_run_counts_no_tests() -> None:
    notebook = new_notebook(cells=[cell_with(ran=False)])
    show_summary(notebook)
    assert len(notebook.cells) == 1
    add_note(notebook, "It could not be graded.")
    show_summary(notebook)
    assert "passed" not in notebook.cells[0].source
