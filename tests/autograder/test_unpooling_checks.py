"""Pooling with indices, unpooling, upsampling and masks: the oracles are right, and say why."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from autograder.pooling_checks import (
    CheckFailed,
    IntersectionOverUnion,
    MaxPoolingWithArgmax,
    MaxUnpooling2D,
    NearestUpsampling2D,
    check_dtype,
    check_output,
    check_random_unpooling,
    example,
    pooled_with_argmax,
)
from autograder.pooling_checks.cases import Case
from autograder.pooling_checks.oracle import Oracle
from autograder.pooling_checks.unpooling import few_numbers
from tests.autograder.unwatched import unwatched

ARGMAX, UNPOOL = MaxPoolingWithArgmax(), MaxUnpooling2D()
UPSAMPLE, IOU = NearestUpsampling2D(), IntersectionOverUnion()


def message(check: Any, *arguments: Any, **keywords: Any) -> str:
    """The message of a check that must fail, as a notebook shows it."""
    with pytest.raises(CheckFailed) as caught:
        check(*arguments, **keywords)
    return "\n".join(caught.value._render_traceback_())


def watched(function: Any) -> Any:
    """A function that may use TensorFlow, past the checks' ban."""

    def free(*arguments: Any, **keywords: Any) -> Any:
        with unwatched():
            return function(*arguments, **keywords)

    free.__name__ = function.__name__
    return free


def pads(size: int, window: int, stride: int, padding: str) -> tuple[int, int]:
    """Number of windows and cells of padding before, along one axis."""
    if padding == "valid":
        return (size - window) // stride + 1, 0
    count = -(-size // stride)
    return count, max((count - 1) * stride + window - size, 0) // 2


def slow_argmax(
    x: np.ndarray, pool_size: Any, strides: Any = None, padding: str = "valid"
) -> tuple[np.ndarray, np.ndarray]:
    """Cell by cell."""
    window = pool_size if isinstance(pool_size, tuple) else (pool_size, pool_size)
    stride = strides or window
    stride = stride if isinstance(stride, tuple) else (stride, stride)
    n, h, w, c = x.shape
    rows, above = pads(h, window[0], stride[0], padding)
    columns, left = pads(w, window[1], stride[1], padding)
    values = np.full((n, rows, columns, c), -np.inf, x.dtype)
    argmax = np.full(values.shape, -1, "int64")
    for b, i, j, k, p, q in np.ndindex(*values.shape, *window):
        row, column = i * stride[0] - above + p, j * stride[1] - left + q
        inside = 0 <= row < h and 0 <= column < w
        if inside and x[b, row, column, k] > values[b, i, j, k]:
            values[b, i, j, k] = x[b, row, column, k]
            argmax[b, i, j, k] = (row * w + column) * c + k
    return values, argmax


def slow_unpool(
    values: np.ndarray, argmax: np.ndarray, output_shape: tuple[int, ...]
) -> np.ndarray:
    """Value by value."""
    out = np.zeros(output_shape, values.dtype)
    for place in np.ndindex(values.shape):
        out[place[0]].reshape(-1)[argmax[place]] = values[place]
    return out


def slow_upsample(x: np.ndarray, size: Any) -> np.ndarray:
    down, across = size if isinstance(size, tuple) else (size, size)
    out = np.empty((x.shape[0], x.shape[1] * down, x.shape[2] * across, x.shape[3]), x.dtype)
    for i, j in np.ndindex(*out.shape[1:3]):
        out[:, i, j] = x[:, i // down, j // across]
    return out


def slow_iou(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    both = either = 0
    for one, other in zip(y_true.flat, y_pred.flat, strict=True):
        both += int(one and other)
        either += int(one or other)
    return both / either if either else 1.0


# --- the oracles are right -----------------------------------------------------------------------


@pytest.mark.parametrize("values", ["positive", "negative", "few"])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_indices_are_what_a_slow_loop_finds(padding: str, values: str) -> None:
    options: dict[str, Any] = {"strides": True, "rectangular": True, "channels": True}
    cases = ARGMAX.random_cases(7, 20, padding, values=values, **options)
    assert len({case.x.shape for case in cases}) > 10
    for drawn in cases:
        for dtype in ("float32", "float64"):
            case = drawn.as_float(dtype)
            expected = ARGMAX.right(case)
            for got, wanted in zip(expected, slow_argmax(case.x, **case.arguments), strict=True):
                assert got.dtype == wanted.dtype
                np.testing.assert_array_equal(got, wanted, err_msg=str(case))


@pytest.mark.parametrize("windows", ["side by side", "apart", "overlapping"])
def test_unpooling_is_what_a_slow_loop_writes(windows: str) -> None:
    options: dict[str, Any] = {windows: True} if windows != "side by side" else {}
    options |= {"rectangular": True, "channels": True, "examples": True, "values": "mixed"}
    for drawn in UNPOOL.random_cases(7, 20, **options):
        for dtype in ("float32", "float64"):
            case = drawn.as_float(dtype)
            (out,) = UNPOOL.right(case)
            assert out.dtype == dtype
            np.testing.assert_array_equal(out, slow_unpool(*case.copies(), **case.arguments))


def test_overlapping_cases_have_indices_that_occur_twice() -> None:
    for case in UNPOOL.random_cases(7, 12, overlapping=True):
        assert len(np.unique(case.arrays["argmax"])) < case.arrays["argmax"].size
    for case in UNPOOL.random_cases(7, 12) + UNPOOL.random_cases(7, 12, apart=True):
        assert len(np.unique(case.arrays["argmax"])) == case.arrays["argmax"].size


def test_upsampling_is_what_a_slow_loop_repeats() -> None:
    for drawn in UPSAMPLE.random_cases(7, 20, rectangular=True, channels=True):
        for dtype in ("float32", "float64"):
            case = drawn.as_float(dtype)
            (out,) = UPSAMPLE.right(case)
            assert out.dtype == dtype
            np.testing.assert_array_equal(out, slow_upsample(case.x, **case.arguments))


@pytest.mark.parametrize("axes", [2, 3, 4])
def test_iou_is_what_counting_gives(axes: int) -> None:
    for case in IOU.random_cases(7, 20, axes):
        assert abs(IOU.right(case)[0] - slow_iou(*case.copies())) < 3e-7
        assert case.x.size < 200
    empty = np.zeros((2,) * axes, bool)
    assert IOU.right(Case({"y_true": empty, "y_pred": empty}, {})) == (1.0,)
    assert IOU.right(Case({"y_true": empty, "y_pred": ~empty}, {})) == (0.0,)


def test_the_tolerance_of_iou_tells_any_two_fractions_apart() -> None:
    """Of masks below a thousand cells, the nearest fractions are those of 999 and 998 cells."""
    case = IOU.random_cases(7, 1)[0]
    assert 2 * 2.4e-7 < IOU.tolerance(case) < 1 / 998 / 999
    for union in (1, 2, 7, 600, 999):
        for both in {0, 1, union // 2, union}:
            y_true, y_pred = np.arange(999) < union, np.arange(999) < both
            expected = IOU.right(Case({"y_true": y_true, "y_pred": y_pred}, {}))[0]
            assert abs(expected - both / union) < IOU.tolerance(case) / 2


@pytest.mark.parametrize(
    ("function", "oracle"),
    [
        (slow_argmax, ARGMAX),
        (slow_unpool, UNPOOL),
        (slow_upsample, UPSAMPLE),
        (slow_iou, IOU),
    ],
)
def test_a_slow_loop_passes(function: Any, oracle: Oracle) -> None:
    check_random_unpooling(function, oracle, seed=3)


# --- a mistake is named --------------------------------------------------------------------------


def changed(how: Any) -> Any:
    """An answer that is right but for its indices, which `how` changes: (argmax, x) → argmax."""

    def answer(x: np.ndarray, **arguments: Any) -> tuple[np.ndarray, np.ndarray]:
        values, argmax = slow_argmax(x, **arguments)
        return values, how(argmax, x)

    return answer


def window_index(x: np.ndarray, pool_size: int) -> tuple[np.ndarray, np.ndarray]:
    values, argmax = slow_argmax(x, pool_size)
    spatial = argmax // x.shape[3]
    row, column = spatial // x.shape[2], spatial % x.shape[2]
    return values, row % pool_size * pool_size + column % pool_size


def last_tie(x: np.ndarray, pool_size: int) -> tuple[np.ndarray, np.ndarray]:
    values, argmax = slow_argmax(x, pool_size)
    for b, i, j, k, p, q in np.ndindex(*values.shape, pool_size, pool_size):
        row, column = i * pool_size + p, j * pool_size + q
        if x[b, row, column, k] == values[b, i, j, k]:
            argmax[b, i, j, k] = (row * x.shape[2] + column) * x.shape[3] + k
    return values, argmax


def padded_index(x: np.ndarray, pool_size: int, **_: Any) -> tuple[np.ndarray, np.ndarray]:
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=-99)
    return slow_argmax(padded, pool_size, 1)


X = example(2, 4, 6, 2, seed=3)


@pytest.mark.parametrize(
    ("wrong", "x", "arguments", "hint"),
    [
        (
            changed(lambda a, x: a + np.arange(2).reshape(2, 1, 1, 1) * x[0].size),
            X,
            {"pool_size": 2},
            "the example was counted in the index",
        ),
        (changed(lambda a, x: a // x.shape[3]), X, {"pool_size": 2}, "leaves out the channels"),
        (
            changed(lambda a, x: a % x.shape[2] * x.shape[1] + a // x.shape[2]),
            X[:1, :, :, :1],
            {"pool_size": 2},
            "rows and columns were swapped in the index",
        ),
        (
            changed(lambda a, x: a % x.shape[3] * (x[0].size // x.shape[3]) + a // x.shape[3]),
            X,
            {"pool_size": 2},
            "counts channel by channel",
        ),
        (window_index, X, {"pool_size": 2}, "counts the cells of the window"),
        (last_tie, few_numbers((1, 4, 4, 1), 3), {"pool_size": 2}, "the last was taken"),
        (
            padded_index,
            X,
            {"pool_size": 3, "strides": 1, "padding": "same"},
            "counts the cells of padding too",
        ),
    ],
)
def test_a_mistaken_index_is_recognised(
    wrong: Any, x: np.ndarray, arguments: dict[str, Any], hint: str
) -> None:
    assert hint in message(check_output, wrong, ARGMAX, x, **arguments)


def added(values: np.ndarray, argmax: np.ndarray, output_shape: tuple[int, ...]) -> np.ndarray:
    out = np.zeros(output_shape, values.dtype)
    for place in np.ndindex(values.shape):
        out[place[0]].reshape(-1)[argmax[place]] += values[place]
    return out


def first_only(values: np.ndarray, argmax: np.ndarray, output_shape: Any) -> np.ndarray:
    out = np.zeros(output_shape, values.dtype)
    out.reshape(-1)[argmax.reshape(-1)] = values.reshape(-1)
    return out


def not_negative(values: np.ndarray, argmax: np.ndarray, output_shape: Any) -> np.ndarray:
    return np.maximum(slow_unpool(values, argmax, output_shape), 0)


def spread(values: np.ndarray, argmax: np.ndarray, output_shape: Any) -> np.ndarray:
    factors = [n // m for n, m in zip(output_shape[1:3], values.shape[1:3], strict=True)]
    out = np.zeros(output_shape, values.dtype)
    large = slow_upsample(values, tuple(factors))
    out[:, : large.shape[1], : large.shape[2]] = large
    return out


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (added, "their values were added"),
        (first_only, "all examples were written into the first"),
        (not_negative, "negative values were lost"),
        (spread, "the values were spread over their windows"),
    ],
)
def test_a_mistaken_unpooling_is_recognised(wrong: Any, hint: str) -> None:
    x = example(2, 5, 5, 2, values="mixed") - 45  # so that some maxima are negative
    arrays = pooled_with_argmax(x, pool_size=3, strides=2)
    text = message(check_output, wrong, UNPOOL, *arrays, output_shape=x.shape)
    assert hint in text


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda x, size: np.tile(x, (1, *size, 1)), "laid side by side"),
        (lambda x, size: slow_upsample(x, size[::-1]), "the numbers of size were swapped"),
        (lambda x, size: slow_upsample(x, size[0]), "the first number of size was taken"),
        (lambda x, size: slow_upsample(x, (size[0], 1)), "only the rows were repeated"),
        (lambda x, size: slow_upsample(x, (1, size[1])), "only the columns were repeated"),
    ],
)
def test_a_mistaken_upsampling_is_recognised(wrong: Any, hint: str) -> None:
    assert hint in message(check_output, wrong, UPSAMPLE, example(1, 2, 3, 1), size=(2, 3))


def test_bilinear_upsampling_is_recognised() -> None:
    def smooth(x: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        shape = (x.shape[1] * size[0], x.shape[2] * size[1])
        return tf.image.resize(x, shape, "bilinear").numpy()

    text = message(check_output, watched(smooth), UPSAMPLE, example(1, 2, 3, 1), size=(2, 3))
    assert "this is bilinear upsampling" in text


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda t, p: (t == p).mean(), "(accuracy)"),
        (lambda t, p: slow_iou(~t, ~p), "the IoU of the background"),
        (lambda t, p: (slow_iou(~t, ~p) + slow_iou(t, p)) / 2, "mean IoU of object and background"),
        (lambda t, p: (t & p).sum() / max(t.sum(), 1), "this is recall"),
        (lambda t, p: (t & p).sum() / max(p.sum(), 1), "this is precision"),
        (lambda t, p: 2 * (t & p).sum() / max(t.sum() + p.sum(), 1), "this is the Dice score"),
    ],
)
def test_another_measure_is_recognised(wrong: Any, hint: str) -> None:
    y_true, y_pred = example(4, 5) > 8, example(4, 5, seed=1) > 13
    assert hint in message(check_output, wrong, IOU, y_true, y_pred)


# --- the message says where it comes from --------------------------------------------------------


def test_the_message_tells_row_column_and_channel_of_an_index() -> None:
    x = np.array([[1, 3, 2, 0], [4, 2, 5, 1], [7, 0, 1, 1], [8, 1, 6, 2]], "float32")
    text = message(check_output, window_index, ARGMAX, x.reshape(1, 4, 4, 1), pool_size=2)
    assert "window_index does not agree with tf.nn.max_pool_with_argmax" in text
    assert "expected  shape (1, 2, 2, 1), int64 (argmax)" in text
    assert "first difference at argmax[0, 0, 0, 0]: expected 4, received 2" in text
    assert "window    x[0, 0:2, 0:2, 0]" in text
    assert "4 stands for row 1, column 0, channel 0 of the input" in text


def test_the_message_tells_what_names_a_cell() -> None:
    def shifted(values: np.ndarray, argmax: np.ndarray, output_shape: Any) -> np.ndarray:
        return slow_unpool(values, argmax + 1, output_shape)

    values = np.array([[4, 5], [8, 6]], "float32").reshape(1, 2, 2, 1)
    argmax = np.array([[4, 6], [12, 14]]).reshape(1, 2, 2, 1)
    text = message(check_output, shifted, UNPOOL, values, argmax, output_shape=(1, 4, 4, 1))
    assert "first difference at output[0, 1, 0, 0]: expected 4, received 0" in text
    assert "output[0, 1, 0, 0] has the index 4 in its example" in text
    assert "argmax[0, 0, 0, 0] is 4, and values[0, 0, 0, 0] is 4" in text

    def full(values: np.ndarray, argmax: np.ndarray, output_shape: Any) -> np.ndarray:
        return np.maximum(slow_unpool(values, argmax, output_shape), 1)

    text = message(check_output, full, UNPOOL, values, argmax, output_shape=(1, 4, 4, 1))
    assert "no argmax of example 0 is 0: it stays 0" in text


def test_the_message_tells_which_cell_is_repeated() -> None:
    text = message(
        check_output, lambda x, size: slow_upsample(x, size) + 1, UPSAMPLE, X, size=(2, 3)
    )
    assert f"it repeats x[0, 0, 0, 0], which is {X[0, 0, 0, 0]:g}" in text
    assert UPSAMPLE.window(Case({"x": X}, {"size": (2, 3)}), (0, 3, 5, 0)) == ((1, 2), (1, 2))


def test_the_message_counts_the_cells_of_masks() -> None:
    y_true = np.array([[1, 1, 0, 0], [0, 1, 0, 0]], bool)
    y_pred = np.array([[0, 1, 1, 1], [0, 1, 0, 0]], bool)
    text = message(check_output, lambda t, p: 0.7, IOU, y_true, y_pred)
    assert "expected  0.4" in text
    assert "both masks: 2; only in y_true: 1; only in y_pred: 2; in neither: 3" in text


# --- shrinking -----------------------------------------------------------------------------------


def test_a_case_of_unpooling_stays_one_when_it_is_shrunk() -> None:
    seen = 0
    for case in UNPOOL.random_cases(5, 6, channels=True, examples=True, rectangular=True):
        for smaller in UNPOOL.smaller(case):
            shape = smaller.arguments["output_shape"]
            assert (shape[0], shape[3]) == (smaller.x.shape[0], smaller.x.shape[3])
            out = UNPOOL.right(smaller)[0]
            assert np.isin(smaller.x, out).all()
            places = smaller.arrays["argmax"] % shape[3]
            assert (places == np.arange(shape[3])).all(), "each channel stays in its own"
            seen += 1
    assert seen > 20


@pytest.mark.parametrize(
    ("wrong", "oracle", "options", "small"),
    [
        (
            changed(lambda a, x: a // x.shape[3]),
            ARGMAX,
            {"channels": True},
            "x of shape (1, 1, 1, 2)",
        ),
        (added, UNPOOL, {"overlapping": True}, "values of shape (1, 2, 1, 1)"),
        (lambda x, size: slow_upsample(x, size)[:, ::-1], UPSAMPLE, {}, "x of shape (1, 2, 1, 1)"),
        (lambda t, p: (t == p).mean(), IOU, {}, "y_true of shape (1, "),
    ],
)
def test_a_failing_case_is_shrunk(wrong: Any, oracle: Oracle, options: Any, small: str) -> None:
    assert small in message(check_random_unpooling, wrong, oracle, seed=3, **options)


def test_indices_must_be_int64() -> None:
    wrong = changed(lambda a, x: a.astype("int32"))
    check_output(wrong, ARGMAX, X, pool_size=2)
    text = message(check_dtype, wrong, ARGMAX, X, pool_size=2)
    assert "expected  int64 of argmax\n  received  int32 of argmax" in text
