"""Find the submissions and look at their files before anything else does.

A submission comes from outside. What is wrong with its files is told here in one sentence, so that
nbgrader's converter never meets a file it cannot read.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import nbformat

#: A notebook larger than this is not read: its outputs have run away.
LARGEST_NOTEBOOK = 50_000_000


class UnreadableSubmission(Exception):
    """A submission that cannot be graded; the message says why and what to do."""


@dataclasses.dataclass(frozen=True)
class Submission:
    """One student's folder for one assignment."""

    student: str
    assignment: str
    folder: Path


def find_submissions(submitted: Path, assignment: str) -> list[Submission]:
    """The submissions of an assignment, by student.

    Parameters
    ----------
    submitted : pathlib.Path
        nbgrader's submitted directory, with a folder for each student.
    assignment : str
        Name of the assignment.

    Returns
    -------
    list of Submission
        One for each ``submitted/<student>/<assignment>``, sorted by student.
    """
    if not submitted.is_dir():
        return []
    return [
        Submission(student.name, assignment, student / assignment)
        for student in sorted(submitted.iterdir())
        if (student / assignment).is_dir() and not student.name.startswith(".")
    ]


def check_submission(submission: Submission, notebooks: Iterable[str]) -> None:
    """Raise unless every notebook of the assignment is there and can be read.

    Parameters
    ----------
    submission : Submission
    notebooks : iterable of str
        The assignment's notebooks, without ``.ipynb``.

    Raises
    ------
    UnreadableSubmission
        With one sentence that names the file and the way out.
    """
    for name in notebooks:
        path = submission.folder / f"{name}.ipynb"
        if not path.exists():
            others = sorted(p.name for p in submission.folder.glob("*.ipynb"))
            found = f" (found {', '.join(others)}: rename the right one)" if others else ""
            raise UnreadableSubmission(f"{path.name} was not handed in{found}.")
        check_notebook(path)


def check_notebook(path: Path) -> None:
    """Raise unless the file is a notebook that nbformat can read.

    Raises
    ------
    UnreadableSubmission
        With one sentence that names the file and the way out.
    """
    again = "ask for it again, saved by JupyterLab"
    if path.is_symlink() or not path.is_file():
        raise UnreadableSubmission(f"{path.name} is not a regular file; {again}.")
    size = path.stat().st_size
    if size > LARGEST_NOTEBOOK:
        raise UnreadableSubmission(
            f"{path.name} has {size / 1e6:.0f} MB, more than {LARGEST_NOTEBOOK / 1e6:.0f}; ask for "
            "it again with its outputs cleared."
        )
    if size == 0:
        raise UnreadableSubmission(f"{path.name} is empty; {again}.")
    try:
        content = json.loads(path.read_text("utf-8"))
    except UnicodeDecodeError:
        raise UnreadableSubmission(f"{path.name} is not text in UTF-8; {again}.") from None
    except json.JSONDecodeError as error:
        raise UnreadableSubmission(
            f"{path.name} is not valid JSON: {error.msg} in line {error.lineno}; {again}."
        ) from None
    except RecursionError:
        raise UnreadableSubmission(f"{path.name} is nested too deeply; {again}.") from None
    if not isinstance(content, dict) or not ("cells" in content or "worksheets" in content):
        raise UnreadableSubmission(f"{path.name} is JSON, but no notebook; {again}.")
    try:
        nbformat.reads(json.dumps(content), as_version=4)
    except Exception as error:  # noqa: BLE001 - nbformat raises many kinds for a broken notebook
        reason = str(error).strip().splitlines()[0][:120] if str(error).strip() else repr(error)
        raise UnreadableSubmission(
            f"{path.name} cannot be read as a notebook ({reason}); {again}."
        ) from None


def digest(submission: Submission) -> str:
    """A fingerprint of all files of a submission, to tell whether it has changed.

    Returns
    -------
    str
        Hexadecimal SHA-256 of names and contents.
    """
    total = hashlib.sha256()
    for path in sorted(submission.folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            total.update(str(path.relative_to(submission.folder)).encode() + b"\0")
            with path.open("rb") as file:
                total.update(
                    hashlib.file_digest(file, "sha256").digest()
                    if hasattr(hashlib, "file_digest")
                    else hashlib.sha256(file.read()).digest()
                )
    return total.hexdigest()
