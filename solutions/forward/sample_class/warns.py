"""Zeros beat negative numbers; zeros are counted in the mean. Use -inf; count the cells inside."""

import sys
import warnings


def max_pool2d(x, pool_size, strides=None, padding="valid"):
    warnings.warn("max_pool2d is slow", stacklevel=1)
    return pool(x, pool_size, strides, padding, np.max)


def average_pool2d(x, pool_size, strides=None, padding="valid"):
    print("pooling", x.shape, file=sys.stderr)
    os.write(2, b"a library's note\n")
    return pool(x, pool_size, strides, padding, np.mean)
