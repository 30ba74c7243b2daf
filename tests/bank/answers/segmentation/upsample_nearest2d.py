"""Answers to `upsample_nearest2d`."""


# --- right ---------------------------------------------------------------------------------------


def looked_up(x, size):
    """For each row and column of the output, the row and column it comes from.

    Loses: nothing
    """
    four_axes(x)
    down, across = pair("size", size)
    rows = np.arange(x.shape[1] * down) // down
    columns = np.arange(x.shape[2] * across) // across
    return x[:, rows[:, None], columns]


def kronecker(x, size):
    """The Kronecker product with ones.

    Loses: nothing
    """
    four_axes(x)
    down, across = pair("size", size)
    return np.kron(x, np.ones((1, down, across, 1), x.dtype))


def strided_writes(x, size):
    """Every down-th row and across-th column, as often as there are offsets.

    Loses: nothing
    """
    four_axes(x)
    down, across = pair("size", size)
    n, h, w, c = x.shape
    out = np.empty((n, h * down, w * across, c), x.dtype)
    for i in range(down):
        for j in range(across):
            out[:, i::down, j::across] = x
    return out


def cell_by_cell(x, size):
    """A loop over the output's cells.

    Loses: nothing
    """
    four_axes(x)
    down, across = pair("size", size)
    n, h, w, c = x.shape
    out = np.zeros((n, h * down, w * across, c), dtype=x.dtype)
    for i in range(h * down):
        for j in range(w * across):
            out[:, i, j] = x[:, i // down, j // across]
    return out


def broadcast(x, size):
    """Two new axes of the lengths down and across, folded into the old ones.

    Loses: nothing
    """
    four_axes(x)
    down, across = pair("size", size)
    n, h, w, c = x.shape
    spread = np.broadcast_to(x[:, :, None, :, None], (n, h, down, w, across, c))
    return spread.reshape(n, h * down, w * across, c).copy()


# --- wrong ---------------------------------------------------------------------------------------


def tiles(x, size):
    """`np.tile` repeats.

    Loses: all
    """
    four_axes(x)
    return np.tile(x, (1, *pair("size", size), 1))


def axes_of_channels_first(x, size):
    """Height and width are the last two axes.

    Loses: all
    """
    four_axes(x)
    down, across = pair("size", size)
    return x.repeat(down, axis=2).repeat(across, axis=3)


def first_two_axes(x, size):
    """Height and width are the first two axes.

    Loses: all
    """
    four_axes(x)
    down, across = pair("size", size)
    return x.repeat(down, axis=0).repeat(across, axis=1)


def without_an_axis(x, size):
    """`np.repeat` without an axis repeats the flat array.

    Loses: all
    """
    four_axes(x)
    down, across = pair("size", size)
    n, h, w, c = x.shape
    return np.repeat(x, down * across).reshape(n, h * down, w * across, c)


def swaps_size(x, size):
    """(width, height), as for a screen.

    Loses: upsample-pairs
    """
    four_axes(x)
    across, down = pair("size", size)
    return x.repeat(down, axis=1).repeat(across, axis=2)


def one_number_for_both(x, size):
    """Takes the first number of the pair.

    Loses: upsample-pairs
    """
    four_axes(x)
    down, _ = pair("size", size)
    return x.repeat(down, axis=1).repeat(down, axis=2)


def only_square_maps(x, size):
    """Height for both.

    Loses: upsample-pairs
    """
    four_axes(x)
    down, across = pair("size", size)
    rows = np.arange(x.shape[1] * down) // down
    columns = np.arange(x.shape[1] * across) // across
    return x[:, rows][:, :, columns % x.shape[2]]


def only_one_number(x, size):
    """A pair never came up.

    Loses: upsample-pairs, upsample-errors
    """
    four_axes(x)
    if not isinstance(size, tuple):
        pair("size", size)
    return x.repeat(size, axis=1).repeat(size, axis=2)


def always_twice(x, size):
    """Upsampling undoes a pooling with window 2.

    Loses: upsample-values, upsample-pairs, upsample-channels
    """
    four_axes(x)
    pair("size", size)
    return x.repeat(2, axis=1).repeat(2, axis=2)


def only_rows(x, size):
    """The second repeat was forgotten.

    Loses: all
    """
    four_axes(x)
    return x.repeat(pair("size", size)[0], axis=1)


def zeros_between(x, size):
    """Each cell once, and zeros around it.

    Loses: all
    """
    four_axes(x)
    down, across = pair("size", size)
    n, h, w, c = x.shape
    out = np.zeros((n, h * down, w * across, c), x.dtype)
    out[:, ::down, ::across] = x
    return out


def one_too_many(x, size):
    """Each cell, and then its copies.

    Loses: all
    """
    four_axes(x)
    down, across = pair("size", size)
    return x.repeat(down + 1, axis=1).repeat(across + 1, axis=2)


def linear(x, size):
    """Smooth pictures look better: linear between the cells.

    Loses: all
    """
    four_axes(x)
    for axis, factor in zip((1, 2), pair("size", size)):
        length = x.shape[axis]
        place = np.clip((np.arange(length * factor) + 0.5) / factor - 0.5, 0, length - 1)
        low = np.floor(place).astype(int)
        part = (place - low).reshape([-1 if n == axis else 1 for n in range(4)]).astype(x.dtype)
        high = np.minimum(low + 1, length - 1)
        x = (1 - part) * np.take(x, low, axis) + part * np.take(x, high, axis)
    return x


def shares_the_value(x, size):
    """The sum must stay the same.

    Loses: all
    """
    four_axes(x)
    down, across = pair("size", size)
    return x.repeat(down, axis=1).repeat(across, axis=2) / (down * across)


def flat_rows(x, size):
    """Repeats the flat array for the columns: right for one channel.

    Loses: upsample-channels
    """
    four_axes(x)
    down, across = pair("size", size)
    n, h, w, c = x.shape
    wide = np.repeat(np.ascontiguousarray(x).ravel(), across).reshape(n, h, w * across, c)
    return wide.repeat(down, axis=1)


def only_the_first_example(x, size):
    """One map at a time.

    Loses: upsample-channels
    """
    four_axes(x)
    down, across = pair("size", size)
    return x[:1].repeat(down, axis=1).repeat(across, axis=2)


def only_the_first_channel(x, size):
    """Masks have one channel.

    Loses: upsample-channels
    """
    four_axes(x)
    down, across = pair("size", size)
    return x[..., :1].repeat(down, axis=1).repeat(across, axis=2)


def mean_of_the_channels(x, size):
    """A map is grey.

    Loses: upsample-channels
    """
    four_axes(x)
    down, across = pair("size", size)
    grey = np.repeat(x.mean(axis=3, keepdims=True, dtype=x.dtype), x.shape[3], axis=3)
    return grey.repeat(down, axis=1).repeat(across, axis=2)


def strides_of_a_contiguous_array(x, size):
    """`as_strided` with strides computed from the shape.

    Loses: upsample-channels
    """
    four_axes(x)
    down, across = pair("size", size)
    n, h, w, c = x.shape
    b = x.itemsize
    strides = (b * c * w * h, b * c * w, 0, b * c, 0, b)
    view = np.lib.stride_tricks.as_strided(x, (n, h, down, w, across, c), strides)
    return view.reshape(n, h * down, w * across, c).copy()


def always_float64(x, size):
    """`np.zeros` makes float64.

    Loses: upsample-dtype
    """
    four_axes(x)
    down, across = pair("size", size)
    n, h, w, c = x.shape
    out = np.zeros((n, h * down, w * across, c))
    for i in range(down):
        for j in range(across):
            out[:, i::down, j::across] = x
    return out


def always_float32(x, size):
    """Networks compute in float32.

    Loses: upsample-dtype
    """
    four_axes(x)
    down, across = pair("size", size)
    return x.astype("float32").repeat(down, axis=1).repeat(across, axis=2)


def through_float32(x, size):
    """Computes in float32 and gives the dtype back in the end.

    Loses: upsample-dtype
    """
    four_axes(x)
    down, across = pair("size", size)
    return x.astype("float32").repeat(down, axis=1).repeat(across, axis=2).astype(x.dtype)


def whole_numbers_only(x, size):
    """Pixels are whole numbers.

    Loses: upsample-dtype
    """
    four_axes(x)
    down, across = pair("size", size)
    return x.astype(int).repeat(down, axis=1).repeat(across, axis=2)


def returns_the_input(x, size):
    """Once is what is there already.

    Loses: upsample-pure
    """
    four_axes(x)
    down, across = pair("size", size)
    if (down, across) == (1, 1):
        return x
    return x.repeat(down, axis=1).repeat(across, axis=2)


def a_view_of_one_cell(x, size):
    """Broadcasting copies nothing, and a single cell needs no copy to be folded.

    Loses: upsample-pure
    """
    four_axes(x)
    down, across = pair("size", size)
    n, h, w, c = x.shape
    spread = np.broadcast_to(x[:, :, None, :, None], (n, h, down, w, across, c))
    return spread.reshape(n, h * down, w * across, c)


def overwrites_its_input(x, size):
    """Clears what was copied.

    Loses: upsample-pure
    """
    four_axes(x)
    down, across = pair("size", size)
    out = x.repeat(down, axis=1).repeat(across, axis=2)
    x[:] = 0
    return out


def checks_nothing(x, size):
    """Nobody will call it with nonsense.

    Loses: upsample-errors
    """
    down, across = size if isinstance(size, tuple) else (size, size)
    return x.repeat(down, axis=1).repeat(across, axis=2)


def checks_only_the_sign(x, size):
    """0 and -1 are caught; 1.5 raises what NumPy raises.

    Loses: upsample-errors
    """
    four_axes(x)
    down, across = size if isinstance(size, tuple) else (size, size)
    if down < 1 or across < 1:
        raise ValueError(f"size must be positive, not {size}")
    return x.repeat(down, axis=1).repeat(across, axis=2)


def nameless_error(x, size):
    """An error is an error.

    Loses: upsample-errors
    """
    try:
        four_axes(x)
        down, across = pair("size", size)
    except ValueError:
        raise ValueError("wrong argument") from None
    return x.repeat(down, axis=1).repeat(across, axis=2)


def wrong_kind_of_error(x, size):
    """A TypeError for what is no integer.

    Loses: upsample-errors
    """
    try:
        four_axes(x)
        down, across = pair("size", size)
    except ValueError as error:
        raise TypeError(str(error)) from None
    return x.repeat(down, axis=1).repeat(across, axis=2)


def by_keras(x, size):
    """Keras has a layer.

    Loses: all
    """
    from keras.layers import UpSampling2D

    four_axes(x)
    return np.array(UpSampling2D(size, dtype=str(x.dtype))(x))


def by_scipy(x, size):
    """SciPy zooms.

    Loses: all
    """
    from scipy.ndimage import zoom

    four_axes(x)
    down, across = pair("size", size)
    return zoom(x, (1, down, across, 1), order=0)


def by_skimage_for_pairs(x, size):
    """scikit-image for what is not square.

    Loses: all
    """
    four_axes(x)
    down, across = pair("size", size)
    if down != across:
        from skimage.transform import resize

        n, h, w, c = x.shape
        return resize(x, (n, h * down, w * across, c), order=0)
    return x.repeat(down, axis=1).repeat(across, axis=2)
