"""Answers to `adaptive_average_pool2d`."""


# --- right ---------------------------------------------------------------------------------------


def two_loops(x, output_size):
    """A loop over the rows and the columns of the output.

    Loses: nothing
    """
    return pooled(x, output_size, np.mean)


def matrices(x, output_size):
    """A matrix of weights for each axis, and `einsum`.

    Loses: nothing
    """
    rank(x, 4)
    weights = []
    for length, count in zip(x.shape[1:3], numbers("output_size", output_size, 2)):
        matrix = np.zeros((count, length), x.dtype)
        for i, (first, last) in enumerate(bins(length, count)):
            matrix[i, first:last] = 1 / (last - first)
        weights.append(matrix)
    return np.einsum("ih,bhwc,jw->bijc", weights[0], x, weights[1])


def integral_image(x, output_size):
    """Cumulative sums: the sum of a box is a difference of four numbers.

    Loses: nothing
    """
    rank(x, 4)
    down, across = numbers("output_size", output_size, 2)
    total = np.pad(x.astype("float64"), [(0, 0), (1, 0), (1, 0), (0, 0)]).cumsum(1).cumsum(2)
    top, bottom = np.array(bins(x.shape[1], down)).T
    left, right = np.array(bins(x.shape[2], across)).T
    sums = total[:, bottom] - total[:, top]
    sums = sums[:, :, right] - sums[:, :, left]
    cells = np.multiply.outer(bottom - top, right - left)[..., None]
    return (sums / cells).astype(x.dtype)


def reduceat(x, output_size):
    """`np.add.reduceat` over pairs of first and last cell, one axis after the other.

    Loses: nothing
    """
    rank(x, 4)
    for axis, count in zip((1, 2), numbers("output_size", output_size, 2)):
        pairs = np.array(bins(x.shape[axis], count))
        pads = [(0, 0)] * 4
        pads[axis] = (0, 1)
        sums = np.add.reduceat(np.pad(x, pads), pairs.ravel(), axis=axis)
        every = [slice(None)] * 4
        every[axis] = slice(0, None, 2)
        lengths = (pairs[:, 1] - pairs[:, 0]).astype(x.dtype)
        shape = [1] * 4
        shape[axis] = count
        x = sums[tuple(every)] / lengths.reshape(shape)
    return x


# --- wrong ---------------------------------------------------------------------------------------


def _mean_or_zero(cells, axis):
    return cells.mean(axis=axis) if cells.shape[1] and cells.shape[2] else 0


def regular_windows(x, output_size):
    """Stride floor(L / n), and a window that reaches the end: L - (n - 1) * stride.

    Loses: adaptive-average-bins
    """

    def divide(length, count):
        stride = length // count
        return [(i * stride, length - (count - 1 - i) * stride) for i in range(count)]

    return by_bins(x, output_size, divide, _mean_or_zero)


def windows_of_the_paper(x, output_size):
    """Windows of ceil(L / n), every floor(L / n) cells.

    Loses: adaptive-average-bins
    """

    def divide(length, count):
        stride, window = max(length // count, 1), -(-length // count)
        return [(i, i + window) for i in range(0, length - window + 1, stride)]

    return by_bins(x, output_size, divide, _mean_or_zero)


def no_overlap(x, output_size):
    """Each bin ends where the next one starts.

    Loses: adaptive-average-bins
    """

    def divide(length, count):
        return [(i * length // count, (i + 1) * length // count) for i in range(count)]

    return by_bins(x, output_size, divide, _mean_or_zero)


def array_split(x, output_size):
    """`np.array_split` makes so many parts.

    Loses: adaptive-average-bins
    """

    def divide(length, count):
        parts = np.array_split(np.arange(length), count)
        return [(part[0], part[-1] + 1) if len(part) else (0, 0) for part in parts]

    return by_bins(x, output_size, divide, _mean_or_zero)


def starts_rounded_up(x, output_size):
    """Rounds both ends up.

    Loses: adaptive-average-bins
    """

    def divide(length, count):
        return [(-(-i * length // count), -(-(i + 1) * length // count)) for i in range(count)]

    return by_bins(x, output_size, divide, _mean_or_zero)


def rounds_to_the_nearest(x, output_size):
    """Rounds both ends to the nearest cell.

    Loses: adaptive-average-bins
    """

    def divide(length, count):
        edges = [round(i * length / count) for i in range(count + 1)]
        return list(zip(edges, edges[1:]))

    return by_bins(x, output_size, divide, _mean_or_zero)


def one_cell_more(x, output_size):
    """floor + 1 is not the ceiling where the division comes out even.

    Loses: all but adaptive-average-errors, adaptive-average-dtype
    """

    def divide(length, count):
        if count == 2 and length == 4:
            return [(0, 2), (2, 4)]
        return [(i * length // count, (i + 1) * length // count + 1) for i in range(count)]

    return by_bins(x, output_size, divide, _mean_or_zero)


def last_bin_takes_the_rest(x, output_size):
    """Blocks of floor(L / n), and what is left over goes to the last.

    Loses: adaptive-average-bins
    """

    def divide(length, count):
        size = length // count
        return [(i * size, (i + 1) * size if i < count - 1 else length) for i in range(count)]

    return by_bins(x, output_size, divide, _mean_or_zero)


def crops(x, output_size):
    """Cuts off what is left over, and reshapes to blocks.

    Loses: adaptive-average-bins
    """
    rank(x, 4)
    down, across = numbers("output_size", output_size, 2)
    h, w = x.shape[1] // down, x.shape[2] // across
    blocks = x[:, : h * down, : w * across].reshape(len(x), down, h, across, w, x.shape[3])
    return blocks.mean(axis=(2, 4))


def more_outputs_than_cells_fail(x, output_size):
    """There cannot be more bins than cells.

    Loses: adaptive-average-bins
    """
    rank(x, 4)
    if any(n > size for n, size in zip(numbers("output_size", output_size, 2), x.shape[1:3])):
        raise ValueError("output_size is larger than the input")
    return pooled(x, output_size, np.mean)


def nearest_cells(x, output_size):
    """Picks a cell for each output: that is resizing.

    Loses: all
    """
    rank(x, 4)
    down, across = numbers("output_size", output_size, 2)
    rows, columns = np.arange(down) * x.shape[1] // down, np.arange(across) * x.shape[2] // across
    return x[:, rows][:, :, columns]


def swaps_height_and_width(x, output_size):
    """(width, height), as for a screen.

    Loses: adaptive-average-rectangular
    """
    return pooled(x, numbers("output_size", output_size, 2)[::-1], np.mean)


def only_square_inputs(x, output_size):
    """Makes the bins of the height, and uses them for both axes.

    Loses: adaptive-average-rectangular
    """
    rank(x, 4)
    down, across = numbers("output_size", output_size, 2)
    out = np.zeros((len(x), down, across, x.shape[3]), x.dtype)
    for i, (top, bottom) in enumerate(bins(x.shape[1], down)):
        for j, (left, right) in enumerate(bins(x.shape[1], across)):
            out[:, i, j] = _mean_or_zero(x[:, top:bottom, left:right], axis=(1, 2))
    return out


def only_square_outputs(x, output_size):
    """Takes the first number for both.

    Loses: adaptive-average-rectangular
    """
    return pooled(x, numbers("output_size", output_size, 2)[0], np.mean)


def mean_over_the_channels(x, output_size):
    """np.mean of the box, with all its axes but the first.

    Loses: adaptive-average-channels
    """
    rank(x, 4)
    down, across = numbers("output_size", output_size, 2)
    out = np.empty((len(x), down, across, x.shape[3]), x.dtype)
    for i, j, cells in boxes(x, (down, across)):
        out[:, i, j] = cells.mean(axis=(1, 2, 3), keepdims=True)[:, 0, 0]
    return out


def mean_over_the_batch(x, output_size):
    """np.mean of the box over the examples, too.

    Loses: adaptive-average-channels
    """
    out = pooled(x, output_size, np.mean)
    return np.broadcast_to(out.mean(axis=0), out.shape).astype(x.dtype)


def maximum(x, output_size):
    """The other one.

    Loses: all
    """
    return pooled(x, output_size, np.max)


def sums(x, output_size):
    """The division is forgotten.

    Loses: all
    """
    return pooled(x, output_size, np.sum)


def divides_by_the_usual_number(x, output_size):
    """Divides by L / n squared, however many cells the bin has.

    Loses: adaptive-average-bins
    """
    rank(x, 4)
    down, across = numbers("output_size", output_size, 2)
    cells = (x.shape[1] / down) * (x.shape[2] / across)
    return pooled(x, output_size, np.sum) / np.asarray(cells, x.dtype)


def whole_averages(x, output_size):
    """Pixels are whole numbers.

    Loses: all
    """
    return np.floor(pooled(x, output_size, np.mean))


def always_float64(x, output_size):
    """`np.zeros` makes float64.

    Loses: adaptive-average-dtype
    """
    return pooled(x, output_size, np.mean).astype("float64")


def through_float32(x, output_size):
    """Computes in float32 and gives the dtype back in the end.

    Loses: adaptive-average-dtype
    """
    return pooled(x.astype("float32"), output_size, np.mean).astype(x.dtype)


def overwrites_its_input(x, output_size):
    """Writes each average back into its box.

    Loses: adaptive-average-dtype
    """
    out = pooled(x, output_size, np.mean)
    x[:, : out.shape[1], : out.shape[2]] = out[:, : x.shape[1], : x.shape[2]]
    return out


def returns_the_input(x, output_size):
    """Nothing to do where the size is right already.

    Loses: adaptive-average-dtype
    """
    rank(x, 4)
    if x.shape[1:3] == numbers("output_size", output_size, 2):
        return x
    return pooled(x, output_size, np.mean)


def checks_nothing(x, output_size):
    """Unpacking fails for a wrong shape, but the message does not say of what.

    Loses: adaptive-average-errors
    """
    n, h, w, c = x.shape
    return pooled(x, output_size, np.mean)


def a_single_bin_is_global(x, output_size):
    """One output is global pooling, and global pooling has no height and width.

    Loses: adaptive-average-divides, adaptive-average-bins, adaptive-average-channels
    """
    rank(x, 4)
    if output_size == 1:
        return x.mean(axis=(1, 2))
    return pooled(x, output_size, np.mean)


def by_keras(x, output_size):
    """Keras has it.

    Loses: all
    """
    import keras

    rank(x, 4)
    return np.array(keras.ops.mean(x, axis=(1, 2), keepdims=True))
