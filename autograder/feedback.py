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


def told(output: NotebookNode) -> str:
    """What a student reads of an error in a test: a check's message, or the error and its text."""
    ours = output.ename == "CheckFailed"
    return str(output.evalue) if ours else f"{output.ename}: {output.evalue}"


def hide_tests(notebook: NotebookNode) -> None:
    """Take the hidden tests out of the sources and out of the tracebacks, in place.

    A traceback quotes the lines around the one that raised, hidden tests among them. The message
    of a check says all a student needs; of any other error the last line is left. A student's own
    exception may have the name of ours, so of that one too only the message is kept.
    """
    for cell in notebook.cells:
        if not is_test(cell):
            continue
        cell.source = _HIDDEN.sub("# (hidden tests)", cell.source)
        for output in cell.outputs:
            if output.output_type == "error":
                text = told(output)
                output.traceback = text.splitlines() or [text]


_HINT = re.compile(r"^  hint +(.+)$", re.M)


def _reason(output: NotebookNode) -> str:
    """Why a test failed, in one line of Markdown: the first line of the message, and its hint."""
    text = told(output)
    line = text.strip().splitlines()[0] if text.strip() else output.ename
    shown = line if len(line) <= 120 else line[:119] + "…"
    hint = _HINT.search(text) if output.ename == "CheckFailed" else None
    # As code, so that nothing in a student's message is taken for Markdown or HTML.
    quoted = [part.replace("`", "'") for part in [shown, *(hint.groups() if hint else ())]]
    return "; ".join(f"`{part}`" for part in quoted)


def summary(notebook: NotebookNode) -> str:
    """Markdown for the top of the page: how many tests passed, and why the others did not.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        A notebook that was judged, with nbgrader's scores in its metadata.

    Returns
    -------
    str
        Empty if no test ran.
    """
    tests = [cell for cell in notebook.cells if is_test(cell)]
    if not any(cell.outputs or cell.get("execution_count") for cell in tests):
        return ""
    rows = []
    for cell in tests:
        errors = [output for output in cell.outputs if output.output_type == "error"]
        if errors:
            meta = cell.metadata.nbgrader
            name, points = meta["grade_id"], f"{float(meta['points']):g}"
            unit = "point" if points == "1" else "points"
            rows.append(f"* [{name}](#{name}), {points} {unit}: {_reason(errors[0])}")
    text = f"**{len(tests) - len(rows)} of {len(tests)} tests passed.**"
    if rows:
        text += " These failed:\n\n" + "\n".join(rows)
    return text


def show_summary(notebook: NotebookNode) -> None:
    """Put what the autograder has to say of the submission at its top, in place."""
    parts = [part for part in [summary(notebook)] if part]
    said = notes(notebook)
    if said:
        parts.append("**Notes**\n\n" + "\n".join(f"* {note}" for note in said))
    if parts:
        notebook.cells.insert(0, new_markdown_cell("\n\n".join(parts), id="summary"))


class PrepareFeedback(Preprocessor):
    """`hide_tests` and `show_summary` as a step of nbgrader's feedback.

    Not a `NbGraderPreprocessor`: that one warns about an option of the HTML exporter.
    """

    enabled = Bool(True, help="Whether to prepare the page.").tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Prepare the page; nbgrader calls this with the autograded notebook."""
        hide_tests(nb)
        show_summary(nb)
        return nb, resources
