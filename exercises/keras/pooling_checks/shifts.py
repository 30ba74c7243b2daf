"""The oracles of blur pooling and of the consistency under shifts, and random cases for them."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from .calling import Function
from .cases import Case, example, renumbered
from .comparing import compare_all
from .messages import LARGEST_MAP, grid
from .oracle import Oracle, Results, Window
from .pooling_layers import as_pair, geometry, spans, steps

#: The weights of the blur, times 16.
KERNEL = np.outer((1.0, 2.0, 1.0), (1.0, 2.0, 1.0))

Pads = list[tuple[int, int]]


@functools.lru_cache(maxsize=256)
def _layer(channels: int, strides: int, padding: str, dtype: str) -> Any:
    """A layer, without weights of its own. Making one takes several times as long as a call."""
    layer = keras.layers.DepthwiseConv2D(3, strides, padding, use_bias=False, dtype=dtype)
    layer.build((None, None, None, channels))
    return layer


def _depthwise(x: np.ndarray, weights: np.ndarray, strides: int, padding: str) -> np.ndarray:
    """What the Keras layer makes of `x`, with the same fixed weights for every channel."""
    layer = _layer(x.shape[3], strides, padding, str(x.dtype))
    layer.set_weights([np.broadcast_to(weights[:, :, None, None], (3, 3, x.shape[3], 1))])
    return np.asarray(layer(x))


def _every(x: np.ndarray, strides: tuple[int, int]) -> np.ndarray:
    """Every so many rows and columns, from the first on: a pooling layer with a window of one."""
    return np.asarray(keras.layers.MaxPooling2D(1, strides, dtype=str(x.dtype))(x))


def _max(x: np.ndarray, **arguments: Any) -> np.ndarray:
    return np.asarray(keras.layers.MaxPooling2D(**arguments, dtype=str(x.dtype))(x))


def _as_blur(case: Case) -> Case:
    """The case as one of a layer that lays a 3 × 3 window on `x` and pads."""
    return case.with_arguments(pool_size=3, padding="same")


def _padding(case: Case) -> Pads:
    """Rows before and after, and columns before and after, that `same` adds for the blur."""
    pads = []
    for size, (window, stride, before) in zip(
        case.x.shape[1:3], geometry(_as_blur(case)), strict=True
    ):
        last = (-(-size // stride) - 1) * stride + window
        pads.append((before, max(last - size - before, 0)))
    return pads


class BlurPooling(Oracle):
    """``DepthwiseConv2D(3, strides, padding="same")`` with the weights [1, 2, 1]ᵀ[1, 2, 1] / 16."""

    name = "keras.layers.DepthwiseConv2D with the weights of the blur"

    def dense(self, case: Case) -> Case:
        """What is blurred: here the input itself."""
        return case

    def blurred(
        self,
        case: Case,
        weights: np.ndarray = KERNEL / 16,
        pads: Pads | None = None,
        mode: str = "constant",
    ) -> np.ndarray:
        """`case.x` blurred, with other weights or another border if they are given."""
        down, across = as_pair(case.arguments["strides"])
        if down == across and pads is None and mode == "constant":
            return _depthwise(case.x, weights, down, "same")
        # TensorFlow has no depthwise convolution with two different strides on a CPU. So the layer
        # runs with stride 1 on an input that is padded as "same" would, and a window of one cell
        # then takes every so many rows and columns.
        padded = keras.ops.pad(case.x, [(0, 0), *(pads or _padding(case)), (0, 0)], mode)
        return _every(_depthwise(np.asarray(padded), weights, 1, "valid"), (down, across))

    def expected(self, case: Case) -> Results:
        return (self.blurred(self.dense(case)),)

    def tolerance(self, case: Case) -> float:
        """How far two right answers may lie apart.

        The weights are powers of two, so the nine products are exact, and only their sum is
        rounded: at most eight times, by half a last digit each (Higham, Accuracy and Stability of
        Numerical Algorithms, 2nd ed., section 4.2). Four times that leaves room for sums that are
        taken another way, over rows first or by a Fourier transform.
        """
        return float(16 * np.finfo(case.x.dtype).eps * np.abs(case.x).max(initial=1.0))

    def explain(self, case: Case, index: tuple[int, ...]) -> str:
        return self._nine_cells(case, index, "window    x")

    def _nine_cells(self, case: Case, index: tuple[int, ...], name: str) -> str:
        """The cells that the kernel covers, beside their weights."""
        batch, row, column, channel = index
        case = _as_blur(case)
        rows, columns = spans(case, row, column)
        (_, down, top), (_, across, left) = geometry(case)
        cells = case.x[batch, rows[0] : rows[1], columns[0] : columns[1], channel]
        first, start = rows[0] - (row * down - top), columns[0] - (column * across - left)
        weights = KERNEL[first : first + cells.shape[0], start : start + cells.shape[1]]
        outside = [
            f"{count} {word}{'s' if count > 1 else ''}"
            for count, word in ((rows[2], "row"), (columns[2], "column"))
            if count
        ]
        note = f"; outside, and zero: {' and '.join(outside)}" if outside else ""
        lines = [
            f"  {name}[{batch}, {rows[0]}:{rows[1]}, {columns[0]}:{columns[1]}, {channel}]{note}"
        ]
        lines += [
            f"    {values}   times  {factors} / 16"
            for values, factors in zip(grid(cells), grid(weights), strict=True)
        ]
        return "\n".join(lines)

    def window(self, case: Case, index: tuple[int, ...]) -> Window:
        rows, columns = spans(_as_blur(case), *index[1:3])
        return rows[:2], columns[:2]

    def another(self, case: Case) -> Case:
        # Twelve is a multiple of strides up to 4, so that the windows start where they did.
        batch, height, width, channels = case.x.shape
        larger = example(batch, height + 12, width + 12, channels, values="mixed", seed=1)
        return case.with_arrays(x=larger.astype(case.x.dtype))

    def variants(self, case: Case) -> Iterator[Case]:
        for strides in (1, 2, (1, 2)):
            for dtype in ("float32", "float64"):
                yield case.with_arguments(strides=strides).as_float(dtype)

    def smaller(self, case: Case) -> Iterator[Case]:
        return (smaller for smaller in steps(case) if "strides" in smaller.arguments)

    def simplest(self, case: Case) -> Case:
        return case.with_arrays(x=renumbered(case.x))

    def mistakes(self, case: Case) -> Iterator[tuple[Results, str]]:
        for output, sentence in self._mistaken(case):
            yield (output,), sentence

    def _mistaken(self, case: Case) -> Iterator[tuple[np.ndarray, str]]:
        """Every alternative is computed with Keras layers."""
        dense = self.dense(case)
        strides = as_pair(case.arguments["strides"])
        right = self.blurred(dense)
        ones = dense.with_arrays(x=np.ones_like(case.x))
        pads = _padding(case)
        yield right * 16, "the weights add up to 16: the sum has to be divided by 16"
        yield _every(dense.x, strides), "this is every so many cells without a blur"
        yield (
            right / self.blurred(ones),
            "the weights that lie inside were made to add up to 1; here a cell outside the input "
            "counts as zero, with its weight",
        )
        for mode, words in (("reflect", "the input's reflection"), ("symmetric", "its edge")):
            if mode == "symmetric" or min(case.x.shape[1:3]) > 1:
                yield (
                    self.blurred(dense, pads=pads, mode=mode),
                    f"the border was filled with {words}; here cells outside are zeros",
                )
            else:
                yield right, ""
        yield (
            _every(_depthwise(dense.x, KERNEL / 16, 1, "same"), strides),
            "the first window was centred on the first cell, as with stride 1; with this size and "
            "stride `same` starts elsewhere",
        )
        yield self.blurred(dense, np.full((3, 3), 1 / 9)), "all nine weights were taken to be 1/9"
        yield (
            self.blurred(dense.with_arguments(strides=strides[::-1])),
            "the numbers of strides were swapped: they are (down, across)",
        )
        yield (
            self.blurred(dense.with_arguments(strides=1)),
            "the stride was taken to be 1",
        )


class MaxBlurPooling(BlurPooling):
    """``MaxPooling2D(pool_size, strides=1, padding="same")``, its output blurred and strided."""

    name = "keras.layers.MaxPooling2D(strides=1) and DepthwiseConv2D"

    def dense(self, case: Case) -> Case:
        """The map of the maxima at every cell, still to be blurred."""
        pool_size = case.arguments["pool_size"]
        return case.with_arrays(x=_max(case.x, pool_size=pool_size, strides=1, padding="same"))

    def explain(self, case: Case, index: tuple[int, ...]) -> str:
        """The part of the input, and the nine maxima that are blurred."""
        batch, channel = index[0], index[-1]
        rows, columns = self.window(case, index)
        cells = case.x[batch, slice(*rows), slice(*columns), channel]
        lines = [
            f"  window    x[{batch}, {rows[0]}:{rows[1]}, {columns[0]}:{columns[1]}, {channel}]"
        ]
        if max(cells.shape) <= LARGEST_MAP:
            lines += [f"    {line}" for line in grid(cells)]
        lines.append("  the maxima at every cell, of which the blur covers")
        return "\n".join([*lines, self._nine_cells(self.dense(case), index, "          maxima")])

    def window(self, case: Case, index: tuple[int, ...]) -> Window:
        """The cells of `x` under all the windows whose maxima are blurred."""
        found = []
        for size, window, (first, last) in zip(
            case.x.shape[1:3],
            as_pair(case.arguments["pool_size"]),
            super().window(case, index),
            strict=True,
        ):
            before = (window - 1) // 2
            found.append((max(first - before, 0), min(last - 1 - before + window, size)))
        return found[0], found[1]

    def variants(self, case: Case) -> Iterator[Case]:
        for varied in super().variants(case):
            for pool_size in (2, 3):
                yield varied.with_arguments(pool_size=pool_size)

    def _mistaken(self, case: Case) -> Iterator[tuple[np.ndarray, str]]:
        strides = as_pair(case.arguments["strides"])
        pool_size = as_pair(case.arguments["pool_size"])
        one = case.with_arguments(strides=1)

        def blurred(x: np.ndarray, stride: Any = strides) -> np.ndarray:
            return self.blurred(case.with_arrays(x=x).with_arguments(strides=stride))

        yield (
            _max(self.blurred(one), pool_size=pool_size, strides=strides, padding="same"),
            "the blur came before the maximum; it belongs behind it, where cells are dropped",
        )
        yield (
            blurred(_max(self.blurred(one), pool_size=pool_size, strides=1, padding="same")),
            "the input was blurred as well",
        )
        strided = _max(case.x, pool_size=pool_size, strides=strides, padding="same")
        yield (
            blurred(strided, 1),
            "the maximum took the stride; it has stride 1, and the stride belongs to the blur",
        )
        yield blurred(strided), "both the maximum and the blur took the stride"
        yield strided, "this is max pooling without a blur"
        yield self.blurred(case), "this is the blur alone, without the maximum"
        average = keras.layers.AveragePooling2D(pool_size, 1, "same", dtype=str(case.x.dtype))
        yield blurred(np.asarray(average(case.x))), "an average was taken in place of the maximum"
        windows = [(n - 1) // 2 for n in pool_size]
        pads = [(before, n - 1 - before) for n, before in zip(pool_size, windows, strict=True)]
        for sides, outside, words in (
            (
                pads,
                0.0,
                "cells outside were zeros to the maximum, too; the maximum leaves them out",
            ),
            (
                [pair[::-1] for pair in pads],
                float(case.x.min()) - 1.0,
                "the odd cell of the maximum's padding was put at the top or left; it belongs at "
                "the bottom or right",
            ),
        ):
            padded = np.pad(case.x, [(0, 0), *sides, (0, 0)], constant_values=outside)
            yield blurred(_max(padded, pool_size=pool_size, strides=1)), words
        yield (
            blurred(_max(case.x, pool_size=pool_size[::-1], strides=1, padding="same")),
            "the numbers of pool_size were swapped: it is (height, width)",
        )
        yield from super()._mistaken(case)


class ShiftConsistency(Oracle):
    """Agreement of labels, from ``Dot`` of one-hot codes: a table of all pairs for each example."""

    name = "the pairs that keras.layers.Dot of one-hot codes counts"
    inputs = ("outputs",)
    number = True

    def agreement(self, labels: np.ndarray) -> np.ndarray:
        """For each example, whether shift and shift agree: (examples, shifts, shifts), 0 or 1."""
        known, codes = np.unique(labels, return_inverse=True)
        hot = keras.ops.one_hot(codes.reshape(labels.shape).T, len(known), dtype="float64")
        return np.asarray(keras.layers.Dot(axes=2, dtype="float64")([hot, hot]))

    def fraction(self, labels: np.ndarray) -> float:
        """Share of agreement outside the tables' diagonals, where a shift meets itself."""
        tables = self.agreement(labels)
        shifts = tables.shape[1]
        return float((tables.mean() * shifts - 1) / (shifts - 1))

    def expected(self, case: Case) -> Results:
        return (np.asarray(self.fraction(case.x)),)

    def tolerance(self, case: Case) -> float:
        """Fractions of the cases differ by one pair at least, far more than this; float32 rounds
        by far less."""
        return 1e-6

    def explain(self, case: Case, index: tuple[int, ...]) -> str:
        """The labels, and the pairs that agree for each example."""
        shifts, examples = case.x.shape
        if examples > 2 * LARGEST_MAP or shifts > LARGEST_MAP:
            return ""
        agree = (self.agreement(case.x).sum(axis=(1, 2)) - shifts) / 2
        lines = ["  outputs   a row for each shift, a column for each example"]
        lines += [f"    {line}" for line in grid(case.x)]
        counts = " ".join(f"{count:.0f}" for count in agree)
        pairs = shifts * (shifts - 1) // 2
        lines.append(f"  pairs that agree, example by example: {counts}; of {pairs} for each")
        return "\n".join(lines)

    def another(self, case: Case) -> Case:
        shifts, examples = case.x.shape
        labels = np.random.default_rng(1).integers(0, 3, (shifts + 2, examples + 5))
        return case.with_arrays(outputs=labels)

    def variants(self, case: Case) -> Iterator[Case]:
        yield case
        yield case.with_arrays(outputs=case.x[:2])

    def smaller(self, case: Case) -> Iterator[Case]:
        for axis, least in ((1, 1), (0, 2)):
            length = case.x.shape[axis]
            for shorter in dict.fromkeys((least, length // 2, length - 1)):
                if least <= shorter < length:
                    yield case.with_arrays(outputs=np.take(case.x, range(shorter), axis))

    def simplest(self, case: Case) -> Case:
        codes = np.unique(case.x, return_inverse=True)[1]
        return case.with_arrays(outputs=codes.reshape(case.x.shape))

    def mistakes(self, case: Case) -> Iterator[tuple[Results, str]]:
        right, tables = self.fraction(case.x), self.agreement(case.x)
        shifts = tables.shape[1]
        transposed = self.fraction(case.x.T) if case.x.shape[1] > 1 else right
        for value, sentence in (
            (tables.mean(), "pairs of a shift with itself were counted; they always agree"),
            (tables[:, 0, 1:].mean(), "only pairs with the first shift were counted"),
            (
                np.mean([tables[:, n, n + 1].mean() for n in range(shifts - 1)]),
                "only pairs of neighbouring shifts were counted",
            ),
            (
                tables.min(axis=(1, 2)).mean(),
                "this is the share of examples for which all shifts agree",
            ),
            (100 * right, "this is a percentage; a fraction is asked for"),
            (1 - right, "this is the share of pairs that differ"),
            (transposed, "pairs of examples were compared; outputs is (shifts, examples)"),
            (2 * right, "each pair was counted twice, but only once in the number of pairs"),
            (right / 2, "each pair was counted once, but twice in the number of pairs"),
            (
                tables.mean(axis=2).max(axis=1).mean(),
                "this is the share of shifts that give the commonest label",
            ),
        ):
            yield (np.asarray(value),), sentence


def random_blur_cases(
    seed: int,
    count: int,
    *,
    window: bool,
    strides: bool,
    rectangular: bool,
    channels: bool,
    values: str,
) -> list[Case]:
    """`count` random cases, the smallest first: the first to fail is soon shrunk."""
    rng = np.random.default_rng(seed)
    cases = []
    for _ in range(count):
        height, width, window_h, window_w, stride_h, stride_w = (
            int(n) for n in rng.integers([1] * 6, [9, 9, 5, 5, 5, 5])
        )
        if not rectangular:
            width, window_w, stride_w = height, window_h, stride_h
        batch, depth = (int(n) for n in rng.integers(1, 4, size=2)) if channels else (1, 1)
        x = example(batch, height, width, depth, values=values, seed=int(rng.integers(2**31)))
        arguments: dict[str, Any] = {}
        if window:
            arguments["pool_size"] = (window_h, window_w) if rectangular else window_h
        arguments["strides"] = (stride_h, stride_w) if rectangular else stride_h
        if not strides:
            arguments["strides"] = 1
        cases.append(Case({"x": x}, arguments))
    return sorted(cases, key=lambda case: case.x.size)


def check_random_blurs(
    function: Function,
    oracle: BlurPooling,
    *,
    seed: int,
    cases: int = 12,
    strides: bool = True,
    rectangular: bool = False,
    channels: bool = False,
    values: str = "positive",
) -> None:
    """Compare the function with blur pooling, or max-blur pooling, on random cases.

    A case that fails is shrunk: its arrays and arguments are made smaller for as long as it fails.

    Parameters
    ----------
    function : callable
        Called as ``function(x, **arguments)``.
    oracle : BlurPooling
        With a window of its own, ``pool_size``, if it is a `MaxBlurPooling`.
    seed : int
        Fixes the cases.
    cases : int
        How many.
    strides : bool
        Whether the strides vary; without, they are 1.
    rectangular : bool
        Whether height and width, and the two numbers of window and stride, may differ.
    channels : bool
        Whether there may be several examples and channels; without, there is one of each.
    values : {"positive", "mixed", "negative"}
        Sign of the inputs.

    Raises
    ------
    CheckFailed
        For the smallest case found that differs.
    """
    drawn = random_blur_cases(
        seed,
        cases,
        window=isinstance(oracle, MaxBlurPooling),
        strides=strides,
        rectangular=rectangular,
        channels=channels,
        values=values,
    )
    compare_all(function, oracle, drawn)


def random_labels(seed: int, count: int, shifts: int | None = None) -> list[Case]:
    """`count` random tables of labels, the smallest first; of so many shifts, or of 3 to 6."""
    rng = np.random.default_rng(seed)
    cases = []
    for _ in range(count):
        rows = shifts or int(rng.integers(3, 7))
        columns, labels = int(rng.integers(1, 9)), int(rng.integers(2, 5))
        cases.append(Case({"outputs": rng.integers(0, labels, (rows, columns))}, {}))
    return sorted(cases, key=lambda case: case.x.size)


def check_random_labels(
    function: Function, *, seed: int, cases: int = 12, shifts: int | None = None
) -> None:
    """Compare ``shift_consistency`` with `ShiftConsistency` on random labels.

    A case that fails is shrunk.

    Parameters
    ----------
    function : callable
        Called as ``function(outputs)``.
    seed : int
        Fixes the cases.
    cases : int
        How many.
    shifts : int, optional
        Rows of every case; without, there are 3 to 6.

    Raises
    ------
    CheckFailed
        For the smallest case found that differs.
    """
    compare_all(function, ShiftConsistency(), random_labels(seed, cases, shifts))
