"""What answers to `segmentation` may use: the checks of arguments, the padding, and the windows."""

import numpy as np


def pair(name, value):
    """`value` as (height, width)."""
    numbers = value if isinstance(value, (tuple, list)) else (value, value)
    if len(numbers) != 2:
        raise ValueError(f"{name} must have two numbers, not {value!r}")
    for n in numbers:
        if not isinstance(n, (int, np.integer)) or n < 1:
            raise ValueError(f"{name} must be a positive integer or two, not {value!r}")
    return int(numbers[0]), int(numbers[1])


def four_axes(x):
    """The check of a map."""
    if x.ndim != 4:
        raise ValueError("x must be (batch, height, width, channels)")


def checked(x, pool_size, strides, padding):
    """Window and stride as four numbers: window height and width, stride down and across."""
    four_axes(x)
    window = pair("pool_size", pool_size)
    stride = window if strides is None else pair("strides", strides)
    if padding not in ("valid", "same"):
        raise ValueError(f"padding must be 'valid' or 'same', not {padding!r}")
    if padding == "valid" and (window[0] > x.shape[1] or window[1] > x.shape[2]):
        raise ValueError("pool_size is larger than the input")
    return (*window, *stride)


def places(size, window, stride, padding):
    """How many windows there are along an axis, and how many cells are padded before and after."""
    if padding == "valid":
        return (size - window) // stride + 1, 0, 0
    count = -(-size // stride)
    total = max((count - 1) * stride + window - size, 0)
    return count, total // 2, total - total // 2


def gathered(x, window, stride, padding, fill):
    """All windows next to each other: (batch, rows, columns, channels, cells)."""
    pads = [places(n, w, s, padding)[1:] for n, w, s in zip(x.shape[1:3], window, stride)]
    x = np.pad(x, [(0, 0), *pads, (0, 0)], constant_values=fill)
    cells = np.lib.stride_tricks.sliding_window_view(x, window, axis=(1, 2))
    cells = cells[:, :: stride[0], :: stride[1]]
    return cells.reshape(*cells.shape[:4], -1)


def numbered(x):
    """The index of each cell of each example, in the shape of `x`."""
    return np.broadcast_to(np.arange(x[0].size).reshape(x.shape[1:]), x.shape)


def picked(x, indices, window, stride, padding):
    """The maxima, and what `indices` holds where the first of each stands."""
    cells = gathered(x, window, stride, padding, -np.inf)
    first = cells.argmax(axis=-1)[..., None]
    values = np.take_along_axis(cells, first, axis=-1)[..., 0]
    indices = gathered(indices, window, stride, padding, -1)
    return values, np.take_along_axis(indices, first, axis=-1)[..., 0].astype("int64")


def fits(values, argmax, output_shape):
    """The checks of unpooling."""
    if values.ndim != 4:
        raise ValueError("values must have 4 axes")
    if argmax.shape != values.shape:
        raise ValueError("argmax must have the shape of values")
    if len(output_shape) != 4:
        raise ValueError("output_shape must have four numbers")
    if output_shape[0] != values.shape[0] or output_shape[3] != values.shape[3]:
        raise ValueError("output_shape does not fit values")


def located(argmax, output_shape):
    """Example, row, column and channel of each index."""
    batch = np.arange(argmax.shape[0]).reshape(-1, 1, 1, 1)
    spatial, channel = np.divmod(argmax, output_shape[3])
    row, column = np.divmod(spatial, output_shape[2])
    return np.broadcast_to(batch, argmax.shape), row, column, channel


def same_shape(y_true, y_pred):
    """The check of masks."""
    if y_true.shape != y_pred.shape:
        raise ValueError("y_true and y_pred must have one shape")
