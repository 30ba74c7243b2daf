"""What the outputs of a test cell mean, before nbgrader turns them into points.

nbgrader gives no points to a test that wrote to stderr, even if that was a library's warning, and
full points to a test without output, even if it never ran. `judge` states both cases plainly:
afterwards a test cell has an error output exactly if it did not pass.
"""

from __future__ import annotations

from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader import utils
from nbgrader.preprocessors import NbGraderPreprocessor


def error_output(name: str, message: str) -> NotebookNode:
    """An error as a cell's output, with the message as its whole traceback."""
    return new_output("error", ename=name, evalue=message, traceback=[f"{name}: {message}"])


def is_test(cell: NotebookNode) -> bool:
    """Whether the cell is an autograded test."""
    return cell.cell_type == "code" and utils.is_grade(cell) and not utils.is_solution(cell)


def _is_partial_credit(output: NotebookNode, points: float) -> bool:
    """Whether an ``execute_result`` is a number of points that the cell can give."""
    try:
        return 0 <= float(output.get("data", {}).get("text/plain", "")) <= points
    except ValueError:
        return False


def judge(notebook: NotebookNode) -> None:
    """Make the outputs of every test cell say what happened; changes `notebook` in place.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        A notebook that was run.
    """
    for cell in notebook.cells:
        if not is_test(cell):
            continue
        points = float(cell.metadata.nbgrader["points"])
        for output in cell.outputs:
            if output.output_type == "stream" and output.name == "stderr":
                output.name = "stdout"  # still to be read, no longer held against the student
            elif output.output_type == "execute_result" and not _is_partial_credit(output, points):
                # nbgrader would read it as points: full ones if it is no number, and it would
                # raise, and lose the submission, if it is a number above the cell's.
                output.output_type = "display_data"
                output.pop("execution_count", None)
        failed = any(output.output_type == "error" for output in cell.outputs)
        if cell.get("execution_count") is None and cell.source.strip() and not failed:
            cell.outputs.append(error_output("NotRun", "this test never ran."))


class JudgeTests(NbGraderPreprocessor):
    """`judge` as a step of nbgrader's, after the cells have run and before scores are taken."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Judge the notebook; nbgrader calls this."""
        judge(nb)
        return nb, resources
