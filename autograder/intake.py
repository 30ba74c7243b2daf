"""Find the submissions and look at their files before anything else does.

A submission comes from outside. What is wrong with its files is told here in one sentence, so that
nbgrader's converter never meets a file it cannot read.
"""

from __future__ import annotations

import codecs
import dataclasses
import json
import shutil
from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbgrader.utils import parse_utc

#: Bytes. A larger file is not read: the outputs of a notebook have run away.
LARGEST_FILE = 50_000_000

#: Bytes and number of all files of a submission; the runner could not hold more of them.
LARGEST_SUBMISSION = 200_000_000
MOST_FILES = 1000


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
    if size > LARGEST_FILE:
        raise UnreadableSubmission(
            f"{path.name} has {size / 1e6:.0f} MB, more than {LARGEST_FILE / 1e6:.0f}; ask for "
            "it again with its outputs cleared."
        )
    if size == 0:
        raise UnreadableSubmission(f"{path.name} is empty; {again}.")
    try:
        content = json.loads(_text(path))
    except UnicodeDecodeError:
        raise UnreadableSubmission(f"{path.name} is not text in UTF-8; {again}.") from None
    except json.JSONDecodeError as error:
        raise UnreadableSubmission(
            f"{path.name} is not valid JSON: {error.msg} in line {error.lineno}; {again}."
        ) from None
    except RecursionError:
        raise UnreadableSubmission(f"{path.name} is nested too deeply; {again}.") from None
    except ValueError:  # Python refuses numbers of thousands of digits
        raise UnreadableSubmission(
            f"{path.name} holds a number that is too long; {again}."
        ) from None
    if not isinstance(content, dict) or not ("cells" in content or "worksheets" in content):
        raise UnreadableSubmission(f"{path.name} is JSON, but no notebook; {again}.")
    try:
        nbformat.reads(json.dumps(content), as_version=4)
    except Exception as error:  # noqa: BLE001 - nbformat raises many kinds for a broken notebook
        reason = str(error).strip().splitlines()[0][:120] if str(error).strip() else repr(error)
        raise UnreadableSubmission(
            f"{path.name} cannot be read as a notebook ({reason}); {again}."
        ) from None


def _text(path: Path) -> str:
    """A file's text in UTF-8. Some editors begin it with a byte order mark, which JSON forbids."""
    return path.read_text("utf-8-sig")


def stage(submission: Submission, folder: Path) -> list[str]:
    """Copy what nbgrader shall see of a submission into an empty folder.

    nbgrader follows links, and so would hand out what they point to with the feedback; and it
    stops at a time stamp it cannot read.

    Parameters
    ----------
    submission : Submission
    folder : pathlib.Path
        Where to; what is there is removed first.

    Returns
    -------
    list of str
        A sentence for each file that was left out.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    left_out = []
    too_many = files = size = 0
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
        files, size = files + 1, size + path.stat().st_size
        if files > MOST_FILES or size > LARGEST_SUBMISSION:
            too_many += 1
            continue
        if name == Path("timestamp.txt"):
            try:
                parse_utc(path.read_text("utf-8").strip())
            except (ValueError, OverflowError):
                left_out.append("The time stamp of the submission cannot be read; it was left out.")
                continue
        copy = folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".ipynb":
            copy.write_bytes(path.read_bytes().removeprefix(codecs.BOM_UTF8))
        else:
            shutil.copyfile(path, copy)
    if too_many:
        left_out.append(
            f"{too_many:,} files were left out: a submission can have {MOST_FILES:,} files, of "
            f"{LARGEST_SUBMISSION / 1e6:.0f} MB together."
        )
    return left_out


def _notebooks_and_small_ones_first(path: Path) -> tuple[bool, int, Path]:
    return path.suffix != ".ipynb", path.lstat().st_size, path
