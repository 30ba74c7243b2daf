"""The report's numbers, against numbers worked by hand and against NumPy and the textbook."""

from __future__ import annotations

import math

import numpy as np
import pytest

from autograder.report import statistics as st

NAN = math.nan


def test_quartiles_by_hand() -> None:
    # Of 2, 4, 6, 9 the quartiles lie at places 0.75, 1.5 and 2.25 counted from 0.
    found = st.summarise(np.array([9.0, 2, 6, 4]))
    assert found == st.Summary(4, 2, 3.5, 5, 6.75, 9, 5.25)


def test_a_summary_of_one_and_of_none() -> None:
    assert st.summarise(np.array([7.0])) == st.Summary(1, 7, 7, 7, 7, 7, 7)
    assert st.summarise(np.array([])) is None


def test_a_histogram_by_hand() -> None:
    bins = st.counted(np.array([0, 4.99, 5, 10, 12, -1]), [0, 5, 10])
    # The last bin holds its upper edge; what is beyond the edges is not lost.
    assert bins == [st.Bin(0, 5, 3), st.Bin(5, 10, 3)]


def test_a_histogram_is_that_of_numpy() -> None:
    rng = np.random.default_rng(1)
    edges = [0.0, 1, 2, 5, 10]
    for size in (0, 1, 100):
        values = rng.integers(0, 101, size) / 10
        counts = [b.count for b in st.counted(values, edges)]
        assert counts == list(np.histogram(values, edges)[0])


@pytest.mark.parametrize(
    ("points", "edges"),
    [
        (40, [0, 5, 10, 15, 20, 25, 30, 35, 40]),
        (10, list(range(11))),
        (37, [0, 5, 10, 15, 20, 25, 30, 35, 37]),
        (1, [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]),
        (0, [0, 1]),
    ],
)
def test_edges_of_scores(points: float, edges: list[float]) -> None:
    assert st.score_edges(points) == edges


@pytest.mark.parametrize("points", [0.5, 3, 7.5, 100, 12_345])
def test_edges_of_any_points(points: float) -> None:
    edges = st.score_edges(points)
    assert edges[0] == 0 and edges[-1] == points
    assert 2 <= len(edges) <= 13
    assert all(np.diff(edges) > 0)


def test_points_earned_by_hand() -> None:
    scores = np.array([[2.0, 1, NAN], [0, 1, 3]])
    points = np.array([2.0, 1, 4])
    # 2 + 1 + 0 + 1 of 6 points.
    assert st.earned(scores, points, [0, 1]) == st.Share(2, 3, 4 / 6)
    # The missing score is no zero: 3 of 4.
    assert st.earned(scores, points, [2]).share == 0.75
    assert st.earned(scores[:1], points, [2]).share is None


# --- item-rest correlation -----------------------------------------------------------------------

#: Ten students, three tests of 1, 1 and 2 points.
CLASS = np.array(
    [
        [1, 1, 2],
        [1, 1, 2],
        [1, 1, 2],
        [1, 0, 2],
        [1, 1, 0],
        [0, 1, 2],
        [0, 0, 2],
        [0, 1, 0],
        [0, 0, 0],
        [0, 0, 0],
    ],
    dtype=float,
)
POINTS = np.array([1.0, 1, 2])
TESTS = np.ones(3, dtype=bool)


def test_difficulty_and_discrimination_by_hand() -> None:
    """The first test: five pass, and their rests are 3 3 3 2 1, the others' 3 2 1 0 0.

    Means 2.4 and 1.2; the rests' sum is 18 and that of their squares 46, so their variance is
    46/10 − 1.8² = 1.36. Point-biserial: (2.4 − 1.2) · √(½ · ½) / √1.36.
    """
    found = st.item_numbers(CLASS, POINTS, TESTS)[0]
    assert (found.graded, found.full, found.none, found.share) == (10, 5, 5, 0.5)
    assert found.discrimination == pytest.approx(0.6 / math.sqrt(1.36))
    assert found.why == found.flag == ""


def test_the_correction_for_overlap_is_henryssons() -> None:
    """The correlation with the rest is that with the whole sum, corrected by his formula."""
    total = CLASS.sum(axis=1)
    for place, found in enumerate(st.item_numbers(CLASS, POINTS, TESTS)):
        item = CLASS[:, place]
        r = np.corrcoef(item, total)[0, 1]
        s, si = total.std(), item.std()
        corrected = (r * s - si) / math.sqrt(s**2 + si**2 - 2 * r * s * si)
        assert found.discrimination == pytest.approx(corrected)
        assert found.discrimination < r, "not corrected at all"


def test_large_classes_agree_with_numpy() -> None:
    rng = np.random.default_rng(2)
    skill = rng.random((500, 1))
    points = np.array([1.0, 2, 3, 1])
    scores = (rng.random((500, 4)) < skill) * points
    for place, found in enumerate(st.item_numbers(scores, points, np.ones(4, dtype=bool))):
        rest = np.delete(scores, place, axis=1).sum(axis=1)
        assert found.discrimination == pytest.approx(np.corrcoef(scores[:, place], rest)[0, 1])
        assert found.share == pytest.approx(scores[:, place].mean() / points[place])


def test_what_people_grade_is_not_in_the_rest() -> None:
    written = np.column_stack([CLASS, np.arange(10)])
    by_test = [True, True, True, False]
    found = st.item_numbers(written, np.append(POINTS, 9), np.array(by_test))
    assert found[:3] == st.item_numbers(CLASS, POINTS, TESTS)
    assert found[3].discrimination == pytest.approx(
        np.corrcoef(np.arange(10), CLASS.sum(axis=1))[0, 1]
    )


def test_when_there_is_no_discrimination() -> None:
    few = st.item_numbers(CLASS[: st.FEWEST - 1], POINTS, TESTS)
    assert {(item.discrimination, item.why) for item in few} == {
        (None, f"fewer than {st.FEWEST} submissions")
    }
    nobody, everybody, other = st.item_numbers(
        np.column_stack([np.zeros(12), np.ones(12), np.arange(12) % 3]), POINTS, TESTS
    )
    assert (nobody.discrimination, nobody.why) == (None, "all have the same points")
    assert (nobody.flag, everybody.flag) == (st.NOBODY, st.EVERYBODY)
    assert (other.discrimination, other.why) == (None, "the other tests do not differ")
    alone = st.item_numbers(CLASS[:, :1], POINTS[:1], TESTS[:1])[0]
    assert (alone.discrimination, alone.why) == (None, "no other test")


def test_rests_that_differ_by_rounding_do_not_differ() -> None:
    """0.1 + 0.2 and 0.3 are one sum."""
    rest = np.where(np.arange(12) % 2, 0.1 + 0.2, 0.3)
    assert st.item_rest_correlation(np.arange(12) % 2 * 1.0, rest)[0] is None


def test_no_submissions_no_scores_no_points() -> None:
    nothing = st.item_numbers(np.empty((0, 3)), POINTS, TESTS)
    assert {(item.share, item.why, item.flag) for item in nothing} == {(None, "no scores yet", "")}
    missing = st.item_numbers(np.full((12, 3), NAN), POINTS, TESTS)
    assert missing == nothing
    free = st.item_numbers(CLASS, np.array([0.0, 1, 2]), TESTS)[0]
    assert (free.share, free.why, free.flag) == (None, "no points", "")


def test_a_missing_score_is_left_out() -> None:
    scores = np.vstack([CLASS, [NAN, 1, 2], [1, NAN, 2]])
    found = st.item_numbers(scores, POINTS, TESTS)
    # Both extra rows lack a test, so neither is in the correlation of the third.
    assert found[2].discrimination == pytest.approx(
        st.item_numbers(CLASS, POINTS, TESTS)[2].discrimination
    )
    assert found[0].graded == 11


def flags(first: list[float], times: int) -> str:
    """The flag of a test that ten students pass as stated, beside two tests that rank them."""
    better = np.arange(10) >= 5
    best = np.arange(10) >= 8
    scores = np.tile(np.column_stack([first, better, 2 * best]).astype(float), (times, 1))
    return st.item_numbers(scores, POINTS, TESTS)[0].flag


def test_flags() -> None:
    against = [1.0] * 5 + [0.0] * 5
    assert flags(against, 1) == st.BACKWARDS
    assert flags([0.0] * 5 + [1.0] * 5, 1) == ""
    unrelated = [1.0, 0, 1, 0, 1, 0, 1, 0, 1, 0]
    assert flags(unrelated, 1) == "", "ten submissions cannot tell"
    assert flags(unrelated, 20) == st.BLUNT


def test_chance_shrinks_with_the_class() -> None:
    assert st.chance(101) == pytest.approx(0.196)
    rng = np.random.default_rng(3)
    found = [np.corrcoef(rng.random((2, 50)))[0, 1] for _ in range(2000)]
    assert np.mean(np.abs(found) > st.chance(50)) == pytest.approx(0.05, abs=0.02)
