"""What answers to `backward` may use: the checks of arguments, and where the windows lie."""

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


def count(size, window, stride, padding):
    """How many windows there are along an axis."""
    return -(-size // stride) if padding == "same" else (size - window) // stride + 1


def before(size, window, stride, padding):
    """Cells of padding before the input."""
    if padding == "valid":
        return 0
    return max((count(size, window, stride, padding) - 1) * stride + window - size, 0) // 2


def checked(grad, shape, pool_size, strides, padding):
    """Window and stride as four numbers: window height and width, stride down and across."""
    if len(shape) != 4:
        raise ValueError(f"x must have 4 axes, but x_shape is {shape}")
    window = pair("pool_size", pool_size)
    stride = window if strides is None else pair("strides", strides)
    if padding not in ("valid", "same"):
        raise ValueError(f"padding must be 'valid' or 'same', not {padding!r}")
    if padding == "valid" and (window[0] > shape[1] or window[1] > shape[2]):
        raise ValueError("pool_size is larger than the input")
    places = [count(n, w, s, padding) for n, w, s in zip(shape[1:3], window, stride)]
    if grad.shape != (shape[0], *places, shape[3]):
        raise ValueError(f"grad of shape {grad.shape} does not fit x_shape {shape}")
    return (*window, *stride)


def fits(grad, shape):
    """The check of global pooling."""
    if len(shape) != 4 or grad.shape != (shape[0], shape[3]):
        raise ValueError(f"grad of shape {grad.shape} does not fit x_shape {shape}")


def starts(size, window, stride, padding):
    """The first cell of every window along an axis; negative in the padding."""
    first = before(size, window, stride, padding)
    return [i * stride - first for i in range(count(size, window, stride, padding))]


def boxes(shape, kh, kw, sh, sw, padding):
    """Row and column of the output, and the window's rows and columns inside the input."""
    for i, r in enumerate(starts(shape[1], kh, sh, padding)):
        for j, c in enumerate(starts(shape[2], kw, sw, padding)):
            yield i, j, slice(max(r, 0), r + kh), slice(max(c, 0), c + kw)


def winners(cells):
    """True at the first maximum of each map of (batch, height, width, channels)."""
    n, h, w, c = cells.shape
    first = cells.reshape(n, h * w, c).argmax(axis=1)
    return (np.arange(h * w)[:, None] == first[:, None, :]).reshape(n, h, w, c)
