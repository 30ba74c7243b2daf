"""I did not get to padding."""


def output_size(size, window, stride, padding):
    for name, value in (("size", size), ("window", window), ("stride", stride)):
        whole(name, value)
    if padding not in ("valid", "same"):
        raise ValueError("padding is unknown")
    if window > size:
        raise ValueError("window is larger than the input")
    return (size - window) // stride + 1


def before(size, window, stride, padding):
    return 0
