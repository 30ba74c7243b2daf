"""The oracles of the assignment `variants`, made of Keras layers, and random cases for them.

`max_pool1d` and `max_pool3d` are compared with `MaxPooling1D` and `MaxPooling3D`, which
``pooling_layers`` knows. Keras has no Lp pooling and no pyramid. Its adaptive layers exist in some
versions only, and one of them ends the process when it is asked for a single column. So here each
is put together from layers that every version has.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np

from .calling import Function, called
from .cases import Case, example, renumbered
from .comparing import compare_all
from .oracle import Oracle, Results, Window
from .pictures import photograph, show
from .pooling_layers import (
    PoolingLayer,
    as_numbers,
    describe_cells,
    describe_window,
    possible,
    spans,
    steps,
)

#: First and last-plus-one cell of a bin.
Bin = tuple[int, int]

#: In place of an answer that a mistake cannot give: it agrees with nothing.
IMPOSSIBLE = np.empty(0)


@functools.cache
def _layer(name: str, dtype: str) -> Any:
    """A layer of Keras without arguments, made once."""
    return getattr(keras.layers, name)(dtype=dtype)


def _draw(
    seed: int, rectangular: bool, channels: bool, values: str, shortest: int = 1
) -> tuple[np.random.Generator, np.ndarray]:
    """Random numbers, and a random input."""
    rng = np.random.default_rng(seed)
    lows = [shortest, shortest, 1, 1]
    height, width, batch, depth = (int(n) for n in rng.integers(lows, [10, 10, 4, 4]))
    if not rectangular:
        width = height
    if not channels:
        batch = depth = 1
    return rng, example(batch, height, width, depth, values=values, seed=seed)


def _twice_as_large(case: Case) -> Case:
    batch, height, width, channels = case.x.shape
    larger = example(batch, 2 * height + 1, 2 * width + 1, channels, values="mixed", seed=1)
    return case.with_arrays(x=larger.astype(case.x.dtype))


class VariantOracle(Oracle):
    """What the oracles of this assignment share.

    Attributes
    ----------
    drawn : callable
        ``drawn(seed, rectangular, channels, values, **choices)`` gives one random case; what the
        choices are is for each oracle to say.
    """

    drawn: Callable[..., Case]

    def simplest(self, case: Case) -> Case:
        return case.with_arrays(x=renumbered(case.x))

    def another(self, case: Case) -> Case:
        return _twice_as_large(case)


class LpPooling(VariantOracle):
    """Lp pooling from Keras' averages: the average of |x|^p, times the number of cells, rooted.

    Everything is divided by the largest number first, and computed in float64, so that no power is
    too large. Numbers of one input may lie a factor of 10^(300/p) apart.
    """

    name = "Lp pooling, made of keras.layers.AveragePooling2D"

    def _pooled(self, case: Case, layer: str, x: np.ndarray) -> np.ndarray:
        arguments = {key: value for key, value in case.arguments.items() if key != "p"}
        pooling = PoolingLayer(getattr(keras.layers, layer))
        return pooling.output(Case({"x": x.astype("float64")}, arguments))

    def _cells(self, case: Case) -> int:
        return math.prod(as_numbers(case.arguments["pool_size"], 2))

    def _norm(self, case: Case, cells: float) -> np.ndarray:
        """`cells` times the average of |x|^p in each window, to the power of 1/p; float64."""
        p, size = case.arguments["p"], abs(case.x.astype("float64"))
        if p == math.inf:
            return self._pooled(case, "MaxPooling2D", size)
        largest = size.max(initial=0.0) or 1.0
        powers = self._pooled(case, "AveragePooling2D", (size / largest) ** p)
        return largest * (cells * powers) ** (1 / p)

    def expected(self, case: Case) -> Results:
        return (self._norm(case, self._cells(case)).astype(case.x.dtype),)

    def tolerance(self, case: Case) -> float:
        """How far two right answers may lie apart.

        The maximum is one of the inputs, so it must be equal. Otherwise: a sum of n powers is off
        by less than n roundings, and the root makes that less. The root's exponent 1/p is itself
        rounded; that, or a way through logarithms, costs about ln(result) roundings more. A power
        is right to a few of its last digits. All of that is far below what a mistake makes.
        """
        if case.arguments["p"] == math.inf:
            return 0.0
        largest = float(self.right(case)[0].max(initial=0.0))
        roundings = 32 + self._cells(case) + 2 * abs(math.log(largest or 1.0))
        return float(np.finfo(case.x.dtype).eps) * roundings * largest

    def explain(self, case: Case, index: tuple[int, ...]) -> str:
        return describe_window(case, index)

    def window(self, case: Case, index: tuple[int, ...]) -> Window:
        rows, columns = spans(case, *index[1:3])
        return rows[:2], columns[:2]

    def smaller(self, case: Case) -> Iterator[Case]:
        return (smaller for smaller in steps(case) if possible(smaller))

    def variants(self, case: Case) -> Iterator[Case]:
        for p in (case.arguments["p"], 1, 2, math.inf):
            for strides in (None, 1):
                for dtype in ("float32", "float64"):
                    yield case.with_arguments(p=p, strides=strides).as_float(dtype)

    def mistakes(self, case: Case) -> Iterator[tuple[Results, str]]:
        p = case.arguments["p"]
        largest = self._pooled(case, "MaxPooling2D", abs(case.x))
        if p == math.inf:
            signed = self._pooled(case, "MaxPooling2D", case.x)
            yield (signed,), "this is the largest number, not the largest absolute value"
            yield (np.ones_like(signed),), "the formula as it stands gives inf^0 = 1 for p = inf"
            return
        right = self._norm(case, self._cells(case))
        yield (self._norm(case, 1),), "this is the mean of |x|^p, rooted; it must be the sum"
        signed = self._cells(case) * self._pooled(case, "AveragePooling2D", case.x)
        yield ((signed if p == 1 else IMPOSSIBLE),), "the absolute value is missing: |x|, not x"
        with np.errstate(over="ignore"):
            yield (right**p,), "the root is missing: the sum must be taken to the power of 1/p"
        yield (largest,), "this is the largest absolute value: the answer to p = inf"
        for other in (1, 2):
            if p != other:
                changed = case.with_arguments(p=other)
                yield (self._norm(changed, self._cells(case)),), f"this is the answer to p={other}"
        for sentence, changes in (
            ("the stride was taken to be the window (strides=None)", {"strides": None}),
            ("the stride was taken to be 1", {"strides": 1}),
            (
                "the numbers of pool_size were swapped: it is (height, width)",
                {"pool_size": as_numbers(case.arguments["pool_size"], 2)[::-1]},
            ),
        ):
            changed = case.with_arguments(**changes)
            yield (self.expected(changed)[0] if possible(changed) else IMPOSSIBLE,), sentence

    def drawn(
        self,
        seed: int,
        rectangular: bool,
        channels: bool,
        values: str,
        p: Sequence[float] = (2,),
        strides: bool = False,
    ) -> Case:
        # Two cells or more: a window that holds nothing but a zero is an aspect of its own.
        rng, x = _draw(seed, rectangular, channels, values, shortest=2)
        longest = [min(4, size) + 1 for size in x.shape[1:3]]
        window = tuple(int(n) for n in rng.integers(2, longest))
        step = tuple(int(n) for n in rng.integers(1, 5, size=2))
        arguments: dict[str, Any] = {"p": p[int(rng.integers(len(p)))]}
        arguments["pool_size"] = window if rectangular else window[0]
        if strides:
            arguments["strides"] = step if rectangular else step[0]
        return Case({"x": x}, arguments)


def right_bins(length: int, count: int) -> list[Bin]:
    """Adaptive pooling's bins, as the assignment defines them."""
    return [(i * length // count, -(-(i + 1) * length // count)) for i in range(count)]


def disjoint_bins(length: int, count: int) -> list[Bin]:
    """Both ends rounded down; a bin may be empty."""
    return [(i * length // count, (i + 1) * length // count) for i in range(count)]


def late_bins(length: int, count: int) -> list[Bin]:
    """Both ends rounded up; a bin may be empty."""
    return [(-(-i * length // count), -(-(i + 1) * length // count)) for i in range(count)]


def long_bins(length: int, count: int) -> list[Bin]:
    """All bins as long as what is left after count - 1 steps of floor(length / count)."""
    stride = length // count
    return [(i * stride, length - (count - 1 - i) * stride) for i in range(count)]


def paper_bins(length: int, count: int) -> list[Bin]:
    """Windows of ceil(length / count) cells every floor(length / count) cells, while they fit."""
    stride, window = max(length // count, 1), -(-length // count)
    return [(i, i + window) for i in range(0, length - window + 1, stride)]


#: Ways to divide an axis that are not adaptive pooling's, with a sentence about each.
WRONG_BINS: tuple[tuple[Callable[[int, int], list[Bin]], str], ...] = (
    (disjoint_bins, "the end of each bin was rounded down; it is rounded up, so bins may overlap"),
    (late_bins, "the start of each bin was rounded up; it is rounded down, so bins may overlap"),
    (long_bins, "all bins have one length, L - (n - 1)·floor(L/n); bins may differ in length"),
    (paper_bins, "these are windows of ceil(L/n) cells every floor(L/n); bins are not so regular"),
)


class AdaptivePooling(VariantOracle):
    """Adaptive pooling: a global layer of Keras on each bin.

    Parameters
    ----------
    kind : {"average", "max"}
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.layer = {"average": "GlobalAveragePooling2D", "max": "GlobalMaxPooling2D"}[kind]
        self.name = f"keras.layers.Adaptive{kind.capitalize()}Pooling2D"

    def _bins(self, case: Case) -> tuple[list[Bin], list[Bin]]:
        rows, columns = as_numbers(case.arguments["output_size"], 2)
        return right_bins(case.x.shape[1], rows), right_bins(case.x.shape[2], columns)

    def over(self, x: np.ndarray, rows: list[Bin], columns: list[Bin]) -> np.ndarray:
        """The layer on each box of rows and columns; nothing if a box is empty."""
        if not rows or not columns or any(low >= high for low, high in (*rows, *columns)):
            return IMPOSSIBLE
        layer = _layer(self.layer, str(x.dtype))
        # Bins of one shape go through the layer together, as examples.
        boxes = [x[:, up:down, left:right] for up, down in rows for left, right in columns]
        pooled = np.empty((len(boxes), x.shape[0], x.shape[3]), x.dtype)
        for shape in {box.shape for box in boxes}:
            alike = [number for number, box in enumerate(boxes) if box.shape == shape]
            together = np.asarray(layer(np.concatenate([boxes[number] for number in alike])))
            pooled[alike] = together.reshape(len(alike), *pooled.shape[1:])
        return np.moveaxis(pooled, 0, 1).reshape(len(x), len(rows), len(columns), x.shape[3])

    def expected(self, case: Case) -> Results:
        return (self.over(case.x, *self._bins(case)),)

    def tolerance(self, case: Case) -> float:
        """None for a maximum; for an average of n numbers, n roundings of the largest."""
        if self.kind == "max":
            return 0.0
        cells = max(math.prod(case.x.shape[1:3]), 8)
        return float(np.finfo(case.x.dtype).eps * cells * np.abs(case.x).max(initial=1.0))

    def window(self, case: Case, index: tuple[int, ...]) -> Window:
        rows, columns = self._bins(case)
        return rows[index[1]], columns[index[2]]

    def explain(self, case: Case, index: tuple[int, ...]) -> str:
        box = [(low, high, 0) for low, high in self.window(case, index)]
        return describe_cells(case.x, index[0], box, index[-1])

    def smaller(self, case: Case) -> Iterator[Case]:
        return steps(case)

    def variants(self, case: Case) -> Iterator[Case]:
        for output_size in (case.arguments["output_size"], 1, case.x.shape[1:3]):
            for dtype in ("float32", "float64"):
                yield case.with_arguments(output_size=output_size).as_float(dtype)

    def mistakes(self, case: Case) -> Iterator[tuple[Results, str]]:
        rows, columns = as_numbers(case.arguments["output_size"], 2)
        other = {"average": "max", "max": "average"}[self.kind]
        words = {"average": "the average", "max": "the maximum"}
        answer = AdaptivePooling(other).expected(case)
        yield answer, f"this is {words[other]} of each bin, not {words[self.kind]}"
        swapped = case.with_arguments(output_size=(columns, rows))
        yield self.expected(swapped), "the numbers of output_size were swapped: (height, width)"
        for bins, sentence in WRONG_BINS:
            wrong = bins(case.x.shape[1], rows), bins(case.x.shape[2], columns)
            yield (self.over(case.x, *wrong),), sentence

    def drawn(
        self,
        seed: int,
        rectangular: bool,
        channels: bool,
        values: str,
        divides: bool = False,
    ) -> Case:
        rng, x = _draw(seed, rectangular, channels, values)
        rows, columns = (int(n) for n in rng.integers(1, 8, size=2))
        if divides:
            rows, columns = math.gcd(rows, x.shape[1]), math.gcd(columns, x.shape[2])
        return Case({"x": x}, {"output_size": (rows, columns) if rectangular else rows})


class SpatialPyramid(VariantOracle):
    """A spatial pyramid: adaptive max pooling for each level, then Flatten and Concatenate."""

    name = "a pyramid of keras.layers.AdaptiveMaxPooling2D, Flatten and Concatenate"

    def _joined(
        self, case: Case, levels: Sequence[int], kind: str = "max", order: Sequence[int] = ()
    ) -> np.ndarray:
        dtype = str(case.x.dtype)
        flat = []
        for level in levels:
            grid = case.with_arguments(output_size=level).without("levels")
            pooled = AdaptivePooling(kind).expected(grid)[0]
            if order:
                pooled = np.asarray(keras.layers.Permute(order, dtype=dtype)(pooled))
            flat.append(_layer("Flatten", dtype)(pooled))
        return np.asarray(_layer("Concatenate", dtype)(flat) if len(flat) > 1 else flat[0])

    def expected(self, case: Case) -> Results:
        return (self._joined(case, case.arguments["levels"]),)

    def place(self, case: Case, number: int) -> tuple[int, int, int, int]:
        """Level, row, column and channel of one of the numbers that an example becomes."""
        channels = case.x.shape[3]
        for level in case.arguments["levels"]:
            if number < level * level * channels:
                row, rest = divmod(number, level * channels)
                return (level, row, *divmod(rest, channels))
            number -= level * level * channels
        raise ValueError(f"the row ends before {number}")

    def explain(self, case: Case, index: tuple[int, ...]) -> str:
        level, row, column, channel = self.place(case, index[1])
        box = [
            (*right_bins(size, level)[place], 0)
            for size, place in zip(case.x.shape[1:3], (row, column), strict=True)
        ]
        return (
            f"  that is   level {level}, row {row}, column {column}, channel {channel}\n"
            + describe_cells(case.x, index[0], box, channel)
        )

    def smaller(self, case: Case) -> Iterator[Case]:
        yield from steps(case)
        levels = case.arguments["levels"]
        for number in range(len(levels)):
            if len(levels) > 1:
                yield case.with_arguments(levels=levels[:number] + levels[number + 1 :])
            if levels[number] > 1:
                lower = (*levels[:number], levels[number] - 1, *levels[number + 1 :])
                yield case.with_arguments(levels=type(levels)(lower))

    def variants(self, case: Case) -> Iterator[Case]:
        for levels in (case.arguments["levels"], (1,), (1, 2)):
            for dtype in ("float32", "float64"):
                yield case.with_arguments(levels=levels).as_float(dtype)

    def mistakes(self, case: Case) -> Iterator[tuple[Results, str]]:
        levels = case.arguments["levels"]
        average = self._joined(case, levels, "average")
        yield (average,), "this is the average of each bin, not the maximum"
        by_channel = self._joined(case, levels, order=(3, 1, 2))
        yield (by_channel,), "each level is in (channel, row, column) order"
        by_column = self._joined(case, levels, order=(2, 1, 3))
        yield (by_column,), "each level is in (column, row, channel) order"
        for words, other in (
            ("sorted", sorted(levels)),
            ("sorted, the largest first", sorted(levels, reverse=True)),
            ("reversed", levels[::-1]),
        ):
            answer = self._joined(case, other) if list(other) != list(levels) else IMPOSSIBLE
            yield (answer,), f"the levels were {words}; they belong in the order given"
        yield (self._channel_by_channel(case),), "all levels of a channel stand together"
        once = self._joined(case, list(dict.fromkeys(levels)))
        yield (once,), "a level that is given twice was used once"

    def _channel_by_channel(self, case: Case) -> np.ndarray:
        dtype = str(case.x.dtype)
        channels = range(case.x.shape[3])
        alone = [case.with_arrays(x=case.x[..., channel : channel + 1]) for channel in channels]
        parts = [self._joined(one, one.arguments["levels"]) for one in alone]
        return np.asarray(_layer("Concatenate", dtype)(parts) if len(parts) > 1 else parts[0])

    def drawn(
        self,
        seed: int,
        rectangular: bool,
        channels: bool,
        values: str,
        single: bool = False,
    ) -> Case:
        rng, x = _draw(seed, rectangular, channels, values)
        count = 1 if single else int(rng.integers(2, 4))
        levels = [int(n) for n in rng.integers(1, 5, size=count)]
        return Case({"x": x}, {"levels": levels})


def check_random_variants(
    function: Function,
    oracle: VariantOracle,
    *,
    seed: int,
    cases: int = 12,
    rectangular: bool = False,
    channels: bool = False,
    values: str = "positive",
    **choices: Any,
) -> None:
    """Compare the function with an oracle of this assignment on random cases.

    A case that fails is shrunk: its arrays and arguments are made smaller for as long as it fails.

    Parameters
    ----------
    function : callable
        Called as ``function(x, **arguments)``.
    oracle : VariantOracle
    seed : int
        Fixes the cases.
    cases : int
        How many.
    rectangular : bool
        Whether height and width, and the two numbers of an argument, may differ.
    channels : bool
        Whether there may be several examples and channels; without, there is one of each.
    values : {"positive", "mixed", "negative"}
        Sign of the inputs.
    **choices
        What else the oracle's `drawn` takes.

    Raises
    ------
    CheckFailed
        For the smallest case found that differs.
    """
    drawn = [
        oracle.drawn(seed + number, rectangular, channels, values, **choices)
        for number in range(cases)
    ]
    compare_all(function, oracle, sorted(drawn, key=lambda case: case.x.size))


class _Seen(Oracle):
    """A function of a series or of a volume, seen as one of a map, so that it can be drawn."""

    def __init__(self, layer: type, there: Callable[..., Any], back: Callable[..., Any]) -> None:
        self.oracle = PoolingLayer(layer)
        self.name, self.there, self.back = self.oracle.name, there, back

    def expected(self, case: Case) -> Results:
        return (self.back(self.oracle.output(case.with_arrays(x=self.there(case.x)))),)

    def variants(self, case: Case) -> Iterator[Case]:
        yield case

    def show(self, function: Function, x: np.ndarray, **arguments: Any) -> None:
        def seen(x: np.ndarray, **arguments: Any) -> Any:
            received = function(self.there(x), **arguments)
            right_rank = isinstance(received, np.ndarray) and received.ndim == self.oracle.axes + 2
            return self.back(received) if right_rank else received

        seen.__name__ = called(function)
        show(seen, self, x, **arguments)


def show_rows(function: Function, **arguments: Any) -> None:
    """Show what `max_pool1d` makes of a photograph whose rows are series.

    Parameters
    ----------
    function : callable
        Called as ``function(rows, **arguments)`` with rows of shape (96, 96, 1).
    **arguments
        For ``keras.layers.MaxPooling1D``.
    """
    seen = _Seen(keras.layers.MaxPooling1D, lambda x: x[0], lambda x: x[np.newaxis])
    seen.show(function, photograph(), **arguments)


def show_volume(function: Function, **arguments: Any) -> None:
    """Show the first plane of what `max_pool3d` makes of four turned photographs in a stack.

    Parameters
    ----------
    function : callable
        Called as ``function(volume, **arguments)``, the volume of shape (1, 4, 96, 96, 1).
    **arguments
        For ``keras.layers.MaxPooling3D``.
    """
    seen = _Seen(
        keras.layers.MaxPooling3D,
        lambda x: np.moveaxis(x, 3, 1)[..., np.newaxis],
        lambda x: np.moveaxis(x[..., 0], 1, 3),
    )
    seen.show(function, photograph(channels=4), **arguments)
