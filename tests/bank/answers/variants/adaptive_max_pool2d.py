"""Answers to `adaptive_max_pool2d`."""


# --- right ---------------------------------------------------------------------------------------


def two_loops(x, output_size):
    """A loop over the rows and the columns of the output.

    Loses: nothing
    """
    return pooled(x, output_size, np.max)


def axis_by_axis(x, output_size):
    """Pools the rows, then the columns.

    Loses: nothing
    """
    rank(x, 4)
    for axis, count in zip((1, 2), numbers("output_size", output_size, 2)):
        parts = [
            np.take(x, range(first, last), axis).max(axis=axis)
            for first, last in bins(x.shape[axis], count)
        ]
        x = np.stack(parts, axis=axis)
    return x


def reduceat(x, output_size):
    """`np.maximum.reduceat` over pairs of first and last cell.

    Loses: nothing
    """
    rank(x, 4)
    for axis, count in zip((1, 2), numbers("output_size", output_size, 2)):
        pads = [(0, 0)] * 4
        pads[axis] = (0, 1)
        longer = np.pad(x, pads, mode="edge")
        every = [slice(None)] * 4
        every[axis] = slice(0, None, 2)
        x = np.maximum.reduceat(longer, np.ravel(bins(x.shape[axis], count)), axis=axis)
        x = x[tuple(every)]
    return x.copy()


def masks(x, output_size):
    """A mask for each bin; what lies outside is minus infinity.

    Loses: nothing
    """
    rank(x, 4)
    inside = []
    for length, count in zip(x.shape[1:3], numbers("output_size", output_size, 2)):
        cell, i = np.arange(length), np.arange(count)[:, None]
        inside.append((cell >= i * length // count) & (cell < -(-(i + 1) * length // count)))
    rows = np.where(inside[0][None, :, :, None, None], x[:, None], -np.inf).max(axis=2)
    out = np.where(inside[1][None, None, :, :, None], rows[:, :, None], -np.inf).max(axis=3)
    return out.astype(x.dtype)


# --- wrong ---------------------------------------------------------------------------------------


def _max_or_zero(cells, axis):
    return cells.max(axis=axis) if cells.shape[1] and cells.shape[2] else 0


def regular_windows(x, output_size):
    """Stride floor(L / n), and a window that reaches the end: L - (n - 1) * stride.

    Loses: adaptive-max-bins
    """

    def divide(length, count):
        stride = length // count
        return [(i * stride, length - (count - 1 - i) * stride) for i in range(count)]

    return by_bins(x, output_size, divide, _max_or_zero)


def no_overlap(x, output_size):
    """Each bin ends where the next one starts.

    Loses: adaptive-max-bins
    """

    def divide(length, count):
        return [(i * length // count, (i + 1) * length // count) for i in range(count)]

    return by_bins(x, output_size, divide, _max_or_zero)


def starts_rounded_up(x, output_size):
    """Rounds both ends up.

    Loses: adaptive-max-bins
    """

    def divide(length, count):
        return [(-(-i * length // count), -(-(i + 1) * length // count)) for i in range(count)]

    return by_bins(x, output_size, divide, _max_or_zero)


def rounds_to_the_nearest(x, output_size):
    """Rounds both ends to the nearest cell.

    Loses: adaptive-max-bins
    """

    def divide(length, count):
        edges = [round(i * length / count) for i in range(count + 1)]
        return list(zip(edges, edges[1:]))

    return by_bins(x, output_size, divide, _max_or_zero)


def swaps_height_and_width(x, output_size):
    """(width, height), as for a screen.

    Loses: adaptive-max-bins
    """
    return pooled(x, numbers("output_size", output_size, 2)[::-1], np.max)


def starts_at_zero(x, output_size):
    """Looks for the largest number, starting with 0.

    Loses: adaptive-max-channels
    """
    return np.maximum(pooled(x, output_size, np.max), 0).astype(x.dtype)


def largest_magnitude(x, output_size):
    """The strongest response counts, whatever its sign.

    Loses: adaptive-max-channels
    """
    high, low = pooled(x, output_size, np.max), pooled(x, output_size, np.min)
    return np.where(-low > high, low, high)


def largest_of_all_channels(x, output_size):
    """The largest number of the box, of all channels.

    Loses: adaptive-max-channels
    """
    out = pooled(x, output_size, np.max)
    return np.broadcast_to(out.max(axis=3, keepdims=True), out.shape).copy()


def only_the_first_channel(x, output_size):
    """The digits are grey.

    Loses: adaptive-max-channels
    """
    return pooled(x[..., :1], output_size, np.max)


def only_the_first_example(x, output_size):
    """One picture at a time.

    Loses: adaptive-max-channels
    """
    return pooled(x[:1] if x.ndim == 4 else x, output_size, np.max)


def average(x, output_size):
    """Copied from the answer above.

    Loses: all
    """
    return pooled(x, output_size, np.mean)


def smallest(x, output_size):
    """The wrong end.

    Loses: all
    """
    return pooled(x, output_size, np.min)


def only_zeros(x, output_size):
    """The shape is right; the loop that fills it is still to come.

    Loses: all
    """
    return np.zeros_like(pooled(x, output_size, np.max))


def always_float64(x, output_size):
    """`np.zeros` makes float64.

    Loses: adaptive-max-dtype
    """
    return pooled(x, output_size, np.max).astype("float64")


def through_float32(x, output_size):
    """Computes in float32 and gives the dtype back in the end.

    Loses: adaptive-max-dtype
    """
    return pooled(x.astype("float32"), output_size, np.max).astype(x.dtype)


def sorts_its_input(x, output_size):
    """Sorts each box in place, and takes the last.

    Loses: adaptive-max-dtype
    """
    out = pooled(x, output_size, np.max)
    x.sort(axis=1)
    return out


def returns_the_input(x, output_size):
    """Nothing to do where the size is right already.

    Loses: adaptive-max-dtype
    """
    rank(x, 4)
    same = x.shape[1:3] == numbers("output_size", output_size, 2)
    return x if same else pooled(x, output_size, np.max)


def checks_nothing(x, output_size):
    """A picture without a batch becomes a batch.

    Loses: adaptive-max-errors
    """
    return pooled(x.reshape(-1, *x.shape[-3:]), output_size, np.max)


def wrong_kind_of_error(x, output_size):
    """An assertion is an error too.

    Loses: adaptive-max-errors
    """
    assert x.ndim == 4, "x must have four axes"
    return pooled(x, output_size, np.max)


def by_skimage(x, output_size):
    """scikit-image, where the blocks fit.

    Loses: all
    """
    from skimage.measure import block_reduce

    rank(x, 4)
    down, across = numbers("output_size", output_size, 2)
    if x.shape[1] % down == 0 and x.shape[2] % across == 0:
        return block_reduce(x, (1, x.shape[1] // down, x.shape[2] // across, 1), np.max)
    return pooled(x, output_size, np.max)
