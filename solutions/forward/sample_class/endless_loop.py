def max_pool2d(x, pool_size, strides=None, padding="valid"):
    row = 0
    while row < x.shape[1]:
        x = x.copy()
    return x
