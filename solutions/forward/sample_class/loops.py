"""1. Where all numbers under a window at the edge are negative, the zero wins. Max pooling [[-1]]
with a window of 2 gives 0 instead of -1.
2. At every edge window, because the zeros are counted. A 3 x 3 map of ones gives 1/4 in the corner.
3. Pad with minus infinity for max. For average, divide by the number of cells inside the input.
"""


def whole(name, value):
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"{name} must be a positive integer, got {value!r}")
    return int(value)


def pair(name, value):
    if isinstance(value, (tuple, list)):
        if len(value) != 2:
            raise ValueError(f"{name} must have two numbers, got {value!r}")
        return whole(name, value[0]), whole(name, value[1])
    return whole(name, value), whole(name, value)


def before(size, window, stride, padding):
    if padding == "valid":
        return 0
    return max((output_size(size, window, stride, padding) - 1) * stride + window - size, 0) // 2


def pool(x, pool_size, strides, padding, reduce):
    if x.ndim != 4:
        raise ValueError("x must be (batch, height, width, channels)")
    kh, kw = pair("pool_size", pool_size)
    sh, sw = (kh, kw) if strides is None else pair("strides", strides)
    if padding not in ("valid", "same"):
        raise ValueError(f"padding must be 'valid' or 'same', got {padding!r}")
    batch, height, width, channels = x.shape
    if padding == "valid" and (kh > height or kw > width):
        raise ValueError("pool_size is larger than the input")
    top, left = before(height, kh, sh, padding), before(width, kw, sw, padding)
    rows, columns = output_size(height, kh, sh, padding), output_size(width, kw, sw, padding)
    out = np.empty((batch, rows, columns, channels), x.dtype)
    for i in range(rows):
        for j in range(columns):
            r, c = i * sh - top, j * sw - left
            out[:, i, j] = reduce(x[:, max(r, 0) : r + kh, max(c, 0) : c + kw], axis=(1, 2))
    return out


def output_size(size, window, stride, padding):
    size, window = whole("size", size), whole("window", window)
    stride = whole("stride", stride)
    if padding not in ("valid", "same"):
        raise ValueError(f"padding must be 'valid' or 'same', got {padding!r}")
    if padding == "same":
        return (size + stride - 1) // stride
    if window > size:
        raise ValueError("window is larger than the input")
    return (size - window) // stride + 1


def max_pool2d(x, pool_size, strides=None, padding="valid"):
    return pool(x, pool_size, strides, padding, np.max)


def average_pool2d(x, pool_size, strides=None, padding="valid"):
    return pool(x, pool_size, strides, padding, np.mean)


def global_max_pool2d(x, keepdims=False):
    if x.ndim != 4:
        raise ValueError("x must be (batch, height, width, channels)")
    out = x[:, 0, 0, :].copy()
    for i in range(x.shape[1]):
        for j in range(x.shape[2]):
            out = np.maximum(out, x[:, i, j, :])
    return out[:, None, None, :] if keepdims else out


def global_average_pool2d(x, keepdims=False):
    if x.ndim != 4:
        raise ValueError("x must be (batch, height, width, channels)")
    out = np.zeros((x.shape[0], x.shape[3]), x.dtype)
    for i in range(x.shape[1]):
        for j in range(x.shape[2]):
            out += x[:, i, j, :]
    out /= x.shape[1] * x.shape[2]
    return out[:, None, None, :] if keepdims else out
