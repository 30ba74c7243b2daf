"""Answers to `max_pool3d`."""


# --- right ---------------------------------------------------------------------------------------


def three_loops(x, pool_size, strides=None, padding="valid"):
    """A loop along each axis; the box is cut off where the input ends.

    Loses: nothing
    """
    window, stride = checked(x, pool_size, strides, padding, 3)
    found = [places(n, w, s, padding) for n, w, s in zip(x.shape[1:4], window, stride)]
    out = np.empty((len(x), *(count for count, _, _ in found), x.shape[4]), x.dtype)
    for place in np.ndindex(*out.shape[1:4]):
        starts = [i * s - before for i, s, (_, before, _) in zip(place, stride, found)]
        d, h, w = (slice(max(a, 0), a + k) for a, k in zip(starts, window))
        out[(slice(None), *place)] = x[:, d, h, w].max(axis=(1, 2, 3))
    return out


def sliding_windows(x, pool_size, strides=None, padding="valid"):
    """A view of all boxes on the padded input.

    Loses: nothing
    """
    window, stride = checked(x, pool_size, strides, padding, 3)
    return gathered(x, window, stride, padding, -np.inf).max(axis=-1)


def axis_by_axis(x, pool_size, strides=None, padding="valid"):
    """The maximum of a box is the maximum of maxima: one axis after the other.

    Loses: nothing
    """
    window, stride = checked(x, pool_size, strides, padding, 3)
    for axis in (1, 2, 3):
        size, w, s = x.shape[axis], window[axis - 1], stride[axis - 1]
        count, before, _ = places(size, w, s, padding)
        ranges = [
            range(max(i * s - before, 0), min(i * s - before + w, size)) for i in range(count)
        ]
        x = np.stack([np.take(x, cells, axis).max(axis=axis) for cells in ranges], axis=axis)
    return x


def shifted_slices(x, pool_size, strides=None, padding="valid"):
    """Loops over the box's cells; each gives a slice of the input, and the largest stays.

    Loses: nothing
    """
    window, stride = checked(x, pool_size, strides, padding, 3)
    counts = [places(n, w, s, padding)[0] for n, w, s in zip(x.shape[1:4], window, stride)]
    x = padded(x, window, stride, padding, -np.inf)
    out = np.full((len(x), *counts, x.shape[4]), -np.inf, x.dtype)
    for offset in np.ndindex(*window):
        d, h, w = (slice(o, o + s * (n - 1) + 1, s) for o, s, n in zip(offset, stride, counts))
        np.maximum(out, x[:, d, h, w], out=out)
    return out


# --- wrong ---------------------------------------------------------------------------------------


def plane_by_plane(x, pool_size, strides=None, padding="valid"):
    """Pools each plane as a picture, and takes every second plane.

    Loses: all
    """
    (kd, kh, kw), (sd, sh, sw) = checked(x, pool_size, strides, padding, 3)
    return gathered(x, (1, kh, kw), (sd, sh, sw), padding, -np.inf).max(axis=-1)


def only_the_depth(x, pool_size, strides=None, padding="valid"):
    """Takes the maximum along the depth, and the corner of each plane's window.

    Loses: all
    """
    (kd, kh, kw), (sd, sh, sw) = checked(x, pool_size, strides, padding, 3)
    x = padded(x, (kd, kh, kw), (sd, sh, sw), padding, -np.inf)
    return gathered(x, (kd, 1, 1), (sd, sh, sw), "valid", 0).max(axis=-1)


def pads_with_zeros(x, pool_size, strides=None, padding="valid"):
    """`np.pad` pads with zeros.

    Loses: max3d-same
    """
    window, stride = checked(x, pool_size, strides, padding, 3)
    return gathered(x, window, stride, padding, 0).max(axis=-1)


def ignores_padding(x, pool_size, strides=None, padding="valid"):
    """The formula for valid is the formula.

    Loses: max3d-same
    """
    window, stride = checked(x, pool_size, strides, padding, 3)
    return gathered(x, window, stride, "valid", 0).max(axis=-1)


def pads_only_the_planes(x, pool_size, strides=None, padding="valid"):
    """The depth is not padded: padding is for the edges of pictures.

    Loses: max3d-same
    """
    window, stride = checked(x, pool_size, strides, padding, 3)
    pads = [places(n, w, s, padding)[1:] for n, w, s in zip(x.shape[1:4], window, stride)]
    pads[0] = (0, 0)
    x = np.pad(x, [(0, 0), *pads, (0, 0)], constant_values=-np.inf)
    return gathered(x, window, stride, "valid", 0).max(axis=-1)


def odd_cell_first(x, pool_size, strides=None, padding="valid"):
    """Rounds the padding before the input up.

    Loses: max3d-same
    """
    window, stride = checked(x, pool_size, strides, padding, 3)
    pads = [places(n, w, s, padding)[:0:-1] for n, w, s in zip(x.shape[1:4], window, stride)]
    x = np.pad(x, [(0, 0), *pads, (0, 0)], constant_values=-np.inf)
    return gathered(x, window, stride, "valid", 0).max(axis=-1)


def ignores_strides(x, pool_size, strides=None, padding="valid"):
    """The stride is the window.

    Loses: max3d-stride, max3d-same, max3d-box
    """
    window, _ = checked(x, pool_size, strides, padding, 3)
    return gathered(x, window, window, padding, -np.inf).max(axis=-1)


def one_number_for_three(x, pool_size, strides=None, padding="valid"):
    """Takes the first number of each three.

    Loses: max3d-box
    """
    window, stride = checked(x, pool_size, strides, padding, 3)
    window, stride = window[:1] * 3, stride[:1] * 3
    return gathered(x, window, stride, padding, -np.inf).max(axis=-1)


def width_height_depth(x, pool_size, strides=None, padding="valid"):
    """(x, y, z), as in a plot.

    Loses: max3d-box
    """
    window, stride = checked(x, pool_size, strides, padding, 3)
    return gathered(x, window[::-1], stride[::-1], padding, -np.inf).max(axis=-1)


def depth_last(x, pool_size, strides=None, padding="valid"):
    """(height, width, depth): the new axis comes after the old ones.

    Loses: max3d-box
    """
    window, stride = checked(x, pool_size, strides, padding, 3)
    window, stride = window[2:] + window[:2], stride[2:] + stride[:2]
    return gathered(x, window, stride, padding, -np.inf).max(axis=-1)


def only_cubes(x, pool_size, strides=None, padding="valid"):
    """The depth for all three: the examples are all cubes.

    Loses: max3d-box
    """
    window, stride = checked(x, pool_size, strides, padding, 3)
    out = gathered(x, window, stride, padding, -np.inf).max(axis=-1)
    return out[:, :, : out.shape[1], : out.shape[1]].copy()


def swaps_height_and_width(x, pool_size, strides=None, padding="valid"):
    """Rows go to the right and columns down.

    Loses: all
    """
    window, stride = checked(x, pool_size, strides, padding, 3)
    out = gathered(x, window, stride, padding, -np.inf).max(axis=-1)
    return out.swapaxes(2, 3)[:, ::-1]


def mixes_the_channels(x, pool_size, strides=None, padding="valid"):
    """The largest number in the box, of all channels.

    Loses: max3d-channels
    """
    window, stride = checked(x, pool_size, strides, padding, 3)
    out = gathered(x, window, stride, padding, -np.inf).max(axis=-1)
    return np.broadcast_to(out.max(axis=4, keepdims=True), out.shape).copy()


def mixes_the_batch(x, pool_size, strides=None, padding="valid"):
    """The largest number in the box, of all examples.

    Loses: max3d-channels
    """
    window, stride = checked(x, pool_size, strides, padding, 3)
    out = gathered(x, window, stride, padding, -np.inf).max(axis=-1)
    return np.broadcast_to(out.max(axis=0), out.shape).copy()


def averages(x, pool_size, strides=None, padding="valid"):
    """The wrong summary.

    Loses: all
    """
    window, stride = checked(x, pool_size, strides, padding, 3)
    return np.nanmean(gathered(x, window, stride, padding, np.nan), axis=-1).astype(x.dtype)


def only_zeros(x, pool_size, strides=None, padding="valid"):
    """The shape is right; the loop that fills it is still to come.

    Loses: all
    """
    window, stride = checked(x, pool_size, strides, padding, 3)
    return np.zeros_like(gathered(x, window, stride, padding, 0)[..., 0])


def always_float32(x, pool_size, strides=None, padding="valid"):
    """Keras pools volumes in float32 only.

    Loses: max3d-dtype
    """
    window, stride = checked(x, pool_size, strides, padding, 3)
    return gathered(x.astype("float32"), window, stride, padding, -np.inf).max(axis=-1)


def through_float32(x, pool_size, strides=None, padding="valid"):
    """Computes in float32 and gives the dtype back in the end.

    Loses: max3d-dtype
    """
    window, stride = checked(x, pool_size, strides, padding, 3)
    cells = gathered(x.astype("float32"), window, stride, padding, -np.inf)
    return cells.max(axis=-1).astype(x.dtype)


def overwrites_its_input(x, pool_size, strides=None, padding="valid"):
    """Marks in the input what was looked at already.

    Loses: max3d-dtype
    """
    window, stride = checked(x, pool_size, strides, padding, 3)
    out = gathered(x, window, stride, padding, -np.inf).max(axis=-1)
    x[:, :1] = 0
    return out


def checks_only_the_first_number(x, pool_size, strides=None, padding="valid"):
    """Looks at one number of three.

    Loses: max3d-errors
    """
    first = pool_size[0] if isinstance(pool_size, tuple) else pool_size
    numbers("pool_size", first, 1)
    rank(x, 5)
    if padding not in ("valid", "same"):
        raise ValueError("padding")
    if padding == "valid" and first > x.shape[1]:
        raise ValueError("pool_size is larger than the input")
    window = pool_size if isinstance(pool_size, tuple) else (pool_size,) * 3
    strides = window if strides is None else numbers("strides", strides, 3)
    return gathered(x, window, strides, padding, -np.inf).max(axis=-1)


def checks_nothing(x, pool_size, strides=None, padding="valid"):
    """Nobody will call it with nonsense.

    Loses: max3d-errors
    """
    window = pool_size if isinstance(pool_size, tuple) else (pool_size,) * 3
    strides = window if strides is None else strides
    stride = strides if isinstance(strides, tuple) else (strides,) * 3
    return gathered(x, window, stride, padding, -np.inf).max(axis=-1)


def splits_into_equal_parts(x, pool_size, strides=None, padding="valid"):
    """`np.array_split` makes as many parts as there are boxes; a rest goes to the first parts.

    Loses: max3d-valid, max3d-box, max3d-channels
    """
    w, s = checked(x, pool_size, strides, padding, 3)
    if padding == "valid" and strides is None:
        for axis, window in enumerate(w, start=1):
            parts = np.array_split(x, x.shape[axis] // window, axis=axis)
            x = np.stack([part.max(axis=axis) for part in parts], axis=axis)
        return x
    return gathered(x, w, s, padding, -np.inf).max(axis=-1)


def by_tensorflow(x, pool_size, strides=None, padding="valid"):
    """TensorFlow has it.

    Loses: all
    """
    import tensorflow as tf

    window, stride = checked(x, pool_size, strides, padding, 3)
    return tf.nn.max_pool3d(x.astype("float32"), window, stride, padding.upper()).numpy()
