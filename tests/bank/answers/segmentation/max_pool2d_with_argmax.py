"""Answers to `max_pool2d_with_argmax`."""


# --- right ---------------------------------------------------------------------------------------


def four_loops(x, pool_size, strides=None, padding="valid"):
    """Four loops; the window is cut off at the edge of the input.

    Loses: nothing
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    n, h, w, c = x.shape
    rows, top, _ = places(h, kh, sh, padding)
    columns, left, _ = places(w, kw, sw, padding)
    values = np.empty((n, rows, columns, c), x.dtype)
    argmax = np.empty((n, rows, columns, c), np.int64)
    for b, i, j, k in np.ndindex(n, rows, columns, c):
        down, right = max(i * sh - top, 0), max(j * sw - left, 0)
        part = x[b, down : i * sh - top + kh, right : j * sw - left + kw, k]
        row, column = np.unravel_index(part.argmax(), part.shape)
        values[b, i, j, k] = part[row, column]
        argmax[b, i, j, k] = ((row + down) * w + column + right) * c + k
    return values, argmax


def arithmetic(x, pool_size, strides=None, padding="valid"):
    """Windows on a padded input; the place in the window becomes row and column of the input.

    Loses: nothing
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    n, h, w, c = x.shape
    cells = gathered(x, (kh, kw), (sh, sw), padding, -np.inf)
    _, rows, columns, _, _ = cells.shape
    inside = cells.argmax(axis=-1)
    row = np.arange(rows)[:, None, None] * sh - places(h, kh, sh, padding)[1] + inside // kw
    column = np.arange(columns)[:, None] * sw - places(w, kw, sw, padding)[1] + inside % kw
    return cells.max(axis=-1), ((row * w + column) * c + np.arange(c)).astype("int64")


def indices_go_along(x, pool_size, strides=None, padding="valid"):
    """The indices pass through the same windows; of those at a maximum the smallest is first.

    Loses: nothing
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    cells = gathered(x, (kh, kw), (sh, sw), padding, -np.inf)
    indices = gathered(numbered(x), (kh, kw), (sh, sw), padding, 0)
    best = cells.max(axis=-1)
    found = np.where(cells == best[..., None], indices, x.size)
    return best, found.min(axis=-1).astype(np.int64)


def running_maximum(x, pool_size, strides=None, padding="valid"):
    """Loops over the window's cells; a slice of the input replaces what is smaller.

    Loses: nothing
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    n, h, w, c = x.shape
    rows, top, bottom = places(h, kh, sh, padding)
    columns, left, right = places(w, kw, sw, padding)
    pads = [(0, 0), (top, bottom), (left, right), (0, 0)]
    padded = np.pad(x, pads, constant_values=-np.inf)
    indices = np.pad(numbered(x), pads)
    values = np.full((n, rows, columns, c), -np.inf, x.dtype)
    argmax = np.zeros(values.shape, "int64")
    for i in range(kh):
        for j in range(kw):
            part = (
                slice(None),
                slice(i, i + sh * (rows - 1) + 1, sh),
                slice(j, j + sw * (columns - 1) + 1, sw),
            )
            larger = padded[part] > values
            values[larger] = padded[part][larger]
            argmax[larger] = indices[part][larger]
    return values, argmax


def sorted_cells(x, pool_size, strides=None, padding="valid"):
    """A stable sort of the negated cells of each window: what comes first is the first maximum.

    Loses: nothing
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    cells = gathered(x, (kh, kw), (sh, sw), padding, -np.inf)
    indices = gathered(numbered(x), (kh, kw), (sh, sw), padding, 0)
    first = np.argsort(-cells, axis=-1, kind="stable")[..., :1]
    values = np.take_along_axis(cells, first, axis=-1)[..., 0]
    return values, np.take_along_axis(indices, first, axis=-1)[..., 0].astype("int64")


# --- wrong ---------------------------------------------------------------------------------------


def place_in_the_window(x, pool_size, strides=None, padding="valid"):
    """What `argmax` says of the window.

    Loses: all
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    cells = gathered(x, (kh, kw), (sh, sw), padding, -np.inf)
    return cells.max(axis=-1), cells.argmax(axis=-1).astype("int64")


def without_the_channel(x, pool_size, strides=None, padding="valid"):
    """row * width + column.

    Loses: argmax-channels
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    values, argmax = picked(x, numbered(x), (kh, kw), (sh, sw), padding)
    return values, argmax // x.shape[3]


def channels_not_counted(x, pool_size, strides=None, padding="valid"):
    """row * width + column + channel.

    Loses: argmax-channels
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    values, argmax = picked(x, numbered(x), (kh, kw), (sh, sw), padding)
    return values, argmax // x.shape[3] + argmax % x.shape[3]


def channel_by_channel(x, pool_size, strides=None, padding="valid"):
    """(channel * height + row) * width + column, as in PyTorch's layout.

    Loses: argmax-channels
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    n, h, w, c = x.shape
    indices = np.moveaxis(np.arange(h * w * c).reshape(c, h, w), 0, 2)
    return picked(x, np.broadcast_to(indices, x.shape), (kh, kw), (sh, sw), padding)


def batch_in_the_index(x, pool_size, strides=None, padding="valid"):
    """The index in the whole array.

    Loses: argmax-channels
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    indices = np.arange(x.size).reshape(x.shape)
    return picked(x, indices, (kh, kw), (sh, sw), padding)


def row_times_height(x, pool_size, strides=None, padding="valid"):
    """row * height + column.

    Loses: argmax-rectangular
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    n, h, w, c = x.shape
    row, column, channel = np.indices((h, w, c))
    indices = (row * h + column) * c + channel
    return picked(x, np.broadcast_to(indices, x.shape), (kh, kw), (sh, sw), padding)


def column_by_column(x, pool_size, strides=None, padding="valid"):
    """Counts down the columns: x comes before y.

    Loses: all
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    n, h, w, c = x.shape
    row, column, channel = np.indices((h, w, c))
    indices = (column * h + row) * c + channel
    return picked(x, np.broadcast_to(indices, x.shape), (kh, kw), (sh, sw), padding)


def width_of_the_output(x, pool_size, strides=None, padding="valid"):
    """row * width + column, with the width of what comes out.

    Loses: all
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    n, h, w, c = x.shape
    row, column, channel = np.indices((h, w, c))
    indices = (row * places(w, kw, sw, padding)[0] + column) * c + channel
    return picked(x, np.broadcast_to(indices, x.shape), (kh, kw), (sh, sw), padding)


def counts_from_one(x, pool_size, strides=None, padding="valid"):
    """The first cell is number 1.

    Loses: all
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    return picked(x, numbered(x) + 1, (kh, kw), (sh, sw), padding)


def corner_of_the_window(x, pool_size, strides=None, padding="valid"):
    """Where the window starts.

    Loses: all
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    cells = gathered(x, (kh, kw), (sh, sw), padding, -np.inf)
    indices = gathered(numbered(x), (kh, kw), (sh, sw), padding, 0)
    return cells.max(axis=-1), indices[..., 0].astype("int64")


def last_of_the_ties(x, pool_size, strides=None, padding="valid"):
    """`>=` where `>` is meant: the last maximum stays.

    Loses: argmax-ties
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    cells = gathered(x, (kh, kw), (sh, sw), padding, -np.inf)
    indices = gathered(numbered(x), (kh, kw), (sh, sw), padding, -1)
    best = cells.max(axis=-1)
    found = np.where(cells == best[..., None], indices, -1).max(axis=-1)
    return best, found.astype("int64")


def sorts_and_takes_the_last(x, pool_size, strides=None, padding="valid"):
    """`argsort` puts the largest at the end, and of equals the last.

    Loses: argmax-ties
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    cells = gathered(x, (kh, kw), (sh, sw), padding, -np.inf)
    indices = gathered(numbered(x), (kh, kw), (sh, sw), padding, -1)
    last = np.argsort(cells, axis=-1, kind="stable")[..., -1:]
    values = np.take_along_axis(cells, last, axis=-1)[..., 0]
    return values, np.take_along_axis(indices, last, axis=-1)[..., 0].astype("int64")


def looks_in_the_whole_map(x, pool_size, strides=None, padding="valid"):
    """Looks for the maximum in the map, where an equal number may stand earlier.

    Loses: argmax-ties
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    values = gathered(x, (kh, kw), (sh, sw), padding, -np.inf).max(axis=-1)
    argmax = np.zeros(values.shape, "int64")
    for b, i, j, k in np.ndindex(values.shape):
        first = np.argmax(x[b, :, :, k] == values[b, i, j, k])
        argmax[b, i, j, k] = first * x.shape[3] + k
    return values, argmax


def first_down_the_columns(x, pool_size, strides=None, padding="valid"):
    """Loops over the columns outside and the rows inside.

    Loses: argmax-ties
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    turned, indices = x.swapaxes(1, 2), numbered(x).swapaxes(1, 2)
    values, argmax = picked(turned, indices, (kw, kh), (sw, sh), padding)
    return values.swapaxes(1, 2), argmax.swapaxes(1, 2)


def adds_up_the_ties(x, pool_size, strides=None, padding="valid"):
    """The sum of all indices at which the maximum stands: a product with a mask.

    Loses: argmax-ties
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    cells = gathered(x, (kh, kw), (sh, sw), padding, -np.inf)
    indices = gathered(numbered(x), (kh, kw), (sh, sw), padding, 0)
    best = cells.max(axis=-1)
    return best, (indices * (cells == best[..., None])).sum(axis=-1).astype("int64")


def index_in_the_padded_map(x, pool_size, strides=None, padding="valid"):
    """The index in the array that `np.pad` gave.

    Loses: argmax-same, argmax-negative
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    pads = [places(n, k, s, padding)[1:] for n, k, s in zip(x.shape[1:3], (kh, kw), (sh, sw))]
    x = np.pad(x, [(0, 0), *pads, (0, 0)], constant_values=-np.inf)
    return picked(x, numbered(x), (kh, kw), (sh, sw), "valid")


def offset_forgotten(x, pool_size, strides=None, padding="valid"):
    """Row and column of the padded array, with the width of the input.

    Loses: argmax-same, argmax-negative
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    n, h, w, c = x.shape
    cells = gathered(x, (kh, kw), (sh, sw), padding, -np.inf)
    inside = cells.argmax(axis=-1)
    row = np.arange(cells.shape[1])[:, None, None] * sh + inside // kw
    column = np.arange(cells.shape[2])[:, None] * sw + inside % kw
    return cells.max(axis=-1), ((row * w + column) * c + np.arange(c)).astype("int64")


def pads_with_zeros(x, pool_size, strides=None, padding="valid"):
    """`np.pad` pads with zeros.

    Loses: argmax-negative
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    cells = gathered(x, (kh, kw), (sh, sw), padding, 0)
    indices = gathered(numbered(x), (kh, kw), (sh, sw), padding, 0)
    first = cells.argmax(axis=-1)[..., None]
    values = np.take_along_axis(cells, first, axis=-1)[..., 0]
    return values, np.take_along_axis(indices, first, axis=-1)[..., 0].astype("int64")


def largest_magnitude(x, pool_size, strides=None, padding="valid"):
    """The strongest response counts, whatever its sign.

    Loses: argmax-negative
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    _, argmax = picked(np.abs(x), numbered(x), (kh, kw), (sh, sw), padding)
    flat = np.ascontiguousarray(x).reshape(len(x), -1)
    values = np.take_along_axis(flat, argmax.reshape(len(x), -1), axis=1)
    return values.reshape(argmax.shape), argmax


def ignores_padding(x, pool_size, strides=None, padding="valid"):
    """The formula for valid is the formula.

    Loses: argmax-same, argmax-negative
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    return picked(x, numbered(x), (kh, kw), (sh, sw), "valid")


def odd_cell_first(x, pool_size, strides=None, padding="valid"):
    """Rounds the padding before the input up.

    Loses: argmax-same, argmax-negative
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    pads = [places(n, k, s, padding)[:0:-1] for n, k, s in zip(x.shape[1:3], (kh, kw), (sh, sw))]
    pads = [(0, 0), *pads, (0, 0)]
    padded, indices = np.pad(x, pads, constant_values=-np.inf), np.pad(numbered(x), pads)
    return picked(padded, indices, (kh, kw), (sh, sw), "valid")


def ignores_strides(x, pool_size, strides=None, padding="valid"):
    """The stride is the window.

    Loses: argmax-stride, argmax-same, argmax-negative
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    return picked(x, numbered(x), (kh, kw), (kh, kw), padding)


def starts_by_the_window(x, pool_size, strides=None, padding="valid"):
    """The values are right; for the index, windows start at multiples of the window.

    Loses: argmax-stride, argmax-same, argmax-negative
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    n, h, w, c = x.shape
    cells = gathered(x, (kh, kw), (sh, sw), padding, -np.inf)
    inside = cells.argmax(axis=-1)
    row = np.arange(cells.shape[1])[:, None, None] * kh - places(h, kh, sh, padding)[1]
    column = np.arange(cells.shape[2])[:, None] * kw - places(w, kw, sw, padding)[1]
    indices = ((row + inside // kw) * w + column + inside % kw) * c + np.arange(c)
    return cells.max(axis=-1), indices.astype("int64")


def swaps_strides(x, pool_size, strides=None, padding="valid"):
    """(x, y), as in a plot.

    Loses: argmax-stride
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    if strides is not None:
        sh, sw = sw, sh
    return picked(x, numbered(x), (kh, kw), (sh, sw), padding)


def divides_by_the_window_height(x, pool_size, strides=None, padding="valid"):
    """The place in the window is divided by its height: right for square windows.

    Loses: argmax-rectangular
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    n, h, w, c = x.shape
    cells = gathered(x, (kh, kw), (sh, sw), padding, -np.inf)
    inside = cells.argmax(axis=-1)
    row = np.arange(cells.shape[1])[:, None, None] * sh - places(h, kh, sh, padding)[1]
    column = np.arange(cells.shape[2])[:, None] * sw - places(w, kw, sw, padding)[1]
    indices = ((row + inside // kh) * w + column + inside % kh) * c + np.arange(c)
    return cells.max(axis=-1), indices.astype("int64")


def one_more_window(x, pool_size, strides=None, padding="valid"):
    """What is left over at the end gets a window as well.

    Loses: argmax-valid, argmax-stride, argmax-ties, argmax-channels, argmax-rectangular
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    indices = numbered(x)
    if padding == "valid":
        missing = [-(n - k) % s for n, k, s in zip(x.shape[1:3], (kh, kw), (sh, sw))]
        pads = [(0, 0), *[(0, n) for n in missing], (0, 0)]
        x, indices = np.pad(x, pads, constant_values=-np.inf), np.pad(indices, pads)
    return picked(x, indices, (kh, kw), (sh, sw), padding)


def over_all_channels(x, pool_size, strides=None, padding="valid"):
    """The largest pixel under the window, of all channels.

    Loses: argmax-channels
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    values, argmax = picked(x, numbered(x), (kh, kw), (sh, sw), padding)
    best = values.argmax(axis=3)[..., None]
    values, argmax = (np.take_along_axis(a, best, axis=3) for a in (values, argmax))
    return np.repeat(values, x.shape[3], axis=3), np.repeat(argmax, x.shape[3], axis=3)


def only_the_first_example(x, pool_size, strides=None, padding="valid"):
    """One picture at a time.

    Loses: argmax-channels
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    return picked(x[:1], numbered(x[:1]), (kh, kw), (sh, sw), padding)


def in_the_order_of_the_memory(x, pool_size, strides=None, padding="valid"):
    """Counts the cells as they lie in memory: a transposed view is counted otherwise.

    Loses: argmax-channels
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    indices = np.empty_like(x, dtype="int64", order="K")
    indices.ravel("K")[:] = 0
    for b in range(len(x)):
        order = np.argsort(np.abs(x.strides[1:]))[::-1]
        numbers = np.arange(x[0].size).reshape([x.shape[1:][n] for n in order])
        indices[b] = np.transpose(numbers, np.argsort(order))
    return picked(x, indices, (kh, kw), (sh, sw), padding)


def indices_int32(x, pool_size, strides=None, padding="valid"):
    """No map has two thousand million cells.

    Loses: argmax-dtype
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    values, argmax = picked(x, numbered(x), (kh, kw), (sh, sw), padding)
    return values, argmax.astype("int32")


def indices_float(x, pool_size, strides=None, padding="valid"):
    """`np.zeros` for both results.

    Loses: argmax-dtype
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    values, argmax = picked(x, numbered(x), (kh, kw), (sh, sw), padding)
    out = np.zeros(argmax.shape)
    out[:] = argmax
    return values, out


def values_float64(x, pool_size, strides=None, padding="valid"):
    """`np.zeros` makes float64.

    Loses: argmax-dtype
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    values, argmax = picked(x, numbered(x), (kh, kw), (sh, sw), padding)
    return values.astype("float64"), argmax


def values_float32(x, pool_size, strides=None, padding="valid"):
    """Computes in float32.

    Loses: argmax-dtype
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    values, argmax = picked(x.astype("float32"), numbered(x), (kh, kw), (sh, sw), padding)
    return values.astype(x.dtype), argmax


def overwrites_its_input(x, pool_size, strides=None, padding="valid"):
    """Marks what was found.

    Loses: argmax-pure
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    found = picked(x, numbered(x), (kh, kw), (sh, sw), padding)
    x[:, :kh, :kw] = -np.inf
    return found


def returns_the_input(x, pool_size, strides=None, padding="valid"):
    """A window of one cell changes nothing.

    Loses: argmax-pure
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    if (kh, kw, sh, sw) == (1, 1, 1, 1):
        return x, numbered(x).copy()
    return picked(x, numbered(x), (kh, kw), (sh, sw), padding)


def checks_nothing(x, pool_size, strides=None, padding="valid"):
    """Nobody will call it with nonsense.

    Loses: argmax-errors
    """
    window = pool_size if isinstance(pool_size, tuple) else (pool_size, pool_size)
    stride = window if strides is None else strides
    stride = stride if isinstance(stride, tuple) else (stride, stride)
    return picked(x, numbered(x), window, stride, padding)


def nameless_error(x, pool_size, strides=None, padding="valid"):
    """An error is an error.

    Loses: argmax-errors
    """
    try:
        kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    except ValueError:
        raise ValueError("wrong argument") from None
    return picked(x, numbered(x), (kh, kw), (sh, sw), padding)


def only_the_values(x, pool_size, strides=None, padding="valid"):
    """The indices are for later.

    Loses: all
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    return picked(x, numbered(x), (kh, kw), (sh, sw), padding)[0]


def in_the_other_order(x, pool_size, strides=None, padding="valid"):
    """argmax, values.

    Loses: all
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    return picked(x, numbered(x), (kh, kw), (sh, sw), padding)[::-1]


def a_list(x, pool_size, strides=None, padding="valid"):
    """The values right, the indices as nested lists.

    Loses: all
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    values, argmax = picked(x, numbered(x), (kh, kw), (sh, sw), padding)
    return values, argmax.tolist()


def by_tensorflow(x, pool_size, strides=None, padding="valid"):
    """TensorFlow has it.

    Loses: all
    """
    import tensorflow as tf

    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    values, argmax = tf.nn.max_pool_with_argmax(
        x, (kh, kw), (sh, sw), padding.upper(), output_dtype=tf.int64
    )
    return values.numpy(), argmax.numpy()


def by_keras_for_the_values(x, pool_size, strides=None, padding="valid"):
    """Keras pools; only the indices are one's own.

    Loses: all
    """
    from keras.layers import MaxPooling2D

    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    argmax = picked(x, numbered(x), (kh, kw), (sh, sw), padding)[1]
    return np.array(MaxPooling2D((kh, kw), (sh, sw), padding, dtype=str(x.dtype))(x)), argmax


def by_the_checks(x, pool_size, strides=None, padding="valid"):
    """The tests come with a function that does it.

    Loses: all
    """
    from pooling_checks import pooled_with_argmax

    checked(x, pool_size, strides, padding)
    return pooled_with_argmax(x, pool_size=pool_size, strides=strides, padding=padding)
