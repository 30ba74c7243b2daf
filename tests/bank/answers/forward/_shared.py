"""What answers to `forward` may use: the checks of arguments, and the padding."""

import numpy as np


def whole(name, value):
    """`value`, if it is a positive integer."""
    if not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"{name} must be a positive integer, not {value!r}")
    return int(value)


def pair(name, value):
    """`value` as (height, width)."""
    if isinstance(value, (tuple, list)):
        if len(value) != 2:
            raise ValueError(f"{name} must have two numbers, not {value!r}")
        return whole(name, value[0]), whole(name, value[1])
    return whole(name, value), whole(name, value)


def checked(x, pool_size, strides, padding):
    """Window and stride as four numbers: window height and width, stride down and across."""
    if x.ndim != 4:
        raise ValueError("x must be (batch, height, width, channels)")
    window = pair("pool_size", pool_size)
    stride = window if strides is None else pair("strides", strides)
    if padding not in ("valid", "same"):
        raise ValueError(f"padding must be 'valid' or 'same', not {padding!r}")
    if padding == "valid" and (window[0] > x.shape[1] or window[1] > x.shape[2]):
        raise ValueError("pool_size is larger than the input")
    return (*window, *stride)


def four_axes(x):
    """The check of global pooling."""
    if x.ndim != 4:
        raise ValueError("x must be (batch, height, width, channels)")


def places(size, window, stride, padding):
    """How many windows there are along an axis, and how many cells are padded before and after."""
    if padding == "valid":
        return (size - window) // stride + 1, 0, 0
    count = -(-size // stride)
    total = max((count - 1) * stride + window - size, 0)
    return count, total // 2, total - total // 2


def padded(x, window, stride, padding, fill):
    """`x` with its padding around it."""
    pads = [places(n, w, s, padding)[1:] for n, w, s in zip(x.shape[1:3], window, stride)]
    return np.pad(x, [(0, 0), *pads, (0, 0)], constant_values=fill)


def gathered(x, window, stride, padding, fill):
    """All windows next to each other: (batch, rows, columns, channels, height, width)."""
    x = padded(x, window, stride, padding, fill)
    cells = np.lib.stride_tricks.sliding_window_view(x, window, axis=(1, 2))
    return cells[:, :: stride[0], :: stride[1]]
