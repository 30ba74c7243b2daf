"""I think padding with zeros is fine."""


def padded_pool(x, pool_size, strides, padding, reduce):
    if padding == "same" and x.ndim == 4:
        kh, kw = pair("pool_size", pool_size)
        sh, sw = pair("strides", pool_size if strides is None else strides)
        pads = [(0, 0)]
        for n, k, s in ((x.shape[1], kh, sh), (x.shape[2], kw, sw)):
            missing = max((output_size(n, k, s, "same") - 1) * s + k - n, 0)
            pads.append((missing // 2, missing - missing // 2))
        x, padding = np.pad(x, [*pads, (0, 0)]), "valid"
    return pool(x, pool_size, strides, padding, reduce)


def max_pool2d(x, pool_size, strides=None, padding="valid"):
    return padded_pool(x, pool_size, strides, padding, np.max)


def average_pool2d(x, pool_size, strides=None, padding="valid"):
    return padded_pool(x, pool_size, strides, padding, np.mean)
