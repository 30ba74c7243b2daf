"""From the text sources under ``solutions/`` to the notebooks that nbgrader reads.

An assignment is written once, as text: ``solutions/<assignment>/<assignment>.py`` in jupytext's
percent format. nbgrader wants ``solutions/<assignment>/<assignment>.ipynb``, and beside it the
checks that the tests import. Both are written here, from `nbgrader_config.py`, so that every
nbgrader command finds them up to date; neither is kept in git.
"""

from __future__ import annotations

from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

from autograder.files import write_if_changed

#: Beside each notebook lies a copy of this folder; its source of truth is in this package.
CHECKS = Path(__file__).with_name("pooling_checks")


def text_sources(solutions: Path) -> list[Path]:
    """The assignments' text sources, ``solutions/<assignment>/<assignment>.py``."""
    return sorted(path for path in solutions.glob("*/*.py") if path.stem == path.parent.name)


def to_notebook(text: str) -> NotebookNode:
    """Turn a text source into a notebook; the same text gives the same notebook.

    Parameters
    ----------
    text : str
        Percent-format source.

    Returns
    -------
    nbformat.NotebookNode
        Notebook without outputs. A cell's id is its ``grade_id``, or its place: ids drawn at
        random would make every release differ from the one before.
    """
    notebook = jupytext.reads(text, fmt="py:percent")
    for number, cell in enumerate(notebook.cells):
        cell["id"] = cell.metadata.get("nbgrader", {}).get("grade_id", f"text-{number}")
        # jupytext's note of how many blank lines follow in the text; a notebook has no use for it.
        cell.metadata.pop("lines_to_next_cell", None)
    notebook.metadata.pop("jupytext", None)
    nbformat.validate(notebook)
    return notebook


def write_notebooks(solutions: Path) -> list[Path]:
    """Bring the notebooks and the copies of the checks under `solutions` up to date.

    Parameters
    ----------
    solutions : pathlib.Path
        nbgrader's source directory.

    Returns
    -------
    list of pathlib.Path
        The files that were written; those already up to date are left alone.
    """
    written = []
    for source in text_sources(solutions):
        notebook = source.with_suffix(".ipynb")
        # Reading the source again would cost each nbgrader command a second.
        if not notebook.exists() or notebook.stat().st_mtime < source.stat().st_mtime:
            text = nbformat.writes(to_notebook(source.read_text("utf-8"))) + "\n"
            if not write_if_changed(notebook, text.encode()):
                notebook.touch()
            written.append(notebook)
        copies = source.with_name(CHECKS.name)
        for module in sorted(CHECKS.glob("*.py")):
            copy = copies / module.name
            copy.parent.mkdir(exist_ok=True)
            if write_if_changed(copy, module.read_bytes()):
                written.append(copy)
        for copy in copies.glob("*.py"):
            if not (CHECKS / copy.name).exists():
                copy.unlink()
    return written
