"""``nbgrader export`` to ``grades.csv``, with the reason where a submission needs attention."""

from __future__ import annotations

import csv
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.plugins import ExportPlugin

from autograder.record import ATTENTION, GradingLog, is_current

#: nbgrader's own columns, in its order, and two of ours at the end.
COLUMNS = [
    "assignment",
    "duedate",
    "timestamp",
    "student_id",
    "last_name",
    "first_name",
    "email",
    "raw_score",
    "late_submission_penalty",
    "score",
    "max_score",
    "status",
    "reason",
]

#: A spreadsheet takes a cell that begins with one of these for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(value: object) -> object:
    """A value as a spreadsheet may read it: text that looks like a formula stays text.

    See OWASP, "CSV Injection". Names and ids come from students.
    """
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return "" if value is None else value


class GradesCsv(ExportPlugin):
    """nbgrader's CSV export, quoted where a name holds a comma, and with a status.

    ``status`` is ``graded``, ``needs manual grading``, ``needs attention`` or ``not submitted``.
    """

    def export(self, gradebook: Gradebook) -> None:
        """Write the grades; `self.to` names the file, ``grades.csv`` by default."""
        destination = Path(self.to or "grades.csv")
        students = [str(student) for student in self.student]
        assignments = [str(assignment) for assignment in self.assignment]
        course = Path(self.parent.coursedir.root)
        self.log.info("Exporting grades to %s", destination)
        with destination.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            for assignment in gradebook.assignments:
                if assignments and assignment.name not in assignments:
                    continue
                outcomes = GradingLog(course, assignment.name).latest()
                for student in gradebook.students:
                    if students and student.id not in students:
                        continue
                    row = {
                        "assignment": assignment.name,
                        "duedate": assignment.duedate,
                        "student_id": student.id,
                        "last_name": student.last_name,
                        "first_name": student.first_name,
                        "email": student.email,
                        "raw_score": 0.0,
                        "late_submission_penalty": 0.0,
                        "score": 0.0,
                        "max_score": assignment.max_score,
                        "status": "not submitted",
                    }
                    try:
                        submission = gradebook.find_submission(assignment.name, student.id)
                    except MissingEntry:
                        pass
                    else:
                        penalty = submission.late_submission_penalty or 0.0
                        outcome = outcomes.get(student.id)
                        row |= {
                            "timestamp": submission.timestamp,
                            "raw_score": submission.score,
                            "late_submission_penalty": penalty,
                            "score": max(0.0, submission.score - penalty),
                            "status": "graded",
                        }
                        if submission.needs_manual_grade:
                            row["status"] = "needs manual grading"
                        autograded = self.parent.coursedir.format_path(
                            self.parent.coursedir.autograded_directory,
                            student.id,
                            assignment.name,
                        )
                        if (
                            outcome is not None
                            and outcome.status == ATTENTION
                            and is_current(outcome, Path(autograded))
                        ):
                            row |= {"status": ATTENTION, "reason": outcome.reason}
                    writer.writerow({key: safe_cell(value) for key, value in row.items()})
