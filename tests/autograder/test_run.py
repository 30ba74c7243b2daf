"""A run comes back whatever the cells do, and says what happened."""

from __future__ import annotations

import time
from typing import Any

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.utils import determine_grade

from autograder.judge import judge
from autograder.notes import notes
from autograder.run import RunSubmission


def run_cells(*sources: str, **limits: int) -> NotebookNode:
    """Run sources as test cells of one point each, after a text cell."""
    cells: list[Any] = [new_markdown_cell("text")]
    for number, source in enumerate(sources):
        nbgrader = {"grade": True, "solution": False, "points": 1, "grade_id": f"t{number}"}
        cells.append(new_code_cell(source, metadata={"nbgrader": nbgrader}))
    notebook = new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    RunSubmission(**limits).preprocess(notebook, {})
    judge(notebook)
    return notebook


def points(notebook: NotebookNode) -> list[float]:
    return [determine_grade(cell)[0] or 0.0 for cell in notebook.cells[1:]]


def test_cells_run_in_order_and_share_their_names() -> None:
    notebook = run_cells("a = 1", "assert a == 1", "assert a == 2", "a")
    assert points(notebook) == [1, 1, 0, 1]
    assert notes(notebook) == []


def test_a_dead_process_keeps_the_points_before_it() -> None:
    notebook = run_cells("1", "import os; os._exit(0)", "2", "3")
    assert points(notebook) == [1, 0, 0, 0]
    assert "the Python process ended" in notebook.cells[2].outputs[-1].evalue
    assert "did not run: the Python process ended in cell 3" in notebook.cells[3].outputs[-1].evalue
    assert notes(notebook) == ["The cells did not all run: the Python process ended in cell 3."]


def test_a_cell_that_takes_too_long_is_interrupted_and_the_next_one_runs() -> None:
    notebook = run_cells("import time; time.sleep(60)", "1", cell_seconds=2)
    assert points(notebook) == [0, 1]


def test_a_cell_that_ignores_the_interrupt_does_not_hold_up_the_rest() -> None:
    deaf = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"
    start = time.monotonic()
    notebook = run_cells("1", deaf, *["2"] * 20, cell_seconds=2)
    assert points(notebook) == [1, 0] + [0] * 20
    assert time.monotonic() - start < 30
    assert "ignored the interrupt" in notes(notebook)[0]


def test_the_whole_submission_has_a_limit() -> None:
    sleep = "import time; time.sleep(60)"
    notebook = run_cells(*[sleep] * 9, "1", cell_seconds=2, submission_seconds=3)
    assert points(notebook) == [0] * 10
    assert "used up their 3 seconds" in notes(notebook)[0]


def test_output_has_a_limit_and_the_error_after_it_is_kept() -> None:
    notebook = run_cells(
        "for i in range(5000): print('x' * 1000, flush=True)\nraise ValueError('at the end')",
        output_bytes=100_000,
    )
    cell = notebook.cells[1]
    assert points(notebook) == [0]
    assert cell.outputs[-1].evalue == "at the end"
    assert sum(len(str(output)) for output in cell.outputs) < 250_000
    assert any("was dropped" in str(output) for output in cell.outputs)


def test_nothing_is_written_on_the_instructors_screen(capfd: pytest.CaptureFixture[str]) -> None:
    notebook = run_cells("import os, sys; os.write(2, b'raw'); print('said', file=sys.stderr)")
    assert points(notebook) == [1]
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""
