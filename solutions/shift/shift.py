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
# # Shifts and aliasing
#
# You write blur pooling and max-blur pooling, which halve a map without losing so much when the
# picture moves, and the number that measures what a network's answers lose.
#
# | | |
# | --- | --- |
# | **You will be able to** | blur and subsample a map as a convolution with `same` does; build max-blur pooling from its two steps, in the right order; measure how consistent answers are under shifts |
# | **You need** | the assignment *Pooling forward*; the chapter *Shifts and aliasing* |
# | **Time** | about an hour and a half |
# | **Points** | 37: 33 by tests, 4 for a written answer |
#
# ## How it works
#
# Replace `raise NotImplementedError()` in each function, run its cell, and run the tests below it.
# A test that passes says so. A test that fails tells you the case it tried, what the Keras layers
# give, what your function gives, and the first window that differs.
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
# input and errors first look at one easy case: a function that does not do its work at all gets no
# points for leaving its input alone.
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

try:
    import pooling_checks
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "pooling_checks is missing: put the folder that came with this notebook beside it."
    ) from error

# %% [markdown]
# ## 1 · Blur pooling
#
# A map that is to be made smaller is first made smoother: each cell is mixed with its neighbours, and
# only then are cells dropped. So what is dropped has left a trace in what stays, and a picture that
# moves by one pixel does not change the result so abruptly. The blur is a convolution with fixed
# weights, the same for every channel, and channels are never mixed:
#
# ```
# 1 2 1
# 2 4 2   / 16
# 1 2 1
# ```
#
# By hand, one cell of 16 in a map of zeros, stride 1:
#
# ```
#  0  0  0  0        1  2  1  0
#  0 16  0  0   →    2  4  2  0
#  0  0  0  0        1  2  1  0
#  0  0  0  0        0  0  0  0
# ```
#
# **The border.** Like Keras' `DepthwiseConv2D` with `padding="same"`, you count a cell outside the
# input as **zero**. It keeps its weight: you always divide by 16, also in a corner. So a map of ones
# comes out as 9/16 in its corners. (The pooling layers of *Pooling forward* leave cells outside out;
# the paper that proposed blur pooling pads by reflection. Here it is zeros.)
#
# **The stride.** The layout is that of `same`, with a window of 3. Along an axis of `size` cells
# there are `ceil(size / stride)` places. The number of padded cells is
# `max((places - 1) * stride + 3 - size, 0)`; half of them, rounded down, lie before the input, the
# rest after it. With stride 1 that is one cell on each side. With a larger stride it need not be: in
# the example, stride 2 pads no cell before and one after. The windows then start at 0 and 2, so their
# *centres* are rows 1 and 3, columns 1 and 3, and the result is
#
# ```
#  4  0
#  0  0
# ```
#
# A map of 5 × 5 has 3 places and two padded cells along an axis, one on each side: the centres are 0,
# 2 and 4.

# %% [markdown]
# | test | looks at | points |
# | --- | --- | --- |
# | `blur-kernel` | the nine weights, stride 1, far from the border; negative numbers (partly hidden) | 2 |
# | `blur-border` | cells outside count as zeros, stride 1 (partly hidden) | 2 |
# | `blur-stride` | strides from 1 to 4, even and odd sizes (partly hidden) | 3 |
# | `blur-rectangular` | height and width differ, in the input and in the strides (partly hidden) | 2 |
# | `blur-channels` | several examples and channels, also as a transposed view (partly hidden) | 1 |
# | `blur-dtype` | dtype and precision are kept | 1 |
# | `blur-pure` | the input is left alone, the output is an array of its own (partly hidden) | 1 |
# | `blur-errors` | `ValueError` for bad arguments (partly hidden) | 1 |


# %% nbgrader={"grade": false, "grade_id": "blur-pool2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def blur_pool2d(x, strides):
    """Blur each channel with [1, 2, 1]ᵀ[1, 2, 1] / 16 and keep every so many cells.

    Parameters
    ----------
    x : numpy.ndarray
        Shape (batch, height, width, channels), float32 or float64, with any height and width from
        1 on.
    strides : int or (int, int)
        Cells from one window to the next, (down, across).

    Returns
    -------
    numpy.ndarray
        Shape (batch, ceil(height / down), ceil(width / across), channels), dtype of `x`: the
        layout of "same". Cells outside the input are zeros. Not a view of `x`.

    Raises
    ------
    ValueError
        If x has not 4 axes, or strides is not a positive integer or a pair of them. The message
        names the argument.
    """
    ### BEGIN SOLUTION
    if x.ndim != 4:
        raise ValueError(f"x must have 4 axes (batch, height, width, channels), not {x.ndim}")
    down, across = as_pair("strides", strides)
    return blur_axis(blur_axis(x, 1, down), 2, across)


def as_pair(name, value):
    """`value` as (height, width); ValueError names the argument."""
    pair = value if isinstance(value, (tuple, list)) else (value, value)
    whole = all(isinstance(n, (int, np.integer)) for n in pair)
    if len(pair) != 2 or not whole or min(pair) < 1:
        raise ValueError(f"{name} must be a positive integer or two of them, not {value!r}")
    return tuple(pair)


def blur_axis(x, axis, stride):
    """Blur along one axis: the kernel is the product of a column and a row."""
    size = x.shape[axis]
    places = -(-size // stride)
    total = max((places - 1) * stride + 3 - size, 0)
    pads = [(0, 0)] * 4
    pads[axis] = (total // 2, total - total // 2)
    padded = np.pad(x, pads)
    starts = np.arange(places) * stride
    first, middle, last = (padded.take(starts + n, axis=axis) for n in range(3))
    return (first + 2 * middle + last) / 4
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "blur-kernel", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Oracle: DepthwiseConv2D(3, strides, padding="same") with the weights of the blur
from pooling_checks import *

impulse = np.zeros((1, 5, 5, 1), "float32")
impulse[0, 2, 2, 0] = 16
check_output(blur_pool2d, BlurPooling(), impulse, strides=1)
# A frame of zeros, so that it does not matter what lies outside.
x = np.pad(example(1, 2, 2, 1), [(0, 0), (2, 2), (2, 2), (0, 0)])
check_output(blur_pool2d, BlurPooling(), x, strides=1)
### BEGIN HIDDEN TESTS
for seed, size in ((2101, 3), (2102, 4)):
    x = example(1, size, size, 1, values="mixed", seed=seed)
    x = np.pad(x, [(0, 0), (2, 2), (2, 2), (0, 0)])
    check_output(blur_pool2d, BlurPooling(), x, strides=1)
### END HIDDEN TESTS
passed("blur_pool2d, weights")

# %% nbgrader={"grade": true, "grade_id": "blur-border", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Oracle: DepthwiseConv2D(3, strides, padding="same") with the weights of the blur
from pooling_checks import *

check_output(blur_pool2d, BlurPooling(), np.ones((1, 4, 4, 1), "float32"), strides=1)
check_output(blur_pool2d, BlurPooling(), example(1, 3, 3, 1), strides=1)
### BEGIN HIDDEN TESTS
check_random_blurs(blur_pool2d, BlurPooling(), seed=2111, cases=8, strides=False)
### END HIDDEN TESTS
passed("blur_pool2d, border")

# %% nbgrader={"grade": true, "grade_id": "blur-stride", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# Oracle: DepthwiseConv2D(3, strides, padding="same") with the weights of the blur
from pooling_checks import *

impulse = np.zeros((1, 4, 4, 1), "float32")
impulse[0, 1, 1, 0] = 16
check_output(blur_pool2d, BlurPooling(), impulse, strides=2)
check_output(blur_pool2d, BlurPooling(), example(1, 5, 5, 1), strides=2)
check_output(blur_pool2d, BlurPooling(), example(1, 6, 6, 1, seed=1), strides=3)
### BEGIN HIDDEN TESTS
for size in range(1, 9):
    x = example(1, size, size, 1, seed=size)
    for stride in (2, 3, 4):
        check_output(blur_pool2d, BlurPooling(), x, strides=stride)
### END HIDDEN TESTS
passed("blur_pool2d, strides")

# %% nbgrader={"grade": true, "grade_id": "blur-rectangular", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Height and width differ.
# Oracle: DepthwiseConv2D(3, strides, padding="same") with the weights of the blur
# (Keras takes two different strides as a stride of 1, of which it keeps every so many cells.)
from pooling_checks import *

check_output(blur_pool2d, BlurPooling(), example(1, 4, 6, 1), strides=1)
check_output(blur_pool2d, BlurPooling(), example(1, 6, 6, 1, seed=1), strides=(1, 2))
check_output(blur_pool2d, BlurPooling(), example(1, 5, 6, 1, seed=2), strides=(2, 3))
### BEGIN HIDDEN TESTS
check_output(blur_pool2d, BlurPooling(), example(1, 1, 5, 1, seed=3), strides=(1, 1))
check_output(blur_pool2d, BlurPooling(), example(1, 6, 6, 1, seed=3), strides=(3, 1))
check_random_blurs(blur_pool2d, BlurPooling(), seed=2121, rectangular=True)
### END HIDDEN TESTS
passed("blur_pool2d, height and width")

# %% nbgrader={"grade": true, "grade_id": "blur-channels", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Several examples and channels.
# Oracle: DepthwiseConv2D(3, strides, padding="same") with the weights of the blur
from pooling_checks import *

check_output(blur_pool2d, BlurPooling(), example(2, 3, 3, 3, seed=2), strides=1)
### BEGIN HIDDEN TESTS
check_random_blurs(blur_pool2d, BlurPooling(), seed=2131, cases=8, strides=False, channels=True)
channels_first = example(2, 3, 5, 5, seed=4)
check_output(blur_pool2d, BlurPooling(), np.moveaxis(channels_first, 1, 3), strides=1)
### END HIDDEN TESTS
passed("blur_pool2d, channels")

# %% nbgrader={"grade": true, "grade_id": "blur-dtype", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: DepthwiseConv2D(3, strides, padding="same", dtype=x.dtype)
from pooling_checks import *

x = np.pad(example(1, 1, 1, 1), [(0, 0), (2, 2), (2, 2), (0, 0)])
check_output(blur_pool2d, BlurPooling(), 16 * x, strides=1)
check_dtype(blur_pool2d, BlurPooling(), example(1, 5, 5, 1), strides=1)
passed("blur_pool2d, dtype")

# %% nbgrader={"grade": true, "grade_id": "blur-pure", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: DepthwiseConv2D(3, strides, padding="same") for the values, NumPy for the rest
from pooling_checks import *

x = np.pad(example(1, 1, 1, 1), [(0, 0), (2, 2), (2, 2), (0, 0)])
check_output(blur_pool2d, BlurPooling(), 16 * x, strides=1)
check_pure(blur_pool2d, example(1, 5, 5, 1, values="mixed"), strides=1)
### BEGIN HIDDEN TESTS
check_pure(blur_pool2d, example(2, 4, 4, 3, values="mixed"), strides=2)
check_pure(blur_pool2d, example(1, 1, 1, 1), strides=1)
### END HIDDEN TESTS
passed("blur_pool2d, input untouched")

# %% nbgrader={"grade": true, "grade_id": "blur-errors", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: DepthwiseConv2D refuses the same arguments, here or when it is called.
from pooling_checks import *

x = np.pad(example(1, 1, 1, 1), [(0, 0), (2, 2), (2, 2), (0, 0)])
check_output(blur_pool2d, BlurPooling(), 16 * x, strides=1)
check_error(blur_pool2d, x, names="strides", strides=0)
check_error(blur_pool2d, x[0], names="x", strides=1)
### BEGIN HIDDEN TESTS
check_error(blur_pool2d, x, names="strides", strides=-1)
check_error(blur_pool2d, x, names="strides", strides=1.5)
check_error(blur_pool2d, x, names="strides", strides=(2, 0))
check_error(blur_pool2d, x, names="strides", strides=(1.5, 2))
check_error(blur_pool2d, x, names="strides", strides=(2, 2, 2))
check_error(blur_pool2d, x[np.newaxis], names="x", strides=1)
### END HIDDEN TESTS
passed("blur_pool2d, errors")

# %% nbgrader={"grade": false, "grade_id": "picture-blur-pool2d", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Your function on a photograph. A picture, no test: where it is wrong, it shows the first window.
from pooling_checks import *

show(blur_pool2d, BlurPooling(), photograph(), strides=2)

# %% [markdown]
# ## 2 · Max-blur pooling
#
# Max pooling with a stride does two things: it takes the maximum at *every* cell, and then it drops
# cells. The first step follows every move of the picture; the second does not. Max-blur pooling puts
# the blur between the two:
#
# 1. the maximum under a window at every cell: max pooling with stride 1 and `same`;
# 2. `blur_pool2d`, which takes the stride.
#
# By hand, along one axis only, window 2 and stride 2. Under `same` the window of 2 covers a cell and
# the next one, and at the end the cell alone. The blur of 6 cells with stride 2 has its centres at
# cells 1, 3 and 5.
#
# ```
#                       the row           the row moved by one
#                       0 0 8 8 0 0       0 0 0 8 8 0
# max at every cell     0 8 8 8 0 0       0 0 8 8 8 0
#   blurred, strided    6 6 0             2 8 2
# max pooling           0 8 0             0 8 8
# ```
#
# After the move one number of max pooling has jumped by 8, from nothing to everything. The numbers of
# max-blur pooling have changed by 4, 2 and 2.
#
# For the maximum, cells outside the input **do not count**: they are not zeros. `pool_size - 1` cells
# are padded along an axis, half of them, rounded down, before the input. For the blur, cells outside
# are zeros, as before. The window may be larger than the input.
#
# | test | looks at | points |
# | --- | --- | --- |
# | `max-blur-order` | the two steps, and where the stride belongs; window 3 (partly hidden) | 3 |
# | `max-blur-window` | windows of 1 to 4, also larger than the input, stride 1 (partly hidden) | 2 |
# | `max-blur-negative` | negative numbers (hidden) | 2 |
# | `max-blur-rectangular` | height and width differ, in input, window and strides (partly hidden) | 2 |
# | `max-blur-channels` | several examples and channels, also as a transposed view (partly hidden) | 1 |
# | `max-blur-dtype` | dtype and precision are kept | 1 |
# | `max-blur-pure` | the input is left alone, the output is an array of its own (partly hidden) | 1 |
# | `max-blur-errors` | `ValueError` for bad arguments (partly hidden) | 1 |


# %% nbgrader={"grade": false, "grade_id": "max-blur-pool2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def max_blur_pool2d(x, pool_size, strides):
    """Take the maximum under a window at every cell, then blur and keep every so many cells.

    Parameters
    ----------
    x : numpy.ndarray
        Shape (batch, height, width, channels), float32 or float64, with any height and width from
        1 on.
    pool_size : int or (int, int)
        Window of the maximum, (height, width). It may be larger than the input.
    strides : int or (int, int)
        Cells from one window of the blur to the next, (down, across).

    Returns
    -------
    numpy.ndarray
        Shape (batch, ceil(height / down), ceil(width / across), channels), dtype of `x`: the
        layout of "same" in both steps. Cells outside the input do not count in the maximum, and
        are zeros in the blur. Not a view of `x`.

    Raises
    ------
    ValueError
        If x has not 4 axes, or pool_size or strides is not a positive integer or a pair of them.
        The message names the argument.
    """
    ### BEGIN SOLUTION
    if x.ndim != 4:
        raise ValueError(f"x must have 4 axes (batch, height, width, channels), not {x.ndim}")
    window = as_pair("pool_size", pool_size)
    pads = [(0, 0), *[((n - 1) // 2, n // 2) for n in window], (0, 0)]
    padded = np.pad(x, pads, constant_values=-np.inf)
    view = np.lib.stride_tricks.sliding_window_view(padded, window, axis=(1, 2))
    return blur_pool2d(view.max(axis=(4, 5)), strides)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "max-blur-order", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# Oracle: MaxPooling2D(pool_size, strides=1, padding="same"), then DepthwiseConv2D as above
from pooling_checks import *

check_output(max_blur_pool2d, MaxBlurPooling(), example(1, 5, 5, 1), pool_size=3, strides=1)
check_output(max_blur_pool2d, MaxBlurPooling(), example(1, 4, 4, 1, seed=1), pool_size=3, strides=2)
check_output(max_blur_pool2d, MaxBlurPooling(), example(1, 5, 5, 1, seed=2), pool_size=3, strides=2)
### BEGIN HIDDEN TESTS
for size in range(1, 8):
    x = example(1, size, size, 1, seed=size)
    for stride in (1, 2, 3):
        check_output(max_blur_pool2d, MaxBlurPooling(), x, pool_size=3, strides=stride)
### END HIDDEN TESTS
passed("max_blur_pool2d, order")

# %% nbgrader={"grade": true, "grade_id": "max-blur-window", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Oracle: MaxPooling2D(pool_size, strides=1, padding="same"), then DepthwiseConv2D as above
from pooling_checks import *

check_output(max_blur_pool2d, MaxBlurPooling(), example(1, 4, 4, 1), pool_size=2, strides=1)
check_output(max_blur_pool2d, MaxBlurPooling(), example(1, 5, 5, 1, seed=1), pool_size=4, strides=1)
check_output(max_blur_pool2d, MaxBlurPooling(), example(1, 2, 2, 1), pool_size=3, strides=1)
### BEGIN HIDDEN TESTS
check_random_blurs(max_blur_pool2d, MaxBlurPooling(), seed=2141, strides=False)
### END HIDDEN TESTS
passed("max_blur_pool2d, windows")

# %% nbgrader={"grade": true, "grade_id": "max-blur-rectangular", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Height and width differ.
# Oracle: MaxPooling2D(pool_size, strides=1, padding="same"), then DepthwiseConv2D as above
from pooling_checks import *

check_output(max_blur_pool2d, MaxBlurPooling(), example(1, 4, 6, 1), pool_size=2, strides=2)
check_output(
    max_blur_pool2d, MaxBlurPooling(), example(1, 6, 6, 1, seed=1), pool_size=(1, 3), strides=1
)
check_output(
    max_blur_pool2d, MaxBlurPooling(), example(1, 6, 6, 1, seed=2), pool_size=2, strides=(1, 2)
)
### BEGIN HIDDEN TESTS
check_random_blurs(max_blur_pool2d, MaxBlurPooling(), seed=2151, rectangular=True)
### END HIDDEN TESTS
passed("max_blur_pool2d, height and width")

# %% nbgrader={"grade": true, "grade_id": "max-blur-channels", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Several examples and channels.
# Oracle: MaxPooling2D(pool_size, strides=1, padding="same"), then DepthwiseConv2D as above
from pooling_checks import *

check_output(max_blur_pool2d, MaxBlurPooling(), example(2, 4, 4, 3, seed=2), pool_size=3, strides=1)
### BEGIN HIDDEN TESTS
for batch, channels in ((1, 4), (3, 1), (2, 2)):
    x = example(batch, 3, 3, channels, seed=2161 + batch)
    check_output(max_blur_pool2d, MaxBlurPooling(), x, pool_size=3, strides=1)
channels_first = example(2, 3, 4, 4, seed=4)
check_output(
    max_blur_pool2d, MaxBlurPooling(), np.moveaxis(channels_first, 1, 3), pool_size=3, strides=1
)
### END HIDDEN TESTS
passed("max_blur_pool2d, channels")

# %% nbgrader={"grade": true, "grade_id": "max-blur-dtype", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: MaxPooling2D and DepthwiseConv2D, with dtype=x.dtype
from pooling_checks import *

x = np.pad(example(1, 1, 1, 1), [(0, 0), (3, 3), (3, 3), (0, 0)])
check_output(max_blur_pool2d, MaxBlurPooling(), 16 * x, pool_size=3, strides=1)
check_dtype(max_blur_pool2d, MaxBlurPooling(), example(1, 5, 5, 1), pool_size=3, strides=1)
passed("max_blur_pool2d, dtype")

# %% nbgrader={"grade": true, "grade_id": "max-blur-pure", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: MaxPooling2D and DepthwiseConv2D for the values, NumPy for the rest
from pooling_checks import *

x = np.pad(example(1, 1, 1, 1), [(0, 0), (3, 3), (3, 3), (0, 0)])
check_output(max_blur_pool2d, MaxBlurPooling(), 16 * x, pool_size=3, strides=1)
check_pure(max_blur_pool2d, example(1, 5, 5, 1, values="mixed"), pool_size=2, strides=2)
### BEGIN HIDDEN TESTS
check_pure(max_blur_pool2d, example(2, 4, 4, 3, values="mixed"), pool_size=1, strides=1)
check_pure(max_blur_pool2d, example(1, 1, 1, 1), pool_size=1, strides=1)
### END HIDDEN TESTS
passed("max_blur_pool2d, input untouched")

# %% nbgrader={"grade": true, "grade_id": "max-blur-errors", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: MaxPooling2D and DepthwiseConv2D refuse the same arguments, here or when called.
from pooling_checks import *

x = np.pad(example(1, 1, 1, 1), [(0, 0), (3, 3), (3, 3), (0, 0)])
check_output(max_blur_pool2d, MaxBlurPooling(), 16 * x, pool_size=3, strides=1)
check_error(max_blur_pool2d, x, names="pool_size", pool_size=0, strides=1)
check_error(max_blur_pool2d, x, names="strides", pool_size=2, strides=0)
### BEGIN HIDDEN TESTS
check_error(max_blur_pool2d, x, names="pool_size", pool_size=(2, -1), strides=1)
check_error(max_blur_pool2d, x, names="pool_size", pool_size=1.5, strides=1)
check_error(max_blur_pool2d, x, names="pool_size", pool_size=(2, 2, 2), strides=1)
check_error(max_blur_pool2d, x, names="strides", pool_size=2, strides=(1, 1.5))
check_error(max_blur_pool2d, x, names="strides", pool_size=2, strides=(1, 1, 1))
check_error(max_blur_pool2d, x[0], names="x", pool_size=2, strides=1)
check_error(max_blur_pool2d, x[np.newaxis], names="x", pool_size=2, strides=1)
### END HIDDEN TESTS
passed("max_blur_pool2d, errors")

# %% nbgrader={"grade": true, "grade_id": "max-blur-negative", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Hidden when released: negative numbers.
# Oracle: MaxPooling2D(pool_size, strides=1, padding="same"), then DepthwiseConv2D as above
### BEGIN HIDDEN TESTS
from pooling_checks import *

check_output(
    max_blur_pool2d,
    MaxBlurPooling(),
    example(1, 3, 3, 1, values="negative"),
    pool_size=3,
    strides=1,
)
check_random_blurs(
    max_blur_pool2d, MaxBlurPooling(), seed=2171, cases=8, strides=False, values="negative"
)
### END HIDDEN TESTS

# %% nbgrader={"grade": false, "grade_id": "picture-max-blur-pool2d", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Your function on a photograph. A picture, no test: where it is wrong, it shows the first window.
from pooling_checks import *

show(max_blur_pool2d, MaxBlurPooling(), photograph(), pool_size=3, strides=2)

# %% [markdown]
# ## 3 · Consistency
#
# Does a network give the same answer when the picture moves? Show it every picture at several places,
# and note the label it answers: a table with a row for each shift and a column for each example.
# *Consistency* is the fraction of pairs of two **different** shifts, over all examples, whose labels
# agree.
#
# By hand, three shifts and two examples:
#
# ```
#            example 0   example 1
# shift 0        3           7
# shift 1        3           1
# shift 2        5           7
# ```
#
# There are three pairs of shifts: 0 and 1, 0 and 2, 1 and 2. For example 0 the first pair agrees, for
# example 1 the second. That is 2 of 6: the consistency is 1/3.
#
# The right labels do not occur in it, and it does not matter which numbers stand for the classes.
#
# | test | looks at | points |
# | --- | --- | --- |
# | `consistency-two` | two shifts (partly hidden) | 1 |
# | `consistency-pairs` | three to six shifts: which pairs are counted (partly hidden) | 3 |
# | `consistency-labels` | labels that are any integers, negative or large (hidden) | 1 |
# | `consistency-pure` | the input is left alone (partly hidden) | 1 |
# | `consistency-errors` | `ValueError` for anything but two axes with two shifts or more (partly hidden) | 1 |


# %% nbgrader={"grade": false, "grade_id": "shift-consistency", "locked": false, "schema_version": 3, "solution": true, "task": false}
def shift_consistency(outputs):
    """Fraction of (pair of different shifts, example) whose labels agree.

    Parameters
    ----------
    outputs : numpy.ndarray
        Labels, any integers, of shape (shifts, examples), with two shifts or more and one example
        or more.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ValueError
        If outputs has not 2 axes, or fewer than two shifts. The message names outputs.
    """
    ### BEGIN SOLUTION
    if outputs.ndim != 2 or len(outputs) < 2:
        raise ValueError(
            f"outputs must be (shifts, examples) with two shifts or more, not {outputs.shape}"
        )
    agree = outputs[:, np.newaxis] == outputs
    different = ~np.eye(len(outputs), dtype=bool)
    return float(agree[different].mean())
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "consistency-two", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: Dot(axes=2) of one-hot codes counts the pairs of shifts that agree
from pooling_checks import *

check_output(shift_consistency, ShiftConsistency(), np.array([[3, 7, 1], [3, 1, 1]]))
check_output(shift_consistency, ShiftConsistency(), np.array([[3, 7], [4, 8]]))
### BEGIN HIDDEN TESTS
check_random_labels(shift_consistency, seed=2181, cases=8, shifts=2)
### END HIDDEN TESTS
passed("shift_consistency, two shifts")

# %% nbgrader={"grade": true, "grade_id": "consistency-pairs", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# Oracle: Dot(axes=2) of one-hot codes counts the pairs of shifts that agree
from pooling_checks import *

check_output(shift_consistency, ShiftConsistency(), np.array([[3, 7], [3, 1], [5, 7]]))
check_output(shift_consistency, ShiftConsistency(), np.array([[1, 1], [1, 2], [2, 1], [2, 2]]))
### BEGIN HIDDEN TESTS
check_random_labels(shift_consistency, seed=2191)
### END HIDDEN TESTS
passed("shift_consistency, pairs of shifts")

# %% nbgrader={"grade": true, "grade_id": "consistency-pure", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: Dot(axes=2) of one-hot codes for the number, NumPy for the rest
from pooling_checks import *

check_output(shift_consistency, ShiftConsistency(), np.array([[1, 2], [1, 3], [1, 4]]))
check_pure(shift_consistency, np.array([[3, 7, 2], [1, 9, 2], [5, 7, 0]]))
### BEGIN HIDDEN TESTS
check_pure(shift_consistency, np.array([[5, 4, 3, 2], [1, 0, 3, 1]]))
check_pure(shift_consistency, np.array([[-5, -4], [1, 0]]))
### END HIDDEN TESTS
passed("shift_consistency, input untouched")

# %% nbgrader={"grade": true, "grade_id": "consistency-errors", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: Dot(axes=2) of one-hot codes, for one easy case
from pooling_checks import *

check_output(shift_consistency, ShiftConsistency(), np.array([[1, 2], [1, 3], [1, 4]]))
check_error(shift_consistency, np.array([3, 7, 1]), names="outputs")
check_error(shift_consistency, np.array([[3, 7, 1]]), names="outputs")
### BEGIN HIDDEN TESTS
check_error(shift_consistency, np.array([[[3, 7], [3, 1]], [[3, 7], [3, 1]]]), names="outputs")
check_error(shift_consistency, np.array([[3]]), names="outputs")
check_error(shift_consistency, np.zeros((0, 3), int), names="outputs")
### END HIDDEN TESTS
passed("shift_consistency, errors")

# %% nbgrader={"grade": true, "grade_id": "consistency-labels", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Hidden when released: labels that are any integers.
# Oracle: Dot(axes=2) of one-hot codes counts the pairs of shifts that agree
### BEGIN HIDDEN TESTS
from pooling_checks import *

check_output(shift_consistency, ShiftConsistency(), np.array([[-1, 5, 0], [12, 0, 0], [12, 5, 0]]))
check_output(
    shift_consistency, ShiftConsistency(), np.array([[10**12, -3], [10**12 + 1, -3], [0, 1]])
)
check_output(
    shift_consistency, ShiftConsistency(), np.array([[2, 200], [2, 200], [3, 100]], "uint8")
)
### END HIDDEN TESTS

# %% nbgrader={"grade": false, "grade_id": "picture-shift-consistency", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Is a cell bright? Asked of a photograph that moves by 0 to 7 cells: a row of answers for each.
# A picture, no test.
from pooling_checks import *

bright = photograph()[0, :, :, 0] > 110
answers = [np.roll(bright, shift, axis=1)[4::8, 4::8].ravel() for shift in range(8)]
show(shift_consistency, ShiftConsistency(), np.stack(answers).astype("int64"))

# %% [markdown]
# ## 4 · In your own words (4 points, read by a person)
#
# A colleague replaces the max pooling of her network by max-blur pooling. Its consistency rises from
# 0.91 to 0.97, and she writes: "Max pooling is not translation invariant because the maximum is
# sensitive to noise. The blur makes the network shift-invariant, so it is the better network."
#
# 1. Which of the two steps of max pooling with a stride does not follow a move of the picture, the
#    maximum or the dropping of cells? Give a row of numbers that shows it.
# 2. Why does the blur stand between the two steps, and not behind both?
# 3. Is her network shift-invariant now?
# 4. Why does a higher consistency not make it the better network? What has to be reported with it?

# %% [markdown] nbgrader={"grade": true, "grade_id": "written-shift", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# 1. Dropping cells. The maximum with stride 1 moves along with the picture (away from the border):
#    of 0 0 8 8 0 0 it makes 0 8 8 8 0 0, and of the row moved by one, 0 0 0 8 8 0, the same moved
#    by one, 0 0 8 8 8 0. Every second cell of the two, from the first on, is 0 8 0 and 0 8 8: the
#    second is not the first moved.
# 2. Behind both it is too late. What lay in the dropped cells is gone, and fine detail has already
#    become an alias that looks like coarse detail; a blur then smooths the wrong values. Between
#    the two it takes out the detail that is too fine for the new grid before cells are dropped.
# 3. No. 3 % of the pairs still differ, and consistency is measured on some shifts and examples
#    only. The weights 1 2 1 weaken fine detail, they do not remove it all; zero padding, content
#    that leaves the picture, ReLU and later layers with a fixed place (Flatten) break it as well.
# 4. Consistency does not look at the right label: a network that always answers 3 has consistency
#    1. Accuracy must be reported with it, on pictures that are moved too; the blur may also cost
#    detail that is needed, so accuracy can fall, and it costs time.
#
# Marking scheme, one point each: (a) dropping cells, with a row that shows it; (b) what is dropped
# or aliased cannot be repaired afterwards; (c) no, with one right reason; (d) consistency does not
# know the right answer (a constant network has 1), so accuracy is needed too.
# ### END SOLUTION

# %% [markdown]
# ## Before you hand in
#
# Restart the kernel and run all cells from top to bottom (*Kernel → Restart Kernel and Run All
# Cells*): a cell that only works because of something you ran earlier and deleted since will not work
# when it is graded either. Then save.
