"""Answers to `average_pool2d`."""


def _average(x, window, stride, padding):
    """The right average, for answers that go wrong elsewhere."""
    cells = gathered(x, window, stride, padding, 0)
    inside = gathered(np.ones((1, *x.shape[1:3], 1), x.dtype), window, stride, padding, 0)
    return cells.sum(axis=(-2, -1)) / inside.sum(axis=(-2, -1))


# --- right ---------------------------------------------------------------------------------------


def loops(x, pool_size, strides=None, padding="valid"):
    """Two loops over the output; the window is cut off at the edge, so that mean() counts right.

    Loses: nothing
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    rows, top, _ = places(x.shape[1], kh, sh, padding)
    columns, left, _ = places(x.shape[2], kw, sw, padding)
    out = np.empty((x.shape[0], rows, columns, x.shape[3]), x.dtype)
    for i in range(rows):
        for j in range(columns):
            r, c = i * sh - top, j * sw - left
            out[:, i, j] = x[:, max(r, 0) : r + kh, max(c, 0) : c + kw].mean(axis=(1, 2))
    return out


def nanmean(x, pool_size, strides=None, padding="valid"):
    """A view of all windows; padded cells are NaN, and `np.nanmean` leaves them out.

    Loses: nothing
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    return np.nanmean(gathered(x, (kh, kw), (sh, sw), padding, np.nan), axis=(-2, -1))


def summed_area_table(x, pool_size, strides=None, padding="valid"):
    """Cumulative sums: the sum of every window is made of four numbers of one table.

    Loses: nothing
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    rows, top, _ = places(x.shape[1], kh, sh, padding)
    columns, left, _ = places(x.shape[2], kw, sw, padding)
    table = np.zeros((x.shape[0], x.shape[1] + 1, x.shape[2] + 1, x.shape[3]))
    table[:, 1:, 1:] = x.astype("float64").cumsum(axis=1).cumsum(axis=2)
    r, c = np.arange(rows) * sh - top, np.arange(columns) * sw - left
    r0, r1 = np.maximum(r, 0), np.minimum(r + kh, x.shape[1])
    c0, c1 = np.maximum(c, 0), np.minimum(c + kw, x.shape[2])
    bands = table[:, r1] - table[:, r0]
    sums = bands[:, :, c1] - bands[:, :, c0]
    cells = np.outer(r1 - r0, c1 - c0)[None, :, :, None]
    return (sums / cells).astype(x.dtype)


def by_fft(x, pool_size, strides=None, padding="valid"):
    """An average is a convolution with ones, and a convolution is a product of spectra.

    Loses: nothing
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)

    def sums(cells):
        cells = padded(cells.astype("float64"), (kh, kw), (sh, sw), padding, 0)
        shape = cells.shape[1] + kh, cells.shape[2] + kw
        box = np.fft.rfft2(np.ones((kh, kw)), shape)[None, :, :, None]
        full = np.fft.irfft2(np.fft.rfft2(cells, shape, axes=(1, 2)) * box, shape, axes=(1, 2))
        return full[:, kh - 1 : cells.shape[1] : sh, kw - 1 : cells.shape[2] : sw]

    return (sums(x) / np.round(sums(np.ones((1, *x.shape[1:3], 1))))).astype(x.dtype)


def matrix_products(x, pool_size, strides=None, padding="valid"):
    """Pooling is linear: a matrix for the rows and one for the columns, multiplied by einsum.

    Loses: nothing
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)

    def weights(size, window, stride):
        count, before, _ = places(size, window, stride, padding)
        first = np.arange(count)[:, None] * stride - before
        cell = np.arange(size)
        inside = ((cell >= first) & (cell < first + window)).astype(x.dtype)
        return inside / inside.sum(axis=1, keepdims=True)

    down, across = weights(x.shape[1], kh, sh), weights(x.shape[2], kw, sw)
    return np.einsum("ih,jw,nhwc->nijc", down, across, x)


def scattered(x, pool_size, strides=None, padding="valid"):
    """From the input's side: each cell is added to every window it lies in, by `np.add.at`.

    Loses: nothing
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    rows, top, _ = places(x.shape[1], kh, sh, padding)
    columns, left, _ = places(x.shape[2], kw, sw, padding)
    total = np.zeros((x.shape[0], rows, columns, x.shape[3]), x.dtype)
    count = np.zeros((1, rows, columns, 1), x.dtype)
    for i in range(kh):
        r = np.arange(rows) * sh - top + i
        for j in range(kw):
            c = np.arange(columns) * sw - left + j
            to_r, to_c = (
                np.flatnonzero((r >= 0) & (r < x.shape[1])),
                np.flatnonzero((c >= 0) & (c < x.shape[2])),
            )
            to = (slice(None), *np.ix_(to_r, to_c))
            np.add.at(total, to, x[:, r[to_r]][:, :, c[to_c]])
            np.add.at(count, to, 1)
    return total / count


def reshaped(x, pool_size, strides=None, padding="valid"):
    """Collects every window's rows and columns by index, then reshapes to blocks.

    Loses: nothing
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)

    def sums(x):
        rows = places(x.shape[1], kh, sh, padding)[0]
        columns = places(x.shape[2], kw, sw, padding)[0]
        x = padded(x, (kh, kw), (sh, sw), padding, 0)
        r = (np.arange(rows)[:, None] * sh + np.arange(kh)).ravel()
        c = (np.arange(columns)[:, None] * sw + np.arange(kw)).ravel()
        blocks = x[:, r][:, :, c].reshape(x.shape[0], rows, kh, columns, kw, x.shape[3])
        return blocks.sum(axis=(2, 4))

    return sums(x) / sums(np.ones_like(x))


# --- wrong ---------------------------------------------------------------------------------------


def counts_padded_cells(x, pool_size, strides=None, padding="valid"):
    """Pads with zeros and takes the mean: an average has as many terms as the window has cells.

    Loses: average-same
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    return gathered(x, (kh, kw), (sh, sw), padding, 0).mean(axis=(-2, -1))


def counts_what_is_not_zero(x, pool_size, strides=None, padding="valid"):
    """The padding is zero, so zeros are not counted; nor are the input's own.

    Loses: average-valid, average-same
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    cells = gathered(x, (kh, kw), (sh, sw), padding, 0)
    count = np.maximum((cells != 0).sum(axis=(-2, -1)), 1)
    return cells.sum(axis=(-2, -1)) / count.astype(x.dtype)


def repeats_the_edge(x, pool_size, strides=None, padding="valid"):
    """Pads with copies of the edge, which leaves ones as they are.

    Loses: average-same
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    pads = [places(n, k, s, padding)[1:] for n, k, s in zip(x.shape[1:3], (kh, kw), (sh, sw))]
    x = np.pad(x, [(0, 0), *pads, (0, 0)], mode="edge")
    return gathered(x, (kh, kw), (sh, sw), "valid", 0).mean(axis=(-2, -1))


def ignores_padding(x, pool_size, strides=None, padding="valid"):
    """The formula for valid is the formula.

    Loses: average-same
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    return gathered(x, (kh, kw), (sh, sw), "valid", 0).mean(axis=(-2, -1))


def odd_cell_first(x, pool_size, strides=None, padding="valid"):
    """Rounds the padding before the input up, and the padding after it down.

    Loses: average-same
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    pads = [places(n, k, s, padding)[:0:-1] for n, k, s in zip(x.shape[1:3], (kh, kw), (sh, sw))]
    x = np.pad(x, [(0, 0), *pads, (0, 0)], constant_values=np.nan)
    return np.nanmean(gathered(x, (kh, kw), (sh, sw), "valid", 0), axis=(-2, -1))


def pads_only_after(x, pool_size, strides=None, padding="valid"):
    """All of the padding goes to the end.

    Loses: average-same
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    sums = [sum(places(n, k, s, padding)[1:]) for n, k, s in zip(x.shape[1:3], (kh, kw), (sh, sw))]
    x = np.pad(x, [(0, 0), *[(0, n) for n in sums], (0, 0)], constant_values=np.nan)
    return np.nanmean(gathered(x, (kh, kw), (sh, sw), "valid", 0), axis=(-2, -1))


def pads_like_a_convolution(x, pool_size, strides=None, padding="valid"):
    """Half a window on both sides, whatever the stride.

    Loses: average-same
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    if padding == "same":
        pads = [(0, 0), (kh // 2, kh // 2), (kw // 2, kw // 2), (0, 0)]
        x = np.pad(x, pads, constant_values=np.nan)
    return np.nanmean(gathered(x, (kh, kw), (sh, sw), "valid", 0), axis=(-2, -1))


def count_of_the_corner(x, pool_size, strides=None, padding="valid"):
    """Counts the cells inside once, for the last window, and divides everything by that.

    Loses: average-same
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    cells = gathered(x, (kh, kw), (sh, sw), padding, 0)
    inside = gathered(np.ones_like(x), (kh, kw), (sh, sw), padding, 0).sum(axis=(-2, -1))
    return cells.sum(axis=(-2, -1)) / inside[:, -1:, -1:]


def ignores_strides(x, pool_size, strides=None, padding="valid"):
    """The stride is the window.

    Loses: average-stride, average-same
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    return _average(x, (kh, kw), (kh, kw), padding)


def swaps_strides(x, pool_size, strides=None, padding="valid"):
    """(x, y), as in a plot. With strides=None the pair is the window's, which is right.

    Loses: average-stride
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    if strides is not None:
        sh, sw = sw, sh
    return _average(x, (kh, kw), (sh, sw), padding)


def swaps_window(x, pool_size, strides=None, padding="valid"):
    """(width, height), as for a screen.

    Loses: average-rectangular
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    if strides is None:
        sh, sw = sw, sh
    kh, kw = kw, kh
    if padding == "valid" and (kh > x.shape[1] or kw > x.shape[2]):
        raise ValueError("pool_size is larger than the input")
    return _average(x, (kh, kw), (sh, sw), padding)


def divides_by_the_height_squared(x, pool_size, strides=None, padding="valid"):
    """k * k cells; right for square windows.

    Loses: average-rectangular
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    if padding == "same" and kh == kw:
        return _average(x, (kh, kw), (sh, sw), padding)
    cells = gathered(x, (kh, kw), (sh, sw), padding, 0)
    return cells.sum(axis=(-2, -1)) / np.asarray(kh * kh, x.dtype)


def only_square_inputs(x, pool_size, strides=None, padding="valid"):
    """Height for both: the examples are all square.

    Loses: average-rectangular, average-stride
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    cells = _average(x, (kh, kw), (sh, sw), padding)
    rows = cells.shape[1]
    out = np.zeros((x.shape[0], rows, rows, x.shape[3]), x.dtype)
    out[:, :, : cells.shape[2]] = cells[:, :, :rows]
    return out


def swaps_axes(x, pool_size, strides=None, padding="valid"):
    """Rows go to the right and columns down.

    Loses: all
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    return _average(x, (kh, kw), (sh, sw), padding).swapaxes(1, 2)


def over_all_channels(x, pool_size, strides=None, padding="valid"):
    """The average under the window, of all channels.

    Loses: average-channels
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    out = _average(x, (kh, kw), (sh, sw), padding)
    return np.broadcast_to(out.mean(axis=3, keepdims=True), out.shape).copy()


def over_the_batch(x, pool_size, strides=None, padding="valid"):
    """The average under the window, of all examples.

    Loses: average-channels
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    out = _average(x, (kh, kw), (sh, sw), padding)
    return np.broadcast_to(out.mean(axis=0), out.shape).copy()


def only_the_first_channel(x, pool_size, strides=None, padding="valid"):
    """The digits are grey.

    Loses: average-channels
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    return _average(x[..., :1], (kh, kw), (sh, sw), padding)


def counts_channels(x, pool_size, strides=None, padding="valid"):
    """The number of cells under the window, with all their channels.

    Loses: average-channels
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    return _average(x, (kh, kw), (sh, sw), padding) / np.asarray(x.shape[3], x.dtype)


def sums(x, pool_size, strides=None, padding="valid"):
    """The division is forgotten.

    Loses: all
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    return gathered(x, (kh, kw), (sh, sw), padding, 0).sum(axis=(-2, -1))


def integer_division(x, pool_size, strides=None, padding="valid"):
    """Divides with //.

    Loses: all
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    cells = gathered(x, (kh, kw), (sh, sw), padding, 0)
    inside = gathered(np.ones_like(x), (kh, kw), (sh, sw), padding, 0)
    return cells.sum(axis=(-2, -1)) // inside.sum(axis=(-2, -1))


def means_of_means(x, pool_size, strides=None, padding="valid"):
    """Halves the sum of what was so far and the next number, cell by cell.

    Loses: all
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    cells = gathered(x, (kh, kw), (sh, sw), padding, 0)
    out = cells[..., 0, 0].copy()
    for i in range(kh):
        for j in range(kw):
            out = (out + cells[..., i, j]) / 2
    return out


def window_one_short(x, pool_size, strides=None, padding="valid"):
    """range(k - 1): the window's last row and column are left out.

    Loses: all
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    cells = gathered(x, (kh, kw), (sh, sw), padding, 0)
    return cells[..., : max(kh - 1, 1), : max(kw - 1, 1)].mean(axis=(-2, -1))


def rounds_up_under_valid(x, pool_size, strides=None, padding="valid"):
    """What is left over at the end gets a window as well.

    Loses: average-valid, average-stride, average-channels, average-rectangular
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    if padding == "valid":
        missing = [-(n - k) % s for n, k, s in zip(x.shape[1:3], (kh, kw), (sh, sw))]
        x = np.pad(x, [(0, 0), *[(0, n) for n in missing], (0, 0)])
    return _average(x, (kh, kw), (sh, sw), padding)


def crops_and_reshapes(x, pool_size, strides=None, padding="valid"):
    """Reshape to blocks, after cutting off what is left over: for stride = window.

    Loses: average-stride, average-same
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    n, h, w, c = x.shape
    x = x[:, : h // kh * kh, : w // kw * kw]
    return x.reshape(n, h // kh, kh, w // kw, kw, c).mean(axis=(2, 4))


def only_zeros(x, pool_size, strides=None, padding="valid"):
    """The shape is right; the loop that fills it is still to come.

    Loses: all
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    rows = places(x.shape[1], kh, sh, padding)[0]
    columns = places(x.shape[2], kw, sw, padding)[0]
    return np.zeros((x.shape[0], rows, columns, x.shape[3]), x.dtype)


def maxima(x, pool_size, strides=None, padding="valid"):
    """Copied from the answer to the last question.

    Loses: all
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    return gathered(x, (kh, kw), (sh, sw), padding, -np.inf).max(axis=(-2, -1))


def median(x, pool_size, strides=None, padding="valid"):
    """The middle number of a window is its average, is it not?

    Loses: all
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    return np.nanmedian(gathered(x, (kh, kw), (sh, sw), padding, np.nan), axis=(-2, -1))


def always_float64(x, pool_size, strides=None, padding="valid"):
    """Divides by an array of integers, and float32 by int64 is float64.

    Loses: average-dtype
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    cells = gathered(x, (kh, kw), (sh, sw), padding, 0)
    inside = gathered(np.ones(x.shape, int), (kh, kw), (sh, sw), padding, 0)
    return cells.sum(axis=(-2, -1)) / inside.sum(axis=(-2, -1))


def through_float32(x, pool_size, strides=None, padding="valid"):
    """Computes in float32 and gives the dtype back in the end.

    Loses: average-dtype
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    return _average(x.astype("float32"), (kh, kw), (sh, sw), padding).astype(x.dtype)


def divides_its_input(x, pool_size, strides=None, padding="valid"):
    """Divides first, in place, and adds up then.

    Loses: average-pure
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    inside = gathered(np.ones_like(x), (kh, kw), (sh, sw), padding, 0).sum(axis=(-2, -1))
    x /= kh * kw
    return gathered(x, (kh, kw), (sh, sw), padding, 0).sum(axis=(-2, -1)) * (kh * kw) / inside


def overwrites_under_same(x, pool_size, strides=None, padding="valid"):
    """Clears the edge when it was read.

    Loses: average-pure
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    out = _average(x, (kh, kw), (sh, sw), padding)
    if padding == "same":
        x[:, -1] = 0
    return out


def returns_the_input(x, pool_size, strides=None, padding="valid"):
    """A window of one cell changes nothing, so there is nothing to do.

    Loses: average-pure
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    if (kh, kw, sh, sw) == (1, 1, 1, 1):
        return x
    return _average(x, (kh, kw), (sh, sw), padding)


def checks_nothing(x, pool_size, strides=None, padding="valid"):
    """Nobody will call it with nonsense.

    Loses: average-errors
    """
    window = pool_size if isinstance(pool_size, tuple) else (pool_size, pool_size)
    stride = pool_size if strides is None else strides
    stride = stride if isinstance(stride, tuple) else (stride, stride)
    return _average(x, window, stride, padding)


def accepts_any_padding(x, pool_size, strides=None, padding="valid"):
    """What is not "same" is "valid".

    Loses: average-errors
    """
    padding = padding if padding == "same" else "valid"
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    return _average(x, (kh, kw), (sh, sw), padding)


def accepts_fractions(x, pool_size, strides=None, padding="valid"):
    """int() makes a whole number of everything.

    Loses: average-errors
    """
    if not isinstance(pool_size, tuple):
        pool_size = int(pool_size)
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    return _average(x, (kh, kw), (sh, sw), padding)


def empty_where_the_window_does_not_fit(x, pool_size, strides=None, padding="valid"):
    """No window fits, so nothing comes out; that is no error.

    Loses: average-errors
    """
    window = pair("pool_size", pool_size)
    if padding == "valid" and (window[0] > x.shape[1] or window[1] > x.shape[2]):
        return np.zeros((x.shape[0], 0, 0, x.shape[3]), x.dtype)
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    return _average(x, (kh, kw), (sh, sw), padding)


# --- not NumPy only ------------------------------------------------------------------------------


def by_tensorflow(x, pool_size, strides=None, padding="valid"):
    """TensorFlow has it.

    Loses: all
    """
    import tensorflow as tf

    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    return tf.nn.avg_pool2d(x, (kh, kw), (sh, sw), padding.upper()).numpy()


def by_keras(x, pool_size, strides=None, padding="valid"):
    """Why write what is there?

    Loses: all
    """
    from keras.layers import AveragePooling2D

    checked(x, pool_size, strides, padding)
    return np.array(AveragePooling2D(pool_size, strides, padding, dtype=str(x.dtype))(x))


def by_uniform_filter(x, pool_size, strides=None, padding="valid"):
    """SciPy's filter, and every so many of its cells; for "same" by hand.

    Loses: all
    """
    from scipy.ndimage import uniform_filter

    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    if padding == "same":
        return _average(x, (kh, kw), (sh, sw), padding)
    full = uniform_filter(x, (1, kh, kw, 1), origin=(0, -(kh // 2), -(kw // 2), 0))
    return full[:, : x.shape[1] - kh + 1 : sh, : x.shape[2] - kw + 1 : sw]


def by_block_reduce(x, pool_size, strides=None, padding="valid"):
    """scikit-image's block_reduce, where the blocks fit; the rest by hand.

    Loses: all
    """
    from skimage.measure import block_reduce

    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    if (sh, sw) == (kh, kw) and x.shape[1] % kh == 0 and x.shape[2] % kw == 0:
        return block_reduce(x, (1, kh, kw, 1), np.mean).astype(x.dtype)
    return _average(x, (kh, kw), (sh, sw), padding)


def by_convolution(x, pool_size, strides=None, padding="valid"):
    """A convolution with ones, of which SciPy has a fast one.

    Loses: all
    """
    from scipy.signal import fftconvolve

    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    box = np.ones((1, kh, kw, 1), x.dtype)

    def window_sums(cells):
        cells = padded(cells, (kh, kw), (sh, sw), padding, 0)
        return fftconvolve(cells, box, mode="valid")[:, ::sh, ::sw]

    return window_sums(x) / window_sums(np.ones_like(x))
