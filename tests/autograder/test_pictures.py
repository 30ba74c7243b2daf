"""Pictures of a function's result: right, wrong, and not there yet."""

from __future__ import annotations

import sys
from typing import Any

import keras
import numpy as np
import pytest
from keras.layers import GlobalMaxPooling2D, MaxPooling2D

from autograder.pooling_checks import (
    photograph,
    pictures,
    show,
    show_activation_bytes,
    show_global_average_gradient,
    show_network,
    show_output_size,
)


@pytest.fixture
def displayed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the pictures show in a notebook."""
    import matplotlib

    matplotlib.use("agg")
    shown: list[Any] = []
    monkeypatch.setattr("IPython.display.display", lambda this, metadata=None: shown.append(this))
    return shown


@pytest.fixture
def described(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The alternative texts of the pictures that are shown."""
    import matplotlib

    matplotlib.use("agg")
    texts: list[str] = []
    monkeypatch.setattr(
        "IPython.display.display",
        lambda this, metadata: texts.append(metadata["image/png"]["alt"]),
    )
    return texts


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


def test_where_all_cells_differ_the_map_of_differences_is_white(displayed: list[Any]) -> None:
    show(lambda x, pool_size: blocks(x, pool_size) + 1, MaxPooling2D, photograph(), pool_size=4)
    (figure,) = displayed
    (image,) = figure.axes[3].images
    assert np.all(image.to_rgba(image.get_array()) == 1)
    assert figure.axes[3].get_title() == "white: differs (100%)"


@pytest.mark.parametrize(("wrong", "share"), [(1, "less than 1%"), (575, "more than 99%")])
def test_a_part_is_neither_none_nor_all(described: list[str], wrong: int, share: str) -> None:
    def some_off(x: np.ndarray, pool_size: int) -> np.ndarray:
        result = blocks(x, pool_size)
        result.reshape(-1)[:wrong] += 1
        return result

    show(some_off, MaxPooling2D, photograph(), pool_size=4)
    assert f"cells differ, {share} of them" in described[0]


def test_the_alternative_text_says_what_is_seen(described: list[str]) -> None:
    def one_off(x: np.ndarray, pool_size: int) -> np.ndarray:
        result = blocks(x, pool_size)
        result[0, 3, 5, 0] += 1
        return result

    show(blocks, MaxPooling2D, photograph(), pool_size=4)
    show(one_off, MaxPooling2D, photograph(), pool_size=4)
    right, wrong = described
    assert "result of blocks, 24 × 24 cells. The result agrees" in right
    largest = photograph()[0, 12:16, 20:24, 0].max()
    assert "result of one_off" in wrong and "agrees" not in wrong
    assert f"output[0, 3, 5, 0]: expected {largest:g}, received {largest + 1:g}." in wrong


def small_network() -> keras.Model:
    layers = keras.layers
    return keras.Sequential([keras.Input((4, 4, 1)), layers.MaxPooling2D(2), layers.Dense(3)])


def test_a_network_is_shown_layer_by_layer(displayed: list[Any]) -> None:
    show_network(small_network)
    (figure,) = displayed
    titles = [axis.get_title() for axis in figure.axes]
    assert titles == ["numbers in the output: 16", "parameters: 6"]
    heights = [[bar.get_width() for bar in axis.patches] for axis in figure.axes]
    assert heights == [[4, 12], [0, 6]]


def test_a_networks_alternative_text_has_the_numbers(described: list[str]) -> None:
    show_network(small_network)
    (text,) = described
    assert "for small_network" in text
    assert "max pooling, window 2, stride 2: 4 and 0; dense: 12 and 6." in text


def test_a_feedback_page_has_the_alternative_text(caplog: pytest.LogCaptureFixture) -> None:
    """What a notebook keeps of a picture is what nbgrader's template makes a page of."""
    import matplotlib
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.core.pylabtools import select_figure_formats
    from IPython.utils.capture import capture_output
    from nbconvert import HTMLExporter
    from nbformat.v4 import new_code_cell, new_notebook, new_output

    matplotlib.use("agg")
    new = not InteractiveShell.initialized()
    shell = InteractiveShell.instance()
    try:
        select_figure_formats(shell, {"png"})
        with capture_output() as captured:
            show(blocks, MaxPooling2D, photograph(), pool_size=4)
    finally:
        if new:
            InteractiveShell.clear_instance()
    (picture,) = captured.outputs
    output = new_output("display_data", data=picture.data, metadata=picture.metadata)
    notebook = new_notebook(cells=[new_code_cell("show(…)", outputs=[output])])
    # nbgrader's feedback extends this template.
    page, _ = HTMLExporter(template_name="classic").from_notebook_node(notebook)
    assert 'alt="Two pictures side by side: the input' in page
    assert "Alternative text is missing" not in caplog.text


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


def largest(x: np.ndarray) -> np.ndarray:
    return x.max(axis=(1, 2))


def test_a_result_that_is_no_map_is_a_chart_beside_the_inputs(displayed: list[Any]) -> None:
    show(largest, GlobalMaxPooling2D, photograph(channels=2))
    (figure,) = displayed
    assert [len(axis.images) for axis in figure.axes] == [1, 1, 0]
    assert "largest\n✓ agrees" in titles(figure)
    heights = [bar.get_height() for bar in figure.axes[2].patches]
    assert heights == largest(photograph(channels=2))[0].tolist()


def test_a_wrong_number_of_a_chart_is_named(displayed: list[Any]) -> None:
    def first_channel(x: np.ndarray) -> np.ndarray:
        return largest(x) + np.arange(x.shape[-1], dtype=x.dtype)

    show(first_channel, GlobalMaxPooling2D, photograph(channels=2))
    (figure,) = displayed
    assert "✗ differs: expected 248, received 249 at 1" in titles(figure)


def test_the_alternative_text_of_a_chart(described: list[str]) -> None:
    show(largest, GlobalMaxPooling2D, photograph())
    assert "a bar chart of the 1 number that largest gives; it is 248, as expected" in described[0]


@pytest.mark.parametrize(("more", "mark"), [(0, "✓ agrees"), (1, "✗ differs: 5 windows")])
def test_windows_along_a_strip(displayed: list[Any], more: int, mark: str) -> None:
    def sizes(size: int, window: int, stride: int, padding: str) -> int:
        cells = size - window + stride if padding == "valid" else size + stride - 1
        return cells // stride + more

    show_output_size(sizes, MaxPooling2D, size=23, window=5, stride=4)
    (figure,) = displayed
    assert f"valid: sizes says {5 + more}  {mark}" in titles(figure)
    assert [len(axis.lines) for axis in figure.axes] == [5, 6]


@pytest.mark.parametrize(("times", "mark"), [(1, "✓ agrees"), (2, "the bars add up to 100")])
def test_bytes_layer_by_layer(displayed: list[Any], times: int, mark: str) -> None:
    def network() -> keras.Model:
        return keras.Sequential([keras.Input((2, 2, 1)), keras.layers.Conv2D(5, 1), MaxPooling2D()])

    def counted(model: keras.Model) -> int:
        return times * sum(4 * int(np.prod(layer.output.shape[1:])) for layer in model.layers)

    show_activation_bytes(counted, network)
    (figure,) = displayed
    assert mark in titles(figure)


@pytest.mark.parametrize(("times", "mark"), [(1, "✓ agrees"), (2, "✗ differs")])
def test_a_gradient_laid_out_as_tiles(displayed: list[Any], times: int, mark: str) -> None:
    def shared(grad: np.ndarray, x_shape: tuple[int, ...]) -> np.ndarray:
        share = times * grad[:, np.newaxis, np.newaxis] / (x_shape[1] * x_shape[2])
        return np.broadcast_to(share, x_shape).astype(grad.dtype)

    show_global_average_gradient(shared)
    (figure,) = displayed
    assert mark in titles(figure)


def test_a_photograph_has_as_many_channels_as_asked_for() -> None:
    four = photograph(channels=4, dtype="float64")
    assert four.shape == (1, 96, 96, 4)
    assert four.dtype == np.float64
    assert np.array_equal(np.rot90(four[0, :, :, 0]), four[0, :, :, 1])


def test_what_a_photograph_needs_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "skimage", None)
    pictures._coins.cache_clear()
    with pytest.raises(ModuleNotFoundError, match="pip install scikit-image"):
        photograph()
