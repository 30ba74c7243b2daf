"""Answers to `global_average_pool2d`."""


# --- right ---------------------------------------------------------------------------------------


def two_axes(x, keepdims=False):
    """NumPy reduces over several axes at once.

    Loses: nothing
    """
    four_axes(x)
    return x.mean(axis=(1, 2), keepdims=keepdims)


def flattened(x, keepdims=False):
    """Height and width become one axis, which is reduced.

    Loses: nothing
    """
    four_axes(x)
    out = x.reshape(x.shape[0], -1, x.shape[3]).mean(axis=1)
    return out[:, None, None, :] if keepdims else out


def loops(x, keepdims=False):
    """Adds up pixel by pixel, and divides once.

    Loses: nothing
    """
    four_axes(x)
    out = np.zeros((x.shape[0], x.shape[3]), x.dtype)
    for i in range(x.shape[1]):
        for j in range(x.shape[2]):
            out += x[:, i, j, :]
    out /= x.shape[1] * x.shape[2]
    return out.reshape(x.shape[0], 1, 1, x.shape[3]) if keepdims else out


def einsum(x, keepdims=False):
    """A sum over two axes, as Einstein writes it.

    Loses: nothing
    """
    four_axes(x)
    out = np.einsum("nhwc->nc", x) / (x.shape[1] * x.shape[2])
    return np.expand_dims(out, (1, 2)).astype(x.dtype) if keepdims else out.astype(x.dtype)


def cumulative(x, keepdims=False):
    """The last of the cumulative sums is the whole sum.

    Loses: nothing
    """
    four_axes(x)
    cells = x.reshape(x.shape[0], -1, x.shape[3])
    out = (np.cumsum(cells, axis=1, dtype="float64")[:, -1] / cells.shape[1]).astype(x.dtype)
    return out[:, np.newaxis, np.newaxis] if keepdims else out


def matrix_product(x, keepdims=False):
    """A mean is a product with a vector of equal weights.

    Loses: nothing
    """
    four_axes(x)
    cells = np.moveaxis(x, 3, 1).reshape(x.shape[0], x.shape[3], -1)
    out = cells @ np.full(cells.shape[2], 1 / cells.shape[2], x.dtype)
    return out[:, None, None, :] if keepdims else out


# --- wrong ----------------------------------------------------------------------------------------


def one_number(x, keepdims=False):
    """The mean of everything.

    Loses: all
    """
    four_axes(x)
    return x.mean()


def over_the_batch(x, keepdims=False):
    """Global means: over all examples as well.

    Loses: global-average-values
    """
    four_axes(x)
    out = np.broadcast_to(x.mean(axis=(0, 1, 2)), (x.shape[0], x.shape[3])).copy()
    return out[:, None, None, :] if keepdims else out


def over_the_channels(x, keepdims=False):
    """Global means: over all channels as well.

    Loses: global-average-values
    """
    four_axes(x)
    out = np.repeat(x.mean(axis=(1, 2, 3))[:, None], x.shape[3], axis=1)
    return out[:, None, None, :] if keepdims else out


def channels_first(x, keepdims=False):
    """(batch, channels, height, width), as in PyTorch.

    Loses: all
    """
    four_axes(x)
    return x.mean(axis=(2, 3), keepdims=keepdims)


def first_axes(x, keepdims=False):
    """Counts the axes from 0, and forgets that the first is the batch.

    Loses: all
    """
    four_axes(x)
    return x.mean(axis=(0, 1), keepdims=keepdims)


def only_height(x, keepdims=False):
    """One axis is enough?

    Loses: all
    """
    four_axes(x)
    return x.mean(axis=1, keepdims=keepdims)


def ignores_keepdims(x, keepdims=False):
    """What is keepdims for?

    Loses: global-average-keepdims
    """
    four_axes(x)
    return x.mean(axis=(1, 2))


def always_keepdims(x, keepdims=False):
    """The axes stay, always.

    Loses: all
    """
    four_axes(x)
    return x.mean(axis=(1, 2), keepdims=True)


def keepdims_the_other_way(x, keepdims=False):
    """True and False mixed up.

    Loses: all
    """
    four_axes(x)
    return x.mean(axis=(1, 2), keepdims=not keepdims)


def axes_at_the_end(x, keepdims=False):
    """The two axes of length one go to the end.

    Loses: global-average-keepdims
    """
    four_axes(x)
    out = x.mean(axis=(1, 2))
    return out[:, :, None, None] if keepdims else out


def only_the_first_example(x, keepdims=False):
    """One picture at a time.

    Loses: global-average-values, global-average-keepdims
    """
    four_axes(x)
    return x[:1].mean(axis=(1, 2), keepdims=keepdims)


def only_the_first_channel(x, keepdims=False):
    """The digits are grey.

    Loses: global-average-values, global-average-keepdims
    """
    four_axes(x)
    return x[..., :1].mean(axis=(1, 2), keepdims=keepdims)


def middle_cell(x, keepdims=False):
    """The middle of the map stands for the map.

    Loses: all
    """
    four_axes(x)
    out = x[:, x.shape[1] // 2, x.shape[2] // 2].copy()
    return out[:, None, None, :] if keepdims else out


def only_zeros(x, keepdims=False):
    """The shape is right; the loop that fills it is still to come.

    Loses: all
    """
    four_axes(x)
    out = np.zeros((x.shape[0], x.shape[3]), x.dtype)
    return out[:, None, None, :] if keepdims else out


def the_other_one(x, keepdims=False):
    """Max and mean mixed up.

    Loses: all
    """
    four_axes(x)
    return x.max(axis=(1, 2), keepdims=keepdims)


def sums(x, keepdims=False):
    """The division is forgotten.

    Loses: all
    """
    four_axes(x)
    return x.sum(axis=(1, 2), keepdims=keepdims)


def square_of_the_height(x, keepdims=False):
    """Divides by height times height.

    Loses: global-average-values
    """
    four_axes(x)
    return x.sum(axis=(1, 2), keepdims=keepdims) / np.square(x.shape[1], dtype=x.dtype)


def divides_by_all(x, keepdims=False):
    """Divides by the number of all cells of the array.

    Loses: global-average-values
    """
    four_axes(x)
    return x.sum(axis=(1, 2), keepdims=keepdims) / np.asarray(x.size, x.dtype)


def integer_division(x, keepdims=False):
    """Divides with //.

    Loses: global-average-values
    """
    four_axes(x)
    return x.sum(axis=(1, 2), keepdims=keepdims) // (x.shape[1] * x.shape[2])


def rounds(x, keepdims=False):
    """Pixels are whole numbers.

    Loses: global-average-values
    """
    four_axes(x)
    return np.round(x.mean(axis=(1, 2), keepdims=keepdims))


def counts_only_what_is_there(x, keepdims=False):
    """Zeros are no response, so they do not count.

    Loses: global-average-values
    """
    four_axes(x)
    out = x.sum(axis=(1, 2), keepdims=keepdims)
    return out / np.maximum((x != 0).sum(axis=(1, 2), keepdims=keepdims), 1).astype(x.dtype)


def mean_of_magnitudes(x, keepdims=False):
    """Signs would cancel.

    Loses: global-average-values
    """
    four_axes(x)
    return np.abs(x).mean(axis=(1, 2), keepdims=keepdims)


def median(x, keepdims=False):
    """The middle number is the average.

    Loses: global-average-values
    """
    four_axes(x)
    return np.median(x, axis=(1, 2), keepdims=keepdims).astype(x.dtype)


def overwrites_its_input(x, keepdims=False):
    """Adds up in the input's first pixel.

    Loses: global-average-dtype
    """
    four_axes(x)
    total = x[:, 0, 0]
    for i in range(x.shape[1]):
        for j in range(x.shape[2]):
            if (i, j) != (0, 0):
                total += x[:, i, j]
    out = total / np.asarray(x.shape[1] * x.shape[2], x.dtype)
    return out[:, None, None, :] if keepdims else out


def a_view_of_a_single_pixel(x, keepdims=False):
    """A map of one pixel is its own answer.

    Loses: global-average-dtype
    """
    four_axes(x)
    if x.shape[1:3] == (1, 1):
        return x if keepdims else x[:, 0, 0]
    return x.mean(axis=(1, 2), keepdims=keepdims)


def always_float64(x, keepdims=False):
    """`np.zeros` makes float64.

    Loses: global-average-dtype
    """
    four_axes(x)
    best = x.astype("float64").mean(axis=(1, 2), keepdims=keepdims)
    out = np.zeros(best.shape)
    out[:] = best
    return out


def through_float32(x, keepdims=False):
    """Computes in float32 and gives the dtype back in the end.

    Loses: global-average-dtype
    """
    four_axes(x)
    return x.astype("float32").mean(axis=(1, 2), keepdims=keepdims).astype(x.dtype)


def as_a_list(x, keepdims=False):
    """A list of numbers is as good as an array.

    Loses: all
    """
    four_axes(x)
    return x.mean(axis=(1, 2), keepdims=keepdims).tolist()


def checks_nothing(x, keepdims=False):
    """Nobody will call it with nonsense.

    Loses: global-average-errors
    """
    return x.mean(axis=(1, 2), keepdims=keepdims)


def asserts(x, keepdims=False):
    """An assertion is an error too.

    Loses: global-average-errors
    """
    assert x.ndim == 4, "x must have four axes"
    return x.mean(axis=(1, 2), keepdims=keepdims)


def unpacks(x, keepdims=False):
    """Unpacking fails for a wrong shape, but the message does not say of what.

    Loses: global-average-errors
    """
    n, h, w, c = x.shape
    return x.mean(axis=(1, 2), keepdims=keepdims)


def only_too_few_axes(x, keepdims=False):
    """Too few axes are an error; more are not thought of.

    Loses: global-average-errors
    """
    if x.ndim < 4:
        raise ValueError("x must have four axes")
    return x.mean(axis=(1, 2), keepdims=keepdims)


# --- not NumPy only -------------------------------------------------------------------------------


def by_keras(x, keepdims=False):
    """Why write what is there?

    Loses: all
    """
    from keras.layers import GlobalAveragePooling2D

    four_axes(x)
    return np.array(GlobalAveragePooling2D(keepdims=keepdims, dtype=str(x.dtype))(x))


def by_tensorflow(x, keepdims=False):
    """A reduction of TensorFlow's.

    Loses: all
    """
    import tensorflow as tf

    four_axes(x)
    return tf.reduce_mean(x, axis=(1, 2), keepdims=keepdims).numpy()


def by_skimage(x, keepdims=False):
    """One block, as large as the map.

    Loses: all
    """
    from skimage.measure import block_reduce

    four_axes(x)
    out = block_reduce(x, (1, x.shape[1], x.shape[2], 1), np.mean).astype(x.dtype)
    return out if keepdims else out[:, 0, 0]
