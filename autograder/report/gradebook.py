"""Reading a graded class out of nbgrader's gradebook.

nbgrader's own properties, such as ``SubmittedAssignment.score``, ask the database anew for each
submission: minutes for a class of thousands. Here it is four queries, however large the class.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
from nbgrader.api import (
    Assignment,
    Grade,
    Gradebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import func, select

from autograder.report.outline import Item
from autograder.report.statistics import Floats


@dataclasses.dataclass(frozen=True)
class GradedClass:
    """What the gradebook holds of an assignment's submissions.

    Attributes
    ----------
    students : list of str
        Ids, sorted; row `i` of the arrays is student `i`'s.
    auto, scores : numpy.ndarray
        Shape (students, items). Points of the autograder, and those that count: where a person gave
        some, the person's. NaN where there are none.
    totals : numpy.ndarray
        Shape (students,). Sum of the scores with extra credit, less what lateness costs.
    manual : numpy.ndarray of bool
        Shape (students,). Whether something waits to be graded by hand.
    known : list of str
        Everybody's ids, names and addresses, also of students who have not handed in.
    """

    students: list[str]
    auto: Floats
    scores: Floats
    totals: Floats
    manual: np.ndarray
    known: list[str]

    def graded(self, tests: np.ndarray) -> np.ndarray:
        """Whether each student's tests have scores, shape (students,).

        Parameters
        ----------
        tests : numpy.ndarray of bool
            Shape (items,).
        """
        if not tests.any():
            return np.ones(len(self.students), dtype=bool)
        return np.asarray(~np.isnan(self.auto[:, tests]).all(axis=1))


def read_class(gradebook: Gradebook, assignment: str, items: list[Item]) -> GradedClass:
    """Read all submissions of an assignment.

    Parameters
    ----------
    gradebook : nbgrader.api.Gradebook
        Open gradebook, which knows the assignment.
    assignment : str
    items : list of Item
        The order of the arrays' columns.
    """
    entry: Assignment = gradebook.find_assignment(assignment)
    columns = {(item.notebook, item.name): column for column, item in enumerate(items)}
    cells = {
        cell.id: columns[notebook.name, cell.name]
        for notebook in entry.notebooks
        for cell in [*notebook.grade_cells, *notebook.task_cells]
        if (notebook.name, cell.name) in columns
    }
    ask = gradebook.db.execute
    penalties = dict(
        ask(
            select(
                SubmittedAssignment.student_id,
                func.coalesce(func.sum(SubmittedNotebook.late_submission_penalty), 0.0),
            )
            .outerjoin(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .where(SubmittedAssignment.assignment_id == entry.id)
            .group_by(SubmittedAssignment.student_id)
        ).all()
    )
    students = sorted(penalties)
    rows = {student: row for row, student in enumerate(students)}
    auto = np.full((len(students), len(items)), np.nan)
    scores = auto.copy()
    extra = np.zeros(len(students))
    manual = np.zeros(len(students), dtype=bool)
    grades = ask(
        select(
            SubmittedAssignment.student_id,
            Grade.cell_id,
            Grade.auto_score,
            Grade.manual_score,
            Grade.extra_credit,
            Grade.needs_manual_grade,
        )
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
        .where(SubmittedAssignment.assignment_id == entry.id)
    )
    for student, cell, by_test, by_hand, more, waits in grades:
        row, column = rows[student], cells.get(cell)
        manual[row] |= bool(waits)
        if column is None:
            continue
        counts = by_test if by_hand is None else by_hand
        if by_test is not None:
            auto[row, column] = by_test
        if counts is not None:
            scores[row, column] = counts
            extra[row] += more or 0.0  # as in nbgrader's sums: only where there is a score
    off = np.array([penalties[student] for student in students], dtype=float)
    known = [
        str(text)
        for person in ask(select(Student.id, Student.first_name, Student.last_name, Student.email))
        for text in person
        if text
    ]
    return GradedClass(
        students=students,
        auto=auto,
        scores=scores,
        totals=np.maximum(np.nansum(scores, axis=1) + extra - off, 0.0),
        manual=manual,
        known=known,
    )


def database_file(url: str) -> Path | None:
    """The file of an SQLite database, or nothing for a database of another kind."""
    from sqlalchemy import make_url

    parsed = make_url(url)
    if not parsed.drivername.startswith("sqlite") or not parsed.database:
        return None
    return Path(parsed.database)
