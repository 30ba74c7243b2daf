"""Pictures of a function's result: right, wrong, and not there yet."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
from keras.layers import GlobalMaxPooling2D, MaxPooling2D

from autograder.pooling_checks import photograph, show


@pytest.fixture
def displayed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the pictures show in a notebook."""
    import matplotlib

    matplotlib.use("agg")
    shown: list[Any] = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    return shown


def blocks(x: np.ndarray, pool_size: int) -> np.ndarray:
    batch, height, width, channels = x.shape
    shape = (batch, height // pool_size, pool_size, width // pool_size, pool_size, channels)
    return x.reshape(shape).max(axis=(2, 4))


def titles(figure: Any) -> str:
    return "\n".join(axis.get_title() for axis in figure.axes)


def test_a_right_result_is_shown_beside_its_input(displayed: list[Any]) -> None:
    show(blocks, MaxPooling2D, photograph(), pool_size=4)
    (figure,) = displayed
    assert len(figure.axes) == 2
    assert "the input, 96 × 96" in titles(figure)
    assert "blocks, 24 × 24\n✓ agrees" in titles(figure)
    assert np.array_equal(figure.axes[1].images[0].get_array(), blocks(photograph(), 4)[0, ..., 0])


def test_a_wrong_result_is_shown_with_its_first_wrong_window(displayed: list[Any]) -> None:
    def one_off(x: np.ndarray, pool_size: int) -> np.ndarray:
        result = blocks(x, pool_size)
        result[0, 3, 5, 0] += 1
        return result

    show(one_off, MaxPooling2D, photograph(), pool_size=4)
    (figure,) = displayed
    assert len(figure.axes) == 5
    largest = photograph()[0, 12:16, 20:24, 0].max()
    assert f"window of output[0, 3, 5, 0]\nexpected {largest:g}, received {largest + 1:g}" in (
        titles(figure)
    )
    assert len(figure.axes[4].texts) == 16
    (box,) = figure.axes[0].patches
    assert box.get_xy() == (19.5, 11.5)
    assert (box.get_width(), box.get_height()) == (4, 4)


@pytest.mark.parametrize(
    ("result", "sentence"),
    [
        (None, "must return a NumPy array, but returned None"),
        (np.zeros((1, 2, 2, 1)), "shape (1, 2, 2, 1) instead of (1, 24, 24, 1)"),
    ],
)
def test_without_a_picture_a_sentence_says_why(
    displayed: list[Any], result: Any, sentence: str
) -> None:
    show(lambda x, pool_size: result, MaxPooling2D, photograph(), pool_size=4)
    (text,) = displayed
    assert sentence in text.data


def test_an_unwritten_function_is_no_error(displayed: list[Any]) -> None:
    def pool(x: np.ndarray, pool_size: int) -> np.ndarray:
        raise NotImplementedError

    show(pool, MaxPooling2D, photograph(), pool_size=4)
    (text,) = displayed
    assert "not written yet" in text.data


def test_a_result_that_is_no_map_is_not_drawn(displayed: list[Any]) -> None:
    show(lambda x: x.max(axis=(1, 2)), GlobalMaxPooling2D, photograph())
    (text,) = displayed
    assert text.data == "*No picture: the result is no map.*"


def test_a_photograph_has_as_many_channels_as_asked_for() -> None:
    four = photograph(channels=4, dtype="float64")
    assert four.shape == (1, 96, 96, 4)
    assert four.dtype == np.float64
    assert np.array_equal(np.rot90(four[0, :, :, 0]), four[0, :, :, 1])


def test_what_a_photograph_needs_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "skimage", None)
    with pytest.raises(ModuleNotFoundError, match="pip install scikit-image"):
        photograph()
