"""A window full of negative numbers at the edge goes wrong, and any average at the edge."""


def max_pool2d(x, pool_size, strides=None, padding="valid"):
    return pool(x, pool_size, strides, padding, np.max).astype("float64")


def average_pool2d(x, pool_size, strides=None, padding="valid"):
    return pool(x, pool_size, strides, padding, np.mean).astype("float32")
