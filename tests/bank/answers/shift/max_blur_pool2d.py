"""Answers to `max_blur_pool2d`."""


def _read(x, pool_size, strides):
    """Window and stride as pairs."""
    four_axes(x)
    return pair("pool_size", pool_size), pair("strides", strides)


# --- right ---------------------------------------------------------------------------------------


def two_functions(x, pool_size, strides):
    """The maximum over a view of all windows, then the blur.

    Loses: nothing
    """
    window, stride = _read(x, pool_size, strides)
    return blur(highest(x, window), stride)


def loops(x, pool_size, strides):
    """Loops over the places; the window of the maximum is cut off at the edge.

    Loses: nothing
    """
    (kh, kw), (down, across) = _read(x, pool_size, strides)
    dense = np.empty_like(x)
    for i in range(x.shape[1]):
        for j in range(x.shape[2]):
            top, left = i - (kh - 1) // 2, j - (kw - 1) // 2
            part = x[:, max(top, 0) : top + kh, max(left, 0) : left + kw]
            dense[:, i, j] = part.max(axis=(1, 2))
    rows, top, _ = places(x.shape[1], 3, down)
    columns, left, _ = places(x.shape[2], 3, across)
    out = np.zeros((x.shape[0], rows, columns, x.shape[3]), x.dtype)
    for i in range(rows):
        for j in range(columns):
            for (a, b), weight in np.ndenumerate(kernel(x.dtype)):
                r, c = i * down - top + a, j * across - left + b
                if 0 <= r < x.shape[1] and 0 <= c < x.shape[2]:
                    out[:, i, j] += weight * dense[:, r, c]
    return out


def one_axis_after_the_other(x, pool_size, strides):
    """Both steps fall apart into rows and columns: all of the rows first, step by step.

    Loses: nothing
    """
    window, stride = _read(x, pool_size, strides)
    for axis in (1, 2):
        size, k, s = x.shape[axis], window[axis - 1], stride[axis - 1]
        starts = [i - (k - 1) // 2 for i in range(size)]
        parts = [np.take(x, range(max(a, 0), min(a + k, size)), axis).max(axis) for a in starts]
        x = np.stack(parts, axis)
    for axis in (1, 2):
        size, s = x.shape[axis], stride[axis - 1]
        count, before, _ = places(size, 3, s)
        band = np.zeros((count, size), x.dtype)
        for i in range(count):
            for a, weight in enumerate((0.25, 0.5, 0.25)):
                if 0 <= i * s - before + a < size:
                    band[i, i * s - before + a] = weight
        x = np.moveaxis(np.tensordot(band, x, axes=(1, axis)), 0, axis)
    return np.ascontiguousarray(x)


def slices(x, pool_size, strides):
    """`np.maximum` over shifted slices, then a sum of shifted slices.

    Loses: nothing
    """
    (kh, kw), (down, across) = _read(x, pool_size, strides)
    height, width = x.shape[1:3]
    padded = np.pad(x, sides(x, (kh, kw), (1, 1)), constant_values=np.finfo(x.dtype).min)
    dense = padded[:, :height, :width].copy()
    for i in range(kh):
        for j in range(kw):
            np.maximum(dense, padded[:, i : i + height, j : j + width], out=dense)
    dense = np.pad(dense, sides(dense, (3, 3), (down, across)))
    total = 0
    for i, weight in enumerate((1, 2, 1)):
        total = total + weight * dense[:, i : dense.shape[1] - 2 + i]
    dense, total = total, 0
    for j, weight in enumerate((1, 2, 1)):
        total = total + weight * dense[:, :, j : dense.shape[2] - 2 + j]
    return total[:, ::down, ::across] / 16


# --- wrong ---------------------------------------------------------------------------------------


def blurs_first(x, pool_size, strides):
    """A picture is blurred before it is made smaller.

    Loses: all
    """
    window, (down, across) = _read(x, pool_size, strides)
    dense = highest(blur(x, (1, 1)), window)
    top = 1 - places(x.shape[1], 3, down)[1]
    left = 1 - places(x.shape[2], 3, across)[1]
    return dense[:, top::down, left::across].copy()


def stride_in_the_maximum(x, pool_size, strides):
    """Max pooling with its stride as ever, and a blur behind it.

    Loses: max-blur-order, max-blur-rectangular
    """
    window, stride = _read(x, pool_size, strides)
    padded = np.pad(x, sides(x, window, stride), constant_values=-np.inf)
    return blur(windows(padded, window, stride).max(axis=(4, 5)), (1, 1))


def stride_in_both(x, pool_size, strides):
    """Both steps get the strides.

    Loses: max-blur-order, max-blur-rectangular
    """
    window, stride = _read(x, pool_size, strides)
    padded = np.pad(x, sides(x, window, stride), constant_values=-np.inf)
    return blur(windows(padded, window, stride).max(axis=(4, 5)), stride)


def stride_is_the_window(x, pool_size, strides):
    """Max pooling with the stride of its window, then the blur with its own.

    Loses: all
    """
    window, stride = _read(x, pool_size, strides)
    padded = np.pad(x, sides(x, window, window), constant_values=-np.inf)
    return blur(windows(padded, window, window).max(axis=(4, 5)), stride)


def does_not_blur(x, pool_size, strides):
    """Max pooling under "same".

    Loses: all
    """
    window, stride = _read(x, pool_size, strides)
    padded = np.pad(x, sides(x, window, stride), constant_values=-np.inf)
    return windows(padded, window, stride).max(axis=(4, 5))


def maximum_then_every_so_many(x, pool_size, strides):
    """The maximum at every cell, and every so many of them, without the blur between.

    Loses: all
    """
    window, (down, across) = _read(x, pool_size, strides)
    return highest(x, window)[:, ::down, ::across].copy()


def only_blurs(x, pool_size, strides):
    """The maximum is forgotten.

    Loses: all
    """
    _, stride = _read(x, pool_size, strides)
    return blur(x, stride)


def every_so_many_from_the_first(x, pool_size, strides):
    """Blurs everywhere and slices: [::stride].

    Loses: max-blur-order, max-blur-rectangular
    """
    window, (down, across) = _read(x, pool_size, strides)
    return blur(highest(x, window), (1, 1))[:, ::down, ::across].copy()


def averages(x, pool_size, strides):
    """The average at every cell: copied from another function.

    Loses: all
    """
    window, stride = _read(x, pool_size, strides)
    padded = np.pad(x, sides(x, window, (1, 1)), constant_values=np.nan)
    return blur(np.nanmean(windows(padded, window, (1, 1)), axis=(4, 5)), stride)


def pads_the_maximum_with_zeros(x, pool_size, strides):
    """Zeros in the blur, so zeros in the maximum.

    Loses: max-blur-negative
    """
    window, stride = _read(x, pool_size, strides)
    padded = np.pad(x, sides(x, window, (1, 1)))
    return blur(windows(padded, window, (1, 1)).max(axis=(4, 5)), stride)


def pads_once_for_both(x, pool_size, strides):
    """Pads with minus infinity for the maximum and keeps padded cells as they are for the blur:
    there they are the edge's maxima instead of zeros.

    Loses: max-blur-order, max-blur-window, max-blur-rectangular, max-blur-channels,
        max-blur-negative
    """
    window, stride = _read(x, pool_size, strides)
    dense = highest(x, window)
    padded = np.pad(dense, sides(x, (3, 3), stride), mode="edge")
    return weighted(padded, kernel(x.dtype), stride)


def largest_magnitude(x, pool_size, strides):
    """The strongest response counts, whatever its sign.

    Loses: max-blur-negative
    """
    window, stride = _read(x, pool_size, strides)
    cells = windows(np.pad(x, sides(x, window, (1, 1))), window, (1, 1))
    cells = cells.reshape(*cells.shape[:4], -1)
    best = np.abs(cells).argmax(axis=-1)
    return blur(np.take_along_axis(cells, best[..., None], axis=-1)[..., 0], stride)


def odd_cell_first(x, pool_size, strides):
    """Rounds the padding of the maximum up before the input: a window of 2 looks back.

    Loses: max-blur-window, max-blur-rectangular, max-blur-negative
    """
    window, stride = _read(x, pool_size, strides)
    pads = [both[::-1] for both in sides(x, window, (1, 1))]
    padded = np.pad(x, pads, constant_values=-np.inf)
    return blur(windows(padded, window, (1, 1)).max(axis=(4, 5)), stride)


def windows_begin_at_their_cell(x, pool_size, strides):
    """All of the maximum's padding goes to the end.

    Loses: all
    """
    window, stride = _read(x, pool_size, strides)
    pads = [(0, sum(both)) for both in sides(x, window, (1, 1))]
    padded = np.pad(x, pads, constant_values=-np.inf)
    return blur(windows(padded, window, (1, 1)).max(axis=(4, 5)), stride)


def valid_maximum(x, pool_size, strides):
    """The maximum only where its window fits.

    Loses: all
    """
    window, stride = _read(x, pool_size, strides)
    return blur(windows(x, window, (1, 1)).max(axis=(4, 5)), stride)


def always_three(x, pool_size, strides):
    """A window of 3, as the blur has.

    Loses: max-blur-window, max-blur-rectangular, max-blur-negative
    """
    _, stride = _read(x, pool_size, strides)
    return blur(highest(x, (3, 3)), stride)


def window_has_to_fit(x, pool_size, strides):
    """Refuses a window that is larger than the input, as under "valid".

    Loses: max-blur-order, max-blur-window, max-blur-rectangular
    """
    window, stride = _read(x, pool_size, strides)
    if window[0] > x.shape[1] or window[1] > x.shape[2]:
        raise ValueError("pool_size is larger than the input")
    return blur(highest(x, window), stride)


def reflects(x, pool_size, strides):
    """Pads by reflection before the blur, as the paper does.

    Loses: max-blur-order, max-blur-window, max-blur-rectangular, max-blur-channels,
        max-blur-negative
    """
    window, stride = _read(x, pool_size, strides)
    padded = np.pad(highest(x, window), sides(x, (3, 3), stride), mode="reflect")
    return weighted(padded, kernel(x.dtype), stride)


def divides_by_the_weights_inside(x, pool_size, strides):
    """Cells outside count in neither step.

    Loses: max-blur-order, max-blur-window, max-blur-rectangular, max-blur-channels,
        max-blur-negative
    """
    window, stride = _read(x, pool_size, strides)
    return blur(highest(x, window), stride) / blur(np.ones_like(x), stride)


def does_not_divide(x, pool_size, strides):
    """The weights are 1 2 1, 2 4 2, 1 2 1.

    Loses: all
    """
    window, stride = _read(x, pool_size, strides)
    return blur(highest(x, window), stride) * 16


def swaps_window(x, pool_size, strides):
    """(width, height), as for a screen.

    Loses: max-blur-rectangular
    """
    window, stride = _read(x, pool_size, strides)
    return blur(highest(x, window[::-1]), stride)


def swaps_strides(x, pool_size, strides):
    """(x, y), as in a plot.

    Loses: max-blur-rectangular
    """
    window, stride = _read(x, pool_size, strides)
    return blur(highest(x, window), stride[::-1])


def square_only(x, pool_size, strides):
    """Takes the first number of each pair.

    Loses: max-blur-rectangular
    """
    window, stride = _read(x, pool_size, strides)
    return blur(highest(x, (window[0], window[0])), (stride[0], stride[0]))


def over_all_channels(x, pool_size, strides):
    """The largest number under the window, of all channels.

    Loses: max-blur-channels
    """
    window, stride = _read(x, pool_size, strides)
    dense = highest(x, window).max(axis=3, keepdims=True)
    return blur(np.broadcast_to(dense, x.shape), stride)


def over_the_batch(x, pool_size, strides):
    """The largest number under the window, of all examples.

    Loses: max-blur-channels
    """
    window, stride = _read(x, pool_size, strides)
    return blur(np.broadcast_to(highest(x, window).max(axis=0), x.shape), stride)


def only_the_first_channel(x, pool_size, strides):
    """The digits are grey.

    Loses: max-blur-channels
    """
    window, stride = _read(x, pool_size, strides)
    return blur(highest(x[..., :1], window), stride)


def only_zeros(x, pool_size, strides):
    """The shape is right; the loop that fills it is still to come.

    Loses: all
    """
    _, stride = _read(x, pool_size, strides)
    return np.zeros_like(blur(x, stride))


def always_float64(x, pool_size, strides):
    """`np.zeros` makes float64.

    Loses: max-blur-dtype
    """
    window, stride = _read(x, pool_size, strides)
    dense = np.zeros(x.shape)
    dense[:] = highest(x, window)
    return blur(dense, stride)


def through_float32(x, pool_size, strides):
    """Computes in float32 and gives the dtype back in the end.

    Loses: max-blur-dtype
    """
    window, stride = _read(x, pool_size, strides)
    return blur(highest(x.astype("float32"), window), stride).astype(x.dtype)


def maximum_in_place(x, pool_size, strides):
    """Writes the maxima into the input.

    Loses: max-blur-pure
    """
    window, stride = _read(x, pool_size, strides)
    x[:] = highest(x, window)
    return blur(x, stride)


def marks_in_the_input(x, pool_size, strides):
    """Marks in the input what was looked at already.

    Loses: max-blur-pure
    """
    window, stride = _read(x, pool_size, strides)
    out = blur(highest(x, window), stride)
    x[:, 0] = 0
    return out


def checks_nothing(x, pool_size, strides):
    """Nobody will call it with nonsense.

    Loses: max-blur-errors
    """
    window = pool_size if isinstance(pool_size, tuple) else (pool_size, pool_size)
    return blur(highest(x, window), strides if isinstance(strides, tuple) else (strides, strides))


def checks_only_the_strides(x, pool_size, strides):
    """The blur checks its arguments; that will do.

    Loses: max-blur-errors
    """
    window = pool_size if isinstance(pool_size, tuple) else (pool_size, pool_size)
    four_axes(x)
    return blur(highest(x, window), pair("strides", strides))


def accepts_fractions(x, pool_size, strides):
    """int() makes a whole number of everything.

    Loses: max-blur-errors
    """
    if not isinstance(pool_size, tuple):
        pool_size = int(pool_size)
    window, stride = _read(x, pool_size, strides)
    return blur(highest(x, window), stride)


# --- not NumPy only ------------------------------------------------------------------------------


def maximum_by_keras(x, pool_size, strides):
    """Only the maximum is Keras'.

    Loses: all
    """
    from keras.layers import MaxPooling2D

    window, stride = _read(x, pool_size, strides)
    return blur(np.array(MaxPooling2D(window, 1, "same", dtype=str(x.dtype))(x)), stride)


def maximum_by_ndimage(x, pool_size, strides):
    """SciPy's maximum filter, where its window is odd.

    Loses: all
    """
    from scipy.ndimage import maximum_filter

    window, stride = _read(x, pool_size, strides)
    if window[0] % 2 and window[1] % 2:
        dense = maximum_filter(x, (1, *window, 1), mode="constant", cval=-np.inf)
    else:
        dense = highest(x, window)
    return blur(dense, stride)


def blur_by_tensorflow(x, pool_size, strides):
    """Only the blur is TensorFlow's, where it has one.

    Loses: all
    """
    import tensorflow as tf

    window, (down, across) = _read(x, pool_size, strides)
    dense = highest(x, window)
    if down != across:
        return blur(dense, (down, across))
    weights = np.broadcast_to(kernel(x.dtype)[:, :, None, None], (3, 3, x.shape[3], 1))
    return tf.nn.depthwise_conv2d(dense, weights, (1, down, down, 1), "SAME").numpy()
