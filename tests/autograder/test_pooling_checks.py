"""The checks accept what is right, refuse what is wrong, and say why."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import gc
import importlib
import re
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
import scipy.ndimage
import tensorflow as tf
from keras.layers import (
    AveragePooling2D,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    MaxPooling2D,
)

from autograder.pooling_checks import (
    CheckFailed,
    calling,
    check_dtype,
    check_error,
    check_output,
    check_output_size,
    check_pure,
    check_random,
    check_shape,
    example,
)
from autograder.pooling_checks.comparing import shrunk
from autograder.pooling_checks.pooling_layers import PoolingLayer, random_cases
from tests.autograder.unwatched import unwatched


def by_layer(layer: type) -> Any:
    """A function that gives just what the layer gives, past the checks' ban on Keras."""

    def pool(x: np.ndarray, *_: Any, **arguments: Any) -> np.ndarray:
        with unwatched():
            return np.array(layer(**arguments, dtype=str(x.dtype))(x))

    return pool


def message(check: Any, *arguments: Any, **keywords: Any) -> str:
    """The message of a check that must fail, as a notebook shows it."""
    with pytest.raises(CheckFailed) as caught:
        check(*arguments, **keywords)
    return "\n".join(caught.value._render_traceback_())


def zero_padded(x: np.ndarray, pool_size: int, padding: str = "valid") -> np.ndarray:
    if padding == "same":
        missing = -x.shape[1] % pool_size
        pads = (missing // 2, missing - missing // 2)
        x = np.pad(x, ((0, 0), pads, pads, (0, 0)))
    return by_layer(MaxPooling2D)(x, pool_size=pool_size)


# --- what agrees passes --------------------------------------------------------------------------


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", [False, True])
@pytest.mark.parametrize("layer", [MaxPooling2D, AveragePooling2D])
def test_the_layer_itself_passes(layer: type, strides: bool, padding: str) -> None:
    check_random(by_layer(layer), layer, seed=1, padding=padding, strides=strides, rectangular=True)


@pytest.mark.parametrize("layer", [GlobalMaxPooling2D, GlobalAveragePooling2D])
def test_the_global_layer_itself_passes(layer: type) -> None:
    check_random(by_layer(layer), layer, seed=1, values="mixed")


def test_sums_in_another_order_pass() -> None:
    def average(x: np.ndarray, pool_size: int) -> np.ndarray:
        height, width = (n // pool_size for n in x.shape[1:3])
        total = np.zeros((x.shape[0], height, width, x.shape[3]), x.dtype)
        for i in reversed(range(pool_size)):
            for j in reversed(range(pool_size)):
                total += x[:, i::pool_size, j::pool_size][:, :height, :width] / pool_size**2
        return total

    x = np.random.default_rng(0).normal(size=(2, 9, 9, 3)).astype("float32")
    check_output(average, AveragePooling2D, x, pool_size=3)


def test_writing_to_stderr_reaches_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    def warns(x: np.ndarray, pool_size: int) -> np.ndarray:
        warnings.warn("careful", stacklevel=1)
        return by_layer(MaxPooling2D)(x, pool_size=pool_size)

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = lambda text, *_: print(text, file=__import__("sys").stderr)
        check_output(warns, MaxPooling2D, example(1, 4, 4, 1), pool_size=2)
    captured = capsys.readouterr()
    assert "careful" in captured.out
    assert captured.err == ""


# --- what differs fails, with a reason -----------------------------------------------------------


def test_the_message_names_case_shape_dtype_values_and_window() -> None:
    x = example(1, 5, 5, 1, values="negative")
    text = message(check_output, zero_padded, MaxPooling2D, x, pool_size=2, padding="same")
    assert "zero_padded does not agree with keras.layers.MaxPooling2D" in text
    assert "x of shape (1, 5, 5, 1), float32; pool_size=2, padding='same'" in text
    assert "expected  shape (1, 3, 3, 1), float32" in text
    assert "received  shape (1, 3, 3, 1), float32" in text
    first = re.search(r"first difference at output\[0, 0, 2, 0\]: expected (\S+), received 0", text)
    assert first is not None
    assert float(first[1]) == x[0, 0:2, 4, 0].max()
    assert "x[0, 0:2, 4:5, 0]; outside the input: 1 column" in text
    assert "cells outside the input were counted as zeros" in text
    assert len(text.splitlines()) < 25, "short enough to read"


@pytest.mark.parametrize(
    ("wrong", "layer", "arguments", "hint"),
    [
        (by_layer(AveragePooling2D), MaxPooling2D, {"pool_size": 2}, "the average of each window"),
        (by_layer(MaxPooling2D), AveragePooling2D, {"pool_size": 2}, "the maximum of each window"),
        (
            lambda x, pool_size: 4 * by_layer(AveragePooling2D)(x, pool_size=pool_size),
            AveragePooling2D,
            {"pool_size": 2},
            "the sum of each window",
        ),
        (
            lambda x, pool_size, strides: by_layer(MaxPooling2D)(x, pool_size=pool_size),
            MaxPooling2D,
            {"pool_size": 2, "strides": 1},
            "the stride was taken to be the window",
        ),
        (
            lambda x, pool_size: by_layer(MaxPooling2D)(x, pool_size=pool_size, strides=1),
            MaxPooling2D,
            {"pool_size": 2},
            "the stride was taken to be 1",
        ),
        (
            lambda x, pool_size, strides: by_layer(MaxPooling2D)(
                x, pool_size=pool_size, strides=strides[::-1]
            ),
            MaxPooling2D,
            {"pool_size": 2, "strides": (1, 2)},
            "the numbers of strides were swapped",
        ),
        (
            lambda x, pool_size: by_layer(MaxPooling2D)(x, pool_size=pool_size[::-1]),
            MaxPooling2D,
            {"pool_size": (1, 2)},
            "the numbers of pool_size were swapped",
        ),
        (
            lambda x, pool_size, padding: by_layer(MaxPooling2D)(x, pool_size=pool_size),
            MaxPooling2D,
            {"pool_size": 2, "padding": "same"},
            "the answer to padding='valid'",
        ),
        (
            lambda x, pool_size, padding: by_layer(MaxPooling2D)(
                x[:, ::-1, ::-1], pool_size=pool_size, padding=padding
            )[:, ::-1, ::-1],
            MaxPooling2D,
            {"pool_size": 2, "padding": "same"},
            "the odd cell of padding was put at the top or left",
        ),
        (by_layer(GlobalAveragePooling2D), GlobalMaxPooling2D, {}, "the average of the map"),
        (
            lambda x, keepdims: by_layer(GlobalMaxPooling2D)(x),
            GlobalMaxPooling2D,
            {"keepdims": True},
            "the answer to keepdims=False",
        ),
    ],
)
def test_a_common_mistake_is_recognised(
    wrong: Any, layer: type, arguments: dict[str, Any], hint: str
) -> None:
    text = message(check_output, wrong, layer, example(1, 5, 5, 1), **arguments)
    assert f"hint      {hint}" in text or f"this is {hint}" in text


def test_taking_the_corner_is_not_taking_the_maximum() -> None:
    def corner(x: np.ndarray, pool_size: int) -> np.ndarray:
        return x[:, pool_size - 1 :: pool_size, pool_size - 1 :: pool_size].copy()

    message(check_output, corner, MaxPooling2D, example(1, 4, 4, 1), pool_size=2)


def test_zeros_fail_everything() -> None:
    def zeros(x: np.ndarray, pool_size: int) -> np.ndarray:
        return np.zeros_like(by_layer(MaxPooling2D)(x, pool_size=pool_size))

    message(check_output, zeros, MaxPooling2D, example(1, 4, 4, 1), pool_size=2)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_nan_and_infinity_agree_with_nothing(bad: float) -> None:
    def pool(x: np.ndarray, pool_size: int) -> np.ndarray:
        return np.full_like(by_layer(MaxPooling2D)(x, pool_size=pool_size), bad)

    message(check_output, pool, MaxPooling2D, example(1, 4, 4, 1), pool_size=2)


def test_an_unwritten_function_is_called_so() -> None:
    def stub(x: np.ndarray, pool_size: int) -> np.ndarray:
        raise NotImplementedError()

    text = message(check_output, stub, MaxPooling2D, example(1, 4, 4, 1), pool_size=2)
    assert "stub is not written yet" in text


def test_an_exception_shows_the_line_of_the_answer() -> None:
    def breaks(x: np.ndarray, pool_size: int) -> np.ndarray:
        return x[99]

    text = message(check_output, breaks, MaxPooling2D, example(1, 4, 4, 1), pool_size=2)
    assert "breaks raised IndexError" in text
    assert "in breaks:  return x[99]" in text


@pytest.mark.parametrize(
    ("answer", "said"), [(None, "returned None"), ([1.0], "a list"), (3.0, "a float")]
)
def test_only_an_array_is_an_answer(answer: Any, said: str) -> None:
    text = message(check_output, lambda x: answer, GlobalMaxPooling2D, example(1, 2, 2, 1))
    assert said in text


def test_a_loop_without_end_is_stopped_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "CALL_LIMIT", 0.3)

    def endless(x: np.ndarray, **arguments: Any) -> np.ndarray:
        while True:
            try:
                x = x.copy()
            except Exception:  # noqa: BLE001 - such answers exist
                continue

    x = example(1, 4, 4, 1)
    start = time.monotonic()
    text = message(check_output, endless, MaxPooling2D, x, pool_size=2)
    assert "did not return within" in text
    assert "not called again" not in text
    middle = time.monotonic()
    assert middle - start < 3
    for check in (check_output, check_dtype):
        assert "not called again" in message(check, endless, MaxPooling2D, x, pool_size=2)
    assert "not called again" in message(check_error, endless, x, names="x", pool_size=0)
    assert time.monotonic() - middle < 0.2
    # Other arguments are tried, for a function may be endless in one aspect alone; not for ever.
    for more in ({"padding": "same"}, {"strides": 1}):
        text = message(check_output, endless, MaxPooling2D, x, pool_size=2, **more)
        assert "not called again" not in text
    text = message(check_output, endless, MaxPooling2D, x, pool_size=2, strides=1, padding="same")
    assert "not called again" in text


def test_all_padding_at_the_end_is_recognised() -> None:
    def at_the_end(x: np.ndarray, pool_size: int, strides: int, padding: str) -> np.ndarray:
        pad = pool_size - 1
        x = np.pad(x, ((0, 0), (0, pad), (0, pad), (0, 0)), constant_values=-np.inf)
        return by_layer(MaxPooling2D)(x, pool_size=pool_size, strides=strides)

    case = {"pool_size": 3, "strides": 1, "padding": "same"}
    text = message(check_output, at_the_end, MaxPooling2D, example(1, 4, 4, 1), **case)
    assert "hint      all padding was put at the bottom and right" in text


def test_a_number_that_fits_by_chance_is_no_hint() -> None:
    def wrong(x: np.ndarray, pool_size: tuple[int, int]) -> np.ndarray:
        answer = by_layer(AveragePooling2D)(x, pool_size=pool_size)
        return np.full_like(answer, x.max())

    x = example(1, 1, 3, 1)
    assert "hint" not in message(check_output, wrong, AveragePooling2D, x, pool_size=(1, 3))


def test_calling_the_layer_is_no_answer() -> None:
    def cheat(x: np.ndarray, pool_size: int) -> np.ndarray:
        return np.array(MaxPooling2D(pool_size)(x))

    text = message(check_output, cheat, MaxPooling2D, example(1, 4, 4, 1), pool_size=2)
    assert "cheat uses Keras. It must do the work itself, with NumPy, and gets no points" in text
    assert "in cheat:  return np.array(MaxPooling2D(pool_size)(x))" in text
    # Elsewhere Keras works as before.
    assert cheat(example(1, 4, 4, 1), 2).shape == (1, 2, 2, 1)


@pytest.mark.parametrize("caught", ["nothing", "Exception", "BaseException"])
def test_a_library_is_noticed_however_it_was_imported(caught: str) -> None:
    by_name = scipy.ndimage.maximum_filter
    catch = {"nothing": KeyError, "Exception": Exception, "BaseException": BaseException}[caught]

    def falls_back(x: np.ndarray, pool_size: int) -> np.ndarray:
        with contextlib.suppress(catch):
            x = by_name(x, (1, pool_size, pool_size, 1))
        return by_layer(MaxPooling2D)(x, pool_size=pool_size)

    x = example(1, 4, 4, 1)
    assert "falls_back uses SciPy" in message(
        check_output, falls_back, MaxPooling2D, x, pool_size=2
    )
    assert "falls_back uses SciPy" in message(check_pure, falls_back, x, pool_size=2)
    assert "falls_back uses SciPy" in message(
        check_error, falls_back, x, names="pool_size", pool_size=2
    )
    assert sys.getprofile() is None
    assert gc.isenabled()


def test_a_library_for_one_aspect_costs_all_of_them() -> None:
    def only_same(x: np.ndarray, pool_size: int, padding: str = "valid") -> np.ndarray:
        if padding == "same":
            return tf.nn.max_pool2d(x, pool_size, pool_size, "SAME").numpy()
        return by_layer(MaxPooling2D)(x, pool_size=pool_size)

    text = message(check_output, only_same, MaxPooling2D, example(1, 4, 4, 1), pool_size=2)
    assert "only_same uses TensorFlow" in text


def test_a_loop_without_end_elsewhere_does_not_cost_this_aspect(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def endless_same(x: np.ndarray, pool_size: int, padding: str = "valid") -> np.ndarray:
        while padding == "same":
            pass
        return by_layer(MaxPooling2D)(x, pool_size=pool_size)

    monkeypatch.setattr(calling, "SURVEY_LIMIT", 0.1)
    for _ in range(2):
        check_output(endless_same, MaxPooling2D, example(1, 4, 4, 1), pool_size=2)


def test_importing_printing_and_drawing_use_no_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "CALL_LIMIT", 120.0)

    def chatty(x: np.ndarray, pool_size: int) -> np.ndarray:
        for name in [name for name in sys.modules if name.startswith("scipy.cluster")]:
            del sys.modules[name]
        importlib.import_module("scipy.cluster")
        print("pooling", x.shape)
        plt.imshow(x[0, ..., 0])
        plt.savefig(tmp_path / "picture.png")
        plt.close()
        assert not isinstance(x, tf.Tensor)
        return by_layer(MaxPooling2D)(x, pool_size=pool_size)

    check_output(chatty, MaxPooling2D, example(1, 4, 4, 1), pool_size=2)


def test_callables_that_are_no_functions() -> None:
    @dataclasses.dataclass
    class Pool:  # equal by value, so it cannot be hashed
        layer: type

        def __call__(self, x: np.ndarray, **arguments: Any) -> np.ndarray:
            return by_layer(self.layer)(x, **arguments)

    x = example(1, 4, 4, 1)
    for right in (functools.partial(by_layer(MaxPooling2D)), Pool(MaxPooling2D)):
        check_output(right, MaxPooling2D, x, pool_size=2)
        check_dtype(right, MaxPooling2D, x, pool_size=2)
        check_pure(right, x, pool_size=2)
    assert "Pool does not agree" in message(
        check_output, Pool(AveragePooling2D), MaxPooling2D, x, pool_size=2
    )


def test_a_masked_array_counts_by_its_data() -> None:
    def masked(x: np.ndarray, pool_size: int) -> np.ndarray:
        return np.ma.asarray(by_layer(MaxPooling2D)(x, pool_size=pool_size))

    check_output(masked, MaxPooling2D, example(1, 4, 4, 1), pool_size=2)
    check_dtype(masked, MaxPooling2D, example(1, 4, 4, 1), pool_size=2)


# --- shrinking ---------------------------------------------------------------------------------


def test_a_random_case_that_fails_is_shrunk() -> None:
    right = by_layer(MaxPooling2D)

    def wrong(x: np.ndarray, pool_size: Any, padding: str, strides: Any = None) -> np.ndarray:
        answer = right(x, pool_size=pool_size, strides=strides, padding=padding)
        if x.shape[1] >= 3 and x.shape[3] >= 2:
            answer[:, 0, 0, 1] += 1
        return answer

    text = message(
        check_random,
        wrong,
        MaxPooling2D,
        seed=1,
        strides=True,
        rectangular=True,
        channels=True,
        values="mixed",
        padding="same",
    )
    assert "case      x of shape (1, 3, 1, 2), float32; pool_size=1, padding='same'\n" in text
    assert "first difference at output[0, 0, 0, 1]" in text


def test_shrinking_keeps_to_one_kind_of_failure() -> None:
    right = by_layer(MaxPooling2D)

    def wrong(x: np.ndarray, pool_size: int, padding: str) -> np.ndarray:
        if x.shape[1] < 4:
            raise IndexError("too small")
        answer = right(x, pool_size=pool_size, padding=padding)
        return answer if x.shape[1] < 6 else answer + 1

    for case in random_cases(1, 24, "valid", False, False, False, "mixed", True):
        if case.x.shape[1] > 6:
            small = shrunk(wrong, PoolingLayer(MaxPooling2D), case)
            assert small.x.shape[1] == 6
            assert np.abs(small.x).max() <= small.x.size


# --- one aspect at a time ------------------------------------------------------------------------


def test_dtype() -> None:
    right = by_layer(AveragePooling2D)
    x = example(1, 4, 4, 1)
    check_dtype(right, AveragePooling2D, x, pool_size=2)
    text = message(
        check_dtype,
        lambda x, **k: right(x, **k).astype("float64"),
        AveragePooling2D,
        x,
        pool_size=2,
    )
    assert "expected  float32" in text
    assert "received  float64" in text
    text = message(
        check_dtype,
        lambda x, **k: right(x.astype("float32"), **k).astype(x.dtype),
        AveragePooling2D,
        x,
        pool_size=2,
    )
    assert "was the work done in float32?" in text


def test_values_are_compared_whatever_the_dtype() -> None:
    def as_float64(x: np.ndarray, pool_size: int) -> np.ndarray:
        return by_layer(MaxPooling2D)(x, pool_size=pool_size).astype("float64")

    check_output(as_float64, MaxPooling2D, example(1, 4, 4, 1), pool_size=2)


def test_purity() -> None:
    def modifies(x: np.ndarray, pool_size: int) -> np.ndarray:
        x *= 2
        return by_layer(MaxPooling2D)(x / 2, pool_size=pool_size)

    def view(x: np.ndarray, pool_size: int) -> np.ndarray:
        return x[:, ::pool_size, ::pool_size]

    x = example(1, 4, 4, 1)
    assert "must not modify its input" in message(check_pure, modifies, x, pool_size=2)
    check_output(modifies, MaxPooling2D, x, pool_size=2)
    assert "not a view" in message(check_pure, view, x, pool_size=2)
    check_pure(by_layer(MaxPooling2D), x, pool_size=2)


def test_purity_is_judged_where_the_function_breaks_down() -> None:
    def modifies(x: np.ndarray, pool_size: int) -> np.ndarray:
        x[0, 0, 0, 0] = 99
        raise IndexError

    def breaks(x: np.ndarray, pool_size: int) -> np.ndarray:
        raise IndexError

    def unwritten(x: np.ndarray, pool_size: int) -> np.ndarray:
        raise NotImplementedError

    x = example(1, 4, 4, 1)
    check_pure(breaks, x, pool_size=2)
    assert "must not modify its input" in message(check_pure, modifies, x, pool_size=2)
    assert "not written yet" in message(check_pure, unwritten, x, pool_size=2)


def test_shape() -> None:
    right = by_layer(GlobalMaxPooling2D)
    x = example(2, 3, 3, 2)
    check_shape(lambda x, **k: right(x, **k) + 1, GlobalMaxPooling2D, x, keepdims=True)
    text = message(check_shape, lambda x, **k: right(x), GlobalMaxPooling2D, x, keepdims=True)
    assert "first difference: the shape" in text
    assert "hint      this is the answer to keepdims=False" in text


def test_a_transposed_view_stays_one() -> None:
    def contiguous(x: np.ndarray, pool_size: int) -> np.ndarray:
        assert x.flags["C_CONTIGUOUS"]
        return by_layer(MaxPooling2D)(x, pool_size=pool_size)

    view = np.moveaxis(example(2, 3, 4, 4), 1, 3)
    assert "AssertionError" in message(check_output, contiguous, MaxPooling2D, view, pool_size=2)
    check_output(contiguous, MaxPooling2D, view.copy(), pool_size=2)


def test_errors() -> None:
    def refuses(x: np.ndarray, pool_size: int) -> np.ndarray:
        raise ValueError("pool_size must be positive")

    class Special(ValueError):
        pass

    def specially(x: np.ndarray, pool_size: int) -> np.ndarray:
        raise Special("pool_size")

    def wrongly(x: np.ndarray, pool_size: int) -> np.ndarray:
        raise TypeError("pool_size")

    def namelessly(x: np.ndarray, pool_size: int) -> np.ndarray:
        raise ValueError("no")

    x = example(1, 4, 4, 1)
    check_error(refuses, x, names="pool_size", pool_size=0)
    check_error(specially, x, names="pool_size", pool_size=0)
    check_error(refuses, x, names="x|pool_size", pool_size=0)

    def by_chance(x: np.ndarray) -> np.ndarray:
        raise ValueError("not enough values to unpack (expected 4, got 3)")

    assert "does not contain the word x" in message(check_error, by_chance, x[0], names="x")

    def shouts(x: np.ndarray, pool_size: int) -> np.ndarray:
        raise ValueError("Pool_size must be positive")

    check_error(shouts, x, names="pool_size", pool_size=0)
    bad = {"names": "pool_size", "pool_size": 0}
    assert "received  TypeError" in message(check_error, wrongly, x, **bad)
    assert "does not contain the word pool_size" in message(check_error, namelessly, x, **bad)
    text = message(check_error, lambda x, pool_size: x, x, **bad)
    assert "received  no error, but an array of shape (1, 4, 4, 1)" in text


def test_output_size() -> None:
    def right(size: int, window: int, stride: int, padding: str) -> int:
        return -(-size // stride) if padding == "same" else (size - window) // stride + 1

    for padding in ("valid", "same"):
        check_output_size(right, MaxPooling2D, 7, 3, 2, padding)
    text = message(check_output_size, lambda *a: right(*a) + 1, MaxPooling2D, 7, 3, 2, "valid")
    assert "expected  3\n  received  4" in text
    text = message(check_output_size, lambda *a: float(right(*a)), MaxPooling2D, 7, 3, 2, "valid")
    assert "must return an int" in text


def test_examples_hold_no_two_equal_numbers() -> None:
    for values, low in (("positive", 1), ("negative", -60), ("mixed", -30)):
        x = example(1, 5, 6, 2, values=values)
        assert sorted(x.ravel()) == list(range(low, low + 60))
    with pytest.raises(ValueError, match="values must be one of"):
        example(1, values="any")
