"""What the graded cells of a judged notebook earned, and who records it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.sanitize import ReferenceCell

#: What nbgrader says of an answer that is as it was released.
NO_RESPONSE = "No response."


@dataclasses.dataclass(frozen=True)
class Marks:
    """What the autograder has to say of one notebook's cells.

    Attributes
    ----------
    points : dict of str to float or None
        By ``grade_id``; None for an answer that a person has to grade.
    comments : dict of str to str or None
        By ``grade_id`` of the answers.
    """

    points: dict[str, float | None]
    comments: dict[str, str | None]


def marks_of(notebook: NotebookNode) -> Marks:
    """What each cell earned by itself, by nbgrader's rules.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        The notebook after `autograder.judge.judge`.
    """
    points: dict[str, float | None] = {}
    comments: dict[str, str | None] = {}
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if utils.is_grade(cell):
            points[name], _ = utils.determine_grade(cell)
        if utils.is_solution(cell) or utils.is_task(cell):
            as_released = cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell)
            blank = as_released and not utils.is_task(cell)
            comments[name] = NO_RESPONSE if blank else None
    return Marks(points, comments)


def no_marks(reference: Iterable[ReferenceCell]) -> Marks:
    """Those of a notebook that could not be graded."""
    return Marks({cell.grade_id: 0.0 for cell in reference if cell.grade or cell.task}, {})


class SaveMarks(NbGraderPreprocessor):
    """Record the marks as a step of nbgrader's, in place of ``SaveAutoGrades``.

    That one asks the gradebook and commits once for each cell.
    """

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Record; nbgrader calls this."""
        from autograder.gradebook import ClassGradebook

        info = resources["nbgrader"]
        with ClassGradebook(info["db_url"], info["assignment"]) as gradebook:
            gradebook.record(info["student"], {info["notebook"]: marks_of(nb)})
        return nb, resources
