"""Write a class's marks into nbgrader's gradebook: a submission in one transaction.

nbgrader's own way opens the database anew for each step and asks it once for each cell, and some
of its questions read all grades of the course: the larger the class, the longer each submission
takes. Here everything about the assignment is read once, and what is asked for a submission is
found by the keys that nbgrader's tables have.
"""

from __future__ import annotations

import dataclasses
import datetime
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from nbgrader import api
from nbgrader.api import Gradebook
from sqlalchemy import (
    Connection,
    Table,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError, OperationalError

from autograder.faults import Fault
from autograder.marks import Marks

_ASSIGNMENT: Table = api.Assignment.__table__
_NOTEBOOK: Table = api.Notebook.__table__
_CELL: Table = api.BaseCell.__table__
_GRADED: Sequence[Table] = (api.GradeCell.__table__, api.TaskCell.__table__)
_COMMENTED: Sequence[Table] = (api.SolutionCell.__table__, api.TaskCell.__table__)
_STUDENT: Table = api.Student.__table__
_SUBMISSION: Table = api.SubmittedAssignment.__table__
_SUBMITTED: Table = api.SubmittedNotebook.__table__
_GRADE: Table = api.Grade.__table__
_COMMENT: Table = api.Comment.__table__

#: Seconds to wait for another program that writes to the gradebook.
PATIENCE = 60.0

_T = TypeVar("_T")

#: Of a student's score in a notebook and the seconds that it came late, the points to take off.
Penalty = Callable[[str, float, float], "float | None"]


class GradebookError(Fault):
    """The gradebook cannot be used; the message says why and what to do."""


@dataclasses.dataclass(frozen=True)
class Scores:
    """What a gradebook holds of one submission.

    Attributes
    ----------
    score, max_score : float
        Points given so far, by tests and by people, and points there are.
    manual : bool
        Whether an answer waits to be graded by hand.
    """

    score: float
    max_score: float
    manual: bool


@dataclasses.dataclass(frozen=True)
class _Notebook:
    """What was released of a notebook: the keys of its cells by ``grade_id``."""

    key: str
    graded: dict[str, str]
    commented: dict[str, str]


class ClassGradebook:
    """The gradebook of one assignment's class; a context manager.

    Parameters
    ----------
    url : str
        As SQLAlchemy takes it.
    assignment : str
    course : str, optional
        nbgrader's name of the course, for a gradebook that is made now.

    Raises
    ------
    nbgrader.api.MissingEntry
        If the gradebook does not know the assignment.
    """

    def __init__(self, url: str, assignment: str, course: str = "default_course") -> None:
        self.assignment = assignment
        self._gradebook = Gradebook(url, course)
        try:
            with self._gradebook.engine.connect() as connection:
                self._read_release(connection)
        except BaseException:
            self.close()
            raise

    def _read_release(self, connection: Connection) -> None:
        wanted = select(_ASSIGNMENT.c.id, _ASSIGNMENT.c.duedate).where(
            _ASSIGNMENT.c.name == self.assignment
        )
        found = connection.execute(wanted).one_or_none()
        if found is None:
            raise api.MissingEntry(f"No such assignment: {self.assignment}")
        self._key, self._due = found
        self._max_score = 0.0
        self._notebooks: dict[str, _Notebook] = {}
        for key, name in connection.execute(
            select(_NOTEBOOK.c.id, _NOTEBOOK.c.name).where(_NOTEBOOK.c.assignment_id == self._key)
        ).all():
            graded, commented = {}, {}
            for table in _GRADED:
                for cell, cell_name, points in connection.execute(
                    select(_CELL.c.id, _CELL.c.name, table.c.max_score)
                    .join(table, table.c.id == _CELL.c.id)
                    .where(_CELL.c.notebook_id == key)
                ):
                    graded[cell_name] = cell
                    self._max_score += points or 0.0
            for table in _COMMENTED:
                for cell, cell_name in connection.execute(
                    select(_CELL.c.id, _CELL.c.name)
                    .join(table, table.c.id == _CELL.c.id)
                    .where(_CELL.c.notebook_id == key)
                ):
                    commented[cell_name] = cell
            self._notebooks[name] = _Notebook(key, graded, commented)

    # --- writing ----------------------------------------------------------------------------------

    def record(
        self,
        student: str,
        marks: Mapping[str, Marks],
        timestamp: datetime.datetime | None = None,
        penalty: Penalty | None = None,
    ) -> Scores:
        """Record what a submission earned by itself, all of it or nothing.

        A grade or a comment that an instructor has entered stays; such a cell is marked to be
        looked at again, as nbgrader does. What is not in `marks` stays as it is.

        Parameters
        ----------
        student : str
        marks : mapping of str to Marks
            By notebook.
        timestamp : datetime.datetime, optional
            When it was handed in, in UTC and without a time zone, as nbgrader keeps it.
        penalty : callable, optional
            Takes student, score in a notebook and seconds late, for a submission that is late;
            gives the points to take off, or None.

        Returns
        -------
        Scores

        Raises
        ------
        GradebookError
            If another program does not let go of the gradebook.
        KeyError
            If a cell is not one of the release.
        """

        def write(connection: Connection) -> Scores:
            submission, late = self._submission(connection, student, timestamp)
            score, manual = 0.0, False
            for name, notebook in self._notebooks.items():
                submitted = self._submitted(connection, submission, notebook)
                given = marks.get(name, Marks({}, {}))
                rows = self._grades(connection, submitted, notebook, given)
                self._comments(connection, submitted, notebook, given)
                here = sum(_score(row) for row in rows)
                score += here
                manual = manual or any(row["needs_manual_grade"] for row in rows)
                if name in marks:
                    self._penalty(connection, submitted, student, here, late, penalty)
            return Scores(score, self._max_score, manual)

        return self._patiently(write)

    def _patiently(self, work: Callable[[Connection], _T]) -> _T:
        """Do it in one transaction, again while another program is in the way."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                with self._gradebook.engine.begin() as connection:
                    return work(connection)
            except IntegrityError:  # somebody else has made the same row
                if time.monotonic() > end:
                    raise
            except OperationalError as error:
                if "locked" not in str(error.orig):
                    raise
                if time.monotonic() > end:
                    raise GradebookError(
                        f"Another program has kept the gradebook locked for {PATIENCE:g} seconds. "
                        "Close it and run this again; nothing is lost."
                    ) from None
            time.sleep(0.1)

    def _submission(
        self, connection: Connection, student: str, timestamp: datetime.datetime | None
    ) -> tuple[str, float]:
        """The key of a student's submission, made if need be, and the seconds that it is late."""
        if (
            connection.execute(select(_STUDENT.c.id).where(_STUDENT.c.id == student)).first()
            is None
        ):
            connection.execute(insert(_STUDENT).values(id=student))
        found = connection.execute(
            select(_SUBMISSION.c.id, _SUBMISSION.c.timestamp, _SUBMISSION.c.extension).where(
                _SUBMISSION.c.assignment_id == self._key, _SUBMISSION.c.student_id == student
            )
        ).first()
        if found is None:
            key, before, extension = api.new_uuid(), None, None
            connection.execute(
                insert(_SUBMISSION).values(
                    id=key, assignment_id=self._key, student_id=student, timestamp=timestamp
                )
            )
        else:
            key, before, extension = found
            if timestamp is not None and timestamp != before:
                connection.execute(
                    update(_SUBMISSION).where(_SUBMISSION.c.id == key).values(timestamp=timestamp)
                )
        handed_in = timestamp or before
        if handed_in is None or self._due is None:
            return key, 0.0
        due = self._due + (extension or datetime.timedelta())
        return key, max(0.0, (handed_in - due).total_seconds())

    def _submitted(self, connection: Connection, submission: str, notebook: _Notebook) -> str:
        found = connection.execute(
            select(_SUBMITTED.c.id).where(
                _SUBMITTED.c.notebook_id == notebook.key, _SUBMITTED.c.assignment_id == submission
            )
        ).first()
        if found is not None:
            return str(found[0])
        key: str = api.new_uuid()
        values = {"id": key, "notebook_id": notebook.key, "assignment_id": submission}
        connection.execute(insert(_SUBMITTED).values(values))
        return key

    def _grades(
        self, connection: Connection, submitted: str, notebook: _Notebook, marks: Marks
    ) -> list[dict[str, Any]]:
        """Bring the grades of a notebook up to date; what they are then."""
        columns = ("id", "cell_id", "auto_score", "manual_score", "extra_credit",
                   "needs_manual_grade")  # fmt: skip
        known = _rows(connection, _GRADE, columns, submitted, notebook.graded.values())
        wanted = {notebook.graded[name]: points for name, points in marks.points.items()}
        new, changed, all_rows = [], [], []
        for cell in notebook.graded.values():
            before = known.get(cell)
            row = dict(before) if before else _new_row(columns, submitted, cell)
            if cell in wanted:
                row["auto_score"] = wanted[cell]
                row["needs_manual_grade"] = (
                    row["manual_score"] is not None or row["auto_score"] is None
                )
            elif before is None:
                row["needs_manual_grade"] = True
            if before is None:
                new.append(row)
            elif row != before:
                changed.append(row)
            all_rows.append(row)
        _write(connection, _GRADE, new, changed, ("auto_score", "needs_manual_grade"))
        return all_rows

    def _comments(
        self, connection: Connection, submitted: str, notebook: _Notebook, marks: Marks
    ) -> None:
        columns = ("id", "cell_id", "auto_comment")
        known = _rows(connection, _COMMENT, columns, submitted, notebook.commented.values())
        wanted = {notebook.commented[name]: text for name, text in marks.comments.items()}
        new, changed = [], []
        for cell in notebook.commented.values():
            before = known.get(cell)
            row = dict(before) if before else _new_row(columns, submitted, cell)
            if cell in wanted:
                row["auto_comment"] = wanted[cell]
            if before is None:
                new.append(row)
            elif row != before:
                changed.append(row)
        _write(connection, _COMMENT, new, changed, ("auto_comment",))

    def _penalty(
        self,
        connection: Connection,
        submitted: str,
        student: str,
        score: float,
        late: float,
        penalty: Penalty | None,
    ) -> None:
        if penalty is None:
            return
        points = penalty(student, score, late) if late > 0 else None
        if points is not None:
            points = min(max(points, 0.0), score)
        column = _SUBMITTED.c.late_submission_penalty
        connection.execute(
            update(_SUBMITTED)
            .where(_SUBMITTED.c.id == submitted, column.is_distinct_from(points))
            .values(late_submission_penalty=points)
        )

    # --- reading ----------------------------------------------------------------------------------

    def scores(self) -> dict[str, Scores]:
        """What the gradebook holds of the whole class, by student."""
        points = case(
            (_GRADE.c.manual_score.is_not(None), _GRADE.c.manual_score),
            (_GRADE.c.auto_score.is_not(None), _GRADE.c.auto_score),
            else_=None,
        )
        score = case(
            (points.is_not(None), points + func.coalesce(_GRADE.c.extra_credit, literal(0.0))),
            else_=literal(0.0),
        )
        manual = case((_GRADE.c.needs_manual_grade, 1), else_=0)
        wanted = (
            select(_SUBMISSION.c.student_id, func.sum(score), func.max(manual))
            .select_from(_SUBMISSION)
            .join(_SUBMITTED, _SUBMITTED.c.assignment_id == _SUBMISSION.c.id)
            .join(_GRADE, _GRADE.c.notebook_id == _SUBMITTED.c.id)
            .where(_SUBMISSION.c.assignment_id == self._key)
            .group_by(_SUBMISSION.c.student_id)
        )
        with self._gradebook.engine.connect() as connection:
            return {
                student: Scores(float(total or 0.0), self._max_score, bool(waits))
                for student, total, waits in connection.execute(wanted)
            }

    def students(self) -> set[str]:
        """The students that the gradebook knows."""
        with self._gradebook.engine.connect() as connection:
            return set(connection.execute(select(_STUDENT.c.id)).scalars())

    @property
    def max_score(self) -> float:
        """Points that a submission can have."""
        return self._max_score

    def close(self) -> None:
        """Let go of the database."""
        self._gradebook.close()

    def __enter__(self) -> ClassGradebook:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _rows(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    submitted: str,
    cells: Iterable[str],
) -> dict[str, dict[str, Any]]:
    """What a table holds of a notebook's cells, by the cell's key."""
    # By the cells' keys too: the tables have no index on the notebook alone.
    where = and_(table.c.cell_id.in_(list(cells)), table.c.notebook_id == submitted)
    found = connection.execute(select(*(table.c[name] for name in columns)).where(where))
    return {row["cell_id"]: {**row, "notebook_id": submitted} for row in found.mappings()}


def _new_row(columns: Sequence[str], submitted: str, cell: str) -> dict[str, Any]:
    row = dict.fromkeys(columns)
    return {**row, "id": api.new_uuid(), "cell_id": cell, "notebook_id": submitted}


def _write(
    connection: Connection,
    table: Table,
    new: list[dict[str, Any]],
    changed: list[dict[str, Any]],
    columns: Sequence[str],
) -> None:
    if new:
        connection.execute(insert(table), new)
    if changed:
        statement = (
            update(table)
            .where(table.c.id == bindparam("key"))
            .values({name: bindparam(f"new_{name}") for name in columns})
        )
        values = [
            {"key": row["id"], **{f"new_{name}": row[name] for name in columns}} for row in changed
        ]
        connection.execute(statement, values)


def _score(row: Mapping[str, Any]) -> float:
    """Points of a grade: a person's before the tests', and what was given on top."""
    for given in (row["manual_score"], row["auto_score"]):
        if given is not None:
            return float(given) + float(row["extra_credit"] or 0.0)
    return 0.0
