"""What failed tests said: messages that differ only in their numbers are one case."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Mapping

#: Characters of a message that are kept; a student's own exception may say anything at any length.
LONGEST_MESSAGE = 4000
LONGEST_LINE = 300

#: Different cases that are kept apart; a class that says more is counted with `OTHER`.
MOST_CASES = 5000

_ARRAY = re.compile(r"([\[(])[-+\d\s.,eEjxnaif…*]*\d[-+\d\s.,eEjxnaif…*]*([\])])")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]+")
_NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:[,_]\d+)*(?:\.\d+)*([eE][-+]?\d+)?(?!\w)")
_HINT = re.compile(r"^  hint +(.+)$", re.M)
_SHAPE = re.compile(r"^  first difference: the shape$", re.M)

#: Colours of a terminal; characters that no page shows, or that turn the direction of the text.
_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)


@dataclasses.dataclass(frozen=True)
class Case:
    """A way to fail.

    Attributes
    ----------
    line : str
        First line of the message, its numbers left out.
    hint : str
        What the check takes to be the mistake, if it says so.
    shape: bool
        Whether it says that the shape differs.
    """

    line: str
    hint: str = ""
    shape: bool = False


OTHER = Case("other messages")
PARTIAL = Case("the test gave part of its points, and no message")


def visible(text: str) -> str:
    """A text without characters that hide it or cannot be written; they become �."""
    lines = _ANSI.sub("", text).replace("\r\n", "\n").expandtabs(4)
    return _UNSEEN.sub("�", lines)


def cut(text: str, longest: int) -> str:
    """A text, and how much of it is missing where it is too long."""
    if len(text) <= longest:
        return text
    return f"{text[:longest]}… ({len(text) - longest:,} more characters)"


def without_numbers(text: str) -> str:
    """A line with # for each number and … for what is in brackets; names such as pool2d stay."""
    text = _ADDRESS.sub("0x…", text)
    text = _ARRAY.sub(r"\1…\2", text)
    return _NUMBER.sub("#", text)


def first_line(message: str) -> str:
    """The first line that says something."""
    lines = (line.strip() for line in message.splitlines())
    return next((line for line in lines if line), "(no message)")


def case_of(message: str) -> Case:
    """The case that a message tells of.

    Parameters
    ----------
    message : str
        What feedback shows for a failed test.
    """
    head = message[:LONGEST_MESSAGE]
    line = without_numbers(first_line(head)[:LONGEST_LINE])
    hint = _HINT.search(head)
    said = without_numbers(hint[1][:LONGEST_LINE]) if hint else ""
    return Case(line, said, shape=_SHAPE.search(head) is not None)


@dataclasses.dataclass
class Found:
    """How often a case was met, and one message of it.

    Attributes
    ----------
    submissions : int
    tests : collections.Counter of str
        Submissions by test.
    test, example : str
        The shortest message and the test that gave it: the one that is read soonest.
    line : str
        First line of the messages, if they all have the same; else that of the case.
    """

    submissions: int
    tests: Counter[str]
    test: str
    example: str
    line: str


class Failures:
    """The cases of a class, gathered one submission after the other."""

    def __init__(self) -> None:
        self.cases: dict[Case, Found] = {}
        self.submissions = 0

    def add(self, said: Mapping[str, str | None]) -> None:
        """Take what the failed tests of one submission said.

        Parameters
        ----------
        said : mapping of str to (str or None)
            Message by test; None for a test that gave part of its points.
        """
        self.submissions += bool(said)
        met = set()
        for test, text in said.items():
            message = "" if text is None else cut(visible(text).strip("\n"), LONGEST_MESSAGE)
            case = PARTIAL if text is None else case_of(message)
            line = first_line(message)[:LONGEST_LINE] if message else case.line
            if case not in self.cases and len(self.cases) >= MOST_CASES:
                case, line, message = OTHER, OTHER.line, ""
            found = self.cases.get(case)
            if found is None:
                found = self.cases[case] = Found(0, Counter(), test, message, line)
            elif (len(message), message, test) < (len(found.example), found.example, found.test):
                found.test, found.example = test, message
            if found.line != line:
                found.line = case.line
            found.tests[test] += 1
            met.add(case)
        for case in met:
            self.cases[case].submissions += 1

    def commonest(self) -> list[tuple[Case, Found]]:
        """The cases, those of most submissions first."""
        return sorted(
            self.cases.items(),
            key=lambda pair: (
                -pair[1].submissions,
                -pair[1].tests.total(),
                pair[0].line,
                pair[0].hint,
            ),
        )

    def of_test(self, test: str) -> list[tuple[Case, Found]]:
        """The cases of one test, those of most submissions first."""
        return sorted(
            ((case, found) for case, found in self.cases.items() if test in found.tests),
            key=lambda pair: (-pair[1].tests[test], pair[0].line, pair[0].hint),
        )
