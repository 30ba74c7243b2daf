# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Pooling forward
#
# You write the pooling layers of a convolutional network with NumPy alone, and check each against
# the Keras layer it imitates.
#
# | | |
# | --- | --- |
# | **You will be able to** | compute the size of a pooled map; pool with any window, stride and padding; say what padding means for a maximum and for an average |
# | **You need** | NumPy indexing and slicing; the chapter *What is pooling?* |
# | **Time** | about two hours |
# | **Points** | 40: 36 by tests, 4 for a written answer |
#
# ## How it works
#
# Replace `raise NotImplementedError()` in each function, run its cell, and run the tests below it.
# A test that passes says so. A test that fails tells you the case it tried, what the layer gives,
# what your function gives, and the first window that differs.
# *Run All Cells* stops at the first test that fails; run the cells after it by hand.
#
# Some tests are hidden: their cells say what they will look at, and their cases are added when you
# hand in. They ask for nothing that the docstrings and the tables do not state.
#
# Add cells of your own wherever you like, for example for a function that several answers share.
#
# **NumPy only.** Your functions must do the work themselves. A function that calls Keras, TensorFlow,
# PyTorch, JAX, SciPy, scikit-image, OpenCV or the like, even if only for some of its arguments, gets
# no points, and the tests say so. Exploring with them elsewhere in the notebook costs nothing.
#
# Each test looks at one aspect, so a mistake costs the points of what it breaks. The tests of dtype,
# input and errors first look at one easy case: a function that does not pool at all gets no points
# for leaving its input alone.
#
# Arrays are channels-last: `(batch, height, width, channels)`. `pool_size` and `strides` are an `int`
# or a pair `(height, width)`. Inputs hold finite float32 or float64 numbers.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Run this cell first. It is restored when your work is graded, so changes to it do not last.
import os

# TensorFlow's plain kernels: the same last digit on every machine, and no notes on stderr.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from keras.layers import (
    AveragePooling2D,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    MaxPooling2D,
)

try:
    import pooling_checks
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "pooling_checks is missing: put the folder that came with this notebook beside it."
    ) from error

# %% [markdown]
# ## 1 · The size of the output
#
# Slide a window of length `window` along `size` cells, `stride` cells at a time.
#
# * **valid**: the window stays inside. The last start is at `size - window`, so there are
#   `(size - window) // stride + 1` places. Cells that are left over at the end are dropped.
# * **same**: there are `ceil(size / stride)` places, and the window may reach over the edge.
#
# By hand: 7 cells, window 3, stride 2, valid: the window starts at 0, 2 and 4, so 3 places.
# With `same` there are ⌈7 / 2⌉ = 4.
#
# | test | looks at | points |
# | --- | --- | --- |
# | `size-valid` | `padding="valid"` (many sizes, windows and strides are hidden) | 2 |
# | `size-same` | `padding="same"` (the same) | 2 |
# | `size-errors` | `ValueError` for bad arguments (partly hidden) | 1 |


# %% nbgrader={"grade": false, "grade_id": "output-size", "locked": false, "schema_version": 3, "solution": true, "task": false}
def output_size(size, window, stride, padding):
    """Length of one axis after pooling.

    Parameters
    ----------
    size : int
        Cells along the axis.
    window : int
        Cells under the window.
    stride : int
        Cells from one window's start to the next.
    padding : {"valid", "same"}

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If size, window or stride is not a positive integer, padding is neither word, or the
        window is larger than the input under "valid". The message names the argument.
    """
    ### BEGIN SOLUTION
    for name, value in (("size", size), ("window", window), ("stride", stride)):
        if not isinstance(value, (int, np.integer)) or value < 1:
            raise ValueError(f"{name} must be a positive integer, not {value!r}")
    if padding == "same":
        return -(-size // stride)
    if padding != "valid":
        raise ValueError(f"padding must be 'valid' or 'same', not {padding!r}")
    if window > size:
        raise ValueError(f"window {window} is larger than the input, {size} cells")
    return (size - window) // stride + 1
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "size-valid", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Oracle: MaxPooling2D(window, stride, "valid").compute_output_shape
from pooling_checks import *

check_output_size(output_size, MaxPooling2D, size=7, window=3, stride=2, padding="valid")
check_output_size(output_size, MaxPooling2D, size=4, window=2, stride=2, padding="valid")
check_output_size(output_size, MaxPooling2D, size=5, window=2, stride=2, padding="valid")
check_output_size(output_size, MaxPooling2D, size=3, window=3, stride=1, padding="valid")
### BEGIN HIDDEN TESTS
check_output_sizes(output_size, AveragePooling2D, longest=9, padding="valid")
### END HIDDEN TESTS
passed("output_size, valid")

# %% nbgrader={"grade": true, "grade_id": "size-same", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Oracle: MaxPooling2D(window, stride, "same").compute_output_shape
from pooling_checks import *

check_output_size(output_size, MaxPooling2D, size=7, window=3, stride=2, padding="same")
check_output_size(output_size, MaxPooling2D, size=4, window=2, stride=2, padding="same")
check_output_size(output_size, MaxPooling2D, size=2, window=5, stride=1, padding="same")
### BEGIN HIDDEN TESTS
check_output_sizes(output_size, AveragePooling2D, longest=9, padding="same")
### END HIDDEN TESTS
passed("output_size, same")

# %% nbgrader={"grade": true, "grade_id": "size-errors", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: MaxPooling2D refuses the same arguments, here or when it is called.
from pooling_checks import *

check_output_size(output_size, MaxPooling2D, size=4, window=2, stride=2, padding="valid")
check_error(output_size, 5, 0, 1, "valid", names="window")
check_error(output_size, 5, 2, 1, "full", names="padding")
### BEGIN HIDDEN TESTS
check_error(output_size, 5, 2, 0, "valid", names="stride")
check_error(output_size, 5, 2, -1, "same", names="stride")
check_error(output_size, 5, 1.5, 1, "valid", names="window")
check_error(output_size, 0, 1, 1, "same", names="size")
check_error(output_size, 3, 4, 1, "valid", names="window|size")
### END HIDDEN TESTS
passed("output_size, errors")

# %% nbgrader={"grade": false, "grade_id": "picture-output-size", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Your function, and the windows along a strip of a photograph. A picture, no test.
from pooling_checks import *

show_output_size(output_size, MaxPooling2D, size=23, window=5, stride=4)

# %% [markdown]
# ## 2 · Max pooling
#
# Every output cell is the largest number under its window, channel by channel, example by example.
#
# By hand, window 2 and stride 2 on one channel:
#
# ```
#  1  3 | 2  0
#  4  2 | 5  1         4  5
# ------+------   →
#  7  0 | 1  1         8  6
#  8  1 | 6  2
# ```
#
# Under `same`, windows at the edge reach outside the input. Those cells **do not count**: they are
# not zeros. The total number of padded cells along an axis is
# `max((output_size - 1) * stride + window - size, 0)`. Half of them, rounded down, lie before the
# input, the rest after it.


# %% [markdown]
# | test | looks at | points |
# | --- | --- | --- |
# | `max-valid` | windows side by side, `padding="valid"` (partly hidden) | 2 |
# | `max-stride` | strides that are not the window: overlaps, gaps, pairs (partly hidden) | 2 |
# | `max-same` | `padding="same"` (partly hidden) | 2 |
# | `max-negative` | negative numbers under `same` (hidden) | 1 |
# | `max-channels` | several examples and channels, also as a transposed view (partly hidden) | 1 |
# | `max-rectangular` | height and width differ, in the input and in the window (partly hidden) | 1 |
# | `max-dtype` | float32 stays float32, float64 stays float64 | 1 |
# | `max-pure` | the input is left alone, the output is an array of its own (partly hidden) | 1 |
# | `max-errors` | `ValueError` for bad arguments (partly hidden) | 1 |


# %% nbgrader={"grade": false, "grade_id": "max-pool2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def max_pool2d(x, pool_size, strides=None, padding="valid"):
    """Largest number under each window.

    Parameters
    ----------
    x : numpy.ndarray
        Shape (batch, height, width, channels), float32 or float64.
    pool_size : int or (int, int)
        Window, (height, width).
    strides : int or (int, int), optional
        Cells from one window to the next, (down, across). `None` means pool_size.
    padding : {"valid", "same"}

    Returns
    -------
    numpy.ndarray
        Shape (batch, new height, new width, channels), dtype of `x`. Not a view of `x`.

    Raises
    ------
    ValueError
        If x has not 4 axes, pool_size or strides is not a positive integer or a pair of them,
        padding is neither word, or the window is larger than the input under "valid". The
        message names the argument.
    """
    ### BEGIN SOLUTION
    return pooling_windows(x, pool_size, strides, padding, -np.inf).max(axis=(4, 5))


def as_pair(name, value):
    """`value` as (height, width); ValueError names the argument."""
    pair = value if isinstance(value, (tuple, list)) else (value, value)
    whole = all(isinstance(n, (int, np.integer)) for n in pair)
    if len(pair) != 2 or not whole or min(pair) < 1:
        raise ValueError(f"{name} must be a positive integer or two of them, not {value!r}")
    return tuple(pair)


def pooling_windows(x, pool_size, strides, padding, fill):
    """View of all windows, (batch, rows, columns, channels, window height, window width).

    Cells outside the input hold `fill`.
    """
    if x.ndim != 4:
        raise ValueError(f"x must have 4 axes (batch, height, width, channels), not {x.ndim}")
    window = as_pair("pool_size", pool_size)
    stride = window if strides is None else as_pair("strides", strides)
    if padding == "valid" and (window[0] > x.shape[1] or window[1] > x.shape[2]):
        raise ValueError(f"pool_size {window} is larger than the input, {x.shape[1:3]}")
    pads = [(0, 0)]
    for size, w, s in zip(x.shape[1:3], window, stride, strict=True):
        out = output_size(size, w, s, padding)
        total = max((out - 1) * s + w - size, 0)
        pads.append((total // 2, total - total // 2))
    padded = np.pad(x, [*pads, (0, 0)], constant_values=fill)
    view = np.lib.stride_tricks.sliding_window_view(padded, window, axis=(1, 2))
    return view[:, :: stride[0], :: stride[1]]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "max-valid", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Oracle: MaxPooling2D(pool_size)
from pooling_checks import *

x = example(1, 4, 4, 1)
check_output(max_pool2d, MaxPooling2D, x, pool_size=2)
check_output(max_pool2d, MaxPooling2D, x, pool_size=4)
check_output(max_pool2d, MaxPooling2D, example(1, 7, 7, 1, seed=1), pool_size=3)
### BEGIN HIDDEN TESTS
check_random(max_pool2d, MaxPooling2D, seed=2030)
### END HIDDEN TESTS
passed("max_pool2d, valid")

# %% nbgrader={"grade": true, "grade_id": "max-stride", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Oracle: MaxPooling2D(pool_size, strides)
from pooling_checks import *

check_output(max_pool2d, MaxPooling2D, example(1, 4, 4, 1), pool_size=2, strides=1)
check_output(max_pool2d, MaxPooling2D, example(1, 7, 7, 1, seed=1), pool_size=3, strides=2)
check_output(max_pool2d, MaxPooling2D, example(1, 7, 7, 1, seed=2), pool_size=2, strides=3)
### BEGIN HIDDEN TESTS
check_random(max_pool2d, MaxPooling2D, seed=2034, strides=True)
check_output(max_pool2d, MaxPooling2D, example(1, 6, 6, 1, seed=3), pool_size=2, strides=(1, 2))
check_output(max_pool2d, MaxPooling2D, example(1, 6, 6, 1, seed=3), pool_size=2, strides=(3, 1))
### END HIDDEN TESTS
passed("max_pool2d, strides")

# %% nbgrader={"grade": true, "grade_id": "max-same", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Oracle: MaxPooling2D(pool_size, strides, padding="same")
from pooling_checks import *

check_output(max_pool2d, MaxPooling2D, example(1, 5, 5, 1), pool_size=2, padding="same")
check_output(max_pool2d, MaxPooling2D, example(1, 4, 4, 1), pool_size=3, strides=1, padding="same")
check_output(max_pool2d, MaxPooling2D, example(1, 4, 4, 1), pool_size=4, strides=1, padding="same")
### BEGIN HIDDEN TESTS
check_random(max_pool2d, MaxPooling2D, seed=2031, padding="same")
check_random(max_pool2d, MaxPooling2D, seed=2036, padding="same", strides=True)
### END HIDDEN TESTS
passed("max_pool2d, same")

# %% nbgrader={"grade": true, "grade_id": "max-channels", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Several examples and channels.
# Oracle: MaxPooling2D(pool_size)
from pooling_checks import *

check_output(max_pool2d, MaxPooling2D, example(2, 4, 4, 3, seed=2), pool_size=2)
### BEGIN HIDDEN TESTS
check_output(max_pool2d, MaxPooling2D, example(2, 3, 3, 5, seed=3), pool_size=3)
check_random(max_pool2d, MaxPooling2D, seed=2032, channels=True)
channels_first = example(2, 3, 4, 4, seed=4)
check_output(max_pool2d, MaxPooling2D, np.moveaxis(channels_first, 1, 3), pool_size=2)
### END HIDDEN TESTS
passed("max_pool2d, channels")

# %% nbgrader={"grade": true, "grade_id": "max-rectangular", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Height and width differ.
# Oracle: MaxPooling2D(pool_size)
from pooling_checks import *

check_output(max_pool2d, MaxPooling2D, example(1, 4, 6, 1, seed=4), pool_size=2)
check_output(max_pool2d, MaxPooling2D, example(1, 6, 6, 1, seed=4), pool_size=(2, 3))
### BEGIN HIDDEN TESTS
check_random(max_pool2d, MaxPooling2D, seed=2033, rectangular=True)
### END HIDDEN TESTS
passed("max_pool2d, height and width")

# %% nbgrader={"grade": true, "grade_id": "max-dtype", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: MaxPooling2D(pool_size, dtype=x.dtype)
from pooling_checks import *

check_output(max_pool2d, MaxPooling2D, example(1, 4, 4, 1), pool_size=2, strides=2)
check_dtype(max_pool2d, MaxPooling2D, example(1, 4, 4, 1), pool_size=2, strides=2)
passed("max_pool2d, dtype")

# %% nbgrader={"grade": true, "grade_id": "max-pure", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: MaxPooling2D(pool_size) for the values, NumPy for the rest
from pooling_checks import *

check_output(max_pool2d, MaxPooling2D, example(1, 4, 4, 1), pool_size=2, strides=2)
x = example(1, 4, 4, 1, values="mixed")
check_pure(max_pool2d, x, pool_size=2, strides=2)
check_pure(max_pool2d, x, pool_size=1)
### BEGIN HIDDEN TESTS
check_pure(max_pool2d, example(1, 5, 5, 1, values="mixed"), pool_size=2, padding="same")
check_pure(max_pool2d, example(2, 4, 4, 3, values="mixed"), pool_size=1, padding="same")
### END HIDDEN TESTS
passed("max_pool2d, input untouched")

# %% nbgrader={"grade": true, "grade_id": "max-errors", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: MaxPooling2D refuses the same arguments, here or when it is called.
from pooling_checks import *

x = example(1, 4, 4, 1)
check_output(max_pool2d, MaxPooling2D, x, pool_size=2, strides=2)
check_error(max_pool2d, x, names="pool_size", pool_size=0)
check_error(max_pool2d, x, names="padding", pool_size=2, padding="full")
### BEGIN HIDDEN TESTS
check_error(max_pool2d, x, names="pool_size", pool_size=(2, -1))
check_error(max_pool2d, x, names="pool_size", pool_size=1.5)
check_error(max_pool2d, x, names="pool_size", pool_size=(2, 1.5))
check_error(max_pool2d, x, names="pool_size", pool_size=(2, 2, 2))
check_error(max_pool2d, x, names="strides", pool_size=2, strides=0)
check_error(max_pool2d, x[0], names="x", pool_size=2)
check_error(max_pool2d, x, names="pool_size|x", pool_size=5)
check_error(max_pool2d, x, names="pool_size|x", pool_size=(5, 1))
check_error(max_pool2d, x, names="pool_size|x", pool_size=(1, 5))
### END HIDDEN TESTS
passed("max_pool2d, errors")

# %% nbgrader={"grade": true, "grade_id": "max-negative", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Hidden when released: negative numbers under "same".
# Oracle: MaxPooling2D(pool_size, strides, padding="same")
### BEGIN HIDDEN TESTS
from pooling_checks import *

check_output(
    max_pool2d, MaxPooling2D, example(1, 3, 3, 1, values="negative"), pool_size=2, padding="same"
)
check_random(max_pool2d, MaxPooling2D, seed=2034, padding="same", values="negative")
### END HIDDEN TESTS

# %% nbgrader={"grade": false, "grade_id": "picture-max-pool2d", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Your function on a photograph. A picture, no test: where it is wrong, it shows the first window.
from pooling_checks import *

show(max_pool2d, MaxPooling2D, photograph(), pool_size=6, strides=4, padding="same")

# %% [markdown]
# ## 3 · Average pooling
#
# Every output cell is the mean of the numbers under its window. For the window `1 3 / 4 2` of the
# example above that is (1 + 3 + 4 + 2) / 4 = 2.5.
#
# Under `same`, cells outside the input do not count here either: divide by the number of cells that
# lie **inside**. So the average of an input of ones is one everywhere, at the edges too.
#
# | test | looks at | points |
# | --- | --- | --- |
# | `average-valid` | windows side by side, `padding="valid"` (partly hidden) | 2 |
# | `average-stride` | strides that are not the window: overlaps, gaps, pairs (partly hidden) | 2 |
# | `average-same` | `padding="same"` (partly hidden) | 2 |
# | `average-channels` | several examples and channels, also as a transposed view (partly hidden) | 1 |
# | `average-rectangular` | height and width differ, in the input and in the window (partly hidden) | 1 |
# | `average-dtype` | dtype and precision are kept | 1 |
# | `average-pure` | the input is left alone, the output is an array of its own (partly hidden) | 1 |
# | `average-errors` | `ValueError` for bad arguments (partly hidden) | 1 |


# %% nbgrader={"grade": false, "grade_id": "average-pool2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def average_pool2d(x, pool_size, strides=None, padding="valid"):
    """Mean of the numbers under each window; cells outside the input do not count.

    Parameters
    ----------
    x : numpy.ndarray
        Shape (batch, height, width, channels), float32 or float64.
    pool_size : int or (int, int)
        Window, (height, width).
    strides : int or (int, int), optional
        Cells from one window to the next, (down, across). `None` means pool_size.
    padding : {"valid", "same"}

    Returns
    -------
    numpy.ndarray
        Shape (batch, new height, new width, channels), dtype of `x`. Not a view of `x`.

    Raises
    ------
    ValueError
        As for `max_pool2d`.
    """
    ### BEGIN SOLUTION
    total = pooling_windows(x, pool_size, strides, padding, 0).sum(axis=(4, 5))
    inside = np.ones((1, *x.shape[1:3], 1), dtype=x.dtype)
    return total / pooling_windows(inside, pool_size, strides, padding, 0).sum(axis=(4, 5))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "average-valid", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Oracle: AveragePooling2D(pool_size)
from pooling_checks import *

x = example(1, 4, 4, 1)
check_output(average_pool2d, AveragePooling2D, x, pool_size=2)
check_output(average_pool2d, AveragePooling2D, x, pool_size=4)
check_output(average_pool2d, AveragePooling2D, example(1, 7, 7, 1, seed=1), pool_size=3)
### BEGIN HIDDEN TESTS
check_random(average_pool2d, AveragePooling2D, seed=2070, values="mixed")
### END HIDDEN TESTS
passed("average_pool2d, valid")

# %% nbgrader={"grade": true, "grade_id": "average-stride", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Oracle: AveragePooling2D(pool_size, strides)
from pooling_checks import *

check_output(average_pool2d, AveragePooling2D, example(1, 4, 4, 1), pool_size=2, strides=1)
check_output(average_pool2d, AveragePooling2D, example(1, 7, 7, 1, seed=1), pool_size=3, strides=2)
check_output(average_pool2d, AveragePooling2D, example(1, 7, 7, 1, seed=2), pool_size=2, strides=3)
### BEGIN HIDDEN TESTS
check_random(average_pool2d, AveragePooling2D, seed=2074, strides=True)
check_output(
    average_pool2d, AveragePooling2D, example(1, 6, 6, 1, seed=3), pool_size=2, strides=(1, 2)
)
check_output(
    average_pool2d, AveragePooling2D, example(1, 6, 6, 1, seed=3), pool_size=2, strides=(3, 1)
)
### END HIDDEN TESTS
passed("average_pool2d, strides")

# %% nbgrader={"grade": true, "grade_id": "average-same", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Oracle: AveragePooling2D(pool_size, strides, padding="same")
from pooling_checks import *

check_output(
    average_pool2d, AveragePooling2D, np.ones((1, 3, 3, 1), "float32"), pool_size=2, padding="same"
)
check_output(average_pool2d, AveragePooling2D, example(1, 5, 5, 1), pool_size=2, padding="same")
check_output(
    average_pool2d, AveragePooling2D, example(1, 4, 4, 1), pool_size=3, strides=1, padding="same"
)
check_output(
    average_pool2d, AveragePooling2D, example(1, 4, 4, 1), pool_size=4, strides=1, padding="same"
)
### BEGIN HIDDEN TESTS
check_random(average_pool2d, AveragePooling2D, seed=2071, padding="same", values="mixed")
check_random(average_pool2d, AveragePooling2D, seed=2076, padding="same", strides=True)
### END HIDDEN TESTS
passed("average_pool2d, same")

# %% nbgrader={"grade": true, "grade_id": "average-channels", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Several examples and channels.
# Oracle: AveragePooling2D(pool_size)
from pooling_checks import *

check_output(average_pool2d, AveragePooling2D, example(2, 4, 4, 3, seed=2), pool_size=2)
### BEGIN HIDDEN TESTS
check_output(average_pool2d, AveragePooling2D, example(2, 3, 3, 5, seed=3), pool_size=3)
check_random(average_pool2d, AveragePooling2D, seed=2072, channels=True)
channels_first = example(2, 3, 4, 4, seed=4)
check_output(average_pool2d, AveragePooling2D, np.moveaxis(channels_first, 1, 3), pool_size=2)
### END HIDDEN TESTS
passed("average_pool2d, channels")

# %% nbgrader={"grade": true, "grade_id": "average-rectangular", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Height and width differ.
# Oracle: AveragePooling2D(pool_size)
from pooling_checks import *

check_output(average_pool2d, AveragePooling2D, example(1, 4, 6, 1, seed=4), pool_size=2)
check_output(average_pool2d, AveragePooling2D, example(1, 6, 6, 1, seed=4), pool_size=(2, 3))
### BEGIN HIDDEN TESTS
check_random(average_pool2d, AveragePooling2D, seed=2073, rectangular=True)
### END HIDDEN TESTS
passed("average_pool2d, height and width")

# %% nbgrader={"grade": true, "grade_id": "average-dtype", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: AveragePooling2D(pool_size, dtype=x.dtype)
from pooling_checks import *

check_output(average_pool2d, AveragePooling2D, example(1, 4, 4, 1), pool_size=2, strides=2)
check_dtype(average_pool2d, AveragePooling2D, example(1, 4, 4, 1), pool_size=2, strides=2)
passed("average_pool2d, dtype")

# %% nbgrader={"grade": true, "grade_id": "average-pure", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: AveragePooling2D(pool_size) for the values, NumPy for the rest
from pooling_checks import *

check_output(average_pool2d, AveragePooling2D, example(1, 4, 4, 1), pool_size=2, strides=2)
x = example(1, 4, 4, 1, values="mixed")
check_pure(average_pool2d, x, pool_size=2, strides=2)
check_pure(average_pool2d, x, pool_size=1)
### BEGIN HIDDEN TESTS
check_pure(average_pool2d, example(1, 5, 5, 1, values="mixed"), pool_size=2, padding="same")
check_pure(average_pool2d, example(2, 4, 4, 3, values="mixed"), pool_size=1, padding="same")
### END HIDDEN TESTS
passed("average_pool2d, input untouched")

# %% nbgrader={"grade": true, "grade_id": "average-errors", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: AveragePooling2D refuses the same arguments, here or when it is called.
from pooling_checks import *

x = example(1, 4, 4, 1)
check_output(average_pool2d, AveragePooling2D, x, pool_size=2, strides=2)
check_error(average_pool2d, x, names="pool_size", pool_size=0)
check_error(average_pool2d, x, names="padding", pool_size=2, padding="full")
### BEGIN HIDDEN TESTS
check_error(average_pool2d, x, names="pool_size", pool_size=(2, -1))
check_error(average_pool2d, x, names="pool_size", pool_size=1.5)
check_error(average_pool2d, x, names="pool_size", pool_size=(2, 1.5))
check_error(average_pool2d, x, names="pool_size", pool_size=(2, 2, 2))
check_error(average_pool2d, x, names="strides", pool_size=2, strides=0)
check_error(average_pool2d, x[0], names="x", pool_size=2)
check_error(average_pool2d, x, names="pool_size|x", pool_size=5)
check_error(average_pool2d, x, names="pool_size|x", pool_size=(5, 1))
check_error(average_pool2d, x, names="pool_size|x", pool_size=(1, 5))
### END HIDDEN TESTS
passed("average_pool2d, errors")

# %% nbgrader={"grade": false, "grade_id": "picture-average-pool2d", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Your function on a photograph. A picture, no test: where it is wrong, it shows the first window.
from pooling_checks import *

show(average_pool2d, AveragePooling2D, photograph(), pool_size=6, strides=4, padding="same")

# %% [markdown]
# ## 4 · Global pooling
#
# One number for each channel: the largest, or the mean, of the whole map. The result has shape
# `(batch, channels)`, or `(batch, 1, 1, channels)` with `keepdims=True`.
#
# | test | looks at | points |
# | --- | --- | --- |
# | `global-max-values` | maxima of maps of all shapes and signs (partly hidden) | 1 |
# | `global-max-keepdims` | the shape, with and without `keepdims=True` | 1 |
# | `global-max-dtype` | dtype is kept, the input is left alone | 1 |
# | `global-max-errors` | `ValueError` when `x` has not 4 axes | 1 |
# | `global-average-values` | means of maps of all shapes and signs (partly hidden) | 1 |
# | `global-average-keepdims` | the shape, with and without `keepdims=True` | 1 |
# | `global-average-dtype` | dtype and precision are kept, the input is left alone | 1 |
# | `global-average-errors` | `ValueError` when `x` has not 4 axes | 1 |


# %% nbgrader={"grade": false, "grade_id": "global-max-pool2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def global_max_pool2d(x, keepdims=False):
    """Largest number of each channel's whole map.

    Parameters
    ----------
    x : numpy.ndarray
        Shape (batch, height, width, channels), float32 or float64.
    keepdims : bool
        Whether height and width stay, with length one.

    Returns
    -------
    numpy.ndarray
        Shape (batch, channels), or (batch, 1, 1, channels) with keepdims; dtype of `x`. Not a
        view of `x`.

    Raises
    ------
    ValueError
        If x has not 4 axes. The message names x.
    """
    ### BEGIN SOLUTION
    if x.ndim != 4:
        raise ValueError(f"x must have 4 axes (batch, height, width, channels), not {x.ndim}")
    return x.max(axis=(1, 2), keepdims=keepdims)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "global-max-values", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: GlobalMaxPooling2D()
from pooling_checks import *

check_output(global_max_pool2d, GlobalMaxPooling2D, example(1, 3, 3, 1))
check_output(global_max_pool2d, GlobalMaxPooling2D, example(2, 3, 4, 2, values="mixed", seed=1))
### BEGIN HIDDEN TESTS
check_random(
    global_max_pool2d,
    GlobalMaxPooling2D,
    seed=2041,
    channels=True,
    rectangular=True,
    values="mixed",
)
check_random(
    global_max_pool2d,
    GlobalMaxPooling2D,
    seed=2042,
    channels=True,
    rectangular=True,
    values="negative",
)
channels_first = example(2, 3, 4, 5, seed=4)
check_output(global_max_pool2d, GlobalMaxPooling2D, np.moveaxis(channels_first, 1, 3))
### END HIDDEN TESTS
passed("global_max_pool2d, values")

# %% nbgrader={"grade": true, "grade_id": "global-max-keepdims", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: GlobalMaxPooling2D(keepdims)
from pooling_checks import *

check_output(global_max_pool2d, GlobalMaxPooling2D, example(1, 3, 3, 1), keepdims=True)
check_output(global_max_pool2d, GlobalMaxPooling2D, example(1, 3, 3, 1), keepdims=False)
check_shape(global_max_pool2d, GlobalMaxPooling2D, example(2, 3, 4, 3), keepdims=True)
check_shape(global_max_pool2d, GlobalMaxPooling2D, example(2, 3, 4, 3), keepdims=False)
passed("global_max_pool2d, keepdims")

# %% nbgrader={"grade": true, "grade_id": "global-max-dtype", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: GlobalMaxPooling2D(dtype=x.dtype)
from pooling_checks import *

check_output(global_max_pool2d, GlobalMaxPooling2D, example(1, 3, 3, 1))
check_dtype(global_max_pool2d, GlobalMaxPooling2D, example(1, 3, 3, 1))
check_pure(global_max_pool2d, example(1, 3, 3, 1))
check_pure(global_max_pool2d, example(2, 1, 1, 3))
check_pure(global_max_pool2d, example(2, 1, 1, 3), keepdims=True)
passed("global_max_pool2d, dtype")

# %% nbgrader={"grade": true, "grade_id": "global-max-errors", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: GlobalMaxPooling2D refuses an input without 4 axes.
from pooling_checks import *

check_output(global_max_pool2d, GlobalMaxPooling2D, example(1, 3, 3, 1))
check_error(global_max_pool2d, example(3, 3, 1), names="x")
check_error(global_max_pool2d, example(1, 1, 3, 3, 1), names="x")
passed("global_max_pool2d, errors")

# %% nbgrader={"grade": false, "grade_id": "picture-global-max-pool2d", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Your function on the quarters of a photograph, one in each channel. A picture, no test.
from pooling_checks import *

quarters = photograph().reshape(1, 2, 48, 2, 48).transpose(0, 2, 4, 1, 3).reshape(1, 48, 48, 4)
show(global_max_pool2d, GlobalMaxPooling2D, quarters)


# %% nbgrader={"grade": false, "grade_id": "global-average-pool2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def global_average_pool2d(x, keepdims=False):
    """Mean of each channel's whole map.

    Parameters
    ----------
    x : numpy.ndarray
        Shape (batch, height, width, channels), float32 or float64.
    keepdims : bool
        Whether height and width stay, with length one.

    Returns
    -------
    numpy.ndarray
        Shape (batch, channels), or (batch, 1, 1, channels) with keepdims; dtype of `x`. Not a
        view of `x`.

    Raises
    ------
    ValueError
        If x has not 4 axes. The message names x.
    """
    ### BEGIN SOLUTION
    if x.ndim != 4:
        raise ValueError(f"x must have 4 axes (batch, height, width, channels), not {x.ndim}")
    return x.mean(axis=(1, 2), keepdims=keepdims)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "global-average-values", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: GlobalAveragePooling2D()
from pooling_checks import *

check_output(global_average_pool2d, GlobalAveragePooling2D, example(1, 3, 3, 1))
check_output(
    global_average_pool2d, GlobalAveragePooling2D, example(2, 3, 4, 2, values="mixed", seed=1)
)
### BEGIN HIDDEN TESTS
check_random(
    global_average_pool2d,
    GlobalAveragePooling2D,
    seed=2081,
    channels=True,
    rectangular=True,
    values="mixed",
)
check_random(
    global_average_pool2d,
    GlobalAveragePooling2D,
    seed=2082,
    channels=True,
    rectangular=True,
    values="negative",
)
channels_first = example(2, 3, 4, 5, seed=4)
check_output(global_average_pool2d, GlobalAveragePooling2D, np.moveaxis(channels_first, 1, 3))
### END HIDDEN TESTS
passed("global_average_pool2d, values")

# %% nbgrader={"grade": true, "grade_id": "global-average-keepdims", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: GlobalAveragePooling2D(keepdims)
from pooling_checks import *

check_output(global_average_pool2d, GlobalAveragePooling2D, example(1, 3, 3, 1), keepdims=True)
check_output(global_average_pool2d, GlobalAveragePooling2D, example(1, 3, 3, 1), keepdims=False)
check_shape(global_average_pool2d, GlobalAveragePooling2D, example(2, 3, 4, 3), keepdims=True)
check_shape(global_average_pool2d, GlobalAveragePooling2D, example(2, 3, 4, 3), keepdims=False)
passed("global_average_pool2d, keepdims")

# %% nbgrader={"grade": true, "grade_id": "global-average-dtype", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: GlobalAveragePooling2D(dtype=x.dtype)
from pooling_checks import *

check_output(global_average_pool2d, GlobalAveragePooling2D, example(1, 3, 3, 1))
check_dtype(global_average_pool2d, GlobalAveragePooling2D, example(1, 3, 3, 1))
check_pure(global_average_pool2d, example(1, 3, 3, 1))
check_pure(global_average_pool2d, example(2, 1, 1, 3))
check_pure(global_average_pool2d, example(2, 1, 1, 3), keepdims=True)
passed("global_average_pool2d, dtype")

# %% nbgrader={"grade": true, "grade_id": "global-average-errors", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: GlobalAveragePooling2D refuses an input without 4 axes.
from pooling_checks import *

check_output(global_average_pool2d, GlobalAveragePooling2D, example(1, 3, 3, 1))
check_error(global_average_pool2d, example(3, 3, 1), names="x")
check_error(global_average_pool2d, example(1, 1, 3, 3, 1), names="x")
passed("global_average_pool2d, errors")

# %% nbgrader={"grade": false, "grade_id": "picture-global-average-pool2d", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Your function on the quarters of a photograph, one in each channel. A picture, no test.
from pooling_checks import *

quarters = photograph().reshape(1, 2, 48, 2, 48).transpose(0, 2, 4, 1, 3).reshape(1, 48, 48, 4)
show(global_average_pool2d, GlobalAveragePooling2D, quarters)

# %% [markdown]
# ## 5 · In your own words (4 points, read by a person)
#
# A colleague writes `same` padding in one line: she surrounds the input with zeros (`np.pad`) and
# then pools it with `valid`.
#
# 1. For which inputs is her **max** pooling wrong? Give a small example with numbers.
# 2. For which inputs is her **average** pooling wrong? Give a small example with numbers.
# 3. How would you mend each of the two?

# %% [markdown] nbgrader={"grade": true, "grade_id": "written-padding", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# 1. Wrong where a window at the edge holds only negative numbers: the padded zero is then the
#    largest. Pooling `[[-1]]` with a window of 2 gives 0 instead of -1. Inputs without negative
#    numbers, after a ReLU for example, come out right.
# 2. Wrong at every edge window that has padded cells, unless its numbers sum to zero: the zeros
#    add nothing to the sum but are counted. A map of ones, 3 × 3, window 2, gives ½ at the right
#    edge and ¼ in the corner instead of 1.
# 3. Max: pad with minus infinity, or clip the window to the input. Average: divide by the number
#    of cells inside the input, for example by the pooled sum of an array of ones.
#
# Marking scheme, one point each: (a) only-negative edge windows, with a right example; (b) the
# divisor counts padded cells, with a right example; (c) a mend for max that is right for every
# finite input (a pad of -1 or of "a small number" is not); (d) a mend for average that is right
# for every window and stride.
# ### END SOLUTION

# %% [markdown]
# ## Before you hand in
#
# Restart the kernel and run all cells from top to bottom (*Kernel → Restart Kernel and Run All
# Cells*): a cell that only works because of something you ran earlier and deleted since will not work
# when it is graded either. Then save.
