"""What a student reads on the feedback page, and what stays hidden there."""

from __future__ import annotations

import re
from typing import Any

from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from traitlets import Bool

from autograder.judge import is_test
from autograder.notes import notes

_HIDDEN = re.compile(r"^[^\n]*BEGIN HIDDEN TESTS.*?(END HIDDEN TESTS[^\n]*|\Z)", re.S | re.M)


def hide_tests(notebook: NotebookNode) -> None:
    """Take the hidden tests out of the sources and out of the tracebacks, in place.

    A traceback quotes the lines around the one that raised, hidden tests among them. The message
    of a check says all a student needs; of any other error the last line is left.
    """
    for cell in notebook.cells:
        if not is_test(cell):
            continue
        cell.source = _HIDDEN.sub("# (hidden tests ran here)", cell.source)
        for output in cell.outputs:
            if output.output_type == "error" and output.ename != "CheckFailed":
                output.traceback = [f"{output.ename}: {output.evalue}"]


def show_notes(notebook: NotebookNode) -> None:
    """Put what the autograder has to say of the submission at its top, in place."""
    said = notes(notebook)
    if said:
        lines = "\n".join(f"* {note}" for note in said)
        cell = new_markdown_cell(
            f"**About this submission**\n\n{lines}", id="about-this-submission"
        )
        notebook.cells.insert(0, cell)


class PrepareFeedback(Preprocessor):
    """`hide_tests` and `show_notes` as a step of nbgrader's feedback.

    Not a `NbGraderPreprocessor`: that one warns about an option of the HTML exporter.
    """

    enabled = Bool(True, help="Whether to prepare the page.").tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Prepare the page; nbgrader calls this with the autograded notebook."""
        hide_tests(nb)
        show_notes(nb)
        return nb, resources
