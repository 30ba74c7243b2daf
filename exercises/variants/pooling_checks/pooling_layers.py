"""The oracles that are pooling layers of Keras, and random cases for them."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from .cases import Case, example, renumbered
from .messages import LARGEST_MAP, grid
from .oracle import Oracle, Results, Window

#: What messages call the spatial axes: of a series, of a map, of a volume.
AXES = {1: ("step",), 2: ("row", "column"), 3: ("plane", "row", "column")}

#: The numbers of a window and of its steps, in order.
SIDES = {1: "one number", 2: "(height, width)", 3: "(depth, height, width)"}
WAYS = {1: "one number", 2: "(down, across)", 3: "(deep, down, across)"}


def as_numbers(value: Any, axes: int) -> tuple[int, ...]:
    """One number, or one for each spatial axis, as one for each."""
    return (value,) * axes if isinstance(value, int) else tuple(value)


def as_pair(value: Any) -> tuple[int, int]:
    """One number or two, as two: (height, width)."""
    return (value, value) if isinstance(value, int) else (value[0], value[1])


def geometry(case: Case) -> list[tuple[int, int, int]]:
    """Per spatial axis: window, stride, and cells of padding before the input."""
    sizes = case.x.shape[1:-1]
    windows = as_numbers(case.arguments["pool_size"], len(sizes))
    strides = as_numbers(case.arguments.get("strides") or windows, len(sizes))
    geometry = []
    for size, window, stride in zip(sizes, windows, strides, strict=True):
        before = 0
        if case.arguments.get("padding", "valid") == "same":
            # https://www.tensorflow.org/api_docs/python/tf/nn, "Notes on padding": the total is
            # split evenly, and an odd cell goes to the end.
            before = max((math.ceil(size / stride) - 1) * stride + window - size, 0) // 2
        geometry.append((window, stride, before))
    return geometry


def spans(case: Case, *place: int) -> list[tuple[int, int, int]]:
    """Per spatial axis: first and last-plus-one cell of the window, and its cells of padding.

    `place` is the output cell's: row and column, or as many numbers as there are spatial axes.
    """
    sizes = case.x.shape[1:-1]
    if "pool_size" not in case.arguments:
        return [(0, size, 0) for size in sizes]
    spans = []
    for size, index, (window, stride, before) in zip(sizes, place, geometry(case), strict=True):
        first, last = index * stride - before, index * stride - before + window
        inside = max(first, 0), min(last, size)
        spans.append((*inside, window - (inside[1] - inside[0])))
    return spans


def describe_window(case: Case, index: tuple[int, ...]) -> str:
    """The input cells from which one output cell is made, and how many lie outside."""
    place = index[1:-1] if len(index) == case.x.ndim else (0,) * (case.x.ndim - 2)
    return describe_cells(case.x, index[0], spans(case, *place), index[-1])


def describe_cells(
    x: np.ndarray, batch: int, spans: list[tuple[int, int, int]], channel: int
) -> str:
    """A box of input cells, and how many more cells lie outside the input."""
    ranges = ", ".join(f"{first}:{last}" for first, last, _ in spans)
    place = f"x[{batch}, {ranges}, {channel}]"
    cells = x[batch, ..., channel][tuple(slice(first, last) for first, last, _ in spans)]
    outside = [
        f"{count} {word}{'s' if count > 1 else ''}"
        for (_, _, count), word in zip(spans, AXES[len(spans)], strict=True)
        if count
    ]
    note = f"; outside the input: {' and '.join(outside)}" if outside else ""
    if max(cells.shape) > LARGEST_MAP:
        return f"  window    {place}{note}"
    lines = [f"  window    {place}{note}"]
    # A series is one row; a volume is shown plane by plane.
    planes = cells if cells.ndim == 3 else np.atleast_2d(cells)[np.newaxis]
    for number, plane in enumerate(planes):
        if len(planes) > 1:
            lines.append(f"    plane {spans[0][0] + number}")
        lines += [f"    {line}" for line in grid(plane)]
    return "\n".join(lines)


def steps(case: Case) -> Iterator[Case]:
    """Cases that are a step smaller: fewer examples, channels, rows; a smaller window or stride."""

    def changed(name: str, value: Any) -> Case:
        return case.with_arguments(**{name: value})

    x = case.x
    for axis in (0, x.ndim - 1, *range(1, x.ndim - 1)):
        length = x.shape[axis]
        for shorter in dict.fromkeys((1, length // 2, length - 1)):
            if 0 < shorter < length:
                yield case.with_arrays(x=np.take(x, range(shorter), axis))
    if "strides" in case.arguments:
        yield case.without("strides")
    for name in ("pool_size", "strides", "output_size"):
        value = case.arguments.get(name)
        if isinstance(value, int) and value > 1:
            yield changed(name, value - 1)
        elif isinstance(value, tuple):
            for axis, one in enumerate(value):
                if one > 1:
                    yield changed(name, (*value[:axis], one - 1, *value[axis + 1 :]))
            if len(set(value)) == 1:
                yield changed(name, value[0])


def possible(case: Case) -> bool:
    """Whether every window fits into the input."""
    if "pool_size" not in case.arguments or case.arguments.get("padding") == "same":
        return True
    sizes = case.x.shape[1:-1]
    windows = as_numbers(case.arguments["pool_size"], len(sizes))
    return all(w <= n for w, n in zip(windows, sizes, strict=True))


def without_leftovers(case: Case) -> Case:
    """Under "same", the case without the cells at an axis' end that no window reaches.

    They change nothing, but where there are some (a stride larger than the window), TensorFlow
    without oneDNN lets the windows of a volume start too late.
    """
    if case.arguments.get("padding") != "same":
        return case
    ends = [
        (math.ceil(size / stride) - 1) * stride + window
        for size, (window, stride, _) in zip(case.x.shape[1:-1], geometry(case), strict=True)
    ]
    return case.with_arrays(x=case.x[(slice(None), *(slice(end) for end in ends))])


class PoolingLayer(Oracle):
    """A Keras layer such as ``MaxPooling2D``, called as ``layer(**arguments)(x)``.

    Parameters
    ----------
    layer : type
        The layer's class.
    """

    def __init__(self, layer: type) -> None:
        self.layer = layer
        self.name = f"keras.layers.{layer.__name__}"
        self.windowed = not layer.__name__.startswith("Global")
        self.axes = int(layer.__name__[-2])  # MaxPooling3D

    def output(self, case: Case) -> np.ndarray:
        """What the layer makes of the case, computed in the input's own dtype.

        A layer casts its input to its own dtype, float32 unless told otherwise.
        """
        if self.axes == 3:
            case = without_leftovers(case)
            if case.x.dtype != np.float32:
                return self._in_float32(case)
        return np.asarray(self.layer(**case.arguments, dtype=str(case.x.dtype))(case.x))

    def _in_float32(self, case: Case) -> np.ndarray:
        """What the layer makes of a volume in float64; TensorFlow pools volumes in float32 only.

        Which number is the largest depends on their order alone. So the layer gets each number's
        place in that order, which float32 can hold, and the numbers are put back.
        """
        if "Max" not in self.layer.__name__:
            return self.output(case.as_float("float32")).astype(case.x.dtype)
        numbers, places = np.unique(case.x, return_inverse=True)
        order = case.with_arrays(x=places.reshape(case.x.shape).astype("float32"))
        return numbers[self.output(order).astype(int)]

    def expected(self, case: Case) -> Results:
        return (self.output(case),)

    def tolerance(self, case: Case) -> float:
        """How far two right answers may lie apart.

        A maximum is one of the inputs, so it must be equal. An average is a sum of n terms, and
        the order of the terms changes its rounding error, which is below n roundings of the
        largest term (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., section
        4.2).
        """
        if "Max" in self.layer.__name__:
            return 0.0
        sizes = case.x.shape[1:-1]
        shape = as_numbers(case.arguments["pool_size"], self.axes) if self.windowed else sizes
        terms = math.prod(shape)
        return float(np.finfo(case.x.dtype).eps * max(terms, 8) * np.abs(case.x).max(initial=1.0))

    def explain(self, case: Case, index: tuple[int, ...]) -> str:
        return describe_window(case, index)

    def window(self, case: Case, index: tuple[int, ...]) -> Window | None:
        if case.x.ndim != 4:
            return None
        rows, columns = spans(case, *index[1:3])
        return rows[:2], columns[:2]

    def another(self, case: Case) -> Case:
        batch, *sizes, channels = case.x.shape
        longer = [2 * size + 1 for size in sizes]
        larger = example(batch, *longer, channels, values="mixed", seed=1)
        return case.with_arrays(x=larger.astype(case.x.dtype))

    def variants(self, case: Case) -> Iterator[Case]:
        for padding in ("valid", "same") if self.windowed else (None,):
            for other in (None, 1) if self.windowed else (False, True):
                name = "strides" if self.windowed else "keepdims"
                varied = case.with_arguments(**{name: other})
                if padding:
                    varied = varied.with_arguments(padding=padding)
                for dtype in ("float32", "float64"):
                    yield varied.as_float(dtype)

    def mistakes(self, case: Case) -> Iterator[tuple[Results, str]]:
        for output, sentence in self._mistaken(case):
            yield (output,), sentence

    def _mistaken(self, case: Case) -> Iterator[tuple[np.ndarray, str]]:
        """Every alternative is computed with the Keras layers themselves."""
        others = {
            "MaxPooling": ("AveragePooling", "the average of each window, not its maximum"),
            "AveragePooling": ("MaxPooling", "the maximum of each window, not its average"),
            "GlobalMaxPooling": ("GlobalAveragePooling", "the average of the map"),
            "GlobalAveragePooling": ("GlobalMaxPooling", "the maximum of the map"),
        }
        kind, axes = self.layer.__name__[:-2], self.layer.__name__[-2:]
        if kind in others:
            other, words = others[kind]
            layer = PoolingLayer(getattr(keras.layers, other + axes))
            yield layer.output(case), f"this is {words}"
        if not self.windowed:
            keepdims = not case.arguments.get("keepdims", False)
            yield (
                self.output(case.with_arguments(keepdims=keepdims)),
                f"this is the answer to keepdims={keepdims}",
            )
            return

        def variant(sentence: str, **changes: Any) -> tuple[np.ndarray, str] | None:
            changed = case.with_arguments(**changes)
            return (self.output(changed), sentence) if possible(changed) else None

        def backwards(value: Any) -> Any:
            return as_numbers(value, self.axes)[::-1]

        pool_size = case.arguments["pool_size"]
        strides = case.arguments.get("strides")
        padding = case.arguments.get("padding", "valid")
        tried = [
            variant("the stride was taken to be the window (strides=None)", strides=None),
            variant("the stride was taken to be 1", strides=1),
            variant(
                f"the numbers of pool_size were swapped: it is {SIDES[self.axes]}",
                pool_size=backwards(pool_size),
            ),
            variant(
                f"the numbers of strides were swapped: they are {WAYS[self.axes]}",
                strides=backwards(strides or pool_size),
            ),
            variant(
                f"this is the answer to padding={'valid' if padding == 'same' else 'same'!r}",
                padding="valid" if padding == "same" else "same",
            ),
        ]
        yield from (answer for answer in tried if answer is not None)
        if padding == "same":
            totals = [
                max((math.ceil(size / stride) - 1) * stride + window - size, 0)
                for size, (window, stride, _) in zip(
                    case.x.shape[1:-1], geometry(case), strict=True
                )
            ]
            halves = [(total // 2, total - total // 2) for total in totals]
            yield (
                self._padded(case, halves, counted=True),
                "cells outside the input were counted as zeros; Keras leaves them out",
            )
            yield (
                self._padded(case, [pads[::-1] for pads in halves]),
                "the odd cell of padding was put at the start; it belongs at the end"
                if self.axes != 2
                else "the odd cell of padding was put at the top or left; "
                "it belongs at the bottom or right",
            )
            yield (
                self._padded(case, [(0, total) for total in totals]),
                f"all padding was put at the {'end' if self.axes != 2 else 'bottom and right'}; "
                "half of it, rounded down, goes before",
            )
        elif "Average" in self.layer.__name__:
            cells = math.prod(as_numbers(pool_size, self.axes))
            yield self.output(case) * cells, "this is the sum of each window, not its average"

    def _padded(self, case: Case, pads: list[tuple[int, int]], counted: bool = False) -> np.ndarray:
        """What the layer gives where the cells outside lie as `pads` says; zeros if `counted`."""

        def pooled(x: np.ndarray, outside: float) -> np.ndarray:
            padded = np.pad(x, [(0, 0), *pads, (0, 0)], constant_values=outside)
            return self.output(case.with_arrays(x=padded).with_arguments(padding="valid"))

        if counted:
            return pooled(case.x, 0.0)
        if "Max" in self.layer.__name__:
            return pooled(case.x, float(case.x.min()) - 1.0)
        # The average of what is inside: the share of the window that is inside divides out.
        return pooled(case.x, 0.0) / pooled(np.ones_like(case.x), 0.0)

    def smaller(self, case: Case) -> Iterator[Case]:
        return (smaller for smaller in steps(case) if possible(smaller))

    def simplest(self, case: Case) -> Case:
        return case.with_arrays(x=renumbered(case.x))


@functools.lru_cache(maxsize=256)
def _random_cases(
    seed: int,
    count: int,
    padding: str,
    strides: bool,
    rectangular: bool,
    channels: bool,
    values: str,
    windowed: bool,
    axes: int,
) -> tuple[Case, ...]:
    rng = np.random.default_rng(seed)
    longest, widest = (10, 5) if axes < 3 else (6, 4)
    cases = []
    for _ in range(count):
        drawn = rng.integers([1] * 3 * axes, [longest] * axes + [widest] * 2 * axes)
        sizes, windows, steps = (tuple(map(int, n)) for n in np.split(drawn, 3))
        if not rectangular:
            sizes, windows, steps = (n[:1] * axes for n in (sizes, windows, steps))
        if padding == "valid":
            sizes = tuple(map(max, sizes, windows))
        batch, depth = (int(n) for n in rng.integers(1, 4, size=2)) if channels else (1, 1)
        x = example(batch, *sizes, depth, values=values, seed=int(rng.integers(2**31)))
        arguments: dict[str, Any] = {}
        if windowed:
            arguments = {"pool_size": windows if rectangular else windows[0], "padding": padding}
            if strides:
                arguments["strides"] = steps if rectangular else steps[0]
        x.flags.writeable = False  # functions get copies
        cases.append(Case({"x": x}, arguments))
    return tuple(sorted(cases, key=lambda case: case.x.size))


def random_cases(
    seed: int,
    count: int,
    padding: str,
    strides: bool,
    rectangular: bool,
    channels: bool,
    values: str,
    windowed: bool,
    axes: int = 2,
) -> list[Case]:
    """`count` random cases, the smallest first: the first to fail is soon shrunk."""
    return list(
        _random_cases(seed, count, padding, strides, rectangular, channels, values, windowed, axes)
    )


@functools.lru_cache(maxsize=8192)  # to make a layer takes longer than to ask it
@functools.lru_cache(maxsize=10_000)
def output_size(layer: type, size: int, window: int, stride: int, padding: str) -> int:
    """What a Keras layer says of the length of one axis."""
    shape = layer(window, stride, padding).compute_output_shape((1, size, size, 1))
    return int(shape[1])
