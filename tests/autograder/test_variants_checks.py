"""The oracles of `variants` are right, and say why an answer is not."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import pytest
from keras.layers import MaxPooling1D, MaxPooling3D

from autograder.pooling_checks import (
    AdaptivePooling,
    CheckFailed,
    LpPooling,
    SpatialPyramid,
    check_dtype,
    check_output,
    check_random,
    check_random_variants,
    check_shape,
    example,
    photograph,
    show_rows,
    show_volume,
)
from autograder.pooling_checks.cases import Case
from autograder.pooling_checks.norms_and_bins import VariantOracle, right_bins
from autograder.pooling_checks.pooling_layers import PoolingLayer

# --- the same, slowly, from the definitions ------------------------------------------------------


def slow_max(x: np.ndarray, windows: Any, strides: Any, padding: str) -> np.ndarray:
    """Max pooling over any number of axes, cell by cell."""
    ranges = []
    for size, window, stride in zip(x.shape[1:-1], windows, strides, strict=True):
        before, count = 0, (size - window) // stride + 1
        if padding == "same":
            count = math.ceil(size / stride)
            before = max((count - 1) * stride + window - size, 0) // 2
        starts = [i * stride - before for i in range(count)]
        ranges.append([slice(max(start, 0), start + window) for start in starts])
    out = np.empty((len(x), *map(len, ranges), x.shape[-1]), x.dtype)
    for place in np.ndindex(*out.shape[1:-1]):
        box = x[(slice(None), *(r[i] for r, i in zip(ranges, place, strict=True)))]
        out[(slice(None), *place)] = box.max(axis=tuple(range(1, x.ndim - 1)))
    return out


def slow_lp(
    x: np.ndarray, p: float, pool_size: Any, strides: Any = None, norm: Any = None
) -> np.ndarray:
    kh, kw = (pool_size, pool_size) if isinstance(pool_size, int) else pool_size
    strides = (kh, kw) if strides is None else strides
    sh, sw = (strides, strides) if isinstance(strides, int) else strides
    rows, columns = (x.shape[1] - kh) // sh + 1, (x.shape[2] - kw) // sw + 1
    out = np.zeros((len(x), rows, columns, x.shape[3]))
    for b, i, j, c in np.ndindex(*out.shape):
        cells = x[b, i * sh : i * sh + kh, j * sw : j * sw + kw, c].ravel().astype("float64")
        largest = np.abs(cells).max()
        if norm is not None:
            out[b, i, j, c] = norm(cells)
        elif largest:
            out[b, i, j, c] = largest * np.linalg.norm(cells / largest, p)
    return out.astype(x.dtype)


def bins(length: int, count: int) -> Iterator[slice]:
    for i in range(count):
        yield slice(math.floor(i * length / count), math.ceil((i + 1) * length / count))


def slow_adaptive(
    x: np.ndarray,
    output_size: Any,
    summary: Callable[..., Any] = np.max,
    divide: Callable[[int, int], Any] = bins,
) -> np.ndarray:
    down, across = (output_size, output_size) if isinstance(output_size, int) else output_size
    rows = [
        [summary(x[:, r, c], axis=(1, 2)) for c in divide(x.shape[2], across)]
        for r in divide(x.shape[1], down)
    ]
    return np.moveaxis(np.array(rows), 2, 0).astype(x.dtype)


def slow_average(x: np.ndarray, output_size: Any) -> np.ndarray:
    return slow_adaptive(x, output_size, np.mean)


def slow_pyramid(
    x: np.ndarray, levels: Any, order: Any = (0, 1, 2, 3), summary: Any = np.max
) -> np.ndarray:
    maps = [slow_adaptive(x, level, summary).transpose(order) for level in levels]
    return np.concatenate([m.reshape(len(x), -1) for m in maps], axis=1)


def message(check: Any, *arguments: Any, **keywords: Any) -> str:
    with pytest.raises(CheckFailed) as caught:
        check(*arguments, **keywords)
    return str(caught.value)


# --- the oracles are right -----------------------------------------------------------------------


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_one_axis_and_three_agree_with_the_definition(padding: str, dtype: str) -> None:
    rng = np.random.default_rng(3)
    for size, window, stride in itertools.product((1, 3, 6), (1, 2, 4), (1, 3, 5)):
        if padding == "valid" and window > size:
            continue
        arguments = {"pool_size": window, "strides": stride, "padding": padding}
        x = rng.normal(size=(2, size, 2)).astype(dtype)
        got = PoolingLayer(MaxPooling1D).right(Case({"x": x}, arguments))[0]
        assert got.dtype == dtype
        assert np.array_equal(got, slow_max(x, (window,), (stride,), padding))
        x = rng.normal(size=(1, size, 5, 4, 2)).astype(dtype)
        box, steps = (window, 2, 1), (stride, 1, 2)
        arguments |= {"pool_size": box, "strides": steps}
        got = PoolingLayer(MaxPooling3D).right(Case({"x": x}, arguments))[0]
        assert got.dtype == dtype
        assert np.array_equal(got, slow_max(x, box, steps, padding)), (size, window, stride)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("p", [1, 1.5, 2, 7, 20, math.inf])
def test_lp_agrees_with_the_definition(p: float, dtype: str) -> None:
    rng = np.random.default_rng(5)
    for factor in (1e-3, 1.0, 1e30):
        x = (rng.normal(size=(2, 6, 5, 2)) * factor).astype(dtype)
        x[0, :2, :2] = 0
        for arguments in ({"pool_size": 2}, {"pool_size": (3, 2), "strides": (1, 2)}):
            case = Case({"x": x}, {"p": p, **arguments})
            (got,) = LpPooling().expected(case)
            assert got.dtype == dtype
            gap = np.abs(got.astype("float64") - slow_lp(x, p, **arguments)).max()
            assert gap <= LpPooling().tolerance(case) <= 1e-4 * got.max()
            assert got[0, 0, 0, 0] == 0 or arguments["pool_size"] != 2


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("kind", "summary"), [("average", np.mean), ("max", np.max)])
def test_adaptive_pooling_agrees_with_the_definition(kind: str, summary: Any, dtype: str) -> None:
    x = np.random.default_rng(7).normal(size=(2, 7, 4, 3)).astype(dtype)
    for output_size in (1, 2, 4, (7, 4), (3, 5), (9, 1), (1, 6)):
        case = Case({"x": x}, {"output_size": output_size})
        (got,) = AdaptivePooling(kind).expected(case)
        assert got.dtype == dtype
        slow = slow_adaptive(x, output_size, summary)
        assert np.abs(got - slow).max() <= AdaptivePooling(kind).tolerance(case)


@pytest.mark.parametrize("kind", ["average", "max"])
def test_adaptive_pooling_agrees_with_keras_where_keras_has_it(kind: str) -> None:
    layer = getattr(keras.layers, f"Adaptive{kind.capitalize()}Pooling2D", None)
    if layer is None:
        pytest.skip("this Keras has no adaptive layers")
    x = np.random.default_rng(9).normal(size=(2, 7, 10, 3)).astype("float32")
    # Not with one column: AdaptiveMaxPooling2D would end the process.
    for output_size in (2, (3, 4), (7, 10), (1, 6), (9, 12)):
        oracle = AdaptivePooling(kind)
        (ours,) = oracle.expected(Case({"x": x}, {"output_size": output_size}))
        assert np.allclose(ours, np.asarray(layer(output_size)(x)), atol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_pyramid_agrees_with_the_definition(dtype: str) -> None:
    x = np.random.default_rng(11).normal(size=(2, 5, 7, 3)).astype(dtype)
    for levels in ((1,), (3,), (1, 2, 4), [4, 1], (2, 2), (6, 1)):
        case = Case({"x": x}, {"levels": levels})
        (got,) = SpatialPyramid().expected(case)
        assert got.dtype == dtype
        assert np.array_equal(got, slow_pyramid(x, levels))


def test_a_number_of_the_pyramid_is_found_again() -> None:
    x = example(1, 5, 7, 3)
    case = Case({"x": x}, {"levels": (2, 1, 3)})
    (row,) = SpatialPyramid().expected(case)
    for number, value in enumerate(row[0]):
        level, i, j, channel = SpatialPyramid().place(case, number)
        (top, bottom), (left, right) = right_bins(5, level)[i], right_bins(7, level)[j]
        assert x[0, top:bottom, left:right, channel].max() == value
    with pytest.raises(ValueError, match="the row ends before"):
        SpatialPyramid().place(case, row.size)


# --- random cases --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "oracle", "choices"),
    [
        (slow_lp, LpPooling(), {"p": (1, 2.5, math.inf), "strides": True}),
        (slow_average, AdaptivePooling("average"), {}),
        (slow_adaptive, AdaptivePooling("max"), {"divides": True}),
        (slow_pyramid, SpatialPyramid(), {}),
        (slow_pyramid, SpatialPyramid(), {"single": True}),
    ],
)
def test_right_answers_pass(function: Any, oracle: VariantOracle, choices: dict[str, Any]) -> None:
    check_random_variants(
        function, oracle, seed=1, rectangular=True, channels=True, values="mixed", **choices
    )


def test_cases_are_as_asked_for() -> None:
    for seed in range(40):
        case = LpPooling().drawn(seed, False, False, "negative", p=(1, 3))
        assert case.x.shape[0] == case.x.shape[3] == 1
        assert case.x.shape[1] == case.x.shape[2] >= case.arguments["pool_size"] >= 2
        assert case.x.max() < 0
        assert case.arguments["p"] in (1, 3)
        assert "strides" not in case.arguments
        case = AdaptivePooling("max").drawn(seed, True, True, "mixed", divides=True)
        for size, count in zip(case.x.shape[1:3], case.arguments["output_size"], strict=True):
            assert size % count == 0
        assert len(SpatialPyramid().drawn(seed, True, True, "mixed").arguments["levels"]) > 1


# --- messages ------------------------------------------------------------------------------------


def mean_norm(x: np.ndarray, p: float, **arguments: Any) -> np.ndarray:
    return slow_lp(x, p, **arguments, norm=lambda c: (np.abs(c) ** p).mean() ** (1 / p))


def test_the_message_names_case_difference_window_and_mistake() -> None:
    x = example(1, 4, 4, 1)
    text = message(check_output, mean_norm, LpPooling(), x, p=2, pool_size=2)
    assert "mean_norm does not agree with Lp pooling, made of keras.layers.AveragePooling2D" in text
    assert "case      x of shape (1, 4, 4, 1), float32; p=2, pool_size=2" in text
    right = np.linalg.norm(x[0, :2, :2, 0].ravel())
    assert f"first difference at output[0, 0, 0, 0]: expected {right:.6g}, received" in text
    assert "window    x[0, 0:2, 0:2, 0]" in text
    assert "hint      this is the mean of |x|^p, rooted; it must be the sum" in text


LP_MISTAKES: list[tuple[Any, float, str]] = [
    (lambda c: c.sum(), 1, "the absolute value is missing"),
    (lambda c: (np.abs(c) ** 3).sum(), 3, "the root is missing"),
    (lambda c: np.abs(c).max(), 3, "the answer to p = inf"),
    (lambda c: np.abs(c).sum(), 3, "the answer to p=1"),
    (lambda c: np.linalg.norm(c), 3, "the answer to p=2"),
    (lambda c: c.max(), math.inf, "the largest number, not the largest absolute value"),
    (lambda c: 1.0, math.inf, "gives inf^0 = 1"),
]


@pytest.mark.parametrize(("norm", "p", "hint"), LP_MISTAKES, ids=[m[2] for m in LP_MISTAKES])
def test_a_mistake_in_lp_is_recognised(norm: Any, p: float, hint: str) -> None:
    def wrong(x: np.ndarray, p: float, pool_size: int) -> np.ndarray:
        return slow_lp(x, p, pool_size, norm=norm)

    x = example(1, 4, 4, 1, values="mixed")
    text = message(check_output, wrong, LpPooling(), x, p=p, pool_size=2)
    assert "hint " in text and hint in text.partition("hint ")[2]


@pytest.mark.parametrize(
    ("changes", "hint"),
    [
        ({"strides": None}, "the stride was taken to be the window"),
        ({"strides": 1}, "the stride was taken to be 1"),
        ({"pool_size": (2, 1)}, "the numbers of pool_size were swapped"),
    ],
)
def test_a_mistake_in_lp_windows_is_recognised(changes: dict[str, Any], hint: str) -> None:
    def wrong(x: np.ndarray, **arguments: Any) -> np.ndarray:
        return slow_lp(x, **(arguments | changes))

    arguments = {"p": 2, "pool_size": (1, 2), "strides": 3}
    text = message(check_output, wrong, LpPooling(), example(1, 7, 7, 1), **arguments)
    assert hint in text.partition("hint ")[2]


def rounded_down(length: int, count: int) -> list[slice]:
    return [slice(i * length // count, (i + 1) * length // count) for i in range(count)]


def rounded_up(length: int, count: int) -> list[slice]:
    return [slice(-(-i * length // count), -(-(i + 1) * length // count)) for i in range(count)]


def one_length(length: int, count: int) -> list[slice]:
    stride = length // count
    window = length - (count - 1) * stride
    return [slice(i * stride, i * stride + window) for i in range(count)]


def of_the_paper(length: int, count: int) -> list[slice]:
    stride, window = length // count, math.ceil(length / count)
    return [slice(i, i + window) for i in range(0, length - window + 1, stride)]


@pytest.mark.parametrize(("kind", "summary"), [("average", np.mean), ("max", np.max)])
@pytest.mark.parametrize(
    ("divide", "hint"),
    [
        (rounded_down, "the end of each bin was rounded down"),
        (rounded_up, "the start of each bin was rounded up"),
        (one_length, "all bins have one length"),
        (of_the_paper, "windows of ceil(L/n) cells every floor(L/n)"),
    ],
)
def test_wrong_bins_are_recognised(divide: Any, hint: str, kind: str, summary: Any) -> None:
    def wrong(x: np.ndarray, output_size: int) -> np.ndarray:
        return slow_adaptive(x, output_size, summary, divide)

    x = example(1, 8, 8, 1)
    text = message(check_output, wrong, AdaptivePooling(kind), x, output_size=3)
    assert f"Adaptive{kind.capitalize()}Pooling2D" in text
    assert hint in text.partition("hint ")[2]


@pytest.mark.parametrize(("kind", "other"), [("average", np.max), ("max", np.mean)])
def test_the_other_summary_is_recognised(kind: str, other: Any) -> None:
    def wrong(x: np.ndarray, output_size: int) -> np.ndarray:
        return slow_adaptive(x, output_size, other)

    text = message(check_output, wrong, AdaptivePooling(kind), example(1, 4, 4, 1), output_size=2)
    assert f"of each bin, not the {'maximum' if kind == 'max' else kind}" in text


def test_swapped_output_sizes_are_recognised() -> None:
    def wrong(x: np.ndarray, output_size: Any) -> np.ndarray:
        return slow_adaptive(x, output_size[::-1])

    x = example(1, 5, 5, 1)
    text = message(check_output, wrong, AdaptivePooling("max"), x, output_size=(2, 3))
    assert "the numbers of output_size were swapped" in text


def test_a_bin_is_shown() -> None:
    def wrong(x: np.ndarray, output_size: int) -> np.ndarray:
        out = slow_adaptive(x, output_size)
        out[0, 1, 2, 0] += 1
        return out

    x = example(1, 5, 5, 1)
    text = message(check_output, wrong, AdaptivePooling("max"), x, output_size=3)
    assert "first difference at output[0, 1, 2, 0]" in text
    assert "window    x[0, 1:4, 3:5, 0]\n" in text


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda x, levels: slow_pyramid(x, levels, (0, 3, 1, 2)), "(channel, row, column) order"),
        (lambda x, levels: slow_pyramid(x, levels, (0, 2, 1, 3)), "(column, row, channel) order"),
        (lambda x, levels: slow_pyramid(x, levels, summary=np.mean), "the average of each bin"),
        (lambda x, levels: slow_pyramid(x, sorted(levels)), "the levels were sorted; "),
        (lambda x, levels: slow_pyramid(x, sorted(levels)[::-1]), "sorted, the largest first"),
        (lambda x, levels: slow_pyramid(x, levels[::-1]), "the levels were reversed"),
        (lambda x, levels: slow_pyramid(x, dict.fromkeys(levels)), "was used once"),
        (
            lambda x, levels: np.concatenate(
                [slow_pyramid(x[..., c : c + 1], levels) for c in range(x.shape[3])], axis=1
            ),
            "all levels of a channel stand together",
        ),
    ],
)
def test_a_mistake_in_the_pyramid_is_recognised(wrong: Any, hint: str) -> None:
    x = example(2, 6, 5, 3)
    text = message(check_output, wrong, SpatialPyramid(), x, levels=(2, 3, 1, 2))
    assert hint in text.partition("hint ")[2]


def test_a_number_of_the_pyramid_is_explained() -> None:
    def wrong(x: np.ndarray, levels: Any) -> np.ndarray:
        out = slow_pyramid(x, levels)
        out[0, 7] += 1
        return out

    text = message(check_output, wrong, SpatialPyramid(), example(1, 4, 4, 2), levels=(1, 2))
    assert "first difference at output[0, 7]" in text
    assert "that is   level 2, row 1, column 0, channel 1" in text
    assert "window    x[0, 2:4, 0:2, 1]" in text


def test_series_and_volumes_are_explained() -> None:
    def corner1d(x: np.ndarray, pool_size: int, padding: str = "valid") -> np.ndarray:
        return x[:, ::pool_size].copy()

    x = example(1, 5, 1, seed=2)
    text = message(check_output, corner1d, MaxPooling1D, x, pool_size=3, padding="same")
    assert "corner1d does not agree with keras.layers.MaxPooling1D" in text
    assert "; outside the input: 1 step" in message(
        check_output, lambda x, **k: corner1d(x, **k) * 0, MaxPooling1D, x, pool_size=4,
        padding="same",
    )  # fmt: skip

    def only_the_first_plane(x: np.ndarray, pool_size: int) -> np.ndarray:
        return slow_max(x, (1, pool_size, pool_size), (pool_size,) * 3, "valid")

    x = example(1, 2, 2, 2, 1)
    x[0, 1, 0, 1, 0] = 99
    text = message(check_output, only_the_first_plane, MaxPooling3D, x, pool_size=2)
    assert "window    x[0, 0:2, 0:2, 0:2, 0]\n    plane 0\n" in text
    assert "    plane 1\n" in text.partition("plane 0")[2]


def test_mistakes_along_one_axis_and_three_are_recognised() -> None:
    def average(x: np.ndarray, pool_size: int) -> np.ndarray:
        (length,) = (x.shape[1] // pool_size,)
        return x[:, : length * pool_size].reshape(len(x), length, pool_size, -1).mean(axis=2)

    text = message(check_output, average, MaxPooling1D, example(1, 6, 1), pool_size=2)
    assert "hint      this is the average of each window" in text

    def swapped(x: np.ndarray, pool_size: Any) -> np.ndarray:
        return slow_max(x, pool_size[::-1], pool_size[::-1], "valid")

    x = example(1, 4, 4, 4, 1)
    text = message(check_output, swapped, MaxPooling3D, x, pool_size=(1, 2, 4))
    assert "were swapped: it is (depth, height, width)" in text


# --- one aspect at a time ------------------------------------------------------------------------


def test_precision_is_asked_of_volumes_too() -> None:
    def right(x: np.ndarray, pool_size: int) -> np.ndarray:
        return slow_max(x, (pool_size,) * 3, (pool_size,) * 3, "valid")

    x = example(1, 4, 4, 4, 1)
    check_dtype(right, MaxPooling3D, x, pool_size=2)
    text = message(
        check_dtype,
        lambda x, pool_size: right(x.astype("float32"), pool_size).astype(x.dtype),
        MaxPooling3D,
        x,
        pool_size=2,
    )
    assert "was the work done in float32?" in text


def test_the_shape_of_a_pyramid_is_an_aspect_of_its_own() -> None:
    x = example(2, 5, 4, 3)
    check_shape(lambda x, levels: slow_pyramid(x, levels) * 0, SpatialPyramid(), x, levels=(1, 2))
    text = message(
        check_shape, lambda x, levels: slow_pyramid(x, (1,)), SpatialPyramid(), x, levels=(1, 2)
    )
    assert "expected  shape (2, 15), float32" in text
    assert "first difference: the shape" in text


def test_overflow_is_no_number() -> None:
    def naive(x: np.ndarray, p: float, pool_size: int) -> np.ndarray:
        with np.errstate(over="ignore"):
            return slow_lp(x, p, pool_size) * np.float32(3e38) / np.float32(1e-3)

    x = 1000 + example(1, 4, 4, 1)
    assert "received inf" in message(check_output, naive, LpPooling(), x, p=20, pool_size=2)


# --- shrinking -----------------------------------------------------------------------------------


def test_random_cases_that_fail_are_shrunk() -> None:
    def no_root(x: np.ndarray, p: float, pool_size: Any, strides: Any = None) -> np.ndarray:
        return slow_lp(x, p, pool_size, strides) ** (p if x.shape[2] > 3 else 1)

    text = message(
        check_random_variants,
        no_root,
        LpPooling(),
        seed=1,
        rectangular=True,
        channels=True,
        strides=True,
        values="mixed",
    )
    assert "case      x of shape (1, 1, 4, 1), float32; p=2, pool_size=1\n" in text

    def only_divisible(x: np.ndarray, output_size: Any) -> np.ndarray:
        return slow_adaptive(x, output_size, np.max, one_length)

    text = message(
        check_random_variants, only_divisible, AdaptivePooling("max"), seed=1, rectangular=True
    )
    height, width = map(int, text.partition("shape (1, ")[2].split(",")[:2])
    assert height * width <= 6

    def forgets_the_last_level(x: np.ndarray, levels: Any) -> np.ndarray:
        out = slow_pyramid(x, levels)
        if len(levels) > 1:
            out[:, -1] += 1
        return out

    text = message(check_random_variants, forgets_the_last_level, SpatialPyramid(), seed=1)
    assert "case      x of shape (1, 1, 1, 1), float32; levels=[1, 1]\n" in text


def test_random_volumes_are_small_and_shrink() -> None:
    def wrong(x: np.ndarray, pool_size: Any, padding: str, strides: Any = None) -> np.ndarray:
        window = (pool_size,) * 3 if isinstance(pool_size, int) else pool_size
        steps = (strides,) * 3 if isinstance(strides, int) else strides or window
        out = slow_max(x, window, steps, padding)
        return out + (x.shape[3] > 1)

    text = message(
        check_random, wrong, MaxPooling3D, seed=4, strides=True, rectangular=True, channels=True
    )
    assert "case      x of shape (1, 1, 1, 2, 1), float32; pool_size=1, padding='valid'\n" in text


# --- pictures ------------------------------------------------------------------------------------


@pytest.fixture
def displayed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    import matplotlib

    matplotlib.use("agg")
    shown: list[Any] = []
    monkeypatch.setattr("IPython.display.display", lambda this, metadata=None: shown.append(this))
    return shown


def rows_pooled(x: np.ndarray, pool_size: int) -> np.ndarray:
    return slow_max(x, (pool_size,), (pool_size,), "valid")


def boxes_pooled(x: np.ndarray, pool_size: Any) -> np.ndarray:
    return slow_max(x, pool_size, pool_size, "valid")


def test_rows_and_volumes_are_drawn(displayed: list[Any]) -> None:
    show_rows(rows_pooled, pool_size=4)
    show_volume(boxes_pooled, pool_size=(2, 4, 4))
    titles = ["\n".join(axis.get_title() for axis in figure.axes) for figure in displayed]
    assert "rows_pooled, 96 × 24\n✓ agrees" in titles[0]
    assert "boxes_pooled, 24 × 24\n✓ agrees" in titles[1]
    first = photograph(channels=2)[0].max(axis=2)
    shown = displayed[1].axes[1].images[0].get_array()
    assert np.array_equal(shown, first.reshape(24, 4, 24, 4).max(axis=(1, 3)))


def test_what_cannot_be_drawn_is_said(displayed: list[Any]) -> None:
    def unwritten(x: np.ndarray, **arguments: Any) -> np.ndarray:
        raise NotImplementedError

    show_rows(lambda x, pool_size: rows_pooled(x, pool_size) + 1, pool_size=4)
    show_rows(unwritten, pool_size=4)
    show_volume(lambda x, pool_size: None, pool_size=2)
    assert "✗ differs" in displayed[0].axes[2].get_title()
    assert "unwritten is not written yet" in displayed[1].data.replace("\\", "")
    assert "returned None" in displayed[2].data
