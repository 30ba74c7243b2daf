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
# # Pooling and segmentation
#
# Pooling forgets where in its window a maximum stood. You write the pooling that remembers it, the two
# ways back to a large map, and the measure that says how good a mask is.
#
# | | |
# | --- | --- |
# | **You will be able to** | pool and keep the indices; undo a pooling with them; enlarge a map without them; measure a mask by intersection over union |
# | **You need** | NumPy indexing; the assignment `forward`; the chapter *The segmentation caveat* |
# | **Time** | about two hours |
# | **Points** | 40: 36 by tests, 4 for a written answer |
#
# ## How it works
#
# Replace `raise NotImplementedError()` in each function, run its cell, and run the tests below it.
# A test that passes says so. A test that fails tells you the case it tried, what is expected, what
# your function gives, and the first place that differs.
# *Run All Cells* stops at the first test that fails; run the cells after it by hand.
#
# Some tests are hidden: their cells say what they will look at, and their cases are added when you
# hand in. They ask for nothing that the docstrings and the tables do not state.
#
# Add cells of your own wherever you like, for example for a function that several answers share. You
# may take what you wrote for `forward`.
#
# **NumPy only.** Your functions must do the work themselves. A function that calls Keras, TensorFlow,
# PyTorch, JAX, SciPy, scikit-image, OpenCV or the like, even if only for some of its arguments, gets
# no points, and the tests say so. Exploring with them elsewhere in the notebook costs nothing.
#
# Each test looks at one aspect, so a mistake costs the points of what it breaks. The tests of dtype,
# input and errors first look at one easy case: a function that does not do its work at all gets no
# points for leaving its input alone.
#
# Arrays are channels-last: `(batch, height, width, channels)`. `pool_size`, `strides` and `size` are
# an `int` or a pair `(height, width)`. Maps hold finite float32 or float64 numbers.

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
# ## 1 · Intersection over union
#
# A *mask* is a boolean array: true where there is an object. Two masks, the right one and the
# predicted one, agree as far as their objects overlap:
#
# $$\mathrm{IoU} = \frac{\text{cells that are true in both}}{\text{cells that are true in at least one}}$$
#
# The background does not count, however much of it there is. By hand:
#
# ```
#  y_true     y_pred
#  1 1 0 0    0 1 1 0
#  0 1 0 0    0 1 0 0
# ```
#
# Both are true in 2 cells, at least one in 4, so the IoU is 2/4 = 0.5. (Of all 8 cells 6 agree, and
# the Dice score is 2 · 2 / (3 + 3) = 0.67. These are other measures.)
#
# All cells of the two arrays are counted together, whatever their shape. If neither mask has an
# object, the prediction is perfect: the IoU is 1.
#
# | test | looks at | points |
# | --- | --- | --- |
# | `iou-values` | one pair of small masks, (height, width), with an object in at least one (partly hidden) | 2 |
# | `iou-empty` | no object in either mask, or in one of the two | 1 |
# | `iou-large` | objects of several hundred cells | 1 |
# | `iou-shapes` | masks of one to four axes, also transposed views (partly hidden) | 1 |
# | `iou-pure` | the masks are left alone | 1 |
# | `iou-errors` | `ValueError` for masks of two shapes (partly hidden) | 1 |


# %% nbgrader={"grade": false, "grade_id": "iou", "locked": false, "schema_version": 3, "solution": true, "task": false}
def iou(y_true, y_pred):
    """Intersection over union of two masks.

    Parameters
    ----------
    y_true, y_pred : numpy.ndarray
        Two boolean arrays of one shape, whatever it is.

    Returns
    -------
    float
        Between 0 and 1; a number of Python's or NumPy's. 1.0 where both masks are empty.

    Raises
    ------
    ValueError
        If the masks' shapes differ. The message names y_true or y_pred.
    """
    ### BEGIN SOLUTION
    if y_true.shape != y_pred.shape:
        raise ValueError(f"y_true and y_pred differ in shape: {y_true.shape}, {y_pred.shape}")
    union = np.count_nonzero(y_true | y_pred)
    return np.count_nonzero(y_true & y_pred) / union if union else 1.0
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "iou-values", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Oracle: BinaryIoU(target_class_ids=[1])
from pooling_checks import *

y_true = np.array([[1, 1, 0, 0], [0, 1, 0, 0]], dtype=bool)
y_pred = np.array([[0, 1, 1, 0], [0, 1, 0, 0]], dtype=bool)
check_output(iou, IntersectionOverUnion(), y_true, y_pred)
check_output(iou, IntersectionOverUnion(), example(4, 5) > 8, example(4, 5, seed=1) > 13)
### BEGIN HIDDEN TESTS
check_output(iou, IntersectionOverUnion(), example(3, 3) > 4, example(3, 3) <= 4)
check_output(iou, IntersectionOverUnion(), example(3, 3) > 4, example(3, 3) > 4)
check_random_unpooling(iou, IntersectionOverUnion(), seed=6001)
### END HIDDEN TESTS
passed("iou, values")

# %% nbgrader={"grade": true, "grade_id": "iou-empty", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: BinaryIoU(target_class_ids=[1]), and 1 where both masks are empty
from pooling_checks import *

some = np.array([[1, 1, 0, 0], [0, 1, 0, 0]], dtype=bool)
none = np.zeros((2, 4), dtype=bool)
check_output(iou, IntersectionOverUnion(), some, some)
check_output(iou, IntersectionOverUnion(), none, none)
check_output(iou, IntersectionOverUnion(), some, none)
check_output(iou, IntersectionOverUnion(), none, some)
passed("iou, empty masks")

# %% nbgrader={"grade": true, "grade_id": "iou-large", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: BinaryIoU(target_class_ids=[1])
from pooling_checks import *

check_output(iou, IntersectionOverUnion(), example(20, 30) > 200, example(20, 30, seed=1) > 100)
check_output(iou, IntersectionOverUnion(), example(20, 30) > 300, example(20, 30) > 344)
### BEGIN HIDDEN TESTS
check_output(iou, IntersectionOverUnion(), example(20, 30) > 60, example(20, 30, seed=2) > 90)
### END HIDDEN TESTS
passed("iou, large objects")

# %% nbgrader={"grade": true, "grade_id": "iou-shapes", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: BinaryIoU(target_class_ids=[1]), all cells together
from pooling_checks import *

check_output(iou, IntersectionOverUnion(), example(9) > 4, example(9, seed=1) > 5)
check_output(iou, IntersectionOverUnion(), example(3, 4, 4, 1) > 30, example(3, 4, 4, 1) > 17)
### BEGIN HIDDEN TESTS
check_random_unpooling(iou, IntersectionOverUnion(), seed=6002, cases=6, axes=3)
check_random_unpooling(iou, IntersectionOverUnion(), seed=6003, cases=6, axes=4)
check_output(iou, IntersectionOverUnion(), (example(4, 5) > 8).T, example(5, 4, seed=1) > 9)
### END HIDDEN TESTS
passed("iou, shapes")

# %% nbgrader={"grade": true, "grade_id": "iou-pure", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: BinaryIoU(target_class_ids=[1]) for the values, NumPy for the rest
from pooling_checks import *

check_output(iou, IntersectionOverUnion(), example(4, 5) > 8, example(4, 5, seed=1) > 13)
check_pure(iou, example(4, 5) > 8, example(4, 5, seed=1) > 13)
check_pure(iou, example(4, 5) > 12, example(4, 5, seed=1) > 8)
passed("iou, input untouched")

# %% nbgrader={"grade": true, "grade_id": "iou-errors", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: BinaryIoU refuses masks of two sizes.
from pooling_checks import *

check_output(iou, IntersectionOverUnion(), example(4, 5) > 8, example(4, 5, seed=1) > 13)
check_error(iou, example(4, 5) > 8, example(4, 6) > 8, names="y_true|y_pred")
### BEGIN HIDDEN TESTS
check_error(iou, example(4, 5) > 8, example(1, 5) > 2, names="y_true|y_pred")
check_error(iou, example(4, 5) > 8, example(4, 1) > 2, names="y_true|y_pred")
check_error(iou, example(4, 5) > 8, example(5) > 2, names="y_true|y_pred")
check_error(iou, example(4, 5) > 8, example(5, 4) > 8, names="y_true|y_pred")
### END HIDDEN TESTS
passed("iou, errors")

# %% nbgrader={"grade": false, "grade_id": "picture-iou", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Your function on the bright cells of a photograph, and the same ones moved. A picture, no test.
from pooling_checks import *

bright = photograph()[0, :, :, 0] > 110
show(iou, IntersectionOverUnion(), bright, np.roll(bright, 6, axis=1))

# %% [markdown]
# ## 2 · Nearest upsampling
#
# The simple way back to a large map: repeat each cell, `size` times down and `size` times across. By
# hand, with `size=(2, 3)`:
#
# ```
#             1 1 1 2 2 2
#  1 2        1 1 1 2 2 2
#  3 4   →    3 3 3 4 4 4
#             3 3 3 4 4 4
# ```
#
# Each number stays next to its copies. Whole maps laid side by side, `1 2 1 2 1 2`, would be something
# else.
#
# | test | looks at | points |
# | --- | --- | --- |
# | `upsample-values` | square maps, one number for both axes (partly hidden) | 1 |
# | `upsample-pairs` | height and width differ, in the map and in `size` (partly hidden) | 1 |
# | `upsample-channels` | several examples and channels, also as a transposed view (partly hidden) | 1 |
# | `upsample-dtype` | float32 stays float32, float64 stays float64 | 1 |
# | `upsample-pure` | the input is left alone, the output is an array of its own | 1 |
# | `upsample-errors` | `ValueError` for bad arguments (partly hidden) | 1 |


# %% nbgrader={"grade": false, "grade_id": "upsample-nearest2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def upsample_nearest2d(x, size):
    """Repeat each cell of a map.

    Parameters
    ----------
    x : numpy.ndarray
        Shape (batch, height, width, channels), float32 or float64.
    size : int or (int, int)
        How often each cell is repeated, (down, across).

    Returns
    -------
    numpy.ndarray
        Shape (batch, height * down, width * across, channels), dtype of `x`. Not a view of `x`.

    Raises
    ------
    ValueError
        If x has not 4 axes, or size is not a positive integer or a pair of them. The message
        names the argument.
    """
    ### BEGIN SOLUTION
    if x.ndim != 4:
        raise ValueError(f"x must have 4 axes (batch, height, width, channels), not {x.ndim}")
    down, across = as_pair("size", size)
    return x.repeat(down, axis=1).repeat(across, axis=2)


def as_pair(name, value):
    """`value` as (height, width); ValueError names the argument."""
    pair = value if isinstance(value, (tuple, list)) else (value, value)
    whole = all(isinstance(n, (int, np.integer)) for n in pair)
    if len(pair) != 2 or not whole or min(pair) < 1:
        raise ValueError(f"{name} must be a positive integer or two of them, not {value!r}")
    return tuple(pair)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "upsample-values", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: UpSampling2D(size)
from pooling_checks import *

check_output(upsample_nearest2d, NearestUpsampling2D(), example(1, 2, 2, 1), size=2)
check_output(upsample_nearest2d, NearestUpsampling2D(), example(1, 3, 3, 1, seed=1), size=2)
check_output(upsample_nearest2d, NearestUpsampling2D(), example(1, 2, 2, 1, seed=2), size=3)
### BEGIN HIDDEN TESTS
check_random_unpooling(upsample_nearest2d, NearestUpsampling2D(), seed=6011)
### END HIDDEN TESTS
passed("upsample_nearest2d, values")

# %% nbgrader={"grade": true, "grade_id": "upsample-pairs", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Height and width differ.
# Oracle: UpSampling2D(size)
from pooling_checks import *

check_output(upsample_nearest2d, NearestUpsampling2D(), example(1, 2, 2, 1), size=(2, 3))
check_output(upsample_nearest2d, NearestUpsampling2D(), example(1, 2, 3, 1), size=2)
### BEGIN HIDDEN TESTS
check_random_unpooling(upsample_nearest2d, NearestUpsampling2D(), seed=6012, rectangular=True)
check_output(upsample_nearest2d, NearestUpsampling2D(), example(1, 3, 2, 1), size=(1, 4))
check_output(upsample_nearest2d, NearestUpsampling2D(), example(1, 3, 2, 1), size=(4, 1))
### END HIDDEN TESTS
passed("upsample_nearest2d, height and width")

# %% nbgrader={"grade": true, "grade_id": "upsample-channels", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Several examples and channels.
# Oracle: UpSampling2D(size)
from pooling_checks import *

check_output(upsample_nearest2d, NearestUpsampling2D(), example(2, 2, 2, 3), size=2)
### BEGIN HIDDEN TESTS
check_random_unpooling(upsample_nearest2d, NearestUpsampling2D(), seed=6013, channels=True)
channels_first = np.moveaxis(example(2, 3, 4, 4, seed=4), 1, 3)
check_output(upsample_nearest2d, NearestUpsampling2D(), channels_first, size=2)
### END HIDDEN TESTS
passed("upsample_nearest2d, channels")

# %% nbgrader={"grade": true, "grade_id": "upsample-dtype", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: UpSampling2D(size, dtype=x.dtype)
from pooling_checks import *

check_output(upsample_nearest2d, NearestUpsampling2D(), example(1, 2, 2, 1), size=2)
check_dtype(upsample_nearest2d, NearestUpsampling2D(), example(1, 2, 2, 1), size=2)
passed("upsample_nearest2d, dtype")

# %% nbgrader={"grade": true, "grade_id": "upsample-pure", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: UpSampling2D(size) for the values, NumPy for the rest
from pooling_checks import *

check_output(upsample_nearest2d, NearestUpsampling2D(), example(1, 2, 2, 1), size=2)
check_pure(upsample_nearest2d, example(1, 2, 2, 1, values="mixed"), size=2)
check_pure(upsample_nearest2d, example(1, 2, 2, 1, values="mixed"), size=1)
check_pure(upsample_nearest2d, example(1, 1, 1, 1, values="negative"), size=(3, 3))
passed("upsample_nearest2d, input untouched")

# %% nbgrader={"grade": true, "grade_id": "upsample-errors", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: UpSampling2D refuses the same arguments, here or when it is called.
from pooling_checks import *

x = example(1, 2, 2, 1)
check_output(upsample_nearest2d, NearestUpsampling2D(), x, size=2)
check_error(upsample_nearest2d, x, names="size", size=0)
check_error(upsample_nearest2d, x[0], names="x", size=2)
### BEGIN HIDDEN TESTS
check_error(upsample_nearest2d, x, names="size", size=-1)
check_error(upsample_nearest2d, x, names="size", size=1.5)
check_error(upsample_nearest2d, x, names="size", size=(2, 0))
check_error(upsample_nearest2d, x, names="size", size=(2, 1.5))
check_error(upsample_nearest2d, x, names="size", size=(2, 2, 2))
check_error(upsample_nearest2d, x[np.newaxis], names="x", size=2)
### END HIDDEN TESTS
passed("upsample_nearest2d, errors")

# %% nbgrader={"grade": false, "grade_id": "picture-upsample-nearest2d", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Your function on a photograph. A picture, no test: where it is wrong, it shows the first cell.
from pooling_checks import *

show(upsample_nearest2d, NearestUpsampling2D(), photograph()[:, ::6, ::6], size=(4, 6))

# %% [markdown]
# ## 3 · Max pooling that remembers
#
# Upsampling puts a maximum into its whole window. To put it back where it was, the pooling has to tell
# *where* it was. So the function returns two arrays of one shape: the maxima, and the **index** of each
# in the input. An example's cells are numbered row by row from 0, in each row pixel by pixel, and in
# each pixel channel by channel:
#
#     index = (row * width + column) * channels + channel
#
# `row` and `column` count from the corner of the **input**, not of the window, and `width` is the
# input's. The batch is not in the index: it starts at 0 in every example.
#
# By hand, window 2 and stride 2, one channel:
#
# ```
#   1  3 | 2  0
#   4  2 | 5  1      values     argmax
#  ------+------  →   4  5       4   6
#   7  0 | 1  1       8  6      12  14
#   8  1 | 6  2
# ```
#
# The 5 is in row 1, column 2: (1 · 4 + 2) · 1 + 0 = 6. If this were channel 1 of 3, its index would be
# (1 · 4 + 2) · 3 + 1 = 19.
#
# Of equal maxima in a window, the **first** counts: the one in the highest row, and in that row the one
# furthest to the left. Under `same`, windows reach outside the input as in `max_pool2d`: cells
# out there do not count. They have no index either, and the input's own indices do not change. The
# total number of padded cells along an axis is `max((output_size - 1) * stride + window - size, 0)`,
# and half of them, rounded down, lie before the input.
#
# | test | looks at | points |
# | --- | --- | --- |
# | `argmax-valid` | windows side by side, `padding="valid"` (partly hidden) | 2 |
# | `argmax-stride` | strides that are not the window: overlaps, gaps, pairs (partly hidden) | 2 |
# | `argmax-same` | `padding="same"` (partly hidden) | 2 |
# | `argmax-ties` | several equal maxima in a window (partly hidden) | 1 |
# | `argmax-negative` | negative numbers under `same` (hidden) | 1 |
# | `argmax-channels` | several examples and channels, also as a transposed view (partly hidden) | 1 |
# | `argmax-rectangular` | height and width differ, in the input and in the window (partly hidden) | 1 |
# | `argmax-dtype` | values keep the dtype of `x`, indices are int64 | 1 |
# | `argmax-pure` | the input is left alone, the results are arrays of their own (partly hidden) | 1 |
# | `argmax-errors` | `ValueError` for bad arguments (partly hidden) | 1 |
#
# Every test compares both arrays.


# %% nbgrader={"grade": false, "grade_id": "max-pool2d-with-argmax", "locked": false, "schema_version": 3, "solution": true, "task": false}
def max_pool2d_with_argmax(x, pool_size, strides=None, padding="valid"):
    """Largest number under each window, and where in the input it is.

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
    values : numpy.ndarray
        Shape (batch, new height, new width, channels), dtype of `x`. Not a view of `x`.
    argmax : numpy.ndarray
        Same shape, int64. For each value the index (row * width + column) * channels + channel
        of the first cell of its window that holds it, row by row.

    Raises
    ------
    ValueError
        If x has not 4 axes, pool_size or strides is not a positive integer or a pair of them,
        padding is neither word, or the window is larger than the input under "valid". The
        message names the argument.
    """
    ### BEGIN SOLUTION
    if x.ndim != 4:
        raise ValueError(f"x must have 4 axes (batch, height, width, channels), not {x.ndim}")
    cells = windows(x, pool_size, strides, padding, -np.inf)
    # Every cell's index goes through the same windows as the cell itself.
    indices = np.broadcast_to(np.arange(x[0].size, dtype="int64").reshape(x.shape[1:]), x.shape)
    first = cells.argmax(axis=-1)[..., np.newaxis]
    values = np.take_along_axis(cells, first, -1)
    argmax = np.take_along_axis(windows(indices, pool_size, strides, padding, 0), first, -1)
    return values[..., 0], argmax[..., 0]


def windows(x, pool_size, strides, padding, fill):
    """All windows, (batch, rows, columns, channels, cells); those outside the input hold `fill`."""
    window = as_pair("pool_size", pool_size)
    stride = window if strides is None else as_pair("strides", strides)
    pads = [
        padding_of(n, w, s, padding) for n, w, s in zip(x.shape[1:3], window, stride, strict=True)
    ]
    padded = np.pad(x, [(0, 0), *pads, (0, 0)], constant_values=fill)
    view = np.lib.stride_tricks.sliding_window_view(padded, window, axis=(1, 2))
    view = view[:, :: stride[0], :: stride[1]]
    return view.reshape(*view.shape[:4], window[0] * window[1])


def padding_of(size, window, stride, padding):
    """Padded cells before and after one axis."""
    if padding not in ("valid", "same"):
        raise ValueError(f"padding must be 'valid' or 'same', not {padding!r}")
    if padding == "same":
        total = max((-(-size // stride) - 1) * stride + window - size, 0)
        return total // 2, total - total // 2
    if window > size:
        raise ValueError(f"pool_size {window} is larger than the input, {size} cells")
    return 0, 0
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "argmax-valid", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Oracle: tf.nn.max_pool_with_argmax(x, pool_size, strides, "VALID")
from pooling_checks import *

x = np.array([[1, 3, 2, 0], [4, 2, 5, 1], [7, 0, 1, 1], [8, 1, 6, 2]], dtype="float32")
check_output(max_pool2d_with_argmax, MaxPoolingWithArgmax(), x.reshape(1, 4, 4, 1), pool_size=2)
check_output(max_pool2d_with_argmax, MaxPoolingWithArgmax(), example(1, 4, 4, 1), pool_size=4)
check_output(max_pool2d_with_argmax, MaxPoolingWithArgmax(), example(1, 7, 7, 1), pool_size=3)
### BEGIN HIDDEN TESTS
check_random_unpooling(max_pool2d_with_argmax, MaxPoolingWithArgmax(), seed=6021)
### END HIDDEN TESTS
passed("max_pool2d_with_argmax, valid")

# %% nbgrader={"grade": true, "grade_id": "argmax-stride", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Oracle: tf.nn.max_pool_with_argmax(x, pool_size, strides, "VALID")
from pooling_checks import *

x = example(1, 6, 6, 1, seed=1)
check_output(max_pool2d_with_argmax, MaxPoolingWithArgmax(), x, pool_size=2, strides=1)
check_output(max_pool2d_with_argmax, MaxPoolingWithArgmax(), x, pool_size=3, strides=2)
check_output(max_pool2d_with_argmax, MaxPoolingWithArgmax(), x, pool_size=2, strides=3)
### BEGIN HIDDEN TESTS
check_random_unpooling(max_pool2d_with_argmax, MaxPoolingWithArgmax(), seed=6022, strides=True)
check_output(max_pool2d_with_argmax, MaxPoolingWithArgmax(), x, pool_size=2, strides=(1, 2))
check_output(max_pool2d_with_argmax, MaxPoolingWithArgmax(), x, pool_size=2, strides=(3, 1))
check_output(max_pool2d_with_argmax, MaxPoolingWithArgmax(), x, pool_size=2, strides=7)
### END HIDDEN TESTS
passed("max_pool2d_with_argmax, strides")

# %% nbgrader={"grade": true, "grade_id": "argmax-same", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Oracle: tf.nn.max_pool_with_argmax(x, pool_size, strides, "SAME")
from pooling_checks import *

check_output(
    max_pool2d_with_argmax, MaxPoolingWithArgmax(), example(1, 5, 5, 1), pool_size=2, padding="same"
)
x = example(1, 4, 4, 1)
check_output(
    max_pool2d_with_argmax, MaxPoolingWithArgmax(), x, pool_size=3, strides=1, padding="same"
)
check_output(
    max_pool2d_with_argmax, MaxPoolingWithArgmax(), x, pool_size=4, strides=1, padding="same"
)
### BEGIN HIDDEN TESTS
check_random_unpooling(max_pool2d_with_argmax, MaxPoolingWithArgmax(), seed=6023, padding="same")
check_random_unpooling(
    max_pool2d_with_argmax, MaxPoolingWithArgmax(), seed=6024, padding="same", strides=True
)
### END HIDDEN TESTS
passed("max_pool2d_with_argmax, same")

# %% nbgrader={"grade": true, "grade_id": "argmax-ties", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: tf.nn.max_pool_with_argmax(x, pool_size, strides, "VALID")
from pooling_checks import *

check_output(
    max_pool2d_with_argmax, MaxPoolingWithArgmax(), np.ones((1, 4, 4, 1), "float32"), pool_size=2
)
x = np.array([[1, 3, 2, 5], [3, 1, 5, 2], [0, 0, 4, 1], [0, 0, 4, 4]], dtype="float32")
check_output(max_pool2d_with_argmax, MaxPoolingWithArgmax(), x.reshape(1, 4, 4, 1), pool_size=2)
### BEGIN HIDDEN TESTS
check_random_unpooling(max_pool2d_with_argmax, MaxPoolingWithArgmax(), seed=6025, values="few")
### END HIDDEN TESTS
passed("max_pool2d_with_argmax, ties")

# %% nbgrader={"grade": true, "grade_id": "argmax-channels", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Several examples and channels.
# Oracle: tf.nn.max_pool_with_argmax(x, pool_size, strides, "VALID", include_batch_in_index=False)
from pooling_checks import *

check_output(max_pool2d_with_argmax, MaxPoolingWithArgmax(), example(1, 4, 4, 3), pool_size=2)
check_output(max_pool2d_with_argmax, MaxPoolingWithArgmax(), example(2, 4, 4, 1), pool_size=2)
check_output(max_pool2d_with_argmax, MaxPoolingWithArgmax(), example(2, 4, 4, 3), pool_size=2)
### BEGIN HIDDEN TESTS
check_random_unpooling(max_pool2d_with_argmax, MaxPoolingWithArgmax(), seed=6026, channels=True)
channels_first = np.moveaxis(example(2, 3, 4, 4, seed=4), 1, 3)
check_output(max_pool2d_with_argmax, MaxPoolingWithArgmax(), channels_first, pool_size=2)
### END HIDDEN TESTS
passed("max_pool2d_with_argmax, channels")

# %% nbgrader={"grade": true, "grade_id": "argmax-rectangular", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Height and width differ.
# Oracle: tf.nn.max_pool_with_argmax(x, pool_size, strides, "VALID")
from pooling_checks import *

check_output(max_pool2d_with_argmax, MaxPoolingWithArgmax(), example(1, 4, 6, 1), pool_size=2)
check_output(max_pool2d_with_argmax, MaxPoolingWithArgmax(), example(1, 6, 6, 1), pool_size=(2, 3))
### BEGIN HIDDEN TESTS
check_random_unpooling(max_pool2d_with_argmax, MaxPoolingWithArgmax(), seed=6027, rectangular=True)
### END HIDDEN TESTS
passed("max_pool2d_with_argmax, height and width")

# %% nbgrader={"grade": true, "grade_id": "argmax-dtype", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: tf.nn.max_pool_with_argmax(x, pool_size, strides, "VALID", output_dtype=tf.int64)
from pooling_checks import *

check_output(
    max_pool2d_with_argmax, MaxPoolingWithArgmax(), example(1, 4, 4, 1), pool_size=2, strides=2
)
check_dtype(
    max_pool2d_with_argmax, MaxPoolingWithArgmax(), example(1, 4, 4, 1), pool_size=2, strides=2
)
passed("max_pool2d_with_argmax, dtype")

# %% nbgrader={"grade": true, "grade_id": "argmax-pure", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: tf.nn.max_pool_with_argmax for the values, NumPy for the rest
from pooling_checks import *

check_output(
    max_pool2d_with_argmax, MaxPoolingWithArgmax(), example(1, 4, 4, 1), pool_size=2, strides=2
)
x = example(1, 4, 4, 1, values="mixed")
check_pure(max_pool2d_with_argmax, x, pool_size=2, strides=2)
check_pure(max_pool2d_with_argmax, x, pool_size=1)
### BEGIN HIDDEN TESTS
check_pure(max_pool2d_with_argmax, example(1, 5, 5, 1, values="mixed"), pool_size=2, padding="same")
check_pure(max_pool2d_with_argmax, example(2, 4, 4, 3, values="mixed"), pool_size=1, padding="same")
### END HIDDEN TESTS
passed("max_pool2d_with_argmax, input untouched")

# %% nbgrader={"grade": true, "grade_id": "argmax-errors", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: tf.nn.max_pool_with_argmax refuses the same arguments.
from pooling_checks import *

x = example(1, 4, 4, 1)
check_output(max_pool2d_with_argmax, MaxPoolingWithArgmax(), x, pool_size=2, strides=2)
check_error(max_pool2d_with_argmax, x, names="pool_size", pool_size=0)
check_error(max_pool2d_with_argmax, x, names="padding", pool_size=2, padding="full")
### BEGIN HIDDEN TESTS
check_error(max_pool2d_with_argmax, x, names="pool_size", pool_size=(2, -1))
check_error(max_pool2d_with_argmax, x, names="pool_size", pool_size=1.5)
check_error(max_pool2d_with_argmax, x, names="pool_size", pool_size=(2, 1.5))
check_error(max_pool2d_with_argmax, x, names="pool_size", pool_size=(2, 2, 2))
check_error(max_pool2d_with_argmax, x, names="strides", pool_size=2, strides=0)
check_error(max_pool2d_with_argmax, x[0], names="x", pool_size=2)
check_error(max_pool2d_with_argmax, x[np.newaxis], names="x", pool_size=2)
check_error(max_pool2d_with_argmax, x, names="pool_size|x", pool_size=5)
check_error(max_pool2d_with_argmax, x, names="pool_size|x", pool_size=5, strides=1)
check_error(max_pool2d_with_argmax, x, names="pool_size|x", pool_size=(5, 1))
check_error(max_pool2d_with_argmax, x, names="pool_size|x", pool_size=(1, 5))
### END HIDDEN TESTS
passed("max_pool2d_with_argmax, errors")

# %% nbgrader={"grade": true, "grade_id": "argmax-negative", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Hidden when released: negative numbers under "same".
# Oracle: tf.nn.max_pool_with_argmax(x, pool_size, strides, "SAME")
### BEGIN HIDDEN TESTS
from pooling_checks import *

x = example(1, 3, 3, 1, values="negative")
check_output(max_pool2d_with_argmax, MaxPoolingWithArgmax(), x, pool_size=2, padding="same")
check_random_unpooling(
    max_pool2d_with_argmax,
    MaxPoolingWithArgmax(),
    seed=6028,
    padding="same",
    strides=True,
    values="negative",
)
### END HIDDEN TESTS

# %% nbgrader={"grade": false, "grade_id": "picture-max-pool2d-with-argmax", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Your values on a photograph. A picture, no test: where it is wrong, it shows the first window.
from pooling_checks import *

show(
    max_pool2d_with_argmax,
    MaxPoolingWithArgmax(),
    photograph(),
    pool_size=6,
    strides=4,
    padding="same",
)

# %% [markdown]
# ## 4 · Max unpooling
#
# The other way back. Begin with zeros in the shape that the map had before it was pooled, and write
# each value to the cell that its index names, in its own example. What was no maximum stays 0. Here is
# the example from above:
#
# ```
#                           0  0  0  0
#  values     argmax        4  0  5  0
#   4  5       4   6    →   0  0  0  0
#   8  6      12  14        8  0  6  0
# ```
#
# To get row, column and channel back from an index, undo the formula, from the right: the remainder by
# `channels` is the channel, and so on.
#
# Where windows overlap, two of them may have found the same cell. Then they hold the same value, and
# the cell gets it **once**: it is not a sum. (The gradient of max pooling does add up there. It answers
# another question.)
#
# | test | looks at | points |
# | --- | --- | --- |
# | `unpool-places` | square maps, windows that do not overlap, also with cells between them (partly hidden) | 2 |
# | `unpool-overlap` | several indices that name the same cell (partly hidden) | 1 |
# | `unpool-negative` | negative values (partly hidden) | 1 |
# | `unpool-channels` | several channels, also as transposed views (partly hidden) | 1 |
# | `unpool-batch` | several examples (partly hidden) | 1 |
# | `unpool-rectangular` | height and width differ (partly hidden) | 1 |
# | `unpool-dtype` | the dtype of `values` is kept | 1 |
# | `unpool-pure` | both inputs are left alone | 1 |
# | `unpool-errors` | `ValueError` for shapes that do not fit (partly hidden) | 1 |


# %% nbgrader={"grade": false, "grade_id": "max-unpool2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def max_unpool2d(values, argmax, output_shape):
    """Write each value to the cell that its index names, in a map of zeros.

    Parameters
    ----------
    values : numpy.ndarray
        Shape (batch, height, width, channels), float32 or float64.
    argmax : numpy.ndarray
        Same shape, int64: what max_pool2d_with_argmax gives for an input of shape output_shape.
        Indices may occur more than once, then always with the same value.
    output_shape : tuple of four int
        (batch, height, width, channels) of the result.

    Returns
    -------
    numpy.ndarray
        Shape output_shape, dtype of `values`; zero where nothing is written. Not a view of an
        input.

    Raises
    ------
    ValueError
        If values has not 4 axes, argmax has another shape than values, output_shape has not four
        numbers, or its batch or channels are not those of values. The message names one of the
        arguments that do not fit.
    """
    ### BEGIN SOLUTION
    if values.ndim != 4 or argmax.shape != values.shape:
        raise ValueError("values and argmax must have one shape, with 4 axes")
    batch, channels = values.shape[0], values.shape[3]
    if len(output_shape) != 4 or (output_shape[0], output_shape[3]) != (batch, channels):
        raise ValueError(f"output_shape must be ({batch}, height, width, {channels})")
    out = np.zeros(output_shape, values.dtype)
    example = np.indices(values.shape)[0]  # an index does not tell the example
    out[(example, *np.unravel_index(argmax, output_shape[1:]))] = values
    return out
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "unpool-places", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Oracle: tf.tensor_scatter_nd_update
from pooling_checks import *

values = np.array([[4, 5], [8, 6]], dtype="float32").reshape(1, 2, 2, 1)
argmax = np.array([[4, 6], [12, 14]]).reshape(1, 2, 2, 1)
check_output(max_unpool2d, MaxUnpooling2D(), values, argmax, output_shape=(1, 4, 4, 1))
check_output(
    max_unpool2d,
    MaxUnpooling2D(),
    *pooled_with_argmax(example(1, 5, 5, 1), pool_size=2),
    output_shape=(1, 5, 5, 1),
)
### BEGIN HIDDEN TESTS
check_random_unpooling(max_unpool2d, MaxUnpooling2D(), seed=6031)
check_random_unpooling(max_unpool2d, MaxUnpooling2D(), seed=6037, apart=True)
### END HIDDEN TESTS
passed("max_unpool2d, places")

# %% nbgrader={"grade": true, "grade_id": "unpool-overlap", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Several windows name the same cell.
# Oracle: tf.tensor_scatter_nd_update
from pooling_checks import *

values = np.full((1, 2, 2, 1), 9, dtype="float32")
argmax = np.full((1, 2, 2, 1), 4)
check_output(max_unpool2d, MaxUnpooling2D(), values, argmax, output_shape=(1, 3, 3, 1))
check_output(
    max_unpool2d,
    MaxUnpooling2D(),
    *pooled_with_argmax(example(1, 4, 4, 1), pool_size=3, strides=1),
    output_shape=(1, 4, 4, 1),
)
### BEGIN HIDDEN TESTS
check_random_unpooling(max_unpool2d, MaxUnpooling2D(), seed=6032, overlapping=True)
### END HIDDEN TESTS
passed("max_unpool2d, overlaps")

# %% nbgrader={"grade": true, "grade_id": "unpool-negative", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: tf.tensor_scatter_nd_update
from pooling_checks import *

check_output(
    max_unpool2d,
    MaxUnpooling2D(),
    *pooled_with_argmax(example(1, 4, 4, 1, values="negative"), pool_size=2),
    output_shape=(1, 4, 4, 1),
)
### BEGIN HIDDEN TESTS
check_random_unpooling(max_unpool2d, MaxUnpooling2D(), seed=6033, cases=8, values="negative")
### END HIDDEN TESTS
passed("max_unpool2d, negative values")

# %% nbgrader={"grade": true, "grade_id": "unpool-channels", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Several channels.
# Oracle: tf.tensor_scatter_nd_update
from pooling_checks import *

check_output(
    max_unpool2d,
    MaxUnpooling2D(),
    *pooled_with_argmax(example(1, 4, 4, 2), pool_size=2),
    output_shape=(1, 4, 4, 2),
)
### BEGIN HIDDEN TESTS
check_random_unpooling(max_unpool2d, MaxUnpooling2D(), seed=6034, channels=True)
values, argmax = pooled_with_argmax(example(1, 6, 6, 3, seed=4), pool_size=2)
values, argmax = (np.asfortranarray(array) for array in (values, argmax))
check_output(max_unpool2d, MaxUnpooling2D(), values, argmax, output_shape=(1, 6, 6, 3))
### END HIDDEN TESTS
passed("max_unpool2d, channels")

# %% nbgrader={"grade": true, "grade_id": "unpool-batch", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Several examples.
# Oracle: tf.tensor_scatter_nd_update
from pooling_checks import *

check_output(
    max_unpool2d,
    MaxUnpooling2D(),
    *pooled_with_argmax(example(2, 4, 4, 1), pool_size=2),
    output_shape=(2, 4, 4, 1),
)
### BEGIN HIDDEN TESTS
check_random_unpooling(max_unpool2d, MaxUnpooling2D(), seed=6035, examples=True)
### END HIDDEN TESTS
passed("max_unpool2d, examples")

# %% nbgrader={"grade": true, "grade_id": "unpool-rectangular", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Height and width differ.
# Oracle: tf.tensor_scatter_nd_update
from pooling_checks import *

check_output(
    max_unpool2d,
    MaxUnpooling2D(),
    *pooled_with_argmax(example(1, 4, 6, 1), pool_size=2),
    output_shape=(1, 4, 6, 1),
)
check_output(
    max_unpool2d,
    MaxUnpooling2D(),
    *pooled_with_argmax(example(1, 6, 3, 1), pool_size=(2, 1)),
    output_shape=(1, 6, 3, 1),
)
### BEGIN HIDDEN TESTS
check_random_unpooling(max_unpool2d, MaxUnpooling2D(), seed=6036, rectangular=True)
### END HIDDEN TESTS
passed("max_unpool2d, height and width")

# %% nbgrader={"grade": true, "grade_id": "unpool-dtype", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: tf.tensor_scatter_nd_update, in the dtype of values
from pooling_checks import *

values, argmax = pooled_with_argmax(example(1, 4, 4, 1), pool_size=2)
check_output(max_unpool2d, MaxUnpooling2D(), values, argmax, output_shape=(1, 4, 4, 1))
check_dtype(max_unpool2d, MaxUnpooling2D(), values, argmax, output_shape=(1, 4, 4, 1))
passed("max_unpool2d, dtype")

# %% nbgrader={"grade": true, "grade_id": "unpool-pure", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: tf.tensor_scatter_nd_update for the values, NumPy for the rest
from pooling_checks import *

values, argmax = pooled_with_argmax(example(1, 4, 4, 1), pool_size=2)
check_output(max_unpool2d, MaxUnpooling2D(), values, argmax, output_shape=(1, 4, 4, 1))
check_pure(max_unpool2d, values, argmax, output_shape=(1, 4, 4, 1))
values, argmax = pooled_with_argmax(example(2, 3, 4, 2, values="mixed"), pool_size=1)
check_pure(max_unpool2d, values, argmax, output_shape=(2, 3, 4, 2))
passed("max_unpool2d, inputs untouched")

# %% nbgrader={"grade": true, "grade_id": "unpool-errors", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: tf.tensor_scatter_nd_update refuses shapes that do not fit.
from pooling_checks import *

values, argmax = pooled_with_argmax(example(1, 4, 4, 1), pool_size=2)
check_output(max_unpool2d, MaxUnpooling2D(), values, argmax, output_shape=(1, 4, 4, 1))
check_error(max_unpool2d, values, argmax, names="output_shape", output_shape=(4, 4, 1))
check_error(max_unpool2d, values, argmax[:, :1], names="values|argmax", output_shape=(1, 4, 4, 1))
### BEGIN HIDDEN TESTS
check_error(max_unpool2d, values, argmax, names="output_shape", output_shape=(4, 4))
check_error(max_unpool2d, values, argmax, names="output_shape", output_shape=(1, 1, 4, 4, 1))
check_error(max_unpool2d, values, argmax, names="output_shape", output_shape=(1, 4, 4, 1, 1))
check_error(
    max_unpool2d, values, argmax, names="output_shape|values|argmax", output_shape=(2, 4, 4, 1)
)
check_error(
    max_unpool2d, values, argmax, names="output_shape|values|argmax", output_shape=(1, 4, 4, 3)
)
check_error(max_unpool2d, values[0], argmax[0], names="values|argmax", output_shape=(1, 4, 4, 1))
check_error(
    max_unpool2d, values, argmax[:, :, :1], names="values|argmax", output_shape=(1, 4, 4, 1)
)
check_error(
    max_unpool2d, values, argmax.reshape(-1), names="values|argmax", output_shape=(1, 4, 4, 1)
)
### END HIDDEN TESTS
passed("max_unpool2d, errors")

# %% nbgrader={"grade": false, "grade_id": "picture-max-unpool2d", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Your function undoes the pooling of a photograph. A picture, no test: where it is wrong, it shows
# the value that belongs there.
from pooling_checks import *

x = photograph()
show(max_unpool2d, MaxUnpooling2D(), *pooled_with_argmax(x, pool_size=2), output_shape=x.shape)

# %% [markdown]
# ## 5 · In your own words (4 points, read by a person)
#
# A network that segments roads in aerial pictures pools a feature map with window 2, and later brings
# it back to its size.
#
# 1. Which numbers of the map does max unpooling bring back, and which not? The map is pooled,
#    unpooled, and then pooled again in the same way. For which maps is the result what the first
#    pooling gave, and for which is it not? Give a small example with numbers.
# 2. A road is one pixel wide and runs down the map: its column holds 9, every other cell 1. The map
#    is pooled. What does nearest upsampling make of the road, and what does max unpooling?
# 3. A class-mate reports that 98% of her pixels are right. Her network predicts no road anywhere. What
#    is its IoU if 2% of the pixels are road? What would be the mean of the IoU of road and background?

# %% [markdown] nbgrader={"grade": true, "grade_id": "written-way-back", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# 1. It brings back each window's maximum, to its place; the other three numbers of the window are
#    lost, and are 0. Pooling again gives the first result wherever all maxima are at least 0. Where
#    a window's maximum is negative, the zeros beside it are larger: `[[-3, -1], [-4, -2]]` is pooled
#    to -1, unpooled to `[[0, -1], [0, 0]]`, and pooled again to 0. After a ReLU this cannot happen.
# 2. Nearest upsampling fills the whole windows: the road becomes two columns wide, and the added
#    column lies to the left or the right of the road, depending on whether its column is odd or even.
#    Unpooling draws 9 in the road's own column only, but of two rows in each window only in one, the
#    first: the road is dashed, as its two 9s are equal and the first counts. The windows beside the
#    road get a 1 in their first cell.
# 3. The intersection is empty and the union is the road, so the IoU is 0. The background's IoU is
#    98/100 = 0.98, so the mean of the two is 0.49, for a network that found nothing.
#
# Marking scheme, one point each: (a) the maxima in their places, the rest 0; (b) negative maxima are
# the exception, with a right example; (c) upsampling widens the road to two columns, unpooling keeps
# it in its column (that it is dashed need not be said); (d) 0 and 0.49.
# ### END SOLUTION

# %% [markdown]
# ## Before you hand in
#
# Restart the kernel and run all cells from top to bottom (*Kernel → Restart Kernel and Run All
# Cells*): a cell that only works because of something you ran earlier and deleted since will not work
# when it is graded either. Then save.
