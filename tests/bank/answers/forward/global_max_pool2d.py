"""Answers to `global_max_pool2d`."""


# --- right ---------------------------------------------------------------------------------------


def two_axes(x, keepdims=False):
    """NumPy reduces over several axes at once.

    Loses: nothing
    """
    four_axes(x)
    return x.max(axis=(1, 2), keepdims=keepdims)


def flattened(x, keepdims=False):
    """Height and width become one axis, which is reduced.

    Loses: nothing
    """
    four_axes(x)
    out = x.reshape(x.shape[0], -1, x.shape[3]).max(axis=1)
    return out[:, None, None, :] if keepdims else out


def loops(x, keepdims=False):
    """The largest so far, pixel by pixel.

    Loses: nothing
    """
    four_axes(x)
    out = x[:, 0, 0, :].copy()
    for i in range(x.shape[1]):
        for j in range(x.shape[2]):
            out = np.maximum(out, x[:, i, j, :])
    return out.reshape(x.shape[0], 1, 1, x.shape[3]) if keepdims else out


def sorted_cells(x, keepdims=False):
    """Sorts a copy and takes the last.

    Loses: nothing
    """
    four_axes(x)
    cells = np.sort(x.reshape(x.shape[0], -1, x.shape[3]), axis=1)
    out = cells[:, -1].copy()
    return np.expand_dims(out, (1, 2)) if keepdims else out


def scattered(x, keepdims=False):
    """Every pixel tells its example and channel, by `np.maximum.at`.

    Loses: nothing
    """
    four_axes(x)
    out = np.full((x.shape[0], x.shape[3]), -np.inf, x.dtype)
    n, _, _, c = np.indices(x.shape)
    np.maximum.at(out, (n, c), x)
    return out[:, np.newaxis, np.newaxis] if keepdims else out


# --- wrong ----------------------------------------------------------------------------------------


def one_number(x, keepdims=False):
    """The largest number of everything.

    Loses: all
    """
    four_axes(x)
    return x.max()


def over_the_batch(x, keepdims=False):
    """Global means: over all examples as well.

    Loses: global-max-values
    """
    four_axes(x)
    out = np.broadcast_to(x.max(axis=(0, 1, 2)), (x.shape[0], x.shape[3])).copy()
    return out[:, None, None, :] if keepdims else out


def over_the_channels(x, keepdims=False):
    """Global means: over all channels as well.

    Loses: global-max-values
    """
    four_axes(x)
    out = np.repeat(x.max(axis=(1, 2, 3))[:, None], x.shape[3], axis=1)
    return out[:, None, None, :] if keepdims else out


def channels_first(x, keepdims=False):
    """(batch, channels, height, width), as in PyTorch.

    Loses: all
    """
    four_axes(x)
    return x.max(axis=(2, 3), keepdims=keepdims)


def first_axes(x, keepdims=False):
    """Counts the axes from 0, and forgets that the first is the batch.

    Loses: all
    """
    four_axes(x)
    return x.max(axis=(0, 1), keepdims=keepdims)


def only_height(x, keepdims=False):
    """One axis is enough?

    Loses: all
    """
    four_axes(x)
    return x.max(axis=1, keepdims=keepdims)


def ignores_keepdims(x, keepdims=False):
    """What is keepdims for?

    Loses: global-max-keepdims
    """
    four_axes(x)
    return x.max(axis=(1, 2))


def always_keepdims(x, keepdims=False):
    """The axes stay, always.

    Loses: all
    """
    four_axes(x)
    return x.max(axis=(1, 2), keepdims=True)


def keepdims_the_other_way(x, keepdims=False):
    """True and False mixed up.

    Loses: all
    """
    four_axes(x)
    return x.max(axis=(1, 2), keepdims=not keepdims)


def axes_at_the_end(x, keepdims=False):
    """The two axes of length one go to the end.

    Loses: global-max-keepdims
    """
    four_axes(x)
    out = x.max(axis=(1, 2))
    return out[:, :, None, None] if keepdims else out


def only_the_first_example(x, keepdims=False):
    """One picture at a time.

    Loses: global-max-values, global-max-keepdims
    """
    four_axes(x)
    return x[:1].max(axis=(1, 2), keepdims=keepdims)


def only_the_first_channel(x, keepdims=False):
    """The digits are grey.

    Loses: global-max-values, global-max-keepdims
    """
    four_axes(x)
    return x[..., :1].max(axis=(1, 2), keepdims=keepdims)


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
    return x.mean(axis=(1, 2), keepdims=keepdims)


def starts_at_zero(x, keepdims=False):
    """Looks for the largest number, starting with 0.

    Loses: global-max-values
    """
    four_axes(x)
    out = np.zeros((x.shape[0], x.shape[3]), x.dtype)
    for i in range(x.shape[1]):
        for j in range(x.shape[2]):
            out = np.maximum(out, x[:, i, j])
    return out[:, None, None, :] if keepdims else out


def largest_magnitude(x, keepdims=False):
    """The strongest response counts, whatever its sign.

    Loses: global-max-values
    """
    four_axes(x)
    return np.abs(x).max(axis=(1, 2), keepdims=keepdims)


def only_square_maps(x, keepdims=False):
    """Height for both: the columns beyond are not looked at.

    Loses: global-max-values
    """
    four_axes(x)
    return x[:, :, : x.shape[1]].max(axis=(1, 2), keepdims=keepdims)


def off_by_one(x, keepdims=False):
    """range(height - 1): the last row is not looked at.

    Loses: global-max-values
    """
    four_axes(x)
    return x[:, : max(x.shape[1] - 1, 1)].max(axis=(1, 2), keepdims=keepdims)


def overwrites_its_input(x, keepdims=False):
    """Keeps the largest so far in the input's first pixel.

    Loses: global-max-dtype
    """
    four_axes(x)
    best = x[:, 0, 0]
    for i in range(x.shape[1]):
        for j in range(x.shape[2]):
            np.maximum(best, x[:, i, j], out=best)
    out = best.copy()
    return out[:, None, None, :] if keepdims else out


def sorts_in_place(x, keepdims=False):
    """Sorts the cells where they lie.

    Loses: global-max-dtype
    """
    four_axes(x)
    cells = x.reshape(x.shape[0], -1, x.shape[3])
    cells.sort(axis=1)
    out = cells[:, -1].copy()
    return out[:, None, None, :] if keepdims else out


def a_view_of_a_single_pixel(x, keepdims=False):
    """A map of one pixel is its own answer.

    Loses: global-max-dtype
    """
    four_axes(x)
    if x.shape[1:3] == (1, 1):
        return x if keepdims else x[:, 0, 0]
    return x.max(axis=(1, 2), keepdims=keepdims)


def always_float64(x, keepdims=False):
    """`np.zeros` makes float64.

    Loses: global-max-dtype
    """
    four_axes(x)
    best = x.astype("float64").max(axis=(1, 2), keepdims=keepdims)
    out = np.zeros(best.shape)
    out[:] = best
    return out


def through_float32(x, keepdims=False):
    """Computes in float32 and gives the dtype back in the end.

    Loses: global-max-dtype
    """
    four_axes(x)
    return x.astype("float32").max(axis=(1, 2), keepdims=keepdims).astype(x.dtype)


def as_a_list(x, keepdims=False):
    """A list of numbers is as good as an array.

    Loses: all
    """
    four_axes(x)
    return x.max(axis=(1, 2), keepdims=keepdims).tolist()


def checks_nothing(x, keepdims=False):
    """Nobody will call it with nonsense.

    Loses: global-max-errors
    """
    return x.max(axis=(1, 2), keepdims=keepdims)


def asserts(x, keepdims=False):
    """An assertion is an error too.

    Loses: global-max-errors
    """
    assert x.ndim == 4, "x must have four axes"
    return x.max(axis=(1, 2), keepdims=keepdims)


def unpacks(x, keepdims=False):
    """Unpacking fails for a wrong shape, but the message does not say of what.

    Loses: global-max-errors
    """
    n, h, w, c = x.shape
    return x.max(axis=(1, 2), keepdims=keepdims)


def only_too_few_axes(x, keepdims=False):
    """Too few axes are an error; more are not thought of.

    Loses: global-max-errors
    """
    if x.ndim < 4:
        raise ValueError("x must have four axes")
    return x.max(axis=(1, 2), keepdims=keepdims)


# --- not NumPy only -------------------------------------------------------------------------------


def by_keras(x, keepdims=False):
    """Why write what is there?

    Loses: all
    """
    from keras.layers import GlobalMaxPooling2D

    four_axes(x)
    return np.array(GlobalMaxPooling2D(keepdims=keepdims, dtype=str(x.dtype))(x))


def by_tensorflow(x, keepdims=False):
    """A reduction of TensorFlow's.

    Loses: all
    """
    import tensorflow as tf

    four_axes(x)
    return tf.reduce_max(x, axis=(1, 2), keepdims=keepdims).numpy()


def by_scipy(x, keepdims=False):
    """SciPy knows the largest number of labelled regions.

    Loses: all
    """
    from scipy import ndimage

    four_axes(x)
    maps = [[x[n, ..., c] for c in range(x.shape[3])] for n in range(len(x))]
    out = np.array([[ndimage.maximum(cells) for cells in row] for row in maps])
    return out[:, None, None, :] if keepdims else out
