"""A graded class of any size without grading it: rows of the gradebook, autograded notebooks."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from nbgrader.api import Grade, Student, SubmittedAssignment, SubmittedNotebook
from sqlalchemy import insert

from autograder.grade import Course
from autograder.record import GRADED, GradingLog, Outcome


def write_class(
    folder: Path,
    assignment: str,
    students: Sequence[str],
    passed: Callable[[int, str], bool],
    message: Callable[[int, str], str],
    *,
    padding: int = 0,
) -> None:
    """Enter a class into a released course as if it had been graded.

    Parameters
    ----------
    folder : pathlib.Path
        The course.
    assignment : str
        One with a single notebook.
    students : sequence of str
        Ids.
    passed, message : callable
        Of a student's number and a test: whether it passed, and what it said if not.
    padding : int
        Characters of other output in each notebook, such as pictures have.
    """
    course = Course(folder)
    (notebook,) = course.release(assignment).notebooks
    template = json.loads(
        (folder / "solutions" / assignment / f"{notebook}.ipynb").read_text("utf-8")
    )
    with course.gradebook() as gradebook:
        entry = gradebook.find_assignment(assignment)
        graded = [
            (cell.id, cell.name, cell.max_score, cell.name.startswith("written"))
            for cell in entry.notebooks[0].grade_cells
        ]
        people, works, files, grades = [], [], [], []
        for number, student in enumerate(students):
            people.append({"id": student, "first_name": f"Given{number}x", "last_name": "Nobody"})
            works.append({"id": f"a{number}", "assignment_id": entry.id, "student_id": student})
            files.append(
                {
                    "id": f"n{number}",
                    "assignment_id": f"a{number}",
                    "notebook_id": entry.notebooks[0].id,
                    "late_submission_penalty": None,
                }
            )
            for cell, name, points, by_hand in graded:
                score = None if by_hand else points if passed(number, name) else 0.0
                grades.append(
                    {
                        "id": f"g{len(grades)}",
                        "notebook_id": f"n{number}",
                        "cell_id": cell,
                        "auto_score": score,
                        "needs_manual_grade": by_hand,
                    }
                )
        for table, rows in (
            (Student, people),
            (SubmittedAssignment, works),
            (SubmittedNotebook, files),
            (Grade, grades),
        ):
            gradebook.db.execute(insert(table), rows)
        gradebook.db.commit()
    tests = {name for _, name, _, by_hand in graded if not by_hand}
    log = GradingLog(folder, assignment)
    log.path.parent.mkdir(exist_ok=True)
    seconds = np.random.default_rng(0).gamma(2, 0.6, len(students))
    with log.path.open("w", encoding="utf-8") as lines:
        for number, student in enumerate(students):
            outcome = Outcome(
                student, assignment, GRADED, "", [], 0, 0, True, "", "", float(seconds[number])
            )
            lines.write(json.dumps(vars(outcome)) + "\n")
            path = course.path("autograded", student, assignment) / f"{notebook}.ipynb"
            path.parent.mkdir(parents=True)
            said = {name: message(number, name) for name in tests if not passed(number, name)}
            path.write_text(json.dumps(with_outputs(template, said, padding)), "utf-8")
            (folder / "submitted" / student / assignment).mkdir(parents=True)


def with_outputs(
    template: dict[str, Any], said: dict[str, str], padding: int = 0
) -> dict[str, Any]:
    """A notebook whose failed tests say what they are told to."""
    cells = []
    for cell in template["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
        if name in said:
            error = {
                "output_type": "error",
                "ename": "CheckFailed",
                "evalue": said[name],
                "traceback": said[name].splitlines(),
            }
            cell = {**cell, "outputs": [error]}
        cells.append(cell)
    picture = {"output_type": "stream", "name": "stdout", "text": "x" * padding}
    first = next(i for i, cell in enumerate(cells) if cell["cell_type"] == "code")
    cells[first] = {**cells[first], "outputs": [picture]}
    return {**template, "cells": cells}
