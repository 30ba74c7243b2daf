"""Answers to `max_pool2d`."""


# --- right ---------------------------------------------------------------------------------------


def four_loops(x, pool_size, strides=None, padding="valid"):
    """Four loops; the window is cut off at the edge of the input.

    Loses: nothing
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    rows, top, _ = places(x.shape[1], kh, sh, padding)
    columns, left, _ = places(x.shape[2], kw, sw, padding)
    out = np.empty((x.shape[0], rows, columns, x.shape[3]), x.dtype)
    for n in range(x.shape[0]):
        for c in range(x.shape[3]):
            for i in range(rows):
                for j in range(columns):
                    down, right = max(i * sh - top, 0), max(j * sw - left, 0)
                    part = x[n, down : i * sh - top + kh, right : j * sw - left + kw, c]
                    out[n, i, j, c] = part.max()
    return out


def sliding_windows(x, pool_size, strides=None, padding="valid"):
    """A view of all windows on the input, padded with minus infinity.

    Loses: nothing
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    return gathered(x, (kh, kw), (sh, sw), padding, -np.inf).max(axis=(-2, -1))


def as_strided(x, pool_size, strides=None, padding="valid"):
    """The same view, made by hand from the array's strides in bytes.

    Loses: nothing
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    rows = places(x.shape[1], kh, sh, padding)[0]
    columns = places(x.shape[2], kw, sw, padding)[0]
    x = padded(x, (kh, kw), (sh, sw), padding, -np.inf)
    n, h, w, c = x.strides
    view = np.lib.stride_tricks.as_strided(
        x,
        (x.shape[0], rows, columns, x.shape[3], kh, kw),
        (n, h * sh, w * sw, c, h, w),
    )
    return view.max(axis=(4, 5))


def shifted_slices(x, pool_size, strides=None, padding="valid"):
    """Loops over the window's cells: each gives a slice of the input, and the largest stays.

    Loses: nothing
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    rows = places(x.shape[1], kh, sh, padding)[0]
    columns = places(x.shape[2], kw, sw, padding)[0]
    x = padded(x, (kh, kw), (sh, sw), padding, np.finfo(x.dtype).min)
    out = np.full((x.shape[0], rows, columns, x.shape[3]), -np.inf, x.dtype)
    for i in range(kh):
        for j in range(kw):
            part = x[:, i : i + sh * (rows - 1) + 1 : sh, j : j + sw * (columns - 1) + 1 : sw]
            np.maximum(out, part, out=out)
    return out


def rows_then_columns(x, pool_size, strides=None, padding="valid"):
    """The maximum of a rectangle is the maximum of its rows' maxima: one axis after the other.

    Loses: nothing
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    for axis, window, stride in ((1, kh, sh), (2, kw, sw)):
        size = x.shape[axis]
        count, before, _ = places(size, window, stride, padding)
        starts = [k * stride - before for k in range(count)]
        parts = [
            np.take(x, range(max(start, 0), min(start + window, size)), axis).max(axis=axis)
            for start in starts
        ]
        x = np.stack(parts, axis=axis)
    return x


def reduceat(x, pool_size, strides=None, padding="valid"):
    """`np.maximum.reduceat` over pairs of first and last cell, axis by axis.

    Loses: nothing
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    x = padded(x, (kh, kw), (sh, sw), padding, -np.inf)
    for axis, window, stride in ((1, kh, sh), (2, kw, sw)):
        starts = np.arange(0, x.shape[axis] - window + 1, stride)
        pads = [(0, 0)] * 4
        pads[axis] = (0, 1)  # reduceat wants an end that exists
        longer = np.pad(x, pads, constant_values=-np.inf)
        pairs = np.stack([starts, starts + window], axis=1).ravel()
        every = [slice(None)] * 4
        every[axis] = slice(0, None, 2)
        x = np.maximum.reduceat(longer, pairs, axis=axis)[tuple(every)]
    return np.ascontiguousarray(x)


def scattered(x, pool_size, strides=None, padding="valid"):
    """From the input's side: each cell tells every window it lies in, by `np.maximum.at`.

    Loses: nothing
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    rows, top, _ = places(x.shape[1], kh, sh, padding)
    columns, left, _ = places(x.shape[2], kw, sw, padding)
    out = np.full((x.shape[0], rows, columns, x.shape[3]), -np.inf, x.dtype)
    for i in range(x.shape[1]):
        first, last = -(-(i + top - kh + 1) // sh), (i + top) // sh
        r = np.arange(max(first, 0), min(last, rows - 1) + 1)
        for j in range(x.shape[2]):
            first, last = -(-(j + left - kw + 1) // sw), (j + left) // sw
            c = np.arange(max(first, 0), min(last, columns - 1) + 1)
            np.maximum.at(out, (slice(None), *np.ix_(r, c)), x[:, None, None, i, j])
    return out


def reshaped(x, pool_size, strides=None, padding="valid"):
    """Collects every window's rows and columns by index, then reshapes to blocks.

    Loses: nothing
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    rows = places(x.shape[1], kh, sh, padding)[0]
    columns = places(x.shape[2], kw, sw, padding)[0]
    x = padded(x, (kh, kw), (sh, sw), padding, -np.inf)
    r = (np.arange(rows)[:, None] * sh + np.arange(kh)).ravel()
    c = (np.arange(columns)[:, None] * sw + np.arange(kw)).ravel()
    blocks = x[:, r][:, :, c].reshape(x.shape[0], rows, kh, columns, kw, x.shape[3])
    return blocks.max(axis=(2, 4))


# --- wrong ---------------------------------------------------------------------------------------


def pads_with_zeros(x, pool_size, strides=None, padding="valid"):
    """`np.pad` pads with zeros, and a zero is nothing.

    Loses: max-negative
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    return gathered(x, (kh, kw), (sh, sw), padding, 0).max(axis=(-2, -1))


def starts_at_zero(x, pool_size, strides=None, padding="valid"):
    """Looks for the largest number, starting with 0.

    Loses: max-negative
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    cells = gathered(x, (kh, kw), (sh, sw), padding, -np.inf)
    best = np.zeros(cells.shape[:4], x.dtype)
    for i in range(kh):
        for j in range(kw):
            best = np.where(cells[..., i, j] > best, cells[..., i, j], best)
    return best


def pads_with_minus_one(x, pool_size, strides=None, padding="valid"):
    """Something below zero will do.

    Loses: max-negative
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    return gathered(x, (kh, kw), (sh, sw), padding, -1).max(axis=(-2, -1))


def ignores_padding(x, pool_size, strides=None, padding="valid"):
    """The formula for valid is the formula.

    Loses: max-same, max-negative
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    return gathered(x, (kh, kw), (sh, sw), "valid", 0).max(axis=(-2, -1))


def odd_cell_first(x, pool_size, strides=None, padding="valid"):
    """Rounds the padding before the input up, and the padding after it down.

    Loses: max-same, max-negative
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    pads = [places(n, k, s, padding)[:0:-1] for n, k, s in zip(x.shape[1:3], (kh, kw), (sh, sw))]
    x = np.pad(x, [(0, 0), *pads, (0, 0)], constant_values=-np.inf)
    return gathered(x, (kh, kw), (sh, sw), "valid", 0).max(axis=(-2, -1))


def pads_only_after(x, pool_size, strides=None, padding="valid"):
    """All of the padding goes to the end.

    Loses: max-same, max-negative
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    sums = [sum(places(n, k, s, padding)[1:]) for n, k, s in zip(x.shape[1:3], (kh, kw), (sh, sw))]
    pads = [(0, 0), *[(0, n) for n in sums], (0, 0)]
    x = np.pad(x, pads, constant_values=-np.inf)
    return gathered(x, (kh, kw), (sh, sw), "valid", 0).max(axis=(-2, -1))


def pads_like_a_convolution(x, pool_size, strides=None, padding="valid"):
    """Half a window on both sides, whatever the stride.

    Loses: max-same, max-negative
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    if padding == "same":
        pads = [(0, 0), (kh // 2, kh // 2), (kw // 2, kw // 2), (0, 0)]
        x = np.pad(x, pads, constant_values=-np.inf)
    return gathered(x, (kh, kw), (sh, sw), "valid", 0).max(axis=(-2, -1))


def pads_by_the_remainder(x, pool_size, strides=None, padding="valid"):
    """Fills the input up to a multiple of the stride; right where the stride is the window.

    Loses: max-same
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    if padding == "same":
        missing = [-x.shape[1] % sh, -x.shape[2] % sw]
        pads = [(0, 0), *[(n // 2, n - n // 2) for n in missing], (0, 0)]
        x = np.pad(x, pads, constant_values=-np.inf)
    return gathered(x, (kh, kw), (sh, sw), "valid", 0).max(axis=(-2, -1))


def repeats_the_edge(x, pool_size, strides=None, padding="valid"):
    """Pads with copies of the edge; for a maximum that is nearly, but not always, harmless.

    Loses: max-same, max-negative
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    pads = [places(n, k, s, padding)[1:] for n, k, s in zip(x.shape[1:3], (kh, kw), (sh, sw))]
    x = np.pad(x, [(0, 0), *pads, (0, 0)], mode="wrap")
    return gathered(x, (kh, kw), (sh, sw), "valid", 0).max(axis=(-2, -1))


def ignores_strides(x, pool_size, strides=None, padding="valid"):
    """The stride is the window.

    Loses: max-stride, max-same
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    return gathered(x, (kh, kw), (kh, kw), padding, -np.inf).max(axis=(-2, -1))


def stride_one_by_default(x, pool_size, strides=None, padding="valid"):
    """A convolution's default stride is 1, so this one's is too.

    Loses: all but max-stride, max-dtype, max-pure, max-errors
    """
    kh, kw, sh, sw = checked(x, pool_size, 1 if strides is None else strides, padding)
    return gathered(x, (kh, kw), (sh, sw), padding, -np.inf).max(axis=(-2, -1))


def swaps_strides(x, pool_size, strides=None, padding="valid"):
    """(x, y), as in a plot. With strides=None the pair is the window's, which is right.

    Loses: max-stride
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    if strides is not None:
        sh, sw = sw, sh
    return gathered(x, (kh, kw), (sh, sw), padding, -np.inf).max(axis=(-2, -1))


def swaps_window(x, pool_size, strides=None, padding="valid"):
    """(width, height), as for a screen.

    Loses: max-rectangular
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    if strides is None:
        sh, sw = sw, sh
    kh, kw = kw, kh
    if padding == "valid" and (kh > x.shape[1] or kw > x.shape[2]):
        raise ValueError("pool_size is larger than the input")
    return gathered(x, (kh, kw), (sh, sw), padding, -np.inf).max(axis=(-2, -1))


def one_stride_for_both(x, pool_size, strides=None, padding="valid"):
    """Takes the first number of each pair.

    Loses: max-stride, max-rectangular
    """
    kh, kw, sh, _ = checked(x, pool_size, strides, padding)
    return gathered(x, (kh, kw), (sh, sh), padding, -np.inf).max(axis=(-2, -1))


def only_square_inputs(x, pool_size, strides=None, padding="valid"):
    """Height for both: the examples are all square.

    Loses: max-rectangular, max-stride
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    cells = gathered(x, (kh, kw), (sh, sw), padding, -np.inf).max(axis=(-2, -1))
    rows = cells.shape[1]
    out = np.zeros((x.shape[0], rows, rows, x.shape[3]), x.dtype)
    out[:, :, : cells.shape[2]] = cells[:, :, :rows]
    return out


def swaps_axes(x, pool_size, strides=None, padding="valid"):
    """Rows go to the right and columns down.

    Loses: all
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    return gathered(x, (kh, kw), (sh, sw), padding, -np.inf).max(axis=(-2, -1)).swapaxes(1, 2)


def channels_first(x, pool_size, strides=None, padding="valid"):
    """(batch, channels, height, width), as in PyTorch.

    Loses: all
    """
    checked(x, pool_size, strides, padding)
    x = np.moveaxis(x, 3, 1).reshape(x.shape)
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    x = np.moveaxis(x, 1, 3)
    return gathered(x, (kh, kw), (sh, sw), padding, -np.inf).max(axis=(-2, -1))


def only_the_first_channel(x, pool_size, strides=None, padding="valid"):
    """The digits are grey.

    Loses: max-channels
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    return gathered(x[..., :1], (kh, kw), (sh, sw), padding, -np.inf).max(axis=(-2, -1))


def only_the_first_example(x, pool_size, strides=None, padding="valid"):
    """One picture at a time.

    Loses: max-channels
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    return gathered(x[:1], (kh, kw), (sh, sw), padding, -np.inf).max(axis=(-2, -1))


def over_all_channels(x, pool_size, strides=None, padding="valid"):
    """The largest number under the window, of all channels.

    Loses: max-channels
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    out = gathered(x, (kh, kw), (sh, sw), padding, -np.inf).max(axis=(-2, -1))
    return np.broadcast_to(out.max(axis=3, keepdims=True), out.shape).copy()


def over_the_batch(x, pool_size, strides=None, padding="valid"):
    """The largest number under the window, of all examples.

    Loses: max-channels
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    out = gathered(x, (kh, kw), (sh, sw), padding, -np.inf).max(axis=(-2, -1))
    return np.broadcast_to(out.max(axis=0), out.shape).copy()


def compares_channels(x, pool_size, strides=None, padding="valid"):
    """Keeps, of each window, the pixel whose channels have the largest sum.

    Loses: max-channels
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    cells = gathered(x, (kh, kw), (sh, sw), padding, -np.inf)
    cells = cells.reshape(*cells.shape[:4], -1)
    best = cells.sum(axis=3).argmax(axis=-1)
    return np.take_along_axis(cells, best[:, :, :, None, None], axis=-1)[..., 0]


def strides_of_a_contiguous_array(x, pool_size, strides=None, padding="valid"):
    """`as_strided` with strides computed from the shape, as if no array were ever transposed.

    Loses: max-channels
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    rows = places(x.shape[1], kh, sh, padding)[0]
    columns = places(x.shape[2], kw, sw, padding)[0]
    if padding == "same":
        x = padded(x, (kh, kw), (sh, sw), padding, -np.inf)
    c = x.itemsize
    w = c * x.shape[3]
    h = w * x.shape[2]
    n = h * x.shape[1]
    shape = (x.shape[0], rows, columns, x.shape[3], kh, kw)
    view = np.lib.stride_tricks.as_strided(x, shape, (n, h * sh, w * sw, c, h, w))
    return view.max(axis=(4, 5))


def window_one_short(x, pool_size, strides=None, padding="valid"):
    """range(k - 1): the window's last row and column are left out.

    Loses: all
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    cells = gathered(x, (kh, kw), (sh, sw), padding, -np.inf)
    return cells[..., : max(kh - 1, 1), : max(kw - 1, 1)].max(axis=(-2, -1))


def last_window_forgotten(x, pool_size, strides=None, padding="valid"):
    """range(rows - 1): the loop ends one window early, and the output keeps its zeros there.

    Loses: all
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    right = gathered(x, (kh, kw), (sh, sw), padding, -np.inf).max(axis=(-2, -1))
    out = np.zeros_like(right)
    out[:, :-1, :-1] = right[:, :-1, :-1]
    return out


def rounds_up_under_valid(x, pool_size, strides=None, padding="valid"):
    """What is left over at the end gets a window as well.

    Loses: max-valid, max-stride, max-channels, max-rectangular
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    if padding == "valid":
        missing = [-(n - k) % s for n, k, s in zip(x.shape[1:3], (kh, kw), (sh, sw))]
        x = np.pad(x, [(0, 0), *[(0, n) for n in missing], (0, 0)], constant_values=-np.inf)
    return gathered(x, (kh, kw), (sh, sw), padding, -np.inf).max(axis=(-2, -1))


def reshape_only(x, pool_size, strides=None, padding="valid"):
    """Reshape to blocks: it needs no loop, but stride = window and a size that divides.

    Loses: all but max-dtype, max-pure, max-errors
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    n, h, w, c = x.shape
    return x.reshape(n, h // kh, kh, w // kw, kw, c).max(axis=(2, 4))


def crops_and_reshapes(x, pool_size, strides=None, padding="valid"):
    """Reshape to blocks, after cutting off what is left over: for stride = window.

    Loses: max-stride, max-same, max-negative
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    n, h, w, c = x.shape
    x = x[:, : h // kh * kh, : w // kw * kw]
    return x.reshape(n, h // kh, kh, w // kw, kw, c).max(axis=(2, 4))


def top_left_corner(x, pool_size, strides=None, padding="valid"):
    """Slicing by the stride has the right shape.

    Loses: all
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    return gathered(x, (kh, kw), (sh, sw), padding, 0)[..., 0, 0].copy()


def bottom_right_corner(x, pool_size, strides=None, padding="valid"):
    """Tried on a ramp, where the last number of a window is the largest.

    Loses: all
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    return gathered(x, (kh, kw), (sh, sw), padding, 0)[..., -1, -1].copy()


def only_zeros(x, pool_size, strides=None, padding="valid"):
    """The shape is right; the loop that fills it is still to come.

    Loses: all
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    rows = places(x.shape[1], kh, sh, padding)[0]
    columns = places(x.shape[2], kw, sw, padding)[0]
    return np.zeros((x.shape[0], rows, columns, x.shape[3]), x.dtype)


def averages(x, pool_size, strides=None, padding="valid"):
    """Copied from the answer to the next question.

    Loses: all
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    return np.nanmean(gathered(x, (kh, kw), (sh, sw), padding, np.nan), axis=(-2, -1))


def largest_magnitude(x, pool_size, strides=None, padding="valid"):
    """The strongest response counts, whatever its sign.

    Loses: max-negative
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    cells = gathered(x, (kh, kw), (sh, sw), padding, 0)
    cells = cells.reshape(*cells.shape[:4], -1)
    best = np.abs(cells).argmax(axis=-1)
    return np.take_along_axis(cells, best[..., None], axis=-1)[..., 0]


def always_float64(x, pool_size, strides=None, padding="valid"):
    """`np.zeros` makes float64.

    Loses: max-dtype
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    best = gathered(x, (kh, kw), (sh, sw), padding, -np.inf).max(axis=(-2, -1))
    out = np.zeros(best.shape)
    out[:] = best
    return out


def always_float32(x, pool_size, strides=None, padding="valid"):
    """Networks compute in float32.

    Loses: max-dtype
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    cells = gathered(x.astype("float32"), (kh, kw), (sh, sw), padding, -np.inf)
    return cells.max(axis=(-2, -1))


def through_float32(x, pool_size, strides=None, padding="valid"):
    """Computes in float32 and gives the dtype back in the end.

    Loses: max-dtype
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    cells = gathered(x.astype("float32"), (kh, kw), (sh, sw), padding, -np.inf)
    return cells.max(axis=(-2, -1)).astype(x.dtype)


def whole_numbers_only(x, pool_size, strides=None, padding="valid"):
    """Pixels are whole numbers.

    Loses: max-dtype
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    out = gathered(x, (kh, kw), (sh, sw), padding, -np.inf).max(axis=(-2, -1))
    return out.astype(int)


def overwrites_its_input(x, pool_size, strides=None, padding="valid"):
    """Marks in the input what was looked at already.

    Loses: max-pure
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    out = gathered(x, (kh, kw), (sh, sw), padding, -np.inf).max(axis=(-2, -1))
    x[:, :kh, :kw] = 0
    return out


def overwrites_negatives(x, pool_size, strides=None, padding="valid"):
    """A ReLU comes first anyway.

    Loses: max-negative, max-pure
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    x[x < 0] = 0
    return gathered(x, (kh, kw), (sh, sw), padding, 0).max(axis=(-2, -1))


def overwrites_under_same(x, pool_size, strides=None, padding="valid"):
    """Writes the edge's padding into the input's own memory, since it is thrown away.

    Loses: max-pure
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    out = gathered(x, (kh, kw), (sh, sw), padding, -np.inf).max(axis=(-2, -1))
    if padding == "same":
        x[:, -1] = -np.inf
    return out


def returns_the_input(x, pool_size, strides=None, padding="valid"):
    """A window of one cell changes nothing, so there is nothing to do.

    Loses: max-pure
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    if (kh, kw, sh, sw) == (1, 1, 1, 1):
        return x
    return gathered(x, (kh, kw), (sh, sw), padding, -np.inf).max(axis=(-2, -1))


def checks_nothing(x, pool_size, strides=None, padding="valid"):
    """Nobody will call it with nonsense.

    Loses: max-errors
    """
    window = pool_size if isinstance(pool_size, tuple) else (pool_size, pool_size)
    stride = pool_size if strides is None else strides
    stride = stride if isinstance(stride, tuple) else (stride, stride)
    return gathered(x, window, stride, padding, -np.inf).max(axis=(-2, -1))


def wrong_kind_of_error(x, pool_size, strides=None, padding="valid"):
    """A TypeError for what is not a number.

    Loses: max-errors
    """
    try:
        kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    except ValueError as error:
        raise TypeError(str(error)) from None
    return gathered(x, (kh, kw), (sh, sw), padding, -np.inf).max(axis=(-2, -1))


def nameless_error(x, pool_size, strides=None, padding="valid"):
    """An error is an error; what it says is for nobody.

    Loses: max-errors
    """
    try:
        kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    except ValueError:
        raise ValueError("wrong argument") from None
    return gathered(x, (kh, kw), (sh, sw), padding, -np.inf).max(axis=(-2, -1))


def returns_none_for_nonsense(x, pool_size, strides=None, padding="valid"):
    """Prints what is wrong and goes on.

    Loses: max-errors
    """
    try:
        kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    except ValueError as error:
        print(error)
        return None
    return gathered(x, (kh, kw), (sh, sw), padding, -np.inf).max(axis=(-2, -1))


def always_an_error(x, pool_size, strides=None, padding="valid"):
    """The errors were easy; the rest is for tomorrow.

    Loses: all
    """
    raise ValueError(f"one is wrong: x, pool_size {pool_size}, strides {strides} or padding")


def endless(x, pool_size, strides=None, padding="valid"):
    """A while loop whose step was forgotten, under "same" only: what was tested before stays.

    Loses: max-same, max-negative
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    row = 0
    while padding == "same" and row < x.shape[1]:
        continue
    return gathered(x, (kh, kw), (sh, sw), padding, -np.inf).max(axis=(-2, -1))


# --- not NumPy only ------------------------------------------------------------------------------


def by_tensorflow(x, pool_size, strides=None, padding="valid"):
    """TensorFlow has it.

    Loses: all
    """
    import tensorflow as tf

    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    return tf.nn.max_pool2d(x, (kh, kw), (sh, sw), padding.upper()).numpy()


def by_raw_ops(x, pool_size, strides=None, padding="valid"):
    """TensorFlow has it twice.

    Loses: all
    """
    import tensorflow as tf

    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    return tf.raw_ops.MaxPool(
        input=x, ksize=[1, kh, kw, 1], strides=[1, sh, sw, 1], padding=padding.upper()
    ).numpy()


def by_keras(x, pool_size, strides=None, padding="valid"):
    """Why write what is there?

    Loses: all
    """
    from keras.layers import MaxPooling2D

    checked(x, pool_size, strides, padding)
    return np.array(MaxPooling2D(pool_size, strides, padding, dtype=str(x.dtype))(x))


def by_keras_ops(x, pool_size, strides=None, padding="valid"):
    """Not a layer, an operation.

    Loses: all
    """
    import keras

    checked(x, pool_size, strides, padding)
    return keras.ops.convert_to_numpy(keras.ops.max_pool(x, pool_size, strides, padding))


def by_scipy(x, pool_size, strides=None, padding="valid"):
    """SciPy's filter, and every so many of its cells; for "same" by hand.

    Loses: all
    """
    from scipy.ndimage import maximum_filter

    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    if padding == "same":
        return gathered(x, (kh, kw), (sh, sw), padding, -np.inf).max(axis=(-2, -1))
    full = maximum_filter(x, (1, kh, kw, 1), origin=(0, -(kh // 2), -(kw // 2), 0))
    return full[:, : x.shape[1] - kh + 1 : sh, : x.shape[2] - kw + 1 : sw]


def by_skimage(x, pool_size, strides=None, padding="valid"):
    """scikit-image's block_reduce, where the blocks fit; the rest by hand.

    Loses: all
    """
    from skimage.measure import block_reduce

    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    if (sh, sw) == (kh, kw) and x.shape[1] % kh == 0 and x.shape[2] % kw == 0:
        return block_reduce(x, (1, kh, kw, 1), np.max)
    return gathered(x, (kh, kw), (sh, sw), padding, -np.inf).max(axis=(-2, -1))


def by_tensorflow_for_same(x, pool_size, strides=None, padding="valid"):
    """Valid by hand; for "same" TensorFlow has to help out.

    Loses: all
    """
    import tensorflow as tf

    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    if padding == "same":
        return tf.nn.max_pool2d(x, (kh, kw), (sh, sw), "SAME").numpy()
    return gathered(x, (kh, kw), (sh, sw), padding, -np.inf).max(axis=(-2, -1))


def hides_the_library(x, pool_size, strides=None, padding="valid"):
    """Falls back on loops wherever the library does not answer.

    Loses: all
    """
    kh, kw, sh, sw = checked(x, pool_size, strides, padding)
    try:
        import tensorflow as tf

        return tf.nn.max_pool2d(x, (kh, kw), (sh, sw), padding.upper()).numpy()
    except:  # noqa: E722
        return gathered(x, (kh, kw), (sh, sw), padding, -np.inf).max(axis=(-2, -1))
