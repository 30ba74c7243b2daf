"""Write a judged notebook's scores into the gradebook.

The same as nbgrader's own step, which asks the gradebook once and commits once for each cell: with
forty tests, most of what it costs to record a submission. Here it is one session and one commit,
so a submission's scores are also recorded whole or not at all.
"""

from __future__ import annotations

from typing import Any

from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

#: What nbgrader says of an answer that is as it was released.
NO_RESPONSE = "No response."


def save_scores(
    gradebook: Gradebook, notebook: NotebookNode, name: str, assignment: str, student: str
) -> None:
    """Record what each graded cell of a submission earned by itself.

    A grade or a comment that an instructor has entered stays; such a cell is marked to be looked
    at again, as nbgrader does.

    Parameters
    ----------
    gradebook : nbgrader.api.Gradebook
        Open gradebook, which knows the submission.
    notebook : nbformat.NotebookNode
        The notebook after `autograder.judge.judge`.
    name, assignment, student : str
        nbgrader's names.

    Raises
    ------
    nbgrader.api.MissingEntry
        If the gradebook does not know the submission.
    KeyError
        If a graded cell is not one of the release.
    """
    entry = gradebook.find_submission_notebook(name, assignment, student)
    grades = {grade.name: grade for grade in entry.grades}
    comments = {comment.name: comment for comment in entry.comments}
    for cell in notebook.cells:
        if utils.is_grade(cell):
            grade = grades[cell.metadata.nbgrader["grade_id"]]
            grade.auto_score, _ = utils.determine_grade(cell)
            grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None
        if utils.is_solution(cell) or utils.is_task(cell):
            comment = comments[cell.metadata.nbgrader["grade_id"]]
            as_released = cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell)
            blank = as_released and not utils.is_task(cell)
            comment.auto_comment = NO_RESPONSE if blank else None
    gradebook.db.commit()


class SaveScores(NbGraderPreprocessor):
    """`save_scores` as a step of nbgrader's, in place of ``SaveAutoGrades``."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Record the scores; nbgrader calls this."""
        info = resources["nbgrader"]
        with Gradebook(info["db_url"]) as gradebook:
            save_scores(gradebook, nb, info["notebook"], info["assignment"], info["student"])
        return nb, resources
