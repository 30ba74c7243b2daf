"""Her max pooling fails for negative numbers at the edge: -5 alone under a window of 2 gives 0. Her
average fails at every edge: a constant input does not stay constant. Leave the outside cells out.
"""


def gathered(x, pool_size, strides, padding, fill):
    """All windows, copied next to each other: (batch, rows, columns, channels, window cells)."""
    if x.ndim != 4:
        raise ValueError("x must have 4 axes")
    (kh, kw), (sh, sw) = pair("pool_size", pool_size), pair("strides", strides or pool_size)
    if strides == 0:
        raise ValueError("strides must be positive")
    if padding == "same":
        pads = []
        for n, k, s in ((x.shape[1], kh, sh), (x.shape[2], kw, sw)):
            missing = max((-(-n // s) - 1) * s + k - n, 0)
            pads.append((missing // 2, missing - missing // 2))
        x = np.pad(x, ((0, 0), *pads, (0, 0)), constant_values=fill)
    elif padding != "valid":
        raise ValueError("padding must be valid or same")
    if kh > x.shape[1] or kw > x.shape[2]:
        raise ValueError("pool_size is larger than x")
    rows = (x.shape[1] - kh) // sh + 1
    columns = (x.shape[2] - kw) // sw + 1
    r = (np.arange(rows)[:, None] * sh + np.arange(kh)).ravel()
    c = (np.arange(columns)[:, None] * sw + np.arange(kw)).ravel()
    cells = x[:, r][:, :, c].reshape(x.shape[0], rows, kh, columns, kw, x.shape[3])
    cells = cells.transpose(0, 1, 3, 5, 2, 4)
    return cells.reshape(x.shape[0], rows, columns, x.shape[3], kh * kw)


def max_pool2d(x, pool_size, strides=None, padding="valid"):
    return gathered(x, pool_size, strides, padding, -np.inf).max(axis=-1)


def average_pool2d(x, pool_size, strides=None, padding="valid"):
    cells = gathered(x, pool_size, strides, padding, 0)
    inside = gathered(np.ones_like(x), pool_size, strides, padding, 0)
    return cells.sum(axis=-1) / inside.sum(axis=-1)


def global_max_pool2d(x, keepdims=False):
    if x.ndim != 4:
        raise ValueError("x must have 4 axes")
    out = x.reshape(x.shape[0], -1, x.shape[3]).max(axis=1)
    return out.reshape(x.shape[0], 1, 1, -1) if keepdims else out


def global_average_pool2d(x, keepdims=False):
    if x.ndim != 4:
        raise ValueError("x must have 4 axes")
    out = x.reshape(x.shape[0], -1, x.shape[3]).mean(axis=1)
    return out.reshape(x.shape[0], 1, 1, -1) if keepdims else out
