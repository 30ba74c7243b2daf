"""Max: wrong if a window at the border holds only negatives, e.g. [[-2]] gives 0. Average: wrong at
the border, since zeros are counted: ones become 1/4 in the corner. Mend: pad with -inf; divide by
the pooled sum of a map of ones.
"""


def windows(x, pool_size, strides, padding, fill):
    if x.ndim != 4:
        raise ValueError("x must have 4 axes")
    kernel = pair("pool_size", pool_size)
    stride = pair("strides", pool_size if strides is None else strides)
    if padding not in ("valid", "same"):
        raise ValueError("unknown padding")
    pads = []
    for n, k, s in zip(x.shape[1:3], kernel, stride):
        if padding == "valid" and k > n:
            raise ValueError("pool_size does not fit")
        missing = max((output_size(n, k, s, padding) - 1) * s + k - n, 0)
        pads.append((missing // 2, missing - missing // 2))
    padded = np.pad(x, ((0, 0), *pads, (0, 0)), constant_values=fill)
    view = np.lib.stride_tricks.sliding_window_view(padded, kernel, axis=(1, 2))
    return view[:, :: stride[0], :: stride[1]]


def max_pool2d(x, pool_size, strides=None, padding="valid"):
    return windows(x, pool_size, strides, padding, -np.inf).max(axis=(-2, -1))


def average_pool2d(x, pool_size, strides=None, padding="valid"):
    return np.nanmean(windows(x, pool_size, strides, padding, np.nan), axis=(-2, -1))


def global_max_pool2d(x, keepdims=False):
    if x.ndim != 4:
        raise ValueError("x must have 4 axes")
    return np.amax(x, axis=(1, 2), keepdims=keepdims)


def global_average_pool2d(x, keepdims=False):
    if x.ndim != 4:
        raise ValueError("x must have 4 axes")
    return np.mean(x, axis=(1, 2), keepdims=keepdims)
