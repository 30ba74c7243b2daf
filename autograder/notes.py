"""What the autograder has to say of a submission, kept in the notebook's metadata."""

from __future__ import annotations

from nbformat import NotebookNode

_KEY = "autograder"


def add_note(notebook: NotebookNode, note: str) -> None:
    """Add a sentence, fit for the student and the instructor to read."""
    notebook.metadata.setdefault(_KEY, {}).setdefault("notes", []).append(note)


def notes(notebook: NotebookNode) -> list[str]:
    """The sentences so far, the first one first."""
    return list(notebook.metadata.get(_KEY, {}).get("notes", []))


def set_restored(notebook: NotebookNode, tests: int) -> None:
    """Say how many tests were missing and had to be put back."""
    notebook.metadata.setdefault(_KEY, {})["restored"] = tests


def restored(notebook: NotebookNode) -> int:
    """How many tests had to be put back."""
    return int(notebook.metadata.get(_KEY, {}).get("restored", 0))
