"""A function's result on a photograph, as a picture; where it is wrong, the first window too.

Pictures are no tests: whatever goes wrong here is said in a sentence, and costs no points.
Matplotlib and scikit-image are imported only when a picture is drawn.
"""

from __future__ import annotations

import base64
import functools
import io
from collections.abc import Callable, MutableMapping
from typing import Any

import numpy as np

from .calling import Function, call, called, results
from .cases import Case
from .checks import as_oracle
from .comparing import agree
from .messages import CheckFailed, number, place
from .oracle import Oracle
from .pooling_layers import output_size

#: Colours that readers with any colour vision tell apart.
RIGHT, WRONG = "#0072b2", "#d55e00"

#: A window with more rows or columns than this is drawn without its numbers.
LARGEST_NUMBERED = 8


#: Pictures that were drawn before, as Jupyter shows them: by all that is seen in them. None not to
#: keep any.
memory: MutableMapping[Any, tuple[dict[str, Any], dict[str, Any]]] | None = None


@functools.cache
def _coins() -> np.ndarray:
    """The picture of the coins, cut to size; to read it takes longer than all else."""
    from skimage import data

    return data.coins()[20:212:2, 20:212:2]


def photograph(channels: int = 1, dtype: str = "float32") -> np.ndarray:
    """A photograph of coins that comes with scikit-image.

    Parameters
    ----------
    channels : int
        With more than one, each channel is the picture seen from another side: turned by a
        quarter, by a half, and so on.
    dtype : str
        ``"float32"`` or ``"float64"``.

    Returns
    -------
    numpy.ndarray
        Shape (1, 96, 96, channels), whole numbers from 0 to 255.

    Raises
    ------
    ModuleNotFoundError
        If scikit-image is not installed.
    """
    try:
        coins = _coins()
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "The picture needs scikit-image: pip install scikit-image. The tests do without."
        ) from error
    turned = [np.rot90(coins, quarter) for quarter in range(channels)]
    return np.ascontiguousarray(np.stack(turned, axis=-1)[np.newaxis].astype(dtype))


def show(function: Function, oracle: Oracle | type, *arrays: np.ndarray, **arguments: Any) -> None:
    """Show input and result, and beside them what the oracle gives if that differs.

    Parameters
    ----------
    function : callable
        Called as ``function(*arrays, **arguments)`` with copies of the arrays.
    oracle, *arrays, **arguments
        As for `check_output`. Of arrays with 4 axes, (batch, height, width, channels), the first
        example's first channel is shown. A result that is no map is shown as a chart of its
        numbers, those of the first example, beside the inputs.
    """
    from IPython.display import Markdown, display

    oracle = as_oracle(oracle)
    case = Case(dict(zip(oracle.inputs, arrays, strict=True)), arguments)
    try:
        received = results(function, oracle, case)[0]
    except CheckFailed as failed:
        reason = str(failed).partition("\n")[0]
        display(Markdown(f"*No picture yet: {reason.replace('_', chr(92) + '_')}*"))
        return
    expected = oracle.right(case)[0]
    if received.shape != expected.shape:
        display(Markdown(f"*No picture: shape {received.shape} instead of {expected.shape}.*"))
        return
    wrong = ~agree(received, expected, oracle.tolerance(case))
    is_map = received.ndim == case.x.ndim == 4
    draw = _drawing if is_map else _values_drawing
    display_drawing(
        (called(function), oracle.name, case.key(), received.tobytes(), str(received.dtype)),
        lambda: draw(case, oracle, expected, received, wrong, called(function)),
    )


def display_drawing(seen: Any, draw: Callable[[], tuple[Any, str]]) -> None:
    """Display a figure, drawn anew or from memory, with a text for those who do not see it.

    Parameters
    ----------
    seen : hashable
        All that is seen in the figure: what has the same is drawn once.
    draw : callable
        Gives the figure and a description of what it shows. nbconvert makes that the picture's
        alternative text on pages such as nbgrader's feedback.
    """
    import matplotlib.pyplot as plt
    from IPython.display import display

    if memory is None:
        figure, description = draw()
        display(figure, metadata={"image/png": {"alt": description}})
        plt.close(figure)
        return
    known = memory.get(seen)
    if known is None:
        figure, description = draw()
        data = {"text/plain": repr(figure), "image/png": _png(figure)}
        known = memory[seen] = data, {"image/png": {"alt": description}}
        plt.close(figure)
    display(known[0], metadata=known[1], raw=True)


def _png(figure: Any) -> str:
    """A figure as a notebook keeps it; drawn once, where IPython draws it twice to cut it."""
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return base64.b64encode(file.getvalue()).decode("ascii")


def _drawing(
    case: Case,
    oracle: Oracle,
    expected: np.ndarray,
    received: np.ndarray,
    wrong: np.ndarray,
    name: str,
) -> tuple[Any, str]:
    """The figure, and a description: two panels for a right result, five for a wrong one."""
    import matplotlib.pyplot as plt

    if not wrong.any():
        figure, (left, right) = _panels(2, figsize=(7, 3.9))
        _panel(left, case.x[0, :, :, 0], f"the input, {_size(case.x)}")
        _panel(right, received[0, :, :, 0], f"{name}, {_size(received)}\n✓ agrees", RIGHT)
        return figure, (
            f"Two pictures side by side: the input, {_size(case.x)} cells, and the result of "
            f"{name}, {_size(received)} cells. The result agrees with what is expected."
        )
    index = tuple(int(i) for i in np.argwhere(wrong)[0])
    batch, row, column, channel = index
    figure, axes = _panels(5, figsize=(13, 3.1))
    _panel(axes[0], case.x[batch, :, :, channel], f"the input, {_size(case.x)}")
    low, high = expected.min(), expected.max()
    _panel(axes[1], expected[batch, :, :, channel], "expected", None, low, high)
    _panel(axes[2], received[batch, :, :, channel], f"{name}\n✗ differs", WRONG, low, high)
    share = _share(wrong[batch, :, :, channel])
    _panel(axes[3], wrong[batch, :, :, channel], f"white: differs ({share})", None, 0, 1)
    for axis in axes[2:4]:
        axis.plot(column, row, marker="o", markersize=12, mfc="none", mec=WRONG, mew=2)
    rows, columns = oracle.window(case, index) or ((0, 0), (0, 0))
    axes[0].add_patch(
        plt.Rectangle(
            (columns[0] - 0.5, rows[0] - 0.5),
            columns[1] - columns[0],
            rows[1] - rows[0],
            fill=False,
            edgecolor=WRONG,
            linewidth=2,
        )
    )
    _window(axes[4], case.x[batch, rows[0] : rows[1], columns[0] : columns[1], channel])
    difference = f"expected {number(expected[index])}, received {number(received[index])}"
    title = f"window of output{place(index)}\n{difference}"
    axes[4].set_title(title, fontsize=9, color=WRONG, y=1.0)
    return figure, (
        f"Five pictures in a row: the input, {_size(case.x)} cells; what is expected, "
        f"{_size(expected)} cells; the result of {name}; which of its cells differ, {share} of "
        f"them; and the window in the input that belongs to the first that differs. That is "
        f"output{place(index)}: {difference}."
    )


def _panels(count: int, figsize: tuple[float, float]) -> tuple[Any, Any]:
    """A figure with pictures side by side, at fixed places: to look for good ones takes longer."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, count, figsize=figsize)
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.02, top=0.86, wspace=0.04)
    return figure, axes


#: Charts show no more numbers than this, and no more channels of an input.
LARGEST_CHART, MOST_CHANNELS = 64, 4


def _values_drawing(
    case: Case,
    oracle: Oracle,
    expected: np.ndarray,
    received: np.ndarray,
    wrong: np.ndarray,
    name: str,
) -> tuple[Any, str]:
    """The figure for a result that is no map, and a description: inputs, and a chart of numbers."""
    import matplotlib.pyplot as plt

    seen = [shown for label, array in case.arrays.items() for shown in _pictures(label, array)]
    # Inches: pictures of 2.2 side by side, then the chart with room for the numbers of its axis.
    width, height = 2.4 * len(seen) + 4, 3
    figure = plt.figure(figsize=(width, height))
    for n, (label, picture) in enumerate(seen):
        axis = figure.add_axes((0.1 / width + 2.4 * n / width, 0.05, 2.2 / width, 0.77))
        _panel(axis, picture, label)
        axis.set_aspect("auto" if max(picture.shape) > 4 * min(picture.shape) else "equal")
    left = 2.4 * len(seen) + 0.7
    chart = figure.add_axes((left / width, 0.12, (width - left - 0.1) / width, 0.7))
    values, right, differs = (
        np.atleast_1d(array[0] if array.ndim > 1 else array).ravel()[:LARGEST_CHART]
        for array in (received, expected, wrong)
    )
    places = np.arange(len(values))
    colors = [WRONG if bad else RIGHT for bad in differs]
    finite = np.where(np.isfinite(values.astype("float64")), values, 0)
    chart.bar(places, finite, color=colors, hatch=["//" if bad else "" for bad in differs])
    chart.plot(places, right, "_", color="black", markersize=max(6, 120 // (len(places) + 4)))
    chart.set_xticks(places if 1 < len(places) <= LARGEST_NUMBERED else [])
    if len(places) == 1:
        chart.set_xlim(-1.5, 1.5)
    chart.spines[["top", "right"]].set_visible(False)
    if differs.any():
        index = int(np.argmax(differs))
        where = f" at {index}" if len(values) > 1 else ""
        said = f"expected {number(right[index])}, received {number(values[index])}{where}"
        chart.set_title(f"{name}\n✗ differs: {said}", fontsize=9, color=WRONG, y=1.0)
        verdict = f"{int(differs.sum())} of {len(values)} differ: {said}"
    else:
        only = f" = {number(values[0])}" if len(values) == 1 else ""
        title = f"{name}{only}\n✓ agrees (marks: expected)"
        chart.set_title(title, fontsize=9, color=RIGHT, y=1.0)
        verdict = "all agree with what is expected" if not only else f"it is{only[2:]}, as expected"
    inputs = ", ".join(label for label, _ in seen)
    return figure, (
        f"The inputs ({inputs}) as pictures, and a bar chart of the {len(values)} "
        f"number{'s' if len(values) > 1 else ''} that {name} gives; {verdict}."
    )


def _pictures(label: str, array: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """An input as pictures: the channels of its first example, or the table that it is."""
    if array.ndim == 4:
        channels = range(min(array.shape[-1], MOST_CHANNELS))
        several = array.shape[-1] > 1
        return [
            (f"{label}, channel {c}" if several else label, array[0, :, :, c]) for c in channels
        ]
    return [(label, array)] if array.ndim == 2 else []


def show_output_size(
    function: Function, layer: type, *, size: int, window: int, stride: int
) -> None:
    """Show the windows along a strip of a photograph, and how many the function says there are.

    Parameters
    ----------
    function : callable
        Called as ``function(size, window, stride, padding)``.
    layer : type
        Keras layer class.
    size, window, stride : int
        Cells of the strip, and its windows.
    """
    from IPython.display import Markdown, display

    told = {}
    for padding in ("valid", "same"):
        text = f"size={size}, window={window}, stride={stride}, padding={padding!r}"
        try:
            told[padding] = call(function, text, size, window, stride, padding)
        except CheckFailed as failed:
            reason = str(failed).partition("\n")[0].replace("_", "\\_")
            display(Markdown(f"*No picture yet: {reason}*"))
            return
    texts = {padding: f"{received!s:.20}" for padding, received in told.items()}
    right = {
        padding: isinstance(received, (int, np.integer))
        and type(received) is not bool
        and bool(received == output_size(layer, size, window, stride, padding))
        for padding, received in told.items()
    }
    seen = "output_size", called(function), layer, size, window, stride
    display_drawing(
        (*seen, *texts.items(), *right.items()),
        lambda: _windows_drawing(called(function), layer, size, window, stride, texts, right),
    )


def _windows_drawing(
    name: str,
    layer: type,
    size: int,
    window: int,
    stride: int,
    texts: dict[str, str],
    right: dict[str, bool],
) -> tuple[Any, str]:
    """The figure of `show_output_size`, and a description."""
    import matplotlib.pyplot as plt

    strip = photograph()[0, 40:44, :size, 0]
    figure, axes = plt.subplots(2, 1, figsize=(7, 3.6))
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.02, top=0.93, hspace=0.15)
    lines = []
    for axis, (padding, text) in zip(axes, texts.items(), strict=True):
        expected = output_size(layer, size, window, stride, padding)
        before = max((expected - 1) * stride + window - size, 0) // 2 if padding == "same" else 0
        axis.imshow(strip, cmap="gray", interpolation="nearest", alpha=0.7)
        for n in range(expected):
            left = n * stride - before - 0.5
            axis.plot([left + 0.1, left + window - 0.1], [4 + n % 3] * 2, color=RIGHT, linewidth=3)
        mark = "✓ agrees" if right[padding] else f"✗ differs: {expected} windows"
        line = f"{padding}: {name} says {text}"
        axis.set_title(
            f"{line}  {mark}", fontsize=9, color=RIGHT if right[padding] else WRONG, y=1.0
        )
        axis.set_xlim(-window, size + window)
        axis.set_ylim(7.5, -0.7)
        axis.set_axis_off()
        lines.append(f"{line}, {expected} are right")
    return figure, (
        f"A strip of a photograph, {size} cells long, twice, with its windows of {window} cells, "
        f"{stride} apart, as lines below it. {'; '.join(lines)}."
    )


def _share(wrong: np.ndarray) -> str:
    """How much of a map differs, in percent. Neither none nor all of it is said of a part."""
    percent = 100 * float(wrong.mean())
    if 0 < percent < 1:
        return "less than 1%"
    if 99 < percent < 100:
        return "more than 99%"
    return f"{percent:.0f}%"


def _size(array: np.ndarray) -> str:
    return f"{array.shape[1]} × {array.shape[2]}"


def _panel(
    axis: Any,
    picture: np.ndarray,
    title: str,
    color: str | None = None,
    low: float | None = None,
    high: float | None = None,
) -> None:
    axis.imshow(picture, cmap="gray", vmin=low, vmax=high, interpolation="nearest")
    # With a height, the title is not moved clear of ticks, which there are none of.
    axis.set_title(title, fontsize=10, color=color or "black", y=1.0)
    axis.set_axis_off()


def _window(axis: Any, cells: np.ndarray) -> None:
    axis.set_axis_off()
    if not cells.size:
        return
    axis.imshow(cells, cmap="gray", interpolation="nearest", alpha=0.35)
    if max(cells.shape) > LARGEST_NUMBERED:
        return
    for (i, j), value in np.ndenumerate(cells):
        axis.text(j, i, number(value), ha="center", va="center", fontsize=9)
