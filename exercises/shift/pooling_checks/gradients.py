"""The oracles of backward passes: gradients of Keras pooling layers, by TensorFlow's tape.

What comes back to the layer is called `grad`; what goes on to its input is the result. The gradient
of a maximum depends on the input, so its functions take ``(grad, x)``. That of an average depends
only on the input's shape, so they take ``(grad, x_shape)``.
"""

from __future__ import annotations

import abc
import math
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from .calling import Function, called, results
from .cases import Case, example, renumbered
from .checks import check_dtype
from .comparing import compare_all
from .messages import CheckFailed, number, place
from .oracle import Oracle, Results, Window
from .pictures import photograph, show
from .pooling_layers import as_pair, possible, spans, steps

#: How many of the windows in which a cell lies a message shows.
WINDOWS_SHOWN = 4


def example_with_ties(
    *shape: int, highest: int = 2, dtype: str = "float32", seed: int = 0
) -> np.ndarray:
    """An array of few different whole numbers, so that most windows have several maxima.

    Parameters
    ----------
    *shape : int
        Shape of the array, for example ``example_with_ties(1, 5, 5, 2)``.
    highest : int
        The numbers are 0, 1, and so on to `highest`.
    dtype : str
        ``"float32"`` or ``"float64"``.
    seed : int
        Another seed gives other numbers.

    Returns
    -------
    numpy.ndarray
        Array of the given shape and dtype.
    """
    return np.random.default_rng(seed).integers(highest + 1, size=shape).astype(dtype)


def tape_gradient(
    layer: type, grad: np.ndarray, x: np.ndarray, arguments: dict[str, Any]
) -> np.ndarray:
    """The gradient of ``sum(grad * layer(**arguments)(x))`` with respect to `x`.

    Parameters
    ----------
    layer : type
        Keras layer class.
    grad : numpy.ndarray
        Shape of the layer's output.
    x : numpy.ndarray
    arguments : dict of str
        The layer's.

    Returns
    -------
    numpy.ndarray
        Shape of `x`, dtype of `grad`.

    Raises
    ------
    ValueError
        If `grad` has not the shape of the output.
    """
    # A layer casts its input to its own dtype, float32 unless told otherwise.
    dtype = np.result_type(grad, x)
    cells = tf.constant(x.astype(dtype))
    with tf.GradientTape() as tape:
        tape.watch(cells)
        output = layer(**arguments, dtype=dtype.name)(cells)
    if tuple(output.shape) != grad.shape:
        raise ValueError(f"grad has shape {grad.shape}, the output {tuple(output.shape)}")
    upstream = tf.constant(grad.astype(dtype))
    return tape.gradient(output, cells, output_gradients=upstream).numpy().astype(grad.dtype)


class PoolingGradient(Oracle):
    """What a pooling layer sends back to its input. See `gradient_of`.

    Parameters
    ----------
    layer : type
        The layer's class.
    """

    results = ("result",)

    def __init__(self, layer: type) -> None:
        self.layer = layer
        self.name = f"the gradient of keras.layers.{layer.__name__}"
        self.windowed = not layer.__name__.startswith("Global")

    @abc.abstractmethod
    def forward(self, case: Case) -> Case:
        """The forward pass to which the case belongs: `x`, and the layer's arguments."""

    @abc.abstractmethod
    def case(self, grad: np.ndarray, forward: Case) -> Case:
        """The case that belongs to a forward pass."""

    def expected(self, case: Case) -> Results:
        forward = self.forward(case)
        return (self.back(case.arrays["grad"], forward),)

    def back(self, grad: np.ndarray, forward: Case) -> np.ndarray:
        """The right result."""
        return tape_gradient(self.layer, grad, forward.x, forward.arguments)

    def output_shape(self, forward: Case) -> tuple[int, ...]:
        """Shape of the layer's output, which is the shape of `grad`."""
        return tuple(self.layer(**forward.arguments).compute_output_shape(forward.x.shape))

    def cells(self, case: Case) -> int:
        """Cells under a window."""
        forward = self.forward(case)
        if not self.windowed:
            return math.prod(forward.x.shape[1:3])
        return math.prod(as_pair(forward.arguments["pool_size"]))

    # --- where a number comes from ---------------------------------------------------------------

    def shares(self, forward: Case, layer: type | None = None) -> np.ndarray:
        """For each place of the output, how much each cell of the input acts on it.

        Returns
        -------
        numpy.ndarray
            Shape (places, *x.shape), float32; places in row-major order. 1 at a window's maximum,
            or the share of each cell in an average.
        """
        shape = self.output_shape(forward)
        places = math.prod(shape[1:-1])
        batch, channels = shape[0], shape[-1]
        one = np.eye(places, dtype="float32")[:, np.newaxis, :, np.newaxis]
        upstream = np.broadcast_to(one, (places, batch, places, channels))
        copies = np.broadcast_to(forward.x, (places, *forward.x.shape))
        copies = copies.reshape(-1, *forward.x.shape[1:]).astype("float32")
        oracle = gradient_of(layer) if layer else self
        gradient = oracle.back(
            upstream.reshape(places * batch, *shape[1:]), forward.with_arrays(x=copies)
        )
        return gradient.reshape(places, *forward.x.shape)

    def upstream(self, case: Case) -> np.ndarray:
        """`grad`, place by place: shape (places, batch, 1, 1, channels)."""
        grad = case.arrays["grad"]
        flat = grad.reshape(grad.shape[0], -1, grad.shape[-1])
        return np.moveaxis(flat, 1, 0)[:, :, np.newaxis, np.newaxis, :]

    def windows(self, forward: Case, row: int, column: int) -> list[tuple[int, int, Window]]:
        """The windows in which a cell lies: row and column of the output, and the cells inside."""
        found = []
        for i, j in np.ndindex(*self.output_shape(forward)[1:3]):
            rows, columns = spans(forward, i, j)
            if rows[0] <= row < rows[1] and columns[0] <= column < columns[1]:
                found.append((i, j, (rows[:2], columns[:2])))
        return found

    def explain(self, case: Case, index: tuple[int, ...]) -> str:
        forward = self.forward(case)
        batch, row, column, channel = index
        grad = case.arrays["grad"]
        if not self.windowed:
            came = f"grad[{batch}, {channel}] = {number(grad[batch, channel])}"
            return f"  cell      {came}; {self.about_map(forward.x[batch, :, :, channel])}"
        found = self.windows(forward, row, column)
        count = {0: "no window, so it gets nothing", 1: "1 window"}.get(
            len(found), f"{len(found)} windows"
        )
        lines = [f"  cell      x{place(index)} lies in {count}"]
        for i, j, (rows, columns) in found[:WINDOWS_SHOWN]:
            at = (batch, i, j, channel)
            window = f"x[{batch}, {rows[0]}:{rows[1]}, {columns[0]}:{columns[1]}, {channel}]"
            lines.append(
                f"    grad{place(at)} = {number(grad[at])}, window {window}, "
                + self.about_window(forward, at, (rows, columns))
            )
        if len(found) > WINDOWS_SHOWN:
            lines.append("    …")
        return "\n".join(lines)

    @abc.abstractmethod
    def about_map(self, values: np.ndarray) -> str:
        """What matters of a map in global pooling."""

    @abc.abstractmethod
    def about_window(self, forward: Case, at: tuple[int, ...], window: Window) -> str:
        """What matters of the window of one output cell."""

    def remark(self, case: Case, received: Results) -> str:
        (result,) = received
        came, went = (float(a.sum(dtype="float64")) for a in (case.arrays["grad"], result))
        if result.shape != self.forward(case).x.shape or not math.isfinite(went):
            return ""
        if abs(went - came) <= 1e-3 * max(1.0, float(np.abs(case.arrays["grad"]).sum())):
            return ""
        return (
            f"the result adds up to {number(went)}, grad to {number(came)}: "
            "pooling passes on all the gradient that it gets, and no more"
        )

    # --- common mistakes -------------------------------------------------------------------------

    def mistakes(self, case: Case) -> Iterator[tuple[Results, str]]:
        for result, sentence in self.mistaken(case):
            yield (np.asarray(result),), sentence

    @abc.abstractmethod
    def mistaken(self, case: Case) -> Iterator[tuple[np.ndarray, str]]:
        """Results of mistakes. Each is computed by means of the Keras layers themselves."""

    def misplaced(self, case: Case) -> Iterator[tuple[np.ndarray, str]]:
        """Mistakes that maximum and average share."""
        forward = self.forward(case)
        grad = case.arrays["grad"]
        later = np.zeros(forward.x.shape)
        for share, came in zip(self.shares(forward), self.upstream(case), strict=True):
            later = np.where(share != 0, share * came, later)
        yield (
            later,
            "where windows overlap, the last one replaced what the others gave; "
            "it must be added (+=)",
        )
        if case.arguments.get("padding") == "same":
            flipped = forward.with_arrays(x=forward.x[:, ::-1, ::-1])
            yield (
                self.back(grad[:, ::-1, ::-1], flipped)[:, ::-1, ::-1],
                "the odd cell of padding was put at the top or left; "
                "it belongs at the bottom or right",
            )
        else:
            close = forward.with_arguments(strides=1)
            shape = self.output_shape(close)
            corner = np.zeros(shape, grad.dtype)
            corner[:, : grad.shape[1], : grad.shape[2]] = grad
            yield self.back(corner, close), "the windows were taken to be one cell apart"

    # --- other cases -----------------------------------------------------------------------------

    def fitted(self, case: Case, forward: Case) -> Case:
        """A case for another forward pass, with the numbers of this one's `grad`."""
        return self.case(np.resize(case.arrays["grad"], self.output_shape(forward)), forward)

    def another(self, case: Case) -> Case:
        forward = self.forward(case)
        batch, height, width, channels = forward.x.shape
        larger = example(batch, 2 * height + 1, 2 * width + 1, channels, values="mixed", seed=1)
        if len(np.unique(forward.x)) < forward.x.size:  # a mistake at ties needs ties
            larger %= 3
        forward = forward.with_arrays(x=larger.astype(forward.x.dtype))
        grad = example(*self.output_shape(forward), seed=2)
        return self.case(grad.astype(case.arrays["grad"].dtype), forward)

    def smaller(self, case: Case) -> Iterator[Case]:
        for forward in steps(self.forward(case)):
            if possible(forward):
                yield self.fitted(case, forward)

    def simplest(self, case: Case) -> Case:
        return case.with_arrays(**{name: renumbered(a) for name, a in case.arrays.items()})

    def variants(self, case: Case) -> Iterator[Case]:
        forward = self.forward(case)
        for padding in ("valid", "same") if self.windowed else (None,):
            for strides in (None, 1) if padding else (None,):
                changed = forward
                if padding:
                    changed = forward.with_arguments(padding=padding, strides=strides)
                    if not possible(changed):
                        continue
                for dtype in ("float32", "float64"):
                    yield self.fitted(case, changed).as_float(dtype)


class MaximumGradient(PoolingGradient):
    """The gradient of a maximum: ``function(grad, x, **arguments)``."""

    inputs = ("grad", "x")

    def forward(self, case: Case) -> Case:
        return Case({"x": case.arrays["x"]}, case.arguments)

    def case(self, grad: np.ndarray, forward: Case) -> Case:
        return Case({"grad": grad, "x": forward.x}, forward.arguments)

    def tolerance(self, case: Case) -> float:
        """How far two right results may lie apart.

        A cell gets the sum of at most as many terms as a window has cells, n. Each of its n - 1
        additions rounds a number of at most n times the largest gradient (Higham, Accuracy and
        Stability of Numerical Algorithms, 2nd ed., section 4.2). Where windows do not overlap, and
        for whole numbers, nothing is rounded at all. In the global case a gradient is divided
        once, or multiplied by a quotient.
        """
        grad = case.arrays["grad"]
        terms = self.cells(case) ** 2 if self.windowed else 4
        return float(np.finfo(grad.dtype).eps * terms * np.abs(grad).max(initial=0.0))

    def about_map(self, values: np.ndarray) -> str:
        top = values.max()
        count = int((values == top).sum())
        where = "1 cell holds" if count == 1 else f"{count} cells hold"
        return f"{where} the map's maximum, {number(top)}"

    def about_window(self, forward: Case, at: tuple[int, ...], window: Window) -> str:
        shape = self.output_shape(forward)
        share = self.shares(forward)[at[1] * shape[2] + at[2], at[0], :, :, at[3]]
        row, column = np.argwhere(share)[0]
        return f"first maximum at x{place((at[0], int(row), int(column), at[3]))}"

    def window(self, case: Case, index: tuple[int, ...]) -> Window | None:
        forward = self.forward(case)
        if not self.windowed:
            return (0, forward.x.shape[1]), (0, forward.x.shape[2])
        found = [window for *_, window in self.windows(forward, *index[1:3])]
        if not found:
            return (index[1], index[1] + 1), (index[2], index[2] + 1)
        rows, columns = zip(*found, strict=True)
        return (
            (min(first for first, _ in rows), max(last for _, last in rows)),
            (min(first for first, _ in columns), max(last for _, last in columns)),
        )

    def mistaken(self, case: Case) -> Iterator[tuple[np.ndarray, str]]:
        forward = self.forward(case)
        x, came = forward.x, self.upstream(case)
        average = "AveragePooling2D" if self.windowed else "GlobalAveragePooling2D"
        averaging = getattr(keras.layers, average)
        inside = self.shares(forward, averaging) > 0
        pooled = np.asarray(self.layer(**forward.arguments, dtype=str(x.dtype))(x))
        tied = inside & (x == self.upstream(case.with_arrays(grad=pooled)))
        flat = tied.reshape(*tied.shape[:2], -1, tied.shape[-1])
        order = np.arange(flat.shape[2])[:, np.newaxis]
        first = (order == flat.argmax(axis=2, keepdims=True)).reshape(tied.shape)
        last = order == order[-1] - flat[:, :, ::-1].argmax(axis=2, keepdims=True)
        last = last.reshape(tied.shape)
        equal = tied / tied.sum(axis=(2, 3), keepdims=True)
        rule = "the first of them gets it all" if self.windowed else "they share it equally"
        tie = "where several cells hold the maximum"
        yield (came * tied).sum(axis=0), f"{tie}, each got all of the gradient; {rule}"
        yield (came * last).sum(axis=0), f"{tie}, the last one got the gradient; {rule}"
        if self.windowed:
            yield (came * equal).sum(axis=0), f"{tie}, they shared the gradient; {rule}"
        else:
            yield (came * first).sum(axis=0), f"{tie}, the first one got the gradient; {rule}"
        grad = case.arrays["grad"]
        yield (
            gradient_of(averaging).back(grad, forward),
            "this is the gradient of the average",
        )
        yield (
            (came * first * x).sum(axis=0),
            "the gradient was multiplied by the maximum; the cell gets the gradient itself",
        )
        if self.windowed:
            yield from self.misplaced(case)
        if case.arguments.get("padding") == "same":
            yield self._zeros_around(grad, forward), "cells outside the input were taken for zeros"

    def _zeros_around(self, grad: np.ndarray, forward: Case) -> np.ndarray:
        """What the layer sends back if it pools the input with zeros around it."""
        windows = as_pair(forward.arguments["pool_size"])
        strides = as_pair(forward.arguments.get("strides") or windows)
        pads = []
        for size, out, window, stride in zip(
            forward.x.shape[1:3], grad.shape[1:3], windows, strides, strict=True
        ):
            total = max((out - 1) * stride + window - size, 0)
            pads.append((total // 2, total - total // 2))
        padded = np.pad(forward.x, [(0, 0), *pads, (0, 0)])
        changed = forward.with_arrays(x=padded).with_arguments(padding="valid")
        inside = [
            slice(before, before + n)
            for (before, _), n in zip(pads, forward.x.shape[1:3], strict=True)
        ]
        return self.back(grad, changed)[:, inside[0], inside[1]]


class AverageGradient(PoolingGradient):
    """The gradient of an average: ``function(grad, x_shape=…, **arguments)``."""

    inputs = ("grad",)

    def forward(self, case: Case) -> Case:
        # The gradient of an average is the same for all inputs.
        shape = case.arguments["x_shape"]
        x = example(*shape).astype(case.arrays["grad"].dtype)
        return Case({"x": x}, case.without("x_shape").arguments)

    def case(self, grad: np.ndarray, forward: Case) -> Case:
        shape = tuple(int(n) for n in forward.x.shape)
        return Case({"grad": grad}, {"x_shape": shape, **forward.arguments})

    def back(self, grad: np.ndarray, forward: Case) -> np.ndarray:
        height, width = forward.x.shape[1:3]
        window = as_pair(forward.arguments.get("pool_size", 1))
        if window[0] <= height and window[1] <= width:
            return super().back(grad, forward)
        # TensorFlow's gradient can be wrong here, and in which dtypes depends on its kernels (seen
        # in 2.21: float64 always, float32 without oneDNN). Averaging is linear, so the layer itself
        # tells how much each cell acts on each output: by what it makes of a one in a map of zeros.
        ones = np.eye(height * width, dtype=grad.dtype).reshape(-1, height, width, 1)
        acts = np.asarray(self.layer(**forward.arguments, dtype=str(grad.dtype))(ones))
        result = np.einsum("kij,bijc->bkc", acts[..., 0], grad)
        return result.reshape(forward.x.shape)

    def tolerance(self, case: Case) -> float:
        """How far two right results may lie apart.

        A cell gets the sum of at most n terms, n being the cells under a window, and a term is a
        gradient divided by the cells inside. Even in a corner under ``same``, where windows have
        about half their rows and columns inside, the terms together are at most four times the
        largest gradient; their sum errs by n roundings of that at most (Higham, Accuracy and
        Stability of Numerical Algorithms, 2nd ed., section 4.2).
        """
        grad = case.arrays["grad"]
        terms = max(self.cells(case), 8) if self.windowed else 1
        return float(4 * np.finfo(grad.dtype).eps * terms * np.abs(grad).max(initial=0.0))

    def about_map(self, values: np.ndarray) -> str:
        return f"its map has {values.shape[0]} × {values.shape[1]} cells"

    def about_window(self, forward: Case, at: tuple[int, ...], window: Window) -> str:
        rows, columns = window
        count = (rows[1] - rows[0]) * (columns[1] - columns[0])
        return f"{count} cell{'s' if count > 1 else ''} inside the input"

    def window(self, case: Case, index: tuple[int, ...]) -> Window | None:
        # Here the picture's input is `grad`.
        if not self.windowed:
            return None
        found = self.windows(self.forward(case), *index[1:3])
        if not found:
            return None
        rows, columns = [i for i, *_ in found], [j for _, j, _ in found]
        return (min(rows), max(rows) + 1), (min(columns), max(columns) + 1)

    def mistaken(self, case: Case) -> Iterator[tuple[np.ndarray, str]]:
        forward = self.forward(case)
        came = self.upstream(case)
        inside = self.shares(forward) > 0
        whole = (came * inside).sum(axis=0)
        yield (
            whole,
            "each cell got all of the gradient; the cells under a window share it equally",
        )
        if not self.windowed:
            yield whole / whole.shape[0], "the gradient was divided by the number of examples"
            yield whole / whole[0].size, "the channels were counted as cells"
            return
        if case.arguments.get("padding") == "same":
            yield (
                whole / self.cells(case),
                "cells outside the input were counted; only those inside share the gradient",
            )
        yield from self.misplaced(case)


def gradient_of(layer: type) -> PoolingGradient:
    """The gradient of a pooling layer, to compare a backward pass with.

    Parameters
    ----------
    layer : type
        Keras layer class: MaxPooling2D, AveragePooling2D, or one of their global relatives.

    Returns
    -------
    PoolingGradient
        An oracle. It is computed with TensorFlow's GradientTape.
    """
    return MaximumGradient(layer) if "Max" in layer.__name__ else AverageGradient(layer)


def random_gradient_cases(
    oracle: PoolingGradient,
    seed: int,
    count: int,
    padding: str,
    windows: str,
    rectangular: bool,
    channels: bool,
    values: str,
    ties: bool,
) -> list[Case]:
    """`count` random cases, the smallest first: the first to fail is soon shrunk."""
    rng = np.random.default_rng(seed)
    cases = []
    for _ in range(count):
        # Drawn for both axes always, so that a seed's cases resemble each other.
        sizes, pool_size, strides = [], [], []
        for _ in range(2):
            size, window = int(rng.integers(1, 10)), int(rng.integers(1, 5))
            step = int(rng.integers(1, 4))
            stride = window
            if windows == "overlapping":
                window += 1
                stride = min(step, window - 1)
            elif windows == "apart":
                stride = window + step
            if padding == "valid":
                size = max(size, window + stride)  # a single window would show little
            sizes.append(size)
            pool_size.append(window)
            strides.append(stride)
        if not rectangular:
            sizes, pool_size, strides = [sizes[0]] * 2, [pool_size[0]] * 2, [strides[0]] * 2
        batch, depth = (int(n) for n in rng.integers(1, 4, size=2)) if channels else (1, 1)
        shape = (batch, *sizes, depth)
        draw = int(rng.integers(2**31))
        x = (
            example_with_ties(*shape, seed=draw)
            if ties
            else example(*shape, values=values, seed=draw)
        )
        arguments: dict[str, Any] = {}
        if oracle.windowed:
            arguments = {
                "pool_size": tuple(pool_size) if rectangular else pool_size[0],
                "padding": padding,
            }
            if windows != "side by side":
                arguments["strides"] = tuple(strides) if rectangular else strides[0]
        forward = Case({"x": x}, arguments)
        grad = example(*oracle.output_shape(forward), seed=draw + 1)
        grad *= rng.choice([-1, 1], size=grad.shape)
        cases.append(oracle.case(grad, forward))
    return sorted(cases, key=lambda case: oracle.forward(case).x.size)


def check_random_gradients(
    function: Function,
    oracle: PoolingGradient,
    *,
    seed: int,
    cases: int = 12,
    padding: str = "valid",
    windows: str = "side by side",
    rectangular: bool = False,
    channels: bool = False,
    values: str = "positive",
    ties: bool = False,
) -> None:
    """Compare a backward pass with the gradient of a pooling layer on random cases.

    A case that fails is shrunk: its arrays and arguments are made smaller for as long as it fails.

    Parameters
    ----------
    function : callable
        Called as ``function(grad, x, **arguments)``, or with ``x_shape`` in place of `x`.
    oracle : PoolingGradient
        From `gradient_of`.
    seed : int
        Fixes the cases.
    cases : int
        How many.
    padding : {"valid", "same"}
        Padding of every case; without meaning for global layers.
    windows : {"side by side", "apart", "overlapping"}
        Whether the stride is the window (``strides`` is not given), larger, or smaller.
    rectangular : bool
        Whether height and width, and the two numbers of window and stride, may differ.
    channels : bool
        Whether there may be several examples and channels; without, there is one of each.
    values : {"positive", "mixed", "negative"}
        Sign of the inputs; the gradients have both signs.
    ties : bool
        Whether the inputs have many equal numbers; without, they have none.

    Raises
    ------
    CheckFailed
        For the smallest case found that differs.
    """
    drawn = random_gradient_cases(
        oracle, seed, cases, padding, windows, rectangular, channels, values, ties
    )
    compare_all(function, oracle, drawn)


def check_gradient_dtype(
    function: Function, oracle: PoolingGradient, *arrays: np.ndarray, **arguments: Any
) -> None:
    """Check that the result has the dtype of `grad`, whatever that of `x` is, and its precision.

    Parameters
    ----------
    function, oracle, *arrays, **arguments
        As for `check_output`. The arrays are checked as float32 and as float64, and each with the
        other.

    Raises
    ------
    CheckFailed
        If the dtype differs, or a float64 answer has only the precision of float32.
    """
    check_dtype(function, oracle, *arrays, **arguments)
    if "x" not in oracle.inputs:
        return
    given = Case(dict(zip(oracle.inputs, arrays, strict=True)), arguments)
    for dtype, other in (("float32", "float64"), ("float64", "float32")):
        case = given.as_float(other)
        case = case.with_arrays(grad=case.arrays["grad"].astype(dtype))
        (received,) = results(function, oracle, case)
        if received.dtype != dtype:
            raise CheckFailed(
                f"{called(function)} must return the dtype of grad.\n\n  case      {case}\n"
                f"  expected  {dtype}\n  received  {received.dtype}\n"
                "  hint      the result is a gradient, as grad is; x may have another dtype"
            )


class _Mosaic(Oracle):
    """The gradient of global average pooling, its channels laid out as the tiles of a picture."""

    inputs = ("grad",)

    def __init__(self, tiles: int, edge: int) -> None:
        self.oracle = gradient_of(keras.layers.GlobalAveragePooling2D)
        self.name, self.tiles, self.edge = self.oracle.name, tiles, edge

    def there(self, grad: np.ndarray) -> np.ndarray:
        """A picture of tiles as (1, channels)."""
        return np.ascontiguousarray(grad.reshape(1, -1))

    def back(self, maps: np.ndarray) -> np.ndarray:
        """Maps (1, edge, edge, channels) as one of (1, tiles · edge, tiles · edge, 1)."""
        rows = maps[0].reshape(self.edge, self.edge, self.tiles, self.tiles)
        whole = rows.transpose(2, 0, 3, 1).reshape(self.tiles * self.edge, -1)
        return np.ascontiguousarray(whole[np.newaxis, :, :, np.newaxis])

    @property
    def x_shape(self) -> tuple[int, ...]:
        return (1, self.edge, self.edge, self.tiles**2)

    def expected(self, case: Case) -> Results:
        inner = Case({"grad": self.there(case.x)}, {"x_shape": self.x_shape})
        return (self.back(self.oracle.right(inner)[0]),)

    def tolerance(self, case: Case) -> float:
        return 1e-4

    def variants(self, case: Case) -> Iterator[Case]:
        yield case


def show_global_average_gradient(function: Function) -> None:
    """Show what `global_average_pool2d_backward` makes of a small photograph.

    Each of its 64 pixels is the gradient of a channel; the 64 maps that come out are laid side by
    side. A picture, no test.

    Parameters
    ----------
    function : callable
        Called as ``function(grad, x_shape)``.
    """
    mosaic = _Mosaic(tiles=8, edge=6)

    def seen(grad: np.ndarray) -> Any:
        received = function(mosaic.there(grad), mosaic.x_shape)
        right = isinstance(received, np.ndarray) and received.shape == mosaic.x_shape
        return mosaic.back(received) if right else received

    seen.__name__ = called(function)
    show(seen, mosaic, photograph()[:, ::12, ::12])
