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
# # Variants of pooling
#
# You write pooling for series and for volumes, a knob between sum and maximum, and pooling to an
# output of a given size. You use NumPy alone, and check each against Keras layers.
#
# | | |
# | --- | --- |
# | **You will be able to** | pool along one axis or three; pool with any $p$-norm without overflow; divide a map of any size into a given number of bins, and turn it into a row of fixed length |
# | **You need** | the assignment *Pooling forward*; the chapter *Types of pooling* |
# | **Time** | about two and a half hours |
# | **Points** | 40: 36 by tests, 4 for a written answer |
#
# ## How it works
#
# Replace `raise NotImplementedError()` in each function, run its cell, and run the tests below it.
# A test that passes says so. A test that fails tells you the case it tried, what is expected, what
# your function gives, and the first window that differs.
# *Run All Cells* stops at the first test that fails; run the cells after it by hand.
#
# Some tests are hidden: their cells say what they will look at, and their cases are added when you
# hand in. They ask for nothing that the docstrings and the tables do not state.
#
# Add cells of your own wherever you like, for example for a function that several answers share. An
# answer may call another answer.
#
# **NumPy only.** Your functions must do the work themselves. A function that calls Keras, TensorFlow,
# PyTorch, JAX, SciPy, scikit-image, OpenCV or the like, even if only for some of its arguments, gets
# no points, and the tests say so. Exploring with them elsewhere in the notebook costs nothing.
#
# Each test looks at one aspect, so a mistake costs the points of what it breaks. The tests of dtype
# and errors first look at one easy case: a function that does not pool at all gets no points for
# leaving its input alone.
#
# Arrays are channels-last: the batch comes first, the channels come last, and the axes between them
# are pooled. Inputs hold finite float32 or float64 numbers.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Run this cell first. It is restored when your work is graded, so changes to it do not last.
import os

# TensorFlow's plain kernels: the same last digit on every machine, and no notes on stderr.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from keras.layers import MaxPooling1D, MaxPooling3D

try:
    import pooling_checks
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "pooling_checks is missing: put the folder that came with this notebook beside it."
    ) from error

# %% [markdown]
# ## 1 · Along one axis
#
# A sound, a heart beat or a sentence has one axis of steps: `(batch, steps, channels)`. The window
# has a length, and nothing else is new.
#
# By hand, window 2 and stride 2 on one channel: `3 1 | 4 1 | 5 9` gives `3 4 9`. With window 3 and
# stride 2 the windows are `3 1 4` and `4 1 5`, and give `4 5`; the 9 is left over. Under `same` there
# are ⌈6 / 2⌉ = 3 windows, and one padded cell, which comes after the 9: `4 5 9`.
#
# As in two dimensions, padded cells **do not count**. Their total is
# `max((outputs - 1) * stride + window - steps, 0)`. Half of it, rounded down, lies before the input.
#
# You will want the same again with three axes. Perhaps a function of your own that makes the windows
# for any number of axes saves you work.
#
# | test | looks at | points |
# | --- | --- | --- |
# | `max1d-valid` | windows side by side, `padding="valid"` (partly hidden) | 1 |
# | `max1d-stride` | strides that are not the window: overlaps and gaps (partly hidden) | 1 |
# | `max1d-same` | `padding="same"`, negative numbers too (partly hidden) | 1 |
# | `max1d-channels` | several examples and channels, also as a transposed view (partly hidden) | 1 |
# | `max1d-dtype` | dtype is kept, the input is left alone (partly hidden) | 1 |
# | `max1d-errors` | `ValueError` for bad arguments (partly hidden) | 1 |


# %% nbgrader={"grade": false, "grade_id": "max-pool1d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def max_pool1d(x, pool_size, strides=None, padding="valid"):
    """Largest number under each window of a series.

    Parameters
    ----------
    x : numpy.ndarray
        Shape (batch, steps, channels), float32 or float64.
    pool_size : int
        Length of the window.
    strides : int, optional
        Steps from one window to the next. `None` means pool_size.
    padding : {"valid", "same"}

    Returns
    -------
    numpy.ndarray
        Shape (batch, new steps, channels), dtype of `x`. Not a view of `x`.

    Raises
    ------
    ValueError
        If x has not 3 axes, pool_size or strides is not a positive integer, padding is neither
        word, or the window is larger than the input under "valid". The message names the argument.
    """
    ### BEGIN SOLUTION
    check_axes(x, 3)
    return pooling_windows(x, pool_size, strides, padding).max(axis=-1)


def check_axes(x, count):
    """ValueError unless `x` has so many axes."""
    if x.ndim != count:
        raise ValueError(f"x must have {count} axes, the batch first, the channels last")


def as_numbers(name, value, count):
    """`value` as `count` positive integers; ValueError names the argument."""
    numbers = value if isinstance(value, (tuple, list)) else (value,) * count
    whole = all(isinstance(n, (int, np.integer)) for n in numbers)
    if len(numbers) != count or not whole or min(numbers) < 1:
        raise ValueError(f"{name} must be a positive integer or {count} of them, not {value!r}")
    return tuple(numbers)


def pooling_windows(x, pool_size, strides, padding):
    """All windows, the cells of each in the last axis: (batch, windows, channels, cells).

    There is an axis of windows for each spatial axis. Cells outside hold minus infinity.
    """
    sizes = x.shape[1:-1]
    window = as_numbers("pool_size", pool_size, len(sizes))
    stride = window if strides is None else as_numbers("strides", strides, len(sizes))
    if padding not in ("valid", "same"):
        raise ValueError(f"padding must be 'valid' or 'same', not {padding!r}")
    pads = []
    for size, w, s in zip(sizes, window, stride, strict=True):
        if padding == "valid" and w > size:
            raise ValueError(f"pool_size {pool_size} is larger than the input, {sizes}")
        total = max((-(-size // s) - 1) * s + w - size, 0)
        pads.append((total // 2, total - total // 2))
    if padding == "same":
        x = np.pad(x, [(0, 0), *pads, (0, 0)], constant_values=-np.inf)
    axes = range(1, x.ndim - 1)
    view = np.lib.stride_tricks.sliding_window_view(x, window, axis=tuple(axes))
    view = view[(slice(None), *(slice(None, None, s) for s in stride))]
    return view.reshape(*view.shape[: x.ndim], np.prod(window))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "max1d-valid", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: MaxPooling1D(pool_size)
from pooling_checks import *

check_output(max_pool1d, MaxPooling1D, example(1, 6, 1), pool_size=2)
check_output(max_pool1d, MaxPooling1D, example(1, 7, 1, seed=1), pool_size=3)
check_output(max_pool1d, MaxPooling1D, example(1, 4, 1, seed=2), pool_size=4)
### BEGIN HIDDEN TESTS
check_random(max_pool1d, MaxPooling1D, seed=2101, cases=16, values="mixed")
### END HIDDEN TESTS
passed("max_pool1d, valid")

# %% nbgrader={"grade": true, "grade_id": "max1d-stride", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: MaxPooling1D(pool_size, strides)
from pooling_checks import *

check_output(max_pool1d, MaxPooling1D, example(1, 6, 1), pool_size=3, strides=2)
check_output(max_pool1d, MaxPooling1D, example(1, 5, 1, seed=1), pool_size=2, strides=1)
check_output(max_pool1d, MaxPooling1D, example(1, 8, 1, seed=2), pool_size=2, strides=3)
### BEGIN HIDDEN TESTS
check_random(max_pool1d, MaxPooling1D, seed=2102, cases=16, strides=True)
### END HIDDEN TESTS
passed("max_pool1d, strides")

# %% nbgrader={"grade": true, "grade_id": "max1d-same", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: MaxPooling1D(pool_size, strides, padding="same")
from pooling_checks import *

check_output(max_pool1d, MaxPooling1D, example(1, 6, 1), pool_size=3, strides=2, padding="same")
check_output(
    max_pool1d, MaxPooling1D, example(1, 5, 1, values="negative"), pool_size=2, padding="same"
)
check_output(max_pool1d, MaxPooling1D, example(1, 3, 1), pool_size=4, strides=1, padding="same")
### BEGIN HIDDEN TESTS
check_random(max_pool1d, MaxPooling1D, seed=2103, padding="same", strides=True)
check_random(max_pool1d, MaxPooling1D, seed=2104, padding="same", values="negative")
### END HIDDEN TESTS
passed("max_pool1d, same")

# %% nbgrader={"grade": true, "grade_id": "max1d-channels", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Several examples and channels.
# Oracle: MaxPooling1D(pool_size)
from pooling_checks import *

check_output(max_pool1d, MaxPooling1D, example(2, 6, 3), pool_size=2)
### BEGIN HIDDEN TESTS
check_random(max_pool1d, MaxPooling1D, seed=2105, cases=16, channels=True, values="mixed")
check_output(max_pool1d, MaxPooling1D, np.moveaxis(example(2, 3, 6), 1, 2), pool_size=2)
### END HIDDEN TESTS
passed("max_pool1d, channels")

# %% nbgrader={"grade": true, "grade_id": "max1d-dtype", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: MaxPooling1D(pool_size, dtype=x.dtype) for values and dtype, NumPy for the rest
from pooling_checks import *

x = example(1, 6, 1, values="mixed")
check_output(max_pool1d, MaxPooling1D, x, pool_size=2)
check_dtype(max_pool1d, MaxPooling1D, x, pool_size=2)
check_pure(max_pool1d, x, pool_size=2)
### BEGIN HIDDEN TESTS
check_pure(max_pool1d, x, pool_size=1)
check_pure(max_pool1d, x, pool_size=3, strides=1, padding="same")
### END HIDDEN TESTS
passed("max_pool1d, dtype")

# %% nbgrader={"grade": true, "grade_id": "max1d-errors", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: MaxPooling1D refuses the same arguments, here or when it is called.
from pooling_checks import *

x = example(1, 6, 1)
check_output(max_pool1d, MaxPooling1D, x, pool_size=2)
check_error(max_pool1d, x, names="pool_size", pool_size=0)
check_error(max_pool1d, x, names="padding", pool_size=2, padding="full")
### BEGIN HIDDEN TESTS
check_error(max_pool1d, x, names="pool_size", pool_size=1.5)
check_error(max_pool1d, x, names="pool_size", pool_size=(2, 2))
check_error(max_pool1d, x, names="strides", pool_size=2, strides=-1)
check_error(max_pool1d, x, names="pool_size|x", pool_size=7)
check_error(max_pool1d, example(1, 6, 6, 1), names="x", pool_size=2)
check_error(max_pool1d, x[0], names="x", pool_size=2)
### END HIDDEN TESTS
passed("max_pool1d, errors")

# %% nbgrader={"grade": false, "grade_id": "picture-max-pool1d", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Your function on the rows of a photograph: each row is a series, so nothing shrinks downwards.
# A picture, no test.
from pooling_checks import *

show_rows(max_pool1d, pool_size=6, strides=4, padding="same")

# %% [markdown]
# ## 2 · Along three axes
#
# A scan of a body, or a film, has three axes: `(batch, depth, height, width, channels)`. The window
# is a box, and `pool_size` and `strides` are one number or three: `(depth, height, width)`.
#
# By hand, a volume of two planes, 2 × 4 each, and `pool_size=2`:
#
# ```
#  plane 0      plane 1
#  1  3 | 2  0      0  1 | 7  0
#  4  2 | 5  1      6  2 | 5  1        →      6  7
# ```
#
# The box on the left holds eight numbers, 1 3 4 2 and 0 1 6 2.
#
# | test | looks at | points |
# | --- | --- | --- |
# | `max3d-valid` | boxes side by side, `padding="valid"` (partly hidden) | 1 |
# | `max3d-stride` | strides that are not the window (partly hidden) | 1 |
# | `max3d-same` | `padding="same"`, negative numbers too (partly hidden) | 1 |
# | `max3d-box` | depth, height and width differ, in the input, window and strides (partly hidden) | 1 |
# | `max3d-channels` | several examples and channels (partly hidden) | 1 |
# | `max3d-dtype` | dtype is kept, the input is left alone (partly hidden) | 1 |
# | `max3d-errors` | `ValueError` for bad arguments (partly hidden) | 1 |


# %% nbgrader={"grade": false, "grade_id": "max-pool3d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def max_pool3d(x, pool_size, strides=None, padding="valid"):
    """Largest number under each box of a volume.

    Parameters
    ----------
    x : numpy.ndarray
        Shape (batch, depth, height, width, channels), float32 or float64.
    pool_size : int or (int, int, int)
        Window, (depth, height, width).
    strides : int or (int, int, int), optional
        Cells from one window to the next, along each axis. `None` means pool_size.
    padding : {"valid", "same"}

    Returns
    -------
    numpy.ndarray
        Shape (batch, new depth, new height, new width, channels), dtype of `x`. Not a view of `x`.

    Raises
    ------
    ValueError
        If x has not 5 axes, pool_size or strides is not a positive integer or three of them,
        padding is neither word, or the window is larger than the input under "valid". The
        message names the argument.
    """
    ### BEGIN SOLUTION
    check_axes(x, 5)
    return pooling_windows(x, pool_size, strides, padding).max(axis=-1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "max3d-valid", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: MaxPooling3D(pool_size)
from pooling_checks import *

check_output(max_pool3d, MaxPooling3D, example(1, 2, 2, 2, 1), pool_size=2)
check_output(max_pool3d, MaxPooling3D, example(1, 5, 5, 5, 1, seed=1), pool_size=2)
### BEGIN HIDDEN TESTS
check_random(max_pool3d, MaxPooling3D, seed=2111, cases=12, values="mixed")
### END HIDDEN TESTS
passed("max_pool3d, valid")

# %% nbgrader={"grade": true, "grade_id": "max3d-stride", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: MaxPooling3D(pool_size, strides)
from pooling_checks import *

check_output(max_pool3d, MaxPooling3D, example(1, 3, 3, 3, 1), pool_size=2, strides=1)
check_output(max_pool3d, MaxPooling3D, example(1, 5, 5, 5, 1, seed=1), pool_size=2, strides=3)
### BEGIN HIDDEN TESTS
check_random(max_pool3d, MaxPooling3D, seed=2112, cases=12, strides=True)
### END HIDDEN TESTS
passed("max_pool3d, strides")

# %% nbgrader={"grade": true, "grade_id": "max3d-same", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: MaxPooling3D(pool_size, strides, padding="same")
from pooling_checks import *

check_output(max_pool3d, MaxPooling3D, example(1, 3, 3, 3, 1), pool_size=2, padding="same")
check_output(
    max_pool3d,
    MaxPooling3D,
    example(1, 3, 3, 3, 1, values="negative"),
    pool_size=2,
    padding="same",
)
### BEGIN HIDDEN TESTS
check_random(max_pool3d, MaxPooling3D, seed=2113, cases=12, padding="same", strides=True)
check_random(max_pool3d, MaxPooling3D, seed=2114, cases=8, padding="same", values="negative")
### END HIDDEN TESTS
passed("max_pool3d, same")

# %% nbgrader={"grade": true, "grade_id": "max3d-box", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Depth, height and width differ.
# Oracle: MaxPooling3D(pool_size, strides)
from pooling_checks import *

check_output(max_pool3d, MaxPooling3D, example(1, 2, 4, 6, 1), pool_size=2)
check_output(max_pool3d, MaxPooling3D, example(1, 4, 4, 4, 1), pool_size=(1, 2, 4))
### BEGIN HIDDEN TESTS
check_random(max_pool3d, MaxPooling3D, seed=2115, cases=8, rectangular=True)
check_random(max_pool3d, MaxPooling3D, seed=2116, cases=8, rectangular=True, strides=True)
### END HIDDEN TESTS
passed("max_pool3d, three lengths")

# %% nbgrader={"grade": true, "grade_id": "max3d-channels", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Several examples and channels.
# Oracle: MaxPooling3D(pool_size)
from pooling_checks import *

check_output(max_pool3d, MaxPooling3D, example(2, 2, 2, 2, 3), pool_size=2)
### BEGIN HIDDEN TESTS
check_random(max_pool3d, MaxPooling3D, seed=2117, cases=8, channels=True)
### END HIDDEN TESTS
passed("max_pool3d, channels")

# %% nbgrader={"grade": true, "grade_id": "max3d-dtype", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: MaxPooling3D(pool_size) for the values, in float32; the dtype must be the input's
from pooling_checks import *

x = example(1, 4, 4, 4, 1, values="mixed")
check_output(max_pool3d, MaxPooling3D, x, pool_size=2)
check_dtype(max_pool3d, MaxPooling3D, x, pool_size=2)
check_pure(max_pool3d, x, pool_size=2)
### BEGIN HIDDEN TESTS
check_pure(max_pool3d, x, pool_size=1)
check_pure(max_pool3d, x, pool_size=3, padding="same")
### END HIDDEN TESTS
passed("max_pool3d, dtype")

# %% nbgrader={"grade": true, "grade_id": "max3d-errors", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: MaxPooling3D refuses the same arguments, here or when it is called.
from pooling_checks import *

x = example(1, 4, 4, 4, 1)
check_output(max_pool3d, MaxPooling3D, x, pool_size=2)
check_error(max_pool3d, x, names="pool_size", pool_size=0)
check_error(max_pool3d, x[0], names="x", pool_size=2)
### BEGIN HIDDEN TESTS
check_error(max_pool3d, x, names="pool_size", pool_size=(2, 2))
check_error(max_pool3d, x, names="pool_size", pool_size=(2, 2, 1.5))
check_error(max_pool3d, x, names="pool_size", pool_size=(2, -1, 2))
check_error(max_pool3d, x, names="strides", pool_size=2, strides=0)
check_error(max_pool3d, x, names="strides", pool_size=2, strides=(1, 1))
check_error(max_pool3d, x, names="padding", pool_size=2, padding="full")
check_error(max_pool3d, x, names="pool_size|x", pool_size=(5, 1, 1))
check_error(max_pool3d, x, names="pool_size|x", pool_size=(1, 1, 5))
### END HIDDEN TESTS
passed("max_pool3d, errors")

# %% nbgrader={"grade": false, "grade_id": "picture-max-pool3d", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Your function on four photographs in a stack, each turned by a quarter. You see the first plane
# that goes in, and the first that comes out. A picture, no test.
from pooling_checks import *

show_volume(max_pool3d, pool_size=(2, 4, 4))

# %% [markdown]
# ## 3 · Lp pooling
#
# $L_p$ pooling takes the $p$-norm of each window:
#
# $$y = \Bigl( \sum_{i} |x_i|^p \Bigr)^{1/p}, \qquad p \ge 1.$$
#
# By hand, for a window that holds 3, 0 and −4:
#
# | $p$ | sum of $\lvert x_i\rvert^p$ | result |
# | --- | --- | --- |
# | 1 | 3 + 0 + 4 = 7 | 7 |
# | 2 | 9 + 0 + 16 = 25 | 5 |
# | 3 | 27 + 0 + 64 = 91 | 4.498 |
# | ∞ | | 4, the largest $\lvert x_i\rvert$ |
#
# It is the **sum**, not the mean, that stands in the bracket.
#
# There is a trap. With $p = 20$ a window of thousands has the powers $1000^{20} = 10^{60}$, and float32
# ends at $3.4 \cdot 10^{38}$; yet the result is an ordinary number, a little over 1000. How large may
# the numbers be when they are raised to the power? The norm of a window that you divide by a number
# is the norm divided by that number. Beware of windows that hold only zeros: their norm is 0.
#
# | test | looks at | points |
# | --- | --- | --- |
# | `lp-sum` | positive numbers, $p$ = 1, 2, 3 and fractions (partly hidden) | 1 |
# | `lp-signs` | numbers of both signs, odd and even $p$ (partly hidden) | 1 |
# | `lp-infinity` | `p=np.inf`, numbers of both signs (partly hidden) | 1 |
# | `lp-large` | large numbers, large $p$, and windows of zeros (partly hidden) | 1 |
# | `lp-stride` | strides; height and width that differ (partly hidden) | 1 |
# | `lp-channels` | several examples and channels (partly hidden) | 1 |
# | `lp-dtype` | dtype and precision are kept, the input is left alone (partly hidden) | 1 |
# | `lp-errors` | `ValueError` for bad arguments (partly hidden) | 1 |


# %% nbgrader={"grade": false, "grade_id": "lp-pool2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lp_pool2d(x, p, pool_size, strides=None):
    """The p-norm of each window, without padding: (sum of |x|^p)^(1/p).

    Parameters
    ----------
    x : numpy.ndarray
        Shape (batch, height, width, channels), float32 or float64.
    p : float
        At least 1. `np.inf` asks for the largest |x|.
    pool_size : int or (int, int)
        Window, (height, width).
    strides : int or (int, int), optional
        Cells from one window to the next, (down, across). `None` means pool_size.

    Returns
    -------
    numpy.ndarray
        Shape (batch, new height, new width, channels), dtype of `x`. Not a view of `x`. Finite
        wherever the norm is a number that the dtype can hold, even if the powers are not.

    Raises
    ------
    ValueError
        If x has not 4 axes, pool_size or strides is not a positive integer or a pair of them, or
        the window is larger than the input. The message names the argument.
    """
    ### BEGIN SOLUTION
    check_axes(x, 4)
    sizes = np.abs(pooling_windows(x, pool_size, strides, "valid"))
    largest = sizes.max(axis=-1)
    scale = largest + (largest == 0)  # a window of zeros is divided by one
    # For p = inf the powers are 0 or 1, and the root of their sum is 1.
    powers = (sizes / scale[..., np.newaxis]) ** p
    return largest * powers.sum(axis=-1) ** (1 / p)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "lp-sum", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: AveragePooling2D of |x|^p, times the cells of a window, to the power of 1/p
from pooling_checks import *

x = example(1, 4, 4, 1)
check_output(lp_pool2d, LpPooling(), x, p=2, pool_size=2)
check_output(lp_pool2d, LpPooling(), x, p=1, pool_size=2)
check_output(lp_pool2d, LpPooling(), example(1, 7, 7, 1, seed=1), p=3, pool_size=3)
### BEGIN HIDDEN TESTS
check_output(lp_pool2d, LpPooling(), x, p=3, pool_size=1)
check_random_variants(lp_pool2d, LpPooling(), seed=2121, p=(1, 1.5, 2, 2.5, 3))
### END HIDDEN TESTS
passed("lp_pool2d, sums")

# %% nbgrader={"grade": true, "grade_id": "lp-signs", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Numbers of both signs.
# Oracle: AveragePooling2D of |x|^p, times the cells of a window, to the power of 1/p
from pooling_checks import *

x = example(1, 4, 4, 1, values="mixed")
check_output(lp_pool2d, LpPooling(), x, p=1, pool_size=2)
check_output(lp_pool2d, LpPooling(), x, p=3, pool_size=2)
### BEGIN HIDDEN TESTS
check_random_variants(lp_pool2d, LpPooling(), seed=2141, p=(1, 2, 2.5, 3, 5), values="mixed")
check_random_variants(lp_pool2d, LpPooling(), seed=2161, p=(1, 3, 4), values="negative", cases=6)
### END HIDDEN TESTS
passed("lp_pool2d, signs")

# %% nbgrader={"grade": true, "grade_id": "lp-infinity", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: MaxPooling2D of |x|
from pooling_checks import *

check_output(lp_pool2d, LpPooling(), example(1, 4, 4, 1), p=np.inf, pool_size=2)
check_output(lp_pool2d, LpPooling(), example(1, 4, 4, 1, values="mixed"), p=np.inf, pool_size=2)
### BEGIN HIDDEN TESTS
check_random_variants(lp_pool2d, LpPooling(), seed=2181, p=(np.inf,), values="mixed")
### END HIDDEN TESTS
passed("lp_pool2d, infinity")

# %% nbgrader={"grade": true, "grade_id": "lp-large", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Powers that no float32 can hold, and windows of zeros.
# Oracle: AveragePooling2D of (|x| / largest)^p in float64, the same way
from pooling_checks import *

x = example(1, 4, 4, 1)
check_output(lp_pool2d, LpPooling(), 1000 + x, p=20, pool_size=2)
check_output(lp_pool2d, LpPooling(), 0 * x, p=2, pool_size=2)
check_output(lp_pool2d, LpPooling(), x * np.float32(1e30), p=2, pool_size=2)
### BEGIN HIDDEN TESTS
check_output(lp_pool2d, LpPooling(), -x * np.float32(1e36), p=9, pool_size=2, strides=1)
check_output(lp_pool2d, LpPooling(), x.astype("float64") * 1e300, p=3, pool_size=3)
check_output(lp_pool2d, LpPooling(), 900 + x, p=150, pool_size=2)
half = np.concatenate([np.zeros_like(x), x], axis=1)
check_output(lp_pool2d, LpPooling(), half, p=40, pool_size=2)
check_output(lp_pool2d, LpPooling(), half, p=1, pool_size=2)
check_output(lp_pool2d, LpPooling(), half, p=np.inf, pool_size=2)
### END HIDDEN TESTS
passed("lp_pool2d, large numbers")

# %% nbgrader={"grade": true, "grade_id": "lp-stride", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Strides; height and width that differ.
# Oracle: AveragePooling2D(pool_size, strides) of |x|^p, times the cells, to the power of 1/p
from pooling_checks import *

check_output(lp_pool2d, LpPooling(), example(1, 5, 5, 1), p=2, pool_size=3, strides=1)
check_output(lp_pool2d, LpPooling(), example(1, 4, 6, 1), p=2, pool_size=(2, 3))
check_output(lp_pool2d, LpPooling(), example(1, 6, 6, 1), p=2, pool_size=2, strides=(1, 3))
### BEGIN HIDDEN TESTS
check_random_variants(lp_pool2d, LpPooling(), seed=2201, rectangular=True, strides=True)
check_random_variants(lp_pool2d, LpPooling(), seed=2221, rectangular=True, cases=8)
### END HIDDEN TESTS
passed("lp_pool2d, strides")

# %% nbgrader={"grade": true, "grade_id": "lp-channels", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Several examples and channels.
# Oracle: AveragePooling2D of |x|^p, times the cells of a window, to the power of 1/p
from pooling_checks import *

check_output(lp_pool2d, LpPooling(), example(2, 4, 4, 3), p=2, pool_size=2)
### BEGIN HIDDEN TESTS
check_random_variants(lp_pool2d, LpPooling(), seed=2241, channels=True, cases=8)
check_output(lp_pool2d, LpPooling(), np.moveaxis(example(2, 3, 4, 4), 1, 3), p=2, pool_size=2)
### END HIDDEN TESTS
passed("lp_pool2d, channels")

# %% nbgrader={"grade": true, "grade_id": "lp-dtype", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: AveragePooling2D(pool_size, dtype="float64"), the result in the input's dtype
from pooling_checks import *

x = example(1, 4, 4, 1)
check_output(lp_pool2d, LpPooling(), x, p=2, pool_size=2)
check_dtype(lp_pool2d, LpPooling(), x, p=2, pool_size=2)
check_pure(lp_pool2d, -x, p=2, pool_size=2)
### BEGIN HIDDEN TESTS
check_dtype(lp_pool2d, LpPooling(), x, p=2.5, pool_size=2)
check_pure(lp_pool2d, x, p=1, pool_size=1)
check_pure(lp_pool2d, -x, p=np.inf, pool_size=1)
### END HIDDEN TESTS
passed("lp_pool2d, dtype")

# %% nbgrader={"grade": true, "grade_id": "lp-errors", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: AveragePooling2D refuses the same arguments, here or when it is called.
from pooling_checks import *

x = example(1, 4, 4, 1)
check_output(lp_pool2d, LpPooling(), x, p=2, pool_size=2)
check_error(lp_pool2d, x, names="pool_size", p=2, pool_size=0)
check_error(lp_pool2d, x[0], names="x", p=2, pool_size=2)
### BEGIN HIDDEN TESTS
check_error(lp_pool2d, x, names="pool_size", p=2, pool_size=(2, 1.5))
check_error(lp_pool2d, x, names="pool_size", p=2, pool_size=(2, 2, 2))
check_error(lp_pool2d, x, names="strides", p=2, pool_size=2, strides=0)
check_error(lp_pool2d, x, names="pool_size|x", p=2, pool_size=(5, 1))
check_error(lp_pool2d, x, names="pool_size|x", p=2, pool_size=(1, 5))
check_error(lp_pool2d, x[np.newaxis], names="x", p=2, pool_size=2)
### END HIDDEN TESTS
passed("lp_pool2d, errors")

# %% nbgrader={"grade": false, "grade_id": "picture-lp-pool2d", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Your function on a photograph. A picture, no test: where it is wrong, it shows the first window.
from pooling_checks import *

show(lp_pool2d, LpPooling(), photograph(), p=8, pool_size=6, strides=4)

# %% [markdown]
# ## 4 · Adaptive average pooling
#
# Now the output's size is given, and the windows follow. An axis of $L$ cells becomes $n$ bins; bin
# $i$ = 0, …, $n − 1$ starts at $\lfloor iL/n \rfloor$ and ends before $\lceil (i+1)L/n \rceil$.
#
# By hand, $L = 5$ cells and $n = 3$ bins:
#
# | bin | starts at | ends before | of `2 6 1 5 7` | average |
# | --- | --- | --- | --- | --- |
# | 0 | ⌊0⌋ = 0 | ⌈5/3⌉ = 2 | `2 6` | 4 |
# | 1 | ⌊5/3⌋ = 1 | ⌈10/3⌉ = 4 | `6 1 5` | 4 |
# | 2 | ⌊10/3⌋ = 3 | ⌈5⌉ = 5 | `5 7` | 6 |
#
# The start is rounded down and the end is rounded up, so no cell is left out. Bins may overlap, and
# may differ in length. There may even be more bins than cells. If $n$ divides $L$, the bins lie side
# by side, and adaptive pooling is ordinary pooling with window and stride $L/n$.
#
# A map has such bins down and across; an output cell is the average of a box.
#
# | test | looks at | points |
# | --- | --- | --- |
# | `adaptive-average-divides` | sizes that the output divides, also one single output (partly hidden) | 1 |
# | `adaptive-average-bins` | sizes that it does not divide, and more outputs than cells (partly hidden) | 1 |
# | `adaptive-average-rectangular` | height and width differ, in the input and in the output (partly hidden) | 1 |
# | `adaptive-average-channels` | several examples and channels, also as a transposed view (partly hidden) | 1 |
# | `adaptive-average-dtype` | dtype and precision are kept, the input is left alone (partly hidden) | 1 |
# | `adaptive-average-errors` | `ValueError` when `x` has not 4 axes | 1 |


# %% nbgrader={"grade": false, "grade_id": "adaptive-average-pool2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def adaptive_average_pool2d(x, output_size):
    """Mean of each bin, for an output of a given size.

    Parameters
    ----------
    x : numpy.ndarray
        Shape (batch, height, width, channels), float32 or float64.
    output_size : int or (int, int)
        Bins, (down, across); at least 1.

    Returns
    -------
    numpy.ndarray
        Shape (batch, down, across, channels), dtype of `x`. Not a view of `x`.

    Raises
    ------
    ValueError
        If x has not 4 axes. The message names x.
    """
    ### BEGIN SOLUTION
    return adaptive_pool(x, output_size, np.mean)


def adaptive_pool(x, output_size, summary):
    """`summary` of each bin."""
    check_axes(x, 4)
    down, across = output_size if isinstance(output_size, tuple) else (output_size, output_size)
    out = np.empty((len(x), down, across, x.shape[3]), x.dtype)
    for i, rows in enumerate(bins(x.shape[1], down)):
        for j, columns in enumerate(bins(x.shape[2], across)):
            out[:, i, j] = summary(x[:, rows, columns], axis=(1, 2))
    return out


def bins(length, count):
    """The cells of each bin, as slices."""
    return [slice(i * length // count, -(-(i + 1) * length // count)) for i in range(count)]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "adaptive-average-divides", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: AdaptiveAveragePooling2D(output_size), made of GlobalAveragePooling2D on each bin
from pooling_checks import *

check_output(
    adaptive_average_pool2d, AdaptivePooling("average"), example(1, 4, 4, 1), output_size=2
)
check_output(
    adaptive_average_pool2d, AdaptivePooling("average"), example(1, 3, 3, 1), output_size=1
)
### BEGIN HIDDEN TESTS
check_output(
    adaptive_average_pool2d, AdaptivePooling("average"), example(1, 3, 3, 1), output_size=3
)
check_random_variants(
    adaptive_average_pool2d, AdaptivePooling("average"), seed=2301, divides=True, values="mixed"
)
### END HIDDEN TESTS
passed("adaptive_average_pool2d, sizes that divide")

# %% nbgrader={"grade": true, "grade_id": "adaptive-average-bins", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: AdaptiveAveragePooling2D(output_size), made of GlobalAveragePooling2D on each bin
from pooling_checks import *

check_output(
    adaptive_average_pool2d, AdaptivePooling("average"), example(1, 5, 5, 1), output_size=3
)
check_output(
    adaptive_average_pool2d, AdaptivePooling("average"), example(1, 7, 7, 1), output_size=4
)
check_output(
    adaptive_average_pool2d, AdaptivePooling("average"), example(1, 2, 2, 1), output_size=3
)
### BEGIN HIDDEN TESTS
check_random_variants(adaptive_average_pool2d, AdaptivePooling("average"), seed=2321)
check_output(
    adaptive_average_pool2d, AdaptivePooling("average"), example(1, 9, 9, 1), output_size=7
)
check_output(
    adaptive_average_pool2d, AdaptivePooling("average"), example(1, 1, 1, 1), output_size=2
)
### END HIDDEN TESTS
passed("adaptive_average_pool2d, bins")

# %% nbgrader={"grade": true, "grade_id": "adaptive-average-rectangular", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Height and width differ.
# Oracle: AdaptiveAveragePooling2D(output_size), made of GlobalAveragePooling2D on each bin
from pooling_checks import *

check_output(
    adaptive_average_pool2d, AdaptivePooling("average"), example(1, 4, 6, 1), output_size=2
)
check_output(
    adaptive_average_pool2d, AdaptivePooling("average"), example(1, 6, 6, 1), output_size=(2, 3)
)
### BEGIN HIDDEN TESTS
check_random_variants(
    adaptive_average_pool2d, AdaptivePooling("average"), seed=2341, rectangular=True, divides=True
)
### END HIDDEN TESTS
passed("adaptive_average_pool2d, height and width")

# %% nbgrader={"grade": true, "grade_id": "adaptive-average-channels", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Several examples and channels.
# Oracle: AdaptiveAveragePooling2D(output_size), made of GlobalAveragePooling2D on each bin
from pooling_checks import *

check_output(
    adaptive_average_pool2d, AdaptivePooling("average"), example(2, 4, 4, 3), output_size=2
)
### BEGIN HIDDEN TESTS
check_random_variants(
    adaptive_average_pool2d, AdaptivePooling("average"), seed=2361, channels=True, divides=True
)
channels_first = example(2, 3, 4, 4, seed=4)
check_output(
    adaptive_average_pool2d,
    AdaptivePooling("average"),
    np.moveaxis(channels_first, 1, 3),
    output_size=2,
)
### END HIDDEN TESTS
passed("adaptive_average_pool2d, channels")

# %% nbgrader={"grade": true, "grade_id": "adaptive-average-dtype", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: AdaptiveAveragePooling2D(output_size, dtype=x.dtype), made of GlobalAveragePooling2D
from pooling_checks import *

x = example(1, 4, 4, 1, values="mixed")
check_output(adaptive_average_pool2d, AdaptivePooling("average"), x, output_size=2)
check_dtype(adaptive_average_pool2d, AdaptivePooling("average"), x, output_size=2)
check_pure(adaptive_average_pool2d, x, output_size=2)
### BEGIN HIDDEN TESTS
check_pure(adaptive_average_pool2d, x, output_size=4)
check_pure(adaptive_average_pool2d, example(2, 1, 1, 3), output_size=1)
### END HIDDEN TESTS
passed("adaptive_average_pool2d, dtype")

# %% nbgrader={"grade": true, "grade_id": "adaptive-average-errors", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: GlobalAveragePooling2D refuses an input without 4 axes.
from pooling_checks import *

x = example(1, 4, 4, 1)
check_output(adaptive_average_pool2d, AdaptivePooling("average"), x, output_size=2)
check_error(adaptive_average_pool2d, x[0], names="x", output_size=2)
check_error(adaptive_average_pool2d, x[np.newaxis], names="x", output_size=2)
passed("adaptive_average_pool2d, errors")

# %% nbgrader={"grade": false, "grade_id": "picture-adaptive-average", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Your function on a photograph. A picture, no test: where it is wrong, it shows the first window.
from pooling_checks import *

show(adaptive_average_pool2d, AdaptivePooling("average"), photograph(), output_size=(20, 14))

# %% [markdown]
# ## 5 · Adaptive max pooling
#
# The same bins, and the largest number of each. For `2 6 1 5 7` and three bins that is 6, 6 and 7: the
# 6 lies in two bins, and comes out twice.
#
# | test | looks at | points |
# | --- | --- | --- |
# | `adaptive-max-bins` | maps and outputs of all sizes (partly hidden) | 1 |
# | `adaptive-max-channels` | several examples and channels, negative numbers (partly hidden) | 1 |
# | `adaptive-max-dtype` | dtype is kept, the input is left alone (partly hidden) | 1 |
# | `adaptive-max-errors` | `ValueError` when `x` has not 4 axes | 1 |


# %% nbgrader={"grade": false, "grade_id": "adaptive-max-pool2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def adaptive_max_pool2d(x, output_size):
    """Largest number of each bin, for an output of a given size.

    Parameters
    ----------
    x : numpy.ndarray
        Shape (batch, height, width, channels), float32 or float64.
    output_size : int or (int, int)
        Bins, (down, across); at least 1.

    Returns
    -------
    numpy.ndarray
        Shape (batch, down, across, channels), dtype of `x`. Not a view of `x`.

    Raises
    ------
    ValueError
        If x has not 4 axes. The message names x.
    """
    ### BEGIN SOLUTION
    return adaptive_pool(x, output_size, np.max)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "adaptive-max-bins", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: AdaptiveMaxPooling2D(output_size), made of GlobalMaxPooling2D on each bin
from pooling_checks import *

check_output(adaptive_max_pool2d, AdaptivePooling("max"), example(1, 4, 4, 1), output_size=2)
check_output(adaptive_max_pool2d, AdaptivePooling("max"), example(1, 5, 5, 1), output_size=3)
check_output(adaptive_max_pool2d, AdaptivePooling("max"), example(1, 6, 4, 1), output_size=(4, 2))
### BEGIN HIDDEN TESTS
check_random_variants(adaptive_max_pool2d, AdaptivePooling("max"), seed=2401)
check_random_variants(adaptive_max_pool2d, AdaptivePooling("max"), seed=2421, rectangular=True)
### END HIDDEN TESTS
passed("adaptive_max_pool2d, bins")

# %% nbgrader={"grade": true, "grade_id": "adaptive-max-channels", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Several examples and channels, negative numbers.
# Oracle: AdaptiveMaxPooling2D(output_size), made of GlobalMaxPooling2D on each bin
from pooling_checks import *

check_output(
    adaptive_max_pool2d, AdaptivePooling("max"), example(2, 4, 4, 3, values="mixed"), output_size=2
)
### BEGIN HIDDEN TESTS
check_random_variants(
    adaptive_max_pool2d,
    AdaptivePooling("max"),
    seed=2441,
    channels=True,
    divides=True,
    values="negative",
)
### END HIDDEN TESTS
passed("adaptive_max_pool2d, channels")

# %% nbgrader={"grade": true, "grade_id": "adaptive-max-dtype", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: AdaptiveMaxPooling2D(output_size, dtype=x.dtype), made of GlobalMaxPooling2D
from pooling_checks import *

x = example(1, 4, 4, 1)
check_output(adaptive_max_pool2d, AdaptivePooling("max"), x, output_size=2)
check_dtype(adaptive_max_pool2d, AdaptivePooling("max"), x, output_size=2)
check_pure(adaptive_max_pool2d, x, output_size=2)
### BEGIN HIDDEN TESTS
check_pure(adaptive_max_pool2d, x, output_size=4)
check_pure(adaptive_max_pool2d, example(2, 1, 1, 3), output_size=1)
### END HIDDEN TESTS
passed("adaptive_max_pool2d, dtype")

# %% nbgrader={"grade": true, "grade_id": "adaptive-max-errors", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: GlobalMaxPooling2D refuses an input without 4 axes.
from pooling_checks import *

x = example(1, 4, 4, 1)
check_output(adaptive_max_pool2d, AdaptivePooling("max"), x, output_size=2)
check_error(adaptive_max_pool2d, x[0], names="x", output_size=2)
check_error(adaptive_max_pool2d, x[np.newaxis], names="x", output_size=2)
passed("adaptive_max_pool2d, errors")

# %% nbgrader={"grade": false, "grade_id": "picture-adaptive-max", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Your function on a photograph. A picture, no test: where it is wrong, it shows the first window.
from pooling_checks import *

show(adaptive_max_pool2d, AdaptivePooling("max"), photograph(), output_size=(20, 14))

# %% [markdown]
# ## 6 · A spatial pyramid
#
# A dense layer wants a row of fixed length; pictures come in all sizes. Pool the map adaptively to
# 1 × 1, to 2 × 2, to 4 × 4, and write all results in one row: 1 + 4 + 16 = 21 numbers for each channel,
# however large the map was.
#
# The order matters, for each number has its own weights in the dense layer. Level after level, in the
# order in which they are given; within a level row after row, within a row column after column, and
# for each column all channels.
#
# By hand, one channel, levels `(1, 2)`:
#
# ```
#  1  3 | 2  0
#  4  2 | 5  1
# ------+------   →   8   4  5  8  6
#  7  0 | 1  1
#  8  1 | 6  2
# ```
#
# With two channels, a and b, the row is `a b`, then `a b a b a b a b`: ten numbers.
#
# | test | looks at | points |
# | --- | --- | --- |
# | `pyramid-shape` | the shape, for maps of all sizes (partly hidden) | 1 |
# | `pyramid-order` | a single level: its numbers in (row, column, channel) order (partly hidden) | 1 |
# | `pyramid-levels` | several levels, in the order given, also twice the same (partly hidden) | 1 |
# | `pyramid-dtype` | dtype is kept, the input is left alone (partly hidden) | 1 |
# | `pyramid-errors` | `ValueError` when `x` has not 4 axes | 1 |


# %% nbgrader={"grade": false, "grade_id": "spatial-pyramid-pool", "locked": false, "schema_version": 3, "solution": true, "task": false}
def spatial_pyramid_pool(x, levels):
    """Adaptive max pooling to several sizes, all in one row.

    Parameters
    ----------
    x : numpy.ndarray
        Shape (batch, height, width, channels), float32 or float64.
    levels : tuple or list of int
        Level l is pooled to (l, l); at least one level, each at least 1.

    Returns
    -------
    numpy.ndarray
        Shape (batch, channels * sum of l * l), dtype of `x`. Not a view of `x`. The levels stand
        in the order given, each in (row, column, channel) order.

    Raises
    ------
    ValueError
        If x has not 4 axes. The message names x.
    """
    ### BEGIN SOLUTION
    pooled = [adaptive_max_pool2d(x, level) for level in levels]
    rows = [level.reshape(len(x), level.size // len(x)) for level in pooled]
    return np.concatenate(rows, axis=1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "pyramid-shape", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: AdaptiveMaxPooling2D(level) for each level, Flatten, Concatenate
from pooling_checks import *

check_shape(spatial_pyramid_pool, SpatialPyramid(), example(1, 4, 4, 1), levels=(1, 2))
check_shape(spatial_pyramid_pool, SpatialPyramid(), example(2, 7, 5, 3), levels=(1, 2, 4))
### BEGIN HIDDEN TESTS
check_shape(spatial_pyramid_pool, SpatialPyramid(), example(3, 9, 6, 2), levels=[4, 2, 1])
check_shape(spatial_pyramid_pool, SpatialPyramid(), example(2, 2, 3, 1), levels=(3,))
check_shape(spatial_pyramid_pool, SpatialPyramid(), example(2, 1, 8, 2), levels=(2, 3))
### END HIDDEN TESTS
passed("spatial_pyramid_pool, shape")

# %% nbgrader={"grade": true, "grade_id": "pyramid-order", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# A single level.
# Oracle: AdaptiveMaxPooling2D(level), Flatten
from pooling_checks import *

check_output(spatial_pyramid_pool, SpatialPyramid(), example(1, 4, 4, 1), levels=(2,))
check_output(spatial_pyramid_pool, SpatialPyramid(), example(1, 5, 5, 2), levels=(3,))
### BEGIN HIDDEN TESTS
check_random_variants(
    spatial_pyramid_pool,
    SpatialPyramid(),
    seed=2501,
    single=True,
    rectangular=True,
    channels=True,
    values="mixed",
)
### END HIDDEN TESTS
passed("spatial_pyramid_pool, order")

# %% nbgrader={"grade": true, "grade_id": "pyramid-levels", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Several levels, one channel.
# Oracle: AdaptiveMaxPooling2D(level) for each level, Flatten, Concatenate
from pooling_checks import *

check_output(spatial_pyramid_pool, SpatialPyramid(), example(1, 4, 4, 1), levels=(1, 2))
check_output(spatial_pyramid_pool, SpatialPyramid(), example(1, 5, 7, 1), levels=(3, 1, 2))
### BEGIN HIDDEN TESTS
check_output(spatial_pyramid_pool, SpatialPyramid(), example(1, 4, 4, 1), levels=[2, 2, 1])
check_random_variants(spatial_pyramid_pool, SpatialPyramid(), seed=2521, rectangular=True)
check_output(spatial_pyramid_pool, SpatialPyramid(), example(2, 4, 4, 3), levels=(2, 1))
### END HIDDEN TESTS
passed("spatial_pyramid_pool, levels")

# %% nbgrader={"grade": true, "grade_id": "pyramid-dtype", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: AdaptiveMaxPooling2D(level, dtype=x.dtype), Flatten
from pooling_checks import *

x = example(1, 4, 4, 1)
check_output(spatial_pyramid_pool, SpatialPyramid(), x, levels=(2,))
check_dtype(spatial_pyramid_pool, SpatialPyramid(), x, levels=(2,))
check_pure(spatial_pyramid_pool, x, levels=(2,))
### BEGIN HIDDEN TESTS
check_pure(spatial_pyramid_pool, x, levels=(1, 4))
check_pure(spatial_pyramid_pool, x, levels=(4,))
check_pure(spatial_pyramid_pool, example(1, 1, 1, 2), levels=(1,))
### END HIDDEN TESTS
passed("spatial_pyramid_pool, dtype")

# %% nbgrader={"grade": true, "grade_id": "pyramid-errors", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: GlobalMaxPooling2D refuses an input without 4 axes.
from pooling_checks import *

x = example(1, 4, 4, 1)
check_output(spatial_pyramid_pool, SpatialPyramid(), x, levels=(2,))
check_error(spatial_pyramid_pool, x[0], names="x", levels=(2,))
check_error(spatial_pyramid_pool, x[np.newaxis], names="x", levels=(2,))
passed("spatial_pyramid_pool, errors")

# %% nbgrader={"grade": false, "grade_id": "picture-spatial-pyramid", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Your function on a photograph: the numbers of three levels, in a row. A picture, no test.
from pooling_checks import *

show(spatial_pyramid_pool, SpatialPyramid(), photograph(), levels=(1, 2, 4))

# %% [markdown]
# ## 7 · In your own words (4 points, read by a person)
#
# A network classifies photographs of any size. Its last convolution gives maps of 64 channels. After
# them comes a way to pool, and then a dense layer.
#
# 1. Why can `Flatten` alone not stand before the dense layer?
# 2. How many numbers does the dense layer get after `GlobalMaxPooling2D`, and how many after
#    `spatial_pyramid_pool` with levels 1, 2 and 4?
# 3. What does the dense layer know after the pyramid that it does not know after global pooling? Name
#    a task for which that helps, and one for which it does not.
# 4. A cell of the map lies in two bins of `adaptive_average_pool2d`. The gradients of the two outputs
#    are known. What is the gradient of the cell?

# %% [markdown] nbgrader={"grade": true, "grade_id": "written-pyramid", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# 1. A dense layer has a weight for each of its inputs, so their number is fixed when it is built.
#    `Flatten` gives height · width · 64 numbers, which changes with the size of the photograph.
# 2. 64 · 1 = 64, and 64 · (1 + 4 + 16) = 64 · 21 = 1344.
# 3. Roughly *where* a feature is: in which quarter, in which sixteenth. That helps where the place
#    tells the classes apart, such as beach (sky above, sea below) or an arrow that points left or
#    right. It does not help where an object may be anywhere, such as "is there a dog?"; there the
#    extra weights have to learn the same thing for each place.
# 4. The sum of two shares: each output's gradient divided by the number of cells of its bin.
#
# Marking scheme, one point each: (a) the number of inputs of a dense layer is fixed, and Flatten's is
# not; (b) both numbers; (c) coarse position, with a task for and a task against; (d) the sum, and
# the division by each bin's own number of cells.
# ### END SOLUTION

# %% [markdown]
# ## Before you hand in
#
# Restart the kernel and run all cells from top to bottom (*Kernel → Restart Kernel and Run All
# Cells*): a cell that only works because of something you ran earlier and deleted since will not work
# when it is graded either. Then save.
