"""Find the submissions and look at their files before anything else does.

A submission comes from outside. What is wrong with its files is told here in one sentence, so that
nbgrader's converter never meets a file it cannot read.
"""

from __future__ import annotations

import codecs
import dataclasses
import datetime
import json
from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.utils import parse_utc

#: Bytes. A larger file is not read: the outputs of a notebook have run away.
LARGEST_FILE = 50_000_000

#: Bytes and number of all files of a submission; the runner could not hold more of them.
LARGEST_SUBMISSION = 200_000_000
MOST_FILES = 1000

#: In which nbgrader keeps when a submission was handed in.
TIME_STAMP = Path("timestamp.txt")


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


def read_submission(
    submission: Submission, notebooks: Iterable[str]
) -> tuple[dict[str, bytes], list[str]]:
    """The files of a submission, as far as they count.

    Parameters
    ----------
    submission : Submission
    notebooks : iterable of str
        The assignment's notebooks, without ``.ipynb``.

    Returns
    -------
    files : dict of str to bytes
        By path in the folder.
    left_out : list of str
        A sentence for each file that was left out.

    Raises
    ------
    UnreadableSubmission
        If a notebook is missing, or no file that can be read: one sentence that names it and the
        way out.
    """
    if set(submission.student) & set("*?[]"):
        raise UnreadableSubmission(
            f"nbgrader cannot work with the characters *?[] in a student's id: rename the folder "
            f"“{submission.student}”."
        )
    if submission.folder.is_symlink():
        raise UnreadableSubmission(
            f"The folder “{submission.folder.name}” is a link; put the files themselves there."
        )
    for name in notebooks:
        path = submission.folder / f"{name}.ipynb"
        if not path.exists() and not path.is_symlink():
            others = sorted(p.name for p in submission.folder.glob("*.ipynb"))
            found = f" (found {', '.join(others)}: rename the right one)" if others else ""
            raise UnreadableSubmission(f"{path.name} was not handed in{found}.")
        _check_notebook_file(path)
    taken, left_out = files_of(submission)
    return {name.as_posix(): path.read_bytes() for name, path in taken.items()}, left_out


_AGAIN = "ask for it again, saved by JupyterLab"


def _check_notebook_file(path: Path) -> None:
    if path.is_symlink() or not path.is_file():
        raise UnreadableSubmission(f"{path.name} is not a regular file; {_AGAIN}.")
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise UnreadableSubmission(
            f"{path.name} has {size / 1e6:.0f} MB, more than {LARGEST_FILE / 1e6:.0f}; ask for "
            "it again with its outputs cleared."
        )
    if size == 0:
        raise UnreadableSubmission(f"{path.name} is empty; {_AGAIN}.")


def read_notebook(name: str, data: bytes) -> NotebookNode:
    """A notebook from its file's bytes, in the newest format.

    Parameters
    ----------
    name : str
        The file's name, for messages.
    data : bytes

    Raises
    ------
    UnreadableSubmission
        With one sentence that names the file and the way out.
    """
    try:
        # Some editors begin a file with a byte order mark, which JSON forbids.
        content = json.loads(data.removeprefix(codecs.BOM_UTF8).decode())
    except UnicodeDecodeError:
        raise UnreadableSubmission(f"{name} is not text in UTF-8; {_AGAIN}.") from None
    except json.JSONDecodeError as error:
        raise UnreadableSubmission(
            f"{name} is not valid JSON: {error.msg} in line {error.lineno}; {_AGAIN}."
        ) from None
    except RecursionError:
        raise UnreadableSubmission(f"{name} is nested too deeply; {_AGAIN}.") from None
    except ValueError:  # Python refuses numbers of thousands of digits
        raise UnreadableSubmission(f"{name} holds a number that is too long; {_AGAIN}.") from None
    if not isinstance(content, dict) or not ("cells" in content or "worksheets" in content):
        raise UnreadableSubmission(f"{name} is JSON, but no notebook; {_AGAIN}.")
    try:
        return nbformat.reads(json.dumps(content), as_version=4)
    except Exception as error:  # noqa: BLE001 - nbformat raises many kinds for a broken notebook
        reason = str(error).strip().splitlines()[0][:120] if str(error).strip() else repr(error)
        raise UnreadableSubmission(
            f"{name} cannot be read as a notebook ({reason}); {_AGAIN}."
        ) from None


def files_of(submission: Submission) -> tuple[dict[Path, Path], list[str]]:
    """The files of a submission that count: regular ones, not too large, not too many.

    nbgrader follows links, and so would hand out what they point to with the feedback; and it
    stops at a time stamp it cannot read.

    Parameters
    ----------
    submission : Submission

    Returns
    -------
    taken : dict of pathlib.Path to pathlib.Path
        Paths by their names in the folder.
    left_out : list of str
        A sentence for each file that was left out.
    """
    left_out = []
    taken: dict[Path, Path] = {}
    too_many = size = 0
    for path in sorted(submission.folder.rglob("*"), key=_notebooks_and_small_ones_first):
        name = path.relative_to(submission.folder)
        if any((submission.folder / part).is_symlink() for part in (name, *name.parents)):
            if path.is_symlink():
                left_out.append(f"The file “{name}” is a link and was left out.")
            continue
        if path.is_dir():
            continue
        if not path.is_file() or path.stat().st_size > LARGEST_FILE:
            left_out.append(f"The file “{name}” is too large, or no regular file; it was left out.")
            continue
        size += path.stat().st_size
        if len(taken) >= MOST_FILES or size > LARGEST_SUBMISSION:
            too_many += 1
            continue
        if name == TIME_STAMP and time_stamp(path.read_bytes()) is None:
            left_out.append("The time stamp of the submission cannot be read; it was left out.")
            continue
        taken[name] = path
    if too_many:
        left_out.append(
            f"{too_many:,} files were left out: a submission can have {MOST_FILES:,} files, of "
            f"{LARGEST_SUBMISSION / 1e6:.0f} MB together."
        )
    return taken, left_out


def time_stamp(content: bytes) -> datetime.datetime | None:
    """When a submission was handed in, from what stands in its `TIME_STAMP`.

    In UTC and without a time zone, as nbgrader keeps it; None if it cannot be read.
    """
    try:
        found = parse_utc(content.decode().strip())
    except (ValueError, OverflowError):
        return None
    return found if isinstance(found, datetime.datetime) else None


def _notebooks_and_small_ones_first(path: Path) -> tuple[bool, int, Path]:
    return path.suffix != ".ipynb", path.lstat().st_size, path
