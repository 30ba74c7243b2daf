"""Grade the submissions of an assignment, one after another; none of them stops the others."""

from __future__ import annotations

import glob
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config, PyFileConfigLoader

from autograder.intake import (
    Submission,
    UnreadableSubmission,
    check_submission,
    digest,
    find_submissions,
)
from autograder.notes import notes
from autograder.record import ATTENTION, GRADED, GradingLog, Outcome, record_failure, scores
from autograder.sanitize import ReferenceCell, reference_cells


class GradingError(Exception):
    """Grading cannot begin, or cannot go on; the message says why and what to do."""


class Course:
    """A folder with an ``nbgrader_config.py``.

    Parameters
    ----------
    root : pathlib.Path
        The folder.

    Raises
    ------
    GradingError
        If there is no ``nbgrader_config.py``.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        if not (self.root / "nbgrader_config.py").is_file():
            raise GradingError(
                f"There is no nbgrader_config.py in {self.root}: name the course's folder with "
                "--course."
            )
        config = PyFileConfigLoader("nbgrader_config.py", path=str(self.root)).load_config()
        self.config = Config(config)
        self.config.CourseDirectory.setdefault("root", str(self.root))
        self.directory = CourseDirectory(config=self.config)
        self.api = NbGraderAPI(self.directory, config=self.config)

    def path(self, step: str, student: str, assignment: str) -> Path:
        """Folder of one step of nbgrader's, for one student and assignment."""
        return Path(self.directory.format_path(step, student, assignment))

    def gradebook(self) -> Gradebook:
        """nbgrader's gradebook, to be used in a ``with`` statement."""
        return Gradebook(self.directory.db_url, self.directory.course_id)

    def release(self, assignment: str) -> dict[str, list[ReferenceCell]]:
        """What was released of each notebook of an assignment.

        Raises
        ------
        GradingError
            If the gradebook does not know the assignment.
        """
        folder = self.path(self.directory.source_directory, ".", assignment)
        with self.gradebook() as gradebook:
            try:
                names = [entry.name for entry in gradebook.find_assignment(assignment).notebooks]
            except MissingEntry:
                names = []
            if not names:
                raise GradingError(
                    f"The gradebook knows no assignment {assignment!r}: run `nbgrader "
                    f"generate_assignment {assignment}` first."
                )
            return {
                name: reference_cells(gradebook, assignment, name, folder / f"{name}.ipynb")
                for name in names
            }


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1].strip()[:200] if lines else "no reason was given"


def _convert(course: Course, submission: Submission) -> str | None:
    """Let nbgrader autograde one submission; the reason if that failed."""
    result = course.api.autograde(
        submission.assignment, glob.escape(submission.student), force=True, create=True
    )
    if result["success"]:
        return None
    if "KeyboardInterrupt" in result.get("error", ""):
        raise KeyboardInterrupt  # nbgrader's API catches this one too
    log = result.get("log", "")
    errors = [line for line in log.splitlines() if "Error: " in line or "Exception: " in line]
    return "the autograder failed on it: " + _last_line("\n".join(errors) or result["error"]) + "."


def grade_submission(
    course: Course, submission: Submission, release: dict[str, list[ReferenceCell]]
) -> Outcome:
    """Grade one submission. Whatever is wrong with it ends up in the outcome.

    Parameters
    ----------
    course : Course
    submission : Submission
    release : dict of str to list of ReferenceCell
        `Course.release` of the assignment.

    Returns
    -------
    Outcome
    """
    start = time.monotonic()
    student, assignment = submission.student, submission.assignment
    fingerprint = digest(submission)
    reason: str | None
    try:
        check_submission(submission, release)
        reason = _convert(course, submission)
    except UnreadableSubmission as error:
        reason = str(error)
    said: list[str] = []
    autograded = course.path(course.directory.autograded_directory, student, assignment)
    with course.gradebook() as gradebook:
        if reason is None:
            for name in release:
                said += notes(nbformat.read(autograded / f"{name}.ipynb", as_version=4))
        else:
            record_failure(gradebook, autograded, student, assignment, release, reason)
        score, max_score, manual = scores(gradebook, assignment, student)
    return Outcome(
        student=student,
        assignment=assignment,
        status=GRADED if reason is None else ATTENTION,
        reason=reason or "",
        notes=said,
        score=score,
        max_score=max_score,
        manual=manual,
        digest=fingerprint,
        seconds=round(time.monotonic() - start, 2),
    )


def grade(
    course: Course,
    assignment: str,
    *,
    student: str | None = None,
    force: bool = False,
    progress: Callable[[int, int, str], None] = lambda done, total, student: None,
) -> Iterator[Outcome]:
    """Grade the submissions of an assignment and record each as it is done.

    A submission that is unchanged since it was graded is not graded again, so a run that was cut
    short goes on where it stopped.

    Parameters
    ----------
    course : Course
    assignment : str
    student : str, optional
        Only this student's submission.
    force : bool
        Grade unchanged submissions again too.
    progress : callable
        Called as ``progress(done, total, student)`` before each submission.

    Yields
    ------
    Outcome
        One for each submission, by student; also for those that are not graded again.

    Raises
    ------
    GradingError
        If the assignment is not known, or there is nothing to grade.
    """
    release = course.release(assignment)
    submitted = course.root / course.directory.submitted_directory
    submissions = [
        found
        for found in find_submissions(submitted, assignment)
        if student is None or found.student == student
    ]
    if not submissions:
        whose = f"{student}/{assignment}" if student else f"<student>/{assignment}"
        raise GradingError(f"Nothing to grade: there is no folder {submitted / whose}.")
    log = GradingLog(course.root, assignment)
    known = log.latest()
    for done, submission in enumerate(submissions):
        progress(done, len(submissions), submission.student)
        before = known.get(submission.student)
        folder = course.path(course.directory.autograded_directory, submission.student, assignment)
        unchanged = (
            before is not None
            and before.digest == digest(submission)
            and all((folder / f"{name}.ipynb").exists() for name in release)
        )
        if before is not None and unchanged and not force:
            with course.gradebook() as gradebook:
                # A manual grade may have come in since.
                score, _, manual = scores(gradebook, assignment, submission.student)
            yield Outcome(**{**vars(before), "score": score, "manual": manual})
            continue
        outcome = grade_submission(course, submission, release)
        log.append(outcome)
        yield outcome
