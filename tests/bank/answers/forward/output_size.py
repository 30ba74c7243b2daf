"""Answers to `output_size`."""


def _checked(size, window, stride, padding):
    for name, value in (("size", size), ("window", window), ("stride", stride)):
        whole(name, value)
    if padding not in ("valid", "same"):
        raise ValueError(f"padding must be 'valid' or 'same', not {padding!r}")
    if padding == "valid" and window > size:
        raise ValueError("window is larger than the input")


# --- right ---------------------------------------------------------------------------------------


def whole_numbers(size, window, stride, padding):
    """Both formulas with whole numbers; rounding up is rounding down from the other side.

    Loses: nothing
    """
    _checked(size, window, stride, padding)
    return (size + stride - 1) // stride if padding == "same" else (size - window) // stride + 1


def counting(size, window, stride, padding):
    """Count the places where a window can start.

    Loses: nothing
    """
    _checked(size, window, stride, padding)
    last = size if padding == "same" else size - window + 1
    return len(range(0, last, stride))


def walking(size, window, stride, padding):
    """Walk along the axis until the window no longer fits.

    Loses: nothing
    """
    _checked(size, window, stride, padding)
    count, start = 0, 0
    while start + (1 if padding == "same" else window) <= size:
        count += 1
        start += stride
    return count


def numpy_ceil(size, window, stride, padding):
    """The way TensorFlow's notes say it, and an int made of the float.

    Loses: nothing
    """
    _checked(size, window, stride, padding)
    cells = size if padding == "same" else size - window + 1
    return int(np.ceil(cells / stride))


# --- wrong ---------------------------------------------------------------------------------------


def no_plus_one(size, window, stride, padding):
    """The number of steps, not of places: the first window is forgotten.

    Loses: all but size-same
    """
    _checked(size, window, stride, padding)
    return -(-size // stride) if padding == "same" else (size - window) // stride


def rounds_valid_up(size, window, stride, padding):
    """What is left over at the end shall have a window too.

    Loses: size-valid
    """
    _checked(size, window, stride, padding)
    return -(-size // stride) if padding == "same" else -(-(size - window) // stride) + 1


def rounds_same_down(size, window, stride, padding):
    """One formula for everything: size by stride.

    Loses: size-same
    """
    _checked(size, window, stride, padding)
    return max(size // stride, 1) if padding == "same" else (size - window) // stride + 1


def same_keeps_size(size, window, stride, padding):
    """ "Same" means: as large as the input.

    Loses: size-same
    """
    _checked(size, window, stride, padding)
    return size if padding == "same" else (size - window) // stride + 1


def ignores_padding(size, window, stride, padding):
    """Only the formula of the lecture.

    Loses: size-same
    """
    _checked(size, window, stride, padding)
    return (size - window) // stride + 1


def ignores_stride(size, window, stride, padding):
    """The stride is the window, as in the first example.

    Loses: size-valid, size-same
    """
    _checked(size, window, stride, padding)
    return -(-size // window) if padding == "same" else (size - window) // window + 1


def stride_one(size, window, stride, padding):
    """As for a convolution, one step at a time.

    Loses: all
    """
    _checked(size, window, stride, padding)
    return size if padding == "same" else size - window + 1


def torch_padding(size, window, stride, padding):
    """PyTorch's formula, with half a window of padding on both sides for "same".

    Loses: size-same
    """
    _checked(size, window, stride, padding)
    pad = window // 2 if padding == "same" else 0
    return (size + 2 * pad - window) // stride + 1


def returns_float(size, window, stride, padding):
    """A formula is a formula: np.ceil gives a float.

    Loses: size-same
    """
    _checked(size, window, stride, padding)
    return np.ceil(size / stride) if padding == "same" else (size - window) // stride + 1


def true_division(size, window, stride, padding):
    """Divides with / and rounds in the end, as school taught it.

    Loses: size-valid, size-same
    """
    _checked(size, window, stride, padding)
    return round(size / stride) if padding == "same" else round((size - window) / stride + 1)


def swapped(size, window, stride, padding):
    """Window and stride the wrong way round.

    Loses: size-valid, size-same
    """
    _checked(size, window, stride, padding)
    return -(-size // window) if padding == "same" else (size - stride) // window + 1


def same_subtracts_window(size, window, stride, padding):
    """Rounds up what should be rounded up, but of the size less the window.

    Loses: size-same
    """
    _checked(size, window, stride, padding)
    if padding == "same":
        return max(-(-(size - window) // stride) + 1, 1)
    return (size - window) // stride + 1


def prints(size, window, stride, padding):
    """Prints the number; returning it was not thought of.

    Loses: all
    """
    _checked(size, window, stride, padding)
    print(-(-size // stride) if padding == "same" else (size - window) // stride + 1)


def checks_nothing(size, window, stride, padding):
    """Nobody will call it with nonsense.

    Loses: size-errors
    """
    return -(-size // stride) if padding == "same" else (size - window) // stride + 1


def asserts(size, window, stride, padding):
    """An assertion is an error too.

    Loses: size-errors
    """
    assert size > 0 and window > 0 and stride > 0 and padding in ("valid", "same")
    return -(-size // stride) if padding == "same" else (size - window) // stride + 1


def same_wants_the_window_to_fit(size, window, stride, padding):
    """A window larger than the input is an error, whatever the padding.

    Loses: size-same
    """
    _checked(size, window, stride, padding)
    if window > size:
        raise ValueError("window is larger than the input")
    return -(-size // stride) if padding == "same" else (size - window) // stride + 1


def asks_keras(size, window, stride, padding):
    """The layer knows best.

    Loses: all
    """
    from keras.layers import MaxPooling2D

    _checked(size, window, stride, padding)
    layer = MaxPooling2D(window, stride, padding)
    return layer.compute_output_shape((1, size, size, 1))[1]
