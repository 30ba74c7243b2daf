"""Grade the submissions of an assignment; none of them stops the others."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import fcntl
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties, LimitOutput
from traitlets.config import Config, PyFileConfigLoader

from autograder.autograded import Layout, place
from autograder.database import database_url
from autograder.faults import Fault
from autograder.files import fingerprint, fingerprint_of
from autograder.gradebook import ClassGradebook
from autograder.graded import Graded, Release, Running, Setup
from autograder.intake import TIME_STAMP, Submission, find_submissions, time_stamp
from autograder.marks import no_marks
from autograder.record import ATTENTION, GRADED, GradingLog, Outcome, failed_notebook
from autograder.run import assignment_of, configured_options
from autograder.sanitize import ReferenceCell, reference_cells
from autograder.side_by_side import side_by_side
from autograder.steps import are_ours, use_steps
from autograder.workbench import released_files


class GradingError(Fault):
    """Grading cannot begin, or cannot go on; the message says why and what to do."""


class Course:
    """A folder with an ``nbgrader_config.py``.

    Parameters
    ----------
    root : pathlib.Path
        The folder.
    database : str, optional
        Address of the gradebook, in place of what the settings say.

    Raises
    ------
    GradingError
        If there is no ``nbgrader_config.py``.
    """

    def __init__(self, root: Path, database: str | None = None) -> None:
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
        self._db = " --db URL" if database else ""
        database = database or self.config.CourseDirectory.get("db_url")
        if database:
            self.config.CourseDirectory.db_url = database_url(database)
        self.directory = CourseDirectory(config=self.config)
        self.submitted = self.root / self.directory.submitted_directory
        self._autograde = Autograde(coursedir=self.directory, config=self.config)
        if not are_ours(self._autograde):
            raise GradingError(
                f"{self.root / 'nbgrader_config.py'} changes the steps of `nbgrader autograde`, "
                "and they would be left out here: use that command for this course, or take "
                "`c.Autograde`'s preprocessors and hooks out of the settings."
            )
        #: Whether a student whom the gradebook does not know is added to it.
        self.adds_students = bool(self._autograde.create_student)
        excluded = self.directory.student_id_exclude
        #: Students whose submissions are left alone.
        self.left_out = frozenset(excluded.split(",") if excluded else ())

    def path(self, step: str, student: str, assignment: str) -> Path:
        """Folder of one step of nbgrader's, for one student and assignment."""
        return Path(self.directory.format_path(step, student, assignment))

    def gradebook(self) -> Gradebook:
        """nbgrader's gradebook, to be used in a ``with`` statement."""
        return Gradebook(self.directory.db_url, self.directory.course_id)

    def layout(self, assignment: str) -> Layout:
        """How the folders with graded submissions of an assignment look."""
        source = self.path(self.directory.source_directory, ".", assignment)
        own = set(self._autograde.exclude_overwriting.get(assignment, []))
        released = {
            path.relative_to(source): path
            for path in released_files(source, self.directory.ignore)
            if str(path.relative_to(source)) not in own
        }
        return Layout(
            released,
            tuple(self.directory.ignore),
            int(str(self._autograde.permissions), 8),
            self.directory.groupshared,
        )

    def release(self, assignment: str) -> Release:
        """What was released of an assignment.

        Raises
        ------
        GradingError
            If the gradebook does not know the assignment.
        """
        folder = self.path(self.directory.source_directory, ".", assignment)
        with self.gradebook() as gradebook:
            try:
                entries = list(gradebook.find_assignment(assignment).notebooks)
            except MissingEntry:
                entries = []
            if not entries:
                raise GradingError(
                    f"The gradebook knows no assignment {assignment!r}: run `nbgrader "
                    f"generate_assignment {assignment} --force{self._db}` first."
                )
            specs = {entry.name: entry.kernelspec for entry in entries}
            notebooks = {
                name: reference_cells(gradebook, assignment, name, folder / f"{name}.ipynb")
                for name in specs
            }
        limit = LimitOutput(config=self.config)
        return Release(
            assignment,
            notebooks,
            {name: json.loads(spec) for name, spec in specs.items() if spec},
            limit.max_lines,
            limit.max_traceback,
        )


def grading_digest(course: Course, assignment: str, release: dict[str, list[ReferenceCell]]) -> str:
    """A fingerprint of what submissions are graded with: tests, points, files beside them, code.

    A submission that has not changed must be graded again when this has.
    """
    total = hashlib.sha256(repr(release).encode())
    source = course.path(course.directory.source_directory, ".", assignment)
    beside = [path for path in sorted(source.glob("*")) if path.suffix != ".ipynb"]
    code = sorted(Path(__file__).parent.rglob("*.py"))
    for path in [*beside, *code, course.root / "nbgrader_config.py"]:
        if path.is_file():
            total.update(path.name.encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


#: Why submissions that were graded need a look all the same.
LOST = (
    "a process of the autograder's was lost while its cells ran, twice. What did not run has no "
    "points; it is graded again by the next run."
)
MOST_TESTS_MISSING = (
    "most tests were missing or had lost nbgrader's metadata. They were put back and run, but look "
    "at the notebook: a written answer may stand in a plain cell."
)


class Recorder:
    """Records submissions that were graded: their folders, their marks, and a line in the log.

    In this order, so that a submission without a line in the log is graded again, and nothing is
    lost or counted twice wherever it is stopped.

    Parameters
    ----------
    course : Course
    release : Release
    gradebook : ClassGradebook
    """

    def __init__(self, course: Course, release: Release, gradebook: ClassGradebook) -> None:
        self._course = course
        self._release = release
        self._gradebook = gradebook
        self._layout = course.layout(release.assignment)
        self._penalties = AssignLatePenalties(config=course.config)
        self._penalties.init_plugin()
        self._log = GradingLog(course.root, release.assignment)

    def record(self, submission: Submission, graded: Graded, digest: str) -> Outcome:
        """Record a submission.

        Parameters
        ----------
        submission : Submission
        graded : Graded
        digest : str
            What to record as fingerprint of the submission and of what it was graded with.

        Returns
        -------
        Outcome
            Whatever is wrong with the submission is told there.
        """
        start = time.monotonic()
        notebooks, marks, reason = graded.notebooks, graded.marks, graded.failure
        if reason is not None:
            marks = {name: no_marks(cells) for name, cells in self._release.notebooks.items()}
            notebooks = {
                name: nbformat.writes(failed_notebook(cells, reason), version=4).encode() + b"\n"
                for name, cells in self._release.notebooks.items()
            }
        elif graded.again:
            reason = LOST
        elif 2 * graded.restored > self._release.tests:
            reason = MOST_TESTS_MISSING
        course = self._course
        folder = course.path(
            course.directory.autograded_directory, submission.student, submission.assignment
        )
        place(folder, notebooks, submission, self._layout)
        scores = self._gradebook.record(
            submission.student, marks, _handed_in(submission), self._penalty
        )
        outcome = Outcome(
            student=submission.student,
            assignment=submission.assignment,
            status=GRADED if reason is None else ATTENTION,
            reason=reason or "",
            notes=graded.notes,
            score=scores.score,
            max_score=scores.max_score,
            manual=scores.manual,
            digest="" if graded.again else digest,
            result=fingerprint_of({f"{n}.ipynb": content for n, content in notebooks.items()}),
            seconds=round(graded.seconds + time.monotonic() - start, 2),
            cost=graded.cost,
        )
        self._log.append(outcome)
        return outcome

    def _penalty(self, student: str, score: float, seconds: float) -> float | None:
        points = self._penalties.plugin_inst.late_submission_penalty(student, score, seconds)
        return None if points is None else float(points)


def _handed_in(submission: Submission) -> datetime.datetime | None:
    path = submission.folder / TIME_STAMP
    if path.is_symlink() or not path.is_file():
        return None
    return time_stamp(path.read_bytes())


def _unknown(submission: Submission, max_score: float) -> Outcome:
    """The outcome of a student who is not to be added to the gradebook."""
    return Outcome(
        student=submission.student,
        assignment=submission.assignment,
        status=ATTENTION,
        reason="the gradebook knows no such student, and `c.Autograde.create_student` is False; "
        f"add one by `nbgrader db student add {submission.student}`.",
        notes=[],
        score=0.0,
        max_score=max_score,
        manual=False,
        digest="",
        result="",
        seconds=0.0,
    )


@contextlib.contextmanager
def alone(course: Course, assignment: str) -> Iterator[None]:
    """Let nobody else grade the assignment in the body.

    Raises
    ------
    GradingError
        If somebody does.
    """
    path = course.root / "grading" / f".{assignment}.lock"
    path.parent.mkdir(exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise GradingError(
                f"{assignment} is being graded already, in this course and by another process."
            ) from None
        yield


def grade(
    course: Course,
    assignment: str,
    *,
    student: str | None = None,
    force: bool = False,
    jobs: int = 1,
    runs: Callable[[Setup], Running] | None = None,
    started: Callable[[int], None] = lambda total: None,
) -> Iterator[Outcome]:
    """Grade the submissions of an assignment and record each as it is done.

    A submission that is unchanged since it was graded is not graded again, so a run that was cut
    short goes on where it stopped. Submissions are graded side by side; one thread, this one,
    records.

    Parameters
    ----------
    course : Course
    assignment : str
    student : str, optional
        Only this student's submission.
    force : bool
        Grade unchanged submissions again too.
    jobs : int
        How many submissions are graded at the same time.
    runs : callable, optional
        Gives who runs the submissions, in place of `jobs` workbenches on this machine.
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
        if found.student not in course.left_out and student in (None, found.student)
    ]
    if not submissions:
        whose = f"{student}/{assignment}" if student else f"<student>/{assignment}"
        raise GradingError(f"Nothing to grade: there is no folder {course.submitted / whose}.")
    started(len(submissions))
    with (
        alone(course, assignment),
        ClassGradebook(
            course.directory.db_url, assignment, course.directory.course_id
        ) as gradebook,
    ):
        known = GradingLog(course.root, assignment).latest()
        scores = gradebook.scores()
        graded_with = grading_digest(course, assignment, release.notebooks)
        students = None if course.adds_students else gradebook.students()
        digests: dict[str, str] = {}
        todo = []
        for submission in submissions:
            if students is not None and submission.student not in students:
                yield _unknown(submission, gradebook.max_score)
                continue
            before = known.get(submission.student)
            digest = hashlib.sha256(
                (fingerprint(submission.folder) + graded_with).encode()
            ).hexdigest()
            folder = course.path(
                course.directory.autograded_directory, submission.student, assignment
            )
            there = all((folder / f"{name}.ipynb").exists() for name in release.notebooks)
            now = scores.get(submission.student)
            if before is None or before.digest != digest or not there or now is None or force:
                digests[submission.student] = digest
                todo.append(submission)
            else:  # a manual grade may have come in since
                yield dataclasses.replace(before, **dataclasses.asdict(now))
        if not todo:
            return
        recorder = Recorder(course, release, gradebook)
        setup = Setup(
            assignment_of(course.directory, assignment), configured_options(course.config), release
        )
        here = min(jobs, len(todo))
        with runs(setup) if runs else side_by_side(setup, here) as running:
            for submission, graded in running.each(todo):
                yield recorder.record(submission, graded, digests[submission.student])
