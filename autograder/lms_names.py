"""What the names in a learning platform's archive say: whose file it is, and which one.

Everything in such a name but its beginning was chosen by a student. A name is read from its
beginning, and one that could lead anywhere else than into its student's folder is refused.
"""

from __future__ import annotations

import dataclasses
import datetime
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from nbgrader.utils import parse_utc

#: Patterns of names as platforms write them. `number` is the platform's own, and tells students
#: apart who share a name; `version` is the platform's count of a student's attempts.
PATTERNS = {
    # Ada Lovelace_12345_assignsubmission_file_/forward.ipynb, or without the slash. The number is
    # another one in each assignment, so it cannot be part of the id.
    "moodle": r"(?P<student_id>[^/]+?)_(?P<number>\d+)_assignsubmission_file(?:_?/|_)(?P<file>.+)",
    # The same with the number in the id: where students are anonymous, or share a name.
    "moodle-numbers": (
        r"(?P<student_id>[^/]+?_(?P<number>\d+))_assignsubmission_file(?:_?/|_)(?P<file>.+)"
    ),
    # lovelaceada_12345_67890_forward-1.ipynb, lovelaceada_LATE_12345_67890_forward.ipynb. The first
    # number is the student's for good.
    "canvas": (
        r"(?P<name>[^/_]+)(?P<late>_(?i:late))?_(?P<student_id>\d+)_\d+_"
        r"(?P<file>[^/]+?(?:-(?P<version>\d+))?(?:\.[^./]*)?)"
    ),
}

#: Names that operating systems put into archives by themselves.
_OF_SYSTEMS = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")

#: Characters of an id: nbgrader's gradebook holds no more.
LONGEST_ID = 100

#: nbgrader finds submissions by patterns, where these have a meaning; `+` separates in its
#: exchange, `,` in its lists, and the others cannot be in a file's name everywhere.
_NOT_IN_IDS = set('*?[]{}+,<>:"|\\/')

_BY_WINDOWS = re.compile(r"(?i)(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?")


class BadName(Exception):
    """A name that is not taken; the message says why."""


@dataclasses.dataclass(frozen=True)
class Named:
    """What a name says.

    Attributes
    ----------
    student : str
        nbgrader's student id.
    number : str
        The platform's number of the student; empty if its names have none.
    file : str
        File name without folders, and without the platform's count of attempts.
    depth : int
        How many folders of the student's own it lies in.
    version : int
        The platform's count of attempts.
    time : datetime.datetime or None
        Time of submission in UTC, where names have it.
    late : bool
        Whether the platform calls it late.
    name : str
        The student's name, where it is not the id.
    """

    student: str
    number: str
    file: str
    depth: int
    version: int = 0
    time: datetime.datetime | None = None
    late: bool = False
    name: str = ""


def shown(text: str) -> str:
    """A name for the screen: what is not printable, or turns writing round, is written as code."""
    safe = "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )
    return safe if len(safe) <= 120 else f"{safe[:80]}… ({len(text)} characters)"


def of_system(path: str) -> bool:
    """Whether an operating system put it into the archive."""
    return any(part in _OF_SYSTEMS or part.startswith("._") for part in path.split("/"))


def check_path(path: str) -> None:
    """Raise unless the path of an entry is a plain relative one.

    Raises
    ------
    BadName
    """
    parts = path.split("/")
    if path.startswith("/") or "\\" in path or re.match(r"[A-Za-z]:", path):
        raise BadName("its path is absolute, or of Windows")
    if ".." in parts or "." in parts or "" in parts:
        raise BadName("its path leaves the folder")
    if any(unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp") for letter in path):
        raise BadName("there are control characters in its name")
    if len(path) > 1000 or any(len(part.encode()) > 250 for part in parts):
        raise BadName("its name is too long")


def check_id(student: str) -> None:
    """Raise unless a student id can be a folder's name, and nbgrader can work with it.

    Raises
    ------
    BadName
    """
    if (
        not student
        or student.startswith((".", "-", " "))
        or student.endswith((".", " "))
        or set(student) & _NOT_IN_IDS
        or _BY_WINDOWS.fullmatch(student)
    ):
        raise BadName(f"“{shown(student)}” cannot be a student's id")
    if len(student) > LONGEST_ID:
        raise BadName(f"a student's id has at most {LONGEST_ID} characters")


def same(student: str) -> str:
    """What two ids share that some file systems, or people, cannot tell apart."""
    return unicodedata.normalize("NFKC", student).casefold()


class Names:
    """How names are read.

    Parameters
    ----------
    pattern : str
        A name of `PATTERNS`, or a regular expression for an entry's path, with the groups of
        nbgrader's ``FileNameCollectorPlugin.named_regexp``.

    Raises
    ------
    ValueError
        If it is no regular expression, or has no group `student_id`.
    """

    def __init__(self, pattern: str) -> None:
        self.platform = pattern if pattern in PATTERNS else ""
        try:
            self._pattern = re.compile(PATTERNS.get(pattern, pattern), re.DOTALL)
        except re.error as error:
            raise ValueError(f"it is no regular expression: {error}") from None
        if "student_id" not in self._pattern.groupindex:
            raise ValueError("it has no group (?P<student_id>…)")

    def match(self, path: str) -> re.Match[str] | None:
        """Match a path. A platform's names may lie in a folder that holds all of them."""
        if not self.platform:
            return self._pattern.match(path)
        start = 0
        while True:  # folders from the left: the first that matches is the platform's
            match = self._pattern.fullmatch(path, start)
            if match or "/" not in path[start:]:
                return match
            start = path.index("/", start) + 1

    def read(self, path: str) -> Named:
        """Read the path of an entry.

        Raises
        ------
        BadName
            If the path is not safe, or not of this kind.
        """
        check_path(path)
        match = self.match(path)
        if match is None:
            raise BadName("its name is none of the platform's" if self.platform else "no match")
        group = match.groupdict()
        student = (group["student_id"] or "").strip()
        check_id(student)
        inside = group["file"] if group.get("file") else path.rsplit("/", 1)[-1]
        *folders, file = inside.split("/")
        if not self.platform and group.get("file_id"):
            file = re.sub(r"\.ipynb$", "", group["file_id"].rsplit("/", 1)[-1]) + ".ipynb"
        version = group.get("version") or ""
        if version and len(version) < 5:
            file = re.sub(rf"-{version}(\.[^.]*)?$", r"\1", file)
        time = None
        if group.get("timestamp"):
            try:
                time = parse_utc(group["timestamp"])
            except (ValueError, OverflowError):
                raise BadName(f"“{shown(group['timestamp'])}” is no time") from None
        return Named(
            student=student,
            number=group.get("number") or "",
            file=file,
            depth=len(folders),
            version=int(version) if version and len(version) < 5 else 0,
            time=time,
            late=bool(group.get("late")),
            name=group.get("name") or "",
        )


def recognise(paths: Iterable[str]) -> Literal["moodle", "canvas"] | None:
    """The platform whose names most of the paths are; None if that is none, or two."""
    moodle, canvas = Names("moodle"), Names("canvas")
    paths = list(paths)
    counts = [sum(names.match(path) is not None for path in paths) for names in (moodle, canvas)]
    if counts[0] == counts[1]:
        return None
    return "moodle" if counts[0] > counts[1] else "canvas"


def not_told_apart(students: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Ids that might be of two people, and why.

    Parameters
    ----------
    students : iterable of (str, str)
        Id and number of each entry.

    Returns
    -------
    dict of str to str
        Reason by id.
    """
    groups: dict[str, set[tuple[str, str]]] = {}
    for student, number in students:
        groups.setdefault(same(student), set()).add((student, number))
    return {
        student: _why([other for other in sorted(group) if other != (student, number)], student)
        for group in groups.values()
        if len(group) > 1
        for student, number in group
    }


def _why(others: Sequence[tuple[str, str]], student: str) -> str:
    def who() -> Iterator[str]:
        for other, number in others:
            yield shown(other if other != student else f"number {number}")

    return f"cannot be told apart from {', '.join(who())}"
