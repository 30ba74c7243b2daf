"""The report as one HTML page that needs nothing else: no script, no network, no other file.

Charts are tables whose numbers have bars beside them, so they read the same without colour, without
sight and on paper. Everything that comes from a submission is escaped by the template.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from autograder.report.failures import Case, Found, case_of, visible
from autograder.report.gather import Report
from autograder.report.outline import by_aspect, by_part
from autograder.report.privacy import Redactor
from autograder.report.statistics import (
    BACKWARDS,
    FEWEST,
    NOBODY,
    POOR,
    Bin,
    ItemNumbers,
    chance,
    counted,
    earned,
    item_numbers,
    score_edges,
    summarise,
)

#: How much of each list is on the page; beyond that it says how many more there are.
MOST_CASES = 40
UNFOLDED_CASES = 8
MOST_CASES_OF_A_TEST = 5
MOST_NAMES = 12
MOST_LISTED = 100
SLOWEST = 5
HARDEST = 3

#: Seconds.
TIME_EDGES = (0, 1, 2, 5, 10, 20, 30, 60, 120, math.inf)


def number(value: float, digits: int = 2) -> str:
    """A number without needless zeros: ``29.5``, ``40``."""
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(share: float) -> str:
    """A share in percent; only all is 100 %, and only nothing is 0 %."""
    rounded = round(100 * share)
    if rounded == 100 and share < 1:
        return "> 99 %"
    if rounded == 0 and share > 0:
        return "< 1 %"
    return f"{rounded} %"


def signed(value: float) -> str:
    """A correlation with a real minus sign."""
    return f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")


def many(count: int, one: str, more: str = "") -> str:
    """``1 submission``, ``2 submissions``."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def _rows(bins: Sequence[Bin], names: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of a histogram; the longest bar has the whole width."""
    longest = max((b.count for b in bins), default=0) or 1
    return [
        {
            "name": name,
            "count": b.count,
            "width": 100 * b.count / longest,
            "low": b.low,
            "marks": [],
        }
        for b, name in zip(bins, names, strict=True)
    ]


def _score_rows(report: Report, points: float) -> list[dict[str, Any]]:
    bins = counted(report.totals, score_edges(points))
    names = [f"{number(b.low)} to under {number(b.high)}" for b in bins]
    if bins[-1].high > bins[-1].low:
        over = bool((report.totals > points).any())
        end = f"{number(points)} and more" if over else number(points)
        names[-1] = f"{number(bins[-1].low)} to {end}"
    rows = _rows(bins, names)
    summary = summarise(report.totals)
    if summary is not None:
        for name, value in (("median", summary.median), ("mean", summary.mean)):
            place = max((i for i, b in enumerate(bins) if b.low <= value), default=0)
            rows[place]["marks"].append(name)
    return rows


def _time_rows(seconds: np.ndarray) -> list[dict[str, Any]]:
    bins = counted(seconds, TIME_EDGES)
    names = [f"{number(b.low)} to under {number(b.high)} s" for b in bins[:-1]]
    rows = _rows(bins, [*names, f"{number(bins[-1].low)} s and more"])
    last = max((i for i, row in enumerate(rows) if row["count"]), default=0)
    return rows[: last + 1]


def _named(counts: Sequence[tuple[str, int]]) -> str:
    shown = [f"{name} ({count:,})" for name, count in counts[:MOST_NAMES]]
    if len(counts) > MOST_NAMES:
        shown.append(f"and {len(counts) - MOST_NAMES} more")
    return ", ".join(shown)


def _shown(case: Case, found: Found, safe: Callable[[str], str]) -> Case:
    """A case as it may be shown.

    Numbers go last: what is left of an id without its number would no longer be known as one.
    """
    if not found.example:
        return case  # the words are ours
    clean = case_of(safe(found.example))
    line = safe(found.line) if found.line != case.line else clean.line
    return dataclasses.replace(clean, line=line)


def _case(case: Case, found: Found, safe: Callable[[str], str], of: int) -> dict[str, Any]:
    shown = _shown(case, found, safe)
    return {
        "line": shown.line,
        "hint": shown.hint,
        "shape": shown.shape,
        "submissions": many(found.submissions, "submission"),
        "share": percent(found.submissions / of) if of else "",
        "tests": _named(found.tests.most_common()),
        "test": found.test,
        "example": safe(found.example),
    }


def _item_numbers(report: Report) -> tuple[list[ItemNumbers], np.ndarray]:
    """Numbers of each item, and the scores that groups of items are summed from.

    What only some submissions have been graded for by hand says nothing yet: an untouched answer
    gets 0 without a person, so those come first.
    """
    tests = np.array([not item.by_hand for item in report.items], dtype=bool)
    points = np.array([item.points for item in report.items], dtype=float)
    missing = np.isnan(report.scores).sum(axis=0)
    waits = ~tests & (missing > 0)
    scores = np.where(waits, np.nan, report.scores)
    numbers = item_numbers(scores, points, tests)
    of = len(report.students)
    return [
        dataclasses.replace(found, why=f"{missing[i]:,} of {of:,} wait for a grade")
        if waits[i]
        else found
        for i, found in enumerate(numbers)
    ], scores


def _parts(report: Report, numbers: list[ItemNumbers], scores: np.ndarray) -> list[dict[str, Any]]:
    """The parts of the assignment and their items."""
    points = np.array([item.points for item in report.items], dtype=float)
    parts = []
    for name, places in by_part(report.items).items():
        rows = []
        for place in places:
            item, found = report.items[place], numbers[place]
            r = found.discrimination
            rows.append(
                {
                    "name": report.labels[place],
                    "looks_at": item.looks_at or ("graded by hand" if item.by_hand else ""),
                    "points": number(item.points),
                    "share": found.share,
                    "r": r,
                    "start": 50 if r is None or r >= 0 else 50 + 50 * r,
                    "width": 0 if r is None else 50 * abs(r),
                    "why": found.why,
                    "flag": found.flag,
                }
            )
        parts.append({"name": name, "rows": rows, "sum": earned(scores, points, places)})
    return parts


def _first(report: Report, numbers: list[ItemNumbers]) -> list[tuple[str, str]]:
    """What an instructor should look at first: sentences, and the section of each."""
    said = []
    if report.failed:
        text = f"{many(len(report.failed), 'submission')} could not be graded."
        said.append((text, "attention"))
    if report.doubtful:
        count = len(report.doubtful)
        verb = "was graded but needs" if count == 1 else "were graded but need"
        said.append((f"{many(count, 'submission')} {verb} a look.", "attention"))
    if report.ungraded:
        count = len(report.ungraded)
        verb = "is" if count == 1 else "are"
        said.append((f"{many(count, 'submission')} {verb} not graded yet.", "attention"))
    if report.waiting:
        verb = "waits" if report.waiting == 1 else "wait"
        text = f"{many(report.waiting, 'submission')} {verb} for a manual grade."
        said.append((text, "scores"))
    for label, found in zip(report.labels, numbers, strict=True):
        if found.flag in (NOBODY, BACKWARDS):
            said.append((f"{label}: {found.flag}", "tests"))
    hardest = sorted(
        (found.share, label)
        for item, label, found in zip(report.items, report.labels, numbers, strict=True)
        if not item.by_hand and found.share is not None
    )
    if len(hardest) > HARDEST and hardest[0][0] < 1:
        named = ", ".join(f"{label} ({percent(share)})" for share, label in hardest[:HARDEST])
        said.append((f"Hardest tests, by the points earned: {named}.", "tests"))
    return said


def _gaps(report: Report) -> list[str]:
    """What is missing of the messages."""
    words = {"missing": "missing", "too large": "too large to read", "no notebook": "unreadable"}
    said = [
        f"{many(count, 'autograded notebook')} {'is' if count == 1 else 'are'} {words[why]}: what "
        "failed tests said there is not counted here."
        for why, count in sorted(report.unread.items())
    ]
    if report.outdated:
        said.append(
            f"{many(report.outdated, 'autograded notebook')} and the gradebook disagree about "
            "which tests failed, so what is said there is not counted here. Grade the assignment "
            "again with --force to bring them together."
        )
    return said


def _listed(reasons: dict[str, str], safe: Callable[[str], str], names: bool) -> dict[str, Any]:
    """Submissions and their reasons, by reason; without ids their order must not tell either."""
    rows = sorted(
        (safe(why), visible(student) if names else "") for student, why in reasons.items()
    )
    return {"rows": rows[:MOST_LISTED], "more": max(0, len(rows) - MOST_LISTED)}


def context(report: Report, names: bool) -> dict[str, Any]:
    """What the template is filled with.

    Parameters
    ----------
    report : autograder.report.gather.Report
    names : bool
        Whether students' ids are shown. Otherwise they are taken out of what submissions say, too.
    """
    redact = (lambda text: text) if names else Redactor(report.known, report.vocabulary)

    def safe(text: str) -> str:
        return redact(visible(text))

    points = float(sum(item.points for item in report.items))
    numbers, scores = _item_numbers(report)
    parts = _parts(report, numbers, scores)
    of = len(report.students)
    cases = report.failures.commonest()
    values = np.array([item.points for item in report.items], dtype=float)
    aspects = [
        {
            "name": name,
            "tests": ", ".join(report.labels[place] for place in places),
            "sum": earned(scores, values, places),
        }
        for name, places in by_aspect(report.items).items()
    ]
    seconds = np.array(list(report.seconds.values()), dtype=float)
    slowest = sorted(report.seconds.items(), key=lambda pair: (-pair[1], pair[0]))[:SLOWEST]
    return {
        "assignment": report.assignment,
        "names": names,
        "count": of,
        "points": points,
        "summary": summarise(report.totals),
        "first": _first(report, numbers),
        "score_rows": _score_rows(report, points) if of else [],
        "waiting": report.waiting,
        "parts": parts,
        "aspects": aspects,
        "chance": chance(of) if of >= FEWEST else None,
        "fewest": FEWEST,
        "poor": POOR,
        "failing": report.failures.submissions,
        "cases": [_case(case, found, safe, of) for case, found in cases[:MOST_CASES]],
        "shown": UNFOLDED_CASES,
        "more_cases": max(0, len(cases) - MOST_CASES),
        "by_test": [
            {
                "name": label,
                "cases": [
                    (shown.line, shown.hint, found.tests[label])
                    for case, found in told[:MOST_CASES_OF_A_TEST]
                    for shown in [_shown(case, found, safe)]
                ],
                "more": max(0, len(told) - MOST_CASES_OF_A_TEST),
            }
            for label in report.labels
            if (told := report.failures.of_test(label))
        ],
        "gaps": _gaps(report),
        "failed": _listed(report.failed, safe, names),
        "doubtful": _listed(report.doubtful, safe, names),
        "ungraded": len(report.ungraded),
        "ungraded_ids": [visible(s) for s in report.ungraded[:MOST_LISTED]] if names else [],
        "time": summarise(seconds),
        "total_seconds": float(seconds.sum()),
        "time_rows": _time_rows(seconds) if seconds.size else [],
        "slowest": [(visible(s) if names else "", time) for s, time in slowest],
    }


def page(report: Report, *, names: bool = False) -> str:
    """The page; the same report gives the same page, to the byte.

    Parameters
    ----------
    report : autograder.report.gather.Report
    names : bool
        Whether students' ids are shown.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"number": number, "percent": percent, "signed": signed, "many": many}
    return environment.get_template("page.html.jinja").render(context(report, names))
