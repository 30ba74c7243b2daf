"""Where the outcome of grading is kept: nbgrader's gradebook, and a log beside it.

The gradebook holds the scores. It has no place for a reason, so ``grading/<assignment>.jsonl``
holds one line of JSON for each time a submission was graded; the last line of a student counts.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterable
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from autograder.files import fingerprint
from autograder.notes import add_note
from autograder.sanitize import ReferenceCell, repair

GRADED = "graded"
ATTENTION = "needs attention"


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What came of grading one submission.

    Attributes
    ----------
    student, assignment : str
    status : str
        `GRADED`, or `ATTENTION` if an instructor must look at the submission: it could not be
        graded and has 0 points for now, or was graded in a state that makes the score doubtful.
    reason : str
        Why it needs attention; empty if it does not.
    notes : list of str
        What was mended, or cut short, in a submission that was graded.
    score, max_score : float
        Points given so far, and points there are.
    manual : bool
        Whether an answer waits to be graded by hand.
    digest : str
        Fingerprint of what was graded, and by what.
    result : str
        Fingerprint of the autograded notebooks, to tell whether this outcome is still the last.
    seconds : float
        Wall time it took.
    cost : dict of str to float
        As of `autograder.graded.Graded`.
    """

    student: str
    assignment: str
    status: str
    reason: str
    notes: list[str]
    score: float
    max_score: float
    manual: bool
    digest: str
    result: str
    seconds: float
    cost: dict[str, float] = dataclasses.field(default_factory=dict)


class GradingLog:
    """The log of one assignment."""

    def __init__(self, course: Path, assignment: str) -> None:
        self.path = course / "grading" / f"{assignment}.jsonl"

    def latest(self) -> dict[str, Outcome]:
        """The last outcome of each student."""
        outcomes: dict[str, Outcome] = {}
        if self.path.exists():
            for line in self.path.read_text("utf-8").split("\n"):
                try:
                    outcome = Outcome(**json.loads(line))
                except (ValueError, TypeError):
                    continue  # the half line of a run that was killed; its student is graded again
                outcomes[outcome.student] = outcome
        return outcomes

    def append(self, outcome: Outcome) -> None:
        """Add an outcome, on the disk before this returns."""
        self.path.parent.mkdir(exist_ok=True)
        line = json.dumps(dataclasses.asdict(outcome), ensure_ascii=False)
        with self.path.open("a+b") as file:
            # After a kill the file may end in half a line, which must not swallow this one.
            if file.tell() > 0:
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":
                    file.write(b"\n")
            file.write(line.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


def is_current(outcome: Outcome, autograded: Path) -> bool:
    """Whether the autograded notebooks are still those of the outcome.

    They are not if nbgrader's own command has graded the submission since.
    """
    return outcome.result == fingerprint(autograded, "*.ipynb")


def failed_notebook(reference: Iterable[ReferenceCell], reason: str) -> NotebookNode:
    """What stands for a submission that could not be graded: the release, and the reason."""
    notebook, _ = repair(new_notebook(), reference)
    notebook.metadata.clear()  # that every cell was missing is not worth telling
    add_note(
        notebook,
        f"It could not be graded: {reason} It has no points for now, and your instructor has been "
        "told.",
    )
    return notebook
