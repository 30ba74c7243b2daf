"""Answers to `max_pool1d`."""


# --- right ---------------------------------------------------------------------------------------


def one_loop(x, pool_size, strides=None, padding="valid"):
    """A loop over the windows; each is cut off at the ends of the input.

    Loses: nothing
    """
    (w,), (s,) = checked(x, pool_size, strides, padding, 1)
    count, before, _ = places(x.shape[1], w, s, padding)
    out = np.empty((len(x), count, x.shape[2]), x.dtype)
    for i in range(count):
        start = i * s - before
        out[:, i] = x[:, max(start, 0) : start + w].max(axis=1)
    return out


def sliding_windows(x, pool_size, strides=None, padding="valid"):
    """A view of all windows on the padded input.

    Loses: nothing
    """
    w, s = checked(x, pool_size, strides, padding, 1)
    return gathered(x, w, s, padding, -np.inf).max(axis=-1)


def shifted_slices(x, pool_size, strides=None, padding="valid"):
    """Loops over the window's cells; each gives a slice, and the largest stays.

    Loses: nothing
    """
    (w,), (s,) = checked(x, pool_size, strides, padding, 1)
    count = places(x.shape[1], w, s, padding)[0]
    x = padded(x, (w,), (s,), padding, np.finfo(x.dtype).min)
    out = x[:, : s * (count - 1) + 1 : s].copy()
    for k in range(1, w):
        np.maximum(out, x[:, k : k + s * (count - 1) + 1 : s], out=out)
    return out


def reduceat(x, pool_size, strides=None, padding="valid"):
    """`np.maximum.reduceat` over pairs of first and last cell.

    Loses: nothing
    """
    (w,), (s,) = checked(x, pool_size, strides, padding, 1)
    x = padded(x, (w,), (s,), padding, -np.inf)
    starts = np.arange(0, x.shape[1] - w + 1, s)
    longer = np.pad(x, [(0, 0), (0, 1), (0, 0)], constant_values=-np.inf)
    pairs = np.stack([starts, starts + w], axis=1).ravel()
    return np.maximum.reduceat(longer, pairs, axis=1)[:, ::2].copy()


# --- wrong ---------------------------------------------------------------------------------------


def pads_with_zeros(x, pool_size, strides=None, padding="valid"):
    """`np.pad` pads with zeros.

    Loses: max1d-same
    """
    w, s = checked(x, pool_size, strides, padding, 1)
    return gathered(x, w, s, padding, 0).max(axis=-1)


def ignores_padding(x, pool_size, strides=None, padding="valid"):
    """The formula for valid is the formula.

    Loses: max1d-same
    """
    w, s = checked(x, pool_size, strides, padding, 1)
    return gathered(x, w, s, "valid", 0).max(axis=-1)


def odd_cell_first(x, pool_size, strides=None, padding="valid"):
    """Rounds the padding before the input up.

    Loses: max1d-same
    """
    (w,), (s,) = checked(x, pool_size, strides, padding, 1)
    pads = places(x.shape[1], w, s, padding)[:0:-1]
    x = np.pad(x, [(0, 0), pads, (0, 0)], constant_values=-np.inf)
    return gathered(x, (w,), (s,), "valid", 0).max(axis=-1)


def causal(x, pool_size, strides=None, padding="valid"):
    """A series must not look into the future, so all padding goes before it.

    Loses: max1d-same
    """
    (w,), (s,) = checked(x, pool_size, strides, padding, 1)
    pads = (sum(places(x.shape[1], w, s, padding)[1:]), 0)
    x = np.pad(x, [(0, 0), pads, (0, 0)], constant_values=-np.inf)
    return gathered(x, (w,), (s,), "valid", 0).max(axis=-1)


def ignores_strides(x, pool_size, strides=None, padding="valid"):
    """The stride is the window.

    Loses: max1d-stride, max1d-same
    """
    w, _ = checked(x, pool_size, strides, padding, 1)
    return gathered(x, w, w, padding, -np.inf).max(axis=-1)


def stride_one_by_default(x, pool_size, strides=None, padding="valid"):
    """A convolution's default stride is 1.

    Loses: all but max1d-stride
    """
    w, s = checked(x, pool_size, 1 if strides is None else strides, padding, 1)
    return gathered(x, w, s, padding, -np.inf).max(axis=-1)


def crops_and_reshapes(x, pool_size, strides=None, padding="valid"):
    """Reshape to blocks, after cutting off what is left over: for stride = window.

    Loses: max1d-stride, max1d-same
    """
    (w,), _ = checked(x, pool_size, strides, padding, 1)
    count = x.shape[1] // w
    return x[:, : count * w].reshape(len(x), count, w, x.shape[2]).max(axis=2)


def splits_into_equal_parts(x, pool_size, strides=None, padding="valid"):
    """`np.array_split` makes as many parts as there are windows; a rest goes to the first parts.

    Loses: max1d-valid, max1d-channels
    """
    (w,), (s,) = checked(x, pool_size, strides, padding, 1)
    if padding == "valid" and s == w:
        parts = np.array_split(x, x.shape[1] // w, axis=1)
        return np.stack([part.max(axis=1) for part in parts], axis=1)
    return gathered(x, (w,), (s,), padding, -np.inf).max(axis=-1)


def over_the_channels(x, pool_size, strides=None, padding="valid"):
    """(batch, channels, steps), as in PyTorch: the window slides over the channels.

    Loses: all
    """
    w, s = checked(x.swapaxes(1, 2), pool_size, strides, padding, 1)
    return gathered(x.swapaxes(1, 2), w, s, padding, -np.inf).max(axis=-1).swapaxes(1, 2)


def mixes_the_channels(x, pool_size, strides=None, padding="valid"):
    """The largest number under the window, of all channels.

    Loses: max1d-channels
    """
    w, s = checked(x, pool_size, strides, padding, 1)
    out = gathered(x, w, s, padding, -np.inf).max(axis=-1)
    return np.broadcast_to(out.max(axis=2, keepdims=True), out.shape).copy()


def only_the_first_example(x, pool_size, strides=None, padding="valid"):
    """One series at a time.

    Loses: max1d-channels
    """
    w, s = checked(x, pool_size, strides, padding, 1)
    return gathered(x[:1], w, s, padding, -np.inf).max(axis=-1)


def averages(x, pool_size, strides=None, padding="valid"):
    """The wrong summary.

    Loses: all
    """
    w, s = checked(x, pool_size, strides, padding, 1)
    return np.nanmean(gathered(x, w, s, padding, np.nan), axis=-1).astype(x.dtype)


def last_cell(x, pool_size, strides=None, padding="valid"):
    """Tried on a ramp, where the last number of a window is the largest.

    Loses: all
    """
    w, s = checked(x, pool_size, strides, padding, 1)
    return gathered(x, w, s, padding, 0)[..., -1].copy()


def window_one_short(x, pool_size, strides=None, padding="valid"):
    """The end of a slice is counted as if it were inside.

    Loses: all
    """
    w, s = checked(x, pool_size, strides, padding, 1)
    return gathered(x, w, s, padding, -np.inf)[..., : max(w[0] - 1, 1)].max(axis=-1)


def keeps_an_axis(x, pool_size, strides=None, padding="valid"):
    """Pools a map of height one, and forgets to take that axis away.

    Loses: all
    """
    w, s = checked(x, pool_size, strides, padding, 1)
    return gathered(x, w, s, padding, -np.inf).max(axis=-1)[:, None]


def always_float64(x, pool_size, strides=None, padding="valid"):
    """`np.zeros` makes float64.

    Loses: max1d-dtype
    """
    w, s = checked(x, pool_size, strides, padding, 1)
    return gathered(x, w, s, padding, -np.inf).max(axis=-1).astype("float64")


def overwrites_its_input(x, pool_size, strides=None, padding="valid"):
    """Collects the maxima in the input itself.

    Loses: max1d-dtype
    """
    w, s = checked(x, pool_size, strides, padding, 1)
    out = gathered(x, w, s, padding, -np.inf).max(axis=-1)
    x[:, : out.shape[1]] = out[:, : x.shape[1]]
    return out


def returns_the_input(x, pool_size, strides=None, padding="valid"):
    """A window of one cell changes nothing.

    Loses: max1d-dtype
    """
    w, s = checked(x, pool_size, strides, padding, 1)
    return x if w == s == (1,) else gathered(x, w, s, padding, -np.inf).max(axis=-1)


def checks_nothing(x, pool_size, strides=None, padding="valid"):
    """Nobody will call it with nonsense.

    Loses: max1d-errors
    """
    strides = pool_size if strides is None else strides
    return gathered(x, (pool_size,), (strides,), padding, -np.inf).max(axis=-1)


def by_keras(x, pool_size, strides=None, padding="valid"):
    """Why write what is there?

    Loses: all
    """
    from keras.layers import MaxPooling1D

    checked(x, pool_size, strides, padding, 1)
    return np.array(MaxPooling1D(pool_size, strides, padding, dtype=str(x.dtype))(x))
