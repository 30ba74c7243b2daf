"""Numbers of a class: scores, points by group of tests, difficulty and discrimination of a test.

NumPy computes; what is decided here is what counts, and when a number would say nothing.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Submissions below which no discrimination is computed.
FEWEST = 10

#: Discrimination below which a test hardly tells strong from weak students (Ebel and Frisbie,
#: Essentials of Educational Measurement, call it poor).
POOR = 0.2

NOBODY = "Nobody passes."
EVERYBODY = "Everybody passes."
BACKWARDS = "Weak students pass it more than strong ones: look at the test."
BLUNT = "It hardly tells strong from weak students."


@dataclasses.dataclass(frozen=True)
class Summary:
    """Count, extremes, mean and quartiles of some numbers."""

    count: int
    lowest: float
    lower_quartile: float
    median: float
    upper_quartile: float
    highest: float
    mean: float


def summarise(values: Floats) -> Summary | None:
    """A summary, or nothing if there are no values.

    Parameters
    ----------
    values : numpy.ndarray
        Shape (n,), finite.

    Returns
    -------
    Summary or None
        Quartiles are interpolated linearly between the two values they fall between.
    """
    if values.size == 0:
        return None
    low, lower, median, upper, high = np.quantile(values, [0, 0.25, 0.5, 0.75, 1])
    return Summary(
        count=int(values.size),
        lowest=float(low),
        lower_quartile=float(lower),
        median=float(median),
        upper_quartile=float(upper),
        highest=float(high),
        mean=float(values.mean()),
    )


@dataclasses.dataclass(frozen=True)
class Bin:
    """How many values are at least `low` and less than `high`; the last bin holds `high` too."""

    low: float
    high: float
    count: int


def counted(values: Floats, edges: Sequence[float]) -> list[Bin]:
    """A histogram; values beyond the edges are counted in the first or last bin.

    Parameters
    ----------
    values : numpy.ndarray
        Shape (n,).
    edges : sequence of float
        Increasing, two or more. The last may be infinite.
    """
    inside = np.clip(values, edges[0], edges[-1])
    # The bin of x: how many edges but the first are at or below it, the last one not counted.
    places = np.searchsorted(np.asarray(edges[1:-1], dtype=float), inside, side="right")
    counts = np.bincount(places, minlength=len(edges) - 1)
    return [
        Bin(float(low), float(high), int(count))
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]


def score_edges(points: float) -> list[float]:
    """Edges of at most about twelve bins of whole width from 0 to the points there are."""
    if points <= 0:
        return [0.0, 1.0]
    width = next(
        step * scale
        for scale in (10.0**power for power in range(-2, 9))
        for step in (1.0, 2.0, 5.0)
        if points / (step * scale) <= 12
    )
    inner = [round(width * i, 10) for i in range(math.ceil(points / width))]
    return [*inner, float(points)]


@dataclasses.dataclass(frozen=True)
class Share:
    """Points that a class earned, of those there were.

    Attributes
    ----------
    earned, points : float
        Mean over the submissions, and what a submission can earn.
    share : float or None
        Of all points there were; None if there were none.
    """

    earned: float
    points: float
    share: float | None


def earned(scores: Floats, points: Floats, places: Sequence[int]) -> Share:
    """What was earned in some of the items.

    Parameters
    ----------
    scores : numpy.ndarray
        Shape (submissions, items); NaN where a score is missing, which is left out.
    points : numpy.ndarray
        Shape (items,).
    places : sequence of int
        The items.
    """
    chosen, of = scores[:, places], points[list(places)]
    there = ~np.isnan(chosen)
    total = float((there * of).sum())
    got = float(np.nansum(chosen))
    share = got / total if total > 0 else None
    return Share((share or 0.0) * float(of.sum()), float(of.sum()), share)


@dataclasses.dataclass(frozen=True)
class ItemNumbers:
    """Difficulty and discrimination of an item.

    Attributes
    ----------
    graded, full, none : int
        Submissions that have a score for it; all points; no points.
    share : float or None
        Difficulty: mean share of the points earned. None if nobody has a score or it has no points.
    discrimination : float or None
        Item-rest correlation.
    why : str
        Why there is none.
    flag : str
        What an instructor should know; empty if there is nothing.
    """

    graded: int
    full: int
    none: int
    share: float | None
    discrimination: float | None
    why: str
    flag: str


def chance(count: int) -> float:
    """How far from 0 a correlation of unrelated numbers is in one of twenty classes of that size.

    From the normal approximation 1.96 / √(n − 1).
    """
    return 1.96 / math.sqrt(count - 1)


def item_rest_correlation(item: Floats, rest: Floats) -> tuple[float | None, str]:
    """Pearson correlation of an item's scores with the sum of the other tests' scores.

    For an item that is passed or failed this is the point-biserial correlation, corrected for
    overlap: with the item in the sum, it would be correlated with itself. It equals
    (r·s − sᵢ) / √(s² + sᵢ² − 2·r·s·sᵢ), where r is the correlation with the sum of all, s that
    sum's standard deviation and sᵢ the item's (Henrysson 1963).

    Parameters
    ----------
    item, rest : numpy.ndarray
        Shape (n,), finite.

    Returns
    -------
    (float or None, str)
        The correlation, or None and why there is none.
    """
    if item.size < FEWEST:
        return None, f"fewer than {FEWEST} submissions"
    if _constant(item):
        return None, "all have the same points"
    if _constant(rest):
        return None, "the other tests do not differ"
    return float(np.clip(np.corrcoef(item, rest)[0, 1], -1, 1)), ""


def _constant(values: Floats) -> bool:
    """Whether values are equal but for what sums in another order differ by."""
    return bool(np.ptp(values) <= 1e-9 * max(1.0, float(np.abs(values).max())))


def item_numbers(scores: Floats, points: Floats, tests: NDArray[np.bool_]) -> list[ItemNumbers]:
    """Difficulty and discrimination of each item.

    Parameters
    ----------
    scores : numpy.ndarray
        Shape (submissions, items); NaN where a score is missing.
    points : numpy.ndarray
        Shape (items,).
    tests : numpy.ndarray of bool
        Shape (items,). Which items are tests: the rest that an item is compared with is the sum of
        the tests without it. What people grade is not in it, since not all may be graded yet.

    Returns
    -------
    list of ItemNumbers
    """
    numbers = []
    for place, of in enumerate(points):
        item = scores[:, place]
        others = tests.copy()
        others[place] = False
        rest = scores[:, others].sum(axis=1)  # NaN where one of them is missing
        graded = item[~np.isnan(item)]
        both = ~np.isnan(item) & ~np.isnan(rest)
        full, none = int((graded >= of).sum()), int((graded <= 0).sum())
        if of <= 0:
            numbers.append(ItemNumbers(len(graded), full, none, None, None, "no points", ""))
            continue
        if not len(graded):
            numbers.append(ItemNumbers(0, 0, 0, None, None, "no scores yet", ""))
            continue
        if others.any():
            found, why = item_rest_correlation(item[both], rest[both])
        else:
            found, why = None, "no other test"
        flag = ""
        if none == len(graded):
            flag = NOBODY
        elif full == len(graded):
            flag = EVERYBODY
        elif found is not None and found < -chance(int(both.sum())):
            flag = BACKWARDS
        elif found is not None and found < POOR and chance(int(both.sum())) <= POOR:
            flag = BLUNT
        share = float(graded.mean() / of)
        numbers.append(ItemNumbers(len(graded), full, none, share, found, why, flag))
    return numbers
