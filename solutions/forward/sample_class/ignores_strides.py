"""See the functions."""


def max_pool2d(x, pool_size, strides=None, padding="valid"):
    if strides is not None:
        pair("strides", strides)
    return pool(x, pool_size, None, padding, np.max)


def average_pool2d(x, pool_size, strides=None, padding="valid"):
    if strides is not None:
        pair("strides", strides)
    return pool(x, pool_size, None, padding, np.mean)
