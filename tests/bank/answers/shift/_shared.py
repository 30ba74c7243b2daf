"""What answers to `shift` may use: checks of arguments, the padding, the two right steps."""

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


def four_axes(x):
    """The check of the rank."""
    if x.ndim != 4:
        raise ValueError("x must be (batch, height, width, channels)")


def places(size, window, stride):
    """How many windows there are along an axis, and how many cells are padded before and after."""
    count = -(-size // stride)
    total = max((count - 1) * stride + window - size, 0)
    return count, total // 2, total - total // 2


def sides(x, window, stride):
    """The padding of both axes, for `np.pad`."""
    pads = [places(n, w, s)[1:] for n, w, s in zip(x.shape[1:3], window, stride)]
    return [(0, 0), *pads, (0, 0)]


def windows(x, window, stride):
    """All windows next to each other: (batch, rows, columns, channels, height, width)."""
    cells = np.lib.stride_tricks.sliding_window_view(x, window, axis=(1, 2))
    return cells[:, :: stride[0], :: stride[1]]


def kernel(dtype):
    """The weights of the blur."""
    return np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]], dtype) / 16


def weighted(x, weights, stride):
    """Windows of 3 × 3 on an input that is padded already, times weights."""
    return np.einsum("brcnij,ij->brcn", windows(x, (3, 3), stride), weights)


def blur(x, stride):
    """The right blur, for answers that go wrong elsewhere."""
    return weighted(np.pad(x, sides(x, (3, 3), stride)), kernel(x.dtype), stride)


def highest(x, window):
    """The right maximum at every cell, for answers that go wrong elsewhere."""
    padded = np.pad(x, sides(x, window, (1, 1)), constant_values=-np.inf)
    return windows(padded, window, (1, 1)).max(axis=(4, 5))
