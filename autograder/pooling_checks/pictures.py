"""A function's result on a photograph, as a picture; where it is wrong, the first window too.

Pictures are no tests: whatever goes wrong here is said in a sentence, and costs no points.
Matplotlib and scikit-image are imported only when a picture is drawn.
"""

from __future__ import annotations

import functools
from collections.abc import MutableMapping
from typing import Any

import numpy as np

from .calling import Function, called, results
from .cases import Case
from .checks import as_oracle
from .comparing import agree
from .messages import CheckFailed, number, place
from .oracle import Oracle

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
        As for `check_output`. The arrays and the first result have 4 axes,
        (batch, height, width, channels); the first example's first channel is shown.
    """
    from IPython import get_ipython
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
    if received.ndim != 4:
        display(Markdown("*No picture: the result is no map.*"))
        return
    wrong = ~agree(received, expected, oracle.tolerance(case))
    key = (called(function), oracle.name, case.key(), received.tobytes(), str(received.dtype))
    known = None if memory is None else memory.get(key)
    if known is not None:
        display(known[0], metadata=known[1], raw=True)
        return
    figure, description = _drawing(case, oracle, expected, received, wrong, called(function))
    shell = get_ipython()
    if memory is None or shell is None:
        display_figure(figure, description)
        return
    data, metadata = shell.display_formatter.format(figure)
    metadata.setdefault("image/png", {})["alt"] = description
    memory[key] = data, metadata
    display(data, metadata=metadata, raw=True)
    import matplotlib.pyplot as plt

    plt.close(figure)


def display_figure(figure: Any, description: str) -> None:
    """Display a figure with a text for those who do not see it, and close it.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    description : str
        What it shows. nbconvert makes it the picture's alternative text on pages such as nbgrader's
        feedback.
    """
    import matplotlib.pyplot as plt
    from IPython.display import display

    display(figure, metadata={"image/png": {"alt": description}})
    plt.close(figure)


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
        figure, (left, right) = plt.subplots(1, 2, figsize=(7, 3.6), layout="constrained")
        _panel(left, case.x[0, :, :, 0], f"the input, {_size(case.x)}")
        _panel(right, received[0, :, :, 0], f"{name}, {_size(received)}\n✓ agrees", RIGHT)
        return figure, (
            f"Two pictures side by side: the input, {_size(case.x)} cells, and the result of "
            f"{name}, {_size(received)} cells. The result agrees with what is expected."
        )
    index = tuple(int(i) for i in np.argwhere(wrong)[0])
    batch, row, column, channel = index
    figure, axes = plt.subplots(1, 5, figsize=(13, 3.4), layout="constrained")
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
    axes[4].set_title(f"window of output{place(index)}\n{difference}", fontsize=9, color=WRONG)
    return figure, (
        f"Five pictures in a row: the input, {_size(case.x)} cells; what is expected, "
        f"{_size(expected)} cells; the result of {name}; which of its cells differ, {share} of "
        f"them; and the window in the input that belongs to the first that differs. That is "
        f"output{place(index)}: {difference}."
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
    axis.set_title(title, fontsize=10, color=color or "black")
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
