"""What answers to `variants` may use: the checks of arguments, windows and bins."""

import numpy as np


def rank(x, count):
    """The check of the number of axes."""
    if x.ndim != count:
        raise ValueError(f"x must have {count} axes")


def numbers(name, value, count):
    """`value` as so many positive integers."""
    given = tuple(value) if isinstance(value, (tuple, list)) else (value,) * count
    if len(given) != count:
        raise ValueError(f"{name} must have {count} numbers, not {value!r}")
    for n in given:
        if not isinstance(n, (int, np.integer)) or n < 1:
            raise ValueError(f"{name} must be a positive integer, not {value!r}")
    return given


def checked(x, pool_size, strides, padding, axes):
    """Window and stride, a number for each spatial axis."""
    rank(x, axes + 2)
    window = numbers("pool_size", pool_size, axes)
    stride = window if strides is None else numbers("strides", strides, axes)
    if padding not in ("valid", "same"):
        raise ValueError(f"padding must be 'valid' or 'same', not {padding!r}")
    if padding == "valid" and any(w > n for w, n in zip(window, x.shape[1:-1])):
        raise ValueError("pool_size is larger than the input")
    return window, stride


def places(size, window, stride, padding):
    """How many windows there are along an axis, and how many cells are padded before and after."""
    if padding == "valid":
        return (size - window) // stride + 1, 0, 0
    count = -(-size // stride)
    total = max((count - 1) * stride + window - size, 0)
    return count, total // 2, total - total // 2


def padded(x, window, stride, padding, fill):
    """`x` with its padding around it."""
    pads = [places(n, w, s, padding)[1:] for n, w, s in zip(x.shape[1:-1], window, stride)]
    return np.pad(x, [(0, 0), *pads, (0, 0)], constant_values=fill)


def gathered(x, window, stride, padding, fill):
    """All windows, their cells in one axis: (batch, places along each axis, channels, cells)."""
    x = padded(x, window, stride, padding, fill)
    axes = tuple(range(1, x.ndim - 1))
    cells = np.lib.stride_tricks.sliding_window_view(x, window, axis=axes)
    cells = cells[(slice(None), *(slice(None, None, s) for s in stride))]
    return cells.reshape(*cells.shape[: x.ndim], -1)


def bins(length, count):
    """First and last-plus-one cell of each bin."""
    return [(i * length // count, -(-(i + 1) * length // count)) for i in range(count)]


def boxes(x, output_size):
    """All boxes of adaptive pooling: row, column, cells."""
    down, across = numbers("output_size", output_size, 2)
    for i, (top, bottom) in enumerate(bins(x.shape[1], down)):
        for j, (left, right) in enumerate(bins(x.shape[2], across)):
            yield i, j, x[:, top:bottom, left:right]


def pooled(x, output_size, summary):
    """Adaptive pooling."""
    rank(x, 4)
    down, across = numbers("output_size", output_size, 2)
    out = np.empty((len(x), down, across, x.shape[3]), x.dtype)
    for i, j, cells in boxes(x, (down, across)):
        out[:, i, j] = summary(cells, axis=(1, 2))
    return out


def by_bins(x, output_size, divide, summary):
    """Adaptive pooling with another way to divide an axis."""
    rank(x, 4)
    down, across = numbers("output_size", output_size, 2)
    rows, columns = divide(x.shape[1], down), divide(x.shape[2], across)
    out = np.zeros((len(x), len(rows), len(columns), x.shape[3]), x.dtype)
    for i, (top, bottom) in enumerate(rows):
        for j, (left, right) in enumerate(columns):
            out[:, i, j] = summary(x[:, top:bottom, left:right], axis=(1, 2))
    return out
