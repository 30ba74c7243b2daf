def max_pool2d(x, pool_size, strides=None, padding="valid"):
    return x[:, 0:pool_size, 99]


def average_pool2d(x, pool_size, strides=None, padding="valid"):
    return x.mean(axis=(1, 2, 7))
