"""Collect the submissions in an archive that was downloaded from a learning platform.

nbgrader's ``zip_collect`` stops at the first name that it cannot take, unpacks whatever has room on
the disk, archives in archives too, and with ``--force`` removes what was handed in before. This
puts each notebook that is safe to its place, and says what became of every other file.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import lzma
import os
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

from autograder.faults import Fault
from autograder.intake import LARGEST_FILE
from autograder.lms_names import (
    BadName,
    Named,
    Names,
    check_path,
    not_told_apart,
    of_system,
    recognise,
    same,
    shown,
)

if TYPE_CHECKING:
    from rich.table import Table

#: Entries of an archive, and bytes of all that is unpacked from it.
MOST_ENTRIES = 20_000
MOST_BYTES = 4_000_000_000

#: Text does not shrink to less than one part in so many, unless somebody wanted it to.
MOST_RATIO = 200
#: Bytes. Below this, no ratio is too high.
SMALL = 1_000_000

#: What unpacking a damaged or odd entry can raise.
UNPACKING = (
    BadName,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    RuntimeError,
)

COLLECTED = "collected"
SAME = "unchanged"
REPLACED = "replaced"
#: Nothing is missing without it: an earlier attempt, a file beside the notebook.
PASSED_OVER = "passed over"
LEFT_OUT = "left out"


@dataclasses.dataclass(frozen=True)
class Line:
    """What became of one file, or of one student's.

    Attributes
    ----------
    who : str
        Student id, or the entry's path where it is nobody's.
    what : str
        `COLLECTED`, `SAME`, `REPLACED`, `PASSED_OVER` or `LEFT_OUT`.
    about : str
        Which file, or why not.
    """

    who: str
    what: str
    about: str


@dataclasses.dataclass(frozen=True)
class Entry:
    """A file of the archive and what its name says."""

    info: zipfile.ZipInfo
    named: Named

    @property
    def path(self) -> str:
        return shown(self.info.filename)


def check_entry(info: zipfile.ZipInfo) -> None:
    """Raise unless an entry is a regular file of a plausible size.

    Raises
    ------
    autograder.lms_names.BadName
    """
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind and not stat.S_ISREG(kind):
        raise BadName("it is a link, or no regular file")
    if info.flag_bits & 1:
        raise BadName("it is encrypted")
    if info.file_size > LARGEST_FILE:
        raise BadName(
            f"it unpacks to {info.file_size / 1e6:,.0f} MB, more than {LARGEST_FILE / 1e6:.0f}; "
            "ask for it again with its outputs cleared"
        )
    if info.file_size > SMALL and info.file_size > MOST_RATIO * info.compress_size:
        raise BadName(
            f"it unpacks to more than {MOST_RATIO} times its size; ask for it again with its "
            "outputs cleared"
        )


def choose(entries: Iterable[Entry], notebooks: Sequence[str]) -> tuple[list[Entry], list[Line]]:
    """The notebooks of one student that are collected, and what became of the others.

    Of two attempts the later counts: by time of submission where names have it, and by the
    platform's count. A notebook that is not named as it was released is taken where nothing else
    is, so that grading can say what it should be called.

    Parameters
    ----------
    entries : iterable of Entry
        A student's files.
    notebooks : sequence of str
        File names of the assignment's notebooks.

    Returns
    -------
    list of Entry
        One for each file name.
    list of Line
    """
    chosen: list[Entry] = []
    lines: list[Line] = []
    by_name: dict[str, list[Entry]] = {}
    for entry in entries:
        if not entry.named.file.endswith(".ipynb"):
            archive = entry.named.file.lower().endswith((".zip", ".gz", ".tar", ".7z", ".rar"))
            kind = "an archive; ask for the notebook itself" if archive else "no notebook"
            lines.append(Line(entry.named.student, PASSED_OVER, f"{entry.path}: {kind}"))
        else:
            by_name.setdefault(entry.named.file, []).append(entry)
    expected = [name for name in notebooks if name in by_name]
    for name, found in by_name.items():
        found.sort(key=_rank, reverse=True)
        best = found[0]
        if expected and name not in notebooks:
            best_is = f"the assignment has {' and '.join(notebooks)}"
            lines += [
                Line(e.named.student, PASSED_OVER, f"{e.path}: no notebook of it; {best_is}")
                for e in found
            ]
            continue
        if len(found) > 1 and _rank(found[1]) == _rank(best):
            lines.append(
                Line(
                    best.named.student,
                    LEFT_OUT,
                    f"{best.path} and {found[1].path}: nothing tells which one counts; put the "
                    "right one in its place by hand",
                )
            )
            continue
        chosen.append(best)
        lines += [
            Line(e.named.student, PASSED_OVER, f"{e.path}: {best.path} is the one that counts")
            for e in found[1:]
        ]
    if not chosen:
        lines = [dataclasses.replace(line, what=LEFT_OUT) for line in lines]
    return chosen, lines


def _rank(entry: Entry) -> tuple[datetime.datetime, int, int]:
    named = entry.named
    return named.time or datetime.datetime.min, named.version, -named.depth


class Submitted:
    """nbgrader's submitted directory, for one assignment.

    Parameters
    ----------
    folder : pathlib.Path
        ``submitted``; made if need be.
    assignment : str
    force : bool
        Whether a submission that differs from what is there replaces it.
    """

    def __init__(self, folder: Path, assignment: str, force: bool) -> None:
        self._folder, self._assignment, self._force = folder, assignment, force
        folder.mkdir(parents=True, exist_ok=True)
        self._there = {same(path.name): path.name for path in folder.iterdir()}

    def put(self, student: str, files: dict[str, bytes]) -> Line:
        """Put a student's files into their place, all or none.

        What was there is kept in ``submitted/.replaced``.
        """
        before = self._there.get(same(student), student)
        place = self._folder / student / self._assignment
        if before != student:
            about = f"there is a folder {shown(before)} already, which differs in case or form only"
            return Line(student, LEFT_OUT, about)
        for path in (self._folder / student, place):
            if path.is_symlink() or (path.exists() and not path.is_dir()):
                return Line(student, LEFT_OUT, f"{path} is not a folder")
        about = ", ".join(sorted(name for name in files if name.endswith(".ipynb")))
        there = _files(place) if place.exists() else None
        if there == files:
            return Line(student, SAME, about)
        if there is not None and not self._force:
            about = "there is another submission already; --force puts this one in its place"
            return Line(student, LEFT_OUT, about)
        new = Path(tempfile.mkdtemp(dir=self._folder, prefix=".collect-")) / self._assignment
        try:
            new.mkdir()
            for name, content in files.items():
                (new / name).write_bytes(content)
            place.parent.mkdir(exist_ok=True)
            if there is not None:
                aside = self._aside(student)
                place.replace(aside)
                about += f"; the one before is in {aside.relative_to(self._folder.parent)}"
            new.replace(place)
        finally:
            shutil.rmtree(new.parent, ignore_errors=True)
        self._there[same(student)] = student
        return Line(student, COLLECTED if there is None else REPLACED, about)

    def _aside(self, student: str) -> Path:
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d-%H%M%S.%f")
        aside = self._folder / ".replaced" / now / student
        aside.mkdir(parents=True)
        return aside / self._assignment


def _files(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def collect(
    archive: IO[bytes] | Path, names: str | None, notebooks: Sequence[str], submitted: Submitted
) -> list[Line]:
    """Collect the notebooks in an archive.

    Parameters
    ----------
    archive : pathlib.Path or binary file
    names : str or None
        How names are read (`autograder.lms_names.Names`); None looks which platform it is.
    notebooks : sequence of str
        File names of the assignment's notebooks.
    submitted : Submitted
        Where to.

    Returns
    -------
    list of Line
        By student.

    Raises
    ------
    autograder.faults.Fault
        If it is no archive, or nothing says how its names are to be read.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            return _collect(opened, names, notebooks, submitted)
    except zipfile.BadZipFile as error:
        raise Fault(f"{archive} is no ZIP file that can be read ({error}).") from None


def _collect(
    archive: zipfile.ZipFile, names: str | None, notebooks: Sequence[str], submitted: Submitted
) -> list[Line]:
    files = [info for info in archive.infolist() if not info.filename.endswith("/")]
    if len(files) > MOST_ENTRIES:
        raise Fault(
            f"the archive has {len(files):,} files; more than {MOST_ENTRIES:,} is no class."
        )
    files = [info for info in files if not of_system(info.filename)]
    reader = reader_for(names, [info.filename for info in files])
    lines: list[Line] = []
    by_student: dict[str, list[Entry]] = {}
    numbers: set[tuple[str, str]] = set()
    for info in files:
        try:
            check_path(info.orig_filename)  # zipfile cuts `filename` at a zero
            named = reader.read(info.filename)
            numbers.add((named.student, named.number))
            by_student.setdefault(named.student, [])
            check_entry(info)
            by_student[named.student].append(Entry(info, named))
        except BadName as error:
            lines.append(Line(shown(info.orig_filename), LEFT_OUT, str(error)))
    doubtful = not_told_apart(numbers)
    left = MOST_BYTES
    for student, entries in sorted(by_student.items()):
        if student in doubtful:
            lines.append(Line(student, LEFT_OUT, doubtful[student]))
            continue
        chosen, others = choose(entries, notebooks)
        lines += others
        if not chosen:
            if not others:  # its files are in the table under their own names
                lines.append(Line(student, LEFT_OUT, "nothing that can be collected"))
            continue
        try:
            contents = {}
            for entry in chosen:
                contents[entry.named.file] = _content(archive, entry.info)
                left -= len(contents[entry.named.file])
            if left < 0:
                raise BadName("the archive unpacks to too much; split it")
        except UNPACKING as error:
            lines.append(Line(student, LEFT_OUT, f"cannot be unpacked: {error}"))
            continue
        times = [entry.named.time for entry in chosen if entry.named.time]
        if times:  # as nbgrader writes it
            contents["timestamp.txt"] = f"{max(times).isoformat(' ')}".encode()
        lines.append(_with_remarks(submitted.put(student, contents), chosen))
    return sorted(lines, key=lambda line: (line.who, line.what))


def _with_remarks(line: Line, chosen: Iterable[Entry]) -> Line:
    """The line, with what the platform says of the student's files."""
    named = [entry.named for entry in chosen]
    remarks = sorted({shown(one.name) for one in named if one.name})
    if any(one.late for one in named):
        remarks.append("late, says the platform")
    return dataclasses.replace(line, about="; ".join([line.about, *remarks]))


def reader_for(names: str | None, paths: Sequence[str]) -> Names:
    """What reads the names of an archive.

    Raises
    ------
    autograder.faults.Fault
        If nothing was said and the names are no platform's, or what was said is wrong.
    """
    if names is None:
        names = recognise(paths)
        if names is None:
            raise Fault(
                "the names in the archive are neither Moodle's nor Canvas': say with --names how "
                "they are to be read, by a regular expression with the groups (?P<student_id>…) "
                "and (?P<file_id>…)."
            )
    try:
        return Names(names)
    except ValueError as error:
        raise Fault(f"--names {names!r} cannot be used: {error}.") from None


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """The content of an entry, no more than the archive says that it has.

    Asked for so many bytes, zipfile unpacks no more, and finds the sum wrong where there are more;
    asked for all, it would unpack them all first.
    """
    with archive.open(info) as file:
        return file.read(info.file_size + 1)


def table(lines: Sequence[Line], title: str) -> Table:
    """What became of everything, for the screen."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title)
    for column in ("student, or file", "", "what, or why"):
        table.add_column(column, overflow="fold")
    for line in lines:
        # As `Text`: what is in an archive is no markup.
        table.add_row(Text(line.who), line.what, Text(line.about))
    return table


def command(arguments: argparse.Namespace) -> int:
    """Collect an archive; 1 if something was left out that a person should look at."""
    from rich.console import Console

    from autograder.grade import Course

    course = Course(arguments.course)
    name = arguments.assignment
    released = course.path(course.directory.release_directory, ".", name)
    notebooks = sorted(path.name for path in released.glob("*.ipynb"))
    if not notebooks:
        raise Fault(
            f"there is no notebook in {released}: run `nbgrader generate_assignment {name}` first."
        )
    if not arguments.archive.is_file() or not os.access(arguments.archive, os.R_OK):
        raise Fault(f"there is no file {arguments.archive} that can be read.")
    given = arguments.names or course.config.FileNameCollectorPlugin.get("named_regexp") or None
    submitted = Submitted(course.submitted, name, arguments.force)
    lines = collect(arguments.archive, given, notebooks, submitted)
    console = Console()
    if lines:
        console.print(table(lines, name))
    counts = [
        f"{sum(line.what == what for line in lines)} {what}"
        for what in (COLLECTED, REPLACED, SAME, PASSED_OVER, LEFT_OUT)
    ]
    console.print(", ".join(counts) + ".", highlight=False)
    return 1 if any(line.what == LEFT_OUT for line in lines) else 0
