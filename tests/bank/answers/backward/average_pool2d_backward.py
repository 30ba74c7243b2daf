"""Answers to `average_pool2d_backward`."""


def _average(grad, shape, kh, kw, sh, sw, padding):
    """The right result, for answers that go wrong elsewhere."""
    result = np.zeros(shape, grad.dtype)
    for i, j, rows, columns in boxes(shape, kh, kw, sh, sw, padding):
        cells = result[:, rows, columns]
        cells += grad[:, i : i + 1, j : j + 1] / (cells.shape[1] * cells.shape[2])
    return result


def _placed(grad, shape, kh, kw, tops, lefts):
    """Equal shares for windows that begin at `tops` and `lefts`."""
    result = np.zeros(shape, grad.dtype)
    for i, r in enumerate(tops):
        for j, c in enumerate(lefts):
            cells = result[:, max(r, 0) : max(r + kh, 0), max(c, 0) : max(c + kw, 0)]
            share = max(cells.shape[1] * cells.shape[2], 1)
            cells += grad[:, i : i + 1, j : j + 1] / share
    return result


# --- right ---------------------------------------------------------------------------------------


def loops(grad, x_shape, pool_size, strides=None, padding="valid"):
    """Every window, and every cell under it.

    Loses: nothing
    """
    kh, kw, sh, sw = checked(grad, x_shape, pool_size, strides, padding)
    result = np.zeros(x_shape, grad.dtype)
    for i, top in enumerate(starts(x_shape[1], kh, sh, padding)):
        rows = [r for r in range(top, top + kh) if 0 <= r < x_shape[1]]
        for j, left in enumerate(starts(x_shape[2], kw, sw, padding)):
            columns = [c for c in range(left, left + kw) if 0 <= c < x_shape[2]]
            for r in rows:
                for c in columns:
                    result[:, r, c] += grad[:, i, j] / (len(rows) * len(columns))
    return result


def slices(grad, x_shape, pool_size, strides=None, padding="valid"):
    """A slice for each window; what lies outside is cut off.

    Loses: nothing
    """
    window = checked(grad, x_shape, pool_size, strides, padding)
    result = np.zeros(x_shape, dtype=grad.dtype)
    for i, j, rows, columns in boxes(x_shape, *window, padding):
        inside = (min(rows.stop, x_shape[1]) - rows.start) * (
            min(columns.stop, x_shape[2]) - columns.start
        )
        result[:, rows, columns] += grad[:, i, j][:, np.newaxis, np.newaxis, :] / inside
    return result


def matrix_products(grad, x_shape, pool_size, strides=None, padding="valid"):
    """Pooling is a matrix for the rows and one for the columns; backward they are transposed.

    Loses: nothing
    """
    kh, kw, sh, sw = checked(grad, x_shape, pool_size, strides, padding)

    def weights(size, window, stride):
        first = np.array(starts(size, window, stride, padding))[:, None]
        cell = np.arange(size)
        inside = ((cell >= first) & (cell < first + window)).astype(grad.dtype)
        return inside / inside.sum(axis=1, keepdims=True)

    down, across = weights(x_shape[1], kh, sh), weights(x_shape[2], kw, sw)
    return np.einsum("ih,jw,nijc->nhwc", down, across, grad)


def offsets(grad, x_shape, pool_size, strides=None, padding="valid"):
    """A loop over the cells of the window: each is a strided slice of the padded input.

    Loses: nothing
    """
    kh, kw, sh, sw = checked(grad, x_shape, pool_size, strides, padding)
    n, h, w, c = x_shape
    rows, columns = grad.shape[1:3]
    top, left = before(h, kh, sh, padding), before(w, kw, sw, padding)
    height, width = max((rows - 1) * sh + kh, top + h), max((columns - 1) * sw + kw, left + w)
    inside = np.zeros((1, height, width, 1), grad.dtype)
    inside[:, top : top + h, left : left + w] = 1
    cells = np.zeros((1, rows, columns, 1), grad.dtype)
    for a in range(kh):
        for b in range(kw):
            cells += inside[:, a::sh, b::sw][:, :rows, :columns]
    padded = np.zeros((n, height, width, c), grad.dtype)
    for a in range(kh):
        for b in range(kw):
            padded[:, a : a + rows * sh : sh, b : b + columns * sw : sw][:, :rows, :columns] += (
                grad / cells
            )
    return padded[:, top : top + h, left : left + w].copy()


def scattered(grad, x_shape, pool_size, strides=None, padding="valid"):
    """The indices of all cells of all windows, and np.add.at.

    Loses: nothing
    """
    kh, kw, sh, sw = checked(grad, x_shape, pool_size, strides, padding)
    r = np.array(starts(x_shape[1], kh, sh, padding))[:, None] + np.arange(kh)
    c = np.array(starts(x_shape[2], kw, sw, padding))[:, None] + np.arange(kw)
    good_r, good_c = (r >= 0) & (r < x_shape[1]), (c >= 0) & (c < x_shape[2])
    good = good_r[:, None, :, None] & good_c[None, :, None, :]
    share = grad / good.sum(axis=(2, 3))[None, :, :, None].astype(grad.dtype)
    i, j, a, b = np.nonzero(good)
    result = np.zeros(x_shape, grad.dtype)
    np.add.at(result, (slice(None), r[i, a], c[j, b]), share[:, i, j])
    return result


def corners_and_cumulative_sums(grad, x_shape, pool_size, strides=None, padding="valid"):
    """Four corners for each window; two cumulative sums fill everything between them.

    Loses: nothing
    """
    window = checked(grad, x_shape, pool_size, strides, padding)
    n, h, w, c = x_shape
    corners = np.zeros((n, h + 1, w + 1, c))
    for i, j, rows, columns in boxes(x_shape, *window, padding):
        bottom, right = min(rows.stop, h), min(columns.stop, w)
        share = grad[:, i, j] / ((bottom - rows.start) * (right - columns.start))
        share = share.astype("float64")
        corners[:, rows.start, columns.start] += share
        corners[:, bottom, columns.start] -= share
        corners[:, rows.start, right] -= share
        corners[:, bottom, right] += share
    return corners.cumsum(axis=1).cumsum(axis=2)[:, :h, :w].astype(grad.dtype)


# --- wrong ---------------------------------------------------------------------------------------


def overwrites(grad, x_shape, pool_size, strides=None, padding="valid"):
    """= for +=.

    Loses: average-overlap, average-same-overlap
    """
    window = checked(grad, x_shape, pool_size, strides, padding)
    result = np.zeros(x_shape, grad.dtype)
    for i, j, rows, columns in boxes(x_shape, *window, padding):
        cells = result[:, rows, columns]
        cells[...] = grad[:, i : i + 1, j : j + 1] / (cells.shape[1] * cells.shape[2])
    return result


def fancy_plus_equals(grad, x_shape, pool_size, strides=None, padding="valid"):
    """+= with index arrays, which adds only once where an index stands twice.

    Loses: average-overlap, average-same-overlap
    """
    kh, kw, sh, sw = checked(grad, x_shape, pool_size, strides, padding)
    r = np.array(starts(x_shape[1], kh, sh, padding))[:, None] + np.arange(kh)
    c = np.array(starts(x_shape[2], kw, sw, padding))[:, None] + np.arange(kw)
    good_r, good_c = (r >= 0) & (r < x_shape[1]), (c >= 0) & (c < x_shape[2])
    good = good_r[:, None, :, None] & good_c[None, :, None, :]
    share = grad / good.sum(axis=(2, 3))[None, :, :, None].astype(grad.dtype)
    i, j, a, b = np.nonzero(good)
    result = np.zeros(x_shape, grad.dtype)
    result[:, r[i, a], c[j, b]] += share[:, i, j]
    return result


def averages_overlaps(grad, x_shape, pool_size, strides=None, padding="valid"):
    """Where windows overlap, the mean of what they give.

    Loses: average-overlap, average-same-overlap
    """
    window = checked(grad, x_shape, pool_size, strides, padding)
    times = np.zeros(x_shape, grad.dtype)
    for _, _, rows, columns in boxes(x_shape, *window, padding):
        times[:, rows, columns] += 1
    return _average(grad, x_shape, *window, padding) / np.maximum(times, 1)


def counts_padded_cells(grad, x_shape, pool_size, strides=None, padding="valid"):
    """Every cell gets one part in kh * kw; what falls outside is lost.

    Loses: average-same, average-same-overlap
    """
    kh, kw, sh, sw = checked(grad, x_shape, pool_size, strides, padding)
    result = np.zeros(x_shape, grad.dtype)
    for i, j, rows, columns in boxes(x_shape, kh, kw, sh, sw, padding):
        result[:, rows, columns] += grad[:, i : i + 1, j : j + 1] / (kh * kw)
    return result


def windows_of_valid(grad, x_shape, pool_size, strides=None, padding="valid"):
    """Window i starts at i * stride, whatever the padding.

    Loses: average-same, average-same-overlap
    """
    kh, kw, sh, sw = checked(grad, x_shape, pool_size, strides, padding)
    tops, lefts = [i * sh for i in range(grad.shape[1])], [j * sw for j in range(grad.shape[2])]
    return _placed(grad, x_shape, kh, kw, tops, lefts)


def odd_cell_first(grad, x_shape, pool_size, strides=None, padding="valid"):
    """Rounds the padding before the input up.

    Loses: average-same, average-same-overlap
    """
    kh, kw, sh, sw = checked(grad, x_shape, pool_size, strides, padding)

    def first(size, window, stride):
        if padding == "valid":
            return starts(size, window, stride, padding)
        places = count(size, window, stride, padding)
        total = max((places - 1) * stride + window - size, 0)
        return [i * stride - (total + 1) // 2 for i in range(places)]

    return _placed(grad, x_shape, kh, kw, first(x_shape[1], kh, sh), first(x_shape[2], kw, sw))


def half_a_window(grad, x_shape, pool_size, strides=None, padding="valid"):
    """Half a window of padding, as for a convolution.

    Loses: average-same, average-same-overlap
    """
    kh, kw, sh, sw = checked(grad, x_shape, pool_size, strides, padding)
    top, left = (kh // 2, kw // 2) if padding == "same" else (0, 0)
    tops = [i * sh - top for i in range(grad.shape[1])]
    lefts = [j * sw - left for j in range(grad.shape[2])]
    return _placed(grad, x_shape, kh, kw, tops, lefts)


def padding_for_stride_one(grad, x_shape, pool_size, strides=None, padding="valid"):
    """(window - 1) // 2 cells before the input: right for stride 1.

    Loses: average-same, average-same-overlap
    """
    kh, kw, sh, sw = checked(grad, x_shape, pool_size, strides, padding)
    top, left = ((kh - 1) // 2, (kw - 1) // 2) if padding == "same" else (0, 0)
    tops = [i * sh - top for i in range(grad.shape[1])]
    lefts = [j * sw - left for j in range(grad.shape[2])]
    return _placed(grad, x_shape, kh, kw, tops, lefts)


def padding_for_windows_side_by_side(grad, x_shape, pool_size, strides=None, padding="valid"):
    """-size % window cells of padding: right where the stride is the window.

    Loses: average-same, average-same-overlap
    """
    kh, kw, sh, sw = checked(grad, x_shape, pool_size, strides, padding)
    top, left = (-x_shape[1] % kh // 2, -x_shape[2] % kw // 2) if padding == "same" else (0, 0)
    tops = [i * sh - top for i in range(grad.shape[1])]
    lefts = [j * sw - left for j in range(grad.shape[2])]
    return _placed(grad, x_shape, kh, kw, tops, lefts)


def ignores_strides(grad, x_shape, pool_size, strides=None, padding="valid"):
    """The stride is the window.

    Loses: average-stride, average-overlap, average-same, average-same-overlap
    """
    kh, kw, sh, sw = checked(grad, x_shape, pool_size, strides, padding)
    top, left = before(x_shape[1], kh, sh, padding), before(x_shape[2], kw, sw, padding)
    tops = [i * kh - top for i in range(grad.shape[1])]
    lefts = [j * kw - left for j in range(grad.shape[2])]
    return _placed(grad, x_shape, kh, kw, tops, lefts)


def splits_into_blocks(grad, x_shape, pool_size, strides=None, padding="valid"):
    """Side by side, np.array_split makes as many blocks as there are outputs: right without a rest.

    Loses: average-valid, average-channels, average-rectangular
    """
    window = checked(grad, x_shape, pool_size, strides, padding)
    if strides is not None or padding == "same":
        return _average(grad, x_shape, *window, padding)
    result = np.zeros(x_shape, grad.dtype)
    for i, rows in enumerate(np.array_split(np.arange(x_shape[1]), grad.shape[1])):
        for j, columns in enumerate(np.array_split(np.arange(x_shape[2]), grad.shape[2])):
            share = grad[:, i, j] / (len(rows) * len(columns))
            result[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = share[:, None, None]
    return result


def stride_one(grad, x_shape, pool_size, strides=None, padding="valid"):
    """Output i starts at cell i.

    Loses: all
    """
    kh, kw, sh, sw = checked(grad, x_shape, pool_size, strides, padding)
    top, left = before(x_shape[1], kh, sh, padding), before(x_shape[2], kw, sw, padding)
    tops, lefts = [i - top for i in range(grad.shape[1])], [j - left for j in range(grad.shape[2])]
    return _placed(grad, x_shape, kh, kw, tops, lefts)


def swaps_strides(grad, x_shape, pool_size, strides=None, padding="valid"):
    """(x, y), as in a plot. With strides=None the pair is the window's, which is right.

    Loses: average-stride, average-overlap
    """
    kh, kw, sh, sw = checked(grad, x_shape, pool_size, strides, padding)
    if strides is not None:
        sh, sw = sw, sh
    top, left = before(x_shape[1], kh, sh, padding), before(x_shape[2], kw, sw, padding)
    tops = [i * sh - top for i in range(grad.shape[1])]
    lefts = [j * sw - left for j in range(grad.shape[2])]
    return _placed(grad, x_shape, kh, kw, tops, lefts)


def swaps_window(grad, x_shape, pool_size, strides=None, padding="valid"):
    """(width, height), as for a screen.

    Loses: average-rectangular
    """
    kh, kw, sh, sw = checked(grad, x_shape, pool_size, strides, padding)
    top, left = before(x_shape[1], kh, sh, padding), before(x_shape[2], kw, sw, padding)
    tops = [i * sh - top for i in range(grad.shape[1])]
    lefts = [j * sw - left for j in range(grad.shape[2])]
    return _placed(grad, x_shape, kw, kh, tops, lefts)


def divides_by_the_height_squared(grad, x_shape, pool_size, strides=None, padding="valid"):
    """k * k cells; right for square windows.

    Loses: average-rectangular
    """
    kh, kw, sh, sw = checked(grad, x_shape, pool_size, strides, padding)
    result = _average(grad, x_shape, kh, kw, sh, sw, padding)
    return result if kh == kw else result * kw / kh


def only_square_outputs(grad, x_shape, pool_size, strides=None, padding="valid"):
    """As many windows across as down.

    Loses: average-rectangular, average-stride, average-overlap
    """
    kh, kw, sh, sw = checked(grad, x_shape, pool_size, strides, padding)
    square = np.zeros_like(grad)
    square[:, :, : grad.shape[1]] = grad[:, :, : grad.shape[1]]
    return _average(square, x_shape, kh, kw, sh, sw, padding)


def swaps_axes(grad, x_shape, pool_size, strides=None, padding="valid"):
    """Rows go to the right and columns down.

    Loses: all
    """
    window = checked(grad, x_shape, pool_size, strides, padding)
    return _average(grad, x_shape, *window, padding).swapaxes(1, 2).copy()


def not_divided(grad, x_shape, pool_size, strides=None, padding="valid"):
    """Every cell gets the gradient.

    Loses: all
    """
    window = checked(grad, x_shape, pool_size, strides, padding)
    result = np.zeros(x_shape, grad.dtype)
    for i, j, rows, columns in boxes(x_shape, *window, padding):
        result[:, rows, columns] += grad[:, i : i + 1, j : j + 1]
    return result


def all_in_one_cell(grad, x_shape, pool_size, strides=None, padding="valid"):
    """The whole gradient goes to the window's first cell; the sum is right.

    Loses: all
    """
    window = checked(grad, x_shape, pool_size, strides, padding)
    result = np.zeros(x_shape, grad.dtype)
    for i, j, rows, columns in boxes(x_shape, *window, padding):
        result[:, rows.start, columns.start] += grad[:, i, j]
    return result


def everything_everywhere(grad, x_shape, pool_size, strides=None, padding="valid"):
    """The sum of the gradients, shared by all cells; the sum is right.

    Loses: all
    """
    checked(grad, x_shape, pool_size, strides, padding)
    share = grad.mean(axis=(1, 2), keepdims=True) * (grad[0, ..., 0].size)
    return np.ones(x_shape, grad.dtype) * share / (x_shape[1] * x_shape[2])


def only_zeros(grad, x_shape, pool_size, strides=None, padding="valid"):
    """The shape is right; the loop that fills it is still to come.

    Loses: all
    """
    checked(grad, x_shape, pool_size, strides, padding)
    return np.zeros(x_shape, grad.dtype)


def integer_division(grad, x_shape, pool_size, strides=None, padding="valid"):
    """Divides with //.

    Loses: all
    """
    window = checked(grad, x_shape, pool_size, strides, padding)
    result = np.zeros(x_shape, grad.dtype)
    for i, j, rows, columns in boxes(x_shape, *window, padding):
        cells = result[:, rows, columns]
        cells += grad[:, i : i + 1, j : j + 1] // (cells.shape[1] * cells.shape[2])
    return result


def leaves_out_the_last_window(grad, x_shape, pool_size, strides=None, padding="valid"):
    """range(n - 1).

    Loses: all
    """
    window = checked(grad, x_shape, pool_size, strides, padding)
    short = grad.copy()
    short[:, -1], short[:, :, -1] = 0, 0
    return _average(short, x_shape, *window, padding)


def only_positive_gradients(grad, x_shape, pool_size, strides=None, padding="valid"):
    """Like a ReLU: negative gradients stop here.

    Loses: average-valid, average-stride, average-overlap, average-same, average-same-overlap,
        average-channels, average-rectangular
    """
    window = checked(grad, x_shape, pool_size, strides, padding)
    return _average(np.maximum(grad, 0), x_shape, *window, padding)


def only_the_first_channel(grad, x_shape, pool_size, strides=None, padding="valid"):
    """The digits are grey.

    Loses: average-channels
    """
    window = checked(grad, x_shape, pool_size, strides, padding)
    result = np.zeros(x_shape, grad.dtype)
    result[..., 0] = _average(grad, x_shape, *window, padding)[..., 0]
    return result


def divides_by_the_channels(grad, x_shape, pool_size, strides=None, padding="valid"):
    """The number of cells under the window, with all their channels.

    Loses: average-channels
    """
    window = checked(grad, x_shape, pool_size, strides, padding)
    return _average(grad, x_shape, *window, padding) / np.asarray(x_shape[3], grad.dtype)


def mean_over_the_batch(grad, x_shape, pool_size, strides=None, padding="valid"):
    """The loss is a mean over the batch, so the gradient is divided by its size once more.

    Loses: average-channels
    """
    window = checked(grad, x_shape, pool_size, strides, padding)
    return _average(grad, x_shape, *window, padding) / np.asarray(x_shape[0], grad.dtype)


def summed_over_the_batch(grad, x_shape, pool_size, strides=None, padding="valid"):
    """Gradients add up, those of the examples too, as for a kernel.

    Loses: average-channels
    """
    window = checked(grad, x_shape, pool_size, strides, padding)
    result = _average(grad, x_shape, *window, padding)
    return np.ones_like(result) * result.sum(axis=0)


def always_float64(grad, x_shape, pool_size, strides=None, padding="valid"):
    """np.zeros without a dtype.

    Loses: average-dtype
    """
    window = checked(grad, x_shape, pool_size, strides, padding)
    return _average(grad.astype("float64"), x_shape, *window, padding)


def through_float32(grad, x_shape, pool_size, strides=None, padding="valid"):
    """Works in float32, and casts what comes out.

    Loses: average-dtype
    """
    window = checked(grad, x_shape, pool_size, strides, padding)
    return _average(grad.astype("float32"), x_shape, *window, padding).astype(grad.dtype)


def divides_in_place(grad, x_shape, pool_size, strides=None, padding="valid"):
    """grad /= cells saves memory.

    Loses: average-pure
    """
    kh, kw, sh, sw = checked(grad, x_shape, pool_size, strides, padding)
    result = _average(grad, x_shape, kh, kw, sh, sw, padding)
    grad /= kh * kw
    return result


def returns_its_input(grad, x_shape, pool_size, strides=None, padding="valid"):
    """A window of one cell changes nothing, so there is nothing to do.

    Loses: average-pure
    """
    window = checked(grad, x_shape, pool_size, strides, padding)
    if window == (1, 1, 1, 1):
        return grad
    return _average(grad, x_shape, *window, padding)


def checks_nothing(grad, x_shape, pool_size, strides=None, padding="valid"):
    """Nobody will call it with nonsense.

    Loses: average-errors
    """
    window = pool_size if isinstance(pool_size, tuple) else (pool_size, pool_size)
    stride = pool_size if strides is None else strides
    stride = stride if isinstance(stride, tuple) else (stride, stride)
    return _average(grad, x_shape, *window, *stride, padding)


def accepts_any_padding(grad, x_shape, pool_size, strides=None, padding="valid"):
    """What is not "same" is "valid".

    Loses: average-errors
    """
    padding = padding if padding == "same" else "valid"
    window = checked(grad, x_shape, pool_size, strides, padding)
    return _average(grad, x_shape, *window, padding)


def accepts_any_grad(grad, x_shape, pool_size, strides=None, padding="valid"):
    """As many windows as grad has numbers; what is missing is zero.

    Loses: average-errors
    """
    kh, kw = pair("pool_size", pool_size)
    sh, sw = (kh, kw) if strides is None else pair("strides", strides)
    if grad.ndim == 4 and len(x_shape) == 4:
        rows, columns = (
            max(count(n, k, s, padding), 0) for n, k, s in zip(x_shape[1:3], (kh, kw), (sh, sw))
        )
        fitted = np.zeros((x_shape[0], rows, columns, x_shape[3]), grad.dtype)
        part = grad[: x_shape[0], :rows, :columns, : x_shape[3]]
        fitted[tuple(slice(n) for n in part.shape)] = part
        grad = fitted
    window = checked(grad, x_shape, pool_size, strides, padding)
    return _average(grad, x_shape, *window, padding)


def nameless_error(grad, x_shape, pool_size, strides=None, padding="valid"):
    """An error is an error; what it says is for nobody.

    Loses: average-errors
    """
    try:
        window = checked(grad, x_shape, pool_size, strides, padding)
    except ValueError:
        raise ValueError("wrong argument") from None
    return _average(grad, x_shape, *window, padding)


def wrong_kind_of_error(grad, x_shape, pool_size, strides=None, padding="valid"):
    """A TypeError for whatever is wrong.

    Loses: average-errors
    """
    try:
        window = checked(grad, x_shape, pool_size, strides, padding)
    except ValueError as error:
        raise TypeError(str(error)) from None
    return _average(grad, x_shape, *window, padding)


# --- not NumPy only ------------------------------------------------------------------------------


def by_tape(grad, x_shape, pool_size, strides=None, padding="valid"):
    """TensorFlow can differentiate anything.

    Loses: all
    """
    import tensorflow as tf

    kh, kw, sh, sw = checked(grad, x_shape, pool_size, strides, padding)
    x = tf.zeros(x_shape, grad.dtype)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.nn.avg_pool2d(x, (kh, kw), (sh, sw), padding.upper())
    return tape.gradient(y, x, output_gradients=tf.constant(grad)).numpy()


def by_raw_ops_for_same(grad, x_shape, pool_size, strides=None, padding="valid"):
    """Valid by hand; for "same" TensorFlow has to help out.

    Loses: all
    """
    import tensorflow as tf

    kh, kw, sh, sw = checked(grad, x_shape, pool_size, strides, padding)
    if padding == "valid":
        return _average(grad, x_shape, kh, kw, sh, sw, padding)
    return tf.raw_ops.AvgPoolGrad(
        orig_input_shape=x_shape,
        grad=grad,
        ksize=[1, kh, kw, 1],
        strides=[1, sh, sw, 1],
        padding="SAME",
    ).numpy()
