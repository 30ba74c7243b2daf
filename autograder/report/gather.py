"""Gather what the report says: from the gradebook, the log of grading, and the notebooks."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable

import nbformat
import numpy as np

from autograder.faults import Fault
from autograder.grade import MOST_TESTS_MISSING, Course
from autograder.intake import find_submissions
from autograder.record import ATTENTION, GradingLog, Outcome, is_current
from autograder.report.failures import Failures
from autograder.report.gradebook import GradedClass, database_file, read_class
from autograder.report.notebooks import Outdated, Unreadable, failed_tests
from autograder.report.outline import Item, with_places
from autograder.report.privacy import Redactor
from autograder.report.statistics import Floats
from autograder.sanitize import ReferenceCell


class ReportError(Fault):
    """There is nothing to report on; the message says why and what to do."""


@dataclasses.dataclass(frozen=True)
class Report:
    """What is known of a graded class.

    Attributes
    ----------
    assignment : str
    items : list of Item
        What gives points, in the order of the notebooks.
    labels : list of str
        What to call each item; its name, with the notebook's where several have it.
    students : list of str
        Those whose submissions count in all numbers: graded, and not `failed`.
    scores : numpy.ndarray
        Shape (students, items); NaN where there is no score yet.
    totals : numpy.ndarray
        Shape (students,).
    waiting : int
        Of these, how many wait for a manual grade.
    failed, doubtful : dict of str to str
        Reason by student: what could not be graded, and what was graded but needs a look.
    ungraded : list of str
        Students who handed in and are not graded yet.
    failures : Failures
        What failed tests said.
    unread : dict of str to int
        Notebooks that were not read, by reason.
    outdated : int
        Notebooks that do not fit the gradebook.
    seconds : dict of str to float
        How long grading took, by student.
    known : list of str
        Ids, names and addresses of students.
    vocabulary : str
        The text of the released cells.
    """

    assignment: str
    items: list[Item]
    labels: list[str]
    students: list[str]
    scores: Floats
    totals: Floats
    waiting: int
    failed: dict[str, str]
    doubtful: dict[str, str]
    ungraded: list[str]
    failures: Failures
    unread: dict[str, int]
    outdated: int
    seconds: dict[str, float]
    known: list[str]
    vocabulary: str


def outline(course: Course, assignment: str, release: dict[str, list[ReferenceCell]]) -> list[Item]:
    """The graded cells of an assignment, each in its place."""
    folder = course.path(course.directory.source_directory, ".", assignment)
    items = []
    for notebook, cells in release.items():
        graded = [
            Item(notebook, cell.grade_id, cell.points, by_hand=cell.solution or cell.task)
            for cell in cells
            if cell.grade or cell.task
        ]
        source = folder / f"{notebook}.ipynb"
        there = nbformat.read(source, as_version=4).cells if source.exists() else []
        items += with_places(graded, there)
    return items


def _labels(items: list[Item]) -> list[str]:
    names = Counter(item.name for item in items)
    return [
        item.name if names[item.name] == 1 else f"{item.notebook}: {item.name}" for item in items
    ]


def _attention(course: Course, outcomes: dict[str, Outcome]) -> dict[str, str]:
    """Reason by student who needs attention, as ``grades.csv`` has it."""
    reasons = {}
    for student, outcome in outcomes.items():
        if outcome.status == ATTENTION:
            step = course.directory.autograded_directory
            if is_current(outcome, course.path(step, student, outcome.assignment)):
                reasons[student] = outcome.reason
    return reasons


def gather(
    course: Course, assignment: str, progress: Callable[[int, int], None] = lambda done, of: None
) -> Report:
    """Read everything the report is about.

    Notebooks are read one after the other, only those with a failed test, and only what these said
    is kept.

    Parameters
    ----------
    course : Course
    assignment : str
    progress : callable
        Called with the number of notebooks read, and of those to read.

    Raises
    ------
    ReportError
        If there is no gradebook, or nothing is graded yet.
    autograder.grade.GradingError
        If the gradebook does not know the assignment.
    """
    file = database_file(course.directory.db_url)
    if file is not None and not file.exists():  # nbgrader would make one
        raise ReportError(
            f"There is no gradebook {file}: run `nbgrader generate_assignment {assignment} "
            f"--force` and `python -m autograder grade {assignment}` first."
        )
    release = course.release(assignment).notebooks
    items = outline(course, assignment, release)
    with course.gradebook() as gradebook:
        found = read_class(gradebook, assignment, items)
    tests = np.array([not item.by_hand for item in items], dtype=bool)
    graded = found.graded(tests)
    with_grade = {s for s, there in zip(found.students, graded, strict=True) if there}
    handed_in = {s.student for s in find_submissions(course.submitted, assignment)}
    ungraded = sorted((handed_in | set(found.students)) - with_grade)
    if not with_grade:
        raise ReportError(
            f"Nothing is graded yet of {assignment!r}: run `python -m autograder grade "
            f"{assignment}` first."
        )
    outcomes = {s: o for s, o in GradingLog(course.root, assignment).latest().items()}
    attention = _attention(course, {s: o for s, o in outcomes.items() if s in with_grade})
    doubtful = {s: why for s, why in attention.items() if why == MOST_TESTS_MISSING}
    failed = {s: why for s, why in attention.items() if s not in doubtful}
    counts = graded & np.array([student not in failed for student in found.students], dtype=bool)
    labels = _labels(items)
    vocabulary = "\n".join(cell.source for cells in release.values() for cell in cells)
    failures, unread, outdated = _messages(
        course, assignment, items, labels, found, counts, vocabulary, progress
    )
    return Report(
        assignment=assignment,
        items=items,
        labels=labels,
        students=[s for s, there in zip(found.students, counts, strict=True) if there],
        scores=found.scores[counts],
        totals=found.totals[counts],
        waiting=int(found.manual[counts].sum()),
        failed=failed,
        doubtful=doubtful,
        ungraded=ungraded,
        failures=failures,
        unread=unread,
        outdated=outdated,
        seconds={s: outcomes[s].seconds for s in sorted(with_grade & set(outcomes))},
        known=sorted({*found.known, *handed_in}),
        vocabulary=vocabulary,
    )


def without_id(said: dict[str, str | None], student: str, vocabulary: str) -> dict[str, str | None]:
    """Messages without the student's own id: what differs only in it is one case.

    Only their own: to look for everybody's in every message would take minutes in a large class.
    The page looks for everybody's in what it shows.
    """
    known = student.casefold()
    if not any(text and known in text.casefold() for text in said.values()):
        return said
    redact = Redactor([student], vocabulary)
    return {test: text and redact(text) for test, text in said.items()}


def _messages(
    course: Course,
    assignment: str,
    items: list[Item],
    labels: list[str],
    found: GradedClass,
    counts: np.ndarray,
    vocabulary: str,
    progress: Callable[[int, int], None],
) -> tuple[Failures, dict[str, int], int]:
    """What failed tests said, notebooks that were not read by reason, and how many do not fit."""
    points = np.array([item.points for item in items])
    tests = np.array([not item.by_hand for item in items], dtype=bool)
    missed = tests & (found.auto < points)  # NaN is not less
    columns: dict[str, list[int]] = {}
    for column, item in enumerate(items):
        if not item.by_hand:
            columns.setdefault(item.notebook, []).append(column)
    failures, unread, outdated = Failures(), Counter[str](), 0
    todo = np.flatnonzero(counts & missed.any(axis=1))
    for done, row in enumerate(todo):
        progress(done, len(todo))
        said: dict[str, str | None] = {}
        step = course.directory.autograded_directory
        folder = course.path(step, found.students[row], assignment)
        for notebook, places in columns.items():
            lost = [place for place in places if missed[row, place]]
            if not lost:
                continue
            try:
                told = failed_tests(
                    folder / f"{notebook}.ipynb",
                    {items[place].name for place in places},
                    {items[place].name for place in lost},
                )
            except Unreadable as error:
                unread[str(error)] += 1
            except Outdated:
                outdated += 1
            else:
                said |= {labels[place]: told[items[place].name] for place in lost}
        failures.add(without_id(said, found.students[row], vocabulary))
    progress(len(todo), len(todo))
    return failures, dict(unread), outdated
