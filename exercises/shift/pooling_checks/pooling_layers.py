"""The oracles that are pooling layers of Keras, and random cases for them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from .cases import Case, example, renumbered
from .messages import LARGEST_MAP, grid
from .oracle import Oracle, Results, Window


def as_pair(value: Any) -> tuple[int, int]:
    """One number or two, as two: (height, width)."""
    return (value, value) if isinstance(value, int) else (value[0], value[1])


def geometry(case: Case) -> list[tuple[int, int, int]]:
    """Per spatial axis: window, stride, and cells of padding before the input."""
    windows = as_pair(case.arguments["pool_size"])
    strides = as_pair(case.arguments.get("strides") or windows)
    geometry = []
    for size, window, stride in zip(case.x.shape[1:3], windows, strides, strict=True):
        before = 0
        if case.arguments.get("padding", "valid") == "same":
            # https://www.tensorflow.org/api_docs/python/tf/nn, "Notes on padding": the total is
            # split evenly, and an odd cell goes to the end.
            before = max((math.ceil(size / stride) - 1) * stride + window - size, 0) // 2
        geometry.append((window, stride, before))
    return geometry


def spans(case: Case, row: int, column: int) -> list[tuple[int, int, int]]:
    """Per spatial axis: first and last-plus-one cell of the window, and its cells of padding."""
    if "pool_size" not in case.arguments:
        return [(0, case.x.shape[1], 0), (0, case.x.shape[2], 0)]
    spans = []
    for size, index, (window, stride, before) in zip(
        case.x.shape[1:3], (row, column), geometry(case), strict=True
    ):
        first, last = index * stride - before, index * stride - before + window
        inside = max(first, 0), min(last, size)
        spans.append((*inside, window - (inside[1] - inside[0])))
    return spans


def describe_window(case: Case, index: tuple[int, ...]) -> str:
    """The input cells from which one output cell is made, and how many lie outside."""
    batch, channel = index[0], index[-1]
    row, column = index[1:3] if len(index) == 4 else (0, 0)
    rows, columns = spans(case, row, column)
    cells = case.x[batch, rows[0] : rows[1], columns[0] : columns[1], channel]
    place = f"x[{batch}, {rows[0]}:{rows[1]}, {columns[0]}:{columns[1]}, {channel}]"
    outside = [
        f"{count} {word}{'s' if count > 1 else ''}"
        for count, word in ((rows[2], "row"), (columns[2], "column"))
        if count
    ]
    note = f"; outside the input: {' and '.join(outside)}" if outside else ""
    if max(cells.shape) > LARGEST_MAP:
        return f"  window    {place}{note}"
    return "\n".join([f"  window    {place}{note}"] + [f"    {line}" for line in grid(cells)])


def steps(case: Case) -> Iterator[Case]:
    """Cases that are a step smaller: fewer examples, channels, rows; a smaller window or stride."""

    def changed(name: str, value: Any) -> Case:
        return case.with_arguments(**{name: value})

    x = case.x
    for axis in (0, 3, 1, 2):
        length = x.shape[axis]
        for shorter in dict.fromkeys((1, length // 2, length - 1)):
            if 0 < shorter < length:
                yield case.with_arrays(x=np.take(x, range(shorter), axis))
    if "strides" in case.arguments:
        yield case.without("strides")
    for name in ("pool_size", "strides"):
        value = case.arguments.get(name)
        if isinstance(value, int) and value > 1:
            yield changed(name, value - 1)
        elif isinstance(value, tuple):
            down, across = value
            if down > 1:
                yield changed(name, (down - 1, across))
            if across > 1:
                yield changed(name, (down, across - 1))
            if down == across:
                yield changed(name, down)


def possible(case: Case) -> bool:
    """Whether every window fits into the input."""
    if "pool_size" not in case.arguments or case.arguments.get("padding") == "same":
        return True
    windows = as_pair(case.arguments["pool_size"])
    return all(w <= n for w, n in zip(windows, case.x.shape[1:3], strict=True))


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

    def output(self, case: Case) -> np.ndarray:
        """What the layer makes of the case, computed in the input's own dtype.

        A layer casts its input to its own dtype, float32 unless told otherwise.
        """
        return np.asarray(self.layer(**case.arguments, dtype=str(case.x.dtype))(case.x))

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
        shape = as_pair(case.arguments["pool_size"]) if self.windowed else case.x.shape[1:3]
        terms = math.prod(shape)
        return float(np.finfo(case.x.dtype).eps * max(terms, 8) * np.abs(case.x).max(initial=1.0))

    def explain(self, case: Case, index: tuple[int, ...]) -> str:
        return describe_window(case, index)

    def window(self, case: Case, index: tuple[int, ...]) -> Window:
        rows, columns = spans(case, *index[1:3])
        return rows[:2], columns[:2]

    def another(self, case: Case) -> Case:
        batch, height, width, channels = case.x.shape
        larger = example(batch, 2 * height + 1, 2 * width + 1, channels, values="mixed", seed=1)
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
            "MaxPooling2D": ("AveragePooling2D", "the average of each window, not its maximum"),
            "AveragePooling2D": ("MaxPooling2D", "the maximum of each window, not its average"),
            "GlobalMaxPooling2D": ("GlobalAveragePooling2D", "the average of the map"),
            "GlobalAveragePooling2D": ("GlobalMaxPooling2D", "the maximum of the map"),
        }
        if self.layer.__name__ in others:
            other, words = others[self.layer.__name__]
            yield PoolingLayer(getattr(keras.layers, other)).output(case), f"this is {words}"
        if not self.windowed:
            keepdims = not case.arguments.get("keepdims", False)
            yield (
                self.output(case.with_arguments(keepdims=keepdims)),
                f"this is the answer to keepdims={keepdims}",
            )
            return

        def variant(sentence: str, **changes: Any) -> tuple[np.ndarray, str] | None:
            changed = case.with_arguments(**changes)
            windows = as_pair(changed.arguments["pool_size"])
            fits = all(w <= n for w, n in zip(windows, case.x.shape[1:3], strict=True))
            if changed.arguments.get("padding") != "same" and not fits:
                return None
            return self.output(changed), sentence

        pool_size = case.arguments["pool_size"]
        strides = case.arguments.get("strides")
        padding = case.arguments.get("padding", "valid")
        tried = [
            variant("the stride was taken to be the window (strides=None)", strides=None),
            variant("the stride was taken to be 1", strides=1),
            variant(
                "the numbers of pool_size were swapped: it is (height, width)",
                pool_size=as_pair(pool_size)[::-1],
            ),
            variant(
                "the numbers of strides were swapped: they are (down, across)",
                strides=as_pair(strides or pool_size)[::-1],
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
                for size, (window, stride, _) in zip(case.x.shape[1:3], geometry(case), strict=True)
            ]
            halves = [(total // 2, total - total // 2) for total in totals]
            yield (
                self._padded(case, halves, counted=True),
                "cells outside the input were counted as zeros; Keras leaves them out",
            )
            yield (
                self._padded(case, [pads[::-1] for pads in halves]),
                "the odd cell of padding was put at the top or left; "
                "it belongs at the bottom or right",
            )
            yield (
                self._padded(case, [(0, total) for total in totals]),
                "all padding was put at the bottom and right; "
                "half of it, rounded down, goes before",
            )
        elif "Average" in self.layer.__name__:
            cells = math.prod(as_pair(pool_size))
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


def random_cases(
    seed: int,
    count: int,
    padding: str,
    strides: bool,
    rectangular: bool,
    channels: bool,
    values: str,
    windowed: bool,
) -> list[Case]:
    """`count` random cases, the smallest first: the first to fail is soon shrunk."""
    rng = np.random.default_rng(seed)
    cases = []
    for _ in range(count):
        height, width, window_h, window_w, stride_h, stride_w = (
            int(n) for n in rng.integers([1] * 6, [10, 10, 5, 5, 5, 5])
        )
        if not rectangular:
            width, window_w, stride_w = height, window_h, stride_h
        if padding == "valid":
            height, width = max(height, window_h), max(width, window_w)
        batch, depth = (int(n) for n in rng.integers(1, 4, size=2)) if channels else (1, 1)
        shape = (batch, height, width, depth)
        x = example(*shape, values=values, seed=int(rng.integers(2**31)))
        arguments: dict[str, Any] = {}
        if windowed:
            arguments = {
                "pool_size": (window_h, window_w) if rectangular else window_h,
                "padding": padding,
            }
            if strides:
                arguments["strides"] = (stride_h, stride_w) if rectangular else stride_h
        cases.append(Case({"x": x}, arguments))
    return sorted(cases, key=lambda case: case.x.size)


def output_size(layer: type, size: int, window: int, stride: int, padding: str) -> int:
    """What a Keras layer says of the length of one axis."""
    shape = layer(window, stride, padding).compute_output_shape((1, size, size, 1))
    return int(shape[1])
