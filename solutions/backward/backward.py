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
# # Pooling backward
#
# You write the backward passes of the pooling layers with NumPy alone: given the gradient that comes
# back to a layer, which gradient goes on to its input? Each is checked against TensorFlow's
# `GradientTape` on the Keras layer.
#
# | | |
# | --- | --- |
# | **You will be able to** | send a gradient back through max, average and global pooling; say what happens where windows overlap, reach over the edge, or hold several maxima |
# | **You need** | the assignment `forward` (windows, strides, `same`); the chapter *Gradients through pooling* |
# | **Time** | about two hours |
# | **Points** | 40: 36 by tests, 4 for a written answer |
#
# ## How it works
#
# Replace `raise NotImplementedError()` in each function, run its cell, and run the tests below it.
# A test that passes says so. A test that fails tells you the case it tried, what the tape gives,
# what your function gives, and the first cell that differs, with the windows in which it lies.
# *Run All Cells* stops at the first test that fails; run the cells after it by hand.
#
# Some tests are hidden: their cells say what they will look at, and their cases are added when you
# hand in. They ask for nothing that the docstrings and the tables do not state.
#
# Add cells of your own wherever you like. What you wrote for `forward`, for example the size of the
# output and the padding, will be of use: copy it into a cell before the functions that need it.
#
# **NumPy only.** Your functions must do the work themselves. A function that calls Keras, TensorFlow,
# PyTorch, JAX, SciPy, scikit-image, OpenCV or the like, even if only for some of its arguments, gets
# no points, and the tests say so. Exploring with them elsewhere in the notebook costs nothing.
#
# Each test looks at one aspect, so a mistake costs the points of what it breaks. The tests of dtype,
# input and errors first look at one easy case: a function that sends nothing back gets no points for
# leaving its input alone.
#
# ## Names
#
# The layer turned its input `x` into an output, and the rest of the network a loss *L*. What comes
# back is `grad`: for each number of the *output*, how fast *L* grows with it. It has the output's
# shape. Your result says the same for each number of the *input*, and has the input's shape.
#
# One check always helps: pooling passes on all the gradient that it gets. **The numbers of
# the result add up to the same as the numbers of `grad`.**
#
# Arrays are channels-last: `(batch, height, width, channels)`. `pool_size` and `strides` are an `int`
# or a pair `(height, width)`. Arrays hold finite float32 or float64 numbers. The result has the dtype
# of `grad`.

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
# ## 1 · Global average pooling
#
# The layer made one number of each channel's map: the mean of its *n* = height × width cells. If any
# one of them grows by a little, the mean grows by 1/*n* of that. So every cell gets an equal share of
# the gradient, `grad / n`.
#
# By hand, a map of 2 × 3 cells whose mean got the gradient 12:
#
# ```
#  12   →   2  2  2
#           2  2  2
# ```
#
# The values of the input do not matter, so the function is not given them: only the input's shape.
#
# | test | looks at | points |
# | --- | --- | --- |
# | `global-average-values` | maps of all shapes, several examples and channels (partly hidden) | 1 |
# | `global-average-dtype` | dtype and precision are kept, `grad` is left alone | 1 |
# | `global-average-errors` | `ValueError` for shapes that do not fit (partly hidden) | 1 |


# %% nbgrader={"grade": false, "grade_id": "global-average-pool2d-backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def global_average_pool2d_backward(grad, x_shape):
    """Gradient of global average pooling with respect to its input.

    Parameters
    ----------
    grad : numpy.ndarray
        Gradient with respect to the output, shape (batch, channels), float32 or float64.
    x_shape : (int, int, int, int)
        Shape of the input, (batch, height, width, channels).

    Returns
    -------
    numpy.ndarray
        Gradient with respect to the input, shape `x_shape`, dtype of `grad`. Not a view of `grad`.

    Raises
    ------
    ValueError
        If x_shape has not 4 numbers, or the shape of grad is not (batch, channels) of x_shape. The
        message names one of the two.
    """
    ### BEGIN SOLUTION
    if len(x_shape) != 4:
        raise ValueError(f"x_shape must have 4 numbers, not {x_shape}")
    batch, height, width, channels = x_shape
    if grad.shape != (batch, channels):
        raise ValueError(f"grad must have shape {(batch, channels)}, not {grad.shape}")
    share = grad / (height * width)
    return np.tile(share[:, np.newaxis, np.newaxis, :], (1, height, width, 1))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "global-average-values", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: GlobalAveragePooling2D()
from pooling_checks import *

oracle = gradient_of(GlobalAveragePooling2D)
check_output(global_average_pool2d_backward, oracle, example(1, 1) * 12, x_shape=(1, 2, 3, 1))
check_output(
    global_average_pool2d_backward, oracle, example(2, 3, values="mixed"), x_shape=(2, 3, 3, 3)
)
### BEGIN HIDDEN TESTS
check_random_gradients(
    global_average_pool2d_backward, oracle, seed=3011, channels=True, rectangular=True
)
transposed = example(4, 2, values="mixed", seed=3).T
check_output(global_average_pool2d_backward, oracle, transposed, x_shape=(2, 3, 2, 4))
### END HIDDEN TESTS
passed("global_average_pool2d_backward, values")

# %% nbgrader={"grade": true, "grade_id": "global-average-dtype", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: GlobalAveragePooling2D(dtype=grad.dtype)
from pooling_checks import *

oracle = gradient_of(GlobalAveragePooling2D)
grad = example(1, 1) * 12
check_output(global_average_pool2d_backward, oracle, grad, x_shape=(1, 2, 3, 1))
check_gradient_dtype(global_average_pool2d_backward, oracle, grad, x_shape=(1, 2, 3, 1))
check_pure(global_average_pool2d_backward, grad, x_shape=(1, 2, 3, 1))
check_pure(global_average_pool2d_backward, example(2, 3), x_shape=(2, 1, 1, 3))
passed("global_average_pool2d_backward, dtype")

# %% nbgrader={"grade": true, "grade_id": "global-average-errors", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: GlobalAveragePooling2D()(x) has the shape that grad must have.
from pooling_checks import *

function = global_average_pool2d_backward
check_output(
    function, gradient_of(GlobalAveragePooling2D), example(1, 1) * 12, x_shape=(1, 2, 3, 1)
)
check_error(function, example(2, 3), (1, 2, 2, 3), names="grad|x_shape")
check_error(function, example(2, 3), (2, 4, 3), names="grad|x_shape")
### BEGIN HIDDEN TESTS
check_error(function, example(2, 3), (2, 2, 2, 1), names="grad|x_shape")
check_error(function, example(1, 3), (2, 2, 2, 3), names="grad|x_shape")
check_error(function, example(2, 1), (2, 2, 2, 3), names="grad|x_shape")
check_error(function, example(2, 3), (2, 3, 4, 2, 3), names="grad|x_shape")
check_error(function, example(2, 1, 1, 3), (2, 2, 2, 3), names="grad|x_shape")
### END HIDDEN TESTS
passed("global_average_pool2d_backward, errors")

# %% nbgrader={"grade": false, "grade_id": "picture-global-average-backward", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Your function on a small photograph: each of its pixels is the gradient of one channel. The maps
# that come out are laid side by side. A picture, no test.
from pooling_checks import *

show_global_average_gradient(global_average_pool2d_backward)

# %% [markdown]
# ## 2 · Global max pooling
#
# Only the largest number of a map acts on its maximum: if it grows by a little, so does the output. So
# the cell that holds the maximum gets all of the gradient, and the others get nothing.
#
# Where several cells hold the maximum there is no derivative in the strict sense, and a library must
# choose. `GlobalMaxPooling2D` shares the gradient **equally among all maxima**. You do the same.
#
# By hand, two maps that both got the gradient 6. The second has three maxima:
#
# ```
#  1  5  2        0  6  0          4  1  4        2  0  2
#  3  0  4   →    0  0  0          0  4  3   →    0  2  0
# ```
#
# | test | looks at | points |
# | --- | --- | --- |
# | `global-max-values` | maps of all shapes and signs, several examples and channels (partly hidden) | 1 |
# | `global-max-ties` | several cells hold the maximum (partly hidden) | 1 |
# | `global-max-dtype` | dtype and precision of `grad` are kept, `grad` and `x` are left alone | 1 |
# | `global-max-errors` | `ValueError` for shapes that do not fit (partly hidden) | 1 |


# %% nbgrader={"grade": false, "grade_id": "global-max-pool2d-backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def global_max_pool2d_backward(grad, x):
    """Gradient of global max pooling with respect to its input.

    Parameters
    ----------
    grad : numpy.ndarray
        Gradient with respect to the output, shape (batch, channels), float32 or float64.
    x : numpy.ndarray
        The input, shape (batch, height, width, channels), float32 or float64.

    Returns
    -------
    numpy.ndarray
        Gradient with respect to `x`, shape of `x`, dtype of `grad`. All cells that hold the maximum
        of their map get an equal share. Not a view of `grad` or `x`.

    Raises
    ------
    ValueError
        If x has not 4 axes, or the shape of grad is not (batch, channels) of x. The message names
        one of the two.
    """
    ### BEGIN SOLUTION
    if x.ndim != 4:
        raise ValueError(f"x must have 4 axes (batch, height, width, channels), not {x.ndim}")
    if grad.shape != (x.shape[0], x.shape[3]):
        raise ValueError(f"grad of shape {grad.shape} does not fit x of shape {x.shape}")
    winners = x == x.max(axis=(1, 2), keepdims=True)
    share = grad / winners.sum(axis=(1, 2))
    return (winners * share[:, np.newaxis, np.newaxis, :]).astype(grad.dtype)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "global-max-values", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: GlobalMaxPooling2D()
from pooling_checks import *

oracle = gradient_of(GlobalMaxPooling2D)
check_output(global_max_pool2d_backward, oracle, example(1, 1) * 6, example(1, 2, 3, 1))
check_output(
    global_max_pool2d_backward,
    oracle,
    example(2, 3, values="mixed", seed=1),
    example(2, 3, 3, 3, values="negative", seed=2),
)
### BEGIN HIDDEN TESTS
for seed, values in ((3021, "mixed"), (3022, "negative")):
    check_random_gradients(
        global_max_pool2d_backward,
        oracle,
        seed=seed,
        channels=True,
        rectangular=True,
        values=values,
    )
transposed = np.moveaxis(example(2, 3, 4, 4, seed=4), 1, 3)
check_output(global_max_pool2d_backward, oracle, example(3, 2, seed=5).T, transposed)
### END HIDDEN TESTS
passed("global_max_pool2d_backward, values")

# %% nbgrader={"grade": true, "grade_id": "global-max-ties", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: GlobalMaxPooling2D()
from pooling_checks import *

oracle = gradient_of(GlobalMaxPooling2D)
x = np.array([[4, 1, 4], [0, 4, 3]], dtype="float32").reshape(1, 2, 3, 1)
check_output(global_max_pool2d_backward, oracle, example(1, 1) * 6, x)
check_output(
    global_max_pool2d_backward, oracle, example(2, 2, seed=1), example_with_ties(2, 3, 3, 2)
)
### BEGIN HIDDEN TESTS
check_random_gradients(
    global_max_pool2d_backward, oracle, seed=3023, channels=True, rectangular=True, ties=True
)
check_output(global_max_pool2d_backward, oracle, example(1, 2), -np.ones((1, 2, 2, 2), "float32"))
### END HIDDEN TESTS
passed("global_max_pool2d_backward, ties")

# %% nbgrader={"grade": true, "grade_id": "global-max-dtype", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: GlobalMaxPooling2D(dtype=grad.dtype)
from pooling_checks import *

oracle = gradient_of(GlobalMaxPooling2D)
grad, x = example(1, 1) * 6, example(1, 2, 3, 1)
check_output(global_max_pool2d_backward, oracle, grad, x)
check_gradient_dtype(global_max_pool2d_backward, oracle, grad, x)
check_pure(global_max_pool2d_backward, grad, x)
check_pure(global_max_pool2d_backward, example(2, 3), example(2, 1, 1, 3))
passed("global_max_pool2d_backward, dtype")

# %% nbgrader={"grade": true, "grade_id": "global-max-errors", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: GlobalMaxPooling2D()(x) has the shape that grad must have.
from pooling_checks import *

function = global_max_pool2d_backward
check_output(function, gradient_of(GlobalMaxPooling2D), example(1, 1) * 6, example(1, 2, 3, 1))
check_error(function, example(2, 3), example(1, 2, 2, 3), names="grad|x")
check_error(function, example(2, 3), example(2, 4, 3), names="grad|x")
### BEGIN HIDDEN TESTS
check_error(function, example(2, 3), example(2, 2, 2, 1), names="grad|x")
check_error(function, example(1, 3), example(2, 2, 2, 3), names="grad|x")
check_error(function, example(2, 1), example(2, 2, 2, 3), names="grad|x")
check_error(function, example(2, 3), example(2, 1, 2, 2, 3), names="grad|x")
check_error(function, example(2, 1, 1, 3), example(2, 2, 2, 3), names="grad|x")
### END HIDDEN TESTS
passed("global_max_pool2d_backward, errors")

# %% nbgrader={"grade": false, "grade_id": "picture-global-max-pool2d-backward", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Your function, as a picture. It is no test: where it is wrong, it shows the first cell that differs.
from pooling_checks import *

# In eight shades of grey, many cells are the brightest. Each gets its share of the gradient.
show(global_max_pool2d_backward, gradient_of(GlobalMaxPooling2D), example(1, 1), photograph() // 32)

# %% [markdown]
# ## 3 · Average pooling
#
# An average shares its gradient equally among the cells under its window. Two things are new:
#
# * **Windows may overlap.** A cell that lies in several windows acts on several outputs, so it gets a
#   share from each of them, and **the shares add up**.
# * **Windows may reach over the edge**, under `same`. Cells outside the input took no part in the
#   average, so they get no share: divide by the number of cells that lie **inside**.
#
# By hand, a row of 4 cells, window (1, 2) and stride 1. Each output gives a half of its gradient to
# each of its two cells:
#
# ```
#  grad       2      4      6
#
#  window 1   1  1
#  window 2      2  2
#  window 3         3  3
#             ----------
#  result     1  3  5  3
# ```
#
# The numbers add up to 12, as those of `grad` do. Cells that lie in no window, because they are left
# over at the end or between windows, get zero.
#
# Where do the windows lie? As in the forward pass: window *i* starts at *i* × stride, less the cells
# of padding before the input. Under `same` there are `ceil(size / stride)` windows along an axis. The
# total number of padded cells is `max((windows - 1) * stride + window - size, 0)`. Half of them,
# rounded down, lie before the input.

# %% [markdown]
# | test | looks at | points |
# | --- | --- | --- |
# | `average-valid` | windows side by side, `padding="valid"` (partly hidden) | 2 |
# | `average-stride` | strides larger than the window, pairs: gaps get zero (partly hidden) | 1 |
# | `average-overlap` | strides smaller than the window: shares add up (partly hidden) | 2 |
# | `average-same` | `padding="same"`, windows that do not overlap (partly hidden) | 2 |
# | `average-same-overlap` | `padding="same"`, windows that overlap (partly hidden) | 1 |
# | `average-channels` | several examples and channels, also as a transposed view (partly hidden) | 1 |
# | `average-rectangular` | height and width differ, in the input and in the window (partly hidden) | 1 |
# | `average-dtype` | dtype and precision are kept | 1 |
# | `average-pure` | `grad` is left alone, the result is an array of its own (partly hidden) | 1 |
# | `average-errors` | `ValueError` for bad arguments (partly hidden) | 1 |


# %% nbgrader={"grade": false, "grade_id": "average-pool2d-backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def average_pool2d_backward(grad, x_shape, pool_size, strides=None, padding="valid"):
    """Gradient of average pooling with respect to its input.

    Parameters
    ----------
    grad : numpy.ndarray
        Gradient with respect to the output, shape (batch, new height, new width, channels), float32
        or float64.
    x_shape : (int, int, int, int)
        Shape of the input, (batch, height, width, channels).
    pool_size : int or (int, int)
        Window of the layer, (height, width).
    strides : int or (int, int), optional
        Cells from one window to the next, (down, across). `None` means pool_size.
    padding : {"valid", "same"}

    Returns
    -------
    numpy.ndarray
        Gradient with respect to the input, shape `x_shape`, dtype of `grad`. Not a view of `grad`.

    Raises
    ------
    ValueError
        If grad has not 4 axes, x_shape has not 4 numbers, pool_size or strides is not a positive
        integer or a pair of them, padding is neither word, the window is larger than the input
        under "valid", or grad has not the shape of the pooled output. The message names the
        argument; for shapes that do not fit each other, one of the two.
    """
    ### BEGIN SOLUTION
    result = np.zeros(x_shape, grad.dtype)
    for i, j, rows, columns in pooling_windows(grad, x_shape, pool_size, strides, padding):
        cells = result[:, rows, columns]  # a view, cut off at the edge
        cells += grad[:, i : i + 1, j : j + 1] / (cells.shape[1] * cells.shape[2])
    return result


def as_pair(name, value):
    """`value` as (height, width); ValueError names the argument."""
    pair = value if isinstance(value, (tuple, list)) else (value, value)
    whole = all(isinstance(n, (int, np.integer)) for n in pair)
    if len(pair) != 2 or not whole or min(pair) < 1:
        raise ValueError(f"{name} must be a positive integer or two of them, not {value!r}")
    return tuple(pair)


def pooling_windows(grad, x_shape, pool_size, strides, padding):
    """All windows as (row, column) of the output, and the rows and columns inside the input."""
    if len(x_shape) != 4:
        raise ValueError(f"the shape of x, x_shape, must have 4 numbers, not {x_shape}")
    windows = as_pair("pool_size", pool_size)
    strides = windows if strides is None else as_pair("strides", strides)
    if padding not in ("valid", "same"):
        raise ValueError(f"padding must be 'valid' or 'same', not {padding!r}")
    axes = []
    for size, window, stride in zip(x_shape[1:3], windows, strides, strict=True):
        count, before = -(-size // stride), 0
        if padding == "same":
            before = max((count - 1) * stride + window - size, 0) // 2
        elif window > size:
            raise ValueError(f"pool_size {windows} is larger than the input, {x_shape[1:3]}")
        else:
            count = (size - window) // stride + 1
        starts = [i * stride - before for i in range(count)]
        axes.append([slice(max(start, 0), start + window) for start in starts])
    expected = (x_shape[0], len(axes[0]), len(axes[1]), x_shape[3])
    if grad.shape != expected:
        raise ValueError(f"grad must have the output's shape, {expected}, not {grad.shape}")
    for i, rows in enumerate(axes[0]):
        for j, columns in enumerate(axes[1]):
            yield i, j, rows, columns
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "average-valid", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Oracle: AveragePooling2D(pool_size)
from pooling_checks import *

oracle = gradient_of(AveragePooling2D)
check_output(
    average_pool2d_backward, oracle, example(1, 2, 2, 1), x_shape=(1, 4, 4, 1), pool_size=2
)
check_output(
    average_pool2d_backward, oracle, example(1, 1, 1, 1), x_shape=(1, 4, 4, 1), pool_size=4
)
check_output(
    average_pool2d_backward, oracle, example(1, 2, 2, 1, seed=1), x_shape=(1, 7, 7, 1), pool_size=3
)
### BEGIN HIDDEN TESTS
check_random_gradients(average_pool2d_backward, oracle, seed=3031)
### END HIDDEN TESTS
passed("average_pool2d_backward, valid")

# %% nbgrader={"grade": true, "grade_id": "average-stride", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: AveragePooling2D(pool_size, strides)
from pooling_checks import *

oracle = gradient_of(AveragePooling2D)
check_output(
    average_pool2d_backward,
    oracle,
    example(1, 2, 2, 1, seed=2),
    x_shape=(1, 7, 7, 1),
    pool_size=2,
    strides=4,
)
check_output(
    average_pool2d_backward,
    oracle,
    example(1, 2, 3, 1, seed=3),
    x_shape=(1, 6, 6, 1),
    pool_size=1,
    strides=(3, 2),
)
### BEGIN HIDDEN TESTS
check_random_gradients(average_pool2d_backward, oracle, seed=3032, windows="apart")
check_output(
    average_pool2d_backward,
    oracle,
    example(1, 2, 3, 1, seed=4),
    x_shape=(1, 7, 7, 1),
    pool_size=2,
    strides=(4, 2),
)
check_output(
    average_pool2d_backward,
    oracle,
    example(1, 3, 2, 1, seed=5),
    x_shape=(1, 7, 7, 1),
    pool_size=2,
    strides=(2, 5),
)
check_output(
    average_pool2d_backward,
    oracle,
    example(1, 1, 1, 1, seed=8),
    x_shape=(1, 4, 4, 1),
    pool_size=2,
    strides=5,
)
### END HIDDEN TESTS
passed("average_pool2d_backward, strides")

# %% nbgrader={"grade": true, "grade_id": "average-overlap", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Oracle: AveragePooling2D(pool_size, strides)
from pooling_checks import *

oracle = gradient_of(AveragePooling2D)
check_output(
    average_pool2d_backward,
    oracle,
    example(1, 2, 2, 1),
    x_shape=(1, 3, 3, 1),
    pool_size=2,
    strides=1,
)
check_output(
    average_pool2d_backward,
    oracle,
    example(1, 2, 2, 1, seed=1),
    x_shape=(1, 5, 5, 1),
    pool_size=3,
    strides=2,
)
check_output(
    average_pool2d_backward,
    oracle,
    example(1, 3, 2, 1, seed=2),
    x_shape=(1, 4, 4, 1),
    pool_size=2,
    strides=(1, 2),
)
### BEGIN HIDDEN TESTS
check_random_gradients(average_pool2d_backward, oracle, seed=3033, windows="overlapping")
check_output(
    average_pool2d_backward,
    oracle,
    example(1, 2, 4, 1, seed=6),
    x_shape=(1, 6, 6, 1),
    pool_size=3,
    strides=(2, 1),
)
check_output(
    average_pool2d_backward,
    oracle,
    example(1, 3, 3, 1, seed=7),
    x_shape=(1, 5, 5, 1),
    pool_size=3,
    strides=1,
)
### END HIDDEN TESTS
passed("average_pool2d_backward, overlapping windows")

# %% nbgrader={"grade": true, "grade_id": "average-same", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Oracle: AveragePooling2D(pool_size, strides, padding="same")
from pooling_checks import *

oracle = gradient_of(AveragePooling2D)
check_output(
    average_pool2d_backward,
    oracle,
    example(1, 3, 3, 1),
    x_shape=(1, 5, 5, 1),
    pool_size=2,
    padding="same",
)
check_output(
    average_pool2d_backward,
    oracle,
    example(1, 2, 2, 1, seed=1),
    x_shape=(1, 4, 4, 1),
    pool_size=3,
    padding="same",
)
check_output(
    average_pool2d_backward,
    oracle,
    example(1, 2, 2, 1, seed=2),
    x_shape=(1, 7, 7, 1),
    pool_size=3,
    strides=4,
    padding="same",
)
### BEGIN HIDDEN TESTS
check_random_gradients(average_pool2d_backward, oracle, seed=3034, padding="same")
check_random_gradients(average_pool2d_backward, oracle, seed=3035, padding="same", windows="apart")
### END HIDDEN TESTS
passed("average_pool2d_backward, same")

# %% nbgrader={"grade": true, "grade_id": "average-same-overlap", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: AveragePooling2D(pool_size, strides, padding="same")
from pooling_checks import *

oracle = gradient_of(AveragePooling2D)
check_output(
    average_pool2d_backward,
    oracle,
    example(1, 4, 4, 1),
    x_shape=(1, 4, 4, 1),
    pool_size=3,
    strides=1,
    padding="same",
)
check_output(
    average_pool2d_backward,
    oracle,
    example(1, 3, 3, 1, seed=1),
    x_shape=(1, 5, 5, 1),
    pool_size=4,
    strides=2,
    padding="same",
)
### BEGIN HIDDEN TESTS
check_random_gradients(
    average_pool2d_backward, oracle, seed=3036, padding="same", windows="overlapping"
)
### END HIDDEN TESTS
passed("average_pool2d_backward, same, overlapping windows")

# %% nbgrader={"grade": true, "grade_id": "average-channels", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Several examples and channels.
# Oracle: AveragePooling2D(pool_size)
from pooling_checks import *

oracle = gradient_of(AveragePooling2D)
check_output(
    average_pool2d_backward, oracle, example(2, 2, 2, 3, seed=2), x_shape=(2, 4, 4, 3), pool_size=2
)
### BEGIN HIDDEN TESTS
check_output(
    average_pool2d_backward, oracle, example(2, 1, 1, 5, seed=3), x_shape=(2, 3, 3, 5), pool_size=3
)
check_random_gradients(average_pool2d_backward, oracle, seed=3037, channels=True)
grad = np.moveaxis(example(2, 3, 2, 2, seed=4), 1, 3)
check_output(average_pool2d_backward, oracle, grad, x_shape=(2, 4, 4, 3), pool_size=2)
### END HIDDEN TESTS
passed("average_pool2d_backward, channels")

# %% nbgrader={"grade": true, "grade_id": "average-rectangular", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Height and width differ.
# Oracle: AveragePooling2D(pool_size)
from pooling_checks import *

oracle = gradient_of(AveragePooling2D)
check_output(
    average_pool2d_backward, oracle, example(1, 2, 3, 1, seed=4), x_shape=(1, 4, 6, 1), pool_size=2
)
check_output(
    average_pool2d_backward,
    oracle,
    example(1, 3, 2, 1, seed=5),
    x_shape=(1, 6, 6, 1),
    pool_size=(2, 3),
)
### BEGIN HIDDEN TESTS
check_random_gradients(average_pool2d_backward, oracle, seed=3038, rectangular=True)
check_output(
    average_pool2d_backward,
    oracle,
    example(1, 1, 6, 1, seed=6),
    x_shape=(1, 6, 6, 1),
    pool_size=(6, 1),
)
### END HIDDEN TESTS
passed("average_pool2d_backward, height and width")

# %% nbgrader={"grade": true, "grade_id": "average-dtype", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: AveragePooling2D(pool_size, dtype=grad.dtype)
from pooling_checks import *

oracle = gradient_of(AveragePooling2D)
grad = example(1, 2, 2, 1)
check_output(average_pool2d_backward, oracle, grad, x_shape=(1, 4, 4, 1), pool_size=2)
check_gradient_dtype(average_pool2d_backward, oracle, grad, x_shape=(1, 4, 4, 1), pool_size=2)
passed("average_pool2d_backward, dtype")

# %% nbgrader={"grade": true, "grade_id": "average-pure", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: AveragePooling2D(pool_size) for the values, NumPy for the rest
from pooling_checks import *

grad = example(1, 2, 2, 1)
check_output(
    average_pool2d_backward, gradient_of(AveragePooling2D), grad, x_shape=(1, 4, 4, 1), pool_size=2
)
check_pure(average_pool2d_backward, grad, x_shape=(1, 4, 4, 1), pool_size=2)
check_pure(average_pool2d_backward, example(1, 2, 2, 1), x_shape=(1, 2, 2, 1), pool_size=1)
### BEGIN HIDDEN TESTS
check_pure(
    average_pool2d_backward, example(1, 3, 3, 1), x_shape=(1, 5, 5, 1), pool_size=2, padding="same"
)
check_pure(
    average_pool2d_backward, example(2, 4, 4, 3), x_shape=(2, 4, 4, 3), pool_size=1, padding="same"
)
check_pure(
    average_pool2d_backward, example(1, 2, 2, 1), x_shape=(1, 3, 3, 1), pool_size=2, strides=1
)
### END HIDDEN TESTS
passed("average_pool2d_backward, input untouched")

# %% nbgrader={"grade": true, "grade_id": "average-errors", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: AveragePooling2D refuses the same arguments; its output has the shape that grad must have.
from pooling_checks import *

grad = example(1, 2, 2, 1)
x_shape = (1, 4, 4, 1)
check_output(
    average_pool2d_backward, gradient_of(AveragePooling2D), grad, x_shape=x_shape, pool_size=2
)
check_error(average_pool2d_backward, grad, x_shape, names="pool_size", pool_size=0)
check_error(average_pool2d_backward, grad, x_shape, names="padding", pool_size=2, padding="full")
check_error(
    average_pool2d_backward, example(1, 2, 3, 1), x_shape, names="grad|x_shape", pool_size=2
)
### BEGIN HIDDEN TESTS
check_error(average_pool2d_backward, grad, x_shape, names="pool_size", pool_size=(2, -1))
check_error(average_pool2d_backward, grad, x_shape, names="pool_size", pool_size=1.5)
check_error(average_pool2d_backward, grad, x_shape, names="pool_size", pool_size=(2, 1.5))
check_error(average_pool2d_backward, grad, x_shape, names="pool_size", pool_size=(2, 2, 2))
check_error(average_pool2d_backward, grad, x_shape, names="strides", pool_size=2, strides=0)
check_error(average_pool2d_backward, grad, x_shape, names="strides", pool_size=2, strides=(2, 0))
check_error(average_pool2d_backward, grad, (4, 4, 1), names="grad|x_shape", pool_size=2)
check_error(average_pool2d_backward, grad, (1, 1, 4, 4, 1), names="grad|x_shape", pool_size=2)
check_error(average_pool2d_backward, grad[0], x_shape, names="grad|x_shape", pool_size=2)
check_error(
    average_pool2d_backward, example(1, 3, 2, 1), x_shape, names="grad|x_shape", pool_size=2
)
check_error(
    average_pool2d_backward, example(2, 2, 2, 1), x_shape, names="grad|x_shape", pool_size=2
)
check_error(
    average_pool2d_backward, example(1, 2, 2, 3), x_shape, names="grad|x_shape", pool_size=2
)
check_error(average_pool2d_backward, grad, x_shape, names="grad|x_shape", pool_size=2, strides=1)
check_error(
    average_pool2d_backward, grad, (1, 5, 5, 1), names="grad|x_shape", pool_size=2, padding="same"
)
check_error(
    average_pool2d_backward, grad[:, :1, :1], x_shape, names="pool_size|grad|x_shape", pool_size=5
)
check_error(
    average_pool2d_backward, grad[:, :1], x_shape, names="pool_size|grad|x_shape", pool_size=(5, 2)
)
check_error(
    average_pool2d_backward,
    grad[:, :, :1],
    x_shape,
    names="pool_size|grad|x_shape",
    pool_size=(2, 5),
)
check_error(
    average_pool2d_backward,
    grad[:, :0, :0],
    x_shape,
    names="pool_size|grad|x_shape",
    pool_size=5,
    strides=1,
)
### END HIDDEN TESTS
passed("average_pool2d_backward, errors")

# %% nbgrader={"grade": false, "grade_id": "picture-average-pool2d-backward", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Your function, as a picture. It is no test: where it is wrong, it shows the first cell that differs.
from pooling_checks import *

# Here grad is a small photograph. Windows overlap by 2 cells; where they do, the shares add up.
grad = photograph()[:, ::4, ::4]
oracle = gradient_of(AveragePooling2D)
arguments = {"x_shape": (1, 96, 96, 1), "pool_size": 6, "strides": 4, "padding": "same"}
show(average_pool2d_backward, oracle, grad, **arguments)

# %% [markdown]
# ## 4 · Max pooling
#
# Each window sends its gradient to the cell that won. Everything from before comes together:
#
# * **Ties.** Where several cells of a window hold its maximum, `MaxPooling2D` sends all of the
#   gradient to the **first** of them, row by row from the top, and in a row from the left.
# * **Overlaps.** One cell can win in several windows; what it gets **adds up**.
# * **The edge.** Under `same`, cells outside the input do not compete: they are not zeros.
#
# By hand, 2 × 4 cells, window 2, stride 2. In the left window 3 wins three times, and the first of
# the three gets everything:
#
# ```
#  x             grad        result
#
#  3  3 | 1  2               5  0 | 0  7
#  0  3 | 2  2    5  7   →   0  0 | 0  0
# ```
#
# And with overlaps, a row of 4 cells, window (1, 2), stride 1. The 9 wins twice:
#
# ```
#  x        1  9  4  6
#  grad       5  7  2
#  result   0 12  0  2
# ```

# %% [markdown]
# | test | looks at | points |
# | --- | --- | --- |
# | `max-valid` | windows side by side, `padding="valid"` (partly hidden) | 2 |
# | `max-stride` | strides larger than the window, pairs: gaps get zero (partly hidden) | 1 |
# | `max-overlap` | strides smaller than the window: gradients add up (partly hidden) | 2 |
# | `max-same` | `padding="same"`, windows that do not overlap (partly hidden) | 2 |
# | `max-same-overlap` | `padding="same"`, windows that overlap (partly hidden) | 1 |
# | `max-channels` | several examples and channels, also as a transposed view (partly hidden) | 1 |
# | `max-rectangular` | height and width differ, in the input and in the window (partly hidden) | 1 |
# | `max-negative` | negative numbers and zero, under `same` and `valid` (partly hidden) | 1 |
# | `max-ties` | several cells of a window hold its maximum (partly hidden) | 2 |
# | `max-dtype` | dtype and precision of `grad` are kept, whatever the dtype of `x` | 1 |
# | `max-pure` | `grad` and `x` are left alone, the result is an array of its own (partly hidden) | 1 |
# | `max-errors` | `ValueError` for bad arguments (partly hidden) | 1 |


# %% nbgrader={"grade": false, "grade_id": "max-pool2d-backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def max_pool2d_backward(grad, x, pool_size, strides=None, padding="valid"):
    """Gradient of max pooling with respect to its input.

    Parameters
    ----------
    grad : numpy.ndarray
        Gradient with respect to the output, shape (batch, new height, new width, channels), float32
        or float64.
    x : numpy.ndarray
        The input, shape (batch, height, width, channels), float32 or float64.
    pool_size : int or (int, int)
        Window of the layer, (height, width).
    strides : int or (int, int), optional
        Cells from one window to the next, (down, across). `None` means pool_size.
    padding : {"valid", "same"}

    Returns
    -------
    numpy.ndarray
        Gradient with respect to `x`, shape of `x`, dtype of `grad`. Of several maxima in a window
        the first in row-major order gets the gradient. Not a view of `grad` or `x`.

    Raises
    ------
    ValueError
        If grad or x has not 4 axes, pool_size or strides is not a positive integer or a pair of
        them, padding is neither word, the window is larger than the input under "valid", or grad
        has not the shape of the pooled output. The message names the argument; for shapes that do
        not fit each other, one of the two.
    """
    ### BEGIN SOLUTION
    result = np.zeros(x.shape, grad.dtype)
    for i, j, rows, columns in pooling_windows(grad, x.shape, pool_size, strides, padding):
        cells = x[:, rows, columns]  # cut off at the edge
        batch, height, width, channels = cells.shape
        first = cells.reshape(batch, height * width, 1, channels).argmax(axis=1, keepdims=True)
        place = np.arange(height * width).reshape(height, width, 1)
        result[:, rows, columns] += np.where(place == first, grad[:, i : i + 1, j : j + 1], 0)
    return result
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "max-valid", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Oracle: MaxPooling2D(pool_size)
from pooling_checks import *

oracle = gradient_of(MaxPooling2D)
check_output(
    max_pool2d_backward, oracle, example(1, 2, 2, 1), example(1, 4, 4, 1, seed=1), pool_size=2
)
check_output(
    max_pool2d_backward, oracle, example(1, 1, 1, 1), example(1, 4, 4, 1, seed=1), pool_size=4
)
check_output(
    max_pool2d_backward,
    oracle,
    example(1, 2, 2, 1, seed=1),
    example(1, 7, 7, 1, seed=2),
    pool_size=3,
)
### BEGIN HIDDEN TESTS
check_random_gradients(max_pool2d_backward, oracle, seed=3041)
### END HIDDEN TESTS
passed("max_pool2d_backward, valid")

# %% nbgrader={"grade": true, "grade_id": "max-stride", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: MaxPooling2D(pool_size, strides)
from pooling_checks import *

oracle = gradient_of(MaxPooling2D)
check_output(
    max_pool2d_backward,
    oracle,
    example(1, 2, 2, 1, seed=2),
    example(1, 7, 7, 1, seed=3),
    pool_size=2,
    strides=4,
)
check_output(
    max_pool2d_backward,
    oracle,
    example(1, 2, 3, 1, seed=3),
    example(1, 6, 6, 1, seed=4),
    pool_size=1,
    strides=(3, 2),
)
### BEGIN HIDDEN TESTS
check_random_gradients(max_pool2d_backward, oracle, seed=3042, windows="apart")
check_output(
    max_pool2d_backward,
    oracle,
    example(1, 2, 3, 1, seed=4),
    example(1, 7, 7, 1, seed=5),
    pool_size=2,
    strides=(4, 2),
)
check_output(
    max_pool2d_backward,
    oracle,
    example(1, 3, 2, 1, seed=5),
    example(1, 7, 7, 1, seed=6),
    pool_size=2,
    strides=(2, 5),
)
check_output(
    max_pool2d_backward,
    oracle,
    example(1, 1, 1, 1, seed=8),
    example(1, 4, 4, 1, seed=9),
    pool_size=2,
    strides=5,
)
### END HIDDEN TESTS
passed("max_pool2d_backward, strides")

# %% nbgrader={"grade": true, "grade_id": "max-overlap", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Oracle: MaxPooling2D(pool_size, strides)
from pooling_checks import *

oracle = gradient_of(MaxPooling2D)
check_output(
    max_pool2d_backward,
    oracle,
    example(1, 2, 2, 1),
    example(1, 3, 3, 1, seed=1),
    pool_size=2,
    strides=1,
)
check_output(
    max_pool2d_backward,
    oracle,
    example(1, 2, 2, 1, seed=1),
    example(1, 5, 5, 1, seed=2),
    pool_size=3,
    strides=2,
)
check_output(
    max_pool2d_backward,
    oracle,
    example(1, 3, 2, 1, seed=2),
    example(1, 4, 4, 1, seed=3),
    pool_size=2,
    strides=(1, 2),
)
### BEGIN HIDDEN TESTS
check_random_gradients(max_pool2d_backward, oracle, seed=3043, windows="overlapping")
check_output(
    max_pool2d_backward,
    oracle,
    example(1, 2, 4, 1, seed=6),
    example(1, 6, 6, 1, seed=7),
    pool_size=3,
    strides=(2, 1),
)
check_output(
    max_pool2d_backward,
    oracle,
    example(1, 3, 3, 1, seed=7),
    example(1, 5, 5, 1, seed=8),
    pool_size=3,
    strides=1,
)
### END HIDDEN TESTS
passed("max_pool2d_backward, overlapping windows")

# %% nbgrader={"grade": true, "grade_id": "max-same", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Oracle: MaxPooling2D(pool_size, strides, padding="same")
from pooling_checks import *

oracle = gradient_of(MaxPooling2D)
check_output(
    max_pool2d_backward,
    oracle,
    example(1, 3, 3, 1),
    example(1, 5, 5, 1, seed=1),
    pool_size=2,
    padding="same",
)
check_output(
    max_pool2d_backward,
    oracle,
    example(1, 2, 2, 1, seed=1),
    example(1, 4, 4, 1, seed=2),
    pool_size=3,
    padding="same",
)
check_output(
    max_pool2d_backward,
    oracle,
    example(1, 2, 2, 1, seed=2),
    example(1, 7, 7, 1, seed=3),
    pool_size=3,
    strides=4,
    padding="same",
)
### BEGIN HIDDEN TESTS
check_random_gradients(max_pool2d_backward, oracle, seed=3044, padding="same")
check_random_gradients(max_pool2d_backward, oracle, seed=3045, padding="same", windows="apart")
### END HIDDEN TESTS
passed("max_pool2d_backward, same")

# %% nbgrader={"grade": true, "grade_id": "max-same-overlap", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: MaxPooling2D(pool_size, strides, padding="same")
from pooling_checks import *

oracle = gradient_of(MaxPooling2D)
check_output(
    max_pool2d_backward,
    oracle,
    example(1, 4, 4, 1),
    example(1, 4, 4, 1, seed=1),
    pool_size=3,
    strides=1,
    padding="same",
)
check_output(
    max_pool2d_backward,
    oracle,
    example(1, 3, 3, 1, seed=1),
    example(1, 5, 5, 1, seed=2),
    pool_size=4,
    strides=2,
    padding="same",
)
### BEGIN HIDDEN TESTS
check_random_gradients(
    max_pool2d_backward, oracle, seed=3046, padding="same", windows="overlapping"
)
### END HIDDEN TESTS
passed("max_pool2d_backward, same, overlapping windows")

# %% nbgrader={"grade": true, "grade_id": "max-channels", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Several examples and channels.
# Oracle: MaxPooling2D(pool_size)
from pooling_checks import *

oracle = gradient_of(MaxPooling2D)
check_output(
    max_pool2d_backward,
    oracle,
    example(2, 2, 2, 3, seed=2),
    example(2, 4, 4, 3, seed=3),
    pool_size=2,
)
### BEGIN HIDDEN TESTS
check_output(
    max_pool2d_backward,
    oracle,
    example(2, 1, 1, 5, seed=3),
    example(2, 3, 3, 5, seed=4),
    pool_size=3,
)
check_random_gradients(max_pool2d_backward, oracle, seed=3047, channels=True)
grad, x = example(2, 3, 2, 2, seed=4), example(2, 3, 4, 4, seed=5)
check_output(
    max_pool2d_backward, oracle, np.moveaxis(grad, 1, 3), np.moveaxis(x, 1, 3), pool_size=2
)
### END HIDDEN TESTS
passed("max_pool2d_backward, channels")

# %% nbgrader={"grade": true, "grade_id": "max-rectangular", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Height and width differ.
# Oracle: MaxPooling2D(pool_size)
from pooling_checks import *

oracle = gradient_of(MaxPooling2D)
check_output(
    max_pool2d_backward,
    oracle,
    example(1, 2, 3, 1, seed=4),
    example(1, 4, 6, 1, seed=5),
    pool_size=2,
)
check_output(
    max_pool2d_backward,
    oracle,
    example(1, 3, 2, 1, seed=5),
    example(1, 6, 6, 1, seed=6),
    pool_size=(2, 3),
)
### BEGIN HIDDEN TESTS
check_random_gradients(max_pool2d_backward, oracle, seed=3048, rectangular=True)
check_output(
    max_pool2d_backward,
    oracle,
    example(1, 1, 6, 1, seed=6),
    example(1, 6, 6, 1, seed=7),
    pool_size=(6, 1),
)
### END HIDDEN TESTS
passed("max_pool2d_backward, height and width")

# %% nbgrader={"grade": true, "grade_id": "max-negative", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Negative numbers.
# Oracle: MaxPooling2D(pool_size, strides, padding="same")
from pooling_checks import *

oracle = gradient_of(MaxPooling2D)
check_output(
    max_pool2d_backward,
    oracle,
    example(1, 2, 2, 1),
    example(1, 3, 3, 1, values="negative", seed=1),
    pool_size=2,
    padding="same",
)
### BEGIN HIDDEN TESTS
check_random_gradients(max_pool2d_backward, oracle, seed=3049, padding="same", values="negative")
check_random_gradients(max_pool2d_backward, oracle, seed=3050, values="negative")
x = example(1, 4, 4, 1, values="negative", seed=2) + 1  # the largest number is zero
check_output(max_pool2d_backward, oracle, example(1, 2, 2, 1), x, pool_size=3, padding="same")
### END HIDDEN TESTS
passed("max_pool2d_backward, negative numbers")

# %% nbgrader={"grade": true, "grade_id": "max-ties", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Several cells of a window hold its maximum.
# Oracle: MaxPooling2D(pool_size, strides, padding)
from pooling_checks import *

oracle = gradient_of(MaxPooling2D)
x = np.array([[3, 3], [0, 3]], dtype="float32").reshape(1, 2, 2, 1)
check_output(max_pool2d_backward, oracle, example(1, 1, 1, 1) * 5, x, pool_size=2)
check_output(
    max_pool2d_backward, oracle, example(1, 3, 3, 1), example_with_ties(1, 6, 6, 1), pool_size=2
)
### BEGIN HIDDEN TESTS
check_random_gradients(max_pool2d_backward, oracle, seed=3051, ties=True)
zeros = np.zeros((1, 4, 4, 1), "float32")  # as after a ReLU
check_output(max_pool2d_backward, oracle, example(1, 2, 2, 1), zeros, pool_size=2)
### END HIDDEN TESTS
passed("max_pool2d_backward, ties")

# %% nbgrader={"grade": true, "grade_id": "max-dtype", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: MaxPooling2D(pool_size, dtype=grad.dtype)
from pooling_checks import *

oracle = gradient_of(MaxPooling2D)
grad, x = example(1, 2, 2, 1), example(1, 4, 4, 1, seed=1)
check_output(max_pool2d_backward, oracle, grad, x, pool_size=2)
check_gradient_dtype(max_pool2d_backward, oracle, grad, x, pool_size=2)
passed("max_pool2d_backward, dtype")

# %% nbgrader={"grade": true, "grade_id": "max-pure", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: MaxPooling2D(pool_size) for the values, NumPy for the rest
from pooling_checks import *

grad, x = example(1, 2, 2, 1), example(1, 4, 4, 1, seed=1)
check_output(max_pool2d_backward, gradient_of(MaxPooling2D), grad, x, pool_size=2)
check_pure(max_pool2d_backward, grad, x, pool_size=2)
check_pure(max_pool2d_backward, example(1, 2, 2, 1), example(1, 2, 2, 1, seed=1), pool_size=1)
### BEGIN HIDDEN TESTS
check_pure(
    max_pool2d_backward,
    example(1, 3, 3, 1),
    example(1, 5, 5, 1, seed=1),
    pool_size=2,
    padding="same",
)
check_pure(
    max_pool2d_backward,
    example(2, 4, 4, 3),
    example(2, 4, 4, 3, seed=1),
    pool_size=1,
    padding="same",
)
check_pure(
    max_pool2d_backward, example(1, 2, 2, 1), example(1, 3, 3, 1, seed=1), pool_size=2, strides=1
)
### END HIDDEN TESTS
passed("max_pool2d_backward, input untouched")

# %% nbgrader={"grade": true, "grade_id": "max-errors", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: MaxPooling2D refuses the same arguments; its output has the shape that grad must have.
from pooling_checks import *

grad = example(1, 2, 2, 1)
x = example(1, 4, 4, 1, seed=1)
check_output(max_pool2d_backward, gradient_of(MaxPooling2D), grad, x, pool_size=2)
check_error(max_pool2d_backward, grad, x, names="pool_size", pool_size=0)
check_error(max_pool2d_backward, grad, x, names="padding", pool_size=2, padding="full")
check_error(max_pool2d_backward, example(1, 2, 3, 1), x, names="grad|x", pool_size=2)
### BEGIN HIDDEN TESTS
check_error(max_pool2d_backward, grad, x, names="pool_size", pool_size=(2, -1))
check_error(max_pool2d_backward, grad, x, names="pool_size", pool_size=1.5)
check_error(max_pool2d_backward, grad, x, names="pool_size", pool_size=(2, 1.5))
check_error(max_pool2d_backward, grad, x, names="pool_size", pool_size=(2, 2, 2))
check_error(max_pool2d_backward, grad, x, names="strides", pool_size=2, strides=0)
check_error(max_pool2d_backward, grad, x, names="strides", pool_size=2, strides=(2, 0))
check_error(max_pool2d_backward, grad, example(4, 4, 1), names="grad|x", pool_size=2)
check_error(max_pool2d_backward, grad, example(1, 1, 4, 4, 1), names="grad|x", pool_size=2)
check_error(max_pool2d_backward, grad[0], x, names="grad|x", pool_size=2)
check_error(max_pool2d_backward, example(1, 3, 2, 1), x, names="grad|x", pool_size=2)
check_error(max_pool2d_backward, example(2, 2, 2, 1), x, names="grad|x", pool_size=2)
check_error(max_pool2d_backward, example(1, 2, 2, 3), x, names="grad|x", pool_size=2)
check_error(max_pool2d_backward, grad, x, names="grad|x", pool_size=2, strides=1)
check_error(
    max_pool2d_backward, grad, example(1, 5, 5, 1), names="grad|x", pool_size=2, padding="same"
)
check_error(max_pool2d_backward, grad[:, :1, :1], x, names="pool_size|grad|x", pool_size=5)
check_error(max_pool2d_backward, grad[:, :1], x, names="pool_size|grad|x", pool_size=(5, 2))
check_error(max_pool2d_backward, grad[:, :, :1], x, names="pool_size|grad|x", pool_size=(2, 5))
check_error(
    max_pool2d_backward, grad[:, :0, :0], x, names="pool_size|grad|x", pool_size=5, strides=1
)
### END HIDDEN TESTS
passed("max_pool2d_backward, errors")

# %% nbgrader={"grade": false, "grade_id": "picture-max-pool2d-backward", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Your function, as a picture. It is no test: where it is wrong, it shows the first cell that differs.
from pooling_checks import *

# A gradient of ones, sent back to a photograph: the bright cells win, most get nothing.
grad = np.ones((1, 24, 24, 1), dtype="float32")
oracle = gradient_of(MaxPooling2D)
arguments = {"pool_size": 6, "strides": 4, "padding": "same"}
show(max_pool2d_backward, oracle, grad, photograph(), **arguments)

# %% [markdown]
# ## 5 · In your own words (4 points, read by a person)
#
# A colleague tests her backward passes. She draws random inputs, uses windows side by side
# (`strides=None`) under `valid`, and looks whether the result has the right shape and its numbers add
# up to the sum of `grad`. All her functions pass.
#
# 1. Name a mistake in `max_pool2d_backward` that her tests cannot find because windows never overlap.
#    Give a small example with numbers: input, `grad`, the wrong result and the right one.
# 2. Name a mistake that leaves the sum as it is, and that better *inputs* would find. Which inputs?
# 3. What would you compare with instead of the sum, so that you would need neither Keras nor anybody
#    else's gradient? Where does that fail, and why?

# %% [markdown] nbgrader={"grade": true, "grade_id": "written-testing", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# 1. `=` in place of `+=`: a cell that wins in two windows keeps only what the later one gave. Input
#    `1 9 4`, window (1, 2), stride 1, grad `5 7`: the right result is `0 12 0`, the wrong one
#    `0 7 0`. Without overlaps no cell is written twice, so the two agree.
# 2. For example ties: sending the gradient to the last maximum, or sharing it, keeps the sum. Random
#    real numbers hardly ever tie; small whole numbers, or an input after a ReLU, do. (Also: all the
#    gradient to the window's first cell, whichever wins: found by comparing cells, with an input
#    whose maxima lie elsewhere; a wrong channel or example: found by several of them.)
# 3. Finite differences: move one cell up and down by a little, pool, and see by how much
#    `(grad * output).sum()` changes, divided by the distance. They fail at ties, and where two cells
#    of a window lie closer together than the step: the maximum has a kink there and no derivative,
#    so the difference measures neither side's slope. Averages have no kinks; rounding remains.
#
# Marking scheme, one point each: (a) overwriting instead of adding, with a right example; (b) a
# mistake that keeps the sum, with inputs that find it; (c) finite differences (or another check from
# the definition of a derivative), described so that one could do it; (d) where they fail, with the
# kink of the maximum as the reason.
# ### END SOLUTION

# %% [markdown]
# ## Before you hand in
#
# Restart the kernel and run all cells from top to bottom (*Kernel → Restart Kernel and Run All
# Cells*): a cell that only works because of something you ran earlier and deleted since will not work
# when it is graded either. Then save.
