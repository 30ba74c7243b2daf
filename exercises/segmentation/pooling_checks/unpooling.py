"""The oracles of pooling with indices, unpooling, upsampling and masks, and random cases for them.

They are computed with TensorFlow's and Keras' own operations.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from .calling import Function
from .cases import Case, example, renumbered
from .comparing import compare_all
from .messages import LARGEST_MAP, grid, number, place
from .oracle import Oracle, Results, Window
from .pooling_layers import (
    as_pair,
    describe_window,
    geometry,
    possible,
    random_cases,
    spans,
    steps,
)


def few_numbers(shape: tuple[int, ...], seed: int, dtype: Any = "float32") -> np.ndarray:
    """An array of 0, 1 and 2 only, so that most windows have several maxima."""
    return np.random.default_rng(seed).integers(0, 3, size=shape).astype(dtype)


def pooled_with_argmax(x: np.ndarray, **arguments: Any) -> Results:
    """Max pooling with indices, by TensorFlow.

    Parameters
    ----------
    x : numpy.ndarray
        Shape (batch, height, width, channels), float32 or float64.
    **arguments
        ``pool_size``, ``strides`` and ``padding``, as for ``MaxPooling2D``.

    Returns
    -------
    values : numpy.ndarray
        Shape (batch, new height, new width, channels), dtype of `x`.
    argmax : numpy.ndarray
        Same shape, int64.
    """
    values, argmax = _by_tensorflow(x, arguments)
    return values, argmax


def _by_tensorflow(x: np.ndarray, arguments: dict[str, Any], batch: bool = False) -> Results:
    window = as_pair(arguments["pool_size"])
    stride = as_pair(arguments.get("strides") or window)
    values, argmax = tf.nn.max_pool_with_argmax(
        x,
        window,
        stride,
        arguments.get("padding", "valid").upper(),
        output_dtype=tf.int64,
        include_batch_in_index=batch,
    )
    return np.asarray(values), np.asarray(argmax)


def _cell(argmax: Any, shape: tuple[int, ...]) -> tuple[Any, Any, Any]:
    """Row, column and channel that an index of a map (height, width, channels) stands for."""
    found = tf.unravel_index(tf.reshape(argmax, [-1]), tf.constant(shape, "int64")).numpy()
    return tuple(part.reshape(np.shape(argmax)) for part in found)


def _index(row: Any, column: Any, channel: Any, shape: tuple[int, ...]) -> np.ndarray:
    """The index of a cell of a map (height, width, channels)."""
    return np.asarray((row * shape[1] + column) * shape[2] + channel, "int64")


class MaxPoolingWithArgmax(Oracle):
    """``tf.nn.max_pool_with_argmax``: the maxima, and where in the input each of them stood.

    An index is ``(row * width + column) * channels + channel``, int64, without the batch. Of
    several maxima it takes the first, row by row.
    """

    name = "tf.nn.max_pool_with_argmax"
    results = ("values", "argmax")

    def expected(self, case: Case) -> Results:
        # Nothing is rounded: values are cells of the input, indices are whole numbers.
        return _by_tensorflow(case.x, case.arguments)

    def explain(self, case: Case, index: tuple[int, ...]) -> str:
        argmax = self.right(case)[1][index]
        row, column, channel = (int(n) for n in _cell(argmax, case.x.shape[1:]))
        return (
            f"{describe_window(case, index)}\n"
            f"  index     {argmax} stands for row {row}, column {column}, channel {channel} of the "
            "input: there is its first maximum"
        )

    def window(self, case: Case, index: tuple[int, ...]) -> Window:
        rows, columns = spans(case, *index[1:3])
        return rows[:2], columns[:2]

    def variants(self, case: Case) -> Iterator[Case]:
        for padding, strides in itertools.product(("valid", "same"), (None, 1)):
            for dtype in ("float32", "float64"):
                yield case.with_arguments(padding=padding, strides=strides).as_float(dtype)

    def another(self, case: Case) -> Case:
        batch, height, width, channels = case.x.shape
        shape = (batch, 2 * height + 1, 2 * width + 1, channels)
        if len(np.unique(case.x)) < case.x.size:
            return case.with_arrays(x=few_numbers(shape, 1, case.x.dtype))
        return case.with_arrays(x=example(*shape, values="mixed", seed=1).astype(case.x.dtype))

    def mistakes(self, case: Case) -> Iterator[tuple[Results, str]]:
        """Every alternative is TensorFlow's own answer, or its indices written in another way."""
        shape = case.x.shape[1:]
        values, argmax = self.right(case)
        row, column, channel = _cell(argmax, shape)
        yield (
            _by_tensorflow(case.x, case.arguments, batch=True),
            "the example was counted in the index; each example's indices start at 0",
        )
        yield (
            (values, row * shape[1] + column),
            "the index leaves out the channels: it is (row * width + column) * channels + channel",
        )
        yield (
            (values, _index(column, row, channel, (shape[1], shape[0], shape[2]))),
            "rows and columns were swapped in the index: it counts row by row",
        )
        yield (
            (values, (channel * shape[0] + row) * shape[1] + column),
            "the index counts channel by channel; the channel is what changes fastest",
        )
        first_row, first_column = self._starts(case, values.shape)
        window = as_pair(case.arguments["pool_size"])
        yield (
            (values, (row - first_row) * window[1] + column - first_column),
            "the index counts the cells of the window; it must count those of the whole input",
        )
        yield self._last(case), "of several maxima the last was taken; it must be the first"
        if case.arguments.get("padding") == "same":
            yield (
                self._padded(case)[:2],
                "the index counts the cells of padding too; it must count those of the input",
            )

    def _starts(self, case: Case, shape: tuple[int, ...]) -> list[np.ndarray]:
        """Row and column at which each window starts; negative where it reaches outside."""
        places = []
        for axis, (_, stride, before) in enumerate(geometry(case), start=1):
            starts = np.arange(shape[axis]) * stride - before
            places.append(starts.reshape([-1 if n == axis else 1 for n in range(4)]))
        return places

    def _padded(self, case: Case) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The answer for the input with its padding in it, and that input."""
        pads = [(0, 0)]
        for n, count, (window, stride, before) in zip(
            case.x.shape[1:3], self.right(case)[0].shape[1:3], geometry(case), strict=True
        ):
            pads.append((before, max((count - 1) * stride + window - before - n, 0)))
        x = np.pad(case.x, [*pads, (0, 0)], constant_values=float(case.x.min()) - 1)
        values, argmax = _by_tensorflow(x, case.arguments | {"padding": "valid"})
        return values, argmax, x

    def _last(self, case: Case) -> Results:
        """The answer with the last maximum of each window: that of the input turned round."""
        x = self._padded(case)[2]
        shape = self.right(case)[0].shape
        used = [
            (count - 1) * stride + window
            for count, (window, stride, _) in zip(shape[1:3], geometry(case), strict=True)
        ]
        turned = x[:, : used[0], : used[1]][:, ::-1, ::-1]
        values, argmax = _by_tensorflow(turned, case.arguments | {"padding": "valid"})
        row, column, channel = _cell(argmax[:, ::-1, ::-1], turned.shape[1:])
        (_, _, above), (_, _, left) = geometry(case)
        back = _index(
            used[0] - 1 - row - above, used[1] - 1 - column - left, channel, case.x.shape[1:]
        )
        return values[:, ::-1, ::-1], back

    def smaller(self, case: Case) -> Iterator[Case]:
        return (smaller for smaller in steps(case) if possible(smaller))

    def simplest(self, case: Case) -> Case:
        return case.with_arrays(x=renumbered(case.x))

    def random_cases(
        self,
        seed: int,
        count: int,
        padding: str = "valid",
        strides: bool = False,
        rectangular: bool = False,
        channels: bool = False,
        values: str = "positive",
    ) -> list[Case]:
        """Random cases, the smallest first; with ``values="few"``, most windows have ties."""
        sign = "positive" if values == "few" else values
        drawn = random_cases(seed, count, padding, strides, rectangular, channels, sign, True)
        if values == "few":
            drawn = [
                case.with_arrays(x=few_numbers(case.x.shape, seed + n))
                for n, case in enumerate(drawn)
            ]
        return drawn


class MaxUnpooling2D(Oracle):
    """Each value at its index in a map of zeros, by ``tf.tensor_scatter_nd_update``."""

    name = "TensorFlow's scatter of the values"
    inputs = ("values", "argmax")

    def case(self, x: np.ndarray, **arguments: Any) -> Case:
        """Undo the pooling of `x` with these arguments."""
        values, argmax = _by_tensorflow(x, arguments)
        return Case({"values": values, "argmax": argmax}, {"output_shape": x.shape})

    def expected(self, case: Case) -> Results:
        # Windows that overlap write the same number to the same cell, so their order is nothing.
        return (self._scattered(case, tf.tensor_scatter_nd_update),)

    def _scattered(self, case: Case, write: Any, places: np.ndarray | None = None) -> np.ndarray:
        shape = case.arguments["output_shape"]
        values, argmax = case.arrays["values"], case.arrays["argmax"]
        if places is None:
            batch = np.arange(shape[0]).reshape(-1, 1, 1, 1)
            places = np.stack([np.broadcast_to(batch, argmax.shape), argmax], axis=-1)
        zeros = tf.zeros((shape[0], shape[1] * shape[2] * shape[3]), values.dtype)
        filled = write(zeros, places.reshape(-1, 2), values.reshape(-1))
        return np.asarray(tf.reshape(filled, shape))

    def _number(self, case: Case, index: tuple[int, ...]) -> int:
        """What an argmax must be to name ``output[index]``."""
        _, row, column, channel = index
        return int(_index(row, column, channel, case.arguments["output_shape"][1:]))

    def _source(self, case: Case, index: tuple[int, ...]) -> tuple[int, ...] | None:
        """The first cell of `values` that is written to ``output[index]``."""
        wanted = self._number(case, index)
        for i, j in np.ndindex(*case.x.shape[1:3]):
            if case.arrays["argmax"][index[0], i, j, index[3]] == wanted:
                return (index[0], i, j, index[3])
        return None

    def explain(self, case: Case, index: tuple[int, ...]) -> str:
        wanted = self._number(case, index)
        lines = [f"  index     output{place(index)} has the index {wanted} in its example"]
        source = self._source(case, index)
        if source is None:
            lines.append(f"            no argmax of example {index[0]} is {wanted}: it stays 0")
        else:
            lines.append(
                f"            argmax{place(source)} is {wanted}, "
                f"and values{place(source)} is {number(case.x[source])}"
            )
        if max(case.x.shape[1:3]) <= LARGEST_MAP:
            for name in self.inputs:
                lines.append(f"  {name:<10}{name}[{index[0]}, :, :, {index[3]}]")
                lines += [f"    {row}" for row in grid(case.arrays[name][index[0], :, :, index[3]])]
        return "\n".join(lines)

    def window(self, case: Case, index: tuple[int, ...]) -> Window | None:
        source = self._source(case, index)
        if source is None:
            return None
        return (source[1], source[1] + 1), (source[2], source[2] + 1)

    def another(self, case: Case) -> Case:
        """What undoes a pooling of the same kind of values: windows of 3, two cells apart."""
        batch, height, width, channels = case.arguments["output_shape"]
        x = example(batch, 2 * height + 3, 2 * width + 3, channels, values="mixed", seed=1)
        x -= 2 * x.size // 5  # maxima of both signs
        return self.case(x.astype(case.x.dtype), pool_size=3, strides=2)

    def mistakes(self, case: Case) -> Iterator[tuple[Results, str]]:
        def added(zeros: tf.Tensor, places: np.ndarray, values: np.ndarray) -> tf.Tensor:
            return tf.scatter_nd(places, values, zeros.shape)

        yield (
            (self._scattered(case, added),),
            "where windows overlap, their values were added; the cell holds the value once",
        )
        (right,) = self.right(case)
        yield (np.asarray(tf.nn.relu(right)),), "negative values were lost"
        argmax = case.arrays["argmax"]
        places = np.stack([np.zeros_like(argmax), argmax], axis=-1)
        yield (
            (self._scattered(case, tf.tensor_scatter_nd_update, places),),
            "all examples were written into the first; indices start at 0 in each example",
        )
        factors = [n // m for n, m in zip(right.shape[1:3], case.x.shape[1:3], strict=True)]
        if min(factors) > 0:
            layer = keras.layers.UpSampling2D(tuple(factors), dtype=str(case.x.dtype))
            spread = np.asarray(layer(case.x))
            missing = [(0, n - m) for n, m in zip(right.shape, spread.shape, strict=True)]
            yield (
                (np.pad(spread, missing),),
                "the values were spread over their windows; each belongs into one cell",
            )

    def smaller(self, case: Case) -> Iterator[Case]:
        shape = case.arguments["output_shape"]
        for axis in (0, 3, 1, 2):
            length = case.x.shape[axis]
            for shorter in dict.fromkeys((1, length // 2, length - 1)):
                if 0 < shorter < length:
                    kept = {n: np.take(a, range(shorter), axis) for n, a in case.arrays.items()}
                    new = tuple(
                        shorter if n == axis and axis in (0, 3) else m for n, m in enumerate(shape)
                    )
                    yield self._reshaped(case.with_arrays(**kept), new)
        row, column, _ = _cell(case.arrays["argmax"], shape[1:])
        tight = (shape[0], int(row.max()) + 1, int(column.max()) + 1, shape[3])
        if tight != shape:
            yield self._reshaped(case, tight)

    def _reshaped(self, case: Case, shape: tuple[int, ...]) -> Case:
        """The case with an output of another shape, and the indices that belong to it."""
        cell = _cell(case.arrays["argmax"], case.arguments["output_shape"][1:])
        changed = case.with_arrays(argmax=_index(*cell, shape[1:]))
        return changed.with_arguments(output_shape=shape)

    def simplest(self, case: Case) -> Case:
        return case.with_arrays(values=renumbered(case.x))

    def random_cases(
        self,
        seed: int,
        count: int,
        overlapping: bool = False,
        apart: bool = False,
        rectangular: bool = False,
        channels: bool = False,
        examples: bool = False,
        values: str = "positive",
    ) -> list[Case]:
        """Random cases, the smallest first: what undoes a pooling under ``valid``.

        The windows fill the input side by side; with `apart` there may be cells between them and
        at the end.
        """
        rng = np.random.default_rng(seed)
        cases = []
        for _ in range(count):
            height, width, window_h, window_w, step = (
                int(n) for n in rng.integers([1, 1, 1, 1, 0], [7, 7, 4, 4, 2])
            )
            if overlapping:
                window_h, window_w = window_h + 1, window_w + 1
                strides = (1, 1)
            elif apart:
                strides = (window_h + step, window_w + step)
            else:
                strides = (window_h, window_w)
            if not rectangular:
                width, window_w, strides = height, window_h, (strides[0], strides[0])
            height, width = max(height, window_h + 1), max(width, window_w + 1)
            if not (overlapping or apart):
                height, width = -(-height // window_h) * window_h, -(-width // window_w) * window_w
            batch = int(rng.integers(2, 4)) if examples else 1
            depth = int(rng.integers(2, 4)) if channels else 1
            x = example(batch, height, width, depth, values=values, seed=int(rng.integers(2**31)))
            cases.append(self.case(x, pool_size=(window_h, window_w), strides=strides))
        return sorted(cases, key=lambda case: case.x.size)


class NearestUpsampling2D(Oracle):
    """``UpSampling2D(size)``: each cell repeated."""

    name = "keras.layers.UpSampling2D"

    def expected(self, case: Case) -> Results:
        return (self._output(case),)  # copies of the input's cells: nothing is rounded

    def _output(self, case: Case, interpolation: str = "nearest") -> np.ndarray:
        layer = keras.layers.UpSampling2D(
            **case.arguments, interpolation=interpolation, dtype=str(case.x.dtype)
        )
        return np.asarray(layer(case.x)).astype(case.x.dtype)

    def _source(self, case: Case, index: tuple[int, ...]) -> tuple[int, ...]:
        down, across = as_pair(case.arguments["size"])
        return (index[0], index[1] // down, index[2] // across, index[3])

    def explain(self, case: Case, index: tuple[int, ...]) -> str:
        source = self._source(case, index)
        return f"  cell      it repeats x{place(source)}, which is {number(case.x[source])}"

    def window(self, case: Case, index: tuple[int, ...]) -> Window:
        _, i, j, _ = self._source(case, index)
        return (i, i + 1), (j, j + 1)

    def variants(self, case: Case) -> Iterator[Case]:
        for size in (2, (1, 2)):
            for dtype in ("float32", "float64"):
                yield case.with_arguments(size=size).as_float(dtype)

    def another(self, case: Case) -> Case:
        batch, height, width, channels = case.x.shape
        larger = example(batch, height + 2, width + 3, channels, values="mixed", seed=1)
        return case.with_arrays(x=larger.astype(case.x.dtype))

    def mistakes(self, case: Case) -> Iterator[tuple[Results, str]]:
        down, across = as_pair(case.arguments["size"])

        def changed(size: tuple[int, int]) -> Results:
            return (self._output(case.with_arguments(size=size)),)

        yield (
            (np.asarray(keras.ops.tile(case.x, (1, down, across, 1))),),
            "the whole map was laid side by side; each cell must be repeated",
        )
        yield changed((across, down)), "the numbers of size were swapped: it is (down, across)"
        yield changed((down, down)), "the first number of size was taken for both axes"
        yield changed((down, 1)), "only the rows were repeated"
        yield changed((1, across)), "only the columns were repeated"
        yield (
            (self._output(case, "bilinear"),),
            "this is bilinear upsampling; nearest repeats the cells as they are",
        )

    def smaller(self, case: Case) -> Iterator[Case]:
        plain = Case(case.arrays, {"pool_size": case.arguments["size"], "padding": "same"})
        for step in steps(plain):  # a size is made smaller as a window is
            yield Case(step.arrays, {"size": step.arguments["pool_size"]})

    def simplest(self, case: Case) -> Case:
        return case.with_arrays(x=renumbered(case.x))

    def random_cases(
        self,
        seed: int,
        count: int,
        rectangular: bool = False,
        channels: bool = False,
        values: str = "mixed",
    ) -> list[Case]:
        """Random cases, the smallest first."""
        rng = np.random.default_rng(seed)
        cases = []
        for _ in range(count):
            height, width, down, across = (int(n) for n in rng.integers([1] * 4, [6, 6, 5, 5]))
            size: Any = (down, across)
            if not rectangular:
                width, size = height, down
            batch, depth = (int(n) for n in rng.integers(1, 4, size=2)) if channels else (1, 1)
            x = example(batch, height, width, depth, values=values, seed=int(rng.integers(2**31)))
            cases.append(Case({"x": x}, {"size": size}))
        return sorted(cases, key=lambda case: case.x.size)


class IntersectionOverUnion(Oracle):
    """``keras.metrics.BinaryIoU(target_class_ids=[1])``, and 1 where both masks are empty."""

    name = "keras.metrics.BinaryIoU"
    inputs = ("y_true", "y_pred")
    results = ("iou",)
    number = True

    def expected(self, case: Case) -> Results:
        if not any(tf.reduce_any(mask) for mask in case.arrays.values()):
            return (np.asarray(1.0),)  # here Keras gives 0, so that nobody divides by zero
        return (self._metric(case, keras.metrics.BinaryIoU(target_class_ids=[1], threshold=0.5)),)

    def _metric(self, case: Case, metric: Any) -> np.ndarray:
        metric.update_state(*(mask.reshape(-1) for mask in case.arrays.values()))
        return np.asarray(float(metric.result()))

    def tolerance(self, case: Case) -> float:
        """Keras divides in float32, and adds 1e-7 to the divisor; a wrong count is off by more.

        Masks are below a thousand cells, so two different fractions lie at least 1e-6 apart.
        """
        return 6e-7

    def explain(self, case: Case, index: tuple[int, ...]) -> str:
        masks = [mask.reshape(-1) for mask in case.arrays.values()]
        neither, second, first, both = np.ravel(tf.math.confusion_matrix(*masks, num_classes=2))
        lines = [
            f"  cells     object in both masks: {both}; only in y_true: {first}; "
            f"only in y_pred: {second}; in neither: {neither}",
        ]
        if case.x.ndim == 2 and max(case.x.shape) <= LARGEST_MAP:
            for name, mask in case.arrays.items():
                lines += [f"  {name}", *(f"    {row}" for row in grid(mask))]
        return "\n".join(lines)

    def another(self, case: Case) -> Case:
        rng = np.random.default_rng(1)
        shape = tuple(2 * n + 1 for n in case.x.shape)
        return Case(dict(zip(self.inputs, rng.random((2, *shape)) < 0.4, strict=True)), {})

    def mistakes(self, case: Case) -> Iterator[tuple[Results, str]]:
        both = keras.metrics.BinaryIoU(target_class_ids=[0, 1], threshold=0.5)
        background = keras.metrics.BinaryIoU(target_class_ids=[0], threshold=0.5)
        found = [
            (keras.metrics.BinaryAccuracy(), "this is the share of cells that agree (accuracy)"),
            (background, "this is the IoU of the background"),
            (both, "this is the mean IoU of object and background; only the object counts"),
            (keras.metrics.Recall(), "this is recall: the divisor is the object in y_true alone"),
            (keras.metrics.Precision(), "this is precision: the divisor is y_pred alone"),
        ]
        for metric, sentence in found:
            yield (self._metric(case, metric),), sentence
        (share,) = self.right(case)
        yield (2 * share / (1 + share),), "this is the Dice score, which counts the overlap twice"

    def variants(self, case: Case) -> Iterator[Case]:
        yield Case({name: np.zeros_like(mask) for name, mask in case.arrays.items()}, {})
        yield Case({name: np.ones_like(mask) for name, mask in case.arrays.items()}, {})

    def smaller(self, case: Case) -> Iterator[Case]:
        for axis, length in enumerate(case.x.shape):
            for shorter in dict.fromkeys((1, length // 2, length - 1)):
                if 0 < shorter < length:
                    yield case.with_arrays(
                        **{n: np.take(a, range(shorter), axis) for n, a in case.arrays.items()}
                    )

    def random_cases(self, seed: int, count: int, axes: int = 2) -> list[Case]:
        """Random pairs of masks with two to four axes, not both empty, the smallest first."""
        rng = np.random.default_rng(seed)
        cases = []
        for _ in range(count):
            shape = tuple(int(n) for n in rng.integers(2, (9, 5, 4)[axes - 2], size=axes))
            dense = rng.uniform(0.2, 0.9)
            masks = rng.random((2, *shape)) < dense
            masks[(0, *(0 for _ in shape))] = True
            cases.append(Case(dict(zip(self.inputs, masks, strict=True)), {}))
        return sorted(cases, key=lambda case: case.x.size)


def check_random_unpooling(
    function: Function, oracle: Any, *, seed: int, cases: int = 12, **options: Any
) -> None:
    """Compare a function of pooling with indices, unpooling, upsampling or masks on random cases.

    A case that fails is shrunk: its arrays and arguments are made smaller for as long as it fails.

    Parameters
    ----------
    function : callable
        Called as ``function(*arrays, **arguments)``.
    oracle : Oracle
        One of this module.
    seed : int
        Fixes the cases.
    cases : int
        How many.
    **options
        Options of the oracle's own ``random_cases``: which kinds of cases there are.

    Raises
    ------
    CheckFailed
        For the smallest case found that differs.
    """
    compare_all(function, oracle, oracle.random_cases(seed, cases, **options))
