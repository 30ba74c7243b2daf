"""Grade the submissions of an assignment; none of them stops the others."""

from __future__ import annotations

import dataclasses
import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config, PyFileConfigLoader

from autograder.faults import Fault
from autograder.files import fingerprint
from autograder.intake import find_submissions
from autograder.notes import notes, restored
from autograder.record import ATTENTION, GRADED, GradingLog, Outcome, record_failure, scores
from autograder.run import assignment_of, configured_options, forget, keep
from autograder.sanitize import ReferenceCell, known_release, reference_cells
from autograder.side_by_side import Ran, SideBySide
from autograder.steps import use_steps
from autograder.workbench import Workbench


class GradingError(Fault):
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
        use_steps(self.config)
        self.config.CourseDirectory.setdefault("root", str(self.root))
        self.directory = CourseDirectory(config=self.config)
        self.submitted = self.root / self.directory.submitted_directory
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
                    f"generate_assignment {assignment} --force` first."
                )
            return {
                name: reference_cells(gradebook, assignment, name, folder / f"{name}.ipynb")
                for name in names
            }


def grading_digest(course: Course, assignment: str, release: dict[str, list[ReferenceCell]]) -> str:
    """A fingerprint of what submissions are graded with: tests, points, files beside them, code.

    A submission that has not changed must be graded again when this has.
    """
    total = hashlib.sha256(repr(release).encode())
    source = course.path(course.directory.source_directory, ".", assignment)
    beside = [path for path in sorted(source.glob("*")) if path.suffix != ".ipynb"]
    code = sorted(Path(__file__).parent.glob("*.py"))
    for path in [*beside, *code, course.root / "nbgrader_config.py"]:
        if path.is_file():
            total.update(path.name.encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def _reason(course: Course, result: dict[str, str]) -> str:
    """Why nbgrader failed, in one line without paths of this machine."""
    log = (result.get("log", "") + result["error"]).splitlines()
    errors = [line for line in log if "Error: " in line or "Exception: " in line] or log
    last = errors[-1].strip() if errors else "no reason was given"
    for path in (f"{course.root}/", f"{tempfile.gettempdir()}/"):
        last = last.replace(path, "")
    return f"the autograder failed on it: {last[:200]}."


def _convert(course: Course, run: Ran, release: dict[str, list[ReferenceCell]]) -> str | None:
    """Let nbgrader autograde a submission that has run: the reason if that failed."""
    submission = run.submission
    course.directory.submitted_directory = str(run.folder)
    for notebook, finished in run.finished:
        keep(submission.student, notebook, finished)
    try:
        with known_release(submission.assignment, release):
            result = course.api.autograde(
                submission.assignment, submission.student, force=True, create=True
            )
    finally:
        course.directory.submitted_directory = str(course.submitted)
        forget()
    if result["success"]:
        return None
    if "KeyboardInterrupt" in result.get("error", ""):
        raise KeyboardInterrupt  # nbgrader's API catches this one too
    return _reason(course, result)


#: Why a submission that was graded needs a look all the same.
MOST_TESTS_MISSING = (
    "most tests were missing or had lost nbgrader's metadata. They were put back and run, but look "
    "at the notebook: a written answer may stand in a plain cell."
)


def record(
    course: Course, run: Ran, release: dict[str, list[ReferenceCell]], digest: str
) -> Outcome:
    """Record a submission that has run. Whatever is wrong with it ends up in the outcome.

    Parameters
    ----------
    course : Course
    run : Ran
    release : dict of str to list of ReferenceCell
        `Course.release` of the assignment.
    digest : str
        What to record as fingerprint of the submission and of what it was graded with.

    Returns
    -------
    Outcome
    """
    start = time.monotonic()
    student, assignment = run.submission.student, run.submission.assignment
    said = list(run.left_out)
    failure = run.failure
    if failure is None:
        failure = _convert(course, run, release)
    reason = failure
    autograded = course.path(course.directory.autograded_directory, student, assignment)
    with course.gradebook() as gradebook:
        if failure is None:
            found = [nbformat.read(autograded / f"{name}.ipynb", as_version=4) for name in release]
            said += [note for notebook in found for note in notes(notebook)]
            tests = sum(c.grade and not c.solution for cells in release.values() for c in cells)
            if 2 * sum(map(restored, found)) > tests:
                reason = MOST_TESTS_MISSING
        else:
            record_failure(gradebook, autograded, student, assignment, release, failure)
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
        digest=digest,
        result=fingerprint(autograded, "*.ipynb"),
        seconds=round(run.seconds + time.monotonic() - start, 2),
    )


def grade(
    course: Course,
    assignment: str,
    *,
    student: str | None = None,
    force: bool = False,
    jobs: int = 1,
    started: Callable[[int], None] = lambda total: None,
) -> Iterator[Outcome]:
    """Grade the submissions of an assignment and record each as it is done.

    A submission that is unchanged since it was graded is not graded again, so a run that was cut
    short goes on where it stopped. Submissions run side by side; one thread, this one, records.

    Parameters
    ----------
    course : Course
    assignment : str
    student : str, optional
        Only this student's submission.
    force : bool
        Grade unchanged submissions again too.
    jobs : int
        How many submissions run at the same time.
    started : callable
        Called once, with the number of submissions.

    Yields
    ------
    Outcome
        One for each submission, as it is done; first those that are not graded again.

    Raises
    ------
    GradingError
        If the assignment is not known, or there is nothing to grade.
    autograder.sandbox.host.SandboxError
        If submissions cannot be isolated on this machine.
    """
    release = course.release(assignment)
    submissions = [
        found
        for found in find_submissions(course.submitted, assignment)
        if student is None or found.student == student
    ]
    if not submissions:
        whose = f"{student}/{assignment}" if student else f"<student>/{assignment}"
        raise GradingError(f"Nothing to grade: there is no folder {course.submitted / whose}.")
    started(len(submissions))
    log = GradingLog(course.root, assignment)
    known = log.latest()
    graded_with = grading_digest(course, assignment, release)
    digests: dict[str, str] = {}
    todo = []
    for submission in submissions:
        before = known.get(submission.student)
        digest = hashlib.sha256((fingerprint(submission.folder) + graded_with).encode()).hexdigest()
        autograded = course.path(
            course.directory.autograded_directory, submission.student, assignment
        )
        there = all((autograded / f"{name}.ipynb").exists() for name in release)
        if before is not None and before.digest == digest and there and not force:
            with course.gradebook() as gradebook:
                # A manual grade may have come in since.
                score, max_score, manual = scores(gradebook, assignment, submission.student)
            yield dataclasses.replace(before, score=score, max_score=max_score, manual=manual)
        else:
            digests[submission.student] = digest
            todo.append(submission)
    if not todo:
        return
    benches = [
        Workbench(assignment_of(course.directory, assignment), configured_options(course.config))
        for _ in range(max(1, min(jobs, len(todo))))
    ]
    with SideBySide(benches, release) as running:
        for run in running.each(todo):
            with run:
                outcome = record(course, run, release, digests[run.submission.student])
            log.append(outcome)
            yield outcome
