"""The oracles of `shift` are right, and their checks say what is wrong."""

from __future__ import annotations

import itertools
import re
from typing import Any

import numpy as np
import pytest

from autograder.pooling_checks import (
    BlurPooling,
    CheckFailed,
    MaxBlurPooling,
    ShiftConsistency,
    check_output,
    check_random_blurs,
    check_random_labels,
    example,
)
from autograder.pooling_checks.cases import Case
from autograder.pooling_checks.shifts import random_blur_cases, random_labels

WEIGHTS = np.outer((1, 2, 1), (1, 2, 1)) / 16


def as_two(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else value


def slow_blur(x: np.ndarray, strides: Any, outside: str = "zeros") -> np.ndarray:
    """Cell by cell, from TensorFlow's notes on padding."""
    (height, width), (down, across) = x.shape[1:3], as_two(strides)
    rows, columns = -(-height // down), -(-width // across)
    top = max((rows - 1) * down + 3 - height, 0) // 2
    left = max((columns - 1) * across + 3 - width, 0) // 2
    out = np.zeros((x.shape[0], rows, columns, x.shape[3]), x.dtype)
    for i, j, a, b in itertools.product(range(rows), range(columns), range(3), range(3)):
        r, c = i * down - top + a, j * across - left + b
        if outside == "edge":
            r, c = min(max(r, 0), height - 1), min(max(c, 0), width - 1)
        if 0 <= r < height and 0 <= c < width:
            out[:, i, j] += WEIGHTS[a, b] * x[:, r, c]
    return out


def slow_max(x: np.ndarray, pool_size: Any) -> np.ndarray:
    (kh, kw), out = as_two(pool_size), np.empty_like(x)
    for i, j in itertools.product(*map(range, x.shape[1:3])):
        top, left = i - (kh - 1) // 2, j - (kw - 1) // 2
        part = x[:, max(top, 0) : top + kh, max(left, 0) : left + kw]
        out[:, i, j] = part.max(axis=(1, 2))
    return out


def slow_max_blur(x: np.ndarray, pool_size: Any, strides: Any) -> np.ndarray:
    return slow_blur(slow_max(x, pool_size), strides)


def slow_consistency(outputs: np.ndarray) -> float:
    shifts, examples = outputs.shape
    pairs = itertools.combinations(range(shifts), 2)
    agree = [outputs[s, n] == outputs[t, n] for s, t in pairs for n in range(examples)]
    return sum(agree) / len(agree)


def message(check: Any, *arguments: Any, **keywords: Any) -> str:
    with pytest.raises(CheckFailed) as caught:
        check(*arguments, **keywords)
    return str(caught.value)


# --- the oracles ---------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_blur_pooling_is_what_the_definition_says(dtype: str) -> None:
    """For every size and stride, and for equal strides whichever way it is computed."""
    oracle = BlurPooling()
    for size, stride in itertools.product(range(1, 8), range(1, 5)):
        x = example(1, size, 8 - size, 2, values="mixed", dtype=dtype)
        for strides in (stride, (stride, 5 - stride)):
            case = Case({"x": x}, {"strides": strides})
            (expected,) = oracle.expected(case)
            assert expected.dtype == dtype
            np.testing.assert_allclose(expected, slow_blur(x, strides), rtol=0, atol=1e-5)
        apart = oracle.expected(Case({"x": x}, {"strides": (stride, stride)}))[0]
        np.testing.assert_array_equal(
            oracle.expected(Case({"x": x}, {"strides": stride}))[0], apart
        )


def test_max_blur_pooling_is_what_the_definition_says() -> None:
    shape = {"window": True, "strides": True, "rectangular": True, "channels": True}
    for case in random_blur_cases(5, 30, values="negative", **shape):
        (expected,) = MaxBlurPooling().expected(case)
        np.testing.assert_allclose(
            expected, slow_max_blur(case.x, **case.arguments), rtol=0, atol=1e-5
        )


def test_consistency_is_what_the_definition_says() -> None:
    for case in random_labels(3, 30) + random_labels(4, 5, shifts=2):
        (expected,) = ShiftConsistency().expected(case)
        assert abs(float(expected) - slow_consistency(case.x)) < 1e-12


def test_a_layer_that_is_used_again_keeps_no_weights() -> None:
    x = example(1, 4, 4, 1)
    case = Case({"x": x}, {"strides": 1})
    before = BlurPooling().expected(case)[0]
    list(BlurPooling().mistakes(case))  # other weights
    np.testing.assert_array_equal(BlurPooling().expected(case)[0], before)


def test_slow_answers_pass() -> None:
    check_random_blurs(slow_blur, BlurPooling(), seed=1, rectangular=True, channels=True)
    check_random_blurs(slow_max_blur, MaxBlurPooling(), seed=1, rectangular=True, values="mixed")
    check_random_labels(slow_consistency, seed=1)


def test_the_examples_of_the_notebook() -> None:
    """Along one axis: the other is so long that its middle is far from the border."""
    for row, blurred in (([0, 0, 8, 8, 0, 0], [6, 6, 0]), ([0, 0, 0, 8, 8, 0], [2, 8, 2])):
        x = np.tile(np.array(row, "float32"), (9, 1))[None, :, :, None]
        case = Case({"x": x}, {"pool_size": 2, "strides": 2})
        assert MaxBlurPooling().expected(case)[0][0, 2, :, 0].tolist() == blurred
    labels = np.array([[3, 7], [3, 1], [5, 7]])
    assert abs(ShiftConsistency().fraction(labels) - 1 / 3) < 1e-12


# --- the messages --------------------------------------------------------------------------------


def test_a_wrong_border_is_shown_with_its_weights_and_named() -> None:
    def edge(x: np.ndarray, strides: Any) -> np.ndarray:
        return slow_blur(x, strides, outside="edge")

    x = example(1, 4, 4, 1)
    text = message(check_output, edge, BlurPooling(), x, strides=1)
    assert "edge does not agree with keras.layers.DepthwiseConv2D" in text
    assert "case      x of shape (1, 4, 4, 1), float32; strides=1" in text
    found = re.search(r"first difference at output\[0, 0, 0, 0\]: expected (\S+), rec", text)
    assert found is not None
    assert float(found[1]) == pytest.approx(slow_blur(x, 1)[0, 0, 0, 0], abs=1e-3)
    assert "window    x[0, 0:2, 0:2, 0]; outside, and zero: 1 row and 1 column\n" in text
    a, b = (f"{value:g}" for value in x[0, 0, :2, 0])
    assert re.search(rf"^ +{a} +{b} +times +4 +2 +/ 16$", text, re.M)
    assert re.search(r"times +2 +1 +/ 16$", text, re.M)
    assert "hint      the border was filled with its edge; here cells outside are zeros" in text
    assert len(text.splitlines()) < 20


def test_a_random_case_is_shrunk() -> None:
    def wrong(x: np.ndarray, strides: Any) -> np.ndarray:
        answer = slow_blur(x, strides)
        if x.shape[1] >= 3 and x.shape[3] >= 2:
            answer[:, 0, 0, 1] += 1
        return answer

    text = message(
        check_random_blurs, wrong, BlurPooling(), seed=1, rectangular=True, channels=True
    )
    assert "case      x of shape (1, 3, 1, 2), float32; strides=" in text
    assert "first difference at output[0, 0, 0, 1]" in text


def test_max_blur_shows_the_input_and_the_maxima() -> None:
    def other(x: np.ndarray, pool_size: int, strides: int) -> np.ndarray:
        answer = slow_max_blur(x, pool_size, strides)
        answer[0, 0, 1, 0] += 1
        return answer

    x = example(1, 5, 5, 1)
    text = message(check_output, other, MaxBlurPooling(), x, pool_size=2, strides=2)
    assert "first difference at output[0, 0, 1, 0]" in text
    assert "window    x[0, 0:3, 1:5, 0]\n" in text
    assert "maxima[0, 0:2, 1:4, 0]; outside, and zero: 1 row\n" in text
    row = [f"{value:g}" for value in slow_max(x, 2)[0, 0, 1:4, 0]]
    assert re.search(r" +".join(["^", *row, "times", "2", "4", "2", "/ 16$"]), text, re.M)
    assert MaxBlurPooling().window(
        Case({"x": x}, {"pool_size": 2, "strides": 2}), (0, 0, 1, 0)
    ) == ((0, 3), (1, 5))


def slow_strided(x: np.ndarray, strides: Any) -> np.ndarray:
    down, across = as_two(strides)
    return x[:, ::down, ::across]


@pytest.mark.parametrize(
    ("wrong", "strides", "hint"),
    [
        (lambda x, strides: 16 * slow_blur(x, strides), 2, "has to be divided by 16"),
        (lambda x, strides: slow_strided(x, strides).copy(), 2, "without a blur"),
        (
            lambda x, strides: slow_blur(x, strides) / slow_blur(np.ones_like(x), strides),
            1,
            "a cell outside the input counts as zero, with its weight",
        ),
        (
            lambda x, strides: slow_strided(slow_blur(x, 1), strides).copy(),
            2,
            "centred on the first cell",
        ),
        (lambda x, strides: slow_blur(x, strides[::-1]), (1, 2), "strides were swapped"),
        (lambda x, strides: slow_blur(x, 1), 2, "the stride was taken to be 1"),
        (
            lambda x, strides: slow_blur(x[:, ::-1, ::-1], strides)[:, ::-1, ::-1].copy(),
            2,
            "centred on the first cell",
        ),
    ],
)
def test_a_mistake_in_the_blur_is_recognised(wrong: Any, strides: Any, hint: str) -> None:
    x = example(1, 4, 4, 1)
    text = message(check_output, wrong, BlurPooling(), x, strides=strides)
    assert hint in text.partition("  hint      ")[2]


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda x, k, s: slow_strided(slow_max(slow_blur(x, 1), k), s).copy(), "blur came before"),
        (lambda x, k, s: slow_blur(slow_max(slow_blur(x, 1), k), s), "input was blurred as well"),
        (lambda x, k, s: slow_blur(slow_strided(slow_max(x, k), s), s), "both the maximum and"),
        (lambda x, k, s: slow_blur(slow_strided(slow_max(x, k), s), 1), "the maximum took the"),
        (lambda x, k, s: slow_strided(slow_max(x, k), s).copy(), "max pooling without a blur"),
        (lambda x, k, s: slow_blur(x, s), "the blur alone"),
        (
            lambda x, k, s: slow_blur(np.maximum(slow_max(x, k), slow_edge(x)), s),
            "cells outside were zeros to the maximum, too",
        ),
        (lambda x, k, s: 16 * slow_max_blur(x, k, s), "has to be divided by 16"),
    ],
)
def test_a_mistake_in_max_blur_is_recognised(wrong: Any, hint: str) -> None:
    def answer(x: np.ndarray, pool_size: int, strides: int) -> np.ndarray:
        return wrong(x, pool_size, strides)

    # Windows of three and odd sizes: max pooling with a stride then starts where "same" does.
    x = example(1, 5, 5, 1, values="negative")
    text = message(check_output, answer, MaxBlurPooling(), x, pool_size=3, strides=2)
    assert hint in text.partition("  hint      ")[2]


def slow_edge(x: np.ndarray) -> np.ndarray:
    """Zero where a window of three reaches over the edge, and very small elsewhere."""
    out = np.full_like(x, -1e6)
    out[:, [0, -1]] = out[:, :, [0, -1]] = 0
    return out


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda o: np.mean(o[:, None] == o), "pairs of a shift with itself were counted"),
        (lambda o: np.mean(o[1:] == o[0]), "only pairs with the first shift"),
        (lambda o: np.mean(o[1:] == o[:-1]), "only pairs of neighbouring shifts"),
        (lambda o: np.mean((o == o[0]).all(axis=0)), "for which all shifts agree"),
        (lambda o: 100 * slow_consistency(o), "a percentage"),
        (lambda o: 1 - slow_consistency(o), "pairs that differ"),
        (lambda o: slow_consistency(o.T), "pairs of examples were compared"),
        (lambda o: 2 * slow_consistency(o), "each pair was counted twice"),
    ],
)
def test_a_mistake_in_the_consistency_is_recognised(wrong: Any, hint: str) -> None:
    labels = np.array([[1, 1, 0], [1, 2, 0], [2, 1, 0], [2, 2, 1]])
    text = message(check_output, wrong, ShiftConsistency(), labels)
    assert hint in text.partition("  hint      ")[2]
    assert f"expected  {slow_consistency(labels):.6g}\n" in text
    assert re.search(r"^ +2 +2 +1 *$", text, re.M), "the labels"
    assert "pairs that agree, example by example: 2 2 3; of 6 for each" in text


def test_labels_that_fail_are_shrunk() -> None:
    def wrong(outputs: np.ndarray) -> float:
        return slow_consistency(outputs) / (2 if len(outputs) > 3 else 1)

    text = message(check_random_labels, wrong, seed=1)
    assert "case      outputs of shape (4, 1)" in text
